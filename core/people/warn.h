/* people/warn.h: telling that a budget is nearly used up: once for each budget and period, whatever restarts and however many gateways
 * share the ledger, since whoever writes its record (kind "warned") first is the one who tells. */
#ifndef YUZUI_PEOPLE_WARN_H
#define YUZUI_PEOPLE_WARN_H

#include "people/directory.h"

typedef struct yz_warner yz_warner;
yz_warner *yz_warner_new(yz_ledger *ledger);
void yz_warner_free(yz_warner *warner);
/* Looks at the budgets of everybody who has a warn_at, at this time (Unix seconds). Waits for the ledger. */
void yz_warner_look(yz_warner *warner, const yz_register *reg, int64_t now);

#endif
