/* server/known.h: what the name of a request's header means to the server: its own names, and those that the adapters of a generation
 * declare as carriers of keys. Built when a worker adopts a generation, asked for every header of every request. Worker thread. */
#ifndef YUZUI_SERVER_KNOWN_H
#define YUZUI_SERVER_KNOWN_H

#include "config/settings.h"

typedef enum yz_meaning {
    YZ_MEANS_NOTHING, /* it is passed on */
    YZ_MEANS_DROP,    /* hop-by-hop, or nobody's business */
    YZ_MEANS_HOST,
    YZ_MEANS_ORIGIN,
    YZ_MEANS_EXPECT,
    YZ_MEANS_BEARER,
    YZ_MEANS_KEY, /* its value is a key */
    YZ_MEANS_CONNECTION,
    YZ_MEANS_CONTENT_TYPE,
    YZ_MEANS_CONTENT_ENCODING,
    YZ_MEANS_CACHE_CONTROL,
    YZ_MEANS_REQUEST_ID,
    YZ_MEANS_HOPS,
    YZ_MEANS_STRICT,
} yz_meaning;

#define YZ_KNOWN_NAMES  64
#define YZ_KNOWN_LENGTH 63 /* of a name, at most */

typedef struct yz_known {
    struct yz_known_name {
        yz_str name;
        yz_meaning meaning;
    } names[YZ_KNOWN_NAMES]; /* by length */
    size_t n;
    uint64_t lengths;                   /* bit n: there is a name of n bytes; most headers mean nothing, which shows by it */
    uint8_t first[YZ_KNOWN_LENGTH + 2]; /* of each length */
} yz_known;

/* Fills anew. The names are the adapters', which stay mapped. What does not fit is left out and logged: 64 names, of 63 bytes. */
void yz_known_build(yz_known *known, const yz_settings *settings);

static inline yz_meaning yz_known_meaning(const yz_known *known, yz_str name) {
    if (name.n > YZ_KNOWN_LENGTH || !(known->lengths >> name.n & 1))
        return YZ_MEANS_NOTHING;
    for (size_t i = known->first[name.n]; i < known->first[name.n + 1]; i++)
        if (memcmp(known->names[i].name.p, name.p, name.n) == 0)
            return known->names[i].meaning;
    return YZ_MEANS_NOTHING;
}

#endif
