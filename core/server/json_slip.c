/* json_slip.c: see json_slip.h. Bodies that are written by hand, in Python's, JavaScript's or a shell's way. */
#include "server/json_slip.h"

#include <ctype.h>

static bool stands(yz_str body, size_t at, const char *word) {
    size_t n = strlen(word);
    return at + n <= body.n && memcmp(body.p + at, word, n) == 0;
}

/* The sign before this place, blanks skipped; 0: none. */
static char before(yz_str body, size_t at) {
    while (at > 0 && isspace((unsigned char)body.p[at - 1]))
        at--;
    return at > 0 ? body.p[at - 1] : '\0';
}

static char next(yz_str body, size_t at) {
    while (at < body.n && isspace((unsigned char)body.p[at]))
        at++;
    return at < body.n ? body.p[at] : '\0';
}

const char *yz_json_slip(yz_str body, size_t at) {
    char here = next(body, at < body.n ? at : body.n), last = before(body, at < body.n ? at : body.n);
    if (at >= body.n)
        return ": it ends too early, as when a quotation mark or a brace is missing, or a shell took some of it";
    if (stands(body, at, "True") || stands(body, at, "False") || stands(body, at, "None"))
        return ": true, false and null are written so; in Python json.dumps(…), or json= of requests, writes them";
    if (here == '\'')
        return ": names and texts stand in double quotes; in a shell the whole body stands in single ones";
    if ((here == ']' || here == '}') && last == ',')
        return ": no comma stands before a ] or }";
    if (here == '/' || here == '#')
        return ": JSON has no comments";
    if (body.p[at] == '\n' || body.p[at] == '\r' || body.p[at] == '\t')
        return ": a line break in a text is written \\n, a tab \\t";
    if (stands(body, at, "NaN") || stands(body, at, "Infinity") || stands(body, at, "undefined"))
        return ": JSON has no such value; null, or nothing, may be meant";
    if (last == '{' && (isalpha((unsigned char)here) || here == '_' || here == '\\'))
        return ": names stand in double quotes; where a shell took them away, the whole body stands in single ones";
    if (at == 0 && here != '{' && here != '[')
        return memchr(body.p, '=', body.n) ? ": it looks like a form; a JSON object begins with {" : ": a JSON object begins with {";
    return "";
}
