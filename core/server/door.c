/* door.c: see door.h.
 *
 * Which chain a request takes may hang on its model, which stands in the body. Then a request is turned away only if every chain it could
 * take refuses it, and nobody's word for who asks is taken: it is found out again, by the chain it is.
 */
#include "server/door.h"

#include "people/people.h"
#include "server/refusal.h"

/* ---- which chain ---------------------------------------------------------------------------------------------------- */

static const yz_listen_settings *listen_of(const yz_exchange *x) { return yz_settings_listen(x->asked.settings, x->asked.address); }

static const yz_chain_settings *chain_named(const yz_settings *settings, yz_str name) {
    for (size_t i = 0; i < settings->n_chains && name.n > 0; i++)
        if (yz_str_eq(settings->chains[i].name, name))
            return &settings->chains[i];
    return NULL;
}

/* A key of the config, or one that the ledger keeps, chooses before anybody has judged it; whether it is let in is for the chain it chose.
 */
static const yz_chain_settings *chain_of_key(const yz_exchange *x) {
    const yz_settings *s = x->asked.settings;
    yz_str credential = x->asked.request.credential;
    bool kept = x->share->people != NULL;
    if (credential.n == 0 || s->n_chains == 1 || (!s->keys_choose && !kept))
        return NULL;
    const yz_key_settings *key = yz_proof_key(x->proof, s, credential);
    if (key)
        return key->chain;
    const yz_member *member = kept ? yz_people_find(x->share->people, credential, x->arena) : NULL;
    return member ? chain_named(s, member->chain) : NULL;
}

static size_t hearing(const yz_chain *chain) {
    size_t at = 0;
    while (at < chain->n && !chain->links[at].filter->hears)
        at++;
    return at;
}

/* The path is there where one has such a stage. */
static const yz_chain *hearing_chain(const yz_share *share) {
    size_t i = 0;
    while (i + 1 < share->n_chains && hearing(&share->chains[i]) == share->chains[i].n)
        i++;
    return &share->chains[i];
}

size_t yz_door_link(const yz_exchange *x, const yz_chain *chain) { return x->asked.local == YZ_LOCAL_HOOK ? hearing(chain) : 0; }

const yz_chain *yz_door_chain(const yz_exchange *x) {
    const yz_share *share = x->share;
    if (x->chain)
        return x->chain;
    if (x->asked.local == YZ_LOCAL_ADMIN)
        return &share->admin;
    if (x->asked.local == YZ_LOCAL_SELF)
        return &share->self;
    if (x->asked.local == YZ_LOCAL_MEDIA)
        return &share->media;
    if (x->asked.local == YZ_LOCAL_HOOK)
        return hearing_chain(share);
    if (share->settings->n_chains == 1)
        return &share->chains[0];
    return yz_share_chain(share, yz_chain_choose(share->settings, chain_of_key(x), listen_of(x), x->asked.request.model));
}

/* ---- at the head ---------------------------------------------------------------------------------------------------- */

/* How many stages of the chain the request gets to when one refuses it; 0: none does. */
static size_t refused_after(const yz_exchange *x, const yz_chain *chain, yz_arrival *arrival) {
    *arrival = (yz_arrival){YZ_ARRIVAL,        .worker = x->front->worker, .request = &x->asked.request, .settings = x->asked.settings,
                            .proof = x->proof, .arena = x->arena,          .people = x->share->people};
    for (size_t i = 0; i < chain->n && chain->links[i].filter->on_arrival; i++) {
        arrival->config = chain->links[i].config;
        arrival->stage = chain->links[i].stage;
        if (!chain->links[i].filter->on_arrival(arrival))
            return i + 1;
    }
    return 0;
}

/* The call that refuses it runs through the default chain: that is the one without a model. */
static bool any_lets_in(yz_exchange *x) {
    const yz_settings *settings = x->asked.settings;
    const yz_chain *first = yz_share_chain(x->share, settings->default_chain);
    yz_arrival arrival;
    size_t reach = refused_after(x, first, &arrival);
    if (reach == 0)
        return true;
    for (size_t i = 0; i < settings->n_chains; i++)
        if (settings->chains[i].models.n > 0 && refused_after(x, &x->share->chains[i], &arrival) == 0)
            return true;
    x->chain = first;
    x->reach = reach;
    return false;
}

bool yz_door_arrive(yz_exchange *x) {
    const yz_settings *settings = x->asked.settings;
    bool admin = x->asked.local == YZ_LOCAL_ADMIN;
    if (x->asked.local != YZ_LOCAL_NONE && !admin)
        return true;
    bool decided =
        admin || settings->n_chains == 1 || x->asked.request.model.n > 0 || yz_chain_decided(settings, chain_of_key(x), listen_of(x));
    if (!decided)
        return any_lets_in(x);
    yz_arrival arrival;
    x->chain = yz_door_chain(x);
    x->reach = refused_after(x, x->chain, &arrival);
    x->asked.request.key = arrival.key;
    return x->reach == 0;
}

/* Is it a key of the config that it came under, and none of today's? */
static bool is_revoked(const yz_exchange *x) {
    const yz_share *now = x->front->worker->share;
    yz_str key = x->asked.request.credential;
    return now && now != x->share && key.n && yz_settings_key(x->asked.settings, key) && !yz_settings_key(now->settings, key) &&
           !(now->people && yz_people_find(now->people, key, x->arena));
}

const yz_error *yz_door_again(yz_exchange *x) {
    if (is_revoked(x))
        return yz_refusal(x->arena, YZ_ERROR_AUTH, 0, "this API key is not known here any more");
    x->asked.request.key = NULL;
    x->chain = NULL;
    yz_door_arrive(x);
    return NULL;
}
