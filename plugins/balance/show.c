/* show.c: what is known of the targets, for /status. */
#include "balance.h"

#include <stdlib.h>

static const char *state_of(const health *h, int64_t slow_start, int64_t now) {
    if (HEALTH_GET(h->until) > now)
        return HEALTH_GET(h->asked) ? "paused" : "out";
    return HEALTH_GET(h->outs) > 0 ? "probation" : HEALTH_GET(h->back) > 0 && now - HEALTH_GET(h->back) < slow_start ? "back" : "in use";
}

static void put_state(const health *h, int64_t slow_start, int64_t now, yz_buf *out) {
    int64_t left = HEALTH_GET(h->until) - now;
    yz_buf_printf(out, ",\"state\":\"%s\"", state_of(h, slow_start, now));
    if (left > 0)
        yz_buf_printf(out, ",\"for_ms\":%lld,\"because\":\"%s\"", (long long)left, yz_error_word((yz_error_class)HEALTH_GET(h->because)));
}

static void put_spare(const char *name, const spare *s, int64_t gone, int64_t now, yz_buf *out) {
    int64_t left = HEALTH_GET(s->left) - gone;
    if (HEALTH_GET(s->until) > now)
        yz_buf_printf(out, ",\"%s\":{\"most\":%lld,\"left\":%lld,\"reset_ms\":%lld}", name, (long long)HEALTH_GET(s->most),
                      (long long)(left > 0 ? left : 0), (long long)(HEALTH_GET(s->until) - now));
}

static void put_probe(const health *h, int64_t now, yz_buf *out) {
    int said = HEALTH_GET(h->probe_said);
    if (HEALTH_GET(h->probed) == 0)
        return;
    yz_buf_printf(out, ",\"probe\":{\"ago_ms\":%lld,\"said\":\"%s\"}", (long long)(now - HEALTH_GET(h->probed)),
                  said == PROBE_WELL ? "well" : yz_error_word((yz_error_class)said));
}

/* What keeps a target from being asked, for the longest: its own failures, or what concerns its account and so all of its provider's. */
static const health *worst_of(const member *m, int64_t now) {
    const health *all[] = {m->own, m->joint, m->account}, *worst = m->own;
    for (size_t i = 1; i < 3; i++)
        if (HEALTH_GET(all[i]->until) > now && HEALTH_GET(all[i]->until) > HEALTH_GET(worst->until))
            worst = all[i];
    for (size_t i = 1; i < 3 && HEALTH_GET(worst->until) <= now && HEALTH_GET(worst->outs) == 0; i++)
        worst = HEALTH_GET(all[i]->outs) > 0 ? all[i] : worst;
    for (size_t i = 1; i < 3 && HEALTH_GET(worst->until) <= now && HEALTH_GET(worst->outs) == 0; i++)
        worst = HEALTH_GET(all[i]->back) > HEALTH_GET(worst->back) ? all[i] : worst;
    return worst;
}

/* What it is judged by, as believed now, and when that was measured: without news the figure falls by itself (half_life). */
static void put_times(const config *cfg, const health *h, int64_t now, yz_buf *out) {
    static const char *const forms[] = {"document", "stream"};
    for (int stream = 0; stream < 2; stream++)
        if (HEALTH_GET(h->latency[stream]) > 0)
            yz_buf_printf(out, ",\"%s_ms\":%.1f,\"%s_ago_ms\":%lld", forms[stream], (double)health_latency(cfg, h, stream, now) / 1e3,
                          forms[stream], (long long)(now - HEALTH_GET(h->met[stream])));
}

typedef struct shown { /* a target, which is one of several models perhaps */
    yz_str name;
    const member *member;
    yz_str model; /* that it serves here */
} shown;

static void put_target(const balance_stage *stage, const shown *same, size_t n, int64_t now, yz_buf *out) {
    const member *m = same->member;
    const health *h = m->own, *joint = m->joint;
    yz_buf_lit(out, "{\"target\":");
    yz_buf_json_str(out, same->name);
    put_state(worst_of(m, now), stage->config->slow_start, now, out);
    yz_buf_printf(out, ",\"running\":%lld,\"calls\":%lld", (long long)HEALTH_GET(h->running), (long long)HEALTH_GET(h->begun));
    if (m->target->concurrency > 0)
        yz_buf_printf(out, ",\"concurrency\":%u", m->target->concurrency);
    put_times(stage->config, h, now, out);
    if (HEALTH_GET(h->room) > 0)
        yz_buf_printf(out, ",\"room\":%lld", (long long)HEALTH_GET(h->room) / 16);
    int64_t documents = HEALTH_GET(h->failures[0]), streams = HEALTH_GET(h->failures[1]);
    if (documents > 0 || streams > 0)
        yz_buf_printf(out, ",\"failures\":%lld", (long long)(documents > streams ? documents : streams));
    put_probe(h, now, out);
    put_spare("requests", &joint->requests, HEALTH_GET(joint->begun), now, out);
    put_spare("tokens", &joint->tokens, 0, now, out);
    yz_buf_lit(out, ",\"models\":[");
    for (size_t i = 0; i < n; i++) {
        yz_buf_lit(out, i > 0 ? "," : "");
        yz_buf_json_str(out, same[i].model);
    }
    yz_buf_lit(out, "]}");
}

static int by_name(const void *a, const void *b) {
    const shown *x = a, *y = b;
    int way = strcmp(x->name.p, y->name.p);
    return way ? way : strcmp(x->model.p, y->model.p);
}

/* What is known of a target is known of it for all models: it is told once. In the order of their names, which no reload changes. */
static void put_targets(const balance_stage *stage, int64_t now, yz_buf *out) {
    yz_arena *arena = yz_arena_open();
    shown *all = yz_alloc(arena, (stage->n + 1) * sizeof *all);
    size_t n = 0;
    for (size_t i = 0; i < stage->slots; i++)
        if (stage->members[i].target)
            all[n++] = (shown){yz_target_name(arena, stage->members[i].target), &stage->members[i], stage->models[i]};
    qsort(all, n, sizeof *all, by_name);
    for (size_t i = 0, same; i < n; i += same) {
        for (same = 1; i + same < n && yz_str_eq(all[i + same].name, all[i].name);)
            same++;
        yz_buf_lit(out, i > 0 ? "," : "");
        put_target(stage, &all[i], same, now, out);
    }
    yz_arena_free(arena);
}

/* A provider is told once, when something is the matter with its account. */
static bool is_first_of(const balance_stage *stage, size_t i) {
    for (size_t k = 0; k < i; k++)
        if (stage->members[k].target && stage->members[k].account == stage->members[i].account)
            return false;
    return true;
}

void balance_show(void *arg, yz_buf *out) {
    const balance_stage *stage = arg;
    int64_t now = yz_clock_ns() / 1000000;
    const char *comma = "";
    yz_buf_lit(out, "{\"targets\":[");
    put_targets(stage, now, out);
    yz_buf_lit(out, "],\"accounts\":[");
    for (size_t i = 0; i < stage->slots; i++) {
        const member *m = &stage->members[i];
        if (!m->target || HEALTH_GET(m->account->until) <= now || !is_first_of(stage, i))
            continue;
        yz_buf_printf(out, "%s{\"provider\":", comma);
        yz_buf_json_str(out, m->target->provider->name);
        put_state(m->account, stage->config->slow_start, now, out);
        yz_buf_char(out, '}');
        comma = ",";
    }
    yz_buf_lit(out, "]}");
}

static void put_prices(const yz_question *q, yz_buf *out) {
    for (size_t i = 0; i < q->n_targets; i++) {
        const yz_target *target = q->targets[i];
        int64_t cost = balance_cost(q->prices[i], q->request);
        bool node = target->node.n > 0;
        yz_buf_printf(out, "%s%.*s%s%.*s/%.*s ", i > 0 ? ", " : " (for this request at most: ", YZ_STR_ARGS(target->provider->name),
                      node ? "@" : "", YZ_STR_ARGS(target->node), YZ_STR_ARGS(target->model));
        if (cost < INT64_MAX)
            yz_price_usd(cost, out);
        yz_buf_lit(out, cost < INT64_MAX ? " USD" : "of unknown price");
    }
    yz_buf_lit(out, q->n_targets > 0 ? ")" : "");
}

void balance_describe(const void *cfg, const yz_question *question, yz_buf *out) {
    static const char *const how[] = {
        "the faster of two drawn at random",      "at random, by weight", "the least busy one", "the same one for a conversation",
        "the same one for the same instructions", "the cheapest one"};
    const config *c = cfg;
    if (question->n_targets == 1) {
        yz_buf_lit(out, "nothing to choose: the model has one target");
        return;
    }
    yz_buf_printf(out, "one of its targets: %s", how[c->by]);
    if (c->by == BY_PRICE)
        put_prices(question, out);
    yz_buf_lit(out, "; not those out of use, full, asked to be left alone");
    if (c->low > 0)
        yz_buf_printf(out, ", or (below %.0f %%) low on their limits", c->low * 100);
}
