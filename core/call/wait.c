/* call/wait.c: what a call may wait for: timers, named waits, deadlines; flow; and the list of what is pending.
 *
 * Everything here has a deadline by construction, so a call cannot be forgotten: a timer fires, a wait becomes late, a deadline ends
 * the call with an error that names whom it waited for. After the end of its call only a wait lives on, without its alarm: it
 * keeps memory readable until it is over, and shows in the pending list.
 */
#include "call/node.h"

/* ---- timers --------------------------------------------------------------------------------------------------------- */

static void timer_retire(yz_timer *timer) {
    yz_call *call = timer->call;
    *timer->link = timer->next;
    if (timer->next)
        timer->next->link = timer->link;
    timer->next = call->spare;
    call->spare = timer;
}

static void timer_ring(yz_alarm *alarm) {
    yz_timer *timer = YZ_CONTAINER(alarm, yz_timer, alarm);
    yz_call *call = timer->call;
    timer_retire(timer);
    call_unwait(call);
    if (YZ_CHECK(call_filter(call)->on_timer))
        call_filter(call)->on_timer(call, timer);
}

yz_timer *yz_timer_start(yz_call *call, int64_t ms) {
    yz_timer *timer = call->spare;
    if (timer)
        call->spare = timer->next;
    else
        timer = yz_alloc(call_root_arena(call), sizeof *timer);
    timer->alarm.ring = timer_ring;
    timer->call = call;
    if (!call_may_act(call)) {
        timer->next = call->spare;
        call->spare = timer;
        return timer;
    }
    timer->next = call->timers;
    timer->link = &call->timers;
    if (timer->next)
        timer->next->link = &timer->next;
    call->timers = timer;
    call->waits++;
    yz_alarm_set(call_turn(call), &timer->alarm, ms);
    timer->since = yz_turn_now(call_turn(call));
    return timer;
}

void yz_timer_stop(yz_timer *timer) {
    if (!timer || timer->alarm.place == 0)
        return;
    yz_alarm_drop(call_turn(timer->call), &timer->alarm);
    timer_retire(timer);
    call_unwait(timer->call);
}

/* ---- named waits ---------------------------------------------------------------------------------------------------------- */

static yz_started may_have_started(const yz_call *call);

static void wait_ring(yz_alarm *alarm) {
    yz_wait *wait = YZ_CONTAINER(alarm, yz_wait, alarm);
    yz_call *call = wait->call;
    wait->late = true;
    if (wait->on_late) {
        call_unwait(call);
        wait->on_late(wait->arg);
        return;
    }
    yz_error error = {YZ_ERROR, .class_ = YZ_ERROR_TIMEOUT,
                      .message = yz_format(yz_call_arena(call), "stage %s waited too long for: %s", call->link->name, wait->label),
                      .started = may_have_started(call)};
    call_break(call, &error);
}

yz_wait *yz_wait_start(yz_call *call, const char *label, int64_t ms, void (*on_late)(void *arg), void *arg) {
    yz_wait *wait = yz_alloc(call_root_arena(call), sizeof *wait);
    *wait = (yz_wait){.alarm.ring = wait_ring, .call = call, .label = label, .on_late = on_late, .arg = arg};
    wait->since = yz_turn_now(call_turn(call));
    wait->next = call->named_waits;
    wait->link = &call->named_waits;
    if (wait->next)
        wait->next->link = &wait->next;
    call->named_waits = wait;
    call_pin(call);
    if (!call->ended) { /* the server may take one before the first stage has begun */
        call->waits++;
        yz_alarm_set(call_turn(call), &wait->alarm, ms);
    }
    return wait;
}

static void wait_close(yz_task *task) {
    yz_wait *wait = YZ_CONTAINER(task, yz_wait, task);
    wait->on_close(wait->arg);
}

void yz_wait_on_close(yz_wait *wait, void (*fn)(void *arg)) {
    wait->task.run = wait_close;
    wait->on_close = fn;
}

void yz_wait_done(yz_wait *wait) {
    bool released_twice = wait->released;
    if (!YZ_CHECK(!released_twice))
        return;
    wait->released = true;
    yz_call *call = wait->call;
    yz_task_drop(&wait->task);
    *wait->link = wait->next;
    if (wait->next)
        wait->next->link = wait->link;
    if (wait->alarm.place) {
        yz_alarm_drop(call_turn(call), &wait->alarm);
        call_unwait(call);
    }
    call_unpin(call);
}

/* ---- deadlines ------------------------------------------------------------------------------------------------------ */

/* The last stage of a chain is the one that talks to providers: once a call has got there, work may have begun. */
static yz_started may_have_started(const yz_call *call) {
    const yz_chain *chain = call->tree->chain;
    if (call->ended || call->todo & TODO_START)
        return YZ_STARTED_NO;
    if (call->link == chain->links + chain->n - 1)
        return YZ_STARTED_MAYBE;
    for (const yz_call *child = call->children; child; child = child->sibling)
        if (may_have_started(child) != YZ_STARTED_NO)
            return YZ_STARTED_MAYBE;
    return YZ_STARTED_NO;
}

/* Whom it waits for, for who is told that it took too long: " p/m and q/m", or the stage that has not asked anybody. */
static void put_waited_for(yz_call *call, yz_buf *out) {
    bool waits = true;
    for (yz_call *child = call->children; child; child = child->sibling)
        if (!child->ended) {
            waits = false;
            put_waited_for(child, out);
        }
    if (!waits)
        return;
    yz_buf_str(out, out->n > 0 ? YZ_STR(" and ") : YZ_STR(" "));
    if (call->record.target)
        yz_buf_str(out, yz_target_name(yz_call_arena(call), call->record.target));
    else
        yz_buf_printf(out, "the stage %s", call->link->name);
}

static void deadline_ring(yz_alarm *alarm) {
    enum { SHOWN = 400 };
    yz_call *call = YZ_CONTAINER(alarm, yz_call, deadline);
    int64_t took = (yz_turn_ns(call_turn(call)) - call->record.begin) / 1000000;
    yz_buf whom = {0};
    put_waited_for(call, &whom);
    yz_error error = {YZ_ERROR, .class_ = YZ_ERROR_TIMEOUT,
                      .message = yz_format(yz_call_arena(call), "the deadline passed after %lld ms, waiting for%.*s", (long long)took,
                                           (int)(whom.n < SHOWN ? whom.n : SHOWN), whom.p),
                      .started = may_have_started(call)};
    yz_buf_free(&whom);
    call_break(call, &error);
}

void yz_deadline(yz_call *call, int64_t ms) {
    if (call->ended)
        return;
    call->deadline.ring = deadline_ring;
    yz_alarm_set(call_turn(call), &call->deadline, ms);
}

int64_t yz_time_left(const yz_call *call) {
    int64_t nearest = INT64_MAX, now = yz_turn_now(call_turn(call));
    for (const yz_call *c = call; c; c = c->parent)
        if (c->deadline.place && c->deadline.at < nearest)
            nearest = c->deadline.at;
    if (nearest == INT64_MAX)
        return INT64_MAX;
    return nearest > now ? nearest - now : 0;
}

void call_stop_waiting(yz_call *call) {
    yz_turn *turn = call_turn(call);
    yz_alarm_drop(turn, &call->deadline);
    while (call->timers) {
        yz_alarm_drop(turn, &call->timers->alarm);
        timer_retire(call->timers);
    }
    for (yz_wait *wait = call->named_waits; wait; wait = wait->next) {
        yz_alarm_drop(turn, &wait->alarm);
        if (wait->on_close)
            yz_task_post(turn, &wait->task);
    }
    call->waits = 0;
}

/* ---- flow ----------------------------------------------------------------------------------------------------------- */

void yz_flow(yz_call *child, bool paused) {
    if (child->ended || child->paused == paused)
        return;
    child->paused = paused;
    if (child->todo & TODO_START)
        return; /* it will see when it starts */
    if (call_filter(child)->on_flow)
        call_todo(child, TODO_FLOW);
    else
        for (yz_call *below = child->children; below; below = below->sibling)
            yz_flow(below, paused);
}

bool yz_paused(const yz_call *call) { return call->paused; }

/* ---- what is pending ------------------------------------------------------------------------------------------------ */

static void print_wait(const yz_call *call, const char *label, int64_t since, yz_buf *out) {
    yz_buf_printf(out, "%s: %s %lld ms\n", call->link->name, label, (long long)(yz_turn_now(call_turn(call)) - since));
}

static bool has_live_child(const yz_call *call) {
    const yz_call *child = call->children;
    while (child && child->ended)
        child = child->sibling;
    return child != NULL;
}

void yz_call_print_pending(const yz_call *call, yz_buf *out) {
    /* A stage that has asked another waits for that one; its timers only watch. */
    for (const yz_timer *timer = has_live_child(call) ? NULL : call->timers; timer; timer = timer->next)
        print_wait(call, "timer", timer->since, out);
    for (const yz_wait *wait = call->named_waits; wait; wait = wait->next)
        print_wait(call, wait->label, wait->since, out);
    for (const yz_call *child = call->children; child; child = child->sibling)
        yz_call_print_pending(child, out);
}
