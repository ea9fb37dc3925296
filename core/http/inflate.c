/* http/inflate.c: see inflate.h. Each coding is a step: takes input, fills a piece of output, says how far it came. */
#include "http/inflate.h"

#include "base/arena.h"
#include "base/text.h"

#include <brotli/decode.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

typedef enum kind { ZLIB, ZSTD, BROTLI } kind;

struct yz_inflate {
    kind kind;
    bool begun, done;
    bool bare; /* deflate without zlib's head, as some send it: known by the first byte */
    bool deflate;
    bool whole, more;        /* a member or frame was complete; something has come out since */
    struct yz_inflate *next; /* undoes what was applied before this one; NULL: nothing was */
    bool perhaps, passes;    /* of next: it may not have been applied; it was not */
    z_stream z;
    ZSTD_DStream *zstd;
    BrotliDecoderState *brotli;
    uint8_t piece[YZ_INFLATE_PIECE];
};

/* ---- beginning and end -------------------------------------------------------------------------------------------------- */

static bool open_zlib(yz_inflate *f, int bits) { return inflateInit2(&f->z, bits) == Z_OK; }

static bool open_coding(yz_inflate *f, yz_str coding) {
    if (yz_str_ieq(coding, YZ_STR("gzip")) || yz_str_ieq(coding, YZ_STR("x-gzip")))
        return open_zlib(f, 15 + 16);
    if (yz_str_ieq(coding, YZ_STR("deflate"))) {
        f->deflate = true;
        return open_zlib(f, 15);
    }
    if (yz_str_ieq(coding, YZ_STR("zstd"))) {
        f->kind = ZSTD;
        f->zstd = ZSTD_createDStream();
        return f->zstd && !ZSTD_isError(ZSTD_DCtx_setParameter(f->zstd, ZSTD_d_windowLogMax, 23)); /* 8 MiB, as RFC 9659 has it */
    }
    if (yz_str_ieq(coding, YZ_STR("br"))) {
        f->kind = BROTLI;
        f->brotli = BrotliDecoderCreateInstance(NULL, NULL, NULL);
        return f->brotli != NULL;
    }
    return false;
}

yz_inflate *yz_inflate_new(yz_str coding) {
    yz_inflate *f = yz_calloc(1, sizeof(*f));
    if (open_coding(f, coding))
        return f;
    yz_inflate_free(f);
    return NULL;
}

/* One of an answer. The sums and lengths behind its text are not looked at: they came with the last of the text or in a read of their own,
 * so that the same answer was good or not by chance. Whether it is whole its JSON says, or its last event. */
static yz_inflate *open_answer(yz_str coding) {
    yz_inflate *f = yz_inflate_new(coding);
    if (f && f->kind == ZLIB)
        (void)inflateValidate(&f->z, 0);
    if (f && f->kind == ZSTD)
        (void)ZSTD_DCtx_setParameter(f->zstd, ZSTD_d_experimentalParam3, 1); /* forceIgnoreChecksum; an old library does not know it */
    return f;
}

/* Nothing, in words: some put the charset there. */
static bool is_none(yz_str coding) {
    static const char *const words[] = {"identity", "none", "utf-8", "utf8"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (yz_str_ieq(coding, yz_str_of(words[i])))
            return true;
    return coding.n == 0;
}

/* The last of a list, without its parameters; *list is what stands before it. */
static yz_str take_last(yz_str *list) {
    size_t at = list->n, n;
    while (at > 0 && list->p[at - 1] != ',')
        at--;
    yz_str last = {list->p + at, list->n - at};
    list->n = at > 0 ? at - 1 : 0;
    while (last.n && *last.p == ' ')
        last.p++, last.n--;
    for (n = 0; n < last.n && last.p[n] != ';' && last.p[n] != ' ';)
        n++;
    return (yz_str){last.p, n};
}

yz_inflate *yz_inflate_list(yz_str codings, bool *none) {
    yz_inflate *first = NULL;
    yz_str before = {0};
    for (*none = true; codings.n > 0;) {
        yz_str coding = take_last(&codings);
        if (is_none(coding))
            continue;
        yz_inflate *f = first && first->next ? NULL : open_answer(coding);
        *none = false;
        if (!f) {
            yz_inflate_free(first);
            return NULL;
        }
        f->perhaps = first && yz_str_ieq(before, coding);
        if (first)
            first->next = f;
        else
            first = f;
        before = coding;
    }
    return first;
}

void yz_inflate_free(yz_inflate *f) {
    if (!f)
        return;
    yz_inflate_free(f->next);
    if (f->kind == ZLIB)
        inflateEnd(&f->z);
    ZSTD_freeDStream(f->zstd);
    if (f->brotli)
        BrotliDecoderDestroyInstance(f->brotli);
    free(f);
}

bool yz_inflate_done(const yz_inflate *f) { return f->done && (!f->next || f->next->passes || f->next->done); }

static bool is_over(const yz_inflate *f) { return f->passes || f->done || (f->whole && !f->more); }

bool yz_inflate_over(const yz_inflate *f) { return is_over(f) && (!f->next || is_over(f->next)); }

/* ---- marks ------------------------------------------------------------------------------------------------------------- */

static bool begins(yz_str first, const char *mark, size_t n) { return first.n >= n && memcmp(first.p, mark, n) == 0; }

/* The coding that these bytes are of; empty: none that has a mark. No text has one of them, UTF-8 none of the last. */
static yz_str marked(yz_str first) {
    static const char *const zlib[] = {"x\x01", "x\x9c", "x\xda"};
    if (begins(first, "\x1f\x8b", 2) || (first.n == 1 && *first.p == 0x1f))
        return YZ_STR("gzip");
    if (begins(first, "\x28\xb5\x2f\xfd", 4))
        return YZ_STR("zstd");
    for (size_t i = 0; i < sizeof zlib / sizeof *zlib; i++)
        if (begins(first, zlib[i], strlen(zlib[i])))
            return YZ_STR("deflate");
    return YZ_STR("");
}

/* JSON or events, not packed: so many bytes of text in a row do not happen in what is. */
static bool is_text(yz_str first) {
    static const char *const heads[] = {"{\"", "{\n", "{\r", "data:", "event:", "[{"};
    enum { SURE = 16, KNOWN = 6 };
    bool known = false;
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        known = known || begins(first, heads[i], strlen(heads[i]));
    size_t n = 0;
    while (n < first.n && n < SURE &&
           (((unsigned char)first.p[n] >= ' ' && (unsigned char)first.p[n] < 0x7f) || first.p[n] == '\n' || first.p[n] == '\r'))
        n++;
    return n >= (known ? KNOWN : SURE);
}

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

/* No control characters, and UTF-8 but for what is cut off at the end. */
static bool is_words(const char *p, const char *end) {
    while (p < end) {
        size_t n = (unsigned char)*p >= 0x80 ? yz_utf8_length(p, end) : 1;
        if (n == 0)
            return end - p < 4 && (unsigned char)*p >= 0xc2;
        if ((unsigned char)*p < ' ' && !is_blank(*p))
            return false;
        p += n;
    }
    return true;
}

bool yz_inflate_plain(yz_str first) {
    static const char *const heads[] = {"{", "[", "\"", ":", "data:", "event:", "id:", "retry:"};
    first.n = first.n < YZ_INFLATE_SURE ? first.n : YZ_INFLATE_SURE;
    const char *p = first.p, *end = p + first.n;
    if (begins(first, "\xEF\xBB\xBF", 3))
        p += 3;
    while (p < end && is_blank(*p))
        p++;
    bool known = p == end; /* nothing, or blanks that some send while a model thinks */
    for (size_t i = 0; i < sizeof heads / sizeof *heads && !known; i++)
        known = begins(yz_str_at(p, (size_t)(end - p)), heads[i], strlen(heads[i]));
    return known && is_words(p, end);
}

/* What does it undo? */
static yz_str coding_of(const yz_inflate *f) {
    return f->kind == ZSTD ? YZ_STR("zstd") : f->kind == BROTLI ? YZ_STR("br") : f->deflate ? YZ_STR("deflate") : YZ_STR("gzip");
}

yz_inflate *yz_inflate_fit(yz_inflate *f, yz_str first) {
    yz_str mark = marked(first);
    bool other = f && mark.n > 0 && !yz_str_eq(mark, coding_of(f)) && !f->next && f->kind != BROTLI;
    bool brotli = f && f->kind == BROTLI && !f->next && !yz_str_is(mark, "deflate") && mark.n > 0; /* which has no mark of its own */
    bool text = f && mark.n == 0 && !f->next && is_text(first);
    if (f && !other && !brotli && !text)
        return f;
    yz_inflate_free(f);
    return mark.n > 0 ? open_answer(mark) : NULL;
}

/* ---- steps -------------------------------------------------------------------------------------------------------------- */

/* RFC 1950: the first two bytes, as a number, are a multiple of 31, and the low half of the first is 8. What begins otherwise is bare. */
static bool fix_bare(yz_inflate *f, yz_str input) {
    bool zlib = ((unsigned char)input.p[0] & 15) == 8;
    if (!f->deflate || f->begun || zlib)
        return true;
    f->bare = true;
    return inflateReset2(&f->z, -15) == Z_OK;
}

/* Each: what of the input was used, and how much output came; negative: it is not of this coding. */
static int step_zlib(yz_inflate *f, yz_str *input, size_t *made) {
    if (!fix_bare(f, *input))
        return YZ_EINTERNAL;
    f->z.next_in = (unsigned char *)(uintptr_t)input->p;
    f->z.avail_in = (unsigned)input->n;
    f->z.next_out = f->piece;
    f->z.avail_out = sizeof(f->piece);
    int code = inflate(&f->z, Z_NO_FLUSH);
    *input = (yz_str){(const char *)f->z.next_in, f->z.avail_in};
    *made = sizeof(f->piece) - f->z.avail_out;
    f->done = code == Z_STREAM_END;
    return code == Z_OK || code == Z_STREAM_END || code == Z_BUF_ERROR ? YZ_OK : YZ_EINVAL;
}

static int step_zstd(yz_inflate *f, yz_str *input, size_t *made) {
    ZSTD_inBuffer in = {input->p, input->n, 0};
    ZSTD_outBuffer out = {f->piece, sizeof(f->piece), 0};
    size_t left = ZSTD_decompressStream(f->zstd, &out, &in);
    *input = (yz_str){input->p + in.pos, input->n - in.pos};
    *made = out.pos;
    f->done = left == 0;
    return ZSTD_isError(left) ? YZ_EINVAL : YZ_OK;
}

static int step_brotli(yz_inflate *f, yz_str *input, size_t *made) {
    size_t n = input->n, room = sizeof(f->piece);
    const uint8_t *in = (const uint8_t *)input->p;
    uint8_t *out = f->piece;
    BrotliDecoderResult result = BrotliDecoderDecompressStream(f->brotli, &n, &in, &room, &out, NULL);
    *input = (yz_str){(const char *)in, n};
    *made = sizeof(f->piece) - room;
    f->done = result == BROTLI_DECODER_RESULT_SUCCESS;
    return result == BROTLI_DECODER_RESULT_ERROR ? YZ_EINVAL : YZ_OK;
}

static int step(yz_inflate *f, yz_str *input, size_t *made) {
    int code = f->kind == ZLIB ? step_zlib(f, input, made) : f->kind == ZSTD ? step_zstd(f, input, made) : step_brotli(f, input, made);
    f->begun = true;
    return code;
}

/* A gzip body is one or more members, a zstd body one or more frames (RFC 1952, RFC 8878), and packers that work in blocks write several.
 * Whether it is another one that follows, its first bytes say. */
static bool goes_on(yz_inflate *f) {
    if (!f->done)
        return true;
    f->done = f->more = false;
    f->whole = true;
    return f->kind == ZSTD || (f->kind == ZLIB && !f->deflate && inflateReset(&f->z) == Z_OK);
}

/* What one step made goes to the next, within the same bound for all. */
typedef struct onward {
    int (*emit)(void *arg, yz_str bytes);
    void *arg;
    size_t sum, most;
} onward;

static int count_and_emit(void *arg, yz_str bytes) {
    onward *to = arg;
    to->sum += bytes.n;
    return to->sum > to->most ? YZ_ELIMIT : to->emit(to->arg, bytes);
}

static int feed(yz_inflate *f, yz_str input, onward *to);

/* A gzip body begins with 1f 8b, which no text does. */
static int pass_on(yz_inflate *f, yz_str bytes, onward *to) {
    yz_inflate *next = f->next;
    if (next && next->perhaps && !next->begun)
        next->passes = next->passes || (unsigned char)*bytes.p != 0x1f;
    if (!next || next->passes)
        return count_and_emit(to, bytes);
    return feed(next, bytes, to);
}

static int feed(yz_inflate *f, yz_str input, onward *to) {
    size_t sum = 0, made = 0;
    if (input.n == 0)
        return YZ_OK;
    do { /* a full piece may have more behind it, though all input is used */
        int code = goes_on(f) ? step(f, &input, &made) : YZ_EINVAL;
        if (code < 0)
            return code;
        sum += made;
        f->more = f->more || made > 0;
        if (sum > to->most)
            return YZ_ELIMIT;
        if (made > 0)
            code = pass_on(f, (yz_str){(const char *)f->piece, made}, to);
        if (code < 0)
            return code;
    } while (input.n > 0 || (!f->done && made == sizeof(f->piece)));
    return YZ_OK;
}

int yz_inflate_feed(yz_inflate *f, yz_str input, size_t most, int (*emit)(void *arg, yz_str bytes), void *arg) {
    onward to = {emit, arg, .most = most};
    return feed(f, input, &to);
}
