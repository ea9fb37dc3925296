/* test_price_region.c: what a model costs where the provider, or the node, that serves is of a region: factors that are exact, with tiers,
 * hours and services, and how they are read and said. The sums were made by hand. */
#include "price_world.h"

#include "price/import.h"

#define NODES                                                                                                                              \
    "{ 'http://127.0.0.1:1', name = 'a' }, { 'http://127.0.0.1:2', name = 'b', region = 'us' }, { 'http://127.0.0.1:3', region = 'mars' }"

static const yz_settings *read_config(const char *row) {
    yz_str text = yz_format(arena,
                            "listen '127.0.0.1:0'\nchain {}\n"
                            "provider 'acme' { adapter = 'openai', region = 'eu', nodes = { %s } }\n"
                            "provider 'plain' { adapter = 'openai', base_url = 'http://127.0.0.1:4' }\n"
                            "model 'm' { 'acme', 'plain' }\n"
                            "prices 'acme' { source = 's', date = '2026-11-28', models = { %s } }\n"
                            "prices 'plain' { source = 's', date = '2026-11-28', models = { %s } }",
                            NODES, row, row);
    return yz_settings_read_text("yuzui.lua", text, arena, &diag);
}

static const yz_settings *config(const char *row) {
    const yz_settings *s = read_config(row);
    if (!s)
        fail_msg("%.*s", (int)diag.text.n, diag.text.p);
    return s;
}

static const yz_price *price_of(const yz_settings *s, size_t target) {
    const yz_model_settings *model = yz_model_find(s, YZ_STR("m"));
    assert_int_equal(model->n_targets, 4);
    const yz_price *price = yz_settings_price(s, model->targets[target], 1795000000); /* 2026-11-18, a Wednesday */
    assert_non_null(price);
    return price;
}

static int64_t cost_at(const yz_price *price, yz_service service, int64_t input, int64_t output) {
    yz_usage usage = yz_usage_of(input, output);
    yz_cost cost = {YZ_COST};
    yz_usage_set_service(&usage, service);
    assert_int_equal(yz_price_cost(price, &usage, &cost), YZ_OK);
    assert_int_equal(cost.unpriced, 0);
    return cost.total;
}

#define ROW                                                                                                                                \
    "{ name = 'm', input = 2, output = 12, tiers = { { above = 1000, input = 4 } }, services = { { name = 'flex', times = 0.5 } },"        \
    " regions = { { name = 'eu', times = 1.1 }, { name = 'us', times = 0.95 } } }"

static void each_target_costs_what_its_region_does(void **state) {
    (void)state;
    const yz_settings *s = config(ROW);
    enum { EU, US, MARS, NOWHERE }; /* the provider's own; a node's own; one that the price does not name; none */
    assert_int_equal(cost_at(price_of(s, EU), YZ_SERVICE_UNSAID, 1000, 10), 1000 * 2200 + 10 * 13200);
    assert_int_equal(cost_at(price_of(s, EU), YZ_SERVICE_UNSAID, 1001, 10), 1001 * 4400 + 10 * 13200);
    assert_int_equal(cost_at(price_of(s, EU), YZ_SERVICE_FLEX, 1000, 10), 1000 * 1100 + 10 * 6600);
    assert_int_equal(cost_at(price_of(s, US), YZ_SERVICE_UNSAID, 1000, 10), 1000 * 1900 + 10 * 11400);
    assert_int_equal(cost_at(price_of(s, MARS), YZ_SERVICE_UNSAID, 1000, 10), 1000 * 2000 + 10 * 12000);
    assert_int_equal(cost_at(price_of(s, NOWHERE), YZ_SERVICE_UNSAID, 1000, 10), 1000 * 2000 + 10 * 12000);
    int64_t most;
    assert_int_equal(yz_price_most(price_of(s, EU), 1000, 10, &most), YZ_OK);
    assert_int_equal(most, 1000 * 2200 + 10 * 13200);
    yz_buf_char(&diag.text, 0); /* a name that nobody knows is most likely spelt otherwise */
    assert_non_null(strstr(diag.text.p, "names regions, but not \"mars\", of which acme is"));
    assert_null(strstr(diag.text.p, "\"eu\""));
}

/* One that does not say its region is of the provider's, also behind one that says another. */
static void nodes_have_the_provider_s_region(void **state) {
    (void)state;
    const yz_settings *s =
        yz_settings_read_text("yuzui.lua",
                              YZ_STR("listen '127.0.0.1:0'\nchain {}\nprovider 'acme' { adapter = 'openai', region = 'eu', nodes = {"
                                     " { 'http://127.0.0.1:1', region = 'us' }, 'http://127.0.0.1:2' } }\nmodel 'm' { 'acme' }\n"
                                     "prices 'acme' { source = 's', date = '2026-11-28', models = { { name = 'm', input = 2,"
                                     " regions = { { name = 'eu', times = 2 }, { name = 'us', times = 3 } } } } }"),
                              arena, &diag);
    assert_non_null(s);
    const yz_model_settings *model = yz_model_find(s, YZ_STR("m"));
    assert_int_equal(cost_at(yz_settings_price(s, model->targets[0], 1), YZ_SERVICE_UNSAID, 1, 0), 6000);
    assert_int_equal(cost_at(yz_settings_price(s, model->targets[1], 1), YZ_SERVICE_UNSAID, 1, 0), 4000);
}

/* Rounded once: 1 token of 0.0028 x 1.5 USD per million is 4.2 nano-USD, 3 of them 12.6 and not 3 x 4 or 1.5 x 8. */
static void factors_are_exact(void **state) {
    (void)state;
    const yz_settings *s = config("{ name = 'm', input = 0.0028, regions = { { name = 'eu', times = 1.5 } } }");
    assert_int_equal(cost_at(price_of(s, 0), YZ_SERVICE_UNSAID, 3, 0), 13);
    assert_null(read_config("{ name = 'm', input = 0.000000001, regions = { { name = 'eu', times = 1.5 } } }"));
    yz_buf_char(&diag.text, 0);
    assert_non_null(strstr(diag.text.p, "the region \"eu\" of \"m\" would cost what is no whole number of nano-USD"));
}

static void hours_have_their_regions(void **state) {
    (void)state;
    const yz_settings *s = config("{ name = 'm', input = 2, windows = { { name = 'all', input = 8 } }, services = { { name = 'flex',"
                                  " times = 0.5 } }, regions = { { name = 'eu', times = 1.1 } } }");
    assert_int_equal(cost_at(price_of(s, 0), YZ_SERVICE_UNSAID, 1, 0), 8800);
    assert_int_equal(cost_at(price_of(s, 0), YZ_SERVICE_FLEX, 1, 0), 4400);
    assert_int_equal(cost_at(price_of(s, 3), YZ_SERVICE_UNSAID, 1, 0), 8000);
    yz_str id = yz_price_id(price_of(s, 0));
    assert_non_null(memmem(id.p, id.n, "+all+eu", 7));
}

static void marginal_tiers_stay_so(void **state) {
    (void)state;
    const yz_settings *s = config("{ name = 'm', input = 2, tiers = { { above = 1000, marginal = true, input = 4 } },"
                                  " regions = { { name = 'eu', times = 1.1 } } }");
    assert_int_equal(cost_at(price_of(s, 0), YZ_SERVICE_UNSAID, 1001, 0), 1000 * 2200 + 4400);
}

static void regions_are_explained_and_named(void **state) {
    (void)state;
    const yz_price *eu = price_of(config(ROW), 0),
                   *other = price_of(config("{ name = 'm', input = 2, output = 12, regions = { { name = 'eu', times = 1.2 } } }"), 0);
    yz_usage usage = yz_usage_of(10, 0);
    yz_buf text = {0};
    yz_price_explain(eu, &usage, &text);
    yz_buf_char(&text, 0);
    assert_non_null(strstr(text.p, "+eu\",\"region\":\"eu\",\"region_times\":1.1,\"usd\":0.000022,\"parts\":[{\"meter\":\"input\",\"n\":10,"
                                   "\"usd_per_million\":2.2}]}"));
    assert_false(yz_str_eq(yz_price_id(eu), yz_price_id(other))); /* the last part differs whenever a number does */
    yz_buf_free(&text);
}

/* A row that an import keeps has its regions and edges still. */
static void what_is_written_is_read(void **state) {
    (void)state;
    const yz_settings *s = config("{ name = 'm', input = 2, tiers = { { above = 1000, marginal = true, input = 4 } },"
                                  " regions = { { name = 'eu', times = 1.1 } } }");
    yz_buf row = {0};
    yz_price_write(price_of(s, 3), NULL, 0, YZ_STR(""), &row);
    yz_str first = yz_dup(arena, yz_buf_view(&row));
    assert_non_null(memmem(first.p, first.n, "above = 1000, marginal = true, input = 4", 40));
    assert_int_equal(cost_at(price_of(config(first.p), 0), YZ_SERVICE_UNSAID, 1001, 0), 1000 * 2200 + 4400);
    yz_buf_free(&row);
}

static void what_is_refused(void **state) {
    (void)state;
    const struct {
        const char *regions, *why;
    } rows[] = {
        {"{ name = 'eu' }", "the region \"eu\" of \"m\" should say times, a number above 0"},
        {"{ name = 'eu', times = 0 }", "should say times, a number above 0"},
        {"{ name = '', times = 2 }", "has an empty name"},
        {"{ name = 'eu', times = 2 }, { name = 'eu', times = 3 }", "is there twice"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        diag.text.n = 0;
        assert_null(read_config(yz_format(arena, "{ name = 'm', input = 2, regions = { %s } }", rows[i].regions).p));
        yz_buf_char(&diag.text, 0);
        if (!strstr(diag.text.p, rows[i].why))
            fail_msg("expected \"%s\" in \"%s\"", rows[i].why, diag.text.p);
    }
}

#define REGION_TEST(f) cmocka_unit_test_setup_teardown(f, set_up_prices, tear_down)
int main(void) {
    const struct CMUnitTest tests[] = {
        REGION_TEST(each_target_costs_what_its_region_does),
        REGION_TEST(nodes_have_the_provider_s_region),
        REGION_TEST(factors_are_exact),
        REGION_TEST(hours_have_their_regions),
        REGION_TEST(marginal_tiers_stay_so),
        REGION_TEST(regions_are_explained_and_named),
        REGION_TEST(what_is_written_is_read),
        REGION_TEST(what_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
