/* http/h1_text.c: which bytes may stand where: tokens, values, hosts, targets. */
#include "base/arena.h"
#include "base/text.h"
#include "http/h1_parser.h"

/* RFC 9110 token characters, letters in lower case. */
#define SAME(c)   [c] = (c)
#define LETTER(c) [c] = (c), [(c)-0x20] = (c)
const unsigned char yz_h1_token[256] = {
    SAME('!'),   SAME('#'),   SAME('$'),   SAME('%'),   SAME('&'),   SAME('\''),  SAME('*'),   SAME('+'),   SAME('-'),
    SAME('.'),   SAME('^'),   SAME('_'),   SAME('`'),   SAME('|'),   SAME('~'),   SAME('0'),   SAME('1'),   SAME('2'),
    SAME('3'),   SAME('4'),   SAME('5'),   SAME('6'),   SAME('7'),   SAME('8'),   SAME('9'),   LETTER('a'), LETTER('b'),
    LETTER('c'), LETTER('d'), LETTER('e'), LETTER('f'), LETTER('g'), LETTER('h'), LETTER('i'), LETTER('j'), LETTER('k'),
    LETTER('l'), LETTER('m'), LETTER('n'), LETTER('o'), LETTER('p'), LETTER('q'), LETTER('r'), LETTER('s'), LETTER('t'),
    LETTER('u'), LETTER('v'), LETTER('w'), LETTER('x'), LETTER('y'), LETTER('z')};

bool yz_h1_name_ok(yz_str name) {
    for (size_t i = 0; i < name.n; i++)
        if (!yz_h1_token[(unsigned char)name.p[i]])
            return false;
    return name.n > 0;
}

bool yz_h1_value_ok(yz_str value) {
    const char *p = value.p, *end = p + value.n;
    for (; p < end && (p = yz_h1_find_control(p, end)) < end; p++)
        if (*p != '\t')
            return false;
    return true;
}

bool yz_h1_range_ok(yz_str value) {
    static const char unit[] = "bytes=";
    size_t dashes = 0, digits = 0;
    if (!yz_str_starts(value, unit) || value.n > 48)
        return false;
    for (size_t i = sizeof(unit) - 1; i < value.n; i++) {
        dashes += value.p[i] == '-';
        digits += value.p[i] >= '0' && value.p[i] <= '9';
    }
    return dashes == 1 && digits > 0 && dashes + digits + sizeof(unit) - 1 == value.n;
}

bool yz_h1_framing(yz_str name) {
#define FRAMING(word)                                                                                                                      \
    { word, sizeof(word) - 1 }
    static const yz_str framing[] = {
        FRAMING("host"), FRAMING("content-length"), FRAMING("transfer-encoding"), FRAMING("connection"), FRAMING("expect"),
        FRAMING("te"),   FRAMING("upgrade"),        FRAMING("trailer"),           FRAMING("keep-alive"), FRAMING("accept-encoding")};
#undef FRAMING
    for (size_t i = 0; i < sizeof framing / sizeof *framing; i++)
        if (name.n == framing[i].n && yz_str_ieq(name, framing[i]))
            return true;
    return false;
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static int hex_value(char c) {
    if (is_digit(c))
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool is_alnum(char c) { return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z'); }

/* ---- hosts ---------------------------------------------------------------------------------------------------------- */

static bool port_ok(yz_str port) {
    unsigned value = 0;
    for (size_t i = 0; i < port.n; i++) {
        if (!is_digit(port.p[i]) || (value = value * 10 + (unsigned)(port.p[i] - '0')) > 65535)
            return false;
    }
    return true;
}

/* Stricter than the grammar: the sub-delimiters and escapes it allows in a name stand in no real one. */
bool yz_h1_host_ok(yz_str host) {
    size_t i = 0;
    if (host.n && host.p[0] == '[') {
        for (i = 1; i < host.n && (hex_value(host.p[i]) >= 0 || host.p[i] == ':' || host.p[i] == '.');)
            i++;
        if (i < 4 || i - 1 > 45 || i == host.n || host.p[i] != ']')
            return false;
        i++;
    } else {
        while (i < host.n && (is_alnum(host.p[i]) || (host.p[i] && strchr("-._~", host.p[i]))))
            i++;
        if (i == 0 || i > 255)
            return false;
    }
    return i == host.n || (host.p[i] == ':' && port_ok((yz_str){host.p + i + 1, host.n - i - 1}));
}

/* ---- targets -------------------------------------------------------------------------------------------------------- */

bool yz_h1_absolute(yz_str target, yz_str *authority, yz_str *rest) {
    size_t scheme = 0;
    if (target.n >= 7 && yz_str_ieq((yz_str){target.p, 7}, YZ_STR("http://")))
        scheme = 7;
    else if (target.n >= 8 && yz_str_ieq((yz_str){target.p, 8}, YZ_STR("https://")))
        scheme = 8;
    else
        return false;
    size_t end = scheme;
    while (end < target.n && target.p[end] != '/' && target.p[end] != '?')
        end++;
    *authority = (yz_str){target.p + scheme, end - scheme};
    *rest = (yz_str){target.p + end, target.n - end};
    return true;
}

/* Visible ASCII without what no URI may hold. Browsers leave a few more bytes bare in a query than the grammar does: they are let
 * through there. */
enum { NOWHERE = 1, NOT_IN_PATH = 2 };
static const unsigned char wrong[128] = {
    ['"'] = NOWHERE,     ['<'] = NOWHERE,     ['>'] = NOWHERE,     ['\\'] = NOWHERE,    ['#'] = NOWHERE,
    ['^'] = NOT_IN_PATH, ['`'] = NOT_IN_PATH, ['{'] = NOT_IN_PATH, ['|'] = NOT_IN_PATH, ['}'] = NOT_IN_PATH,
};

bool yz_h1_target_ok(yz_str target) {
    unsigned forbidden = NOWHERE | NOT_IN_PATH;
    for (size_t i = 0; i < target.n; i++) {
        unsigned char c = (unsigned char)target.p[i];
        if (c <= 0x20 || c >= 0x7F || (wrong[c] & forbidden))
            return false;
        if (c == '?')
            forbidden = NOWHERE;
    }
    return target.n > 0;
}

static bool has_dot_segment(yz_str path) {
    for (size_t i = 0; i < path.n; i++) {
        if (path.p[i] != '/')
            continue;
        size_t n = 0;
        while (i + 1 + n < path.n && path.p[i + 1 + n] != '/')
            n++;
        if ((n == 1 || n == 2) && path.p[i + 1] == '.' && path.p[i + n] == '.')
            return true;
    }
    return false;
}

int yz_h1_unescape(yz_arena *arena, yz_str raw, yz_str *text) {
    *text = raw;
    if (!raw.n || !memchr(raw.p, '%', raw.n))
        return YZ_OK;
    char *out = yz_alloc_bytes(arena, raw.n);
    size_t n = 0;
    for (size_t i = 0; i < raw.n; i++) {
        char c = raw.p[i];
        if (c == '%') {
            int high = i + 2 < raw.n ? hex_value(raw.p[i + 1]) : -1, low = i + 2 < raw.n ? hex_value(raw.p[i + 2]) : -1;
            if (high < 0 || low < 0)
                return YZ_EINVAL;
            c = (char)(high * 16 + low);
            i += 2;
        }
        out[n++] = c;
    }
    *text = (yz_str){out, n};
    return YZ_OK;
}

static size_t slashes(yz_str path) {
    size_t n = 0;
    for (size_t i = 0; i < path.n; i++)
        n += path.p[i] == '/';
    return n;
}

static bool path_ok(yz_str path) {
    for (const char *p = path.p, *end = p + path.n; p < end;) {
        unsigned char c = (unsigned char)*p;
        if (c < 0x20 || c == 0x7F || c == '\\')
            return false;
        size_t n = c < 0x80 ? 1 : yz_utf8_length(p, end);
        if (n == 0)
            return false;
        p += n;
    }
    return !has_dot_segment(path);
}

int yz_h1_target(yz_arena *arena, yz_str target, yz_str *path, yz_str *query) {
    yz_str authority, rest;
    bool absolute = yz_h1_absolute(target, &authority, &rest);
    if (absolute)
        target = rest;
    const char *mark = target.n ? memchr(target.p, '?', target.n) : NULL;
    size_t n = mark ? (size_t)(mark - target.p) : target.n;
    *query = mark ? (yz_str){mark + 1, target.n - n - 1} : (yz_str){NULL, 0};
    if (n == 0) { /* of an absolute form without a path */
        *path = YZ_STR("/");
        return absolute ? YZ_OK : YZ_EINVAL;
    }
    if (n == 1 && *target.p == '*') {
        *path = (yz_str){target.p, 1};
        return YZ_OK;
    }
    yz_str raw = {target.p, n}, unused;
    if (*target.p != '/' || yz_h1_unescape(arena, raw, path) < 0 || yz_h1_unescape(arena, *query, &unused) < 0)
        return YZ_EINVAL;
    if (path->n != raw.n && slashes(*path) != slashes(raw)) /* nobody agrees on whether an escaped one parts segments */
        return YZ_EINVAL;
    return path_ok(*path) ? YZ_OK : YZ_EINVAL;
}
