/* control/generation.c: building a generation, handing it over, and taking it apart.
 *
 * Who touches what: the control thread builds everything and then lets go, by pushing each share on its worker's list. From then on a
 * share is its worker's: it counts references without atomics and closes the stages on its own thread, after the last call. Only the
 * number of open shares is counted across threads; who brings it to zero frees the rest.
 */
#include "generation.h"

#include "admin/admin.h"
#include "base/arena.h"
#include "base/check.h"
#include "base/diag.h"
#include "control/wakes.h"
#include "ledger/ledger.h"
#include "lua/policy.h"
#include "media/media.h"
#include "oidc/oidc.h"
#include "people/people.h"
#include "plugin/loader.h"
#include "self/self.h"
#include "server/models.h"
#include "store/store.h"
#include "upstream/provider.h"
#include "worker.h"

#include <stdlib.h>

static void free_generation(yz_generation *generation) {
    yz_arena *arena = generation->arena; /* holds the generation too */
    yz_people_unuse(generation->people);
    yz_arena_free(arena);
}

/* ---- closing --------------------------------------------------------------------------------------------------------------- */

static void close_chain(yz_chain *chain) {
    for (size_t i = chain->n; i-- > 0;) {
        const yz_link *link = &chain->links[i];
        if (link->filter->close)
            link->filter->close(link->stage);
    }
}

static void close_share(yz_share *share) {
    yz_generation *generation = share->generation;
    for (size_t i = share->n_chains; i-- > 0;)
        close_chain(&share->chains[i]);
    close_chain(&share->admin);
    if (share->lua)
        yz_lua_free(share->lua);
    yz_expansions_free(share);
    yz_people_seat_free(share->people);
    yz_store_set_close(share->stores, share->published);
    yz_ledger_unuse(share->ledger);
    if (atomic_fetch_sub(&generation->open_shares, 1) == 1)
        free_generation(generation);
}

yz_share *yz_share_ref(yz_share *share) {
    share->refs++;
    return share;
}

void yz_share_unref(yz_share *share) {
    YZ_MUST(share->refs > 0);
    if (--share->refs == 0)
        close_share(share);
}

size_t yz_share_put_stores(const yz_share *share, int64_t now, yz_buf *out) { return yz_store_set_away(share->stores, now, out); }

/* ---- building -------------------------------------------------------------------------------------------------------------- */

static bool has_policy(const yz_settings *settings) {
    for (size_t i = 0; i < settings->n_chains; i++)
        for (size_t k = 0; k < settings->chains[i].n_stages; k++)
            if (settings->chains[i].stages[k].plugin->filter == yz_policy_plugin.filter)
                return true;
    return false;
}

/* The settings whose stages are being opened; control thread. */
static const yz_settings *opening;

void yz_models_each(void (*fn)(void *arg, yz_str model, const yz_target *const *targets, size_t n), void *arg) {
    for (size_t i = 0; opening && i < opening->n_models; i++)
        fn(arg, opening->models[i].name, opening->models[i].targets, opening->models[i].n_targets);
}

/* A chain is as long as what has been opened, so that a share that failed half-way closes just that. */
static bool open_link(yz_share *share, yz_chain *chain, const yz_filter *filter, const char *name, const void *config, yz_diag *diag) {
    yz_link *link = &chain->links[chain->n];
    unsigned errors = diag->errors;
    *link = (yz_link){.filter = filter, .name = name, .config = config};
    if (filter->open && filter->open(share->worker, config, &link->stage, diag) < 0) {
        if (diag->errors == errors)
            yz_diag_error(diag, "%s: the stage cannot be opened", name);
        return false;
    }
    chain->n++;
    return true;
}

static bool open_chain(yz_share *share, const yz_chain_settings *settings, yz_diag *diag) {
    yz_chain *chain = &share->chains[share->n_chains++];
    bool ok = true;
    *chain = (yz_chain){.name = settings->name, .share = share, .ref = yz_share_ref, .unref = yz_share_unref};
    chain->links = yz_alloc(share->generation->arena, (settings->n_stages + 2) * sizeof(*chain->links));
    for (size_t i = 0; i < settings->n_stages; i++) { /* all of them: several errors are reported in one go */
        const yz_stage_settings *stage = &settings->stages[i];
        yz_diag_at(diag, stage->at);
        ok = open_link(share, chain, stage->plugin->filter, stage->plugin->name, stage->config, diag) && ok;
    }
    yz_diag_at(diag, (yz_place){share->settings->watched[0].p, 0});
    return open_link(share, chain, &yz_models_filter, "models", NULL, diag) &&
           open_link(share, chain, &yz_provider_filter, "provider", NULL, diag) && ok;
}

/* Of single sign-on alone there is something to open and to close. */
static bool open_admin(yz_share *share, yz_diag *diag) {
    yz_chain *chain = &share->admin;
    const yz_plugin *console = share->settings->console;
    *chain = (yz_chain){.name = YZ_STR("admin"), .share = share, .ref = yz_share_ref, .unref = yz_share_unref};
    chain->links = yz_alloc(share->generation->arena, 4 * sizeof(*chain->links));
    chain->links[chain->n++] = (yz_link){.filter = &yz_admin_guard, .name = "admin guard"};
    bool ok = !share->settings->oidc || open_link(share, chain, &yz_oidc_filter, "oidc", share->settings->oidc, diag);
    if (console && console->filter)
        chain->links[chain->n++] = (yz_link){.filter = console->filter, .name = console->name};
    chain->links[chain->n++] = (yz_link){.filter = &yz_admin_leaf, .name = "admin"};
    return ok;
}

static void open_self(yz_share *share) {
    yz_chain *chain = &share->self;
    *chain = (yz_chain){.name = YZ_STR("self"), .share = share, .ref = yz_share_ref, .unref = yz_share_unref};
    const yz_plugin *console = share->settings->console;
    chain->links = yz_alloc(share->generation->arena, 2 * sizeof(*chain->links));
    if (share->settings->account_page && console && console->filter)
        chain->links[chain->n++] = (yz_link){.filter = console->filter, .name = console->name};
    chain->links[chain->n++] = (yz_link){.filter = &yz_self_leaf, .name = "self"};
}

static void open_media(yz_share *share) {
    static const yz_link leaf = {.filter = &yz_media_leaf, .name = "media"};
    yz_chain *chain = &share->media;
    *chain = (yz_chain){.name = YZ_STR("media"), .share = share, .ref = yz_share_ref, .unref = yz_share_unref};
    chain->links = yz_alloc(share->generation->arena, sizeof(*chain->links));
    chain->links[chain->n++] = leaf;
}

static bool open_chains(yz_share *share, yz_diag *diag) {
    const yz_settings *settings = share->settings;
    bool ok = true;
    if (has_policy(settings)) {
        yz_diag_at(diag, (yz_place){settings->watched[0].p, 0});
        share->lua = yz_lua_new(share, diag);
        if (!share->lua)
            return false;
    }
    share->chains = yz_alloc(share->generation->arena, settings->n_chains * sizeof(*share->chains));
    for (size_t i = 0; i < settings->n_chains; i++)
        ok = open_chain(share, &settings->chains[i], diag) && ok;
    return ok;
}

static bool build_share(yz_generation *generation, size_t i, yz_worker *worker, yz_diag *diag) {
    yz_share *share = &generation->shares[i];
    share->generation = generation;
    share->settings = generation->settings;
    share->worker = worker;
    share->refs = 1; /* being current */
    share->stores = yz_store_set_begin(generation->settings, worker);
    yz_ledger_begin(generation->settings);
    share->people = generation->people ? yz_people_seat_new(generation->people) : NULL;
    bool ok = open_admin(share, diag);
    open_self(share);
    open_media(share);
    opening = share->settings;
    ok = open_chains(share, diag) && ok;
    opening = NULL;
    yz_wakes_add(share);
    if (ok && i == 0)
        yz_store_set_unused(diag);
    yz_store_set_end();
    share->ledger = yz_ledger_end();
    return ok;
}

static void watch_lua_files(yz_generation *generation) {
    const yz_str *files;
    size_t n = generation->shares[0].lua ? yz_lua_files(generation->shares[0].lua, &files) : 0;
    for (size_t i = 0; i < n; i++)
        yz_settings_watch(generation->settings, generation->arena, files[i]);
}

yz_generation *yz_generation_from(yz_settings *settings, yz_arena *arena, uint64_t number, yz_worker *const *workers, size_t n_workers,
                                  yz_diag *diag) {
    yz_generation *generation = yz_alloc(arena, sizeof(*generation));
    YZ_MUST(n_workers > 0);
    generation->number = number;
    generation->settings = settings;
    generation->arena = arena;
    generation->shares = yz_alloc(arena, n_workers * sizeof(*generation->shares));
    if (settings->ledger) {
        yz_diag_at(diag, settings->ledger->at);
        generation->people = yz_people_use(settings, diag);
        if (!generation->people) {
            yz_arena_free(arena);
            return NULL;
        }
    }
    for (size_t i = 0; i < n_workers; i++) {
        bool ok = build_share(generation, i, workers[i], diag);
        generation->n_shares++;
        if (!ok) { /* the other workers would say the same again */
            yz_generation_discard(generation);
            return NULL;
        }
    }
    watch_lua_files(generation);
    return generation;
}

yz_generation *yz_generation_build(const char *file, uint64_t number, yz_worker *const *workers, size_t n_workers, yz_diag *diag) {
    yz_arena *arena = yz_arena_new(NULL);
    yz_settings *settings = yz_settings_read(file, arena, diag);
    if (settings)
        return yz_generation_from(settings, arena, number, workers, n_workers, diag);
    yz_arena_free(arena);
    return NULL;
}

void yz_generation_discard(yz_generation *generation) {
    size_t n = generation->n_shares;
    atomic_store(&generation->open_shares, n);
    for (size_t i = 0; i < n; i++)
        close_share(&generation->shares[i]); /* the last one frees the generation */
}

/* ---- handing over ---------------------------------------------------------------------------------------------------------- */

void yz_generation_publish(yz_generation *generation) {
    size_t n = generation->n_shares;
    atomic_store(&generation->open_shares, n);
    for (size_t i = 0; i < n; i++) { /* a share that was pushed may be closed at any moment, and the generation with the last */
        yz_share *share = &generation->shares[i];
        yz_worker *worker = share->worker;
        share->published = true;
        yz_ledger_serve(share->ledger);
        share->next = atomic_load(&worker->incoming);
        while (!atomic_compare_exchange_weak(&worker->incoming, &share->next, share))
            ;
        if (worker->wake)
            worker->wake(worker);
    }
}

bool yz_share_adopt(yz_worker *worker) {
    yz_share *newest = atomic_exchange(&worker->incoming, NULL), *old = worker->share;
    if (!newest)
        return false;
    for (yz_share *share = newest->next, *next; share; share = next) { /* overtaken before they served anybody */
        next = share->next;
        yz_share_unref(share);
    }
    worker->share = newest;
    yz_wakes_start(newest);
    if (old) {
        yz_wakes_stop(old);
        yz_share_unref(old);
    }
    return true;
}

void yz_share_leave(yz_worker *worker) {
    yz_share_adopt(worker);
    if (worker->share) {
        yz_wakes_stop(worker->share);
        yz_share_unref(worker->share);
    }
    worker->share = NULL;
}
