/* people/people.h: the keys and groups that a ledger keeps, as this process knows them: read whole when its config is first built, and
 * followed from then on, so that no request asks the database who somebody is.
 *
 * What is written there is known here at once when it was written by this process, else within YZ_PEOPLE_POLL_MS and the time the
 * database takes. While it cannot be read, what was known last goes on being true; the log says so.
 *
 *   address.c    IP addresses and ranges
 *   person.c     a key or a group, by its record
 *   register.c   all of them, kept up to date
 *   directory.c  the keys of one moment, looked up by what a client shows
 *   people.c     following the ledger; finding a key for a call
 *   warn.c       telling that a budget is nearly used up
 *   judge.c      what a key may do
 *   change.c     making, changing, rotating, revoking
 *   code.c       codes that are worth money once
 */
#ifndef YUZUI_PEOPLE_PEOPLE_H
#define YUZUI_PEOPLE_PEOPLE_H

#include "config/settings.h"
#include "people/directory.h"

#define YZ_PEOPLE_POLL_MS 250

/* A ledger that is followed: one a ledger, shared by generations. */
typedef struct yz_people yz_people;

/* Control thread. NULL, with an error in diag: the ledger does not open, or cannot be read. */
yz_people *yz_people_use(const yz_settings *settings, yz_diag *diag);
void yz_people_unuse(yz_people *people); /* any thread; the last one stops following. NULL is allowed */
yz_ledger *yz_people_ledger(const yz_people *people);
/* Something was written: look now. Any thread. */
void yz_people_wake(yz_people *people);
/* The same for all that this process follows. */
void yz_people_wake_all(void);

/* A worker's place to look from: the directory it knows, as long as any of its calls uses it. */
typedef struct yz_people_seat yz_people_seat;
yz_people_seat *yz_people_seat_new(yz_people *people);
void yz_people_seat_free(yz_people_seat *seat); /* keys that were found stay as long as their arenas. NULL is allowed */
/* Whose key is that? As long as the arena; NULL: nobody's. Worker thread. seat NULL: nobody is known. */
const yz_member *yz_people_find(yz_people_seat *seat, yz_str credential, yz_arena *arena);

#endif
