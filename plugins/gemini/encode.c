/* gemini/encode.c: neutral events as the answer of a generateContent server.
 *
 * Text and thoughts go out as they come, one event of the stream for each piece; calls, pictures and what is Google's own go out whole,
 * when their item ends, since this dialect knows no pieces of them. The last event has finishReason and the token counts, and is written
 * at DONE, when they are final. A document is the parts of all events, in order. An ERROR is an event of its own.
 */
#include "gemini.h"

static void free_texts(void *arg) {
    gm_encoder *e = arg;
    for (size_t i = 0; i < GM_CANDIDATES_MAX; i++) {
        gm_out_candidate *c = &e->candidates[i];
        yz_buf *bufs[] = {&c->parts, &c->chosen, &c->top, &c->chunks, &c->supports, &c->text, &c->whole};
        for (size_t k = 0; k < sizeof bufs / sizeof *bufs; k++)
            yz_buf_free(bufs[k]);
    }
}

void gm_encode_open(void *encoder, const yz_encode_info *info) {
    gm_encoder *e = encoder;
    e->info = info;
    for (size_t i = 0; i < GM_CANDIDATES_MAX; i++)
        e->candidates[i].sources_end = &e->candidates[i].sources;
    yz_on_free(info->arena, free_texts, e);
}

static void open(gm_encoder *e, const yz_event *event) {
    bool start = event->kind == YZ_EVENT_START;
    yz_arena *arena = e->info->arena;
    yz_str id = start && event->id.n ? event->id : yz_json_escape(arena, e->info->request_id);
    yz_str model = start && event->model.n ? event->model : yz_json_escape(arena, e->info->model);
    e->opened = true;
    e->tail = yz_format(arena, ",\"modelVersion\":\"%.*s\",\"responseId\":\"%.*s\"}", YZ_STR_ARGS(model), YZ_STR_ARGS(id));
}

/* ---- parts ------------------------------------------------------------------------------------------------------------------------ */

static unsigned number(const gm_encoder *e, const gm_out_candidate *c) { return (unsigned)(c - e->candidates); }

static void event_end(const gm_encoder *e, const gm_out_candidate *c, yz_buf *out) {
    yz_buf_printf(out, "],\"role\":\"model\"},\"index\":%u}]", number(e, c));
    yz_buf_str(out, e->tail);
    yz_buf_lit(out, "\n\n");
}

/* The part as it is now: sent, or kept for the document. */
static void put_part(const gm_encoder *e, gm_out_candidate *c, yz_buf *out) {
    if (e->info->stream) {
        yz_buf_lit(out, "data: {\"candidates\":[{\"content\":{\"parts\":[");
        gm_put_part(e, c, out);
        event_end(e, c, out);
    } else {
        if (c->parts.n)
            yz_buf_char(&c->parts, ',');
        gm_put_part(e, c, &c->parts);
    }
    c->text.n = 0;
    c->signature = (yz_str){NULL, 0};
}

/* ---- items ------------------------------------------------------------------------------------------------------------------------ */

#define KEPT_MAX ((size_t)1 << 20) /* bytes of a text, for the places that sources name in it */

static bool is_text(const gm_out_candidate *c) { return c->item <= YZ_PART_REFUSAL; }

static void on_item(gm_encoder *e, gm_out_candidate *c, const yz_event *event) {
    yz_arena *arena = e->info->arena;
    bool foreign = event->item == YZ_PART_OPAQUE && !yz_str_is(event->dialect, GM_DIALECT);
    c->item = event->item;
    c->passed_over = foreign || event->item == YZ_PART_FILE || (event->item == YZ_PART_TOOL_CALL && e->n_calls == YZ_CALLS_MAX);
    if (c->passed_over) {
        yc_lose_named(e->info, event->name, "parts");
        return;
    }
    c->used = true;
    e->n_calls += event->item == YZ_PART_TOOL_CALL;
    c->n_texts += event->item == YZ_PART_TEXT;
    c->id = yz_dup(arena, event->id);
    c->name = yz_dup(arena, event->item == YZ_PART_IMAGE || event->item == YZ_PART_AUDIO ? event->media_type : event->name);
    c->raw = yz_dup(arena, event->raw);
    c->text.n = c->whole.n = 0;
    c->signature = (yz_str){NULL, 0};
}

static void on_delta(const gm_encoder *e, gm_out_candidate *c, const yz_event *event, yz_buf *out) {
    if (c->passed_over || c->item == YZ_PART_OPAQUE)
        return;
    yz_buf_str(&c->text, event->text);
    if (c->item == YZ_PART_TEXT && c->whole.n < KEPT_MAX)
        yz_buf_str(&c->whole, event->text);
    if (is_text(c) && e->info->stream)
        put_part(e, c, out);
}

/* Only what Google signed is its own; of others, a signature of thoughts can be carried. */
static void on_signature(const gm_encoder *e, gm_out_candidate *c, const yz_event *event) {
    bool own = yz_str_is(event->signed_by, GM_SIGNER);
    if (c->passed_over)
        return;
    c->signature = own                            ? event->text
                   : c->item == YZ_PART_REASONING ? gm_foreign_signature(e->info->arena, event->text, event->signed_by)
                                                  : (yz_str){NULL, 0};
    c->signature = yz_dup(e->info->arena, c->signature);
    if (c->signature.n == 0)
        yc_lose_named(e->info, event->name, "signature");
}

static void on_item_end(const gm_encoder *e, gm_out_candidate *c, yz_buf *out) {
    bool left = !is_text(c) || c->text.n || c->signature.n;
    if (!c->passed_over && left)
        put_part(e, c, out);
    gm_more_end(e, c);
    c->passed_over = true;
}

/* ---- the end ------------------------------------------------------------------------------------------------------------------------ */

static void put_candidate(const gm_encoder *e, unsigned choice, yz_buf *out) {
    const gm_out_candidate *c = &e->candidates[choice];
    yz_buf_lit(out, "{\"content\":{\"parts\":[");
    yz_buf_str(out, e->info->stream || c->parts.n == 0 ? YZ_STR("{\"text\":\"\"}") : yz_buf_view(&c->parts));
    yz_buf_printf(out, "],\"role\":\"model\"},\"finishReason\":\"%s\",\"index\":%u", gm_finish_word(c->finish), choice);
    gm_put_more(c, out);
    yz_buf_char(out, '}');
}

static void on_done(gm_encoder *e, yz_buf *out) {
    bool first = true;
    e->closed = true;
    yz_buf_lit(out, e->info->stream ? "data: {\"candidates\":[" : "{\"candidates\":[");
    for (unsigned i = 0; i < GM_CANDIDATES_MAX; i++) {
        if (i && !e->candidates[i].used)
            continue;
        yz_buf_lit(out, first ? "" : ",");
        put_candidate(e, i, out);
        first = false;
    }
    yz_buf_lit(out, "],");
    gm_put_usage(&e->usage, out);
    yz_buf_str(out, e->tail);
    if (e->info->stream)
        yz_buf_lit(out, "\n\n");
}

static void on_error(gm_encoder *e, const yz_event *event, yz_buf *out) {
    e->closed = true;
    if (!e->info->stream)
        return; /* a document has not begun: the server answers with a status instead */
    yz_buf_lit(out, "data: ");
    gm_write_error(event->error, yz_error_status(event->error), e->info->request_id, out);
    yz_buf_lit(out, "\n\n");
}

static void on_finish(gm_out_candidate *c, const yz_event *event) {
    c->used = true;
    c->finish = c->finish ? c->finish : event->finish;
}

/* What concerns one of the answers. */
static void of_candidate(gm_encoder *e, const yz_event *event, yz_buf *out) {
    if (event->choice >= GM_CANDIDATES_MAX) {
        if (event->kind == YZ_EVENT_ITEM)
            yc_lose_named(e->info, YZ_STR("candidates"), "candidates");
        return;
    }
    gm_out_candidate *c = &e->candidates[event->choice];
    switch (event->kind) {
    case YZ_EVENT_ITEM:
        on_item(e, c, event);
        break;
    case YZ_EVENT_DELTA:
        on_delta(e, c, event, out);
        break;
    case YZ_EVENT_SIGNATURE:
        on_signature(e, c, event);
        break;
    case YZ_EVENT_ANNOTATION:
        gm_more_source(e, c, event);
        break;
    case YZ_EVENT_ITEM_END:
        on_item_end(e, c, out);
        break;
    case YZ_EVENT_LOGPROBS:
        gm_more_logprobs(e, c, event);
        break;
    default:
        on_finish(c, event);
    }
}

void gm_encode(void *encoder, const yz_event *event, yz_buf *out) {
    gm_encoder *e = encoder;
    if (e->closed)
        return;
    if (!e->opened && event->kind != YZ_EVENT_ERROR)
        open(e, event);
    switch (event->kind) {
    case YZ_EVENT_ITEM:
    case YZ_EVENT_DELTA:
    case YZ_EVENT_SIGNATURE:
    case YZ_EVENT_ANNOTATION:
    case YZ_EVENT_ITEM_END:
    case YZ_EVENT_LOGPROBS:
    case YZ_EVENT_FINISH:
        of_candidate(e, event, out);
        break;
    case YZ_EVENT_USAGE:
        yz_usage_merge(&e->usage, event->usage);
        break;
    case YZ_EVENT_ERROR:
        on_error(e, event, out);
        break;
    case YZ_EVENT_DONE:
        on_done(e, out);
        break;
    default: /* a start, a part that is lost, what a later minor brings */
        break;
    }
}
