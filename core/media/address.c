/* media/address.c: see media.h. An address is EXPIRES-WHAT-SIGNATURE: seconds since 1970 in hex, the tenant and the url, enciphered, in
 * base64url, and the first half of an HMAC-SHA-256 over the seconds and both in clear. That signature is where the cipher (AES-256-CTR)
 * begins, too (a synthetic IV, as in RFC 5297): so the same is enciphered to the same, and nothing else to anything like it.
 *
 * It ends at a whole part of the time it is good for, so that it stays the same from one question to the next, and a browser need not
 * fetch a picture twice.
 */
#include "base/arena.h"
#include "base/base64.h"
#include "media/media.h"

#include <ctype.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

enum { MOST_URL = 3000, MOST_TEXT = 2 * MOST_URL, DIGITS = 32, STEPS = 4 };

static bool is_address(yz_str url) {
    bool plain = url.n <= MOST_URL && (yz_str_starts(url, "https://") || yz_str_starts(url, "http://"));
    for (size_t i = 0; i < url.n && plain; i++)
        plain = (unsigned char)url.p[i] > ' ' && (unsigned char)url.p[i] < 0x7f && url.p[i] != '#' && url.p[i] != '\\';
    return plain;
}

/* As it can be asked for: the scheme in lower case, what may not stand in an address escaped, without a fragment. */
static yz_str written_out(yz_arena *arena, yz_str url) {
    yz_buf out = {0};
    size_t colon = 0;
    while (colon < url.n && colon < 6 && url.p[colon] != ':')
        colon++;
    for (size_t i = 0; i < url.n && url.p[i] != '#' && out.n <= MOST_URL; i++) {
        unsigned char c = (unsigned char)url.p[i];
        if (c <= ' ' || c >= 0x7f || c == '\\')
            yz_buf_printf(&out, "%%%02X", c);
        else
            yz_buf_char(&out, i < colon ? (char)tolower(c) : (char)c);
    }
    yz_str text = yz_dup(arena, yz_buf_view(&out));
    yz_buf_free(&out);
    return text;
}

/* ---- the cipher ------------------------------------------------------------------------------------------------------ */

/* Over the seconds as they are written, and what is in clear. */
static void put_signature(const yz_media_settings *settings, yz_str when, yz_str clear, char digits[DIGITS]) {
    uint8_t digest[32];
    yz_buf whole = {0};
    yz_buf_printf(&whole, "media\n%.*s-%.*s", YZ_STR_ARGS(when), YZ_STR_ARGS(clear));
    yz_sign(yz_secret_reveal(settings->sign), yz_buf_view(&whole), digest);
    yz_buf_free(&whole);
    for (size_t i = 0; i < DIGITS; i++)
        digits[i] = "0123456789abcdef"[digest[i / 2] >> (i % 2 ? 0 : 4) & 15];
}

static int hex(char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16; }

/* Into it and out of it again. In the arena; NULL: it is too long, or the library refuses. */
static const char *ciphered(const yz_media_settings *settings, yz_str text, const char digits[DIGITS], yz_arena *arena) {
    uint8_t key[32], iv[DIGITS / 2];
    int n = 0;
    for (size_t i = 0; i < sizeof iv; i++)
        iv[i] = (uint8_t)(hex(digits[2 * i]) << 4 | hex(digits[2 * i + 1]));
    yz_sign(yz_secret_reveal(settings->sign), YZ_STR("media, enciphered"), key);
    char *out = yz_alloc_bytes(arena, text.n + 1);
    EVP_CIPHER_CTX *cipher = text.n <= MOST_TEXT ? EVP_CIPHER_CTX_new() : NULL;
    bool done = cipher && EVP_EncryptInit_ex(cipher, EVP_aes_256_ctr(), NULL, key, iv) == 1 &&
                EVP_EncryptUpdate(cipher, (unsigned char *)out, &n, (const unsigned char *)text.p, (int)text.n) == 1 && (size_t)n == text.n;
    EVP_CIPHER_CTX_free(cipher);
    OPENSSL_cleanse(key, sizeof key);
    return done ? out : NULL;
}

/* ---- making ---------------------------------------------------------------------------------------------------------- */

/* What the address ends in, for people and for programs that look at it: the file's own name, as far as it is plain. */
static yz_str name_of(yz_str url) {
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    const char *query = memchr(url.p, '?', url.n), *end = query ? query : url.p + url.n, *from = end;
    while (from > url.p && from[-1] && strchr(plain, from[-1]) && end - from < 80)
        from--;
    bool whole = from > url.p + 8 && from[-1] == '/' && end > from && *from != '.';
    return whole ? yz_str_at(from, (size_t)(end - from)) : YZ_STR("file");
}

static int64_t end_of(const yz_media_settings *settings, int64_t now) {
    int64_t lasts = settings->expires / 1000, step = lasts / STEPS > 0 ? lasts / STEPS : 1;
    return (now + lasts + step - 1) / step * step;
}

yz_str yz_media_sign(const yz_media_settings *settings, yz_str owner, yz_str url, int64_t now, yz_arena *arena) {
    yz_str base = settings->base_url;
    url = written_out(arena, url);
    bool ours = url.n >= base.n && memcmp(url.p, base.p, base.n) == 0 && (url.n == base.n || url.p[base.n] == '/');
    if (!is_address(url) || ours || memchr(owner.n ? owner.p : "", '\n', owner.n))
        return YZ_STR("");
    char digits[DIGITS];
    yz_str when = yz_format(arena, "%llx", (long long)end_of(settings, now));
    yz_str clear = yz_format(arena, "%.*s\n%.*s", YZ_STR_ARGS(owner), YZ_STR_ARGS(url)), name = name_of(url);
    put_signature(settings, when, clear, digits);
    const char *sealed = ciphered(settings, clear, digits, arena);
    if (!sealed)
        return YZ_STR("");
    yz_buf what = {0};
    yz_put_base64url(&what, yz_str_at(sealed, clear.n));
    yz_str all = yz_format(arena, "%.*s" YZ_MEDIA_PATH "%.*s-%.*s-%.*s/%.*s", YZ_STR_ARGS(base), YZ_STR_ARGS(when),
                           YZ_STR_ARGS(yz_buf_view(&what)), DIGITS, digits, YZ_STR_ARGS(name));
    yz_buf_free(&what);
    return all;
}

/* ---- reading --------------------------------------------------------------------------------------------------------- */

static bool refuse(yz_error *why, const char *code, const char *message) {
    *why = (yz_error){YZ_ERROR, .class_ = YZ_ERROR_FORBIDDEN, .code = yz_str_of(code), .message = yz_str_of(message)};
    return false;
}

static int64_t read_hex(yz_str text) {
    int64_t n = 0;
    for (size_t i = 0; i < text.n && n < INT64_MAX / 32; i++)
        n = n * 16 + hex(text.p[i]);
    return n;
}

static bool is_hex(yz_str text) {
    for (size_t i = 0; i < text.n; i++)
        if (hex(text.p[i]) > 15)
            return false;
    return text.n > 0;
}

/* Nothing of it is believed before the signature over what is in clear has been seen to be ours. */
static bool take_apart(const yz_media_settings *settings, yz_str text, yz_str signature, yz_arena *arena, yz_media *out) {
    const char *dash = memchr(text.p, '-', text.n);
    yz_str when = {text.p, dash ? (size_t)(dash - text.p) : 0};
    size_t n = 0;
    const char *what = is_hex(when) && is_hex(signature) ? yz_base64url_read(arena, yz_str_at(dash + 1, text.n - when.n - 1), &n) : NULL;
    const char *clear = what ? ciphered(settings, yz_str_at(what, n), signature.p, arena) : NULL;
    char digits[DIGITS];
    if (clear)
        put_signature(settings, when, yz_str_at(clear, n), digits);
    const char *line = clear && CRYPTO_memcmp(signature.p, digits, DIGITS) == 0 ? memchr(clear, '\n', n) : NULL;
    if (!line)
        return false;
    out->expires = read_hex(when);
    out->owner = yz_str_at(clear, (size_t)(line - clear));
    out->url = yz_str_at(line + 1, n - out->owner.n - 1);
    return true;
}

bool yz_media_read(const yz_media_settings *settings, yz_str signed_part, int64_t now, yz_arena *arena, yz_media *out, yz_error *why) {
    bool long_enough = signed_part.n > DIGITS + 1 && signed_part.p[signed_part.n - DIGITS - 1] == '-';
    yz_str text = yz_str_at(signed_part.p, long_enough ? signed_part.n - DIGITS - 1 : 0);
    *out = (yz_media){0};
    if (!long_enough || !take_apart(settings, text, yz_str_at(signed_part.p + text.n + 1, DIGITS), arena, out))
        return refuse(
            why, "media_address_invalid",
            "the gateway has not signed this address, or not with today's key: take it whole, as it stood in the answer, or ask for "
            "the job again");
    if (now >= out->expires)
        return refuse(why, "media_address_expired",
                      "this address was good for a while, which is over: ask for the job again, and take the new one");
    return true;
}
