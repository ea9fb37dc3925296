/* people/spent.c: see spent.h. The counts are those that the bill stage makes its holds go into (plugins/bill/budget.c). */
#include "people/spent.h"
#include "ledger/ledger.h"
#include "price/price.h"

#include <stdio.h>
#include <time.h>

static void on_count(void *arg, const yz_ledger_row *row) { *(int64_t *)arg = row->amount; }

/* "group research 2026-11" */
static int read_count(yz_ledger *ledger, const yz_person *person, const char *form, int64_t now, int64_t *amount) {
    char when[16] = "", name[YZ_LEDGER_COUNT_NAME_MAX];
    time_t seconds = (time_t)now;
    struct tm tm;
    *amount = 0;
    if (gmtime_r(&seconds, &tm))
        strftime(when, sizeof when, form, &tm);
    snprintf(name, sizeof name, "%.*s %.*s %s", YZ_STR_ARGS(yz_person_kind_word(person->kind)), YZ_STR_ARGS(person->name), when);
    const yz_ledger_query query = {YZ_LEDGER_QUERY, .what = YZ_LEDGER_COUNTS, .id = yz_str_of(name)};
    return yz_ledger_read(ledger, &query, on_count, amount);
}

int yz_spent_put(yz_ledger *ledger, const yz_person *person, int64_t now, yz_buf *out) {
    const struct {
        const char *name, *form;
        int64_t budget;
    } periods[] = {
        {"day", "%Y-%m-%d", person->budget_day}, {"month", "%Y-%m", person->budget_month}, {"total", "total", person->budget_total}};
    const char *comma = "";
    int code = YZ_OK;
    yz_buf_char(out, '{');
    for (size_t i = 0; i < 3 && code == YZ_OK; i++) {
        int64_t amount;
        if (periods[i].budget == 0)
            continue;
        code = read_count(ledger, person, periods[i].form, now, &amount);
        yz_buf_printf(out, "%s\"%s\":", comma, periods[i].name);
        yz_price_usd(amount, out);
        comma = ",";
    }
    yz_buf_char(out, '}');
    return code;
}
