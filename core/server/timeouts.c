/* timeouts.c: time-outs of a connection, state by state; a client that takes nothing of its answer; a body that comes too slowly. */
#include "server/timeouts.h"

#include "server/answer.h"
#include "server/connection_inner.h"
#include "server/duplex.h"
#include "server/opening.h"
#include "server/upload.h"

#define RATE_AFTER_MS  5000 /* before that a body's rate is not judged */
#define PARSER_IDLE_MS 1000

static const yz_limit_settings *limits_of(const yz_connection *c) { return &c->all->front->limits; }

/* Has the client taken nothing of what waits for it for too long? */
static bool stalled(yz_connection *c, int64_t now) {
    uint64_t taken = c->out.written - yz_stream_queued(c->out.stream);
    if (taken == c->out.written || taken != c->reader.taken) {
        c->reader.taken = taken;
        c->reader.moved = now;
        return false;
    }
    return now - c->reader.moved >= limits_of(c)->write_time;
}

static void tick_opening(yz_connection *c, int64_t now) {
    if (now >= c->deadline)
        yz_connection_close(c);
}

static void tick_idle(yz_connection *c, int64_t now) {
    if (now < c->deadline) {
        if (c->parser && !c->ahead.n && now >= c->deadline - limits_of(c)->idle_time + PARSER_IDLE_MS && yz_h1_idle(c->parser)) {
            yz_h1_free(c->parser);
            c->parser = NULL;
        }
    } else if (yz_stream_queued(c->out.stream) > 0) {
        yz_connection_idle(c); /* still taking the last answer */
    } else if (c->kind == YZ_KIND_CROWD) {
        yz_connection_refuse(c, 503, "", (yz_str){0});
    } else if (c->all->front->worker->draining) {
        yz_connection_finish(c);
    } else {
        yz_connection_close(c);
    }
}

/* The rate is that of the time since the last verdict, so that a fast beginning pays for no slow rest. Only the first verdict is due
 * soon; later ones leave time for the longest pause that is allowed. */
static bool too_slow(yz_connection *c, int64_t now) {
    const yz_limit_settings *limits = limits_of(c);
    int64_t took = now - c->body.since;
    if (took <= (c->body.bytes == c->exchange->body.n ? RATE_AFTER_MS : limits->body_time))
        return false;
    if ((int64_t)c->body.bytes * 1000 / took < limits->body_rate)
        return true;
    if (took > limits->body_time) {
        c->body.since = now;
        c->body.bytes = 0;
    }
    return false;
}

/* What is wrong with how fast a request comes; NULL: nothing. */
static const char *judge_reading(yz_connection *c, int64_t now) {
    bool body = c->exchange->asked.head != NULL;
    if (now >= c->deadline)
        return body ? "no byte of the body came for too long" : "the head of the request took too long";
    return body && too_slow(c, now) ? "the body comes too slowly" : NULL;
}

static void tick_reading(yz_connection *c, int64_t now) {
    const char *message = judge_reading(c, now);
    if (message)
        yz_connection_refuse(c, 408, message, (yz_str){0});
}

/* While a provider takes nothing of an upload, its client is not read, and is not to blame. */
static void tick_upload(yz_connection *c, int64_t now) {
    const char *message = c->input == YZ_INPUT_RESTING ? NULL : judge_reading(c, now);
    if (message)
        yz_upload_fail(c->exchange->upload, YZ_ETIMEOUT, message);
}

/* While a provider takes nothing of what a client says in a session, that client is not read. */
static bool is_stuck(const yz_connection *c, int64_t now) {
    const yz_inlet *inlet = c->exchange && c->exchange->duplex ? c->exchange->inlet : NULL;
    return inlet && inlet->full_since && now - inlet->full_since >= limits_of(c)->write_time;
}

/* Of a client that is not read for now nobody would hear that it has left. */
static bool has_left(const yz_connection *c) {
    bool goes_on = c->exchange && (c->exchange->upload || c->exchange->duplex);
    return goes_on && c->input == YZ_INPUT_RESTING && yz_stream_left(c->out.stream);
}

/* A client that waits gets a sign of life when it was told nothing for long. */
static void tick_answering(yz_connection *c, int64_t now) {
    if (c->exchange && c->exchange->duplex && c->parser) { /* no other request follows a session */
        yz_h1_free(c->parser);
        c->parser = NULL;
    }
    if (has_left(c)) {
        yz_connection_close(c);
        return;
    }
    if (c->exchange && yz_opening_waits(c->exchange)) {
        yz_opening_tick(c->exchange, now);
        return;
    }
    if (c->exchange && c->exchange->upload && !c->exchange->inlet->ended)
        tick_upload(c, now);
    if (is_stuck(c, now) && c->exchange->state == YZ_EXCHANGE_CALLING) {
        yz_answer_stalled(c->exchange);
        return;
    }
    int64_t beat = limits_of(c)->heartbeat;
    bool calls = c->exchange && c->exchange->state == YZ_EXCHANGE_CALLING;
    if (!calls || beat == 0 || c->quiet.since < c->exchange->started || c->quiet.written != c->out.written) {
        c->quiet.since = calls ? now : 0;
        c->quiet.written = c->out.written;
    } else if (now - c->quiet.since >= beat) {
        yz_answer_heartbeat(c->exchange);
        c->quiet.since = now;
        c->quiet.written = c->out.written;
    }
}

void yz_connection_tick(yz_connection *c, int64_t now) {
    if (stalled(c, now)) {
        yz_connection_close(c);
        return;
    }
    switch (c->state) {
    case YZ_CONNECTION_OPENING:
        tick_opening(c, now);
        break;
    case YZ_CONNECTION_IDLE:
        tick_idle(c, now);
        break;
    case YZ_CONNECTION_READING:
        tick_reading(c, now);
        break;
    case YZ_CONNECTION_LINGERING:
        if (!yz_linger_tick(&c->linger, yz_stream_queued(c->out.stream), c->input == YZ_INPUT_ENDED, now))
            yz_connection_close(c);
        break;
    case YZ_CONNECTION_ANSWERING:
        tick_answering(c, now);
        break;
    case YZ_CONNECTION_COMPLETE:
    case YZ_CONNECTION_CLOSED:
        break;
    }
}
