/* cli/bindable.h: are the addresses that a config serves of this machine? For `yuzui check`. */
#ifndef YUZUI_CLI_BINDABLE_H
#define YUZUI_CLI_BINDABLE_H

#include "config/settings.h"

/* Warns of each, at its line, that this machine does not have: `yuzui run` could not bind it. No port is taken: one in use is none of its
 * matters, and often the very gateway whose config is checked. Control thread. */
void yz_cli_try_addresses(const yz_settings *settings, yz_diag *diag);

#endif
