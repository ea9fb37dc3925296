/* intake.c: keeping a body, within a limit on those of all requests; see intake.h. */
#include "server/intake.h"

#include "server/refusal.h"

#include <stdatomic.h>
#include <stdlib.h>

#define SMALL ((size_t)64 * 1024)

#define BODY_AT_ONCE (1024 * 1024) /* memory is taken at once for what a head promises, up to here; beyond, as it comes */

#define READ_INTO 4096 /* what misses of a body is read into its place, unless it is too little to care */

/* ---- the limit ------------------------------------------------------------------------------------------------------ */

static _Atomic size_t held; /* by large bodies, of all workers */

static bool hold(size_t n, size_t most) {
    size_t now = atomic_load(&held);
    while (n <= most && now <= most - n)
        if (atomic_compare_exchange_weak(&held, &now, now + n))
            return true;
    return false;
}

bool yz_intake_keep(int64_t n, int64_t most) {
    if (n > 0)
        return hold((size_t)n, (size_t)most);
    atomic_fetch_sub(&held, (size_t)-n);
    return true;
}

static const yz_error *full(yz_arena *arena) {
    return yz_refusal_full(arena, "bodies_full", "the gateway holds as many bytes of requests as it may: try again soon");
}

/* Counts the first `need` bytes of a body, in steps of SMALL. */
static bool count_body(yz_intake *intake, const yz_limit_settings *limits, size_t need) {
    if (need <= SMALL || need <= intake->counted)
        return true;
    size_t step = (need + SMALL - 1) / SMALL * SMALL - intake->counted;
    if (!hold(step, (size_t)limits->bodies))
        return false;
    intake->counted += step;
    return true;
}

const yz_error *yz_intake_expect(yz_intake *intake, yz_arena *arena, const yz_limit_settings *limits, int64_t length) {
    size_t promised = length > 0 ? (size_t)length : 0, most = (size_t)limits->bodies;
    intake->promised = promised;
    if (promised > (size_t)limits->http.body)
        return NULL; /* the parser refuses it */
    if (promised > SMALL)
        return promised > most || atomic_load(&held) > most - promised ? full(arena) : NULL;
    if (promised) {
        intake->place = YZ_INTAKE_ARENA;
        intake->cap = promised;
        intake->p = yz_alloc_bytes(arena, promised);
    }
    return NULL;
}

/* ---- room ----------------------------------------------------------------------------------------------------------- */

static void free_body(void *arg) {
    yz_intake *intake = arg;
    free(intake->p);
    atomic_fetch_sub(&held, intake->counted);
}

static size_t room_for(const yz_intake *intake, const yz_limit_settings *limits, size_t need) {
    size_t cap = intake->cap * 2 > 4096 ? intake->cap * 2 : 4096, most = (size_t)limits->http.body, promised = intake->promised;
    if (promised && (promised <= BODY_AT_ONCE || cap > promised))
        cap = promised;
    else if (promised && cap < BODY_AT_ONCE)
        cap = BODY_AT_ONCE;
    if (cap > most)
        cap = most;
    return cap < need ? need : cap;
}

/* Nothing is in the arena yet: what fits there never grows. */
static bool grow(yz_intake *intake, yz_arena *arena, const yz_limit_settings *limits, size_t need) {
    size_t cap = room_for(intake, limits, need);
    if (intake->place != YZ_INTAKE_HEAP)
        yz_on_free(arena, free_body, intake);
    intake->place = YZ_INTAKE_HEAP;
    char *p = realloc(intake->p, cap);
    if (!p)
        return false;
    intake->p = p;
    intake->cap = cap;
    return true;
}

const yz_error *yz_intake_add(yz_intake *intake, yz_arena *arena, const yz_limit_settings *limits, yz_str bytes) {
    size_t need = intake->n + bytes.n;
    if (!count_body(intake, limits, need))
        return full(arena);
    if (need > intake->cap && !grow(intake, arena, limits, need))
        return yz_refusal(arena, YZ_ERROR_UNAVAILABLE, 0, "there is no memory for this request's body now: try again later");
    if (bytes.p != intake->p + intake->n) /* else it was read into its place */
        memcpy(intake->p + intake->n, bytes.p, bytes.n);
    intake->n = need;
    return NULL;
}

char *yz_intake_room(const yz_intake *intake, size_t *n) {
    size_t missing = intake->promised > intake->n ? intake->promised - intake->n : 0, room = intake->cap - intake->n;
    *n = missing < room ? missing : room;
    return missing > READ_INTO && room > READ_INTO ? intake->p + intake->n : NULL;
}
