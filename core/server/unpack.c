/* unpack.c: a compressed body as the bytes it stands for; see unpack.h. */
#include "server/unpack.h"

#include "http/inflate.h"
#include "server/refusal.h"

#define FREE  ((size_t)64 << 10) /* may come of any body, however short it is */
#define RATIO 100                /* text and JSON become a twentieth at best */

typedef struct unpacking {
    yz_intake *plain;
    yz_arena *arena;
    const yz_limit_settings *limits;
    const yz_error *error;
} unpacking;

static int on_piece(void *arg, yz_str bytes) {
    unpacking *u = arg;
    if (bytes.n > (size_t)u->limits->http.body - u->plain->n)
        return YZ_ELIMIT;
    u->error = yz_intake_add(u->plain, u->arena, u->limits, bytes);
    return u->error ? YZ_ELIMIT : YZ_OK;
}

static const yz_error *broken(yz_arena *arena, yz_str coding) {
    return yz_refusal(arena, YZ_ERROR_BAD_REQUEST, 0, "the body is not what its Content-Encoding says: it is no whole %.*s",
                      YZ_STR_ARGS(coding));
}

static const yz_error *too_large(const unpacking *u) {
    return yz_refusal(u->arena, YZ_ERROR_TOO_LARGE, 413,
                      "the body is too large when it is unpacked: it may have %lld bytes, and grow a hundredfold",
                      (long long)u->limits->http.body);
}

const yz_error *yz_unpack(yz_str coding, yz_str packed, yz_arena *arena, const yz_limit_settings *limits, yz_intake *plain) {
    unpacking u = {.plain = plain, .arena = arena, .limits = limits};
    yz_inflate *inflate = yz_inflate_new(coding);
    if (!inflate)
        return broken(arena, coding);
    const yz_error *wrong = yz_intake_expect(plain, arena, limits, -1);
    int code = wrong ? YZ_OK : yz_inflate_feed(inflate, packed, FREE + packed.n * RATIO, on_piece, &u);
    bool whole = yz_inflate_done(inflate);
    yz_inflate_free(inflate);
    if (wrong || u.error)
        return wrong ? wrong : u.error;
    if (code == YZ_ELIMIT)
        return too_large(&u);
    return code < 0 || !whole ? broken(arena, coding) : NULL;
}
