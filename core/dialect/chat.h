/* dialect/chat.h: the core's side of yuzui/chat.h. */
#ifndef YUZUI_DIALECT_CHAT_H
#define YUZUI_DIALECT_CHAT_H

#include <yuzui/adapter.h>

/* A copy of the chat and its nodes, to be changed; texts and raw values are shared. */
yz_chat *yz_chat_copy(const yz_chat *chat, yz_arena *arena);

/* Does the adapter look at this field of a neutral request (yz_adapter.writes)? */
bool yz_chat_writes(const yz_adapter *adapter, const char *field);
/* Does a neutral request have this field, by the name it has with most clients? Its vendors' words for the same are not meant. */
bool yz_chat_has_field(yz_str name);

/* The target's adapter writes the chat; then what the chat says and the adapter does not look at (yz_adapter.writes) is lost. */
int yz_chat_write(const yz_chat *chat, const yz_target *target, yz_arena *arena, yz_losses *losses, yz_buf *out);

#endif
