/* exchange.c: the life of one request and its answer: made with the first byte of a head, run once the request is complete, ended
 * exactly once: by the end of its answer or by the client's leaving.
 */
#include "base/check.h"
#include "base/put.h"
#include "call/tree.h"
#include "server/internal.h"

#include <stdlib.h>

static void on_burial(yz_task *task) { yz_arena_free(YZ_CONTAINER(task, yz_exchange, burial)->arena); }

yz_exchange *yz_exchange_new(yz_connection *connection) {
    yz_worker *worker = connection->server->worker;
    yz_arena *arena = yz_arena_new(worker->blocks);
    yz_exchange *x = yz_alloc(arena, sizeof(*x));
    x->connection = connection;
    x->server = connection->server;
    x->share = yz_share_ref(worker->share);
    x->arena = arena;
    x->owns_arena = true;
    x->burial.run = on_burial;
    x->length = -1;
    x->request.size = sizeof(x->request);
    x->started = yz_now(worker);
    YZ_COUNT(worker, begun);
    return x;
}

static void start_call(yz_exchange *x) {
    const yz_error *error = yz_exchange_read_body(x);
    if (error) {
        yz_respond_error(x, error);
        return;
    }
    x->request.client = yz_dup(x->arena, yz_str_of(yz_stream_peer(x->connection->stream)));
    x->owns_arena = false;
    x->running = true;
    x->call = yz_call_start(x->server->worker, &x->share->chain, 0, &x->request, x->arena, &yz_answer_parent, x);
    if (x->connection->blocked)
        yz_flow(x->call, true);
}

void yz_exchange_run(yz_exchange *x) {
    if (x->refusal)
        yz_respond_error(x, x->refusal);
    else if (x->options)
        yz_cors_options(x);
    else if (x->local != YZ_LOCAL_NONE)
        yz_local_run(x);
    else
        start_call(x);
}

/* What the stages did is told by their notes. */
static void count_note(yz_worker *worker, const yz_note_entry *note) {
    unsigned long attempts = strcmp(note->name, "attempts") == 0 ? strtoul(note->value.p, NULL, 10) : 0;
    if (attempts > 1)
        YZ_COUNT_BY(worker, retries, attempts - 1);
    else if (strcmp(note->name, "fallback") == 0)
        YZ_COUNT(worker, fallbacks);
    else if (strcmp(note->name, "cache") == 0 && yz_str_is(note->value, "hit"))
        YZ_COUNT(worker, cache_hits);
    else if (strcmp(note->name, "cache") == 0 && yz_str_is(note->value, "miss"))
        YZ_COUNT(worker, cache_misses);
}

yz_str yz_exchange_lost(const yz_exchange *x) {
    const yz_losses *losses = x->translator ? yz_translator_losses(x->translator) : NULL;
    yz_str all = YZ_STR("");
    for (size_t i = 0; losses && i < losses->n; i++)
        if (yz_h1_value_ok(losses->names[i]))
            all = yz_join(x->arena, all, all.n ? YZ_STR(", ") : YZ_STR(""), losses->names[i]);
    return all;
}

static void count(yz_exchange *x, bool gone) {
    yz_worker *worker = x->server->worker;
    if (gone)
        YZ_COUNT(worker, cancelled);
    else
        YZ_COUNT(worker, requests);
    if (x->status >= 400)
        YZ_COUNT(worker, errors);
    if (x->translator && yz_translator_losses(x->translator)->n)
        YZ_COUNT(worker, lossy);
    for (const yz_note_entry *note = x->call ? yz_call_notes(x->call) : NULL; note; note = note->next)
        count_note(worker, note);
}

void yz_exchange_end(yz_exchange *x, bool gone) {
    x->connection->exchange = NULL;
    if (x->connection->stream)
        yz_stream_read_into(x->connection->stream, NULL, 0); /* the body goes */
    count(x, gone);
    if (x->share->settings->access_log)
        yz_access_add(&x->server->access, x, gone);
    if (x->running) {
        x->running = false;
        yz_cancel(x->call);
    }
    if (x->waiting)
        yz_local_forget(x);
    yz_share_unref(x->share);
    if (x->owns_arena)
        yz_task_bury(&x->server->worker->turn, &x->burial);
}

void yz_exchange_flow(yz_exchange *x, bool paused) {
    if (x->running)
        yz_flow(x->call, paused);
}
