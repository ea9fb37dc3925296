/* webhook.c: tells the operator's own server when a target or an account goes out of use, and when it is back.
 *
 * One POST of a small JSON object, from the worker that noticed; nobody waits for it, and one that fails is not sent again: it is news, not
 * a record. What is true now stands in /status. That it failed is counted, and the log has a line for the first of a row, without the
 * address, which may hold a secret.
 */
#include "balance.h"

#include <unistd.h>

bool webhook_open(balance_stage *stage, yz_worker *worker, yz_diag *diag) {
    yz_str url = stage->config->webhook;
    uint8_t hash[32];
    if (url.n == 0)
        return true;
    yz_hmac(url, hash);
    stage->worker = worker;
    stage->deaf = yz_shared("balance webhook", (yz_str){(const char *)hash, sizeof hash}, 1, sizeof *stage->deaf, NULL, NULL);
    stage->http = yz_http_open(worker, diag);
    return stage->http && stage->deaf;
}

static void tell_failed(const balance_stage *stage, const char *why) {
    yz_count(stage->worker, stage->untold, 1);
    if (!atomic_exchange_explicit(stage->deaf, true, memory_order_relaxed))
        yz_log(YZ_LOG_WARN, "balance: the webhook did not take the news (%s), which is lost; /status has what is true now", why);
}

static void on_taken(void *arg, const yz_http_answer *answer) {
    const balance_stage *stage = arg;
    bool well = answer->status >= 200 && answer->status < 300;
    if (!well)
        tell_failed(stage, answer->status >= 500 ? "it failed itself" : "it refused it");
    else if (atomic_exchange_explicit(stage->deaf, false, memory_order_relaxed))
        yz_log(YZ_LOG_INFO, "balance: the webhook takes news again");
}

static void on_lost(void *arg, const yz_error *error) { tell_failed(arg, yz_error_word(error->class_)); }

static void put_whom(yz_buf *out, const yz_target *target) {
    yz_buf_lit(out, ",\"model\":");
    yz_buf_json_str(out, target->model);
    if (target->node.n > 0) {
        yz_buf_lit(out, ",\"node\":");
        yz_buf_json_str(out, target->node);
    }
}

/* Whose news it is, of a fleet: the name of the machine, or of the container. */
static void put_gateway(yz_buf *out) {
    char name[256];
    if (gethostname(name, sizeof name) != 0)
        return;
    name[sizeof name - 1] = 0;
    yz_buf_lit(out, ",\"gateway\":");
    yz_buf_json_str(out, yz_str_of(name));
}

void webhook_send(const balance_stage *stage, const char *event, const member *m, const char *because, int64_t ms) {
    static const yz_header type = {YZ_STR("content-type"), YZ_STR("application/json")};
    static const yz_http_hooks hooks = {YZ_HTTP_HOOKS, .on_answer = on_taken, .on_error = on_lost};
    yz_buf body = {0};
    if (!stage->http)
        return;
    yz_buf_printf(&body, "{\"event\":\"%s\",\"provider\":", event);
    yz_buf_json_str(&body, m->target->provider->name);
    if (event[0] == 't')
        put_whom(&body, m->target);
    if (because)
        yz_buf_printf(&body, ",\"because\":\"%s\",\"for_ms\":%lld", because, (long long)ms);
    else
        yz_buf_printf(&body, ",\"after_ms\":%lld", (long long)ms);
    put_gateway(&body);
    yz_buf_printf(&body, ",\"at\":%lld}", (long long)(yz_clock_wall_ns() / 1000000000));
    yz_http_plan plan = {YZ_HTTP_PLAN, .url = stage->config->webhook, .headers = &type, .n_headers = 1, .body = yz_buf_view(&body)};
    plan.secret = stage->config->webhook_key;
    plan.total = 10000;
    yz_http_start(stage->http, NULL, &plan, &hooks, (void *)(uintptr_t)stage);
    yz_buf_free(&body);
}
