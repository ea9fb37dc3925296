/* server/claim.h: in whose form a request is refused that no route leads to, or that could not be read: what it looks like is judged by
 * what the adapters of its generation declare (claim_targets, claim_headers, fallback in yuzui/adapter.h). Any thread. */
#ifndef YUZUI_SERVER_CLAIM_H
#define YUZUI_SERVER_CLAIM_H

#include "config/settings.h"
#include "http/h1.h"

/* Does the head carry a header that is this adapter's dialect's? */
bool yz_claims(const yz_adapter *adapter, const yz_h1_head *head);
/* The adapter whose errors this client most likely reads; NULL if none is loaded that writes errors. */
const yz_adapter *yz_claim(const yz_settings *settings, const yz_h1_head *head);
/* Likewise from the bytes of a head that could not be read; they may be empty. */
const yz_adapter *yz_claim_raw(const yz_settings *settings, yz_str bytes);

#endif
