/* storm_stages.h: the stages of a storm: a leaf, one that does anything a stage may, a hedge, and one that shares work; and the sockets
 * outside, which talk whenever they like. Included by test_storm.c alone. */
#ifndef STORM_STAGES_H
#define STORM_STAGES_H

#include "storm.h"

enum { LINKS = 7, CLIENTS = 8, SOCKETS = 256, RIDERS = 8 };

typedef struct stage_config {
    yz_filter filter;
    int kind;
} stage_config;

/* Something outside the tree: it starts a wait, and talks whenever it likes, also too late. */
typedef struct sock {
    yz_call *call;
    shadow *shadow;
    yz_wait *wait;
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
    yz_wait *wait;
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
        if (s->wait)
            continue;
        *s = (sock){.call = call, .shadow = shadow_find(call)};
        s->wait = yz_wait_start(call, "socket", 1 + (int64_t)dice(400), watched ? sock_late : NULL, s);
        s->shadow->holds++;
        R.n_socks++;
        return s;
    }
    return NULL;
}

static void sock_close(sock *s) {
    yz_wait *wait = s->wait;
    shadow_touch(s->shadow);
    s->wait = NULL;
    s->shadow->holds--;
    R.n_socks--;
    yz_wait_done(wait);
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
    yz_usage usage = yz_usage_of(s - S->shadows, -1);
    yz_record_usage(call, &usage, YZ_SOURCE_PROVIDER);
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
    if (st->sock && st->sock->wait && st->sock->call == call && chance(50))
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
    if (st->sock && st->sock->wait && st->sock->call == call && chance(50))
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
static const yz_parent flight_parent = {YZ_PARENT, flight_head, flight_chunk, flight_end, flight_error};

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
        yz_record_share(call, f->root);
        st->wait = yz_wait_start(call, "shared answer", 1 + (int64_t)dice(3000), rider_late, call);
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
    yz_wait_done(((state *)yz_state(call))->wait);
}

#endif
