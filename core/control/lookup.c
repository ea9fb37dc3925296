/* control/lookup.c: what a stage may ask about the generation its call runs on.
 *
 * A model may be a pattern. What it comes to for one name is made when that name is first asked for, and kept as long as the share, since
 * targets live that long. Names are the clients', so their number is bounded: beyond it a name nobody has asked for before is unknown.
 */
#include "base/arena.h"
#include "base/check.h"
#include "base/dialects.h"
#include "base/put.h"
#include "base/request.h"
#include "config/proof.h"
#include "config/settings.h"
#include "generation.h"
#include "people/people.h"
#include "worker.h"

#include <stdlib.h>

#define MOST_EXPANSIONS 8192
#define LONGEST_NAME    256

typedef struct expansion {
    yz_str model; /* empty: the place is free */
    const yz_target **targets;
} expansion;

/* A table with open places, at most half full. */
struct yz_expansions {
    yz_arena *arena;
    size_t n;
    expansion places[2 * MOST_EXPANSIONS];
};

static size_t place_of(const struct yz_expansions *all, yz_str model) {
    uint64_t hash = 14695981039346656037u; /* FNV-1a */
    for (size_t i = 0; i < model.n; i++)
        hash = (hash ^ (unsigned char)model.p[i]) * 1099511628211u;
    size_t at = (size_t)(hash ^ hash >> 32) % (2 * MOST_EXPANSIONS);
    while (all->places[at].model.n > 0 && !yz_str_eq(all->places[at].model, model))
        at = (at + 1) % (2 * MOST_EXPANSIONS);
    return at;
}

static bool can_be_named(yz_str model) {
    for (size_t i = 0; i < model.n; i++)
        if ((unsigned char)model.p[i] <= ' ' || model.p[i] == 0x7f)
            return false;
    return model.n > 0 && model.n <= LONGEST_NAME;
}

/* "gpt-*" with what the name has after "gpt-". */
static yz_str fill(yz_arena *arena, yz_str pattern, yz_str rest) {
    if (pattern.n == 0 || pattern.p[pattern.n - 1] != '*')
        return pattern;
    return yz_join(arena, (yz_str){pattern.p, pattern.n - 1}, rest, YZ_STR(""));
}

static void expand(struct yz_expansions *all, expansion *into, const yz_model_settings *found, yz_str model) {
    yz_arena *arena = all->arena;
    yz_str name = yz_dup(arena, model);
    yz_str rest = {name.p + found->name.n - 1, name.n - (found->name.n - 1)};
    into->targets = yz_alloc(arena, (found->n_targets + 1) * sizeof(*into->targets));
    for (size_t i = 0; i < found->n_targets; i++) {
        yz_target *target = yz_alloc(arena, sizeof(*target));
        *target = *found->targets[i];
        target->model = fill(arena, target->model, rest);
        target->provider = yz_provider_for(target->provider, target->model);
        const yz_provider_settings *provider = YZ_CONTAINER(target->provider, yz_provider_settings, pub);
        if (provider->flavours)
            target->facts = yz_flavours_model(provider->flavours, provider->flavour, target->model);
        into->targets[i] = target;
    }
    into->model = name;
    all->n++;
}

static const yz_target **expanded(yz_share *share, const yz_model_settings *found, yz_str model) {
    if (!can_be_named(model))
        return NULL;
    if (!share->expansions) {
        share->expansions = yz_calloc(1, sizeof(*share->expansions));
        share->expansions->arena = yz_arena_new(NULL);
    }
    struct yz_expansions *all = share->expansions;
    expansion *place = &all->places[place_of(all, model)];
    if (place->model.n == 0 && all->n == MOST_EXPANSIONS)
        return NULL;
    if (place->model.n == 0)
        expand(all, place, found, model);
    return place->targets;
}

void yz_expansions_free(yz_share *share) {
    if (share->expansions)
        yz_arena_free(share->expansions->arena);
    free(share->expansions);
    share->expansions = NULL;
}

/* Those of them that the request may be sent to, in the call's arena. */
static size_t within(const yz_call *call, const yz_request *request, const yz_target *const **targets, size_t n) {
    const yz_target **some = yz_alloc(yz_call_arena(call), (n + 1) * sizeof(*some));
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (yz_request_within(request, (*targets)[i]->provider->name))
            some[kept++] = (*targets)[i];
    *targets = some;
    return kept;
}

size_t yz_targets(const yz_call *call, yz_str model, const yz_target *const **targets) {
    yz_share *share = yz_call_chain(call)->share;
    const yz_model_settings *found = share ? yz_model_find(share->settings, model) : NULL;
    if (!found)
        return 0;
    *targets = found->pattern ? expanded(share, found, model) : found->targets;
    const yz_request *request = yz_call_request(call);
    size_t n = *targets ? found->n_targets : 0;
    return n > 0 && request && request->n_within > 0 ? within(call, request, targets, n) : n;
}

/* "gpt-5.2" of "gpt-*" is "vendor/gpt-5.2" where that target serves "vendor/" and whatever follows. Empty: it does not serve it. */
static yz_str called(const yz_call *call, const yz_model_settings *model, const yz_target *serves, const yz_target *target) {
    yz_str has = serves->model, asked = target->model, name = model->name;
    bool same = yz_str_eq(serves->provider->name, target->provider->name);
    if (same && !model->pattern)
        return yz_str_eq(has, asked) ? name : YZ_STR("");
    bool open = model->pattern && has.n > 0 && has.p[has.n - 1] == '*' && asked.n >= has.n && memcmp(asked.p, has.p, has.n - 1) == 0;
    if (!same || !open)
        return YZ_STR("");
    yz_str rest = {asked.p + has.n - 1, asked.n - (has.n - 1)};
    return yz_join(yz_call_arena(call), (yz_str){name.p, name.n - 1}, rest, YZ_STR(""));
}

yz_str yz_model_called(const yz_call *call, const yz_key *key, const yz_target *target) {
    const yz_share *share = yz_call_chain(call)->share;
    for (size_t i = 0; share && i < share->settings->n_models; i++) {
        const yz_model_settings *model = &share->settings->models[i];
        for (size_t k = 0; k < model->n_targets; k++) {
            yz_str name = called(call, model, model->targets[k], target);
            if (name.n > 0 && (!key || yz_key_allows(key, name)))
                return name;
        }
    }
    return YZ_STR("");
}

const yz_price *yz_price_find(const yz_call *call, const yz_target *target, int64_t at) {
    const yz_share *share = yz_call_chain(call)->share;
    return share ? yz_price_of_size(yz_settings_price(share->settings, target, at), yz_call_request(call)) : NULL;
}

/* The config's keys first: an operator who is locked out of the ledger gets in by them. */
static const yz_key *known(const yz_key_settings *said, yz_people_seat *people, yz_str credential, yz_arena *arena) {
    if (said || credential.n == 0)
        return said ? &said->pub : NULL;
    const yz_member *kept = yz_people_find(people, credential, arena);
    return kept ? &kept->pub : NULL;
}

const yz_key *yz_key_find(const yz_call *call, yz_str credential) {
    const yz_share *share = yz_call_chain(call)->share;
    const yz_key_settings *said = share && credential.n > 0 ? yz_settings_key(share->settings, credential) : NULL;
    return share ? known(said, share->people, credential, yz_call_arena(call)) : NULL;
}

const yz_key *yz_arrival_key(const yz_arrival *arrival) {
    yz_str credential = arrival->request->credential;
    const yz_key_settings *said = credential.n > 0 ? yz_proof_key(arrival->proof, arrival->settings, credential) : NULL;
    return known(said, arrival->people, credential, arrival->arena);
}

const yz_adapter *yz_dialect_find(const yz_call *call, yz_str dialect) {
    const yz_share *share = yz_call_chain(call)->share;
    return share ? yz_dialects_find(&share->settings->dialects, dialect) : NULL;
}
