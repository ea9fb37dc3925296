/* openai/batch_stream.c: a file of requests that is too long to be kept: its lines are proven one by one as they pass, and get the name
 * that the model has at the target (batch.c does the same with a file that lies there whole). What goes on is proven; what breaks the rule
 * of one model a file makes the body fail, so that the provider never sees the end of it.
 *
 * Kept is what was known when the call began, up to its last whole line, and one line at a time: as long as a line of a file may be. What
 * that takes beyond a portion counts as other large bodies do (yz_body_keep), and is given back when the line has gone out. */
#include "openai.h"

#define LINE_MOST ((size_t)4 << 20)
#define PORTION   ((size_t)64 << 10)
#define SMALL     (4 * PORTION) /* so much in the buffers counts for nothing, and may stay there between lines */

typedef struct passing {
    yz_body body; /* what goes out in the place of the request's */
    yz_body rest; /* the request's, from behind its known bytes on */
    yz_str tail;  /* the beginning of the line that follows them */
    yz_str boundary;
    yz_str asked, model; /* its name in the file, and at the target */
    yz_arena *arena;
    size_t lines; /* that are known */
    bool crlf;    /* the last of these ends in CR LF: a boundary may follow */
    /* Of the present reader. */
    yz_body_reader *reader, inner;
    yz_buf line, out;
    size_t given, number;
    int64_t kept; /* bytes of the buffers that count */
    bool after_crlf, last;
} passing;

static void on_more(yz_body_reader *inner) {
    passing *p = (passing *)(void *)((char *)inner - offsetof(passing, inner));
    p->reader->on_more(p->reader);
}

/* ---- lines ------------------------------------------------------------------------------------------------------------------- */

static int fail(passing *p, const yz_error *error) {
    p->reader->why = yz_format(p->arena, "%.*s", YZ_STR_ARGS(error->message)).p;
    return YZ_EINVAL;
}

static int fail_text(passing *p, const char *why) {
    p->reader->why = why;
    return YZ_EINVAL;
}

static int prove(passing *p, yz_str line) {
    yz_error error = {YZ_ERROR};
    return oa_batch_line(line, p->number, p->model, p->arena, &p->asked, &p->out, &error) < 0 ? fail(p, &error) : YZ_OK;
}

static bool is_end(const passing *p, yz_str line) {
    yz_str rest = {line.p + p->boundary.n, line.n - p->boundary.n};
    return yz_str_is(rest, "--") || yz_str_is(rest, "--\r");
}

static int take_line(passing *p, yz_str line) {
    bool bound = p->after_crlf && line.n >= p->boundary.n && memcmp(line.p, p->boundary.p, p->boundary.n) == 0;
    p->number++;
    if (bound && (p->last || !is_end(p, line)))
        return fail_text(p, "file must stand in the form once, as the last of its parts");
    p->last |= bound;
    p->after_crlf = line.n > 0 && line.p[line.n - 1] == '\r';
    if (p->last || oa_batch_blank(line)) {
        yz_buf_str(&p->out, line);
        return YZ_OK;
    }
    return prove(p, line);
}

/* False: there is no room for what lies in the buffers. */
static bool count(passing *p) {
    size_t sum = p->line.cap + p->out.cap;
    int64_t kept = sum > SMALL ? (int64_t)sum : 0, more = kept - p->kept;
    if (more != 0 && !yz_body_keep(&p->rest, more))
        return false;
    p->kept = kept;
    return true;
}

static void shrink(passing *p, yz_buf *buf) {
    buf->n = 0;
    if (buf->cap >= SMALL)
        yz_buf_free(buf);
    count(p);
}

static int full(passing *p) {
    p->reader->why =
        "the gateway holds as many bytes of requests as it may (limits { bodies }), and has no room for this line: try again soon";
    return YZ_EIO;
}

static int gather(passing *p, yz_str bytes) {
    if (p->line.n + bytes.n > LINE_MOST)
        return fail_text(p,
                         "file: a line is longer than 4 MiB, which only a file may have that is short enough to be kept (limits { body })");
    yz_buf_str(&p->line, bytes);
    return count(p) ? YZ_OK : full(p);
}

static int take_gathered(passing *p) {
    int code = take_line(p, yz_buf_view(&p->line));
    bool room = count(p); /* what goes out lies beside it for a moment */
    shrink(p, &p->line);
    return code < 0 || room ? code : full(p);
}

static int take(passing *p, yz_str bytes) {
    int code = YZ_OK;
    while (bytes.n > 0 && code == YZ_OK) {
        const char *end = memchr(bytes.p, '\n', bytes.n);
        if (!end)
            return gather(p, bytes);
        yz_str line = {bytes.p, (size_t)(end - bytes.p)};
        bytes = (yz_str){end + 1, bytes.n - line.n - 1};
        if (p->line.n == 0)
            code = take_line(p, line);
        else if ((code = gather(p, line)) == YZ_OK)
            code = take_gathered(p);
        yz_buf_char(&p->out, '\n');
    }
    return code;
}

/* ---- the body ---------------------------------------------------------------------------------------------------------------- */

static void free_buffers(passing *p) {
    yz_buf_free(&p->line);
    yz_buf_free(&p->out);
    count(p);
}

static void begin(passing *p, yz_body_reader *reader) {
    free_buffers(p);
    p->reader = reader;
    p->inner = (yz_body_reader){YZ_BODY_READER, .body = &p->rest, .on_more = on_more};
    yz_buf_str(&p->line, p->tail);
    p->given = 0;
    p->number = p->lines;
    p->after_crlf = p->crlf;
    p->last = false;
}

/* More for `out`, all of which has been given. 0: that was all. */
static int fill(passing *p) {
    yz_str came;
    shrink(p, &p->out);
    p->given = 0;
    int n = yz_body_pull(&p->inner, PORTION, &came, 1);
    if (n == 0 && p->line.n > 0) {
        int code = take_gathered(p);
        return code < 0 ? code : 1;
    }
    if (n < 0)
        p->reader->why = p->inner.why;
    if (n <= 0)
        return n;
    int code = take(p, came);
    return code < 0 ? code : 1;
}

static int pull(yz_body_reader *reader, size_t most, yz_str *parts, size_t max) {
    passing *p = reader->body->source;
    (void)max;
    if (p->reader != reader)
        begin(p, reader);
    for (int code = 1; p->given == p->out.n;)
        if ((code = fill(p)) <= 0)
            return code;
    size_t left = p->out.n - p->given, n = left < most ? left : most;
    parts[0] = (yz_str){p->out.p + p->given, n};
    p->given += n;
    return 1;
}

static void on_pause(yz_body_reader *reader, bool paused) {
    passing *p = reader->body->source;
    if (p->reader == reader)
        yz_body_pause(&p->inner, paused);
}

static void on_close(yz_body_reader *reader) {
    passing *p = reader->body->source;
    if (p->reader != reader)
        return;
    yz_body_close(&p->inner);
    free_buffers(p);
    p->reader = NULL;
}

static const yz_body_ops ops = {YZ_BODY_OPS, .pull = pull, .pause = on_pause, .close = on_close};

static size_t count_lines(yz_str whole) {
    size_t n = 0;
    for (size_t i = 0; i < whole.n; i++)
        n += whole.p[i] == '\n';
    return n;
}

/* The first line of a form is its boundary. */
static yz_str boundary_of(yz_str body) {
    const char *end = memchr(body.p, '\r', body.n);
    return (yz_str){body.p, end ? (size_t)(end - body.p) : 0};
}

const yz_request *oa_stream_file(const yz_request *request, yz_str file, const yz_target *target, yz_arena *arena) {
    const yz_body *upload = request->upload;
    bool renamed = !yz_str_eq(request->model, target->model);
    yz_str whole = oa_batch_whole(file);
    passing *p = yz_alloc(arena, sizeof *p);
    p->rest = (yz_body){YZ_BODY, .length = -1, .ops = upload->ops, .source = upload->source, .replayable = upload->replayable};
    p->tail = (yz_str){whole.p + whole.n, file.n - whole.n};
    p->boundary = boundary_of(request->body);
    p->asked = request->model;
    p->model = target->model;
    p->arena = arena;
    p->crlf = whole.n == 0 || (whole.n > 1 && whole.p[whole.n - 2] == '\r');
    yz_buf known = {0};
    yz_buf_put(&known, request->body.p, (size_t)(file.p - request->body.p));
    p->lines = count_lines(whole);
    if (renamed)
        oa_batch_put(whole, target->model, &known);
    else
        yz_buf_str(&known, whole);
    yz_request *mended = yz_request_copy(arena, request);
    mended->body = yz_dup(arena, yz_buf_view(&known));
    yz_buf_free(&known);
    p->body = (yz_body){YZ_BODY, .length = !renamed ? upload->length : -1, .most = upload->most, .ops = &ops, .source = p};
    mended->upload = &p->body;
    return mended;
}
