/* budget.c: what binds a key that the ledger keeps: budgets of the key and of the groups above it, and the mark-up of its prices. */
#include "bill.h"

#include <time.h>

enum { PERIODS = 3 };
static const char *const periods[PERIODS] = {"day", "month", "total"};

static int64_t budget_of(const yz_scope *scope, size_t period) {
    const int64_t budgets[PERIODS] = {scope->budget_day, scope->budget_month, scope->budget_total};
    return budgets[period];
}

/* "group research 2026-11": a name that is another one when the day or the month is. */
static yz_str name_of(yz_call *call, const yz_scope *scope, size_t period, int64_t at) {
    static const char *const forms[PERIODS] = {"%Y-%m-%d", "%Y-%m", "total"};
    char when[16] = "";
    time_t seconds = (time_t)at;
    struct tm tm;
    if (gmtime_r(&seconds, &tm))
        strftime(when, sizeof when, forms[period], &tm);
    return yz_format(yz_call_arena(call), "%s %.*s %s", scope->kind, YZ_STR_ARGS(scope->name), when);
}

/* Calls fn for every budget that binds the key, innermost first, until it says stop; how many there were before that. */
static size_t each(const yz_key *key, bool (*fn)(void *arg, const yz_scope *scope, size_t period), void *arg) {
    size_t n = 0;
    for (size_t i = 0; i < key->n_scopes; i++)
        for (size_t period = 0; period < PERIODS && n < YZ_LEDGER_COUNTS_MAX; period++) {
            if (budget_of(key->scopes[i], period) == 0)
                continue;
            if (!fn(arg, key->scopes[i], period))
                return n;
            n++;
        }
    return n;
}

typedef struct taking {
    yz_call *call;
    const yz_counted **out;
    size_t n;
} taking;

static bool take(void *arg, const yz_scope *scope, size_t period) {
    taking *t = arg;
    const bill_state *s = yz_state(t->call);
    yz_counted *counted = yz_alloc(yz_call_arena(t->call), sizeof *counted);
    *counted = (yz_counted){YZ_COUNTED, .name = name_of(t->call, scope, period, s->at), .most = budget_of(scope, period)};
    t->out[t->n++] = counted;
    return true;
}

static bool count(void *arg, const yz_scope *scope, size_t period) {
    (void)arg, (void)scope, (void)period;
    return true;
}

size_t budget_counts(yz_call *call, const yz_key *key, const yz_counted *const **out) {
    size_t n = each(key, count, NULL);
    taking t = {.call = call, .out = yz_alloc(yz_call_arena(call), (n + 1) * sizeof(yz_counted *))};
    each(key, take, &t);
    *out = t.out;
    return n;
}

typedef struct finding {
    size_t left;
    const yz_scope *scope;
    size_t period;
} finding;

static bool find(void *arg, const yz_scope *scope, size_t period) {
    finding *f = arg;
    f->scope = scope;
    f->period = period;
    return --f->left > 0;
}

yz_str budget_name(yz_call *call, const yz_key *key, size_t which) {
    finding f = {.left = which};
    each(key, find, &f);
    return yz_format(yz_call_arena(call), "the budget of the %s \"%.*s\" %s%s", f.scope->kind, YZ_STR_ARGS(f.scope->name),
                     f.period == PERIODS - 1 ? "in " : "for this ", periods[f.period]);
}

int64_t budget_marked_up(const yz_key *key, int64_t amount) {
    if (!key || key->markup == 0)
        return amount;
    __int128 product = (__int128)amount * key->markup + 500000;
    __int128 result = product / 1000000;
    return result > YZ_LEDGER_AMOUNT_MAX ? YZ_LEDGER_AMOUNT_MAX : (int64_t)result;
}
