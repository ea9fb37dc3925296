/* server/access.h: the access log: one line for each request, and one for each question a policy asked on its way (journal/journal.h says
 * what stands in it). It goes where the log goes (base/log.h).
 *
 * A line costs some copying into a buffer of the worker; the buffer is written when it is full, once a second, and before any other line
 * that this thread logs. A reader that has
 * stopped reading must not stop a worker: then lines are dropped, and the number of them is logged. Worker thread. */
#ifndef YUZUI_SERVER_ACCESS_H
#define YUZUI_SERVER_ACCESS_H

#include "call/turn.h"

/* The lines of one worker. */
typedef struct yz_access {
    yz_buf lines;
    yz_alarm alarm;
    yz_turn *turn;
    uint64_t dropped; /* lines lost because whoever reads the log does not */
    int fd;           /* -1: that of the log */
    int64_t second;   /* of `time` */
    char time[32];    /* "2026-01-01T00:00:00.000Z" */
} yz_access;

void yz_access_init(yz_access *access, yz_turn *turn, int fd);
/* Now, as it stands in a line; good until it is asked again. */
yz_str yz_access_time(yz_access *access);
/* Where a line is put, whole: yz_access_added follows. */
yz_buf *yz_access_lines(yz_access *access);
void yz_access_added(yz_access *access);
void yz_access_free(yz_access *access);

#endif
