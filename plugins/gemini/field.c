/* gemini/field.c: fields in both spellings, base64 in both alphabets, and whose a signature is. */
#include "gemini.h"

/* Is this key the name, with an underscore and a small letter for each capital? */
static bool is_snake(yz_str key, const char *camel) {
    size_t at = 0;
    for (const char *c = camel; *c; c++) {
        bool capital = *c >= 'A' && *c <= 'Z';
        if (capital && (at == key.n || key.p[at++] != '_'))
            return false;
        if (at == key.n || key.p[at++] != (capital ? *c - 'A' + 'a' : *c))
            return false;
    }
    return at == key.n;
}

/* Every event of a stream asks for dozens of names that are not there: one look at each member. */
const yz_json *gm_get(const yz_json *node, const char *camel) {
    const yz_json *found = yz_json_given(node, camel);
    for (const yz_json *m = !found && yz_json_is(node, YZ_JSON_OBJECT) ? node->child : NULL; m; m = m->next)
        if (m->key_n && *m->key_p == *camel && m->type != YZ_JSON_NULL && is_snake(yz_json_key(m), camel))
            return m;
    return found;
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

/* Of whole groups of four characters, so that mark and signature together are base64; SDKs turn it into bytes and back, and may change the
 * alphabet on the way. OpenAI's are of the alphabet with "-" and "_", which its mark remembers. */
static const struct {
    const char *vendor, *mark;
    bool url; /* the signature was of that alphabet */
} marks[] = {{"anthropic", "byanthropic0", false}, {"openai", "byopenai", false}, {"openai", "byopenaiurl0", true}};

static bool has_any(yz_str text, char one, char other) { return text.n && (memchr(text.p, one, text.n) || memchr(text.p, other, text.n)); }

yz_str gm_foreign_signature(yz_arena *arena, yz_str signature, yz_str signed_by) {
    bool url = has_any(signature, '-', '_'), fits = signature.n % 4 == 0 && !(url && has_any(signature, '+', '/'));
    yz_str plain = gm_base64(arena, signature);
    for (size_t i = 0; fits && plain.n && i < sizeof marks / sizeof *marks; i++)
        if (yz_str_is(signed_by, marks[i].vendor) && marks[i].url == url)
            return yz_format(arena, "%s%.*s", marks[i].mark, YZ_STR_ARGS(plain));
    return (yz_str){NULL, 0};
}

/* In the alphabet it had before an SDK made bytes of it. */
static yz_str in_alphabet(yz_arena *arena, yz_str signature, bool url) {
    yz_str plain = gm_base64(arena, signature);
    if (!url || !has_any(plain, '+', '/'))
        return plain;
    char *copy = yz_alloc_bytes(arena, plain.n);
    for (size_t i = 0; i < plain.n; i++)
        copy[i] = plain.p[i] == '+' ? '-' : plain.p[i] == '/' ? '_' : plain.p[i];
    return (yz_str){copy, plain.n};
}

yz_str gm_signed_by(yz_arena *arena, yz_str *signature) {
    for (size_t i = sizeof marks / sizeof *marks; i-- > 0;) /* the longest mark first */
        if (yz_str_starts(*signature, marks[i].mark)) {
            size_t n = strlen(marks[i].mark);
            *signature = in_alphabet(arena, (yz_str){signature->p + n, signature->n - n}, marks[i].url);
            return yz_str_of(marks[i].vendor);
        }
    return YZ_STR(GM_SIGNER);
}
