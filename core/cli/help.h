/* cli/help.h: what a word of a config is, for `yuzui help WORD`. */
#ifndef YUZUI_CLI_HELP_H
#define YUZUI_CLI_HELP_H

#include <yuzui/plugin.h>

/* Prints what a directive, a plugin, a flavour, a policy of the library or an option of that name is. False: there is none. */
bool yz_cli_help_word(const char *word);
/* The command, directive or plugin that is spelt almost so; NULL: none is. */
const char *yz_cli_help_meant(const char *word, const char *const *commands, size_t n_commands);
/* plugins.c: what it is and which options it has, appended. */
void yz_cli_print_plugin(const yz_plugin *plugin, yz_buf *out);

#endif
