/* http/query.h: the query of a request's path, pair by pair. */
#ifndef YUZUI_HTTP_QUERY_H
#define YUZUI_HTTP_QUERY_H

#include <yuzui/base.h>

/* Takes the next NAME=VALUE off the query, both still escaped. False: there are no more. */
bool yz_query_next(yz_str *query, yz_str *name, yz_str *value);
/* As forms write it: a plus is a blank, %41 an A. A text that is not well escaped becomes "\x01", which nothing takes. */
yz_str yz_query_decode(yz_arena *arena, yz_str escaped);
/* The decoded value of the first pair of this name; empty: there is none. */
yz_str yz_query_get(yz_arena *arena, yz_str query, const char *name);

#endif
