/* wakes.c: see wakes.h. One call of a stage at a time: the next begins some time after it has ended. */
#include "control/wakes.h"

#include "base/arena.h"
#include "base/check.h"
#include "worker.h"

struct yz_wake {
    yz_alarm alarm;
    yz_share *share;
    const yz_chain *chain;
    size_t at;     /* in it */
    yz_call *root; /* runs; NULL: none */
    struct yz_wake *next;
};

static void set(struct yz_wake *wake) {
    const yz_link *link = &wake->chain->links[wake->at];
    int64_t ms = wake->share->worker->share == wake->share ? link->filter->wake(link->stage) : 0;
    if (ms > 0)
        yz_alarm_set(&wake->share->worker->turn, &wake->alarm, ms);
}

static void ended(struct yz_wake *wake) {
    wake->root = NULL;
    set(wake);
}

static void on_head(void *arg, yz_call *child, const yz_head *head) { (void)arg, (void)child, (void)head; }
static void on_chunk(void *arg, yz_call *child, const yz_chunk *chunk) { (void)arg, (void)child, (void)chunk; }

static void on_end(void *arg, yz_call *child, const yz_end *end) {
    (void)child, (void)end;
    ended(arg);
}

static void on_error(void *arg, yz_call *child, const yz_error *error) {
    struct yz_wake *wake = arg;
    (void)child;
    yz_log(YZ_LOG_WARN, "%s: its own work failed: %.*s", wake->chain->links[wake->at].name, YZ_STR_ARGS(error->message));
    ended(wake);
}

static void ring(yz_alarm *alarm) {
    static const yz_parent parent = {YZ_PARENT, .on_head = on_head, .on_chunk = on_chunk, .on_end = on_end, .on_error = on_error};
    struct yz_wake *wake = YZ_CONTAINER(alarm, struct yz_wake, alarm);
    yz_worker *worker = wake->share->worker;
    yz_arena *arena = yz_arena_new(worker->blocks);
    yz_request *request = yz_alloc(arena, sizeof *request);
    *request = (yz_request){YZ_REQUEST,       .op = YZ_OP_STORED,         .wake = true,
                            .no_cache = true, .id = YZ_STR("yuzui-wake"), .dialects = &wake->share->settings->dialects};
    wake->root = yz_call_start(worker, wake->chain, wake->at, request, arena, &parent, wake);
}

static void add(yz_share *share, const yz_chain *chain, size_t at) {
    struct yz_wake *wake = yz_alloc(share->generation->arena, sizeof *wake);
    *wake = (struct yz_wake){.alarm = {.ring = ring}, .share = share, .chain = chain, .at = at, .next = share->wakes};
    share->wakes = wake;
}

void yz_wakes_add(yz_share *share) {
    for (size_t i = 0; i < share->n_chains; i++)
        for (size_t k = 0; k < share->chains[i].n; k++)
            if (share->chains[i].links[k].filter->wake)
                add(share, &share->chains[i], k);
}

void yz_wakes_start(yz_share *share) {
    for (struct yz_wake *wake = share->wakes; wake; wake = wake->next)
        set(wake);
}

void yz_wakes_stop(const yz_share *share) {
    for (struct yz_wake *wake = share->wakes; wake; wake = wake->next)
        yz_alarm_drop(&share->worker->turn, &wake->alarm);
}

void yz_share_rest(yz_worker *worker) {
    yz_share *share = worker->share;
    if (!share)
        return;
    yz_wakes_stop(share);
    for (struct yz_wake *wake = share->wakes; wake; wake = wake->next) {
        yz_call *root = wake->root;
        wake->root = NULL;
        if (root)
            yz_cancel(root);
    }
}
