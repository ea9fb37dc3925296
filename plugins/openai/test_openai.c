/* The openai adapter, what the recordings cannot show: options, endpoints, limits, errors, the end of a stream. */
#include "test_openai.h"

/* ---- writing ------------------------------------------------------------------------------------------------------------- */

/* What a conversation becomes under these options, for this model. */
static const char *written(const oa_config *config, const char *model, const yz_chat *chat) {
    yz_provider provider = {YZ_PROVIDER, .adapter = adapter, .config = config};
    yz_target target = {YZ_TARGET, .provider = &provider, .model = yz_str_of(model), .facts = facts_of(model)};
    yz_buf out = {0};
    losses = (yz_losses){YZ_LOSSES, .arena = arena};
    int code = adapter->write(&provider, chat, &target, arena, &losses, &out);
    yz_str text = code == YZ_OK ? yz_dup(arena, yz_buf_view(&out)) : YZ_STR("refused");
    yz_buf_free(&out);
    return text.p;
}

static yz_chat *conversation(void) {
    yz_chat *chat = yz_chat_new(arena);
    yz_part_add(yz_message_add(chat, YZ_ROLE_SYSTEM), YZ_PART_TEXT)->text = YZ_STR("Be brief.");
    yz_message *thought = yz_message_add(chat, YZ_ROLE_ASSISTANT);
    yz_part_add(thought, YZ_PART_REASONING)->text = YZ_STR("Hm.");
    yz_part_add(thought, YZ_PART_TEXT)->text = YZ_STR("Yes");
    yz_part *call = yz_part_add(yz_message_add(chat, YZ_ROLE_ASSISTANT), YZ_PART_TOOL_CALL);
    call->id = YZ_STR("toolu_01ABC");
    call->name = YZ_STR("f");
    call->args = YZ_STR("{}");
    yz_part_add(yz_message_add(chat, YZ_ROLE_USER), YZ_PART_TOOL_RESULT)->id = call->id;
    return chat;
}

static void options_choose_the_spelling(void **state) {
    (void)state;
    yz_chat *chat = conversation();
    chat->max_tokens = 7;
    oa_config config = *defaults;
    has(written(&config, "gpt-4o", chat), "\"role\":\"system\"");
    has(written(&config, "gpt-4o", chat), "\"max_tokens\":7");
    has(written(&config, "openai/gpt-5.2", chat), "\"role\":\"developer\"");
    has(written(&config, "o3-mini", chat), "\"max_completion_tokens\":7");
    config.system_role = OA_ROLE_SYSTEM;
    config.max_tokens_field = OA_FIELD_MAX_TOKENS;
    has(written(&config, "gpt-5.2", chat), "\"role\":\"system\"");
    has(written(&config, "gpt-5.2", chat), "\"max_tokens\":7");
}

static void models_get_what_they_take(void **state) {
    (void)state;
    static const struct {
        const char *model;
        bool sampling, stop, effort; /* sent to it when all are asked for */
    } table[] = {{"gpt-4o", true, true, false},
                 {"chatgpt-4o-latest", true, true, false},
                 {"gpt-5-chat-latest", true, false, false},
                 {"gpt-5", false, false, true},
                 {"openai/gpt-5-mini", false, false, true},
                 {"gpt-5.2-2026-01-15", false, false, true},
                 {"gpt-6", false, false, true},
                 {"o1", false, true, true},
                 {"o4-mini", false, false, true},
                 {"gpt-oss-120b", true, true, true},
                 {"olmo", true, true, true},
                 {"gpt-", true, true, true},
                 {"a/", true, true, true},
                 {"", true, true, true}};
    yz_chat *chat = yz_chat_new(arena);
    yz_stop_add(chat, YZ_STR("END"));
    chat->temperature = YZ_STR("0.5");
    chat->effort = YZ_STR("high");
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const char *text = written(defaults, table[i].model, chat);
        (table[i].sampling ? has : has_not)(text, "\"temperature\":0.5");
        (table[i].stop ? has : has_not)(text, "\"stop\":[\"END\"]");
        (table[i].effort ? has : has_not)(text, "\"reasoning_effort\":\"high\"");
        assert_true(lost("temperature") != table[i].sampling && lost("stop") != table[i].stop &&
                    lost("reasoning_effort") != table[i].effort);
    }
}

static void options_send_reasoning_back(void **state) {
    (void)state;
    yz_chat *chat = conversation();
    oa_config config = *defaults;
    has_not(written(&config, "m", chat), "Hm.");
    assert_true(lost("reasoning_content"));
    config.send_reasoning = OA_SEND_WITH_CALLS;
    has(written(&config, "m", chat), "{\"role\":\"assistant\",\"reasoning_content\":\"\",\"tool_calls\"");
    has(written(&config, "gpt-5.2", chat), "\"content\":null,\"reasoning_content\":\"\",\"tool_calls\"");
    has_not(written(&config, "m", chat), "Hm.");
    config.send_reasoning = OA_SEND_ALWAYS;
    config.reasoning_field = YZ_STR("reasoning");
    has(written(&config, "m", chat), "\"content\":\"Yes\",\"reasoning\":\"Hm.\"");
    assert_false(lost("reasoning_content"));
}

static void options_map_call_ids(void **state) {
    (void)state;
    yz_chat *chat = conversation();
    oa_config config = *defaults;
    config.call_ids = OA_IDS_NINE;
    const char *text = written(&config, "m", chat), *id = strstr(text, "\"id\":\"");
    assert_non_null(id);
    assert_int_equal(strcspn(id + 6, "\""), 9);
    char both[64];
    snprintf(both, sizeof both, "\"tool_call_id\":\"%.9s\"", id + 6);
    has(text, both);
}

/* Moonshot refuses a type beside anyOf, anything beside a reference, one that leads elsewhere than to $defs, and what has no type. Names
 * and values that look like those words are none. */
static const struct {
    const char *schema, *plain;
    bool lost;
} plain_schemas[] = {
    {"{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\"}}}", NULL, false},
    {"{\"properties\":{\"anyOf\":{\"type\":\"string\"},\"type\":{\"type\":\"string\"}}}",
     "{\"type\":\"object\",\"properties\":{\"anyOf\":{\"type\":\"string\"},\"type\":{\"type\":\"string\"}}}", false},
    {"{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"object\",\"enum\":[{\"type\":\"x\",\"anyOf\":[]}]}}}", NULL, false},
    {"{\"$ref\":\"#/$defs/a\"}", NULL, false},
    {"{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\",\"description\":\"d\",\"anyOf\":[{\"const\":\"x\"},{\"type\":"
     "\"null\"},{\"$ref\":\"#/$defs/b\"}]}},\"$defs\":{\"b\":{\"type\":\"string\"}}}",
     "{\"type\":\"object\",\"properties\":{\"a\":{\"description\":\"d\",\"anyOf\":[{\"type\":\"string\",\"const\":\"x\"},{\"type\":"
     "\"null\"},{\"$ref\":\"#/$defs/b\"}]}},\"$defs\":{\"b\":{\"type\":\"string\"}}}",
     false},
    {"{\"items\":{\"type\":\"object\",\"anyOf\":[{\"anyOf\":[{\"required\":[\"a\"]}]}]}}",
     "{\"type\":\"array\",\"items\":{\"anyOf\":[{\"anyOf\":[{\"type\":\"object\",\"required\":[\"a\"]}]}]}}", false},
    {"{\"type\":\"array\",\"items\":{\"$ref\":\"#/a\",\"description\":\"d\"}}", "{\"type\":\"array\",\"items\":{\"$ref\":\"#/a\"}}", true},
    {"{\"$schema\":\"d\",\"$id\":\"x\",\"type\":\"object\"}", "{\"type\":\"object\"}", false},
    {"{\"items\":{\"$ref\":\"#/definitions/"
     "a\"},\"definitions\":{\"a\":{\"type\":\"null\"},\"items\":{\"type\":\"null\"},\"$schema\":{\"type\":\"null\"}}}",
     "{\"type\":\"array\",\"items\":{\"$ref\":\"#/$defs/"
     "a\"},\"$defs\":{\"a\":{\"type\":\"null\"},\"items\":{\"type\":\"null\"},\"$schema\":{\"type\":\"null\"}}}",
     false},
    {"{\"type\":\"array\",\"items\":{\"$ref\":\"#/definitions/"
     "a\"},\"$defs\":{\"a\":{\"type\":\"null\"}},\"definitions\":{\"a\":{\"type\":\"string\"},\"b\":{\"type\":\"null\"}}}",
     "{\"type\":\"array\",\"items\":{\"$ref\":\"#/$defs/"
     "ref_1\"},\"$defs\":{\"a\":{\"type\":\"null\"},\"b\":{\"type\":\"null\"},\"ref_1\":{\"type\":\"string\"}}}",
     false},
    {"{\"type\":\"array\",\"items\":[{\"type\":\"string\"}],\"additionalItems\":false}",
     "{\"type\":\"array\",\"prefixItems\":[{\"type\":\"string\"}],\"items\":false}", false},
    {"{\"items\":{\"minimum\":3,\"$ref\":\"#/a\"}}", "{\"type\":\"array\",\"items\":{\"$ref\":\"#/a\"}}", true},
    {"{\"$ref\":\"#/definitions/"
     "R\",\"$schema\":\"d\",\"description\":\"x\",\"definitions\":{\"R\":{\"type\":\"object\",\"properties\":{\"r\":{\"$ref\":\"#/"
     "definitions/R\"}}}}}",
     "{\"type\":\"object\",\"properties\":{\"r\":{\"$ref\":\"#/$defs/"
     "R\"}},\"description\":\"x\",\"$defs\":{\"R\":{\"type\":\"object\",\"properties\":{\"r\":{\"$ref\":\"#/$defs/R\"}}}}}",
     false},
    {"{\"$ref\":\"#\"}", NULL, false},
    {"{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\"},\"b\":{\"$ref\":\"#/properties/a\"},\"c\":{\"$ref\":\"#/"
     "properties/a\"}}}",
     "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\"},\"b\":{\"$ref\":\"#/$defs/ref_1\"},\"c\":{\"$ref\":\"#/$defs/"
     "ref_1\"}},\"$defs\":{\"ref_1\":{\"type\":\"string\"}}}",
     false},
    {"{\"type\":\"array\",\"items\":{\"$ref\":\"#\"}}",
     "{\"type\":\"array\",\"items\":{\"$ref\":\"#/$defs/ref_1\"},\"$defs\":{\"ref_1\":{\"type\":\"array\",\"items\":{\"$ref\":\"#/"
     "$defs/ref_1\"}}}}",
     false},
    {"{\"type\":\"array\",\"items\":{\"$ref\":\"#/x~1y/0/%24z\"},\"x/y\":[{\"$z\":{\"type\":\"null\"}}]}",
     "{\"type\":\"array\",\"items\":{\"$ref\":\"#/$defs/ref_1\"},\"x/"
     "y\":[{\"$z\":{\"type\":\"null\"}}],\"$defs\":{\"ref_1\":{\"type\":\"null\"}}}",
     false},
    {"{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"object\",\"properties\":{\"b\":{\"type\":\"array\",\"items\":{\"$ref\":\"#/"
     "properties/a\"}}}},\"c\":{\"$ref\":\"#/properties/a/properties/b\"}}}",
     "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"object\",\"properties\":{\"b\":{\"type\":\"array\",\"items\":{\"$ref\":\"#/"
     "$defs/ref_1\"}}}},\"c\":{\"$ref\":\"#/$defs/ref_2\"}},\"$defs\":{\"ref_1\":{\"type\":\"object\",\"properties\":{\"b\":{\"$ref\":\"#/"
     "$defs/ref_2\"}}},\"ref_2\":{\"type\":\"array\",\"items\":{\"$ref\":\"#/$defs/ref_1\"}}}}",
     false},
    {"{\"type\":\"object\",\"properties\":{\"b\":{\"enum\":[\"p\",\"q\"]},\"c\":{\"const\":1},\"d\":{\"enum\":[1,2.5]},\"e\":{"
     "\"minimum\":1}}}",
     "{\"type\":\"object\",\"properties\":{\"b\":{\"type\":\"string\",\"enum\":[\"p\",\"q\"]},\"c\":{\"type\":\"integer\",\"const\":1},"
     "\"d\":{\"type\":\"number\",\"enum\":[1,2.5]},\"e\":{\"type\":\"number\",\"minimum\":1}}}",
     false},
    {"{\"type\":\"object\",\"properties\":{\"e\":{\"description\":\"d\",\"enum\":[null,\"a\",1,\"b\"]}}}",
     "{\"type\":\"object\",\"properties\":{\"e\":{\"anyOf\":[{\"type\":\"string\",\"enum\":[\"a\",\"b\"]},{\"type\":\"integer\","
     "\"enum\":[1]},{\"type\":\"null\",\"enum\":[null]}],\"description\":\"d\"}}}",
     false},
    {"{\"type\":\"object\",\"properties\":{\"a\":{\"description\":\"x\"}}}",
     "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\",\"description\":\"x\"}}}", true},
    {"{\"type\":\"object\",\"properties\":{\"a\":true,\"b\":false}}",
     "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\"},\"b\":false}}", true},
    {"{\"type\":\"object\",\"additionalProperties\":{}}", "{\"type\":\"object\",\"additionalProperties\":true}", false},
    {"{\"type\":\"object\",\"not\":{\"const\":1},\"allOf\":[{\"description\":\"x\"},{\"required\":[\"a\"]}]}",
     "{\"type\":\"object\",\"not\":{\"const\":1},\"allOf\":[{\"description\":\"x\"},{\"type\":\"object\",\"required\":[\"a\"]}]}", false},
    {"{}", "{\"type\":\"object\"}", false},
};

static void schemas_for_those_who_take_plain_ones(void **state) {
    (void)state;
    oa_config config = *defaults;
    for (size_t i = 0; i < sizeof plain_schemas / sizeof *plain_schemas; i++) {
        yz_chat *chat = conversation();
        yz_tool *tool = yz_tool_add(chat);
        tool->name = YZ_STR("f");
        chat->schema = tool->schema = yz_str_of(plain_schemas[i].schema);
        config.schemas = OA_SCHEMAS_ANY;
        has(written(&config, "m", chat), plain_schemas[i].schema);
        config.schemas = OA_SCHEMAS_PLAIN;
        const char *plain = plain_schemas[i].plain ? plain_schemas[i].plain : plain_schemas[i].schema;
        const char *text = written(&config, "m", chat);
        has(text, yz_format(arena, "\"parameters\":%s", plain).p);
        has(text, yz_format(arena, "\"schema\":%s", plain).p);
        assert_int_equal(lost("tools.function.parameters;approximated"), plain_schemas[i].lost);
        assert_int_equal(lost("response_format.json_schema.schema;approximated"), plain_schemas[i].lost);
        static const char body[] = "{\"tools\":[ {\"function\":{\"parameters\": %s ,\"name\":\"f\"}} ],\"n\":1,\"response_format\":"
                                   "{\"json_schema\":{\"schema\":%s}}}";
        const char *own = yz_format(arena, body, plain_schemas[i].schema, plain_schemas[i].schema).p, *sent = mended(&config, own);
        if (!plain_schemas[i].plain)
            assert_ptr_equal(sent, own);
        else
            assert_non_null(strstr(sent, plain) && strstr(strstr(sent, plain) + 1, plain) && strstr(sent, ",\"name\":\"f\"}}") ? sent
                                                                                                                               : NULL);
    }
}

/* References to each of many objects within each other: every one is written once where it stands, and once as a definition. `hidden`: each
 * reference to the next stands in what only the one before leads to, so that none is known before. */
static void put_deep_schema(yz_buf *out, size_t depth, bool hidden) {
    yz_buf_lit(out, "{\"type\":\"object\",\"properties\":{\"a\":");
    for (size_t i = 1; i < depth; i++)
        yz_buf_lit(out, "{\"type\":\"object\",\"properties\":{\"a\":");
    yz_buf_printf(out, "{\"type\":\"string\",\"description\":\"%01000d\"}", 0);
    for (size_t i = 1; i < depth; i++)
        yz_buf_lit(out, "}}");
    yz_buf_lit(out, hidden ? ",\"r\":{\"$ref\":\"#/properties/h0/x\"}" : "");
    for (size_t i = 0; i < depth; i++) {
        if (hidden) /* beside a reference, where nothing is written */
            yz_buf_printf(out, ",\"h%zu\":{\"$ref\":\"#\",\"x\":{\"type\":\"array\",\"prefixItems\":[{\"$ref\":\"#", i);
        else
            yz_buf_printf(out, ",\"r%zu\":{\"$ref\":\"#", i);
        for (size_t step = 0; step <= i; step++)
            yz_buf_lit(out, "/properties/a");
        if (hidden)
            yz_buf_printf(out, "\"},{\"$ref\":\"#/properties/h%zu/x\"}]}}", i + 1);
        else
            yz_buf_lit(out, "\"}");
    }
    yz_buf_lit(out, "}}");
    yz_buf_char(out, '\0');
}

static void a_schema_grows_to_twice_its_size_at_most(void **state) {
    (void)state;
    oa_config config = *defaults;
    config.schemas = OA_SCHEMAS_PLAIN;
    for (int hidden = 0; hidden <= 1; hidden++) {
        yz_buf schema = {0};
        put_deep_schema(&schema, 28, hidden);
        yz_chat *chat = conversation();
        yz_tool *tool = yz_tool_add(chat);
        tool->name = YZ_STR("f");
        tool->schema = yz_str_of(schema.p);
        const char *text = written(&config, "m", chat), *described = text;
        size_t times = 0;
        while ((described = strstr(described, "\"description\":\"0")) != NULL)
            described++, times++;
        if (strlen(text) > 2 * schema.n || times != 2)
            fail_msg("%zu bytes became %zu, with %zu descriptions", schema.n, strlen(text), times);
        has(text, "\"ref_28\":");
        yz_buf_free(&schema);
    }
}

static void options_drop_and_refuse(void **state) {
    (void)state;
    static const yz_str dropped[] = {{"temperature", 11}, {"tools", 5}};
    yz_chat *chat = yz_chat_new(arena);
    yz_part_add(yz_message_add(chat, YZ_ROLE_USER), YZ_PART_IMAGE)->url = YZ_STR("https://x/y");
    chat->temperature = YZ_STR("0.5");
    chat->top_k = YZ_STR("5");
    oa_config config = *defaults;
    config.drop = (yz_list){dropped, 2};
    has_not(written(&config, "m", chat), "temperature");
    assert_true(lost("temperature") && lost("top_k"));
    config.top_k = true;
    has(written(&config, "m", chat), "\"top_k\":5");
    config.image_urls = false;
    assert_string_equal(written(&config, "m", chat), "refused");
    assert_true(lost("image_url"));
    config.include_usage = false;
    chat->messages = NULL;
    chat->stream = true;
    has_not(written(&config, "m", chat), "stream_options");
}

static void endpoints(void **state) {
    (void)state;
    oa_config config = *defaults;
    yz_provider provider = {YZ_PROVIDER, .adapter = adapter, .config = &config};
    yz_target target = {YZ_TARGET, .provider = &provider, .model = YZ_STR("my model/7")};
    yz_request request = {YZ_REQUEST, .op = YZ_OP_EMBEDDING};
    yz_endpoint endpoint;
    assert_int_equal(adapter->endpoint(&provider, &request, &target, arena, &endpoint), YZ_OK);
    assert_true(yz_str_is(endpoint.path, "/embeddings"));
    assert_null(endpoint.credential); /* the first of */
    assert_string_equal(adapter->credentials[0].prefix, "Bearer ");
    config.chat_path = YZ_STR("/deployments/{model}/chat?api-version=1");
    request.op = YZ_OP_CHAT;
    assert_int_equal(adapter->endpoint(&provider, &request, &target, arena, &endpoint), YZ_OK);
    assert_true(yz_str_is(endpoint.path, "/deployments/my%20model%2F7/chat?api-version=1"));
    request.op = YZ_OP_MODELS;
    assert_int_equal(adapter->endpoint(&provider, &request, &target, arena, &endpoint), YZ_EUNSUPPORTED);
}

/* ---- answers ---------------------------------------------------------------------------------------------------------------- */

static void play(yz_recording *r, const char *stream) {
    yz_recording_init(r, arena);
    yz_play_stream(adapter, yz_str_of(stream), NULL, 0, r);
}

static void too_many_calls_are_refused(void **state) {
    (void)state;
    yz_buf stream = {0};
    for (int i = 0; i <= YZ_CALLS_MAX; i++)
        yz_buf_printf(
            &stream, "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":%d,\"id\":\"c%d\",\"function\":{\"name\":\"f\"}}]}}]}\n\n",
            i, i);
    yz_recording r;
    yz_recording_init(&r, arena);
    yz_play_stream(adapter, yz_buf_view(&stream), NULL, 0, &r);
    assert_int_equal(r.code, YZ_ELIMIT);
    assert_int_equal(r.n_items, YZ_CALLS_MAX);
    yz_buf_free(&stream);
}

/* The flavours know what a vendor's own word means: it comes to them whole. DeepSeek has the longest. */
static void a_vendor_s_finish_keeps_its_word(void **state) {
    (void)state;
    yz_str word = {NULL, 0};
    yz_recording r;
    play(&r,
         "data: {\"choices\":[{\"delta\":{\"content\":\"x\"},\"finish_reason\":\"insufficient_system_resource\"}]}\n\ndata: [DONE]\n\n");
    for (size_t i = 0; i < r.n; i++)
        if (r.events[i].kind == YZ_EVENT_FINISH && r.events[i].finish == YZ_FINISH_OTHER)
            word = r.events[i].name;
    assert_true(yz_str_is(word, "insufficient_system_resource"));
}

/* Some servers never send [DONE]; those who close broken streams with it give no finish_reason. */
static void a_finish_makes_an_answer_complete(void **state) {
    (void)state;
    void *decoder = yz_alloc(arena, adapter->decoder_size), *broken = yz_alloc(arena, adapter->decoder_size);
    yz_str text = YZ_STR("{\"choices\":[{\"delta\":{\"content\":\"x\"}}]}"),
           end = YZ_STR("{\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}");
    yz_recording r;
    yz_recording_init(&r, arena);
    assert_int_equal(adapter->decode_event(decoder, YZ_STR(""), text, arena, &r.sink), YZ_OK);
    assert_false(adapter->decode_complete(NULL, decoder));
    assert_int_equal(adapter->decode_event(decoder, YZ_STR(""), end, arena, &r.sink), YZ_OK);
    assert_false(r.done);
    assert_true(adapter->decode_complete(NULL, decoder));
    assert_int_equal(adapter->decode_event(broken, YZ_STR(""), text, arena, &r.sink), YZ_OK);
    assert_int_equal(adapter->decode_event(broken, YZ_STR(""), YZ_STR("[DONE]"), arena, &r.sink), YZ_OK);
    assert_false(r.done);
    assert_false(adapter->decode_complete(NULL, broken));
}

#define CHUNK(choice)  "data: {\"choices\":[" choice "]}\n\n"
#define STOPPED(index) "{\"index\":" #index ",\"delta\":{},\"finish_reason\":\"stop\"}"
#define SAYS(index)    "{\"index\":" #index ",\"delta\":{\"content\":\"a\"}}"

/* Whatever order a provider finds, what goes out keeps to the grammar (answer.h). */
static void odd_orders_keep_the_grammar(void **state) {
    (void)state;
    static const char *const streams[] = {
        "data: {\"choices\":[" STOPPED(0) "],\"citations\":[]}\n\ndata: {\"choices\":[" STOPPED(
            0) "],\"citations\":[\"u\"]}\n\ndata: [DONE]\n\n",
        CHUNK(SAYS(0)) CHUNK(SAYS(1)) CHUNK(STOPPED(0)) "data: {\"choices\":[" STOPPED(0) "],\"citations\":[\"u\"]}\n\n" CHUNK(STOPPED(1)),
        CHUNK(STOPPED(1)) CHUNK(SAYS(0)) CHUNK(SAYS(0)) "data: [DONE]\n\n",
        CHUNK("{\"delta\":{\"tool_calls\":[{\"id\":\"a\",\"function\":{\"arguments\":[1]}}]}}") CHUNK(STOPPED(0)) "data: [DONE]\n\n",
        CHUNK("{\"delta\":{\"tool_calls\":[{\"id\":\"a\",\"function\":{\"arguments\":7}}]}}") CHUNK(STOPPED(0)) "data: [DONE]\n\n",
        "data: {\"type\":\"speech.audio.done\"}\n\n",
        "data: {\"type\":\"image_generation.completed\",\"b64_json\":\"AA==\",\"usage\":{\"input_tokens\":1,\"output_tokens\":2}}\n\n",
    };
    for (size_t i = 0; i < sizeof streams / sizeof *streams; i++) {
        yz_recording r;
        play(&r, streams[i]);
        assert_string_equal(r.fault ? r.fault : "", "");
        assert_true(r.done || i == 1 || i == 2); /* which has no [DONE], or a choice that does not end */
    }
}

#define PADDED(text, padding)                                                                                                              \
    "{\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":" text "},\"finish_reason\":null}]" padding "}"

/* The short way needs no memory: without an arena nothing else can read the event. */
static void padding_does_not_miss_the_short_way(void **state) {
    (void)state;
    static const char *const chunks[] = {PADDED("\"a\"", ",\"obfuscation\":\"x7\""), PADDED("\"b\"", ",\"obfuscation\":\"Qr5tz\""),
                                         PADDED("\"c\"", ",\"obfuscation\":\"\""), PADDED("\"d\"", "")};
    void *decoder = yz_alloc(arena, adapter->decoder_size);
    yz_recording r;
    yz_recording_init(&r, arena);
    for (size_t i = 0; i < sizeof chunks / sizeof *chunks; i++)
        assert_int_equal(adapter->decode_event(decoder, YZ_STR(""), yz_str_of(chunks[i]), i ? NULL : arena, &r.sink), YZ_OK);
    assert_int_equal(r.n, 6);
    assert_true(yz_str_is(r.events[5].text, "d"));
    /* Anything else after the text is read in full: here a finish, and JSON that is none. */
    const char *bad = PADDED("\"e\"", ",\"obfuscation\":\"x\"y\"");
    assert_int_equal(adapter->decode_event(decoder, YZ_STR(""), yz_str_of(bad), arena, &r.sink), YZ_EINVAL);
}

static void other_operations_are_read_for_their_counts(void **state) {
    (void)state;
    yz_recording r;
    yz_recording_init(&r, arena);
    yz_play_document(
        adapter,
        YZ_STR("{\"object\":\"list\",\"data\":[{\"embedding\":[0.1]}],\"model\":\"e\",\"usage\":{\"prompt_tokens\":8,\"total_tokens\":8}}"),
        &r);
    assert_true(r.done && !r.fault);
    assert_int_equal(yz_usage_get(r.events[1].usage, YZ_METER_INPUT), 8);
    yz_recording_init(&r, arena);
    yz_play_document(adapter, YZ_STR("{\"id\":\"modr-1\",\"model\":\"m\",\"results\":[{\"flagged\":false}]}"), &r);
    assert_true(r.done);
    yz_recording_init(&r, arena);
    yz_play_document(adapter, YZ_STR("{\"object\":\"response\",\"output\":[]}"), &r); /* another API's answer */
    assert_int_equal(r.code, YZ_EINVAL);
}

/* Of the last that it says was used: pictures and seconds; -1: not said. */
static void media_say_what_was_made(void **state) {
    (void)state;
    static const struct {
        const char *document;
        int64_t pictures, seconds;
    } rows[] = {
        {"{\"data\":[{\"b64_json\":\"AA==\"},{\"b64_json\":\"AA==\"}],\"usage\":{\"input_tokens\":1,\"output_tokens\":2}}", 2, -1},
        {"{\"created\":1,\"data\":[{\"url\":\"https://x\"}]}", 1, -1},
        {"{\"data\":[{\"embedding\":[0.1]}],\"usage\":{\"prompt_tokens\":8}}", -1, -1},
        {"{\"text\":\"a\",\"usage\":{\"type\":\"duration\",\"seconds\":12}}", -1, 12},
        {"{\"task\":\"transcribe\",\"duration\":8.47,\"text\":\"a\",\"segments\":[]}", -1, 9},
        {"{\"text\":\"a\",\"duration\":-3}", -1, -1},
        {"{\"text\":\"a\",\"duration\":1e300}", -1, -1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        yz_recording r;
        const yz_usage *last = NULL;
        yz_recording_init(&r, arena);
        yz_play_document(adapter, yz_str_of(rows[i].document), &r);
        for (size_t k = 0; k < r.n; k++)
            last = r.events[k].kind == YZ_EVENT_USAGE ? r.events[k].usage : last;
        assert_true(r.done && !r.fault);
        assert_int_equal(yz_usage_get(last, YZ_METER_PICTURES), rows[i].pictures);
        assert_int_equal(yz_usage_get(last, YZ_METER_SECONDS), rows[i].seconds);
    }
}

static void numbers_that_lie_are_not_counted(void **state) {
    (void)state;
    yz_recording r;
    play(&r, "data: "
             "{\"choices\":[],\"usage\":{\"prompt_tokens\":-5,\"completion_tokens\":1e300,\"prompt_tokens_details\":{\"cached_tokens\":7}}}"
             "\n\n");
    assert_int_equal(yz_usage_get(r.events[1].usage, YZ_METER_INPUT), -1);
    assert_int_equal(yz_usage_get(r.events[1].usage, YZ_METER_OUTPUT), -1);
}

/* ---- errors ------------------------------------------------------------------------------------------------------------------ */

static yz_error error_of(int status, const char *body) {
    yz_json *json = NULL;
    yz_error e = {YZ_ERROR};
    if (body)
        assert_int_equal(yz_json_parse(arena, yz_str_of(body), 0, &json, NULL), YZ_OK);
    adapter->read_error(status, json, arena, &e);
    return e;
}

static void errors_are_classed(void **state) {
    (void)state;
    const struct {
        int status;
        const char *body;
        yz_error_class class_;
        int told;
    } table[] = {
        {400, "{\"error\":{\"message\":\"m\",\"type\":\"invalid_request_error\",\"code\":\"context_length_exceeded\"}}",
         YZ_ERROR_CONTEXT_LENGTH, 400},
        {404, "{\"error\":{\"message\":\"model 'x' not found\",\"type\":\"api_error\"}}", YZ_ERROR_NOT_FOUND,
         404}, /* the status goes first */
        {404, "{\"error\":{\"message\":\"m\",\"type\":\"invalid_request_error\"}}", YZ_ERROR_NOT_FOUND, 404},
        {500, "{\"error\":{\"message\":\"m\",\"type\":\"rate_limit_error\"}}", YZ_ERROR_SERVER, 502},
        {400, "{\"error\":{\"message\":\"m\",\"code\":\"content_filter\",\"innererror\":{}}}", YZ_ERROR_CONTENT_POLICY, 400},
        {400, "{\"error\":{\"message\":\"m\",\"param\":\"tools\"}}", YZ_ERROR_BAD_REQUEST, 400},
        {401, "{\"error\":{\"message\":\"Incorrect API key provided\"}}", YZ_ERROR_UPSTREAM_AUTH, 502},
        {402, NULL, YZ_ERROR_QUOTA, 429},
        {404, "{\"error\":{\"message\":\"m\",\"code\":\"model_not_found\"}}", YZ_ERROR_NOT_FOUND, 404},
        {422, "{\"detail\":\"m\"}", YZ_ERROR_BAD_REQUEST, 422},
        {429, "{\"error\":{\"message\":\"m\",\"code\":\"insufficient_quota\"}}", YZ_ERROR_QUOTA, 429},
        {429, NULL, YZ_ERROR_RATE_LIMIT, 429},
        {429, "{\"error\":{\"message\":\"m\",\"type\":\"invalid_request_error\"}}", YZ_ERROR_RATE_LIMIT, 429},
        {429, "{\"error\":{\"message\":\"m\",\"type\":\"api_error\"}}", YZ_ERROR_RATE_LIMIT, 429},
        {500, "{\"error\":\"words\"}", YZ_ERROR_SERVER, 502},
        {503, NULL, YZ_ERROR_OVERLOADED, 503},
        {529, NULL, YZ_ERROR_OVERLOADED, 503},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        yz_error e = error_of(table[i].status, table[i].body);
        if (e.class_ != table[i].class_ || yz_error_status(&e) != table[i].told || e.message.n == 0)
            fail_msg("%d %s became %s %d", table[i].status, table[i].body ? table[i].body : "", yz_error_word(e.class_),
                     yz_error_status(&e));
    }
    assert_true(yz_str_is(error_of(400, "{\"error\":{\"message\":\"m\",\"param\":\"tools\"}}").param, "tools"));
}

/* ---- several answers, free text ---------------------------------------------------------------------------------------- */

static void several_answers_are_asked_for(void **state) {
    (void)state;
    yz_chat *chat = conversation();
    chat->n = 3;
    has(written(defaults, "gpt-5.2", chat), ",\"n\":3");
    chat->n = 1;
    has_not(written(defaults, "gpt-5.2", chat), "\"n\"");
}

/* The answer to a client that asked with `body`, of a model that calls its tool "run" with these arguments. */
static const char *called(const char *body, const char *arguments, bool stream) {
    yz_json *json;
    yz_losses none = {YZ_LOSSES, .arena = arena};
    yz_buf out = {0};
    assert_int_equal(yz_json_parse(arena, yz_str_of(body), 0, &json, NULL), YZ_OK);
    yz_request request = {YZ_REQUEST, .dialect = adapter, .op = YZ_OP_CHAT, .id = YZ_STR("r1"), .json = json, .stream = stream};
    yz_encode_info info = {YZ_ENCODE_INFO, .stream = stream, .request_id = YZ_STR("r1"),
                           .arena = arena, .losses = &none,  .request = &request};
    void *encoder = yz_alloc(arena, adapter->encoder_size);
    adapter->encode_open(encoder, &info);
    const yz_event events[] = {{YZ_EVENT, .kind = YZ_EVENT_START, .id = YZ_STR("x"), .model = YZ_STR("m"), .created = 7},
                               {YZ_EVENT, .kind = YZ_EVENT_ITEM, .item = YZ_PART_TOOL_CALL, .id = YZ_STR("c"), .name = YZ_STR("run")},
                               {YZ_EVENT, .kind = YZ_EVENT_DELTA, .text = yz_str_of(arguments)},
                               {YZ_EVENT, .kind = YZ_EVENT_ITEM_END},
                               {YZ_EVENT, .kind = YZ_EVENT_FINISH, .finish = YZ_FINISH_TOOLS},
                               {YZ_EVENT, .kind = YZ_EVENT_DONE}};
    for (size_t i = 0; i < sizeof events / sizeof *events; i++)
        adapter->encode(encoder, &events[i], &out);
    yz_str text = yz_dup(arena, yz_buf_view(&out));
    yz_buf_free(&out);
    return text.p;
}

static void a_custom_tool_gets_its_text(void **state) {
    (void)state;
    static const char custom[] = "{\"tools\":[{\"type\":\"custom\",\"custom\":{\"name\":\"run\"}}]}",
                      function[] = "{\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"run\"}}]}",
                      args[] = "{\\\"input\\\":\\\"say \\\\\\\"hi\\\\\\\"\\\"}";
    has(called(custom, args, false), "{\"id\":\"c\",\"type\":\"custom\",\"custom\":{\"name\":\"run\",\"input\":\"say \\\"hi\\\"\"}}");
    has(called(custom, args, true), "{\"index\":0,\"id\":\"c\",\"type\":\"custom\",\"custom\":{\"name\":\"run\",\"input\":\"\"}}");
    has(called(custom, args, true), "{\"index\":0,\"custom\":{\"input\":\"say \\\"hi\\\"\"}}");
    has(called(function, args, false), "\"type\":\"function\",\"function\":{\"name\":\"run\",\"arguments\":\"{\\\"input");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_choose_the_spelling),
        cmocka_unit_test(models_get_what_they_take),
        cmocka_unit_test(options_send_reasoning_back),
        cmocka_unit_test(options_map_call_ids),
        cmocka_unit_test(schemas_for_those_who_take_plain_ones),
        cmocka_unit_test(a_schema_grows_to_twice_its_size_at_most),
        cmocka_unit_test(options_drop_and_refuse),
        cmocka_unit_test(endpoints),
        cmocka_unit_test(too_many_calls_are_refused),
        cmocka_unit_test(a_finish_makes_an_answer_complete),
        cmocka_unit_test(odd_orders_keep_the_grammar),
        cmocka_unit_test(padding_does_not_miss_the_short_way),
        cmocka_unit_test(other_operations_are_read_for_their_counts),
        cmocka_unit_test(media_say_what_was_made),
        cmocka_unit_test(numbers_that_lie_are_not_counted),
        cmocka_unit_test(several_answers_are_asked_for),
        cmocka_unit_test(a_custom_tool_gets_its_text),
        cmocka_unit_test(a_vendor_s_finish_keeps_its_word),
        cmocka_unit_test(errors_are_classed),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
