/* once.h: what a provider that has begun it must not be asked for a second time, beyond what its operation says (yz_may_repeat). */
#ifndef COMMON_ONCE_H
#define COMMON_ONCE_H

#include <yuzui/plugin.h>

/* Does it make something that stays, each time anew: a response in the background, which goes on when whoever asked for it has left, or
 * what is put where a provider keeps it (an item of a conversation)? */
static inline bool once_made(const yz_request *request) {
    if (request->op == YZ_OP_STORED)
        return yz_str_is(request->method, "POST");
    return yz_op_makes(request->op) || (request->op == YZ_OP_CHAT && yz_json_true(yz_json_get(request->json, "background")));
}

/* After this error, may it be sent again, to whomever? */
static inline bool once_repeats(const yz_request *request, const yz_error *error) {
    return error->started == YZ_STARTED_NO || !once_made(request);
}

#endif
