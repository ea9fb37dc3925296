/* provider.c: the hooks of the provider stage.
 *
 * A call here waits for one thing, its fetch, under a wait whose deadline lies after the fetch's own; so the ledger of the tree
 * shows it and nothing can be forgotten. on_close is the one place where things are let go, after every kind of end.
 */
#include "upstream/provider.h"

#include "base/arena.h"
#include "base/put.h"
#include "call/tree.h"
#include "config/reach.h"
#include "generation.h"
#include "upstream/pieces.h"
#include "upstream/provider_inner.h"
#include "worker.h"

#include <stdio.h>

#define LONGEST_MS  ((int64_t)24 * 3600 * 1000) /* of a wait: the deadlines of the fetch come first, and move on with its answer */
#define NAMES_SHOWN 20

/* ---- endings --------------------------------------------------------------------------------------------------------- */

yz_started yz_leaf_started(const yz_leaf *leaf) {
    if (leaf->content || leaf->sent)
        return YZ_STARTED_YES;
    return leaf->fetch && yz_fetch_sent(leaf->fetch) ? YZ_STARTED_MAYBE : YZ_STARTED_NO;
}

void yz_leaf_error(yz_leaf *leaf, yz_error *error) {
    error->target = leaf->target;
    if (yz_leaf_next_key(leaf, error))
        return;
    if (leaf->fetch) { /* else nobody was called */
        YZ_COUNT(yz_call_worker(leaf->call), upstream_errors);
        error->resent = yz_fetch_resent(leaf->fetch);
    }
    yz_send_error(leaf->call, error);
}

static void fail(yz_leaf *leaf, yz_error_class class_, yz_again again, yz_str text) {
    yz_error error = {YZ_ERROR, .class_ = class_, .again = again,
                      .started = class_ == YZ_ERROR_ANSWERED ? YZ_STARTED_YES : yz_leaf_started(leaf)};
    error.message = yz_format(leaf->arena, "provider %.*s%s%.*s: %.*s", YZ_STR_ARGS(leaf->provider->pub.name),
                              leaf->target->node.n ? "@" : "", YZ_STR_ARGS(leaf->target->node), YZ_STR_ARGS(text));
    yz_leaf_error(leaf, &error);
}

void yz_leaf_fail_whole(yz_leaf *leaf, yz_error_class class_, yz_str text) { fail(leaf, class_, YZ_AGAIN_UNSAID, text); }

void yz_leaf_fail(yz_leaf *leaf, yz_error_class class_, const char *fmt, ...) {
    char text[512];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    yz_leaf_fail_whole(leaf, class_, yz_str_of(text));
}

void yz_leaf_end(yz_leaf *leaf) {
    leaf->end.unsaid = leaf->request->op == YZ_OP_CHAT && !yz_saying_whole(&leaf->saying, leaf->skim != NULL);
    yz_send_end(leaf->call, &leaf->end);
}

void yz_leaf_reached(const yz_leaf *leaf) {
    const yz_provider_settings *provider = leaf->provider;
    if (!provider->reach)
        return;
    yz_reach_of of = yz_reach_of_provider(provider);
    yz_reach_answered(provider->reach, &of, yz_now(yz_call_worker(leaf->call)));
}

static void tell_unreached(const yz_leaf *leaf) {
    const yz_provider_settings *provider = leaf->provider;
    const char *why = yz_fetch_unreached(leaf->fetch);
    if (!why || !provider->reach || leaf->elsewhere)
        return;
    yz_reach_of of = yz_reach_of_provider(provider);
    yz_reach_failed(provider->reach, &of, yz_now(yz_call_worker(leaf->call)), why);
}

/* A document that is whole by itself, though its length or a last chunk says that more was to come: it was paid for. */
static bool is_whole(yz_leaf *leaf) {
    yz_json *json;
    yz_str bytes = yz_leaf_bytes(leaf);
    return leaf->kind == YZ_ANSWER_DOCUMENT && bytes.n > 0 && yz_json_parse(leaf->arena, bytes, YZ_JSON_ANSWERED, &json, NULL) == YZ_OK &&
           yz_json_is(json, YZ_JSON_OBJECT);
}

/* A body that fails while it is sent is no fault of the provider, and not counted as one. */
static void on_fetch_error(void *arg, const yz_error *error) {
    yz_leaf *leaf = arg;
    tell_unreached(leaf);
    if (yz_ended(leaf->call))
        return;
    bool broken = error->class_ == YZ_ERROR_BROKEN || error->class_ == YZ_ERROR_ANSWERED; /* the end of its coding is missing, say */
    bool stopped = broken || error->class_ == YZ_ERROR_TIMEOUT;
    if (stopped && leaf->kind == YZ_ANSWER_FAILED)
        yz_leaf_refused(leaf, yz_leaf_bytes(leaf)); /* the status was known, and the words perhaps */
    else if (stopped && leaf->kind == YZ_ANSWER_WORDS)
        yz_leaf_words_end(leaf);
    else if (broken && is_whole(leaf))
        yz_leaf_document_end(leaf);
    else if (stopped && leaf->kind == YZ_ANSWER_STREAM && yz_leaf_stream_over(leaf)) /* it only did not say that it ends */
        yz_leaf_stream_end(leaf);
    else if (stopped && leaf->kind == YZ_ANSWER_STREAM && yz_leaf_stream_failed(leaf)) /* its last words came, though not their end */
        return;
    else if (error->class_ == YZ_ERROR_BAD_REQUEST || error->class_ == YZ_ERROR_TOO_LARGE || error->class_ == YZ_ERROR_UNAVAILABLE)
        yz_send_error(leaf->call, error);
    else
        fail(leaf, error->class_, error->again, error->message);
}

/* Lets go of an exchange and what it left. */
static void end_exchange(yz_leaf *leaf) {
    if (leaf->fetch)
        yz_fetch_close(leaf->fetch);
    leaf->fetch = NULL;
    yz_buf_free(&leaf->held);
    yz_buf_free(&leaf->mended);
    if (leaf->skim)
        yz_json_skim_free(leaf->skim);
    leaf->skim = NULL;
    yz_leaf_session_free(leaf);
    yz_sse_free(&leaf->sse);
    if (leaf->scratch)
        yz_arena_free(leaf->scratch);
    if (leaf->kept)
        yz_arena_free(leaf->kept);
    leaf->scratch = leaf->kept = NULL;
    if (leaf->wait)
        yz_wait_done(leaf->wait);
    leaf->wait = NULL;
}

static void on_close(yz_call *call) {
    yz_leaf *leaf = yz_state(call);
    end_exchange(leaf);
    yz_written_done(leaf->written);
    leaf->written = NULL;
}

static void start(yz_leaf *leaf);

/* The same request once more, with another key. */
static void start_again(yz_leaf *leaf) {
    leaf->again = NULL;
    yz_timer_stop(leaf->first_token);
    leaf->first_token = NULL;
    end_exchange(leaf);
    leaf->kind = YZ_ANSWER_NONE;
    leaf->head = NULL;
    leaf->run = (yz_str){0};
    leaf->sse = (yz_sse){.limit = leaf->sse.limit};
    leaf->total = leaf->skipped = 0;
    leaf->skipped_mark = 0;
    leaf->framed = false;
    leaf->events = leaf->last = NULL;
    leaf->decoder = NULL;
    leaf->marks = leaf->said = 0;
    leaf->saying = (yz_saying){0};
    leaf->usage.known = 0;
    leaf->record->text = 0;
    leaf->error = NULL;
    start(leaf);
}

void yz_leaf_watch_rate(yz_leaf *leaf) {
    leaf->brought = 0;
    leaf->rested = yz_paused(leaf->call);
    if (leaf->provider->min_rate > 0 && leaf->request->op == YZ_OP_CHAT)
        leaf->stall = yz_timer_start(leaf->call, leaf->provider->timeout.stall);
}

static void judge_rate(yz_leaf *leaf) {
    int64_t ms = leaf->provider->timeout.stall, least = leaf->provider->min_rate * ms / 1000;
    leaf->stall = NULL;
    if (leaf->rested || leaf->brought >= least)
        yz_leaf_watch_rate(leaf);
    else
        yz_leaf_fail(leaf, YZ_ERROR_TIMEOUT, "its stream stalls: %lld bytes of content in %.1f s, less than min_rate allows",
                     (long long)leaf->brought, (double)ms / 1e3);
}

static void on_timer(yz_call *call, yz_timer *timer) {
    yz_leaf *leaf = yz_state(call);
    if (timer == leaf->stall) {
        judge_rate(leaf);
        return;
    }
    if (timer == leaf->again) {
        start_again(leaf);
        return;
    }
    leaf->first_token = NULL;
    if (yz_fetch_sends(leaf->fetch)) { /* it counts from the end of an upload, more or less */
        leaf->first_token = yz_timer_start(call, leaf->provider->timeout.first_token);
        return;
    }
    int64_t ms = leaf->session ? leaf->provider->timeout.first_byte : leaf->provider->timeout.first_token;
    yz_leaf_fail(leaf, YZ_ERROR_TIMEOUT, "no content within %.1f s (waiting for: %s)", (double)ms / 1e3, yz_fetch_state(leaf->fetch));
}

static void on_flow(yz_call *call, bool paused) {
    yz_leaf *leaf = yz_state(call);
    leaf->rested |= paused;
    if (leaf->fetch)
        yz_fetch_pause(leaf->fetch, paused);
}

/* ---- the target ------------------------------------------------------------------------------------------------------ */

/* The models the caller may know of, as a list for a message. */
static void list_models(const yz_call *call, yz_buf *out) {
    const yz_share *share = yz_call_chain(call)->share;
    const yz_key *key = yz_call_request(call)->key;
    size_t shown = 0, left = 0;
    for (size_t i = 0; share && i < share->settings->n_models; i++) {
        yz_str name = share->settings->models[i].name;
        if (key && !yz_key_allows(key, name))
            continue;
        if (shown == NAMES_SHOWN) {
            left++;
            continue;
        }
        yz_buf_lit(out, shown++ ? ", " : "");
        yz_buf_str(out, name);
    }
    if (left)
        yz_buf_printf(out, " and %zu more", left);
    if (shown == 0)
        yz_buf_lit(out, "none");
}

void yz_provider_unknown_model(yz_call *call, yz_str model) {
    yz_buf names = {0};
    list_models(call, &names);
    const yz_share *share = yz_call_chain(call)->share;
    yz_error error = {YZ_ERROR, .class_ = YZ_ERROR_NOT_FOUND, .code = YZ_STR("model_not_found"), .param = YZ_STR("model")};
    const yz_model_settings *known = share ? yz_model_find(share->settings, model) : NULL;
    const char *form = known && !known->pattern
                           ? "the model \"%.*s\" has no targets of its own, and no policy has made it another one; configured are: %.*s"
                           : "the model \"%.*s\" is not configured here; configured are: %.*s";
    error.message = yz_format(yz_call_arena(call), form, (int)(model.n < 100 ? model.n : 100), model.p, YZ_STR_ARGS(yz_buf_view(&names)));
    yz_buf_free(&names);
    yz_send_error(call, &error);
}

/* The model has targets, or another stage has chosen one, but none of those that this request may go to. */
static void none_within(yz_call *call, const yz_request *request) {
    yz_error error = {YZ_ERROR, .class_ = YZ_ERROR_FORBIDDEN, .code = YZ_STR("provider_not_allowed"), .param = YZ_STR("model")};
    error.message = yz_format(yz_call_arena(call), "no provider that this request may go to serves the model \"%.*s\"",
                              (int)(request->model.n < 100 ? request->model.n : 100), request->model.p);
    yz_send_error(call, &error);
}

static const yz_target *target_of(yz_call *call, const yz_request *request) {
    const yz_target *const *targets;
    if (request->op == YZ_OP_STORED || request->stored.n > 0)
        return yz_stored_account(call, request);
    if (request->target)
        return request->target;
    if (yz_request_nameless(request))
        return yz_stored_account(call, request);
    size_t n = yz_targets(call, request->model, &targets);
    for (size_t i = 0; i < n && n > 1 && request->dialect && request->dialect->holds; i++) /* what one of them keeps, the others do not */
        if (yz_serves(call, targets[i], request))
            return targets[i];
    if (n > 0)
        return targets[0];
    if (request->n_within > 0)
        none_within(call, request);
    else
        yz_provider_unknown_model(call, request->model);
    return NULL;
}

/* Whoever chose it, and however: the last word is that of the request. */
static const yz_target *allowed_target(yz_call *call, const yz_request *request) {
    const yz_target *target = target_of(call, request);
    if (!target || yz_request_within(request, target->provider->name))
        return target;
    none_within(call, request);
    return NULL;
}

static void note(yz_call *call, const yz_request *request, const yz_target *target) {
    yz_note(call, "model", request->model);
    yz_arena *arena = yz_call_arena(call);
    yz_str name = target->node.n > 0 ? yz_target_name(arena, target) : yz_join(arena, target->provider->name, YZ_STR("/"), target->model);
    yz_note(call, "target", name);
}

static yz_request *aimed_at(yz_arena *arena, const yz_request *request, const yz_target *target) {
    yz_request *aimed = yz_request_copy(arena, request);
    aimed->target = target;
    return aimed;
}

/* More inputs than the target takes at once: the pieces come back here, one by one. */
static void take_apart(yz_call *call, const yz_request *request, const yz_target *target) {
    static const yz_link provider = {.filter = &yz_provider_filter, .name = "provider"},
                         pieces = {.filter = &yz_pieces_filter, .name = "pieces"};
    yz_call_hand_over_above(call, &pieces, &provider, aimed_at(yz_call_arena(call), request, target));
}

/* A provider without a network: its own filter takes the call over. */
static void hand_over(yz_call *call, const yz_request *request, const yz_target *target) {
    yz_arena *arena = yz_call_arena(call);
    yz_link *link = yz_alloc(arena, sizeof *link);
    yz_request *aimed = aimed_at(arena, request, target);
    *link = (yz_link){
        .filter = target->provider->adapter->local, .name = yz_dup(arena, target->provider->name).p, .config = target->provider->config};
    yz_call_record(call)->asked = yz_turn_ns(&yz_call_worker(call)->turn);
    yz_call_hand_over(call, link, aimed);
}

/* ---- the call -------------------------------------------------------------------------------------------------------- */

static void on_taken(void *arg) { yz_call_commit(((yz_leaf *)arg)->call); }

/* Nobody knows whether the server has read it. */
static void on_resent(void *arg) {
    const yz_leaf *leaf = arg;
    yz_call_resent(leaf->call, YZ_ERROR_BROKEN, leaf->record->started);
}

static const yz_fetch_hooks fetch_hooks = {yz_leaf_on_head, yz_leaf_on_bytes, yz_leaf_on_batch, yz_leaf_on_end,
                                           on_fetch_error,  on_taken,         on_resent};

/* May what it makes not be made twice, where a pooled connection died with it? */
static bool goes_once(const yz_request *request) {
    bool background =
        request->op == YZ_OP_CHAT && request->dialect && request->dialect->holds && yz_json_true(yz_json_get(request->json, "background"));
    return request->once || background || yz_op_makes(request->op);
}

static void start(yz_leaf *leaf) {
    YZ_COUNT(yz_call_worker(leaf->call), upstream_calls);
    leaf->wait = yz_wait_start(leaf->call, "answer", LONGEST_MS, NULL, NULL);
    leaf->plan.once = goes_once(leaf->request);
    leaf->plan.patient = leaf->request->stream && leaf->provider->timeout.first_token > 0;
    if (leaf->plan.patient)
        leaf->first_token = yz_timer_start(leaf->call, leaf->provider->timeout.first_token);
    leaf->fetch = yz_fetch_start(yz_call_worker(leaf->call), &leaf->plan, &fetch_hooks, leaf);
    if (yz_paused(leaf->call))
        yz_fetch_pause(leaf->fetch, true);
}

/* Its reader has all of the answer, and why it ended: what is missing are the counts, and the word that nothing follows. For that it goes
 * on, as long as an end is waited for; so it is a whole answer, whose price is known. */
static bool on_leave(yz_call *call) {
    yz_leaf *leaf = yz_state(call);
    bool whole = leaf->kind == YZ_ANSWER_STREAM && leaf->sent && leaf->content && leaf->fetch && !yz_paused(call) && !leaf->error &&
                 yz_leaf_stream_complete(leaf);
    if (whole) {
        leaf->record->whole = true;
        yz_fetch_over(leaf->fetch, true);
    }
    return whole;
}

static void on_call(yz_call *call, const yz_request *request) {
    const yz_target *target = allowed_target(call, request);
    if (!target)
        return;
    note(call, request, target);
    if (!target->provider->adapter->local && yz_pieces_wanted(request, target)) {
        take_apart(call, request, target);
        return;
    }
    yz_call_record(call)->target = target;
    if (yz_count_locally(request, target, yz_call_arena(call))) {
        yz_count_answer(call, request);
        return;
    }
    if (target->provider->adapter->local) {
        hand_over(call, request, target);
        return;
    }
    yz_leaf *leaf = yz_state(call);
    leaf->sink.emit = yz_leaf_emit;
    leaf->call = call;
    leaf->record = leaf->plan.record = yz_call_record(call);
    leaf->arena = yz_call_arena(call);
    leaf->request = request;
    leaf->target = target;
    leaf->provider = (const yz_provider_settings *)(const void *)target->provider;
    leaf->adapter = target->provider->adapter;
    leaf->end = (yz_end){YZ_END, .usage = &leaf->usage};
    if (yz_leaf_prepare(leaf) == YZ_OK)
        start(leaf);
}

const yz_filter yz_provider_filter = {
    YZ_FILTER,          .call_size = sizeof(yz_leaf), .on_call = on_call, .on_timer = on_timer, .on_close = on_close,
    .on_flow = on_flow, .on_leave = on_leave};
