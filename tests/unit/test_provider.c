/* test_provider.c: the provider stage against scripted servers: what it sends, what it makes of every kind of answer, and what it
 * never does: hold too much, wait for ever, tell a key, hand on half an event. Two toy dialects stand for the real ones. */
#define FIXTURE_POOLS
#include "base/secret.h"
#include "call/tree.h"
#include "config/generation.h"
#include "peer.h"
#include "upstream/provider.h"
#include "upstream/provider_inner.h"

#include <sys/resource.h>

#define PORT      21300
#define SSE_HEAD  "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"
#define JSON_HEAD "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
#define CHUNKED   "transfer-encoding: chunked\r\n\r\n"

/* The config room names it; this program runs no policies. */
__attribute__((weak)) const yz_plugin yz_policy_plugin;

/* ---- two dialects --------------------------------------------------------------------------------------------------------
 * An event's data is a word and a value: text, usage, finish, error, bad; and [DONE]. A document: {"text":…,"usage":…,"error":…}. */

static int toy_endpoint(const yz_provider *provider, const yz_request *request, const yz_target *target, yz_arena *arena,
                        yz_endpoint *out) {
    (void)provider, (void)target, (void)arena;
    if (request->op == YZ_OP_MODERATION)
        return YZ_EUNSUPPORTED;
    *out = (yz_endpoint){
        .path = YZ_STR("/toy"), .n_headers = 1, .headers = {{YZ_STR("x-toy"), YZ_STR("1")}}, .auth_header = "x-key", .auth_prefix = ""};
    return YZ_OK;
}

static void tell(yz_sink *sink, yz_event event) { yz_emit(sink, &event); }

static int toy_event(void *decoder, yz_str name, yz_str data, yz_arena *arena, yz_sink *sink) {
    (void)name;
    unsigned *seen = decoder;
    ++*seen;
    if (yz_str_is(data, "[DONE]")) {
        tell(sink, (yz_event){.kind = YZ_EVENT_DONE});
    } else if (yz_str_starts(data, "start")) {
        tell(sink, (yz_event){.kind = YZ_EVENT_START});
    } else if (yz_str_starts(data, "text")) {
        tell(sink, (yz_event){.kind = YZ_EVENT_TEXT, .text = yz_dup(arena, data)});
    } else if (yz_str_starts(data, "usage")) {
        tell(sink, (yz_event){.kind = YZ_EVENT_USAGE, .usage = {3, -1, -1, 7, -1}});
    } else if (yz_str_starts(data, "finish")) {
        tell(sink, (yz_event){.kind = YZ_EVENT_FINISH, .finish = YZ_FINISH_LENGTH});
    } else if (yz_str_starts(data, "error")) {
        yz_error error = {.class_ = YZ_ERROR_OVERLOADED, .message = yz_dup(arena, data), .retry_after = 5};
        tell(sink, (yz_event){.kind = YZ_EVENT_ERROR, .error = &error});
    } else {
        return YZ_EINVAL;
    }
    return YZ_OK;
}

static int toy_body(void *decoder, const yz_json *body, yz_arena *arena, yz_sink *sink) {
    (void)decoder;
    const yz_json *error = yz_json_get(body, "error");
    if (error) {
        yz_error e = {.class_ = YZ_ERROR_RATE_LIMIT, .message = yz_json_text(arena, error), .retry_after = -1};
        tell(sink, (yz_event){.kind = YZ_EVENT_ERROR, .error = &e});
        return YZ_OK;
    }
    if (!yz_json_get(body, "text"))
        return YZ_EINVAL;
    tell(sink, (yz_event){.kind = YZ_EVENT_TEXT, .text = yz_json_escaped(yz_json_get(body, "text"))});
    tell(sink, (yz_event){.kind = YZ_EVENT_USAGE, .usage = {yz_json_int(yz_json_get(body, "usage"), -1), -1, -1, 2, -1}});
    tell(sink, (yz_event){.kind = YZ_EVENT_FINISH, .finish = YZ_FINISH_STOP});
    tell(sink, (yz_event){.kind = YZ_EVENT_DONE});
    return YZ_OK;
}

static void toy_error(int status, const yz_json *body, yz_arena *arena, yz_error *out) {
    (void)status;
    out->message = yz_json_text(arena, yz_json_get(body, "message"));
    out->code = yz_json_text(arena, yz_json_get(body, "code"));
}

static int toy_read(const yz_request *request, yz_arena *arena, yz_losses *losses, yz_chat *out, yz_error *error) {
    (void)arena;
    if (yz_json_get(request->json, "wrong")) {
        error->message = YZ_STR("this is wrong");
        return YZ_EINVAL;
    }
    if (yz_json_get(request->json, "odd"))
        yz_lose(losses, "odd");
    out->user = yz_json_escaped(yz_json_get(request->json, "user"));
    return YZ_OK;
}

static int toy_write(const yz_provider *provider, const yz_chat *chat, const yz_target *target, yz_arena *arena, yz_losses *losses,
                     yz_buf *out) {
    (void)provider, (void)arena;
    if (yz_str_is(chat->user, "impossible")) {
        yz_lose(losses, "user");
        return YZ_EUNSUPPORTED;
    }
    yz_buf_printf(out, "{\"written for\":\"%.*s\",\"user\":\"%.*s\"}", YZ_STR_ARGS(target->model), YZ_STR_ARGS(chat->user));
    return YZ_OK;
}

static void local_call(yz_call *call, const yz_request *request) {
    assert_ptr_equal(yz_config(call), "local config");
    assert_non_null(request->target);
    yz_head head = {.status = 200, .length = 5, .target = request->target};
    yz_send_head(call, &head);
    yz_send_chunk(call, &(yz_chunk){.bytes = YZ_STR("local")});
    yz_send_end(call, &(yz_end){.usage = YZ_USAGE_UNKNOWN});
}
static const yz_filter local_filter = {YZ_FILTER, .on_call = local_call};

static const yz_adapter toy = {YZ_ADAPTER,
                               .dialect = "toy",
                               .endpoint = toy_endpoint,
                               .write = toy_write,
                               .decoder_size = sizeof(unsigned),
                               .decode_event = toy_event,
                               .decode_body = toy_body,
                               .read_error = toy_error,
                               .read = toy_read};
static const yz_adapter foreign = {YZ_ADAPTER, .dialect = "foreign", .read = toy_read};
static const yz_adapter local = {YZ_ADAPTER, .dialect = "toy", .local = &local_filter};

/* ---- one call ------------------------------------------------------------------------------------------------------------ */

static struct seen {
    bool headed, ended, failed, done, chunked;
    yz_head head;
    yz_end end;
    yz_error_class class_;
    yz_started started;
    int64_t retry_after;
    int status;
    char message[3000], code[100], type[100], lost[100];
    yz_buf bytes;
    uint64_t total;
    unsigned chunks, marks;
    bool whole_events;   /* every chunk of a stream ended with an event */
    unsigned rest_every; /* pause at each so many chunks */
} S;

static peer P;
static yz_call *call;
static yz_chain chain;
static yz_link links[1];
static yz_settings settings;
static yz_share share;
static yz_provider_settings provider;
static yz_target target;
static yz_request request;
static yz_arena *arena;

static void resume(uv_timer_t *timer) {
    if (call && !S.done)
        yz_flow(call, false);
    uv_close((uv_handle_t *)timer, (uv_close_cb)free);
}

static void on_head(void *arg, yz_call *child, const yz_head *head) {
    (void)arg, (void)child;
    assert_false(S.headed);
    S.headed = true;
    S.head = *head;
    snprintf(S.type, sizeof S.type, "%.*s", YZ_STR_ARGS(head->content_type));
    if (head->n_losses)
        snprintf(S.lost, sizeof S.lost, "%.*s", YZ_STR_ARGS(head->losses[0]));
}
static void on_chunk(void *arg, yz_call *child, const yz_chunk *chunk) {
    (void)arg;
    assert_true(S.headed && !S.done && chunk->bytes.n > 0);
    S.chunked = true;
    S.chunks++;
    S.marks |= chunk->marks;
    S.total += chunk->bytes.n;
    if (S.head.stream && (chunk->bytes.n < 2 || memcmp(chunk->bytes.p + chunk->bytes.n - 2, "\n\n", 2) != 0))
        S.whole_events = false;
    if (S.bytes.n < 4 << 20)
        yz_buf_str(&S.bytes, chunk->bytes);
    if (S.rest_every && S.chunks % S.rest_every == 0) {
        uv_timer_t *timer = malloc(sizeof *timer);
        uv_timer_init(&F.loop, timer);
        uv_timer_start(timer, resume, 3, 0);
        yz_flow(child, true);
    }
}
static void on_end(void *arg, yz_call *child, const yz_end *end) {
    (void)arg, (void)child;
    assert_true(S.headed && !S.done);
    S.ended = S.done = true;
    S.end = *end;
}
static void on_error(void *arg, yz_call *child, const yz_error *error) {
    (void)arg, (void)child;
    assert_false(S.done);
    S.failed = S.done = true;
    S.class_ = error->class_;
    S.started = error->started;
    S.retry_after = error->retry_after;
    S.status = error->status;
    snprintf(S.message, sizeof S.message, "%.*s", YZ_STR_ARGS(error->message));
    snprintf(S.code, sizeof S.code, "%.*s", YZ_STR_ARGS(error->code));
}
static const yz_parent parent = {on_head, on_chunk, on_end, on_error};

static void ask_json(const char *body) {
    request.body = yz_dup(arena, yz_str_of(body));
    assert_int_equal(yz_json_parse(arena, request.body, 0, (yz_json **)(uintptr_t)&request.json, NULL), YZ_OK);
    request.model_node = yz_json_get(request.json, "model");
}

static void begin(void) {
    yz_buf_free(&S.bytes);
    unsigned rest = S.rest_every;
    memset(&S, 0, sizeof S);
    S.whole_events = true;
    S.rest_every = rest;
    call = yz_call_start(&F.worker, &chain, 0, &request, NULL, &parent, NULL);
}

static void run(void) {
    begin();
    fixture_wait(&S.done, 8000);
    fixture_turn();
    call = NULL;
    assert_int_equal(yz_call_count(&F.worker), 0);
}

static void expect_bytes(const char *bytes) {
    if (!S.ended)
        fail_msg("it failed: %s", S.message);
    assert_int_equal(S.bytes.n, strlen(bytes));
    assert_memory_equal(S.bytes.p, bytes, S.bytes.n);
}

static void expect_error(yz_error_class class_, const char *words) {
    if (!S.failed)
        fail_msg("it ended well, with %zu bytes", S.bytes.n);
    if (S.class_ != class_ || !strstr(S.message, words))
        fail_msg("class %s, \"%s\"", yz_error_word(S.class_), S.message);
}

static int set_up(void **state) {
    (void)state;
    fixture_open();
    memset(&S, 0, sizeof S);
    memset(&P, 0, sizeof P);
    arena = yz_arena_new(NULL);
    links[0] = (yz_link){.filter = &yz_provider_filter, .name = "provider"};
    static yz_model_settings models[2] = {{.name = {"one", 3}}, {.name = {"two", 3}}};
    settings = (yz_settings){.models = models, .n_models = 2};
    share = (yz_share){.settings = &settings};
    chain = (yz_chain){.links = links, .n = 1, .share = &share};
    provider = (yz_provider_settings){.pub = {.name = YZ_STR("acme"), .adapter = &toy},
                                      .base = {.scheme = YZ_STR("http"), .host = YZ_STR("127.0.0.1"), .port = PORT, .path = YZ_STR("/v1")},
                                      .timeout = {.connect = 1000, .first_byte = 2000, .first_token = 3000, .idle = 2000, .total = 60000},
                                      .max_answer = 1 << 20};
    provider.key = yz_secret_new(YZ_STR("the-provider-key-0"));
    target = (yz_target){.provider = &provider.pub, .model = YZ_STR("their-name")};
    request = (yz_request){.dialect = &toy, .op = YZ_OP_CHAT, .id = YZ_STR("req-1"), .model = YZ_STR("our-name"), .target = &target};
    ask_json("{\"a\":1,\"model\":\"our-name\",\"b\":[2]}");
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    if (P.port)
        peer_close(&P);
    fixture_close();
    yz_secret_free(provider.key);
    yz_buf_free(&S.bytes);
    yz_arena_free(arena);
    return 0;
}

#define SERVE(...)                                                                                                                         \
    static const peer_script scripts[] = {__VA_ARGS__};                                                                                    \
    peer_open(&P, PORT, scripts, sizeof scripts / sizeof *scripts)

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
    ask_json("{\"model\":\"their-name\"}");
    run();
    assert_non_null(strstr(P.last.p, "\r\n\r\n{\"model\":\"their-name\"}"));
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
    yz_str allowed = YZ_STR("t*");
    yz_key key = {.models = &allowed, .n_models = 1};
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
        assert_int_equal(S.end.usage.input, 9);
        assert_int_equal(S.end.finish, YZ_FINISH_STOP);
        assert_int_equal(S.marks, YZ_MARK_CONTENT | YZ_MARK_FINISH | YZ_MARK_USAGE);
    }
}

static void bad_documents(void **state) {
    (void)state;
    SERVE({.answer = JSON_HEAD "content-length: 5\r\n\r\nhello"}, {.answer = JSON_HEAD "content-length: 2\r\n\r\n{}"},
          {.answer = JSON_HEAD "content-length: 50\r\n\r\n{\"text\":\"x\"}", .close = true},
          {.answer = JSON_HEAD CHUNKED "c\r\n{\"text\":\"x\"}\r\n", .close = true}, {.answer = JSON_HEAD "content-length: 0\r\n\r\n"},
          {.answer = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 6\r\n\r\n<html>"},
          {.answer = JSON_HEAD "content-length: 14\r\n\r\n{\"text\":\"\xff\xfe\"} "});
    const char *words[] = {
        "not JSON", "not in the dialect toy", "ended in the middle", "ended in the middle", "not JSON", "content-type text/html",
        "not JSON"};
    for (int i = 0; i < 7; i++) {
        run();
        expect_error(YZ_ERROR_BROKEN, words[i]);
        assert_false(S.headed);
        assert_int_equal(S.started, YZ_STARTED_MAYBE);
        assert_non_null(strstr(S.message, "provider acme: "));
    }
}

static void error_in_a_document(void **state) {
    (void)state;
    SERVE({.answer = JSON_HEAD "content-length: 26\r\n\r\n{\"error\":\"too much, sir\"}  "});
    run();
    expect_error(YZ_ERROR_RATE_LIMIT, "too much, sir");
    assert_false(S.headed);
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
    peer_open(&P, PORT, scripts, 6);
    run();
    assert_true(S.ended && S.chunks > 1);
    assert_int_equal(S.total, (3 << 20) + 11);
    assert_int_equal(S.head.length, S.total);
    run();
    assert_true(S.headed); /* too late for an ordinary error: it comes behind the head */
    expect_error(YZ_ERROR_BROKEN, "in the middle");
    assert_int_equal(S.started, YZ_STARTED_YES);
    run();
    assert_true(S.ended && S.chunks == 1);
    run();
    assert_false(S.headed); /* held, so it can be tried again */
    expect_error(YZ_ERROR_BROKEN, "in the middle");
    request.dialect = &foreign;
    run();
    expect_error(YZ_ERROR_BROKEN, "max_answer");
    assert_false(S.headed);
    P.turn = 5;
    run();
    assert_true(S.ended);
    yz_buf_free(&answer);
    yz_buf_free(&cut);
    yz_buf_free(&middle);
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

/* ---- streams ------------------------------------------------------------------------------------------------------------------ */

#define EVENTS ": hello\n\ndata: start\n\ndata: text a\n\nevent: x\ndata: text b\n\ndata: finish\n\ndata: usage\n\ndata: [DONE]\n\n"

static void streams(void **state) {
    (void)state;
    SERVE({.answer = SSE_HEAD "\r\n" EVENTS, .close = true}, {.answer = SSE_HEAD "\r\n" EVENTS, .close = true, .step = 1},
          {.answer = SSE_HEAD "\r\n" EVENTS, .close = true, .step = 17});
    request.stream = true;
    for (int i = 0; i < 3; i++) {
        run();
        expect_bytes(EVENTS);
        assert_true(S.whole_events && S.head.stream);
        assert_int_equal(S.head.length, -1);
        assert_string_equal(S.type, "text/event-stream");
        assert_int_equal(S.end.usage.output, 7);
        assert_int_equal(S.end.finish, YZ_FINISH_LENGTH);
        assert_int_equal(S.marks, YZ_MARK_CONTENT | YZ_MARK_FINISH | YZ_MARK_USAGE);
        if (i == 0)
            assert_int_equal(S.chunks, 1); /* one read, one chunk */
    }
}

static void fifty_events_in_one_read(void **state) {
    (void)state;
    yz_buf answer = {0}, wanted = {0};
    yz_buf_lit(&answer, SSE_HEAD CHUNKED);
    for (int i = 0; i < 50; i++) {
        yz_buf_printf(&answer, "11\r\ndata: text %04d\n\n\r\n", i);
        yz_buf_printf(&wanted, "data: text %04d\n\n", i);
    }
    yz_buf_lit(&answer, "e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n");
    yz_buf_lit(&wanted, "data: [DONE]\n\n");
    yz_buf_char(&wanted, 0);
    peer_script script = {.answer = answer.p, .n = answer.n};
    peer_open(&P, PORT, &script, 1);
    run();
    expect_bytes(wanted.p);
    assert_int_equal(S.chunks, 1);
    assert_int_equal(yz_pools_idle(F.worker.pools), 1);
    yz_buf_free(&answer);
    yz_buf_free(&wanted);
}

/* Cut anywhere: before the first content an error alone, behind it head, whole events, error; behind [DONE] all is well. */
static void streams_cut_anywhere(void **state) {
    (void)state;
    static const char answer[] = SSE_HEAD "\r\n" EVENTS;
    size_t head = strlen(SSE_HEAD "\r\n"), first = head + strlen(": hello\n\ndata: start\n\ndata: text a\n\n"), all = sizeof answer - 1;
    static peer_script script;
    peer_open(&P, PORT, &script, 1);
    request.stream = true;
    for (size_t n = head; n <= all; n++) {
        script = (peer_script){.answer = answer, .n = n, .close = true, .reset = n % 3 == 0};
        run();
        assert_true(S.whole_events);
        if (n >= all - 2 && S.ended)
            continue; /* [DONE] without its blank line is [DONE]; a reset may overtake it */
        assert_true(S.failed);
        assert_int_equal(S.class_, YZ_ERROR_BROKEN);
        if (n < first) {
            assert_false(S.headed);
            assert_int_equal(S.started, YZ_STARTED_MAYBE);
        } else if (!script.reset) {
            assert_true(S.headed && S.bytes.n >= first - head);
            assert_int_equal(S.started, YZ_STARTED_YES);
        }
        if (S.bytes.n)
            assert_memory_equal(S.bytes.p, answer + head, S.bytes.n);
    }
}

static void broken_behind_done(void **state) {
    (void)state;
    SERVE({.answer = SSE_HEAD CHUNKED "1c\r\ndata: text a\n\ndata: [DONE]\n\n\r\n", .close = true},
          {.answer = SSE_HEAD CHUNKED "1c\r\ndata: text a\n\ndata: [DONE]\n\n\r\nXX", .reset = true},
          {.answer = SSE_HEAD CHUNKED "1c\r\ndata: text a\n\ndata: [DONE]\n\n\r\n"});
    provider.timeout.idle = 100;
    for (int i = 0; i < 3; i++) {
        run();
        expect_bytes("data: text a\n\ndata: [DONE]\n\n");
    }
    assert_int_equal(yz_pools_open(F.worker.pools), 0);
}

static void errors_in_streams(void **state) {
    (void)state;
    SERVE({.answer = SSE_HEAD "\r\ndata: start\n\ndata: error busy sk-live-abcdefgh\n\n"},
          {.answer = SSE_HEAD "\r\ndata: start\n\ndata: text a\n\ndata: error busy\n\ndata: text b\n\n"},
          {.answer = SSE_HEAD "\r\ndata: start\n\ndata: nonsense\n\n"}, {.answer = SSE_HEAD "\r\ndata: text a\n\ndata: nonsense\n\n"},
          {.answer = SSE_HEAD "content-length: 0\r\n\r\n"}, {.answer = SSE_HEAD "content-length: 13\r\n\r\ndata: usage\n\n"});
    run();
    expect_error(YZ_ERROR_OVERLOADED, "error busy [removed]");
    assert_false(S.headed);
    assert_int_equal(S.retry_after, 5);
    assert_int_equal(S.started, YZ_STARTED_MAYBE);
    run();
    assert_true(S.headed);
    assert_int_equal(S.bytes.n, strlen("data: start\n\ndata: text a\n\n"));
    expect_error(YZ_ERROR_OVERLOADED, "error busy");
    assert_int_equal(S.started, YZ_STARTED_YES);
    run();
    assert_false(S.headed);
    expect_error(YZ_ERROR_BROKEN, "not in the dialect toy");
    run();
    assert_true(S.headed);
    expect_error(YZ_ERROR_BROKEN, "not in the dialect toy");
    run();
    expect_error(YZ_ERROR_BROKEN, "without its last event");
    run();
    assert_false(S.headed);
    expect_error(YZ_ERROR_BROKEN, "without its last event");
}

static void streams_without_bounds(void **state) {
    (void)state;
    yz_buf event = {0}, comments = {0};
    yz_buf_lit(&event, SSE_HEAD "\r\ndata: text a\n\ndata: text ");
    memset(yz_buf_room(&event, 2 << 20), 'x', 2 << 20);
    event.n += 2 << 20;
    yz_buf_lit(&comments, SSE_HEAD "\r\n");
    for (int i = 0; i < 40000; i++) /* keeps alive, says nothing: 480 KB */
        yz_buf_lit(&comments, ": waiting\n\n\n");
    yz_buf_lit(&comments, "data: [DONE]\n\n");
    peer_script scripts[] = {{.answer = event.p, .n = event.n}, {.answer = comments.p, .n = comments.n, .close = true}};
    peer_open(&P, PORT, scripts, 2);
    request.stream = true;
    run();
    expect_error(YZ_ERROR_BROKEN, "passed a limit");
    assert_true(S.headed);
    P.turn = 1;
    run();
    assert_true(S.ended && S.chunks > 1);
    yz_buf_free(&event);
    yz_buf_free(&comments);
}

static void no_content_in_time(void **state) {
    (void)state;
    SERVE({.answer = SSE_HEAD "\r\ndata: start\n\n"}, {.silent = true}, {.answer = SSE_HEAD "\r\ndata: text a\n\n"});
    request.stream = true;
    provider.timeout.first_token = 100;
    run();
    expect_error(YZ_ERROR_TIMEOUT, "no content within 0.1 s");
    assert_int_equal(S.started, YZ_STARTED_MAYBE);
    run();
    expect_error(YZ_ERROR_TIMEOUT, "no content");
    P.turn = 2;
    provider.timeout.idle = 300;
    run();
    expect_error(YZ_ERROR_TIMEOUT, "silence in the middle");
    assert_int_equal(S.started, YZ_STARTED_YES);
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
    peer_open(&P, PORT, &script, 1);
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
        if (strstr(S.message, "your fault"))
            assert_string_equal(S.message, "your fault, [removed] and [removed] at  all");
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
    peer_open(&P, PORT, scripts, 4);
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

static void waits(void **state) {
    (void)state;
    static const struct {
        const char *name, *value;
        int64_t ms;
    } cases[] = {{"retry-after", "20", 20000},
                 {"retry-after", "0", 0},
                 {"retry-after", "1.5", 1500},
                 {"retry-after", "-1", -1},
                 {"retry-after", "soon", -1},
                 {"retry-after", "", -1},
                 {"retry-after", "99999999999999999999999999", -1},
                 {"retry-after", "86401", -1},
                 {"retry-after", "Sun, 06 Nov 1994 08:49:37 GMT", 37000},
                 {"retry-after", "Sun, 06 Nov 1994 08:48:00 GMT", 0},
                 {"retry-after", "Sun, 06 Nov 2094 08:48:00 GMT", -1},
                 {"retry-after-ms", "250", 250},
                 {"x-ratelimit-reset-requests", "6m0s", 360000},
                 {"x-ratelimit-reset-tokens", "120ms", 120},
                 {"x-ratelimit-reset-tokens", "1h2m3.5s", 3723500},
                 {"x-ratelimit-reset", "784111817", 77000},
                 {"anthropic-ratelimit-requests-reset", "1994-11-06T08:49:10Z", 10000},
                 {"x-unknown", "5", -1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        yz_header header = {yz_str_of(cases[i].name), yz_str_of(cases[i].value)};
        int64_t ms = yz_retry_after(&header, 1, 784111740); /* 08:49:00 */
        if (ms != cases[i].ms)
            fail_msg("%s: %s is %lld ms", cases[i].name, cases[i].value, (long long)ms);
    }
    yz_header both[] = {{YZ_STR("x-ratelimit-reset-requests"), YZ_STR("1s")}, {YZ_STR("x-ratelimit-reset-tokens"), YZ_STR("9s")}};
    assert_int_equal(yz_retry_after(both, 2, 0), 9000);
    yz_header rivals[] = {{YZ_STR("retry-after"), YZ_STR("2")}, {YZ_STR("retry-after-ms"), YZ_STR("1700")}};
    assert_int_equal(yz_retry_after(rivals, 2, 0), 1700);
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
                 {"the secret the-provider-key-0", "the secret [removed]"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        yz_error error = {.class_ = YZ_ERROR_BAD_REQUEST, .message = yz_str_of(cases[i].in)};
        yz_error_scrub(&error, provider.key, arena);
        assert_string_equal(error.message.p, cases[i].out);
    }
    char longest[9000];
    for (size_t shift = 0; shift < 3; shift++) {
        memset(longest, 'a', shift);
        for (size_t i = 0; i < 2990; i++)
            memcpy(longest + shift + 3 * i, "\xE4\xB8\xAD", 3);
        yz_error error = {.class_ = YZ_ERROR_BAD_REQUEST, .message = {longest, 8000}};
        yz_error_scrub(&error, NULL, arena);
        assert_true(error.message.n <= 2048 && error.message.n > 2040);
        assert_int_equal((error.message.n - shift) % 3, 0); /* whole characters */
    }
}

/* ---- leaving, and readers that are slow ---------------------------------------------------------------------------------------- */

static void cancelled_at_every_point(void **state) {
    (void)state;
    SERVE({.answer = SSE_HEAD "\r\n" EVENTS, .step = 8, .pause = 1});
    request.stream = true;
    for (int ms = 0; ms < 40; ms++) {
        begin();
        if (ms)
            fixture_rest(ms);
        if (!S.done)
            yz_cancel(call);
        size_t open = yz_pools_open(F.worker.pools);
        fixture_turn();
        assert_int_equal(yz_pools_open(F.worker.pools), 0); /* at once, not some time */
        (void)open;
        P.turn = 0;
        assert_int_equal(yz_call_count(&F.worker), 0);
    }
    call = NULL;
}

static void client_gone_is_passed_on(void **state) {
    (void)state;
    SERVE({.answer = SSE_HEAD "\r\ndata: text a\n\n"});
    begin();
    fixture_wait(&S.chunked, 2000);
    yz_cancel(call);
    call = NULL;
    fixture_rest(20);
    assert_int_equal(P.gone, 1);
}

/* A server that sends a long answer out of nothing. */
static uv_tcp_t giant_listener, giant_conn;
static uint64_t giant_left;
static char giant_piece[65536];
static void giant_write(void);
static void giant_written(uv_write_t *req, int status) {
    free(req);
    if (status == 0)
        giant_write();
}
static void giant_write(void) {
    if (giant_left == 0) {
        uv_close((uv_handle_t *)&giant_conn, NULL);
        return;
    }
    uv_write_t *req = malloc(sizeof *req);
    uv_buf_t buf = uv_buf_init(giant_piece, sizeof giant_piece);
    giant_left -= sizeof giant_piece;
    uv_write(req, (uv_stream_t *)&giant_conn, &buf, 1, giant_written);
}
static void giant_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *in) {
    (void)in;
    static const char head[] = SSE_HEAD "\r\n";
    assert_true(n > 0);
    uv_read_stop(stream); /* the request comes in one piece */
    uv_buf_t buf = uv_buf_init((char *)(uintptr_t)head, sizeof head - 1);
    uv_try_write((uv_stream_t *)&giant_conn, &buf, 1);
    giant_write();
}
static void giant_connection(uv_stream_t *listener, int status) {
    (void)status;
    uv_tcp_init(&F.loop, &giant_conn);
    uv_accept(listener, (uv_stream_t *)&giant_conn);
    uv_read_start((uv_stream_t *)&giant_conn, peer_alloc, giant_read);
}

static size_t resident_kb(void) {
    size_t pages = 0;
    FILE *in = fopen("/proc/self/statm", "r");
    if (in && fscanf(in, "%*s %zu", &pages) != 1)
        pages = 0;
    if (in)
        fclose(in);
    return pages * 4;
}

static void giant_answer(void **state) {
    (void)state;
    struct sockaddr_in address;
    uint64_t size = (uint64_t)1 << 30;
#ifdef YZ_DEBUG_CHECKS
    size >>= 4; /* sanitizers are slow */
#endif
    giant_left = size;
    for (size_t i = 0; i < sizeof giant_piece; i += 64) {
        memset(giant_piece + i, 'x', 64);
        memcpy(giant_piece + i, "data: text ", 11);
        memcpy(giant_piece + i + 62, "\n\n", 2);
    }
    uv_ip4_addr("127.0.0.1", PORT, &address);
    uv_tcp_init(&F.loop, &giant_listener);
    uv_tcp_bind(&giant_listener, (const struct sockaddr *)&address, 0);
    uv_listen((uv_stream_t *)&giant_listener, 8, giant_connection);
    request.stream = true;
    S.rest_every = 500;
    size_t before = resident_kb();
    begin();
    fixture_wait(&S.done, 120000);
    S.rest_every = 0;
    call = NULL;
    assert_int_equal(S.total, size);
    expect_error(YZ_ERROR_BROKEN, "without its last event");
    size_t grown = resident_kb() - before;
    if (grown > 16 * 1024) /* 4 MiB of them are the test's own copy */
        fail_msg("%zu KiB for an answer of %llu MiB", grown, (unsigned long long)size >> 20);
    uv_close((uv_handle_t *)&giant_listener, NULL);
    fixture_rest(10);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(spliced),
        TEST(translated),
        TEST(not_sent_at_all),
        TEST(handed_to_a_local_filter),
        TEST(documents),
        TEST(bad_documents),
        TEST(error_in_a_document),
        TEST(long_documents_pass),
        TEST(other_operations),
        TEST(streams),
        TEST(fifty_events_in_one_read),
        TEST(streams_cut_anywhere),
        TEST(broken_behind_done),
        TEST(errors_in_streams),
        TEST(streams_without_bounds),
        TEST(no_content_in_time),
        TEST(refusals),
        TEST(wordless_refusals),
        TEST(waits),
        TEST(scrubbed),
        TEST(cancelled_at_every_point),
        TEST(client_gone_is_passed_on),
        TEST(giant_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
