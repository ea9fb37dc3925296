/* base/dialects.h: which adapter owns a dialect, in one generation. Read from its config and never changed after that, so that an old
 * generation finds its own adapters whatever was loaded since. A request carries it (yz_request.dialects). */
#ifndef YUZUI_BASE_DIALECTS_H
#define YUZUI_BASE_DIALECTS_H

#include <yuzui/adapter.h>

typedef struct yz_dialects {
    const yz_adapter **owners; /* one for each dialect: it reads requests and writes answers, or jobs */
    size_t n;
} yz_dialects;

/* Adds an adapter that can own its dialect, unless that has an owner; NULL and others: no effect. Memory is the arena's. */
void yz_dialects_add(yz_dialects *dialects, yz_arena *arena, const yz_adapter *adapter);
/* The owner of a dialect; NULL: it has none. Without `dialects` nothing has. */
const yz_adapter *yz_dialects_find(const yz_dialects *dialects, yz_str dialect);
/* The one of chats that name no dialect (yz_adapter.fallback): of llm.chat, of a policy's own answers, of rehearsals. NULL likewise. */
const yz_adapter *yz_dialects_fallback(const yz_dialects *dialects);

#endif
