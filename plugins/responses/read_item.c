/* responses/read_item.c: the items of a client's input. Calls in a row, and the message or the thoughts before them, are one message of
 * the assistant; results in a row are parts of one user message. The core puts that right behind the calls, wherever it stands.
 */
#include "responses.h"

static int refuse(const rs_reader *r, const char *field, const char *words) {
    return rs_refuse(r, yz_format(r->arena, "input[%zu]%s", r->at, field), "%s", words);
}

/* ---- parts ---------------------------------------------------------------------------------------------------------------------- */

static int read_image(const rs_reader *r, const yz_json *node, yz_part *part) {
    part->detail = yz_json_escaped(yz_json_given(node, "detail"));
    if (!yc_read_url(r->arena, yz_json_get(node, "image_url"), part))
        return refuse(r, ".content", "image_url must be an https URL or a base64 data: URL: a file_id belongs to one provider");
    return YZ_OK;
}

static int read_file(const rs_reader *r, const yz_json *node, yz_part *part) {
    const yz_json *data = yz_json_given(node, "file_data");
    part->name = yz_json_escaped(yz_json_get(node, "filename"));
    if (!yc_read_url(r->arena, data ? data : yz_json_get(node, "file_url"), part))
        return refuse(r, ".content", "an input_file needs file_data (a base64 data: URL) or file_url: a file_id belongs to one provider");
    return YZ_OK;
}

typedef struct place { /* where parts go: a message, or a result */
    yz_message *message;
    yz_part *result;
} place;

static yz_part *add(place to, yz_part_kind kind) { return to.result ? yz_part_add_to(to.result, kind) : yz_part_add(to.message, kind); }

static int read_part(const rs_reader *r, const yz_json *node, place to) {
    yz_str type = yc_word(r->arena, yz_json_get(node, "type"));
    bool refusal = yz_str_is(type, "refusal");
    if (yz_str_is(type, "input_image"))
        return read_image(r, node, add(to, YZ_PART_IMAGE));
    if (yz_str_is(type, "input_file"))
        return read_file(r, node, add(to, YZ_PART_FILE));
    const yz_json *text = yz_json_get(node, refusal ? "refusal" : "text");
    bool known = refusal || yz_str_is(type, "input_text") || yz_str_is(type, "output_text") || yz_str_is(type, "text");
    if (!known || !yz_json_is(text, YZ_JSON_STRING))
        return refuse(r, ".content", "a part must be of type input_text, output_text, refusal, input_image or input_file, with its value");
    add(to, refusal ? YZ_PART_REFUSAL : YZ_PART_TEXT)->text = yz_json_escaped(text);
    return YZ_OK;
}

static int read_content(const rs_reader *r, const yz_json *content, place to) {
    if (yz_json_is(content, YZ_JSON_STRING)) {
        add(to, YZ_PART_TEXT)->text = yz_json_escaped(content);
        return YZ_OK;
    }
    if (!yz_json_is(content, YZ_JSON_ARRAY))
        return refuse(r, "", "content, or output, must be a string or a list of parts");
    int code = YZ_OK;
    for (const yz_json *node = content->child; node && code == YZ_OK; node = node->next)
        code = read_part(r, node, to);
    return code;
}

/* ---- items ------------------------------------------------------------------------------------------------------------------------ */

/* The assistant's message that goes on: its items come one by one. */
static yz_message *assistant(rs_reader *r) {
    if (!r->last || r->last->role != YZ_ROLE_ASSISTANT)
        r->last = yz_message_add(r->out, YZ_ROLE_ASSISTANT);
    r->results = NULL;
    return r->last;
}

static int read_message(rs_reader *r, const yz_json *item) {
    yz_str role = yc_word(r->arena, yz_json_get(item, "role"));
    if (yz_str_is(role, "assistant"))
        return read_content(r, yz_json_get(item, "content"), (place){.message = assistant(r)});
    bool system = yz_str_is(role, "system") || yz_str_is(role, "developer");
    if (!system && !yz_str_is(role, "user"))
        return refuse(r, ".role", "role must be user, assistant, system or developer");
    yz_message *message = yz_message_add(r->out, system ? YZ_ROLE_SYSTEM : YZ_ROLE_USER);
    r->last = message;
    return read_content(r, yz_json_get(item, "content"), (place){.message = message});
}

static void set_args(const rs_reader *r, const yz_json *args, yz_part *part) {
    yz_json *object;
    yz_str text = yz_json_text(r->arena, args);
    if (yz_json_parse(r->arena, text, YZ_JSON_LONE_SURROGATES, &object, NULL) == YZ_OK && object->type == YZ_JSON_OBJECT)
        part->args = yz_json_raw(object);
    else
        part->raw_args = yz_json_escaped(args);
}

static int read_call(rs_reader *r, const yz_json *item, bool custom) {
    yz_str name = yz_json_escaped(yz_json_get(item, "name")), id = yz_json_escaped(yz_json_get(item, "call_id"));
    if (name.n == 0 || id.n == 0)
        return refuse(r, "", "a call needs name and call_id");
    yz_part *part = yz_part_add(assistant(r), YZ_PART_TOOL_CALL);
    part->id = id;
    part->name = rs_full_name(r->arena, yz_json_escaped(yz_json_get(item, "namespace")), name);
    yc_index_put(r->calls, id, part);
    if (custom)
        part->args = yz_format(r->arena, "{\"input\":\"%.*s\"}", YZ_STR_ARGS(yz_json_escaped(yz_json_get(item, "input"))));
    else
        set_args(r, yz_json_get(item, "arguments"), part);
    return YZ_OK;
}

/* The user message of results that goes on, or a new one; NULL: nobody has called so. */
static yz_message *results_of(rs_reader *r, yz_str id) {
    if (!r->results && !yc_index_get(r->calls, id))
        return NULL;
    if (!r->results || r->last != r->results)
        r->last = r->results = yz_message_add(r->out, YZ_ROLE_USER);
    return r->results;
}

static int read_result(rs_reader *r, const yz_json *item) {
    yz_str id = yz_json_escaped(yz_json_get(item, "call_id"));
    yz_message *message = results_of(r, id);
    if (!message)
        return refuse(r, ".call_id", "an output needs the call_id of a call that stands before it");
    yz_part *part = yz_part_add(message, YZ_PART_TOOL_RESULT);
    part->id = id;
    return read_content(r, yz_json_get(item, "output"), (place){.result = part});
}

static void read_reasoning(rs_reader *r, const yz_json *item) {
    const yz_json *list = yz_json_get(item, "content");
    if (yz_json_count(list) == 0)
        list = yz_json_get(item, "summary");
    yz_part *part = yz_part_add(assistant(r), YZ_PART_REASONING);
    yz_buf text = {0};
    for (const yz_json *node = list ? list->child : NULL; node; node = node->next) {
        yz_buf_lit(&text, node == list->child ? "" : "\\n\\n");
        yz_buf_str(&text, yz_json_escaped(yz_json_get(node, "text")));
    }
    part->text = yz_dup(r->arena, yz_buf_view(&text));
    yz_buf_free(&text);
    part->signature = yz_json_escaped(yz_json_get(item, "encrypted_content"));
    part->signed_by = yc_unwrap_signature(&part->signature, RS_SIGNER);
}

static void read_opaque(rs_reader *r, const yz_json *item, yz_str type) {
    yz_part *part = yz_part_add(assistant(r), YZ_PART_OPAQUE);
    part->raw = yz_json_raw(item);
    part->dialect = YZ_STR(RS_DIALECT);
    part->signed_by = YZ_STR(RS_SIGNER);
    part->name = yz_format(r->arena, "input.%.*s", YZ_STR_ARGS(type));
}

static int read_item(rs_reader *r, const yz_json *item) {
    yz_str type = yc_word(r->arena, yz_json_get(item, "type"));
    if (item->type != YZ_JSON_OBJECT)
        return refuse(r, "", "an item must be an object");
    if (yz_str_is(type, "message") || (type.n == 0 && yz_json_get(item, "role")))
        return read_message(r, item);
    if (yz_str_is(type, "function_call") || yz_str_is(type, "custom_tool_call"))
        return read_call(r, item, yz_str_is(type, "custom_tool_call"));
    if (yz_str_is(type, "function_call_output") || yz_str_is(type, "custom_tool_call_output"))
        return read_result(r, item);
    if (yz_str_is(type, "item_reference") || (type.n == 0 && yz_json_get(item, "id")))
        return refuse(r, "", "an item_reference names what another provider keeps: send the item itself");
    if (type.n == 0)
        return refuse(r, ".type", "an item needs a type");
    if (yz_str_is(type, "reasoning"))
        read_reasoning(r, item);
    else
        read_opaque(r, item, type);
    return YZ_OK;
}

int rs_read_input(rs_reader *r, const yz_json *input) {
    if (yz_json_is(input, YZ_JSON_STRING)) {
        yz_part_add(yz_message_add(r->out, YZ_ROLE_USER), YZ_PART_TEXT)->text = yz_json_escaped(input);
        return YZ_OK;
    }
    int code = YZ_OK;
    r->calls = yc_index_new(r->arena);
    for (const yz_json *item = input->child; item && code == YZ_OK; item = item->next, r->at++)
        code = read_item(r, item);
    return code;
}
