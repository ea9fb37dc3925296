/* base/credential.h: how a key is shown (yz_credential in yuzui/adapter.h): which of an adapter's ways is meant by a name, and what the
 * signers make of a key. Adapters and configs name both; only what builds a head calls one. */
#ifndef YUZUI_BASE_CREDENTIAL_H
#define YUZUI_BASE_CREDENTIAL_H

#include <yuzui/adapter.h>

/* What stands in the header after the prefix. */
typedef struct yz_signer {
    const char *name;
    size_t (*room)(yz_str key); /* bytes that put appends, at most: a buffer that has that room does not grow, and leaves no copy behind */
    void (*put)(yz_str key, yz_buf *out);
} yz_signer;

/* NULL: there is none of that name. Without a name: the key as it is. */
const yz_signer *yz_signer_find(const char *name);
/* All of them, one after the other from 0; NULL: no more. */
const yz_signer *yz_signer_at(size_t i);

/* The adapter's way of that name; NULL: it has none. Without a name its first; one that declares none has a bearer token. */
const yz_credential *yz_credential_find(const yz_adapter *adapter, const char *name);

#endif
