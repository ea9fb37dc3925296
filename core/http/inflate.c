/* http/inflate.c: see inflate.h. Each coding is a step: takes input, fills a piece of output, says how far it came. */
#include "http/inflate.h"

#include "base/arena.h"

#include <brotli/decode.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

typedef enum kind { ZLIB, ZSTD, BROTLI } kind;

struct yz_inflate {
    kind kind;
    bool begun, done;
    bool bare; /* deflate without zlib's head, as some send it: known by the first byte */
    bool deflate;
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

void yz_inflate_free(yz_inflate *f) {
    if (!f)
        return;
    if (f->kind == ZLIB)
        inflateEnd(&f->z);
    ZSTD_freeDStream(f->zstd);
    if (f->brotli)
        BrotliDecoderDestroyInstance(f->brotli);
    free(f);
}

bool yz_inflate_done(const yz_inflate *f) { return f->done; }

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
    f->done = false;
    return f->kind == ZSTD || (f->kind == ZLIB && !f->deflate && inflateReset(&f->z) == Z_OK);
}

int yz_inflate_feed(yz_inflate *f, yz_str input, size_t most, int (*emit)(void *arg, yz_str bytes), void *arg) {
    size_t sum = 0, made = 0;
    if (input.n == 0)
        return YZ_OK;
    do { /* a full piece may have more behind it, though all input is used */
        int code = goes_on(f) ? step(f, &input, &made) : YZ_EINVAL;
        if (code < 0)
            return code;
        sum += made;
        if (code == YZ_OK && sum > most)
            code = YZ_ELIMIT;
        if (code == YZ_OK && made > 0)
            code = emit(arg, (yz_str){(const char *)f->piece, made});
        if (code < 0)
            return code;
    } while (input.n > 0 || (!f->done && made == sizeof(f->piece)));
    return YZ_OK;
}
