/* test_fetch.c: exchanges with servers that behave and servers that do not; pools, replay, deadlines, proxies. */
#define FIXTURE_POOLS
#include "base/secret.h"
#include "certs.h"
#include "config/diag.h"
#include "peer.h"
#include "upstream/fetch.h"
#include "upstream/proxy.h"
#include "upstream/url.h"

#define PORT      21100
#define OK_HEAD   "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
#define OK_ANSWER OK_HEAD "content-length: 5\r\n\r\nhello"

typedef struct result {
    yz_fetch *fetch;
    bool headed, ended, failed, done, inside;
    int status;
    yz_buf body;
    unsigned batches, pieces;
    yz_error_class class_;
    yz_started started;
    char message[300];
    bool close_on_head, close_on_bytes, pause_on_bytes;
} result;

static result R;
static yz_url url;
static yz_fetch_plan plan;
static peer P;
static yz_str parts[2];

static void on_head(void *arg, const yz_h1_head *head) {
    result *r = arg;
    assert_true(!r->inside && !r->headed && !r->done);
    r->headed = true;
    r->status = head->status;
    if (r->close_on_head) {
        yz_fetch_close(r->fetch);
        r->done = true;
    }
}
static void on_bytes(void *arg, yz_str bytes) {
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
static void on_batch(void *arg) {
    result *r = arg;
    assert_true(!r->inside && !r->done);
    r->batches++;
}
static void on_end(void *arg) {
    result *r = arg;
    assert_true(!r->inside && r->headed && !r->done);
    r->ended = r->done = true;
    yz_fetch_close(r->fetch);
}
static void on_error(void *arg, const yz_error *error) {
    result *r = arg;
    assert_true(!r->inside && !r->done);
    r->failed = r->done = true;
    r->class_ = error->class_;
    r->started = error->started;
    snprintf(r->message, sizeof r->message, "%.*s", YZ_STR_ARGS(error->message));
    yz_fetch_close(r->fetch);
}
static const yz_fetch_hooks hooks = {on_head, on_bytes, on_batch, on_end, on_error};

static void clear(result *r) {
    yz_buf_free(&r->body);
    memset(r, 0, sizeof *r);
}

static void start(result *r) {
    r->inside = true;
    r->fetch = yz_fetch_start(&F.worker, &plan, &hooks, r);
    r->inside = false;
}

/* One exchange from start to end. */
static void fetch(void) {
    clear(&R);
    start(&R);
    fixture_wait(&R.done, 8000);
}

static void expect_body(const char *body) {
    if (!R.ended)
        fail_msg("it failed: %s", R.message);
    assert_int_equal(R.body.n, strlen(body));
    assert_memory_equal(R.body.p, body, R.body.n);
}

static void expect_failure(yz_error_class class_, const char *words) {
    if (!R.failed)
        fail_msg("it ended well, with %zu bytes", R.body.n);
    if (R.class_ != class_ || (words && !strstr(R.message, words)))
        fail_msg("class %d, \"%s\"", (int)R.class_, R.message);
}

static int set_up(void **state) {
    (void)state;
    fixture_open();
    memset(&R, 0, sizeof R);
    memset(&P, 0, sizeof P);
    url = (yz_url){.scheme = YZ_STR("http"), .host = YZ_STR("127.0.0.1"), .port = PORT};
    parts[0] = YZ_STR("{\"model\":");
    parts[1] = YZ_STR("\"x\"}");
    plan = (yz_fetch_plan){.url = &url,
                           .timeout = {.connect = 1000, .first_byte = 1000, .idle = 1000, .total = 5000},
                           .method = YZ_STR("POST"),
                           .path = YZ_STR("/v1/x?y=1"),
                           .body = parts,
                           .n_body = 2};
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    if (P.port)
        peer_close(&P);
    fixture_close();
    clear(&R);
    return 0;
}

#define SERVE(...)                                                                                                                         \
    static const peer_script scripts[] = {__VA_ARGS__};                                                                                    \
    peer_open(&P, PORT, scripts, sizeof scripts / sizeof *scripts)

/* ---- what is sent ------------------------------------------------------------------------------------------------------- */

static void request_as_sent(void **state) {
    (void)state;
    SERVE({.answer = OK_ANSWER});
    yz_header headers[] = {{YZ_STR("content-type"), YZ_STR("application/json")}};
    yz_secret *secret = yz_secret_new(YZ_STR("sk-secret"));
    plan.headers = headers;
    plan.n_headers = 1;
    plan.secret = secret;
    plan.auth_header = "authorization";
    plan.auth_prefix = "Bearer ";
    fetch();
    expect_body("hello");
    yz_secret_free(secret);
    const char *wanted = "POST /v1/x?y=1 HTTP/1.1\r\nhost: 127.0.0.1:21100\r\ncontent-type: application/json\r\nuser-agent: yuzui/";
    assert_memory_equal(P.last.p, wanted, strlen(wanted));
    assert_non_null(strstr(P.last.p, "\r\nauthorization: Bearer sk-secret\r\n"));
    assert_non_null(strstr(P.last.p, "\r\ncontent-length: 13\r\n"));
    assert_non_null(strstr(P.last.p, "\r\n\r\n{\"model\":\"x\"}"));
    assert_null(strstr(P.last.p, "accept-encoding"));
}

static void what_may_not_be_sent(void **state) {
    (void)state;
    SERVE({.answer = OK_ANSWER});
    static const yz_header bad[] = {{{"x-a", 3}, {"a\r\nb: c", 7}},
                                    {{"x a", 3}, {"b", 1}},
                                    {{"", 0}, {"b", 1}},
                                    {{"Host", 4}, {"evil", 4}},
                                    {{"content-length", 14}, {"0", 1}},
                                    {{"transfer-encoding", 17}, {"chunked", 7}},
                                    {{"x-nul", 5}, {"a\0b", 3}}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        plan.headers = &bad[i];
        plan.n_headers = 1;
        fetch();
        expect_failure(YZ_ERROR_INTERNAL, "cannot be sent");
        assert_int_equal(R.started, YZ_STARTED_NO);
    }
    plan.n_headers = 0;
    const char *paths[] = {"", "v1", "/a b", "/a\r\nX: y", "/\x80", "/a#b"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        plan.path = yz_str_of(paths[i]);
        fetch();
        expect_failure(YZ_ERROR_INTERNAL, "cannot be sent");
    }
    assert_int_equal(P.connections, 0);
}

/* ---- answers ------------------------------------------------------------------------------------------------------------ */

static void answers(void **state) {
    (void)state;
    SERVE({.answer = OK_ANSWER}, {.answer = OK_HEAD "transfer-encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"},
          {.answer = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n" OK_ANSWER},
          {.answer = "HTTP/1.1 204 No Content\r\n\r\n"}, {.answer = OK_HEAD "content-encoding: identity\r\ncontent-length: 5\r\n\r\nhello"},
          {.answer = OK_HEAD "\r\nhello", .close = true}, {.answer = OK_HEAD "connection: close\r\ncontent-length: 5\r\n\r\nhello"},
          {.answer = "HTTP/1.1 500 Oops\r\ncontent-length: 5\r\n\r\nhello"});
    for (int i = 0; i < 8; i++) {
        fetch();
        expect_body(i == 3 ? "" : "hello");
        assert_int_equal(R.status, i == 3 ? 204 : i == 7 ? 500 : 200);
        size_t idle = yz_pools_idle(F.worker.pools);
        assert_int_equal(idle, i == 5 || i == 6 ? 0 : 1);
    }
    assert_int_equal(P.connections, 3); /* kept but for the two that said they end */
}

static void every_split(void **state) {
    (void)state;
    static const char *const all[] = {OK_ANSWER, OK_HEAD "transfer-encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"};
    static peer_script script;
    peer_open(&P, PORT, &script, 1);
    for (int i = 0; i < 2; i++) {
        script = (peer_script){.answer = all[i], .step = 1};
        fetch();
        expect_body("hello");
        for (size_t step = 7; step < strlen(all[i]); step += 23) {
            script.step = step;
            fetch();
            expect_body("hello");
        }
    }
    assert_int_equal(P.connections, 1);
}

/* Cut at every byte: never a whole answer, always one error, whatever the cut. */
static void every_cut(void **state) {
    (void)state;
    static const char *const all[] = {OK_ANSWER, OK_HEAD "transfer-encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"};
    static peer_script script;
    peer_open(&P, PORT, &script, 1);
    for (int i = 0; i < 2; i++) {
        for (size_t n = 1; n < strlen(all[i]); n++) {
            script = (peer_script){.answer = all[i], .n = n, .close = true, .reset = n % 2};
            fetch();
            expect_failure(YZ_ERROR_BROKEN, NULL);
            assert_int_equal(R.started, YZ_STARTED_MAYBE);
        }
    }
    assert_int_equal(yz_pools_open(F.worker.pools), 0);
}

static void lies_and_garbage(void **state) {
    (void)state;
    SERVE({.answer = OK_HEAD "content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"},
          {.answer = OK_HEAD "content-length: 5\r\ncontent-length: 6\r\n\r\nhello"}, {.answer = OK_HEAD "content-length: -5\r\n\r\nhello"},
          {.answer = OK_HEAD "content-length: 99999999999999999999\r\n\r\nhello"},
          {.answer = OK_HEAD "transfer-encoding: gzip\r\n\r\nhello"},
          {.answer = OK_HEAD "transfer-encoding: chunked\r\n\r\nZZ\r\nhello\r\n"},
          {.answer = OK_HEAD "transfer-encoding: chunked\r\n\r\n2\r\nhello\r\n0\r\n\r\n"},
          {.answer = "garbage that is no HTTP at all\r\n\r\n"}, {.answer = "HTTP/2.0 200 OK\r\n\r\n"},
          {.answer = "HTTP/1.1 999999 OK\r\n\r\n"}, {.answer = OK_HEAD " folded: line\r\ncontent-length: 5\r\n\r\nhello"},
          {.answer = OK_HEAD "content-encoding: gzip\r\ncontent-length: 5\r\n\r\nhello"},
          {.answer = "HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n"});
    for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
        fetch();
        expect_failure(YZ_ERROR_BROKEN, NULL);
        assert_int_equal(yz_pools_open(F.worker.pools), 0);
    }
}

/* A reset behind the bytes of an answer that runs until close is no end of it, even if both come in one read. */
static void reset_is_no_end(void **state) {
    (void)state;
    SERVE({.answer = OK_HEAD "\r\nhello", .reset = true});
    for (int i = 0; i < 20; i++) {
        fetch();
        expect_failure(YZ_ERROR_BROKEN, "reset");
    }
}

static void redirects(void **state) {
    (void)state;
    SERVE({.answer = "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:21100/elsewhere\r\ncontent-length: 0\r\n\r\n"});
    fetch();
    expect_failure(YZ_ERROR_SERVER, "redirect");
    fixture_rest(20);
    assert_int_equal(P.requests, 1);
}

static void floods(void **state) {
    (void)state;
    yz_buf interim = {0}, headers = {0}, line = {0};
    for (int i = 0; i < 1000; i++)
        yz_buf_lit(&interim, "HTTP/1.1 100 Continue\r\n\r\n");
    yz_buf_lit(&headers, OK_HEAD);
    for (int i = 0; i < 5000; i++)
        yz_buf_printf(&headers, "x-%d: aaaaaaaaaaaaaaaaaaaaaaaaaa\r\n", i);
    yz_buf_lit(&line, OK_HEAD "x: ");
    for (int i = 0; i < 200000; i++)
        yz_buf_char(&line, 'a');
    peer_script scripts[] = {{.answer = interim.p, .n = interim.n}, {.answer = headers.p, .n = headers.n}, {.answer = line.p, .n = line.n}};
    peer_open(&P, PORT, scripts, 3);
    for (int i = 0; i < 3; i++) {
        fetch();
        P.turn = (size_t)i + 1;
        expect_failure(YZ_ERROR_BROKEN, NULL);
    }
    yz_buf_free(&interim);
    yz_buf_free(&headers);
    yz_buf_free(&line);
}

static void leftovers_end_the_connection(void **state) {
    (void)state;
    SERVE({.answer = OK_ANSWER "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil"}, {.answer = OK_ANSWER});
    fetch();
    expect_body("hello");
    assert_int_equal(yz_pools_open(F.worker.pools), 0);
    fetch();
    expect_body("hello");
    assert_int_equal(P.connections, 2);
}

/* The server answers while the body is still on its way: the answer counts, the connection does not live on. */
static void early_answer(void **state) {
    (void)state;
    size_t n = (size_t)24 << 20;
    char *body = calloc(1, n);
    parts[0] = (yz_str){body, n};
    plan.n_body = 1;
    SERVE({.answer = "HTTP/1.1 413 Too Large\r\ncontent-length: 5\r\n\r\nlarge", .eager = true, .deaf = true});
    fetch();
    expect_body("large");
    assert_int_equal(R.status, 413);
    assert_int_equal(yz_pools_open(F.worker.pools), 0);
    free(body);
}

static void large_body(void **state) {
    (void)state;
    size_t n = (size_t)16 << 20;
    char *body = malloc(n);
    for (size_t i = 0; i < n; i++)
        body[i] = (char)('a' + i % 23);
    parts[0] = (yz_str){body, n / 3};
    parts[1] = (yz_str){body + n / 3, n - n / 3};
    SERVE({.answer = OK_ANSWER});
    fetch();
    expect_body("hello");
    assert_true(P.last.n > n);
    assert_memory_equal(P.last.p + P.last.n - n, body, n);
    assert_int_equal(yz_pools_idle(F.worker.pools), 1);
    free(body);
}

static void batches(void **state) {
    (void)state;
    SERVE({.answer = OK_HEAD "transfer-encoding: chunked\r\n\r\n1\r\na\r\n1\r\nb\r\n1\r\nc\r\n"});
    plan.timeout.idle = 100;
    fetch();
    expect_failure(YZ_ERROR_TIMEOUT, "silence");
    assert_int_equal(R.pieces, 3);
    assert_int_equal(R.batches, 1); /* one read */
}

/* ---- stale connections --------------------------------------------------------------------------------------------------- */

static void stale_is_sent_anew(void **state) {
    (void)state;
    SERVE({.answer = OK_ANSWER}, {.bye_first = true}, {.answer = OK_ANSWER}, {.bye_first = true, .reset = true}, {.answer = OK_ANSWER});
    for (int i = 0; i < 3; i++) {
        fetch();
        expect_body("hello");
    }
    assert_int_equal(P.connections, 3);
    assert_int_equal(P.requests, 5);
}

static void replayed_once(void **state) {
    (void)state;
    SERVE({.answer = OK_ANSWER}, {.bye_first = true});
    fetch();
    expect_body("hello");
    fetch();
    expect_failure(YZ_ERROR_BROKEN, "before an answer");
    assert_int_equal(R.started, YZ_STARTED_MAYBE);
    assert_int_equal(P.requests, 3);
}

static void fresh_is_not_replayed(void **state) {
    (void)state;
    SERVE({.bye_first = true});
    fetch();
    expect_failure(YZ_ERROR_BROKEN, "before an answer");
    assert_int_equal(P.requests, 1);
}

static void answered_is_not_replayed(void **state) {
    (void)state;
    SERVE({.answer = OK_ANSWER}, {.answer = "H", .close = true});
    fetch();
    fetch();
    expect_failure(YZ_ERROR_BROKEN, "in the middle");
    assert_int_equal(P.requests, 2);
}

static void timeout_is_not_replayed(void **state) {
    (void)state;
    SERVE({.answer = OK_ANSWER}, {.silent = true});
    fetch();
    plan.timeout.first_byte = 100;
    fetch();
    expect_failure(YZ_ERROR_TIMEOUT, "no answer");
    assert_int_equal(P.requests, 2);
}

/* ---- pools ---------------------------------------------------------------------------------------------------------------- */

static void idle_that_ends_is_dropped(void **state) {
    (void)state;
    SERVE({.answer = OK_ANSWER});
    fetch();
    assert_int_equal(yz_pools_idle(F.worker.pools), 1);
    peer_cut(&P);
    fixture_rest(20);
    assert_int_equal(yz_pools_open(F.worker.pools), 0);
    fetch();
    assert_int_equal(yz_pools_idle(F.worker.pools), 1);
    peer_write(P.conns, "x", 1); /* who speaks unasked is dropped too */
    fixture_rest(20);
    assert_int_equal(yz_pools_open(F.worker.pools), 0);
}

static void idle_too_long(void **state) {
    (void)state;
    SERVE({.answer = OK_ANSWER});
    fetch();
    yz_clock_skip(YZ_POOL_IDLE_MS - 1000);
    fixture_rest(10);
    assert_int_equal(yz_pools_idle(F.worker.pools), 1);
    yz_clock_skip(2000);
    fixture_rest(10);
    assert_int_equal(yz_pools_open(F.worker.pools), 0);
}

static void many_wait_in_line(void **state) {
    (void)state;
    static result all[20];
    memset(all, 0, sizeof all);
    SERVE({.answer = OK_ANSWER, .step = 20, .pause = 2});
    plan.max_connections = 3;
    for (int i = 0; i < 20; i++)
        start(&all[i]);
    fixture_rest(5);
    assert_string_equal(yz_fetch_state(all[19].fetch), "connection");
    yz_fetch_close(all[10].fetch);
    for (int i = 0; i < 20; i++) {
        if (i == 10)
            continue;
        fixture_wait(&all[i].done, 8000);
        assert_true(all[i].ended);
        yz_buf_free(&all[i].body);
    }
    assert_int_equal(P.connections, 3);
    assert_int_equal(P.requests, 19);
}

static void waiting_counts_as_connecting(void **state) {
    (void)state;
    static result other;
    memset(&other, 0, sizeof other);
    SERVE({.silent = true});
    plan.max_connections = 1;
    start(&other);
    fixture_rest(20);
    plan.timeout.connect = 100;
    fetch();
    expect_failure(YZ_ERROR_TIMEOUT, "waiting for: connection");
    assert_int_equal(R.started, YZ_STARTED_NO);
    yz_fetch_close(other.fetch);
}

static void last_used_first(void **state) {
    (void)state;
    static result all[3];
    memset(all, 0, sizeof all);
    SERVE({.answer = OK_ANSWER});
    for (int i = 0; i < 3; i++)
        start(&all[i]);
    for (int i = 0; i < 3; i++) {
        fixture_wait(&all[i].done, 2000);
        yz_buf_free(&all[i].body);
    }
    assert_int_equal(yz_pools_idle(F.worker.pools), 3);
    for (int i = 0; i < 5; i++)
        fetch();
    assert_int_equal(P.connections, 3);
    assert_int_equal(yz_pools_idle(F.worker.pools), 3);
}

/* ---- leaving ---------------------------------------------------------------------------------------------------------------- */

static void closed_at_every_point(void **state) {
    (void)state;
    SERVE({.answer = OK_ANSWER, .step = 5, .pause = 1});
    for (int ms = 0; ms < 30; ms++) {
        clear(&R);
        start(&R);
        fixture_rest(ms % 10 == 0 ? 0 : ms);
        if (!R.done)
            yz_fetch_close(R.fetch);
        P.turn = 0;
    }
    clear(&R);
    R.close_on_head = true;
    start(&R);
    fixture_wait(&R.done, 2000);
    clear(&R);
    R.close_on_bytes = true;
    start(&R);
    fixture_wait(&R.done, 2000);
    fixture_rest(20);
    assert_int_equal(yz_pools_open(F.worker.pools), 0);
}

static void client_gone_is_told_at_once(void **state) {
    (void)state;
    SERVE({.answer = OK_HEAD "content-length: 100\r\n\r\nhello"});
    clear(&R);
    start(&R);
    fixture_wait(&R.headed, 2000);
    yz_fetch_close(R.fetch);
    fixture_rest(20);
    assert_int_equal(P.gone, 1);
}

static void paused_stops_the_socket(void **state) {
    (void)state;
    size_t n = (size_t)32 << 20;
    yz_buf answer = {0};
    yz_buf_printf(&answer, OK_HEAD "content-length: %zu\r\n\r\n", n);
    memset(yz_buf_room(&answer, n), 'x', n);
    answer.n += n;
    peer_script script = {.answer = answer.p, .n = answer.n};
    peer_open(&P, PORT, &script, 1);
    plan.timeout.idle = 200;
    clear(&R);
    R.pause_on_bytes = true;
    start(&R);
    fixture_rest(500); /* longer than the idle deadline: a reader that is full is not the server's silence */
    assert_false(R.done);
    assert_true(R.body.n > 0 && R.body.n <= 65536);
    R.pause_on_bytes = false;
    yz_fetch_pause(R.fetch, false);
    fixture_wait(&R.done, 10000);
    assert_true(R.ended);
    assert_int_equal(R.body.n, n);
    yz_buf_free(&answer);
}

/* ---- deadlines ------------------------------------------------------------------------------------------------------------- */

static void deadlines(void **state) {
    (void)state;
    SERVE({.silent = true});
    plan.timeout = (yz_timeouts){.first_byte = 80, .total = 5000};
    fetch();
    expect_failure(YZ_ERROR_TIMEOUT, "no answer");
    assert_int_equal(R.started, YZ_STARTED_MAYBE);
    plan.timeout = (yz_timeouts){.total = 80};
    fetch();
    expect_failure(YZ_ERROR_TIMEOUT, "not complete");
}

static void idle_is_silence(void **state) {
    (void)state;
    static const char slow[] = OK_HEAD "content-length: 20\r\n\r\n01234567890123456789";
    SERVE({.answer = slow, .step = 4, .pause = 30}, {.answer = slow, .n = sizeof slow - 6});
    plan.timeout = (yz_timeouts){.idle = 200, .total = 20000};
    fetch();
    expect_body("01234567890123456789"); /* slow, but never silent */
    fetch();
    expect_failure(YZ_ERROR_TIMEOUT, "silence");
}

static void drip_meets_total(void **state) {
    (void)state;
    SERVE({.answer = OK_HEAD "content-length: 20\r\n\r\n01234567890123456789", .step = 1, .pause = 20});
    plan.timeout = (yz_timeouts){.idle = 200, .total = 300};
    fetch();
    expect_failure(YZ_ERROR_TIMEOUT, "not complete");
}

static void server_takes_nothing(void **state) {
    (void)state;
    size_t n = (size_t)24 << 20;
    char *body = calloc(1, n);
    parts[0] = (yz_str){body, n};
    SERVE({.deaf = true, .silent = true});
    plan.timeout = (yz_timeouts){.idle = 150, .first_byte = 5000};
    fetch();
    expect_failure(YZ_ERROR_TIMEOUT, "not taken");
    free(body);
}

/* ---- connecting -------------------------------------------------------------------------------------------------------------- */

static void nobody_there(void **state) {
    (void)state;
    fetch();
    expect_failure(YZ_ERROR_CONNECT, "connection refused");
    assert_int_equal(R.started, YZ_STARTED_NO);
    url.host = YZ_STR("no-such-host.invalid");
    plan.timeout.connect = 20000;
    plan.timeout.total = 20000;
    fetch();
    expect_failure(YZ_ERROR_CONNECT, NULL);
}

static void second_address(void **state) {
    (void)state;
    SERVE({.answer = OK_ANSWER}); /* on 127.0.0.1 only; localhost may be ::1 first */
    url.host = YZ_STR("localhost");
    fetch();
    expect_body("hello");
}

/* A blackholed address: the connect deadline ends it. 192.0.2.0/24 leads nowhere; where the host has no route it fails at once. */
static void black_hole(void **state) {
    (void)state;
    url.host = YZ_STR("192.0.2.1");
    plan.timeout.connect = 150;
    fetch();
    assert_true(R.failed);
    assert_true(R.class_ == YZ_ERROR_TIMEOUT || R.class_ == YZ_ERROR_CONNECT);
    assert_int_equal(R.started, YZ_STARTED_NO);
}

/* ---- proxies ------------------------------------------------------------------------------------------------------------------ */

static yz_url proxy;

static void use_proxy(const char *scheme) {
    proxy = (yz_url){.scheme = yz_str_of(scheme),
                     .host = YZ_STR("127.0.0.1"),
                     .port = PORT,
                     .user = YZ_STR("Aladdin"),
                     .password = YZ_STR("open sesame")};
    plan.proxy = &proxy;
    url.host = YZ_STR("api.example.com");
    url.port = 80;
}

static void plain_through_http_proxy(void **state) {
    (void)state;
    SERVE({.answer = OK_ANSWER});
    use_proxy("http");
    fetch();
    expect_body("hello");
    assert_non_null(strstr(P.last.p, "POST http://api.example.com/v1/x?y=1 HTTP/1.1\r\nhost: api.example.com\r\n"));
    assert_non_null(strstr(P.last.p, "proxy-authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n"));
}

static void connect_refused(void **state) {
    (void)state;
    SERVE({.answer = "HTTP/1.1 407 No\r\ncontent-length: 0\r\n\r\n"}, {.answer = "HTTP/1.1 503 No\r\ncontent-length: 4\r\n\r\noops"},
          {.answer = "SSH-2.0-x\r\n"}, {.answer = "HTTP/1.1 200 OK\r\n\r\nextra"}, {.bye_first = true});
    yz_diag diag = {0};
    use_proxy("http");
    url.tls = true;
    url.port = 443;
    plan.tls = yz_tls_client(YZ_STR(""), true, &diag);
    const char *words[] = {"407", "refused the tunnel", "did not answer in HTTP", "more than its answer", "closed the connection"};
    for (int i = 0; i < 5; i++) {
        fetch();
        expect_failure(YZ_ERROR_CONNECT, words[i]);
        assert_int_equal(R.started, YZ_STARTED_NO);
        assert_non_null(
            strstr(P.last.p, "CONNECT api.example.com:443 HTTP/1.1\r\nHost: api.example.com:443\r\nProxy-Authorization: Basic QWxh"));
        assert_null(strstr(P.last.p, "/v1/x"));
    }
    assert_int_equal(yz_pools_open(F.worker.pools), 0);
    yz_tls_unref(plan.tls);
    yz_diag_free(&diag);
}

/* A SOCKS5 proxy in a few lines: wants Aladdin's password, then plays the server itself. */
static uv_tcp_t socks_listener, socks_conn;
static yz_buf socks_in;
static int socks_stage;
static unsigned char socks_reply;

static void socks_say(const char *p, size_t n) {
    uv_buf_t buf = uv_buf_init((char *)(uintptr_t)p, (unsigned)n);
    uv_try_write((uv_stream_t *)&socks_conn, &buf, 1);
}
static void socks_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf) {
    (void)stream;
    if (n < 0) {
        if (!uv_is_closing((uv_handle_t *)&socks_conn))
            uv_close((uv_handle_t *)&socks_conn, NULL);
        return;
    }
    yz_buf_put(&socks_in, buf->base, (size_t)n);
    static const char auth[] = "\1\7Aladdin\13open sesame", ask[] = "\5\1\0\3\17api.example.com\0\120";
    if (socks_stage == 0 && socks_in.n >= 4) {
        assert_memory_equal(socks_in.p, "\5\2\0\2", 4);
        socks_say("\5\2", 2);
    } else if (socks_stage == 1 && socks_in.n >= sizeof auth - 1) {
        assert_memory_equal(socks_in.p, auth, sizeof auth - 1);
        socks_say("\1\0", 2);
    } else if (socks_stage == 2 && socks_in.n >= sizeof ask - 1) {
        assert_memory_equal(socks_in.p, ask, sizeof ask - 1);
        char reply[] = {5, (char)socks_reply, 0, 1, 0, 0, 0, 0, 0, 0};
        socks_say(reply, 10);
    } else if (socks_stage == 3 && memmem(socks_in.p, socks_in.n, "\"x\"}", 4)) {
        socks_say(OK_ANSWER, strlen(OK_ANSWER));
    } else {
        return;
    }
    socks_stage++;
    socks_in.n = 0;
}
static void socks_connection(uv_stream_t *listener, int status) {
    (void)status;
    uv_tcp_init(&F.loop, &socks_conn);
    uv_accept(listener, (uv_stream_t *)&socks_conn);
    uv_read_start((uv_stream_t *)&socks_conn, peer_alloc, socks_read);
}
static void through_socks(void **state) {
    (void)state;
    struct sockaddr_in address;
    uv_ip4_addr("127.0.0.1", PORT, &address);
    uv_tcp_init(&F.loop, &socks_listener);
    uv_tcp_bind(&socks_listener, (const struct sockaddr *)&address, 0);
    uv_listen((uv_stream_t *)&socks_listener, 8, socks_connection);
    use_proxy("socks5");
    socks_stage = 0;
    socks_reply = 0;
    fetch();
    expect_body("hello");
    if (!uv_is_closing((uv_handle_t *)&socks_conn))
        uv_close((uv_handle_t *)&socks_conn, NULL);
    fixture_rest(20);
    socks_stage = 0;
    socks_reply = 4;
    fetch();
    expect_failure(YZ_ERROR_CONNECT, "cannot reach the server");
    fixture_rest(20);
    if (!uv_is_closing((uv_handle_t *)&socks_conn))
        uv_close((uv_handle_t *)&socks_conn, NULL);
    uv_close((uv_handle_t *)&socks_listener, NULL);
    yz_buf_free(&socks_in);
}

/* ---- TLS ----------------------------------------------------------------------------------------------------------------------- */

/* A TLS server of ours that answers every request; `cut`: it ends without close_notify, in an answer that runs until close. */
static uv_tcp_t tls_listener;
static yz_tls *tls_server;
static struct tls_peer {
    yz_stream *stream;
    bool until_close;
    unsigned connections;
} T;

static void tls_on_open(void *arg, int code, const char *words) { (void)arg, (void)code, (void)words; }
static void tls_gone(void *arg) {
    (void)arg;
    if (T.stream)
        yz_stream_close(T.stream);
    T.stream = NULL;
}
static void tls_on_bytes(void *arg, const char *p, size_t n) {
    (void)arg, (void)p, (void)n;
    yz_str bytes = T.until_close ? YZ_STR(OK_HEAD "\r\nhello") : YZ_STR(OK_ANSWER);
    yz_stream_write(T.stream, &bytes, 1);
    if (T.until_close)
        tls_gone(NULL);
}
static void tls_on_drain(void *arg) { (void)arg; }
static void tls_on_broken(void *arg, int code, const char *words) {
    (void)code, (void)words;
    tls_gone(arg);
}
static const yz_stream_hooks tls_hooks = {tls_on_open, tls_on_bytes, tls_gone, tls_on_drain, tls_on_broken};
static void tls_connection(uv_stream_t *listener, int status) {
    (void)status;
    tls_gone(NULL);
    T.connections++;
    T.stream = yz_stream_accept(&F.worker, listener, tls_server, &tls_hooks, NULL);
}
static void tls_listen(const char *cert) {
    char pem[32], key[32];
    yz_diag diag = {0};
    struct sockaddr_in address;
    snprintf(pem, sizeof pem, "%s.pem", cert);
    snprintf(key, sizeof key, "%s.key", cert);
    memset(&T, 0, sizeof T);
    tls_server = yz_tls_server(yz_str_of(certs_path(pem)), yz_str_of(certs_path(key)), &diag);
    assert_non_null(tls_server);
    uv_ip4_addr("127.0.0.1", PORT, &address);
    uv_tcp_init(&F.loop, &tls_listener);
    uv_tcp_bind(&tls_listener, (const struct sockaddr *)&address, 0);
    uv_listen((uv_stream_t *)&tls_listener, 8, tls_connection);
    url.tls = true;
    url.scheme = YZ_STR("https");
    url.host = YZ_STR("localhost");
    plan.tls = yz_tls_client(yz_str_of(certs_path("ca.pem")), false, &diag);
}
static void tls_end(void) {
    tls_gone(NULL);
    uv_close((uv_handle_t *)&tls_listener, NULL);
    yz_tls_unref(tls_server);
    yz_tls_unref(plan.tls);
    fixture_rest(10);
}

static void over_tls(void **state) {
    (void)state;
    tls_listen("good");
    for (int i = 0; i < 3; i++) {
        fetch();
        expect_body("hello");
    }
    assert_int_equal(T.connections, 1);
    T.until_close = true;
    fetch();
    expect_body("hello"); /* ended by close_notify */
    url.host = YZ_STR("127.0.0.1");
    T.until_close = false;
    fetch();
    expect_body("hello");
    tls_end();
}

static void over_bad_tls(void **state) {
    (void)state;
    certs_make("old", "DNS:localhost", -7200, -3600);
    tls_listen("old");
    fetch();
    expect_failure(YZ_ERROR_CONNECT, "expired");
    assert_int_equal(R.started, YZ_STARTED_NO);
    tls_end();
    certs_make("other", "DNS:other.example", -3600, 3600);
    tls_listen("other");
    fetch();
    expect_failure(YZ_ERROR_CONNECT, "ostname mismatch");
    tls_end();
}

static void tls_to_plain(void **state) {
    (void)state;
    SERVE({.answer = "HTTP/1.1 400 Bad\r\n\r\n", .eager = true});
    yz_diag diag = {0};
    url.tls = true;
    plan.tls = yz_tls_client(YZ_STR(""), true, &diag);
    fetch();
    expect_failure(YZ_ERROR_CONNECT, NULL);
    yz_tls_unref(plan.tls);
}

/* A pool of one TLS context never serves another. */
static void contexts_do_not_share(void **state) {
    (void)state;
    yz_diag diag = {0};
    tls_listen("good");
    fetch();
    expect_body("hello");
    yz_tls *first = plan.tls;
    plan.tls = yz_tls_client(YZ_STR(""), false, &diag); /* trusts others */
    fetch();
    expect_failure(YZ_ERROR_CONNECT, "issuer");
    yz_tls_unref(plan.tls);
    plan.tls = first;
    tls_end();
}

/* ---- addresses ----------------------------------------------------------------------------------------------------------------- */

static void urls(void **state) {
    (void)state;
    yz_arena *arena = yz_arena_new(NULL);
    yz_url u;
    const char *words;
    assert_int_equal(yz_url_parse(YZ_STR("https://API.Example.com/v1/"), arena, &u, &words), YZ_OK);
    assert_true(u.tls && u.port == 443 && yz_str_is(u.host, "api.example.com") && yz_str_is(u.path, "/v1"));
    assert_int_equal(yz_url_parse(YZ_STR("http://[::1]:8080"), arena, &u, &words), YZ_OK);
    assert_true(!u.tls && u.port == 8080 && yz_str_is(u.host, "::1") && u.path.n == 0);
    assert_int_equal(yz_url_parse(YZ_STR("socks5://me:p%40ss@proxy"), arena, &u, &words), YZ_OK);
    assert_true(u.port == 1080 && yz_str_is(u.user, "me") && yz_str_is(u.password, "p@ss") && yz_str_is(u.scheme, "socks5"));
    const char *bad[] = {"",
                         "example.com",
                         "ftp://x",
                         "http://",
                         "http://:80",
                         "http://x:0",
                         "http://x:65536",
                         "http://x:8o",
                         "http://[::1",
                         "http://[::1]x",
                         "http://x/a?b",
                         "http://x/a#b",
                         "http://x/../y",
                         "http://x/./y",
                         "http://x y",
                         "http://x\r\nHost: y",
                         "http://u:%0a@x",
                         "http://u:%zz@x",
                         "http://x\\y"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (yz_url_parse(yz_str_of(bad[i]), arena, &u, &words) == YZ_OK)
            fail_msg("\"%s\" was taken", bad[i]);
    yz_arena_free(arena);
}

static void proxies_of_the_environment(void **state) {
    (void)state;
    yz_arena *arena = yz_arena_new(NULL);
    yz_url https = {.tls = true, .scheme = YZ_STR("https"), .host = YZ_STR("api.example.com"), .port = 443};
    yz_url http = {.scheme = YZ_STR("http"), .host = YZ_STR("10.0.0.1"), .port = 9000};
    yz_str complaint;
    const char *names[] = {"https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"};
    for (size_t i = 0; i < 8; i++)
        unsetenv(names[i]);
    assert_int_equal(yz_proxy_from_env(&https, arena, NULL).scheme.n, 0);
    setenv("HTTPS_PROXY", "http://proxy:3128", 1);
    setenv("HTTP_PROXY", "http://attacker:1", 1);
    assert_true(yz_str_is(yz_proxy_from_env(&https, arena, NULL).host, "proxy"));
    assert_int_equal(yz_proxy_from_env(&http, arena, NULL).scheme.n, 0);
    setenv("http_proxy", "proxy2:3128", 1);
    assert_true(yz_str_is(yz_proxy_from_env(&http, arena, NULL).host, "proxy2"));
    static const struct {
        const char *list;
        bool https, http; /* through a proxy? */
    } cases[] = {{"*", false, false},
                 {"example.com", false, true},
                 {".example.com,10.0.0.1", false, false},
                 {"ample.com", true, true},
                 {"api.example.com:443, 10.0.0.1:80", false, true},
                 {"other.com,10.0.0.1:9000", true, false},
                 {"*.example.com", false, true},
                 {" , ,", true, true}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        setenv("NO_PROXY", cases[i].list, 1);
        assert_int_equal(yz_proxy_from_env(&https, arena, NULL).scheme.n > 0, cases[i].https);
        assert_int_equal(yz_proxy_from_env(&http, arena, NULL).scheme.n > 0, cases[i].http);
    }
    unsetenv("NO_PROXY");
    setenv("https_proxy", "https://user:secret@proxy", 1);
    assert_int_equal(yz_proxy_from_env(&https, arena, &complaint).scheme.n, 0);
    assert_true(complaint.n > 0 && !memmem(complaint.p, complaint.n, "secret", 6));
    for (size_t i = 0; i < 8; i++)
        unsetenv(names[i]);
    yz_arena_free(arena);
}

static int open_certs(void **state) {
    (void)state;
    certs_open();
    return 0;
}
static int close_certs(void **state) {
    (void)state;
    certs_close();
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(request_as_sent),
        TEST(what_may_not_be_sent),
        TEST(answers),
        TEST(every_split),
        TEST(every_cut),
        TEST(lies_and_garbage),
        TEST(reset_is_no_end),
        TEST(redirects),
        TEST(floods),
        TEST(leftovers_end_the_connection),
        TEST(early_answer),
        TEST(large_body),
        TEST(batches),
        TEST(stale_is_sent_anew),
        TEST(replayed_once),
        TEST(fresh_is_not_replayed),
        TEST(answered_is_not_replayed),
        TEST(timeout_is_not_replayed),
        TEST(idle_that_ends_is_dropped),
        TEST(idle_too_long),
        TEST(many_wait_in_line),
        TEST(waiting_counts_as_connecting),
        TEST(last_used_first),
        TEST(closed_at_every_point),
        TEST(client_gone_is_told_at_once),
        TEST(paused_stops_the_socket),
        TEST(deadlines),
        TEST(idle_is_silence),
        TEST(drip_meets_total),
        TEST(server_takes_nothing),
        TEST(nobody_there),
        TEST(second_address),
        TEST(black_hole),
        TEST(plain_through_http_proxy),
        TEST(connect_refused),
        TEST(through_socks),
        TEST(over_tls),
        TEST(over_bad_tls),
        TEST(tls_to_plain),
        TEST(contexts_do_not_share),
        TEST(urls),
        TEST(proxies_of_the_environment),
    };
    return cmocka_run_group_tests(tests, open_certs, close_certs);
}
