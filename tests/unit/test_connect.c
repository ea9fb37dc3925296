/* test_connect.c: the way to a server: addresses that fail, proxies, TLS; addresses as written and as the environment names them. */
#include "base/diag.h"
#include "certs.h"
#include "config/proxy.h"
#include "config/url.h"
#include "fetch_world.h"

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
                     .port = P.port,
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
    uint16_t port = fixture_listen(&socks_listener, 0, socks_connection);
    use_proxy("socks5");
    proxy.port = port;
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
    snprintf(pem, sizeof pem, "%s.pem", cert);
    snprintf(key, sizeof key, "%s.key", cert);
    memset(&T, 0, sizeof T);
    tls_server = yz_tls_server(yz_str_of(certs_path(pem)), yz_str_of(certs_path(key)), &diag);
    assert_non_null(tls_server);
    url.port = fixture_listen(&tls_listener, 0, tls_connection);
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
                         "http://x\\y",
                         "http://[[]",
                         "http://[example.com]",
                         "http://a[b]",
                         "http://a,b"};
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

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(nobody_there),    TEST(second_address),        TEST(black_hole), TEST(plain_through_http_proxy),
        TEST(connect_refused), TEST(through_socks),         TEST(over_tls),   TEST(over_bad_tls),
        TEST(tls_to_plain),    TEST(contexts_do_not_share), TEST(urls),       TEST(proxies_of_the_environment),
    };
    return cmocka_run_group_tests(tests, open_certs, close_certs);
}
