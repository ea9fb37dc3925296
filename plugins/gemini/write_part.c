/* gemini/write_part.c: neutral messages as contents, and the system instruction.
 *
 * The API wants: user and model in turn (so neighbours of one role are merged), the user first, no empty text, and right after a turn
 * that calls one content with exactly one response for each call, in the order of the calls, by the names of the calls. From version 3
 * on it wants back the signature beside the first call of a turn; where nobody has it (another model called), it takes a word instead.
 */
#include "gemini.h"

#define NO_SIGNATURE "skip_thought_signature_validator" /* what the API's guide to thought signatures gives for calls of other models */

static void end_content(gm_writer *w) {
    if (w->role >= 0)
        yz_buf_lit(w->out, "]}");
    w->role = -1;
}

/* Begins a part in a content of this role: in the open one, or a new one. */
static void begin(gm_writer *w, yz_role role) {
    if (w->role == (int)role) {
        yz_buf_char(w->out, ',');
        return;
    }
    bool first = w->role < 0;
    end_content(w);
    if (first && role == YZ_ROLE_ASSISTANT) { /* somebody must have begun the conversation */
        yz_buf_lit(w->out, "{\"role\":\"user\",\"parts\":[{\"text\":\".\"}]}");
        first = false;
    }
    yz_buf_printf(w->out, "%s{\"role\":\"%s\",\"parts\":[", first ? "" : ",", role == YZ_ROLE_USER ? "user" : "model");
    w->role = (int)role;
    w->first_call = true;
}

static void put_string(const gm_writer *w, const char *before, yz_str escaped) {
    yz_buf_lit(w->out, before);
    yc_put_quoted(w->out, escaped);
}

/* Was it signed, or made, by those it goes to now? */
static bool own(const gm_writer *w, const yz_part *part) { return yz_str_is(part->signed_by, GM_SIGNER) && w->version > 0; }

static void put_signature(const gm_writer *w, const yz_part *part) {
    if (part->signature.n && own(w, part))
        put_string(w, ",\"thoughtSignature\":", part->signature);
}

/* ---- pictures, sound, files --------------------------------------------------------------------------------------------------------- */

/* Of a URL nobody gave the type of. */
static yz_str type_of_url(yz_str url) {
    static const struct {
        const char *end, *type;
    } table[] = {
        {".png", "image/png"}, {".jpg", "image/jpeg"}, {".jpeg", "image/jpeg"}, {".webp", "image/webp"}, {".pdf", "application/pdf"}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        size_t n = strlen(table[i].end);
        if (url.n > n && memcmp(url.p + url.n - n, table[i].end, n) == 0)
            return yz_str_of(table[i].type);
    }
    return (yz_str){NULL, 0};
}

static void put_file(const gm_writer *w, const yz_part *part) {
    yz_str type = part->media_type.n ? part->media_type : type_of_url(part->url);
    if (part->data.n) {
        put_string(w, "{\"inlineData\":{\"mimeType\":", type.n ? type : YZ_STR("application/octet-stream"));
        put_string(w, ",\"data\":", part->data);
        yz_buf_lit(w->out, "}}");
        return;
    }
    put_string(w, "{\"fileData\":{\"fileUri\":", part->url);
    if (type.n)
        put_string(w, ",\"mimeType\":", type);
    yz_buf_lit(w->out, "}}");
}

/* ---- results ----------------------------------------------------------------------------------------------------------------------------
 */

static bool is_file(const yz_part *part) {
    return (part->kind == YZ_PART_IMAGE || part->kind == YZ_PART_AUDIO || part->kind == YZ_PART_FILE) && (part->data.n || part->url.n);
}

/* The texts of a result, escaped and joined; where there are none, what else it is. */
static yz_str result_text(const gm_writer *w, const yz_part *result) {
    yz_buf text = {0};
    for (const yz_part *part = result ? result->parts : NULL; part; part = part->next) {
        if (part->text.n && text.n)
            yz_buf_lit(&text, "\\n");
        yz_buf_str(&text, yc_titled(w->arena, part));
        if (part->kind == YZ_PART_OPAQUE)
            yc_lose_part(w->losses, w->arena, part);
    }
    if (text.n == 0)
        yc_put_file_names(&text, result ? result->parts : NULL);
    yz_str joined = yz_dup(w->arena, yz_buf_view(&text));
    yz_buf_free(&text);
    return joined;
}

/* The response is an object: the one the tool gave, or its text under the word the API's guide has for it. */
static void put_response(const gm_writer *w, const yz_part *result) {
    yz_json *root = NULL;
    yz_str text = result_text(w, result), plain = yz_json_unescape(w->arena, text);
    bool object = plain.n && plain.p[0] == '{' && yz_json_parse(w->arena, plain, YZ_JSON_LONE_SURROGATES, &root, NULL) == YZ_OK;
    bool wrap = !object || (result && result->is_error);
    if (wrap)
        yz_buf_lit(w->out, !result || result->is_error ? "{\"error\":" : "{\"output\":");
    if (object)
        yz_buf_str(w->out, plain);
    else
        yc_put_quoted(w->out, result ? text : YZ_STR("there is no result"));
    if (wrap)
        yz_buf_char(w->out, '}');
}

/* Files of a result: inside from version 3 on. */
static void put_result_files(const gm_writer *w, const yz_part *result) {
    bool first = true;
    for (const yz_part *part = result && w->version >= 30 ? result->parts : NULL; part; part = part->next) {
        if (!is_file(part))
            continue;
        yz_buf_lit(w->out, first ? ",\"parts\":[" : ",");
        put_file(w, part);
        first = false;
    }
    if (!first)
        yz_buf_char(w->out, ']');
}

/* result NULL: the conversation went on without it. */
static void put_result(gm_writer *w, const yz_part *call, const yz_part *result) {
    begin(w, YZ_ROLE_USER);
    put_string(w, "{\"functionResponse\":{\"name\":", call->name);
    if (call->id.n)
        put_string(w, ",\"id\":", call->id);
    yz_buf_lit(w->out, ",\"response\":");
    put_response(w, result);
    put_result_files(w, result);
    yz_buf_lit(w->out, "}}");
}

/* Files of a result that has no place for them. */
static void put_files_behind(gm_writer *w, const yz_part *result) {
    for (const yz_part *part = result->parts; part; part = part->next)
        if (is_file(part)) {
            begin(w, YZ_ROLE_USER);
            put_file(w, part);
        }
}

/* One that answers no call: a response would be refused, so it is said. */
static void put_stray_result(gm_writer *w, const yz_part *result) {
    yz_str text = result_text(w, result), id = result->id;
    yz_lose_as(w->losses, "messages.tool_call_id", YZ_APPROXIMATED);
    begin(w, YZ_ROLE_USER);
    put_string(w, "{\"text\":", yz_format(w->arena, "[tool_result: %.*s] %.*s", YZ_STR_ARGS(id), YZ_STR_ARGS(text)));
    yz_buf_char(w->out, '}');
    put_files_behind(w, result);
}

/* One response for each call of the turn, which is the messages from `turn` up to `next`. */
static void put_results(gm_writer *w, const yz_message *turn, const yz_message *next) {
    for (const yz_message *m = turn; m && m != next; m = m->next)
        for (const yz_part *part = m->parts; part; part = part->next)
            if (part->kind == YZ_PART_TOOL_CALL)
                put_result(w, part, gm_answer(w->answers, part));
}

/* ---- parts ------------------------------------------------------------------------------------------------------------------------------
 */

static void put_call(gm_writer *w, const yz_part *part) {
    bool is_signed = part->signature.n && own(w, part);
    put_string(w, "{\"functionCall\":{\"name\":", part->name);
    if (part->id.n)
        put_string(w, ",\"id\":", part->id);
    yz_buf_lit(w->out, ",\"args\":");
    yz_buf_str(w->out, part->args.n ? part->args : YZ_STR("{}"));
    yz_buf_char(w->out, '}');
    if (part->raw_args.n)
        yz_lose(w->losses, "messages.tool_calls.function.arguments");
    put_signature(w, part);
    if (!is_signed && w->first_call && w->version >= 30)
        yz_buf_lit(w->out, ",\"thoughtSignature\":\"" NO_SIGNATURE "\"");
    w->first_call = false;
    yz_buf_char(w->out, '}');
}

static void put_text(const gm_writer *w, const yz_part *part) {
    put_string(w, "{\"text\":", yc_titled(w->arena, part));
    if (part->kind == YZ_PART_REASONING)
        yz_buf_lit(w->out, ",\"thought\":true");
    put_signature(w, part);
    yz_buf_char(w->out, '}');
}

/* Is an opaque part the provider's own? */
static bool goes_back(const gm_writer *w, const yz_part *part) { return yz_str_is(part->dialect, GM_DIALECT) && own(w, part); }

/* Can this part stand in a content, and is there anything to say? What cannot is told. */
static bool stands(const gm_writer *w, const yz_part *part) {
    switch (part->kind) {
    case YZ_PART_TEXT:
    case YZ_PART_REFUSAL:
        return part->text.n || (part->signature.n && own(w, part));
    case YZ_PART_REASONING:
        if (part->signature.n == 0 || !own(w, part))
            yz_lose(w->losses, "reasoning_content");
        return part->signature.n && own(w, part);
    case YZ_PART_IMAGE:
        if (part->detail.n && !yz_str_is(part->detail, "auto"))
            yz_lose(w->losses, "image_url.detail");
        return is_file(part) || part->text.n;
    case YZ_PART_AUDIO:
    case YZ_PART_FILE:
        return is_file(part) || part->text.n;
    case YZ_PART_OPAQUE:
        if (goes_back(w, part))
            return true;
        yc_lose_part(w->losses, w->arena, part);
        return part->text.n > 0; /* its name */
    case YZ_PART_TOOL_CALL:
        return true;
    default:
        yz_lose(w->losses, "messages.content");
        return false;
    }
}

static void put_part(gm_writer *w, yz_role role, const yz_part *part) {
    if (part->kind == YZ_PART_TOOL_RESULT) {
        if (!gm_answer(w->answers, part))
            put_stray_result(w, part);
        else if (w->version < 30) /* the rest of it is written with its call */
            put_files_behind(w, part);
        return;
    }
    if (!stands(w, part))
        return;
    begin(w, role);
    if (part->kind == YZ_PART_TOOL_CALL)
        put_call(w, part);
    else if (part->kind == YZ_PART_OPAQUE && goes_back(w, part))
        yz_buf_str(w->out, part->raw);
    else if (is_file(part))
        put_file(w, part);
    else
        put_text(w, part);
}

/* ---- messages -------------------------------------------------------------------------------------------------------------------------
 */

/* Instructions from the whole conversation, in order; or, where nobody says anything else, as the question. */
static void put_system(gm_writer *w, bool as_user) {
    bool first = true;
    for (const yz_message *m = w->chat->messages; m; m = m->next)
        for (const yz_part *part = m->role == YZ_ROLE_SYSTEM ? m->parts : NULL; part; part = part->next) {
            if (part->kind != YZ_PART_TEXT)
                yz_lose_as(w->losses, "messages.content", part->text.n ? YZ_APPROXIMATED : YZ_DROPPED);
            if (part->text.n == 0)
                continue;
            if (as_user)
                begin(w, YZ_ROLE_USER);
            else
                yz_buf_lit(w->out, first ? ",\"systemInstruction\":{\"parts\":[" : ",");
            put_string(w, "{\"text\":", part->text);
            yz_buf_char(w->out, '}');
            first = false;
        }
    if (!first && !as_user)
        yz_buf_lit(w->out, "]}");
}

static bool is_said(const yz_message *message) {
    for (const yz_part *part = message->parts; part; part = part->next)
        if (part->text.n > 0)
            return true;
    return false;
}

void gm_write_contents(gm_writer *w) {
    const yz_message *turn = NULL; /* of the model, whose results have not been written */
    yz_buf_lit(w->out, "\"contents\":[");
    for (const yz_message *m = w->chat->messages; m; m = m->next) {
        if (m->role == YZ_ROLE_SYSTEM) {
            if (w->role >= 0 && is_said(m))
                yz_lose_as(w->losses, "messages.role", YZ_APPROXIMATED); /* it goes to the front */
            continue;
        }
        if (m->role == YZ_ROLE_ASSISTANT)
            turn = turn ? turn : m;
        else if (turn) {
            put_results(w, turn, m);
            turn = NULL;
        }
        for (const yz_part *part = m->parts; part; part = part->next)
            put_part(w, m->role, part);
    }
    bool nobody = w->role < 0;
    if (nobody)
        put_system(w, true);
    end_content(w);
    yz_buf_char(w->out, ']');
    if (!nobody)
        put_system(w, false);
}
