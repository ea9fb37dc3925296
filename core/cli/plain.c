/* cli/plain.c: texts that others chose (notes, names, what a client sent), for a terminal: without the characters that steer one. */
#include "cli/cli.h"

/* How many bytes of a control character stand there, C0 and DEL, or C1 as UTF-8, or of one that turns the direction of what follows
 * (U+202A to 202E, U+2066 to 2069); 0: it is none. */
static size_t control_at(yz_str text, size_t at) {
    const unsigned char *p = (const unsigned char *)text.p + at;
    if (p[0] < 0x20 || p[0] == 0x7f)
        return 1;
    if (p[0] == 0xc2 && at + 1 < text.n && p[1] >= 0x80 && p[1] < 0xa0)
        return 2;
    bool turns = p[0] == 0xe2 && at + 2 < text.n &&
                 ((p[1] == 0x80 && p[2] >= 0xaa && p[2] <= 0xae) || (p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9));
    return turns ? 3 : 0;
}

yz_str yz_cli_plain(yz_arena *arena, yz_str text) {
    size_t at = 0, n = 0;
    while (at < text.n && control_at(text, at) == 0)
        at++;
    if (at == text.n)
        return text;
    char *copy = yz_alloc_bytes(arena, text.n);
    for (at = 0; at < text.n;) {
        size_t control = control_at(text, at);
        copy[n++] = control ? '?' : text.p[at];
        at += control ? control : 1;
    }
    return yz_str_at(copy, n);
}
