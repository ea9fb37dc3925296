/* cli/plugins.c: `yuzui plugins`: what can be found, and what each takes: written from the same tables the config is checked by. */
#include "base/arena.h"
#include "base/diag.h"
#include "cli/cli.h"
#include "cli/help.h"
#include "config/settings.h"
#include "lua/policy.h"
#include "plugin/loader.h"
#include "plugin/options.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

static void print_kinds(const yz_plugin *plugin, yz_buf *out) {
    yz_buf_lit(out, plugin->filter ? "stage" : "");
    if (plugin->adapter)
        yz_buf_printf(out, "%sadapter of %s", plugin->filter ? ", " : "", plugin->adapter->dialect);
    if (plugin->store)
        yz_buf_printf(out, "%sstore", plugin->filter || plugin->adapter ? ", " : "");
    if (plugin->ledger)
        yz_buf_printf(out, "%sledger", plugin->filter || plugin->adapter || plugin->store ? ", " : "");
}

void yz_cli_print_plugin(const yz_plugin *plugin, yz_buf *out) {
    const char *file = yz_plugin_file(plugin);
    yz_buf_printf(out, "%s %s (", plugin->name, plugin->version);
    print_kinds(plugin, out);
    yz_buf_printf(out, ")\n  %s\n  %s\n\n", plugin->summary, file ? file : "built in");
    if (plugin->n_options == 0)
        yz_buf_lit(out, "  It has no options.\n");
    else
        yz_buf_lit(out, "  option, type, default, meaning:\n");
    yz_options_print(plugin->options, plugin->n_options, out);
}

static void print_list(yz_buf *out, yz_diag *diag) {
    const yz_plugin *const *plugins;
    size_t n = yz_plugin_list(YZ_KIND_ANY, &plugins, diag);
    for (size_t i = 0; i < n; i++) {
        yz_buf kinds = {0};
        print_kinds(plugins[i], &kinds);
        yz_buf_printf(out, "%-12s %-32.*s %s\n", plugins[i]->name, YZ_STR_ARGS(yz_buf_view(&kinds)), plugins[i]->summary);
        yz_buf_free(&kinds);
    }
}

/* A config says where more plugins are; whatever else is wrong with it does not matter here. False: it cannot be read at all. */
static bool add_folders_of(const char *file) {
    const char *read = file ? file : "yuzui.lua";
    if (access(read, R_OK) != 0) {
        if (file)
            fprintf(stderr, "yuzui plugins: %s cannot be read: %s\n", file, strerror(errno));
        return !file;
    }
    yz_diag unheard = {0};
    yz_arena *arena = yz_arena_new(NULL);
    (void)yz_settings_read(read, arena, &unheard);
    yz_arena_free(arena);
    yz_diag_free(&unheard);
    return true;
}

int yz_cli_plugins(int argc, char **argv) {
    const char *name, *file = NULL;
    const yz_cli_option options[] = {{"--config", "-c", .value = &file}};
    yz_buf out = {0};
    yz_diag diag = {0};
    if (yz_cli_options(argc, argv, options, 1, &name) != 0)
        return 2;
    if (!add_folders_of(file))
        return 1;
    yz_plugin_add_core(&yz_policy_plugin);
    yz_plugin_add_core(&yz_workflow_plugin);
    const yz_plugin *plugin = name ? yz_plugin_find(yz_str_of(name), &diag) : NULL;
    if (plugin)
        yz_cli_print_plugin(plugin, &out);
    else if (!name)
        print_list(&out, &diag);
    fwrite(out.p ? out.p : "", 1, out.n, stdout);
    fwrite(diag.text.p ? diag.text.p : "", 1, diag.text.n, stderr);
    int code = diag.errors > 0 ? 1 : 0;
    yz_buf_free(&out);
    yz_diag_free(&diag);
    return code;
}
