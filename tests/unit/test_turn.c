/* test_turn.c: the ready queue, the heap of alarms against a slow but plain model, burial, and where time comes from. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/check.h"
#include "base/clock.h"
#include "call/turn.h"

typedef struct job {
    yz_task task;
    yz_turn *turn;
    struct job *posts;
    char name;
} job;

static char order[64];

static void job_run(yz_task *task) {
    job *j = YZ_CONTAINER(task, job, task);
    size_t n = strlen(order);
    order[n] = j->name;
    order[n + 1] = '\0';
    if (j->posts)
        yz_task_post(j->turn, &j->posts->task);
}

static void test_queue(void **state) {
    (void)state;
    yz_turn turn;
    yz_turn_init(&turn, 5);
    assert_int_equal(yz_turn_next(&turn), INT64_MAX);
    job a = {.task.run = job_run, .turn = &turn, .name = 'a'}, b = a, c = a, dead = a;
    b.name = 'b', c.name = 'c', dead.name = 'd';
    a.posts = &c;
    order[0] = '\0';
    yz_task_bury(&turn, &dead.task);
    yz_task_post(&turn, &a.task);
    yz_task_post(&turn, &b.task);
    yz_task_post(&turn, &a.task); /* queued already */
    assert_int_equal(yz_turn_next(&turn), 0);
    yz_turn_run(&turn, 5);
    assert_string_equal(order, "abcd"); /* what became ready meanwhile runs too; burials are last */
    yz_task_post(&turn, &b.task);
    yz_task_drop(&b.task);
    yz_task_drop(&b.task);
    yz_turn_run(&turn, 5);
    assert_string_equal(order, "abcd");
    yz_turn_free(&turn);
}

/* The end of a turn comes after what became ready in it, and before memory goes; what is queued from there waits for the next turn. */
static void test_the_end_of_a_turn(void **state) {
    (void)state;
    yz_turn turn;
    yz_turn_init(&turn, 5);
    job r = {.task.run = job_run, .turn = &turn, .name = 'r'}, late = r, a = r, b = r, dropped = r, dead = r;
    late.name = 'l', a.name = 'a', b.name = 'b', dropped.name = 'x', dead.name = 'd';
    r.posts = &late;
    a.posts = &r;
    order[0] = '\0';
    yz_task_bury(&turn, &dead.task);
    yz_task_after(&turn, &a.task);
    yz_task_after(&turn, &dropped.task);
    yz_task_after(&turn, &b.task);
    yz_task_after(&turn, &b.task); /* queued already */
    yz_task_drop(&dropped.task);
    assert_int_equal(yz_turn_next(&turn), 0);
    yz_task_post(&turn, &r.task);
    yz_turn_run(&turn, 5);
    assert_string_equal(order, "rlabd");
    assert_int_equal(yz_turn_next(&turn), 0); /* what a made ready */
    yz_task_drop(&r.task);
    assert_int_equal(yz_turn_next(&turn), INT64_MAX);
    yz_turn_free(&turn);
}

static yz_turn *again_in;

static void run_again(yz_task *task) {
    size_t n = strlen(order);
    order[n] = 'a';
    order[n + 1] = '\0';
    yz_task_after(again_in, task);
}

static void test_the_end_of_a_turn_ends(void **state) {
    (void)state;
    yz_turn turn;
    yz_turn_init(&turn, 5);
    yz_task task = {.run = run_again};
    again_in = &turn;
    order[0] = '\0';
    yz_task_after(&turn, &task);
    yz_turn_run(&turn, 5);
    assert_string_equal(order, "a");
    yz_turn_run(&turn, 6);
    assert_string_equal(order, "aa");
    yz_turn_free(&turn);
}

static void test_turn_is_bounded(void **state) {
    (void)state;
    yz_turn turn;
    yz_turn_init(&turn, 0);
    order[0] = '\0';
    job a = {.task.run = job_run, .turn = &turn, .name = '\0'};
    a.posts = &a; /* for ever */
    yz_task_post(&turn, &a.task);
    yz_turn_run(&turn, 0);
    assert_int_equal(yz_turn_next(&turn), 0); /* it came back, and wants another turn */
    yz_task_drop(&a.task);
    yz_turn_free(&turn);
}

typedef struct bell {
    yz_alarm alarm;
    int64_t due; /* by the model; -1: not set */
    int rung;
} bell;

static int64_t last_rung;

static void bell_ring(yz_alarm *alarm) {
    bell *b = YZ_CONTAINER(alarm, bell, alarm);
    assert_true(alarm->at >= last_rung);
    last_rung = alarm->at;
    b->rung++;
}

enum { BELLS = 200 };

static void check_bells(bell *bells, int64_t now) {
    for (int i = 0; i < BELLS; i++) {
        bool due = bells[i].due >= 0 && bells[i].due <= now;
        assert_int_equal(bells[i].rung, due);
        if (due)
            bells[i].due = -1;
        bells[i].rung = 0;
        assert_int_equal(bells[i].alarm.place != 0, bells[i].due >= 0);
    }
}

static void test_alarms_against_a_model(void **state) {
    (void)state;
    yz_rng rng;
    yz_rng_init(&rng, 7);
    yz_turn turn;
    int64_t now = 0;
    yz_turn_init(&turn, now);
    bell bells[BELLS];
    for (int i = 0; i < BELLS; i++)
        bells[i] = (bell){.alarm.ring = bell_ring, .due = -1};
    for (int step = 0; step < 20000; step++) {
        bell *b = &bells[yz_rng_next(&rng) % BELLS];
        uint64_t what = yz_rng_next(&rng) % 8;
        if (what < 5) {
            int64_t ms = (int64_t)(yz_rng_next(&rng) % 50);
            yz_alarm_set(&turn, &b->alarm, ms);
            b->due = now + (ms ? ms : 1);
        } else if (what == 5) {
            yz_alarm_drop(&turn, &b->alarm);
            b->due = -1;
        } else {
            now += (int64_t)(yz_rng_next(&rng) % 4);
            last_rung = 0;
            yz_turn_run(&turn, now);
            check_bells(bells, now);
        }
        int64_t soonest = INT64_MAX;
        for (int i = 0; i < BELLS; i++)
            if (bells[i].due >= 0 && bells[i].due < soonest)
                soonest = bells[i].due;
        assert_int_equal(yz_turn_next(&turn), soonest);
    }
    yz_turn_free(&turn);
}

static void test_far_alarm_does_not_overflow(void **state) {
    (void)state;
    yz_turn turn;
    yz_turn_init(&turn, 1000);
    bell b = {.alarm.ring = bell_ring};
    yz_alarm_set(&turn, &b.alarm, INT64_MAX);
    assert_int_equal(b.alarm.at, INT64_MAX);
    yz_turn_run(&turn, 2000);
    assert_int_equal(b.rung, 0);
    yz_alarm_drop(&turn, &b.alarm);
    yz_turn_free(&turn);
}

static int64_t fake_clock_now;
static int fake_clock_reads;
static int64_t fake_clock(void) {
    fake_clock_reads++;
    return fake_clock_now;
}

static void test_alarms_start_from_now_not_from_the_last_turn(void **state) {
    (void)state;
    yz_turn turn;
    yz_turn_init(&turn, 100);
    turn.clock = fake_clock;
    yz_turn_run(&turn, 100);
    fake_clock_now = 30000; /* the loop slept, a socket woke it */
    bell b = {.alarm.ring = bell_ring}, c = b;
    yz_alarm_set(&turn, &b.alarm, 50);
    yz_alarm_set(&turn, &c.alarm, 60);
    assert_int_equal(b.alarm.at, 30050);
    assert_int_equal(c.alarm.at, 30060);
    assert_int_equal(fake_clock_reads, 1);
    fake_clock_now = 20000; /* time does not go back */
    yz_turn_run(&turn, 20000);
    assert_int_equal(yz_turn_now(&turn), 30000);
    yz_alarm_drop(&turn, &b.alarm);
    yz_alarm_drop(&turn, &c.alarm);
    yz_turn_free(&turn);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_queue),
        cmocka_unit_test(test_the_end_of_a_turn),
        cmocka_unit_test(test_the_end_of_a_turn_ends),
        cmocka_unit_test(test_turn_is_bounded),
        cmocka_unit_test(test_alarms_against_a_model),
        cmocka_unit_test(test_far_alarm_does_not_overflow),
        cmocka_unit_test(test_alarms_start_from_now_not_from_the_last_turn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
