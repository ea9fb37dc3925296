/* cli/rehearse.c: see rehearse.h. */
#include "cli/rehearse.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/request.h"
#include "dialect/collect.h"
#include "dialect/own_answer.h"
#include "dialect/read_answer.h"
#include "plugin/loader.h"
#include "upstream/provider.h"
#include "worker.h"

#define LONGEST_MS 3600000 /* of played time */

typedef struct leaf_state {
    const yz_request *request;
    rehearsed answer;
} leaf_state;

static _Thread_local rehearsal *playing;

/* ---- the leaf ---------------------------------------------------------------------------------------------------------------- */

/* As whoever asks reads it: a vector for each of its texts. */
static void give_vectors(yz_call *call, const yz_request *request, const yz_vector *vectors) {
    yz_arena *arena = yz_call_arena(call);
    yz_embed asked = {.size = sizeof asked};
    yz_embedded answer = {.size = sizeof answer, .tokens = 1};
    yz_error error = {YZ_ERROR};
    yz_buf body = {0};
    if (!request->dialect->read_embed || request->dialect->read_embed(request, arena, yz_losses_new(arena), &asked, &error) != YZ_OK) {
        yz_fail(call, YZ_ERROR_INTERNAL, "no adapter that is loaded can write vectors");
        return;
    }
    for (const yz_embed_input *text = asked.inputs; text; text = text->next, vectors = vectors ? vectors->next : NULL)
        yz_vector_add(arena, &answer, vectors ? vectors->values : YZ_STR("[1]"));
    request->dialect->write_embedded(request, &asked, &answer, arena, &body);
    yz_str bytes = yz_dup(arena, yz_buf_view(&body));
    yz_buf_free(&body);
    yz_send_head(call, &(yz_head){YZ_HEAD, .status = 200, .dialect = request->dialect, .length = (int64_t)bytes.n});
    if (!yz_ended(call))
        yz_send_chunk(call, &(yz_chunk){YZ_CHUNK, .bytes = bytes});
    if (!yz_ended(call))
        yz_send_end(call, &(yz_end){YZ_END});
}

static void give(yz_call *call) {
    leaf_state *state = yz_state(call);
    const rehearsed *answer = &state->answer;
    if (answer->failed) {
        yz_send_error(call, &answer->error);
        return;
    }
    const yz_request *request = state->request;
    if (request->op == YZ_OP_EMBEDDING) {
        give_vectors(call, request, answer->vectors);
        return;
    }
    yz_own_answer *own = yz_own_answer_new(request, yz_call_arena(call), yz_clock_wall());
    if (!own) {
        yz_fail(call, YZ_ERROR_INTERNAL, "no adapter that is loaded can write an answer in the dialect of the request");
        return;
    }
    const yz_usage one_each = yz_usage_of(1, 1);
    yz_own_answer_text(own, answer->text);
    yz_own_answer_end(own, request->model, &one_each);
    const yz_target *const *targets;
    yz_targets(call, request->model, &targets);
    own->head.target = targets[0];
    playing->served = request;
    yz_send_head(call, &own->head);
    if (!yz_ended(call))
        yz_send_chunk(call, &own->chunk);
    if (!yz_ended(call))
        yz_send_end(call, &own->end);
}

static void leaf_call(yz_call *call, const yz_request *request) {
    leaf_state *state = yz_state(call);
    state->request = request;
    const yz_target *const *targets;
    if (yz_targets(call, request->model, &targets) == 0) { /* what the provider stage would say */
        yz_provider_unknown_model(call, request->model);
        return;
    }
    if (playing->n_asked < REHEARSAL_MOST)
        playing->asked[playing->n_asked++] = yz_dup(playing->arena, request->model);
    playing->leaf(playing->arg, call, request, &state->answer);
    if (state->answer.after > 0)
        yz_timer_start(call, state->answer.after);
    else
        give(call);
}

static void leaf_timer(yz_call *call, yz_timer *timer) {
    (void)timer;
    give(call);
}

static const yz_filter leaf_filter = {YZ_FILTER, .call_size = sizeof(leaf_state), .on_call = leaf_call, .on_timer = leaf_timer};

/* ---- the client ---------------------------------------------------------------------------------------------------------------- */

/* The decisions of one call, the earliest first; what they hold is copied, as it goes with the call. */
static void add_decisions(rehearsal *r, const yz_decision *decision) {
    if (!decision)
        return;
    add_decisions(r, decision->earlier);
    if (r->n_decisions == REHEARSAL_MOST)
        return;
    r->decisions[r->n_decisions++] = (yz_decision){YZ_DECISION,
                                                   .policy = yz_dup(r->arena, decision->policy),
                                                   .asked = yz_dup(r->arena, decision->asked),
                                                   .chosen = yz_dup(r->arena, decision->chosen),
                                                   .reason = yz_dup(r->arena, decision->reason),
                                                   .failed = decision->failed};
}

/* What each policy decided; the last one's decision is the one that counts. */
static void read_decision(rehearsal *r, const yz_call *call) {
    r->n_decisions = 0;
    for (const yz_record *record = yz_call_record(call); record; record = record->next)
        add_decisions(r, record->decision);
    r->outside_asked = r->share->lua && r->share->lua->outside_asked;
    if (r->n_decisions == 0)
        return;
    const yz_decision *last = &r->decisions[r->n_decisions - 1];
    r->policy = last->policy;
    r->reason = last->failed ? YZ_STR("failed") : last->reason;
    r->policy_failed = last->failed;
}

static const yz_header *keep_pairs(yz_arena *arena, const yz_header *pairs, size_t n) {
    yz_header *kept = yz_alloc(arena, (n + 1) * sizeof *kept);
    for (size_t i = 0; i < n; i++)
        kept[i] = (yz_header){yz_dup(arena, pairs[i].name), yz_dup(arena, pairs[i].value)};
    return kept;
}

/* The request dies with its call: what is shown of it is kept. */
static void keep_served(rehearsal *r) {
    if (!r->served)
        return;
    yz_request *copy = yz_request_copy(r->arena, r->served);
    yz_json *root = NULL;
    copy->model = yz_dup(r->arena, r->served->model);
    copy->body = yz_dup(r->arena, r->served->body);
    copy->headers = keep_pairs(r->arena, r->served->headers, r->served->n_headers);
    copy->passed = keep_pairs(r->arena, r->served->passed, r->served->n_passed);
    if (yz_json_parse(r->arena, copy->body, YZ_JSON_LONE_SURROGATES, &root, NULL) == YZ_OK) { /* the nodes die too */
        copy->json = root;
        yz_request_place(r->arena, copy);
        copy->model_node = yz_json_get(root, "model");
    }
    r->served = copy;
}

static void fail(rehearsal *r, const yz_error *error) {
    r->error = *yz_error_copy(r->arena, error);
    r->failed = true;
}

static void on_head(void *arg, yz_call *call, const yz_head *head) {
    rehearsal *r = arg;
    if (!head->target) /* the policy's own */
        r->served = NULL;
    r->answer = yz_collected_new(r->arena, r->request);
    r->reader = yz_answer_reader_new(r->arena, r->request, head, &r->answer->sink);
    read_decision(r, call);
}

static void on_chunk(void *arg, yz_call *call, const yz_chunk *chunk) {
    rehearsal *r = arg;
    const yz_error *error;
    (void)call;
    if (r->reader)
        yz_answer_reader_chunk(r->reader, chunk, &error); /* what fails here fails at the end */
}

static void on_end(void *arg, yz_call *call, const yz_end *end) {
    rehearsal *r = arg;
    const yz_error *error;
    (void)call;
    (void)end;
    keep_served(r);
    r->answered = true;
    if (r->reader && yz_answer_reader_end(r->reader, &error) < 0)
        fail(r, error);
}

static void on_error(void *arg, yz_call *call, const yz_error *error) {
    rehearsal *r = arg;
    read_decision(r, call);
    keep_served(r);
    fail(r, error);
}

static const yz_parent client = {YZ_PARENT, .on_head = on_head, .on_chunk = on_chunk, .on_end = on_end, .on_error = on_error};

/* ---- playing ------------------------------------------------------------------------------------------------------------------- */

yz_request *rehearsal_request(yz_arena *arena, const yz_settings *settings, const yz_adapter *dialect, yz_str body) {
    yz_request *request = yz_alloc(arena, sizeof *request);
    request->size = sizeof *request;
    yz_json *root;
    if (yz_json_parse(arena, body, 0, &root, NULL) != YZ_OK)
        return NULL;
    request->dialects = &settings->dialects;
    request->dialect = dialect;
    request->events = true;
    request->id = YZ_STR("rehearsal");
    request->body = body;
    request->json = root;
    yz_request_place(arena, request);
    request->model_node = yz_json_get(root, "model");
    request->model = yz_json_text(arena, request->model_node);
    return request;
}

bool rehearse(rehearsal *r, const yz_request *request) {
    yz_chain chain = {.links = r->links, .n = r->n_policies + 1, .share = r->share};
    r->links[r->n_policies] = (yz_link){.filter = &leaf_filter, .name = "rehearsal"};
    yz_turn *turn = &r->worker->turn;
    turn->clock = NULL; /* time is played */
    int64_t start = yz_turn_now(turn), now = start, began = yz_clock_us();
    playing = r;
    r->request = request;
    yz_call *call = yz_call_start(r->worker, &chain, 0, request, NULL, &client, r);
    while (!r->answered && !r->failed && now - start <= LONGEST_MS) {
        yz_turn_run(turn, now);
        int64_t next = yz_turn_next(turn);
        if (next == INT64_MAX)
            break;
        now = next > now ? next : now;
    }
    r->cpu_us = yz_clock_us() - began;
    if (!r->answered && !r->failed)
        yz_cancel(call);
    yz_turn_run(turn, now); /* buries it */
    r->now = now - start;
    playing = NULL;
    return r->answered || r->failed;
}
