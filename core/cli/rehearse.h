/* cli/rehearse.h: policies on a stage without providers: for `yuzui explain` and `yuzui test`. The policy runs as it would in service, on
 * the call tree, but time is played, and a leaf answers instead of the rest of the chain. */
#ifndef YUZUI_CLI_REHEARSE_H
#define YUZUI_CLI_REHEARSE_H

#include "lua/run.h"

typedef struct rehearsal rehearsal;
enum { REHEARSAL_MOST = 32 }; /* of what is listed: more is not */

/* Plays the rest of the chain: answers with text, or fails. The slices live in the call's arena. */
typedef struct rehearsed {
    bool failed;
    yz_error error;
    yz_str text;
    const struct yz_vector *vectors; /* where they are asked for; NULL: one of one number for each text */
    int64_t after;                   /* ms */
} rehearsed;
typedef void rehearsal_leaf(void *arg, yz_call *call, const yz_request *request, rehearsed *out);

struct rehearsal {
    yz_worker *worker;
    yz_share *share; /* its chain is not used: only its settings */
    yz_link *links;  /* the policies, and room for one more: the leaf */
    size_t n_policies;
    rehearsal_leaf *leaf;
    void *arg;
    /* what came of it */
    yz_arena *arena;
    int64_t now;    /* ms: played time that has passed */
    int64_t cpu_us; /* real time the whole took */
    bool answered, failed;
    const yz_request *served;              /* what the leaf was asked by the call that answered; NULL: the policy answered itself */
    struct yz_collected *answer;           /* NULL: none came */
    yz_str policy, reason;                 /* which policy decided, and what it said about it */
    bool policy_failed;                    /* it could not decide; reason: "failed" */
    yz_decision decisions[REHEARSAL_MOST]; /* of all policies, in the order of the calls */
    size_t n_decisions;
    yz_str asked[REHEARSAL_MOST]; /* the models whose answers were made up */
    size_t n_asked;
    bool outside_asked; /* a store or a host would have been asked */
    yz_error error;
    /* while it runs */
    const yz_request *request;
    struct yz_answer_reader *reader;
};

/* Runs one request (in arena, which stays the caller's) to its end. False: it did not end. */
bool rehearse(rehearsal *r, const yz_request *request);
/* A request with this JSON body of this dialect (NULL: nobody knows it). NULL: not JSON. */
yz_request *rehearsal_request(yz_arena *arena, const yz_settings *settings, const yz_adapter *dialect, yz_str body);

#endif
