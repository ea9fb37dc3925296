/* webhook.c: tells the operator's own server when a target or an account goes out of use, and when it is back.
 *
 * One POST of a small JSON object, from the worker that noticed; nobody waits for it, and one that fails is not sent again: it is news, not
 * a record. What is true now stands in /status.
 */
#include "balance.h"

void webhook_send(const balance_stage *stage, const char *event, const member *m, const char *because, int64_t ms) {
    static const yz_header type = {YZ_STR("content-type"), YZ_STR("application/json")};
    bool account = event[0] == 'a';
    yz_buf body = {0};
    if (!stage->http)
        return;
    yz_buf_printf(&body, "{\"event\":\"%s\",\"provider\":", event);
    yz_buf_json_str(&body, m->target->provider->name);
    if (!account) {
        yz_buf_lit(&body, ",\"model\":");
        yz_buf_json_str(&body, m->target->model);
        if (m->target->node.n > 0) {
            yz_buf_lit(&body, ",\"node\":");
            yz_buf_json_str(&body, m->target->node);
        }
    }
    if (because)
        yz_buf_printf(&body, ",\"because\":\"%s\",\"for_ms\":%lld", because, (long long)ms);
    yz_buf_printf(&body, ",\"at\":%lld}", (long long)(yz_clock_wall_ns() / 1000000000));
    yz_http_plan plan = {YZ_HTTP_PLAN, .url = stage->config->webhook, .headers = &type, .n_headers = 1, .body = yz_buf_view(&body)};
    plan.secret = stage->config->webhook_key;
    plan.total = 10000;
    yz_http_start(stage->http, NULL, &plan, NULL, NULL);
    yz_buf_free(&body);
}
