/* stored.c: whose account a request is for that names no model, since it is about what a provider stores.
 *
 * Nothing is kept here of who stores what: the client's dialect knows by the id alone (adapter.h: holds), so every account that speaks it
 * is shown to it, in the order of the config. Something new is stored at the first account that serves this key a model.
 */
#include "generation.h"
#include "upstream/provider_inner.h"

static bool allowed(const yz_request *request, yz_str model) { return !request->key || yz_key_allows(request->key, model); }

static bool serves_key(const yz_settings *settings, const yz_request *request, const yz_provider *provider) {
    for (size_t i = 0; i < settings->n_models; i++)
        for (size_t k = 0; k < settings->models[i].n_targets; k++)
            if (settings->models[i].targets[k]->provider == provider && allowed(request, settings->models[i].name))
                return true;
    return false;
}

static bool stores(const yz_call *call, const yz_settings *settings, const yz_request *request, const yz_target *account, yz_error *why) {
    const yz_adapter *from = request->dialect;
    if (strcmp(account->provider->adapter->dialect, from->dialect) != 0)
        return false;
    if (request->stored.n)
        return !from->holds || from->holds(call, request, account, why);
    return serves_key(settings, request, account->provider);
}

/* The account, or it as another adapter reaches it. */
static const yz_target *of_provider(const yz_call *call, const yz_settings *settings, const yz_request *request,
                                    const yz_provider_settings *provider, yz_error *why) {
    if (stores(call, settings, request, &provider->account, why))
        return &provider->account;
    for (size_t i = 0; i < provider->n_others; i++) {
        const yz_provider_settings *other = (const yz_provider_settings *)(const void *)provider->others[i].provider;
        bool again = !other || (i > 0 && provider->others[i - 1].provider == &other->pub);
        if (!again && stores(call, settings, request, &other->account, why))
            return &other->account;
    }
    return NULL;
}

/* Whom a stage above has named, as the adapter of the client's dialect reaches it. NULL: there is no such provider now. */
static const yz_target *keeper_of(const yz_settings *settings, const yz_request *request) {
    for (size_t i = 0; i < settings->n_providers; i++) {
        const yz_provider_settings *provider = settings->providers[i];
        const yz_adapter *adapter = provider->pub.adapter;
        bool speaks = adapter->local || strcmp(adapter->dialect, request->dialect->dialect) == 0;
        if (yz_str_eq(provider->pub.name, request->keeper) && speaks)
            return &provider->account;
    }
    return NULL;
}

static const yz_target *named_keeper(yz_call *call, const yz_request *request) {
    const yz_share *share = yz_call_chain(call)->share;
    const yz_target *account = share ? keeper_of(share->settings, request) : NULL;
    if (!account)
        yz_fail(call, YZ_ERROR_UNAVAILABLE, "the provider \"%.*s\", which keeps it, is not configured here any more",
                YZ_STR_ARGS(request->keeper));
    return account;
}

const yz_target *yz_stored_account(yz_call *call, const yz_request *request) {
    const yz_share *share = yz_call_chain(call)->share;
    if (request->keeper.n)
        return named_keeper(call, request);
    yz_error why = {YZ_ERROR, .class_ = YZ_ERROR_NOT_FOUND};
    for (size_t i = 0; share && i < share->settings->n_providers; i++) {
        const yz_target *account = of_provider(call, share->settings, request, share->settings->providers[i], &why);
        if (account)
            return account;
    }
    if (why.message.n == 0)
        why.message =
            yz_format(yz_call_arena(call), "no provider here speaks %s for this key, so nothing can be stored", request->dialect->dialect);
    yz_send_error(call, &why);
    return NULL;
}
