/* fetch.c: one exchange: a connection, the request, the answer, and the deadlines between.
 *
 * Invariants:
 *   - a fetch has a wish (for a connection), a connection, or has ended; never two of them;
 *   - a connection goes back to its pool only behind a complete answer to a request that was sent whole, with nothing behind it;
 *   - a request is sent anew once, and only when a reused connection ended soon and before a byte of its answer came.
 */
#include "upstream/fetch.h"

#include "base/arena.h"
#include "base/check.h"
#include "base/request.h"
#include "base/secret.h"
#include "call/turn.h"
#include "upstream/fetch_inner.h"
#include "worker.h"

#include <stdarg.h>
#include <stdio.h>

#define PORTION  ((size_t)256 << 10) /* of a body, handed to the socket at once */
#define STALE_MS 2000                /* a connection that was stale shows it within a round trip; later, the server was at work */

static const yz_h1_limits answer_limits = {.line = 8 << 10, .headers = 64 << 10, .count = 100, .body = -1};

static int64_t now_of(const yz_fetch *fetch) { return yz_turn_now(&fetch->worker->turn); }

/* ---- ending ---------------------------------------------------------------------------------------------------------- */

static void let_go(yz_fetch *fetch) {
    if (fetch->wish)
        yz_wish_drop(fetch->wish);
    if (fetch->conn)
        yz_pooled_drop(fetch->conn);
    fetch->wish = NULL;
    fetch->conn = NULL;
    yz_alarm_drop(&fetch->worker->turn, &fetch->alarm);
}

static void tell_error(yz_task *task) {
    yz_fetch *fetch = YZ_CONTAINER(task, yz_fetch, task);
    fetch->hooks->on_error(fetch->arg, &fetch->error);
}

static void fail(yz_fetch *fetch, yz_error_class class_, const char *fmt, ...) YZ_PRINTF(3, 4);
/* Ends with an error, told from the task queue: so it may be called from anywhere. */
static void fail(yz_fetch *fetch, yz_error_class class_, const char *fmt, ...) {
    char text[256];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    fetch->error = (yz_error){YZ_ERROR, .class_ = class_, .message = yz_dup(fetch->arena, yz_str_of(text)),
                              .started = fetch->sent ? YZ_STARTED_MAYBE : YZ_STARTED_NO};
    fetch->phase = YZ_FETCH_ENDED;
    let_go(fetch);
    yz_task_post(&fetch->worker->turn, &fetch->task);
}

static void forget(yz_task *task) { yz_arena_free(YZ_CONTAINER(task, yz_fetch, task)->arena); }

void yz_fetch_close(yz_fetch *fetch) {
    fetch->phase = YZ_FETCH_CLOSED;
    let_go(fetch);
    yz_task_drop(&fetch->task);
    fetch->task.run = forget;
    yz_task_bury(&fetch->worker->turn, &fetch->task);
}

/* ---- deadlines ------------------------------------------------------------------------------------------------------- */

/* The deadline of the phase it is in; INT64_MAX: none. Silence is counted from the last sign of life. */
static int64_t due(const yz_fetch *fetch, const char **what) {
    const yz_timeouts *limit = &fetch->plan.timeout;
    int64_t wait = 0, from = fetch->mark;
    if (fetch->phase == YZ_FETCH_CONNECT) {
        wait = limit->connect;
        from = fetch->began;
        *what = "no connection";
    } else if (fetch->phase == YZ_FETCH_SEND) {
        wait = limit->idle;
        *what = "the request was not taken";
    } else if (fetch->phase == YZ_FETCH_FIRST) {
        wait = limit->first_byte;
        *what = "no answer";
    } else if (!fetch->paused) {
        wait = limit->idle;
        *what = "silence in the middle of the answer";
    }
    int64_t at = wait > 0 ? from + wait : INT64_MAX;
    if (limit->total > 0 && fetch->began + limit->total < at) {
        at = fetch->began + limit->total;
        *what = "the answer was not complete";
    }
    return at;
}

/* Sets the alarm for the nearest deadline unless it will ring before that anyway: then it sets itself anew. */
static void watch(yz_fetch *fetch) {
    const char *what;
    int64_t at = due(fetch, &what);
    if (at == INT64_MAX || (fetch->alarm.place && fetch->alarm.at <= at))
        return;
    int64_t left = at - now_of(fetch);
    yz_alarm_set(&fetch->worker->turn, &fetch->alarm, left > 0 ? left : 0);
}

static void on_alarm(yz_alarm *alarm) {
    yz_fetch *fetch = YZ_CONTAINER(alarm, yz_fetch, alarm);
    const char *what = "";
    if (due(fetch, &what) > now_of(fetch)) {
        fetch->looks = 0;
        watch(fetch);
        return;
    }
    /* A process that was stopped or starved meets its alarms before it has looked at its sockets, where the answer may lie. Between
     * this alarm and the one after the next there is a poll. */
    if (fetch->looks++ < 2) {
        yz_alarm_set(&fetch->worker->turn, &fetch->alarm, 1);
        return;
    }
    int64_t passed =
        now_of(fetch) - (fetch->phase == YZ_FETCH_CONNECT || strncmp(what, "the answer", 10) == 0 ? fetch->began : fetch->mark);
    if (fetch->phase == YZ_FETCH_CONNECT)
        fail(fetch, YZ_ERROR_TIMEOUT, "%s within %.1f s (waiting for: %s)", what, (double)passed / 1e3, yz_fetch_state(fetch));
    else
        fail(fetch, YZ_ERROR_TIMEOUT, "%s after %.1f s", what, (double)passed / 1e3);
}

/* ---- connecting ------------------------------------------------------------------------------------------------------ */

static void on_conn(void *arg, yz_pooled *conn, const char *words);

static void adopt(yz_fetch *fetch, yz_pooled *conn) {
    static const yz_h1_hooks parser_hooks = {yz_fetch_on_begin, yz_fetch_on_head, yz_fetch_on_body, yz_fetch_on_end};
    fetch->wish = NULL;
    fetch->conn = conn;
    conn->user = fetch;
    if (!conn->h1)
        conn->h1 = yz_h1_new(true, &answer_limits, &parser_hooks, conn);
    yz_h1_expect(conn->h1, yz_str_is(fetch->plan.method, "HEAD"));
    yz_stream_own(conn->stream, &yz_fetch_stream_hooks, conn);
    if (fetch->paused)
        yz_stream_read(conn->stream, false);
    fetch->mark = now_of(fetch);
    fetch->part = fetch->part_at = 0;
    fetch->received = yz_stream_received(conn->stream);
    fetch->phase = YZ_FETCH_SEND;
    yz_fetch_send(fetch);
}

static void connect_(yz_fetch *fetch) {
    yz_pool_plan plan = {.url = fetch->plan.url,
                         .proxy = fetch->plan.proxy,
                         .tls = fetch->plan.tls,
                         .public_only = fetch->plan.public_only,
                         .max = fetch->plan.max_connections,
                         .fresh = fetch->replayed};
    fetch->phase = YZ_FETCH_CONNECT;
    yz_pooled *conn = yz_pool_take(fetch->worker->pools, &plan, on_conn, fetch, &fetch->wish);
    if (conn)
        adopt(fetch, conn);
}

static void on_conn(void *arg, yz_pooled *conn, const char *words) {
    yz_fetch *fetch = arg;
    fetch->wish = NULL;
    if (!conn) {
        fail(fetch, YZ_ERROR_CONNECT, "no connection: %s", words);
        return;
    }
    adopt(fetch, conn);
    watch(fetch);
}

/* ---- sending --------------------------------------------------------------------------------------------------------- */

static bool is_sent(const yz_fetch *fetch) { return fetch->part == fetch->plan.n_body; }

/* Fills parts with the next portion of the body. Returns their number. */
static size_t next_portion(yz_fetch *fetch, yz_str *parts, size_t max) {
    size_t n = 0, room = PORTION;
    while (fetch->part < fetch->plan.n_body && n < max && room > 0) {
        yz_str rest = fetch->plan.body[fetch->part];
        rest = (yz_str){rest.p + fetch->part_at, rest.n - fetch->part_at};
        size_t take = rest.n < room ? rest.n : room;
        parts[n++] = (yz_str){rest.p, take};
        room -= take;
        fetch->part_at += take;
        if (take == rest.n) {
            fetch->part++;
            fetch->part_at = 0;
        }
    }
    return n;
}

/* Sends until everything is with the socket or it wants a rest. The head goes out with the first portion, in one write. */
void yz_fetch_send(yz_fetch *fetch) {
    yz_str parts[9];
    yz_buf head = {0};
    size_t n = 0;
    bool goes_on = true;
    if (fetch->phase == YZ_FETCH_SEND && !fetch->head_sent) {
        yz_fetch_write_head(fetch, &head);
        parts[n++] = yz_buf_view(&head);
        fetch->head_sent = fetch->sent = true;
    }
    while (goes_on && (n || !is_sent(fetch))) {
        n += next_portion(fetch, parts + n, 8);
        goes_on = yz_stream_write(fetch->conn->stream, parts, n);
        n = 0;
    }
    if (head.p)
        explicit_bzero(head.p, head.n); /* it holds the key */
    yz_buf_free(&head);
    if (goes_on && fetch->phase == YZ_FETCH_SEND)
        fetch->phase = YZ_FETCH_FIRST;
}

/* ---- the answer ------------------------------------------------------------------------------------------------------ */

yz_arena *yz_fetch_on_begin(void *arg) { return ((yz_fetch *)((yz_pooled *)arg)->user)->arena; }

/* NULL: the answer can be used. */
static const char *objection(const yz_h1_head *head) {
    yz_str coding = yz_header_find(head->headers, head->n_headers, "content-encoding");
    if (coding.n && !yz_str_ieq(coding, YZ_STR("identity")))
        return "it answered with a content-encoding, which was not asked for";
    if (head->status >= 300 && head->status <= 399)
        return "it answered with a redirect, which is never followed; its base_url is probably not right";
    if (head->status == 206)
        return "it answered with a part of the answer (206), which was not asked for";
    return NULL;
}

int yz_fetch_on_head(void *arg, const yz_h1_head *head) {
    yz_fetch *fetch = ((yz_pooled *)arg)->user;
    fetch->objection = objection(head);
    if (fetch->objection)
        return YZ_EINVAL;
    fetch->head = *head;
    fetch->phase = YZ_FETCH_ANSWER;
    fetch->mark = now_of(fetch);
    fetch->hooks->on_head(fetch->arg, &fetch->head);
    return fetch->phase == YZ_FETCH_ANSWER ? YZ_OK : YZ_ECANCELLED;
}

int yz_fetch_on_body(void *arg, yz_str bytes) {
    yz_fetch *fetch = ((yz_pooled *)arg)->user;
    if (!fetch)
        return YZ_EINVAL; /* it was left: only the end of the answer may still come */
    fetch->hooks->on_bytes(fetch->arg, bytes);
    return fetch->phase == YZ_FETCH_ANSWER ? YZ_OK : YZ_ECANCELLED;
}

void yz_fetch_on_end(void *arg) {
    yz_fetch *fetch = ((yz_pooled *)arg)->user;
    if (fetch && fetch->phase == YZ_FETCH_ANSWER)
        fetch->phase = YZ_FETCH_COMPLETE;
}

/* Lets go of the connection of an answer that is complete: to `keep` it if nothing speaks against it, else drops it. */
static void part(yz_fetch *fetch, bool clean, void (*keep)(yz_pooled *conn)) {
    yz_pooled *conn = fetch->conn;
    fetch->conn = NULL;
    conn->user = NULL;
    if (clean && fetch->head.keep_alive && is_sent(fetch) && yz_stream_queued(conn->stream) == 0) {
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

void yz_fetch_leave(yz_fetch *fetch) {
    if (fetch->phase == YZ_FETCH_ANSWER)
        part(fetch, yz_h1_refusal(fetch->conn->h1, NULL) == 0, yz_pooled_linger);
    yz_fetch_close(fetch);
}

static void refuse_answer(yz_fetch *fetch, int code) {
    const char *words = fetch->objection;
    bool redirect = words && strstr(words, "redirect");
    if (!words)
        yz_h1_refusal(fetch->conn->h1, &words);
    fail(fetch, redirect ? YZ_ERROR_SERVER : YZ_ERROR_BROKEN, "%s%s", code == YZ_ELIMIT ? "its answer passed a limit: " : "", words);
}

static void on_bytes(void *arg, const char *p, size_t n) {
    yz_pooled *conn = arg;
    yz_fetch *fetch = conn->user;
    if (fetch->phase == YZ_FETCH_ANSWER)
        fetch->mark = now_of(fetch); /* pieces of a head are no sign of life: the whole has one deadline */
    size_t used = 0;
    int code = yz_h1_feed(conn->h1, p, n, &used);
    if (fetch->phase >= YZ_FETCH_ENDED)
        return; /* a hook has closed it */
    if (fetch->phase == YZ_FETCH_COMPLETE) {
        complete(fetch, used == n);
        return;
    }
    if (fetch->phase == YZ_FETCH_ANSWER && fetch->hooks->on_batch)
        fetch->hooks->on_batch(fetch->arg); /* also before an error, which is told when these bytes are gone */
    if (fetch->phase >= YZ_FETCH_ENDED)
        return;
    if (code != YZ_OK)
        refuse_answer(fetch, code);
    else
        watch(fetch);
}

/* ---- the end of a connection ------------------------------------------------------------------------------------------ */

/* It ended before the answer was complete. An idle connection that the server closed while the request was on its way was never
 * read by anyone: the request may be sent again. */
static void cut(yz_fetch *fetch, const char *words) {
    yz_pooled *conn = fetch->conn;
    bool silent = yz_stream_received(conn->stream) == fetch->received;
    if (conn->reused && silent && !fetch->replayed && now_of(fetch) - fetch->mark <= STALE_MS) {
        fetch->replayed = true;
        fetch->conn = NULL;
        fetch->head_sent = fetch->sent = false;
        yz_pooled_drop(conn);
        connect_(fetch);
        watch(fetch);
        return;
    }
    fail(fetch, YZ_ERROR_BROKEN, "the connection ended %s: %s", silent ? "before an answer" : "in the middle of its answer", words);
}

static void on_eof(void *arg) {
    yz_pooled *conn = arg;
    yz_fetch *fetch = conn->user;
    int code = yz_h1_eof(conn->h1);
    if (fetch->phase == YZ_FETCH_COMPLETE && code == YZ_OK)
        complete(fetch, false);
    else
        cut(fetch, "the server closed it");
}

static void on_broken(void *arg, int code, const char *words) {
    (void)code;
    cut(((yz_pooled *)arg)->user, words);
}

static void on_drain(void *arg) {
    yz_fetch *fetch = ((yz_pooled *)arg)->user;
    fetch->mark = now_of(fetch);
    yz_fetch_send(fetch);
    watch(fetch);
}

static void on_open(void *arg, int code, const char *words) { (void)arg, (void)code, (void)words; }
const yz_stream_hooks yz_fetch_stream_hooks = {on_open, on_bytes, on_eof, on_drain, on_broken};

/* ---- the outside ----------------------------------------------------------------------------------------------------- */

yz_fetch *yz_fetch_start(yz_worker *worker, const yz_fetch_plan *plan, const yz_fetch_hooks *hooks, void *arg) {
    yz_arena *arena = yz_arena_new(worker->blocks);
    yz_fetch *fetch = yz_alloc(arena, sizeof *fetch);
    fetch->worker = worker;
    fetch->arena = arena;
    fetch->plan = *plan;
    fetch->hooks = hooks;
    fetch->arg = arg;
    fetch->alarm.ring = on_alarm;
    fetch->task.run = tell_error;
    fetch->began = now_of(fetch);
    const char *fault = yz_fetch_check_plan(plan);
    if (fault) {
        fail(fetch, YZ_ERROR_INTERNAL, "the request cannot be sent: %s", fault);
        return fetch;
    }
    connect_(fetch);
    watch(fetch);
    return fetch;
}

void yz_fetch_pause(yz_fetch *fetch, bool paused) {
    if (fetch->paused == paused || fetch->phase >= YZ_FETCH_ENDED)
        return;
    fetch->paused = paused;
    fetch->mark = now_of(fetch);
    if (fetch->conn)
        yz_stream_read(fetch->conn->stream, !paused);
    watch(fetch);
}

const char *yz_fetch_state(const yz_fetch *fetch) {
    static const char *const words[] = {[YZ_FETCH_SEND] = "send",       [YZ_FETCH_FIRST] = "first byte", [YZ_FETCH_ANSWER] = "answer",
                                        [YZ_FETCH_COMPLETE] = "answer", [YZ_FETCH_ENDED] = "end",        [YZ_FETCH_CLOSED] = "end"};
    if (fetch->phase == YZ_FETCH_CONNECT)
        return fetch->wish ? yz_wish_state(fetch->wish) : "connection";
    return words[fetch->phase];
}

bool yz_fetch_sent(const yz_fetch *fetch) { return fetch->sent; }
