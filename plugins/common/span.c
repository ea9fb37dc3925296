/* common/span.c: see span.h. */
#include "span.h"

#include <yuzui/plugin.h>

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

void usage_keys(const yz_ledger_query *query, yz_buf *out) {
    if (!query->keys)
        return;
    yz_buf_char(out, '[');
    for (size_t i = 0; i < query->n_keys; i++) {
        yz_buf_lit(out, i ? "," : "");
        yz_buf_json_str(out, query->keys[i]);
    }
    yz_buf_char(out, ']');
}

static usage_way_of usage_way(const yz_ledger_query *query) {
    bool who = query->key.n || query->keys || query->account.n || (query->by & (YZ_USAGE_BY_KEY | YZ_USAGE_BY_ACCOUNT));
    bool what = query->model.n || query->provider.n || (query->by & (YZ_USAGE_BY_MODEL | YZ_USAGE_BY_PROVIDER));
    bool hours = query->by & YZ_USAGE_BY_HOUR; /* of a model or provider they have no index */
    return query->key.n                  ? USAGE_WAY_KEY
           : !who && !what               ? USAGE_WAY_NONE
           : !who                        ? USAGE_WAY_WHAT
           : !what                       ? USAGE_WAY_WHO
           : query->account.n            ? USAGE_WAY_ACCOUNT
           : query->model.n && !hours    ? USAGE_WAY_MODEL
           : query->provider.n && !hours ? USAGE_WAY_PROVIDER
                                         : USAGE_WAY_ALL;
}

const char *usage_of(const yz_ledger_query *query, usage_statements of) {
    bool apart = query->by & (YZ_USAGE_BY_HOUR | YZ_USAGE_BY_DAY);
    return of[usage_way(query)][!apart];
}
