/* generation.h: a generation is an immutable, reference-counted snapshot of config, plugins and policies.
 *
 * The control thread builds one whole (yz_generation_build), or fails and says why; then hands each worker its share. A request
 * keeps the share it began with. When the last request of an old share ends, the worker closes it; when the last share is closed,
 * the generation is freed.
 */
#ifndef YUZUI_GENERATION_H
#define YUZUI_GENERATION_H

#include "call/tree.h"
#include "config/settings.h"

typedef struct yz_generation yz_generation;

/* One worker's part of a generation. `refs` is touched by that worker only. */
typedef struct yz_share {
    yz_generation *generation;
    const yz_settings *settings;
    yz_worker *worker;
    yz_chain *chains; /* as many as settings->chains, in that order: yz_share_chain */
    size_t n_chains;
    yz_chain admin;                   /* of the admin listener's own paths: admin/admin.h */
    yz_chain self;                    /* of the paths of a key's owner: self/self.h */
    yz_chain media;                   /* of what jobs have made: media/media.h */
    struct yz_expansions *expansions; /* of models that are patterns: control/lookup.c makes it when it is first needed */
    struct yz_lua *lua;               /* lua/policy.h: the state of this generation on this worker; NULL if no policy is configured */
    /* store/store.h: yz_store_set_begin before the stages are opened, yz_store_set_end after, yz_store_set_close when the share
     * closes. */
    struct yz_store_set *stores;
    struct yz_people_seat *people; /* people/people.h: the keys that the ledger keeps; NULL: the config has no ledger */
    struct yz_ledger *ledger;      /* that its stages found: ledger/ledger.h; NULL: none did */
    struct yz_wake *wakes;         /* control/wakes.h: stages that have work of their own */
    size_t refs;
    bool published;
    struct yz_share *next; /* in worker->incoming */
} yz_share;

struct yz_generation {
    uint64_t number; /* 1, 2, 3 … */
    yz_settings *settings;
    yz_arena *arena;
    struct yz_people *people; /* people/people.h; NULL: the config has no ledger */
    yz_share *shares;         /* one per worker */
    size_t n_shares;
    _Atomic size_t open_shares;
};

/* Builds from a file for these workers. NULL: every error is in diag. Control thread. */
yz_generation *yz_generation_build(const char *file, uint64_t number, yz_worker *const *workers, size_t n_workers, yz_diag *diag);
/* Likewise, from settings that have been read. The arena they live in passes over, also when it fails. */
yz_generation *yz_generation_from(yz_settings *settings, yz_arena *arena, uint64_t number, yz_worker *const *workers, size_t n_workers,
                                  yz_diag *diag);
/* Makes a generation current on every worker, soon: each adopts its share on its own thread. Control thread. */
void yz_generation_publish(yz_generation *generation);
/* Frees one that was never published. */
void yz_generation_discard(yz_generation *generation);

/* Takes over what was published for this worker; the newest counts. True if there was something. Worker thread. */
bool yz_share_adopt(yz_worker *worker);
/* Stages begin no work of their own any more (yz_filter.wake), and what runs of it is cancelled. Worker thread, when it stops. */
void yz_share_rest(yz_worker *worker);
/* The worker serves no generation any more. Worker thread, when it stops. */
void yz_share_leave(yz_worker *worker);

/* A share's own part of one of its settings' chains. */
static inline const yz_chain *yz_share_chain(const yz_share *share, const yz_chain_settings *chain) {
    return &share->chains[chain - share->settings->chains];
}

/* Frees what yz_targets has made for this share. Worker thread. */
void yz_expansions_free(yz_share *share);

/* lua/show.c: the policies and workflows of a share, in the order of its chains, and the text of every file that was loaded for them, as it
 * was loaded: "policies":[{"chain","name","path","on_error","serves"},…],"files":[{"path","library","source"},…]. Worker thread. */
void yz_share_put_policies(const yz_share *share, yz_buf *out);
/* Is this one of those files, as they are spelt there, and none that came with yuzui? */
bool yz_share_has_policy(const yz_share *share, yz_str path);

/* The stores of a share, {"store":NAME,"away_ms":MS,"because":WHY},…: the last two of one that is out of reach (store/store.h), of which it
 * returns the number. Worker thread. */
size_t yz_share_put_stores(const yz_share *share, int64_t now, yz_buf *out);

yz_share *yz_share_ref(yz_share *share);
void yz_share_unref(yz_share *share); /* worker thread */

#endif
