/* dialect/serves.c: may a target be asked this? (yuzui/adapter.h has the contract) */
#include "base/word.h"
#include "dialect/chat.h"
#include "dialect/embed.h"
#include "dialect/film.h"

bool yz_serves(const yz_call *call, const yz_target *target, const yz_request *request) {
    const yz_adapter *adapter = target->provider->adapter;
    bool same = request->dialect && yz_word_is(adapter->dialect, request->dialect->dialect);
    if (request->op == YZ_OP_COUNT && request->dialect && request->dialect->write_count)
        return true; /* estimated, if it must be */
    yz_error why = {YZ_ERROR};
    if (request->dialect && request->dialect->holds && !request->dialect->holds(call, request, target, &why))
        return false;
    if (adapter->local || (same && request->op == YZ_OP_CHAT))
        return true;
    if (!same)
        return (request->op == YZ_OP_CHAT && adapter->write) ||
               (request->op == YZ_OP_IMAGE && adapter->write && yz_chat_writes(adapter, "modalities")) ||
               (request->op == YZ_OP_EMBEDDING && yz_embed_crosses(request->dialect, adapter)) ||
               (request->op == YZ_OP_VIDEO && yz_film_crosses(request->dialect, adapter));
    yz_endpoint endpoint = {YZ_ENDPOINT};
    return !adapter->endpoint || adapter->endpoint(target->provider, request, target, yz_call_arena(call), &endpoint) != YZ_EUNSUPPORTED;
}
