/* people/sums.c: see sums.h. */
#include "people/sums.h"
#include "base/arena.h"
#include "ledger/ledger.h"
#include "people/persons.h"

#include <stdlib.h>

enum { BY_KEY_MOST = 200000 };

/* A key, and what its labels say to the question. */
typedef struct owner {
    yz_str name, value; /* of the label that sums are kept apart by */
    bool wanted;
} owner;

typedef struct adding {
    yz_sums *sums;
    owner *owners; /* by name */
    size_t n_owners;
    bool by_key;
    yz_ledger_row *rows;
    size_t n, cap, seen;
} adding;

static int order_of(yz_str a, yz_str b) {
    int order = a.n && b.n ? memcmp(a.p, b.p, a.n < b.n ? a.n : b.n) : 0;
    return order ? order : (a.n > b.n) - (a.n < b.n);
}

/* ---- who has it ----------------------------------------------------------------------------------------------------- */

static int by_name(const void *a, const void *b) { return order_of(((const owner *)a)->name, ((const owner *)b)->name); }

static bool tag_of(const yz_key *key, yz_str label, yz_str *value) {
    for (size_t i = 0; i < key->n_tags; i++)
        if (yz_str_eq(key->tags[i].name, label)) {
            *value = key->tags[i].value;
            return true;
        }
    return false;
}

static void add_owner(adding *a, yz_str name, bool labelled, yz_str value, yz_str apart) {
    bool wanted = a->sums->label.n == 0 || (labelled && yz_str_eq(value, a->sums->value));
    a->owners[a->n_owners++] = (owner){name, apart, wanted};
    a->sums->keys += wanted;
    a->sums->parted += apart.n > 0;
}

/* Keys of the ledger and of the config. */
static int read_owners(adding *a) {
    yz_sums *s = a->sums;
    yz_persons all;
    yz_change c = {.ledger = s->ledger, .settings = s->settings, .arena = s->arena};
    int code = yz_persons_read(&c, &all);
    if (code != YZ_OK) {
        s->why = c.why;
        return code;
    }
    a->owners = yz_alloc(s->arena, (all.n_keys + s->settings->n_keys + 1) * sizeof *a->owners);
    for (size_t i = 0; i < all.n_keys; i++) {
        yz_str value = YZ_STR(""), apart = YZ_STR("");
        bool labelled = yz_persons_label(&all, &all.keys[i], s->label, &value);
        (void)yz_persons_label(&all, &all.keys[i], s->apart, &apart);
        add_owner(a, all.keys[i].name, labelled, value, apart);
    }
    for (size_t i = 0; i < s->settings->n_keys; i++) {
        const yz_key *key = &s->settings->keys[i].pub;
        yz_str value = YZ_STR(""), apart = YZ_STR("");
        bool labelled = tag_of(key, s->label, &value);
        (void)tag_of(key, s->apart, &apart);
        add_owner(a, key->name, labelled, value, apart);
    }
    qsort(a->owners, a->n_owners, sizeof *a->owners, by_name);
    return YZ_OK;
}

/* ---- adding up ------------------------------------------------------------------------------------------------------ */

static void on_row(void *arg, const yz_ledger_row *row) {
    adding *a = arg;
    yz_arena *arena = a->sums->arena;
    const owner *known = a->n_owners ? bsearch(&(owner){.name = row->key}, a->owners, a->n_owners, sizeof *a->owners, by_name) : NULL;
    a->seen++;
    if (known ? !known->wanted : a->sums->label.n > 0)
        return;
    if (a->n == a->cap) {
        a->cap = a->cap ? 2 * a->cap : 64;
        a->rows = yz_realloc(a->rows, a->cap * sizeof *a->rows);
    }
    yz_ledger_row *mine = &a->rows[a->n++];
    *mine = *row;
    mine->account = yz_dup(arena, row->account);
    mine->key = a->by_key ? yz_dup(arena, row->key) : YZ_STR("");
    mine->model = yz_dup(arena, row->model);
    mine->provider = yz_dup(arena, row->provider);
    mine->text = known ? known->value : YZ_STR("");
}

/* As the ledger has them, and then by label. */
static int by_all(const void *a, const void *b) {
    const yz_ledger_row *x = a, *y = b;
    int order = (x->created > y->created) - (x->created < y->created);
    order = order ? order : order_of(x->account, y->account);
    order = order ? order : order_of(x->key, y->key);
    order = order ? order : order_of(x->provider, y->provider);
    order = order ? order : order_of(x->model, y->model);
    return order ? order : order_of(x->text, y->text);
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

static void merge(adding *a) {
    size_t n = 0;
    if (a->n)
        qsort(a->rows, a->n, sizeof *a->rows, by_all);
    for (size_t i = 0; i < a->n; i++)
        if (n > 0 && by_all(&a->rows[n - 1], &a->rows[i]) == 0)
            add(&a->rows[n - 1], &a->rows[i]);
        else
            a->rows[n++] = a->rows[i];
    a->n = n;
}

/* The ledger adds up itself what these keys used. */
static int read_wanted(const adding *a, const yz_ledger_query *query, yz_ledger_on_row *row, void *arg) {
    yz_ledger_query of_these = *query;
    yz_str *keys = yz_alloc(a->sums->arena, a->n_owners * sizeof *keys);
    for (size_t i = 0; i < a->n_owners; i++)
        if (a->owners[i].wanted)
            keys[of_these.n_keys++] = a->owners[i].name;
    of_these.keys = keys;
    return yz_ledger_read(a->sums->ledger, &of_these, row, arg);
}

int yz_sums_read(yz_sums *s, const yz_ledger_query *query, yz_ledger_on_row *row, void *arg) {
    if (s->label.n == 0 && s->apart.n == 0)
        return yz_ledger_read(s->ledger, query, row, arg);
    adding a = {.sums = s, .by_key = query->by & YZ_USAGE_BY_KEY};
    int code = read_owners(&a);
    if (code != YZ_OK || (s->label.n > 0 && s->keys == 0))
        return code;
    if (s->apart.n == 0)
        return read_wanted(&a, query, row, arg);
    yz_ledger_query by_key = *query;
    by_key.by |= YZ_USAGE_BY_KEY;
    by_key.limit = BY_KEY_MOST;
    code = yz_ledger_read(s->ledger, &by_key, on_row, &a);
    if (code == YZ_OK && a.seen == BY_KEY_MOST) {
        s->why = "these are more sums than can be added up by label at once: ask for less time";
        code = YZ_ELIMIT;
    }
    merge(&a);
    for (size_t i = 0; code == YZ_OK && i < a.n && (query->limit == 0 || i < (size_t)query->limit); i++)
        row(arg, &a.rows[i]);
    free(a.rows);
    return code;
}

const char *yz_sums_time_fault(int64_t from, int64_t until) {
    return from && until && until <= from ? "until, which is excluded, should be after from: nothing is between them" : NULL;
}
