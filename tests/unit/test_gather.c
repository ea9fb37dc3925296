/* test_gather.c: asking all workers: whole, late, stopped, cancelled; in one thread, where the test decides who runs when, and with
 * threads. */
#include "base/arena.h"
#include "control.h"
#include "generation.h"
#include "loop/post.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

enum { WORKERS = 4, ROUNDS = 300 };
static yz_worker workers[WORKERS];
static yz_share shares[WORKERS];
static yz_generation generation;
static int64_t now;
static char got[200]; /* what done was told: "0:a0 1:a1 2:- " */
static unsigned dones;
static _Atomic unsigned asked;

static int set_up(void **state) {
    (void)state;
    memset(workers, 0, sizeof(workers));
    memset(shares, 0, sizeof(shares));
    generation = (yz_generation){.shares = shares, .n_shares = WORKERS};
    now = 1000;
    dones = 0;
    atomic_store(&asked, 0);
    got[0] = '\0';
    for (unsigned i = 0; i < WORKERS; i++) {
        workers[i].index = i;
        workers[i].share = &shares[i];
        shares[i] = (yz_share){.generation = &generation, .worker = &workers[i]};
        yz_turn_init(&workers[i].turn, now);
        yz_posts_init(&workers[i]);
    }
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    for (unsigned i = 0; i < WORKERS; i++) {
        yz_posts_close(&workers[i]);
        pthread_mutex_destroy(&workers[i].posts.lock);
        yz_turn_free(&workers[i].turn);
    }
    return 0;
}

static void ask(yz_worker *worker, yz_str question, yz_buf *out) {
    (void)question;
    atomic_fetch_add(&asked, 1);
    yz_buf_printf(out, "a%u", worker->index);
}

static void done(void *arg, const yz_gathered *answers, size_t n) {
    assert_ptr_equal(arg, &now);
    dones++;
    for (size_t i = 0; i < n; i++) {
        size_t at = strlen(got);
        snprintf(got + at, sizeof(got) - at, "%u:%.*s ", answers[i].worker->index, answers[i].answered ? (int)answers[i].answer.n : 1,
                 answers[i].answered ? answers[i].answer.p : "-");
    }
}

static yz_gather *start(void) { return yz_gather_start(&workers[1], 500, (yz_str){0}, ask, done, &now); }

/* The asker's turn, `ms` later. */
static void pass(int64_t ms) {
    now += ms;
    yz_posts_run(&workers[1]);
    yz_turn_run(&workers[1].turn, now);
}

static void test_all_answer(void **state) {
    (void)state;
    start();
    assert_int_equal(atomic_load(&asked), 0); /* nobody from inside */
    for (unsigned i = WORKERS; i-- > 0;)
        yz_posts_run(&workers[i]);
    assert_int_equal(dones, 0);
    pass(1);
    assert_string_equal(got, "0:a0 1:a1 2:a2 3:a3 ");
    pass(1000);
    assert_int_equal(dones, 1);
}

static void test_one_is_stuck(void **state) {
    (void)state;
    start();
    yz_posts_run(&workers[0]);
    yz_posts_run(&workers[3]);
    pass(499);
    assert_int_equal(dones, 0);
    pass(1);
    assert_string_equal(got, "0:a0 1:a1 2:- 3:a3 ");
    yz_posts_run(&workers[2]); /* too late: it is not even asked */
    pass(1000);
    assert_int_equal(atomic_load(&asked), 3);
    assert_int_equal(dones, 1);
}

static void test_one_has_stopped(void **state) {
    (void)state;
    yz_posts_close(&workers[2]);
    start();
    yz_posts_run(&workers[0]);
    yz_posts_run(&workers[3]);
    pass(1); /* answers itself, and so is the last one */
    pass(1);
    assert_string_equal(got, "0:a0 1:a1 2:- 3:a3 ");
}

static void test_the_asker_goes_away(void **state) {
    (void)state;
    yz_gather *early = start(), *late = start();
    yz_gather_cancel(early);
    for (unsigned i = 0; i < WORKERS; i++)
        yz_posts_run(&workers[i]);
    assert_int_equal(atomic_load(&asked), WORKERS);
    yz_gather_cancel(late); /* all have answered, and the asker does not know yet */
    pass(1000);
    assert_int_equal(dones, 0);
}

/* It stops with answers under way: they find nobody. */
static void test_the_asker_stops(void **state) {
    (void)state;
    yz_gather *gather = start();
    yz_gather_cancel(gather);
    yz_gather *other = start();
    yz_posts_close(&workers[1]);
    yz_gather_cancel(other);
    for (unsigned i = 0; i < WORKERS; i++)
        yz_posts_run(&workers[i]);
    assert_int_equal(dones, 0);
}

/* ---- threads ------------------------------------------------------------------------------------------------------------- */

static _Atomic bool stop;

static void *run_worker(void *arg) {
    while (!atomic_load(&stop)) {
        yz_posts_run(arg);
        usleep(50); /* the machine may have fewer processors than threads */
    }
    return NULL;
}

static void test_with_threads(void **state) {
    (void)state;
    pthread_t threads[WORKERS];
    atomic_store(&stop, false);
    for (unsigned i = 0; i < WORKERS; i++)
        if (i != 1)
            assert_int_equal(pthread_create(&threads[i], NULL, run_worker, &workers[i]), 0);
    for (unsigned i = 1; i <= ROUNDS; i++) {
        yz_gather *gather = start();
        if (i % 3 == 0) { /* now and then nobody waits */
            yz_gather_cancel(gather);
            continue;
        }
        unsigned before = dones;
        got[0] = '\0';
        while (dones == before) {
            pass(0);
            usleep(50);
        }
        assert_string_equal(got, "0:a0 1:a1 2:a2 3:a3 ");
    }
    atomic_store(&stop, true);
    for (unsigned i = 0; i < WORKERS; i++)
        if (i != 1)
            pthread_join(threads[i], NULL);
    pass(0);
    assert_int_equal(dones, ROUNDS - ROUNDS / 3);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {TEST(test_all_answer),          TEST(test_one_is_stuck),    TEST(test_one_has_stopped),
                                       TEST(test_the_asker_goes_away), TEST(test_the_asker_stops), TEST(test_with_threads)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
