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
