/* gemini/encode_more.c: what a candidate rests on, and its log probabilities: members of it that stand in the last event.
 *
 * What another gateway's Gemini said goes out as it came. Sources of other vendors become chunks of groundingMetadata, those of the web
 * under "web", others under "retrievedContext", and their places, in bytes of UTF-8, its supports.
 */
#include "gemini.h"

/* JSON on one line: in what was proven, one can only break between values. */
static void put_line(yz_str raw, yz_buf *out) {
    for (size_t i = 0; i < raw.n; i++)
        yz_buf_char(out, raw.p[i] == '\n' || raw.p[i] == '\r' ? ' ' : raw.p[i]);
}

static void put_string(const char *before, yz_str escaped, yz_buf *out) {
    yz_buf_lit(out, before);
    yc_put_quoted(out, escaped);
}

static void comma(yz_buf *out) {
    if (out->n)
        yz_buf_char(out, ',');
}

/* ---- sources -------------------------------------------------------------------------------------------------------------------- */

void gm_more_source(const gm_encoder *e, gm_out_candidate *c, const yz_event *event) {
    bool own = yz_str_is(event->dialect, GM_DIALECT) && event->raw.n > 2;
    if (c->passed_over && !own) {
        yc_lose_named(e->info, event->name, "annotations");
    } else if (own) { /* without its braces; a later one replaces it */
        c->grounding = yz_dup(e->info->arena, (yz_str){event->raw.p + 1, event->raw.n - 2});
    } else if (!event->citations) {
        yc_lose_named(e->info, event->name, "annotations");
    } else {
        yz_event *copy = yz_event_copy(e->info->arena, event);
        *c->sources_end = copy;
        c->sources_end = &copy->next;
    }
}

static void put_citation(gm_out_candidate *c, const yz_places *places, const yz_citation *citation) {
    int64_t from, to;
    yz_citation_place(citation, places, true, &from, &to);
    comma(&c->chunks);
    put_string(citation->url.n ? "{\"web\":{\"uri\":" : "{\"retrievedContext\":{\"text\":",
               citation->url.n ? citation->url : citation->quote, &c->chunks);
    put_string(",\"title\":", citation->title.n ? citation->title : citation->url, &c->chunks);
    yz_buf_lit(&c->chunks, "}}");
    comma(&c->supports);
    yz_buf_printf(&c->supports, "{\"segment\":{\"partIndex\":%u,\"startIndex\":%lld,\"endIndex\":%lld", c->n_texts ? c->n_texts - 1 : 0,
                  (long long)from, (long long)to);
    if (citation->quote.n)
        put_string(",\"text\":", citation->quote, &c->supports);
    yz_buf_printf(&c->supports, "},\"groundingChunkIndices\":[%u]}", c->n_chunks++);
}

void gm_more_end(const gm_encoder *e, gm_out_candidate *c) {
    const yz_places *places = c->sources ? yz_places_new(e->info->arena, yz_buf_view(&c->whole)) : NULL;
    for (const yz_event *event = c->sources; event; event = event->next)
        for (const yz_citation *citation = event->citations; citation; citation = citation->next)
            put_citation(c, places, citation);
    c->sources = NULL;
    c->sources_end = &c->sources;
}

/* ---- log probabilities ------------------------------------------------------------------------------------------------------------- */

static void put_token(const yz_json *entry, yz_buf *out) {
    const yz_json *logprob = yz_json_get(entry, "logprob");
    put_string("{\"token\":", yz_json_escaped(yz_json_get(entry, "token")), out);
    yz_buf_lit(out, ",\"logProbability\":");
    yz_buf_str(out, yz_json_is(logprob, YZ_JSON_NUMBER) ? yz_json_raw(logprob) : YZ_STR("0"));
    yz_buf_char(out, '}');
}

static void put_entry(gm_out_candidate *c, const yz_json *entry) {
    const yz_json *others = yz_json_get(entry, "top_logprobs");
    comma(&c->chosen);
    put_token(entry, &c->chosen);
    comma(&c->top);
    yz_buf_lit(&c->top, "{\"candidates\":[");
    for (const yz_json *o = yz_json_is(others, YZ_JSON_ARRAY) ? others->child : NULL; o; o = o->next) {
        put_token(o, &c->top);
        yz_buf_lit(&c->top, o->next ? "," : "");
    }
    yz_buf_lit(&c->top, "]}");
}

void gm_more_logprobs(const gm_encoder *e, gm_out_candidate *c, const yz_event *event) {
    yz_json *list = NULL;
    if (event->raw.n && yz_str_is(event->dialect, GM_DIALECT))
        c->own_logprobs = yz_dup(e->info->arena, event->raw);
    else if (event->list.n && yz_json_parse(e->info->arena, yz_dup(e->info->arena, event->list), YZ_JSON_ANSWERED, &list, NULL) == YZ_OK)
        for (const yz_json *entry = list->child; entry; entry = entry->next)
            put_entry(c, entry);
    else
        yc_lose_named(e->info, event->name, "logprobs");
}

/* ---- members ------------------------------------------------------------------------------------------------------------------------- */

static void put_lists(const char *before, const yz_buf *first, const char *between, const yz_buf *second, yz_buf *out) {
    yz_buf_lit(out, before);
    yz_buf_str(out, yz_buf_view(first));
    yz_buf_lit(out, between);
    yz_buf_str(out, yz_buf_view(second));
    yz_buf_lit(out, "]}");
}

void gm_put_more(const gm_out_candidate *c, yz_buf *out) {
    if (c->grounding.n) {
        yz_buf_char(out, ',');
        put_line(c->grounding, out);
    } else if (c->n_chunks) {
        put_lists(",\"groundingMetadata\":{\"groundingChunks\":[", &c->chunks, "],\"groundingSupports\":[", &c->supports, out);
    }
    if (c->own_logprobs.n) {
        yz_buf_lit(out, ",\"logprobsResult\":");
        put_line(c->own_logprobs, out);
    } else if (c->chosen.n) {
        put_lists(",\"logprobsResult\":{\"topCandidates\":[", &c->top, "],\"chosenCandidates\":[", &c->chosen, out);
    }
}
