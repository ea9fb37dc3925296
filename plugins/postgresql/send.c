/* send.c: a posting in libpq's words: a prepared statement for each sort of them. */
#include "postgresql.h"

#include "../common/lease.h"

#include <stdio.h>
#include <stdlib.h>

enum { NUMBER = 24, MOST_PARAMS = 14 };

/* ---- texts ---------------------------------------------------------------------------------------------------------- */

/* How long the character at `at` is; 0: the database takes UTF-8 without zero bytes, and this is something else. */
static size_t character(yz_str text, size_t at) {
    const unsigned char *p = (const unsigned char *)text.p + at;
    size_t left = text.n - at, n = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : p[0] < 0xf5 ? 4 : 0;
    if (p[0] == 0 || n == 0 || n > left)
        return 0;
    for (size_t i = 1; i < n; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    bool odd =
        (p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] >= 0xa0) || (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] >= 0x90);
    return n > 1 && odd ? 0 : n;
}

/* Of texts that a client chose, what the database does not take becomes a question mark. */
static char *text_of(yz_str text) {
    char *copy = malloc(text.n + 1);
    for (size_t i = 0, n; copy && i < text.n; i += n) {
        n = character(text, i);
        memcpy(copy + i, n ? text.p + i : "?", n ? n : 1);
        n = n ? n : 1;
    }
    if (copy)
        copy[text.n] = 0;
    return copy;
}

bool pg_text_ok(yz_str text) {
    for (size_t i = 0, n; i < text.n; i += n)
        if ((n = character(text, i)) == 0)
            return false;
    return true;
}

static bool name_ok(yz_str name) { return name.n > 0 && name.n <= YZ_LEDGER_NAME_MAX && pg_text_ok(name); }

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

bool pg_send_ok(const yz_posting *p) {
    bool lends = p->kind == WRITER_LEASE || p->kind == WRITER_RETURN;
    bool known = lends || (p->kind > YZ_POSTING_NONE && p->kind < YZ_POSTING_KINDS && p->kind != YZ_POSTING_EXPIRE);
    bool hold_ok = !p->hold || (yz_str_eq(p->hold->id, p->id) && pg_send_ok(p->hold));
    bool with_ok = !p->with || (p->kind == YZ_POSTING_JOB && p->with->kind == YZ_POSTING_REFUND && pg_send_ok(p->with));
    return known && names_ok(p) && numbers_ok(p) && hold_ok && with_ok && p->detail.n <= YZ_LEDGER_DETAIL_MAX;
}

/* ---- statements ----------------------------------------------------------------------------------------------------- */

static const struct {
    const char *name, *text;
    int params;
} statements[] = {
    {"post",
     "SELECT code, before, state, amount, available, held, 0, 0 FROM yuzui_post_told($1::int, $2, $3, $4, $5::bigint, $6, $7::bigint)", 7},
    {"hold",
     "SELECT code, before, state, amount, available, held, counted, 0 FROM yuzui_hold($1, $2, $3::bigint, $4::bigint, $5, $6, $7, "
     "$8::bigint, $9, $10::text[], $11::bigint[], $12::bigint)",
     12},
    {"finish",
     "SELECT code, before, state, amount, available, held, 0, absorbed FROM yuzui_finish($1::int, $2, $3::bigint, $4, $5::boolean, "
     "$6::bigint, $7, $8::bigint, $9::bigint, $10, $11, $12, $13, $14::bigint)",
     14},
    {"transfer",
     "SELECT code, before, state, amount, available, held, 0, 0 FROM yuzui_transfer_told($1, $2, $3, $4::bigint, $5, $6::bigint)", 6},
    {"record", "SELECT code, before, state, amount, available, held, counted, 0 FROM yuzui_put($1, $2, $3, $4::bigint, $5, $6::bigint)", 6},
    {"refund", "SELECT code, before, state, amount, available, held, 0, 0 FROM yuzui_refund($1, $2, $3::bigint, $4, $5::bigint)", 5},
    {"job",
     "SELECT code, before, 0, amount, 0, 0, 0, 0 FROM yuzui_job($1, $2, $3, $4::bigint, $5::bigint, $6, $7::bigint, $8, $9, $10::bigint, "
     "$11)",
     11},
    {"used",
     "SELECT code, before, 0, amount, 0, 0, 0, 0 FROM yuzui_job_used($1, $2, $3, $4::bigint, $5::bigint, $6, $7::bigint, $8, $9, "
     "$10::bigint, $11, $12::bigint, $13::bigint, $14::bigint)",
     14},
    {"lend",
     "SELECT code, false, 0, amount, 0, 0, 0, 0 FROM yuzui_lend($1, $2, $3::bigint, $4::bigint, $5::bigint, $6::bigint, $7::bigint, "
     "$8::bigint)",
     8},
    {"return", "SELECT 0, yuzui_return($1::bigint, 'nobody needs it', $2::bigint), 0, 0, 0, 0, 0, 0", 2},
};

bool pg_send_prepare(pg_link *link) {
    bool ok = true;
    for (size_t i = 0; ok && i < sizeof statements / sizeof *statements; i++) {
        PGresult *result = PQprepare(link->conn, statements[i].name, statements[i].text, statements[i].params, NULL);
        ok = PQresultStatus(result) == PGRES_COMMAND_OK;
        PQclear(result);
    }
    return ok;
}

/* ---- sending -------------------------------------------------------------------------------------------------------- */

typedef struct params {
    char *values[MOST_PARAMS];
    int n;
    bool failed;
} params;

static void add_own(params *all, char *text) {
    all->failed |= text == NULL;
    all->values[all->n++] = text;
}

static void add_text(params *all, yz_str text) { add_own(all, text_of(text)); }

static void add_number(params *all, int64_t number) {
    char text[NUMBER];
    snprintf(text, sizeof text, "%lld", (long long)number);
    add_own(all, strdup(text));
}

/* {"a","b"}: an array in the database's own spelling. */
static void add_names(params *all, const yz_posting *p) {
    yz_buf out = {0};
    yz_buf_char(&out, '{');
    for (size_t i = 0; i < p->n_counts; i++) {
        yz_buf_lit(&out, i ? ",\"" : "\"");
        for (size_t k = 0; k < p->counts[i]->name.n; k++) {
            char c = p->counts[i]->name.p[k];
            yz_buf_lit(&out, c == '"' || c == '\\' ? "\\" : "");
            yz_buf_char(&out, c);
        }
        yz_buf_char(&out, '"');
    }
    yz_buf_char(&out, '}');
    add_text(all, yz_buf_view(&out));
    yz_buf_free(&out);
}

static void add_mosts(params *all, const yz_posting *p) {
    yz_buf out = {0};
    yz_buf_char(&out, '{');
    for (size_t i = 0; i < p->n_counts; i++)
        yz_buf_printf(&out, "%s%lld", i ? "," : "", (long long)p->counts[i]->most);
    yz_buf_char(&out, '}');
    add_text(all, yz_buf_view(&out));
    yz_buf_free(&out);
}

static const char *add_hold(params *all, const yz_posting *p, int64_t now) {
    add_text(all, p->account), add_text(all, p->id), add_number(all, p->amount), add_number(all, p->expires), add_text(all, p->request);
    add_text(all, p->model), add_text(all, p->price), add_number(all, now), add_text(all, p->key), add_names(all, p), add_mosts(all, p);
    add_number(all, (int64_t)p->lease);
    return "hold";
}

static const char *add_end(params *all, const yz_posting *p, bool final, int64_t now) {
    static const yz_posting none = {YZ_POSTING};
    const yz_posting *h = p->hold ? p->hold : &none;
    add_number(all, p->kind), add_text(all, p->id), add_number(all, p->amount), add_text(all, p->detail);
    add_text(all, final ? YZ_STR("t") : YZ_STR("f")), add_number(all, now), add_text(all, h->account), add_number(all, h->amount);
    add_number(all, h->expires), add_text(all, h->request), add_text(all, h->model), add_text(all, h->price), add_text(all, h->key);
    add_number(all, (int64_t)h->lease);
    return "finish";
}

static const char *add_lease(params *all, const yz_posting *p, int64_t now) {
    add_text(all, p->account), add_text(all, p->id), add_number(all, p->amount), add_number(all, (int64_t)p->lease);
    add_number(all, p->expires - now), add_number(all, lease_share), add_number(all, LEASE_WANTED), add_number(all, now);
    return "lend";
}

static const char *add_return(params *all, const yz_posting *p, int64_t now) {
    add_number(all, p->amount), add_number(all, now);
    return "return";
}

static const char *add_other(params *all, const yz_posting *p, int64_t now) {
    add_text(all, p->account), add_text(all, p->id), add_text(all, p->of), add_number(all, p->amount), add_text(all, p->detail);
    add_number(all, now);
    return p->kind == YZ_POSTING_RECORD ? "record" : "transfer";
}

static const char *add_refund(params *all, const yz_posting *p, int64_t now) {
    add_text(all, p->id), add_text(all, p->of), add_number(all, p->amount), add_text(all, p->detail), add_number(all, now);
    return "refund";
}

static const char *add_job(params *all, const yz_posting *p, int64_t now) {
    static const yz_posting none = {YZ_POSTING};
    const yz_posting *r = p->with ? p->with : &none;
    add_text(all, p->account), add_text(all, p->id), add_text(all, p->key), add_number(all, p->amount), add_number(all, p->expires);
    add_text(all, p->detail), add_number(all, now), add_text(all, r->id), add_text(all, r->of), add_number(all, r->amount);
    add_text(all, r->detail);
    if (p->input == 0 && p->cached == 0 && p->output == 0)
        return "job";
    add_number(all, p->input), add_number(all, p->cached), add_number(all, p->output);
    return "used";
}

static const char *add_post(params *all, const yz_posting *p, int64_t now) {
    add_number(all, p->kind), add_text(all, p->account), add_text(all, p->id), add_text(all, p->of), add_number(all, p->amount);
    add_text(all, p->detail), add_number(all, now);
    return "post";
}

static const char *add_one(params *all, const yz_posting *p, bool final, int64_t now) {
    if (p->kind == WRITER_LEASE)
        return add_lease(all, p, now);
    if (p->kind == WRITER_RETURN)
        return add_return(all, p, now);
    if (p->kind == YZ_POSTING_HOLD)
        return add_hold(all, p, now);
    if (p->kind == YZ_POSTING_CAPTURE || p->kind == YZ_POSTING_RELEASE)
        return add_end(all, p, final, now);
    if (p->kind == YZ_POSTING_REFUND)
        return add_refund(all, p, now);
    if (p->kind == YZ_POSTING_JOB)
        return add_job(all, p, now);
    return p->kind == YZ_POSTING_RECORD || p->kind == YZ_POSTING_TRANSFER ? add_other(all, p, now) : add_post(all, p, now);
}

bool pg_send(const pg_link *link, const yz_posting *p, bool final, int64_t now) {
    params all = {0};
    const char *name = add_one(&all, p, final, now);
    bool ok = !all.failed && PQsendQueryPrepared(link->conn, name, all.n, (const char *const *)all.values, NULL, NULL, 0) == 1;
    for (int i = 0; i < all.n; i++)
        free(all.values[i]);
    return ok;
}
