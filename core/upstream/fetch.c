/* fetch.c: one exchange: a connection, and how it ends. The request is fetch_send.c's, the answer fetch_answer.c's, time
 * fetch_deadline.c's.
 *
 * Invariants:
 *   - a fetch waits for a connection, has one, or has ended; never two of them;
 *   - a connection goes back to its pool only after a complete answer to a request that was sent whole, with nothing after it;
 *   - a request is sent anew once, and only when a reused connection ended soon and before a byte of its answer came (or with 408, which
 *     servers say to connections that were idle), and all of its body can be read again.
 */
#include "upstream/fetch_inner.h"

#include "base/arena.h"
#include "worker.h"

#include <stdarg.h>
#include <stdio.h>

int64_t yz_fetch_now(const yz_fetch *fetch) { return yz_turn_now(&fetch->worker->turn); }

/* ---- the record ------------------------------------------------------------------------------------------------------ */

static int64_t ns_of(const yz_fetch *fetch) { return yz_turn_ns(&fetch->worker->turn); }

static void record_asked(const yz_fetch *fetch) {
    if (fetch->plan.record)
        fetch->plan.record->asked = ns_of(fetch);
}

static void record_connection(const yz_fetch *fetch) {
    yz_record *record = fetch->plan.record;
    if (!record)
        return;
    record->connect = ns_of(fetch);
    record->sent = 0; /* perhaps another one had it before */
}

void yz_fetch_record_written(const yz_fetch *fetch, size_t n) {
    yz_record *record = fetch->plan.record;
    if (!record)
        return;
    record->to_provider += n;
    if (record->started == YZ_STARTED_NO)
        record->started = YZ_STARTED_MAYBE;
}

void yz_fetch_record_sent(const yz_fetch *fetch) {
    if (fetch->plan.record)
        fetch->plan.record->sent = ns_of(fetch);
}

void yz_fetch_record_read(const yz_fetch *fetch, size_t n) {
    yz_record *record = fetch->plan.record;
    if (!record)
        return;
    record->last = ns_of(fetch);
    record->first = record->first ? record->first : record->last;
    record->from_provider += n;
}

/* ---- ending ---------------------------------------------------------------------------------------------------------- */

static void let_go(yz_fetch *fetch) {
    if (fetch->waiter)
        yz_pool_waiter_drop(fetch->waiter);
    if (fetch->conn)
        yz_pooled_drop(fetch->conn);
    fetch->waiter = NULL;
    fetch->conn = NULL;
    yz_body_close(&fetch->reader);
    yz_alarm_drop(&fetch->worker->turn, &fetch->alarm);
}

static void report_error(yz_task *task) {
    yz_fetch *fetch = YZ_CONTAINER(task, yz_fetch, task);
    fetch->hooks->on_error(fetch->arg, &fetch->error);
}

/* An answer that begins with a success and cannot be read was made, and is paid for: asking again would be paid again. */
static yz_error_class class_of(const yz_fetch *fetch, yz_fault fault) {
    bool unread = fault == YZ_FAULT_ENCODED || fault == YZ_FAULT_INFLATED || fault == YZ_FAULT_LIMIT || fault == YZ_FAULT_PARTIAL ||
                  (fault == YZ_FAULT_GARBLED && fetch->phase < YZ_FETCH_ANSWER); /* its head is: what follows may be whole */
    const yz_h1_head *seen = fetch->conn ? yz_h1_seen(fetch->conn->h1) : NULL;   /* as far as it could be read */
    int status = fetch->head.status || !seen ? fetch->head.status : seen->status;
    bool made = status >= 200 && status <= 299;
    return unread && made ? YZ_ERROR_ANSWERED : yz_fault_kind_of(fault)->class_;
}

void yz_fetch_fail(yz_fetch *fetch, yz_fault fault, const char *fmt, ...) {
    const yz_fault_kind *kind = yz_fault_kind_of(fault);
    char rest[256];
    va_list args;
    va_start(args, fmt);
    vsnprintf(rest, sizeof rest, fmt, args);
    va_end(args);
    fetch->error = (yz_error){YZ_ERROR, .class_ = class_of(fetch, fault), .message = yz_format(fetch->arena, "%s%s", kind->text, rest),
                              .started = fetch->sent ? YZ_STARTED_MAYBE : YZ_STARTED_NO};
    if (fault == YZ_FAULT_REDIRECT)
        fetch->error.again = YZ_AGAIN_NO; /* it will point the same way */
    fetch->phase = YZ_FETCH_ENDED;
    let_go(fetch);
    yz_task_post(&fetch->worker->turn, &fetch->task);
}

static void forget(yz_task *task) {
    yz_fetch *fetch = YZ_CONTAINER(task, yz_fetch, task);
    yz_inflate_free(fetch->inflate);
    if (fetch->inflated)
        yz_arena_free(fetch->inflated);
    yz_arena_free(fetch->arena);
}

void yz_fetch_close(yz_fetch *fetch) {
    fetch->phase = YZ_FETCH_CLOSED;
    let_go(fetch);
    yz_task_drop(&fetch->task);
    fetch->task.run = forget;
    yz_task_bury(&fetch->worker->turn, &fetch->task);
}

/* ---- connecting ------------------------------------------------------------------------------------------------------ */

static void on_conn(void *arg, yz_pooled *conn, const char *reason);

static void adopt(yz_fetch *fetch, yz_pooled *conn) {
    fetch->waiter = NULL;
    fetch->conn = conn;
    conn->user = fetch;
    record_connection(fetch);
    if (!conn->h1)
        conn->h1 = yz_fetch_parser(conn);
    yz_h1_expect(conn->h1, yz_str_is(fetch->plan.method, "HEAD"));
    yz_h1_expect_upgrade(conn->h1, fetch->plan.upgrade);
    yz_stream_own(conn->stream, &yz_fetch_stream_hooks, conn);
    yz_stream_hear_out(conn->stream);
    if (fetch->paused)
        yz_stream_read(conn->stream, false);
    fetch->mark = yz_fetch_now(fetch);
    fetch->received = yz_stream_received(conn->stream);
    fetch->phase = YZ_FETCH_SEND;
    yz_fetch_send(fetch);
}

/* What may not be sent again, or cannot be, is not sent over a connection that may be dead. */
static bool goes_once(const yz_fetch *fetch) {
    const yz_body *body = fetch->plan.body;
    return fetch->plan.once || (body && body->ops && !body->replayable && !fetch->plan.upgrade);
}

static void connect_(yz_fetch *fetch) {
    yz_pool_plan plan = {.url = fetch->plan.url,
                         .proxy = fetch->plan.proxy,
                         .tls = fetch->plan.tls,
                         .public_only = fetch->plan.public_only,
                         .max = fetch->plan.max_connections,
                         .fresh = fetch->replayed || goes_once(fetch)};
    fetch->phase = YZ_FETCH_CONNECT;
    record_asked(fetch);
    yz_pooled *conn = yz_pool_take(fetch->worker->pools, &plan, on_conn, fetch, &fetch->waiter);
    if (conn)
        adopt(fetch, conn);
}

static void on_conn(void *arg, yz_pooled *conn, const char *reason) {
    yz_fetch *fetch = arg;
    fetch->waiter = NULL;
    if (!conn) {
        fetch->unreached = reason;
        yz_fetch_fail(fetch, YZ_FAULT_CONNECT, ": %s", reason);
        return;
    }
    adopt(fetch, conn);
    yz_fetch_watch(fetch);
}

void yz_fetch_replay(yz_fetch *fetch) {
    yz_pooled *conn = fetch->conn;
    fetch->replayed = true;
    fetch->conn = NULL;
    yz_pooled_drop(conn);
    yz_fetch_rewind(fetch);
    if (fetch->hooks->on_resent)
        fetch->hooks->on_resent(fetch->arg);
    connect_(fetch);
    yz_fetch_watch(fetch);
}

/* ---- the outside ----------------------------------------------------------------------------------------------------- */

yz_fetch *yz_fetch_start(yz_worker *worker, const yz_fetch_plan *plan, const yz_fetch_hooks *hooks, void *arg) {
    yz_arena *arena = plan->upgrade ? yz_arena_new_thin() : yz_arena_new(worker->blocks);
    yz_fetch *fetch = yz_alloc(arena, sizeof *fetch);
    fetch->worker = worker;
    fetch->arena = arena;
    fetch->plan = *plan;
    fetch->hooks = hooks;
    fetch->arg = arg;
    fetch->alarm.ring = yz_fetch_on_alarm;
    fetch->task.run = report_error;
    fetch->began = yz_fetch_now(fetch);
    yz_fetch_rewind(fetch);
    const char *wrong = yz_fetch_check_plan(plan);
    if (wrong) {
        yz_fetch_fail(fetch, YZ_FAULT_PLAN, ": %s", wrong);
        return fetch;
    }
    connect_(fetch);
    yz_fetch_watch(fetch);
    return fetch;
}

void yz_fetch_pause(yz_fetch *fetch, bool paused) {
    if (fetch->paused == paused || fetch->phase >= YZ_FETCH_ENDED)
        return;
    fetch->paused = paused;
    fetch->mark = yz_fetch_now(fetch);
    if (fetch->conn)
        yz_stream_read(fetch->conn->stream, !paused);
    yz_fetch_watch(fetch);
}

void yz_fetch_alive(yz_fetch *fetch) {
    bool first = fetch->gained == 0;
    fetch->gained = yz_fetch_now(fetch);
    if (first)
        yz_fetch_watch(fetch); /* `idle` counts now */
}

const char *yz_fetch_state(const yz_fetch *fetch) {
    static const char *const names[] = {[YZ_FETCH_SEND] = "send",       [YZ_FETCH_FIRST] = "first byte", [YZ_FETCH_ANSWER] = "answer",
                                        [YZ_FETCH_COMPLETE] = "answer", [YZ_FETCH_ENDED] = "end",        [YZ_FETCH_CLOSED] = "end"};
    if (fetch->phase == YZ_FETCH_CONNECT)
        return fetch->waiter ? yz_pool_waiter_state(fetch->waiter) : "connection";
    return names[fetch->phase];
}

const char *yz_fetch_unreached(const yz_fetch *fetch) { return fetch->unreached; }

bool yz_fetch_sends(const yz_fetch *fetch) {
    return fetch->phase <= YZ_FETCH_SEND && fetch->plan.body && fetch->plan.body->ops && !fetch->plan.upgrade;
}

bool yz_fetch_told(const yz_fetch *fetch) { return !fetch->plan.body || fetch->reader.part >= fetch->plan.body->n_known; }

bool yz_fetch_sent(const yz_fetch *fetch) { return fetch->sent; }

int yz_fetch_resent(const yz_fetch *fetch) { return fetch->replayed; }
