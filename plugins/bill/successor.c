/* successor.c: where the time of a model is over, the one that its seller says to use instead, if the operator wants that. It is held for
 * and priced as if it had been asked for, and the client is told, in x-yuzui-redirected, the log and the explanation.
 */
#include "bill.h"

enum { STEPS = 8 }; /* a successor's own time may be over, and two may name each other */

/* The key's list of models binds here, too: who may not ask for a model is not sent there either. */
static bool may_go(const yz_call *call, const yz_request *request) {
    bool allowed = !request->key || yz_key_allows(request->key, request->model);
    return allowed && bound_serves(call, request);
}

static yz_str named_by(const yz_call *call, const yz_target *ended, int64_t at) {
    yz_str name = {0};
    const yz_price *price = yz_price_find(call, ended, at);
    if (price)
        (void)yz_price_ended(price, at, &name);
    return name;
}

const yz_request *successor_find(const bill_config *cfg, const yz_call *call, const yz_request *request, const yz_target *ended,
                                 bill_state *s) {
    bill_state found = *s;
    yz_request *instead = yz_request_copy(yz_call_arena(call), request);
    int code = YZ_EUNSUPPORTED;
    instead->target = NULL; /* it belongs to the model that is gone */
    for (int i = 0; i < STEPS && code == YZ_EUNSUPPORTED; i++) {
        instead->model = named_by(call, ended, found.at);
        if (instead->model.n == 0 || !may_go(call, instead))
            return NULL;
        code = bill_bound(cfg, call, instead, &found, &ended);
    }
    if (code != YZ_OK && !(code == YZ_ENOTFOUND && cfg->unpriced == ALLOW))
        return NULL;
    *s = found;
    return instead;
}

const yz_request *successor(yz_call *call, const yz_request *request, const yz_target *ended) {
    bill_state *s = yz_state(call);
    const yz_request *instead = successor_find(yz_config(call), call, request, ended, s);
    if (!instead)
        return NULL;
    s->redirected_from = request->model;
    yz_note(
        call, "redirected",
        yz_format(yz_call_arena(call), "%.*s to %.*s: it is no longer served", YZ_STR_ARGS(request->model), YZ_STR_ARGS(instead->model)));
    return instead;
}
