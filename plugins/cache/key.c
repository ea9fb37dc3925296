/* key.c: what makes two requests the same: who asks (the tenant), in which dialect, for which operation, which targets the model
 * resolves to, the headers that say how the body is to be read, and the whole body in a normal form: no white space, members sorted. Left
 * out of the body: the model (the targets stand for it) and, of a chat, how the answer is delivered (the dialect's delivery_fields): a
 * recorded chat is given out in either form, but nobody can turn the stream of another operation into a document. Spelling of numbers and
 * escapes is kept: two spellings of one text are a miss, never a wrong hit. */
#include "cache.h"

#include <stdlib.h>

/* `top`: the request whose body this is; NULL inside of it. */
static void write_normal(yz_arena *arena, yz_buf *out, const yz_json *node, const yz_request *top);

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

static void write_object(yz_arena *arena, yz_buf *out, const yz_json *node, const yz_request *top) {
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
        write_normal(arena, out, members[i], NULL);
        yz_buf_char(out, ',');
    }
    yz_buf_char(out, '}');
}

/* Recursion is bounded: the body was proven to be at most YZ_JSON_DEPTH deep. */
static void write_normal(yz_arena *arena, yz_buf *out, const yz_json *node, const yz_request *top) {
    if (node->type == YZ_JSON_OBJECT) {
        write_object(arena, out, node, top);
    } else if (node->type == YZ_JSON_ARRAY) {
        yz_buf_char(out, '[');
        for (const yz_json *m = node->child; m; m = m->next) {
            write_normal(arena, out, m, NULL);
            yz_buf_char(out, ',');
        }
        yz_buf_char(out, ']');
    } else {
        yz_buf_str(out, yz_json_raw(node));
    }
}

/* A field whose length stands before it cannot be mistaken for part of its neighbour. */
static void write_field(yz_buf *out, yz_str s) {
    yz_buf_printf(out, "%zu:", s.n);
    yz_buf_str(out, s);
}

static void write_target(yz_buf *out, const yz_target *target) {
    write_field(out, target->provider->name);
    write_field(out, target->model);
}

bool cache_wants_usage(const yz_request *request) { return request->stream && request->include_usage; }

bool cache_other_form(yz_call *call, const yz_request *request) {
    const yz_reading *reading = yz_request_read(request, yz_call_arena(call));
    return reading->code == YZ_OK && reading->losses->n == 0 && reading->chat->n <= 1 && !reading->chat->logprobs;
}

bool cache_key(yz_call *call, const yz_request *request, uint8_t key[KEY_SIZE]) {
    if (!request->json || request->op == YZ_OP_MODELS || request->op == YZ_OP_STORED)
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
    yz_buf_printf(&text, "%d;", (int)request->op);
    for (size_t i = 0; i < n; i++)
        write_target(&text, targets[i]);
    for (const char *const *name = request->dialect->body_headers; name && *name; name++)
        write_field(&text, yz_request_header(request, *name));
    write_normal(yz_call_arena(call), &text, request->json, request);
    yz_hmac(yz_buf_view(&text), key);
    yz_buf_free(&text);
    return true;
}
