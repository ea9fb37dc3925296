/* upstream/scrub.h: what a client may read of an error that a provider sent. */
#ifndef YUZUI_UPSTREAM_SCRUB_H
#define YUZUI_UPSTREAM_SCRUB_H

#include "config/settings.h"

/* Makes an error fit for a client: no keys, bounded (2 KiB a text, control bytes as blanks), nothing of what the provider says about the
 * gateway's own credentials. Texts that change are in the arena. */
void yz_error_scrub(yz_error *error, const yz_provider_settings *provider, yz_arena *arena);

#endif
