/* allowance.c: what a provider's answer says is left of the limits of its account: read while its head is there, by the names the adapter
 * has for it, so that whoever chooses among targets can spare one before it refuses.
 *
 * Limits belong to a key. Of a provider with several keys the figures are those of the key that was used, and say nothing of the target:
 * the key rests when nothing is left of its own, and the others go on.
 */
#include "base/clock.h"
#include "base/request.h"
#include "config/key_ring.h"
#include "upstream/provider_inner.h"
#include "upstream/retry_after.h"

#define LONGEST_REST_MS (10 * 60000)

/* A whole number; negative: none. */
static int64_t number(yz_str text) {
    int64_t value = 0;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9' || value > INT64_C(1) << 50)
            return -1;
        value = value * 10 + (text.p[i] - '0');
    }
    return text.n > 0 ? value : -1;
}

/* Is there any header long enough to be one of them? Most answers of servers that know no limits have none. */
static bool none_can_be(const yz_h1_head *head) {
    for (size_t i = 0; i < head->n_headers; i++)
        if (head->headers[i].name.n >= 20)
            return false;
    return true;
}

static yz_str value_of(const yz_h1_head *head, const char *name) {
    return *name ? yz_header_find(head->headers, head->n_headers, name) : (yz_str){0};
}

static void read_quota(const yz_h1_head *head, const char *const *names, size_t kind, yz_allowance *out) {
    int64_t left = number(value_of(head, names[1]));
    if (left < 0)
        return;
    int64_t most = number(value_of(head, names[0])), reset = yz_wait_read(value_of(head, names[2]), 1e3, yz_clock_wall());
    out->known |= (uint64_t)1 << kind;
    out->of[kind] = (yz_quota){.most = most > 0 ? most : 0, .left = left, .reset = reset > 0 ? reset : 0};
}

/* The key that was used rests until what it lacks is there again. */
static void rest_if_empty(const yz_leaf *leaf, const yz_allowance *allowance) {
    int64_t longest = 0, now = yz_now(yz_call_worker(leaf->call));
    for (size_t kind = 0; kind < YZ_QUOTAS_NAMED; kind++)
        if (allowance->known >> kind & 1 && allowance->of[kind].left == 0 && allowance->of[kind].reset > longest)
            longest = allowance->of[kind].reset;
    if (longest > 0)
        yz_key_ring_rest(leaf->provider->ring, leaf->key, YZ_ERROR_RATE_LIMIT, now,
                         now + (longest < LONGEST_REST_MS ? longest : LONGEST_REST_MS));
}

void yz_leaf_allowance(yz_leaf *leaf) {
    const char *const *names = leaf->adapter->quota_headers;
    yz_allowance found = {0};
    if (!names || none_can_be(leaf->head))
        return;
    for (size_t kind = 0; *names && kind < YZ_QUOTAS_MAX; kind++, names += 3)
        read_quota(leaf->head, names, kind, &found);
    if (!found.known)
        return;
    if (leaf->provider->ring) {
        rest_if_empty(leaf, &found);
        return;
    }
    yz_record_allowance(leaf->call, &found);
}
