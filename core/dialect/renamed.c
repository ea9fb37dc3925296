/* dialect/renamed.c: see renamed.h. It looks at strings alone: from a quote on, as long as a name may be, to the next quote. */
#include "dialect/renamed.h"

#include "dialect/tool_name.h"

#define LONGEST 64 /* bytes of a name that was changed */

struct yz_renamed {
    size_t n, waiting;
    yz_str *own, *sent;
    char begun[1 + LONGEST]; /* a quote and what has come after it, so far a name */
};

yz_renamed *yz_renamed_new(yz_arena *arena, const yz_request *request, const yz_target *target) {
    const yz_adapter *from = request->dialect;
    if (!from || !from->renamed || !target || target->provider->adapter != from)
        return NULL;
    size_t n = from->renamed(request, target, arena, NULL, 0);
    if (n == 0)
        return NULL;
    yz_renamed *r = yz_alloc(arena, sizeof *r);
    r->own = yz_alloc(arena, n * sizeof *r->own);
    r->sent = yz_alloc(arena, n * sizeof *r->sent);
    r->n = from->renamed(request, target, arena, r->own, n);
    for (size_t i = 0; i < r->n; i++)
        r->sent[i] = yz_tool_name(arena, r->own[i]);
    return r;
}

static bool in_name(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-'; }

/* What stands for this string, whose end has been seen. */
static yz_str own_of(const yz_renamed *r, yz_str name) {
    for (size_t i = 0; yz_tool_name_changed(name) && i < r->n; i++)
        if (yz_str_eq(r->sent[i], name))
            return r->own[i];
    return name;
}

/* The string that has begun goes out as it is, or as the name it stands for. */
static void put_begun(yz_renamed *r, bool ended, yz_buf *out) {
    if (r->waiting == 0)
        return;
    yz_str name = {r->begun + 1, r->waiting - 1};
    yz_buf_char(out, '"');
    yz_buf_str(out, ended ? own_of(r, name) : name);
    r->waiting = 0;
}

void yz_renamed_put(yz_renamed *r, yz_str bytes, yz_buf *out) {
    const char *p = bytes.p, *end = p + bytes.n;
    while (p < end) {
        if (r->waiting > 0 && r->waiting <= LONGEST && in_name(*p)) {
            r->begun[r->waiting++] = *p++;
            continue;
        }
        put_begun(r, *p == '"', out);
        const char *quote = memchr(p, '"', (size_t)(end - p));
        yz_buf_put(out, p, (size_t)((quote ? quote : end) - p));
        p = quote ? quote + 1 : end;
        if (quote)
            r->begun[r->waiting++] = '"';
    }
}

void yz_renamed_end(yz_renamed *r, yz_buf *out) { put_begun(r, false, out); }
