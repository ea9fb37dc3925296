/* anthropic/write_message.c: neutral messages as Messages messages, and the system text.
 *
 * The API wants: user and assistant in turn (so neighbours of one role are merged), the user first, tool results first in the
 * message after the calls, no empty or blank text, and no message without content.
 */
#include "anthropic.h"

/* ---- blanks, in escaped text ------------------------------------------------------------------------------------------------- */

/* The length of text without the blanks at its end. */
static size_t trimmed(yz_str s) {
    size_t n = s.n;
    for (;;) {
        if (n && s.p[n - 1] == ' ') {
            n--;
            continue;
        }
        if (n < 2 || s.p[n - 2] != '\\' || !strchr("ntr", s.p[n - 1]))
            return n;
        size_t slashes = 1;
        while (slashes + 1 < n && s.p[n - 2 - slashes] == '\\')
            slashes++;
        if (slashes % 2 == 0) /* "\\n": a backslash and a letter */
            return n;
        n -= 2;
    }
}

static bool blank(yz_str s) { return trimmed(s) == 0; }

/* ---- blocks --------------------------------------------------------------------------------------------------------------------- */

static void end_message(an_writer *w) {
    if (w->role >= 0)
        yz_buf_lit(w->out, "]}");
    w->role = -1;
}

/* Begins a block in a message of this role: in the open one, or a new one. */
static void begin(an_writer *w, yz_role role) {
    if (w->role == (int)role) {
        yz_buf_char(w->out, ',');
        return;
    }
    bool first = w->role < 0;
    end_message(w);
    if (first && role == YZ_ROLE_ASSISTANT) { /* somebody must have begun the conversation */
        yz_buf_lit(w->out, "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\".\"}]}");
        first = false;
    }
    if (!first)
        yz_buf_char(w->out, ',');
    yz_buf_printf(w->out, "{\"role\":\"%s\",\"content\":[",
                  role == YZ_ROLE_USER     ? "user"
                  : role == YZ_ROLE_SYSTEM ? "system"
                                           : "assistant");
    w->role = (int)role;
}

static void put_text(an_writer *w, yz_str text, yz_str cache) {
    yz_buf_lit(w->out, "{\"type\":\"text\",\"text\":");
    yc_put_quoted(w->out, text);
    an_put_cache(w, cache);
    yz_buf_char(w->out, '}');
}

static void put_base64(const an_writer *w, const yz_part *part) {
    yz_buf_lit(w->out, "\"source\":{\"type\":\"base64\",\"media_type\":");
    yc_put_quoted(w->out, part->media_type);
    yz_buf_lit(w->out, ",\"data\":");
    yc_put_quoted(w->out, part->data);
    yz_buf_char(w->out, '}');
}

static void put_url(const an_writer *w, yz_str url) {
    yz_buf_lit(w->out, "\"source\":{\"type\":\"url\",\"url\":");
    yc_put_quoted(w->out, url);
    yz_buf_char(w->out, '}');
}

static void put_image(an_writer *w, const yz_part *part) {
    yz_buf_lit(w->out, "{\"type\":\"image\",");
    if (yc_asks_detail(part))
        yz_lose(w->losses, "image_url.detail");
    if (part->data.n)
        put_base64(w, part);
    else
        put_url(w, part->url);
    an_put_cache(w, part->cache);
    yz_buf_char(w->out, '}');
}

static void put_document(an_writer *w, const yz_part *part) {
    yz_buf_lit(w->out, "{\"type\":\"document\",");
    if (part->text.n) {
        yz_buf_lit(w->out, "\"source\":{\"type\":\"text\",\"media_type\":\"text/plain\",\"data\":");
        yc_put_quoted(w->out, part->text);
        yz_buf_char(w->out, '}');
    } else if (part->data.n) {
        put_base64(w, part);
    } else {
        put_url(w, part->url);
    }
    if (part->name.n) {
        yz_buf_lit(w->out, ",\"title\":");
        yc_put_quoted(w->out, part->name);
    }
    an_put_cache(w, part->cache);
    yz_buf_char(w->out, '}');
}

static void refuse(an_writer *w, const char *field) {
    w->refused = true;
    yz_lose(w->losses, field);
}

/* Was it signed, or made, by those it goes to now? */
static bool own(const an_writer *w, const yz_part *part) { return yz_str_is(part->signed_by, AN_SIGNER) && w->version > 0; }

/* Can this part stand in a message, and is there anything to say? */
static bool sayable(an_writer *w, const yz_part *part) {
    switch (part->kind) {
    case YZ_PART_TEXT:
    case YZ_PART_REFUSAL:
        return !blank(part == w->trim ? (yz_str){part->text.p, trimmed(part->text)} : part->text);
    case YZ_PART_IMAGE:
    case YZ_PART_TOOL_CALL:
    case YZ_PART_TOOL_RESULT:
        return true;
    case YZ_PART_FILE:
        if (part->data.n && !yz_str_is(part->media_type, "application/pdf")) {
            refuse(w, "file.file_data"); /* only PDF is read */
            return false;
        }
        return true;
    case YZ_PART_AUDIO:
        refuse(w, "input_audio");
        return false;
    case YZ_PART_REASONING: /* Claude refuses what it has not signed; others who speak this dialect sign nothing, and some insist on it */
        if (w->version == 0 ? part->text.n > 0 : part->signature.n && own(w, part) && !yc_is_digest(part->signature))
            return true;
        yz_lose(w->losses, "reasoning_content");
        return false;
    case YZ_PART_OPAQUE:
        if (yz_str_is(part->dialect, AN_DIALECT) && own(w, part))
            return true;
        break;
    }
    yc_lose_part(w->losses, w->arena, part);
    return false;
}

static void put_result(an_writer *w, const yz_part *part) {
    yz_buf_lit(w->out, "{\"type\":\"tool_result\",\"tool_use_id\":");
    an_put_result_id(w, part->id);
    bool first = true;
    for (const yz_part *inner = part->parts; inner; inner = inner->next) {
        bool said = sayable(w, inner), named = !said && inner->kind == YZ_PART_OPAQUE && inner->text.n;
        if (!said && !named)
            continue;
        yz_buf_lit(w->out, first ? ",\"content\":[" : ",");
        first = false;
        if (named)
            put_text(w, inner->text, (yz_str){0});
        else if (inner->kind == YZ_PART_IMAGE)
            put_image(w, inner);
        else if (inner->kind == YZ_PART_FILE)
            put_document(w, inner);
        else if (inner->kind == YZ_PART_OPAQUE)
            yz_buf_str(w->out, inner->raw);
        else
            put_text(w, inner->text, inner->cache);
    }
    if (!first)
        yz_buf_char(w->out, ']');
    if (part->is_error)
        yz_buf_lit(w->out, ",\"is_error\":true");
    an_put_cache(w, part->cache);
    yz_buf_char(w->out, '}');
}

static void put_call(an_writer *w, const yz_part *part) {
    yz_buf_lit(w->out, "{\"type\":\"tool_use\",\"id\":");
    an_put_call_id(w, part->id);
    yz_buf_lit(w->out, ",\"name\":");
    yc_put_quoted(w->out, part->name);
    yz_buf_lit(w->out, ",\"input\":");
    if (part->args.n) {
        yz_buf_str(w->out, part->args);
    } else if (blank(part->raw_args)) {
        yz_buf_lit(w->out, "{}");
    } else { /* what the model wrote was no object: show it as it was */
        yz_buf_lit(w->out, "{\"raw_arguments\":");
        yc_put_quoted(w->out, part->raw_args);
        yz_buf_char(w->out, '}');
    }
    an_put_cache(w, part->cache);
    yz_buf_char(w->out, '}');
}

static void put_thinking(const an_writer *w, const yz_part *part) {
    yz_buf_lit(w->out, "{\"type\":\"thinking\",\"thinking\":");
    yc_put_quoted(w->out, part->text);
    yz_buf_lit(w->out, ",\"signature\":");
    yc_put_quoted(w->out, yz_str_is(part->signed_by, AN_SIGNER) ? part->signature : (yz_str){NULL, 0});
    yz_buf_char(w->out, '}');
}

static void put_part(an_writer *w, yz_role role, const yz_part *part) {
    if (!sayable(w, part)) {
        if (part->kind == YZ_PART_OPAQUE && part->text.n) { /* its name */
            begin(w, role);
            put_text(w, part->text, (yz_str){0});
        }
        return;
    }
    if (role == YZ_ROLE_ASSISTANT && (part->kind == YZ_PART_IMAGE || part->kind == YZ_PART_FILE || part->kind == YZ_PART_TOOL_RESULT)) {
        yz_lose(w->losses, "messages.content");
        return;
    }
    begin(w, role);
    switch (part->kind) {
    case YZ_PART_IMAGE:
        put_image(w, part);
        break;
    case YZ_PART_FILE:
        put_document(w, part);
        break;
    case YZ_PART_TOOL_CALL:
        put_call(w, part);
        break;
    case YZ_PART_TOOL_RESULT:
        put_result(w, part);
        break;
    case YZ_PART_REASONING:
        put_thinking(w, part);
        break;
    case YZ_PART_OPAQUE:
        yz_buf_str(w->out, part->raw);
        break;
    default:
        put_text(w, part == w->trim ? (yz_str){part->text.p, trimmed(part->text)} : part->text, part->cache);
    }
}

/* ---- messages ---------------------------------------------------------------------------------------------------------------------- */

static void begin_system(an_writer *w, bool as_user, bool *first) {
    if (as_user)
        begin(w, YZ_ROLE_USER);
    else
        yz_buf_lit(w->out, *first ? ",\"system\":[" : ",");
    *first = false;
}

/* Models that cannot be held to a form are asked in words. */
static void put_form_hint(const an_writer *w) {
    yz_buf_lit(w->out, "{\"type\":\"text\",\"text\":\"Answer with one JSON object and nothing else: no words around it, no code fence.");
    if (w->chat->schema.n) {
        yz_buf_lit(w->out, " It must fit this JSON Schema: ");
        yz_buf_json(w->out, w->chat->schema);
    }
    yz_buf_lit(w->out, "\"}");
}

/* ---- instructions ---------------------------------------------------------------------------------------------------------------- */

static bool says_something(const yz_message *message) {
    for (const yz_part *part = message->parts; part; part = part->next)
        if (part->kind == YZ_PART_TOOL_CALL || (part->kind == YZ_PART_TEXT && !blank(part->text)))
            return true;
    return false;
}

/* May it be said where it stands? Newer models take instructions right after the user has spoken, before the assistant does or at the end.
 */
static bool may_stay(an_writer *w, const yz_message *message) {
    bool after_user = w->role == YZ_ROLE_USER || w->role == YZ_ROLE_SYSTEM;
    if (!w->facts || w->facts->late_system != YZ_ON || !after_user)
        return false;
    const yz_message *next = w->looked ? w->after : message; /* instructions in a row are looked over once */
    while (next && next->role == YZ_ROLE_SYSTEM)
        next = next->next;
    w->looked = true;
    w->after = next;
    return !next || (next->role == YZ_ROLE_ASSISTANT && says_something(next));
}

/* False: it has no words, or more than words. */
static bool stay(an_writer *w, const yz_message *message) {
    bool texts = says_something(message);
    for (const yz_part *part = message->parts; part; part = part->next)
        texts &= part->kind == YZ_PART_TEXT;
    if (!texts)
        return false;
    yz_buf_put(&w->stayed, &message, sizeof(message));
    for (const yz_part *part = message->parts; part; part = part->next) {
        if (blank(part->text))
            continue;
        begin(w, YZ_ROLE_SYSTEM);
        put_text(w, part->text, part->cache);
    }
    return true;
}

/* Those that stayed are listed in their order: `at` goes along. */
static bool has_stayed(const an_writer *w, const yz_message *message, size_t *at) {
    const yz_message *const *stayed = (const yz_message *const *)(const void *)w->stayed.p;
    bool is = *at < w->stayed.n / sizeof(*stayed) && stayed[*at] == message;
    *at += is;
    return is;
}

/* Instructions from the whole conversation, in order; or, where nobody says anything else, as the question. */
static void put_system(an_writer *w, bool as_user) {
    bool first = true;
    size_t stayed = 0;
    for (const yz_message *message = w->chat->messages; message; message = message->next)
        for (const yz_part *part = message->role == YZ_ROLE_SYSTEM && !has_stayed(w, message, &stayed) ? message->parts : NULL; part;
             part = part->next) {
            if (part->kind != YZ_PART_TEXT && part->kind != YZ_PART_REFUSAL)
                yz_lose_as(w->losses, "messages.content", blank(part->text) ? YZ_DROPPED : YZ_APPROXIMATED); /* a picture, a document */
            if (blank(part->text))
                continue;
            begin_system(w, as_user, &first);
            put_text(w, part->text, part->cache);
        }
    if (w->chat->json_object || (w->chat->schema.n && w->version < 45)) {
        begin_system(w, as_user, &first);
        put_form_hint(w);
    }
    if (!first && !as_user)
        yz_buf_char(w->out, ']');
}

/* The last text, if the request ends with the assistant speaking: blanks at its end are refused. */
static const yz_part *find_prefill(const yz_chat *chat) {
    const yz_message *last = NULL;
    for (const yz_message *message = chat->messages; message; message = message->next)
        if (message->role != YZ_ROLE_SYSTEM && message->parts)
            last = message;
    const yz_part *part = last && last->role == YZ_ROLE_ASSISTANT ? last->parts : NULL;
    while (part && part->next)
        part = part->next;
    return part && part->kind == YZ_PART_TEXT ? part : NULL;
}

/* Some models take no answer that is begun for them ("must end with a user message"): they are asked to go on. */
static void ask_to_go_on(an_writer *w) {
    yz_lose_as(w->losses, "messages.prefill", YZ_EMULATED);
    begin(w, YZ_ROLE_USER);
    put_text(w, YZ_STR(YC_GO_ON), (yz_str){NULL, 0});
}

void an_write_messages(an_writer *w) {
    w->ids = an_ids_new(w->chat, w->arena);
    w->trim = find_prefill(w->chat);
    w->part_of = AN_OF_MESSAGES;
    yz_buf_lit(w->out, ",\"messages\":[");
    for (const yz_message *message = w->chat->messages; message; message = message->next) {
        if (message->role == YZ_ROLE_SYSTEM) {
            bool stays = may_stay(w, message) && stay(w, message);
            if (w->role >= 0 && !stays && says_something(message))
                yz_lose_as(w->losses, "messages.role", YZ_APPROXIMATED); /* it goes to the front */
            continue;
        }
        w->looked = false;
        w->turn = message;
        for (int results = 1; results >= 0; results--) /* results first */
            for (const yz_part *part = message->parts; part; part = part->next)
                if ((part->kind == YZ_PART_TOOL_RESULT) == results)
                    put_part(w, message->role, part);
    }
    if (w->trim && w->facts && w->facts->prefill == YZ_OFF && w->role == YZ_ROLE_ASSISTANT)
        ask_to_go_on(w);
    bool nobody = w->role < 0;
    if (nobody) /* instructions alone: they are the question */
        put_system(w, true);
    end_message(w);
    yz_buf_char(w->out, ']');
    w->part_of = AN_OF_SYSTEM;
    if (!nobody)
        put_system(w, false);
    yz_buf_free(&w->stayed);
}
