/* connections.c: what is done to all connections of a worker; see connections.h. */
#include "server/connections.h"

#include "base/check.h"
#include "call/tree.h"
#include "server/answer.h"
#include "server/connection_inner.h"
#include "server/opening.h"
#include "server/timeouts.h"

static void on_tick(yz_alarm *alarm) {
    yz_connections *all = YZ_CONTAINER(alarm, yz_connections, tick);
    int64_t now = yz_now(all->front->worker);
    for (yz_connection *c = all->list, *next; c; c = next) {
        next = c->next;
        yz_connection_tick(c, now);
    }
    if (all->list)
        yz_alarm_set(&all->front->worker->turn, &all->tick, YZ_TICK_MS);
}

static void on_drained(yz_task *task) {
    yz_connections *all = YZ_CONTAINER(task, yz_connections, drained);
    if (all->n + all->unread.n == 0 && all->on_drained) {
        void (*report)(void *arg) = all->on_drained;
        all->on_drained = NULL;
        report(all->drained_arg);
    }
}

static void on_last_unread(yz_unread *unread) {
    yz_connections *all = YZ_CONTAINER(unread, yz_connections, unread);
    if (all->front->worker->draining && all->n == 0)
        yz_task_post(&all->front->worker->turn, &all->drained);
}

void yz_connections_init(yz_connections *all, yz_front *front) {
    *all = (yz_connections){.front = front, .tick.ring = on_tick, .drained.run = on_drained, .unread.on_last = on_last_unread};
}

void yz_connections_drain(yz_connections *all, void (*report)(void *arg), void *arg) {
    all->on_drained = report;
    all->drained_arg = arg;
    for (yz_connection *c = all->list; c; c = c->next)
        if (c->kind != YZ_KIND_ADMIN)
            yz_connection_drain(c);
    yz_task_post(&all->front->worker->turn, &all->drained);
}

static bool calling(const yz_connection *c) { return c->exchange && c->exchange->state == YZ_EXCHANGE_CALLING; }

static void log_call(const yz_exchange *x) {
    yz_buf text = {0};
    yz_call_print_pending(x->call, &text);
    yz_str rest = yz_buf_view(&text);
    while (rest.n) {
        const char *end = memchr(rest.p, '\n', rest.n);
        size_t n = end ? (size_t)(end - rest.p) : rest.n;
        yz_log(YZ_LOG_WARN, "still pending: request %.*s: %.*s", YZ_STR_ARGS(x->asked.request.id), (int)n, rest.p);
        n += end != NULL;
        rest = (yz_str){rest.p + n, rest.n - n};
    }
    yz_buf_free(&text);
}

static void log_pending(const yz_connection *c) {
    if (calling(c))
        log_call(c->exchange);
    else
        yz_log(YZ_LOG_DEBUG, "a connection is closed while %s%s%s", yz_connection_state_word(c->state),
               c->exchange ? ", its exchange " : "", c->exchange ? yz_exchange_state_word(c->exchange->state) : "");
}

void yz_connections_abort(yz_connections *all) {
    for (const yz_exchange *x = all->unread.first; x; x = x->unread_next)
        log_call(x);
    yz_unread_abort(&all->unread);
    for (yz_connection *c = all->list; c; c = c->next)
        log_pending(c);
    for (yz_connection *c = all->list, *next; c; c = next) {
        next = c->next;
        if (calling(c))
            yz_answer_abort(c->exchange); /* and the connection closes after it */
        else if (c->exchange && yz_opening_waits(c->exchange))
            yz_opening_abort(c->exchange);
        else if (c->state != YZ_CONNECTION_LINGERING)
            yz_connection_close(c);
    }
}

void yz_connections_close(yz_connections *all) {
    yz_turn *turn = &all->front->worker->turn;
    all->on_drained = NULL;
    all->closing = true;
    while (all->list)
        yz_connection_close(all->list);
    yz_unread_abort(&all->unread);
    yz_alarm_drop(turn, &all->tick);
    yz_task_drop(&all->drained);
}
