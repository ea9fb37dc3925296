/* retry_after.c: numbers, durations, dates, and which header says most. */
#include "upstream/retry_after.h"

#include "base/request.h"

#include <stdio.h>
#include <time.h>

/* A decimal number at *p; moves *p after it. Negative: there is none. */
static double number(const char **p, const char *end) {
    double value = 0, scale = 1;
    bool any = false, fraction = false;
    for (; *p < end && ((**p >= '0' && **p <= '9') || (**p == '.' && !fraction)); ++*p) {
        if (**p == '.') {
            fraction = true;
            continue;
        }
        any = true;
        value = value * 10 + (**p - '0');
        scale *= fraction ? 10 : 1;
    }
    return any && value < 1e18 ? value / scale : -1;
}

/* "20", "1.5", "6m0s", "120ms", "1h2m": in ms; plain numbers count `unit` ms. Negative: something else. */
static double duration(yz_str text, double unit) {
    if (text.n == 0)
        return -1;
    const char *p = text.p, *end = p + text.n;
    double total = 0;
    while (p < end) {
        double value = number(&p, end);
        if (value < 0)
            return -1;
        if (p == end)
            return total + value * unit;
        if (end - p >= 2 && p[0] == 'm' && p[1] == 's') {
            total += value;
            p += 2;
        } else if (*p == 's' || *p == 'm' || *p == 'h') {
            total += value * (*p == 's' ? 1e3 : *p == 'm' ? 6e4 : 36e5);
            p++;
        } else {
            return -1;
        }
    }
    return total;
}

/* An HTTP date in any of its three forms ("Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994":
 * RFC 9110, 5.6.7) or one of RFC 3339 in UTC: Unix seconds; negative: none of them. */
static int64_t date(yz_str text) {
    static const char *const formats[] = {"%a, %d %b %Y %H:%M:%S GMT", "%a, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y",
                                          "%Y-%m-%dT%H:%M:%SZ"};
    char copy[40];
    if (text.n >= sizeof copy)
        return -1;
    memcpy(copy, text.p ? text.p : "", text.n);
    copy[text.n] = 0;
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        struct tm tm = {0};
        const char *end = strptime(copy, formats[i], &tm);
        if (end && *end == 0)
            return (int64_t)timegm(&tm);
    }
    return -1;
}

/* As yz_error has it: 0 stands for "not said". */
static int64_t as_error(int64_t ms) { return ms < 0 ? 0 : ms == 0 ? 1 : ms; }

/* At most a day; negative: nothing was said. */
static int64_t bounded(double ms) { return ms < 0 ? -1 : ms <= (double)YZ_LONGEST_WAIT_MS ? (int64_t)ms : YZ_LONGEST_WAIT_MS; }

/* A number may be a moment as well: in Unix seconds, or (OpenRouter) milliseconds. */
int64_t yz_wait_read(yz_str value, double unit, int64_t wall) {
    double ms = duration(value, unit);
    if (ms > 1e11 * 1e3 && unit > 1)
        ms /= 1e3;
    if (ms > 1e8 * 1e3 && unit > 1)
        ms -= (double)wall * 1e3; /* so long that it is a moment */
    if (ms < 0 && date(value) >= 0) {
        int64_t left = (date(value) - wall) * 1000;
        ms = left > 0 ? (double)left : 0;
    }
    return bounded(ms);
}

/* What stands beside a header of a reset: "…-remaining-tokens" beside "…-reset-tokens". Empty: nothing. */
static yz_str beside(const yz_header *headers, size_t n, const char *reset, const char *what) {
    char name[96];
    const char *at = strstr(reset, "reset");
    int length = at ? snprintf(name, sizeof name, "%.*s%s%s", (int)(at - reset), reset, what, at + strlen("reset")) : -1;
    return length > 0 && (size_t)length < sizeof name ? yz_header_find(headers, n, name) : (yz_str){0};
}

/* Is something left of the limit that this header is about? Then it is not the one that refused. */
static bool is_left(const yz_header *headers, size_t n, const char *reset) {
    yz_str left = beside(headers, n, reset, "remaining"), status = beside(headers, n, reset, "status");
    const char *p = left.p;
    return (left.n > 0 && number(&p, left.p + left.n) > 0) || yz_str_starts(status, "allowed");
}

int64_t yz_retry_after(int status, const yz_header *headers, size_t n, const char *const *resets, int64_t wall) {
    static const struct {
        const char *name;
        double unit;
    } sources[] = {{"retry-after-ms", 1}, {"retry-after", 1e3}, {"llm_provider-retry-after-ms", 1}, {"llm_provider-retry-after", 1e3}};
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        int64_t ms = yz_wait_read(yz_header_find(headers, n, sources[i].name), sources[i].unit, wall);
        if (ms >= 0)
            return as_error(ms);
    }
    if (status != 429)
        return 0;         /* resets stand in every answer: of others they say nothing */
    int64_t longest = -1; /* of several limits that are used up the one that frees last decides */
    for (; resets && *resets; resets++) {
        if (is_left(headers, n, *resets))
            continue;
        int64_t ms = yz_wait_read(yz_header_find(headers, n, *resets), 1e3, wall);
        longest = ms > longest ? ms : longest;
    }
    return as_error(longest);
}
