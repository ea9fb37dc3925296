/* plugin/options.c: option tables at work: from what the config says to the fields of a struct.
 *
 * A default goes the same way as a value from the config: it is made a value first. So a default that its own option would refuse
 * is found when the plugin is loaded (yz_options_fault in options_fault.c), not when somebody hits it. A nested table is filled by the
 * same code as the outermost; only the path before its names is longer.
 */
#include "plugin/options.h"

#include "plugin/option_value.h"

#include <stdlib.h>

/* ---- defaults -------------------------------------------------------------------------------------------------------- */

static yz_value text_value(yz_str text) { return (yz_value){.kind = YZ_VALUE_STRING, .text = text}; }

/* The next word of a default; empty at the end. */
static yz_str next_word(yz_str *rest) {
    while (rest->n > 0 && *rest->p == ' ')
        *rest = (yz_str){rest->p + 1, rest->n - 1};
    size_t n = 0;
    while (n < rest->n && rest->p[n] != ' ')
        n++;
    yz_str word = {rest->p, n};
    *rest = (yz_str){rest->p + n, rest->n - n};
    return word;
}

static size_t count_words(yz_str text) {
    size_t n = 0;
    while (next_word(&text).n > 0)
        n++;
    return n;
}

static yz_value default_list(yz_str text, yz_arena *arena) {
    yz_value value = {.kind = YZ_VALUE_TABLE, .items = yz_alloc(arena, (count_words(text) + 1) * sizeof(yz_value))};
    for (yz_str word = next_word(&text); word.n > 0; word = next_word(&text))
        value.items[value.n_items++] = text_value(word);
    return value;
}

static yz_value default_map(yz_str text, yz_arena *arena) {
    yz_value value = {.kind = YZ_VALUE_TABLE, .fields = yz_alloc(arena, (count_words(text) + 1) * sizeof(yz_field))};
    for (yz_str word = next_word(&text); word.n > 0; word = next_word(&text)) {
        const char *equals = memchr(word.p, '=', word.n);
        size_t n = equals ? (size_t)(equals - word.p) : word.n;
        yz_str rest = equals ? (yz_str){equals + 1, word.n - n - 1} : YZ_STR("");
        value.fields[value.n_fields++] = (yz_field){.name = {word.p, n}, .value = text_value(rest)};
    }
    return value;
}

yz_value yz_option_default(const yz_option *option, yz_arena *arena) {
    yz_str text = yz_str_of(option->otherwise);
    if (!option->otherwise)
        return (yz_value){.kind = YZ_VALUE_NIL};
    switch (option->type) {
    case YZ_OPTION_BOOL:
        if (yz_str_is(text, "true") || yz_str_is(text, "false"))
            return (yz_value){.kind = YZ_VALUE_BOOL, .truth = yz_str_is(text, "true")};
        return text_value(text);
    case YZ_OPTION_INT:
    case YZ_OPTION_NUMBER: {
        char *end;
        double number = strtod(option->otherwise, &end);
        return *end == '\0' && text.n > 0 ? (yz_value){.kind = YZ_VALUE_NUMBER, .number = number} : text_value(text);
    }
    case YZ_OPTION_LIST:
        return default_list(text, arena);
    case YZ_OPTION_MAP:
    case YZ_OPTION_VALUES:
    case YZ_OPTION_TREE:
        return default_map(text, arena);
    case YZ_OPTION_TABLE:
        if (yz_str_is(text, "{}"))
            return (yz_value){.kind = YZ_VALUE_TABLE};
        break;
    case YZ_OPTION_STRING:
    case YZ_OPTION_DURATION:
    case YZ_OPTION_SIZE:
    case YZ_OPTION_CHOICE:
    case YZ_OPTION_SECRET:
    case YZ_OPTION_TABLES:
        break;
    }
    return text_value(text);
}

/* ---- what is wrong --------------------------------------------------------------------------------------------------- */

/* Where a table stands, and where what is wrong with it goes. */
typedef struct scope {
    const char *what; /* begins every message: "retry" */
    const char *path; /* before the names of its options: "", "limits[2]." */
    yz_arena *arena;
    yz_diag *diag;
} scope;

static const yz_option *find_option(const yz_option_set *sets, size_t n_sets, yz_str name) {
    for (size_t s = 0; s < n_sets; s++)
        for (size_t i = 0; i < sets[s].n; i++)
            if (yz_str_is(name, sets[s].options[i].name))
                return &sets[s].options[i];
    return NULL;
}

/* What other programs call it, and what to say where another name alone does not help. */
static const struct {
    const char *called, *ours, *why;
} ELSEWHERE[] = {
    {"api_key", "key", NULL},
    {"apikey", "key", NULL},
    {"apiKey", "key", NULL},
    {"api_keys", "keys", NULL},
    {"url", "base_url", NULL},
    {"api_base", "base_url", NULL},
    {"endpoint", "base_url", NULL},
    {"baseurl", "base_url", NULL},
    {"baseURL", "base_url", NULL},
    {"host", "base_url", NULL},
    {"address", "base_url", NULL},
    {"host", "url", NULL},
    {"address", "url", NULL},
    {"addr", "url", NULL},
    {"port", "url", "it is a part of url"},
    {"type", "adapter", NULL},
    {"dialect", "adapter", NULL},
    {"protocol", "adapter", NULL},
    {"kind", "adapter", NULL},
    {"provider", "adapter", NULL},
    {"api_type", "adapter", NULL},
    {"format", "adapter", NULL},
    {"vendor", "flavour", NULL},
    {"flavor", "flavour", NULL},
    {"type", "kind", NULL},
    {"driver", "kind", NULL},
    {"verify", "insecure", "insecure = true checks no certificate; ca names the authorities to trust"},
    {"verify_ssl", "insecure", "insecure = true checks no certificate; ca names the authorities to trust"},
    {"tls", "ca", "what begins with https:// or rediss:// speaks TLS; ca names other authorities than the system's"},
    {"ssl", "ca", "what begins with https:// or rediss:// speaks TLS; ca names other authorities than the system's"},
    {"tls", "cert", "cert = \"cert.pem\" and key = \"key.pem\" make it TLS"},
    {"ssl", "cert", "cert = \"cert.pem\" and key = \"key.pem\" make it TLS"},
    {"https", "cert", "cert = \"cert.pem\" and key = \"key.pem\" make it TLS"},
    {"certificate", "cert", NULL},
    {"cert_file", "cert", NULL},
    {"certfile", "cert", NULL},
    {"ssl_certificate", "cert", NULL},
    {"tls_cert", "cert", NULL},
    {"private_key", "key", NULL},
    {"key_file", "key", NULL},
    {"keyfile", "key", NULL},
    {"ssl_certificate_key", "key", NULL},
    {"tls_key", "key", NULL},
    {"ca_cert", "ca", NULL},
    {"ca_file", "ca", NULL},
    {"retries", "attempts", NULL},
    {"max_retries", "attempts", NULL},
    {"retries", "base_url", "trying again is a stage: retry { attempts = 3 } in the chain"},
    {"max_retries", "base_url", "trying again is a stage: retry { attempts = 3 } in the chain"},
    {"model", "base_url", "models stand by themselves: model \"NAME\" { \"THIS PROVIDER\" }"},
    {"models", "base_url", "models stand by themselves: model \"NAME\" { \"THIS PROVIDER\" }"},
    {"env", "base_url", "key = env \"NAME\" reads the key from a variable"},
    {"api_key_env", "base_url", "key = env \"NAME\" reads the key from a variable"},
    {"key_env", "base_url", "key = env \"NAME\" reads the key from a variable"},
    {"env_key", "base_url", "key = env \"NAME\" reads the key from a variable"},
    {"ttl_seconds", "ttl", NULL},
    {"expire", "ttl", NULL},
    {"expires", "ttl", NULL},
    {"rpm", "limits", "limits = { { requests = 10, window = \"1m\" } }"},
    {"tpm", "limits", "limits = { { tokens = 10000, window = \"1m\" } }"},
    {"requests", "limits", "limits = { { requests = 10, window = \"1m\" } }"},
    {"tokens", "limits", "limits = { { tokens = 10000, window = \"1m\" } }"},
    {"rpm", "window", "requests = 10, window = \"1m\""},
    {"tpm", "window", "tokens = 10000, window = \"1m\""},
    {"size", "max", NULL},
    {"max_size", "max", NULL},
    {"capacity", "max", NULL},
    {"endpoint", "url", NULL},
    {"model", "as", NULL},
    {"name", "as", NULL},
    {"upstream", "as", NULL},
    {"rate_limit", "models", "rates are a stage: limit { … } in the chain (`yuzui plugins limit`)"},
    {"rpm", "models", "rates are a stage: limit { … } in the chain (`yuzui plugins limit`)"},
    {"tpm", "models", "rates are a stage: limit { … } in the chain (`yuzui plugins limit`)"},
    {"budget", "models", "budgets are those of keys in a ledger (docs/keys.md)"},
};

/* Its row, if there is an option of ours of that name. */
static size_t elsewhere(yz_str name, const char *const *names, size_t n) {
    for (size_t c = 0; c < sizeof ELSEWHERE / sizeof *ELSEWHERE; c++)
        for (size_t i = 0; yz_str_is(name, ELSEWHERE[c].called) && i < n; i++)
            if (strcmp(names[i], ELSEWHERE[c].ours) == 0)
                return c + 1;
    return 0;
}

const char *yz_option_meant(yz_str name, const char *const *names, size_t n) {
    size_t row = elsewhere(name, names, n);
    return !row ? yz_did_you_mean(name, names, n) : ELSEWHERE[row - 1].why ? NULL : ELSEWHERE[row - 1].ours;
}

/* The first option of this type, of those that name models if `models`; NULL: there is none. */
static const yz_option *first_of(const yz_option_set *sets, size_t n_sets, yz_option_type type, bool models) {
    for (size_t s = 0; s < n_sets; s++)
        for (size_t i = 0; i < sets[s].n; i++)
            if (sets[s].options[i].type == type && (!models || sets[s].options[i].models))
                return &sets[s].options[i];
    return NULL;
}

static void tell_unknown(const scope *at, const yz_option_set *sets, size_t n_sets, yz_str name) {
    const yz_option *tree = first_of(sets, n_sets, YZ_OPTION_TREE, false);
    size_t n = 0;
    if (yz_diag_full(at->diag))
        return;
    for (size_t s = 0; s < n_sets; s++)
        n += sets[s].n;
    const char **names = yz_alloc(at->arena, (n + 1) * sizeof(*names));
    yz_buf list = {0};
    n = 0;
    for (size_t s = 0; s < n_sets; s++)
        for (size_t i = 0; i < sets[s].n; i++) {
            names[n++] = sets[s].options[i].name;
            yz_buf_printf(&list, "%s%s", list.n > 0 ? ", " : "", sets[s].options[i].name);
        }
    size_t row = elsewhere(name, names, n);
    const char *meant = row ? ELSEWHERE[row - 1].ours : yz_did_you_mean(name, names, n);
    if (row && ELSEWHERE[row - 1].why)
        yz_diag_error(at->diag, "%s: there is no option \"%s%.*s\": %s", at->what, at->path, YZ_STR_ARGS(name), ELSEWHERE[row - 1].why);
    else if (meant)
        yz_diag_error(at->diag, "%s: there is no option \"%s%.*s\": did you mean \"%s\"?", at->what, at->path, YZ_STR_ARGS(name), meant);
    else if (tree)
        yz_diag_error(at->diag, "%s: there is no option \"%s%.*s\": one of the file's own stands in %s = { %.*s = … }", at->what, at->path,
                      YZ_STR_ARGS(name), tree->name, YZ_STR_ARGS(name));
    else if (n > 0)
        yz_diag_error(at->diag, "%s: there is no option \"%s%.*s\": the options are %.*s", at->what, at->path, YZ_STR_ARGS(name),
                      YZ_STR_ARGS(yz_buf_view(&list)));
    else
        yz_diag_error(at->diag, "%s: there is no option \"%s%.*s\": it takes none", at->what, at->path, YZ_STR_ARGS(name));
    yz_buf_free(&list);
}

/* The choice that is spelt almost so, in whatever case; NULL: none is. */
static const char *near_choice(const scope *at, const yz_option *option, const yz_value *value) {
    size_t n = 0;
    if (option->type != YZ_OPTION_CHOICE || !option->choices || !yz_value_is_text(value) || value->text.n == 0)
        return NULL;
    while (yz_option_choice(option, n).n > 0)
        n++;
    const char **words = yz_alloc(at->arena, (n + 1) * sizeof(*words));
    for (size_t i = 0; i < n; i++) {
        yz_str choice = yz_option_choice(option, i);
        words[i] = yz_dup(at->arena, choice).p;
        if (yz_str_ieq(choice, value->text) || (value->text.n > choice.n && choice.n > 3 && memcmp(choice.p, value->text.p, choice.n) == 0))
            return words[i];
    }
    return value->text.n > 4 ? yz_did_you_mean(value->text, words, n) : NULL; /* of short words any is near to some */
}

static void tell_wrong(const scope *at, const yz_option *option, const yz_value *value);
static void tell_nameless(const scope *at, const yz_value *item);

/* A list that holds a word it does not know. */
static void tell_stranger(const scope *at, const yz_option *option, yz_str found) {
    size_t n = 0;
    while (yz_option_choice(option, n).n > 0)
        n++;
    const char **words = yz_alloc(at->arena, (n + 1) * sizeof(*words));
    for (size_t i = 0; i < n; i++)
        words[i] = yz_dup(at->arena, yz_option_choice(option, i)).p;
    const char *meant = yz_did_you_mean(found, words, n);
    if (meant)
        yz_diag_error(at->diag, "%s: %s%s holds \"%.*s\": did you mean \"%s\"?", at->what, at->path, option->name, YZ_STR_ARGS(found),
                      meant);
    else
        yz_diag_error(at->diag, "%s: %s%s holds \"%.*s\", but should be %.*s", at->what, at->path, option->name, YZ_STR_ARGS(found),
                      YZ_STR_ARGS(yz_option_right(option, at->arena)));
}

/* What was found, for a message; of what should have been a credential no more than its kind. */
static yz_str describe(const scope *at, const yz_option *option, const yz_value *value) {
    if (option->type == YZ_OPTION_SECRET && value->kind == YZ_VALUE_NUMBER)
        return YZ_STR("a number");
    if (option->type == YZ_OPTION_SECRET && value->kind == YZ_VALUE_STRING)
        return yz_format(at->arena, "a string of %zu bytes", value->text.n);
    return yz_value_describe(at->arena, value);
}

static bool fits(const yz_value *entry, yz_option_type type) {
    bool values = type == YZ_OPTION_VALUES || type == YZ_OPTION_TREE;
    return yz_value_is_text(entry) || (values && (entry->kind == YZ_VALUE_NUMBER || entry->kind == YZ_VALUE_BOOL)) ||
           (type == YZ_OPTION_TREE && entry->kind == YZ_VALUE_TABLE);
}

/* A list of models where each names the one after it. */
static void tell_models(const scope *at, const yz_option *option, const yz_str *model) {
    yz_str first = model ? *model : YZ_STR("gpt-5.2");
    yz_diag_error(at->diag, "%s: %s%s: each model names the one that is tried after it, as a text: %s = { [\"%.*s\"] = \"the next\" }",
                  at->what, at->path, option->name, option->name, YZ_STR_ARGS(first));
}

/* Of a list or a table of strings it is one entry that is wrong: that one is named. False: it is the whole. */
static bool tell_entry(const scope *at, const yz_option *option, const yz_value *value) {
    bool list = option->type == YZ_OPTION_LIST;
    bool map = option->type == YZ_OPTION_VALUES || option->type == YZ_OPTION_TREE || option->type == YZ_OPTION_MAP;
    const yz_value *stranger = list ? yz_option_stranger(option, value) : NULL;
    yz_str name = {0};
    if (stranger) {
        tell_stranger(at, option, stranger->text);
        return true;
    }
    for (size_t i = 0; option->type == YZ_OPTION_MAP && option->models && i < value->n_fields; i++)
        if (value->fields[i].value.kind == YZ_VALUE_TABLE) {
            tell_models(at, option, &value->fields[i].name);
            return true;
        }
    for (size_t i = 0; list && value->n_fields == 0 && i < value->n_items && !name.n; i++)
        if (!yz_value_is_text(stranger = &value->items[i]))
            name = yz_format(at->arena, "[%zu]", i + 1);
    for (size_t i = 0; map && value->n_items == 0 && i < value->n_fields && !name.n; i++)
        if (!fits(stranger = &value->fields[i].value, option->type))
            name = yz_format(at->arena, ".%.*s", YZ_STR_ARGS(value->fields[i].name));
    if (name.n > 0) {
        const yz_option entry = {.name = yz_format(at->arena, "%s%.*s", option->name, YZ_STR_ARGS(name)).p, .type = YZ_OPTION_STRING};
        tell_wrong(at, &entry, stranger);
    } else if (map && value->n_items > 0) {
        tell_nameless(&(scope){at->what, yz_format(at->arena, "%s%s.", at->path, option->name).p, at->arena, at->diag}, &value->items[0]);
    }
    return name.n > 0 || (map && value->n_items > 0);
}

static void tell_wrong(const scope *at, const yz_option *option, const yz_value *value) {
    yz_str right = yz_option_right(option, at->arena);
    if (tell_entry(at, option, value))
        return;
    if (value->kind == YZ_VALUE_ENV && !value->has_text) {
        yz_diag_error(at->diag, "%s: %s%s is env \"%.*s\", but that variable is not set; it should be %.*s", at->what, at->path,
                      option->name, YZ_STR_ARGS(value->name), YZ_STR_ARGS(right));
        return;
    }
    const char *near = near_choice(at, option, value);
    yz_diag_error(at->diag, "%s: %s%s is %.*s, but should be %.*s%s%s%s", at->what, at->path, option->name,
                  YZ_STR_ARGS(describe(at, option, value)), YZ_STR_ARGS(right), near ? ": did you mean \"" : "", near ? near : "",
                  near ? "\"?" : "");
}

static void tell_nameless(const scope *at, const yz_value *item) {
    size_t n = strlen(at->path); /* with a dot at its end */
    yz_diag_error(at->diag, "%s: %.*s%soptions have names, as in { name = value }, but here is %.*s without one", at->what,
                  (int)(n > 0 ? n - 1 : 0), at->path, n > 0 ? ": " : "", YZ_STR_ARGS(yz_value_describe(at->arena, item)));
}

/* ---- one table ------------------------------------------------------------------------------------------------------- */

static bool fill_sets(const scope *at, const yz_option_set *sets, size_t n_sets, const yz_value *table);

/* The struct of a nested table; NULL: errors were reported. */
static const void *make_record(const scope *at, const yz_option *option, const yz_value *value, const char *path) {
    const yz_option_table *table = option->table;
    yz_option_set set = {table->options, table->n_options, yz_alloc(at->arena, table->config_size)};
    scope inside = {at->what, path, at->arena, at->diag};
    return fill_sets(&inside, &set, 1, value) ? set.into : NULL;
}

static bool fill_table(const scope *at, const yz_option *option, const yz_value *value, void *field) {
    if (value->kind != YZ_VALUE_TABLE) {
        tell_wrong(at, option, value);
        return false;
    }
    const void *record = make_record(at, option, value, yz_format(at->arena, "%s%s.", at->path, option->name).p);
    memcpy(field, &record, sizeof(record));
    return record != NULL;
}

static bool fill_tables(const scope *at, const yz_option *option, const yz_value *value, void *field) {
    if (value->kind != YZ_VALUE_TABLE || value->n_fields > 0) {
        tell_wrong(at, option, value);
        return false;
    }
    const void **items = yz_alloc(at->arena, (value->n_items + 1) * sizeof(*items));
    bool ok = true;
    for (size_t i = 0; i < value->n_items && !yz_diag_full(at->diag); i++) {
        yz_str name = yz_format(at->arena, "%s[%zu]", option->name, i + 1);
        yz_option item = {.name = name.p, .type = YZ_OPTION_TABLE, .table = option->table};
        ok = fill_table(at, &item, &value->items[i], &items[i]) && ok;
    }
    yz_tables tables = {items, value->n_items};
    memcpy(field, &tables, sizeof(tables));
    return ok;
}

/* A text is taken as it stands: no variable in it is replaced. A credential that stands in every manual is none: false. */
static bool look_for_variable(const scope *at, const char *name, const yz_value *value, bool secret) {
    if (value->kind != YZ_VALUE_STRING || yz_diag_full(at->diag))
        return true;
    const char *whole = secret ? yz_value_secret_variable(at->arena, value->text) : yz_value_variable(at->arena, value->text),
               *part = whole ? NULL : yz_value_variable_in(at->arena, value->text);
    if (whole)
        (secret ? yz_diag_error : yz_diag_warn)(at->diag, "%s: %s%s is the text \"%.*s\" as it stands: env \"%s\" reads the variable",
                                                at->what, at->path, name, YZ_STR_ARGS(value->text), whole);
    else if (part && !secret)
        yz_diag_warn(at->diag, "%s: %s%s holds ${%s} as it stands: \"…\" .. env.%s .. \"…\" puts the variable there", at->what, at->path,
                     name, part, part);
    return !whole || !secret;
}

static bool look_for_variables(const scope *at, const yz_option *option, const yz_value *value) {
    bool secret = option->type == YZ_OPTION_SECRET || strcmp(option->name, "token") == 0;
    for (size_t i = 0; option->type == YZ_OPTION_LIST && i < value->n_items; i++)
        look_for_variable(at, yz_format(at->arena, "%s[%zu]", option->name, i + 1).p, &value->items[i], false);
    for (size_t i = 0; option->type == YZ_OPTION_MAP && i < value->n_fields; i++)
        look_for_variable(at, yz_format(at->arena, "%s.%.*s", option->name, YZ_STR_ARGS(value->fields[i].name)).p, &value->fields[i].value,
                          false);
    return (!secret && option->type != YZ_OPTION_STRING) || look_for_variable(at, option->name, value, secret);
}

/* Reports what is wrong with the value. */
static bool fill_value(const scope *at, const yz_option *option, const yz_value *value, void *field) {
    if (option->type == YZ_OPTION_TABLE)
        return fill_table(at, option, value, field);
    if (option->type == YZ_OPTION_TABLES)
        return fill_tables(at, option, value, field);
    if (yz_option_put(option, value, field, at->arena))
        return true;
    tell_wrong(at, option, value);
    return false;
}

static bool fill_one(const scope *at, const yz_option *option, void *into, const yz_value *value) {
    if (option->offset == YZ_OPTION_ELSEWHERE)
        return true;
    void *field = (char *)into + option->offset;
    if (value && value->kind != YZ_VALUE_NIL)
        return look_for_variables(at, option, value) && fill_value(at, option, value, field);
    if (option->required) {
        yz_diag_error(at->diag, "%s: the option \"%s%s\" is missing: %s", at->what, at->path, option->name, option->help);
        return false;
    }
    yz_value otherwise = yz_option_default(option, at->arena);
    return otherwise.kind == YZ_VALUE_NIL || fill_value(at, option, &otherwise, field);
}

static bool fill_sets(const scope *at, const yz_option_set *sets, size_t n_sets, const yz_value *table) {
    bool ok = true;
    const yz_option *models = first_of(sets, n_sets, YZ_OPTION_MAP, true);
    if (table && table->n_items > 0 && models && yz_value_is_text(&table->items[0])) {
        tell_models(at, models, &table->items[0].text);
        ok = false;
    } else if (table && table->n_items > 0 && table->items[0].kind == YZ_VALUE_NIL && at->diag->errors > 0) {
        ok = false; /* a name that is not known, which has been reported */
    } else if (table && table->n_items > 0) {
        tell_nameless(at, &table->items[0]);
        ok = false;
    }
    for (size_t i = 0; table && i < table->n_fields; i++)
        if (!find_option(sets, n_sets, table->fields[i].name)) {
            tell_unknown(at, sets, n_sets, table->fields[i].name);
            ok = false;
        }
    for (size_t s = 0; s < n_sets; s++)
        for (size_t i = 0; i < sets[s].n; i++) {
            const yz_option *option = &sets[s].options[i];
            ok = fill_one(at, option, sets[s].into, yz_value_get(table, option->name)) && ok;
        }
    return ok;
}

const char *yz_option_likely(const yz_option *options, size_t n, const yz_value *value) {
    int64_t number;
    bool text = value->kind == YZ_VALUE_STRING, time = text && yz_parse_duration(value->text, &number);
    bool size = text && yz_parse_size(value->text, &number);
    const char *likely = n > 0 ? options[0].name : NULL;
    for (size_t i = n; i-- > 0;) {
        yz_option_type type = options[i].type;
        bool fits = time                             ? type == YZ_OPTION_DURATION
                    : size                           ? type == YZ_OPTION_SIZE
                    : text                           ? type == YZ_OPTION_STRING
                    : value->kind == YZ_VALUE_NUMBER ? type == YZ_OPTION_INT || type == YZ_OPTION_NUMBER
                                                     : value->kind == YZ_VALUE_BOOL && type == YZ_OPTION_BOOL;
        likely = fits ? options[i].name : likely;
    }
    return likely;
}

bool yz_options_fill(const yz_option_set *sets, size_t n_sets, const yz_value *table, const char *what, yz_arena *arena, yz_diag *diag) {
    if (table && table->kind != YZ_VALUE_NIL && table->kind != YZ_VALUE_TABLE) {
        const char *option = n_sets > 0 ? yz_option_likely(sets[0].options, sets[0].n, table) : NULL;
        yz_buf others = {0};
        for (size_t i = 0; n_sets > 0 && i < sets[0].n && sets[0].n <= 8; i++)
            yz_buf_printf(&others, "%s%s", i > 0 ? ", " : ": it has ", sets[0].options[i].name);
        yz_diag_error(diag, "%s: its options should be a table such as { %s = … }, but here is %.*s%.*s", what, option ? option : "name",
                      YZ_STR_ARGS(yz_value_describe(arena, table)), YZ_STR_ARGS(yz_buf_view(&others)));
        yz_buf_free(&others);
        return false;
    }
    return fill_sets(&(scope){what, "", arena, diag}, sets, n_sets, table);
}

void *yz_options_config(const yz_plugin *plugin, const yz_value *table, yz_arena *arena, yz_diag *diag) {
    yz_option_set set = {plugin->options, plugin->n_options, yz_alloc(arena, plugin->config_size + 1)};
    return yz_options_fill(&set, 1, table, plugin->name, arena, diag) ? set.into : NULL;
}
