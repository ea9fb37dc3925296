/* gemini/mend.c: a body of this dialect that is forwarded. The model stands in the path, which the endpoint writes anew; where the body
 * repeats it (as requests of embeddings do), it must be the same there, so it becomes the target's. All other values stay byte for byte.
 */
#include "gemini.h"

static yz_str resource(yz_str model, yz_arena *arena) {
    yz_buf name = {0};
    yz_buf_lit(&name, "\"");
    if (!yz_str_starts(model, "models/"))
        yz_buf_lit(&name, "models/");
    yz_buf_json(&name, model);
    yz_buf_lit(&name, "\"");
    yz_str raw = yz_dup(arena, yz_buf_view(&name));
    yz_buf_free(&name);
    return raw;
}

static void put_mended(const yz_json *object, yz_str name, yz_buf *out) {
    yz_buf_char(out, '{');
    for (const yz_json *field = object->child; field; field = field->next) {
        yz_buf_lit(out, field == object->child ? "" : ",");
        gm_put_quoted(out, yz_json_key(field));
        yz_buf_char(out, ':');
        yz_buf_str(out, yz_str_is(yz_json_key(field), "model") ? name : yz_json_raw(field));
    }
    yz_buf_char(out, '}');
}

static bool differs(const yz_json *object, yz_str name) {
    const yz_json *model = yz_json_given(object, "model");
    return model && !yz_str_eq(yz_json_raw(model), name);
}

/* Requests inside of the body: those of a batch, or the one whose tokens are counted. */
static void mend_inner(yz_request *mended, const char *field, yz_str name, yz_arena *arena) {
    const yz_json *inner = yz_json_given(mended->json, field);
    bool list = yz_json_is(inner, YZ_JSON_ARRAY), any = false;
    yz_buf out = {0};
    yz_buf_lit(&out, list ? "[" : "");
    for (const yz_json *one = list ? inner->child : inner; one; one = list ? one->next : NULL) {
        any |= differs(one, name);
        if (one->type == YZ_JSON_OBJECT)
            put_mended(one, name, &out);
        else
            yz_buf_str(&out, yz_json_raw(one));
        yz_buf_lit(&out, list && one->next ? "," : "");
    }
    yz_buf_lit(&out, list ? "]" : "");
    if (any)
        yz_request_set(arena, mended, field, yz_buf_view(&out));
    yz_buf_free(&out);
}

const yz_request *gm_mend(const yz_request *request, const yz_target *target, yz_arena *arena) {
    yz_str name = resource(target->model, arena);
    const yz_json *root = request->json;
    if (!yz_json_given(root, "model") && !yz_json_given(root, "requests") && !yz_json_given(root, "generateContentRequest"))
        return request;
    yz_request *mended = yz_request_copy(arena, request);
    if (differs(root, name))
        yz_request_set(arena, mended, "model", name);
    mend_inner(mended, "requests", name, arena);
    mend_inner(mended, "generateContentRequest", name, arena);
    return mended;
}
