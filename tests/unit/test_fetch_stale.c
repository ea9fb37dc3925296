/* test_fetch_stale.c: connections that were used before and end as a request goes out: when it is sent anew, and when never. */
#include "fetch_world.h"

static void stale_is_sent_anew(void **state) {
    (void)state;
    SERVE({.answer = OK_ANSWER}, {.bye_first = true}, {.answer = OK_ANSWER}, {.bye_first = true, .reset = true}, {.answer = OK_ANSWER});
    for (unsigned i = 0; i < 3; i++) {
        fetch();
        expect_body("hello");
        assert_int_equal(R.resent, i > 0);
    }
    assert_int_equal(P.connections, 3);
    assert_int_equal(P.requests, 5);
}

static void replayed_once(void **state) {
    (void)state;
    SERVE({.answer = OK_ANSWER}, {.bye_first = true});
    fetch();
    expect_body("hello");
    fetch();
    expect_failure(YZ_ERROR_BROKEN, "before an answer");
    assert_int_equal(R.started, YZ_STARTED_MAYBE);
    assert_int_equal(P.requests, 3);
}

static void once_is_not_replayed(void **state) {
    (void)state;
    SERVE({.answer = OK_ANSWER}, {.bye_first = true});
    fetch();
    expect_body("hello");
    plan.once = true;
    fetch();
    plan.once = false;
    expect_failure(YZ_ERROR_BROKEN, "before an answer");
    assert_int_equal(P.requests, 2);
    assert_int_equal(P.connections, 2);
}

/* What may be sent once does not go over a connection that its server may be about to close. */
static void once_goes_over_a_fresh_connection(void **state) {
    (void)state;
    SERVE({.answer = OK_ANSWER});
    fetch();
    plan.once = true;
    fetch();
    plan.once = false;
    expect_body("hello");
    assert_int_equal(P.connections, 2);
}

/* What servers say to a connection that was idle for too long, as the next request is on its way. */
static void said_to_an_idle_one_is_no_answer(void **state) {
    (void)state;
    static const char *const said[] = {"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 4\r\n\r\nlate",
                                       "HTTP/1.0 408 Request Time-out\r\n\r\n<html>", "\r\n", "\r\n\r\n\r\n"};
    static peer_script scripts[] = {{.close = true}, {.answer = OK_ANSWER}};
    serve(scripts, 2);
    P.again = true;
    P.turn = 1;
    fetch();
    for (size_t i = 0; i < sizeof said / sizeof *said; i++)
        for (size_t step = 0; step < 8; step += 3) {
            unsigned requests = P.requests;
            scripts[0] = (peer_script){.answer = said[i], .step = step, .close = true, .reset = i > 1 && step == 3};
            fetch();
            expect_body("hello");
            assert_int_equal(R.resent, 1);
            assert_int_equal(P.requests, requests + 2);
        }
}

static void blank_lines_before_an_answer(void **state) {
    (void)state;
    SERVE({.answer = "\r\n" OK_ANSWER}, {.answer = "\r\n\n" OK_ANSWER, .step = 1});
    for (int i = 0; i < 2; i++) {
        fetch();
        expect_body("hello");
    }
    assert_int_equal(P.requests, 2);
}

/* On a fresh connection 408 is the server's answer; so is one that keeps the connection. */
static void a_timeout_of_the_server_is_an_answer(void **state) {
    (void)state;
    SERVE({.answer = "HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 4\r\n\r\nlate", .close = true},
          {.answer = OK_ANSWER}, {.answer = "HTTP/1.1 408 Request Timeout\r\ncontent-length: 4\r\n\r\nlate"});
    fetch();
    assert_int_equal(R.status, 408);
    fetch();
    fetch();
    assert_int_equal(R.status, 408);
    assert_int_equal(P.requests, 3);
}

static void fresh_is_not_replayed(void **state) {
    (void)state;
    SERVE({.bye_first = true});
    fetch();
    expect_failure(YZ_ERROR_BROKEN, "before an answer");
    assert_int_equal(P.requests, 1);
}

static void answered_is_not_replayed(void **state) {
    (void)state;
    SERVE({.answer = OK_ANSWER}, {.answer = "H", .close = true});
    fetch();
    fetch();
    expect_failure(YZ_ERROR_BROKEN, "in the middle");
    assert_int_equal(P.requests, 2);
}

static void timeout_is_not_replayed(void **state) {
    (void)state;
    SERVE({.answer = OK_ANSWER}, {.silent = true});
    fetch();
    plan.timeout.first_byte = 100;
    fetch();
    expect_failure(YZ_ERROR_TIMEOUT, "no answer");
    assert_int_equal(P.requests, 2);
}

/* It took the request and worked on it for a while: it was not stale. */
static void late_end_is_not_replayed(void **state) {
    (void)state;
    SERVE({.answer = OK_ANSWER}, {.silent = true});
    fetch();
    plan.timeout = (yz_timeouts){.first_byte = 60000};
    clear(&R);
    start(&R);
    fixture_rest(20);
    assert_int_equal(P.requests, 2);
    yz_clock_skip(5000);
    peer_cut(&P);
    fixture_wait(&R.done, 2000);
    expect_failure(YZ_ERROR_BROKEN, "before an answer");
    assert_int_equal(R.started, YZ_STARTED_MAYBE);
    assert_int_equal(P.requests, 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(stale_is_sent_anew),
        TEST(replayed_once),
        TEST(once_is_not_replayed),
        TEST(once_goes_over_a_fresh_connection),
        TEST(said_to_an_idle_one_is_no_answer),
        TEST(blank_lines_before_an_answer),
        TEST(a_timeout_of_the_server_is_an_answer),
        TEST(fresh_is_not_replayed),
        TEST(answered_is_not_replayed),
        TEST(timeout_is_not_replayed),
        TEST(late_end_is_not_replayed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
