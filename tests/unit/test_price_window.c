/* test_price_window.c: prices by the clock: zones against the C library's, and the edges of hours, days, holidays, summer time and
 * versions. */
#include "price_world.h"

#include "price/price.h"

#include <time.h>
#include <unistd.h>

/* ---- zones ---------------------------------------------------------------------------------------------------------- */

static const yz_zone *zone_of(const char *name) {
    char *bytes = yz_alloc(arena, 65536);
    FILE *file = fopen(yz_format(arena, "/usr/share/zoneinfo/%s", name).p, "rb");
    if (!file)
        return NULL;
    size_t n = fread(bytes, 1, 65536, file);
    fclose(file);
    return yz_zone_read(arena, yz_str_at(bytes, n));
}

static void same_as_libc(const yz_zone *zone, const char *tz) {
    setenv("TZ", tz, 1);
    tzset();
    uint64_t dice = 42;
    for (int i = 0; i < 20000; i++) {
        dice = dice * 6364136223846793005u + 1442695040888963407u;
        time_t at = (time_t)(dice >> 31) % INT64_C(4102444800); /* until 2100 */
        struct tm tm;
        localtime_r(&at, &tm);
        if (yz_zone_offset(zone, at) != tm.tm_gmtoff)
            fail_msg("%s at %lld: %lld, but the C library says %ld", tz, (long long)at, (long long)yz_zone_offset(zone, at), tm.tm_gmtoff);
    }
    unsetenv("TZ");
    tzset();
}

static void zones_are_those_of_the_c_library(void **state) {
    (void)state;
    static const char *const names[] = {"Asia/Shanghai",     "America/New_York", "Europe/Berlin",     "Australia/Sydney", "Asia/Kolkata",
                                        "America/Sao_Paulo", "Europe/Dublin",    "Africa/Casablanca", "Pacific/Chatham",  "UTC"};
    size_t seen = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const yz_zone *zone = zone_of(names[i]);
        if (zone)
            same_as_libc(zone, names[i]);
        seen += zone != NULL;
    }
    if (getenv("CI"))
        assert_true(seen > 5);
    static const char *const rules[] = {"UTC0",
                                        "CST-8",
                                        "EST5EDT,M3.2.0,M11.1.0",
                                        "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0",
                                        "IST-1GMT0,M10.5.0,M3.5.0/1",
                                        "<-03>3<-02>,J60/0,J300/0",
                                        "AAA1BBB,59,299/26"};
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        const yz_zone *zone = yz_zone_rule(arena, yz_str_of(rules[i]));
        assert_non_null(zone);
        same_as_libc(zone, rules[i]);
    }
}

static void what_is_no_zone_is_refused(void **state) {
    (void)state;
    static const char *const rules[] = {"",
                                        "UTC",
                                        "X1",
                                        "EST5EDT",
                                        "EST5EDT,M13.1.0,M1.1.0",
                                        "EST5EDT,M3.0.0,M11.1.0",
                                        "EST5EDT,M3.2.0,M11.1.0x",
                                        "EST5EDT,M3.2.7,M11.1.0",
                                        "<+3-3",
                                        "EST999"};
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (yz_zone_rule(arena, yz_str_of(rules[i])))
            fail_msg("%s was taken", rules[i]);
    assert_null(yz_zone_read(arena, YZ_STR("")));
    assert_null(yz_zone_read(arena, YZ_STR("TZif2, they say, and then nothing of it: forty-four bytes are a head")));
    char *bytes = yz_alloc(arena, 65536);
    FILE *file = fopen("/usr/share/zoneinfo/Europe/Berlin", "rb");
    size_t n = file ? fread(bytes, 1, 65536, file) : 0;
    if (file)
        fclose(file);
    for (size_t cut = 0; cut < n; cut += 7) /* never reads beyond: the sanitizer looks */
        (void)yz_zone_read(arena, yz_str_at(memcpy(yz_alloc(arena, cut + 1), bytes, cut), cut));
}

/* ---- prices --------------------------------------------------------------------------------------------------------- */

static const yz_settings *read_prices(const char *prices) {
    return yz_settings_read_text(
        "yuzui.lua",
        yz_format(arena, "listen '127.0.0.1:0'\nchain {}\nprovider 'acme' { adapter = 'openai', base_url = 'http://127.0.0.1:1' }\n%s",
                  prices),
        arena, &diag);
}

static const yz_price *price_at(const yz_settings *s, const char *at) {
    int64_t when;
    assert_true(yz_price_time(yz_str_of(at), &when));
    const yz_target target = {YZ_TARGET, .provider = &s->providers[0]->pub, .model = YZ_STR("m")};
    return yz_settings_price(s, &target, when);
}

/* USD per million of input at a moment. */
static void costs(const yz_settings *s, const char *at, int64_t usd) {
    const yz_price *price = price_at(s, at);
    if (!price || price->rates.of[YZ_RATE_INPUT] != usd * 1000000000)
        fail_msg("at %s: %lld nano-USD (%.*s), expected %lld USD", at, price ? (long long)price->rates.of[YZ_RATE_INPUT] : -1,
                 price ? (int)price->id.n : 0, price ? price->id.p : "", (long long)usd);
}

/* The peak hours of a vendor: twice a day, Monday to Friday, not on holidays; and a version that begins in the middle of a day. */
static void hours_weekdays_and_holidays(void **state) {
    (void)state;
    const yz_settings *s = read_prices(
        "prices 'acme' { source = 's', date = '2026-11-28', holidays = { '2026-10-01' }, models = {\n"
        " { name = 'm', input = 1, output = 1 },\n"
        " { name = 'm', from = '2026-08-16T16:00:00Z', input = 2, output = 3, windows = {\n"
        "  { name = 'peak', from = '01:00', to = '04:00', days = { 'mon', 'tue', 'wed', 'thu', 'fri' }, holidays = 'skip', input = 4 },\n"
        "  { name = 'peak', from = '06:00', to = '10:00', days = { 'mon', 'tue', 'wed', 'thu', 'fri' }, holidays = 'skip', input = 4 } } } "
        "} }");
    assert_non_null(s);
    costs(s, "2026-08-14T02:00:00Z", 1); /* a Friday, before the version */
    costs(s, "2026-08-16T15:59:59Z", 1);
    costs(s, "2026-08-16T16:00:00Z", 2);
    costs(s, "2026-08-17T00:59:59Z", 2); /* Monday */
    costs(s, "2026-08-17T01:00:00Z", 4);
    costs(s, "2026-08-17T03:59:59Z", 4);
    costs(s, "2026-08-17T04:00:00Z", 2);
    costs(s, "2026-08-17T09:59:59Z", 4);
    costs(s, "2026-08-17T10:00:00Z", 2);
    costs(s, "2026-08-22T02:00:00Z", 2); /* Saturday */
    costs(s, "2026-10-01T02:00:00Z", 2); /* a Thursday, and a holiday */
    costs(s, "2026-10-02T02:00:00Z", 4);
    const yz_price *peak = price_at(s, "2026-08-17T01:00:00Z"), *base = price_at(s, "2026-08-17T00:59:59Z");
    assert_int_equal(peak->rates.of[YZ_RATE_OUTPUT], base->rates.of[YZ_RATE_OUTPUT]); /* not said: as outside */
    assert_non_null(memmem(peak->id.p, peak->id.n, "+peak", 5));
    assert_false(yz_str_eq(peak->id, base->id));
}

/* Over midnight, by a clock eight hours ahead: the days are those of that clock, and a night belongs to the day on which it begins. */
static void midnight_is_where_the_zone_is(void **state) {
    (void)state;
    if (!zone_of("Asia/Shanghai"))
        skip();
    const yz_settings *s =
        read_prices("prices 'acme' { source = 's', date = '2026-11-28', models = { { name = 'm', input = 2, output = 2, windows = {\n"
                    "  { name = 'night', zone = 'Asia/Shanghai', from = '22:30', to = '06:00', days = { 'fri' }, input = 1 } } } } }");
    assert_non_null(s);
    costs(s, "2026-08-21T14:29:59Z", 2); /* Friday 22:29:59 there */
    costs(s, "2026-08-21T14:30:00Z", 1);
    costs(s, "2026-08-21T21:59:59Z", 1); /* Saturday 05:59:59: still Friday's night */
    costs(s, "2026-08-21T22:00:00Z", 2);
    costs(s, "2026-08-22T14:30:00Z", 2); /* Saturday's night */
    costs(s, "2026-08-20T21:00:00Z", 2); /* Friday 05:00: Thursday's night */
}

/* New York, 2026: 8 March 02:00 becomes 03:00; 1 November 02:00 becomes 01:00, so that 01:30 is there twice. */
static void summer_time_moves_the_hours(void **state) {
    (void)state;
    if (!zone_of("America/New_York"))
        skip();
    const yz_settings *s =
        read_prices("prices 'acme' { source = 's', date = '2026-11-28', models = { { name = 'm', input = 2, output = 2, windows = {\n"
                    "  { name = 'night', zone = 'America/New_York', from = '01:30', to = '03:00', input = 1 } } } } }");
    assert_non_null(s);
    costs(s, "2026-03-08T06:29:59Z", 2);
    costs(s, "2026-03-08T06:30:00Z", 1); /* 01:30 EST */
    costs(s, "2026-03-08T06:59:59Z", 1);
    costs(s, "2026-03-08T07:00:00Z", 2); /* 03:00 EDT: the hour from two to three is not there */
    costs(s, "2026-11-01T05:30:00Z", 1); /* 01:30 EDT */
    costs(s, "2026-11-01T06:00:00Z", 2); /* 01:00 EST */
    costs(s, "2026-11-01T06:30:00Z", 1); /* 01:30 EST, again */
    costs(s, "2026-11-01T07:59:59Z", 1);
    costs(s, "2026-11-01T08:00:00Z", 2);
}

static void refused(const char *row, const char *more, const char *why) {
    diag.text.n = 0;
    assert_null(read_prices(yz_format(arena, "prices 'acme' { source = 's', date = '2026-11-28', %s models = { %s } }", more, row).p));
    yz_buf_char(&diag.text, '\0');
    if (!strstr(diag.text.p, why))
        fail_msg("expected \"%s\" in \"%s\"", why, diag.text.p);
}

static void mistakes_are_told(void **state) {
    (void)state;
    refused("{ name = 'm', input = 1, output = 1, windows = { { name = 'w', from = '25:00', input = 2 } } }", "", "times of the day");
    refused("{ name = 'm', input = 1, output = 1, windows = { { name = 'w', from = '1:00', input = 2 } } }", "", "times of the day");
    refused("{ name = 'm', input = 1, output = 1, windows = { { name = 'w', days = { 'monday' }, input = 2 } } }", "", "days should be of");
    refused("{ name = 'm', input = 1, output = 1, windows = { { name = 'w', zone = '../../etc/passwd', input = 2 } } }", "",
            "zone should be");
    refused("{ name = 'm', input = 1, output = 1, windows = { { name = 'w', zone = 'Mars/Base', input = 2 } } }", "", "zone should be");
    refused("{ name = 'm', input = 1, output = 1, windows = { { name = 'w', holidays = 'skip', input = 2 } } }", "",
            "the seller names none");
    refused("{ name = 'm', input = 1, output = 1 }", "holidays = { 'christmas' },", "holidays should be days");
    refused("{ name = 'm', input = 1, output = 1, tiers = { { above = 5, input = 2 } }, windows = { { name = 'w', input = 2 } } }", "",
            "tiers and windows");
    refused("{ name = 'm', input = 1, output = 1, ends = 'soon' }", "", "ends of");
}

static void a_model_ends(void **state) {
    (void)state;
    const yz_settings *s = read_prices("prices 'acme' { source = 's', date = '2026-11-28', models = { { name = 'm', input = 2, output = 2, "
                                       "ends = '2026-12-01', successor = 'n' } } }");
    assert_non_null(s);
    yz_str successor;
    const yz_price *price = price_at(s, "2026-11-30T23:59:59Z");
    int64_t end;
    assert_true(yz_price_time(YZ_STR("2026-12-01"), &end));
    assert_false(yz_price_ended(price, end - 1, &successor));
    assert_true(yz_price_ended(price, end, &successor));
    assert_true(yz_str_is(successor, "n"));
}

/* Services: so many times the standard price, hours and tiers included; or rates of their own. */
static void services_have_prices_of_their_own(void **state) {
    (void)state;
    const yz_settings *s = read_prices(
        "prices 'acme' { source = 's', date = '2026-11-28', models = { "
        "{ name = 'm', input = 1, cached = 0.1, output = 2, windows = { { name = 'peak', from = '01:00', to = '04:00', input = 3 } },"
        " services = { { name = 'flex', times = 0.5 } } } } }");
    const yz_price *day = price_at(s, "2026-11-28T12:00:00Z"), *peak = price_at(s, "2026-11-28T02:00:00Z");
    const yz_price *flex = yz_price_service(peak, YZ_SERVICE_FLEX);
    assert_int_equal(yz_price_service(day, YZ_SERVICE_FLEX)->rates.of[YZ_RATE_INPUT], 500000000);
    assert_int_equal(flex->rates.of[YZ_RATE_INPUT], 1500000000);
    assert_int_equal(flex->rates.of[YZ_RATE_CACHED], 50000000);
    assert_true(memmem(flex->id.p, flex->id.n, "+peak+flex", 10) != NULL);
    assert_null(yz_price_service(peak, YZ_SERVICE_PRIORITY));
    assert_ptr_equal(yz_price_service(peak, YZ_SERVICE_STANDARD), peak);
    refused("{ name = 'm', input = 1, output = 2, services = { { name = 'flex' } } }", "",
            "should say times, as in times = 0.5, or rates of its own");
    refused("{ name = 'm', input = 1, output = 2, services = { { name = 'flex', times = 2, input = 1 } } }", "",
            "should say times, as in times = 0.5, or rates of its own");
    refused("{ name = 'm', input = 1, output = 2, services = { { name = 'flex', times = 0 } } }", "", "a number above 0");
    refused("{ name = 'm', input = 1, output = 2, services = { { name = 'flex', times = 2 }, { name = 'flex', times = 3 } } }", "",
            "is there twice");
    refused("{ name = 'm', input = 1, output = 2, services = { { name = 'soon', times = 2 } } }", "",
            "should be one of \"batch\", \"flex\"");
    refused(
        "{ name = 'm', input = 1, output = 2, services = { { name = 'flex', input = 2 } }, windows = { { name = 'peak', input = 3 } } }",
        "", "its own rates would count at which hours?");
}

#define WINDOW_TEST(f) cmocka_unit_test_setup_teardown(f, set_up_prices, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        WINDOW_TEST(zones_are_those_of_the_c_library),
        WINDOW_TEST(what_is_no_zone_is_refused),
        WINDOW_TEST(hours_weekdays_and_holidays),
        WINDOW_TEST(midnight_is_where_the_zone_is),
        WINDOW_TEST(summer_time_moves_the_hours),
        WINDOW_TEST(mistakes_are_told),
        WINDOW_TEST(a_model_ends),
        WINDOW_TEST(services_have_prices_of_their_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
