/* session.c: a session: client and provider talk by a WebSocket, both at any time, until one of them ends it. Its bytes are handed on as
 * they come. The provider's texts are looked at in passing, for what it says was used: each of its answers says so at its end.
 *
 * Before the provider agrees, what goes wrong is an error as any other, and may be tried again; nothing of the client's has gone out.
 */
#include "base/arena.h"
#include "base/request.h"
#include "generation.h"
#include "upstream/provider_inner.h"
#include "worker.h"

#define MOST_TEXT ((size_t)1 << 20) /* of a text that is read; what says what was used is a hundredth of that */

void yz_leaf_session_plan(yz_leaf *leaf) {
    const yz_share *share = yz_call_chain(leaf->call)->share;
    char bytes[16];
    for (size_t i = 0; i < sizeof bytes; i += 8) {
        uint64_t bits = yz_random(yz_call_worker(leaf->call));
        memcpy(bytes + i, &bits, 8);
    }
    yz_buf key = {0};
    yz_put_base64(&key, (yz_str){bytes, sizeof bytes});
    leaf->session.key = yz_dup(leaf->arena, yz_buf_view(&key));
    yz_buf_free(&key);
    leaf->plan.upgrade = true;
    leaf->plan.timeout.idle = share ? share->settings->limits.session_idle : 0;
    leaf->plan.timeout.total = share ? share->settings->limits.session_time : 0;
}

static void on_text(void *arg, yz_str text) {
    yz_leaf *leaf = arg;
    if (!leaf->adapter->read_session)
        return;
    yz_arena *scratch = yz_arena_new(yz_call_worker(leaf->call)->blocks); /* a session is idle most of its time, and holds nothing then */
    leaf->adapter->read_session(text, scratch, &leaf->sink);
    yz_arena_free(scratch);
}

static yz_str head_of(const yz_leaf *leaf, const char *name) { return yz_header_find(leaf->head->headers, leaf->head->n_headers, name); }

static bool is_agreed(const yz_leaf *leaf) {
    char accept[YZ_SOCKET_ACCEPT + 1];
    yz_socket_accept(leaf->session.key, accept);
    return yz_str_ieq(head_of(leaf, "upgrade"), YZ_STR("websocket")) && yz_str_is(head_of(leaf, "sec-websocket-accept"), accept) &&
           head_of(leaf, "sec-websocket-extensions").n == 0;
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
    leaf->session.frames = (yz_frames){.on_text = on_text, .arg = leaf, .most = MOST_TEXT};
    leaf->content = true;
    yz_leaf_send_head(leaf, false, true, -1);
}

void yz_leaf_session_bytes(yz_leaf *leaf, yz_str bytes) {
    leaf->marks |= YZ_MARK_CONTENT;
    if (!leaf->session.unread && yz_frames_feed(&leaf->session.frames, bytes) < 0) {
        leaf->session.unread = true;
        yz_log(YZ_LOG_WARN, "provider %.*s: what it says in a session is no WebSocket's (RFC 6455): what it uses is not known from here on",
               YZ_STR_ARGS(leaf->provider->pub.name));
    }
}

/* Once: the log is not the provider's to fill. */
static void tell_passed(yz_leaf *leaf) {
    if (leaf->session.frames.passed == 0 || leaf->session.told)
        return;
    leaf->session.told = true;
    yz_log(YZ_LOG_WARN, "provider %.*s: a text of over %zu bytes in a session is not read: what it may say was used is not known",
           YZ_STR_ARGS(leaf->provider->pub.name), MOST_TEXT);
}

void yz_leaf_session_batch(yz_leaf *leaf) {
    tell_passed(leaf);
    unsigned marks = leaf->marks;
    leaf->marks = 0;
    yz_leaf_send_chunk(leaf, marks);
}

void yz_leaf_session_end(yz_leaf *leaf) {
    yz_leaf_session_batch(leaf);
    if (yz_ended(leaf->call))
        return;
    if (leaf->session.frames.closed)
        yz_leaf_end(leaf);
    else
        yz_leaf_fail(leaf, YZ_ERROR_BROKEN, "it ended the session without saying so (no close frame)");
}
