/* dialect/tool_name.h: names of tools on their way between dialects. */
#ifndef YUZUI_DIALECT_TOOL_NAME_H
#define YUZUI_DIALECT_TOOL_NAME_H

#include <yuzui/adapter.h>

/* The conversation with every name (tools, choice, calls) in that form: itself when all fit, else a copy where they do. */
const yz_chat *yz_tool_names_fit(const yz_chat *chat, yz_arena *arena);
/* Could this name be one that was changed? Cheap, and rarely wrong. */
bool yz_tool_name_changed(yz_str name);
/* The client's own name, escaped, for a name in an answer to its conversation, as it was read; `name` itself if it was none of them. */
yz_str yz_tool_name_own(const yz_chat *chat, yz_str name, yz_arena *arena);

#endif
