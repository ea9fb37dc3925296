/* Responses to a request for another protocol (101), whole and byte by byte. */
#include "base/arena.h"
#include "http/h1.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static yz_arena *arena;
static yz_buf story;

static yz_arena *on_begin(void *arg) { return (void)arg, arena; }
static int on_head(void *arg, const yz_h1_head *head) {
    (void)arg;
    yz_buf_printf(&story, "%d%s%s;", head->status, head->has_body ? " body" : "", head->keep_alive ? " keep" : "");
    return YZ_OK;
}
static int on_body(void *arg, yz_str bytes) {
    (void)arg;
    yz_buf_str(&story, bytes);
    return YZ_OK;
}
static void on_end(void *arg) {
    (void)arg;
    yz_buf_lit(&story, ";END");
}

/* What comes of it; NULL: it is refused. */
static const char *tell(const char *text, bool upgrades, size_t piece) {
    static const yz_h1_hooks hooks = {on_begin, on_head, on_body, on_end};
    yz_h1 *h1 = yz_h1_new(true, &yz_h1_defaults, &hooks, NULL);
    yz_h1_expect_upgrade(h1, upgrades);
    story.n = 0;
    int code = YZ_OK;
    size_t n = strlen(text), used = 0;
    for (size_t at = 0; at < n && code == YZ_OK; at += used)
        code = yz_h1_feed(h1, text + at, piece < n - at ? piece : n - at, &used);
    if (code == YZ_OK)
        code = yz_h1_eof(h1);
    yz_h1_free(h1);
    yz_buf_char(&story, 0);
    return code == YZ_OK ? story.p : NULL;
}

static void another_protocol(void **state) {
    (void)state;
    static const struct {
        const char *text, *asked, *unasked; /* what comes of it if it was asked for, and if not */
    } table[] = {
        {"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n\x81\x02hi", "101 body;\x81\x02hi;END",
         NULL},
        {"HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 101 X\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", "101 body;HTTP/1.1 200 OK\r\n\r\n;END", NULL},
        {"HTTP/1.1 101 X\r\n\r\n", "101 body;;END", NULL},
        {"HTTP/1.1 401 No\r\nContent-Length: 2\r\n\r\n{}", "401 body keep;{};END", "401 body keep;{};END"},
        {"HTTP/1.1 101 X\r\nContent-Length: 2\r\n\r\n{}", NULL, NULL},
        {"HTTP/1.1 101 X\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", NULL, NULL},
    };
    arena = yz_arena_new(NULL);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        for (size_t k = 0; k < 4; k++) {
            const char *wanted = k % 2 ? table[i].asked : table[i].unasked, *got = tell(table[i].text, k % 2, k < 2 ? 1 : 1000);
            if (!wanted != !got || (got && strcmp(got, wanted) != 0))
                fail_msg("%s\n became %s", table[i].text, got ? got : "nothing");
        }
    yz_arena_free(arena);
    yz_buf_free(&story);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(another_protocol)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
