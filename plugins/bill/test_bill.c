/* test_bill.c: what is held, what is charged, and that every hold ends once, whatever becomes of the call. The ledger is a fake that
 * answers when the test wants it to; the provider does what a plan says. */
#include "test_world.h"

/* ---- holding -------------------------------------------------------------------------------------------------------- */

static void nothing_goes_down_before_it_is_held(void **state) {
    (void)state;
    start();
    assert_int_equal(fake.holds, 1);
    assert_int_equal(asked.calls, 0);
    assert_string_equal(fake.account, "alice");
    assert_string_equal(fake.price, "lab/cheap");
    assert_int_equal(fake.held, 6 * 2000 + 100 * 10000); /* ten bytes and a token; a hundred of the answer */
    held(YZ_OK, 0);
    assert_int_equal(asked.calls, 1);
    assert_ended(YZ_POSTING_CAPTURE, 1000 * 2000 + 10 * 10000);
    assert_explained("\"by\":\"provider\"");
    assert_explained("\"usd\":0.0021");
}

/* What was lent covers it: nothing is waited for, and its will and its end say what they end. */
static void a_covered_hold_waits_for_nothing(void **state) {
    (void)state;
    fake.lends = true;
    request.stream = true;
    asked.what = HANGS_AFTER_CONTENT;
    asked.marks = YZ_MARK_USAGE;
    start();
    assert_int_equal(fake.covered, 1);
    assert_int_equal(fake.holds, 0);
    assert_int_equal(asked.calls, 1);
    assert_int_equal(fake.held, 6 * 2000 + 100 * 10000);
    assert_int_equal(fake.wills, 1);
    assert_int_equal(fake.of, 5);
    fake.of = 0;
    leave();
    assert_int_equal(fake.posts, 1);
    assert_string_equal(fake.id, fake.ended);
    assert_int_equal(fake.of, 5);
}

/* Of a document all is known before its client has a byte of it, so it is charged then, once, whatever comes after. */
static void a_document_is_charged_before_it_is_sent(void **state) {
    (void)state;
    fake.lends = true;
    asked.what = HANGS_AFTER_CONTENT;
    asked.marks = YZ_MARK_USAGE;
    start();
    assert_ended(YZ_POSTING_CAPTURE, 1000 * 2000 + 10 * 10000);
    assert_explained("\"outcome\":\"done\"");
    assert_explained("\"cost\":\"confirmed\"");
    assert_int_equal(fake.wills, 0);
    assert_int_equal(fake.posts, 1);
    leave();
    assert_int_equal(fake.posts, 1);
}

static void the_dearest_target_is_held_for(void **state) {
    (void)state;
    served[1] = &dear, n_served = 2;
    cfg.account = BY_TENANT;
    served_whole();
    assert_int_equal(fake.held, 6 * 20000 + 100 * 100000);
    assert_string_equal(fake.account, "team");
    assert_ended(YZ_POSTING_CAPTURE, 1000 * 2000 + 10 * 10000); /* but what is paid is the price of who answered */
}

static yz_estimate estimated_here(void) {
    yz_estimate out = {YZ_ESTIMATE, .most = -1};
    filter.estimate(&cfg, c.call, &request, &out);
    return out;
}

/* What a policy above is told is what is held afterwards. */
static void an_estimate_is_what_is_held(void **state) {
    (void)state;
    served[1] = &dear, n_served = 2;
    start();
    assert_int_equal(estimated_here().most, fake.held);
    assert_true(yz_str_is(estimated_here().account, fake.account));
    held(YZ_OK, 0);
    assert_int_equal(fake.holds, 1);

    static const yz_str elsewhere = {"elsewhere", 9};
    request.within = &elsewhere, request.n_within = 1;
    assert_int_equal(estimated_here().most, -1); /* nobody may be asked */
    request.n_within = 0;
    served[1] = &bare;
    assert_int_equal(estimated_here().most, -1); /* it would be refused */
    cfg.unpriced = ALLOW;
    assert_int_equal(estimated_here().most, 6 * 2000 + 100 * 10000);
    n_served = 0;
    assert_int_equal(estimated_here().most, -1);
    request.op = YZ_OP_COUNT;
    assert_int_equal(estimated_here().most, 0);
    assert_int_equal(fake.holds, 1);
}

static void who_cannot_pay_is_refused(void **state) {
    (void)state;
    static const int codes[] = {YZ_ELIMIT, YZ_ENOTFOUND};
    for (size_t i = 0; i < 2; i++) {
        start();
        yz_wait_done(fake.wait);
        fake.on_held(fake.call, NULL, &(yz_posted){YZ_POSTED, .code = codes[i], .available = 5});
        assert_string_equal(note("needed"), "0.001012");
        assert_string_equal(note("left"), "0.000000005");
        assert_int_equal(c.error, YZ_ERROR_FORBIDDEN);
        assert_non_null(strstr(c.message, "may cost up to 0.001012 USD, and 0.000000005 USD are left"));
        world_settle(&w);
    }
    assert_int_equal(asked.calls, 0);
    assert_int_equal(fake.posts, 0);
}

/* A budget does not cover the model: the cheaper one that its group names is held for and asked, once. */
static void a_cheaper_model_within_the_budget(void **state) {
    (void)state;
    static const yz_scope lab = {YZ_SCOPE, .kind = "group", .name = {"lab", 3}, .budget_day = 5, .downgrade = {"cheap", 5}};
    static const yz_scope *const scopes[] = {&lab};
    key.scopes = scopes, key.n_scopes = 1;
    request.target = &dear;
    for (int covers = 0; covers < 2; covers++) {
        start();
        assert_int_equal(fake.held, 6 * 20000 + 100 * 100000);
        yz_wait_done(fake.wait);
        fake.on_held(fake.call, NULL, &(yz_posted){YZ_POSTED, .code = YZ_ELIMIT, .available = 5, .count = 1});
        assert_int_equal(fake.held, 6 * 2000 + 100 * 10000);
        yz_wait_done(fake.wait);
        fake.on_held(fake.call, NULL, &(yz_posted){YZ_POSTED, .code = covers ? YZ_OK : YZ_ELIMIT, .available = 5, .count = !covers});
        assert_string_equal(note("downgraded"), "m to cheap: the budget of the group \"lab\" for this day");
        world_settle(&w);
        assert_int_equal(asked.calls, covers);
        assert_int_equal(c.error, covers ? YZ_OK : YZ_ERROR_FORBIDDEN);
    }
    assert_explained("\"downgraded_from\":\"m\"");
    assert_int_equal(fake.holds, 4);
    key.n_scopes = 0;
}

/* The time of a model is over: refused with the successor's name, or the successor is held for, asked and charged. */
static void a_model_whose_time_is_over(void **state) {
    (void)state;
    static const yz_str only_old[] = {{"m", 1}}, all[] = {{"*", 1}};
    int64_t now = yz_clock_wall_ns() / 1000000000;
    prices[0].successor = YZ_STR("newer");
    key.models = all, key.n_models = 1;
    for (int redirect = 0; redirect < 2; redirect++) {
        cfg.ended = redirect ? ENDED_REDIRECT : ENDED_REFUSE;
        prices[0].ends = now + 3600;
        start(); /* not yet */
        assert_string_equal(note("redirected"), "");
        prices[0].ends = now; /* a policy reckons with what will be held */
        assert_int_equal(estimated_here().most, redirect ? 6 * 20000 + 100 * 100000 : -1);
        prices[0].ends = now + 3600;
        held(YZ_OK, 0);
        assert_int_equal(fake.held, 6 * 2000 + 100 * 10000);
        prices[0].ends = now;
        start();
        if (!redirect) {
            assert_int_equal(c.error, YZ_ERROR_NOT_FOUND);
            assert_non_null(strstr(c.message, "\"cheap\" is no longer served by lab, which says to use \"newer\""));
        }
    }
    assert_int_equal(fake.held, 6 * 20000 + 100 * 100000);
    assert_string_equal(fake.price, "lab/dear");
    assert_string_equal(note("redirected"), "m to newer: it is no longer served");
    held(YZ_OK, 0);
    assert_int_equal(c.error, YZ_OK);
    assert_explained("\"redirected_from\":\"m\"");
    int asked_before = asked.calls;

    key.models = only_old; /* the key may not use it */
    start();
    assert_int_equal(c.error, YZ_ERROR_NOT_FOUND);
    key.models = all;
    prices[1].ends = now, prices[1].successor = YZ_STR("newer"); /* in a circle */
    start();
    assert_int_equal(c.error, YZ_ERROR_NOT_FOUND);
    assert_non_null(strstr(c.message, "\"cheap\" is no longer served"));
    prices[1].ends = 0, prices[0].successor = YZ_STR(""); /* none is named */
    start();
    assert_int_equal(c.error, YZ_ERROR_NOT_FOUND);
    assert_int_equal(asked.calls, asked_before);
    key.n_models = 0;
}

static void the_ledger_is_away(void **state) {
    (void)state;
    static const int codes[] = {YZ_EIO, YZ_ETIMEOUT, YZ_EAGAIN, YZ_EINVAL};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        start();
        held(codes[i], 0);
        assert_int_equal(c.error, YZ_ERROR_UNAVAILABLE);
    }
    assert_int_equal(asked.calls, 0);
    assert_int_equal(fake.posts, 0);
}

static void who_leaves_before_it_is_held(void **state) {
    (void)state;
    start();
    leave();
    assert_int_equal(fake.posts, 0); /* the host gives back what comes too late */
    held(YZ_OK, 0);
    assert_int_equal(asked.calls, 0);
}

static void without_a_price(void **state) {
    (void)state;
    served[0] = &cheap, served[1] = &bare, n_served = 2;
    start();
    assert_int_equal(c.error, YZ_ERROR_FORBIDDEN);
    assert_non_null(strstr(c.message, "no price is known of \"bare\" at lab"));
    assert_int_equal(fake.holds, 0);
    cfg.unpriced = ALLOW;
    served[0] = &bare, n_served = 1;
    start(); /* nothing to hold */
    assert_int_equal(asked.calls, 1);
    served[0] = &bare, served[1] = &cheap, n_served = 2;
    served_whole();
    assert_ended(YZ_POSTING_RELEASE, 0);
}

/* What it costs is known a day later: no account pays for it, and none is overdrawn by it. */
static void batches(void **state) {
    (void)state;
    request.op = YZ_OP_BATCH;
    assert_int_equal(estimated_here().most, -1);
    start();
    assert_int_equal(c.error, YZ_ERROR_FORBIDDEN);
    assert_non_null(strstr(c.message, "a batch cannot be paid for here"));
    assert_int_equal(asked.calls, 0);
    cfg.unpriced = ALLOW;
    start();
    assert_int_equal(asked.calls, 1);
    assert_int_equal(fake.holds, 0);
}

static void without_a_key(void **state) {
    (void)state;
    request.key = NULL;
    start();
    assert_int_equal(c.error, YZ_ERROR_AUTH);
    request.op = YZ_OP_MODELS;
    start();
    assert_int_equal(asked.calls, 1);
    assert_int_equal(fake.holds, 0);
}

static int64_t output_of(const char *body) {
    yz_request r = {YZ_REQUEST, .op = YZ_OP_CHAT};
    yz_json *json;
    yz_json_fault fault;
    assert_int_equal(yz_json_parse(arena, yz_str_of(body), 0, &json, &fault), YZ_OK);
    r.json = json;
    bound_asked said = bound_read(&r);
    return bound_output(&r, &said, 100);
}

static void every_multiplier_is_bounded(void **state) {
    (void)state;
    const struct {
        const char *body;
        int64_t tokens;
    } rows[] = {
        {"{}", 100},
        {"{\"max_tokens\":7}", 7},
        {"{\"max_tokens\":7,\"max_completion_tokens\":9}", 9},
        {"{\"max_output_tokens\":8,\"n\":3}", 24},
        {"{\"n\":3}", 300},
        {"{\"generationConfig\":{\"maxOutputTokens\":5,\"candidateCount\":2}}", 10},
        {"{\"max_tokens\":-1,\"n\":-5}", 100},
        {"{\"max_tokens\":0,\"n\":0}", 100},
        {"{\"max_tokens\":9223372036854775807,\"n\":2147483648}", INT64_C(1000000000000)},
        {"{\"max_tokens\":9223372036854775808,\"n\":1}", 1000000000},
        {"{\"max_tokens\":1e308,\"n\":1e308}", INT64_C(1000000000000)}, /* no whole number: whoever takes it may take it for much */
        {"{\"max_tokens\":\"12abc\",\"n\":\"NaN\"}", INT64_C(1000000000000)},
        {"{\"max_tokens\":5,\"n\":1.5}", 5000},
        {"{\"max_tokens\":5,\"n\":true}", 5000},
        {"{\"max_tokens\":5,\"n\":[2]}", 5000},
        {"{\"max_tokens\":5,\"n\":\" 2\"}", 5000},
        {"{\"max_tokens\":\"5\",\"n\":\"12\"}", 60},
        {"{\"generationConfig\":{\"maxOutputTokens\":\"5\",\"candidateCount\":\"2\"}}", 10}, /* as protocol buffers write int64 */
        {"{\"max_tokens\":5.0,\"n\":2e0}", 10},
        {"{\"max_tokens\":null,\"n\":null}", 100},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (output_of(rows[i].body) != rows[i].tokens)
            fail_msg("%s: %lld", rows[i].body, (long long)output_of(rows[i].body));
    request.upload = &(yz_body){.size = sizeof(yz_body), .length = INT64_MAX};
    assert_int_equal(bound_input(&request, 2), 1000000000);
}

/* ---- charging ------------------------------------------------------------------------------------------------------- */

static void what_failed_costs_nothing(void **state) {
    (void)state;
    asked.what = FAILS;
    served_whole();
    assert_ended(YZ_POSTING_RELEASE, 0);
    assert_explained("\"by\":\"failed\"");
    assert_explained("\"attempts_usd\":0.0021"); /* to the client; the operator's cost is known all the same */
}

/* Same inputs, same charge, whichever side closed first. */
static void what_broke_off_and_who_left_pay_the_same(void **state) {
    (void)state;
    static const struct {
        int64_t input, output, amount;
    } rows[] = {{-1, -1, 3 * 2000 + 10 * 10000},
                {50, -1, 50 * 2000 + 10 * 10000},
                {50, 30, 50 * 2000 + 30 * 10000},
                {50, 1, 50 * 2000 + 10 * 10000},
                {5000, 5000, 1012000 /* the hold */}};
    request.stream = true;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (int left = 0; left < 2; left++) {
            asked = (plan){.what = left ? HANGS_AFTER_CONTENT : BREAKS,
                           .source = YZ_SOURCE_PROVIDER,
                           .input = rows[i].input,
                           .output = rows[i].output};
            fake.posts = 0;
            served_whole();
            if (left)
                leave();
            assert_ended(YZ_POSTING_CAPTURE, rows[i].amount);
            assert_explained("\"by\":\"estimated\"");
        }
}

/* Once its end was seen, what the provider says is all of it: the same for a will, a client that left, and a provider that broke off. */
static void what_is_finished_is_charged_exactly(void **state) {
    (void)state;
    request.stream = true;
    for (int left = 0; left < 2; left++) {
        asked = (plan){.what = left ? HANGS_AFTER_CONTENT : BREAKS,
                       .source = YZ_SOURCE_PROVIDER,
                       .input = 1000,
                       .output = 1,
                       .marks = YZ_MARK_USAGE | YZ_MARK_FINISH};
        fake.posts = 0;
        served_whole();
        assert_int_equal(fake.will_kind, YZ_POSTING_CAPTURE);
        assert_int_equal(fake.will_amount, 1000 * 2000 + 1 * 10000);
        if (left)
            leave();
        assert_ended(YZ_POSTING_CAPTURE, 1000 * 2000 + 1 * 10000);
        assert_explained("\"by\":\"provider\"");
    }
}

/* What the ledger is to do if the process dies, at each moment. */
static void a_hold_has_a_will(void **state) {
    (void)state;
    request.stream = true;
    asked = (plan){.what = HANGS_AFTER_CONTENT, .source = YZ_SOURCE_PROVIDER, .input = 50, .output = -1, .marks = YZ_MARK_CONTENT};
    start();
    assert_int_equal(fake.will_kind, YZ_POSTING_RELEASE); /* before it is held, and before anything is asked */
    assert_string_equal(fake.will_detail, "{\"by\":\"unsent\"}");
    held(YZ_OK, 0);
    assert_int_equal(fake.will_kind, YZ_POSTING_CAPTURE);
    assert_int_equal(fake.will_amount, 50 * 2000 + 10 * 10000);
    assert_int_equal(fake.posts, 0);
    leave();
    assert_ended(YZ_POSTING_CAPTURE, fake.will_amount);
    start();
    held(YZ_ELIMIT, 0);
    assert_int_equal(fake.will_kind, YZ_POSTING_NONE); /* nothing is held */
    start();
    leave();
    assert_int_equal(fake.will_kind, YZ_POSTING_NONE);
    held(YZ_OK, 0);
}

static void who_left_before_anything_came_pays_for_the_question(void **state) {
    (void)state;
    asked = (plan){.what = HANGS, .input = -1, .output = -1};
    served_whole();
    leave();
    assert_ended(YZ_POSTING_CAPTURE, 3 * 2000);
}

static void an_answer_without_usage_is_estimated(void **state) {
    (void)state;
    asked = (plan){.what = ANSWERS, .input = -1, .output = -1};
    served_whole();
    assert_ended(YZ_POSTING_CAPTURE, 3 * 2000 + 10 * 10000);
    assert_explained("\"by\":\"estimated\"");
}

static void second_hand_answers(void **state) {
    (void)state;
    static const yz_usage_source sources[] = {YZ_SOURCE_CACHED, YZ_SOURCE_SHARED};
    for (size_t i = 0; i < 2; i++)
        for (int hits = FREE; hits <= CHARGE; hits++) {
            asked.source = sources[i];
            cfg.hits = hits;
            fake.posts = 0;
            served_whole();
            assert_ended(hits == CHARGE ? YZ_POSTING_CAPTURE : YZ_POSTING_RELEASE, hits == CHARGE ? 2100000 : 0);
            assert_explained("\"attempts\":0");
        }
    cfg.hits = FREE; /* also where nobody said what was used, when it was asked for */
    asked = (plan){.what = ANSWERS, .hit = true, .input = -1, .output = -1};
    fake.posts = 0;
    served_whole();
    assert_ended(YZ_POSTING_RELEASE, 0);
    asked = (plan){.what = ANSWERS, .local = true, .input = -1, .output = -1};
    fake.posts = 0;
    served_whole();
    assert_ended(YZ_POSTING_RELEASE, 0);
}

static void one_of_two_attempts_is_paid(void **state) {
    (void)state;
    links[2] = links[1];
    links[1] = (yz_link){&twice, "twice", NULL, NULL};
    chain.n = 3;
    served_whole();
    assert_int_equal(asked.calls, 2);
    assert_ended(YZ_POSTING_CAPTURE, 2100000);
    assert_explained("\"attempts\":2,\"attempts_unknown\":0,\"attempts_usd\":0.0042");
}

/* The cost of a document is a header: it is there before the head goes up. */
static void the_cost_is_a_note(void **state) {
    (void)state;
    asked.what = HANGS_AFTER_CONTENT; /* the head is up, the end is not */
    served_whole();
    assert_string_equal(note("cost"), "0.0021");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        BILL_TEST(nothing_goes_down_before_it_is_held),
        BILL_TEST(a_covered_hold_waits_for_nothing),
        BILL_TEST(the_dearest_target_is_held_for),
        BILL_TEST(an_estimate_is_what_is_held),
        BILL_TEST(who_cannot_pay_is_refused),
        BILL_TEST(a_cheaper_model_within_the_budget),
        BILL_TEST(a_model_whose_time_is_over),
        BILL_TEST(the_ledger_is_away),
        BILL_TEST(who_leaves_before_it_is_held),
        BILL_TEST(without_a_price),
        BILL_TEST(batches),
        BILL_TEST(without_a_key),
        BILL_TEST(every_multiplier_is_bounded),
        BILL_TEST(what_failed_costs_nothing),
        BILL_TEST(what_broke_off_and_who_left_pay_the_same),
        BILL_TEST(what_is_finished_is_charged_exactly),
        BILL_TEST(a_document_is_charged_before_it_is_sent),
        BILL_TEST(a_hold_has_a_will),
        BILL_TEST(who_left_before_anything_came_pays_for_the_question),
        BILL_TEST(an_answer_without_usage_is_estimated),
        BILL_TEST(second_hand_answers),
        BILL_TEST(one_of_two_attempts_is_paid),
        BILL_TEST(the_cost_is_a_note),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
