/* limit: so many requests, tokens and calls at once, for a key, a tenant, an address, a model, a provider, a label, or all.
 *
 * Every limit of every rule that binds a request is a check. A request takes from all of them, or from none: what it had taken before one
 * refused is given back. Tokens are taken by an estimate, which is put right when the answer has ended.
 * Counts are this process's (local.c), or those of a store that several gateways share, where each check is one step of the store's own.
 * Calls at once hold leases there, which are renewed as long as the call is under way: what a gateway that died held is soon free again.
 */
#include "limit.h"

#include <stdlib.h>

enum { ALLOW, REFUSE };                             /* the words of `unavailable` */
enum { LEASE_MS = 30000, RENEW_MS = LEASE_MS / 3 }; /* two renewals may get lost; what a dead gateway held is free after this */
enum { AWAY_MS = 1000 }; /* what a client is told to wait while the store cannot be asked: sooner, it would mostly be so still */

typedef struct config {
    yz_tables limits;
    yz_str store;
    int unavailable;
    int64_t timeout, answer_tokens;
} config;

static const yz_option options[] = {
    {"limits", YZ_OPTION_TABLES, offsetof(config, limits), .help = "the limits, as in { { per = \"key\", requests = 100 } }",
     .table = &limit_rule_table},
    {"store", YZ_OPTION_STRING, offsetof(config, store), NULL,
     .help = "a store that several gateways share; unless said, this process counts for itself"},
    {"unavailable", YZ_OPTION_CHOICE, offsetof(config, unavailable), "allow",
     .help = "what happens to requests while the store cannot be asked", .choices = "allow refuse"},
    {"timeout", YZ_OPTION_DURATION, offsetof(config, timeout), "100ms", .help = "the store has this long to answer", .min = 1,
     .max = 60000},
    {"answer_tokens", YZ_OPTION_INT, offsetof(config, answer_tokens), "500",
     .help = "tokens taken for the answer of a request that does not say how long it may be", .min = 0, .max = 10000000},
};

typedef struct limit_stage {
    const config *config;
    uint64_t *ids;   /* of each rule's limits, LIMIT_WHATS of each: the same in all workers, and not to be guessed */
    size_t n;        /* limits of all rules */
    yz_store *store; /* NULL: this process */
    yz_counter refused, unavailable;
} limit_stage;

typedef struct check { /* one limit, for one request */
    const limit_rule *rule;
    limit_what what;
    uint64_t id;
    yz_str key; /* in the store */
    int64_t n;  /* taken, or to be taken */
    bool took;
    taken local;
    int64_t slot;          /* of the store, in which it was taken */
    char holder[16];       /* of a lease */
    int64_t left;          /* after it was taken; of one that refused: now */
    int64_t wait;          /* ms, when it refused */
    const yz_scope *scope; /* whose own limit it is; NULL: the config's */
} check;

typedef struct state {
    check *checks;
    size_t n, asked; /* asked: answers of the store that are still to come */
    const check *refused;
    bool unavailable;
    yz_timer *renewal; /* of leases */
} state;

/* ---- how much ----------------------------------------------------------------------------------------------------------- */

/* Before the call: four bytes of the body are a token, as a rule of thumb for English text, and JSON around it; the answer is as long as
 * the request allows. */
static int64_t estimate(const config *cfg, const yz_request *request) {
    int64_t tokens = (int64_t)request->body.n / 4, most = yz_request_most_output(request);
    if (most > 0)
        return tokens + (most < INT64_C(10000000) ? most : INT64_C(10000000));
    return tokens + (request->op == YZ_OP_CHAT || request->op == YZ_OP_COMPLETION || request->op == YZ_OP_COMPACT ? cfg->answer_tokens : 0);
}

/* After it: what all providers that were asked have said; -1: nobody said anything. */
static int64_t used(yz_call *call) {
    const yz_record *own = yz_call_record(call);
    int64_t sum = -1;
    for (const yz_record *r = own->next; r; r = r->next) {
        const yz_record *up = r;
        while (up && up != own)
            up = up->parent;
        if (!up || !r->usage || (r->source != YZ_SOURCE_PROVIDER && r->source != YZ_SOURCE_ESTIMATED))
            continue;
        sum = (sum < 0 ? 0 : sum) + yz_usage_count(r->usage, YZ_METER_INPUT) + yz_usage_count(r->usage, YZ_METER_OUTPUT);
    }
    return sum;
}

/* ---- checks ------------------------------------------------------------------------------------------------------------- */

static uint64_t mix(uint64_t hash, yz_str text) {
    for (size_t i = 0; i < text.n; i++)
        hash = (hash ^ (unsigned char)text.p[i]) * 0x100000001b3u;
    hash ^= hash >> 32;
    return hash * 0x9e3779b97f4a7c15u | 1; /* 0 is nobody */
}

static yz_str store_key(yz_call *call, const limit_rule *rule, limit_what what, yz_str name) {
    uint8_t hash[32];
    yz_buf text = {0};
    rule_name(rule, what, &text);
    yz_buf_str(&text, name);
    yz_hmac(yz_buf_view(&text), hash);
    text.n = 0;
    yz_buf_str(&text, what == LIMIT_CALLS ? YZ_STR("lease:") : YZ_STR("limit:"));
    for (size_t i = 0; i < 16; i++)
        yz_buf_printf(&text, "%02x", hash[i]);
    yz_str key = yz_dup(yz_call_arena(call), yz_buf_view(&text));
    yz_buf_free(&text);
    return key;
}

static void add_check(yz_call *call, const yz_request *request, size_t i, limit_what what) {
    const limit_stage *stage = yz_stage(call);
    state *s = yz_state(call);
    check *c = &s->checks[s->n++];
    c->rule = stage->config->limits.items[i];
    c->what = what;
    c->n = what == LIMIT_TOKENS ? estimate(yz_config(call), request) : 1;
    yz_str name = rule_counted(call, request, c->rule);
    if (stage->store)
        c->key = store_key(call, c->rule, what, name);
    else
        c->id = mix(stage->ids[i * LIMIT_WHATS + what], name);
}

static void add_checks(yz_call *call, const yz_request *request) {
    const limit_stage *stage = yz_stage(call);
    const config *cfg = stage->config;
    state *s = yz_state(call);
    size_t scopes = request->key ? request->key->n_scopes : 0;
    s->checks = yz_alloc(yz_call_arena(call), (stage->n + 2 * scopes) * sizeof *s->checks);
    for (size_t i = 0; i < cfg->limits.n; i++) {
        const limit_rule *rule = cfg->limits.items[i];
        bool bound = rule_binds(rule, request);
        for (int what = 0; what < LIMIT_WHATS && bound; what++)
            if (rule->most[what] > 0)
                add_check(call, request, i, (limit_what)what);
    }
}

/* What a key, or a group above it, says of itself in the ledger: in a minute. */
static void add_own(yz_call *call, const yz_request *request, const yz_scope *scope, limit_what what, int64_t most) {
    const limit_stage *stage = yz_stage(call);
    state *s = yz_state(call);
    yz_arena *arena = yz_call_arena(call);
    limit_rule *rule = yz_alloc(arena, sizeof *rule);
    check *c = &s->checks[s->n++];
    rule->per = PER_KEY;
    rule->window = 60000;
    rule->most[what] = most;
    *c = (check){.rule = rule, .scope = scope, .what = what, .n = what == LIMIT_TOKENS ? estimate(yz_config(call), request) : 1};
    yz_str name = yz_format(arena, "own of %s %.*s", scope->kind, YZ_STR_ARGS(scope->name));
    c->key = store_key(call, rule, what, name);
    if (!stage->store) { /* as good as what makes the ids of rules */
        memcpy(&c->id, c->key.p + c->key.n - sizeof c->id, sizeof c->id);
        c->id |= 1; /* 0 is nobody */
    }
}

static void add_scopes(yz_call *call, const yz_request *request) {
    const yz_key *key = request->key;
    for (size_t i = 0; key && i < key->n_scopes; i++) {
        if (key->scopes[i]->rpm > 0)
            add_own(call, request, key->scopes[i], LIMIT_REQUESTS, key->scopes[i]->rpm);
        if (key->scopes[i]->tpm > 0)
            add_own(call, request, key->scopes[i], LIMIT_TOKENS, key->scopes[i]->tpm);
    }
}

/* Gives `n` of it back, or takes more if it is negative. */
static void correct(yz_call *call, const check *c, int64_t more) {
    const limit_stage *stage = yz_stage(call);
    yz_worker *worker = yz_call_worker(call);
    if (more == 0)
        return;
    if (stage->store && c->what == LIMIT_CALLS)
        yz_store_release(worker, stage->store, c->key, (yz_str){c->holder, sizeof c->holder});
    else if (stage->store)
        yz_store_settle(worker, stage->store, c->key, c->slot, more, c->rule->window);
    else if (c->what == LIMIT_CALLS)
        local_leave(c->id, yz_now(worker));
    else
        local_correct(&c->local, c->rule->window, yz_now(worker), more);
}

static void give_back(yz_call *call) {
    state *s = yz_state(call);
    for (size_t i = 0; i < s->n; i++) {
        if (s->checks[i].took)
            correct(call, &s->checks[i], -s->checks[i].n);
        s->checks[i].took = false;
    }
}

/* ---- the answer --------------------------------------------------------------------------------------------------------- */

/* Says what is left of what was looked at: of a request that is refused, everything that it had taken is given back, and counts again. All
 * of it is there when the window has passed. */
static void tell_left(yz_call *call) {
    const state *s = yz_state(call);
    for (size_t i = 0; i < s->n; i++) {
        const check *c = &s->checks[i];
        if (c->what == LIMIT_CALLS || (!c->took && c != s->refused))
            continue;
        yz_quota quota = {.most = c->rule->most[c->what], .left = c->left, .reset = c->rule->window};
        if (c == s->refused)
            quota.reset = c->wait > quota.reset ? c->wait : quota.reset;
        else if (s->refused)
            quota.left += c->n;
        yz_allow(call, c->what == LIMIT_TOKENS ? YZ_QUOTA_TOKENS : YZ_QUOTA_REQUESTS, &quota);
    }
}

/* Is it more by itself than is ever allowed at once? */
static bool never_fits(const check *c) { return c->what != LIMIT_CALLS && c->n > c->rule->most[c->what]; }

static void refuse(yz_call *call) {
    const limit_stage *stage = yz_stage(call);
    const state *s = yz_state(call);
    const check *c = s->refused;
    int64_t most = c->rule->most[c->what];
    yz_error error = {YZ_ERROR, .class_ = YZ_ERROR_RATE_LIMIT, .retry_after = c->wait > 1 ? c->wait : 2};
    if (never_fits(c))
        error.retry_after = 0, error.again = YZ_AGAIN_NO;
    yz_str per = c->rule->per == PER_ALL ? YZ_STR("") : yz_format(yz_call_arena(call), " for this %.*s", YZ_STR_ARGS(rule_per(c->rule)));
    if (c->scope)
        per = yz_format(yz_call_arena(call), " for the %s \"%.*s\"", c->scope->kind, YZ_STR_ARGS(c->scope->name));
    if (c->what == LIMIT_CALLS)
        error.message = yz_format(yz_call_arena(call), "%lld request%s at once%.*s %s under way, and no more are allowed", (long long)most,
                                  most == 1 ? "" : "s", YZ_STR_ARGS(per), most == 1 ? "is" : "are");
    else if (never_fits(c))
        error.message = yz_format(yz_call_arena(call), "this request alone may take about %lld tokens; %lld in %lld s are allowed%.*s",
                                  (long long)c->n, (long long)most, (long long)(c->rule->window / 1000), YZ_STR_ARGS(per));
    else
        error.message = yz_format(yz_call_arena(call), "%lld %s in %lld s are allowed%.*s; try again in %.1f s", (long long)most,
                                  rule_words[c->what], (long long)(c->rule->window / 1000), YZ_STR_ARGS(per), (double)c->wait / 1e3);
    yz_str word = c->scope ? yz_str_of(c->scope->kind) : rule_per(c->rule);
    yz_note(call, "limit", yz_format(yz_call_arena(call), "%s per %.*s", rule_words[c->what], YZ_STR_ARGS(word)));
    yz_count(yz_call_worker(call), stage->refused, 1);
    yz_send_error(call, &error);
}

/* Is there anything to put right when the answer has ended? */
static bool ends_matter(const state *s) {
    bool matter = false;
    for (size_t i = 0; i < s->n && !matter; i++)
        matter = s->checks[i].took && s->checks[i].what != LIMIT_REQUESTS;
    return matter;
}

static bool has_lease(const check *c) { return c->took && c->what == LIMIT_CALLS; }

/* Those that the store could not give are renewed with the others: when it is back it knows of all calls that are under way. */
static void renew_leases(yz_call *call) {
    const limit_stage *stage = yz_stage(call);
    const state *s = yz_state(call);
    for (size_t i = 0; i < s->n; i++) {
        const check *c = &s->checks[i];
        if (has_lease(c))
            yz_store_renew(yz_call_worker(call), stage->store, c->key, (yz_str){c->holder, sizeof c->holder}, LEASE_MS);
    }
}

static void on_timer(yz_call *call, yz_timer *timer) {
    state *s = yz_state(call);
    (void)timer;
    renew_leases(call);
    s->renewal = yz_timer_start(call, RENEW_MS);
}

static void keep_leases(yz_call *call) {
    const limit_stage *stage = yz_stage(call);
    state *s = yz_state(call);
    bool any = false;
    for (size_t i = 0; i < s->n && !any; i++)
        any = has_lease(&s->checks[i]);
    if (any && stage->store)
        s->renewal = yz_timer_start(call, RENEW_MS);
}

static void go_on(yz_call *call) {
    keep_leases(call);
    if (ends_matter(yz_state(call)))
        yz_next(call, NULL);
    else
        yz_pass(call, NULL);
}

static void store_is_away(yz_call *call) {
    const limit_stage *stage = yz_stage(call);
    bool allow = stage->config->unavailable == ALLOW;
    yz_count(yz_call_worker(call), stage->unavailable, 1);
    yz_note(call, "limit", allow ? YZ_STR("store unavailable, let through") : YZ_STR("store unavailable, refused"));
    if (allow)
        go_on(call);
    else
        yz_send_error(call, &(yz_error){YZ_ERROR, .class_ = YZ_ERROR_UNAVAILABLE, .retry_after = AWAY_MS,
                                        .message = YZ_STR("the store that counts requests cannot be asked at the moment")});
}

static void decide(yz_call *call) {
    const state *s = yz_state(call);
    tell_left(call);
    if (s->refused) {
        give_back(call);
        refuse(call);
    } else if (s->unavailable) {
        store_is_away(call);
    } else {
        go_on(call);
    }
}

static void ask_here(yz_call *call) {
    state *s = yz_state(call);
    int64_t now = yz_now(yz_call_worker(call));
    for (size_t i = 0; i < s->n && !s->refused; i++) {
        check *c = &s->checks[i];
        int64_t most = c->rule->most[c->what];
        c->wait = 1000;
        c->took = c->what == LIMIT_CALLS ? local_enter(c->id, most, now)
                                         : local_take(c->id, c->n, most, c->rule->window, now, &c->local, &c->left, &c->wait);
        if (!c->took)
            s->refused = c;
    }
    decide(call);
}

static void answered(yz_call *call, check *c, int code, bool fits, int64_t wait) {
    state *s = yz_state(call);
    if (code != YZ_OK)
        s->unavailable = true;
    else if (!fits && !s->refused) {
        c->wait = wait;
        s->refused = c;
    }
    if (--s->asked == 0)
        decide(call);
}

/* A lease that the store could not be asked for may have been given. */
static void on_lease(yz_call *call, void *arg, int code) {
    check *c = arg;
    c->took = code != YZ_ELIMIT;
    answered(call, c, code == YZ_ELIMIT ? YZ_OK : code, code == YZ_OK, 1000);
}

static void ask_lease(yz_call *call, check *c) {
    const limit_stage *stage = yz_stage(call);
    yz_worker *worker = yz_call_worker(call);
    uint64_t name[2] = {yz_random(worker), yz_random(worker)};
    memcpy(c->holder, name, sizeof c->holder);
    c->took = true; /* also if the client leaves before the store has answered */
    yz_store_acquire(call, stage->store, c->key, (yz_str){c->holder, sizeof c->holder}, c->rule->most[c->what], LEASE_MS,
                     stage->config->timeout, on_lease, c);
}

static void on_taken(yz_call *call, void *arg, int code, const yz_taken *came) {
    check *c = arg;
    if (code == YZ_OK) {
        c->took = came->fits;
        c->slot = came->slot;
        c->left = came->left;
    }
    answered(call, c, code, code == YZ_OK && came->fits, code == YZ_OK ? came->wait : 0);
}

static void ask_store(yz_call *call) {
    const limit_stage *stage = yz_stage(call);
    state *s = yz_state(call);
    s->asked = s->n;
    for (size_t i = 0; i < s->n; i++) {
        check *c = &s->checks[i];
        if (c->what == LIMIT_CALLS)
            ask_lease(call, c);
        else
            yz_store_take(call, stage->store, c->key, c->n, c->rule->most[c->what], c->rule->window, stage->config->timeout, on_taken, c);
    }
}

static void on_call(yz_call *call, const yz_request *request) {
    const limit_stage *stage = yz_stage(call);
    const state *s = yz_state(call);
    add_checks(call, request);
    add_scopes(call, request);
    if (s->n == 0)
        yz_pass(call, NULL);
    else if (stage->store)
        ask_store(call);
    else
        ask_here(call);
}

/* What it took in the end; -1: nobody knows. */
static int64_t tokens_taken(yz_call *call) {
    const yz_record *record = yz_call_record(call);
    int64_t tokens = used(call);
    bool for_nothing = record->outcome == YZ_OUTCOME_FAILED && record->started == YZ_STARTED_NO;
    return tokens < 0 && for_nothing ? 0 : tokens;
}

/* The answer has ended, in whatever way: places at once are free again, and tokens are what was used. */
static void on_close(yz_call *call) {
    state *s = yz_state(call);
    for (size_t i = 0; i < s->n; i++) {
        const check *c = &s->checks[i];
        if (!c->took)
            continue;
        int64_t tokens = c->what == LIMIT_TOKENS ? tokens_taken(call) : -1;
        if (c->what == LIMIT_CALLS)
            correct(call, c, -1);
        else if (tokens >= 0)
            correct(call, c, tokens - c->n);
    }
}

/* ---- opening ------------------------------------------------------------------------------------------------------------ */

static int check_rules(const config *cfg, yz_diag *diag) {
    for (size_t i = 0; i < cfg->limits.n; i++) {
        const char *fault = rule_fault(cfg->limits.items[i]);
        if (!fault)
            continue;
        yz_diag_error(diag, "limit: limits[%zu] %s", i + 1, fault);
        return YZ_EINVAL;
    }
    return YZ_OK;
}

static bool limits_calls(const config *cfg) {
    bool any = false;
    for (size_t i = 0; i < cfg->limits.n && !any; i++)
        any = ((const limit_rule *)cfg->limits.items[i])->most[LIMIT_CALLS] > 0;
    return any;
}

static int open_store(limit_stage *stage, yz_worker *worker, yz_diag *diag) {
    yz_str name = stage->config->store;
    if (name.n == 0 && stage->config->unavailable == REFUSE && yz_worker_index(worker) == 0)
        yz_diag_warn(diag, "limit: unavailable = \"refuse\" is about a store, and none is said: this process counts by itself and is never "
                           "away; store = \"redis\" names one");
    if (name.n == 0)
        return YZ_OK;
    stage->store = yz_store_find(worker, name, diag);
    if (!stage->store)
        return YZ_EINVAL;
    const char *lacks = NULL;
    if (!yz_store_takes(stage->store))
        lacks = "count in windows";
    else if (limits_calls(stage->config) && !yz_store_leases(stage->store))
        lacks = "give leases, by which requests at once are counted";
    if (!lacks)
        return YZ_OK;
    yz_diag_error(diag, "limit: the store \"%.*s\" cannot %s; redis can, and without a store this process counts by itself",
                  YZ_STR_ARGS(name), lacks);
    return YZ_EINVAL;
}

static void name_rules(limit_stage *stage) {
    for (size_t i = 0; i < stage->config->limits.n * LIMIT_WHATS; i++) {
        const limit_rule *rule = stage->config->limits.items[i / LIMIT_WHATS];
        uint8_t hash[32];
        yz_buf text = {0};
        stage->n += rule->most[i % LIMIT_WHATS] > 0;
        rule_name(rule, (limit_what)(i % LIMIT_WHATS), &text);
        yz_hmac(yz_buf_view(&text), hash);
        yz_buf_free(&text);
        memcpy(&stage->ids[i], hash, sizeof stage->ids[i]);
    }
}

static void close_stage(void *arg) {
    limit_stage *stage = arg;
    free(stage->ids);
    free(stage);
}

static int open_stage(yz_worker *worker, const void *cfg, void **out, yz_diag *diag) {
    if (check_rules(cfg, diag) < 0)
        return YZ_EINVAL;
    limit_stage *stage = calloc(1, sizeof *stage);
    if (!stage)
        return YZ_ELIMIT;
    stage->config = cfg;
    stage->ids = calloc(stage->config->limits.n * LIMIT_WHATS, sizeof *stage->ids);
    if (!stage->ids || open_store(stage, worker, diag) < 0) {
        close_stage(stage);
        return YZ_EINVAL;
    }
    local_open();
    name_rules(stage);
    stage->refused = yz_counter_declare("limit_refused", "requests over a limit");
    stage->unavailable = yz_counter_declare("limit_unavailable", "requests whose limits the store could not be asked for");
    *out = stage;
    return YZ_OK;
}

/* The limit that this request is over by itself, whatever others have taken; NULL: none. */
static const limit_rule *too_small(const config *c, const yz_request *request, int64_t tokens) {
    for (size_t i = 0; i < c->limits.n; i++) {
        const limit_rule *rule = c->limits.items[i];
        if (rule->most[LIMIT_TOKENS] > 0 && tokens > rule->most[LIMIT_TOKENS] && rule_binds(rule, request))
            return rule;
    }
    return NULL;
}

static void describe(const void *cfg, const yz_question *question, yz_buf *out) {
    const config *c = cfg;
    size_t n = 0;
    int64_t tokens = estimate(c, question->request);
    const limit_rule *small = too_small(c, question->request, tokens);
    if (small) {
        yz_buf_printf(out, "refused: this request alone may take about %lld tokens, and allowed are ", (long long)tokens);
        rule_put(small, out);
        return;
    }
    for (size_t i = 0; i < c->limits.n; i++) {
        if (!rule_may_bind(c->limits.items[i], question))
            continue;
        yz_buf_lit(out, n++ > 0 ? "; " : "");
        rule_put(c->limits.items[i], out);
    }
    if (n == 0 && c->limits.n > 0)
        yz_buf_printf(out, "none of its %zu binds it", c->limits.n);
}

static void show(void *arg, yz_buf *out) {
    const limit_stage *stage = arg;
    yz_buf words = {0};
    yz_buf_lit(out, "{\"limits\":[");
    for (size_t i = 0; i < stage->config->limits.n; i++) {
        words.n = 0;
        rule_put(stage->config->limits.items[i], &words);
        yz_buf_lit(out, i ? "," : "");
        yz_buf_json_str(out, yz_buf_view(&words));
    }
    yz_buf_printf(out, "],\"shared\":%s}", stage->store ? "true" : "false");
    yz_buf_free(&words);
}

/* Whoever is below may refuse a request by its head, body unread: this stage lets any pass. */
static bool on_arrival(yz_arrival *arrival) {
    (void)arrival;
    return true;
}

static const yz_filter filter = {YZ_FILTER,          .call_size = sizeof(state), .open = open_stage,   .close = close_stage,
                                 .on_call = on_call, .on_arrival = on_arrival,   .on_timer = on_timer, .on_close = on_close,
                                 .show = show,       .describe = describe};

YZ_PLUGIN_KINDS("stage");
YZ_PLUGIN(.name = "limit", .summary = "so many requests, tokens and calls at once, for keys, models, providers", .version = "1.0",
          .config_size = sizeof(config), YZ_OPTIONS(options), .filter = &filter)
