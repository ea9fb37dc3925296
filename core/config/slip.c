/* config/slip.c: see slip.h. A sign that Lua does not have is looked for in the line it stumbled over, and where that tells nothing, in the
 * line above: it often notices at the next word. Strings and comments hold no code: yz_look has blanked them. */
#include "config/slip.h"

#include <ctype.h>
#include <stdlib.h>

static bool begins(const char *text, const char *with) { return strncmp(text, with, strlen(with)) == 0; }

static const char *line_code(const yz_look *look, int line, yz_arena *arena) {
    size_t begin = yz_look_line_begin(look, line), end = yz_look_line_end(look, begin);
    return yz_dup(arena, (yz_str){look->code + begin, end > begin ? end - begin : 0}).p;
}

static bool is_letter(char c) { return isalnum((unsigned char)c) || c == '_'; }

static size_t word_length(const char *p) {
    size_t n = 0;
    while (is_letter(p[n]))
        n++;
    return n;
}

static const char *first_word(const char *code) { return code + strspn(code, " \t}"); }

static bool is_word(const char *p, const char *word) {
    size_t n = strlen(word);
    return word_length(p) == n && memcmp(p, word, n) == 0;
}

/* The word, standing by itself somewhere in the line; NULL: it does not. */
static const char *find_word(const char *code, const char *word) {
    for (const char *p = strstr(code, word); p; p = strstr(p + 1, word))
        if ((p == code || !is_letter(p[-1])) && is_word(p, word))
            return p;
    return NULL;
}

static char last_sign(const char *code) {
    size_t n = strlen(code);
    while (n > 0 && isspace((unsigned char)code[n - 1]))
        n--;
    return n > 0 ? code[n - 1] : '\0';
}

/* ---- signs that Lua does not have ----------------------------------------------------------------------------------------------- */

#define NOT "\"is not\" is written ~=, and \"not\" as not"

static const struct {
    const char *sign, *hint;
} SIGNS[] = {
    {"!==", NOT},
    {"!=", NOT},
    {"<>", NOT},
    {"===", "a comparison is written =="},
    {"&&", "&& is written and"},
    {"||", "|| is written or"},
    {"??", "?? is written or: a or \"instead\""},
    {"?.", "there is no ?. : a and a.b"},
    {"=>", "there is no => : a function is written function(x) return … end, an entry of a table name = value"},
    {"->", "there is no -> : what a chain holds stands in a list, as in chain { auth {}, retry {} }"},
    {":=", "a value is set with =, as in local x = 1"},
    {"++", "there is no ++ : x = x + 1"},
    {"+=", "there is no += : x = x + 1"},
    {"-=", "there is no -= : x = x - 1"},
    {"*=", "there is no *= : x = x * 2"},
    {"/=", "there is no /= : x = x / 2"},
    {"..=", "there is no ..= : x = x .. \"more\""},
    {"**", "a power is written ^, as in 2 ^ 3"},
};

/* a ? b : c */
static bool is_choice(const char *code) {
    const char *mark = strchr(code, '?');
    return mark && strchr(mark, ':');
}

static const char *about_sign(const char *code) {
    for (size_t i = 0; i < sizeof SIGNS / sizeof *SIGNS; i++)
        if (strstr(code, SIGNS[i].sign))
            return SIGNS[i].hint;
    if (is_choice(code))
        return "there is no a ? b : c, which is written a and b or c";
    for (const char *p = strchr(code, '!'); p; p = strchr(p + 1, '!'))
        if (is_letter(p[1]) || p[1] == '(')
            return "! is written not, as in not x";
    return NULL;
}

/* ---- words that Lua does not have ------------------------------------------------------------------------------------------------- */

#define LOCAL    "a variable is made by local, as in local x = 1"
#define FUNCTION "a function is written local function name(x) … end"
#define ELSEIF   "it is written elseif … then"
#define SWITCH   "there is no switch: if x == 1 then … elseif x == 2 then … end"
#define TRY      "there is no try: in a policy pcall(function() … end) says whether it failed; in a config nothing can be caught"

/* At the beginning of a statement. */
static const struct {
    const char *word, *hint;
} STATEMENTS[] = {
    {"var", LOCAL},
    {"let", LOCAL},
    {"const", LOCAL},
    {"my", LOCAL},
    {"int", LOCAL},
    {"string", LOCAL},
    {"def", FUNCTION},
    {"func", FUNCTION},
    {"fn", FUNCTION},
    {"fun", FUNCTION},
    {"elif", ELSEIF},
    {"elsif", ELSEIF},
    {"switch", SWITCH},
    {"case", SWITCH},
    {"match", SWITCH},
    {"try", TRY},
    {"catch", TRY},
    {"except", TRY},
    {"finally", TRY},
    {"throw", "it is written error(\"why\")"},
    {"raise", "it is written error(\"why\")"},
    {"continue", "there is no continue: an if … end around the rest of the loop does it"},
    {"foreach", "it is written for _, x in ipairs(list) do … end"},
    {"unless", "it is written if not … then … end"},
    {"import", "there is no import: require \"NAME\" runs NAME.lua beside this file"},
    {"from", "there is no import: require \"NAME\" runs NAME.lua beside this file"},
    {"include", "there is no include: require \"NAME\" runs NAME.lua beside this file"},
    {"async", "nothing has to be awaited: a policy is written as if nothing took time"},
    {"await", "nothing has to be awaited: a policy is written as if nothing took time"},
};

static const char *about_statement(const char *code) {
    const char *word = first_word(code);
    for (size_t i = 0; i < sizeof STATEMENTS / sizeof *STATEMENTS; i++)
        if (is_word(word, STATEMENTS[i].word)) {
            const char *after = word + strlen(STATEMENTS[i].word);
            after += strspn(after, " \t");
            return *after && strchr("=,.[", *after) ? NULL : STATEMENTS[i].hint; /* else it is a variable of that name */
        }
    return NULL;
}

const char *yz_slip_word(const char *name) {
    static const struct {
        const char *word, *hint;
    } table[] = {
        {"True", "it is written true"},
        {"TRUE", "it is written true"},
        {"False", "it is written false"},
        {"FALSE", "it is written false"},
        {"null", "it is written nil, or what it is said of is left out"},
        {"NULL", "it is written nil, or what it is said of is left out"},
        {"Null", "it is written nil, or what it is said of is left out"},
        {"None", "it is written nil, or what it is said of is left out"},
        {"undefined", "it is written nil, or what it is said of is left out"},
        {"range", "it is written for i = 1, 10 do … end"},
        {"len", "the length of a list or a text is #x"},
        {"str", "it is written tostring(x)"},
        {"parseInt", "it is written tonumber(x)"},
        {"this", "there is no this: what a function is given has the name that it says, as in function(req, next)"},
        {"elif", ELSEIF},
        {"switch", SWITCH},
        {"case", SWITCH},
        {"try", TRY},
        {"catch", TRY},
        {"throw", "it is written error(\"why\")"},
        {"raise", "it is written error(\"why\")"},
        {"foreach", "it is written for _, x in ipairs(list) do … end"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strcmp(name, table[i].word) == 0)
            return table[i].hint;
    return NULL;
}

/* ---- blocks ----------------------------------------------------------------------------------------------------------------------- */

#define BLOCK  "a block is then … end, do … end, or function() … end"
#define BRACES BLOCK ", without braces"
#define COLON  "no colon ends a line: " BLOCK

/* if (x) {, while x:, function f() { */
static const char *about_block(const char *code, const char *message) {
    static const char *const openers[] = {"if", "elseif", "else", "while", "for", "function"};
    char last = last_sign(code);
    bool opens = false;
    for (size_t i = 0; i < sizeof openers / sizeof *openers && !opens; i++)
        opens = find_word(code, openers[i]) != NULL;
    if (opens && last == ':')
        return COLON;
    if (opens && last == '{' &&
        (begins(message, "'then' expected") || begins(message, "'do' expected") || begins(message, "unexpected symbol near '{'")))
        return BRACES;
    if (find_word(code, "lambda"))
        return "a function without a name is written function(x) return … end";
    if (is_word(first_word(code), "for") && (strstr(message, "expected near '('") || strchr(code, ';')))
        return "it is written for i = 1, 10 do … end";
    return NULL;
}

/* The block that was opened some lines above with a { or a colon, whose then or do is missed only where it is over. */
static const char *about_opener(const yz_look *look, const char *message, yz_arena *arena, int *line) {
    enum { FAR = 20 };
    bool misses = begins(message, "'then' expected") || begins(message, "'do' expected");
    for (int i = *line; misses && i > 0 && i > *line - FAR; i--) {
        const char *code = line_code(look, i, arena), *word = first_word(code);
        char last = last_sign(code);
        if (!is_word(word, "if") && !is_word(word, "elseif") && !is_word(word, "while") && !is_word(word, "for"))
            continue;
        *line = last == '{' || last == ':' ? i : *line;
        return last == '{' ? BRACES : last == ':' ? COLON : NULL;
    }
    return NULL;
}

static const char *about_condition(const char *message) {
    if (begins(message, "'then' expected near '='"))
        return "a comparison is written ==";
    if (begins(message, "'then' expected near 'is'"))
        return "a comparison is written ==, as in x == nil, and \"is not\" ~=";
    return begins(message, "'then' expected near 'in'") ? "whether a list holds something is found by a loop over it" : NULL;
}

/* A return that is not the last of its block, at this line or above it, down to the one where the block begins; 0: there is none. */
static int early_return(const yz_look *look, yz_arena *arena, int from, int line) {
    for (int i = line; i > 0 && i >= from; i--)
        if (is_word(first_word(line_code(look, i, arena)), "return"))
            return i;
    return 0;
}

/* The line of the if that `else if` began, and that has no end. */
static const char *about_end(const yz_look *look, const char *message, yz_arena *arena, int *line) {
    static const char said[] = "(to close '";
    const char *close = strstr(message, said), *at = close ? strstr(close, "' at line ") : NULL;
    int opened = at ? atoi(at + 10) : *line;
    if (!begins(message, "'end' expected"))
        return NULL;
    for (int i = opened; i <= *line; i++) {
        const char *code = line_code(look, i, arena), *found = find_word(code, "else");
        const char *next = found ? found + 4 + strspn(found + 4, " \t") : "";
        if (found && is_word(next, "if")) {
            *line = i;
            return "else if begins an if within the else, which wants an end of its own: elseif is meant";
        }
    }
    int returns = strstr(message, "<eof>") ? 0 : early_return(look, arena, opened, *line);
    if (returns > 0) {
        *line = returns;
        return "a return is the last of its block: what stands below it is never run, and is left out, or do return … end";
    }
    return NULL; /* which of the blocks from there on, Lua cannot know */
}

/* Nothing may follow the return of a file. */
static const char *about_eof(const yz_look *look, const char *message, yz_arena *arena, const int *line) {
    if (begins(message, "'<eof>' expected near 'end'"))
        return "it is one end too many";
    for (int i = begins(message, "'<eof>' expected") ? *line : 0; i > 0; i--) {
        const char *word = first_word(line_code(look, i, arena));
        if (is_word(word, "return"))
            return yz_format(arena, "the return of line %d ends the file, and nothing may follow it", i).p;
    }
    return NULL;
}

/* ---- errors of what runs -------------------------------------------------------------------------------------------------------- */

static const char *about_running(const char *code, const char *message) {
    const char *plus = strchr(code, '+'), *quote = strchr(code, '"') ? strchr(code, '"') : strchr(code, '\'');
    if (begins(message, "attempt to perform arithmetic on") && plus && (strstr(message, "a string value") || quote))
        return "texts are joined with .., not with +";
    if (begins(message, "attempt to call a table value") && find_word(code, "for") && find_word(code, "in"))
        return "a list is gone through by ipairs, as in for _, x in ipairs(list) do … end, and names by pairs";
    return NULL;
}

/* f"…": a text with values in it. */
static bool is_template(const char *code, const char *message) {
    return strstr(message, "near 'f'") && (strstr(code, "f\"") || strstr(code, "f'"));
}

static const char *about_line(const char *code, const char *message) {
    const char *found = about_sign(code);
    found = found ? found : about_condition(message);
    found = found ? found : about_block(code, message);
    if (!found && is_template(code, message))
        return "values are put into a text with .., as in \"gpt-\" .. n";
    if (!found && begins(message, "'=' expected") && find_word(code, "continue"))
        return about_statement("continue");
    return found ? found : about_statement(code);
}

const char *yz_slip(const yz_look *look, const char *message, yz_arena *arena, int *line) {
    const char *code = line_code(look, *line, arena);
    if (begins(message, "attempt to "))
        return about_running(code, message);
    if (!strstr(message, " expected") && !strstr(message, "unexpected symbol"))
        return NULL;
    const char *found = about_end(look, message, arena, line);
    found = found ? found : about_line(code, message);
    found = found ? found : about_opener(look, message, arena, line);
    if (found)
        return found;
    int before = yz_look_line_before(look, *line);
    if (before > 0 && (found = about_line(line_code(look, before, arena), message))) {
        *line = before;
        return found;
    }
    return about_eof(look, message, arena, line);
}
