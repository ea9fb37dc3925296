/* openai/rerank.c: rankings. OpenAI has none; Jina's form is what most servers speak (vLLM, DashScope, Cohere before its v2), and two
 * others differ in a few names. A client's form is told by its path and its fields, a provider's by its options; where they are not the
 * same, the fields are exchanged on the way there, and the names of the answer on the way back.
 *
 *            jina                            cohere (v2)                  voyage
 *   asks     top_n, return_documents         top_n, max_tokens_per_doc    top_k, truncation
 *   answers  results, usage.total_tokens     results, meta                data, usage.total_tokens
 */
#include "openai.h"

#define FORM "openai.rerank_form" /* left for the answer, where the fields that told it are gone: "0", "1", "2" */

static int form_of_client(const yz_request *request) {
    for (size_t i = 0; i < request->n_passed; i++)
        if (yz_str_is(request->passed[i].name, FORM) && request->passed[i].value.n == 1)
            return request->passed[i].value.p[0] - '0';
    if (yz_str_is(request->path, "/v2/rerank"))
        return OA_RERANK_COHERE;
    bool voyage = yz_json_get(request->json, "top_k") || yz_json_get(request->json, "truncation"); /* its client says both, always */
    return voyage ? OA_RERANK_VOYAGE : OA_RERANK_JINA;
}

static int form_of_target(const yz_target *target) { return ((const oa_config *)target->provider->config)->rerank_form; }

/* ---- the request -------------------------------------------------------------------------------------------------------- */

typedef struct mending {
    yz_request *copy;
    yz_arena *arena;
    yz_losses *losses;
} mending;

static void set(const mending *m, const char *field, yz_str raw) { yz_request_set(m->arena, m->copy, field, raw); }

/* One that the provider does not know: gone, and told if it asked for anything. */
static void leave_out(const mending *m, const char *field) {
    const yz_json *value = yz_json_get(m->copy->json, field);
    if (!value)
        return;
    if (!yz_json_is(value, YZ_JSON_NULL) && !yz_json_is(value, YZ_JSON_FALSE))
        yz_lose(m->losses, field);
    set(m, field, YZ_STR(""));
}

static void rename_field(const mending *m, const char *from, const char *to) {
    const yz_json *value = yz_json_get(m->copy->json, from);
    if (!value)
        return;
    if (!yz_json_is(value, YZ_JSON_NULL))
        set(m, to, yz_json_raw(value));
    set(m, from, YZ_STR(""));
}

/* Documents that are objects with a text become that text. */
static void plain_documents(const mending *m) {
    const yz_json *list = yz_json_get(m->copy->json, "documents");
    yz_buf out = {0};
    bool changed = false;
    for (const yz_json *one = yz_json_is(list, YZ_JSON_ARRAY) ? list->child : NULL; one; one = one->next) {
        const yz_json *text = yz_json_is(one, YZ_JSON_OBJECT) ? yz_json_get(one, "text") : NULL;
        changed |= text != NULL;
        yz_buf_lit(&out, out.n ? "," : "[");
        yz_buf_str(&out, yz_json_raw(text ? text : one));
    }
    yz_buf_char(&out, ']');
    if (changed)
        set(m, "documents", yz_buf_view(&out));
    yz_buf_free(&out);
}

static void leave_form(const mending *m, int form) {
    yz_request *r = m->copy;
    yz_header *passed = yz_alloc(m->arena, (r->n_passed + 1) * sizeof *passed);
    for (size_t i = 0; i < r->n_passed; i++)
        passed[i] = r->passed[i];
    passed[r->n_passed] = (yz_header){YZ_STR(FORM), yz_format(m->arena, "%d", form)};
    r->passed = passed;
    r->n_passed++;
}

const yz_request *oa_mend_rerank(const yz_request *request, const yz_target *target, yz_arena *arena, yz_losses *losses) {
    int from = form_of_client(request), to = form_of_target(target);
    if (from == to || !request->json)
        return request;
    mending m = {yz_request_copy(arena, request), arena, losses};
    leave_form(&m, from);
    if (from == OA_RERANK_VOYAGE)
        rename_field(&m, "top_k", "top_n");
    if (to == OA_RERANK_VOYAGE)
        rename_field(&m, "top_n", "top_k");
    if (to != OA_RERANK_JINA) {
        leave_out(&m, "return_documents"); /* Voyage's are texts, where a client of Jina reads objects */
        leave_out(&m, "max_chunks_per_doc");
        leave_out(&m, "rank_fields");
        plain_documents(&m);
    }
    if (to != OA_RERANK_VOYAGE)
        leave_out(&m, "truncation");
    if (to != OA_RERANK_COHERE) {
        leave_out(&m, "max_tokens_per_doc");
        leave_out(&m, "priority");
    }
    return m.copy;
}

/* ---- the answer --------------------------------------------------------------------------------------------------------- */

/* Tokens of the question and its documents, as any of the three say them; negative: none does. */
static int64_t tokens_of(const yz_json *root) {
    const yz_json *usage = yz_json_get(root, "usage"), *meta = yz_json_get(root, "meta");
    int64_t said = yz_json_int(yz_json_get(usage, "total_tokens"), -1);
    return said >= 0 ? said : yz_json_int(yz_json_get(yz_json_get(meta, "tokens"), "input_tokens"), -1);
}

static yz_str missing(int form, const yz_json *root, const yz_request *request, yz_arena *arena) {
    long long tokens = (long long)tokens_of(root);
    yz_buf out = {0};
    if (form == OA_RERANK_COHERE && tokens >= 0 && !yz_json_get(root, "meta"))
        yz_buf_printf(&out, ",\"meta\":{\"tokens\":{\"input_tokens\":%lld}}", tokens);
    if (form != OA_RERANK_COHERE && tokens >= 0 && !yz_json_get(root, "usage"))
        yz_buf_printf(&out, ",\"usage\":{\"total_tokens\":%lld}", tokens);
    if (form != OA_RERANK_COHERE && !yz_json_get(root, "model")) {
        yz_buf_lit(&out, ",\"model\":");
        yz_buf_json_str(&out, request->model);
    }
    if (form == OA_RERANK_VOYAGE && !yz_json_get(root, "object"))
        yz_buf_lit(&out, ",\"object\":\"list\"");
    yz_str text = yz_dup(arena, yz_buf_view(&out));
    yz_buf_free(&out);
    return text;
}

size_t oa_stamp_rerank(const yz_request *request, const yz_target *target, yz_str data, yz_arena *arena, yz_splice *const *out,
                       size_t most) {
    int from = form_of_target(target), to = form_of_client(request);
    yz_json *root;
    size_t n = 0;
    if (from == to || most < 2 || yz_json_parse(arena, data, YZ_JSON_ANSWERED, &root, NULL) < 0 || !yz_json_is(root, YZ_JSON_OBJECT))
        return 0;
    const yz_json *list = yz_json_get(root, from == OA_RERANK_VOYAGE ? "data" : "results");
    if (!yz_json_is(list, YZ_JSON_ARRAY))
        return 0;
    if ((from == OA_RERANK_VOYAGE) != (to == OA_RERANK_VOYAGE)) {
        out[n]->at = yz_json_key(list);
        out[n++]->with = to == OA_RERANK_VOYAGE ? YZ_STR("data") : YZ_STR("results");
    }
    yz_str raw = yz_json_raw(root), more = missing(to, root, request, arena);
    if (more.n > 0) {
        out[n]->at = yz_str_at(raw.p + raw.n - 1, 0);
        out[n++]->with = more;
    }
    return n;
}

/* Cohere counts searches (a question with up to a hundred documents), and no tokens; Jina and Voyage tokens, of vectors too, as their sum
 * alone. */
bool oa_rerank_units(yz_usage *usage, const yz_json *root) {
    int64_t searches = yz_json_int(yz_json_get(yz_json_get(yz_json_get(root, "meta"), "billed_units"), "search_units"), -1);
    int64_t tokens = yz_usage_get(usage, YZ_METER_INPUT) < 0 ? tokens_of(root) : -1;
    yz_usage_set(usage, YZ_METER_SEARCHES, searches);
    yz_usage_set(usage, YZ_METER_INPUT, tokens);
    return searches >= 0 || tokens >= 0;
}
