/* self/payment.c: POST /v1/payments/{name}: events of a payment provider, signed, that pay into the ledger, and that take back what was
 * paid in.
 *
 * The signature is of the bytes as they came, with the time in it, so that an old event cannot be sent again for ever; and what was paid is
 * the id of a CREDIT, so that one that is sent again, as providers do, pays in once. Nothing of an event is believed before its signature.
 */
#include "base/arena.h"
#include "base/request.h"
#include "ledger/ledger.h"
#include "people/payback.h"
#include "people/rows.h"
#include "price/price.h"
#include "self/inner.h"

#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <yuzui/plugin.h>

enum { DIGEST = 32, NAME_MOST = 60 };

/* ---- the signature -------------------------------------------------------------------------------------------------------- */

static int digit_of(char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; }

static bool is_digest(yz_str hex, const unsigned char wanted[DIGEST]) {
    unsigned char found[DIGEST];
    for (size_t i = 0; i < DIGEST; i++) {
        int high = hex.n == 2 * DIGEST ? digit_of(hex.p[2 * i]) : -1, low = high < 0 ? -1 : digit_of(hex.p[2 * i + 1]);
        if (low < 0)
            return false;
        found[i] = (unsigned char)(high << 4 | low);
    }
    return CRYPTO_memcmp(found, wanted, DIGEST) == 0;
}

/* The next NAME=VALUE of a list with commas; false: there is none. */
static bool next_part(yz_str *list, yz_str *name, yz_str *value) {
    while (list->n > 0 && (list->p[0] == ' ' || list->p[0] == ','))
        *list = yz_str_at(list->p + 1, list->n - 1);
    if (list->n == 0) /* it may be nowhere, too */
        return false;
    const char *comma = memchr(list->p, ',', list->n);
    yz_str part = yz_str_at(list->p, comma ? (size_t)(comma - list->p) : list->n);
    const char *equals = part.n ? memchr(part.p, '=', part.n) : NULL;
    *list = yz_str_at(list->p + part.n, list->n - part.n);
    if (part.n == 0)
        return false;
    *name = yz_str_at(part.p, equals ? (size_t)(equals - part.p) : part.n);
    *value = equals ? yz_str_at(equals + 1, part.n - name->n - 1) : YZ_STR("");
    return true;
}

/* Unix seconds of t=…; as text too; -1: it has none, or several. */
static int64_t time_of(yz_str header, yz_str *text) {
    yz_str name, value;
    int64_t at = -1;
    size_t n = 0;
    while (next_part(&header, &name, &value)) {
        if (!yz_str_is(name, "t"))
            continue;
        *text = value;
        at = n++ == 0 && value.n > 0 && value.n < 16 ? 0 : -1;
        for (size_t i = 0; i < value.n && at >= 0; i++)
            at = value.p[i] >= '0' && value.p[i] <= '9' ? at * 10 + (value.p[i] - '0') : -1;
    }
    return n == 1 ? at : -1;
}

static bool digest_of(yz_str secret, yz_str time, yz_str body, unsigned char out[DIGEST]) {
    yz_buf text = {0};
    unsigned n = DIGEST;
    yz_buf_str(&text, time);
    yz_buf_char(&text, '.');
    yz_buf_str(&text, body);
    bool ok = secret.n > 0 && secret.n <= INT32_MAX &&
              HMAC(EVP_sha256(), secret.p, (int)secret.n, (const unsigned char *)text.p, text.n, out, &n) != NULL;
    yz_buf_free(&text);
    return ok && n == DIGEST;
}

const char *yz_self_payment_fault(const yz_payment_settings *p, const yz_request *request, int64_t now) {
    yz_str header = yz_header_find(request->headers, request->n_headers, p->header.p), time = {0}, name, value;
    unsigned char wanted[DIGEST];
    int64_t at = time_of(header, &time), apart = now > at ? now - at : at - now;
    bool good = false;
    if (header.n == 0)
        return "the signature is missing";
    if (at < 0 || !digest_of(yz_secret_reveal(p->secret), time, request->body, wanted))
        return "the signature should be t=TIME,v1=SIGNATURE";
    while (next_part(&header, &name, &value)) /* while a secret is changed there are several */
        good |= yz_str_is(name, "v1") && is_digest(value, wanted);
    if (!good)
        return "the signature is not that of this body";
    return apart > p->tolerance / 1000 ? "the signature is too old, or of a time to come" : NULL;
}

/* ---- what an event says --------------------------------------------------------------------------------------------------- */

/* "data.object.id"; NULL: it is not there. */
static const yz_json *at_place(yz_self *self, yz_str place) {
    const yz_json *found = self->body;
    while (found && place.n > 0) {
        const char *dot = memchr(place.p, '.', place.n);
        yz_str name = yz_dup(self->arena, yz_str_at(place.p, dot ? (size_t)(dot - place.p) : place.n));
        found = yz_json_get(found, name.p);
        place = dot ? yz_str_at(dot + 1, place.n - name.n - 1) : YZ_STR("");
    }
    return found;
}

/* Empty: there is no text. */
static yz_str text_at_place(yz_self *self, yz_str place) {
    const yz_json *found = at_place(self, place);
    return found && yz_json_is(found, YZ_JSON_STRING) ? yz_json_text(self->arena, found) : YZ_STR("");
}

static bool is_one_of(const yz_list *types, yz_str type) {
    for (size_t i = 0; i < types->n; i++)
        if (yz_str_eq(types->items[i], type))
            return true;
    return false;
}

static bool pays_in(yz_self *self, yz_str type) {
    const yz_payment_settings *p = self->payment;
    bool paid = is_one_of(&p->paid, type);
    for (size_t i = 0; i < p->only.n && paid; i++)
        paid = yz_str_eq(text_at_place(self, p->only.items[i].name), p->only.items[i].value);
    return paid;
}

static bool is_name(yz_str name, size_t most) {
    for (size_t i = 0; i < name.n; i++)
        if ((unsigned char)name.p[i] < 0x20 || name.p[i] == 0x7f)
            return false;
    return name.n > 0 && name.n <= most;
}

/* nano-USD; 0: it is no whole number above 0, or too much. */
static int64_t amount_at(yz_self *self, yz_str place) {
    const yz_json *said = at_place(self, place);
    int64_t units = said && yz_json_is(said, YZ_JSON_NUMBER) ? yz_json_int(said, 0) : 0, nano = 1000000000 / self->payment->per_usd;
    return units > 0 && units <= YZ_LEDGER_AMOUNT_MAX / nano ? units * nano : 0;
}

/* What it is called in the ledger; empty: it has no name. */
static yz_str payment_name(yz_self *self, bool paying) {
    const yz_payment_settings *p = self->payment;
    yz_str name = text_at_place(self, p->payment);
    if (paying && !is_name(name, NAME_MOST))
        name = text_at_place(self, p->id);
    if (!is_name(name, NAME_MOST))
        return YZ_STR("");
    return yz_format(self->arena, "%.*s %.*s", YZ_STR_ARGS(p->name), YZ_STR_ARGS(name));
}

static yz_payback payback_of(const yz_self *self) {
    return (yz_payback){
        .ledger = self->ledger, .arena = self->arena, .by = yz_format(self->arena, "payments %.*s", YZ_STR_ARGS(self->payment->name))};
}

/* An event that is somebody's money and cannot be done: the log has it, and the provider sends it again. */
static void refuse(yz_self *self, yz_str id, int status, const char *code, const char *why) {
    yz_log(YZ_LOG_ERROR, "payments %.*s: the event about %.*s is not taken: %s", YZ_STR_ARGS(self->payment->name),
           (int)(id.n < 100 ? id.n : 100), id.p, why);
    yz_self_fail(self, status == 503 ? YZ_ERROR_UNAVAILABLE : YZ_ERROR_BAD_REQUEST, status, code, yz_str_of(why));
}

static void answer(yz_self *self, bool before) { yz_buf_printf(&self->out, "{\"ok\":true,\"before\":%s}\n", before ? "true" : "false"); }

/* ---- paying in ------------------------------------------------------------------------------------------------------------ */

/* Its refunds find it, and those that came before it are taken. */
static void remember(yz_self *self, yz_str id, yz_str account, int64_t amount, bool before) {
    yz_payback payback = payback_of(self);
    yz_str name = payment_name(self, true);
    int code = name.n ? yz_payback_paid(&payback, name, account, amount) : YZ_EINVAL;
    if (code == YZ_EIO) { /* the same again pays in nothing, and goes on here */
        refuse(self, id, 503, "unavailable", payback.why);
        return;
    }
    if (code != YZ_OK)
        yz_log(YZ_LOG_WARN, "payments %.*s: refunds of %.*s will not be taken back: %s", YZ_STR_ARGS(self->payment->name), YZ_STR_ARGS(id),
               name.n ? payback.why : "it has no name of up to 60 bytes");
    answer(self, before);
}

static void credit(yz_self *self, yz_str id, yz_str account, int64_t amount) {
    yz_posted posted;
    yz_buf detail = {0};
    yz_str once = yz_format(self->arena, "payment %.*s %.*s", YZ_STR_ARGS(self->payment->name), YZ_STR_ARGS(id));
    yz_rows_put_note(payback_of(self).by, id, &detail);
    yz_ledger_post_now(self->ledger,
                       &(yz_posting){YZ_POSTING, .kind = YZ_POSTING_CREDIT, .account = account, .id = once, .amount = amount,
                                     .detail = yz_buf_view(&detail)},
                       &posted);
    yz_buf_free(&detail);
    if (posted.code == YZ_EINVAL) {
        refuse(self, id, 409, "conflict", "the same payment was paid in already, for another account or with another amount");
    } else if (posted.code == YZ_ELIMIT) {
        refuse(self, id, 409, "account_full", "the account would hold too much");
    } else if (posted.code != YZ_OK) {
        refuse(self, id, 503, "unavailable", "the ledger cannot be written");
    } else {
        yz_log(YZ_LOG_INFO, "payments %.*s: %.*s is paid in%s", YZ_STR_ARGS(self->payment->name), YZ_STR_ARGS(id),
               posted.before ? ", as it was before" : "");
        remember(self, id, account, amount, posted.before);
    }
}

static void pay_in(yz_self *self) {
    const yz_payment_settings *p = self->payment;
    yz_str id = text_at_place(self, p->id), account = text_at_place(self, p->account);
    int64_t amount = amount_at(self, p->amount);
    if (!is_name(id, 100))
        refuse(self, id, 400, "bad_request", "its id should be a text of 1 to 100 bytes");
    else if (!is_name(account, YZ_LEDGER_NAME_MAX))
        refuse(self, id, 400, "bad_request", "it names no account");
    else if (!yz_str_ieq(text_at_place(self, p->currency), YZ_STR("usd")))
        refuse(self, id, 400, "bad_request", "its currency is not USD");
    else if (amount == 0)
        refuse(self, id, 400, "bad_request", "its amount is no whole number above 0");
    else
        credit(self, id, account, amount);
}

/* ---- taking back ---------------------------------------------------------------------------------------------------------- */

static yz_str usd(const yz_self *self, int64_t nano) {
    yz_buf text = {0};
    yz_price_usd(nano, &text);
    yz_str kept = yz_dup(self->arena, yz_buf_view(&text));
    yz_buf_free(&text);
    return kept;
}

static void log_taken(const yz_self *self, const yz_payback *payback, yz_str id, bool undone) {
    const char *what = undone ? "is undone" : payback->account.n ? "is taken back" : "waits for its payment";
    yz_log(payback->missing > 0 && !undone ? YZ_LOG_ERROR : YZ_LOG_INFO,
           "payments %.*s: the refund %.*s %s: account %.*s, %.*s USD%s%.*s%s", YZ_STR_ARGS(self->payment->name), YZ_STR_ARGS(id), what,
           YZ_STR_ARGS(payback->account), YZ_STR_ARGS(usd(self, payback->taken)),
           payback->missing > 0 ? "; spent or held already, and so lost: " : "",
           YZ_STR_ARGS(payback->missing > 0 ? usd(self, payback->missing) : YZ_STR("")), payback->missing > 0 ? " USD" : "");
}

static void take_back(yz_self *self, bool undo) {
    const yz_payment_settings *p = self->payment;
    yz_str id = text_at_place(self, p->refund_id), name = payment_name(self, false);
    int64_t amount = amount_at(self, p->refund_amount);
    yz_payback payback = payback_of(self);
    if (!is_name(id, NAME_MOST) || name.n == 0) {
        refuse(self, id, 400, "bad_request", "a refund and its payment should have names of 1 to 60 bytes");
        return;
    }
    if (!undo && (amount == 0 || !yz_str_ieq(text_at_place(self, p->currency), YZ_STR("usd")))) {
        refuse(self, id, 400, "bad_request", amount ? "its currency is not USD" : "its amount is no whole number above 0");
        return;
    }
    int code = undo ? yz_payback_undo(&payback, name, id) : yz_payback_take(&payback, name, id, amount);
    if (code == YZ_EINVAL) {
        refuse(self, id, 409, "conflict", payback.why);
    } else if (code != YZ_OK) {
        refuse(self, id, 503, "unavailable", payback.why);
    } else {
        log_taken(self, &payback, id, undo);
        answer(self, payback.before);
    }
}

void yz_self_pay(yz_self *self) {
    const yz_payment_settings *p = self->payment;
    yz_str type = text_at_place(self, p->type);
    if (!self->body)
        refuse(self, YZ_STR("?"), 400, "bad_request", "its body is no JSON object");
    else if (pays_in(self, type))
        pay_in(self);
    else if (is_one_of(&p->refunded, type))
        take_back(self, false);
    else if (is_one_of(&p->reinstated, type))
        take_back(self, true);
    else
        yz_buf_lit(&self->out, "{\"ok\":true,\"ignored\":true}\n");
}
