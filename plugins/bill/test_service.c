/* test_service.c: services of a vendor (flex, priority, …): what is held for one that is asked for, what one without a price does; a price
 * that changes while a request runs; and the sum of several charges.
 */
#include "test_world.h"

static yz_price fast;
static yz_price_at_service services[1];

static int set_up_services(void **state) {
    set_up(state);
    fast = prices[0];
    fast.id = YZ_STR("lab/cheap+priority");
    for (yz_rate r = 0; r < YZ_RATES_N; r++)
        fast.rates.of[r] = prices[0].rates.of[r] < 0 ? -1 : 2 * prices[0].rates.of[r];
    services[0] = (yz_price_at_service){.service = YZ_SERVICE_PRIORITY, .price = &fast};
    prices[0].services = services, prices[0].n_services = 1;
    return 0;
}

static void ask(const char *body) {
    yz_json *json;
    request.body = yz_str_of(body);
    assert_int_equal(yz_json_parse(arena, request.body, 0, &json, NULL), YZ_OK);
    request.json = json;
    start();
}
static int64_t most(int64_t times) { return times * (((int64_t)request.body.n / 2 + 1) * 2000 + 100 * 10000); }

static void a_dearer_service_is_held_for(void **state) {
    (void)state;
    static const char *const bodies[] = {"{\"service_tier\":\"priority\"}", "{\"service_tier\":\"fast\"}"}; /* OpenAI's other word for it */
    for (size_t i = 0; i < 2; i++) {
        fake.posts = 0;
        ask(bodies[i]);
        assert_int_equal(fake.held, most(2));
        asked.service = YZ_SERVICE_PRIORITY;
        held(YZ_OK, 0);
        assert_ended(YZ_POSTING_CAPTURE, 2 * 2100000);
        assert_explained("\"price\":\"lab/cheap+priority\",\"service\":\"priority\"");
    }
}

/* The provider had no room for it: what was served is charged. */
static void what_was_served_is_charged_not_what_was_asked(void **state) {
    (void)state;
    ask("{\"service_tier\":\"priority\"}");
    asked.service = YZ_SERVICE_STANDARD;
    held(YZ_OK, 0);
    assert_ended(YZ_POSTING_CAPTURE, 2100000);
}

static void a_guess_takes_the_service_that_was_asked(void **state) {
    (void)state;
    asked.input = asked.output = -1;
    ask("{\"service_tier\":\"priority\"}");
    held(YZ_OK, 0);
    assert_explained("\"service\":\"priority\"");
}

static void a_service_without_a_price_is_refused(void **state) {
    (void)state;
    static const char *const bodies[] = {"{\"service_tier\":\"flex\"}", "{\"serviceTier\":\"flex\"}", "{\"speed\":\"fast\"}",
                                         "{\"service_tier\":\"gold\"}"};
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        ask(bodies[i]);
        assert_int_equal(c.error, YZ_ERROR_FORBIDDEN);
        assert_non_null(strstr(c.message, "no price is known of the service tier asked for of \"cheap\" at lab"));
        world_settle(&w);
    }
    assert_int_equal(fake.holds, 0);
    static const char *const usual[] = {"{\"service_tier\":\"auto\"}", "{\"service_tier\":\"default\"}", "{\"speed\":\"standard\"}"};
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++) {
        fake.posts = 0;
        ask(usual[i]);
        assert_int_equal(fake.held, most(1));
        held(YZ_OK, 0);
    }
    cfg.unpriced = ALLOW;
    fake.posts = 0;
    ask("{\"service_tier\":\"flex\"}");
    assert_int_equal(fake.held, most(1));
    asked.service = YZ_SERVICE_FLEX;
    held(YZ_OK, 0);
    assert_ended(YZ_POSTING_CAPTURE, 2100000);
    assert_explained("\"service\":\"flex\",\"service_unpriced\":true");
}

/* A scheduled change comes while the request runs: what counted when it began counts to its end. */
static void a_price_that_changes_in_mid_request(void **state) {
    (void)state;
    start();
    dear_from = ((bill_state *)yz_state(fake.call))->at + 1;
    held(YZ_OK, 0);
    assert_ended(YZ_POSTING_CAPTURE, 2100000);
    dear_from--;
    fake.posts = 0;
    start(); /* the next one begins after it */
    assert_int_equal(fake.held, 6 * 20000 + 100 * 100000);
    held(YZ_OK, 0);
    assert_ended(YZ_POSTING_CAPTURE, 21000000);
    dear_from = 0;
}

/* Above two bills, as a workflow is: both are charged, and the note says what both cost. */
static yz_call *first_step;
static void steps_on_call(yz_call *call, const yz_request *r) {
    (void)r;
    first_step = yz_next(call, NULL);
}
static void steps_on_head(yz_call *call, yz_call *child, const yz_head *head) {
    if (child != first_step)
        yz_send_head(call, head);
}
static void steps_on_end(yz_call *call, yz_call *child, const yz_end *end) {
    if (child == first_step)
        yz_next(call, NULL);
    else
        yz_send_end(call, end);
}
static void steps_on_chunk(yz_call *call, yz_call *child, const yz_chunk *chunk) {
    if (child != first_step)
        yz_send_chunk(call, chunk);
}
static const yz_filter steps = {YZ_FILTER, .on_call = steps_on_call, .on_head = steps_on_head, .on_chunk = steps_on_chunk,
                                .on_end = steps_on_end};

static void the_cost_of_a_request_is_that_of_all_its_steps(void **state) {
    (void)state;
    links[2] = links[1], links[1] = links[0];
    links[0] = (yz_link){&steps, "steps", NULL, NULL};
    chain.n = 3;
    start();
    held(YZ_OK, 0);
    assert_string_equal(note("cost"), "0.0021");
    asked.what = HANGS_AFTER_CONTENT; /* the head is up, the end is not */
    held(YZ_OK, 0);
    assert_string_equal(note("cost"), "0.0042");
    links[0].stage = links[1].stage; /* for tear_down */
}

static void a_note_is_read_as_it_was_written(void **state) {
    (void)state;
    static const int64_t amounts[] = {0, 1, 999999999, 1000000000, 1000000001, 12500000000, 100, INT64_C(1000000000000000000)};
    for (size_t i = 0; i < sizeof amounts / sizeof *amounts; i++) {
        yz_buf text = {0};
        yz_price_usd(amounts[i], &text);
        assert_int_equal(noted_nano(yz_buf_view(&text)), amounts[i]);
        yz_buf_free(&text);
    }
}

#define SERVICE_TEST(f) cmocka_unit_test_setup_teardown(f, set_up_services, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        SERVICE_TEST(a_dearer_service_is_held_for),
        SERVICE_TEST(what_was_served_is_charged_not_what_was_asked),
        SERVICE_TEST(a_guess_takes_the_service_that_was_asked),
        SERVICE_TEST(a_service_without_a_price_is_refused),
        SERVICE_TEST(a_price_that_changes_in_mid_request),
        SERVICE_TEST(the_cost_of_a_request_is_that_of_all_its_steps),
        SERVICE_TEST(a_note_is_read_as_it_was_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
