/* session.c: a session: client and provider talk by a WebSocket, both at any time, until one of them ends it. Its bytes are handed on as
 * they come, but for the provider's close frame, which is made anew. Its texts are looked at in passing, for what it says was used: each
 * of its answers says so at its end. Where the dialect exchanges something in them (ids that a later session may name), messages that are
 * not long are held until they are whole.
 *
 * Before the provider agrees, what goes wrong is an error as any other, and may be tried again; nothing of the client's has gone out. Where
 * the client has said what it wants by a message, to agree is to say anything at all after that but a close; what else the client says
 * waits for that.
 */
#include "base/arena.h"
#include "base/request.h"
#include "base/text.h"
#include "generation.h"
#include "upstream/provider_inner.h"
#include "upstream/scrub.h"
#include "worker.h"

#define MOST_TEXT ((size_t)1 << 20)  /* of a text that is read; what says what was used is a hundredth of that */
#define HELD_TEXT ((size_t)64 << 10) /* of a message that may be exchanged: longer ones pass as they come */
#define NO_CODE   1005               /* of a close frame that says none: RFC 6455, section 7.4.1 */
#define BROKEN    1011               /* for codes that may not be sent */

static bool opens(const yz_leaf *leaf) { return leaf->request->body.n > 0; }

/* What the client has said already, as the provider's first message. */
static void frame_opening(yz_leaf *leaf) {
    yz_buf text = {0}, frame = {0};
    uint64_t mask = yz_random(yz_call_worker(leaf->call));
    for (size_t i = 0; i < leaf->body.n_known; i++)
        yz_buf_str(&text, leaf->body.known[i]);
    yz_frames_message(&frame, false, yz_buf_view(&text), (const char *)&mask);
    leaf->parts[0] = yz_dup(leaf->session->opening, yz_buf_view(&frame));
    leaf->body.n_known = 1;
    yz_buf_free(&frame);
    yz_buf_free(&text);
}

void yz_leaf_session_new(yz_leaf *leaf) {
    leaf->session = yz_alloc(leaf->arena, sizeof *leaf->session);
    leaf->session->opening = opens(leaf) ? yz_arena_new(yz_call_worker(leaf->call)->blocks) : NULL;
}

static void end_opening(yz_leaf *leaf) {
    yz_leaf_session *s = leaf->session;
    if (s->opening)
        yz_arena_free(s->opening);
    s->opening = NULL;
    leaf->request = yz_call_request(leaf->call);
}

void yz_leaf_session_plan(yz_leaf *leaf) {
    const yz_share *share = yz_call_chain(leaf->call)->share;
    char bytes[16];
    for (size_t i = 0; i < sizeof bytes; i += 8) {
        uint64_t bits = yz_random(yz_call_worker(leaf->call));
        memcpy(bytes + i, &bits, 8);
    }
    yz_buf key = {0};
    yz_put_base64(&key, (yz_str){bytes, sizeof bytes});
    leaf->session->key = yz_dup(leaf->arena, yz_buf_view(&key));
    yz_buf_free(&key);
    if (opens(leaf))
        frame_opening(leaf);
    leaf->plan.upgrade = true;
    leaf->plan.reticent = opens(leaf);
    leaf->plan.timeout.idle = share ? share->settings->limits.session_idle : 0;
    leaf->plan.timeout.total = share ? share->settings->limits.session_time : 0;
}

/* What the message under way becomes, if something in it is exchanged. */
static void stamp(yz_leaf *leaf, yz_str text) {
    yz_buf stamped = {0};
    if (yz_leaf_exchange(leaf, text, text, &stamped))
        yz_frames_message(&leaf->session->anew, leaf->session->frames.bytes, yz_buf_view(&stamped), NULL);
    yz_buf_free(&stamped);
}

static void on_text(void *arg, yz_str text) {
    yz_leaf *leaf = arg;
    leaf->scratch = yz_arena_new(yz_call_worker(leaf->call)->blocks); /* a session is idle most of its time, and holds nothing then */
    if (leaf->session->stamps && !leaf->session->passes)
        stamp(leaf, text);
    if (leaf->adapter->read_session)
        leaf->adapter->read_session(text, leaf->scratch, &leaf->sink);
    yz_arena_free(leaf->scratch);
    leaf->scratch = NULL;
}

static yz_str head_of(const yz_leaf *leaf, const char *name) { return yz_header_find(leaf->head->headers, leaf->head->n_headers, name); }

static bool is_agreed(const yz_leaf *leaf) {
    char accept[YZ_SOCKET_ACCEPT + 1];
    yz_socket_accept(leaf->session->key, accept);
    return yz_str_ieq(head_of(leaf, "upgrade"), YZ_STR("websocket")) && yz_str_is(head_of(leaf, "sec-websocket-accept"), accept) &&
           head_of(leaf, "sec-websocket-extensions").n == 0;
}

/* RFC 6455, section 7.4.1, and the registry that it began. */
static yz_error_class class_of(unsigned code) {
    switch (code) {
    case 1007: /* not what the type of the message is */
    case 1008: /* against a policy */
        return YZ_ERROR_BAD_REQUEST;
    case 1009:
        return YZ_ERROR_TOO_LARGE;
    case 1001: /* goes away */
    case 1012: /* restarts */
    case 1013: /* try later */
        return YZ_ERROR_OVERLOADED;
    default:
        return YZ_ERROR_SERVER;
    }
}

/* The provider has agreed. */
static void stand(yz_leaf *leaf) {
    leaf->session->stands = true;
    leaf->content = true;
    yz_leaf_send_head(leaf, false, true, -1);
}

/* Codes that may stand in a close frame: RFC 6455, section 7.4, and the registry that it began. Clients fail at others. */
static bool may_stand(unsigned code) {
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

static bool is_utf8(yz_str text) {
    const char *p = text.p, *end = p + text.n;
    for (size_t n = 1; p < end && n; p += n)
        n = (unsigned char)*p < 0x80 ? 1 : yz_utf8_length(p, end);
    return p == end;
}

/* The reason that the client reads: the provider's, but where that may not be said. */
static yz_str reason_of(const yz_leaf *leaf, unsigned code, yz_str reason) {
    if (!is_utf8(reason))
        reason = YZ_STR("a reason that is no UTF-8");
    if (may_stand(code) || (code == NO_CODE && reason.n == 0))
        return reason;
    return yz_format(leaf->arena, "the provider closed the session with the code %u, which may not be sent%s%.*s", code,
                     reason.n ? ": " : "", YZ_STR_ARGS(reason));
}

/* What it says about how it ends is as little for a client to read as an error is. */
static void on_close(void *arg, unsigned code, yz_str said) {
    yz_leaf *leaf = arg;
    yz_leaf_session *s = leaf->session;
    yz_error *error = s->closed = yz_alloc(leaf->arena, sizeof *error);
    yz_str reason = reason_of(leaf, code, said);
    *error = (yz_error){YZ_ERROR, .class_ = class_of(code), .message = reason};
    if (leaf->adapter->read_close && code != 1000 && code != NO_CODE)
        leaf->adapter->read_close(code, said, leaf->arena, error);
    yz_error_scrub(error, leaf->provider, leaf->arena);
    if (code == NO_CODE && reason.n == 0)
        yz_buf_put(&leaf->held, "\x88\0", 2);
    else
        yz_frames_close(&leaf->held, may_stand(code) ? code : BROKEN, error->message);
    if (error->message.n == 0)
        error->message = yz_format(leaf->arena, "the provider closed the session (code %u) before it said anything", code);
}

void yz_leaf_session_begin(yz_leaf *leaf) {
    if (leaf->head->status != 101) {
        yz_leaf_fail(leaf, YZ_ERROR_ANSWERED, "it answered with status %d where a WebSocket was asked for (101 was expected)",
                     leaf->head->status);
        return;
    }
    if (!is_agreed(leaf)) {
        yz_leaf_fail(leaf, YZ_ERROR_ANSWERED, "what it says to begin a WebSocket is no answer to what was asked (RFC 6455)");
        return;
    }
    leaf->kind = YZ_ANSWER_SESSION;
    leaf->session->stamps = yz_leaf_is_stamped(leaf);
    leaf->session->frames = (yz_frames){.on_text = on_text, .on_close = on_close, .arg = leaf, .most = MOST_TEXT, .binary = opens(leaf)};
    if (!opens(leaf))
        stand(leaf);
    else if (leaf->provider->timeout.first_byte > 0)
        leaf->first_token = yz_timer_start(leaf->call, leaf->provider->timeout.first_byte);
}

/* ---- what the provider says -------------------------------------------------------------------------------------------------- */

/* A piece of a message, which is held until it is whole, or too long. */
static void put_message(yz_leaf *leaf, yz_str piece) {
    yz_leaf_session *s = leaf->session;
    bool whole = !s->frames.open;
    if (!whole && !s->passes && s->raw.n + piece.n <= HELD_TEXT) {
        yz_buf_str(&s->raw, piece);
        return;
    }
    if (s->anew.n) {
        yz_buf_str(&leaf->held, yz_buf_view(&s->anew));
    } else {
        yz_buf_str(&leaf->held, yz_buf_view(&s->raw));
        yz_buf_str(&leaf->held, piece);
    }
    yz_buf_free(&s->anew);
    yz_buf_free(&s->raw);
    s->passes = !whole;
}

/* Frames that belong to no message may stand before one that is held. How many bytes were taken: fewer where the rest is no frames. */
static size_t take_apart(yz_leaf *leaf, yz_str bytes) {
    yz_leaf_session *s = leaf->session;
    size_t at = 0;
    while (at < bytes.n) {
        size_t n = yz_frames_step(&s->frames, (yz_str){bytes.p + at, bytes.n - at});
        if (n == 0)
            return at;
        if (s->stamps && !yz_frames_is_control(&s->frames))
            put_message(leaf, (yz_str){bytes.p + at, n});
        else if (!yz_frames_is_close(&s->frames)) /* that one is made anew */
            yz_buf_put(&leaf->held, bytes.p + at, n);
        at += n;
    }
    return at;
}

void yz_leaf_session_bytes(yz_leaf *leaf, yz_str bytes) {
    yz_leaf_session *s = leaf->session;
    leaf->marks |= YZ_MARK_CONTENT;
    size_t taken = s->unread ? 0 : take_apart(leaf, bytes);
    if (!s->unread && taken < bytes.n) {
        s->unread = true;
        leaf->record->unread++;
        yz_note(leaf->call, "usage", YZ_STR("unread"));
        yz_log(YZ_LOG_WARN, "provider %.*s: what it says in a session is no WebSocket's (RFC 6455): what it uses is not known from here on",
               YZ_STR_ARGS(leaf->provider->pub.name));
    }
    if (s->unread && !s->stamps && !s->frames.closed)
        yz_buf_put(&leaf->held, bytes.p + taken, bytes.n - taken);
}

/* Once: the log is not the provider's to fill. */
static void tell_passed(yz_leaf *leaf) {
    yz_leaf_session *s = leaf->session;
    if (s->frames.passed == 0 || s->told)
        return;
    s->told = true;
    yz_log(YZ_LOG_WARN, "provider %.*s: a text of over %zu bytes in a session is not read: what it may say was used is not known",
           YZ_STR_ARGS(leaf->provider->pub.name), MOST_TEXT);
}

static uint64_t mix(uint64_t hash, const void *bytes, size_t n) {
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ ((const unsigned char *)bytes)[i]) * UINT64_C(1099511628211); /* FNV-1a */
    return hash;
}

bool yz_leaf_session_again(yz_leaf *leaf, const yz_event *event) {
    yz_leaf_session *s = leaf->session;
    uint64_t mark = mix(UINT64_C(14695981039346656037), event->id.p, event->id.n);
    for (unsigned m = 0; m < YZ_METERS_MAX; m++) {
        int64_t n = yz_usage_get(event->usage, (yz_meter)m);
        mark = mix(mark, &n, sizeof n);
    }
    for (unsigned i = 0; i < YZ_HEARD && event->id.n > 0; i++)
        if (i < s->n_heard && s->heard[i] == mark)
            return true;
    if (event->id.n > 0)
        s->heard[s->n_heard++ % YZ_HEARD] = mark;
    return false;
}

/* Whoever charges for it looks at it now, as where it could be read. */
void yz_leaf_session_lost(yz_leaf *leaf, yz_str what) {
    leaf->record->unread++;
    leaf->marks |= YZ_MARK_USAGE;
    if (leaf->session->lost)
        return;
    leaf->session->lost = true;
    yz_note(leaf->call, "usage", YZ_STR("unread"));
    yz_log(YZ_LOG_WARN, "provider %.*s: what it says in a session was used (%.*s) cannot be read: it is a guess where it is charged",
           YZ_STR_ARGS(leaf->provider->pub.name), YZ_STR_ARGS(what));
}

/* Has it agreed by now? False: not yet, or the call has been ended. */
static bool stands(yz_leaf *leaf) {
    yz_leaf_session *s = leaf->session;
    if (!s->stands && s->frames.begun)
        stand(leaf);
    if (s->stands)
        return true;
    if (s->closed) /* a close frame that is masked is none that can be read */
        yz_leaf_error(leaf, s->closed);
    else if (leaf->total > (int64_t)HELD_TEXT)
        yz_leaf_fail(leaf, YZ_ERROR_BROKEN, "it says nothing in the session that was asked for, at length");
    return false;
}

void yz_leaf_session_batch(yz_leaf *leaf) {
    tell_passed(leaf);
    if (!stands(leaf))
        return;
    unsigned marks = leaf->marks;
    leaf->marks = 0;
    yz_leaf_send_chunk(leaf, marks);
    yz_buf_free(&leaf->held); /* a session is idle most of its time */
    if (yz_ended(leaf->call))
        return;
    yz_fetch_go_on(leaf->fetch);
    if (yz_fetch_told(leaf->fetch))
        end_opening(leaf);
    if (leaf->session->stamps && leaf->session->unread)
        yz_leaf_fail(leaf, YZ_ERROR_BROKEN, "what it says in a session is no WebSocket's (RFC 6455)");
}

void yz_leaf_session_end(yz_leaf *leaf) {
    yz_leaf_session_batch(leaf);
    if (yz_ended(leaf->call))
        return;
    if (leaf->session->closed && leaf->session->stands)
        yz_leaf_end(leaf);
    else
        yz_leaf_fail(leaf, YZ_ERROR_BROKEN, "it ended the session without saying so (no close frame)");
}

void yz_leaf_session_free(yz_leaf *leaf) {
    yz_leaf_session *s = leaf->session;
    if (!s)
        return;
    end_opening(leaf);
    yz_frames_free(&s->frames);
    yz_buf_free(&s->raw);
    yz_buf_free(&s->anew);
}
