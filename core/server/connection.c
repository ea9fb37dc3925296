/* connection.c: one client's connection: bytes in, requests out, one at a time and in order.
 *
 * While a request is answered, reading goes on, because that is how a client that leaves is noticed: an end of input then means
 * that the client is gone, and its call is cancelled. (A client may legally half-close and wait; one that does is taken for gone.
 * For calls that cost money by the second, noticing quickly is worth more.) Bytes of the next requests that arrive meanwhile are
 * kept, up to a bound; beyond it reading stops.
 *
 * Between requests a connection gives back what it can: the bytes kept at once, the parser after a second.
 */
#include "base/check.h"
#include "server/internal.h"

#include <stdlib.h>

#define AHEAD_BYTES    (16 * 1024) /* of pipelined requests; one more read may come on top */
#define RATE_AFTER_MS  5000        /* before that a body's rate is not judged */
#define PARSER_IDLE_MS 1000
#define CROWD          64 /* connections over the limit that may be told so at the same time; more are closed */
#define CROWD_MS       2000
#define LAST_MS        500 /* of a drain: for a request that is on its way while the connection looks idle */

static int64_t now_of(const yz_connection *c) { return yz_now(c->server->worker); }

static void idle(yz_connection *c) {
    c->state = YZ_CONNECTION_IDLE;
    c->deadline = now_of(c) + (c->server->draining ? LAST_MS : c->server->limits.idle_time);
}

/* ---- the parser's events -------------------------------------------------------------------------------------------- */

static yz_arena *on_begin(void *arg) {
    yz_connection *c = arg;
    c->state = YZ_CONNECTION_READING;
    c->deadline = now_of(c) + c->server->limits.header_time;
    c->exchange = yz_exchange_new(c);
    return c->exchange->arena;
}

static int on_head(void *arg, const yz_h1_head *head) {
    yz_connection *c = arg;
    yz_exchange *x = c->exchange;
    x->refusal = yz_exchange_read_head(x, head);
    if (c->refused)
        return YZ_ELIMIT;
    if (!head->has_body)
        return YZ_OK;
    if (x->refusal) { /* do not take a body for nothing */
        x->untaken = true;
        return YZ_EINVAL;
    }
    c->since = now_of(c);
    c->deadline = c->since + c->server->limits.body_time;
    c->body = 0;
    if (head->expect_continue)
        yz_respond_continue(c);
    return YZ_OK;
}

static int on_body(void *arg, yz_str bytes) {
    yz_connection *c = arg;
    c->deadline = now_of(c) + c->server->limits.body_time;
    c->body += bytes.n;
    return yz_exchange_add_body(c->exchange, bytes);
}

static void on_complete(void *arg) {
    yz_connection *c = arg;
    c->complete = true;
    c->state = YZ_CONNECTION_ANSWERING;
    c->deadline = INT64_MAX;
}

static const yz_h1_hooks parser_hooks = {on_begin, on_head, on_body, on_complete};

/* ---- bytes in ------------------------------------------------------------------------------------------------------- */

static yz_error_class class_of(int status) {
    switch (status) {
    case 413:
    case 414:
    case 431:
        return YZ_ERROR_TOO_LARGE;
    case 408:
        return YZ_ERROR_TIMEOUT;
    default:
        return YZ_ERROR_BAD_REQUEST;
    }
}

static const yz_error *reason(yz_connection *c, int status, const char *words) {
    yz_exchange *x = c->exchange;
    if (c->refused)
        return yz_exchange_full(x, "connections_full", "too many connections: try again soon");
    if (x->refusal)
        return x->refusal;
    yz_error *error = yz_exchange_error(x, class_of(status), status, "%s", words);
    if (status == 408)
        error->code = YZ_STR("request_timeout");
    return error;
}

/* The request cannot be read to its end: answer, and close. `bytes` are those that came last: of a head whose first line cannot be read
 * they are all there is to go by. */
static void refuse(yz_connection *c, int status, const char *words, yz_str bytes) {
    if (!c->exchange)
        c->exchange = yz_exchange_new(c);
    yz_exchange *x = c->exchange;
    if (!x->head && c->parser)
        yz_exchange_guess(x, yz_h1_seen(c->parser), bytes);
    x->close = x->untaken = true;
    c->state = YZ_CONNECTION_ANSWERING;
    c->deadline = INT64_MAX;
    YZ_COUNT(c->server->worker, refused);
    yz_respond_error(x, reason(c, status, words));
}

static void refuse_parsed(yz_connection *c, yz_str bytes) {
    const char *words = "malformed request";
    int status = yz_h1_refusal(c->parser, &words);
    refuse(c, status ? status : 400, words, bytes);
}

/* Feeds what can be taken now; returns how much was. */
static size_t consume(yz_connection *c, const char *p, size_t n) {
    size_t taken = 0;
    while (taken < n && c->stream && c->state <= YZ_CONNECTION_READING && !c->blocked) {
        if (!c->parser)
            c->parser = yz_h1_new(false, &c->server->limits.http, &parser_hooks, c);
        size_t used = 0;
        int code = yz_h1_feed(c->parser, p + taken, n - taken, &used);
        if (code < 0) {
            refuse_parsed(c, (yz_str){p + taken, n - taken});
            return n;
        }
        taken += used;
        if (c->complete) {
            c->complete = false;
            yz_exchange_run(c->exchange);
        } else if (used == 0) {
            break;
        }
    }
    return taken;
}

static void keep(yz_connection *c, const char *p, size_t n) {
    yz_buf_put(&c->ahead, p, n);
    if (c->ahead.n > AHEAD_BYTES && !c->unread) {
        c->unread = true;
        yz_stream_read(c->stream, false);
    }
}

static void on_resume(yz_task *task) {
    yz_connection *c = YZ_CONTAINER(task, yz_connection, resume);
    if (c->state > YZ_CONNECTION_READING || c->blocked)
        return;
    size_t taken = consume(c, c->ahead.p, c->ahead.n);
    if (!c->stream || c->state == YZ_CONNECTION_CLOSING)
        return; /* ahead is gone */
    if (taken < c->ahead.n)
        memmove(c->ahead.p, c->ahead.p + taken, c->ahead.n - taken);
    c->ahead.n -= taken;
    if (c->ahead.n == 0)
        yz_buf_free(&c->ahead);
    if (c->unread && c->ahead.n <= AHEAD_BYTES) {
        c->unread = false;
        yz_stream_read(c->stream, true);
    }
}

/* ---- the stream's events -------------------------------------------------------------------------------------------- */

static void on_open(void *arg, int code, const char *words) {
    yz_connection *c = arg;
    if (code < 0) {
        yz_log(YZ_LOG_DEBUG, "a client's connection did not open: %s", words ? words : yz_result_words(code));
        yz_connection_close(c);
        return;
    }
    c->open = true;
    idle(c);
    if (c->refused) /* it is told so in answer to its request, in its dialect; or soon without one */
        c->deadline = now_of(c) + CROWD_MS;
}

static void on_bytes(void *arg, const char *p, size_t n) {
    yz_connection *c = arg;
    if (c->state == YZ_CONNECTION_CLOSING) {
        yz_refuse_bytes(c, n);
        return;
    }
    size_t taken = c->ahead.n ? 0 : consume(c, p, n);
    if (taken < n && c->stream && c->state != YZ_CONNECTION_CLOSING)
        keep(c, p + taken, n - taken);
}

static void on_eof(void *arg) {
    yz_connection *c = arg;
    c->eof = true;
    switch ((yz_connection_state)c->state) {
    case YZ_CONNECTION_IDLE: /* it may still be taking the last answer */
        yz_connection_finish(c);
        break;
    case YZ_CONNECTION_ANSWERING:
        yz_connection_close(c);
        break;
    case YZ_CONNECTION_READING: /* it may have half-closed, and still read why */
        refuse(c, 400, "the connection was closed before the request was complete", (yz_str){0});
        break;
    case YZ_CONNECTION_CLOSING:
        if (yz_stream_queued(c->stream) == 0)
            yz_connection_close(c);
        break;
    }
}

static void on_drain(void *arg) {
    yz_connection *c = arg;
    c->blocked = false;
    if (c->exchange)
        yz_exchange_flow(c->exchange, false);
    if (c->ahead.n && c->state <= YZ_CONNECTION_READING)
        yz_task_post(&c->server->worker->turn, &c->resume);
}

static void on_broken(void *arg, int code, const char *words) {
    (void)code, (void)words;
    yz_connection_close(arg);
}

static const yz_stream_hooks stream_hooks = {on_open, on_bytes, on_eof, on_drain, on_broken};

/* ---- life ----------------------------------------------------------------------------------------------------------- */

void yz_connection_accept(yz_listener *listener) {
    yz_server *server = listener->server;
    yz_connection *c = yz_calloc(1, sizeof(*c));
    c->server = server;
    c->admin = listener->admin;
    c->deadline = now_of(c) + server->limits.header_time; /* for the handshake */
    c->moved = now_of(c);
    c->resume.run = on_resume;
    c->stream = yz_stream_accept(server->worker, (struct uv_stream_s *)listener->handle, listener->tls, &stream_hooks, c);
    if (!c->stream) {
        free(c);
        return;
    }
    YZ_COUNT(server->worker, connections);
    c->refused = !c->admin && (int64_t)(server->n_connections - server->n_refused) >= server->limits.connections;
    server->n_refused += c->refused;
    server->n_connections += !c->admin;
    if (!server->connections)
        yz_alarm_set(&server->worker->turn, &server->tick, YZ_TICK_MS);
    c->next = server->connections;
    if (c->next)
        c->next->prev = c;
    server->connections = c;
    if (c->refused && server->n_refused > CROWD) {
        YZ_COUNT(server->worker, refused);
        yz_connection_close(c);
    }
}

static void on_burial(yz_task *task) {
    yz_connection *c = YZ_CONTAINER(task, yz_connection, resume);
    if (c->parser)
        yz_h1_free(c->parser);
    yz_buf_free(&c->ahead);
    free(c);
}

static void unlink_connection(yz_connection *c) {
    yz_server *server = c->server;
    *(c->prev ? &c->prev->next : &server->connections) = c->next;
    if (c->next)
        c->next->prev = c->prev;
    server->n_connections -= !c->admin;
    server->n_refused -= c->refused;
    if (server->draining && server->n_connections == 0)
        yz_task_post(&server->worker->turn, &server->drained);
}

void yz_connection_close(yz_connection *c) {
    if (!c->stream)
        return;
    yz_turn *turn = &c->server->worker->turn;
    if (c->server->corked == c) { /* what was gathered for it goes nowhere */
        c->server->corked = NULL;
        c->server->out.n = 0;
    }
    yz_stream_close(c->stream);
    c->stream = NULL;
    c->state = YZ_CONNECTION_CLOSING;
    if (c->exchange)
        yz_exchange_end(c->exchange, true);
    unlink_connection(c);
    yz_task_drop(&c->resume);
    c->resume.run = on_burial;
    yz_task_bury(turn, &c->resume);
}

void yz_connection_finish(yz_connection *c) {
    yz_server *server = c->server;
    if (server->corked == c)
        yz_uncork(server);
    if (c->stream)
        yz_refuse_begin(c);
}

void yz_connection_drain(yz_connection *c) {
    int64_t last = now_of(c) + LAST_MS;
    if (c->state == YZ_CONNECTION_IDLE && c->deadline > last)
        c->deadline = last;
}

void yz_connection_answered(yz_connection *c, bool close) {
    if (close) {
        yz_connection_finish(c);
        return;
    }
    idle(c);
    if (c->ahead.n)
        yz_task_post(&c->server->worker->turn, &c->resume);
}

/* ---- time ----------------------------------------------------------------------------------------------------------- */

/* Has the client taken nothing of what waits for it for too long? */
static bool stalled(yz_connection *c, int64_t now) {
    uint64_t taken = c->written - yz_stream_queued(c->stream);
    if (taken == c->written || taken != c->taken) {
        c->taken = taken;
        c->moved = now;
        return false;
    }
    return now - c->moved >= c->server->limits.write_time;
}

static void tick_idle(yz_connection *c, int64_t now) {
    const yz_limit_settings *limits = &c->server->limits;
    if (now >= c->deadline) {
        if (yz_stream_queued(c->stream) > 0)
            idle(c); /* still taking the last answer */
        else if (c->refused && c->open)
            refuse(c, 503, "", (yz_str){0});
        else if (c->server->draining && c->open)
            yz_connection_finish(c);
        else
            yz_connection_close(c);
    } else if (c->parser && c->open && !c->ahead.n && now >= c->deadline - limits->idle_time + PARSER_IDLE_MS && yz_h1_idle(c->parser)) {
        yz_h1_free(c->parser);
        c->parser = NULL;
    }
}

/* The rate is that of the time since the last verdict, so that a fast beginning pays for no slow rest. Only the first verdict is due
 * soon; later ones leave time for the longest pause that is allowed. */
static bool too_slow(yz_connection *c, int64_t now) {
    const yz_limit_settings *limits = &c->server->limits;
    int64_t took = now - c->since;
    if (took <= (c->body == c->exchange->body_n ? RATE_AFTER_MS : limits->body_time))
        return false;
    if ((int64_t)c->body * 1000 / took < limits->body_rate)
        return true;
    if (took > limits->body_time) {
        c->since = now;
        c->body = 0;
    }
    return false;
}

static void tick_reading(yz_connection *c, int64_t now) {
    bool body = c->exchange->head != NULL;
    const char *words = NULL;
    if (now >= c->deadline)
        words = body ? "no byte of the body came for too long" : "the head of the request took too long";
    else if (body && too_slow(c, now))
        words = "the body comes too slowly";
    if (words)
        refuse(c, 408, words, (yz_str){0});
}

void yz_connection_tick(yz_connection *c, int64_t now) {
    if (stalled(c, now)) {
        yz_connection_close(c);
        return;
    }
    switch ((yz_connection_state)c->state) {
    case YZ_CONNECTION_IDLE:
        tick_idle(c, now);
        break;
    case YZ_CONNECTION_READING:
        tick_reading(c, now);
        break;
    case YZ_CONNECTION_CLOSING:
        yz_refuse_tick(c, now);
        break;
    case YZ_CONNECTION_ANSWERING:
        break;
    }
}
