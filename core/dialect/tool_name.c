/* dialect/tool_name.c: names of tools on their way between dialects.
 *
 * What a name may be differs: 64 characters here, 128 there, dots in one place only; tools of MCP servers have names such as
 * "files/read.all". A name that does not fit everywhere is changed by one rule that needs no table: the same name becomes the same in
 * tools, choice and history, and whoever has the client's request can undo it, also when the answer comes from a cache.
 */
#include "dialect/tool_name.h"

#include "dialect/chat.h"

#include <stdio.h>

#define NAME_MAX_BYTES 64
#define HASH_BYTES     9 /* "_" and eight digits */

static bool fits(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-'; }

/* Moonshot takes a letter alone, Gemini a "_" as well. */
static bool begins(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

static bool name_fits(yz_str name) {
    if (name.n > 0 && !begins(name.p[0]))
        return false;
    for (size_t i = 0; i < name.n; i++)
        if (!fits(name.p[i]))
            return false;
    return name.n <= NAME_MAX_BYTES;
}

yz_str yz_tool_name(yz_arena *arena, yz_str escaped) {
    if (name_fits(escaped))
        return escaped;
    yz_str plain = yz_json_unescape(arena, escaped); /* it may be spelt in several ways */
    if (name_fits(plain))
        return plain;
    uint64_t h = 14695981039346656037u;
    for (size_t i = 0; i < plain.n; i++)
        h = (h ^ (unsigned char)plain.p[i]) * 1099511628211u;
    char first = plain.n > 0 && fits(plain.p[0]) ? plain.p[0] : '_';
    size_t before = begins(first) ? 0 : first == '_' ? 1 : 2, room = NAME_MAX_BYTES - HASH_BYTES; /* "m" or "m_" */
    size_t n = before + plain.n < room ? before + plain.n : room;
    char *name = yz_alloc_bytes(arena, n + HASH_BYTES + 1);
    for (size_t i = 0; i < n; i++)
        name[i] = i < before ? "m_"[i] : fits(plain.p[i - before]) ? plain.p[i - before] : '_';
    snprintf(name + n, HASH_BYTES + 1, "_%08x", (unsigned)(h ^ h >> 32));
    return (yz_str){name, n + HASH_BYTES};
}

/* ---- a whole conversation --------------------------------------------------------------------------------------------- */

static bool all_fit(const yz_chat *chat) {
    for (const yz_tool *tool = chat->tools; tool; tool = tool->next)
        if (!name_fits(tool->name))
            return false;
    for (const yz_message *message = chat->messages; message; message = message->next)
        for (const yz_part *part = message->parts; part; part = part->next)
            if (part->kind == YZ_PART_TOOL_CALL && !name_fits(part->name))
                return false;
    return name_fits(chat->tool_name);
}

const yz_chat *yz_tool_names_fit(const yz_chat *chat, yz_arena *arena) {
    if (all_fit(chat))
        return chat;
    yz_chat *fit = yz_chat_copy(chat, arena);
    for (yz_tool *tool = fit->tools; tool; tool = tool->next)
        tool->name = yz_tool_name(arena, tool->name);
    for (yz_message *message = fit->messages; message; message = message->next)
        for (yz_part *part = message->parts; part; part = part->next)
            if (part->kind == YZ_PART_TOOL_CALL)
                part->name = yz_tool_name(arena, part->name);
    fit->tool_name = yz_tool_name(arena, fit->tool_name);
    return fit;
}

/* ---- and back --------------------------------------------------------------------------------------------------------- */

bool yz_tool_name_changed(yz_str name) {
    if (name.n < HASH_BYTES || name.n > NAME_MAX_BYTES || name.p[name.n - HASH_BYTES] != '_')
        return false;
    for (size_t i = name.n - HASH_BYTES + 1; i < name.n; i++)
        if (!(name.p[i] >= '0' && name.p[i] <= '9') && !(name.p[i] >= 'a' && name.p[i] <= 'f'))
            return false;
    return true;
}

yz_str yz_tool_name_own(const yz_chat *chat, yz_str name, yz_arena *arena) {
    for (const yz_tool *tool = chat->tools; tool; tool = tool->next)
        if (yz_str_eq(yz_tool_name(arena, tool->name), name))
            return tool->name;
    for (const yz_message *message = chat->messages; message; message = message->next) /* a model may call what it has called before */
        for (const yz_part *part = message->parts; part; part = part->next)
            if (part->kind == YZ_PART_TOOL_CALL && yz_str_eq(yz_tool_name(arena, part->name), name))
                return part->name;
    return name;
}
