/* price/zone.h: what a clock on a wall shows: time zones, for prices that depend on the hour. */
#ifndef YUZUI_PRICE_ZONE_H
#define YUZUI_PRICE_ZONE_H

#include <yuzui/call.h>

/* Immutable; any thread. */
typedef struct yz_zone yz_zone;

/* Reads the content of a zone's file (TZif, RFC 9636, as under /usr/share/zoneinfo), which has to stay. NULL: it is no such file. */
const yz_zone *yz_zone_read(yz_arena *arena, yz_str file);
/* The zone of a rule as POSIX writes it in TZ: "UTC0", "EST5EDT,M3.2.0,M11.1.0". NULL: malformed. */
const yz_zone *yz_zone_rule(yz_arena *arena, yz_str rule);
/* How far the wall clock is ahead of UTC at a moment, in seconds. */
int64_t yz_zone_offset(const yz_zone *zone, int64_t at);

#endif
