/* test_price_import.c: price lists of genai-prices and models.dev. Each test is named after the trap it holds: what those lists say, lack
 * or get wrong, as found in their newest versions. */
#include "base/arena.h"
#include "base/diag.h"
#include "config/settings.h"
#include "price/import.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static yz_arena *arena;
static yz_import in;
static yz_diag diag;

static int set_up(void **state) {
    (void)state;
    arena = yz_arena_new(NULL);
    in = (yz_import){.arena = arena};
    diag = (yz_diag){0};
    setenv("YUZUI_PRICES", "/nonexistent", 1);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    yz_diag_free(&diag);
    yz_arena_free(arena);
    return 0;
}

/* ---- lists ---------------------------------------------------------------------------------------------------------- */

static void read_again(const char *text) {
    in = (yz_import){.arena = arena, .free = in.free, .n_free = in.n_free, .write_1h = in.write_1h};
    yz_import_read(&in, yz_str_of(text));
}

static void read_well(const char *text) {
    read_again(text);
    for (const yz_import_note *note = in.notes; note; note = note->next)
        if (note->fault)
            fail_msg("line %zu: %.*s", note->line, YZ_STR_ARGS(note->text));
}

/* A model "m" of genai-prices with these members; of models.dev with this cost. */
static void genai(const char *members) {
    read_well(yz_format(arena, "[{\"id\": \"acme\", \"models\": [\n{\"id\": \"m\", %s}]}]", members).p);
}
static void models_dev(const char *cost) {
    read_well(yz_format(arena, "{\"acme\": {\"id\": \"acme\", \"models\": {\n\"m\": {\"id\": \"m\", \"cost\": %s}}}}", cost).p);
}

static const yz_import_model *model(void) {
    const yz_import_model *m = yz_import_find(&in, YZ_STR("acme"), YZ_STR("m"));
    assert_non_null(m);
    return m;
}

static int64_t rate(yz_rate which) { return model()->versions[0]->rates.of[which]; }

static bool told(const char *what) {
    for (const yz_import_note *note = in.notes; note; note = note->next)
        if (memmem(note->text.p, note->text.n, what, strlen(what)))
            return true;
    return false;
}

static void assert_told(const char *what) {
    if (told(what))
        return;
    for (const yz_import_note *note = in.notes; note; note = note->next)
        print_message("told: %.*s\n", YZ_STR_ARGS(note->text));
    fail_msg("nobody told \"%s\"", what);
}

static void assert_fault(const char *text, size_t line, const char *what) {
    read_again(text);
    assert_true(in.faults > 0);
    assert_told(what);
    for (const yz_import_note *note = in.notes; note; note = note->next)
        if (note->fault) {
            assert_int_equal(note->line, line);
            return;
        }
}

/* What the list says, as a config would have it. */
static const yz_settings *settled(void) {
    yz_buf rows = {0};
    for (const yz_import_model *m = in.models; m; m = m->next)
        for (size_t i = 0; i < m->n_versions; i++)
            yz_price_write(m->versions[i], m->also, m->n_also, m->kept, &rows);
    const char *text = yz_format(arena,
                                 "listen '127.0.0.1:0'\nchain {}\nprovider 'acme' { adapter = 'openai', base_url = 'http://127.0.0.1:1' }\n"
                                 "prices 'acme' { source = 's', date = '2026-11-28', models = {\n%.*s } }\n",
                                 YZ_STR_ARGS(yz_buf_view(&rows)))
                           .p;
    yz_buf_free(&rows);
    const yz_settings *s = yz_settings_read_text("yuzui.lua", yz_str_of(text), arena, &diag);
    if (!s)
        fail_msg("%.*s\n%s", (int)diag.text.n, diag.text.p, text);
    return s;
}

static const yz_price *price_at(const yz_settings *s, const char *name, const char *moment) {
    int64_t at = 0;
    assert_true(yz_price_time(yz_str_of(moment), &at));
    const yz_target target = {YZ_TARGET, .provider = &s->providers[0]->pub, .model = yz_str_of(name)};
    return yz_settings_price(s, &target, at);
}

static int64_t input_at(const yz_settings *s, const char *moment) {
    const yz_price *price = price_at(s, "m", moment);
    return price ? price->rates.of[YZ_RATE_INPUT] : -1;
}

/* What changes against a catalogue with these rows. */
static yz_import_diff compared_to(const char *rows) {
    const yz_settings *s = yz_settings_read_text(
        "yuzui.lua",
        yz_format(arena, "listen '127.0.0.1:0'\nchain {}\nprices 'acme' { source = 's', date = '2026-11-28', models = { %s } }\n", rows),
        arena, &diag);
    if (!s)
        fail_msg("%.*s", (int)diag.text.n, diag.text.p);
    yz_import_diff diff;
    yz_import_compare(model(), &s->prices, &diff);
    yz_str kept = yz_dup(arena, yz_buf_view(&diff.text));
    yz_buf_free(&diff.text);
    diff.text = (yz_buf){.p = (char *)(uintptr_t)kept.p, .n = kept.n};
    return diff;
}

static void assert_waits(const char *rows, const char *why) {
    yz_import_diff diff = compared_to(rows);
    if (!yz_str_is(diff.waits, why))
        fail_msg("expected \"%s\", got \"%.*s\"", why, YZ_STR_ARGS(diff.waits));
}

/* ---- numbers -------------------------------------------------------------------------------------------------------- */

static void float_dust_is_rounded_and_told_with_its_literal(void **state) {
    (void)state;
    models_dev("{\"input\": 0.30000000000000004, \"output\": 1}");
    assert_int_equal(rate(YZ_RATE_INPUT), 300000000);
    assert_told("input is 0.30000000000000004, no whole number of nano-USD");
    assert_true(yz_str_is(model()->kept, "input 0.30000000000000004"));
}

static void a_count_per_thousand_is_no_price_per_million(void **state) {
    (void)state;
    genai("\"prices\": {\"input_mtok\": 1, \"output_mtok\": 2, \"web_searches_kcount\": 10, \"requests_kcount\": 5}");
    const yz_price *price = price_at(settled(), "m", "2026-11-28");
    yz_usage usage = {0};
    yz_usage_set(&usage, YZ_METER_SEARCHES, 1);
    yz_cost cost = {YZ_COST};
    assert_int_equal(yz_price_cost(price, &usage, &cost), YZ_OK);
    assert_int_equal(cost.total, 15000000); /* a hundredth of a dollar, and half of one for the request */
}

static void a_price_as_text_counts_as_its_digits(void **state) {
    (void)state;
    genai("\"prices\": {\"input_mtok\": \"0.175\", \"output_mtok\": 2}");
    assert_int_equal(rate(YZ_RATE_INPUT), 175000000);
}

/* ---- zeros ---------------------------------------------------------------------------------------------------------- */

static void zero_and_zero_is_no_price(void **state) {
    (void)state;
    models_dev("{\"input\": 0, \"output\": 0}");
    assert_null(in.models);
    assert_told("costs zero, which is no price");
    models_dev("{}");
    assert_null(in.models);
    assert_told("says nothing that can be carried");
}

static void a_model_is_free_only_if_somebody_says_so(void **state) {
    (void)state;
    static const char *const free_models[] = {"m"};
    in.free = free_models, in.n_free = 1;
    models_dev("{\"input\": 0, \"output\": 0}");
    assert_int_equal(price_at(settled(), "m", "2026-11-28")->rates.of[YZ_RATE_INPUT], 0);
    models_dev("{\"input\": 1, \"output\": 0}"); /* it costs something after all */
    assert_int_equal(rate(YZ_RATE_INPUT), 1000000000);
}

static void a_zero_beside_a_price_is_unsaid(void **state) {
    (void)state;
    models_dev("{\"input\": 2.5, \"output\": 15, \"cache_write\": 0, \"cache_read\": 0}");
    assert_int_equal(rate(YZ_RATE_CACHE_WRITE), -1);
    assert_int_equal(rate(YZ_RATE_CACHED), -1);
    assert_told("cache_write is zero beside a price");
}

/* ---- names ---------------------------------------------------------------------------------------------------------- */

static void a_beginning_of_a_name_is_no_name(void **state) {
    (void)state;
    genai("\"match\": {\"or\": [{\"starts_with\": \"m\"}, {\"equals\": \"m-2026\"}, {\"regex\": \"^m-.*\"}]}, \"prices\": {\"input_mtok\": "
          "1, "
          "\"output_mtok\": 2}");
    const yz_settings *s = settled();
    assert_non_null(price_at(s, "m", "2026-11-28"));
    assert_non_null(price_at(s, "m-2026", "2026-11-28"));
    assert_null(price_at(s, "m-20990101", "2026-11-28"));
    assert_null(price_at(s, "m-free", "2026-11-28"));
    assert_told("only whole names are taken");
}

static void two_models_do_not_go_by_one_name(void **state) {
    (void)state;
    read_well("[{\"id\": \"acme\", \"models\": [{\"id\": \"a\", \"match\": {\"equals\": \"b\"}, \"prices\": {\"input_mtok\": 1, "
              "\"output_mtok\": 1}},"
              "{\"id\": \"b\", \"prices\": {\"input_mtok\": 2, \"output_mtok\": 2}}]}]");
    assert_int_equal(price_at(settled(), "b", "2026-11-28")->rates.of[YZ_RATE_INPUT], 2000000000);
    assert_told("also goes by \"b\"");
}

/* ---- times ---------------------------------------------------------------------------------------------------------- */

static void a_start_date_makes_a_version(void **state) {
    (void)state;
    genai("\"prices\": [{\"prices\": {\"input_mtok\": 10, \"output_mtok\": 40}}, {\"constraint\": {\"start_date\": \"2026-12-01\"}, "
          "\"prices\": "
          "{\"input_mtok\": 2, \"output_mtok\": 8}}]");
    const yz_settings *s = settled();
    assert_int_equal(input_at(s, "2026-11-30T23:59:59Z"), 10000000000);
    assert_int_equal(input_at(s, "2026-12-01"), 2000000000); /* a version of the future */
}

static void before_the_first_date_there_is_no_price(void **state) {
    (void)state;
    genai("\"prices\": [{\"constraint\": {\"start_date\": \"2026-06-01\"}, \"prices\": {\"input_mtok\": 2, \"output_mtok\": 8}}]");
    const yz_settings *s = settled();
    assert_int_equal(input_at(s, "2026-05-31"), -1);
    assert_int_equal(input_at(s, "2026-06-01"), 2000000000);
}

/* deepseek-chat as genai-prices has it: dearer by day; from 16:30 to 00:30 the base. */
static void the_last_hours_that_hold_win(void **state) {
    (void)state;
    genai("\"prices\": [{\"prices\": {\"input_mtok\": 0.135, \"cache_read_mtok\": 0.035, \"output_mtok\": 0.55}},"
          "{\"constraint\": {\"start_time\": \"00:30:00Z\", \"end_time\": \"16:30:00Z\"}, \"prices\": {\"input_mtok\": 0.27, "
          "\"output_mtok\": 1.1}},"
          "{\"constraint\": {\"start_time\": \"16:00\", \"end_time\": \"16:10:00+00:00\"}, \"prices\": {\"input_mtok\": 9, "
          "\"output_mtok\": 9}}]");
    const yz_settings *s = settled();
    assert_int_equal(input_at(s, "2026-11-28T00:29:59Z"), 135000000);
    assert_int_equal(input_at(s, "2026-11-28T00:30:00Z"), 270000000);
    assert_int_equal(input_at(s, "2026-11-28T16:05:00Z"), 9000000000);
    assert_int_equal(input_at(s, "2026-11-28T16:29:59Z"), 270000000);
    assert_int_equal(input_at(s, "2026-11-28T16:30:00Z"), 135000000);
    /* cached is unsaid in the hours: there it costs as input, and not what it costs outside of them */
    assert_int_equal(price_at(s, "m", "2026-11-28T12:00:00Z")->rates.of[YZ_RATE_CACHED], 270000000);
}

static void hours_without_weekdays_wait_for_a_person(void **state) {
    (void)state;
    genai("\"prices\": [{\"prices\": {\"input_mtok\": 1, \"output_mtok\": 2}}, {\"constraint\": {\"start_time\": \"01:00:00Z\", "
          "\"end_time\": "
          "\"04:00:00Z\"}, \"prices\": {\"input_mtok\": 2, \"output_mtok\": 4}}]");
    assert_true(memmem(model()->waits.p, model()->waits.n, "weekdays", 8) != NULL);
}

/* A list cannot bind hours to a date: September's entry takes over August's hours, or not, by its place. */
static void hours_count_with_every_version_before_them(void **state) {
    (void)state;
    genai("\"prices\": [{\"prices\": {\"input_mtok\": 1, \"output_mtok\": 1}},"
          "{\"constraint\": {\"start_date\": \"2026-08-17\"}, \"prices\": {\"input_mtok\": 2, \"output_mtok\": 2}},"
          "{\"constraint\": {\"start_time\": \"01:00:00Z\", \"end_time\": \"04:00:00Z\"}, \"prices\": {\"input_mtok\": 4, \"output_mtok\": "
          "4}},"
          "{\"constraint\": {\"start_date\": \"2026-09-10\"}, \"prices\": {\"input_mtok\": 3, \"output_mtok\": 3}}]");
    const yz_settings *s = settled();
    assert_int_equal(input_at(s, "2026-06-01T02:00:00Z"), 4000000000); /* as it says, though the vendor had no hours in June: so it waits */
    assert_int_equal(input_at(s, "2026-08-20T02:00:00Z"), 4000000000);
    assert_int_equal(input_at(s, "2026-09-10T02:00:00Z"), 3000000000);
    assert_true(model()->waits.n > 0);
}

static void an_entry_has_hours_or_a_date_never_both(void **state) {
    (void)state;
    assert_fault(
        "[{\"id\": \"acme\", \"models\": [{\"id\": \"m\", \"prices\": [\n{\"constraint\": {\"start_date\": \"2026-12-01\", \"start_time\": "
        "\"01:00:00Z\", \"end_time\": \"02:00:00Z\"}, \"prices\": {\"input_mtok\": 1}}]}]}]",
        2, "a constraint should be a start_date");
}

static void a_constraint_nobody_knows_is_no_price_for_always(void **state) {
    (void)state;
    assert_fault("[{\"id\": \"acme\", \"models\": [{\"id\": \"m\", \"prices\": [\n\n{\"constraint\": {\"weekday\": \"mon\"}, \"prices\": "
                 "{\"input_mtok\": 1}}]}]}]",
                 3, "the constraint \"weekday\" is not known here");
}

/* ---- tiers ---------------------------------------------------------------------------------------------------------- */

static int64_t cost_of(const yz_price *price, int64_t input, int64_t cached, int64_t output) {
    yz_usage usage = {0};
    yz_usage_set(&usage, YZ_METER_INPUT, input);
    yz_usage_set(&usage, YZ_METER_CACHED, cached);
    yz_usage_set(&usage, YZ_METER_OUTPUT, output);
    yz_cost cost = {YZ_COST};
    assert_int_equal(yz_price_cost(price, &usage, &cost), YZ_OK);
    return cost.total;
}

static void tiers_are_for_the_whole_request_strictly_above_with_cached(void **state) {
    (void)state;
    genai("\"prices\": {\"input_mtok\": {\"base\": 3, \"tiers\": [{\"start\": 200000, \"price\": 6}]}, \"cache_read_mtok\": 0.3, "
          "\"output_mtok\": {\"base\": 15, \"tiers\": [{\"start\": 200000, \"price\": 22.5}]}}");
    const yz_price *price = price_at(settled(), "m", "2026-11-28");
    assert_int_equal(cost_of(price, 200000, 0, 0), 600000000);
    assert_int_equal(cost_of(price, 200001, 0, 0), 1200006000);
    assert_int_equal(cost_of(price, 300000, 0, 1000), 1822500000); /* 1.8225 USD, as genai-prices has it */
    assert_int_equal(cost_of(price, 200001, 200000, 0), 60006000); /* the cached ones count towards the edge */
}

static void starts_of_199999_and_of_200000_are_both_kept(void **state) {
    (void)state;
    genai("\"prices\": {\"input_mtok\": {\"base\": 1, \"tiers\": [{\"start\": 200000, \"price\": 3}]}, \"output_mtok\": {\"base\": 1, "
          "\"tiers\": "
          "[{\"start\": 199999, \"price\": 2}]}}");
    const yz_price *price = model()->versions[0];
    assert_int_equal(price->n_tiers, 2);
    assert_int_equal(price->tiers[0].above, 199999);
    assert_int_equal(price->tiers[0].rates.of[YZ_RATE_INPUT], -1);
    assert_int_equal(price->tiers[1].above, 200000);
    assert_int_equal(price->tiers[1].rates.of[YZ_RATE_OUTPUT], 2000000000);
    price = price_at(settled(), "m", "2026-11-28");
    assert_int_equal(cost_of(price, 200000, 0, 1000000), INT64_C(2200000000));
}

static void context_over_200k_is_wrong_in_its_name(void **state) {
    (void)state;
    models_dev(
        "{\"input\": 2.5, \"output\": 15, \"context_over_200k\": {\"input\": 5, \"output\": 22.5}, \"tiers\": [{\"input\": 5, \"output\": "
        "22.5, \"tier\": {\"type\": \"context\", \"size\": 272000}}]}");
    const yz_price *price = price_at(settled(), "m", "2026-11-28");
    assert_int_equal(cost_of(price, 272000, 0, 0), 680000000);
    assert_int_equal(cost_of(price, 272001, 0, 0), 1360005000);
    models_dev("{\"input\": 2.5, \"output\": 15, \"context_over_200k\": {\"input\": 5, \"output\": 22.5}}");
    assert_int_equal(model()->versions[0]->n_tiers, 0);
    assert_told("context_over_200k without tiers: left out");
}

/* ---- what cannot be carried ----------------------------------------------------------------------------------------- */

static void batch_flex_and_priority_are_services_from_their_day_on(void **state) {
    (void)state;
    genai("\"prices\": {\"input_mtok\": {\"base\": 2.5, \"tiers\": [{\"start\": 272000, \"price\": 5}]}, \"output_mtok\": 15}, "
          "\"price_variants\": [{\"when\": {\"service_tier\": \"default\"}, \"prices\": {}}, {\"when\": {\"service_tier\": \"priority\"}, "
          "\"prices\": {\"input_mtok\": 5}, \"constraint\": {\"start_date\": \"2026-10-12\"}}, {\"when\": {\"processing\": \"batch\"}, "
          "\"prices\": {\"input_mtok\": {\"base\": 1.25, \"tiers\": [{\"start\": 272000, \"price\": 2.5}]}, \"output_mtok\": 7.5}}]");
    const yz_settings *s = settled();
    const yz_price *early = price_at(s, "m", "2026-10-11"), *late = price_at(s, "m", "2026-10-12");
    assert_null(yz_price_service(early, YZ_SERVICE_PRIORITY));
    const yz_price *priority = yz_price_service(late, YZ_SERVICE_PRIORITY), *batch = yz_price_service(late, YZ_SERVICE_BATCH);
    assert_int_equal(priority->rates.of[YZ_RATE_INPUT], 5000000000);
    assert_int_equal(priority->rates.of[YZ_RATE_OUTPUT], 15000000000); /* it says none of its own */
    assert_int_equal(priority->n_tiers, 0);                            /* and is not served at that length */
    assert_int_equal(batch->tiers[0].rates.of[YZ_RATE_INPUT], 2500000000);
    assert_false(told("default"));
}

static void other_variants_are_told_not_dropped(void **state) {
    (void)state;
    genai("\"prices\": {\"input_mtok\": 1, \"output_mtok\": 2}, \"price_variants\": [{\"when\": {\"route\": \"mistral/eu\"}, \"prices\": "
          "{\"input_mtok\": 0.5}}]");
    assert_told("has other prices where {\"route\": \"mistral/eu\"}");
    read_well(
        "{\"acme\": {\"models\": {\"m\": {\"cost\": {\"input\": 1, \"output\": 2}, \"experimental\": {\"modes\": {\"fast\": {\"cost\": "
        "{\"input\": 6}}}}}}}}");
    assert_told("the mode \"fast\" has a price of its own");
}

static void a_service_that_goes_waits(void **state) {
    (void)state;
    genai("\"prices\": {\"input_mtok\": 1, \"output_mtok\": 2}");
    assert_waits("{ name = 'm', input = 1, output = 2, services = { { name = 'priority', times = 2 } } }", "a service goes");
}

static void units_that_we_lack_are_told_with_the_model(void **state) {
    (void)state;
    genai("\"prices\": {\"input_mtok\": 1, \"output_mtok\": 2, \"input_video_mtok\": 5}");
    assert_told("input_video_mtok has no unit here");
    assert_true(yz_str_is(in.notes->model, "m"));
    genai("\"prices\": {\"audio_hours\": 0.1}");
    assert_null(in.models);
    assert_told("says nothing that can be carried");
}

static void unknown_fields_are_told_not_dropped(void **state) {
    (void)state;
    genai("\"prices\": {\"input_mtok\": 1, \"output_mtok\": 2}, \"discount\": 3");
    assert_told("a model has a field \"discount\" that is not known here");
    models_dev("{\"input\": 1, \"output\": 2, \"video\": 3}");
    assert_told("a cost has a field \"video\"");
    read_well("{\"acme\": {\"models\": {\"m\": {\"cost\": {\"input\": 1, \"output\": 2}, \"surcharge\": 2}}}}");
    assert_told("a model has a field \"surcharge\"");
}

static void reasoning_may_cost_something_else_than_output(void **state) {
    (void)state;
    models_dev("{\"input\": 0.4, \"output\": 1.2, \"reasoning\": 4}");
    assert_int_equal(rate(YZ_RATE_REASONING), 4000000000);
}

static void models_dev_has_no_cache_write_for_an_hour(void **state) {
    (void)state;
    static const char present[] = "{ name = 'm', input = 3, cached = 0.3, cache_write = 3.75, cache_write_1h = 6, output = 15 }";
    static const char cost[] = "{\"input\": 3, \"output\": 15, \"cache_read\": 0.3, \"cache_write\": 3.75}";
    models_dev(cost);
    assert_waits(present, "a price goes"); /* else an hour would cost what five minutes do */
    in.write_1h = INT64_C(2000000000);
    models_dev(cost);
    assert_int_equal(rate(YZ_RATE_CACHE_WRITE_1H), 6000000000);
    assert_told("cache_write_1h is not of the file");
    assert_int_equal(compared_to(present).change, YZ_IMPORT_SAME);
}

/* ---- what waits ----------------------------------------------------------------------------------------------------- */

static void a_price_that_moves_far_waits(void **state) {
    (void)state;
    models_dev("{\"input\": 0.14, \"output\": 0.28, \"cache_read\": 0.0028}");
    assert_waits("{ name = 'm', input = 0.14, cached = 0.028, output = 0.28 }", "a price moves more than twofold"); /* a slipped digit */
    assert_waits("{ name = 'm', input = 0.28, cached = 0.0028, output = 0.28 }", ""); /* twofold is not more */
    assert_waits("{ name = 'm', input = 0.280000001, cached = 0.0028, output = 0.28 }", "a price moves more than twofold");
}

static void a_price_that_goes_or_becomes_zero_waits(void **state) {
    (void)state;
    models_dev("{\"input\": 1, \"output\": 0}");
    assert_waits("{ name = 'm', input = 1, output = 2 }", "a price becomes zero");
    models_dev("{\"input\": 1, \"output\": 2}");
    assert_waits("{ name = 'm', input = 1, cached = 0.1, output = 2 }", "a price goes");
}

static void versions_that_a_list_without_dates_forgets_wait(void **state) {
    (void)state;
    models_dev("{\"input\": 2, \"output\": 10}");
    assert_waits("{ name = 'm', input = 2, output = 10 }, { name = 'm', from = '2026-12-01', input = 3, output = 15 }", "a version goes");
    assert_waits("{ name = 'm', input = 2, output = 10 }, { name = 'm', from = '2026-12-01', input = 2, output = 10 }", "");
}

static void the_end_of_a_model_is_not_lost_unasked(void **state) {
    (void)state;
    models_dev("{\"input\": 2, \"output\": 11}");
    assert_waits("{ name = 'm', input = 2, output = 10, ends = '2026-12-11' }", "the end of the model goes");
}

static void lists_that_disagree_say_where(void **state) {
    (void)state;
    models_dev("{\"input\": 0.14, \"output\": 0.28, \"cache_read\": 0.0028}");
    yz_import one = in;
    genai("\"prices\": {\"input_mtok\": 0.27, \"output_mtok\": 0.28, \"cache_read_mtok\": 0.07}");
    yz_str where = yz_import_disagree(yz_import_find(&one, YZ_STR("acme"), YZ_STR("m")), model(), 1795000000, arena);
    assert_string_equal(where.p, "input 0.14 here and 0.27 there, cached 0.0028 here and 0.07 there");
}

/* ---- bad files ------------------------------------------------------------------------------------------------------ */

static void bad_files_say_where(void **state) {
    (void)state;
    assert_fault("", 1, "it should be JSON");
    assert_fault("[\n{\"id\": \"acme\",\n", 3, "it should be JSON");
    assert_fault("{\"acme\": {\"models\": {\"m\": {\"cost\": {\n\"input\": 1, \"input\": 2}}}}}", 2, "it should be JSON"); /* twice */
    assert_fault("3", 1, "an array of providers (genai-prices) or an object of them (models.dev)");
    assert_fault("[\n{\"id\": \"acme\"}]", 2, "it should be a provider of genai-prices");
    assert_fault("{\n\"gpt-4\": {\"input_cost_per_token\": 0.1}}", 2, "is this file its api.json?");
    assert_fault("{\"acme\": {\"models\": {\"m\": {\"cost\": {\n\n\"input\": \"dear\"}}}}}", 3, "input is dear, which is no decimal");
    assert_fault("{\"acme\": {\"models\": {\"m\": {\"cost\": {\"input\": -1}}}}}", 1, "input is -1, which should be 0 or more");
    assert_fault("{\"acme\": {\"models\": {\"m\": {\"cost\": {\"input\": true}}}}}", 1, "should be a number of USD");
    assert_fault("{\"acme\": {\"models\": {\"m\": {\"cost\": {\"input\": 1e12}}}}}", 1, "is too much");
    assert_fault("{\"acme\": {\"models\": {\"m\": {\"cost\": {\"input\": 1, \"tiers\": [{\"input\": 2}]}}}}}", 1,
                 "from which size of the context");
    assert_fault("[{\"id\": \"acme\", \"models\": [{\"id\": \"m\", \"prices\": {\"input_mtok\": {\"base\": 1}}}]}]", 1,
                 "should be a number, or");
    assert_fault(
        "[{\"id\": \"acme\", \"models\": [{\"id\": \"m\", \"prices\": {\"input_mtok\": 1}}, {\"id\": \"m\", \"prices\": {\"input_mtok\": "
        "1}}]}]",
        0, "is there twice");
}

static void what_is_written_is_read_again(void **state) {
    (void)state;
    genai(
        "\"match\": {\"equals\": \"m \\\"x\\\\ \\n\"}, \"prices\": [{\"prices\": {\"input_mtok\": 0.0833333333333333, \"output_mtok\": "
        "{\"base\": 0.000000001, \"tiers\": [{\"start\": 7, \"price\": 123456.789}]}}}, {\"constraint\": {\"start_date\": \"2027-01-01\"}, "
        "\"prices\": {\"input_mtok\": 1, \"output_mtok\": 2, \"cache_write_5m_mtok\": 3, \"input_audio_mtok\": 4, \"requests_kcount\": "
        "0.7}}]");
    const yz_settings *s = settled();
    const char *const days[] = {"2026-12-31", "2027-01-01"};
    for (size_t i = 0; i < 2; i++) {
        const yz_price *price = price_at(s, "m", days[i]);
        assert_true(yz_str_eq(price->id, model()->versions[i]->id)); /* the name holds every number */
        assert_ptr_equal(price, price_at(s, "m \"x\\ \n", days[i]));
    }
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(float_dust_is_rounded_and_told_with_its_literal),
        TEST(a_count_per_thousand_is_no_price_per_million),
        TEST(a_price_as_text_counts_as_its_digits),
        TEST(zero_and_zero_is_no_price),
        TEST(a_model_is_free_only_if_somebody_says_so),
        TEST(a_zero_beside_a_price_is_unsaid),
        TEST(a_beginning_of_a_name_is_no_name),
        TEST(two_models_do_not_go_by_one_name),
        TEST(a_start_date_makes_a_version),
        TEST(before_the_first_date_there_is_no_price),
        TEST(the_last_hours_that_hold_win),
        TEST(hours_without_weekdays_wait_for_a_person),
        TEST(hours_count_with_every_version_before_them),
        TEST(an_entry_has_hours_or_a_date_never_both),
        TEST(a_constraint_nobody_knows_is_no_price_for_always),
        TEST(tiers_are_for_the_whole_request_strictly_above_with_cached),
        TEST(starts_of_199999_and_of_200000_are_both_kept),
        TEST(context_over_200k_is_wrong_in_its_name),
        TEST(batch_flex_and_priority_are_services_from_their_day_on),
        TEST(other_variants_are_told_not_dropped),
        TEST(a_service_that_goes_waits),
        TEST(units_that_we_lack_are_told_with_the_model),
        TEST(unknown_fields_are_told_not_dropped),
        TEST(reasoning_may_cost_something_else_than_output),
        TEST(models_dev_has_no_cache_write_for_an_hour),
        TEST(a_price_that_moves_far_waits),
        TEST(a_price_that_goes_or_becomes_zero_waits),
        TEST(versions_that_a_list_without_dates_forgets_wait),
        TEST(the_end_of_a_model_is_not_lost_unasked),
        TEST(lists_that_disagree_say_where),
        TEST(bad_files_say_where),
        TEST(what_is_written_is_read_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
