/* ledger.c: finding, sharing and closing ledgers. An instance is identified by its plugin and the spelling of its options, as stores are:
 * a reload that does not touch the directive keeps it.
 */
#include "ledger/ledger.h"
#include "base/arena.h"
#include "base/check.h"
#include "base/diag.h"
#include "base/record.h"
#include "ledger/instance.h"
#include "plugin/options.h"

#include <pthread.h>
#include <stdlib.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards the list and the counts, never held on a request's path */
static yz_ledger *instances;

static const yz_settings *building; /* control thread only, as is what follows */
static yz_ledger *found;

static yz_ledger *open_instance(const yz_plugin *plugin, const void *config, yz_buf spelling, yz_diag *diag) {
    void *state = NULL;
    if (plugin->ledger->open(config, &state, diag) < 0) {
        yz_buf_free(&spelling);
        return NULL;
    }
    yz_ledger *ledger = yz_calloc(1, sizeof *ledger);
    *ledger = (yz_ledger){.plugin = plugin, .state = state, .spelling = yz_buf_view(&spelling), .next = instances};
    return instances = ledger;
}

/* With the lock held. Takes the spelling. */
static yz_ledger *find_or_open(const yz_store_settings *said, yz_buf spelling, yz_diag *diag) {
    for (yz_ledger *ledger = instances; ledger; ledger = ledger->next)
        if (ledger->plugin == said->plugin && yz_str_eq(ledger->spelling, yz_buf_view(&spelling))) {
            yz_buf_free(&spelling);
            return ledger;
        }
    return open_instance(said->plugin, said->config, spelling, diag);
}

yz_ledger *yz_ledger_use(const yz_settings *settings, yz_diag *diag) {
    if (!settings->ledger) {
        yz_diag_error(diag, "there is no ledger: ledger \"sqlite\" { path = \"/var/lib/yuzui/ledger.db\" } makes one");
        return NULL;
    }
    yz_buf spelling = {0};
    yz_options_spell(settings->ledger->plugin, settings->ledger->config, &spelling);
    pthread_mutex_lock(&lock);
    yz_ledger *ledger = find_or_open(settings->ledger, spelling, diag);
    if (ledger)
        atomic_fetch_add(&ledger->users, 1);
    pthread_mutex_unlock(&lock);
    return ledger;
}

void yz_ledger_serve(yz_ledger *ledger) {
    if (ledger && ledger->plugin->ledger->size > offsetof(yz_ledger_ops, serve) && ledger->plugin->ledger->serve)
        ledger->plugin->ledger->serve(ledger->state);
}

static void close_instance(yz_ledger *ledger) {
    yz_known_close(atomic_load(&ledger->known));
    yz_news_close(ledger);
    ledger->plugin->ledger->close(ledger->state);
    char *spelling = (char *)(uintptr_t)ledger->spelling.p;
    explicit_bzero(spelling, ledger->spelling.n); /* options may be passwords */
    free(spelling);
    free(ledger);
}

/* The last user: with the lock, so that nobody finds what is about to close. */
static bool leave_last(yz_ledger *ledger) {
    pthread_mutex_lock(&lock);
    bool last = atomic_fetch_sub(&ledger->users, 1) == 1;
    for (yz_ledger **at = &instances; last && *at; at = &(*at)->next)
        if (*at == ledger) {
            *at = ledger->next;
            break;
        }
    pthread_mutex_unlock(&lock);
    return last;
}

void yz_ledger_unuse(yz_ledger *ledger) {
    if (ledger && !yz_ledger_leave(ledger) && leave_last(ledger))
        close_instance(ledger);
}

void yz_ledger_begin(const yz_settings *settings) {
    building = settings;
    found = NULL;
}

yz_ledger *yz_ledger_end(void) {
    yz_ledger *ledger = found;
    building = NULL, found = NULL;
    return ledger;
}

yz_ledger *yz_ledger_find(yz_worker *worker, yz_diag *diag) {
    (void)worker;
    if (!YZ_CHECK(building != NULL))
        return NULL;
    return found ? found : (found = yz_ledger_use(building, diag));
}

/* ---- for commands ---------------------------------------------------------------------------------------------------- */

typedef struct waiting {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    yz_posted *posted;
    bool done;
} waiting;

static void on_posted(void *arg, const yz_posted *posted) {
    waiting *w = arg;
    yz_posted room;
    YZ_WIDE(posted, &room);
    pthread_mutex_lock(&w->lock);
    *w->posted = *posted;
    w->done = true;
    pthread_cond_signal(&w->wake);
    pthread_mutex_unlock(&w->lock);
}

void yz_ledger_post_now(yz_ledger *ledger, const yz_posting *posting, yz_posted *posted) {
    waiting w = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, posted, false};
    *posted = (yz_posted){YZ_POSTED};
    int code = ledger->plugin->ledger->post(ledger->state, posting, on_posted, &w); /* it may be answered before this returns */
    pthread_mutex_lock(&w.lock);
    while (code == YZ_OK && !w.done)
        pthread_cond_wait(&w.wake, &w.lock);
    pthread_mutex_unlock(&w.lock);
    if (code != YZ_OK)
        posted->code = code;
}

typedef struct reader {
    yz_ledger_on_row *on_row;
    void *arg;
} reader;

static void on_row_wide(void *arg, const yz_ledger_row *row) {
    const reader *r = arg;
    yz_ledger_row room;
    YZ_WIDE(row, &room);
    r->on_row(r->arg, row);
}

int yz_ledger_read(yz_ledger *ledger, const yz_ledger_query *query, yz_ledger_on_row *on_row, void *arg) {
    return ledger->plugin->ledger->read(ledger->state, query, on_row_wide, &(reader){on_row, arg});
}

int yz_ledger_backup(yz_ledger *ledger, yz_str file) {
    const yz_ledger_ops *ops = ledger->plugin->ledger;
    return ops->backup ? ops->backup(ledger->state, file) : YZ_EUNSUPPORTED;
}
