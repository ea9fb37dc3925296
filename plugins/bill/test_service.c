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

/* Two chats, as a dialect that brings them along has them: "a": one, "b": the other. */
static const yz_json *chat_of(const yz_request *batch, const yz_json *after, const yz_json **body) {
    const yz_json *next = after ? after->next : batch->json->child;
    *body = next;
    return next;
}
static const yz_adapter batching = {YZ_ADAPTER, .dialect = "lab", .batch_chat = chat_of};

static void ask_batch(const char *body, const char *job) {
    request.op = YZ_OP_BATCH;
    request.dialect = &batching;
    request.job = yz_str_of(job);
    ask(body);
}

/* All that its chats may use is held under the job's id, at the price of batches alone, and charged: who follows it gives back the rest. */
static void a_batch_that_is_followed(void **state) {
    (void)state;
    static const char body[] = "{\"a\":{\"max_tokens\":7},\"b\":{\"x\":\"0123456789\"}}";
    services[0].service = YZ_SERVICE_BATCH; /* twice the price, so that it is not the other one */
    asked.input = asked.output = -1;
    ask_batch(body, "job-1");
    int64_t a = sizeof "{\"max_tokens\":7}" - 1, b = sizeof "{\"x\":\"0123456789\"}" - 1;
    assert_int_equal(fake.held, 2 * (((a / 2 + 1) + (b / 2 + 1)) * 2000 + (7 + 100) * 10000));
    int64_t most = fake.held;
    held(YZ_OK, 0);
    assert_ended(YZ_POSTING_CAPTURE, most);
    assert_explained(yz_format(arena, "\"by\":\"batch\",\"chats\":2,\"most_nano\":%lld", (long long)most).p);
    fake.posts = 0;
    ask_batch("{\"a\":{\"max_tokens\":-5}}", "job-0"); /* which is no limit */
    assert_int_equal(fake.held, 2 * (((sizeof "{\"max_tokens\":-5}" - 1) / 2 + 1) * 2000 + 100 * 10000));
    held(YZ_OK, 0);
    fake.posts = 0;
    asked.what = FAILS; /* the provider has not begun it */
    ask_batch(body, "job-2");
    held(YZ_OK, 0);
    assert_ended(YZ_POSTING_RELEASE, 0);
}

/* A short address may be of much: each counts, once, wherever it stands and however it is called. */
static void pictures_and_files_of_a_batch(void **state) {
    (void)state;
    static const struct {
        const char *body;
        int64_t tokens;
    } table[] = {
        {"{\"max_tokens\":1,\"messages\":[{\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":\"https://"
         "x\"}},{\"image_url\":{\"url\":\"y\"}}]}]}",
         10000},
        {"{\"max_tokens\":1,\"input\":[{\"content\":[{\"type\":\"input_file\",\"file_url\":\"https://"
         "x\"},{\"type\":\"input_image\",\"image_url\":\"y\"}]}]}",
         75000},
        {"{\"max_tokens\":1,\"messages\":[{\"content\":[{\"type\":\"file\",\"file\":{\"file_data\":\"x\"}}]}]}", 70000},
        {"{\"max_tokens\":1,\"messages\":[{\"content\":[{\"type\":\"image\",\"source\":{\"type\":\"url\",\"url\":\"x\"}}]}]}", 5000},
        {"{\"max_tokens\":1,\"messages\":[{\"content\":[{\"type\":\"document\",\"source\":{\"type\":\"content\",\"content\":[{\"type\":"
         "\"image\"}]}}]}]}",
         75000},
        {"{\"max_tokens\":1,\"messages\":[{\"content\":\"image_url\"}]}", 0},
    };
    services[0].service = YZ_SERVICE_BATCH;
    asked.input = asked.output = -1;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        fake.posts = 0;
        ask_batch(yz_format(arena, "{\"a\":%s}", table[i].body).p, yz_format(arena, "job-%zu", i).p);
        assert_int_equal(fake.held, 2 * (((int64_t)strlen(table[i].body) / 2 + 1 + table[i].tokens) * 2000 + 10000));
        held(YZ_OK, 0);
    }
}

static void a_batch_that_nobody_follows(void **state) {
    (void)state;
    services[0].service = YZ_SERVICE_BATCH;
    ask_batch("{\"a\":{}}", "");
    assert_int_equal(c.error, YZ_ERROR_FORBIDDEN);
    assert_non_null(strstr(c.message, "the stage jobs does"));
    world_settle(&w);
    services[0].service = YZ_SERVICE_PRIORITY; /* nobody has said what a batch costs */
    ask_batch("{\"a\":{}}", "job-1");
    assert_int_equal(c.error, YZ_ERROR_FORBIDDEN);
    assert_non_null(strstr(c.message, "no price is known of the service tier asked for"));
    assert_int_equal(fake.holds, 0);
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
        SERVICE_TEST(a_batch_that_is_followed),
        SERVICE_TEST(pictures_and_files_of_a_batch),
        SERVICE_TEST(a_batch_that_nobody_follows),
        SERVICE_TEST(a_service_without_a_price_is_refused),
        SERVICE_TEST(a_price_that_changes_in_mid_request),
        SERVICE_TEST(the_cost_of_a_request_is_that_of_all_its_steps),
        SERVICE_TEST(a_note_is_read_as_it_was_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
