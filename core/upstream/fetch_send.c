/* fetch_send.c: the request on its way out: its head, then its body, as fast as the socket and the body allow.
 *
 * What waits in front of the socket is bounded: a portion is pulled only while the stream takes more, and while it does not the body is
 * paused. A body without a length goes out in chunks. One that fails leaves a request that the server must take for cut off: the
 * connection is dropped with it.
 */
#include "base/put.h"
#include "upstream/fetch_inner.h"

#define PORTION ((size_t)256 << 10) /* of a body, handed to the socket at once */
#define SLICES  8                   /* of a body, in one write */

/* Of a request for another protocol the head is all, until the server agrees. */
static bool has_body(const yz_fetch *fetch) { return fetch->plan.body && (!fetch->plan.upgrade || fetch->phase >= YZ_FETCH_ANSWER); }

bool yz_fetch_is_sent(const yz_fetch *fetch) { return has_body(fetch) ? fetch->reader.ended && fetch->head_sent : fetch->head_sent; }

static void on_more(yz_body_reader *reader) {
    yz_fetch *fetch = YZ_CONTAINER(reader, yz_fetch, reader);
    fetch->mark = yz_fetch_now(fetch);
    yz_fetch_send(fetch);
    yz_fetch_watch(fetch);
}

void yz_fetch_rewind(yz_fetch *fetch) {
    yz_body_close(&fetch->reader);
    fetch->reader = (yz_body_reader){YZ_BODY_READER, .body = fetch->plan.body, .on_more = on_more};
    fetch->head_sent = fetch->sent = fetch->resting = fetch->starved = fetch->goes_on = false;
}

/* ---- portions -------------------------------------------------------------------------------------------------------- */

/* What one write holds: the head at first, and a portion of the body, framed if it goes out in chunks. */
typedef struct portion {
    yz_str parts[SLICES + 3];
    size_t n;
    char chunk[24]; /* "1a2b\r\n" */
} portion;

static void add(portion *p, yz_str part) { p->parts[p->n++] = part; }

/* Frames the last n parts as a chunk; the part before them is kept free for its size. */
static void frame(portion *p, size_t n) {
    size_t sum = 0, first = p->n - n;
    for (size_t i = first; i < p->n; i++)
        sum += p->parts[i].n;
    yz_buf size = {.p = p->chunk, .cap = sizeof p->chunk};
    yz_put_number(&size, sum, 16);
    yz_buf_put(&size, "\r\n", 2);
    p->parts[first - 1] = yz_buf_view(&size);
    add(p, YZ_STR("\r\n"));
}

static yz_fault fault_of_body(int code) {
    switch (code) {
    case YZ_ELIMIT:
        return YZ_FAULT_BODY_LONG;
    case YZ_ENOTFOUND:
        return YZ_FAULT_BODY_GONE;
    case YZ_ETIMEOUT:
        return YZ_FAULT_BODY_LATE;
    case YZ_EIO:
        return YZ_FAULT_BODY_FULL;
    default:
        return YZ_FAULT_BODY;
    }
}

/* A source that knows what is wrong with it says so to whoever sent it. */
static void fail_body(yz_fetch *fetch, int code) {
    yz_fault fault = fault_of_body(code);
    const char *why = fetch->reader.why ? fetch->reader.why : fault == YZ_FAULT_BODY ? yz_result_text(code) : NULL;
    yz_fetch_fail(fetch, fault, "%s%s", why ? ": " : "", why ? why : "");
    if (fault == YZ_FAULT_BODY_LATE) {
        fetch->error.status = 408;
        fetch->error.code = YZ_STR("request_timeout");
    }
    if (fault == YZ_FAULT_BODY_FULL) {
        fetch->error.code = YZ_STR("bodies_full");
        fetch->error.retry_after = 1000;
    }
}

static bool keeps_back(const yz_fetch *fetch) { return fetch->plan.reticent && !fetch->goes_on && yz_fetch_told(fetch); }

/* Adds the next portion of the body. What yz_body_pull returned. */
static int pull(yz_fetch *fetch, portion *p) {
    if (keeps_back(fetch))
        return YZ_EAGAIN;
    bool chunked = fetch->plan.body->length < 0 && !fetch->plan.upgrade, taken = fetch->reader.taken;
    p->n += chunked;
    int n = yz_body_pull(&fetch->reader, PORTION, p->parts + p->n, SLICES);
    if (n <= 0) {
        p->n -= chunked;
        if (n == 0 && chunked)
            add(p, YZ_STR("0\r\n\r\n"));
        return n;
    }
    p->n += (size_t)n;
    if (chunked)
        frame(p, (size_t)n);
    if (fetch->reader.taken && !taken && fetch->hooks->on_taken)
        fetch->hooks->on_taken(fetch->arg);
    return n;
}

/* ---- sending --------------------------------------------------------------------------------------------------------- */

/* False: the socket wants a rest. */
static bool write_out(yz_fetch *fetch, portion *p) {
    if (p->n == 0)
        return true;
    fetch->sent = true;
    bool goes_on = yz_stream_write(fetch->conn->stream, p->parts, p->n);
    size_t bytes = 0;
    while (p->n > 0)
        bytes += p->parts[--p->n].n;
    yz_fetch_record_written(fetch, bytes);
    return goes_on;
}

/* Sends what is there of the body, after what `p` holds already. False: the socket wants a rest, or the body has failed. */
static bool send_body(yz_fetch *fetch, portion *p) {
    bool goes_on = true;
    fetch->starved = false;
    while (goes_on && !fetch->starved && !yz_fetch_is_sent(fetch)) {
        int n = pull(fetch, p);
        if (n < 0 && n != YZ_EAGAIN) {
            fail_body(fetch, n);
            return false;
        }
        fetch->starved = n == YZ_EAGAIN;
        goes_on = write_out(fetch, p);
    }
    return goes_on && write_out(fetch, p); /* a head alone, if there is no body */
}

/* The head goes out with the first portion, in one write. */
void yz_fetch_send(yz_fetch *fetch) {
    portion p;
    yz_buf head = {0};
    p.n = 0;
    if (fetch->phase == YZ_FETCH_SEND && !fetch->head_sent) {
        yz_fetch_write_head(fetch, &head);
        add(&p, yz_buf_view(&head));
        fetch->head_sent = true;
    }
    bool goes_on = send_body(fetch, &p);
    if (head.p)
        explicit_bzero(head.p, head.n); /* it holds the key */
    yz_buf_free(&head);
    if (fetch->phase >= YZ_FETCH_ENDED)
        return;
    if (goes_on == fetch->resting) {
        fetch->resting = !goes_on;
        yz_body_pause(&fetch->reader, fetch->resting);
    }
    if (goes_on && fetch->phase == YZ_FETCH_SEND && yz_fetch_is_sent(fetch)) {
        fetch->phase = YZ_FETCH_FIRST;
        fetch->sent_at = yz_fetch_now(fetch);
        yz_fetch_record_sent(fetch);
    }
}

void yz_fetch_go_on(yz_fetch *fetch) {
    if (fetch->goes_on || fetch->phase != YZ_FETCH_ANSWER)
        return;
    fetch->goes_on = true;
    yz_fetch_send(fetch);
    yz_fetch_watch(fetch);
}
