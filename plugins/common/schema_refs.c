/* common/schema_refs.c: references ($ref) within a schema, for those who take them to $defs alone.
 *
 * A reference is a path (JSON Pointer, RFC 6901) from the whole: "#", "#/properties/a", "#/definitions/A", "#/$defs/A". What is no
 * definition becomes one, once, however often it is referred to; so a schema that contains itself stays finite. Within definitions it is
 * a reference, also where it stood: each byte that came is written at most once outside of $defs and once within, however deep what is
 * referred to lies in other things that are. Of two definitions of one name the one in $defs keeps it.
 */
#include "schema_plain.h"

#define OLD_DEFS   "#/definitions/"
#define DEFS       "#/$defs/"
#define CHAIN_MOST 16 /* references that lead to references */

static int digit(char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* A step of a path, plain: "~1" is "/", "~0" is "~", "%24" is "$". */
static yz_str step_of(yz_arena *arena, yz_str step) {
    char *plain = yz_alloc_bytes(arena, step.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < step.n; i++) {
        bool coded = step.p[i] == '%' && i + 2 < step.n && digit(step.p[i + 1]) >= 0 && digit(step.p[i + 2]) >= 0;
        plain[n++] = coded ? (char)(digit(step.p[i + 1]) * 16 + digit(step.p[i + 2])) : step.p[i];
        i += coded ? 2 : 0;
    }
    size_t left = 0;
    for (size_t i = 0; i < n; i++) {
        bool tilde = plain[i] == '~' && i + 1 < n && (plain[i + 1] == '0' || plain[i + 1] == '1');
        plain[left++] = tilde ? (plain[i + 1] == '0' ? '~' : '/') : plain[i];
        i += tilde;
    }
    return yz_str_at(plain, left);
}

/* The members of an object, or the items of a list, are laid out once: a schema may have as many references as members. */
static void lay_out(yc_plain *p, const yz_json *node, yz_str mark) {
    size_t at = 0;
    yc_index_put(p->steps, mark, (void *)(uintptr_t)node);
    for (const yz_json *child = node->child; child; child = child->next, at++) {
        yz_str key = node->type == YZ_JSON_ARRAY ? yz_format(p->arena, "%zu", at) : yz_json_unescape(p->arena, yz_json_key(child));
        yc_index_put(p->steps, yz_format(p->arena, "%.*s/%.*s", YZ_STR_ARGS(mark), YZ_STR_ARGS(key)), (void *)(uintptr_t)child);
    }
}

const yz_json *yc_plain_child(yc_plain *p, const yz_json *node, yz_str key) {
    if (!node)
        return NULL;
    yz_str mark = yz_format(p->arena, "%p", (const void *)node);
    p->steps = p->steps ? p->steps : yc_index_new(p->arena);
    if (!yc_index_get(p->steps, mark))
        lay_out(p, node, mark);
    return yc_index_get(p->steps, yz_format(p->arena, "%.*s/%.*s", YZ_STR_ARGS(mark), YZ_STR_ARGS(key)));
}

/* The schema that a path (plain) leads to; NULL: none. */
static const yz_json *follow(yc_plain *p, yz_str path) {
    if (path.n == 0 || path.p[0] != '#')
        return NULL;
    const yz_json *node = p->root;
    for (size_t at = 1; node && at < path.n;) {
        if (path.p[at] != '/')
            return NULL;
        const char *from = path.p + at + 1, *end = memchr(from, '/', path.n - at - 1);
        size_t n = end ? (size_t)(end - from) : path.n - at - 1;
        node = yc_plain_child(p, node, step_of(p->arena, yz_str_at(from, n)));
        at += n + 1;
    }
    return node && (node->type == YZ_JSON_OBJECT || node->type == YZ_JSON_TRUE || node->type == YZ_JSON_FALSE) ? node : NULL;
}

/* What stands behind the beginning of a path, if that is one step; empty: it is more, or another path. */
static yz_str name_after(yz_str path, const char *beginning) {
    size_t n = strlen(beginning);
    bool one = yz_str_starts(path, beginning) && path.n > n && !memchr(path.p + n, '/', path.n - n);
    return one ? yz_str_at(path.p + n, path.n - n) : (yz_str){NULL, 0};
}

/* A name that no definition has. */
static yz_str new_name(yc_plain *p) {
    for (;;) {
        yz_str name = yz_format(p->arena, "ref_%zu", ++p->n_moved);
        if (!yc_plain_child(p, yz_json_get(p->root, "$defs"), name) && !yc_plain_child(p, yz_json_get(p->root, "definitions"), name))
            return yz_format(p->arena, DEFS "%.*s", YZ_STR_ARGS(name));
    }
}

/* What is known of a schema that a reference leads to; it gets its name when something that is written refers to it. */
static yc_plain_moved *referred(yc_plain *p, const yz_json *node) {
    yz_str place = yz_str_at((const char *)&node, sizeof node);
    if (!p->moved) {
        p->moved = yc_index_new(p->arena);
        p->end = &p->first;
    }
    yc_plain_moved *known = yc_index_get(p->moved, place);
    if (known)
        return known;
    known = yz_alloc(p->arena, sizeof *known);
    known->node = node;
    yc_index_put(p->moved, yz_str_at((const char *)&known->node, sizeof known->node), known);
    return known;
}

static yz_str move(yc_plain *p, yc_plain_moved *moved) {
    if (moved->reference.n == 0) {
        moved->reference = new_name(p);
        *p->end = moved;
        p->end = &moved->next;
    }
    return moved->reference;
}

/* The schema that a reference leads to, if that must move; NULL, and in *stays the reference to it, if it need not. */
static const yz_json *moving(yc_plain *p, const yz_json *reference, yz_str *stays) {
    yz_str escaped = yz_json_escaped(reference), path = yz_json_text(p->arena, reference);
    yz_str old = name_after(escaped, OLD_DEFS);
    const yz_json *node = name_after(escaped, DEFS).n ? NULL : follow(p, path);
    *stays = escaped;
    if (!node || !old.n)
        return node;
    *stays = yz_format(p->arena, DEFS "%.*s", YZ_STR_ARGS(old));
    return follow(p, yz_format(p->arena, DEFS "%.*s", YZ_STR_ARGS(name_after(path, OLD_DEFS)))) ? node : NULL;
}

yz_str yc_plain_reference(yc_plain *p, const yz_json *reference) {
    yz_str stays;
    const yz_json *node = moving(p, reference, &stays);
    p->changed |= node || !yz_str_eq(stays, yz_json_escaped(reference));
    return node ? move(p, referred(p, node)) : stays;
}

yz_str yc_plain_moved_to(yc_plain *p, const yz_json *node) {
    yc_plain_moved *moved = p->defining && p->moved ? yc_index_get(p->moved, yz_str_at((const char *)&node, sizeof node)) : NULL;
    return moved ? move(p, moved) : (yz_str){NULL, 0};
}

/* Notes all that anything refers to, written or not, before definitions are: one that is found only when what surrounds it was written
 * would be written again, and so would each within it. */
static void note_all(yc_plain *p, const yz_json *node) {
    yz_str stays;
    for (const yz_json *child = node->child; child; child = child->next) {
        bool reference = node->type == YZ_JSON_OBJECT && child->type == YZ_JSON_STRING && yz_str_is(yz_json_key(child), "$ref");
        const yz_json *meant = reference ? moving(p, child, &stays) : NULL;
        if (meant)
            referred(p, meant);
        note_all(p, child);
    }
}

const yz_json *yc_plain_meant(yc_plain *p) {
    const yz_json *meant = p->root;
    for (int i = 0; i < CHAIN_MOST; i++) {
        const yz_json *reference = yz_json_get(meant, "$ref");
        if (!yz_json_is(reference, YZ_JSON_STRING))
            return meant;
        meant = follow(p, yz_json_text(p->arena, reference));
        if (!yz_json_is(meant, YZ_JSON_OBJECT))
            return NULL;
    }
    return NULL;
}

void yc_plain_definitions(yc_plain *p, bool *first) {
    const yz_json *defs = yz_json_get(p->root, "$defs"), *old = yz_json_get(p->root, "definitions");
    bool none = true;
    if (!defs && !old && !p->first)
        return;
    p->changed |= old != NULL;
    p->defining = true;
    if (p->first)
        note_all(p, p->root);
    yc_plain_key(p, first, YZ_STR("$defs"));
    yz_buf_char(p->out, '{');
    for (const yz_json *one = yz_json_is(defs, YZ_JSON_OBJECT) ? defs->child : NULL; one; one = one->next) {
        yc_plain_key(p, &none, yz_json_key(one));
        yc_plain_definition(p, one, false);
    }
    for (const yz_json *one = yz_json_is(old, YZ_JSON_OBJECT) ? old->child : NULL; one; one = one->next) {
        if (yc_plain_child(p, defs, yz_json_unescape(p->arena, yz_json_key(one))))
            continue;
        yc_plain_key(p, &none, yz_json_key(one));
        yc_plain_definition(p, one, false);
    }
    for (const yc_plain_moved *one = p->first; one; one = one->next) { /* which may refer to others */
        yc_plain_key(p, &none, yz_str_at(one->reference.p + strlen(DEFS), one->reference.n - strlen(DEFS)));
        yc_plain_definition(p, one->node, true);
    }
    yz_buf_char(p->out, '}');
}
