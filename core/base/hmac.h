/* base/hmac.h: the secret of yz_hmac. */
#ifndef YUZUI_BASE_HMAC_H
#define YUZUI_BASE_HMAC_H

#include <yuzui/base.h>
#include <yuzui/call.h>

/* Sets the secret of yz_hmac (the `secret` directive). Once a process has used a secret, given or random, it keeps it: key hashes
 * and cache keys hang on it. So this must come before the first yz_hmac; later it returns true only for the secret in use, and
 * false (a restart is needed) for another one. */
bool yz_hmac_secret_set(yz_str secret);

/* Plain SHA-256, for content names. */
void yz_sha256(yz_str data, uint8_t out[32]);

#endif
