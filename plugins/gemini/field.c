/* gemini/field.c: fields in both spellings, base64 in both alphabets, and whose a signature is. */
#include "gemini.h"

#define LONGEST 64 /* of a field's name */

const yz_json *gm_get(const yz_json *node, const char *camel) {
    const yz_json *found = yz_json_given(node, camel);
    char snake[LONGEST];
    size_t n = 0;
    for (const char *c = camel; !found && *c && n + 3 < sizeof snake; c++) {
        if (*c >= 'A' && *c <= 'Z')
            snake[n++] = '_';
        snake[n++] = *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c;
    }
    snake[n] = '\0';
    return found || n == strlen(camel) ? found : yz_json_given(node, snake);
}

bool gm_one_of(yz_str word, const char *const *words) {
    for (; *words; words++)
        if (yz_str_is(word, *words))
            return true;
    return false;
}

void gm_put_quoted(yz_buf *out, yz_str escaped) {
    yz_buf_char(out, '"');
    yz_buf_str(out, escaped);
    yz_buf_char(out, '"');
}

static bool is_base64(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '+' || c == '/' || c == '=';
}

yz_str gm_base64(yz_arena *arena, yz_str text) {
    bool other = text.n && (memchr(text.p, '-', text.n) || memchr(text.p, '_', text.n));
    char *copy = other ? yz_alloc_bytes(arena, text.n) : NULL;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i] == '-' ? '+' : text.p[i] == '_' ? '/' : text.p[i];
        if (!is_base64(c))
            return (yz_str){NULL, 0};
        if (copy)
            copy[i] = c;
    }
    return copy ? (yz_str){copy, text.n} : text;
}

/* ---- signatures of others ------------------------------------------------------------------------------------------------------- */

/* Of whole groups of four characters, so that mark and signature together are base64. */
static const struct { const char *vendor, *mark; } marks[] = {{"anthropic", "byanthropic0"}, {"openai", "byopenai"}};

yz_str gm_foreign_signature(yz_arena *arena, yz_str signature, yz_str signed_by) {
    bool fits = signature.n % 4 == 0;
    for (size_t i = 0; i < signature.n && fits; i++)
        fits = is_base64(signature.p[i]);
    for (size_t i = 0; fits && i < sizeof marks / sizeof *marks; i++)
        if (yz_str_is(signed_by, marks[i].vendor))
            return yz_format(arena, "%s%.*s", marks[i].mark, YZ_STR_ARGS(signature));
    return (yz_str){NULL, 0};
}

yz_str gm_signed_by(yz_str *signature) {
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (yz_str_starts(*signature, marks[i].mark)) {
            size_t n = strlen(marks[i].mark);
            *signature = (yz_str){signature->p + n, signature->n - n};
            return yz_str_of(marks[i].vendor);
        }
    return YZ_STR(GM_SIGNER);
}
