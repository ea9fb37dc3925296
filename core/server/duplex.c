/* duplex.c: see duplex.h. */
#include "server/duplex.h"

#include "base/arena.h"
#include "base/check.h"
#include "base/request.h"
#include "server/refusal.h"
#include "worker.h"

enum { /* RFC 6455, section 7.4.1 */
       GOING_AWAY = 1001,
       NO_FRAMES = 1002,
       NONSENSE = 1007,
       REFUSED = 1008, /* by a rule of the house: a key, a model, money, a limit */
       TOO_LONG = 1009,
       FAILED = 1011,
       CROWDED = 1013,
};

/* ---- the handshake -------------------------------------------------------------------------------------------------------- */

static yz_str head_of(const yz_exchange *x, const char *name) {
    return yz_header_find(x->asked.head->headers, x->asked.head->n_headers, name);
}

/* The next word of a list with commas; false: there is none. */
static bool next_word(yz_str *rest, yz_str *word) {
    while (rest->n && (*rest->p == ' ' || *rest->p == '\t' || *rest->p == ','))
        *rest = (yz_str){rest->p + 1, rest->n - 1};
    size_t n = 0;
    while (n < rest->n && rest->p[n] != ' ' && rest->p[n] != '\t' && rest->p[n] != ',')
        n++;
    *word = (yz_str){rest->p, n};
    *rest = (yz_str){rest->p + n, rest->n - n};
    return n > 0;
}

/* The headers of this name are one list. */
static bool says_word(const yz_exchange *x, const char *name, const char *wanted) {
    const yz_h1_head *head = x->asked.head;
    for (size_t i = 0; i < head->n_headers; i++) {
        yz_str list = head->headers[i].value;
        for (yz_str word; yz_str_is(head->headers[i].name, name) && next_word(&list, &word);)
            if (yz_str_ieq(word, yz_str_of(wanted)))
                return true;
    }
    return false;
}

static size_t count_of(const yz_exchange *x, const char *name) {
    size_t n = 0;
    for (size_t i = 0; i < x->asked.head->n_headers; i++)
        n += yz_str_is(x->asked.head->headers[i].name, name);
    return n;
}

/* Of the offered protocols one may be the key, for browsers; the first of the others is spoken. */
static const yz_error *read_protocols(yz_exchange *x, yz_duplex *d, yz_str list) {
    yz_request *request = &x->asked.request;
    const char *prefix = request->dialect->key_protocol;
    for (yz_str word; next_word(&list, &word);) {
        if (!yz_h1_name_ok(word))
            return yz_refusal(x->arena, YZ_ERROR_BAD_REQUEST, 0, "Sec-WebSocket-Protocol must be a list of words");
        if (!prefix || !yz_str_starts(word, prefix)) {
            d->protocol = d->protocol.n ? d->protocol : word;
            continue;
        }
        yz_str key = {word.p + strlen(prefix), word.n - strlen(prefix)};
        if (request->credential.n && !yz_str_eq(request->credential, key))
            return yz_refusal(x->arena, YZ_ERROR_BAD_REQUEST, 0, "the request carries two different API keys: send one");
        request->credential = key;
    }
    return NULL;
}

static const yz_error *read_handshake(yz_exchange *x, yz_duplex *d) {
    yz_str version = head_of(x, "sec-websocket-version"), key = head_of(x, "sec-websocket-key");
    if (x->asked.head->minor < 1 || x->asked.method == YZ_METHOD_HEAD || !says_word(x, "connection", "upgrade") ||
        !says_word(x, "upgrade", "websocket"))
        return yz_refusal(x->arena, YZ_ERROR_BAD_REQUEST, 426,
                          "this path is a WebSocket: connect to it as wss:// (Connection: Upgrade, Upgrade: websocket)");
    if (!yz_str_is(version, "13"))
        return yz_refusal(x->arena, YZ_ERROR_BAD_REQUEST, 426, "Sec-WebSocket-Version must be 13 (RFC 6455)");
    if (!yz_socket_key_ok(key) || count_of(x, "sec-websocket-key") > 1)
        return yz_refusal(x->arena, YZ_ERROR_BAD_REQUEST, 0, "Sec-WebSocket-Key must be there once: 16 bytes in base64");
    yz_socket_accept(key, d->accept);
    const yz_h1_head *head = x->asked.head;
    const yz_error *wrong = NULL;
    for (size_t i = 0; i < head->n_headers && !wrong; i++)
        if (yz_str_is(head->headers[i].name, "sec-websocket-protocol"))
            wrong = read_protocols(x, d, head->headers[i].value);
    return wrong;
}

static void free_duplex(void *arg) {
    yz_duplex *d = arg;
    yz_frames_free(&d->said);
    yz_frames_free(&d->heard);
    yz_intake_keep(-d->counted, 0);
}

const yz_error *yz_duplex_read(yz_exchange *x) {
    yz_arena_thin(x->arena); /* it lives long, and idles */
    yz_duplex *d = yz_alloc(x->arena, sizeof *d);
    const yz_error *wrong = read_handshake(x, d);
    if (wrong)
        return wrong;
    yz_inlet_begin(&d->inlet, x->arena, &x->front->worker->turn, -1);
    d->inlet.idles = true;
    d->heard.client = true;
    d->heard.widest = (uint64_t)x->front->limits.session_frame;
    yz_on_free(x->arena, free_duplex, d);
    x->asked.request.upload = &d->inlet.body;
    x->inlet = &d->inlet;
    x->duplex = d;
    return NULL;
}

/* ---- towards the client ---------------------------------------------------------------------------------------------------- */

void yz_duplex_head(const yz_duplex *d, yz_buf *out) {
    yz_buf_lit(out, "connection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-accept: ");
    yz_buf_put(out, d->accept, YZ_SOCKET_ACCEPT);
    yz_buf_lit(out, "\r\n");
    if (d->protocol.n)
        yz_buf_printf(out, "sec-websocket-protocol: %.*s\r\n", YZ_STR_ARGS(d->protocol));
}

void yz_duplex_said(yz_duplex *d, yz_str bytes) { (void)yz_frames_feed(&d->said, bytes); }

static unsigned code_of(const yz_error *error) {
    switch (error->class_) {
    case YZ_ERROR_UNAVAILABLE:
        return error->retry_after > 0 ? CROWDED : GOING_AWAY;
    case YZ_ERROR_BAD_REQUEST:
    case YZ_ERROR_CONTEXT_LENGTH:
        return NONSENSE;
    case YZ_ERROR_AUTH:
    case YZ_ERROR_FORBIDDEN:
    case YZ_ERROR_NOT_FOUND:
    case YZ_ERROR_UNSUPPORTED:
    case YZ_ERROR_QUOTA:
    case YZ_ERROR_RATE_LIMIT:
        return REFUSED;
    case YZ_ERROR_TOO_LARGE:
        return TOO_LONG;
    case YZ_ERROR_OVERLOADED:
        return CROWDED;
    default:
        return FAILED;
    }
}

void yz_duplex_close(const yz_duplex *d, const yz_error *error, yz_buf *out) {
    if (yz_frames_between(&d->said))
        yz_frames_close(out, d->heard.broken && !d->heard.wide ? NO_FRAMES : code_of(error), error->message);
}
