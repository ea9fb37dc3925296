/* common/json_word.c: the word JSON, which a wish for json_object needs. Chats of Gemini and of Messages come without it. */
#include "common.h"

#include <string.h>

static bool in_text(yz_str s) {
    for (size_t i = 0; i + 4 <= s.n; i++)
        if (strncasecmp(s.p + i, "json", 4) == 0)
            return true;
    return false;
}

static bool is_said(const yz_part *first) {
    for (const yz_part *part = first; part; part = part->next)
        if (in_text(part->text) || is_said(part->parts))
            return true;
    return false;
}

const yz_chat *yc_with_json_word(const yz_chat *chat, yz_arena *arena) {
    if (!chat->json_object)
        return chat;
    for (const yz_message *message = chat->messages; message; message = message->next)
        if (is_said(message->parts))
            return chat;
    yz_chat *more = yz_chat_new(arena);
    *more = *chat;
    more->messages = NULL;
    yz_message *said = yz_message_add(more, YZ_ROLE_SYSTEM);
    yz_part_add(said, YZ_PART_TEXT)->text = YZ_STR("Answer in JSON.");
    said->next = chat->messages;
    return more;
}
