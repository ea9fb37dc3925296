/* inside.c: what was made, where the document that says how a job stands holds it as a text in base64: a film of some ten megabytes, which
 * is neither kept nor held, but found and decoded as it passes. The rest of the document is not proven here: nobody gets it.
 */
#include "jobs.h"

/* ---- where it stands -------------------------------------------------------------------------------------------------- */

static bool is_name(const inside *s) { return s->n_word == strlen(s->name) && memcmp(s->word, s->name, s->n_word) == 0; }

static void in_word(inside *s, char c) {
    bool ends = c == '"' && !s->escaped;
    if (!ends && s->n_word < sizeof s->word)
        s->word[s->n_word++] = c;
    s->escaped = c == '\\' && !s->escaped;
    s->in_string = !ends;
}

/* A character between texts. */
static void between(inside *s, char c) {
    bool blank = c == ' ' || c == '\t' || c == '\r' || c == '\n';
    if (c == '"' && s->named) {
        s->content = true;
        s->number++;
    } else if (c == '"') {
        s->in_string = true;
        s->n_word = 0;
    }
    if (!blank)
        s->named = c == ':' && is_name(s);
}

/* Up to the quote that ends it. */
static size_t content_run(inside *s, yz_str bytes) {
    for (size_t i = 0; i < bytes.n; i++) {
        if (bytes.p[i] == '"' && !s->escaped) {
            s->content = false;
            s->closes = true;
            s->n_word = 0;
            return i;
        }
        s->escaped = bytes.p[i] == '\\' && !s->escaped;
    }
    return bytes.n;
}

size_t inside_run(inside *s, yz_str bytes, bool *content) {
    size_t n = s->content ? content_run(s, bytes) : 0;
    *content = n > 0;
    if (n > 0)
        return n;
    for (; n < bytes.n && !s->content; n++) {
        if (s->closes)
            s->closes = false;
        else if (s->in_string)
            in_word(s, bytes.p[n]);
        else
            between(s, bytes.p[n]);
    }
    return n;
}

/* ---- what it is ------------------------------------------------------------------------------------------------------- */

size_t piece_number(yz_str made) {
    const char *at = made.n ? memrchr(made.p, '#', made.n) : NULL;
    size_t n = 0;
    for (const char *p = at ? at + 1 : made.p + made.n; p < made.p + made.n; p++)
        n = *p >= '0' && *p <= '9' && n < 1000 ? n * 10 + (size_t)(*p - '0') : 0;
    return at ? n : 0;
}

static int value_of(char c) {
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
}

static void put(inner *p, char c, yz_buf *out) {
    int value = value_of(c);
    if (c == '=' && p->n_bits < 6) {
        p->ended = true;
        return;
    }
    if (value < 0 || p->ended) {
        p->bad = true;
        return;
    }
    p->bits = (p->bits << 6 | (uint32_t)value) & 0xffff;
    p->n_bits += 6;
    if (p->n_bits < 8)
        return;
    p->n_bits -= 8;
    yz_buf_char(out, (char)(p->bits >> p->n_bits & 0xff));
}

static unsigned digit_of(char c) {
    return c >= '0' && c <= '9'   ? (unsigned)(c - '0')
           : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10)
           : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A' + 10)
                                  : 16;
}

/* "\/", and "\u003d" for "=", as some writers of JSON have it. */
static void put_escaped(inner *p, char c, yz_buf *out) {
    unsigned digit = p->escape > 1 ? digit_of(c) : 0;
    if (p->escape == 1 && c != 'u') {
        p->escape = 0;
        put(p, c == '/' ? c : '"', out); /* no other stands for a digit */
        return;
    }
    p->bad |= digit == 16;
    p->unicode = p->escape == 1 ? 0 : p->unicode << 4 | digit;
    if (p->escape++ < 5)
        return;
    p->escape = 0;
    put(p, p->unicode < 128 ? (char)p->unicode : '"', out);
}

static void decode(inner *p, yz_str bytes, yz_buf *out) {
    yz_buf_room(out, bytes.n);
    for (size_t i = 0; i < bytes.n && !p->bad; i++) {
        if (p->escape > 0)
            put_escaped(p, bytes.p[i], out);
        else if (bytes.p[i] == '\\')
            p->escape = 1;
        else
            put(p, bytes.p[i], out);
    }
}

/* False: it cannot be decoded. */
static bool take(inner *p, yz_str bytes, yz_buf *out) {
    while (bytes.n > 0 && !p->bad) {
        bool content;
        size_t n = inside_run(&p->in, bytes, &content);
        p->found |= content && p->in.number == p->wanted;
        if (content && p->in.number == p->wanted)
            decode(p, yz_str_at(bytes.p, n), out);
        bytes = yz_str_at(bytes.p + n, bytes.n - n);
    }
    return !p->bad;
}

static bool is_whole(const inner *p) {
    bool over = p->in.number > p->wanted || !p->in.content;
    return p->found && over && !p->bad && p->escape == 0;
}

/* Films alone are told so (adapter.h: job_bytes). */
static void send(yz_call *call, bool first, yz_str bytes) {
    if (first)
        yz_send_head(call, &(yz_head){YZ_HEAD, .status = 200, .content_type = YZ_STR("video/mp4"), .length = -1});
    yz_send_chunk(call, &(yz_chunk){YZ_CHUNK, .bytes = bytes, .marks = YZ_MARK_CONTENT});
}

void piece_chunk(yz_call *call, yz_str bytes) {
    jobs_state *s = yz_state(call);
    yz_buf out = {0};
    bool began = s->began, good = take(&s->piece, bytes, &out);
    s->began |= out.n > 0;
    if (out.n > 0)
        send(call, !began, yz_buf_view(&out));
    yz_buf_free(&out);
    if (!good)
        yz_fail(call, YZ_ERROR_ANSWERED, "its provider's answer holds a film that is no base64");
}

void piece_end(yz_call *call) {
    const jobs_state *s = yz_state(call);
    if (is_whole(&s->piece) && s->began)
        yz_send_end(call, &(yz_end){YZ_END});
    else
        yz_fail(call, YZ_ERROR_ANSWERED, "its provider's answer does not hold this film %s", s->began ? "whole" : "any more");
}
