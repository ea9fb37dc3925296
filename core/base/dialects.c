/* base/dialects.c: the adapters of a generation, by dialect. They are a handful, so they are looked through. */
#include "base/dialects.h"

/* Of a dialect without chats: it tells how jobs stand. */
static bool can_own(const yz_adapter *adapter) { return (adapter->encode && adapter->read) || (adapter->read_job && adapter->write_job); }

void yz_dialects_add(yz_dialects *dialects, yz_arena *arena, const yz_adapter *adapter) {
    if (!adapter || !can_own(adapter) || yz_dialects_find(dialects, yz_str_of(adapter->dialect)))
        return;
    const yz_adapter **owners = yz_alloc(arena, (dialects->n + 1) * sizeof *owners);
    for (size_t i = 0; i < dialects->n; i++)
        owners[i] = dialects->owners[i];
    owners[dialects->n++] = adapter;
    dialects->owners = owners;
}

const yz_adapter *yz_dialects_find(const yz_dialects *dialects, yz_str dialect) {
    for (size_t i = 0; dialects && i < dialects->n; i++)
        if (yz_str_is(dialect, dialects->owners[i]->dialect))
            return dialects->owners[i];
    return NULL;
}

const yz_adapter *yz_dialects_fallback(const yz_dialects *dialects) {
    for (size_t i = 0; dialects && i < dialects->n; i++)
        if (dialects->owners[i]->fallback)
            return dialects->owners[i];
    return NULL;
}
