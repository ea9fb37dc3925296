/* common/usage.c: counts that cannot be. */
#include "common.h"

static void bound(yz_usage *usage, yz_meter part, yz_meter whole) {
    int64_t most = yz_usage_get(usage, whole);
    if (most >= 0 && yz_usage_get(usage, part) > most)
        yz_usage_set(usage, part, most);
}

void yc_usage_bound(yz_usage *usage) {
    bound(usage, YZ_METER_CACHED, YZ_METER_INPUT);
    bound(usage, YZ_METER_REASONING, YZ_METER_OUTPUT);
}
