/* anthropic/read_block.c: content blocks as neutral parts.
 *
 * What belongs to Anthropic's own machinery (server tools and their results, redacted thinking) means nothing to another provider:
 * it is left out and told as a loss.
 */
#include "anthropic.h"

typedef struct parts {
    yz_part *items;
    size_t n, cap;
} parts;

static yz_part *add(an_reader *r, parts *list, yz_part_kind kind) {
    if (list->n == list->cap) {
        size_t cap = list->cap ? list->cap * 2 : 4;
        yz_part *items = yz_alloc(r->arena, cap * sizeof(yz_part));
        if (list->n)
            memcpy(items, list->items, list->n * sizeof(yz_part));
        list->items = items;
        list->cap = cap;
    }
    yz_part *part = &list->items[list->n++];
    part->kind = kind;
    return part;
}

static int refuse(an_reader *r, const char *words) {
    return an_refuse(r, yz_format(r->arena, "messages.%zu.content", r->at), "messages.%zu.content: %s", r->at, words);
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
    yz_str type = yz_json_escaped(yz_json_get(source, "type"));
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

static int read_document(an_reader *r, const yz_json *node, yz_part *part) {
    const yz_json *source = yz_json_get(node, "source"), *data = yz_json_get(source, "data"), *content = yz_json_get(source, "content");
    yz_str type = yz_json_escaped(yz_json_get(source, "type"));
    part->name = yz_json_escaped(yz_json_get(node, "title"));
    part->media_type = yz_json_escaped(yz_json_get(source, "media_type"));
    part->url = yz_json_escaped(yz_json_get(source, "url"));
    if (yz_json_true(yz_json_get(yz_json_get(node, "citations"), "enabled")))
        yz_lose(r->losses, "document.citations");
    if (yz_json_given(node, "context"))
        yz_lose(r->losses, "document.context");
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

static int read_list(an_reader *r, const yz_json *list, bool nested, parts *out);

static int read_tool_result(an_reader *r, const yz_json *node, yz_part *part) {
    const yz_json *content = yz_json_given(node, "content");
    part->id = yz_json_escaped(yz_json_get(node, "tool_use_id"));
    part->is_error = yz_json_true(yz_json_get(node, "is_error"));
    if (part->id.n == 0)
        return refuse(r, "tool_result needs tool_use_id");
    parts inner = {0};
    if (yz_json_is(content, YZ_JSON_STRING))
        add(r, &inner, YZ_PART_TEXT)->text = yz_json_escaped(content);
    int code = yz_json_is(content, YZ_JSON_ARRAY) ? read_list(r, content, true, &inner) : YZ_OK;
    part->parts = inner.items;
    part->n_parts = inner.n;
    return code;
}

/* Blocks that only a user or assistant message has, not a tool result. */
static int read_outer(an_reader *r, const yz_json *node, yz_str type, parts *out) {
    yz_part *part;
    if (yz_str_is(type, "tool_use"))
        return read_tool_use(r, node, add(r, out, YZ_PART_TOOL_CALL));
    if (yz_str_is(type, "tool_result")) {
        size_t at = out->n;
        part = add(r, out, YZ_PART_TOOL_RESULT);
        part->cache = yz_json_raw(yz_json_given(node, "cache_control"));
        return read_tool_result(r, node, &out->items[at]);
    }
    if (yz_str_is(type, "thinking")) {
        part = add(r, out, YZ_PART_REASONING);
        part->text = yz_json_escaped(yz_json_get(node, "thinking"));
        part->signature = yz_json_escaped(yz_json_get(node, "signature"));
        return YZ_OK;
    }
    if (type.n == 0)
        return refuse(r, "each block needs a type");
    yz_lose(r->losses, yz_format(r->arena, "content.%.*s", YZ_STR_ARGS(type)).p);
    return YZ_OK;
}

static int read_block(an_reader *r, const yz_json *node, bool nested, parts *out) {
    yz_str type = yz_json_escaped(yz_json_get(node, "type")), cache = yz_json_raw(yz_json_given(node, "cache_control"));
    yz_part *part;
    if (yz_str_is(type, "text")) {
        if (!yz_json_is(yz_json_get(node, "text"), YZ_JSON_STRING))
            return refuse(r, "a text block needs text");
        part = add(r, out, YZ_PART_TEXT);
        part->text = yz_json_escaped(yz_json_get(node, "text"));
        part->cache = cache;
        return YZ_OK;
    }
    if (yz_str_is(type, "image")) {
        part = add(r, out, YZ_PART_IMAGE);
        part->cache = cache;
        return read_image(r, node, part);
    }
    const yz_json *source = yz_json_get(node, "source"), *content = yz_json_get(source, "content");
    if (yz_str_is(type, "document") && yz_json_is(content, YZ_JSON_ARRAY)) /* blocks of their own: texts and pictures */
        return read_list(r, content, true, out);
    if (yz_str_is(type, "document")) {
        part = add(r, out, YZ_PART_FILE);
        part->cache = cache;
        return read_document(r, node, part);
    }
    if (yz_str_is(type, "search_result")) /* its text is what counts */
        return read_list(r, yz_json_get(node, "content"), true, out);
    if (nested) {
        yz_lose(r->losses, yz_format(r->arena, "tool_result.%.*s", YZ_STR_ARGS(type)).p);
        return YZ_OK;
    }
    return read_outer(r, node, type, out);
}

static int read_list(an_reader *r, const yz_json *list, bool nested, parts *out) {
    int code = YZ_OK;
    for (const yz_json *node = list ? list->child : NULL; node && code == YZ_OK; node = node->next)
        code = read_block(r, node, nested, out);
    return code;
}

int an_read_content(an_reader *r, const yz_json *content, yz_part **items, size_t *n) {
    parts list = {0};
    int code = YZ_OK;
    if (yz_json_is(content, YZ_JSON_STRING))
        add(r, &list, YZ_PART_TEXT)->text = yz_json_escaped(content);
    else if (yz_json_is(content, YZ_JSON_ARRAY))
        code = read_list(r, content, false, &list);
    else
        code = refuse(r, "must be a string or a list of blocks");
    *items = list.items;
    *n = list.n;
    return code;
}
