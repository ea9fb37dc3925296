/* webhook.c: tells the operator's own server of a budget that is nearly used up, from the worker whose request comes next. The log and the
 * ledger have it as well. */
#include "bill.h"

#include <stdlib.h>

bool webhook_open(bill_stage *stage, yz_worker *worker, const bill_config *cfg, yz_diag *diag) {
    stage->hook = (hook){.stage = "bill",
                         .instead = "the log has it, and `yuzui key show` what is used",
                         .url = cfg->webhook,
                         .key = cfg->webhook_key,
                         .untold = yz_counter_declare("bill_webhook_failed", "news that the webhook did not take")};
    return hook_open(&stage->hook, worker, diag);
}

void webhook_send(const bill_stage *stage) {
    yz_buf news = {0};
    while (stage->hook.http && yz_ledger_news(stage->ledger, &news)) {
        hook_send(&stage->hook, &news);
        yz_buf_free(&news);
    }
}

void webhook_close(void *arg) {
    bill_stage *stage = arg;
    hook_close(&stage->hook);
    free(stage);
}
