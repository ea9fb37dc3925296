/* test_bill.c: what is held, what is charged, and that every hold ends once, whatever becomes of the call. The ledger is a fake that
 * answers when the test wants it to; the provider does what a plan says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/check.h"
#include "base/diag.h"
#include "price/price.h"
#include "tree_world.h"

#include <yuzui/plugin.h>

#include "test_fake.h"

/* ---- prices --------------------------------------------------------------------------------------------------------- */

static const yz_provider provider = {YZ_PROVIDER, .name = {"lab", 3}};
static const yz_target cheap = {YZ_TARGET, .provider = &provider, .model = {"cheap", 5}},
                       dear = {YZ_TARGET, .provider = &provider, .model = {"dear", 4}},
                       bare = {YZ_TARGET, .provider = &provider, .model = {"bare", 4}};
static yz_price prices[2];

static const yz_price *test_price_find(const yz_call *call, const yz_target *target, int64_t at) {
    (void)call;
    assert_true(at > 1700000000);
    return target == &cheap ? &prices[0] : target == &dear ? &prices[1] : NULL;
}
static const yz_target *served[3];
static size_t n_served;
static size_t test_targets(const yz_call *call, yz_str model, const yz_target *const **targets) {
    (void)call, (void)model;
    *targets = served;
    return n_served;
}

#define yz_ledger_find  test_find
#define yz_ledger_hold  test_hold
#define yz_ledger_post  test_post
#define yz_ledger_will  test_will
#define yz_ledger_cover test_cover
#define yz_price_find   test_price_find
#define yz_targets      test_targets
#include "bill.c"
#include "bound.c"
#include "budget.c"
#include "charge.c"
#include "downgrade.c"
#include "end.c"
#include "explain.c"
#include "webhook.c"

/* ---- a provider ----------------------------------------------------------------------------------------------------- */

typedef enum what { ANSWERS, FAILS, BREAKS, HANGS, HANGS_AFTER_CONTENT } what;
typedef struct plan {
    what what;
    yz_usage_source source;
    int64_t input, output; /* -1: not said */
    bool local;
    int calls;
    unsigned marks; /* of its chunk */
} plan;

static void leaf_on_call(yz_call *call, const yz_request *request) {
    plan *p = (plan *)(uintptr_t)yz_config(call);
    yz_record *record = yz_call_record(call);
    p->calls++;
    record->target = p->local ? NULL : served[0];
    record->started = p->local ? YZ_STARTED_NO : YZ_STARTED_YES;
    yz_usage usage = yz_usage_of(p->input, p->output);
    if (usage.known)
        yz_record_usage(call, &usage, p->source);
    if (p->what == ANSWERS || p->what == BREAKS || p->what == HANGS_AFTER_CONTENT) {
        record->text = 40;
        yz_send_head(call, &(yz_head){YZ_HEAD, .status = 200, .stream = request->stream});
        yz_send_chunk(call, &(yz_chunk){YZ_CHUNK, .bytes = YZ_STR("four times ten bytes, that is forty here"), .marks = p->marks});
    }
    if (p->what == ANSWERS)
        yz_send_end(call, &(yz_end){YZ_END});
    else if (p->what == FAILS || p->what == BREAKS)
        yz_fail(call, YZ_ERROR_BROKEN, "planned");
    else
        yz_timer_start(call, 1000000000);
}
static const yz_filter leaf = {YZ_FILTER, .on_call = leaf_on_call};

/* Between the two: asks twice, and takes the second answer, as a retry does. */
static void twice_on_call(yz_call *call, const yz_request *request) {
    (void)request;
    yz_call *first = yz_next(call, NULL);
    *(yz_call **)yz_state(call) = first;
}
static void twice_on_end(yz_call *call, yz_call *child, const yz_end *end) {
    if (child == *(yz_call **)yz_state(call))
        yz_next(call, NULL);
    else
        yz_send_end(call, end);
}
static void twice_on_head(yz_call *call, yz_call *child, const yz_head *head) {
    if (child != *(yz_call **)yz_state(call))
        yz_send_head(call, head);
}
static void twice_on_chunk(yz_call *call, yz_call *child, const yz_chunk *chunk) {
    if (child != *(yz_call **)yz_state(call))
        yz_send_chunk(call, chunk);
}
static const yz_filter twice = {YZ_FILTER,
                                .call_size = sizeof(yz_call *),
                                .on_call = twice_on_call,
                                .on_head = twice_on_head,
                                .on_chunk = twice_on_chunk,
                                .on_end = twice_on_end};

static world w;
static client c;
static plan asked;
static bill_config cfg;
static yz_link links[3];
static yz_chain chain;
static yz_arena *arena;
static yz_key key = {YZ_KEY, .name = {"alice", 5}, .tenant = {"team", 4}};
static yz_request request;

static int set_up(void **state) {
    (void)state;
    world_open(&w);
    arena = yz_arena_new(NULL);
    fake = (struct fake){0};
    asked = (plan){.source = YZ_SOURCE_PROVIDER, .input = 1000, .output = 10};
    cfg = (bill_config){.bytes_per_token = 2, .answer_tokens = 100, .timeout = 5000, .ttl = 3600000};
    for (int i = 0; i < 2; i++) {
        prices[i] =
            (yz_price){.seller = YZ_STR("lab"), .model = i ? dear.model : cheap.model, .id = i ? YZ_STR("lab/dear") : YZ_STR("lab/cheap")};
        for (yz_rate r = 0; r < YZ_RATES_N; r++)
            prices[i].rates.of[r] = -1;
        prices[i].rates.of[YZ_RATE_INPUT] = (i ? 20 : 2) * INT64_C(1000000000);
        prices[i].rates.of[YZ_RATE_OUTPUT] = (i ? 100 : 10) * INT64_C(1000000000);
    }
    served[0] = &cheap, n_served = 1;
    void *stage;
    yz_diag diag = {0};
    assert_int_equal(open_stage(NULL, &cfg, &stage, &diag), YZ_OK);
    links[0] = (yz_link){&filter, "bill", &cfg, stage};
    links[1] = (yz_link){&leaf, "leaf", &asked, NULL};
    chain = (yz_chain){.links = links, .n = 2};
    request = (yz_request){YZ_REQUEST, .op = YZ_OP_CHAT, .model = YZ_STR("m"), .key = &key, .body = YZ_STR("0123456789")};
    return 0;
}
static int tear_down(void **state) {
    (void)state;
    if (c.call && !c.ended)
        yz_cancel(c.call);
    world_settle(&w);
    assert_int_equal(yz_call_count(&w.worker), 0);
    free(links[0].stage);
    yz_arena_free(arena);
    world_close(&w);
    return 0;
}

static void start(void) {
    client_start(&c, &w, &chain, &request);
    world_settle(&w);
}
static void held(int code, int64_t available) {
    yz_wait_done(fake.wait);
    if (!yz_ended(fake.call))
        fake.on_held(fake.call, NULL, &(yz_posted){YZ_POSTED, .code = code, .available = available});
    world_settle(&w);
}
static void served_whole(void) {
    start();
    held(YZ_OK, 0);
}
static void leave(void) {
    yz_cancel(c.call);
    c.call = NULL;
    world_settle(&w);
}
static void assert_ended(yz_posting_kind kind, int64_t amount) {
    assert_int_equal(fake.posts, 1);
    assert_int_equal(fake.kind, kind);
    assert_int_equal(fake.amount, amount);
    assert_string_equal(fake.id, fake.ended);
}
static void assert_explained(const char *words) {
    if (!strstr(fake.detail, words))
        fail_msg("expected \"%s\" in \"%s\"", words, fake.detail);
}
static const char *note(const char *name) {
    for (const yz_note_entry *n = yz_call_notes(c.call); n; n = n->next)
        if (strcmp(n->name, name) == 0)
            return yz_dup(arena, n->value).p;
    return "";
}

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
    return bound_output(&r, 100);
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
        {"{\"max_tokens\":1e308,\"n\":1e308}", 100}, /* no whole number: the provider refuses it */
        {"{\"max_tokens\":\"12abc\",\"n\":\"NaN\"}", 100},
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

#define BILL_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
int main(void) {
    const struct CMUnitTest tests[] = {
        BILL_TEST(nothing_goes_down_before_it_is_held),
        BILL_TEST(a_covered_hold_waits_for_nothing),
        BILL_TEST(the_dearest_target_is_held_for),
        BILL_TEST(an_estimate_is_what_is_held),
        BILL_TEST(who_cannot_pay_is_refused),
        BILL_TEST(a_cheaper_model_within_the_budget),
        BILL_TEST(the_ledger_is_away),
        BILL_TEST(who_leaves_before_it_is_held),
        BILL_TEST(without_a_price),
        BILL_TEST(without_a_key),
        BILL_TEST(every_multiplier_is_bounded),
        BILL_TEST(what_failed_costs_nothing),
        BILL_TEST(what_broke_off_and_who_left_pay_the_same),
        BILL_TEST(what_is_finished_is_charged_exactly),
        BILL_TEST(a_hold_has_a_will),
        BILL_TEST(who_left_before_anything_came_pays_for_the_question),
        BILL_TEST(an_answer_without_usage_is_estimated),
        BILL_TEST(second_hand_answers),
        BILL_TEST(one_of_two_attempts_is_paid),
        BILL_TEST(the_cost_is_a_note),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
