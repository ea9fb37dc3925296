/* frames.c: see frames.h. A frame is a head of two to fourteen bytes, and a payload; a message is one frame or several, between which
 * control frames may stand. A text that lies whole in one read is not copied, unless it is masked. */
#include "http/frames.h"

#include "base/base64.h"

#include <openssl/evp.h>

enum { CONTINUED = 0, TEXT = 1, BINARY = 2, CLOSE = 8, PONG = 10 };
#define MOST_CLOSE 123  /* bytes of a reason */
#define NO_CODE    1005 /* of a close frame that says none: RFC 6455, section 7.4.1 */

static unsigned opcode(const yz_frames *f) { return f->head[0] & 15; }
static bool is_last(const yz_frames *f) { return f->head[0] >> 7; }
static bool is_masked(const yz_frames *f) { return f->head[1] >> 7; }

/* Of its head, as far as its second byte says. */
static size_t head_length(const yz_frames *f) {
    size_t n = 2 + (is_masked(f) ? 4 : 0);
    unsigned size = f->head[1] & 127;
    return n + (size == 126 ? 2 : size == 127 ? 8 : 0);
}

static uint64_t payload_length(const yz_frames *f) {
    unsigned size = f->head[1] & 127, n = size == 126 ? 2 : size == 127 ? 8 : 0;
    uint64_t length = n ? 0 : size;
    for (unsigned i = 0; i < n; i++)
        length = length << 8 | f->head[2 + i];
    return length;
}

/* Extensions are never agreed on, so the reserved bits are zero. */
static bool is_sound(const yz_frames *f) {
    unsigned op = opcode(f);
    bool control = op >= CLOSE;
    if (f->head[0] & 0x70 || (op > BINARY && !control) || op > PONG || payload_length(f) >> 63)
        return false;
    if (control)
        return is_last(f) && payload_length(f) <= 125;
    return (op == CONTINUED) == f->open;
}

/* Is there somebody who reads the frame that begins? */
static bool is_read(const yz_frames *f) {
    if (is_masked(f) != f->client)
        return false;
    return opcode(f) == CLOSE ? f->on_close != NULL : opcode(f) < CLOSE && f->text && f->on_text;
}

static int begin_payload(yz_frames *f) {
    f->wide = f->widest && payload_length(f) > f->widest;
    if (!is_sound(f) || f->closed || f->wide || (f->client && !is_masked(f)))
        return YZ_EINVAL;
    f->left = payload_length(f);
    f->within = true;
    f->closed = opcode(f) == CLOSE;
    if (opcode(f) == TEXT || opcode(f) == BINARY) {
        f->open = true;
        f->bytes = opcode(f) == BINARY;
        f->text = !f->bytes || f->binary;
        f->skipped = false;
        f->begun++;
    }
    f->reads = is_read(f);
    if (f->closed && f->reads) { /* the message that is open is never whole */
        yz_buf_free(&f->whole);
        f->skipped = false;
    }
    return YZ_OK;
}

static void tell_close(const yz_frames *f, yz_str said) {
    bool coded = said.n >= 2;
    unsigned code = coded ? (unsigned)(unsigned char)said.p[0] << 8 | (unsigned char)said.p[1] : NO_CODE;
    f->on_close(f->arg, code, coded ? (yz_str){said.p + 2, said.n - 2} : (yz_str){NULL, 0});
}

static void end_payload(yz_frames *f, yz_str last) {
    f->within = false;
    f->n_head = 0;
    bool close = opcode(f) == CLOSE;
    if ((opcode(f) >= CLOSE && !(close && f->reads)) || !is_last(f))
        return;
    f->open &= close;
    f->passed += f->reads && f->skipped;
    if (f->reads && !f->skipped) {
        if (f->whole.n)
            yz_buf_str(&f->whole, last);
        yz_str all = f->whole.n ? yz_buf_view(&f->whole) : last;
        if (close)
            tell_close(f, all);
        else
            f->on_text(f->arg, all);
    }
    yz_buf_free(&f->whole);
}

/* A client's bytes are masked, by its frame's own four: they are kept as they were meant. */
static void keep_unmasked(yz_frames *f, uint64_t at, yz_str bytes) {
    const unsigned char *mask = f->head + head_length(f) - 4;
    if (bytes.n)
        yz_buf_room(&f->whole, bytes.n);
    for (size_t i = 0; i < bytes.n; i++)
        f->whole.p[f->whole.n++] = (char)((unsigned char)bytes.p[i] ^ mask[(at + i) % 4]);
}

static void payload(yz_frames *f, yz_str bytes) {
    uint64_t at = payload_length(f) - f->left;
    f->left -= bytes.n;
    f->skipped |= f->reads && f->whole.n + bytes.n > f->most;
    if (f->skipped)
        yz_buf_free(&f->whole);
    bool done = f->left == 0 && is_last(f), keeps = f->reads && !f->skipped;
    if (keeps && f->client) {
        keep_unmasked(f, at, bytes);
        bytes = (yz_str){"", 0};
    } else if (keeps && !done)
        yz_buf_str(&f->whole, bytes);
    if (f->left == 0)
        end_payload(f, bytes);
}

static int head(yz_frames *f, char byte) {
    f->head[f->n_head++] = (unsigned char)byte;
    if (f->n_head < 2 || f->n_head < head_length(f))
        return YZ_OK;
    int code = begin_payload(f);
    if (code == YZ_OK && f->left == 0)
        payload(f, (yz_str){"", 0});
    return code;
}

size_t yz_frames_step(yz_frames *f, yz_str bytes) {
    size_t at = 0;
    bool done = false;
    while (at < bytes.n && !done) {
        if (f->within) {
            size_t n = bytes.n - at < f->left ? bytes.n - at : (size_t)f->left;
            payload(f, (yz_str){bytes.p + at, n});
            at += n;
        } else if (f->broken || head(f, bytes.p[at++]) < 0) {
            f->broken = true;
            return 0;
        }
        done = !f->within && f->n_head == 0;
    }
    return at;
}

int yz_frames_feed(yz_frames *f, yz_str bytes) {
    while (bytes.n) {
        size_t n = yz_frames_step(f, bytes);
        if (n == 0)
            return YZ_EINVAL;
        bytes = (yz_str){bytes.p + n, bytes.n - n};
    }
    return YZ_OK;
}

bool yz_frames_is_control(const yz_frames *f) { return opcode(f) >= CLOSE; }

bool yz_frames_is_close(const yz_frames *f) { return opcode(f) == CLOSE; }

bool yz_frames_between(const yz_frames *f) { return !f->within && f->n_head == 0 && !f->closed && !f->broken; }

bool yz_frames_over(const yz_frames *f) { return f->closed && !f->within && !f->broken; }

void yz_frames_free(yz_frames *f) { yz_buf_free(&f->whole); }

static void put_head(yz_buf *out, unsigned op, size_t n, bool masked) {
    int size = n < 126 ? 0 : n <= 0xffff ? 2 : 8;
    yz_buf_char(out, (char)(0x80 | op));
    yz_buf_char(out, (char)((masked ? 0x80u : 0) | (size == 0 ? (unsigned)n : size == 2 ? 126u : 127u)));
    for (int shift = (size - 1) * 8; shift >= 0; shift -= 8)
        yz_buf_char(out, (char)((uint64_t)n >> shift & 255));
}

void yz_frames_close(yz_buf *out, unsigned code, yz_str reason) {
    size_t n = reason.n;
    if (n > MOST_CLOSE) {
        n = MOST_CLOSE;
        while (n > 0 && ((unsigned char)reason.p[n] & 0xc0) == 0x80)
            n--;
    }
    put_head(out, CLOSE, n + 2, false);
    yz_buf_char(out, (char)(code >> 8));
    yz_buf_char(out, (char)(code & 255));
    yz_buf_put(out, reason.p, n);
}

void yz_frames_message(yz_buf *out, bool binary, yz_str payload, const char *mask) {
    put_head(out, binary ? BINARY : TEXT, payload.n, mask != NULL);
    yz_buf_put(out, mask, mask ? 4 : 0);
    size_t at = out->n;
    yz_buf_str(out, payload);
    for (size_t i = 0; mask && i < payload.n; i++)
        out->p[at + i] = (char)(out->p[at + i] ^ mask[i % 4]);
}

/* ---- the handshake -------------------------------------------------------------------------------------------------------- */

bool yz_socket_key_ok(yz_str key) {
    yz_base64_look look = {0};
    yz_base64_feed(&look, key);
    return key.n == YZ_SOCKET_KEY && yz_base64_whole(&look) && look.pads == 2;
}

void yz_socket_accept(yz_str key, char accept[YZ_SOCKET_ACCEPT + 1]) {
    static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"; /* RFC 6455, section 1.3 */
    char text[YZ_SOCKET_KEY + sizeof guid];
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    memcpy(text, key.p, YZ_SOCKET_KEY);
    memcpy(text + YZ_SOCKET_KEY, guid, sizeof guid);
    EVP_Digest(text, YZ_SOCKET_KEY + sizeof guid - 1, hash, &n, EVP_sha1(), NULL);
    yz_buf out = {.p = accept, .cap = YZ_SOCKET_ACCEPT + 1};
    yz_put_base64(&out, (yz_str){(const char *)hash, n});
    accept[YZ_SOCKET_ACCEPT] = 0;
}
