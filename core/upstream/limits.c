/* limits.c: what a provider's headers say of limits and of trying again, for whoever waits by it or reads it. A head is never forwarded: of
 * an answer's headers only those go on that the adapter of its dialect names, and only to a client that speaks it.
 */
#include "upstream/provider_inner.h"

static bool fits(yz_str name, const char *pattern) {
    size_t n = strlen(pattern);
    bool begins = n > 0 && pattern[n - 1] == '*';
    n -= begins;
    return (begins ? name.n >= n : name.n == n) && memcmp(name.p, pattern, n) == 0;
}

static bool is_wanted(const char *const *patterns, yz_str name) {
    for (; *patterns; patterns++)
        if (fits(name, *patterns))
            return true;
    return false;
}

const yz_header *yz_leaf_limit_headers(const yz_leaf *leaf, size_t *n) {
    const yz_h1_head *head = leaf->head;
    const char *const *patterns = leaf->adapter->limit_headers;
    yz_header *found = NULL;
    *n = 0;
    if (!patterns || strcmp(leaf->request->dialect->dialect, leaf->adapter->dialect) != 0)
        return NULL;
    for (size_t i = 0; i < head->n_headers; i++) {
        if (!is_wanted(patterns, head->headers[i].name))
            continue;
        if (!found)
            found = yz_alloc(leaf->arena, head->n_headers * sizeof *found);
        found[(*n)++] = (yz_header){yz_dup(leaf->arena, head->headers[i].name), yz_dup(leaf->arena, head->headers[i].value)};
    }
    return found;
}
