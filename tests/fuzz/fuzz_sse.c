/* Server-sent events: whole and in pieces they must be the same, and no byte may get lost. The first byte seeds the pieces. */
#include "base/check.h"
#include "http/sse.h"

#include <stdlib.h>

typedef struct record {
    yz_buf text;
    size_t raw; /* bytes of all events */
    int code;
    size_t left;
} record;

static int on_event(void *arg, const yz_sse_event *event) {
    record *r = arg;
    YZ_MUST(event->raw.n > 0 && event->data.n <= event->raw.n && event->name.n <= event->raw.n);
    YZ_MUST(event->has_data || event->data.n == 0);
    yz_buf_printf(&r->text, "%d %zu %zu %zu:", event->has_data, event->name.n, event->data.n, event->raw.n);
    yz_buf_str(&r->text, event->name);
    yz_buf_str(&r->text, event->data);
    yz_buf_str(&r->text, event->raw);
    r->raw += event->raw.n;
    return YZ_OK;
}

static record run(yz_str input, size_t most, uint32_t seed) {
    record r = {0};
    yz_sse sse = {.limit = 300};
    for (size_t at = 0; at < input.n && r.code == YZ_OK;) {
        seed = seed * 1664525u + 1013904223u;
        size_t n = most ? 1 + (seed >> 8) % most : input.n;
        n = n < input.n - at ? n : input.n - at;
        char *piece = malloc(n);
        memcpy(piece, input.p + at, n);
        r.code = yz_sse_feed(&sse, (yz_str){piece, n}, on_event, &r);
        free(piece);
        at += n;
    }
    if (r.code == YZ_OK)
        r.code = yz_sse_end(&sse, on_event, &r, &r.left);
    yz_sse_free(&sse);
    return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0)
        return 0;
    yz_str input = {(const char *)data + 1, size - 1};
    record whole = run(input, 0, 0);
    for (size_t most = 1; most <= 64; most *= 8) {
        record split = run(input, most, data[0]);
        YZ_MUST(split.code == whole.code && split.left == whole.left && yz_str_eq(yz_buf_view(&split.text), yz_buf_view(&whole.text)));
        yz_buf_free(&split.text);
    }
    if (whole.code == YZ_OK) { /* what is in no event is a byte order mark, what is left over, or blank lines at the end */
        size_t mark = input.n >= 3 && memcmp(input.p, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
        YZ_MUST(mark + whole.raw + whole.left <= input.n);
        size_t blank = input.n - mark - whole.raw - whole.left;
        YZ_MUST(blank == 0 || whole.left == 0);
        for (const char *p = input.p + input.n - blank; p < input.p + input.n; p++)
            YZ_MUST(*p == '\n' || *p == '\r');
    }
    yz_buf_free(&whole.text);
    return 0;
}
