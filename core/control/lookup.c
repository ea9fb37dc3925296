/* control/lookup.c: what a stage may ask about the generation its call runs on. */
#include "base/dialects.h"
#include "generation.h"

static const yz_settings *settings_of(const yz_call *call) {
    const yz_share *share = yz_call_chain(call)->share;
    return share ? share->settings : NULL;
}

size_t yz_targets(const yz_call *call, yz_str model, const yz_target *const **targets) {
    const yz_settings *settings = settings_of(call);
    const yz_model_settings *found = settings ? yz_model_find(settings, model) : NULL;
    if (!found)
        return 0;
    *targets = found->targets;
    return found->n_targets;
}

const yz_key *yz_key_find(const yz_call *call, yz_str credential) {
    const yz_settings *settings = settings_of(call);
    const yz_key_settings *found = settings && credential.n > 0 ? yz_settings_key(settings, credential) : NULL;
    return found ? &found->pub : NULL;
}

const yz_adapter *yz_dialect_find(const yz_call *call, yz_str dialect) {
    const yz_settings *settings = settings_of(call);
    return settings ? yz_dialects_find(&settings->dialects, dialect) : NULL;
}
