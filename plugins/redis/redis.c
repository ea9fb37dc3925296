/* redis.c: a store in Redis, shared by every gateway that uses the same one. Each worker has a connection of its own (link.c),
 * opened at the first use. Whatever is wrong with Redis is a miss, at once, never an error; only those who ask how a put, a remove or an
 * add went learn of it.
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
    size_t max_value;
    redis_told told;
    _Atomic unsigned users;     /* links, and whoever opened it */
    redis_link *links[WORKERS]; /* each touched by its own worker only */
} redis;

/* Links may outlive the store by the time that an answer takes. */
static void redis_close(void *store) {
    redis *r = store;
    if (atomic_fetch_sub(&r->users, 1) > 1)
        return;
    redis_address_free(&r->address);
    free(r);
}

static int redis_open(const void *config, void **store, yz_diag *diag) {
    const redis_config *c = config;
    redis *r = calloc(1, sizeof *r);
    if (!r)
        return YZ_EINTERNAL;
    r->users = 1;
    int code = redis_address_read(c, &r->address, diag);
    if (code == YZ_OK && c->prefix.n > sizeof r->prefix) {
        yz_diag_error(diag, "prefix should be at most %zu bytes long", sizeof r->prefix);
        code = YZ_EINVAL;
    }
    if (code != YZ_OK) {
        redis_close(r);
        return code;
    }
    r->prefix_n = c->prefix.n;
    memcpy(r->prefix, c->prefix.n ? c->prefix.p : "", c->prefix.n);
    r->timeout = c->timeout;
    r->in_flight = c->in_flight;
    r->max_value = (size_t)c->max_value;
    *store = r;
    return YZ_OK;
}

static redis_link *link_of(redis *r, yz_worker *worker) {
    redis_link **link = &r->links[yz_worker_index(worker)];
    if (!*link) {
        *link = link_new(worker, &r->address, &r->told, r->timeout, r->in_flight, redis_close, r);
        r->users += *link != NULL; /* before its handles can have been closed */
    }
    return *link;
}

static void redis_leave(void *store, yz_worker *worker) {
    redis_link **link = &((redis *)store)->links[yz_worker_index(worker)];
    if (*link)
        link_close(*link);
    *link = NULL;
}

/* Stands in a command where the key goes. */
static const char the_key[] = "";
#define THE_KEY ((yz_str){the_key, 0})

/* Sends a command of at most LINK_WORDS words. False: it cannot be sent now, and nobody will be answered. */
static bool send_words(redis *r, yz_worker *worker, link_question question, yz_str key, const yz_str *words, int n) {
    redis_link *link = link_of(r, worker);
    char full[512];
    const char *argv[LINK_WORDS];
    size_t lengths[LINK_WORDS];
    if (!link || r->prefix_n + key.n > sizeof full)
        return false;
    memcpy(full, r->prefix, r->prefix_n);
    memcpy(full + r->prefix_n, key.p, key.n);
    for (int i = 0; i < n; i++) {
        bool is_key = words[i].p == the_key;
        argv[i] = is_key ? full : words[i].p;
        lengths[i] = is_key ? r->prefix_n + key.n : words[i].n;
    }
    return link_send(link, question, n, argv, lengths);
}
#define SEND(r, worker, question, key, words) send_words(r, worker, question, key, words, sizeof(words) / sizeof(*(words)))

typedef struct number_text {
    char digits[24];
} number_text;

static yz_str spell(number_text *text, int64_t number) {
    /* cppcheck-suppress ctuuninitvar ; it is written here, not read */
    int n = snprintf(text->digits, sizeof text->digits, "%lld", (long long)number);
    return (yz_str){text->digits, (size_t)n};
}

/* ---- bytes ------------------------------------------------------------------------------------------------------------ */

static void read_get(yz_reply *reply, const redisReply *answer) {
    if (answer && answer->type == REDIS_REPLY_STRING)
        yz_reply_done(reply, YZ_OK, yz_blob_new((yz_str){answer->str, (size_t)answer->len}));
    else
        yz_reply_done(reply, answer && answer->type == REDIS_REPLY_NIL ? YZ_ENOTFOUND : YZ_EIO, NULL);
}

static int redis_get(void *store, yz_worker *worker, yz_str key, yz_blob **value, yz_reply *reply) {
    (void)value;
    const yz_str words[] = {YZ_STR("GET"), THE_KEY};
    return SEND(store, worker, ((link_question){.reply = reply, .read = read_get, .what = "GET"}), key, words) ? YZ_EAGAIN : YZ_ENOTFOUND;
}

static void read_put(yz_reply *reply, const redisReply *answer) {
    yz_reply_done(reply, answer && answer->type == REDIS_REPLY_STATUS ? YZ_OK : YZ_EIO, NULL);
}

/* A large one may cost more than it is worth: under allkeys-lru a value over maxmemory removes every other key, and is not kept either. */
static bool is_too_large(redis *r, yz_worker *worker, size_t n) {
    const redis_link *link = link_of(r, worker);
    return n > r->max_value || (link && n >= link_too_large(link));
}

static int redis_put_ack(void *store, yz_worker *worker, yz_str key, yz_blob *value, int64_t ttl, yz_reply *reply) {
    number_text ms;
    size_t n = yz_blob_bytes(value).n;
    if (is_too_large(store, worker, n))
        return YZ_ELIMIT;
    const yz_str words[] = {YZ_STR("SET"), THE_KEY, yz_blob_bytes(value), YZ_STR("PX"), spell(&ms, ttl > 0 ? ttl : 1)};
    return SEND(store, worker, ((link_question){.reply = reply, .read = read_put, .what = "SET", .value = n}), key, words) ? YZ_EAGAIN
                                                                                                                           : YZ_EIO;
}

static void redis_put(void *store, yz_worker *worker, yz_str key, yz_blob *value, int64_t ttl) {
    redis_put_ack(store, worker, key, value, ttl, NULL);
}

static void read_remove(yz_reply *reply, const redisReply *answer) {
    bool known = answer && answer->type == REDIS_REPLY_INTEGER;
    yz_reply_done(reply, !known ? YZ_EIO : answer->integer > 0 ? YZ_OK : YZ_ENOTFOUND, NULL);
}

static int redis_remove_ack(void *store, yz_worker *worker, yz_str key, yz_reply *reply) {
    const yz_str words[] = {YZ_STR("DEL"), THE_KEY};
    return SEND(store, worker, ((link_question){.reply = reply, .read = read_remove, .what = "DEL"}), key, words) ? YZ_EAGAIN : YZ_EIO;
}

static void redis_remove(void *store, yz_worker *worker, yz_str key) { redis_remove_ack(store, worker, key, NULL); }

/* ---- numbers ---------------------------------------------------------------------------------------------------------- */

/* One step for Redis, so no key is ever left without its time to live. The sum is fetched as text, since Lua's numbers are doubles, and
 * before the time is set: a key whose milliseconds are over by then is gone at once. False (nil): no number is there, or the sum does not
 * fit; other errors, such as a full or a read-only server, are passed on. */
#define ADD                                                                                                                                \
    "local sum = redis.pcall('INCRBY', KEYS[1], ARGV[1]) "                                                                                 \
    "if type(sum) == 'table' then if string.find(sum.err, '^ERR ') then return false end return sum end "                                  \
    "sum = redis.call('GET', KEYS[1]) "                                                                                                    \
    "if redis.call('PTTL', KEYS[1]) < 0 then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end "                                                 \
    "return sum"

static void read_sum(yz_reply *reply, const redisReply *answer) {
    bool known = answer && answer->type == REDIS_REPLY_STRING;
    int code = known ? YZ_OK : answer && answer->type == REDIS_REPLY_NIL ? YZ_EINVAL : YZ_EIO;
    yz_reply_sum(reply, code, known ? strtoll(answer->str, NULL, 10) : 0);
}

static int redis_add(void *store, yz_worker *worker, yz_str key, int64_t delta, int64_t ttl, int64_t *sum, yz_reply *reply) {
    (void)sum;
    number_text more, ms;
    const yz_str words[] = {YZ_STR("EVAL"), YZ_STR(ADD), YZ_STR("1"), THE_KEY, spell(&more, delta), spell(&ms, ttl > 0 ? ttl : 1)};
    return SEND(store, worker, ((link_question){reply, read_sum, reply != NULL, "EVAL", 0}), key, words) ? YZ_EAGAIN : YZ_EIO;
}

/* ---- windows ---------------------------------------------------------------------------------------------------------- */

/* A hash of 33 slots by their numbers, as the limit stage keeps it for one process: what was taken in each 1/32 of the window. By the clock
 * of Redis, which is the same for all gateways. (Before Redis 5 a script that asks for the time may not write unless it says so.) */
#define NOW                                                                                                                                \
    "if redis.replicate_commands then redis.replicate_commands() end "                                                                     \
    "local t = redis.call('TIME') "                                                                                                        \
    "local now = t[1] * 1000 + math.floor(t[2] / 1000) "                                                                                   \
    "local function spell(x) return string.format('%.0f', x) end "

#define SLOTS                                                                                                                              \
    NOW "local n, window = tonumber(ARGV[1]), tonumber(ARGV[2]) "                                                                          \
        "local width = math.max(1, math.ceil(window / 32)) "                                                                               \
        "local slot = math.floor(now / width) "

#define TAKE                                                                                                                               \
    SLOTS "local most = tonumber(ARGV[3]) "                                                                                                \
          "local all, have, sum = redis.call('HGETALL', KEYS[1]), {}, 0 "                                                                  \
          "for i = 1, #all, 2 do "                                                                                                         \
          "  local s, k = tonumber(all[i]), tonumber(all[i + 1]) "                                                                         \
          "  if s < slot - 32 then redis.call('HDEL', KEYS[1], all[i]) else have[s] = k sum = sum + k end "                                \
          "end "                                                                                                                           \
          "if sum + n <= most then "                                                                                                       \
          "  redis.call('HINCRBY', KEYS[1], spell(slot), ARGV[1]) "                                                                        \
          "  redis.call('PEXPIRE', KEYS[1], spell(33 * width)) "                                                                           \
          "  return {1, most - sum - n, 0, slot} "                                                                                         \
          "end "                                                                                                                           \
          "local excess, wait = sum + n - most, 33 * width "                                                                               \
          "for s = slot - 32, slot do "                                                                                                    \
          "  excess = excess - (have[s] or 0) "                                                                                            \
          "  if excess <= 0 then wait = (s + 33) * width - now break end "                                                                 \
          "end "                                                                                                                           \
          "return {0, math.max(0, most - sum), wait, slot}"

/* Of what has left the window nothing is corrected, and nothing falls below nothing. */
#define SETTLE                                                                                                                             \
    SLOTS "if tonumber(ARGV[3]) >= slot - 32 and redis.call('HEXISTS', KEYS[1], ARGV[3]) == 1 "                                            \
          "and redis.call('HINCRBY', KEYS[1], ARGV[3], ARGV[1]) < 0 then redis.call('HSET', KEYS[1], ARGV[3], '0') end return 1"

static void read_taken(yz_reply *reply, const redisReply *answer) {
    bool known = answer && answer->type == REDIS_REPLY_ARRAY && answer->elements == 4;
    for (size_t i = 0; known && i < 4; i++)
        known = answer->element[i]->type == REDIS_REPLY_INTEGER;
    if (!known) {
        yz_reply_taken(reply, YZ_EIO, NULL);
        return;
    }
    yz_taken taken = {YZ_TAKEN, .fits = answer->element[0]->integer == 1, .left = answer->element[1]->integer,
                      .wait = answer->element[2]->integer, .slot = answer->element[3]->integer};
    yz_reply_taken(reply, YZ_OK, &taken);
}

static int redis_take(void *store, yz_worker *worker, yz_str key, int64_t n, int64_t most, int64_t window, yz_reply *reply) {
    number_text more, ms, limit;
    const yz_str words[] = {YZ_STR("EVAL"), YZ_STR(TAKE), YZ_STR("1"), THE_KEY, spell(&more, n), spell(&ms, window), spell(&limit, most)};
    return SEND(store, worker, ((link_question){reply, read_taken, true, "EVAL", 0}), key, words) ? YZ_EAGAIN : YZ_EIO;
}

static void redis_settle(void *store, yz_worker *worker, yz_str key, int64_t slot, int64_t more, int64_t window) {
    number_text by, ms, number;
    const yz_str words[] = {YZ_STR("EVAL"),   YZ_STR(SETTLE),     YZ_STR("1"),         THE_KEY,
                            spell(&by, more), spell(&ms, window), spell(&number, slot)};
    SEND(store, worker, ((link_question){.what = "EVAL"}), key, words);
}

/* ---- leases ----------------------------------------------------------------------------------------------------------- */

/* A sorted set of holders by when their lease ends; it lives as long as the last of them. */
#define KEEP                                                                                                                               \
    "redis.call('ZADD', KEYS[1], spell(now + ARGV[2]), ARGV[1]) "                                                                          \
    "if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[2]) then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end "

#define ACQUIRE                                                                                                                            \
    NOW "redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', spell(now)) "                                                                     \
        "if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[3]) and not redis.call('ZSCORE', KEYS[1], ARGV[1]) then return 0 end " KEEP      \
        "return 1"

#define RENEW NOW KEEP "return 1"

static void read_acquired(yz_reply *reply, const redisReply *answer) {
    bool known = answer && answer->type == REDIS_REPLY_INTEGER;
    yz_reply_done(reply, !known ? YZ_EIO : answer->integer > 0 ? YZ_OK : YZ_ELIMIT, NULL);
}

static int redis_acquire(void *store, yz_worker *worker, yz_str key, yz_str holder, int64_t most, int64_t lease, yz_reply *reply) {
    number_text ms, limit;
    const yz_str words[] = {YZ_STR("EVAL"), YZ_STR(ACQUIRE), YZ_STR("1"), THE_KEY, holder, spell(&ms, lease), spell(&limit, most)};
    return SEND(store, worker, ((link_question){reply, read_acquired, true, "EVAL", 0}), key, words) ? YZ_EAGAIN : YZ_EIO;
}

static void redis_renew(void *store, yz_worker *worker, yz_str key, yz_str holder, int64_t lease) {
    number_text ms;
    const yz_str words[] = {YZ_STR("EVAL"), YZ_STR(RENEW), YZ_STR("1"), THE_KEY, holder, spell(&ms, lease)};
    SEND(store, worker, ((link_question){.what = "EVAL"}), key, words);
}

static void redis_release(void *store, yz_worker *worker, yz_str key, yz_str holder) {
    const yz_str words[] = {YZ_STR("ZREM"), THE_KEY, holder};
    SEND(store, worker, ((link_question){.what = "ZREM"}), key, words);
}

static int64_t redis_away(void *store, int64_t now, yz_buf *why) { return redis_down_for(&((redis *)store)->told, now, why); }

static const yz_store_ops redis_store = {YZ_STORE,
                                         .open = redis_open,
                                         .close = redis_close,
                                         .get = redis_get,
                                         .put = redis_put,
                                         .remove = redis_remove,
                                         .leave = redis_leave,
                                         .put_ack = redis_put_ack,
                                         .remove_ack = redis_remove_ack,
                                         .add = redis_add,
                                         .take = redis_take,
                                         .settle = redis_settle,
                                         .acquire = redis_acquire,
                                         .renew = redis_renew,
                                         .release = redis_release,
                                         .shared = true,
                                         .away = redis_away};

static const yz_option options[] = {
    {.name = "url",
     .type = YZ_OPTION_STRING,
     .offset = offsetof(redis_config, url),
     .otherwise = "redis://127.0.0.1:6379",
     .help = "redis://[[user]:password@]host[:port][/database], or rediss:// for TLS"},
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
    {.name = "password",
     .type = YZ_OPTION_SECRET,
     .offset = offsetof(redis_config, password),
     .help = "its password, instead of one in url; as it is, without percent-encoding"},
    {.name = "max_value",
     .type = YZ_OPTION_SIZE,
     .offset = offsetof(redis_config, max_value),
     .otherwise = "4MiB",
     .help = "larger values are not stored",
     .min = 1024,
     .max = 512 << 20},
    {.name = "ca",
     .type = YZ_OPTION_STRING,
     .offset = offsetof(redis_config, ca),
     .help = "rediss: an absolute path: a PEM file of the CA certificates to trust, instead of the system's"},
    {.name = "cert",
     .type = YZ_OPTION_STRING,
     .offset = offsetof(redis_config, cert),
     .help = "rediss: a PEM file with the certificate to show the server"},
    {.name = "key", .type = YZ_OPTION_STRING, .offset = offsetof(redis_config, key), .help = "rediss: the PEM private key of cert"},
    {.name = "insecure",
     .type = YZ_OPTION_BOOL,
     .offset = offsetof(redis_config, insecure),
     .otherwise = "false",
     .help = "rediss: do not check the server's certificate: for tests"},
};

YZ_PLUGIN_KINDS("store");
YZ_PLUGIN(.name = "redis", .summary = "a store in Redis, shared by a fleet", .version = "0.1", .config_size = sizeof(redis_config),
          YZ_OPTIONS(options), .store = &redis_store)
