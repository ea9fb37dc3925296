/* dialect/losses.h: the core's side of what was lost (yuzui/chat.h). */
#ifndef YUZUI_DIALECT_LOSSES_H
#define YUZUI_DIALECT_LOSSES_H

#include <yuzui/chat.h>

/* How many names this entry of a list stands for, where it is the last one of a long list, "and 12 more"; 0: it is a name. */
size_t yz_losses_more(yz_str name);

#endif
