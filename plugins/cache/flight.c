/* flight.c: one call to the provider that several identical requests ride on.
 *
 * The work is a root of its own (yz_root), so it belongs to no single client: riders come and go, and when the last one leaves it
 * is cancelled. What has come so far is kept, so that a rider who joins late, or reads slowly, gets it from the beginning; each
 * rider has its own place in it. A complete answer is given to the store.
 *
 * An answer larger than the configured maximum stops being recorded: nobody can join any more, it will not be stored, and from
 * then on the provider is read no faster than the slowest rider reads.
 */
#include "cache.h"

#include <stdlib.h>

#define RIDE_MAX (3600 * 1000) /* ms */

struct flight {
    flight *next;
    cache_stage *stage;
    uint8_t key[YC_KEY_SIZE];
    uint32_t hops; /* of its request: one that came back to us must not wait for itself */
    yz_call *root; /* NULL once it has ended */
    yz_worker *worker;
    cache_call *riders;
    yz_arena *arena; /* of head and end: the work they came from is gone before the last rider is */
    const yz_head *head;
    const yz_end *end;
    yz_buf bytes;         /* the answer from byte `base` on */
    size_t base, total;   /* total: bytes that came so far */
    const yz_event *live; /* of the bytes from live_from on, while their hook runs */
    size_t live_from;
    backlog backlog;
    bool recording;   /* bytes is the whole answer, and worth storing */
    bool listed;      /* can be found and joined */
    bool usage_event; /* its stream carries a usage event */
    bool stream;      /* was asked for */
    bool storable;    /* answered by a target the key stands for */
    bool paused;
    unsigned busy; /* walking the riders: do not free */
};

static void unlist(flight *f) {
    for (flight **at = &f->stage->flights; *at; at = &(*at)->next)
        if (*at == f) {
            *at = f->next;
            break;
        }
    f->listed = false;
}

/* Frees a flight nobody rides, cancelling its work if that still runs. */
static void flight_settle_end(flight *f) {
    if (f->riders || f->busy)
        return;
    if (f->listed)
        unlist(f);
    if (f->root)
        yz_cancel(f->root);
    backlog_clear(&f->backlog);
    yz_buf_free(&f->bytes);
    yz_arena_free(f->arena);
    free(f);
}

/* Forgets bytes that everybody has, and stops or starts the provider: only an answer that is not recorded has to wait. */
static void flight_settle_flow(flight *f) {
    size_t slowest = f->total;
    bool waiting = false;
    for (cache_call *cc = f->riders; cc; cc = cc->next) {
        if (cc->sent < slowest)
            slowest = cc->sent;
        waiting |= yz_paused(cc->self);
    }
    if (slowest == f->total)
        backlog_clear(&f->backlog);
    if (!f->recording && slowest == f->total) {
        f->bytes.n = 0;
        f->base = f->total;
    }
    bool pause = !f->recording && (waiting || slowest < f->total);
    if (f->root && pause != f->paused)
        yz_flow(f->root, f->paused = pause);
}

/* A head for one rider, who may keep it longer than the flight lasts. */
static void send_head(flight *f, cache_call *cc) {
    yz_call *call = cc->self;
    const yz_request *request = yz_call_request(call);
    yz_head *head = yz_head_copy(yz_call_arena(call), f->head);
    head->reencode = head->stream && f->usage_event && request->stream && !yc_wants_usage(request);
    cc->head_sent = true;
    if (f->root)
        yz_notes_copy(call, f->root);
    yz_send_head(call, head);
}

static bool reads(const cache_call *cc) { return !yz_ended(cc->self) && !yz_paused(cc->self); }

/* Sends a rider the bytes up to `end`. */
static void send_piece(flight *f, cache_call *cc, size_t end, const yz_event *events) {
    yz_chunk chunk = {YZ_CHUNK, .bytes = {f->bytes.p + (cc->sent - f->base), end - cc->sent}, .marks = YZ_MARK_CONTENT, .events = events};
    cc->sent = end;
    cc->by_events |= events != NULL;
    yz_send_chunk(cc->self, &chunk);
}

/* Sends a rider what it has not had yet, as far as it reads. The rider may be gone afterwards. */
static void feed(flight *f, cache_call *cc) {
    yz_call *call = cc->self;
    if (f->head && !cc->head_sent)
        send_head(f, cc);
    for (const batch *b = cc->by_events ? backlog_from(&f->backlog, cc->sent) : NULL; b && reads(cc); b = b->next)
        send_piece(f, cc, b->end, b->events);
    if (cc->sent < f->total && reads(cc))
        send_piece(f, cc, f->total, cc->sent == f->live_from ? f->live : NULL);
    if (!yz_ended(call) && f->end && cc->sent == f->total)
        yz_send_end(call, f->end);
}

static void feed_all(flight *f) {
    f->busy++;
    for (cache_call *cc = f->riders, *next; cc; cc = next) {
        next = cc->next;
        if (cc->flight == f) /* feeding another may have ended this one */
            feed(f, cc);
    }
    f->busy--;
    flight_settle_flow(f);
    flight_settle_end(f);
}

/* ---- what the work says ------------------------------------------------------------------------------------------------- */

static void on_head(void *arg, yz_call *child, const yz_head *head) {
    flight *f = arg;
    (void)child;
    f->head = yz_head_copy(f->arena, head);
    f->storable = yc_head_kept(f->root, head);
    feed_all(f);
}

static void stop_recording(flight *f) {
    f->recording = false;
    unlist(f);
    flight_settle_flow(f);
}

/* A rider that has read events and rests now needs these as well, later. */
static void keep_for_late(flight *f) {
    bool wanted = false;
    for (cache_call *cc = f->riders; cc; cc = cc->next)
        wanted |= cc->by_events && cc->sent < f->total;
    if (wanted && f->live)
        backlog_add(&f->backlog, f->live_from, f->total, f->live);
}

static void on_chunk(void *arg, yz_call *child, const yz_chunk *chunk) {
    flight *f = arg;
    (void)child;
    if (f->recording && f->bytes.n + chunk->bytes.n > (size_t)f->stage->config->max)
        stop_recording(f);
    f->live = chunk->events;
    f->live_from = f->total;
    yz_buf_str(&f->bytes, chunk->bytes);
    f->total += chunk->bytes.n;
    f->busy++;
    feed_all(f);
    keep_for_late(f);
    f->live = NULL;
    f->busy--;
    flight_settle_end(f);
}

static void store(flight *f) {
    yz_blob *blob = yc_recorded_of(f->key, f->head, f->end, f->usage_event, yz_clock_wall(), yz_buf_view(&f->bytes));
    yz_store_put(f->worker, f->stage->store, (yz_str){(const char *)f->key, YC_KEY_SIZE}, blob, f->stage->config->ttl);
    yz_blob_unref(blob);
}

static void on_end(void *arg, yz_call *child, const yz_end *end) {
    flight *f = arg;
    (void)child;
    f->end = yz_end_copy(f->arena, end);
    if (f->listed)
        unlist(f);
    if (f->recording && f->storable && yc_end_kept(yz_call_request(f->root), end))
        store(f);
    f->busy++;
    for (cache_call *cc = f->riders; cc; cc = cc->next)
        yz_notes_copy(cc->self, f->root);
    f->busy--;
    f->root = NULL;
    feed_all(f);
}

static void on_error(void *arg, yz_call *child, const yz_error *error) {
    flight *f = arg;
    (void)child;
    if (f->listed)
        unlist(f);
    f->busy++;
    for (cache_call *cc = f->riders, *next; cc; cc = next) {
        next = cc->next;
        if (cc->flight != f)
            continue;
        yz_notes_copy(cc->self, f->root);
        yz_send_error(cc->self, error);
    }
    f->busy--;
    f->root = NULL;
    flight_settle_end(f);
}

static const yz_parent hooks = {YZ_PARENT, .on_head = on_head, .on_chunk = on_chunk, .on_end = on_end, .on_error = on_error};

/* ---- riders --------------------------------------------------------------------------------------------------------------- */

static bool can_carry(const flight *f, yz_call *call, const yz_request *request) {
    if (yc_wants_usage(request) && !f->usage_event)
        return false;
    if (f->stream && !request->stream && !f->usage_event)
        return false; /* a document tells what was used, and whether the stream will is not known before its end */
    bool own_form = f->stream == request->stream && f->usage_event == yc_wants_usage(request);
    return own_form || yc_other_form(call, request);
}

flight *flight_find(cache_stage *stage, const uint8_t key[YC_KEY_SIZE], uint32_t hops) {
    for (flight *f = stage->flights; f; f = f->next)
        if (f->hops == hops && memcmp(f->key, key, YC_KEY_SIZE) == 0)
            return f;
    return NULL;
}

static flight *flight_start(yz_call *call, const cache_call *cc, cache_stage *stage, const yz_request *request) {
    flight *f = calloc(1, sizeof *f);
    if (!f)
        return NULL;
    memcpy(f->key, cc->key, YC_KEY_SIZE);
    f->hops = request->hops;
    f->stage = stage;
    f->arena = yz_arena_open();
    f->worker = yz_call_worker(call);
    f->recording = true;
    f->usage_event = yc_wants_usage(request);
    f->stream = request->stream;
    f->listed = true;
    f->next = stage->flights;
    stage->flights = f;
    f->root = yz_root(call, request, &hooks, f);
    return f;
}

/* The flight ends by the provider's own deadlines; this one is only there because nothing may wait without one. */
static void on_late(void *arg) {
    cache_call *cc = arg;
    yz_fail(cc->self, YZ_ERROR_TIMEOUT, "the answer did not come within an hour");
}

static void note_join(yz_call *call, const cache_stage *stage, bool coalesced) {
    yz_call_record(call)->cache = coalesced ? YZ_CACHE_COALESCED : YZ_CACHE_MISS;
    yz_note(call, "cache", coalesced ? YZ_STR("coalesced") : YZ_STR("miss"));
    yz_count(yz_call_worker(call), stage->misses, !coalesced);
}

void flight_join(yz_call *call, cache_call *cc, cache_stage *stage, const yz_request *request) {
    flight *f = stage->config->coalesce ? flight_find(stage, cc->key, request->hops) : NULL;
    if (f && !can_carry(f, call, request))
        f = NULL;
    note_join(call, stage, f != NULL);
    if (!f)
        f = flight_start(call, cc, stage, request);
    if (!f) {
        yz_pass(call, NULL);
        return;
    }
    yz_record_share(call, f->root);
    cc->flight = f;
    cc->next = f->riders;
    f->riders = cc;
    cc->wait = yz_wait_start(call, "shared answer", RIDE_MAX, on_late, cc);
    f->busy++;
    feed(f, cc);
    f->busy--;
    flight_settle_flow(f);
    flight_settle_end(f);
}

void flight_leave(cache_call *cc) {
    flight *f = cc->flight;
    if (!f)
        return;
    for (cache_call **at = &f->riders; *at; at = &(*at)->next)
        if (*at == cc) {
            *at = cc->next;
            break;
        }
    cc->flight = NULL;
    yz_wait_done(cc->wait);
    if (!f->busy)
        flight_settle_flow(f);
    flight_settle_end(f);
}

void flight_flow(cache_call *cc) {
    flight *f = cc->flight;
    if (!f)
        return;
    f->busy++;
    feed(f, cc);
    f->busy--;
    flight_settle_flow(f);
    flight_settle_end(f);
}
