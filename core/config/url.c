/* url.c: reading addresses of servers. Strict: what is not understood is refused, with a reason for the config error. */
#include "config/url.h"

#define URL_MAX ((size_t)8 << 10) /* of one request: no server takes much more */

static const struct {
    const char *name, *means;
    uint16_t port;
    bool tls;
} schemes[] = {
    {"http", "http", 80, false},
    {"https", "https", 443, true},
    {"socks5", "socks5", 1080, false},
    {"socks5h", "socks5", 1080, false}, /* names are always resolved by the proxy */
};

static bool cut(yz_str *rest, const char *mark, yz_str *before) {
    size_t n = strlen(mark);
    const char *at = rest->n >= n ? memmem(rest->p, rest->n, mark, n) : NULL;
    if (!at)
        return false;
    *before = (yz_str){rest->p, (size_t)(at - rest->p)};
    *rest = (yz_str){at + n, rest->n - before->n - n};
    return true;
}

static bool is_plain(yz_str text) {
    for (size_t i = 0; i < text.n; i++)
        if ((unsigned char)text.p[i] <= ' ' || (unsigned char)text.p[i] >= 0x7f || strchr("\"<>\\^`{|}", text.p[i]))
            return false;
    return true;
}

static yz_str lower(yz_arena *arena, yz_str text) {
    char *p = yz_alloc_bytes(arena, text.n + 1);
    for (size_t i = 0; i < text.n; i++)
        p[i] = (char)(text.p[i] >= 'A' && text.p[i] <= 'Z' ? text.p[i] + 32 : text.p[i]);
    p[text.n] = 0;
    return (yz_str){p, text.n};
}

static int hex(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 32);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Undoes %XX. False for bad escapes and control bytes. */
static bool decode(yz_arena *arena, yz_str text, yz_str *out) {
    char *p = yz_alloc_bytes(arena, text.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (c == '%') {
            if (i + 2 >= text.n || hex(text.p[i + 1]) < 0 || hex(text.p[i + 2]) < 0)
                return false;
            c = (char)(hex(text.p[i + 1]) * 16 + hex(text.p[i + 2]));
            i += 2;
        }
        if ((unsigned char)c < ' ' || c == 0x7f)
            return false;
        p[n++] = c;
    }
    p[n] = 0;
    *out = (yz_str){p, n};
    return true;
}

static bool read_port(yz_str digits, uint16_t *port) {
    unsigned value = 0;
    if (digits.n == 0 || digits.n > 5)
        return false;
    for (size_t i = 0; i < digits.n; i++) {
        if (digits.p[i] < '0' || digits.p[i] > '9')
            return false;
        value = value * 10 + (unsigned)(digits.p[i] - '0');
    }
    *port = (uint16_t)value;
    return value > 0 && value <= 65535;
}

/* Letters, digits and a few more: of a name "-._", of an address in brackets ":.%". */
static bool holds_only(yz_str text, const char *more) {
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && !strchr(more, c))
            return false;
    }
    return true;
}

static const char *read_host(yz_str text, yz_arena *arena, yz_url *out) {
    const char *colon;
    bool ok;
    if (text.n && text.p[0] == '[') {
        const char *end = memchr(text.p, ']', text.n);
        if (!end)
            return "the bracket of its address is not closed";
        out->host = lower(arena, (yz_str){text.p + 1, (size_t)(end - text.p) - 1});
        text = (yz_str){end + 1, text.n - (size_t)(end + 1 - text.p)};
        if (text.n && text.p[0] != ':')
            return "there is something after its bracket";
        colon = text.n ? text.p : NULL;
        ok = holds_only(out->host, ":.%") && memchr(out->host.p, ':', out->host.n);
    } else {
        colon = memchr(text.p, ':', text.n);
        out->host = lower(arena, (yz_str){text.p, colon ? (size_t)(colon - text.p) : text.n});
        ok = holds_only(out->host, "-._");
    }
    if (out->host.n == 0 || out->host.n > 253)
        return "it names no host";
    if (!ok)
        return "its host is neither a name nor an address (IPv6 in brackets)";
    if (colon && !read_port((yz_str){colon + 1, text.n - (size_t)(colon + 1 - text.p)}, &out->port))
        return "its port is not a number from 1 to 65535";
    return NULL;
}

static const char *read_path(yz_str path, yz_arena *arena, yz_url *out) {
    if (memchr(path.p, '?', path.n) || memchr(path.p, '#', path.n))
        return "it must not hold a query or a fragment";
    while (path.n && path.p[path.n - 1] == '/')
        path.n--;
    for (size_t i = 0; i + 1 < path.n; i++)
        if (path.p[i] == '/' && path.p[i + 1] == '.' && (i + 2 == path.n || path.p[i + 2] == '/' || path.p[i + 2] == '.'))
            return "its path must not hold dot segments";
    out->path = yz_dup(arena, path);
    return NULL;
}

static const char *read_user(yz_str text, yz_arena *arena, yz_url *out) {
    yz_str user = text, rest = text;
    yz_str password = {0};
    if (cut(&rest, ":", &user))
        password = rest;
    return decode(arena, user, &out->user) && decode(arena, password, &out->password) ? NULL
                                                                                      : "its user or password is not percent-encoded";
}

static const char *parse(yz_str text, yz_arena *arena, yz_url *out) {
    yz_str scheme, rest = text;
    *out = (yz_url){0};
    if (!is_plain(text))
        return "it holds blanks or bytes that may not stand in an address";
    if (!cut(&rest, "://", &scheme))
        return "it does not begin with https:// or http://";
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        if (yz_str_ieq(scheme, yz_str_of(schemes[i].name))) {
            out->scheme = yz_str_of(schemes[i].means);
            out->port = schemes[i].port;
            out->tls = schemes[i].tls;
        }
    }
    if (out->scheme.n == 0)
        return "its scheme is not one of https, http, socks5";
    size_t n = 0;
    while (n < rest.n && !strchr("/?#", rest.p[n]))
        n++;
    yz_str server = {rest.p, n};
    const char *at = memrchr(server.p, '@', server.n);
    const char *reason = NULL;
    if (at) {
        reason = read_user((yz_str){server.p, (size_t)(at - server.p)}, arena, out);
        server = (yz_str){at + 1, server.n - (size_t)(at + 1 - server.p)};
    }
    if (!reason)
        reason = read_host(server, arena, out);
    return reason ? reason : read_path((yz_str){rest.p + n, rest.n - n}, arena, out);
}

int yz_url_parse(yz_str text, yz_arena *arena, yz_url *out, const char **reason) {
    *reason = parse(text, arena, out);
    return *reason ? YZ_EINVAL : YZ_OK;
}

int yz_url_split(yz_str text, yz_arena *arena, yz_url *out, yz_str *target, const char **reason) {
    *reason = "it is longer than 8 KiB";
    if (text.n > URL_MAX)
        return YZ_EINVAL;
    const char *mark = text.n ? memmem(text.p, text.n, "://", 3) : NULL;
    size_t end = mark ? (size_t)(mark - text.p) + 3 : text.n;
    while (end < text.n && text.p[end] != '/' && text.p[end] != '?')
        end++;
    *reason = "it holds a byte that must be percent-encoded, or a fragment";
    for (size_t i = end; i < text.n; i++)
        if ((unsigned char)text.p[i] <= 0x20 || (unsigned char)text.p[i] >= 0x7f || text.p[i] == '#')
            return YZ_EINVAL;
    if (yz_url_parse((yz_str){text.p, end}, arena, out, reason) != YZ_OK)
        return YZ_EINVAL;
    yz_str rest = {text.p + end, text.n - end};
    *target = rest.n && rest.p[0] == '/' ? yz_dup(arena, rest) : yz_format(arena, "/%.*s", YZ_STR_ARGS(rest));
    return YZ_OK;
}
