/* openai/read_message.c: the messages of a client's request.
 *
 * Messages of the role "tool" in a row are one user message of results. The core puts it right behind the calls, wherever it stands.
 */
#include "openai.h"

typedef struct messages {
    oa_reader *r;
    yz_message *results; /* of the tool messages before this one; NULL: somebody else has spoken */
    bool called;         /* an assistant message had calls */
    size_t at;           /* number of the message, for errors */
} messages;

static int refuse(const messages *m, const char *field, const char *message) {
    return oa_refuse(m->r, yz_format(m->r->arena, "messages[%zu].%s", m->at, field), "%s", message);
}

/* ---- content parts ----------------------------------------------------------------------------------------------------- */

static int image(const messages *m, const yz_json *node, yz_part *part) {
    const yz_json *image_url = yz_json_get(node, "image_url"), *url = yz_json_get(image_url, "url");
    if (yz_json_is(image_url, YZ_JSON_STRING))
        url = image_url;
    if (!yz_json_is(url, YZ_JSON_STRING) || !yc_read_url(m->r->arena, url, part))
        return refuse(m, "content", "image_url.url must be an https URL or a base64 data: URL");
    part->detail = yz_json_escaped(yz_json_given(image_url, "detail"));
    return YZ_OK;
}

static int audio(const messages *m, const yz_json *node, yz_part *part) {
    const yz_json *input = yz_json_get(node, "input_audio");
    yz_str format = yc_word(m->r->arena, yz_json_get(input, "format"));
    part->data = yz_json_text(m->r->arena, yz_json_get(input, "data"));
    part->media_type = yz_format(m->r->arena, "audio/%.*s", YZ_STR_ARGS(format));
    return part->data.n && format.n ? YZ_OK : refuse(m, "content", "input_audio needs data and format");
}

static int file(const messages *m, const yz_json *node, yz_part *part) {
    const yz_json *f = yz_json_get(node, "file"), *data = yz_json_given(f, "file_data");
    part->name = yz_json_escaped(yz_json_get(f, "filename"));
    if (!data)
        return refuse(m, "content", "this model takes files as file_data only: a file_id belongs to one provider");
    return yc_read_url(m->r->arena, data, part) && part->data.n ? YZ_OK : refuse(m, "content", "file_data must be a base64 data: URL");
}

/* Where parts go: a message, or a tool result. */
typedef struct place {
    yz_message *message;
    yz_part *result;
} place;

static yz_part *add(place to, yz_part_kind kind) { return to.result ? yz_part_add_to(to.result, kind) : yz_part_add(to.message, kind); }

static int read_text(const messages *m, const yz_json *node, yz_str type, place to) {
    bool refusal = yz_str_is(type, "refusal");
    const yz_json *text = yz_json_get(node, refusal ? "refusal" : "text");
    if ((!refusal && !yz_str_is(type, "text")) || !yz_json_is(text, YZ_JSON_STRING))
        return refuse(m, "content", "a content part must be of type text, image_url, input_audio, file or refusal, with its value");
    yz_part *part = add(to, refusal ? YZ_PART_REFUSAL : YZ_PART_TEXT);
    part->text = yz_json_escaped(text);
    part->cache = yz_json_raw(yz_json_given(node, "cache_control"));
    return YZ_OK;
}

static int read_part(const messages *m, const yz_json *node, place to) {
    static const struct {
        const char *type;
        yz_part_kind kind;
        int (*read)(const messages *m, const yz_json *node, yz_part *part);
    } table[] = {{"image_url", YZ_PART_IMAGE, image}, {"input_audio", YZ_PART_AUDIO, audio}, {"file", YZ_PART_FILE, file}};
    yz_str type = yc_word(m->r->arena, yz_json_get(node, "type"));
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
        if (yz_str_is(type, table[i].type)) {
            yz_part *part = add(to, table[i].kind);
            part->cache = yz_json_raw(yz_json_given(node, "cache_control"));
            return table[i].read(m, node, part);
        }
    return read_text(m, node, type, to);
}

/* content into parts: a string is one. */
static int read_content(const messages *m, const yz_json *content, place to) {
    if (!content || content->type == YZ_JSON_NULL)
        return YZ_OK;
    if (content->type == YZ_JSON_STRING) {
        add(to, YZ_PART_TEXT)->text = yz_json_escaped(content);
        return YZ_OK;
    }
    if (content->type != YZ_JSON_ARRAY)
        return refuse(m, "content", "content must be a string or a list of parts");
    int code = YZ_OK;
    for (const yz_json *node = content->child; node && code == YZ_OK; node = node->next)
        code = read_part(m, node, to);
    return code;
}

/* ---- calls and their results --------------------------------------------------------------------------------------------- */

/* Free text is the one text of an object. */
static yz_str custom_args(const messages *m, const yz_json *input) {
    return yz_format(m->r->arena, "{\"input\":\"%.*s\"}", YZ_STR_ARGS(yz_json_escaped(input)));
}

static int read_call(const messages *m, const yz_json *node, yz_message *message) {
    const yz_json *custom = yz_json_get(node, "custom"), *f = custom ? custom : yz_json_get(node, "function");
    const yz_json *name = yz_json_get(f, "name"), *args = yz_json_get(f, "arguments");
    if (!yz_json_is(name, YZ_JSON_STRING))
        return refuse(m, "tool_calls", "a tool call must be of type function or custom and name it");
    yz_part *part = yz_part_add(message, YZ_PART_TOOL_CALL);
    part->id = yz_json_escaped(yz_json_get(node, "id"));
    part->name = yz_json_escaped(name);
    oa_read_call_signature(part, node);
    if (custom) {
        part->args = custom_args(m, yz_json_get(custom, "input"));
        return YZ_OK;
    }
    yz_json *object;
    yz_str text = yz_json_is(args, YZ_JSON_OBJECT) ? yz_json_raw(args) : yz_json_text(m->r->arena, args);
    if (yz_json_parse(m->r->arena, text, YZ_JSON_LONE_SURROGATES, &object, NULL) == YZ_OK && object->type == YZ_JSON_OBJECT)
        part->args = yz_json_raw(object);
    else
        part->raw_args = yz_json_escaped(args);
    return YZ_OK;
}

static int read_calls(messages *m, const yz_json *calls, yz_message *message) {
    int code = YZ_OK;
    for (const yz_json *node = calls->child; node && code == YZ_OK; node = node->next)
        code = read_call(m, node, message);
    m->called = true;
    return code;
}

static int read_result(messages *m, const yz_json *node) {
    if (!m->called)
        return refuse(m, "role", "a message with role \"tool\" must follow an assistant message with \"tool_calls\"");
    yz_str id = yz_json_escaped(yz_json_get(node, "tool_call_id"));
    if (id.n == 0)
        return refuse(m, "tool_call_id", "a tool message needs the tool_call_id of the call it answers");
    if (!m->results)
        m->results = yz_message_add(m->r->out, YZ_ROLE_USER);
    yz_part *part = yz_part_add(m->results, YZ_PART_TOOL_RESULT);
    part->id = id;
    part->cache = yz_json_raw(yz_json_given(node, "cache_control"));
    return read_content(m, yz_json_get(node, "content"), (place){.result = part});
}

/* ---- messages ---------------------------------------------------------------------------------------------------------------- */

static int read_assistant(messages *m, const yz_json *node) {
    const yz_json *calls = yz_json_given(node, "tool_calls"), *refusal = yz_json_given(node, "refusal"),
                  *reasoning = yz_json_given(node, "reasoning_content");
    if (!reasoning)
        reasoning = yz_json_given(node, "reasoning");
    if (calls && calls->type != YZ_JSON_ARRAY)
        return refuse(m, "tool_calls", "tool_calls must be a list");
    if (yz_json_count(calls) > YZ_CALLS_MAX)
        return refuse(m, "tool_calls", "one message may hold at most 128 tool calls");
    if (yz_json_given(node, "function_call"))
        return refuse(m, "function_call", "function_call is out of use: this model takes tool_calls");
    if (yz_json_given(node, "audio"))
        yz_lose(m->r->losses, "messages.audio");
    yz_message *message = yz_message_add(m->r->out, YZ_ROLE_ASSISTANT);
    oa_read_thoughts(message, yz_json_escaped(reasoning), yz_json_given(node, "reasoning_details"));
    int code = read_content(m, yz_json_get(node, "content"), (place){.message = message});
    if (code < 0)
        return code;
    if (yz_json_escaped(refusal).n)
        yz_part_add(message, YZ_PART_REFUSAL)->text = yz_json_escaped(refusal);
    return yz_json_count(calls) ? read_calls(m, calls, message) : YZ_OK;
}

static int read_message(messages *m, const yz_json *node) {
    yz_str role = yc_word(m->r->arena, yz_json_get(node, "role"));
    if (yz_json_given(node, "name"))
        yz_lose(m->r->losses, "messages.name");
    if (yz_str_is(role, "tool"))
        return read_result(m, node);
    m->results = NULL;
    if (yz_str_is(role, "assistant"))
        return read_assistant(m, node);
    bool system = yz_str_is(role, "system") || yz_str_is(role, "developer");
    if (!system && !yz_str_is(role, "user"))
        return refuse(m, "role", "role must be system, developer, user, assistant or tool");
    if (!yz_json_given(node, "content"))
        return refuse(m, "content", "this message needs content");
    yz_message *message = yz_message_add(m->r->out, system ? YZ_ROLE_SYSTEM : YZ_ROLE_USER);
    return read_content(m, yz_json_get(node, "content"), (place){.message = message});
}

int oa_read_messages(oa_reader *r, const yz_json *list) {
    messages m = {.r = r};
    if (yz_json_count(list) == 0)
        return oa_refuse(r, YZ_STR("messages"), "messages must not be empty");
    for (const yz_json *node = list->child; node; node = node->next, m.at++) {
        int code = node->type == YZ_JSON_OBJECT ? read_message(&m, node) : refuse(&m, "role", "a message must be an object");
        if (code < 0)
            return code;
    }
    return YZ_OK;
}
