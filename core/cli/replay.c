/* cli/replay.c: `yuzui replay`: what the policies of a config would have done with the requests of an access log: which would have gone
 * elsewhere, and what that would have cost and taken.
 *
 * A log has no prompts. A policy that decides by model, key, tokens or the hour decides as it would have; one that reads the text reads a
 * made-up one, and how often is said. Providers, stores and hosts are not asked. What a request used is taken to be the same elsewhere,
 * both sides are priced by the price lists of its time, and how long it would have taken is read off the other answers of that target in
 * the same log.
 */
#include "cli/replay.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/diag.h"
#include "base/put.h"
#include "cli/cli.h"
#include "cli/explain.h"
#include "loop/loop.h"
#include "plugin/loader.h"
#include "worker.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { KINDS = 16, ASKED = 4, TARGET_MOST = 300 };

/* A made-up body of a dialect, which stands for all requests. */
typedef struct kind {
    const yz_adapter *dialect;
    yz_json *json;
} kind;

typedef struct replay {
    yz_generation *generation;
    const yz_settings *settings;
    yz_share *share;
    yz_outside outside;
    yz_arena *arena, *line; /* of the whole; of the request that is being replayed */
    kind kinds[KINDS];
    size_t n_kinds;
    yz_logged logged;
    const yz_logged *now;          /* that */
    const yz_target *asked[ASKED]; /* by this request, in order */
    size_t n_asked;
    bool among; /* the last of them serves the model beside the one of the log, or is it */
    char name[TARGET_MOST];
    yz_replayed sums;
} replay;

#define TEXT "(not in the log)"
static const yz_str BODY = YZ_STR("{\"model\":\"auto\",\"max_tokens\":1024,\"messages\":[{\"role\":\"user\",\"content\":\"" TEXT
                                  "\"}],\"input\":\"" TEXT "\",\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"" TEXT "\"}]}]}");

/* ---- what stands for the world ---------------------------------------------------------------------------------------------- */

static int64_t now_of(void *arg) { return ((replay *)arg)->now->at; }
static int64_t tokens_of(void *arg) { return yz_usage_count(&((replay *)arg)->now->usage, YZ_METER_INPUT); }

/* "provider@node/model", as the log has it. */
static yz_str name_of(replay *p, const yz_target *target) {
    int n = snprintf(p->name, sizeof p->name, "%.*s%s%.*s/%.*s", YZ_STR_ARGS(target->provider->name), target->node.n ? "@" : "",
                     YZ_STR_ARGS(target->node), YZ_STR_ARGS(target->model));
    return yz_str_at(p->name, n > 0 && (size_t)n < sizeof p->name ? (size_t)n : 0);
}

static bool cost_at(const replay *p, const yz_target *target, int64_t *nano) {
    const yz_price *price = target ? yz_settings_price(p->settings, target, p->now->at) : NULL;
    yz_cost cost = {YZ_COST};
    if (!price || yz_price_cost(price, &p->now->usage, &cost) != YZ_OK)
        return false;
    *nano += cost.total;
    return true;
}

/* What the log says it used, at the dearest that serves the model. */
static bool estimate_of(void *arg, yz_str model, double *usd) {
    replay *p = arg;
    const yz_model_settings *found = yz_model_find(p->settings, model);
    int64_t most = -1;
    for (size_t i = 0; found && i < found->n_targets; i++) {
        yz_target target = *found->targets[i];
        int64_t cost = 0;
        target.model = found->pattern ? model : target.model;
        if (cost_at(p, &target, &cost) && cost > most)
            most = cost;
    }
    *usd = (double)most / 1e9;
    return most >= 0;
}

/* Several that serve the same model are one choice of the policy: which of them is asked is the balancer's. */
static void leaf(void *arg, yz_call *call, const yz_request *request, rehearsed *out) {
    replay *p = arg;
    const yz_target *const *targets;
    size_t n = yz_targets(call, request->model, &targets), among = n;
    for (size_t i = n; i-- > 0;)
        if (yz_str_eq(name_of(p, targets[i]), p->now->target))
            among = i;
    if (n > 0 && p->n_asked < ASKED)
        p->asked[p->n_asked++] = targets[among < n ? among : 0];
    p->among = among < n;
    out->text = YZ_STR("(replay asks no provider)");
}

/* ---- a request -------------------------------------------------------------------------------------------------------------- */

static const kind *kind_of(replay *p, yz_str dialect) {
    const yz_adapter *found = dialect.n ? yz_dialects_find(&p->settings->dialects, dialect) : yz_dialects_fallback(&p->settings->dialects);
    for (size_t i = 0; i < p->n_kinds; i++)
        if (p->kinds[i].dialect == found)
            return &p->kinds[i];
    if (!found || !found->read || p->n_kinds == KINDS)
        return NULL;
    kind *k = &p->kinds[p->n_kinds++];
    *k = (kind){.dialect = found};
    (void)yz_json_parse(p->arena, BODY, 0, &k->json, NULL);
    return k;
}

static const yz_key_settings *key_of(const replay *p, yz_str name) {
    for (size_t i = 0; name.n && i < p->settings->n_keys; i++)
        if (yz_str_eq(p->settings->keys[i].pub.name, name))
            return &p->settings->keys[i];
    return NULL;
}

static yz_request *request_of(replay *p, const kind *k) {
    yz_request *request = rehearsal_request(p->line, p->settings, k->dialect, BODY);
    request->stream = p->now->stream;
    request->model = p->now->asked;
    return request;
}

static size_t policies_of(const yz_chain *chain, yz_link *links) {
    size_t n = 0;
    for (size_t i = 0; i < chain->n; i++)
        if (chain->links[i].filter == yz_policy_plugin.filter)
            links[n++] = chain->links[i];
    return n;
}

/* ---- what came of it --------------------------------------------------------------------------------------------------------- */

/* "provider@node/model" of the log, with the provider as the config has it now; NULL: it has none of the name. */
static const yz_target *target_named(replay *p, yz_str name) {
    const char *slash = name.n ? memchr(name.p, '/', name.n) : NULL, *at = name.n ? memchr(name.p, '@', name.n) : NULL;
    if (!slash)
        return NULL;
    yz_str provider = yz_str_at(name.p, (size_t)((at && at < slash ? at : slash) - name.p));
    for (size_t i = 0; i < p->settings->n_providers; i++)
        if (yz_str_eq(p->settings->providers[i]->pub.name, provider)) {
            yz_target *target = yz_alloc(p->line, sizeof *target);
            *target = (yz_target){YZ_TARGET, .provider = &p->settings->providers[i]->pub,
                                  .model = yz_str_at(slash + 1, name.n - (size_t)(slash + 1 - name.p))};
            return target;
        }
    return NULL;
}

static void count_move(replay *p, bool same, const yz_target *last) {
    yz_replayed *s = &p->sums;
    yz_str to = same ? p->now->target : name_of(p, last);
    yz_moved *moved = yz_replay_move(s, p->now->target, to);
    int64_t before = 0, after = 0;
    bool priced = cost_at(p, target_named(p, p->now->target), &before);
    for (size_t i = 0; priced && i < p->n_asked; i++)
        priced = cost_at(p, p->asked[i], &after);
    moved->n++;
    moved->ms += p->now->ms;
    moved->output += yz_usage_count(&p->now->usage, YZ_METER_OUTPUT);
    moved->before += priced ? before : 0;
    moved->after += priced ? after : 0;
    moved->unpriced += !priced;
}

static void count(replay *p, const rehearsal *r) {
    yz_replayed *s = &p->sums;
    s->text += p->share->lua && p->share->lua->text_asked;
    s->outside += r->outside_asked;
    if (r->failed || !r->answered) {
        s->failed++;
        return;
    }
    if (!r->served || p->n_asked == 0) {
        s->answered++;
        return;
    }
    bool same = p->n_asked == 1 && p->among;
    count_move(p, same, p->asked[p->n_asked - 1]);
    s->same += same;
    s->elsewhere += !same;
    if (!same && s->n_examples < YZ_REPLAY_EXAMPLES)
        s->examples[s->n_examples++] = yz_dup(p->arena, p->now->id);
}

static void play(replay *p) {
    const kind *k = kind_of(p, p->now->dialect);
    const yz_key_settings *key = key_of(p, p->now->key);
    if (!k || !k->json) {
        yz_replay_skip(&p->sums, "no adapter speaks their dialect here");
        return;
    }
    const yz_chain_settings *chosen = yz_chain_choose(p->settings, key ? key->chain : NULL, NULL, p->now->asked);
    const yz_chain *chain = yz_share_chain(p->share, chosen);
    p->sums.replayed++;
    if (key && yz_explain_judges(chosen) && !yz_key_allows(&key->pub, p->now->asked)) {
        p->sums.refused++;
        return;
    }
    rehearsal r = {.worker = p->share->worker, .share = p->share, .leaf = leaf, .arg = p, .arena = p->line};
    r.links = yz_alloc(p->line, (chain->n + 1) * sizeof *r.links);
    r.n_policies = policies_of(chain, r.links);
    yz_request *request = request_of(p, k);
    request->key = key ? &key->pub : NULL;
    p->n_asked = 0;
    if (p->share->lua)
        p->share->lua->text_asked = p->share->lua->outside_asked = false;
    if (!rehearse(&r, request))
        r.failed = true;
    count(p, &r);
}

static void take_line(replay *p, yz_str line) {
    yz_arena_reset(p->line);
    if (!yz_replay_read(line, p->line, &p->logged)) {
        if (line.n > 0)
            yz_replay_skip(&p->sums, "no lines of an access log");
        return;
    }
    p->sums.read++;
    p->now = &p->logged;
    if (p->logged.skipped) {
        yz_replay_skip(&p->sums, p->logged.skipped);
        return;
    }
    yz_replay_pace(&p->sums, p->logged.target, yz_usage_count(&p->logged.usage, YZ_METER_OUTPUT), p->logged.ms);
    play(p);
}

/* ---- the command ------------------------------------------------------------------------------------------------------------ */

static int read_log(replay *p, const char *name) {
    FILE *from = strcmp(name, "-") == 0 ? stdin : fopen(name, "r");
    char *line = NULL;
    size_t room = 0;
    if (!from) {
        fprintf(stderr, "yuzui replay: cannot read %s: %s\n", name, strerror(errno));
        return 1;
    }
    for (ssize_t n; (n = getline(&line, &room, from)) > 0;)
        take_line(p, yz_str_at(line, (size_t)n - (line[n - 1] == '\n')));
    free(line);
    if (from != stdin)
        fclose(from);
    return 0;
}

static int replay_with(yz_generation *generation, const char *log, bool json) {
    replay *p = yz_calloc(1, sizeof *p);
    p->generation = generation;
    p->settings = generation->settings;
    p->share = &generation->shares[0];
    p->arena = p->sums.arena = yz_arena_new(NULL);
    p->line = yz_arena_new(NULL);
    p->outside = (yz_outside){.arg = p, .now = now_of, .tokens = tokens_of, .estimate = estimate_of};
    if (p->share->lua)
        p->share->lua->outside = &p->outside;
    int64_t began = yz_clock_us();
    int code = read_log(p, log);
    p->sums.seconds = (double)(yz_clock_us() - began) / 1e6;
    if (code == 0)
        (json ? yz_replay_json : yz_replay_words)(&p->sums);
    if (code == 0 && p->sums.read == 0) {
        fprintf(stderr, "yuzui replay: %s has no lines of an access log in JSON: log { format = \"json\" } writes them\n", log);
        code = 1;
    }
    yz_arena_free(p->line);
    yz_arena_free(p->arena);
    free(p);
    return code;
}

int yz_cli_replay(int argc, char **argv) {
    const char *config = "yuzui.lua", *instead = NULL, *log;
    bool json = false;
    const yz_cli_option options[] = {
        {"--config", "-c", .value = &config}, {"--instead", NULL, .value = &instead}, {"--json", NULL, .flag = &json}};
    if (yz_cli_options(argc, argv, options, sizeof options / sizeof *options, &log) != 0 || yz_cli_instead(argv[0], instead) != 0)
        return 2;
    if (!log)
        return yz_cli_wrong_usage(argv[0], "it needs an access log; - is standard input");
    yz_diag diag = {0};
    yz_worker *worker = yz_worker_new(0);
    yz_generation *generation = yz_generation_build(config, 1, &worker, 1, &diag);
    fwrite(diag.text.p ? diag.text.p : "", 1, diag.text.n, stderr);
    int code = generation ? replay_with(generation, log, json) : 1;
    if (generation)
        yz_generation_discard(generation);
    yz_diag_free(&diag);
    yz_worker_free(worker);
    return code;
}
