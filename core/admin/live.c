/* admin/live.c: GET /live: what happens now, as server-sent events: ten times a second the calls that run on all workers, the requests
 * that have ended since, and the counters they went into. For whoever watches; what they miss is in /requests and /metrics.
 *
 * A reader that is slow gets fewer events, never a backlog: the next one is made when the last has been taken. Each worker writes its own
 * part on its own thread and bounds it: meanwhile it does nothing else.
 */
#include "admin/inner.h"
#include "admin/show.h"
#include "call/tree.h"
#include "generation.h"
#include "journal/recent.h"
#include "worker.h"

#include <stdlib.h>

enum {
    EVERY_MS = 100,
    CALLS_MOST = 200, /* of one worker */
    ENDED_MOST = 5,   /* likewise; the counters have all of them */
};

/* What a worker says first; the JSON of calls and of requests follows. */
typedef struct part {
    uint64_t begun, requests, errors, cancelled, count;
    size_t left_out, calls_n, ended_n;
} part;

struct yz_admin_live {
    yz_timer *tick; /* NULL: the workers are asked */
    size_t n_seen;  /* per worker: how many of its requests have been told */
    uint64_t seen[];
};

static bool is_admin(const yz_call *call) {
    const yz_chain *chain = yz_call_chain(call);
    return !chain->share || chain == &chain->share->admin;
}

static void put_calls(yz_worker *worker, yz_buf *out, part *p) {
    size_t n = 0, at = out->n;
    for (const yz_call *call = yz_call_oldest(worker); call; call = yz_call_later(call)) {
        if (is_admin(call))
            continue;
        if (n++ < CALLS_MOST)
            yz_admin_put_call(out, worker, call);
        else
            p->left_out++;
    }
    p->calls_n = out->n - at;
}

static void put_ended(const yz_recent *recent, uint64_t seen, yz_buf *out, part *p) {
    size_t at = out->n;
    p->count = recent ? yz_recent_count(recent) : 0;
    uint64_t from = seen < p->count ? seen : p->count;
    if (p->count - from > ENDED_MOST)
        from = p->count - ENDED_MOST;
    for (uint64_t i = from + 1; i <= p->count; i++) {
        yz_buf_str(out, yz_recent_at(recent, i));
        yz_buf_char(out, ',');
    }
    p->ended_n = out->n - at;
}

static void ask(yz_worker *worker, yz_str question, yz_buf *out) {
    part p = {0};
    uint64_t seen = 0;
    size_t at = worker->index * sizeof(seen);
    if (question.n >= at + sizeof(seen))
        memcpy(&seen, question.p + at, sizeof(seen));
#define READ(name) p.name = atomic_load_explicit(&worker->counters.name, memory_order_relaxed)
    READ(begun);
    READ(requests);
    READ(errors);
    READ(cancelled);
#undef READ
    yz_buf_put(out, &p, sizeof(p));
    put_calls(worker, out, &p);
    put_ended(worker->recent, seen, out, &p);
    memcpy(out->p, &p, sizeof(p));
}

/* ---- the event ----------------------------------------------------------------------------------------------------------------- */

static void put_list(yz_buf *out, const char *name, const yz_gathered *answers, size_t n, bool ended) {
    part p;
    yz_buf_printf(out, ",\"%s\":[", name);
    for (size_t i = 0; i < n; i++) {
        if (!answers[i].answered)
            continue;
        memcpy(&p, answers[i].answer.p, sizeof(p));
        const char *text = answers[i].answer.p + sizeof(p);
        yz_buf_put(out, text + (ended ? p.calls_n : 0), ended ? p.ended_n : p.calls_n);
    }
    if (out->p[out->n - 1] == ',')
        out->n--;
    yz_buf_char(out, ']');
}

static void put_sums(yz_buf *out, const yz_gathered *answers, size_t n) {
    part sum = {0}, p;
    for (size_t i = 0; i < n; i++) {
        if (!answers[i].answered)
            continue;
        memcpy(&p, answers[i].answer.p, sizeof(p));
        sum.begun += p.begun;
        sum.requests += p.requests;
        sum.errors += p.errors;
        sum.cancelled += p.cancelled;
        sum.left_out += p.left_out;
    }
    yz_buf_printf(out, "\"begun\":%llu,\"requests\":%llu,\"errors\":%llu,\"cancelled\":%llu,\"left_out\":%zu",
                  (unsigned long long)sum.begun, (unsigned long long)sum.requests, (unsigned long long)sum.errors,
                  (unsigned long long)sum.cancelled, sum.left_out);
}

static void remember(struct yz_admin_live *live, const yz_gathered *answers, size_t n) {
    part p;
    for (size_t i = 0; i < n && i < live->n_seen; i++) {
        if (!answers[i].answered)
            continue;
        memcpy(&p, answers[i].answer.p, sizeof(p));
        live->seen[i] = p.count;
    }
}

static void answer(void *arg, const yz_gathered *answers, size_t n) {
    yz_admin_call *a = arg;
    remember(a->live, answers, n);
    a->body.n = 0;
    yz_buf_printf(&a->body, "data: {\"ms\":%lld,", (long long)(yz_clock_wall_ns() / 1000000));
    put_sums(&a->body, answers, n);
    put_list(&a->body, "calls", answers, n, false);
    put_list(&a->body, "ended", answers, n, true);
    yz_admin_put_missing(&a->body, answers, n);
    yz_buf_lit(&a->body, "}\n\n");
    yz_admin_waited(a);
    a->live->tick = yz_timer_start(a->call, EVERY_MS);
    yz_send_chunk(a->call, &(yz_chunk){YZ_CHUNK, .bytes = yz_buf_view(&a->body)});
}

static void ask_all(yz_admin_call *a) {
    struct yz_admin_live *live = a->live;
    yz_str question = {(const char *)live->seen, live->n_seen * sizeof(*live->seen)};
    yz_admin_gather(a, question, ask, answer);
}

/* A badge ends, a token is taken out of the config: then whoever had it is told no more. */
static bool may_still(const yz_admin_call *a) {
    yz_admin_bearer bearer;
    const yz_share *current = yz_call_worker(a->call)->share;
    return !current || yz_admin_bearer_of(current->settings, yz_call_request(a->call)->credential, NULL, &bearer);
}

bool yz_admin_live_tick(yz_admin_call *a, const yz_timer *timer) {
    if (!a->live || timer != a->live->tick)
        return false;
    a->live->tick = NULL;
    if (!may_still(a))
        yz_send_end(a->call, &(yz_end){YZ_END});
    else if (yz_paused(a->call))
        a->live->tick = yz_timer_start(a->call, EVERY_MS);
    else
        ask_all(a);
    return true;
}

void yz_admin_live(yz_admin_call *a, const yz_request *request) {
    (void)request;
    size_t n = yz_call_chain(a->call)->share->generation->n_shares;
    a->live = yz_alloc(yz_call_arena(a->call), sizeof(*a->live) + n * sizeof(*a->live->seen));
    a->live->n_seen = n;
    memset(a->live->seen, 0xFF, n * sizeof(*a->live->seen)); /* those that ended before are not told */
    yz_send_head(a->call, &(yz_head){YZ_HEAD, .status = 200, .stream = true, .content_type = YZ_STR("text/event-stream"), .length = -1});
    if (!yz_ended(a->call))
        ask_all(a);
}
