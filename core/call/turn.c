/* call/turn.c: the ready queue, the alarms, the end of the turn and the burials of one worker.
 *
 * The queues are circular doubly linked lists whose heads live in the yz_turn, so posting and dropping never allocate. Alarms are
 * a 4-ary heap: shallower than a binary one, and its children share a cache line; each alarm knows its place, so dropping one is
 * as cheap as setting it.
 *
 * Invariants: an alarm never rings in the turn it was set in (it is at least 1 ms away), and a turn runs a bounded number of
 * tasks, so no stage can keep the loop from its sockets. Memory is freed last, when no function of the turn is on the stack.
 */
#include "call/turn.h"

#include "base/arena.h"
#include <stdlib.h>

enum { ARITY = 4, TASKS_A_TURN = 10000 };

/* ---- queues --------------------------------------------------------------------------------------------------------- */

static void queue_put(yz_task *head, yz_task *task) {
    task->prev = head->prev;
    task->next = head;
    head->prev->next = task;
    head->prev = task;
}

void yz_task_post(yz_turn *turn, yz_task *task) {
    if (!task->next)
        queue_put(&turn->ready, task);
}

void yz_task_after(yz_turn *turn, yz_task *task) {
    if (!task->next)
        queue_put(&turn->after, task);
}

void yz_task_bury(yz_turn *turn, yz_task *task) {
    if (!task->next)
        queue_put(&turn->dead, task);
}

void yz_task_drop(yz_task *task) {
    if (!task->next)
        return;
    task->prev->next = task->next;
    task->next->prev = task->prev;
    task->next = task->prev = NULL;
}

static bool queue_empty(const yz_task *head) { return head->next == head; }

static void queue_run_first(yz_task *head) {
    yz_task *task = head->next;
    yz_task_drop(task);
    task->run(task);
}

/* Runs what is queued now; what is queued meanwhile stays. */
static void queue_run_round(yz_task *head) {
    yz_task last = {0}; /* where the round ends: dropping tasks, and queueing more, moves nothing past it */
    queue_put(head, &last);
    while (head->next != &last)
        queue_run_first(head);
    yz_task_drop(&last);
}

/* ---- alarms --------------------------------------------------------------------------------------------------------- */

static void heap_put(yz_turn *turn, size_t at, yz_alarm_place what) {
    turn->heap[at] = what;
    what.alarm->place = at + 1;
}

static void heap_up(yz_turn *turn, size_t at, yz_alarm_place what) {
    while (at > 0) {
        size_t above = (at - 1) / ARITY;
        if (turn->heap[above].at <= what.at)
            break;
        heap_put(turn, at, turn->heap[above]);
        at = above;
    }
    heap_put(turn, at, what);
}

static void heap_down(yz_turn *turn, size_t at, yz_alarm_place what) {
    for (;;) {
        size_t first = at * ARITY + 1, best = first;
        if (first >= turn->n_heap)
            break;
        for (size_t i = first + 1; i < first + ARITY && i < turn->n_heap; i++)
            if (turn->heap[i].at < turn->heap[best].at)
                best = i;
        if (turn->heap[best].at >= what.at)
            break;
        heap_put(turn, at, turn->heap[best]);
        at = best;
    }
    heap_put(turn, at, what);
}

void yz_alarm_drop(yz_turn *turn, yz_alarm *alarm) {
    if (alarm->place == 0)
        return;
    size_t at = alarm->place - 1;
    alarm->place = 0;
    yz_alarm_place last = turn->heap[--turn->n_heap];
    if (last.alarm == alarm)
        return;
    if (at > 0 && turn->heap[(at - 1) / ARITY].at > last.at)
        heap_up(turn, at, last);
    else
        heap_down(turn, at, last);
}

void yz_alarm_set(yz_turn *turn, yz_alarm *alarm, int64_t ms) {
    int64_t now = yz_turn_now(turn);
    int64_t at = ms < 1 ? now + 1 : ms > INT64_MAX - now ? INT64_MAX : now + ms;
    if (alarm->place) {
        size_t place = alarm->place - 1;
        bool sooner = at < alarm->at;
        alarm->at = at;
        if (sooner)
            heap_up(turn, place, (yz_alarm_place){at, alarm});
        else
            heap_down(turn, place, (yz_alarm_place){at, alarm});
        return;
    }
    if (turn->n_heap == turn->cap_heap) {
        turn->cap_heap = turn->cap_heap ? turn->cap_heap * 2 : 64;
        turn->heap = yz_realloc(turn->heap, turn->cap_heap * sizeof *turn->heap);
    }
    alarm->at = at;
    heap_up(turn, turn->n_heap++, (yz_alarm_place){at, alarm});
}

/* ---- the turn ------------------------------------------------------------------------------------------------------- */

void yz_turn_init(yz_turn *turn, int64_t now) {
    *turn = (yz_turn){.now = now};
    turn->ready.next = turn->ready.prev = &turn->ready;
    turn->after.next = turn->after.prev = &turn->after;
    turn->dead.next = turn->dead.prev = &turn->dead;
}

void yz_turn_free(yz_turn *turn) {
    free(turn->heap);
    turn->heap = NULL;
    turn->n_heap = turn->cap_heap = 0;
}

/* Reads the clock: once for both, where it has nanoseconds. */
static void look(yz_turn *turn) {
    turn->ns = turn->clock_ns ? turn->clock_ns() : 0;
    int64_t now = turn->clock_ns ? turn->ns / 1000000 : turn->clock();
    turn->now = now > turn->now ? now : turn->now;
    turn->stale = false;
}

int64_t yz_turn_now(yz_turn *turn) {
    if (turn->stale && turn->clock)
        look(turn);
    return turn->now;
}

int64_t yz_turn_ns(yz_turn *turn) {
    if (!turn->clock_ns)
        return yz_turn_now(turn) * 1000000;
    if (turn->ns == 0 && turn->clock && turn->stale)
        look(turn);
    else if (turn->ns == 0)
        turn->ns = turn->clock_ns();
    return turn->ns;
}

void yz_turn_run(yz_turn *turn, int64_t now) {
    turn->now = now > turn->now ? now : turn->now; /* time never goes back, whatever the caller's clock does */
    turn->ns = 0;
    turn->stale = false;
    while (turn->n_heap > 0 && turn->heap[0].at <= turn->now) {
        yz_alarm *alarm = turn->heap[0].alarm;
        yz_alarm_drop(turn, alarm);
        alarm->ring(alarm);
    }
    for (int i = 0; i < TASKS_A_TURN && !queue_empty(&turn->ready); i++)
        queue_run_first(&turn->ready);
    if (!queue_empty(&turn->after))
        queue_run_round(&turn->after);
    while (!queue_empty(&turn->dead))
        queue_run_first(&turn->dead);
    turn->ns = 0;
    turn->stale = true;
}

int64_t yz_turn_next(const yz_turn *turn) {
    if (!queue_empty(&turn->ready) || !queue_empty(&turn->after) || !queue_empty(&turn->dead))
        return 0;
    return turn->n_heap ? turn->heap[0].at : INT64_MAX;
}
