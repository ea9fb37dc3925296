/* fuzz_form.c: forms. The first line is the Content-Type, the rest the body. Whatever is accepted consists of slices of the body, in order.
 */
#include "base/arena.h"
#include "base/check.h"
#include "http/form.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_slice(yz_str outer, yz_str slice) {
    YZ_MUST(slice.n == 0 || (slice.p >= outer.p && slice.p + slice.n <= outer.p + outer.n));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const char *text = (const char *)data, *end = size ? memchr(text, '\n', size) : NULL;
    if (!end)
        return 0;
    yz_str type = {text, (size_t)(end - text)}, body = {end + 1, size - type.n - 1};
    yz_arena *arena = yz_arena_new(NULL);
    const yz_form *form;
    const char *why = NULL;
    if (yz_form_is(type) && yz_form_read(arena, type, body, &form, &why) == YZ_OK) {
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
