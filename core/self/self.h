/* self/self.h: what the owner of a key is answered about his own money, on the listeners of requests. Such a request takes a chain of its
 * own with one stage, the leaf, which knows the key by what the client shows, and asks the ledger at its desk. The paths are there where
 * the config has a ledger.
 *
 *   leaf.c     whose key it is, which path, and the answer
 *   redeem.c   POST /v1/redeem
 *   usage.c    GET /v1/balance, /v1/usage, /v1/usage/{id}, and the two paths under dashboard/billing that panels poll
 *   payment.c  POST /v1/payments/{name}: no key's owner, but who pays for one
 */
#ifndef YUZUI_SELF_SELF_H
#define YUZUI_SELF_SELF_H

#include <yuzui/adapter.h>

extern const yz_filter yz_self_leaf;

/* The paths it answers. Static. */
typedef struct yz_self_path {
    const char *method, *path;
    bool body; /* it may have one: a JSON object */
} yz_self_path;
yz_self_path yz_self_path_at(size_t i); /* 0, 1, 2 …; path NULL: there are no more */

#endif
