/* people/spent.c: see spent.h. The counts are those that the bill stage makes its holds go into (plugins/bill/budget.c). */
#include "people/spent.h"
#include "ledger/ledger.h"
#include "price/price.h"

#include <stdio.h>
#include <time.h>

static void on_count(void *arg, const yz_ledger_row *row) { *(int64_t *)arg = row->amount; }

int yz_spent_read(yz_ledger *ledger, yz_spent *spent) {
    const yz_ledger_query query = {YZ_LEDGER_QUERY, .what = YZ_LEDGER_COUNTS, .id = yz_str_of(spent->name)};
    spent->amount = 0;
    return yz_ledger_read(ledger, &query, on_count, &spent->amount);
}

size_t yz_spent_names(const yz_person *person, int64_t now, yz_spent out[YZ_SPENT_PERIODS]) {
    const struct {
        const char *name, *form;
        int64_t budget;
    } periods[YZ_SPENT_PERIODS] = {
        {"day", "%Y-%m-%d", person->budget_day}, {"month", "%Y-%m", person->budget_month}, {"total", "total", person->budget_total}};
    size_t n = 0;
    for (size_t i = 0; i < YZ_SPENT_PERIODS; i++) {
        char when[16] = "";
        time_t seconds = (time_t)now;
        struct tm tm;
        if (periods[i].budget == 0)
            continue;
        if (gmtime_r(&seconds, &tm))
            strftime(when, sizeof when, periods[i].form, &tm);
        yz_spent *spent = &out[n++];
        *spent = (yz_spent){.period = periods[i].name, .budget = periods[i].budget};
        snprintf(spent->name, sizeof spent->name, "%.*s %.*s %s", YZ_STR_ARGS(yz_person_kind_word(person->kind)), YZ_STR_ARGS(person->name),
                 when);
    }
    return n;
}

int yz_spent_put(yz_ledger *ledger, const yz_person *person, int64_t now, yz_buf *out) {
    yz_spent spent[YZ_SPENT_PERIODS];
    size_t n = yz_spent_names(person, now, spent);
    int code = YZ_OK;
    yz_buf_char(out, '{');
    for (size_t i = 0; i < n && code == YZ_OK; i++) {
        code = yz_spent_read(ledger, &spent[i]);
        yz_buf_printf(out, "%s\"%s\":", i ? "," : "", spent[i].period);
        yz_price_usd(spent[i].amount, out);
    }
    yz_buf_char(out, '}');
    return code;
}
