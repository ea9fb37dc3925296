/* cli/try.h: asking the providers of a config for real, to see whether their keys work: for `yuzui init`. */
#ifndef YUZUI_CLI_TRY_H
#define YUZUI_CLI_TRY_H

#include <yuzui/base.h>

/* Builds the config and asks each provider that has a key, and a model of its own, for one word; prints what came of it, a line each.
 * Nothing listens meanwhile but a port of the kernel's choice on 127.0.0.1. False: the config is refused, which was printed; else *failed:
 * how many providers did not answer. */
bool yz_try_providers(const char *config, unsigned *failed);

#endif
