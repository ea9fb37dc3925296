/* people/margins.c: see margins.h. What was charged the ledger has in its sums of usage, what tries cost in sums of its own: they meet
 * here, by provider and time.
 */
#include "people/margins.h"
#include "base/arena.h"
#include "ledger/ledger.h"

#include <stdlib.h>

enum { READ = 20000 }; /* of either kind: four years of days of a dozen providers */

typedef struct adding {
    yz_arena *arena;
    yz_ledger_row *rows;
    size_t n, cap, read;
} adding;

bool yz_margins_by(yz_str word, unsigned *by) {
    *by = yz_str_is(word, "day") ? YZ_USAGE_BY_DAY : yz_str_is(word, "hour") ? YZ_USAGE_BY_HOUR : 0;
    return *by || word.n == 0;
}

static yz_ledger_row *more(adding *a, const yz_ledger_row *of) {
    a->read++;
    if (a->n == a->cap) {
        a->cap = a->cap ? 2 * a->cap : 64;
        a->rows = yz_realloc(a->rows, a->cap * sizeof *a->rows);
    }
    yz_ledger_row *row = &a->rows[a->n++];
    *row = (yz_ledger_row){YZ_LEDGER_ROW, .provider = yz_dup(a->arena, of->provider), .created = of->created};
    return row;
}

static void on_sum(void *arg, const yz_ledger_row *of) {
    yz_ledger_row *row = more(arg, of);
    row->calls = of->calls;
    row->captured = of->captured;
    row->absorbed = of->absorbed;
    row->refunded = of->refunded;
}

static void on_tries(void *arg, const yz_ledger_row *of) {
    yz_ledger_row *row = more(arg, of);
    row->output = of->calls;
    row->amount = of->amount;
    row->held = of->held;
    row->input = of->input;
}

static int by_provider(const void *a, const void *b) {
    const yz_ledger_row *x = a, *y = b;
    size_t n = x->provider.n < y->provider.n ? x->provider.n : y->provider.n;
    int order = (x->created > y->created) - (x->created < y->created);
    order = order || n == 0 ? order : memcmp(x->provider.p, y->provider.p, n);
    return order ? order : (x->provider.n > y->provider.n) - (x->provider.n < y->provider.n);
}

static int by_cost(const void *a, const void *b) {
    const yz_ledger_row *x = a, *y = b;
    int order = (x->created > y->created) - (x->created < y->created);
    order = order ? order : (x->amount < y->amount) - (x->amount > y->amount);
    return order ? order : by_provider(a, b);
}

/* Of what was charged and what was tried one row. */
static void merge(adding *a) {
    size_t n = 0;
    if (a->n)
        qsort(a->rows, a->n, sizeof *a->rows, by_provider);
    for (size_t i = 0; i < a->n; i++) {
        const yz_ledger_row *row = &a->rows[i];
        if (n == 0 || by_provider(&a->rows[n - 1], row) != 0) {
            a->rows[n++] = *row;
            continue;
        }
        yz_ledger_row *sum = &a->rows[n - 1];
        sum->calls += row->calls, sum->captured += row->captured, sum->absorbed += row->absorbed, sum->refunded += row->refunded;
        sum->output += row->output, sum->amount += row->amount, sum->held += row->held, sum->input += row->input;
    }
    a->n = n;
    if (n)
        qsort(a->rows, n, sizeof *a->rows, by_cost);
}

int yz_margins_read(yz_margins *m, yz_ledger_on_row *on_row, void *arg) {
    adding a = {.arena = m->arena};
    yz_ledger_query query = {YZ_LEDGER_QUERY, .what = YZ_LEDGER_USAGE, .from = m->from, .to = m->to, .by = m->by | YZ_USAGE_BY_PROVIDER,
                             .limit = READ};
    int code = yz_ledger_read(m->ledger, &query, on_sum, &a);
    m->more = a.read == READ;
    a.read = 0;
    query.what = YZ_LEDGER_TRIES;
    code = code == YZ_OK ? yz_ledger_read(m->ledger, &query, on_tries, &a) : code;
    merge(&a);
    m->more |= a.read == READ || a.n > m->limit;
    for (size_t i = 0; code == YZ_OK && i < a.n && i < m->limit; i++) {
        a.rows[i].available = a.rows[i].captured - a.rows[i].refunded - a.rows[i].amount;
        on_row(arg, &a.rows[i]);
    }
    free(a.rows);
    return code;
}
