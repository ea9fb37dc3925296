/* call/turn.h: one turn of a worker's loop: what is ready runs, timers that are due fire, and what died is buried.
 *
 * This is all the call tree knows of a loop; a test drives it with a clock of its own. The worker runs yz_turn_run after the loop
 * has polled and again before it blocks, so nothing waits longer than the turn it became ready in.
 */
#ifndef YUZUI_CALL_TURN_H
#define YUZUI_CALL_TURN_H

#include <yuzui/base.h>

/* Something to run soon, once. Zero-initialise and set run; embedded in its owner. */
typedef struct yz_task {
    void (*run)(struct yz_task *task);
    struct yz_task *next, *prev; /* NULL when not queued */
} yz_task;

/* Something to run at a time. Zero-initialise and set ring; embedded in its owner. */
typedef struct yz_alarm {
    void (*ring)(struct yz_alarm *alarm);
    int64_t at;   /* ms, monotonic */
    size_t place; /* in the heap, from 1; 0: not set */
} yz_alarm;

/* The time stands beside the alarm, whose memory nobody has looked at since it was set. */
typedef struct yz_alarm_place {
    int64_t at;
    yz_alarm *alarm;
} yz_alarm_place;

typedef struct yz_turn {
    yz_task ready, after, dead; /* list heads */
    yz_alarm_place *heap;
    size_t n_heap, cap_heap;
    int64_t now;               /* ms, monotonic: read it with yz_turn_now */
    int64_t (*clock)(void);    /* asked once when time may have passed since the last turn (a loop that slept in its poll); NULL: only
                                  yz_turn_run moves the time */
    int64_t (*clock_ns)(void); /* the same clock in ns, asked at most once between two such moments; NULL: now is as fine as it gets */
    int64_t ns;                /* 0: not asked yet; read it with yz_turn_ns */
    bool stale;
} yz_turn;

void yz_turn_init(yz_turn *turn, int64_t now);
void yz_turn_free(yz_turn *turn);
/* Runs what is due at `now`, and what becomes ready meanwhile (up to 10,000 tasks, so that sockets get their turn), then what waited for
 * the end of the turn, then buries. */
void yz_turn_run(yz_turn *turn, int64_t now);
/* When the next alarm rings; INT64_MAX: none. 0: something is ready now. */
int64_t yz_turn_next(const yz_turn *turn);
/* The time of this turn. Between turns (in a socket's callback) it is read anew once, so that no alarm is set from the time the
 * loop went to sleep. */
int64_t yz_turn_now(yz_turn *turn);
/* The same in ns, for records. */
int64_t yz_turn_ns(yz_turn *turn);

void yz_task_post(yz_turn *turn, yz_task *task);               /* at the end of the queue; no effect if queued already */
void yz_task_after(yz_turn *turn, yz_task *task);              /* at the end of the turn; posted from there: of the next one */
void yz_task_drop(yz_task *task);                              /* out of the queue, if it is in one */
void yz_task_bury(yz_turn *turn, yz_task *task);               /* run at the very end of the turn: to free memory */
void yz_alarm_set(yz_turn *turn, yz_alarm *alarm, int64_t ms); /* ms from now, at least 1; sets anew if it is set */
void yz_alarm_drop(yz_turn *turn, yz_alarm *alarm);

#endif
