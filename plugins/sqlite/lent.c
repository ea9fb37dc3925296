/* lent.c: leases: what is lent to a process, so that it can make holds without asking. All of it runs inside a transaction of the caller's.
 *
 * What is lent is in the account's book `held`, put there by transactions of the kind HOLD that are about no hold, and taken from there by
 * one of the kind RELEASE. A hold out of a lease moves nothing: it is held already. The lease's row says how much of it is not in holds
 * yet.
 */
#include "sqlite.h"

#include "../common/lease.h"

#include <stdio.h>

enum { LENT_EXPIRE = 100, WANTED_LATELY = 10 }; /* that end at once; seconds */

typedef struct lease_row {
    int64_t account, rest, ended;
} lease_row;

static int find_lease(book *b, int64_t number, lease_row *row) {
    int code = book_run(b, BOOK_LEASE, "i", number);
    if (code != SQLITE_ROW)
        return code == SQLITE_DONE ? YZ_ENOTFOUND : YZ_EIO;
    *row = (lease_row){book_int(b, BOOK_LEASE, 0), book_int(b, BOOK_LEASE, 1), book_int(b, BOOK_LEASE, 2)};
    book_done(b, BOOK_LEASE);
    return YZ_OK;
}

/* Was it given back before it was there? Negative: the database failed. */
static int is_void(book *b, int64_t number) {
    int code = book_run(b, BOOK_LEASE_IS_VOID, "i", number);
    if (code == SQLITE_ROW)
        book_done(b, BOOK_LEASE_IS_VOID);
    return code == SQLITE_ROW ? 1 : code == SQLITE_DONE ? 0 : YZ_EIO;
}

/* ---- lending --------------------------------------------------------------------------------------------------------- */

/* Less, where there is little; nothing, where that is too little to be worth it. */
static int64_t share_of(const yz_posting *p, int64_t available) {
    int64_t share = available / lease_share, amount = p->amount < share ? p->amount : share;
    return amount >= p->amount / 4 ? amount : 0;
}

static int write_lease(book *b, const yz_posting *p, bool first, const account_row *row, int64_t amount, int64_t now) {
    int64_t number = (int64_t)p->lease;
    int code = first ? book_run(b, BOOK_LEASE_NEW, "iiiii", number, row->id, amount, now, p->expires)
                     : book_run(b, BOOK_LEASE_MORE, "iii", number, amount, p->expires);
    if (code != SQLITE_DONE)
        return YZ_EIO;
    return post_move(
        b, &(movement){.kind = YZ_POSTING_HOLD, .ref = p->id, .account = row->id, .now = now, .available = -amount, .held = amount});
}

/* Was it done before? YZ_OK, YZ_ENOTFOUND, YZ_EIO. */
static int taken_before(book *b, const yz_posting *p, yz_posted *posted) {
    int code = book_run(b, BOOK_TXN, "isi", (int64_t)YZ_POSTING_HOLD, p->id, (int64_t)BOOK_HELD);
    if (code != SQLITE_ROW)
        return code == SQLITE_DONE ? YZ_ENOTFOUND : YZ_EIO;
    posted->amount = book_int(b, BOOK_TXN, 2);
    posted->before = true;
    book_done(b, BOOK_TXN);
    return YZ_OK;
}

int lent_take(book *b, const yz_posting *p, int64_t now, yz_posted *posted) {
    account_row row = {0};
    lease_row there = {0};
    int before = taken_before(b, p, posted);
    if (before != YZ_ENOTFOUND)
        return before;
    int known = post_find_account(b, p->account, &row), found = find_lease(b, (int64_t)p->lease, &there);
    if (known == YZ_EIO || found == YZ_EIO)
        return YZ_EIO;
    int gone = found == YZ_ENOTFOUND ? is_void(b, (int64_t)p->lease) : 0;
    if (gone < 0)
        return YZ_EIO;
    bool ours = found == YZ_ENOTFOUND ? !gone : there.ended == 0 && there.account == row.id;
    bool wanted = now - row.wanted <= LEASE_WANTED && now >= row.wanted;
    int64_t amount = known == YZ_OK && ours && !wanted && p->expires > now ? share_of(p, row.available) : 0;
    posted->code = amount > 0 ? YZ_OK : YZ_ELIMIT;
    posted->amount = amount;
    return amount > 0 ? write_lease(b, p, found == YZ_ENOTFOUND, &row, amount, now) : YZ_OK;
}

/* ---- the end --------------------------------------------------------------------------------------------------------- */

static int end_lease(book *b, int64_t number, const lease_row *there, const char *why, int64_t now) {
    char ref[64];
    snprintf(ref, sizeof ref, "lease %lld", (long long)number);
    if (book_run(b, BOOK_LEASE_END, "ii", number, now) != SQLITE_DONE)
        return YZ_EIO;
    if (there->rest == 0)
        return YZ_OK;
    return post_move(b, &(movement){.kind = YZ_POSTING_RELEASE,
                                    .ref = yz_str_of(ref),
                                    .detail = yz_str_of(why),
                                    .account = there->account,
                                    .now = now,
                                    .available = there->rest,
                                    .held = -there->rest});
}

int lent_return(book *b, const yz_posting *p, int64_t now, yz_posted *posted) {
    lease_row there;
    int code = find_lease(b, p->amount, &there);
    if (code == YZ_EIO)
        return YZ_EIO;
    posted->before = code == YZ_OK && there.ended != 0;
    if (code == YZ_ENOTFOUND)
        return book_run(b, BOOK_LEASE_VOID, "i", p->amount) == SQLITE_DONE ? YZ_OK : YZ_EIO;
    return posted->before ? YZ_OK : end_lease(b, p->amount, &there, "nobody needs it", now);
}

int lent_expire(book *b, int64_t now) {
    for (int n = 0;; n++) {
        int code = n < LENT_EXPIRE ? book_run(b, BOOK_LEASE_EXPIRED, "i", now) : SQLITE_DONE;
        if (code == SQLITE_DONE)
            return n;
        int64_t number = code == SQLITE_ROW ? book_int(b, BOOK_LEASE_EXPIRED, 0) : 0;
        book_done(b, BOOK_LEASE_EXPIRED);
        lease_row there;
        if (code != SQLITE_ROW || find_lease(b, number, &there) != YZ_OK || end_lease(b, number, &there, "its time was over", now) != YZ_OK)
            return YZ_EIO;
    }
}

/* ---- when it is wanted back ------------------------------------------------------------------------------------------ */

int lent_want(book *b, int64_t account, int64_t now) {
    return book_run(b, BOOK_ACCOUNT_WANT, "ii", account, now) == SQLITE_DONE ? YZ_OK : YZ_EIO;
}

void lent_wanted(book *b, int64_t now, writer_told *told, void *arg) {
    sqlite3_stmt *s = b->statements[BOOK_WANTED];
    int code = book_run(b, BOOK_WANTED, "i", now - WANTED_LATELY);
    for (; code == SQLITE_ROW; code = sqlite3_step(s))
        told(arg, (uint64_t)book_int(b, BOOK_WANTED, 0), book_text(b, BOOK_WANTED, 1));
    book_done(b, BOOK_WANTED);
}

/* ---- holds out of it -------------------------------------------------------------------------------------------------- */

int lent_use(book *b, const yz_posting *hold, int64_t account) {
    if (book_run(b, BOOK_LEASE_USE, "iii", (int64_t)hold->lease, account, hold->amount) != SQLITE_DONE)
        return YZ_EIO;
    return sqlite3_changes(b->db) == 1 ? YZ_OK : YZ_ENOTFOUND;
}
