/* test_world.h: the semantic stage above a provider that the test plays. Included after the sources of the stage. */
#ifndef TEST_WORLD_H
#define TEST_WORLD_H

/* A dialect as small as can be: {"messages":[{"role","content"}], "n", "tools"}, and embeddings {"input"} -> {"vector"}. */
static int play_read(const yz_request *request, yz_arena *arena, yz_losses *losses, yz_chat *out, yz_error *error) {
    (void)arena, (void)error;
    out->n = yz_json_int(yz_json_get(request->json, "n"), 0);
    if (yz_json_get(request->json, "tools"))
        yz_tool_add(out);
    if (yz_json_get(request->json, "odd"))
        yz_lose(losses, "odd");
    for (const yz_json *m = yz_json_get(request->json, "messages")->child; m; m = m->next) {
        yz_str role = yz_json_escaped(yz_json_get(m, "role"));
        yz_message *message = yz_message_add(out, yz_str_is(role, "user")     ? YZ_ROLE_USER
                                                  : yz_str_is(role, "system") ? YZ_ROLE_SYSTEM
                                                                              : YZ_ROLE_ASSISTANT);
        const yz_json *content = yz_json_get(m, "content"), *part = content->type == YZ_JSON_ARRAY ? content->child : content;
        for (; part; part = part == content ? NULL : part->next)
            yz_part_add(message, YZ_PART_TEXT)->text = yz_json_escaped(part);
    }
    return YZ_OK;
}
static int play_write_embed(const yz_provider *provider, const yz_embed *embed, const yz_target *target, yz_arena *arena, yz_losses *losses,
                            yz_buf *out) {
    (void)arena, (void)losses;
    assert_null(provider);
    yz_buf_printf(out, "{\"model\":\"%.*s\",\"input\":\"%.*s\",\"dimensions\":%d}", YZ_STR_ARGS(target->model),
                  YZ_STR_ARGS(embed->inputs->text), (int)embed->dimensions);
    return YZ_OK;
}
static int play_read_embed(const yz_request *request, yz_arena *arena, yz_losses *losses, yz_embed *out, yz_error *error) {
    (void)request, (void)arena, (void)losses, (void)out, (void)error;
    return YZ_OK;
}
static int play_read_embedded(const yz_json *body, yz_arena *arena, yz_embedded *out) {
    const yz_json *values = yz_json_get(body, "vector");
    if (!values)
        return YZ_EINVAL;
    yz_vector_add(arena, out, yz_json_raw(values));
    return YZ_OK;
}
static const yz_adapter dialect = {YZ_ADAPTER,
                                   .dialect = "play",
                                   .fallback = true,
                                   .read = play_read,
                                   .read_embed = play_read_embed,
                                   .write_embed = play_write_embed,
                                   .read_embedded = play_read_embedded,
                                   .delivery_fields = YZ_NAMES("stream", "stream_options")};
static const yz_provider providers[] = {{YZ_PROVIDER, .name = {"one", 3}, .adapter = &dialect},
                                        {YZ_PROVIDER, .name = {"two", 3}, .adapter = &dialect}};
static const yz_target targets[] = {{YZ_TARGET, &providers[0], {"m-1", 3}}, {YZ_TARGET, &providers[1], {"m-2", 3}}};
static const yz_target *of_m[] = {&targets[0]}, *of_e[] = {&targets[0], &targets[1]};
static yz_model_settings models[] = {{.name = {"e", 1}, .targets = of_e, .n_targets = 2},
                                     {.name = {"m", 1}, .targets = of_m, .n_targets = 1}};

/* ---- the provider ---------------------------------------------------------------------------------------------------------- */

static yz_call *asked[16];
static bool closed[16];
static int n_asked;

static void play_call(yz_call *call, const yz_request *request) {
    (void)request;
    asked[n_asked++] = call;
    yz_timer_start(call, 600000);
}
static void play_timer(yz_call *call, yz_timer *timer) {
    (void)timer;
    yz_fail(call, YZ_ERROR_TIMEOUT, "late");
}
static void play_close(yz_call *call) {
    for (int i = 0; i < n_asked; i++)
        closed[i] |= asked[i] == call;
}
static const yz_filter play_filter = {YZ_FILTER, .on_call = play_call, .on_timer = play_timer, .on_close = play_close};

/* ---- the world --------------------------------------------------------------------------------------------------------------- */

static const semantic_config by_words = {.ttl = 60000, .entries = 100, .memory = 1 << 20, .max = 1000, .longest = 512, .compare = 100},
                             by_model = {.ttl = 60000,
                                         .entries = 100,
                                         .memory = 1 << 20,
                                         .max = 1000,
                                         .longest = 512,
                                         .compare = 100,
                                         .model = {"e", 1},
                                         .deadline = 500,
                                         .dimensions = 3};
static world w;
static yz_settings settings;
static yz_share share;
static yz_chain chain;
static yz_link links[2];
static client clients[8];

static void open_stage(const semantic_config *cfg) {
    void *stage = NULL;
    struct yz_diag diag = {0};
    answers_open(cfg->model, 0, 0); /* what an earlier test has left */
    assert_int_equal(semantic_open(&w.worker, cfg, &stage, &diag), YZ_OK);
    links[0] = (yz_link){.filter = &filter, .name = "semantic", .config = cfg, .stage = stage};
}

static int open_world(void **state) {
    static const yz_adapter *owner = &dialect;
    world_open(&w);
    n_asked = 0;
    memset(closed, 0, sizeof closed);
    memset(clients, 0, sizeof clients);
    settings = (yz_settings){.models = models, .n_models = 2, .dialects = {&owner, 1}};
    share = (yz_share){.settings = &settings, .worker = &w.worker, .refs = 1};
    open_stage(*state ? *state : &by_words);
    links[1] = (yz_link){.filter = &play_filter, .name = "provider"};
    chain = (yz_chain){.links = links, .n = 2, .share = &share};
    return 0;
}

static int close_world(void **state) {
    (void)state;
    world_settle(&w);
    assert_int_equal(yz_call_count(&w.worker), 0);
    free(links[0].stage);
    world_close(&w);
    return 0;
}

static const yz_key alice = {YZ_KEY, .name = {"alice", 5}, .tenant = {"alice", 5}},
                    bob = {YZ_KEY, .name = {"bob", 3}, .tenant = {"bob", 3}};

static yz_request *request_of(yz_arena *arena, const char *body, const yz_key *key, bool stream) {
    yz_request *r = yz_alloc(arena, sizeof *r);
    yz_json *json;
    assert_int_equal(yz_json_parse(arena, yz_str_of(body), 0, &json, NULL), YZ_OK);
    *r = (yz_request){YZ_REQUEST,   .dialect = &dialect,  .op = YZ_OP_CHAT, .stream = stream,    .body = yz_str_of(body),
                      .json = json, .model = YZ_STR("m"), .key = key,       .id = YZ_STR("r-1"), .dialects = &settings.dialects};
    r->model_node = yz_json_get(json, "model");
    r->include_usage = yz_json_true(yz_json_get(yz_json_get(json, "stream_options"), "include_usage"));
    yz_request_place(arena, r);
    return r;
}

static void ask_body(int i, const char *body, const yz_key *key, bool stream) {
    yz_arena *arena = yz_arena_new(NULL);
    memset(&clients[i], 0, sizeof clients[i]);
    clients[i].call = yz_call_start(&w.worker, &chain, 0, request_of(arena, yz_dup(arena, yz_str_of(body)).p, key, stream), arena,
                                    &client_parent, &clients[i]);
    world_settle(&w);
}

/* A question of this text, by alice. */
static void ask_text(int i, const char *text) {
    char body[2048];
    snprintf(body, sizeof body, "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]}", text);
    ask_body(i, body, &alice, false);
}

static void head_of(int call, bool stream, const yz_target *target) {
    yz_send_head(asked[call], &(yz_head){YZ_HEAD, .status = 200, .stream = stream, .dialect = &dialect, .target = target,
                                         .content_type = YZ_STR("text/x"), .length = -1});
}
static void rest_of(int call, const char *text, yz_finish finish) {
    yz_usage usage = yz_usage_of(3, 4);
    yz_send_chunk(asked[call], &(yz_chunk){YZ_CHUNK, .bytes = yz_str_of(text)});
    yz_send_end(asked[call], &(yz_end){YZ_END, .usage = &usage, .finish = finish});
    world_settle(&w);
}
static void give(int call, const char *text) {
    head_of(call, false, &targets[0]);
    rest_of(call, text, YZ_FINISH_STOP);
}
#define GOT(i, text) assert_string_equal(clients[i].log, text)

#endif
