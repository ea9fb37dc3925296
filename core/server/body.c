/* body.c: the bytes of a request's body: where they are kept, how many of all requests together, and what they must be.
 *
 * A body is the one large thing that a client makes us hold, and before the chain has seen who asks. So bodies longer than SMALL count
 * towards one limit of the whole process, by what has come of them, until their request is over; what does not fit is refused and may
 * be sent again. What a head merely promises counts for nothing, or promising would be enough to shut others out. Small bodies are
 * bounded by the number of connections, and are taken also when large ones fill the limit.
 */
#include "base/request.h"
#include "server/internal.h"

#include <stdatomic.h>
#include <stdlib.h>

#define SMALL ((size_t)64 * 1024)

#define BODY_AT_ONCE (1024 * 1024) /* memory is taken at once for what a head promises, up to here; beyond, as it comes */

#define READ_INTO 4096 /* what misses of a body is read into its place, unless it is too little to care */

/* ---- the limit ------------------------------------------------------------------------------------------------------ */

static _Atomic size_t held; /* by large bodies, of all workers */

static bool hold(size_t n, size_t most) {
    size_t now = atomic_load(&held);
    while (n <= most && now <= most - n)
        if (atomic_compare_exchange_weak(&held, &now, now + n))
            return true;
    return false;
}

static const yz_error *full(yz_exchange *x) {
    return yz_exchange_full(x, "bodies_full", "the gateway holds as many bytes of requests as it may: try again soon");
}

/* Counts the first `need` bytes of a body, in steps of SMALL. */
static bool count_body(yz_exchange *x, size_t need) {
    if (need <= SMALL || need <= x->body_held)
        return true;
    size_t step = (need + SMALL - 1) / SMALL * SMALL - x->body_held;
    if (!hold(step, (size_t)x->server->limits.bodies)) {
        x->refusal = full(x);
        return false;
    }
    x->body_held += step;
    return true;
}

const yz_error *yz_exchange_expect_body(yz_exchange *x) {
    size_t promised = x->head->length > 0 ? (size_t)x->head->length : 0, most = (size_t)x->server->limits.bodies;
    if (promised > (size_t)x->server->limits.http.body)
        return NULL; /* the parser refuses it */
    if (promised > SMALL)
        return promised > most || atomic_load(&held) > most - promised ? full(x) : NULL;
    if (promised) {
        x->body_cap = promised;
        x->body = yz_alloc_bytes(x->arena, promised);
    }
    return NULL;
}

/* ---- room ----------------------------------------------------------------------------------------------------------- */

static void free_body(void *arg) {
    yz_exchange *x = arg;
    free(x->body);
    atomic_fetch_sub(&held, x->body_held);
}

static size_t room_for(const yz_exchange *x, size_t need) {
    size_t cap = x->body_cap * 2 > 4096 ? x->body_cap * 2 : 4096, most = (size_t)x->server->limits.http.body;
    size_t promised = x->head->length > 0 ? (size_t)x->head->length : 0;
    if (promised && (promised <= BODY_AT_ONCE || cap > promised))
        cap = promised;
    else if (promised && cap < BODY_AT_ONCE)
        cap = BODY_AT_ONCE;
    if (cap > most)
        cap = most;
    return cap < need ? need : cap;
}

static bool grow_body(yz_exchange *x, size_t need) {
    size_t cap = room_for(x, need);
    if (!x->body_heap)
        yz_on_free(x->arena, free_body, x);
    x->body_heap = true; /* nothing is in the arena yet: what fits there never grows */
    char *body = realloc(x->body, cap);
    if (!body) {
        x->refusal = yz_exchange_error(x, YZ_ERROR_UNAVAILABLE, 0, "there is no memory for this request's body now: try again later");
        return false;
    }
    x->body = body;
    x->body_cap = cap;
    return true;
}

int yz_exchange_add_body(yz_exchange *x, yz_str bytes) {
    size_t need = x->body_n + bytes.n;
    if (!count_body(x, need) || (need > x->body_cap && !grow_body(x, need)))
        return YZ_ELIMIT;
    if (bytes.p != x->body + x->body_n) /* else it was read into its place */
        memcpy(x->body + x->body_n, bytes.p, bytes.n);
    x->body_n = need;
    size_t missing = x->head->length > 0 ? (size_t)x->head->length - need : 0, room = x->body_cap - need;
    if (missing > READ_INTO && room > READ_INTO)
        yz_stream_read_into(x->connection->stream, x->body + need, missing < room ? missing : room);
    return YZ_OK;
}

const yz_error *yz_exchange_read_body(yz_exchange *x) {
    yz_request *request = &x->request;
    if (request->op == YZ_OP_MODELS)
        return NULL;
    request->body = (yz_str){x->body, x->body_n};
    yz_json *json = NULL;
    yz_json_fault fault = {0, "malformed"};
    int code = yz_json_parse(x->arena, request->body, 0, &json, &fault);
    if (code < 0)
        return yz_exchange_error(x, YZ_ERROR_BAD_REQUEST, code == YZ_ELIMIT ? 413 : 0, "the body is not usable JSON: %s at byte %zu",
                                 fault.words, fault.at);
    if (!yz_json_is(json, YZ_JSON_OBJECT))
        return yz_exchange_error(x, YZ_ERROR_BAD_REQUEST, 0, "the body must be a JSON object");
    request->json = json;
    yz_request_place(x->arena, request);
    yz_error *error = yz_alloc(x->arena, sizeof(*error));
    error->size = sizeof(*error);
    if (request->dialect->accept && request->dialect->accept(request, x->arena, error) < 0)
        return error;
    return NULL;
}
