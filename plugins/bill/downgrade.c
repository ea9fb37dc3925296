/* downgrade.c: where a budget does not cover the model asked for, a cheaper one answers, if whoever set the budget has said which. The hold
 * for it is one like any other, so a budget stays exact; and the client is told, in x-yuzui-downgraded, the log and the explanation.
 */
#include "bill.h"

static yz_str model_of(const yz_key *key) {
    for (size_t i = 0; i < key->n_scopes; i++)
        if (key->scopes[i]->size > offsetof(yz_scope, downgrade) && key->scopes[i]->downgrade.n > 0)
            return key->scopes[i]->downgrade;
    return YZ_STR("");
}

const yz_request *downgrade(yz_call *call, size_t budget) {
    const yz_request *request = yz_call_request(call);
    bill_state *s = yz_state(call), cheaper = *s;
    const yz_target *unpriced;
    yz_str model = model_of(request->key);
    if (s->downgraded || model.n == 0 || yz_str_eq(model, request->model))
        return NULL;
    yz_request *instead = yz_request_copy(yz_call_arena(call), request);
    instead->model = yz_dup(yz_call_arena(call), model);
    instead->target = NULL; /* it belongs to the other model */
    bool serves = bound_serves(call, instead) && bill_bound(yz_config(call), call, instead, &cheaper, &unpriced) == YZ_OK;
    if (!serves || cheaper.held >= s->held)
        return NULL;
    *s = cheaper;
    s->downgraded = true;
    yz_note(call, "downgraded",
            yz_format(yz_call_arena(call), "%.*s to %.*s: %.*s", YZ_STR_ARGS(request->model), YZ_STR_ARGS(model),
                      YZ_STR_ARGS(budget_name(call, request->key, budget))));
    return s->instead = instead;
}
