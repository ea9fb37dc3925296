/* news.c: what the core has to tell of a ledger, until a stage that has somebody to tell takes it: bill, for its webhook. News is no
 * record: of too much the oldest is forgotten. */
#include "ledger/instance.h"
#include "ledger/ledger.h"

#include <pthread.h>
#include <stdlib.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards the texts of all */

void yz_ledger_tell(yz_ledger *ledger, yz_str text) {
    pthread_mutex_lock(&lock);
    if (ledger->n_news == YZ_NEWS_MOST) {
        yz_buf_free(&ledger->news[0]);
        memmove(ledger->news, ledger->news + 1, (YZ_NEWS_MOST - 1) * sizeof *ledger->news);
        atomic_fetch_sub(&ledger->n_news, 1);
    }
    size_t n = ledger->n_news;
    ledger->news[n] = (yz_buf){0};
    yz_buf_str(&ledger->news[n], text);
    atomic_fetch_add(&ledger->n_news, 1);
    pthread_mutex_unlock(&lock);
}

bool yz_ledger_news(yz_ledger *ledger, yz_buf *out) {
    if (atomic_load_explicit(&ledger->n_news, memory_order_relaxed) == 0)
        return false;
    pthread_mutex_lock(&lock);
    bool any = ledger->n_news > 0;
    if (any) {
        yz_buf_str(out, yz_buf_view(&ledger->news[0]));
        yz_buf_free(&ledger->news[0]);
        memmove(ledger->news, ledger->news + 1, (YZ_NEWS_MOST - 1) * sizeof *ledger->news);
        atomic_fetch_sub(&ledger->n_news, 1);
    }
    pthread_mutex_unlock(&lock);
    return any;
}

void yz_news_close(yz_ledger *ledger) {
    for (size_t i = 0; i < ledger->n_news; i++)
        yz_buf_free(&ledger->news[i]);
}
