/* cli/tryout.c: see tryout.h. The request is as plain as one can be, so that what fails on it fails on all: a question of one word, with a
 * key of the config where the chain asks for one, for "auto", for a model by its name, and for the model that a workflow is.
 */
#include "cli/tryout.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "cli/explain.h"
#include "config/read.h"
#include "worker.h"

#define MOST_US 1000000 /* of all runs: what is left is not tried */

typedef struct tryout {
    yz_generation *generation;
    yz_share *share;
    yz_arena *arena;
    yz_diag *diag;
    const yz_chain_settings *chain;
    yz_link *links; /* room for its policies and the leaf */
    size_t n_policies;
    yz_str told; /* the policy of this chain that was told of last */
    int64_t until;
} tryout;

static void leaf(void *arg, yz_call *call, const yz_request *request, rehearsed *out) {
    (void)arg;
    (void)call;
    (void)request;
    out->text = YZ_STR("(check asks no provider)");
}

/* A key that takes the chain; of those that a ledger keeps nothing is known. NULL: nobody is asked for one. */
static const yz_key *key_of(const tryout *t) {
    static const yz_str all[] = {YZ_STR("*")};
    static const yz_key some = {YZ_KEY, .name = YZ_STR("check"), .tenant = YZ_STR("check"), .models = (yz_str *)(uintptr_t)all,
                                .n_models = 1};
    const yz_settings *s = t->generation->settings;
    if (!yz_explain_judges(t->chain))
        return NULL;
    for (size_t i = 0; i < s->n_keys; i++)
        if (yz_chain_may_take(s, t->chain, &s->keys[i]))
            return &s->keys[i].pub;
    return &some;
}

/* The stage of that policy, whose name is that of its file. */
static const yz_stage_settings *stage_of(const tryout *t, yz_str stem) {
    for (size_t i = 0; i < t->chain->n_stages; i++) {
        const yz_str *file = yz_stage_option(&t->chain->stages[i], "file", YZ_OPTION_STRING, NULL);
        const char *slash = file && file->n > 0 ? memrchr(file->p, '/', file->n) : NULL;
        yz_str name = file ? *file : YZ_STR("");
        if (slash)
            name = yz_str_at(slash + 1, (size_t)(file->p + file->n - slash) - 1);
        if (name.n >= stem.n && memcmp(name.p, stem.p, stem.n) == 0 && (name.n == stem.n || name.p[stem.n] == '.'))
            return &t->chain->stages[i];
    }
    return NULL;
}

static void tell(tryout *t, yz_str model) {
    const yz_lua *lua = t->share->lua;
    if (lua->failure.n == 0 || lua->failure_unsure || lua->outside_asked || (t->told.n > 0 && yz_str_eq(lua->failed, t->told)))
        return;
    t->told = lua->failed;
    const yz_stage_settings *stage = stage_of(t, lua->failed);
    yz_diag_at(t->diag, stage ? stage->at : t->chain->at);
    yz_diag_warn(t->diag, "policy \"%.*s\" fails when it is asked for \"%.*s\": %.*s", YZ_STR_ARGS(lua->failed), YZ_STR_ARGS(model),
                 YZ_STR_ARGS(lua->failure));
}

static void try_model(tryout *t, yz_str model) {
    static const yz_outside nothing;
    yz_request *request = yz_explain_question(t->arena, t->generation->settings, YZ_STR("Hello"));
    if (!request || yz_clock_us() > t->until)
        return;
    request->model = model;
    request->key = key_of(t);
    yz_lua *lua = t->share->lua;
    lua->outside = &nothing;
    lua->outside_asked = lua->failure_unsure = false;
    lua->failure = (yz_str){0};
    rehearsal r = {
        .worker = t->share->worker, .share = t->share, .leaf = leaf, .arena = t->arena, .links = t->links, .n_policies = t->n_policies};
    rehearse(&r, request);
    tell(t, model);
}

static void try_chain(tryout *t, const yz_chain *chain) {
    const yz_settings *s = t->generation->settings;
    t->links = yz_alloc(t->arena, (chain->n + 1) * sizeof *t->links);
    t->n_policies = yz_explain_policies(chain, t->links);
    t->told = (yz_str){0};
    if (t->n_policies == 0)
        return;
    try_model(t, YZ_STR("auto"));
    for (size_t i = 0; i < s->n_models; i++)
        if (s->models[i].n_targets > 0 && !s->models[i].pattern) {
            try_model(t, s->models[i].name);
            break;
        }
    for (const yz_stage_settings *w = yz_chain_find_stage(t->chain, "workflow", 0); w;
         w = yz_chain_find_stage(t->chain, "workflow", (size_t)(w - t->chain->stages) + 1))
        try_model(t, *(const yz_str *)yz_stage_option(w, "model", YZ_OPTION_STRING, NULL));
}

void yz_cli_try_policies(yz_generation *generation, yz_diag *diag) {
    tryout t = {.generation = generation,
                .share = &generation->shares[0],
                .arena = yz_arena_new(NULL),
                .diag = diag,
                .until = yz_clock_us() + MOST_US};
    yz_log_level_set(YZ_LOG_ERROR); /* what the log would say is said here */
    for (size_t i = 0; t.share->lua && i < generation->settings->n_chains; i++) {
        t.chain = &generation->settings->chains[i];
        try_chain(&t, yz_share_chain(t.share, t.chain));
    }
    yz_log_level_set(YZ_LOG_INFO); /* as it was */
    yz_arena_free(t.arena);
}
