/* server/headers.h: what the headers of a request say, read in one walk over them.
 *
 * Nothing is believed or passed on unseen: credentials are taken out (and two that differ are refused, so that no two stages can
 * disagree about who asks), and headers that belong to this connection are dropped. Worker thread. */
#ifndef YUZUI_SERVER_HEADERS_H
#define YUZUI_SERVER_HEADERS_H

#include "http/h1.h"
#include "server/known.h"

typedef struct yz_found {
    yz_header *headers; /* those that are passed on */
    size_t n;
    yz_str credential; /* never log it */
    yz_str id;         /* x-request-id, if it is well formed */
    yz_str origin, type, coding, connection;
    bool no_cache;
    bool strict;        /* x-yuzui-strict */
    bool expects_other; /* than 100-continue */
    uint32_t hops;      /* x-yuzui-hops: its number */
    yz_str came_by;     /* all of it */
} yz_found;

/* Fills *found, zeroed before; the headers of `head` are put in another order. NULL, or the first thing that is wrong. */
const yz_error *yz_headers_read(yz_arena *arena, const yz_known *known, const yz_h1_head *head, yz_found *found);
/* A credential may stand in the query as well, in a parameter with one of these names (NULL: in none): it is taken out, what is left may
 * be passed on. */
const yz_error *yz_headers_read_query(yz_arena *arena, const char *const *names, yz_str *query, yz_found *found);
/* The id alone, of a head that will never be whole; empty: none. */
yz_str yz_headers_id(const yz_h1_head *head);
/* Is this Content-Type one of JSON? */
bool yz_headers_json(yz_str type);
/* A content-encoding in which bodies are taken, besides plain (server/unpack.h). */
bool yz_headers_packed(yz_str coding);

#endif
