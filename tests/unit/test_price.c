/* test_price.c: what requests cost: golden sums, edges of tiers and versions, rounding; and how prices are read. The sums were made by
 * hand. */
#include "price_world.h"

#include "price/price.h"

#include <unistd.h>

#include <yuzui/ledger.h>

static char shipped[4096] = "prices";

static const yz_settings *read_config(const char *prices) {
    yz_str text = yz_format(
        arena, "listen '127.0.0.1:0'\nchain {}\nprovider 'acme' { adapter = 'openai', base_url = 'http://127.0.0.1:1' }\n%s", prices);
    return yz_settings_read_text("yuzui.lua", text, arena, &diag);
}

static const yz_settings *config(const char *rows) {
    const yz_settings *s = read_config(yz_format(arena, "prices 'acme' { source = 's', date = '2026-11-28', models = { %s } }", rows).p);
    if (!s)
        fail_msg("%.*s", (int)diag.text.n, diag.text.p);
    return s;
}

static const yz_price *price_at(const yz_settings *s, const char *model, const char *at) {
    int64_t when = 0;
    assert_true(!*at || yz_price_time(yz_str_of(at), &when));
    const yz_target target = {YZ_TARGET, .provider = &s->providers[0]->pub, .model = yz_str_of(model)};
    return yz_settings_price(s, &target, when);
}

static void refused(const char *rows, const char *why) {
    diag.text.n = 0;
    assert_null(read_config(yz_format(arena, "prices 'acme' { source = 's', date = '2026-11-28', models = { %s } }", rows).p));
    yz_buf_char(&diag.text, '\0');
    if (!strstr(diag.text.p, why))
        fail_msg("expected \"%s\" in \"%s\"", why, diag.text.p);
}

/* ---- sums ----------------------------------------------------------------------------------------------------------- */

#define USAGE(...)                                                                                                                         \
    (const int64_t[YZ_METERS_NAMED]) { __VA_ARGS__ }
static yz_cost cost_of(const yz_price *price, const int64_t *n) {
    yz_usage usage = {0};
    for (unsigned m = 0; m < YZ_METERS_NAMED; m++)
        if (n[m] > 0)
            yz_usage_set(&usage, (yz_meter)m, n[m]);
    yz_cost cost = {YZ_COST};
    assert_int_equal(yz_price_cost(price, &usage, &cost), YZ_OK);
    return cost;
}

static void golden_sums(void **state) {
    (void)state;
    const yz_settings *s =
        config("{ name = 'plain', input = 1.75, cached = 0.175, output = 14 },"
               "{ name = 'ttl', input = 5, cached = 0.5, cache_write = 6.25, cache_write_1h = 10, output = 25 },"
               "{ name = 'all', input = 1, audio_input = 10, image_input = 5, output = 2, reasoning = 4, audio_output = 20,"
               " image_output = 120, searches = 10, request = 0.1 },"
               "{ name = 'bare', input = 3, output = 15 }, { name = 'gift', free = true }");
    const struct {
        const char *model;
        const int64_t *n;
        int64_t nano;
        uint64_t unpriced;
        bool odd;
    } rows[] = {
        {"plain", USAGE(0), 0, 0, false},
        {"plain", USAGE([YZ_METER_INPUT] = 1000, [YZ_METER_OUTPUT] = 1000), 15750000, 0, false},
        {"plain", USAGE([YZ_METER_INPUT] = 1000, [YZ_METER_CACHED] = 400, [YZ_METER_OUTPUT] = 10), 1260000, 0,
         false}, /* 1050000+70000+140000 */
        {"plain", USAGE([YZ_METER_INPUT] = 1), 1750, 0, false},
        {"plain", USAGE([YZ_METER_INPUT] = 10, [YZ_METER_CACHED] = 500), 87500, 0, true}, /* more cached than there is: no negative rest */
        {"ttl",
         USAGE([YZ_METER_INPUT] = 1000, [YZ_METER_CACHED] = 100, [YZ_METER_CACHE_WRITE] = 500, [YZ_METER_CACHE_WRITE_5M] = 200,
               [YZ_METER_CACHE_WRITE_1H] = 300, [YZ_METER_OUTPUT] = 7),
         400 * 5000 + 100 * 500 + 200 * 6250 + 300 * 10000 + 7 * 25000, 0, false},
        {"ttl", USAGE([YZ_METER_INPUT] = 500, [YZ_METER_CACHE_WRITE] = 500), 500 * 6250, 0, false},
        {"all",
         USAGE([YZ_METER_INPUT] = 100, [YZ_METER_AUDIO_INPUT] = 30, [YZ_METER_IMAGE_INPUT] = 20, [YZ_METER_OUTPUT] = 100,
               [YZ_METER_REASONING] = 40, [YZ_METER_AUDIO_OUTPUT] = 10, [YZ_METER_IMAGE_OUTPUT] = 5, [YZ_METER_SEARCHES] = 2),
         50 * 1000 + 30 * 10000 + 20 * 5000 + 45 * 2000 + 40 * 4000 + 10 * 20000 + 5 * 120000 + 2 * 10000000 + 100000000, 0, false},
        {"bare",
         USAGE([YZ_METER_INPUT] = 100, [YZ_METER_CACHED] = 50, [YZ_METER_OUTPUT] = 10, [YZ_METER_REASONING] = 10, [YZ_METER_SEARCHES] = 1),
         100 * 3000 + 10 * 15000, UINT64_C(1) << YZ_METER_SEARCHES, false}, /* what has no rate of its own costs what it is part of */
        {"gift", USAGE([YZ_METER_INPUT] = 100000, [YZ_METER_OUTPUT] = 100000), 0, 0, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        yz_cost cost = cost_of(price_at(s, rows[i].model, ""), rows[i].n);
        if (cost.total != rows[i].nano || cost.unpriced != rows[i].unpriced || cost.odd != rows[i].odd)
            fail_msg("row %zu: %lld, unpriced %llx, odd %d", i, (long long)cost.total, (unsigned long long)cost.unpriced, cost.odd);
    }
}

/* Pictures, seconds and characters, each at its own rate; of two ways to count the same work the price asks for one. */
static void units_beside_tokens(void **state) {
    (void)state;
    const yz_settings *s = config("{ name = 'p', picture = 0.04 }, { name = 's', second = 0.0001 }, { name = 'c', characters = 15 },"
                                  " { name = 't', input = 5, output = 40 }");
    const uint64_t pictures = UINT64_C(1) << YZ_METER_PICTURES, seconds = UINT64_C(1) << YZ_METER_SECONDS;
    const struct {
        const char *model;
        const int64_t *n;
        int64_t nano;
        uint64_t unpriced;
    } rows[] = {
        {"p", USAGE([YZ_METER_PICTURES] = 3), 120000000, 0},
        {"p", USAGE([YZ_METER_PICTURES] = 3, [YZ_METER_INPUT] = 10, [YZ_METER_OUTPUT] = 900), 120000000, 0},
        {"p", USAGE([YZ_METER_INPUT] = 10), 0, UINT64_C(1) << YZ_METER_INPUT},
        {"p", USAGE([YZ_METER_PICTURES] = 1, [YZ_METER_SEARCHES] = 1), 40000000, UINT64_C(1) << YZ_METER_SEARCHES},
        {"s", USAGE([YZ_METER_SECONDS] = 61), 6100000, 0},
        {"s", USAGE([YZ_METER_PICTURES] = 1), 0, pictures},
        {"c", USAGE([YZ_METER_CHARACTERS] = 7), 105000, 0},
        {"t", USAGE([YZ_METER_INPUT] = 10, [YZ_METER_PICTURES] = 2), 50000, 0},
        {"t", USAGE([YZ_METER_SECONDS] = 9), 0, seconds}, /* not for nothing without a word */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        yz_cost cost = cost_of(price_at(s, rows[i].model, ""), rows[i].n);
        if (cost.total != rows[i].nano || cost.unpriced != rows[i].unpriced)
            fail_msg("row %zu: %lld, unpriced %llx", i, (long long)cost.total, (unsigned long long)cost.unpriced);
    }
    refused("{ name = 'm', input = 2, tiers = { { above = 9, marginal = true, picture = 4 } } }",
            "second and characters stand behind none");
}

/* 1 token of 0.0028 USD per million is 2.8 nano-USD, 5 of 0.0001 are half a nano-USD: rounded once, half up. */
static void rounded_once_half_up(void **state) {
    (void)state;
    const yz_settings *s = config("{ name = 'a', input = 0.0028, output = 0.0001 }, { name = 'dear', input = 1000000, output = 1 }");
    const yz_price *a = price_at(s, "a", "");
    assert_int_equal(cost_of(a, USAGE([YZ_METER_INPUT] = 1)).total, 3);
    assert_int_equal(cost_of(a, USAGE([YZ_METER_OUTPUT] = 4)).total, 0);
    assert_int_equal(cost_of(a, USAGE([YZ_METER_OUTPUT] = 5)).total, 1);
    assert_int_equal(cost_of(a, USAGE([YZ_METER_INPUT] = 1, [YZ_METER_OUTPUT] = 2)).total, 3); /* 2.8 + 0.2, not 3 + 0 */
    yz_usage usage = yz_usage_of(INT64_MAX, INT64_MAX);
    yz_cost cost = {YZ_COST};
    assert_int_equal(yz_price_cost(price_at(s, "dear", ""), &usage, &cost), YZ_ELIMIT);
    assert_true(cost.total == YZ_LEDGER_AMOUNT_MAX);
}

static void tiers_reprice_all_of_it(void **state) {
    (void)state;
    const yz_settings *s =
        config("{ name = 'long', input = 2, cached = 0.2, output = 12, tiers = { { above = 200000, input = 4, output = 18 } } }");
    const yz_price *p = price_at(s, "long", "");
    assert_int_equal(cost_of(p, USAGE([YZ_METER_INPUT] = 200000)).total, 400000000);
    assert_int_equal(cost_of(p, USAGE([YZ_METER_INPUT] = 200001, [YZ_METER_OUTPUT] = 1)).total, 200001 * INT64_C(4000) + 18000);
    assert_int_equal(cost_of(p, USAGE([YZ_METER_INPUT] = 200001, [YZ_METER_CACHED] = 200000)).total, 4000 + 200000 * 200);
    int64_t most;
    assert_int_equal(yz_price_most(p, 200000, 10, &most), YZ_OK);
    assert_int_equal(most, 400000000 + 120000);
    yz_price_most(p, 200001, 10, &most);
    assert_int_equal(most, 200001 * INT64_C(4000) + 180000);
}

/* The cached ones stand first, the output last: each token costs what its place does, and one more never reprices the others. */
static void marginal_tiers_reprice_the_rest(void **state) {
    (void)state;
    const yz_settings *s = config("{ name = 'm', input = 2, cached = 0.2, cache_write = 3, output = 12, searches = 10, tiers = {"
                                  " { above = 1000, marginal = true, input = 4, cached = 0.4, output = 18 },"
                                  " { above = 2000, marginal = true, input = 8, cached = 0.8, output = 30 } } }");
    const yz_price *p = price_at(s, "m", "");
    const struct {
        int64_t input, cached, written, output, nano;
    } rows[] = {
        {999, 0, 0, 0, 999 * 2000},
        {1000, 0, 0, 0, 1000 * 2000},
        {1001, 0, 0, 0, 1000 * 2000 + 4000},
        {2000, 0, 0, 0, 1000 * 2000 + 1000 * 4000},
        {2001, 0, 0, 0, 1000 * 2000 + 1000 * 4000 + 8000},
        {2001, 999, 0, 0, 999 * 200 + 2000 + 1000 * 4000 + 8000},
        {2001, 1000, 0, 0, 1000 * 200 + 1000 * 4000 + 8000},
        {2001, 1001, 0, 0, 1000 * 200 + 400 + 999 * 4000 + 8000},
        {2001, 2001, 0, 0, 1000 * 200 + 1000 * 400 + 800},
        {1001, 500, 501, 0, 500 * 200 + 501 * 3000}, /* the tiers say nothing of what is written: it costs the row's own */
        {999, 0, 0, 1, 999 * 2000 + 12000},
        {999, 0, 0, 2, 999 * 2000 + 12000 + 18000},
        {1000, 0, 0, 1, 1000 * 2000 + 18000},
        {0, 0, 0, 2001, 1000 * 12000 + 1000 * 18000 + 30000},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t got =
            cost_of(p, USAGE([YZ_METER_INPUT] = rows[i].input, [YZ_METER_CACHED] = rows[i].cached, [YZ_METER_CACHE_WRITE] = rows[i].written,
                             [YZ_METER_OUTPUT] = rows[i].output, [YZ_METER_SEARCHES] = 1))
                .total;
        if (got != rows[i].nano + 10000000)
            fail_msg("row %zu: %lld", i, (long long)got);
    }
    int64_t most;
    assert_int_equal(yz_price_most(p, 1001, 1000, &most), YZ_OK);
    assert_int_equal(most, 1000 * INT64_C(3000) + 4000 + 999 * 18000 + 30000);
}

static void marginal_tiers_are_explained(void **state) {
    (void)state;
    const yz_settings *s = config("{ name = 'm', input = 2, output = 12, tiers = { { above = 1000, marginal = true, input = 4 } } }");
    const yz_usage usage = yz_usage_of(1001, 5);
    yz_buf text = {0};
    yz_price_explain(price_at(s, "m", ""), &usage, &text);
    yz_buf_char(&text, 0);
    assert_non_null(strstr(text.p, "\"usd\":0.002064,\"parts\":[{\"meter\":\"input\",\"n\":1000,\"usd_per_million\":2},"
                                   "{\"meter\":\"input\",\"n\":1,\"above\":1000,\"usd_per_million\":4},"
                                   "{\"meter\":\"output\",\"n\":5,\"above\":1000,\"usd_per_million\":12}]}"));
    yz_buf_free(&text);
    const yz_settings *whole = config("{ name = 'm', input = 2, output = 12, tiers = { { above = 1000, input = 4 } } }");
    assert_false(yz_str_eq(yz_price_id(price_at(s, "m", "")), yz_price_id(price_at(whole, "m", ""))));
    refused("{ name = 'm', input = 2, tiers = { { above = 9, marginal = true, input = 4 }, { above = 10, input = 5 } } }",
            "the tiers of \"m\" should all be marginal = true, or none of them");
    refused("{ name = 'm', input = 2, tiers = { { above = 9, marginal = true, request = 4 } } }",
            "second and characters stand behind none");
}

/* A service that is so many times the price has its marginal tiers too; one with tiers of its own says so itself. */
static void marginal_tiers_of_services(void **state) {
    (void)state;
    const yz_price *p =
        price_at(config("{ name = 'm', input = 2, tiers = { { above = 1000, marginal = true, input = 4 } }, services = {"
                        " { name = 'flex', times = 0.5 }, { name = 'fast', input = 8, tiers = { { above = 1000, input = 9 } } } } }"),
                 "m", "");
    yz_usage usage = yz_usage_of(1001, 0);
    yz_cost cost = {YZ_COST};
    yz_usage_set_service(&usage, YZ_SERVICE_FLEX);
    assert_int_equal(yz_price_cost(p, &usage, &cost), YZ_OK);
    assert_int_equal(cost.total, 1000 * 1000 + 2000);
    yz_usage_set_service(&usage, YZ_SERVICE_FAST);
    assert_int_equal(yz_price_cost(p, &usage, &cost), YZ_OK);
    assert_int_equal(cost.total, 1001 * 9000);
}

/* No usage of so many tokens costs more than the most. */
static void most_of_a_price(const char *marginal) {
    const yz_settings *s = config(yz_format(arena,
                                            "{ name = 'm', input = 2, cached = 0.2, cache_write = 2.5, audio_input = 1, output = 12,"
                                            " reasoning = 9%s, tiers = { { above = 500, input = 1, output = 20%s },"
                                            " { above = 1200, output = 4%s } } }",
                                            *marginal ? "" : ", request = 0.001", marginal, marginal)
                                      .p);
    const yz_price *p = price_at(s, "m", "");
    unsigned seed = 7;
    for (int i = 0; i < 20000; i++) {
        int64_t most_in = 1 + rand_r(&seed) % 1999, most_out = 1 + rand_r(&seed) % 1999, most;
        int64_t in = rand_r(&seed) % most_in, out = rand_r(&seed) % most_out, part = in ? rand_r(&seed) % in : 0;
        yz_cost cost = cost_of(p, USAGE([YZ_METER_INPUT] = in, [YZ_METER_CACHE_WRITE] = part, [YZ_METER_CACHED] = (in - part) / 2,
                                        [YZ_METER_OUTPUT] = out, [YZ_METER_REASONING] = out / 3));
        assert_int_equal(yz_price_most(p, most_in, most_out, &most), YZ_OK);
        if (cost.total > most)
            fail_msg("%lld+%lld of %lld+%lld: %lld > %lld", (long long)in, (long long)out, (long long)most_in, (long long)most_out,
                     (long long)cost.total, (long long)most);
    }
}

static void the_most_is_the_most(void **state) {
    (void)state;
    most_of_a_price("");
    most_of_a_price(", marginal = true");
}

/* ---- versions ------------------------------------------------------------------------------------------------------- */

static void the_version_of_its_time(void **state) {
    (void)state;
    const yz_settings *s = config("{ name = 'v', from = '2026-12-01', input = 4, output = 20 },"
                                  "{ name = 'v', from = '2026-06-01T16:00:00Z', input = 2, output = 10, also = { 'w' } }");
    assert_null(price_at(s, "v", "2026-06-01T15:59:59Z"));
    assert_int_equal(cost_of(price_at(s, "v", "2026-06-01T16:00:00Z"), USAGE([YZ_METER_INPUT] = 1)).total, 2000);
    assert_int_equal(cost_of(price_at(s, "v", "2026-11-30T23:59:59Z"), USAGE([YZ_METER_INPUT] = 1)).total, 2000);
    assert_int_equal(cost_of(price_at(s, "v", "2026-12-01"), USAGE([YZ_METER_INPUT] = 1)).total, 4000);
    assert_ptr_equal(price_at(s, "w", "2026-12-01"), price_at(s, "v", "2026-07-01"));
    assert_null(price_at(s, "x", "2026-12-01"));
    assert_null(price_at(s, "v-2026", "2026-12-01"));
}

static void an_edit_is_another_version(void **state) {
    (void)state;
    yz_str one = yz_price_id(price_at(config("{ name = 'v', from = '2026-06-01', input = 2, output = 10 }"), "v", "2026-12-01"));
    yz_str same = yz_price_id(price_at(config("{ name = 'v', from = '2026-06-01', input = 2.0, output = 10 }"), "v", "2026-12-01"));
    yz_str other = yz_price_id(price_at(config("{ name = 'v', from = '2026-06-01', input = 2, output = 11 }"), "v", "2026-12-01"));
    assert_true(yz_str_starts(one, "acme/v@2026-06-01#"));
    assert_true(yz_str_eq(one, same));
    assert_false(yz_str_eq(one, other));
}

static void the_operator_goes_first(void **state) {
    (void)state;
    char folder[] = "/tmp/test_price.XXXXXX", file[64];
    assert_non_null(mkdtemp(folder));
    snprintf(file, sizeof file, "%s/acme.lua", folder);
    FILE *out = fopen(file, "w");
    fputs("prices 'acme' { source = 's', date = '2026-11-28', models = { { name = 'a', from = '2026-01-01', input = 9, output = 9 },"
          " { name = 'b', input = 8, output = 8 } } }\n",
          out);
    fclose(out);
    setenv("YUZUI_PRICES", folder, 1);
    const yz_settings *s = config("{ name = 'a', input = 1, output = 1 }");
    assert_int_equal(cost_of(price_at(s, "a", "2026-12-01"), USAGE([YZ_METER_INPUT] = 1)).total, 1000); /* not the later, shipped one */
    assert_int_equal(cost_of(price_at(s, "b", "2026-12-01"), USAGE([YZ_METER_INPUT] = 1)).total, 8000);
    unlink(file);
    rmdir(folder);
}

/* ---- reading -------------------------------------------------------------------------------------------------------- */

static void rates_are_read_as_decimals(void **state) {
    (void)state;
    const struct {
        double usd;
        int64_t units, rate;
    } rows[] = {
        {0, 1000000, 0},
        {0.1, 1000000, 100000000},
        {0.0028, 1000000, 2800000},
        {0.175, 1000000, 175000000},
        {37.5, 1000000, 37500000000},
        {2.867051, 1000000, 2867051000},
        {0.003625, 1000000, 3625000},
        {1e-9, 1000000, 1},
        {10, 1000, 10000000000000},
        {0.0011, 1, INT64_C(1100000000000)},
        {1000000, 1000000, INT64_C(1000000000000000)},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t rate = -1;
        assert_null(yz_price_rate(rows[i].usd, rows[i].units, &rate));
        if (rate != rows[i].rate)
            fail_msg("%.17g: %lld", rows[i].usd, (long long)rate);
    }
    /* Every price of four digits: an integer, where truncating the double loses many. */
    for (int64_t n = 0; n < 100000; n++) {
        int64_t rate = -1;
        assert_null(yz_price_rate((double)n / 1e4, 1000000, &rate));
        assert_int_equal(rate, n * 100000);
    }
    int64_t rate;
    assert_non_null(yz_price_rate(1.0 / 3, 1000000, &rate));
    assert_non_null(yz_price_rate(-1, 1000000, &rate));
    assert_non_null(yz_price_rate(1e300, 1000000, &rate));
    assert_non_null(yz_price_rate(1e-300, 1000000, &rate));
}

static void what_is_refused(void **state) {
    (void)state;
    refused("{ name = 'a', input = 0, output = 0 }", "no price above zero");
    refused("{ name = 'a' }", "no price above zero");
    refused("{ name = 'a', free = true, input = 1 }", "said to be free");
    refused("{ name = 'a', input = -2 }", "0 or more");
    refused("{ name = 'a', input = 1/3 }", "more digits");
    refused("{ name = 'a', input = 1/0 }", "acme");
    refused("{ name = 'a', input = 1 }, { name = 'a', input = 2 }", "is there twice");
    refused("{ name = 'a', input = 1, from = '2026-02-30' }", "should be a day");
    refused("{ name = 'a', input = 1, from = 'yesterday' }", "should be a day");
    refused("{ name = 'a', input = 1, tiers = { { above = 2, input = 1 }, { above = 2, input = 3 } } }", "lowest");
    refused("{ name = 'a', input = 1, cahced = 1 }", "cached");
}

static void amounts_as_usd(void **state) {
    (void)state;
    const struct {
        int64_t nano;
        const char *text;
    } rows[] = {{0, "0"},
                {1, "0.000000001"},
                {1400000, "0.0014"},
                {-3000000000, "-3"},
                {INT64_MIN, "-9223372036.854775808"},
                {12000000001, "12.000000001"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        yz_buf text = {0};
        yz_price_usd(rows[i].nano, &text);
        assert_true(yz_str_is(yz_buf_view(&text), rows[i].text));
        yz_buf_free(&text);
    }
}

static void amounts_are_read(void **state) {
    (void)state;
    const struct {
        const char *text;
        int64_t nano; /* -1: refused */
    } rows[] = {{"12", 12000000000},
                {"0.5", 500000000},
                {"0.000000001", 1},
                {"1.10", 1100000000},
                {"0.0000000001", -1},
                {"", -1},
                {".", -1},
                {".5", -1},
                {"5.", -1},
                {"-1", -1},
                {"1e3", -1},
                {"1.2.3", -1},
                {"99999999999999999999", -1},
                {"1000000000", INT64_C(1000000000000000000)},
                {"1000000001", -1},
                {" 1", -1}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t nano = -2;
        bool ok = yz_price_amount(yz_str_of(rows[i].text), &nano);
        if (ok != (rows[i].nano >= 0) || (ok && nano != rows[i].nano))
            fail_msg("\"%s\": %d %lld", rows[i].text, ok, (long long)nano);
    }
}

static void explained(void **state) {
    (void)state;
    const yz_price *p = price_at(config("{ name = 'a', input = 2, cached = 0.5, output = 10 }"), "a", "");
    yz_usage usage = yz_usage_of(10, 3);
    yz_usage_set(&usage, YZ_METER_CACHED, 4);
    yz_usage_set(&usage, YZ_METER_SEARCHES, 1);
    yz_buf text = {0};
    yz_price_explain(p, &usage, &text);
    yz_str rest = yz_buf_view(&text);
    const char *usd = memmem(rest.p, rest.n, "\"usd\"", 5);
    assert_non_null(usd);
    assert_string_equal(yz_dup(arena, yz_str_at(usd, (size_t)(rest.p + rest.n - usd))).p,
                        "\"usd\":0.000044,\"parts\":[{\"meter\":\"input\",\"n\":6,\"usd_per_million\":2},"
                        "{\"meter\":\"cached\",\"n\":4,\"usd_per_million\":0.5},{\"meter\":\"output\",\"n\":3,\"usd_per_million\":10},"
                        "{\"meter\":\"searches\",\"n\":1}]}");
    text.n = 0;
    yz_usage_set(&usage, YZ_METER_REASONING, 400); /* of 3 */
    yz_price_explain(p, &usage, &text);
    yz_buf_char(&text, 0);
    assert_non_null(strstr(text.p, "],\"odd\":\"its parts are more than the whole"));
    yz_buf_free(&text);
}

/* The shipped catalogue is sound, and says what the vendors' pages said (facts gathered in November 2026). */
static void the_shipped_catalogue(void **state) {
    (void)state;
    setenv("YUZUI_PRICES", shipped, 1);
    const yz_settings *s = read_config("");
    if (!s)
        fail_msg("%.*s", (int)diag.text.n, diag.text.p);
    const struct {
        const char *seller, *model, *at;
        const int64_t *n;
        int64_t nano;
    } rows[] = {
        {"openai", "gpt-5.2", "2026-11-28", USAGE([YZ_METER_INPUT] = 1000000, [YZ_METER_CACHED] = 500000, [YZ_METER_OUTPUT] = 1000000),
         INT64_C(14962500000)},
        {"anthropic", "claude-opus-4-6", "2026-11-28",
         USAGE([YZ_METER_INPUT] = 300000, [YZ_METER_CACHE_WRITE] = 2000, [YZ_METER_CACHE_WRITE_1H] = 1000),
         298000 * 5000 + 1000 * 6250 + 1000 * 10000},
        {"gemini", "gemini-4-argon", "2026-11-30T23:59:59Z", USAGE([YZ_METER_OUTPUT] = 1000), 10000000},
        {"gemini", "gemini-4-argon", "2026-12-01", USAGE([YZ_METER_OUTPUT] = 1000), 20000000},
        {"openai", "gpt-6.1-terra", "2026-11-28", USAGE([YZ_METER_INPUT] = 272001, [YZ_METER_OUTPUT] = 2), 272001 * INT64_C(2000) + 15000},
        {"openai", "whisper-1", "2026-11-28", USAGE([YZ_METER_SECONDS] = 60), 6000000},
        {"openai", "tts-1", "2026-11-28", USAGE([YZ_METER_CHARACTERS] = 1000), 15000000},
        {"openai", "dall-e-3", "2026-11-28", USAGE([YZ_METER_PICTURES] = 1), 40000000},
        {"openai", "text-embedding-3-small", "2026-11-28", USAGE([YZ_METER_INPUT] = 1000), 20000},
        {"openai", "gpt-realtime", "2026-11-28", USAGE([YZ_METER_INPUT] = 100, [YZ_METER_AUDIO_INPUT] = 100), 3200000},
        {"gemini", "gemini-embedding-001", "2026-11-28", USAGE([YZ_METER_INPUT] = 1000), 150000},
        {"kimi", "kimi-k2.5", "2026-11-28", USAGE([YZ_METER_INPUT] = 10, [YZ_METER_CACHED] = 10), 1000},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t at;
        assert_true(yz_price_time(yz_str_of(rows[i].at), &at));
        const yz_price *p = yz_prices_find(&s->prices, yz_str_of(rows[i].seller), yz_str_of(rows[i].model), at);
        if (!p || cost_of(p, rows[i].n).total != rows[i].nano)
            fail_msg("%s: %lld", rows[i].model, p ? (long long)cost_of(p, rows[i].n).total : -1);
    }
}

#define PRICE_TEST(f) cmocka_unit_test_setup_teardown(f, set_up_prices, tear_down)
int main(void) {
    if (getenv("YUZUI_PRICES"))
        snprintf(shipped, sizeof shipped, "%s", getenv("YUZUI_PRICES"));
    const struct CMUnitTest tests[] = {
        PRICE_TEST(golden_sums),
        PRICE_TEST(units_beside_tokens),
        PRICE_TEST(rounded_once_half_up),
        PRICE_TEST(tiers_reprice_all_of_it),
        PRICE_TEST(marginal_tiers_reprice_the_rest),
        PRICE_TEST(marginal_tiers_are_explained),
        PRICE_TEST(marginal_tiers_of_services),
        PRICE_TEST(the_most_is_the_most),
        PRICE_TEST(the_version_of_its_time),
        PRICE_TEST(an_edit_is_another_version),
        PRICE_TEST(the_operator_goes_first),
        PRICE_TEST(rates_are_read_as_decimals),
        PRICE_TEST(what_is_refused),
        PRICE_TEST(amounts_as_usd),
        PRICE_TEST(amounts_are_read),
        PRICE_TEST(explained),
        PRICE_TEST(the_shipped_catalogue),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
