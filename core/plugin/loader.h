/* plugin/loader.h: finding, opening and checking plugins. A plugin is opened from a copy named after its content, so that a
 * changed file is loaded beside the old one, and stays mapped for the life of the process. Control thread only. */
#ifndef YUZUI_PLUGIN_LOADER_H
#define YUZUI_PLUGIN_LOADER_H

#include "plugin/kinds.h"

#include <yuzui/plugin.h>

extern const yz_host yz_host_functions; /* plugin/host.c: the table every plugin gets */

/* The plugin called `name`: NAME.so in the folders of the `plugins` directive, $YUZUI_PLUGINS, beside the binary, or the
 * installed folder; or a path when it holds a slash. Core plugins (policy) need no file. NULL: diag has the error. */
const yz_plugin *yz_plugin_find(yz_str name, yz_diag *diag);
const yz_plugin *yz_plugin_load(const char *path, yz_diag *diag);
/* Is there a core plugin or a file of that name? Opens nothing and reports nothing. */
bool yz_plugin_exists(yz_str name);
void yz_plugin_add_folder(const char *folder);    /* searched before those known so far; again: no effect */
void yz_plugin_add_core(const yz_plugin *plugin); /* built into the binary; again: no effect */
extern const yz_plugin yz_policy_plugin;          /* built in: `policy "file.lua" {…}` (lua/policy.c) */
extern const yz_plugin yz_workflow_plugin;        /* built in: `workflow "file.lua" {…}` (lua/workflow.c) */
/* Every plugin of one of these kinds that can be found, sorted by name: the adapters a config does not name, `yuzui plugins`, did-you-mean.
 * A file that says it is none of them is not opened. Files that cannot be loaded are reported to diag (NULL: silently left out). The list
 * lives until the next call. */
size_t yz_plugin_list(unsigned kinds, const yz_plugin *const **plugins, yz_diag *diag);
/* The file a loaded plugin came from, to be watched; NULL for core plugins. */
const char *yz_plugin_file(const yz_plugin *plugin);

/* plugin/check.c: a copy of this descriptor and its tables for this yuzui to use, never freed; NULL, with an error, if it cannot run it.
 * `said`: the kinds that its file says it is (kinds.h), 0: none. `file` begins the messages. */
const yz_plugin *yz_plugin_adopt(const yz_plugin *given, unsigned said, const char *file, yz_diag *diag);

#endif
