/* test_admin.c: the admin chain as a chain: its leaf stands still for a slow reader, is cancelled like any call, and lists what runs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "server_world.h"

void yz_control_reload(yz_worker *worker, void (*done)(void *arg, bool ok, yz_str text), void *arg) {
    (void)worker;
    control.done = done;
    control.arg = arg;
}
void yz_control_wake(void) { control.wakes++; }

/* ---- a client of the chain, without a connection ---------------------------------------------------------------------------------- */

typedef struct reader {
    yz_call *call;
    yz_buf body;
    int status;
    bool ended, failed;
} reader;

static void on_head(void *arg, yz_call *call, const yz_head *head) {
    (void)call;
    ((reader *)arg)->status = head->status;
}
static void on_chunk(void *arg, yz_call *call, const yz_chunk *chunk) {
    (void)call;
    yz_buf_str(&((reader *)arg)->body, chunk->bytes);
}
static void on_end(void *arg, yz_call *call, const yz_end *end) {
    (void)call, (void)end;
    ((reader *)arg)->ended = true;
}
static void on_error(void *arg, yz_call *call, const yz_error *error) {
    (void)call, (void)error;
    ((reader *)arg)->failed = true;
}
static const yz_parent reader_parent = {YZ_PARENT, on_head, on_chunk, on_end, on_error};

static yz_call *start(world *w, reader *r, const char *method, const char *path) {
    yz_arena *arena = yz_arena_new(w->worker.blocks);
    yz_request *request = yz_alloc(arena, sizeof(*request));
    *request = (yz_request){.size = sizeof(*request), .id = YZ_STR("r"), .method = yz_str_of(method), .path = yz_str_of(path)};
    *r = (reader){0};
    return r->call = yz_call_start(&w->worker, &w->share.admin, 0, request, arena, &reader_parent, r);
}

static void a_slow_reader_is_waited_for(void **state) {
    (void)state;
    world w;
    world_open(&w);
    reader r;
    yz_flow(start(&w, &r, "GET", "/status"), true);
    world_settle(&w, 4);
    assert_int_equal(r.status, 200);
    assert_int_equal(r.body.n, 0);
    yz_flow(r.call, false);
    world_settle(&w, 2);
    assert_true(r.ended);
    assert_true(r.body.n > 100);
    yz_buf_free(&r.body);
    /* one that never reads on */
    yz_flow(start(&w, &r, "GET", "/status"), true);
    world_settle(&w, 4);
    world_skip(&w, 601000);
    assert_true(r.failed && !r.ended);
    world_close(&w);
}

/* Whatever was asked for it is answered to nobody. */
static void a_call_that_is_cancelled(void **state) {
    (void)state;
    world w;
    world_open(&w);
    reader status, reload;
    start(&w, &status, "GET", "/status");
    start(&w, &reload, "POST", "/reload");
    yz_turn_run(&w.worker.turn, yz_clock_ms());
    yz_buf pending = {0};
    yz_call_print_pending(status.call, &pending);
    yz_call_print_pending(reload.call, &pending);
    yz_buf_char(&pending, '\0');
    assert_has(pending.p, "admin: the workers 0 ms\nadmin: the control thread 0 ms\n");
    yz_buf_free(&pending);
    yz_cancel(status.call);
    yz_cancel(reload.call);
    world_settle(&w, 4);
    assert_int_equal(yz_call_count(&w.worker), 0); /* its memory is not kept for the answer */
    control.done(control.arg, true, YZ_STR("generation 5"));
    world_settle(&w, 2);
    assert_false(status.ended || status.failed || reload.ended || reload.failed);
    world_close(&w);
}

/* ---- over HTTP ------------------------------------------------------------------------------------------------------------------ */

static void calls_are_listed(void **state) {
    (void)state;
    world w;
    world_open(&w);
    client one = client_open(&w, w.port), two = client_open(&w, w.port), admin = client_open(&w, w.admin_port);
    const char *ask = "GET /calls HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
    assert_has(client_ask(&admin, ask), "{\"calls\":[],\"left_out\":0,\"missing\":[]}\n"); /* its own is none */
    client_ask(&one, post(CHAT, "X-Request-Id: first\r\n", "{\"model\":\"wait\"}"));
    client_ask(&two, post(CHAT, "X-Request-Id: second\r\n", "{\"model\":\"doc-breaks\"}"));
    world_settle(&w, 2);
    const char *got = client_ask(&admin, ask);
    assert_has(got, "{\"calls\":[{\"worker\":0,\"id\":\"first\",\"ms\":");
    assert_has(got, "\"bytes\":0,\"model\":\"?\",\"key\":\"\",\"chain\":\"\",\"stream\":false,\"phase\":\"deciding\",\"waits\":[\"fake: "
                    "timer "); /* a model nobody configured */
    client_close(&one);
    client_close(&two);
    world_settle(&w, 2);
    assert_has(client_ask(&admin, ask), "{\"calls\":[],");
    client_close(&admin);
    world_close(&w);
}

/* The Connection header does not hide from the guard where a request comes from. */
static void a_page_cannot_hide(void **state) {
    (void)state;
    world w;
    world_open(&w);
    client c = client_open(&w, w.admin_port);
    const char *page =
        "GET /status HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: http://page.example\r\nConnection: keep-alive, origin, host\r\n\r\n";
    assert_int_equal(status_of(client_ask(&c, page)), 403);
    const char *name = "GET /status HTTP/1.1\r\nHost: rebound.example\r\nConnection: keep-alive, host\r\n\r\n";
    assert_int_equal(status_of(client_ask(&c, name)), 403);
    client_close(&c);
    world_close(&w);
}

/* ---- a long answer -------------------------------------------------------------------------------------------------------------- */

static struct {
    size_t sent;
    unsigned paused, closed;
} stream;

static void stream_pour(yz_call *call) {
    static char piece[16384];
    memset(piece, '.', sizeof(piece));
    for (; !yz_paused(call) && !yz_ended(call); stream.sent += sizeof(piece))
        yz_send_chunk(call, &(yz_chunk){YZ_CHUNK, .bytes = {piece, sizeof(piece)}});
    yz_timer_start(call, 600000);
}
static void stream_call(yz_call *call, const yz_request *request) {
    (void)request;
    yz_send_head(call, &(yz_head){YZ_HEAD, .status = 200, .stream = true, .length = -1});
    stream_pour(call);
}
static void stream_flow(yz_call *call, bool paused) {
    stream.paused += paused;
    if (!paused)
        stream_pour(call);
}
static void stream_close(yz_call *call) {
    (void)call;
    stream.closed++;
}
static const yz_filter endless = {YZ_FILTER, .on_call = stream_call, .on_flow = stream_flow, .on_close = stream_close};

static void on_drained(void *arg) { ++*(int *)arg; }

/* An endless one stands still while its reader does, keeps no drain waiting, and ends with the server. */
static void a_long_answer(void **state) {
    (void)state;
    memset(&stream, 0, sizeof(stream));
    world w;
    world_open(&w);
    w.admin_links[1].filter = &endless;
    client c = client_open(&w, w.admin_port);
    const char *ask = "GET /calls HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
    assert_int_equal(send(c.fd, ask, strlen(ask), 0), (ssize_t)strlen(ask));
    world_settle(&w, 50);
    size_t stands_at = stream.sent;
    assert_true(stands_at > 0 && stream.paused == 1);
    world_settle(&w, 50);
    assert_int_equal(stream.sent, stands_at);
    char bytes[65536];
    for (size_t n = 0; n <= stands_at / 2;) {
        ssize_t k = recv(c.fd, bytes, sizeof(bytes), 0);
        n += k > 0 ? (size_t)k : 0;
        world_settle(&w, 2);
    }
    world_settle(&w, 50);
    assert_true(stream.sent > stands_at);
    int drained = 0;
    yz_server_drain(w.worker.server, on_drained, &drained);
    world_settle(&w, 3);
    assert_int_equal(drained, 1);
    assert_int_equal(stream.closed, 0);
    world_close(&w); /* finds no call left */
    assert_int_equal(stream.closed, 1);
    close(c.fd);
    yz_buf_free(&c.got);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_slow_reader_is_waited_for),
        cmocka_unit_test(a_call_that_is_cancelled),
        cmocka_unit_test(calls_are_listed),
        cmocka_unit_test(a_page_cannot_hide),
        cmocka_unit_test(a_long_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
