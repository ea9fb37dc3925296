/* common/keep.h: how long a ledger keeps requests: the option `keep`, and the rule in the words that the config says it in. */
#ifndef COMMON_KEEP_H
#define COMMON_KEEP_H

#include <stdint.h>
#include <stdio.h>

enum { KEEP_RULE = 48 };

/* A week at least: a job that fails days later is paid back, and whoever asks where his money went asks soon. */
#define KEEP_BOUNDS .min = INT64_C(7) * 86400000, .max = INT64_C(36500) * 86400000

/* Milliseconds, as the option has them, in seconds; *rule: keep = "400d". */
static inline int64_t keep_read(int64_t ms, char rule[KEEP_RULE]) {
    int64_t seconds = ms / 1000, unit = seconds % 86400 == 0 ? 86400 : seconds % 3600 == 0 ? 3600 : 1;
    snprintf(rule, KEEP_RULE, "keep = \"%lld%c\"", (long long)(seconds / unit), unit == 86400 ? 'd' : unit == 3600 ? 'h' : 's');
    return seconds;
}

#endif
