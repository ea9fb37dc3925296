/* config/key_ring.c: see key_ring.h. What is shared lives in yz_shared, which never gives back: a ring is small, and there is a new one
 * only when the keys of a provider change.
 */
#include "config/key_ring.h"

#include <stdatomic.h>
#include <stdio.h>
#include <yuzui/plugin.h>

struct yz_key_ring {
    size_t n;
    _Atomic uint32_t turn;
    _Atomic int64_t rests_until[YZ_KEY_RING_MOST]; /* ms */
    _Atomic int64_t rests_since[YZ_KEY_RING_MOST];
    _Atomic int because[YZ_KEY_RING_MOST];
};

static void begin(void *memory, void *arg) { ((yz_key_ring *)memory)->n = *(const size_t *)arg; }

yz_key_ring *yz_key_ring_find(yz_str provider, const uint8_t digest[32], size_t n) {
    char name[300];
    size_t at = provider.n < 200 ? provider.n : 200;
    memcpy(name, provider.p, at);
    name[at++] = ':';
    for (size_t i = 0; i < 16; i++, at += 2)
        snprintf(name + at, 3, "%02x", digest[i]);
    return yz_shared("provider keys", (yz_str){name, at}, 2, sizeof(yz_key_ring), begin, &n);
}

int yz_key_ring_take(yz_key_ring *ring, uint32_t tried, int64_t now) {
    uint32_t turn = atomic_fetch_add_explicit(&ring->turn, 1, memory_order_relaxed);
    int soonest = 0;
    for (size_t k = 0; k < ring->n; k++) {
        int i = (int)((turn + k) % ring->n);
        int64_t until = atomic_load_explicit(&ring->rests_until[i], memory_order_relaxed);
        if (until <= now && !(tried >> i & 1))
            return i;
        if (until < atomic_load_explicit(&ring->rests_until[soonest], memory_order_relaxed))
            soonest = i;
    }
    return tried == 0 ? soonest : -1;
}

bool yz_key_ring_rest(yz_key_ring *ring, int i, yz_error_class because, int64_t now, int64_t until) {
    atomic_store_explicit(&ring->because[i], (int)because, memory_order_relaxed);
    atomic_store_explicit(&ring->rests_since[i], now, memory_order_relaxed);
    return atomic_exchange_explicit(&ring->rests_until[i], until, memory_order_relaxed) <= now;
}

bool yz_key_ring_works(yz_key_ring *ring, int i, int64_t begun, int64_t now) {
    if (atomic_load_explicit(&ring->rests_until[i], memory_order_relaxed) <= now ||
        begun <= atomic_load_explicit(&ring->rests_since[i], memory_order_relaxed))
        return false;
    return atomic_exchange_explicit(&ring->rests_until[i], 0, memory_order_relaxed) > now;
}

int64_t yz_key_ring_rests(const yz_key_ring *ring, int i, int64_t now, yz_error_class *because) {
    int64_t left = atomic_load_explicit(&ring->rests_until[i], memory_order_relaxed) - now;
    *because = (yz_error_class)atomic_load_explicit(&ring->because[i], memory_order_relaxed);
    return left > 0 ? left : 0;
}
