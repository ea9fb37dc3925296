/* lua/pattern.h: Lua patterns, matched so that the time limit can cut them: a pattern can take exponential time inside one C call,
 * where no hook reaches. */
#ifndef YUZUI_LUA_PATTERN_H
#define YUZUI_LUA_PATTERN_H

#include <yuzui/base.h>

#define YZ_PATTERN_CAPTURES 32
#define YZ_PATTERN_DEPTH    180

typedef struct yz_capture {
    const char *p;
    ptrdiff_t n; /* bytes; or one of the two below */
} yz_capture;
#define YZ_CAPTURE_OPEN     (-1)
#define YZ_CAPTURE_POSITION (-2)

/* Sets of a pattern ("[%w_]") as bits, made when first met. Zero-initialise; may be kept for the same pattern text. */
#define YZ_PATTERN_SETS 4
typedef struct yz_pattern_sets {
    const uint64_t *run; /* the bits of a pattern that is nothing but a set or class and a '+'; NULL: another, or not known yet */
    uint32_t n;
    struct {
        ptrdiff_t at; /* of its '[' in the pattern */
        ptrdiff_t end;
        uint64_t bits[4];
    } set[YZ_PATTERN_SETS];
} yz_pattern_sets;

typedef struct yz_pattern {
    yz_pattern_sets *sets;
    yz_str subject, pattern; /* the pattern without its anchor */
    yz_capture captures[YZ_PATTERN_CAPTURES];
    int n_captures;
    int depth;
    uint32_t steps;
    const char *fault; /* set when matching failed for another reason than no match */
} yz_pattern;

/* Matches at one place of the subject. Where the match ends, or NULL: none, or a fault. */
const char *yz_pattern_at(yz_pattern *m, const char *at);

/* The first match at or after `at`; NULL: none, or a fault. */
const char *yz_pattern_search(yz_pattern *m, const char *at, const char **end);

#endif
