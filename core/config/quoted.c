/* config/quoted.c: see quoted.h. */
#include "config/quoted.h"

#include <ctype.h>
#include <string.h>

enum { QUOTES = 8 };
static const struct {
    const char *open, *close;
} quotes[QUOTES] = {{"'", "'"}, {"\"", "\""}, {"`", "`"}, {"“", "”"}, {"‘", "’"}, {"«", "»"}, {"「", "」"}, {"『", "』"}};

/* A part of a message: from its opening quote to behind the closing one. */
typedef struct span {
    size_t end;  /* 0: nothing is quoted here */
    size_t open; /* bytes of a quote */
    bool said;   /* the provider's own words, or another's, that it quotes */
} span;

static bool is_alnum(char c) { return isalnum((unsigned char)c) != 0; }
static bool is_quote(char c) { return c == '\'' || c == '"' || c == '`'; }
static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n'; }

static bool stands_at(yz_str text, size_t at, const char *word) {
    size_t n = strlen(word);
    return text.n - at >= n && memcmp(text.p + at, word, n) == 0;
}

static size_t back_over_blanks(yz_str text, size_t at) {
    while (at > 0 && is_blank(text.p[at - 1]))
        at--;
    return at;
}

/* Does the text before `at` end in a name of words, as in "message":, 'detail': or error:? */
static bool follows_name(yz_str text, size_t at) {
    static const char *const names[] = {"message",       "msg",       "error",  "detail",      "details",
                                        "error_message", "error_msg", "errmsg", "description", "reason"};
    at -= at > 0 && text.p[at - 1] == '\\';
    at = back_over_blanks(text, at);
    if (at == 0 || text.p[at - 1] != ':')
        return false;
    at = back_over_blanks(text, at - 1);
    at -= at > 0 && is_quote(text.p[at - 1]);
    at -= at > 0 && text.p[at - 1] == '\\';
    size_t end = at;
    while (at > 0 && (is_alnum(text.p[at - 1]) || text.p[at - 1] == '_'))
        at--;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (yz_str_ieq((yz_str){text.p + at, end - at}, yz_str_of(names[i])))
            return true;
    return false;
}

/* *unclosed: bits of the quotes that are not closed any more, so that nothing is looked for twice. An apostrophe within a word is none. */
static span span_at(yz_str text, size_t at, unsigned *unclosed) {
    for (unsigned q = 0; q < QUOTES; q++) {
        size_t n = strlen(quotes[q].open);
        if (*unclosed & 1u << q || !stands_at(text, at, quotes[q].open) || (n == 1 && at > 0 && is_alnum(text.p[at - 1])))
            continue;
        for (size_t i = at + n; i + n <= text.n; i++)
            if (stands_at(text, i, quotes[q].close) && (n > 1 || i + n == text.n || !is_alnum(text.p[i + n])))
                return (span){.end = i + n, .open = n, .said = follows_name(text, at) || (at == 0 && i + n == text.n)};
        *unclosed |= 1u << q;
    }
    return (span){0};
}

/* all: also what a provider says in quotes, and nothing from a quote on that nobody closes. */
static yz_str without_quoted(yz_str text, bool all, char *room) {
    size_t n = 0;
    unsigned unclosed = 0;
    for (size_t i = 0; i < text.n;) {
        unsigned before = unclosed;
        span s = span_at(text, i, &unclosed);
        if (all && unclosed != before)
            break;
        size_t kept = s.end == 0 ? 1 : s.said && !all ? s.end - i : s.open;
        memcpy(room + n, text.p + i, kept);
        n += kept;
        i = s.end ? s.end : i + 1;
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
    int status = error->said;
    bool quotes_it = status == 400 || status == 404 || status == 409 || status == 413 || status == 422 || status == 424 || status >= 500;
    if (!quotes_it)
        return error->message;
    return is_of_value(error->code) && status < 500 ? YZ_STR("") : without_quoted(error->message, false, room);
}

yz_str yz_words_unquoted(yz_str text, char *room) { return without_quoted(text, true, room); }
