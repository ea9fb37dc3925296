/* plugin/kinds.h: what a plugin can be, and how a file says so without being opened (YZ_PLUGIN_KINDS in yuzui/plugin.h). */
#ifndef YUZUI_PLUGIN_KINDS_H
#define YUZUI_PLUGIN_KINDS_H

#include <yuzui/plugin.h>

enum { YZ_KIND_STAGE = 1, YZ_KIND_ADAPTER = 2, YZ_KIND_STORE = 4, YZ_KIND_LEDGER = 8, YZ_KIND_ANY = 15 };

/* Of a plugin that is open. */
unsigned yz_kinds_of(const yz_plugin *plugin);
/* What a plugin file with this content says of itself; 0: nothing that can be read, so it has to be opened to know. */
unsigned yz_kinds_said(yz_str content);
/* Is a plugin what its file says? Who looked only at the file would miss what it does not say. diag has the error. */
bool yz_kinds_check(const yz_plugin *plugin, unsigned said, const char *file, yz_diag *diag);

#endif
