/* redis.c: a store in Redis, shared by every gateway that uses the same one. Each worker has a connection of its own (link.c),
 * opened at the first use. Whatever is wrong with Redis is a miss, at once, never an error.
 */
#include "redis.h"

#include <stdio.h>
#include <stdlib.h>

#define WORKERS 256

typedef struct redis {
    redis_address address;
    char prefix[128];
    size_t prefix_n;
    int64_t timeout, in_flight;
    redis_link *links[WORKERS]; /* each touched by its own worker only */
} redis;

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

/* redis://[[user]:password@]host[:port][/database] */
static bool read_url(yz_str url, redis_address *out) {
    yz_str part, rest = url, database = {NULL, 0};
    if (!yz_str_starts(url, "redis://"))
        return false;
    rest.p += 8, rest.n -= 8;
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

static int redis_open(const void *config, void **store, yz_diag *diag) {
    const redis_config *c = config;
    redis *r = calloc(1, sizeof *r);
    if (!r)
        return YZ_EINTERNAL;
    if (!read_url(c->url, &r->address) || c->prefix.n > sizeof r->prefix) {
        /* The url is not shown: it may hold a password. */
        yz_diag_error(diag,
                      "url should be \"redis://[[user]:password@]host[:port][/database]\", user and password percent-encoded "
                      "(TLS, rediss://, is not spoken: use a tunnel), and prefix at most %zu bytes long",
                      sizeof r->prefix);
        free(r);
        return YZ_EINVAL;
    }
    r->prefix_n = c->prefix.n;
    memcpy(r->prefix, c->prefix.n ? c->prefix.p : "", c->prefix.n);
    r->timeout = c->timeout;
    r->in_flight = c->in_flight;
    *store = r;
    return YZ_OK;
}

static void redis_close(void *store) {
    redis *r = store;
    memset(&r->address, 0, sizeof r->address);
    free(r);
}

static redis_link *link_of(redis *r, yz_worker *worker) {
    redis_link **link = &r->links[yz_worker_index(worker)];
    if (!*link)
        *link = link_new(worker, &r->address, r->timeout, r->in_flight);
    return *link;
}

static void redis_leave(void *store, yz_worker *worker) {
    redis_link **link = &((redis *)store)->links[yz_worker_index(worker)];
    if (*link)
        link_close(*link);
    *link = NULL;
}

/* Sends `COMMAND prefix+key [more…]`. */
static bool send_keyed(redis *r, yz_worker *worker, yz_reply *wait, const char *name, yz_str key, int more, const yz_str *rest) {
    redis_link *link = link_of(r, worker);
    char full[512];
    if (!link || r->prefix_n + key.n > sizeof full)
        return false;
    memcpy(full, r->prefix, r->prefix_n);
    memcpy(full + r->prefix_n, key.p, key.n);
    const char *argv[5] = {name, full};
    size_t lengths[5] = {strlen(name), r->prefix_n + key.n};
    for (int i = 0; i < more; i++) {
        argv[2 + i] = rest[i].p;
        lengths[2 + i] = rest[i].n;
    }
    return link_send(link, wait, 2 + more, argv, lengths);
}

static int redis_get(void *store, yz_worker *worker, yz_str key, yz_blob **value, yz_reply *wait) {
    (void)value;
    return send_keyed(store, worker, wait, "GET", key, 0, NULL) ? YZ_EAGAIN : YZ_ENOTFOUND;
}

static void redis_put(void *store, yz_worker *worker, yz_str key, yz_blob *value, int64_t ttl) {
    char ms[24];
    int n = snprintf(ms, sizeof ms, "%lld", (long long)(ttl > 0 ? ttl : 1));
    const yz_str rest[] = {yz_blob_bytes(value), YZ_STR("PX"), {ms, (size_t)n}};
    send_keyed(store, worker, NULL, "SET", key, 3, rest);
}

static void redis_remove(void *store, yz_worker *worker, yz_str key) { send_keyed(store, worker, NULL, "DEL", key, 0, NULL); }

static const yz_store_ops redis_store = {YZ_STORE,         .open = redis_open,     .close = redis_close, .get = redis_get,
                                         .put = redis_put, .remove = redis_remove, .leave = redis_leave};

static const yz_option options[] = {
    {.name = "url",
     .type = YZ_OPTION_STRING,
     .offset = offsetof(redis_config, url),
     .otherwise = "redis://127.0.0.1:6379",
     .help = "redis://[[user]:password@]host[:port][/database]"},
    {.name = "prefix",
     .type = YZ_OPTION_STRING,
     .offset = offsetof(redis_config, prefix),
     .otherwise = "yuzui:",
     .help = "stands before every key"},
    {.name = "timeout",
     .type = YZ_OPTION_DURATION,
     .offset = offsetof(redis_config, timeout),
     .otherwise = "100ms",
     .help = "a connection on which an answer takes longer is dropped",
     .min = 5,
     .max = 10000},
    {.name = "in_flight",
     .type = YZ_OPTION_INT,
     .offset = offsetof(redis_config, in_flight),
     .otherwise = "1000",
     .help = "commands a worker may have unanswered; more are misses",
     .min = 1,
     .max = 100000},
};

YZ_PLUGIN(.name = "redis", .summary = "a store in Redis, shared by a fleet", .version = "0.1", .config_size = sizeof(redis_config),
          YZ_OPTIONS(options), .store = &redis_store)
