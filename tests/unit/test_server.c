/* test_server.c: answers of every kind, in whatever pieces the request comes, and clients that leave. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "server_world.h"

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

/* Stages and adapters see how it was asked for, but for the credential. */
static void what_was_asked_for_is_seen(void **state) {
    (void)state;
    world w;
    world_open(&w);
    client c = client_open(&w, w.port);
    assert_int_equal(status_of(client_ask(&c, post(CHAT "?a=%20b&key=sk%2d7&c", "", "{\"model\":\"doc\"}"))), 200);
    assert_string_equal(seen.line, "POST " CHAT " a=%20b&c");
    assert_string_equal(seen.credential, "sk-7");
    assert_int_equal(status_of(client_ask(&c, post(CHAT "?key=sk-8", "", "{\"model\":\"doc\"}"))), 200);
    assert_string_equal(seen.line, "POST " CHAT " ");
    assert_int_equal(status_of(client_ask(&c, post("/v1/chat/complet%69ons?monkey=1", "", "{\"model\":\"doc\"}"))), 200);
    assert_string_equal(seen.line, "POST " CHAT " monkey=1");
    assert_string_equal(seen.credential, "");
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
    /* also where a stream was asked for: an error event in a document, or in the place of bytes that were promised, would be read as
     * part of it, and what follows on the connection as well */
    static const char *const models[] = {"{\"model\":\"doc-breaks\",\"stream\":true}", "{\"model\":\"doc-breaks-11\",\"stream\":true}"};
    for (size_t i = 0; i < 2; i++) {
        c = client_open(&w, w.port);
        got = client_ask(&c, post("/v1/embeddings", "", models[i]));
        assert_int_equal(status_of(got), 200);
        assert_lacks(got, "event: error");
        assert_lacks(got, "\r\n0\r\n\r\n");
        assert_true(c.closed);
        client_close(&c);
    }
    c = client_open(&w, w.port);
    got = client_ask(&c, post(CHAT, "", "{\"model\":\"short\"}"));
    assert_has(got, "content-length: 11\r\n");
    assert_true(c.closed);
    client_close(&c);
    world_close(&w);
}

/* A stage that sends more than it said cannot smuggle a second answer onto the connection. */
static void more_than_was_promised_is_not_sent(void **state) {
    (void)state;
    world w;
    world_open(&w);
    client c = client_open(&w, w.port);
    const char *got = client_ask(&c, post(CHAT, "", "{\"model\":\"long\"}"));
    assert_has(got, "content-length: 11\r\n");
    assert_has(got, "\r\n\r\n{\"t\":\"hey\"}");
    assert_lacks(got, "HTTP/1.1 666");
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
    /* nobody is upgraded to anything */
    got = client_ask(&c,
                     "GET /healthz HTTP/1.1\r\nHost: g\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n\r\n"
                     "GET /readyz HTTP/1.1\r\nHost: g\r\n\r\n");
    assert_int_equal(count_of(got, "HTTP/1.1 200 OK"), 2);
    client_close(&c);
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
    assert_int_equal(w.worker.server->connections.n, 0);
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_document_is_forwarded),
        cmocka_unit_test(a_stream_is_forwarded),
        cmocka_unit_test(what_was_asked_for_is_seen),
        cmocka_unit_test(forms_and_dialects_are_translated),
        cmocka_unit_test(failures_after_the_head),
        cmocka_unit_test(more_than_was_promised_is_not_sent),
        cmocka_unit_test(errors_speak_the_clients_dialect),
        cmocka_unit_test(models_and_probes),
        cmocka_unit_test(pipelined_requests_are_answered_in_order),
        cmocka_unit_test(every_split_gives_the_same_answer),
        cmocka_unit_test(long_bodies_arrive_whole),
        cmocka_unit_test(a_client_may_leave_at_every_byte),
        cmocka_unit_test(a_client_that_leaves_cancels_its_call),
        cmocka_unit_test(a_request_cut_short_is_told_so),
        cmocka_unit_test(expect_continue),
        cmocka_unit_test(http_1_0),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
