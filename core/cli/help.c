/* cli/help.c: `yuzui help WORD`: whatever the word is, a command, a stage or another plugin, a directive, an option of any of them, a
 * flavour or a policy of the library: what it is for, and what it takes. The same tables say it by which a config is checked.
 */
#include "cli/help.h"

#include "base/arena.h"
#include "base/diag.h"
#include "cli/cli.h"
#include "config/settings.h"
#include "lua/policy.h"
#include "plugin/loader.h"
#include "plugin/options.h"

#include <stdio.h>

/* Plugins of every kind that have an option of this name. */
static void print_option(yz_str name, yz_buf *out) {
    const yz_plugin *const *plugins;
    yz_diag unheard = {0};
    yz_settings_print_option(name, out);
    for (size_t i = 0, n = yz_plugin_list(YZ_KIND_ANY, &plugins, &unheard); i < n; i++)
        for (size_t k = 0; k < plugins[i]->n_options; k++)
            if (yz_str_is(name, plugins[i]->options[k].name)) {
                yz_buf_printf(out, "%s:\n", plugins[i]->name);
                yz_options_print(&plugins[i]->options[k], 1, out);
            }
    yz_diag_free(&unheard);
}

static void print_flavour(yz_str name, yz_buf *out) {
    yz_arena *arena = yz_arena_new(NULL);
    yz_diag unheard = {0};
    yz_flavours all = {0};
    yz_flavours_read_all(&all, YZ_STR("."), arena, &unheard);
    const yz_flavour *found = yz_flavours_called(&all, name);
    if (found)
        yz_buf_printf(
            out,
            "flavour \"%.*s\": the ways of a vendor%s%.*s, for a provider:\n  provider \"%.*s\" { flavour = \"%.*s\", key = env \"…\" }\n  "
            "`yuzui help provider` says what else it takes.\n",
            YZ_STR_ARGS(found->name), found->base_url.n > 0 ? ", at " : "", YZ_STR_ARGS(found->base_url), YZ_STR_ARGS(found->name),
            YZ_STR_ARGS(found->name));
    yz_diag_free(&unheard);
    yz_arena_free(arena);
}

static void print_policy(const char *name, yz_buf *out) {
    yz_arena *arena = yz_arena_new(NULL);
    yz_str file = yz_format(arena, "policies/%s.lua", name);
    if (!strchr(name, '/') && yz_lua_library_has(name))
        yz_buf_printf(
            out,
            "policy \"%.*s\" {} in a chain: a policy of the library; policies/README.md says what it does, and the head of its file "
            "which options it takes.\n",
            YZ_STR_ARGS(file));
    yz_arena_free(arena);
}

static void add_core(void) {
    yz_plugin_add_core(&yz_policy_plugin);
    yz_plugin_add_core(&yz_workflow_plugin);
}

bool yz_cli_help_word(const char *word) {
    yz_buf out = {0};
    yz_str name = yz_str_of(word);
    yz_diag unheard = {0};
    add_core();
    const yz_plugin *plugin = strlen(word) <= 40 && !strchr(word, '/') && yz_plugin_exists(name) ? yz_plugin_find(name, &unheard) : NULL;
    yz_diag_free(&unheard);
    if (yz_settings_print_directive(name, &out) && plugin)
        yz_buf_char(&out, '\n');
    if (plugin)
        yz_cli_print_plugin(plugin, &out);
    if (out.n == 0)
        print_flavour(name, &out);
    if (out.n == 0)
        print_policy(word, &out);
    if (out.n == 0)
        print_option(name, &out);
    bool found = out.n > 0;
    fwrite(out.p ? out.p : "", 1, out.n, stdout);
    yz_buf_free(&out);
    return found;
}

const char *yz_cli_help_meant(const char *word, const char *const *commands, size_t n_commands) {
    enum { MOST = 256 };
    const char *names[MOST];
    const yz_plugin *const *plugins;
    yz_diag unheard = {0};
    size_t n = yz_settings_directives(names, MOST);
    for (size_t i = 0; i < n_commands && n < MOST; i++)
        names[n++] = commands[i];
    for (size_t i = 0, all = yz_plugin_list(YZ_KIND_ANY, &plugins, &unheard); i < all && n < MOST; i++)
        names[n++] = plugins[i]->name;
    yz_diag_free(&unheard);
    return yz_did_you_mean(yz_str_of(word), names, n);
}
