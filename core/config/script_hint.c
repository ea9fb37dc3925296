/* config/script_hint.c: what most often is meant where Lua stumbles in a config. Its own message ("'}' expected near ':'") are those of a
 * language that whoever edits a config need not know: so its message is read, and the line it speaks of, and what would be right is said.
 * Of the line no more is shown than names: the rest may be a key.
 */
#include "config/script_inner.h"

#include <ctype.h>

/* The line without its strings, so that what is looked for is code. */
static char *code_of(yz_arena *arena, yz_str line) {
    char *code = yz_alloc_bytes(arena, line.n + 1);
    char quote = 0;
    for (size_t i = 0; i < line.n; i++) {
        char c = line.p[i];
        bool mark = (c == '"' || c == '\'') && (i == 0 || line.p[i - 1] != '\\');
        code[i] = quote && c != quote ? '_' : c;
        if (mark)
            quote = quote == c ? 0 : quote ? quote : c;
    }
    code[line.n] = 0;
    return code;
}

static bool is_letter(char c) { return isalnum((unsigned char)c) || c == '_'; }

static size_t name_length(const char *p) {
    size_t n = 0;
    while (is_letter(p[n]))
        n++;
    return n <= 64 ? n : 0;
}

/* The name that stands before a colon, as in `strict: true`. */
static yz_str before_colon(const char *code) {
    for (const char *colon = strchr(code, ':'); colon; colon = strchr(colon + 1, ':')) {
        const char *end = colon;
        while (end > code && end[-1] == ' ')
            end--;
        const char *start = end;
        while (start > code && is_letter(start[-1]))
            start--;
        if (end > start && end - start <= 64)
            return (yz_str){start, (size_t)(end - start)};
    }
    return (yz_str){0};
}

/* The name after the word env, as in `key = env OPENAI_API_KEY` or, with a dot, in `env.HOST`. */
static yz_str after_env(const char *code, char joint) {
    for (const char *env = strstr(code, "env"); env; env = strstr(env + 1, "env")) {
        const char *p = env + 3;
        if ((env > code && is_letter(env[-1])) || *p != joint)
            continue;
        while (*p == joint)
            p++;
        if (name_length(p) > 0 && !isdigit((unsigned char)*p))
            return (yz_str){p, name_length(p)};
    }
    return (yz_str){0};
}

static bool begins(const char *message, const char *text) { return strncmp(message, text, strlen(text)) == 0; }

static bool is_directive(const yz_running *running, yz_str name) {
    for (size_t i = 0; i < running->n_directives; i++)
        if (yz_str_is(name, running->directives[i]))
            return true;
    return false;
}

static const char *about_syntax(const yz_running *running, const char *message, const char *code) {
    yz_arena *arena = running->arena;
    yz_str option = before_colon(code), variable = after_env(code, ' ');
    bool expected = strstr(message, " expected") != NULL;
    if (expected && variable.n > 0)
        return yz_format(arena, ": env takes the name of the variable in quotes: env \"%.*s\"", YZ_STR_ARGS(variable)).p;
    if (expected && option.n > 0 && is_directive(running, option))
        return yz_format(arena, ": what %.*s takes follows it without a colon", YZ_STR_ARGS(option)).p;
    if (expected && option.n > 0)
        return yz_format(arena, ": an option is written with =, not with a colon: %.*s = …", YZ_STR_ARGS(option)).p;
    if (expected && strstr(message, "near ':'"))
        return ": an option is written with =, not with a colon, and its name without quotes: strict = true";
    if (strstr(message, "near '#'") || strstr(message, "near '/'"))
        return ": a comment begins with --";
    if (strstr(message, "near '$'"))
        return ": a variable of the environment is env \"NAME\"";
    if (begins(message, "malformed number"))
        return ": a duration or a size is a text in quotes, such as \"30s\" or \"32MiB\"";
    return NULL;
}

/* What the parser's messages most often mean. */
static const char *about_words(const char *message) {
    static const struct {
        const char *begin, *hint;
    } table[] = {
        {"'}' expected", ": is a comma or a } missing before it?"},
        {"unfinished string", ": is its closing quote missing?"},
        {"'=' expected",
         ": a directive takes a string or a table, and anything else in ( ), as in workers(4) or key(env \"TEAM_KEY\") { name "
         "= \"team\" }"},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
        if (begins(message, table[i].begin))
            return table[i].hint;
    return "";
}

const char *yz_script_hint(const yz_running *running, const char *message, yz_str line, yz_str before) {
    yz_arena *arena = running->arena;
    const char *code = code_of(arena, line);
    yz_str variable = after_env(code, '.');
    if (variable.n > 0 && strstr(message, "a nil value"))
        return yz_format(arena, ": the variable %.*s is not set, so env.%.*s is nil; (env.%.*s or \"…\") gives a text to use instead",
                         YZ_STR_ARGS(variable), YZ_STR_ARGS(variable), YZ_STR_ARGS(variable))
            .p;
    const char *syntax = about_syntax(running, message, code);
    if (!syntax && strstr(message, " expected"))
        syntax = about_syntax(running, message, code_of(arena, before));
    return syntax ? syntax : about_words(message);
}
