/* common/wills.h: wills: what is to be posted for a hold if this process dies before it has posted the hold's end.
 *
 * They stand in a file that is mapped into memory, so that writing one costs a copy and no system call, and what was written before
 * the process is killed is there for the next one: the pages are the kernel's. Only a loss of power may lose a will (nothing here waits for
 * a disk); then its hold ends by itself when its time is over.
 *
 * The will of a hold that was taken out of a lease says all of the hold, which may not be written yet; and a lease has a will of its own,
 * which is carried out after those: its rest is given back (writer.h).
 *
 * Each process has a file of its own, BASE-wills-0 and so on, and holds a lock on it while it lives. Whoever opens the ledger next finds
 * the files that nobody holds, has what stands in them posted, and removes them. To post a will that was carried out already changes
 * nothing, for a hold ends once.
 */
#ifndef COMMON_WILLS_H
#define COMMON_WILLS_H

#include <yuzui/ledger.h>
#include <yuzui/plugin.h>

typedef struct wills wills;

/* For files whose names begin with `base`; none is made before there is a will. NULL: no memory. */
wills *wills_new(const char *base);
/* What still stands there stays for the next process; an empty file is removed. NULL is allowed. */
void wills_close(wills *w);
/* Writes a will, or another one in the place of `number`, if that is not 0. Its number; 0: there is no room, or no disk. Any thread. What
 * does not fit (long details) is left out of it. */
uint64_t wills_put(wills *w, uint64_t number, const yz_posting *posting);
/* It was carried out, or is not needed. Any thread. 0 is allowed. */
void wills_drop(wills *w, uint64_t number);

/* Called once a will that a dead process left, with a posting that lives during the call. False: it could not be posted, and is kept. */
typedef bool wills_carry(void *arg, const yz_posting *posting);
/* Has the wills of all dead processes carried out. The number of holds ended. */
int wills_recover(const char *base, wills_carry *carry, void *arg);

#endif
