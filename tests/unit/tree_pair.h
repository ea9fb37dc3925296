/* tree_pair.h: two stages, one above the other, whose hooks are written where they are tested, with a client above. */
#ifndef TREE_PAIR_H
#define TREE_PAIR_H

#include "tree_world.h"

/* A stage whose hooks are written where they are tested: config points to a `script`. */
typedef struct script {
    void (*call)(yz_call *call, struct script *s);
    void (*timer)(yz_call *call, struct script *s, yz_timer *timer);
    void (*error)(yz_call *call, struct script *s, yz_call *child, const yz_error *error);
    void (*cancel)(yz_call *call, struct script *s);
    void (*flow)(yz_call *call, struct script *s, bool paused);
    yz_call *seen, *child, *other;
    yz_wait *wait;
    yz_timer *timer_set;
    const yz_error *kept;
    int calls, errors, cancels, timers, lates, flows, chunks;
    bool in_hook, paused;
} script;

static inline script *script_of(const yz_call *call) { return (script *)(uintptr_t)yz_config(call); }

static inline void on_call(yz_call *call, const yz_request *request) {
    (void)request;
    script *s = script_of(call);
    s->seen = call;
    s->calls++;
    s->in_hook = true;
    if (s->call)
        s->call(call, s);
    s->in_hook = false;
}
static inline void on_error(yz_call *call, yz_call *child, const yz_error *error) {
    script *s = script_of(call);
    assert_false(s->in_hook);
    s->errors++;
    if (s->error)
        s->error(call, s, child, error);
    else
        yz_send_error(call, error);
}
static inline void on_timer(yz_call *call, yz_timer *timer) {
    script *s = script_of(call);
    s->timers++;
    if (s->timer)
        s->timer(call, s, timer);
}
static inline void on_close(yz_call *call) {
    script *s = script_of(call);
    assert_false(s->in_hook);
    s->cancels++;
    if (s->cancel)
        s->cancel(call, s);
}
static inline void on_flow(yz_call *call, bool paused) {
    script *s = script_of(call);
    assert_false(s->in_hook);
    s->flows++;
    s->paused = paused;
    if (s->flow)
        s->flow(call, s, paused);
}

__attribute__((unused)) static const yz_filter watching = {
    YZ_FILTER, .call_size = 64, .on_call = on_call, .on_error = on_error, .on_timer = on_timer, .on_close = on_close};
__attribute__((unused)) static const yz_filter leaf = {
    YZ_FILTER, .call_size = 64, .on_call = on_call, .on_timer = on_timer, .on_close = on_close, .on_flow = on_flow};
__attribute__((unused)) static const yz_filter plain = {YZ_FILTER, .on_call = on_call};

/* ---- building worlds ------------------------------------------------------------------------------------------------ */

/* Two stages, a client, and what they share. */
typedef struct pair {
    world w;
    script top, bottom;
    yz_link links[2];
    yz_chain chain;
    yz_request request;
    client c;
} pair;

static inline void pair_open(pair *p, const yz_filter *top, const yz_filter *bottom) {
    memset(p, 0, sizeof *p);
    world_open(&p->w);
    p->links[0] = (yz_link){top, "top", &p->top, NULL};
    p->links[1] = (yz_link){bottom, "bottom", &p->bottom, NULL};
    p->chain = (yz_chain){.links = p->links, .n = 2};
    p->request.model = YZ_STR("m");
}

static inline void pair_start(pair *p) { client_start(&p->c, &p->w, &p->chain, &p->request); }

static inline void pair_close(pair *p) {
    world_settle(&p->w);
    assert_int_equal(yz_call_count(&p->w.worker), 0);
    assert_int_equal(p->w.worker.turn.n_heap, 0);
    world_close(&p->w);
}

static inline yz_chunk chunk_of(const char *text) { return (yz_chunk){YZ_CHUNK, .bytes = yz_str_of(text)}; }
static inline void head_up(yz_call *call) { yz_send_head(call, &(yz_head){YZ_HEAD, .status = 200}); }
static inline void chunk_up(yz_call *call, const char *text) {
    yz_chunk chunk = chunk_of(text);
    yz_send_chunk(call, &chunk);
}
static inline void end_up(yz_call *call) { yz_send_end(call, &(yz_end){YZ_END}); }

static inline void do_next(yz_call *call, script *s) { s->child = yz_next(call, NULL); }
static inline void do_answer(yz_call *call, script *s) {
    (void)s;
    head_up(call);
    chunk_up(call, "hello");
    end_up(call);
}
static inline void do_wait(yz_call *call, script *s) { s->timer_set = yz_timer_start(call, 1000000); }
static inline void do_nothing(yz_call *call, script *s) {
    (void)call;
    (void)s;
}
static inline void do_fail(yz_call *call, script *s) {
    (void)s;
    yz_fail(call, YZ_ERROR_SERVER, "attempt %d failed", s->calls);
}

/* on_error of a stage that tries three times and then sends the first error. */
static inline void try_again(yz_call *call, script *s, yz_call *child, const yz_error *error) {
    assert_ptr_equal(child, s->child);
    assert_true(yz_ended(child));
    assert_false(yz_committed(call));
    if (s->errors == 1)
        s->kept = error; /* lives as long as this call */
    if (s->errors < 3)
        s->child = yz_next(call, NULL);
    else
        yz_send_error(call, s->kept);
}

#endif
