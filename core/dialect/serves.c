/* dialect/serves.c: may a target be asked this? (yuzui/adapter.h has the contract) */
#include "base/word.h"
#include "dialect/chat.h"
#include "dialect/embed.h"
#include "dialect/film.h"

/* Where that is nobody wants to know yet, so it is kept nowhere: a call that has no arena by now, as of a session, need not get one. */
static bool has_place(const yz_request *request, const yz_target *target) {
    yz_endpoint endpoint = {YZ_ENDPOINT};
    yz_arena *scratch = yz_arena_open();
    int code = target->provider->adapter->endpoint(target->provider, request, target, scratch, &endpoint);
    yz_arena_free(scratch);
    return code != YZ_EUNSUPPORTED;
}

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
    return !adapter->endpoint || has_place(request, target);
}
