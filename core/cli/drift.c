/* cli/drift.c: where our tries and a provider's own count differ. What the ledger knows of a try is in the explanation of its hold (the
 * bill stage writes it). An export that names requests is compared request by request: that tells which one is wrong; sums of days and
 * models only tell that one is.
 */
#include "cli/drift.h"
#include "people/removed.h"
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
    bool has_n, has_input, has_output, has_usd;
    bool ours;
} sum;

typedef struct sums {
    sum *of;
    size_t n;
} sums;

typedef struct compared {
    yz_arena *arena;
    const char *provider;
    bool by_id, by_day, by_model, json; /* what the export names its rows by */
    yz_str first, last;                 /* days that the export speaks of; empty: it says none */
    sums ours, theirs;
    int differences;
    yz_removed removed;
    yz_str complete; /* the first day of which all is there; empty: all are */
    size_t left_out; /* rows of days before that */
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
        into->has_n &= one->has_n, into->has_input &= one->has_input, into->has_output &= one->has_output, into->has_usd &= one->has_usd;
        into->n += one->n, into->input += one->input, into->output += one->output, into->usd += one->usd, into->unknown += one->unknown;
    }
    s->n = kept + 1;
}

static bool is_digits(yz_str text) {
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] < '0' || text.p[i] > '9')
            return false;
    return true;
}

/* The model without the day of its version: requests ask for gpt-5.2, and OpenAI's usage counts gpt-5.2-2025-12-11. */
static yz_str undated(yz_str model) {
    enum { ISO = 11, PLAIN = 9 }; /* -2025-12-11, -20251211 */
    const char *end = model.p + model.n;
    if (model.n > ISO && end[-11] == '-' && end[-6] == '-' && end[-3] == '-' && is_digits(yz_str_at(end - 10, 4)) &&
        is_digits(yz_str_at(end - 5, 2)) && is_digits(yz_str_at(end - 2, 2)))
        return yz_str_at(model.p, model.n - ISO);
    if (model.n > PLAIN && (end[-9] == '-' || end[-9] == '@') && is_digits(yz_str_at(end - 8, 8)))
        return yz_str_at(model.p, model.n - PLAIN);
    return model;
}

static yz_str key_of(const compared *c, yz_str id, yz_str day, yz_str model) {
    if (c->by_id)
        return id;
    if (!c->by_day || !c->by_model)
        return yz_dup(c->arena, c->by_day ? day : undated(model));
    return yz_format(c->arena, "%.*s %.*s", YZ_STR_ARGS(day), YZ_STR_ARGS(undated(model)));
}

/* ---- their side ----------------------------------------------------------------------------------------------------- */

static int64_t known(int64_t n) { return n > 0 ? n : 0; }

static void take_export(compared *c, const yz_export *export) {
    for (size_t i = 0; i < export->n; i++) {
        c->by_id |= export->rows[i].id.n > 0;
        c->by_day |= export->rows[i].day.n > 0;
        c->by_model |= export->rows[i].model.n > 0;
    }
    for (size_t i = 0; i < export->n; i++) {
        const yz_export_row *row = &export->rows[i];
        if (row->day.n && order(row->day, c->complete) < 0) {
            c->left_out++;
            continue;
        }
        if (row->day.n && (c->first.n == 0 || order(row->day, c->first) < 0))
            c->first = row->day;
        if (row->day.n && (c->last.n == 0 || order(row->day, c->last) > 0))
            c->last = row->day;
        add(c, &c->theirs,
            &(sum){.key = key_of(c, row->id, row->day, row->model),
                   .n = row->requests >= 0 ? row->requests : 1,
                   .input = known(row->input) + known(row->beside),
                   .output = known(row->output),
                   .usd = known(row->usd),
                   .has_n = row->requests >= 0 || c->by_id,
                   .has_input = row->input >= 0 || row->beside >= 0,
                   .has_output = row->output >= 0,
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
               .has_n = true,
               .has_input = true,
               .has_output = true,
               .has_usd = true,
               .ours = true});
}

static yz_str day_of(yz_arena *arena, int64_t moment) {
    char day[16] = "";
    time_t at = (time_t)moment;
    struct tm tm;
    if (gmtime_r(&at, &tm))
        strftime(day, sizeof day, "%Y-%m-%d", &tm);
    return yz_dup(arena, yz_str_of(day));
}

static void on_hold(void *arg, const yz_ledger_row *row) {
    compared *c = arg;
    yz_arena *arena = yz_arena_new(NULL);
    yz_json *json;
    yz_str day = day_of(arena, row->created);
    bool in_time = c->first.n == 0 || (order(day, c->first) >= 0 && order(day, c->last) <= 0);
    if (in_time && row->detail.n && yz_json_parse(arena, row->detail, 0, &json, NULL) == YZ_OK) {
        const yz_json *tries = yz_json_get(json, "tries");
        for (const yz_json *one = tries ? tries->child : NULL; one; one = one->next)
            take_try(c, one, day);
    }
    yz_arena_free(arena);
}

/* ---- differences ---------------------------------------------------------------------------------------------------- */

static void put_number(yz_buf *out, bool said, int64_t n, bool json) {
    if (said)
        yz_buf_printf(out, "%lld", (long long)n);
    else
        yz_buf_lit(out, json ? "null" : "?");
}

static void put_usd(yz_buf *out, const sum *s, bool json) {
    if (s->has_usd)
        yz_price_usd(s->usd, out);
    else
        yz_buf_lit(out, json ? "null" : "?");
}

static void put_side_json(yz_buf *out, const char *name, const sum *s) {
    yz_buf_printf(out, ",\"%s\":", name);
    if (!s) {
        yz_buf_lit(out, "null");
        return;
    }
    yz_buf_lit(out, "{\"n\":");
    put_number(out, s->has_n, s->n, true);
    yz_buf_lit(out, ",\"input\":");
    put_number(out, s->has_input, s->input, true);
    yz_buf_lit(out, ",\"output\":");
    put_number(out, s->has_output, s->output, true);
    yz_buf_lit(out, ",\"usd\":");
    put_usd(out, s, true);
    if (s->ours)
        yz_buf_printf(out, ",\"unknown\":%lld", (long long)s->unknown);
    yz_buf_char(out, '}');
}

static void put_side(yz_buf *out, const char *name, const sum *s) {
    yz_buf_printf(out, "  %s: ", name);
    if (!s) {
        yz_buf_lit(out, "nothing");
        return;
    }
    put_number(out, s->has_n, s->n, false);
    yz_buf_lit(out, " requests, ");
    put_number(out, s->has_input, s->input, false);
    yz_buf_lit(out, " in, ");
    put_number(out, s->has_output, s->output, false);
    yz_buf_lit(out, " out, ");
    put_usd(out, s, false);
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
        put_side_json(&out, "ours", ours);
        put_side_json(&out, "theirs", theirs);
        yz_buf_char(&out, '}');
    } else {
        yz_buf_str(&out, key);
        put_side(&out, "ours", ours);
        put_side(&out, "theirs", theirs);
    }
    printf("%.*s\n", YZ_STR_ARGS(yz_buf_view(&out)));
    yz_buf_free(&out);
}

static bool same(const sum *ours, const sum *theirs) {
    return ours->unknown == 0 && (!theirs->has_input || ours->input == theirs->input) &&
           (!theirs->has_output || ours->output == theirs->output) && (!theirs->has_usd || ours->usd == theirs->usd);
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

/* Days that are not complete any more are none to compare: whatever the export says of them would be a difference. */
static int read_removed(compared *c, yz_ledger *ledger) {
    enum { DAY = 86400 };
    int code = yz_removed_read(ledger, YZ_STR(""), c->arena, &c->removed);
    if (c->removed.until)
        c->complete = day_of(c->arena, c->removed.until + DAY - 1);
    return code;
}

/* An export that names no days may be of any time. */
static void tell_removed(const compared *c) {
    yz_buf out = {0};
    if (c->left_out == 0 && (c->removed.until == 0 || c->first.n > 0 || c->differences == 0))
        return;
    yz_removed_json(&c->removed, &out);
    if (c->json)
        printf("{\"removed\":%.*s,\"left_out\":%zu}}\n", (int)out.n - 1, out.p, c->left_out);
    else if (c->left_out)
        printf("not compared: %zu rows of the export from before %.*s, of which requests were removed (%.*s of the ledger)\n", c->left_out,
               YZ_STR_ARGS(c->complete), YZ_STR_ARGS(c->removed.rule));
    else
        printf("requests from before %.*s were removed (%.*s of the ledger): what the export counts of them is a difference\n",
               YZ_STR_ARGS(c->complete), YZ_STR_ARGS(c->removed.rule));
    yz_buf_free(&out);
}

static int read_ours(compared *c, yz_ledger *ledger) {
    enum { DAY = 86400 };
    yz_ledger_query query = {YZ_LEDGER_QUERY, .what = YZ_LEDGER_HOLDS, .limit = INT64_MAX};
    if (c->theirs.n == 0)
        return YZ_OK; /* all of it was left out */
    if (c->first.n > 0 && yz_price_time(c->first, &query.from) && yz_price_time(c->last, &query.to))
        query.to += DAY; /* all of the last day */
    return yz_ledger_read(ledger, &query, on_hold, c);
}

int yz_drift_print(yz_ledger *ledger, const yz_export *export, const char *provider, bool json, yz_arena *arena) {
    compared c = {.arena = arena, .provider = provider, .json = json};
    if (read_removed(&c, ledger) != YZ_OK)
        return -1;
    take_export(&c, export);
    if (read_ours(&c, ledger) != YZ_OK)
        return -1;
    merge(&c.ours);
    compare(&c);
    tell_removed(&c);
    if (!json && c.theirs.n > 0)
        printf(c.differences ? "%d differences in %zu %s\n" : "the export and the ledger agree: %d differences in %zu %s\n", c.differences,
               c.theirs.n,
               c.by_id       ? "requests"
               : !c.by_day   ? "models"
               : !c.by_model ? "days"
                             : "days and models");
    return c.differences;
}
