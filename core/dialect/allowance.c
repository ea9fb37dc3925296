/* allowance.c: see allowance.h; and what of a body says how long its answer may be. */
#include "dialect/allowance.h"

#include "base/put.h"

#include <time.h>

/* ---- headers ------------------------------------------------------------------------------------------------------------ */

/* Values are written from their end on, as the digits of a number come: this is on every answer's way, so without printf. Each of these
 * writes before `end`, and returns where it begins. */
enum { VALUE_MOST = 64 }; /* bytes, of any of them */

static char *count_before(char *end, int64_t n, char unit) {
    uint64_t left = n > 0 ? (uint64_t)n : 0;
    if (unit)
        *--end = unit;
    do
        *--end = (char)('0' + left % 10);
    while (left /= 10);
    return end;
}

/* "1h2m3s", "350ms": as Go prints it, which is what readers of such headers parse. Rounded up, so that whoever waits does not come early.
 */
static char *duration_before(char *end, int64_t ms) {
    int64_t s = (ms + 999) / 1000;
    *--end = 's';
    if (ms < 1000)
        return count_before(end, ms, 'm');
    char *p = count_before(end, s % 60, 0);
    p = s >= 60 ? count_before(p, s / 60 % 60, 'm') : p;
    return s >= 3600 ? count_before(p, s / 3600, 'h') : p;
}

static char *moment_before(char *end, int64_t ms, int64_t now) {
    time_t at = (time_t)(now + (ms + 999) / 1000);
    struct tm tm;
    char text[VALUE_MOST];
    gmtime_r(&at, &tm);
    size_t n = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
    return memcpy(end - n, text, n);
}

static void put_header(yz_buf *out, const char *name, const char *value, const char *end) {
    if (*name)
        yz_put_header(out, YZ_STR(""), yz_str_of(name), yz_str_at(value, (size_t)(end - value)));
}

static void put_quota(const yz_adapter *dialect, const char *const *names, const yz_quota *quota, int64_t now, yz_buf *out) {
    char value[VALUE_MOST], *end = value + sizeof value;
    if (quota->most > 0)
        put_header(out, names[0], count_before(end, quota->most, 0), end);
    put_header(out, names[1], count_before(end, quota->left, 0), end);
    if (quota->reset > 0)
        put_header(out, names[2], dialect->quota_moments ? moment_before(end, quota->reset, now) : duration_before(end, quota->reset), end);
}

void yz_allowance_write(const yz_adapter *dialect, const yz_allowance *allowance, int64_t now, yz_buf *out) {
    const char *const *names = dialect->quota_headers;
    for (size_t kind = 0; names && *names && kind < YZ_QUOTAS_MAX; kind++, names += 3)
        if (allowance->known >> kind & 1)
            put_quota(dialect, names, &allowance->of[kind], now, out);
}

/* ---- how long an answer may be -------------------------------------------------------------------------------------------- */

static const yz_json *at_path(const yz_json *json, const char *path) {
    for (const char *dot; json && (dot = strchr(path, '.')); path = dot + 1) {
        char name[64];
        size_t n = (size_t)(dot - path);
        if (n >= sizeof(name))
            return NULL;
        memcpy(name, path, n);
        name[n] = 0;
        json = yz_json_get(json, name);
    }
    return json ? yz_json_get(json, path) : NULL;
}

int64_t yz_request_most_output(const yz_request *request) {
    const char *const *paths = request->json && request->dialect ? request->dialect->most_output_fields : NULL;
    for (; paths && *paths; paths++) {
        int64_t most = yz_json_int(at_path(request->json, *paths), 0);
        if (most > 0)
            return most;
    }
    return 0;
}
