/* fetch_answer.c: what a connection says to its exchange: the answer, piece by piece, until it is complete, refused or cut off.
 *
 * The parser belongs to the connection and outlives the exchange; so its hooks find the exchange through the connection, and one that
 * was left (yz_fetch_leave) is not found any more.
 */
#include "upstream/fetch_inner.h"

#include "base/arena.h"
#include "base/request.h"
#include "worker.h"

#define STALE_MS 2000 /* a connection that was stale shows it within a round trip; later, the server was at work */

static const yz_h1_limits answer_limits = {.line = 8 << 10, .headers = 64 << 10, .count = 100, .body = -1};

static yz_fetch *fetch_of(void *conn) { return ((yz_pooled *)conn)->user; }

/* ---- the parser's hooks ---------------------------------------------------------------------------------------------- */

static yz_arena *on_begin(void *conn) { return fetch_of(conn)->arena; }

/* No coding is asked for, but some send one all the same; or a word that is none, such as a charset. */
static void open_coding(yz_fetch *fetch, const yz_h1_head *head) {
    bool none;
    fetch->inflate = yz_inflate_list(yz_header_find(head->headers, head->n_headers, "content-encoding"), &none);
    fetch->vague = !none && !fetch->inflate;
}

/* May the request be sent again, as a reused connection has turned out to be stale? */
static bool may_replay(const yz_fetch *fetch) {
    bool again = !fetch->plan.once && !fetch->replayed && !fetch->reader.taken;
    return again && fetch->conn->reused && yz_fetch_now(fetch) - fetch->mark <= STALE_MS;
}

static int on_head(void *conn, const yz_h1_head *head) {
    yz_fetch *fetch = fetch_of(conn);
    if (head->status == 408 && !head->keep_alive && may_replay(fetch)) { /* said to an idle connection: the request had not been read */
        yz_fetch_replay(fetch);
        return YZ_ECANCELLED;
    }
    bool whole = head->status == 206 && !yz_header_find(head->headers, head->n_headers, "content-range").p; /* for want of a better word */
    bool wanted = whole || (fetch->plan.part && head->status == 206) || (fetch->plan.moves && head->status >= 300 && head->status <= 399);
    fetch->fault = yz_fault_of_head(wanted ? 200 : head->status);
    open_coding(fetch, head);
    fetch->head = *head;
    if (whole && !fetch->plan.part)
        fetch->head.status = 200;
    if (fetch->fault != YZ_FAULT_NONE)
        return YZ_EINVAL;
    if (fetch->inflate)
        fetch->inflated = yz_arena_new(NULL);
    if (fetch->inflate || fetch->vague)
        fetch->head.length = -1;
    fetch->phase = YZ_FETCH_ANSWER;
    fetch->mark = yz_fetch_now(fetch);
    fetch->hooks->on_head(fetch->arg, &fetch->head);
    return fetch->phase == YZ_FETCH_ANSWER ? YZ_OK : YZ_ECANCELLED;
}

#define INFLATED_FREE  ((size_t)64 << 10) /* of one read: so much in any case, and no more than so many times what came: text and JSON */
#define INFLATED_RATIO 100                /* become a twentieth at best, what becomes a thousandth is a bomb */

/* Pieces stay where they are until the read is over: whoever gets them counts on it. */
static int on_piece(void *arg, yz_str bytes) {
    yz_fetch *fetch = arg;
    fetch->hooks->on_bytes(fetch->arg, yz_dup(fetch->inflated, bytes));
    return fetch->phase == YZ_FETCH_ANSWER ? YZ_OK : YZ_ECANCELLED;
}

static int pass(yz_fetch *fetch, yz_str bytes) {
    fetch->hooks->on_bytes(fetch->arg, bytes);
    return fetch->phase == YZ_FETCH_ANSWER ? YZ_OK : YZ_ECANCELLED;
}

static int inflate(yz_fetch *fetch, yz_str bytes) {
    if (fetch->junk)
        return YZ_OK;
    if (!fetch->unpacks && bytes.n > 0) {
        fetch->inflate = yz_inflate_fit(fetch->inflate, bytes);
        fetch->unpacks = true;
    }
    if (!fetch->inflate)
        return pass(fetch, bytes);
    int code = yz_inflate_feed(fetch->inflate, bytes, INFLATED_FREE + bytes.n * INFLATED_RATIO, on_piece, fetch);
    if (code == YZ_EINVAL && yz_inflate_over(fetch->inflate)) { /* something else behind all of it: what came is good */
        fetch->junk = true;
        return YZ_OK;
    }
    if (code == YZ_EINVAL || code == YZ_ELIMIT)
        fetch->fault = YZ_FAULT_INFLATED;
    return code;
}

static int give(yz_fetch *fetch, yz_str bytes) {
    if (fetch->inflate)
        return inflate(fetch, bytes);
    int code = pass(fetch, bytes);
    return code == YZ_OK && fetch->fault != YZ_FAULT_NONE ? YZ_EINVAL : code; /* yz_fetch_unpack */
}

/* What do the first bytes say of a coding that nobody knows? What they are not plainly is refused. */
static int settle(yz_fetch *fetch) {
    yz_str first = {fetch->first, fetch->n_first};
    fetch->vague = false;
    fetch->unpacks = true;
    if ((fetch->inflate = yz_inflate_fit(NULL, first)))
        fetch->inflated = yz_arena_new(NULL);
    else if (!yz_inflate_plain(first)) {
        fetch->fault = YZ_FAULT_ENCODED;
        return YZ_EINVAL;
    }
    return first.n ? give(fetch, first) : YZ_OK;
}

static int on_body(void *conn, yz_str bytes) {
    yz_fetch *fetch = fetch_of(conn);
    if (!fetch)
        return YZ_EINVAL; /* it was left: only the end of the answer may still come */
    while (fetch->vague && bytes.n > 0) {
        fetch->first[fetch->n_first++] = *bytes.p;
        bytes = yz_str_at(bytes.p + 1, bytes.n - 1);
        int code = fetch->n_first == YZ_INFLATE_SURE ? settle(fetch) : YZ_OK;
        if (code != YZ_OK || (!fetch->vague && bytes.n == 0))
            return code;
    }
    return fetch->vague ? YZ_OK : give(fetch, bytes);
}

bool yz_fetch_unpack(yz_fetch *fetch, yz_str first) {
    if (fetch->unpacks || !(fetch->inflate = yz_inflate_fit(NULL, first)))
        return false;
    fetch->unpacks = true;
    fetch->inflated = yz_arena_new(NULL);
    (void)inflate(fetch, first); /* give finds its fault */
    return true;
}

static void on_end(void *conn) {
    yz_fetch *fetch = fetch_of(conn);
    if (fetch && fetch->vague)
        (void)settle(fetch); /* its fault is found below */
    if (fetch && fetch->phase == YZ_FETCH_ANSWER)
        fetch->phase = YZ_FETCH_COMPLETE;
}

yz_h1 *yz_fetch_parser(yz_pooled *conn) {
    static const yz_h1_hooks hooks = {on_begin, on_head, on_body, on_end};
    return yz_h1_new(true, &answer_limits, &hooks, conn);
}

/* ---- a complete answer ----------------------------------------------------------------------------------------------- */

/* Lets go of the connection of an answer that is complete: to `keep` it if nothing speaks against it, else drops it. */
static void part(yz_fetch *fetch, bool clean, void (*keep)(yz_pooled *conn)) {
    yz_pooled *conn = fetch->conn;
    fetch->conn = NULL;
    yz_body_close(&fetch->reader);
    conn->user = NULL;
    if (clean && fetch->head.keep_alive && yz_fetch_is_sent(fetch) && yz_stream_queued(conn->stream) == 0) {
        if (fetch->paused)
            yz_stream_read(conn->stream, true);
        keep(conn);
    } else {
        yz_pooled_drop(conn);
    }
}

static void complete(yz_fetch *fetch, bool clean) {
    fetch->phase = YZ_FETCH_ENDED;
    yz_alarm_drop(&fetch->worker->turn, &fetch->alarm);
    part(fetch, clean, yz_pooled_give);
    fetch->hooks->on_end(fetch->arg);
}

/* All of it is there; is it also all of what was compressed? */
static void end_coding(yz_fetch *fetch, bool clean) {
    if (fetch->fault != YZ_FAULT_NONE)
        yz_fetch_fail(fetch, fetch->fault, "%s", "");
    else if (fetch->inflate && !yz_inflate_done(fetch->inflate) && !yz_inflate_over(fetch->inflate))
        yz_fetch_fail(fetch, YZ_FAULT_INFLATED, "%s", ": it stops in the middle of it");
    else
        complete(fetch, clean);
}

void yz_fetch_leave(yz_fetch *fetch) {
    if (fetch->phase == YZ_FETCH_ANSWER)
        part(fetch, yz_h1_refusal(fetch->conn->h1, NULL) == 0, yz_pooled_linger);
    yz_fetch_close(fetch);
}

/* ---- bytes ----------------------------------------------------------------------------------------------------------- */

static void refuse_answer(yz_fetch *fetch, int code) {
    const char *reason = "";
    if (fetch->fault != YZ_FAULT_NONE) {
        yz_fetch_fail(fetch, fetch->fault, "%s", "");
        return;
    }
    yz_h1_refusal(fetch->conn->h1, &reason);
    if (code == YZ_ELIMIT)
        yz_fetch_fail(fetch, YZ_FAULT_LIMIT, ": %s", reason);
    else
        yz_fetch_fail(fetch, YZ_FAULT_GARBLED, "%s", reason);
}

/* Bytes of blank lines in front of an answer: some servers send one behind the answer before, and it is nothing of this one. */
static size_t blanks(const yz_fetch *fetch, const char *p, size_t n) {
    size_t at = 0;
    while (at < n && fetch->phase < YZ_FETCH_ANSWER && yz_h1_idle(fetch->conn->h1) && (p[at] == '\r' || p[at] == '\n'))
        at++;
    return at;
}

static void on_bytes(void *arg, const char *p, size_t n) {
    yz_pooled *conn = arg;
    yz_fetch *fetch = conn->user;
    yz_fetch_phase phase = fetch->phase;
    yz_fetch_record_read(fetch, n);
    if (phase == YZ_FETCH_ANSWER)
        fetch->mark = yz_fetch_now(fetch); /* pieces of a head are no sign of life: the whole has one deadline */
    size_t used = 0, blank = blanks(fetch, p, n);
    fetch->received += blank;
    p += blank;
    n -= blank;
    if (n == 0)
        return;
    int code = yz_h1_feed(conn->h1, p, n, &used);
    if (fetch->phase >= YZ_FETCH_ENDED || fetch->conn != conn)
        return; /* a hook has closed it, or the request is sent anew */
    if (fetch->phase == YZ_FETCH_COMPLETE) {
        end_coding(fetch, used == n);
        return;
    }
    if (fetch->phase == YZ_FETCH_ANSWER && fetch->hooks->on_batch && fetch->fault == YZ_FAULT_NONE)
        fetch->hooks->on_batch(fetch->arg); /* also before an error, which is reported when these bytes are gone */
    if (fetch->phase >= YZ_FETCH_ENDED)
        return;
    if (phase != YZ_FETCH_ANSWER && fetch->phase == YZ_FETCH_ANSWER && fetch->head.status == 101)
        yz_fetch_send(fetch); /* the other protocol begins */
    if (fetch->inflated)
        yz_arena_reset(fetch->inflated);
    if (code != YZ_OK)
        refuse_answer(fetch, code);
    else if (fetch->phase != phase)
        yz_fetch_watch(fetch); /* within one, a read only moves its deadline on: the alarm finds that out when it rings */
}

/* ---- the end of a connection ------------------------------------------------------------------------------------------ */

/* It ended before the answer was complete. An idle connection that the server closed while the request was on its way was never
 * read by anyone: the request may be sent again. */
static void cut(yz_fetch *fetch, const char *reason) {
    bool silent = yz_stream_received(fetch->conn->stream) == fetch->received;
    if (silent && may_replay(fetch))
        yz_fetch_replay(fetch);
    else
        yz_fetch_fail(fetch, silent ? YZ_FAULT_CUT_BEFORE : YZ_FAULT_CUT_WITHIN, ": %s", reason);
}

static void on_eof(void *arg) {
    yz_pooled *conn = arg;
    yz_fetch *fetch = conn->user;
    int code = yz_h1_eof(conn->h1);
    if (fetch->phase == YZ_FETCH_COMPLETE && code == YZ_OK)
        end_coding(fetch, false);
    else
        cut(fetch, "the server closed it");
}

static void on_broken(void *arg, int code, const char *reason) {
    (void)code;
    cut(fetch_of(arg), reason);
}

static void on_drain(void *arg) {
    yz_fetch *fetch = fetch_of(arg);
    fetch->mark = yz_fetch_now(fetch);
    yz_fetch_send(fetch);
    yz_fetch_watch(fetch);
}

static void on_open(void *arg, int code, const char *reason) { (void)arg, (void)code, (void)reason; }
const yz_stream_hooks yz_fetch_stream_hooks = {on_open, on_bytes, on_eof, on_drain, on_broken};
