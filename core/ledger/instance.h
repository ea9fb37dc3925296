/* ledger/instance.h: an opened ledger, for the files of this folder alone. */
#ifndef YUZUI_LEDGER_INSTANCE_H
#define YUZUI_LEDGER_INSTANCE_H

#include <stdatomic.h>
#include <yuzui/plugin.h>

typedef struct yz_known yz_known;
enum { YZ_NEWS_MOST = 64 };

struct yz_ledger {
    const yz_plugin *plugin;
    void *state;
    yz_str spelling;      /* of its options */
    _Atomic size_t users; /* shares, commands, and holds that a call still waits for; from 1 to 0 with the lock only */
    struct yz_ledger *next;
    yz_buf news[YZ_NEWS_MOST]; /* news.c: the oldest first */
    _Atomic size_t n_news;
    _Atomic(yz_known *) known; /* known.c; NULL: nobody has asked for a balance */
};

void yz_news_close(yz_ledger *ledger);
void yz_known_close(yz_known *known); /* NULL is allowed */

/* One user fewer, unless it is the last one: that one has to close it. */
static inline bool yz_ledger_leave(yz_ledger *ledger) {
    size_t users = atomic_load(&ledger->users);
    while (users > 1)
        if (atomic_compare_exchange_weak(&ledger->users, &users, users - 1))
            return true;
    return false;
}

#endif
