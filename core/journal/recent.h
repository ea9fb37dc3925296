/* journal/recent.h: the last requests of a worker, as JSON with the trees of their calls: metadata alone, in a ring of fixed length whose
 * buffers are used again. Read by the worker itself, on behalf of whoever asks all of them. Worker thread. */
#ifndef YUZUI_JOURNAL_RECENT_H
#define YUZUI_JOURNAL_RECENT_H

#include "journal/journal.h"

#define YZ_RECENT_MAX 1000 /* requests of one worker */

typedef struct yz_recent yz_recent;

yz_recent *yz_recent_new(void);
void yz_recent_free(yz_recent *recent);
/* Room for the next request's JSON, empty; the oldest one goes. The caller fills it before the next call. */
yz_buf *yz_recent_add(yz_recent *recent, yz_str id);
/* How many have been added so far. */
uint64_t yz_recent_count(const yz_recent *recent);
/* The one that was added as number `n` (from 1); empty: it is gone, or still to come. */
yz_str yz_recent_at(const yz_recent *recent, uint64_t n);
/* The last one with this id; empty: there is none. */
yz_str yz_recent_find(const yz_recent *recent, yz_str id);

#endif
