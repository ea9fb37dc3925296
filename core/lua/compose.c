/* lua/compose.c: policies of one chain, which know nothing of each other: whose matter an unknown model is, and how what each of them did
 * gets into one header. A guard that stands before a router passes "auto" on as it came; only the last of them must leave a model that
 * somebody serves.
 */
#include "base/request.h"
#include "lua/run.h"
#include "plugin/loader.h"

/* ---- where it stands --------------------------------------------------------------------------------------------------------- */

static const uint64_t CHAT = (uint64_t)1 << YZ_OP_CHAT, MODELS = (uint64_t)1 << YZ_OP_MODELS;

static bool policy_follows(const policy *p) {
    for (size_t i = 0; i < p->n_below; i++)
        if (p->below[i].plugin == &yz_policy_plugin)
            return true;
    return false;
}

/* The chain the policy stands in, and where; NULL: none, in tests. */
static const yz_chain_settings *chain_of(const policy *p, size_t *at) {
    const yz_settings *s = p->lua->share ? p->lua->share->settings : NULL;
    for (size_t i = 0; s && i < s->n_chains; i++)
        for (*at = 0; *at < s->chains[i].n_stages; (*at)++)
            if (s->chains[i].stages[*at].config == p->config)
                return &s->chains[i];
    return NULL;
}

int policy_place(policy *p, yz_diag *diag) {
    size_t at = 0;
    const yz_chain_settings *chain = chain_of(p, &at);
    p->operations = p->config->operations.n > 0 ? yz_operations_of(&p->config->operations) : CHAT;
    if (chain) {
        p->below = chain->stages + at + 1;
        p->n_below = chain->n_stages - at - 1;
    }
    p->more = policy_follows(p);
    if (p->config->serves.n > 0)
        return policy_workflow_check(p, chain, at, diag);
    bool guards = p->config->on_error == 1 && p->operations == CHAT;
    if (guards && chain && ~(chain->refuses | CHAT | MODELS) & YZ_ALL_OPERATIONS && yz_worker_index(p->worker) == 0)
        yz_diag_warn(diag,
                     "policy \"%.*s\" guards chat alone, but embeddings and the like pass it by: say operations = { \"all\" } in it, "
                     "or operations = { \"chat\", \"models\" } in the chain",
                     YZ_STR_ARGS(p->name));
    return YZ_OK;
}

/* ---- the model ----------------------------------------------------------------------------------------------------------------- */

bool policy_serves(const yz_policy_call *pc, yz_str model) {
    const policy *p = pc->policy;
    const yz_target *const *targets;
    if (yz_targets(pc->call, model, &targets) > 0)
        return true;
    for (size_t i = 0; i < p->n_below; i++)
        if (p->below[i].plugin == &yz_workflow_plugin && yz_str_eq(((const policy_config *)p->below[i].config)->serves, model))
            return true;
    return false;
}

bool policy_lost(const yz_policy_call *pc) {
    return !pc->policy->more && !yz_request_nameless(pc->request) && !policy_serves(pc, pc->request->model);
}

bool policy_chose(const yz_policy_call *pc) {
    return pc->policy->config->serves.n > 0 || !yz_str_eq(pc->request->model, yz_call_request(pc->call)->model);
}

void policy_fill_model(yz_policy_call *pc) {
    yz_str otherwise = pc->policy->config->otherwise;
    if (otherwise.n > 0 && policy_lost(pc) && !policy_chose(pc))
        policy_request_draft(pc)->model = otherwise;
}

/* ---- the note ------------------------------------------------------------------------------------------------------------------- */

static void put_decision(yz_buf *out, const yz_decision *decision) {
    if (!decision)
        return;
    put_decision(out, decision->earlier);
    if (out->n)
        yz_buf_lit(out, ", ");
    yz_buf_str(out, decision->policy);
    if (decision->failed)
        yz_buf_lit(out, "; failed");
    else if (decision->reason.n) {
        yz_buf_lit(out, "; ");
        yz_buf_str(out, decision->reason);
    }
}

/* Those above first: they decided first. */
static void put_above(yz_buf *out, const yz_record *record) {
    if (!record)
        return;
    put_above(out, record->parent);
    put_decision(out, record->decision);
}

void policy_note(yz_policy_call *pc, const yz_call *child) {
    yz_buf out = {0};
    put_above(&out, yz_call_record(pc->call));
    for (const yz_record *r = child ? yz_call_record(child) : NULL; r; r = r->answer)
        put_decision(&out, r->decision);
    yz_note(pc->call, "policy", yz_buf_view(&out));
    yz_buf_free(&out);
}
