/* upstream/scrub.h: what a client may read of an error that a provider sent. */
#ifndef YUZUI_UPSTREAM_SCRUB_H
#define YUZUI_UPSTREAM_SCRUB_H

#include "config/settings.h"

/* Makes an error fit for a client: no keys, bounded (2 KiB a text, control bytes as blanks), nothing of what the provider says about the
 * gateway's own credentials. Texts that change are in the arena. */
void yz_error_scrub(yz_error *error, const yz_provider_settings *provider, yz_arena *arena);

/* What of an error's message the operator's log may hold: its first line without secrets, and without what stands in quotes or in the
 * request as well, which may be of a prompt. At most 200 bytes, in the arena. Before yz_error_scrub, which leaves nothing of an error about
 * credentials. */
yz_str yz_error_for_log(const yz_error *error, const yz_provider_settings *provider, const yz_request *request, yz_arena *arena);

#endif
