/* media/address.c: see media.h. An address is EXPIRES-WHAT-SIGNATURE: seconds since 1970 in hex, the tenant and the url in base64url, and
 * the first half of an HMAC-SHA-256 over both. It ends at a whole part of the time it is good for, so that it stays the same from one
 * question to the next, and a browser need not fetch a picture twice.
 */
#include "base/arena.h"
#include "base/base64.h"
#include "media/media.h"

#include <ctype.h>
#include <openssl/crypto.h>

enum { MOST_URL = 3000, DIGITS = 32, STEPS = 4 };

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

static void put_signature(const yz_media_settings *settings, yz_str text, char digits[DIGITS]) {
    uint8_t digest[32];
    yz_buf whole = {0};
    yz_buf_lit(&whole, "media\n");
    yz_buf_str(&whole, text);
    yz_sign(yz_secret_reveal(settings->sign), yz_buf_view(&whole), digest);
    yz_buf_free(&whole);
    for (size_t i = 0; i < DIGITS; i++)
        digits[i] = "0123456789abcdef"[digest[i / 2] >> (i % 2 ? 0 : 4) & 15];
}

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
    yz_buf text = {0};
    char digits[DIGITS];
    yz_str what = yz_format(arena, "%.*s\n%.*s", YZ_STR_ARGS(owner), YZ_STR_ARGS(url));
    yz_buf_printf(&text, "%llx-", (long long)end_of(settings, now));
    yz_put_base64url(&text, what);
    put_signature(settings, yz_buf_view(&text), digits);
    yz_str name = name_of(url);
    yz_str all = yz_format(arena, "%.*s" YZ_MEDIA_PATH "%.*s-%.*s/%.*s", YZ_STR_ARGS(base), YZ_STR_ARGS(yz_buf_view(&text)), DIGITS, digits,
                           YZ_STR_ARGS(name));
    yz_buf_free(&text);
    return all;
}

/* ---- reading --------------------------------------------------------------------------------------------------------- */

static bool refuse(yz_error *why, const char *code, const char *message) {
    *why = (yz_error){YZ_ERROR, .class_ = YZ_ERROR_FORBIDDEN, .code = yz_str_of(code), .message = yz_str_of(message)};
    return false;
}

static bool is_signed(const yz_media_settings *settings, yz_str text, yz_str signature) {
    char digits[DIGITS];
    put_signature(settings, text, digits);
    return signature.n == DIGITS && CRYPTO_memcmp(signature.p, digits, DIGITS) == 0;
}

static int64_t read_hex(yz_str text) {
    int64_t n = 0;
    for (size_t i = 0; i < text.n && n < INT64_MAX / 32; i++)
        n = n * 16 + (text.p[i] <= '9' ? text.p[i] - '0' : text.p[i] - 'a' + 10);
    return n;
}

/* Only what is signed is looked into. */
static bool take_apart(yz_str text, yz_arena *arena, yz_media *out) {
    const char *dash = memchr(text.p, '-', text.n);
    size_t before = dash ? (size_t)(dash - text.p) : text.n, n = 0;
    const char *what = dash ? yz_base64url_read(arena, yz_str_at(dash + 1, text.n - before - 1), &n) : NULL;
    const char *line = what ? memchr(what, '\n', n) : NULL;
    if (!line)
        return false;
    out->expires = read_hex(yz_str_at(text.p, before));
    out->owner = yz_str_at(what, (size_t)(line - what));
    out->url = yz_str_at(line + 1, n - out->owner.n - 1);
    return true;
}

bool yz_media_read(const yz_media_settings *settings, yz_str signed_part, int64_t now, yz_arena *arena, yz_media *out, yz_error *why) {
    bool long_enough = signed_part.n > DIGITS + 1 && signed_part.p[signed_part.n - DIGITS - 1] == '-';
    yz_str text = yz_str_at(signed_part.p, long_enough ? signed_part.n - DIGITS - 1 : 0);
    *out = (yz_media){0};
    if (!long_enough || !is_signed(settings, text, yz_str_at(signed_part.p + text.n + 1, DIGITS)) || !take_apart(text, arena, out))
        return refuse(
            why, "media_address_invalid",
            "the gateway has not signed this address, or not with today's key: take it whole, as it stood in the answer, or ask for "
            "the job again");
    if (now >= out->expires)
        return refuse(why, "media_address_expired",
                      "this address was good for a while, which is over: ask for the job again, and take the new one");
    return true;
}
