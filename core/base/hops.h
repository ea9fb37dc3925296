/* base/hops.h: x-yuzui-hops, by which a request that comes back to a gateway is known: how many it has passed, and which.
 *
 *     x-yuzui-hops: 2, g0c3f5a7719e2b846, g55d0b1a09c7e3f21
 *
 * An id is a process's, made anew at each start; it tells nothing else.
 */
#ifndef YUZUI_BASE_HOPS_H
#define YUZUI_BASE_HOPS_H

#include <yuzui/request.h>

/* What of it, as it came (of another's gateway it may be a number alone): the number is read in server/headers.c. */
unsigned yz_hops_own(yz_str value); /* how often this process is in it */
/* What goes out with a request: one more, and this one. In the arena, or static. */
yz_str yz_hops_next(yz_arena *arena, const yz_request *request);

#endif
