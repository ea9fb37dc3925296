/* redact.c: words that name a person or are a secret, by their shape alone: the kinds that the policy pii.lua knows, and credentials. A
 * shape may not begin or end inside of a word. What has no shape, such as the name of a person, is not found.
 */
#include "capture.h"

#include <string.h>

static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
static bool is_alpha(char c) { return is_upper((char)(c & ~0x20)) && (c & 0x80) == 0; }
static bool is_word(char c) { return is_digit(c) || is_alpha(c); }
static bool is_one_of(char c, const char *set) { return c && strchr(set, c); }

static char at(yz_str t, size_t i) { return i < t.n ? t.p[i] : '\0'; }
static bool ends_at(yz_str t, size_t i) { return !is_word(at(t, i)); }

/* ---- shapes: how many bytes of the text that begins here have it; 0: none ------------------------------------------------ */

enum { LOCAL = 320, DOMAIN = 253 }; /* bytes; RFC 5321 allows 64 and 253 */

static size_t email(yz_str t) {
    size_t local = 0, n, dots = 0, whole = 0;
    while (local <= LOCAL && (is_word(at(t, local)) || is_one_of(at(t, local), "_.%+-")))
        local++;
    if (local == 0 || local > LOCAL || at(t, local) != '@')
        return 0;
    for (n = local + 1; n - local <= DOMAIN && (is_word(at(t, n)) || is_one_of(at(t, n), ".-")); n++) {
        dots += t.p[n] == '.';
        if (dots > 0 && is_alpha(t.p[n]))
            whole = n + 1;
    }
    return whole;
}

/* The letters are 10 to 35, the whole is 1 modulo 97 (ISO 13616). */
static bool is_iban(const char *c, size_t n) {
    unsigned rest = 0;
    for (size_t i = 0; i < n; i++) {
        char one = c[(i + 4) % n];
        rest = is_digit(one) ? (rest * 10 + (unsigned)(one - '0')) % 97 : (rest * 100 + (unsigned)(one - 'A' + 10)) % 97;
    }
    return rest == 1;
}

static size_t iban(yz_str t) {
    char plain[34];
    size_t n = 0, whole = 0;
    if (!is_upper(at(t, 0)) || !is_upper(at(t, 1)) || !is_digit(at(t, 2)) || !is_digit(at(t, 3)))
        return 0;
    for (size_t i = 0; n < sizeof plain && (is_upper(at(t, i)) || is_digit(at(t, i)) || at(t, i) == ' '); i++) {
        if (t.p[i] == ' ')
            continue;
        plain[n++] = t.p[i];
        if (n >= 15 && ends_at(t, i + 1) && is_iban(plain, n))
            whole = i + 1;
    }
    return whole;
}

static size_t id_cn(yz_str t) {
    static const int weights[17] = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
    int sum = 0;
    for (size_t i = 0; i < 17; i++) {
        if (!is_digit(at(t, i)))
            return 0;
        sum += weights[i] * (t.p[i] - '0');
    }
    char last = at(t, 17) == 'x' ? 'X' : at(t, 17);
    return last == "10X98765432"[sum % 11] ? 18 : 0;
}

/* The check digit of cards (ISO/IEC 7812). */
static bool is_card(const char *digits, size_t n) {
    int sum = 0;
    for (size_t i = 0; i < n; i++) {
        int d = (digits[n - 1 - i] - '0') * (i % 2 ? 2 : 1);
        sum += d > 9 ? d - 9 : d;
    }
    return sum % 10 == 0;
}

static size_t card(yz_str t) {
    char digits[19];
    size_t n = 0, whole = 0;
    for (size_t i = 0, apart = 0; n < sizeof digits && apart <= 2 && (is_digit(at(t, i)) || (i > 0 && is_one_of(at(t, i), " -"))); i++) {
        apart = is_digit(t.p[i]) ? 0 : apart + 1;
        if (apart > 0)
            continue;
        digits[n++] = t.p[i];
        if (n >= 13 && ends_at(t, i + 1) && is_card(digits, n))
            whole = i + 1;
    }
    return whole;
}

static size_t ip(yz_str t) {
    size_t n = 0;
    for (int part = 0; part < 4; part++) {
        int value = 0;
        size_t from = n;
        while (n - from < 3 && is_digit(at(t, n)))
            value = value * 10 + (t.p[n++] - '0');
        if (n == from || value > 255 || (part < 3 && at(t, n++) != '.'))
            return 0;
    }
    return n;
}

static bool in_phone(yz_str t, size_t i, bool abroad) { return is_digit(at(t, i)) || is_one_of(at(t, i), abroad ? " ()-." : " ()-"); }

/* With a sign of it: it begins as one does, or stands in groups as one does. A plain number of so many digits is none. */
static size_t phone(yz_str t) {
    size_t n = 0, digits = 0, whole = 0;
    bool grouped = false, abroad = at(t, 0) == '+', begins = is_one_of(at(t, 0), "+(0");
    while (n < 24 && (in_phone(t, n, abroad) || (n == 0 && abroad))) {
        digits += is_digit(t.p[n]);
        n++;
        if (is_digit(t.p[n - 1]) && digits >= 9 && digits <= 15 && ends_at(t, n))
            whole = n;
        if (n == 12 && digits == 10 && is_one_of(t.p[3], " -") && is_one_of(t.p[7], " -") && ends_at(t, n))
            grouped = true;
    }
    bool mobile =
        at(t, 0) == '1' && at(t, 1) >= '3' && digits >= 11 && ends_at(t, 11) && is_digit(at(t, 10)) && memchr(t.p, ' ', 11) == NULL;
    return begins || grouped ? whole : mobile ? 11 : 0;
}

static bool is_token(char c) { return is_word(c) || c == '-' || c == '_'; }

enum { LONGEST = 4096 }; /* of what is read at each word's beginning */

static size_t run_of_token(yz_str t, size_t from) {
    size_t n = from;
    while (n - from < LONGEST && is_token(at(t, n)))
        n++;
    return n - from;
}

/* A signed token: three parts in base64, the first of which begins as JSON does. */
static size_t signed_token(yz_str t) {
    size_t n = 0;
    for (int part = 0; part < 3; part++) {
        size_t run = run_of_token(t, n);
        n += run;
        if (run < 8 || (part < 2 && at(t, n++) != '.'))
            return 0;
    }
    return n;
}

static size_t private_key(yz_str t) {
    static const char end[] = "-----END ";
    yz_str line = yz_str_at(t.p, t.n < 60 ? t.n : 60);
    if (!memmem(line.p, line.n, "PRIVATE KEY", 11))
        return 0;
    const char *last = memmem(t.p, t.n, end, sizeof end - 1),
               *after = last ? memmem(last + 9, (size_t)(t.p + t.n - last - 9), "-----", 5) : NULL;
    return after ? (size_t)(after - t.p) + 5 : t.n;
}

/* By how the keys of those who give them out begin. */
static size_t secret(yz_str t) {
    static const char *const begins[] = {"sk-",   "pk-",   "sk_",   "pk_",   "rk_",  "gsk_", "xai-", "npm_",        "pypi-",
                                         "ghp_",  "gho_",  "ghs_",  "ghu_",  "ghr_", "SG.",  "hf_",  "github_pat_", "glpat-",
                                         "xoxb-", "xoxp-", "xapp-", "ya29.", "AKIA", "ASIA", "AIza"};
    if (yz_str_starts(t, "eyJ"))
        return signed_token(t);
    if (yz_str_starts(t, "-----BEGIN "))
        return private_key(t);
    for (size_t i = 0; i < sizeof begins / sizeof *begins; i++)
        if (yz_str_starts(t, begins[i]) && run_of_token(t, strlen(begins[i])) >= 16)
            return strlen(begins[i]) + run_of_token(t, strlen(begins[i]));
    return 0;
}

/* ---- replacing ------------------------------------------------------------------------------------------------------- */

/* In the order in which they are looked for: the longer shape first. */
static const struct {
    const char *name, *instead;
    size_t (*shape)(yz_str text);
} kinds_known[] = {{"email", "<EMAIL>", email}, {"secret", "<SECRET>", secret}, {"iban", "<IBAN>", iban},
                   {"id_cn", "<ID_CN>", id_cn}, {"card", "<CARD>", card},       {"ip", "<IP>", ip},
                   {"phone", "<PHONE>", phone}};
enum { KINDS = sizeof kinds_known / sizeof *kinds_known };

unsigned redact_kind(yz_str name) {
    for (size_t i = 0; i < KINDS; i++)
        if (yz_str_is(name, kinds_known[i].name))
            return 1u << i;
    return 0;
}

const char *redact_names(void) { return "email, secret, iban, id_cn, card, ip, phone"; }

/* What stands at the beginning; *n: its bytes. KINDS: nothing that is looked for. A private key ends where it says, whatever comes next:
 * else each of many would be read to the end of the text. */
static size_t kind_here(yz_str rest, unsigned kinds, size_t *n) {
    for (size_t i = 0; i < KINDS; i++)
        if (kinds >> i & 1 && (*n = kinds_known[i].shape(rest)) > 0 && (rest.p[0] == '-' || ends_at(rest, *n)))
            return i;
    return KINDS;
}

/* Groups of digits right behind a number: the number was longer than its shape, or another follows that the first has cut into. */
static size_t swallowed(yz_str t, size_t i) {
    for (;;) {
        size_t from = i, digits = 0;
        while (is_one_of(at(t, from), " -") && from - i < 2)
            from++;
        while (is_digit(at(t, from + digits)))
            digits++;
        if (digits < 3 || from == i || !ends_at(t, from + digits))
            return i;
        i = from + digits;
    }
}

/* May a shape begin here? The letter of an escape that a text within a text has is no part of the word that follows. */
static bool is_border(yz_str t, size_t i) {
    return i == 0 || !is_word(t.p[i - 1]) || (i > 1 && t.p[i - 2] == '\\' && is_one_of(t.p[i - 1], "nrtbf"));
}

void redact_put(yz_buf *out, yz_str text, unsigned kinds) {
    size_t kept = 0;
    for (size_t i = 0; kinds && i < text.n;) {
        size_t n = 1, kind = is_border(text, i) ? kind_here(yz_str_at(text.p + i, text.n - i), kinds, &n) : KINDS;
        bool escape = text.p[i] == '\\' && is_one_of(at(text, i + 1), "nrtbf");
        if (kind == KINDS) {
            i += escape ? 2 : 1;
            continue;
        }
        yz_buf_put(out, text.p + kept, i - kept);
        yz_buf_str(out, yz_str_of(kinds_known[kind].instead));
        i += n;
        kept = i = is_digit(text.p[i - 1]) ? swallowed(text, i) : i;
    }
    yz_buf_put(out, text.p + kept, text.n - kept);
}
