/* admin/status.c: GET /status: the gateway in numbers.
 *
 * Each worker reads its own counters, so that those of one worker belong to one moment: what is in flight is exact. Those of a worker
 * that does not answer (it is stuck, or ends) are read from here, and it is named in `missing`.
 */
#include "admin/inner.h"
#include "call/tree.h"
#include "config/key_ring.h"
#include "control.h"
#include "generation.h"
#include "worker.h"

#include <inttypes.h>

typedef struct numbers {
#define MEMBER(name, help) uint64_t name;
    YZ_COUNTERS(MEMBER)
#undef MEMBER
    uint64_t declared[YZ_COUNTER_SLOTS];
} numbers;

static void add_counters(numbers *sum, const yz_worker *worker) {
#define ADD(name, help) sum->name += atomic_load_explicit(&worker->counters.name, memory_order_relaxed);
    YZ_COUNTERS(ADD)
#undef ADD
    for (size_t i = 0; i < YZ_COUNTER_SLOTS; i++)
        sum->declared[i] += atomic_load_explicit(&worker->declared[i], memory_order_relaxed);
}

static void add(numbers *sum, const numbers *more) {
#define ADD(name, help) sum->name += more->name;
    YZ_COUNTERS(ADD)
#undef ADD
    for (size_t i = 0; i < YZ_COUNTER_SLOTS; i++)
        sum->declared[i] += more->declared[i];
}

static void ask(yz_worker *worker, yz_str question, yz_buf *out) {
    (void)question;
    numbers own = {0};
    add_counters(&own, worker);
    yz_buf_put(out, &own, sizeof(own));
}

static numbers sum_of(const yz_gathered *answers, size_t n) {
    numbers sum = {0}, one;
    for (size_t i = 0; i < n; i++) {
        if (answers[i].answered) {
            memcpy(&one, answers[i].answer.p, sizeof(one));
            add(&sum, &one);
        } else {
            add_counters(&sum, answers[i].worker);
        }
    }
    return sum;
}

static void put_counters(yz_buf *out, const numbers *sum) {
    const char *comma = "";
#define PUT(name, help)                                                                                                                    \
    yz_buf_printf(out, "%s\"%s\":%" PRIu64, comma, #name, sum->name);                                                                      \
    comma = ",";
    YZ_COUNTERS(PUT)
#undef PUT
    for (yz_counter slot = 1; yz_counter_at(slot).name; slot++)
        yz_buf_printf(out, ",\"%s\":%" PRIu64, yz_counter_at(slot).name, sum->declared[slot]);
}

/* What each of them counts. */
static void put_help(yz_buf *out) {
    const char *comma = "";
#define HELP(name, help)                                                                                                                   \
    yz_buf_printf(out, "%s\"%s\":\"%s\"", comma, #name, help);                                                                             \
    comma = ",";
    YZ_COUNTERS(HELP)
#undef HELP
    for (yz_counter slot = 1; yz_counter_at(slot).name; slot++) {
        yz_buf_printf(out, ",\"%s\":", yz_counter_at(slot).name);
        yz_buf_json_str(out, yz_str_of(yz_counter_at(slot).help));
    }
}

/* What the stages of the chains know. What they know is mostly shared by the workers: this one's speak for all. */
static void put_stages(yz_buf *out, const yz_share *share) {
    const char *comma = "";
    for (size_t i = 0; i < share->n_chains; i++) {
        const yz_chain *chain = &share->chains[i];
        for (size_t k = 0; k < chain->n; k++) {
            const yz_link *link = &chain->links[k];
            if (!link->filter->show)
                continue;
            yz_buf_printf(out, "%s{\"chain\":", comma);
            yz_buf_json_str(out, chain->name);
            yz_buf_printf(out, ",\"stage\":\"%s\",\"knows\":", link->name);
            link->filter->show(link->stage, out);
            yz_buf_char(out, '}');
            comma = ",";
        }
    }
}

/* Where clients are served: the console prints it for them. */
static void put_listens(yz_buf *out, const yz_settings *settings) {
    for (size_t i = 0; i < settings->n_listens; i++) {
        yz_buf_lit(out, i ? ",{\"address\":" : "{\"address\":");
        yz_buf_json_str(out, settings->listens[i].address);
        yz_buf_printf(out, ",\"tls\":%s}", settings->listens[i].tls ? "true" : "false");
    }
}

/* The keys of a provider that rest: by their number in its list, never by what they are. */
static void put_resting(yz_buf *out, const yz_provider_settings *provider, int64_t now) {
    const char *comma = "";
    yz_error_class because;
    for (size_t i = 0; i < provider->n_keys; i++) {
        int64_t ms = yz_key_ring_rests(provider->ring, (int)i, now, &because);
        if (ms == 0)
            continue;
        yz_buf_printf(out, "%s{\"key\":%zu,\"for_ms\":%" PRId64 ",\"because\":\"%s\"}", comma, i + 1, ms, yz_error_word(because));
        comma = ",";
    }
}

/* Of providers that have several. Their nodes share them. */
static void put_keys(yz_buf *out, const yz_settings *settings, int64_t now) {
    const char *comma = "";
    for (size_t i = 0; i < settings->n_providers; i++) {
        const yz_provider_settings *provider = settings->providers[i];
        if (!provider->ring)
            continue;
        yz_buf_printf(out, "%s{\"provider\":", comma);
        yz_buf_json_str(out, provider->pub.name);
        yz_buf_printf(out, ",\"keys\":%zu,\"resting\":[", provider->n_keys);
        put_resting(out, provider, now);
        yz_buf_lit(out, "]}");
        comma = ",";
    }
}

static void answer(void *arg, const yz_gathered *answers, size_t n) {
    yz_admin_call *a = arg;
    yz_buf *out = &a->body;
    const yz_worker *worker = yz_call_worker(a->call);
    const yz_share *share = yz_call_chain(a->call)->share;
    numbers sum = sum_of(answers, n);
    yz_buf_printf(out, "{\"version\":\"%s\",\"generation\":%" PRIu64 ",\"uptime_s\":%" PRId64 ",\"workers\":%zu,\"in_flight\":%" PRIu64,
                  YZ_VERSION, share->generation->number, (yz_now(worker) - worker->started) / 1000, n,
                  sum.begun - sum.requests - sum.cancelled);
    yz_buf_printf(out, ",\"draining\":%s", worker->draining ? "true" : "false");
    yz_admin_put_missing(out, answers, n);
    yz_buf_lit(out, ",\"listen\":[");
    put_listens(out, share->settings);
    yz_buf_lit(out, "],\"provider_keys\":[");
    put_keys(out, share->settings, yz_now(worker));
    yz_buf_lit(out, "],\"stores\":[");
    yz_share_put_stores(share, yz_now(worker), out);
    yz_buf_lit(out, "],\"reload\":");
    yz_control_put_reload(out);
    yz_buf_lit(out, ",\"counters\":{");
    put_counters(out, &sum);
    yz_buf_lit(out, "},\"help\":{");
    put_help(out);
    yz_buf_lit(out, "},\"stages\":[");
    put_stages(out, share);
    yz_buf_lit(out, "]}\n");
    yz_admin_waited(a);
    yz_admin_send(a, 200);
}

void yz_admin_status(yz_admin_call *a, const yz_request *request) {
    (void)request;
    yz_admin_gather(a, (yz_str){0}, ask, answer);
}
