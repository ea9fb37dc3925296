/* config/choose.c: which chain a request takes.
 *
 * What the operator fixed goes before what a client says: first the chain of the key, then that of the address, and only where neither
 * was said the model that is asked for. So nobody leaves the chain of an address by naming a model. Choosing is not letting in: whether
 * the key may do what it asks is still for the auth stage of the chain that was chosen, and a key nobody knows chooses nothing.
 *
 * A policy may change the model later; the request stays in its chain.
 */
#include "config/settings.h"

/* How well a pattern fits: 0 not at all, SIZE_MAX it is the name itself, else the longer the better. */
static size_t fit(yz_str pattern, yz_str model) {
    bool begins = pattern.n > 0 && pattern.p[pattern.n - 1] == '*';
    size_t n = begins ? pattern.n - 1 : pattern.n;
    if (begins ? model.n < n : model.n != n)
        return 0;
    if (n > 0 && memcmp(model.p, pattern.p, n) != 0)
        return 0;
    return begins ? pattern.n : SIZE_MAX;
}

static const yz_chain_settings *by_model(const yz_settings *settings, yz_str model) {
    const yz_chain_settings *best = settings->default_chain;
    size_t best_fit = 0;
    for (size_t i = 0; i < settings->n_chains; i++)
        for (size_t k = 0; k < settings->chains[i].models.n; k++) {
            size_t found = fit(settings->chains[i].models.items[k], model);
            if (found <= best_fit)
                continue;
            best = &settings->chains[i];
            best_fit = found;
        }
    return best;
}

const yz_chain_settings *yz_chain_choose(const yz_settings *settings, const yz_chain_settings *of_key, const yz_listen_settings *listen,
                                         yz_str model) {
    if (of_key)
        return of_key;
    if (listen && listen->chain)
        return listen->chain;
    return model.n > 0 ? by_model(settings, model) : settings->default_chain;
}

bool yz_chain_decided(const yz_settings *settings, const yz_chain_settings *of_key, const yz_listen_settings *listen) {
    return settings->n_chains == 1 || of_key || (listen && listen->chain);
}

const yz_listen_settings *yz_settings_listen(const yz_settings *settings, yz_str address) {
    for (size_t i = 0; i < settings->n_listens; i++)
        if (yz_str_eq(settings->listens[i].address, address))
            return &settings->listens[i];
    return NULL;
}
