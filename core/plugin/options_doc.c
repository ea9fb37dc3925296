/* plugin/options_doc.c: option tables looked at from outside: documentation, spelling, and whether a table is sound. */
#include "plugin/option_value.h"

/* ---- documentation --------------------------------------------------------------------------------------------------- */

static const char *type_word(yz_option_type type) {
    static const char *const words[] = {"bool", "int", "number", "string", "duration", "size", "choice", "list", "map"};
    return words[type];
}

static size_t widest_name(const yz_option *options, size_t n) {
    size_t widest = 4;
    for (size_t i = 0; i < n; i++)
        if (strlen(options[i].name) > widest)
            widest = strlen(options[i].name);
    return widest;
}

void yz_options_print(const yz_option *options, size_t n, yz_buf *out) {
    int width = (int)widest_name(options, n);
    for (size_t i = 0; i < n; i++) {
        const yz_option *option = &options[i];
        const char *otherwise = option->required ? "required" : option->otherwise ? option->otherwise : "-";
        yz_buf_printf(out, "  %-*s  %-8s  %-12s  %s", width, option->name, type_word(option->type), otherwise, option->help);
        if (option->choices)
            yz_buf_printf(out, " (%s)", option->choices);
        yz_buf_char(out, '\n');
    }
}

/* ---- spelling -------------------------------------------------------------------------------------------------------- */

static void spell_field(const yz_option *option, const void *field, yz_buf *out) {
    int64_t number;
    switch (option->type) {
    case YZ_OPTION_BOOL:
        yz_buf_lit(out, *(const bool *)field ? "true" : "false");
        break;
    case YZ_OPTION_INT:
    case YZ_OPTION_DURATION:
    case YZ_OPTION_SIZE:
        memcpy(&number, field, sizeof(number));
        yz_buf_printf(out, "%lld", (long long)number);
        break;
    case YZ_OPTION_NUMBER:
        yz_buf_printf(out, "%.17g", *(const double *)field);
        break;
    case YZ_OPTION_STRING:
        yz_buf_json_str(out, *(const yz_str *)field);
        break;
    case YZ_OPTION_CHOICE:
        yz_buf_printf(out, "%d", *(const int *)field);
        break;
    case YZ_OPTION_LIST:
        for (size_t i = 0; i < ((const yz_list *)field)->n; i++)
            yz_buf_json_str(out, ((const yz_list *)field)->items[i]);
        break;
    case YZ_OPTION_MAP:
        for (size_t i = 0; i < ((const yz_map *)field)->n; i++) {
            yz_buf_json_str(out, ((const yz_map *)field)->items[i].name);
            yz_buf_json_str(out, ((const yz_map *)field)->items[i].value);
        }
        break;
    }
}

void yz_options_spell(const yz_plugin *plugin, const void *config, yz_buf *out) {
    for (size_t i = 0; i < plugin->n_options; i++) {
        yz_buf_printf(out, "%s=", plugin->options[i].name);
        spell_field(&plugin->options[i], (const char *)config + plugin->options[i].offset, out);
        yz_buf_char(out, ';');
    }
}

/* ---- soundness ------------------------------------------------------------------------------------------------------- */

static bool is_name(const char *name) {
    if (!name || name[0] < 'a' || name[0] > 'z')
        return false;
    for (const char *c = name; *c; c++)
        if (!((*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9') || *c == '_'))
            return false;
    return strlen(name) <= 40;
}

static const char *option_fault(const yz_option *option, size_t config_size, yz_arena *arena) {
    if ((unsigned)option->type > YZ_OPTION_MAP)
        return "has a type this yuzui does not know";
    if (option->offset > config_size || config_size - option->offset < yz_option_field_size(option->type) ||
        option->offset % yz_option_field_align(option->type) != 0)
        return "has an offset outside its config struct";
    if (!option->help)
        return "has no help";
    if (option->type == YZ_OPTION_CHOICE && yz_option_choice(option, 0).n == 0)
        return "has no choices";
    if (option->min > option->max)
        return "has a minimum above its maximum";
    yz_value otherwise = yz_option_default(option, arena);
    if (otherwise.kind != YZ_VALUE_NIL && !yz_option_put(option, &otherwise, yz_alloc(arena, 64), arena))
        return "has a default that it would refuse itself";
    return NULL;
}

const char *yz_options_fault(const yz_option *options, size_t n, size_t config_size, yz_arena *arena) {
    for (size_t i = 0; i < n; i++) {
        if (!is_name(options[i].name))
            return yz_format(arena, "option %zu has no proper name (lower-case letters, digits, _)", i + 1).p;
        const char *fault = option_fault(&options[i], config_size, arena);
        if (fault)
            return yz_format(arena, "option \"%s\" %s", options[i].name, fault).p;
        for (size_t j = 0; j < i; j++)
            if (strcmp(options[i].name, options[j].name) == 0)
                return yz_format(arena, "option \"%s\" is there twice", options[i].name).p;
    }
    return NULL;
}
