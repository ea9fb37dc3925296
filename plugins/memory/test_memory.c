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

int main(void) {
    const struct CMUnitTest tests[] = {
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
