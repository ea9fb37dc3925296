/* test_post.c: work from other threads for a worker that runs its own loop, is drained and stops, and work for the end of a turn. */
#include "base/arena.h"
#include "base/diag.h"
#include "generation.h"
#include "loop/loop.h"
#include "loop/post.h"
#include "lua/policy.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- a worker that serves ------------------------------------------------------------------------------------------------------ */

static yz_worker *worker;
static _Atomic bool stopped;

static void on_stopped(void *arg) {
    (void)arg;
    atomic_store(&stopped, true);
}

static int start_worker(void **state) {
    (void)state;
    yz_diag diag = {0};
    yz_arena *arena = yz_arena_new(NULL);
    worker = yz_worker_new(0);
    atomic_store(&stopped, false);
    yz_settings *settings = yz_settings_read_text("yuzui.lua", YZ_STR("listen '127.0.0.1:0'\nchain {}\n"), arena, &diag);
    yz_generation *generation = settings ? yz_generation_from(settings, arena, 1, &worker, 1, &diag) : NULL;
    if (!generation) {
        print_error("%.*s", YZ_STR_ARGS(yz_buf_view(&diag.text)));
        return -1;
    }
    yz_generation_publish(generation);
    yz_diag_free(&diag);
    return yz_worker_start(worker, on_stopped, NULL);
}

static void wait_for(const _Atomic bool *flag) {
    for (int i = 0; i < 20000 && !atomic_load(flag); i++)
        usleep(500);
    assert_true(atomic_load(flag));
}

static int stop_worker(void **state) {
    (void)state;
    yz_worker_drain(worker);
    wait_for(&stopped);
    yz_worker_free(worker);
    return 0;
}

/* ---- from many threads ---------------------------------------------------------------------------------------------------------- */

enum { THREADS = 4, POSTS = 5000 };

typedef struct poster {
    int posted, refused; /* its own */
    int ran;             /* the worker's */
} poster;

typedef struct numbered {
    poster *by;
    int number;
} numbered;

static pthread_t worker_thread;
static _Atomic int wrong; /* seen on the worker's thread, where cmocka cannot fail */

static void run_numbered(yz_worker *w, void *arg) {
    numbered *n = arg;
    bool in_order = n->by->ran == n->number; /* one thread's */
    if (w != worker || !in_order || !pthread_equal(pthread_self(), worker_thread))
        atomic_fetch_add(&wrong, 1);
    n->by->ran++;
    free(n);
}

static void *post_many(void *arg) {
    poster *p = arg;
    for (int i = 0; i < POSTS; i++) {
        numbered *n = yz_malloc(sizeof(*n));
        *n = (numbered){p, p->posted};
        if (yz_worker_post(worker, run_numbered, n)) {
            p->posted++;
        } else {
            p->refused++;
            free(n);
        }
    }
    return NULL;
}

static _Atomic bool reached;

static void remember_thread(yz_worker *w, void *arg) {
    (void)w, (void)arg;
    worker_thread = pthread_self();
    atomic_store(&reached, true);
}

static void post_and_wait(void (*fn)(yz_worker *worker, void *arg), void *arg) {
    atomic_store(&reached, false);
    assert_true(yz_worker_post(worker, fn, arg));
    wait_for(&reached);
}

static void start_posters(pthread_t *threads, poster *posters) {
    memset(posters, 0, THREADS * sizeof(*posters));
    atomic_store(&wrong, 0);
    post_and_wait(remember_thread, NULL);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, post_many, &posters[i]), 0);
}

static void all_of_many_threads_run_in_order(void **state) {
    (void)state;
    static poster posters[THREADS];
    pthread_t threads[THREADS];
    start_posters(threads, posters);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    post_and_wait(remember_thread, NULL); /* the last one */
    assert_int_equal(atomic_load(&wrong), 0);
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(posters[i].posted, POSTS);
        assert_int_equal(posters[i].ran, POSTS);
    }
}

/* Whatever was taken runs, before the thread is gone; the rest is refused, and stays with whoever posted it. */
static void what_a_stopping_worker_takes_it_runs(void **state) {
    (void)state;
    static poster posters[THREADS];
    pthread_t threads[THREADS];
    start_posters(threads, posters);
    yz_worker_drain(worker);
    wait_for(&stopped);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(atomic_load(&wrong), 0);
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(posters[i].posted + posters[i].refused, POSTS);
        assert_int_equal(posters[i].ran, posters[i].posted);
    }
    assert_false(yz_worker_post(worker, remember_thread, NULL));
}

/* ---- on the worker itself --------------------------------------------------------------------------------------------------------- */

static char order[16];

static void note(char c) {
    size_t n = strlen(order);
    order[n] = n + 1 < sizeof(order) ? c : '\0';
}

static void last_post(yz_worker *w, void *arg) {
    (void)w, (void)arg;
    note('p');
    atomic_store(&reached, true);
}
static void second_after(yz_worker *w, void *arg) {
    (void)arg;
    note('2');
    yz_worker_post(w, last_post, NULL);
}
static void first_after(yz_worker *w, void *arg) {
    (void)arg;
    note('1');
    yz_after_turn(w, second_after, NULL); /* for the next turn */
}
static void ready(yz_task *task) {
    (void)task;
    note('r');
}
static void from_the_loop(yz_worker *w, void *arg) {
    static yz_task task = {.run = ready};
    (void)arg;
    memset(order, 0, sizeof(order));
    yz_after_turn(w, first_after, NULL);
    yz_task_post(&w->turn, &task);
}

static void after_the_turn(void **state) {
    (void)state;
    post_and_wait(from_the_loop, NULL);
    assert_string_equal(order, "r12p");
}

/* ---- without a loop --------------------------------------------------------------------------------------------------------------- */

static int wakes, ran;

static void count_wake(yz_worker *w) {
    (void)w;
    wakes++;
}
static void count_run(yz_worker *w, void *arg) {
    ran++;
    if (arg)
        assert_true(yz_worker_post(w, count_run, NULL));
}

static void posts_of_posts_wait_for_the_next_round(void **state) {
    (void)state;
    yz_worker w = {.wake = count_wake};
    yz_posts_init(&w);
    assert_true(yz_worker_post(&w, count_run, &w));
    assert_int_equal(wakes, 1);
    yz_posts_run(&w);
    assert_int_equal(ran, 1);
    assert_int_equal(wakes, 2);
    yz_posts_close(&w);
    assert_int_equal(ran, 2);
    assert_false(yz_worker_post(&w, count_run, NULL));
    assert_int_equal(wakes, 2);
    yz_posts_run(&w);
    assert_int_equal(ran, 2);
}

static int free_worker(void **state) {
    (void)state;
    yz_worker_free(worker);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(all_of_many_threads_run_in_order, start_worker, stop_worker),
        cmocka_unit_test_setup_teardown(what_a_stopping_worker_takes_it_runs, start_worker, free_worker),
        cmocka_unit_test_setup_teardown(after_the_turn, start_worker, stop_worker),
        cmocka_unit_test(posts_of_posts_wait_for_the_next_round),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
