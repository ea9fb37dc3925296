/* control/control.c: the control thread.
 *
 * It owns the life of the process: start-up, reloads (SIGHUP, a changed file, a worker's request), drain and exit. It never serves and
 * never waits for a worker but at the very end. A reload that fails changes nothing but the log.
 */
#include "control.h"

#include "base/arena.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/diag.h"
#include "base/log.h"
#include "control/runs.h"
#include "control/watch.h"
#include "generation.h"
#include "ledger/desk.h"
#include "loop/loop.h"
#include "lua/policy.h"

#include <arpa/inet.h>
#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

typedef struct request { /* a worker waits for the outcome of a reload */
    yz_worker *worker;
    void (*done)(void *arg, bool ok, yz_str text);
    void *arg;
    bool ok;
    yz_buf text;
    struct request *next;
} request;

#define RENEW_AGAIN 30 /* seconds after a reload that failed, where keys must be renewed */

typedef enum phase { SERVING, DRAINING, ABORTING } phase;

typedef struct control {
    const char *file;
    uv_loop_t loop;
    uv_async_t async;
    uv_signal_t hangup, rotate, terminate, interrupt;
    uv_timer_t deadline, renewal;
    yz_watcher *watcher;
    yz_worker **workers;
    size_t n_workers;
    _Atomic size_t running; /* worker threads that serve */
    _Atomic(request *) requests;
    uint64_t number; /* of the generation that serves */
    int64_t drain_time;
    yz_buf warned;   /* what the config last warned of */
    uint16_t *ports; /* where the serving generation listens */
    size_t n_ports;
    phase phase;
    bool renews; /* a command of the config makes keys */
} control;

static void reload_quietly(control *c, const char *why);

static control *the_control; /* for the two functions any thread may call */

/* ---- addresses ------------------------------------------------------------------------------------------------------------- */

/* Binds and lets go; 0, or what would keep a listener from its address. Not `shared`: an address where a yuzui listens counts as in use. */
static int try_bind(const yz_listen_settings *listen, bool shared) {
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(listen->port)};
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(listen->port)};
    bool is_six = listen->host.n == 0 || inet_pton(AF_INET6, listen->host.p, &six.sin6_addr) == 1;
    int on = 1, fd = socket(is_six ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return 0; /* no IPv6 here, or no descriptor: the listener itself will report it */
    if (!is_six)
        inet_pton(AF_INET, listen->host.p, &four.sin_addr);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (shared)
        setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
    int code = is_six ? bind(fd, (struct sockaddr *)&six, sizeof(six)) : bind(fd, (struct sockaddr *)&four, sizeof(four));
    code = code < 0 ? errno : 0;
    close(fd);
    return listen->host.n == 0 && code == EADDRNOTAVAIL ? 0 : code;
}

static bool is_ours(const control *c, uint16_t port) {
    for (size_t i = 0; i < c->n_ports; i++)
        if (c->ports[i] == port)
            return true;
    return false;
}

/* Listeners share their port (SO_REUSEPORT), so a yuzui started twice by mistake would take half of the connections in silence. */
static bool check_listen(const control *c, const yz_listen_settings *listen, yz_diag *diag) {
    int code = try_bind(listen, true);
    bool taken = code == 0 && !listen->reuse_port && !is_ours(c, listen->port) && try_bind(listen, false) == EADDRINUSE;
    if (code == 0 && !taken)
        return true;
    yz_diag_at(diag, listen->at);
    if (code == EACCES && listen->port < 1024)
        yz_diag_error(diag,
                      "cannot listen on %.*s: %s: ports below 1024 need CAP_NET_BIND_SERVICE, which the unit of systemd gives "
                      "(AmbientCapabilities=CAP_NET_BIND_SERVICE); a port from 1024 on needs nothing",
                      YZ_STR_ARGS(listen->address), strerror(code));
    else if (taken || code == EADDRINUSE)
        yz_diag_error(diag,
                      "cannot listen on %.*s: another process, perhaps a yuzui, listens there already; stop it, take another port, or say "
                      "reuse_port = true if both are to serve",
                      YZ_STR_ARGS(listen->address));
    else
        yz_diag_error(diag, "cannot listen on %.*s: %s", YZ_STR_ARGS(listen->address), strerror(code));
    return false;
}

/* Before a generation is published, since its listeners are opened by the workers, when it is too late to refuse it. */
static bool check_listens(const control *c, const yz_settings *settings, yz_diag *diag) {
    bool ok = true;
    for (size_t i = 0; i < settings->n_listens; i++)
        ok = check_listen(c, &settings->listens[i], diag) && ok;
    return (!settings->admin || check_listen(c, settings->admin, diag)) && ok;
}

static void keep_ports(control *c, const yz_settings *settings) {
    free(c->ports);
    c->ports = yz_calloc(settings->n_listens + 1, sizeof(*c->ports));
    c->n_ports = 0;
    for (size_t i = 0; i < settings->n_listens; i++)
        c->ports[c->n_ports++] = settings->listens[i].port;
    if (settings->admin)
        c->ports[c->n_ports++] = settings->admin->port;
}

/* ---- reload ---------------------------------------------------------------------------------------------------------------- */

static void log_lines(const yz_diag *diag) {
    for (size_t i = 0; i < yz_diag_count(diag); i++) {
        const yz_diag_line *line = &diag->lines[i];
        size_t from = line->said > 0 ? 0 : line->message; /* without a place it would begin with the level, which the log says itself */
        yz_log(line->warning ? YZ_LOG_WARN : YZ_LOG_ERROR, "%.*s", (int)(line->n - 1 - from), diag->text.p + line->at + from);
    }
}

/* The warnings of a config, unless they are those of the one before. */
static void log_warnings(control *c, yz_diag *diag) {
    if (yz_str_eq(yz_buf_view(&diag->text), yz_buf_view(&c->warned)))
        return;
    log_lines(diag);
    yz_buf_free(&c->warned);
    yz_buf_str(&c->warned, yz_buf_view(&diag->text));
}

static const char *log_trouble(void) { return errno == ENXIO ? "it is a FIFO that nobody reads" : strerror(errno); }

static void use_log(const yz_settings *settings) {
    yz_log_level_set(settings->log_level);
    yz_log_json(settings->log_format == YZ_LOG_JSON);
    if (!yz_log_open(settings->log_file.n > 0 ? settings->log_file.p : NULL))
        yz_log(YZ_LOG_ERROR, "the log cannot be opened, the lines go where they went: %.*s: %s", YZ_STR_ARGS(settings->log_file),
               log_trouble());
}

static void reopen_log(void) {
    if (!yz_log_reopen())
        yz_log(YZ_LOG_ERROR, "the log cannot be opened again, the lines go where they went: %s", log_trouble());
}

/* A key that a command makes is due: it is made by whoever reads the config. */
static void on_renewal(uv_timer_t *timer) { reload_quietly(timer->data, "a key is due"); }

static void renew_later(control *c, int64_t at) {
    int64_t seconds = at - yz_clock_wall();
    uv_timer_stop(&c->renewal);
    if (at)
        uv_timer_start(&c->renewal, on_renewal, (uint64_t)(seconds > 1 ? seconds : 1) * 1000, 0);
}

/* What of this config waits for a restart: to the log, and a line of it to text. */
static void tell_workers(const control *c, const yz_settings *settings, yz_buf *text) {
    if (settings->workers == 0 || (size_t)settings->workers == c->n_workers)
        return;
    yz_log(YZ_LOG_WARN, "workers(%lld) needs a restart: there are %zu", (long long)settings->workers, c->n_workers);
    yz_buf_printf(text, "\nworkers(%lld) needs a restart: there are %zu", (long long)settings->workers, c->n_workers);
}

static void use_settings(control *c, const yz_settings *settings) {
    c->drain_time = settings->limits.drain_time;
    keep_ports(c, settings);
    use_log(settings);
    if (settings->watch)
        yz_watcher_set(c->watcher, settings->watched, settings->n_watched);
    else
        yz_watcher_set(c->watcher, settings->renewed.items, settings->renewed.n);
    c->renews = settings->renew_at != 0;
    renew_later(c, settings->renew_at);
}

/* Builds and publishes; the lines to show go to text. */
static bool build(control *c, const char *why, yz_buf *text) {
    yz_diag diag = {0};
    yz_generation *generation = yz_generation_build(c->file, c->number + 1, c->workers, c->n_workers, &diag);
    if (generation && !check_listens(c, generation->settings, &diag)) {
        yz_generation_discard(generation);
        generation = NULL;
    }
    if (!generation) {
        yz_log(YZ_LOG_ERROR, "reload (%s) failed, generation %llu goes on serving:", why, (unsigned long long)c->number);
        log_lines(&diag);
        yz_buf_str(text, yz_buf_view(&diag.text));
        yz_watcher_mark(c->watcher, true);
        yz_diag_free(&diag);
        renew_later(c, c->renews ? yz_clock_wall() + RENEW_AGAIN : 0);
        return false;
    }
    log_warnings(c, &diag);
    c->number++;
    const yz_settings *settings = generation->settings; /* a generation stays until the next one is published */
    use_settings(c, settings);
    yz_runs_enter(settings);
    yz_generation_publish(generation);
    yz_log(YZ_LOG_INFO, "generation %llu serves (%s)", (unsigned long long)c->number, why);
    yz_buf_printf(text, "generation %llu", (unsigned long long)c->number);
    tell_workers(c, settings, text);
    if (diag.text.n > 0) /* whoever asked for it reads the warnings, also those of before; the log has them once */
        yz_buf_printf(text, "\n%.*s", YZ_STR_ARGS(yz_buf_view(&diag.text)));
    yz_diag_free(&diag);
    return true;
}

static bool reload(control *c, const char *why, yz_buf *text) {
    bool ok = build(c, why, text);
    yz_control_reloaded(ok, why, yz_buf_view(text));
    return ok;
}

static void tell_request(yz_worker *worker, void *arg) {
    request *r = arg;
    (void)worker;
    r->done(r->arg, r->ok, yz_buf_view(&r->text));
    yz_buf_free(&r->text);
    free(r);
}

static void serve_requests(control *c) {
    request *list = atomic_exchange(&c->requests, NULL);
    yz_buf text = {0};
    if (!list)
        return;
    bool ok = c->phase == SERVING && reload(c, "asked for", &text);
    if (c->phase != SERVING)
        yz_buf_lit(&text, "yuzui is shutting down\n");
    for (request *next; list; list = next) {
        next = list->next;
        list->ok = ok;
        yz_buf_str(&list->text, yz_buf_view(&text));
        if (!yz_worker_post(list->worker, tell_request, list)) /* it has stopped, and its server is gone */
            tell_request(list->worker, list);
    }
    yz_buf_free(&text);
}

void yz_control_reload(yz_worker *worker, void (*done)(void *arg, bool ok, yz_str text), void *arg) {
    control *c = the_control;
    request *r = yz_calloc(1, sizeof(*r));
    *r = (request){.worker = worker, .done = done, .arg = arg, .next = atomic_load(&c->requests)};
    while (!atomic_compare_exchange_weak(&c->requests, &r->next, r))
        ;
    uv_async_send(&c->async);
}

void yz_control_wake(void) {
    control *c = the_control;
    for (size_t i = 0; c && i < c->n_workers; i++)
        c->workers[i]->wake(c->workers[i]);
}

static void reload_quietly(control *c, const char *why) {
    yz_buf text = {0};
    if (c->phase == SERVING)
        reload(c, why, &text);
    yz_buf_free(&text);
}

static void on_hangup(uv_signal_t *signal, int number) {
    (void)number;
    reopen_log();
    reload_quietly(signal->data, "SIGHUP");
}

/* What rotates logs has moved the file. */
static void on_rotate(uv_signal_t *signal, int number) {
    (void)signal;
    (void)number;
    reopen_log();
}

static void on_changed(void *arg) { reload_quietly(arg, "a file changed"); }

/* ---- drain ----------------------------------------------------------------------------------------------------------------- */

static void on_deadline(uv_timer_t *timer) {
    control *c = timer->data;
    c->phase = ABORTING;
    yz_log(YZ_LOG_WARN, "the drain deadline has passed; what is still pending is cancelled");
    for (size_t i = 0; i < c->n_workers; i++)
        yz_worker_abort(c->workers[i]);
}

static void on_stop(uv_signal_t *signal, int number) {
    control *c = signal->data;
    if (c->phase != SERVING) {
        yz_log(YZ_LOG_WARN, "a second signal: exit at once");
        _exit(1);
    }
    c->phase = DRAINING;
    yz_log(YZ_LOG_INFO, "%s: no new requests; those that run have %lld s (a second signal exits at once)",
           number == SIGINT ? "SIGINT" : "SIGTERM", (long long)((c->drain_time + 999) / 1000));
    for (size_t i = 0; i < c->n_workers; i++)
        yz_worker_drain(c->workers[i]);
    uv_timer_start(&c->deadline, on_deadline, (uint64_t)c->drain_time, 0);
}

/* A worker's last deed, on its own thread. */
static void on_stopped(void *arg) {
    control *c = arg;
    atomic_fetch_sub(&c->running, 1);
    uv_async_send(&c->async);
}

static void on_async(uv_async_t *async) {
    control *c = async->data;
    serve_requests(c);
    if (atomic_load(&c->running) == 0)
        uv_stop(&c->loop);
}

/* ---- start ----------------------------------------------------------------------------------------------------------------- */

static void open_handles(control *c) {
    YZ_MUST(uv_loop_init(&c->loop) == 0);
    YZ_MUST(uv_async_init(&c->loop, &c->async, on_async) == 0);
    uv_signal_init(&c->loop, &c->hangup);
    uv_signal_init(&c->loop, &c->rotate);
    uv_signal_init(&c->loop, &c->terminate);
    uv_signal_init(&c->loop, &c->interrupt);
    uv_timer_init(&c->loop, &c->deadline);
    uv_timer_init(&c->loop, &c->renewal);
    c->async.data = c->hangup.data = c->rotate.data = c->terminate.data = c->interrupt.data = c->deadline.data = c->renewal.data = c;
    uv_signal_start(&c->hangup, on_hangup, SIGHUP);
    uv_signal_start(&c->rotate, on_rotate, SIGUSR1);
    uv_signal_start(&c->terminate, on_stop, SIGTERM);
    uv_signal_start(&c->interrupt, on_stop, SIGINT);
    c->watcher = yz_watcher_new(&c->loop, on_changed, c);
}

static void close_handles(control *c) {
    yz_watcher_free(c->watcher);
    uv_close((uv_handle_t *)&c->async, NULL);
    uv_close((uv_handle_t *)&c->hangup, NULL);
    uv_close((uv_handle_t *)&c->rotate, NULL);
    uv_close((uv_handle_t *)&c->terminate, NULL);
    uv_close((uv_handle_t *)&c->interrupt, NULL);
    uv_close((uv_handle_t *)&c->deadline, NULL);
    uv_close((uv_handle_t *)&c->renewal, NULL);
    uv_run(&c->loop, UV_RUN_DEFAULT);
    YZ_CHECK(uv_loop_close(&c->loop) == 0);
}

static bool make_workers(control *c, int64_t wanted) {
    enum { FILES = 32, FILES_A_WORKER = 16 }; /* before the first client */
    struct rlimit limit;
    c->n_workers = wanted > 0 ? (size_t)wanted : (size_t)uv_available_parallelism();
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < FILES + c->n_workers * FILES_A_WORKER) {
        yz_log(YZ_LOG_ERROR,
               "the limit of open files is %llu, but %zu workers need at least %zu, and clients more: raise it, as with ulimit -n",
               (unsigned long long)limit.rlim_cur, c->n_workers, FILES + c->n_workers * FILES_A_WORKER);
        c->n_workers = 0;
        return false;
    }
    c->workers = yz_calloc(c->n_workers, sizeof(*c->workers));
    for (size_t i = 0; i < c->n_workers; i++)
        c->workers[i] = yz_worker_new((unsigned)i);
    return true;
}

static bool start_workers(control *c) {
    for (size_t i = 0; i < c->n_workers; i++) {
        atomic_fetch_add(&c->running, 1);
        if (yz_worker_start(c->workers[i], on_stopped, c) == YZ_OK)
            continue;
        atomic_fetch_sub(&c->running, 1);
        yz_log(YZ_LOG_ERROR, "worker %zu could not open its listeners", i);
        for (size_t k = 0; k < i; k++)
            yz_worker_drain(c->workers[k]);
        return false;
    }
    return true;
}

/* Reads, builds, and starts to serve. */
static bool start(control *c, void (*on_ready)(const yz_settings *settings, size_t n_workers)) {
    yz_diag diag = {0};
    yz_arena *arena = yz_arena_new(NULL);
    yz_settings *settings = yz_settings_read(c->file, arena, &diag);
    yz_generation *generation = NULL;
    if (settings && check_listens(c, settings, &diag) && make_workers(c, settings->workers))
        generation = yz_generation_from(settings, arena, ++c->number, c->workers, c->n_workers, &diag);
    else
        yz_arena_free(arena);
    log_warnings(c, &diag);
    yz_diag_free(&diag);
    if (!generation)
        return false;
    use_settings(c, settings);
    yz_generation_publish(generation);
    yz_runs_enter(settings); /* before anybody can see that it serves */
    malloc_trim(0);          /* files of plugins were read whole, and nothing as large comes before the first long answer */
    bool ok = start_workers(c);
    if (ok && on_ready)
        on_ready(settings, c->n_workers); /* nothing replaces the generation before this thread does */
    return ok;
}

int yz_control_run(const char *file, void (*on_ready)(const yz_settings *settings, size_t n_workers)) {
    control c = {.file = file};
    the_control = &c;
    open_handles(&c);
    bool ok = start(&c, on_ready);
    if (atomic_load(&c.running) > 0)
        uv_run(&c.loop, UV_RUN_DEFAULT);
    yz_runs_leave();
    yz_desk_close();
    for (size_t i = 0; i < c.n_workers; i++)
        yz_worker_free(c.workers[i]);
    serve_requests(&c); /* those that came too late */
    close_handles(&c);
    free(c.workers);
    free(c.ports);
    yz_buf_free(&c.warned);
    the_control = NULL;
    if (ok)
        yz_log(YZ_LOG_INFO, "stopped");
    return ok ? 0 : 1;
}
