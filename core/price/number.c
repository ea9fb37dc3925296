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
