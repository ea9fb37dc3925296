/* openai/write_message.c: neutral messages as Chat Completions messages.
 *
 * Tool results become one tool message each, directly after the assistant's; what this dialect cannot put into a tool message
 * (pictures, files that are no text) moves into the user message after them, with a word about whose it is. Text is written as one string
 * wherever it can be, since many compatible servers take nothing else.
 */
#include "openai.h"

static void comma(const oa_writer *w) {
    if (w->out->p[w->out->n - 1] != '[')
        yz_buf_char(w->out, ',');
}

/* Between a tool's result and the user the assistant has a word, where the user may not follow the tool. */
static void part_from_result(const oa_writer *w, const char *role) {
    if (!w->result || w->config->after_tool != OA_AFTER_TOOL_ASSISTANT || strcmp(role, "user") != 0)
        return;
    comma(w);
    yz_buf_lit(w->out, OA_ANSWERED);
    yz_lose_as(w->losses, "messages.role", YZ_APPROXIMATED);
}

static void begin(oa_writer *w, const char *role) {
    part_from_result(w, role);
    w->result = strcmp(role, "tool") == 0;
    comma(w);
    yz_buf_lit(w->out, "{\"role\":\"");
    yz_buf_lit(w->out, role);
    yz_buf_char(w->out, '"');
}

/* Parts that are written as parts of the content: not results, and nothing that cannot be carried. */
static bool has_form(const yz_part *part) { return part->kind <= YZ_PART_FILE; }

/* A name in the place of what nobody else can read. */
static bool is_name(const yz_part *part) { return part->kind == YZ_PART_OPAQUE && part->text.n > 0; }

/* ---- parts of user messages --------------------------------------------------------------------------------------------------- */

static void refuse(oa_writer *w, const char *field) {
    w->refused = true;
    yz_lose(w->losses, field);
}

static void image(oa_writer *w, const yz_part *part) {
    if (!part->data.n && !w->config->image_urls) { /* this provider takes embedded pictures only */
        refuse(w, "image_url");
        return;
    }
    yz_buf_lit(w->out, "{\"type\":\"image_url\",\"image_url\":{\"url\":");
    if (part->data.n)
        yc_put_data_url(w->out, part);
    else
        yc_put_quoted(w->out, part->url);
    if (yc_asks_detail(part)) {
        yz_buf_lit(w->out, ",\"detail\":");
        yc_put_quoted(w->out, part->detail);
    }
    yz_buf_lit(w->out, "}}");
}

static void audio(const oa_writer *w, const yz_part *part) {
    yz_str format = part->media_type;
    if (yz_str_starts(format, "audio/"))
        format = (yz_str){format.p + 6, format.n - 6};
    yz_buf_lit(w->out, "{\"type\":\"input_audio\",\"input_audio\":{\"data\":");
    yc_put_quoted(w->out, part->data);
    yz_buf_lit(w->out, ",\"format\":");
    yc_put_quoted(w->out, yz_str_is(format, "mpeg") ? YZ_STR("mp3") : format);
    yz_buf_lit(w->out, "}}");
}

static void file(oa_writer *w, const yz_part *part) {
    if (part->text.n) {
        yz_buf_lit(w->out, "{\"type\":\"text\",\"text\":");
        yc_put_quoted(w->out, yc_titled(w->arena, part));
        yz_buf_char(w->out, '}');
        return;
    }
    if (!part->data.n) {
        refuse(w, "file.url");
        return;
    }
    yz_buf_lit(w->out, "{\"type\":\"file\",\"file\":{\"filename\":"); /* a name is required */
    yc_put_quoted(w->out, part->name.n ? part->name : YZ_STR("document.pdf"));
    yz_buf_lit(w->out, ",\"file_data\":");
    yc_put_data_url(w->out, part);
    yz_buf_lit(w->out, "}}");
}

static void user_part(oa_writer *w, const yz_part *part) {
    comma(w);
    switch (part->kind) {
    case YZ_PART_IMAGE:
        image(w, part);
        break;
    case YZ_PART_AUDIO:
        audio(w, part);
        break;
    case YZ_PART_FILE:
        file(w, part);
        break;
    default:
        yz_buf_lit(w->out, "{\"type\":\"text\",\"text\":");
        yc_put_quoted(w->out, part->text);
        yz_buf_char(w->out, '}');
    }
}

/* ---- calls and results ----------------------------------------------------------------------------------------------------------- */

#define ID_MAX 40 /* OpenAI refuses longer ones */

static bool nine_letters(yz_str id) {
    bool nine = id.n == 9;
    for (size_t i = 0; i < id.n && nine; i++)
        nine = (id.p[i] >= '0' && id.p[i] <= '9') || (id.p[i] >= 'a' && id.p[i] <= 'z') || (id.p[i] >= 'A' && id.p[i] <= 'Z');
    return nine;
}

/* Mistral takes ids of exactly nine letters and digits: others are mapped, the same in call and result. */
void oa_put_nine(yz_buf *out, yz_str id) {
    if (nine_letters(id))
        yc_put_quoted(out, id);
    else
        yc_put_short_id(out, id, "", 9);
}

static void put_id(const oa_writer *w, yz_str id) {
    if (w->config->call_ids == OA_IDS_NINE)
        oa_put_nine(w->out, id);
    else
        yc_put_call_id(w->out, id, ID_MAX);
}

static void put_call(const oa_writer *w, const yz_part *part) {
    comma(w);
    yz_buf_lit(w->out, "{\"id\":");
    put_id(w, part->id);
    yz_buf_lit(w->out, ",\"type\":\"function\",\"function\":{\"name\":");
    yc_put_quoted(w->out, part->name);
    yz_buf_lit(w->out, ",\"arguments\":");
    if (w->config->arguments == OA_ARGUMENTS_OBJECT && part->args.n == 0)
        oa_put_shown(w->arena, part->raw_args, w->out);
    else
        yc_put_arguments(w->out, part);
    yz_buf_lit(w->out, "}}");
}

static void result(oa_writer *w, const yz_part *part) {
    begin(w, "tool");
    yz_buf_lit(w->out, ",\"tool_call_id\":");
    put_id(w, part->id);
    yz_buf_lit(w->out, ",\"content\":");
    for (const yz_part *inner = part->parts; inner; inner = inner->next)
        if (!has_form(inner))
            yc_lose_part(w->losses, w->arena, inner);
    yc_put_result_text(w->out, part);
    yz_buf_char(w->out, '}');
}

/* What a result holds besides text, for the user message after it. */
static void result_rest(oa_writer *w, const yz_part *result) {
    bool reported = false;
    for (const yz_part *part = result->parts; part; part = part->next) {
        if (yc_is_said(part) || !has_form(part))
            continue;
        if (!reported) {
            comma(w);
            yz_buf_lit(w->out, "{\"type\":\"text\",\"text\":\"Part of the result of tool call ");
            yz_buf_str(w->out, result->id);
            yz_buf_lit(w->out, ":\"}");
            reported = true;
        }
        user_part(w, part);
    }
}

/* ---- messages ---------------------------------------------------------------------------------------------------------------------- */

/* Can the content be one string: a single text, and results of text? */
static bool plain_text(const yz_message *message) {
    size_t texts = 0;
    for (const yz_part *part = message->parts; part; part = part->next) {
        if ((has_form(part) || is_name(part)) && ((!yc_is_text(part) && !is_name(part)) || ++texts > 1))
            return false;
        for (const yz_part *inner = part->parts; inner; inner = inner->next)
            if (has_form(inner) && !yc_is_said(inner))
                return false;
    }
    return true;
}

/* Adds the texts of a message to the one that was written last: before the ends of its content and of itself. */
static void add_texts(oa_writer *w, const yz_message *message) {
    w->out->n -= 2;
    if (w->open == OA_OPEN_USER_PARTS) {
        yz_buf_lit(w->out, ",{\"type\":\"text\",\"text\":");
        yc_put_joined(w->out, message->parts, "\\n\\n");
        yz_buf_lit(w->out, "}]}");
        return;
    }
    yz_buf_lit(w->out, "\\n\\n");
    size_t at = w->out->n;
    yc_put_joined(w->out, message->parts, "\\n\\n");
    memmove(w->out->p + at, w->out->p + at + 1, w->out->n - at - 1); /* it begins with a quote */
    w->out->n--;
    yz_buf_char(w->out, '}');
}

static void user_content(oa_writer *w, const yz_message *message, bool plain) {
    if (plain) {
        yc_put_joined(w->out, message->parts, "");
        return;
    }
    yz_buf_char(w->out, '[');
    for (const yz_part *part = message->parts; part; part = part->next)
        if (part->kind == YZ_PART_TOOL_RESULT)
            result_rest(w, part);
        else if (has_form(part) || is_name(part))
            user_part(w, part);
    yz_buf_char(w->out, ']');
}

static void user(oa_writer *w, const yz_message *message) {
    bool more = !message->parts, plain = plain_text(message);
    for (const yz_part *part = message->parts; part; part = part->next) {
        if (part->kind == YZ_PART_TOOL_RESULT)
            result(w, part);
        else if (!has_form(part))
            yc_lose_part(w->losses, w->arena, part);
        more |= has_form(part) || is_name(part);
    }
    if (!more && plain)
        return;
    begin(w, "user");
    yz_buf_lit(w->out, ",\"content\":");
    user_content(w, message, plain);
    yz_buf_char(w->out, '}');
    w->open = plain ? OA_OPEN_USER_TEXT : OA_OPEN_USER_PARTS;
}

static void reasoning(const oa_writer *w, const yz_message *message, size_t n_reasoning, size_t n_calls) {
    if (w->config->send_reasoning <= OA_SEND_NEVER || (w->config->send_reasoning == OA_SEND_WITH_CALLS && n_calls == 0)) {
        if (n_reasoning)
            yz_lose(w->losses, "reasoning_content");
        return;
    }
    yz_buf_lit(w->out, ",");
    yz_buf_json_str(w->out, oa_thoughts_field(w->config));
    yz_buf_lit(w->out, ":\""); /* also when there is none: some providers insist on the field */
    for (const yz_part *part = message->parts; part; part = part->next)
        if (part->kind == YZ_PART_REASONING)
            yz_buf_str(w->out, part->text);
    yz_buf_char(w->out, '"');
}

/* What an assistant's message holds. */
typedef struct turn {
    size_t bytes, reasoning, calls; /* of text; parts of that kind */
} turn;

static turn look_at(const oa_writer *w, const yz_message *message) {
    turn t = {0};
    for (const yz_part *part = message->parts; part; part = part->next) {
        t.bytes += yc_is_text(part) || is_name(part) ? part->text.n : 0;
        t.reasoning += part->kind == YZ_PART_REASONING;
        t.calls += part->kind == YZ_PART_TOOL_CALL;
        if (part->kind == YZ_PART_IMAGE || part->kind == YZ_PART_AUDIO || part->kind == YZ_PART_FILE)
            yz_lose(w->losses, "messages.content");
        else if (part->kind >= YZ_PART_OPAQUE)
            yc_lose_part(w->losses, w->arena, part);
    }
    return t;
}

static void assistant(oa_writer *w, const yz_message *message) {
    turn t = look_at(w, message);
    if (!t.bytes && !t.calls && w->config->send_reasoning != OA_SEND_ALWAYS) { /* nothing left to say */
        if (t.reasoning)
            yz_lose(w->losses, "reasoning_content");
        return;
    }
    begin(w, "assistant");
    if (t.bytes || !t.calls) {
        yz_buf_lit(w->out, ",\"content\":");
        yc_put_joined(w->out, message->parts, "");
    } else if (oa_is_own(w->facts)) { /* some servers of others refuse null: left out says the same */
        yz_buf_lit(w->out, ",\"content\":null");
    }
    reasoning(w, message, t.reasoning, t.calls);
    if (t.calls) {
        yz_buf_lit(w->out, ",\"tool_calls\":[");
        for (const yz_part *part = message->parts; part; part = part->next)
            if (part->kind == YZ_PART_TOOL_CALL)
                put_call(w, part);
        yz_buf_char(w->out, ']');
    }
    yz_buf_char(w->out, '}');
}

/* Templates of Qwen, Llama, Gemma and Mistral refuse instructions that are not the first message, and two messages of one role in a row:
 * late ones become a part of the user's message before them, or one of their own. */
static void said_by_user(oa_writer *w, const yz_message *message) {
    yz_lose_as(w->losses, "messages.role", YZ_APPROXIMATED);
    if (w->open == OA_OPEN_USER_TEXT || w->open == OA_OPEN_USER_PARTS) {
        add_texts(w, message);
        return;
    }
    begin(w, "user");
    yz_buf_lit(w->out, ",\"content\":");
    yc_put_joined(w->out, message->parts, "\\n\\n");
    yz_buf_char(w->out, '}');
    w->open = OA_OPEN_USER_TEXT;
}

/* Does the user speak in text right after instructions that were given to him? Then it is one message. */
static bool goes_on(const oa_writer *w, const yz_message *before, const yz_message *message) {
    bool late = before && before->role == YZ_ROLE_SYSTEM && w->spoken && w->open == OA_OPEN_USER_TEXT && plain_text(message);
    for (const yz_part *part = message->parts; part && late; part = part->next)
        late = yc_is_text(part);
    return late && message->parts;
}

static void system_message(oa_writer *w, const yz_message *message) {
    int role = w->config->system_role;
    if (role == OA_ROLE_AUTO)
        role = oa_new_style(w->facts) ? OA_ROLE_DEVELOPER : OA_ROLE_SYSTEM;
    size_t bytes = 0;
    for (const yz_part *part = message->parts; part; part = part->next) {
        bytes += part->text.n;
        if (!yc_is_text(part))
            yz_lose(w->losses, "system"); /* a document among the instructions */
    }
    if (bytes == 0)
        return;
    bool keep = w->config->late_system == OA_LATE_KEEP || (w->config->late_system == OA_LATE_AUTO && oa_is_own(w->facts));
    if (!keep && w->spoken) {
        said_by_user(w, message);
        return;
    }
    if (!keep && w->open == OA_OPEN_SYSTEM_TEXT) { /* one message of instructions is all that some take */
        add_texts(w, message);
        return;
    }
    begin(w, role == OA_ROLE_DEVELOPER ? "developer" : "system");
    yz_buf_lit(w->out, ",\"content\":");
    yc_put_joined(w->out, message->parts, "\\n\\n");
    yz_buf_char(w->out, '}');
    w->open = OA_OPEN_SYSTEM_TEXT;
}

/* Is it asked to go on with words of its own, which it does not take? */
static bool is_begun(const oa_writer *w, const yz_message *last) {
    bool asked = last && last->role == YZ_ROLE_ASSISTANT && w->facts && w->facts->prefill == YZ_OFF, said = false;
    for (const yz_part *part = asked ? last->parts : NULL; part; part = part->next) {
        said |= yc_is_text(part) && part->text.n > 0;
        asked &= part->kind != YZ_PART_TOOL_CALL;
    }
    return asked && said;
}

void oa_write_messages(oa_writer *w) {
    yz_buf_lit(w->out, ",\"messages\":[");
    const yz_message *before = NULL;
    for (const yz_message *message = w->chat->messages; message; before = message, message = message->next) {
        if (message->role == YZ_ROLE_SYSTEM) {
            system_message(w, message);
            continue;
        }
        if (message->role == YZ_ROLE_USER && goes_on(w, before, message)) {
            add_texts(w, message);
            continue;
        }
        w->open = OA_OPEN_NONE;
        w->spoken = true;
        if (message->role == YZ_ROLE_USER)
            user(w, message);
        else
            assistant(w, message);
    }
    if (is_begun(w, before)) {
        begin(w, "user");
        yz_buf_lit(w->out, ",\"content\":\"" YC_GO_ON "\"}");
        yz_lose_as(w->losses, "messages.prefill", YZ_EMULATED);
    }
    yz_buf_char(w->out, ']');
}
