/* upstream/astray.h: an answer that no API gives, since its path is none of the API's: base_url is wrong, and only its operator can mend
 * it. */
#ifndef YUZUI_UPSTREAM_ASTRAY_H
#define YUZUI_UPSTREAM_ASTRAY_H

#include "config/settings.h"

/* Is it one? `json`: the body, if it is JSON. A model that is not there is none. */
bool yz_is_astray(int status, yz_str body, const yz_json *json);
/* Tells it, once for each address of a provider as long as the process lives. */
void yz_astray(const yz_provider_settings *provider, int status);

#endif
