/* base/hops.c: see hops.h. */
#include "base/hops.h"

#include "base/clock.h"

#include <pthread.h>
#include <stdio.h>

enum { ID = 17, KEPT = 512 }; /* bytes of an id; of those that are passed on: the number alone ends a longer way */

static char first[32]; /* what goes out with a request that has passed none: "1, " and the id */
static const char *const own = first + 3;

static void make(void) {
    uint64_t n;
    yz_secure_random(&n, sizeof n);
    snprintf(first, sizeof first, "1, g%016llx", (unsigned long long)n);
}

static void make_once(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make);
}

/* The next id at or after *at; false: there is none. */
static bool next_id(yz_str value, size_t *at, yz_str *id) {
    while (*at < value.n) {
        size_t from = *at, to = from;
        while (to < value.n && value.p[to] != ',')
            to++;
        *at = to + 1;
        while (from < to && (value.p[from] == ' ' || value.p[from] == '\t'))
            from++;
        bool good = to - from >= ID && value.p[from] == 'g';
        for (size_t i = 1; i < ID && good; i++) {
            char c = value.p[from + i];
            good = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
        }
        *id = yz_str_at(value.p + from, ID);
        if (good)
            return true;
    }
    return false;
}

unsigned yz_hops_own(yz_str value) {
    unsigned n = 0;
    yz_str id;
    make_once();
    for (size_t at = 0; next_id(value, &at, &id);)
        n += memcmp(id.p, own, ID) == 0;
    return n;
}

yz_str yz_hops_next(yz_arena *arena, const yz_request *request) {
    make_once();
    if (request->hops == 0)
        return yz_str_of(first);
    yz_str id, out = yz_format(arena, "%u", (unsigned)request->hops + 1);
    for (size_t at = 0; out.n < KEPT && next_id(request->came_by, &at, &id);)
        out = yz_format(arena, "%.*s, %.*s", YZ_STR_ARGS(out), YZ_STR_ARGS(id));
    return yz_format(arena, "%.*s, %s", YZ_STR_ARGS(out), own);
}
