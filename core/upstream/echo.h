/* upstream/echo.h: what a provider repeats of the request. No I/O. */
#ifndef YUZUI_UPSTREAM_ECHO_H
#define YUZUI_UPSTREAM_ECHO_H

#include <yuzui/request.h>

/* The text, of 512 bytes at most, without what also stands in a value of the request's body, in whatever case and spelling: pieces of 16
 * letters and digits, 4 Chinese characters, 8 with a digit among them, and short values as a whole. Never the names of the body's fields,
 * nor its model. In the arena, where it also needs as much as the body is long, up to 2 MiB. */
yz_str yz_without_echo(yz_str text, const yz_request *request, yz_arena *arena);

#endif
