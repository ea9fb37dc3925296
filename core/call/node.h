/* call/node.h: the inside of a call, shared by the files of this folder only.
 *
 * Terms: a *tree* is a root call and everything started below it; its memory is the root's arena. A call has an arena of its own
 * only when its stage asks for one. A call is *silent* from the moment it has ended. It is *quiet* when in addition its on_close
 * has run, its named waits are over and its children are quiet: then nobody outside knows its memory any more. A quiet root is
 * buried with its tree; a quiet child whose answer never began gives its arena back at once, so that the attempts before a long
 * stream cost nothing while it lasts.
 *
 * Events go up synchronously, from the child's verb into the parent's hook. Everything that goes down or sideways (on_call,
 * on_flow, on_close, and the check for forgotten calls) waits in the ready queue. So no hook of a call ever runs while another
 * hook, or a verb, of the same call is on the stack.
 */
#ifndef YUZUI_CALL_NODE_H
#define YUZUI_CALL_NODE_H

#include "base/check.h"
#include "call/env.h"
#include "call/tree.h"

#include <yuzui/record.h>

/* What a call's task has to do when its turn comes. */
enum { TODO_START = 1, TODO_FLOW = 2, TODO_CHECK = 4, TODO_CANCEL = 8 };

typedef struct yz_tree {
    yz_worker *worker;
    yz_call_env env; /* the worker's */
    yz_arena *arena; /* the root's */
    const yz_chain *chain;
    size_t reach;  /* how many stages of it */
    yz_call *like; /* of a detached root: whose memory its request lives in */
    yz_note_entry *notes;
    yz_record *last_record;
    struct call_share *sharers, **sharers_end; /* calls that share the work of this tree, in the order they came */
    bool usage_given;                          /* one of them has its usage in full */
    yz_call *earlier, *later;                  /* the roots beside this one in the worker's list */
    uint64_t sent;                             /* bytes that went up to whoever started it */
    size_t n_calls;
    bool left; /* nobody reads the answer any more */
} yz_tree;

struct yz_timer {
    yz_alarm alarm; /* first */
    yz_call *call;
    yz_timer *next, **link;
    int64_t since;
};

struct yz_wait {
    yz_alarm alarm; /* first */
    yz_task task;   /* on_close */
    yz_call *call;
    const char *label;
    void (*on_late)(void *arg);
    void (*on_close)(void *arg);
    void *arg;
    yz_wait *next, **link;
    int64_t since;
    bool late, released;
};

/* A call that shares the work of a root, while both run. */
typedef struct call_share {
    yz_call *call, *root;
    struct call_share *next, **link;
} call_share;

struct yz_call {
    yz_task task; /* first; what every event looks at comes next: it is memory that has not been touched for a while */
    const yz_link *link;
    const yz_link *below; /* of one whose link is in no chain: where its children begin; NULL: it may have none */
    yz_call *parent;
    void *state;
    yz_tree *tree;
    uint8_t todo;
    bool headed;            /* a head has gone up */
    bool taken;             /* a byte of its request's body that cannot be read again has gone upstream */
    bool ended;             /* end, error or cancel */
    bool own_end;           /* … by a verb of its own stage: it should know */
    bool paused;            /* what the reader above wants */
    bool reported;          /* what of it the stage knows */
    const yz_parent *above; /* without a parent: who gets the events */
    void *arg;
    const yz_request *request;
    yz_call *children, *sibling; /* every child ever started, the last one first */
    yz_arena *arena;             /* NULL until asked for */
    yz_timer *timers, *spare;    /* running; fired or stopped, to be used again */
    yz_wait *named_waits;
    call_share *share;       /* NULL: none */
    yz_allowance *allowance; /* that its stages have told of; NULL: none */
    yz_alarm deadline;
    yz_task burial;
    uint32_t waits; /* live children, running timers, named waits that are not late */
    uint32_t pins;  /* why its memory must stay: on_close still to come, named waits, children that are pinned, detached roots */
    yz_record record;
};

static inline const yz_filter *call_filter(const yz_call *call) { return call->link->filter; }
static inline yz_turn *call_turn(const yz_call *call) { return call->tree->env.turn; }

/* ---- tree.c */
void call_todo(yz_call *call, unsigned what);
/* May the stage of this call do anything? False after its end, and between yz_pass and the next stage's on_call. */
bool call_may_act(yz_call *call);
/* Ends a call without telling anybody above: its children, timers and alarms end, on_close follows. */
void call_close(yz_call *call, yz_outcome outcome);
void call_pin(yz_call *call);
void call_unpin(yz_call *call);
/* One wait less; if it was the last, the stage must do something about it before its next turn. */
void call_unwait(yz_call *call);
yz_arena *call_root_arena(const yz_call *call);

/* ---- events.c */
/* Ends a call with an error from outside its stage: a deadline, a wait that came late, a broken rule. */
void call_break(yz_call *call, const yz_error *error);
/* Its stage broke a rule: log it and end the call with an internal error. */
void call_misused(yz_call *call, const char *what);

/* ---- record.c */
void record_begin(yz_call *call);                         /* a new call: its tree, parent, link and request are set */
void record_moved(yz_call *call);                         /* it was passed on: link and request are new */
void record_failed(yz_call *call, const yz_error *error); /* about to close with this error */
void record_ended(yz_call *call, yz_outcome outcome);     /* its children have ended before */
void record_headed(yz_call *call, const yz_head *head);   /* its own stage sends this head, or passes a child's on */
void record_answered(yz_call *call, const yz_end *end);   /* … ends it with this end */

/* ---- wait.c */
void call_stop_waiting(yz_call *call); /* timers, the deadline, and the alarms of named waits */

#endif
