/* The demo provider: what it says, in whose dialect, how it paces, and each fault it can be asked for. */
#include "compose.c"
#include "film.c"
#include "made.c"
#include "song.c"
#include "value.c"
#include "video.c"

#include "demo.c"

#include "base/diag.h"
#include "cli/conform.h"
#include "plugin/loader.h"
#include "tree_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static world w;
static const yz_adapter *dialects[2];
static demo_config config = {.pace = 10};
static const yz_provider provider = {YZ_PROVIDER, .name = {"demo", 4}, .adapter = &adapter, .config = &config};
static const yz_target target = {YZ_TARGET, .provider = &provider, .model = {"gpt-5.2", 7}};

/* ---- asking ------------------------------------------------------------------------------------------------------------ */

static char got[65536];
static yz_head got_head;
static yz_usage got_usage;
static yz_error_class got_error;
static int ends, errors, chunks, status;

static void on_head(void *arg, yz_call *child, const yz_head *head) {
    (void)arg, (void)child;
    got_head = *head;
}
static void on_chunk(void *arg, yz_call *child, const yz_chunk *chunk) {
    (void)arg, (void)child;
    size_t n = strlen(got);
    assert_true(n + chunk->bytes.n < sizeof got);
    memcpy(got + n, chunk->bytes.p, chunk->bytes.n);
    got[n + chunk->bytes.n] = 0;
    chunks++;
}
static void on_end(void *arg, yz_call *child, const yz_end *done) {
    (void)arg, (void)child;
    got_usage = *done->usage;
    ends++;
}
static void on_error(void *arg, yz_call *child, const yz_error *error) {
    (void)arg, (void)child;
    got_error = error->class_;
    status = yz_error_status(error);
    errors++;
}
static const yz_parent parent = {YZ_PARENT, on_head, on_chunk, on_end, on_error};

/* Asks and lets `ms` pass. The answer as events, in a string that lives until the next question. */
static const char *ask(int dialect, const char *body, int64_t ms) {
    static yz_buf out;
    yz_arena *arena = yz_arena_new(NULL);
    yz_json *json;
    yz_error error;
    yz_str bytes = yz_dup(arena, yz_str_of(body));
    assert_int_equal(yz_json_parse(arena, bytes, 0, &json, NULL), YZ_OK);
    yz_request *request = yz_alloc(arena, sizeof *request);
    request->size = sizeof *request;
    *request = (yz_request){YZ_REQUEST,   .dialect = dialects[dialect], .op = YZ_OP_CHAT, .body = bytes,
                            .json = json, .id = YZ_STR("r1"),           .target = &target};
    assert_int_equal(request->dialect->accept(request, arena, &error), YZ_OK);
    yz_link link = {.filter = &local, .name = "demo", .config = &config};
    yz_chain chain = {.links = &link, .n = 1};
    got[0] = 0;
    ends = errors = chunks = status = 0;
    yz_call *call = yz_call_start(&w.worker, &chain, 0, request, NULL, &parent, NULL);
    world_pass(&w, ms);
    out.n = 0;
    yz_recording r;
    yz_recording_init(&r, arena);
    if (ends && request->stream)
        yz_play_stream(dialects[dialect], yz_str_of(got), NULL, 0, &r);
    else if (ends)
        yz_play_document(dialects[dialect], yz_str_of(got), &r);
    if (!ends && !errors)
        yz_cancel(call);
    yz_recording_print(&r, &out);
    yz_buf_char(&out, 0);
    world_settle(&w);
    assert_null(r.fault);
    assert_int_equal(yz_call_count(&w.worker), 0);
    yz_arena_free(arena);
    return out.p;
}

static void has(const char *text, const char *part) {
    if (!strstr(text, part))
        fail_msg("no \"%s\" in\n%s", part, text);
}
static void has_not(const char *text, const char *part) {
    if (strstr(text, part))
        fail_msg("\"%s\" in\n%s", part, text);
}

/* ---- tests ----------------------------------------------------------------------------------------------------------------- */

static void names_the_model_and_the_question(void **state) {
    (void)state;
    const char *said = ask(0, "{\"model\":\"gpt-5.2\",\"messages\":[{\"role\":\"user\",\"content\":\"Why \\\"so\\\"?\"}]}", 0);
    has(said, "standing in for gpt-5.2");
    has(said, "Why \\\"so\\\"?");
    has(said, "FINISH stop\nDONE");
    assert_int_equal(chunks, 1);
    assert_true(yz_usage_get(&got_usage, YZ_METER_INPUT) > 0 && yz_usage_get(&got_usage, YZ_METER_OUTPUT) > 10);
    has(ask(0, "{\"model\":\"kimi-k2.5\",\"messages\":[{\"role\":\"user\",\"content\":\"都江堰是谁修的？\"}]}", 0), "代替模型 kimi-k2.5");
}

static void streams_in_pieces_at_its_pace(void **state) {
    (void)state;
    const char *said = ask(0,
                           "{\"model\":\"m\",\"stream\":true,\"stream_options\":{\"include_usage\":true},\"messages\":[{\"role\":\"user\","
                           "\"content\":\"Hi\"}]}",
                           60000);
    has(said, "standing in for m");
    has(said, "USAGE input=");
    assert_true(chunks > 20);
    assert_true(got_head.stream);
    ask(0, "{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}", 35);
    assert_int_equal(chunks, 4); /* at 0, 10, 20 and 30 ms */
}

static void answers_in_the_clients_dialect(void **state) {
    (void)state;
    const char *said = ask(1, "{\"model\":\"claude\",\"max_tokens\":500,\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}", 0);
    has(said, "standing in for claude");
    has(got, "\"type\":\"message\"");
    assert_string_equal(got_head.dialect->dialect, "anthropic-messages");
}

static void keeps_to_the_limit(void **state) {
    (void)state;
    const char *said = ask(0, "{\"model\":\"m\",\"max_tokens\":3,\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}", 0);
    has(said, "DELTA 0 This is the \n");
    has(said, "output=3");
    has(said, "FINISH length");
}

#define TOOLS                                                                                                                              \
    "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"get_weather\",\"parameters\":{\"type\":\"object\",\"properties\":{"        \
    "\"city\":{\"type\":\"string\"},\"days\":{\"type\":\"integer\"},\"unit\":{\"enum\":[\"C\",\"F\"]},\"at\":{\"type\":[\"null\","         \
    "\"array\"],\"items\":{\"type\":\"number\"}}}}}}]"

static void calls_the_tool_that_is_asked_for(void **state) {
    (void)state;
    const char *call = "ITEM 0 call id=call_demo_1 name=get_weather\nDELTA 0 "
                       "{\\\"city\\\":\\\"demo\\\",\\\"days\\\":1,\\\"unit\\\":\\\"C\\\",\\\"at\\\":[1.5]}";
    has(ask(0, "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"Use get_weather.\"}]," TOOLS "}", 0), call);
    has(ask(0, "{\"model\":\"m\",\"tool_choice\":\"required\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]," TOOLS "}", 0),
        "FINISH tools");
    has_not(ask(0, "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]," TOOLS "}", 0), "call");
    has_not(
        ask(0, "{\"model\":\"m\",\"tool_choice\":\"none\",\"messages\":[{\"role\":\"user\",\"content\":\"get_weather\"}]," TOOLS "}", 0),
        " call ");
    has(ask(0,
            "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"get_weather\"},{\"role\":\"assistant\",\"content\":null,"
            "\"tool_calls\":[{\"id\":\"c\",\"type\":\"function\",\"function\":{\"name\":\"get_weather\",\"arguments\":\"{}\"}}]},"
            "{\"role\":\"tool\",\"tool_call_id\":\"c\",\"content\":\"Rain\"}]," TOOLS "}",
            0),
        "The tool answered: Rain");
}

static void fits_the_form_that_is_asked_for(void **state) {
    (void)state;
    has(ask(0,
            "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"response_format\":{\"type\":\"json_schema\","
            "\"json_schema\":{\"name\":\"n\",\"schema\":{\"type\":\"object\",\"properties\":{\"ok\":{\"type\":\"boolean\"}}}}}}",
            0),
        "DELTA 0 {\\\"ok\\\":true}");
    has(ask(0, "{\"model\":\"m\",\"reasoning_effort\":\"low\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}", 0),
        "ITEM 0 reasoning\nDELTA 0 First think");
}

static const char *ask_fault(const char *fault, bool stream) {
    char body[512];
    snprintf(body, sizeof body, "{\"model\":\"m\",\"stream\":%s,\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"metadata\":{%s}}",
             stream ? "true" : "false", fault);
    return ask(0, body, 60000);
}

static void fails_on_demand(void **state) {
    (void)state;
    for (int stream = 0; stream < 2; stream++) {
        ask_fault("\"demo.fault\":\"429\"", stream);
        assert_int_equal(errors, 1);
        assert_int_equal(got_error, YZ_ERROR_RATE_LIMIT);
        ask_fault("\"demo.fault\":\"500\"", stream);
        assert_int_equal(status, 502);
        ask_fault("\"demo.fault\":\"timeout\"", stream);
        assert_int_equal(errors + ends + chunks, 0);
        ask_fault("\"demo.fault\":\"truncate\"", stream);
        assert_int_equal(got_error, YZ_ERROR_BROKEN);
        assert_true(stream ? chunks > 5 : chunks == 0);
        ask_fault("\"demo.fault\":\"error\"", stream);
        assert_int_equal(got_error, YZ_ERROR_OVERLOADED);
        ask_fault("\"demo.fault\":\"500\",\"demo.fault_at\":\"another\"", stream);
        assert_int_equal(ends, 1);
        ask_fault("\"demo.fault\":\"500\",\"demo.fault_at\":\"demo\"", stream);
        assert_int_equal(errors, 1);
    }
}

static void waits_on_demand(void **state) {
    (void)state;
    ask(0, "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"metadata\":{\"demo.delay\":\"2s\"}}", 1999);
    assert_int_equal(ends, 0);
    ask(0, "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"metadata\":{\"demo.delay\":\"200ms\"}}", 200);
    assert_int_equal(ends, 1);
}

static int set_up(void **state) {
    (void)state;
    yz_diag diag = {0};
    const char *const files[] = {YZ_BUILD_FOLDER "/plugins/openai.so", YZ_BUILD_FOLDER "/plugins/anthropic.so"};
    for (int i = 0; i < 2; i++) {
        const yz_plugin *plugin = yz_plugin_load(files[i], &diag);
        if (!plugin)
            fail_msg("%.*s", (int)diag.text.n, diag.text.p);
        dialects[i] = plugin->adapter;
    }
    yz_diag_free(&diag);
    world_open(&w);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    world_close(&w);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_the_model_and_the_question),
        cmocka_unit_test(streams_in_pieces_at_its_pace),
        cmocka_unit_test(answers_in_the_clients_dialect),
        cmocka_unit_test(keeps_to_the_limit),
        cmocka_unit_test(calls_the_tool_that_is_asked_for),
        cmocka_unit_test(fits_the_form_that_is_asked_for),
        cmocka_unit_test(fails_on_demand),
        cmocka_unit_test(waits_on_demand),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
