/* journal/recent.c: the ring; see recent.h. A buffer that a long request has made large is given back when its place is used again. */
#include "journal/recent.h"

#include "base/arena.h"

#include <stdlib.h>

enum { KEPT_BYTES = 8192, ID_BYTES = 128 };

typedef struct slot {
    yz_buf json;
    size_t id_n;
    char id[ID_BYTES];
} slot;

struct yz_recent {
    uint64_t count;
    slot slots[YZ_RECENT_MAX];
};

yz_recent *yz_recent_new(void) { return yz_calloc(1, sizeof(yz_recent)); }

void yz_recent_free(yz_recent *recent) {
    for (size_t i = 0; recent && i < YZ_RECENT_MAX; i++)
        yz_buf_free(&recent->slots[i].json);
    free(recent);
}

yz_buf *yz_recent_add(yz_recent *recent, yz_str id) {
    slot *s = &recent->slots[recent->count++ % YZ_RECENT_MAX];
    if (s->json.cap > KEPT_BYTES)
        yz_buf_free(&s->json);
    s->json.n = 0;
    s->id_n = id.n < ID_BYTES ? id.n : ID_BYTES;
    if (s->id_n > 0)
        memcpy(s->id, id.p, s->id_n);
    return &s->json;
}

uint64_t yz_recent_count(const yz_recent *recent) { return recent->count; }

yz_str yz_recent_at(const yz_recent *recent, uint64_t n) {
    bool there = n > 0 && n <= recent->count && recent->count - n < YZ_RECENT_MAX;
    return there ? yz_buf_view(&recent->slots[(n - 1) % YZ_RECENT_MAX].json) : (yz_str){0};
}

yz_str yz_recent_find(const yz_recent *recent, yz_str id) {
    for (uint64_t n = recent->count; n > 0 && recent->count - n < YZ_RECENT_MAX; n--) {
        const slot *s = &recent->slots[(n - 1) % YZ_RECENT_MAX];
        if (yz_str_eq((yz_str){s->id, s->id_n}, id))
            return yz_buf_view(&s->json);
    }
    return (yz_str){0};
}
