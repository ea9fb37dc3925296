/* server/refusal.h: the errors the server itself makes: why a request is not taken. Worker thread. */
#ifndef YUZUI_SERVER_REFUSAL_H
#define YUZUI_SERVER_REFUSAL_H

#include <yuzui/request.h>

/* In the arena; the message is at most 511 bytes. `status` 0: the class's. */
yz_error *yz_refusal(yz_arena *arena, yz_error_class class_, int status, const char *fmt, ...) YZ_PRINTF(4, 5);
/* 503: a limit of the gateway is reached; it may be tried again after a second. `code` is static. */
yz_error *yz_refusal_full(yz_arena *arena, const char *code, const char *message);

#endif
