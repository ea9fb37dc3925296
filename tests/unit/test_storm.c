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
#include "storm.h"

#include <dlfcn.h>

enum { LINKS = 7, CLIENTS = 8, SOCKETS = 256, RIDERS = 8 };

typedef struct stage_config {
    yz_filter filter;
    int kind;
} stage_config;

/* Something outside the tree: it keeps a hold, and talks whenever it likes, also too late. */
typedef struct sock {
    yz_call *call;
    shadow *shadow;
    yz_hold *hold;
} sock;

typedef struct rider_client {
    yz_call *root;
    bool over;
} rider_client;

/* Work that several calls share, as a coalescing cache does. */
typedef struct flight {
    yz_call *root;
    bool headed;
    yz_call *riders[RIDERS];
    size_t n;
} flight;

static struct {
    storm storm;
    stage_config stages[LINKS];
    yz_link links[LINKS];
    yz_chain chain;
    yz_request request;
    rider_client clients[CLIENTS];
    size_t n_clients;
    sock socks[SOCKETS];
    size_t n_socks;
    flight flight;
    int shares;
} R;

typedef struct state {
    uint64_t canary;
    yz_call *children[4], *winner;
    size_t n_children;
    int live, attempts;
    sock *sock;
    yz_hold *hold;
    const yz_error *kept;
} state;

static state *state_open(yz_call *call, shadow *s) {
    state *st = yz_state(call);
    st->canary = CANARY;
    s->canary = &st->canary;
    return st;
}

static const stage_config *config_of(const yz_call *call) { return yz_config(call); }

/* ---- sockets ---------------------------------------------------------------------------------------------------------- */

static void sock_late(void *arg) {
    sock *s = arg;
    RULE(1, !s->shadow->dead);
    shadow *sh = hook_enter_alone(s->call);
    if (chance(90))
        storm_fail(s->call);
    else
        yz_timer_start(s->call, 5);
    hook_leave(sh);
}

static sock *sock_open(yz_call *call, bool watched) {
    for (size_t i = 0; i < SOCKETS; i++) {
        sock *s = &R.socks[i];
        if (s->hold)
            continue;
        *s = (sock){.call = call, .shadow = shadow_find(call)};
        s->hold = yz_hold_take(call, "socket", 1 + (int64_t)dice(400), watched ? sock_late : NULL, s);
        s->shadow->holds++;
        R.n_socks++;
        return s;
    }
    return NULL;
}

static void sock_close(sock *s) {
    yz_hold *hold = s->hold;
    shadow_touch(s->shadow);
    s->hold = NULL;
    s->shadow->holds--;
    R.n_socks--;
    yz_release(hold);
}

/* A callback of the loop: bytes came, or an error did. The call may have ended long ago. */
static void sock_talk(sock *s) {
    shadow_touch(s->shadow);
    for (uint64_t i = dice(4); i > 0; i--) {
        if (!yz_committed(s->call) && chance(70))
            storm_head(s->call);
        else if (yz_committed(s->call) && (!yz_paused(s->call) || chance(10)))
            storm_chunk(s->call);
    }
    if (chance(25) && yz_committed(s->call))
        storm_end(s->call);
    else if (chance(15))
        storm_fail(s->call);
    if (yz_ended(s->call) ? chance(50) : chance(5)) {
        bool alive = !yz_ended(s->call);
        yz_call *call = s->call;
        sock_close(s);
        if (alive)
            storm_fail(call);
    }
}

/* ---- the leaf --------------------------------------------------------------------------------------------------------- */

static void misbehave(yz_call *call) {
    switch (dice(5)) {
    case 0:
        storm_chunk(call);
        break;
    case 1:
        storm_end(call);
        break;
    case 2:
        storm_head(call);
        storm_head(call);
        break;
    case 3:
        storm_fail(call);
        storm_head(call);
        storm_next(call, NULL);
        break;
    default:
        break; /* returns with nothing done */
    }
}

static void answer(yz_call *call) {
    storm_head(call);
    for (uint64_t i = dice(4); i > 0; i--)
        storm_chunk(call);
    storm_end(call);
}

/* The own arena of an attempt may go early, but not before its call is over and nobody holds it. */
static void leaf_arena_freed(void *arg) {
    shadow *s = arg;
    RULE(5, S->turning && s->dead && s->holds == 0);
    RULE(5, !s->started || !s->wants_cancel || s->cancels == 1);
}

static void leaf_call(yz_call *call, const yz_request *request) {
    shadow *s = enter_call(call, &config_of(call)->filter);
    state *st = state_open(call, s);
    (void)request->model.n;
    if (chance(30))
        yz_on_free(yz_call_arena(call), leaf_arena_freed, s);
    switch (dice(12)) {
    case 0:
    case 1:
        answer(call);
        break;
    case 2:
    case 3:
        storm_fail(call);
        break;
    case 4:
        if (chance(10))
            misbehave(call);
        else
            answer(call);
        break;
    case 5:
        yz_timer_start(call, (int64_t)dice(300));
        break;
    case 6:
        yz_timer_start(call, (int64_t)dice(300));
        yz_timer_stop(yz_timer_start(call, (int64_t)dice(300)));
        yz_timer_start(call, (int64_t)dice(300));
        break;
    case 7:
        storm_head(call); /* fall through */
    default:
        st->sock = sock_open(call, chance(70));
        if (!st->sock)
            storm_fail(call);
    }
    hook_leave(s);
}

static void leaf_timer(yz_call *call, yz_timer *timer) {
    (void)timer;
    shadow *s = hook_enter_alone(call);
    if (yz_committed(call))
        storm_end(call);
    else if (chance(50))
        answer(call);
    else
        storm_fail(call);
    hook_leave(s);
}

static void leaf_cancel(yz_call *call) {
    enter_cancel(call);
    const state *st = yz_state(call);
    if (st->sock && st->sock->hold && st->sock->call == call && chance(50))
        sock_close(st->sock); /* else its own time will come */
}

static void any_flow(yz_call *call, bool paused) {
    shadow *s = hook_enter_alone(call);
    RULE(1, s->flow_told != paused);
    s->flow_told = paused;
    const state *st = yz_state(call);
    for (size_t i = 0; i < st->n_children; i++)
        yz_flow(st->children[i], paused);
    hook_leave(s);
}

/* ---- a stage that does anything a stage may ------------------------------------------------------------------------------ */

static void child_start(yz_call *call) {
    state *st = yz_state(call);
    const yz_request *request = NULL;
    if (chance(20))
        request = yz_request_copy(yz_call_arena(call), yz_call_request(call));
    yz_call *child = storm_next(call, request);
    if (yz_ended(child))
        return;
    st->live++;
    if (st->n_children < 4)
        st->children[st->n_children++] = child;
    if (chance(10))
        yz_deadline(child, (int64_t)dice(500));
    if (chance(5))
        yz_flow(child, true);
}

static void chaos_call(yz_call *call, const yz_request *request) {
    const yz_filter *filter = &config_of(call)->filter;
    shadow *s = enter_call(call, filter);
    state *st = state_open(call, s);
    (void)request;
    if (chance(5))
        yz_deadline(call, (int64_t)dice(1000));
    switch (dice(10)) {
    case 0:
    case 1:
        storm_pass(call, NULL);
        break;
    case 2:
        storm_pass(call, yz_request_copy(yz_call_arena(call), yz_call_request(call)));
        break;
    case 3:
        if (filter->on_timer)
            yz_timer_start(call, (int64_t)dice(100));
        else
            child_start(call);
        break;
    case 4:
        st->sock = filter->on_timer ? sock_open(call, true) : NULL;
        child_start(call);
        break;
    case 5:
        if (chance(20))
            misbehave(call);
        else if (chance(50))
            storm_fail(call);
        else
            answer(call);
        break;
    default:
        child_start(call);
    }
    hook_leave(s);
}

static void chaos_head(yz_call *call, yz_call *child, const yz_head *head) {
    child_event(child, EVENT_HEAD);
    shadow *s = hook_enter(call);
    RULE(1, yz_str_is(head->content_type, "text/plain"));
    if (chance(4))
        storm_cancel(child);
    if (chance(3))
        storm_fail(call);
    else
        storm_send_head(call, head);
    hook_leave(s);
}

static void chaos_chunk(yz_call *call, yz_call *child, const yz_chunk *chunk) {
    child_event(child, EVENT_CHUNK);
    shadow *s = hook_enter(call);
    if (chance(3)) {
        storm_cancel(child);
        if (chance(50))
            storm_fail(call);
        else if (yz_committed(call))
            storm_end(call);
    } else if (yz_committed(call)) {
        storm_send_chunk(call, chunk);
    }
    hook_leave(s);
}

static void chaos_end(yz_call *call, yz_call *child, const yz_end *end) {
    child_event(child, EVENT_END);
    shadow *s = hook_enter(call);
    if (yz_committed(call) && !chance(2))
        storm_send_end(call, end);
    else if (chance(90))
        storm_fail(call);
    hook_leave(s);
}

static void chaos_error(yz_call *call, yz_call *child, const yz_error *error) {
    child_event(child, EVENT_ERROR);
    shadow *s = hook_enter(call);
    state *st = yz_state(call);
    if (!st->kept)
        st->kept = error;
    if (!yz_committed(call) && ++st->attempts < 4 && chance(50)) {
        if (config_of(call)->filter.on_timer && chance(50))
            yz_timer_start(call, (int64_t)dice(200));
        else
            child_start(call);
    } else if (!chance(2)) {
        RULE(5, st->kept->message.n > 0 && st->kept->message.p[0] != '\0'); /* kept over attempts, whose arenas are gone */
        storm_send_error(call, chance(50) ? st->kept : error);
    }
    hook_leave(s);
}

static void chaos_timer(yz_call *call, yz_timer *timer) {
    (void)timer;
    shadow *s = hook_enter_alone(call);
    if (yz_committed(call))
        storm_fail(call);
    else
        child_start(call);
    hook_leave(s);
}

static void chaos_cancel(yz_call *call) {
    enter_cancel(call);
    const state *st = yz_state(call);
    if (st->sock && st->sock->hold && st->sock->call == call && chance(50))
        sock_close(st->sock);
}

/* ---- a hedge: several children, the first head wins ----------------------------------------------------------------------- */

static void hedge_call(yz_call *call, const yz_request *request) {
    (void)request;
    shadow *s = enter_call(call, &config_of(call)->filter);
    state_open(call, s);
    for (uint64_t i = dice(3) + 1; i > 0; i--)
        child_start(call);
    if (chance(50))
        yz_timer_start(call, (int64_t)dice(100));
    hook_leave(s);
}

static void hedge_head(yz_call *call, yz_call *child, const yz_head *head) {
    child_event(child, EVENT_HEAD);
    shadow *s = hook_enter(call);
    state *st = yz_state(call);
    RULE(4, !st->winner); /* the losers were cancelled when it won */
    st->winner = child;
    for (size_t i = 0; i < st->n_children; i++)
        if (st->children[i] != child)
            storm_cancel(st->children[i]);
    storm_send_head(call, head);
    hook_leave(s);
}

static void hedge_chunk(yz_call *call, yz_call *child, const yz_chunk *chunk) {
    child_event(child, EVENT_CHUNK);
    shadow *s = hook_enter(call);
    RULE(4, child == ((state *)yz_state(call))->winner);
    storm_send_chunk(call, chunk);
    hook_leave(s);
}

static void hedge_end(yz_call *call, yz_call *child, const yz_end *end) {
    child_event(child, EVENT_END);
    shadow *s = hook_enter(call);
    storm_send_end(call, end);
    hook_leave(s);
}

static void hedge_error(yz_call *call, yz_call *child, const yz_error *error) {
    child_event(child, EVENT_ERROR);
    shadow *s = hook_enter(call);
    state *st = yz_state(call);
    if (child == st->winner || --st->live == 0)
        storm_send_error(call, error);
    hook_leave(s);
}

static void hedge_timer(yz_call *call, yz_timer *timer) {
    (void)timer;
    shadow *s = hook_enter_alone(call);
    const state *st = yz_state(call);
    if (!st->winner && st->n_children < 4)
        child_start(call);
    hook_leave(s);
}

static void plain_cancel(yz_call *call) { enter_cancel(call); }

/* ---- shared work ---------------------------------------------------------------------------------------------------------- */

static void flight_each(void (*tell)(yz_call *rider, const void *event), const void *event) {
    yz_call *riders[RIDERS];
    size_t n = R.flight.n;
    memcpy(riders, R.flight.riders, sizeof riders);
    for (size_t i = 0; i < n; i++)
        tell(riders[i], event);
}
static void tell_head(yz_call *rider, const void *event) { storm_send_head(rider, event); }
static void tell_chunk(yz_call *rider, const void *event) { storm_send_chunk(rider, event); }
static void tell_end(yz_call *rider, const void *event) { storm_send_end(rider, event); }
static void tell_error(yz_call *rider, const void *event) { storm_send_error(rider, event); }

static void flight_head(void *arg, yz_call *child, const yz_head *head) {
    (void)arg;
    child_event(child, EVENT_HEAD);
    R.flight.headed = true;
    flight_each(tell_head, head);
}
static void flight_chunk(void *arg, yz_call *child, const yz_chunk *chunk) {
    (void)arg;
    child_event(child, EVENT_CHUNK);
    flight_each(tell_chunk, chunk);
}
static void flight_end(void *arg, yz_call *child, const yz_end *end) {
    (void)arg;
    child_event(child, EVENT_END);
    R.flight.root = NULL;
    flight_each(tell_end, end);
}
static void flight_error(void *arg, yz_call *child, const yz_error *error) {
    (void)arg;
    child_event(child, EVENT_ERROR);
    R.flight.root = NULL;
    flight_each(tell_error, error);
}
static const yz_parent flight_parent = {flight_head, flight_chunk, flight_end, flight_error};

static void rider_late(void *arg) {
    shadow *s = hook_enter_alone(arg);
    storm_fail(arg);
    hook_leave(s);
}

static void ride_call(yz_call *call, const yz_request *request) {
    (void)request;
    shadow *s = enter_call(call, &config_of(call)->filter);
    state *st = state_open(call, s);
    flight *f = &R.flight;
    if (f->headed || f->n == RIDERS || (f->n > 0 && !f->root)) {
        storm_pass(call, NULL); /* too late to get on */
    } else {
        if (!f->root)
            f->root =
                storm_root(call, chance(50) ? NULL : yz_request_copy(yz_call_arena(call), yz_call_request(call)), &flight_parent, NULL);
        f->riders[f->n++] = call;
        st->hold = yz_hold_take(call, "shared answer", 1 + (int64_t)dice(3000), rider_late, call);
    }
    hook_leave(s);
}

static void ride_cancel(yz_call *call) {
    enter_cancel(call);
    flight *f = &R.flight;
    for (size_t i = 0; i < f->n; i++)
        if (f->riders[i] == call)
            f->riders[i--] = f->riders[--f->n];
    if (f->n == 0) {
        if (f->root)
            storm_cancel(f->root);
        *f = (flight){0};
    }
    yz_release(((state *)yz_state(call))->hold);
}

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
    static void word##_timer(yz_call *call, yz_timer *timer) {                                                                             \
        shadow *s = hook_enter_alone(call);                                                                                                \
        real[id]->filter->on_timer(call, timer);                                                                                           \
        hook_leave(s);                                                                                                                     \
    }                                                                                                                                      \
    static yz_filter word##_filter = {YZ_FILTER, .on_call = word##_call, .on_error = word##_error, .on_timer = word##_timer};              \
    static void word##_call(yz_call *call, const yz_request *request) {                                                                    \
        shadow *s = enter_call(call, &word##_filter);                                                                                      \
        real[id]->filter->on_call(call, request);                                                                                          \
        hook_leave(s);                                                                                                                     \
    }
WRAP(RETRY, retry)
WRAP(FALLBACK, fallback)

static const yz_filter no_network = {YZ_FILTER, .on_call = leaf_call};
static const yz_adapter adapter = {YZ_ADAPTER, .dialect = "storm", .local = &no_network};
static const yz_provider provider = {YZ_STR("p"), &adapter, NULL};
static const yz_target targets[] = {{&provider, YZ_STR("a")}, {&provider, YZ_STR("b")}};
static const yz_target *const target_list[] = {&targets[0], &targets[1]};
static size_t storm_targets(const yz_call *call, yz_str model, const yz_target *const **list) {
    shadow_touch(shadow_find(call));
    *list = target_list;
    return yz_str_is(model, "m") ? 2 : 1;
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
                     .next = storm_next,
                     .pass = storm_pass,
                     .send_error = storm_send_error,
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
static const yz_parent top_parent = {top_head, top_chunk, top_end, top_error};

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
    filter.on_cancel = chance(60) ? chaos_cancel : NULL;
    filter.on_flow = chance(40) ? any_flow : NULL;
    return filter;
}

static const yz_filter hedge_filter = {
    YZ_FILTER,           .call_size = sizeof(state), .on_call = hedge_call,   .on_head = hedge_head,    .on_chunk = hedge_chunk,
    .on_end = hedge_end, .on_error = hedge_error,    .on_timer = hedge_timer, .on_cancel = plain_cancel};
static const yz_filter ride_filter = {YZ_FILTER, .call_size = sizeof(state), .on_call = ride_call, .on_cancel = ride_cancel};
static const yz_filter leaf_filter = {
    YZ_FILTER, .call_size = sizeof(state), .on_call = leaf_call, .on_timer = leaf_timer, .on_cancel = leaf_cancel, .on_flow = any_flow};

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
    R.request = (yz_request){.model = YZ_STR("m"), .dialect = &adapter};
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
    if (s->hold)
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
        if (R.socks[i].hold)
            sock_close(&R.socks[i]);
    turn(0);
    turn(0);
    RULE(5, yz_call_count(&S->w.worker) == 0);
    RULE(5, S->w.worker.turn.n_heap == 0);
    RULE(5, R.shares == 0);
    for (size_t i = 0; i < R.chain.n; i++)
        if (R.links[i].filter == &retry_filter)
            real[RETRY]->filter->close(R.links[i].stage);
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
extern void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));

static void test_storms(void **unused) {
    (void)unused;
    if (__sanitizer_set_death_callback)
        __sanitizer_set_death_callback(print_seed);
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
