/* self/inner.h: a question of a key's owner, on its way to the ledger's desk and back. */
#ifndef YUZUI_SELF_INNER_H
#define YUZUI_SELF_INNER_H

#include "config/settings.h"
#include "ledger/desk.h"

#include <yuzui/json.h>

/* It lives in its arena, knows nothing of the call, and copies what was asked. */
typedef struct yz_self {
    yz_errand errand; /* first */
    yz_arena *arena;
    yz_ledger *ledger;
    yz_str key, account;                /* who asks, and who pays for him */
    yz_str query, id;                   /* what stood after the "?", and in the path's place for an id */
    const yz_payment_settings *payment; /* payment.c; NULL: something else is asked */
    const yz_json *body;                /* an object; NULL: none */
    yz_buf out;                         /* the answer: JSON */
    yz_error_class class_;
    int status;       /* of a refusal; 0: the class's */
    const char *code; /* NULL: it went well */
    yz_str why;
} yz_self;

void yz_self_fail(yz_self *self, yz_error_class class_, int status, const char *code, yz_str why);

/* payment.c: is the event signed as it should be, at this time (Unix seconds)? NULL, or what is wrong. */
const char *yz_self_payment_fault(const yz_payment_settings *p, const yz_request *request, int64_t now);
void yz_self_pay(yz_self *self); /* on a thread of the desk */

/* redeem.c: on a thread of the desk */
void yz_self_redeem(yz_self *self);

/* usage.c: likewise */
void yz_self_balance(yz_self *self), yz_self_usage(yz_self *self), yz_self_charge(yz_self *self);
void yz_self_subscription(yz_self *self), yz_self_billed(yz_self *self);

#endif
