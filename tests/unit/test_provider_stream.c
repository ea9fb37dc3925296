/* test_provider_stream.c: event streams through the provider stage: cut anywhere, endless, slow, abandoned; never half an event, never
 * more held than promised. */
#include "provider_world.h"

/* ---- streams ------------------------------------------------------------------------------------------------------------------ */

#define EVENTS ": hello\n\ndata: start\n\ndata: text a\n\nevent: x\ndata: text b\n\ndata: finish\n\ndata: usage\n\ndata: [DONE]\n\n"

static void streams(void **state) {
    (void)state;
    SERVE({.answer = SSE_HEAD "\r\n" EVENTS, .close = true}, {.answer = SSE_HEAD "\r\n" EVENTS, .close = true, .step = 1},
          {.answer = SSE_HEAD "\r\n" EVENTS, .close = true, .step = 17});
    request.stream = true;
    for (int i = 0; i < 3; i++) {
        run();
        expect_bytes(EVENTS);
        assert_true(S.whole_events && S.head.stream);
        assert_int_equal(S.head.length, -1);
        assert_string_equal(S.type, "text/event-stream");
        assert_int_equal(yz_usage_get(S.end.usage, YZ_METER_OUTPUT), 7);
        assert_int_equal(S.end.finish, YZ_FINISH_LENGTH);
        assert_int_equal(S.marks, YZ_MARK_CONTENT | YZ_MARK_FINISH | YZ_MARK_USAGE);
        if (i == 0)
            assert_int_equal(S.chunks, 1); /* one read, one chunk */
    }
}

static void fifty_events_in_one_read(void **state) {
    (void)state;
    yz_buf answer = {0}, wanted = {0};
    yz_buf_lit(&answer, SSE_HEAD CHUNKED);
    for (int i = 0; i < 50; i++) {
        yz_buf_printf(&answer, "11\r\ndata: text %04d\n\n\r\n", i);
        yz_buf_printf(&wanted, "data: text %04d\n\n", i);
    }
    yz_buf_lit(&answer, "e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n");
    yz_buf_lit(&wanted, "data: [DONE]\n\n");
    yz_buf_char(&wanted, 0);
    peer_script script = {.answer = answer.p, .n = answer.n};
    serve(&script, 1);
    run();
    expect_bytes(wanted.p);
    assert_int_equal(S.chunks, 1);
    assert_int_equal(yz_pools_idle(F.worker.pools), 1);
    yz_buf_free(&answer);
    yz_buf_free(&wanted);
}

/* Cut anywhere: before the first content an error alone, after it head, whole events, error; after [DONE] all is well. */
static void streams_cut_anywhere(void **state) {
    (void)state;
    static const char answer[] = SSE_HEAD "\r\n" EVENTS;
    size_t head = strlen(SSE_HEAD "\r\n"), first = head + strlen(": hello\n\ndata: start\n\ndata: text a\n\n"), all = sizeof answer - 1;
    static peer_script script;
    serve(&script, 1);
    request.stream = true;
    for (size_t n = head; n <= all; n++) {
        script = (peer_script){.answer = answer, .n = n, .close = true, .reset = n % 3 == 0};
        run();
        assert_true(S.whole_events);
        if (n >= all - 2 && S.ended)
            continue; /* [DONE] without its blank line is [DONE]; a reset may overtake it */
        assert_true(S.failed);
        assert_int_equal(S.class_, YZ_ERROR_BROKEN);
        if (n < first) {
            assert_false(S.headed);
            assert_int_equal(S.started, YZ_STARTED_MAYBE);
        } else if (!script.reset) {
            assert_true(S.headed && S.bytes.n >= first - head);
            assert_int_equal(S.started, YZ_STARTED_YES);
        }
        if (S.bytes.n)
            assert_memory_equal(S.bytes.p, answer + head, S.bytes.n);
    }
}

#define DONE_ANSWER SSE_HEAD CHUNKED "1c\r\ndata: text a\n\ndata: [DONE]\n\n\r\n"

/* Behind [DONE] nothing can go wrong and nobody waits; the connection is kept when HTTP's end comes soon, and alone. */
static void broken_behind_done(void **state) {
    (void)state;
    SERVE({.answer = DONE_ANSWER, .close = true}, {.answer = DONE_ANSWER "XX", .reset = true}, {.answer = DONE_ANSWER},
          {.answer = DONE_ANSWER "3\r\n: x\r\n0\r\n\r\n", .step = sizeof DONE_ANSWER - 1, .pause = 20},
          {.answer = DONE_ANSWER "0\r\n\r\n", .step = sizeof DONE_ANSWER - 1, .pause = 20});
    provider.timeout.idle = 30000;
    static const size_t lingers[] = {1, 0, 1, 1, 1}, kept[] = {0, 0, 0, 0, 1};
    for (int i = 0; i < 5; i++) {
        run();
        expect_bytes("data: text a\n\ndata: [DONE]\n\n");
        assert_true(yz_pools_open(F.worker.pools) <= lingers[i]);
        if (i == 2) {
            assert_int_equal(yz_pools_open(F.worker.pools), 1); /* it is silent: dropped in a while */
            yz_clock_skip(YZ_POOL_LINGER_MS);
        }
        fixture_rest(60);
        assert_int_equal(yz_pools_open(F.worker.pools), kept[i]);
    }
    assert_int_equal(yz_pools_idle(F.worker.pools), 1);
}

/* A pool that is full waits for the end of an answer nobody needs any more, but not long. */
static void silent_behind_done_in_a_full_pool(void **state) {
    (void)state;
    SERVE({.answer = DONE_ANSWER});
    provider.max_connections = 1;
    run();
    int64_t began = yz_clock_ms();
    run();
    expect_bytes("data: text a\n\ndata: [DONE]\n\n");
    assert_true(yz_clock_ms() - began >= YZ_POOL_LINGER_MS - 100);
    assert_int_equal(P.connections, 2);
}

static void errors_in_streams(void **state) {
    (void)state;
    SERVE({.answer = SSE_HEAD "\r\ndata: start\n\ndata: error busy sk-live-abcdefgh\n\n"},
          {.answer = SSE_HEAD "\r\ndata: start\n\ndata: text a\n\ndata: error busy\n\ndata: text b\n\n"},
          {.answer = SSE_HEAD "\r\ndata: start\n\ndata: nonsense\n\n"}, {.answer = SSE_HEAD "\r\ndata: text a\n\ndata: many\n\n"},
          {.answer = SSE_HEAD "\r\ndata: text a\n\ndata: nonsense\n\n"}, {.answer = SSE_HEAD "content-length: 0\r\n\r\n"},
          {.answer = SSE_HEAD "content-length: 13\r\n\r\ndata: usage\n\n"});
    run();
    expect_error(YZ_ERROR_OVERLOADED, "error busy [removed]");
    assert_false(S.headed);
    assert_int_equal(S.retry_after, 5);
    assert_int_equal(S.started, YZ_STARTED_MAYBE);
    run();
    assert_true(S.headed);
    assert_int_equal(S.bytes.n, strlen("data: start\n\ndata: text a\n\n"));
    expect_error(YZ_ERROR_OVERLOADED, "error busy");
    assert_int_equal(S.started, YZ_STARTED_YES);
    run();
    assert_false(S.headed);
    expect_error(YZ_ERROR_ANSWERED, "not in the dialect toy");
    run();
    assert_true(S.headed);
    expect_error(YZ_ERROR_ANSWERED, "more than 128 tool calls");
    run();
    assert_true(S.headed);
    expect_error(YZ_ERROR_ANSWERED, "not in the dialect toy");
    run();
    expect_error(YZ_ERROR_BROKEN, "without its last event");
    run();
    assert_false(S.headed);
    expect_error(YZ_ERROR_BROKEN, "without its last event");
}

static void streams_without_bounds(void **state) {
    (void)state;
    yz_buf event = {0}, comments = {0};
    yz_buf_lit(&event, SSE_HEAD "\r\ndata: text a\n\ndata: text ");
    memset(yz_buf_room(&event, 2 << 20), 'x', 2 << 20);
    event.n += 2 << 20;
    yz_buf_lit(&comments, SSE_HEAD "\r\n");
    for (int i = 0; i < 40000; i++) /* keeps alive, says nothing: 480 KB */
        yz_buf_lit(&comments, ": waiting\n\n\n");
    yz_buf_lit(&comments, "data: [DONE]\n\n");
    peer_script scripts[] = {{.answer = event.p, .n = event.n}, {.answer = comments.p, .n = comments.n, .close = true}};
    serve(scripts, 2);
    request.stream = true;
    run();
    expect_error(YZ_ERROR_ANSWERED, "longer than 1048576 bytes");
    assert_true(S.headed);
    P.turn = 1;
    run();
    assert_true(S.ended && S.chunks > 1);
    yz_buf_free(&event);
    yz_buf_free(&comments);
}

static void no_content_in_time(void **state) {
    (void)state;
    SERVE({.answer = SSE_HEAD "\r\ndata: start\n\n"}, {.silent = true}, {.answer = SSE_HEAD "\r\ndata: text a\n\n"});
    request.stream = true;
    provider.timeout.first_token = 100;
    run();
    expect_error(YZ_ERROR_TIMEOUT, "no content within 0.1 s");
    assert_int_equal(S.started, YZ_STARTED_MAYBE);
    run();
    expect_error(YZ_ERROR_TIMEOUT, "no content");
    P.turn = 2;
    provider.timeout.first_token = 4000;
    provider.timeout.idle = 300;
    run();
    expect_error(YZ_ERROR_TIMEOUT, "silence in the middle");
    assert_int_equal(S.started, YZ_STARTED_YES);
}
/* ---- leaving, and readers that are slow ---------------------------------------------------------------------------------------- */

static void cancelled_at_every_point(void **state) {
    (void)state;
    SERVE({.answer = SSE_HEAD "\r\n" EVENTS, .step = 8, .pause = 1});
    request.stream = true;
    for (int ms = 0; ms < 40; ms++) {
        begin();
        if (ms)
            fixture_rest(ms);
        if (!S.done)
            yz_cancel(call);
        size_t open = yz_pools_open(F.worker.pools);
        fixture_turn();
        assert_int_equal(yz_pools_open(F.worker.pools), 0); /* at once, not some time */
        (void)open;
        P.turn = 0;
        assert_int_equal(yz_call_count(&F.worker), 0);
    }
    call = NULL;
}

static void client_gone_is_passed_on(void **state) {
    (void)state;
    SERVE({.answer = SSE_HEAD "\r\ndata: text a\n\n"});
    begin();
    fixture_wait(&S.chunked, 2000);
    yz_cancel(call);
    call = NULL;
    fixture_rest(20);
    assert_int_equal(P.gone, 1);
}

/* What had been seen is in the record, at once: usage, times, bytes. */
static void a_cancelled_call_tells_what_it_had_seen(void **state) {
    (void)state;
    SERVE({.answer = SSE_HEAD "\r\ndata: start\n\ndata: usage\n\ndata: text a\n\n"});
    request.stream = true;
    begin();
    fixture_wait(&S.chunked, 2000);
    const yz_record *record = yz_call_record(call);
    assert_int_equal(record->outcome, YZ_OUTCOME_RUNNING);
    yz_cancel(call);
    assert_int_equal(record->outcome, YZ_OUTCOME_CANCELLED);
    assert_ptr_equal(record->target, &target);
    assert_int_equal(record->status, 200);
    assert_int_equal(record->started, YZ_STARTED_YES);
    assert_int_equal(record->source, YZ_SOURCE_PROVIDER);
    assert_int_equal(yz_usage_get(record->usage, YZ_METER_OUTPUT), 7);
    assert_true(0 < record->begin && record->begin <= record->connect && record->connect <= record->sent);
    assert_true(record->sent <= record->first && record->first <= record->last && record->first <= record->content);
    assert_true(record->last <= record->end && record->content <= record->end);
    assert_int_equal(record->from_provider, strlen(scripts[0].answer));
    assert_true(record->to_provider > request.body.n);
    call = NULL;
    fixture_turn();
}

/* Nothing listens: no connection, nothing sent, and that is in the record as well. */
static void a_call_that_never_got_there(void **state) {
    (void)state;
    run();
    const yz_record *record = &S.record;
    assert_int_equal(record->outcome, YZ_OUTCOME_FAILED);
    assert_int_equal(record->error, YZ_ERROR_CONNECT);
    assert_int_equal(record->started, YZ_STARTED_NO);
    assert_true(record->target == &target && record->end >= record->begin);
    assert_true(record->connect == 0 && record->sent == 0 && record->first == 0 && record->content == 0 && record->to_provider == 0);
    assert_null(record->usage);
}

/* A server that sends a long answer out of nothing. */
static uv_tcp_t giant_listener, giant_conn;
static uint64_t giant_left;
static char giant_piece[65536];
static void giant_write(void);
static void giant_written(uv_write_t *req, int status) {
    free(req);
    if (status == 0)
        giant_write();
}
static void giant_write(void) {
    if (giant_left == 0) {
        uv_close((uv_handle_t *)&giant_conn, NULL);
        return;
    }
    uv_write_t *req = malloc(sizeof *req);
    uv_buf_t buf = uv_buf_init(giant_piece, sizeof giant_piece);
    giant_left -= sizeof giant_piece;
    uv_write(req, (uv_stream_t *)&giant_conn, &buf, 1, giant_written);
}
static void giant_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *in) {
    (void)in;
    static const char head[] = SSE_HEAD "\r\n";
    assert_true(n > 0);
    uv_read_stop(stream); /* the request comes in one piece */
    uv_buf_t buf = uv_buf_init((char *)(uintptr_t)head, sizeof head - 1);
    uv_try_write((uv_stream_t *)&giant_conn, &buf, 1);
    giant_write();
}
static void giant_connection(uv_stream_t *listener, int status) {
    (void)status;
    uv_tcp_init(&F.loop, &giant_conn);
    uv_accept(listener, (uv_stream_t *)&giant_conn);
    uv_read_start((uv_stream_t *)&giant_conn, peer_alloc, giant_read);
}

static size_t resident_kb(void) {
    size_t pages = 0;
    FILE *in = fopen("/proc/self/statm", "r");
    if (in && fscanf(in, "%*s %zu", &pages) != 1)
        pages = 0;
    if (in)
        fclose(in);
    return pages * 4;
}

static void giant_answer(void **state) {
    (void)state;
    uint64_t size = (uint64_t)1 << 30;
#ifdef YZ_DEBUG_CHECKS
    size >>= 4; /* sanitizers are slow */
#endif
    giant_left = size;
    for (size_t i = 0; i < sizeof giant_piece; i += 64) {
        memset(giant_piece + i, 'x', 64);
        memcpy(giant_piece + i, "data: text ", 11);
        memcpy(giant_piece + i + 62, "\n\n", 2);
    }
    provider.base.port = fixture_listen(&giant_listener, 0, giant_connection);
    request.stream = true;
    provider.timeout.total = 0; /* a busy machine may take its time */
    S.rest_every = 500;
    size_t before = resident_kb();
    begin();
    fixture_wait(&S.done, 120000);
    S.rest_every = 0;
    call = NULL;
    assert_int_equal(S.total, size);
    expect_error(YZ_ERROR_BROKEN, "without its last event");
    size_t grown = resident_kb() - before;
    if (grown > 16 * 1024) /* 4 MiB of them are the test's own copy */
        fail_msg("%zu KiB for an answer of %llu MiB", grown, (unsigned long long)size >> 20);
    uv_close((uv_handle_t *)&giant_listener, NULL);
    fixture_rest(10);
}

/* `total` counts from the last piece of content: a stream that goes on talking outlives it many times, keep-alives alone do not. */
static void a_lively_stream_outlives_total(void **state) {
    (void)state;
    yz_buf lively = {0}, dead = {0};
    yz_buf_lit(&lively, SSE_HEAD "\r\n");
    for (int i = 0; i < 40; i++)
        yz_buf_printf(&lively, "data: text %04d\n\n", i);
    yz_buf_lit(&lively, "data: [DONE]\n\n");
    yz_buf_lit(&dead, SSE_HEAD "\r\ndata: text 0000\n\n");
    for (int i = 0; i < 400; i++)
        yz_buf_lit(&dead, ": still here now\n\n");
    const peer_script scripts[] = {{.answer = lively.p, .n = lively.n, .step = 17, .pause = 20, .close = true},
                                   {.answer = dead.p, .n = dead.n, .step = 17, .pause = 20, .close = true}};
    serve(scripts, 2);
    request.stream = true;
    provider.timeout.total = 400;
    run();
    assert_true(S.ended);
    assert_int_equal(S.end.finish, YZ_FINISH_NONE);
    run();
    expect_error(YZ_ERROR_TIMEOUT, "not complete after 0.");
    assert_true(S.headed);
    yz_buf_free(&lively);
    yz_buf_free(&dead);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(streams),
        TEST(fifty_events_in_one_read),
        TEST(streams_cut_anywhere),
        TEST(broken_behind_done),
        TEST(silent_behind_done_in_a_full_pool),
        TEST(errors_in_streams),
        TEST(streams_without_bounds),
        TEST(no_content_in_time),
        TEST(cancelled_at_every_point),
        TEST(client_gone_is_passed_on),
        TEST(a_cancelled_call_tells_what_it_had_seen),
        TEST(a_call_that_never_got_there),
        TEST(giant_answer),
        TEST(a_lively_stream_outlives_total),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
