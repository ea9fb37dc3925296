/* people/change.c: see change.h.
 *
 * A key is 32 bytes of the system's own chance, as letters and digits; the ledger gets its hash, and how it begins.
 */
#include "people/change.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/hmac.h"
#include "ledger/ledger.h"
#include "people/people.h"

#include <openssl/rand.h>
#include <stdlib.h>

enum { CHANCE = 32, DIGITS = 43, SHOWN = 10, DEPTH = 16 };
#define PREFIX "yz-"

static int wrong(yz_change *c, const char *why) {
    c->why = why;
    return YZ_EINVAL;
}

static int stands_otherwise(yz_change *c, const char *why) {
    c->why = why;
    return YZ_EAGAIN;
}

static int64_t now(void) { return yz_clock_wall_ns() / 1000000000; }

/* ---- reading -------------------------------------------------------------------------------------------------------- */

typedef struct reading {
    yz_change *c;
    yz_person_kind kind;
    yz_person *persons;
    size_t n, cap;
} reading;

static void on_record(void *arg, const yz_ledger_row *row) {
    reading *r = arg;
    if (r->n == r->cap) {
        r->cap = r->cap ? 2 * r->cap : 16;
        r->persons = yz_realloc(r->persons, r->cap * sizeof *r->persons);
    }
    yz_person *p = &r->persons[r->n++];
    if (yz_person_of_record(p, r->kind, row->id, row->amount, row->detail, r->c->arena) != NULL)
        p->disabled = true; /* as register.c has it */
}

static int read_persons(yz_change *c, yz_person_kind kind, yz_str name, reading *r) {
    *r = (reading){c, kind, NULL, 0, 0};
    yz_ledger_query query = {YZ_LEDGER_QUERY, .what = YZ_LEDGER_RECORDS, .account = yz_person_kind_word(kind), .id = name,
                             .limit = 1000000};
    int code = yz_ledger_read(c->ledger, &query, on_record, r);
    if (code != YZ_OK)
        c->why = "the ledger cannot be read";
    return code;
}

/* Into *person. */
static int find(yz_change *c, yz_person_kind kind, yz_str name, yz_person *person) {
    reading r;
    int code = name.n ? read_persons(c, kind, name, &r) : wrong(c, "a name is needed");
    if (code != YZ_OK)
        return code;
    code = r.n > 0 ? YZ_OK : YZ_ENOTFOUND;
    if (r.n > 0)
        *person = r.persons[0];
    else
        c->why = yz_format(c->arena, "there is no %.*s \"%.*s\"", YZ_STR_ARGS(yz_person_kind_word(kind)), YZ_STR_ARGS(name)).p;
    free(r.persons);
    return code;
}

int yz_change_get(yz_change *c, yz_person_kind kind, yz_str name) { return find(c, kind, name, &c->person); }

static int by_name(const void *a, const void *b) {
    yz_str x = ((const yz_person *)a)->name, y = ((const yz_person *)b)->name;
    int order = memcmp(x.p, y.p, x.n < y.n ? x.n : y.n);
    return order ? order : (x.n > y.n) - (x.n < y.n);
}

int yz_change_list(yz_change *c, yz_person_kind kind, yz_person **out, size_t *n) {
    reading r;
    int code = read_persons(c, kind, YZ_STR(""), &r);
    *out = yz_alloc(c->arena, (r.n + 1) * sizeof **out);
    *n = r.n;
    if (r.n) {
        memcpy(*out, r.persons, r.n * sizeof **out);
        qsort(*out, r.n, sizeof **out, by_name);
    }
    free(r.persons);
    return code;
}

/* ---- checking ------------------------------------------------------------------------------------------------------- */

static bool has_chain(const yz_settings *settings, yz_str name) {
    for (size_t i = 0; i < settings->n_chains; i++)
        if (yz_str_eq(settings->chains[i].name, name))
            return true;
    return false;
}

static bool is_config_key(const yz_settings *settings, yz_str name) {
    for (size_t i = 0; i < settings->n_keys; i++)
        if (yz_str_eq(settings->keys[i].pub.name, name))
            return true;
    return false;
}

/* The groups above it must be there, and end. */
static int check_group(yz_change *c) {
    yz_person above = c->person;
    for (int depth = 0; above.group.n > 0; depth++) {
        bool loop = c->person.kind == YZ_PERSON_GROUP && yz_str_eq(above.group, c->person.name);
        if (loop || depth + 1 >= DEPTH)
            return wrong(c, loop ? "it would be in itself" : "it would be more than 15 groups deep");
        yz_str name = above.group;
        int code = find(c, YZ_PERSON_GROUP, name, &above);
        if (code != YZ_OK)
            return code == YZ_ENOTFOUND ? YZ_EINVAL : code;
    }
    return YZ_OK;
}

static int check(yz_change *c) {
    if (c->person.chain.n > 0 && !has_chain(c->settings, c->person.chain))
        return wrong(c, yz_format(c->arena, "the config has no chain \"%.*s\"", YZ_STR_ARGS(c->person.chain)).p);
    if (c->person.downgrade.n > 0 && !yz_model_find(c->settings, c->person.downgrade))
        return wrong(c, yz_format(c->arena, "downgrade: the config has no model \"%.*s\"", YZ_STR_ARGS(c->person.downgrade)).p);
    return check_group(c);
}

/* ---- writing -------------------------------------------------------------------------------------------------------- */

static int write_person(yz_change *c) {
    yz_buf data = {0};
    yz_posted posted;
    yz_person_write(&c->person, &data);
    yz_posting posting = {YZ_POSTING,
                          .kind = YZ_POSTING_RECORD,
                          .account = yz_person_kind_word(c->person.kind),
                          .id = c->person.name,
                          .of = c->by,
                          .amount = c->person.revision,
                          .detail = yz_buf_view(&data)};
    if (data.n > YZ_LEDGER_DETAIL_MAX) {
        yz_buf_free(&data);
        return wrong(c, "it would be larger than 64 KiB");
    }
    yz_ledger_post_now(c->ledger, &posting, &posted);
    yz_buf_free(&data);
    if (posted.code == YZ_OK)
        c->person.revision = posted.amount;
    else
        c->why = posted.code == YZ_EINVAL ? "somebody else has changed it meanwhile: look again" : "the ledger cannot be written";
    yz_people_wake_all();
    return posted.code == YZ_EINVAL ? YZ_EAGAIN : posted.code;
}

static int read_members(yz_change *c, const yz_json *members) {
    const char *fault = members ? yz_person_read(&c->person, members, false, c->arena) : NULL;
    return fault ? wrong(c, fault) : check(c);
}

/* A secret that nobody has seen yet, beside those that are there. */
static int add_secret(yz_change *c) {
    static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    unsigned char chance[DIGITS + CHANCE];
    char *text = yz_alloc_bytes(c->arena, sizeof PREFIX + DIGITS);
    yz_person_secret *all = yz_alloc(c->arena, (c->person.n_secrets + 1) * sizeof *all);
    size_t n = sizeof PREFIX - 1;
    memcpy(text, PREFIX, n);
    while (n < sizeof PREFIX - 1 + DIGITS) {
        if (RAND_bytes(chance, sizeof chance) != 1)
            return wrong(c, "the system gives no random bytes");
        for (size_t i = 0; i < sizeof chance && n < sizeof PREFIX - 1 + DIGITS; i++)
            if (chance[i] < 248) /* 4 * 62: every digit as likely */
                text[n++] = digits[chance[i] % 62];
    }
    c->secret = yz_str_at(text, n);
    if (c->person.n_secrets)
        memcpy(all, c->person.secrets, c->person.n_secrets * sizeof *all);
    yz_person_secret *mine = &all[c->person.n_secrets++];
    yz_sha256(c->secret, mine->hash);
    mine->shown = yz_dup(c->arena, yz_str_at(text, SHOWN));
    c->person.secrets = all;
    return YZ_OK;
}

int yz_change_create(yz_change *c, yz_person_kind kind, yz_str name, const yz_json *members) {
    const char *fault = yz_person_name_fault(name);
    if (fault)
        return wrong(c, yz_format(c->arena, "a name %s", fault).p);
    if (kind == YZ_PERSON_KEY && is_config_key(c->settings, name))
        return stands_otherwise(c, "a key of the config has that name");
    int code = find(c, kind, name, &c->person);
    if (code != YZ_ENOTFOUND)
        return code == YZ_OK ? stands_otherwise(c, "there is one of that name already") : code;
    c->why = NULL;
    c->person = (yz_person){.kind = kind, .name = name, .created = now()};
    code = read_members(c, members);
    if (code == YZ_OK && kind == YZ_PERSON_KEY)
        code = add_secret(c);
    return code == YZ_OK ? write_person(c) : code;
}

/* A group was moved, and whoever moved another one at the same time, perhaps in another process, looked at the tree as it was before: each
 * alone is right, and both may be a circle. So the tree is looked at again with everything in it that was written before this; of two that
 * make a circle the later one at least sees both, and takes its own back. */
static int look_again(yz_change *c, const yz_person *before) {
    int code = check_group(c);
    if (code != YZ_EINVAL)
        return YZ_OK; /* it is written */
    const char *why = c->why;
    int64_t revision = c->person.revision;
    c->person = *before;
    c->person.revision = revision;
    code = write_person(c);
    if (code != YZ_OK)
        return code;
    return stands_otherwise(c, yz_format(c->arena, "the groups above it were changed meanwhile: %s", why).p);
}

int yz_change_update(yz_change *c, yz_person_kind kind, yz_str name, const yz_json *members) {
    int code = find(c, kind, name, &c->person);
    if (code == YZ_OK && c->person.revoked)
        code = stands_otherwise(c, "it was revoked, which is for good");
    if (code == YZ_OK && c->expected && c->expected != c->person.revision)
        code = stands_otherwise(c, "somebody else has changed it meanwhile: look again");
    yz_person before = c->person;
    if (code == YZ_OK)
        code = read_members(c, members);
    if (code == YZ_OK)
        code = write_person(c);
    bool moved = kind == YZ_PERSON_GROUP && c->person.group.n > 0 && !yz_str_eq(c->person.group, before.group);
    return code == YZ_OK && moved ? look_again(c, &before) : code;
}

/* Of the secrets that are there those that are still good, until then at the latest. */
static void keep_until(yz_change *c, int64_t until) {
    size_t n = 0;
    for (size_t i = 0; i < c->person.n_secrets; i++) {
        yz_person_secret *s = &c->person.secrets[i];
        if (s->until == 0 || s->until > until)
            s->until = until;
        if (s->until > now())
            c->person.secrets[n++] = *s;
    }
    c->person.n_secrets = n;
}

int yz_change_rotate(yz_change *c, yz_str name, int64_t overlap) {
    int code = find(c, YZ_PERSON_KEY, name, &c->person);
    if (code == YZ_OK && c->person.revoked)
        code = stands_otherwise(c, "it was revoked, which is for good");
    if (code != YZ_OK)
        return code;
    keep_until(c, now() + overlap);
    if (c->person.n_secrets >= YZ_PERSON_LIST_MAX)
        return wrong(c, "it has 200 secrets that are still good");
    code = add_secret(c);
    return code == YZ_OK ? write_person(c) : code;
}

int yz_change_revoke(yz_change *c, yz_str name) {
    int code = find(c, YZ_PERSON_KEY, name, &c->person);
    if (code != YZ_OK || c->person.revoked)
        return code;
    c->person.revoked = now();
    c->person.n_secrets = 0;
    return write_person(c);
}
