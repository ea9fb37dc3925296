/* call/tree.h: the core's side of the call tree: chains, roots, and what the server and the tests may look at. */
#ifndef YUZUI_CALL_TREE_H
#define YUZUI_CALL_TREE_H

#include <yuzui/call.h>

/* One entry of a chain: a filter, opened. */
typedef struct yz_link {
    const yz_filter *filter;
    const char *name; /* for logs */
    const void *config;
    void *stage; /* what open left */
} yz_link;

/* The stages a request runs through; the last one is a leaf that starts no children (the provider). Belongs to a generation's
 * share of one worker, which each call keeps alive through the root. */
typedef struct yz_chain {
    yz_str name; /* empty: the default one */
    yz_link *links;
    size_t n;
    struct yz_share *share; /* generation.h; NULL in tests */
    /* yz_share_ref and yz_share_unref: called for each root, so that the tree need not know generations. NULL in tests. */
    struct yz_share *(*ref)(struct yz_share *share);
    void (*unref)(struct yz_share *share);
} yz_chain;

/* Starts a call on link `at` whose parent is not a call: how the server, llm.chat and yz_root begin. The request must live as long
 * as the call: put it in an arena given here (its ownership passes to the call, it is freed with it) or NULL. End it early with
 * yz_cancel. The handle is good until the turn of the loop in which on_end or on_error was called, or it was cancelled, is over. */
yz_call *yz_call_start(yz_worker *worker, const yz_chain *chain, size_t at, const yz_request *request, yz_arena *arena,
                       const yz_parent *parent, void *arg);

/* Of its chain this root, just started, reaches the first n stages only: what would go further ends with an internal error. For a request
 * without its body, which these stages refuse (yz_filter.on_arrival). */
void yz_call_confine(yz_call *root, size_t n);

/* Hands a call on as yz_pass does, but to a filter that stands in no chain: how a leaf gives a call to a provider without a network.
 * `link` must live as long as the call (its arena will do); request NULL: the call's own. */
void yz_call_hand_over(yz_call *call, const yz_link *link, const yz_request *request);
/* Likewise, and there it may start children, on `below`, which lives as long. */
void yz_call_hand_over_above(yz_call *call, const yz_link *link, const yz_link *below, const yz_request *request);

/* Ends a root that runs with this error, from outside: whoever started it is told. Between hooks. */
void yz_call_abort(yz_call *root, const yz_error *error);

/* Whoever reads this root's answer has left. Is there a stage that wants it whole even so (yz_filter.on_leave)? Then it goes on, unpaused,
 * and whoever started it gets its events as before; else it is to be cancelled. Between hooks. */
bool yz_call_left(yz_call *root);
/* Does it go on although whoever read its answer has left? */
bool yz_call_unread(const yz_call *root);

/* Of a child that has ended its parent has copied all it wants: what it holds is freed when nothing waits there any more, as that of a
 * child that has failed is, and not with its parent. Its record stays. */
void yz_call_let_go(yz_call *child);

/* A byte of the request's body that cannot be read again has gone upstream for this call: yz_committed is true from now on, for it and
 * for all above it, also those whose work it does as a root of its own (yz_root). For the leaf that reads the body (yuzui/body.h). */
void yz_call_commit(yz_call *call);
/* The request goes out again: its connection was dead, or the provider has refused its key. The try that failed like this gets a record of
 * its own, below the call's, which begins anew. For the leaf. */
void yz_call_resent(yz_call *call, yz_error_class error, yz_started started);
/* What its provider says of its failure, for the log: without quotes and secrets. Copied. For the leaf. */
void yz_call_said(yz_call *call, yz_str words);

typedef struct yz_note_entry {
    const char *name;
    yz_str value;
    struct yz_note_entry *next;
} yz_note_entry;
/* Notes left anywhere in the tree under this root, in order. */
const yz_note_entry *yz_call_notes(const yz_call *root);
/* What was allowed (yz_allow) on the way of the answer or error, from this call down. False: nobody knows. */
bool yz_call_allowance(const yz_call *root, yz_allowance *out);

/* fn runs with the argument of the wait if the call ends before the wait does: later in the same turn, from the run queue. It ends the
 * wait. For what goes on outside and is to stop when nobody needs it any more. */
void yz_wait_on_close(yz_wait *wait, void (*fn)(void *arg));

/* What this call and everything below waits for and how long already, one "stage: label 120 ms" a line: for time-outs and
 * shutdown. Waits of calls that have ended are listed too: they keep the memory. */
void yz_call_print_pending(const yz_call *call, yz_buf *out);

/* The chain a call runs through: its share leads to the generation. */
const yz_chain *yz_call_chain(const yz_call *call);

/* Root calls that run on this worker, from their start to their end: the oldest, and the one that began after `root` (NULL: there is
 * none). Only on the worker's own thread, and between two of these calls no other of the tree. */
const yz_call *yz_call_oldest(const yz_worker *worker);
const yz_call *yz_call_later(const yz_call *root);
uint64_t yz_call_sent(const yz_call *root); /* bytes of its answer that went up to whoever started it */

/* Calls of this worker whose memory is not freed yet: the storm test wants 0 in the end. */
size_t yz_call_count(const yz_worker *worker);

#endif
