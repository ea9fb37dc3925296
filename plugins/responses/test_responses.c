/* The responses adapter: what a request becomes, and what an answer looks like to a client, event by event. */
#include "base/arena.h"
#include "base/diag.h"
#include "cli/conform.h"
#include "plugin/loader.h"
#include "plugin/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static const yz_adapter *adapter, *openai;
static const void *config;
static yz_arena *arena;

static const yz_plugin *load(const char *name, yz_diag *diag) {
    const yz_plugin *plugin = yz_plugin_load(yz_format(arena, YZ_BUILD_FOLDER "/plugins/%s.so", name).p, diag);
    assert_non_null(plugin);
    return plugin;
}

static int set_up(void **state) {
    (void)state;
    yz_diag diag = {0};
    arena = yz_arena_new(NULL);
    adapter = load("responses", &diag)->adapter;
    const yz_plugin *plugin = load("openai", &diag);
    openai = plugin->adapter;
    config = yz_options_config(plugin, NULL, arena, &diag);
    assert_non_null(config);
    yz_diag_free(&diag);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    yz_arena_free(arena);
    return 0;
}

/* ---- requests ------------------------------------------------------------------------------------------------------------------ */

/* The body towards a Chat Completions server, or the words of the refusal. */
static yz_str written(const char *body) {
    yz_losses losses;
    yz_error error;
    yz_buf out = {0};
    int code = yz_play_request(adapter, openai, config, YZ_STR("llama"), yz_str_of(body), arena, &losses, &out, &error);
    for (size_t i = 0; code == YZ_OK && i < losses.n; i++)
        yz_buf_printf(&out, " LOST %.*s", YZ_STR_ARGS(losses.names[i]));
    yz_str text = code == YZ_OK ? yz_dup(arena, yz_buf_view(&out)) : yz_dup(arena, error.message);
    yz_buf_free(&out);
    return text;
}

static void assert_holds(yz_str text, const char *piece) {
    if (!text.n || !memmem(text.p, text.n, piece, strlen(piece)))
        fail_msg("wanted %s in %.*s", piece, YZ_STR_ARGS(text));
}

static void requests_become_chats(void **state) {
    (void)state;
    static const struct {
        const char *body, *piece;
    } table[] = {
        {"{\"model\":\"m\",\"input\":\"hi\",\"instructions\":\"be brief\"}",
         "\"messages\":[{\"role\":\"system\",\"content\":\"be brief\"},{\"role\":\"user\",\"content\":\"hi\"}]"},
        {"{\"model\":\"m\",\"input\":[{\"role\":\"developer\",\"content\":[{\"type\":\"input_text\",\"text\":\"a\"}]}]}",
         "{\"role\":\"system\",\"content\":\"a\"}"},
        {"{\"model\":\"m\",\"input\":\"x\",\"max_output_tokens\":9,\"text\":{\"format\":{\"type\":\"json_schema\",\"name\":\"n\","
         "\"schema\":{}}}}",
         "\"json_schema\":{\"name\":\"n\",\"schema\":{}"},
        {"{\"model\":\"m\",\"input\":\"x\",\"tools\":[{\"type\":\"namespace\",\"name\":\"s\",\"tools\":[{\"type\":\"function\",\"name\":"
         "\"f\"}]}]}",
         "\"name\":\"s__f\""},
        {"{\"model\":\"m\",\"input\":\"x\",\"tools\":[{\"type\":\"web_search\"}]}", " LOST tools.web_search"},
        {"{\"model\":\"m\",\"input\":\"x\",\"previous_response_id\":\"resp_1\"}", "send all items in input"},
        {"{\"model\":\"m\",\"input\":[{\"type\":\"item_reference\",\"id\":\"rs_1\"}]}", "send the item itself"},
        {"{\"model\":\"m\",\"input\":[{\"type\":\"function_call_output\",\"call_id\":\"c\",\"output\":\"o\"}]}", "the call_id of a call"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        assert_holds(written(table[i].body), table[i].piece);
}

/* Codex: a message between a call and its result, and two calls in a row. */
static void results_stand_behind_their_calls(void **state) {
    (void)state;
    yz_str chat = written("{\"model\":\"m\",\"input\":[{\"role\":\"user\",\"content\":\"go\"},"
                          "{\"type\":\"function_call\",\"call_id\":\"a\",\"name\":\"f\",\"arguments\":\"{}\"},"
                          "{\"type\":\"function_call\",\"call_id\":\"b\",\"name\":\"f\",\"arguments\":\"{}\"},"
                          "{\"role\":\"user\",\"content\":\"wait\"},"
                          "{\"type\":\"function_call_output\",\"call_id\":\"a\",\"output\":\"1\"},"
                          "{\"type\":\"function_call_output\",\"call_id\":\"b\",\"output\":[{\"type\":\"input_text\",\"text\":\"2\"}]}]}");
    assert_holds(chat, "{\"role\":\"tool\",\"tool_call_id\":\"a\",\"content\":\"1\"},"
                       "{\"role\":\"tool\",\"tool_call_id\":\"b\",\"content\":\"2\"},{\"role\":\"user\",\"content\":\"wait\"}");
}

/* ---- answers ------------------------------------------------------------------------------------------------------------------- */

/* A recorded answer of Chat Completions as this dialect's. */
static yz_str answered(const char *chunks, bool stream) {
    yz_recording record;
    yz_buf out = {0};
    yz_recording_init(&record, arena);
    yz_play_stream(openai, yz_str_of(chunks), NULL, 0, &record);
    yz_play_encode(adapter, &record, stream, true, &out);
    yz_str text = yz_dup(arena, yz_buf_view(&out));
    yz_buf_free(&out);
    return text;
}

#define CHUNK(delta, finish)                                                                                                               \
    "data: {\"id\":\"x\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":" delta    \
    ",\"finish_reason\":" finish "}]}\n\n"
#define CALL(args)                                                                                                                         \
    CHUNK("{\"tool_calls\":[{\"index\":0,\"id\":\"c\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"" args "\"}}]}",  \
          "null")

static void streams_keep_the_official_order(void **state) {
    (void)state;
    static const char *const order[] = {"created",
                                        "in_progress",
                                        "output_item.added",
                                        "reasoning_summary_part.added",
                                        "reasoning_summary_text.delta",
                                        "reasoning_summary_text.done",
                                        "reasoning_summary_part.done",
                                        "output_item.done",
                                        "output_item.added",
                                        "content_part.added",
                                        "output_text.delta",
                                        "output_text.done",
                                        "content_part.done",
                                        "output_item.done",
                                        "output_item.added",
                                        "function_call_arguments.delta",
                                        "function_call_arguments.done",
                                        "output_item.done",
                                        "completed"};
    yz_str rest = answered(CHUNK("{\"reasoning_content\":\"hm\"}", "null") CHUNK("{\"content\":\"hi\"}", "null") CALL("{}")
                               CHUNK("{}", "\"tool_calls\"") "data: [DONE]\n\n",
                           true);
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        yz_str head =
            yz_format(arena, "event: response.%s\ndata: {\"type\":\"response.%s\",\"sequence_number\":%zu,", order[i], order[i], i);
        if (!yz_str_starts(rest, head.p))
            fail_msg("wanted %s, got %.*s", order[i], YZ_STR_ARGS(rest));
        const char *end = memmem(rest.p, rest.n, "\n\n", 2);
        rest = (yz_str){end + 2, rest.n - (size_t)(end + 2 - rest.p)};
    }
    assert_int_equal(rest.n, 0);
}

static void what_was_cut_or_failed_says_so(void **state) {
    (void)state;
    yz_str cut = answered(CHUNK("{\"content\":\"hi\"}", "\"length\"") "data: [DONE]\n\n", false);
    assert_holds(cut, "\"status\":\"incomplete\"");
    assert_holds(cut, "\"incomplete_details\":{\"reason\":\"max_output_tokens\"}");
    assert_holds(cut, "\"text\":\"hi\"");
    yz_str failed = answered(
        CHUNK("{\"content\":\"hi\"}", "null") "data: {\"error\":{\"message\":\"slow\",\"code\":\"rate_limit_exceeded\"}}\n\n", true);
    assert_holds(failed, "event: response.failed\n");
    assert_holds(failed, "\"error\":{\"code\":\"rate_limit_exceeded\",\"message\":\"slow\"}");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_become_chats),
        cmocka_unit_test(results_stand_behind_their_calls),
        cmocka_unit_test(streams_keep_the_official_order),
        cmocka_unit_test(what_was_cut_or_failed_says_so),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
