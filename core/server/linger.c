/* linger.c: how long a connection that has nothing more to say is read; see linger.h. */
#include "server/linger.h"

#define FORGET_BYTES (1024 * 1024)
#define UPLOAD_BYTES ((size_t)256 * 1024 * 1024) /* of one whose client sends on until it hears its answer */
#define QUIET_MS     2000                        /* without a byte */
#define FORGET_MS    5000                        /* in all */

void yz_linger_begin(yz_linger *linger, bool upload, int64_t now) {
    *linger = (yz_linger){.quiet = now, .deadline = now + FORGET_MS, .upload = upload};
}

bool yz_linger_bytes(yz_linger *linger, size_t n, int64_t now) {
    linger->bytes += n;
    linger->quiet = now;
    return linger->bytes <= (linger->upload ? UPLOAD_BYTES : FORGET_BYTES);
}

bool yz_linger_tick(yz_linger *linger, size_t queued, bool eof, int64_t now) {
    if (queued > 0) { /* still taking the answer: the write time-out watches that */
        linger->quiet = now;
        linger->deadline = now + FORGET_MS;
        return true;
    }
    return !eof && now - linger->quiet < QUIET_MS && now < linger->deadline;
}
