/* server/front.h: what all connections of one worker share: the worker, the present limits and paths, the log, the way out. */
#ifndef YUZUI_SERVER_FRONT_H
#define YUZUI_SERVER_FRONT_H

#include "server/access.h"
#include "server/known.h"
#include "server/outlet.h"
#include "server/route.h"
#include "worker.h"

typedef struct yz_front {
    yz_worker *worker;
    yz_limit_settings limits; /* a copy, changed in place on reload; a parser keeps what it began with */
    yz_routes routes, admin_routes;
    yz_known known;
    yz_access access;
    bool text; /* its lines are for people */
    yz_cork cork;
    yz_buf scratch; /* a translated chunk, an error's body: used within one function */
    struct {        /* respond.c: the line of every head, made once a second */
        int64_t second;
        char line[40]; /* "date: …\r\n" */
        size_t n;
    } date;
} yz_front;

#endif
