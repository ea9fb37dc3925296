/* anthropic/mend_marks.c: cache marks of a body that is forwarded.
 *
 * The API takes four marks and refuses a fifth; other servers of this dialect take any number, or look at none. Where an alias or a policy
 * sends a body to a model that its client did not name, the latest four stay, in the order in which the API reads (tools, system, messages;
 * what is in a block before the block): what stands before them is in their prefix anyhow. One that the client gave for the whole body is
 * one of the four. A mark is cut out of its object, and every other byte of the field stays.
 */
#include "anthropic.h"

#include <stdlib.h>

typedef struct marks {
    yz_buf cuts;  /* yz_str: bytes of the field that go */
    size_t n;     /* marks seen so far */
    size_t goes;  /* of them, from the first on */
    bool cutting; /* else they are counted */
} marks;

/* The member with the comma that parts it from its neighbour. */
static yz_str place_of(const yz_json *object, const yz_json *member) {
    const yz_json *before = NULL;
    for (const yz_json *m = object->child; m != member; m = m->next)
        before = m;
    const char *from = member->key_p - 1, *to = member->p + member->n;
    if (before)
        from = before->p + before->n;
    else if (member->next)
        to = member->next->key_p - 1;
    return yz_str_at(from, (size_t)(to - from));
}

static void see_object(marks *s, const yz_json *object) {
    const yz_json *mark = yz_json_given(object, "cache_control");
    if (!mark)
        return;
    if (s->cutting && s->n < s->goes) {
        yz_str cut = place_of(object, mark);
        yz_buf_put(&s->cuts, &cut, sizeof cut);
    }
    s->n++;
}

static void see_list(marks *s, const yz_json *list);

/* What is in it comes first: content of a message, of a tool's result; a document's source. */
static void see_block(marks *s, const yz_json *block) {
    see_list(s, yz_json_get(block, "content"));
    see_list(s, yz_json_get(yz_json_get(block, "source"), "content"));
    see_object(s, block);
}

static void see_list(marks *s, const yz_json *list) {
    for (const yz_json *one = yz_json_is(list, YZ_JSON_ARRAY) ? list->child : NULL; one; one = one->next)
        if (yz_json_is(one, YZ_JSON_OBJECT))
            see_block(s, one);
}

static int by_place(const void *a, const void *b) {
    const char *x = ((const yz_str *)a)->p, *y = ((const yz_str *)b)->p;
    return x < y ? -1 : x > y;
}

/* The field without what is cut out of it. */
static yz_str without_cuts(const marks *s, const yz_json *field, yz_arena *arena) {
    yz_str *cuts = (yz_str *)(void *)s->cuts.p, raw = yz_json_raw(field);
    size_t n = s->cuts.n / sizeof *cuts;
    yz_buf out = {0};
    const char *at = raw.p;
    qsort(cuts, n, sizeof *cuts, by_place);
    for (size_t i = 0; i < n; i++) {
        yz_buf_put(&out, at, (size_t)(cuts[i].p - at));
        at = cuts[i].p + cuts[i].n;
    }
    yz_buf_put(&out, at, (size_t)(raw.p + raw.n - at));
    yz_str left = yz_dup(arena, yz_buf_view(&out));
    yz_buf_free(&out);
    return left;
}

const yz_request *an_mend_marks(const yz_request *request, yz_arena *arena, yz_losses *losses) {
    static const char *const fields[] = {"tools", "system", "messages"};
    enum { FIELDS = sizeof fields / sizeof *fields };
    marks counted = {0}, s = {.cutting = true};
    size_t most = yz_json_given(request->json, "cache_control") ? AN_MARKS_MOST - 1 : AN_MARKS_MOST;
    for (size_t i = 0; i < FIELDS; i++)
        see_list(&counted, yz_json_get(request->json, fields[i]));
    if (counted.n <= most)
        return request;
    s.goes = counted.n - most;
    yz_request *mended = yz_request_copy(arena, request);
    for (size_t i = 0; i < FIELDS; i++) {
        const yz_json *field = yz_json_get(mended->json, fields[i]);
        see_list(&s, field);
        if (s.cuts.n)
            yz_request_set(arena, mended, fields[i], without_cuts(&s, field, arena));
        s.cuts.n = 0;
    }
    yz_buf_free(&s.cuts);
    yz_lose_as(losses, "cache_control", YZ_APPROXIMATED);
    return mended;
}
