/* test_server_hostile.c: clients that send what they must not, too slowly, too much, or take nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "server_world.h"

/* ---- what is refused ------------------------------------------------------------------------------------------------ */

static void hostile_requests_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        int status; /* 0: any of 400 and up */
    } cases[] = {
        {"POST " CHAT " HTTP/1.1\r\nHost: g\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n{\"a\":1}", 400},
        {"POST " CHAT " HTTP/1.1\r\nHost: g\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
        {"POST " CHAT " HTTP/1.1\r\nHost: g\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 0},
        {"POST " CHAT " HTTP/1.0\r\nHost: g\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
        {"POST " CHAT " HTTP/1.1\r\nHost: g\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloX\r\n", 400},
        {"GET /healthz HTTP/1.1\r\nHost: g\r\n folded: x\r\n\r\n", 400},
        {"GET /healthz HTTP/1.1\r\nHost : g\r\n\r\n", 400},
        {"GET /healthz HTTP/1.1\r\n\r\n", 400},
        {"GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
        {"GET /healthz HTTP/2.0\r\nHost: a\r\n\r\n", 0},
        {"GET  /healthz HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET /v1/../healthz HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET /healthz%2f HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET /a%00b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"CONNECT /healthz HTTP/1.1\r\nHost: a\r\n\r\n", 0},
        {"CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n", 0},
        {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 0},
        {"TRACE /healthz HTTP/1.1\r\nHost: a\r\n\r\n", 0},
        {"BREW /healthz HTTP/1.1\r\nHost: a\r\n\r\n", 0},
        {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello tls", 400},
        {"GET /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", 400},
        {"POST " CHAT " HTTP/1.1\r\nHost: g\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}", 415},
        {"POST " CHAT " HTTP/1.1\r\nHost: g\r\nContent-Length: 2\r\n\r\n{}", 415},
        {"POST " CHAT " HTTP/1.1\r\nHost: g\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
         400},
        {"POST " CHAT " HTTP/1.1\r\nHost: g\r\nContent-Type: application/json\r\nContent-Encoding: br\r\nContent-Length: 2\r\n\r\n{}", 415},
        {"POST " CHAT " HTTP/1.1\r\nHost: g\r\nContent-Type: application/json\r\nContent-Length: 0\r\n\r\n", 400},
        {"POST " CHAT " HTTP/1.1\r\nHost: g\r\nContent-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n", 413},
        {"POST " CHAT " HTTP/1.1\r\nHost: g\r\nContent-Type: application/json\r\nExpect: 200-maybe\r\nContent-Length: 2\r\n\r\n{}", 417},
        {"POST " CHAT
         " HTTP/1.1\r\nHost: g\r\nContent-Type: application/json\r\nExpect: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n{}",
         417},
        {"POST " CHAT
         " HTTP/1.1\r\nHost: g\r\nContent-Type: application/json\r\nAuthorization: Bearer a\r\nX-Api-Key: b\r\nContent-Length: 2\r\n\r\n{}",
         400},
        {"POST " CHAT
         "?key=b HTTP/1.1\r\nHost: g\r\nContent-Type: application/json\r\nAuthorization: Bearer a\r\nContent-Length: 2\r\n\r\n{}",
         400},
        {"POST " CHAT " HTTP/1.1\r\nHost: g\r\nContent-Type: application/json\r\nAuthorization: Basic YTpi\r\nContent-Length: 2\r\n\r\n{}",
         401},
        {"POST " CHAT " HTTP/1.1\r\nHost: g\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n[]", 400},
        {"POST " CHAT " HTTP/1.1\r\nHost: g\r\nContent-Type: application/json\r\nContent-Length: 17\r\n\r\n{\"model\":\"\\ud800\"", 400},
        {"POST " CHAT
         " HTTP/1.1\r\nHost: g\r\nContent-Type: application/json\r\nContent-Length: 31\r\n\r\n{\"model\":\"doc\",\"model\":\"other\"}",
         400},
        {"POST " CHAT " HTTP/1.1\r\nHost: g\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n{\"model\":\"do\xff\"} ", 400},
    };
    world w;
    world_open(&w);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        client c = client_open(&w, w.port);
        const char *got = client_ask(&c, cases[i].bytes);
        if (cases[i].status ? status_of(got) != cases[i].status : status_of(got) < 400)
            fail_msg("case %zu: %d instead of %d: %s\n%s", i, status_of(got), cases[i].status, cases[i].bytes, got);
        if (count_of(got, "x-request-id: ") != 1 || !strstr(got, "{\"openai\":"))
            fail_msg("case %zu: not one error of the dialect: %s", i, got);
        assert_false(c.reset);
        client_close(&c);
    }
    assert_int_equal(seen.calls, 0);
    world_close(&w);
}

static void a_refusal_speaks_the_likeliest_dialect(void **state) {
    (void)state;
    world w;
    world_open(&w);
    client c = client_open(&w, w.port);
    const char *got = client_ask(&c, "POST /v1/messages HTTP/1.1\r\nHost : g\r\n\r\n");
    assert_has(got, "{\"anthropic\":400,");
    client_close(&c);
    c = client_open(&w, w.port); /* also when the first line came long before */
    client_send(&c, "POST /v1/messages HTTP/1.1\r\nX-Request-Id: mine\r\n", 48);
    got = client_ask(&c, "Host : g\r\n\r\n");
    assert_has(got, "{\"anthropic\":400,");
    assert_has(got, "x-request-id: mine\r\n");
    client_close(&c);
    c = client_open(&w, w.port);
    got = client_ask(&c, "POST /v1/unknown HTTP/1.1\r\nX-Api-Key: k\r\nHost: g\r\nAccept: *\r\nContent-Length: 0\r\n\r\n");
    assert_has(got, "{\"anthropic\":404,");
    client_close(&c);
    world_close(&w);
}

/* What asks for a head gets no body, or the next answer would begin with it. */
static void a_refused_head_has_no_body(void **state) {
    (void)state;
    world w;
    world_open(&w);
    static const char *const first[] = {"HEAD /nowhere HTTP/1.1\r\nHost: g\r\n\r\n", "HEAD " CHAT " HTTP/1.1\r\nHost: g\r\n\r\n",
                                        "HEAD /healthz HTTP/1.1\r\nHost: g\r\nConnection: a b\r\n\r\n"};
    for (size_t i = 0; i < 3; i++) {
        client c = client_open(&w, w.port);
        const char *got = client_ask(&c, first[i]);
        assert_true(status_of(got) >= 400);
        assert_lacks(got, "{");
        assert_lacks(got, "content-length: 0");
        if (i < 2)
            assert_int_equal(status_of(client_ask(&c, "GET /healthz HTTP/1.1\r\nHost: g\r\n\r\n")), 200);
        client_close(&c);
    }
    world_close(&w);
}

static void giant_heads_are_refused(void **state) {
    (void)state;
    world w;
    world_open(&w);
    yz_buf text = {0};
    yz_buf_lit(&text, "GET /healthz HTTP/1.1\r\nHost: g\r\n");
    for (int i = 0; i < 4000; i++)
        yz_buf_printf(&text, "x-%d: %0500d\r\n", i, i);
    client c = client_open(&w, w.port);
    client_send(&c, text.p, text.n);
    assert_int_equal(status_of(client_answer(&c)), 431);
    client_close(&c);
    text.n = 0;
    yz_buf_lit(&text, "GET /");
    for (int i = 0; i < 10000; i++)
        yz_buf_lit(&text, "a");
    yz_buf_lit(&text, " HTTP/1.1\r\nHost: g\r\n\r\n");
    c = client_open(&w, w.port);
    client_send(&c, text.p, text.n);
    assert_int_equal(status_of(client_answer(&c)), 414);
    client_close(&c);
    yz_buf_free(&text);
    world_close(&w);
}

/* After a refusal nothing that follows is taken for a request, and the answer is not lost to a reset. */
static void what_follows_a_refusal_is_forgotten(void **state) {
    (void)state;
    world w;
    world_open(&w);
    client c = client_open(&w, w.port);
    yz_buf text = {0};
    yz_buf_lit(&text, "GET /healthz HTTP/1.1\r\nHost : g\r\n\r\n");
    for (int i = 0; i < 1000; i++)
        yz_buf_lit(&text, "GET /healthz HTTP/1.1\r\nHost: g\r\n\r\n");
    client_send(&c, text.p, text.n);
    const char *got = client_answer(&c);
    assert_int_equal(status_of(got), 400);
    assert_int_equal(count_of(got, "HTTP/1.1 "), 1);
    assert_has(got, "connection: close\r\n");
    assert_false(c.reset);
    client_close(&c);
    /* one that goes on and on is cut off at the bound */
    c = client_open(&w, w.port);
    client_send(&c, text.p, 40);
    for (int i = 0; i < 40 && !c.reset; i++) {
        client_send(&c, text.p, text.n);
        client_read(&c);
    }
    world_settle(&w, 5);
    assert_int_equal(w.worker.server->connections.n, 0);
    client_close(&c);
    yz_buf_free(&text);
    world_close(&w);
}

/* ---- time and size --------------------------------------------------------------------------------------------------- */

static void slow_clients_are_cut_off(void **state) {
    (void)state;
    world w;
    world_open(&w);
    client silent = client_open(&w, w.port), head = client_open(&w, w.port), body = client_open(&w, w.port), drip = client_open(&w, w.port);
    client_send(&head, "GET /healthz HTTP/1.1\r\nHo", 25);
    const char *start = "POST " CHAT " HTTP/1.1\r\nHost: g\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n{";
    client_send(&body, start, strlen(start));
    client_send(&drip, start, strlen(start));
    for (int s = 0; s < 9; s++) { /* a byte a second keeps no head alive, nor a body */
        world_skip(&w, 1000);
        client_send(&head, "s", 1);
        client_send(&drip, " ", 1);
    }
    assert_has(client_answer(&drip), "HTTP/1.1 408 ");
    assert_has(drip.got.p, "too slowly");
    world_skip(&w, 1500);
    assert_has(client_answer(&head), "HTTP/1.1 408 ");
    assert_has(head.got.p, "x-yuzui-error: request_timeout\r\n");
    world_skip(&w, 11000);
    assert_has(client_answer(&body), "HTTP/1.1 408 ");
    assert_int_equal(client_answer(&silent)[0], 0);
    assert_false(silent.closed);
    world_skip(&w, 40000);
    client_answer(&silent);
    assert_true(silent.closed);
    client_close(&silent), client_close(&head), client_close(&body), client_close(&drip);
    assert_int_equal(w.worker.server->connections.n, 0);
    world_close(&w);
}

/* A fast beginning buys no right to hold what it brought for hours. */
static void a_body_that_becomes_slow_is_cut_off(void **state) {
    (void)state;
    world w;
    world_open(&w);
    client c = client_open(&w, w.port);
    const char *start = "POST " CHAT " HTTP/1.1\r\nHost: g\r\nContent-Type: application/json\r\nContent-Length: 90000\r\n\r\n";
    static char blanks[60000];
    memset(blanks, ' ', sizeof(blanks));
    client_send(&c, start, strlen(start));
    client_send(&c, blanks, sizeof(blanks));
    for (int s = 0; s < 15; s++) { /* a pause that is allowed */
        world_skip(&w, 1000);
        client_send(&c, " ", 1);
    }
    assert_int_equal(client_answer(&c)[0], 0);
    for (int s = 0; s < 30; s++) {
        world_skip(&w, 1000);
        client_send(&c, " ", 1);
    }
    assert_has(client_answer(&c), "HTTP/1.1 408 ");
    client_close(&c);
    world_close(&w);
}

/* Large bodies of all clients together are bounded; small ones are taken all the same. */
static void too_many_large_bodies(void **state) {
    (void)state;
    world w;
    world_prepare(&w);
    w.settings.limits.http.body = 150000;
    w.settings.limits.bodies = 200000;
    world_start(&w);
    static char blanks[150000];
    memset(blanks, ' ', sizeof(blanks));
    const char *start = "POST " CHAT " HTTP/1.1\r\nHost: g\r\nContent-Type: application/json\r\nContent-Length: 120000\r\n";
    client first = client_open(&w, w.port), c = client_open(&w, w.port), promise[4];
    for (size_t i = 0; i < 4; i++) { /* promises count for nothing */
        promise[i] = client_open(&w, w.port);
        client_send(&promise[i], start, strlen(start));
        client_send(&promise[i], "\r\n{", 3);
    }
    client_send(&first, start, strlen(start));
    client_send(&first, "\r\n", 2);
    client_send(&first, blanks, 100000);
    client_send(&c, start, strlen(start));
    const char *got = client_ask(&c, "Expect: 100-continue\r\n\r\n");
    assert_has(got, "HTTP/1.1 503 ");
    assert_has(got, "retry-after: 1\r\n");
    assert_has(got, "x-yuzui-error: bodies_full\r\n");
    assert_has(got, "connection: close\r\n");
    client_close(&c);
    c = client_open(&w, w.port);
    assert_int_equal(status_of(client_ask(&c, post(CHAT, "", "{\"model\":\"doc\"}"))), 200);
    client_send(&c, start, strlen(start) - strlen("Content-Length: 120000\r\n")); /* of unknown length: once it is no small one */
    got = client_ask(&c, "Transfer-Encoding: chunked\r\n\r\n1d4c0\r\n{");
    assert_int_equal(got[0], 0);
    client_send(&c, blanks, 100000);
    assert_has(client_answer(&c), "HTTP/1.1 503 ");
    client_close(&c);
    client_send(&first, blanks, 19985); /* what was begun is finished */
    assert_int_equal(status_of(client_ask(&first, "{\"model\":\"doc\"}")), 200);
    for (int i = 0; i < 3; i++) { /* and leaves room */
        c = client_open(&w, w.port);
        client_send(&c, start, strlen(start));
        client_send(&c, "\r\n", 2);
        client_send(&c, blanks, 120000 - 15);
        assert_int_equal(status_of(client_ask(&c, "{\"model\":\"doc\"}")), 200);
        client_close(&c);
    }
    client_close(&first);
    for (size_t i = 0; i < 4; i++)
        client_close(&promise[i]);
    world_close(&w);
}

static void a_client_that_takes_nothing_is_cut_off(void **state) {
    (void)state;
    world w;
    world_open(&w);
    client c = client_open(&w, w.port);
    const char *text = post(CHAT, "", "{\"model\":\"big\"}");
    client_send(&c, text, strlen(text));
    world_settle(&w, 20);
    assert_true(seen.paused > 0);
    assert_true(seen.sent < (32u << 20)); /* the call stopped when the client did */
    size_t sent = seen.sent;
    world_skip(&w, 20000);
    assert_int_equal(seen.sent, sent);
    assert_int_equal(seen.cancelled, 0);
    world_skip(&w, 12000);
    assert_int_equal(seen.cancelled, 1);
    client_close(&c);
    world_close(&w);
}

static void a_slow_reader_gets_all_of_it(void **state) {
    (void)state;
    world w;
    world_open(&w);
    client c = client_open(&w, w.port);
    const char *text = post(CHAT, "", "{\"model\":\"big\"}");
    client_send(&c, text, strlen(text));
    size_t total = c.got.n, most = 0;
    while (total < (64u << 20) && !c.closed) {
        world_settle(&w, 1);
        total += client_read(&c);
        c.got.n = 0;
        if (w.worker.server->connections.list && yz_stream_queued(w.worker.server->connections.list->out.stream) > most)
            most = yz_stream_queued(w.worker.server->connections.list->out.stream);
    }
    if (total <= (64u << 20))
        fail_msg("%zu bytes of %zu sent, closed %d, paused %u", total, seen.sent, c.closed, seen.paused);
    assert_true(most < 2 * YZ_STREAM_HIGH);
    assert_int_equal(seen.cancelled, 0);
    client_close(&c);
    world_close(&w);
}

static void one_connection_too_many(void **state) {
    (void)state;
    world w;
    world_prepare(&w);
    w.settings.limits.connections = 2;
    world_start(&w);
    client a = client_open(&w, w.port), b = client_open(&w, w.port), c = client_open(&w, w.port), silent = client_open(&w, w.port);
    const char *got = client_ask(&c, post("/v1/messages", "x-request-id: mine\r\n", "{}"));
    assert_has(got, "HTTP/1.1 503 ");
    assert_has(got, "{\"anthropic\":503,");
    assert_has(got, "x-yuzui-error: connections_full\r\n");
    assert_has(got, "retry-after: 1\r\n");
    assert_has(got, "x-request-id: mine\r\n");
    assert_true(c.closed);
    world_skip(&w, 3000);
    assert_has(client_answer(&silent), "HTTP/1.1 503 ");
    assert_true(silent.closed);
    client_close(&silent);
    assert_int_equal(status_of(client_ask(&a, "GET /healthz HTTP/1.1\r\nHost: g\r\n\r\n")), 200);
    client_close(&b);
    client_close(&c);
    world_settle(&w, 3);
    c = client_open(&w, w.port);
    assert_int_equal(status_of(client_ask(&c, "GET /healthz HTTP/1.1\r\nHost: g\r\n\r\n")), 200);
    client_close(&c);
    client_close(&a);
    world_close(&w);
}

static void far_too_many_connections(void **state) {
    (void)state;
    world w;
    world_prepare(&w);
    w.settings.limits.connections = 1;
    world_start(&w);
    client crowd[80];
    size_t closed = 0;
    for (size_t i = 0; i < 80; i++)
        crowd[i] = client_open(&w, w.port);
    for (size_t i = 0; i < 80; i++)
        closed += client_read(&crowd[i]) == 0 && crowd[i].closed;
    assert_int_equal(closed, 15); /* the others wait for an answer */
    assert_int_equal(status_of(client_ask(&crowd[0], "GET /healthz HTTP/1.1\r\nHost: g\r\n\r\n")), 200);
    assert_int_equal(status_of(client_ask(&crowd[1], "GET /healthz HTTP/1.1\r\nHost: g\r\n\r\n")), 503);
    for (size_t i = 0; i < 80; i++)
        client_close(&crowd[i]);
    world_close(&w);
}

static void an_idle_connection_holds_no_parser(void **state) {
    (void)state;
    world w;
    world_open(&w);
    client c = client_open(&w, w.port);
    assert_null(w.worker.server->connections.list->parser);
    assert_int_equal(status_of(client_ask(&c, "GET /healthz HTTP/1.1\r\nHost: g\r\n\r\n")), 200);
    assert_non_null(w.worker.server->connections.list->parser);
    world_skip(&w, 2000);
    assert_null(w.worker.server->connections.list->parser);
    assert_int_equal(status_of(client_ask(&c, "GET /healthz HTTP/1.1\r\nHost: g\r\n\r\n")), 200);
    client_close(&c);
    world_close(&w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hostile_requests_are_refused),
        cmocka_unit_test(a_refusal_speaks_the_likeliest_dialect),
        cmocka_unit_test(a_refused_head_has_no_body),
        cmocka_unit_test(giant_heads_are_refused),
        cmocka_unit_test(what_follows_a_refusal_is_forgotten),
        cmocka_unit_test(slow_clients_are_cut_off),
        cmocka_unit_test(a_body_that_becomes_slow_is_cut_off),
        cmocka_unit_test(too_many_large_bodies),
        cmocka_unit_test(a_client_that_takes_nothing_is_cut_off),
        cmocka_unit_test(a_slow_reader_gets_all_of_it),
        cmocka_unit_test(one_connection_too_many),
        cmocka_unit_test(far_too_many_connections),
        cmocka_unit_test(an_idle_connection_holds_no_parser),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
