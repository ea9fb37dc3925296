/* server/access.h: the access log: one line of JSON for each request. It knows no request: whoever ends one says what is to be reported.
 *
 * A line costs some copying into a buffer of the worker; the buffer is written when it is full, once a second, and before any other line
 * that this thread logs. A reader that has
 * stopped reading must not stop a worker: then lines are dropped, and the number of them is logged. Worker thread. */
#ifndef YUZUI_SERVER_ACCESS_H
#define YUZUI_SERVER_ACCESS_H

#include "call/tree.h"
#include "call/turn.h"

#include <yuzui/record.h>

/* The lines of one worker. */
typedef struct yz_access {
    yz_buf lines;
    yz_alarm alarm;
    yz_turn *turn;
    uint64_t dropped; /* lines lost because whoever reads stderr does not */
    int fd;
    bool plain;     /* a file: it never makes anybody wait for a reader */
    int64_t second; /* of `time` */
    char time[24];  /* "2026-01-01T00:00:00" */
} yz_access;

/* What became of one request. Never a key, a prompt, an address with its query. Empty texts are left out. */
typedef struct yz_access_entry {
    yz_str client; /* its address */
    yz_str id;     /* of an alphabet that needs no escaping */
    const char *op;
    yz_str asked; /* the model's name, if it is one that may be shown */
    int status;
    bool gone; /* the client left */
    yz_str error;
    int64_t started, ms; /* when, on the monotonic clock in ms; how long it took */
    uint64_t bytes;
    const yz_record *record;    /* of the root call: first content, tokens and whose, cache, model, target, attempts; NULL: none was made */
    const yz_note_entry *notes; /* the rest; a note with the name of one of these is left out */
    yz_str lost;
} yz_access_entry;

void yz_access_init(yz_access *access, yz_turn *turn, int fd);
void yz_access_add(yz_access *access, const yz_access_entry *entry);
void yz_access_free(yz_access *access);

#endif
