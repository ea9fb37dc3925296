/* admin/api_usage.c: what was used and what it cost, over HTTP: sums, single charges and why they are so, and the audit. */
#include "admin/api.h"
#include "ledger/ledger.h"
#include "people/removed.h"
#include "people/sums.h"

enum { SUMS_MOST = 10000, FAULTS_MOST = 1000 };

/* ---- sums ----------------------------------------------------------------------------------------------------------- */

static void on_sum(void *arg, const yz_ledger_row *row) { yz_api_list_row(arg, row); }

void yz_api_usage(yz_api *api) {
    yz_api_list list = {.api = api, .rows = &yz_rows_sums, .name = "usage", .limit = SUMS_MOST};
    yz_sums sums = {.ledger = api->ledger, .settings = api->settings, .arena = api->arena};
    yz_ledger_query query = {YZ_LEDGER_QUERY,
                             .what = YZ_LEDGER_USAGE,
                             .account = yz_api_param(api, "account"),
                             .key = yz_api_param(api, "key"),
                             .model = yz_api_param(api, "model"),
                             .provider = yz_api_param(api, "provider"),
                             .limit = SUMS_MOST + 1};
    if (!yz_api_times(api, &query.from, &query.to) || !yz_api_format(api) || !yz_api_label(api, &sums.label, &sums.value))
        return;
    if (!yz_rows_by(yz_api_param(api, "by"), &list.by, &sums.apart)) {
        yz_api_wrong(api, "by should be some of " YZ_ROWS_BY_WORDS ", with commas between, and one label at most");
        return;
    }
    query.by = list.by & ~YZ_ROWS_BY_LABEL;
    list.by = list.by ? list.by : 1U << 31; /* kept apart by nothing */
    yz_api_list_begin(&list);
    int code = yz_sums_read(&sums, &query, on_sum, &list);
    if (code == YZ_ELIMIT)
        yz_api_wrong(api, "%s", sums.why);
    else if (code != YZ_OK)
        yz_api_fail_code(api, code, sums.why);
    else if (!api->csv)
        yz_buf_printf(&api->out, "],\"more\":%s}\n", list.n > list.limit ? "true" : "false");
}

/* ---- charges -------------------------------------------------------------------------------------------------------- */

/* A list that began before what is complete looks as if all were there. */
static yz_str removed_since(yz_api *api, int64_t from) {
    yz_removed r;
    yz_buf out = {0};
    if (yz_removed_read(api->ledger, YZ_STR(""), api->arena, &r) != YZ_OK || from >= r.until)
        return YZ_STR("");
    yz_buf_lit(&out, ",\"removed\":");
    yz_removed_json(&r, &out);
    yz_str said = yz_dup(api->arena, yz_buf_view(&out));
    yz_buf_free(&out);
    return said;
}

void yz_api_charges(yz_api *api) {
    yz_api_list list = {.api = api, .rows = &yz_rows_charges, .name = "charges"};
    yz_ledger_query query = {YZ_LEDGER_QUERY, .what = YZ_LEDGER_HOLDS, .account = yz_api_param(api, "account"),
                             .key = yz_api_param(api, "key")};
    if (yz_api_limit(api, &list.limit) && yz_api_place(api, &query.place) && yz_api_times(api, &query.from, &query.to) &&
        yz_api_format(api) && yz_api_list_ask(&list, &query)) {
        list.after = removed_since(api, query.from);
        yz_api_list_end(&list);
    }
}

/* A request may have made several holds. */
void yz_api_charge(yz_api *api) {
    yz_api_list list = {.api = api, .rows = &yz_rows_charges, .name = "charges", .detail = true, .limit = 1000};
    yz_ledger_query query = {YZ_LEDGER_QUERY, .what = YZ_LEDGER_HOLDS, .id = api->name};
    if (!yz_api_list_ask(&list, &query))
        return;
    if (list.n == 0) {
        yz_api_fail_code(api, YZ_ENOTFOUND, yz_removed_why(api->ledger, api->name, api->arena, "no request and no hold has this id").p);
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
