/* call/env.h: what the call tree needs of the worker it runs on, and all it knows of it.
 *
 * The tree itself passes yz_worker on as a name. Whoever defines workers (loop/env.c) says where these parts lie, so that worker.h
 * may stand on this room and not the other way round.
 */
#ifndef YUZUI_CALL_ENV_H
#define YUZUI_CALL_ENV_H

#include "base/arena.h"
#include "call/turn.h"

#include <yuzui/call.h>

/* Root calls that have not ended, the oldest first: tree.h looks at them. */
typedef struct yz_call_list {
    yz_call *first, *last;
} yz_call_list;

typedef struct yz_call_env {
    yz_turn *turn;
    yz_block_pool *blocks; /* of arenas; NULL: from malloc */
    size_t *calls;         /* of this worker whose memory is not freed yet: counted here */
    yz_call_list *running; /* kept here */
} yz_call_env;

/* Asked once for each root. The parts live as long as the worker, and only its thread touches them. */
yz_call_env yz_worker_env(const yz_worker *worker);

#endif
