/* tree_world.h: a worker without a loop, whose clock belongs to the test, and a client at the top that writes down what it gets. */
#ifndef TREE_WORLD_H
#define TREE_WORLD_H

#include "call/tree.h"
#include "worker.h"

#include <stdio.h>
#include <yuzui/answer.h>

typedef struct world {
    yz_worker worker;
    int64_t now;
} world;

static inline void world_open(world *w) {
    memset(w, 0, sizeof *w);
    w->now = 1000;
    yz_turn_init(&w->worker.turn, w->now);
    yz_rng_init(&w->worker.rng, 0);
    w->worker.blocks = yz_block_pool_new(16);
}

static inline void world_close(world *w) {
    yz_turn_free(&w->worker.turn);
    yz_block_pool_free(w->worker.blocks);
}

/* Runs turns until nothing is ready, without moving the clock. */
static inline void world_settle(world *w) {
    do
        yz_turn_run(&w->worker.turn, w->now);
    while (yz_turn_next(&w->worker.turn) == 0);
}

/* Lets time pass, alarm by alarm. */
static inline void world_pass(world *w, int64_t ms) {
    int64_t until = w->now + ms;
    for (;;) {
        world_settle(w);
        int64_t next = yz_turn_next(&w->worker.turn);
        if (next > until)
            break;
        w->now = next > w->now ? next : w->now;
    }
    w->now = until;
    world_settle(w);
}

/* What has been counted on a counter that a stage has declared. */
static inline uint64_t world_counter(const world *w, const char *name) {
    yz_counter counter = yz_counter_find(name);
    return counter ? atomic_load(&w->worker.declared[counter]) : 0;
}

/* The client above: events as text ("head chunk:abc end"), and the last error. */
typedef struct client {
    char log[4096];
    yz_call *call;
    yz_error_class error;
    yz_started started;
    char message[512];
    int64_t retry_after;
    int ended;
} client;

static inline void client_log(client *c, const char *fmt, ...) {
    size_t n = strlen(c->log);
    va_list args;
    va_start(args, fmt);
    vsnprintf(c->log + n, sizeof c->log - n, fmt, args);
    va_end(args);
}

static inline void client_head(void *arg, yz_call *child, const yz_head *head) {
    (void)child;
    (void)head;
    client_log(arg, "head ");
}

static inline void client_chunk(void *arg, yz_call *child, const yz_chunk *chunk) {
    (void)child;
    client_log(arg, "%.*s", YZ_STR_ARGS(chunk->bytes));
    for (const yz_event *event = chunk->events; event; event = event->next)
        client_log(arg, "(%.*s)", YZ_STR_ARGS(event->text));
    client_log(arg, " ");
}

static inline void client_end(void *arg, yz_call *child, const yz_end *end) {
    (void)child;
    (void)end;
    client_log(arg, "end");
    ((client *)arg)->ended++;
}

static inline void client_error(void *arg, yz_call *child, const yz_error *error) {
    (void)child;
    client *c = arg;
    client_log(c, "error:%s", yz_error_word(error->class_));
    c->error = error->class_;
    c->started = error->started;
    c->retry_after = error->retry_after;
    snprintf(c->message, sizeof c->message, "%.*s", YZ_STR_ARGS(error->message));
    c->ended++;
}

static const yz_parent client_parent = {YZ_PARENT, client_head, client_chunk, client_end, client_error};

static inline void client_start(client *c, world *w, const yz_chain *chain, const yz_request *request) {
    memset(c, 0, sizeof *c);
    c->call = yz_call_start(&w->worker, chain, 0, request, NULL, &client_parent, c);
}

#endif
