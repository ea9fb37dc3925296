/* refusal.c: the errors the server itself makes. */
#include "server/refusal.h"

#include <stdio.h>

yz_error *yz_refusal(yz_arena *arena, yz_error_class class_, int status, const char *fmt, ...) {
    yz_error *error = yz_alloc(arena, sizeof(*error));
    *error = (yz_error){YZ_ERROR, .class_ = class_, .status = status};
    char text[512];
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    size_t len = n < 0 ? 0 : (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1;
    error->message = yz_dup(arena, (yz_str){text, len});
    return error;
}

yz_error *yz_refusal_full(yz_arena *arena, const char *code, const char *message) {
    yz_error *error = yz_refusal(arena, YZ_ERROR_UNAVAILABLE, 0, "%s", message);
    error->code = yz_str_of(code);
    error->retry_after = 1000;
    return error;
}
