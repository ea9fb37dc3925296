/* exchange.c: the life of one request and its answer: made with the first byte of a head, ended exactly once: after its answer, or
 * because the client has left.
 */
#include "server/exchange.h"

#include "base/check.h"
#include "base/put.h"
#include "base/request.h"
#include "base/word.h"
#include "call/tree.h"
#include "dialect/losses.h"
#include "journal/recent.h"
#include "metrics/metrics.h"

#include <stdlib.h>

static const struct {
    const char *word;
    unsigned next;
} states[] = {
#define STATE_ROW(name, word, next) {word, next},
    YZ_EXCHANGE_STATES(STATE_ROW)
#undef STATE_ROW
};

const char *yz_exchange_state_word(yz_exchange_state state) { return states[state].word; }

void yz_exchange_enter(yz_exchange *x, yz_exchange_state state) {
    YZ_DEBUG(states[x->state].next >> state & 1);
    x->state = state;
}

static void on_burial(yz_task *task) { yz_arena_free(YZ_CONTAINER(task, yz_exchange, burial)->arena); }

yz_exchange *yz_exchange_new(yz_front *front, yz_outlet *outlet, bool admin, yz_str address, yz_proof **proof) {
    yz_worker *worker = front->worker;
    yz_arena *arena = yz_arena_new(worker->blocks);
    yz_exchange *x = yz_alloc(arena, sizeof(*x));
    x->front = front;
    x->outlet = outlet;
    x->share = yz_share_ref(worker->share);
    x->arena = arena;
    x->asked.request.size = sizeof(x->asked.request);
    x->asked.worker = worker;
    x->asked.arena = arena;
    x->asked.settings = x->share->settings;
    x->asked.known = &front->known;
    x->asked.admin = admin;
    x->asked.address = address;
    x->proof = proof;
    x->burial.run = on_burial;
    x->length = -1;
    x->started = yz_now(worker);
    x->started_ns = yz_turn_ns(&worker->turn);
    if (!admin)
        yz_exchange_count(x);
    return x;
}

void yz_exchange_count(yz_exchange *x) {
    x->counted = true;
    YZ_COUNT(x->front->worker, begun);
}

void yz_exchange_flow(yz_exchange *x, bool paused) {
    if (x->state == YZ_EXCHANGE_CALLING)
        yz_flow(x->call, paused);
}

void yz_exchange_failed(yz_exchange *x, const yz_error *error) {
    x->code = error->code.n ? error->code : yz_str_of(yz_error_word(error->class_));
}

static const yz_losses *losses_of(const yz_exchange *x) { return x->translator ? yz_translator_losses(x->translator) : NULL; }

yz_str yz_exchange_lost(const yz_exchange *x) {
    const yz_losses *losses = losses_of(x);
    yz_str all = YZ_STR("");
    for (size_t i = 0; losses && i < losses->n; i++)
        all = yz_join(x->arena, all, all.n ? YZ_STR(", ") : YZ_STR(""), losses->names[i]);
    return all;
}

/* ---- the end -------------------------------------------------------------------------------------------------------- */

static void count(yz_exchange *x, bool gone) {
    yz_worker *worker = x->front->worker;
    if (!x->counted)
        return;
    if (gone)
        YZ_COUNT(worker, cancelled);
    else
        YZ_COUNT(worker, requests);
    if (x->status >= 400)
        YZ_COUNT(worker, errors);
    if (losses_of(x) && losses_of(x)->n)
        YZ_COUNT(worker, lossy);
}

static const char *op_word(const yz_asked *asked) {
    if (!asked->head)
        return "none"; /* refused before its head was read */
    return asked->local != YZ_LOCAL_NONE ? "local" : asked->request.dialect ? yz_op_word(asked->request.op) : "none";
}

static yz_str method_word(yz_str method) {
    static const char *const known[] = {"GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH"};
    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
        if (yz_str_is(method, known[i]))
            return method;
    return (yz_str){0}; /* it may be anything */
}

static yz_journal_entry entry_of(const yz_exchange *x, bool gone) {
    const yz_asked *asked = &x->asked;
    return (yz_journal_entry){.time = yz_access_time(&x->front->access),
                              .id = asked->request.id,
                              .client = asked->request.client,
                              .via = asked->via,
                              .method = method_word(asked->request.method),
                              .path = asked->path,
                              .op = op_word(asked),
                              .dialect = asked->request.dialect ? asked->request.dialect->dialect : NULL,
                              .stream = asked->request.stream,
                              .asked = yz_settings_shown(asked->settings, asked->request.model),
                              .status = gone && x->status == 0 ? 499 : x->status,
                              .gone = gone,
                              .left = x->left,
                              .error = x->code,
                              .started = x->started_ns,
                              .started_ms = x->started,
                              .ms = yz_now(x->front->worker) - x->started,
                              .bytes = x->sent,
                              .record = x->call ? yz_call_record(x->call) : NULL,
                              .notes = x->call ? yz_call_notes(x->call) : NULL,
                              .lost = yz_exchange_lost(x)};
}

static void log_line(yz_front *front, const yz_journal_entry *entry, yz_str json) {
    yz_buf *lines = yz_access_lines(&front->access);
    yz_journal_put_questions(lines, entry, front->text);
    if (front->text)
        yz_journal_put_text(lines, entry);
    else if (json.n > 0)
        yz_buf_str(lines, json);
    else
        yz_journal_put(lines, entry);
    if (!front->text)
        yz_buf_put(lines, "}\n", 2);
    yz_access_added(&front->access);
}

/* Into the log, and among the last requests that an operator can look at. */
static void report(const yz_exchange *x, bool gone) {
    yz_front *front = x->front;
    bool logged = x->share->settings->access_log, kept = front->worker->recent && x->asked.local == YZ_LOCAL_NONE && !x->asked.admin;
    if (!logged && !kept)
        return;
    yz_journal_entry entry = entry_of(x, gone);
    yz_buf *json = kept ? yz_recent_add(front->worker->recent, entry.id) : NULL;
    if (json)
        yz_journal_put(json, &entry);
    if (logged)
        log_line(front, &entry, json ? yz_buf_view(json) : (yz_str){0});
    if (json) {
        yz_journal_put_tree(json, &entry);
        yz_buf_char(json, '}');
    }
}

/* Who asked, by name; empty: nobody known. */
static yz_str key_name(const yz_exchange *x) {
    for (const yz_note_entry *note = x->call ? yz_call_notes(x->call) : NULL; note; note = note->next)
        if (yz_word_is(note->name, "key"))
            return note->value;
    return (yz_str){0};
}

/* Those that are not listed are counted as the worst. */
static void count_lost(const yz_losses *losses, uint64_t *by_how) {
    for (size_t i = 0; losses && i < losses->n; i++) {
        yz_str field;
        size_t others = yz_losses_more(losses->names[i]);
        by_how[yz_loss_of(losses->names[i], &field)] += others ? others : 1;
    }
}

/* What was refused before its head could be read, and what the gateway answers itself, is in the counters alone. */
static void measure(const yz_exchange *x, bool gone) {
    const yz_asked *asked = &x->asked;
    if (!asked->head || asked->local != YZ_LOCAL_NONE || asked->admin)
        return;
    const yz_request *request = x->call ? yz_call_request(x->call) : &asked->request;
    yz_metrics_request metered = {.op = op_word(asked),
                                  .model = yz_settings_shown(asked->settings, asked->request.model),
                                  .error = gone && x->code.n == 0 ? YZ_STR("client_gone") : x->code,
                                  .key = key_name(x),
                                  .stream = request->stream,
                                  .ns = yz_turn_ns(&x->front->worker->turn) - x->started_ns,
                                  .record = x->call ? yz_call_record(x->call) : NULL};
    count_lost(losses_of(x), metered.lost);
    yz_metrics_add(x->front->worker->metrics, &metered);
}

void yz_exchange_end(yz_exchange *x, bool gone) {
    count(x, gone);
    if (x->state == YZ_EXCHANGE_CALLING)
        yz_cancel(x->call);
    if (x->call)
        yz_call_record(x->call)->to_client = x->sent;
    measure(x, gone);
    report(x, gone);
    yz_exchange_enter(x, YZ_EXCHANGE_ENDED);
    yz_share_unref(x->share);
    if (!x->call)
        yz_task_bury(&x->front->worker->turn, &x->burial);
}
