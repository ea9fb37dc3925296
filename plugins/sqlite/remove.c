/* remove.c: what is older than is kept goes, a few hundred requests at a time, between the postings of the writer's thread.
 *
 * A hold goes with the transactions of its beginning and its end; what those came to is added to the table `removed`, by the hour of its
 * end and by its account, in the same transaction. So at any moment what remains and what was removed add up to the balances and the sums,
 * and the audit holds them against each other. `removed` refuses what does not add up in itself: a fault is not removed, it stays for the
 * audit. The ids of holds stay (`removed_hold`), so that none is posted again. A lease goes when all its holds have. Once all have gone
 * that are old, so do jobs that were over by then (one that still has its hold waits for it), and what was counted in days and months that
 * were. The triggers of the tables let nothing else go.
 */
#include "sqlite.h"

enum { MOST = 200 }; /* holds, and leases: some milliseconds' worth */

static bool run_all(book *b, const book_statement *which, size_t n) {
    bool ok = true;
    for (size_t i = 0; ok && i < n; i++)
        ok = book_run(b, which[i], "") == SQLITE_DONE;
    return ok;
}

static bool pick_leases(book *b, int64_t before) {
    return book_run(b, BOOK_GOING_LEASES, "ii", before, (int64_t)MOST) == SQLITE_DONE &&
           book_run(b, BOOK_GOING_LEASE_TXNS, "") == SQLITE_DONE;
}

/* How many go, and until when nothing is complete any more. */
static bool count(book *b, int64_t n[2], int64_t *until) {
    if (book_run(b, BOOK_GOING_LAST, "") != SQLITE_ROW)
        return false;
    n[0] = book_int(b, BOOK_GOING_LAST, 0), n[1] = book_int(b, BOOK_GOING_LAST, 2);
    *until = book_int(b, BOOK_GOING_LAST, 1) + 1;
    book_done(b, BOOK_GOING_LAST);
    return true;
}

static bool let_go(book *b, int64_t until, yz_str rule) {
    static const book_statement sums[] = {BOOK_GONE_SUMS, BOOK_GONE_TXNS, BOOK_GONE_ENTRIES, BOOK_GONE_HOLDS, BOOK_GONE_LEASES};
    return run_all(b, sums, sizeof sums / sizeof *sums) && book_run(b, BOOK_REMOVAL, "is", until, rule) == SQLITE_DONE;
}

/* How many rows the last of them took, or -1. */
static int gone(const book *b, bool ok) { return ok ? sqlite3_changes(b->db) : -1; }

/* As remove_old: what goes after the holds. */
static int remove_rest(book *b, int64_t before) {
    static const book_statement jobs[] = {BOOK_GONE_JOB_IDS, BOOK_GONE_JOBS};
    bool picked = run_all(b, (const book_statement[]){BOOK_GOING_CLEAR_JOBS}, 1) &&
                  book_run(b, BOOK_GOING_JOBS, "ii", before, (int64_t)MOST) == SQLITE_DONE;
    int n[3] = {gone(b, picked && run_all(b, jobs, 2)), -1, -1};
    if (n[0] >= 0)
        n[1] = gone(b, book_run(b, BOOK_GONE_DAYS, "ii", before, (int64_t)MOST) == SQLITE_DONE);
    if (n[1] >= 0)
        n[2] = gone(b, book_run(b, BOOK_GONE_MONTHS, "ii", before, (int64_t)MOST) == SQLITE_DONE);
    return n[2] < 0 ? YZ_EIO : n[0] == MOST || n[1] == MOST || n[2] == MOST;
}

int remove_old(book *b, int64_t before, yz_str rule) {
    static const book_statement clear[] = {BOOK_GOING_CLEAR, BOOK_GOING_CLEAR_LEASES, BOOK_GOING_CLEAR_TXNS};
    static const book_statement holds[] = {BOOK_GOING_TXNS, BOOK_GONE_IDS, BOOK_GONE_TRIES, BOOK_GONE_COUNTS, BOOK_GONE_LENT};
    int64_t n[2], until;
    bool picked = run_all(b, clear, sizeof clear / sizeof *clear) && book_run(b, BOOK_GOING, "ii", before, (int64_t)MOST) == SQLITE_DONE &&
                  run_all(b, holds, sizeof holds / sizeof *holds) && pick_leases(b, before) && count(b, n, &until);
    if (!picked || ((n[0] || n[1]) && !let_go(b, until, rule)))
        return YZ_EIO;
    return n[0] == MOST || n[1] == MOST ? 1 : remove_rest(b, before);
}
