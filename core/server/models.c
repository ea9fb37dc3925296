/* models.c: GET /v1/models and /v1/models/NAME, answered by the gateway itself, at the end of the chain. See models.h for why there. And
 * before anything else, whether the chain serves what is asked for at all (its option `operations`).
 *
 * Listed is what the config names and the request's key may use; of a pattern that it may use in part, the names that the key itself has.
 * The answer is written by the adapter of the path that was asked, in its dialect.
 */
#include "server/models.h"

#include "base/clock.h"
#include "base/request.h"
#include "call/tree.h"
#include "generation.h"

/* Of a model of several targets the last end counts: until then somebody serves it. */
static int64_t ends(const yz_settings *settings, const yz_model_settings *model, int64_t now) {
    int64_t last = 0;
    for (size_t i = 0; i < model->n_targets; i++) {
        const yz_price *price = model->pattern ? NULL : yz_settings_price(settings, model->targets[i], now);
        if (!price || price->ends == 0)
            return 0;
        last = price->ends > last ? price->ends : last;
    }
    return last;
}

static void give(yz_call *call, const yz_buf *out) {
    yz_head head = {YZ_HEAD, .status = 200, .content_type = YZ_STR("application/json"), .length = (int64_t)out->n};
    yz_send_head(call, &head);
    if (!yz_ended(call))
        yz_send_chunk(call, &(yz_chunk){YZ_CHUNK, .bytes = yz_buf_view(out)});
    if (!yz_ended(call))
        yz_send_end(call, &(yz_end){YZ_END});
}

/* A name that a pattern serves is there as well, though no list holds it. */
static void answer_one(yz_call *call, const yz_request *request, const yz_settings *settings) {
    yz_str name = request->model;
    const yz_model_settings *model = yz_model_find(settings, name);
    bool there = model && (!request->key || yz_key_allows(request->key, name));
    if (!there || !request->dialect->write_model) {
        yz_error error = {YZ_ERROR, .class_ = YZ_ERROR_NOT_FOUND, .code = YZ_STR("model_not_found"), .param = YZ_STR("model")};
        error.message = yz_format(yz_call_arena(call), "there is no model \"%.*s\" here, or not for this key",
                                  (int)(name.n < 100 ? name.n : 100), name.p);
        yz_send_error(call, &error);
        return;
    }
    yz_buf out = {0};
    int64_t now = yz_clock_wall();
    yz_listed listed = {YZ_LISTED, .name = name, .ends = ends(settings, model, now)};
    request->dialect->write_model(&listed, now, &out);
    give(call, &out);
    yz_buf_free(&out);
}

/* The list as it is made. */
typedef struct listing {
    const yz_settings *settings;
    yz_arena *arena;
    const yz_listed **models;
    size_t n;
    int64_t now;
} listing;

static void list(listing *l, const yz_model_settings *model, yz_str name) {
    for (size_t i = 0; i < l->n; i++)
        if (yz_str_eq(l->models[i]->name, name))
            return;
    yz_listed *listed = yz_alloc(l->arena, sizeof(*listed));
    *listed = (yz_listed){YZ_LISTED, .name = name, .ends = ends(l->settings, model, l->now)};
    l->models[l->n++] = listed;
}

/* What a key may use of a pattern that it may not use as a whole: the names that it, or a group it is in, has itself. */
static void list_named(listing *l, const yz_key *key, const yz_str *names, size_t n) {
    for (size_t i = 0; i < n; i++) {
        const yz_model_settings *model = yz_key_allows(key, names[i]) ? yz_model_find(l->settings, names[i]) : NULL;
        if (model && model->pattern)
            list(l, model, names[i]);
    }
}

static size_t count_names(const yz_key *key) {
    size_t n = key ? key->n_models : 0;
    for (size_t i = 0; key && i < key->n_scopes; i++)
        n += key->scopes[i]->n_models;
    return n;
}

static void answer(yz_call *call, const yz_request *request, const yz_settings *settings) {
    const yz_key *key = request->key;
    listing l = {.settings = settings, .arena = yz_call_arena(call), .now = yz_clock_wall()};
    l.models = yz_alloc(l.arena, (settings->n_models + count_names(key) + 1) * sizeof(*l.models));
    for (size_t i = 0; i < settings->n_models; i++)
        if (!key || yz_key_allows(key, settings->models[i].name))
            list(&l, &settings->models[i], settings->models[i].name);
    if (key)
        list_named(&l, key, key->models, key->n_models);
    for (size_t i = 0; key && i < key->n_scopes; i++)
        list_named(&l, key, key->scopes[i]->models, key->scopes[i]->n_models);
    yz_buf out = {0};
    request->dialect->write_models(l.models, l.n, l.now, &out);
    give(call, &out);
    yz_buf_free(&out);
}

static const yz_chain_settings *settings_of(const yz_chain *chain) { return &chain->share->settings->chains[chain - chain->share->chains]; }

static void on_call(yz_call *call, const yz_request *request) {
    const yz_chain_settings *chain = settings_of(yz_call_chain(call));
    bool probe = request->op == YZ_OP_MODELS && request->target; /* that target's own list is meant */
    if (probe)
        yz_pass(call, request);
    else if (chain->refuses >> request->op & 1)
        yz_fail(call, YZ_ERROR_FORBIDDEN, "this key or address may not ask for %s here", yz_op_word(request->op));
    else if (request->op != YZ_OP_MODELS)
        yz_pass(call, request);
    else if (request->model.n > 0)
        answer_one(call, request, yz_call_chain(call)->share->settings);
    else if (!request->dialect->write_models)
        yz_fail(call, YZ_ERROR_NOT_FOUND, "this dialect has no list of models");
    else
        answer(call, request, yz_call_chain(call)->share->settings);
}

const yz_filter yz_models_filter = {YZ_FILTER, .on_call = on_call};
