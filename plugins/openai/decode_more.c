/* openai/decode_more.c: what an answer has beside text and calls: pictures, sound, sources, log probabilities.
 *
 * Pictures are as OpenRouter and LiteLLM have them (message.images, data: URLs), sound as OpenAI has it (message.audio; its transcript is
 * the text of the answer). Of sources there are OpenAI's annotations, and Perplexity's lists beside the choices, which stand in every
 * chunk and are told once.
 */
#include "openai.h"

static bool is_list(const yz_json *node) { return yz_json_is(node, YZ_JSON_ARRAY); }

static void lose(const char *name, yz_sink *sink) { yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_LOST, .text = yz_str_of(name)}); }

/* The item of text that is open, or a new one, which may stay without text. */
static unsigned text_item(oa_decoder *d, yz_sink *sink) {
    oa_choice *c = oa_now(d);
    if (c->items.open && c->items.kind == YZ_PART_TEXT)
        return c->items.open - 1;
    yz_items_end(&c->items, sink);
    c->items.kind = YZ_PART_TEXT;
    c->items.open = ++d->n_items;
    yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_ITEM, .index = c->items.open - 1, .item = YZ_PART_TEXT});
    return c->items.open - 1;
}

/* ---- sources ---------------------------------------------------------------------------------------------------------------- */

static void annotation(oa_decoder *d, const yz_json *node, yz_sink *sink) {
    const yz_json *url = yz_json_get(node, "url_citation");
    yz_citation citation = {YZ_CITATION, .url = yz_json_escaped(yz_json_get(url, "url")),
                            .title = yz_json_escaped(yz_json_get(url, "title")), .from = yz_json_int(yz_json_get(url, "start_index"), 0),
                            .to = yz_json_int(yz_json_get(url, "end_index"), 0)};
    yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_ANNOTATION, .index = text_item(d, sink), .raw = yz_json_raw(node),
                              .dialect = YZ_STR("openai-chat"), .name = YZ_STR("message.annotations"),
                              .citations = citation.url.n ? &citation : NULL});
}

/* A URL, or an object that has one. */
static void source(oa_decoder *d, const yz_json *node, yz_sink *sink) {
    const yz_json *url = yz_json_is(node, YZ_JSON_STRING) ? node : yz_json_get(node, "url");
    yz_citation citation = {YZ_CITATION, .url = yz_json_escaped(url), .title = yz_json_escaped(yz_json_get(node, "title"))};
    if (citation.url.n)
        yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_ANNOTATION, .index = text_item(d, sink), .name = YZ_STR("citations"),
                                  .citations = &citation});
}

void oa_decode_sources(oa_decoder *d, const yz_json *root, yz_sink *sink) {
    const yz_json *list = yz_json_get(root, "search_results");
    if (!is_list(list) || !list->child)
        list = yz_json_get(root, "citations");
    if (!is_list(list) || !list->child || oa_now(d)->cited || oa_now(d)->finished)
        return;
    oa_now(d)->cited = true;
    for (const yz_json *node = list->child; node; node = node->next)
        source(d, node, sink);
}

/* ---- pictures and sound ------------------------------------------------------------------------------------------------------ */

static void whole_item(oa_decoder *d, yz_part_kind kind, yz_str type, yz_str data, yz_sink *sink) {
    unsigned index = d->n_items++;
    yz_items_end(&oa_now(d)->items, sink);
    d->content = true;
    yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_ITEM, .index = index, .item = kind, .media_type = type});
    yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_DELTA, .index = index, .text = data});
    yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_ITEM_END, .index = index});
}

/* {"type": "image_url", "image_url": {"url": "data:image/png;base64,…"}} */
static void image(oa_decoder *d, const yz_json *node, yz_arena *arena, yz_sink *sink) {
    const yz_json *url = yz_json_get(yz_json_get(node, "image_url"), "url");
    yz_part picture = {.size = sizeof picture};
    d->n_pictures += url != NULL; /* wherever it lies */
    if (!url || !yc_read_url(arena, url, &picture) || picture.data.n == 0) {
        lose("message.images", sink);
        return;
    }
    whole_item(d, YZ_PART_IMAGE, picture.media_type, picture.data, sink);
}

/* What it is shows in its first bytes; what shows nothing is the one kind that has no head. */
static yz_str sound_type(yz_str base64) {
    static const struct {
        const char *begins, *type;
    } table[] = {{"UklGR", "audio/wav"}, {"SUQz", "audio/mpeg"},  {"//", "audio/mpeg"},
                 {"T2dn", "audio/ogg"},  {"ZkxhQ", "audio/flac"}, {"", "audio/pcm;rate=24000"}};
    size_t i = 0;
    while (!yz_str_starts(base64, table[i].begins))
        i++;
    return yz_str_of(table[i].type);
}

static void end_sound(oa_decoder *d, yz_sink *sink) {
    oa_choice *c = oa_now(d);
    if (c->audio)
        yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_ITEM_END, .index = c->audio - 1});
    c->audio = 0;
}

/* A piece of it: after padding no more can follow in one item. Its transcript waits for its end, since sound is what is large. */
static void sound(oa_decoder *d, yz_str data, yz_sink *sink) {
    oa_choice *c = oa_now(d);
    if (c->finished || data.n == 0)
        return;
    d->content = true;
    if (!c->audio) {
        yz_items_end(&c->items, sink);
        c->audio = ++d->n_items;
        yz_emit(sink,
                &(yz_event){YZ_EVENT, .kind = YZ_EVENT_ITEM, .index = c->audio - 1, .item = YZ_PART_AUDIO, .media_type = sound_type(data)});
    }
    yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_DELTA, .index = c->audio - 1, .text = data});
    if (data.p[data.n - 1] == '=')
        end_sound(d, sink);
}

static void audio(oa_decoder *d, const yz_json *node, yz_arena *arena, yz_sink *sink) {
    oa_decode_text(d, YZ_PART_TEXT, yz_json_escaped(yz_json_get(node, "transcript")), sink);
    sound(d, yz_json_text(arena, yz_json_get(node, "data")), sink);
}

/* ---- all of it ------------------------------------------------------------------------------------------------------------------ */

bool oa_decode_more(oa_decoder *d, const yz_json *field, yz_arena *arena, yz_sink *sink) {
    yz_str key = yz_json_key(field);
    bool list = is_list(field), pictures = yz_str_is(key, "images");
    if (yz_str_is(key, "audio") && yz_json_is(field, YZ_JSON_OBJECT)) {
        audio(d, field, arena, sink);
        return true;
    }
    if (!list || !(pictures || yz_str_is(key, "annotations")))
        return false;
    for (const yz_json *node = field->child; node && !oa_now(d)->finished; node = node->next)
        if (pictures)
            image(d, node, arena, sink);
        else if (yz_json_is(node, YZ_JSON_OBJECT))
            annotation(d, node, sink);
    return true;
}

void oa_decode_logprobs(oa_decoder *d, const yz_json *logprobs, yz_sink *sink) {
    const yz_json *list = yz_json_get(logprobs, "content");
    if (!is_list(list) || !list->child)
        list = yz_json_get(logprobs, "refusal");
    if (is_list(list) && list->child && !oa_now(d)->finished)
        yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_LOGPROBS, .list = yz_json_raw(list), .name = YZ_STR("logprobs")});
    else if (yz_json_is(logprobs, YZ_JSON_OBJECT) && yz_json_given(logprobs, "tokens")) /* of /v1/completions: another form */
        lose("logprobs", sink);
}
