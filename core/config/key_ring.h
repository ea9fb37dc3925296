/* config/key_ring.h: several keys of one provider, used in turn. A key that the provider refuses, or whose limit is reached, rests for a
 * while; all workers know it, and it is still known after a reload that keeps the keys. Any thread, without locks. */
#ifndef YUZUI_CONFIG_KEY_RING_H
#define YUZUI_CONFIG_KEY_RING_H

#include <yuzui/call.h>

#define YZ_KEY_RING_MOST 32

typedef struct yz_key_ring yz_key_ring;

/* The ring of these n keys, at most YZ_KEY_RING_MOST; `digest` tells them from others. As long as the process. Control thread. */
yz_key_ring *yz_key_ring_find(yz_str provider, const uint8_t digest[32], size_t n);
/* Which key to use next: the one whose turn it is, but none that rests or is in `tried` (bit i), if there is another. `now` in ms. -1:
 * every key was tried, or those that were not rest; unless `tried` is 0: then the one that rests the shortest. */
int yz_key_ring_take(yz_key_ring *ring, uint32_t tried, int64_t now);
/* Key i rests until then. True if it did not before. */
bool yz_key_ring_rest(yz_key_ring *ring, int i, yz_error_class because, int64_t now, int64_t until);
/* The provider took key i, for a request that began at `begun`: if it rests since before that, it does no more. True if so. */
bool yz_key_ring_works(yz_key_ring *ring, int i, int64_t begun, int64_t now);
/* How many ms key i still rests, and why; 0: it does not. */
int64_t yz_key_ring_rests(const yz_key_ring *ring, int i, int64_t now, yz_error_class *because);

#endif
