/* look.c: reading a ledger on behalf of a stage's call (yuzui/ledger.h: yz_ledger_look). A thread of the desk reads, and copies what it is
 * told into memory of its own; the call gets a copy of that in its arena, on its worker.
 */
#include "base/arena.h"
#include "base/check.h"
#include "base/record.h"
#include "ledger/desk.h"
#include "ledger/ledger.h"

enum { MOST_BYTES = 4 << 20 };

typedef struct look {
    yz_errand errand;
    yz_arena *arena; /* holds this */
    yz_ledger *ledger;
    yz_ledger_query query;
    int code;
    yz_ledger_row **rows;
    size_t n, room, bytes;
    yz_ledger_on_rows *on_rows;
    void *arg;
} look;

/* The texts of a row and of its copy, in the same order. */
static yz_ledger_row *copy_row(yz_arena *arena, const yz_ledger_row *row) {
    yz_ledger_row *copy = yz_alloc(arena, sizeof *copy);
    *copy = *row;
    yz_str *const texts[] = {&copy->account, &copy->id,   &copy->request, &copy->model,   &copy->price,
                             &copy->detail,  &copy->text, &copy->key,     &copy->provider};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        *texts[i] = yz_dup(arena, *texts[i]);
    return copy;
}

static void on_row(void *arg, const yz_ledger_row *row) {
    look *l = arg;
    l->bytes += sizeof *row + row->detail.n + row->text.n;
    if (l->code != YZ_OK || l->bytes > MOST_BYTES) {
        l->code = YZ_ELIMIT;
        return;
    }
    if (l->n == l->room) {
        size_t room = l->room ? 2 * l->room : 16;
        yz_ledger_row **wider = yz_alloc(l->arena, room * sizeof *wider);
        if (l->n)
            memcpy(wider, l->rows, l->n * sizeof *wider);
        l->rows = wider;
        l->room = room;
    }
    l->rows[l->n++] = copy_row(l->arena, row);
}

static void work(yz_errand *errand) {
    look *l = YZ_CONTAINER(errand, look, errand);
    int code = yz_ledger_read(l->ledger, &l->query, on_row, l);
    l->code = code == YZ_OK ? l->code : YZ_EIO;
}

static void done(yz_call *call, yz_errand *errand) {
    look *l = YZ_CONTAINER(errand, look, errand);
    yz_arena *arena = yz_call_arena(call);
    size_t n = l->code == YZ_OK ? l->n : 0;
    const yz_ledger_row **rows = yz_alloc(arena, (n + 1) * sizeof *rows);
    for (size_t i = 0; i < n; i++)
        rows[i] = copy_row(arena, l->rows[i]);
    l->on_rows(call, l->arg, l->code, rows, n);
}

static void drop(yz_errand *errand) { yz_arena_free(YZ_CONTAINER(errand, look, errand)->arena); }

/* ---- too many ask ------------------------------------------------------------------------------------------------------- */

typedef struct refused {
    yz_task task;
    yz_call *call;
    yz_wait *wait;
    yz_ledger_on_rows *on_rows;
    void *arg;
} refused;

static void tell_refused(yz_task *task) {
    refused *r = YZ_CONTAINER(task, refused, task);
    yz_wait *wait = r->wait;
    if (!yz_ended(r->call))
        r->on_rows(r->call, r->arg, YZ_EAGAIN, NULL, 0);
    yz_wait_done(wait);
}

static void refuse(yz_call *call, int64_t ms, yz_ledger_on_rows *on_rows, void *arg) {
    refused *r = yz_alloc(yz_call_arena(call), sizeof *r);
    *r = (refused){.task = {.run = tell_refused}, .call = call, .on_rows = on_rows, .arg = arg};
    r->wait = yz_wait_start(call, "the ledger", ms, NULL, NULL);
    yz_task_post(&yz_call_worker(call)->turn, &r->task);
}

/* ---- the verb ------------------------------------------------------------------------------------------------------------- */

void yz_ledger_look(yz_call *call, yz_ledger *ledger, const yz_ledger_query *query, int64_t ms, yz_ledger_on_rows *on_rows, void *arg) {
    yz_ledger_query room;
    YZ_WIDE(query, &room);
    yz_arena *arena = yz_arena_new(NULL); /* of another thread than the call's */
    look *l = yz_alloc(arena, sizeof *l);
    *l = (look){.errand = {.work = work, .done = done, .drop = drop, .brief = true},
                .arena = arena,
                .ledger = ledger,
                .query = *query,
                .on_rows = on_rows,
                .arg = arg};
    yz_str *const texts[] = {&l->query.account, &l->query.id, &l->query.key, &l->query.model, &l->query.provider};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        *texts[i] = yz_dup(arena, *texts[i]);
    if (yz_desk_ask(call, ledger, &l->errand, ms) == YZ_OK)
        return;
    yz_arena_free(arena);
    refuse(call, ms, on_rows, arg);
}
