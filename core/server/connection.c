/* connection.c: one client's connection: bytes in, requests out, one at a time and in order.
 *
 * While a request is answered, reading goes on, because that is how a client that leaves is noticed: an end of input then means
 * that the client is gone, and its call is cancelled. (A client may legally half-close and wait; one that does is taken for gone.
 * For calls that cost money by the second, noticing quickly is worth more.) Bytes of the next requests that arrive meanwhile are
 * kept, up to a bound; beyond it reading stops.
 *
 * An upload that streams is the one request whose bytes still come while it is answered: they go on to the parser, and from there to its
 * call (upload.h).
 *
 * Between requests a connection gives back what it can: the bytes kept at once, the parser after a second (timeouts.c).
 */
#include "base/arena.h"
#include "base/check.h"
#include "server/connection_inner.h"
#include "server/duplex.h"
#include "server/opening.h"
#include "server/respond.h"
#include "server/serve.h"
#include "server/upload.h"

#include <stdlib.h>

#define AHEAD_BYTES (16 * 1024) /* of pipelined requests; one more read may come on top */
#define CROWD       64          /* connections over the limit that are answered so at the same time; more are closed */
#define CROWD_MS    2000
#define LAST_MS     500 /* of a drain: for a request that is on its way while the connection looks idle */

/* ---- states --------------------------------------------------------------------------------------------------------- */

static const struct {
    const char *word;
    unsigned next;
} states[] = {
#define STATE_ROW(name, word, next) {word, next},
    YZ_CONNECTION_STATES(STATE_ROW)
#undef STATE_ROW
};

const char *yz_connection_state_word(yz_connection_state state) { return states[state].word; }

void yz_connection_enter(yz_connection *c, yz_connection_state state) {
    YZ_DEBUG(states[c->state].next >> state & 1);
    c->state = state;
}

void yz_connection_idle(yz_connection *c) {
    const yz_front *front = c->all->front;
    yz_connection_enter(c, YZ_CONNECTION_IDLE);
    c->deadline = yz_connection_now(c) + (front->worker->draining ? LAST_MS : front->limits.idle_time);
}

static void answering(yz_connection *c) {
    yz_connection_enter(c, YZ_CONNECTION_ANSWERING);
    c->deadline = INT64_MAX;
}

static bool uploads(const yz_connection *c) {
    return c->state == YZ_CONNECTION_ANSWERING && c->exchange && c->exchange->upload && !c->exchange->inlet->ended;
}

/* May bytes of a request be taken now? */
static bool takes(const yz_connection *c) {
    return uploads(c) || ((c->state == YZ_CONNECTION_IDLE || c->state == YZ_CONNECTION_READING) && !c->out.full);
}

/* ---- the exchange --------------------------------------------------------------------------------------------------- */

static void end_exchange(yz_connection *c, bool gone) {
    yz_exchange *x = c->exchange;
    c->exchange = NULL;
    if (c->out.stream)
        yz_stream_read_into(c->out.stream, NULL, 0); /* the body goes */
    if (gone)
        x->left = yz_turn_ns(&c->all->front->worker->turn);
    if (x->inlet) /* the call of an upload that is whole may go on without its client */
        x->inlet->on_room = NULL;
    bool cut = x->duplex || yz_upload_open(x); /* what it asks will never be whole */
    if (!gone || c->all->closing || cut || !yz_unread_take(&c->all->unread, x))
        yz_exchange_end(x, gone);
}

/* The answer is given: next request, or closing. */
static void on_answered(void *owner, bool close) {
    yz_connection *c = owner;
    c->linger.upload = c->exchange->upload_at > 0;
    end_exchange(c, false);
    if (close) {
        yz_connection_finish(c);
        return;
    }
    yz_connection_idle(c);
    if (c->ahead.n)
        yz_task_post(&c->all->front->worker->turn, &c->resume);
}

static yz_exchange *new_exchange(yz_connection *c) {
    c->exchange = yz_exchange_new(c->all->front, &c->out, c->kind == YZ_KIND_ADMIN, yz_blob_bytes(c->address), &c->proof);
    c->exchange->on_answered = on_answered;
    c->exchange->owner = c;
    return c->exchange;
}

static void on_full(yz_outlet *out) {
    yz_connection *c = YZ_CONTAINER(out, yz_connection, out);
    if (c->exchange)
        yz_exchange_flow(c->exchange, true);
}

static void read_on(yz_connection *c);

static void judge_body_anew(yz_connection *c) {
    c->body.since = yz_connection_now(c);
    c->body.bytes = 0;
    c->deadline = c->body.since + c->all->front->limits.body_time;
}

/* What its client had to say is on its way. While it was not read, nobody judged how fast it came. */
static void on_room(void *owner) {
    yz_connection *c = owner;
    if (uploads(c))
        judge_body_anew(c);
    read_on(c);
}

static void own_inlet(yz_connection *c) {
    c->exchange->inlet->on_room = on_room;
    c->exchange->inlet->owner = c;
}

/* ---- the parser's events -------------------------------------------------------------------------------------------- */

static yz_arena *on_begin(void *arg) {
    yz_connection *c = arg;
    yz_connection_enter(c, YZ_CONNECTION_READING);
    c->deadline = yz_connection_now(c) + c->all->front->limits.header_time;
    return new_exchange(c)->arena;
}

static int on_head(void *arg, const yz_h1_head *head) {
    yz_connection *c = arg;
    bool taken = yz_serve_head(c->exchange, head);
    if (c->exchange->duplex)
        own_inlet(c);
    if (c->exchange->upload_at > 0)
        yz_h1_allow(c->parser, c->all->front->limits.upload);
    if (c->kind == YZ_KIND_CROWD)
        return YZ_ELIMIT;
    if (!head->has_body)
        return YZ_OK; /* a refusal is answered when the request is complete, which is now */
    if (!taken)
        return YZ_EINVAL; /* do not take a body for nothing */
    judge_body_anew(c);
    if (head->expect_continue)
        yz_respond_continue(&c->out);
    return YZ_OK;
}

/* Reading stops here, and goes on with on_room. */
static void rest(yz_connection *c) {
    if (c->input != YZ_INPUT_OPEN)
        return;
    c->input = YZ_INPUT_RESTING;
    yz_stream_read(c->out.stream, false);
}

/* Enough of the form is known: its call starts, and the rest comes while it runs. */
static void begin_upload(yz_connection *c) {
    own_inlet(c);
    yz_stream_read_into(c->out.stream, NULL, 0);
    answering(c);
    judge_body_anew(c);
    yz_serve(c->exchange);
}

static int on_body(void *arg, yz_str bytes) {
    yz_connection *c = arg;
    c->deadline = yz_connection_now(c) + c->all->front->limits.body_time;
    c->body.bytes += bytes.n;
    if (c->exchange->upload) {
        if (!yz_upload_put(c->exchange->upload, bytes))
            rest(c);
        return YZ_OK;
    }
    if (!yz_serve_body(c->exchange, bytes))
        return YZ_ELIMIT;
    if (c->exchange->upload) {
        begin_upload(c);
        return YZ_OK;
    }
    size_t n;
    char *room = yz_intake_room(&c->exchange->body, &n);
    if (room)
        yz_stream_read_into(c->out.stream, room, n);
    return YZ_OK;
}

static void on_complete(void *arg) {
    yz_connection *c = arg;
    if (!c->exchange->upload) {
        yz_connection_enter(c, YZ_CONNECTION_COMPLETE);
        return;
    }
    yz_upload_end(c->exchange->upload);
    c->deadline = INT64_MAX;
    read_on(c);
}

static const yz_h1_hooks parser_hooks = {on_begin, on_head, on_body, on_complete};

/* ---- bytes in ------------------------------------------------------------------------------------------------------- */

void yz_connection_refuse(yz_connection *c, int status, const char *message, yz_str bytes) {
    yz_exchange *x = c->exchange ? c->exchange : new_exchange(c);
    if (!x->asked.head && c->parser)
        yz_asked_guess(&x->asked, yz_h1_seen(c->parser), bytes);
    answering(c);
    if (x->counted)
        YZ_COUNT(c->all->front->worker, refused);
    if (c->kind == YZ_KIND_CROWD) /* that there are too many comes first */
        yz_serve_crowd(x);
    else
        yz_serve_broken(x, status, message);
}

/* Its body may go on coming, for as long as the answer takes: it is left with the kernel. */
static void turn_away(yz_connection *c) {
    answering(c);
    c->input = YZ_INPUT_RESTING;
    yz_stream_read(c->out.stream, false);
    yz_serve_turned_away(c->exchange);
}

static void refuse_parsed(yz_connection *c, yz_str bytes) {
    if (uploads(c)) {
        const char *why = NULL;
        yz_h1_refusal(c->parser, &why);
        yz_upload_fail(c->exchange->upload, YZ_EINVAL, why);
        return;
    }
    if (c->exchange && c->exchange->reach && c->kind != YZ_KIND_CROWD) {
        turn_away(c);
        return;
    }
    const char *message = "malformed request";
    int status = yz_h1_refusal(c->parser, &message);
    if (!(c->exchange && c->exchange->asked.head) && yz_tls_slip_begins(bytes)) {
        message = "TLS was spoken to a port that speaks plain HTTP: its address begins with http://";
        yz_tls_slip_plain(&c->all->slips, yz_blob_bytes(c->address), yz_connection_now(c));
    }
    yz_connection_refuse(c, status ? status : 400, message, bytes);
}

/* Feeds what can be taken now; returns how much was. */
static size_t consume(yz_connection *c, const char *p, size_t n) {
    size_t taken = 0;
    while (taken < n && takes(c)) {
        if (!c->parser)
            c->parser = yz_h1_new(false, &c->all->front->limits.http, &parser_hooks, c);
        size_t used = 0;
        int code = yz_h1_feed(c->parser, p + taken, n - taken, &used);
        if (code < 0) {
            refuse_parsed(c, (yz_str){p + taken, n - taken});
            return n;
        }
        taken += used;
        if (c->state == YZ_CONNECTION_COMPLETE) {
            answering(c);
            yz_serve(c->exchange);
        } else if (used == 0) {
            break;
        }
    }
    return taken;
}

/* Bytes after a request: of the session that it asks for, or of the next one. False: it is enough. */
static bool put(yz_connection *c, const char *p, size_t n) {
    if (c->exchange && c->exchange->duplex)
        return yz_opening_put(c->exchange, (yz_str){p, n});
    yz_buf_put(&c->ahead, p, n);
    return c->ahead.n <= AHEAD_BYTES;
}

static void keep(yz_connection *c, const char *p, size_t n) {
    if (!put(c, p, n))
        rest(c);
}

static void read_on(yz_connection *c) {
    if (c->input != YZ_INPUT_RESTING)
        return;
    c->input = YZ_INPUT_OPEN;
    yz_stream_read(c->out.stream, true);
}

/* The handshake came behind another request: what follows it belongs to the session. */
static void begin_session(yz_connection *c, size_t taken) {
    yz_buf rest = c->ahead;
    c->ahead = (yz_buf){0};
    if (put(c, rest.p + taken, rest.n - taken))
        read_on(c);
    yz_buf_free(&rest);
}

static void on_resume(yz_task *task) {
    yz_connection *c = YZ_CONTAINER(task, yz_connection, resume);
    if (!takes(c))
        return;
    size_t taken = consume(c, c->ahead.p, c->ahead.n);
    if (c->state >= YZ_CONNECTION_LINGERING)
        return; /* ahead is gone */
    if (c->exchange && c->exchange->duplex) {
        begin_session(c, taken);
        return;
    }
    if (taken < c->ahead.n)
        memmove(c->ahead.p, c->ahead.p + taken, c->ahead.n - taken);
    c->ahead.n -= taken;
    if (c->ahead.n == 0)
        yz_buf_free(&c->ahead);
    if (c->ahead.n <= AHEAD_BYTES)
        read_on(c);
}

/* ---- the stream's events -------------------------------------------------------------------------------------------- */

static void on_open(void *arg, int code, const char *reason) {
    yz_connection *c = arg;
    if (code == YZ_EUNSUPPORTED) {
        yz_connection_idle(c);
        yz_connection_refuse(c, 400, "plain HTTP was sent to a port that speaks TLS: its address begins with https://", (yz_str){0});
        return;
    }
    if (code < 0) {
        yz_log(YZ_LOG_DEBUG, "a client's connection did not open: %s", reason ? reason : yz_result_text(code));
        yz_tls_slip_failed(&c->all->slips, yz_blob_bytes(c->address), reason, yz_connection_now(c));
        yz_connection_close(c);
        return;
    }
    yz_connection_idle(c);
    if (c->kind == YZ_KIND_CROWD) /* the answer to its request says so, in its dialect; or one that comes soon, without a request */
        c->deadline = yz_connection_now(c) + CROWD_MS;
}

static void on_bytes(void *arg, const char *p, size_t n) {
    yz_connection *c = arg;
    if (c->state == YZ_CONNECTION_LINGERING) {
        if (!yz_linger_bytes(&c->linger, n, yz_connection_now(c)))
            yz_connection_close(c);
        return;
    }
    size_t taken = c->ahead.n ? 0 : consume(c, p, n);
    if (taken < n && c->state < YZ_CONNECTION_LINGERING)
        keep(c, p + taken, n - taken);
}

static void on_eof(void *arg) {
    yz_connection *c = arg;
    c->input = YZ_INPUT_ENDED;
    switch (c->state) {
    case YZ_CONNECTION_OPENING:
    case YZ_CONNECTION_IDLE: /* it may still be taking the last answer */
        yz_connection_finish(c);
        break;
    case YZ_CONNECTION_READING: /* it may have half-closed, and still read why */
        yz_connection_refuse(c, 400, "the connection was closed before the request was complete", (yz_str){0});
        break;
    case YZ_CONNECTION_LINGERING:
        if (yz_stream_queued(c->out.stream) == 0)
            yz_connection_close(c);
        break;
    case YZ_CONNECTION_COMPLETE:
    case YZ_CONNECTION_ANSWERING:
    case YZ_CONNECTION_CLOSED:
        yz_connection_close(c);
        break;
    }
}

static void on_drain(void *arg) {
    yz_connection *c = arg;
    c->out.full = false;
    if (c->exchange)
        yz_exchange_flow(c->exchange, false);
    if (c->ahead.n && takes(c))
        yz_task_post(&c->all->front->worker->turn, &c->resume);
}

static void on_broken(void *arg, int code, const char *reason) {
    (void)code, (void)reason;
    yz_connection_close(arg);
}

static const yz_stream_hooks stream_hooks = {on_open, on_bytes, on_eof, on_drain, on_broken};

/* ---- life ----------------------------------------------------------------------------------------------------------- */

/* Counts it, and closes it at once if too many are over the limit already. */
static void enlist(yz_connection *c) {
    yz_connections *all = c->all;
    yz_worker *worker = all->front->worker;
    if (c->kind != YZ_KIND_ADMIN)
        YZ_COUNT(worker, connections);
    if (c->kind != YZ_KIND_ADMIN && (int64_t)(all->n - all->n_crowd + all->unread.n) >= all->front->limits.connections)
        c->kind = YZ_KIND_CROWD;
    all->n_crowd += c->kind == YZ_KIND_CROWD;
    all->n += c->kind != YZ_KIND_ADMIN;
    if (!all->list)
        yz_alarm_set(&worker->turn, &all->tick, YZ_TICK_MS);
    c->next = all->list;
    if (c->next)
        c->next->prev = c;
    all->list = c;
    if (c->kind == YZ_KIND_CROWD && all->n_crowd > CROWD) {
        YZ_COUNT(worker, refused);
        yz_connection_close(c);
    }
}

static void delist(yz_connection *c) {
    yz_connections *all = c->all;
    *(c->prev ? &c->prev->next : &all->list) = c->next;
    if (c->next)
        c->next->prev = c->prev;
    all->n -= c->kind != YZ_KIND_ADMIN;
    all->n_crowd -= c->kind == YZ_KIND_CROWD;
    if (all->front->worker->draining && all->n + all->unread.n == 0)
        yz_task_post(&all->front->worker->turn, &all->drained);
}

int yz_connection_accept(yz_connections *all, struct uv_stream_s *listener, yz_tls *tls, bool admin, yz_blob *address) {
    yz_front *front = all->front;
    yz_connection *c = yz_calloc(1, sizeof(*c));
    c->all = all;
    c->kind = admin ? YZ_KIND_ADMIN : YZ_KIND_CLIENT;
    c->reader.moved = yz_connection_now(c);
    c->deadline = c->reader.moved + front->limits.header_time; /* for the handshake */
    c->resume.run = on_resume;
    c->out = (yz_outlet){.cork = &front->cork, .on_full = on_full};
    c->out.stream = yz_stream_accept(front->worker, listener, tls, &stream_hooks, c);
    if (!c->out.stream) {
        free(c);
        return -1;
    }
    int fd = yz_stream_fd(c->out.stream);
    c->address = yz_blob_ref(address);
    enlist(c);
    return fd;
}

static void on_burial(yz_task *task) {
    yz_connection *c = YZ_CONTAINER(task, yz_connection, resume);
    if (c->parser)
        yz_h1_free(c->parser);
    yz_buf_free(&c->ahead);
    yz_blob_unref(c->address);
    yz_proof_free(c->proof);
    free(c);
}

void yz_connection_close(yz_connection *c) {
    if (c->state == YZ_CONNECTION_CLOSED)
        return;
    yz_outlet_drop(&c->out);
    yz_stream_close(c->out.stream);
    c->out.stream = NULL;
    yz_connection_enter(c, YZ_CONNECTION_CLOSED);
    if (c->exchange)
        end_exchange(c, true);
    delist(c);
    yz_task_drop(&c->resume);
    c->resume.run = on_burial;
    yz_task_bury(&c->all->front->worker->turn, &c->resume);
}

void yz_connection_finish(yz_connection *c) {
    yz_outlet_flush(&c->out);
    yz_connection_enter(c, YZ_CONNECTION_LINGERING);
    yz_linger_begin(&c->linger, c->linger.upload, yz_connection_now(c));
    yz_buf_free(&c->ahead);
    yz_stream_finish(c->out.stream);
    read_on(c);
    if (c->input == YZ_INPUT_ENDED && yz_stream_queued(c->out.stream) == 0)
        yz_connection_close(c);
}

void yz_connection_drain(yz_connection *c) {
    int64_t last = yz_connection_now(c) + LAST_MS;
    if (c->state <= YZ_CONNECTION_IDLE && c->deadline > last)
        c->deadline = last;
}
