/* demo/made.c: a picture and a sound of the demo provider: bands of colour, and a tone a word, drawn from the request's own words, so that
 * the same request gets the same. PNG (RFC 2083) with its pixels uncompressed, and WAV of 16 bits at 8 kHz: enough to be seen and heard,
 * and no library is needed.
 */
#include "demo.h"

#include <yuzui/adapter.h>

enum { SIDE = 128, MOST_WORDS = 200, RATE = 8000, TONE = RATE / 5 };

uint32_t demo_seed(yz_str text) {
    uint32_t seed = 2166136261u;
    for (size_t i = 0; i < text.n; i++)
        seed = (seed ^ (uint8_t)text.p[i]) * 16777619u;
    return seed;
}

/* ---- a picture ------------------------------------------------------------------------------------------------------- */

static void put_big(yz_buf *out, uint32_t n) {
    const char bytes[] = {(char)(n >> 24), (char)(n >> 16), (char)(n >> 8), (char)n};
    yz_buf_put(out, bytes, 4);
}

static uint32_t crc_of(const char *p, size_t n) {
    uint32_t crc = 0xffffffff;
    for (size_t i = 0; i < n; i++) {
        crc ^= (uint8_t)p[i];
        for (int k = 0; k < 8; k++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
    }
    return ~crc;
}

static void put_part(yz_buf *out, const char *name, yz_str data) {
    put_big(out, (uint32_t)data.n);
    size_t from = out->n;
    yz_buf_lit(out, name);
    yz_buf_str(out, data);
    put_big(out, crc_of(out->p + from, out->n - from));
}

/* A row: no filter, then a red, a green and a blue byte a pixel. */
static void put_row(yz_buf *rows, uint32_t seed, int y) {
    yz_buf_char(rows, 0);
    for (int x = 0; x < SIDE; x++) {
        int wave = (x * (int)(seed % 7 + 1) + y * (int)(seed / 7 % 5 + 1)) / 8;
        yz_buf_char(rows, (char)((int)(seed & 255) + wave));
        yz_buf_char(rows, (char)((int)(seed >> 8 & 255) + y));
        yz_buf_char(rows, (char)((int)(seed >> 16 & 255) + x));
    }
}

/* Blocks of zlib that are stored as they are. */
static void put_stored(yz_buf *out, yz_str rows) {
    uint32_t a = 1, b = 0;
    yz_buf_put(out, "\x78\x01", 2);
    for (size_t at = 0; at < rows.n;) {
        size_t n = rows.n - at < 65535 ? rows.n - at : 65535;
        const char head[] = {at + n == rows.n, (char)(n & 255), (char)(n >> 8), (char)~(n & 255), (char)~(n >> 8)};
        yz_buf_put(out, head, sizeof head);
        yz_buf_put(out, rows.p + at, n);
        at += n;
    }
    for (size_t i = 0; i < rows.n; i++) {
        a = (a + (uint8_t)rows.p[i]) % 65521;
        b = (b + a) % 65521;
    }
    put_big(out, b << 16 | a);
}

void demo_picture(yz_str prompt, yz_buf *out) {
    yz_buf rows = {0}, stored = {0}, head = {0};
    for (int y = 0; y < SIDE; y++)
        put_row(&rows, demo_seed(prompt), y);
    put_stored(&stored, yz_buf_view(&rows));
    put_big(&head, SIDE), put_big(&head, SIDE);
    yz_buf_put(&head, "\x08\x02\0\0\0", 5); /* eight bits of red, green, blue */
    yz_buf_put(out, "\x89PNG\r\n\x1a\n", 8);
    put_part(out, "IHDR", yz_buf_view(&head));
    put_part(out, "IDAT", yz_buf_view(&stored));
    put_part(out, "IEND", YZ_STR(""));
    yz_buf_free(&rows), yz_buf_free(&stored), yz_buf_free(&head);
}

/* ---- a sound --------------------------------------------------------------------------------------------------------- */

static void put_little(yz_buf *out, uint32_t n, int bytes) {
    for (int i = 0; i < bytes; i++)
        yz_buf_char(out, (char)(n >> 8 * i));
}

/* A fifth of a second of a tone that falls off: a triangle, which needs no sine. */
static void put_tone(yz_buf *out, yz_str word) {
    int period = 20 + (int)(demo_seed(word) % 30);
    for (int i = 0; i < TONE; i++) {
        int at = i % period * 4 * 8000 / period, level = at < 16000 ? at - 8000 : 24000 - at;
        put_little(out, (uint32_t)(level * (TONE - i) / TONE), 2);
    }
}

void demo_sound(yz_str text, yz_buf *out) {
    yz_buf tones = {0};
    size_t words = 0;
    for (size_t at = 0; at < text.n && words < MOST_WORDS; words++) {
        size_t n = demo_piece((yz_str){text.p + at, text.n - at});
        put_tone(&tones, (yz_str){text.p + at, n});
        at += n;
    }
    yz_buf_lit(out, "RIFF"), put_little(out, (uint32_t)tones.n + 36, 4);
    yz_buf_lit(out, "WAVEfmt "), put_little(out, 16, 4), put_little(out, 1, 2), put_little(out, 1, 2);
    put_little(out, RATE, 4), put_little(out, RATE * 2, 4), put_little(out, 2, 2), put_little(out, 16, 2);
    yz_buf_lit(out, "data"), put_little(out, (uint32_t)tones.n, 4);
    yz_buf_str(out, yz_buf_view(&tones));
    yz_buf_free(&tones);
}

/* ---- in answers -------------------------------------------------------------------------------------------------------- */

void demo_base64(yz_str bytes, yz_buf *out) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < bytes.n; i += 3) {
        uint32_t n = 0;
        for (size_t k = 0; k < 3; k++)
            n = n << 8 | (i + k < bytes.n ? (uint8_t)bytes.p[i + k] : 0);
        for (size_t k = 0; k < 4; k++)
            yz_buf_char(out, i + k > bytes.n ? '=' : digits[n >> (18 - 6 * k) & 63]);
    }
}

/* As the Images API has it. */
static void put_pictures(const yz_request *request, yz_str prompt, yz_arena *arena, yz_buf *out) {
    int64_t n = yz_json_int(yz_json_get(request->json, "n"), 1);
    yz_buf_printf(out, "{\"created\":%lld,\"data\":[", (long long)yz_clock_wall());
    for (int64_t i = 0; i < (n < 1 ? 1 : n > 10 ? 10 : n); i++) {
        yz_buf png = {0};
        demo_picture(yz_format(arena, "%.*s %lld", YZ_STR_ARGS(prompt), (long long)i), &png);
        yz_buf_lit(out, i ? ",{\"b64_json\":\"" : "{\"b64_json\":\"");
        demo_base64(yz_buf_view(&png), out);
        yz_buf_lit(out, "\"}");
        yz_buf_free(&png);
    }
    yz_buf_lit(out, "],\"output_format\":\"png\"}");
}

const char *demo_made(const yz_request *request, yz_arena *arena, yz_buf *out) {
    yz_str prompt = yz_json_text(arena, yz_json_get(request->json, "prompt")),
           said = yz_json_text(arena, yz_json_get(request->json, "input"));
    const yz_json *format = yz_json_given(request->json, "response_format");
    if (request->op == YZ_OP_MUSIC || strcmp(request->dialect->dialect, "suno") == 0)
        return demo_song(request, arena, out);
    if (request->op == YZ_OP_VIDEO || request->op == YZ_OP_STORED)
        return demo_video(request, arena, out);
    if (request->stream || !request->json)
        return NULL;
    if (request->op == YZ_OP_IMAGE && prompt.n > 0) {
        put_pictures(request, prompt, arena, out);
        return "application/json";
    }
    bool wav = !format || yz_json_says(format, "wav");
    if (request->op != YZ_OP_SPEECH || said.n == 0 || !wav)
        return NULL;
    demo_sound(said, out);
    return "audio/wav";
}
