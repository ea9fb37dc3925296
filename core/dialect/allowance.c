/* allowance.c: see allowance.h; and what of a body says how long its answer may be. */
#include "dialect/allowance.h"

#include <time.h>

/* ---- headers ------------------------------------------------------------------------------------------------------------ */

/* On every answer's way: so without printf. */
static void put_count(int64_t n, const char *after, yz_buf *out) {
    yz_buf_int(out, n);
    yz_buf_lit(out, after);
}

/* "1h2m3s", "350ms": as Go prints it, which is what readers of such headers parse. Rounded up, so that whoever waits does not come early.
 */
static void put_duration(int64_t ms, yz_buf *out) {
    if (ms < 1000) {
        put_count(ms, "ms", out);
        return;
    }
    int64_t s = (ms + 999) / 1000;
    if (s >= 3600)
        put_count(s / 3600, "h", out);
    if (s >= 60)
        put_count(s / 60 % 60, "m", out);
    put_count(s % 60, "s", out);
}

static void put_moment(int64_t ms, int64_t now, yz_buf *out) {
    time_t at = (time_t)(now + (ms + 999) / 1000);
    struct tm tm;
    char text[32];
    gmtime_r(&at, &tm);
    yz_buf_put(out, text, strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm));
}

static bool begin(const char *name, yz_buf *out) {
    if (!*name)
        return false;
    yz_buf_lit(out, name);
    yz_buf_lit(out, ": ");
    return true;
}

static void put_quota(const yz_adapter *dialect, const char *const *names, const yz_quota *quota, int64_t now, yz_buf *out) {
    if (quota->most > 0 && begin(names[0], out))
        put_count(quota->most, "\r\n", out);
    if (begin(names[1], out))
        put_count(quota->left, "\r\n", out);
    if (quota->reset > 0 && begin(names[2], out)) {
        if (dialect->quota_moments)
            put_moment(quota->reset, now, out);
        else
            put_duration(quota->reset, out);
        yz_buf_lit(out, "\r\n");
    }
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
