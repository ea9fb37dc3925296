/* self/usage.c: what a key's owner may see: what his account has, what his key has used, and why one request cost what it did. Nobody sees
 * what another key asked for, also where one account pays for both.
 *
 * The two paths under dashboard/billing have the shapes that panels and clients of one-api poll: what is left is hard_limit_usd less
 * total_usage, which is in hundredths of a USD; like there, dates are not looked at.
 */
#include "base/text.h"
#include "http/query.h"
#include "ledger/ledger.h"
#include "people/removed.h"
#include "people/rows.h"
#include "people/sums.h"
#include "price/price.h"
#include "self/inner.h"

#include <yuzui/ledger.h>

enum { SUMS_MOST = 1000 };

static void wrong(yz_self *self, const char *why) { yz_self_fail(self, YZ_ERROR_BAD_REQUEST, 0, "bad_request", yz_str_of(why)); }

static bool ask(yz_self *self, yz_ledger_query *query, yz_ledger_on_row *on_row, void *arg) {
    int code = yz_ledger_read(self->ledger, query, on_row, arg);
    if (code != YZ_OK)
        yz_self_fail(self, YZ_ERROR_UNAVAILABLE, 0, "unavailable", YZ_STR("the ledger cannot be read: ask again soon"));
    return code == YZ_OK;
}

/* ---- the account ---------------------------------------------------------------------------------------------------------- */

static void on_account(void *arg, const yz_ledger_row *row) {
    yz_ledger_row *found = arg;
    found->available = row->available;
    found->held = row->held;
    found->amount = row->amount;
    found->captured = row->captured;
    found->refunded = row->refunded;
}

/* One that nobody has paid into yet is empty. */
static bool ask_account(yz_self *self, yz_ledger_row *row) {
    yz_ledger_query query = {YZ_LEDGER_QUERY, .what = YZ_LEDGER_ACCOUNTS, .account = self->account, .limit = 1};
    *row = (yz_ledger_row){YZ_LEDGER_ROW, .account = self->account};
    return ask(self, &query, on_account, row);
}

void yz_self_balance(yz_self *self) {
    yz_ledger_row row;
    if (!ask_account(self, &row))
        return;
    yz_rows_json(&yz_rows_accounts, &row, 0, false, &self->out);
    yz_buf_char(&self->out, '\n');
}

void yz_self_subscription(yz_self *self) {
    yz_ledger_row row;
    if (!ask_account(self, &row))
        return;
    int64_t limit = row.available + row.held + row.captured - row.refunded;
    yz_buf_lit(&self->out, "{\"object\":\"billing_subscription\",\"has_payment_method\":true,\"soft_limit_usd\":");
    yz_price_usd(limit, &self->out);
    yz_buf_lit(&self->out, ",\"hard_limit_usd\":");
    yz_price_usd(limit, &self->out);
    yz_buf_lit(&self->out, ",\"system_hard_limit_usd\":");
    yz_price_usd(limit, &self->out);
    yz_buf_lit(&self->out, ",\"access_until\":0}\n");
}

void yz_self_billed(yz_self *self) {
    yz_ledger_row row;
    if (!ask_account(self, &row))
        return;
    yz_buf_lit(&self->out, "{\"object\":\"list\",\"total_usage\":");
    int64_t used = row.captured - row.refunded;
    yz_price_usd(used > INT64_MAX / 100 ? INT64_MAX : used * 100, &self->out);
    yz_buf_lit(&self->out, "}\n");
}

/* ---- what was used -------------------------------------------------------------------------------------------------------- */

typedef struct list {
    yz_self *self;
    const yz_rows *rows;
    unsigned by;
    bool detail;
    int64_t n;
} list;

static void on_row(void *arg, const yz_ledger_row *row) {
    list *l = arg;
    if (l->n++ >= SUMS_MOST)
        return;
    yz_buf_lit(&l->self->out, l->n > 1 ? ",\n" : "");
    yz_rows_json(l->rows, row, l->by, l->detail, &l->self->out);
}

/* "by", "from" and "until", and nothing else, so that a misspelt one is not the whole of time. */
static bool read_query(yz_self *self, yz_ledger_query *query) {
    yz_str rest = self->query, name, value;
    while (yz_query_next(&rest, &name, &value)) {
        yz_str text = yz_query_decode(self->arena, value);
        int64_t *time = yz_str_is(name, "from") ? &query->from : yz_str_is(name, "until") ? &query->to : NULL;
        if (time ? !yz_price_time(text, time) : !yz_str_is(name, "by") || !yz_rows_by(text, &query->by, NULL)) {
            wrong(self, time ? "from and until should be a day such as 2026-11-28, or a moment of UTC such as 2026-11-28T15:04:05Z"
                             : "there are by (some of model, provider, hour, day, with commas between), from, until");
            return false;
        }
    }
    const char *fault = yz_sums_time_fault(query->from, query->to);
    if (fault)
        wrong(self, fault);
    return !fault;
}

void yz_self_usage(yz_self *self) {
    list l = {.self = self, .rows = &yz_rows_sums};
    yz_ledger_query query = {YZ_LEDGER_QUERY, .what = YZ_LEDGER_USAGE, .key = self->key, .limit = SUMS_MOST + 1};
    if (!read_query(self, &query))
        return;
    l.by = query.by ? query.by : 1U << 31; /* kept apart by nothing */
    yz_buf_lit(&self->out, "{\"usage\":[");
    if (ask(self, &query, on_row, &l))
        yz_buf_printf(&self->out, "],\"more\":%s}\n", l.n > SUMS_MOST ? "true" : "false");
}

/* A request may have made several holds. */
void yz_self_charge(yz_self *self) {
    list l = {.self = self, .rows = &yz_rows_charges, .detail = true};
    yz_ledger_query query = {YZ_LEDGER_QUERY, .what = YZ_LEDGER_HOLDS, .id = self->id, .key = self->key};
    yz_buf_lit(&self->out, "{\"charges\":[");
    if (!ask(self, &query, on_row, &l))
        return;
    yz_buf_lit(&self->out, "]}\n");
    if (l.n == 0)
        yz_self_fail(self, YZ_ERROR_NOT_FOUND, 0, "not_found",
                     yz_removed_why(self->ledger, YZ_STR(""), self->arena, "this key has made no request, and has no charge, of this id"));
}
