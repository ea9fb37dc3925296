/* test_constant_time.c: does the time it takes to look up a client's key tell anything about the keys?
 *
 * The method is dudect's ("Dude, is my code constant time?", 2017): inputs of two classes in random order, the time of each, Welch's
 * t-test between the classes, over all times and over those below some percentiles (what else runs on the machine makes long tails).
 * |t| >= 4.5 would be a leak. A leak shows in every block of tries, and so the least |t| of a few blocks counts: other work on the
 * machine that favours one class does so in one block at most.
 *
 * YUZUI_LONG=1 makes a block of a million tries.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "config/lookup.c"

#define LEAK 4.5

enum { KEYS = 64, KEY = 48, BATCH = 1000, BLOCKS = 5 };

static char right_keys[KEYS][KEY];
static yz_key_settings keys[KEYS];
static const yz_settings settings = {.keys = keys, .n_keys = KEYS};

static uint64_t random_state = 88172645463325252u;
static uint64_t random_bits(void) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

/* ---- what is timed ------------------------------------------------------------------------------------------------------ */

typedef struct subject {
    void (*make)(bool near, char input[KEY]); /* an input of the class that is nearly right, or of the random one */
    const void *(*run)(const char input[KEY]);
} subject;

static void fill(char *p, size_t n) {
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
    for (size_t i = 0; i < n; i++)
        p[i] = letters[random_bits() & 63];
}

/* A wrong key: nearly right, or all random. */
static void make_key(bool near, char input[KEY]) {
    fill(input, KEY);
    if (near)
        memcpy(input, right_keys[7], KEY - 2);
}

static const void *run_look_up(const char input[KEY]) { return yz_settings_key(&settings, (yz_str){input, KEY}); }

/* A wrong hash: all but the last byte of a right one, or all random. No client can choose it, but the comparison shall not care. The
 * nearly right one is that next to a random one: so both classes read the same memory, and caches make no difference. */
static void make_hash(bool near, char input[KEY]) {
    fill(input, KEY);
    for (size_t i = 0; i < 32; i++)
        input[i] = (char)random_bits();
    size_t next = 0;
    while (next < KEYS - 1 && memcmp(keys[next].hash, input, 32) < 0)
        next++;
    if (near) {
        memcpy(input, keys[next].hash, 31);
        input[31] = (char)(keys[next].hash[31] - 1);
    }
}

static const void *run_find(const char input[KEY]) { return yz_settings_key_of(&settings, (const uint8_t *)input); }

/* What must be found out: a comparison that stops at the first byte that differs. Several at once, so that a coarse clock sees it too. */
static const void *run_leaky(const char input[KEY]) {
    for (int again = 0; again < 20; again++) {
        const volatile char *p = input;
        size_t i = 0;
        while (i < KEY && p[i] == right_keys[7][i])
            i++;
        if (i == KEY)
            return right_keys[7];
    }
    return NULL;
}

/* ---- the test ----------------------------------------------------------------------------------------------------------- */

static int64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Both classes are made beforehand and take the same way to the same buffer, so that only what is timed can tell them apart. */
static void measure(const subject *s, float *times, bool *near, size_t n) {
    static char inputs[BATCH][KEY];
    static const void *volatile found;
    char input[KEY];
    for (size_t done = 0; done < n; done += BATCH) {
        for (size_t i = 0; i < BATCH; i++) {
            near[done + i] = random_bits() >> 40 & 1;
            s->make(near[done + i], inputs[i]);
        }
        for (size_t i = 0; i < BATCH; i++) {
            memcpy(input, inputs[i], KEY);
            int64_t start = now_ns();
            found = s->run(input);
            times[done + i] = (float)(now_ns() - start);
        }
    }
    assert_null(found);
}

/* Welch's t between the classes, of the times up to `most`. */
static double welch(const float *times, const bool *near, size_t n, float most) {
    double count[2] = {0}, mean[2] = {0}, squares[2] = {0};
    for (size_t i = 0; i < n; i++) {
        if (times[i] > most)
            continue;
        size_t c = near[i];
        double off = times[i] - mean[c];
        mean[c] += off / ++count[c];
        squares[c] += off * (times[i] - mean[c]);
    }
    if (count[0] < 1000 || count[1] < 1000)
        return 0;
    double error = squares[0] / (count[0] - 1) / count[0] + squares[1] / (count[1] - 1) / count[1];
    return error > 0 ? fabs(mean[0] - mean[1]) / sqrt(error) : mean[0] == mean[1] ? 0 : INFINITY;
}

static int by_size(const void *a, const void *b) {
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* The greatest |t| of one block. */
static double block(const subject *s, size_t n) {
    static const double percentiles[] = {1, 0.99, 0.95, 0.9, 0.75, 0.5};
    float *times = calloc(n, sizeof *times), *sorted = calloc(n, sizeof *sorted);
    bool *near = calloc(n, sizeof *near);
    double t = 0;
    assert_true(times && sorted && near);
    measure(s, times, near, n);
    memcpy(sorted, times, n * sizeof *times);
    qsort(sorted, n, sizeof *sorted, by_size);
    for (size_t i = 0; i < sizeof percentiles / sizeof *percentiles; i++)
        t = fmax(t, welch(times, near, n, sorted[(size_t)((double)(n - 1) * percentiles[i])]));
    free(times);
    free(sorted);
    free(near);
    return t;
}

static double least_t(const char *what, const subject *s) {
    const char *is_long = getenv("YUZUI_LONG");
    size_t n = is_long && strcmp(is_long, "1") == 0 ? 1000000 : 100000;
    double least = INFINITY;
    for (int i = 0; i < BLOCKS && least >= LEAK; i++) {
        double t = block(s, n);
        printf("%s: |t| %.2f over %zu tries\n", what, t, n);
        least = fmin(least, t);
    }
    return least;
}

static void test_look_up(void **state) {
    (void)state;
    assert_true(least_t("look-up of a key", &(subject){make_key, run_look_up}) < LEAK);
}

static void test_comparison(void **state) {
    (void)state;
    assert_true(least_t("comparison of hashes", &(subject){make_hash, run_find}) < LEAK);
}

static void test_a_leak_is_found(void **state) {
    (void)state;
    assert_true(least_t("a comparison that stops early", &(subject){make_key, run_leaky}) > 2 * LEAK);
}

static void test_every_key_is_found(void **state) {
    (void)state;
    for (size_t n = 0; n <= KEYS; n++) {
        yz_settings some = {.keys = keys, .n_keys = n};
        for (size_t i = 0; i < KEYS; i++) {
            assert_ptr_equal(yz_settings_key_of(&some, keys[i].hash), i < n ? &keys[i] : NULL);
            uint8_t other[32];
            memcpy(other, keys[i].hash, sizeof other);
            other[i % 32] ^= 1;
            assert_null(yz_settings_key_of(&some, other));
        }
    }
}

static int by_hash(const void *a, const void *b) {
    const yz_key_settings *x = a, *y = b;
    return memcmp(x->hash, y->hash, sizeof x->hash);
}

static int set_up(void **state) {
    (void)state;
    for (size_t i = 0; i < KEYS; i++) {
        fill(right_keys[i], KEY);
        yz_hmac((yz_str){right_keys[i], KEY}, keys[i].hash);
    }
    qsort(keys, KEYS, sizeof *keys, by_hash);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_key_is_found),
        cmocka_unit_test(test_look_up),
        cmocka_unit_test(test_comparison),
        cmocka_unit_test(test_a_leak_is_found),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
