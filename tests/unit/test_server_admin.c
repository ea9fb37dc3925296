/* test_server_admin.c: what settings change, the admin listener, the end of a server, and its log. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/diag.h"
#include "certs.h"
#include "net/tls.h"
#include "server_world.h"

#include <sys/resource.h>

#include <openssl/ssl.h>

/* Stand-ins for control/control.c, whose thread does not run here. */
void yz_control_reload(yz_worker *worker, void (*done)(void *arg, bool ok, yz_str text), void *arg) {
    (void)worker;
    control.done = done;
    control.arg = arg;
}
void yz_control_wake(void) { control.wakes++; }

/* ---- settings -------------------------------------------------------------------------------------------------------- */

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
    yz_count(&w.worker, yz_counter_declare("test_declared", "declared by \"a test\""), 7);
    const char *got = client_ask(&c, "GET /status HTTP/1.1\r\nHost: 127.0.0.1:8081\r\n\r\n");
    assert_has(got, "\"generation\":4,");
    assert_has(got, "\"in_flight\":0,");
    assert_has(got, "\"begun\":0,"); /* operators are not counted */
    assert_has(got, "\"connections\":0");
    assert_has(got, "\"test_declared\":7");
    assert_has(got, "\"help\":{\"begun\":\"requests begun: ");
    assert_has(got, "\"test_declared\":\"declared by \\\"a test\\\"\"");
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

/* False: the machine stalled, and what should have been under way was over before it was looked at. */
static bool drain_finishes_what_runs(void) {
    world w;
    world_open(&w);
    client idle = client_open(&w, w.port), late = client_open(&w, w.port), busy = client_open(&w, w.port),
           admin = client_open(&w, w.admin_port);
    assert_lacks(client_ask(&late, "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"), "connection: close");
    const char *text = post(CHAT, "", "{\"model\":\"stream\"}");
    send(busy.fd, text, strlen(text), 0);
    world_turn(&w);
    world_turn(&w);
    bool in_time = yz_call_count(&w.worker) == 1;
    int64_t began = yz_clock_ms();
    int drained = 0;
    yz_server_drain(w.worker.server, on_drained, &drained);
    assert_int_equal(drained, 0);
    client_answer(&idle);
    const char *got = client_ask(&late, "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"); /* it was on its way */
    in_time = in_time && yz_clock_ms() - began < 400;
    if (in_time) {
        assert_false(idle.closed);
        assert_int_equal(status_of(got), 200);
        assert_has(got, "connection: close\r\n");
    }
    world_skip(&w, 1000);
    client_answer(&idle);
    assert_true(idle.closed && late.closed);
    client_close(&late);
    got = client_ask(&admin, "GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
    assert_int_equal(status_of(got), 503);
    got = client_answer(&busy);
    assert_int_equal(status_of(got), 200);
    if (in_time)
        assert_has(got, "connection: close\r\n");
    assert_has(got, "{\"t\":\"onetwo\"}");
    client_close(&busy);
    client_close(&idle);
    world_settle(&w, 3);
    assert_int_equal(drained, 1);
    client_close(&admin);
    world_close(&w);
    return in_time;
}

static void a_drain_finishes_what_runs(void **state) {
    (void)state;
    for (int tries = 1; !drain_finishes_what_runs(); tries++)
        assert_true(tries < 20);
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
    const char *got = client_answer(&c); /* whoever waits gets an answer */
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
    yz_chain chain = w.chain;
    next.settings = &changed;
    next.chains = &chain;
    chain.share = &next;
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
    /* an address that cannot be had: the old one stays */
    other = (yz_listen_settings){.address = YZ_STR("203.0.113.7:0"), .host = YZ_STR("203.0.113.7")};
    yz_server_adopt(w.worker.server);
    assert_int_equal(yz_server_port(w.worker.server, false), w.port);
    c = client_open(&w, w.port);
    assert_int_equal(status_of(client_ask(&c, "GET /healthz HTTP/1.1\r\nHost: g\r\n\r\n")), 200);
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
    w.settings.log_format = YZ_LOG_JSON;
    world_start(&w);
    yz_access_init(&w.worker.server->front.access, &w.worker.turn, ends[1]);
    client c = client_open(&w, w.port);
    client_ask(&c, post(CHAT "?key=sk-secret", "X-Request-Id: r1\r\n", "{\"model\":\"doc\",\"messages\":\"my prompt\"}"));
    client_ask(&c, post(CHAT, "", "{\"model\":\"my prompt\"}"));
    client_ask(&c, post(CHAT, "", "{\"model\":\"auto\"}"));
    client_ask(&c, post(CHAT, "", "{\"model\":\"limit\"}"));
    client_ask(&c, "GET /healthz HTTP/1.1\r\nHost : g\r\n\r\n");
    client_close(&c);
    char line[4096];
    assert_true(read(ends[0], line, sizeof(line)) < 0); /* gathered */
    yz_log(YZ_LOG_WARN, "a line of another kind");      /* keeps the order: what happened before it is written before it */
    ssize_t n = read(ends[0], line, sizeof(line) - 1);
    assert_true(n > 0);
    line[n] = 0;
    assert_int_equal(count_of(line, "\n"), 5);
    assert_int_equal(count_of(line, "\"client\":\"127.0.0.1\""), 5);
    assert_true(line[9 + 19] == '.' && line[9 + 23] == 'Z'); /* {"time":"2026-11-28T05:49:19.123Z" */
    assert_has(line, "\"id\":\"r1\",\"client\":\"127.0.0.1\",\"method\":\"POST\",\"path\":\"/v1/chat/completions\",\"op\":\"chat\","
                     "\"dialect\":\"openai-chat\",\"asked\":\"doc\",\"status\":200,\"finish\":\"stop\",\"ms\":");
    assert_has(line, "\"bytes\":11,\"input_tokens\":3,\"output_tokens\":5,\"cache\":\"miss\",\"key\":\"nobody\"}\n");
    assert_has(line, "\"asked\":\"auto\",\"status\":404");
    assert_has(line, "\"asked\":\"?\",\"status\":404"); /* a name nobody configured may be anything */
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
    assert_true(w.worker.server->front.access.dropped > 0);
    w.worker.server->front.access.dropped = 0;
    client_close(&c);
    world_close(&w);
    close(ends[0]);
    close(ends[1]);
}

/* ---- TLS ------------------------------------------------------------------------------------------------------------- */

/* One request over TLS on a connection of its own; the certificate's name is left in `name`. */
static const char *ask_tls(client *c, SSL_CTX *context, const char *text, char *name, size_t room) {
    SSL *ssl = SSL_new(context);
    char bytes[4096];
    SSL_set_fd(ssl, c->fd);
    SSL_set_connect_state(ssl);
    bool sent = false;
    for (int quiet = 0; quiet < 200; quiet++) {
        if (!sent)
            sent = SSL_write(ssl, text, (int)strlen(text)) > 0;
        int n = sent ? SSL_read(ssl, bytes, sizeof(bytes)) : 0;
        if (n > 0) {
            yz_buf_put(&c->got, bytes, (size_t)n);
            quiet = 190;
        }
        world_settle(c->w, 2);
        nanosleep(&(struct timespec){0, 300000}, NULL);
    }
    X509 *cert = SSL_get1_peer_certificate(ssl);
    if (cert)
        X509_NAME_get_text_by_NID(X509_get_subject_name(cert), NID_commonName, name, (int)room);
    X509_free(cert);
    SSL_free(ssl);
    yz_buf_char(&c->got, 0);
    return c->got.p;
}

static yz_tls *tls_of(const char *name) {
    char cert[64], key[64];
    yz_diag diag = {0};
    snprintf(cert, sizeof(cert), "%s.pem", name);
    snprintf(key, sizeof(key), "%s.key", name);
    yz_tls *tls = yz_tls_server(yz_str_of(certs_path(cert)), yz_str_of(certs_path(key)), &diag);
    assert_non_null(tls);
    yz_diag_free(&diag);
    return tls;
}

static void tls_and_a_new_certificate(void **state) {
    (void)state;
    certs_open();
    certs_make("next", "DNS:localhost", -3600, 86400);
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    yz_tls *first = tls_of("good"), *second = tls_of("next");
    world w;
    world_prepare(&w);
    w.listen.tls = first;
    world_start(&w);
    char name[64] = "";
    client c = client_open(&w, w.port);
    const char *got = ask_tls(&c, context, post(CHAT, "", "{\"model\":\"stream\",\"stream\":true}"), name, sizeof(name));
    assert_int_equal(status_of(got), 200);
    assert_has(got, "data: [DONE]\n\n\r\n0\r\n\r\n");
    assert_string_equal(name, "good");
    client_close(&c);
    w.listen.tls = second; /* as after a reload: the same address, another certificate */
    yz_server_adopt(w.worker.server);
    assert_int_equal(yz_server_port(w.worker.server, false), w.port);
    c = client_open(&w, w.port);
    got = ask_tls(&c, context, "GET /healthz HTTP/1.1\r\nHost: g\r\n\r\n", name, sizeof(name));
    assert_int_equal(status_of(got), 200);
    assert_string_equal(name, "next");
    client_close(&c);
    /* one that speaks plainly, and one that says nothing */
    c = client_open(&w, w.port);
    client_ask(&c, "GET /healthz HTTP/1.1\r\nHost: g\r\n\r\n");
    assert_true(c.closed);
    client_close(&c);
    c = client_open(&w, w.port);
    world_skip(&w, 11000);
    client_answer(&c);
    assert_true(c.closed);
    client_close(&c);
    world_close(&w);
    yz_tls_unref(first);
    yz_tls_unref(second);
    SSL_CTX_free(context);
    certs_close();
}

static void count_handle(uv_handle_t *handle, void *arg) {
    (void)handle;
    ++*(int *)arg;
}

/* libuv takes a handle whose socket could not be made out of its list itself; closed all the same, it took another one along. */
static void a_socket_that_cannot_be_made(void **state) {
    (void)state;
    world w;
    world_open(&w);
    int handles = 0, after = 0, next = dup(0);
    close(next);
    struct rlimit limit, none;
    getrlimit(RLIMIT_NOFILE, &limit);
    none = limit;
    none.rlim_cur = (rlim_t)next; /* the next one is one too many */
    uv_walk(&w.loop, count_handle, &handles);
    yz_listen_settings other[2] = {w.listen, {.address = YZ_STR("localhost:0"), .host = YZ_STR("localhost")}};
    yz_settings changed = w.settings;
    changed.listens = other;
    changed.n_listens = 2;
    setrlimit(RLIMIT_NOFILE, &none);
    int code = yz_listeners_adopt(&w.worker.server->listeners, &changed);
    setrlimit(RLIMIT_NOFILE, &limit);
    assert_int_equal(code, YZ_EIO);
    uv_timer_t behind;
    uv_timer_init(&w.loop, &behind);
    world_settle(&w, 2);
    uv_walk(&w.loop, count_handle, &after);
    assert_int_equal(after, handles + 1);
    uv_close((uv_handle_t *)&behind, NULL);
    world_close(&w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cors),
        cmocka_unit_test(the_admin_listener),
        cmocka_unit_test(an_admin_token),
        cmocka_unit_test(a_drain_finishes_what_runs),
        cmocka_unit_test(an_abort_cancels_what_is_left),
        cmocka_unit_test(listeners_follow_the_settings),
        cmocka_unit_test(a_socket_that_cannot_be_made),
        cmocka_unit_test(the_access_log),
        cmocka_unit_test(tls_and_a_new_certificate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
