/* cli/explain_show.c: what `yuzui explain` prints: every policy, every candidate for the answer, and what was made up. */
#include "base/arena.h"
#include "cli/explain.h"
#include "dialect/collect.h"

#include <stdio.h>

/* ---- what of the chain matters here ------------------------------------------------------------------------------------------------- */

static const yz_stage_settings *find_stage(const yz_chain_settings *chain, const char *name) {
    for (size_t i = 0; i < chain->n_stages; i++)
        if (strcmp(chain->stages[i].plugin->name, name) == 0)
            return &chain->stages[i];
    return NULL;
}

bool yz_explain_judges(const yz_chain_settings *chain) { return find_stage(chain, "auth") != NULL; }

/* The options of stages that map models to models say it. */
const yz_str *yz_explain_model_after(const yz_chain_settings *chain, yz_str model) {
    for (size_t i = 0; i < chain->n_stages; i++) {
        const yz_stage_settings *stage = &chain->stages[i];
        for (size_t o = 0; o < stage->plugin->n_options; o++) {
            const yz_option *option = &stage->plugin->options[o];
            const yz_map *map = (const yz_map *)(const void *)((const char *)stage->config + option->offset);
            bool maps = option->models && option->type == YZ_OPTION_MAP;
            for (size_t k = 0; maps && k < map->n; k++)
                if (yz_str_eq(map->items[k].name, model))
                    return &map->items[k].value;
        }
    }
    return NULL;
}

/* ---- candidates ----------------------------------------------------------------------------------------------------------------- */

/* "provider/model", of a pattern with the name filled in. */
static yz_str target_name(const yz_explained *e, const yz_model_settings *found, const yz_target *target, yz_str model) {
    return yz_target_name(e->arena, yz_explain_target(e, found, target, model));
}

static void print_target(const yz_target *target, yz_str name, size_t i, bool json) {
    const yz_provider_settings *provider = (const yz_provider_settings *)(const void *)target->provider;
    yz_str missing = provider->key_missing;
    if (json) {
        printf("%s\"%.*s\"", i ? "," : "", YZ_STR_ARGS(name));
        return;
    }
    printf("%s%.*s", i ? ", " : "", YZ_STR_ARGS(name));
    if (missing.n > 0)
        printf(" (no key: %.*s is not set)", YZ_STR_ARGS(missing));
}

static void print_targets(const yz_explained *e, yz_str model, bool json) {
    const yz_model_settings *found = yz_model_find(e->settings, model);
    for (size_t i = 0; found && i < found->n_targets; i++)
        print_target(found->targets[i], target_name(e, found, found->targets[i], model), i, json);
}

/* The models that are tried when every target of one has failed, one line each. */
static void print_after(const yz_explained *e, yz_str model) {
    const yz_str *next = yz_explain_model_after(e->chain, model);
    for (size_t hops = 0; next && hops < 16; hops++, next = yz_explain_model_after(e->chain, *next)) {
        printf("then     %.*s: ", YZ_STR_ARGS(*next));
        print_targets(e, *next, false);
        printf("\n");
    }
}

/* ---- words ---------------------------------------------------------------------------------------------------------------------- */

static yz_str answer_text(const rehearsal *r) {
    return r->answer ? yz_json_unescape(r->arena, yz_buf_view(&r->answer->text)) : (yz_str){0};
}

static void print_policies(const rehearsal *r) {
    for (size_t i = 0; i < r->n_decisions; i++) {
        const yz_decision *d = &r->decisions[i];
        bool several = r->n_decisions > 1;
        printf("policy   %.*s", YZ_STR_ARGS(d->policy));
        if (several && d->chosen.n > 0 && !yz_str_eq(d->asked, d->chosen))
            printf(": %.*s -> %.*s", YZ_STR_ARGS(d->asked), YZ_STR_ARGS(d->chosen));
        if (several && d->reason.n > 0 && !d->failed)
            printf(" (%.*s)", YZ_STR_ARGS(d->reason));
        printf("%s%.*s\n", d->failed ? " failed: " : "", d->failed ? (int)d->reason.n : 0, d->reason.p ? d->reason.p : "");
    }
    if (r->n_policies == 0)
        printf("policy   none in this chain\n");
}

static void print_lines(const yz_explained *e, void (*lines_of)(const yz_explained *e, bool json, yz_buf *out)) {
    yz_buf lines = {0};
    lines_of(e, false, &lines);
    printf("%.*s", YZ_STR_ARGS(yz_buf_view(&lines)));
    yz_buf_free(&lines);
}

/* What was not as it would be in service. */
static void print_made_up(const yz_explained *e) {
    const rehearsal *r = &e->r;
    if (!e->key && yz_explain_judges(e->chain))
        printf("made up  a key that may ask for everything: --key NAME asks as one of the config's\n");
    if (!e->model_made_up && r->failed && yz_str_is(e->asked, "auto") && !yz_model_find(e->settings, e->asked))
        printf("note     no model was named, and \"auto\" is none of this config unless a policy takes another: --model NAME names one\n");
    if (e->model_made_up)
        printf("made up  the model %.*s, as no policy chooses one: --model NAME asks for another\n", YZ_STR_ARGS(e->asked));
    for (size_t i = 0; i < r->n_asked; i++)
        printf("made up  the answer of %.*s\n", YZ_STR_ARGS(r->asked[i]));
    if (r->outside_asked)
        printf("made up  what is outside: no store and no host was asked, as if none answered\n");
}

void yz_explain_words(const yz_explained *e) {
    const rehearsal *r = &e->r;
    const char *chain = e->chain && e->chain->name.n ? e->chain->name.p : "";
    if (e->chain && e->settings->n_chains > 1)
        printf("chain    %s%s%s%s\n", chain, *chain ? " (" : "", e->why, *chain ? ")" : "");
    if (e->refusal.n > 0) {
        printf("error    %.*s\n", YZ_STR_ARGS(e->refusal));
        return;
    }
    print_policies(r);
    if (r->failed) {
        printf("error    %s: %.*s\n", yz_error_word(r->error.class_), YZ_STR_ARGS(r->error.message));
    } else if (r->served) {
        printf("model    %.*s\ntargets  ", YZ_STR_ARGS(r->served->model));
        print_targets(e, r->served->model, false);
        printf("\n");
        print_after(e, r->served->model);
        print_lines(e, yz_explain_bodies);
        print_lines(e, yz_explain_stages);
    } else {
        printf("answer   %.*s\n", YZ_STR_ARGS(answer_text(r)));
    }
    if (r->reason.n)
        printf("reason   %.*s\n", YZ_STR_ARGS(r->reason));
    print_made_up(e);
    printf("time     %lld us\n", (long long)r->cpu_us);
}

/* ---- JSON ----------------------------------------------------------------------------------------------------------------------- */

static void put(yz_buf *out, const char *name, yz_str text) {
    yz_buf_printf(out, "%s\"%s\":", out->n > 1 ? "," : "", name);
    yz_buf_json_str(out, text);
}

static void put_decision(yz_buf *out, const yz_decision *d) {
    yz_buf one = {0};
    yz_buf_lit(&one, "{");
    put(&one, "policy", d->policy);
    put(&one, "asked", d->asked);
    put(&one, "chosen", d->chosen);
    put(&one, "reason", d->reason);
    yz_buf_printf(out, "%.*s,\"failed\":%s}", YZ_STR_ARGS(yz_buf_view(&one)), d->failed ? "true" : "false");
    yz_buf_free(&one);
}

static void put_decisions(yz_buf *out, const rehearsal *r) {
    yz_buf_lit(out, ",\"policies\":[");
    for (size_t i = 0; i < r->n_decisions; i++) {
        yz_buf_lit(out, i ? "," : "");
        put_decision(out, &r->decisions[i]);
    }
    yz_buf_lit(out, "],\"made_up\":[");
    for (size_t i = 0; i < r->n_asked; i++) {
        yz_buf_lit(out, i ? "," : "");
        yz_buf_json_str(out, r->asked[i]);
    }
    yz_buf_lit(out, "]");
}

void yz_explain_json(const yz_explained *e) {
    const rehearsal *r = &e->r;
    yz_buf out = {0};
    yz_buf_lit(&out, "{");
    if (e->chain && e->settings->n_chains > 1)
        put(&out, "chain", e->chain->name);
    put(&out, "policy", r->policy);
    if (e->refusal.n > 0)
        put(&out, "error", e->refusal);
    else if (r->failed)
        put(&out, "error", r->error.message);
    else if (r->served)
        put(&out, "model", r->served->model);
    else
        put(&out, "answer", answer_text(r));
    put(&out, "reason", r->reason);
    put_decisions(&out, r);
    printf("%.*s,\"targets\":[", YZ_STR_ARGS(yz_buf_view(&out)));
    bool goes_on = r->served && e->refusal.n == 0;
    if (goes_on)
        print_targets(e, r->served->model, true);
    out.n = 0;
    if (goes_on)
        yz_explain_stages(e, true, &out);
    printf("],\"stages\":[%.*s", YZ_STR_ARGS(yz_buf_view(&out)));
    out.n = 0;
    if (goes_on)
        yz_explain_bodies(e, true, &out);
    bool no_key = !e->key && e->chain && yz_explain_judges(e->chain); /* so it was taken to be one that may ask for everything */
    printf("],\"bodies\":[%.*s],\"model_taken\":%s,\"key_taken\":%s,\"us\":%lld}\n", YZ_STR_ARGS(yz_buf_view(&out)),
           e->model_made_up ? "true" : "false", no_key ? "true" : "false", (long long)r->cpu_us);
    yz_buf_free(&out);
}
