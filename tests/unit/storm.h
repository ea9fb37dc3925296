/* storm.h: a model of the call tree that watches the real one.
 *
 * Every verb of every stage goes through a storm_* function, also those of real plugins (their host table leads here), and every hook
 * is entered through hook_enter. So the model knows each call, who started it, and when it must have fallen silent; and it says which
 * rule was broken, and in which storm.
 */
#ifndef STORM_H
#define STORM_H

#include "tree_world.h"

#include <stdlib.h>
#include <unistd.h>
#include <yuzui/plugin.h>

#define CANARY 0x59555a5549435741ull

typedef struct shadow {
    yz_call *call;
    struct shadow *parent;
    bool dead;         /* ended or cancelled, as the model sees it */
    bool started;      /* on_call was reported, of the stage it stands at now */
    bool wants_cancel; /* that stage has on_close */
    int cancels;       /* how often it was reported */
    int hooks, verbs;  /* on the stack now */
    bool headed, gone; /* a head came up; its memory has been freed */
    int holds;         /* on it, by sockets of the test */
    uint64_t *canary;  /* in its state, once its stage has one */
    bool flow_told;    /* the last on_flow */
    bool has_flow;
    yz_outcome outcome; /* of its record, since it is dead */
    bool for_others;    /* a root of shared work */
    int paid;           /* how often the usage of a leaf stands in the list of a client, as its own */
} shadow;

enum { SHADOWS = 2048 };

typedef struct storm {
    uint64_t seed;
    yz_rng rng;
    world w;
    shadow shadows[SHADOWS];
    size_t n_shadows;
    bool starting; /* inside yz_next, yz_root, yz_pass or yz_call_start */
    bool turning;  /* inside yz_turn_run */
    int depth;     /* hooks and verbs on the stack */
    long events;   /* hooks told, over all */
} storm;

static storm *S;

_Noreturn static inline void storm_broken(const char *rule, const char *what, int line) {
    fprintf(stderr, "\nstorm %llu broke %s: %s (line %d)\nreplay it: YUZUI_STORM_SEED=%llu\n", (unsigned long long)S->seed, rule, what,
            line, (unsigned long long)S->seed);
    _exit(1);
}
#define RULE(n, x) ((x) ? (void)0 : storm_broken("rule " #n, #x, __LINE__))

static inline uint64_t dice(uint64_t sides) { return yz_rng_next(&S->rng) % sides; }
static inline bool chance(uint64_t percent) { return dice(100) < percent; }

/* ---- who is who ------------------------------------------------------------------------------------------------------- */

static inline shadow *shadow_find(const yz_call *call) {
    for (size_t i = S->n_shadows; i-- > 0;)
        if (S->shadows[i].call == call && !S->shadows[i].gone)
            return &S->shadows[i];
    storm_broken("the model", "an event of a call nobody started", __LINE__);
}

/* A record gets one outcome, when its call ends, and keeps it. */
static inline void check_record(shadow *s) {
    const yz_record *record = yz_call_record(s->call);
    RULE(1, record->outcome != YZ_OUTCOME_RUNNING && record->end >= record->begin);
    RULE(1, s->outcome == YZ_OUTCOME_RUNNING || s->outcome == record->outcome);
    RULE(5, !record->shared); /* what it shared may be freed from now on */
    s->outcome = record->outcome;
}

static inline size_t times_in_list(const yz_record *wanted, const yz_record *list, const yz_record *until) {
    size_t n = 0;
    for (; list != until; list = list->next)
        n += list == wanted;
    return n;
}

/* Before a root is freed, all of its records can be read: in one list, those of shared work too, each after its parent. */
static inline void check_list(const shadow *root) {
    const yz_record *first = yz_call_record(root->call);
    for (const yz_record *r = first; r; r = r->next) {
        RULE(1, r->outcome != YZ_OUTCOME_RUNNING && r->end >= r->begin);
        RULE(5, r->size == sizeof *r && r->model.n == 1 && strlen(r->stage) > 0);
        RULE(1, times_in_list(r->parent, first, r) == (r != first));
        RULE(1, !r->answer || (r->answer->parent == r && times_in_list(r->answer, r, NULL) == 1));
        if (r->usage && r->source == YZ_SOURCE_PROVIDER && !root->for_others)
            RULE(1, S->shadows[yz_usage_get(r->usage, YZ_METER_INPUT)].paid++ == 0); /* also what several shared */
    }
}

/* The arena of a root is freed: nothing under it may be alive or held, and only a turn buries. */
static inline void root_buried(void *arg) {
    shadow *root = arg;
    RULE(5, S->turning);
    check_list(root);
    for (size_t i = 0; i < S->n_shadows; i++) {
        shadow *top = &S->shadows[i];
        while (top->parent)
            top = top->parent;
        if (top != root)
            continue;
        RULE(3, S->shadows[i].dead);
        RULE(5, S->shadows[i].holds == 0);
        check_record(&S->shadows[i]);
        RULE(1, times_in_list(yz_call_record(S->shadows[i].call), yz_call_record(root->call), NULL) == 1);
        S->shadows[i].gone = true;
    }
}

static inline shadow *shadow_add(yz_call *call, shadow *parent) {
    if (S->n_shadows == SHADOWS)
        storm_broken("the model", "more calls than it can hold", __LINE__);
    shadow *s = &S->shadows[S->n_shadows++];
    *s = (shadow){.call = call, .parent = parent};
    if (!parent)
        yz_on_free(yz_call_arena(call), root_buried, s);
    return s;
}

/* Rules 1 and 3: from now on this call and everything below it is silent; and the core must know it already. */
static inline void shadow_kill(shadow *s) {
    s->dead = true;
    RULE(3, yz_ended(s->call));
    check_record(s);
    for (size_t i = 0; i < S->n_shadows; i++)
        if (S->shadows[i].parent == s && !S->shadows[i].dead)
            shadow_kill(&S->shadows[i]);
}

static inline void shadow_touch(shadow *s) { /* rule 5: under AddressSanitizer a wrong read ends the storm */
    if (s->canary)
        RULE(5, *s->canary == CANARY);
    (void)yz_call_request(s->call)->model.n;
}

/* ---- hooks ------------------------------------------------------------------------------------------------------------ */

static inline shadow *hook_enter(yz_call *call) {
    S->events++;
    RULE(2, !S->starting);
    shadow *s = shadow_find(call);
    RULE(1, !s->dead);
    RULE(2, s->hooks == 0);
    RULE(2, s->verbs == 0);
    shadow_touch(s);
    s->hooks++;
    S->depth++;
    return s;
}

/* on_call, on_timer and on_flow come from the loop's turn and from nowhere else. */
static inline shadow *hook_enter_alone(yz_call *call) {
    RULE(2, S->turning && S->depth == 0);
    return hook_enter(call);
}

static inline void hook_leave(shadow *s) {
    s->hooks--;
    S->depth--;
    shadow_touch(s);
}

static inline shadow *enter_call(yz_call *call, const yz_filter *filter) {
    shadow *s = shadow_find(call);
    RULE(1, !s->started);
    s->started = true;
    s->wants_cancel = filter->on_close != NULL;
    s->has_flow = filter->on_flow != NULL;
    s->flow_told = false;
    s->canary = NULL;
    return hook_enter_alone(call);
}

/* An event of `child` reaches its parent, a call or a client. */
typedef enum event_kind { EVENT_HEAD, EVENT_CHUNK, EVENT_END, EVENT_ERROR } event_kind;
static inline void child_event(yz_call *child, event_kind kind) {
    shadow *s = shadow_find(child);
    RULE(2, !S->starting);
    RULE(4, !s->dead); /* which also is: nothing after the end */
    RULE(1, kind != EVENT_HEAD || !s->headed);
    RULE(1, (kind != EVENT_CHUNK && kind != EVENT_END) || yz_committed(child));
    if (kind == EVENT_HEAD)
        s->headed = true;
    shadow_touch(s);
    if (kind == EVENT_END || kind == EVENT_ERROR) {
        shadow_kill(s);
        RULE(1, s->outcome == (kind == EVENT_END ? YZ_OUTCOME_DONE : YZ_OUTCOME_FAILED));
    }
}

static inline void enter_cancel(yz_call *call) {
    shadow *s = shadow_find(call);
    RULE(2, S->turning && S->depth == 0);
    RULE(1, yz_ended(call));
    RULE(1, s->cancels++ == 0);
    RULE(1, s->started);
    for (size_t i = 0; i < S->n_shadows; i++)
        if (S->shadows[i].parent == s)
            RULE(3, yz_ended(S->shadows[i].call));
    s->dead = true; /* ended by the core itself: a deadline, a broken rule; its parent has been notified or will not be */
    check_record(s);
    shadow_touch(s);
}

/* ---- verbs ------------------------------------------------------------------------------------------------------------ */

static inline yz_call *storm_began(yz_call *call, yz_call *child, bool was) {
    shadow *s = shadow_find(call);
    S->starting = was;
    RULE(3, !yz_ended(call) || yz_ended(child));
    shadow *below = shadow_add(child, s);
    below->dead = yz_ended(child);
    RULE(1, (yz_call_record(child)->outcome == YZ_OUTCOME_RUNNING) == !below->dead);
    return child;
}

static inline yz_call *storm_next_because(yz_call *call, const yz_request *request, yz_because because) {
    bool was = S->starting;
    S->starting = true;
    return storm_began(call, yz_next_because(call, request, because), was);
}

static inline yz_call *storm_next_target(yz_call *call, const yz_target *target, bool free, yz_because because) {
    bool was = S->starting;
    S->starting = true;
    return storm_began(call, yz_next_target(call, target, free, because), was);
}

static inline yz_call *storm_next(yz_call *call, const yz_request *request) { return storm_next_because(call, request, YZ_BECAUSE_FIRST); }

static inline void storm_pass(yz_call *call, const yz_request *request) {
    shadow *s = shadow_find(call);
    if (yz_ended(call) || !s->started)
        return;
    S->starting = true;
    yz_pass(call, request);
    S->starting = false;
    s->started = false;
    s->wants_cancel = s->has_flow = false;
    s->canary = NULL;
}

static inline yz_call *storm_root(yz_call *like, const yz_request *request, const yz_parent *parent, void *arg) {
    S->starting = true;
    yz_call *root = yz_root(like, request, parent, arg);
    S->starting = false;
    shadow_add(root, NULL)->for_others = true;
    return root;
}

static inline void storm_cancel(yz_call *child) {
    shadow *s = shadow_find(child);
    bool ran = !yz_ended(child);
    yz_cancel(child);
    RULE(4, yz_ended(child));
    shadow_kill(s);
    RULE(1, !ran || s->outcome == YZ_OUTCOME_CANCELLED);
}

#define STORM_SEND(name, argument)                                                                                                         \
    static inline void storm_##name(yz_call *call, argument) {                                                                             \
        shadow *s = shadow_find(call);                                                                                                     \
        S->depth++;                                                                                                                        \
        s->verbs++;                                                                                                                        \
        yz_##name(call, event);                                                                                                            \
        s->verbs--;                                                                                                                        \
        S->depth--;                                                                                                                        \
        shadow_touch(s);                                                                                                                   \
    }
STORM_SEND(send_head, const yz_head *event)
STORM_SEND(send_chunk, const yz_chunk *event)
STORM_SEND(send_end, const yz_end *event)
STORM_SEND(send_error, const yz_error *event)

static inline void storm_head(yz_call *call) {
    storm_send_head(call, &(yz_head){YZ_HEAD, .status = 200, .content_type = YZ_STR("text/plain")});
}
static inline void storm_chunk(yz_call *call) {
    storm_send_chunk(call, &(yz_chunk){YZ_CHUNK, .bytes = YZ_STR("x"), .marks = YZ_MARK_CONTENT});
}
static inline void storm_end(yz_call *call) { storm_send_end(call, &(yz_end){YZ_END}); }
static inline void storm_fail(yz_call *call) {
    static const yz_error_class classes[] = {YZ_ERROR_SERVER,      YZ_ERROR_RATE_LIMIT,     YZ_ERROR_TIMEOUT, YZ_ERROR_CONNECT,
                                             YZ_ERROR_BAD_REQUEST, YZ_ERROR_CONTEXT_LENGTH, YZ_ERROR_BROKEN,  YZ_ERROR_OVERLOADED};
    yz_error error = {YZ_ERROR, .class_ = classes[dice(sizeof classes / sizeof *classes)],
                      .message = yz_dup(yz_call_arena(call), YZ_STR("storm")), .retry_after = chance(20) ? (int64_t)dice(300) : 0,
                      .started = (yz_started)dice(3)};
    storm_send_error(call, &error);
}

#endif
