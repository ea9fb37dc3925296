/* people/warn.c: see warn.h. What is used counts with what is held, as for the budget itself. */
#include "people/warn.h"
#include "base/arena.h"
#include "ledger/ledger.h"
#include "people/register.h"
#include "people/spent.h"
#include "price/price.h"

#include <stdlib.h>

enum { MOST_TOLD = 4096 };

struct yz_warner {
    yz_ledger *ledger;
    yz_str told[MOST_TOLD]; /* names of counts that somebody has told of */
    size_t n;
};

yz_warner *yz_warner_new(yz_ledger *ledger) {
    yz_warner *w = yz_calloc(1, sizeof *w);
    w->ledger = ledger;
    return w;
}

static void forget(yz_warner *w) {
    for (size_t i = 0; i < w->n; i++)
        free((char *)(uintptr_t)w->told[i].p);
    w->n = 0;
}

void yz_warner_free(yz_warner *w) {
    forget(w);
    free(w);
}

static bool is_told(const yz_warner *w, yz_str name) {
    for (size_t i = 0; i < w->n; i++)
        if (yz_str_eq(w->told[i], name))
            return true;
    return false;
}

/* Of periods that are over nobody asks again, and the record keeps anybody from telling twice. */
static void remember(yz_warner *w, yz_str name) {
    if (w->n == MOST_TOLD)
        forget(w);
    char *copy = yz_malloc(name.n + 1);
    memcpy(copy, name.p, name.n);
    w->told[w->n++] = yz_str_at(copy, name.n);
}

static void tell(const yz_warner *w, const yz_person *p, const char *period, yz_str usd, yz_str budget, yz_str data) {
    yz_log(YZ_LOG_WARN, "the budget of the %.*s \"%.*s\" (%s) is used up to %lld %%: %.*s of %.*s USD",
           YZ_STR_ARGS(yz_person_kind_word(p->kind)), YZ_STR_ARGS(p->name), period, (long long)p->warn_at, YZ_STR_ARGS(usd),
           YZ_STR_ARGS(budget));
    yz_ledger_tell(w->ledger, data);
}

static void put_text(yz_buf *out, const char *name, yz_str text) {
    yz_buf_printf(out, ",\"%s\":", name);
    yz_buf_json_str(out, text);
}

/* The first who writes it tells. */
static void warn(yz_warner *w, const yz_person *p, const yz_spent *spent, int64_t now) {
    yz_buf data = {0}, usd = {0}, budget = {0};
    yz_posted posted;
    yz_price_usd(spent->amount, &usd);
    yz_price_usd(spent->budget, &budget);
    yz_buf_lit(&data, "{\"event\":\"budget_warning\"");
    put_text(&data, "kind", yz_person_kind_word(p->kind));
    put_text(&data, "name", p->name);
    put_text(&data, "period", yz_str_of(spent->period));
    yz_buf_printf(&data, ",\"percent\":%lld,\"usd\":%.*s,\"budget\":%.*s,\"at\":%lld}", (long long)p->warn_at,
                  YZ_STR_ARGS(yz_buf_view(&usd)), YZ_STR_ARGS(yz_buf_view(&budget)), (long long)now);
    yz_ledger_post_now(w->ledger,
                       &(yz_posting){YZ_POSTING, .kind = YZ_POSTING_RECORD, .account = YZ_STR("warned"), .id = yz_str_of(spent->name),
                                     .of = YZ_STR("yuzui"), .detail = yz_buf_view(&data)},
                       &posted);
    if (posted.code == YZ_OK && !posted.before)
        tell(w, p, spent->period, yz_buf_view(&usd), yz_buf_view(&budget), yz_buf_view(&data));
    if (posted.code == YZ_OK || posted.code == YZ_EINVAL)
        remember(w, yz_str_of(spent->name));
    yz_buf_free(&data);
    yz_buf_free(&usd);
    yz_buf_free(&budget);
}

static void look_at(yz_warner *w, const yz_person *p, int64_t now) {
    yz_spent spent[YZ_SPENT_PERIODS];
    size_t n = yz_spent_names(p, now, spent);
    for (size_t i = 0; i < n; i++) {
        if (is_told(w, yz_str_of(spent[i].name)) || yz_spent_read(w->ledger, &spent[i]) != YZ_OK)
            continue;
        if ((__int128)spent[i].amount * 100 >= (__int128)spent[i].budget * p->warn_at)
            warn(w, p, &spent[i], now);
    }
}

void yz_warner_look(yz_warner *w, const yz_register *reg, int64_t now) {
    for (size_t i = 0; i < reg->cap; i++) {
        const yz_person *p = reg->places[i] ? &reg->places[i]->person : NULL;
        if (p && p->warn_at > 0 && !p->revoked)
            look_at(w, p, now);
    }
}
