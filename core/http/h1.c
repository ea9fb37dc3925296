/* http/h1.c: the parser's states and the way of the bytes through them.
 *
 * Bodies do not pass through llhttp: a body of known length is counted, a chunked one is read here, strictly (llhttp 8 lets a chunk
 * pass that does not end in CR LF, and knows no limits).
 */
#include "base/arena.h"
#include "http/h1_parser.h"

#include <stdlib.h>

#define MOST_INTERIM    16 /* 1xx responses before the final one */
#define CHUNK_LINE_MOST 256

const yz_h1_limits yz_h1_defaults = {.line = 8192, .headers = 65536, .count = 100, .body = 32 << 20};

int yz_h1_refuse(yz_h1 *h1, int code, int status, const char *reason) {
    h1->state = YZ_H1_REFUSED;
    h1->status = h1->response ? 502 : status;
    h1->reason = reason;
    return code;
}

/* llhttp stops at the end of the head; what follows it never sees. */
static int stop_llhttp(llhttp_t *llhttp) {
    (void)llhttp;
    return HPE_PAUSED;
}
static const llhttp_settings_t llhttp_hooks = {.on_headers_complete = stop_llhttp};

yz_h1 *yz_h1_new(bool response, const yz_h1_limits *limits, const yz_h1_hooks *hooks, void *arg) {
    yz_h1 *h1 = yz_calloc(1, sizeof *h1);
    h1->response = response;
    h1->limits = *limits;
    h1->hooks = *hooks;
    h1->arg = arg;
    return h1;
}

void yz_h1_free(yz_h1 *h1) {
    if (!h1)
        return;
    yz_buf_free(&h1->partial);
    free(h1);
}

bool yz_h1_idle(const yz_h1 *h1) { return h1->state == YZ_H1_IDLE; }

const yz_h1_head *yz_h1_seen(const yz_h1 *h1) { return h1->head; }

void yz_h1_expect(yz_h1 *h1, bool answers_head) { h1->answers_head = answers_head; }

void yz_h1_expect_upgrade(yz_h1 *h1, bool asked) { h1->upgrades = asked; }

bool yz_h1_fits(const yz_h1 *h1) { return h1->most < 0 || h1->head->length <= h1->most; }

void yz_h1_allow(yz_h1 *h1, int64_t body) {
    h1->most = body;
    h1->head->expect_continue = h1->said.expect && h1->head->minor == 1 && h1->head->has_body && yz_h1_fits(h1);
}

int yz_h1_refusal(const yz_h1 *h1, const char **reason) {
    if (reason)
        *reason = h1->reason ? h1->reason : "";
    return h1->status;
}

/* ---- the head ------------------------------------------------------------------------------------------------------- */

static void begin_head(yz_h1 *h1) {
    h1->state = YZ_H1_START_LINE;
    h1->head = yz_alloc(h1->arena, sizeof *h1->head);
    h1->cap_headers = 0;
    h1->said = (yz_h1_said){0};
    h1->most = h1->limits.body;
    llhttp_init(&h1->llhttp, h1->response ? HTTP_RESPONSE : HTTP_REQUEST, &llhttp_hooks);
}

/* One empty line before a request is passed over, as clients of old send one after a body. */
static int read_idle(yz_h1 *h1, const char **p, const char *end) {
    for (; *p < end && !h1->response && h1->lead < 2 && **p == (h1->lead ? '\n' : '\r'); ++*p)
        h1->lead++;
    if (*p == end)
        return YZ_H1_MORE;
    if (h1->lead == 1)
        return yz_h1_refuse(h1, YZ_EINVAL, 400, "a CR without an LF");
    h1->lead = 0;
    h1->interim = 0;
    h1->line_bytes = 0;
    h1->arena = h1->hooks.on_begin(h1->arg);
    begin_head(h1);
    return YZ_H1_DONE;
}

/* llhttp reads what our own code has accepted; that it objects is never seen, unless one of the two is wrong. A head that came whole and
 * holds only what is usual (yz_h1_usual, yz_h1_plain) is spared it, 3,400 instructions for a request and its answer. What is spared is
 * held against llhttp all the same: in pieces a head always goes through it, and tests and fuzzing insist that a message in pieces tells
 * the same story as the whole one. Lines that end in LF alone it does not take, nor odd ones of a
 * response: behind such a one nothing more is read. */
static int read_again(yz_h1 *h1, const char *p, size_t n, llhttp_errno_t wanted) {
    if (n == 0 || h1->said.bare || h1->said.alone || llhttp_execute(&h1->llhttp, p, n) == wanted)
        return YZ_OK;
    return yz_h1_refuse(h1, YZ_EINVAL, 400, "a malformed head");
}

/* A line that only we read: those before it are llhttp's all the same, as if they had come by themselves. */
static int read_before(yz_h1 *h1, const char *p, const char *end) {
    h1->said.alone = false;
    int code = read_again(h1, p, (size_t)(end - p), HPE_OK);
    h1->said.alone = true;
    return code;
}

/* What one line says. YZ_H1_DONE: the head is complete. */
static int read_line(yz_h1 *h1, yz_str line) {
    if (h1->state == YZ_H1_START_LINE) {
        h1->state = YZ_H1_FIELDS;
        return yz_h1_start_line(h1, line);
    }
    if (line.n == 0)
        return YZ_H1_DONE;
    size_t rest = h1->limits.headers - h1->line_bytes;
    h1->line_bytes += line.n + 2 < rest ? line.n + 2 : rest;
    return yz_h1_field(h1, line);
}

static int next_line(yz_h1 *h1, const char **p, const char *end, yz_str *line) {
    if (h1->state == YZ_H1_START_LINE)
        return yz_h1_line(h1, p, end, h1->limits.line, 414, line);
    return yz_h1_line(h1, p, end, h1->limits.headers - h1->line_bytes, 431, line);
}

static bool is_plain(yz_h1 *h1, const char *from, const char *end) {
    h1->said.sure = from && yz_h1_usual(h1) && yz_h1_plain(from, end);
    return h1->said.sure;
}

/* Takes lines up to the empty one. llhttp gets whole lines too, as many at once as lie together: so where a message is refused, and
 * why, does not depend on how it was split. */
static int read_lines(yz_h1 *h1, const char **p, const char *end) {
    const char *unread = *p, *start = h1->state == YZ_H1_START_LINE && !h1->partial.n && !h1->cr ? *p : NULL;
    int judged = YZ_OK, code;
    for (;;) {
        yz_str line;
        const char *from = *p;
        bool alone = h1->said.alone;
        code = next_line(h1, p, end, &line);
        if (code == YZ_H1_MORE)
            return read_again(h1, unread, (size_t)(from - unread), HPE_OK);
        if (code < 0 ||
            (judged = read_line(h1, line)) < 0) { /* what llhttp says of the lines before comes first, as it does of single ones */
            int before = read_again(h1, unread, (size_t)(from - unread), HPE_OK);
            return before < 0 ? before : code < 0 ? code : judged;
        }
        if (!alone && h1->said.alone && (code = read_before(h1, unread, from)) < 0)
            return code;
        llhttp_errno_t wanted = judged == YZ_H1_DONE ? HPE_PAUSED : HPE_OK;
        if (line.p != from) { /* it came in pieces */
            if ((code = read_again(h1, line.p, line.n, HPE_OK)) < 0 || (code = read_again(h1, "\r\n", 2, wanted)) < 0)
                return code;
            unread = *p;
        }
        if (judged == YZ_H1_DONE && is_plain(h1, start, *p))
            return YZ_H1_DONE;
        if (judged == YZ_H1_DONE)
            return (code = read_again(h1, unread, (size_t)(*p - unread), wanted)) < 0 ? code : YZ_H1_DONE;
    }
}

static void choose_body(yz_h1 *h1) {
    const yz_h1_head *head = h1->head;
    h1->body = 0;
    h1->overhead = 0;
    h1->line_bytes = 0;
    h1->n_trailers = 0;
    h1->left = head->length;
    if (!head->has_body)
        h1->state = YZ_H1_COMPLETE;
    else if (head->chunked)
        h1->state = YZ_H1_CHUNK_SIZE;
    else
        h1->state = head->length >= 0 ? YZ_H1_LENGTH : YZ_H1_CLOSE;
}

static int finish_head(yz_h1 *h1) {
    int code = yz_h1_check_head(h1);
    if (code < 0)
        return code;
    yz_h1_head *head = h1->head;
    if (h1->response && head->status == 101 && h1->upgrades) {
        if (head->chunked || h1->said.lengths)
            return yz_h1_refuse(h1, YZ_EINVAL, 502, "another protocol (101) with a body");
        head->has_body = true; /* that protocol's, until the connection closes */
        head->keep_alive = false;
    } else if (h1->response && head->status < 200) {
        if (++h1->interim > MOST_INTERIM)
            return yz_h1_refuse(h1, YZ_EINVAL, 502, "too many interim responses");
        begin_head(h1);
        return YZ_H1_DONE;
    }
    choose_body(h1);
    code = h1->hooks.on_head(h1->arg, head);
    if (code < 0)
        return code;
    if (head->has_body && !yz_h1_fits(h1))
        return yz_h1_refuse(h1, YZ_ELIMIT, 413, "the body is too long");
    return YZ_H1_DONE;
}

static int read_head(yz_h1 *h1, const char **p, const char *end) {
    int code = read_lines(h1, p, end);
    return code == YZ_H1_DONE ? finish_head(h1) : code;
}

/* ---- the body ------------------------------------------------------------------------------------------------------- */

/* Gives up to `left` bytes on; at the last one goes to `next`. */
static int read_counted(yz_h1 *h1, const char **p, const char *end, yz_h1_state next) {
    size_t n = (size_t)(end - *p);
    if (n == 0)
        return YZ_H1_MORE;
    if ((int64_t)n >= h1->left) {
        n = (size_t)h1->left;
        h1->state = next;
    }
    yz_str bytes = {*p, n};
    *p += n;
    h1->left -= (int64_t)n;
    h1->body += (int64_t)n;
    int code = h1->hooks.on_body(h1->arg, bytes);
    return code < 0 ? code : YZ_H1_DONE;
}

static int read_until_close(yz_h1 *h1, const char **p, const char *end) {
    yz_str bytes = {*p, (size_t)(end - *p)};
    if (bytes.n == 0)
        return YZ_H1_MORE;
    if (h1->most >= 0 && (int64_t)bytes.n > h1->most - h1->body)
        bytes.n = (size_t)(h1->most - h1->body);
    if (bytes.n == 0)
        return yz_h1_refuse(h1, YZ_ELIMIT, 413, "the body is too long");
    *p += bytes.n;
    h1->body += (int64_t)bytes.n;
    int code = h1->hooks.on_body(h1->arg, bytes);
    return code < 0 ? code : YZ_H1_DONE;
}

/* One to four digits and CR LF, as nearly every chunk of a stream begins: then they are the line. */
static bool is_plain_size(const yz_h1 *h1, const char *p, const char *end, yz_str *line) {
    size_t n = 0;
    if (end - p < 6 || h1->cr || h1->partial.n)
        return false;
    while (n < 4 && p[n] != '\r')
        n++;
    *line = (yz_str){p, n};
    return p[n] == '\r' && p[n + 1] == '\n' && yz_h1_find_control(p, p + n) == p + n;
}

static int read_chunk_size(yz_h1 *h1, const char **p, const char *end) {
    yz_str line;
    int code = YZ_H1_DONE;
    if (is_plain_size(h1, *p, end, &line))
        *p += line.n + 2;
    else
        code = yz_h1_line(h1, p, end, CHUNK_LINE_MOST, 400, &line);
    if (code != YZ_H1_DONE)
        return code;
    code = yz_h1_chunk_line(h1, line);
    if (code < 0)
        return code;
    h1->state = h1->left ? YZ_H1_CHUNK : YZ_H1_TRAILERS;
    return YZ_H1_DONE;
}

static int read_chunk_end(yz_h1 *h1, const char **p, const char *end) {
    yz_str line;
    if (end - *p >= 2 && !h1->cr && (*p)[0] == '\r' && (*p)[1] == '\n') {
        *p += 2;
        h1->state = YZ_H1_CHUNK_SIZE;
        return YZ_H1_DONE;
    }
    if (*p < end && !h1->cr && **p != '\r' && !(h1->said.bare && **p == '\n'))
        return yz_h1_refuse(h1, YZ_EINVAL, 400, "a chunk that is longer than its size");
    int code = yz_h1_line(h1, p, end, 0, 400, &line);
    if (code == YZ_H1_DONE)
        h1->state = YZ_H1_CHUNK_SIZE;
    return code;
}

static int read_trailers(yz_h1 *h1, const char **p, const char *end) {
    yz_str line;
    int code = yz_h1_line(h1, p, end, h1->limits.headers - h1->line_bytes, 431, &line);
    if (code != YZ_H1_DONE)
        return code;
    if (line.n == 0) {
        h1->state = YZ_H1_COMPLETE;
        return YZ_H1_DONE;
    }
    h1->line_bytes += line.n;
    code = yz_h1_trailer(h1, line);
    return code < 0 ? code : YZ_H1_DONE;
}

/* ---- feeding -------------------------------------------------------------------------------------------------------- */

static int complete(yz_h1 *h1) {
    h1->state = YZ_H1_IDLE;
    h1->arena = NULL;
    h1->head = NULL;
    yz_buf_free(&h1->partial);
    h1->hooks.on_end(h1->arg);
    return YZ_H1_MORE;
}

static int step(yz_h1 *h1, const char **p, const char *end) {
    switch (h1->state) {
    case YZ_H1_IDLE:
        return read_idle(h1, p, end);
    case YZ_H1_START_LINE:
    case YZ_H1_FIELDS:
        return read_head(h1, p, end);
    case YZ_H1_LENGTH:
        return read_counted(h1, p, end, YZ_H1_COMPLETE);
    case YZ_H1_CLOSE:
        return read_until_close(h1, p, end);
    case YZ_H1_CHUNK_SIZE:
        return read_chunk_size(h1, p, end);
    case YZ_H1_CHUNK:
        return read_counted(h1, p, end, YZ_H1_CHUNK_END);
    case YZ_H1_CHUNK_END:
        return read_chunk_end(h1, p, end);
    case YZ_H1_TRAILERS:
        return read_trailers(h1, p, end);
    case YZ_H1_COMPLETE:
        return complete(h1);
    case YZ_H1_REFUSED:
    default:
        return YZ_EINVAL;
    }
}

int yz_h1_feed(yz_h1 *h1, const char *p, size_t n, size_t *used) {
    const char *at = n ? p : "", *from = at, *end = at + n;
    int code;
    do
        code = step(h1, &at, end);
    while (code == YZ_H1_DONE);
    *used = (size_t)(at - from);
    return code;
}

int yz_h1_eof(yz_h1 *h1) {
    switch (h1->state) {
    case YZ_H1_IDLE:
        return YZ_OK;
    case YZ_H1_CLOSE:
    case YZ_H1_COMPLETE:
        complete(h1);
        return YZ_OK;
    case YZ_H1_REFUSED:
        return YZ_EINVAL;
    default:
        return yz_h1_refuse(h1, YZ_EINVAL, 400, "the connection closed inside a message");
    }
}
