/* cli/reachable.h: does a store or a ledger of the config answer at its address? For `yuzui check`. */
#ifndef YUZUI_CLI_REACHABLE_H
#define YUZUI_CLI_REACHABLE_H

#include "generation.h"

/* Tries to connect to each that has a url, a second for each at most; warns of those that cannot be reached: host, port and why. Stores
 * that its stages use, declared or not, are asked something as well, so that a wrong password is told, too. The generation is one that was
 * not published, and its worker was not started. Control thread. */
void yz_cli_try_stores(const yz_generation *generation, yz_diag *diag);
/* Host and port of "scheme://[user[:password]@]host[:port][/…]"; the port as its scheme has it unless said. False: there is none to try: a
 * socket of this machine, several hosts, another form. */
bool yz_cli_address(yz_str url, char host[256], char port[8]);

#endif
