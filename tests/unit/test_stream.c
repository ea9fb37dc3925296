/* test_stream.c: plain connections: order of events, back-pressure, half-close, breaks. */
#include "stream_world.h"

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

/* A socket of both families sees IPv4 in its IPv6 form: the name is the plain one. */
static void both_families(void **state) {
    (void)state;
    struct sockaddr_in6 address;
    int size = sizeof address;
    uv_ip6_addr("::", 0, &address);
    uv_tcp_init(&F.loop, &listener);
    listening = true;
    if (uv_tcp_bind(&listener, (const struct sockaddr *)&address, 0) != 0)
        return; /* a machine without IPv6 */
    listener_tls = NULL;
    assert_int_equal(uv_listen((uv_stream_t *)&listener, 1, on_connection), 0);
    uv_tcp_getsockname(&listener, (struct sockaddr *)&address, &size);
    port = ntohs(address.sin6_port);
    connect_to(NULL, NULL);
    fixture_wait(&B.opened, 2000);
    assert_string_equal(yz_stream_peer(B.stream), "127.0.0.1");
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

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(echo),    TEST(both_families), TEST(back_pressure),     TEST(half_close),         TEST(finish_behind_queue),
        TEST(refused), TEST(reset_by_peer), TEST(write_to_the_dead), TEST(silent_after_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
