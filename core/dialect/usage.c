/* dialect/usage.c: token counts as providers spell them (yuzui/answer.h has the contract). */
#include <yuzui/answer.h>

void yz_usage_read(yz_usage *usage, yz_meter meter, const yz_json *object, const char *key) {
    int64_t n = yz_json_int(yz_json_get(object, key), -1);
    if (n < (int64_t)1 << 60) /* sums of a few of them stay numbers */
        yz_usage_set(usage, meter, n);
}
