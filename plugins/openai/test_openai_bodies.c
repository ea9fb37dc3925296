/* The openai adapter: bodies of its own dialect, as a provider's options and the catalogue of models want them. */
#include "test_openai.h"

static void options_hold_for_bodies_of_the_same_dialect(void **state) {
    (void)state;
    const char *body =
        "{\"model\":\"m\", \"messages\":[{\"role\":\"developer\",\"content\":\"a\"},{\"content\" : 1e3, \"role\":\"assistant\","
        "\"reasoning_content\":\"hm\",\"reasoning\":\"hm\"},{\"role\":\"system\",\"content\":\"b\"}],"
        "\"max_completion_tokens\":1e2,\"seed\":1,\"tools\":[],\"tool_choice\":\"auto\"}";
    assert_ptr_equal(mended(defaults, body), body); /* untouched: not even copied */
    const char *sealed = "{\"messages\":[{\"role\":\"assistant\",\"content\":\"a\",\"reasoning_details\":[]}]}";
    assert_ptr_equal(mended(defaults, sealed), sealed); /* another vendor may know it, OpenAI does not */
    has(mended_for("gpt-5.2", defaults, YZ_OP_CHAT, sealed), "[{\"role\":\"assistant\",\"content\":\"a\"}]");
    oa_config config = *defaults;
    config.max_tokens_field = OA_FIELD_MAX_TOKENS;
    has(mended(&config, body), "\"max_tokens\":1e2");
    has_not(mended(&config, body), "max_completion_tokens");
    assert_ptr_equal(mended_as(&config, YZ_OP_COMPLETION, body), body); /* the options are about chats */
    config.max_tokens_field = OA_FIELD_MAX_COMPLETION_TOKENS;
    assert_ptr_equal(mended(&config, body), body);
    has_not(mended(&config, "{\"max_tokens\":5,\"max_completion_tokens\":6}"), "\"max_tokens\"");
    has(mended(&config, "{\"max_tokens\":5}"), "\"max_completion_tokens\":5");
    has(mended_for("gpt-5.2", defaults, YZ_OP_CHAT, "{\"max_tokens\":5}"), "{\"max_completion_tokens\":5}");
    has(mended_for("o3", defaults, YZ_OP_CHAT, "{\"max_tokens\":5,\"max_completion_tokens\":6}"), "{\"max_completion_tokens\":6}");
    has(mended_for("gpt-4o", defaults, YZ_OP_CHAT, "{\"max_tokens\":5}"), "{\"max_tokens\":5}");
    has(mended_for("gpt-oss-120b", defaults, YZ_OP_CHAT, "{\"max_tokens\":5}"), "{\"max_tokens\":5}");
    config = *defaults;
    config.system_role = OA_ROLE_SYSTEM;
    has(mended(&config, body), "[{\"role\":\"system\",\"content\":\"a\"},{\"content\" : 1e3, \"role\":\"assistant\"");
    config.late_system = OA_LATE_USER;
    has(mended(&config, body), "{\"role\":\"user\",\"content\":\"b\"}]");
    assert_true(lost("messages.role;approximated"));
    config = *defaults;
    config.send_reasoning = OA_SEND_NEVER;
    has(mended(&config, body), "{\"content\":1e3,\"role\":\"assistant\"}");
    assert_true(lost("reasoning_content"));
    config = *defaults;
    yz_str drop[] = {YZ_STR("seed"), YZ_STR("tools"), YZ_STR("max_tokens")};
    config.drop = (yz_list){drop, 3};
    has_not(mended(&config, body), "seed");
    has_not(mended(&config, body), "tool");
    has_not(mended(&config, body), "max_");
    assert_true(lost("seed") && lost("tools") && lost("tool_choice") && lost("max_completion_tokens"));
    config = *defaults;
    config.seed_field = YZ_STR("random_seed");
    config.forced_tools = false;
    has(mended(&config, "{\"seed\":1e0,\"tool_choice\":\"auto\"}"), "\"random_seed\":1e0}");
    assert_int_equal(losses.n, 0);
    has(mended(&config, "{\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"f\"}}}"), "{\"tool_choice\":\"auto\"}");
    assert_true(lost("tool_choice;approximated"));
    yz_str few[] = {YZ_STR("n"), YZ_STR("logprobs")};
    config.drop = (yz_list){few, 2};
    assert_string_equal(mended(&config, "{\"n\":1,\"logprobs\":false}"), "{}");
    assert_int_equal(losses.n, 0); /* nothing that says what holds anyhow */
    assert_string_equal(mended(&config, "{\"n\":2,\"logprobs\":true}"), "{}");
    assert_true(lost("n") && lost("logprobs"));
}

/* A client that named another model than the one that is asked: as that one takes it. One that named this: as it came, but for a limit that
 * is greater than anything it can answer. */
static void models_hold_for_bodies_of_the_same_dialect(void **state) {
    (void)state;
#define ASKS(name, rest) "{\"model\":\"" name "\"," rest "}"
    static const struct {
        const char *model, *body, *sent, *lost;
    } table[] = {
        {"gpt-4o", ASKS("gpt-4o", "\"max_tokens\":1000000"), ASKS("gpt-4o", "\"max_tokens\":16384"), "max_tokens;approximated"},
        {"gpt-4o", ASKS("alias", "\"max_completion_tokens\":1e6"), ASKS("alias", "\"max_completion_tokens\":16384"),
         "max_tokens;approximated"},
        {"gpt-4o", ASKS("alias", "\"max_tokens\":16384"), ASKS("alias", "\"max_tokens\":16384"), NULL},
        {"gpt-4o", ASKS("alias", "\"reasoning_effort\":\"high\",\"temperature\":0.5"), ASKS("alias", "\"temperature\":0.5"),
         "reasoning_effort"},
        {"gpt-5.4", ASKS("alias", "\"tools\":[1],\"reasoning_effort\":\"high\""), ASKS("alias", "\"tools\":[1]"), "reasoning_effort"},
        {"gpt-5.4", ASKS("alias", "\"tools\":[],\"reasoning_effort\":\"high\""),
         ASKS("alias", "\"tools\":[],\"reasoning_effort\":\"high\""), NULL},
        {"gpt-5.6", ASKS("alias", "\"tools\":[1],\"reasoning_effort\":\"high\""),
         ASKS("alias", "\"tools\":[1],\"reasoning_effort\":\"none\""), "reasoning_effort"},
        {"gpt-6", ASKS("alias", "\"tools\":[1]"), ASKS("alias", "\"tools\":[1],\"reasoning_effort\":\"none\""), NULL},
        {"gpt-6", ASKS("gpt-6", "\"tools\":[1],\"reasoning_effort\":\"high\",\"top_p\":0.5"),
         ASKS("gpt-6", "\"tools\":[1],\"reasoning_effort\":\"high\",\"top_p\":0.5"), NULL},
        {"gpt-5", ASKS("alias", "\"temperature\":0.5,\"stop\":[\"x\"],\"top_p\":1"), "{\"model\":\"alias\"}", "temperature, stop"},
        {"o3", ASKS("alias", "\"parallel_tool_calls\":true,\"presence_penalty\":0"), "{\"model\":\"alias\"}", "parallel_tool_calls"},
        {"gpt-5.2", ASKS("alias", "\"temperature\":0.5,\"reasoning_effort\":\"max\""), ASKS("alias", "\"reasoning_effort\":\"xhigh\""),
         "reasoning_effort;approximated, temperature"},
        {"gpt-5.1", ASKS("kimi", "\"thinking\":{\"type\":\"disabled\"}"), ASKS("kimi", "\"reasoning_effort\":\"none\""), NULL},
        {"gpt-5.1", ASKS("kimi", "\"thinking\":{\"type\":\"enabled\"}"), ASKS("kimi", "\"reasoning_effort\":\"high\""), NULL},
        {"gpt-5.1", ASKS("qwen", "\"enable_thinking\":true,\"thinking_budget\":1000"), ASKS("qwen", "\"reasoning_effort\":\"low\""), NULL},
        {"gpt-5.1", ASKS("x", "\"reasoning\":{\"effort\":\"low\"},\"reasoning_effort\":\"medium\""),
         ASKS("x", "\"reasoning_effort\":\"medium\""), NULL},
        {"gpt-4o", ASKS("x", "\"reasoning\":{\"effort\":\"low\"}"), "{\"model\":\"x\"}", "reasoning"},
        {"gpt-4o", ASKS("qwen", "\"enable_thinking\":false"), "{\"model\":\"qwen\"}", NULL},
        {"gpt-5.4", ASKS("x", "\"tools\":[1],\"thinking\":{\"type\":\"adaptive\"}"), ASKS("x", "\"tools\":[1]"), "reasoning_effort"},
        {"gpt-5.1", ASKS("gpt-5.1", "\"thinking\":{\"type\":\"enabled\"}"), ASKS("gpt-5.1", "\"thinking\":{\"type\":\"enabled\"}"), NULL},
        {"nobody-knows", ASKS("kimi", "\"thinking\":{\"type\":\"enabled\"}"), ASKS("kimi", "\"thinking\":{\"type\":\"enabled\"}"), NULL},
        {"grok-4",
         ASKS("alias", "\"reasoning_effort\":\"high\",\"stop\":\"x\",\"presence_penalty\":0.5,\"frequency_penalty\":0,\"top_p\":0.5"),
         ASKS("alias", "\"top_p\":0.5"), "reasoning_effort, presence_penalty, stop"},
        {"grok-3-mini", ASKS("alias", "\"reasoning_effort\":\"xhigh\""), ASKS("alias", "\"reasoning_effort\":\"high\""),
         "reasoning_effort;approximated"},
        {"anthropic/claude-opus-4-7", ASKS("alias", "\"temperature\":0.5,\"top_k\":5"), "{\"model\":\"alias\"}", "temperature, top_k"},
        {"nobody-knows", ASKS("alias", "\"temperature\":0.5,\"max_tokens\":9000000"),
         ASKS("alias", "\"temperature\":0.5,\"max_tokens\":9000000"), NULL},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        yz_buf told = {0};
        assert_string_equal(mended_for(table[i].model, defaults, YZ_OP_CHAT, table[i].body), table[i].sent);
        for (size_t k = 0; k < losses.n; k++)
            yz_buf_printf(&told, "%s%.*s", k ? ", " : "", YZ_STR_ARGS(losses.names[k]));
        assert_string_equal(yz_dup(arena, yz_buf_view(&told)).p, table[i].lost ? table[i].lost : "");
        yz_buf_free(&told);
    }
}

/* Who insists on thoughts beside calls gets the field in its own name; who refuses them gets none. */
static void thoughts_of_forwarded_bodies(void **state) {
    (void)state;
#define TURN(more) "{\"role\":\"assistant\",\"content\":\"\"" more "}"
#define CALLS      ",\"tool_calls\":[{\"id\":\"a\"}]"
    static const char body[] = "{\"messages\":[" TURN(CALLS) "," TURN("") "," TURN(",\"reasoning\":\"t\"" CALLS) "," TURN(
        ",\"reasoning_content\":\"u\"" CALLS) "," TURN(",\"reasoning_content\":null" CALLS) "]}";
    oa_config config = *defaults;
    config.send_reasoning = OA_SEND_WITH_CALLS;
    assert_string_equal(
        mended(&config, body),
        "{\"messages\":[" TURN(CALLS ",\"reasoning_content\":\"\"") "," TURN("") "," TURN(CALLS ",\"reasoning_content\":\"t\"") "," TURN(
            ",\"reasoning_content\":\"u\"" CALLS) "," TURN(CALLS ",\"reasoning_content\":\"\"") "]}");
    assert_int_equal(losses.n, 0);
    config.reasoning_field = YZ_STR("reasoning");
    has(mended(&config, "{\"messages\":[" TURN(",\"reasoning_content\":\"u\"") "]}"), TURN(",\"reasoning\":\"u\""));
    config.send_reasoning = OA_SEND_NEVER;
    assert_string_equal(mended(&config, "{\"messages\":[" TURN(",\"reasoning\":\"t\",\"reasoning_details\":[]" CALLS) "]}"),
                        "{\"messages\":[" TURN(CALLS) "]}");
    assert_true(lost("reasoning_content"));
    has(mended_for("gpt-5.2", defaults, YZ_OP_CHAT, "{\"messages\":[" TURN(",\"reasoning_content\":\"t\"") "]}"), "[" TURN("") "]");
    assert_true(lost("reasoning_content"));
}

/* Where nothing is sent that the client did not send, it has the provider's name all the same. */
static void thoughts_have_the_providers_name(void **state) {
    (void)state;
    oa_config config = *defaults;
    config.reasoning_field = YZ_STR("reasoning");
    assert_string_equal(mended(&config, "{\"messages\":[" TURN(CALLS) "," TURN(",\"reasoning_content\":\"u\"" CALLS) "]}"),
                        "{\"messages\":[" TURN(CALLS) "," TURN(CALLS ",\"reasoning\":\"u\"") "]}");
    assert_int_equal(losses.n, 0);
    const char *fine = "{\"messages\":[" TURN(",\"reasoning\":\"t\"" CALLS) "," TURN(CALLS) "]}";
    assert_ptr_equal(mended(&config, fine), fine);
}

/* What a client's SDK keeps of an answer and sends back, where fields that nobody knows are refused. */
static void fields_of_messages(void **state) {
    (void)state;
    yz_str taken[] = {YZ_STR("content"), YZ_STR("assistant.tool_calls"), YZ_STR("tool.name")};
    oa_config config = *defaults;
    config.message_fields = (yz_list){taken, 3};
#define KEPT "{\"content\":\"hi\",\"refusal\":null,\"role\":\"assistant\",\"annotations\":[],\"audio\":null,\"function_call\":null"
    assert_string_equal(mended(&config, "{\"messages\":[" KEPT "}," KEPT CALLS "}]}"),
                        "{\"messages\":[{\"content\":\"hi\",\"role\":\"assistant\"},{\"content\":\"hi\",\"role\":\"assistant\"" CALLS
                        "}]}");
    assert_int_equal(losses.n, 0); /* they said nothing */
    assert_string_equal(mended(&config,
                               "{\"messages\":[{\"role\":\"user\",\"name\":\"bob\",\"content\":[{\"type\":\"text\",\"text\":\"a\","
                               "\"cache_control\":{\"type\":\"ephemeral\"}}]},{\"role\":\"tool\",\"name\":\"f\",\"content\":\"b\"}]}"),
                        "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"a\"}]},{\"role\":\"tool\",\"name\":"
                        "\"f\",\"content\":\"b\"}]}");
    assert_true(losses.n == 1 && lost("messages.name"));
    assert_string_equal(
        mended(&config, "{\"messages\":[{\"role\":\"assistant\",\"content\":null,\"refusal\":\"no\",\"thinking_blocks\":[1]}]}"),
        "{\"messages\":[{\"role\":\"assistant\",\"content\":\"no\"}]}");
    assert_true(losses.n == 1 && lost("messages.thinking_blocks")); /* a refusal is what was said */
    const char *fine = "{\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}";
    assert_ptr_equal(mended(&config, fine), fine);
}

/* Templates refuse a second message of instructions, and two messages of one role in a row; some servers lists and null. */
static void messages_as_templates_take_them(void **state) {
    (void)state;
#define SAYS(role, content) "{\"role\":\"" role "\",\"content\":" content "}"
#define PARTS(a, b)         "[{\"type\":\"text\",\"text\":\"" a "\"},{\"type\":\"text\",\"text\":\"" b "\"}]"
    oa_config config = *defaults;
    config.system_role = OA_ROLE_SYSTEM;
    config.late_system = OA_LATE_USER;
    config.content = OA_CONTENT_TEXT;
    assert_string_equal(
        mended(&config,
               "{\"messages\":[" SAYS("developer", PARTS("a", "b")) "," SAYS("system", "\"c\"") "," SAYS("user", "\"d\"") "," SAYS(
                   "system", PARTS("e", "f")) "," SAYS("user", "\"g\"") ",{\"role\":\"assistant\",\"content\":null" CALLS
                                                                        "}," SAYS("tool", PARTS("h", "i")) "," SAYS(
                                                                            "system", "\"j\"") "," SAYS("user",
                                                                                                        "[{\"type\":\"image_url\"}]") "]}"),
        "{\"messages\":[" SAYS("system", "\"a\\n\\nb\\n\\nc\"") "," SAYS(
            "user", "\"d\\n\\ne\\n\\nf\\n\\ng\"") ",{\"role\":\"assistant\"" CALLS
                                                  "}," SAYS("tool", "\"h\\ni\"") "," SAYS(
                                                      "user", "[{\"type\":\"text\",\"text\":\"j\"},{\"type\":\"image_url\"}]") "]}");
    assert_true(losses.n == 1 && lost("messages.role;approximated"));
    const char *fine = "{\"messages\":[" SAYS("system", "\"a\"") "," SAYS("user", PARTS("b", "c")) "," SAYS("user", "\"d\"") "]}";
    assert_ptr_equal(mended(&config, fine), fine);
}

/* Servers that want something said by whoever speaks, and read arguments: Ollama, vLLM. Elsewhere it is between the client and them. */
static void what_a_server_cannot_read(void **state) {
    (void)state;
    oa_config config = *defaults;
    config.content = OA_CONTENT_GIVEN;
#define FIRST SAYS("system", PARTS("a", "b")) ","
    static const char nothing[] = "{\"messages\":[" FIRST SAYS("user", "null") "," SAYS(
        "user", PARTS("a", "b")) ",{\"role\":\"assistant\","
                                 "\"content\":null,\"refusal\":\"no\"},{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[]},"
                                 "{\"role\":\"assistant\"},{\"role\":\"assistant\",\"content\":null" CALLS "}]}";
    assert_string_equal(
        mended(&config, nothing),
        "{\"messages\":[" FIRST SAYS("user", "\"\"") "," SAYS("user", PARTS("a", "b")) "," SAYS(
            "assistant",
            "\"no\"") ",{\"role\":\"assistant\",\"content\":\"\",\"tool_calls\":[]}," SAYS("assistant",
                                                                                           "\"\"") ",{\"role\":\"assistant\"" CALLS "}]}");
    assert_int_equal(losses.n, 0);
    assert_ptr_equal(mended(defaults, nothing), nothing);
    config = *defaults;
    config.arguments = OA_ARGUMENTS_OBJECT;
#define CALLED(a, b)                                                                                                                       \
    "{\"messages\":[{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"1\",\"function\":{\"arguments\":\"" a                                \
    "\",\"name\":\"f\"}},{\"id\":\"2\","                                                                                                   \
    "\"function\":{\"arguments\":\"" b "\"}}]}]}"
    assert_string_equal(mended(&config, CALLED("{\\\"x\\\": \\\"\\\\n", " ")),
                        CALLED("{\\\"raw_arguments\\\":\\\"{\\\\\\\"x\\\\\\\": \\\\\\\"\\\\\\\\n\\\"}", "{}"));
    assert_true(losses.n == 1 && lost("messages.tool_calls;approximated"));
    static const char fine[] = CALLED("{}", "{ \\\"x\\\": {}}");
    assert_ptr_equal(mended(&config, fine), fine);
    assert_ptr_equal(mended(defaults, CALLED("1", "")), mended(defaults, CALLED("1", "")));
}

/* No tools, no answer, no limit: each has numbers and lists for it that others refuse. */
static void nothing_is_left_out(void **state) {
    (void)state;
    oa_config config = *defaults;
    config.empty_tools = false;
    assert_string_equal(mended(&config, "{\"tools\":[],\"tool_choice\":\"auto\",\"n\":1}"), "{\"n\":1}");
    assert_string_equal(mended(&config, "{\"tool_choice\":\"none\"}"), "{}");
    assert_int_equal(losses.n, 0);
    assert_string_equal(mended(&config, "{\"tools\":null,\"tool_choice\":\"required\"}"), "{}");
    assert_true(losses.n == 1 && lost("tool_choice"));
    static const char fine[] = "{\"tools\":[{}],\"tool_choice\":\"auto\"}";
    assert_ptr_equal(mended(&config, fine), fine);
    config = *defaults;
    config.least_tokens = 1;
    assert_string_equal(mended(&config, "{\"max_tokens\":0}"), "{\"max_tokens\":1}");
    assert_true(losses.n == 1 && lost("max_tokens;approximated"));
    assert_string_equal(mended(&config, "{\"max_completion_tokens\":-1}"), "{}");
    assert_int_equal(losses.n, 0); /* no limit is what holds without one */
    assert_string_equal(mended(&config, "{\"max_tokens\":1}"), "{\"max_tokens\":1}");
    assert_string_equal(mended(defaults, "{\"max_tokens\":0}"), "{\"max_tokens\":0}");
}

/* The user may not speak between a call and its results. */
static void instructions_amid_results_stand_behind_them(void **state) {
    (void)state;
#define ASKED    SAYS("user", "\"q\"") ",{\"role\":\"assistant\",\"content\":null" CALLS "},"
#define GIVES(t) "{\"role\":\"tool\",\"tool_call_id\":\"" t "\",\"content\":\"" t "\"}"
    oa_config config = *defaults;
    config.late_system = OA_LATE_USER;
    static const char between[] = "{\"messages\":[" ASKED SAYS("system", "\"w\"") "," GIVES("a") "," SAYS("developer", "\"v\"") "," GIVES(
        "b") "," SAYS("assistant", "\"c\"") "]}";
    assert_string_equal(mended(&config, between), "{\"messages\":[" ASKED GIVES("a") "," GIVES("b") "," SAYS(
                                                      "user", "\"w\\n\\nv\"") "," SAYS("assistant", "\"c\"") "]}");
    assert_true(losses.n == 1 && lost("messages.role;approximated"));
    assert_ptr_equal(mended(defaults, between), between); /* where they may be late, that is between the client and who it means */
    static const char fine[] = "{\"messages\":[" ASKED GIVES("a") "," GIVES("b") "]}";
    assert_ptr_equal(mended(&config, fine), fine);
}

/* What this gateway put into an answer of another vendor is nothing OpenAI's models know. */
static void signatures_of_others_are_not_forwarded(void **state) {
    (void)state;
    static const char call[] = "{\"id\":\"a\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}";
    const char *body = yz_format(arena,
                                 "{\"model\":\"m\",\"messages\":[{\"role\":\"assistant\",\"content\":null,\"reasoning_details\":[{}],"
                                 "\"tool_calls\":[%s,\"extra_content\":{\"google\":{\"thought_signature\":\"s\"}}}, %s}]}]}",
                                 call, call)
                           .p,
               *clean = yz_format(arena, "[{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[%s},%s}]}]", call, call).p;
    has(mended_for("gpt-5.2", defaults, YZ_OP_CHAT, body), clean);
    assert_ptr_equal(mended_for("gemini-3-pro", defaults, YZ_OP_CHAT, body), body); /* Google's own endpoint of this dialect */
    assert_ptr_equal(mended_for("gpt-5.2", defaults, YZ_OP_CHAT, "{\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}"),
                     mended_for("gpt-5.2", defaults, YZ_OP_CHAT, "{\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}"));
}

/* A shape and how many lines it has are one size here: what is in no size is told, and both are if both were asked for. */
static void sizes_of_films(void **state) {
    (void)state;
    static const struct {
        const char *aspect, *resolution, *size, *lost;
    } table[] = {
        {"9:16", "1080p", "1080x1920", ""},
        {"16:9", "", "1280x720", ""},
        {"16:9", "480p", NULL, "aspectRatio, resolution"},
        {"1:1", "720p", NULL, "aspectRatio, resolution"},
        {"1:1", "", NULL, "aspectRatio"},
        {"", "480p", NULL, "resolution"},
    };
    const yz_provider provider = {YZ_PROVIDER, .config = defaults};
    const yz_target target = {YZ_TARGET, .provider = &provider, .model = YZ_STR("sora-2")};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const yz_film film = {YZ_FILM, .prompt = YZ_STR("p"), .aspect = yz_str_of(table[i].aspect),
                              .resolution = yz_str_of(table[i].resolution)};
        yz_losses *told = yz_losses_new(arena);
        yz_buf out = {0};
        assert_int_equal(adapter->write_film(&provider, &film, &target, arena, told, &out), YZ_OK);
        const char *body = yz_dup(arena, yz_buf_view(&out)).p;
        assert_string_equal(yz_losses_said(told, arena).p, table[i].lost);
        if (table[i].size)
            has(body, yz_format(arena, "\"size\":\"%s\"", table[i].size).p);
        else
            has_not(body, "size");
        yz_buf_free(&out);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_hold_for_bodies_of_the_same_dialect),
        cmocka_unit_test(models_hold_for_bodies_of_the_same_dialect),
        cmocka_unit_test(thoughts_of_forwarded_bodies),
        cmocka_unit_test(thoughts_have_the_providers_name),
        cmocka_unit_test(fields_of_messages),
        cmocka_unit_test(messages_as_templates_take_them),
        cmocka_unit_test(what_a_server_cannot_read),
        cmocka_unit_test(nothing_is_left_out),
        cmocka_unit_test(instructions_amid_results_stand_behind_them),
        cmocka_unit_test(signatures_of_others_are_not_forwarded),
        cmocka_unit_test(sizes_of_films),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
