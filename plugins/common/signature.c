/* common/signature.c: thoughts that one vendor signed, in the hands of a client of another dialect. Where that dialect has a place for its
 * own signatures, those of others stand in it as "yuzui:VENDOR:SIGNATURE": the client sends them back with the next turn, the vendor gets
 * its own again, and nobody else reads them.
 */
#include "common.h"

#define MARK "yuzui:"

yz_str yc_wrap_signature(yz_arena *arena, yz_str signature, yz_str vendor, const char *own) {
    if (yz_str_is(vendor, own))
        return yz_dup(arena, signature);
    return yz_format(arena, MARK "%.*s:%.*s", YZ_STR_ARGS(vendor), YZ_STR_ARGS(signature));
}

bool yc_is_foreign_signature(yz_str text) { return yz_str_starts(text, MARK); }

bool yc_is_digest(yz_str text) {
    size_t digits = 0;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'))
            digits++;
        else if (c != '-')
            return false;
    }
    return digits >= 16;
}

yz_str yc_unwrap_signature(yz_str *text, const char *own) {
    if (!yc_is_foreign_signature(*text))
        return text->n ? yz_str_of(own) : (yz_str){NULL, 0};
    yz_str rest = {text->p + sizeof(MARK) - 1, text->n - (sizeof(MARK) - 1)};
    const char *colon = rest.n ? memchr(rest.p, ':', rest.n) : NULL;
    if (!colon)
        return yz_str_of(own);
    yz_str vendor = {rest.p, (size_t)(colon - rest.p)};
    *text = (yz_str){colon + 1, rest.n - vendor.n - 1};
    return vendor;
}
