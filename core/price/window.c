/* window.c: prices that count at some hours only: of some weekdays, by a zone's wall clock, on holidays or not. A window is a price of its
 * own, with a name of its own, so that what a request was held for says which one it was.
 */
#include "price/price.h"

enum { DAY = 86400, MINUTE = 60, WEEK = 7 };

static bool is_holiday(const yz_price *price, int64_t day) {
    for (size_t i = 0; i < price->n_holidays; i++)
        if (price->holidays[i] == day)
            return true;
    return false;
}

/* Does the window count on a day (since 1970-01-01) of its own calendar? */
static bool is_open_on(const yz_price *price, const yz_price_window *w, int64_t day) {
    int weekday = (int)(((day + 4) % WEEK + WEEK) % WEEK);
    if (!(w->weekdays >> weekday & 1))
        return false;
    return w->holidays == YZ_HOLIDAYS_TOO || is_holiday(price, day) == (w->holidays == YZ_HOLIDAYS_ONLY);
}

/* A window over midnight belongs to the day on which it begins. */
static bool is_open(const yz_price *price, const yz_price_window *w, int64_t at) {
    int64_t wall = at + yz_zone_offset(w->zone, at), second = (wall % DAY + DAY) % DAY, day = (wall - second) / DAY;
    int64_t from = w->from * MINUTE, to = w->to * MINUTE;
    if (from < to)
        return second >= from && second < to && is_open_on(price, w, day);
    return (second >= from && is_open_on(price, w, day)) || (second < to && is_open_on(price, w, day - 1));
}

bool yz_price_ended(const yz_price *price, int64_t at, yz_str *successor) {
    *successor = price->successor;
    return price->ends > 0 && at >= price->ends;
}

const yz_price *yz_price_at(const yz_price *price, int64_t at) {
    for (size_t i = 0; price && i < price->n_windows; i++)
        if (is_open(price, &price->windows[i], at))
            return price->windows[i].price;
    return price;
}
