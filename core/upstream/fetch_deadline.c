/* fetch_deadline.c: the deadlines of an exchange. One alarm serves all of them: it is set for the nearest one, and when it rings early,
 * because something came meanwhile, it is set anew. */
#include "upstream/fetch_inner.h"
#include "worker.h"

#define END_WAIT 15000 /* ms: an answer that is over by what it says may take to end; some only seemed to be, and go on */

typedef struct deadline {
    int64_t at; /* INT64_MAX: none */
    yz_fault fault;
} deadline;

/* When the time ends that counts from here; wait 0: never. */
static deadline after(int64_t from, int64_t wait, yz_fault fault) {
    return (deadline){.at = wait > 0 ? from + wait : INT64_MAX, .fault = fault};
}

/* Everything that there is of the body is sent: that more does not come is no fault of the server, and whoever brings it has time-outs. */
static bool waits_for_body(const yz_fetch *fetch) { return fetch->starved && yz_stream_queued(fetch->conn->stream) == 0; }

/* How long a body takes that streams is its sender's business, and bounded by how fast it must come. */
static bool streams(const yz_fetch *fetch) { return fetch->plan.body && fetch->plan.body->ops && !fetch->plan.upgrade; }

/* Since when `total` counts. */
static int64_t since_gain(const yz_fetch *fetch) {
    if (fetch->gained)
        return fetch->gained;
    if (!streams(fetch) || fetch->phase == YZ_FETCH_CONNECT) /* before a connection is there nothing has been marked */
        return fetch->began;
    return fetch->sent_at ? fetch->sent_at : fetch->mark;
}

/* Nobody is to be blamed for silence: the reader wants none, or the model may still think. */
static bool may_be_silent(const yz_fetch *fetch) { return fetch->paused || (fetch->plan.patient && !fetch->gained); }

/* Of silence, or of an end that is due. */
static deadline of_answer(const yz_fetch *fetch) {
    deadline silence = after(fetch->mark, may_be_silent(fetch) ? 0 : fetch->plan.timeout.idle, YZ_FAULT_SILENCE);
    deadline end = after(fetch->over_at, fetch->over_at && !fetch->paused ? END_WAIT : 0, YZ_FAULT_SILENCE);
    return end.at < silence.at ? end : silence;
}

/* The deadline of the phase it is in. */
static deadline of_phase(const yz_fetch *fetch) {
    const yz_timeouts *limit = &fetch->plan.timeout;
    switch (fetch->phase) {
    case YZ_FETCH_CONNECT:
        return after(fetch->began, limit->connect, YZ_FAULT_CONNECT_LATE);
    case YZ_FETCH_SEND:
        return after(fetch->mark, waits_for_body(fetch) ? 0 : limit->idle, YZ_FAULT_SEND_LATE);
    case YZ_FETCH_FIRST:
        return after(fetch->mark, limit->first_byte, YZ_FAULT_ANSWER_LATE);
    default:
        return of_answer(fetch);
    }
}

/* The nearest deadline. */
static deadline nearest(const yz_fetch *fetch) {
    deadline phase = of_phase(fetch), total = after(since_gain(fetch), fetch->plan.timeout.total, YZ_FAULT_TOTAL_LATE);
    return total.at < phase.at ? total : phase;
}

void yz_fetch_over(yz_fetch *fetch, bool over) {
    if (over == (fetch->over_at != 0))
        return;
    fetch->over_at = over ? yz_fetch_now(fetch) : 0;
    yz_fetch_watch(fetch);
}

void yz_fetch_watch(yz_fetch *fetch) {
    int64_t at = fetch->phase < YZ_FETCH_ENDED ? nearest(fetch).at : INT64_MAX;
    if (at == INT64_MAX || (fetch->alarm.place && fetch->alarm.at <= at))
        return;
    int64_t left = at - yz_fetch_now(fetch);
    yz_alarm_set(&fetch->worker->turn, &fetch->alarm, left > 0 ? left : 0);
}

/* What did not come in time; NULL: a place among the connections that there may be, which is no fault of the server. */
static const char *why_unreached(const char *state) {
    static const struct {
        const char *state, *why;
    } known[] = {
        {"name", "its name was not resolved in time"},
        {"connect", "it timed out connecting"},
        {"proxy", "the proxy did not answer in time"},
        {"TLS", "it timed out in the TLS handshake"},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(state, known[i].state) == 0)
            return known[i].why;
    return NULL;
}

static void expire(yz_fetch *fetch, yz_fault fault) {
    yz_fault_since kind = yz_fault_kind_of(fault)->since;
    int64_t since = kind == YZ_SINCE_START ? fetch->began : kind == YZ_SINCE_GAIN ? since_gain(fetch) : fetch->mark;
    double seconds = (double)(yz_fetch_now(fetch) - since) / 1e3;
    if (fetch->phase == YZ_FETCH_CONNECT) {
        const char *state = yz_fetch_state(fetch);
        fetch->unreached = why_unreached(state);
        yz_fetch_fail(fetch, fault, " within %.1f s (waiting for: %s)", seconds, state);
    } else {
        yz_fetch_fail(fetch, fault, " after %.1f s", seconds);
    }
}

void yz_fetch_on_alarm(yz_alarm *alarm) {
    yz_fetch *fetch = YZ_CONTAINER(alarm, yz_fetch, alarm);
    deadline next = nearest(fetch);
    if (next.at > yz_fetch_now(fetch)) {
        fetch->looks = 0;
        yz_fetch_watch(fetch);
        return;
    }
    /* A process that was stopped or starved meets its alarms before it has looked at its sockets, where the answer may lie. Between
     * this alarm and the one after the next there is a poll. */
    if (fetch->looks++ < 2) {
        yz_alarm_set(&fetch->worker->turn, &fetch->alarm, 1);
        return;
    }
    expire(fetch, next.fault);
}
