/* people/code.c: see code.h.
 *
 * There is no state "redeemed" that could be written beside the money and be lost between the two: a code is redeemed when a CREDIT stands
 * under its id, and the ledger takes one id once.
 */
#include "people/code.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/hmac.h"
#include "ledger/ledger.h"
#include "people/person.h"
#include "people/rows.h"
#include "price/price.h"

#include <stdlib.h>
#include <yuzui/json.h>

enum { DIGITS = 26, SHOWN = 8, CHANCE = 32, HASH = 64 };
#define PREFIX "yzc-"
#define KIND   YZ_STR("code")
/* A code that is revoked has a CREDIT, too: of the least there is, to an account that nobody has. So of who redeems and who revokes the
 * ledger lets one win. */
#define REVOKED YZ_STR("(revoked codes)")

static int wrong(yz_codes *c, int code, const char *why) {
    c->why = why;
    return code;
}

static int64_t now(void) { return yz_clock_wall_ns() / 1000000000; }

/* ---- the text of a code, and what stands for it ------------------------------------------------------------------------- */

/* 26 letters and digits are 154 bits of chance: nobody finds one by trying. */
static yz_str new_code(yz_arena *arena) {
    static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    char *text = yz_alloc_bytes(arena, sizeof PREFIX + DIGITS);
    size_t n = sizeof PREFIX - 1;
    memcpy(text, PREFIX, n);
    while (n < sizeof PREFIX - 1 + DIGITS) {
        unsigned char chance[CHANCE];
        yz_secure_random(chance, sizeof chance);
        for (size_t i = 0; i < sizeof chance && n < sizeof PREFIX - 1 + DIGITS; i++)
            if (chance[i] < 248) /* 4 * 62: every digit as likely */
                text[n++] = digits[chance[i] % 62];
    }
    return yz_str_at(text, n);
}

static yz_str hash_of(yz_arena *arena, yz_str code) {
    uint8_t hash[32];
    char *hex = yz_alloc_bytes(arena, HASH + 1);
    yz_sha256(code, hash);
    for (size_t i = 0; i < sizeof hash; i++) {
        hex[2 * i] = "0123456789abcdef"[hash[i] >> 4];
        hex[2 * i + 1] = "0123456789abcdef"[hash[i] & 15];
    }
    return yz_str_at(hex, HASH);
}

/* The id of the CREDIT that redeems it. */
static yz_str id_of(yz_arena *arena, yz_str hash) { return yz_format(arena, "code %.*s", YZ_STR_ARGS(hash)); }

/* ---- making ------------------------------------------------------------------------------------------------------------- */

static yz_str record_of(yz_arena *arena, const yz_code_batch *batch, yz_str code) {
    yz_buf out = {0};
    yz_buf_lit(&out, "{\"batch\":");
    yz_buf_json_str(&out, batch->name);
    yz_buf_lit(&out, ",\"shown\":");
    yz_buf_json_str(&out, yz_str_at(code.p, SHOWN));
    yz_buf_lit(&out, ",\"usd\":");
    yz_price_usd(batch->amount, &out);
    yz_buf_printf(&out, ",\"expires\":%lld,\"created\":%lld}", (long long)batch->expires, (long long)now());
    yz_str data = yz_dup(arena, yz_buf_view(&out));
    yz_buf_free(&out);
    return data;
}

static int create_one(yz_codes *c, const yz_code_batch *batch, yz_str *code) {
    yz_posted posted;
    *code = new_code(c->arena);
    yz_ledger_post_now(c->ledger,
                       &(yz_posting){YZ_POSTING, .kind = YZ_POSTING_RECORD, .account = KIND, .id = hash_of(c->arena, *code), .of = c->by,
                                     .detail = record_of(c->arena, batch, *code)},
                       &posted);
    return posted.code == YZ_OK ? YZ_OK : wrong(c, YZ_EIO, "the ledger cannot be written");
}

int yz_code_create(yz_codes *c, const yz_code_batch *batch, void (*on_code)(void *arg, yz_str code), void *arg) {
    const char *fault = yz_person_name_fault(batch->name);
    if (fault)
        return wrong(c, YZ_EINVAL, yz_format(c->arena, "the name of a batch %s", fault).p);
    if (batch->n == 0 || batch->n > YZ_CODE_MOST)
        return wrong(c, YZ_EINVAL, "a batch has 1 to 10000 codes");
    if (batch->amount <= 0 || batch->amount > YZ_LEDGER_AMOUNT_MAX)
        return wrong(c, YZ_EINVAL, "a code should be worth more than 0 USD, and at most a billion");
    if (batch->expires && batch->expires <= now())
        return wrong(c, YZ_EINVAL, "they would have expired already");
    int code = YZ_OK;
    for (size_t i = 0; i < batch->n && code == YZ_OK; i++) {
        yz_str text;
        code = create_one(c, batch, &text);
        if (code == YZ_OK)
            on_code(arg, text);
    }
    return code;
}

/* ---- reading ------------------------------------------------------------------------------------------------------------ */

typedef struct reading {
    yz_codes *c;
    yz_str batch; /* empty: all */
    yz_code *all;
    yz_str *hashes;
    size_t n, cap;
} reading;

static void on_record(void *arg, const yz_ledger_row *row) {
    reading *r = arg;
    yz_json *json = NULL;
    yz_arena *arena = r->c->arena;
    yz_code code = {0};
    if (yz_json_parse(arena, yz_dup(arena, row->detail), 0, &json, NULL) != YZ_OK)
        return;
    code.batch = yz_json_text(arena, yz_json_get(json, "batch"));
    code.shown = yz_json_text(arena, yz_json_get(json, "shown"));
    code.expires = yz_json_int(yz_json_get(json, "expires"), 0);
    code.created = yz_json_int(yz_json_get(json, "created"), 0);
    const yz_json *usd = yz_json_get(json, "usd");
    if (!usd || !yz_price_amount(yz_json_raw(usd), &code.amount) || (r->batch.n > 0 && !yz_str_eq(r->batch, code.batch)))
        return;
    if (r->n == r->cap) {
        r->cap = r->cap ? 2 * r->cap : 16;
        r->all = yz_realloc(r->all, r->cap * sizeof *r->all);
        r->hashes = yz_realloc(r->hashes, r->cap * sizeof *r->hashes);
    }
    r->hashes[r->n] = yz_dup(arena, row->id);
    r->all[r->n++] = code;
}

/* The codes of this hash, or all. */
static int read_codes(reading *r, yz_str hash) {
    const yz_ledger_query query = {YZ_LEDGER_QUERY, .what = YZ_LEDGER_RECORDS, .account = KIND, .id = hash, .limit = INT32_MAX};
    return yz_ledger_read(r->c->ledger, &query, on_record, r) == YZ_OK ? YZ_OK : wrong(r->c, YZ_EIO, "the ledger cannot be read");
}

static void reading_free(reading *r) {
    free(r->all);
    free(r->hashes);
}

typedef struct redeemer {
    yz_arena *arena;
    yz_code *code;
} redeemer;

static void on_move(void *arg, const yz_ledger_row *row) {
    const redeemer *who = arg;
    if (yz_str_eq(row->account, REVOKED)) {
        who->code->revoked = row->created;
        return;
    }
    who->code->redeemed = row->created;
    who->code->account = yz_dup(who->arena, row->account);
}

/* What became of it. */
static int read_end(yz_codes *c, yz_str hash, yz_code *code) {
    const yz_ledger_query query = {YZ_LEDGER_QUERY, .what = YZ_LEDGER_MOVES, .id = id_of(c->arena, hash), .limit = 1};
    return yz_ledger_read(c->ledger, &query, on_move, &(redeemer){c->arena, code}) == YZ_OK ? YZ_OK
                                                                                            : wrong(c, YZ_EIO, "the ledger cannot be read");
}

int yz_code_list(yz_codes *c, yz_str batch, void (*on_code)(void *arg, const yz_code *code), void *arg) {
    reading r = {.c = c, .batch = batch};
    int code = read_codes(&r, YZ_STR(""));
    for (size_t i = 0; i < r.n && code == YZ_OK; i++) {
        code = read_end(c, r.hashes[i], &r.all[i]);
        if (code == YZ_OK)
            on_code(arg, &r.all[i]);
    }
    reading_free(&r);
    return code;
}

/* ---- redeeming ---------------------------------------------------------------------------------------------------------- */

/* Another CREDIT stands under its id. */
static int taken(yz_codes *c, yz_str hash) {
    yz_code end = {0};
    if (read_end(c, hash, &end) != YZ_OK)
        return YZ_EIO;
    c->revoked = end.revoked != 0;
    return wrong(c, YZ_EAGAIN, c->revoked ? "this code has been revoked" : "this code has been redeemed");
}

static int judge(yz_codes *c, yz_str hash, const yz_posted *posted) {
    switch (posted->code) {
    case YZ_OK:
        return YZ_OK;
    case YZ_EINVAL:
        return taken(c, hash);
    case YZ_ELIMIT:
        return wrong(c, YZ_ELIMIT, "the account would hold too much");
    default:
        return wrong(c, YZ_EIO, "the ledger cannot be written; nothing was done");
    }
}

static int pay_in(yz_codes *c, const yz_code *code, yz_str hash, yz_str account, yz_posted *posted) {
    yz_buf detail = {0};
    yz_rows_put_note(c->by, yz_format(c->arena, "a code of the batch %.*s", YZ_STR_ARGS(code->batch)), &detail);
    yz_ledger_post_now(c->ledger,
                       &(yz_posting){YZ_POSTING, .kind = YZ_POSTING_CREDIT, .account = account, .id = id_of(c->arena, hash),
                                     .amount = code->amount, .detail = yz_buf_view(&detail)},
                       posted);
    yz_buf_free(&detail);
    return judge(c, hash, posted);
}

int yz_code_redeem(yz_codes *c, yz_str code, yz_str account, int64_t *amount, yz_posted *posted) {
    *posted = (yz_posted){YZ_POSTED, .code = YZ_EINVAL};
    if (account.n == 0 || account.n > YZ_LEDGER_NAME_MAX || memchr(account.p, 0, account.n) || yz_str_eq(account, REVOKED))
        return wrong(c, YZ_EINVAL, "the name of an account should have 1 to 200 bytes");
    yz_str hash = hash_of(c->arena, code);
    reading r = {.c = c};
    int result = read_codes(&r, hash);
    if (result == YZ_OK && r.n == 0)
        result = wrong(c, YZ_ENOTFOUND, "there is no such code");
    else if (result == YZ_OK && r.all[0].expires && now() >= r.all[0].expires)
        result = wrong(c, YZ_ETIMEOUT, "this code has expired");
    if (result == YZ_OK) {
        *amount = r.all[0].amount;
        result = pay_in(c, &r.all[0], hash, account, posted);
    }
    reading_free(&r);
    return result;
}

/* ---- revoking ----------------------------------------------------------------------------------------------------------- */

static int revoke_one(yz_codes *c, const yz_code *code, yz_str hash, yz_revoked *sum) {
    yz_posted posted;
    yz_buf detail = {0};
    yz_rows_put_note(c->by, yz_format(c->arena, "revoked: a code of the batch %.*s", YZ_STR_ARGS(code->batch)), &detail);
    yz_ledger_post_now(c->ledger,
                       &(yz_posting){YZ_POSTING, .kind = YZ_POSTING_CREDIT, .account = REVOKED, .id = id_of(c->arena, hash), .amount = 1,
                                     .detail = yz_buf_view(&detail)},
                       &posted);
    yz_buf_free(&detail);
    if (posted.code != YZ_OK && posted.code != YZ_EINVAL)
        return wrong(c, YZ_EIO, "the ledger cannot be written");
    sum->redeemed += posted.code == YZ_EINVAL;
    sum->revoked += posted.code == YZ_OK && !posted.before;
    sum->before += posted.code == YZ_OK && posted.before;
    return YZ_OK;
}

int yz_code_revoke(yz_codes *c, yz_str code, yz_str batch, yz_revoked *sum) {
    reading r = {.c = c, .batch = batch};
    *sum = (yz_revoked){0};
    int result = read_codes(&r, code.n ? hash_of(c->arena, code) : YZ_STR(""));
    if (result == YZ_OK && r.n == 0)
        result = wrong(c, YZ_ENOTFOUND, code.n ? "there is no such code" : "there is no such batch");
    for (size_t i = 0; i < r.n && result == YZ_OK; i++)
        result = revoke_one(c, &r.all[i], r.hashes[i], sum);
    reading_free(&r);
    if (result == YZ_OK && code.n && sum->redeemed)
        result = wrong(c, YZ_EAGAIN, "this code has been redeemed");
    return result;
}
