/* people/removed.h: what is said of a request that is not there: it may be older than the ledger keeps requests. */
#ifndef YUZUI_PEOPLE_REMOVED_H
#define YUZUI_PEOPLE_REMOVED_H

#include "ledger/ledger.h"

/* What the ledger has removed. */
typedef struct yz_removed {
    int64_t until; /* requests that began before it may be removed, later ones are not: Unix seconds; 0: nothing was */
    int64_t calls; /* how many */
    bool this_one; /* the hold of the id that was asked for */
    yz_str rule;   /* such as keep = "400d" */
} yz_removed;

/* YZ_OK or YZ_EIO. */
int yz_removed_read(yz_ledger *ledger, yz_str id, yz_arena *arena, yz_removed *out);

/* {"before":"2026-…Z","requests":5,"rule":"keep = …"}, appended. */
void yz_removed_json(const yz_removed *r, yz_buf *out);

/* Why there is no request and no hold of this id: `otherwise`, and what was removed, if anything was; in the arena. */
yz_str yz_removed_why(yz_ledger *ledger, yz_str id, yz_arena *arena, const char *otherwise);

#endif
