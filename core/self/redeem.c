/* self/redeem.c: POST /v1/redeem {"code": "yzc-…"}: a code that is worth money, for the account that pays for this key. */
#include "people/code.h"
#include "price/price.h"
#include "self/inner.h"

static const struct {
    int code, status;
    yz_error_class class_;
    const char *word;
} refusals[] = {{YZ_ENOTFOUND, 404, YZ_ERROR_NOT_FOUND, "code_not_found"},
                {YZ_EAGAIN, 409, YZ_ERROR_BAD_REQUEST, "code_redeemed"},
                {YZ_ETIMEOUT, 410, YZ_ERROR_BAD_REQUEST, "code_expired"},
                {YZ_ELIMIT, 409, YZ_ERROR_BAD_REQUEST, "account_full"},
                {YZ_EINVAL, 400, YZ_ERROR_BAD_REQUEST, "bad_request"}};

static void refuse(yz_self *self, const yz_codes *codes, int code) {
    const char *why = codes->why ? codes->why : yz_result_text(code);
    if (codes->revoked) {
        yz_self_fail(self, YZ_ERROR_BAD_REQUEST, 410, "code_revoked", yz_str_of(why));
        return;
    }
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
        if (refusals[i].code == code) {
            yz_self_fail(self, refusals[i].class_, refusals[i].status, refusals[i].word, yz_str_of(why));
            return;
        }
    yz_self_fail(self, YZ_ERROR_UNAVAILABLE, 0, "unavailable", yz_str_of(why));
}

void yz_self_redeem(yz_self *self) {
    yz_codes codes = {.ledger = self->ledger, .by = self->key, .arena = self->arena};
    yz_posted posted;
    int64_t amount = 0;
    const yz_json *said = self->body ? yz_json_get(self->body, "code") : NULL;
    if (!said || !yz_json_is(said, YZ_JSON_STRING)) {
        yz_self_fail(self, YZ_ERROR_BAD_REQUEST, 0, "bad_request", YZ_STR("the body should be {\"code\": \"yzc-…\"}"));
        return;
    }
    int code = yz_code_redeem(&codes, yz_json_text(self->arena, said), self->account, &amount, &posted);
    if (code != YZ_OK) {
        refuse(self, &codes, code);
        return;
    }
    yz_buf_lit(&self->out, "{\"usd\":");
    yz_price_usd(amount, &self->out);
    yz_buf_printf(&self->out, ",\"before\":%s,\"available\":", posted.before ? "true" : "false");
    yz_price_usd(posted.available, &self->out);
    yz_buf_lit(&self->out, "}\n");
}
