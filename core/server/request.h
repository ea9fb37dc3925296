/* server/request.h: from the head and the body of an HTTP request to a yz_request, or to the reason why it is refused.
 *
 * The head is judged before the body is taken, so that nobody sends a body for nothing. All texts live in the arena. Worker thread. */
#ifndef YUZUI_SERVER_REQUEST_H
#define YUZUI_SERVER_REQUEST_H

#include "server/headers.h"
#include "server/route.h"

typedef enum yz_method { YZ_METHOD_PLAIN, YZ_METHOD_HEAD, YZ_METHOD_OPTIONS } yz_method; /* what changes the form of an answer */

/* What a client asks. Filled by the functions below alone; read by everybody who answers. */
typedef struct yz_asked {
    yz_worker *worker; /* set by whoever makes it: for an id */
    yz_arena *arena;
    const yz_settings *settings; /* of the request's share */
    const yz_known *known;       /* names of headers */
    bool admin;                  /* it came by the admin listener */
    yz_str address;              /* of the listener it came by, as configured */
    const yz_h1_head *head;      /* NULL until it is complete */
    yz_found found;
    yz_request request;
    yz_str path;               /* as it was declared; empty: none was found */
    yz_str via;                /* the trusted proxy that said who the client is; empty: nobody did */
    const yz_adapter *dialect; /* of errors; NULL: not known yet, or the built-in envelope */
    yz_local local;
    bool form;                  /* the body may be a form, of multipart/form-data */
    const char *const *streams; /* … which may stream (yz_route); NULL: it is kept */
    bool opens;                 /* a session that its first message says the rest of; that is its body */
    bool body;                  /* of a path of the admin listener: it may have one */
    yz_method method;
    yz_str allow; /* for a 405 or OPTIONS */
} yz_asked;

/* The head is complete: who asks, what for. NULL, or why the request is refused. */
const yz_error *yz_asked_read_head(yz_asked *asked, const yz_routes *routes, const yz_h1_head *head);
/* Does the body, or its absence, fit what is asked for? NULL, or why not. */
const yz_error *yz_asked_judge(yz_asked *asked);
/* The body is complete: proves and indexes it. NULL, or why the request is refused. */
const yz_error *yz_asked_read_body(yz_asked *asked, yz_str body);
/* The beginning of a body that goes on to come: the known bytes of `upload`, which becomes the request's. NULL: they say all that a request
 * must say. Else what is missing, and nothing has changed. */
const yz_error *yz_asked_read_known(yz_asked *asked, const yz_body *upload);
/* Who asks, and how it is to be answered, by what has been read of a head that will never be whole; `seen` may be NULL. `bytes` are
 * those that came last: of a head whose first line cannot be read they are all there is to go by. */
void yz_asked_guess(yz_asked *asked, const yz_h1_head *seen, yz_str bytes);
/* Gives the request an id, if the client gave none that is well formed. */
void yz_asked_name(yz_asked *asked);

#endif
