/* test_fetch.c: exchanges with servers that behave and servers that do not; pools, deadlines. What becomes of stale connections is
 * in test_fetch_stale.c. */
#include "base/secret.h"
#include "fetch_world.h"

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
    char wanted[200];
    snprintf(wanted, sizeof wanted, "POST /v1/x?y=1 HTTP/1.1\r\nhost: 127.0.0.1:%u\r\ncontent-type: application/json\r\nuser-agent: yuzui/",
             P.port);
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
    serve(&script, 1);
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
    serve(&script, 1);
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
          {.answer = "garbage that is no HTTP at all\r\n\r\n"}, {.answer = "HTTP/x 200 OK\r\n\r\n"},
          {.answer = "HTTP/1.1 999999 OK\r\n\r\n"}, {.answer = OK_HEAD " folded: line\r\ncontent-length: 5\r\n\r\nhello"},
          {.answer = OK_HEAD "content-encoding: gzip\r\ncontent-length: 5\r\n\r\nhello"},
          {.answer = "HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n"});
    static const char made[] = "yyyyynnnnnyyn"; /* a head that says success and cannot be read: the answer was made, and is paid for */
    for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
        fetch();
        expect_failure(made[i] == 'y' ? YZ_ERROR_ANSWERED : YZ_ERROR_BROKEN, NULL);
        assert_int_equal(yz_pools_open(F.worker.pools), 0);
    }
}

/* A reset after the bytes of an answer that runs until close is no end of it, even if both come in one read. */
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
    SERVE({.answer = "HTTP/1.1 302 Found\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n"});
    fetch();
    expect_failure(YZ_ERROR_SERVER, "redirect");
    assert_int_equal(R.again, YZ_AGAIN_NO); /* it would send the next one to the same place */
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
    serve(scripts, 3);
    for (int i = 0; i < 3; i++) {
        fetch();
        P.turn = (size_t)i + 1;
        expect_failure(i == 0 ? YZ_ERROR_BROKEN : YZ_ERROR_ANSWERED, NULL);
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
    sending.n_known = 1;
    sending.length = (int64_t)n;
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
    sending.length = (int64_t)n;
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
    SERVE({.answer = OK_HEAD "transfer-encoding: chunked\r\n\r\n1\r\na\r\n1\r\nb\r\n1\r\nc\r\n"},
          {.answer = OK_HEAD "transfer-encoding: chunked\r\n\r\n1\r\na\r\nXX\r\n"});
    plan.timeout.idle = 100;
    fetch();
    expect_failure(YZ_ERROR_TIMEOUT, "silence");
    assert_int_equal(R.pieces, 3);
    assert_int_equal(R.batches, 1); /* one read */
    fetch();
    expect_failure(YZ_ERROR_BROKEN, NULL);
    assert_int_equal(R.pieces, 1);
    assert_int_equal(R.batches, 1); /* before the error, while the bytes are there */
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

static void limits_are_apart(void **state) {
    (void)state;
    static result wide[2], narrow;
    memset(wide, 0, sizeof wide);
    memset(&narrow, 0, sizeof narrow);
    SERVE({.silent = true});
    plan.max_connections = 2;
    start(&wide[0]);
    start(&wide[1]);
    plan.max_connections = 1;
    start(&narrow);
    fixture_rest(20);
    assert_int_equal(P.connections, 3);
    yz_fetch_close(wide[0].fetch);
    yz_fetch_close(wide[1].fetch);
    yz_fetch_close(narrow.fetch);
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
    serve(&script, 1);
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
    SERVE({.answer = slow, .step = 20, .pause = 150}, {.answer = slow, .n = sizeof slow - 6});
    plan.timeout = (yz_timeouts){.idle = 400, .total = 20000};
    fetch();
    expect_body("01234567890123456789"); /* slow, but never silent */
    fetch();
    expect_failure(YZ_ERROR_TIMEOUT, "silence");
}

static void drip_meets_total(void **state) {
    (void)state;
    SERVE({.answer = OK_HEAD "content-length: 20\r\n\r\n01234567890123456789", .step = 1, .pause = 20});
    plan.timeout = (yz_timeouts){.idle = 4000, .total = 300};
    fetch();
    expect_failure(YZ_ERROR_TIMEOUT, "not complete");
}

static void drip_of_a_head(void **state) {
    (void)state;
    SERVE({.answer = OK_ANSWER, .step = 1, .pause = 30});
    plan.timeout = (yz_timeouts){.first_byte = 200, .idle = 4000};
    fetch();
    expect_failure(YZ_ERROR_TIMEOUT, "no answer");
}

/* A process that was stopped finds the answer in its socket: the silence was its own. */
static void starved(void **state) {
    (void)state;
    SERVE({.answer = OK_ANSWER, .step = sizeof OK_ANSWER - 4, .pause = 20});
    plan.timeout = (yz_timeouts){.first_byte = 500, .idle = 100};
    clear(&R);
    start(&R);
    fixture_wait(&R.headed, 2000);
    uv_sleep(150);
    fixture_wait(&R.done, 2000);
    expect_body("hello");
}

static void server_takes_nothing(void **state) {
    (void)state;
    size_t n = (size_t)24 << 20;
    char *body = calloc(1, n);
    parts[0] = (yz_str){body, n};
    sending.n_known = 1;
    sending.length = (int64_t)n;
    SERVE({.deaf = true, .silent = true});
    plan.timeout = (yz_timeouts){.idle = 150, .first_byte = 5000};
    fetch();
    expect_failure(YZ_ERROR_TIMEOUT, "not taken");
    free(body);
}

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
        TEST(idle_that_ends_is_dropped),
        TEST(idle_too_long),
        TEST(many_wait_in_line),
        TEST(waiting_counts_as_connecting),
        TEST(limits_are_apart),
        TEST(last_used_first),
        TEST(closed_at_every_point),
        TEST(client_gone_is_told_at_once),
        TEST(paused_stops_the_socket),
        TEST(deadlines),
        TEST(idle_is_silence),
        TEST(drip_meets_total),
        TEST(drip_of_a_head),
        TEST(starved),
        TEST(server_takes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
