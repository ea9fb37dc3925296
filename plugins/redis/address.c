/* address.c: where a Redis is, and how one is let in: the url taken apart, the password, TLS. */
#include "redis.h"

#include "wire.h"

static bool copy_part(char *to, size_t room, yz_str from) {
    if (from.n >= room)
        return false;
    memcpy(to, from.p, from.n);
    to[from.n] = 0;
    return true;
}

static int hex(char c) { return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1; }

/* As copy_part, undoing %XX. */
static bool decode_part(char *to, size_t room, yz_str from) {
    size_t n = 0;
    for (size_t i = 0; i < from.n; i++, n++) {
        int value = (unsigned char)from.p[i];
        if (value == '%') {
            int high = i + 2 < from.n ? hex(from.p[i + 1]) : -1, low = high < 0 ? -1 : hex(from.p[i + 2]);
            if (low < 0)
                return false;
            value = high * 16 + low;
            i += 2;
        }
        if (value == 0 || n + 1 >= room)
            return false;
        to[n] = (char)value;
    }
    to[n] = 0;
    return true;
}

static bool read_number(yz_str digits, int most, int *out) {
    int value = 0;
    for (size_t i = 0; i < digits.n; i++) {
        if (digits.p[i] < '0' || digits.p[i] > '9' || value > most)
            return false;
        value = value * 10 + digits.p[i] - '0';
    }
    *out = value;
    return digits.n > 0 && value <= most;
}

/* Cuts `s` at the last (or first) `mark`: what stands before goes to *before, s keeps the rest. */
static bool cut(yz_str *s, char mark, bool last, yz_str *before) {
    const char *at = last ? memrchr(s->p, mark, s->n) : memchr(s->p, mark, s->n);
    if (!at)
        return false;
    *before = (yz_str){s->p, (size_t)(at - s->p)};
    *s = (yz_str){at + 1, s->n - before->n - 1};
    return true;
}

/* redis[s]://[[user]:password@]host[:port][/database] */
static bool read_url(yz_str url, redis_address *out) {
    yz_str part, rest = url, database = {NULL, 0};
    out->sealed = yz_str_starts(url, "rediss://");
    if (!out->sealed && !yz_str_starts(url, "redis://"))
        return false;
    size_t scheme = out->sealed ? 9 : 8;
    rest.p += scheme, rest.n -= scheme;
    if (cut(&rest, '@', true, &part)) {
        yz_str user;
        if (!cut(&part, ':', false, &user) || !decode_part(out->user, sizeof out->user, user) ||
            !decode_part(out->password, sizeof out->password, part))
            return false;
    }
    if (cut(&rest, '/', false, &part))
        database = rest, rest = part;
    if (database.n && !read_number(database, 1 << 20, &out->database))
        return false;
    memcpy(out->port, "6379", 5);
    yz_str host = rest, port = rest;
    if (rest.n && rest.p[0] == '[') { /* an IPv6 address */
        port.p++, port.n--;
        if (!cut(&port, ']', false, &host))
            return false;
        if (port.n && port.p[0] == ':')
            port.p++, port.n--;
    } else if (!cut(&port, ':', true, &host)) {
        port.n = 0;
    }
    int number;
    if (port.n && (!read_number(port, 65535, &number) || number == 0 || !copy_part(out->port, sizeof out->port, port)))
        return false;
    return host.n && copy_part(out->host, sizeof out->host, host);
}

static int read_password(const redis_config *config, redis_address *out, yz_diag *diag) {
    if (!config->password)
        return YZ_OK;
    if (!out->password[0] && copy_part(out->password, sizeof out->password, yz_secret_reveal(config->password)))
        return YZ_OK;
    yz_diag_error(diag, "password should be at most %zu bytes long, and stand in one place, here or in url", sizeof out->password - 1);
    return YZ_EINVAL;
}

static int read_seal(const redis_config *config, redis_address *out, yz_diag *diag) {
    const seal_config seal = {.ca = config->ca, .cert = config->cert, .key = config->key, .insecure = config->insecure};
    if (!out->sealed && (seal.ca.n || seal.cert.n || seal.key.n || seal.insecure)) {
        yz_diag_error(diag, "ca, cert, key and insecure are about TLS, which the url does not ask for: \"rediss://…\" does");
        return YZ_EINVAL;
    }
    if (seal.insecure)
        yz_diag_warn(diag, "insecure: anybody on the way can read and change what is stored, the password included");
    if (out->sealed)
        out->tls = seal_context(&seal, diag);
    return !out->sealed || out->tls ? YZ_OK : YZ_EINVAL;
}

int redis_address_read(const redis_config *config, redis_address *out, yz_diag *diag) {
    if (!read_url(config->url, out)) {
        /* The url is not shown: it may hold a password. */
        yz_diag_error(diag, "url should be \"redis://[[user]:password@]host[:port][/database]\", or \"rediss://…\" for TLS, user and "
                            "password percent-encoded");
        return YZ_EINVAL;
    }
    int code = read_password(config, out, diag);
    return code == YZ_OK ? read_seal(config, out, diag) : code;
}

void redis_address_free(redis_address *address) {
    SSL_CTX_free(address->tls);
    explicit_bzero(address, sizeof *address);
}
