/* lua/money.c: what a policy sees of money: req:estimate(model), the most that a request may cost, and req.key.balance. Both come from the
 * stage below that sets money aside (yz_filter.estimate), so that a policy reckons as that stage will. They are for choosing: what counts
 * is what the ledger says to that stage afterwards.
 */
#include "base/request.h"
#include "ledger/ledger.h"
#include "lua/run.h"

#define KEY         "yuzui.key"
#define NANO_OF_USD 1e9

/* The first stage below that sets money aside says what, and whose. False: there is none. */
static bool ask_below(const yz_policy_call *pc, const yz_request *request, yz_estimate *out) {
    const policy *p = pc->policy;
    for (size_t i = 0; i < p->n_below; i++) {
        const yz_filter *filter = p->below[i].plugin->filter;
        if (filter->size > offsetof(yz_filter, estimate) && filter->estimate) {
            *out = (yz_estimate){YZ_ESTIMATE, .most = -1};
            filter->estimate(p->below[i].config, pc->call, request, out);
            return true;
        }
    }
    return false;
}

static void push_usd(lua_State *L, bool known, double usd) {
    if (known)
        lua_pushnumber(L, usd);
    else
        lua_pushnil(L);
}

int policy_money_estimate(lua_State *L, const yz_policy_call *pc) {
    const yz_outside *outside = pc->lua->outside;
    yz_request asked = *pc->request;
    yz_estimate found = {YZ_ESTIMATE, .most = -1};
    double usd = 0;
    if (!lua_isnoneornil(L, 2)) {
        asked.model.p = luaL_checklstring(L, 2, &asked.model.n);
        if (!yz_str_eq(asked.model, pc->request->model))
            asked.target = NULL; /* it belongs to the other model */
    }
    if (outside && outside->estimate) {
        bool known = outside->estimate(outside->arg, asked.model, &usd);
        push_usd(L, known, usd);
    } else {
        bool known = ask_below(pc, &asked, &found) && found.most >= 0;
        push_usd(L, known, (double)found.most / NANO_OF_USD);
    }
    return 1;
}

static bool balance_of(const yz_policy_call *pc, double *usd) {
    const yz_outside *outside = pc->lua->outside;
    yz_ledger *ledger = pc->lua->share->ledger;
    yz_estimate found;
    int64_t nano;
    if (outside)
        return outside->balance && outside->balance(outside->arg, usd);
    if (!ledger || !ask_below(pc, pc->request, &found) || !yz_ledger_known(ledger, found.account, &nano))
        return false;
    *usd = (double)nano / NANO_OF_USD;
    return true;
}

/* Of the table of a key: what is not in it. */
static int on_key_index(lua_State *L) {
    const yz_policy_call *pc = yz_lua_of(L)->current;
    double usd = 0;
    bool asked = lua_type(L, 2) == LUA_TSTRING && strcmp(lua_tostring(L, 2), "balance") == 0;
    bool known = asked && pc && balance_of(pc, &usd);
    push_usd(L, known, usd);
    return 1;
}

void policy_money_open(lua_State *L) {
    luaL_newmetatable(L, KEY);
    lua_pushcfunction(L, on_key_index);
    lua_setfield(L, -2, "__index");
    lua_pushliteral(L, "key");
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 1);
}

void policy_money_of_key(lua_State *L) {
    luaL_getmetatable(L, KEY);
    lua_setmetatable(L, -2);
}
