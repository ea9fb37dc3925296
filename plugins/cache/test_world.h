/* test_world.h: the cache above a provider that the test plays. Included by test_cache.c, after the sources of the stage. */
#ifndef TEST_WORLD_H
#define TEST_WORLD_H

static int read_n(const yz_request *request, yz_arena *arena, yz_losses *losses, yz_chat *out, yz_error *error) {
    (void)arena, (void)losses, (void)error;
    out->n = yz_json_int(yz_json_get(request->json, "n"), 0);
    return YZ_OK;
}
static const yz_adapter openai = {YZ_ADAPTER, .dialect = "openai-chat", .read = read_n,
                                  .delivery_fields = YZ_NAMES("stream", "stream_options"), .body_headers = YZ_NAMES("x-version", "x-beta")};
static const yz_provider providers[] = {{YZ_PROVIDER, .name = {"one", 3}, .adapter = &openai},
                                        {YZ_PROVIDER, .name = {"two", 3}, .adapter = &openai}};
static const yz_target targets[] = {{YZ_TARGET, &providers[0], {"m-1", 3}}, {YZ_TARGET, &providers[1], {"m-2", 3}}};
static const yz_target *of_m[] = {&targets[0]}, *of_n[] = {&targets[1]};
static yz_model_settings models[] = {{.name = {"m", 1}, .targets = of_m, .n_targets = 1},
                                     {.name = {"n", 1}, .targets = of_n, .n_targets = 1}};

typedef struct provider_play {
    yz_call *calls[16];
    bool cancelled[16], paused[16];
    int n;
} provider_play;
static provider_play play;

static int play_of(yz_call *call) {
    for (int i = 0; i < play.n; i++)
        if (play.calls[i] == call)
            return i;
    fail();
    return -1;
}
static void play_call(yz_call *call, const yz_request *request) {
    (void)request;
    play.calls[play.n++] = call;
    yz_timer_start(call, 600000);
}
static void play_timer(yz_call *call, yz_timer *timer) {
    (void)timer;
    yz_fail(call, YZ_ERROR_TIMEOUT, "late");
}
static void play_cancel(yz_call *call) { play.cancelled[play_of(call)] = true; }
static void play_flow(yz_call *call, bool paused) { play.paused[play_of(call)] = paused; }
static const yz_filter play_filter = {YZ_FILTER, .on_call = play_call, .on_timer = play_timer, .on_close = play_cancel,
                                      .on_flow = play_flow};

static cache_config config = {.ttl = 60000, .store = {"memory", 6}, .deadline = 50, .max = 1000, .coalesce = true};
static world w;
static yz_settings settings;
static yz_share share;
static yz_chain chain;
static yz_link links[2];
static client clients[8];

static int open_world(void **state) {
    (void)state;
    world_open(&w);
    memset(&play, 0, sizeof play);
    memset(clients, 0, sizeof clients);
    static const yz_adapter *owner = &openai; /* a record names its dialect: somebody must know it */
    settings = (yz_settings){.models = models, .n_models = 2, .dialects = {&owner, 1}};
    share = (yz_share){.settings = &settings, .worker = &w.worker, .refs = 1};
    share.stores = yz_store_set_begin(&settings, &w.worker);
    void *stage = NULL;
    struct yz_diag diag = {0};
    assert_int_equal(cache_open(&w.worker, &config, &stage, &diag), YZ_OK);
    yz_store_set_end();
    links[0] = (yz_link){.filter = &filter, .name = "cache", .config = &config, .stage = stage};
    links[1] = (yz_link){.filter = &play_filter, .name = "provider"};
    chain = (yz_chain){.links = links, .n = 2, .share = &share};
    return 0;
}

static int close_world(void **state) {
    (void)state;
    world_settle(&w);
    assert_int_equal(yz_call_count(&w.worker), 0);
    assert_null(((cache_stage *)links[0].stage)->flights);
    free(links[0].stage);
    yz_store_set_close(share.stores, true);
    world_close(&w);
    return 0;
}

static const yz_key alice = {YZ_KEY, .name = {"alice", 5}, .tenant = {"alice", 5}},
                    bob = {YZ_KEY, .name = {"bob", 3}, .tenant = {"bob", 3}};

static yz_request *request_of(yz_arena *arena, const char *body, const yz_key *key, const char *model, bool stream) {
    yz_request *r = yz_alloc(arena, sizeof *r);
    yz_json *json;
    assert_int_equal(yz_json_parse(arena, yz_str_of(body), 0, &json, NULL), YZ_OK);
    *r = (yz_request){YZ_REQUEST,   .dialect = &openai,        .op = YZ_OP_CHAT, .stream = stream, .body = yz_str_of(body),
                      .json = json, .model = yz_str_of(model), .key = key};
    r->model_node = yz_json_get(json, "model");
    r->include_usage = yz_json_true(yz_json_get(yz_json_get(json, "stream_options"), "include_usage"));
    return r;
}

static void ask_as(int i, const char *body, const yz_key *key, const char *model, bool stream) {
    yz_arena *arena = yz_arena_new(NULL);
    memset(&clients[i], 0, sizeof clients[i]);
    clients[i].call = yz_call_start(&w.worker, &chain, 0, request_of(arena, body, key, model, stream), arena, &client_parent, &clients[i]);
    world_settle(&w);
}
#define BODY "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"
static void ask(int i) { ask_as(i, BODY, &alice, "m", false); }

static void head_of(int call, bool stream) {
    yz_send_head(play.calls[call], &(yz_head){YZ_HEAD, .status = 200, .stream = stream, .dialect = &openai, .target = &targets[0],
                                              .content_type = YZ_STR("text/x"), .length = -1});
}
static void chunk_of(int call, const char *text) { yz_send_chunk(play.calls[call], &(yz_chunk){YZ_CHUNK, .bytes = yz_str_of(text)}); }
static void ended_as(int call, yz_finish finish, bool unsaid) {
    yz_usage usage = yz_usage_of(3, 4);
    yz_send_end(play.calls[call], &(yz_end){YZ_END, .usage = &usage, .finish = finish, .unsaid = unsaid});
}
static void end_of(int call) { ended_as(call, YZ_FINISH_STOP, false); }
static void answer(int call, const char *text) {
    head_of(call, false);
    chunk_of(call, text);
    end_of(call);
    world_settle(&w);
}
#define GOT(i, text) assert_string_equal(clients[i].log, text)

/* The record of a call as it was at its end. */
static yz_record looked;
static int64_t output_seen;
static void look_end(void *arg, yz_call *child, const yz_end *end) {
    looked = *yz_call_record(child);
    output_seen = yz_usage_get(looked.usage, YZ_METER_OUTPUT);
    client_end(arg, child, end);
}
static const yz_parent looking = {YZ_PARENT, client_head, client_chunk, look_end, client_error};
static void ask_and_look(int i) {
    yz_arena *arena = yz_arena_new(NULL);
    memset(&clients[i], 0, sizeof clients[i]);
    clients[i].call = yz_call_start(&w.worker, &chain, 0, request_of(arena, BODY, &alice, "m", false), arena, &looking, &clients[i]);
    world_settle(&w);
}

#endif
