/* self/inner.h: a question of a key's owner, on its way to the ledger's desk and back. */
#ifndef YUZUI_SELF_INNER_H
#define YUZUI_SELF_INNER_H

#include "ledger/desk.h"

#include <yuzui/json.h>

/* It lives in its arena, knows nothing of the call, and copies what was asked. */
typedef struct yz_self {
    yz_errand errand; /* first */
    yz_arena *arena;
    yz_ledger *ledger;
    yz_str key, account; /* who asks, and who pays for him */
    const yz_json *body; /* an object; NULL: none */
    yz_buf out;          /* the answer: JSON */
    yz_error_class class_;
    int status;       /* of a refusal; 0: the class's */
    const char *code; /* NULL: it went well */
    yz_str why;
} yz_self;

void yz_self_fail(yz_self *self, yz_error_class class_, int status, const char *code, yz_str why);

/* redeem.c: on a thread of the desk */
void yz_self_redeem(yz_self *self);

#endif
