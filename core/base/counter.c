/* base/counter.c: names and help of declared counters: a table that only grows. It is written under a lock, by the control thread as a
 * rule, and read without one. */
#include "base/counter.h"
#include "base/check.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static yz_counter_info table[YZ_COUNTER_SLOTS];
static _Atomic yz_counter n_slots = 1;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static const char *const own[] = {
#define COUNTER_NAME(name, help) #name,
    YZ_COUNTERS(COUNTER_NAME)
#undef COUNTER_NAME
};

/* NULL, or what is wrong with it. */
static const char *objection(const char *name) {
    size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_");
    if (n == 0 || n > 63 || name[n] != '\0')
        return "its name must be of lower case letters, digits and '_', 1 to 63";
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (strcmp(own[i], name) == 0)
            return "its name is one of the gateway's own counters";
    return NULL;
}

yz_counter_info yz_counter_at(yz_counter slot) {
    bool taken = slot > 0 && slot < atomic_load_explicit(&n_slots, memory_order_acquire);
    return taken ? table[slot] : (yz_counter_info){0};
}

yz_counter yz_counter_find(const char *name) {
    yz_counter n = atomic_load_explicit(&n_slots, memory_order_acquire);
    for (yz_counter slot = 1; slot < n; slot++)
        if (strcmp(table[slot].name, name) == 0)
            return slot;
    return 0;
}

static yz_counter refuse(const char *name, const char *why) {
    yz_log(YZ_LOG_ERROR, "the counter \"%.64s\" counts nothing: %s", name, why);
    return 0;
}

static yz_counter add(const char *name, const char *help) {
    yz_counter slot = atomic_load_explicit(&n_slots, memory_order_relaxed);
    if (slot == YZ_COUNTER_SLOTS)
        return refuse(name, "there are too many of them");
    table[slot] = (yz_counter_info){strdup(name), strdup(help)};
    YZ_MUST(table[slot].name && table[slot].help);
    atomic_store_explicit(&n_slots, slot + 1, memory_order_release);
    return slot;
}

yz_counter yz_counter_declare(const char *name, const char *help) {
    const char *wrong = objection(name);
    if (wrong)
        return refuse(name, wrong);
    pthread_mutex_lock(&lock);
    yz_counter slot = yz_counter_find(name);
    if (!slot)
        slot = add(name, help);
    pthread_mutex_unlock(&lock);
    return slot;
}
