/* server/inlet.h: what a client goes on to say while its request runs: the rest of an upload, or its side of a session. It is the body of
 * the request (yuzui/body.h), whose reader takes it as fast as the provider does.
 *
 * So much as nobody has taken waits here, and no more: then the client's connection is not read. Worker thread. */
#ifndef YUZUI_SERVER_INLET_H
#define YUZUI_SERVER_INLET_H

#include "call/turn.h"

#include <yuzui/body.h>

typedef struct yz_inlet {
    yz_body body;       /* of the request; its source is this */
    yz_buf fresh;       /* that came since the last pull */
    yz_buf lent;        /* what the reader of the body was given, until its next pull */
    size_t given;       /* of lent */
    int64_t full_since; /* ms: since then the connection is not read, so that nobody would see the client leave; 0: it is */
    yz_turn *turn;
    yz_task more; /* tells the reader that there is more */
    yz_body_reader *reader;
    bool idles;                   /* nothing waits most of the time: large buffers are not kept */
    bool waits;                   /* the reader does */
    bool taken;                   /* bytes of it have gone to a reader: there is none for another */
    bool ended;                   /* nothing more comes: that was all, or it has failed */
    int failed;                   /* what the reader is told when it has taken what was there; YZ_OK: the end */
    const char *why;              /* likewise, for the client */
    void (*on_room)(void *owner); /* the connection may be read again; NULL: there is none any more */
    void *owner;
    int64_t keeps;  /* bytes that its reader keeps, in the count of all large bodies */
    int64_t bodies; /* … which may hold so many */
} yz_inlet;

/* Zeroed at first, but for `bodies`; lives in the arena, and is emptied when that is freed. `length` as in yz_body, whose known bytes are
 * the caller's to set. */
void yz_inlet_begin(yz_inlet *inlet, yz_arena *arena, yz_turn *turn, int64_t length);
/* The client's bytes. False: enough is waiting; on_room says when there is room again. */
bool yz_inlet_put(yz_inlet *inlet, yz_str bytes);
/* Nothing more comes: YZ_OK, that was all; or a code of yz_body_pull, and then nothing of what waits is handed on. `why` lives as long as
 * the body, or is NULL. Once. */
void yz_inlet_end(yz_inlet *inlet, int code, const char *why);

#endif
