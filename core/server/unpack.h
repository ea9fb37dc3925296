/* server/unpack.h: bodies of requests that come compressed: by gzip or zstd, which clients send (Codex: zstd). Worker thread.
 *
 * A body is unpacked when it is whole, in one go: so what unpacking takes lives no longer than that, and who trickles bytes holds no
 * window. What comes of it counts as if it had been sent plain: towards the limit on one body, and on those of all requests. What grows
 * more than a hundredfold is refused, so that the work stays in proportion to what was sent. */
#ifndef YUZUI_SERVER_UNPACK_H
#define YUZUI_SERVER_UNPACK_H

#include "server/intake.h"

/* `coding`: one that yz_headers_packed knows. `*plain` is zeroed and lives in the arena. NULL, or why the body is refused. */
const yz_error *yz_unpack(yz_str coding, yz_str packed, yz_arena *arena, const yz_limit_settings *limits, yz_intake *plain);

#endif
