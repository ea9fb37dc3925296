/* webhook.c: tells the operator's own server of a budget that is nearly used up. One POST, from the worker whose request comes next; nobody
 * waits for it, and one that fails is not sent again: the log and the ledger have it. */
#include "bill.h"

#include <stdlib.h>

bool webhook_open(bill_stage *stage, yz_worker *worker, const bill_config *cfg, yz_diag *diag) {
    if (cfg->webhook.n > 0)
        stage->http = yz_http_open(worker, diag);
    return cfg->webhook.n == 0 || stage->http;
}

void webhook_send(const bill_stage *stage, const bill_config *cfg) {
    static const yz_header type = {YZ_STR("content-type"), YZ_STR("application/json")};
    yz_buf body = {0};
    while (stage->http && yz_ledger_news(stage->ledger, &body)) {
        yz_http_plan plan = {YZ_HTTP_PLAN, .url = cfg->webhook, .headers = &type, .n_headers = 1, .body = yz_buf_view(&body)};
        plan.secret = cfg->webhook_key;
        plan.total = 10000;
        yz_http_start(stage->http, NULL, &plan, NULL, NULL);
        yz_buf_free(&body);
    }
}

void webhook_close(void *stage) {
    yz_http_close(((bill_stage *)stage)->http);
    free(stage);
}
