/* gemini/decode_more.c: what a candidate rests on, and its log probabilities.
 *
 * Both are said beside its parts, and mostly with the last one: sources go to the text that is open, or to one of its own without words.
 * Their places count in bytes of UTF-8 from the beginning of the answer's text.
 */
#include "gemini.h"

typedef struct citations {
    const yz_citation *first, **end;
    yz_arena *arena;
    int64_t before; /* bytes of text before the open item */
} citations;

/* `segment`: the words that rest on it; NULL: all of them. */
static void add(citations *to, yz_str url, yz_str title, const yz_json *segment) {
    yz_citation *c = yz_alloc(to->arena, sizeof *c);
    int64_t from = yz_json_int(gm_get(segment, "startIndex"), 0) - to->before,
            end = yz_json_int(gm_get(segment, "endIndex"), 0) - to->before;
    c->size = sizeof *c;
    c->url = url;
    c->title = title;
    c->quote = yz_json_escaped(yz_json_get(segment, "text"));
    c->from = from > 0 ? from : 0;
    c->to = end > 0 ? end : 0;
    c->bytes = true;
    *to->end = c;
    to->end = &c->next;
}

/* The items of a list, for those that are named by number. */
static const yz_json **items_of(const yz_json *list, size_t *n, yz_arena *arena) {
    const yz_json **items = yz_alloc(arena, (yz_json_count(list) + 1) * sizeof(yz_json *));
    *n = 0;
    for (const yz_json *item = gm_first(list); item; item = gm_next(list, item))
        items[(*n)++] = item;
    return items;
}

static void add_chunk(citations *to, const yz_json *chunk, const yz_json *segment) {
    const yz_json *web = gm_get(chunk, "web"), *source = web ? web : gm_get(chunk, "retrievedContext");
    if (source)
        add(to, yz_json_escaped(yz_json_get(source, "uri")), yz_json_escaped(yz_json_get(source, "title")), segment);
}

/* groundingSupports name chunks by number; without supports each chunk stands for all of the text. */
static void read_grounding(citations *to, const yz_json *node) {
    const yz_json *chunks = gm_get(node, "groundingChunks"), *supports = gm_get(node, "groundingSupports");
    size_t n = 0;
    const yz_json **numbered = items_of(chunks, &n, to->arena);
    for (const yz_json *s = gm_first(supports); s; s = gm_next(supports, s)) {
        const yz_json *indices = gm_get(s, "groundingChunkIndices");
        for (const yz_json *i = gm_first(indices); i; i = gm_next(indices, i)) {
            int64_t at = yz_json_int(i, -1);
            if (at >= 0 && (uint64_t)at < n)
                add_chunk(to, numbered[at], gm_get(s, "segment"));
        }
    }
    if (supports && gm_first(supports))
        return;
    for (const yz_json *chunk = gm_first(chunks); chunk; chunk = gm_next(chunks, chunk))
        add_chunk(to, chunk, NULL);
}

/* citationSources, as the Gemini API has them, or citations, as Vertex AI has. */
static void read_citations(citations *to, const yz_json *node) {
    const yz_json *sources = gm_get(node, "citationSources");
    if (!sources)
        sources = gm_get(node, "citations");
    for (const yz_json *s = gm_first(sources); s; s = gm_next(sources, s))
        add(to, yz_json_escaped(yz_json_get(s, "uri")), yz_json_escaped(yz_json_get(s, "title")), s);
}

static void read_urls(citations *to, const yz_json *node) {
    const yz_json *list = gm_get(node, "urlMetadata");
    for (const yz_json *u = gm_first(list); u; u = gm_next(list, u))
        add(to, yz_json_escaped(gm_get(u, "retrievedUrl")), YZ_STR(""), NULL);
}

void gm_decode_grounding(gm_decoder *d, unsigned choice, const yz_json *node, yz_arena *arena, yz_sink *sink) {
    static const struct {
        const char *name;
        void (*read)(citations *to, const yz_json *node);
    } table[] = {{"groundingMetadata", read_grounding}, {"citationMetadata", read_citations}, {"urlContextMetadata", read_urls}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const yz_json *value = gm_get(node, table[i].name);
        if (!yz_json_is(value, YZ_JSON_OBJECT) || !value->child)
            continue;
        yz_str raw = yz_format(arena, "{\"%s\":%.*s}", table[i].name, YZ_STR_ARGS(yz_json_raw(value)));
        unsigned index = gm_text_item(d, choice, YZ_PART_TEXT, sink);
        citations list = {.end = &list.first, .arena = arena, .before = (int64_t)d->candidates[choice].bytes};
        table[i].read(&list, value);
        yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_ANNOTATION, .index = index, .raw = raw, .dialect = YZ_STR(GM_DIALECT),
                                  .name = yz_str_of(table[i].name), .citations = list.first});
    }
}

/* ---- log probabilities ------------------------------------------------------------------------------------------------------------- */

static void put_token(const yz_json *candidate, yz_buf *out) {
    const yz_json *p = gm_get(candidate, "logProbability");
    yz_buf_lit(out, "{\"token\":");
    yc_put_quoted(out, yz_json_escaped(yz_json_get(candidate, "token")));
    yz_buf_lit(out, ",\"logprob\":");
    yz_buf_str(out, yz_json_is(p, YZ_JSON_NUMBER) ? yz_json_raw(p) : YZ_STR("0"));
    yz_buf_lit(out, ",\"bytes\":null");
}

static void put_top(const yz_json *top, yz_buf *out) {
    const yz_json *list = yz_json_get(top, "candidates");
    yz_buf_lit(out, ",\"top_logprobs\":[");
    for (const yz_json *c = gm_first(list); c; c = gm_next(list, c)) {
        put_token(c, out);
        yz_buf_lit(out, gm_next(list, c) ? "}," : "}");
    }
    yz_buf_lit(out, "]}");
}

void gm_decode_logprobs(unsigned choice, const yz_json *node, yz_sink *sink) {
    const yz_json *chosen = gm_get(node, "chosenCandidates"), *tops = gm_get(node, "topCandidates"), *top = gm_first(tops);
    yz_buf list = {0};
    if (!yz_json_is(node, YZ_JSON_OBJECT))
        return;
    yz_buf_char(&list, '[');
    for (const yz_json *c = gm_first(chosen); c; c = gm_next(chosen, c)) {
        yz_buf_lit(&list, list.n > 1 ? "," : "");
        put_token(c, &list);
        put_top(top, &list);
        top = top ? gm_next(tops, top) : NULL;
    }
    yz_buf_char(&list, ']');
    yz_emit(sink,
            &(yz_event){YZ_EVENT, .kind = YZ_EVENT_LOGPROBS, .choice = choice, .raw = yz_json_raw(node), .dialect = YZ_STR(GM_DIALECT),
                        .name = YZ_STR("logprobs"), .list = list.n > 2 ? yz_buf_view(&list) : YZ_STR("")});
    yz_buf_free(&list);
}
