/* admin/api_usage.c: what was used and what it cost, over HTTP: sums, single charges and why they are so, and the audit.
 *
 * The ledger sums usage by key, not by label: labels are what a key has now. So a question by label is asked by key, and what the keys that
 * have it used is added up here.
 */
#include "admin/api.h"
#include "base/arena.h"
#include "ledger/ledger.h"

#include <stdlib.h>

enum { SUMS_MOST = 10000, BY_KEY_MOST = 200000, FAULTS_MOST = 1000 };

/* ---- sums by label -------------------------------------------------------------------------------------------------- */

typedef struct labelled {
    yz_api *api;
    yz_list keys; /* by name */
    bool by_key;
    yz_ledger_row *rows;
    size_t n, cap;
    size_t seen;
} labelled;

static int order_of(yz_str a, yz_str b) {
    int order = a.n && b.n ? memcmp(a.p, b.p, a.n < b.n ? a.n : b.n) : 0;
    return order ? order : (a.n > b.n) - (a.n < b.n);
}

static int find_key(const void *name, const void *item) { return order_of(*(const yz_str *)name, *(const yz_str *)item); }

static void on_labelled(void *arg, const yz_ledger_row *row) {
    labelled *l = arg;
    l->seen++;
    if (l->keys.n == 0 || !bsearch(&row->key, l->keys.items, l->keys.n, sizeof *l->keys.items, find_key))
        return;
    if (l->n == l->cap) {
        l->cap = l->cap ? 2 * l->cap : 64;
        l->rows = yz_realloc(l->rows, l->cap * sizeof *l->rows);
    }
    yz_ledger_row *mine = &l->rows[l->n++];
    *mine = *row;
    mine->account = yz_dup(l->api->arena, row->account);
    mine->key = l->by_key ? yz_dup(l->api->arena, row->key) : YZ_STR("");
    mine->model = yz_dup(l->api->arena, row->model);
    mine->provider = yz_dup(l->api->arena, row->provider);
}

/* As the ledger has them: by time, account, key, provider, model. */
static int by_all(const void *a, const void *b) {
    const yz_ledger_row *x = a, *y = b;
    int order = (x->created > y->created) - (x->created < y->created);
    order = order ? order : order_of(x->account, y->account);
    order = order ? order : order_of(x->key, y->key);
    order = order ? order : order_of(x->provider, y->provider);
    return order ? order : order_of(x->model, y->model);
}

static void add(yz_ledger_row *sum, const yz_ledger_row *more) {
    sum->calls += more->calls;
    sum->input += more->input;
    sum->cached += more->cached;
    sum->output += more->output;
    sum->captured += more->captured;
    sum->absorbed += more->absorbed;
    sum->refunded += more->refunded;
}

static void merge(labelled *l) {
    size_t n = 0;
    if (l->n)
        qsort(l->rows, l->n, sizeof *l->rows, by_all);
    for (size_t i = 0; i < l->n; i++)
        if (n > 0 && by_all(&l->rows[n - 1], &l->rows[i]) == 0)
            add(&l->rows[n - 1], &l->rows[i]);
        else
            l->rows[n++] = l->rows[i];
    l->n = n;
}

static int ask_labelled(yz_api_list *list, yz_ledger_query *query) {
    labelled l = {.api = list->api, .by_key = query->by & YZ_USAGE_BY_KEY};
    if (!yz_api_labelled(list->api, &l.keys))
        return YZ_OK;
    query->by |= YZ_USAGE_BY_KEY;
    query->limit = BY_KEY_MOST;
    int code = yz_ledger_read(list->api->ledger, query, on_labelled, &l);
    if (code == YZ_OK && l.seen == BY_KEY_MOST)
        yz_api_wrong(list->api, "these are more sums than can be added up by label at once: ask for less time");
    merge(&l);
    for (size_t i = 0; i < l.n; i++)
        yz_api_list_row(list, &l.rows[i]);
    free(l.rows);
    return code;
}

/* ---- sums ----------------------------------------------------------------------------------------------------------- */

static void on_sum(void *arg, const yz_ledger_row *row) { yz_api_list_row(arg, row); }

static int ask_sums(yz_api_list *list, yz_ledger_query *query) {
    if (yz_api_param(list->api, "label").n > 0)
        return ask_labelled(list, query);
    query->limit = SUMS_MOST + 1;
    return yz_ledger_read(list->api->ledger, query, on_sum, list);
}

void yz_api_usage(yz_api *api) {
    yz_api_list list = {.api = api, .rows = &yz_rows_sums, .name = "usage", .limit = SUMS_MOST};
    yz_ledger_query query = {YZ_LEDGER_QUERY,
                             .what = YZ_LEDGER_USAGE,
                             .account = yz_api_param(api, "account"),
                             .key = yz_api_param(api, "key"),
                             .model = yz_api_param(api, "model"),
                             .provider = yz_api_param(api, "provider")};
    if (!yz_api_time(api, "from", &query.from) || !yz_api_time(api, "until", &query.to) || !yz_api_format(api))
        return;
    if (!yz_rows_by(yz_api_param(api, "by"), &query.by)) {
        yz_api_wrong(api, "by should be some of account, key, model, provider, hour, day, with commas between");
        return;
    }
    list.by = query.by ? query.by : 1U << 31; /* kept apart by nothing */
    yz_api_list_begin(&list);
    int code = ask_sums(&list, &query);
    if (code != YZ_OK)
        yz_api_fail_code(api, code, NULL);
    else if (!api->csv)
        yz_buf_printf(&api->out, "],\"more\":%s}\n", list.n > list.limit ? "true" : "false");
}

/* ---- charges -------------------------------------------------------------------------------------------------------- */

void yz_api_charges(yz_api *api) {
    yz_api_list list = {.api = api, .rows = &yz_rows_charges, .name = "charges"};
    yz_ledger_query query = {YZ_LEDGER_QUERY, .what = YZ_LEDGER_HOLDS, .account = yz_api_param(api, "account"),
                             .key = yz_api_param(api, "key")};
    if (yz_api_limit(api, &list.limit) && yz_api_place(api, &query.place) && yz_api_format(api) && yz_api_list_ask(&list, &query))
        yz_api_list_end(&list);
}

/* A request may have made several holds. */
void yz_api_charge(yz_api *api) {
    yz_api_list list = {.api = api, .rows = &yz_rows_charges, .name = "charges", .detail = true, .limit = 1000};
    yz_ledger_query query = {YZ_LEDGER_QUERY, .what = YZ_LEDGER_HOLDS, .id = api->name};
    if (!yz_api_list_ask(&list, &query))
        return;
    if (list.n == 0) {
        yz_api_fail_code(api, YZ_ENOTFOUND, "no request and no hold has this id");
        return;
    }
    list.place = 0;
    yz_api_list_end(&list);
}

/* ---- the audit ------------------------------------------------------------------------------------------------------ */

static void on_fault(void *arg, const yz_ledger_row *row) {
    yz_api_list *list = arg;
    yz_buf_lit(&list->api->out, list->n++ ? ",\n" : "");
    yz_rows_json(&yz_rows_faults, row, 0, false, &list->api->out);
}

void yz_api_audit(yz_api *api) {
    yz_api_list list = {.api = api};
    const yz_ledger_query query = {YZ_LEDGER_QUERY, .what = YZ_LEDGER_FAULTS, .limit = FAULTS_MOST};
    yz_buf_lit(&api->out, "{\"faults\":[");
    int code = yz_ledger_read(api->ledger, &query, on_fault, &list);
    if (code == YZ_OK)
        yz_buf_printf(&api->out, "],\"ok\":%s}\n", list.n ? "false" : "true");
    else
        yz_api_fail_code(api, code, NULL);
}
