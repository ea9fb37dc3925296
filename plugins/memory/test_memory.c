/* The memory store: what it keeps, what it lets go, and that threads may share it. */
#include "memory.c"

#include "worker.h"

#include <malloc.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdio.h>

#include <cmocka.h>

static yz_worker worker;

static memory *opened(int64_t max) {
    void *store = NULL;
    assert_int_equal(memory_open(&(memory_config){.max = max}, &store, NULL), YZ_OK);
    return store;
}

static void put(memory *m, const char *key, size_t bytes, int64_t ttl) {
    char *text = calloc(1, bytes + 1);
    memset(text, key[0], bytes);
    yz_blob *blob = yz_blob_new((yz_str){text, bytes});
    memory_put(m, &worker, yz_str_of(key), blob, ttl);
    yz_blob_unref(blob);
    free(text);
}

/* Bytes stored under key, -1 if none. */
static long has(memory *m, const char *key) {
    yz_blob *blob = NULL;
    if (memory_get(m, &worker, yz_str_of(key), &blob, NULL) != YZ_OK)
        return -1;
    yz_str bytes = yz_blob_bytes(blob);
    for (size_t i = 0; i < bytes.n; i++)
        assert_int_equal(bytes.p[i], key[0]);
    long n = (long)bytes.n;
    yz_blob_unref(blob);
    return n;
}

static void keeps_replaces_and_removes(void **state) {
    (void)state;
    memory *m = opened(1 << 20);
    assert_int_equal(has(m, "a"), -1);
    put(m, "a", 10, 1000);
    put(m, "b", 20, 1000);
    assert_int_equal(has(m, "a"), 10);
    put(m, "a", 30, 1000);
    assert_int_equal(has(m, "a"), 30);
    memory_remove(m, &worker, YZ_STR("a"));
    assert_int_equal(has(m, "a"), -1);
    assert_int_equal(has(m, "b"), 20);
    memory_close(m);
}

static void entries_expire(void **state) {
    (void)state;
    memory *m = opened(1 << 20);
    worker.turn.now = 5000;
    put(m, "a", 10, 1000);
    worker.turn.now = 5999;
    assert_int_equal(has(m, "a"), 10);
    worker.turn.now = 6000;
    assert_int_equal(has(m, "a"), -1);
    memory_close(m);
}

/* All in one shard: names are tried until enough share it. */
static size_t names_of_one_shard(char names[][16], size_t want) {
    size_t n = 0;
    for (int i = 0; n < want; i++) {
        char name[16];
        snprintf(name, sizeof name, "k%d", i);
        if (hash_of(yz_str_of(name)) % SHARDS == 0)
            memcpy(names[n++], name, sizeof name);
    }
    return n;
}

static void the_least_recently_used_goes_first(void **state) {
    (void)state;
    memory *m = opened(SHARDS * 10500); /* 10,500 bytes a shard: nine entries of about 1,100 */
    char names[10][16];
    names_of_one_shard(names, 10);
    for (int i = 0; i < 9; i++)
        put(m, names[i], 1000, 1000);
    assert_int_equal(has(m, names[0]), 1000); /* used: now names[1] is the oldest */
    put(m, names[9], 1000, 1000);
    assert_int_equal(has(m, names[1]), -1);
    assert_int_equal(has(m, names[0]), 1000);
    assert_int_equal(has(m, names[9]), 1000);
    memory_close(m);
}

static void one_large_value_does_not_empty_a_shard(void **state) {
    (void)state;
    memory *m = opened(SHARDS * 10000);
    put(m, "b", 1000, 1000);
    put(m, "a", 2000, 1000);
    assert_int_equal(has(m, "a"), -1);
    assert_int_equal(has(m, "b"), 1000);
    memory_close(m);
}

static void a_value_too_large_replaces_all_the_same(void **state) {
    (void)state;
    memory *m = opened(SHARDS * 10000);
    put(m, "a", 1000, 1000);
    put(m, "a", 2000, 1000);
    assert_int_equal(has(m, "a"), -1); /* not the old one */
    memory_close(m);
}

/* By the allocator's count, with values so small that they are the least of it. */
static void its_bound_is_true(void **state) {
    (void)state;
    size_t before = mallinfo2().uordblks;
    memory *m = opened(4 << 20);
    for (int i = 0; i < 60000; i++) {
        char name[16];
        snprintf(name, sizeof name, "%d", i);
        put(m, name, 9, 100000);
    }
    assert_true(mallinfo2().uordblks - before <= 4 << 20);
    memory_close(m);
}

static void stays_within_its_bounds(void **state) {
    (void)state;
    memory *m = opened(1 << 20);
    for (int i = 0; i < 20000; i++) {
        char name[16];
        snprintf(name, sizeof name, "x%d", i);
        put(m, name, 500, 100000);
    }
    size_t used = 0, entries = 0;
    for (size_t i = 0; i < SHARDS; i++) {
        used += m->shards[i].used;
        entries += m->shards[i].n_entries;
        assert_true(m->shards[i].used <= m->shards[i].max);
    }
    assert_true(used <= 1 << 20);
    assert_true(entries > 1000);
    memory_close(m);
}

static void *hammer(void *arg) {
    memory *m = arg;
    yz_worker own = {0};
    for (int i = 0; i < 20000; i++) {
        char key[8];
        snprintf(key, sizeof key, "%d", i % 50);
        yz_blob *blob = NULL;
        if (memory_get(m, &own, yz_str_of(key), &blob, NULL) == YZ_OK) {
            assert_true(yz_str_is(yz_blob_bytes(blob), key));
            yz_blob_unref(blob);
        } else {
            blob = yz_blob_new(yz_str_of(key));
            memory_put(m, &own, yz_str_of(key), blob, 1000);
            yz_blob_unref(blob);
        }
        if (i % 7 == 0)
            memory_remove(m, &own, yz_str_of(key));
    }
    return NULL;
}

static void threads_share_it(void **state) {
    (void)state;
    memory *m = opened(1 << 20);
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, hammer, m);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    memory_close(m);
}

/* ---- answers and numbers ------------------------------------------------------------------------------------------------ */

static int put_text(memory *m, const char *key, const char *text) {
    yz_blob *blob = yz_blob_new(yz_str_of(text));
    int code = memory_put_ack(m, &worker, yz_str_of(key), blob, 1000, NULL);
    yz_blob_unref(blob);
    return code;
}

static void assert_text(memory *m, const char *key, const char *text) {
    yz_blob *blob = NULL;
    assert_int_equal(memory_get(m, &worker, yz_str_of(key), &blob, NULL), YZ_OK);
    assert_true(yz_str_is(yz_blob_bytes(blob), text));
    yz_blob_unref(blob);
}

static int64_t add(memory *m, const char *key, int64_t delta) {
    int64_t sum = 0;
    assert_int_equal(memory_add(m, &worker, yz_str_of(key), delta, 1000, &sum, NULL), YZ_OK);
    return sum;
}

static void says_how_it_went(void **state) {
    (void)state;
    memory *m = opened(SHARDS * 10000);
    worker.turn.now = 0;
    static char large[2001];
    memset(large, 'x', 2000);
    assert_int_equal(put_text(m, "a", "1"), YZ_OK);
    assert_int_equal(memory_remove_ack(m, &worker, YZ_STR("a"), NULL), YZ_OK);
    assert_int_equal(memory_remove_ack(m, &worker, YZ_STR("a"), NULL), YZ_ENOTFOUND);
    assert_int_equal(put_text(m, "a", large), YZ_ELIMIT);
    assert_int_equal(put_text(m, "a", "1"), YZ_OK);
    worker.turn.now = 1000;
    assert_int_equal(memory_remove_ack(m, &worker, YZ_STR("a"), NULL), YZ_ENOTFOUND); /* expired */
    memory_close(m);
}

static void adds_up(void **state) {
    (void)state;
    memory *m = opened(1 << 20);
    worker.turn.now = 5000;
    assert_int_equal(add(m, "n", 5), 5);
    worker.turn.now = 5500;
    assert_int_equal(add(m, "n", -12), -7);
    assert_text(m, "n", "-7");
    worker.turn.now = 5999;
    assert_int_equal(add(m, "n", 0), -7);
    worker.turn.now = 6000; /* a second after the first add, whatever came between */
    assert_int_equal(add(m, "n", 1), 1);
    memory_close(m);
}

static void adds_to_numbers_only(void **state) {
    (void)state;
    static const char *const bad[] = {
        "", "-", "x", "1x", " 1", "1 ", "01", "-0", "+1", "1.0", "9223372036854775808", "-9223372036854775809"};
    memory *m = opened(1 << 20);
    int64_t sum;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(put_text(m, "n", bad[i]), YZ_OK);
        assert_int_equal(memory_add(m, &worker, YZ_STR("n"), 1, 1000, &sum, NULL), YZ_EINVAL);
        assert_text(m, "n", bad[i]);
    }
    put_text(m, "n", "9223372036854775806");
    assert_true(add(m, "n", 1) == INT64_MAX);
    assert_int_equal(memory_add(m, &worker, YZ_STR("n"), 1, 1000, &sum, NULL), YZ_EINVAL);
    assert_text(m, "n", "9223372036854775807");
    put_text(m, "n", "-9223372036854775807");
    assert_true(add(m, "n", -1) == INT64_MIN);
    assert_true(add(m, "n", 1) == INT64_MIN + 1);
    put_text(m, "n", "0");
    assert_int_equal(add(m, "n", 2), 2);
    memory_close(m);
}

/* What is counted as used is what is there: else a shard would fill up, or never let anything go. */
static void numbers_are_accounted_for(void **state) {
    (void)state;
    memory *m = opened(1 << 20);
    shard *s = shard_of(m, hash_of(YZ_STR("n")));
    add(m, "n", 1);
    size_t before = s->used;
    add(m, "n", 999999);
    assert_int_equal(s->used - before, 6);
    add(m, "n", -999999);
    assert_int_equal(s->used, before);
    memory_remove(m, &worker, YZ_STR("n"));
    assert_int_equal(s->used, 0);
    memory_close(m);
}

enum { ADDERS = 4, ADDS = 20000 };
static _Atomic unsigned char seen[ADDERS * ADDS + 1];

static void *add_many(void *m) {
    for (int i = 0; i < ADDS; i++) {
        int64_t sum = 0;
        if (memory_add(m, &worker, YZ_STR("n"), 1, 100000, &sum, NULL) == YZ_OK && sum > 0 && sum <= ADDERS * ADDS)
            seen[sum]++;
    }
    return NULL;
}

static void every_sum_is_given_once(void **state) {
    (void)state;
    memory *m = opened(1 << 20);
    pthread_t threads[ADDERS];
    for (int i = 0; i < ADDERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, add_many, m), 0);
    for (int i = 0; i < ADDERS; i++)
        pthread_join(threads[i], NULL);
    for (int i = 1; i <= ADDERS * ADDS; i++)
        assert_int_equal(seen[i], 1);
    memory_close(m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_how_it_went),
        cmocka_unit_test(adds_up),
        cmocka_unit_test(adds_to_numbers_only),
        cmocka_unit_test(numbers_are_accounted_for),
        cmocka_unit_test(every_sum_is_given_once),
        cmocka_unit_test(keeps_replaces_and_removes),
        cmocka_unit_test(entries_expire),
        cmocka_unit_test(the_least_recently_used_goes_first),
        cmocka_unit_test(one_large_value_does_not_empty_a_shard),
        cmocka_unit_test(a_value_too_large_replaces_all_the_same),
        cmocka_unit_test(its_bound_is_true),
        cmocka_unit_test(stays_within_its_bounds),
        cmocka_unit_test(threads_share_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
