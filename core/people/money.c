/* people/money.c: see money.h. */
#include "people/money.h"
#include "ledger/ledger.h"
#include "people/change.h"
#include "people/rows.h"

static int wrong(yz_money *m, int code, const char *why) {
    m->why = why;
    return code;
}

/* ---- whose account -------------------------------------------------------------------------------------------------- */

static void on_any(void *arg, const yz_ledger_row *row) {
    (void)row;
    *(bool *)arg = true;
}

static bool is_account(const yz_money *m, yz_str name) {
    bool found = false;
    const yz_ledger_query query = {YZ_LEDGER_QUERY, .what = YZ_LEDGER_ACCOUNTS, .account = name};
    return yz_ledger_read(m->ledger, &query, on_any, &found) == YZ_OK && found;
}

static bool is_of_config(const yz_money *m, yz_str name) {
    for (size_t i = 0; i < m->settings->n_keys; i++)
        if (yz_str_eq(m->settings->keys[i].pub.name, name) || yz_str_eq(m->settings->keys[i].pub.tenant, name))
            return true;
    return false;
}

/* A key that the ledger keeps, or what such a key or a group says pays. */
static bool is_of_people(const yz_money *m, yz_str name) {
    const yz_person_kind kinds[] = {YZ_PERSON_KEY, YZ_PERSON_GROUP};
    for (size_t k = 0; k < 2; k++) {
        yz_change c = {.ledger = m->ledger, .settings = m->settings, .arena = m->arena};
        yz_person *all;
        size_t n;
        if (yz_change_list(&c, kinds[k], &all, &n) != YZ_OK)
            return false;
        for (size_t i = 0; i < n; i++)
            if (yz_str_eq(all[i].account, name) || (kinds[k] == YZ_PERSON_KEY && yz_str_eq(all[i].name, name)))
                return true;
    }
    return false;
}

/* Money that is paid into a misspelt account is found by nobody. */
static bool is_known(const yz_money *m, yz_str name) { return is_account(m, name) || is_of_config(m, name) || is_of_people(m, name); }

/* ---- doing it ------------------------------------------------------------------------------------------------------- */

static int judge(yz_money *m, const yz_money_move *move) {
    bool transfer = move->kind == YZ_POSTING_TRANSFER;
    switch (m->posted.code) {
    case YZ_OK:
        return YZ_OK;
    case YZ_ELIMIT:
        return wrong(m, YZ_ELIMIT,
                     transfer                          ? "that is more than is available there, or the other account would hold too much"
                     : move->kind == YZ_POSTING_REFUND ? "that is more than was charged and not given back yet"
                                                       : "the account would hold too much");
    case YZ_ENOTFOUND:
        return wrong(m, YZ_ENOTFOUND,
                     transfer ? "there is no such account"
                              : "there is no charge of that id: it is the `id` that usage shows, and not the request's own, x-request-id");
    case YZ_EREMOVED:
        return wrong(
            m, YZ_ENOTFOUND,
            "the charge of that id is no longer kept (`keep` of the ledger), so nothing can be given back of it: a credit pays in");
    case YZ_EINVAL:
        return transfer && yz_str_eq(move->account, move->to) ? wrong(m, YZ_EINVAL, "an account cannot give to itself")
                                                              : wrong(m, YZ_EAGAIN, "the id was used for something else already");
    default:
        return wrong(m, YZ_EIO, "the ledger cannot be written; nothing was done");
    }
}

static bool name_ok(yz_str name) { return name.n > 0 && name.n <= YZ_LEDGER_NAME_MAX && !memchr(name.p, 0, name.n); }

/* Ids that the gateway makes: whoever took one beforehand would hinder what it stands for. */
static bool is_reserved(yz_str id) {
    static const yz_str words[] = {YZ_STR("code "), YZ_STR("payment "), YZ_STR("payback "), YZ_STR("transfer from "),
                                   YZ_STR("transfer to ")};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (id.n >= words[i].n && memcmp(id.p, words[i].p, words[i].n) == 0)
            return true;
    return false;
}

/* What would steer a terminal, or forge a line of a log, wherever it is shown. */
static bool has_controls(yz_str name) {
    for (size_t i = 0; i < name.n; i++) {
        unsigned char c = (unsigned char)name.p[i], next = i + 1 < name.n ? (unsigned char)name.p[i + 1] : 0;
        if (c < 0x20 || c == 0x7f || (c == 0xc2 && next >= 0x80 && next < 0xa0))
            return true;
    }
    return false;
}

/* Who gets it, of a CREDIT or TRANSFER: his account is made if there is none. */
static yz_str gainer(const yz_money_move *move) { return move->kind == YZ_POSTING_TRANSFER ? move->to : move->account; }

static const char *fault_of(const yz_money_move *move) {
    bool refund = move->kind == YZ_POSTING_REFUND;
    if (!name_ok(refund ? move->request : move->account) || (move->kind == YZ_POSTING_TRANSFER && !name_ok(move->to)))
        return refund ? "the id of a request should have 1 to 200 bytes" : "the name of an account should have 1 to 200 bytes";
    if (!name_ok(move->id))
        return "the id should have 1 to 200 bytes";
    if ((!refund && has_controls(gainer(move))) || has_controls(move->id))
        return "the name of an account and an id should have no control characters";
    if (is_reserved(move->id))
        return "an id that begins with \"code \", \"payment \", \"payback \" or \"transfer from \" is the gateway's own";
    if (move->amount <= 0 || move->amount > YZ_LEDGER_AMOUNT_MAX)
        return "an amount should be above zero, and at most a billion USD";
    return move->note.n > 1000 ? "a note should have at most 1000 bytes" : NULL;
}

int yz_money_do(yz_money *m, const yz_money_move *move) {
    const char *fault = fault_of(move);
    m->posted = (yz_posted){YZ_POSTED};
    m->unknown = false;
    if (fault)
        return wrong(m, YZ_EINVAL, fault);
    if (move->kind != YZ_POSTING_REFUND && !move->fresh && !is_known(m, gainer(move))) {
        m->unknown = true;
        return wrong(m, YZ_ENOTFOUND,
                     yz_format(m->arena, "there is no account \"%.*s\", and no key, group or tenant has it: nobody would spend it",
                               YZ_STR_ARGS(gainer(move)))
                         .p);
    }
    yz_buf detail = {0};
    yz_rows_put_note(m->by, move->note, &detail);
    const yz_posting posting = {YZ_POSTING,
                                .kind = move->kind,
                                .account = move->account,
                                .id = move->id,
                                .of = move->kind == YZ_POSTING_REFUND ? move->request : move->to,
                                .amount = move->amount,
                                .detail = yz_buf_view(&detail)};
    yz_ledger_post_now(m->ledger, &posting, &m->posted);
    yz_buf_free(&detail);
    return judge(m, move);
}
