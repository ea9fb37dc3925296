/* config/read_flavour.c: flavours that the config says, and what a provider takes from the one it names, or has a host of. */
#include "config/read.h"

void yz_read_flavour(yz_reader *reader, const yz_statement *statement) {
    const yz_flavour *flavour = yz_flavour_read(statement, reader->arena, reader->diag);
    const yz_flavour *other = flavour ? yz_flavours_find(&reader->settings->flavours, flavour->name) : NULL;
    if (other)
        yz_diag_error(reader->diag, "flavour \"%.*s\" is there twice: first in line %d", YZ_STR_ARGS(flavour->name), other->at.line);
    yz_flavours_add(&reader->settings->flavours, flavour, reader->arena);
}

/* A vendor without a flavour is still served, if it speaks as OpenAI does. */
static void tell_unknown(yz_reader *reader, const char *what, yz_str found) {
    const yz_flavours *all = &reader->settings->flavours;
    const yz_flavour *called = yz_flavours_called(all, found);
    if (called) {
        yz_diag_error(reader->diag, "%s: there is no flavour \"%.*s\": flavour = \"%.*s\" is meant", what, YZ_STR_ARGS(found),
                      YZ_STR_ARGS(called->name));
        return;
    }
    const char **names = yz_alloc(reader->arena, (all->n + 1) * sizeof *names);
    size_t n = 0;
    for (size_t i = 0; i < all->n; i++)
        if (all->items[i]->adapter.n + all->items[i]->addresses.n > 0) /* else it is words that all share */
            names[n++] = yz_dup(reader->arena, all->items[i]->name).p;
    bool near = n == 0 || (found.n > 4 && yz_did_you_mean(found, names, n)); /* of short names any is near to some */
    if (near) {
        yz_read_tell_unknown(reader, what, "flavour", found, names, n);
        return;
    }
    yz_buf list = {0};
    for (size_t i = 0; i < n; i++)
        yz_buf_printf(&list, "%s%s", i > 0 ? ", " : "", names[i]);
    yz_diag_error(
        reader->diag,
        "%s: there is no flavour \"%.*s\": there are %.*s; any other server that speaks as OpenAI does is adapter = \"openai\" and "
        "its base_url",
        what, YZ_STR_ARGS(found), YZ_STR_ARGS(yz_buf_view(&list)));
    yz_buf_free(&list);
}

/* ---- merging --------------------------------------------------------------------------------------------------------- */

/* Adds a field unless one of its name is there. */
static void add(yz_value *table, const char *name, const yz_value *value) {
    if (value && !yz_value_get(table, name))
        table->fields[table->n_fields++] = (yz_field){.name = yz_str_of(name), .value = *value};
}

static void add_text(yz_value *table, const char *name, yz_str text) {
    const yz_value value = {.kind = YZ_VALUE_STRING, .text = text};
    add(table, name, text.n > 0 ? &value : NULL);
}

/* A copy with room for so many fields more. */
static yz_value *copy_of(yz_reader *reader, const yz_value *said, size_t more) {
    yz_value *copy = yz_alloc(reader->arena, sizeof *copy);
    *copy = *said;
    copy->fields = yz_alloc(reader->arena, (said->n_fields + more) * sizeof *copy->fields);
    if (said->n_fields > 0)
        memcpy(copy->fields, said->fields, said->n_fields * sizeof *copy->fields);
    return copy;
}

static void add_all(yz_reader *reader, yz_value *table, const yz_value *options) {
    for (size_t i = 0; options && i < options->n_fields; i++)
        add(table, yz_dup(reader->arena, options->fields[i].name).p, &options->fields[i].value);
}

static size_t count(const yz_value *options) { return options ? options->n_fields : 0; }

/* Another adapter than the flavour's has other options: none of those that are said of it are taken. */
static bool is_other(const yz_flavour *flavour, yz_str adapter) { return flavour->adapter.n > 0 && !yz_str_eq(adapter, flavour->adapter); }

/* What it says of another adapter; NULL: nothing. */
static const yz_value *options_of(const yz_flavour *flavour, yz_str adapter) {
    const yz_value *all = flavour->adapter_options;
    for (size_t i = 0; all && i < all->n_fields; i++)
        if (yz_str_eq(all->fields[i].name, adapter))
            return &all->fields[i].value;
    return NULL;
}

/* Another adapter speaks to another address, too. */
static const yz_value *merge(yz_reader *reader, const yz_value *said, const yz_flavour *flavour) {
    const yz_value *adapter = yz_value_get(said, "adapter");
    yz_str speaks = yz_value_is_text(adapter) ? adapter->text : flavour->adapter;
    const yz_value *others = options_of(flavour, speaks);
    yz_value *merged = copy_of(reader, said, count(flavour->options) + count(flavour->host_options) + count(others) + 2);
    add_text(merged, "adapter", flavour->adapter);
    add_text(merged, "base_url", yz_flavour_address(flavour, speaks));
    if (is_other(flavour, speaks)) {
        add_all(reader, merged, others);
    } else {
        add_all(reader, merged, flavour->options);
        add_all(reader, merged, flavour->host_options);
    }
    return merged;
}

const yz_value *yz_read_hosted(yz_reader *reader, const yz_value *table, const yz_flavour *flavour) {
    const yz_value *adapter = yz_value_get(table, "adapter");
    if (!flavour || count(flavour->host_options) == 0 || !yz_value_is_text(adapter) || is_other(flavour, adapter->text))
        return table;
    yz_value *merged = copy_of(reader, table, count(flavour->host_options));
    add_all(reader, merged, flavour->host_options);
    return merged;
}

const yz_value *yz_read_flavoured(yz_reader *reader, const char *what, const yz_value *table, const yz_flavour **flavour) {
    const yz_value *name = yz_value_get(table, "flavour");
    static const yz_value nothing = {.kind = YZ_VALUE_TABLE};
    *flavour = NULL;
    if (!name)
        return table ? table : &nothing;
    if (!yz_value_is_text(name)) {
        yz_diag_error(reader->diag, "%s: flavour should be the name of one, such as \"groq\", not %.*s", what,
                      YZ_STR_ARGS(yz_value_describe(reader->arena, name)));
        return NULL;
    }
    *flavour = yz_flavours_find(&reader->settings->flavours, name->text);
    if (!*flavour) {
        tell_unknown(reader, what, name->text);
        return NULL;
    }
    return merge(reader, table, *flavour);
}
