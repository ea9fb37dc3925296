/* cli/tryout.h: does a policy fail as soon as a request comes? For `yuzui check`. */
#ifndef YUZUI_CLI_TRYOUT_H
#define YUZUI_CLI_TRYOUT_H

#include "generation.h"

/* Runs the policies and workflows of each chain once, or twice, on a small question of a client's: nobody is asked, neither providers nor
 * stores nor hosts, and time is played. Warns of each that fails, with its line, at that of its stage. What fails after an answer that was
 * made up (llm.chat, a store, http.fetch) may be right in service, and is left alone. At most about a second of CPU time. The generation is
 * one that was not published, and its worker was not started. Control thread. */
void yz_cli_try_policies(yz_generation *generation, yz_diag *diag);

#endif
