/* property.h: properties of random cases. A case is drawn from a list of bytes, and one that fails is made smaller by taking bytes away and
 * lowering them, as long as it fails: so nothing need be known of what is drawn. Past its end a list is zeros, and 0 should draw what is
 * simplest.
 *
 *   YUZUI_CASES=100000   how many of each property      YUZUI_SEED=7   another beginning      YUZUI_CASE=0123ab   this case alone
 */
#ifndef PROPERTY_H
#define PROPERTY_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DRAW_MAX       512
#define PROPERTY_TRIES 4000 /* to make one case smaller */

typedef struct draw {
    uint8_t bytes[DRAW_MAX];
    size_t n, at;
} draw;

static unsigned pick(draw *d, unsigned n) { /* 0 … n-1, 256 of them at most */
    uint8_t byte = d->at < d->n ? d->bytes[d->at] : 0;
    d->at++;
    return n ? byte % n : 0;
}
static bool maybe(draw *d) { return pick(d, 2); }

/* True: the property holds. Else what is wrong is in `why`. */
typedef bool property(void *arg, draw *d, char *why, size_t size);

static const char *property_name;
static size_t property_left;
static draw property_case; /* under way: told when the process ends */

static inline void property_tell(FILE *to, const draw *d) {
    fprintf(to, "YUZUI_CASE=");
    for (size_t i = 0; i < d->n; i++)
        fprintf(to, "%02x", d->bytes[i]);
    fprintf(to, "\n");
}

/* The sanitizer's own hook. */
void __asan_on_error(void);
void __asan_on_error(void) {
    fprintf(stderr, "%s: ", property_name ? property_name : "no property");
    property_tell(stderr, &property_case);
}

static inline bool property_try(property *holds, void *arg, draw *d, char *why, size_t size) {
    d->at = 0;
    property_case = *d;
    return holds(arg, d, why, size);
}

static inline uint64_t property_next(uint64_t *state) { /* splitmix64 */
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static inline bool property_smaller(property *holds, void *arg, draw *d, const draw *less, char *why, size_t size) {
    draw tried = *less;
    char other[4096];
    if (property_left-- == 0 || property_left > PROPERTY_TRIES)
        return property_left = 0, false;
    if (property_try(holds, arg, &tried, other, sizeof other))
        return false;
    *d = *less;
    snprintf(why, size, "%s", other);
    return true;
}

static inline void property_shrink(property *holds, void *arg, draw *d, char *why, size_t size) {
    bool changed = true;
    property_left = PROPERTY_TRIES;
    for (int round = 0; changed && round < 30; round++) {
        changed = false;
        for (size_t block = 64; block > 0; block /= 2)
            for (size_t at = 0; at + block <= d->n; at++) {
                draw less = *d;
                memmove(less.bytes + at, less.bytes + at + block, less.n - at - block);
                less.n -= block;
                changed |= property_smaller(holds, arg, d, &less, why, size);
            }
        for (size_t at = 0; at < d->n; at++)
            for (uint8_t to = 0; to < d->bytes[at] && to < 8; to++) {
                draw less = *d;
                less.bytes[at] = to;
                if (property_smaller(holds, arg, d, &less, why, size))
                    changed = true;
            }
    }
}

static inline bool property_given(draw *d) {
    const char *text = getenv("YUZUI_CASE");
    unsigned byte;
    d->n = 0;
    for (; text && d->n < DRAW_MAX && sscanf(text, "%2x", &byte) == 1; text += text[1] ? 2 : 1)
        d->bytes[d->n++] = (uint8_t)byte;
    return text != NULL;
}

/* Tries it; false: it does not hold, and the smallest case found is printed with the words `why`. */
static inline bool property_holds(const char *name, property *holds, void *arg, size_t cases) {
    const char *n = getenv("YUZUI_CASES"), *seed = getenv("YUZUI_SEED");
    uint64_t state = seed ? strtoull(seed, NULL, 10) : 1;
    char why[4096] = "";
    draw d;
    property_name = name;
    cases = n ? strtoul(n, NULL, 10) : cases;
    bool given = property_given(&d);
    for (size_t i = 0; i < (given ? 1 : cases); i++) {
        if (!given) {
            d.n = property_next(&state) % (i % 8 ? 96 : DRAW_MAX);
            for (size_t k = 0; k < d.n; k++)
                d.bytes[k] = (uint8_t)property_next(&state);
        }
        if (property_try(holds, arg, &d, why, sizeof why))
            continue;
        property_shrink(holds, arg, &d, why, sizeof why);
        printf("%s: case %zu of seed %s, made smaller:\n%s\n", name, i, seed ? seed : "1", why);
        property_tell(stdout, &d);
        return false;
    }
    return true;
}

#endif
