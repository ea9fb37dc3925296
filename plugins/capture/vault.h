/* vault.h: the inside of the vault: what vault.c and clear.c share. */
#ifndef YUZUI_CAPTURE_VAULT_H
#define YUZUI_CAPTURE_VAULT_H

#include "capture.h"

enum { FOLDER_MOST = 4096 };
#define DAY_FORM "0000-00-00"
typedef char day_name[sizeof DAY_FORM];

/* The day of a Unix second, in UTC. */
void day_of(int64_t seconds, day_name day);
/* Removes the days that are over; today's stays, however large. keep in ms. Returns the bytes that are left; stuck: a day that could not be
 * removed, or empty. */
int64_t clear_days(const char *folder, int64_t now, int64_t keep, int64_t most, day_name stuck);

#endif
