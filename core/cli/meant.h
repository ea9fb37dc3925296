/* cli/meant.h: what other programs call a command, a verb or an option of ours. */
#ifndef YUZUI_CLI_MEANT_H
#define YUZUI_CLI_MEANT_H

#include <yuzui/base.h>

/* What does instead what a command of that name would; NULL: nothing that is known. */
const char *yz_cli_command_meant(const char *name);
/* The verb, or the option, of these that is meant, by its name elsewhere or as it is misspelt; NULL: none. */
const char *yz_cli_verb_meant(const char *said, const char *const *verbs, size_t n);
const char *yz_cli_option_meant(const char *said, const char *const *names, size_t n);

#endif
