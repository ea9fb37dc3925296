/* cli/proof.h: an explanation out of the ledger, for people. */
#ifndef YUZUI_CLI_PROOF_H
#define YUZUI_CLI_PROOF_H

#include <yuzui/base.h>

/* Prints it on stdout, a line each: the price and its formula, and what was asked of providers. */
void yz_proof_print(yz_str detail);

#endif
