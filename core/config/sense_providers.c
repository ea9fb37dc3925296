/* config/sense_providers.c: what is said of a provider and yet hardly meant: no key, a key that crosses the internet as it stands, a scheme
 * and a port that do not go together. Warnings only. What does not go with its vendor: sense_vendors.c.
 */
#include "base/network.h"
#include "config/read.h"

bool yz_read_is_private(yz_str address) {
    static const char *const texts[] = {"127.0.0.0/8",    "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10",
                                        "169.254.0.0/16", "::1/128",    "fc00::/7",      "fe80::/10"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        yz_network network;
        if (yz_network_parse(yz_str_of(texts[i]), &network) && yz_network_holds(&network, 1, address))
            return true;
    }
    return false;
}

static bool ends_in(yz_str name, const char *domain) {
    size_t n = strlen(domain);
    return name.n > n && memcmp(name.p + name.n - n, domain, n) == 0;
}

/* A name that only a network of one's own knows: of one word, as containers have it, or below a domain that is kept for that. */
static bool is_name_at_home(yz_str host) {
    static const char *const domains[] = {".localhost", ".local", ".internal", ".lan", ".home.arpa", ".svc", ".test"};
    for (size_t i = 0; i < sizeof(domains) / sizeof(*domains); i++)
        if (ends_in(host, domains[i]))
            return true;
    return host.n == 0 || (!memchr(host.p, '.', host.n) && !memchr(host.p, ':', host.n));
}

static bool shows_secret(const yz_provider_settings *p) { return p->key || p->headers.n + p->query.n > 0; }

/* `key = env.MISSPELT` is nil, and so no key. Who serves without TLS is hardly a vendor that wants one. */
static void check_key(yz_reader *reader, const yz_provider_settings *p) {
    if (p->base.tls && !shows_secret(p) && p->key_missing.n + p->key_problem.n == 0)
        yz_diag_warn(reader->diag, "provider \"%.*s\" has no key: calls go out without one", YZ_STR_ARGS(p->pub.name));
}

/* An http:// that should have been https://: what answers there is another door of the same house, or nobody. */
static void check_address(yz_reader *reader, const char *what, const yz_provider_settings *p) {
    const yz_url *base = &p->base;
    if (base->tls && base->port == 80)
        yz_diag_warn(reader->diag, "%s: https:// at port 80, where plain HTTP is spoken as a rule: https://%.*s without a port is 443",
                     what, YZ_STR_ARGS(base->host));
    else if (!base->tls && base->port == 443)
        yz_diag_warn(reader->diag, "%s: http:// at port 443, where TLS is spoken as a rule: https://%.*s", what, YZ_STR_ARGS(base->host));
    else if (!base->tls && shows_secret(p) && !is_name_at_home(base->host) && !yz_read_is_private(base->host))
        yz_diag_warn(reader->diag, "%s: http:// sends the key and every question to %.*s as plain text: https://%.*s", what,
                     YZ_STR_ARGS(base->host), YZ_STR_ARGS(base->host));
}

static void check_one(yz_reader *reader, const char *what, const yz_provider_settings *p) {
    check_address(reader, what, p);
    yz_read_vendor_sense(reader, what, p);
}

void yz_read_provider_sense(yz_reader *reader) {
    for (size_t i = 0; i < reader->settings->n_providers && !yz_diag_full(reader->diag); i++) {
        const yz_provider_settings *p = reader->settings->providers[i];
        yz_diag_at(reader->diag, p->at);
        check_key(reader, p);
        if (p->n_nodes == 0)
            check_one(reader, yz_format(reader->arena, "provider \"%.*s\"", YZ_STR_ARGS(p->pub.name)).p, p);
        for (size_t n = 0; n < p->n_nodes; n++)
            check_one(
                reader,
                yz_format(reader->arena, "provider \"%.*s\", node \"%.*s\"", YZ_STR_ARGS(p->pub.name), YZ_STR_ARGS(p->nodes[n]->node)).p,
                p->nodes[n]);
    }
}
