/* label.h: what a request is called by: a word that a policy left for the stages below (req:pass), else a tag of its key. */
#ifndef COMMON_LABEL_H
#define COMMON_LABEL_H

#include <yuzui/plugin.h>

static inline yz_str label_among(const yz_header *all, size_t n, yz_str name) {
    for (size_t i = 0; i < n; i++)
        if (yz_str_eq(all[i].name, name))
            return all[i].value;
    return (yz_str){0};
}

/* Its label of this name; empty: it has none. */
static inline yz_str label_of(const yz_request *request, yz_str name) {
    yz_str passed = label_among(request->passed, request->n_passed, name);
    if (passed.n > 0 || !request->key)
        return passed;
    return label_among(request->key->tags, request->key->n_tags, name);
}

#endif
