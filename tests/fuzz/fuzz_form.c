/* fuzz_form.c: forms. The first line is the Content-Type, the rest the body. Whatever is accepted consists of slices of the body, in order,
 * and a form that passes is judged as one that lies there whole. */
#include "base/arena.h"
#include "base/check.h"
#include "http/form_walk.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_slice(yz_str outer, yz_str slice) {
    YZ_MUST(slice.n == 0 || (slice.p >= outer.p && slice.p + slice.n <= outer.p + outer.n));
}

/* The same form as it passes, in pieces of a length that is its own, has the same parts, or is refused as well. */
typedef struct seen {
    const yz_form_field *next;
    bool differs;
} seen;

static int on_part(void *arg, const yz_form_field *field) {
    seen *s = arg;
    s->differs |= !s->next || !yz_str_eq(s->next->name, field->name) || s->next->file != field->file;
    s->next = s->next ? s->next->next : NULL;
    return YZ_OK;
}

static void check_walk(yz_str type, yz_str body, const yz_form *form) {
    seen s = {.next = form ? form->fields : NULL};
    yz_form_walk walk = {.on_part = on_part, .arg = &s};
    size_t piece = 1 + (body.n * 7 + (body.n ? (unsigned char)body.p[body.n / 2] : 0)) % 97;
    int code = yz_form_walk_begin(&walk, type);
    for (size_t at = 0; code == YZ_OK && at < body.n; at += piece)
        code = yz_form_walk_feed(&walk, (yz_str){body.p + at, piece < body.n - at ? piece : body.n - at});
    if (code == YZ_OK)
        code = yz_form_walk_end(&walk);
    YZ_MUST((code == YZ_OK) == (form != NULL));
    YZ_MUST(!form || (!s.differs && !s.next));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const char *text = (const char *)data, *end = size ? memchr(text, '\n', size) : NULL;
    if (!end)
        return 0;
    yz_str type = {text, (size_t)(end - text)}, body = {end + 1, size - type.n - 1};
    yz_arena *arena = yz_arena_new(NULL);
    const yz_form *form;
    const char *why = NULL;
    bool is = yz_form_is(type), read = is && yz_form_read(arena, type, body, &form, &why) == YZ_OK;
    if (is)
        check_walk(type, body, read ? form : NULL);
    if (read) {
        const char *at = body.p;
        for (const yz_form_field *f = form->fields; f; f = f->next) {
            check_slice(body, f->name);
            check_slice(body, f->value);
            YZ_MUST(f->name.n > 0 && f->name.p >= at);
            at = f->value.n ? f->value.p + f->value.n : at;
        }
    }
    yz_arena_free(arena);
    return 0;
}
