/* people/payback.h: payments that are taken back by whoever made them: a refund at the payment provider, a chargeback. What the account
 * still has is moved to the account "refunded", once for each refund, and all refunds of a payment together are never more than it was. A
 * balance is never below zero: what has been spent or is held already is missing, and the operator's loss.
 *
 * The ledger keeps a record of each payment (kind "payment"): whose it is, how much, and what became of every refund; its history says
 * who wrote it. A refund that comes before its payment waits there for it. Whatever is repeated, raced for or broken off half way is
 * done once: the record says what is to be done before any money moves, and a transfer's id what has moved.
 *
 * They wait for the ledger: not for workers. */
#ifndef YUZUI_PEOPLE_PAYBACK_H
#define YUZUI_PEOPLE_PAYBACK_H

#include <yuzui/ledger.h>

#define YZ_PAYBACK_ACCOUNT YZ_STR("refunded")

typedef struct yz_payback {
    yz_ledger *ledger;
    yz_str by; /* who does it: "cli", "payments stripe" */
    yz_arena *arena;
    yz_str account;  /* whose payment it was; empty: it is not known yet, the refund waits */
    int64_t taken;   /* of the refund: what the account had, nano-USD */
    int64_t missing; /* the rest */
    bool before;     /* the same was done before */
    const char *why; /* what was wrong */
} yz_payback;

/* Each: YZ_OK; YZ_EINVAL: it is not so, or the payment is known otherwise; YZ_EIO: the ledger failed, and the same again goes on.
 * `payment` and `refund` name what they are within all payments, and within the payment: together at most YZ_PAYBACK_NAMES bytes. */
#define YZ_PAYBACK_NAMES 170

/* This payment was credited to the account, just now or before. Refunds that were waiting for it are taken. */
int yz_payback_paid(yz_payback *p, yz_str payment, yz_str account, int64_t amount);
/* Takes back so much of the payment, or what is left of it. */
int yz_payback_take(yz_payback *p, yz_str payment, yz_str refund, int64_t amount);
/* The refund has failed, the chargeback was won: what was taken for it is given back. */
int yz_payback_undo(yz_payback *p, yz_str payment, yz_str refund);
/* The same for a CREDIT by its id, whoever made it. YZ_ENOTFOUND: there is none. */
int yz_payback_credit(yz_payback *p, yz_str credit, yz_str refund, int64_t amount);

#endif
