/* base/clock.c: time and randomness. */
#include "base/clock.h"
#include "base/check.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

static _Atomic int64_t skipped_ms;

static int64_t read_ns(clockid_t id) {
    struct timespec t;
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec + atomic_load_explicit(&skipped_ms, memory_order_relaxed) * 1000000;
}

int64_t yz_clock_ns(void) { return read_ns(CLOCK_MONOTONIC); }
int64_t yz_clock_us(void) { return yz_clock_ns() / 1000; }
int64_t yz_clock_ms(void) { return yz_clock_ns() / 1000000; }

int64_t yz_clock_wall_ns(void) { return read_ns(CLOCK_REALTIME); }
int64_t yz_clock_wall(void) { return (int64_t)time(NULL); }

void yz_clock_skip(int64_t ms) { atomic_fetch_add(&skipped_ms, ms); }

/* ---- randomness ----------------------------------------------------------------------------------------------------- */

static uint64_t splitmix(uint64_t *x) {
    uint64_t z = (*x += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

void yz_rng_init(yz_rng *rng, uint64_t stream) {
    uint64_t seed;
    const char *text = getenv("YUZUI_SEED");
    if (text && *text)
        seed = strtoull(text, NULL, 0);
    else
        yz_secure_random(&seed, sizeof seed);
    yz_rng_seed(rng, splitmix(&seed) ^ stream);
}

void yz_rng_seed(yz_rng *rng, uint64_t seed) {
    for (int i = 0; i < 4; i++)
        rng->s[i] = splitmix(&seed);
}

static uint64_t rotate(uint64_t x, int by) { return (x << by) | (x >> (64 - by)); }

uint64_t yz_rng_next(yz_rng *rng) {
    uint64_t *s = rng->s, result = rotate(s[1] * 5, 7) * 9, t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 45);
    return result;
}

static void from_kernel(void *p, size_t n) {
    for (char *at = p; n > 0;) {
        ssize_t got = getrandom(at, n, 0);
        YZ_MUST(got > 0 || errno == EINTR);
        if (got > 0) {
            at += got;
            n -= (size_t)got;
        }
    }
}

/* Small requests (an id per request) are served from a stock of each thread, so that they cost no system call. Bytes handed out
 * are wiped from it. The process never forks after its threads have begun, so no stock is shared. */
void yz_secure_random(void *p, size_t n) {
    static _Thread_local unsigned char stock[512];
    static _Thread_local size_t left;
    if (n > sizeof stock / 4) {
        from_kernel(p, n);
        return;
    }
    if (left < n) {
        from_kernel(stock, sizeof stock);
        left = sizeof stock;
    }
    left -= n;
    memcpy(p, stock + left, n);
    memset(stock + left, 0, n);
}
