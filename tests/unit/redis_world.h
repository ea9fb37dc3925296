/* redis_world.h: a worker with a loop and a stage that asks a Redis store, and real servers for it. */
#ifndef YUZUI_TESTS_REDIS_WORLD_H
#define YUZUI_TESTS_REDIS_WORLD_H

#include "base/diag.h"
#include "base/secret.h"
#include "generation.h"
#include "plugin/loader.h"
#include "plugin/options.h"
#include "store/store.h"
#include "tree_world.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <netdb.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

#include <cmocka.h>

typedef struct redis_config { /* as in redis.h, which needs hiredis */
    yz_str url, prefix;
    int64_t timeout, in_flight;
    const yz_secret *password;
    int64_t max_value;
    yz_str ca, cert, key;
    bool insecure;
} redis_config;

static uv_loop_t loop;
static yz_worker worker;
static yz_settings settings;
static yz_store_settings store_settings;
static redis_config config;
static char url[64];
static yz_store *store;
static yz_store_set *set;
static yz_link link_;
static yz_chain chain = {.links = &link_, .n = 1};
static int got; /* the last answer: a code, or 1 when none came yet */
static char value[32];
static int64_t sum;
/* What the stage asks for. */
static struct question {
    enum { GET, PUT, REMOVE, ADD, ACQUIRE } what;
    const char *key;
    yz_blob *value;
    int64_t delta, ttl; /* of a lease: how many there are, and how long each is */
    yz_str holder;
} question = {.key = "k"};

/* ---- a worker with a loop, and a stage that asks ----------------------------------------------------------------------------- */

static inline void on_value(yz_call *call, void *arg, int code, yz_blob *blob) {
    (void)arg;
    got = code;
    value[0] = 0;
    if (code == YZ_OK)
        snprintf(value, sizeof value, "%.*s", YZ_STR_ARGS(yz_blob_bytes(blob)));
    yz_fail(call, YZ_ERROR_INTERNAL, "asked");
}
static inline void on_done(yz_call *call, void *arg, int code) {
    (void)arg;
    got = code;
    yz_fail(call, YZ_ERROR_INTERNAL, "asked");
}
static inline void on_sum(yz_call *call, void *arg, int code, int64_t is) {
    sum = is;
    on_done(call, arg, code);
}
static inline void ask_call(yz_call *call, const yz_request *request) {
    (void)request;
    yz_str key = yz_str_of(question.key);
    if (question.what == GET)
        yz_store_get(call, store, key, 50, on_value, NULL);
    else if (question.what == PUT)
        yz_store_put_ack(call, store, key, question.value, question.ttl, 2000, on_done, NULL);
    else if (question.what == REMOVE)
        yz_store_remove_ack(call, store, key, 2000, on_done, NULL);
    else if (question.what == ACQUIRE)
        yz_store_acquire(call, store, key, question.holder, question.delta, question.ttl, 2000, on_done, NULL);
    else
        yz_store_add_ack(call, store, key, question.delta, question.ttl, 2000, on_sum, NULL);
}
static const yz_filter ask_filter = {YZ_FILTER, .on_call = ask_call};

static inline void turn(uv_run_mode mode) {
    uv_run(&loop, mode);
    yz_turn_run(&worker.turn, yz_clock_ms());
}
/* For so long, and so many turns: a machine that stalls must not take those away. */
static inline void pump(int ms) {
    int64_t until = yz_clock_ms() + ms;
    for (int turns = 0; turns < ms / 5 || yz_clock_ms() < until; turns++) {
        turn(UV_RUN_NOWAIT);
        usleep(500);
    }
}

/* Asks once and returns how many turns of the loop the answer took: a busy machine makes them long, not many. */
static inline int ask(void) {
    static client c;
    int turns = 0;
    got = 1;
    memset(&c, 0, sizeof c);
    c.call = yz_call_start(&worker, &chain, 0, &(yz_request){YZ_REQUEST}, NULL, &client_parent, &c);
    for (int64_t until = yz_clock_ms() + 60000; got == 1; turns++) {
        assert_true(yz_clock_ms() < until);
        turn(UV_RUN_NOWAIT);
        usleep(200);
    }
    turn(UV_RUN_NOWAIT);
    return turns;
}
#define AT_ONCE 3

/* Asks for something else once, and returns the code. */
static inline int ask_for(struct question what) {
    question = what;
    ask();
    question = (struct question){.key = "k"};
    return got;
}
static inline int put_text(const char *key, const char *text) {
    yz_blob *blob = yz_blob_new(yz_str_of(text));
    int code = ask_for((struct question){.what = PUT, .key = key, .value = blob, .ttl = 60000});
    yz_blob_unref(blob);
    return code;
}
static inline int add(const char *key, int64_t delta, int64_t ttl) {
    return ask_for((struct question){.what = ADD, .key = key, .delta = delta, .ttl = ttl});
}
static inline int acquire(yz_str holder, int64_t most, int64_t lease) {
    return ask_for((struct question){.what = ACQUIRE, .key = "places", .holder = holder, .delta = most, .ttl = lease});
}
static inline int remove_key(const char *key) { return ask_for((struct question){.what = REMOVE, .key = key}); }

/* Stores and asks until it comes back, for at most `ms` of a quick machine. */
static inline bool works_within(int ms) {
    for (int64_t until = yz_clock_ms() + 10 * ms; yz_clock_ms() < until; pump(20)) {
        yz_blob *blob = yz_blob_new(YZ_STR("v1"));
        yz_store_put(&worker, store, YZ_STR("k"), blob, 60000);
        yz_blob_unref(blob);
        ask();
        if (got == YZ_OK) {
            assert_string_equal(value, "v1");
            return true;
        }
    }
    return false;
}

static const yz_secret *password; /* apart from the url */
static struct {
    const char *ca, *cert, *key;
    bool insecure;
} tls;

static inline void open_url(const char *fmt, int port, int64_t timeout) {
    struct yz_diag diag = {0};
    uv_loop_init(&loop);
    memset(&worker, 0, sizeof worker);
    worker.loop = &loop;
    yz_turn_init(&worker.turn, yz_clock_ms());
    worker.turn.clock = yz_clock_ms;
    yz_rng_init(&worker.rng, 1);
    worker.blocks = yz_block_pool_new(4);
    link_ = (yz_link){.filter = &ask_filter, .name = "ask"};
    snprintf(url, sizeof url, fmt, port);
    config = (redis_config){yz_str_of(url),      YZ_STR("t:"),       timeout,     100, password, 4 << 20, yz_str_of(tls.ca),
                            yz_str_of(tls.cert), yz_str_of(tls.key), tls.insecure};
    store_settings = (yz_store_settings){.name = YZ_STR("r"), .plugin = yz_plugin_find(YZ_STR("redis"), &diag), .config = &config};
    assert_non_null(store_settings.plugin);
    settings = (yz_settings){.stores = &store_settings, .n_stores = 1};
    set = yz_store_set_begin(&settings, &worker);
    store = yz_store_find(&worker, YZ_STR("r"), &diag);
    yz_store_set_end();
    yz_diag_free(&diag); /* it may have warned */
    assert_non_null(store);
}

static inline void open_store(int port) { open_url("redis://127.0.0.1:%d/1", port, 100); }

static inline void close_store(void) {
    yz_store_set_close(set, true);
    for (int i = 0; i < 2000 && uv_loop_alive(&loop); i++) {
        turn(UV_RUN_NOWAIT);
        usleep(500);
    }
    assert_int_equal(worker.calls, 0);
    assert_int_equal(uv_loop_close(&loop), 0); /* every handle was closed */
    yz_turn_free(&worker.turn);
    yz_block_pool_free(worker.blocks);
}

/* ---- peers ------------------------------------------------------------------------------------------------------------------- */

/* None of those that the kernel gives to outgoing connections: one of them could take it while Redis is stopped. */
static inline int free_port(void) {
    static unsigned tries;
    for (;;) {
        unsigned port = 16384 + ((unsigned)getpid() * 31 + tries++ * 97) % 16384;
        struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        int fd = socket(AF_INET, SOCK_STREAM, 0), code = bind(fd, (struct sockaddr *)&a, sizeof a);
        close(fd);
        if (code == 0)
            return (int)port;
    }
}

static inline pid_t start_redis_with(int port, const char *option, const char *said) {
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* a failed test must not leave it behind */
        char text[8];
        snprintf(text, sizeof text, "%d", port);
        if (!freopen("/dev/null", "w", stdout))
            _exit(1);
        execlp("redis-server", "redis-server", "--port", text, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", option, said,
               (char *)NULL);
        _exit(127);
    }
    return pid;
}

static inline pid_t start_redis(int port) { return start_redis_with(port, NULL, NULL); }

static inline void stop(pid_t pid) {
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

/* "two.test" is an address where nobody listens, and then another one. */
__attribute__((visibility("default"))) int getaddrinfo(const char *restrict name, const char *restrict service,
                                                       const struct addrinfo *restrict hints, struct addrinfo **restrict found) {
    int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    *(void **)(&real) = dlsym(RTLD_NEXT, "getaddrinfo");
    bool two = name && strcmp(name, "two.test") == 0;
    int code = real(two ? "127.0.0.2" : name, service, hints, found);
    return two && code == 0 ? real("127.0.0.1", service, hints, &(*found)->ai_next) : code;
}

#endif
