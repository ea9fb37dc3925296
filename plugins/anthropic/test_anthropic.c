/* The anthropic adapter, what the recordings cannot show: models, endpoint, the short way, blocks that overlap, errors, limits. */
#include "model.c"

#include "base/arena.h"
#include "base/diag.h"
#include "cli/conform.h"
#include "plugin/loader.h"
#include "plugin/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static const yz_adapter *adapter;
static const an_config *defaults;
static yz_arena *arena;

static int set_up(void **state) {
    (void)state;
    yz_diag diag = {0};
    arena = yz_arena_new(NULL);
    const yz_plugin *plugin = yz_plugin_load(YZ_BUILD_FOLDER "/plugins/anthropic.so", &diag);
    assert_non_null(plugin);
    defaults = yz_options_config(plugin, NULL, arena, &diag);
    assert_non_null(defaults);
    assert_null(yz_options_fault(plugin->options, plugin->n_options, plugin->config_size, arena));
    adapter = plugin->adapter;
    yz_diag_free(&diag);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    yz_arena_free(arena);
    return 0;
}

/* ---- models ------------------------------------------------------------------------------------------------------------ */

static void models_are_told_by_name(void **state) {
    (void)state;
    const struct {
        const char *name;
        int version;
    } table[] = {
        {"claude-opus-4-6", 46},
        {"claude-sonnet-4-5-20250929", 45},
        {"claude-opus-4-20250514", 40},
        {"claude-3-5-haiku-latest", 35},
        {"claude-3-7-sonnet-20250219", 37},
        {"claude-3-haiku-20240307", 30},
        {"claude-sonnet-5", 50},
        {"claude-opus-5-5", 55},
        {"us.anthropic.claude-opus-4-7-v1:0", 47},
        {"anthropic/claude-sonnet-4.5", 45},
        {"claude-mythos-preview", 99},
        {"kimi-k2.5", 0},
        {"", 0},
        {"claude-", 99},
        {"claude-99999999999999999999", 99},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (an_version(yz_str_of(table[i].name)) != table[i].version)
            fail_msg("%s is %d", table[i].name, an_version(yz_str_of(table[i].name)));
    assert_int_equal(an_default_max_tokens(30), 4096);
    assert_int_equal(an_default_max_tokens(46), 16384);
    assert_int_equal(an_default_max_tokens(an_version(YZ_STR("claude-opus-5-5"))), 32000);
    assert_int_equal(an_default_max_tokens(an_version(YZ_STR("claude-next"))), 32000); /* no version: newer */
}

static void endpoint_and_key(void **state) {
    (void)state;
    an_config config = *defaults;
    yz_provider provider = {YZ_PROVIDER, .adapter = adapter, .config = &config};
    yz_target target = {YZ_TARGET, .provider = &provider, .model = YZ_STR("m")};
    static const yz_adapter other = {.dialect = "openai-chat"};
    yz_request request = {YZ_REQUEST, .dialect = &other, .op = YZ_OP_CHAT};
    yz_endpoint endpoint;
    assert_int_equal(adapter->endpoint(&provider, &request, &target, arena, &endpoint), YZ_OK);
    assert_true(yz_str_is(endpoint.path, "/v1/messages"));
    assert_null(endpoint.credential); /* the first of */
    assert_string_equal(adapter->credentials[0].header, "x-api-key");
    assert_true(yz_str_is(endpoint.headers[0].name, "anthropic-version") && yz_str_is(endpoint.headers[0].value, "2023-06-01"));
    assert_string_equal(adapter->body_headers[0], "anthropic-version"); /* so the core puts the client's own before this one */
    request.op = YZ_OP_EMBEDDING;
    assert_int_equal(adapter->endpoint(&provider, &request, &target, arena, &endpoint), YZ_EUNSUPPORTED);
}

/* ---- forwarding ------------------------------------------------------------------------------------------------------------ */

/* The body that is forwarded to a model. */
static yz_model_facts facts;

static yz_losses losses;

static const char *told(void) {
    yz_buf names = {0};
    for (size_t i = 0; i < losses.n; i++)
        yz_buf_printf(&names, "%s%.*s", i ? ", " : "", YZ_STR_ARGS(losses.names[i]));
    yz_str copy = yz_dup(arena, yz_buf_view(&names));
    yz_buf_free(&names);
    return copy.n ? copy.p : "";
}

static const char *mended(const char *model, const char *body) {
    yz_json *json;
    yz_provider provider = {YZ_PROVIDER, .adapter = adapter, .config = defaults};
    yz_target target = {YZ_TARGET, .provider = &provider, .model = yz_str_of(model), .facts = facts.size ? &facts : NULL};
    assert_int_equal(yz_json_parse(arena, yz_str_of(body), 0, &json, NULL), YZ_OK);
    yz_request request = {
        YZ_REQUEST, .dialect = adapter, .op = YZ_OP_CHAT, .body = yz_str_of(body), .json = json, .model_node = yz_json_get(json, "model")};
    losses = (yz_losses){YZ_LOSSES, .arena = arena};
    const yz_request *sent = adapter->mend(&request, &target, arena, &losses);
    assert_true(yz_str_eq(yz_json_escaped(sent->model_node), yz_json_escaped(request.model_node)));
    return yz_dup(arena, sent->body).p;
}

/* Claude Code says some in every request; servers of two roles refuse the whole of it. */
static void instructions_amid_the_messages(void **state) {
    (void)state;
#define AMID(role, rest)                                                                                                                   \
    "{\"messages\":[{\"role\":\"user\",\"content\":\"q\"},{\"role\":\"" role "\",\"content\":[{\"type\":\"text\",\"text\":\"s\"}]}" rest   \
    "],\"model\":\"x\"}"
    static const char body[] = AMID("system", ",{\"role\":\"system\",\"content\":[],\"output_config\":{\"effort\":\"low\"}}");
    assert_string_equal(mended("claude-opus-5-5", body), body); /* nobody says that it takes none */
    assert_string_equal(mended("deepseek-chat", body), AMID("user", ""));
#define ANSWERED "{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"t\"}]}"
    assert_string_equal(
        mended("deepseek-chat", AMID("system", "," ANSWERED ",{\"role\":\"assistant\",\"content\":\"a\"}")), /* behind the results */
        "{\"messages\":[{\"role\":\"user\",\"content\":\"q\"}," ANSWERED ",{\"role\":\"user\",\"content\":[{\"type\":\"text\","
        "\"text\":\"s\"}]},{\"role\":\"assistant\",\"content\":\"a\"}],\"model\":\"x\"}");
    facts = (yz_model_facts){.size = sizeof facts, .late_system = YZ_OFF};
    assert_string_equal(mended("x", AMID("user", "")), AMID("user", ""));
    assert_string_equal(mended("claude-opus-4-6", body), "{\"messages\":[{\"role\":\"user\",\"content\":\"q\"}],\"model\":\"x\",\"system\":"
                                                         "[{\"type\":\"text\",\"text\":\"s\"}]}");
    assert_string_equal(told(), "messages.output_config, messages.role;approximated");
    assert_string_equal(mended("claude-opus-4-6", "{\"system\":\"top\",\"messages\":[{\"role\":\"user\",\"content\":\"q\"},"
                                                  "{\"role\":\"system\",\"content\":\"s\"}],\"model\":\"x\"}"),
                        "{\"system\":[{\"type\":\"text\",\"text\":\"top\"},{\"type\":\"text\",\"text\":\"s\"}],\"messages\":["
                        "{\"role\":\"user\",\"content\":\"q\"}],\"model\":\"x\"}");
    facts.size = 0;
}

/* A reminder before the results: servers take those first, and the very Claude that its client named judges for itself. */
static void results_stand_first(void **state) {
    (void)state;
#define TURN(model, a, b)                                                                                                                  \
    "{\"messages\":[{\"role\":\"user\",\"content\":[" a "," b "],\"x\":1},{\"role\":\"user\",\"content\":[" a "]}],\"model\":\"" model "\"}"
#define WORD  "{\"type\":\"text\",\"text\":\"w\"}"
#define GIVEN "{\"type\":\"tool_result\",\"tool_use_id\":\"t\", \"content\":\"r\"}"
    assert_string_equal(mended("glm-5", TURN("glm-5", WORD, GIVEN)),
                        "{\"messages\":[{\"role\":\"user\",\"content\":[" GIVEN "," WORD "],\"x\":1},{\"role\":\"user\",\"content\":[" WORD
                        "]}],\"model\":\"glm-5\"}");
    assert_string_equal(told(), "messages.content;approximated");
    assert_string_equal(mended("glm-5", TURN("glm-5", GIVEN, WORD)), TURN("glm-5", GIVEN, WORD));
    assert_string_equal(told(), "");
    assert_string_equal(mended("claude-opus-4-6", TURN("claude-opus-4-6", WORD, GIVEN)), TURN("claude-opus-4-6", WORD, GIVEN));
    assert_non_null(strstr(mended("claude-opus-4-6", TURN("other", WORD, GIVEN)), GIVEN "," WORD));
}

/* A client that named another model than the one that is asked: as that one takes it. One that named this: as it came, with its betas, but
 * for a limit that is greater than anything it can answer. */
static void models_hold_for_bodies_of_the_same_dialect(void **state) {
    (void)state;
#define ASKS(name, rest) "{\"model\":\"" name "\",\"max_tokens\":64000" rest "}"
#define ADAPTIVE         ",\"thinking\":{\"type\":\"adaptive\"}"
#define BUDGET(n)        ",\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":" n "}"
#define EFFORT(word)     ",\"output_config\":{\"effort\":\"" word "\"}"
    static const struct {
        const char *model, *body, *sent, *lost;
    } table[] = {
        {"claude-haiku-4-5", ASKS("x", ADAPTIVE EFFORT("high")), ASKS("x", BUDGET("4096")), "thinking;approximated, output_config.effort"},
        {"claude-haiku-4-5", ASKS("claude-haiku-4-5", ADAPTIVE EFFORT("high")), ASKS("claude-haiku-4-5", ADAPTIVE EFFORT("high")), ""},
        {"claude-opus-4-5", ASKS("x", EFFORT("high")), ASKS("x", EFFORT("high")), ""},
        {"claude-opus-4-6", ASKS("x", EFFORT("xhigh")), ASKS("x", EFFORT("high")), "output_config.effort;approximated"},
        {"claude-opus-4-6", ASKS("x", BUDGET("2000")), ASKS("x", BUDGET("2000")), ""},
        {"claude-opus-4-7", ASKS("x", BUDGET("2000")), ASKS("x", ADAPTIVE), "thinking.budget_tokens"},
        {"claude-3-5-haiku-latest",
         ASKS("x", BUDGET("2000") ",\"context_management\":{\"edits\":[{\"type\":\"clear_thinking_20251015\"}]}"), ASKS("x", ""),
         "thinking, context_management"},
        {"claude-sonnet-4-5", ASKS("x", ",\"temperature\":0.5,\"top_p\":0.9"), ASKS("x", ",\"temperature\":0.5"), "top_p"},
        {"claude-sonnet-4-5", ASKS("x", ",\"output_config\":{\"effort\":\"low\",\"format\":{}}"),
         ASKS("x", ",\"output_config\":{\"format\":{}}"), "output_config.effort"},
        {"kimi-k2.5", ASKS("x", ADAPTIVE EFFORT("high") ",\"temperature\":0.5,\"top_p\":0.9"),
         ASKS("x", ADAPTIVE EFFORT("high") ",\"temperature\":0.5,\"top_p\":0.9"), ""},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        assert_string_equal(mended(table[i].model, table[i].body), table[i].sent);
        assert_string_equal(told(), table[i].lost);
    }
    facts = (yz_model_facts){.size = sizeof facts, .max_tokens = 32000, .sampling = YZ_OFF, .prefill = YZ_OFF};
    assert_string_equal(mended("x", ASKS("x", BUDGET("50000") ",\"temperature\":0.5")),
                        "{\"model\":\"x\",\"max_tokens\":32000" BUDGET("31999") ",\"temperature\":0.5}");
    assert_string_equal(told(), "max_tokens;approximated");
    assert_string_equal(
        mended("claude-opus-4-7", "{\"model\":\"x\",\"temperature\":1,\"top_p\":0.5,\"top_k\":5,\"messages\":["
                                  "{\"role\":\"assistant\",\"content\":\"{\"}]}"),
        "{\"model\":\"x\",\"messages\":[{\"role\":\"assistant\",\"content\":\"{\"},{\"role\":\"user\",\"content\":\"" YC_GO_ON "\"}]}");
    assert_string_equal(told(), "top_p, top_k, messages.prefill;emulated");
    facts.size = 0;
    /* A budget would want the thoughts of the turn that calls. */
    assert_string_equal(
        mended("claude-sonnet-4-5", ASKS("x", ADAPTIVE ",\"messages\":[{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\"}]}]")),
        ASKS("x", ",\"messages\":[{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\"}]}]"));
}

/* Two calls of one id in a turn, and one of the same in the next: each has an id of its own, and its own result. */
static void results_find_their_calls(void **state) {
    (void)state;
    yz_chat *chat = yz_chat_new(arena);
    yz_provider provider = {YZ_PROVIDER, .adapter = adapter, .config = defaults};
    yz_target target = {YZ_TARGET, .provider = &provider, .model = YZ_STR("claude-sonnet-4-5")};
    yz_part_add(yz_message_add(chat, YZ_ROLE_USER), YZ_PART_TEXT)->text = YZ_STR("q");
    for (int turn = 0; turn < 2; turn++) {
        yz_message *calls = yz_message_add(chat, YZ_ROLE_ASSISTANT), *results = yz_message_add(chat, YZ_ROLE_USER);
        for (int i = turn; i < 2; i++) {
            yz_part *call = yz_part_add(calls, YZ_PART_TOOL_CALL), *result = yz_part_add(results, YZ_PART_TOOL_RESULT);
            call->id = result->id = YZ_STR("a");
            call->name = YZ_STR("f");
            call->args = YZ_STR("{}");
        }
    }
    yz_buf out = {0};
    losses = (yz_losses){YZ_LOSSES, .arena = arena};
    assert_int_equal(adapter->write(&provider, chat, &target, arena, &losses, &out), YZ_OK);
    static const char *const order[] = {"\"id\":\"a\"",   "\"id\":\"a_2\"",         "\"tool_use_id\":\"a\"", "\"tool_use_id\":\"a_2\"",
                                        "\"id\":\"a_3\"", "\"tool_use_id\":\"a_3\""};
    const char *at = yz_dup(arena, yz_buf_view(&out)).p;
    yz_buf_free(&out);
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        const char *next = strstr(at, order[i]);
        if (!next)
            fail_msg("no %s in %s", order[i], at);
        at = next + 1;
    }
}

static void foreign_thoughts_are_not_forwarded(void **state) {
    (void)state;
#define TALK(thoughts, rest)                                                                                                               \
    "{\"messages\":[{\"role\":\"assistant\",\"content\":[" thoughts "]},{\"role\":\"user\",\"content\":\"a\"}],\"model\":\"x\"" rest "}"
#define OURS   "{\"type\":\"thinking\",\"thinking\":\"t\",\"signature\":\"\"}"
#define THEIRS "{\"type\":\"thinking\",\"thinking\":\"t\",\"signature\":\"s\"}"
#define CALL   "{\"type\":\"tool_use\",\"id\":\"a\",\"name\":\"f\",\"input\":{ \"n\": 9007199254740993 }}"
#define SIGNED "{\"type\":\"thinking\",\"thinking\":\"t\",\"signature\":\"yuzui:openai:s\"}"
    assert_string_equal(mended("claude-opus-4-6", TALK(SIGNED "," THEIRS "," CALL, "")), TALK(THEIRS "," CALL, ""));
    assert_string_equal(told(), "messages.thinking");
    const char *untouched = TALK(THEIRS "," CALL, "");
    assert_string_equal(mended("claude-opus-4-6", untouched), untouched);
    assert_string_equal(mended("claude-opus-4-6", TALK(OURS "," CALL "," OURS, "")), TALK(CALL, ""));
    assert_string_equal(mended("kimi-k2.5", TALK(OURS "," CALL, "")), TALK(OURS "," CALL, "")); /* does not sign */
    assert_string_equal(mended("claude-opus-4-6", TALK(OURS, "")),
                        "{\"messages\":[{\"role\":\"user\",\"content\":\"a\"}],\"model\":\"x\"}");
#define FOUND(index)                                                                                                                       \
    "{\"type\":\"text\",\"text\":\"t\",\"citations\":[{\"type\":\"web_search_result_location\",\"encrypted_index\":\"" index "\"}]}"
    assert_string_equal(mended("claude-opus-4-6", TALK(FOUND("E"), "")), TALK(FOUND("E"), ""));
    assert_string_equal(mended("claude-opus-4-6", TALK(FOUND("") "," CALL, "")), TALK("{\"type\":\"text\",\"text\":\"t\"}," CALL, ""));
    assert_string_equal(mended("claude-3-7-sonnet", TALK(OURS "," CALL, ",\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":1024}")),
                        TALK(CALL, ""));
    assert_string_equal(mended("claude-opus-4-6", TALK(OURS "," CALL, ",\"thinking\":{\"type\":\"adaptive\"}")),
                        TALK(CALL, ",\"thinking\":{\"type\":\"adaptive\"}"));
}

/* ---- batches --------------------------------------------------------------------------------------------------------------- */

#define CHATS(a, b) "{\"requests\":[{\"custom_id\":\"a\",\"params\":{\"model\":" a "}}, {\"params\":{ \"model\" : " b ",\"x\":1}}]}"

static int accepted(const char *body, yz_request *request, yz_error *error) {
    yz_json *json;
    assert_int_equal(yz_json_parse(arena, yz_str_of(body), 0, &json, NULL), YZ_OK);
    *request = (yz_request){YZ_REQUEST, .dialect = adapter, .op = YZ_OP_BATCH, .body = yz_str_of(body), .json = json};
    *error = (yz_error){YZ_ERROR};
    return adapter->accept(request, arena, error);
}

static void a_batch_is_for_one_model(void **state) {
    (void)state;
    static const struct {
        const char *body, *param, *words;
    } table[] = {
        {"{}", "requests", "requests: must be a list of at least one request"},
        {"{\"requests\":[]}", "requests", "requests: must be a list of at least one request"},
        {"{\"requests\":[7]}", "requests.0.params.model", "requests.0.params.model: must be a string that is not empty"},
        {CHATS("\"m\"", "\"\""), "requests.1.params.model", "requests.1.params.model: must be a string that is not empty"},
        {CHATS("\"m\"", "\"n\""), "requests.1.params.model",
         "requests.1.params.model: a batch here is for one model, and this one is for \"m\", not \"n\"; send another batch for that"},
    };
    yz_request request;
    yz_error error;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        assert_true(accepted(table[i].body, &request, &error) < 0);
        assert_string_equal(yz_dup(arena, error.param).p, table[i].param);
        assert_string_equal(yz_dup(arena, error.message).p, table[i].words);
    }
    assert_int_equal(accepted(CHATS("\"m\"", "\"\\u006d\""), &request, &error), YZ_OK); /* the same name */
    assert_true(yz_str_is(request.model, "m"));
    assert_null(request.model_node); /* mend exchanges all of them */
    yz_provider provider = {YZ_PROVIDER, .name = YZ_STR("p"), .adapter = adapter, .config = defaults};
    const yz_target target = {YZ_TARGET, .provider = &provider, .model = YZ_STR("claude \"x\"")};
    const yz_request *sent = adapter->mend(&request, &target, arena, yz_losses_new(arena));
    assert_string_equal(yz_dup(arena, sent->body).p, CHATS("\"claude \\\"x\\\"\"", "\"claude \\\"x\\\"\""));
    assert_true(yz_op_makes(YZ_OP_BATCH)); /* never begun twice */
}

/* The document as a client of that tenant gets it. */
static const char *stamped(const yz_request *request, const yz_target *target, const char *document) {
    enum { MOST = 4 };
    yz_splice places[MOST] = {{YZ_SPLICE}, {YZ_SPLICE}, {YZ_SPLICE}, {YZ_SPLICE}},
              *out[MOST] = {places, places + 1, places + 2, places + 3};
    size_t n = adapter->stamp(request, target, yz_str_of(document), arena, out, MOST);
    yz_buf text = {0};
    for (size_t i = 0; i < n; i++) {
        assert_true(places[i].at.p >= document);
        yz_buf_put(&text, document, (size_t)(places[i].at.p - document));
        yz_buf_str(&text, places[i].with);
        document = places[i].at.p + places[i].at.n;
    }
    yz_buf_str(&text, yz_str_of(document));
    const char *copy = yz_dup(arena, yz_buf_view(&text)).p;
    yz_buf_free(&text);
    return copy;
}

/* The id says whose it is, in each place and order; what the provider is asked for is its own. */
static void a_batch_is_its_tenant_s(void **state) {
    (void)state;
    const yz_key alice = {YZ_KEY, .name = YZ_STR("alice"), .tenant = YZ_STR("a")};
    yz_provider one = {YZ_PROVIDER, .name = YZ_STR("one"), .adapter = adapter, .config = defaults};
    const yz_target here = {YZ_TARGET, .provider = &one};
    yz_request request = {YZ_REQUEST, .dialect = adapter, .op = YZ_OP_BATCH, .key = &alice};
    yz_json *json;
#define IN_ORDER(id, url) "{\"id\":\"" id "\",\"x\":1,\"results_url\":" url "}"
    const char *text = stamped(&request, &here, IN_ORDER("msgbatch_1", "null"));
    assert_int_equal(yz_json_parse(arena, yz_str_of(text), 0, &json, NULL), YZ_OK);
    const char *id = yz_dup(arena, yz_json_text(arena, yz_json_get(json, "id"))).p;
    assert_true(strncmp(id, "msgbatch_1_yz", 13) == 0 && strlen(id) == 10 + 3 + 16);
    const char *url = yz_format(arena, "\"/v1/messages/batches/%s/results\"", id).p;
    assert_string_equal(stamped(&request, &here, IN_ORDER("msgbatch_1", "\"https:\\/\\/x.example\\/1\"")),
                        yz_format(arena, "{\"id\":\"%s\",\"x\":1,\"results_url\":%s}", id, url).p);
    assert_string_equal(stamped(&request, &here, "{\"results_url\":\"https://x.example/1\",\"id\":\"msgbatch_1\"}"),
                        yz_format(arena, "{\"results_url\":%s,\"id\":\"%s\"}", url, id).p);
    static const char *const none[] = {"{}", "{\"id\":7}", "{\"id\":\"a/b\"}", "{\"id\":\"\",\"results_url\":\"u\"}", "no JSON"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_string_equal(stamped(&request, &here, none[i]), none[i]);

    yz_error why = {YZ_ERROR};
    yz_request asked = {YZ_REQUEST,    .dialect = adapter,      .op = YZ_OP_STORED,
                        .key = &alice, .stored = yz_str_of(id), .method = YZ_STR("POST")};
    asked.path = yz_format(arena, "/v1/messages/batches/%s/cancel", id);
    assert_true(adapter->holds(NULL, &(yz_request){YZ_REQUEST, .op = YZ_OP_CHAT}, &here, &why));
    yz_endpoint endpoint;
    assert_int_equal(adapter->accept(&asked, arena, &why), YZ_OK);
    assert_int_equal(adapter->endpoint(&one, &asked, &here, arena, &endpoint), YZ_OK);
    assert_true(yz_str_is(endpoint.path, "/v1/messages/batches/msgbatch_1/cancel"));
    assert_string_equal(endpoint.method, "POST");
    assert_true(yz_str_is(endpoint.headers[0].name, "anthropic-version"));
    an_config config = *defaults;
    config.path = YZ_STR("/x?y=z");
    one.config = &config;
    assert_int_equal(adapter->endpoint(&one, &request, &here, arena, &endpoint), YZ_OK);
    assert_true(yz_str_is(endpoint.path, "/x/batches?y=z"));
    asked.stored = YZ_STR("a b");
    assert_true(adapter->accept(&asked, arena, &why) < 0);
}

#define BATCH(status, more)                                                                                                                \
    "{\"id\":\"msgbatch_1\",\"type\":\"message_batch\",\"processing_status\":\"" status                                                    \
    "\",\"request_counts\":{\"processing\":2,\"succeeded\":1,"                                                                             \
    "\"errored\":1,\"canceled\":1,\"expired\":1}" more "}"

static int read_job(const char *body, yz_job *out) {
    yz_json *json;
    assert_int_equal(yz_json_parse(arena, yz_str_of(body), 0, &json, NULL), YZ_OK);
    return adapter->read_job(&(yz_request){YZ_REQUEST}, json, arena, out);
}

/* The document with another id in its places. */
static const char *told_as(const yz_job *job, const char *id) {
    const char *p = job->told.p, *first = job->id_at.p, *second = job->id_too.n ? job->id_too.p : NULL;
    assert_true(first >= p && (!second || second >= first + job->id_at.n));
    yz_buf out = {0};
    yz_buf_put(&out, p, (size_t)(first - p));
    yz_buf_lit(&out, id);
    p = first + job->id_at.n;
    if (second) {
        yz_buf_put(&out, p, (size_t)(second - p));
        yz_buf_lit(&out, id);
        p = second + job->id_too.n;
    }
    yz_buf_put(&out, p, (size_t)(job->told.p + job->told.n - p));
    const char *text = yz_dup(arena, yz_buf_view(&out)).p;
    yz_buf_free(&out);
    return text;
}

static void a_batch_as_a_job(void **state) {
    (void)state;
    yz_job job;
    assert_int_equal(read_job(BATCH("in_progress", ",\"results_url\":null"), &job), YZ_OK);
    assert_true(job.state == YZ_JOB_RUNNING && job.parts == 6 && job.n_made == 0 && yz_str_is(job.path, "/v1/messages/batches/msgbatch_1"));
    assert_int_equal(read_job(BATCH("ended", ""), &job), YZ_OK);
    assert_int_equal(job.state, YZ_JOB_RUNNING); /* its results are nowhere yet */
    assert_int_equal(read_job(BATCH("ended", ",\"results_url\":\"https://x.example/msgbatch_1\""), &job), YZ_OK);
    assert_true(job.state == YZ_JOB_SUCCEEDED && job.n_made == 1 && yz_str_is(job.made[0], "/v1/messages/batches/msgbatch_1/results"));
    assert_non_null(strstr(told_as(&job, "mine"), "{\"id\":\"mine\","));
    assert_non_null(strstr(told_as(&job, "mine"), "\"results_url\":\"/v1/messages/batches/mine/results\"}"));
    assert_int_equal(
        read_job("{\"results_url\":\"https://x\",\"type\":\"message_batch\",\"processing_status\":\"ended\",\"id\":\"b_1\"}", &job), YZ_OK);
    assert_string_equal(told_as(&job, "m"), "{\"results_url\":\"/v1/messages/batches/m/results\",\"type\":\"message_batch\","
                                            "\"processing_status\":\"ended\",\"id\":\"m\"}");
    static const char *const none[] = {"{}", "{\"id\":\"a/b\",\"type\":\"message_batch\"}", "{\"id\":\"a\",\"type\":\"message\"}"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_int_equal(read_job(none[i], &job), YZ_EINVAL);
    assert_int_equal(read_job("{\"id\":\"a\",\"type\":\"message_batch_deleted\"}", &job), YZ_OK);

    yz_buf out = {0};
    yz_json *json;
    job = (yz_job){YZ_JOB, .id = YZ_STR("job_1"), .state = YZ_JOB_EXPIRED, .parts = 3, .created = 1700000000, .ended = 1700000060};
    adapter->write_job(&(yz_request){YZ_REQUEST}, &job, &out);
    assert_int_equal(yz_json_parse(arena, yz_buf_view(&out), 0, &json, NULL), YZ_OK);
    assert_true(yz_json_says(yz_json_get(json, "processing_status"), "ended") &&
                yz_json_says(yz_json_get(json, "ended_at"), "2023-11-14T22:14:20Z"));
    assert_int_equal(yz_json_int(yz_json_get(yz_json_get(json, "request_counts"), "expired"), -1), 3);
    yz_buf_free(&out);
}

static void what_a_chat_of_a_batch_used(void **state) {
    (void)state;
#define RESULT(type, more) "{\"custom_id\":\"a\",\"result\":{\"type\":\"" type "\"" more "}}"
    static const struct {
        const char *line;
        int code;
        int64_t input, cached, output; /* -1: nothing */
    } table[] = {
        {RESULT("succeeded", ",\"message\":{\"usage\":{\"input_tokens\":10,\"cache_read_input_tokens\":5,\"output_tokens\":3}}"), YZ_OK, 15,
         5, 3},
        {RESULT("succeeded", ",\"message\":{}"), YZ_EINVAL, -1, -1, -1},
        {RESULT("succeeded", ",\"message\":{\"usage\":{\"input_tokens\":10}}"), YZ_EINVAL, 10, -1, -1},
        {RESULT("succeeded", ",\"message\":{\"type\":\"error\",\"error\":{\"message\":\"no\"}}"), YZ_OK, -1, -1, -1},
        {RESULT("errored", ""), YZ_OK, -1, -1, -1},
        {RESULT("expired", ""), YZ_OK, -1, -1, -1},
        {RESULT("canceled", ""), YZ_OK, -1, -1, -1},
        {RESULT("weird", ",\"message\":{\"usage\":{\"input_tokens\":10,\"output_tokens\":3}}"), YZ_OK, 10, -1, 3},
        {RESULT("weird", ""), YZ_EINVAL, -1, -1, -1}, /* nobody says that it came to nothing */
        {"{\"custom_id\":\"a\",\"result\":{}}", YZ_EINVAL, -1, -1, -1},
        {"{}", YZ_ENOTFOUND, -1, -1, -1},
        {"{\"result\":", YZ_ENOTFOUND, -1, -1, -1},
        {"<html>", YZ_ENOTFOUND, -1, -1, -1},
        {"{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"x\"}}", YZ_ENOTFOUND, -1, -1, -1},
        {"{\"custom_id\":\"a\",\"result\":\"succeeded\"}", YZ_ENOTFOUND, -1, -1, -1},
        {"{\"custom_id\":null,\"result\":{\"type\":\"errored\"}}", YZ_ENOTFOUND, -1, -1, -1},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        yz_usage usage;
        yz_str of;
        assert_int_equal(adapter->read_result(yz_str_of(table[i].line), arena, &of, &usage), table[i].code);
        assert_int_equal(yz_usage_get(&usage, YZ_METER_INPUT), table[i].input);
        assert_int_equal(yz_usage_get(&usage, YZ_METER_CACHED), table[i].cached);
        assert_int_equal(yz_usage_get(&usage, YZ_METER_OUTPUT), table[i].output);
    }
}

/* ---- reading answers ------------------------------------------------------------------------------------------------------- */

#define START               "data: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"model\":\"c\"}}\n\n"
#define TEXT(text)          "data: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":" text "}}\n\n"
#define BLOCK(index, block) "data: {\"type\":\"content_block_start\",\"index\":" index ",\"content_block\":{" block "}}\n\n"
#define TOOL(index, id)     BLOCK(index, "\"type\":\"tool_use\",\"id\":\"" id "\",\"name\":\"f\",\"input\":{}")
#define INPUT(index, text)                                                                                                                 \
    "data: {\"type\":\"content_block_delta\",\"index\":" index ",\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":" text "}}\n\n"

static const char *played(const char *stream) {
    yz_recording r;
    yz_buf out = {0};
    yz_recording_init(&r, arena);
    yz_play_stream(adapter, yz_str_of(stream), NULL, 0, &r);
    yz_recording_print(&r, &out);
    const char *text = yz_dup(arena, yz_buf_view(&out)).p;
    yz_buf_free(&out);
    return text;
}

static void the_short_way_proves_what_it_reads(void **state) {
    (void)state;
    assert_string_equal(played(START TEXT("\"a\"") TEXT("\"b\\n\\\"\"") TEXT("\"\"") TEXT("\"鱼\"")),
                        "START id=m model=c\nITEM 0 text\nDELTA 0 ab\\n\\\"鱼\n");
    assert_non_null(strstr(played(START TEXT("\"a\"") TEXT("\"b\"c\"")), "REFUSED"));
    assert_non_null(strstr(played(START TEXT("\"a\"") TEXT("\"b\\\"")), "REFUSED"));
    assert_non_null(strstr(played(START TEXT("\"a\"") TEXT("\"\x01\"")), "REFUSED"));
    assert_non_null(strstr(played(START TEXT("\"a\"") TEXT("\"\xff\"")), "REFUSED"));
    assert_string_equal(played(START TEXT("\"a\"") TEXT("7") TEXT("\"b\"")), "START id=m model=c\nITEM 0 text\nDELTA 0 ab\n");
    assert_string_equal(played(START TEXT("\"a\"") TEXT("\"b\",\"text2\":\"c\"")), "START id=m model=c\nITEM 0 text\nDELTA 0 ab\n");
}

static void a_block_number_that_comes_again_is_another_block(void **state) {
    (void)state;
    assert_string_equal(played(START TOOL("0", "a") INPUT("0", "\"1\"") INPUT("0", "\"2\"") TOOL("0", "b") INPUT("0", "\"3\"")),
                        "START id=m model=c\nITEM 0 call id=a name=f\nDELTA 0 12\nEND 0\nITEM 1 call id=b name=f\nDELTA 1 3\n");
    assert_string_equal(
        played(START TOOL("0", "a") INPUT("0", "\"1\"") BLOCK("0", "\"type\":\"server_tool_use\"") TOOL("1", "b") INPUT("1", "\"3\"")),
        "START id=m model=c\nITEM 0 call id=a name=f\nDELTA 0 1\nEND 0\nITEM 1 opaque content.server_tool_use\nITEM 2 call id=b name=f\n"
        "DELTA 2 3\n");
}

static void too_many_calls_are_refused(void **state) {
    (void)state;
    yz_buf stream = {0};
    yz_buf_lit(&stream, START);
    for (int i = 0; i <= YZ_CALLS_MAX; i++)
        yz_buf_lit(&stream, TOOL("0", "x"));
    yz_buf_char(&stream, 0);
    assert_non_null(strstr(played(stream.p), "REFUSED a limit was passed"));
    yz_buf_free(&stream);
}

/* ---- errors ------------------------------------------------------------------------------------------------------------------------ */

static void errors_are_classed(void **state) {
    (void)state;
    const struct {
        int status;
        const char *type, *message;
        yz_error_class class_;
        int told;
    } table[] = {
        {400, "billing_error", "Your credit balance is too low to access the API", YZ_ERROR_QUOTA, 429},
        {404, "api_error", "model: x", YZ_ERROR_NOT_FOUND, 404}, /* the status goes first */
        {400, "invalid_request_error", "messages.0: bad", YZ_ERROR_BAD_REQUEST, 400},
        {401, "authentication_error", "invalid x-api-key", YZ_ERROR_UPSTREAM_AUTH, 502},
        {403, "permission_error", "may not", YZ_ERROR_UPSTREAM_AUTH, 502},
        {404, "not_found_error", "model: x", YZ_ERROR_NOT_FOUND, 404},
        {413, "request_too_large", "too large", YZ_ERROR_TOO_LARGE, 413},
        {429, "rate_limit_error", "slow down", YZ_ERROR_RATE_LIMIT, 429},
        {429, "invalid_request_error", "slow down", YZ_ERROR_RATE_LIMIT, 429},
        {500, "api_error", "oops", YZ_ERROR_SERVER, 502},
        {529, "overloaded_error", "Overloaded", YZ_ERROR_OVERLOADED, 503},
        {504, "timeout_error", "late", YZ_ERROR_TIMEOUT, 504},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        yz_json *json;
        yz_str body =
            yz_format(arena, "{\"type\":\"error\",\"error\":{\"type\":\"%s\",\"message\":\"%s\"}}", table[i].type, table[i].message);
        yz_error e = {YZ_ERROR};
        assert_int_equal(yz_json_parse(arena, body, 0, &json, NULL), YZ_OK);
        adapter->read_error(table[i].status, json, arena, &e);
        if (e.class_ != table[i].class_ || yz_error_status(&e) != table[i].told)
            fail_msg("%d %s became %s %d", table[i].status, table[i].message, yz_error_word(e.class_), yz_error_status(&e));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(models_are_told_by_name),
        cmocka_unit_test(endpoint_and_key),
        cmocka_unit_test(foreign_thoughts_are_not_forwarded),
        cmocka_unit_test(instructions_amid_the_messages),
        cmocka_unit_test(results_stand_first),
        cmocka_unit_test(models_hold_for_bodies_of_the_same_dialect),
        cmocka_unit_test(results_find_their_calls),
        cmocka_unit_test(a_batch_is_for_one_model),
        cmocka_unit_test(a_batch_is_its_tenant_s),
        cmocka_unit_test(a_batch_as_a_job),
        cmocka_unit_test(what_a_chat_of_a_batch_used),
        cmocka_unit_test(the_short_way_proves_what_it_reads),
        cmocka_unit_test(a_block_number_that_comes_again_is_another_block),
        cmocka_unit_test(too_many_calls_are_refused),
        cmocka_unit_test(errors_are_classed),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
