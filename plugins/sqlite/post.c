/* post.c: what each kind of posting does to the books. All of it runs inside a transaction of the caller's, whose write lock is held from
 * its beginning, so what is read here stays true until it is written.
 */
#include "sqlite.h"

#include <stdio.h>

typedef struct hold_row {
    int64_t account, amount, captured, refunded;
    yz_hold_state state;
    int64_t available, held, lent; /* of the account */
    bool late;                     /* nothing is held for it */
    yz_str key, model;             /* empty, if they are too long for `names` */
    char names[USAGE_NAMES];
} hold_row;

/* ---- reading -------------------------------------------------------------------------------------------------------- */

/* YZ_OK, YZ_ENOTFOUND, YZ_EIO. */
static int found(int code) { return code == SQLITE_ROW ? YZ_OK : code == SQLITE_DONE ? YZ_ENOTFOUND : YZ_EIO; }

static void read_account(book *b, book_statement s, account_row *row) {
    *row = (account_row){book_int(b, s, 0), book_int(b, s, 1), book_int(b, s, 2), book_int(b, s, 3), book_int(b, s, 4)};
    book_done(b, s);
}

int post_find_account(book *b, yz_str name, account_row *row) {
    int code = found(book_run(b, BOOK_ACCOUNT, "s", name));
    if (code != YZ_OK)
        return code;
    read_account(b, BOOK_ACCOUNT, row);
    return YZ_OK;
}

static void take_names(const book *b, hold_row *row) {
    yz_str key = book_text(b, BOOK_HOLD, 9), model = book_text(b, BOOK_HOLD, 10);
    if (key.n + model.n > sizeof row->names)
        return;
    memcpy(row->names, key.p, key.n);
    memcpy(row->names + key.n, model.p, model.n);
    row->key = yz_str_at(row->names, key.n);
    row->model = yz_str_at(row->names + key.n, model.n);
}

/* Of a hold that is not there. YZ_EREMOVED, YZ_ENOTFOUND, YZ_EIO. */
static int is_removed(book *b, yz_str id) {
    int code = found(book_run(b, BOOK_REMOVED, "s", id));
    if (code == YZ_OK)
        book_done(b, BOOK_REMOVED);
    return code == YZ_OK ? YZ_EREMOVED : code;
}

/* Likewise, or YZ_OK. */
static int find_hold(book *b, yz_str id, hold_row *row) {
    int code = found(book_run(b, BOOK_HOLD, "s", id));
    if (code != YZ_OK)
        return code == YZ_ENOTFOUND ? is_removed(b, id) : code;
    *row = (hold_row){.account = book_int(b, BOOK_HOLD, 0),
                      .amount = book_int(b, BOOK_HOLD, 1),
                      .state = (yz_hold_state)book_int(b, BOOK_HOLD, 2),
                      .captured = book_int(b, BOOK_HOLD, 3),
                      .refunded = book_int(b, BOOK_HOLD, 4),
                      .available = book_int(b, BOOK_HOLD, 5),
                      .held = book_int(b, BOOK_HOLD, 6),
                      .lent = book_int(b, BOOK_HOLD, 7),
                      .late = book_int(b, BOOK_HOLD, 8) == LEASE_LATE};
    take_names(b, row);
    book_done(b, BOOK_HOLD);
    return YZ_OK;
}

/* What is lent may still be held. */
static void tell(yz_posted *posted, int64_t available, int64_t held, int64_t lent) {
    posted->available = available + lent;
    posted->held = held - lent;
}

/* ---- writing -------------------------------------------------------------------------------------------------------- */

static bool add_entry(book *b, int64_t txn, book_name name, int64_t account, int64_t amount) {
    return amount == 0 || book_run(b, BOOK_ENTRY_NEW, "iiii", txn, (int64_t)name, account, amount) == SQLITE_DONE;
}

static bool add_entries(book *b, int64_t txn, const movement *m) {
    if (m->available && m->held && m->revenue && !m->paid && !m->absorbed) /* most of them */
        return book_run(b, BOOK_ENTRIES_OF_CAPTURE, "iiiii", txn, m->account, m->available, m->held, m->revenue) == SQLITE_DONE;
    return add_entry(b, txn, BOOK_AVAILABLE, m->account, m->available) && add_entry(b, txn, BOOK_HELD, m->account, m->held) &&
           add_entry(b, txn, BOOK_PAID, m->account, m->paid) && add_entry(b, txn, BOOK_REVENUE, m->account, m->revenue) &&
           add_entry(b, txn, BOOK_ABSORBED, m->account, m->absorbed);
}

int post_move(book *b, const movement *m) {
    if (book_run(b, BOOK_TXN_NEW, "isnis", (int64_t)m->kind, m->ref, m->hold, m->now, m->detail) != SQLITE_DONE)
        return YZ_EIO;
    int64_t txn = sqlite3_last_insert_rowid(b->db);
    if (!add_entries(b, txn, m))
        return YZ_EIO;
    bool moved = book_run(b, BOOK_ACCOUNT_MOVE, "iii", m->account, m->available, m->held) == SQLITE_DONE && sqlite3_changes(b->db) == 1;
    return moved ? YZ_OK : YZ_EIO;
}

/* ---- what may be posted -------------------------------------------------------------------------------------------- */

static bool name_ok(yz_str name) { return name.n > 0 && name.n <= YZ_LEDGER_NAME_MAX && !memchr(name.p, 0, name.n); }

static bool names_ok(const yz_posting *p) {
    bool ends = p->kind == YZ_POSTING_CAPTURE || p->kind == YZ_POSTING_RELEASE || p->kind == WRITER_RETURN;
    bool names_account = !ends && p->kind != YZ_POSTING_REFUND;
    bool names_other = p->kind == YZ_POSTING_REFUND || p->kind == YZ_POSTING_TRANSFER || p->kind == YZ_POSTING_RECORD;
    return name_ok(p->id) && (!names_account || name_ok(p->account)) && (!names_other || name_ok(p->of));
}

static bool numbers_ok(const yz_posting *p) {
    bool moves = p->kind == YZ_POSTING_CREDIT || p->kind == YZ_POSTING_HOLD || p->kind == YZ_POSTING_TRANSFER || p->kind == WRITER_LEASE;
    return p->amount >= (moves ? 1 : 0) && (p->amount <= YZ_LEDGER_AMOUNT_MAX || p->kind == WRITER_RETURN) &&
           (p->kind != YZ_POSTING_JOB || p->expires >= 0);
}

bool post_is_well_formed(const yz_posting *p) {
    bool with_ok = !p->with || (p->kind == YZ_POSTING_JOB && p->with->kind == YZ_POSTING_REFUND && post_is_well_formed(p->with));
    return names_ok(p) && numbers_ok(p) && with_ok && p->detail.n <= YZ_LEDGER_DETAIL_MAX;
}

/* ---- credit --------------------------------------------------------------------------------------------------------- */

/* Was a transaction of this kind and id written before? YZ_OK with what it was, YZ_ENOTFOUND, YZ_EIO. */
static int find_txn(book *b, yz_posting_kind kind, yz_str ref, book_name book_of, int64_t *account, int64_t *amount, yz_str of,
                    bool *same_hold) {
    int code = found(book_run(b, BOOK_TXN, "isi", (int64_t)kind, ref, (int64_t)book_of));
    if (code != YZ_OK)
        return code;
    *same_hold = yz_str_eq(book_text(b, BOOK_TXN, 0), of);
    *account = book_int(b, BOOK_TXN, 1);
    *amount = book_int(b, BOOK_TXN, 2);
    book_done(b, BOOK_TXN);
    return YZ_OK;
}

/* A CREDIT or REFUND whose id is known: the same again, or another? A REFUND of all that was left is the same, however much that was. */
static int post_again(const yz_posting *p, int64_t amount, bool same, const account_row *row, yz_posted *posted) {
    posted->code = same && (amount == p->amount || p->amount == 0) ? YZ_OK : YZ_EINVAL;
    posted->before = posted->code == YZ_OK;
    posted->amount = posted->before ? amount : 0;
    tell(posted, row->available, row->held, row->lent);
    return YZ_OK;
}

static bool too_much(int64_t available, int64_t held, int64_t more) { return available + held > YZ_LEDGER_TOTAL_MAX - more; }

static int make_account(book *b, yz_str name, int64_t now, account_row *row) {
    if (book_run(b, BOOK_ACCOUNT_NEW, "si", name, now) != SQLITE_DONE)
        return YZ_EIO;
    *row = (account_row){.id = sqlite3_last_insert_rowid(b->db)};
    return YZ_OK;
}

static int post_credit(book *b, const yz_posting *p, int64_t now, yz_posted *posted) {
    account_row row = {0};
    int64_t whose, amount;
    bool same_hold;
    int known = post_find_account(b, p->account, &row);
    int again = find_txn(b, YZ_POSTING_CREDIT, p->id, BOOK_AVAILABLE, &whose, &amount, yz_str_at(NULL, 0), &same_hold);
    if (known == YZ_EIO || again == YZ_EIO)
        return YZ_EIO;
    if (again == YZ_OK)
        return post_again(p, amount, whose == row.id, &row, posted);
    if (known == YZ_ENOTFOUND && make_account(b, p->account, now, &row) != YZ_OK)
        return YZ_EIO;
    tell(posted, row.available, row.held, row.lent);
    posted->code = too_much(row.available, row.held, p->amount) ? YZ_ELIMIT : YZ_OK;
    if (posted->code != YZ_OK)
        return YZ_OK;
    posted->amount = p->amount;
    posted->available += p->amount;
    return post_move(b, &(movement){.kind = YZ_POSTING_CREDIT,
                                    .ref = p->id,
                                    .detail = p->detail,
                                    .account = row.id,
                                    .now = now,
                                    .available = p->amount,
                                    .paid = -p->amount});
}

/* ---- holds ---------------------------------------------------------------------------------------------------------- */

static int hold_again(const yz_posting *p, const hold_row *hold, const account_row *row, yz_posted *posted) {
    posted->code = hold->account == row->id && hold->amount == p->amount ? YZ_OK : YZ_EINVAL;
    posted->before = posted->code == YZ_OK;
    posted->state = hold->state;
    posted->amount = hold->amount;
    return YZ_OK;
}

/* Out of its lease, if that stands; else out of what is available, as any other. */
static int find_money(book *b, const yz_posting *p, const account_row *row, int64_t now, bool *lent, yz_posted *posted) {
    int code = p->lease ? lent_use(b, p, row->id) : YZ_ENOTFOUND;
    *lent = code == YZ_OK;
    if (code == YZ_EIO)
        return YZ_EIO;
    posted->code = *lent || row->available >= p->amount ? YZ_OK : YZ_ELIMIT;
    if (posted->code == YZ_OK)
        return count_check(b, p, posted);
    return row->available + row->lent >= p->amount ? lent_want(b, row->id, now) : YZ_OK;
}

/* out_of: which lease; 0: the account; LEASE_LATE: nothing. */
static int write_hold(book *b, const yz_posting *p, const account_row *row, int64_t out_of, int64_t now) {
    yz_buf names = {0};
    count_names(p, &names);
    bool written = book_run(b, BOOK_HOLD_NEW, "siisssiiiss", p->id, row->id, p->amount, p->request, p->model, p->price, now, p->expires,
                            out_of, p->key, yz_buf_view(&names)) == SQLITE_DONE;
    yz_buf_free(&names);
    if (!written || count_hold(b, p) != YZ_OK)
        return YZ_EIO;
    if (out_of != 0)
        return YZ_OK;
    return post_move(b, &(movement){.kind = YZ_POSTING_HOLD,
                                    .ref = p->id,
                                    .hold = p->id,
                                    .account = row->id,
                                    .now = now,
                                    .available = -p->amount,
                                    .held = p->amount});
}

static int post_hold(book *b, const yz_posting *p, int64_t now, yz_posted *posted) {
    account_row row = {0};
    hold_row hold;
    bool lent = false;
    int known = post_find_account(b, p->account, &row), again = find_hold(b, p->id, &hold);
    if (known == YZ_EIO || again == YZ_EIO)
        return YZ_EIO;
    tell(posted, row.available, row.held, row.lent);
    if (again == YZ_OK)
        return hold_again(p, &hold, &row, posted);
    posted->code = again == YZ_EREMOVED ? again : known;
    if (posted->code == YZ_OK && find_money(b, p, &row, now, &lent, posted) != YZ_OK)
        return YZ_EIO;
    if (posted->code != YZ_OK)
        return YZ_OK;
    posted->amount = p->amount;
    posted->available -= p->amount, posted->held += p->amount;
    return write_hold(b, p, &row, lent ? (int64_t)p->lease : 0, now);
}

/* ---- the end of a hold ---------------------------------------------------------------------------------------------- */

static int64_t less(int64_t a, int64_t b) { return a < b ? a : b; }

/* Who pays a cost: the hold first, then the rest of the account, then the operator. */
static movement share_cost(const hold_row *hold, int64_t cost, int64_t *paid) {
    int64_t amount = hold->late ? 0 : hold->amount, of_hold = less(cost, amount), of_account = less(cost - of_hold, hold->available);
    *paid = of_hold + of_account;
    return (movement){.account = hold->account, .held = -amount, .available = amount - *paid, .revenue = cost, .absorbed = *paid - cost};
}

static int end_hold(book *b, yz_str id, const hold_row *hold, int kind, int64_t cost, yz_str detail, int64_t now, yz_posted *posted) {
    int64_t paid;
    movement m = share_cost(hold, cost, &paid);
    m.kind = kind, m.ref = m.hold = id, m.now = now;
    posted->state = kind == YZ_POSTING_CAPTURE ? YZ_HOLD_CAPTURED : kind == YZ_POSTING_RELEASE ? YZ_HOLD_RELEASED : YZ_HOLD_EXPIRED;
    posted->amount = paid;
    posted->absorbed = -m.absorbed;
    tell(posted, hold->available + m.available, hold->held + m.held, hold->lent);
    const usage_said said = {hold->account, paid, -m.absorbed, hold->key, hold->model};
    int64_t summed = kind == YZ_POSTING_CAPTURE ? usage_add(b, &said, detail, now) : usage_add_tries(b, detail, now);
    bool ended = book_run(b, BOOK_HOLD_END, "siiiisi", id, (int64_t)posted->state, paid, -m.absorbed, now, detail, summed) == SQLITE_DONE &&
                 sqlite3_changes(b->db) == 1;
    return ended ? post_move(b, &m) : YZ_EIO;
}

/* The request was served, and its account has spent what its hold was made of: the hold is written for the sake of its charge. One that
 * costs nothing leaves nothing. */
static int write_late(book *b, const yz_posting *p, bool final, int64_t now, hold_row *hold, yz_posted *posted) {
    account_row row = {0};
    if (post_find_account(b, p->hold->account, &row) != YZ_OK)
        return YZ_EIO;
    bool costs = p->kind == YZ_POSTING_CAPTURE && p->amount > 0;
    posted->code = costs ? YZ_OK : YZ_ENOTFOUND;
    if (costs && !final && row.lent > 0) {
        posted->code = YZ_EAGAIN;
        return lent_want(b, row.id, now);
    }
    if (!costs)
        return YZ_OK;
    return write_hold(b, p->hold, &row, LEASE_LATE, now) == YZ_OK ? find_hold(b, p->id, hold) : YZ_EIO;
}

/* The hold it ends, which is written now if it is one out of a lease that is not there yet. *posted says why there is none. */
static int find_or_write_hold(book *b, const yz_posting *p, bool final, int64_t now, hold_row *hold, yz_posted *posted) {
    int code = find_hold(b, p->id, hold);
    posted->code = code;
    if (code != YZ_ENOTFOUND || !p->hold)
        return code == YZ_EIO ? YZ_EIO : YZ_OK;
    if (!yz_str_eq(p->hold->id, p->id) || !post_is_well_formed(p->hold)) {
        posted->code = YZ_EINVAL;
        return YZ_OK;
    }
    *posted = (yz_posted){YZ_POSTED};
    code = post_hold(b, p->hold, now, posted);
    if (code == YZ_OK && posted->code == YZ_ELIMIT && p->hold->lease)
        return write_late(b, p, final, now, hold, posted);
    return code == YZ_OK && posted->code == YZ_OK ? find_hold(b, p->id, hold) : code;
}

/* Less than it costs is there, but some of it is lent: it may be given back for this. */
static bool wants_lent(const yz_posting *p, const hold_row *hold, bool final) {
    return !final && p->kind == YZ_POSTING_CAPTURE && hold->lent > 0 && p->amount > hold->amount + hold->available;
}

static int post_end(book *b, const yz_posting *p, bool final, int64_t now, yz_posted *posted) {
    hold_row hold;
    int code = find_or_write_hold(b, p, final, now, &hold, posted);
    if (code != YZ_OK || posted->code != YZ_OK)
        return code;
    if (hold.state == YZ_HOLD_OPEN && wants_lent(p, &hold, final)) {
        posted->code = YZ_EAGAIN;
        return lent_want(b, hold.account, now);
    }
    if (hold.state == YZ_HOLD_OPEN)
        return end_hold(b, p->id, &hold, (int)p->kind, p->kind == YZ_POSTING_CAPTURE ? p->amount : 0, p->detail, now, posted);
    posted->before = true;
    posted->state = hold.state;
    posted->amount = hold.captured;
    tell(posted, hold.available, hold.held, hold.lent);
    return YZ_OK;
}

int post_expire(book *b, int64_t now, int most) {
    int n = 0;
    for (; n < most; n++) {
        int code = book_run(b, BOOK_EXPIRED, "i", now);
        if (code == SQLITE_DONE)
            break;
        char id[YZ_LEDGER_NAME_MAX];
        yz_str found_id = code == SQLITE_ROW ? book_text(b, BOOK_EXPIRED, 0) : yz_str_at(NULL, 0);
        size_t length = found_id.n <= sizeof id ? found_id.n : 0;
        if (length)
            memcpy(id, found_id.p, length);
        book_done(b, BOOK_EXPIRED);
        hold_row hold;
        yz_posted posted = {YZ_POSTED};
        if (length == 0 || find_hold(b, yz_str_at(id, length), &hold) != YZ_OK ||
            end_hold(b, yz_str_at(id, length), &hold, TXN_EXPIRE, 0, YZ_STR("its time was over"), now, &posted) != YZ_OK)
            return YZ_EIO;
    }
    return n;
}

/* ---- refunds -------------------------------------------------------------------------------------------------------- */

static int refund_captured(book *b, const yz_posting *p, const hold_row *hold, int64_t amount, int64_t now, yz_posted *posted) {
    bool fits = hold->state == YZ_HOLD_CAPTURED && hold->captured - hold->refunded >= amount;
    posted->code = fits && !too_much(hold->available, hold->held, amount) ? YZ_OK : YZ_ELIMIT;
    if (posted->code != YZ_OK)
        return YZ_OK;
    if (!usage_write(b)) /* its charge may be of this transaction: the table's trigger is to find it among the sums */
        return YZ_EIO;
    if (book_run(b, BOOK_HOLD_REFUND, "si", p->of, amount) != SQLITE_DONE || sqlite3_changes(b->db) != 1)
        return YZ_EIO;
    posted->amount = amount;
    posted->available += amount;
    return post_move(b, &(movement){.kind = YZ_POSTING_REFUND,
                                    .ref = p->id,
                                    .hold = p->of,
                                    .detail = p->detail,
                                    .account = hold->account,
                                    .now = now,
                                    .available = amount,
                                    .revenue = -amount});
}

/* A refund outlives its hold: said again, it is the same. */
static int given_back_before(book *b, const yz_posting *p, int64_t whose, int64_t amount, bool same_hold, yz_posted *posted) {
    account_row row;
    if (book_run(b, BOOK_ACCOUNT_OF, "i", whose) != SQLITE_ROW)
        return YZ_EIO;
    read_account(b, BOOK_ACCOUNT_OF, &row);
    posted->state = YZ_HOLD_CAPTURED;
    return post_again(p, amount, same_hold, &row, posted);
}

int post_refund(book *b, const yz_posting *p, int64_t now, yz_posted *posted) {
    hold_row hold;
    int64_t whose, amount;
    bool same_hold;
    int known = find_hold(b, p->of, &hold);
    int again = find_txn(b, YZ_POSTING_REFUND, p->id, BOOK_AVAILABLE, &whose, &amount, p->of, &same_hold);
    if (known == YZ_EIO || again == YZ_EIO)
        return YZ_EIO;
    if (known == YZ_EREMOVED && again == YZ_OK)
        return given_back_before(b, p, whose, amount, same_hold, posted);
    if (known != YZ_OK) {
        posted->code = known;
        return YZ_OK;
    }
    account_row row = {hold.account, hold.available, hold.held, hold.lent, 0};
    posted->state = hold.state;
    tell(posted, row.available, row.held, row.lent);
    if (again == YZ_OK)
        return post_again(p, amount, same_hold, &row, posted);
    amount = p->amount ? p->amount : hold.captured - hold.refunded;
    bool nothing = amount == 0 && hold.state != YZ_HOLD_OPEN; /* of an open one its charge may still come */
    return nothing ? YZ_OK : refund_captured(b, p, &hold, amount, now, posted);
}

/* ---- transfers ------------------------------------------------------------------------------------------------------- */

/* One side: as if so much had been paid in there, or out. */
static int move_side(book *b, const yz_posting *p, const char *side, int64_t account, int64_t amount, int64_t now) {
    char ref[YZ_LEDGER_NAME_MAX + 16];
    snprintf(ref, sizeof ref, "transfer %s %.*s", side, YZ_STR_ARGS(p->id));
    return post_move(b, &(movement){.kind = YZ_POSTING_CREDIT,
                                    .ref = yz_str_of(ref),
                                    .detail = p->detail,
                                    .account = account,
                                    .now = now,
                                    .available = amount,
                                    .paid = -amount});
}

static int transfer_again(book *b, const yz_posting *p, const account_row *from, const account_row *to, yz_posted *posted) {
    char ref[YZ_LEDGER_NAME_MAX + 16];
    int64_t gave, got, amount = 0;
    bool same;
    snprintf(ref, sizeof ref, "transfer from %.*s", YZ_STR_ARGS(p->id));
    int code = find_txn(b, YZ_POSTING_CREDIT, yz_str_of(ref), BOOK_AVAILABLE, &gave, &amount, yz_str_at(NULL, 0), &same);
    if (code != YZ_OK)
        return code;
    snprintf(ref, sizeof ref, "transfer to %.*s", YZ_STR_ARGS(p->id));
    code = find_txn(b, YZ_POSTING_CREDIT, yz_str_of(ref), BOOK_AVAILABLE, &got, &amount, yz_str_at(NULL, 0), &same);
    return code == YZ_OK ? post_again(p, amount, gave == from->id && got == to->id, from, posted) : YZ_EIO;
}

static int transfer_new(book *b, const yz_posting *p, const account_row *from, account_row *to, int64_t now, yz_posted *posted) {
    posted->code = from->id == 0                                  ? YZ_ENOTFOUND
                   : from->id == to->id                           ? YZ_EINVAL
                   : from->available < p->amount                  ? YZ_ELIMIT
                   : too_much(to->available, to->held, p->amount) ? YZ_ELIMIT
                                                                  : YZ_OK;
    if (posted->code == YZ_ELIMIT && from->available < p->amount && from->available + from->lent >= p->amount)
        return lent_want(b, from->id, now);
    if (posted->code != YZ_OK)
        return YZ_OK;
    if (to->id == 0 && make_account(b, p->of, now, to) != YZ_OK)
        return YZ_EIO;
    posted->amount = p->amount;
    posted->available -= p->amount;
    int code = move_side(b, p, "from", from->id, -p->amount, now);
    return code == YZ_OK ? move_side(b, p, "to", to->id, p->amount, now) : code;
}

static int post_transfer(book *b, const yz_posting *p, int64_t now, yz_posted *posted) {
    account_row from = {0}, to = {0};
    if (post_find_account(b, p->account, &from) == YZ_EIO || post_find_account(b, p->of, &to) == YZ_EIO)
        return YZ_EIO;
    tell(posted, from.available, from.held, from.lent);
    int again = transfer_again(b, p, &from, &to, posted);
    return again == YZ_ENOTFOUND ? transfer_new(b, p, &from, &to, now, posted) : again;
}

/* ---- all of them ---------------------------------------------------------------------------------------------------- */

int post_one(book *b, const yz_posting *posting, bool final, int64_t now, yz_posted *posted) {
    *posted = (yz_posted){YZ_POSTED};
    bool ok = post_is_well_formed(posting);
    if (ok && posting->kind == WRITER_LEASE)
        return lent_take(b, posting, now, posted);
    if (ok && posting->kind == WRITER_RETURN)
        return lent_return(b, posting, now, posted);
    if (ok)
        switch (posting->kind) {
        case YZ_POSTING_CREDIT:
            return post_credit(b, posting, now, posted);
        case YZ_POSTING_HOLD:
            return post_hold(b, posting, now, posted);
        case YZ_POSTING_CAPTURE:
        case YZ_POSTING_RELEASE:
            return post_end(b, posting, final, now, posted);
        case YZ_POSTING_REFUND:
            return post_refund(b, posting, now, posted);
        case YZ_POSTING_TRANSFER:
            return post_transfer(b, posting, now, posted);
        case YZ_POSTING_RECORD:
            return record_post(b, posting, now, posted);
        case YZ_POSTING_JOB:
            return job_post(b, posting, now, posted);
        case YZ_POSTING_EXPIRE:
        case YZ_POSTING_NONE:
        case YZ_POSTING_KINDS:
            break;
        }
    posted->code = YZ_EINVAL;
    return YZ_OK;
}
