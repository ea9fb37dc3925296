/* auth: who is asking, and may they ask for this model?
 *
 * It looks the credential up, once, and passes the request on with its key; later stages (cache, limits, policies) read
 * request->key. The allow-list is held against request->model, which is the only place a model is read from.
 *
 * A policy below may choose another model: it is the operator's code and may use what it likes. Who wants the list to hold for its
 * choice as well puts a second `auth {}` behind it.
 *
 * Guessing is made slow: once a worker has seen WRONG_A_SECOND wrong keys within a second, the next ones are refused a second later.
 * Nobody with a right key waits for that, and nothing is kept about anybody.
 */
#include <stdlib.h>
#include <yuzui/plugin.h>

#define WRONG_A_SECOND 100
#define WRONG_WAITS    1000 /* ms */

/* The stage on one worker: how many wrong keys came in the second that began at `since`. */
typedef struct auth_stage {
    int64_t since;
    int wrong;
} auth_stage;

static int auth_open(yz_worker *worker, const void *config, void **stage, yz_diag *diag) {
    (void)worker;
    (void)config;
    (void)diag;
    *stage = calloc(1, sizeof(auth_stage));
    return *stage ? YZ_OK : YZ_EINTERNAL;
}

static void refuse(yz_call *call) { yz_fail(call, YZ_ERROR_AUTH, "this API key is not known here"); }

static void wrong_key(yz_call *call) {
    auth_stage *stage = yz_stage(call);
    int64_t now = yz_now(yz_call_worker(call));
    if (now - stage->since >= 1000) {
        stage->since = now;
        stage->wrong = 0;
    }
    if (++stage->wrong > WRONG_A_SECOND)
        yz_timer_start(call, WRONG_WAITS);
    else
        refuse(call);
}

static void on_timer(yz_call *call, yz_timer *timer) {
    (void)timer;
    refuse(call);
}

static void on_call(yz_call *call, const yz_request *request) {
    if (request->credential.n == 0) {
        yz_fail(call, YZ_ERROR_AUTH,
                "no API key: send one as \"Authorization: Bearer KEY\", \"x-api-key: KEY\" or \"x-goog-api-key: KEY\"");
        return;
    }
    const yz_key *key = request->key ? request->key : yz_key_find(call, request->credential);
    if (!key) {
        wrong_key(call);
        return;
    }
    yz_note(call, "key", key->name); /* for the access log; clients are not told */
    if (request->op != YZ_OP_MODELS && !yz_key_allows(key, request->model)) {
        yz_fail(call, YZ_ERROR_FORBIDDEN, "the key \"%.*s\" may not use the model \"%.*s\"", YZ_STR_ARGS(key->name),
                (int)(request->model.n < 100 ? request->model.n : 100), request->model.p);
        return;
    }
    if (request->key) {
        yz_pass(call, NULL);
        return;
    }
    yz_request *known = yz_request_copy(yz_call_arena(call), request);
    known->key = key;
    yz_pass(call, known);
}

static const yz_filter filter = {YZ_FILTER, .open = auth_open, .close = free, .on_call = on_call, .on_timer = on_timer};

YZ_PLUGIN(.name = "auth", .summary = "finds out whose key a request carries, and whether that key may use the model", .version = "1.0",
          .filter = &filter)
