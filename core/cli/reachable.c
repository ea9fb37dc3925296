/* cli/reachable.c: see reachable.h. Looking a name up cannot be called off, so a thread does it, and is left alone when the second is over:
 * the process ends soon.
 */
#include "cli/reachable.h"

#include "base/arena.h"
#include "base/check.h"
#include "base/diag.h"
#include "base/log.h"
#include "config/read.h"
#include "store/store.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_MS 1000

/* ---- the address ------------------------------------------------------------------------------------------------------- */

static const char *port_of(yz_str scheme) {
    if (yz_str_is(scheme, "redis") || yz_str_is(scheme, "rediss"))
        return "6379";
    return yz_str_is(scheme, "postgresql") || yz_str_is(scheme, "postgres") ? "5432" : NULL;
}

static bool copy(yz_str text, char *out, size_t room) {
    if (text.n == 0 || text.n >= room)
        return false;
    memcpy(out, text.p, text.n);
    out[text.n] = 0;
    return true;
}

bool yz_cli_address(yz_str url, char host[256], char port[8]) {
    const char *mark = memmem(url.p, url.n, "://", 3);
    const char *usual = mark ? port_of((yz_str){url.p, (size_t)(mark - url.p)}) : NULL;
    if (!usual)
        return false;
    yz_str rest = {mark + 3, url.n - (size_t)(mark + 3 - url.p)};
    const char *at = rest.n > 0 ? memrchr(rest.p, '@', rest.n) : NULL;
    for (size_t i = 0; i < rest.n; i++)
        if (strchr("/?#", rest.p[i]))
            rest.n = i;
    if (at && memchr(rest.p, '@', rest.n) != at) /* a part of a password might be taken for the host, and shown */
        return false;
    if (at)
        rest = (yz_str){at + 1, rest.n - (size_t)(at + 1 - rest.p)};
    if (rest.n == 0 || memchr(rest.p, ',', rest.n) || memchr(rest.p, '%', rest.n))
        return false;
    const char *close = *rest.p == '[' ? memchr(rest.p, ']', rest.n) : NULL;
    size_t from = close ? (size_t)(close - rest.p) : 0;
    const char *colon = memchr(rest.p + from, ':', rest.n - from);
    yz_str name = {rest.p, colon ? (size_t)(colon - rest.p) : rest.n};
    yz_str number = colon ? (yz_str){colon + 1, rest.n - name.n - 1} : yz_str_of(usual);
    if (close)
        name = (yz_str){name.p + 1, from - 1};
    return copy(name, host, 256) && copy(number, port, 8);
}

/* ---- the try ----------------------------------------------------------------------------------------------------------- */

typedef struct trial {
    _Atomic int refs;
    pthread_mutex_t lock;
    pthread_cond_t over;
    bool done;
    const char *why; /* NULL: it answered */
    char host[256], port[8];
} trial;

static void trial_unref(trial *t) {
    if (atomic_fetch_sub(&t->refs, 1) > 1)
        return;
    pthread_cond_destroy(&t->over);
    pthread_mutex_destroy(&t->lock);
    free(t);
}

/* NULL: connected. */
static const char *try_one(const struct addrinfo *to) {
    int fd = socket(to->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), error = 0;
    socklen_t size = sizeof error;
    if (fd < 0)
        return strerrordesc_np(errno);
    if (connect(fd, to->ai_addr, to->ai_addrlen) != 0)
        error = errno;
    struct pollfd wait = {.fd = fd, .events = POLLOUT};
    if (error == EINPROGRESS)
        error = poll(&wait, 1, PATIENCE_MS) != 1 ? ETIMEDOUT : getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
    close(fd);
    return error == 0 ? NULL : strerrordesc_np(error);
}

static void *try_all(void *arg) {
    trial *t = arg;
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *list = NULL;
    int code = getaddrinfo(t->host, t->port, &hints, &list);
    const char *why = code != 0 ? gai_strerror(code) : "its name has no address";
    for (const struct addrinfo *at = list; at && why; at = at->ai_next)
        why = try_one(at);
    if (list)
        freeaddrinfo(list);
    pthread_mutex_lock(&t->lock);
    t->why = why;
    t->done = true;
    pthread_cond_signal(&t->over);
    pthread_mutex_unlock(&t->lock);
    trial_unref(t);
    return NULL;
}

static const char *wait_for(trial *t) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += PATIENCE_MS / 1000;
    pthread_mutex_lock(&t->lock);
    while (!t->done && pthread_cond_timedwait(&t->over, &t->lock, &until) == 0) {
    }
    const char *why = t->done ? t->why : "no answer within a second";
    pthread_mutex_unlock(&t->lock);
    return why;
}

/* ---- all of them ------------------------------------------------------------------------------------------------------- */

static const yz_str *url_of(const yz_store_settings *store) {
    for (size_t i = 0; store->plugin && store->config && i < store->plugin->n_options; i++)
        if (strcmp(store->plugin->options[i].name, "url") == 0 && store->plugin->options[i].type == YZ_OPTION_STRING)
            return (const yz_str *)(const void *)((const char *)store->config + store->plugin->options[i].offset);
    return NULL;
}

/* NULL: it connects, or there is nothing to try. */
static const char *try_address(const yz_store_settings *store, char host[256], char port[8]) {
    const yz_str *url = url_of(store);
    if (!url || !yz_cli_address(*url, host, port))
        return NULL;
    trial *t = yz_calloc(1, sizeof *t);
    pthread_t thread;
    atomic_init(&t->refs, 2);
    pthread_mutex_init(&t->lock, NULL);
    pthread_cond_init(&t->over, NULL);
    memcpy(t->host, host, sizeof t->host);
    memcpy(t->port, port, sizeof t->port);
    bool started = pthread_create(&thread, NULL, try_all, t) == 0;
    if (started)
        pthread_detach(thread);
    else
        trial_unref(t);
    const char *why = started ? wait_for(t) : NULL;
    trial_unref(t);
    return why;
}

static bool try_store(const char *kind, const yz_store_settings *store, yz_diag *diag) {
    char host[256], port[8];
    const char *why = try_address(store, host, port);
    yz_diag_at(diag, store->at);
    if (why)
        yz_diag_warn(diag, "%s \"%.*s\" cannot be reached at %s:%s: %s (check --offline does not try)", kind, YZ_STR_ARGS(store->name),
                     host, port, why);
    return !why;
}

/* ---- do they take us? ------------------------------------------------------------------------------------------------------------ */

typedef struct telling {
    const yz_settings *settings;
    const bool *reached; /* of the declared ones */
    yz_diag *diag;
} telling;

/* Where one that is not declared is used first. */
static void place_of_use(const telling *t, yz_str name) {
    for (size_t i = 0; i < t->settings->n_chains; i++)
        for (size_t k = 0; k < t->settings->chains[i].n_stages; k++) {
            const yz_stage_settings *stage = &t->settings->chains[i].stages[k];
            const yz_str *store = yz_stage_option(stage, "store", YZ_OPTION_STRING, NULL);
            if (store && yz_str_eq(*store, name)) {
                yz_diag_at(t->diag, stage->at);
                return;
            }
        }
}

static void tell_away(void *arg, yz_str name, yz_str why) {
    const telling *t = arg;
    const yz_settings *s = t->settings;
    size_t i = 0;
    while (i < s->n_stores && !yz_str_eq(s->stores[i].name, name))
        i++;
    if (i < s->n_stores && !t->reached[i])
        return; /* that was told */
    bool declared = i < s->n_stores;
    if (declared)
        yz_diag_at(t->diag, s->stores[i].at);
    else
        place_of_use(t, name);
    const char *form = declared ? "store \"%.*s\" cannot be used: %.*s (check --offline does not try)"
                                : "store \"%.*s\" cannot be used: %.*s; no directive declares it, so it is looked for at the usual place: "
                                  "store \"%.*s\" { … } says another (check --offline does not try)";
    yz_diag_warn(t->diag, form, YZ_STR_ARGS(name), YZ_STR_ARGS(why), YZ_STR_ARGS(name));
}

void yz_cli_try_stores(const yz_generation *generation, yz_diag *diag) {
    const yz_settings *s = generation->settings;
    bool *reached = yz_calloc(s->n_stores + 1, sizeof *reached);
    telling t = {.settings = s, .reached = reached, .diag = diag};
    for (size_t i = 0; i < s->n_stores; i++)
        reached[i] = try_store("store", &s->stores[i], diag);
    if (s->ledger)
        try_store("ledger", s->ledger, diag);
    yz_log_level_set(YZ_LOG_ERROR); /* what a store would say of itself is said here */
    yz_store_set_try(generation->shares[0].stores, PATIENCE_MS, tell_away, &t);
    yz_log_level_set(YZ_LOG_INFO); /* as it was */
    free(reached);
}
