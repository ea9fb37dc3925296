/* record.c: an answer as bytes in a store. A line of header that a person can read, then the slices it measures:
 *
 *   yuzui-cache 2 KEY stream usage_event status stored input cached cache_written output reasoning finish  n n n n n n\n slices…
 *
 * A record carries its own key and all its lengths, so that a store which answers with somebody else's bytes, or with half of
 * them, is a miss.
 */
#include "cache.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define MAGIC   "yuzui-cache 2 "
#define NUMBERS 16

static void write_hex(char *out, const uint8_t *bytes, size_t n) {
    for (size_t i = 0; i < n; i++) {
        out[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
        out[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
    }
}

yz_blob *record_write(const uint8_t key[KEY_SIZE], const record *r) {
    char hex[2 * KEY_SIZE];
    write_hex(hex, key, KEY_SIZE);
    yz_buf b = {0};
    yz_buf_lit(&b, MAGIC);
    yz_buf_put(&b, hex, sizeof hex);
    const yz_usage *u = &r->end.usage;
    yz_buf_printf(&b, " %d %d %d %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %d %zu %zu %zu %zu %zu %zu\n",
                  r->stream, r->usage_event, r->status, r->stored, u->input, u->cached, u->cache_written, u->output, u->reasoning,
                  (int)r->end.finish, r->dialect.n, r->provider.n, r->model.n, r->content_type.n, r->losses.n, r->body.n);
    const yz_str slices[] = {r->dialect, r->provider, r->model, r->content_type, r->losses, r->body};
    for (size_t i = 0; i < sizeof slices / sizeof *slices; i++)
        yz_buf_str(&b, slices[i]);
    yz_blob *blob = yz_blob_new(yz_buf_view(&b));
    yz_buf_free(&b);
    return blob;
}

/* Reads " 1 -2 …\n" into numbers; the slice moves behind it. */
static bool read_numbers(yz_str *s, int64_t numbers[NUMBERS]) {
    const char *end = memchr(s->p, '\n', s->n < 400 ? s->n : 400);
    if (!end)
        return false;
    char line[401];
    size_t n = (size_t)(end - s->p);
    memcpy(line, s->p, n);
    line[n] = 0;
    char *at = line;
    for (size_t i = 0; i < NUMBERS; i++) {
        char *after;
        numbers[i] = strtoll(at, &after, 10);
        if (after == at)
            return false;
        at = after;
    }
    *s = (yz_str){end + 1, s->n - n - 1};
    return *at == 0;
}

static bool take(yz_str *from, int64_t n, yz_str *out) {
    if (n < 0 || (uint64_t)n > from->n)
        return false;
    *out = (yz_str){from->p, (size_t)n};
    from->p += n;
    from->n -= (size_t)n;
    return true;
}

bool record_read(yz_str bytes, const uint8_t key[KEY_SIZE], record *out) {
    char expected[sizeof MAGIC - 1 + (size_t)2 * KEY_SIZE];
    memcpy(expected, MAGIC, sizeof MAGIC - 1);
    write_hex(expected + sizeof MAGIC - 1, key, KEY_SIZE);
    int64_t v[NUMBERS];
    if (bytes.n < sizeof expected || memcmp(bytes.p, expected, sizeof expected) != 0)
        return false;
    yz_str rest = {bytes.p + sizeof expected, bytes.n - sizeof expected};
    if (!read_numbers(&rest, v) || v[2] < 200 || v[2] > 299 || v[9] < YZ_FINISH_NONE || v[9] > YZ_FINISH_OTHER)
        return false;
    *out = (record){.stream = v[0] == 1, .usage_event = v[1] == 1, .status = (int)v[2], .stored = v[3]};
    out->end = (yz_end){.usage = {v[4], v[5], v[6], v[7], v[8]}, .finish = (yz_finish)v[9]};
    return take(&rest, v[10], &out->dialect) && take(&rest, v[11], &out->provider) && take(&rest, v[12], &out->model) &&
           take(&rest, v[13], &out->content_type) && take(&rest, v[14], &out->losses) && take(&rest, v[15], &out->body) && rest.n == 0;
}
