/* test_provider.c: what the provider stage sends, and what it makes of documents and refusals. */
#include "provider_world.h"
#include "upstream/scrub.h"

/* ---- what is sent --------------------------------------------------------------------------------------------------------- */

static void spliced(void **state) {
    (void)state;
    SERVE({.answer = JSON_HEAD "content-length: 22\r\n\r\n{\"text\":\"x\",\"usage\":9}"});
    yz_header own[] = {{YZ_STR("x-own"), YZ_STR("2")}, {YZ_STR("X-Toy"), YZ_STR("mine")}},
              query[] = {{YZ_STR("api version"), YZ_STR("1&2")}};
    provider.headers = (yz_map){own, 2};
    provider.query = (yz_map){query, 1};
    run();
    expect_bytes("{\"text\":\"x\",\"usage\":9}");
    assert_non_null(strstr(P.last.p, "POST /v1/toy?api%20version=1%262 HTTP/1.1\r\n"));
    assert_non_null(strstr(P.last.p, "\r\n\r\n{\"a\":1,\"model\":\"their-name\",\"b\":[2]}"));
    assert_non_null(strstr(P.last.p, "\r\nx-key: the-provider-key-0\r\n"));
    assert_non_null(strstr(P.last.p, "\r\nx-request-id: req-1\r\n"));
    assert_non_null(strstr(P.last.p, "\r\nx-own: 2\r\n"));
    assert_non_null(strstr(P.last.p, "\r\nX-Toy: mine\r\n")); /* the user's own replaces the adapter's */
    assert_null(strstr(P.last.p, "x-toy: 1"));
    own[0] = (yz_header){YZ_STR("X-Key"), YZ_STR("their-other-key")};
    ask_json("{\"model\":\"their-name\"}");
    run();
    assert_non_null(strstr(P.last.p, "\r\n\r\n{\"model\":\"their-name\"}"));
    assert_non_null(strstr(P.last.p, "\r\nX-Key: their-other-key\r\n"));
    assert_null(strstr(P.last.p, "the-provider-key-0")); /* never two credentials */
    ask_json("{\"no model\":1}");
    run();
    assert_non_null(strstr(P.last.p, "\r\n\r\n{\"no model\":1}"));
    target.model = YZ_STR("quo\"te\\");
    ask_json("{\"model\":\"our-name\"}");
    run();
    assert_non_null(strstr(P.last.p, "\r\n\r\n{\"model\":\"quo\\\"te\\\\\"}"));
}

static void translated(void **state) {
    (void)state;
    SERVE({.answer = JSON_HEAD "content-length: 12\r\n\r\n{\"text\":\"x\"}"});
    request.dialect = &foreign;
    ask_json("{\"user\":\"me\",\"odd\":1}");
    run();
    expect_bytes("{\"text\":\"x\"}");
    assert_non_null(strstr(P.last.p, "\r\n\r\n{\"written for\":\"their-name\",\"user\":\"me\"}"));
    assert_ptr_equal(S.head.dialect, &toy);
    assert_string_equal(S.lost, "odd");
    provider.strict = true;
    run();
    expect_error(YZ_ERROR_UNSUPPORTED, "cannot carry: odd (the provider is strict");
    assert_int_equal(S.started, YZ_STARTED_NO);
    ask_json("{\"user\":\"me\"}");
    run();
    expect_bytes("{\"text\":\"x\"}");
    ask_json("{\"user\":\"impossible\"}");
    run();
    expect_error(YZ_ERROR_UNSUPPORTED, "cannot carry: user");
    ask_json("{\"wrong\":1}");
    run();
    expect_error(YZ_ERROR_BAD_REQUEST, "this is wrong");
    request.op = YZ_OP_EMBEDDING;
    run();
    expect_error(YZ_ERROR_UNSUPPORTED, "cannot be translated from foreign");
}

static void not_sent_at_all(void **state) {
    (void)state;
    SERVE({.silent = true});
    request.target = NULL;
    request.model = YZ_STR("three");
    run();
    expect_error(YZ_ERROR_NOT_FOUND, "\"three\" is not configured here; configured are: one, two");
    assert_string_equal(S.code, "model_not_found");
    request.model = YZ_STR("two");
    run();
    expect_error(YZ_ERROR_NOT_FOUND, "\"two\" has no targets of its own, and no policy has made it another one; configured are: one, two");
    assert_string_equal(S.code, "model_not_found");
    request.model = YZ_STR("three");
    yz_str allowed = YZ_STR("t*");
    yz_key key = {YZ_KEY, .models = &allowed, .n_models = 1};
    request.key = &key;
    run();
    expect_error(YZ_ERROR_NOT_FOUND, "configured are: two");
    request.key = NULL;
    request.target = &target;
    request.op = YZ_OP_MODERATION;
    run();
    expect_error(YZ_ERROR_UNSUPPORTED, "provider acme: it has no such operation");
    request.op = YZ_OP_CHAT;
    provider.key_missing = YZ_STR("ACME_API_KEY");
    run();
    expect_error(YZ_ERROR_UPSTREAM_AUTH, "the environment variable ACME_API_KEY is not set");
    assert_int_equal(P.connections, 0);
}

static void handed_to_a_local_filter(void **state) {
    (void)state;
    provider.pub.adapter = &local;
    provider.pub.config = "local config";
    run();
    expect_bytes("local");
}

/* ---- documents -------------------------------------------------------------------------------------------------------------- */

static void documents(void **state) {
    (void)state;
    SERVE({.answer = JSON_HEAD "content-length: 22\r\n\r\n{\"text\":\"x\",\"usage\":9}"},
          {.answer = JSON_HEAD CHUNKED "7\r\n{\"text\"\r\nf\r\n:\"x\",\"usage\":9}\r\n0\r\n\r\n"},
          {.answer = JSON_HEAD "content-length: 22\r\n\r\n{\"text\":\"x\",\"usage\":9}", .step = 1},
          {.answer = "HTTP/1.1 200 OK\r\ncontent-type: Application/Vnd.x+JSON; charset=utf-8\r\n\r\n{\"text\":\"x\",\"usage\":9}",
           .close = true});
    request.stream = true; /* asked for a stream, answered with a document: that counts too */
    for (int i = 0; i < 4; i++) {
        run();
        expect_bytes("{\"text\":\"x\",\"usage\":9}");
        assert_int_equal(S.chunks, 1);
        assert_false(S.head.stream);
        assert_int_equal(S.head.length, 22);
        assert_int_equal(S.head.status, 200);
        assert_ptr_equal(S.head.target, &target);
        assert_int_equal(yz_usage_get(S.end.usage, YZ_METER_INPUT), 9);
        assert_int_equal(S.end.finish, YZ_FINISH_STOP);
        assert_int_equal(S.marks, YZ_MARK_CONTENT | YZ_MARK_FINISH | YZ_MARK_USAGE);
    }
}

static void bad_documents(void **state) {
    (void)state;
    SERVE({.answer = JSON_HEAD "content-length: 5\r\n\r\nhello"}, {.answer = JSON_HEAD "content-length: 2\r\n\r\n{}"},
          {.answer = JSON_HEAD "content-length: 50\r\n\r\n{\"text\":\"x\"", .close = true},
          {.answer = JSON_HEAD CHUNKED "b\r\n{\"text\":\"x\"\r\n", .close = true}, {.answer = JSON_HEAD "content-length: 0\r\n\r\n"},
          {.answer = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 6\r\n\r\n<html>"},
          {.answer = JSON_HEAD "content-length: 13\r\n\r\n{\"text\":\"\\x\"}"},
          {.answer = JSON_HEAD "content-length: 10\r\n\r\n{\"many\":1}"});
    const char *words[] = {
        "not JSON", "not in the dialect toy",  "ended in the middle", "ended in the middle", "empty", "content-type text/html",
        "not JSON", "more than 128 tool calls"};
    for (int i = 0; i < 8; i++) {
        run();
        bool whole = i < 2 || i > 4; /* then it was paid for */
        expect_error(whole ? YZ_ERROR_ANSWERED : YZ_ERROR_BROKEN, words[i]);
        assert_false(S.headed);
        assert_int_equal(S.started, whole ? YZ_STARTED_YES : YZ_STARTED_MAYBE);
        assert_non_null(strstr(S.message, "provider acme: "));
    }
}

/* What was paid for and can be read is delivered, made right where a client might fail at it. */
static void mended_documents(void **state) {
    (void)state;
    SERVE({.answer = JSON_HEAD "\r\n{\"text\":\"\xff\xfe\"} ", .close = true},
          {.answer = JSON_HEAD "\r\n{\"text\":\"a\"}</html>", .close = true},
          {.answer = JSON_HEAD "\r\n{\"text\":\"a\",\"text\":\"b\"}", .close = true},
          {.answer = JSON_HEAD "\r\n{\"text\":\"a\",\"usage\":NaN}", .close = true},
          {.answer = JSON_HEAD "\r\n\xEF\xBB\xBF\n {\"text\":\"a\"}", .close = true},
          {.answer = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n{\"text\":\"a\"}", .close = true},
          {.answer = JSON_HEAD "content-length: 50\r\n\r\n{\"text\":\"a\"}", .close = true}, /* whole by itself, whatever was to come */
          {.answer = JSON_HEAD CHUNKED "c\r\n{\"text\":\"a\"}\r\n", .close = true},
          {.answer = JSON_HEAD "content-encoding: utf-8\r\n\r\n{\"text\":\"a\"}", .close = true});
    static const char *const bytes[] = {"{\"text\":\"\xEF\xBF\xBD\xEF\xBF\xBD\"}",
                                        "{\"text\":\"a\"}",
                                        "{\"text\":\"b\"}",
                                        "{\"text\":\"a\",\"usage\":null}",
                                        "{\"text\":\"a\"}",
                                        "{\"text\":\"a\"}",
                                        "{\"text\":\"a\"}",
                                        "{\"text\":\"a\"}",
                                        "{\"text\":\"a\"}"};
    for (size_t i = 0; i < sizeof bytes / sizeof *bytes; i++) {
        run();
        expect_bytes(bytes[i]);
        assert_int_equal(S.head.length, strlen(bytes[i]));
        assert_string_equal(S.type, "application/json");
    }
}

/* The first byte says what comes; the label counts where it does not. Bytes in pieces, blanks before them. */
static void labels_lie(void **state) {
    (void)state;
    static const char events[] = "data: text a\n\ndata: finish\n\ndata: [DONE]\n\n", text[] = "{\"text\":\"a\"}";
#define LABEL(type) "HTTP/1.1 200 OK\r\ncontent-type: " type "\r\n\r\n\n\n"
#define EVENTS_     "data: text a\n\ndata: finish\n\ndata: [DONE]\n\n"
    SERVE({.answer = LABEL("application/json") EVENTS_, .close = true, .step = 1},
          {.answer = LABEL("text/plain; charset=utf-8") EVENTS_, .close = true, .step = 3},
          {.answer = LABEL("application/octet-stream") EVENTS_, .close = true},
          {.answer = LABEL("text/event-stream") "{\"text\":\"a\"}", .close = true, .step = 1},
          {.answer = LABEL("text/plain") "{\"text\":\"a\"}", .close = true});
    P.again = true;
    for (int i = 0; i < 10; i++) {
        bool stream = i % 5 < 3;
        request.stream = i >= 5; /* whatever was asked for */
        run();
        expect_bytes(stream ? events : text);
        assert_true(S.head.stream == stream);
        assert_string_equal(S.type, stream ? "text/event-stream" : "application/json");
    }
}

static void error_in_a_document(void **state) {
    (void)state;
    SERVE({.answer = JSON_HEAD "content-length: 26\r\n\r\n{\"error\":\"too much, sir\"}  "});
    run();
    expect_error(YZ_ERROR_RATE_LIMIT, "too much, sir");
    assert_false(S.headed);
    assert_int_equal(S.started, YZ_STARTED_MAYBE);
}

static yz_buf long_document(size_t n) {
    yz_buf answer = {0};
    yz_buf_printf(&answer, JSON_HEAD "content-length: %zu\r\n\r\n{\"text\":\"", n + 11);
    memset(yz_buf_room(&answer, n), 'x', n);
    answer.n += n;
    yz_buf_lit(&answer, "\"}");
    return answer;
}

static void long_documents_pass(void **state) {
    (void)state;
    yz_buf answer = long_document(3 << 20), cut = long_document(3 << 20), middle = long_document(900 << 10);
    peer_script scripts[] = {{.answer = answer.p, .n = answer.n}, {.answer = cut.p, .n = cut.n - 1000, .close = true},
                             {.answer = middle.p, .n = middle.n}, {.answer = middle.p, .n = middle.n - 1000, .close = true},
                             {.answer = answer.p, .n = answer.n}, {.answer = middle.p, .n = middle.n}};
    serve(scripts, 6);
    provider.max_answer = 8 << 20;
    run();
    assert_true(S.ended && S.chunks > 1);
    assert_int_equal(S.end.finish, YZ_FINISH_STOP); /* it was read as it passed */
    assert_int_equal(S.total, (3 << 20) + 11);
    assert_int_equal(S.head.length, S.total);
    run();
    assert_true(S.headed); /* too late for an ordinary error: it comes after the head */
    expect_error(YZ_ERROR_BROKEN, "in the middle");
    assert_int_equal(S.started, YZ_STARTED_YES);
    run();
    assert_true(S.ended && S.chunks == 1);
    run();
    assert_false(S.headed); /* held, so it can be tried again */
    expect_error(YZ_ERROR_BROKEN, "in the middle");
    request.dialect = &foreign;
    provider.max_answer = 1 << 20;
    run();
    expect_error(YZ_ERROR_ANSWERED, "max_answer");
    assert_false(S.headed);
    P.turn = 5;
    run();
    assert_true(S.ended);
    yz_buf_free(&answer);
    yz_buf_free(&cut);
    yz_buf_free(&middle);
}

/* What a provider sends after the end of a document that passes is not forwarded, though its length has been said. */
static void a_long_document_ends(void **state) {
    (void)state;
    static const char more[] = " \r\n{\"text\":\"another\"}";
    yz_buf answer = {0};
    yz_buf_printf(&answer, JSON_HEAD "content-length: %d\r\n\r\n{\"text\":\"", (3 << 20) + 11 + 100 * (int)(sizeof more - 1));
    memset(yz_buf_room(&answer, 3 << 20), 'x', 3 << 20);
    answer.n += 3 << 20;
    yz_buf_lit(&answer, "\"}");
    for (int i = 0; i < 100; i++)
        yz_buf_lit(&answer, more);
    peer_script script = {.answer = answer.p, .n = answer.n};
    serve(&script, 1);
    provider.max_answer = 8 << 20;
    run();
    assert_true(S.ended);
    assert_int_equal(S.end.finish, YZ_FINISH_STOP);
    assert_int_equal(S.total, S.head.length);
    assert_int_equal(S.bytes.n, S.total);
    for (size_t i = (3 << 20) + 11; i < S.bytes.n; i++)
        assert_non_null(strchr(" \r\n", S.bytes.p[i]));
    assert_int_equal(S.bytes.p[(3 << 20) + 10], '}');
    yz_buf_free(&answer);
}

static void other_operations(void **state) {
    (void)state;
    SERVE({.answer = JSON_HEAD "content-length: 12\r\n\r\n{\"data\":[1]}"},
          {.answer = "HTTP/1.1 200 OK\r\ncontent-type: audio/mpeg\r\ncontent-length: 3\r\n\r\n\1\2\3"},
          {.answer = SSE_HEAD "\r\ndata: text a\n\ndata: [DONE]\n\n", .close = true});
    request.op = YZ_OP_EMBEDDING;
    run();
    expect_bytes("{\"data\":[1]}");
    run();
    expect_bytes("\1\2\3");
    assert_null(S.head.dialect);
    assert_string_equal(S.type, "audio/mpeg");
    request.op = YZ_OP_COMPLETION;
    run();
    expect_bytes("data: text a\n\ndata: [DONE]\n\n");
}
/* ---- refusals ------------------------------------------------------------------------------------------------------------------ */

static void refusals(void **state) {
    (void)state;
    static const struct {
        int status;
        yz_error_class class_;
        yz_started started;
        const char *says; /* of the provider's own words */
    } cases[] = {{400, YZ_ERROR_BAD_REQUEST, YZ_STARTED_NO, "your fault"},
                 {401, YZ_ERROR_UPSTREAM_AUTH, YZ_STARTED_NO, "refused the gateway's credentials"},
                 {403, YZ_ERROR_UPSTREAM_AUTH, YZ_STARTED_NO, "credentials"},
                 {404, YZ_ERROR_NOT_FOUND, YZ_STARTED_NO, "your fault"},
                 {408, YZ_ERROR_TIMEOUT, YZ_STARTED_MAYBE, "your fault"},
                 {413, YZ_ERROR_TOO_LARGE, YZ_STARTED_NO, "your fault"},
                 {422, YZ_ERROR_BAD_REQUEST, YZ_STARTED_NO, "your fault"},
                 {429, YZ_ERROR_RATE_LIMIT, YZ_STARTED_NO, "your fault"},
                 {500, YZ_ERROR_SERVER, YZ_STARTED_MAYBE, "status 500"},
                 {502, YZ_ERROR_SERVER, YZ_STARTED_MAYBE, "status 502"},
                 {503, YZ_ERROR_OVERLOADED, YZ_STARTED_NO, "your fault"},
                 {504, YZ_ERROR_TIMEOUT, YZ_STARTED_MAYBE, "status 504"},
                 {529, YZ_ERROR_OVERLOADED, YZ_STARTED_NO, "your fault"}};
    static peer_script script;
    serve(&script, 1);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char answer[400];
        const char *body = "{\"message\":\"your fault, the-provider-key-0 and sk-proj-12345678 at\\u0000 all\",\"code\":\"c1\"}";
        snprintf(answer, sizeof answer,
                 "HTTP/1.1 %d X\r\nretry-after: 7\r\ncontent-type: application/json\r\ncontent-length: %zu\r\n\r\n%s", cases[i].status,
                 strlen(body), body);
        script = (peer_script){.answer = answer};
        run();
        expect_error(cases[i].class_, cases[i].says);
        assert_int_equal(S.started, cases[i].started);
        assert_int_equal(S.retry_after, 7000);
        assert_null(strstr(S.message, "sk-proj"));
        assert_null(strstr(S.message, "provider-key"));
        assert_false(S.headed);
        const char *words = strstr(S.message, "your fault"); /* of a failing server they stand after what is certain */
        if (words)
            assert_string_equal(words, "your fault, [removed] and [removed] at  all");
    }
}

static void wordless_refusals(void **state) {
    (void)state;
    yz_buf flood = {0};
    yz_buf_printf(&flood, "HTTP/1.1 400 X\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n{\"message\":\"", 3 << 20);
    memset(yz_buf_room(&flood, 3 << 20), 'x', 3 << 20);
    flood.n += (3 << 20) - 12;
    peer_script scripts[] = {{.answer = "HTTP/1.1 400 X\r\ncontent-length: 0\r\n\r\n"},
                             {.answer = "HTTP/1.1 502 X\r\ncontent-type: text/html\r\ncontent-length: 24\r\n\r\n<html>10.1.2.3 is down</"},
                             {.answer = "HTTP/1.1 400 X\r\ncontent-type: text/html\r\ncontent-length: 9\r\n\r\n<html>no<"},
                             {.answer = flood.p, .n = flood.n}};
    serve(scripts, 4);
    int status[] = {400, 502, 400, 400};
    for (int i = 0; i < 4; i++) {
        char words[60];
        snprintf(words, sizeof words, "provider acme answered with status %d", status[i]);
        run();
        expect_error(i == 1 ? YZ_ERROR_SERVER : YZ_ERROR_BAD_REQUEST, words);
        assert_string_equal(S.message, words);
    }
    yz_buf_free(&flood);
}

/* An error that never ends is reported as soon as there is too much of it. */
static void endless_refusal(void **state) {
    (void)state;
    yz_buf flood = {0};
    yz_buf_printf(&flood, "HTTP/1.1 429 X\r\nretry-after: 7\r\ncontent-type: text/html\r\n\r\n");
    memset(yz_buf_room(&flood, 80000), 'x', 80000);
    flood.n += 80000;
    peer_script scripts[] = {{.answer = flood.p, .n = flood.n}};
    serve(scripts, 1);
    provider.timeout.idle = 60000;
    run();
    expect_error(YZ_ERROR_RATE_LIMIT, "answered with status 429");
    assert_int_equal(S.retry_after, 7000);
    assert_int_equal(yz_pools_open(F.worker.pools), 0);
    yz_buf_free(&flood);
}

static int ask_in(const char *way, yz_endpoint *out) {
    *out = (yz_endpoint){YZ_ENDPOINT, .path = YZ_STR("/toy"), .credential = way};
    return YZ_OK;
}
static int basic_endpoint(const yz_provider *p, const yz_request *r, const yz_target *t, yz_arena *a, yz_endpoint *out) {
    (void)p, (void)r, (void)t, (void)a;
    return ask_in("basic", out);
}
static int undeclared_endpoint(const yz_provider *p, const yz_request *r, const yz_target *t, yz_arena *a, yz_endpoint *out) {
    (void)p, (void)r, (void)t, (void)a;
    return ask_in("unheard-of", out);
}

/* The key is shown in the way that the config, the endpoint or the adapter says, in this order. */
static void credentials(void **state) {
    (void)state;
    static const yz_credential other = {"own", "x-other", "Key ", NULL};
    yz_adapter basic = toy, undeclared = toy;
    basic.endpoint = basic_endpoint;
    undeclared.endpoint = undeclared_endpoint;
    const yz_adapter *adapters[] = {&toy, &toy, &basic};
    const char *heads[] = {"\r\nx-key: the-provider-key-0\r\n", "\r\nx-other: Key the-provider-key-0\r\n",
                           "\r\nauthorization: Basic dGhlLXByb3ZpZGVyLWtleS0w\r\n"};
#define ANSWER {.answer = JSON_HEAD "content-length: 12\r\nconnection: close\r\n\r\n{\"text\":\"x\"}", .close = true}
    SERVE(ANSWER, ANSWER, ANSWER);
    for (size_t i = 0; i < 3; i++) {
        provider.pub.adapter = adapters[i];
        provider.credential = i == 1 ? &other : NULL;
        run();
        if (!strstr(P.last.p, heads[i]))
            fail_msg("%zu: %s", i, P.last.p);
    }
    provider.pub.adapter = &undeclared;
    run();
    expect_error(YZ_ERROR_INTERNAL, "shows the key in a way it does not declare (\"unheard-of\")");
}

static void scrubbed(void **state) {
    (void)state;
    static const struct {
        const char *in, *out;
    } cases[] = {{"Incorrect API key provided: sk-abc***********xyz.", "Incorrect API key provided: [removed]."},
                 {"key AIzaSyA1234 and gsk_abcd1234", "key [removed] and [removed]"},
                 {"use gpt-4o-mini-2024-07-18, not o1", "use gpt-4o-mini-2024-07-18, not o1"},
                 {"req_011CSHoEeqs5C35K2UUqR7Fy is 3 words", "req_011CSHoEeqs5C35K2UUqR7Fy is 3 words"},
                 {"123e4567-e89b-12d3-a456-426614174000", "123e4567-e89b-12d3-a456-426614174000"},
                 {"Abcdefghij0123456789Abcdefghij0123456789", "[removed]"},
                 {"line\nbreak\r\x1b[31m", "line break  [31m"},
                 {"the secret the-provider-key-0", "the secret [removed]"},
                 {"not dGhlLXByb3ZpZGVyLWtleS0w", "not [removed]"},
                 {"x.the-provider-key-0the-provider-key-0y", "x.[removed][removed]y"},
                 {"API_KEY=prefix_sk-live-1234 task-1234 risk-adjusted", "API_KEY=[removed] task-1234 risk-adjusted"},
                 {"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIx", "[removed].[removed]"},
                 {"GET /?code=of the query, x-team: of the header", "GET /?code=[removed], x-team: [removed]"}};
    const yz_header header = {YZ_STR("x-team"), YZ_STR("of the header")}, query = {YZ_STR("code"), YZ_STR("of the query")};
    yz_provider_settings knows = provider;
    knows.headers = (yz_map){&header, 1};
    knows.query = (yz_map){&query, 1};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        yz_error error = {YZ_ERROR, .class_ = YZ_ERROR_BAD_REQUEST, .message = yz_str_of(cases[i].in)};
        yz_error_scrub(&error, &knows, arena);
        assert_string_equal(error.message.p, cases[i].out);
    }
    char longest[9000];
    for (size_t shift = 0; shift < 3; shift++) {
        memset(longest, 'a', shift);
        for (size_t i = 0; i < 2990; i++)
            memcpy(longest + shift + 3 * i, "\xE4\xB8\xAD", 3);
        yz_error error = {YZ_ERROR, .class_ = YZ_ERROR_BAD_REQUEST, .message = {longest, 8000}};
        yz_error_scrub(&error, &(yz_provider_settings){0}, arena);
        assert_true(error.message.n <= 2048 && error.message.n > 2040);
        assert_int_equal((error.message.n - shift) % 3, 0); /* whole characters */
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(spliced),
        TEST(translated),
        TEST(not_sent_at_all),
        TEST(handed_to_a_local_filter),
        TEST(documents),
        TEST(bad_documents),
        TEST(mended_documents),
        TEST(labels_lie),
        TEST(error_in_a_document),
        TEST(long_documents_pass),
        TEST(a_long_document_ends),
        TEST(other_operations),
        TEST(refusals),
        TEST(wordless_refusals),
        TEST(endless_refusal),
        TEST(credentials),
        TEST(scrubbed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
