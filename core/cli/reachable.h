/* cli/reachable.h: does a store or a ledger of the config answer at its address? For `yuzui check`. */
#ifndef YUZUI_CLI_REACHABLE_H
#define YUZUI_CLI_REACHABLE_H

#include "config/settings.h"

/* Tries to connect to each that has a url, a second for each at most; warns of those that cannot be reached: host, port and why. It does
 * not speak to them, and so says nothing of passwords. Control thread. */
void yz_cli_try_stores(const yz_settings *settings, yz_diag *diag);
/* Host and port of "scheme://[user[:password]@]host[:port][/…]"; the port as its scheme has it unless said. False: there is none to try: a
 * socket of this machine, several hosts, another form. */
bool yz_cli_address(yz_str url, char host[256], char port[8]);

#endif
