/* dialect/order.h: the items of an answer in order: providers interleave them (the arguments of several calls, text beside a call),
 * and no client's dialect but one can say so. What belongs to the open item passes at once, what belongs to others is held until it ends.
 *
 * What comes out: of each of several answers one open item at most, each ended before the next begins, all of them before FINISH, and
 * every event of an item says its choice; everything else where it came.
 * Held are YZ_ORDER_HELD bytes at most: past it the open item is ended as it is, and what still comes of it is dropped. */
#ifndef YUZUI_DIALECT_ORDER_H
#define YUZUI_DIALECT_ORDER_H

#include <yuzui/answer.h>

#define YZ_ORDER_HELD ((size_t)32 << 20)

typedef struct yz_order yz_order;

/* Lives in the arena. `to` gets the events; those of a decoder are put with yz_order_put, at their full size. */
yz_order *yz_order_new(yz_arena *arena, yz_sink *to);
void yz_order_put(yz_order *order, const yz_event *event);

#endif
