/* record.c: records, and what holds are counted in. All of it runs inside a transaction of the caller's. */
#include "sqlite.h"

/* ---- records -------------------------------------------------------------------------------------------------------- */

/* The revision it stands at; 0: there is none; negative: the database failed. *same: it says the same as the posting. */
static int64_t revision_of(book *b, const yz_posting *p, bool *same) {
    int code = book_run(b, BOOK_RECORD, "ss", p->account, p->id);
    if (code != SQLITE_ROW)
        return code == SQLITE_DONE ? 0 : YZ_EIO;
    int64_t revision = book_int(b, BOOK_RECORD, 0);
    *same = yz_str_eq(book_text(b, BOOK_RECORD, 1), p->detail);
    book_done(b, BOOK_RECORD);
    return revision;
}

int record_post(book *b, const yz_posting *p, int64_t now, yz_posted *posted) {
    bool same = false;
    int64_t stands = revision_of(b, p, &same), next = p->amount + 1;
    if (stands < 0)
        return YZ_EIO;
    posted->before = stands == next && same;
    posted->code = stands == p->amount || posted->before ? YZ_OK : YZ_EINVAL;
    posted->amount = posted->code == YZ_OK ? next : stands;
    if (posted->code != YZ_OK || posted->before)
        return YZ_OK;
    if (book_run(b, BOOK_HISTORY_NEW, "ssisis", p->account, p->id, next, p->of, now, p->detail) != SQLITE_DONE)
        return YZ_EIO;
    int64_t where = sqlite3_last_insert_rowid(b->db);
    bool put = book_run(b, BOOK_RECORD_PUT, "ssiisis", p->account, p->id, next, where, p->of, now, p->detail) == SQLITE_DONE;
    return put ? YZ_OK : YZ_EIO;
}

/* ---- counts --------------------------------------------------------------------------------------------------------- */

/* Negative: the database failed. */
static int64_t count_of(book *b, yz_str name) {
    int code = book_run(b, BOOK_COUNT, "s", name);
    if (code != SQLITE_ROW)
        return code == SQLITE_DONE ? 0 : YZ_EIO;
    int64_t amount = book_int(b, BOOK_COUNT, 0);
    book_done(b, BOOK_COUNT);
    return amount;
}

int count_check(book *b, const yz_posting *p, yz_posted *posted) {
    for (size_t i = 0; i < p->n_counts; i++) {
        const yz_counted *c = p->counts[i];
        int64_t amount = count_of(b, c->name), left = c->most > amount ? c->most - amount : 0;
        if (amount < 0)
            return YZ_EIO;
        if (left >= p->amount)
            continue;
        posted->code = YZ_ELIMIT;
        posted->count = i + 1;
        posted->available = left;
        return YZ_OK;
    }
    return YZ_OK;
}

/* ["…","…"] */
void count_names(const yz_posting *p, yz_buf *out) {
    for (size_t i = 0; i < p->n_counts; i++) {
        yz_buf_char(out, i ? ',' : '[');
        yz_buf_json_str(out, p->counts[i]->name);
    }
    yz_buf_lit(out, p->n_counts ? "]" : "");
}

int count_hold(book *b, const yz_posting *p) {
    bool ok = true;
    for (size_t i = 0; ok && i < p->n_counts; i++)
        ok = book_run(b, BOOK_COUNT_ADD, "si", p->counts[i]->name, p->amount) == SQLITE_DONE;
    return ok ? YZ_OK : YZ_EIO;
}
