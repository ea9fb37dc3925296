/* config/sense_options.c: options of stages that hold the address of a server, or names of keys and models: a webhook that goes nowhere, a
 * limit that binds nobody, would be found out by nobody. Knows no stage: which options they are is declared by their plugins.
 */
#include "config/sense_walk.h"
#include "config/url.h"

#include <stdlib.h>

/* ---- addresses ------------------------------------------------------------------------------------------------------------------- */

static void look_for_address(const yz_option_place *at, const yz_option *option, const void *field) {
    const yz_str *text = option->url && option->type == YZ_OPTION_STRING ? field : NULL;
    const char *reason = NULL;
    yz_url url = {0};
    yz_str target;
    if (!text || text->n == 0)
        return;
    if (yz_url_split(*text, at->reader->arena, &url, &target, &reason) == YZ_OK && yz_str_starts(url.scheme, "http"))
        return;
    if (yz_str_starts(*text, "http://") || yz_str_starts(*text, "https://"))
        yz_diag_error(at->reader->diag, "%s%s is no address of a server: %s", at->path, option->name, reason);
    else
        yz_diag_error(at->reader->diag, "%s%s should be an address that begins with https:// or http://, such as https://example.com/path",
                      at->path, option->name);
}

void yz_read_addresses(yz_reader *reader) { yz_walk_options(reader, look_for_address); }

/* ---- names ----------------------------------------------------------------------------------------------------------------------- */

static int by_name(const void *a, const void *b) { return strcmp(*(const char *const *)a, *(const char *const *)b); }

/* What is said of the name of a key that nobody has. */
static void tell_nobody(const yz_option_place *at, const char *what, yz_str pattern) {
    enum { SHOWN = 8 };
    const yz_settings *s = at->reader->settings;
    const char **names = yz_alloc(at->reader->arena, (s->n_keys + 1) * sizeof(*names));
    yz_buf list = {0};
    for (size_t i = 0; i < s->n_keys; i++)
        names[i] = s->keys[i].pub.name.p;
    qsort(names, s->n_keys, sizeof(*names), by_name); /* they are sorted by hash */
    for (size_t i = 0; i < s->n_keys && i < SHOWN; i++)
        yz_buf_printf(&list, "%s%s", i > 0 ? ", " : "", names[i]);
    if (s->n_keys > SHOWN)
        yz_buf_printf(&list, " and %zu more", s->n_keys - SHOWN);
    const char *meant = yz_did_you_mean(pattern, names, s->n_keys);
    if (meant)
        yz_diag_warn(at->reader->diag, "%s: no key is called \"%.*s\": did you mean \"%s\"?", what, YZ_STR_ARGS(pattern), meant);
    else
        yz_diag_warn(at->reader->diag, "%s: no key is called \"%.*s\": there are %.*s", what, YZ_STR_ARGS(pattern),
                     YZ_STR_ARGS(yz_buf_view(&list)));
    yz_buf_free(&list);
}

/* What is said of a name of keys whose requests take other chains. */
static void tell_elsewhere(const yz_option_place *at, const char *what, yz_str pattern, const yz_key_settings *key) {
    const char *here = at->chain->name.n > 0 ? yz_chain_words(at->reader, at->chain) : "the chain without a name";
    const char *taken = key->chain && key->chain->name.n > 0 ? yz_chain_words(at->reader, key->chain) : "the chain without a name";
    bool many = !yz_str_eq(pattern, key->pub.name);
    yz_diag_warn(at->reader->diag, "%s: nobody called \"%.*s\" takes %s: key \"%.*s\"%s takes %s%s", what, YZ_STR_ARGS(pattern), here,
                 YZ_STR_ARGS(key->pub.name), many ? ", which fits," : "", key->chain ? taken : "others",
                 key->chain ? ", where this belongs" : "");
}

/* Which keys a ledger keeps is not known here. Without any key at all it has been said that nobody gets in. */
static void check_keys(const yz_option_place *at, const char *what, const yz_list *names) {
    const yz_settings *s = at->reader->settings;
    if (names->n > 0 && !yz_chain_find_stage(at->chain, "auth", 0)) {
        yz_diag_warn(at->reader->diag, "%s: nobody is known by a key here: %s has no auth {}", what,
                     at->chain->name.n > 0 ? yz_chain_words(at->reader, at->chain) : "the chain");
        return;
    }
    for (size_t i = 0; i < names->n && !s->ledger && s->n_keys > 0 && !yz_diag_full(at->reader->diag); i++) {
        const yz_key_settings *fits = NULL;
        bool here = false;
        for (size_t k = 0; k < s->n_keys && !here; k++)
            if (yz_name_fits(names->items[i], s->keys[k].pub.name)) {
                fits = &s->keys[k];
                here = yz_chain_may_take(s, at->chain, fits);
            }
        if (!fits)
            tell_nobody(at, what, names->items[i]);
        else if (!here)
            tell_elsewhere(at, what, names->items[i], fits);
    }
}

/* Is the option beside it said that makes the names those of something else? */
static bool is_other(const yz_option_place *at, const yz_option *option) {
    const yz_option *unless = option->unless ? yz_option_of(at->options, at->n_options, option->unless) : NULL;
    return unless && unless->type == YZ_OPTION_STRING && ((const yz_str *)yz_option_field(at, unless))->n > 0;
}

static void look_for_names(const yz_option_place *at, const yz_option *option, const void *field) {
    if (option->names == YZ_NAMES_OF_NOBODY || option->type != YZ_OPTION_LIST || is_other(at, option))
        return;
    const char *what = yz_format(at->reader->arena, "%s%s", at->path, option->name).p;
    bool policy = yz_chain_find_stage(at->chain, "policy", 0) || yz_chain_find_stage(at->chain, "workflow", 0);
    if (option->names == YZ_NAMES_OF_KEYS)
        check_keys(at, what, field);
    else
        yz_read_check_models(at->reader, what, field, policy);
}

void yz_read_option_sense(yz_reader *reader) { yz_walk_options(reader, look_for_names); }
