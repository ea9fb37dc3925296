/* play.c: the bytes of an answer, and marks at offsets where time passes or the connection fails. */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static void add_mark(play *p, size_t at, mark_kind kind, int64_t ms) {
    if (p->n_marks == p->cap_marks) {
        p->cap_marks = p->cap_marks ? p->cap_marks * 2 : 16;
        p->marks = realloc(p->marks, p->cap_marks * sizeof *p->marks);
        if (!p->marks)
            abort();
    }
    p->marks[p->n_marks++] = (mark){at, kind, ms};
}

void play_mark(play *p, mark_kind kind, int64_t ms) { add_mark(p, p->out.n, kind, ms); }

static void frame(play *p, buf *to, const char *data, size_t n) {
    if (p->chunked)
        buf_printf(to, "%zx\r\n", n);
    buf_add(to, data, n);
    if (p->chunked)
        buf_adds(to, "\r\n");
}

void play_event(play *p, const char *name, const char *data, size_t n) {
    if (p->stopped)
        return;
    const char *eol = p->fault->crlf ? "\r\n" : "\n";
    size_t size = n + strlen(eol) * 2 + 6 + (name ? strlen(name) + 7 + strlen(eol) : 0);
    buf *to = p->fill_left ? &p->post : &p->out;
    if (p->fault->comments) {
        char comment[48];
        frame(p, to, comment, (size_t)snprintf(comment, sizeof comment, ": SIM PROCESSING%s%s", eol, eol));
    }
    if (p->chunked)
        buf_printf(to, "%zx\r\n", size);
    if (name)
        buf_printf(to, "event: %s%s", name, eol);
    buf_add(to, "data: ", 6);
    buf_add(to, data, n);
    buf_adds(to, eol);
    buf_adds(to, eol);
    if (p->chunked)
        buf_adds(to, "\r\n");
}

bool play_content(play *p) {
    const fault *f = p->fault;
    if (p->stopped)
        return false;
    int64_t wait = delay_draw(p->content ? &f->between : &f->before_first);
    if (wait > 0)
        play_mark(p, MARK_WAIT, wait);
    int64_t i = p->content++;
    mark_kind kind = i == f->hang_chunks ? MARK_HANG : i == f->reset_chunks ? MARK_RESET : i == f->close_chunks ? MARK_CLOSE : MARK_WAIT;
    if (kind == MARK_WAIT)
        return true;
    play_mark(p, kind, 0);
    p->stopped = p->cut = true;
    return false;
}

static const char *reason(int status) {
    switch (status) {
    case 200:
        return "OK";
    case 400:
        return "Bad Request";
    case 401:
        return "Unauthorized";
    case 404:
        return "Not Found";
    case 429:
        return "Too Many Requests";
    case 500:
        return "Internal Server Error";
    case 503:
        return "Service Unavailable";
    default:
        return "Status";
    }
}

/* The date is made once a second. */
static const char *date(void) {
    static char text[40];
    static time_t last;
    time_t now = time(NULL);
    if (now != last) {
        struct tm tm;
        gmtime_r(&now, &tm);
        strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &tm);
        last = now;
    }
    return text;
}

static void head_line(play *p, buf *head, int status) {
    for (int64_t i = 0; i < p->fault->infos; i++)
        buf_printf(head, "HTTP/1.1 %d Info\r\nlink: </style.css>; rel=preload\r\n\r\n", p->fault->info_status);
    buf_printf(head, "HTTP/1.%d %d %s\r\ndate: %s\r\nserver: sim\r\n", p->fault->http10 ? 0 : 1, status, reason(status), date());
    buf_adds(head, "set-cookie: __sim=sim-cookie-marker; path=/; HttpOnly\r\n");
}

/* How the end of the body is told, truthfully or not. */
static void framing(play *p, buf *head) {
    const fault *f = p->fault;
    if (p->chunked) {
        buf_adds(head, "transfer-encoding: chunked\r\n");
        if (f->cl_te)
            buf_printf(head, "content-length: %zu\r\n", p->out.n);
    } else if (!f->until_close) {
        uint64_t length = p->out.n + p->fill_left * p->fill.n + p->post.n;
        buf_printf(head, "content-length: %lld\r\n", (long long)length + (long long)f->length_delta);
        if (f->cl_te)
            buf_adds(head, "transfer-encoding: chunked\r\n");
    }
    if (f->until_close || f->connection_close || f->http10) {
        buf_adds(head, "connection: close\r\n");
        p->keep_alive = false;
    }
}

static int by_offset(const void *a, const void *b) {
    const mark *x = a, *y = b;
    return x->at < y->at ? -1 : x->at > y->at ? 1 : x->kind < y->kind ? -1 : x->kind > y->kind;
}

/* Faults that strike at an offset of the whole response. */
static void by_bytes(play *p, size_t head) {
    const fault *f = p->fault;
    if (f->garble_at >= 0 && f->garble_with) {
        size_t n = strlen(f->garble_with), at = (size_t)f->garble_at + head;
        for (size_t i = 0; i < n && at + i < p->out.n; i++)
            p->out.p[at + i] = f->garble_with[i];
    }
    if (f->drip_bytes > 0)
        for (size_t at = head; at < p->out.n; at += (size_t)f->drip_bytes)
            add_mark(p, at, MARK_WAIT, f->drip_ms);
    if (f->reset_at >= 0)
        add_mark(p, (size_t)f->reset_at, MARK_RESET, 0);
    if (f->close_at >= 0)
        add_mark(p, (size_t)f->close_at, MARK_CLOSE, 0);
    if (f->hang == HANG_AFTER_HEAD)
        add_mark(p, head, MARK_HANG, 0);
    if (f->hang == HANG_BEFORE_HEAD)
        add_mark(p, 0, MARK_HANG, 0);
    int64_t wait = delay_draw(&f->before_head) + p->line;
    if (wait > 0)
        add_mark(p, 0, MARK_WAIT, wait);
    if (f->length_delta > 0) /* the missing bytes never come: the connection ends instead */
        add_mark(p, p->out.n, MARK_CLOSE, 0);
}

void play_finish(play *p, int status, const char *type, const char *extra) {
    const fault *f = p->fault;
    if (f->hang == HANG_BEFORE_END)
        play_mark(p, MARK_HANG, 0);
    if (p->chunked && !p->cut)
        buf_adds(p->fill_left ? &p->post : &p->out, "0\r\n\r\n");
    buf head = {0};
    buf_room(&head, p->out.n + 768);
    head_line(p, &head, status);
    buf_printf(&head, "content-type: %s\r\n", f->content_type[0] ? f->content_type : type);
    buf_adds(&head, extra);
    const cJSON *h;
    cJSON_ArrayForEach(h, f->headers) {
        if (cJSON_IsString(h))
            buf_printf(&head, "%s: %s\r\n", h->string, h->valuestring);
    }
    framing(p, &head);
    buf_adds(&head, "\r\n");
    size_t n = head.n;
    if (f->raw) {
        head.n = n = 0;
        buf_adds(&head, f->raw);
        p->out.n = 0;
        p->fill_left = 0;
        p->keep_alive = false;
    }
    for (size_t i = 0; i < p->n_marks; i++)
        p->marks[i].at += n;
    buf_add(&head, p->out.p, p->out.n);
    buf_free(&p->out);
    p->out = head;
    by_bytes(p, n);
    if (p->n_marks > 1)
        qsort(p->marks, p->n_marks, sizeof *p->marks, by_offset);
}

void play_free(play *p) {
    buf_free(&p->out);
    buf_free(&p->fill);
    buf_free(&p->post);
    free(p->marks);
    *p = (play){0};
}
