/* dialect/opaque.c: what is said in the place of a part that nobody but its vendor can read.
 *
 * Such a part is left out and told where it cannot go back (yuzui/chat.h). But where nothing else is said that would make a hole: a result
 * of nothing says that a tool found nothing, a turn of nothing is refused or lets the user speak twice in a row, and what the user shows
 * was not there. So within a result, in what the user says, and where it is all that the assistant's turn has, it gets a text that names
 * it:
 * "[tool_reference: Grep]". Thoughts have none: nobody misses them.
 */
#include "dialect/chat.h"

static bool is_thought(const yz_part *part) { return yz_str_is(part->name, "content.redacted_thinking"); }

/* All of it is escaped already. */
static yz_str name_of(const yz_part *part, yz_arena *arena) {
    static const char *const keys[] = {"tool_name", "name", "title", "file_id", "url"};
    yz_str type = part->name, name = {NULL, 0};
    yz_json *raw = NULL;
    const char *dot = type.n ? memchr(type.p, '.', type.n) : NULL;
    if (dot)
        type = yz_str_at(dot + 1, type.n - (size_t)(dot + 1 - type.p));
    if (yz_json_parse(arena, part->raw, YZ_JSON_ANSWERED, &raw, NULL) == YZ_OK)
        for (size_t i = 0; name.n == 0 && i < sizeof keys / sizeof *keys; i++)
            name = yz_json_escaped(yz_json_get(raw, keys[i]));
    return yz_format(arena, "[%.*s%s%.*s]", YZ_STR_ARGS(type), name.n ? ": " : "", YZ_STR_ARGS(name));
}

static void name_all(yz_part *parts, yz_arena *arena) {
    for (yz_part *part = parts; part; part = part->next) {
        if (part->kind == YZ_PART_OPAQUE && part->text.n == 0 && !is_thought(part))
            part->text = name_of(part, arena);
        name_all(part->parts, arena); /* of a result */
    }
}

void yz_opaque_named(yz_chat *chat, yz_arena *arena) {
    bool begun = false; /* before the user has spoken stand lists of tools and the like, which are no turn */
    for (yz_message *message = chat->messages; message; message = message->next) {
        begun |= message->role == YZ_ROLE_USER;
        bool alone = begun && message->role == YZ_ROLE_ASSISTANT;
        for (const yz_part *part = message->parts; part; part = part->next)
            alone &= part->kind == YZ_PART_OPAQUE || part->kind == YZ_PART_REASONING;
        if (alone || message->role == YZ_ROLE_USER)
            name_all(message->parts, arena);
    }
}
