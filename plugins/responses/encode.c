/* responses/encode.c: neutral events as the answer of a Responses server: the events of its stream, or one document at DONE.
 *
 * The stream keeps the official order: created, in_progress; for each item added, its parts and pieces, done (encode_item.c); at last
 * completed, incomplete or failed with the whole response. Items keep their ids, are numbered from 0 as they come, and the last event
 * holds them again. What the client asked for is repeated in the response, as the API does.
 */
#include "responses.h"

static void free_texts(void *arg) {
    rs_encoder *e = arg;
    yz_buf_free(&e->text);
    yz_buf_free(&e->annotations);
    yz_buf_free(&e->logprobs);
    yz_buf_free(&e->output);
}

void rs_encode_open(void *encoder, const yz_encode_info *info) {
    rs_encoder *e = encoder;
    e->info = info;
    e->created = info->now;
    e->sources_end = &e->sources;
    e->seq = (unsigned)info->forwarded; /* nobody counted the events; each is longer than its number is high */
    yz_on_free(info->arena, free_texts, e);
}

void rs_put_line(yz_str raw, yz_buf *out) {
    for (size_t i = 0; i < raw.n; i++)
        if (raw.p[i] != '\n' && raw.p[i] != '\r') /* in JSON, a line can only break between values */
            yz_buf_char(out, raw.p[i]);
}

void rs_event(rs_encoder *e, const char *type, yz_buf *out) {
    yz_buf_printf(out, "event: %s\ndata: {\"type\":\"%s\",\"sequence_number\":%u", type, type, e->seq++);
}

void rs_event_end(yz_buf *out) { yz_buf_lit(out, "}\n\n"); }

/* ---- the response ------------------------------------------------------------------------------------------------------------- */

/* What was asked for, in the order and with the defaults of the API's own answers. */
static void put_asked(const rs_encoder *e, yz_buf *out) {
    static const struct {
        const char *key, *otherwise;
    } table[] = {{"instructions", "null"},
                 {"max_output_tokens", "null"},
                 {"parallel_tool_calls", "true"},
                 {"previous_response_id", "null"},
                 {"reasoning", "{\"effort\":null,\"summary\":null}"},
                 {"temperature", "1.0"},
                 {"text", "{\"format\":{\"type\":\"text\"}}"},
                 {"tool_choice", "\"auto\""},
                 {"tools", "[]"},
                 {"top_p", "1.0"},
                 {"user", "null"},
                 {"metadata", "{}"}};
    const yz_request *request = e->info->request;
    bool own = request && request->dialect && strcmp(request->dialect->dialect, RS_DIALECT) == 0;
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
        const yz_json *node = own ? yz_json_given(request->json, table[i].key) : NULL;
        yz_buf_printf(out, ",\"%s\":", table[i].key);
        if (node)
            rs_put_line(yz_json_raw(node), out);
        else
            yz_buf_lit(out, table[i].otherwise);
    }
}

static void put_usage(const yz_usage *u, yz_buf *out) {
    int64_t in = yz_usage_count(u, YZ_METER_INPUT), output = yz_usage_count(u, YZ_METER_OUTPUT);
    yz_buf_printf(out, "{\"input_tokens\":%lld,\"input_tokens_details\":{\"cached_tokens\":%lld", (long long)in,
                  (long long)yz_usage_count(u, YZ_METER_CACHED));
    if (yz_usage_get(u, YZ_METER_CACHE_WRITE) >= 0)
        yz_buf_printf(out, ",\"cache_write_tokens\":%lld", (long long)yz_usage_count(u, YZ_METER_CACHE_WRITE));
    yz_buf_printf(out, "},\"output_tokens\":%lld,\"output_tokens_details\":{\"reasoning_tokens\":%lld},\"total_tokens\":%lld}",
                  (long long)output, (long long)yz_usage_count(u, YZ_METER_REASONING), (long long)(in + output));
}

/* A finish that nobody knows is taken for an answer that was cut short. */
static const char *why_incomplete(const rs_encoder *e) {
    bool cut = e->finish == YZ_FINISH_LENGTH || e->finish == YZ_FINISH_OTHER;
    return cut ? "max_output_tokens" : e->finish == YZ_FINISH_FILTER ? "content_filter" : NULL;
}

static void put_error(const yz_error *error, yz_buf *out) {
    yz_buf_lit(out, ",\"error\":{\"code\":");
    yz_buf_json_str(out, rs_error_code(error));
    yz_buf_lit(out, ",\"message\":");
    yz_buf_json_str(out, error->message);
    yz_buf_lit(out, "}");
}

static void put_response(const rs_encoder *e, const char *status, const yz_error *error, yz_buf *out) {
    bool over = strcmp(status, "in_progress") != 0;
    const char *why = over && !error ? why_incomplete(e) : NULL;
    yz_buf_lit(out, "{\"id\":\"");
    yz_buf_str(out, e->id);
    yz_buf_printf(out, "\",\"object\":\"response\",\"created_at\":%lld,\"status\":\"%s\",\"background\":false", (long long)e->created,
                  status);
    if (error)
        put_error(error, out);
    else
        yz_buf_lit(out, ",\"error\":null");
    if (why)
        yz_buf_printf(out, ",\"incomplete_details\":{\"reason\":\"%s\"}", why);
    else
        yz_buf_lit(out, ",\"incomplete_details\":null");
    yz_buf_lit(out, ",\"model\":\"");
    yz_buf_str(out, e->model);
    yz_buf_lit(out, "\",\"output\":[");
    if (over)
        yz_buf_str(out, yz_buf_view(&e->output));
    yz_buf_char(out, ']');
    put_asked(e, out);
    yz_buf_lit(out, ",\"store\":false,\"truncation\":\"disabled\",\"usage\":");
    if (over && !error)
        put_usage(&e->usage, out);
    else
        yz_buf_lit(out, "null");
    yz_buf_char(out, '}');
}

static void lifecycle(rs_encoder *e, const char *type, const char *status, const yz_error *error, yz_buf *out) {
    rs_event(e, type, out);
    yz_buf_lit(out, ",\"response\":");
    put_response(e, status, error, out);
    rs_event_end(out);
}

/* ---- events --------------------------------------------------------------------------------------------------------------------- */

static void open(rs_encoder *e, const yz_event *event, yz_buf *out) {
    bool start = event->kind == YZ_EVENT_START;
    yz_arena *arena = e->info->arena;
    yz_str id = start && event->id.n ? event->id : yz_json_escape(arena, e->info->request_id);
    e->opened = true;
    e->id = yz_str_starts(id, "resp_") ? yz_dup(arena, id) : yz_format(arena, "resp_%.*s", YZ_STR_ARGS(id));
    e->model = start && event->model.n ? yz_dup(arena, event->model) : yz_json_escape(arena, e->info->model);
    if (start && event->created > 0)
        e->created = event->created;
    if (!e->info->stream || e->seq)
        return;
    lifecycle(e, "response.created", "in_progress", NULL, out);
    lifecycle(e, "response.in_progress", "in_progress", NULL, out);
}

/* A document has not begun: the server answers with a status instead. */
static void fail(rs_encoder *e, const yz_event *event, yz_buf *out) {
    e->closed = true;
    if (e->info->stream)
        lifecycle(e, "response.failed", "failed", event->error, out);
}

static void done(rs_encoder *e, yz_buf *out) {
    bool whole = !why_incomplete(e);
    e->closed = true;
    if (e->info->stream)
        lifecycle(e, whole ? "response.completed" : "response.incomplete", whole ? "completed" : "incomplete", NULL, out);
    else
        put_response(e, whole ? "completed" : "incomplete", NULL, out);
}

static void on_signature(rs_encoder *e, const yz_event *event) {
    if (e->passed_over)
        return;
    if (e->item == YZ_PART_REASONING)
        e->signature = yc_wrap_signature(e->info->arena, event->text, event->signed_by, RS_SIGNER);
    else
        yc_lose_named(e->info, event->name, "signature");
}

static void other_event(rs_encoder *e, const yz_event *event, yz_buf *out) {
    switch (event->kind) {
    case YZ_EVENT_LOGPROBS:
        rs_encode_logprobs(e, event);
        break;
    case YZ_EVENT_USAGE:
        yz_usage_merge(&e->usage, event->usage);
        break;
    case YZ_EVENT_FINISH:
        if (e->finish == YZ_FINISH_NONE)
            e->finish = event->finish;
        break;
    case YZ_EVENT_ERROR:
        fail(e, event, out);
        break;
    case YZ_EVENT_DONE:
        done(e, out);
        break;
    default: /* a start, a part that is lost, what a later minor brings */
        break;
    }
}

void rs_encode(void *encoder, const yz_event *event, yz_buf *out) {
    rs_encoder *e = encoder;
    if (e->closed)
        return;
    if (!e->opened)
        open(e, event, out);
    switch (event->kind) {
    case YZ_EVENT_ITEM:
        rs_encode_item(e, event, out);
        break;
    case YZ_EVENT_DELTA:
        rs_encode_delta(e, event->text, out);
        break;
    case YZ_EVENT_SIGNATURE:
        on_signature(e, event);
        break;
    case YZ_EVENT_ANNOTATION:
        rs_encode_annotation(e, event, out);
        break;
    case YZ_EVENT_ITEM_END:
        rs_encode_item_end(e, out);
        break;
    default:
        other_event(e, event, out);
    }
}
