/* test_translate.c: answers from dialect to dialect and from form to form, with the adapters as they are loaded, at every split. */
#include "base/arena.h"
#include "base/diag.h"
#include "base/dialects.h"
#include "dialect/read_answer.h"
#include "dialect/tool_name.h"
#include "dialect/translate.h"
#include "plugin/loader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { OPENAI, ANTHROPIC, DIALECTS };
static const yz_adapter *adapters[DIALECTS];

/* One answer, as each dialect tells it in each form: text, then a tool call. */
static const char *const streams[DIALECTS] = {
    [OPENAI] =
        "data: "
        "{\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":7,\"model\":\"m-1\",\"choices\":[{\"index\":0,\"delta\":{\"role\":"
        "\"assistant\",\"content\":\"\"},\"finish_reason\":null}]}\n\n"
        ": keep-alive\n\n"
        "data: "
        "{\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":7,\"model\":\"m-1\",\"choices\":[{\"index\":0,\"delta\":{"
        "\"content\":\"鱼 "
        "\\\"says\\\"\"},\"finish_reason\":null}]}\n\n"
        "data: "
        "{\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":7,\"model\":\"m-1\",\"choices\":[{\"index\":0,\"delta\":{\"tool_"
        "calls\":[{"
        "\"index\":0,\"id\":\"t1\",\"type\":\"function\",\"function\":{\"name\":\"look\",\"arguments\":\"\"}}]},\"finish_reason\":null}]}"
        "\n\n"
        "data: "
        "{\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":7,\"model\":\"m-1\",\"choices\":[{\"index\":0,\"delta\":{\"tool_"
        "calls\":[{"
        "\"index\":0,\"function\":{\"arguments\":\"{\\\"q\\\":1}\"}}]},\"finish_reason\":null}]}\n\n"
        "data: "
        "{\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":7,\"model\":\"m-1\",\"choices\":[{\"index\":0,\"delta\":{},"
        "\"finish_"
        "reason\":\"tool_calls\"}],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":5,\"total_tokens\":8}}\n\n"
        "data: [DONE]\n\n",
    [ANTHROPIC] =
        "event: message_start\ndata: "
        "{\"type\":\"message_start\",\"message\":{\"id\":\"c1\",\"type\":\"message\",\"role\":\"assistant\",\"content\":[],"
        "\"model\":\"m-1\",\"stop_reason\":null,\"stop_sequence\":null,\"usage\":{\"input_tokens\":3,\"output_tokens\":1}}}\n\n"
        "event: ping\ndata: {\"type\":\"ping\"}\n\n"
        "event: content_block_start\ndata: "
        "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n"
        "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"鱼 "
        "\\\"says\\\"\"}}\n\n"
        "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n"
        "event: content_block_start\ndata: "
        "{\"type\":\"content_block_start\",\"index\":1,\"content_block\":{\"type\":\"tool_use\",\"id\":\"t1\",\"name\":"
        "\"look\",\"input\":{}}}\n\n"
        "event: content_block_delta\ndata: "
        "{\"type\":\"content_block_delta\",\"index\":1,\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"{"
        "\\\"q\\\":1}\"}}\n\n"
        "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":1}\n\n"
        "event: message_delta\ndata: "
        "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"tool_use\",\"stop_sequence\":null},\"usage\":{\"output_"
        "tokens\":5}}\n\n"
        "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"};
static const char *const documents[DIALECTS] = {
    [OPENAI] =
        "{\"id\":\"c1\",\"object\":\"chat.completion\",\"created\":7,\"model\":\"m-1\",\"choices\":[{\"index\":0,\"message\":{\"role\":"
        "\"assistant\","
        "\"content\":\"鱼 "
        "\\\"says\\\"\",\"tool_calls\":[{\"id\":\"t1\",\"type\":\"function\",\"function\":{\"name\":\"look\",\"arguments\":\"{\\\"q\\\":"
        "1}\"}}]},\"finish_reason\":\"tool_calls\"}],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":5,\"total_tokens\":8}}",
    [ANTHROPIC] =
        "{\"id\":\"c1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"m-1\",\"content\":[{\"type\":\"text\",\"text\":\"鱼 "
        "\\\"says\\\"\"},{\"type\":\"tool_use\",\"id\":\"t1\",\"name\":\"look\",\"input\":{\"q\":1}}],\"stop_reason\":\"tool_use\",\"stop_"
        "sequence\":"
        "null,\"usage\":{\"input_tokens\":3,\"output_tokens\":5}}"};

/* ---- what an answer says, read by the adapter of its own dialect ------------------------------------------------------ */

typedef struct reading {
    yz_sink sink;
    char text[512];
    bool done, failed;
} reading;

static void read_event(yz_sink *sink, const yz_event *e) {
    reading *r = (reading *)sink;
    size_t n = strlen(r->text);
    char *at = r->text + n;
    size_t room = sizeof(r->text) - n;
    switch (e->kind) {
    case YZ_EVENT_ITEM:
        if (e->item == YZ_PART_TOOL_CALL)
            snprintf(at, room, "|%.*s:%.*s:", YZ_STR_ARGS(e->id), YZ_STR_ARGS(e->name));
        break;
    case YZ_EVENT_DELTA:
        snprintf(at, room, "%.*s", YZ_STR_ARGS(e->text));
        break;
    case YZ_EVENT_FINISH:
        snprintf(at, room, "|finish %d", e->finish);
        break;
    case YZ_EVENT_ERROR:
        r->failed = true;
        break;
    case YZ_EVENT_DONE:
        r->done = true;
        break;
    default:
        break;
    }
}

/* Collects by translating into a document of the same dialect and reading that, or reads a document at once. */
static void read_document(const yz_adapter *adapter, yz_str bytes, reading *out) {
    yz_arena *arena = yz_arena_new(NULL);
    yz_json *json = NULL;
    *out = (reading){.sink.emit = read_event};
    if (yz_json_parse(arena, bytes, 0, &json, NULL) != YZ_OK)
        fail_msg("not JSON: %.*s", YZ_STR_ARGS(bytes));
    void *decoder = yz_alloc(arena, adapter->decoder_size);
    assert_int_equal(adapter->decode_body(decoder, json, arena, &out->sink), YZ_OK);
    yz_arena_free(arena);
}

/* ---- running --------------------------------------------------------------------------------------------------------- */

typedef struct result {
    yz_buf out;
    int code;
    yz_error_class class_;
    char message[256];
    bool forwards;
} result;

static int feed(yz_translator *t, yz_str bytes, yz_buf *out, const yz_error **error) {
    return yz_translator_chunk(t, &(yz_chunk){YZ_CHUNK, .bytes = bytes}, out, error);
}

static void run(const yz_adapter *from, bool from_stream, const yz_adapter *to, bool to_stream, yz_str bytes, size_t split, result *r) {
    yz_arena *arena = yz_arena_new(NULL);
    yz_request request = {YZ_REQUEST, .dialect = to, .op = YZ_OP_CHAT, .stream = to_stream, .model = YZ_STR("asked"), .id = YZ_STR("r1")};
    /* Answered by a provider whose options are all off; without one it would be a replay, known to have been whole. */
    static const max_align_t off[64];
    yz_provider provider = {YZ_PROVIDER, .name = YZ_STR("p"), .adapter = from, .config = off};
    yz_target target = {YZ_TARGET, &provider, YZ_STR("m-1")};
    yz_head head = {YZ_HEAD, .status = 200, .stream = from_stream, .dialect = from, .target = &target, .length = -1};
    yz_translator *t = yz_translator_new(arena, &request, &head, 7);
    const yz_error *error = NULL;
    *r = (result){.forwards = yz_translator_forwards(t)};
    size_t ends[] = {split < bytes.n ? split : bytes.n, bytes.n}, at = 0;
    for (size_t i = 0; i < 2 && r->code == YZ_OK; at = ends[i++])
        r->code = feed(t, (yz_str){bytes.p + at, ends[i] - at}, &r->out, &error);
    if (!to_stream)
        assert_true(r->forwards || r->out.n == 0); /* nothing of a document before its end */
    if (r->code == YZ_OK)
        r->code = yz_translator_end(t, NULL, &r->out, &error);
    if (r->code < 0) {
        assert_non_null(error);
        r->class_ = error->class_;
        snprintf(r->message, sizeof(r->message), "%.*s", YZ_STR_ARGS(error->message));
    }
    yz_arena_free(arena);
}

/* What a result says, whatever its form. */
static void read_result(const yz_adapter *adapter, bool stream, const result *r, reading *out) {
    if (!stream) {
        read_document(adapter, yz_buf_view(&r->out), out);
        return;
    }
    result whole;
    run(adapter, true, adapter, false, yz_buf_view(&r->out), SIZE_MAX, &whole);
    if (whole.code < 0)
        fail_msg("what was written cannot be read: %s\n%.*s", whole.message, YZ_STR_ARGS(yz_buf_view(&r->out)));
    read_document(adapter, yz_buf_view(&whole.out), out);
    yz_buf_free(&whole.out);
}

static void every_pair_says_the_same(void **state) {
    (void)state;
    for (int from = 0; from < DIALECTS; from++)
        for (int to = 0; to < DIALECTS; to++)
            for (int forms = 0; forms < 4; forms++) {
                bool from_stream = forms & 1, to_stream = forms & 2;
                yz_str bytes = yz_str_of(from_stream ? streams[from] : documents[from]);
                result r;
                run(adapters[from], from_stream, adapters[to], to_stream, bytes, SIZE_MAX, &r);
                assert_int_equal(r.code, YZ_OK);
                assert_int_equal(r.forwards, from == to && from_stream == to_stream);
                if (r.forwards) {
                    assert_int_equal(r.out.n, 0);
                    continue;
                }
                reading said;
                read_result(adapters[to], to_stream, &r, &said);
                assert_string_equal(said.text, "鱼 \\\"says\\\"|t1:look:{\\\"q\\\":1}|finish 3");
                assert_true(said.done);
                for (size_t split = 0; split < bytes.n; split++) {
                    result other;
                    run(adapters[from], from_stream, adapters[to], to_stream, bytes, split, &other);
                    assert_int_equal(other.code, YZ_OK);
                    if (!yz_str_eq(yz_buf_view(&r.out), yz_buf_view(&other.out)))
                        fail_msg("split %zu: %.*s\ninstead of %.*s", split, YZ_STR_ARGS(yz_buf_view(&other.out)),
                                 YZ_STR_ARGS(yz_buf_view(&r.out)));
                    yz_buf_free(&other.out);
                }
                yz_buf_free(&r.out);
            }
}

/* What a decoder said, as a chunk carries it. */
typedef struct listing {
    yz_sink sink;
    yz_arena *arena;
    yz_event *first, *last;
} listing;

static void list_event(yz_sink *sink, const yz_event *event) {
    listing *l = (listing *)sink;
    yz_event *copy = yz_event_copy(l->arena, event);
    *(l->last ? (const yz_event **)&l->last->next : (const yz_event **)&l->first) = copy;
    l->last = copy;
}

static void list_document(const yz_adapter *from, yz_str bytes, listing *l) {
    yz_json *json;
    assert_int_equal(yz_json_parse(l->arena, bytes, 0, &json, NULL), YZ_OK);
    assert_int_equal(from->decode_body(yz_alloc(l->arena, from->decoder_size), json, l->arena, &l->sink), YZ_OK);
}

/* Events beside the bytes lead to the answer that the bytes would lead to, and then the bytes are not read. */
static void events_say_what_the_bytes_say(void **state) {
    (void)state;
    for (int from = 0; from < DIALECTS; from++)
        for (int to_stream = 0; to_stream < 2; to_stream++) {
            result r;
            run(adapters[from], false, adapters[1 - from], to_stream, yz_str_of(documents[from]), SIZE_MAX, &r);
            yz_arena *arena = yz_arena_new(NULL);
            listing l = {.sink.emit = list_event, .arena = arena};
            list_document(adapters[from], yz_str_of(documents[from]), &l);
            yz_request request = {YZ_REQUEST,          .dialect = adapters[1 - from], .op = YZ_OP_CHAT,
                                  .stream = to_stream, .model = YZ_STR("asked"),      .id = YZ_STR("r1")};
            yz_translator *t = yz_translator_new(arena, &request, &(yz_head){YZ_HEAD, .dialect = adapters[from]}, 7);
            yz_buf out = {0};
            const yz_error *error = NULL;
            yz_chunk chunk = {YZ_CHUNK, .bytes = YZ_STR("nobody reads this"), .events = l.first};
            assert_int_equal(yz_translator_chunk(t, &chunk, &out, &error), YZ_OK);
            assert_int_equal(yz_translator_end(t, NULL, &out, &error), YZ_OK);
            assert_true(yz_str_eq(yz_buf_view(&out), yz_buf_view(&r.out)));
            yz_buf_free(&out);
            yz_buf_free(&r.out);
            yz_arena_free(arena);
        }
}

/* A stream that stops is an error wherever it stops, never a short answer. */
static void a_truncated_stream_fails(void **state) {
    (void)state;
    for (int from = 0; from < DIALECTS; from++)
        for (int to_stream = 0; to_stream < 2; to_stream++) {
            const char *finish = strstr(streams[from], "\"finish_reason\":\""); /* what comes after it may be missing */
            finish = finish ? finish : strstr(streams[from], "\"stop_reason\":\"");
            size_t n = finish ? (size_t)(finish - streams[from]) : strlen(streams[from]);
            for (size_t cut = 0; cut + 2 < n; cut++) { /* a last blank line may be missing */
                result r;
                run(adapters[from], true, adapters[1 - from], to_stream, (yz_str){streams[from], cut}, SIZE_MAX, &r);
                if (r.code == YZ_OK)
                    fail_msg("cut at %zu of %zu passed for whole: %.*s", cut, n, YZ_STR_ARGS(yz_buf_view(&r.out)));
                assert_int_equal(r.class_, YZ_ERROR_BROKEN);
                if (!to_stream)
                    assert_int_equal(r.out.n, 0);
                yz_buf_free(&r.out);
            }
        }
}

/* What a cache replays was whole when it was stored: the mark at the end is not asked for again, but what was said must be there. */
static void a_stored_answer_needs_no_mark(void **state) {
    (void)state;
    yz_arena *arena = yz_arena_new(NULL);
    yz_request request = {YZ_REQUEST, .dialect = adapters[ANTHROPIC], .op = YZ_OP_CHAT, .id = YZ_STR("r1")};
    yz_translator *t = yz_translator_new(arena, &request, &(yz_head){YZ_HEAD, .stream = true, .dialect = adapters[OPENAI]}, 7);
    yz_buf out = {0};
    const yz_error *error = NULL;
    size_t n = strlen(streams[OPENAI]) - strlen("data: [DONE]\n\n");
    assert_int_equal(feed(t, (yz_str){streams[OPENAI], n}, &out, &error), YZ_OK);
    assert_int_equal(yz_translator_end(t, NULL, &out, &error), YZ_OK);
    reading said;
    read_document(adapters[ANTHROPIC], yz_buf_view(&out), &said);
    assert_true(said.done);
    yz_buf_free(&out);
    yz_arena_free(arena);
}

static void what_is_not_the_dialect_fails(void **state) {
    (void)state;
    static const char *const bad[] = {"", "{", "[]", "null", "\"text\"", "<html>", "{\"a\":1,\"a\":2}", "{\"choices\":5}"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        for (int from = 0; from < DIALECTS; from++) {
            result r;
            run(adapters[from], false, adapters[1 - from], false, yz_str_of(bad[i]), SIZE_MAX, &r);
            assert_true(r.code < 0);
            assert_int_equal(r.out.n, 0);
            yz_buf_free(&r.out);
        }
    yz_buf text = {0};
    yz_buf_lit(&text, "data: ");
    memset(yz_buf_room(&text, YZ_READ_COLLECT), 'x', YZ_READ_COLLECT);
    text.n += YZ_READ_COLLECT;
    result r;
    run(adapters[OPENAI], true, adapters[ANTHROPIC], true, yz_buf_view(&text), SIZE_MAX, &r);
    assert_int_equal(r.code, YZ_ELIMIT);
    assert_string_equal(r.message, "the provider sent an event that is too long");
    yz_buf_free(&r.out);
    yz_buf_free(&text);
}

static void an_error_inside_ends_it(void **state) {
    (void)state;
    static const char stream[] =
        "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n"
        "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";
    result r;
    run(adapters[ANTHROPIC], true, adapters[OPENAI], true, yz_str_of(stream), SIZE_MAX, &r);
    assert_int_equal(r.code, YZ_EIO);
    assert_int_equal(r.class_, YZ_ERROR_OVERLOADED);
    assert_null(r.out.n ? memmem(r.out.p, r.out.n, "[DONE]", 6) : NULL);
    yz_buf_free(&r.out);
}

static void an_error_event_for_a_forwarded_stream(void **state) {
    (void)state;
    for (int d = 0; d < DIALECTS; d++) {
        yz_arena *arena = yz_arena_new(NULL);
        yz_request request = {YZ_REQUEST, .dialect = adapters[d], .op = YZ_OP_CHAT, .stream = true, .id = YZ_STR("r1")};
        yz_translator *t = yz_translator_new(arena, &request, &(yz_head){YZ_HEAD, .stream = true, .dialect = adapters[d]}, 7);
        assert_true(yz_translator_forwards(t));
        yz_buf out = {0};
        yz_error error = {YZ_ERROR, .class_ = YZ_ERROR_BROKEN, .message = YZ_STR("it broke")};
        yz_translator_error(t, &error, 0, &out);
        yz_buf_char(&out, 0);
        assert_non_null(strstr(out.p, "it broke"));
        assert_non_null(strstr(out.p, "data: {"));
        assert_null(strstr(out.p, "[DONE]"));
        yz_buf_free(&out);
        yz_arena_free(arena);
    }
}

/* Adapters of an endpoint alone: what they lack is done by the owner of the dialect, of the generation the request was asked of. */
static void an_adapter_without_sides_uses_the_owner(void **state) {
    (void)state;
    const yz_dialects dialects = {.owners = adapters, .n = DIALECTS};
    const yz_adapter from = {YZ_ADAPTER, .dialect = "openai-chat"}, to = {YZ_ADAPTER, .dialect = "anthropic-messages"};
    for (int known = 0; known < 2; known++) {
        yz_arena *arena = yz_arena_new(NULL);
        yz_request request = {YZ_REQUEST, .dialect = &to, .op = YZ_OP_CHAT, .dialects = known ? &dialects : NULL};
        yz_translator *t = yz_translator_new(arena, &request, &(yz_head){YZ_HEAD, .dialect = &from}, 7);
        const yz_error *error = NULL;
        yz_buf out = {0};
        int code =
            feed(t, YZ_STR("{\"choices\":[{\"index\":0,\"message\":{\"content\":\"word\"},\"finish_reason\":\"stop\"}]}"), &out, &error);
        code = code < 0 ? code : yz_translator_end(t, NULL, &out, &error);
        assert_int_equal(code, known ? YZ_OK : YZ_EUNSUPPORTED);
        assert_true(known ? memmem(out.p, out.n, "\"end_turn\"", 10) != NULL : error != NULL && out.n == 0);
        yz_buf_free(&out);
        yz_arena_free(arena);
    }
}

/* What an answer loses on its way is reported; a name the provider chose must not break out of a header. */
static void what_an_answer_loses_is_told(void **state) {
    (void)state;
    static const char from_openai[] = "{\"id\":\"c\",\"choices\":[{\"index\":0,\"message\":{\"content\":\"a\",\"refusal\":null,"
                                      "\"annotations\":[],\"audio\":{\"id\":\"x\"},"
                                      "\"new, x\":1},\"logprobs\":{\"content\":[]},\"finish_reason\":\"stop\"}]}";
    static const char from_anthropic[] =
        "{\"type\":\"message\",\"content\":[{\"type\":\"thinking\",\"thinking\":\"t\",\"signature\":\"s\"},"
        "{\"type\":\"text\",\"text\":\"a\",\"citations\":[{}]}],\"stop_reason\":\"end_turn\"}";
    static const char *const answers[DIALECTS] = {from_openai, from_anthropic};
    static const char *const told[DIALECTS] = {"top_k message.new ", "top_k content.citations "};
    yz_str lost = YZ_STR("top_k"); /* of the request */
    for (int d = 0; d < DIALECTS; d++) {
        yz_arena *arena = yz_arena_new(NULL);
        yz_request request = {YZ_REQUEST, .dialect = adapters[1 - d], .op = YZ_OP_CHAT, .id = YZ_STR("r1")};
        yz_translator *t =
            yz_translator_new(arena, &request, &(yz_head){YZ_HEAD, .dialect = adapters[d], .losses = &lost, .n_losses = 1}, 7);
        yz_buf out = {0}, names = {0};
        const yz_error *error = NULL;
        assert_int_equal(feed(t, yz_str_of(answers[d]), &out, &error), YZ_OK);
        assert_int_equal(yz_translator_end(t, NULL, &out, &error), YZ_OK);
        for (size_t i = 0; i < yz_translator_losses(t)->n; i++)
            yz_buf_printf(&names, "%.*s ", YZ_STR_ARGS(yz_translator_losses(t)->names[i]));
        yz_buf_char(&names, 0);
        assert_string_equal(names.p, told[d]);
        yz_buf_free(&names);
        yz_buf_free(&out);
        yz_arena_free(arena);
    }
}

/* Names of tools that the provider's dialect would refuse went out changed: the answer has the client's own. */
static void tools_keep_their_names(void **state) {
    (void)state;
    yz_arena *arena = yz_arena_new(NULL);
    char longest[81] = {0};
    memset(longest, 'n', 80);
    yz_str body = yz_format(
        arena,
        "{\"model\":\"m\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"tools\":["
        "{\"name\":\"fs/read.\\u0061ll\",\"input_schema\":{\"type\":\"object\"}},"
        "{\"name\":\"2fa\",\"input_schema\":{\"type\":\"object\"}},"
        "{\"name\":\"%s\",\"input_schema\":{\"type\":\"object\"}},{\"name\":\"f_0123abcd\",\"input_schema\":{\"type\":\"object\"}}]}",
        longest);
    yz_json *json = NULL;
    assert_int_equal(yz_json_parse(arena, body, 0, &json, NULL), YZ_OK);
    const yz_request request = {
        YZ_REQUEST, .dialect = adapters[ANTHROPIC], .op = YZ_OP_CHAT, .stream = true, .id = YZ_STR("r1"), .body = body, .json = json};
    yz_str own[] = {YZ_STR("fs/read.\\u0061ll"), yz_str_of(longest), YZ_STR("2fa"), YZ_STR("f_0123abcd"), YZ_STR("unknown_0123abcd")};
    yz_buf stream = {0}, out = {0};
    for (int i = 0; i < 5; i++) {
        yz_str sent = yz_tool_name(arena, own[i]);
        assert_true(sent.n <= 64 && !memchr(sent.p, '.', sent.n) && !memchr(sent.p, '/', sent.n) && !memchr("0123456789-", sent.p[0], 11));
        assert_true(yz_str_eq(sent, own[i]) == (i > 2));
        yz_buf_printf(
            &stream,
            "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":%d,\"id\":\"c%d\",\"function\":{\"name\":\"%.*s\"}}]}}]}\n\n", i, i,
            YZ_STR_ARGS(sent));
    }
    yz_translator *t = yz_translator_new(arena, &request, &(yz_head){YZ_HEAD, .stream = true, .dialect = adapters[OPENAI]}, 7);
    const yz_error *error = NULL;
    yz_buf_lit(&stream, "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"tool_calls\"}]}\n\ndata: [DONE]\n\n");
    assert_int_equal(feed(t, yz_buf_view(&stream), &out, &error), YZ_OK);
    for (int i = 0; i < 5; i++) {
        yz_str named = yz_format(arena, "\"name\":\"%.*s\"", YZ_STR_ARGS(own[i]));
        assert_non_null(memmem(out.p, out.n, named.p, named.n));
    }
    yz_buf_free(&stream);
    yz_buf_free(&out);
    yz_arena_free(arena);
}

static int load(void **state) {
    (void)state;
    static const char *const names[DIALECTS] = {"openai", "anthropic"};
    yz_diag diag = {0};
    yz_plugin_add_folder(YZ_BUILD_FOLDER "/plugins");
    for (int d = 0; d < DIALECTS; d++) {
        const yz_plugin *plugin = yz_plugin_find(yz_str_of(names[d]), &diag);
        if (!plugin) {
            print_error("%.*s", YZ_STR_ARGS(yz_buf_view(&diag.text)));
            return -1;
        }
        adapters[d] = plugin->adapter;
    }
    yz_diag_free(&diag);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_say_what_the_bytes_say),
        cmocka_unit_test(every_pair_says_the_same),
        cmocka_unit_test(a_truncated_stream_fails),
        cmocka_unit_test(a_stored_answer_needs_no_mark),
        cmocka_unit_test(what_is_not_the_dialect_fails),
        cmocka_unit_test(an_error_inside_ends_it),
        cmocka_unit_test(an_error_event_for_a_forwarded_stream),
        cmocka_unit_test(an_adapter_without_sides_uses_the_owner),
        cmocka_unit_test(what_an_answer_loses_is_told),
        cmocka_unit_test(tools_keep_their_names),
    };
    return cmocka_run_group_tests(tests, load, NULL);
}
