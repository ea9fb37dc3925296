/* stream_world.h: two ends of a connection in one loop, and what happened to each: shared by test_stream.c and test_tls.c. */
#ifndef YUZUI_TESTS_STREAM_WORLD_H
#define YUZUI_TESTS_STREAM_WORLD_H

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

static inline void on_open(void *arg, int code, const char *words) {
    end *e = arg;
    assert_false(e->inside);
    assert_false(e->opened || e->failed);
    *(code == YZ_OK ? &e->opened : &e->failed) = true;
    e->code = code;
    snprintf(e->words, sizeof e->words, "%s", words);
}
static inline void on_bytes(void *arg, const char *p, size_t n) {
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
static inline void on_eof(void *arg) {
    end *e = arg;
    assert_true(!e->inside && !e->ended && !e->broken && e->stream);
    e->ended = true;
}
static inline void on_drain(void *arg) {
    end *e = arg;
    assert_true(!e->inside && !e->broken && e->stream);
    e->drained = true;
}
static inline void on_broken(void *arg, int code, const char *words) {
    end *e = arg;
    assert_true(!e->inside && !e->broken && e->stream && e->opened);
    assert_true(code < 0);
    e->broken = true;
    snprintf(e->words, sizeof e->words, "%s", words);
}
static const yz_stream_hooks hooks = {on_open, on_bytes, on_eof, on_drain, on_broken};

static inline void on_connection(uv_stream_t *handle, int status) {
    assert_int_equal(status, 0);
    B.inside = true;
    B.stream = yz_stream_accept(&F.worker, handle, listener_tls, &hooks, &B);
    B.inside = false;
    assert_non_null(B.stream);
}

static inline void listen_on(yz_tls *tls) {
    listener_tls = tls;
    port = fixture_listen(&listener, 0, on_connection);
    listening = true;
}

static inline void reset_end(end *e) {
    yz_buf_free(&e->got);
    memset(e, 0, sizeof *e);
}

static inline void connect_to(yz_tls *tls, const char *host) {
    struct sockaddr_in address;
    uv_ip4_addr("127.0.0.1", port, &address);
    reset_end(&A);
    reset_end(&B);
    A.inside = true;
    A.stream = yz_stream_connect(&F.worker, (const struct sockaddr *)&address, tls, host, &hooks, &A);
    A.inside = false;
}

static inline bool say(end *e, const char *p, size_t n) {
    yz_str parts[2] = {{p, n / 2}, {p + n / 2, n - n / 2}};
    e->inside = true;
    bool more = yz_stream_write(e->stream, parts, 2);
    e->inside = false;
    return more;
}

static inline void hang_up(end *e) {
    if (e->stream)
        yz_stream_close(e->stream);
    e->stream = NULL;
}

static inline int set_up(void **state) {
    (void)state;
    fixture_open();
    memset(&A, 0, sizeof A);
    memset(&B, 0, sizeof B);
    listening = false;
    return 0;
}

static inline int tear_down(void **state) {
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

static inline char *pattern(size_t n) {
    char *p = malloc(n);
    for (size_t i = 0; i < n; i++)
        p[i] = (char)(i * 31 + i / 251);
    return p;
}

static inline void push_back(yz_tls *server, yz_tls *client) {
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
