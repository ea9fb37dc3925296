/* test_server.c: the server against clients that behave, that do not, and that leave. */
#include "server_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define assert_has(text, part)                                                                                                             \
    do {                                                                                                                                   \
        if (!strstr(text, part))                                                                                                           \
            print_error("not in answer: %s\nanswer: %s\n", part, text);                                                                    \
        assert_non_null(strstr(text, part));                                                                                               \
    } while (0)
#define assert_lacks(text, part) assert_null(strstr(text, part))

/* Stand-ins for config/: the strong ones win where they are linked. */
__attribute__((weak)) yz_share *yz_share_ref(yz_share *share) {
    share->refs++;
    return share;
}
__attribute__((weak)) void yz_share_unref(yz_share *share) { share->refs--; }
__attribute__((weak)) bool yz_key_allows(const yz_key *key, yz_str model) {
    (void)key;
    return model.n > 0;
}
__attribute__((weak)) void yz_control_reload(yz_worker *worker, void (*done)(void *arg, bool ok, yz_str text), void *arg) {
    (void)worker;
    control.done = done;
    control.arg = arg;
}
__attribute__((weak)) const yz_plugin yz_policy_plugin = {.name = "policy"};
__attribute__((weak)) void yz_control_wake(void) { control.wakes++; }

/* ---- answers -------------------------------------------------------------------------------------------------------- */

static void a_document_is_forwarded(void **state) {
    (void)state;
    world w;
    world_open(&w);
    client c = client_open(&w, w.port);
    const char *got = client_ask(
        &c, post(CHAT, "Authorization: Bearer sk-1\r\nX-Request-Id: abc-1\r\nCookie: a=b\r\nX-Mine: 7\r\n", "{\"model\":\"doc\"}"));
    assert_int_equal(status_of(got), 200);
    assert_has(got, "content-length: 11\r\n");
    assert_has(got, "content-type: application/json\r\n");
    assert_has(got, "x-request-id: abc-1\r\n");
    assert_has(got, "x-yuzui-cache: miss\r\n");
    assert_lacks(got, "x-yuzui-key");
    assert_has(got, "\r\n\r\n{\"t\":\"hey\"}");
    assert_lacks(got, "connection: close");
    assert_string_equal(seen.credential, "sk-1");
    assert_string_equal(seen.id, "abc-1");
    assert_has(seen.headers, "x-mine=7;");
    assert_lacks(seen.headers, "sk-1");
    assert_lacks(seen.headers, "cookie");
    assert_string_equal(seen.body, "{\"model\":\"doc\"}");
    assert_false(c.closed);
    /* the same connection again */
    got = client_ask(&c, post(CHAT, "", "{\"model\":\"opaque\"}"));
    assert_has(got, "transfer-encoding: chunked\r\n");
    assert_has(got, "5\r\n{\"t\":\r\n6\r\n\"hey\"}\r\n0\r\n\r\n");
    client_close(&c);
    world_close(&w);
}

static void a_stream_is_forwarded(void **state) {
    (void)state;
    world w;
    world_open(&w);
    client c = client_open(&w, w.port);
    const char *got = client_ask(&c, post(CHAT, "", "{\"model\":\"stream\",\"stream\":true}"));
    assert_has(got, "content-type: text/event-stream\r\n");
    assert_has(got, "cache-control: no-cache\r\nx-accel-buffering: no\r\n");
    assert_has(got, "13\r\ndata: {\"t\":\"one\"}\n\n\r\n");
    assert_has(got, "\r\n21\r\ndata: {\"t\":\"two\"}\n\ndata: [DONE]\n\n\r\n0\r\n\r\n");
    client_close(&c);
    world_close(&w);
}

static void forms_and_dialects_are_translated(void **state) {
    (void)state;
    world w;
    world_open(&w);
    client c = client_open(&w, w.port);
    const char *got = client_ask(&c, post(CHAT, "", "{\"model\":\"stream\"}"));
    assert_has(got, "content-length: 14\r\n"); /* held until it was whole */
    assert_has(got, "\r\n\r\n{\"t\":\"onetwo\"}");
    got = client_ask(&c, post(CHAT, "", "{\"model\":\"doc\",\"stream\":true}"));
    assert_has(got, "text/event-stream");
    assert_has(got, "data: {\"t\":\"hey\"}\n\ndata: [DONE]\n\n\r\n0\r\n\r\n");
    got = client_ask(&c, post("/v1/messages", "", "{\"model\":\"doc\"}"));
    assert_has(got, "\r\n\r\n{\"a\":\"hey\"}");
    got = client_ask(&c, post("/v1/messages", "", "{\"model\":\"stream\",\"stream\":true}"));
    assert_has(got, "data: {\"a\":\"one\"}\n\n");
    assert_has(got, "data: [DONE]\n\n\r\n0\r\n\r\n");
    client_close(&c);
    world_close(&w);
}

static void failures_after_the_head(void **state) {
    (void)state;
    world w;
    world_open(&w);
    client c = client_open(&w, w.port);
    const char *got = client_ask(&c, post(CHAT, "", "{\"model\":\"stream-breaks\",\"stream\":true}"));
    assert_int_equal(status_of(got), 200);
    assert_has(got, "event: error\ndata: {\"t\":\"it broke\"}\n\n\r\n0\r\n\r\n");
    assert_true(!c.closed); /* well framed: the next request may follow */
    client_close(&c);
    /* inside a translated stream: what follows the error is not sent, the call is cancelled */
    c = client_open(&w, w.port);
    got = client_ask(&c, post("/v1/messages", "", "{\"model\":\"stream-fault\",\"stream\":true}"));
    assert_has(got, "event: error\ndata: {\"a\":\"inside\"}\n\n\r\n0\r\n\r\n");
    assert_lacks(got, "never");
    assert_int_equal(seen.cancelled, 1);
    client_close(&c);
    /* in a held document it still gets a status */
    c = client_open(&w, w.port);
    got = client_ask(&c, post(CHAT, "", "{\"model\":\"stream-fault\"}"));
    assert_int_equal(status_of(got), 503);
    assert_has(got, "\"message\":\"inside\"");
    got = client_ask(&c, post("/v1/messages", "", "{\"model\":\"garbage\"}"));
    assert_int_equal(status_of(got), 502);
    assert_has(got, "x-yuzui-error: upstream_broken");
    client_close(&c);
    /* a forwarded document is cut: no last chunk, or too few bytes */
    c = client_open(&w, w.port);
    got = client_ask(&c, post(CHAT, "", "{\"model\":\"doc-breaks\"}"));
    assert_int_equal(status_of(got), 200);
    assert_lacks(got, "\r\n0\r\n\r\n");
    assert_true(c.closed);
    client_close(&c);
    c = client_open(&w, w.port);
    got = client_ask(&c, post(CHAT, "", "{\"model\":\"short\"}"));
    assert_has(got, "content-length: 11\r\n");
    assert_true(c.closed);
    client_close(&c);
    world_close(&w);
}

static void errors_speak_the_clients_dialect(void **state) {
    (void)state;
    world w;
    world_open(&w);
    client c = client_open(&w, w.port);
    const char *got = client_ask(&c, post(CHAT, "", "{\"model\":\"limit\"}"));
    assert_int_equal(status_of(got), 429);
    assert_has(got, "retry-after: 2\r\n");
    assert_has(got, "x-yuzui-error: rate_limited\r\n");
    assert_has(got, "{\"openai\":429,");
    got = client_ask(&c, post("/v1/messages", "", "{\"model\":\"limit\"}"));
    assert_has(got, "{\"anthropic\":429,");
    got = client_ask(&c, post("/v1/messages", "", "{\"model\":5}"));
    assert_has(got, "{\"anthropic\":400,");
    assert_has(got, "model is missing");
    got = client_ask(&c, "GET /nowhere HTTP/1.1\r\nHost: g\r\nanthropic-version: 2023-06-01\r\n\r\n");
    assert_has(got, "{\"anthropic\":404,");
    assert_has(got, "POST /v1/messages");
    assert_has(got, "GET /healthz");
    got = client_ask(&c, "GET /v1/messages HTTP/1.1\r\nHost: g\r\n\r\n");
    assert_int_equal(status_of(got), 405);
    assert_has(got, "allow: POST, OPTIONS\r\n");
    assert_false(c.closed);
    client_close(&c);
    world_close(&w);
}

static void models_and_probes(void **state) {
    (void)state;
    world w;
    world_open(&w);
    client c = client_open(&w, w.port);
    const char *got = client_ask(&c, "GET /v1/models HTTP/1.1\r\nHost: g\r\n\r\n");
    assert_has(got, "\r\n\r\n[doc,stream]");
    got = client_ask(&c, "HEAD /v1/models HTTP/1.1\r\nHost: g\r\n\r\n");
    assert_has(got, "content-length: 12\r\n");
    assert_lacks(got, "[doc");
    got = client_ask(&c, "GET /healthz HTTP/1.1\r\nHost: g\r\n\r\nGET /readyz HTTP/1.1\r\nHost: g\r\n\r\n");
    assert_has(got, "{\"status\":\"ok\"}");
    assert_has(got, "{\"status\":\"ready\"}");
    assert_int_equal(seen.calls, 0);
    client_close(&c);
    world_close(&w);
}

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
        {"GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET /a%00b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"BREW /healthz HTTP/1.1\r\nHost: a\r\n\r\n", 0},
        {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello tls", 400},
        {"GET /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", 400},
        {"POST " CHAT " HTTP/1.1\r\nHost: g\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}", 415},
        {"POST " CHAT " HTTP/1.1\r\nHost: g\r\nContent-Length: 2\r\n\r\n{}", 415},
        {"POST " CHAT " HTTP/1.1\r\nHost: g\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
         415},
        {"POST " CHAT " HTTP/1.1\r\nHost: g\r\nContent-Type: application/json\r\nContent-Length: 0\r\n\r\n", 400},
        {"POST " CHAT " HTTP/1.1\r\nHost: g\r\nContent-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n", 413},
        {"POST " CHAT " HTTP/1.1\r\nHost: g\r\nContent-Type: application/json\r\nExpect: 200-maybe\r\nContent-Length: 2\r\n\r\n{}", 417},
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
    assert_int_equal(w.worker.server->n_connections, 0);
    client_close(&c);
    yz_buf_free(&text);
    world_close(&w);
}

/* ---- order, splits, early ends --------------------------------------------------------------------------------------- */

static void pipelined_requests_are_answered_in_order(void **state) {
    (void)state;
    world w;
    world_open(&w);
    client c = client_open(&w, w.port);
    yz_buf text = {0};
    static const char *const models[] = {"stream", "doc", "limit", "opaque"};
    for (int i = 0; i < 200; i++) {
        char headers[64], body[64];
        snprintf(headers, sizeof(headers), "X-Request-Id: n%d.\r\n", i);
        snprintf(body, sizeof(body), "{\"model\":\"%s\"}", models[i % 4]);
        yz_buf_lit(&text, post(CHAT, headers, body));
    }
    client_send(&c, text.p, text.n);
    const char *got = client_answer(&c);
    assert_int_equal(count_of(got, "HTTP/1.1 "), 200);
    for (int i = 0; i < 200; i++) {
        char id[32];
        snprintf(id, sizeof(id), "x-request-id: n%d.\r\n", i);
        got = strstr(got, id);
        assert_non_null(got);
    }
    assert_int_equal(seen.calls, 200);
    client_close(&c);
    yz_buf_free(&text);
    world_close(&w);
}

static void every_split_gives_the_same_answer(void **state) {
    (void)state;
    world w;
    world_open(&w);
    static const char *const requests[] = {
        "POST " CHAT
        " HTTP/1.1\r\nHost: g\r\nContent-Type: application/json\r\nContent-Length: 15\r\nX-Request-Id: r\r\n\r\n{\"model\":\"doc\"}",
        "POST " CHAT " HTTP/1.1\r\nHost: g\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nX-Request-Id: r\r\n\r\n"
        "5\r\n{\"mod\r\na\r\nel\":\"doc\"}\r\n0\r\n\r\n"};
    for (size_t k = 0; k < 2; k++) {
        const char *text = requests[k];
        size_t n = strlen(text);
        for (size_t at = 1; at < n; at++) {
            client c = client_open(&w, w.port);
            client_send(&c, text, at);
            client_send(&c, text + at, n - at);
            const char *got = client_answer(&c);
            assert_int_equal(status_of(got), 200);
            assert_has(got, "\r\n\r\n{\"t\":\"hey\"}");
            client_close(&c);
        }
        client c = client_open(&w, w.port);
        for (size_t i = 0; i < n; i++)
            client_send(&c, text + i, 1);
        assert_int_equal(status_of(client_answer(&c)), 200);
        client_close(&c);
    }
    world_close(&w);
}

/* Long bodies are read into their place; whatever the pieces, what arrives is what was sent, and the next request is found. */
static void long_bodies_arrive_whole(void **state) {
    (void)state;
    static const size_t sizes[] = {5000, 64 * 1024, 70000, 300000, 1024 * 1024, 3000000};
    world w;
    world_open(&w);
    yz_rng rng = {{1, 2, 3, 4}};
    for (int chunked = 0; chunked < 2; chunked++)
        for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
            yz_buf body = {0}, text = {0};
            yz_buf_lit(&body, "{\"model\":\"doc\",\"x\":\"");
            while (body.n < sizes[i])
                yz_buf_char(&body, (char)('a' + yz_rng_next(&rng) % 26));
            yz_buf_lit(&body, "\"}");
            yz_buf_lit(&text, "POST " CHAT " HTTP/1.1\r\nHost: g\r\nContent-Type: application/json\r\n");
            if (chunked)
                yz_buf_printf(&text, "Transfer-Encoding: chunked\r\n\r\n%zx\r\n", body.n);
            else
                yz_buf_printf(&text, "Content-Length: %zu\r\n\r\n", body.n);
            yz_buf_str(&text, yz_buf_view(&body));
            yz_buf_lit(&text, chunked ? "\r\n0\r\n\r\n" : "");
            yz_buf_lit(&text, "GET /healthz HTTP/1.1\r\nHost: g\r\n\r\n");
            client c = client_open(&w, w.port);
            for (size_t at = 0; at < text.n;) {
                size_t n = 1 + yz_rng_next(&rng) % 100000;
                n = n < text.n - at ? n : text.n - at;
                client_send(&c, text.p + at, n);
                at += n;
            }
            const char *got = client_answer(&c);
            assert_int_equal(count_of(got, "HTTP/1.1 200 OK"), 2);
            assert_int_equal(seen.body_n, body.n);
            assert_true(seen.sum == sum_of(body.p, body.n));
            client_close(&c);
            yz_buf_free(&body);
            yz_buf_free(&text);
        }
    world_close(&w);
}

static void a_client_may_leave_at_every_byte(void **state) {
    (void)state;
    world w;
    world_open(&w);
    const char *text = post(CHAT, "", "{\"model\":\"stream\",\"stream\":true}");
    size_t n = strlen(text);
    for (size_t at = 0; at <= n; at++) {
        client c = client_open(&w, w.port);
        client_send(&c, text, at);
        if (at % 3 == 0) { /* with a reset */
            struct linger hard = {1, 0};
            setsockopt(c.fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
        }
        client_close(&c);
        world_settle(&w, 3);
        assert_int_equal(yz_call_count(&w.worker), 0);
    }
    world_skip(&w, 3000);
    assert_int_equal(w.worker.server->n_connections, 0);
    world_close(&w);
}

static void a_client_that_leaves_cancels_its_call(void **state) {
    (void)state;
    world w;
    world_open(&w);
    client c = client_open(&w, w.port);
    const char *text = post(CHAT, "", "{\"model\":\"wait\"}");
    client_send(&c, text, strlen(text));
    assert_int_equal(yz_call_count(&w.worker), 1);
    client_close(&c);
    assert_int_equal(seen.cancelled, 1);
    assert_int_equal(yz_call_count(&w.worker), 0);
    assert_int_equal(atomic_load(&w.worker.counters.cancelled), 1);
    world_close(&w);
}

static void a_request_cut_short_is_told_so(void **state) {
    (void)state;
    world w;
    world_open(&w);
    client c = client_open(&w, w.port);
    client_send(&c, "POST " CHAT " HTTP/1.1\r\nHost: g\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{", 98);
    shutdown(c.fd, SHUT_WR);
    const char *got = client_answer(&c);
    assert_int_equal(status_of(got), 400);
    assert_has(got, "closed before the request was complete");
    assert_true(c.closed);
    client_close(&c);
    assert_int_equal(seen.calls, 0);
    world_close(&w);
}

static void expect_continue(void **state) {
    (void)state;
    world w;
    world_open(&w);
    client c = client_open(&w, w.port);
    const char *got = client_ask(
        &c, "POST " CHAT " HTTP/1.1\r\nHost: g\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: 15\r\n\r\n");
    assert_string_equal(got, "HTTP/1.1 100 Continue\r\n\r\n");
    got = client_ask(&c, "{\"model\":\"doc\"}");
    assert_int_equal(status_of(got), 200);
    /* not for a request that is refused anyway */
    got = client_ask(&c, "POST /nowhere HTTP/1.1\r\nHost: g\r\nExpect: 100-continue\r\nContent-Length: 15\r\n\r\n");
    assert_int_equal(status_of(got), 404);
    assert_true(c.closed);
    client_close(&c);
    world_close(&w);
}

static void http_1_0(void **state) {
    (void)state;
    world w;
    world_open(&w);
    client c = client_open(&w, w.port);
    const char *got = client_ask(&c, "GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    assert_has(got, "connection: keep-alive\r\n");
    assert_false(c.closed);
    got = client_ask(&c, "POST " CHAT " HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: 18\r\n\r\n{\"model\":\"opaque\"}");
    assert_lacks(got, "chunked");
    assert_has(got, "connection: close\r\n");
    assert_has(got, "\r\n\r\n{\"t\":\"hey\"}");
    assert_true(c.closed);
    client_close(&c);
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
    world_skip(&w, 11000);
    assert_has(client_answer(&body), "HTTP/1.1 408 ");
    assert_int_equal(client_answer(&silent)[0], 0);
    assert_false(silent.closed);
    world_skip(&w, 40000);
    client_answer(&silent);
    assert_true(silent.closed);
    client_close(&silent), client_close(&head), client_close(&body), client_close(&drip);
    assert_int_equal(w.worker.server->n_connections, 0);
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
        if (w.worker.server->connections && yz_stream_queued(w.worker.server->connections->stream) > most)
            most = yz_stream_queued(w.worker.server->connections->stream);
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
    client a = client_open(&w, w.port), b = client_open(&w, w.port), c = client_open(&w, w.port);
    assert_has(client_answer(&c), "HTTP/1.1 503 ");
    assert_true(c.closed);
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

static void an_idle_connection_holds_no_parser(void **state) {
    (void)state;
    world w;
    world_open(&w);
    client c = client_open(&w, w.port);
    assert_null(w.worker.server->connections->parser);
    assert_int_equal(status_of(client_ask(&c, "GET /healthz HTTP/1.1\r\nHost: g\r\n\r\n")), 200);
    assert_non_null(w.worker.server->connections->parser);
    world_skip(&w, 2000);
    assert_null(w.worker.server->connections->parser);
    assert_int_equal(status_of(client_ask(&c, "GET /healthz HTTP/1.1\r\nHost: g\r\n\r\n")), 200);
    client_close(&c);
    world_close(&w);
}

/* ---- the rest -------------------------------------------------------------------------------------------------------- */

static void cors(void **state) {
    (void)state;
    static const yz_str origins[] = {{"https://app.example", 19}}, headers[] = {{"*", 1}};
    world w;
    world_prepare(&w);
    w.settings.cors = (yz_cors_settings){.on = true, .origins = {origins, 1}, .headers = {headers, 1}, .max_age = 600000};
    world_start(&w);
    client c = client_open(&w, w.port);
    const char *got =
        client_ask(&c, "OPTIONS " CHAT " HTTP/1.1\r\nHost: g\r\nOrigin: https://app.example\r\nAccess-Control-Request-Method: POST\r\n"
                       "Access-Control-Request-Headers: authorization\r\n\r\n");
    assert_int_equal(status_of(got), 204);
    assert_has(got, "access-control-allow-origin: https://app.example\r\n");
    assert_has(got, "access-control-allow-methods: POST, OPTIONS\r\n");
    assert_has(got, "access-control-allow-headers: authorization\r\n");
    assert_has(got, "access-control-max-age: 600\r\n");
    assert_lacks(got, "content-length");
    got = client_ask(&c, post(CHAT, "Origin: https://app.example\r\n", "{\"model\":\"doc\"}"));
    assert_has(got, "access-control-allow-origin: https://app.example\r\n");
    got = client_ask(&c, post(CHAT, "Origin: https://other.example\r\n", "{\"model\":\"doc\"}"));
    assert_lacks(got, "access-control");
    got = client_ask(&c, "OPTIONS * HTTP/1.1\r\nHost: g\r\n\r\n");
    assert_has(got, "allow: GET, HEAD, POST, OPTIONS\r\n");
    client_close(&c);
    world_close(&w);
}

static void the_admin_listener(void **state) {
    (void)state;
    setenv("YUZUI_TEST_CLOCK", "1", 1);
    world w;
    world_open(&w);
    client c = client_open(&w, w.admin_port);
    const char *got = client_ask(&c, "GET /status HTTP/1.1\r\nHost: 127.0.0.1:8081\r\n\r\n");
    assert_has(got, "\"generation\":4,");
    assert_has(got, "\"in_flight\":1,");
    assert_has(got, "\"begun\":1,");
    got = client_ask(&c, "GET /status HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: http://page.example\r\n\r\n");
    assert_int_equal(status_of(got), 403);
    got = client_ask(&c, "GET /status HTTP/1.1\r\nHost: rebound.example\r\n\r\n");
    assert_int_equal(status_of(got), 403);
    got = client_ask(&c, "GET /readyz HTTP/1.1\r\nHost: probe.example\r\n\r\n");
    assert_int_equal(status_of(got), 200);
    got = client_ask(&c, post(CHAT, "", "{\"model\":\"doc\"}"));
    assert_int_equal(status_of(got), 404);
    client_close(&c);
    c = client_open(&w, w.admin_port);
    int64_t before = yz_clock_ms();
    got = client_ask(&c, "POST /test/skip?ms=5000 HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n\r\n");
    assert_int_equal(status_of(got), 200);
    assert_true(yz_clock_ms() - before >= 5000);
    assert_int_equal(control.wakes, 1);
    got = client_ask(&c, "POST /test/skip?ms=-5 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
    assert_int_equal(status_of(got), 400);
    /* reload: the answer waits for the control thread */
    got = client_ask(&c, "POST /reload HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
    assert_int_equal(got[0], 0);
    control.done(control.arg, false, YZ_STR("yuzui.lua:3: error: no \"such\" thing\n"));
    got = client_answer(&c);
    assert_int_equal(status_of(got), 422);
    assert_has(got, "{\"ok\":false,\"text\":\"yuzui.lua:3: error: no \\\"such\\\" thing\\n\"}");
    /* one that leaves meanwhile */
    client_ask(&c, "POST /reload HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
    client_close(&c);
    control.done(control.arg, true, YZ_STR("generation 5"));
    /* the ordinary listener knows nothing of all this */
    c = client_open(&w, w.port);
    assert_int_equal(status_of(client_ask(&c, "GET /status HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")), 404);
    client_close(&c);
    world_close(&w);
    unsetenv("YUZUI_TEST_CLOCK");
}

static void an_admin_token(void **state) {
    (void)state;
    world w;
    world_prepare(&w);
    w.settings.admin_token = YZ_STR("open sesame");
    world_start(&w);
    client c = client_open(&w, w.admin_port);
    assert_int_equal(status_of(client_ask(&c, "GET /status HTTP/1.1\r\nHost: a\r\n\r\n")), 401);
    assert_int_equal(status_of(client_ask(&c, "GET /status HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer open\r\n\r\n")), 401);
    assert_int_equal(status_of(client_ask(&c, "GET /status HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer open sesame\r\n\r\n")), 200);
    client_close(&c);
    world_close(&w);
}

static void on_drained(void *arg) { ++*(int *)arg; }

static void a_drain_finishes_what_runs(void **state) {
    (void)state;
    world w;
    world_open(&w);
    client idle = client_open(&w, w.port), busy = client_open(&w, w.port), admin = client_open(&w, w.admin_port);
    const char *text = post(CHAT, "", "{\"model\":\"stream\"}");
    send(busy.fd, text, strlen(text), 0);
    world_turn(&w);
    world_turn(&w);
    assert_int_equal(yz_call_count(&w.worker), 1);
    int drained = 0;
    yz_server_drain(w.worker.server, on_drained, &drained);
    assert_int_equal(drained, 0);
    client_answer(&idle);
    assert_true(idle.closed);
    const char *got = client_ask(&admin, "GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
    assert_int_equal(status_of(got), 503);
    got = client_answer(&busy);
    assert_int_equal(status_of(got), 200);
    assert_has(got, "connection: close\r\n");
    assert_has(got, "{\"t\":\"onetwo\"}");
    client_close(&busy);
    client_close(&idle);
    world_settle(&w, 3);
    assert_int_equal(drained, 1);
    client_close(&admin);
    world_close(&w);
}

static void an_abort_cancels_what_is_left(void **state) {
    (void)state;
    world w;
    world_open(&w);
    client c = client_open(&w, w.port);
    const char *text = post(CHAT, "", "{\"model\":\"wait\"}");
    client_send(&c, text, strlen(text));
    int drained = 0;
    yz_server_drain(w.worker.server, on_drained, &drained);
    world_settle(&w, 3);
    assert_int_equal(drained, 0);
    yz_server_abort(w.worker.server);
    world_settle(&w, 3);
    assert_int_equal(seen.cancelled, 1);
    const char *got = client_answer(&c); /* whoever waits is told */
    assert_int_equal(status_of(got), 503);
    assert_has(got, "shutting down");
    client_close(&c);
    world_settle(&w, 3);
    assert_int_equal(drained, 1);
    world_close(&w);
}

static void listeners_follow_the_settings(void **state) {
    (void)state;
    world w;
    world_open(&w);
    client old = client_open(&w, w.port);
    yz_settings changed = w.settings;
    yz_listen_settings other = {.address = YZ_STR("localhost:0"), .host = YZ_STR("localhost")};
    yz_share next = w.share;
    changed.listens = &other;
    changed.admin = NULL;
    next.settings = &changed;
    next.chain.share = &next;
    w.worker.share = &next;
    unsigned before = w.port;
    yz_server_adopt(w.worker.server);
    w.port = yz_server_port(w.worker.server, false);
    assert_true(w.port != 0 && w.port != before);
    assert_int_equal(yz_server_port(w.worker.server, true), 0);
    client c = client_open(&w, w.port);
    assert_int_equal(status_of(client_ask(&c, "GET /healthz HTTP/1.1\r\nHost: g\r\n\r\n")), 200);
    assert_int_equal(status_of(client_ask(&old, "GET /healthz HTTP/1.1\r\nHost: g\r\n\r\n")), 200); /* connections stay */
    client_close(&c);
    client_close(&old);
    w.worker.share = &w.share;
    world_close(&w);
}

static void the_access_log(void **state) {
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    world w;
    world_prepare(&w);
    w.settings.access_log = true;
    world_start(&w);
    w.worker.server->access.fd = ends[1];
    client c = client_open(&w, w.port);
    client_ask(&c, post(CHAT "?key=sk-secret", "X-Request-Id: r1\r\n", "{\"model\":\"doc\",\"messages\":\"my prompt\"}"));
    client_ask(&c, post(CHAT, "", "{\"model\":\"limit\"}"));
    client_ask(&c, "GET /healthz HTTP/1.1\r\nHost : g\r\n\r\n");
    client_close(&c);
    char line[4096];
    assert_true(read(ends[0], line, sizeof(line)) < 0); /* gathered */
    world_skip(&w, 1500);
    ssize_t n = read(ends[0], line, sizeof(line) - 1);
    assert_true(n > 0);
    line[n] = 0;
    assert_int_equal(count_of(line, "\n"), 3);
    assert_has(line, "\"id\":\"r1\",\"op\":\"chat\",\"asked\":\"doc\",\"status\":200,\"ms\":");
    assert_has(line, "\"bytes\":11,\"input_tokens\":3,\"output_tokens\":5,\"cache\":\"miss\",\"key\":\"nobody\"}\n");
    assert_has(line, "\"status\":429,\"error\":\"rate_limited\"");
    assert_has(line, "\"op\":\"none\",\"status\":400");
    assert_lacks(line, "sk-secret");
    assert_lacks(line, "prompt");
    /* a reader that has stopped does not stop the server */
    fcntl(ends[1], F_SETPIPE_SZ, 4096);
    c = client_open(&w, w.port);
    for (int i = 0; i < 300; i++)
        client_ask(&c, "GET /healthz HTTP/1.1\r\nHost: g\r\n\r\n");
    world_skip(&w, 1500);
    assert_true(w.worker.server->access.dropped > 0);
    w.worker.server->access.dropped = 0;
    client_close(&c);
    world_close(&w);
    close(ends[0]);
    close(ends[1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_document_is_forwarded),
        cmocka_unit_test(a_stream_is_forwarded),
        cmocka_unit_test(forms_and_dialects_are_translated),
        cmocka_unit_test(failures_after_the_head),
        cmocka_unit_test(errors_speak_the_clients_dialect),
        cmocka_unit_test(models_and_probes),
        cmocka_unit_test(hostile_requests_are_refused),
        cmocka_unit_test(giant_heads_are_refused),
        cmocka_unit_test(what_follows_a_refusal_is_forgotten),
        cmocka_unit_test(pipelined_requests_are_answered_in_order),
        cmocka_unit_test(every_split_gives_the_same_answer),
        cmocka_unit_test(long_bodies_arrive_whole),
        cmocka_unit_test(a_client_may_leave_at_every_byte),
        cmocka_unit_test(a_client_that_leaves_cancels_its_call),
        cmocka_unit_test(a_request_cut_short_is_told_so),
        cmocka_unit_test(expect_continue),
        cmocka_unit_test(http_1_0),
        cmocka_unit_test(slow_clients_are_cut_off),
        cmocka_unit_test(a_client_that_takes_nothing_is_cut_off),
        cmocka_unit_test(a_slow_reader_gets_all_of_it),
        cmocka_unit_test(one_connection_too_many),
        cmocka_unit_test(an_idle_connection_holds_no_parser),
        cmocka_unit_test(cors),
        cmocka_unit_test(the_admin_listener),
        cmocka_unit_test(an_admin_token),
        cmocka_unit_test(a_drain_finishes_what_runs),
        cmocka_unit_test(an_abort_cancels_what_is_left),
        cmocka_unit_test(listeners_follow_the_settings),
        cmocka_unit_test(the_access_log),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
