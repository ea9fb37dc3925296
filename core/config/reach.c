/* config/reach.c: see reach.h.
 *
 * An outage begins with the first connection that fails and ends with the next answer. It has one line for each reason that is met (a
 * server that is restarted is silent first, then refuses), and one at its end. A provider that comes and goes, or of which one address in
 * two answers, would have two for every request: so an outage that begins soon after the last line is told only if it lasts.
 */
#include "config/reach.h"

#include "net/tls.h"

#include <stdatomic.h>
#include <stdio.h>
#include <yuzui/plugin.h>

#define TOLD_GAP_MS 10000

enum { WHYS = 8 }; /* reasons told in one outage, at most */

struct yz_reach {
    _Atomic int64_t since; /* when the outage began, ms; 0: there is none */
    _Atomic int64_t told;  /* when the last outage was told of */
    _Atomic uint64_t failed;
    _Atomic bool astray;         /* that its address is none of an API was told */
    _Atomic uint32_t whys[WHYS]; /* hashes of the reasons that were told in this outage; 0: no more */
};

/* "https://api.example.com:443", and through which proxy. */
static yz_str address_of(const yz_reach_of *of, char *out, size_t room) {
    const yz_url *url[] = {of->base, of->proxy && of->proxy->scheme.n ? of->proxy : NULL};
    size_t n = 0;
    for (size_t i = 0; i < 2 && url[i] && n < room; i++) {
        bool v6 = url[i]->host.n > 0 && memchr(url[i]->host.p, ':', url[i]->host.n);
        int more = snprintf(out + n, room - n, "%s%.*s://%s%.*s%s:%u", i > 0 ? " through the proxy " : "", YZ_STR_ARGS(url[i]->scheme),
                            v6 ? "[" : "", YZ_STR_ARGS(url[i]->host), v6 ? "]" : "", url[i]->port);
        n += more > 0 ? (size_t)more : 0;
    }
    return (yz_str){out, n < room ? n : room - 1};
}

yz_reach *yz_reach_find(const yz_reach_of *of) {
    char address[700], name[1100];
    yz_str at = address_of(of, address, sizeof address);
    int n = snprintf(name, sizeof name, "%.*s@%.*s %.*s", (int)(of->name.n < 200 ? of->name.n : 200), of->name.p,
                     (int)(of->node.n < 100 ? of->node.n : 100), of->node.p, YZ_STR_ARGS(at));
    return yz_shared("providers reached", (yz_str){name, (size_t)n}, 1, sizeof(yz_reach), NULL, NULL);
}

/* FNV-1a; never 0. */
static uint32_t hash_of(const char *why) {
    uint32_t hash = 2166136261u;
    for (; *why; why++)
        hash = (hash ^ (unsigned char)*why) * 16777619u;
    return hash ? hash : 1;
}

static bool is_told(const yz_reach *reach, uint32_t why) {
    for (size_t i = 0; i < WHYS; i++)
        if (atomic_load(&reach->whys[i]) == why)
            return true;
    return false;
}

/* The place of a reason that has not been told yet; -1: it has, or as many as may be have. */
static int first_told(yz_reach *reach, uint32_t why) {
    for (int i = 0; i < WHYS; i++) {
        uint32_t there = 0;
        if (atomic_compare_exchange_strong(&reach->whys[i], &there, why))
            return i;
        if (there == why)
            return -1;
    }
    return -1;
}

/* Is this outage to be told of? Of several workers that ask at once, one is told so. */
static bool may_begin(yz_reach *reach, int64_t now) {
    int64_t told = atomic_load(&reach->told);
    return (told == 0 || now - told >= TOLD_GAP_MS) && atomic_compare_exchange_strong(&reach->told, &told, now);
}

void yz_reach_failed(yz_reach *reach, const yz_reach_of *of, int64_t now, const char *why) {
    int64_t none = 0;
    atomic_fetch_add(&reach->failed, 1);
    now = now > 0 ? now : 1;
    atomic_compare_exchange_strong(&reach->since, &none, now);
    uint32_t hash = hash_of(why);
    if (is_told(reach, hash) || (atomic_load(&reach->whys[0]) == 0 && !may_begin(reach, now)))
        return;
    int place = first_told(reach, hash);
    if (place < 0)
        return; /* another worker was quicker */
    char address[700];
    yz_str at = address_of(of, address, sizeof address);
    const char *hint = !of->base->tls ? "" : yz_tls_is_plain(why) ? "; base_url should begin with http://" : "";
    yz_log(YZ_LOG_WARN, "provider %.*s%s%.*s %s be reached at %.*s: %s%s", YZ_STR_ARGS(of->name), of->node.n ? "@" : "",
           YZ_STR_ARGS(of->node), place > 0 ? "still cannot" : "cannot", YZ_STR_ARGS(at), why, hint);
}

bool yz_reach_astray(yz_reach *reach, const yz_reach_of *of, char *address, size_t room) {
    if (atomic_exchange(&reach->astray, true))
        return false;
    yz_str at = address_of(of, address, room);
    address[at.n] = 0;
    return true;
}

void yz_reach_answered(yz_reach *reach, const yz_reach_of *of, int64_t now) {
    if (atomic_load_explicit(&reach->since, memory_order_relaxed) == 0)
        return;
    int64_t since = atomic_exchange(&reach->since, 0);
    if (since == 0)
        return; /* another worker was quicker */
    uint64_t failed = atomic_exchange(&reach->failed, 0);
    bool told = atomic_exchange(&reach->whys[0], 0) != 0;
    for (size_t i = 1; i < WHYS; i++)
        atomic_store(&reach->whys[i], 0);
    char address[700];
    yz_str at = address_of(of, address, sizeof address);
    if (told)
        yz_log(YZ_LOG_INFO, "provider %.*s%s%.*s is reached again at %.*s, after %.1f s and %llu %s", YZ_STR_ARGS(of->name),
               of->node.n ? "@" : "", YZ_STR_ARGS(of->node), YZ_STR_ARGS(at), (double)(now - since) / 1e3, (unsigned long long)failed,
               failed == 1 ? "attempt that failed" : "attempts that failed");
}
