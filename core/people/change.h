/* people/change.h: making, changing, rotating and revoking keys and groups: each reads the record as it stands, and writes the next
 * revision unless somebody else was faster. They wait for the ledger: not for workers. */
#ifndef YUZUI_PEOPLE_CHANGE_H
#define YUZUI_PEOPLE_CHANGE_H

#include "config/settings.h"
#include "people/person.h"

typedef struct yz_change {
    yz_ledger *ledger;
    const yz_settings *settings; /* whose keys' names are taken, and whose chains there are */
    yz_str by;                   /* who does it, for the history: "cli" */
    int64_t expected;            /* update: the revision that it must still have; 0: any */
    yz_arena *arena;
    yz_person person; /* as it stands afterwards */
    yz_str secret;    /* CREATE, ROTATE: the key itself, told once and kept nowhere */
    const char *why;  /* what was wrong */
} yz_change;

/* Each: YZ_OK; YZ_ENOTFOUND: there is none of that name; YZ_EINVAL: it is not so, *why says what; YZ_EAGAIN: it stands
 * otherwise: there is one of that name already, it was revoked, somebody else has changed it meanwhile; YZ_EIO. `members`: as
 * yz_person_read takes them; NULL: none. */
int yz_change_get(yz_change *c, yz_person_kind kind, yz_str name);
int yz_change_create(yz_change *c, yz_person_kind kind, yz_str name, const yz_json *members);
int yz_change_update(yz_change *c, yz_person_kind kind, yz_str name, const yz_json *members);
/* A new secret; what the key has goes on being good for so many seconds. */
int yz_change_rotate(yz_change *c, yz_str name, int64_t overlap);
int yz_change_revoke(yz_change *c, yz_str name);
/* All of a kind, by name. */
int yz_change_list(yz_change *c, yz_person_kind kind, yz_person **out, size_t *n);

#endif
