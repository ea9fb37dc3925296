/* config/script_hint.c: what most often is meant where Lua stumbles in a config. Its own messages ("'}' expected near ':'") are those of a
 * language that whoever edits a config need not know: so its message is read, and the lines it speaks of, and what would be right is said.
 * Of a line no more is shown than names: the rest may be a key.
 */
#include "base/diag.h"
#include "config/script_inner.h"
#include "config/slip.h"
#include "plugin/loader.h"
#include "plugin/options.h"

#include <ctype.h>

/* Where Lua stumbled. `line` is looked at, then the line of code before it: Lua often notices at the next word. */
typedef struct stumble {
    const yz_running *running;
    const yz_look *look;
    const char *message;
    const char *code; /* of the line */
    int line;
} stumble;

static const char *line_code(const stumble *s, int line) {
    size_t begin = yz_look_line_begin(s->look, line), end = yz_look_line_end(s->look, begin);
    return yz_dup(s->running->arena, (yz_str){s->look->code + begin, end - begin}).p;
}

static bool is_letter(char c) { return isalnum((unsigned char)c) || c == '_'; }

/* What may stand in a model's name or a header's, and so is written without quotes by mistake. */
static bool is_in_name(char c) { return is_letter(c) || c == '-' || c == '.' || c == ':' || c == '/' || c == '@'; }

static bool is_word(yz_str word) {
    bool ok = word.n > 0 && word.n <= 64 && !isdigit((unsigned char)word.p[0]);
    for (size_t i = 0; i < word.n; i++)
        ok = ok && is_letter(word.p[i]);
    return ok;
}

static size_t name_length(const char *p) {
    size_t n = 0;
    while (is_letter(p[n]))
        n++;
    return n <= 64 ? n : 0;
}

static bool is_directive(const yz_running *running, yz_str name) {
    for (size_t i = 0; i < running->n_directives; i++)
        if (yz_str_is(name, running->directives[i]))
            return true;
    return false;
}

static bool says(const stumble *s, const char *text) { return strstr(s->message, text) != NULL; }

static bool begins(const char *message, const char *text) { return strncmp(message, text, strlen(text)) == 0; }

#define SAY(s, ...) yz_format((s)->running->arena, __VA_ARGS__).p

/* ---- comments ------------------------------------------------------------------------------------------------------------------ */

/* The first word of a line in which # is Lua's own sign, the length of a list. */
static bool is_lua(const char *code) {
    static const char *const words[] = {"for", "while", "if", "elseif", "local", "return", "until", "function"};
    code += strspn(code, " \t");
    size_t n = name_length(code);
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
        if (strlen(words[i]) == n && memcmp(words[i], code, n) == 0)
            return true;
    return false;
}

/* Does a # in this line begin a comment? One word after it is a length, for Lua, and what is wrong comes later. */
static bool has_hash(const char *code) {
    for (const char *hash = strchr(code, '#'); hash; hash = strchr(hash + 1, '#')) {
        bool first = strspn(code, " \t") == (size_t)(hash - code);
        bool apart = strchr(" \t#!", hash[1]) != NULL; /* also at the end of the line */
        if (first || apart || !is_lua(code))
            return true;
    }
    return false;
}

static const char *about_comment(const stumble *s) {
    if (has_hash(s->code))
        return "a comment begins with --, not with #";
    const char *semicolon = s->code + strspn(s->code, " \t");
    if (semicolon[0] == ';' && strspn(semicolon, "; \t") < strlen(semicolon))
        return "a comment begins with --, not with ;";
    const char *slashes = strstr(s->code, "//");
    if (slashes && slashes > s->code && slashes[-1] == ':')
        return "an address stands in quotes, as in base_url = \"https://api.example.com/v1\"";
    if (slashes)
        return "a comment begins with --, not with //";
    return strstr(s->code, "/*") ? "a comment begins with --, not with /*" : NULL;
}

/* ---- names and their values ------------------------------------------------------------------------------------------------------ */

/* Does something that holds an option's name end here: the { of its table, a comma, or the line before? */
static bool opens_field(const char *code, size_t at) {
    while (at > 0 && (code[at - 1] == ' ' || code[at - 1] == '\t'))
        at--;
    return at == 0 || strchr("{,;", code[at - 1]);
}

/* { "attempts" = 3 }, { gpt-5.2 = "x" }, { x-a: "b" }: what stands before a = or a colon. */
static const char *about_name(const stumble *s, char joint) {
    const char *text = s->look->text.p + yz_look_line_begin(s->look, s->line);
    for (const char *equals = strchr(s->code, joint); equals; equals = strchr(equals + 1, joint)) {
        size_t end = (size_t)(equals - s->code), begin;
        while (end > 0 && s->code[end - 1] == ' ')
            end--;
        bool quoted = end > 1 && (s->code[end - 1] == '"' || s->code[end - 1] == '\'');
        begin = end - quoted;
        while (begin > 0 && (quoted ? s->code[begin - 1] == '_' : is_in_name(s->code[begin - 1])))
            begin--;
        yz_str name = {text + begin, end - quoted - begin};
        bool field = quoted ? begin > 0 && opens_field(s->code, begin - 1) : opens_field(s->code, begin);
        if (name.n == 0 || name.n > 64 || !field || equals[1] == '=')
            continue;
        if (!is_word(name))
            return SAY(s, "a name with other signs than letters, digits and _ stands in [\" \"]: [\"%.*s\"] = …", YZ_STR_ARGS(name));
        if (quoted && joint == '=')
            return SAY(s, "an option's name stands without quotes: %.*s = …", YZ_STR_ARGS(name));
    }
    return NULL;
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

/* ---- directives ------------------------------------------------------------------------------------------------------------------ */

/* The directive that begins the line, and in *rest what follows it. */
static yz_str first_directive(const stumble *s, const char **rest) {
    const char *p = s->code + strspn(s->code, " \t");
    yz_str name = {p, name_length(p)};
    *rest = p + name.n + strspn(p + name.n, " \t");
    return is_directive(s->running, name) ? name : (yz_str){0};
}

/* Does this place of the line stand in the { } of a directive or stage? */
static bool in_block(const stumble *s, const char *at) {
    return yz_look_in_call(s->look, yz_look_line_begin(s->look, s->line) + (size_t)(at - s->code));
}

/* provider acme { … }, provider "x" = { … }, key env "X" { … }, model "x" [ … ]. */
static const char *about_directive(const stumble *s) {
    const char *rest;
    yz_str directive = first_directive(s, &rest);
    if (directive.n == 0)
        return NULL;
    yz_str word = {rest, name_length(rest)};
    while (word.n > 0 && word.n < 64 && is_in_name(word.p[word.n])) /* gpt-4o */
        word.n++;
    if (yz_str_is(word, "env"))
        return SAY(s, "what is no text alone stands in ( ): %.*s(env \"NAME\") { … }", YZ_STR_ARGS(directive));
    if (word.n > 0 && !isdigit((unsigned char)*rest) && *(rest + word.n + strspn(rest + word.n, " \t")) == '{')
        return SAY(s, "a name stands in quotes, as in %.*s \"%.*s\" { … }, and a variable in ( )", YZ_STR_ARGS(directive),
                   YZ_STR_ARGS(word));
    const char *quote = *rest == '"' || *rest == '\'' ? strchr(rest + 1, *rest) : NULL;
    const char *after = quote ? quote + 1 + strspn(quote + 1, " \t") : rest;
    if ((*after == '=' || *after == ':') && quote)
        return SAY(s, "what %.*s takes follows its name without a %s", YZ_STR_ARGS(directive), *after == '=' ? "=" : "colon");
    if (*rest == '=' && rest[1] != '=' && !in_block(s, rest) && (says(s, " expected") || says(s, "unexpected symbol")))
        return SAY(s, "what %.*s takes follows it without a =", YZ_STR_ARGS(directive));
    if (*after == '[')
        return SAY(s, "a list stands in { }, not in [ ]");
    return NULL;
}

/* listen 127.0.0.1:8080, listen :8080, listen localhost:8080, admin: 127.0.0.1:8081. What is shown is digits, dots and a port alone. */
static const char *about_address(const stumble *s) {
    const char *rest;
    yz_str directive = first_directive(s, &rest);
    if (!yz_str_is(directive, "listen") && !yz_str_is(directive, "admin"))
        return NULL;
    bool port = *rest == ':' && isdigit((unsigned char)rest[1]);
    rest += *rest == ':' && !port;
    rest += strspn(rest, " \t");
    const char *end = rest + strspn(rest, "0123456789.:");
    size_t word = name_length(rest), six = *rest == '[' ? strspn(rest + 1, "0123456789abcdefABCDEF:.") : 0;
    if (six > 1 && six < 40 && rest[1 + six] == ']') {
        size_t behind = rest[2 + six] == ':' ? 1 + strspn(rest + 3 + six, "0123456789") : 0;
        return SAY(s, "an address stands in quotes: %.*s \"%.*s%s\"", YZ_STR_ARGS(directive), (int)(2 + six + (behind < 7 ? behind : 0)),
                   rest, behind > 1 && behind < 7 ? "" : ":8080");
    }
    if (end > rest + 1 && memchr(rest, ':', (size_t)(end - rest)) && end - rest <= 21)
        return SAY(s, "an address stands in quotes: %.*s \"%.*s\"", YZ_STR_ARGS(directive), (int)(end - rest), rest);
    if (word > 0 && !begins(rest, "env") && (rest[word] == ':' || rest[word] == '.') && !isspace((unsigned char)rest[word + 1]))
        return SAY(s, "an address stands in quotes: %.*s \"127.0.0.1:8080\"", YZ_STR_ARGS(directive));
    return NULL;
}

/* The option of the stage of that name that a number, or true, is most likely for. */
static const char *likely_option(yz_str stage, bool truth) {
    const yz_value value = {.kind = truth ? YZ_VALUE_BOOL : YZ_VALUE_NUMBER};
    yz_diag unheard = {0};
    const yz_plugin *plugin = yz_plugin_exists(stage) ? yz_plugin_find(stage, &unheard) : NULL;
    const char *option = plugin ? yz_option_likely(plugin->options, plugin->n_options, &value) : NULL;
    yz_diag_free(&unheard);
    return option ? option : "…";
}

/* retry 3, cache true, workers 4: a value without braces, or without ( ). */
static const char *about_value(const stumble *s) {
    static const char *const lua[] = {"return", "and", "or", "not", "in", "then", "else", "do", "end", "local", "if", "while", "until"};
    for (const char *p = s->code; *p; p++) {
        size_t n = p > s->code && (is_letter(p[-1]) || p[-1] == '.') ? 0 : name_length(p);
        const char *value = p + n + strspn(p + n, " \t");
        size_t value_n = name_length(value);
        bool word = (value_n == 4 && strncmp(value, "true", 4) == 0) || (value_n == 5 && strncmp(value, "false", 5) == 0);
        bool known = isdigit((unsigned char)*p) || n == 0 || value == p + n || !(word || isdigit((unsigned char)*value));
        for (size_t i = 0; !known && i < sizeof(lua) / sizeof(*lua); i++)
            known = strlen(lua[i]) == n && memcmp(lua[i], p, n) == 0;
        if (known || !opens_field(s->code, (size_t)(p - s->code)))
            continue;
        yz_str name = {p, n}, shown = {value, value_n};
        if (!word && (yz_str_is(name, "listen") || yz_str_is(name, "admin")))
            return SAY(s, "an address stands in quotes: %.*s \"127.0.0.1:%.*s\"", YZ_STR_ARGS(name), YZ_STR_ARGS(shown));
        if (is_directive(s->running, name))
            return SAY(s, "what is no text stands in ( ): %.*s(%.*s)", YZ_STR_ARGS(name), YZ_STR_ARGS(shown));
        return SAY(s, "%.*s takes its options in braces, each with its name, as in %.*s { %s = %.*s }", YZ_STR_ARGS(name),
                   YZ_STR_ARGS(name), likely_option(name, word), YZ_STR_ARGS(shown));
    }
    return NULL;
}

/* OPENAI_API_KEY=sk-… or export OPENAI_API_KEY=…: a line of an env file, or of a shell. What stands behind the = is not shown. */
static const char *about_env_line(const stumble *s) {
    const char *p = s->code + strspn(s->code, " \t");
    bool shell = begins(p, "export ");
    p += shell ? 7 : 0;
    size_t n = strspn(p, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789");
    if (n == 0 || n > 64 || isdigit((unsigned char)*p) || p[n] != '=' || (!shell && strchr("= \t\"'({[", p[n + 1])))
        return NULL;
    return SAY(s, "this is a line of an env file: the variable is set there, before yuzui starts, and read here, as in key = env \"%.*s\"",
               (int)n, p);
}

/* ---- what is missing ------------------------------------------------------------------------------------------------------------- */

/* Is the word that Lua stumbled over the first one of its line? Then what is missing is missing before. */
static bool is_first(const stumble *s, yz_str near) {
    const char *p = s->code + strspn(s->code, " \t");
    return near.n > 0 && strncmp(p, near.p, near.n) == 0;
}

static yz_str near_of(const char *message) {
    const char *near = strstr(message, " near '"), *end = near ? strrchr(near, '\'') : NULL;
    return near && end > near + 7 ? (yz_str){near + 7, (size_t)(end - near - 7)} : (yz_str){0};
}

static yz_hint about_missing(const stumble *s) {
    yz_hint hint = {.more = "", .line = s->line};
    if (s->look->broken > 0 && s->look->broken == s->line) {
        hint.instead = "a text of this line is never closed: a quotation mark is missing, or one in it is not written \\\"";
        return hint;
    }
    bool more = says(s, "<eof>") || says(s, "'}' expected");
    int open = more ? yz_look_unclosed(s->look, s->running->directives, s->running->n_directives) : 0;
    if (open > 0) {
        hint.instead = SAY(s, "a { of this line is never closed: its } is missing");
        hint.line = open;
        return hint;
    }
    if (!begins(s->message, "'}' expected"))
        return hint;
    hint.more = ": is a comma or a } missing before it?";
    int before = yz_look_line_before(s->look, s->line);
    if (before > 0 && is_first(s, near_of(s->message)))
        hint.more = SAY(s, ": is a comma missing at the end of line %d?", before);
    return hint;
}

/* What is right where `name:` stands in a block, at this place of the line. */
static const char *without_colon(const stumble *s, const char *at, yz_str name, const char *shown) {
    yz_str callee = yz_look_callee(s->look, yz_look_line_begin(s->look, s->line) + (size_t)(at - s->code));
    yz_diag unheard = {0};
    const yz_plugin *plugin = yz_str_is(callee, "chain") && yz_plugin_exists(name) ? yz_plugin_find(name, &unheard) : NULL;
    yz_diag_free(&unheard);
    if (plugin && plugin->filter)
        return SAY(s, "%.*s is a stage, and stands in the list without a colon: %.*s { … }", YZ_STR_ARGS(name), YZ_STR_ARGS(name));
    return SAY(s, "an option is written with =, not with a colon: %.*s = %s", YZ_STR_ARGS(name), shown);
}

/* Three dots between digits. */
static bool has_address(const char *code) {
    for (const char *p = code; *p; p++) {
        size_t n = strspn(p, "0123456789."), dots = 0;
        for (size_t i = 0; i < n; i++)
            dots += p[i] == '.';
        if (dots == 3 && isdigit((unsigned char)*p))
            return true;
        p += n > 0 ? n - 1 : 0;
    }
    return false;
}

/* { gpt-4o }: for Lua a variable less a number. */
static const char *about_bare_name(const stumble *s) {
    yz_str near = near_of(s->message);
    const char *at = near.n > 0 ? strstr(s->code, SAY(s, "-%.*s", YZ_STR_ARGS(near))) : NULL, *begin = at;
    while (begin && begin > s->code && is_in_name(begin[-1]))
        begin--;
    if (!at || begin == at || isdigit((unsigned char)*begin))
        return NULL;
    const char *end = at + 1;
    while (is_in_name(*end) || *end == '-')
        end++;
    return end - begin <= 64 ? SAY(s, "a text stands in quotes: \"%.*s\"", (int)(end - begin), begin) : NULL;
}

/* weight = 50% */
static bool has_percent(const char *code) {
    for (const char *p = strchr(code, '%'); p; p = strchr(p + 1, '%'))
        if (p > code && isdigit((unsigned char)p[-1]) && strchr(" \t,;}", p[1])) /* or the end of the line */
            return true;
    return false;
}

/* ---- all of it ------------------------------------------------------------------------------------------------------------------- */

/* What a syntax error at this line means, if anything in it is known. */
static const char *about_line(const stumble *s) {
    yz_str option = before_colon(s->code), variable = after_env(s->code, ' ');
    bool expected = says(s, " expected"), number = begins(s->message, "malformed number");
    const char *set = about_env_line(s);
    if (set)
        return set;
    const char *comment = about_comment(s), *name = expected ? about_name(s, '=') : NULL;
    const char *address = expected || number || says(s, "unexpected symbol") ? about_address(s) : NULL;
    if (comment || address)
        return comment ? comment : address;
    if (strchr(s->code, '`') && says(s, "near '`'"))
        return "a text stands between \" and \", not between ` and `";
    if (expected && variable.n > 0)
        return SAY(s, "env takes the name of the variable in quotes: env \"%.*s\"", YZ_STR_ARGS(variable));
    if (!name && expected)
        name = about_name(s, ':');
    if (name)
        return name;
    if (expected && option.n > 0 && is_directive(s->running, option) && !in_block(s, option.p))
        return SAY(s, "what %.*s takes follows it without a colon", YZ_STR_ARGS(option));
    if (expected && option.n > 0)
        return without_colon(s, option.p, option, "…");
    if (expected && says(s, "near ':'"))
        return "an option is written with =, not with a colon, and its name without quotes: strict = true";
    if (says(s, "near '$'"))
        return "a variable of the environment is env \"NAME\"";
    if (number && has_address(s->code))
        return "an address stands in quotes, as in \"127.0.0.1:8080\"";
    const char *model = number ? about_bare_name(s) : NULL;
    if (model)
        return model;
    if (says(s, "near '['") && strchr(s->code, '['))
        return "a list stands in { }, not in [ ]";
    if (says(s, "unexpected symbol") && has_percent(s->code))
        return "a share is a number such as 0.5, and a weight one such as 2, without %";
    if (number)
        return "a duration or a size is a text in quotes, such as \"30s\" or \"32MiB\"";
    const char *directive = about_directive(s);
    return directive ? directive : expected || says(s, "unexpected symbol") ? about_value(s) : NULL;
}

/* What the parser's messages most often mean. */
static const char *about_words(const stumble *s) {
    static const struct {
        const char *begin, *hint;
    } table[] = {
        {"'end' expected", ": an if, for or function above has no end"},
        {"unfinished long", ": where it began, a [[ has no ]]"},
        {"unexpected symbol near '{'", ": a config is a list of directives, such as listen \"127.0.0.1:8080\""},
        {"unexpected symbol near ','", ": no comma stands between directives, nor after the name of one"},
        {"unexpected symbol near '}'", ": is it one } too many?"},
        {"'<eof>' expected near '}'", ": it is one } too many"},
        {"'=' expected",
         ": a directive takes a string or a table, and anything else in ( ), as in workers(4) or key(env \"TEAM_KEY\") { name "
         "= \"team\" }"},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
        if (begins(s->message, table[i].begin))
            return table[i].hint;
    return NULL;
}

/* key: env "X", which for Lua calls a method of the directive: what stands before the colon. */
static const char *about_method(const stumble *s) {
    static const char said[] = "attempt to index global '";
    size_t n = begins(s->message, said) ? name_length(s->message + sizeof said - 1) : 0;
    yz_str name = {s->message + sizeof said - 1, n};
    const char *word = SAY(s, "%.*s", YZ_STR_ARGS(name));
    for (const char *p = n > 0 ? s->code : NULL; p && (p = strstr(p, word)); p += n) {
        const char *colon = p + n + strspn(p + n, " \t"), *value = colon + (*colon == ':');
        value += strspn(value, " \t");
        const char *shown = strncmp(value, "env", 3) == 0 && !is_letter(value[3]) ? "env \"NAME\"" : "…";
        if (*colon != ':' || (p > s->code && is_letter(p[-1])))
            continue;
        if (in_block(s, p))
            return without_colon(s, p, name, shown);
        return *shown == 'e' ? SAY(s, "what %.*s takes follows it without a colon, and a variable in ( ): %.*s(env \"NAME\")",
                                   YZ_STR_ARGS(name), YZ_STR_ARGS(name))
                             : SAY(s, "what %.*s takes follows it without a colon", YZ_STR_ARGS(name));
    }
    return NULL;
}

/* Errors of a running config, not of its syntax. */
static yz_hint about_running(const stumble *s) {
    yz_str variable = after_env(s->code, '.');
    yz_hint hint = {.more = "", .line = s->line};
    hint.instead = about_method(s);
    if (says(s, "attempt to call ") && says(s, "(a nil value)") && (says(s, "method '") || says(s, "field '")))
        hint.more =
            ": of Lua's functions a config has string.format, sub, upper, lower, len, byte, char, reverse, rep, table.insert, concat, "
            "remove, sort, math.floor, ceil, max, min, abs";
    if (says(s, "get length of") && has_hash(s->code))
        hint.instead = about_comment(s);
    else if (variable.n > 0 && says(s, "a nil value"))
        hint.more = SAY(s, ": the variable %.*s is not set, so env.%.*s is nil; (env.%.*s or \"…\") gives a text to use instead",
                        YZ_STR_ARGS(variable), YZ_STR_ARGS(variable), YZ_STR_ARGS(variable));
    return hint;
}

yz_hint yz_script_hint(const yz_running *running, const yz_look *look, int line, const char *message) {
    stumble s = {running, look, message, "", line};
    s.code = line_code(&s, line);
    int slipped = line;
    const char *slip = about_env_line(&s) || about_comment(&s) ? NULL : yz_slip(look, message, running->arena, &slipped);
    if (slip)
        return (yz_hint){.instead = slip, .more = "", .line = slipped};
    if (begins(message, "attempt to ") || begins(message, "bad argument"))
        return about_running(&s);
    bool word = says(&s, " expected") || says(&s, "unexpected symbol");
    const char *here = about_line(&s);
    int before = here || !word ? 0 : yz_look_line_before(look, line);
    if (before > 0) {
        stumble above = {running, look, message, line_code(&s, before), before};
        here = about_line(&above);
    }
    if (here)
        return (yz_hint){.instead = here, .more = "", .line = before > 0 ? before : line};
    const char *more = about_words(&s);
    yz_hint missing = about_missing(&s);
    if (more && !missing.instead)
        missing.more = more;
    return missing;
}

/* ---- names that nothing answers to ------------------------------------------------------------------------------------------------ */

/* Words of other languages, and of Lua outside of a config. */
static const char *about_word(const stumble *s, const char *name) {
    static const struct {
        const char *word, *lua;
    } table[] = {
        {"True", "true"}, {"TRUE", "true"}, {"yes", "true"}, {"on", "true"},       {"False", "false"}, {"no", "false"}, {"FALSE", "false"},
        {"off", "false"}, {"null", "nil"},  {"None", "nil"}, {"undefined", "nil"}, {"NULL", "nil"},    {"Null", "nil"},
    };
    static const char *const others[] = {"include", "import", "dofile", "loadfile"};
    for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
        if (strcmp(name, others[i]) == 0)
            return SAY(s, "there is no %s: require \"NAME\" runs NAME.lua of the config's folder", name);
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
        if (strcmp(name, table[i].word) == 0)
            return SAY(s, "%s is written %s%s", name, table[i].lua, strcmp(table[i].lua, "nil") == 0 ? ", or the option is left out" : "");
    return NULL;
}

/* key = sk-abc: the option, if it is one that holds a secret; what stands there is not shown. */
static yz_str secret_option(const stumble *s, const char *at) {
    static const char *const secrets[] = {"key", "token", "password", "secret"};
    while (at > s->code && is_in_name(at[-1]))
        at--;
    while (at > s->code && at[-1] == ' ')
        at--;
    const char *end = at > s->code && at[-1] == '=' ? at - 1 : s->code;
    while (end > s->code && end[-1] == ' ')
        end--;
    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++) {
        size_t n = strlen(secrets[i]);
        if ((size_t)(end - s->code) >= n && memcmp(end - n, secrets[i], n) == 0 && (end - n == s->code || !is_letter(*(end - n - 1))))
            return (yz_str){end - n, n};
    }
    return (yz_str){0};
}

/* Does it stand where a value is wanted, as in level = debug? */
static bool is_value(const stumble *s, const char *name) {
    const char *p = strstr(s->code, name);
    while (p && p > s->code && isspace((unsigned char)p[-1]))
        p--;
    return p && p > s->code && p[-1] == '=';
}

const char *yz_script_name_hint(const yz_running *running, const yz_look *look, int line, const char *name) {
    stumble s = {running, look, "", "", line};
    size_t n = strlen(name);
    s.code = line_code(&s, line);
    const char *set = about_env_line(&s);
    if (set)
        return set;
    for (const char *p = strstr(s.code, name); p; p = strstr(p + 1, name)) {
        if ((p > s.code && is_letter(p[-1])) || is_letter(p[n]))
            continue;
        size_t word = n;
        while (is_in_name(p[word]))
            word++;
        const char *before = p;
        while (before > s.code && before[-1] == ' ')
            before--;
        if (before > s.code && before[-1] == '#' && has_hash(s.code))
            return "a comment begins with --, not with #";
        if (begins(name, "getenv") || begins(p + n, ".getenv") || begins(p + n, ".env")) /* os.getenv, process.env, os.environ */
            return "a variable of the environment is env \"NAME\"";
        if (p > s.code && p[-1] == '[' && word <= 64)
            return SAY(&s, "a name in [ ] stands in quotes: [\"%.*s\"] = …", (int)word, p);
        yz_str secret = secret_option(&s, p);
        if (secret.n > 0 && in_block(&s, secret.p) && !about_word(&s, name))
            return SAY(&s, "a text stands in quotes: %.*s = \"…\", and a variable is env \"NAME\"", YZ_STR_ARGS(secret));
        const char *colon = p + n + strspn(p + n, " \t");
        if (*colon == ':' && opens_field(s.code, (size_t)(p - s.code)) && in_block(&s, p))
            return SAY(&s, "an option is written with =, not with a colon: %s = …", name);
    }
    const char *written = about_word(&s, name);
    written = written ? written : yz_slip_word(name);
    const char *theirs = written || is_value(&s, name) ? NULL : yz_script_elsewhere(name);
    return theirs ? SAY(&s, "there is no directive or stage \"%s\": %s", name, theirs) : written;
}

const char *yz_script_text_hint(const yz_running *running, const yz_look *look, int line, const char *name) {
    stumble s = {running, look, "", "", line};
    size_t n = strlen(name);
    s.code = line_code(&s, line);
    for (const char *p = strstr(s.code, name); p; p = strstr(p + 1, name)) {
        size_t at = yz_look_line_begin(look, line) + (size_t)(p - s.code), found;
        char after = yz_look_next(look, at + n, &found), before = yz_look_last(look, at, &found);
        if (!after || !strchr(",;}", after) || !before || !strchr("{,;=", before) || !in_block(&s, p))
            continue;
        if (before != '=')
            return yz_str_is(yz_look_callee(look, at), "chain") ? NULL : SAY(&s, "a text stands in quotes: \"%s\"", name);
        while (found > 0 && look->code[found - 1] == ' ')
            found--;
        size_t end = found;
        while (found > 0 && is_letter(look->code[found - 1]))
            found--;
        if (end > found)
            return SAY(&s, "a text stands in quotes: %.*s = \"%s\"", (int)(end - found), look->code + found, name);
    }
    return NULL;
}
