/* admin/api_money.c: accounts over HTTP, and moving money by what people/money.h does. */
#include "admin/api.h"
#include "base/arena.h"
#include "ledger/ledger.h"
#include "people/code.h"
#include "people/money.h"
#include "people/payback.h"
#include "price/price.h"

#include <yuzui/json.h>

/* ---- accounts ------------------------------------------------------------------------------------------------------- */

typedef struct accounts {
    yz_api_list list; /* first */
    yz_str last;
} accounts;

/* The ledger has them by name. */
static void on_account(void *arg, const yz_ledger_row *row) {
    accounts *a = arg;
    if (a->list.n < a->list.limit)
        a->last = yz_dup(a->list.api->arena, row->account);
    yz_api_list_row(&a->list, row);
}

void yz_api_accounts(yz_api *api) {
    accounts a = {.list = {.api = api, .rows = &yz_rows_accounts, .name = "accounts"}};
    if (!yz_api_limit(api, &a.list.limit) || !yz_api_format(api))
        return;
    const yz_ledger_query query = {YZ_LEDGER_QUERY, .what = YZ_LEDGER_ACCOUNTS, .id = yz_api_param(api, "after"),
                                   .limit = a.list.limit + 1};
    yz_api_list_begin(&a.list);
    int code = yz_ledger_read(api->ledger, &query, on_account, &a);
    if (code != YZ_OK) {
        yz_api_fail_code(api, code, NULL);
        return;
    }
    if (a.list.n > a.list.limit && !api->csv) {
        yz_buf_lit(&api->out, "],\"next\":");
        yz_buf_json_str(&api->out, a.last);
        yz_buf_lit(&api->out, "}\n");
    } else {
        a.list.place = 0;
        yz_api_list_end(&a.list);
    }
}

static void on_one(void *arg, const yz_ledger_row *row) { yz_rows_json(&yz_rows_accounts, row, 0, false, arg); }

void yz_api_account(yz_api *api) {
    const yz_ledger_query query = {YZ_LEDGER_QUERY, .what = YZ_LEDGER_ACCOUNTS, .account = api->name};
    int code = yz_ledger_read(api->ledger, &query, on_one, &api->out);
    if (code == YZ_OK && api->out.n == 0)
        code = YZ_ENOTFOUND;
    if (code == YZ_OK)
        yz_buf_char(&api->out, '\n');
    else
        yz_api_fail_code(api, code, code == YZ_ENOTFOUND ? "there is no such account" : NULL);
}

/* ---- codes ---------------------------------------------------------------------------------------------------------- */

void yz_api_codes_revoke(yz_api *api) {
    yz_codes codes = {.ledger = api->ledger, .by = api->by, .arena = api->arena};
    yz_str code, batch;
    yz_revoked sum;
    if (!yz_api_members_ok(api, "code batch") || !yz_api_text(api, "code", false, &code) || !yz_api_text(api, "batch", false, &batch))
        return;
    if ((code.n > 0) == (batch.n > 0)) {
        yz_api_wrong(api, "code or batch is needed, and not both");
        return;
    }
    int result = yz_code_revoke(&codes, code, batch, &sum);
    if (result != YZ_OK) {
        yz_api_fail_code(api, result, codes.why);
        return;
    }
    yz_buf_printf(&api->out, "{\"revoked\":%zu,\"before\":%zu,\"redeemed\":%zu}\n", sum.revoked, sum.before, sum.redeemed);
    yz_log(YZ_LOG_INFO, "%.*s: POST %s: %zu revoked", YZ_STR_ARGS(api->by), api->route->path, sum.revoked);
}

/* ---- moves ---------------------------------------------------------------------------------------------------------- */

static void tell(yz_api *api, const yz_money *m, const yz_money_move *move) {
    yz_buf *out = &api->out;
    yz_buf_lit(out, "{\"id\":");
    yz_buf_json_str(out, move->id);
    yz_buf_printf(out, ",\"before\":%s,\"usd\":", m->posted.before ? "true" : "false");
    yz_price_usd(move->amount, out);
    yz_buf_lit(out, ",\"available\":");
    yz_price_usd(m->posted.available, out);
    yz_buf_lit(out, ",\"held\":");
    yz_price_usd(m->posted.held, out);
    yz_buf_lit(out, "}\n");
    api->status = m->posted.before ? 200 : 0;
}

/* What all three have in common, and then it. */
static void move(yz_api *api, yz_money_move *move) {
    yz_money m = {.ledger = api->ledger, .settings = api->settings, .by = api->by, .arena = api->arena};
    if (!yz_api_usd(api, &move->amount) || !yz_api_text(api, "id", true, &move->id) || !yz_api_text(api, "note", false, &move->note))
        return;
    int code = yz_money_do(&m, move);
    if (code != YZ_OK) {
        yz_str why = yz_format(api->arena, "%s%s", m.why, m.unknown ? ". With \"new\": true it is made all the same" : "");
        yz_api_fail_code(api, code, why.p);
        return;
    }
    tell(api, &m, move);
    if (!m.posted.before)
        yz_log(YZ_LOG_INFO, "%.*s: %s %s: id %.*s", YZ_STR_ARGS(api->by), api->route->method, api->route->path, YZ_STR_ARGS(move->id));
}

void yz_api_credit(yz_api *api) {
    yz_money_move m = {.kind = YZ_POSTING_CREDIT, .fresh = yz_json_true(yz_json_get(api->body, "new"))};
    if (yz_api_members_ok(api, "account usd id note new") && yz_api_text(api, "account", true, &m.account))
        move(api, &m);
}

void yz_api_refund(yz_api *api) {
    yz_money_move m = {.kind = YZ_POSTING_REFUND};
    if (yz_api_members_ok(api, "request usd id note") && yz_api_text(api, "request", true, &m.request))
        move(api, &m);
}

/* Who paid has it back: the other way than a refund of a charge. */
void yz_api_payback(yz_api *api) {
    yz_payback p = {.ledger = api->ledger, .by = api->by, .arena = api->arena};
    yz_str of, id;
    int64_t amount;
    if (!yz_api_members_ok(api, "credit usd id") || !yz_api_text(api, "credit", true, &of) || !yz_api_usd(api, &amount) ||
        !yz_api_text(api, "id", true, &id))
        return;
    int code = yz_payback_credit(&p, of, id, amount);
    if (code != YZ_OK) {
        yz_api_fail_code(api, code, p.why);
        return;
    }
    yz_buf *out = &api->out;
    yz_buf_lit(out, "{\"id\":");
    yz_buf_json_str(out, id);
    yz_buf_printf(out, ",\"before\":%s,\"account\":", p.before ? "true" : "false");
    yz_buf_json_str(out, p.account);
    yz_buf_lit(out, ",\"taken\":");
    yz_price_usd(p.taken, out);
    yz_buf_lit(out, ",\"missing\":");
    yz_price_usd(p.missing, out);
    yz_buf_lit(out, "}\n");
    api->status = p.before ? 200 : 0;
    if (!p.before)
        yz_log(YZ_LOG_INFO, "%.*s: POST %s: credit %.*s, id %.*s", YZ_STR_ARGS(api->by), api->route->path, YZ_STR_ARGS(of),
               YZ_STR_ARGS(id));
}

void yz_api_transfer(yz_api *api) {
    yz_money_move m = {.kind = YZ_POSTING_TRANSFER, .fresh = yz_json_true(yz_json_get(api->body, "new"))};
    if (yz_api_members_ok(api, "from to usd id note new") && yz_api_text(api, "from", true, &m.account) &&
        yz_api_text(api, "to", true, &m.to))
        move(api, &m);
}

void yz_api_jobs(yz_api *api) {
    yz_api_list list = {.api = api, .rows = &yz_rows_jobs, .name = "jobs"};
    yz_ledger_query query = {YZ_LEDGER_QUERY, .what = YZ_LEDGER_JOBS, .account = yz_api_param(api, "owner")};
    if (yz_api_limit(api, &list.limit) && yz_api_place(api, &query.place) && yz_api_format(api) && yz_api_list_ask(&list, &query))
        yz_api_list_end(&list);
}

void yz_api_moves(yz_api *api) {
    yz_api_list list = {.api = api, .rows = &yz_rows_moves, .name = "moves"};
    yz_ledger_query query = {YZ_LEDGER_QUERY, .what = YZ_LEDGER_MOVES, .account = yz_api_param(api, "account")};
    if (yz_api_limit(api, &list.limit) && yz_api_place(api, &query.place) && yz_api_format(api) && yz_api_list_ask(&list, &query))
        yz_api_list_end(&list);
}
