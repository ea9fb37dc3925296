/* common/recorded.c: an answer as bytes in a store. A line of header that a person can read, then the slices it measures:
 *
 *   yuzui-cache 3 KEY stream usage_event status stored finish  n n n n n n  meter count meter count …\n slices…
 *
 * A record carries its own key and all its lengths, so that a store which answers with somebody else's bytes, or with half of
 * them, is a miss.
 */
#include "recorded.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define MAGIC   "yuzui-cache 3 "
#define NUMBERS 11                            /* before the meters */
#define LINE    (NUMBERS + 2 * YZ_METERS_MAX) /* numbers at most */

static void write_hex(char *out, const uint8_t *bytes, size_t n) {
    for (size_t i = 0; i < n; i++) {
        out[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
        out[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
    }
}

yz_blob *yc_recorded_write(const uint8_t key[YC_KEY_SIZE], const yc_recorded *r) {
    char hex[2 * YC_KEY_SIZE];
    write_hex(hex, key, YC_KEY_SIZE);
    yz_buf b = {0};
    yz_buf_lit(&b, MAGIC);
    yz_buf_put(&b, hex, sizeof hex);
    yz_buf_printf(&b, " %d %d %d %" PRId64 " %d %zu %zu %zu %zu %zu %zu", r->stream, r->usage_event, r->status, r->stored, (int)r->finish,
                  r->dialect.n, r->provider.n, r->model.n, r->content_type.n, r->losses.n, r->body.n);
    for (unsigned m = 0; m < YZ_METERS_MAX; m++)
        if (yz_usage_get(&r->usage, (yz_meter)m) >= 0)
            yz_buf_printf(&b, " %u %" PRId64, m, yz_usage_get(&r->usage, (yz_meter)m));
    yz_buf_char(&b, '\n');
    const yz_str slices[] = {r->dialect, r->provider, r->model, r->content_type, r->losses, r->body};
    for (size_t i = 0; i < sizeof slices / sizeof *slices; i++)
        yz_buf_str(&b, slices[i]);
    yz_blob *blob = yz_blob_new(yz_buf_view(&b));
    yz_buf_free(&b);
    return blob;
}

/* Reads " 1 2 …\n" into numbers; the slice moves after it. How many there were; 0: none, too many, or something else. */
static size_t read_numbers(yz_str *s, int64_t numbers[LINE]) {
    char line[LINE * 21 + 1];
    const char *end = memchr(s->p, '\n', s->n < sizeof line ? s->n : sizeof line);
    if (!end)
        return 0;
    size_t length = (size_t)(end - s->p), n = 0;
    memcpy(line, s->p, length);
    line[length] = 0;
    char *at = line;
    for (; n < LINE && *at; n++) {
        char *after;
        numbers[n] = strtoll(at, &after, 10);
        if (after == at)
            return 0;
        at = after;
    }
    *s = (yz_str){end + 1, s->n - length - 1};
    return *at == 0 ? n : 0;
}

static bool take(yz_str *from, int64_t n, yz_str *out) {
    if (n < 0 || (uint64_t)n > from->n)
        return false;
    *out = (yz_str){from->p, (size_t)n};
    from->p += n;
    from->n -= (size_t)n;
    return true;
}

bool yc_recorded_read(yz_str bytes, const uint8_t key[YC_KEY_SIZE], yc_recorded *out) {
    char expected[sizeof MAGIC - 1 + (size_t)2 * YC_KEY_SIZE];
    memcpy(expected, MAGIC, sizeof MAGIC - 1);
    write_hex(expected + sizeof MAGIC - 1, key, YC_KEY_SIZE);
    int64_t v[LINE];
    if (bytes.n < sizeof expected || memcmp(bytes.p, expected, sizeof expected) != 0)
        return false;
    yz_str rest = {bytes.p + sizeof expected, bytes.n - sizeof expected};
    size_t n = read_numbers(&rest, v);
    if (n < NUMBERS || v[2] < 200 || v[2] > 299 || v[4] < YZ_FINISH_NONE || v[4] > YZ_FINISH_OTHER)
        return false;
    *out = (yc_recorded){.stream = v[0] == 1, .usage_event = v[1] == 1, .status = (int)v[2], .stored = v[3], .finish = (yz_finish)v[4]};
    for (size_t i = NUMBERS; i + 1 < n; i += 2)
        yz_usage_set(&out->usage, (yz_meter)v[i], v[i + 1]);
    return take(&rest, v[5], &out->dialect) && take(&rest, v[6], &out->provider) && take(&rest, v[7], &out->model) &&
           take(&rest, v[8], &out->content_type) && take(&rest, v[9], &out->losses) && take(&rest, v[10], &out->body) && rest.n == 0;
}

/* ---- of an answer -------------------------------------------------------------------------------------------------------- */

yz_blob *yc_recorded_of(const uint8_t key[YC_KEY_SIZE], const yz_head *head, const yz_end *end, bool usage_event, int64_t stored,
                        yz_str body) {
    yz_buf losses = {0};
    for (size_t i = 0; i < head->n_losses; i++) {
        yz_buf_str(&losses, head->losses[i]);
        yz_buf_char(&losses, '\n');
    }
    yc_recorded r = {.stream = head->stream,
                     .usage_event = usage_event,
                     .status = head->status,
                     .stored = stored,
                     .finish = end->finish,
                     .dialect = yz_str_of(head->dialect ? head->dialect->dialect : ""),
                     .provider = head->target->provider->name,
                     .model = head->target->model,
                     .content_type = head->content_type,
                     .losses = yz_buf_view(&losses),
                     .body = body};
    yz_usage_merge(&r.usage, end->usage);
    yz_blob *blob = yc_recorded_write(key, &r);
    yz_buf_free(&losses);
    return blob;
}

bool yc_head_kept(yz_call *call, const yz_head *head) {
    const yz_request *request = yz_call_request(call);
    const yz_target *const *targets;
    size_t n = yz_targets(call, request->model, &targets);
    if (head->status != 200)
        return false;
    for (size_t i = 0; i < n; i++)
        if (targets[i] == head->target)
            return true;
    return head->target && head->target == request->target;
}

bool yc_end_kept(const yz_request *request, const yz_end *end) {
    if (request->op != YZ_OP_CHAT)
        return end->finish != YZ_FINISH_FILTER;
    return !end->unsaid && (end->finish == YZ_FINISH_STOP || end->finish == YZ_FINISH_LENGTH || end->finish == YZ_FINISH_TOOLS);
}
