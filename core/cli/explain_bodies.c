/* cli/explain_bodies.c: what becomes of a whole request for each target that may be asked: the first, those beside it, and those of the
 * models that are tried after it. A body of the target's own dialect goes as it came but for what the target does not take; any other is
 * written in its dialect. Both is done here as it is in service, and nothing is sent.
 */
#include "base/arena.h"
#include "base/put.h"
#include "base/word.h"
#include "cli/explain.h"
#include "dialect/losses.h"
#include "dialect/neutral.h"
#include "dialect/translate.h"

enum { MOST_MODELS = 16 }; /* in a row, each tried after the one before: they may lead in a circle */

typedef struct outcome {
    const yz_target *target;
    const char *dialect;
    bool translated;
    const yz_losses *lost;
    yz_str refusal; /* empty: it can be asked */
} outcome;

static void write_anew(const yz_explained *e, const yz_request *request, outcome *o) {
    const yz_adapter *to = o->target->provider->adapter;
    o->translated = true;
    if (request->op != YZ_OP_CHAT || !request->dialect->read || !to->write) {
        o->refusal = yz_format(e->arena, "it speaks %s, and this kind of request cannot be translated", to->dialect);
        return;
    }
    yz_written *written = yz_request_write(request, e->arena, o->target);
    o->lost = &written->losses; /* in the memory of the body */
    if (written->code < 0 && written->reading->error)
        o->refusal = written->reading->error->message;
    else if (written->code < 0)
        o->refusal = yz_format(e->arena, "its dialect %s cannot carry: %.*s", to->dialect,
                               YZ_STR_ARGS(o->lost->n ? yz_losses_said(o->lost, e->arena) : YZ_STR("this request")));
    yz_written_done(written);
}

static void mend(const yz_explained *e, const yz_request *request, outcome *o) {
    const yz_adapter *adapter = o->target->provider->adapter;
    yz_losses *lost = yz_losses_new(e->arena);
    if (adapter->mend)
        adapter->mend(request, o->target, e->arena, lost);
    o->lost = lost;
}

static outcome outcome_of(const yz_explained *e, const yz_target *target) {
    const yz_request *request = e->r.served;
    const yz_adapter *adapter = target->provider->adapter;
    const yz_provider_settings *provider = (const yz_provider_settings *)(const void *)target->provider;
    outcome o = {.target = target, .dialect = adapter->dialect, .lost = yz_losses_new(e->arena)};
    if (adapter->local)
        return o; /* it reads no body */
    if (!yz_word_is(adapter->dialect, request->dialect->dialect) || yz_rewrites(request, target))
        write_anew(e, request, &o);
    else
        mend(e, request, &o);
    bool strict = provider->strict || request->strict || (request->key && request->key->strict);
    if (o.refusal.n == 0 && strict && o.lost->n > 0)
        o.refusal = yz_format(e->arena, "%s is strict, and would lose %.*s",
                              provider->strict  ? "it"
                              : request->strict ? "the client"
                                                : "the key",
                              YZ_STR_ARGS(yz_losses_said(o.lost, e->arena)));
    return o;
}

/* ---- all of them ------------------------------------------------------------------------------------------------------------ */

static void put_line(const yz_explained *e, const outcome *o, void *arg) {
    yz_buf *out = arg;
    yz_str lost = yz_losses_said(o->lost, e->arena);
    if (!o->translated && lost.n == 0 && o->refusal.n == 0)
        return; /* as it came */
    yz_buf_printf(out, "body     %.*s: ", YZ_STR_ARGS(yz_target_name(e->arena, o->target)));
    if (o->refusal.n)
        yz_buf_printf(out, "refused: %.*s\n", YZ_STR_ARGS(o->refusal));
    else
        yz_buf_printf(out, "%s%s%s%.*s\n", o->translated ? "written in " : "as it came", o->translated ? o->dialect : "",
                      lost.n ? "; lost: " : "", YZ_STR_ARGS(lost));
}

static void put_object(const yz_explained *e, const outcome *o, void *arg) {
    yz_buf *out = arg;
    yz_buf_lit(out, out->n ? ",{\"target\":" : "{\"target\":");
    yz_buf_json_str(out, yz_target_name(e->arena, o->target));
    yz_buf_printf(out, ",\"dialect\":\"%s\",\"translated\":%s,\"lost\":[", o->dialect, o->translated ? "true" : "false");
    for (size_t i = 0; i < o->lost->n; i++) {
        yz_buf_lit(out, i ? "," : "");
        yz_buf_json_str(out, o->lost->names[i]);
    }
    yz_buf_lit(out, "],\"refused\":");
    if (o->refusal.n)
        yz_buf_json_str(out, o->refusal);
    else
        yz_buf_lit(out, "null");
    yz_buf_lit(out, "}");
}

/* Calls `see` for each target in the order they would be asked in. */
static void each_target(const yz_explained *e, void (*see)(const yz_explained *e, const outcome *o, void *arg), void *arg) {
    const yz_str *model = e->whole && e->r.served && e->refusal.n == 0 ? &e->r.served->model : NULL;
    for (int n = 0; model && n < MOST_MODELS; n++, model = yz_explain_model_after(e->chain, *model)) {
        const yz_model_settings *found = yz_model_find(e->settings, *model);
        for (size_t i = 0; found && i < found->n_targets; i++) {
            outcome o = outcome_of(e, yz_explain_target(e, found, found->targets[i], *model));
            see(e, &o, arg);
        }
    }
}

void yz_explain_bodies(const yz_explained *e, bool json, yz_buf *out) { each_target(e, json ? put_object : put_line, out); }

typedef struct tally {
    size_t n, refused;
} tally;

static void see_tally(const yz_explained *e, const outcome *o, void *arg) {
    tally *t = arg;
    (void)e;
    t->n++;
    t->refused += o->refusal.n > 0;
}

bool yz_explain_unwritten(const yz_explained *e) {
    tally t = {0};
    each_target(e, see_tally, &t);
    return t.n > 0 && t.n == t.refused;
}
