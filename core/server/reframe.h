/* server/reframe.h: a stream whose client reads another framing than server-sent events, which is what providers and encoders speak: the
 * data of each event becomes a value of one JSON array. Comments and names of events have no place there and fall away. */
#ifndef YUZUI_SERVER_REFRAME_H
#define YUZUI_SERVER_REFRAME_H

#include "http/sse.h"

#include <yuzui/adapter.h>

/* Lives in the arena of its exchange; NULL: the events stay as they are. */
typedef struct yz_reframe yz_reframe;

/* What this request's client wants of a stream. */
yz_reframe *yz_reframe_new(const yz_request *request, yz_arena *arena);
/* Events, in whole or in pieces: what is to be sent of them, good until the next call. What is no stream of events ends the array early. */
yz_str yz_reframe_put(yz_reframe *reframe, yz_str bytes);
/* The array's end. */
yz_str yz_reframe_end(yz_reframe *reframe);

#endif
