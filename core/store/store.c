/* store.c: finding, sharing and releasing store instances.
 *
 * An instance is identified by its plugin and the spelling of its options; so a reload that does not touch a store keeps what it
 * holds. `users` counts the shares that found it on each worker: when a worker's count falls to zero the store is asked to leave
 * that worker, on the worker's own thread; when nobody is left it is closed.
 */
#include "store/store.h"
#include "base/arena.h"
#include "base/check.h"
#include "base/diag.h"
#include "plugin/loader.h"
#include "plugin/options.h"
#include "store/instance.h"
#include "worker.h"

#include <pthread.h>
#include <stdlib.h>
#include <uv.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards the list and the counts, never held on a request's path */
static yz_store *instances;

struct yz_store_set {
    const yz_settings *settings;
    yz_worker *worker;
    yz_store *stores[YZ_STORE_SET_MAX];
    yz_str names[YZ_STORE_SET_MAX]; /* the first by which each was asked for, in the memory of the settings */
    size_t n;
    enum { UNASKED, OPENED, FAILED } * declared; /* for each store of the settings */
};
static yz_store_set *building; /* control thread only */

yz_store_set *yz_store_set_begin(const yz_settings *settings, yz_worker *worker) {
    building = yz_calloc(1, sizeof *building);
    building->settings = settings;
    building->worker = worker;
    building->declared = yz_calloc(settings->n_stores + 1, sizeof *building->declared);
    return building;
}

void yz_store_set_unused(yz_diag *diag) {
    const yz_settings *s = building->settings;
    for (size_t i = 0; i < s->n_stores; i++)
        if (building->declared[i] == UNASKED) {
            yz_diag_at(diag, s->stores[i].at);
            yz_diag_warn(diag, "store \"%.*s\" is used by no stage: cache { store = \"%.*s\" } or limit { store = \"%.*s\", … } does",
                         YZ_STR_ARGS(s->stores[i].name), YZ_STR_ARGS(s->stores[i].name), YZ_STR_ARGS(s->stores[i].name));
        }
}

void yz_store_set_end(void) { building = NULL; }

static yz_store *open_instance(const yz_plugin *plugin, const void *config, yz_str spelling, yz_diag *diag) {
    void *state = NULL;
    if (plugin->store->open(config, &state, diag) < 0)
        return NULL;
    yz_store *store = yz_calloc(1, sizeof *store);
    store->plugin = plugin;
    store->ops = plugin->store;
    store->state = state;
    store->spelling = yz_malloc(spelling.n + 1);
    memcpy(store->spelling, spelling.n ? spelling.p : "", spelling.n);
    store->spelling[spelling.n] = 0;
    store->next = instances;
    instances = store;
    return store;
}

static void close_instance(yz_store *store) {
    for (yz_store **at = &instances; *at; at = &(*at)->next)
        if (*at == store) {
            *at = store->next;
            break;
        }
    store->ops->close(store->state);
    free(store->spelling);
    free(store);
}

static const yz_store_settings *declared(const yz_settings *settings, yz_str name) {
    for (size_t i = 0; i < settings->n_stores; i++)
        if (yz_str_eq(settings->stores[i].name, name))
            return &settings->stores[i];
    return NULL;
}

/* A store is one that the config declares, or a store plugin by its own name. */
static void tell_missing(const yz_settings *settings, yz_str name, yz_diag *diag) {
    const yz_plugin *const *plugins;
    size_t n_plugins = yz_plugin_list(YZ_KIND_STORE, &plugins, NULL), n = 0;
    const char **names = yz_calloc(settings->n_stores + n_plugins + 1, sizeof *names);
    for (size_t i = 0; i < settings->n_stores; i++)
        names[n++] = settings->stores[i].name.p;
    for (size_t i = 0; i < n_plugins; i++)
        if (plugins[i]->store)
            names[n++] = plugins[i]->name;
    const char *meant = yz_did_you_mean(name, names, n);
    if (meant)
        yz_diag_error(diag, "there is no store \"%.*s\": did you mean \"%s\"?", YZ_STR_ARGS(name), meant);
    else
        yz_diag_error(diag, "there is no store \"%.*s\": store \"%.*s\" { kind = \"memory\" } makes one", YZ_STR_ARGS(name),
                      YZ_STR_ARGS(name));
    free(names);
}

/* Records one more use of the instance by the share that is being built. */
static yz_store *use(yz_store *store, yz_str name, yz_diag *diag) {
    yz_store_set *set = building;
    for (size_t i = 0; i < set->n; i++)
        if (set->stores[i] == store)
            return store;
    if (set->n == YZ_STORE_SET_MAX || set->worker->index >= YZ_STORE_WORKERS) {
        yz_diag_error(diag, "more than %d stores in one configuration", YZ_STORE_SET_MAX);
        return NULL;
    }
    set->names[set->n] = name;
    set->stores[set->n++] = store;
    store->users[set->worker->index]++;
    store->total++;
    return store;
}

/* With the lock held. */
static yz_store *find_or_open(const yz_plugin *plugin, const void *config, yz_str spelling, yz_str name, yz_diag *diag) {
    for (yz_store *s = instances; s; s = s->next)
        if (s->plugin == plugin && yz_str_is(spelling, s->spelling))
            return use(s, name, diag);
    yz_store *store = open_instance(plugin, config, spelling, diag);
    if (store && !use(store, name, diag)) {
        close_instance(store);
        return NULL;
    }
    return store;
}

static yz_store *find_by_spelling(const yz_plugin *plugin, const void *config, yz_str name, yz_diag *diag) {
    yz_buf spelling = {0};
    yz_options_spell(plugin, config, &spelling);
    pthread_mutex_lock(&lock);
    yz_store *store = find_or_open(plugin, config, yz_buf_view(&spelling), name, diag);
    pthread_mutex_unlock(&lock);
    if (spelling.p)
        explicit_bzero(spelling.p, spelling.n); /* options may be passwords */
    yz_buf_free(&spelling);
    return store;
}

/* What is wrong with a declared store is wrong at its own line, and is told once. */
static yz_store *open_declared(const yz_store_settings *said, yz_diag *diag) {
    size_t i = (size_t)(said - building->settings->stores);
    yz_place stage = diag->at;
    if (building->declared[i] == FAILED) {
        yz_diag_error(diag, "store \"%.*s\" cannot be opened: see line %d", YZ_STR_ARGS(said->name), said->at.line);
        return NULL;
    }
    yz_diag_at(diag, said->at);
    yz_store *store = find_by_spelling(said->plugin, said->config, said->name, diag);
    yz_diag_at(diag, stage);
    building->declared[i] = store ? OPENED : FAILED;
    return store;
}

yz_store *yz_store_find(yz_worker *worker, yz_str name, yz_diag *diag) {
    (void)worker;
    if (!YZ_CHECK(building != NULL))
        return NULL;
    const yz_store_settings *said = declared(building->settings, name);
    if (!said && !yz_plugin_exists(name)) {
        tell_missing(building->settings, name, diag);
        return NULL;
    }
    if (said)
        return open_declared(said, diag);
    const yz_plugin *plugin = yz_plugin_find(name, diag);
    if (!plugin)
        return NULL;
    if (!plugin->store) {
        yz_diag_error(diag, "\"%.*s\" is a plugin, but no store: declare one with store \"%.*s\" { kind = \"memory\" }", YZ_STR_ARGS(name),
                      YZ_STR_ARGS(name));
        return NULL;
    }
    yz_arena *scratch = yz_arena_new(NULL);
    const void *config = yz_options_config(plugin, NULL, scratch, diag);
    yz_store *store = config ? find_by_spelling(plugin, config, name, diag) : NULL; /* without: an option that must be said was not */
    yz_arena_free(scratch);
    return store;
}

size_t yz_store_set_away(const yz_store_set *set, int64_t now, yz_buf *out) {
    size_t away = 0;
    yz_buf why = {0};
    for (size_t i = 0; set && i < set->n; i++) {
        const yz_store *store = set->stores[i];
        why.n = 0;
        int64_t ms = store->ops->away ? store->ops->away(store->state, now, &why) : 0;
        yz_buf_lit(out, i > 0 ? ",{\"store\":" : "{\"store\":");
        yz_buf_json_str(out, set->names[i]);
        if (ms > 0) {
            yz_buf_printf(out, ",\"away_ms\":%lld,\"because\":", (long long)ms);
            yz_buf_json_str(out, yz_buf_view(&why));
            away++;
        }
        yz_buf_char(out, '}');
    }
    yz_buf_free(&why);
    return away;
}

/* ---- is it there, and does it take us? ----------------------------------------------------------------------------------- */

/* An answer may come after everybody has stopped waiting for it. */
typedef struct touching {
    uv_timer_t patience;
    size_t left; /* answers that have not come, and the timer until it is closed */
    bool late;
    struct touched {
        struct touching *all;
        bool answered;
    } stores[YZ_STORE_SET_MAX];
} touching;

static void let_go(touching *t) {
    if (--t->left == 0)
        free(t);
}

static void on_touched(void *arg) {
    struct touched *one = arg;
    one->answered = true;
    let_go(one->all);
}

static void on_closed(uv_handle_t *timer) { let_go(timer->data); }
static void on_late(uv_timer_t *timer) { ((touching *)timer->data)->late = true; }

static void tell_if_away(const yz_store_set *set, size_t i, bool answered, void (*tell)(void *arg, yz_str name, yz_str why), void *arg) {
    const yz_store *store = set->stores[i];
    yz_buf why = {0};
    if (store->ops->away && store->ops->away(store->state, yz_now(set->worker), &why) > 0)
        tell(arg, set->names[i], yz_buf_view(&why));
    else if (!answered)
        tell(arg, set->names[i], YZ_STR("what is there takes the connection and answers nothing that could be read"));
    yz_buf_free(&why);
}

void yz_store_set_try(yz_store_set *set, int64_t ms, void (*tell)(void *arg, yz_str name, yz_str why), void *arg) {
    uv_loop_t *loop = yz_worker_loop(set->worker);
    touching *t = yz_calloc(1, sizeof *t);
    t->left = set->n + 1;
    t->patience.data = t;
    uv_timer_init(loop, &t->patience);
    uv_timer_start(&t->patience, on_late, (uint64_t)ms, 0);
    for (size_t i = 0; i < set->n; i++) {
        t->stores[i].all = t;
        yz_store_touch(set->stores[i], set->worker, on_touched, &t->stores[i]);
    }
    while (t->left > 1 && !t->late)
        uv_run(loop, UV_RUN_ONCE);
    for (size_t i = 0; i < set->n; i++) {
        tell_if_away(set, i, t->stores[i].answered, tell, arg);
        if (set->stores[i]->ops->leave)
            set->stores[i]->ops->leave(set->stores[i]->state, set->worker);
    }
    uv_close((uv_handle_t *)&t->patience, on_closed);
}

/* ---- the end ----------------------------------------------------------------------------------------------------------------- */

void yz_store_set_close(yz_store_set *set, bool published) {
    if (!set)
        return;
    for (size_t i = 0; i < set->n; i++) {
        yz_store *store = set->stores[i];
        pthread_mutex_lock(&lock);
        bool leave = --store->users[set->worker->index] == 0;
        pthread_mutex_unlock(&lock);
        /* A generation built meanwhile may use it on this worker again: then it just connects anew. */
        if (leave && published && store->ops->leave)
            store->ops->leave(store->state, set->worker);
        pthread_mutex_lock(&lock);
        if (--store->total == 0)
            close_instance(store);
        pthread_mutex_unlock(&lock);
    }
    free(set->declared);
    free(set);
}
