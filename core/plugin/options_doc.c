/* plugin/options_doc.c: option tables looked at from outside: documentation for people, and a spelling that is equal for equal options. */
#include "base/hmac.h"
#include "base/secret.h"
#include "plugin/option_value.h"

/* ---- documentation --------------------------------------------------------------------------------------------------- */

static const char *type_word(yz_option_type type) {
    static const char *const words[] = {"bool", "int", "number", "string", "duration", "size",   "choice",
                                        "list", "map", "secret", "table",  "tables",   "values", "tree"};
    return words[type];
}

/* What stands between an option and those of its table: "timeout" "." "idle", "limits" "[]." "rpm". */
static const char *joint(const yz_option *option) { return option->type == YZ_OPTION_TABLES ? "[]." : "."; }

static size_t widest_name(const yz_option *options, size_t n) {
    size_t widest = 4;
    for (size_t i = 0; i < n; i++) {
        size_t width = strlen(options[i].name), inside = 0;
        if (options[i].table)
            inside = width + strlen(joint(&options[i])) + widest_name(options[i].table->options, options[i].table->n_options);
        width = inside > width ? inside : width;
        widest = width > widest ? width : widest;
    }
    return widest;
}

static void print_rows(const yz_option *options, size_t n, yz_str path, int width, yz_buf *out) {
    for (size_t i = 0; i < n; i++) {
        const yz_option *option = &options[i];
        const char *otherwise = option->required ? "required" : option->otherwise ? option->otherwise : "-";
        yz_buf name = {0};
        yz_buf_printf(&name, "%.*s%s", YZ_STR_ARGS(path), option->name);
        yz_buf_printf(out, "  %-*.*s  %-8s  %-12s  %s", width, YZ_STR_ARGS(yz_buf_view(&name)), type_word(option->type), otherwise,
                      option->help);
        if (option->choices)
            yz_buf_printf(out, " (%s)", option->choices);
        yz_buf_char(out, '\n');
        if (option->table) {
            yz_buf_lit(&name, joint(option));
            print_rows(option->table->options, option->table->n_options, yz_buf_view(&name), width, out);
        }
        yz_buf_free(&name);
    }
}

void yz_options_print(const yz_option *options, size_t n, yz_buf *out) {
    print_rows(options, n, YZ_STR(""), (int)widest_name(options, n), out);
}

/* ---- spelling -------------------------------------------------------------------------------------------------------- */

static void spell_all(const yz_option *options, size_t n, const void *config, yz_buf *out);

static void spell_record(const yz_option_table *table, const void *record, yz_buf *out) {
    yz_buf_char(out, record ? '{' : '-');
    if (record)
        spell_all(table->options, table->n_options, record, out);
    if (record)
        yz_buf_char(out, '}');
}

/* A digest: equal for equal secrets, and no copy of one. */
static void spell_secret(const yz_secret *secret, yz_buf *out) {
    uint8_t digest[32];
    yz_sha256(yz_secret_reveal(secret), digest);
    for (size_t i = 0; secret && i < sizeof(digest); i++)
        yz_buf_printf(out, "%02x", digest[i]);
}

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
    case YZ_OPTION_VALUES:
    case YZ_OPTION_TREE:
        for (size_t i = 0; i < ((const yz_map *)field)->n; i++) {
            yz_buf_json_str(out, ((const yz_map *)field)->items[i].name);
            yz_buf_json_str(out, ((const yz_map *)field)->items[i].value);
        }
        break;
    case YZ_OPTION_SECRET:
        spell_secret(*(const yz_secret *const *)field, out);
        break;
    case YZ_OPTION_TABLE:
        spell_record(option->table, *(const void *const *)field, out);
        break;
    case YZ_OPTION_TABLES:
        for (size_t i = 0; i < ((const yz_tables *)field)->n; i++)
            spell_record(option->table, ((const yz_tables *)field)->items[i], out);
        break;
    }
}

static void spell_all(const yz_option *options, size_t n, const void *config, yz_buf *out) {
    for (size_t i = 0; i < n; i++) {
        yz_buf_printf(out, "%s=", options[i].name);
        spell_field(&options[i], (const char *)config + options[i].offset, out);
        yz_buf_char(out, ';');
    }
}

void yz_options_spell(const yz_plugin *plugin, const void *config, yz_buf *out) {
    spell_all(plugin->options, plugin->n_options, config, out);
}
