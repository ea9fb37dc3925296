/* people/spent.h: what the budgets of a key or a group have been used for so far. */
#ifndef YUZUI_PEOPLE_SPENT_H
#define YUZUI_PEOPLE_SPENT_H

#include "people/person.h"

#include <yuzui/ledger.h>

/* {"day":0.12,"month":3.4}: those it has a budget of, in USD, held money included, at this time (Unix seconds). YZ_OK or YZ_EIO. Waits. */
int yz_spent_put(yz_ledger *ledger, const yz_person *person, int64_t now, yz_buf *out);

#endif
