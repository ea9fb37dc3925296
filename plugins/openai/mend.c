/* openai/mend.c: a body of this dialect on its way to a provider of it, as the provider's options say it must be.
 *
 * A body goes out byte for byte, unless an option asks for something else: a policy or an alias may send a request that was written for
 * one vendor to another one, who refuses the role developer, the newer spelling of a limit, another model's thoughts, or its ids of calls.
 * Options that are left at "auto" change nothing here: what a client writes for the vendor it means is its own affair; but for the older
 * spelling of a limit, which OpenAI's newer models are sure to refuse, and with which half of all clients are written. What the catalogue
 * says of the model is in mend_model.c. Every value that is not concerned stays as the client spelt it, and what a client would miss is
 * told.
 */
#include "mend.h"

static const char *const limits[] = {[OA_FIELD_MAX_TOKENS] = "max_tokens", [OA_FIELD_MAX_COMPLETION_TOKENS] = "max_completion_tokens"};

yz_str oa_plain_key(const oa_mending *m, const yz_json *member) {
    return member->key_escaped ? yz_json_unescape(m->arena, yz_json_key(member)) : yz_json_key(member);
}

bool oa_is_empty(const yz_json *value) {
    return yz_json_is(value, YZ_JSON_NULL) || yz_json_is(value, YZ_JSON_FALSE) ||
           (yz_json_is(value, YZ_JSON_STRING) && yz_json_escaped(value).n == 0) ||
           ((yz_json_is(value, YZ_JSON_ARRAY) || yz_json_is(value, YZ_JSON_OBJECT)) && !value->child);
}

/* ---- fields ------------------------------------------------------------------------------------------------------------- */

const yz_json *oa_mend_get(const oa_mending *m, const char *field) { return yz_json_get((m->copy ? m->copy : m->from)->json, field); }

void oa_mend_set(oa_mending *m, const char *field, yz_str raw) {
    if (!m->copy)
        m->copy = yz_request_copy(m->arena, m->from);
    yz_request_set(m->arena, m->copy, field, raw);
}

void oa_mend_drop(oa_mending *m, const char *field) {
    const yz_json *given = oa_mend_get(m, field);
    if (!given)
        return;
    bool idle =
        yz_json_is(given, YZ_JSON_NULL) || yz_json_is(given, YZ_JSON_FALSE) || (strcmp(field, "n") == 0 && yz_json_int(given, 0) == 1);
    oa_mend_set(m, field, (yz_str){NULL, 0});
    if (!idle)
        yz_lose(m->losses, field);
}

static void drop_fields(oa_mending *m) {
    for (size_t i = 0; i < m->config->drop.n; i++) {
        yz_str name = m->config->drop.items[i];
        oa_mend_drop(m, yz_dup(m->arena, name).p);
        if (yz_str_is(name, "max_tokens"))
            oa_mend_drop(m, limits[OA_FIELD_MAX_COMPLETION_TOKENS]);
        if (yz_str_is(name, "tools"))
            oa_mend_drop(m, "tool_choice");
    }
}

/* Gives a field another name; what stands under that already stays. */
static void rename_field(oa_mending *m, const char *from, const char *to) {
    const yz_json *value = oa_mend_get(m, from);
    if (!value)
        return;
    if (!yz_json_given(m->from->json, to))
        oa_mend_set(m, to, yz_json_raw(value));
    oa_mend_set(m, from, (yz_str){NULL, 0});
}

/* Both at once are refused by some: the one that is not wanted goes, its value stays. */
static void spell_limit(oa_mending *m) {
    int wanted = m->config->max_tokens_field;
    if (wanted == OA_FIELD_AUTO && oa_new_style(m->facts))
        wanted = OA_FIELD_MAX_COMPLETION_TOKENS;
    if (wanted != OA_FIELD_AUTO)
        rename_field(m, limits[wanted == OA_FIELD_MAX_TOKENS ? OA_FIELD_MAX_COMPLETION_TOKENS : OA_FIELD_MAX_TOKENS], limits[wanted]);
}

static void spell_seed(oa_mending *m) {
    if (!yz_str_is(m->config->seed_field, "seed"))
        rename_field(m, "seed", yz_dup(m->arena, m->config->seed_field).p);
}

/* Less than the provider takes is the least it takes; below nothing is without a limit, for servers that know such a number. */
static void raise_limit(oa_mending *m) {
    for (size_t i = OA_FIELD_MAX_TOKENS; i < sizeof limits / sizeof *limits; i++) {
        const yz_json *given = oa_mend_get(m, limits[i]);
        double asked = yz_json_double(given, (double)m->config->least_tokens);
        if (asked >= (double)m->config->least_tokens)
            continue;
        oa_mend_set(m, limits[i], asked < 0 ? (yz_str){NULL, 0} : yz_format(m->arena, "%lld", (long long)m->config->least_tokens));
        if (asked >= 0)
            yz_lose_as(m->losses, limits[i], YZ_APPROXIMATED);
    }
}

/* No tools are none, and nothing is to be chosen among none. */
static void drop_empty_tools(oa_mending *m) {
    const yz_json *tools = oa_mend_get(m, "tools"), *choice = oa_mend_get(m, "tool_choice");
    if (m->config->empty_tools || yz_json_count(tools) > 0)
        return;
    if (tools)
        oa_mend_set(m, "tools", (yz_str){NULL, 0});
    if (!choice)
        return;
    bool idle = yz_json_is(choice, YZ_JSON_NULL) || yz_json_says(choice, "auto") || yz_json_says(choice, "none");
    oa_mend_set(m, "tool_choice", (yz_str){NULL, 0});
    if (!idle)
        yz_lose(m->losses, "tool_choice");
}

/* A tool that must be called is only offered. */
static void ease_tool_choice(oa_mending *m) {
    const yz_json *choice = oa_mend_get(m, "tool_choice");
    bool forced = yz_json_is(choice, YZ_JSON_OBJECT) || yz_json_says(choice, "required") || yz_json_says(choice, "any");
    if (m->config->forced_tools || !forced)
        return;
    oa_mend_set(m, "tool_choice", YZ_STR("\"auto\""));
    yz_lose_as(m->losses, "tool_choice", YZ_APPROXIMATED);
}

/* ---- places in a field ------------------------------------------------------------------------------------------------------ */

void oa_end_patching(oa_mending *m, yc_patched *p, const char *field, const yz_json *value) {
    if (yc_end_patching(p, value))
        oa_mend_set(m, field, yz_buf_view(&p->out));
    yz_buf_free(&p->out);
}

/* ---- schemas -------------------------------------------------------------------------------------------------------------- */

static void patch_schema(oa_mending *m, yc_patched *p, const yz_json *schema, const char *name) {
    bool lost = false;
    yz_str raw = yz_json_raw(schema), plain = schema ? yc_plain_schema(m->arena, raw, &lost) : raw;
    if (!schema || plain.p == raw.p)
        return;
    if (lost)
        yz_lose_as(m->losses, name, YZ_APPROXIMATED);
    yc_patch(p, raw, plain);
}

static void mend_schemas(oa_mending *m) {
    const yz_json *tools = oa_mend_get(m, "tools"), *format = oa_mend_get(m, "response_format");
    yc_patched p = {.at = yz_json_raw(tools).p};
    for (const yz_json *tool = yz_json_is(tools, YZ_JSON_ARRAY) ? tools->child : NULL; tool; tool = tool->next)
        patch_schema(m, &p, yz_json_get(yz_json_get(tool, "function"), "parameters"), "tools.function.parameters");
    oa_end_patching(m, &p, "tools", tools);
    p = (yc_patched){.at = yz_json_raw(format).p};
    patch_schema(m, &p, yz_json_get(yz_json_get(format, "json_schema"), "schema"), "response_format.json_schema.schema");
    oa_end_patching(m, &p, "response_format", format);
}

const yz_request *oa_mend(const yz_request *request, const yz_target *target, yz_arena *arena, yz_losses *losses) {
    request = request->op == YZ_OP_BATCH || request->keeper.n ? request : yc_files_bare(request, arena);
    oa_mending m = {.config = target->provider->config,
                    .facts = target->facts,
                    .own_model = oa_is_own(target->facts),
                    .from = request,
                    .arena = arena,
                    .losses = losses};
    if (oa_is_upload(request))
        return oa_mend_upload(request, arena);
    if (request->op == YZ_OP_FILE)
        return oa_mend_file(request, target, arena);
    if (request->op == YZ_OP_BATCH)
        return oa_mend_batch(request, arena);
    if (oa_remix_of(request).n > 0)
        return oa_mend_remix(request, arena);
    if (request->op == YZ_OP_RERANK)
        return oa_mend_rerank(request, target, arena, losses);
    if (request->op == YZ_OP_EMBEDDING)
        return oa_mend_embed(request, target, arena, losses);
    if (request->op != YZ_OP_CHAT)
        return request;
    oa_mend_types(&m);
    oa_mend_names(&m);
    bool meant = yc_names_target(request, target, arena), thinking = oa_mend_thinking(&m, meant);
    drop_empty_tools(&m);
    drop_fields(&m);
    spell_limit(&m);
    raise_limit(&m);
    spell_seed(&m);
    oa_mend_limit(&m);
    if (!meant)
        oa_mend_fields(&m);
    if (!meant || thinking)
        oa_mend_for_model(&m);
    ease_tool_choice(&m);
    oa_mend_messages(&m);
    oa_mend_tools(&m);
    if (m.config->schemas == OA_SCHEMAS_PLAIN)
        mend_schemas(&m);
    if (!meant)
        oa_mend_prefill(&m);
    return m.copy ? m.copy : request;
}
