/* test_world.h: the balancer, and the world its tests put it in: providers of which each answers after a while, or fails; a clock, and
 * chance, of the test's own. */
#ifndef BALANCE_TEST_WORLD_H
#define BALANCE_TEST_WORLD_H

#include "base/check.h"
#include "base/diag.h"
#include "plugin/options.h"
#include "tree_leaf.h"

#include <yuzui/plugin.h>

/* ---- a world of seven targets of model "m" -------------------------------------------------------------------------------- */

enum { MOST = 7 };
static int64_t clock_ms = 1000;
static inline int64_t test_clock_ns(void) { return clock_ms * 1000000; }

static inline int write_anything(const yz_provider *provider, const yz_chat *chat, const yz_target *target, yz_arena *arena,
                                 yz_losses *losses, yz_buf *out) {
    (void)provider;
    (void)chat;
    (void)target;
    (void)arena;
    (void)losses;
    (void)out;
    return YZ_OK;
}
static const yz_adapter openai = {YZ_ADAPTER, .dialect = "openai-chat", .write = write_anything};
static yz_provider providers[MOST];
static yz_target nodes[MOST];
static const yz_target *list[MOST];
static size_t n_nodes;

static inline size_t test_targets(const yz_call *call, yz_str model, const yz_target *const **out) {
    (void)call;
    *out = list;
    return yz_str_is(model, "m") ? n_nodes : 0;
}
static size_t of_other_model; /* so many of them, the last ones, serve "k" */
static inline void test_models_each(void (*fn)(void *arg, yz_str model, const yz_target *const *targets, size_t n), void *arg) {
    fn(arg, YZ_STR("m"), list, n_nodes - of_other_model);
    fn(arg, YZ_STR("k"), list + n_nodes - of_other_model, of_other_model);
}
static char complaint[256];
static inline void diag_into_complaint(yz_diag *diag, const char *fmt, ...) {
    (void)diag;
    va_list args;
    va_start(args, fmt);
    vsnprintf(complaint, sizeof complaint, fmt, args);
    va_end(args);
}

/* Prices, as the most that a call can cost; 0: nobody knows. */
static int64_t prices[MOST];
static inline const yz_price *test_price_find(const yz_call *call, const yz_target *target, int64_t at) {
    (void)call;
    (void)at;
    return prices[target - nodes] > 0 ? (const yz_price *)&prices[target - nodes] : NULL;
}
static inline int test_price_most(const yz_price *price, int64_t input, int64_t output, int64_t *most) {
    (void)input;
    (void)output;
    *most = *(const int64_t *)price;
    return YZ_OK;
}

static inline yz_request *test_probe_request(const yz_call *like, const yz_target *target, bool answer) {
    yz_request *made = yz_request_copy(yz_call_arena(like), yz_call_request(like));
    made->target = target;
    made->op = answer ? YZ_OP_CHAT : YZ_OP_MODELS;
    made->id = YZ_STR("probe");
    return made;
}

#define yz_probe_request test_probe_request
#define yz_price_find    test_price_find
#define yz_price_most    test_price_most
#define yz_clock_ns      test_clock_ns
#define yz_targets       test_targets
#define yz_models_each   test_models_each
#define yz_diag_error    diag_into_complaint
#include "../common/hook.c"
#include "balance.c"
#include "choose.c"
#include "outcome.c"
#include "probe.c"
#include "room.c"
#include "show.c"
#include "webhook.c"

/* The providers: each answers after `latency`, or fails. */
typedef struct behaviour {
    int64_t latency;
    yz_error_class fails; /* 0 with `well` */
    bool well;
    int64_t retry_after;
    size_t calls, now;
    int64_t most; /* requests a minute; 0: any number. More are refused */
    int64_t used, since, refused;
    int64_t rate;  /* requests it begins a second; 0: any number. More of them stand in line */
    size_t probes; /* requests of the balancer's own */
    bool lists;    /* the list of its models comes, whatever becomes of chats */
    double line;   /* when it is through with those in line; ms */
} behaviour;
static behaviour behaves[MOST];

typedef struct leaf_state {
    size_t who;
    bool refused;
    yz_allowance allowance;
} leaf_state;

/* A window that begins with its first request, counted when a request arrives. */
static inline void count_request(behaviour *b, leaf_state *s) {
    if (clock_ms - b->since >= 60000) {
        b->since = clock_ms;
        b->used = 0;
    }
    s->refused = b->used >= b->most;
    b->used += !s->refused;
    b->refused += s->refused;
    s->allowance.known = 1u << YZ_QUOTA_REQUESTS;
    s->allowance.of[YZ_QUOTA_REQUESTS] = (yz_quota){.most = b->most, .left = b->most - b->used, .reset = b->since + 60000 - clock_ms};
}

static inline void provider_answers(yz_call *call, yz_timer *timer) {
    (void)timer;
    const leaf_state *s = yz_state(call);
    behaviour *b = &behaves[s->who];
    if (b->most > 0)
        yz_record_allowance(call, &s->allowance);
    if (s->refused) {
        yz_error limited = {YZ_ERROR, .class_ = YZ_ERROR_RATE_LIMIT, .retry_after = 20000, .target = yz_call_request(call)->target};
        yz_send_error(call, &limited);
        return;
    }
    yz_head head = {YZ_HEAD, .status = 200};
    yz_chunk chunk = {YZ_CHUNK, .bytes = YZ_STR("hello")};
    yz_end end = {YZ_END};
    if (b->well || (b->lists && yz_call_request(call)->op == YZ_OP_MODELS)) {
        yz_send_head(call, &head);
        yz_send_chunk(call, &chunk);
        yz_send_end(call, &end);
        return;
    }
    yz_error error = {YZ_ERROR, .class_ = b->fails, .message = YZ_STR("planned"), .retry_after = b->retry_after,
                      .target = yz_call_request(call)->target};
    yz_send_error(call, &error);
}
static inline int64_t stand_in_line(behaviour *b) {
    if (b->rate <= 0)
        return 0;
    double begins = b->line > (double)clock_ms ? b->line : (double)clock_ms;
    b->line = begins + 1000.0 / (double)b->rate;
    return (int64_t)(begins - (double)clock_ms);
}
static inline void provider_call(yz_call *call, const yz_request *request) {
    size_t who = (size_t)(request->target - nodes);
    assert_true(who < n_nodes);
    ((leaf_state *)yz_state(call))->who = who;
    yz_call_record(call)->target = request->target;
    yz_call_record(call)->asked = clock_ms;
    bool own = yz_str_is(request->id, "probe");
    behaves[who].calls += !own;
    behaves[who].probes += own;
    behaves[who].now++;
    if (behaves[who].most > 0)
        count_request(&behaves[who], yz_state(call));
    yz_timer_start(call, behaves[who].latency + stand_in_line(&behaves[who]));
}
static inline void provider_close(yz_call *call) { behaves[((leaf_state *)yz_state(call))->who].now--; }
static const yz_filter provider_filter = {YZ_FILTER, .call_size = sizeof(leaf_state), .on_call = provider_call,
                                          .on_timer = provider_answers, .on_close = provider_close};

/* Asks up to `tries` times, at once after each failure, as a retry above does. */
typedef struct again_state {
    int tries;
} again_state;
static int again_tries = 1;
static inline void again_call(yz_call *call, const yz_request *request) {
    (void)request;
    ((again_state *)yz_state(call))->tries = 1;
    yz_next(call, NULL);
}
static bool last_elsewhere, last_others;
static int64_t last_wait; /* of the last error that had nowhere to go */
static inline void again_error(yz_call *call, yz_call *child, const yz_error *error) {
    (void)child;
    last_elsewhere = error->elsewhere;
    last_others = error->others;
    last_wait = error->nowhere ? error->retry_after : 0;
    if (!error->nowhere && ((again_state *)yz_state(call))->tries++ < again_tries)
        yz_next_because(call, NULL, YZ_BECAUSE_RETRY);
    else
        yz_send_error(call, error);
}
static const yz_filter again_filter = {YZ_FILTER, .call_size = sizeof(again_state), .on_call = again_call, .on_error = again_error};

enum { CLIENTS = 4000 };
typedef struct fixture {
    world w;
    yz_arena *arena;
    yz_link links[3];
    yz_chain chain;
    yz_request request;
    client *clients;
    size_t started;
} fixture;

static unsigned worlds; /* each has providers of its own names: what is known of one outlives its world */

static inline config *defaults(yz_arena *arena) {
    yz_diag diag = {0};
    const config *cfg = yz_options_config(yuzui_plugin(NULL), NULL, arena, &diag);
    assert_non_null(cfg);
    config *copy = yz_alloc(arena, sizeof *copy);
    *copy = *cfg;
    return copy;
}

static inline config *fixture_begin(fixture *f, size_t n) {
    memset(f, 0, sizeof *f);
    memset(behaves, 0, sizeof behaves);
    f->arena = yz_arena_new(NULL);
    n_nodes = n;
    worlds++;
    again_tries = 1;
    for (size_t i = 0; i < n; i++) {
        behaves[i] = (behaviour){.latency = 400, .well = true};
        providers[i] = (yz_provider){YZ_PROVIDER, yz_format(f->arena, "p%u-%zu", worlds, i), &openai, NULL};
        nodes[i] = (yz_target){YZ_TARGET, .provider = &providers[i], .model = YZ_STR("m")};
        list[i] = &nodes[i];
    }
    return defaults(f->arena);
}

static inline void fixture_open(fixture *f, const config *cfg) {
    void *stage = NULL;
    assert_int_equal(open_stage(NULL, cfg, &stage, NULL), YZ_OK);
    world_open(&f->w);
    f->w.now = clock_ms;
    yz_rng_seed(&f->w.worker.rng, 7);
    f->links[0] = (yz_link){&again_filter, "again", NULL, NULL};
    f->links[1] = (yz_link){&filter, "balance", cfg, stage};
    f->links[2] = (yz_link){&provider_filter, "provider", NULL, NULL};
    f->chain = (yz_chain){.links = f->links, .n = 3};
    f->request = (yz_request){YZ_REQUEST, .dialect = &openai, .model = YZ_STR("m"), .stream = true};
    f->clients = calloc(CLIENTS, sizeof *f->clients);
    assert_non_null(f->clients);
}

static inline client *ask(fixture *f) {
    client *c = &f->clients[f->started++ % CLIENTS];
    client_start(c, &f->w, &f->chain, &f->request);
    world_settle(&f->w);
    return c;
}

static inline void pass(fixture *f, int64_t ms) {
    for (int64_t until = clock_ms + ms; clock_ms < until;) {
        clock_ms++;
        world_pass(&f->w, 1);
    }
}

/* Open loop: `rate` requests a second, evenly. */
static inline void traffic(fixture *f, int64_t rate, int64_t ms) {
    for (int64_t i = 0; i < ms; i++) {
        for (int64_t k = i * rate / 1000; k < (i + 1) * rate / 1000; k++)
            ask(f);
        pass(f, 1);
    }
}

static inline void forget_counts(void) {
    for (size_t i = 0; i < MOST; i++)
        behaves[i].calls = 0;
}

static inline size_t all_calls(void) {
    size_t sum = 0;
    for (size_t i = 0; i < n_nodes; i++)
        sum += behaves[i].calls;
    return sum;
}

static inline void fixture_close(fixture *f) {
    pass(f, 10000);
    assert_int_equal(yz_call_count(&f->w.worker), 0);
    for (size_t i = 0; i < n_nodes; i++) /* every place was given back */
        assert_int_equal(HEALTH_GET(balance_member(f->links[1].stage, &nodes[i])->own->running), 0);
    filter.close(f->links[1].stage);
    world_close(&f->w);
    free(f->clients);
    yz_arena_free(f->arena);
}

#endif
