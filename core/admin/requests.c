/* admin/requests.c: GET /requests: the last requests of all workers, the newest first, each as its line of the access log with the tree
 * of its calls; ?id=ID: one of them. POST /calls/cancel?id=ID: ends those with this id that still run.
 */
#include "admin/inner.h"
#include "call/tree.h"
#include "generation.h"
#include "journal/recent.h"
#include "worker.h"

#include <stdlib.h>

enum { LIMIT = 100, LIMIT_MOST = YZ_ADMIN_LAST_MOST };

/* ---- what is asked --------------------------------------------------------------------------------------------------------------- */

/* The value of a parameter of the query, which needs no escaping; empty: it is not there. */
static yz_str param(yz_str query, const char *name) {
    size_t n = strlen(name);
    while (query.n > 0) {
        const char *end = memchr(query.p, '&', query.n);
        yz_str pair = {query.p, end ? (size_t)(end - query.p) : query.n};
        if (pair.n > n && memcmp(pair.p, name, n) == 0 && pair.p[n] == '=')
            return (yz_str){pair.p + n + 1, pair.n - n - 1};
        size_t past = pair.n + (end != NULL);
        query = (yz_str){query.p + past, query.n - past};
    }
    return (yz_str){0};
}

/* More than can be had is as many as can; 0: it is no number of requests. */
static size_t limit_of(yz_str text) {
    size_t limit = 0;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9')
            return 0;
        limit = limit < LIMIT_MOST ? limit * 10 + (size_t)(text.p[i] - '0') : LIMIT_MOST;
    }
    return limit < LIMIT_MOST ? limit : LIMIT_MOST;
}

/* ---- a worker's part --------------------------------------------------------------------------------------------------------------- */

/* The newest first, each with its length before it: they are merged by time. */
void yz_admin_ask_last(yz_worker *worker, yz_str question, yz_buf *out) {
    size_t limit;
    memcpy(&limit, question.p, sizeof(limit));
    uint64_t count = worker->recent ? yz_recent_count(worker->recent) : 0;
    for (uint64_t i = count; i > 0 && count - i < limit; i--) {
        yz_str json = yz_recent_at(worker->recent, i);
        if (json.n == 0)
            return;
        yz_buf_put(out, &json.n, sizeof(json.n));
        yz_buf_str(out, json);
    }
}

static void ask_one(yz_worker *worker, yz_str id, yz_buf *out) {
    if (worker->recent)
        yz_buf_str(out, yz_recent_find(worker->recent, id));
}

/* ---- the answer ------------------------------------------------------------------------------------------------------------------- */

static yz_str first_of(yz_str part) {
    yz_str json = {0};
    if (part.n < sizeof(json.n))
        return json;
    memcpy(&json.n, part.p, sizeof(json.n));
    json.p = part.p + sizeof(json.n);
    return json;
}

/* A line begins {"time":"2026-…", so the later one is the greater. */
static size_t newest_of(const yz_str *parts, size_t n) {
    enum { STAMP = 33 };
    size_t newest = n;
    for (size_t i = 0; i < n; i++) {
        yz_str a = first_of(parts[i]), b = newest < n ? first_of(parts[newest]) : (yz_str){0};
        if (a.n > STAMP && (b.n == 0 || memcmp(a.p, b.p, STAMP) > 0))
            newest = i;
    }
    return newest;
}

void yz_admin_put_last(yz_buf *out, const yz_gathered *answers, size_t n, size_t limit, const char *between) {
    yz_str *parts = calloc(n, sizeof(*parts));
    for (size_t i = 0; parts && i < n; i++)
        parts[i] = answers[i].answer;
    for (size_t i, k = 0; parts && k < limit && (i = newest_of(parts, n)) < n; k++) {
        yz_str json = first_of(parts[i]);
        yz_buf_lit(out, k ? between : "");
        yz_buf_str(out, json);
        parts[i].p = json.p + json.n;
        parts[i].n -= json.n + sizeof(json.n);
    }
    free(parts);
}

static void answer_last(void *arg, const yz_gathered *answers, size_t n) {
    yz_admin_call *a = arg;
    yz_buf_lit(&a->body, "{\"requests\":[");
    yz_admin_put_last(&a->body, answers, n, a->limit, ",");
    yz_buf_char(&a->body, ']');
    yz_admin_put_missing(&a->body, answers, n);
    yz_buf_lit(&a->body, "}\n");
    yz_admin_waited(a);
    yz_admin_send(a, 200);
}

static void answer_one(void *arg, const yz_gathered *answers, size_t n) {
    yz_admin_call *a = arg;
    for (size_t i = 0; i < n && a->body.n == 0; i++)
        yz_buf_str(&a->body, answers[i].answer);
    bool found = a->body.n > 0;
    yz_buf_char(&a->body, '\n');
    yz_admin_waited(a);
    if (found)
        yz_admin_send(a, 200);
    else
        yz_fail(a->call, YZ_ERROR_NOT_FOUND, "none of the last requests has this id");
}

void yz_admin_requests(yz_admin_call *a, const yz_request *request) {
    yz_str id = param(request->query, "id"), limit = param(request->query, "limit");
    a->limit = limit.n > 0 ? limit_of(limit) : LIMIT;
    if (a->limit == 0)
        yz_fail(a->call, YZ_ERROR_BAD_REQUEST, "limit should be a whole number from 1 to %d, not \"%.*s\"", LIMIT_MOST,
                (int)(limit.n < 40 ? limit.n : 40), limit.p);
    else if (id.n > 0)
        yz_admin_gather(a, id, ask_one, answer_one);
    else
        yz_admin_gather(a, (yz_str){(const char *)&a->limit, sizeof(a->limit)}, yz_admin_ask_last, answer_last);
}

/* ---- ending one --------------------------------------------------------------------------------------------------------------------- */

static void ask_end(yz_worker *worker, yz_str id, yz_buf *out) {
    static const yz_error error = {YZ_ERROR, .class_ = YZ_ERROR_UNAVAILABLE, .code = {"cancelled_by_operator", 21},
                                   .message = {"the operator of the gateway has ended this request", 50}, .again = YZ_AGAIN_NO};
    size_t ended = 0;
    for (const yz_call *call = yz_call_oldest(worker), *later; call; call = later) {
        const yz_chain *chain = yz_call_chain(call);
        later = yz_call_later(call);
        if (!chain->share || chain == &chain->share->admin || !yz_str_eq(yz_call_request(call)->id, id))
            continue;
        yz_call_abort((yz_call *)(uintptr_t)call, &error);
        ended++;
        later = yz_call_oldest(worker); /* what its end has started or ended is unknown: look from the beginning */
    }
    yz_buf_put(out, &ended, sizeof(ended));
}

static void answer_end(void *arg, const yz_gathered *answers, size_t n) {
    yz_admin_call *a = arg;
    size_t sum = 0, ended;
    for (size_t i = 0; i < n; i++) {
        if (!answers[i].answered)
            continue;
        memcpy(&ended, answers[i].answer.p, sizeof(ended));
        sum += ended;
    }
    yz_buf_printf(&a->body, "{\"ended\":%zu", sum);
    yz_admin_put_missing(&a->body, answers, n);
    yz_buf_lit(&a->body, "}\n");
    yz_admin_waited(a);
    yz_admin_send(a, sum > 0 ? 200 : 404);
}

void yz_admin_cancel(yz_admin_call *a, const yz_request *request) {
    yz_str id = param(request->query, "id");
    if (id.n > 0)
        yz_admin_gather(a, id, ask_end, answer_end);
    else
        yz_fail(a->call, YZ_ERROR_BAD_REQUEST, "say which one: /calls/cancel?id=ID");
}
