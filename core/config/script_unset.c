/* config/script_unset.c: how a line of a config uses a variable that is not set: as all that an option says, or with an `or` that comes in
 * vain. By its text, since of a value Lua keeps nothing of where it came from.
 */
#include "config/script_inner.h"

#include <ctype.h>

static bool is_letter(char c) { return isalnum((unsigned char)c) || c == '_'; }

/* How long env.NAME or env["NAME"] is, if it stands here; 0: it does not. In the text, since strings are blanked in the code. */
static size_t variable_length(const yz_look *look, size_t at, size_t end, const char *name) {
    size_t n = strlen(name), most = end - at;
    const char *p = look->text.p + at;
    if (most >= 4 + n && memcmp(p, "env.", 4) == 0 && memcmp(p + 4, name, n) == 0 && !is_letter(look->code[at + 4 + n]))
        return 4 + n;
    bool quoted = most >= 7 + n && memcmp(p, "env[", 4) == 0 && (p[4] == '"' || p[4] == '\'') && memcmp(p + 5, name, n) == 0 &&
                  p[5 + n] == p[4] && p[6 + n] == ']';
    return quoted ? 7 + n : 0;
}

/* Where it stands in this line, after `from`, and in *length how long it is; text.n: nowhere. */
static size_t find_variable(const yz_look *look, size_t from, size_t end, const char *name, size_t *length) {
    for (size_t i = from; i + 4 <= end; i++)
        if (look->code[i] == 'e' && (i == 0 || !is_letter(look->code[i - 1])) && (*length = variable_length(look, i, end, name)) > 0)
            return i;
    return look->text.n;
}

bool yz_script_alone(const yz_look *look, int line, const char *name, yz_str *option) {
    size_t begin = yz_look_line_begin(look, line), end = yz_look_line_end(look, begin), found, at, length = 0;
    while ((at = find_variable(look, begin, end, name, &length)) < look->text.n) {
        begin = at + 1;
        char before = yz_look_last(look, at, &found), after = yz_look_next(look, at + length, &at);
        *option = (yz_str){0};
        if (!strchr(",;})", after) || !before || !strchr("={,;(", before))
            continue;
        if (before == '(' || before == '{' || before == ',' || before == ';')
            return before == '(' || yz_look_in_call(look, found);
        while (found > 0 && look->code[found - 1] == ' ')
            found--;
        size_t last = found;
        while (found > 0 && is_letter(look->code[found - 1]))
            found--;
        *option = (yz_str){look->code + found, last - found};
        if (option->n > 0 && yz_look_in_call(look, found))
            return true;
    }
    return false;
}

/* A text is never nil, so what stands after the `or` behind it is never taken: { "a" or "b" } holds "a" alone. */
int yz_script_text_or(const yz_look *look) {
    size_t at;
    for (size_t i = 0; i + 1 < look->text.n; i++) {
        if (look->code[i] != '"' && look->code[i] != '\'')
            continue;
        const char *close = memchr(look->code + i + 1, look->code[i], look->text.n - i - 1);
        size_t before, open = i;
        if (!close)
            return 0;
        i = (size_t)(close - look->code);
        char sign = yz_look_last(look, open, &before);
        bool alone = sign == '{' || sign == ',' || sign == '=' || sign == ';'; /* else it is joined to, or compared with, what may be nil */
        if (alone && yz_look_next(look, i + 1, &at) == 'o' && look->code[at + 1] == 'r' && !is_letter(look->code[at + 2]) &&
            !(sign == '=' && before > 0 && strchr("=~<>", look->code[before - 1])))
            return yz_look_line_of(look, open);
    }
    return 0;
}

bool yz_script_vain_or(const yz_look *look, int line) {
    size_t begin = yz_look_line_begin(look, line), end = yz_look_line_end(look, begin), at;
    for (size_t i = begin; i + 4 < end; i++) {
        if (memcmp(look->code + i, "env", 3) != 0 || (i > begin && is_letter(look->code[i - 1])))
            continue;
        char quote = yz_look_next(look, i + 3, &at);
        if (quote != '"' && quote != '\'')
            continue;
        const char *close = memchr(look->code + at + 1, quote, end - at - 1);
        if (close && yz_look_next(look, (size_t)(close - look->code) + 1, &at) == 'o' && look->code[at + 1] == 'r' &&
            !is_letter(look->code[at + 2]))
            return true;
    }
    return false;
}
