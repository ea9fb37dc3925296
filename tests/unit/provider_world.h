/* provider_world.h: one call through the provider stage to a scripted peer, and what came up: shared by the tests of the stage. Two toy
 * dialects stand for the real ones. */
#ifndef YUZUI_TESTS_PROVIDER_WORLD_H
#define YUZUI_TESTS_PROVIDER_WORLD_H

#define FIXTURE_POOLS
#include "base/secret.h"
#include "call/tree.h"
#include "generation.h"
#include "peer.h"
#include "upstream/provider.h"
#include "upstream/provider_inner.h"

#define SSE_HEAD  "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"
#define JSON_HEAD "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
#define CHUNKED   "transfer-encoding: chunked\r\n\r\n"

#ifndef POLICY_WORLD_H
/* The config room names it; this program runs no policies. */
__attribute__((weak)) const yz_plugin yz_policy_plugin;
#endif

/* ---- two dialects --------------------------------------------------------------------------------------------------------
 * An event's data is a word and a value: text, usage, finish, error, bad; and [DONE]. A document: {"text":…,"usage":…,"error":…}. */

static inline int toy_endpoint(const yz_provider *provider, const yz_request *request, const yz_target *target, yz_arena *arena,
                               yz_endpoint *out) {
    (void)provider, (void)target, (void)arena;
    if (request->op == YZ_OP_MODERATION)
        return YZ_EUNSUPPORTED;
    *out = (yz_endpoint){YZ_ENDPOINT, .path = YZ_STR("/toy"), .n_headers = 1, .headers = {{YZ_STR("x-toy"), YZ_STR("1")}}};
    return YZ_OK;
}

static inline void tell(yz_sink *sink, yz_event event) { yz_emit(sink, &event); }
static inline void tell_usage(yz_sink *sink, int64_t input, int64_t output) {
    yz_usage usage = yz_usage_of(input, output);
    tell(sink, (yz_event){YZ_EVENT, .kind = YZ_EVENT_USAGE, .usage = &usage});
}

static inline int toy_event(void *decoder, yz_str name, yz_str data, yz_arena *arena, yz_sink *sink) {
    (void)name;
    unsigned *seen = decoder;
    ++*seen;
    if (yz_str_is(data, "[DONE]")) {
        tell(sink, (yz_event){YZ_EVENT, .kind = YZ_EVENT_DONE});
    } else if (yz_str_starts(data, "start")) {
        tell(sink, (yz_event){YZ_EVENT, .kind = YZ_EVENT_START});
    } else if (yz_str_starts(data, "text")) {
        tell(sink, (yz_event){YZ_EVENT, .kind = YZ_EVENT_DELTA, .text = yz_dup(arena, data)});
    } else if (yz_str_starts(data, "usage")) {
        tell_usage(sink, 3, 7);
    } else if (yz_str_starts(data, "finish")) {
        tell(sink, (yz_event){YZ_EVENT, .kind = YZ_EVENT_FINISH, .finish = YZ_FINISH_LENGTH});
    } else if (yz_str_starts(data, "error")) {
        yz_error error = {YZ_ERROR, .class_ = YZ_ERROR_OVERLOADED, .message = yz_dup(arena, data), .retry_after = 5};
        tell(sink, (yz_event){YZ_EVENT, .kind = YZ_EVENT_ERROR, .error = &error});
    } else {
        return yz_str_is(data, "many") ? YZ_ELIMIT : YZ_EINVAL;
    }
    return YZ_OK;
}

static inline int toy_body(void *decoder, const yz_json *body, yz_arena *arena, yz_sink *sink) {
    (void)decoder;
    const yz_json *error = yz_json_get(body, "error");
    if (error) {
        yz_error e = {YZ_ERROR, .class_ = YZ_ERROR_RATE_LIMIT, .message = yz_json_text(arena, error)};
        tell(sink, (yz_event){YZ_EVENT, .kind = YZ_EVENT_ERROR, .error = &e});
        return YZ_OK;
    }
    if (!yz_json_get(body, "text"))
        return yz_json_get(body, "many") ? YZ_ELIMIT : YZ_EINVAL;
    tell(sink, (yz_event){YZ_EVENT, .kind = YZ_EVENT_DELTA, .text = yz_json_escaped(yz_json_get(body, "text"))});
    tell_usage(sink, yz_json_int(yz_json_get(body, "usage"), -1), 2);
    tell(sink, (yz_event){YZ_EVENT, .kind = YZ_EVENT_FINISH, .finish = YZ_FINISH_STOP});
    tell(sink, (yz_event){YZ_EVENT, .kind = YZ_EVENT_DONE});
    return YZ_OK;
}

static inline void toy_error(int status, const yz_json *body, yz_arena *arena, yz_error *out) {
    (void)status;
    out->message = yz_json_text(arena, yz_json_get(body, "message"));
    out->code = yz_json_text(arena, yz_json_get(body, "code"));
}

static inline int toy_read(const yz_request *request, yz_arena *arena, yz_losses *losses, yz_chat *out, yz_error *error) {
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

static inline int toy_write(const yz_provider *provider, const yz_chat *chat, const yz_target *target, yz_arena *arena, yz_losses *losses,
                            yz_buf *out) {
    (void)provider, (void)arena;
    if (yz_str_is(chat->user, "impossible")) {
        yz_lose(losses, "user");
        return YZ_EUNSUPPORTED;
    }
    yz_buf_printf(out, "{\"written for\":\"%.*s\",\"user\":\"%.*s\"}", YZ_STR_ARGS(target->model), YZ_STR_ARGS(chat->user));
    return YZ_OK;
}

static inline void local_call(yz_call *call, const yz_request *request) {
    assert_ptr_equal(yz_config(call), "local config");
    assert_non_null(request->target);
    yz_head head = {YZ_HEAD, .status = 200, .length = 5, .target = request->target};
    yz_send_head(call, &head);
    yz_send_chunk(call, &(yz_chunk){YZ_CHUNK, .bytes = YZ_STR("local")});
    yz_send_end(call, &(yz_end){YZ_END});
}
static const yz_filter local_filter = {YZ_FILTER, .on_call = local_call};

static const yz_adapter toy = {YZ_ADAPTER,
                               .dialect = "toy",
                               .endpoint = toy_endpoint,
                               YZ_CREDENTIALS({"x-key", "x-key", NULL, NULL}, {"basic", "authorization", "Basic ", "basic"}),
                               .write = toy_write,
                               .writes = "user",
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
    yz_usage usage; /* of end */
    yz_error_class class_;
    yz_started started;
    int64_t retry_after;
    int status;
    char message[3000], code[100], type[100], lost[100];
    yz_buf bytes;
    uint64_t total;
    unsigned chunks, marks;
    bool whole_events;   /* every chunk of a stream ended with an event */
    yz_record record;    /* as it was at the end */
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

static inline void resume(uv_timer_t *timer) {
    if (call && !S.done)
        yz_flow(call, false);
    uv_close((uv_handle_t *)timer, (uv_close_cb)free);
}

static inline void on_head(void *arg, yz_call *child, const yz_head *head) {
    (void)arg, (void)child;
    assert_false(S.headed);
    S.headed = true;
    S.head = *head;
    snprintf(S.type, sizeof S.type, "%.*s", YZ_STR_ARGS(head->content_type));
    if (head->n_losses)
        snprintf(S.lost, sizeof S.lost, "%.*s", YZ_STR_ARGS(head->losses[0]));
}
static inline void on_chunk(void *arg, yz_call *child, const yz_chunk *chunk) {
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
static inline void on_end(void *arg, yz_call *child, const yz_end *end) {
    (void)arg;
    assert_true(S.headed && !S.done);
    S.ended = S.done = true;
    S.record = *yz_call_record(child);
    S.end = *end;
    yz_usage_merge(&S.usage, end->usage);
    S.end.usage = &S.usage;
}
static inline void on_error(void *arg, yz_call *child, const yz_error *error) {
    (void)arg;
    assert_false(S.done);
    S.failed = S.done = true;
    S.record = *yz_call_record(child);
    S.class_ = error->class_;
    S.started = error->started;
    S.retry_after = error->retry_after;
    S.status = error->status;
    snprintf(S.message, sizeof S.message, "%.*s", YZ_STR_ARGS(error->message));
    snprintf(S.code, sizeof S.code, "%.*s", YZ_STR_ARGS(error->code));
}
static const yz_parent parent = {YZ_PARENT, on_head, on_chunk, on_end, on_error};

static inline void ask_json(const char *body) {
    request.body = yz_dup(arena, yz_str_of(body));
    assert_int_equal(yz_json_parse(arena, request.body, 0, (yz_json **)(uintptr_t)&request.json, NULL), YZ_OK);
    request.model_node = yz_json_get(request.json, "model");
}

static inline void begin(void) {
    yz_buf_free(&S.bytes);
    unsigned rest = S.rest_every;
    memset(&S, 0, sizeof S);
    S.whole_events = true;
    S.rest_every = rest;
    call = yz_call_start(&F.worker, &chain, 0, &request, NULL, &parent, NULL);
}

static inline void run(void) {
    begin();
    fixture_wait(&S.done, 8000);
    fixture_turn();
    call = NULL;
    assert_int_equal(yz_call_count(&F.worker), 0);
}

static inline void expect_bytes(const char *bytes) {
    if (!S.ended)
        fail_msg("it failed: %s", S.message);
    assert_int_equal(S.bytes.n, strlen(bytes));
    assert_memory_equal(S.bytes.p, bytes, S.bytes.n);
}

static inline void expect_error(yz_error_class class_, const char *words) {
    if (!S.failed)
        fail_msg("it ended well, with %zu bytes", S.bytes.n);
    if (S.class_ != class_ || !strstr(S.message, words))
        fail_msg("class %s, \"%s\"", yz_error_word(S.class_), S.message);
}

static inline int set_up(void **state) {
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
    provider = (yz_provider_settings){
        .pub = {.name = YZ_STR("acme"), .adapter = &toy},
        .base = {.scheme = YZ_STR("http"), .host = YZ_STR("127.0.0.1"), .port = fixture_closed_port(), .path = YZ_STR("/v1")},
        .timeout = {.connect = 1000, .first_byte = 2000, .first_token = 3000, .idle = 2000, .total = 60000},
        .max_answer = 1 << 20};
    provider.key = yz_secret_new(YZ_STR("the-provider-key-0"));
    target = (yz_target){YZ_TARGET, .provider = &provider.pub, .model = YZ_STR("their-name")};
    request =
        (yz_request){YZ_REQUEST, .dialect = &toy, .op = YZ_OP_CHAT, .id = YZ_STR("req-1"), .model = YZ_STR("our-name"), .target = &target};
    ask_json("{\"a\":1,\"model\":\"our-name\",\"b\":[2]}");
    return 0;
}

static inline int tear_down(void **state) {
    (void)state;
    if (P.port)
        peer_close(&P);
    fixture_close();
    yz_secret_free(provider.key);
    yz_buf_free(&S.bytes);
    yz_arena_free(arena);
    return 0;
}

/* The peer plays these scripts, and the provider leads to it. */
static inline void serve(const peer_script *scripts, size_t n) {
    peer_open(&P, 0, scripts, n);
    provider.base.port = P.port;
}

#define SERVE(...)                                                                                                                         \
    static const peer_script scripts[] = {__VA_ARGS__};                                                                                    \
    serve(scripts, sizeof scripts / sizeof *scripts)

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
