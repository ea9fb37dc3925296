/* payback.c: see payback.h.
 *
 * One step changes the record, or moves money for one refund and then writes what moved; then it reads again, until nothing is left to do.
 * Who was beaten by another reads what the other has written and goes on from there.
 */
#include "people/payback.h"
#include "base/arena.h"
#include "ledger/ledger.h"
#include "people/rows.h"
#include "price/price.h"

#include <yuzui/json.h>

enum { STEPS = 1000, REFUNDS = 200 };
#define KIND YZ_STR("payment")

/* What becomes of a refund: name, word. */
#define STATES(X)                                                                                                                          \
    X(ASKED, "asked") /* to be taken, when the payment is known */                                                                         \
    X(TAKEN, "taken")                                                                                                                      \
    X(UNDO, "undo") /* what was taken is to be given back */                                                                               \
    X(UNDONE, "undone")
#define STATE_ENUM(name, word) name,
typedef enum state { STATES(STATE_ENUM) STATES_N } state;
#undef STATE_ENUM
static const char *const words[] = {
#define STATE_WORD(name, word) word,
    STATES(STATE_WORD)
#undef STATE_WORD
};

typedef struct part {
    yz_str id;
    int64_t amount, taken, missing;
    state state;
} part;

typedef struct record {
    yz_str name, account; /* account: empty: not known yet */
    int64_t amount, revision;
    part refunds[REFUNDS];
    size_t n;
    bool broken; /* its record cannot be read */
} record;

static int wrong(yz_payback *p, int code, const char *why) {
    p->why = why;
    return code;
}

/* ---- the record ----------------------------------------------------------------------------------------------------- */

typedef struct reading {
    yz_payback *p;
    record *pay;
} reading;

static bool read_usd(const yz_json *object, const char *name, int64_t *out) {
    const yz_json *said = yz_json_get(object, name);
    return said && yz_price_amount(yz_json_raw(said), out);
}

static bool read_refund(yz_arena *arena, const yz_json *said, part *r) {
    yz_str word = yz_json_text(arena, yz_json_get(said, "state"));
    r->id = yz_json_text(arena, yz_json_get(said, "id"));
    r->state = ASKED;
    while (r->state < STATES_N && !yz_str_is(word, words[r->state]))
        r->state++;
    return r->state < STATES_N && r->id.n > 0 && read_usd(said, "usd", &r->amount) && read_usd(said, "taken", &r->taken) &&
           read_usd(said, "missing", &r->missing);
}

static void on_record(void *arg, const yz_ledger_row *row) {
    const reading *of = arg;
    record *pay = of->pay;
    yz_arena *arena = of->p->arena;
    yz_json *json = NULL;
    pay->revision = row->amount;
    if (yz_json_parse(arena, yz_dup(arena, row->detail), 0, &json, NULL) != YZ_OK) {
        pay->broken = true;
        return;
    }
    pay->account = yz_json_text(arena, yz_json_get(json, "account"));
    pay->broken = !read_usd(json, "usd", &pay->amount);
    const yz_json *refunds = yz_json_get(json, "refunds");
    for (const yz_json *one = refunds ? refunds->child : NULL; one && !pay->broken; one = one->next)
        pay->broken = pay->n == REFUNDS || !read_refund(arena, one, &pay->refunds[pay->n++]);
}

static int load(yz_payback *p, record *pay) {
    const yz_ledger_query query = {YZ_LEDGER_QUERY, .what = YZ_LEDGER_RECORDS, .account = KIND, .id = pay->name, .limit = 1};
    *pay = (record){.name = pay->name};
    if (yz_ledger_read(p->ledger, &query, on_record, &(reading){p, pay}) != YZ_OK)
        return wrong(p, YZ_EIO, "the ledger cannot be read");
    return pay->broken ? wrong(p, YZ_EINVAL, "the ledger's record of this payment cannot be read") : YZ_OK;
}

static void put_usd(yz_buf *out, const char *before, int64_t nano) {
    yz_buf_lit(out, before);
    yz_price_usd(nano, out);
}

static void put_record(const record *pay, yz_buf *out) {
    yz_buf_lit(out, "{\"account\":");
    yz_buf_json_str(out, pay->account);
    put_usd(out, ",\"usd\":", pay->amount);
    yz_buf_lit(out, ",\"refunds\":[");
    for (size_t i = 0; i < pay->n; i++) {
        const part *r = &pay->refunds[i];
        yz_buf_lit(out, i > 0 ? ",{\"id\":" : "{\"id\":");
        yz_buf_json_str(out, r->id);
        put_usd(out, ",\"usd\":", r->amount);
        put_usd(out, ",\"taken\":", r->taken);
        put_usd(out, ",\"missing\":", r->missing);
        yz_buf_printf(out, ",\"state\":\"%s\"}", words[r->state]);
    }
    yz_buf_lit(out, "]}");
}

/* YZ_EAGAIN: somebody else has written it meanwhile. */
static int save(yz_payback *p, const record *pay) {
    yz_buf detail = {0};
    yz_posted posted;
    put_record(pay, &detail);
    yz_ledger_post_now(p->ledger,
                       &(yz_posting){YZ_POSTING, .kind = YZ_POSTING_RECORD, .account = KIND, .id = pay->name, .of = p->by,
                                     .amount = pay->revision, .detail = yz_buf_view(&detail)},
                       &posted);
    yz_buf_free(&detail);
    if (posted.code == YZ_EINVAL)
        return YZ_EAGAIN;
    return posted.code == YZ_OK ? YZ_OK : wrong(p, YZ_EIO, "the ledger cannot be written");
}

/* ---- money ---------------------------------------------------------------------------------------------------------- */

static yz_posted transfer(yz_payback *p, const record *pay, yz_str id, bool back, int64_t amount) {
    yz_buf detail = {0};
    yz_posted posted;
    yz_rows_put_note(p->by, yz_format(p->arena, back ? "the refund of %.*s was undone" : "refund of %.*s", YZ_STR_ARGS(pay->name)),
                     &detail);
    yz_ledger_post_now(p->ledger,
                       &(yz_posting){YZ_POSTING, .kind = YZ_POSTING_TRANSFER, .account = back ? YZ_PAYBACK_ACCOUNT : pay->account, .id = id,
                                     .of = back ? pay->account : YZ_PAYBACK_ACCOUNT, .amount = amount, .detail = yz_buf_view(&detail)},
                       &posted);
    yz_buf_free(&detail);
    return posted;
}

static void on_moved(void *arg, const yz_ledger_row *row) { *(int64_t *)arg = -row->amount; }

/* What was moved under this id by who did not come to write it down. */
static int moved_before(yz_payback *p, yz_str id, int64_t *taken) {
    const yz_ledger_query query = {YZ_LEDGER_QUERY, .what = YZ_LEDGER_MOVES, .limit = 1,
                                   .id = yz_format(p->arena, "transfer from %.*s", YZ_STR_ARGS(id))};
    return yz_ledger_read(p->ledger, &query, on_moved, taken) == YZ_OK ? YZ_OK : wrong(p, YZ_EIO, "the ledger cannot be read");
}

/* What the account has of `amount` is moved, once for this id. */
static int move_what_there_is(yz_payback *p, const record *pay, yz_str id, int64_t amount, int64_t *taken) {
    int64_t ask = amount;
    for (*taken = 0; ask > 0;) {
        yz_posted posted = transfer(p, pay, id, false, ask);
        if (posted.code == YZ_EINVAL)
            return moved_before(p, id, taken);
        if (posted.code == YZ_OK) {
            *taken = ask;
            return YZ_OK;
        }
        if (posted.code != YZ_ELIMIT)
            return wrong(p, YZ_EIO, "the ledger cannot be written");
        if (posted.available >= ask)
            return wrong(p, YZ_EIO, "the account \"refunded\" is full");
        ask = posted.available;
    }
    return moved_before(p, id, taken); /* there may have been more when it was tried before */
}

/* ---- a step --------------------------------------------------------------------------------------------------------- */

/* What may still be taken back of the payment. */
static int64_t room(const record *pay) {
    int64_t left = pay->amount;
    for (size_t i = 0; i < pay->n; i++)
        if (pay->refunds[i].state == TAKEN)
            left -= pay->refunds[i].taken + pay->refunds[i].missing;
    return left > 0 ? left : 0;
}

static int take(yz_payback *p, const record *pay, part *r) {
    int64_t most = room(pay), amount = r->amount < most ? r->amount : most;
    yz_str id = yz_format(p->arena, "payback %zu %.*s %.*s", pay->name.n, YZ_STR_ARGS(pay->name), YZ_STR_ARGS(r->id));
    int code = move_what_there_is(p, pay, id, amount, &r->taken);
    r->missing = amount - r->taken;
    r->state = TAKEN;
    return code;
}

static int undo(yz_payback *p, const record *pay, part *r) {
    yz_str id = yz_format(p->arena, "payback undone %zu %.*s %.*s", pay->name.n, YZ_STR_ARGS(pay->name), YZ_STR_ARGS(r->id));
    yz_posted posted = {YZ_POSTED, .code = YZ_OK};
    if (r->taken > 0)
        posted = transfer(p, pay, id, true, r->taken);
    r->state = UNDONE;
    if (posted.code == YZ_ELIMIT)
        return wrong(p, YZ_EIO, "the account \"refunded\" has not that much any more, or the other one would hold too much");
    return posted.code == YZ_OK ? YZ_OK : wrong(p, YZ_EIO, "the ledger cannot be written");
}

/* Does one thing that is to be done. YZ_OK: it is written. YZ_ENOTFOUND: there is nothing. */
static int step(yz_payback *p, record *pay) {
    for (size_t i = 0; i < pay->n; i++) {
        part *r = &pay->refunds[i];
        bool takes = r->state == ASKED && pay->account.n > 0;
        if (!takes && r->state != UNDO)
            continue;
        int code = takes ? take(p, pay, r) : undo(p, pay, r);
        return code == YZ_OK ? save(p, pay) : code;
    }
    return YZ_ENOTFOUND;
}

static part *find(record *pay, yz_str id) {
    for (size_t i = 0; i < pay->n; i++)
        if (yz_str_eq(pay->refunds[i].id, id))
            return &pay->refunds[i];
    return NULL;
}

/* ---- what is asked for ---------------------------------------------------------------------------------------------- */

typedef struct wish {
    yz_str refund;  /* empty: it is about the payment */
    yz_str account; /* of the payment */
    int64_t amount;
    bool undo;
} wish;

/* Of a payment: whose it is. *changed: it was not known. */
static int wish_paid(yz_payback *p, record *pay, const wish *w, bool *changed) {
    if (pay->account.n > 0)
        return yz_str_eq(pay->account, w->account) && pay->amount == w->amount
                   ? YZ_OK
                   : wrong(p, YZ_EINVAL, "this payment is known already, of another account or with another amount");
    pay->account = w->account;
    pay->amount = w->amount;
    *changed = true;
    return YZ_OK;
}

static int wish_refund(yz_payback *p, record *pay, const wish *w, bool *changed) {
    part *r = find(pay, w->refund);
    if (!r && pay->n == REFUNDS)
        return wrong(p, YZ_EINVAL, "this payment has too many refunds");
    if (!r) {
        r = &pay->refunds[pay->n++];
        *r = (part){.id = w->refund, .amount = w->amount, .state = w->undo ? UNDONE : ASKED};
        *changed = true;
    } else if (w->undo && (r->state == ASKED || r->state == TAKEN)) {
        r->state = r->state == TAKEN ? UNDO : UNDONE;
        *changed = true;
    } else if (!w->undo && r->amount != w->amount && r->amount > 0) {
        return wrong(p, YZ_EINVAL, "this refund is known already, with another amount");
    }
    return YZ_OK;
}

/* A refund that is under way, whose money may have moved though nothing says so, is first taken to its end. */
static int wishes(yz_payback *p, record *pay, const wish *w, bool *changed) {
    const part *r = w->refund.n ? find(pay, w->refund) : NULL;
    if (w->undo && r && r->state == ASKED && pay->account.n > 0)
        return YZ_OK;
    return w->refund.n ? wish_refund(p, pay, w, changed) : wish_paid(p, pay, w, changed);
}

static void tell(yz_payback *p, record *pay, const wish *w) {
    const part *r = w->refund.n ? find(pay, w->refund) : NULL;
    p->account = pay->account;
    p->taken = r ? r->taken : 0;
    p->missing = r ? r->missing : 0;
}

static int run(yz_payback *p, yz_str name, const wish *w) {
    record *pay = yz_alloc(p->arena, sizeof *pay);
    pay->name = name;
    p->before = true;
    for (int i = 0; i < STEPS; i++) {
        bool changed = false;
        int code = load(p, pay);
        if (code == YZ_OK)
            code = wishes(p, pay, w, &changed);
        if (code != YZ_OK)
            return code;
        code = changed ? save(p, pay) : step(p, pay);
        if (code == YZ_ENOTFOUND) {
            tell(p, pay, w);
            return YZ_OK;
        }
        if (code != YZ_OK && code != YZ_EAGAIN)
            return code;
        p->before &= code != YZ_OK;
    }
    return wrong(p, YZ_EIO, "others change this payment all the time");
}

static bool named(yz_str payment, yz_str refund) {
    return payment.n > 0 && refund.n > 0 && payment.n + refund.n <= YZ_PAYBACK_NAMES && !memchr(payment.p, 0, payment.n) &&
           !memchr(refund.p, 0, refund.n);
}

int yz_payback_paid(yz_payback *p, yz_str payment, yz_str account, int64_t amount) {
    if (!named(payment, YZ_STR("-")))
        return wrong(p, YZ_EINVAL, "the name of a payment is too long");
    return run(p, payment, &(wish){.account = account, .amount = amount});
}

int yz_payback_take(yz_payback *p, yz_str payment, yz_str refund, int64_t amount) {
    if (!named(payment, refund))
        return wrong(p, YZ_EINVAL, "the names of a payment and its refund should have 1 to 170 bytes together");
    if (amount <= 0 || amount > YZ_LEDGER_AMOUNT_MAX)
        return wrong(p, YZ_EINVAL, "an amount should be above zero, and at most a billion USD");
    return run(p, payment, &(wish){.refund = refund, .amount = amount});
}

int yz_payback_undo(yz_payback *p, yz_str payment, yz_str refund) {
    if (!named(payment, refund))
        return wrong(p, YZ_EINVAL, "the names of a payment and its refund should have 1 to 170 bytes together");
    return run(p, payment, &(wish){.refund = refund, .undo = true});
}

/* ---- credits -------------------------------------------------------------------------------------------------------- */

typedef struct credited {
    yz_arena *arena;
    yz_str account;
    int64_t amount;
} credited;

static void on_credit(void *arg, const yz_ledger_row *row) {
    credited *c = arg;
    if (!yz_str_is(row->model, "credit"))
        return;
    c->account = yz_dup(c->arena, row->account);
    c->amount = row->amount;
}

int yz_payback_credit(yz_payback *p, yz_str credit, yz_str refund, int64_t amount) {
    credited found = {.arena = p->arena};
    const yz_ledger_query query = {YZ_LEDGER_QUERY, .what = YZ_LEDGER_MOVES, .id = credit, .limit = 10};
    if (credit.n == 0 || yz_ledger_read(p->ledger, &query, on_credit, &found) != YZ_OK)
        return wrong(p, credit.n ? YZ_EIO : YZ_EINVAL, credit.n ? "the ledger cannot be read" : "the id of a credit should not be empty");
    if (found.account.n == 0)
        return wrong(p, YZ_ENOTFOUND, "there is no credit of that id");
    yz_str name = yz_format(p->arena, "credit %.*s", YZ_STR_ARGS(credit));
    if (!named(name, refund))
        return wrong(p, YZ_EINVAL, "the ids of a credit and its refund should have 1 to 160 bytes together");
    int code = yz_payback_paid(p, name, found.account, found.amount);
    return code == YZ_OK ? yz_payback_take(p, name, refund, amount) : code;
}
