/* test_storm.c: random storms of failures, cancellations, timers, late holds, flow and shared work over random chains, with all five
 * rules asserted on every event (storm.h). The real retry and fallback take part, loaded from their shared objects.
 *
 * YUZUI_STORM_SEED=n replays storm n alone; YUZUI_STORMS=n runs that many.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/log.h"
#include "storm_stages.h"

#include <dlfcn.h>
#include <signal.h>

/* ---- real plugins, wrapped so that the model sees them ---------------------------------------------------------------------- */

enum { RETRY, FALLBACK, REALS };
static const yz_plugin *real[REALS];
static struct { _Alignas(16) char bytes[512]; } real_config[REALS];

#define WRAP(id, word)                                                                                                                     \
    static void word##_call(yz_call *call, const yz_request *request);                                                                     \
    static void word##_error(yz_call *call, yz_call *child, const yz_error *error) {                                                       \
        child_event(child, EVENT_ERROR);                                                                                                   \
        shadow *s = hook_enter(call);                                                                                                      \
        real[id]->filter->on_error(call, child, error);                                                                                    \
        hook_leave(s);                                                                                                                     \
    }                                                                                                                                      \
    static void word##_head(yz_call *call, yz_call *child, const yz_head *head) {                                                          \
        child_event(child, EVENT_HEAD);                                                                                                    \
        shadow *s = hook_enter(call);                                                                                                      \
        if (real[id]->filter->on_head)                                                                                                     \
            real[id]->filter->on_head(call, child, head);                                                                                  \
        else                                                                                                                               \
            storm_send_head(call, head);                                                                                                   \
        hook_leave(s);                                                                                                                     \
    }                                                                                                                                      \
    static void word##_timer(yz_call *call, yz_timer *timer) {                                                                             \
        shadow *s = hook_enter_alone(call);                                                                                                \
        real[id]->filter->on_timer(call, timer);                                                                                           \
        hook_leave(s);                                                                                                                     \
    }                                                                                                                                      \
    static yz_filter word##_filter = {YZ_FILTER, .on_call = word##_call, .on_head = word##_head, .on_error = word##_error,                 \
                                      .on_timer = word##_timer};                                                                           \
    static void word##_call(yz_call *call, const yz_request *request) {                                                                    \
        shadow *s = enter_call(call, &word##_filter);                                                                                      \
        real[id]->filter->on_call(call, request);                                                                                          \
        hook_leave(s);                                                                                                                     \
    }
WRAP(RETRY, retry)
WRAP(FALLBACK, fallback)

static const yz_filter no_network = {YZ_FILTER, .on_call = leaf_call};
static const yz_adapter adapter = {YZ_ADAPTER, .dialect = "storm", .local = &no_network};
static const yz_provider provider = {YZ_PROVIDER, YZ_STR("p"), &adapter, NULL};
static const yz_target targets[] = {{YZ_TARGET, &provider, YZ_STR("a")}, {YZ_TARGET, &provider, YZ_STR("b")}};
static const yz_target *const target_list[] = {&targets[0], &targets[1]};
static size_t storm_targets(const yz_call *call, yz_str model, const yz_target *const **list) {
    shadow_touch(shadow_find(call));
    *list = target_list;
    return yz_str_is(model, "m") ? 2 : 1;
}

static void storm_models(void (*fn)(void *arg, yz_str model, const yz_target *const *targets, size_t n), void *arg) {
    fn(arg, YZ_STR("m"), target_list, 2);
    fn(arg, YZ_STR("n"), target_list, 1);
}

static bool storm_tried(const yz_call *call, const yz_target *target) {
    shadow_touch(shadow_find(call));
    return yz_record_tried(call, target);
}

static void *option_of(const yz_plugin *plugin, void *config, const char *name) {
    for (size_t i = 0; i < plugin->n_options; i++)
        if (strcmp(plugin->options[i].name, name) == 0)
            return (char *)config + plugin->options[i].offset;
    storm_broken("the test", name, __LINE__);
}

static const yz_plugin *load(const char *name) {
    static yz_host host; /* the storm is the host: every verb of a plugin passes the model */
    host = (yz_host){.abi_major = YZ_ABI_MAJOR,
                     .abi_minor = YZ_ABI_MINOR,
                     .size = sizeof host,
                     .alloc = yz_alloc,
                     .format = yz_format,
                     .request_copy = yz_request_copy,
                     .error_word = yz_error_word,
                     .json_get = yz_json_get,
                     .next = storm_next,
                     .next_because = storm_next_because,
                     .next_target = storm_next_target,
                     .allow = yz_allow,
                     .counter_declare = yz_counter_declare,
                     .count = yz_count,
                     .pass = storm_pass,
                     .send_head = storm_send_head,
                     .send_error = storm_send_error,
                     .models_each = storm_models,
                     .committed = yz_committed,
                     .timer_start = yz_timer_start,
                     .time_left = yz_time_left,
                     .state = yz_state,
                     .stage = yz_stage,
                     .config = yz_config,
                     .call_arena = yz_call_arena,
                     .call_request = yz_call_request,
                     .call_worker = yz_call_worker,
                     .note = yz_note,
                     .targets = storm_targets,
                     .record_tried = storm_tried,
                     .serves = yz_serves,
                     .losses_new = yz_losses_new,
                     .head_copy = yz_head_copy,
                     .end_copy = yz_end_copy,
                     .error_copy = yz_error_copy,
                     .now = yz_now,
                     .random = yz_random};
    char path[1024];
    snprintf(path, sizeof path, "%s/plugins/%s.so", YZ_BUILD_FOLDER, name);
    void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!object)
        fail_msg("%s", dlerror());
    yz_plugin_entry *entry = NULL;
    *(void **)&entry = dlsym(object, YZ_PLUGIN_SYMBOL);
    assert_non_null(entry);
    return entry(&host);
}

static int load_plugins(void **unused) {
    (void)unused;
    real[RETRY] = load("retry");
    real[FALLBACK] = load("fallback");
    retry_filter.call_size = real[RETRY]->filter->call_size;
    fallback_filter.call_size = real[FALLBACK]->filter->call_size;
    void *config = real_config[RETRY].bytes;
    *(int64_t *)option_of(real[RETRY], config, "attempts") = 3;
    *(int64_t *)option_of(real[RETRY], config, "base") = 50;
    *(int64_t *)option_of(real[RETRY], config, "cap") = 400;
    *(int64_t *)option_of(real[RETRY], config, "retry_after") = 200;
    *(int64_t *)option_of(real[RETRY], config, "floor") = 2;
    static const yz_header rule = {YZ_STR("m"), YZ_STR("n")};
    *(yz_map *)option_of(real[FALLBACK], real_config[FALLBACK].bytes, "models") = (yz_map){&rule, 1};
    return 0;
}

/* ---- the client ----------------------------------------------------------------------------------------------------------- */

static void on_client_event(rider_client *c, yz_call *child, event_kind kind) {
    RULE(1, !c->over);
    RULE(1, c->root == child);
    child_event(child, kind);
    if (kind == EVENT_END || kind == EVENT_ERROR) {
        c->over = true;
    } else if (chance(2)) {
        c->over = true;
        storm_cancel(child);
    }
}
static void top_head(void *arg, yz_call *child, const yz_head *head) {
    (void)head;
    on_client_event(arg, child, EVENT_HEAD);
}
static void top_chunk(void *arg, yz_call *child, const yz_chunk *chunk) {
    (void)chunk;
    on_client_event(arg, child, EVENT_CHUNK);
}
static void top_end(void *arg, yz_call *child, const yz_end *end) {
    (void)end;
    on_client_event(arg, child, EVENT_END);
}
static void top_error(void *arg, yz_call *child, const yz_error *error) {
    RULE(1, error->message.n > 0);
    on_client_event(arg, child, EVENT_ERROR);
}
static const yz_parent top_parent = {YZ_PARENT, top_head, top_chunk, top_end, top_error};

static void client_begin(void) {
    rider_client *c = &R.clients[R.n_clients++];
    S->starting = true;
    c->root = yz_call_start(&S->w.worker, &R.chain, 0, &R.request, NULL, &top_parent, c);
    S->starting = false;
    c->over = false;
    shadow_add(c->root, NULL);
    if (chance(20))
        yz_deadline(c->root, (int64_t)dice(2000));
}

/* ---- a storm ---------------------------------------------------------------------------------------------------------------- */

static struct yz_share *storm_share_ref(struct yz_share *share) {
    R.shares++;
    return share;
}
static void storm_share_unref(struct yz_share *share) {
    (void)share;
    R.shares--;
}

static yz_filter random_chaos(void) {
    yz_filter filter = {YZ_FILTER, .call_size = sizeof(state), .on_call = chaos_call};
    filter.on_head = chance(50) ? chaos_head : NULL;
    filter.on_chunk = chance(50) ? chaos_chunk : NULL;
    filter.on_end = chance(50) ? chaos_end : NULL;
    filter.on_error = chance(60) ? chaos_error : NULL;
    filter.on_timer = chance(70) ? chaos_timer : NULL;
    filter.on_close = chance(60) ? chaos_cancel : NULL;
    filter.on_flow = chance(40) ? any_flow : NULL;
    return filter;
}

static const yz_filter hedge_filter = {
    YZ_FILTER,           .call_size = sizeof(state), .on_call = hedge_call,   .on_head = hedge_head,   .on_chunk = hedge_chunk,
    .on_end = hedge_end, .on_error = hedge_error,    .on_timer = hedge_timer, .on_close = plain_cancel};
static const yz_filter ride_filter = {YZ_FILTER, .call_size = sizeof(state), .on_call = ride_call, .on_close = ride_cancel};
static const yz_filter leaf_filter = {
    YZ_FILTER, .call_size = sizeof(state), .on_call = leaf_call, .on_timer = leaf_timer, .on_close = leaf_cancel, .on_flow = any_flow};

static void link_open(size_t i, bool last, bool *riding) {
    stage_config *cfg = &R.stages[i];
    yz_link *link = &R.links[i];
    *link = (yz_link){.filter = &cfg->filter, .name = "storm", .config = cfg};
    uint64_t kind = dice(10);
    if (last)
        cfg->filter = leaf_filter;
    else if (kind < 4)
        cfg->filter = random_chaos();
    else if (kind < 6)
        cfg->filter = hedge_filter;
    else if (kind == 6 && !*riding) {
        *riding = true;
        cfg->filter = ride_filter;
    } else {
        int id = kind < 9 ? RETRY : FALLBACK;
        *link = (yz_link){.filter = id == RETRY ? &retry_filter : &fallback_filter, .name = real[id]->name, .config = &real_config[id]};
        RULE(0, real[id]->filter->open(&S->w.worker, link->config, &link->stage, NULL) == YZ_OK);
    }
}

static void storm_open(uint64_t seed) {
    memset(&R, 0, sizeof R);
    S = &R.storm;
    S->seed = seed;
    for (int i = 0; i < 4; i++)
        S->rng.s[i] = seed * UINT64_C(0x9e3779b97f4a7c15) + (uint64_t)i + 1;
    for (int i = 0; i < 8; i++)
        yz_rng_next(&S->rng);
    world_open(&S->w);
    S->w.worker.rng = S->rng;
    size_t n = 1 + (size_t)dice(LINKS);
    bool riding = false;
    for (size_t i = 0; i < n; i++)
        link_open(i, i + 1 == n, &riding);
    R.chain = (yz_chain){.links = R.links, .n = n, .ref = storm_share_ref, .unref = storm_share_unref};
    R.request = (yz_request){YZ_REQUEST, .model = YZ_STR("m"), .dialect = &adapter};
}

/* What must hold when nothing is ready. */
static void check_calm(void) {
    for (size_t i = 0; i < S->n_shadows; i++) {
        const shadow *s = &S->shadows[i];
        if (s->dead)
            RULE(1, s->cancels == (s->started && s->wants_cancel));
        else if (s->started && s->has_flow)
            RULE(1, s->flow_told == yz_paused(s->call));
    }
}

static void turn(int64_t ms) {
    S->w.now += ms;
    S->turning = true;
    yz_turn_run(&S->w.worker.turn, S->w.now);
    S->turning = false;
    if (yz_turn_next(&S->w.worker.turn) != 0)
        check_calm();
}

static void outside(void) {
    sock *s = &R.socks[dice(SOCKETS / 32)];
    if (s->wait)
        sock_talk(s);
}

static void step(void) {
    rider_client *c = R.n_clients ? &R.clients[dice(R.n_clients)] : NULL;
    switch (dice(12)) {
    case 0:
        if (R.n_clients < CLIENTS)
            client_begin();
        break;
    case 1:
        if (c && !c->over && chance(30)) {
            c->over = true;
            storm_cancel(c->root);
        }
        break;
    case 2:
        if (c && !c->over)
            yz_flow(c->root, chance(50));
        break;
    case 3:
    case 4:
    case 5:
    case 6:
        outside();
        break;
    default:
        turn((int64_t)dice(60));
    }
}

static void storm_close(void) {
    for (int i = 0; i < 20000 && yz_turn_next(&S->w.worker.turn) != INT64_MAX; i++) {
        int64_t next = yz_turn_next(&S->w.worker.turn);
        turn(next > S->w.now ? next - S->w.now : 0);
        if (chance(30))
            outside();
    }
    for (size_t i = 0; i < R.n_clients; i++)
        RULE(1, R.clients[i].over); /* nobody hangs */
    for (size_t i = 0; i < SOCKETS && R.n_socks > 0; i++)
        if (R.socks[i].wait)
            sock_close(&R.socks[i]);
    turn(0);
    turn(0);
    RULE(5, yz_call_count(&S->w.worker) == 0);
    RULE(1, !yz_call_oldest(&S->w.worker));
    RULE(5, S->w.worker.turn.n_heap == 0);
    RULE(5, R.shares == 0);
    for (size_t i = 0; i < R.chain.n; i++)
        for (int id = 0; id < REALS; id++)
            if (R.links[i].name == real[id]->name)
                real[id]->filter->close(R.links[i].stage);
    world_close(&S->w);
}

static long run(uint64_t seed) {
    storm_open(seed);
    client_begin();
    for (uint64_t i = 20 + dice(100); i > 0; i--)
        step();
    storm_close();
    return S->events;
}

static void print_seed(void) {
    fprintf(stderr, "\nstorm %llu: replay it with YUZUI_STORM_SEED=%llu\n", (unsigned long long)S->seed, (unsigned long long)S->seed);
}
static void on_crash(int number) {
    print_seed();
    _exit(128 + number);
}
extern void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));

static void test_storms(void **unused) {
    (void)unused;
    if (__sanitizer_set_death_callback)
        __sanitizer_set_death_callback(print_seed);
    signal(SIGSEGV, on_crash); /* cmocka would go on without saying which storm it was */
    signal(SIGABRT, on_crash);
    yz_log_level_set((yz_log_level)(YZ_LOG_ERROR + 1)); /* stages that break rules on purpose are told so by the thousand */
    const char *one = getenv("YUZUI_STORM_SEED"), *many = getenv("YUZUI_STORMS");
    uint64_t first = one ? strtoull(one, NULL, 0) : 1, n = one ? 1 : many ? strtoull(many, NULL, 0) : 20000;
    long events = 0;
    for (uint64_t seed = first; seed < first + n; seed++)
        events += run(seed);
    print_message("%llu storms, %ld events\n", (unsigned long long)n, events);
}

/* One seed, one run: the same number of events, of calls, and the same end of time. */
static void test_a_seed_replays(void **unused) {
    (void)unused;
    for (uint64_t seed = 1; seed < 50; seed++) {
        long events = run(seed);
        size_t calls = S->n_shadows;
        int64_t now = S->w.now;
        assert_true(run(seed) == events);
        assert_int_equal(S->n_shadows, calls);
        assert_int_equal(S->w.now, now);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_storms),
        cmocka_unit_test(test_a_seed_replays),
    };
    return cmocka_run_group_tests(tests, load_plugins, NULL);
}
