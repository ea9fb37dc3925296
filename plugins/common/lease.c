/* lease.c: how much is lent, and for how long. A table of few places, looked for in the ones beside where an account belongs: an account
 * that finds no room there is not lent anything, which costs its requests a wait and nothing else.
 */
#include "lease.h"

#include <stdlib.h>
#include <string.h>

enum { BESIDE = 8, AGAIN = 1, FIRST = 16 }; /* places looked at; seconds after a refusal; holds of a first lease */

int64_t lease_rich = 32, lease_share = 8, lease_look = 500;

/* ---- places ---------------------------------------------------------------------------------------------------------- */

static size_t place_of(yz_str account) {
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < account.n; i++)
        hash = (hash ^ (unsigned char)account.p[i]) * 16777619u;
    return (hash ^ hash >> 15) % LEASE_PLACES;
}

lease *leases_find(const leases *all, yz_str account) {
    for (size_t i = 0, at = all->n ? place_of(account) : 0; all->n && i < BESIDE; i++) {
        lease *l = &all->places[(at + i) % LEASE_PLACES];
        if (l->account_n == account.n && memcmp(l->account, account.p, account.n) == 0)
            return l;
    }
    return NULL;
}

lease *leases_make(leases *all, yz_str account) {
    lease *there = leases_find(all, account);
    if (there || account.n == 0 || account.n > YZ_LEDGER_NAME_MAX)
        return there;
    if (!all->places && !(all->places = calloc(LEASE_PLACES, sizeof *all->places)))
        return NULL;
    for (size_t i = 0, at = place_of(account); i < BESIDE; i++) {
        lease *l = &all->places[(at + i) % LEASE_PLACES];
        if (l->account_n)
            continue;
        *l = (lease){.account_n = account.n};
        memcpy(l->account, account.p, account.n);
        all->n++;
        return l;
    }
    return NULL;
}

void leases_drop(leases *all, lease *l) {
    *l = (lease){0};
    all->n--;
}

void leases_free(leases *all) { free(all->places); }

/* ---- amounts --------------------------------------------------------------------------------------------------------- */

bool lease_take(lease *l, int64_t amount, int64_t now, int64_t ms) {
    if (!l->granted || now >= l->until || ms >= l->until_ms || amount > l->left)
        return false;
    l->left -= amount;
    l->used = now;
    l->on_its_way++;
    return true;
}

bool lease_runs_low(const lease *l, int64_t now) {
    return l->granted && !l->asked && now >= l->not_before && (l->left < l->low || now >= l->until - LEASE_LIFE / 4);
}

bool lease_is_worth_it(const lease *l, int64_t amount, int64_t available, int64_t now) {
    return !l->granted && !l->asked && now >= l->not_before && available / lease_rich >= amount;
}

static int64_t times(int64_t n, int64_t amount) { return amount < YZ_LEDGER_AMOUNT_MAX / n ? n * amount : YZ_LEDGER_AMOUNT_MAX; }

int64_t lease_wish(lease *l, int64_t amount) {
    int64_t least = times(FIRST, amount);
    return l->want = l->want < least ? least : l->want;
}

void lease_answered(lease *l, int64_t got, int64_t expires, int64_t now) {
    l->asked = false;
    if (got == 0) {
        l->not_before = now + AGAIN;
        l->want = 0;
        return;
    }
    if (!l->granted) { /* its first */
        l->granted = true;
        l->used = now;
    }
    l->left += got;
    l->low = l->left / 2;
    l->want = times(2, l->want);
    l->until = expires - LEASE_LIFE / 2;
    l->until_ms = l->asked_ms + LEASE_LIFE / 2 * 1000;
}

bool lease_is_done(const lease *l, int64_t now) {
    return l->on_its_way == 0 && !l->asked && (now - l->used > LEASE_IDLE || now < l->used || (l->granted && now >= l->until));
}
