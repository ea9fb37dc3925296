/* peer.h: a server that does what its script says, byte by byte if need be: the misbehaving side of the upstream tests. It runs on
 * the loop of net_fixture.h, with libuv alone, so no fault of ours can hide on both sides. */
#ifndef YUZUI_TESTS_PEER_H
#define YUZUI_TESTS_PEER_H

#include "net_fixture.h"

/* What a peer does with each request it has read whole (by its Content-Length or its last chunk), or (eager) with each connection. */
typedef struct peer_script {
    const char *answer; /* sent as it is */
    size_t n;           /* of answer; 0: strlen */
    size_t step;        /* bytes at a time, one a loop; 0: all at once */
    int pause;          /* ms between steps */
    bool eager;         /* answers before the request is there */
    bool close;         /* closes after the answer */
    bool reset;         /* … with a reset */
    bool silent;        /* reads, says nothing */
    bool deaf;          /* never reads */
    bool bye_first;     /* closes without an answer */
    const char *prefix; /* said upon connecting: before TLS or requests */
} peer_script;

typedef struct peer_conn {
    uv_tcp_t tcp; /* first */
    struct peer *peer;
    const peer_script *script; /* of the answer under way */
    yz_buf in;
    uv_timer_t timer;
    size_t at; /* of the answer */
    bool sending, closed, timer_closed;
    unsigned served;
    struct peer_conn *next;
} peer_conn;

typedef struct peer {
    uv_tcp_t listener;
    uint16_t port;
    const peer_script *scripts; /* one after another; the last one again and again */
    size_t n_scripts, turn;
    bool again; /* from the first one after the last */
    unsigned connections, requests;
    yz_buf last; /* the last request, as it came */
    size_t gone; /* connections the client closed */
    peer_conn *conns;
} peer;

static inline void peer_conn_closed(uv_handle_t *handle) {
    peer_conn *c = handle->data;
    *(handle == (uv_handle_t *)&c->tcp ? &c->closed : &c->timer_closed) = true;
    if (!c->closed || !c->timer_closed)
        return;
    for (peer_conn **at = &c->peer->conns; *at; at = &(*at)->next) {
        if (*at == c) {
            *at = c->next;
            break;
        }
    }
    yz_buf_free(&c->in);
    free(c);
}

static inline void peer_hang_up(peer_conn *c, bool reset) {
    if (uv_is_closing((uv_handle_t *)&c->tcp))
        return;
    if (!reset || uv_tcp_close_reset(&c->tcp, peer_conn_closed) != 0)
        uv_close((uv_handle_t *)&c->tcp, peer_conn_closed);
    uv_close((uv_handle_t *)&c->timer, peer_conn_closed);
}

static inline void peer_written(uv_write_t *req, int status) {
    (void)status;
    free(req);
}

static inline void peer_write(peer_conn *c, const char *p, size_t n) {
    uv_write_t *req = malloc(sizeof *req + n);
    memcpy(req + 1, p, n);
    uv_buf_t buf = uv_buf_init((char *)(req + 1), (unsigned)n);
    if (uv_write(req, (uv_stream_t *)&c->tcp, &buf, 1, peer_written) != 0)
        free(req);
}

static inline const peer_script *peer_script_of(const peer *p) {
    if (p->again)
        return &p->scripts[p->turn % p->n_scripts];
    return &p->scripts[p->turn < p->n_scripts ? p->turn : p->n_scripts - 1];
}

static inline void peer_step(uv_timer_t *timer) {
    peer_conn *c = timer->data;
    const peer_script *script = c->script;
    size_t n = script->n ? script->n : strlen(script->answer);
    size_t step = script->step && script->step < n - c->at ? script->step : n - c->at;
    if (uv_is_closing((uv_handle_t *)&c->tcp))
        return;
    peer_write(c, script->answer + c->at, step);
    c->at += step;
    if (c->at < n) {
        uv_timer_start(timer, peer_step, (uint64_t)script->pause, 0);
        return;
    }
    c->sending = false;
    c->at = 0;
    c->peer->turn += !c->peer->again;
    if (script->close || script->reset)
        peer_hang_up(c, script->reset);
}

static inline void peer_answer(peer_conn *c) {
    const peer_script *script = peer_script_of(c->peer);
    c->script = script;
    c->peer->turn += c->peer->again;
    if (script->bye_first) {
        c->peer->turn += !c->peer->again;
        peer_hang_up(c, script->reset);
        return;
    }
    if (script->silent)
        return;
    c->sending = true;
    peer_step(&c->timer);
}

/* Is a whole request there? Its length, or 0. */
static inline size_t peer_request(const peer_conn *c) {
    const char *end = c->in.n ? memmem(c->in.p, c->in.n, "\r\n\r\n", 4) : NULL;
    if (!end)
        return 0;
    size_t head = (size_t)(end - c->in.p) + 4, body = 0;
    const char *length = memmem(c->in.p, head, "content-length: ", 16);
    if (memmem(c->in.p, head, "transfer-encoding: chunked", 26)) {
        const char *last = memmem(c->in.p + head, c->in.n - head, "\r\n0\r\n\r\n", 7);
        return last ? (size_t)(last - c->in.p) + 7 : 0;
    }
    if (length)
        body = strtoul(length + 16, NULL, 10);
    return c->in.n >= head + body ? head + body : 0;
}

static inline void peer_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf) {
    peer_conn *c = stream->data;
    if (n < 0) {
        c->peer->gone++;
        peer_hang_up(c, false);
        return;
    }
    yz_buf_put(&c->in, buf->base, (size_t)n);
    size_t whole;
    while (!uv_is_closing((uv_handle_t *)stream) && (whole = peer_request(c)) > 0) {
        c->peer->requests++;
        c->peer->last.n = 0;
        yz_buf_put(&c->peer->last, c->in.p, whole);
        yz_buf_char(&c->peer->last, 0);
        c->peer->last.n--;
        memmove(c->in.p, c->in.p + whole, c->in.n - whole);
        c->in.n -= whole;
        if (!peer_script_of(c->peer)->eager && !c->sending)
            peer_answer(c);
    }
}

static inline void peer_alloc(uv_handle_t *handle, size_t size, uv_buf_t *buf) {
    static char bytes[65536];
    (void)handle, (void)size;
    *buf = uv_buf_init(bytes, sizeof bytes);
}

static inline void peer_connection(uv_stream_t *listener, int status) {
    peer *p = listener->data;
    if (status < 0)
        return;
    peer_conn *c = calloc(1, sizeof *c);
    c->peer = p;
    c->next = p->conns;
    p->conns = c;
    p->connections++;
    uv_tcp_init(&F.loop, &c->tcp);
    uv_timer_init(&F.loop, &c->timer);
    c->tcp.data = c->timer.data = c;
    uv_accept(listener, (uv_stream_t *)&c->tcp);
    uv_tcp_nodelay(&c->tcp, 1);
    const peer_script *script = peer_script_of(p);
    if (script->prefix)
        peer_write(c, script->prefix, strlen(script->prefix));
    if (!script->deaf)
        uv_read_start((uv_stream_t *)&c->tcp, peer_alloc, peer_read);
    if (script->eager)
        peer_answer(c);
}

/* On `port` of 127.0.0.1; 0: the system picks p->port. */
static inline void peer_open(peer *p, uint16_t port, const peer_script *scripts, size_t n) {
    memset(p, 0, sizeof *p);
    p->scripts = scripts;
    p->n_scripts = n;
    p->port = fixture_listen(&p->listener, port, peer_connection);
    p->listener.data = p;
}

/* Ends all connections. */
static inline void peer_cut(peer *p) {
    for (peer_conn *c = p->conns; c; c = c->next)
        peer_hang_up(c, false);
}

static inline void peer_close(peer *p) {
    peer_cut(p);
    uv_close((uv_handle_t *)&p->listener, NULL);
    fixture_rest(5);
    yz_buf_free(&p->last);
}

#endif
