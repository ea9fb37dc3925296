/* job.c: jobs, and what is posted with them. All of it runs inside a transaction of the caller's. */
#include "sqlite.h"

/* How it stands. */
typedef struct job_row {
    int64_t revision; /* 0: there is none */
    bool over;
    bool ours; /* the posting's owner is its own */
    bool same; /* it says the same as the posting */
    bool removed;
} job_row;

static int find_removed(book *b, const yz_posting *p, job_row *row) {
    int code = book_run(b, BOOK_JOB_REMOVED, "s", p->id);
    row->removed = code == SQLITE_ROW;
    if (row->removed)
        book_done(b, BOOK_JOB_REMOVED);
    return code == SQLITE_ROW || code == SQLITE_DONE ? YZ_OK : YZ_EIO;
}

static int find_job(book *b, const yz_posting *p, job_row *row) {
    int code = book_run(b, BOOK_JOB, "s", p->id);
    *row = (job_row){.ours = true};
    if (code == SQLITE_DONE)
        return find_removed(b, p, row);
    if (code != SQLITE_ROW)
        return YZ_EIO;
    int64_t look = book_int(b, BOOK_JOB, 2);
    *row = (job_row){.revision = book_int(b, BOOK_JOB, 1),
                     .over = look == 0,
                     .ours = yz_str_eq(book_text(b, BOOK_JOB, 0), p->account),
                     .same = look == p->expires && yz_str_eq(book_text(b, BOOK_JOB, 3), p->detail)};
    book_done(b, BOOK_JOB);
    return YZ_OK;
}

static int write_job(book *b, const yz_posting *p, int64_t now) {
    int64_t next = p->amount + 1, ended = p->expires ? 0 : now;
    int code = p->amount ? book_run(b, BOOK_JOB_PUT, "siiis", p->id, next, p->expires, ended, p->detail)
                         : book_run(b, BOOK_JOB_NEW, "sssiiiis", p->id, p->account, p->key, next, p->expires, now, ended, p->detail);
    return code == SQLITE_DONE ? YZ_OK : YZ_EIO;
}

/* Its charge may be of this transaction: the sums are to be there. */
static int add_usage(book *b, const yz_posting *p) {
    if (p->input == 0 && p->cached == 0 && p->output == 0)
        return YZ_OK;
    bool ok = usage_write(b) && book_run(b, BOOK_HOLD_USED, "siii", p->id, p->input, p->cached, p->output) == SQLITE_DONE;
    return ok ? YZ_OK : YZ_EIO;
}

int job_post(book *b, const yz_posting *p, int64_t now, yz_posted *posted) {
    job_row row;
    yz_posted with = {YZ_POSTED};
    if (find_job(b, p, &row) != YZ_OK)
        return YZ_EIO;
    posted->before = row.ours && row.same && row.revision == p->amount + 1;
    bool writes = row.ours && !row.over && !row.removed && row.revision == p->amount;
    posted->amount = row.revision;
    posted->code = row.removed ? YZ_EREMOVED : posted->before || writes ? YZ_OK : YZ_EINVAL;
    if (!writes)
        return YZ_OK;
    if (p->with && post_refund(b, p->with, now, &with) != YZ_OK)
        return YZ_EIO;
    posted->code = with.code;
    if (with.code != YZ_OK)
        return YZ_OK;
    if (add_usage(b, p) != YZ_OK)
        return YZ_EIO;
    posted->amount = p->amount + 1;
    return write_job(b, p, now);
}
