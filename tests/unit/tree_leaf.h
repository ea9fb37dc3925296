/* tree_leaf.h: a provider for tests of stages: each call gets the next outcome of a plan; the plan notes when and for what. */
#ifndef TREE_LEAF_H
#define TREE_LEAF_H

#include "tree_world.h"

#include <yuzui/record.h>

typedef enum leaf_kind { LEAF_ANSWER, LEAF_FAIL, LEAF_FAIL_AFTER_HEAD, LEAF_HANG } leaf_kind;

typedef struct leaf_outcome {
    leaf_kind kind;
    yz_error_class class_;
    yz_started started;
    int64_t retry_after; /* 0: it did not say */
} leaf_outcome;

typedef struct leaf_plan {
    leaf_outcome outcomes[16]; /* the last one with kind FAIL or HANG and all after it are ANSWERs, zero-initialised */
    bool for_ever;             /* outcome 0 for every call */
    size_t calls, sent;
    int resent; /* each call is sent so often again, unless once */
    int64_t at[16];
    char seen[16][64]; /* "model" or "model@provider" */
    yz_again again;    /* of its failures */
    bool elsewhere, nowhere, spent, others;
} leaf_plan;

static inline void leaf_fail(yz_call *call, const leaf_plan *plan, const leaf_outcome *outcome) {
    yz_error error = {YZ_ERROR,
                      .class_ = outcome->class_,
                      .message = YZ_STR("planned"),
                      .started = outcome->started,
                      .retry_after = outcome->retry_after,
                      .again = plan->again,
                      .elsewhere = plan->elsewhere,
                      .nowhere = plan->nowhere,
                      .spent = plan->spent,
                      .others = plan->others,
                      .resent = yz_call_request(call)->once ? 0 : plan->resent,
                      .target = yz_call_request(call)->target};
    yz_send_error(call, &error);
}

static inline void leaf_call(yz_call *call, const yz_request *request) {
    leaf_plan *plan = (leaf_plan *)(uintptr_t)yz_config(call);
    size_t i = plan->calls++;
    yz_call_record(call)->target = request->target;
    const leaf_outcome *outcome = &plan->outcomes[plan->for_ever ? 0 : i < 16 ? i : 15];
    plan->sent += request->once ? 1 : 1 + (size_t)plan->resent;
    if (i < 16) {
        plan->at[i] = yz_now(yz_call_worker(call));
        const yz_target *target = request->target;
        snprintf(plan->seen[i], sizeof plan->seen[i], "%.*s%s%.*s", YZ_STR_ARGS(request->model), target ? "@" : "",
                 target ? (int)target->provider->name.n : 0, target ? target->provider->name.p : "");
    }
    yz_head head = {YZ_HEAD, .status = 200};
    yz_chunk chunk = {YZ_CHUNK, .bytes = YZ_STR("hello")};
    yz_end end = {YZ_END};
    switch (outcome->kind) {
    case LEAF_ANSWER:
        yz_send_head(call, &head);
        yz_send_chunk(call, &chunk);
        yz_send_end(call, &end);
        return;
    case LEAF_FAIL_AFTER_HEAD:
        yz_send_head(call, &head); /* fall through */
    case LEAF_FAIL:
        leaf_fail(call, plan, outcome);
        return;
    case LEAF_HANG:
        yz_timer_start(call, 1000000000);
        return;
    }
}

static const yz_filter leaf_filter = {YZ_FILTER, .on_call = leaf_call};

/* One stage under test above the leaf. */
typedef struct rig {
    world w;
    yz_link links[2];
    yz_chain chain;
    leaf_plan plan;
    yz_request request;
    client c;
} rig;

static inline void rig_open(rig *r, const yz_filter *filter, const void *config, void *stage) {
    memset(r, 0, sizeof *r);
    world_open(&r->w);
    r->links[0] = (yz_link){filter, "tested", config, stage};
    r->links[1] = (yz_link){&leaf_filter, "leaf", &r->plan, NULL};
    r->chain = (yz_chain){.links = r->links, .n = 2};
    r->request = (yz_request){YZ_REQUEST, .model = YZ_STR("m")};
}

static inline void rig_start(rig *r) {
    memset(&r->c, 0, sizeof r->c);
    client_start(&r->c, &r->w, &r->chain, &r->request);
    world_settle(&r->w);
}

/* The value of a note of the running call; NULL if absent. */
static inline const yz_str *rig_note(rig *r, const char *name) {
    for (const yz_note_entry *note = yz_call_notes(r->c.call); note; note = note->next)
        if (strcmp(note->name, name) == 0)
            return &note->value;
    return NULL;
}

static inline void rig_close(rig *r) {
    if (!r->c.ended && r->c.call)
        yz_cancel(r->c.call);
    world_settle(&r->w);
    YZ_MUST(yz_call_count(&r->w.worker) == 0 && !yz_call_oldest(&r->w.worker));
    world_close(&r->w);
}

#endif
