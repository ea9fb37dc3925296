/* The anthropic adapter: bodies of its own dialect that meet another vendor's model, or that another vendor's server has written into. */
#include "anthropic.h"

#include "base/arena.h"
#include "base/diag.h"
#include "plugin/loader.h"
#include "plugin/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static const yz_adapter *adapter;
static const an_config *defaults;
static yz_arena *arena;
static yz_losses losses;

static int set_up(void **state) {
    (void)state;
    yz_diag diag = {0};
    arena = yz_arena_new(NULL);
    const yz_plugin *plugin = yz_plugin_load(YZ_BUILD_FOLDER "/plugins/anthropic.so", &diag);
    assert_non_null(plugin);
    defaults = yz_options_config(plugin, NULL, arena, &diag);
    assert_non_null(defaults);
    adapter = plugin->adapter;
    yz_diag_free(&diag);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    yz_arena_free(arena);
    return 0;
}

static void mends(const an_config *config, const char *model, const char *body, const char *sent, const char *lost) {
    yz_json *json;
    yz_provider provider = {YZ_PROVIDER, .adapter = adapter, .config = config};
    yz_target target = {YZ_TARGET, .provider = &provider, .model = yz_str_of(model)};
    assert_int_equal(yz_json_parse(arena, yz_str_of(body), 0, &json, NULL), YZ_OK);
    yz_request request = {
        YZ_REQUEST, .dialect = adapter, .op = YZ_OP_CHAT, .body = yz_str_of(body), .json = json, .model_node = yz_json_get(json, "model")};
    losses = (yz_losses){YZ_LOSSES, .arena = arena};
    const yz_request *mended = adapter->mend(&request, &target, arena, &losses);
    assert_string_equal(yz_dup(arena, mended->body).p, sent);
    yz_buf names = {0};
    for (size_t i = 0; i < losses.n; i++)
        yz_buf_printf(&names, "%s%.*s", i ? ", " : "", YZ_STR_ARGS(losses.names[i]));
    yz_buf_char(&names, '\0');
    assert_string_equal(names.p, lost);
    yz_buf_free(&names);
}

#define BODY(tools, messages) "{\"tools\":[" tools "],\"messages\":[" messages "],\"model\":\"x\"}"
#define TOOL(more)            "{\"name\":\"f\",\"input_schema\":{ }" more "}"
#define SEARCH                "{\"type\":\"web_search_20250305\",\"name\":\"s\",\"max_uses\":3}"
#define WORD                  "{\"type\":\"text\",\"text\":\"w\"}"
#define RESULT(found)         "{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"t\", \"content\":[" found "]}]"
#define REFERENCE             "{\"type\":\"tool_reference\",\"tool_name\":\"Grep\"}"
#define NAMED                 "{\"type\":\"text\",\"text\":\"[tool_reference: Grep]\"}"
#define OPTIONS               ",\"output_config\":{\"effort\":\"low\"}"

/* What Claude Code writes for Claude: named as text, or left out, and told. */
static void what_claude_alone_understands(void **state) {
    (void)state;
    static const char asked[] =
        BODY(TOOL(",\"defer_loading\":true,\"strict\":true,\"x\":false") "," SEARCH, RESULT(REFERENCE "," WORD) OPTIONS "}");
    mends(defaults, "glm-5", asked, BODY(TOOL(",\"strict\":true") "," SEARCH, RESULT(NAMED "," WORD) "}"),
          "tools.defer_loading, tool_result.tool_reference;approximated, messages.output_config");
    mends(defaults, "claude-opus-5-5", asked, asked, "");
    static const char plain[] = BODY(TOOL(",\"strict\":true") "," SEARCH, RESULT(WORD) "}");
    mends(defaults, "glm-5", plain, plain, "");
}

/* Instructions amid the talk are the user's words there; what else the message said is told, also where nothing of it is left. */
static void options_of_a_turn(void **state) {
    (void)state;
#define USER                   "{\"role\":\"user\",\"content\":\"q\"}"
#define SAYS(role, word, more) "{\"role\":\"" role "\",\"content\":[" word "]" more "}"
    mends(defaults, "glm-5", BODY("", USER "," SAYS("system", WORD, OPTIONS)), BODY("", USER "," SAYS("user", WORD, "")),
          "messages.output_config, messages.role;approximated");
    mends(defaults, "glm-5", BODY("", USER "," SAYS("system", "", OPTIONS)), BODY("", USER), "messages.output_config");
    mends(defaults, "glm-5", BODY("", USER "," SAYS("system", "", ",\"output_config\":null")), BODY("", USER), "");
    mends(defaults, "glm-5", BODY("", USER "," SAYS("system", REFERENCE "," WORD, "")), BODY("", USER "," SAYS("user", NAMED "," WORD, "")),
          "content.tool_reference;approximated, messages.role;approximated");
}

/* vLLM puts 32 digits in the place of a signature, others an id: Anthropic refuses the whole request for it. */
static void checksums_are_no_signatures(void **state) {
    (void)state;
#define TALK(thought)      BODY("", "{\"role\":\"assistant\",\"content\":[" thought WORD "]}," USER)
#define THOUGHT(signature) "{\"type\":\"thinking\",\"thinking\":\"t\",\"signature\":\"" signature "\"},"
    mends(defaults, "claude-opus-4-6", TALK(THOUGHT("0f3a5c7e9b1d2f4a6c8e0b2d4f6a8c0e")), TALK(""), "messages.thinking");
    mends(defaults, "claude-opus-4-6", TALK(THOUGHT("0f3a5c7e-9b1d-2f4a-6c8e-0b2d4f6a8c0e")), TALK(""), "messages.thinking");
    mends(defaults, "claude-opus-4-6", TALK(THOUGHT("")), TALK(""), "messages.thinking");
    static const char *const stay[] = {TALK(THOUGHT("EqoBCkYIARgCKkAx0f3a5c7e9b1d2f4a6c8e0b2d4f6a8c0e==")), TALK(THOUGHT("abc"))};
    for (size_t i = 0; i < sizeof stay / sizeof *stay; i++)
        mends(defaults, "claude-opus-4-6", stay[i], stay[i], "");
    static const char own[] = TALK(THOUGHT("0f3a5c7e9b1d2f4a6c8e0b2d4f6a8c0e"));
    mends(defaults, "qwen3-8b", own, own, "");
}

/* Kimi has rules for tools, here as at its other address. */
static void tools_as_a_vendor_takes_them(void **state) {
    (void)state;
#define ASKS(name, schema, type)                                                                                                           \
    "{\"tools\":[{\"name\":\"" name "\", \"input_schema\":{\"type\":\"object\",\"properties\":{\"q\":" schema "}}}," SEARCH                \
    "],\"tool_choice\":" type ",\"messages\":[{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"" name   \
    "\",\"input\":{}}]},"                                                                                                                  \
    "{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"t\"}]}],\"model\":\"x\"}"
#define BESIDE "{\"type\":\"string\",\"anyOf\":[{\"type\":\"string\"},{\"type\":\"null\"}]}"
#define INSIDE "{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"null\"}]}"
    an_config config = *defaults;
    config.tool_names = AN_NAMES_LETTER;
    config.schemas = AN_SCHEMAS_PLAIN;
    config.forced_tools = false;
    static const char asked[] = ASKS("9read", BESIDE, "{\"type\":\"tool\",\"name\":\"9read\"}");
    mends(&config, "kimi-k2.5", asked, ASKS("m_9read_10b192cd", INSIDE, "{\"type\":\"auto\"}"), "tool_choice;approximated");
    mends(defaults, "kimi-k2.5", asked, asked, "");
    mends(&config, "kimi-k2.5", ASKS("f", INSIDE, "{\"type\":\"any\",\"disable_parallel_tool_use\":true}"),
          ASKS("f", INSIDE, "{\"type\":\"auto\",\"disable_parallel_tool_use\":true}"), "tool_choice;approximated");
    static const char fine[] = ASKS("f", INSIDE, "{\"type\":\"none\"}");
    mends(&config, "kimi-k2.5", fine, fine, "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_claude_alone_understands),
        cmocka_unit_test(options_of_a_turn),
        cmocka_unit_test(checksums_are_no_signatures),
        cmocka_unit_test(tools_as_a_vendor_takes_them),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
