/* respond.c: heads and bodies of answers; see respond.h. What a turn says is gathered by the outlet. */
#include "server/respond.h"

#include "base/check.h"
#include "base/put.h"
#include "base/word.h"
#include "call/tree.h"
#include "dialect/allowance.h"
#include "journal/journal.h"
#include "server/cors.h"
#include "server/duplex.h"
#include "server/upload.h"

#include <stdio.h>
#include <time.h>

/* ---- heads ---------------------------------------------------------------------------------------------------------- */

static const char *reason(int status) {
    static const struct {
        int status;
        const char *phrase;
    } reasons[] = {{101, "Switching Protocols"},
                   {200, "OK"},
                   {201, "Created"},
                   {202, "Accepted"},
                   {204, "No Content"},
                   {206, "Partial Content"},
                   {400, "Bad Request"},
                   {401, "Unauthorized"},
                   {402, "Payment Required"},
                   {403, "Forbidden"},
                   {404, "Not Found"},
                   {405, "Method Not Allowed"},
                   {408, "Request Timeout"},
                   {409, "Conflict"},
                   {413, "Content Too Large"},
                   {414, "URI Too Long"},
                   {415, "Unsupported Media Type"},
                   {417, "Expectation Failed"},
                   {422, "Unprocessable Content"},
                   {426, "Upgrade Required"},
                   {429, "Too Many Requests"},
                   {431, "Request Header Fields Too Large"},
                   {500, "Internal Server Error"},
                   {501, "Not Implemented"},
                   {502, "Bad Gateway"},
                   {503, "Service Unavailable"},
                   {504, "Gateway Timeout"},
                   {505, "HTTP Version Not Supported"},
                   {508, "Loop Detected"},
                   {529, "Overloaded"}};
    for (size_t i = 0; i < sizeof(reasons) / sizeof(*reasons); i++)
        if (reasons[i].status == status)
            return reasons[i].phrase;
    return "Answer";
}

static void put_date(yz_front *front, yz_buf *out) {
    int64_t now = yz_clock_wall();
    if (now != front->date.second) {
        front->date.second = now;
        time_t t = (time_t)now;
        struct tm tm;
        gmtime_r(&t, &tm);
        front->date.n = strftime(front->date.line, sizeof(front->date.line), "date: %a, %d %b %Y %H:%M:%S GMT\r\n", &tm);
    }
    yz_buf_put(out, front->date.line, front->date.n);
}

#define PLAIN YZ_STR("")

/* Of several that were asked, the one whose answer it is: the note is of whoever was asked last. */
static const yz_target *answered_by(const yz_exchange *x, int64_t attempts) {
    const yz_record *answer = attempts > 1 ? yz_record_answer(yz_call_record(x->call)) : NULL;
    if (answer && answer->target)
        return answer->target;
    return x->up ? x->up->target : NULL;
}

static void put_target(const yz_target *target, yz_buf *out) {
    char text[256];
    yz_str provider = target->provider->name, node = target->node, model = target->model;
    int n =
        snprintf(text, sizeof(text), "%.*s%s%.*s/%.*s", YZ_STR_ARGS(provider), node.n ? "@" : "", YZ_STR_ARGS(node), YZ_STR_ARGS(model));
    yz_str value = {text, n > 0 && (size_t)n < sizeof(text) ? (size_t)n : 0};
    if (value.n && yz_h1_value_ok(value))
        yz_put_header(out, YZ_STR("x-yuzui-"), YZ_STR("target"), value);
}

/* For the log alone: who asks, and to whom what lies at a bearer address was told. */
static bool is_private(const char *note) { return yz_word_is(note, "key") || yz_word_is(note, "owner"); }

static void put_notes(const yz_exchange *x, int64_t attempts, yz_buf *out) {
    const yz_target *target = answered_by(x, attempts);
    for (const yz_note_entry *note = x->call ? yz_call_notes(x->call) : NULL; note; note = note->next) {
        if (is_private(note->name) || !yz_h1_value_ok(note->value))
            continue;
        if (yz_word_is(note->name, "target")) {
            if (attempts > 1 && target)
                continue;
            target = NULL;
        }
        yz_put_header(out, YZ_STR("x-yuzui-"), yz_str_of(note->name), note->value);
    }
    if (target)
        put_target(target, out);
}

/* That is known now: what a stream needs later, to be rescued, say, is in the log alone. */
static void put_attempts(int64_t n, yz_buf *out) {
    yz_buf value = {.p = (char[24]){0}, .cap = 24};
    if (n < 2)
        return;
    yz_put_number(&value, (uint64_t)n, 10);
    yz_put_header(out, YZ_STR("x-yuzui-"), YZ_STR("attempts"), yz_buf_view(&value));
}

static void put_losses(const yz_exchange *x, yz_buf *out) {
    yz_str lost = x->up ? yz_exchange_lost(x) : PLAIN;
    if (lost.n)
        yz_put_header(out, YZ_STR("x-yuzui-"), YZ_STR("lost"), lost);
}

/* Of a provider of another dialect: what it said is left, under the names and in the forms that the client's has for it. */
static void put_limits_anew(const yz_exchange *x, yz_buf *out) {
    const yz_record *root = x->call ? yz_call_record(x->call) : NULL, *answer = root ? yz_record_answer(root) : NULL;
    for (const yz_record *r = root; r && answer->outcome == YZ_OUTCOME_FAILED;
         r = r->next) /* an error is nobody's: the last that said it */
        answer = r->allowance && r->outcome == YZ_OUTCOME_FAILED ? r : answer;
    if (answer && answer->allowance)
        yz_allowance_write(x->asked.request.dialect, answer->allowance, yz_clock_wall(), out);
}

/* A client of the dialect they come from reads them as they are; they were read from a head, so they are safe in one. */
static void put_limits(const yz_exchange *x, const yz_adapter *from, const yz_header *headers, size_t n, yz_buf *out) {
    const yz_adapter *client = x->asked.request.dialect;
    if (!from || !client)
        return;
    if (!yz_word_is(from->dialect, client->dialect)) {
        put_limits_anew(x, out);
        return;
    }
    for (size_t i = 0; i < n; i++)
        if (yz_h1_value_ok(headers[i].value))
            yz_put_header(out, PLAIN, headers[i].name, headers[i].value);
}

static void put_framing(yz_exchange *x, int64_t length, yz_buf *out) {
    unsigned minor = x->asked.head ? x->asked.head->minor : 1;
    if (length >= 0) {
        yz_buf_str(out, YZ_STR("content-length: "));
        yz_put_number(out, (uint64_t)length, 10);
        yz_buf_put(out, "\r\n", 2);
    } else if (minor >= 1) {
        yz_buf_str(out, YZ_STR("transfer-encoding: chunked\r\n"));
    }
    x->framing = length >= 0 ? YZ_BODY_LENGTH : minor >= 1 ? YZ_BODY_CHUNKED : YZ_BODY_CLOSE;
    x->close |= x->framing == YZ_BODY_CLOSE;
    x->close |= x->front->worker->draining;
    if (x->close)
        yz_buf_lit(out, "connection: close\r\n");
    else if (minor == 0)
        yz_buf_lit(out, "connection: keep-alive\r\n");
}

/* From here on the connection is a WebSocket. */
static void put_session(yz_exchange *x, yz_buf *out) {
    x->framing = YZ_BODY_CLOSE;
    yz_duplex_head(x->duplex, out);
}

static void put_status(int status, yz_buf *out) {
    if (status == 200)
        yz_buf_str(out, YZ_STR("HTTP/1.1 200 OK\r\n"));
    else
        yz_buf_printf(out, "HTTP/1.1 %d %s\r\n", status, reason(status));
}

/* Of a body that is passed on, which part it is, and that one may ask for one. */
static void put_parts(const yz_head *head, yz_buf *out) {
    if (head->part.n && yz_h1_value_ok(head->part))
        yz_put_header(out, PLAIN, YZ_STR("content-range"), head->part);
    if (head->parts)
        yz_buf_lit(out, "accept-ranges: bytes\r\n");
}

void yz_respond_head(yz_exchange *x, int status, yz_str content_type, int64_t length, const yz_extra *extra) {
    YZ_MUST(x->status == 0);
    yz_buf *out = yz_outlet_buffer(x->outlet);
    x->status = status;
    x->length = length;
    put_status(status, out);
    put_date(x->front, out);
    if (content_type.n)
        yz_put_header(out, PLAIN, YZ_STR("content-type"), yz_h1_value_ok(content_type) ? content_type : YZ_STR("application/octet-stream"));
    if (x->up && x->asked.request.stream)
        yz_buf_lit(out, "cache-control: no-cache\r\nx-accel-buffering: no\r\n");
    /* After a session, or what its client says as if it had begun, there is no next request; nor behind a body that is not read to its end.
     */
    x->close |= x->duplex != NULL || yz_upload_open(x);
    if (status == 101 && x->duplex)
        put_session(x, out);
    else if (status != 204)
        put_framing(x, length, out);
    else if (x->close || (x->close |= x->front->worker->draining))
        yz_buf_lit(out, "connection: close\r\n");
    yz_put_header(out, PLAIN, YZ_STR("x-request-id"), x->asked.request.id);
    if (x->up)
        put_parts(x->up, out);
    int64_t attempts = x->call ? yz_journal_attempts(yz_call_record(x->call)) : 0;
    put_notes(x, attempts, out);
    put_attempts(attempts, out);
    put_losses(x, out);
    yz_allowance allowed;
    bool own = x->call && yz_call_allowance(x->call, &allowed);
    if (own && x->asked.dialect) /* what the client may still ask, in the headers its dialect has for that */
        yz_allowance_write(x->asked.dialect, &allowed, yz_clock_wall(), out);
    bool made = x->up && !x->up->dialect && x->asked.request.piece > 0, page = made || x->asked.local != YZ_LOCAL_NONE;
    for (size_t i = 0; x->up && page && i < x->up->n_headers; i++) /* the console's own, and those of what jobs have made */
        yz_put_header(out, PLAIN, x->up->headers[i].name, x->up->headers[i].value);
    if (x->up && !own) /* one word about limits is enough: the nearer one, which binds the client itself */
        put_limits(x, x->up->dialect, x->up->headers, x->up->n_headers, out);
    for (size_t i = 0; extra && i < extra->n; i++)
        yz_put_header(out, PLAIN, extra->headers[i].name, extra->headers[i].value);
    if (extra && extra->failed && !own)
        put_limits(x, extra->failed->target->provider->adapter, extra->failed->headers, extra->failed->n_headers, out);
    if (x->asked.found.origin.n)
        yz_cors_headers(&x->asked, out);
    yz_buf_put(out, "\r\n", 2);
}

/* ---- bodies --------------------------------------------------------------------------------------------------------- */

/* More bytes than were promised would be read as the next answer. */
static yz_str within_length(yz_exchange *x, yz_str bytes) {
    if (x->length < 0 || x->sent + bytes.n <= (uint64_t)x->length)
        return bytes;
    yz_log(YZ_LOG_ERROR, "an answer goes on after its %lld bytes: request %.*s", (long long)x->length, YZ_STR_ARGS(x->asked.request.id));
    x->close = true;
    return (yz_str){bytes.p, (size_t)x->length - (size_t)x->sent};
}

void yz_respond_bytes(yz_exchange *x, yz_str bytes) {
    bytes = within_length(x, bytes);
    if (bytes.n == 0 || x->asked.method == YZ_METHOD_HEAD)
        return;
    x->sent += bytes.n;
    if (x->duplex && x->status == 101)
        yz_duplex_said(x->duplex, bytes);
    if (x->framing == YZ_BODY_CHUNKED)
        yz_outlet_chunk(x->outlet, bytes);
    else
        yz_outlet_send(x->outlet, bytes);
}

void yz_respond_end(yz_exchange *x) {
    if (x->framing == YZ_BODY_CHUNKED && x->asked.method != YZ_METHOD_HEAD)
        yz_buf_put(yz_outlet_buffer(x->outlet), "0\r\n\r\n", 5);
    x->on_answered(x->owner, x->close);
}

void yz_respond_cut(yz_exchange *x) { x->on_answered(x->owner, true); }

void yz_respond(yz_exchange *x, int status, yz_str content_type, yz_str body, const yz_extra *extra) {
    yz_respond_head(x, status, content_type, (int64_t)body.n, extra);
    yz_respond_bytes(x, body);
    yz_respond_end(x);
}

void yz_respond_continue(yz_outlet *outlet) { yz_buf_lit(yz_outlet_buffer(outlet), "HTTP/1.1 100 Continue\r\n\r\n"); }

/* ---- errors --------------------------------------------------------------------------------------------------------- */

/* For want of an adapter: the envelope most clients can read. */
static void write_plain(const yz_error *error, yz_str code, yz_buf *out) {
    yz_buf_lit(out, "{\"error\":{\"message\":");
    yz_buf_json_str(out, error->message);
    yz_buf_lit(out, ",\"type\":\"gateway_error\",\"param\":null,\"code\":");
    yz_buf_json_str(out, code);
    yz_buf_lit(out, "}}");
}

static void add_extra(yz_extra *extra, yz_str name, yz_str value) { extra->headers[extra->n++] = (yz_header){name, value}; }

/* What no second try can cure, unless whoever failed says otherwise, and nobody else would be asked. */
static yz_again again(const yz_error *error, int status) {
    if (error->again != YZ_AGAIN_UNSAID && !error->elsewhere)
        return error->again;
    switch (error->class_) {
    case YZ_ERROR_AUTH:
    case YZ_ERROR_FORBIDDEN:
    case YZ_ERROR_NOT_FOUND:
    case YZ_ERROR_TOO_LARGE:
    case YZ_ERROR_CONTEXT_LENGTH:
    case YZ_ERROR_CONTENT_POLICY:
    case YZ_ERROR_QUOTA:
    case YZ_ERROR_UPSTREAM_AUTH:
    case YZ_ERROR_UNSUPPORTED:
    case YZ_ERROR_ANSWERED:
        return YZ_AGAIN_NO;
    case YZ_ERROR_BAD_REQUEST: /* a conflict, too early: later they may pass */
        return error->said == 409 || error->said == 425 || status == 408 ? YZ_AGAIN_UNSAID : YZ_AGAIN_NO;
    default:
        return YZ_AGAIN_UNSAID;
    }
}

/* Seconds for everybody; where that rounds much, milliseconds too, which SDKs read first. */
static void add_wait(yz_exchange *x, int64_t ms, yz_extra *extra) {
    if (ms <= 0)
        return;
    add_extra(extra, YZ_STR("retry-after"), yz_format(x->arena, "%lld", (long long)((ms + 998) / 1000))); /* 1: at once */
    if (ms > 1 && ms % 1000 != 0)
        add_extra(extra, YZ_STR("retry-after-ms"), yz_format(x->arena, "%lld", (long long)ms));
}

static void add_again(yz_again again, yz_extra *extra) {
    if (again != YZ_AGAIN_UNSAID)
        add_extra(extra, YZ_STR("x-should-retry"), again == YZ_AGAIN_YES ? YZ_STR("true") : YZ_STR("false"));
}

void yz_respond_error(yz_exchange *x, const yz_error *error) {
    int status = yz_error_status(error);
    yz_exchange_failed(x, error);
    if (!x->asked.dialect)
        yz_asked_guess(&x->asked, x->asked.head, (yz_str){0});
    if (error->class_ == YZ_ERROR_OVERLOADED && error->status == 0 && x->asked.dialect && x->asked.dialect->overloaded)
        status = x->asked.dialect->overloaded;
    if (x->asked.request.id.n == 0)
        yz_asked_name(&x->asked);
    yz_buf *out = &x->front->scratch;
    out->n = 0;
    if (x->asked.dialect)
        x->asked.dialect->write_error(error, status, x->asked.request.id, out);
    else
        write_plain(error, x->code, out);
    yz_extra extra = {.failed = error->target ? error : NULL};
    add_wait(x, error->retry_after, &extra);
    add_again(again(error, status), &extra);
    if (status == 401)
        add_extra(&extra, YZ_STR("www-authenticate"), YZ_STR("Bearer"));
    if (status == 405)
        add_extra(&extra, YZ_STR("allow"), x->asked.allow);
    if (status == 426)
        add_extra(&extra, YZ_STR("upgrade"), x->asked.request.op == YZ_OP_REALTIME ? YZ_STR("websocket") : YZ_STR("HTTP/1.1"));
    if (yz_h1_value_ok(x->code))
        add_extra(&extra, YZ_STR("x-yuzui-error"), x->code);
    x->up = NULL;
    yz_respond(x, status, YZ_STR("application/json"), yz_buf_view(out), &extra);
}
