/* fetch_world.h: one exchange with a scripted peer, and what came of it: shared by test_fetch.c and test_connect.c. */
#ifndef YUZUI_TESTS_FETCH_WORLD_H
#define YUZUI_TESTS_FETCH_WORLD_H

#define FIXTURE_POOLS
#include "peer.h"
#include "upstream/fetch.h"

#define OK_HEAD   "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
#define OK_ANSWER OK_HEAD "content-length: 5\r\n\r\nhello"

typedef struct result {
    yz_fetch *fetch;
    bool headed, ended, failed, done, inside;
    int status;
    yz_buf body;
    unsigned batches, pieces, resent;
    yz_error_class class_;
    yz_started started;
    yz_again again;
    char message[300];
    bool close_on_head, close_on_bytes, pause_on_bytes;
} result;

static result R;
static yz_url url;
static yz_fetch_plan plan;
static peer P;
static yz_str parts[2];
static yz_body sending;

static inline void on_head(void *arg, const yz_h1_head *head) {
    result *r = arg;
    assert_true(!r->inside && !r->headed && !r->done);
    r->headed = true;
    r->status = head->status;
    if (r->close_on_head) {
        yz_fetch_close(r->fetch);
        r->done = true;
    }
}
static inline void on_bytes(void *arg, yz_str bytes) {
    result *r = arg;
    assert_true(!r->inside && r->headed && !r->done);
    yz_buf_str(&r->body, bytes);
    r->pieces++;
    if (r->pause_on_bytes)
        yz_fetch_pause(r->fetch, true);
    if (r->close_on_bytes) {
        yz_fetch_close(r->fetch);
        r->done = true;
    }
}
static inline void on_batch(void *arg) {
    result *r = arg;
    assert_true(!r->inside && !r->done);
    r->batches++;
}
static inline void on_end(void *arg) {
    result *r = arg;
    assert_true(!r->inside && r->headed && !r->done);
    r->ended = r->done = true;
    yz_fetch_close(r->fetch);
}
static inline void on_error(void *arg, const yz_error *error) {
    result *r = arg;
    assert_true(!r->inside && !r->done);
    r->failed = r->done = true;
    r->class_ = error->class_;
    r->started = error->started;
    r->again = error->again;
    snprintf(r->message, sizeof r->message, "%.*s", YZ_STR_ARGS(error->message));
    yz_fetch_close(r->fetch);
}
static inline void on_resent(void *arg) {
    result *r = arg;
    assert_true(!r->inside && !r->done && !r->headed);
    r->resent++;
}
static const yz_fetch_hooks hooks = {on_head, on_bytes, on_batch, on_end, on_error, NULL, on_resent};

static inline void clear(result *r) {
    yz_buf_free(&r->body);
    memset(r, 0, sizeof *r);
}

static inline void start(result *r) {
    r->inside = true;
    r->fetch = yz_fetch_start(&F.worker, &plan, &hooks, r);
    r->inside = false;
}

/* One exchange from start to end. */
static inline void fetch(void) {
    clear(&R);
    start(&R);
    fixture_wait(&R.done, 8000);
}

static inline void expect_body(const char *body) {
    if (!R.ended)
        fail_msg("it failed: %s", R.message);
    assert_int_equal(R.body.n, strlen(body));
    assert_memory_equal(R.body.p, body, R.body.n);
}

static inline void expect_failure(yz_error_class class_, const char *words) {
    if (!R.failed)
        fail_msg("it ended well, with %zu bytes", R.body.n);
    if (R.class_ != class_ || (words && !strstr(R.message, words)))
        fail_msg("class %d, \"%s\"", (int)R.class_, R.message);
}

static inline int set_up(void **state) {
    (void)state;
    fixture_open();
    memset(&R, 0, sizeof R);
    memset(&P, 0, sizeof P);
    url = (yz_url){.scheme = YZ_STR("http"), .host = YZ_STR("127.0.0.1"), .port = fixture_closed_port()};
    parts[0] = YZ_STR("{\"model\":");
    parts[1] = YZ_STR("\"x\"}");
    sending = (yz_body){YZ_BODY, .known = parts, .n_known = 2, .length = 13};
    plan = (yz_fetch_plan){.url = &url,
                           .timeout = {.connect = 1000, .first_byte = 1000, .idle = 1000, .total = 5000},
                           .method = YZ_STR("POST"),
                           .path = YZ_STR("/v1/x?y=1"),
                           .body = &sending};
    return 0;
}

static inline int tear_down(void **state) {
    (void)state;
    if (P.port)
        peer_close(&P);
    fixture_close();
    clear(&R);
    return 0;
}

/* The peer plays these scripts, and the plan leads to it. */
static inline void serve(const peer_script *scripts, size_t n) {
    peer_open(&P, 0, scripts, n);
    url.port = P.port;
}

#define SERVE(...)                                                                                                                         \
    static const peer_script scripts[] = {__VA_ARGS__};                                                                                    \
    serve(scripts, sizeof scripts / sizeof *scripts)

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
