/* answer_error.c: answers with status >= 400: what they mean, and how long to wait. */
#include "base/clock.h"
#include "base/request.h"
#include "upstream/provider_inner.h"

#include <time.h>

#define LONGEST_WAIT_MS ((int64_t)24 * 3600 * 1000) /* a peer that asks for more gets no more */

/* ---- what may have been paid ----------------------------------------------------------------------------------------- */

/* A server that refuses has not begun; one that fails may have. */
static yz_started started_of(int status) {
    bool refused = (status < 500 && status != 408) || status == 503 || status == 529;
    return refused ? YZ_STARTED_NO : YZ_STARTED_MAYBE;
}

/* ---- how long to wait ------------------------------------------------------------------------------------------------- */

/* A decimal number at *p; moves *p behind it. Negative: there is none. */
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

/* An HTTP date ("Sun, 06 Nov 1994 08:49:37 GMT") or one of RFC 3339 in UTC: Unix seconds; negative: neither. */
static int64_t date(yz_str text) {
    static const char *const formats[] = {"%a, %d %b %Y %H:%M:%S GMT", "%Y-%m-%dT%H:%M:%SZ"};
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

/* As an error tells it: 0 stands for "not said". */
static int64_t told(int64_t ms) { return ms < 0 ? 0 : ms == 0 ? 1 : ms; }

static int64_t sane(double ms) { return ms < 0 ? -1 : ms <= (double)LONGEST_WAIT_MS ? (int64_t)ms : LONGEST_WAIT_MS; }

/* A wait, a moment, or a moment as Unix seconds or (OpenRouter) milliseconds: ms from now. */
static int64_t wait_of(yz_str value, double unit, int64_t wall) {
    double ms = duration(value, unit);
    if (ms > 1e11 * 1e3 && unit > 1)
        ms /= 1e3;
    if (ms > 1e8 * 1e3 && unit > 1)
        ms -= (double)wall * 1e3; /* so long that it is a moment */
    if (ms < 0 && date(value) >= 0) {
        int64_t left = (date(value) - wall) * 1000;
        ms = left > 0 ? (double)left : 0;
    }
    return sane(ms);
}

int64_t yz_retry_after(int status, const yz_header *headers, size_t n, int64_t wall) {
    static const struct {
        const char *name;
        double unit;
    } sources[] = {{"retry-after-ms", 1}, {"retry-after", 1e3}};
    static const char *const resets[] = {"x-ratelimit-reset-requests", "x-ratelimit-reset-tokens", "x-ratelimit-reset",
                                         "anthropic-ratelimit-requests-reset", "anthropic-ratelimit-tokens-reset"};
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        int64_t ms = wait_of(yz_header_find(headers, n, sources[i].name), sources[i].unit, wall);
        if (ms >= 0)
            return told(ms);
    }
    if (status != 429)
        return 0;         /* resets stand in every answer: of others they say nothing */
    int64_t longest = -1; /* of several limits the one that frees last decides */
    for (size_t i = 0; i < sizeof resets / sizeof *resets; i++) {
        int64_t ms = wait_of(yz_header_find(headers, n, resets[i]), 1e3, wall);
        longest = ms > longest ? ms : longest;
    }
    return told(longest);
}

/* ---- the answer -------------------------------------------------------------------------------------------------------- */

void yz_leaf_inner_error(yz_leaf *leaf) {
    yz_error_scrub(leaf->error, leaf->provider, leaf->arena);
    leaf->error->started = yz_leaf_started(leaf);
    yz_leaf_error(leaf, leaf->error);
}

void yz_leaf_refused(yz_leaf *leaf, yz_str body) {
    int status = leaf->head->status;
    yz_json *json = NULL;
    yz_error error = {YZ_ERROR, .class_ = yz_error_class_of(status),
                      .retry_after = yz_retry_after(status, leaf->head->headers, leaf->head->n_headers, yz_clock_wall()),
                      .started = started_of(status)};
    if (leaf->total > (int64_t)YZ_HELD_ERROR || yz_json_parse(leaf->arena, body, YZ_JSON_LONE_SURROGATES, &json, NULL) != YZ_OK)
        json = NULL;
    if (leaf->adapter->read_error)
        leaf->adapter->read_error(status, json, leaf->arena, &error);
    if (status == 401 || status == 403 || status == 407)
        error.class_ = YZ_ERROR_UPSTREAM_AUTH;
    bool telling = status < 500 || status == 503 || status == 529; /* what a failing server says is about itself */
    if (!json || error.message.n == 0 || !telling)
        error.message = yz_format(leaf->arena, "provider %.*s answered with status %d", YZ_STR_ARGS(leaf->provider->pub.name), status);
    yz_error_scrub(&error, leaf->provider, leaf->arena);
    yz_leaf_error(leaf, &error);
}
