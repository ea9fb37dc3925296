/* config/read_client.c: who asks: the directive key. What is said of a key is kept, and what it is itself only as its hash. */
#include "base/hmac.h"
#include "config/read.h"

#include <stdlib.h>

#define SET(options, into) ((yz_option_set){options, sizeof(options) / sizeof(*(options)), into})

typedef struct key_options {
    yz_str name, tenant, chain;
    yz_list models;
    yz_map tags;
    bool strict;
} key_options;

static const yz_option KEY_OPTIONS[] = {
    {"name", YZ_OPTION_STRING, offsetof(key_options, name), .help = "who that is, in logs and metrics"},
    {"tenant", YZ_OPTION_STRING, offsetof(key_options, tenant),
     .help = "keys of one tenant may share cached answers; the name unless said"},
    {"models", YZ_OPTION_LIST, offsetof(key_options, models), "*",
     .help = "models it may use; a name ending in * allows every model it begins"},
    {"tags", YZ_OPTION_VALUES, offsetof(key_options, tags), .help = "what policies find in req.key.tags"},
    {"chain", YZ_OPTION_STRING, offsetof(key_options, chain), .help = "the chain its requests take, wherever they come in"},
    {"strict", YZ_OPTION_BOOL, offsetof(key_options, strict), "false", .help = "its requests are refused rather than changed"},
};
const yz_option_rows yz_key_rows = YZ_ROWS(KEY_OPTIONS);

void yz_read_key(yz_reader *reader, const yz_statement *statement) {
    yz_settings *s = reader->settings;
    const yz_value *said = yz_read_arg(statement, 0);
    if (said && said->kind == YZ_VALUE_ENV && !said->has_text) {
        yz_diag_warn(reader->diag, "key: env \"%.*s\" is not set: this key is left out", YZ_STR_ARGS(said->name));
        return;
    }
    if (!yz_value_is_text(said) || said->text.n == 0) {
        yz_read_text(reader, statement, 0,
                     "the key itself, as in key \"sk-…\" { name = \"team\" }, or key(env \"TEAM_KEY\") { name = \"team\" }");
        return;
    }
    const char *variable = yz_value_secret_variable(reader->arena, said->text);
    if (variable) {
        yz_diag_error(reader->diag, "key is the text \"%.*s\" as it stands: key(env \"%s\") { … } reads the variable",
                      YZ_STR_ARGS(said->text), variable);
        return;
    }
    key_options options = {0};
    yz_option_set set = SET(KEY_OPTIONS, &options);
    yz_key_settings *key = &s->keys[s->n_keys];
    yz_hmac(said->text, key->hash);
    const char *unfit = yz_read_key_fault(said->text);
    bool ok = !unfit;
    key->weakness = NULL;
    if (unfit)
        yz_diag_error(reader->diag, "key: it %s", unfit);
    else if (yz_read_key_is_placeholder(said->text))
        yz_diag_warn(reader->diag, "key: it looks like the place where one should be put, and anybody may guess it: `openssl rand -hex 24` "
                                   "makes one");
    else
        key->weakness = yz_read_key_weakness(said->text);
    explicit_bzero((char *)(uintptr_t)said->text.p, said->text.n); /* our copy, in the arena */
    ok = yz_options_fill(&set, 1, yz_read_arg(statement, 1), "key", reader->arena, reader->diag) && ok;
    const char *fault = yz_name_fault(options.name) ? yz_name_fault(options.name) : yz_name_fault(options.tenant);
    if (fault)
        yz_diag_error(reader->diag, "key: its name or tenant %s", fault);
    if (!yz_read_no_more(reader, statement, 2) || !ok || fault)
        return;
    key->at = statement->at;
    key->pub.size = sizeof(key->pub);
    key->pub.name = options.name.n > 0 ? options.name : yz_format(reader->arena, "key-%zu", s->n_keys + 1);
    key->pub.tenant = options.tenant.n > 0 ? options.tenant : key->pub.name;
    key->pub.models = options.models.items;
    key->pub.n_models = options.models.n;
    key->pub.tags = options.tags.items;
    key->pub.n_tags = options.tags.n;
    key->pub.strict = options.strict;
    const char *what = yz_format(reader->arena, "key \"%.*s\"", YZ_STR_ARGS(key->pub.name)).p;
    key->chain = yz_read_chain_named(reader, what, options.chain);
    s->keys_choose = s->keys_choose || key->chain;
    yz_read_check_patterns(reader, yz_format(reader->arena, "%s: models", what).p, &options.models);
    s->n_keys++;
}

/* ---- the whole ------------------------------------------------------------------------------------------------------------- */

static int by_key_name(const void *a, const void *b) {
    const yz_key_settings *x = a, *y = b;
    int order = strcmp(x->pub.name.p, y->pub.name.p);
    return order != 0 ? order : x->at.line - y->at.line;
}
static int by_hash(const void *a, const void *b) {
    const yz_key_settings *x = a, *y = b;
    int order = memcmp(x->hash, y->hash, sizeof(x->hash));
    return order != 0 ? order : x->at.line - y->at.line;
}

/* Sorted twice, since a config may hold thousands of keys; the order by hash is the one that stays. */
void yz_read_finish_keys(yz_reader *reader) {
    yz_settings *s = reader->settings;
    qsort(s->keys, s->n_keys, sizeof(*s->keys), by_key_name);
    for (size_t i = 1; i < s->n_keys; i++)
        if (yz_str_eq(s->keys[i].pub.name, s->keys[i - 1].pub.name)) {
            yz_diag_at(reader->diag, s->keys[i].at);
            yz_diag_error(reader->diag, "key: the name \"%.*s\" is there twice: first in line %d", YZ_STR_ARGS(s->keys[i].pub.name),
                          s->keys[i - 1].at.line);
        }
    qsort(s->keys, s->n_keys, sizeof(*s->keys), by_hash);
    for (size_t i = 1; i < s->n_keys; i++)
        if (memcmp(s->keys[i].hash, s->keys[i - 1].hash, sizeof(s->keys[i].hash)) == 0) {
            yz_diag_at(reader->diag, s->keys[i].at);
            yz_diag_error(reader->diag, "key: the same key is there twice: first in line %d", s->keys[i - 1].at.line);
        }
}
