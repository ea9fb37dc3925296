/* common/span.c: see span.h. */
#include "span.h"

enum { HOUR = 3600, DAY = 86400 };

static int64_t down(int64_t at, int64_t span) { return at - at % span; }
static int64_t up(int64_t at, int64_t span) { return down(at + span - 1, span); }

void usage_spans(const yz_ledger_query *query, int64_t out[4]) {
    static const int64_t never = INT64_C(1) << 40; /* far ahead, and whole days of it */
    int64_t from = query->from > never ? down(never, DAY) : query->from > 0 ? down(query->from, HOUR) : 0;
    int64_t to = query->to > 0 && query->to < never ? up(query->to, HOUR) : down(never, DAY);
    int64_t first = up(from, DAY), last = down(to, DAY);
    bool days = first < last && !(query->by & YZ_USAGE_BY_HOUR);
    out[0] = from;
    out[1] = days ? first : to;
    out[2] = days ? last : to;
    out[3] = to;
}
