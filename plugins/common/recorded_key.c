/* common/recorded_key.c: what makes two requests the same: who asks (the tenant), in which dialect, for which operation, which targets the
 * model resolves to, the headers that say how the body is to be read, and the whole body in a normal form: no white space, members sorted.
 * Left out of the body: the model (the targets stand for it) and, of a chat, how the answer is delivered (the dialect's delivery_fields): a
 * recorded chat is given out in either form, but nobody can turn the stream of another operation into a document. Spelling of numbers and
 * escapes is kept: two spellings of one text are a miss, never a wrong hit.
 * A hole is one text of the body, found by where it lies: whoever compares that text in another way says what of it must be equal. */
#include "recorded.h"

#include <stdlib.h>

/* `top`: the request whose body this is; NULL inside of it. `hole`: NULL likewise when there is none. */
static void write_normal(yz_arena *arena, yz_buf *out, const yz_json *node, const yz_request *top, yc_hole *hole);

static int by_key(const void *a, const void *b) {
    yz_str x = yz_json_key(*(const yz_json *const *)a), y = yz_json_key(*(const yz_json *const *)b);
    int order = memcmp(x.p, y.p, x.n < y.n ? x.n : y.n);
    return order ? order : (x.n > y.n) - (x.n < y.n);
}

static bool left_out(const yz_request *request, const yz_json *member) {
    const char *const *names = request->op == YZ_OP_CHAT ? request->dialect->delivery_fields : NULL;
    bool out = member == request->model_node;
    for (; !out && names && *names; names++)
        out = yz_str_is(yz_json_key(member), *names);
    return out;
}

static void write_object(yz_arena *arena, yz_buf *out, const yz_json *node, const yz_request *top, yc_hole *hole) {
    size_t n = yz_json_count(node), i = 0;
    const yz_json **members = yz_alloc(arena, (n + 1) * sizeof *members);
    for (const yz_json *m = node->child; m; m = m->next)
        members[i++] = m;
    qsort(members, n, sizeof *members, by_key);
    yz_buf_char(out, '{');
    for (i = 0; i < n; i++) {
        if (top && left_out(top, members[i]))
            continue;
        yz_buf_char(out, '"');
        yz_buf_str(out, yz_json_key(members[i]));
        yz_buf_lit(out, "\":");
        write_normal(arena, out, members[i], NULL, hole);
        yz_buf_char(out, ',');
    }
    yz_buf_char(out, '}');
}

/* A field whose length stands before it cannot be mistaken for part of its neighbour. */
static void write_field(yz_buf *out, yz_str s) {
    yz_buf_printf(out, "%zu:", s.n);
    yz_buf_str(out, s);
}

/* Recursion is bounded: the body was proven to be at most YZ_JSON_DEPTH deep. */
static void write_normal(yz_arena *arena, yz_buf *out, const yz_json *node, const yz_request *top, yc_hole *hole) {
    if (node->type == YZ_JSON_OBJECT) {
        write_object(arena, out, node, top, hole);
    } else if (node->type == YZ_JSON_ARRAY) {
        yz_buf_char(out, '[');
        for (const yz_json *m = node->child; m; m = m->next) {
            write_normal(arena, out, m, NULL, hole);
            yz_buf_char(out, ',');
        }
        yz_buf_char(out, ']');
    } else if (hole && node->type == YZ_JSON_STRING && node->p + 1 == hole->at) {
        hole->met = true;
        yz_buf_char(out, 'H'); /* no value begins so */
        write_field(out, hole->instead);
    } else {
        yz_buf_str(out, yz_json_raw(node));
    }
}

static void write_target(yz_buf *out, const yz_target *target) {
    write_field(out, target->provider->name);
    write_field(out, target->model);
}

/* An answer that is but the id of something a provider keeps, and may delete, is no answer to who asks a second time. */
static bool may_be_kept(yz_op op) { return op != YZ_OP_MODELS && op != YZ_OP_REALTIME && !yz_op_begins(op) && !yz_op_keeps(op); }

bool yc_request_key(yz_call *call, const yz_request *request, yc_hole *hole, uint8_t key[YC_KEY_SIZE]) {
    if (!request->json || !may_be_kept(request->op))
        return false;
    const yz_target *const *targets;
    size_t n = yz_targets(call, request->model, &targets);
    if (request->target)
        targets = &request->target, n = 1;
    if (n == 0)
        return false;
    yz_buf text = {0};
    write_field(&text, request->key ? request->key->tenant : YZ_STR(""));
    write_field(&text, yz_str_of(request->dialect->dialect));
    bool strict = request->strict || (request->key && request->key->strict); /* of what was left out another one may not mind */
    yz_buf_printf(&text, "%d%s;", (int)request->op, strict ? "!" : "");
    if (request->op == YZ_OP_RERANK) /* the path says which form its answer has */
        write_field(&text, request->path);
    for (size_t i = 0; i < n; i++)
        write_target(&text, targets[i]);
    for (const char *const *name = request->dialect->body_headers; name && *name; name++)
        write_field(&text, yz_request_header(request, *name));
    write_normal(yz_call_arena(call), &text, request->json, request, hole);
    yz_hmac(yz_buf_view(&text), key);
    yz_buf_free(&text);
    return true;
}
