/* upstream/judge.h: what an error means that a provider reported, after its adapter has read it: the vendor's own words and codes go before
 * the status alone. No I/O. */
#ifndef YUZUI_UPSTREAM_JUDGE_H
#define YUZUI_UPSTREAM_JUDGE_H

#include "config/settings.h"

/* Settles the class of an error by `said` (the status, 0 for one inside an answer), code, type and message, and by what the flavours say of
 * them: config/flavour.h. A status that refuses the credentials is UPSTREAM_AUTH whatever the adapter made of it, unless a flavour says
 * that this status and these words are something else. A code that means nothing to a client, such as a number, or that says less
 * than the class and something else, is taken out after it was looked at. */
void yz_error_judge(yz_error *error, const yz_provider_settings *provider);

#endif
