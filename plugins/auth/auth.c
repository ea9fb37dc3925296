/* auth: who is asking, and may they ask for this model?
 *
 * It looks the credential up, once, at the head of a request if it stands first, and passes the request on with its key; later stages
 * (cache, limits, policies) read request->key. The allow-list is held against request->model, which is the only place a model is read from.
 *
 * A policy below may choose another model: it is the operator's code and may use what it likes. Who wants the list to hold for its
 * choice as well puts a second `auth {}` after it.
 *
 * Guessing is made slow: once WRONG_A_SECOND wrong keys came from an address within a second, the next ones are refused a second
 * later. Nobody with a right key waits for that.
 */
#include <arpa/inet.h>
#include <stdatomic.h>
#include <yuzui/plugin.h>

#define WRONG_A_SECOND 100
#define WRONG_WAITS    1000 /* ms */
#define COUNTERS       4096

/* Wrong keys by address, for all workers and generations. An address has the counter that its keyed hash points at, so however many
 * there are, this does not grow; two that share one are slowed down together. A counter holds the second it counts in, in its upper
 * half, and the wrong keys of that second. */
static _Atomic uint64_t counters[COUNTERS];

/* Of an IPv6 address its /64 counts, since who has one address of it has them all. */
static _Atomic uint64_t *counter_of(yz_str from) {
    char text[INET6_ADDRSTRLEN] = "";
    uint8_t address[16], hash[32];
    if (from.n > 0 && from.n < sizeof(text))
        memcpy(text, from.p, from.n);
    yz_hmac(inet_pton(AF_INET6, text, address) == 1 ? (yz_str){(const char *)address, 8} : from, hash);
    return &counters[(hash[0] | hash[1] << 8) % COUNTERS];
}

static bool guesses(yz_call *call) {
    _Atomic uint64_t *counter = counter_of(yz_call_request(call)->client);
    uint64_t second = (uint64_t)yz_now(yz_call_worker(call)) / 1000, old = atomic_load(counter), next;
    do
        next = old >> 32 < second ? second << 32 | 1 : old + 1; /* a worker's clock may be a little behind another's */
    while (!atomic_compare_exchange_weak(counter, &old, next));
    return (uint32_t)next > WRONG_A_SECOND;
}

/* What was sent in place of a key, as far as it shows that; "": it may be one. Nothing of it is said. */
static const char *in_place_of(yz_str key) {
    static const char *const providers[] = {"sk-proj-", "sk-ant-", "sk-or-", "gsk_", "xai-", "AIza", "sk-svcacct-"};
    static const char *const places[] = {"YOUR_", "your-", "your_", "<", "{{", "sk-...", "sk-xxx", "API_KEY", "OPENAI_API_KEY"};
    if (yz_str_starts(key, "\"") || yz_str_starts(key, "'"))
        return ": it came with its quotation marks";
    if (yz_str_starts(key, "Bearer ") || yz_str_starts(key, "bearer "))
        return ": Bearer stands there twice; a client of an SDK is given the key alone";
    if (yz_str_starts(key, "$"))
        return ": it begins with $, as a variable does that a shell has left as it stands, which it does in single quotes";
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (yz_str_starts(key, places[i]))
            return ": what came is the place where one should be put";
    for (size_t i = 0; i < sizeof providers / sizeof *providers; i++)
        if (yz_str_starts(key, providers[i]))
            return ": it looks like one of a provider's; clients show a key that this gateway has given them";
    return "";
}

static void refuse(yz_call *call) {
    yz_fail(call, YZ_ERROR_AUTH, "this API key is not known here%s", in_place_of(yz_call_request(call)->credential));
}

static void wrong_key(yz_call *call) {
    if (guesses(call))
        yz_timer_start(call, WRONG_WAITS);
    else
        refuse(call);
}

static void on_timer(yz_call *call, yz_timer *timer) {
    (void)timer;
    refuse(call);
}

static bool in_query(yz_str query) { return yz_str_starts(query, "key=") || (query.n > 0 && memmem(query.p, query.n, "&key=", 5)); }

/* No key at all: where this client's dialect has its own place for one, that is said too. */
static void refuse_nobody(yz_call *call, const yz_request *request) {
    const char *const *own = request->dialect ? request->dialect->key_headers : NULL;
    const char *found = request->credential.p      ? ": the header for it is empty, as by a variable that is not set"
                        : in_query(request->query) ? ": one in the URL counts on Gemini's paths alone"
                                                   : "";
    if (own && *own)
        yz_fail(call, YZ_ERROR_AUTH, "no API key%s: send one as \"Authorization: Bearer KEY\" or \"%s: KEY\"", found, *own);
    else
        yz_fail(call, YZ_ERROR_AUTH, "no API key%s: send one as \"Authorization: Bearer KEY\"", found);
}

static void on_call(yz_call *call, const yz_request *request) {
    if (request->credential.n == 0) {
        refuse_nobody(call, request);
        return;
    }
    const yz_key *key = request->key ? request->key : yz_key_find(call, request->credential);
    if (!key) {
        wrong_key(call);
        return;
    }
    yz_note(call, "key", key->name); /* for the access log; clients do not see it */
    yz_error error = {YZ_ERROR};
    if (yz_key_judge(yz_call_arena(call), key, request, false, &error) != YZ_OK) {
        yz_send_error(call, &error);
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

/* A head shows who asks. No body of a stranger is read, and it is told so by on_call as ever. */
static bool on_arrival(yz_arrival *arrival) {
    yz_error error = {YZ_ERROR};
    if (!arrival->key)
        arrival->key = yz_arrival_key(arrival);
    return arrival->key && yz_key_judge(arrival->arena, arrival->key, arrival->request, true, &error) == YZ_OK;
}

static const yz_filter filter = {YZ_FILTER, .on_call = on_call, .on_timer = on_timer, .on_arrival = on_arrival};

YZ_PLUGIN_KINDS("stage");
YZ_PLUGIN(.name = "auth", .summary = "finds out whose key a request carries, and whether that key may use the model", .version = "1.0",
          .filter = &filter)
