/* lua/run.h: one call at the policy stage: what the files of this folder share. Internal to lua/.
 *
 * A policy call has one coroutine. It runs (run.c) until it returns, fails, or waits for exactly one thing; whoever brings that
 * thing pushes the results on the coroutine's stack and calls policy_resume. When it returns, its answer decides: pass on, adopt
 * one of the attempts it started (whose chunks then go up in C, past Lua), answer itself, or an error.
 *
 * Objects in Lua (the request, attempts) hold the call's serial number, never a pointer: they are good only while the call with
 * that number is the current one.
 */
#ifndef YUZUI_LUA_RUN_H
#define YUZUI_LUA_RUN_H

#include "lua/sandbox.h"
#include "upstream/fetch.h"

#include <yuzui/record.h>
#include <yuzui/store.h>

#define POLICY_ATTEMPTS 32          /* a call may start */
#define POLICY_WAITS    1000        /* a call may wait this often */
#define POLICY_ARENA    (64u << 20) /* a call may put into its arena, beside eight times its body: copies of requests, reasons, keys */
#define POLICY_LATE     3           /* runs in a row that take too long: then it rests */
#define POLICY_REST_MS  10000

typedef struct policy_config {
    yz_str file, otherwise, store;
    int on_error; /* 0 continue, 1 fail */
    int64_t time, memory, call_time;
    yz_str serves;       /* a workflow: the model it is; empty: a policy (workflow.c) */
    int64_t timeout;     /* a workflow: ms of a whole call */
    int64_t answer_time; /* CPU time of rewriting one answer, ms */
    yz_list hosts, operations;
    yz_map options;
} policy_config;

/* A policy stage: one file, opened in one state. */
typedef struct policy {
    const policy_config *config;
    yz_lua *lua;
    yz_worker *worker;
    int function; /* registry */
    int options;  /* registry: the table req.options */
    yz_str name;  /* "by-question" */
    yz_str path;  /* of its file */
    yz_store *store;
    struct yz_tls *tls; /* for http.fetch */
    yz_counter errors;
    bool more;                      /* another policy stands after it: a model nobody serves may be one that the other knows */
    const yz_stage_settings *below; /* the stages after it in its chain */
    size_t n_below;
    uint64_t operations; /* bit op: it sees requests of that kind */
    int64_t next_log;    /* ms: errors before are only counted */
    unsigned muted;
    unsigned late;       /* runs in a row that passed their time limit */
    int64_t rests_until; /* ms: after too many of these it is not run at all for a while */
} policy;

typedef enum attempt_state { ATTEMPT_RUNS, ATTEMPT_HEAD, ATTEMPT_FAILED, ATTEMPT_CANCELLED } attempt_state;

/* A child started by next or the functions of llm. Until it is adopted its answer is held here. */
typedef struct attempt {
    yz_call *child;
    attempt_state state;
    struct chat *chat; /* collects the answer; NULL: it may go to the client (next, llm.answer) */
    const yz_request *request;
    yz_str at; /* "file:line: " where it was started, if it may go to the client */
    yz_head head;
    yz_buf held;
    unsigned marks;
    bool ended, failed_late; /* after the head */
    bool called, looked;     /* by next(req), which waits; the policy has done anything with what that gave */
    yz_end end;
    yz_error error;
    struct policy_rewrite *rewrite; /* what the policy makes of its answer; NULL: nothing */
} attempt;

typedef enum policy_wait { WAIT_NOTHING, WAIT_ATTEMPT, WAIT_FIRST, WAIT_CHAT, WAIT_ALL, WAIT_SLEEP, WAIT_FETCH, WAIT_STORE } policy_wait;

typedef struct yz_policy_call {
    yz_call *call;
    policy *policy;
    yz_lua *lua;
    uint64_t serial;
    yz_lua_thread *thread;     /* NULL when the policy has returned */
    const yz_request *request; /* what req says now */
    yz_request *draft;         /* the same, while it is ours to change */
    attempt **attempts;
    int n_attempts;
    attempt *adopted;
    attempt *forgotten; /* whose answer nobody looked at, when the policy asked once more: the error that it got is about this one */
    policy_wait wait;
    attempt *waits_for;
    int first[POLICY_ATTEMPTS]; /* WAIT_FIRST: which */
    int n_first;
    struct policy_fan *fan; /* WAIT_ALL */
    yz_timer *timer;
    struct fetching *fetching;
    bool stays; /* a wait was begun in this run: the yield is ours */
    bool tail;  /* the policy ended with `return next(req)`: nothing to come back to */
    int waits;
    int64_t bytes;      /* what its runs have added to the state so far */
    int64_t spent_ms;   /* CPU time they took, about */
    size_t arena_limit; /* bytes its arena may hold */
    yz_str reason;
    yz_str model_at; /* "file:line: " of the assignment that chose a model nobody serves */
} yz_policy_call;

/* ---- run.c */
void policy_start(yz_policy_call *pc);
/* Goes on with n values on the coroutine's stack as results of what it waited for. */
void policy_resume(yz_policy_call *pc, int n_results);
static inline lua_State *policy_stack(const yz_policy_call *pc) { return pc->thread->co; }
/* The current call, for functions that wait: an error where waiting is not possible. */
yz_policy_call *policy_current(lua_State *L, const char *what);
/* For functions that put something into the call's arena, where no limit of Lua's memory holds: an error when it is too much. */
void policy_check_arena(lua_State *L, const yz_policy_call *pc);
/* Begins a wait: use as `return policy_wait_for(…)`. */
int policy_wait_for(lua_State *L, yz_policy_call *pc, policy_wait kind);
/* The policy failed: counted, logged, and the call goes on without it, or fails, as configured. */
void policy_failed(yz_policy_call *pc, const char *message);
/* … where the answer has begun: counted and logged alone. */
void policy_log_failure(yz_policy_call *pc, const char *message);
/* The policy has nothing more to say: cancels its attempts but `keep`, gives back the coroutine. Again: no effect. */
void policy_release(yz_policy_call *pc, const attempt *keep);

/* ---- request.c */
void policy_request_open(lua_State *L);
void policy_request_push(lua_State *L, const yz_policy_call *pc);
/* The request as it is now, for what stands below. An error in Lua if this policy chose a model that nobody there serves. Later changes
 * do not touch it. */
const yz_request *policy_request_take(lua_State *L, yz_policy_call *pc);
yz_request *policy_request_draft(yz_policy_call *pc); /* the request, to be changed */
yz_str policy_request_ask(lua_State *L, int arg);     /* policy_ask of the request there, in the scratch arena */
void policy_request_check(lua_State *L, int arg);     /* is this the request of the current call? */

/* ---- texts.c: the methods texts and set_texts of the current call's request */
int policy_texts_get(lua_State *L, yz_policy_call *pc);
int policy_texts_set(lua_State *L, yz_policy_call *pc);

/* ---- money.c */
void policy_money_open(lua_State *L);
void policy_money_of_key(lua_State *L); /* the table of the request's key on top says its balance when it is asked */
int policy_money_estimate(lua_State *L, const yz_policy_call *pc); /* the method estimate */

/* ---- compose.c: policies of one chain */
/* Which operations the policy sees, and what stands after it. Warns of a guard that others can go round. YZ_EINVAL: reported. */
int policy_place(policy *p, yz_diag *diag);
/* Has this model targets, or is it a workflow below the policy? */
bool policy_serves(const yz_policy_call *pc, yz_str model);
/* Is the model of the request one that nobody below the policy can serve? */
bool policy_lost(const yz_policy_call *pc);
/* request.c: the end of a sentence that says that there is no such model: which one is meant, or nothing. */
const char *policy_meant_model(const yz_policy_call *pc, yz_str model);
/* Did this policy choose the model, or did it come so? */
bool policy_chose(const yz_policy_call *pc);
/* Where nobody serves the model that came, and the policy chose none: its `default`, if it has one. */
void policy_fill_model(yz_policy_call *pc);
/* What all policies on the way decided, for x-yuzui-policy: "guard; scrubbed, by-question; reasoning". `child`: whose answer it is to be;
 * NULL: none yet. */
void policy_note(yz_policy_call *pc, const yz_call *child);

/* ---- declare.c, options.c: options a policy declares */
void policy_declare_push(lua_State *L); /* the function options */
/* The value at `index` as leaves in the arena, their ways beginning with `path`. False: it holds what cannot stand in a config. */
bool policy_options_flatten(lua_State *L, int index, yz_str path, yz_arena *arena, yz_map *out);
/* Makes p->options of what the config says, checked against what the file declared (a reference, which is given back; 0: nothing).
 * YZ_EINVAL: reported. */
int policy_declared_options(policy *p, int declared, yz_diag *diag);

/* ---- question.c */
yz_str policy_question(yz_arena *arena, const yz_request *request);
/* What a classifier should look at: the question, or the one before it where the last is no more than "continue". */
yz_str policy_ask(yz_arena *arena, const yz_request *request);
int64_t policy_tokens(const yz_request *request);

/* ---- next.c */
void policy_next_open(lua_State *L);
void policy_next_push(lua_State *L);
void policy_attempt_room(lua_State *L, const yz_policy_call *pc, int n); /* an error when there is none for so many */
attempt *policy_attempt_start(yz_policy_call *pc, const yz_request *request, yz_because because);
void policy_attempt_where(lua_State *L, const yz_policy_call *pc, attempt *a); /* it remembers the line that runs */
void policy_attempt_push(lua_State *L, const yz_policy_call *pc, const attempt *a);
void policy_attempt_error(lua_State *L, const attempt *a); /* pushes why it failed */
attempt *policy_attempt_find(const yz_policy_call *pc, const yz_call *child);
attempt *policy_attempt_at(lua_State *L, const yz_policy_call *pc, int index); /* on the stack; NULL: something else is there */
void policy_attempt_cancel(attempt *a);
void policy_adopt(yz_policy_call *pc, attempt *a);
void policy_on_settled(yz_policy_call *pc, attempt *a); /* it has a head, or failed: tell who waits */
void policy_on_wait_over(yz_policy_call *pc);           /* the timer of a wait rang */
void policy_error_push(lua_State *L, const yz_error *error);
/* From the table at `index`, or from a text, which is the message. Returns the class that was said if there is none such; else empty. */
yz_str policy_error_read(lua_State *L, int index, yz_arena *arena, yz_error *error);

/* ---- chat.c */
/* A question in the form of llm.chat, and what is said beside it. */
typedef struct policy_asks {
    const yz_request *request;
    int64_t timeout; /* ms; 0: none of its own */
    yz_str step;     /* its name in the record; empty: none */
    size_t texts;    /* for vectors of so many; 0: it is a chat */
    bool list;       /* … and they were a list */
} policy_asks;

/* What is ours beside the request, taken out of the table on top of the stack. `what` begins errors. */
void policy_asks_own(lua_State *L, yz_policy_call *pc, const char *what, policy_asks *out);
/* An error in Lua if that is no model, or one that nobody below serves. */
void policy_check_model(lua_State *L, const yz_policy_call *pc, const char *what, yz_str model);

void policy_chat_push(lua_State *L); /* the table llm */
/* The table at `index` as a question. `for_client`: in the form the client wants its answer. `what` begins errors. */
policy_asks policy_chat_read(lua_State *L, yz_policy_call *pc, int index, const char *what, bool for_client);
attempt *policy_chat_start(yz_policy_call *pc, const policy_asks *asks, bool for_client);
bool policy_chat_settled(const attempt *a);
int policy_chat_result(lua_State *L, const yz_policy_call *pc, const attempt *a); /* pushes an answer, or nil and an error */
void policy_chat_head(yz_policy_call *pc, attempt *a, const yz_head *head);
void policy_chat_chunk(yz_policy_call *pc, attempt *a, const yz_chunk *chunk);
void policy_chat_end(yz_policy_call *pc, attempt *a);
void policy_chat_failed(yz_policy_call *pc, attempt *a);

/* ---- embed.c: vectors, asked for as chats are */
typedef struct policy_embed policy_embed;
void policy_embed_open(lua_State *L);
void policy_embed_add(lua_State *L); /* to the table llm, on top of the stack */
policy_embed *policy_embed_new(yz_arena *arena, size_t texts, bool list);
void policy_embed_head(policy_embed *e, const yz_head *head);
bool policy_embed_chunk(policy_embed *e, yz_arena *arena, yz_str bytes); /* false: it is too long */
const char *policy_embed_end(policy_embed *e, yz_arena *arena);          /* NULL, or what is wrong with the answer */
void policy_embed_result(lua_State *L, const policy_embed *e);           /* pushes the vector, or the list of them */

/* ---- rewrite.c */
struct policy_rewrite;
int policy_rewrite_set(lua_State *L, yz_policy_call *pc, attempt *a); /* the method: the response, and a function */
bool policy_rewrite_begin(struct policy_rewrite *rewrite);            /* its answer is the client's; false: the call has ended */
void policy_rewrite_chunk(struct policy_rewrite *rewrite, const yz_chunk *chunk);
void policy_rewrite_end(struct policy_rewrite *rewrite, const yz_end *end);
void policy_rewrite_free(struct policy_rewrite *rewrite);

/* ---- steps.c */
void policy_steps_add(lua_State *L);           /* start, all, answer, into the table on top */
void policy_steps_settled(yz_policy_call *pc); /* WAIT_ALL: one of them did */

/* ---- workflow.c */
/* Does its failure fail the request? */
bool policy_fails(const policy *p);
/* Is this request none of the stage's? */
bool policy_passes_by(const policy *p, const yz_request *request);
/* What the client is told when it fails. */
yz_error policy_failure(const policy *p);
/* Reports what is wrong with where a workflow stands. */
int policy_workflow_check(const policy *p, const yz_chain_settings *chain, size_t at, yz_diag *diag);
extern const yz_filter policy_filter; /* policy.c: of policies and workflows */

/* ---- collected.c */
struct yz_collected;
/* The table { text, model, finish, usage, message } of an answer. `model`: its name where the answer does not say. */
void policy_collected_push(lua_State *L, yz_arena *arena, const struct yz_collected *answer, yz_str model, const yz_usage *usage);

/* ---- answer.c */
struct yz_own_answer;
/* Makes an answer of the string or table at `index`. NULL, or what is wrong with it. */
const char *policy_answer(yz_policy_call *pc, lua_State *L, int index, struct yz_own_answer **out);

/* ---- http.c, store.c */
void policy_http_push(lua_State *L);
bool policy_http_host_ok(yz_str item); /* could an entry of `hosts` match anything? */
void policy_http_cancel(yz_policy_call *pc);
void policy_store_push(lua_State *L);

/* counter.c */
void policy_counter_push(lua_State *L); /* the function counter */

/* classify.c */
void policy_classify_open(lua_State *L);
void policy_classify_push(lua_State *L); /* the table classify */

#endif
