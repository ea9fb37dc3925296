/* claim.c: whose request this looks like; see claim.h. A piece of the target says more than a header: proxies add headers. */
#include "server/claim.h"

static bool holds(yz_str text, yz_str part) { return text.n >= part.n && part.n && memmem(text.p, text.n, part.p, part.n) != NULL; }

static bool claims_target(const yz_adapter *adapter, yz_str target) {
    for (const char *const *piece = adapter->claim_targets; piece && *piece; piece++)
        if (holds(target, yz_str_of(*piece)))
            return true;
    return false;
}

static bool claims_header(const yz_adapter *adapter, yz_str name) {
    for (const char *const *known = adapter->claim_headers; known && *known; known++)
        if (yz_str_ieq(name, yz_str_of(*known)))
            return true;
    return false;
}

bool yz_claims(const yz_adapter *adapter, const yz_h1_head *head) {
    for (size_t i = 0; i < head->n_headers; i++)
        if (claims_header(adapter, head->headers[i].name))
            return true;
    return false;
}

static yz_str next_line(yz_str *rest) {
    const char *end = rest->n ? memchr(rest->p, '\n', rest->n) : NULL;
    yz_str line = {rest->p, end ? (size_t)(end - rest->p) : rest->n};
    size_t taken = line.n + (end != NULL);
    *rest = (yz_str){taken ? rest->p + taken : rest->p, rest->n - taken};
    return line;
}

/* The lines after the first of a head that is none. */
static bool claims_lines(const yz_adapter *adapter, yz_str rest) {
    while (rest.n) {
        yz_str line = next_line(&rest);
        const char *colon = line.n ? memchr(line.p, ':', line.n) : NULL;
        if (colon && claims_header(adapter, (yz_str){line.p, (size_t)(colon - line.p)}))
            return true;
    }
    return false;
}

static const yz_adapter *fallback(const yz_settings *settings) {
    const yz_adapter *first = NULL;
    for (size_t i = 0; i < settings->n_adapters; i++) {
        const yz_adapter *adapter = settings->adapters[i];
        if (adapter->write_error && adapter->fallback)
            return adapter;
        first = first || !adapter->write_error ? first : adapter;
    }
    return first;
}

const yz_adapter *yz_claim(const yz_settings *settings, const yz_h1_head *head) {
    for (size_t i = 0; i < settings->n_adapters; i++)
        if (settings->adapters[i]->write_error && claims_target(settings->adapters[i], head->target))
            return settings->adapters[i];
    for (size_t i = 0; i < settings->n_adapters; i++)
        if (settings->adapters[i]->write_error && yz_claims(settings->adapters[i], head))
            return settings->adapters[i];
    return fallback(settings);
}

const yz_adapter *yz_claim_raw(const yz_settings *settings, yz_str bytes) {
    yz_str line = next_line(&bytes);
    for (size_t i = 0; i < settings->n_adapters; i++)
        if (settings->adapters[i]->write_error && claims_target(settings->adapters[i], line))
            return settings->adapters[i];
    for (size_t i = 0; i < settings->n_adapters; i++)
        if (settings->adapters[i]->write_error && claims_lines(settings->adapters[i], bytes))
            return settings->adapters[i];
    return fallback(settings);
}
