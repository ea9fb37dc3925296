/* test_flow.c: one read, one decode, one write: a client of one dialect, a provider of another, attempts between them; and how often
 * the adapters, as they are loaded, were asked. */
#include "dialect/neutral.h"
#include "dialect/translate.h"
#include "plugin/loader.h"
#include "provider_world.h"

enum { OPENAI, ANTHROPIC, DIALECTS };
static const yz_adapter *real[DIALECTS];
static yz_adapter counted[DIALECTS];
static max_align_t asks_usage[64];
static unsigned reads, writes, decodes, documents;

#define SHIMS(D)                                                                                                                           \
    static int read_##D(const yz_request *r, yz_arena *a, yz_losses *losses, yz_chat *out, yz_error *error) {                              \
        reads++;                                                                                                                           \
        return real[D]->read(r, a, losses, out, error);                                                                                    \
    }                                                                                                                                      \
    static int write_##D(const yz_provider *p, const yz_chat *chat, const yz_target *t, yz_arena *a, yz_losses *losses, yz_buf *out) {     \
        writes++;                                                                                                                          \
        return real[D]->write(p, chat, t, a, losses, out);                                                                                 \
    }                                                                                                                                      \
    static int event_##D(void *decoder, yz_str name, yz_str data, yz_arena *a, yz_sink *sink) {                                            \
        decodes++;                                                                                                                         \
        return real[D]->decode_event(decoder, name, data, a, sink);                                                                        \
    }                                                                                                                                      \
    static int body_##D(void *decoder, const yz_json *body, yz_arena *a, yz_sink *sink) {                                                  \
        documents++;                                                                                                                       \
        return real[D]->decode_body(decoder, body, a, sink);                                                                               \
    }
SHIMS(OPENAI)
SHIMS(ANTHROPIC)

static void count(int d, const yz_adapter *adapter) {
    real[d] = adapter;
    counted[d] = *adapter;
    counted[d].read = d == OPENAI ? read_OPENAI : read_ANTHROPIC;
    counted[d].write = d == OPENAI ? write_OPENAI : write_ANTHROPIC;
    counted[d].decode_event = d == OPENAI ? event_OPENAI : event_ANTHROPIC;
    counted[d].decode_body = d == OPENAI ? body_OPENAI : body_ANTHROPIC;
}

/* ---- the client: the translator of the edge --------------------------------------------------------------------------------- */

static yz_translator *translator;
static yz_buf out;
static bool told, over, failed;

static void edge_head(void *arg, yz_call *child, const yz_head *head) {
    (void)arg, (void)child;
    translator = yz_translator_new(arena, &request, head, 7);
}
static void edge_chunk(void *arg, yz_call *child, const yz_chunk *chunk) {
    (void)arg, (void)child;
    const yz_error *error;
    told |= chunk->events != NULL;
    if (yz_translator_forwards(translator))
        yz_buf_str(&out, chunk->bytes);
    else
        assert_int_equal(yz_translator_chunk(translator, chunk, &out, &error), YZ_OK);
}
static void edge_end(void *arg, yz_call *child, const yz_end *end) {
    (void)arg, (void)child, (void)end;
    const yz_error *error;
    if (!yz_translator_forwards(translator))
        assert_int_equal(yz_translator_end(translator, NULL, &out, &error), YZ_OK);
    over = true;
}
static void edge_error(void *arg, yz_call *child, const yz_error *error) {
    (void)arg, (void)child;
    print_error("%.*s\n", YZ_STR_ARGS(error->message));
    over = failed = true;
}
static const yz_parent edge = {YZ_PARENT, edge_head, edge_chunk, edge_end, edge_error};

/* ---- attempts: three, on the targets in turn ---------------------------------------------------------------------------------- */

static const yz_target *targets[3];

static void attempt_next(yz_call *above) {
    unsigned *n = yz_state(above);
    yz_request *copy = yz_request_copy(yz_call_arena(above), yz_call_request(above));
    copy->target = targets[(*n)++];
    yz_next(above, copy);
}
static void attempt_call(yz_call *above, const yz_request *asked) {
    (void)asked;
    attempt_next(above);
}
static void attempt_error(yz_call *above, yz_call *child, const yz_error *error) {
    (void)child;
    if (*(unsigned *)yz_state(above) < 3)
        attempt_next(above);
    else
        yz_send_error(above, error);
}
static const yz_filter attempts = {YZ_FILTER, .call_size = sizeof(unsigned), .on_call = attempt_call, .on_error = attempt_error};

/* ---- what is sent ------------------------------------------------------------------------------------------------------------- */

static const char *const asked[DIALECTS] = {
    [OPENAI] = "{\"model\":\"our-name\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}",
    [ANTHROPIC] = "{\"model\":\"our-name\",\"stream\":true,\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"};
static const char *const one_document[DIALECTS] = {
    [OPENAI] = JSON_HEAD "connection: close\r\n\r\n{\"id\":\"c\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":"
                         "\"word\"},\"finish_reason\":\"stop\"}]}",
    [ANTHROPIC] = JSON_HEAD "connection: close\r\n\r\n{\"id\":\"c\",\"type\":\"message\",\"role\":\"assistant\",\"content\":[{\"type\":"
                            "\"text\",\"text\":\"word\"}],\"stop_reason\":\"end_turn\"}"};
#define REFUSED "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 2\r\n\r\n{}"

/* A stream of 14 events. */
static yz_str fourteen(int d) {
    static char text[4096];
    size_t n = (size_t)snprintf(text, sizeof text, "%sconnection: close\r\n\r\n", SSE_HEAD);
#define ADD(...) n += (size_t)snprintf(text + n, sizeof text - n, __VA_ARGS__)
    if (d == ANTHROPIC) {
        ADD("event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"c\",\"content\":[]}}\n\n");
        ADD("event: content_block_start\ndata: "
            "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n");
        for (int i = 0; i < 9; i++)
            ADD("event: content_block_delta\ndata: "
                "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"w%d \"}}\n\n",
                i);
        ADD("event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n");
        ADD("event: message_delta\ndata: "
            "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":9}}"
            "\n\n");
        ADD("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n");
    } else {
        for (int i = 0; i < 12; i++)
            ADD("data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"w%d \"},\"finish_reason\":null}]}\n\n", i);
        ADD("data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n");
    }
#undef ADD
    return (yz_str){text, n};
}

static void ask(int client, int server, const peer_script *scripts, size_t n) {
    static max_align_t off[64];
    static yz_link two[2];
    serve(scripts, n);
    provider.pub.adapter = &counted[server];
    provider.pub.config = off;
    two[0] = (yz_link){.filter = &attempts, .name = "attempts"};
    two[1] = links[0];
    chain.links = two;
    chain.n = 2;
    for (int i = 0; i < 3; i++)
        targets[i] = targets[i] ? targets[i] : &target;
    request.dialect = &counted[client];
    ask_json(asked[client]);
    yz_request_place(arena, &request);
    request.stream = true;
    yz_call_start(&F.worker, &chain, 0, &request, NULL, &edge, NULL);
    fixture_wait(&over, 8000);
    fixture_turn();
    assert_false(failed);
    assert_int_equal(yz_call_count(&F.worker), 0);
}

static bool says(const char *text) { return out.n && memmem(out.p, out.n, text, strlen(text)) != NULL; }

static int open_flow(void **state) {
    set_up(state);
    reads = writes = decodes = documents = 0;
    told = over = failed = false;
    memset(targets, 0, sizeof targets);
    return 0;
}
static int close_flow(void **state) {
    yz_buf_free(&out);
    return tear_down(state);
}

/* ---- the counts --------------------------------------------------------------------------------------------------------------- */

static void a_translated_stream_is_decoded_once(void **state) {
    int server = **(const int **)state;
    yz_str answer = fourteen(server);
    peer_script script = {.answer = answer.p, .n = answer.n, .close = true};
    ask(1 - server, server, &script, 1);
    assert_true(told && says("w8 "));
    assert_true(says(server == OPENAI ? "message_stop" : "[DONE]"));
    assert_int_equal(decodes, 14);
    assert_int_equal(reads, 1);
    assert_int_equal(writes, 1);
}

static void byte_by_byte_says_the_same(void **state) {
    int server = **(const int **)state;
    yz_str answer = fourteen(server);
    peer_script script = {.answer = answer.p, .n = answer.n, .close = true, .step = 7};
    ask(1 - server, server, &script, 1);
    assert_true(says("w0 ") && says("w8 ") && says(server == OPENAI ? "message_stop" : "[DONE]"));
    assert_int_equal(decodes, 14);
}

/* Two attempts fail: the request is read once and written once. */
static void retries_read_and_write_once(void **state) {
    int server = **(const int **)state;
    yz_str answer = fourteen(server);
    const peer_script scripts[] = {{.answer = REFUSED}, {.answer = REFUSED}, {.answer = answer.p, .n = answer.n, .close = true}};
    ask(1 - server, server, scripts, 3);
    assert_int_equal(P.turn, 3);
    assert_int_equal(reads, 1);
    assert_int_equal(writes, 1);
    assert_int_equal(decodes, 14);
}

/* … and once more for each other target. */
static void another_target_is_written_once_more(void **state) {
    int server = **(const int **)state;
    yz_target other = {YZ_TARGET, .provider = &provider.pub, .model = YZ_STR("their-other")};
    targets[1] = &other;
    yz_str answer = fourteen(server);
    const peer_script scripts[] = {{.answer = REFUSED}, {.answer = REFUSED}, {.answer = answer.p, .n = answer.n, .close = true}};
    ask(1 - server, server, scripts, 3);
    assert_int_equal(reads, 1);
    assert_int_equal(writes, 2);
}

/* A provider that answers with a document, of another dialect or of the client's own: that is decoded once as well. */
static void a_document_is_decoded_once(void **state) {
    int server = **(const int **)state;
    for (int client = 0; client < DIALECTS; client++) {
        peer_script script = {.answer = one_document[server], .close = true};
        documents = 0;
        over = told = false;
        out.n = 0;
        ask(client, server, &script, 1);
        assert_true(told && says("word") && says(client == ANTHROPIC ? "message_stop" : "[DONE]"));
        assert_int_equal(documents, 1);
        peer_close(&P);
        memset(&P, 0, sizeof P);
    }
}

/* Nobody needs events where bytes are forwarded. */
static void the_same_dialect_collects_nothing(void **state) {
    int server = **(const int **)state;
    yz_str answer = fourteen(server);
    peer_script script = {.answer = answer.p, .n = answer.n, .close = true};
    ask(server, server, &script, 1);
    assert_true(!told && says("w8 "));
    assert_int_equal(decodes, 14);
    assert_int_equal(reads, 0);
    assert_int_equal(writes, 0);
}

/* ---- usage that the client did not ask for --------------------------------------------------------------------------------------- */

#define CHUNK_A "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"},\"finish_reason\":null}],\"usage\":null}\n\n"
#define CHUNK_B "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}],\"usage\":null}\n\n"
#define COUNTS  "data: {\"id\":\"c\",\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":7,\"total_tokens\":10}}\n\n"
#define END     "data: [DONE]\n\n"
#define HI      "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]"
#define ASKED   "\"stream_options\":{\"include_usage\":true"

/* `body` goes to an OpenAI provider, which gets `wanted` and answers with its counts. */
static void ask_own(const char *body, const char *wanted, bool shown) {
    peer_script script = {.answer = SSE_HEAD "connection: close\r\n\r\n" CHUNK_A CHUNK_B COUNTS END, .close = true, .step = 11};
    serve(&script, 1);
    provider.pub.adapter = &counted[OPENAI];
    provider.pub.config = asks_usage;
    request.dialect = &counted[OPENAI];
    ask_json(body);
    request.stream = true;
    run();
    expect_bytes(shown ? CHUNK_A CHUNK_B COUNTS END : CHUNK_A CHUNK_B END);
    assert_int_equal(yz_usage_get(S.end.usage, YZ_METER_INPUT), 3);
    assert_int_equal(yz_usage_get(S.end.usage, YZ_METER_OUTPUT), 7);
    yz_str got = yz_buf_view(&P.last);
    if (!memmem(got.p, got.n, wanted, strlen(wanted)))
        fail_msg("%.*s\ndoes not hold %s", YZ_STR_ARGS(got), wanted);
    peer_close(&P);
    memset(&P, 0, sizeof P);
}

static void usage_is_asked_for_and_hidden(void **state) {
    (void)state;
    ask_own(" {" HI ",\"n\" : 1.0,\"model\":\"our-name\"}", "\r\n\r\n {" ASKED "}," HI ",\"n\" : 1.0,\"model\":\"their-name\"}", false);
    ask_own("{\"model\":\"our-name\"," HI ",\"stream_options\":{}}", "{\"model\":\"their-name\"," HI "," ASKED "}}", false);
    ask_own("{" HI ",\"stream_options\":{\"x\":1},\"model\":\"our-name\"}", "{" HI "," ASKED ",\"x\":1},\"model\":\"their-name\"}", false);
    ask_own("{" HI ",\"stream_options\":{\"include_usage\":false}}", "{" HI "," ASKED "}}", false);
    ask_own("{" HI ",\"stream_options\":null}", "{" HI "," ASKED "}}", false);
}

static void usage_that_was_asked_for_is_shown(void **state) {
    (void)state;
    ask_own("{" HI "," ASKED "}}", "{" HI "," ASKED "}}", true);
}

/* The options of a provider that takes stream_options. */
static void set_asks_usage(const yz_plugin *plugin) {
    assert_true(plugin->config_size <= sizeof asks_usage);
    for (size_t i = 0; i < plugin->n_options; i++)
        if (strcmp(plugin->options[i].name, "include_usage") == 0)
            *(bool *)((char *)asks_usage + plugin->options[i].offset) = true;
}

static int load(void **state) {
    (void)state;
    static const char *const names[DIALECTS] = {"openai", "anthropic"};
    yz_diag diag = {0};
    yz_plugin_add_folder(YZ_BUILD_FOLDER "/plugins");
    for (int d = 0; d < DIALECTS; d++) {
        const yz_plugin *plugin = yz_plugin_find(yz_str_of(names[d]), &diag);
        if (!plugin)
            return -1;
        count(d, plugin->adapter);
        if (d == OPENAI)
            set_asks_usage(plugin);
    }
    yz_diag_free(&diag);
    return 0;
}

static const int openai = OPENAI, anthropic = ANTHROPIC;
#define BOTH(name)                                                                                                                         \
    {#name ": openai", name, open_flow, close_flow, (void *)&openai}, {                                                                    \
#name ": anthropic", name, open_flow, close_flow, (void *)&anthropic                                                               \
    }

int main(void) {
    const struct CMUnitTest tests[] = {
        BOTH(a_translated_stream_is_decoded_once), BOTH(byte_by_byte_says_the_same),        BOTH(retries_read_and_write_once),
        BOTH(another_target_is_written_once_more), BOTH(a_document_is_decoded_once),        BOTH(the_same_dialect_collects_nothing),
        TEST(usage_is_asked_for_and_hidden),       TEST(usage_that_was_asked_for_is_shown),
    };
    return cmocka_run_group_tests(tests, load, NULL);
}
