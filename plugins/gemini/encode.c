/* gemini/encode.c: neutral events as the answer of a generateContent server.
 *
 * Text and thoughts go out as they come, one event of the stream for each piece; calls, pictures and what is Google's own go out whole,
 * when their item ends, since this dialect knows no pieces of them. The last event has finishReason and the token counts, and is written
 * at DONE, when they are final. A document is the parts of all events, in order. An ERROR is an event of its own.
 */
#include "gemini.h"

static void free_texts(void *arg) {
    gm_encoder *e = arg;
    yz_buf_free(&e->text);
    for (size_t i = 0; i < GM_CANDIDATES_MAX; i++)
        yz_buf_free(&e->candidates[i].parts);
}

void gm_encode_open(void *encoder, const yz_encode_info *info) {
    gm_encoder *e = encoder;
    e->info = info;
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

static void event_end(const gm_encoder *e, yz_buf *out) {
    yz_buf_printf(out, "],\"role\":\"model\"},\"index\":%u}]", e->choice);
    yz_buf_str(out, e->tail);
    yz_buf_lit(out, "\n\n");
}

/* The part as it is now: sent, or kept for the document. */
static void put_part(gm_encoder *e, yz_buf *out) {
    yz_buf *parts = &e->candidates[e->choice].parts;
    if (e->info->stream) {
        yz_buf_lit(out, "data: {\"candidates\":[{\"content\":{\"parts\":[");
        gm_put_part(e, out);
        event_end(e, out);
    } else {
        if (parts->n)
            yz_buf_char(parts, ',');
        gm_put_part(e, parts);
    }
    e->text.n = 0;
    e->signature = (yz_str){NULL, 0};
}

static void lose(const gm_encoder *e, yz_str name, const char *otherwise) {
    yz_lose(e->info->losses, name.n ? yz_dup(e->info->arena, name).p : otherwise);
}

/* ---- items ------------------------------------------------------------------------------------------------------------------------ */

static bool is_text(const gm_encoder *e) { return e->item <= YZ_PART_REFUSAL; }

static void on_item(gm_encoder *e, const yz_event *event) {
    yz_arena *arena = e->info->arena;
    bool foreign = event->item == YZ_PART_OPAQUE && !yz_str_is(event->dialect, GM_DIALECT);
    e->item = event->item;
    e->choice = event->choice < GM_CANDIDATES_MAX ? event->choice : 0;
    e->passed_over = foreign || event->item == YZ_PART_FILE || event->choice >= GM_CANDIDATES_MAX ||
                     (event->item == YZ_PART_TOOL_CALL && e->n_calls == YZ_CALLS_MAX);
    if (e->passed_over) {
        lose(e, event->name, "parts");
        return;
    }
    e->candidates[e->choice].used = true;
    e->n_calls += event->item == YZ_PART_TOOL_CALL;
    e->id = yz_dup(arena, event->id);
    e->name = yz_dup(arena, event->item == YZ_PART_IMAGE || event->item == YZ_PART_AUDIO ? event->media_type : event->name);
    e->raw = yz_dup(arena, event->raw);
    e->text.n = 0;
    e->signature = (yz_str){NULL, 0};
}

static void on_delta(gm_encoder *e, const yz_event *event, yz_buf *out) {
    if (e->passed_over || e->item == YZ_PART_OPAQUE)
        return;
    yz_buf_str(&e->text, event->text);
    if (is_text(e) && e->info->stream)
        put_part(e, out);
}

/* Only what Google signed is its own; of others, a signature of thoughts can be carried. */
static void on_signature(gm_encoder *e, const yz_event *event) {
    bool own = yz_str_is(event->signed_by, GM_SIGNER);
    if (e->passed_over)
        return;
    e->signature = own                            ? event->text
                   : e->item == YZ_PART_REASONING ? gm_foreign_signature(e->info->arena, event->text, event->signed_by)
                                                  : (yz_str){NULL, 0};
    e->signature = yz_dup(e->info->arena, e->signature);
    if (e->signature.n == 0)
        lose(e, event->name, "signature");
}

static void on_annotation(gm_encoder *e, const yz_event *event) {
    bool own = yz_str_is(event->dialect, GM_DIALECT) && event->raw.n > 2;
    if (!own)
        lose(e, event->name, "annotations");
    else if (!e->passed_over) /* without its braces; a later one replaces it */
        e->candidates[e->choice].grounding = yz_dup(e->info->arena, (yz_str){event->raw.p + 1, event->raw.n - 2});
}

static void on_item_end(gm_encoder *e, yz_buf *out) {
    bool left = !is_text(e) || e->text.n || e->signature.n;
    if (!e->passed_over && left)
        put_part(e, out);
    e->passed_over = true;
}

static void on_logprobs(const gm_encoder *e, const yz_event *event, gm_out_candidate *candidates) {
    if (!yz_str_is(event->dialect, GM_DIALECT) || event->choice >= GM_CANDIDATES_MAX)
        lose(e, event->name, "logprobs");
    else
        candidates[event->choice].logprobs = yz_format(e->info->arena, "\"logprobsResult\":%.*s", YZ_STR_ARGS(event->raw));
}

/* ---- the end ------------------------------------------------------------------------------------------------------------------------ */

static void put_member(yz_str raw, yz_buf *out) {
    if (raw.n == 0)
        return;
    yz_buf_char(out, ',');
    for (size_t i = 0; i < raw.n; i++) /* on one line: in JSON that was proven, one can only break between values */
        yz_buf_char(out, raw.p[i] == '\n' || raw.p[i] == '\r' ? ' ' : raw.p[i]);
}

static void put_candidate(const gm_encoder *e, unsigned choice, yz_buf *out) {
    const gm_out_candidate *c = &e->candidates[choice];
    yz_buf_lit(out, "{\"content\":{\"parts\":[");
    yz_buf_str(out, e->info->stream || c->parts.n == 0 ? YZ_STR("{\"text\":\"\"}") : yz_buf_view(&c->parts));
    yz_buf_printf(out, "],\"role\":\"model\"},\"finishReason\":\"%s\",\"index\":%u", gm_finish_word(c->finish), choice);
    put_member(c->grounding, out);
    put_member(c->logprobs, out);
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

static void on_finish(gm_encoder *e, const yz_event *event) {
    if (event->choice >= GM_CANDIDATES_MAX)
        return;
    gm_out_candidate *c = &e->candidates[event->choice];
    c->used = true;
    c->finish = c->finish ? c->finish : event->finish;
}

void gm_encode(void *encoder, const yz_event *event, yz_buf *out) {
    gm_encoder *e = encoder;
    if (e->closed)
        return;
    if (!e->opened && event->kind != YZ_EVENT_ERROR)
        open(e, event);
    switch (event->kind) {
    case YZ_EVENT_ITEM:
        on_item(e, event);
        break;
    case YZ_EVENT_DELTA:
        on_delta(e, event, out);
        break;
    case YZ_EVENT_SIGNATURE:
        on_signature(e, event);
        break;
    case YZ_EVENT_ANNOTATION:
        on_annotation(e, event);
        break;
    case YZ_EVENT_ITEM_END:
        on_item_end(e, out);
        break;
    case YZ_EVENT_LOGPROBS:
        on_logprobs(e, event, e->candidates);
        break;
    case YZ_EVENT_USAGE:
        yz_usage_merge(&e->usage, event->usage);
        break;
    case YZ_EVENT_FINISH:
        on_finish(e, event);
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
