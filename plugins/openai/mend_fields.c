/* openai/mend_fields.c: fields of a request that the provider does not take (option fields).
 *
 * Servers have more fields than OpenAI's (top_k, guided_json, chat_template_kwargs, enable_search), and some vendors refuse a request for
 * any that they do not know. A client that names the vendor's own model knows what that takes; where an alias or a policy sends a body to a
 * vendor it was not written for, what is not in that one's list goes, and is told. All of them go at once, however many a client sends.
 */
#include "mend.h"

bool oa_takes_field(const oa_config *config, yz_str name) {
    yz_str wanted = yz_str_is(name, "seed") ? config->seed_field : name;
    bool taken = config->fields.n == 0 || yz_str_is(name, "model") || yz_str_is(name, "messages") || yz_str_is(name, "stream");
    for (size_t i = 0; i < config->fields.n && !taken; i++)
        taken = yz_str_eq(config->fields.items[i], wanted);
    return taken;
}

static yz_str name_of(const oa_mending *m, const yz_json *field) {
    return field->key_escaped ? yz_json_unescape(m->arena, yz_json_key(field)) : yz_json_key(field);
}

/* Nothing is missed of what says no more than its absence, nor that counts were asked for: who does not know that gives them unasked. */
static bool is_missed(const yz_json *field, yz_str name) {
    bool counts = yz_str_is(name, "stream_options") && yz_json_count(field) == 1 && yz_json_get(field, "include_usage");
    return !counts && !yz_json_is(field, YZ_JSON_NULL) && !yz_json_is(field, YZ_JSON_FALSE);
}

static void put_taken(const oa_mending *m, const yz_json *root, yz_buf *out) {
    yz_buf_char(out, '{');
    for (const yz_json *field = root->child; field; field = field->next) {
        yz_str name = name_of(m, field);
        if (oa_takes_field(m->config, name)) {
            yz_buf_lit(out, out->n > 1 ? ",\"" : "\"");
            yz_buf_str(out, yz_json_key(field));
            yz_buf_lit(out, "\":");
            yz_buf_str(out, yz_json_raw(field));
        } else if (is_missed(field, name)) {
            yz_lose(m->losses, yz_dup(m->arena, name).p);
        }
    }
    yz_buf_char(out, '}');
}

void oa_mend_fields(oa_mending *m) {
    const yz_json *root = (m->copy ? m->copy : m->from)->json;
    bool all = true;
    for (const yz_json *field = yz_json_is(root, YZ_JSON_OBJECT) ? root->child : NULL; field && all; field = field->next)
        all = oa_takes_field(m->config, name_of(m, field));
    if (all)
        return;
    yz_buf taken = {0};
    yz_json *json;
    put_taken(m, root, &taken);
    yz_str body = yz_dup(m->arena, yz_buf_view(&taken));
    yz_buf_free(&taken);
    if (yz_json_parse(m->arena, body, YZ_JSON_LONE_SURROGATES, &json, NULL) != YZ_OK)
        return; /* it was read before */
    if (!m->copy)
        m->copy = yz_request_copy(m->arena, m->from);
    m->copy->body = body;
    m->copy->json = json;
    m->copy->model_node = m->copy->model_node ? yz_json_get(json, "model") : NULL;
}
