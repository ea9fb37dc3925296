/* common/files.c: files of an account that a body names by their ids ("file_id" of a part, "file_ids" of a container), wherever they are
 * read from it. Whoever may read such a file could have it read to him: so each is judged as where it is asked for by itself (kept.c), and
 * goes to the provider by its own id. What only tells of files is none of that: clients send back what an answer said. Names are compared,
 * and texts not looked at: that is a few hundred instructions for a chat.
 */
#include "common.h"

typedef bool visitor(void *arg, yz_str id); /* false: that is enough */

/* Where in a body: its values from the outermost on. */
typedef struct frame {
    const yz_json *node;
    const struct frame *up;
} frame;

typedef struct walker {
    yz_arena *arena;
    visitor *visit;
    void *arg;
    yz_str near; /* a name that another may take for one of them: there the walk ended */
} walker;

enum { SHORTEST = sizeof("file_id") - 1, LONGEST = 6 * (sizeof("file_ids") - 1) };

/* Also where letters of the name are escaped. */
static yz_str name_of(const yz_json *field, yz_arena *arena) {
    yz_str key = yz_json_key(field);
    if (key.n < SHORTEST || key.n > LONGEST)
        return YZ_STR("");
    bool escaped = key.n > SHORTEST && memchr(key.p, '\\', key.n) != NULL;
    return escaped ? yz_json_unescape(arena, key) : key;
}

/* ---- what is passed over ------------------------------------------------------------------------------------------------ */

/* prompt.variables: its names are the client's own. */
static bool is_variables(const frame *at) {
    const frame *prompt = at->up;
    return prompt && prompt->up && !prompt->up->up && yz_str_is(yz_json_key(at->node), "variables") &&
           yz_str_is(yz_json_key(prompt->node), "prompt");
}

/* What is described there, or only noted, names no file. */
static bool is_passed_over(const yz_json *field, const frame *in) {
    static const char *const names[] = {"parameters", "input_schema", "schema", "json_schema", "metadata", NULL};
    return yc_one_of(yz_json_key(field), names) && !is_variables(in);
}

/* Fields from which nobody reads a file: what a model was told or has said, arguments and results of tools, and forms of answers. They are
 * told by their place alone, since a part's type may be anything to who does not look at it. */
static bool is_unread(const yz_json *field) {
    static const char *const names[] = {"annotations",
                                        "citations",
                                        "results",
                                        "outputs",
                                        "arguments",
                                        "functionCall",
                                        "function_call",
                                        "functionResponse",
                                        "function_response",
                                        "input_examples",
                                        "guided_json",
                                        "structured_outputs",
                                        "chat_template_kwargs",
                                        "parametersJsonSchema",
                                        "responseSchema",
                                        "response_schema",
                                        "responseJsonSchema",
                                        NULL};
    return yc_one_of(yz_json_key(field), names);
}

static bool ends_in(const yz_json *object, const char *word) {
    yz_str type = yz_json_escaped(yz_json_get(object, "type"));
    size_t n = strlen(word);
    return type.n >= n && memcmp(type.p + type.n - n, word, n) == 0;
}

/* Messages: what a tool was given, and a file that code has made, which stands in a list of the tool's result. */
static bool is_of_tool(const frame *at) {
    const frame *up = at->up;
    if (up && up->up && yz_str_is(yz_json_key(at->node), "input"))
        return ends_in(up->node, "tool_use");
    return up && yz_json_is(up->node, YZ_JSON_ARRAY) && yz_str_is(yz_json_key(up->node), "content") &&
           ends_in(at->node, "code_execution_output");
}

static bool is_read(const frame *at) {
    if (is_variables(at))
        return false;
    for (; at->up; at = at->up)
        if ((is_unread(at->node) && !is_variables(at->up)) || is_of_tool(at))
            return false;
    return true;
}

/* ---- the walk ----------------------------------------------------------------------------------------------------------- */

static bool visit_list(const yz_json *list, const walker *w) {
    for (const yz_json *id = yz_json_is(list, YZ_JSON_ARRAY) ? list->child : NULL; id; id = id->next)
        if (yz_json_is(id, YZ_JSON_STRING) && !w->visit(w->arg, yz_json_escaped(id)))
            return false;
    return true;
}

/* Is it one of the two fields? Then *go_on says whether the walk does. */
static bool is_file(const yz_json *field, const frame *at, walker *w, bool *go_on) {
    yz_str name = name_of(field, w->arena);
    *go_on = true;
    if (name.n == 0 || (name.p[0] | 0x20) != 'f') /* as nearly all; no other letter folds to it */
        return false;
    const char *known = yc_folds_to(name, "file_id") ? "file_id" : yc_folds_to(name, "file_ids") ? "file_ids" : NULL;
    bool text = yz_json_is(field, YZ_JSON_STRING);
    if (!known || !is_read(at))
        return false;
    if (!yz_str_is(name, known)) {
        w->near = name;
        *go_on = false;
    } else if (known[SHORTEST]) {
        *go_on = visit_list(field, w);
    } else if (text) {
        *go_on = w->visit(w->arg, yz_json_escaped(field));
    } else {
        return false;
    }
    return true;
}

/* In the order they stand; no deeper than a body may be. */
static bool walk(const yz_json *node, const frame *up, walker *w) {
    const frame at = {node, up};
    bool object = yz_json_is(node, YZ_JSON_OBJECT), go_on = true;
    if (!object && !yz_json_is(node, YZ_JSON_ARRAY))
        return true;
    for (const yz_json *child = node->child; child && go_on; child = child->next) {
        if (child->type < YZ_JSON_STRING || (object && is_file(child, &at, w, &go_on)))
            continue;
        go_on = go_on && (yz_json_is(child, YZ_JSON_STRING) || (object && is_passed_over(child, &at)) || walk(child, &at, w));
    }
    return go_on;
}

typedef struct judging {
    const yz_request *request;
    const yz_target *target;
    yz_arena *arena;
    yz_str bare; /* of the one that is not held */
} judging;

static bool judge(void *arg, yz_str id) {
    judging *j = arg;
    return id.n == 0 || yc_kept_held(j->request, j->target, j->arena, id, &j->bare);
}

bool yc_files_held(const yz_call *call, const yz_request *request, const yz_target *target, yz_error *why) {
    bool other = strcmp(target->provider->adapter->dialect, request->dialect->dialect) != 0;
    if (!request->json ||
        (other && request->op == YZ_OP_VIDEO)) /* no film's file goes to another dialect: that is told when it is written */
        return true;
    judging j = {request, target, yz_call_arena(call), {NULL, 0}};
    walker w = {j.arena, judge, &j, {NULL, 0}};
    if (walk(request->json, NULL, &w))
        return true;
    if (w.near.n > 0) {
        why->class_ = YZ_ERROR_BAD_REQUEST;
        why->param = w.near;
        why->message = yz_format(j.arena, YC_NEAR_WORDS, YZ_STR_ARGS(w.near), "file_id");
        return false;
    }
    why->class_ = YZ_ERROR_NOT_FOUND;
    why->param = YZ_STR("file_id");
    why->message = yz_format(j.arena, "File with id '%.*s' not found: no provider of this model keeps it for you",
                             (int)(j.bare.n < YC_KEPT_MAX ? j.bare.n : YC_KEPT_MAX), j.bare.p);
    return false;
}

typedef struct baring {
    yz_buf out;
    yz_str rest; /* of the body */
} baring;

static bool bare(void *arg, yz_str id) {
    baring *b = arg;
    yz_str own = yc_kept_bare(id);
    size_t before = (size_t)(id.p - b->rest.p) + own.n, marked = id.n - own.n;
    if (marked == 0)
        return true;
    yz_buf_put(&b->out, b->rest.p, before);
    b->rest = yz_str_at(b->rest.p + before + marked, b->rest.n - before - marked);
    return true;
}

const yz_request *yc_files_bare(const yz_request *request, yz_arena *arena) {
    yz_json *root;
    if (!request->json)
        return request;
    baring b = {.rest = request->body};
    walk(request->json, NULL, &(walker){arena, bare, &b, {NULL, 0}});
    if (b.out.n == 0)
        return request;
    yz_buf_str(&b.out, b.rest);
    yz_request *own = yz_request_copy(arena, request);
    own->body = yz_dup(arena, yz_buf_view(&b.out));
    yz_buf_free(&b.out);
    if (yz_json_parse(arena, own->body, YZ_JSON_LONE_SURROGATES, &root, NULL) < 0) /* it was proven before */
        return request;
    own->json = root;
    own->model_node = request->model_node ? yz_json_get(root, "model") : NULL;
    return own;
}
