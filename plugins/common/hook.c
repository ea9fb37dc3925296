/* common/hook.c: see hook.h. */
#include "hook.h"

#include <unistd.h>

bool hook_open(hook *h, yz_worker *worker, yz_diag *diag) {
    uint8_t hash[32];
    if (h->url.n == 0)
        return true;
    yz_hmac(h->url, hash);
    h->worker = worker;
    h->deaf = yz_shared(h->stage, (yz_str){(const char *)hash, sizeof hash}, 1, sizeof *h->deaf, NULL, NULL);
    h->http = yz_http_open(worker, diag);
    return h->http && h->deaf;
}

static void tell_failed(const hook *h, const char *why) {
    yz_count(h->worker, h->untold, 1);
    if (!atomic_exchange_explicit(h->deaf, true, memory_order_relaxed))
        yz_log(YZ_LOG_WARN, "%s: the webhook did not take the news (%s), which is lost; %s", h->stage, why, h->instead);
}

static void on_taken(void *arg, const yz_http_answer *answer) {
    const hook *h = arg;
    bool well = answer->status >= 200 && answer->status < 300;
    if (!well)
        tell_failed(h, answer->status >= 500 ? "it failed itself" : "it refused it");
    else if (atomic_exchange_explicit(h->deaf, false, memory_order_relaxed))
        yz_log(YZ_LOG_INFO, "%s: the webhook takes news again", h->stage);
}

static void on_lost(void *arg, const yz_error *error) { tell_failed(arg, yz_error_word(error->class_)); }

static void put_gateway(yz_buf *object) {
    char name[256];
    if (object->n < 2 || object->p[object->n - 1] != '}' || gethostname(name, sizeof name) != 0)
        return;
    name[sizeof name - 1] = 0;
    object->n--;
    yz_buf_lit(object, ",\"gateway\":");
    yz_buf_json_str(object, yz_str_of(name));
    yz_buf_char(object, '}');
}

void hook_send(const hook *h, yz_buf *object) {
    static const yz_header type = {YZ_STR("content-type"), YZ_STR("application/json")};
    static const yz_http_hooks hooks = {YZ_HTTP_HOOKS, .on_answer = on_taken, .on_error = on_lost};
    if (!h->http)
        return;
    put_gateway(object);
    yz_http_plan plan = {YZ_HTTP_PLAN, .url = h->url, .headers = &type, .n_headers = 1, .body = yz_buf_view(object)};
    plan.secret = h->key;
    plan.total = 10000;
    yz_http_start(h->http, NULL, &plan, &hooks, (void *)(uintptr_t)h);
}

void hook_close(hook *h) { yz_http_close(h->http); }
