/* base/value.h: what a config says, as a tree of values that outlives the Lua state it was said in. Everything is in one arena.
 * Checking happens on this tree, in C, after the script has run: so all errors can be reported at once. */
#ifndef YUZUI_BASE_VALUE_H
#define YUZUI_BASE_VALUE_H

#include "base/diag.h"

typedef enum yz_value_kind {
    YZ_VALUE_NIL,
    YZ_VALUE_BOOL,
    YZ_VALUE_NUMBER,
    YZ_VALUE_STRING, /* text */
    YZ_VALUE_ENV,    /* env "NAME": name; text when has_text */
    YZ_VALUE_TABLE,
    YZ_VALUE_STATEMENT, /* a stage: statement */
    YZ_VALUE_OTHER,     /* a function or the like; text: its Lua type */
} yz_value_kind;

struct yz_statement;
struct yz_field;

typedef struct yz_value {
    yz_value_kind kind;
    bool truth;
    bool has_text;
    double number;
    yz_str text, name;
    const struct yz_statement *statement;
    struct yz_value *items; /* table: its list part */
    size_t n_items;
    struct yz_field *fields; /* table: its named part, sorted by name */
    size_t n_fields;
} yz_value;

typedef struct yz_field {
    yz_str name;
    yz_value value;
} yz_field;

/* One directive or stage as it was called: `provider "x" {…}` has the name provider and two arguments. */
typedef struct yz_statement {
    yz_str name;
    yz_place at;
    yz_value args[4];
    size_t n_args;
    const yz_plugin *plugin; /* of a stage; NULL: a directive */
    bool used;               /* a stage that stands in a chain */
    struct yz_statement *next;
} yz_statement;

/* A field of a table; NULL if absent or if value is no table. */
const yz_value *yz_value_get(const yz_value *value, const char *name);
static inline bool yz_value_is_text(const yz_value *value) {
    return value && (value->kind == YZ_VALUE_STRING || (value->kind == YZ_VALUE_ENV && value->has_text));
}
/* What a value is, for messages: `the string "three"`, `the number 3.5`, `a table`; never a string that may be a key. In the arena. */
yz_str yz_value_describe(yz_arena *arena, const yz_value *value);

#endif
