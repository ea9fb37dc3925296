/* proxy.c: the proxy variables of the environment. */
#include "config/proxy.h"

#include "base/network.h"
#include "config/url.h"

#include <stdlib.h>

static yz_str variable(const char *lower, const char *upper) {
    const char *value = getenv(lower);
    if ((!value || !*value) && upper)
        value = getenv(upper);
    return yz_str_of(value);
}

/* "10.0.0.0/8", "fd00::/8": does the host, as an address, lie within? */
static bool within(yz_str entry, yz_str host) {
    yz_network network;
    return yz_network_parse(entry, &network) && yz_network_holds(&network, 1, host);
}

/* Does one entry of NO_PROXY cover this host? "example.com" and ".example.com" also cover subdomains; ":port" narrows; "10.0.0.0/8" is a
 * network. */
static bool covers(yz_str entry, const yz_url *url) {
    const char *colon = memrchr(entry.p, ':', entry.n);
    if (memchr(entry.p, '/', entry.n))
        return within(entry, url->host);
    if (colon && memchr(entry.p, ':', entry.n) == colon) { /* one colon: a port; several: an IPv6 address */
        if ((unsigned long)url->port != strtoul(colon + 1, NULL, 10))
            return false;
        entry.n = (size_t)(colon - entry.p);
    }
    if (entry.n > 2 && entry.p[0] == '[' && entry.p[entry.n - 1] == ']')
        entry = (yz_str){entry.p + 1, entry.n - 2};
    if (yz_str_is(entry, "*"))
        return true;
    if (entry.n > 1 && entry.p[0] == '*' && entry.p[1] == '.')
        entry = (yz_str){entry.p + 1, entry.n - 1};
    bool dot = entry.n && entry.p[0] == '.';
    if (dot)
        entry = (yz_str){entry.p + 1, entry.n - 1};
    if (entry.n == 0 || url->host.n < entry.n)
        return false;
    yz_str tail = {url->host.p + url->host.n - entry.n, entry.n};
    return yz_str_ieq(tail, entry) && (tail.p == url->host.p || tail.p[-1] == '.');
}

static bool excepted(const yz_url *url) {
    yz_str list = variable("no_proxy", "NO_PROXY");
    for (size_t i = 0; i < list.n;) {
        size_t end = i;
        while (end < list.n && list.p[end] != ',' && list.p[end] != ' ')
            end++;
        if (end > i && covers((yz_str){list.p + i, end - i}, url))
            return true;
        i = end + 1;
    }
    return false;
}

yz_url yz_proxy_from_env(const yz_url *url, yz_arena *arena, yz_str *complaint) {
    yz_url proxy = {0};
    const char *reason;
    yz_str said = url->tls ? variable("https_proxy", "HTTPS_PROXY") : variable("http_proxy", NULL);
    if (said.n == 0)
        said = variable("all_proxy", "ALL_PROXY");
    if (complaint)
        *complaint = (yz_str){0};
    if (said.n == 0 || excepted(url))
        return proxy;
    if (!memmem(said.p, said.n, "://", 3))
        said = yz_format(arena, "http://%.*s", YZ_STR_ARGS(said));
    int code = yz_url_parse(said, arena, &proxy, &reason);
    if (code == YZ_OK && proxy.tls) {
        code = YZ_EUNSUPPORTED;
        reason = "proxies are spoken to as http:// or socks5://, not https://";
    }
    if (code == YZ_OK)
        return proxy;
    if (complaint) /* without the address: it may hold a password */
        *complaint = yz_format(arena, "the proxy that the environment names for %.*s is not used: %s", YZ_STR_ARGS(url->host), reason);
    return (yz_url){0};
}
