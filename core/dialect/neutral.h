/* dialect/neutral.h: the neutral request, kept on the request: read once and written once for each target, however many attempts,
 * questions and answers need it.
 *
 * What is kept stands in the place its body has (base/request.h), so it lives as long as the body, and a changed body has a new place.
 * Reading is public (yz_request_read); writing is what a provider stage does for one target:
 *
 *   yz_written *w = yz_request_write(request, arena, target);   the first time it writes, later it finds what was written
 *   … w->body goes out …
 *   yz_written_done(w);                                          the bytes may be given back now
 *
 * A body that is in use stays. Of those that are not, the last one used stays for the next attempt, the others as long as they are
 * together no longer than YZ_WRITTEN_KEPT: a request that moves from target to target holds one long body, not one for each.
 */
#ifndef YUZUI_DIALECT_NEUTRAL_H
#define YUZUI_DIALECT_NEUTRAL_H

#include "base/request.h"

#include <yuzui/adapter.h>

#define YZ_WRITTEN_KEPT ((size_t)256 << 10) /* bytes */

typedef struct yz_written yz_written;
struct yz_written {
    int code;                  /* what the adapter's `write` returned, or the reading before it; negative: there is no body */
    const yz_reading *reading; /* what it was written from */
    yz_buf body;               /* for the target, to be read only */
    yz_losses losses;          /* of reading and writing; in the memory of the request's body */
    /* the rest is neutral.c's */
    struct yz_neutral *place;
    yz_written *next;
    const yz_provider *provider;
    yz_str model;
    unsigned users;
};

/* The body of a chat in the dialect of the target, whose adapter can write; never NULL. `arena` as in yz_request_read: it must outlive
 * yz_written_done. */
yz_written *yz_request_write(const yz_request *request, yz_arena *arena, const yz_target *target);
void yz_written_done(yz_written *written); /* NULL is allowed */

#endif
