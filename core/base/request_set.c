/* base/request_set.c: one field of a body replaced, added or removed (yuzui/request.h has the contract of yz_request_set).
 *
 * The body was proven, and so is what is put into it; the rest has not changed. So the new body and its index are written together: nodes
 * are copied with their places moved, and nothing is read again. A long body costs its bytes and its nodes, not a parse for every change.
 */
#include "base/arena.h"
#include "base/request.h"

typedef struct writing {
    yz_arena *arena;
    char *start, *at;
    yz_json *object, **end;
} writing;

/* A node and what is in it, from a text whose byte `from` is now at `to`. No deeper than a text may be (YZ_JSON_DEPTH). */
static yz_json *moved(yz_arena *arena, const yz_json *node, const char *from, const char *to) {
    yz_json *copy = yz_alloc_raw(arena, sizeof *copy), **end = &copy->child;
    *copy = *node;
    copy->p = to + (node->p - from);
    if (node->key_p)
        copy->key_p = to + (node->key_p - from);
    copy->child = copy->next = NULL;
    for (const yz_json *child = node->child; child; child = child->next) {
        *end = moved(arena, child, from, to);
        end = &(*end)->next;
    }
    return copy;
}

static void put(writing *w, yz_str s) {
    if (s.n)
        memcpy(w->at, s.p, s.n);
    w->at += s.n;
}

/* Returns the new node. */
static const yz_json *put_member(writing *w, yz_str key, bool key_escaped, const yz_json *value) {
    put(w, w->at == w->start + 1 ? YZ_STR("\"") : YZ_STR(",\""));
    const char *key_p = w->at;
    put(w, key);
    put(w, YZ_STR("\":"));
    yz_json bare = *value;
    bare.key_p = NULL;
    yz_json *node = moved(w->arena, &bare, value->p, w->at);
    node->key_p = key_p;
    node->key_n = (uint32_t)key.n;
    node->key_escaped = key_escaped;
    put(w, yz_json_raw(value));
    *w->end = node;
    w->end = &node->next;
    return node;
}

static void begin(writing *w, size_t most) {
    w->start = w->at = yz_alloc_bytes(w->arena, most + 1);
    w->object = yz_alloc(w->arena, sizeof *w->object);
    w->end = &w->object->child;
    *w->at++ = '{';
}

static yz_str finish(writing *w) {
    *w->at++ = '}';
    *w->at = 0;
    w->object->p = w->start;
    w->object->n = (uint32_t)(w->at - w->start);
    w->object->type = YZ_JSON_OBJECT;
    return yz_json_raw(w->object);
}

/* Members keep their order, so that the node which stood at some place stands there afterwards too, unless it was the one removed. */
static void write_with(writing *w, yz_request *request, const yz_json *old, yz_str field, const yz_json *value) {
    const yz_json *model = NULL;
    begin(w, request->json->n + (value ? value->n : 0) + field.n + 8);
    for (const yz_json *m = request->json->child; m; m = m->next) {
        const yz_json *kept = m != old ? m : value, *node = kept ? put_member(w, yz_json_key(m), m->key_escaped, kept) : NULL;
        model = m == request->model_node ? node : model;
    }
    if (!old && value)
        put_member(w, field, false, value);
    request->body = finish(w);
    request->json = w->object;
    request->model_node = model;
    yz_request_place(w->arena, request);
}

/* The value as a proven node: that of another field of the same body, or one of its own. NULL: it is not JSON. */
static const yz_json *proven(yz_arena *arena, const yz_request *request, yz_str raw) {
    for (const yz_json *m = request->json->child; m; m = m->next)
        if (m->p == raw.p && m->n == raw.n)
            return m;
    yz_json *one;
    return yz_json_parse(arena, raw, 0, &one, NULL) == YZ_OK ? one : NULL; /* or it could close the object and open another field */
}

int yz_request_set(yz_arena *arena, yz_request *request, const char *field, yz_str raw) {
    if (!yz_json_is(request->json, YZ_JSON_OBJECT))
        return YZ_EINVAL;
    const yz_json *old = yz_json_get(request->json, field), *value = raw.n ? proven(arena, request, raw) : NULL;
    if ((old && old == request->model_node) || (raw.n && !value))
        return YZ_EINVAL;
    if ((uint64_t)request->json->n + raw.n + strlen(field) + 8 > UINT32_MAX)
        return YZ_ELIMIT;
    writing w = {.arena = arena};
    write_with(&w, request, old, yz_str_of(field), value);
    return YZ_OK;
}
