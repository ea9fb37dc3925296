/* base/secret.h: keys in memory that is locked (best effort), left out of core dumps, and wiped when freed. */
#ifndef YUZUI_BASE_SECRET_H
#define YUZUI_BASE_SECRET_H

#include <yuzui/base.h>

typedef struct yz_secret yz_secret;

yz_secret *yz_secret_new(yz_str bytes); /* a copy */
void yz_secret_free(yz_secret *secret); /* wipes; NULL is allowed */
/* The bytes, to be read only where a head is serialised; live until the secret is freed. NULL: empty. */
yz_str yz_secret_reveal(const yz_secret *secret);

#endif
