/* people/person.h: a key or a group as its record says it: the object's members in one table, by which it is read, checked, written and
 * documented. What they mean stands in docs/keys.md. */
#ifndef YUZUI_PEOPLE_PERSON_H
#define YUZUI_PEOPLE_PERSON_H

#include <yuzui/plugin.h>

typedef enum yz_person_kind { YZ_PERSON_KEY = 1, YZ_PERSON_GROUP = 2 } yz_person_kind;

#define YZ_PERSON_NAME_MAX 100 /* bytes of a name */
#define YZ_PERSON_LIST_MAX 200 /* items of a list, labels, secrets */

/* What a key may be shown as: of a key that was rotated both, for a while. */
typedef struct yz_person_secret {
    uint8_t hash[32]; /* SHA-256: a key that yuzui has made holds 256 bits of chance, so nobody finds it from this */
    yz_str shown;     /* how it begins */
    int64_t until;    /* Unix seconds; 0: for good */
} yz_person_secret;

typedef struct yz_person {
    yz_person_kind kind;
    yz_str name;
    int64_t revision;
    yz_str group; /* that it is in; empty: none */
    yz_str account, tenant, chain, note, downgrade;
    yz_list models, addresses;
    yz_map labels;
    int64_t expires; /* Unix seconds; 0: never */
    int64_t rpm, tpm, budget_day, budget_month, budget_total, markup, warn_at;
    bool disabled;
    int64_t revoked, created; /* Unix seconds; 0: not */
    yz_person_secret *secrets;
    size_t n_secrets;
} yz_person;

typedef enum yz_person_type {
    YZ_PERSON_TEXT,
    YZ_PERSON_NAME,
    YZ_PERSON_NAMES, /* a list of texts */
    YZ_PERSON_LABELS,
    YZ_PERSON_TIME,   /* "2026-12-31T00:00:00Z", or a day */
    YZ_PERSON_NUMBER, /* whole, 1 or more */
    YZ_PERSON_USD,    /* a number, or a text of one */
    YZ_PERSON_FACTOR, /* with up to six digits after the point, kept in millionths */
    YZ_PERSON_FLAG,
    YZ_PERSON_SECRETS,
} yz_person_type;

typedef struct yz_person_member {
    const char *name;
    yz_person_type type;
    size_t offset;
    unsigned kinds; /* of yz_person_kind, or-ed */
    bool kept;      /* by yuzui itself: nobody else sets it */
    int64_t most;   /* NUMBER, FACTOR */
    const char *help;
} yz_person_member;
extern const yz_person_member yz_person_members[];
extern const size_t yz_person_n_members;

/* Reads members of a JSON object over what *person says already; null takes one away. `kept`: what yuzui keeps itself may be there, as in a
 * record. All texts are copied into the arena. NULL, or what is wrong, in the arena. */
const char *yz_person_read(yz_person *person, const yz_json *object, bool kept, yz_arena *arena);
/* A new one out of a record of this kind and name. Likewise. */
const char *yz_person_of_record(yz_person *person, yz_person_kind kind, yz_str name, int64_t revision, yz_str data, yz_arena *arena);
/* The object of a record. */
void yz_person_write(const yz_person *person, yz_buf *out);
/* The object that people see: with name and revision, without hashes. */
void yz_person_show(const yz_person *person, yz_buf *out);

/* Can a key, a group, an account be called so? Else why not. */
const char *yz_person_name_fault(yz_str name);
yz_str yz_person_kind_word(yz_person_kind kind); /* "key": the kind of its record too */
/* A moment as the members spell it: with quotes, and without. */
void yz_person_put_time(yz_buf *out, int64_t seconds);
void yz_person_put_moment(yz_buf *out, int64_t seconds);

#endif
