/* server/upload.h: a form too long to be kept: its call starts when enough of it is known, and the rest streams through.
 *
 * Enough is known when the fields that come before the large file are all there, and what the chain asks of a request can be read from
 * them. So the rest may hold nothing that anybody could want to read before it went out: it is the bytes of files of the names that the
 * route allows (yz_route.streams), and is read as it passes. A field behind the file, a file under another name, a wrong boundary, an end
 * that comes too early: each makes the body fail before its last byte has gone, so that no provider takes for a request what no policy has
 * seen.
 *
 * What is known is kept (64 KiB, where the fields come first) and may be sent again; the rest may not. Of it 64 KiB wait here for the
 * provider, with two reads on top, and what waits in front of its socket (upstream/fetch.h). Worker thread. */
#ifndef YUZUI_SERVER_UPLOAD_H
#define YUZUI_SERVER_UPLOAD_H

#include "http/form_walk.h"
#include "server/exchange.h"
#include "server/inlet.h"

typedef struct yz_upload {
    yz_inlet inlet; /* the rest; its body is the request's, known bytes and all */
    yz_str known;
    int64_t came; /* bytes of the body */
    yz_arena *arena;
    const char *const *names; /* of the files that may come */
    yz_form_walk walk;
} yz_upload;

/* The head is judged and its body may come. True: it may be longer than one that is kept: up to limits { upload }. */
bool yz_upload_expect(yz_exchange *x);
/* Bytes have come and are kept (x->body). NULL: go on, x->upload is set if the call may start now. Else the request is refused. */
const yz_error *yz_upload_try(yz_exchange *x);
/* More of the rest. False: enough is waiting, or it has failed. */
bool yz_upload_put(yz_upload *upload, yz_str bytes);
/* All of it has come. */
void yz_upload_end(yz_upload *upload);
/* It cannot go on: YZ_EINVAL or YZ_ETIMEOUT; `why` for the client. */
void yz_upload_fail(yz_upload *upload, int code, const char *why);
/* What is still to come, when its answer is written, will be of no use to anybody. */
static inline bool yz_upload_open(const yz_exchange *x) { return x->upload && (!x->inlet->ended || x->inlet->failed); }

#endif
