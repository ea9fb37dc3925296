/* Frames of a WebSocket: whole and in pieces they must say the same texts. The first byte seeds the pieces, and says whose they are. */
#include "base/check.h"
#include "http/frames.h"

#include <stdlib.h>

typedef struct record {
    yz_buf text;
    int code;
    bool between;
} record;

static void on_text(void *arg, yz_str text) {
    record *r = arg;
    yz_buf_str(&r->text, text);
    yz_buf_char(&r->text, '|');
}

static void on_close(void *arg, unsigned code, yz_str reason) {
    record *r = arg;
    yz_buf_printf(&r->text, "[%u %.*s]", code, YZ_STR_ARGS(reason));
}

static record run(yz_str input, size_t most, uint32_t seed) {
    record r = {0};
    bool client = seed & 128;
    yz_frames frames = {.on_text = on_text,
                        .on_close = on_close,
                        .arg = &r,
                        .most = 300,
                        .widest = client ? 500 : 0,
                        .client = client,
                        .binary = seed & 64};
    for (size_t at = 0; at < input.n;) { /* also behind what is no frame */
        seed = seed * 1664525u + 1013904223u;
        size_t n = most ? 1 + (seed >> 8) % most : input.n;
        n = n < input.n - at ? n : input.n - at;
        char *piece = malloc(n);
        memcpy(piece, input.p + at, n);
        int code = yz_frames_feed(&frames, (yz_str){piece, n});
        r.code = code < 0 ? code : r.code;
        free(piece);
        at += n;
    }
    r.between = yz_frames_between(&frames);
    yz_frames_free(&frames);
    return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0)
        return 0;
    yz_str input = {(const char *)data + 1, size - 1};
    record whole = run(input, 0, data[0]), pieces = run(input, 1 + data[0] % 16, data[0]);
    YZ_MUST(whole.code == pieces.code && whole.between == pieces.between);
    YZ_MUST(yz_str_eq(yz_buf_view(&whole.text), yz_buf_view(&pieces.text)));
    yz_buf_free(&whole.text);
    yz_buf_free(&pieces.text);
    return 0;
}
