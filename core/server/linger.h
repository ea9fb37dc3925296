/* server/linger.h: how a connection ends: the answer is out, our side is half-closed, and what the client still sends is read and
 * forgotten up to a bound, until it closes too.
 *
 * Without that reading the kernel would answer unread bytes with a reset, which destroys the answer before the client has read
 * it. The bound is there because a client that goes on sending has been refused already. No I/O here: only the judgement. */
#ifndef YUZUI_SERVER_LINGER_H
#define YUZUI_SERVER_LINGER_H

#include <yuzui/base.h>

typedef struct yz_linger {
    int64_t quiet;    /* since when no byte has come, ms */
    int64_t deadline; /* of all of it */
    uint64_t bytes;   /* forgotten so far */
    bool upload;
} yz_linger;

/* `upload`: the client is in the middle of a long body, and most clients read an answer only when they have sent all of theirs: as many
 * bytes as come in the time are forgotten. */
void yz_linger_begin(yz_linger *linger, bool upload, int64_t now);
/* So many bytes came. True: it goes on; false: it has lasted long enough, close. */
bool yz_linger_bytes(yz_linger *linger, size_t n, int64_t now);
/* Time has passed. Likewise. `queued`: bytes of the answer that the client has not taken yet; `eof`: it will send no more. */
bool yz_linger_tick(yz_linger *linger, size_t queued, bool eof, int64_t now);

#endif
