/* dns.c: names to addresses, by the system's resolver on libuv's thread pool.
 *
 * A name is an entry; an entry is being looked up, or known until it expires. Questions wait in the entry's list while it is looked
 * up, and in the task queue afterwards, so a hook never runs from inside yz_dns_ask. When the last question leaves, a look-up that
 * has not begun is called off.
 *
 * A look-up is an allocation of its own: it may outlive the entry's resolver.
 */
#include "net/dns.h"

#include "base/arena.h"
#include "base/check.h"
#include "worker.h"

#include <stdlib.h>
#include <uv.h>

#define KEEP_MS        60000
#define KEEP_FAILED_MS 5000
#define MAX_ENTRIES    256
#define MAX_ADDRESSES  16
#define MAX_NAME       253

typedef struct lookup {
    uv_getaddrinfo_t req;
    struct entry *entry; /* NULL: nobody wants it any more */
} lookup;

typedef struct entry {
    struct entry *next;
    yz_dns_query *waiting; /* in the order they came */
    size_t users;          /* questions that will read it */
    lookup *lookup;        /* NULL: known */
    int64_t expires;
    const char *reason; /* why there is no address */
    size_t n;
    struct sockaddr_storage addresses[MAX_ADDRESSES];
    char name[MAX_NAME + 1];
} entry;

struct yz_dns {
    yz_worker *worker;
    entry *entries; /* the one asked for last comes first */
    size_t n_entries;
};

struct yz_dns_query {
    yz_task task; /* queued: the answer is known */
    yz_dns *dns;
    entry *entry; /* NULL: the literal address below */
    yz_dns_query *next;
    struct sockaddr_storage literal;
    const char *reason; /* no look-up is needed to say no */
    uint16_t port;
    yz_dns_hook *hook;
    void *arg;
};

/* ---- entries --------------------------------------------------------------------------------------------------------- */

static void unlink_entry(yz_dns *dns, const entry *gone) {
    for (entry **at = &dns->entries; *at; at = &(*at)->next) {
        if (*at == gone) {
            *at = gone->next;
            dns->n_entries--;
            return;
        }
    }
}

static entry *find(yz_dns *dns, yz_str host) {
    for (entry *at = dns->entries; at; at = at->next) {
        if (yz_str_ieq(yz_str_of(at->name), host)) {
            unlink_entry(dns, at);
            at->next = dns->entries;
            dns->entries = at;
            dns->n_entries++;
            return at;
        }
    }
    return NULL;
}

/* Drops the least recently asked name that nobody waits for. */
static void make_room(yz_dns *dns) {
    if (dns->n_entries < MAX_ENTRIES)
        return;
    entry *oldest = NULL;
    for (entry *at = dns->entries; at; at = at->next)
        if (!at->lookup && !at->users)
            oldest = at;
    if (oldest) {
        unlink_entry(dns, oldest);
        free(oldest);
    }
}

static entry *add(yz_dns *dns, yz_str host) {
    make_room(dns);
    entry *fresh = yz_calloc(1, sizeof *fresh);
    memcpy(fresh->name, host.p, host.n);
    fresh->next = dns->entries;
    dns->entries = fresh;
    dns->n_entries++;
    return fresh;
}

/* ---- answering ------------------------------------------------------------------------------------------------------- */

static void set_port(struct sockaddr_storage *address, uint16_t port) {
    if (address->ss_family == AF_INET6)
        ((struct sockaddr_in6 *)address)->sin6_port = htons(port);
    else
        ((struct sockaddr_in *)address)->sin_port = htons(port);
}

static void answer(yz_task *task) {
    yz_dns_query *query = YZ_CONTAINER(task, yz_dns_query, task);
    struct sockaddr_storage addresses[MAX_ADDRESSES];
    size_t n = query->entry ? query->entry->n : query->reason ? 0 : 1;
    const char *reason = query->entry ? query->entry->reason : query->reason;
    const struct sockaddr_storage *from = query->entry ? query->entry->addresses : &query->literal;
    for (size_t i = 0; i < n; i++) {
        addresses[i] = from[i];
        set_port(&addresses[i], query->port);
    }
    yz_dns_hook *hook = query->hook;
    void *arg = query->arg;
    if (query->entry)
        query->entry->users--;
    free(query);
    hook(arg, addresses, n, reason);
}

static void answer_all(yz_dns *dns, entry *known) {
    yz_dns_query *query = known->waiting;
    known->waiting = NULL;
    while (query) {
        yz_dns_query *next = query->next;
        query->next = NULL;
        yz_task_post(&dns->worker->turn, &query->task);
        query = next;
    }
}

/* ---- looking up ------------------------------------------------------------------------------------------------------ */

/* Copies the addresses, families in turn, IPv6 first; in a family the system's order stands. */
static void collect(entry *into, const struct addrinfo *list) {
    const struct addrinfo *at[2] = {list, list};
    static const int families[2] = {AF_INET6, AF_INET};
    into->n = 0;
    for (size_t turn = 0; (at[0] || at[1]) && into->n < MAX_ADDRESSES; turn ^= 1) {
        const struct addrinfo *info = at[turn];
        while (info && info->ai_family != families[turn])
            info = info->ai_next;
        if (info)
            memcpy(&into->addresses[into->n++], info->ai_addr, info->ai_addrlen);
        at[turn] = info ? info->ai_next : NULL;
    }
}

static const char *why(int status) {
    switch (status) {
    case 0:
        return "its name has no address";
    case UV_EAI_NONAME:
    case UV_EAI_NODATA:
        return "its name does not resolve (unknown node or service)";
    case UV_EAI_AGAIN:
        return "its name does not resolve: no name server answers (temporary failure)";
    default:
        return uv_strerror(status);
    }
}

static void look_up(yz_dns *dns, entry *wanted);

static void on_found(uv_getaddrinfo_t *req, int status, struct addrinfo *list) {
    lookup *done = YZ_CONTAINER(req, lookup, req);
    entry *known = done->entry;
    yz_dns *dns = req->data;
    free(done);
    if (known) {
        known->lookup = NULL;
        known->n = 0;
        if (status == UV_EAI_CANCELED && known->waiting) {
            look_up(dns, known); /* called off, then wanted again */
        } else {
            if (status == 0)
                collect(known, list);
            known->reason = why(status);
            known->expires = status == UV_EAI_CANCELED ? 0 : yz_turn_now(&dns->worker->turn) + (known->n ? KEEP_MS : KEEP_FAILED_MS);
            answer_all(dns, known);
        }
    }
    uv_freeaddrinfo(list);
}

static void look_up(yz_dns *dns, entry *wanted) {
    static const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    lookup *fresh = yz_calloc(1, sizeof *fresh);
    fresh->entry = wanted;
    fresh->req.data = dns;
    int code = uv_getaddrinfo(dns->worker->loop, &fresh->req, on_found, wanted->name, NULL, &hints);
    if (code == 0) {
        wanted->lookup = fresh;
        return;
    }
    free(fresh);
    wanted->n = 0;
    wanted->reason = why(code);
    wanted->expires = yz_turn_now(&dns->worker->turn) + KEEP_FAILED_MS;
    answer_all(dns, wanted);
}

/* ---- asking ---------------------------------------------------------------------------------------------------------- */

static bool is_literal(yz_str host, struct sockaddr_storage *out) {
    char text[INET6_ADDRSTRLEN + 1];
    if (host.n >= sizeof text)
        return false;
    memcpy(text, host.p, host.n);
    text[host.n] = 0;
    return uv_ip4_addr(text, 0, (struct sockaddr_in *)out) == 0 || uv_ip6_addr(text, 0, (struct sockaddr_in6 *)out) == 0;
}

static bool is_name(yz_str host) { return host.n > 0 && host.n <= MAX_NAME && !memchr(host.p, 0, host.n); }

static void wait_in_line(entry *at, yz_dns_query *query) {
    yz_dns_query **end = &at->waiting;
    while (*end)
        end = &(*end)->next;
    *end = query;
}

yz_dns_query *yz_dns_ask(yz_dns *dns, yz_str host, uint16_t port, yz_dns_hook *hook, void *arg) {
    yz_dns_query *query = yz_calloc(1, sizeof *query);
    query->task.run = answer;
    query->dns = dns;
    query->port = port;
    query->hook = hook;
    query->arg = arg;
    if (!is_name(host))
        query->reason = "not a host name";
    if (query->reason || is_literal(host, &query->literal)) {
        yz_task_post(&dns->worker->turn, &query->task);
        return query;
    }
    entry *at = find(dns, host);
    if (!at)
        at = add(dns, host);
    query->entry = at;
    at->users++;
    if (!at->lookup && at->expires > yz_turn_now(&dns->worker->turn)) {
        yz_task_post(&dns->worker->turn, &query->task);
        return query;
    }
    wait_in_line(at, query);
    if (!at->lookup)
        look_up(dns, at);
    return query;
}

void yz_dns_forget(yz_dns_query *query) {
    entry *at = query->entry;
    if (at)
        at->users--;
    for (yz_dns_query **from = at ? &at->waiting : NULL; from && *from; from = &(*from)->next) {
        if (*from == query) {
            *from = query->next;
            break;
        }
    }
    if (at && at->lookup && !at->waiting)
        uv_cancel((uv_req_t *)&at->lookup->req); /* fails when it has begun: then the answer is kept for the next */
    yz_task_drop(&query->task);
    free(query);
}

yz_dns *yz_dns_new(yz_worker *worker) {
    yz_dns *dns = yz_calloc(1, sizeof *dns);
    dns->worker = worker;
    return dns;
}

void yz_dns_free(yz_dns *dns) {
    if (!dns)
        return;
    for (entry *at = dns->entries, *next; at; at = next) {
        next = at->next;
        YZ_CHECK(!at->users);
        if (at->lookup) {
            at->lookup->entry = NULL;
            uv_cancel((uv_req_t *)&at->lookup->req);
        }
        free(at);
    }
    free(dns);
}
