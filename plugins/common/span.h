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
    USAGE_WAY_NONE,
    USAGE_WAYS
} usage_way_of;
/* Which of a ledger's statements answers it with the fewest rows: of each way the one that keeps hours or days apart, or their whole. */
typedef const char *const usage_statements[USAGE_WAYS][2];
const char *usage_of(const yz_ledger_query *query, usage_statements of);

/* They say the same in both ledgers, in macros that each has of its own: OF makes a statement of rows; APART of days and hours, WHOLE of
 * what stands for days and of hours; ANY, … name the rows of a span. */
#define USAGE_STATEMENTS(OF, APART, WHOLE)                                                                                                 \
    {                                                                                                                                      \
        [USAGE_WAY_ALL] = {OF(APART(ANY, ANY)), OF(WHOLE(ANY, LONG, ANY))},                                                                \
        [USAGE_WAY_KEY] = {OF(APART(OF_KEY, OF_KEY)), OF(WHOLE(OF_KEY, LONG_OF_KEY, OF_KEY))},                                             \
        [USAGE_WAY_ACCOUNT] = {OF(APART(OF_ACCOUNT, OF_ACCOUNT)), OF(WHOLE(OF_ACCOUNT, LONG_OF_ACCOUNT, OF_ACCOUNT))},                     \
        [USAGE_WAY_MODEL] = {OF(APART(OF_MODEL, ANY)), OF(WHOLE(OF_MODEL, LONG, ANY))},                                                    \
        [USAGE_WAY_PROVIDER] = {OF(APART(OF_PROVIDER, ANY)), OF(WHOLE(OF_PROVIDER, LONG, ANY))},                                           \
        [USAGE_WAY_WHO] = {OF(APART(BY_WHO, BY_WHO)), OF(WHOLE(BY_WHO, LONG_BY_WHO, BY_WHO))},                                             \
        [USAGE_WAY_WHAT] = {OF(APART(BY_WHAT, BY_WHAT)), OF(APART(BY_WHAT, BY_WHAT))},                                                     \
        [USAGE_WAY_NONE] = {OF(APART(BY_NONE, BY_NONE)), OF(APART(BY_NONE, BY_NONE))},                                                     \
    }

/* The days that are over are also summed by 8 and by 64, from the beginning of time on, each day once it is over: the last 8 and 64 may be
 * under way, and are then of the days until `rolled`. So the days from `from` until `to` are whole stretches of 64, around them such of 8,
 * and around those days; and of a question until today, nothing behind the stretches but today. min, max: of two. */
#define USAGE_DAY                             "86400"
#define USAGE_SHORT                           "691200"
#define USAGE_LONG                            "5529600"
#define USAGE_UP(at, span)                    "((" at " + " span " - 1) / " span " * " span ")"
#define USAGE_END(to, span, until)            "CASE WHEN " to " >= " until " THEN " until " ELSE " to " / " span " * " span " END"
#define USAGE_LEAD(min, max, from, to, until) max "(" from ", " min "(" USAGE_UP(from, USAGE_SHORT) ", " min "(" to ", " until ")))"
#define USAGE_STRETCHES(days, stretches, min, max, from, to, until)                                                                            \
    days(USAGE_DAY, from, USAGE_LEAD(min, max, from, to, until)) " UNION ALL " stretches(                                                      \
        USAGE_SHORT, USAGE_UP(from, USAGE_SHORT),                                                                                              \
        min "(" USAGE_UP(from, USAGE_LONG) ", " USAGE_END(                                                                                     \
            to, USAGE_SHORT,                                                                                                                   \
            until) ")") " UNION ALL " stretches(USAGE_LONG, USAGE_UP(from, USAGE_LONG),                                                        \
                                                USAGE_END(                                                                                     \
                                                    to, USAGE_LONG,                                                                            \
                                                    until)) " UNION ALL " stretches(USAGE_SHORT,                                               \
                                                                                    max "(" USAGE_UP(from, USAGE_LONG) ", " USAGE_END(         \
                                                                                        to, USAGE_LONG, until) ")",                            \
                                                                                    USAGE_END(                                                 \
                                                                                        to, USAGE_SHORT,                                       \
                                                                                        until)) " UNION ALL " days(USAGE_DAY,                  \
                                                                                                                   max "(" USAGE_LEAD(         \
                                                                                                                       min, max, from, to,     \
                                                                                                                       until) ","              \
                                                                                                                              " " USAGE_END(   \
                                                                                                                                  to,          \
                                                                                                                                  USAGE_SHORT, \
                                                                                                                                  until) ")",  \
                                                                                                                   to)

/* The keys that are asked for, as a JSON array, appended; all: nothing. */
void usage_keys(const yz_ledger_query *query, yz_buf *out);

/* Unix seconds: hours from [0] until [1], days from there until [2], hours from there until [3]. By the hour all are hours. */
void usage_spans(const yz_ledger_query *query, int64_t out[4]);

#endif
