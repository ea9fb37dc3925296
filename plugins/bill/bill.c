/* bill: prepaid requests. Before anything goes to a provider the most that the request may cost is held in the ledger; when the call has
 * ended, in whatever way, the hold ends once: what the request did cost is charged, and the rest is free again.
 *
 * Nothing goes down before the ledger has said that the hold is written, or has taken it out of what was lent to this process and written
 * before. So a gateway that dies leaves a hold that ends by itself or by its will, and no number of requests at once spends what is not
 * there. What follows the end is written behind the answer's back.
 */
#include "bill.h"

#include <stdlib.h>

static const yz_option options[] = {
    {"account", YZ_OPTION_CHOICE, offsetof(bill_config, account), "key",
     .help = "who pays: the account of the key's name, or of its tenant", .choices = "key tenant"},
    {"hits", YZ_OPTION_CHOICE, offsetof(bill_config, hits), "free", .help = "answers of a cache, or of another request's work",
     .choices = "free charge"},
    {"unpriced", YZ_OPTION_CHOICE, offsetof(bill_config, unpriced), "refuse",
     .help = "requests for a model with a target of unknown price: refused, or allowed and that target for nothing",
     .choices = "refuse allow"},
    {"ended", YZ_OPTION_CHOICE, offsetof(bill_config, ended), "refuse",
     .help =
         "requests for a model that its sellers no longer serve, by its price: refused, or redirected to the successor that is named there",
     .choices = "refuse redirect"},
    {"bytes_per_token", YZ_OPTION_NUMBER, offsetof(bill_config, bytes_per_token), "2",
     .help = "for the hold: so many bytes of a request are a token at least", .min = 1, .max = 16},
    {"answer_tokens", YZ_OPTION_INT, offsetof(bill_config, answer_tokens), "4096",
     .help = "for the hold: the length of an answer, if the request does not say one", .min = 1, .max = 10000000},
    {"picture_tokens", YZ_OPTION_INT, offsetof(bill_config, picture_tokens), "10000",
     .help = "for the hold of a batch: so many tokens for each picture in a line, beside its bytes", .min = 0, .max = 10000000},
    {"file_tokens", YZ_OPTION_INT, offsetof(bill_config, file_tokens), "100000",
     .help = "for the hold of a batch: so many tokens for each file, sound or film in a line, beside its bytes", .min = 0, .max = 10000000},
    {"session_tokens", YZ_OPTION_INT, offsetof(bill_config, session_tokens), "16384",
     .help = "for the hold of a session (realtime): so many tokens each way; one that has used up what is held is ended", .min = 1,
     .max = 100000000},
    {"timeout", YZ_OPTION_DURATION, offsetof(bill_config, timeout), "5s", .help = "the ledger has this long to hold", .min = 1,
     .max = 60000},
    {"ttl", YZ_OPTION_DURATION, offsetof(bill_config, ttl), "1h",
     .help = "a hold that nobody ends, as when the gateway has died, ends by itself after that; longer than any request", .min = 60000,
     .max = INT64_C(7) * 86400000},
    {"disconnect", YZ_OPTION_CHOICE, offsetof(bill_config, disconnect), "cut",
     .help = "a client leaves in the middle of its answer: the provider's connection is closed at once, or drained so that the provider "
             "says what was used",
     .choices = "cut drain"},
    {"drain_time", YZ_OPTION_DURATION, offsetof(bill_config, drain_time), "30s", .help = "drained so long at most", .min = 1,
     .max = 3600000},
    {"drain_tokens", YZ_OPTION_INT, offsetof(bill_config, drain_tokens), "16384",
     .help = "so many tokens at most, by their text, from the moment the client left", .min = 1, .max = 10000000},
    {"webhook", YZ_OPTION_STRING, offsetof(bill_config, webhook), NULL,
     .help = "an address that is told, by POST, when a budget is used up to its warn_at", .url = true},
    {"webhook_key", YZ_OPTION_SECRET, offsetof(bill_config, webhook_key), NULL, .help = "shown there as a bearer token"},
};

/* ---- refusing ------------------------------------------------------------------------------------------------------- */

static yz_str usd(yz_call *call, int64_t nano) {
    yz_buf text = {.p = yz_alloc(yz_call_arena(call), BILL_USD), .cap = BILL_USD}; /* it has room, and is the arena's */
    yz_price_usd(nano, &text);
    return yz_buf_view(&text);
}

/* 402: the two numbers are in the text for people, and in headers (x-yuzui-needed, x-yuzui-left) for machines. */
static void refuse_poor(yz_call *call, const yz_posted *posted) {
    const bill_stage *stage = yz_stage(call);
    const bill_state *s = yz_state(call);
    yz_str needed = usd(call, s->held), has = usd(call, posted->available);
    yz_note(call, "needed", needed);
    yz_note(call, "left", has);
    yz_count(yz_call_worker(call), stage->refused, 1);
    yz_error error = {YZ_ERROR, .class_ = YZ_ERROR_FORBIDDEN, .status = 402, .code = YZ_STR("insufficient_balance")};
    yz_str what = YZ_STR("the balance");
    if (posted->count) {
        error.code = YZ_STR("budget_exceeded");
        what = budget_name(call, yz_call_request(call)->key, posted->count);
    }
    error.message = yz_format(yz_call_arena(call), "%.*s does not cover this request: it may cost up to %.*s USD, and %.*s USD are left",
                              YZ_STR_ARGS(what), YZ_STR_ARGS(needed), YZ_STR_ARGS(has));
    yz_send_error(call, &error);
}

static void refuse_unpriced(yz_call *call, const yz_target *target) {
    const bill_stage *stage = yz_stage(call);
    yz_count(yz_call_worker(call), stage->unpriced, 1);
    yz_error error = {YZ_ERROR, .class_ = YZ_ERROR_FORBIDDEN, .code = YZ_STR("model_without_price")};
    const bill_state *s = yz_state(call);
    bool service = yz_price_find(call, target, s->at) != NULL; /* then it is the service that has none */
    error.message = yz_format(yz_call_arena(call), "no price is known of %s\"%.*s\" at %.*s, so it cannot be charged and is not served%s",
                              service ? "the service tier asked for of " : "", YZ_STR_ARGS(target->model),
                              YZ_STR_ARGS(target->provider->name), service ? "; without service_tier and speed it is" : "");
    yz_send_error(call, &error);
}

static void refuse_ended(yz_call *call, const yz_target *target) {
    const bill_state *s = yz_state(call);
    yz_str successor = {0};
    const yz_price *price = yz_price_find(call, target, s->at);
    if (price)
        (void)yz_price_ended(price, s->at, &successor);
    yz_error error = {YZ_ERROR, .class_ = YZ_ERROR_NOT_FOUND, .code = YZ_STR("model_ended")};
    error.message = yz_format(yz_call_arena(call),
                              successor.n ? "\"%.*s\" is no longer served by %.*s, which says to use \"%.*s\""
                                          : "\"%.*s\" is no longer served by %.*s%.*s",
                              YZ_STR_ARGS(target->model), YZ_STR_ARGS(target->provider->name), YZ_STR_ARGS(successor));
    yz_send_error(call, &error);
}

/* ---- holding -------------------------------------------------------------------------------------------------------- */

static void hold(yz_call *call, const yz_request *request);

/* False: there is no cheaper one to try. */
static bool try_cheaper(yz_call *call, size_t budget) {
    const bill_state *s = yz_state(call);
    const yz_request *instead = downgrade(call, budget);
    if (!instead)
        return false;
    if (s->held > 0)
        hold(call, instead);
    else /* it is free */
        yz_next(call, instead);
    return true;
}

static void on_held(yz_call *call, void *arg, const yz_posted *posted) {
    (void)arg;
    const bill_stage *stage = yz_stage(call);
    bill_state *s = yz_state(call);
    if (posted->code == YZ_OK && !posted->before) { /* of another attempt at the same job it may be over already */
        s->holds = true;
        yz_next(call, s->instead);
        return;
    }
    end_forget(call);
    if (posted->code == YZ_ELIMIT && posted->count && !s->reading && try_cheaper(call, posted->count))
        return;
    if (posted->code == YZ_ELIMIT || posted->code == YZ_ENOTFOUND) {
        refuse_poor(call, posted);
    } else {
        yz_count(yz_call_worker(call), stage->unavailable, 1);
        yz_fail(call, YZ_ERROR_UNAVAILABLE, "the ledger cannot hold money for this request at the moment");
    }
}

/* Of the process's own, so that no client can name the hold of another request. */
static yz_str new_id(yz_call *call) {
    yz_worker *worker = yz_call_worker(call);
    const uint64_t parts[] = {(uint64_t)yz_clock_wall_ns(), yz_worker_index(worker), yz_random(worker)};
    char id[3 * 17], *at = id + sizeof id;
    for (int i = 2; i >= 0; i--) {
        uint64_t left = parts[i];
        do
            *--at = "0123456789abcdef"[left & 15];
        while (left >>= 4);
        *--at = '-';
    }
    return yz_dup(yz_call_arena(call), yz_str_at(at + 1, (size_t)(id + sizeof id - at - 1)));
}

static yz_str account_of(const bill_config *cfg, const yz_key *key) {
    return cfg->account == BY_TENANT ? key->tenant : key->account.n ? key->account : key->name;
}

static void hold(yz_call *call, const yz_request *request) {
    const bill_stage *stage = yz_stage(call);
    const bill_config *cfg = yz_config(call);
    bill_state *s = yz_state(call);
    const yz_target *target = request->target ? request->target : s->first;
    const yz_price *price = target ? charge_price(call, s, target) : NULL;
    const yz_key *key = request->key;
    const yz_counted *const *counts = NULL;
    size_t n_counts = budget_counts(call, key, &counts);
    s->id = request->job.n ? request->job : new_id(call); /* a job's is given back by who follows it */
    yz_posting *p = yz_alloc(yz_call_arena(call), sizeof *p);
    *p = (yz_posting){YZ_POSTING,
                      .kind = YZ_POSTING_HOLD,
                      .account = account_of(cfg, key),
                      .id = s->id,
                      .amount = s->held,
                      .expires = s->at + cfg->ttl / 1000,
                      .request = request->id,
                      .model = request->model,
                      .price = price ? yz_price_id(price) : YZ_STR(""),
                      .key = key->name,
                      .counts = counts,
                      .n_counts = n_counts};
    s->holds = end_cover(call, p);
    if (s->holds)
        yz_next(call, s->instead);
    else
        yz_ledger_hold(call, stage->ledger, p, cfg->timeout, on_held, NULL);
}

static bool is_free(const yz_request *request) {
    return request->op == YZ_OP_MODELS || request->op == YZ_OP_COUNT || request->op == YZ_OP_STORED || request->op == YZ_OP_FILE;
}

/* Most requests have none, and a policy's estimate has no state of its own that it could stay in. */
static void keep_units(const yz_call *call, bill_state *s, yz_usage units) {
    yz_usage *kept = units.known ? yz_alloc(yz_call_arena(call), sizeof *kept) : NULL;
    if (kept)
        *kept = units;
    s->units = kept;
}

int bill_bound(const bill_config *cfg, const yz_call *call, const yz_request *request, bill_state *s, const yz_target **unpriced) {
    s->at = yz_clock_wall_ns() / 1000000000;
    s->input = bound_input(request, cfg->bytes_per_token);
    s->priced = NULL; /* at another time it may cost something else */
    bound_asked asked = bound_read(request);
    s->service = asked.service;
    keep_units(call, s, units_asked(request, asked.choices));
    s->pictures = units_pictures(request, asked.choices);
    int64_t output = bound_output(request, &asked, cfg->answer_tokens);
    if (request->op == YZ_OP_REALTIME)
        s->input = output = cfg->session_tokens;
    if (request->op == YZ_OP_BATCH)
        bound_chats(cfg, call, request, s);
    int code = bound_cost(call, request, s, output, &s->held, unpriced);
    s->unmarked = s->held;
    s->held = budget_marked_up(request->key, s->held);
    return code;
}

/* What on_call would hold, for a policy above. */
static void estimate(const void *config, const yz_call *call, const yz_request *request, yz_estimate *out) {
    const bill_config *cfg = config;
    bill_state s = {0};
    const yz_target *unpriced = NULL;
    if (request->key)
        out->account = account_of(cfg, request->key);
    if (is_free(request)) {
        out->most = 0;
        return;
    }
    bool bound = request->op != YZ_OP_BATCH || (request->dialect && request->dialect->batch_chat);
    int code = bound && bound_serves(call, request) ? bill_bound(cfg, call, request, &s, &unpriced) : YZ_ENOTFOUND;
    if (code == YZ_EUNSUPPORTED && cfg->ended == ENDED_REDIRECT && successor_find(cfg, call, request, unpriced, &s))
        code = YZ_OK;
    bool known = code == YZ_OK || (code == YZ_ENOTFOUND && cfg->unpriced == ALLOW && s.held > 0);
    out->most = known ? s.held : -1;
}

/* What a batch costs is said when it is over, a day later, to whoever asks for its results: nobody is there to be charged, but where a
 * stage follows it. */
static void pass_batch(yz_call *call, const bill_config *cfg) {
    if (cfg->unpriced == ALLOW)
        yz_pass(call, NULL);
    else
        yz_fail(
            call, YZ_ERROR_FORBIDDEN,
            "a batch cannot be paid for here, since what it costs is known when it is over, and nobody follows it until then: the stage "
            "jobs does, which the operator may put into the chain, above bill; or send its requests one by one");
}

void bill_go_on(yz_call *call, const yz_request *request, int code, const yz_target *unpriced) {
    const bill_config *cfg = yz_config(call);
    const bill_state *s = yz_state(call);
    if (code == YZ_EUNSUPPORTED)
        refuse_ended(call, unpriced);
    else if (code != YZ_OK && cfg->unpriced == REFUSE)
        refuse_unpriced(call, unpriced);
    else if (s->held == 0 && s->reading)
        yz_next(call, s->instead);
    else if (s->held == 0) /* all of it is free, or nobody serves the model */
        yz_pass(call, s->instead);
    else
        hold(call, request);
}

static void on_call(yz_call *call, const yz_request *request) {
    const bill_config *cfg = yz_config(call);
    bill_state *s = yz_state(call);
    const yz_target *unpriced;
    webhook_send(yz_stage(call));
    if (is_free(request)) {
        yz_pass(call, NULL);
        return;
    }
    if (!request->key) {
        yz_fail(call, YZ_ERROR_AUTH, "a key is needed: requests are paid for by its account");
        return;
    }
    if (request->op == YZ_OP_BATCH && !bound_is_followed(request)) {
        pass_batch(call, cfg);
        return;
    }
    if (chats_lie_apart(request)) {
        chats_read(call);
        return;
    }
    int code = bill_bound(cfg, call, request, s, &unpriced);
    if (code == YZ_EUNSUPPORTED && cfg->ended == ENDED_REDIRECT && (s->instead = successor(call, request, unpriced)) != NULL) {
        request = s->instead;
        code = YZ_OK;
    }
    bill_go_on(call, request, code, unpriced);
}

/* ---- the answer ----------------------------------------------------------------------------------------------------- */

/* The note as it was written: USD with at most nine digits after the point. */
static int64_t noted_nano(yz_str text) {
    int64_t nano = 0, unit = 0;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '.') {
            unit = 1;
            continue;
        }
        nano = nano * 10 + (text.p[i] - '0');
        unit *= 10;
    }
    for (unit = unit ? unit : 1; unit < 1000000000; unit *= 10)
        nano *= 10;
    return nano;
}

/* A request may have several charges, as the steps of a workflow: the note is their sum. */
static void note_cost(yz_call *call, int64_t amount) {
    bill_state *s = yz_state(call);
    int64_t others = noted_nano(yz_noted(call, "cost")) - s->noted;
    yz_buf text = {.p = s->said_text, .cap = sizeof s->said_text}; /* it has room */
    s->noted = amount;
    s->said = others < YZ_LEDGER_AMOUNT_MAX - amount ? others + amount : YZ_LEDGER_AMOUNT_MAX;
    yz_price_usd(s->said, &text);
    s->said_usd = yz_buf_view(&text);
    yz_note(call, "cost", s->said_usd);
}

static void note_answer(yz_call *call, yz_call *child) {
    note_cost(call, charge_answer(call, yz_record_answer(yz_call_record(child))).amount);
}

/* A batch whose chats were read, and have no price: nobody has to know what it costs when it is over. */
static bool passes_for_nothing(const bill_state *s) { return s->reading && !s->holds; }

/* Of a document all is known before its head, and the cost becomes a header; of a stream it goes into the log alone. */
static void on_head(yz_call *call, yz_call *child, const yz_head *head) {
    bill_state *s = yz_state(call);
    if (chats_are_read_by(s, child)) {
        chats_head(call, head);
        return;
    }
    if (!passes_for_nothing(s) && !head->stream && yz_record_answer(yz_call_record(child))->usage) {
        s->finished = true;
        note_answer(call, child);
    }
    yz_send_head(call, head);
}

/* Is some of its work another call's, whose attempts become its own at the end? */
static bool shares(const yz_record *own) {
    for (const yz_record *r = own; r; r = r->next)
        if (r->shared)
            return true;
    return false;
}

/* Of a document all is known now, and it is posted; whoever leaves from here on, and however, pays the same. */
static bool end_document(yz_call *call) {
    const bill_state *s = yz_state(call);
    const yz_record *own = yz_call_record(call);
    const yz_request *request = yz_call_request(call);
    bool later = s->ended || s->drain || request->stream || request->op == YZ_OP_REALTIME || shares(own);
    if (later || !charge_is_whole(call, yz_record_answer(own)))
        return false;
    charge c = charge_so_far(call);
    end_post(call, &c);
    return true;
}

/* What the session costs before anything is said in it: a price by the request. */
static int64_t begun_at(yz_call *call, const charge *c) {
    const yz_usage none = {0};
    yz_cost cost = {YZ_COST};
    if (!c->price)
        return 0;
    (void)yz_price_cost(c->price, &none, &cost);
    return budget_marked_up(yz_call_request(call)->key, cost.total);
}

/* What is held for a session is what it may use: one that has used it is ended. */
static void bound_session(yz_call *call) {
    const bill_state *s = yz_state(call);
    if (yz_call_request(call)->op != YZ_OP_REALTIME)
        return;
    charge c = charge_so_far(call);
    note_cost(call, c.amount);                                             /* of whatever end: nobody knows which response is the last */
    if (!s->holds || c.amount < s->held || c.amount <= begun_at(call, &c)) /* what it costs to begin one uses nothing up */
        return;
    yz_error error = {YZ_ERROR, .class_ = YZ_ERROR_FORBIDDEN, .status = 402, .code = YZ_STR("session_used_up")};
    error.message = yz_format(yz_call_arena(call), "this session has used up the %.*s USD held for it: begin another one",
                              YZ_STR_ARGS(usd(call, s->held)));
    yz_send_error(call, &error);
}

/* Before the client gets what more is to be charged for: when usage is said, and whenever as much again has come. */
static void on_chunk(yz_call *call, yz_call *child, const yz_chunk *chunk) {
    bill_state *s = yz_state(call);
    if (chats_are_read_by(s, child)) {
        chats_chunk(call, chunk->bytes);
        return;
    }
    s->content += (int64_t)chunk->bytes.n;
    s->finished |= (chunk->marks & YZ_MARK_FINISH) != 0;
    if (!leave_goes_on(call))
        return;
    if (s->holds && !s->ended && (chunk->marks & YZ_MARK_USAGE || s->content >= 2 * s->willed) && !end_document(call)) {
        end_will(call, (chunk->marks & YZ_MARK_USAGE) != 0);
        s->willed = s->content;
    }
    yz_send_chunk(call, chunk);
    if (chunk->marks & YZ_MARK_USAGE)
        bound_session(call);
}

/* The charge is posted before the client knows that this is the end. */
static void on_end(yz_call *call, yz_call *child, const yz_end *end) {
    const bill_state *s = yz_state(call);
    if (chats_are_read_by(s, child)) {
        chats_end(call);
        return;
    }
    leave_ended(call);
    if (!s->ended && !passes_for_nothing(s)) {
        charge c = charge_answer(call, yz_record_answer(yz_call_record(child)));
        note_cost(call, c.amount);
        end_post(call, &c);
    }
    yz_send_end(call, end);
}

/* A hold that the ledger confirms after this is released by the host. */
static void on_close(yz_call *call) {
    bill_state *s = yz_state(call);
    chats_free(s);
    if (s->ended)
        return;
    if (!s->holds) {
        end_forget(call);
        return;
    }
    charge c = charge_call(call);
    end_post(call, &c);
}

static void describe(const void *config, const yz_question *question, yz_buf *out) {
    (void)question;
    const bill_config *cfg = config;
    yz_buf_lit(out, "a client that leaves: ");
    if (cfg->disconnect == CUT)
        yz_buf_lit(out, "cut");
    else
        yz_buf_printf(out, "drained for %lld ms or %lld tokens at most", (long long)cfg->drain_time, (long long)cfg->drain_tokens);
}

/* ---- opening -------------------------------------------------------------------------------------------------------- */

static int open_stage(yz_worker *worker, const void *cfg, void **out, yz_diag *diag) {
    const bill_config *options_given = cfg;
    if (options_given->disconnect == DRAIN && options_given->drain_time >= options_given->ttl) {
        yz_diag_error(diag, "bill: drain_time must be shorter than ttl (%lld s), after which a hold ends by itself",
                      (long long)(options_given->ttl / 1000));
        return YZ_EINVAL;
    }
    yz_ledger *ledger = yz_ledger_find(worker, diag);
    bill_stage *stage = ledger ? calloc(1, sizeof *stage) : NULL;
    if (!stage)
        return YZ_EINVAL;
    stage->ledger = ledger;
    stage->refused = yz_counter_declare("bill_refused", "requests that the balance did not cover");
    stage->unavailable = yz_counter_declare("bill_unavailable", "requests that the ledger could not hold money for");
    stage->unpriced = yz_counter_declare("bill_unpriced", "requests with a part that has no price: refused, or served for nothing");
    stage->drained = yz_counter_declare("bill_drained", "requests whose client left, and whose answer was read to its end");
    stage->cut = yz_counter_declare("bill_cut", "requests whose client left, and whose answer was longer than what is read on");
    stage->estimated = yz_counter_declare("bill_estimated", "requests charged by an estimate: the provider did not say what was used");
    stage->tokens_said = yz_counter_declare("bill_tokens_said", "tokens of questions, as providers said them");
    stage->tokens_guessed = yz_counter_declare("bill_tokens_guessed", "tokens of the same questions, as they would have been estimated");
    stage->tokens_off = yz_counter_declare("bill_tokens_off", "by how many tokens the estimates of single questions were off, either way");
    if (!webhook_open(stage, worker, cfg, diag)) {
        webhook_close(stage);
        return YZ_EINVAL;
    }
    *out = stage;
    return YZ_OK;
}

static const yz_filter filter = {YZ_FILTER,
                                 .call_size = sizeof(bill_state),
                                 .open = open_stage,
                                 .close = webhook_close,
                                 .on_call = on_call,
                                 .on_head = on_head,
                                 .on_chunk = on_chunk,
                                 .on_end = on_end,
                                 .on_timer = leave_on_timer,
                                 .on_close = on_close,
                                 .on_leave = leave_on_leave,
                                 .describe = describe,
                                 .estimate = estimate};

YZ_PLUGIN_KINDS("stage");
YZ_PLUGIN(.name = "bill", .summary = "prepaid requests: holds what one may cost, charges what it did", .version = "1.0",
          .config_size = sizeof(bill_config), YZ_OPTIONS(options), .filter = &filter)
