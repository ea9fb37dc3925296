/* opening.c: see opening.h. A client's frames are walked over, never taken apart, but for the first message of a session that says by it
 * what is asked for: that one is kept, as the body of the request, and told to the provider in a frame of the gateway's own. In such a
 * session the dialect may look at what follows, too: what it refuses never is whole at the provider.
 *
 * A message under way is kept as a body is, and counts as one (limits { bodies }).
 */
#include "server/opening.h"

#include "server/answer.h"
#include "server/door.h"
#include "server/duplex.h"
#include "server/refusal.h"
#include "server/respond.h"

#define LONGEST ((size_t)1 << 20)  /* bytes of a first message */
#define SMALL   ((size_t)64 << 10) /* what is kept of others counts */

bool yz_opening_waits(const yz_exchange *x) { return x->duplex && x->duplex->until > 0; }

static void on_first(void *arg, yz_str text) {
    yz_exchange *x = arg;
    yz_duplex *d = x->duplex;
    const yz_limit_settings *limits = &x->front->limits;
    d->until = 0;
    d->heard.on_text = NULL;
    yz_intake_keep(-d->counted, 0); /* once */
    d->counted = 0;
    x->refusal = yz_intake_expect(&x->body, x->arena, limits, (int64_t)text.n);
    if (!x->refusal && text.n)
        x->refusal = yz_intake_add(&x->body, x->arena, limits, text);
}

void yz_opening_begin(yz_exchange *x) {
    yz_duplex *d = x->duplex;
    if (x->reach) {
        yz_answer_start(x);
        return;
    }
    d->heard.on_text = on_first;
    d->heard.arg = x;
    d->heard.most = x->front->limits.http.body < (int64_t)LONGEST ? (size_t)x->front->limits.http.body : LONGEST;
    d->heard.binary = true;
    d->until = yz_now(x->front->worker) + x->front->limits.body_time;
    yz_respond_head(x, 101, (yz_str){0}, -1, NULL);
}

/* A later one, which the client's dialect may refuse. */
static void on_said(void *arg, yz_str text) {
    yz_exchange *x = arg;
    yz_arena *scratch = yz_arena_new(x->front->worker->blocks); /* a session is idle most of its time, and holds nothing then */
    yz_error error = {YZ_ERROR};
    if (!x->refusal && x->asked.request.dialect->accept_said(text, scratch, &error) != YZ_OK)
        x->refusal = yz_error_copy(x->arena, &error);
    yz_arena_free(scratch);
}

/* The client has said what it wants. */
static void start(yz_exchange *x) {
    yz_duplex *d = x->duplex;
    const yz_error *wrong = x->refusal;
    d->opening = x->body.n ? (yz_str){x->body.p, x->body.n} : YZ_STR("");
    d->inlet.body.known = &d->opening;
    d->inlet.body.n_known = 1;
    if (x->asked.request.dialect->accept_said) {
        d->heard.on_text = on_said;
        d->heard.most = (size_t)x->front->limits.session_frame;
    }
    if (!wrong)
        wrong = yz_asked_read_body(&x->asked, d->opening);
    if (!wrong)
        wrong = yz_door_again(x);
    if (wrong)
        yz_answer_refuse(x, wrong);
    else
        yz_answer_start(x);
}

/* What is kept of a message under way; NULL: there is room for it. */
static const yz_error *count(yz_exchange *x) {
    yz_duplex *d = x->duplex;
    int64_t kept = d->heard.whole.cap > SMALL ? (int64_t)d->heard.whole.cap : 0;
    if (kept != d->counted && !yz_intake_keep(kept - d->counted, x->front->limits.bodies))
        return yz_refusal_full(x->arena, "bodies_full", "the gateway holds as many bytes of requests as it may: try again soon");
    d->counted = kept;
    return NULL;
}

/* What is wrong with what has come; NULL: nothing. */
static const yz_error *judge(yz_exchange *x) {
    const yz_frames *heard = &x->duplex->heard;
    if (heard->wide)
        return yz_refusal(x->arena, YZ_ERROR_TOO_LARGE, 0, "a frame is longer than %lld bytes (limits { session_frame })",
                          (long long)x->front->limits.session_frame);
    if (heard->broken)
        return yz_refusal(x->arena, YZ_ERROR_BAD_REQUEST, 0,
                          "what the client says is no WebSocket's: frames, masked, and none after a close");
    if (heard->passed)
        return yz_refusal(x->arena, YZ_ERROR_TOO_LARGE, 0, "the %smessage is longer than %zu bytes", yz_opening_waits(x) ? "first " : "",
                          heard->most);
    return count(x);
}

/* It leaves before it has asked for anything. */
static void say_goodbye(yz_exchange *x) {
    yz_buf *out = &x->front->scratch;
    out->n = 0;
    yz_frames_close(out, 1000, (yz_str){0});
    yz_respond_bytes(x, yz_buf_view(out));
    yz_respond_cut(x);
}

/* Up to the end of the first message, or of what has come. Returns how many bytes are taken: all of them where the session has ended. */
static size_t open(yz_exchange *x, yz_str bytes) {
    yz_duplex *d = x->duplex;
    size_t at = 0;
    while (at < bytes.n && yz_opening_waits(x)) {
        at += yz_frames_step(&d->heard, (yz_str){bytes.p + at, bytes.n - at});
        const yz_error *wrong = judge(x);
        if (wrong) {
            yz_answer_refuse(x, wrong);
            return bytes.n;
        }
        if (yz_frames_over(&d->heard)) {
            say_goodbye(x);
            return bytes.n;
        }
    }
    if (yz_opening_waits(x))
        return at;
    start(x);
    return x->state == YZ_EXCHANGE_CALLING ? at : bytes.n;
}

bool yz_opening_put(yz_exchange *x, yz_str bytes) {
    yz_duplex *d = x->duplex;
    if (yz_opening_waits(x)) {
        size_t n = open(x, bytes);
        bytes = (yz_str){bytes.p + n, bytes.n - n};
        if (bytes.n == 0)
            return true;
    }
    yz_frames_feed(&d->heard, bytes);
    const yz_error *wrong = x->refusal ? x->refusal : judge(x);
    if (wrong && x->state == YZ_EXCHANGE_CALLING) {
        yz_answer_refuse(x, wrong);
        return true;
    }
    return yz_inlet_put(&d->inlet, bytes);
}

void yz_opening_tick(yz_exchange *x, int64_t now) {
    if (yz_opening_waits(x) && now >= x->duplex->until)
        yz_answer_refuse(x, yz_refusal(x->arena, YZ_ERROR_TIMEOUT, 0, "the first message, which says what is asked for, did not come"));
}

void yz_opening_abort(yz_exchange *x) {
    yz_answer_refuse(x, yz_refusal(x->arena, YZ_ERROR_UNAVAILABLE, 0, "the gateway is shutting down"));
}
