/* lua/texts.c: every text of a request, whatever its dialect and operation: req:texts() and req:set_texts(list).
 *
 * It reads the JSON index and goes by names that bodies use, as question.c does. In the fields that hold conversation every string is a
 * text unless its name says that it is none (an id, a type, bytes in base64): so a field that nobody has heard of is a text, and a guard
 * sees it. What a model called a tool with, and what the tool gave back, is text whatever its names are.
 *
 * What tools and schemas say of themselves (their descriptions) is text too, and comes after what is said.
 *
 * Setting replaces the strings that differ, in place: everything else of the body keeps its bytes. Of a form the fields of those names are
 * texts, and what the lines of a file of requests (op FILE) ask; they can be read, not set.
 */
#include "base/request.h"
#include "lua/run.h"

typedef struct found {
    const yz_json *node; /* a string; NULL: `plain`, of a form */
    const char *role;
    yz_str plain;
} found;

typedef struct walk {
    yz_arena *arena;
    found *items;
    size_t n, cap, said; /* the first `said` of them are conversation; both parts are in the order of the body */
} walk;

typedef struct place {
    const char *role;
    bool free; /* in arguments or results of a tool: names say nothing */
    bool text; /* in an object of type "text": `data` is no base64 */
} place;

static bool among(yz_str name, const char *const *names) {
    for (; *names; names++)
        if (yz_str_is(name, *names))
            return true;
    return false;
}

/* The fields of a body that hold conversation, and who speaks in them unless they say so. */
static const char *role_of_field(yz_str name) {
    static const char *const system[] = {"system", "instructions", "systemInstruction", "system_instruction", NULL};
    static const char *const user[] = {"messages", "input",     "contents", "content",         "prompt", "suffix",
                                       "query",    "documents", "requests", "negative_prompt", NULL};
    if (among(name, system))
        return "system";
    if (yz_str_is(name, "prediction"))
        return "assistant";
    return among(name, user) ? "user" : NULL;
}

static bool is_no_text(yz_str name, const place *at) {
    static const char *const names[] = {"role",
                                        "type",
                                        "id",
                                        "name",
                                        "tool_call_id",
                                        "tool_use_id",
                                        "call_id",
                                        "item_id",
                                        "status",
                                        "mimeType",
                                        "mime_type",
                                        "media_type",
                                        "url",
                                        "uri",
                                        "image_url",
                                        "file_id",
                                        "file_url",
                                        "fileUri",
                                        "file_uri",
                                        "file_data",
                                        "detail",
                                        "format",
                                        "signature",
                                        "cache_control",
                                        "model",
                                        "phase",
                                        "namespace",
                                        "taskType",
                                        "thoughtSignature",
                                        "thought_signature",
                                        "encrypted_content",
                                        "encrypted_index",
                                        NULL};
    return among(name, names) || (yz_str_is(name, "data") && !at->text);
}

static const char *role_of(walk *w, const yz_json *object, const char *otherwise) {
    static const char *const results[] = {"tool_result", "function_call_output", "custom_tool_call_output", "mcp_tool_result", NULL};
    static const char *const calls[] = {"tool_use", "function_call", "custom_tool_call", "server_tool_use", NULL};
    yz_str role = yz_json_text(w->arena, yz_json_get(object, "role")), type = yz_json_text(w->arena, yz_json_get(object, "type"));
    if (among(type, results) || yz_str_is(role, "tool") || yz_str_is(role, "function"))
        return "tool";
    if (among(type, calls) || yz_str_is(role, "assistant") || yz_str_is(role, "model"))
        return "assistant";
    if (yz_str_is(role, "system") || yz_str_is(role, "developer"))
        return "system";
    return yz_str_is(role, "user") ? "user" : otherwise;
}

static void add_found(walk *w, found text) {
    if (w->n == w->cap) {
        found *more = yz_alloc(w->arena, (w->cap ? 2 * w->cap : 32) * sizeof *more);
        if (w->n > 0)
            memcpy(more, w->items, w->n * sizeof *more);
        w->items = more;
        w->cap = w->cap ? 2 * w->cap : 32;
    }
    w->items[w->n++] = text;
}

static void add(walk *w, const yz_json *node, const char *role) { add_found(w, (found){node, role, {0}}); }

static void visit(walk *w, const yz_json *node, place at);

static void visit_object(walk *w, const yz_json *object, place at) {
    static const char *const tools[] = {"args", "response", "arguments", "input", NULL}; /* what goes into a tool, or comes out of it */
    yz_str type = yz_json_text(w->arena, yz_json_get(object, "type"));
    if (yz_str_is(type, "image_generation_call"))
        return;
    at.role = at.free ? at.role : role_of(w, object, at.role);
    at.text = yz_str_is(type, "text");
    for (const yz_json *m = object->child; m; m = m->next) {
        yz_str name = yz_json_key(m);
        place in = at;
        if (!at.free && is_no_text(name, &at))
            continue;
        in.free = at.free || among(name, tools);
        if (yz_str_is(name, "functionResponse"))
            in.role = "tool";
        else if (yz_str_is(name, "functionCall") || yz_str_is(name, "tool_calls") || yz_str_is(name, "function_call"))
            in.role = "assistant";
        visit(w, m, in);
    }
}

static void visit(walk *w, const yz_json *node, place at) {
    if (node->type == YZ_JSON_STRING)
        add(w, node, at.role);
    else if (node->type == YZ_JSON_OBJECT)
        visit_object(w, node, at);
    else if (node->type == YZ_JSON_ARRAY)
        for (const yz_json *item = node->child; item; item = item->next)
            visit(w, item, at);
}

/* What tools and forms of an answer say of themselves: a model reads it, and who writes it need not be who asks. */
static void visit_descriptions(walk *w, const yz_json *node) {
    for (const yz_json *m = yz_json_is(node, YZ_JSON_OBJECT) || yz_json_is(node, YZ_JSON_ARRAY) ? node->child : NULL; m; m = m->next)
        if (m->type == YZ_JSON_STRING && m->key_p && yz_str_is(yz_json_key(m), "description"))
            add(w, m, "system");
        else
            visit_descriptions(w, m);
}

/* Descriptions come last, wherever they stand: what looks at the beginning of all texts is to see what was asked. */
static void visit_body(walk *w, const yz_json *body) {
    static const char *const described[] = {"tools",         "functions",        "response_format",   "text", "output_config",
                                            "output_format", "generationConfig", "generation_config", NULL};
    for (const yz_json *m = yz_json_is(body, YZ_JSON_OBJECT) ? body->child : NULL; m; m = m->next) {
        const char *role = role_of_field(yz_json_key(m));
        if (role)
            visit(w, m, (place){.role = role});
    }
    size_t said = w->n;
    for (const yz_json *m = yz_json_is(body, YZ_JSON_OBJECT) ? body->child : NULL; m; m = m->next)
        if (among(yz_json_key(m), described))
            visit_descriptions(w, m);
    w->said = said;
}

/* A file of requests, one a line. What is none is a text, whatever it says: nothing gets by. */
static void visit_lines(walk *w, yz_str file) {
    while (file.n > 0) {
        const char *end = memchr(file.p, '\n', file.n);
        yz_str line = {file.p, end ? (size_t)(end - file.p) : file.n};
        size_t taken = line.n + (end != NULL);
        yz_json *json = NULL;
        if (yz_json_parse(w->arena, line, 0, &json, NULL) == YZ_OK)
            visit_body(w, yz_json_get(json, "body"));
        else if (line.n > 0)
            add_found(w, (found){NULL, "user", line});
        file = (yz_str){file.p + taken, file.n - taken};
    }
}

static void visit_form(walk *w, const yz_form *form, bool requests) {
    for (const yz_form_field *f = form->fields; f; f = f->next) {
        const char *role = f->file ? NULL : role_of_field(f->name);
        if (role)
            add_found(w, (found){NULL, role, f->value});
        else if (f->file && requests)
            visit_lines(w, f->value);
    }
}

/* In the order of the body; in the scratch arena. */
static walk texts_of(const yz_policy_call *pc) {
    walk w = {.arena = yz_lua_scratch(pc->lua)};
    if (!pc->request->form) {
        visit_body(&w, pc->request->json);
        return w;
    }
    visit_form(&w, pc->request->form, pc->request->op == YZ_OP_FILE);
    w.said = w.n;
    return w;
}

static yz_str text_of(const walk *w, size_t i) { return w->items[i].node ? yz_json_text(w->arena, w->items[i].node) : w->items[i].plain; }

/* What is said in a session comes when the policies are through, and so do the lines of a file that streams: one that asks for them must
 * not take silence for an answer. All fields of such a form are there. */
static void refuse_unseen(lua_State *L, const yz_policy_call *pc) {
    if (pc->request->op == YZ_OP_FILE && pc->request->upload)
        luaL_error(
            L, "req:texts: this file is passed on as it comes, so what it asks is not known yet: limits { stream_from } says from which "
               "length on, and limits { upload = 0 } refuses such files");
    if (pc->request->op == YZ_OP_STORED && pc->request->form)
        luaL_error(L, "req:texts: a part of a file may begin and end anywhere, so what it asks cannot be read: a chain whose operations "
                      "leave \"file\" out takes no files, neither in parts nor whole");
    if (pc->request->op == YZ_OP_REALTIME)
        luaL_error(L, "req:texts: what will be said in a session (req.op \"realtime\") is not known when it begins");
}

/* req:texts() -> list of texts, list of who says them: "system", "user", "assistant" or "tool" */
int policy_texts_get(lua_State *L, yz_policy_call *pc) {
    refuse_unseen(L, pc);
    walk w = texts_of(pc);
    lua_createtable(L, (int)w.n, 0);
    lua_createtable(L, (int)w.n, 0);
    for (size_t i = 0; i < w.n; i++) {
        yz_str text = text_of(&w, i);
        lua_pushlstring(L, text.p, text.n);
        lua_rawseti(L, -3, (int)i + 1);
        lua_pushstring(L, w.items[i].role);
        lua_rawseti(L, -2, (int)i + 1);
    }
    return 2;
}

/* The text at place i of the list at 2. */
static yz_str listed(lua_State *L, size_t i) {
    yz_str text = {0};
    lua_rawgeti(L, 2, (int)i + 1);
    if (lua_type(L, -1) != LUA_TSTRING)
        luaL_error(L, "req:set_texts: entry %d is a %s, but should be a text", (int)i + 1, luaL_typename(L, -1));
    text.p = lua_tolstring(L, -1, &text.n);
    lua_pop(L, 1); /* the list keeps it alive */
    return text;
}

/* The next text in the order of the body, of both parts. */
static size_t next_of(const walk *w, size_t *said, size_t *described) {
    const found *items = w->items;
    return *described == w->n || (*said < w->said && items[*said].node->p < items[*described].node->p) ? (*said)++ : (*described)++;
}

/* req:set_texts(list): the list that texts gave, with other words in it */
int policy_texts_set(lua_State *L, yz_policy_call *pc) {
    refuse_unseen(L, pc);
    walk w = texts_of(pc);
    luaL_checktype(L, 2, LUA_TTABLE);
    if (lua_objlen(L, 2) != w.n)
        return luaL_error(L, "req:set_texts: the list has %d texts, but the request has %d", (int)lua_objlen(L, 2), (int)w.n);
    const char *from = pc->request->body.p, *end = from + pc->request->body.n;
    yz_buf *out = yz_lua_text(pc->lua);
    bool changed = false;
    for (size_t said = 0, described = w.said; said < w.said || described < w.n;) {
        size_t i = next_of(&w, &said, &described);
        const yz_json *node = w.items[i].node;
        yz_str text = listed(L, i);
        if (yz_str_eq(text, text_of(&w, i)))
            continue;
        if (pc->request->form)
            return luaL_error(L, "req:set_texts: the texts of a form can be read, but not set");
        changed = true;
        yz_buf_put(out, from, (size_t)(node->p - from));
        yz_buf_json_str(out, text);
        from = node->p + node->n;
    }
    if (!changed)
        return 0;
    yz_buf_put(out, from, (size_t)(end - from));
    yz_arena *arena = yz_call_arena(pc->call);
    if (yz_request_replace(arena, policy_request_draft(pc), yz_dup(arena, yz_buf_view(out))) != YZ_OK)
        return luaL_error(L, "req:set_texts: the request would be too large, or a text is no UTF-8");
    return 0;
}
