/* people/spent.h: what the budgets of a key or a group have been used for so far. */
#ifndef YUZUI_PEOPLE_SPENT_H
#define YUZUI_PEOPLE_SPENT_H

#include "people/person.h"

#include <yuzui/ledger.h>

/* A budget, and what it has been used for. */
enum { YZ_SPENT_PERIODS = 3 };
typedef struct yz_spent {
    const char *period;                  /* "day", "month", "total" */
    char name[YZ_LEDGER_COUNT_NAME_MAX]; /* of its count at that time: "group research 2026-11" */
    int64_t budget, amount;              /* nano-USD */
} yz_spent;
/* The budgets that a person has, and the names of their counts. How many. */
size_t yz_spent_names(const yz_person *person, int64_t now, yz_spent out[YZ_SPENT_PERIODS]);
/* What is used of one, into its amount. YZ_OK or YZ_EIO. Waits. */
int yz_spent_read(yz_ledger *ledger, yz_spent *spent);

/* {"day":0.12,"month":3.4}: those it has a budget of, in USD, held money included, at this time (Unix seconds). YZ_OK or YZ_EIO. Waits. */
int yz_spent_put(yz_ledger *ledger, const yz_person *person, int64_t now, yz_buf *out);

#endif
