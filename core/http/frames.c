/* frames.c: see frames.h. A frame is a head of two to fourteen bytes, and a payload; a message is one frame or several, between which
 * control frames may stand. A text that lies whole in one read is not copied. */
#include "http/frames.h"

#include "base/base64.h"

#include <openssl/evp.h>

enum { CONTINUED = 0, TEXT = 1, BINARY = 2, CLOSE = 8, PONG = 10 };
#define MOST_CLOSE 123 /* bytes of a reason */

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

static int begin_payload(yz_frames *f) {
    if (!is_sound(f) || f->closed)
        return YZ_EINVAL;
    f->left = payload_length(f);
    f->within = true;
    f->closed = opcode(f) == CLOSE;
    if (opcode(f) == TEXT || opcode(f) == BINARY) {
        f->open = true;
        f->text = opcode(f) == TEXT;
        f->skipped = false;
    }
    f->reads = opcode(f) < CLOSE && f->text && f->on_text && !is_masked(f);
    return YZ_OK;
}

static void end_payload(yz_frames *f, yz_str last) {
    f->within = false;
    f->n_head = 0;
    if (opcode(f) >= CLOSE || !is_last(f))
        return;
    f->open = false;
    f->passed += f->reads && f->skipped;
    if (f->reads && !f->skipped) {
        if (f->whole.n)
            yz_buf_str(&f->whole, last);
        f->on_text(f->arg, f->whole.n ? yz_buf_view(&f->whole) : last);
    }
    yz_buf_free(&f->whole);
}

static void payload(yz_frames *f, yz_str bytes) {
    f->left -= bytes.n;
    f->skipped |= f->reads && f->whole.n + bytes.n > f->most;
    if (f->skipped)
        yz_buf_free(&f->whole);
    bool done = f->left == 0 && is_last(f);
    if (f->reads && !f->skipped && !done)
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

int yz_frames_feed(yz_frames *f, yz_str bytes) {
    size_t at = 0;
    while (at < bytes.n) {
        if (f->within) {
            size_t n = bytes.n - at < f->left ? bytes.n - at : (size_t)f->left;
            payload(f, (yz_str){bytes.p + at, n});
            at += n;
        } else if (f->broken || head(f, bytes.p[at++]) < 0) {
            f->broken = true;
            return YZ_EINVAL;
        }
    }
    return YZ_OK;
}

bool yz_frames_between(const yz_frames *f) { return !f->within && f->n_head == 0 && !f->closed && !f->broken; }

void yz_frames_free(yz_frames *f) { yz_buf_free(&f->whole); }

void yz_frames_close(yz_buf *out, unsigned code, yz_str reason) {
    size_t n = reason.n;
    if (n > MOST_CLOSE) {
        n = MOST_CLOSE;
        while (n > 0 && ((unsigned char)reason.p[n] & 0xc0) == 0x80)
            n--;
    }
    yz_buf_char(out, (char)(0x80 | CLOSE));
    yz_buf_char(out, (char)(n + 2));
    yz_buf_char(out, (char)(code >> 8));
    yz_buf_char(out, (char)(code & 255));
    yz_buf_put(out, reason.p, n);
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
