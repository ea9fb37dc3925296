/* plugin/option_value.c: one option and one value: types, units, ranges. Knows nothing of tables of options or of messages. */
#include "plugin/option_value.h"

#include "base/secret.h"

#include <math.h>
#include <stdlib.h>

/* ---- durations and sizes ----------------------------------------------------------------------------------------------- */

typedef struct unit {
    const char *word;
    int64_t factor;
} unit;

static const unit DURATIONS[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}};
static const unit SIZES[] = {{"B", 1},     {"KiB", 1 << 10}, {"MiB", 1 << 20},  {"GiB", 1 << 30},
                             {"KB", 1000}, {"MB", 1000000},  {"GB", 1000000000}};

/* A number with at most three decimals, in thousandths. */
static bool take_number(yz_str *rest, int64_t *thousandths) {
    int64_t value = 0;
    size_t i = 0, decimals = 0;
    bool point = false;
    for (; i < rest->n; i++) {
        char c = rest->p[i];
        if (c == '.' && !point && i > 0) {
            point = true;
            continue;
        }
        if (c < '0' || c > '9')
            break;
        if (value > INT64_MAX / 100000 || (point && ++decimals > 3))
            return false;
        value = value * 10 + (c - '0');
    }
    if (i == 0 || (point && decimals == 0))
        return false;
    for (; decimals < 3; decimals++)
        value *= 10;
    *thousandths = value;
    *rest = (yz_str){rest->p + i, rest->n - i};
    return true;
}

static const unit *take_unit(yz_str *rest, const unit *units, size_t n_units) {
    size_t n = 0;
    while (n < rest->n && (rest->p[n] < '0' || rest->p[n] > '9') && rest->p[n] != ' ')
        n++;
    for (size_t i = 0; i < n_units; i++)
        if (yz_str_is((yz_str){rest->p, n}, units[i].word)) {
            *rest = (yz_str){rest->p + n, rest->n - n};
            return &units[i];
        }
    return NULL;
}

/* `bare`: a number without a unit is allowed. */
static bool parse_units(yz_str text, const unit *units, size_t n_units, bool bare, int64_t *out) {
    int64_t total = 0, thousandths, last = INT64_MAX;
    while (text.n > 0) {
        if (!take_number(&text, &thousandths))
            return false;
        const unit *u = take_unit(&text, units, n_units);
        if (!u && (text.n > 0 || last != INT64_MAX || (!bare && thousandths != 0)))
            return false;
        int64_t factor = u ? u->factor : 1;
        if (factor >= last || thousandths > INT64_MAX / factor)
            return false; /* "5s3m", "3s5s", or too large */
        int64_t part = thousandths * factor;
        if (part % 1000 != 0 || __builtin_add_overflow(total, part / 1000, &total))
            return false;
        last = factor;
        if (text.n == 0) {
            *out = total;
            return true;
        }
    }
    return false;
}

bool yz_parse_duration(yz_str text, int64_t *ms) { return parse_units(text, DURATIONS, sizeof(DURATIONS) / sizeof(unit), false, ms); }
bool yz_parse_size(yz_str text, int64_t *bytes) { return parse_units(text, SIZES, sizeof(SIZES) / sizeof(unit), true, bytes); }

/* As a person would write it. */
static void print_duration(yz_buf *out, int64_t ms) {
    for (size_t i = sizeof(DURATIONS) / sizeof(unit); i-- > 0;)
        if (ms != 0 && ms % DURATIONS[i].factor == 0) {
            yz_buf_printf(out, "%lld%s", (long long)(ms / DURATIONS[i].factor), DURATIONS[i].word);
            return;
        }
    yz_buf_char(out, '0');
}

static void print_size(yz_buf *out, int64_t bytes) {
    for (size_t i = 4; i-- > 1;)
        if (bytes != 0 && bytes % SIZES[i].factor == 0) {
            yz_buf_printf(out, "%lld%s", (long long)(bytes / SIZES[i].factor), SIZES[i].word);
            return;
        }
    yz_buf_printf(out, "%lld", (long long)bytes);
}

/* ---- fields -------------------------------------------------------------------------------------------------------------- */

size_t yz_option_field_size(yz_option_type type) {
    static const size_t sizes[] = {sizeof(bool),    sizeof(int64_t),   sizeof(double),  sizeof(yz_str), sizeof(int64_t),
                                   sizeof(int64_t), sizeof(int),       sizeof(yz_list), sizeof(yz_map), sizeof(yz_secret *),
                                   sizeof(void *),  sizeof(yz_tables), sizeof(yz_map),  sizeof(yz_map)};
    return sizes[type];
}

size_t yz_option_field_align(yz_option_type type) {
    static const size_t aligns[] = {_Alignof(bool),    _Alignof(int64_t),   _Alignof(double),  _Alignof(yz_str), _Alignof(int64_t),
                                    _Alignof(int64_t), _Alignof(int),       _Alignof(yz_list), _Alignof(yz_map), _Alignof(yz_secret *),
                                    _Alignof(void *),  _Alignof(yz_tables), _Alignof(yz_map)};
    return aligns[type];
}

yz_str yz_option_choice(const yz_option *option, size_t i) {
    const char *p = option->choices ? option->choices : "";
    for (;; i--) {
        p += strspn(p, " ");
        size_t n = strcspn(p, " ");
        if (i == 0 || n == 0)
            return (yz_str){p, n};
        p += n;
    }
}

static bool in_range(const yz_option *option, int64_t value) {
    return (option->min == 0 && option->max == 0) || (value >= option->min && value <= option->max);
}

static bool put_int(const yz_option *option, int64_t value, void *field) {
    if (!in_range(option, value))
        return false;
    memcpy(field, &value, sizeof(value));
    return true;
}

static bool whole(const yz_value *value, int64_t *out) {
    if (value->kind != YZ_VALUE_NUMBER || !(fabs(value->number) <= 9007199254740992.0) || value->number != floor(value->number))
        return false;
    *out = (int64_t)value->number;
    return true;
}

static bool put_number(const yz_option *option, const yz_value *value, void *field) {
    double number = value->number;
    if (value->kind != YZ_VALUE_NUMBER || !isfinite(number))
        return false;
    if ((option->min != 0 || option->max != 0) && (number < (double)option->min || number > (double)option->max))
        return false;
    memcpy(field, &number, sizeof(number));
    return true;
}

static bool put_duration(const yz_option *option, const yz_value *value, void *field) {
    int64_t ms;
    if (value->kind == YZ_VALUE_NUMBER && value->number == 0)
        return put_int(option, 0, field);
    return yz_value_is_text(value) && yz_parse_duration(value->text, &ms) && put_int(option, ms, field);
}

static bool put_size(const yz_option *option, const yz_value *value, void *field) {
    int64_t bytes = -1;
    if (yz_value_is_text(value))
        return yz_parse_size(value->text, &bytes) && put_int(option, bytes, field);
    return whole(value, &bytes) && bytes >= 0 && put_int(option, bytes, field);
}

/* The number of the word that this text is; -1: none. */
static int choice_of(const yz_option *option, const yz_value *value) {
    yz_str word;
    for (int i = 0; yz_value_is_text(value) && (word = yz_option_choice(option, (size_t)i)).n > 0; i++)
        if (yz_str_eq(word, value->text))
            return i;
    return -1;
}

static bool put_choice(const yz_option *option, const yz_value *value, void *field) {
    int i = choice_of(option, value);
    if (i >= 0)
        memcpy(field, &i, sizeof(i));
    return i >= 0;
}

const yz_value *yz_option_stranger(const yz_option *option, const yz_value *list) {
    for (size_t i = 0; option->choices && i < list->n_items; i++)
        if (yz_value_is_text(&list->items[i]) && choice_of(option, &list->items[i]) < 0)
            return &list->items[i];
    return NULL;
}

static bool put_list(const yz_option *option, const yz_value *value, void *field, yz_arena *arena) {
    if (value->kind != YZ_VALUE_TABLE || value->n_fields > 0 || yz_option_stranger(option, value))
        return false;
    yz_str *items = yz_alloc(arena, (value->n_items + 1) * sizeof(yz_str));
    for (size_t i = 0; i < value->n_items; i++) {
        if (!yz_value_is_text(&value->items[i]))
            return false;
        items[i] = yz_dup(arena, value->items[i].text);
    }
    yz_list list = {items, value->n_items};
    memcpy(field, &list, sizeof(list));
    return true;
}

static int by_name(const void *a, const void *b) { return strcmp(((const yz_header *)a)->name.p, ((const yz_header *)b)->name.p); }

/* A value as text; false: it has none. */
static bool text_of(const yz_value *value, bool strings_only, yz_arena *arena, yz_str *out) {
    if (yz_value_is_text(value))
        *out = yz_dup(arena, value->text);
    else if (value->kind == YZ_VALUE_NUMBER && !strings_only)
        *out = yz_format(arena, "%.14g", value->number);
    else if (value->kind == YZ_VALUE_BOOL && !strings_only)
        *out = value->truth ? YZ_STR("true") : YZ_STR("false");
    else
        return false;
    return true;
}

static bool put_map(const yz_value *value, bool strings_only, void *field, yz_arena *arena) {
    if (value->kind != YZ_VALUE_TABLE || value->n_items > 0)
        return false;
    yz_header *items = yz_alloc(arena, (value->n_fields + 1) * sizeof(yz_header));
    for (size_t i = 0; i < value->n_fields; i++) {
        items[i].name = yz_dup(arena, value->fields[i].name);
        if (!text_of(&value->fields[i].value, strings_only, arena, &items[i].value))
            return false;
    }
    qsort(items, value->n_fields, sizeof(*items), by_name);
    yz_map map = {items, value->n_fields};
    memcpy(field, &map, sizeof(map));
    return true;
}

/* The leaves of a table, by their way through it. */
typedef struct leaves {
    yz_arena *arena;
    yz_header *items;
    size_t n, cap;
} leaves;

static void add_leaf(leaves *to, yz_str path, yz_str text) {
    if (to->n == to->cap) {
        to->cap = to->cap ? 2 * to->cap : 8;
        yz_header *more = yz_alloc(to->arena, to->cap * sizeof(*more));
        if (to->n > 0)
            memcpy(more, to->items, to->n * sizeof(*more));
        to->items = more;
    }
    to->items[to->n++] = (yz_header){path, text};
}

static yz_str below(const leaves *to, yz_str path, yz_str name) {
    return path.n ? yz_format(to->arena, "%.*s%c%.*s", YZ_STR_ARGS(path), YZ_TREE_SEP, YZ_STR_ARGS(name)) : yz_dup(to->arena, name);
}

static bool add_leaves(leaves *to, yz_str path, const yz_value *value) {
    yz_str text;
    bool ok = true;
    if (value->kind != YZ_VALUE_TABLE) {
        ok = text_of(value, false, to->arena, &text);
        if (ok)
            add_leaf(to, path, text);
        return ok;
    }
    if (value->n_items + value->n_fields == 0 && path.n > 0)
        add_leaf(to, below(to, path, YZ_STR("")), YZ_STR(""));
    for (size_t i = 0; i < value->n_items && ok; i++)
        ok = add_leaves(to, below(to, path, yz_format(to->arena, "%zu", i + 1)), &value->items[i]);
    for (size_t i = 0; i < value->n_fields && ok; i++)
        ok = add_leaves(to, below(to, path, value->fields[i].name), &value->fields[i].value);
    return ok;
}

static bool put_tree(const yz_value *value, void *field, yz_arena *arena) {
    leaves all = {.arena = arena};
    if (value->kind != YZ_VALUE_TABLE || value->n_items > 0 || !add_leaves(&all, YZ_STR(""), value))
        return false;
    if (all.n > 0)
        qsort(all.items, all.n, sizeof(*all.items), by_name);
    yz_map map = {all.items, all.n};
    memcpy(field, &map, sizeof(map));
    return true;
}

static bool put_string(const yz_value *value, void *field, yz_arena *arena) {
    if (!yz_value_is_text(value))
        return false;
    yz_str text = yz_dup(arena, value->text);
    memcpy(field, &text, sizeof(text));
    return true;
}

static void free_secret(void *secret) { yz_secret_free(secret); }

/* Can it stand in a header, blanks at its ends included? */
static bool can_be_sent(yz_str text) {
    if (text.n == 0 || text.p[0] == ' ' || text.p[text.n - 1] == ' ')
        return false;
    for (size_t i = 0; i < text.n; i++)
        if ((unsigned char)text.p[i] < 0x20 || text.p[i] == 0x7f)
            return false;
    return true;
}

/* The text moves: what the script left is wiped, and the value leads to the secret from now on, since a stage that stands in a chain
 * twice is read twice. */
static bool put_secret(const yz_value *value, void *field, yz_arena *arena) {
    if (!yz_value_is_text(value) || !can_be_sent(value->text))
        return false;
    yz_secret *secret = yz_secret_new(value->text);
    yz_on_free(arena, free_secret, secret);
    memcpy(field, &secret, sizeof(yz_secret *));
    explicit_bzero((char *)(uintptr_t)value->text.p, value->text.n);
    ((yz_value *)(uintptr_t)value)->text = yz_secret_reveal(secret);
    return true;
}

bool yz_option_put(const yz_option *option, const yz_value *value, void *field, yz_arena *arena) {
    int64_t number;
    switch (option->type) {
    case YZ_OPTION_BOOL:
        if (value->kind == YZ_VALUE_BOOL)
            memcpy(field, &value->truth, sizeof(bool));
        return value->kind == YZ_VALUE_BOOL;
    case YZ_OPTION_INT:
        return whole(value, &number) && put_int(option, number, field);
    case YZ_OPTION_NUMBER:
        return put_number(option, value, field);
    case YZ_OPTION_STRING:
        return put_string(value, field, arena);
    case YZ_OPTION_DURATION:
        return put_duration(option, value, field);
    case YZ_OPTION_SIZE:
        return put_size(option, value, field);
    case YZ_OPTION_CHOICE:
        return put_choice(option, value, field);
    case YZ_OPTION_LIST:
        return put_list(option, value, field, arena);
    case YZ_OPTION_MAP:
        return put_map(value, true, field, arena);
    case YZ_OPTION_VALUES:
        return put_map(value, false, field, arena);
    case YZ_OPTION_TREE:
        return put_tree(value, field, arena);
    case YZ_OPTION_SECRET:
        return put_secret(value, field, arena);
    case YZ_OPTION_TABLE:
    case YZ_OPTION_TABLES:
        break; /* options.c: they have options of their own */
    }
    return false;
}

/* ---- what would be right ------------------------------------------------------------------------------------------------- */

static void print_limit(const yz_option *option, int64_t limit, yz_buf *out) {
    if (option->type == YZ_OPTION_DURATION)
        print_duration(out, limit);
    else if (option->type == YZ_OPTION_SIZE)
        print_size(out, limit);
    else
        yz_buf_printf(out, "%lld", (long long)limit);
}

yz_str yz_option_right(const yz_option *option, yz_arena *arena) {
    static const char *const words[] = {
#define TYPE_WORDS(name, text) text,
        YZ_OPTION_TYPES(TYPE_WORDS)
#undef TYPE_WORDS
    };
    yz_buf out = {0};
    if (option->choices) {
        yz_buf_lit(&out, option->type == YZ_OPTION_LIST ? "a list of any of" : "one of");
        for (size_t i = 0; yz_option_choice(option, i).n > 0; i++)
            yz_buf_printf(&out, "%s \"%.*s\"", i > 0 ? "," : "", YZ_STR_ARGS(yz_option_choice(option, i)));
    } else {
        yz_buf_lit(&out, words[option->type]);
        yz_buf_lit(&out, option->type == YZ_OPTION_LIST ? ", such as { \"a\", \"b\" }" : "");
        yz_buf_lit(&out, option->type == YZ_OPTION_MAP ? ", such as { name = \"value\" }" : "");
        yz_buf_lit(&out, option->type == YZ_OPTION_VALUES ? ", such as { name = \"value\", count = 3 }" : "");
        yz_buf_lit(&out, option->type == YZ_OPTION_TREE ? ", such as { name = \"value\", tiers = { gold = 3 } }" : "");
        yz_buf_lit(&out, option->type == YZ_OPTION_SECRET ? ", without control bytes or blanks around it" : "");
        yz_buf_lit(&out, option->type == YZ_OPTION_TABLE ? ", such as { name = value }" : "");
        yz_buf_lit(&out, option->type == YZ_OPTION_TABLES ? ", such as { { name = value } }" : "");
    }
    bool ranged = option->type == YZ_OPTION_INT || option->type == YZ_OPTION_NUMBER || option->type == YZ_OPTION_DURATION ||
                  option->type == YZ_OPTION_SIZE;
    if (ranged && (option->min != 0 || option->max != 0)) {
        yz_buf_lit(&out, option->type == YZ_OPTION_INT || option->type == YZ_OPTION_NUMBER ? "" : ",");
        yz_buf_lit(&out, option->max == INT64_MAX ? " at least " : " from ");
        print_limit(option, option->min, &out);
        if (option->max != INT64_MAX) {
            yz_buf_lit(&out, " to ");
            print_limit(option, option->max, &out);
        }
    }
    yz_str text = yz_dup(arena, yz_buf_view(&out));
    yz_buf_free(&out);
    return text;
}
