/* dialect/chat.h: the core's side of yuzui/chat.h. */
#ifndef YUZUI_DIALECT_CHAT_H
#define YUZUI_DIALECT_CHAT_H

#include <yuzui/adapter.h>

/* A copy of the chat and its nodes, to be changed; texts and raw values are shared. */
yz_chat *yz_chat_copy(const yz_chat *chat, yz_arena *arena);

/* The chat's messages, and a message's parts, are these and no others, in this order: nodes of the same chat. */
void yz_chat_set_messages(yz_chat *chat, yz_message *const *list, size_t n);
void yz_message_set_parts(yz_message *message, yz_part *const *list, size_t n);

/* The request's own adapter reads it; then the results of calls stand where every dialect takes them, and what only its
 * vendor can read has a name where it would be missed. */
int yz_chat_read(const yz_request *request, yz_arena *arena, yz_losses *losses, yz_chat *chat, yz_error *error);
/* Puts the results of calls right behind their calls (results.c). */
void yz_results_behind_calls(yz_chat *chat, yz_arena *arena);
/* Gives opaque parts a text that names them, where leaving them out would leave nothing (opaque.c). */
void yz_opaque_named(yz_chat *chat, yz_arena *arena);

/* Does the adapter look at this field of a neutral request (yz_adapter.writes)? */
bool yz_chat_writes(const yz_adapter *adapter, const char *field);
/* Does a neutral request have this field, by the name it has with most clients? Its vendors' words for the same are not meant. */
bool yz_chat_has_field(yz_str name);

/* The target's adapter writes the chat; then what the chat says and the adapter does not look at (yz_adapter.writes) is lost. */
int yz_chat_write(const yz_chat *chat, const yz_target *target, yz_arena *arena, yz_losses *losses, yz_buf *out);

#endif
