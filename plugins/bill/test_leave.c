/* test_leave.c: a client that leaves in the middle of its answer: drained or cut, and what it pays. */
#include "test_world.h"

/* Who leaves is gone for the server, which asks whether anybody wants the rest. */
static bool leave_asked(void) {
    bool on = yz_call_left(c.call);
    if (!on)
        leave();
    world_settle(&w);
    return on;
}

/* Read on to the end, and charged by it; to a bound, and charged by what had come; or not at all. */
static void who_leaves_is_drained_or_cut(void **state) {
    (void)state;
    static const struct {
        int64_t time, tokens, amount;
        const char *by, *word;
        bool drain;
    } rows[] = {{30000, 100, 1000 * 2000 + 20 * 10000, "provider", "drained", true},
                {30000, 9, 1012000 /* the hold */, "estimated", "drain_tokens", true},
                {9000, 100, 3 * 2000 + 10 * 10000, "estimated", "drain_time", true},
                {30000, 100, 3 * 2000 + 10 * 10000, "estimated", "cut", false}};
    request.stream = true;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cfg.disconnect = rows[i].drain ? DRAIN : CUT, cfg.drain_time = rows[i].time, cfg.drain_tokens = rows[i].tokens;
        asked = (plan){.what = ENDS_LATER, .source = YZ_SOURCE_PROVIDER, .input = -1, .output = -1};
        fake.posts = 0;
        served_whole();
        assert_int_equal(leave_asked(), rows[i].drain);
        assert_int_equal(fake.posts, !rows[i].drain);
        if (rows[i].drain) {
            assert_true(yz_committed(c.call)); /* nothing is begun anew */
            world_pass(&w, LATER + 1);
        }
        assert_ended(YZ_POSTING_CAPTURE, rows[i].amount);
        char words[64];
        snprintf(words, sizeof words, "\"by\":\"%s\",\"disconnect\":\"%s\"", rows[i].by, rows[i].word);
        assert_explained(words);
    }
}

/* Nothing is waited for that nobody has begun, and a provider's own failure is one. */
static void what_is_not_begun_is_not_drained(void **state) {
    (void)state;
    cfg.disconnect = DRAIN;
    start();
    assert_false(leave_asked());
    assert_int_equal(fake.posts, 0);
    held(YZ_OK, 0);
    asked = (plan){.what = HANGS, .input = -1, .output = -1};
    served_whole();
    assert_true(leave_asked());
    world_pass(&w, 30001);
    assert_ended(YZ_POSTING_CAPTURE, 3 * 2000); /* its question, as if it had been cut at once */
}

/* Between the two: all share one piece of work, which ends with the last of them. */
static yz_call *work;
static int riders;
static void work_head(void *arg, yz_call *child, const yz_head *head) { (void)arg, (void)child, (void)head; }
static void work_chunk(void *arg, yz_call *child, const yz_chunk *chunk) { (void)arg, (void)child, (void)chunk; }
static void work_end(void *arg, yz_call *child, const yz_end *end) { (void)arg, (void)child, (void)end; }
static void work_error(void *arg, yz_call *child, const yz_error *error) { (void)arg, (void)child, (void)error; }
static const yz_parent work_parent = {YZ_PARENT, work_head, work_chunk, work_end, work_error};
static void ride_on_call(yz_call *call, const yz_request *asked_for) {
    (void)asked_for;
    if (riders++ == 0)
        work = yz_root(call, NULL, &work_parent, NULL);
    yz_record_share(call, work);
    yz_timer_start(call, 1000000000);
}
static void ride_on_close(yz_call *call) {
    (void)call;
    if (--riders == 0)
        yz_cancel(work);
}
static const yz_filter ride = {YZ_FILTER, .on_call = ride_on_call, .on_close = ride_on_close};

/* What has begun for several is paid by one of them, whoever began it: by the last to leave, if nobody gets the answer. */
static void who_leaves_shared_work(void **state) {
    (void)state;
    links[2] = links[1];
    links[1] = (yz_link){&ride, "ride", NULL, NULL};
    chain.n = 3;
    asked = (plan){.what = HANGS, .source = YZ_SOURCE_PROVIDER, .input = 50, .output = -1};
    client first = {0};
    client_start(&first, &w, &chain, &request);
    world_settle(&w);
    held(YZ_OK, 0);
    served_whole();
    assert_int_equal(asked.calls, 1);
    yz_cancel(first.call);
    world_settle(&w);
    assert_true(fake.posts == 1 && fake.kind == YZ_POSTING_RELEASE && fake.amount == 0);
    assert_explained("\"attempts\":0");
    fake.posts = 0;
    leave();
    assert_ended(YZ_POSTING_CAPTURE, 50 * 2000);
    assert_explained("\"by\":\"estimated\"");
    assert_explained("\"because\":\"coalesced\"");
    assert_explained("\"attempts\":1");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        BILL_TEST(who_leaves_is_drained_or_cut),
        BILL_TEST(what_is_not_begun_is_not_drained),
        BILL_TEST(who_leaves_shared_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
