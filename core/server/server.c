/* server.c: the client side of one worker as a whole: its beginning, a new generation, the drain, its end.
 */
#include "base/check.h"
#include "call/tree.h"
#include "server/internal.h"

#include <stdlib.h>
#include <unistd.h>

static void on_tick(yz_alarm *alarm) {
    yz_server *server = YZ_CONTAINER(alarm, yz_server, tick);
    int64_t now = yz_now(server->worker);
    for (yz_connection *c = server->connections, *next; c; c = next) {
        next = c->next;
        yz_connection_tick(c, now);
    }
    if (server->connections)
        yz_alarm_set(&server->worker->turn, &server->tick, YZ_TICK_MS);
}

static void on_reopen(yz_alarm *alarm) { yz_listeners_reopen(YZ_CONTAINER(alarm, yz_server, reopen)); }

static void on_uncork(yz_task *task) { yz_uncork(YZ_CONTAINER(task, yz_server, uncork)); }

static void on_drained(yz_task *task) {
    yz_server *server = YZ_CONTAINER(task, yz_server, drained);
    if (server->n_connections == 0 && server->on_drained) {
        void (*tell)(void *arg) = server->on_drained;
        server->on_drained = NULL;
        tell(server->drained_arg);
    }
}

static int adopt(yz_server *server) {
    const yz_settings *settings = server->worker->share->settings;
    server->limits = settings->limits;
    yz_routes_build(&server->routes, settings, false);
    yz_routes_build(&server->admin_routes, settings, true);
    return server->draining ? YZ_OK : yz_listeners_adopt(server, settings);
}

yz_server *yz_server_start(yz_worker *worker, int *code) {
    yz_server *server = yz_calloc(1, sizeof(*server));
    server->worker = worker;
    server->tick.ring = on_tick;
    server->reopen.ring = on_reopen;
    server->uncork.run = on_uncork;
    server->drained.run = on_drained;
    server->started = yz_now(worker);
    yz_access_init(&server->access, &worker->turn, STDERR_FILENO);
    *code = adopt(server);
    if (*code == YZ_OK)
        return server;
    yz_server_free(server);
    return NULL;
}

void yz_server_adopt(yz_server *server) { adopt(server); }

void yz_server_drain(yz_server *server, void (*tell)(void *arg), void *arg) {
    server->draining = true;
    server->on_drained = tell;
    server->drained_arg = arg;
    yz_listeners_close(server, false);
    for (yz_connection *c = server->connections; c; c = c->next)
        if (!c->admin)
            yz_connection_drain(c);
    yz_task_post(&server->worker->turn, &server->drained);
}

static void print_pending(const yz_connection *c) {
    if (!c->exchange || !c->exchange->running)
        return;
    yz_buf text = {0};
    yz_call_print_pending(c->exchange->call, &text);
    yz_str rest = yz_buf_view(&text);
    while (rest.n) {
        const char *end = memchr(rest.p, '\n', rest.n);
        size_t n = end ? (size_t)(end - rest.p) : rest.n;
        yz_log(YZ_LOG_WARN, "still pending: request %.*s: %.*s", YZ_STR_ARGS(c->exchange->request.id), (int)n, rest.p);
        n += end != NULL;
        rest = (yz_str){rest.p + n, rest.n - n};
    }
    yz_buf_free(&text);
}

void yz_server_abort(yz_server *server) {
    for (yz_connection *c = server->connections; c; c = c->next)
        print_pending(c);
    for (yz_connection *c = server->connections, *next; c; c = next) {
        next = c->next;
        if (c->exchange && c->exchange->running)
            yz_answer_abort(c->exchange); /* and the connection closes behind it */
        else if (c->state != YZ_CONNECTION_CLOSING)
            yz_connection_close(c);
    }
}

void yz_server_free(yz_server *server) {
    if (!server)
        return;
    yz_turn *turn = &server->worker->turn;
    server->on_drained = NULL;
    while (server->connections)
        yz_connection_close(server->connections);
    yz_listeners_close(server, true);
    yz_alarm_drop(turn, &server->tick);
    yz_alarm_drop(turn, &server->reopen);
    yz_task_drop(&server->uncork);
    yz_task_drop(&server->drained);
    yz_access_free(&server->access);
    yz_routes_free(&server->routes);
    yz_routes_free(&server->admin_routes);
    yz_buf_free(&server->out);
    yz_buf_free(&server->scratch);
    free(server);
}
