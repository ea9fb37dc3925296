/* number.c: numbers and times as a catalogue says them, and the name of a version.
 *
 * A decimal that somebody wrote has been through a double when it arrives here. Fifteen digits of it are what was written, whatever the
 * bits say: so it is printed with fifteen and read as a decimal, and nothing is multiplied.
 */
#include "base/arena.h"
#include "price/price.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { DIGITS = 15 };
#define MOST INT64_C(1000000000000000000)

/* Of 10^shift units the whole number that a decimal fraction says. */
static const char *scaled(const char *digits, int shift, int64_t *out) {
    int64_t value = 0;
    for (const char *at = digits; *at; at++) {
        int64_t digit = *at - '0';
        if (value > (MOST - digit) / 10)
            return "is too much";
        value = value * 10 + digit;
    }
    for (; shift > 0; shift--) {
        if (value > MOST / 10)
            return "is too much";
        value *= 10;
    }
    for (; shift < 0; shift++) {
        if (value % 10 != 0)
            return "has more digits after the point than can be kept";
        value /= 10;
    }
    *out = value;
    return NULL;
}

const char *yz_price_rate(double usd, int64_t units, int64_t *rate) {
    if (!isfinite(usd) || usd < 0)
        return "should be 0 or more";
    char text[32], digits[32];
    snprintf(text, sizeof text, "%.*e", DIGITS - 1, usd); /* d.ddddddddddddddde±xx */
    size_t n = 0;
    for (const char *at = text; *at && *at != 'e'; at++)
        if (*at >= '0' && *at <= '9')
            digits[n++] = *at;
    while (n > 1 && digits[n - 1] == '0')
        n--;
    digits[n] = 0;
    int exponent = (int)strtol(strchr(text, 'e') + 1, NULL, 10) - (int)n + 1;
    for (int64_t per = units; per < 1000000; per *= 10)
        exponent++;
    return scaled(digits, exponent + 9, rate);
}

bool yz_price_times(int64_t rate, int64_t times, int64_t *out) {
    __int128 product = (__int128)rate * times;
    *out = (int64_t)(product / 1000000000);
    return product % 1000000000 == 0 && product / 1000000000 <= MOST;
}

static bool multiply(const yz_rates *rates, int64_t times, yz_rates *out) {
    bool ok = true;
    for (yz_rate rate = 0; rate < YZ_RATES_N; rate++) {
        out->of[rate] = -1;
        if (rates->of[rate] >= 0)
            ok &= yz_price_times(rates->of[rate], times, &out->of[rate]);
    }
    return ok;
}

bool yz_price_times_all(yz_arena *arena, const yz_price *price, int64_t times, yz_price *own) {
    own->tiers = yz_alloc(arena, (price->n_tiers + 1) * sizeof *own->tiers);
    bool ok = multiply(&price->rates, times, &own->rates);
    for (size_t i = 0; i < price->n_tiers; i++) {
        own->tiers[i].above = price->tiers[i].above;
        ok &= multiply(&price->tiers[i].rates, times, &own->tiers[i].rates);
    }
    return ok;
}

/* ---- decimals as text ------------------------------------------------------------------------------------------------ */

enum { LITERAL_DIGITS = 60, MOST_EXPONENT = 400 };

/* A decimal in the making: 0.ddd… x 10^point. */
typedef struct decimal {
    char digits[LITERAL_DIGITS + 1];
    int n, point;
} decimal;

/* Of "12.5e-7" the digits; NULL, or what is wrong. */
static const char *take_decimal(yz_str text, decimal *d) {
    size_t i = 0;
    bool point = false, any = false;
    *d = (decimal){0};
    if (text.n && text.p[0] == '-')
        return "should be 0 or more";
    for (; i < text.n && ((text.p[i] >= '0' && text.p[i] <= '9') || (text.p[i] == '.' && !point)); i++) {
        if (text.p[i] == '.') {
            point = true;
            continue;
        }
        any = true;
        if (d->n == 0 && text.p[i] == '0') { /* says nothing yet */
            d->point -= point;
            continue;
        }
        if (d->n == LITERAL_DIGITS)
            return "has more than 60 digits";
        d->digits[d->n++] = text.p[i];
        d->point += !point;
    }
    if (i < text.n && any && (text.p[i] == 'e' || text.p[i] == 'E')) {
        char exponent[8], *end;
        size_t n = text.n - i - 1;
        if (n == 0 || n >= sizeof exponent)
            return "is no decimal";
        memcpy(exponent, text.p + i + 1, n);
        exponent[n] = 0;
        long e = strtol(exponent, &end, 10);
        if (*end || end[-1] < '0' || e > MOST_EXPONENT || e < -MOST_EXPONENT)
            return "is no decimal";
        d->point += (int)e;
        i = text.n;
    }
    return any && i == text.n ? NULL : "is no decimal";
}

/* The digits behind the first `kept`, rounded away: is one to be added? Half goes to the even neighbour. */
static bool rounds_up(const decimal *d, int kept) {
    if (kept < 0 || kept >= d->n || d->digits[kept] < '5')
        return false;
    bool half = d->digits[kept] == '5';
    for (int i = kept + 1; half && i < d->n; i++)
        half = d->digits[i] == '0';
    return !half || (kept > 0 && (d->digits[kept - 1] - '0') % 2 == 1);
}

const char *yz_price_decimal(yz_str text, int64_t units, int64_t *rate, bool *exact) {
    decimal d;
    const char *fault = take_decimal(text, &d);
    if (fault)
        return fault;
    int kept = d.point + 9; /* nano-USD, of one unit … */
    for (int64_t per = units; per < 1000000; per *= 10)
        kept++; /* … and of a million */
    while (d.n > 0 && d.digits[d.n - 1] == '0')
        d.n--;
    bool up = rounds_up(&d, kept);
    *exact = kept >= d.n;
    int shift = kept > d.n ? kept - d.n : 0;
    d.digits[kept < 0 || d.n == 0 ? 0 : kept < d.n ? kept : d.n] = 0;
    fault = scaled(d.digits, *d.digits ? shift : 0, rate);
    *rate += !fault && up;
    return fault;
}

bool yz_price_amount(yz_str text, int64_t *nano) {
    char digits[32];
    size_t n = 0;
    int shift = 9;
    bool point = false;
    for (size_t i = 0; i < text.n; i++) {
        bool digit = text.p[i] >= '0' && text.p[i] <= '9';
        if ((!digit && (text.p[i] != '.' || point || i == 0 || i + 1 == text.n)) || n + 1 >= sizeof digits)
            return false;
        point |= !digit;
        shift -= point && digit;
        if (digit)
            digits[n++] = text.p[i];
    }
    digits[n] = 0;
    return n > 0 && !scaled(digits, shift, nano);
}

static bool digits_at(yz_str text, size_t at, size_t n, int *out) {
    *out = 0;
    for (size_t i = at; i < at + n; i++) {
        if (i >= text.n || text.p[i] < '0' || text.p[i] > '9')
            return false;
        *out = *out * 10 + (text.p[i] - '0');
    }
    return true;
}

bool yz_price_time(yz_str text, int64_t *seconds) {
    static const char day[] = "0000-00-00", moment[] = "0000-00-00T00:00:00Z";
    const char *form = text.n == sizeof day - 1 ? day : moment;
    if (text.n != strlen(form))
        return false;
    for (size_t i = 0; i < text.n; i++)
        if (form[i] != '0' && form[i] != text.p[i])
            return false;
    struct tm tm = {0};
    int year, month;
    if (!digits_at(text, 0, 4, &year) || !digits_at(text, 5, 2, &month) || !digits_at(text, 8, 2, &tm.tm_mday))
        return false;
    if (form == moment &&
        (!digits_at(text, 11, 2, &tm.tm_hour) || !digits_at(text, 14, 2, &tm.tm_min) || !digits_at(text, 17, 2, &tm.tm_sec)))
        return false;
    tm.tm_year = year - 1900, tm.tm_mon = month - 1;
    struct tm said = tm;
    time_t at = timegm(&tm); /* a day that is not there, such as 31 June, becomes another */
    *seconds = (int64_t)at;
    return year >= 1970 && tm.tm_mday == said.tm_mday && tm.tm_mon == said.tm_mon && tm.tm_hour == said.tm_hour &&
           tm.tm_min == said.tm_min && tm.tm_sec == said.tm_sec;
}

/* ---- names ---------------------------------------------------------------------------------------------------------- */

static void mix(uint32_t *hash, int64_t number) {
    for (int i = 0; i < 8; i++)
        *hash = (*hash ^ (uint32_t)(number >> (8 * i) & 0xff)) * 0x01000193u;
}

static uint32_t fingerprint(const yz_price *price) {
    uint32_t hash = 0x811c9dc5u;
    mix(&hash, price->from);
    for (size_t r = 0; r < YZ_RATES_N; r++)
        mix(&hash, price->rates.of[r]);
    if (price->marginal)
        mix(&hash, 1);
    for (size_t i = 0; i < price->n_tiers; i++) {
        mix(&hash, price->tiers[i].above);
        for (size_t r = 0; r < YZ_RATES_N; r++)
            mix(&hash, price->tiers[i].rates.of[r]);
    }
    return hash;
}

yz_str yz_price_name(yz_arena *arena, const yz_price *price) {
    char since[32] = "";
    time_t from = (time_t)price->from;
    struct tm tm;
    if (price->from > 0 && gmtime_r(&from, &tm))
        strftime(since, sizeof since, price->from % 86400 ? "@%Y-%m-%dT%H:%M:%SZ" : "@%Y-%m-%d", &tm);
    return yz_format(arena, "%.*s/%.*s%s#%08x", YZ_STR_ARGS(price->seller), YZ_STR_ARGS(price->model), since, fingerprint(price));
}
