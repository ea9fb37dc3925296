/* common/span.h: which of the kept sums of usage answer a question: whole days, and the hours around them. */
#ifndef COMMON_SPAN_H
#define COMMON_SPAN_H

#include <yuzui/ledger.h>

/* Behind a prefix: what stands after every name that begins with it, since names are UTF-8 and compared by their bytes: the last character.
 */
#define COUNT_LAST "\xf4\x8f\xbf\xbf"

/* By which of the sums a question is answered: those by account and key or by model and provider alone (WHO, WHAT) or by no name (NONE), or
 * those by all names: of one key, account, model or provider, by the index of that. */
typedef enum usage_way_of {
    USAGE_WAY_ALL,
    USAGE_WAY_KEY,
    USAGE_WAY_ACCOUNT,
    USAGE_WAY_MODEL,
    USAGE_WAY_PROVIDER,
    USAGE_WAY_WHO,
    USAGE_WAY_WHAT,
    USAGE_WAY_NONE
} usage_way_of;
usage_way_of usage_way(const yz_ledger_query *query);

/* The keys that are asked for, as a JSON array, appended; all: nothing. */
void usage_keys(const yz_ledger_query *query, yz_buf *out);

/* Unix seconds: hours from [0] until [1], days from there until [2], hours from there until [3]. By the hour all are hours. */
void usage_spans(const yz_ledger_query *query, int64_t out[4]);

#endif
