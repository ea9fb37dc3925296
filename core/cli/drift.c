/* cli/drift.c: where our tries and a provider's own count differ. What the ledger knows of a try is in the explanation of its hold (the
 * bill stage writes it). An export that names requests is compared request by request: that tells which one is wrong; sums of days and
 * models only tell that one is.
 */
#include "cli/drift.h"
#include "price/price.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <yuzui/json.h>

/* One side of a comparison. */
typedef struct sum {
    yz_str key; /* what is compared: a request's id, or a day and a model */
    int64_t n, input, output, usd;
    int64_t unknown; /* tries of unknown cost among them */
    bool has_usd;
    const char *state;
} sum;

typedef struct sums {
    sum *of;
    size_t n;
} sums;

typedef struct compared {
    yz_arena *arena;
    const char *provider;
    bool by_id, json;
    yz_str first, last; /* days that the export speaks of; empty: it says none */
    sums ours, theirs;
    int differences;
} compared;

/* ---- sums ----------------------------------------------------------------------------------------------------------- */

static void add(compared *c, sums *to, const sum *one) {
    if ((to->n & (to->n - 1)) == 0) {
        sum *more = yz_alloc(c->arena, (to->n ? 2 * to->n : 1) * sizeof *more);
        if (to->n)
            memcpy(more, to->of, to->n * sizeof *more);
        to->of = more;
    }
    to->of[to->n++] = *one;
}

static int order(yz_str a, yz_str b) {
    size_t n = a.n < b.n ? a.n : b.n;
    int first = n > 0 ? memcmp(a.p, b.p, n) : 0;
    return first ? first : a.n < b.n ? -1 : a.n > b.n;
}

static int by_key(const void *a, const void *b) { return order(((const sum *)a)->key, ((const sum *)b)->key); }

/* Sorts, and makes one of all with the same key. */
static void merge(sums *s) {
    if (s->n == 0)
        return;
    qsort(s->of, s->n, sizeof *s->of, by_key);
    size_t kept = 0;
    for (size_t i = 1; i < s->n; i++) {
        sum *into = &s->of[kept];
        const sum *one = &s->of[i];
        if (order(into->key, one->key) != 0) {
            s->of[++kept] = *one;
            continue;
        }
        into->n += one->n, into->input += one->input, into->output += one->output, into->usd += one->usd, into->unknown += one->unknown;
    }
    s->n = kept + 1;
}

static yz_str key_of(const compared *c, yz_str id, yz_str day, yz_str model) {
    return c->by_id ? id : yz_format(c->arena, "%.*s %.*s", YZ_STR_ARGS(day), YZ_STR_ARGS(model));
}

/* ---- their side ----------------------------------------------------------------------------------------------------- */

static int64_t known(int64_t n) { return n > 0 ? n : 0; }

static void take_export(compared *c, const yz_export *export) {
    for (size_t i = 0; i < export->n; i++)
        c->by_id |= export->rows[i].id.n > 0;
    for (size_t i = 0; i < export->n; i++) {
        const yz_export_row *row = &export->rows[i];
        if (row->day.n && (c->first.n == 0 || order(row->day, c->first) < 0))
            c->first = row->day;
        if (row->day.n && (c->last.n == 0 || order(row->day, c->last) > 0))
            c->last = row->day;
        add(c, &c->theirs,
            &(sum){.key = key_of(c, row->id, row->day, row->model),
                   .n = 1,
                   .input = known(row->input),
                   .output = known(row->output),
                   .usd = known(row->usd),
                   .has_usd = row->usd >= 0});
    }
    merge(&c->theirs);
}

/* ---- our side ------------------------------------------------------------------------------------------------------- */

static const char *state_of(yz_str word) {
    static const char *const words[] = {"confirmed", "estimated", "unknown"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (yz_str_is(word, words[i]))
            return words[i];
    return "none";
}

static void take_try(compared *c, const yz_json *one, yz_str day) {
    const char *state = state_of(yz_json_escaped(yz_json_get(one, "cost")));
    yz_str id = yz_dup(c->arena, yz_json_text(c->arena, yz_json_get(one, "id")));
    yz_str model = yz_dup(c->arena, yz_json_text(c->arena, yz_json_get(one, "model")));
    int64_t usd = 0;
    (void)yz_price_amount(yz_json_raw(yz_json_get(one, "usd")), &usd);
    bool wanted = !c->provider || yz_str_is(yz_json_text(c->arena, yz_json_get(one, "provider")), c->provider);
    if (!wanted || strcmp(state, "none") == 0 || (c->by_id && id.n == 0))
        return;
    add(c, &c->ours,
        &(sum){.key = key_of(c, id, day, model),
               .n = 1,
               .input = yz_json_int(yz_json_get(one, "input"), 0),
               .output = yz_json_int(yz_json_get(one, "output"), 0),
               .usd = usd,
               .unknown = strcmp(state, "unknown") == 0,
               .state = state});
}

static void on_hold(void *arg, const yz_ledger_row *row) {
    compared *c = arg;
    yz_arena *arena = yz_arena_new(NULL);
    yz_json *json;
    char day[16] = "";
    time_t at = (time_t)row->created;
    struct tm tm;
    if (gmtime_r(&at, &tm))
        strftime(day, sizeof day, "%Y-%m-%d", &tm);
    bool in_time = c->first.n == 0 || (order(yz_str_of(day), c->first) >= 0 && order(yz_str_of(day), c->last) <= 0);
    if (in_time && row->detail.n && yz_json_parse(arena, row->detail, 0, &json, NULL) == YZ_OK) {
        const yz_json *tries = yz_json_get(json, "tries");
        for (const yz_json *one = tries ? tries->child : NULL; one; one = one->next)
            take_try(c, one, yz_str_of(day));
    }
    yz_arena_free(arena);
}

/* ---- differences ---------------------------------------------------------------------------------------------------- */

static void put_side(yz_buf *out, const char *name, const sum *s, bool json) {
    if (json) {
        yz_buf_printf(out, ",\"%s\":", name);
        if (!s) {
            yz_buf_lit(out, "null");
            return;
        }
        yz_buf_printf(out, "{\"n\":%lld,\"input\":%lld,\"output\":%lld,\"usd\":", (long long)s->n, (long long)s->input,
                      (long long)s->output);
        yz_price_usd(s->usd, out);
        yz_buf_printf(out, s->state ? ",\"unknown\":%lld}" : "}", (long long)s->unknown);
        return;
    }
    yz_buf_printf(out, "  %s: ", name);
    if (!s) {
        yz_buf_lit(out, "nothing");
        return;
    }
    yz_buf_printf(out, "%lld requests, %lld in, %lld out, ", (long long)s->n, (long long)s->input, (long long)s->output);
    yz_price_usd(s->usd, out);
    yz_buf_lit(out, " USD");
    if (s->unknown)
        yz_buf_printf(out, " and %lld of unknown cost", (long long)s->unknown);
}

static void tell(compared *c, const sum *ours, const sum *theirs) {
    yz_buf out = {0};
    yz_str key = ours ? ours->key : theirs->key;
    c->differences++;
    if (c->json) {
        yz_buf_printf(&out, "{\"%s\":", c->by_id ? "request" : "sum");
        yz_buf_json_str(&out, key);
    } else {
        yz_buf_str(&out, key);
    }
    put_side(&out, "ours", ours, c->json);
    put_side(&out, "theirs", theirs, c->json);
    if (c->json)
        yz_buf_char(&out, '}');
    printf("%.*s\n", YZ_STR_ARGS(yz_buf_view(&out)));
    yz_buf_free(&out);
}

static bool same(const sum *ours, const sum *theirs) {
    return ours->input == theirs->input && ours->output == theirs->output && ours->unknown == 0 &&
           (!theirs->has_usd || ours->usd == theirs->usd);
}

static void compare(compared *c) {
    size_t i = 0, j = 0;
    while (i < c->ours.n || j < c->theirs.n) {
        const sum *ours = i < c->ours.n ? &c->ours.of[i] : NULL, *theirs = j < c->theirs.n ? &c->theirs.of[j] : NULL;
        int first = !ours ? 1 : !theirs ? -1 : order(ours->key, theirs->key);
        i += first <= 0;
        j += first >= 0;
        if (first < 0)
            tell(c, ours, NULL);
        else if (first > 0)
            tell(c, NULL, theirs);
        else if (!same(ours, theirs))
            tell(c, ours, theirs);
    }
}

int yz_drift_print(yz_ledger *ledger, const yz_export *export, const char *provider, bool json, yz_arena *arena) {
    compared c = {.arena = arena, .provider = provider, .json = json};
    take_export(&c, export);
    const yz_ledger_query query = {YZ_LEDGER_QUERY, .what = YZ_LEDGER_HOLDS, .limit = INT64_MAX};
    if (yz_ledger_read(ledger, &query, on_hold, &c) != YZ_OK)
        return -1;
    merge(&c.ours);
    compare(&c);
    if (!json)
        printf(c.differences ? "%d differences in %zu %s\n" : "the export and the ledger agree: %d differences in %zu %s\n", c.differences,
               c.theirs.n, c.by_id ? "requests" : "days and models");
    return c.differences;
}
