/* self/payment.c: POST /v1/payments/{name}: events of a payment provider, signed, that pay into the ledger.
 *
 * The signature is of the bytes as they came, with the time in it, so that an old event cannot be sent again for ever; and what was paid is
 * the id of a CREDIT, so that one that is sent again, as providers do, pays in once. Nothing of an event is believed before its signature.
 */
#include "base/arena.h"
#include "base/request.h"
#include "ledger/ledger.h"
#include "price/price.h"
#include "self/inner.h"

#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <yuzui/plugin.h>

enum { DIGEST = 32 };

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

static bool pays_in(yz_self *self, yz_str type) {
    const yz_payment_settings *p = self->payment;
    bool paid = false;
    for (size_t i = 0; i < p->paid.n; i++)
        paid |= yz_str_eq(p->paid.items[i], type);
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

/* ---- paying in ------------------------------------------------------------------------------------------------------------ */

/* An event that was paid for and cannot be credited is somebody's money: the log has it, and the provider sends it again. */
static void refuse(yz_self *self, yz_str id, int status, const char *code, const char *why) {
    yz_log(YZ_LOG_ERROR, "payments %.*s: %.*s is not paid in: %s", YZ_STR_ARGS(self->payment->name), (int)(id.n < 100 ? id.n : 100), id.p,
           why);
    yz_self_fail(self, status == 503 ? YZ_ERROR_UNAVAILABLE : YZ_ERROR_BAD_REQUEST, status, code, yz_str_of(why));
}

static void credit(yz_self *self, yz_str id, yz_str account, int64_t amount) {
    yz_posted posted;
    yz_str once = yz_format(self->arena, "payment %.*s %.*s", YZ_STR_ARGS(self->payment->name), YZ_STR_ARGS(id));
    yz_ledger_post_now(self->ledger,
                       &(yz_posting){YZ_POSTING, .kind = YZ_POSTING_CREDIT, .account = account, .id = once, .amount = amount,
                                     .detail = yz_format(self->arena, "paid by %.*s", YZ_STR_ARGS(self->payment->name))},
                       &posted);
    if (posted.code == YZ_EINVAL) {
        refuse(self, id, 409, "conflict", "the same payment was paid in already, for another account or with another amount");
    } else if (posted.code == YZ_ELIMIT) {
        refuse(self, id, 409, "account_full", "the account would hold too much");
    } else if (posted.code != YZ_OK) {
        refuse(self, id, 503, "unavailable", "the ledger cannot be written");
    } else {
        yz_log(YZ_LOG_INFO, "payments %.*s: %.*s is paid in%s", YZ_STR_ARGS(self->payment->name), YZ_STR_ARGS(id),
               posted.before ? ", as it was before" : "");
        yz_buf_printf(&self->out, "{\"ok\":true,\"before\":%s}\n", posted.before ? "true" : "false");
    }
}

void yz_self_pay(yz_self *self) {
    const yz_payment_settings *p = self->payment;
    yz_str type = text_at_place(self, p->type), id = text_at_place(self, p->id);
    if (!self->body) {
        refuse(self, YZ_STR("?"), 400, "bad_request", "its body is no JSON object");
        return;
    }
    if (!pays_in(self, type)) {
        yz_buf_lit(&self->out, "{\"ok\":true,\"ignored\":true}\n");
        return;
    }
    yz_str account = text_at_place(self, p->account);
    const yz_json *said = at_place(self, p->amount);
    int64_t units = said && yz_json_is(said, YZ_JSON_NUMBER) ? yz_json_int(said, 0) : 0, nano = 1000000000 / p->per_usd;
    if (!is_name(id, 100))
        refuse(self, id, 400, "bad_request", "its id should be a text of 1 to 100 bytes");
    else if (!is_name(account, YZ_LEDGER_NAME_MAX))
        refuse(self, id, 400, "bad_request", "it names no account");
    else if (!yz_str_ieq(text_at_place(self, p->currency), YZ_STR("usd")))
        refuse(self, id, 400, "bad_request", "its currency is not USD");
    else if (units <= 0 || units > YZ_LEDGER_AMOUNT_MAX / nano)
        refuse(self, id, 400, "bad_request", "its amount is no whole number above 0");
    else
        credit(self, id, account, units * nano);
}
