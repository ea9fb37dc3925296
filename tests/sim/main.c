/* main.c: sim [--host ADDRESS] --port N [--control N] [--log ENTRIES]
 *
 * Plays on --port; the control API answers there too, and on --control, which stays open when the other is closed. Port 0 picks a
 * free one; the ports are printed, one line, when they are open. Ends on SIGTERM, SIGINT, or when --stdin is given and stdin ends.
 */
#include "sim.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

static uv_tcp_t *provider_listener, control_listener; /* the first is NULL while closed */
static struct sockaddr_in provider_address;
static uv_signal_t on_term, on_int;
static uv_pipe_t parent;

static void on_listener_closed(uv_handle_t *handle) { free(handle); }

int sim_listen(bool open) {
    if (open == (provider_listener != NULL))
        return 0;
    if (!open) {
        uv_close((uv_handle_t *)provider_listener, on_listener_closed);
        provider_listener = NULL;
        return 0;
    }
    provider_listener = sim_alloc(sizeof *provider_listener);
    uv_tcp_init(sim_loop, provider_listener);
    int rc = uv_tcp_bind(provider_listener, (struct sockaddr *)&provider_address, 0);
    if (!rc)
        rc = uv_listen((uv_stream_t *)provider_listener, 4096, conn_accept);
    if (rc) {
        uv_close((uv_handle_t *)provider_listener, on_listener_closed);
        provider_listener = NULL;
    }
    return rc;
}

static int port_of(uv_tcp_t *listener) {
    struct sockaddr_in a;
    int n = sizeof a;
    uv_tcp_getsockname(listener, (struct sockaddr *)&a, &n);
    return ntohs(a.sin_port);
}

static int open_ports(const char *host, int port, int control_port) {
    struct sockaddr_in a;
    uv_ip4_addr(host, port, &provider_address);
    int rc = sim_listen(true);
    if (rc)
        return rc;
    uv_ip4_addr(host, port_of(provider_listener), &provider_address);
    uv_ip4_addr(host, control_port, &a);
    uv_tcp_init(sim_loop, &control_listener);
    control_listener.data = &control_listener;
    rc = uv_tcp_bind(&control_listener, (struct sockaddr *)&a, 0);
    return rc ? rc : uv_listen((uv_stream_t *)&control_listener, 64, conn_accept);
}

static void on_signal(uv_signal_t *handle, int number) {
    (void)handle;
    (void)number;
    exit(0);
}

static void parent_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *b) {
    static char room[64];
    (void)handle;
    (void)suggested;
    *b = uv_buf_init(room, sizeof room);
}

static void parent_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *b) {
    (void)stream;
    (void)b;
    if (n < 0)
        exit(0);
}

static void raise_files(void) {
    struct rlimit limit;
    if (!getrlimit(RLIMIT_NOFILE, &limit)) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

int main(int argc, char **argv) {
    const char *host = "127.0.0.1";
    int port = -1, control_port = 0;
    bool watch_stdin = false;
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : "";
        if (!strcmp(argv[i], "--host"))
            host = value, i++;
        else if (!strcmp(argv[i], "--port"))
            port = atoi(value), i++;
        else if (!strcmp(argv[i], "--control"))
            control_port = atoi(value), i++;
        else if (!strcmp(argv[i], "--log"))
            ledger_size((size_t)atol(value) + 1), i++;
        else if (!strcmp(argv[i], "--stdin"))
            watch_stdin = true;
        else
            port = -2;
    }
    if (port < 0) {
        fprintf(stderr, "usage: sim [--host ADDRESS] --port N [--control N] [--log ENTRIES] [--stdin]\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    raise_files();
    sim_loop = uv_default_loop();
    script_reset();
    int rc = open_ports(host, port, control_port);
    if (rc) {
        fprintf(stderr, "sim: cannot listen on %s port %d: %s\n", host, port, uv_strerror(rc));
        return 1;
    }
    printf("sim: provider port %d, control port %d\n", port_of(provider_listener), port_of(&control_listener));
    fflush(stdout);
    uv_signal_init(sim_loop, &on_term);
    uv_signal_start(&on_term, on_signal, SIGTERM);
    uv_signal_init(sim_loop, &on_int);
    uv_signal_start(&on_int, on_signal, SIGINT);
    if (watch_stdin) {
        uv_pipe_init(sim_loop, &parent, 0);
        uv_pipe_open(&parent, 0);
        uv_read_start((uv_stream_t *)&parent, parent_alloc, parent_read);
    }
    return uv_run(sim_loop, UV_RUN_DEFAULT);
}
