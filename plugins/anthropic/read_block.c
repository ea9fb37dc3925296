/* anthropic/read_block.c: content blocks as neutral parts.
 *
 * What belongs to Anthropic's own machinery (server tools and their results, redacted thinking) means nothing to another provider: it
 * becomes an opaque part, which is reported as lost wherever it cannot go back to where it came from.
 */
#include "anthropic.h"

/* Where parts go: a message, or a tool result. */
typedef struct place {
    yz_message *message;
    yz_part *result;
} place;

static yz_part *add(place to, yz_part_kind kind) { return to.result ? yz_part_add_to(to.result, kind) : yz_part_add(to.message, kind); }

static int opaque(an_reader *r, const yz_json *node, yz_str type, place to) {
    yz_part *part = add(to, YZ_PART_OPAQUE);
    part->raw = yz_json_raw(node);
    part->dialect = YZ_STR(AN_DIALECT);
    part->signed_by = YZ_STR(AN_SIGNER);
    part->name = yz_format(r->arena, to.result ? "tool_result.%.*s" : "content.%.*s", YZ_STR_ARGS(type));
    return YZ_OK;
}

static int refuse(an_reader *r, const char *message) {
    return an_refuse(r, yz_format(r->arena, "messages.%zu.content", r->at), "messages.%zu.content: %s", r->at, message);
}

/* Base64 needs no escaping, except that some writers spell "/" as "\/". */
static bool base64(an_reader *r, const yz_json *node, yz_str *out) {
    *out = yz_json_text(r->arena, node);
    for (size_t i = 0; i < out->n; i++)
        if ((unsigned char)out->p[i] <= ' ' || out->p[i] == '"' || out->p[i] == '\\' || (unsigned char)out->p[i] >= 0x80)
            return false;
    return out->n > 0;
}

static int read_image(an_reader *r, const yz_json *node, yz_part *part) {
    const yz_json *source = yz_json_get(node, "source");
    yz_str type = yc_word(r->arena, yz_json_get(source, "type"));
    part->url = yz_json_escaped(yz_json_get(source, "url"));
    part->media_type = yz_json_escaped(yz_json_get(source, "media_type"));
    if (yz_str_is(type, "url") && part->url.n)
        return YZ_OK;
    if (yz_str_is(type, "file"))
        return refuse(r, "a file id belongs to one provider: embed the picture");
    if (!yz_str_is(type, "base64") || !part->media_type.n || !base64(r, yz_json_get(source, "data"), &part->data))
        return refuse(r, "an image needs a source of type base64 or url");
    return YZ_OK;
}

/* What a document says beside its content, and nobody else knows. */
static void lose_beside(an_reader *r, const yz_json *node, yz_str type) {
    if (yz_json_true(yz_json_get(yz_json_get(node, "citations"), "enabled")))
        yz_lose(r->losses, yz_format(r->arena, "%.*s.citations", YZ_STR_ARGS(type)).p);
    if (yz_json_given(node, "context"))
        yz_lose(r->losses, yz_format(r->arena, "%.*s.context", YZ_STR_ARGS(type)).p);
}

static int read_document(an_reader *r, const yz_json *node, yz_part *part) {
    const yz_json *source = yz_json_get(node, "source"), *data = yz_json_get(source, "data"), *content = yz_json_get(source, "content");
    yz_str type = yc_word(r->arena, yz_json_get(source, "type"));
    part->name = yz_json_escaped(yz_json_get(node, "title"));
    part->media_type = yz_json_escaped(yz_json_get(source, "media_type"));
    part->url = yz_json_escaped(yz_json_get(source, "url"));
    lose_beside(r, node, YZ_STR("document"));
    if (yz_str_is(type, "text"))
        part->text = yz_json_escaped(data);
    else if (yz_str_is(type, "content") && yz_json_is(content, YZ_JSON_STRING))
        part->text = yz_json_escaped(content);
    else if (yz_str_is(type, "base64") && base64(r, data, &part->data))
        return YZ_OK;
    if (part->text.n || (yz_str_is(type, "url") && part->url.n))
        return YZ_OK;
    return refuse(r, "a document needs a source of type base64, text or url");
}

static int read_tool_use(an_reader *r, const yz_json *node, yz_part *part) {
    const yz_json *name = yz_json_get(node, "name"), *input = yz_json_get(node, "input");
    part->id = yz_json_escaped(yz_json_get(node, "id"));
    part->name = yz_json_escaped(name);
    part->args = yz_json_is(input, YZ_JSON_OBJECT) ? yz_json_raw(input) : YZ_STR("{}");
    return part->id.n && part->name.n ? YZ_OK : refuse(r, "tool_use needs id, name and input");
}

static int read_list(an_reader *r, const yz_json *list, place to, bool nested);

static int read_tool_result(an_reader *r, const yz_json *node, yz_part *part) {
    const yz_json *content = yz_json_given(node, "content");
    part->cache = yz_json_raw(yz_json_given(node, "cache_control"));
    part->id = yz_json_escaped(yz_json_get(node, "tool_use_id"));
    part->is_error = yz_json_true(yz_json_get(node, "is_error"));
    if (part->id.n == 0)
        return refuse(r, "tool_result needs tool_use_id");
    if (yz_json_is(content, YZ_JSON_STRING))
        yz_part_add_to(part, YZ_PART_TEXT)->text = yz_json_escaped(content);
    return yz_json_is(content, YZ_JSON_ARRAY) ? read_list(r, content, (place){.result = part}, true) : YZ_OK;
}

/* Blocks that only a user or assistant message has, not a tool result. */
static int read_outer(an_reader *r, const yz_json *node, yz_str type, place to) {
    if (yz_str_is(type, "tool_use"))
        return read_tool_use(r, node, add(to, YZ_PART_TOOL_CALL));
    if (yz_str_is(type, "tool_result"))
        return read_tool_result(r, node, add(to, YZ_PART_TOOL_RESULT));
    if (yz_str_is(type, "thinking")) {
        yz_part *part = add(to, YZ_PART_REASONING);
        part->text = yz_json_escaped(yz_json_get(node, "thinking"));
        part->signature = yz_json_escaped(yz_json_get(node, "signature"));
        part->signed_by = yc_unwrap_signature(&part->signature, AN_SIGNER);
        return YZ_OK;
    }
    if (type.n == 0)
        return refuse(r, "each block needs a type");
    return opaque(r, node, type, to);
}

static int read_text(an_reader *r, const yz_json *node, place to) {
    const yz_json *citations = yz_json_given(node, "citations");
    if (!yz_json_is(yz_json_get(node, "text"), YZ_JSON_STRING))
        return refuse(r, "a text block needs text");
    yz_part *part = add(to, YZ_PART_TEXT);
    part->text = yz_json_escaped(yz_json_get(node, "text"));
    part->cache = yz_json_raw(yz_json_given(node, "cache_control"));
    if (yz_json_count(citations)) {
        part->raw = yz_json_raw(citations);
        part->dialect = YZ_STR(AN_DIALECT);
    }
    return YZ_OK;
}

/* A document of blocks, or something that was found: its texts and pictures, after a text with its title and where it is from. */
static int read_parts(an_reader *r, const yz_json *node, yz_str type, place to) {
    bool found = yz_str_is(type, "search_result");
    yz_str title = yz_json_escaped(yz_json_given(node, "title")), source = {NULL, 0};
    if (found)
        source = yz_json_escaped(yz_json_given(node, "source"));
    if (title.n + source.n > 0)
        add(to, YZ_PART_TEXT)->text =
            yz_format(r->arena, "%.*s%s%.*s", YZ_STR_ARGS(title), title.n && source.n ? "\\n" : "", YZ_STR_ARGS(source));
    lose_beside(r, node, type);
    return read_list(r, yz_json_get(found ? node : yz_json_get(node, "source"), "content"), to, true);
}

/* `nested`: inside a block that has blocks of its own. */
static int read_block(an_reader *r, const yz_json *node, place to, bool nested) {
    yz_str type = yc_word(r->arena, yz_json_get(node, "type"));
    const yz_json *content = yz_json_get(yz_json_get(node, "source"), "content");
    bool image = yz_str_is(type, "image"), document = yz_str_is(type, "document");
    if (yz_str_is(type, "text"))
        return read_text(r, node, to);
    if ((document && yz_json_is(content, YZ_JSON_ARRAY)) || yz_str_is(type, "search_result"))
        return read_parts(r, node, type, to);
    if (image || document) {
        yz_part *part = add(to, image ? YZ_PART_IMAGE : YZ_PART_FILE);
        part->cache = yz_json_raw(yz_json_given(node, "cache_control"));
        return image ? read_image(r, node, part) : read_document(r, node, part);
    }
    if (!nested)
        return read_outer(r, node, type, to);
    if (to.result)
        return opaque(r, node, type, to);
    yz_lose(r->losses, yz_format(r->arena, "tool_result.%.*s", YZ_STR_ARGS(type)).p);
    return YZ_OK;
}

static int read_list(an_reader *r, const yz_json *list, place to, bool nested) {
    int code = YZ_OK;
    for (const yz_json *node = list ? list->child : NULL; node && code == YZ_OK; node = node->next)
        code = read_block(r, node, to, nested);
    return code;
}

int an_read_content(an_reader *r, const yz_json *content, yz_message *message) {
    if (yz_json_is(content, YZ_JSON_ARRAY))
        return read_list(r, content, (place){.message = message}, false);
    if (!yz_json_is(content, YZ_JSON_STRING))
        return refuse(r, "must be a string or a list of blocks");
    yz_part_add(message, YZ_PART_TEXT)->text = yz_json_escaped(content);
    return YZ_OK;
}
