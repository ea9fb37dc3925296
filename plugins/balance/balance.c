/* balance: spreads the calls for a model over its targets, and leaves those alone that fail, are full, or asked for a pause.
 *
 * It stands below fallback, hedge and retry, so that each of their attempts is a choice of its own; a target that a stage above insists on
 * is asked as it is. choose.c picks, outcome.c learns; here are the hooks.
 */
#include "balance.h"

#include <stdio.h>
#include <stdlib.h>

static const yz_option options[] = {
    {"by", YZ_OPTION_CHOICE, offsetof(config, by), "latency",
     .help = "latency: the faster of two drawn at random; weight: at random; load: the least busy; conversation, prefix: always the same "
             "one for a "
             "conversation, for the same instructions; price: the cheapest",
     .choices = "latency weight load conversation prefix price"},
    {"failures", YZ_OPTION_INT, offsetof(config, failures), "5", .help = "so many in a row put a target out of use", .min = 1,
     .max = 10000},
    {"ratio", YZ_OPTION_NUMBER, offsetof(config, ratio), "0.5", .help = "such a share of failures over 10 s does so too", .max = 1},
    {"ratio_calls", YZ_OPTION_INT, offsetof(config, ratio_calls), "20", .help = "if there were at least so many calls in them", .min = 1,
     .max = 60000},
    {"cool_off", YZ_OPTION_DURATION, offsetof(config, cool_off), "5s", .help = "out of use for so long; doubled each time in a row",
     .min = 1, .max = 3600000},
    {"cool_off_most", YZ_OPTION_DURATION, offsetof(config, cool_off_most), "15s", .help = "but not for longer than this", .min = 1,
     .max = 86400000},
    {"slow_start", YZ_OPTION_DURATION, offsetof(config, slow_start), "10s", .help = "a target that is back gets its full share after this",
     .min = 1, .max = 3600000},
    {"half_life", YZ_OPTION_DURATION, offsetof(config, half_life), "5s",
     .help = "a measured latency counts half after this, so that a slow target is tried again", .min = 1, .max = 3600000},
    {"low", YZ_OPTION_NUMBER, offsetof(config, low), "0.2",
     .help = "a target that says less than such a share of its limits is left gets fewer calls, and none at the end; 0: never", .max = 1},
    {"adaptive", YZ_OPTION_BOOL, offsetof(config, adaptive), "false",
     .help = "find out how many calls at once a target takes before it gets slower, and send more of them to others"},
    {"probe", YZ_OPTION_CHOICE, offsetof(config, probe), "none",
     .help = "how a target that is out of use, or that nobody uses, is asked whether it answers: models: for the list of its models, which "
             "costs "
             "nothing; answer: for one token",
     .choices = "none models answer"},
    {"probe_every", YZ_OPTION_DURATION, offsetof(config, probe_every), "30s",
     .help = "each such target once in so long, give or take a fifth", .min = 1000, .max = 86400000},
    {"probe_timeout", YZ_OPTION_DURATION, offsetof(config, probe_timeout), "10s", .help = "a probe that takes longer has failed", .min = 1,
     .max = 600000},
    {"webhook", YZ_OPTION_STRING, offsetof(config, webhook), NULL,
     .help = "an address that is told, by POST, when a target or an account goes out of use, and when it is back", .url = true},
    {"webhook_key", YZ_OPTION_SECRET, offsetof(config, webhook_key), NULL, .help = "shown there as a bearer token"},
};

typedef struct state {
    const member *member;
    int64_t begin;  /* ns */
    int64_t since;  /* likewise, ms as yz_now has them */
    int64_t number; /* of the call, at its target */
    int64_t row;    /* failures of its target before its answer began; -1: it has not */
    bool learnt;    /* its outcome has been counted */
    bool free;      /* nobody above insisted on the target */
} state;

/* ---- the table of targets ----------------------------------------------------------------------------------------------- */

static size_t slot_of(const balance_stage *stage, const yz_target *target) {
    size_t slot = ((uintptr_t)target >> 4) * 0x9e3779b97f4a7c15u >> 32;
    while (stage->members[slot & (stage->slots - 1)].target && stage->members[slot & (stage->slots - 1)].target != target)
        slot++;
    return slot & (stage->slots - 1);
}

const member *balance_member(const balance_stage *stage, const yz_target *target) {
    const member *found = &stage->members[slot_of(stage, target)];
    return found->target ? found : NULL;
}

static health *health_of(const char *kind, yz_str provider, yz_str node, yz_str model) {
    char name[512];
    int n = snprintf(name, sizeof name, "%s %.*s%s%.*s/%.*s", kind, YZ_STR_ARGS(provider), node.n ? "@" : "", YZ_STR_ARGS(node),
                     YZ_STR_ARGS(model));
    size_t length = n < (int)sizeof name ? (size_t)n : sizeof name - 1;
    return yz_shared("balance", yz_str_at(name, length), BALANCE_LAYOUT, sizeof(health), NULL, NULL);
}

static void count_targets(void *arg, yz_str model, const yz_target *const *targets, size_t n) {
    (void)model;
    (void)targets;
    ((balance_stage *)arg)->n += n;
}

static void add_targets(void *arg, yz_str model, const yz_target *const *targets, size_t n) {
    balance_stage *stage = arg;
    for (size_t i = 0; i < n; i++) {
        const yz_target *t = targets[i];
        const yz_str none = {0};
        size_t slot = slot_of(stage, t);
        stage->members[slot] = (member){.target = t,
                                        .own = health_of("target", t->provider->name, t->node, t->model),
                                        .joint = health_of("target", t->provider->name, none, t->model),
                                        .account = health_of("account", t->provider->name, none, none)};
        stage->models[slot] = model;
    }
}

static void close_stage(void *arg) {
    balance_stage *stage = arg;
    hook_close(&stage->hook);
    free(stage->members);
    free(stage->models);
    free(stage);
}

static int open_stage(yz_worker *worker, const void *cfg, void **out, yz_diag *diag) {
    const config *c = cfg;
    if (c->cool_off_most < c->cool_off) {
        yz_diag_error(diag, "balance: cool_off_most is %lld ms, less than cool_off with %lld ms", (long long)c->cool_off_most,
                      (long long)c->cool_off);
        return YZ_EINVAL;
    }
    balance_stage *stage = calloc(1, sizeof *stage);
    if (!stage)
        return YZ_ELIMIT;
    stage->config = cfg;
    yz_models_each(count_targets, stage);
    for (stage->slots = 4; stage->slots < stage->n * 2; stage->slots *= 2)
        ;
    stage->members = calloc(stage->slots, sizeof *stage->members);
    stage->models = calloc(stage->slots, sizeof *stage->models);
    if (!stage->members || !stage->models || !webhook_open(stage, worker, diag)) {
        close_stage(stage);
        return YZ_ELIMIT;
    }
    yz_models_each(add_targets, stage);
    stage->outs = yz_counter_declare("balance_outs", "targets put out of use");
    stage->pauses = yz_counter_declare("balance_pauses", "pauses that targets asked for");
    stage->full = yz_counter_declare("balance_refused", "calls for which no target could be asked");
    stage->probes = yz_counter_declare("balance_probes", "targets asked whether they answer");
    stage->probes_failed = yz_counter_declare("balance_probes_failed", "of these, those that did not");
    *out = stage;
    return YZ_OK;
}

/* ---- a call ------------------------------------------------------------------------------------------------------------- */

static void refuse(yz_call *call, const yz_request *request, const choice *chosen) {
    const balance_stage *stage = yz_stage(call);
    bool paused = chosen->none == NONE_PAUSED;
    yz_error error = {YZ_ERROR, .class_ = paused ? YZ_ERROR_RATE_LIMIT : YZ_ERROR_OVERLOADED, .retry_after = paused ? chosen->wait : 1000};
    error.message = paused ? yz_format(yz_call_arena(call), "every provider of \"%.*s\" asked for a pause; the first one ends in %.1f s",
                                       YZ_STR_ARGS(request->model), (double)chosen->wait / 1e3)
                           : yz_format(yz_call_arena(call), "every provider of \"%.*s\" has as many calls as it takes at once",
                                       YZ_STR_ARGS(request->model));
    yz_count(yz_call_worker(call), stage->full, 1);
    yz_note(call, "balance", yz_str_of(paused ? "paused" : "full"));
    yz_send_error(call, &error);
}

/* Another call of the request is under way, and says what becomes of it. */
static void stand_aside(yz_call *call, const yz_request *request) {
    yz_error error = {YZ_ERROR, .class_ = YZ_ERROR_OVERLOADED, .nowhere = true};
    error.message =
        yz_format(yz_call_arena(call), "no provider of \"%.*s\" is in use but those that are asked already", YZ_STR_ARGS(request->model));
    yz_send_error(call, &error);
}

static void mark_probe(health *h, int64_t now) {
    if (HEALTH_GET(h->outs) > 0)
        HEALTH_SET(h->probe, now);
}

/* Takes a place at the target. False: another worker took the last one. */
static bool begin(yz_call *call, const member *m, bool insisted) {
    state *s = yz_state(call);
    int64_t before = atomic_fetch_add_explicit(&m->joint->running, 1, memory_order_relaxed);
    if (!insisted && m->target->concurrency > 0 && before >= m->target->concurrency) {
        atomic_fetch_sub_explicit(&m->joint->running, 1, memory_order_relaxed);
        return false;
    }
    s->member = m;
    s->row = -1;
    s->begin = yz_clock_ns();
    s->since = yz_now(yz_call_worker(call));
    s->number = atomic_fetch_add_explicit(&m->joint->begun, 1, memory_order_relaxed) + 1;
    if (m->own != m->joint) {
        atomic_fetch_add_explicit(&m->own->running, 1, memory_order_relaxed);
        atomic_fetch_add_explicit(&m->own->begun, 1, memory_order_relaxed);
        mark_probe(m->joint, s->since);
    }
    mark_probe(m->own, s->since);
    mark_probe(m->account, s->since);
    return true;
}

static void on_call(yz_call *call, const yz_request *request) {
    balance_stage *stage = yz_stage(call);
    if (stage->config->probe != PROBE_NONE)
        balance_probe(call, stage);
    if (request->target && !request->target_free) {
        const member *insisted = balance_member(stage, request->target);
        if (insisted)
            begin(call, insisted, true);
        yz_next(call, NULL);
        return;
    }
    choice chosen;
    do
        chosen = balance_choose(call, stage, request);
    while (chosen.member && !begin(call, chosen.member, false)); /* full now: the next round does not choose it */
    if (chosen.member) {
        ((state *)yz_state(call))->free = true;
        yz_note(call, "balance", yz_str_of(chosen.why));
        yz_next_target(call, chosen.member->target, false, YZ_BECAUSE_FIRST);
    } else if (chosen.none == NONE_SERVES) {
        yz_pass(call, NULL); /* the provider stage says so */
    } else if (chosen.none == NONE_BESIDE) {
        stand_aside(call, request);
    } else {
        refuse(call, request, &chosen);
    }
}

static int64_t waited_us(const state *s) { return (yz_clock_ns() - s->begin) / 1000; }

/* What the answer, or the refusal, said of the provider's limits. */
static void listen(yz_call *call, const yz_record *record) {
    const state *s = yz_state(call);
    if (record->allowance && record->target == s->member->target)
        health_told(s->member, record->allowance, s->number, yz_now(yz_call_worker(call)));
}

static void on_head(yz_call *call, yz_call *child, const yz_head *head) {
    state *s = yz_state(call);
    if (s->member) {
        listen(call, yz_record_answer(yz_call_record(child)));
        const balance_stage *stage = yz_stage(call);
        s->learnt = true;
        s->row = HEALTH_GET(s->member->own->failures[yz_call_request(call)->stream]);
        came_back back =
            health_answered(stage->config, s->member, yz_call_request(call)->stream, waited_us(s), s->since, yz_now(yz_call_worker(call)));
        balance_report_back(stage, s->member, back);
    }
    yz_send_head(call, head);
}

/* "provider@node/model"; of what concerns all nodes of a provider without one. */
static yz_str name_of(const member *m, const health *h, yz_buf *out) {
    bool node = h == m->own && m->target->node.n > 0;
    yz_buf_printf(out, "%.*s%s%.*s/%.*s", YZ_STR_ARGS(m->target->provider->name), node ? "@" : "", node ? (int)m->target->node.n : 0,
                  m->target->node.p, YZ_STR_ARGS(m->target->model));
    return yz_buf_view(out);
}

/* A pause ends by itself, unseen: nobody shall wait for the word that it is over. What stays out after its probation is no news. */
void balance_report(yz_worker *worker, const balance_stage *stage, const member *m, yz_error_class class_, int64_t now) {
    const health *h = health_of_class(m, class_);
    bool account = h == m->account, pause = HEALTH_GET(h->asked), still = HEALTH_GET(h->outs) > 1;
    int64_t ms = HEALTH_GET(h->until) - now;
    yz_buf text = {0};
    yz_str name = name_of(m, h, &text);
    yz_count(worker, pause ? stage->pauses : stage->outs, 1);
    if (pause)
        yz_log(YZ_LOG_INFO, "balance: %.*s asked for a pause of %.1f s: %s", YZ_STR_ARGS(name), (double)ms / 1e3, yz_error_word(class_));
    else if (account)
        yz_log(YZ_LOG_ERROR, "balance: the account of provider %.*s is %sout of use for %.1f s: %s: look at its key and its balance",
               YZ_STR_ARGS(m->target->provider->name), still ? "still " : "", (double)ms / 1e3, yz_error_word(class_));
    else
        yz_log(YZ_LOG_WARN, "balance: %.*s is %sout of use for %.1f s: %s", YZ_STR_ARGS(name), still ? "still " : "", (double)ms / 1e3,
               yz_error_word(class_));
    yz_buf_free(&text);
    if (!pause && !still)
        webhook_send(stage, account ? "account_out" : "target_out", m, yz_error_word(class_), ms);
}

void balance_report_back(const balance_stage *stage, const member *m, came_back back) {
    yz_buf text = {0};
    if (back.target > 0) {
        yz_str name = name_of(m, m->own, &text);
        yz_log(YZ_LOG_INFO, "balance: %.*s is back after %.1f s", YZ_STR_ARGS(name), (double)back.target / 1e3);
        webhook_send(stage, "target_back", m, NULL, back.target);
    }
    if (back.account > 0) {
        yz_log(YZ_LOG_INFO, "balance: the account of provider %.*s is back after %.1f s", YZ_STR_ARGS(m->target->provider->name),
               (double)back.account / 1e3);
        webhook_send(stage, "account_back", m, NULL, back.account);
    }
    yz_buf_free(&text);
}

/* Tells those above what another attempt would come to. Whoever was told how long to wait by the provider may wait for it, or for another
 * one whose pause is over before. */
static void look_out(yz_call *call, yz_error *failed) {
    outlook_wait wait;
    const state *s = yz_state(call);
    outlook next = balance_outlook(call, yz_stage(call), yz_call_request(call), s->member, &wait);
    failed->elsewhere = next == OUTLOOK_ELSEWHERE;
    failed->others = next == OUTLOOK_AGAIN && wait.others;
    failed->nowhere = next == OUTLOOK_NOWHERE && failed->retry_after == 0;
    if (failed->nowhere)
        failed->retry_after = wait.back;
    else if (next == OUTLOOK_NOWHERE && wait.pause > 0 && wait.pause < failed->retry_after)
        failed->retry_after = wait.pause;
}

static void on_error(yz_call *call, yz_call *child, const yz_error *error) {
    state *s = yz_state(call);
    const balance_stage *stage = yz_stage(call);
    int64_t now = yz_now(yz_call_worker(call));
    s->learnt = true;
    if (s->member)
        listen(call, yz_call_record(child));
    if (s->member && error->target == s->member->target &&
        health_failed(stage->config, s->member, error, yz_call_request(call)->stream, s->since, now, s->row))
        balance_report(yz_call_worker(call), stage, s->member, error->class_, now);
    yz_error *failed = yz_error_copy(yz_call_arena(call), error);
    if (s->free && !yz_committed(call))
        look_out(call, failed);
    yz_send_error(call, failed);
}

/* A hedge that wins cuts the slower call off before anybody knows how slow it was: a target that loses every race looks only a little
 * slower than the winners, and would be asked again and again. So to be given up so late counts as a failure, if others take half as long.
 */
static void learn_given_up(yz_call *call, const member *m, int64_t us) {
    const balance_stage *stage = yz_stage(call);
    const yz_request *request = yz_call_request(call);
    int64_t now = yz_now(yz_call_worker(call)), begun = ((const state *)yz_state(call))->since;
    health_slow(stage->config, m, request->stream, us, now);
    int64_t fastest = balance_fastest_other(call, stage, request, m);
    if (fastest > 0 && us > 2 * fastest && health_late(stage->config, m, request->stream, begun, now))
        balance_report(yz_call_worker(call), stage, m, YZ_ERROR_TIMEOUT, now);
}

/* Given up before it said anything (a hedge was faster, a deadline passed, the client left): so it is at least that slow. */
static void on_close(yz_call *call) {
    const state *s = yz_state(call);
    if (!s->member)
        return;
    atomic_fetch_sub_explicit(&s->member->joint->running, 1, memory_order_relaxed);
    if (s->member->own != s->member->joint)
        atomic_fetch_sub_explicit(&s->member->own->running, 1, memory_order_relaxed);
    if (!s->learnt)
        learn_given_up(call, s->member, waited_us(s));
}

static const yz_filter filter = {
    YZ_FILTER,          .call_size = sizeof(state), .open = open_stage,   .close = close_stage, .on_call = on_call,
    .on_head = on_head, .on_error = on_error,       .on_close = on_close, .show = balance_show, .describe = balance_describe};

YZ_PLUGIN_KINDS("stage");
YZ_PLUGIN(.name = "balance", .summary = "spreads calls over the targets of a model, and leaves sick ones alone", .version = "1.0",
          .config_size = sizeof(config), YZ_OPTIONS(options), .filter = &filter)
