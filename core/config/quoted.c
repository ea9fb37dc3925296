/* config/quoted.c: see quoted.h. */
#include "config/quoted.h"

#include <ctype.h>
#include <string.h>

static bool is_alnum(char c) { return isalnum((unsigned char)c) != 0; }

/* "message": "…": a member's value, of JSON or as Python prints it. */
static bool is_member(yz_str text, size_t quote) {
    size_t i = quote;
    while (i > 0 && text.p[i - 1] == ' ')
        i--;
    return i > 1 && text.p[i - 1] == ':' && text.p[i - 2] == text.p[quote];
}

/* The quote that closes the one at `open`; 0: that is none, but an apostrophe, or nothing is quoted. *unclosed: quotes that are not closed
 * any more, so that nothing is looked for twice. */
static size_t closing(yz_str text, size_t open, unsigned *unclosed) {
    static const char quotes[] = "'\"`";
    const char *quote = text.p[open] ? strchr(quotes, text.p[open]) : NULL;
    if (!quote || *unclosed & 1u << (quote - quotes) || (open > 0 && is_alnum(text.p[open - 1])) || is_member(text, open))
        return 0;
    for (size_t i = open + 1; i < text.n; i++)
        if (text.p[i] == *quote && (i + 1 == text.n || !is_alnum(text.p[i + 1])))
            return i;
    *unclosed |= 1u << (quote - quotes);
    return 0;
}

static yz_str without_quoted(yz_str text, char *room) {
    size_t n = 0;
    unsigned unclosed = 0;
    for (size_t i = 0; i < text.n; i++) {
        size_t close = closing(text, i, &unclosed);
        room[n++] = text.p[i];
        i = close ? close - 1 : i;
        if (close)
            room[n++] = text.p[++i];
    }
    return (yz_str){room, n};
}

/* Codes that say what is wrong with a request, whatever the words beside them. */
static bool is_of_value(yz_str code) {
    static const char *const codes[] = {"invalid_value",         "unsupported_value",          "invalid_type",      "unknown_parameter",
                                        "unsupported_parameter", "missing_required_parameter", "invalid_enum_value"};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (yz_str_is(code, codes[i]))
            return true;
    return false;
}

yz_str yz_error_bare(const yz_error *error, char *room) {
    if (error->said != 400 && error->said != 404 && error->said != 413 && error->said != 422)
        return error->message;
    return is_of_value(error->code) ? YZ_STR("") : without_quoted(error->message, room);
}
