/* cli/explain_stages.c: what each stage of the chain would do with the question, in its plugin's own words: for whose key it is, and for
 * the model and the targets that it comes to. Words that begin with "refused: " are the answer the stage gives.
 */
#include "base/arena.h"
#include "base/clock.h"
#include "cli/explain.h"
#include "plugin/loader.h"

#include <stdio.h>

const yz_target *yz_explain_target(const yz_explained *e, const yz_model_settings *found, const yz_target *target, yz_str model) {
    yz_target *named = yz_alloc(e->arena, sizeof *named);
    yz_str name = target->model;
    *named = *target;
    if (found->pattern && name.n > 0 && name.p[name.n - 1] == '*')
        named->model =
            yz_format(e->arena, "%.*s%.*s", (int)name.n - 1, name.p, (int)(model.n - found->name.n + 1), model.p + found->name.n - 1);
    return named;
}

static yz_question question_of(const yz_explained *e, const yz_request *request) {
    const yz_model_settings *found = yz_model_find(e->settings, request->model);
    size_t n = found ? found->n_targets : 0;
    const yz_target **targets = yz_alloc(e->arena, (n + 1) * sizeof *targets);
    const yz_price **prices = yz_alloc(e->arena, (n + 1) * sizeof *prices);
    for (size_t i = 0; i < n; i++) {
        targets[i] = yz_explain_target(e, found, found->targets[i], request->model);
        prices[i] = yz_settings_price(e->settings, targets[i], yz_clock_wall());
    }
    bool anybody = !request->key && yz_explain_judges(e->chain);
    return (yz_question){YZ_QUESTION, .request = request, .anybody = anybody, .targets = targets, .n_targets = n, .prices = prices};
}

/* The words of one stage for one question; empty: it leaves it alone. */
static yz_str words_of(const yz_stage_settings *stage, const yz_question *question, yz_buf *words) {
    words->n = 0;
    if (stage->plugin->filter->describe)
        stage->plugin->filter->describe(stage->config, question, words);
    return yz_buf_view(words);
}

static void put_stage(const char *name, yz_str words, bool json, yz_buf *out) {
    if (!json) {
        yz_buf_printf(out, "%-8s %.*s\n", name, YZ_STR_ARGS(words));
        return;
    }
    yz_buf_printf(out, "%s{\"stage\":", out->n > 0 && out->p[out->n - 1] == '}' ? "," : "");
    yz_buf_json_str(out, yz_str_of(name));
    yz_buf_lit(out, ",\"does\":");
    yz_buf_json_str(out, words);
    yz_buf_lit(out, "}");
}

/* A stage above the first policy meets the model that was asked for, one below it what came of it. */
void yz_explain_stages(const yz_explained *e, bool json, yz_buf *out) {
    const yz_question asked = question_of(e, e->request), served = question_of(e, e->r.served);
    bool below = false;
    yz_buf words = {0};
    for (size_t i = 0; i < e->chain->n_stages; i++) {
        const yz_stage_settings *stage = &e->chain->stages[i];
        below = below || stage->plugin == &yz_policy_plugin;
        yz_str said = words_of(stage, below ? &served : &asked, &words);
        if (said.n > 0)
            put_stage(stage->plugin->name, said, json, out);
    }
    yz_buf_free(&words);
}

bool yz_explain_refused(yz_explained *e, bool served) {
    const yz_str begin = YZ_STR("refused: ");
    const yz_question question = question_of(e, served ? e->r.served : e->request);
    bool below = false;
    yz_buf words = {0};
    for (size_t i = 0; i < e->chain->n_stages && e->refusal.n == 0; i++) {
        const yz_stage_settings *stage = &e->chain->stages[i];
        below = below || stage->plugin == &yz_policy_plugin;
        yz_str said = below == served ? words_of(stage, &question, &words) : (yz_str){0};
        if (said.n > begin.n && memcmp(said.p, begin.p, begin.n) == 0)
            e->refusal = yz_format(e->arena, "%s refuses it: %.*s", stage->plugin->name, (int)(said.n - begin.n), said.p + begin.n);
    }
    yz_buf_free(&words);
    return e->refusal.n > 0;
}
