/* config/read_windows.c: the hours at which a model costs something else. */
#include "config/read_prices.h"

#include <stdio.h>

typedef struct said_window {
    yz_str name, zone, from, to;
    yz_list days;
    int holidays;
    said_rates rates;
} said_window;

static const yz_option WINDOW_OPTIONS[] = {
    {"name", YZ_OPTION_STRING, offsetof(said_window, name), .help = "a word for it, as in \"peak\": part of the version's name",
     .required = true},
    {"zone", YZ_OPTION_STRING, offsetof(said_window, zone), "UTC", .help = "whose clock counts, as in \"Asia/Shanghai\""},
    {"from", YZ_OPTION_STRING, offsetof(said_window, from), "00:00", .help = "counts from that time of the day on: HH:MM"},
    {"to", YZ_OPTION_STRING, offsetof(said_window, to), "24:00", .help = "until then; not later than from: of the next day"},
    {"days", YZ_OPTION_LIST, offsetof(said_window, days), .help = "of these weekdays only: \"mon\", \"tue\", …"},
    {"holidays", YZ_OPTION_CHOICE, offsetof(said_window, holidays), "too",
     .help = "on the seller's holidays: too, not (skip), or then only", .choices = "too skip only"},
    RATES(said_window),
};
const yz_option_table yz_window_table = YZ_TABLE(WINDOW_OPTIONS, said_window);

enum { ZONE_MAX = 65536, MIDNIGHT = 24 * 60 };

/* ---- words ---------------------------------------------------------------------------------------------------------- */

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static bool read_clock(yz_str text, int *minutes) {
    if (text.n != 5 || text.p[2] != ':' || !is_digit(text.p[0]) || !is_digit(text.p[1]) || !is_digit(text.p[3]) || !is_digit(text.p[4]))
        return false;
    int hour = (text.p[0] - '0') * 10 + text.p[1] - '0', minute = (text.p[3] - '0') * 10 + text.p[4] - '0';
    *minutes = hour * 60 + minute;
    return minute < 60 && *minutes <= MIDNIGHT;
}

static bool read_days(const yz_list *days, unsigned *mask) {
    static const char *const names[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};
    *mask = days->n ? 0 : 0x7f;
    for (size_t i = 0; i < days->n; i++) {
        unsigned day = 0;
        while (day < 7 && !yz_str_is(days->items[i], names[day]))
            day++;
        if (day == 7)
            return false;
        *mask |= 1u << day;
    }
    return true;
}

/* ---- zones ---------------------------------------------------------------------------------------------------------- */

/* A name that leads nowhere else: letters, and what stands between them. */
static bool name_ok(yz_str name) {
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' || c == '-' || c == '+';
        if (!letter && (c != '/' || i == 0 || name.p[i - 1] == '/'))
            return false;
    }
    return name.n > 0 && name.n < 64;
}

static const yz_zone *read_zone(const yz_row_reader *r, yz_str name) {
    if (yz_str_is(name, "UTC"))
        return yz_zone_rule(r->arena, YZ_STR("UTC0"));
    if (!name_ok(name))
        return NULL;
    FILE *file = fopen(yz_format(r->arena, "/usr/share/zoneinfo/%.*s", YZ_STR_ARGS(name)).p, "rb");
    if (!file)
        return NULL;
    char *bytes = yz_alloc(r->arena, ZONE_MAX);
    size_t n = fread(bytes, 1, ZONE_MAX, file);
    fclose(file);
    return yz_zone_read(r->arena, yz_str_at(bytes, n));
}

/* ---- windows -------------------------------------------------------------------------------------------------------- */

static bool wrong(const yz_row_reader *r, const yz_price *price, const said_window *said, const char *what) {
    yz_diag_error(r->diag, "prices \"%.*s\": the window \"%.*s\" of \"%.*s\": %s", YZ_STR_ARGS(r->seller), YZ_STR_ARGS(said->name),
                  YZ_STR_ARGS(price->model), what);
    return false;
}

static bool read_hours(const yz_row_reader *r, const said_window *said, const yz_price *price, yz_price_window *window) {
    if (!read_clock(said->from, &window->from) || !read_clock(said->to, &window->to) || window->from == MIDNIGHT)
        return wrong(r, price, said, "from and to should be times of the day such as \"00:30\" or \"24:00\"");
    if (!read_days(&said->days, &window->weekdays))
        return wrong(r, price, said, "days should be of \"mon\", \"tue\", \"wed\", \"thu\", \"fri\", \"sat\", \"sun\"");
    window->holidays = (yz_price_holidays)said->holidays;
    if (window->holidays != YZ_HOLIDAYS_TOO && r->n_holidays == 0)
        return wrong(r, price, said, "it asks for holidays, but the seller names none: holidays = { \"2026-10-01\" }");
    window->zone = read_zone(r, said->zone);
    window->name = said->name, window->zone_name = said->zone;
    return window->zone ||
           wrong(r, price, said,
                 "zone should be \"UTC\" or a name of the time zone database that is installed here, such as \"Asia/Shanghai\"");
}

/* What the window does not say costs as it does outside of it. */
static bool read_window(const yz_row_reader *r, const said_window *said, const yz_price *price, yz_price_window *window) {
    yz_price *own = yz_alloc(r->arena, sizeof *own);
    *own = *price;
    own->windows = NULL, own->n_windows = 0;
    if (!read_hours(r, said, price, window) || !yz_read_rates(r, price->model, &said->rates, "windows.", &own->rates))
        return false;
    for (yz_rate rate = 0; rate < YZ_RATES_N; rate++)
        if (own->rates.of[rate] < 0)
            own->rates.of[rate] = price->rates.of[rate];
    yz_str id = yz_price_name(r->arena, own);
    own->id = yz_format(r->arena, "%.*s+%.*s", YZ_STR_ARGS(id), YZ_STR_ARGS(said->name));
    window->price = own;
    return true;
}

bool yz_read_windows(const yz_row_reader *r, const yz_tables *said, yz_price *price) {
    yz_price_window *windows = yz_alloc(r->arena, (said->n + 1) * sizeof *windows);
    if (said->n && price->n_tiers) {
        yz_diag_error(r->diag, "prices \"%.*s\": \"%.*s\" has tiers and windows; one row can have one of them", YZ_STR_ARGS(r->seller),
                      YZ_STR_ARGS(price->model));
        return false;
    }
    for (size_t i = 0; i < said->n; i++)
        if (!read_window(r, said->items[i], price, &windows[i]))
            return false;
    price->windows = windows;
    price->n_windows = said->n;
    price->holidays = r->holidays, price->n_holidays = r->n_holidays;
    return true;
}

bool yz_read_holidays(yz_row_reader *r, const yz_list *said) {
    int64_t *days = yz_alloc(r->arena, (said->n + 1) * sizeof *days), at;
    for (size_t i = 0; i < said->n; i++) {
        if (said->items[i].n != 10 || !yz_price_time(said->items[i], &at)) {
            yz_diag_error(r->diag, "prices \"%.*s\": holidays should be days such as 2026-10-01, not \"%.*s\"", YZ_STR_ARGS(r->seller),
                          YZ_STR_ARGS(said->items[i]));
            return false;
        }
        days[i] = at / 86400;
    }
    r->holidays = days, r->n_holidays = said->n;
    return true;
}
