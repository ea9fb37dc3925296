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

/* env.NAME of a variable that is not set, where an option or an argument is due: it is nil, and so as if nothing was said. */
typedef struct yz_unset {
    yz_str variable;
    yz_str option; /* empty: it stands in a list, or is an argument */
    yz_place at;
    struct yz_unset *next;
} yz_unset;

/* One directive or stage as it was called: `provider "x" {…}` has the name provider and two arguments. */
typedef struct yz_statement {
    yz_str name;
    yz_place at;
    yz_value args[4];
    size_t n_args;
    const yz_plugin *plugin; /* of a stage; NULL: a directive */
    bool used;               /* a stage that stands in a chain */
    const yz_unset *unset;   /* in the order they were read */
    struct yz_statement *next;
} yz_statement;

/* A field of a table; NULL if absent or if value is no table. */
const yz_value *yz_value_get(const yz_value *value, const char *name);
static inline bool yz_value_is_text(const yz_value *value) {
    return value && (value->kind == YZ_VALUE_STRING || (value->kind == YZ_VALUE_ENV && value->has_text));
}
/* What a value is, for messages: `the string "three"`, `the number 3.5`, `a table`; never a string that may be a key. In the arena. */
yz_str yz_value_describe(yz_arena *arena, const yz_value *value);
/* Is this text how a shell, another language or another gateway's config would name a variable of the environment: "$NAME", "${NAME}",
 * "env NAME", "env.NAME", "os.environ/NAME" …? Then the name in the arena, else NULL. */
const char *yz_value_variable(yz_arena *arena, yz_str text);
/* Likewise of what should be a secret: the bare name of a variable, as OPENAI_API_KEY, counts too. Keys are no such words: one of capitals
 * alone is random, and has digits all over. */
const char *yz_value_secret_variable(yz_arena *arena, yz_str text);
/* The ${NAME} that stands in a text among others; NULL: none does. */
const char *yz_value_variable_in(yz_arena *arena, yz_str text);

#endif
