/* plugin/options_fault.c: is a table of options sound? Asked once, when a plugin is loaded, so that a mistake in it is found there and not
 * by whoever writes a config. */
#include "base/arena.h"
#include "plugin/option_value.h"

enum { DEEPEST = 4 };

static bool is_name(const char *name) {
    if (!name || name[0] < 'a' || name[0] > 'z')
        return false;
    for (const char *c = name; *c; c++)
        if (!((*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9') || *c == '_'))
            return false;
    return strlen(name) <= 40;
}

static bool is_nested(const yz_option *option) { return option->type == YZ_OPTION_TABLE || option->type == YZ_OPTION_TABLES; }

static bool requires_one(const yz_option_table *table) {
    for (size_t i = 0; i < table->n_options; i++)
        if (table->options[i].required)
            return true;
    return false;
}

/* Those types whose default says little or nothing. */
static const char *default_fault(const yz_option *option, yz_arena *arena) {
    if (!option->otherwise)
        return NULL;
    if (option->type == YZ_OPTION_SECRET)
        return "is a credential and cannot have a default";
    if (is_nested(option)) {
        bool empty = option->type == YZ_OPTION_TABLE && strcmp(option->otherwise, "{}") == 0;
        return !empty                        ? "can have no default but {}, of a table"
               : requires_one(option->table) ? "is empty unless said, but requires an option"
                                             : NULL;
    }
    yz_value otherwise = yz_option_default(option, arena);
    return yz_option_put(option, &otherwise, yz_alloc(arena, 64), arena) ? NULL : "has a default that it would refuse itself";
}

static const char *option_fault(const yz_option *option, size_t config_size, yz_arena *arena) {
    if ((unsigned)option->type > YZ_OPTION_TREE)
        return "has a type this yuzui does not know";
    if (is_nested(option) != (option->table && option->table->n_options > 0))
        return is_nested(option) ? "has no table of options" : "has a table of options, which its type does not take";
    if (option->offset > config_size || config_size - option->offset < yz_option_field_size(option->type) ||
        option->offset % yz_option_field_align(option->type) != 0)
        return "has an offset outside its config struct";
    if (!option->help)
        return "has no help";
    if (option->type == YZ_OPTION_CHOICE && yz_option_choice(option, 0).n == 0)
        return "has no choices";
    if (option->min > option->max)
        return "has a minimum above its maximum";
    return default_fault(option, arena);
}

static const char *table_fault(const yz_option *options, size_t n, size_t config_size, const char *path, int depth, yz_arena *arena) {
    for (size_t i = 0; i < n; i++) {
        if (!is_name(options[i].name))
            return yz_format(arena, "option %s%zu has no proper name (lower-case letters, digits, _)", path, i + 1).p;
        const char *fault = option_fault(&options[i], config_size, arena);
        if (!fault && options[i].table && depth == DEEPEST)
            fault = "stands too deep: tables may be nested 4 deep";
        if (fault)
            return yz_format(arena, "option \"%s%s\" %s", path, options[i].name, fault).p;
        for (size_t j = 0; j < i; j++)
            if (strcmp(options[i].name, options[j].name) == 0)
                return yz_format(arena, "option \"%s%s\" is there twice", path, options[i].name).p;
        const yz_option_table *table = options[i].table;
        const char *inside = yz_format(arena, "%s%s.", path, options[i].name).p;
        fault = table ? table_fault(table->options, table->n_options, table->config_size, inside, depth + 1, arena) : NULL;
        if (fault)
            return fault;
    }
    return NULL;
}

const char *yz_options_fault(const yz_option *options, size_t n, size_t config_size, yz_arena *arena) {
    return table_fault(options, n, config_size, "", 1, arena);
}
