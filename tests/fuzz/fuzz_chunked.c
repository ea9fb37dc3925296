/* Chunked bodies after a fixed head, likewise; and what is taken must also be what a plain reader of chunks takes. */
#include "h1_story.h"

#define HEAD "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n"

/* The data of the chunks, by a reader that knows only sizes. */
static void read_plainly(const char *p, const char *end, yz_buf *out) {
    for (;;) {
        size_t size = 0;
        for (; p < end && *p != '\r' && *p != ';'; p++)
            size = size * 16 + (size_t)(*p <= '9' ? *p - '0' : (*p | 0x20) - 'a' + 10);
        p = memchr(p, '\n', (size_t)(end - p));
        if (size == 0)
            return;
        yz_buf_put(out, p + 1, size);
        p += 1 + size + 2;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0)
        return 0;
    yz_buf input = {0}, body = {0};
    yz_buf_lit(&input, HEAD);
    yz_buf_put(&input, data + 1, size - 1);
    story_compare(false, false, yz_buf_view(&input), data[0]);
    story s = story_tell(false, false, yz_buf_view(&input), 0, 0);
    if (s.code == YZ_OK) {
        read_plainly(input.p + sizeof HEAD - 1, input.p + input.n, &body);
        const char *told = memmem(s.text.p, s.text.n, "encoding=chunked\n", 17);
        YZ_MUST(told && (size_t)(s.text.p + s.text.n - told - 17) >= body.n + 4);
        YZ_MUST(body.n == 0 || memcmp(told + 17, body.p, body.n) == 0);
        YZ_MUST(memcmp(told + 17 + body.n, "\nEND", 4) == 0);
    }
    yz_buf_free(&s.text);
    yz_buf_free(&input);
    yz_buf_free(&body);
    return 0;
}
