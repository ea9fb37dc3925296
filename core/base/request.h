/* base/request.h: the core's side of yuzui/request.h: what several rooms need of operations, headers and errors. */
#ifndef YUZUI_BASE_REQUEST_H
#define YUZUI_BASE_REQUEST_H

#include <yuzui/request.h>

/* "chat", "embedding", … */
const char *yz_op_word(yz_op op);
/* The value of the first of n headers with this name, empty if there is none. The name and theirs in lower case. */
yz_str yz_header_find(const yz_header *headers, size_t n, const char *name);
/* A copy that lives as long as the arena: what an error says goes with the call that failed. */
yz_error *yz_error_copy(yz_arena *arena, const yz_error *error);

#endif
