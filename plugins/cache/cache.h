/* cache.h: the rooms of the cache stage.
 *
 *   backlog.c  events that a slow rider has not had yet
 *   flight.c   one call to the provider that several identical requests share
 *   cache.c    the stage: look up, replay, or fly
 *
 * What makes two requests the same, and an answer as bytes: common/recorded.h.
 */
#ifndef CACHE_H
#define CACHE_H

#include "../common/recorded.h"

typedef struct cache_config {
    int64_t ttl;
    yz_str store;
    int64_t deadline; /* ms a store may take */
    int64_t max;      /* bytes of one answer */
    bool coalesce;
} cache_config;

typedef struct flight flight;

/* The stage on one worker. */
typedef struct cache_stage {
    const cache_config *config;
    yz_store *store;
    flight *flights;
    yz_counter hits, misses;
} cache_stage;

/* One request at this stage. */
typedef struct cache_call {
    uint8_t key[YC_KEY_SIZE];
    flight *flight; /* whose answer it shares; NULL: none */
    yz_wait *wait;  /* of the ride */
    yz_call *self;
    struct cache_call *next; /* of the same flight */
    size_t sent;             /* bytes of the record that went up */
    bool head_sent;
    bool by_events; /* it was given events, and has not read their bytes */
} cache_call;

/* Pieces of an answer that came while a rider rested: the events of its bytes from `start` to `end`. In order. */
typedef struct batch {
    struct batch *next;
    size_t start, end;
    yz_event *events;
} batch;

typedef struct backlog {
    yz_arena *arena; /* NULL: it is empty */
    batch *first, *last;
} backlog;

void backlog_add(backlog *b, size_t start, size_t end, const yz_event *events); /* copies them */
/* The first piece that begins at `start` or later, or NULL. */
const batch *backlog_from(const backlog *b, size_t start);
void backlog_clear(backlog *b);

/* Joins the flight for this call's key, or starts one. Head, chunks and end will be sent up on `call`. */
void flight_join(yz_call *call, cache_call *cc, cache_stage *stage, const yz_request *request);
flight *flight_find(cache_stage *stage, const uint8_t key[YC_KEY_SIZE], uint32_t hops);
void flight_leave(cache_call *cc); /* the call has ended or its client left */
void flight_flow(cache_call *cc);  /* its reader stopped, or reads again */

#endif
