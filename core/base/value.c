/* base/value.c: looking at config values. */
#include "base/value.h"

const yz_value *yz_value_get(const yz_value *value, const char *name) {
    if (!value || value->kind != YZ_VALUE_TABLE)
        return NULL;
    for (size_t i = 0; i < value->n_fields; i++)
        if (yz_str_is(value->fields[i].name, name))
            return &value->fields[i].value;
    return NULL;
}

yz_str yz_value_describe(yz_arena *arena, const yz_value *value) {
    enum { SHOWN = 15 }; /* bytes of a string: a longer one, or one that begins like a key, may be a secret that is out of place */
    switch (value ? value->kind : YZ_VALUE_NIL) {
    case YZ_VALUE_NIL:
        return YZ_STR("nil");
    case YZ_VALUE_BOOL:
        return value->truth ? YZ_STR("true") : YZ_STR("false");
    case YZ_VALUE_NUMBER:
        return yz_format(arena, "the number %.14g", value->number);
    case YZ_VALUE_STRING:
        if (value->text.n > SHOWN || yz_str_starts(value->text, "sk-"))
            return yz_format(arena, "a string of %zu bytes", value->text.n);
        return yz_format(arena, "the string \"%.*s\"", YZ_STR_ARGS(value->text));
    case YZ_VALUE_ENV:
        return yz_format(arena, "env \"%.*s\"", YZ_STR_ARGS(value->name));
    case YZ_VALUE_TABLE:
        return value->n_fields == 0 && value->n_items > 0 ? YZ_STR("a list") : YZ_STR("a table");
    case YZ_VALUE_STATEMENT:
        return yz_format(arena, "the stage %.*s", YZ_STR_ARGS(value->statement->name));
    case YZ_VALUE_OTHER:
        break;
    }
    return yz_format(arena, "a %.*s", YZ_STR_ARGS(value->text));
}

/* ---- variables as others write them ---------------------------------------------------------------------------------------- */

static bool is_name(yz_str name) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";
    bool ok = name.n > 0 && name.n <= 200 && (name.p[0] < '0' || name.p[0] > '9');
    for (size_t i = 0; ok && i < name.n; i++)
        ok = memchr(letters, name.p[i], sizeof(letters) - 1) != NULL;
    return ok;
}

const char *yz_value_variable(yz_arena *arena, yz_str text) {
    static const char *const forms[][2] = {
        {"$", ""},
        {"${", "}"},
        {"env ", ""},
        {"env.", ""},
        {"env:", ""},
        {"env \"", "\""},
        {"env '", "'"},
        {"env(", ")"},
        {"env(\"", "\")"},
        {"env('", "')"},
        {"$env:", ""},
        {"${env:", "}"},
        {"{env:", "}"},
        {"%", "%"},
        {"os.environ/", ""},
        {"os.getenv(\"", "\")"},
        {"process.env.", ""},
        {"{{env.", "}}"},
        {"{{ env.", " }}"},
    };
    for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
        size_t before = strlen(forms[i][0]), after = strlen(forms[i][1]);
        if (!yz_str_starts(text, forms[i][0]) || text.n <= before + after || memcmp(text.p + text.n - after, forms[i][1], after) != 0)
            continue;
        yz_str name = {text.p + before, text.n - before - after};
        if (is_name(name))
            return yz_dup(arena, name).p;
    }
    return NULL;
}

/* Is a word of it one that names of such variables have, and does it not begin as a placeholder that servers without keys are given
 * ("NO_KEY")? */
static bool names_secret(yz_str name) {
    static const char *const words[] = {"KEY", "KEYS", "TOKEN", "TOKENS", "SECRET", "PASSWORD", "PASS", "PW", "AUTH", "CREDENTIALS"};
    static const char *const placeholders[] = {"YOUR", "NO", "NOT", "DUMMY", "FAKE", "TEST", "EMPTY", "ANY", "SOME"};
    bool found = false;
    for (size_t at = 0, n; at < name.n; at += n + 1) {
        const char *line = memchr(name.p + at, '_', name.n - at);
        n = line ? (size_t)(line - name.p) - at : name.n - at;
        for (size_t i = 0; at == 0 && i < sizeof placeholders / sizeof *placeholders; i++)
            if (yz_str_is(yz_str_at(name.p, n), placeholders[i]))
                return false;
        for (size_t i = 0; i < sizeof words / sizeof *words; i++)
            found |= yz_str_is(yz_str_at(name.p + at, n), words[i]);
    }
    return found;
}

const char *yz_value_secret_variable(yz_arena *arena, yz_str text) {
    enum { MOST_DIGITS = 3, LONGEST = 64 };
    size_t digits = 0, lines = 0, capitals = 0;
    for (size_t i = 0; i < text.n; i++) {
        digits += text.p[i] >= '0' && text.p[i] <= '9';
        capitals += text.p[i] >= 'A' && text.p[i] <= 'Z';
        lines += text.p[i] == '_';
    }
    bool bare = names_secret(text) && is_name(text) && text.n <= LONGEST && lines > 0 && capitals > lines && digits <= MOST_DIGITS &&
                digits + lines + capitals == text.n;
    return bare ? yz_dup(arena, text).p : yz_value_variable(arena, text);
}

const char *yz_value_variable_in(yz_arena *arena, yz_str text) {
    for (size_t i = 0; i + 3 < text.n; i++) {
        const char *end = text.p[i] == '$' && text.p[i + 1] == '{' ? memchr(text.p + i, '}', text.n - i) : NULL;
        yz_str name = {text.p + i + 2, end ? (size_t)(end - text.p) - i - 2 : 0};
        if (is_name(name))
            return yz_dup(arena, name).p;
    }
    return NULL;
}
