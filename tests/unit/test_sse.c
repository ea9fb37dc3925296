/* Server-sent events: every stream is fed at every split point and byte by byte, and must yield the same events. */
#include "http/sse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

typedef struct record {
    yz_buf text; /* "name|data|raw\n" per event, with '-' for no data */
    int n, stop_at;
} record;

static int on_event(void *arg, const yz_sse_event *event) {
    record *l = arg;
    yz_buf_str(&l->text, event->name);
    yz_buf_lit(&l->text, event->has_data ? "|" : "|-");
    yz_buf_str(&l->text, event->data);
    yz_buf_lit(&l->text, "|");
    yz_buf_str(&l->text, event->raw);
    yz_buf_lit(&l->text, "$");
    l->n++;
    return l->n == l->stop_at ? YZ_ECANCELLED : YZ_OK;
}

static int feed_copy(yz_sse *sse, const char *p, size_t n, record *l) {
    char *copy = malloc(n ? n : 1);
    memcpy(copy, p, n);
    int code = yz_sse_feed(sse, (yz_str){copy, n}, on_event, l);
    free(copy);
    return code;
}

/* Feeds text in pieces: the first of `first` bytes, the others of `piece`. Returns the log, with the result appended. */
static char *run(yz_str text, size_t first, size_t piece, size_t limit) {
    yz_sse sse = {.limit = limit};
    record l = {0};
    int code = YZ_OK;
    size_t left = 0;
    for (size_t at = 0; at < text.n && code == YZ_OK;) {
        size_t n = at == 0 ? first : piece;
        n = n < text.n - at ? n : text.n - at;
        code = feed_copy(&sse, text.p + at, n, &l);
        at += n;
    }
    if (code == YZ_OK)
        code = yz_sse_end(&sse, on_event, &l, &left);
    yz_buf_printf(&l.text, "%d %zu", code, left);
    yz_sse_free(&sse);
    yz_buf_char(&l.text, 0);
    return l.text.p;
}

static void expect_bytes(yz_str text, size_t limit, const char *wanted) {
    char *got = run(text, text.n, 1, limit);
    assert_string_equal(got, wanted);
    free(got);
    for (size_t cut = 1; cut < text.n; cut++) {
        got = run(text, cut, text.n, limit);
        assert_string_equal(got, wanted);
        free(got);
    }
    got = run(text, 1, 1, limit);
    assert_string_equal(got, wanted);
    free(got);
}

static void expect(const char *text, const char *wanted) { expect_bytes(yz_str_of(text), 0, wanted); }

static void events(void **state) {
    (void)state;
    expect("", "0 0");
    expect("data: a\n\n", "|a|data: a\n\n$0 0");
    expect("data:a\n\ndata:  b\n\n", "|a|data:a\n\n$| b|data:  b\n\n$0 0");
    expect("event: x\ndata: {\"a\":1}\n\n", "x|{\"a\":1}|event: x\ndata: {\"a\":1}\n\n$0 0");
    expect("data: a\ndata:\ndata: c\n\n", "|a\n\nc|data: a\ndata:\ndata: c\n\n$0 0");
    expect("data\n\n", "||data\n\n$0 0");
    expect("data:\ndata\ndata: x\n\n", "|\n\nx|data:\ndata\ndata: x\n\n$0 0");
    expect("event: a\nevent: b\ndata: c\n\n", "b|c|event: a\nevent: b\ndata: c\n\n$0 0");
    expect("id: 1\nretry: 5\ndatax: no\n data: no\ndata : no\nDATA: no\ndata: yes\n\n",
           "|yes|id: 1\nretry: 5\ndatax: no\n data: no\ndata : no\nDATA: no\ndata: yes\n\n$0 0");
    expect("data: \xE4\xB8\xAD: x:y\n\n", "|\xE4\xB8\xAD: x:y|data: \xE4\xB8\xAD: x:y\n\n$0 0");
}

static void line_ends(void **state) {
    (void)state;
    expect("data: a\r\n\r\ndata: b\r\n\r\n", "|a|data: a\r\n\r\n$|b|data: b\r\n\r\n$0 0");
    expect("data: a\r\rdata: b\r\r", "|a|data: a\r\r$|b|data: b\r\r$0 0");
    expect("data: a\n\rdata: b\r\n\ndata: c\r\n\rdata: d\n\r\n", "|a|data: a\n\r$|b|data: b\r\n\n$|c|data: c\r\n\r$|d|data: d\n\r\n$0 0");
    expect("data: a\rdata: b\ndata: c\r\n\r\n", "|a\nb\nc|data: a\rdata: b\ndata: c\r\n\r\n$0 0");
    /* blank lines before an event belong to it; alone they are nothing */
    expect("\n\r\n\rdata: a\n\n\n\n", "|a|\n\r\n\rdata: a\n\n$0 0");
}

static void comments_alone_are_events(void **state) {
    (void)state;
    expect(": ping\n\n", "|-|: ping\n\n$0 0");
    expect(":\n\ndata: a\n: in\n\n", "|-|:\n\n$|a|data: a\n: in\n\n$0 0");
    expect("retry: 10\r\n\r\n", "|-|retry: 10\r\n\r\n$0 0");
    expect("event: ping\n\n", "ping|-|event: ping\n\n$0 0");
}

static void byte_order_mark(void **state) {
    (void)state;
    expect("\xEF\xBB\xBF"
           "data: a\n\n",
           "|a|data: a\n\n$0 0");
    expect("\xEF\xBB\xBF\xEF\xBB\xBF"
           "data: a\n\n",
           "|-|\xEF\xBB\xBF"
           "data: a\n\n$0 0");
    expect("data: \xEF\xBB\xBF\n\n", "|\xEF\xBB\xBF|data: \xEF\xBB\xBF\n\n$0 0");
    expect("\xEF\xBB"
           "data: a\n\n",
           "|-|\xEF\xBB"
           "data: a\n\n$0 0");
    expect("\xEF\xBB", "0 2");
}

static void the_end(void **state) {
    (void)state;
    expect("data: a\n\ndata: [DONE]", "|a|data: a\n\n$|[DONE]|data: [DONE]$0 0");
    expect("data: a\n", "|a|data: a\n$0 0");
    expect("data: a\r", "|a|data: a\r$0 0");
    expect("event: a\n", "0 9");
    expect(": comment", "0 9");
    expect("data: a\n\ndat", "|a|data: a\n\n$0 3");
    expect(": ping\r\n\r", "|-|: ping\r\n\r$0 0");
    expect("data: a\n\n\n\n", "|a|data: a\n\n$0 0");
}

static void limits(void **state) {
    (void)state;
    expect_bytes(YZ_STR("data: 1234\n\n"), 12, "|1234|data: 1234\n\n$0 0");
    expect_bytes(YZ_STR("data: 12345\n\n"), 12, "-2 0");
    expect_bytes(YZ_STR("data: a\n\n: 12345678901\n\n"), 12, "|a|data: a\n\n$-2 0");
    expect_bytes(YZ_STR("\n\n\n\n\n\n\n\n\n\n\n\n\n"), 12, "-2 0");
    yz_sse sse = {0};
    record l = {0};
    static char megabyte[1 << 20];
    memset(megabyte, 'x', sizeof megabyte);
    assert_int_equal(yz_sse_feed(&sse, (yz_str){megabyte, sizeof megabyte}, on_event, &l), YZ_OK);
    assert_int_equal(yz_sse_feed(&sse, YZ_STR("x"), on_event, &l), YZ_ELIMIT);
    yz_sse_free(&sse);
}

static void a_sink_may_stop(void **state) {
    (void)state;
    yz_sse sse = {0};
    record l = {.stop_at = 2};
    assert_int_equal(yz_sse_feed(&sse, YZ_STR("data: a\n\ndata: b\n\ndata: c\n\n"), on_event, &l), YZ_ECANCELLED);
    assert_int_equal(l.n, 2);
    yz_sse_free(&sse);
    yz_buf_free(&l.text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events),          cmocka_unit_test(line_ends), cmocka_unit_test(comments_alone_are_events),
        cmocka_unit_test(byte_order_mark), cmocka_unit_test(the_end),   cmocka_unit_test(limits),
        cmocka_unit_test(a_sink_may_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
