/* people/person.c: the table of members, and reading by it; see person.h. */
#include "people/person.h"
#include "base/arena.h"
#include "people/address.h"
#include "price/price.h"

#include <stdio.h>
#include <stdlib.h>

#define BOTH        (YZ_PERSON_KEY | YZ_PERSON_GROUP)
#define AT(field)   offsetof(yz_person, field)
#define MOST_NUMBER INT64_C(1000000000000)

/* clang-format off */
const yz_person_member yz_person_members[] = {
    {"group", YZ_PERSON_NAME, AT(group), BOTH, .help = "the group that it is in"},
    {"note", YZ_PERSON_TEXT, AT(note), BOTH, .help = "for people"},
    {"labels", YZ_PERSON_LABELS, AT(labels), BOTH, .help = "what policies read as req.key.tags, and usage is asked by; a key has those of its groups too"},
    {"models", YZ_PERSON_NAMES, AT(models), BOTH, .help = "models it may ask for, each may end in *; none: all"},
    {"addresses", YZ_PERSON_NAMES, AT(addresses), BOTH, .help = "IP addresses and ranges it may come from; none: all"},
    {"chain", YZ_PERSON_NAME, AT(chain), BOTH, .help = "the chain, and so the policies, that all its requests take"},
    {"account", YZ_PERSON_NAME, AT(account), BOTH, .help = "who pays; not said: the group's, else the account of the key's name"},
    {"tenant", YZ_PERSON_NAME, AT(tenant), BOTH, .help = "keys of one tenant share cached answers; not said: the group's, else its own"},
    {"expires", YZ_PERSON_TIME, AT(expires), BOTH, .help = "from then on it is refused"},
    {"rpm", YZ_PERSON_NUMBER, AT(rpm), BOTH, .most = MOST_NUMBER, .help = "requests in a minute"},
    {"tpm", YZ_PERSON_NUMBER, AT(tpm), BOTH, .most = MOST_NUMBER, .help = "tokens in a minute"},
    {"budget_day", YZ_PERSON_USD, AT(budget_day), BOTH, .help = "USD in a day of UTC"},
    {"budget_month", YZ_PERSON_USD, AT(budget_month), BOTH, .help = "USD in a month of UTC"},
    {"budget_total", YZ_PERSON_USD, AT(budget_total), BOTH, .help = "USD ever"},
    {"warn_at", YZ_PERSON_NUMBER, AT(warn_at), BOTH, .most = 100, .help = "percent of a budget at which it is told that so much is used"},
    {"downgrade", YZ_PERSON_TEXT, AT(downgrade), BOTH, .help = "the model that answers where a budget does not cover the one asked for"},
    {"markup", YZ_PERSON_FACTOR, AT(markup), BOTH, .most = 1000, .help = "what a price is multiplied by; not said: the group's, else 1"},
    {"disabled", YZ_PERSON_FLAG, AT(disabled), BOTH, .help = "it is refused, until it is enabled again"},
    {"revoked", YZ_PERSON_TIME, AT(revoked), YZ_PERSON_KEY, .kept = true, .help = "when it was revoked, which is for good"},
    {"created", YZ_PERSON_TIME, AT(created), BOTH, .kept = true, .help = "when it was made"},
    {"secrets", YZ_PERSON_SECRETS, 0, YZ_PERSON_KEY, .kept = true, .help = "how it begins, and until when it is good"},
};
/* clang-format on */
const size_t yz_person_n_members = sizeof yz_person_members / sizeof *yz_person_members;

yz_str yz_person_kind_word(yz_person_kind kind) { return kind == YZ_PERSON_KEY ? YZ_STR("key") : YZ_STR("group"); }

static bool name_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c != 0 && strchr("._-@+", c) != NULL);
}

const char *yz_person_name_fault(yz_str name) {
    if (name.n == 0 || name.n > YZ_PERSON_NAME_MAX)
        return "should have 1 to 100 characters";
    for (size_t i = 0; i < name.n; i++)
        if (!name_char(name.p[i]))
            return "should be of letters, digits, and . _ - @ +";
    return NULL;
}

/* ---- reading a value: NULL, or what it should be ------------------------------------------------------------------------ */

static const char *read_text(const yz_person_member *m, const yz_json *v, yz_str *out, yz_arena *arena) {
    if (!yz_json_is(v, YZ_JSON_STRING) || v->n > 1000)
        return "a string of at most 1000 bytes";
    yz_str text = yz_dup(arena, yz_json_text(arena, v));
    if (m->type == YZ_PERSON_NAME && text.n > 0 && yz_person_name_fault(text))
        return "a name of 1 to 100 letters, digits, and . _ - @ +";
    *out = text;
    return NULL;
}

/* A model, a range: nothing that could not stand in a line of a log. */
static bool item_ok(const yz_person_member *m, yz_str item) {
    if (m->offset == AT(addresses))
        return yz_address_range_ok(item);
    const char *star = item.n ? memchr(item.p, '*', item.n) : NULL;
    for (size_t i = 0; i < item.n; i++)
        if ((unsigned char)item.p[i] <= ' ' || item.p[i] == 0x7f)
            return false;
    return item.n > 0 && item.n <= YZ_LEDGER_NAME_MAX && (!star || star == item.p + item.n - 1);
}

static const char *read_names(const yz_person_member *m, const yz_json *v, yz_list *out, yz_arena *arena) {
    const char *wanted = m->offset == AT(addresses) ? "a list of at most 200 addresses and ranges such as \"192.0.2.7\" or \"10.0.0.0/8\""
                                                    : "a list of at most 200 names, each may end in *";
    size_t n = yz_json_count(v), i = 0;
    if (!yz_json_is(v, YZ_JSON_ARRAY) || n > YZ_PERSON_LIST_MAX)
        return wanted;
    yz_str *items = yz_alloc(arena, (n + 1) * sizeof *items);
    for (const yz_json *one = v->child; one; one = one->next, i++) {
        items[i] = yz_dup(arena, yz_json_text(arena, one));
        if (!yz_json_is(one, YZ_JSON_STRING) || !item_ok(m, items[i]))
            return wanted;
    }
    *out = (yz_list){items, n};
    return NULL;
}

static const char *read_labels(const yz_json *v, yz_map *out, yz_arena *arena) {
    static const char wanted[] = "an object of at most 200 texts of up to 200 bytes, whose names are of letters, digits, and . _ - @ +";
    size_t n = yz_json_count(v), i = 0;
    if (!yz_json_is(v, YZ_JSON_OBJECT) || n > YZ_PERSON_LIST_MAX)
        return wanted;
    yz_header *items = yz_alloc(arena, (n + 1) * sizeof *items);
    for (const yz_json *one = v->child; one; one = one->next, i++) {
        items[i] = (yz_header){yz_dup(arena, yz_json_unescape(arena, yz_json_key(one))), yz_dup(arena, yz_json_text(arena, one))};
        if (!yz_json_is(one, YZ_JSON_STRING) || yz_person_name_fault(items[i].name) || items[i].value.n > YZ_LEDGER_NAME_MAX)
            return wanted;
    }
    *out = (yz_map){items, n};
    return NULL;
}

static const char *read_time(const yz_json *v, int64_t *out, yz_arena *arena) {
    /* 0 is what "never" is kept as */
    bool ok = yz_json_is(v, YZ_JSON_STRING) && yz_price_time(yz_json_text(arena, v), out) && *out > 0;
    return ok ? NULL : "a time of UTC such as \"2026-12-31T00:00:00Z\", or a day such as \"2026-12-31\"";
}

static const char *read_number(const yz_person_member *m, const yz_json *v, int64_t *out, yz_arena *arena) {
    /* 0 is what "no limit" is kept as; whoever says it may mean the contrary */
    int64_t n = yz_json_is(v, YZ_JSON_NUMBER) ? yz_json_int(v, -1) : -1;
    if (n < 1 || n > m->most)
        return yz_format(arena, "a whole number from 1 to %lld (null takes it away)", (long long)m->most).p;
    *out = n;
    return NULL;
}

/* Decimals as they are written, never through a double. */
static const char *read_decimal(const yz_person_member *m, const yz_json *v, int64_t *out, yz_arena *arena) {
    bool factor = m->type == YZ_PERSON_FACTOR, text = !factor && yz_json_is(v, YZ_JSON_STRING);
    int64_t nano;
    if ((!text && !yz_json_is(v, YZ_JSON_NUMBER)) || !yz_price_amount(text ? yz_json_text(arena, v) : yz_json_raw(v), &nano))
        return factor ? "a number such as 1.2" : "an amount of USD such as 12.5, with up to nine digits after the point and no exponent";
    if (!factor) {
        *out = nano;
        return nano > 0 ? NULL : "above 0 (null takes it away)";
    }
    if (nano % 1000 != 0 || nano == 0 || nano / 1000000000 > m->most)
        return yz_format(arena, "above 0 and at most %lld, with up to six digits after the point", (long long)m->most).p;
    *out = nano / 1000;
    return NULL;
}

static int hex_digit(char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; }

static bool read_hash(yz_str hex, uint8_t out[32]) {
    for (size_t i = 0; i < 32 && hex.n == 64; i++) {
        int high = hex_digit(hex.p[2 * i]), low = hex_digit(hex.p[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return hex.n == 64;
}

static const char *read_secrets(yz_person *person, const yz_json *v, yz_arena *arena) {
    size_t n = yz_json_count(v), i = 0;
    person->secrets = yz_alloc(arena, (n + 1) * sizeof *person->secrets);
    person->n_secrets = n;
    for (const yz_json *one = v->child; one; one = one->next, i++) {
        yz_person_secret *s = &person->secrets[i];
        const yz_json *until = yz_json_given(one, "until");
        s->shown = yz_dup(arena, yz_json_text(arena, yz_json_get(one, "shown")));
        if (!read_hash(yz_json_escaped(yz_json_get(one, "sha256")), s->hash) || (until && read_time(until, &s->until, arena)))
            return "secrets as yuzui writes them";
    }
    return NULL;
}

static const char *read_value(yz_person *person, const yz_person_member *m, const yz_json *v, yz_arena *arena) {
    void *at = (char *)person + m->offset;
    switch (m->type) {
    case YZ_PERSON_TEXT:
    case YZ_PERSON_NAME:
        return read_text(m, v, at, arena);
    case YZ_PERSON_NAMES:
        return read_names(m, v, at, arena);
    case YZ_PERSON_LABELS:
        return read_labels(v, at, arena);
    case YZ_PERSON_TIME:
        return read_time(v, at, arena);
    case YZ_PERSON_NUMBER:
        return read_number(m, v, at, arena);
    case YZ_PERSON_USD:
    case YZ_PERSON_FACTOR:
        return read_decimal(m, v, at, arena);
    case YZ_PERSON_FLAG:
        *(bool *)at = yz_json_is(v, YZ_JSON_TRUE);
        return v->type == YZ_JSON_TRUE || v->type == YZ_JSON_FALSE ? NULL : "true or false";
    case YZ_PERSON_SECRETS:
        return read_secrets(person, v, arena);
    }
    return NULL;
}

/* ---- reading ------------------------------------------------------------------------------------------------------------ */

static const size_t sizes[] = {[YZ_PERSON_TEXT] = sizeof(yz_str),   [YZ_PERSON_NAME] = sizeof(yz_str),
                               [YZ_PERSON_NAMES] = sizeof(yz_list), [YZ_PERSON_LABELS] = sizeof(yz_map),
                               [YZ_PERSON_TIME] = sizeof(int64_t),  [YZ_PERSON_NUMBER] = sizeof(int64_t),
                               [YZ_PERSON_USD] = sizeof(int64_t),   [YZ_PERSON_FACTOR] = sizeof(int64_t),
                               [YZ_PERSON_FLAG] = sizeof(bool),     [YZ_PERSON_SECRETS] = 0};

static const yz_person_member *find_member(const yz_person *person, yz_str name, bool kept) {
    for (size_t i = 0; i < yz_person_n_members; i++) {
        const yz_person_member *m = &yz_person_members[i];
        if (yz_str_is(name, m->name) && m->kinds & person->kind && (kept || !m->kept))
            return m;
    }
    return NULL;
}

static const char *read_member(yz_person *person, const yz_json *v, bool kept, yz_arena *arena) {
    yz_str name = yz_json_unescape(arena, yz_json_key(v));
    const yz_person_member *m = find_member(person, name, kept);
    if (!m)
        return yz_format(arena, "\"%.*s\" is nothing that a %.*s has", (int)(name.n < 100 ? name.n : 100), name.p,
                         YZ_STR_ARGS(yz_person_kind_word(person->kind)))
            .p;
    if (yz_json_is(v, YZ_JSON_NULL)) {
        memset((char *)person + m->offset, 0, sizes[m->type]);
        return NULL;
    }
    const char *wanted = read_value(person, m, v, arena);
    return wanted ? yz_format(arena, "%s should be %s", m->name, wanted).p : NULL;
}

const char *yz_person_read(yz_person *person, const yz_json *object, bool kept, yz_arena *arena) {
    if (!yz_json_is(object, YZ_JSON_OBJECT))
        return "it should be a JSON object";
    const char *fault = NULL;
    for (const yz_json *v = object->child; v && !fault; v = v->next)
        fault = read_member(person, v, kept, arena);
    return fault;
}

const char *yz_person_of_record(yz_person *person, yz_person_kind kind, yz_str name, int64_t revision, yz_str data, yz_arena *arena) {
    yz_json *json = NULL;
    *person = (yz_person){.kind = kind, .name = yz_dup(arena, name), .revision = revision};
    if (yz_json_parse(arena, yz_dup(arena, data), 0, &json, NULL) != YZ_OK)
        return "it is no JSON";
    return yz_person_read(person, json, true, arena);
}
