/* dialect/losses.h: the core's side of what was lost (yuzui/chat.h). */
#ifndef YUZUI_DIALECT_LOSSES_H
#define YUZUI_DIALECT_LOSSES_H

#include <yuzui/chat.h>

/* Adds the entries of another list, which keep how they were lost. */
void yz_losses_copy(yz_losses *losses, const yz_str *names, size_t n);

/* An entry of a list: how it was lost, and the field (a part of the entry). */
yz_loss yz_loss_of(yz_str entry, yz_str *field);
/* What an entry has behind its field: "", ";approximated", ";emulated". */
const char *yz_loss_mark(yz_loss how);
/* All of them for people, the arena's: "seed, temperature (approximated)". */
yz_str yz_losses_said(const yz_losses *losses, yz_arena *arena);

/* How many names this entry of a list stands for, where it is the last one of a long list, "and 12 more"; 0: it is a name. */
size_t yz_losses_more(yz_str name);

#endif
