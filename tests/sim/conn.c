/* conn.c: a connection: reads requests, plays answers, notices when the peer leaves.
 *
 * Reading never stops while an answer is played, so that a peer that leaves is seen at once. Bytes of a next request that come
 * before the answer's end are kept. A connection is freed in uv's close callbacks only.
 */
#include "sim.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define MAX_HEAD (64u << 10)
#define MAX_BODY (64u << 20)

struct conn {
    uv_tcp_t tcp;
    uv_timer_t timer;
    uv_write_t write;
    conn *next, **back; /* list of all */
    buf in, body;
    size_t consumed; /* of in: head of the open request and, when chunked, decoded bytes */
    size_t head_n;
    bool head_done, busy, writing, closing, control, stale, hung, more_fill;
    int closes; /* handles still to close */
    request request;
    play play;
    size_t sent, next_mark;
    uint64_t seq;  /* of the entry */
    int64_t began; /* uv_hrtime, request complete */
    uint32_t id, nth;
};

uv_loop_t *sim_loop;
static conn *all;
static uint32_t next_id;

int64_t wall_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* ---- ending --------------------------------------------------------------------------------------------------------- */

static void on_closed(uv_handle_t *handle) {
    conn *c = handle->data;
    if (--c->closes)
        return;
    play_free(&c->play);
    buf_free(&c->in);
    buf_free(&c->body);
    free(c);
}

/* What was sent is settled: a whole answer is billed whole, a part in proportion. */
static void settle(conn *c, bool done) {
    entry *e = ledger_find(c->seq);
    c->seq = 0;
    if (!e)
        return;
    e->done = done;
    e->end_us = (int64_t)uv_hrtime() / 1000 - c->began;
    e->sent = c->sent;
    if (e->status == 200)
        e->billed_completion =
            done || !e->total ? e->completion_tokens : (int64_t)((double)e->completion_tokens * (double)c->sent / (double)e->total);
    sim_totals.billed_completion += (uint64_t)e->billed_completion;
    sim_totals.answered += done;
}

static void conn_close(conn *c, bool reset) {
    if (c->closing)
        return;
    c->closing = true;
    settle(c, false);
    if (!c->control)
        sim_totals.open--;
    *c->back = c->next;
    if (c->next)
        c->next->back = c->back;
    c->closes = 2;
    uv_close((uv_handle_t *)&c->timer, on_closed);
    if (reset) {
        sim_totals.resets++;
        if (!uv_tcp_close_reset(&c->tcp, on_closed))
            return;
    }
    uv_close((uv_handle_t *)&c->tcp, on_closed);
}

size_t conn_drop(bool everything, bool reset) {
    size_t n = 0;
    for (conn *c = all, *next; c; c = next) {
        next = c->next;
        if (c->control || (!everything && c->busy))
            continue;
        conn_close(c, reset);
        n++;
    }
    return n;
}

/* ---- playing -------------------------------------------------------------------------------------------------------- */

static void pump(conn *c);
static void take_input(conn *c);

static void on_written(uv_write_t *write, int status) {
    conn *c = write->data;
    c->writing = false;
    if (c->closing)
        return;
    if (status < 0)
        conn_close(c, false);
    else
        pump(c);
}

/* Sends bytes that stay where they are. True when the socket took them all. */
static bool send_bytes(conn *c, const char *p, size_t n) {
    uv_buf_t b = uv_buf_init((char *)(uintptr_t)p, (unsigned)n);
    int done = uv_try_write((uv_stream_t *)&c->tcp, &b, 1);
    sim_totals.bytes += n;
    c->sent += n;
    if (done == (int)n)
        return true;
    if (done < 0 && done != UV_EAGAIN) {
        conn_close(c, false);
        return false;
    }
    size_t skip = done > 0 ? (size_t)done : 0;
    b = uv_buf_init((char *)(uintptr_t)p + skip, (unsigned)(n - skip));
    c->write.data = c;
    c->writing = true;
    if (uv_write(&c->write, (uv_stream_t *)&c->tcp, &b, 1, on_written)) {
        c->writing = false;
        conn_close(c, false);
    }
    return false;
}

static void on_idle(uv_timer_t *timer) { conn_close(timer->data, false); }

static void finish(conn *c) {
    const fault *f = c->play.fault;
    bool keep = c->play.keep_alive, silent = f && f->silent_close, stale = f && f->stale_next;
    settle(c, true);
    play_free(&c->play);
    c->busy = false;
    if (!keep || silent) {
        conn_close(c, false);
        return;
    }
    c->stale = stale;
    int64_t idle = script_idle_close();
    if (idle && !c->control)
        uv_timer_start(&c->timer, on_idle, (uint64_t)idle, 0);
    take_input(c);
}

static void on_wait(uv_timer_t *timer) { pump(timer->data); }

/* Carries out the mark at the present offset; true when the play goes on at once. */
static bool carry_out(conn *c) {
    const mark *m = &c->play.marks[c->next_mark++];
    switch (m->kind) {
    case MARK_WAIT:
        if (m->ms <= 0)
            return true;
        uv_timer_start(&c->timer, on_wait, (uint64_t)m->ms, 0);
        return false;
    case MARK_HANG:
        c->hung = true;
        return false;
    case MARK_RESET:
    case MARK_CLOSE:
        conn_close(c, m->kind == MARK_RESET);
        return false;
    }
    return true;
}

/* After `out`: the filler again and again, then `post`. */
static bool play_rest(conn *c) {
    play *p = &c->play;
    while (p->fill_left) {
        p->fill_left--;
        if (!send_bytes(c, p->fill.p, p->fill.n))
            return false;
    }
    if (!p->post.n)
        return true;
    size_t n = p->post.n;
    p->post.n = 0;
    return send_bytes(c, p->post.p, n);
}

static void first_byte(conn *c) {
    entry *e = ledger_find(c->seq);
    if (e && !c->sent)
        e->first_us = (int64_t)uv_hrtime() / 1000 - c->began;
}

static void pump(conn *c) {
    play *p = &c->play;
    while (!c->closing && !c->writing) {
        size_t end = c->next_mark < p->n_marks && p->marks[c->next_mark].at < p->out.n ? p->marks[c->next_mark].at : p->out.n;
        if (c->sent < end) {
            first_byte(c);
            if (!send_bytes(c, p->out.p + c->sent, end - c->sent))
                return;
        } else if (c->next_mark < p->n_marks) {
            if (!carry_out(c))
                return;
        } else {
            if (play_rest(c) && !c->writing && !c->closing)
                finish(c);
            return;
        }
    }
}

/* ---- reading -------------------------------------------------------------------------------------------------------- */

static void begin_play(conn *c) {
    c->busy = true;
    c->sent = c->next_mark = 0;
    pump(c);
}

static void refuse_wire(conn *c, const char *what) {
    static const fault none;
    ledger_violation(what, (str){c->in.p, c->in.n});
    c->play = (play){.fault = &none};
    buf_printf(&c->play.out, "HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain\r\ncontent-length: %zu\r\nconnection: close\r\n\r\n%s",
               strlen(what), what);
    c->in.n = 0;
    begin_play(c);
}

static void request_complete(conn *c, str body) {
    str head = {c->in.p, c->head_n};
    c->play = (play){0};
    c->began = (int64_t)uv_hrtime() / 1000;
    if (!strncmp(c->request.path, "/_sim/", 6)) {
        if (!c->control) { /* no longer one of the connections that count */
            c->control = true;
            sim_totals.open--;
            sim_totals.connections--;
        }
        control(&c->request, body, &c->play);
        c->play.keep_alive = c->request.keep_alive;
    } else {
        entry *e = ledger_add();
        e->connection = c->id;
        e->nth = ++c->nth;
        c->seq = e->seq;
        serve(&c->request, head, body, e, &c->play);
    }
}

/* The body, if it is whole. -1: refused. */
static int read_body(conn *c, str *body, size_t *used) {
    request *r = &c->request;
    if (!r->chunked) {
        *body = (str){c->in.p + c->head_n, (size_t)r->length};
        *used = c->head_n + (size_t)r->length;
        return c->in.n >= *used;
    }
    size_t n;
    int rc = http_chunked(c->in.p + c->consumed, c->in.n - c->consumed, &n, &c->body);
    c->consumed += n;
    *body = (str){c->body.p, c->body.n};
    *used = c->consumed;
    return rc;
}

static bool read_head(conn *c) {
    char *end = c->in.n ? memmem(c->in.p, c->in.n, "\r\n\r\n", 4) : NULL;
    if (!end) {
        if (c->in.n > MAX_HEAD || (c->in.n && memmem(c->in.p, c->in.n, "\n\n", 2)))
            refuse_wire(c, "head without an end");
        return false;
    }
    c->head_n = (size_t)(end + 4 - c->in.p);
    const char *wrong = http_head(c->in.p, c->head_n, &c->request);
    if (!wrong && c->request.length > MAX_BODY)
        wrong = "body too long";
    if (wrong) {
        refuse_wire(c, wrong);
        return false;
    }
    c->head_done = true;
    c->consumed = c->head_n;
    c->body.n = 0;
    return true;
}

static void take_input(conn *c) {
    while (!c->busy && !c->closing && c->in.n) {
        uv_timer_stop(&c->timer);
        if (c->stale) {
            conn_close(c, true);
            return;
        }
        if (!c->head_done && !read_head(c))
            return;
        /* The slices of the request point into `in`, which may have moved since. */
        const char *wrong = http_head(c->in.p, c->head_n, &c->request);
        str body;
        size_t used;
        int rc = wrong ? -1 : read_body(c, &body, &used);
        if (rc < 0) {
            refuse_wire(c, wrong ? wrong : "malformed chunk");
            return;
        }
        if (!rc)
            return;
        request_complete(c, body);
        c->head_done = false;
        memmove(c->in.p, c->in.p + used, c->in.n - used);
        c->in.n -= used;
        if (c->in.n && !c->control)
            ledger_violation("bytes of a next request before the answer", (str){c->in.p, c->in.n});
        begin_play(c);
    }
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *b) {
    conn *c = handle->data;
    (void)suggested;
    size_t n = c->in.cap - c->in.n < 16384 ? 65536 : c->in.cap - c->in.n;
    *b = uv_buf_init(buf_room(&c->in, n), (unsigned)n);
}

static void peer_left(conn *c) {
    entry *e = ledger_find(c->seq);
    if (e && c->busy) {
        e->aborted = true;
        sim_totals.aborted++;
    }
    if (!c->busy && c->in.n)
        ledger_violation("connection closed inside a request", (str){c->in.p, c->in.n});
    conn_close(c, false);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *b) {
    conn *c = stream->data;
    (void)b;
    if (c->closing)
        return;
    if (n < 0) {
        peer_left(c);
        return;
    }
    c->in.n += (size_t)n;
    if (!c->busy)
        take_input(c);
    else if (c->in.n > MAX_HEAD)
        conn_close(c, true);
}

void conn_accept(uv_stream_t *listener, int status) {
    if (status < 0)
        return;
    conn *c = sim_alloc(sizeof *c);
    uv_tcp_init(sim_loop, &c->tcp);
    uv_timer_init(sim_loop, &c->timer);
    c->tcp.data = c->timer.data = c;
    c->control = listener->data != NULL; /* the control port */
    c->next = all;
    c->back = &all;
    if (all)
        all->back = &c->next;
    all = c;
    if (!c->control) {
        sim_totals.open++;
        sim_totals.connections++;
        c->id = ++next_id;
    }
    if (uv_accept(listener, (uv_stream_t *)&c->tcp)) {
        conn_close(c, false);
        return;
    }
    uv_tcp_nodelay(&c->tcp, 1);
    switch (c->control ? ACCEPT_SERVE : script_accept()) {
    case ACCEPT_RESET:
        conn_close(c, true);
        return;
    case ACCEPT_CLOSE:
        conn_close(c, false);
        return;
    case ACCEPT_HANG:
        c->busy = true;
        break; /* reads, to see the peer leave, and never answers */
    case ACCEPT_SERVE:
        break;
    }
    uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read);
}
