/* echo.c: servers that refuse a request repeat it, not always in quotes nor as it was written ("flagged: TELL ME HOW …", "tell%20me"). The
 * operator's log holds no prompt, so what words and request have in common is left out: a common phrase too many is a smaller harm than a
 * prompt. Both are folded for that: letters and digits alone count, in lower case, whatever stands between them. Only errors pay for this,
 * once for each byte of the body.
 */
#include "upstream/echo.h"

#include "base/arena.h"

#include <ctype.h>
#include <string.h>

enum { MOST = 512, LOOKED_AT = 512 << 10, SHORTEST = 6, TABLE = 2048 }; /* bytes; of a longer body its beginning and its end */

typedef struct folded {
    char *p;
    size_t n;
    uint16_t *from, *to; /* of a text: where each byte came from; NULL: nobody asks */
} folded;

/* ---- folding ------------------------------------------------------------------------------------------------------------ */

static int hex(char c) { return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1; }

static unsigned hex_of(const char *p, size_t n) {
    unsigned value = 0;
    for (size_t i = 0; i < n; i++)
        value = hex(p[i]) < 0 ? 0 : value << 4 | (unsigned)hex(p[i]);
    return value;
}

static size_t put_utf8(char out[4], unsigned code) {
    if (code < 0x80)
        return out[0] = (char)code, 1;
    if (code < 0x800)
        return out[0] = (char)(0xC0 | code >> 6), out[1] = (char)(0x80 | (code & 63)), 2;
    return out[0] = (char)(0xE0 | code >> 12), out[1] = (char)(0x80 | (code >> 6 & 63)), out[2] = (char)(0x80 | (code & 63)), 3;
}

/* The bytes that stand at *p for one character, and its length in the text: "%20", "\u0041", "\n" and "&nbsp;" are characters. */
static size_t next(yz_str rest, char out[4], size_t *length) {
    const char *p = rest.p;
    *length = 1;
    if (p[0] == '\\' && rest.n >= 6 && p[1] == 'u')
        return *length = 6, put_utf8(out, hex_of(p + 2, 4));
    if (p[0] == '\\' && rest.n >= 2)
        return *length = 2, out[0] = ' ', 1;
    if (p[0] == '%' && rest.n >= 3 && hex(p[1]) >= 0 && hex(p[2]) >= 0)
        return *length = 3, out[0] = (char)hex_of(p + 1, 2), 1;
    const char *end = p[0] == '&' ? memchr(p, ';', rest.n < 10 ? rest.n : 10) : NULL;
    if (end)
        *length = (size_t)(end - p) + 1;
    return out[0] = p[0], 1;
}

static bool counts(char c) { return (unsigned char)c >= 0x80 || isalnum((unsigned char)c); }

/* Chinese punctuation: U+3000 to U+303F and the wide forms of ASCII's. */
static bool is_sign(yz_str rest) {
    const unsigned char *p = (const unsigned char *)rest.p;
    return rest.n >= 3 && ((p[0] == 0xE3 && p[1] == 0x80) || (p[0] == 0xEF && (p[1] == 0xBC || p[1] == 0xBD)));
}

static void fold(yz_str text, folded *out) {
    char bytes[4];
    for (size_t i = 0, length; i < text.n; i += length) {
        yz_str rest = {text.p + i, text.n - i};
        if (is_sign(rest)) {
            length = 3;
            continue;
        }
        size_t n = next(rest, bytes, &length);
        for (size_t k = 0; k < n; k++) {
            if (!counts(bytes[k]))
                continue;
            if (out->from)
                out->from[out->n] = (uint16_t)i, out->to[out->n] = (uint16_t)(i + length);
            out->p[out->n++] = (char)tolower((unsigned char)bytes[k]);
        }
    }
}

/* ---- what they have in common ------------------------------------------------------------------------------------------ */

/* Pieces of one length of the folded text, by what a sum of their bytes is. */
typedef struct pieces {
    const folded *text;
    size_t length;
    bool (*counts)(yz_str piece);
    uint16_t first[TABLE], after[MOST]; /* numbers from 1; 0: no more */
    bool *covered;
} pieces;

static bool any(yz_str piece) { return piece.n > 0; }

static bool has_digit(yz_str piece) {
    bool digit = false, letter = false;
    for (size_t i = 0; i < piece.n; i++) {
        digit |= isdigit((unsigned char)piece.p[i]) != 0;
        letter |= !isdigit((unsigned char)piece.p[i]);
    }
    return digit && letter;
}

static bool is_wide(yz_str piece) {
    for (size_t i = 0; i < piece.n; i++)
        if ((unsigned char)piece.p[i] < 0x80)
            return false;
    return true;
}

#define FACTOR 16777619u
static uint32_t sum_of(const char *p, size_t n) {
    uint32_t sum = 0;
    for (size_t i = 0; i < n; i++)
        sum = sum * FACTOR + (unsigned char)p[i];
    return sum;
}
static size_t place(uint32_t sum) { return (sum ^ sum >> 15) % TABLE; }

static void index_pieces(pieces *x) {
    memset(x->first, 0, sizeof x->first);
    for (size_t i = 0; i + x->length <= x->text->n; i++) {
        if (!x->counts(yz_str_at(x->text->p + i, x->length)))
            continue;
        size_t at = place(sum_of(x->text->p + i, x->length));
        x->after[i] = x->first[at];
        x->first[at] = (uint16_t)(i + 1);
    }
}

/* `whole`: the piece and more, if there is more. */
static void cover(pieces *x, const char *piece, uint32_t sum, size_t whole) {
    for (uint16_t i = x->first[place(sum)]; i > 0; i = x->after[i - 1])
        if (i - 1 + whole <= x->text->n && memcmp(x->text->p + i - 1, piece, whole) == 0)
            memset(x->covered + i - 1, 1, whole);
}

/* Each piece of the value that the text has as well. */
static void compare(pieces *x, yz_str value) {
    if (value.n < x->length)
        return;
    uint32_t top = 1, sum = sum_of(value.p, x->length);
    for (size_t i = 1; i < x->length; i++)
        top *= FACTOR;
    for (size_t i = 0;; i++) {
        if (x->first[place(sum)])
            cover(x, value.p + i, sum, x->length);
        if (i + x->length == value.n)
            return;
        sum = (sum - top * (unsigned char)value.p[i]) * FACTOR + (unsigned char)value.p[i + x->length];
    }
}

enum { LONG, DIGITS, WIDE, SHORT, KINDS };

static void compare_value(pieces x[KINDS], yz_str value) {
    for (size_t i = 0; i < SHORT; i++)
        compare(&x[i], value);
    if (value.n >= SHORTEST && value.n < x[LONG].length)
        cover(&x[SHORT], value.p, sum_of(value.p, SHORTEST), value.n);
}

/* ---- the body ------------------------------------------------------------------------------------------------------------- */

/* The end of the string whose inside begins here: its quotation mark, or the end of all. */
static size_t string_end(yz_str body, size_t at) {
    while (at < body.n && body.p[at] != '"')
        at += body.p[at] == '\\' ? 2 : 1;
    return at < body.n ? at : body.n;
}

/* Words of the dialect, and no prompt. */
static bool is_of_a_kind(yz_str key) { return yz_str_is(key, "type") || yz_str_is(key, "role") || yz_str_is(key, "model"); }

/* Every string that is a value, folded by itself. */
static void compare_strings(pieces x[KINDS], yz_str body, yz_str model, char *room) {
    yz_str key = {0};
    for (size_t at = 0; at < body.n; at++) {
        const char *quote = memchr(body.p + at, '"', body.n - at);
        if (!quote)
            return;
        size_t from = (size_t)(quote - body.p) + 1;
        at = string_end(body, from);
        size_t behind = at + 1;
        while (behind < body.n && (body.p[behind] == ' ' || body.p[behind] == '\n' || body.p[behind] == '\t' || body.p[behind] == '\r'))
            behind++;
        yz_str inside = {body.p + from, at - from};
        if (behind < body.n && body.p[behind] == ':')
            key = inside;
        if ((behind < body.n && body.p[behind] == ':') || is_of_a_kind(key) || yz_str_eq(inside, model))
            continue;
        folded value = {.p = room};
        fold(inside, &value);
        compare_value(x, yz_str_at(room, value.n));
    }
}

static void compare_body(pieces x[KINDS], const yz_request *request, yz_arena *arena) {
    yz_str body = request->body, end = {0};
    if (body.n > 2 * (size_t)LOOKED_AT) {
        end = yz_str_at(body.p + body.n - LOOKED_AT, LOOKED_AT);
        body.n = LOOKED_AT;
    }
    char *room = yz_alloc_bytes(arena, body.n + 1);
    if (request->json) {
        compare_strings(x, body, request->model, room);
    } else { /* a form, or nothing that is known */
        folded value = {.p = room};
        fold(body, &value);
        compare_value(x, yz_str_at(room, value.n));
    }
    if (end.n == 0)
        return;
    folded value = {.p = room}; /* it begins anywhere: names of fields count, too */
    fold(end, &value);
    compare_value(x, yz_str_at(room, value.n));
}

/* ---- the whole ------------------------------------------------------------------------------------------------------------ */

static yz_str left_of(yz_str text, const folded *f, const bool *covered, yz_arena *arena) {
    char *out = yz_alloc_bytes(arena, text.n + 1);
    size_t n = 0, done = 0;
    for (size_t i = 0; i < f->n; i++) {
        if (!covered[i])
            continue;
        size_t from = f->from[i] < done ? done : f->from[i];
        bool goes_on = i > 0 && covered[i - 1]; /* then what stands between them is left out as well */
        if (!goes_on) {
            memcpy(out + n, text.p + done, from - done);
            n += from - done;
        }
        done = f->to[i] > done ? f->to[i] : done;
        while (done < text.n && ((unsigned char)text.p[done] & 0xC0) == 0x80) /* whole characters */
            done++;
    }
    memcpy(out + n, text.p + done, text.n - done);
    return yz_str_at(out, n + text.n - done);
}

yz_str yz_without_echo(yz_str text, const yz_request *request, yz_arena *arena) {
    static const struct {
        size_t length;
        bool (*counts)(yz_str piece);
    } kinds[KINDS] = {[LONG] = {16, any}, [DIGITS] = {8, has_digit}, [WIDE] = {12, is_wide}, [SHORT] = {SHORTEST, any}};
    text.n = text.n < MOST ? text.n : MOST;
    folded f = {.p = yz_alloc_bytes(arena, 2 * MOST),
                .from = yz_alloc(arena, 2 * MOST * sizeof(uint16_t)),
                .to = yz_alloc(arena, 2 * MOST * sizeof(uint16_t))};
    fold(text, &f);
    bool *covered = yz_alloc(arena, f.n + 1);
    pieces *x = yz_alloc(arena, KINDS * sizeof *x);
    for (size_t i = 0; i < KINDS; i++) {
        x[i].text = &f;
        x[i].length = kinds[i].length;
        x[i].counts = kinds[i].counts;
        x[i].covered = covered;
        index_pieces(&x[i]);
    }
    compare_body(x, request, arena);
    return left_of(text, &f, covered, arena);
}
