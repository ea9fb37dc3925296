/* responses/write_item.c: neutral messages as instructions and items.
 *
 * The system messages at the beginning are the instructions; later ones are items where they stand. Each kind of part is an item of its
 * own, in its order: a message, thoughts, a call, the output of a call. What the assistant said goes out as a string, which all servers
 * take; so does what the user says, if it is text alone. Ids of items are left out, since the provider keeps none of them.
 */
#include "responses.h"

#define ID_MAX 64 /* of a call: longer ones are refused */

static void begin(const rs_writer *w, const char *type) {
    if (w->out->p[w->out->n - 1] != '[')
        yz_buf_char(w->out, ',');
    yz_buf_printf(w->out, "{\"type\":\"%s\"", type);
}

static void refuse(rs_writer *w, const char *field) {
    w->refused = true;
    yz_lose(w->losses, field);
}

/* ---- parts ------------------------------------------------------------------------------------------------------------------ */

static void put_image(const rs_writer *w, const yz_part *part) {
    begin(w, "input_image");
    yz_buf_lit(w->out, ",\"detail\":");
    yc_put_quoted(w->out, part->detail.n ? part->detail : YZ_STR("auto"));
    yz_buf_lit(w->out, ",\"image_url\":");
    if (part->data.n)
        yc_put_data_url(w->out, part);
    else
        yc_put_quoted(w->out, part->url);
    yz_buf_char(w->out, '}');
}

static void put_file(const rs_writer *w, const yz_part *part) {
    begin(w, "input_file");
    if (part->data.n) {
        yz_buf_lit(w->out, ",\"filename\":"); /* a name is required */
        yc_put_quoted(w->out, part->name.n ? part->name : YZ_STR("document.pdf"));
        yz_buf_lit(w->out, ",\"file_data\":");
        yc_put_data_url(w->out, part);
    } else {
        yz_buf_lit(w->out, ",\"file_url\":");
        yc_put_quoted(w->out, part->url);
    }
    yz_buf_char(w->out, '}');
}

static void put_text(const rs_writer *w, yz_str text) {
    if (text.n == 0)
        return;
    begin(w, "input_text");
    yz_buf_lit(w->out, ",\"text\":");
    yc_put_quoted(w->out, text);
    yz_buf_char(w->out, '}');
}

static void put_part(rs_writer *w, const yz_part *part) {
    bool text_file = part->kind == YZ_PART_FILE && part->text.n;
    if (yc_is_text(part) || text_file)
        put_text(w, yc_titled(w->arena, part));
    else if (part->kind == YZ_PART_IMAGE)
        put_image(w, part);
    else if (part->kind == YZ_PART_FILE)
        put_file(w, part);
    else if (part->kind == YZ_PART_AUDIO)
        refuse(w, "input_audio"); /* this API hears nothing */
    else {
        yc_lose_part(w->losses, w->arena, part);
        if (part->kind == YZ_PART_OPAQUE)
            put_text(w, part->text);
    }
}

/* Text and nothing else, but for results. */
static bool is_plain(const yz_part *parts) {
    for (const yz_part *part = parts; part; part = part->next)
        if (!yc_is_text(part) && part->kind != YZ_PART_TOOL_RESULT)
            return false;
    return true;
}

/* `before`: a text of the gateway's own, or empty. */
static void put_list(rs_writer *w, yz_str before, const yz_part *parts) {
    yz_buf_char(w->out, '[');
    put_text(w, before);
    for (const yz_part *part = parts; part; part = part->next)
        if (part->kind != YZ_PART_TOOL_RESULT)
            put_part(w, part);
    yz_buf_char(w->out, ']');
}

/* ---- what the assistant said --------------------------------------------------------------------------------------------------- */

static void put_call(const rs_writer *w, const yz_part *part) {
    begin(w, "function_call");
    yz_buf_lit(w->out, ",\"call_id\":");
    yc_put_call_id(w->out, part->id, ID_MAX);
    yz_buf_lit(w->out, ",\"name\":");
    yc_put_quoted(w->out, part->name);
    yz_buf_lit(w->out, ",\"arguments\":");
    yc_put_arguments(w->out, part);
    yz_buf_char(w->out, '}');
}

/* Thoughts go back encrypted, to who encrypted them; as text, to servers that read them so. */
static void put_reasoning(rs_writer *w, const yz_part *part) {
    bool encrypted = w->send_reasoning == RS_SEND_ENCRYPTED && part->signature.n && yz_str_is(part->signed_by, RS_SIGNER);
    if (!encrypted && (w->send_reasoning != RS_SEND_TEXT || part->text.n == 0)) {
        yz_lose(w->losses, "reasoning_content");
        return;
    }
    if (encrypted && !w->alone)
        w->alone = w->out->n;
    begin(w, "reasoning");
    yz_buf_lit(w->out, ",\"summary\":[");
    if (!encrypted)
        yz_buf_lit(w->out, "],\"content\":[{\"type\":\"reasoning_text\",\"text\":");
    else if (part->text.n)
        yz_buf_lit(w->out, "{\"type\":\"summary_text\",\"text\":");
    if (part->text.n) {
        yc_put_quoted(w->out, part->text);
        yz_buf_char(w->out, '}');
    }
    yz_buf_char(w->out, ']');
    if (encrypted) {
        yz_buf_lit(w->out, ",\"encrypted_content\":");
        yc_put_quoted(w->out, part->signature);
    }
    yz_buf_char(w->out, '}');
}

/* OpenAI refuses thoughts that led to nothing: no text, no call. */
static void drop_alone(rs_writer *w) {
    if (!w->alone)
        return;
    w->out->n = w->alone;
    w->alone = 0;
    yz_lose(w->losses, "reasoning_content");
}

/* Texts of the assistant, up to `end`, as one message; none if there are no words. */
static void put_words(const rs_writer *w, const yz_part *part, const yz_part *end) {
    size_t bytes = 0;
    for (const yz_part *p = part; p != end; p = p->next)
        bytes += p->text.n;
    if (bytes == 0)
        return;
    begin(w, "message");
    yz_buf_lit(w->out, ",\"role\":\"assistant\",\"content\":\"");
    for (const yz_part *p = part; p != end; p = p->next)
        yz_buf_str(w->out, p->text);
    yz_buf_lit(w->out, "\"}");
}

static void put_opaque(const rs_writer *w, const yz_part *part) {
    if (!yz_str_is(part->dialect, RS_DIALECT)) {
        yc_lose_part(w->losses, w->arena, part);
        put_words(w, part, part->next);
        return;
    }
    if (w->out->p[w->out->n - 1] != '[')
        yz_buf_char(w->out, ',');
    yz_buf_str(w->out, part->raw);
}

static void put_refusal(const rs_writer *w, const yz_part *part) {
    begin(w, "message");
    yz_buf_lit(w->out, ",\"role\":\"assistant\",\"content\":[{\"type\":\"refusal\",\"refusal\":");
    yc_put_quoted(w->out, part->text);
    yz_buf_lit(w->out, "}]}");
}

/* Texts in a row are one message. Returns the last of them. */
static const yz_part *put_said(const rs_writer *w, const yz_part *part) {
    const yz_part *last = part;
    while (last->next && last->next->kind == YZ_PART_TEXT)
        last = last->next;
    put_words(w, part, last->next);
    return last;
}

static void put_assistant(rs_writer *w, const yz_message *message) {
    for (const yz_part *part = message->parts; part; part = part->next) {
        size_t before = w->out->n;
        bool thinks = part->kind == YZ_PART_REASONING;
        switch (part->kind) {
        case YZ_PART_TEXT:
            part = put_said(w, part);
            break;
        case YZ_PART_REFUSAL:
            put_refusal(w, part);
            break;
        case YZ_PART_REASONING:
            put_reasoning(w, part);
            break;
        case YZ_PART_TOOL_CALL:
            put_call(w, part);
            break;
        case YZ_PART_OPAQUE:
            put_opaque(w, part);
            break;
        default: /* pictures and sound the model made */
            yc_lose_part(w->losses, w->arena, part);
        }
        if (!thinks && w->out->n > before)
            w->alone = 0;
    }
}

/* ---- what others said ------------------------------------------------------------------------------------------------------------ */

static void put_result(rs_writer *w, const yz_part *part) {
    begin(w, "function_call_output");
    yz_buf_lit(w->out, ",\"call_id\":");
    yc_put_call_id(w->out, part->id, ID_MAX);
    yz_buf_lit(w->out, ",\"output\":");
    if (is_plain(part->parts))
        yc_put_result_text(w->out, part);
    else
        put_list(w, yc_hides_error(part) ? YZ_STR("Error:") : YZ_STR(""), part->parts);
    yz_buf_char(w->out, '}');
}

static void put_user(rs_writer *w, const yz_message *message) {
    bool more = !message->parts;
    drop_alone(w);
    for (const yz_part *part = message->parts; part; part = part->next)
        if (part->kind == YZ_PART_TOOL_RESULT)
            put_result(w, part);
        else
            more = true;
    if (!more)
        return;
    begin(w, "message");
    yz_buf_lit(w->out, ",\"role\":\"user\",\"content\":");
    if (is_plain(message->parts) && (!message->parts || !message->parts->next)) /* several stay apart, as they were */
        yc_put_joined(w->out, message->parts, "");
    else
        put_list(w, YZ_STR(""), message->parts);
    yz_buf_char(w->out, '}');
}

static bool is_said(const rs_writer *w, const yz_message *message) {
    size_t bytes = 0;
    for (const yz_part *part = message->parts; part; part = part->next) {
        bytes += yc_is_text(part) ? part->text.n : 0;
        if (!yc_is_text(part))
            yz_lose(w->losses, "system"); /* a document among the instructions */
    }
    return bytes > 0;
}

static void put_system(rs_writer *w, const yz_message *message) {
    int role = w->config->system_role;
    if (!is_said(w, message))
        return;
    drop_alone(w);
    if (role == RS_ROLE_AUTO)
        role = oa_new_style(w->facts) ? RS_ROLE_DEVELOPER : RS_ROLE_SYSTEM;
    begin(w, "message");
    yz_buf_printf(w->out, ",\"role\":\"%s\",\"content\":", role == RS_ROLE_DEVELOPER ? "developer" : "system");
    yc_put_joined(w->out, message->parts, "\\n\\n");
    yz_buf_char(w->out, '}');
}

/* The system messages before anybody else speaks, as one text; where nobody else does, they are the input. */
static const yz_message *put_instructions(const rs_writer *w) {
    const yz_message *first = w->chat->messages;
    bool said = false;
    while (first && first->role == YZ_ROLE_SYSTEM)
        first = first->next;
    if (!first)
        return w->chat->messages;
    for (const yz_message *message = w->chat->messages; message != first; message = message->next) {
        if (!is_said(w, message))
            continue;
        yz_buf_lit(w->out, said ? "\\n\\n" : ",\"instructions\":\"");
        yc_put_texts(w->out, message->parts, "\\n\\n");
        said = true;
    }
    yz_buf_lit(w->out, said ? "\"" : "");
    return first;
}

void rs_write_input(rs_writer *w) {
    const yz_message *first = put_instructions(w);
    yz_buf_lit(w->out, ",\"input\":[");
    for (const yz_message *message = first; message; message = message->next)
        if (message->role == YZ_ROLE_SYSTEM)
            put_system(w, message);
        else if (message->role == YZ_ROLE_USER)
            put_user(w, message);
        else
            put_assistant(w, message);
    drop_alone(w);
    yz_buf_char(w->out, ']');
}
