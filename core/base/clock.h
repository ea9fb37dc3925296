/* base/clock.h: the only source of time and randomness, so that a test can own both. */
#ifndef YUZUI_BASE_CLOCK_H
#define YUZUI_BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

/* All of them read the clock anew, from any thread, and all but yz_clock_wall include what tests have skipped. */
int64_t yz_clock_ms(void);      /* monotonic */
int64_t yz_clock_us(void);      /* likewise, in microseconds */
int64_t yz_clock_ns(void);      /* likewise, in nanoseconds (yuzui/call.h) */
int64_t yz_clock_wall_ns(void); /* Unix time in nanoseconds (yuzui/call.h) */
int64_t yz_clock_wall(void);    /* Unix time in seconds, as other machines have it (yuzui/call.h) */
/* Tests: skip `ms` ahead. The caller must wake the workers. */
void yz_clock_skip(int64_t ms);

/* xoshiro256**: seeded from the system, or from YUZUI_SEED so that one seed replays one run. Not for secrets. */
typedef struct yz_rng {
    uint64_t s[4];
} yz_rng;
void yz_rng_init(yz_rng *rng, uint64_t stream);
void yz_rng_seed(yz_rng *rng, uint64_t seed); /* the same numbers for the same seed */
uint64_t yz_rng_next(yz_rng *rng);

/* Bytes fit for secrets and ids, from the kernel. */
void yz_secure_random(void *p, size_t n);

#endif
