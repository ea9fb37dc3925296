/* server.c: the client side of one worker as a whole: its beginning, a new generation, the drain, its end.
 */
#include "base/arena.h"
#include "base/log.h"
#include "journal/recent.h"
#include "metrics/metrics.h"
#include "server/server_inner.h"

#include <stdlib.h>
#include <unistd.h>

/* Requests as text are for who watches a terminal, or wants them so. */
static bool wants_text(const yz_settings *settings) {
    return settings->log_format == YZ_LOG_TEXT || (settings->log_format == YZ_LOG_AUTO && isatty(yz_log_fd()));
}

static int adopt(yz_server *server) {
    yz_front *front = &server->front;
    const yz_settings *settings = front->worker->share->settings;
    front->text = wants_text(settings);
    if (settings->admin && !front->worker->recent)
        front->worker->recent = yz_recent_new();
    front->limits = settings->limits;
    yz_routes_build(&front->routes, settings, false);
    yz_routes_build(&front->admin_routes, settings, true);
    yz_known_build(&front->known, settings);
    return front->worker->draining ? YZ_OK : yz_listeners_adopt(&server->listeners, settings);
}

yz_server *yz_server_start(yz_worker *worker, int *code) {
    yz_server *server = yz_calloc(1, sizeof(*server));
    server->front.worker = worker;
    worker->started = yz_now(worker);
    yz_cork_init(&server->front.cork, &worker->turn);
    yz_access_init(&server->front.access, &worker->turn, -1);
    worker->metrics = yz_metrics_new();
    yz_connections_init(&server->connections, &server->front);
    yz_listeners_init(&server->listeners, worker, &server->connections);
    *code = adopt(server);
    if (*code == YZ_OK)
        return server;
    yz_server_free(server);
    return NULL;
}

void yz_server_adopt(yz_server *server) { adopt(server); }

void yz_server_drain(yz_server *server, void (*on_drained)(void *arg), void *arg) {
    server->front.worker->draining = true;
    yz_listeners_close(&server->listeners, false);
    yz_connections_drain(&server->connections, on_drained, arg);
}

void yz_server_abort(yz_server *server) { yz_connections_abort(&server->connections); }

unsigned yz_server_port(const yz_server *server, bool admin) { return yz_listeners_port(&server->listeners, admin); }

void yz_server_free(yz_server *server) {
    if (!server)
        return;
    yz_front *front = &server->front;
    yz_connections_close(&server->connections);
    yz_listeners_close(&server->listeners, true);
    yz_cork_free(&front->cork);
    yz_access_free(&front->access);
    yz_metrics_free(front->worker->metrics);
    front->worker->metrics = NULL;
    yz_recent_free(front->worker->recent);
    front->worker->recent = NULL;
    yz_routes_free(&front->routes);
    yz_routes_free(&front->admin_routes);
    yz_buf_free(&front->scratch);
    free(server);
}
