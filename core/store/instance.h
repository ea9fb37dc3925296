/* store/instance.h: an opened store, for store.c and reply.c alone. */
#ifndef YUZUI_STORE_INSTANCE_H
#define YUZUI_STORE_INSTANCE_H

#include <yuzui/plugin.h>

#define YZ_STORE_SET_MAX 16  /* stores one configuration may use */
#define YZ_STORE_WORKERS 256 /* worker threads */

struct yz_store {
    const yz_plugin *plugin;
    const yz_store_ops *ops;
    void *state;
    char *spelling;                   /* of its options */
    unsigned users[YZ_STORE_WORKERS]; /* shares that use it, by worker */
    unsigned total;
    struct yz_store *next;
};

/* Asks for a number that nobody keeps, which a store waits for its first connection with, on behalf of no call: on_touched(arg) is called
 * once, also from inside, on the worker's thread. */
void yz_store_touch(yz_store *store, yz_worker *worker, void (*on_touched)(void *arg), void *arg);

#endif
