/* usage.c: what the captures of one transaction used, summed before it is written: one row for an hour and one for its day, however many
 * requests share them; and likewise what tries cost, by their provider. What is unusual (a long name, a detail that is no plain object) is
 * left to the trigger of the table `hold`, which does the same in the database, at ten times the cost. And of hours and days that are over,
 * sums by fewer names.
 */
#include "sqlite.h"

enum { BY_HOUR = 3600, BY_DAY = 86400 };

/* What a detail says, as the database reads it. */
typedef struct detail_said {
    yz_str provider;
    int64_t numbers[3]; /* input, cached, output */
    size_t n_tries;
    struct detail_try {
        yz_str provider;
        int64_t sums[TRIED_SUMS];
    } tries[TRIED_MOST];
} detail_said;

/* False: there is something else under that name. */
static bool read_name(const yz_json *object, const char *name, yz_str *out) {
    const yz_json *named = yz_json_get(object, name);
    *out = yz_json_escaped(named);
    return !named || (yz_json_is(named, YZ_JSON_STRING) && !named->escaped);
}

/* Nano-USD, of digits with at most nine behind a point. Likewise; none is nothing. */
static bool read_usd(const yz_json *object, int64_t *nano) {
    enum { USD_PLACES = 9, USD_DIGITS = 17 }; /* more digits are rare, and doubtful */
    const yz_json *said = yz_json_get(object, "usd");
    yz_str text = yz_json_raw(said);
    size_t digits = 0, behind = 0;
    bool point = false;
    *nano = 0;
    for (size_t i = 0; said && i < text.n; i++) {
        bool digit = text.p[i] >= '0' && text.p[i] <= '9';
        if (!digit && (point || text.p[i] != '.'))
            return false;
        point |= !digit, digits += digit, behind += digit && point;
        if (digit)
            *nano = *nano * 10 + (text.p[i] - '0');
        if (behind > USD_PLACES || digits + USD_PLACES - behind > USD_DIGITS)
            return false;
    }
    for (; behind < USD_PLACES; behind++)
        *nano *= 10;
    return true;
}

static bool read_try(const yz_json *one, detail_said *out) {
    yz_str provider, cost;
    int64_t nano;
    if (!yz_json_is(one, YZ_JSON_OBJECT) || !read_name(one, "provider", &provider) || !read_name(one, "cost", &cost) ||
        !read_usd(one, &nano))
        return false;
    if (cost.n == 0 || yz_str_is(cost, "none"))
        return true;
    if (out->n_tries == TRIED_MOST)
        return false;
    out->tries[out->n_tries++] =
        (struct detail_try){provider, {1, nano, yz_str_is(cost, "estimated") ? nano : 0, yz_str_is(cost, "unknown")}};
    return true;
}

/* False: the database is to read it. */
static bool read_detail(book *b, yz_str detail, detail_said *out) {
    static const char *const names[3] = {"input", "cached", "output"};
    yz_json *json = NULL;
    out->n_tries = 0;
    b->usage.arena = b->usage.arena ? b->usage.arena : yz_arena_open();
    if (detail.n == 0 || detail.p[0] != '{' || yz_json_parse(b->usage.arena, detail, 0, &json, NULL) != YZ_OK)
        return false;
    const yz_json *tries = yz_json_get(json, "tries");
    bool ok = read_name(json, "provider", &out->provider) && (!tries || yz_json_is(tries, YZ_JSON_ARRAY));
    for (size_t i = 0; ok && i < 3; i++) {
        const yz_json *said = yz_json_get(json, names[i]);
        out->numbers[i] = said ? yz_json_int(said, -1) : 0;
        ok = out->numbers[i] >= 0;
    }
    for (const yz_json *one = tries ? tries->child : NULL; ok && one; one = one->next)
        ok = read_try(one, out);
    return ok;
}

static bool same(const usage_row *row, int64_t start, int64_t account, const yz_str names[3]) {
    size_t at = 0;
    if (row->start != start || row->account != account)
        return false;
    for (size_t i = 0; i < 3; at += row->n[i++])
        if (!yz_str_eq(yz_str_at(row->names + at, row->n[i]), names[i]))
            return false;
    return true;
}

/* NULL: there is no room for it. */
static usage_row *find_or_add(usage_sums *sums, int64_t start, int64_t account, const yz_str names[3]) {
    size_t at = 0;
    for (size_t i = sums->n; i-- > 0;)
        if (same(&sums->rows[i], start, account, names))
            return &sums->rows[i];
    if (sums->n == USAGE_ROWS || names[0].n + names[1].n + names[2].n > USAGE_NAMES)
        return NULL;
    usage_row *row = &sums->rows[sums->n++];
    *row = (usage_row){.start = start, .account = account};
    for (size_t i = 0; i < 3; at += names[i++].n) {
        row->n[i] = names[i].n;
        memcpy(row->names + at, names[i].n ? names[i].p : "", names[i].n);
    }
    return row;
}

/* Likewise. */
static tried_row *find_or_add_tried(usage_sums *sums, int64_t start, yz_str provider) {
    for (size_t i = 0; i < sums->n_tried; i++)
        if (sums->tried[i].start == start && yz_str_eq(yz_str_at(sums->tried[i].provider, sums->tried[i].n), provider))
            return &sums->tried[i];
    if (sums->n_tried == USAGE_ROWS || provider.n > sizeof sums->tried[0].provider)
        return NULL;
    tried_row *row = &sums->tried[sums->n_tried++];
    *row = (tried_row){.start = start, .n = provider.n};
    memcpy(row->provider, provider.n ? provider.p : "", provider.n);
    return row;
}

/* All of them, or none. */
static bool add_tries(usage_sums *sums, int64_t start, const detail_said *said) {
    tried_row *rows[TRIED_MOST];
    for (size_t i = 0; i < said->n_tries; i++)
        if (!(rows[i] = find_or_add_tried(sums, start, said->tries[i].provider)))
            return false;
    for (size_t i = 0; i < said->n_tries; i++)
        for (size_t k = 0; k < TRIED_SUMS; k++)
            rows[i]->sums[k] += said->tries[i].sums[k];
    return true;
}

bool usage_add(book *b, const usage_said *said, yz_str detail, int64_t now) {
    detail_said d;
    if (said->key.n == 0 || said->model.n == 0 || !read_detail(b, detail, &d))
        return false;
    const yz_str names[3] = {said->key, said->model, d.provider};
    usage_row *row = find_or_add(&b->usage, now - now % BY_HOUR, said->account, names);
    if (!row || !add_tries(&b->usage, now - now % BY_HOUR, &d))
        return false;
    const int64_t more[USAGE_SUMS] = {1, d.numbers[0], d.numbers[1], d.numbers[2], said->captured, said->absorbed};
    for (size_t i = 0; i < USAGE_SUMS; i++)
        row->sums[i] += more[i];
    return true;
}

bool usage_add_tries(book *b, yz_str detail, int64_t now) {
    detail_said d;
    return detail.n == 0 || (read_detail(b, detail, &d) && add_tries(&b->usage, now - now % BY_HOUR, &d));
}

static bool write_row(book *b, int64_t span, const usage_row *row) {
    const char *at = row->names;
    const yz_str key = {at, row->n[0]}, model = {at + key.n, row->n[1]}, provider = {model.p + model.n, row->n[2]};
    const int64_t *s = row->sums;
    return book_run(b, BOOK_USAGE_ADD, "iiisssiiiiii", span, row->start - row->start % span, row->account, key, model, provider, s[0], s[1],
                    s[2], s[3], s[4], s[5]) == SQLITE_DONE;
}

static bool write_tried(book *b, const tried_row *row) {
    const int64_t *s = row->sums;
    return book_run(b, BOOK_TRIED_ADD, "isiiii", row->start, yz_str_at(row->provider, row->n), s[0], s[1], s[2], s[3]) == SQLITE_DONE;
}

/* A row that found room and then was left to the trigger has nothing in it. */
bool usage_write(book *b) {
    bool ok = true;
    for (size_t i = 0; ok && i < b->usage.n; i++)
        ok = b->usage.rows[i].sums[0] == 0 || (write_row(b, BY_HOUR, &b->usage.rows[i]) && write_row(b, BY_DAY, &b->usage.rows[i]));
    for (size_t i = 0; ok && i < b->usage.n_tried; i++)
        ok = b->usage.tried[i].sums[0] == 0 || write_tried(b, &b->usage.tried[i]);
    if (ok)
        b->usage.n = b->usage.n_tried = 0;
    return ok;
}

void usage_forget(book *b) {
    if (b->usage.arena)
        yz_arena_free(b->usage.arena);
    b->usage.arena = NULL;
    b->usage.n = b->usage.n_tried = 0;
}

/* ---- by fewer names -------------------------------------------------------------------------------------------------- */

/* A query of a year by day would read a row for every key, model and provider of each, and of a busy gateway that is millions. Nothing of
 * this is done for a request: an hour or a day gets these sums once it is over, and whatever changes it later (a refund, a clock that was
 * set back) changes them by triggers. */
static int roll_span(book *b, int64_t span, int64_t now) {
    int64_t end = now - now % span;
    if (book_run(b, BOOK_ROLLED, "ii", span, end) != SQLITE_ROW)
        return YZ_EIO;
    int64_t until = book_int(b, BOOK_ROLLED, 0), next = book_int(b, BOOK_ROLLED, 1); /* 0: nothing was used since */
    book_done(b, BOOK_ROLLED);
    if (until >= end)
        return 0;
    if (next && book_run(b, BOOK_ROLL, "ii", span, next) != SQLITE_DONE)
        return YZ_EIO;
    return book_run(b, BOOK_ROLLED_UNTIL, "ii", span, next ? next + span : end) == SQLITE_DONE ? 1 : YZ_EIO;
}

int usage_roll(book *b, int64_t now) {
    int n = roll_span(b, BY_DAY, now);
    return n == 0 ? roll_span(b, BY_HOUR, now) : n;
}
