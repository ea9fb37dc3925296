/* next_key.c: a provider with several keys: which one a call uses, and what happens when the provider refuses it. The request is sent again
 * with another key at once: the provider has begun no work for a key that it refuses, and the client need not know that there are several.
 */
#include "base/log.h"
#include "call/tree.h"
#include "config/key_ring.h"
#include "upstream/provider_inner.h"
#include "worker.h"

#include <stdio.h>

#define REST_LIMIT_MS   10000        /* a limit is reached, and the provider did not say for how long */
#define REST_LONGEST_MS (10 * 60000) /* … whatever it says */
#define REST_REFUSED_MS (10 * 60000) /* a wrong key, an empty account: somebody must do something */

static void use(yz_leaf *leaf, int key) {
    leaf->key = key;
    leaf->key_since = yz_now(yz_call_worker(leaf->call));
    leaf->tried |= (uint32_t)1 << key;
    leaf->plan.secret = leaf->provider->keys[key];
    leaf->record->key = (unsigned)key + 1;
}

void yz_leaf_first_key(yz_leaf *leaf) {
    const yz_provider_settings *provider = leaf->provider;
    if (provider->ring)
        use(leaf, yz_key_ring_take(provider->ring, 0, yz_now(yz_call_worker(leaf->call))));
    else
        leaf->plan.secret = provider->key;
}

static bool is_of_the_key(yz_error_class class_) {
    return class_ == YZ_ERROR_RATE_LIMIT || class_ == YZ_ERROR_QUOTA || class_ == YZ_ERROR_UPSTREAM_AUTH;
}

static int64_t rest_of(const yz_error *error) {
    if (error->class_ != YZ_ERROR_RATE_LIMIT)
        return REST_REFUSED_MS;
    int64_t ms = error->retry_after > 1 ? error->retry_after : REST_LIMIT_MS;
    return ms < REST_LONGEST_MS ? ms : REST_LONGEST_MS;
}

static void tell_rest(const yz_leaf *leaf, const yz_error *error, int64_t ms) {
    char asked[64] = "";
    if (error->retry_after > ms)
        snprintf(asked, sizeof asked, ", though it was to be left alone for %lld s", (long long)((error->retry_after + 999) / 1000));
    yz_log(YZ_LOG_WARN, "provider %.*s: key %d of %zu rests for %lld s%s: %s", YZ_STR_ARGS(leaf->provider->pub.name), leaf->key + 1,
           leaf->provider->n_keys, (long long)((ms + 999) / 1000), asked, yz_error_word(error->class_));
}

void yz_leaf_key_works(const yz_leaf *leaf) {
    yz_key_ring *ring = leaf->provider->ring;
    if (ring && yz_key_ring_works(ring, leaf->key, leaf->key_since, yz_now(yz_call_worker(leaf->call))))
        yz_log(YZ_LOG_INFO, "provider %.*s: key %d of %zu is taken again, and rests no more", YZ_STR_ARGS(leaf->provider->pub.name),
               leaf->key + 1, leaf->provider->n_keys);
}

bool yz_leaf_next_key(yz_leaf *leaf, const yz_error *error) {
    yz_key_ring *ring = leaf->provider->ring;
    bool again = !leaf->sent && !leaf->content && !leaf->request->upload;
    if (!ring || !leaf->fetch || !is_of_the_key(error->class_))
        return false;
    int64_t now = yz_now(yz_call_worker(leaf->call)), ms = rest_of(error);
    if (yz_key_ring_rest(ring, leaf->key, error->class_, now, now + ms))
        tell_rest(leaf, error, ms);
    int next = again ? yz_key_ring_take(ring, leaf->tried, now) : -1;
    if (next < 0)
        return false;
    YZ_COUNT(yz_call_worker(leaf->call), upstream_errors); /* of this try: the next one is another */
    yz_call_resent(leaf->call, error->class_, error->started);
    use(leaf, next);
    leaf->again = yz_timer_start(leaf->call, 0); /* what calls us is a hook of the exchange that is to be closed */
    return true;
}
