/* test_tls.c: connections with TLS: certificates, resumption, cuts; contexts. */
#include "base/diag.h"
#include "certs.h"
#include "net/tls_inner.h"
#include "stream_world.h"

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

/* Heads carry keys: whatever was put together for a record is wiped, also when a long body stood after it. */
static void tls_keeps_no_head(void **state) {
    (void)state;
    yz_tls *server = server_of("good"), *client = client_of(certs_path("ca.pem"), false);
    listen_on(server);
    connect_to(client, "localhost");
    fixture_wait(&A.opened, 2000);
    static char body[40000];
    const yz_str parts[] = {YZ_STR("authorization: Bearer sk-marker"), {body, sizeof body}};
    yz_stream_write(A.stream, parts, 2);
    assert_null(memmem(F.worker.io->gather, YZ_IO_RECORD, "sk-marker", 9));
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

/* The system's folder of certificates, found by hash as they are needed. */
static void tls_trusts_the_system(void **state) {
    (void)state;
    char name[32];
    snprintf(name, sizeof name, "%08lx.0", X509_subject_name_hash(certs_ca));
    assert_int_equal(symlink(certs_path("ca.pem"), certs_path(name)), 0);
    setenv("SSL_CERT_DIR", certs_folder, 1);
    yz_tls *server = server_of("good"), *client = client_of("", false);
    listen_on(server);
    connect_to(client, "localhost");
    fixture_wait(&A.opened, 2000);
    fixture_wait(&B.opened, 2000);
    hang_up(&A);
    hang_up(&B);
    connect_to(client, "example.com");
    fixture_wait(&A.failed, 2000);
    unsetenv("SSL_CERT_DIR");
    yz_tls_unref(server);
    yz_tls_unref(client);
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

/* Generations come and go on the control thread while workers connect: contexts and their sessions belong to all. */
static void use_contexts(void *arg) {
    yz_diag own = {0};
    char host[16];
    for (int i = 0; i < 100; i++) {
        yz_tls *tls = yz_tls_client(yz_str_of(arg), i % 3 == 0, &own);
        snprintf(host, sizeof host, "host-%d", i % 100);
        yz_tls_session_keep(tls, host, SSL_SESSION_new());
        SSL_SESSION_free(yz_tls_session_find(tls, host));
        yz_tls_unref(tls);
    }
    yz_diag_free(&own);
}

static void tls_contexts_of_threads(void **state) {
    (void)state;
    char ca[128];
    uv_thread_t threads[4];
    snprintf(ca, sizeof ca, "%s", certs_path("ca.pem"));
    for (int i = 0; i < 4; i++)
        uv_thread_create(&threads[i], use_contexts, ca);
    for (int i = 0; i < 4; i++)
        uv_thread_join(&threads[i]);
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

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(tls_echo),       TEST(tls_keeps_no_head),     TEST(tls_back_pressure), TEST(tls_resumes),
        TEST(tls_wrong_name), TEST(tls_wrong_address),     TEST(tls_expired),       TEST(tls_not_yet),
        TEST(tls_unknown_ca), TEST(tls_trusts_the_system), TEST(tls_insecure),      TEST(tls_meets_plain),
        TEST(tls_cut),        TEST(tls_upgrade),           TEST(tls_contexts),      TEST(tls_contexts_of_threads),
    };
    return cmocka_run_group_tests(tests, open_certs, close_certs);
}
