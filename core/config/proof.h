/* config/proof.h: a credential that was proved, remembered with its hash for as long as the connection that showed it.
 *
 * Clients send the same key with every request of a connection; its hash is most of what finding out who asks costs (2.4 µs of 2.5). The
 * secret of the process never changes, so neither does a hash: keys that a reload took away are not found by it either. Only a credential
 * that some key has is remembered, and it is compared with nothing but what the same connection shows, so nobody learns of another's.
 * Worker thread. */
#ifndef YUZUI_CONFIG_PROOF_H
#define YUZUI_CONFIG_PROOF_H

#include "config/settings.h"

typedef struct yz_proof yz_proof;

/* yz_settings_key with a memory: *proof is NULL at first, and is filled when a key is found. */
const yz_key_settings *yz_proof_key(yz_proof **proof, const yz_settings *settings, yz_str credential);
/* Wipes. NULL is allowed. */
void yz_proof_free(yz_proof *proof);

#endif
