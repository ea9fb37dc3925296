/* cli/played.h: one run of a policy in a test file: the world it runs in, which the test describes, and what stands in for everything
 * outside. What the test says and nobody knows is an error: a misspelt fake would otherwise prove nothing. */
#ifndef YUZUI_CLI_PLAYED_H
#define YUZUI_CLI_PLAYED_H

#include "call/turn.h"
#include "cli/rehearse.h"

typedef struct yz_played {
    lua_State *L; /* of the test file; the numbers below are places on its stack */
    yz_arena *arena;
    int64_t until; /* what the test's own functions may take: bounded.h */
    int fake;      /* the function that plays the providers, or nil */
    int calls;     /* the table of models asked */
    int config;    /* what the test says of the world, or nil */
    bool has_now;  /* the clock is played, too */
    int64_t now;   /* … and began at this Unix second */
    yz_turn *turn; /* of the worker: played time */
    int64_t began; /* … when the run did */
    yz_outside outside;
    const char *wrong; /* a fake said what nobody understands; NULL: none did */
} yz_played;

/* Reads the fourth argument of `run` into the policy's options, the settings, and the request; an error in Lua for what it does not know.
 */
void yz_played_config(yz_played *p, policy_config *config, yz_settings *settings, yz_request *request);
/* Fills p->outside with what the test fakes. */
void yz_played_outside(yz_played *p);
/* The rest of the chain: asks the test's function. arg: the yz_played. */
rehearsal_leaf yz_played_leaf;
/* Refuses a field of the table that is none of `names` (NULL at the end). `what` begins the message. */
void yz_played_check(lua_State *L, int table, const char *what, const char *const *names);

#endif
