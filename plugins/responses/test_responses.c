/* The responses adapter: what a request becomes, and what an answer looks like to a client, event by event. */
#include "base/arena.h"
#include "base/diag.h"
#include "call/node.h"
#include "cli/conform.h"
#include "facts.h"
#include "plugin/loader.h"
#include "plugin/options.h"
#include "responses.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static const yz_adapter *adapter, *openai;
static const void *config;
static const rs_config *defaults; /* of this adapter towards providers */
static yz_arena *arena;

/* With the test's arena, and nothing else. */
static const yz_call *a_call(void) {
    static yz_call call;
    call.arena = arena;
    return &call;
}

static const yz_plugin *load(const char *name, yz_diag *diag) {
    const yz_plugin *plugin = yz_plugin_load(yz_format(arena, YZ_BUILD_FOLDER "/plugins/%s.so", name).p, diag);
    assert_non_null(plugin);
    return plugin;
}

static int set_up(void **state) {
    (void)state;
    yz_diag diag = {0};
    arena = yz_arena_new(NULL);
    const yz_plugin *plugin = load("responses", &diag);
    adapter = plugin->adapter;
    defaults = yz_options_config(plugin, NULL, arena, &diag);
    assert_non_null(defaults);
    plugin = load("openai", &diag);
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

/* Kimi: ids of calls that begin anew in each turn. */
static void results_follow_the_last_call_of_their_id(void **state) {
    (void)state;
#define TURN                                                                                                                               \
    "{\"type\":\"function_call\",\"call_id\":\"f:0\",\"name\":\"f\",\"arguments\":\"{}\"},{\"type\":\"function_call_output\",\"call_id\":" \
    "\"f:0\",\"output\":"
    yz_str chat = written("{\"model\":\"m\",\"input\":[{\"role\":\"user\",\"content\":\"go\"}," TURN "\"1\"}," TURN "\"2\"}]}");
    assert_holds(chat, "{\"role\":\"tool\",\"tool_call_id\":\"f:0\",\"content\":\"1\"},{\"role\":\"assistant\"");
    assert_holds(chat, "{\"role\":\"tool\",\"tool_call_id\":\"f:0\",\"content\":\"2\"}]");
}

/* ---- towards providers ------------------------------------------------------------------------------------------------------ */

/* A request of this dialect through the neutral form and back, towards a provider with these options. */
static yz_str sent_to(const rs_config *options, const char *model, const char *body) {
    yz_losses losses;
    yz_error error;
    yz_buf out = {0};
    int code = yz_play_request(adapter, adapter, options, yz_str_of(model), yz_str_of(body), arena, &losses, &out, &error);
    assert_int_equal(code, YZ_OK);
    for (size_t i = 0; i < losses.n; i++)
        yz_buf_printf(&out, " LOST %.*s", YZ_STR_ARGS(losses.names[i]));
    yz_str text = yz_dup(arena, yz_buf_view(&out));
    yz_buf_free(&out);
    return text;
}

static void assert_lacks(yz_str text, const char *piece) {
    if (text.n && memmem(text.p, text.n, piece, strlen(piece)))
        fail_msg("did not want %s in %.*s", piece, YZ_STR_ARGS(text));
}

#define TALK                                                                                                                               \
    "{\"model\":\"m\",\"input\":[{\"role\":\"user\",\"content\":\"q\"},{\"type\":\"reasoning\",\"id\":\"rs_1\",\"summary\":[{\"type\":"    \
    "\"summary_text\","                                                                                                                    \
    "\"text\":\"hm\"}],\"encrypted_content\":\"%s\"},{\"type\":\"function_call\",\"call_id\":\"c\",\"name\":\"f\",\"arguments\":\"{}\"},"  \
    "{\"type\":\"function_call_output\",\"call_id\":\"c\",\"output\":\"r\"}],\"client_metadata\":{\"a\":\"b\"}}"
static const char *talk_with(const char *sealed) { return yz_format(arena, TALK, sealed).p; }

/* Thoughts that this vendor encrypted go back to it right before their call, others do not. */
static void thoughts_go_back_to_who_encrypted_them(void **state) {
    (void)state;
    yz_str own = sent_to(defaults, "gpt-5.2", talk_with("gAAAA"));
    assert_holds(own, "{\"type\":\"reasoning\",\"summary\":[{\"type\":\"summary_text\",\"text\":\"hm\"}],\"encrypted_content\":\"gAAAA\"},"
                      "{\"type\":\"function_call\",\"call_id\":\"c\"");
    assert_holds(own, "\"include\":[\"reasoning.encrypted_content\"],");
    assert_holds(own, "\"store\":false,\"stream\":false}");
    assert_holds(sent_to(defaults, "gpt-5.2", talk_with("yuzui:anthropic:c2ln")), " LOST reasoning_content");
    yz_str plain = sent_to(defaults, "gpt-4o", talk_with("gAAAA")); /* does not think, and refuses the wish */
    assert_lacks(plain, "encrypted");
    rs_config options = *defaults;
    options.send_reasoning = RS_SEND_ENCRYPTED;
    assert_holds(sent_to(&options, "grok-4", talk_with("gAAAA")), "\"encrypted_content\":\"gAAAA\"");
    options.send_reasoning = RS_SEND_TEXT;
    yz_str text = sent_to(&options, "qwen3", talk_with("gAAAA"));
    assert_holds(text, "\"summary\":[],\"content\":[{\"type\":\"reasoning_text\",\"text\":\"hm\"}]}");
    assert_lacks(text, "encrypted");
}

static void limits_of_the_api_hold(void **state) {
    (void)state;
    const char *small = "{\"model\":\"m\",\"input\":\"q\",\"max_output_tokens\":4,\"tools\":[{\"type\":\"function\",\"name\":\"f\"}]}";
    yz_str own = sent_to(defaults, "gpt-4o", small);
    assert_holds(own, "\"max_output_tokens\":16");
    assert_holds(own, " LOST max_tokens;approximated");
    assert_holds(own, "\"strict\":false"); /* left out, it would be true */
    assert_holds(sent_to(defaults, "llama", small), "\"max_output_tokens\":4,");
}

/* A body as it goes to a provider of the same dialect with these options. */
static yz_str mended(const rs_config *options, const char *body) {
    yz_provider provider = {YZ_PROVIDER, .adapter = adapter, .config = options};
    yz_target target = {YZ_TARGET, .provider = &provider, .model = YZ_STR("gpt-5.2"), .facts = facts_of("gpt-5.2")};
    yz_request request = {YZ_REQUEST, .dialect = adapter, .op = YZ_OP_CHAT, .body = yz_str_of(body)};
    yz_json *json;
    assert_int_equal(yz_json_parse(arena, request.body, 0, &json, NULL), YZ_OK);
    request.json = json;
    const yz_request *out = adapter->mend(&request, &target, arena, yz_losses_new(arena));
    return out == &request ? request.body : yz_dup(arena, out->body);
}

static void bodies_of_the_same_dialect_are_mended(void **state) {
    (void)state;
    const char *own = talk_with("gAAAA");
    assert_ptr_equal(mended(defaults, own).p, own); /* untouched: not even copied */
    yz_str foreign = mended(defaults, talk_with("yuzui:anthropic:c2ln"));
    assert_lacks(foreign, "reasoning");
    assert_holds(foreign, "[{\"role\":\"user\",\"content\":\"q\"},{\"type\":\"function_call\"");
    assert_lacks(mended(defaults, "{\"input\":[{\"type\":\"reasoning\",\"id\":\"rs_resp_1_0\",\"summary\":[]}]}"),
                 "reasoning"); /* our own */
    rs_config options = *defaults;
    yz_str drop[] = {YZ_STR("client_metadata"), YZ_STR("store")};
    options.drop = (yz_list){drop, 2};
    assert_lacks(mended(&options, own), "client_metadata");
    assert_lacks(sent_to(&options, "gpt-5.2", own), "store");
    options.send_reasoning = RS_SEND_TEXT;
    assert_holds(mended(&options, own),
                 "{\"type\":\"reasoning\",\"summary\":[],\"content\":[{\"type\":\"reasoning_text\",\"text\":\"hm\"}]}");
    options.send_reasoning = RS_SEND_NEVER;
    assert_lacks(mended(&options, own), "reasoning");
}

static yz_json *parsed(yz_str text) {
    yz_json *json;
    assert_int_equal(yz_json_parse(arena, text, 0, &json, NULL), YZ_OK);
    return json;
}

/* Every id of a response that a client may name later is marked, in the order they stand; conversations are found again as well. */
static void all_ids_are_marked(void **state) {
    (void)state;
    yz_key key = {YZ_KEY, .name = YZ_STR("alice"), .tenant = YZ_STR("a")};
    yz_provider one = {YZ_PROVIDER, .name = YZ_STR("one"), .adapter = adapter, .config = defaults}, two = one;
    two.name = YZ_STR("two");
    yz_target at_one = {YZ_TARGET, .provider = &one}, at_two = {YZ_TARGET, .provider = &two};
    yz_request request = {YZ_REQUEST, .dialect = adapter, .op = YZ_OP_CHAT, .key = &key};
    yz_splice a = {YZ_SPLICE}, b = {YZ_SPLICE}, c = {YZ_SPLICE}, *const places[] = {&a, &b, &c};
    yz_str body =
        YZ_STR("{\"conversation\":{\"id\":\"conv_1\"},\"previous_response_id\":\"resp_0\",\"id\":\"resp_1\",\"object\":\"response\"}");
    assert_int_equal(adapter->stamp(&request, &at_one, body, arena, places, 2), 2);
    assert_int_equal(adapter->stamp(&request, &at_one, body, arena, places, 3), 3);
    assert_true(a.at.p < b.at.p && b.at.p < c.at.p && memcmp(a.at.p - 6, "conv_1", 6) == 0 && memcmp(c.at.p - 6, "resp_1", 6) == 0);
    request.json = parsed(yz_format(arena, "{\"conversation\":{\"id\":\"conv_1%.*s\"}}", YZ_STR_ARGS(a.with)));
    yz_error why = {YZ_ERROR};
    assert_true(adapter->holds(a_call(), &request, &at_one, &why));
    assert_false(adapter->holds(a_call(), &request, &at_two, &why));
    assert_int_equal(why.class_, YZ_ERROR_NOT_FOUND);
    assert_true(yz_str_is(adapter->mend(&request, &at_one, arena, yz_losses_new(arena))->body, "{\"conversation\":\"conv_1\"}"));
    request.op = YZ_OP_STORED; /* by its path */
    request.json = NULL;
    request.stored = yz_format(arena, "conv_1%.*s", YZ_STR_ARGS(a.with));
    request.path = yz_format(arena, "/v1/conversations/%.*s/items/msg_1", YZ_STR_ARGS(request.stored));
    request.query = YZ_STR("include[]=x");
    request.method = YZ_STR("DELETE");
    assert_true(adapter->holds(a_call(), &request, &at_one, &why));
    assert_false(adapter->holds(a_call(), &request, &at_two, &why));
    yz_endpoint endpoint = {YZ_ENDPOINT};
    assert_int_equal(adapter->endpoint(&one, &request, &at_one, arena, &endpoint), YZ_OK);
    assert_string_equal(endpoint.method, "DELETE");
    assert_true(yz_str_is(endpoint.path, "/conversations/conv_1/items/msg_1?include[]=x"));
    assert_int_equal(adapter->accept(&request, arena, &why), YZ_OK);
    request.path = yz_format(arena, "/v1/conversations/%.*s/items/a?b", YZ_STR_ARGS(request.stored)); /* "%3F" of a client */
    assert_int_equal(adapter->accept(&request, arena, &why), YZ_EINVAL);
}

/* An id that a client gets says whose it is: to the same account and tenant, and to nobody else. */
static void kept_answers_are_found_again(void **state) {
    (void)state;
    yz_key alice = {YZ_KEY, .name = YZ_STR("alice"), .tenant = YZ_STR("a")}, bob = {YZ_KEY, .name = YZ_STR("bob"), .tenant = YZ_STR("b")};
    yz_provider one = {YZ_PROVIDER, .name = YZ_STR("one"), .adapter = adapter, .config = defaults}, two = one, chat = one;
    two.name = YZ_STR("two");
    chat.adapter = openai;
    yz_target at_one = {YZ_TARGET, .provider = &one}, at_two = {YZ_TARGET, .provider = &two}, at_chat = {YZ_TARGET, .provider = &chat};
    yz_request request = {YZ_REQUEST, .dialect = adapter, .op = YZ_OP_CHAT, .key = &alice};
    yz_splice place = {YZ_SPLICE}, second = {YZ_SPLICE}, third = {YZ_SPLICE}, *const places[] = {&place, &second, &third};
    yz_error why = {YZ_ERROR};
    yz_json *json;
    yz_str event = YZ_STR("{\"type\":\"response.created\",\"response\":{\"id\":\"resp_1\",\"object\":\"response\"}}");
    assert_int_equal(adapter->stamp(&request, &at_one, event, arena, places, 3), 1);
    assert_int_equal(place.at.n, 0);
    assert_ptr_equal(place.at.p, strstr(event.p, "resp_1") + 6);
    assert_int_equal(adapter->stamp(&request, &at_one, YZ_STR("{\"id\":\"resp_1\",\"object\":\"response\"}"), arena, places, 3), 1);
    assert_int_equal(adapter->stamp(&request, &at_one, YZ_STR("{\"type\":\"response.output_text.delta\",\"delta\":\"\\\"response\\\"\"}"),
                                    arena, places, 3),
                     0);
    yz_str body = yz_format(arena, "{\"previous_response_id\":\"resp_1%.*s\"}", YZ_STR_ARGS(place.with));
    assert_int_equal(yz_json_parse(arena, body, 0, &json, NULL), YZ_OK);
    request.json = json;
    request.body = body;
    assert_true(adapter->holds(a_call(), &request, &at_one, &why));
    assert_false(adapter->holds(a_call(), &request, &at_two, &why));
    assert_true(yz_str_is(why.code, "previous_response_not_found"));
    assert_false(adapter->holds(a_call(), &request, &at_chat, &why));
    assert_true(yz_str_is(adapter->mend(&request, &at_one, arena, yz_losses_new(arena))->body, "{\"previous_response_id\":\"resp_1\"}"));
    request.key = &bob;
    assert_false(adapter->holds(a_call(), &request, &at_one, &why));
    yz_json_parse(arena, YZ_STR("{\"previous_response_id\":\"resp_1\"}"), 0, &json, NULL);
    request.json = json;
    assert_false(adapter->holds(a_call(), &request, &at_one, &why)); /* its mark may have been cut off: it may be another tenant's */
    request.key = NULL;
    assert_true(adapter->holds(a_call(), &request, &at_two, &why)); /* it came from elsewhere: who knows */
    yz_json_parse(arena, YZ_STR("{\"store\":false}"), 0, &json, NULL);
    request.json = json;
    assert_int_equal(adapter->stamp(&request, &at_one, event, arena, places, 3), 0); /* not kept: not a byte is changed */
}

/* Ollama, whose stream just ends when it fails: nobody may take that for an answer. */
static void a_stream_that_just_ends_is_broken(void **state) {
    (void)state;
    yz_recording record;
    yz_recording_init(&record, arena);
    yz_play_stream(adapter,
                   YZ_STR("data: {\"type\":\"response.created\",\"response\":{\"id\":\"resp_1\",\"status\":\"in_progress\"}}\n\n"
                          "data: {\"type\":\"response.output_text.delta\",\"delta\":\"Hel\",\"item_id\":\"m\"}\n\ndata: [DONE]\n\n"),
                   NULL, 0, &record);
    assert_int_equal(record.code, YZ_OK);
    assert_false(record.done);
    assert_null(adapter->decode_complete);
}

/* More items than are remembered: each is told once all the same. */
static void many_items_are_told_once(void **state) {
    (void)state;
    yz_buf stream = {0}, output = {0};
    for (unsigned i = 0; i < 2 * RS_OPEN_MAX; i++) {
        yz_str item =
            yz_format(arena, "{\"id\":\"m%u\",\"type\":\"message\",\"content\":[{\"type\":\"output_text\",\"text\":\"%u \"}]}", i, i);
        yz_buf_printf(&stream, "data: {\"type\":\"response.output_item.done\",\"item\":%.*s}\n\n", YZ_STR_ARGS(item));
        yz_buf_printf(&output, "%s%.*s", i ? "," : "", YZ_STR_ARGS(item));
    }
    yz_buf_printf(&stream, "data: {\"type\":\"response.completed\",\"response\":{\"status\":\"completed\",\"output\":[%.*s]}}\n\n",
                  YZ_STR_ARGS(yz_buf_view(&output)));
    yz_recording record;
    yz_recording_init(&record, arena);
    yz_play_stream(adapter, yz_buf_view(&stream), NULL, 0, &record);
    assert_true(record.done);
    assert_int_equal(record.n_items, 2 * RS_OPEN_MAX);
    yz_buf_free(&stream);
    yz_buf_free(&output);
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

static void sources_and_probabilities(void **state) {
    (void)state;
    static const char said[] = CHUNK("{\"content\":\"鱼嘴 here\"}", "null") CHUNK(
        "{\"annotations\":[{\"type\":\"url_citation\",\"url_citation\":{\"start_index\":0,\"end_index\":2,\"title\":\"t\",\"url\":\"u\"}}]"
        "}",
        "null") "data: {\"id\":\"x\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"!\"},\"logprobs\":{\"content\":[{\"token\":\"!\","
                "\"logprob\":-1,\"bytes\":[33],\"top_logprobs\":[]}]},\"finish_reason\":null}]}\n\n" CHUNK("{}",
                                                                                                           "\"stop\"") "data: [DONE]\n\n";
    static const char source[] = "{\"type\":\"url_citation\",\"start_index\":0,\"end_index\":2,\"url\":\"u\",\"title\":\"t\"}";
    static const char token[] = "\"logprobs\":[{\"token\":\"!\",\"logprob\":-1,\"bytes\":[33],\"top_logprobs\":[]}]";
    yz_str whole = answered(said, false), stream = answered(said, true);
    assert_holds(whole, yz_format(arena, "\"annotations\":[%s],%s}", source, token).p);
    assert_holds(stream, yz_format(arena, "\"annotation_index\":0,\"annotation\":%s}", source).p);
    assert_holds(stream, yz_format(arena, "\"delta\":\"!\",%s}", token).p);
    assert_holds(stream, "\"delta\":\"鱼嘴 here\",\"logprobs\":[]}");
    assert_holds(stream, yz_format(arena, "\"text\":\"鱼嘴 here!\",%s}", token).p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_become_chats),
        cmocka_unit_test(results_stand_behind_their_calls),
        cmocka_unit_test(results_follow_the_last_call_of_their_id),
        cmocka_unit_test(thoughts_go_back_to_who_encrypted_them),
        cmocka_unit_test(limits_of_the_api_hold),
        cmocka_unit_test(bodies_of_the_same_dialect_are_mended),
        cmocka_unit_test(kept_answers_are_found_again),
        cmocka_unit_test(all_ids_are_marked),
        cmocka_unit_test(a_stream_that_just_ends_is_broken),
        cmocka_unit_test(many_items_are_told_once),
        cmocka_unit_test(streams_keep_the_official_order),
        cmocka_unit_test(what_was_cut_or_failed_says_so),
        cmocka_unit_test(sources_and_probabilities),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
