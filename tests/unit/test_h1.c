/* HTTP/1.x: every message is fed whole, at every split point and byte by byte, and must tell the same story each time. */
#include "base/arena.h"
#include "http/h1.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

typedef struct story {
    yz_buf text; /* "POST /x 1 [host=a][…] len=5;body;END " */
    yz_arena *arena;
    bool in_body;
    int heads;
    yz_h1_head head; /* a copy of the last one */
    int stop_head, stop_body;
} story;

static yz_arena *on_begin(void *arg) { return ((story *)arg)->arena; }

static int on_head(void *arg, const yz_h1_head *head) {
    story *s = arg;
    s->heads++;
    s->head = *head;
    s->in_body = false;
    if (head->method.n)
        yz_buf_printf(&s->text, "%.*s %.*s", YZ_STR_ARGS(head->method), YZ_STR_ARGS(head->target));
    else
        yz_buf_printf(&s->text, "%d", head->status);
    yz_buf_printf(&s->text, " 1.%u ", head->minor);
    for (size_t i = 0; i < head->n_headers; i++)
        yz_buf_printf(&s->text, "[%.*s=%.*s]", YZ_STR_ARGS(head->headers[i].name), YZ_STR_ARGS(head->headers[i].value));
    yz_buf_printf(&s->text, " %lld%s%s%s%s;", (long long)head->length, head->chunked ? " chunked" : "", head->has_body ? " body" : "",
                  head->keep_alive ? " keep" : "", head->expect_continue ? " expect" : "");
    return s->stop_head;
}

static int on_body(void *arg, yz_str bytes) {
    story *s = arg;
    assert_true(bytes.n > 0);
    yz_buf_str(&s->text, bytes);
    return s->stop_body;
}

static void on_end(void *arg) { yz_buf_lit(&((story *)arg)->text, ";END "); }

static const yz_h1_hooks hooks = {on_begin, on_head, on_body, on_end};

typedef struct outcome {
    char *story;
    int code, status;
    const char *words;
} outcome;

typedef struct setting {
    bool response, answers_head, eof;
    yz_h1_limits limits;
} setting;

/* Feeds [p, p+n) in pieces that end at the cuts. */
static int feed(yz_h1 *h1, const char *p, size_t n) {
    while (n > 0) {
        size_t used = 0;
        char *copy = malloc(n); /* exact, so that a sanitizer sees reads past the end */
        memcpy(copy, p, n);
        int code = yz_h1_feed(h1, copy, n, &used);
        free(copy);
        if (code < 0)
            return code;
        if (used == 0)
            return YZ_EINTERNAL;
        p += used;
        n -= used;
    }
    return YZ_OK;
}

static outcome run(const setting *set, yz_str text, size_t piece, size_t first) {
    story s = {.arena = yz_arena_new(NULL)};
    yz_h1 *h1 = yz_h1_new(set->response, &set->limits, &hooks, &s);
    yz_h1_expect(h1, set->answers_head);
    outcome out = {.code = YZ_OK};
    for (size_t at = 0; at < text.n && out.code == YZ_OK;) {
        size_t n = at == 0 && first ? first : piece;
        n = n < text.n - at ? n : text.n - at;
        out.code = feed(h1, text.p + at, n);
        at += n;
    }
    if (set->eof && out.code == YZ_OK)
        out.code = yz_h1_eof(h1);
    out.status = yz_h1_refusal(h1, &out.words);
    yz_buf_char(&s.text, 0);
    out.story = s.text.p;
    yz_h1_free(h1);
    yz_arena_free(s.arena);
    return out;
}

static void same(const outcome *a, outcome b, yz_str text, size_t cut) {
    if (a->code != b.code || a->status != b.status || strcmp(a->story, b.story) != 0 || strcmp(a->words, b.words) != 0) {
        print_error("split at %zu of <<%.*s>>:\n whole: %d %d %s %s\n split: %d %d %s %s\n", cut, YZ_STR_ARGS(text), a->code, a->status,
                    a->words, a->story, b.code, b.status, b.words, b.story);
        fail();
    }
    free(b.story);
}

/* The story of a message, the same for every split. */
static outcome tell(const setting *set, yz_str text) {
    outcome whole = run(set, text, text.n, 0);
    size_t cuts = text.n < 3000 ? text.n : 0;
    for (size_t cut = 1; cut < cuts; cut++)
        same(&whole, run(set, text, text.n, cut), text, cut);
    if (text.n < 100000)
        same(&whole, run(set, text, 1, 0), text, 1);
    return whole;
}

static void expect_story(const setting *set, const char *text, const char *wanted) {
    outcome got = tell(set, yz_str_of(text));
    if (got.code != YZ_OK)
        print_error("refused: %d %s <<%s>>\n", got.status, got.words, text);
    assert_int_equal(got.code, YZ_OK);
    assert_string_equal(got.story, wanted);
    free(got.story);
}

static void expect_refusal(const setting *set, yz_str text, int status) {
    outcome got = tell(set, text);
    if (got.code >= 0 || got.status != status)
        print_error("wanted %d, got %d (%d %s) for <<%.*s>>: %s\n", status, got.status, got.code, got.words, YZ_STR_ARGS(text), got.story);
    assert_true(got.code < 0);
    assert_int_equal(got.status, status);
    assert_true(got.words[0] != 0);
    free(got.story);
}

static setting requests(void) { return (setting){.limits = yz_h1_defaults}; }
static setting responses(void) { return (setting){.response = true, .eof = true, .limits = yz_h1_defaults}; }

/* ---- requests ------------------------------------------------------------------------------------------------------- */

static void good_requests(void **state) {
    (void)state;
    setting set = requests();
    expect_story(&set, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / 1.1 [host=a] 0 keep;;END ");
    expect_story(&set, "GET / HTTP/1.0\r\n\r\n", "GET / 1.0  0;;END ");
    expect_story(&set, "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", "GET / 1.0 [connection=Keep-Alive] 0 keep;;END ");
    expect_story(&set, "GET / HTTP/1.1\r\nHOST:\t a:80 \t\r\nConnection: x , Close\r\nX-e:\r\n\r\n",
                 "GET / 1.1 [host=a:80][connection=x , Close][x-e=] 0;;END ");
    expect_story(&set, "POST /v1/x?a=b HTTP/1.1\r\nHost: [::1]:8080\r\nContent-Length: 5\r\n\r\nhelloGET /2 HTTP/1.1\r\nHost: b\r\n\r\n",
                 "POST /v1/x?a=b 1.1 [host=[::1]:8080][content-length=5] 5 body keep;hello;END GET /2 1.1 [host=b] 0 keep;;END ");
    expect_story(&set, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", "POST / 1.1 [host=a][content-length=0] 0 keep;;END ");
    expect_story(&set, "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / 1.1 [host=a] 0 keep;;END ");
    expect_story(&set, "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "OPTIONS * 1.1 [host=a] 0 keep;;END ");
    expect_story(&set, "GET http://A.b:1/x HTTP/1.1\r\nHost: a.B:1\r\n\r\n", "GET http://A.b:1/x 1.1 [host=a.B:1] 0 keep;;END ");
    expect_story(&set, "GET / HTTP/1.1\r\nHost: a\r\nX: \xC3\xA4\xFF\r\n\r\n", "GET / 1.1 [host=a][x=\xC3\xA4\xFF] 0 keep;;END ");
    expect_story(&set, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nExpect: 100-Continue\r\n\r\nx",
                 "POST / 1.1 [host=a][content-length=1][expect=100-Continue] 1 body keep expect;x;END ");
    expect_story(&set, "POST / HTTP/1.0\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\nx",
                 "POST / 1.0 [content-length=1][expect=100-continue] 1 body;x;END ");
}

static void good_chunks(void **state) {
    (void)state;
    setting set = requests();
#define HEAD "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n"
#define TOLD "POST / 1.1 [host=a][transfer-encoding=Chunked] -1 chunked body keep;"
    expect_story(&set, HEAD "0\r\n\r\n", TOLD ";END ");
    expect_story(&set, HEAD "5\r\nhello\r\n0A\r\n, wor\r\nld!\r\n000\r\n\r\n", TOLD "hello, wor\r\nld!;END ");
    expect_story(&set, HEAD "1;a\r\nx\r\n1;a=b;c=\"d;\\\"e\"\r\ny\r\n0;z\r\n\r\n", TOLD "xy;END ");
    expect_story(&set, HEAD "1\r\nx\r\n0\r\nX-Sum: 1\r\nE:\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: b\r\n\r\n",
                 TOLD "x;END GET / 1.1 [host=b] 0 keep;;END ");
#undef TOLD
}

static void bad_requests(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int status;
    } table[] = {
        /* the request line */
        {"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET /  HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400},
        {" GET / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"get / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"G@T / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET /\r\n\r\n", 400},
        {"GET\r\n\r\n", 400},
        {"/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET / http/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET / HTTP/1.10\r\nHost: a\r\n\r\n", 400},
        {"GET / HTTP/11\r\nHost: a\r\n\r\n", 400},
        {"GET / HTTP/ 1.1\r\nHost: a\r\n\r\n", 400},
        {"GET / HTTP/0.9\r\nHost: a\r\n\r\n", 505},
        {"GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505},
        {"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505},
        {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
        {"FROB / HTTP/1.1\r\nHost: a\r\n\r\n", 501},
        {"CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n", 501},
        {"\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"\rGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"\x16\x03\x01\x02", 400},
        /* the target */
        {"GET /\xC3\xA4 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET /a\\b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET /a\"b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET /a|b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET /a\tb HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET /a\x7F HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET a HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET a.com/x HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET ?x HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET http://a:80/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET http://a/ HTTP/1.1\r\n\r\n", 400},
        /* Host */
        {"GET / HTTP/1.1\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost:\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400},
        {"GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: a,b\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: a:b\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: a:99999\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: a:1:2\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: [zz]\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: \xC3\xA4\r\n\r\n", 400},
        /* header lines */
        {"GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost\t: a\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: a\r\n : b\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: a\r\nX y: b\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: a\r\nX(y): b\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: a\r\n\xC3\xA4: b\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n\tb\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: a\r\nX:\r\n \r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: a\r\nX: a\x01\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: a\r\nX: a\x0B\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: a\r\nX: a\x7F\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: a\r\nX: a\r\r\n\r\n", 400},
        {"GET / HTTP/1.1\nHost: a\n\n", 400},
        {"GET / HTTP/1.1\r\nHost: a\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: a\r\n\n", 400},
        {"GET / HTTP/1.1\r\nHost: a\r\rX: b\r\r", 400},
        {"GET / HTTP/1.1\r\nHost: a\r\nConnection: clo(se\r\n\r\n", 400},
        /* framing */
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello", 400},
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello", 400},
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 5\r\n\r\nhello", 400},
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\nhello", 400},
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\nhello", 400},
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x5\r\n\r\nhello", 400},
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5 5\r\n\r\nhello", 400},
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5;\r\n\r\nhello", 400},
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length : 5\r\n\r\nhello", 400},
        {"POST / HTTP/1.1\r\nHost: a\r\nContent_Length: 5\r\nContent-Length: 99999999999999999999\r\n\r\nhello", 413},
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", 400},
        {"POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", 501},
        {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501},
        {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", 501},
        {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n", 501},
        {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501},
        {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n", 501},
        {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked;q=1\r\n\r\n0\r\n\r\n", 501},
        {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\x0B"
         "chunked\r\n\r\n0\r\n\r\n",
         400},
        {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n", 400},
        /* chunks */
        {HEAD "\r\nhello\r\n0\r\n\r\n", 400},
        {HEAD "g\r\n", 400},
        {HEAD "0x5\r\nhello\r\n0\r\n\r\n", 400},
        {HEAD "+5\r\nhello\r\n0\r\n\r\n", 400},
        {HEAD "-1\r\n", 400},
        {HEAD " 5\r\nhello\r\n0\r\n\r\n", 400},
        {HEAD "5 \r\nhello\r\n0\r\n\r\n", 400},
        {HEAD "5\thello\r\n0\r\n\r\n", 400},
        {HEAD "5\nhello\r\n0\r\n\r\n", 400},
        {HEAD "5\rhello\r\n0\r\n\r\n", 400},
        {HEAD "5\r\nhello0\r\n\r\n", 400},
        {HEAD "5\r\nhelloo\r\n0\r\n\r\n", 400},
        {HEAD "5\r\nhello\n0\r\n\r\n", 400},
        {HEAD "5\r\nhello\r0\r\n\r\n", 400},
        {HEAD "5\r\nhello\r\n\r\n0\r\n\r\n", 400},
        {HEAD "5;\r\nhello\r\n0\r\n\r\n", 400},
        {HEAD "5;a=\r\nhello\r\n0\r\n\r\n", 400},
        {HEAD "5;a=\"b\r\nhello\r\n0\r\n\r\n", 400},
        {HEAD "5;a b\r\nhello\r\n0\r\n\r\n", 400},
        {HEAD "5;a\nb\r\nhello\r\n0\r\n\r\n", 400},
        {HEAD "5,a\r\nhello\r\n0\r\n\r\n", 400},
        {HEAD "00000000000000005\r\nhello\r\n0\r\n\r\n", 400},
        {HEAD "FFFFFFFFFFFFFFFF\r\n", 400},
        {HEAD "10000000000000005\r\nhello\r\n0\r\n\r\n", 400},
        {HEAD "7FFFFFFF\r\n", 413},
        {HEAD "0\r\nContent-Length: 5\r\n\r\n", 400},
        {HEAD "0\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
        {HEAD "0\r\nHost: b\r\n\r\n", 400},
        {HEAD "0\r\nX: a\r\n b\r\n\r\n", 400},
        {HEAD "0\r\nX : a\r\n\r\n", 400},
        {HEAD "0\r\nX\r\n\r\n", 400},
        {HEAD "0\r\nX: a\n\r\n", 400},
        {HEAD "0\r\n\n", 400},
    };
    setting set = requests();
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        expect_refusal(&set, yz_str_of(table[i].text), table[i].status);
    expect_refusal(&set, YZ_STR("GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n"), 400);
    expect_refusal(&set, YZ_STR("GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
}

/* ---- limits --------------------------------------------------------------------------------------------------------- */

static yz_str repeated(yz_buf *buf, const char *before, const char *unit, size_t times, const char *after) {
    buf->n = 0;
    yz_buf_lit(buf, before);
    for (size_t i = 0; i < times; i++)
        yz_buf_lit(buf, unit);
    yz_buf_lit(buf, after);
    return yz_buf_view(buf);
}

static void limits_of_heads(void **state) {
    (void)state;
    yz_buf buf = {0};
    setting set = requests();
    set.limits = (yz_h1_limits){.line = 100, .headers = 200, .count = 10, .body = 10};
    expect_refusal(&set, repeated(&buf, "GET /", "a", 100, " HTTP/1.1\r\nHost: a\r\n\r\n"), 414);
    expect_refusal(&set, repeated(&buf, "GET /", "a", 100, ""), 414); /* refused without waiting for the line's end */
    expect_refusal(&set, repeated(&buf, "GET / HTTP/1.1\r\nX: ", "a", 200, ""), 431);
    expect_refusal(&set, repeated(&buf, "GET / HTTP/1.1\r\nHost: a\r\n", "abc: def ghi jkl mno pqr stu vwx\r\n", 7, "\r\n"), 431);
    expect_refusal(&set, repeated(&buf, "GET / HTTP/1.1\r\nHost: a\r\n", "a:\r\n", 10, "\r\n"), 431);
    /* some llhttp refuse the tab, we a later line: the first counts, however they came */
    outcome got = tell(&set, repeated(&buf, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\t\r\n", "a:\r\n", 10, "\r\n"));
    assert_true(got.code < 0);
    free(got.story);
    expect_refusal(&set, repeated(&buf, "GET /", "a", 100, "\x01"), 414); /* the length is judged first */
    yz_str fits = repeated(&buf, "GET / HTTP/1.1\r\nHost: a\r\n", "a:\r\n", 9, "\r\n");
    outcome told = tell(&set, fits);
    assert_int_equal(told.code, YZ_OK);
    free(told.story);
    /* the line: exactly the limit passes, one more does not */
    fits = repeated(&buf, "GET /", "a", 100 - 14, " HTTP/1.1\r\nHost: a\r\n\r\n");
    told = tell(&set, fits);
    assert_int_equal(told.code, YZ_OK);
    free(told.story);
    expect_refusal(&set, repeated(&buf, "GET /", "a", 100 - 13, " HTTP/1.1\r\nHost: a\r\n\r\n"), 414);
    yz_buf_free(&buf);
}

static void limits_of_bodies(void **state) {
    (void)state;
    setting set = requests();
    set.limits.body = 10;
    expect_refusal(&set, YZ_STR("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\nExpect: 100-continue\r\n\r\n"), 413);
    outcome told = tell(&set, YZ_STR("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\nExpect: 100-continue\r\n\r\n"));
    assert_non_null(strstr(told.story, "11 body keep;")); /* the head was reported, and asks for no 100 */
    free(told.story);
    expect_refusal(&set, YZ_STR(HEAD "a\r\n0123456789\r\n1\r\nx\r\n0\r\n\r\n"), 413);
    expect_story(&set, HEAD "9\r\n012345678\r\n1\r\nx\r\n0\r\n\r\n",
                 "POST / 1.1 [host=a][transfer-encoding=Chunked] -1 chunked body keep;012345678x;END ");
    set = responses();
    set.limits.body = 10;
    expect_refusal(&set, YZ_STR("HTTP/1.1 200 OK\r\n\r\n01234567890"), 502);
    set.limits.body = -1;
    expect_story(&set, "HTTP/1.1 200 OK\r\n\r\n01234567890", "200 1.1  -1 body;01234567890;END ");
}

static void chunk_overhead_is_bounded(void **state) {
    (void)state;
    yz_buf buf = {0};
    setting set = requests();
    expect_refusal(&set, repeated(&buf, HEAD, "1\r\nx\r\n", 20000, "0\r\n\r\n"), 400);
    outcome told = tell(&set, repeated(&buf, HEAD, "1\r\nx\r\n", 5000, "0\r\n\r\n"));
    assert_int_equal(told.code, YZ_OK);
    free(told.story);
    told = tell(&set, repeated(&buf, HEAD, "8\r\n12345678\r\n", 100000, "0\r\n\r\n"));
    assert_int_equal(told.code, YZ_OK);
    free(told.story);
    expect_refusal(&set, repeated(&buf, HEAD "1;", "a", 300, "\r\nx\r\n0\r\n\r\n"), 400);
    expect_refusal(&set, repeated(&buf, HEAD "1;", "a", 300, ""), 400);
    expect_refusal(&set, repeated(&buf, HEAD "0\r\n", "a: b\r\n", 101, "\r\n"), 431);
    expect_refusal(&set, repeated(&buf, HEAD "0\r\nX: ", "a", 65536, "\r\n\r\n"), 431);
    yz_buf_free(&buf);
}

/* ---- responses ------------------------------------------------------------------------------------------------------ */

static void good_responses(void **state) {
    (void)state;
    setting set = responses();
    expect_story(&set, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", "200 1.1 [content-length=2] 2 body keep;hi;END ");
    expect_story(&set, "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", "200 1.1 [content-length=0] 0 keep;;END ");
    expect_story(&set, "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", "200 1.1 [content-length=0] 0 keep;;END ");
    expect_story(&set, "HTTP/1.1 599 \xC3\xA4 (x)\r\n\r\n", "599 1.1  -1 body;;END ");
    expect_story(&set, "HTTP/1.0 200 OK\r\nServer: x\r\n\r\nall of it", "200 1.0 [server=x] -1 body;all of it;END ");
    expect_story(&set, "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\na",
                 "200 1.0 [connection=keep-alive][content-length=1] 1 body keep;a;END ");
    expect_story(&set, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\nHTTP/1.1 204 No\r\n\r\n",
                 "200 1.1 [transfer-encoding=chunked] -1 chunked body keep;abc;END 204 1.1  -1 keep;;END ");
    expect_story(&set, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na",
                 "200 1.1 [content-length=1] 1 body keep;a;END ");
    expect_story(&set, "HTTP/1.1 304 Not\r\nContent-Length: 10\r\n\r\n", "304 1.1 [content-length=10] 10 keep;;END ");
    expect_story(&set, "HTTP/1.1 204 No\r\nContent-Length: 10\r\n\r\n", "204 1.1 [content-length=10] 10;;END ");
    expect_story(&set, "HTTP/1.1 200 OK\nContent-Length: 2\nServer: x\n\nhi", "200 1.1 [content-length=2][server=x] 2 body;hi;END ");
    expect_story(&set, "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n3\nabc\n2\r\nde\r\n0\n\n",
                 "200 1.1 [transfer-encoding=chunked] -1 chunked body;abcde;END ");
    set.answers_head = true;
    expect_story(&set, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", "200 1.1 [content-length=10] 10 keep;;END ");
    expect_story(&set, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
                 "200 1.1 [transfer-encoding=chunked] -1 chunked keep;;END ");
}

/* Read, since they are whole and paid for; but nothing is read behind them. */
static void odd_responses(void **state) {
    (void)state;
    setting set = responses();
    static const char *const lines[] = {
        "HTTP/2 200",    "HTTP/2.0 200 OK", "http/1.1 200 OK", "HTTP/1.1  200 OK", "HTTP/1.1\t200 OK", "Http/1.1 200",
        "HTTP/1 200 OK", "HTTP/1.2 200 OK", "HTTP/3 200",      "HTTP/2   200   X", "HTTP/1.1 200\tOK",
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        char text[128];
        snprintf(text, sizeof text, "%s\r\nContent-Length: 2\r\n\r\nhi", lines[i]);
        expect_story(&set, text, "200 1.1 [content-length=2] 2 body;hi;END ");
        snprintf(text, sizeof text, "%s\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", lines[i]);
        expect_story(&set, text, "200 1.1 [transfer-encoding=chunked] -1 chunked body;hi;END ");
    }
    expect_story(&set, "HTTP/0.9 200 OK\r\n\r\nhi", "200 1.0  -1 body;hi;END ");
    expect_story(&set, "HTTP/2 100\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
                 "200 1.1 [content-length=2] 2 body keep;hi;END ");
    expect_story(&set, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nX: a\r\nContent-Length: 3\r\n\r\nabc",
                 "200 1.1 [content-length=3][x=a][content-length=3] 3 body;abc;END ");
    expect_story(&set, "HTTP/1.1 200 OK\r\nContent-Length: 3, 3 ,03\r\n\r\nabc", "200 1.1 [content-length=3, 3 ,03] 3 body;abc;END ");
    expect_story(&set, "HTTP/1.1 200 OK\nContent-Length: 3\nContent-Length: 3\n\nabc",
                 "200 1.1 [content-length=3][content-length=3] 3 body;abc;END ");
}

static void bad_responses(void **state) {
    (void)state;
    static const char *const table[] = {
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nh", /* cut off */
        "HTTP/1.1 200 OK\r\nContent-Len",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        "HTTP/1.1 200 OK\r\nContent-Length: 3, 4\r\n\r\nabcd",
        "HTTP/1.1 200 OK\r\nContent-Length: 3, 3\r\nContent-Length: 4\r\n\r\nabcd",
        "HTTP/1.1 200 OK\r\nContent-Length: 3\t\r\nContent-Length: 3\r\n\r\nabc", /* its first is not read alike */
        "HTTP/1.1 200 OK\r\nContent-Length: 3\t\r\nContent-Length: 3, 4\r\n\r\nabc",
        "HTTP/1.1 200 OK\r\nContent-Length: 3,\r\n\r\nabc",
        "HTTP/1.1 200 OK\r\nContent-Length: ,3\r\n\r\nabc",
        "HTTP/1.1 200 OK\r\nContent-Length: 3 3\r\n\r\nabc",
        "HTTP/1.1 200 OK\r\nContent-Length: 3, 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -3\r\n\r\nabc",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\nabc",
        "HTTP/1.1 101 Switching\r\nUpgrade: h2c\r\n\r\n",
        "HTTP/1.1 099 X\r\n\r\n",
        "HTTP/1.1 600 X\r\n\r\n",
        "HTTP/1.1 20 OK\r\n\r\n",
        "HTTP/1.1 2000 OK\r\n\r\n",
        "HTTP/1.1 20a OK\r\n\r\n",
        "HTTP/2200 OK\r\n\r\n",
        "HTTP/ 200 OK\r\n\r\n",
        "HTTP 200 OK\r\n\r\n",
        "HTTP/2 \r\n\r\n",
        "HTTP/2 101 Switching\r\n\r\n",
        "HTTP/1.12 200 OK\r\n\r\n",
        "HTTP/1.0  200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 O\x01K\r\n\r\n",
        "\r\nHTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n", /* LF alone, and not throughout */
        "HTTP/1.1 200 OK\nContent-Length: 0\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 0\n\n",
        "HTTP/1.1 200 OK\nContent-Length: 0\nX: a\rb\n\n",
        "HTTP/1.1 200 OK\nContent-Length: 0\nContent-Length: 1\n\n",
        "HTTP/1.1 200 OK\nX: a\n b\n\n",
        "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n3\nabcd\n0\n\n",
        "HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX : a\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\n",
        "SSH-2.0-OpenSSH\r\n",
        "<html>",
    };
    setting set = responses();
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        expect_refusal(&set, yz_str_of(table[i]), 502);
    yz_buf buf = {0};
    expect_refusal(&set, repeated(&buf, "", "HTTP/1.1 100 Continue\r\n\r\n", 17, "HTTP/1.1 200 OK\r\n\r\n"), 502);
    yz_buf_free(&buf);
}

/* ---- the rest of the contract --------------------------------------------------------------------------------------- */

static void a_hook_may_stop_and_go_on(void **state) {
    (void)state;
    story s = {.arena = yz_arena_new(NULL), .stop_head = YZ_EAGAIN, .stop_body = YZ_EAGAIN};
    yz_h1 *h1 = yz_h1_new(false, &yz_h1_defaults, &hooks, &s);
    const char *text = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhiGET";
    size_t n = strlen(text), used;
    assert_true(yz_h1_idle(h1));
    assert_int_equal(yz_h1_feed(h1, text, n, &used), YZ_EAGAIN);
    assert_int_equal(used, n - 5);
    assert_false(yz_h1_idle(h1));
    text += used;
    assert_int_equal(yz_h1_feed(h1, text, 5, &used), YZ_EAGAIN);
    assert_int_equal(used, 2);
    assert_int_equal(yz_h1_refusal(h1, NULL), 0);
    assert_int_equal(yz_h1_feed(h1, text + 2, 3, &used), YZ_OK);
    assert_int_equal(used, 0); /* the end was reported; the parser pauses before the next message */
    assert_true(yz_h1_idle(h1));
    assert_int_equal(yz_h1_feed(h1, text + 2, 3, &used), YZ_OK);
    assert_int_equal(used, 3);
    assert_false(yz_h1_idle(h1));
    assert_int_equal(yz_h1_eof(h1), YZ_EINVAL);
    assert_int_equal(yz_h1_feed(h1, "x", 1, &used), YZ_EINVAL);
    yz_h1_free(h1);
    yz_buf_free(&s.text);
    yz_arena_free(s.arena);
}

static void names_and_values(void **state) {
    (void)state;
    assert_true(yz_h1_name_ok(YZ_STR("x-A_1")));
    assert_false(yz_h1_name_ok(YZ_STR("")));
    assert_false(yz_h1_name_ok(YZ_STR("a b")));
    assert_false(yz_h1_name_ok(YZ_STR("a:")));
    assert_false(yz_h1_name_ok(YZ_STR("a\r\nb")));
    assert_true(yz_h1_value_ok(YZ_STR("")));
    assert_true(yz_h1_value_ok(YZ_STR("a\tb \xE4\xB8\xAD")));
    assert_false(yz_h1_value_ok(YZ_STR("a\r\nX: b")));
    assert_false(yz_h1_value_ok(YZ_STR("a\0")));
    assert_false(yz_h1_value_ok(YZ_STR("\x7F")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_requests),    cmocka_unit_test(good_chunks),
        cmocka_unit_test(bad_requests),     cmocka_unit_test(limits_of_heads),
        cmocka_unit_test(limits_of_bodies), cmocka_unit_test(chunk_overhead_is_bounded),
        cmocka_unit_test(good_responses),   cmocka_unit_test(odd_responses),
        cmocka_unit_test(bad_responses),    cmocka_unit_test(a_hook_may_stop_and_go_on),
        cmocka_unit_test(names_and_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
