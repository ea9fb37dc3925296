/* dialect/error_text.c: the words of an error that is no JSON. Proxies, firewalls and clouds answer so in a provider's place, and what they
 * say
 * ("413 Request Entity Too Large") is all that is known. Tags are looked for by their names alone: nobody needs the rest of a page.
 */
#include "dialect/error_text.h"

#include "base/text.h"

#include <yuzui/adapter.h>

enum { LONGEST_BODY = 64 << 10, LONGEST_OF_PAGE = 300 }; /* bytes that are looked at; that are told of a page */

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

static yz_str trim(yz_str text) {
    while (text.n && is_blank(*text.p))
        text.p++, text.n--;
    while (text.n && is_blank(text.p[text.n - 1]))
        text.n--;
    return text;
}

/* Where `word` begins, in any case; n: nowhere. */
static size_t find(yz_str text, const char *word) {
    size_t n = strlen(word);
    for (size_t i = 0; i + n <= text.n; i++)
        if (yz_str_ieq(yz_str_at(text.p + i, n), yz_str_at(word, n)))
            return i;
    return text.n;
}

static yz_str from(yz_str text, size_t at) { return yz_str_at(text.p + at, text.n - at); }

/* What stands in the first element of this name: "<title>…</title>", "<h1 class=…>…</h1>". Empty: there is none. */
static yz_str inside(yz_str page, const char *name) {
    size_t length = strlen(name);
    for (size_t at; (at = find(page, name)) < page.n; page = from(page, at + length)) {
        yz_str rest = from(page, at + length);
        bool begins = at > 0 && page.p[at - 1] == '<' && rest.n && (*rest.p == '>' || is_blank(*rest.p));
        const char *close = begins ? memchr(rest.p, '>', rest.n) : NULL;
        if (!close)
            continue;
        rest = from(rest, (size_t)(close + 1 - rest.p));
        for (size_t end = 0; end < rest.n; end++)
            if (rest.p[end] == '<' && rest.n - end > length + 2 && rest.p[end + 1] == '/' &&
                yz_str_ieq(yz_str_at(rest.p + end + 2, length), yz_str_at(name, length)))
                return yz_str_at(rest.p, end);
        return (yz_str){0};
    }
    return (yz_str){0};
}

/* "&amp;" and kin: bytes that are passed, and the one they stand for. */
static size_t entity(yz_str text, char *out) {
    static const struct {
        const char *name;
        char stands_for;
    } table[] = {{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&#39;", '\''}, {"&apos;", '\''}, {"&nbsp;", ' '}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (yz_str_starts(text, table[i].name)) {
            *out = table[i].stands_for;
            return strlen(table[i].name);
        }
    return 0;
}

/* Bytes of what no reader of a page sees, at a "<": a tag, or a script with all that is in it. */
static size_t unseen(yz_str text) {
    static const char *const names[] = {"script", "style"};
    const char *close = memchr(text.p, '>', text.n);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t n = strlen(names[i]);
        if (text.n > n + 1 && yz_str_ieq(yz_str_at(text.p + 1, n), yz_str_at(names[i], n))) {
            size_t end = find(from(text, 1), i ? "</style>" : "</script>");
            return end + 1 < text.n ? end + 1 : text.n;
        }
    }
    return close ? (size_t)(close - text.p) + 1 : text.n;
}

/* The text between tags, its blanks made one each. */
static yz_str seen(yz_arena *arena, yz_str page) {
    char *out = yz_alloc_bytes(arena, LONGEST_OF_PAGE + 1);
    size_t n = 0;
    for (size_t i = 0, passed; i < page.n && n < LONGEST_OF_PAGE; i += passed) {
        yz_str rest = from(page, i);
        char c = *rest.p;
        passed = 1;
        if (c == '<') {
            passed = unseen(rest);
            c = ' ';
        } else if (c == '&') {
            size_t length = entity(rest, &c);
            passed = length ? length : 1;
        }
        if (!is_blank(c))
            out[n++] = c;
        else if (n > 0 && out[n - 1] != ' ')
            out[n++] = ' ';
    }
    while (n == LONGEST_OF_PAGE && n > 0 && ((unsigned char)out[n - 1] & 0x80)) /* perhaps not the whole character */
        n--;
    return trim(yz_str_at(out, n));
}

/* A page's title says what happened; where it has none, its heading does; XML has a message. */
static yz_str words_of_page(yz_arena *arena, yz_str page, bool all) {
    static const char *const names[] = {"title", "h1", "message", "faultstring", "detail"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        yz_str words = seen(arena, inside(page, names[i]));
        if (words.n)
            return words;
    }
    return all ? seen(arena, page) : (yz_str){0};
}

/* Bytes that are no UTF-8, as of an old page, become question marks. */
static yz_str made_utf8(yz_arena *arena, yz_str text) {
    char *out = yz_alloc_bytes(arena, text.n + 1);
    for (size_t i = 0, n; i < text.n; i += n) {
        n = (unsigned char)text.p[i] < 0x80 ? 1 : yz_utf8_length(text.p + i, text.p + text.n);
        memcpy(out + i, n ? text.p + i : "?", n ? n : 1);
        n = n ? n : 1;
    }
    return yz_str_at(out, text.n);
}

yz_str yz_error_text(yz_arena *arena, yz_str body, bool all) {
    body.n = body.n < LONGEST_BODY ? body.n : LONGEST_BODY;
    body = trim(body);
    if (yz_str_starts(body, "\xEF\xBB\xBF"))
        body = trim(from(body, 3));
    if (body.n == 0 || memchr(body.p, 0, body.n))
        return (yz_str){0};
    body = made_utf8(arena, body);
    return *body.p == '<' ? words_of_page(arena, body, all) : body;
}
