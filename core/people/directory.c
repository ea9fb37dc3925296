/* people/directory.c: see directory.h. A directory is built whole from a register, in one arena, and never changed.
 *
 * What binds a key is worked out here, not when it asks: the groups above it, the labels and the account it takes from them. A group that
 * is not there, or a way up that has no end, refuses the key: what an operator meant to bind must not be free by mistake.
 */
#include "people/directory.h"
#include "base/arena.h"
#include "base/hmac.h"
#include "people/register.h"

#include <openssl/crypto.h>
#include <stdlib.h>

enum { DEPTH = 16 }; /* groups above a key */

typedef struct place {
    const yz_person_secret *secret; /* NULL: free */
    const yz_member *member;
} place;

struct yz_directory {
    _Atomic size_t refs;
    yz_arena *arena; /* it lives there itself */
    yz_held **held;  /* that it is built from */
    size_t n_held;
    place *places; /* open places, at most half full */
    size_t cap;    /* a power of two */
    size_t n;
};

/* ---- what binds a key --------------------------------------------------------------------------------------------------- */

static const yz_scope *scope_of(yz_arena *arena, const yz_person *p) {
    yz_scope *scope = yz_alloc(arena, sizeof *scope);
    *scope = (yz_scope){YZ_SCOPE,
                        .kind = yz_person_kind_word(p->kind).p,
                        .name = p->name,
                        .models = p->models.items,
                        .n_models = p->models.n,
                        .addresses = p->addresses.items,
                        .n_addresses = p->addresses.n,
                        .disabled = p->disabled,
                        .expires = p->expires,
                        .rpm = p->rpm,
                        .tpm = p->tpm,
                        .budget_day = p->budget_day,
                        .budget_month = p->budget_month,
                        .budget_total = p->budget_total,
                        .downgrade = p->downgrade};
    return scope;
}

/* The key, its group, the group of that …; their number. What is named but not there is disabled. */
static size_t way_up(const yz_register *reg, const yz_person *key, const yz_person *way[DEPTH + 1], yz_arena *arena) {
    size_t n = 0;
    way[n++] = key;
    while (way[n - 1]->group.n > 0 && n <= DEPTH) {
        const yz_held *above = n < DEPTH ? yz_register_find(reg, YZ_PERSON_GROUP, way[n - 1]->group) : NULL;
        yz_person *missing = yz_alloc(arena, sizeof *missing);
        *missing = (yz_person){.kind = YZ_PERSON_GROUP, .name = way[n - 1]->group, .disabled = true};
        way[n++] = above ? &above->person : missing;
        if (!above)
            break;
    }
    return n;
}

static yz_str nearest(const yz_person *const *way, size_t n, size_t offset) {
    for (size_t i = 0; i < n; i++) {
        const yz_str *said = (const yz_str *)(const void *)((const char *)way[i] + offset);
        if (said->n > 0)
            return *said;
    }
    return YZ_STR("");
}

static bool has_tag(const yz_key *key, yz_str name) {
    for (size_t i = 0; i < key->n_tags; i++)
        if (yz_str_eq(key->tags[i].name, name))
            return true;
    return false;
}

/* Its labels, and those of its groups that it does not have itself. */
static void take_tags(yz_key *key, const yz_person *const *way, size_t n, yz_arena *arena) {
    size_t most = 0;
    for (size_t i = 0; i < n; i++)
        most += way[i]->labels.n;
    yz_header *tags = yz_alloc(arena, (most + 1) * sizeof *tags);
    key->tags = tags;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < way[i]->labels.n; k++)
            if (!has_tag(key, way[i]->labels.items[k].name))
                tags[key->n_tags++] = way[i]->labels.items[k];
}

static const yz_member *member_of(const yz_register *reg, const yz_person *person, yz_arena *arena) {
    static const yz_str all[] = {{"*", 1}};
    const yz_person *way[DEPTH + 1];
    size_t n = way_up(reg, person, way, arena);
    yz_member *m = yz_alloc(arena, sizeof *m);
    const yz_scope **scopes = yz_alloc(arena, n * sizeof(yz_scope *));
    m->person = person;
    m->pub = (yz_key){YZ_KEY, .name = person->name, .models = all, .n_models = 1, .scopes = scopes, .n_scopes = n};
    m->pub.account = nearest(way, n, offsetof(yz_person, account));
    m->pub.tenant = nearest(way, n, offsetof(yz_person, tenant));
    if (m->pub.tenant.n == 0)
        m->pub.tenant = person->name;
    m->chain = nearest(way, n, offsetof(yz_person, chain));
    for (size_t i = 0; i < n; i++) {
        scopes[i] = scope_of(arena, way[i]);
        m->pub.markup = m->pub.markup ? m->pub.markup : way[i]->markup;
    }
    take_tags(&m->pub, way, n, arena);
    return m;
}

/* ---- building ----------------------------------------------------------------------------------------------------------- */

static size_t first_place(const yz_directory *d, const uint8_t hash[32]) {
    uint64_t bits;
    memcpy(&bits, hash, sizeof bits);
    return (size_t)bits & (d->cap - 1);
}

static void add(yz_directory *d, const yz_person_secret *secret, const yz_member *member) {
    size_t at = first_place(d, secret->hash);
    while (d->places[at].secret)
        at = (at + 1) & (d->cap - 1);
    d->places[at] = (place){secret, member};
    d->n++;
}

static void add_key(yz_directory *d, const yz_register *reg, const yz_person *person) {
    if (person->kind != YZ_PERSON_KEY || person->revoked)
        return;
    const yz_member *member = member_of(reg, person, d->arena);
    for (size_t i = 0; i < person->n_secrets; i++)
        add(d, &person->secrets[i], member);
}

yz_directory *yz_directory_new(const yz_register *reg) {
    yz_arena *arena = yz_arena_new(NULL);
    yz_directory *d = yz_alloc(arena, sizeof *d);
    size_t secrets = 0;
    d->refs = 1;
    d->arena = arena;
    d->held = yz_alloc(arena, (reg->n + 1) * sizeof(yz_held *));
    for (size_t i = 0; i < reg->cap; i++) {
        if (!reg->places[i])
            continue;
        d->held[d->n_held++] = reg->places[i];
        atomic_fetch_add(&reg->places[i]->refs, 1);
        secrets += reg->places[i]->person.n_secrets;
    }
    for (d->cap = 16; d->cap < 2 * secrets;)
        d->cap *= 2;
    d->places = yz_alloc(arena, d->cap * sizeof *d->places);
    for (size_t i = 0; i < d->n_held; i++)
        add_key(d, reg, &d->held[i]->person);
    return d;
}

void yz_directory_ref(yz_directory *d) { atomic_fetch_add(&d->refs, 1); }

void yz_directory_unref(yz_directory *d) {
    if (!d || atomic_fetch_sub(&d->refs, 1) != 1)
        return;
    for (size_t i = 0; i < d->n_held; i++)
        yz_held_unref(d->held[i]);
    yz_arena_free(d->arena);
}

size_t yz_directory_size(const yz_directory *d) { return d->n; }

/* Where a hash stands says nothing of the key it is of, so only the comparison itself takes the same time for all. */
const yz_member *yz_directory_find(const yz_directory *d, yz_str credential, int64_t now) {
    uint8_t hash[32];
    if (d->n == 0 || credential.n == 0)
        return NULL;
    yz_sha256(credential, hash);
    for (size_t at = first_place(d, hash); d->places[at].secret; at = (at + 1) & (d->cap - 1)) {
        const yz_person_secret *secret = d->places[at].secret;
        if (CRYPTO_memcmp(secret->hash, hash, sizeof hash) == 0 && (secret->until == 0 || now < secret->until))
            return d->places[at].member;
    }
    return NULL;
}
