/* config/look.c: strings, comments and brackets of a config's text. What is wrong in it is Lua's to find; this must only never read past
 * its end, and be right where the text is. A string that is not finished ends with its line, as it does for Lua.
 */
#include "config/look.h"

#include <ctype.h>

enum { DEPTH = 64 }; /* braces inside braces that are told apart; a config has four */

/* ---- strings and comments ---------------------------------------------------------------------------------------------------- */

/* How many = stand in the [==[ that begins here; -1: none does. */
static int long_bracket(yz_str text, size_t at, char bracket) {
    size_t i = at + 1;
    if (at >= text.n || text.p[at] != bracket)
        return -1;
    while (i < text.n && text.p[i] == '=')
        i++;
    return i < text.n && text.p[i] == bracket ? (int)(i - at - 1) : -1;
}

static size_t long_end(yz_str text, size_t at, int level) {
    for (size_t i = at; i < text.n; i++)
        if (long_bracket(text, i, ']') == level)
            return i + (size_t)level + 2;
    return text.n;
}

static size_t short_end(yz_str text, size_t at) {
    for (size_t i = at + 1; i < text.n && text.p[i] != '\n'; i++) {
        if (text.p[i] == text.p[at])
            return i + 1;
        if (text.p[i] == '\\' && i + 1 < text.n)
            i++;
    }
    const char *end = memchr(text.p + at, '\n', text.n - at);
    return end ? (size_t)(end - text.p) : text.n;
}

static void fill(char *code, size_t from, size_t to, char with) {
    for (size_t i = from; i < to; i++)
        code[i] = code[i] == '\n' ? '\n' : with;
}

yz_look yz_look_at(yz_str text, yz_arena *arena) {
    char *code = yz_alloc_bytes(arena, text.n + 1);
    if (text.n > 0)
        memcpy(code, text.p, text.n);
    code[text.n] = '\0';
    size_t broken = text.n;
    for (size_t i = 0, end; i < text.n; i = end) {
        bool comment = text.p[i] == '-' && i + 1 < text.n && text.p[i + 1] == '-';
        size_t begin = comment ? i + 2 : i;
        int level = long_bracket(text, begin, '[');
        end = i + 1;
        if (level >= 0) {
            end = long_end(text, begin + (size_t)level + 2, level);
            fill(code, i, end, comment ? ' ' : '_');
            code[i] = comment ? ' ' : '"';
            code[end - 1] = code[end - 1] == '\n' || comment ? code[end - 1] : '"';
        } else if (comment) {
            const char *newline = memchr(text.p + i, '\n', text.n - i);
            end = newline ? (size_t)(newline - text.p) : text.n;
            fill(code, i, end, ' ');
        } else if (text.p[i] == '"' || text.p[i] == '\'') {
            end = short_end(text, i);
            bool closed = end > i + 1 && text.p[end - 1] == text.p[i];
            fill(code, i + 1, closed ? end - 1 : end, '_');
            broken = closed || broken < i ? broken : i;
        }
    }
    yz_look look = {.text = text, .code = code};
    look.broken = broken < text.n ? yz_look_line_of(&look, broken) : 0;
    return look;
}

/* ---- lines ------------------------------------------------------------------------------------------------------------------- */

size_t yz_look_line_begin(const yz_look *look, int line) {
    size_t at = 0;
    while (line > 1 && at < look->text.n) {
        at = yz_look_line_end(look, at) + 1;
        line--;
    }
    return at < look->text.n ? at : look->text.n;
}

size_t yz_look_line_end(const yz_look *look, size_t at) {
    const char *end = at < look->text.n ? memchr(look->code + at, '\n', look->text.n - at) : NULL;
    return end ? (size_t)(end - look->code) : look->text.n;
}

int yz_look_line_of(const yz_look *look, size_t at) {
    int line = 1;
    for (size_t i = 0; i < at && i < look->text.n; i++)
        line += look->code[i] == '\n';
    return line;
}

char yz_look_next(const yz_look *look, size_t at, size_t *found) {
    while (at < look->text.n && isspace((unsigned char)look->code[at]))
        at++;
    *found = at;
    return at < look->text.n ? look->code[at] : '\0';
}

char yz_look_last(const yz_look *look, size_t at, size_t *found) {
    while (at > 0 && isspace((unsigned char)look->code[at - 1]))
        at--;
    *found = at > 0 ? at - 1 : 0;
    return at > 0 ? look->code[at - 1] : '\0';
}

int yz_look_line_before(const yz_look *look, int line) {
    size_t found;
    return yz_look_last(look, yz_look_line_begin(look, line), &found) ? yz_look_line_of(look, found) : 0;
}

/* ---- braces ------------------------------------------------------------------------------------------------------------------ */

typedef struct brace {
    int line;
    size_t indent; /* of its line */
} brace;

/* Does one of the names stand here, and no = after it? */
static bool is_statement(const yz_look *look, size_t at, const char *const *names, size_t n_names) {
    size_t n = 0, found;
    while (isalnum((unsigned char)look->code[at + n]) || look->code[at + n] == '_')
        n++;
    for (size_t i = 0; n > 0 && i < n_names; i++)
        if (strlen(names[i]) == n && memcmp(names[i], look->code + at, n) == 0)
            return yz_look_next(look, at + n, &found) != '=';
    return false;
}

int yz_look_unclosed(const yz_look *look, const char *const *names, size_t n_names) {
    brace open[DEPTH];
    size_t depth = 0, indent = 0;
    int line = 1, suspect = 0;
    bool first = true; /* nothing but blanks stands before in this line */
    for (size_t i = 0; i < look->text.n; i++) {
        char c = look->code[i];
        if (c == '\n') {
            line++;
            first = true;
            indent = 0;
            continue;
        }
        if (c == ' ' || c == '\t') {
            indent += first;
            continue;
        }
        const brace *inner = depth > 0 && depth <= DEPTH ? &open[depth - 1] : NULL;
        if (!suspect && first && inner && (c == '}' ? indent < inner->indent : indent == 0 && is_statement(look, i, names, n_names)))
            suspect = inner->line;
        first = false;
        if (c == '{') {
            if (depth < DEPTH)
                open[depth] = (brace){line, indent};
            depth++;
        } else if (c == '}' && depth > 0) {
            depth--;
        }
    }
    return depth == 0 ? 0 : suspect ? suspect : open[depth <= DEPTH ? depth - 1 : DEPTH - 1].line;
}

/* The outermost { around this place; false: there is none. */
static bool outermost_brace(const yz_look *look, size_t at, size_t *at_brace) {
    size_t depth = 0;
    bool any = false;
    for (size_t i = 0; i < at && i < look->text.n; i++) {
        if (look->code[i] == '{' && depth++ == 0)
            *at_brace = i;
        else if (look->code[i] == '}' && depth > 0)
            depth--;
        any = depth > 0;
    }
    return any;
}

/* Before a { that is a call's stand the callee's name or its first argument. */
bool yz_look_in_call(const yz_look *look, size_t at) {
    size_t outermost, found;
    char before = outermost_brace(look, at, &outermost) ? yz_look_last(look, outermost, &found) : '\0';
    return before == '"' || before == '\'' || before == ')' || isalnum((unsigned char)before) || before == '_';
}

yz_str yz_look_callee(const yz_look *look, size_t at) {
    size_t outermost, end = 0, begin;
    char before = outermost_brace(look, at, &outermost) ? yz_look_last(look, outermost, &end) : '\0';
    if (before == '"' || before == '\'') { /* its first argument, in which nothing but _ is left */
        const char *open = end > 0 ? memrchr(look->code, before, end) : NULL;
        before = open ? yz_look_last(look, (size_t)(open - look->code), &end) : '\0';
    }
    if (!isalnum((unsigned char)before) && before != '_')
        return (yz_str){0};
    for (begin = end; begin > 0 && (isalnum((unsigned char)look->code[begin - 1]) || look->code[begin - 1] == '_');)
        begin--;
    return (yz_str){look->code + begin, end + 1 - begin};
}

/* ---- signs that look like others ----------------------------------------------------------------------------------------------- */

static const struct alike {
    const char *found, *meant; /* meant NULL: a quotation mark; "": a blank */
} ALIKE[] = {
    {"“", NULL},    {"”", NULL},    {"„", NULL},    {"‟", NULL},    {"‘", NULL},    {"’", NULL},    {"‚", NULL},    {"‛", NULL},
    {"«", NULL},    {"»", NULL},    {"‹", NULL},    {"›", NULL},    {"＂", NULL},   {"＇", NULL},   {"「", NULL},   {"」", NULL},
    {"『", NULL},   {"』", NULL},   {"´", NULL},    {"′", NULL},    {"″", NULL},    {"，", ","},    {"、", ","},    {"；", ";"},
    {"：", "="},    {"＝", "="},    {"｛", "{"},    {"｝", "}"},    {"（", "("},    {"）", ")"},    {"［", "["},    {"］", "]"},
    {"．", "."},    {"。", "."},    {"＃", "--"},   {"—", "--"},    {"–", "-"},     {"−", "-"},     {"－", "-"},    {"\u00a0", ""},
    {"\u2002", ""}, {"\u2003", ""}, {"\u2009", ""}, {"\u200b", ""}, {"\u202f", ""}, {"\u3000", ""}, {"\ufeff", ""},
};

static const struct alike *alike_here(const yz_look *look, size_t at) {
    for (size_t k = 0; k < sizeof(ALIKE) / sizeof(*ALIKE); k++) {
        size_t n = strlen(ALIKE[k].found);
        if (look->text.n - at >= n && memcmp(look->code + at, ALIKE[k].found, n) == 0)
            return &ALIKE[k];
    }
    return NULL;
}

const char *yz_look_alike(const yz_look *look, size_t *at, yz_arena *arena) {
    static const char mark[] = "\ufeff"; /* the file may begin with it */
    size_t i = look->text.n >= 3 && memcmp(look->code, mark, 3) == 0 ? 3 : 0;
    const struct alike *found = NULL;
    for (; i < look->text.n && !found; i++)
        if ((unsigned char)look->code[i] >= 0x80 && (found = alike_here(look, i)))
            *at = i;
    if (!found)
        return NULL;
    if (!found->meant)
        return yz_format(arena, "%s is no quotation mark of Lua: a text stands between \" and \"", found->found).p;
    if (!*found->meant)
        return "a blank that is none stands in this line (from a web page, a word processor?): type it anew with the space bar";
    return yz_format(arena, "%s is no sign of Lua: %s is meant", found->found, found->meant).p;
}
