/* people/persons.h: all keys and groups that a ledger keeps, read at once, and what labels they have. They wait for the ledger: not for
 * workers. */
#ifndef YUZUI_PEOPLE_PERSONS_H
#define YUZUI_PEOPLE_PERSONS_H

#include "people/change.h"

typedef struct yz_persons {
    yz_person *keys, *groups; /* each by name */
    size_t n_keys, n_groups;
} yz_persons;

/* YZ_OK, or YZ_EIO with c->why. In c->arena. */
int yz_persons_read(yz_change *c, yz_persons *all);
/* NULL: there is none of this name. */
const yz_person *yz_persons_group(const yz_persons *all, yz_str name);
/* Its own value of the label, else that of the nearest group above it that has the label. False: none has. */
bool yz_persons_label(const yz_persons *all, const yz_person *person, yz_str label, yz_str *value);
/* "tier=gold" apart. False: it is no such thing. */
bool yz_label_read(yz_str text, yz_str *label, yz_str *value);

#endif
