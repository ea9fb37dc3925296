/* dialect/tool_name.c: names of tools on their way between dialects.
 *
 * What a name may be differs: 64 characters here, 128 there, dots in one place only; tools of MCP servers have names such as
 * "files/read.all". A name that does not fit everywhere is changed by one rule that needs no table: the same name becomes the same in
 * tools, choice and history, and whoever has the client's request can undo it, also when the answer comes from a cache.
 */
#include "dialect/tool_name.h"

#include <stdio.h>

#define NAME_MAX_BYTES 64
#define HASH_BYTES     9 /* "_" and eight digits */

static bool fits(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-'; }

static bool name_fits(yz_str name) {
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
    size_t n = plain.n < NAME_MAX_BYTES - HASH_BYTES ? plain.n : NAME_MAX_BYTES - HASH_BYTES;
    char *name = yz_alloc_bytes(arena, n + HASH_BYTES + 1);
    for (size_t i = 0; i < n; i++)
        name[i] = fits(plain.p[i]) ? plain.p[i] : '_';
    snprintf(name + n, HASH_BYTES + 1, "_%08x", (unsigned)(h ^ h >> 32));
    return (yz_str){name, n + HASH_BYTES};
}

/* ---- a whole conversation --------------------------------------------------------------------------------------------- */

static bool calls_fit(const yz_message *message) {
    for (size_t i = 0; i < message->n_parts; i++)
        if (message->parts[i].kind == YZ_PART_TOOL_CALL && !name_fits(message->parts[i].name))
            return false;
    return true;
}

static bool all_fit(const yz_chat *chat) {
    for (size_t i = 0; i < chat->n_tools; i++)
        if (!name_fits(chat->tools[i].name))
            return false;
    for (size_t i = 0; i < chat->n_messages; i++)
        if (!calls_fit(&chat->messages[i]))
            return false;
    return name_fits(chat->tool_name);
}

static void *copy_of(yz_arena *arena, const void *from, size_t n) { return n ? memcpy(yz_alloc(arena, n), from, n) : NULL; }

static void fit_calls(yz_message *message, yz_arena *arena) {
    message->parts = copy_of(arena, message->parts, message->n_parts * sizeof *message->parts);
    for (size_t i = 0; i < message->n_parts; i++)
        if (message->parts[i].kind == YZ_PART_TOOL_CALL)
            message->parts[i].name = yz_tool_name(arena, message->parts[i].name);
}

const yz_chat *yz_tool_names_fit(const yz_chat *chat, yz_arena *arena) {
    if (all_fit(chat))
        return chat;
    yz_chat *fit = copy_of(arena, chat, sizeof *chat);
    fit->tools = copy_of(arena, chat->tools, chat->n_tools * sizeof *chat->tools);
    fit->messages = copy_of(arena, chat->messages, chat->n_messages * sizeof *chat->messages);
    for (size_t i = 0; i < fit->n_tools; i++)
        fit->tools[i].name = yz_tool_name(arena, fit->tools[i].name);
    for (size_t i = 0; i < fit->n_messages; i++)
        if (!calls_fit(&fit->messages[i]))
            fit_calls(&fit->messages[i], arena);
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
    for (size_t i = 0; i < chat->n_tools; i++)
        if (yz_str_eq(yz_tool_name(arena, chat->tools[i].name), name))
            return chat->tools[i].name;
    return name;
}
