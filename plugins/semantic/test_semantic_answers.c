/* Kept answers: which is found, which go first, that nearness in bytes is nearness, and that many threads may look while one puts. Prints
 * what a look-up takes. */
#include "answers.c"
#include "vector.c"

#include "base/clock.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static int8_t room[4][DIMS_MAX];

static entry_key key_of(uint8_t frame, uint8_t words, float x, float y, int8_t *place) {
    const float v[] = {x, y};
    entry_key key = {.frame = {frame}, .exact = {words}, .vector = vector_of(v, 2, place)};
    return key;
}

static void put_as(answers *a, uint8_t frame, uint8_t words, float x, float y, const char *text, int64_t now) {
    entry_key key = key_of(frame, words, x, y, room[0]);
    yz_blob *blob = yz_blob_new(yz_str_of(text));
    answers_put(a, &key, blob, yz_str_of(text), now);
    yz_blob_unref(blob);
}

/* The id of what is found; "" for nothing. */
static const char *find_as(answers *a, uint8_t frame, uint8_t words, float x, float y, int64_t compare, int64_t now) {
    static found f;
    entry_key key = key_of(frame, words, x, y, room[1]);
    answers_find(a, &key, 0.99f, compare, 1000, now, &f);
    if (f.answer)
        assert_true(yz_str_is(yz_blob_bytes(f.answer), f.id));
    yz_blob_unref(f.answer);
    return f.id;
}
#define FOUND(text, ...) assert_string_equal(find_as(__VA_ARGS__), text)

static void the_nearest_of_a_frame(void **state) {
    (void)state;
    answers *a = answers_open(YZ_STR("nearest"), 100, 1 << 20);
    put_as(a, 1, 1, 1, 0, "right", 0);
    put_as(a, 1, 2, 0, 1, "up", 1);
    put_as(a, 1, 3, 1, 0.05f, "nearly right", 2);
    FOUND("right", a, 1, 9, 2, 0, 100, 3); /* length does not count */
    FOUND("up", a, 1, 9, 0.02f, 1, 100, 3);
    FOUND("nearly right", a, 1, 9, 1, 0.05f, 100, 3);
    FOUND("", a, 1, 9, 1, 1, 100, 3);
    FOUND("", a, 2, 1, 1, 0, 100, 3);
    FOUND("up", a, 1, 2, 1, 0, 100, 3);         /* the same words, whatever the vector */
    FOUND("nearly right", a, 1, 9, 1, 0, 1, 3); /* of the newest alone */
    FOUND("up", a, 1, 9, 0, 1, 100, 1001);
    FOUND("", a, 1, 9, 0, 1, 100, 1002); /* too old */
    put_as(a, 1, 1, 1, 0, "right again", 4);
    FOUND("right again", a, 1, 9, 1, 0, 100, 5);
    int64_t entries, bytes;
    answers_size(a, &entries, &bytes);
    assert_int_equal(entries, 3);
    assert_ptr_equal(a, answers_open(YZ_STR("nearest"), 0, 0)); /* kept over a reload, whose bounds count */
    answers_size(a, &entries, &bytes);
    assert_int_equal(entries, 0);
    assert_int_equal(bytes, 0);
}

static void the_oldest_go_first(void **state) {
    (void)state;
    answers *a = answers_open(YZ_STR("oldest"), 3, 1 << 20);
    for (uint8_t i = 1; i <= 5; i++)
        put_as(a, i, i, 1, 0, "x", i);
    for (uint8_t i = 1; i <= 5; i++)
        FOUND(i < 3 ? "" : "x", a, i, i, 1, 0, 100, 6);
    int64_t entries, bytes;
    answers_size(a, &entries, &bytes);
    answers_open(YZ_STR("oldest"), 3, bytes - 1);
    FOUND("", a, 3, 3, 1, 0, 100, 6);
    FOUND("x", a, 4, 4, 1, 0, 100, 6);
    answers_open(YZ_STR("oldest"), 0, 0);
}

static uint64_t seed = 1;
static float some(void) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (float)(int32_t)(seed >> 32) / 2147483648.0f;
}

static void bytes_are_as_near_as_numbers(void **state) {
    (void)state;
    static float a[1536], b[1536];
    double worst = 0;
    for (int round = 0; round < 200; round++) {
        double dot = 0, la = 0, lb = 0, mix = round / 200.0;
        for (int i = 0; i < 1536; i++) {
            a[i] = some();
            b[i] = (float)(mix * a[i] + (1 - mix) * some());
            dot += (double)a[i] * b[i], la += (double)a[i] * a[i], lb += (double)b[i] * b[i];
        }
        vector va = vector_of(a, 1536, room[0]), vb = vector_of(b, 1536, room[1]);
        double off = fabs(vector_nearness(&va, &vb, false) - dot / sqrt(la * lb));
        worst = off > worst ? off : worst;
    }
    print_message("nearness of 1536 numbers in bytes: off by %.5f at most\n", worst);
    assert_true(worst < 0.001);
    const float odd[] = {NAN, INFINITY, 1, -2};
    vector v = vector_of(odd, 4, room[0]);
    assert_true(v.q[0] == 0 && v.q[1] == 0 && v.q[2] == 64 && v.q[3] == -127);
}

/* ---- at once -------------------------------------------------------------------------------------------------------------------- */

static answers *shared;
static void *look_and_put(void *arg) {
    int8_t mine[DIMS_MAX];
    int64_t hits = 0;
    for (int i = 0; i < 3000; i++) {
        entry_key key = key_of((uint8_t)(i % 7), (uint8_t)(i % 50), (float)(i % 11), 1, mine);
        found f;
        answers_find(shared, &key, 0.999f, 20, 1000, 0, &f);
        hits += f.answer && yz_str_is(yz_blob_bytes(f.answer), "answer");
        yz_blob_unref(f.answer);
        if (i % 3 == 0) {
            yz_blob *blob = yz_blob_new(YZ_STR("answer"));
            answers_put(shared, &key, blob, YZ_STR("id"), 0);
            yz_blob_unref(blob);
        }
    }
    *(int64_t *)arg = hits;
    return NULL;
}

static void many_at_once(void **state) {
    (void)state;
    pthread_t threads[4];
    int64_t hits[4];
    shared = answers_open(YZ_STR("shared"), 60, 1 << 20);
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, look_and_put, &hits[i]);
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        assert_true(hits[i] > 0);
    }
    answers_open(YZ_STR("shared"), 0, 0);
}

/* ---- how long it takes ------------------------------------------------------------------------------------------------------------ */

static void measure(size_t dims, int64_t n) {
    static float v[DIMS_MAX];
    answers *a = answers_open(YZ_STR("measure"), n, INT64_C(1) << 34);
    entry_key key = {.frame = {1}};
    yz_blob *blob = yz_blob_new(YZ_STR("answer"));
    for (int64_t i = 0; i < n; i++) {
        for (size_t k = 0; k < dims; k++)
            v[k] = some();
        key.vector = vector_of(v, dims, room[0]);
        memcpy(key.exact, &i, sizeof i);
        answers_put(a, &key, blob, YZ_STR("id"), 0);
    }
    yz_blob_unref(blob);
    memset(key.exact, 255, sizeof key.exact);
    v[0] += 0.5f; /* near to the newest, and not the same: all are looked at */
    key.vector = vector_of(v, dims, room[0]);
    int64_t best = INT64_MAX;
    for (int round = 0; round < 5; round++) {
        found f;
        int64_t begin = yz_clock_ns();
        answers_find(a, &key, 2, n, 1000, 0, &f);
        int64_t took = yz_clock_ns() - begin;
        best = took < best ? took : best;
        assert_null(f.answer);
    }
    print_message("%lld vectors of %zu: %lld µs\n", (long long)n, dims, (long long)best / 1000);
    answers_open(YZ_STR("measure"), 0, 0);
}

static void what_it_takes(void **state) {
    (void)state;
    static const size_t dims[] = {512, 768, 1536};
    for (size_t i = 0; i < sizeof dims / sizeof *dims; i++)
        measure(dims[i], 10000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_nearest_of_a_frame), cmocka_unit_test(the_oldest_go_first), cmocka_unit_test(bytes_are_as_near_as_numbers),
        cmocka_unit_test(many_at_once),           cmocka_unit_test(what_it_takes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
