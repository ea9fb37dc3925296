/* scrub.c: what a client may read of an error that a provider sent.
 *
 * Providers quote the key they refuse, whole or in part, and sometimes other things that look like one. So: nothing of an error about
 * the gateway's own credentials; of the rest no provider key, no value of the headers and the query that the config adds, which may be
 * secrets too, and no word that begins or looks like a key. A word too many is a smaller harm than a key.
 */
#include "upstream/scrub.h"

#include "base/credential.h"
#include "base/secret.h"
#include "config/quoted.h"
#include "upstream/echo.h"

#define LONGEST_MESSAGE 2048
#define SHORTEST        8 /* bytes of a secret */

static bool is_letter(char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }
static bool in_word(char c) { return is_letter(c) || c == '-' || c == '_' || c == '*'; }

static bool begins_like_key(yz_str rest) {
    static const char *const begins[] = {"sk-",  "sk_", "pk-", "rk-",   "key-",   "gsk_", "xai-",
                                         "AIza", "hf_", "r8_", "pplx-", "nvapi-", "ya29", "eyJ"};
    for (size_t i = 0; i < sizeof begins / sizeof *begins; i++)
        if (rest.n >= strlen(begins[i]) + 4 && yz_str_starts(rest, begins[i]))
            return true;
    return false;
}

static bool looks_like_key(yz_str word) {
    bool upper = false, lower = false, digit = false;
    for (size_t i = 0; i < word.n; i++) {
        bool starts = i == 0 || !is_letter(word.p[i - 1]);
        if (starts && begins_like_key((yz_str){word.p + i, word.n - i}))
            return true;
        upper |= word.p[i] >= 'A' && word.p[i] <= 'Z';
        lower |= word.p[i] >= 'a' && word.p[i] <= 'z';
        digit |= word.p[i] >= '0' && word.p[i] <= '9';
    }
    return word.n >= 32 && digit && upper && lower; /* ids in hexadecimal pass */
}

/* Copies a piece without words that look like keys; control bytes become blanks. */
static void scrub_piece(yz_buf *out, yz_str piece) {
    for (size_t i = 0, n; i < piece.n && out->n <= LONGEST_MESSAGE; i += n ? n : 1) {
        yz_str rest = {piece.p + i, piece.n - i};
        for (n = 0; n < rest.n && in_word(rest.p[n]);)
            n++;
        if (n && looks_like_key((yz_str){rest.p, n}))
            yz_buf_lit(out, "[removed]");
        else if (n)
            yz_buf_put(out, rest.p, n < LONGEST_MESSAGE ? n : LONGEST_MESSAGE + 1);
        else
            yz_buf_char(out, (unsigned char)rest.p[0] < ' ' || rest.p[0] == 0x7f ? ' ' : rest.p[0]);
    }
}

/* The secret, or as much of it as is there, from so many bytes on. */
static void find(yz_str text, yz_str secret, size_t least, yz_str *first) {
    const char *at = secret.n >= SHORTEST ? memmem(text.p, text.n, secret.p, least) : NULL;
    size_t n = least;
    while (at && n < secret.n && at + n < text.p + text.n && at[n] == secret.p[n])
        n++;
    if (at && (!first->p || at < first->p || (at == first->p && n > first->n)))
        *first = (yz_str){at, n};
}

/* A key, in whatever form it may have been sent; or its beginning: many servers show as much of one as tells it from others. */
static void find_key(yz_str text, const yz_secret *key, yz_str *first) {
    const yz_signer *signer;
    for (size_t i = 0; key && (signer = yz_signer_at(i)); i++) {
        yz_buf sent = {0};
        yz_buf_room(&sent, signer->room(yz_secret_reveal(key)));
        signer->put(yz_secret_reveal(key), &sent);
        find(text, yz_buf_view(&sent), SHORTEST, first);
        if (sent.p)
            explicit_bzero(sent.p, sent.n);
        yz_buf_free(&sent);
    }
}

/* Of what only the gateway and the provider know, the first that stands in the text; p NULL: none. */
static yz_str first_secret(yz_str text, const yz_provider_settings *provider) {
    yz_str first = {0};
    find_key(text, provider->key, &first);
    for (size_t i = 1; i < provider->n_keys; i++)
        find_key(text, provider->keys[i], &first);
    for (size_t i = 0; i < provider->headers.n; i++)
        find(text, provider->headers.items[i].value, provider->headers.items[i].value.n, &first);
    for (size_t i = 0; i < provider->query.n; i++)
        find(text, provider->query.items[i].value, provider->query.items[i].value.n, &first);
    return first;
}

/* At most LONGEST_MESSAGE bytes, whole characters, and no secret anywhere. */
static yz_str scrub(yz_str text, const yz_provider_settings *provider, yz_arena *arena) {
    yz_buf out = {0};
    while (text.n && out.n <= LONGEST_MESSAGE) {
        yz_str secret = first_secret(text, provider);
        size_t n = secret.p ? (size_t)(secret.p - text.p) : text.n;
        scrub_piece(&out, (yz_str){text.p, n});
        if (secret.p)
            yz_buf_lit(&out, "[removed]");
        n += secret.n;
        text = (yz_str){text.p + n, text.n - n};
    }
    if (out.n > LONGEST_MESSAGE) {
        out.n = LONGEST_MESSAGE;
        while (out.n && ((unsigned char)out.p[out.n] & 0xC0) == 0x80) /* not in the middle of a character */
            out.n--;
    }
    yz_str done = yz_dup(arena, yz_buf_view(&out));
    yz_buf_free(&out);
    return done;
}

yz_str yz_error_for_log(const yz_error *error, const yz_provider_settings *provider, const yz_request *request, yz_arena *arena) {
    enum { LONGEST = 200, LOOKED_AT = 512 };
    const char *end = error->message.n ? memchr(error->message.p, '\n', error->message.n) : NULL;
    yz_str words = scrub(end ? yz_str_at(error->message.p, (size_t)(end - error->message.p)) : error->message, provider, arena);
    yz_str bare = yz_words_unquoted(words, yz_alloc_bytes(arena, words.n + 1));
    bare.n = bare.n < LOOKED_AT ? bare.n : LOOKED_AT;
    bare = yz_without_echo(bare, request, arena);
    size_t n = bare.n;
    if (n > LONGEST)
        for (n = LONGEST; n && ((unsigned char)bare.p[n] & 0xC0) == 0x80;) /* not in the middle of a character */
            n--;
    return yz_str_at(bare.p, n);
}

void yz_error_scrub(yz_error *error, const yz_provider_settings *provider, yz_arena *arena) {
    if (error->class_ == YZ_ERROR_UPSTREAM_AUTH) {
        error->message = yz_format(arena, "provider %.*s refused the gateway's credentials%s", YZ_STR_ARGS(provider->pub.name),
                                   error->said > 0 ? yz_format(arena, " (status %d)", error->said).p : "");
        error->code = error->param = (yz_str){0};
        error->status = 0;
        return;
    }
    error->message = scrub(error->message, provider, arena);
    error->param = scrub(error->param, provider, arena);
    error->code = scrub(error->code, provider, arena);
}
