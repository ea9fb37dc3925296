/* demo/film.c: a film of the demo provider: bands of colour that move, drawn from the request's own words. It is an MP4 (ISO 14496-12) of
 * H.264 (ISO 14496-10, baseline) that browsers and players show; every picture of it is whole, and says its pixels as they are (I_PCM), so
 * no compression is needed, nor a library.
 */
#include "demo.h"

enum { BLOCKS = 4, WIDTH = 16 * BLOCKS, A_SECOND = 4 }; /* a picture is BLOCKS by BLOCKS macroblocks; pictures of a second */

/* ---- H.264 ------------------------------------------------------------------------------------------------------------ */

typedef struct bits {
    yz_buf out;
    unsigned held, n;
} bits;

static void put_bit(bits *b, unsigned bit) {
    b->held = b->held << 1 | bit;
    if (++b->n == 8) {
        yz_buf_char(&b->out, (char)b->held);
        b->held = b->n = 0;
    }
}

static void put_bits(bits *b, unsigned n, uint32_t value) {
    while (n-- > 0)
        put_bit(b, value >> n & 1);
}

/* Exp-Golomb: as many zeros as the number has bits behind its first. */
static void put_ue(bits *b, uint32_t value) {
    unsigned n = 0;
    while ((value + 1) >> (n + 1))
        n++;
    put_bits(b, n, 0);
    put_bits(b, n + 1, value + 1);
}

static void align(bits *b) {
    while (b->n > 0)
        put_bit(b, 0);
}

static void put_stop(bits *b) {
    put_bit(b, 1);
    align(b);
}

static void put_parameters(bits *sps, bits *pps) {
    put_bits(sps, 24, 0x42c01e); /* baseline, level 3 */
    put_ue(sps, 0), put_ue(sps, 0), put_ue(sps, 2),
        put_ue(sps, 0); /* ids; pictures come in the order they are shown; none refers to another */
    put_bit(sps, 0), put_ue(sps, BLOCKS - 1), put_ue(sps, BLOCKS - 1);
    put_bits(sps, 4, 0xc); /* frames; not cropped, nothing more is said */
    put_stop(sps);
    put_ue(pps, 0), put_ue(pps, 0), put_bits(pps, 2, 0), put_ue(pps, 0), put_ue(pps, 0), put_ue(pps, 0), put_bits(pps, 3, 0);
    put_ue(pps, 0), put_ue(pps, 0), put_ue(pps, 0), put_bits(pps, 3, 4); /* a slice may say that edges stay as they are */
    put_stop(pps);
}

static uint8_t wave(uint32_t seed, int x, int y, int frame) {
    int at = x * (int)(seed % 5 + 1) + y * (int)(seed / 5 % 5 + 1) + frame * 7; /* it comes back to where it was after 208 pictures */
    return (uint8_t)(16 + (at + (int)(seed & 127)) % 208);
}

static void put_plane(bits *b, uint32_t seed, int left, int top, int side, int frame) {
    for (int y = 0; y < side; y++)
        for (int x = 0; x < side; x++)
            yz_buf_char(&b->out, (char)wave(seed, left + x, top + y, frame));
}

static void put_picture(bits *b, uint32_t seed, int frame) {
    put_ue(b, 0), put_ue(b, 7), put_ue(b, 0), put_bits(b, 4, 0), put_ue(b, (uint32_t)frame & 1), put_bits(b, 2, 0), put_ue(b, 0),
        put_ue(b, 1);
    for (int block = 0; block < BLOCKS * BLOCKS; block++) {
        int left = block % BLOCKS * 16, top = block / BLOCKS * 16;
        put_ue(b, 25); /* I_PCM */
        align(b);
        put_plane(b, seed, left, top, 16, frame);
        put_plane(b, seed >> 8, left / 2, top / 2, 8, frame);
        put_plane(b, seed >> 16, left / 2, top / 2, 8, frame);
    }
    put_stop(b);
}

/* As it stands in a file: what could be taken for the beginning of another unit is broken up. */
static void put_unit(yz_buf *out, unsigned kind, yz_str bytes) {
    int zeros = 0;
    yz_buf_char(out, (char)kind);
    for (size_t i = 0; i < bytes.n; i++) {
        uint8_t c = (uint8_t)bytes.p[i];
        if (zeros >= 2 && c <= 3) {
            yz_buf_char(out, 3);
            zeros = 0;
        }
        yz_buf_char(out, (char)c);
        zeros = c == 0 ? zeros + 1 : 0;
    }
}

/* ---- MP4 -------------------------------------------------------------------------------------------------------------- */

static void put_number(yz_buf *out, uint32_t n, int bytes) {
    while (bytes-- > 0)
        yz_buf_char(out, (char)(n >> 8 * bytes));
}

static void put_zeros(yz_buf *out, int n) {
    while (n-- > 0)
        yz_buf_char(out, 0);
}

static size_t begin_box(yz_buf *out, const char *name) {
    put_number(out, 0, 4);
    yz_buf_put(out, name, 4);
    return out->n - 8;
}

static void end_box(yz_buf *out, size_t at) {
    uint32_t n = (uint32_t)(out->n - at);
    for (int i = 0; i < 4; i++)
        out->p[at + (size_t)i] = (char)(n >> (24 - 8 * i));
}

static void put_matrix(yz_buf *out) {
    static const uint32_t same[] = {0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000};
    for (int i = 0; i < 9; i++)
        put_number(out, same[i], 4);
}

typedef struct reel {
    uint32_t seed, pictures;
    yz_buf sps, pps, data; /* units; the pictures, each behind its length */
    yz_buf sizes;          /* of each, in four bytes */
} reel;

/* What the samples are: the size of the picture, and the parameters of their coding. */
static void put_description(const reel *f, yz_buf *out) {
    size_t stsd = begin_box(out, "stsd");
    put_number(out, 0, 4), put_number(out, 1, 4);
    size_t avc1 = begin_box(out, "avc1");
    put_zeros(out, 6), put_number(out, 1, 2), put_zeros(out, 16), put_number(out, WIDTH, 2), put_number(out, WIDTH, 2);
    put_number(out, 0x480000, 4), put_number(out, 0x480000, 4), put_zeros(out, 4), put_number(out, 1, 2), put_zeros(out, 32);
    put_number(out, 24, 2), put_number(out, 0xffff, 2);
    size_t avcc = begin_box(out, "avcC");
    put_number(out, 0x0142c01e, 4), put_number(out, 0xffe1, 2);
    put_number(out, (uint32_t)f->sps.n, 2), yz_buf_str(out, yz_buf_view(&f->sps));
    put_number(out, 1, 1), put_number(out, (uint32_t)f->pps.n, 2), yz_buf_str(out, yz_buf_view(&f->pps));
    end_box(out, avcc), end_box(out, avc1), end_box(out, stsd);
}

static void put_samples(const reel *f, uint32_t offset, yz_buf *out) {
    size_t stbl = begin_box(out, "stbl");
    put_description(f, out);
    size_t at = begin_box(out, "stts");
    put_number(out, 0, 4), put_number(out, 1, 4), put_number(out, f->pictures, 4), put_number(out, 1, 4);
    end_box(out, at);
    at = begin_box(out, "stsc");
    put_number(out, 0, 4), put_number(out, 1, 4), put_number(out, 1, 4), put_number(out, f->pictures, 4), put_number(out, 1, 4);
    end_box(out, at);
    at = begin_box(out, "stsz");
    put_number(out, 0, 4), put_number(out, 0, 4), put_number(out, f->pictures, 4), yz_buf_str(out, yz_buf_view(&f->sizes));
    end_box(out, at);
    at = begin_box(out, "stco");
    put_number(out, 0, 4), put_number(out, 1, 4), put_number(out, offset, 4);
    end_box(out, at), end_box(out, stbl);
}

static void put_media(const reel *f, uint32_t offset, yz_buf *out) {
    size_t mdia = begin_box(out, "mdia"), at = begin_box(out, "mdhd");
    put_zeros(out, 12), put_number(out, A_SECOND, 4), put_number(out, f->pictures, 4), put_number(out, 0x55c4, 2),
        put_zeros(out, 2); /* "und" */
    end_box(out, at);
    at = begin_box(out, "hdlr");
    put_zeros(out, 8), yz_buf_lit(out, "vide"), put_zeros(out, 13);
    end_box(out, at);
    size_t minf = begin_box(out, "minf");
    at = begin_box(out, "vmhd");
    put_number(out, 1, 4), put_zeros(out, 8);
    end_box(out, at);
    size_t dinf = begin_box(out, "dinf"), dref = begin_box(out, "dref");
    put_number(out, 0, 4), put_number(out, 1, 4);
    at = begin_box(out, "url ");
    put_number(out, 1, 4); /* in this file */
    end_box(out, at), end_box(out, dref), end_box(out, dinf);
    put_samples(f, offset, out);
    end_box(out, minf), end_box(out, mdia);
}

static void put_index(const reel *f, uint32_t offset, yz_buf *out) {
    size_t moov = begin_box(out, "moov"), at = begin_box(out, "mvhd");
    put_zeros(out, 12), put_number(out, A_SECOND, 4), put_number(out, f->pictures, 4), put_number(out, 0x10000, 4),
        put_number(out, 0x100, 2);
    put_zeros(out, 10), put_matrix(out), put_zeros(out, 24), put_number(out, 2, 4);
    end_box(out, at);
    size_t trak = begin_box(out, "trak");
    at = begin_box(out, "tkhd");
    put_number(out, 3, 4), put_zeros(out, 8), put_number(out, 1, 4), put_zeros(out, 4), put_number(out, f->pictures, 4), put_zeros(out, 16);
    put_matrix(out), put_number(out, WIDTH << 16, 4), put_number(out, WIDTH << 16, 4);
    end_box(out, at);
    put_media(f, offset, out);
    end_box(out, trak), end_box(out, moov);
}

static void draw(reel *f) {
    bits sps = {0}, pps = {0};
    put_parameters(&sps, &pps);
    put_unit(&f->sps, 0x67, yz_buf_view(&sps.out));
    put_unit(&f->pps, 0x68, yz_buf_view(&pps.out));
    yz_buf_free(&sps.out), yz_buf_free(&pps.out);
    for (uint32_t i = 0; i < f->pictures; i++) {
        bits picture = {0};
        put_picture(&picture, f->seed, (int)i);
        yz_buf unit = {0};
        put_unit(&unit, 0x65, yz_buf_view(&picture.out));
        put_number(&f->data, (uint32_t)unit.n, 4);
        yz_buf_str(&f->data, yz_buf_view(&unit));
        put_number(&f->sizes, (uint32_t)unit.n + 4, 4);
        yz_buf_free(&unit);
        yz_buf_free(&picture.out);
    }
}

void demo_film(uint32_t seed, int64_t seconds, yz_buf *out) {
    reel f = {.seed = seed, .pictures = (uint32_t)seconds * A_SECOND};
    yz_buf index = {0};
    draw(&f);
    size_t at = begin_box(out, "ftyp");
    yz_buf_lit(out, "isom"), put_number(out, 0x200, 4), yz_buf_lit(out, "isomiso2avc1mp41");
    end_box(out, at);
    put_index(&f, 0, &index);
    put_index(&f, (uint32_t)(out->n + index.n + 8), out); /* it is as long whatever it says */
    at = begin_box(out, "mdat");
    yz_buf_str(out, yz_buf_view(&f.data));
    end_box(out, at);
    yz_buf_free(&index), yz_buf_free(&f.sps), yz_buf_free(&f.pps), yz_buf_free(&f.data), yz_buf_free(&f.sizes);
}
