/* usage.c: what the captures of one transaction used, summed before it is written: one row for an hour and one for its day, however many
 * requests share them. What is unusual (a long name, a detail that is no plain object) is left to the trigger of the table `hold`, which
 * does the same in the database, at ten times the cost. And of hours and days that are over, sums by fewer names.
 */
#include "sqlite.h"

enum { BY_HOUR = 3600, BY_DAY = 86400 };

/* Of a detail, as the database reads it. False: it is to read it. */
static bool read_detail(book *b, yz_str detail, yz_str *provider, int64_t numbers[3]) {
    static const char *const names[3] = {"input", "cached", "output"};
    yz_json *json = NULL;
    b->usage.arena = b->usage.arena ? b->usage.arena : yz_arena_open();
    if (detail.n == 0 || detail.p[0] != '{' || yz_json_parse(b->usage.arena, detail, 0, &json, NULL) != YZ_OK)
        return false;
    const yz_json *named = yz_json_get(json, "provider");
    if (named && (!yz_json_is(named, YZ_JSON_STRING) || named->escaped))
        return false;
    *provider = yz_json_escaped(named);
    for (size_t i = 0; i < 3; i++) {
        const yz_json *said = yz_json_get(json, names[i]);
        numbers[i] = said ? yz_json_int(said, -1) : 0;
        if (numbers[i] < 0)
            return false;
    }
    return true;
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

bool usage_add(book *b, const usage_said *said, yz_str detail, int64_t now) {
    yz_str names[3] = {said->key, said->model, {0}};
    int64_t numbers[3];
    if (said->key.n == 0 || said->model.n == 0 || !read_detail(b, detail, &names[2], numbers))
        return false;
    usage_row *row = find_or_add(&b->usage, now - now % BY_HOUR, said->account, names);
    if (!row)
        return false;
    const int64_t more[USAGE_SUMS] = {1, numbers[0], numbers[1], numbers[2], said->captured, said->absorbed};
    for (size_t i = 0; i < USAGE_SUMS; i++)
        row->sums[i] += more[i];
    return true;
}

static bool write_row(book *b, int64_t span, const usage_row *row) {
    const char *at = row->names;
    const yz_str key = {at, row->n[0]}, model = {at + key.n, row->n[1]}, provider = {model.p + model.n, row->n[2]};
    const int64_t *s = row->sums;
    return book_run(b, BOOK_USAGE_ADD, "iiisssiiiiii", span, row->start - row->start % span, row->account, key, model, provider, s[0], s[1],
                    s[2], s[3], s[4], s[5]) == SQLITE_DONE;
}

bool usage_write(book *b) {
    bool ok = true;
    for (size_t i = 0; ok && i < b->usage.n; i++)
        ok = write_row(b, BY_HOUR, &b->usage.rows[i]) && write_row(b, BY_DAY, &b->usage.rows[i]);
    if (ok)
        b->usage.n = 0;
    return ok;
}

void usage_forget(book *b) {
    if (b->usage.arena)
        yz_arena_free(b->usage.arena);
    b->usage.arena = NULL;
    b->usage.n = 0;
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
