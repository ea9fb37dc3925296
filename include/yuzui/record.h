/* yuzui/record.h: what happened to a call, as data: which target, when, what it cost, how it ended, and why it was made. For logs,
 * counters, ledgers, balancers and traces; prose for people goes into notes (yz_note).
 *
 * Every call has one record, from its beginning. It outlives its call: all records of a request stay until the request's first call
 * (its root) is freed, also those of attempts whose own memory has long been given back. Only the worker of the call may look.
 *
 *   yz_call_record(call)     the record of a call, of a child, or of the root that yz_call_start or yz_root returned
 *   record->parent           who started it; up to the root, whose parent is NULL
 *   record->next             the next one of the same request: from the root on, all of them, parents before their children, and the
 *                            children of one parent in the order in which they began
 *   yz_record_answer(record) whose answer it was in the end: the attempt that won, or that ended what others had begun
 *
 * So `for (r = root; r; r = r->next) if (r->target) …` sees every target that was tried, and a policy's own questions (llm.chat) and the
 * losers of a race as well. One call may be several tries: its pooled connection was dead, or its provider refused one of several keys.
 * Each try but the last is then a record of its own, below the call's, failed, and before those of other children.
 *
 * Who writes what. The record is not const, because stages write their part themselves; everybody else only reads.
 *   the core        size to stage, because, outcome, error, finish, model, begin, content, end; what a head, end or error says if the
 *                   stage did not say it itself (target, usage, started)
 *   the last stage  (it asks a provider) target, asked, key, status, connect, sent, first, last, bytes, text, id, started, usage,
 *                   allowance, span, words
 *   a cache         cache; of a hit also target and usage
 *   a policy        decision, by yz_record_decision
 *   the server      to_client of the root
 *   a stage that starts a child may give it a label
 *   a stage that sends a head outside its on_head, or goes on with the answer of another child, says whose it is: `answer`
 *
 * Usage stands only where it came in: at the call that asked the provider, or found the answer in a cache; never at the calls above, but
 * for one that joined the answers to pieces of its request (JOINED), for whoever asks what an answer has used. So a sum over all records
 * but those counts nothing twice, and `source` says what may be charged. It is there as soon as it is known, also when the answer fails
 * later or nobody wants it any more.
 *
 * Shared work (yz_root, for several calls at once) has a list of records of its own. A call that shares it (yz_record_share) finds it at
 * `shared` while both run. When either ends, a copy of that list takes its place after the call's own record, as its children: with
 * because COALESCED where another call had started the work, and usage of source SHARED, known or not, with all but one: the one that has
 * been there longest when the work ends, or the last one that leaves it.
 *
 * Times are ns of the monotonic clock (yz_clock_ns), exact to a turn of the loop; 0: it has not happened. Zero is "not known" everywhere.
 */
#ifndef YUZUI_RECORD_H
#define YUZUI_RECORD_H

#include <yuzui/call.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Why a call was started: what its parent meant by it. */
/* clang-format off */
#define YZ_BECAUSES(X)                                                                                                 \
    X(FIRST, "first")           /* it had to be */                                                                     \
    X(RETRY, "retry")           /* another call for the same failed */                                                 \
    X(HEDGE, "hedge")           /* another one is slow */                                                              \
    X(FALLBACK, "fallback")     /* another target, or model, failed */                                                 \
    X(COALESCED, "coalesced")   /* a copy: the work was begun for another request */                                   \
    X(POLICY, "policy")         /* a policy wanted it: an attempt of its own */                                        \
    X(QUESTION, "question")     /* a policy asked something on its own (llm.chat) */                                  \
    X(PIECE, "piece")           /* a part of the request, which is too long for its provider */

#define YZ_OUTCOMES(X) X(RUNNING, "running") X(DONE, "done") X(FAILED, "failed") X(CANCELLED, "cancelled")

/* Who says what was used. */
#define YZ_USAGE_SOURCES(X)                                                                                            \
    X(NONE, "none")             /* it is not known, or no provider was asked */                                        \
    X(PROVIDER, "provider")     /* the provider said so, for this call */                                              \
    X(ESTIMATED, "estimated")   /* somebody's guess, for this call */                                                  \
    X(CACHED, "cached")         /* of the call that filled the cache: nothing was used now */                          \
    X(SHARED, "shared")         /* of a call that answers another request too, which has it in full */                 \
    X(JOINED, "joined")         /* the sum of pieces, each of which the provider has said, and which have it as well */

/* What a cache did with a request. */
#define YZ_CACHE_STATES(X)                                                                                             \
    X(NONE, "none")             /* it never saw it */                                                                  \
    X(HIT, "hit") X(MISS, "miss")                                                                                      \
    X(COALESCED, "coalesced")   /* an answer that was under way served it too */                                       \
    X(BYPASS, "bypass")         /* it could not, or should not, be cached */
/* clang-format on */
#define YZ_BECAUSE_ENUM(name, word) YZ_BECAUSE_##name,
#define YZ_OUTCOME_ENUM(name, word) YZ_OUTCOME_##name,
#define YZ_SOURCE_ENUM(name, word)  YZ_SOURCE_##name,
#define YZ_CACHE_ENUM(name, word)   YZ_CACHE_##name,
typedef enum yz_because { YZ_BECAUSES(YZ_BECAUSE_ENUM) } yz_because;
typedef enum yz_outcome { YZ_OUTCOMES(YZ_OUTCOME_ENUM) } yz_outcome;
typedef enum yz_usage_source { YZ_USAGE_SOURCES(YZ_SOURCE_ENUM) } yz_usage_source;
typedef enum yz_cache_state { YZ_CACHE_STATES(YZ_CACHE_ENUM) } yz_cache_state;
#undef YZ_BECAUSE_ENUM
#undef YZ_OUTCOME_ENUM
#undef YZ_SOURCE_ENUM
#undef YZ_CACHE_ENUM

/* What a policy decided. */
typedef struct yz_decision {
    size_t size;                       /* set by YZ_DECISION */
    const struct yz_decision *earlier; /* of another policy, which the call met before: set by the core */
    yz_str policy;                     /* which one: its name, without folder and ending */
    yz_str asked, chosen;              /* models; chosen is empty when the policy answered or refused itself */
    yz_str reason;                     /* what it says about it, or empty; failed: why, for whoever runs the gateway alone */
    bool failed;                       /* it could not decide: the request went on without it, or was refused */
} yz_decision;
#define YZ_DECISION .size = sizeof(yz_decision)

typedef struct yz_record {
    size_t size; /* sizeof(yz_record) of the host, which makes them all */
    const struct yz_record *next, *parent;
    const struct yz_record *answer; /* the child whose answer went up; NULL: its own, or none so far */
    const struct yz_record *shared; /* the first record of the work it shares, while that runs and it does */
    const char *stage;              /* by name: where the call stands, or stood in the end; one passed on moves down */

    yz_because because;
    yz_outcome outcome;
    yz_error_class error;   /* FAILED: of this class */
    yz_started started;     /* may the provider have begun work that costs money? */
    yz_finish finish;       /* DONE: why the answer ended */
    int status;             /* of the provider's HTTP answer */
    yz_cache_state cache;   /* at this stage */
    yz_usage_source source; /* of usage */
    const yz_usage *usage;  /* NULL: none is known */

    yz_str model;                /* that was asked of this call */
    const yz_target *target;     /* that it asks, or that answered what the cache kept; NULL: none */
    const yz_decision *decision; /* the last one; NULL: none */

    int64_t begin;   /* the call was started */
    int64_t connect; /* it had a connection: at once, if one was idle */
    int64_t sent;    /* the whole request was with the socket */
    int64_t first;   /* the first byte of the provider's answer */
    int64_t content; /* the first content went up */
    int64_t last;    /* the last byte of the provider's answer so far */
    int64_t end;

    uint64_t to_provider, from_provider; /* bytes, HTTP's included, TLS's not; a request that was sent anew counts twice */
    uint64_t to_client;                  /* bytes of the answer's body, as the client reads it */

    const yz_allowance *allowance; /* what the provider said is left of its account's limits; NULL: nothing */

    yz_str label;          /* what its parent calls it: a step of a workflow; empty: nothing */
    uint64_t text;         /* bytes of text in what came, thoughts and arguments of tools too; 0 also where nobody decodes it */
    uint64_t span;         /* the span of a trace that the provider was told (yz_request.trace); 0: none */
    yz_str id;             /* what the provider calls it, by the head of its answer: for its support, and its bills; empty: nothing */
    int64_t asked;         /* a provider was asked: it wanted a connection from then on; 0: none was, whatever else failed */
    unsigned key;          /* which of the provider's keys it was asked with, from 1 on; 0: it has one, or none */
    const yz_target *aim;  /* that its request insisted on when it began, whether it gets as far or not; NULL: none */
    uint32_t said, unread; /* of a session: how many of its answers said what they used, and how many so that it could not be read */
    yz_str words; /* what the provider says of its failure, or beside an answer, for logs: without quotes and secrets; empty: nothing */
    bool whole;   /* its reader left where all had been said, and how that ended: it goes on for its last words, such as its counts */
} yz_record;

/* The record of a call, or of a child, as long as the root of either lives. */
yz_record *yz_call_record(const yz_call *call);

/* Whose answer it was, or will be if nothing changes: follows `answer` and `shared` to the call that had it from outside. */
static inline const yz_record *yz_record_answer(const yz_record *record) {
    for (;;) {
        const yz_record *below = record->answer ? record->answer : record->shared;
        if (!below)
            return record;
        record = below;
    }
}

/* Is it one attempt of this request: a provider was asked, and by no other request, which has it in full? What was refused before anything
 * left (a limit, a target out of use, a request that cannot be translated) is none. */
static inline bool yz_record_attempt(const yz_record *record) { return record->asked > 0 && record->source != YZ_SOURCE_SHARED; }

/* Has another call of the same request asked this target, or is it on its way there, or failed there, and got no answer (or none so far)?
 * For whoever chooses a target, so that a retry, a fallback or a hedge does not ask the same one while there are others. */
bool yz_record_tried(const yz_call *call, const yz_target *target);

/* yz_next, and why. */
yz_call *yz_next_because(yz_call *call, const yz_request *request, yz_because because);
/* The same, with the call's own request aimed at this target. `free`: a stage below may take another one of the model's. */
yz_call *yz_next_target(yz_call *call, const yz_target *target, bool free, yz_because because);
/* What is known of this call's usage so far; what was said before is replaced. Copied. NULL, or nothing known: no effect. */
void yz_record_usage(yz_call *call, const yz_usage *usage, yz_usage_source source);
/* What the provider of this call says is left of its account's limits. Copied. */
void yz_record_allowance(yz_call *call, const yz_allowance *allowance);
/* What the provider of this call calls it. Copied. */
void yz_record_id(yz_call *call, yz_str id);
/* Adds a decision to the call. Copied, texts too. */
void yz_record_decision(yz_call *call, const yz_decision *decision);
/* The answer of `call` is that of `root`, which yz_root started for it or for another call: see "Shared work". Once a call. */
void yz_record_share(yz_call *call, yz_call *root);

/* ---- counters --------------------------------------------------------------------------------------------------------- */

/* A number that only grows, shown by /status as the sum over all workers. Whoever counts declares it, in open; it lasts as long as the
 * process, over all reloads. */
typedef uint32_t yz_counter; /* 0: none; counting on it does nothing */

/* The counter of this name, the same for the same name, whoever asks; so begin it with what nobody else would use. Lower case letters,
 * digits and '_', up to 63; help is one line. Both are copied; the first help stays. Control thread. A name that is malformed, or one too
 * many (there may be 100), is logged and counts nothing. */
yz_counter yz_counter_declare(const char *name, const char *help);
/* Adds n. The worker's own thread; a few instructions, no lock. */
void yz_count(yz_worker *worker, yz_counter counter, uint64_t n);

#ifdef __cplusplus
}
#endif
#endif
