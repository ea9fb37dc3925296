/* test_upload.c: requests whose body streams, through the provider stage and the real retry plugin above it: what reaches the provider,
 * how fast, and from when on nothing is tried again. */
#include "base/diag.h"
#include "body_source.h"
#include "plugin/loader.h"
#include "plugin/options.h"
#include "provider_world.h"

#define ANSWER    JSON_HEAD "content-length: 10\r\n\r\n{\"text\":1}"
#define BUSY      "HTTP/1.1 503 Busy\r\ncontent-length: 2\r\n\r\n{}"
#define KNOWN     "{\"model\":\"our-name\",\"file\":\""
#define REST      "0123456789\"}"
#define AS_SENT   "{\"model\":\"their-name\",\"file\":\"" REST
#define MEBIBYTES ((size_t)1 << 20)

static body_source source;
static yz_str known;
static const yz_plugin *retry;
static yz_link both[2];

/* The request's body is KNOWN and then whatever the source is fed; `length` is that of all, -1: not said. */
static void upload(int64_t length) {
    known = yz_dup(arena, YZ_STR(KNOWN));
    yz_json *name;
    assert_int_equal(yz_json_parse(arena, (yz_str){known.p + 9, 10}, 0, &name, NULL), YZ_OK);
    source_free(&source);
    source_open(&source, &F.worker.turn, &known, length);
    request.body = known;
    request.json = NULL;
    request.model_node = name;
    request.upload = &source.body;
}

#define WHOLE_LENGTH ((int64_t)(sizeof(KNOWN REST) - 1))

static void finish(void) {
    fixture_wait(&S.done, 8000);
    fixture_turn();
    call = NULL;
    assert_int_equal(yz_call_count(&F.worker), 0);
}

static void leave(void) {
    yz_cancel(call);
    fixture_rest(5);
    call = NULL;
    assert_int_equal(yz_call_count(&F.worker), 0);
}

static bool sent(const char *text) { return P.last.n && strstr(P.last.p, text); }

/* ---- what is sent ------------------------------------------------------------------------------------------------------- */

static void an_upload_reaches_the_provider(void **state) {
    (void)state;
    SERVE({.answer = ANSWER});
    for (int64_t length = WHOLE_LENGTH;; length = -1) {
        upload(length);
        begin();
        for (const char *c = REST; *c; c++) {
            fixture_rest(2);
            assert_false(S.done);
            source_feed(&source, (yz_str){c, 1});
        }
        source_end(&source, 0);
        finish();
        expect_bytes("{\"text\":1}");
        assert_int_equal(source.opened, 1);
        assert_int_equal(source.closed, 1);
        if (length < 0)
            break;
        assert_true(sent("\r\n\r\n" AS_SENT));
        assert_true(sent("\r\ncontent-length: 42\r\n"));
    }
    assert_true(sent("\r\ntransfer-encoding: chunked\r\n"));
    assert_false(sent("content-length"));
    assert_true(sent("\r\n\r\n1e\r\n{\"model\":\"their-name\",\"file\":\"\r\n1\r\n0\r\n1\r\n1\r\n"));
    assert_true(sent("\r\n1\r\n}\r\n0\r\n\r\n"));
    assert_int_equal(P.connections, 2); /* both were whole, and kept; but what cannot be sent again has one of its own */
}

/* The socket says when it has had enough, and the body waits. */
static void a_deaf_provider_holds_the_body_back(void **state) {
    (void)state;
    SERVE({.deaf = true, .silent = true, .answer = ""});
    upload(-1);
    size_t n = 64 * MEBIBYTES;
    memset(yz_buf_room(&source.bytes, n), 'x', n);
    source.bytes.n = n;
    begin();
    fixture_rest(100);
    assert_true(source.paused);
    size_t at = source.at;
    assert_true(at > 0 && at < n / 2);
    fixture_rest(50);
    assert_int_equal(source.at, at);
    leave();
    assert_int_equal(source.closed, 1);
}

static void a_large_upload_arrives_whole(void **state) {
    (void)state;
    SERVE({.answer = ANSWER});
    size_t n = 24 * MEBIBYTES;
    upload((int64_t)(sizeof(KNOWN) - 1 + n));
    char *p = yz_buf_room(&source.bytes, n);
    for (size_t i = 0; i < n; i++)
        p[i] = (char)('a' + i % 23);
    source.bytes.n = n;
    source.end = 0;
    begin();
    finish();
    expect_bytes("{\"text\":1}");
    assert_true(source.pauses > 0 && P.last.n > n);
    assert_memory_equal(P.last.p + P.last.n - n, source.bytes.p, n);
}

static void a_dialect_cannot_be_changed_on_the_way(void **state) {
    (void)state;
    upload(-1);
    request.dialect = &foreign;
    begin();
    finish();
    expect_error(YZ_ERROR_UNSUPPORTED, "cannot be translated");
    assert_int_equal(source.opened, 0);
}

/* ---- when it goes wrong ------------------------------------------------------------------------------------------------- */

static void a_body_that_fails(void **state) {
    (void)state;
    static const struct {
        int code;
        yz_error_class class_;
    } cases[] = {{YZ_EINVAL, YZ_ERROR_BAD_REQUEST},
                 {YZ_ELIMIT, YZ_ERROR_TOO_LARGE},
                 {YZ_ECANCELLED, YZ_ERROR_BAD_REQUEST},
                 {YZ_ETIMEOUT, YZ_ERROR_BAD_REQUEST},
                 {0, YZ_ERROR_BAD_REQUEST} /* it ends before its length */};
    SERVE({.answer = ANSWER});
    chain.links = both;
    chain.n = 2;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        upload(WHOLE_LENGTH);
        begin();
        source_feed(&source, YZ_STR("01234"));
        fixture_rest(5);
        assert_false(S.done);
        source_end(&source, cases[i].code);
        finish();
        expect_error(cases[i].class_, "the body of the request");
        assert_int_equal(source.closed, 1);
        fixture_rest(5);
        assert_int_equal(P.connections, i + 1); /* once, and never used again */
        assert_int_equal(P.gone, i + 1);
    }
    assert_int_equal(P.requests, 0);
    assert_int_equal(atomic_load(&F.worker.counters.upstream_errors), 0); /* the provider did nothing wrong */
}

static void the_client_leaves(void **state) {
    (void)state;
    SERVE({.answer = ANSWER});
    upload(-1);
    begin();
    source_feed(&source, YZ_STR("01234"));
    fixture_rest(5);
    leave();
    assert_int_equal(source.closed, 1);
    fixture_rest(5);
    assert_int_equal(P.gone, 1);
    assert_int_equal(P.requests, 0);
}

static void an_answer_before_the_end(void **state) {
    (void)state;
    SERVE({.answer = "HTTP/1.1 413 Large\r\ncontent-length: 2\r\n\r\n{}", .eager = true});
    upload(-1);
    begin();
    finish();
    assert_int_equal(S.class_, YZ_ERROR_TOO_LARGE);
    assert_int_equal(source.closed, 1);
    assert_int_equal(yz_pools_open(F.worker.pools), 0);
}

/* The provider cannot take what does not come: that the client is slow is not held against it. */
static void a_slow_client(void **state) {
    (void)state;
    SERVE({.answer = ANSWER});
    provider.timeout.idle = provider.timeout.first_byte = 100;
    upload(WHOLE_LENGTH);
    begin();
    fixture_rest(400);
    assert_false(S.done);
    source_feed(&source, YZ_STR(REST));
    source_end(&source, 0);
    finish();
    expect_bytes("{\"text\":1}");
}

/* ---- trying again ------------------------------------------------------------------------------------------------------- */

static void try_again(bool replayable) {
    chain.links = both;
    chain.n = 2;
    upload(WHOLE_LENGTH);
    source.body.replayable = replayable;
}

static void known_bytes_may_go_out_again(void **state) {
    (void)state;
    SERVE({.answer = BUSY, .eager = true, .close = true}, {.answer = ANSWER});
    try_again(false);
    begin();
    for (int i = 0; i < 1000 && P.connections < 2; i++)
        fixture_rest(2);
    assert_int_equal(P.connections, 2);
    assert_false(yz_committed(call));
    source_feed(&source, YZ_STR(REST));
    source_end(&source, 0);
    finish();
    expect_bytes("{\"text\":1}");
    assert_true(sent("\r\n\r\n" AS_SENT));
    assert_int_equal(source.opened, 2);
    assert_int_equal(source.closed, 2);
}

static void bytes_that_are_gone_end_the_trying(void **state) {
    (void)state;
    SERVE({.bye_first = true}, {.answer = ANSWER});
    try_again(false);
    begin();
    fixture_rest(5);
    assert_false(yz_committed(call));
    source_feed(&source, YZ_STR("01234"));
    fixture_rest(5);
    assert_true(yz_committed(call));
    source_feed(&source, YZ_STR("56789\"}"));
    source_end(&source, 0);
    finish();
    expect_error(YZ_ERROR_BROKEN, "before an answer");
    assert_int_equal(P.connections, 1);
    assert_int_equal(source.opened, 1);
}

static void a_body_that_can_be_read_again_is(void **state) {
    (void)state;
    SERVE({.bye_first = true}, {.answer = ANSWER});
    try_again(true);
    source_feed(&source, YZ_STR(REST));
    source_end(&source, 0);
    begin();
    finish();
    expect_bytes("{\"text\":1}");
    assert_int_equal(P.connections, 2);
    assert_int_equal(source.opened, 2);
    assert_true(sent("\r\n\r\n" AS_SENT));
}

/* A kept connection that turns out to be dead is replaced without anybody's knowing; where that would need what is gone, none is taken. */
static void a_stale_connection(void **state) {
    (void)state;
    SERVE({.answer = ANSWER}, {.bye_first = true}, {.answer = ANSWER}, {.answer = ANSWER});
    for (int i = 0; i < 3; i++) {
        upload(WHOLE_LENGTH);
        source.body.replayable = i < 2;
        source_feed(&source, YZ_STR(REST));
        source_end(&source, 0);
        begin();
        finish();
        expect_bytes("{\"text\":1}");
        assert_int_equal(P.connections, i + 1);
        assert_int_equal(source.opened, i == 1 ? 2 : 1);
    }
}

/* ---- the world ---------------------------------------------------------------------------------------------------------- */

static int set_up_upload(void **state) {
    set_up(state);
    yz_diag diag = {0};
    if (!retry)
        retry = yz_plugin_load(YZ_BUILD_FOLDER "/plugins/retry.so", &diag);
    assert_non_null(retry);
    both[0] = (yz_link){.filter = retry->filter, .name = "retry", .config = yz_options_config(retry, NULL, arena, &diag)};
    assert_non_null(both[0].config);
    assert_int_equal(retry->filter->open(&F.worker, both[0].config, &both[0].stage, &diag), YZ_OK);
    both[1] = links[0];
    return 0;
}

static int tear_down_upload(void **state) {
    retry->filter->close(both[0].stage);
    source_free(&source);
    memset(&source, 0, sizeof source);
    return tear_down(state);
}

#define U(name) cmocka_unit_test_setup_teardown(name, set_up_upload, tear_down_upload)

int main(void) {
    const struct CMUnitTest tests[] = {U(an_upload_reaches_the_provider),
                                       U(a_deaf_provider_holds_the_body_back),
                                       U(a_large_upload_arrives_whole),
                                       U(a_dialect_cannot_be_changed_on_the_way),
                                       U(a_body_that_fails),
                                       U(the_client_leaves),
                                       U(an_answer_before_the_end),
                                       U(a_slow_client),
                                       U(known_bytes_may_go_out_again),
                                       U(bytes_that_are_gone_end_the_trying),
                                       U(a_body_that_can_be_read_again_is),
                                       U(a_stale_connection)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
