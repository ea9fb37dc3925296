/* oidc/jwk.h: the keys of a provider (RFC 7517), and whether one of them has made a signature (RFC 7518).
 *
 * Public keys alone are read: RSA of 2048 to 8192 bits, the three NIST curves, Ed25519. Of a shared secret ("oct") none is made a key, so a
 * signature that anybody could make with what is public has nothing to be checked by. */
#ifndef YUZUI_OIDC_JWK_H
#define YUZUI_OIDC_JWK_H

#include <yuzui/base.h>

typedef struct yz_jwks yz_jwks;

/* A set, from its document. Keys that are for other things, or of a kind not known here, are left out; a set may have none left. NULL: it
 * is no set, and *problem (static) says why. */
yz_jwks *yz_jwks_read(yz_str document, const char **problem);
void yz_jwks_free(yz_jwks *keys); /* NULL is allowed */
size_t yz_jwks_count(const yz_jwks *keys);

/* Is this one of the algorithms that are taken? RS, PS and ES with 256, 384 and 512; EdDSA. */
bool yz_jws_alg_known(yz_str alg);
/* Has the set a key that could have made a signature of this alg under this name? kid empty: the token names none. */
bool yz_jwks_has(const yz_jwks *keys, yz_str alg, yz_str kid);
/* Did one of those make it? */
bool yz_jwks_verify(const yz_jwks *keys, yz_str alg, yz_str kid, yz_str text, yz_str signature);

#endif
