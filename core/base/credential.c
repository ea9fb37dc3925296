/* base/credential.c: names of credentials and signers (credential.h has the contract). */
#include "base/credential.h"

#include "base/base64.h"

/* ---- signers ------------------------------------------------------------------------------------------------------------- */

static size_t plain_room(yz_str key) { return key.n; }

static void put_plain(yz_str key, yz_buf *out) { yz_buf_str(out, key); }

/* RFC 7617: the key is "user:password". */
static size_t basic_room(yz_str key) { return yz_base64_length(key.n); }

static void put_basic(yz_str key, yz_buf *out) { yz_put_base64(out, key); }

static const yz_signer signers[] = {{"plain", plain_room, put_plain}, {"basic", basic_room, put_basic}};

const yz_signer *yz_signer_at(size_t i) { return i < sizeof signers / sizeof *signers ? &signers[i] : NULL; }

const yz_signer *yz_signer_find(const char *name) {
    for (size_t i = 0; i < sizeof signers / sizeof *signers; i++)
        if (!name || strcmp(signers[i].name, name) == 0)
            return &signers[i];
    return NULL;
}

/* ---- credentials --------------------------------------------------------------------------------------------------------- */

const yz_credential *yz_credential_find(const yz_adapter *adapter, const char *name) {
    static const yz_credential bearer[] = {{"bearer", "authorization", "Bearer ", NULL}};
    const yz_credential *rows = adapter->n_credentials ? adapter->credentials : bearer;
    for (size_t i = 0, n = adapter->n_credentials ? adapter->n_credentials : 1; i < n; i++)
        if (!name || strcmp(rows[i].name, name) == 0)
            return &rows[i];
    return NULL;
}
