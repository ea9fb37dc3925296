/* config/slip.h: what is meant where Lua stumbles over the habits of other languages, in configs and in policies: `!=`, `else if`, a block
 * in braces, what follows a return. Knows Lua's messages and its signs, nothing of directives. */
#ifndef YUZUI_CONFIG_SLIP_H
#define YUZUI_CONFIG_SLIP_H

#include "config/look.h"

/* Of an error of Lua's syntax, or of its running, without its place: what would be right, and in *line, which held where Lua said it, where
 * that is. In the arena, or for ever. NULL: nothing that is known. */
const char *yz_slip(const yz_look *look, const char *message, yz_arena *arena, int *line);

/* Of a name that nothing has, such as "None": how it is written. NULL: nothing that is known. */
const char *yz_slip_word(const char *name);

#endif
