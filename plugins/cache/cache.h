/* cache.h: the rooms of the cache stage.
 *
 *   key.c      what makes two requests the same
 *   backlog.c  events that a slow rider has not had yet
 *   record.c   an answer as bytes in a store
 *   flight.c   one call to the provider that several identical requests share
 *   cache.c    the stage: look up, replay, or fly
 */
#ifndef CACHE_H
#define CACHE_H

#include <yuzui/plugin.h>

#define KEY_SIZE 32

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
    uint8_t key[KEY_SIZE];
    flight *flight; /* whose answer it shares; NULL: none */
    yz_wait *wait;  /* of the ride */
    yz_call *self;
    struct cache_call *next; /* of the same flight */
    size_t sent;             /* bytes of the record that went up */
    bool head_sent;
    bool by_events; /* it was given events, and has not read their bytes */
} cache_call;

/* HMAC over tenant, dialect, operation, resolved targets and the normalised body. False: this request cannot be cached. */
bool cache_key(yz_call *call, const yz_request *request, uint8_t key[KEY_SIZE]);
/* Does the client want a usage event at the end of its stream? */
bool cache_wants_usage(const yz_request *request);

/* Could the answer be given in another form (stream, document, without the usage event) and be whole? Not if more was asked for than the
 * neutral form of requests has a place for: several choices, logprobs, custom tools. Reads the body: ask only when forms differ. */
bool cache_other_form(yz_call *call, const yz_request *request);

/* What a stored answer says about itself. Slices point into the blob. */
typedef struct record {
    bool stream;
    bool usage_event; /* the stream was asked for with its usage event */
    int status;
    int64_t stored; /* Unix seconds */
    yz_finish finish;
    yz_usage usage;
    yz_str dialect;         /* empty: opaque bytes */
    yz_str provider, model; /* who answered */
    yz_str content_type;
    yz_str losses; /* names of fields the translation could not carry, one a line */
    yz_str body;
} record;

yz_blob *record_write(const uint8_t key[KEY_SIZE], const record *r);
/* False for anything that is not a whole record of this very key: stores may lie. */
bool record_read(yz_str bytes, const uint8_t key[KEY_SIZE], record *out);

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
flight *flight_find(cache_stage *stage, const uint8_t key[KEY_SIZE], uint32_t hops);
void flight_leave(cache_call *cc); /* the call has ended or its client left */
void flight_flow(cache_call *cc);  /* its reader stopped, or reads again */

#endif
