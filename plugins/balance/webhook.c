/* webhook.c: tells the operator's own server when a target or an account goes out of use, and when it is back. What is true now stands in
 * /status. */
#include "balance.h"

bool webhook_open(balance_stage *stage, yz_worker *worker, yz_diag *diag) {
    stage->hook = (hook){.stage = "balance",
                         .instead = "/status has what is true now",
                         .url = stage->config->webhook,
                         .key = stage->config->webhook_key,
                         .untold = yz_counter_declare("balance_webhook_failed", "news that the webhook did not take")};
    return hook_open(&stage->hook, worker, diag);
}

static void put_whom(yz_buf *out, const yz_target *target) {
    yz_buf_lit(out, ",\"model\":");
    yz_buf_json_str(out, target->model);
    if (target->node.n > 0) {
        yz_buf_lit(out, ",\"node\":");
        yz_buf_json_str(out, target->node);
    }
}

void webhook_send(const balance_stage *stage, const char *event, const member *m, const char *because, int64_t ms) {
    yz_buf body = {0};
    if (stage->hook.url.n == 0)
        return;
    yz_buf_printf(&body, "{\"event\":\"%s\",\"provider\":", event);
    yz_buf_json_str(&body, m->target->provider->name);
    if (event[0] == 't')
        put_whom(&body, m->target);
    if (because)
        yz_buf_printf(&body, ",\"because\":\"%s\",\"for_ms\":%lld", because, (long long)ms);
    else
        yz_buf_printf(&body, ",\"after_ms\":%lld", (long long)ms);
    yz_buf_printf(&body, ",\"at\":%lld}", (long long)(yz_clock_wall_ns() / 1000000000));
    hook_send(&stage->hook, &body);
    yz_buf_free(&body);
}
