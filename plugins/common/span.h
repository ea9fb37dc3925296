/* common/span.h: which of the kept sums of usage answer a question: whole days, and the hours around them. */
#ifndef COMMON_SPAN_H
#define COMMON_SPAN_H

#include <yuzui/ledger.h>

/* Behind a prefix: what stands after every name that begins with it, since names are UTF-8 and compared by their bytes: the last character.
 */
#define COUNT_LAST "\xf4\x8f\xbf\xbf"

/* Unix seconds: hours from [0] until [1], days from there until [2], hours from there until [3]. By the hour all are hours. */
void usage_spans(const yz_ledger_query *query, int64_t out[4]);

#endif
