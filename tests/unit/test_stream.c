/* test_stream.c: connections, plain and TLS: order of events, back-pressure, half-close, breaks, certificates, resumption. */
#include "certs.h"
#include "config/diag.h"
#include "net_fixture.h"

static uint16_t port; /* of the listener */

/* One end of a connection and what happened to it. */
typedef struct end {
    yz_stream *stream;
    bool opened, failed, ended, broken, drained, inside; /* inside: a function of stream.h is on the stack */
    int code;
    char words[128];
    yz_buf got;
    size_t wanted;
    bool enough;
    bool close_on_bytes;
} end;

static end A, B; /* A connects, B is accepted */
static uv_tcp_t listener;
static yz_tls *listener_tls;
static bool listening;

static void on_open(void *arg, int code, const char *words) {
    end *e = arg;
    assert_false(e->inside);
    assert_false(e->opened || e->failed);
    *(code == YZ_OK ? &e->opened : &e->failed) = true;
    e->code = code;
    snprintf(e->words, sizeof e->words, "%s", words);
}
static void on_bytes(void *arg, const char *p, size_t n) {
    end *e = arg;
    assert_false(e->inside);
    assert_true(e->opened && !e->ended && !e->broken && e->stream);
    yz_buf_put(&e->got, p, n);
    e->enough = e->wanted && e->got.n >= e->wanted;
    if (e->close_on_bytes) {
        yz_stream_close(e->stream);
        e->stream = NULL;
    }
}
static void on_eof(void *arg) {
    end *e = arg;
    assert_true(!e->inside && !e->ended && !e->broken && e->stream);
    e->ended = true;
}
static void on_drain(void *arg) {
    end *e = arg;
    assert_true(!e->inside && !e->broken && e->stream);
    e->drained = true;
}
static void on_broken(void *arg, int code, const char *words) {
    end *e = arg;
    assert_true(!e->inside && !e->broken && e->stream && e->opened);
    assert_true(code < 0);
    e->broken = true;
    snprintf(e->words, sizeof e->words, "%s", words);
}
static const yz_stream_hooks hooks = {on_open, on_bytes, on_eof, on_drain, on_broken};

static void on_connection(uv_stream_t *handle, int status) {
    assert_int_equal(status, 0);
    B.inside = true;
    B.stream = yz_stream_accept(&F.worker, handle, listener_tls, &hooks, &B);
    B.inside = false;
    assert_non_null(B.stream);
}

static void listen_on(yz_tls *tls) {
    listener_tls = tls;
    port = fixture_listen(&listener, 0, on_connection);
    listening = true;
}

static void reset_end(end *e) {
    yz_buf_free(&e->got);
    memset(e, 0, sizeof *e);
}

static void connect_to(yz_tls *tls, const char *host) {
    struct sockaddr_in address;
    uv_ip4_addr("127.0.0.1", port, &address);
    reset_end(&A);
    reset_end(&B);
    A.inside = true;
    A.stream = yz_stream_connect(&F.worker, (const struct sockaddr *)&address, tls, host, &hooks, &A);
    A.inside = false;
}

static bool say(end *e, const char *p, size_t n) {
    yz_str parts[2] = {{p, n / 2}, {p + n / 2, n - n / 2}};
    e->inside = true;
    bool more = yz_stream_write(e->stream, parts, 2);
    e->inside = false;
    return more;
}

static void hang_up(end *e) {
    if (e->stream)
        yz_stream_close(e->stream);
    e->stream = NULL;
}

static int set_up(void **state) {
    (void)state;
    fixture_open();
    memset(&A, 0, sizeof A);
    memset(&B, 0, sizeof B);
    listening = false;
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    hang_up(&A);
    hang_up(&B);
    if (listening)
        uv_close((uv_handle_t *)&listener, NULL);
    fixture_close();
    reset_end(&A);
    reset_end(&B);
    return 0;
}

static char *pattern(size_t n) {
    char *p = malloc(n);
    for (size_t i = 0; i < n; i++)
        p[i] = (char)(i * 31 + i / 251);
    return p;
}

/* ---- plain ------------------------------------------------------------------------------------------------------------ */

static void echo(void **state) {
    (void)state;
    listen_on(NULL);
    connect_to(NULL, NULL);
    fixture_wait(&A.opened, 2000);
    fixture_wait(&B.opened, 2000);
    assert_string_equal(yz_stream_peer(B.stream), "127.0.0.1");
    B.wanted = A.wanted = 5;
    assert_true(say(&A, "hello", 5));
    fixture_wait(&B.enough, 2000);
    assert_memory_equal(B.got.p, "hello", 5);
    assert_true(say(&B, "world", 5));
    fixture_wait(&A.enough, 2000);
    assert_memory_equal(A.got.p, "world", 5);
    assert_int_equal(yz_stream_received(A.stream), 5);
    assert_int_equal(yz_stream_queued(A.stream), 0);
}

static void push_back(yz_tls *server, yz_tls *client) {
    size_t n = (size_t)24 << 20;
    char *p = pattern(n);
    listen_on(server);
    connect_to(client, "localhost");
    fixture_wait(&A.opened, 5000);
    fixture_wait(&B.opened, 5000);
    yz_stream_read(B.stream, false);
    assert_false(say(&A, p, n)); /* more than any socket buffer takes */
    assert_true(yz_stream_queued(A.stream) > YZ_STREAM_HIGH);
    fixture_rest(100);
    assert_false(A.drained);
    size_t stopped = B.got.n;
    assert_true(stopped < n);
    fixture_rest(50);
    assert_int_equal(B.got.n, stopped); /* nothing comes while reading is off */
    B.wanted = n;
    yz_stream_read(B.stream, true);
    fixture_wait(&B.enough, 20000);
    fixture_wait(&A.drained, 2000);
    assert_int_equal(B.got.n, n);
    assert_memory_equal(B.got.p, p, n);
    assert_int_equal(yz_stream_queued(A.stream), 0);
    free(p);
}

static void back_pressure(void **state) {
    (void)state;
    push_back(NULL, NULL);
}

static void half_close(void **state) {
    (void)state;
    listen_on(NULL);
    connect_to(NULL, NULL);
    fixture_wait(&B.opened, 2000);
    say(&A, "bye", 3);
    A.inside = true;
    yz_stream_finish(A.stream);
    A.inside = false;
    fixture_wait(&B.ended, 2000);
    assert_memory_equal(B.got.p, "bye", 3);
    A.wanted = 4;
    say(&B, "late", 4);
    fixture_wait(&A.enough, 2000);
    assert_false(A.ended);
    hang_up(&B);
    fixture_wait(&A.ended, 2000);
}

/* What is queued goes out before the half-close. */
static void finish_behind_queue(void **state) {
    (void)state;
    size_t n = (size_t)16 << 20;
    char *p = pattern(n);
    listen_on(NULL);
    connect_to(NULL, NULL);
    fixture_wait(&B.opened, 2000);
    say(&A, p, n);
    yz_stream_finish(A.stream);
    fixture_wait(&B.ended, 10000);
    assert_int_equal(B.got.n, n);
    free(p);
}

static void refused(void **state) {
    (void)state;
    port = fixture_closed_port();
    connect_to(NULL, NULL);
    fixture_wait(&A.failed, 2000);
    assert_int_equal(A.code, YZ_EIO);
    assert_string_equal(A.words, "connection refused");
}

static void reset_by_peer(void **state) {
    (void)state;
    listen_on(NULL);
    connect_to(NULL, NULL);
    fixture_wait(&A.opened, 2000);
    fixture_wait(&B.opened, 2000);
    say(&A, "unread", 6);
    yz_stream_read(B.stream, false);
    hang_up(&B); /* unread bytes make it a reset */
    fixture_wait(&A.broken, 2000);
    assert_true(say(&A, "x", 1)); /* of no effect */
}

static void write_to_the_dead(void **state) {
    (void)state;
    char *p = pattern(1 << 20);
    listen_on(NULL);
    connect_to(NULL, NULL);
    fixture_wait(&A.opened, 2000);
    fixture_wait(&B.opened, 2000);
    yz_stream_read(A.stream, false); /* so that only writing can find out */
    say(&A, "unread", 6);
    yz_stream_read(B.stream, false);
    hang_up(&B);
    fixture_rest(30);
    for (int i = 0; i < 20 && !A.broken; i++) {
        say(&A, p, 1 << 20);
        fixture_rest(5);
    }
    assert_true(A.broken);
    free(p);
}

static void silent_after_close(void **state) {
    (void)state;
    listen_on(NULL);
    connect_to(NULL, NULL);
    fixture_wait(&B.opened, 2000);
    B.close_on_bytes = true;
    say(&A, "one", 3);
    fixture_rest(20);
    assert_null(B.stream);
    assert_int_equal(B.got.n, 3);
    hang_up(&A);
    connect_to(NULL, NULL); /* closed while it connects: on_open must not come (it would assert on A.stream) */
    hang_up(&A);
    fixture_rest(20);
    assert_false(A.opened || A.failed);
}

/* ---- TLS -------------------------------------------------------------------------------------------------------------- */

static yz_diag diag;

static yz_tls *server_of(const char *name) {
    char cert[32], key[32];
    snprintf(cert, sizeof cert, "%s.pem", name);
    snprintf(key, sizeof key, "%s.key", name);
    yz_tls *tls = yz_tls_server(yz_str_of(certs_path(cert)), yz_str_of(certs_path(key)), &diag);
    assert_non_null(tls);
    return tls;
}

static yz_tls *client_of(const char *ca, bool insecure) {
    yz_tls *tls = yz_tls_client(yz_str_of(ca), insecure, &diag);
    assert_non_null(tls);
    return tls;
}

static void tls_echo(void **state) {
    (void)state;
    yz_tls *server = server_of("good"), *client = client_of(certs_path("ca.pem"), false);
    listen_on(server);
    const char *names[] = {"localhost", "127.0.0.1"};
    for (int i = 0; i < 2; i++) {
        connect_to(client, names[i]);
        fixture_wait(&A.opened, 2000);
        fixture_wait(&B.opened, 2000);
        B.wanted = A.wanted = 5;
        say(&A, "hello", 5);
        fixture_wait(&B.enough, 2000);
        say(&B, "world", 5);
        fixture_wait(&A.enough, 2000);
        assert_memory_equal(A.got.p, "world", 5);
        hang_up(&A);
        fixture_wait(&B.ended, 2000); /* told by close_notify */
        hang_up(&B);
    }
    yz_tls_unref(server);
    yz_tls_unref(client);
}

static void tls_back_pressure(void **state) {
    (void)state;
    yz_tls *server = server_of("good"), *client = client_of(certs_path("ca.pem"), false);
    push_back(server, client);
    yz_tls_unref(server);
    yz_tls_unref(client);
}

static void tls_resumes(void **state) {
    (void)state;
    yz_tls *server = server_of("good"), *client = client_of(certs_path("ca.pem"), false);
    listen_on(server);
    for (int i = 0; i < 3; i++) {
        connect_to(client, "localhost");
        fixture_wait(&A.opened, 2000);
        fixture_wait(&B.opened, 2000);
        assert_int_equal(yz_stream_resumed(A.stream), i > 0);
        A.wanted = 1; /* the ticket comes with the first bytes */
        say(&B, "x", 1);
        fixture_wait(&A.enough, 2000);
        hang_up(&A);
        hang_up(&B);
    }
    yz_tls_unref(server);
    yz_tls_unref(client);
}

static void expect_refusal(yz_tls *server, yz_tls *client, const char *host, const char *words) {
    listen_on(server);
    connect_to(client, host);
    fixture_wait(&A.failed, 2000);
    if (!strstr(A.words, words))
        fail_msg("\"%s\" is not said in \"%s\"", words, A.words);
    hang_up(&A);
    fixture_wait(&B.failed, 2000);
    hang_up(&B);
    yz_tls_unref(server);
    yz_tls_unref(client);
}

static void tls_wrong_name(void **state) {
    (void)state;
    expect_refusal(server_of("good"), client_of(certs_path("ca.pem"), false), "example.com", "ostname mismatch");
}

static void tls_wrong_address(void **state) {
    (void)state;
    expect_refusal(server_of("good"), client_of(certs_path("ca.pem"), false), "127.0.0.2", "IP address mismatch");
}

static void tls_expired(void **state) {
    (void)state;
    certs_make("old", "DNS:localhost", -7200, -3600);
    expect_refusal(server_of("old"), client_of(certs_path("ca.pem"), false), "localhost", "expired");
}

static void tls_not_yet(void **state) {
    (void)state;
    certs_make("young", "DNS:localhost", 3600, 7200);
    expect_refusal(server_of("young"), client_of(certs_path("ca.pem"), false), "localhost", "not yet valid");
}

static void tls_unknown_ca(void **state) {
    (void)state;
    expect_refusal(server_of("good"), client_of("", false), "localhost", "unable to get local issuer");
}

static void tls_insecure(void **state) {
    (void)state;
    yz_tls *server = server_of("old"), *client = client_of("", true);
    listen_on(server);
    connect_to(client, "example.com");
    fixture_wait(&A.opened, 2000);
    yz_tls_unref(server);
    yz_tls_unref(client);
}

static void tls_meets_plain(void **state) {
    (void)state;
    yz_tls *server = server_of("good"), *client = client_of(certs_path("ca.pem"), false);
    listen_on(server);
    connect_to(NULL, NULL);
    fixture_wait(&A.opened, 2000);
    say(&A, "GET / HTTP/1.1\r\n\r\n", 18);
    fixture_wait(&B.failed, 2000);
    hang_up(&A);
    hang_up(&B);
    listener_tls = NULL;
    connect_to(client, "localhost");
    fixture_wait(&B.opened, 2000);
    say(&B, "HTTP/1.1 400 Bad\r\n\r\n", 20);
    fixture_wait(&A.failed, 2000);
    hang_up(&A);
    hang_up(&B);
    connect_to(client, "localhost");
    fixture_wait(&B.opened, 2000);
    hang_up(&B);
    fixture_wait(&A.failed, 2000);
    yz_tls_unref(server);
    yz_tls_unref(client);
}

/* Between the two ends: passes bytes on, one by one, and cuts the connection when told. */
typedef struct middle {
    uv_tcp_t listener, left, right;
    uv_connect_t req;
    bool up, one_by_one;
} middle;
static middle M;

static void middle_alloc(uv_handle_t *handle, size_t size, uv_buf_t *buf) {
    (void)handle, (void)size;
    static char bytes[65536];
    *buf = uv_buf_init(bytes, sizeof bytes);
}
static void middle_sent(uv_write_t *req, int status) {
    (void)status;
    free(req);
}
static void middle_read(uv_stream_t *from, ssize_t n, const uv_buf_t *buf) {
    uv_stream_t *to = (uv_stream_t *)(from == (uv_stream_t *)&M.left ? &M.right : &M.left);
    size_t step = M.one_by_one ? 1 : (size_t)(n > 0 ? n : 1);
    for (ssize_t i = 0; i < n; i += (ssize_t)step) {
        uv_write_t *req = malloc(sizeof *req + step);
        memcpy(req + 1, buf->base + i, step);
        uv_buf_t piece = uv_buf_init((char *)(req + 1), (unsigned)step);
        uv_write(req, to, &piece, 1, middle_sent);
    }
}
static void middle_connected(uv_connect_t *req, int status) {
    (void)req;
    assert_int_equal(status, 0);
    uv_read_start((uv_stream_t *)&M.left, middle_alloc, middle_read);
    uv_read_start((uv_stream_t *)&M.right, middle_alloc, middle_read);
    M.up = true;
}
static void middle_connection(uv_stream_t *handle, int status) {
    (void)status;
    struct sockaddr_in address;
    uv_ip4_addr("127.0.0.1", port, &address);
    uv_tcp_init(&F.loop, &M.left);
    uv_tcp_init(&F.loop, &M.right);
    uv_tcp_nodelay(&M.left, 1);
    uv_tcp_nodelay(&M.right, 1);
    uv_accept(handle, (uv_stream_t *)&M.left);
    uv_tcp_connect(&M.req, &M.right, (const struct sockaddr *)&address, middle_connected);
}

static void connect_through_middle(yz_tls *tls, bool one_by_one) {
    struct sockaddr_in address;
    memset(&M, 0, sizeof M);
    M.one_by_one = one_by_one;
    uv_ip4_addr("127.0.0.1", fixture_listen(&M.listener, 0, middle_connection), &address);
    A.stream = yz_stream_connect(&F.worker, (const struct sockaddr *)&address, tls, "localhost", &hooks, &A);
}

static void middle_cut(void) {
    uv_close((uv_handle_t *)&M.left, NULL);
    uv_close((uv_handle_t *)&M.right, NULL);
    uv_close((uv_handle_t *)&M.listener, NULL);
}

/* A connection that ends without close_notify is cut, on both sides; and no record may depend on how its bytes arrive. */
static void tls_cut(void **state) {
    (void)state;
    yz_tls *server = server_of("good"), *client = client_of(certs_path("ca.pem"), false);
    listen_on(server);
    connect_through_middle(client, true);
    fixture_wait(&A.opened, 5000);
    fixture_wait(&B.opened, 5000);
    char *p = pattern(40000);
    A.wanted = 40000;
    say(&B, p, 40000);
    fixture_wait(&A.enough, 20000);
    assert_memory_equal(A.got.p, p, 40000);
    middle_cut();
    fixture_wait(&A.broken, 2000);
    fixture_wait(&B.broken, 2000);
    assert_false(A.ended || B.ended);
    assert_non_null(strstr(A.words, "close_notify"));
    free(p);
    yz_tls_unref(server);
    yz_tls_unref(client);
}

static void tls_upgrade(void **state) {
    (void)state;
    yz_tls *server = server_of("good"), *client = client_of(certs_path("ca.pem"), false);
    listen_on(NULL);
    connect_to(NULL, NULL);
    fixture_wait(&A.opened, 2000);
    fixture_wait(&B.opened, 2000);
    A.opened = B.opened = false;
    yz_stream_start_tls(B.stream, server, NULL);
    A.inside = true;
    yz_stream_start_tls(A.stream, client, "localhost");
    A.inside = false;
    fixture_wait(&A.opened, 2000);
    fixture_wait(&B.opened, 2000);
    B.wanted = 5;
    say(&A, "hello", 5);
    fixture_wait(&B.enough, 2000);
    yz_tls_unref(server);
    yz_tls_unref(client);
}

static void tls_contexts(void **state) {
    (void)state;
    yz_tls *one = client_of(certs_path("ca.pem"), false), *two = client_of(certs_path("ca.pem"), false);
    assert_ptr_equal(one, two); /* a reload keeps pools and sessions */
    yz_tls *other = client_of("", false);
    assert_ptr_not_equal(one, other);
    yz_tls_unref(one);
    yz_tls_unref(two);
    yz_tls_unref(other);
    unsigned before = diag.errors;
    assert_null(yz_tls_client(yz_str_of(certs_path("good.key")), false, &diag));
    assert_null(yz_tls_client(YZ_STR("/nonexistent/ca.pem"), false, &diag));
    assert_null(yz_tls_server(YZ_STR("/nonexistent/cert.pem"), YZ_STR("/nonexistent/key.pem"), &diag));
    assert_null(yz_tls_server(yz_str_of(certs_path("good.pem")), yz_str_of(certs_path("ca.key")), &diag));
    assert_int_equal(diag.errors, before + 4);
}

static int open_certs(void **state) {
    (void)state;
    certs_open();
    return 0;
}
static int close_certs(void **state) {
    (void)state;
    certs_close();
    yz_diag_free(&diag);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(echo),
        TEST(back_pressure),
        TEST(half_close),
        TEST(finish_behind_queue),
        TEST(refused),
        TEST(reset_by_peer),
        TEST(write_to_the_dead),
        TEST(silent_after_close),
        TEST(tls_echo),
        TEST(tls_back_pressure),
        TEST(tls_resumes),
        TEST(tls_wrong_name),
        TEST(tls_wrong_address),
        TEST(tls_expired),
        TEST(tls_not_yet),
        TEST(tls_unknown_ca),
        TEST(tls_insecure),
        TEST(tls_meets_plain),
        TEST(tls_cut),
        TEST(tls_upgrade),
        TEST(tls_contexts),
    };
    return cmocka_run_group_tests(tests, open_certs, close_certs);
}
