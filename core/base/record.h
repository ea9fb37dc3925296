/* base/record.h: records that plugins made, as this yuzui knows them.
 *
 * A plugin built for an older minor makes shorter records (the rule is in yuzui/plugin.h). Whatever takes a record from a plugin widens
 * it first; after that line every record has its full size, may be read to its end and copied by assignment.
 */
#ifndef YUZUI_BASE_RECORD_H
#define YUZUI_BASE_RECORD_H

#include "base/check.h"

#include <yuzui/base.h>

/* `record` itself if it is `size` bytes long, else what it has of them in `room`, the rest zero. NULL stays NULL. */
static inline const void *yz_wide(const void *record, void *room, size_t size) {
    size_t given = record ? *(const size_t *)record : size;
    if (given == size)
        return record;
    (void)YZ_CHECK(given >= sizeof(size_t)); /* a record made without its macro reads as if it said nothing */
    memset(room, 0, size);
    memcpy(room, record, given < size ? given : size);
    *(size_t *)room = size;
    return room;
}
/* Widens what the pointer variable `record` points to into the variable `room` of that type. */
#define YZ_WIDE(record, room) ((record) = yz_wide((record), (room), sizeof(*(room))))

/* The other way: fills a record that a plugin may have made with `from`, as far as it has room. */
static inline void yz_fill(void *record, const void *from, size_t size) {
    size_t room = *(size_t *)record;
    memcpy(record, from, room < size ? room : size);
    *(size_t *)record = room;
}

#endif
