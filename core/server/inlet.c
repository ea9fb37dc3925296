/* inlet.c: see inlet.h. */
#include "server/inlet.h"

#include "base/arena.h"
#include "base/check.h"
#include "server/intake.h"

#define ROOM ((size_t)64 << 10) /* bytes of the client's that wait for the provider; one more read may come on top */
#define KEPT ((size_t)4 << 10)  /* a buffer as large as this is kept while nothing waits in it */

static void shrink(yz_inlet *inlet, yz_buf *buf) {
    buf->n = 0;
    if (inlet->idles && buf->cap > KEPT)
        yz_buf_free(buf);
}

/* What came since the last time. */
static void turn_over(yz_inlet *inlet) {
    bool full = inlet->fresh.n >= ROOM;
    yz_buf empty = inlet->lent;
    shrink(inlet, &empty);
    inlet->lent = inlet->fresh;
    inlet->fresh = empty;
    inlet->given = 0;
    inlet->full_since = 0;
    if (full && inlet->on_room)
        inlet->on_room(inlet->owner);
}

static int pull(yz_body_reader *reader, size_t most, yz_str *parts, size_t max) {
    yz_inlet *inlet = reader->body->source;
    (void)max;
    if (inlet->taken && !reader->taken)
        return YZ_ENOTFOUND;
    inlet->reader = reader;
    inlet->waits = false;
    if (inlet->failed) {
        reader->why = inlet->why;
        return inlet->failed;
    }
    if (inlet->given == inlet->lent.n)
        turn_over(inlet);
    size_t left = inlet->lent.n - inlet->given, n = left < most ? left : most;
    inlet->waits = n == 0 && !inlet->ended;
    if (n == 0)
        return inlet->ended ? 0 : YZ_EAGAIN;
    parts[0] = (yz_str){inlet->lent.p + inlet->given, n};
    inlet->given += n;
    inlet->taken = true;
    return 1;
}

static void on_close(yz_body_reader *reader) {
    yz_inlet *inlet = reader->body->source;
    if (inlet->reader != reader)
        return;
    inlet->reader = NULL;
    inlet->waits = false;
    yz_task_drop(&inlet->more);
}

static bool keep(const yz_body *body, int64_t n) {
    yz_inlet *inlet = body->source;
    bool room = yz_intake_keep(n, inlet->bodies);
    inlet->keeps += room ? n : 0;
    return room;
}

static const yz_body_ops body_ops = {YZ_BODY_OPS, .pull = pull, .close = on_close, .keep = keep};

static void tell(yz_task *task) {
    yz_inlet *inlet = YZ_CONTAINER(task, yz_inlet, more);
    if (!inlet->waits)
        return;
    inlet->waits = false;
    inlet->reader->on_more(inlet->reader);
}

static void free_inlet(void *arg) {
    yz_inlet *inlet = arg;
    yz_task_drop(&inlet->more);
    yz_buf_free(&inlet->fresh);
    yz_buf_free(&inlet->lent);
    yz_intake_keep(-inlet->keeps, 0);
}

void yz_inlet_begin(yz_inlet *inlet, yz_arena *arena, yz_turn *turn, int64_t length) {
    inlet->body = (yz_body){YZ_BODY, .length = length, .ops = &body_ops, .source = inlet};
    inlet->turn = turn;
    inlet->more.run = tell;
    yz_on_free(arena, free_inlet, inlet);
}

static void wake(yz_inlet *inlet) {
    if (inlet->waits)
        yz_task_post(inlet->turn, &inlet->more);
}

bool yz_inlet_put(yz_inlet *inlet, yz_str bytes) {
    yz_buf_str(&inlet->fresh, bytes);
    wake(inlet);
    if (inlet->fresh.n < ROOM)
        return true;
    inlet->full_since = inlet->full_since ? inlet->full_since : yz_turn_now(inlet->turn);
    return false;
}

void yz_inlet_end(yz_inlet *inlet, int code, const char *why) {
    inlet->ended = true;
    inlet->failed = code;
    inlet->why = why;
    wake(inlet);
}
