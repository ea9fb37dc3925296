/* request.c: from the head of an HTTP request to a yz_request, or a refusal.
 *
 * Nothing of a head is believed or passed on unseen: credentials are taken out (and two that differ are refused, so that no two
 * stages can disagree about who asks), headers that belong to this connection are dropped, the body must be what it says it is.
 */
#include "base/check.h"
#include "server/internal.h"

#include <stdio.h>
#include <stdlib.h>

/* What a header means here. */
typedef enum yz_meaning {
    PASS, /* nothing: it is passed on */
    DROP, /* hop-by-hop, or nobody's business */
    HOST,
    ORIGIN,
    EXPECT,
    BEARER,
    API_KEY,
    CONNECTION,
    CONTENT_TYPE,
    CONTENT_ENCODING,
    CACHE_CONTROL,
    REQUEST_ID,
} yz_meaning;

static const struct {
    yz_str name;
    yz_meaning meaning;
} known[] = {
#define KNOWN(name, meaning)                                                                                                               \
    { {name, sizeof(name) - 1}, meaning }
    KNOWN("te", DROP),
    KNOWN("host", HOST),
    KNOWN("cookie", DROP),
    KNOWN("origin", ORIGIN),
    KNOWN("expect", EXPECT),
    KNOWN("api-key", API_KEY),
    KNOWN("trailer", DROP),
    KNOWN("upgrade", DROP),
    KNOWN("x-api-key", API_KEY),
    KNOWN("connection", CONNECTION),
    KNOWN("keep-alive", DROP),
    KNOWN("content-type", CONTENT_TYPE),
    KNOWN("x-request-id", REQUEST_ID),
    KNOWN("authorization", BEARER),
    KNOWN("cache-control", CACHE_CONTROL),
    KNOWN("content-length", DROP),
    KNOWN("x-goog-api-key", API_KEY),
    KNOWN("content-encoding", CONTENT_ENCODING),
    KNOWN("proxy-connection", DROP),
    KNOWN("transfer-encoding", DROP),
    KNOWN("proxy-authorization", DROP),
};

/* Most headers mean nothing here, and no known name has their length. */
#define LENGTHS                                                                                                                            \
    (1u << 2 | 1u << 4 | 1u << 6 | 1u << 7 | 1u << 9 | 1u << 10 | 1u << 12 | 1u << 13 | 1u << 14 | 1u << 16 | 1u << 17 | 1u << 19)

static yz_meaning meaning_of(yz_str name) {
    if (name.n > 19 || !(LENGTHS >> name.n & 1))
        return PASS;
    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
        if (known[i].name.n == name.n && memcmp(known[i].name.p, name.p, name.n) == 0)
            return known[i].meaning;
    return PASS;
}

yz_error *yz_exchange_error(yz_exchange *x, yz_error_class class_, int status, const char *fmt, ...) {
    yz_error *error = yz_alloc(x->arena, sizeof(*error));
    *error = (yz_error){YZ_ERROR, .class_ = class_, .status = status};
    char words[512];
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(words, sizeof(words), fmt, args);
    va_end(args);
    size_t len = n < 0 ? 0 : (size_t)n < sizeof(words) ? (size_t)n : sizeof(words) - 1;
    error->message = yz_dup(x->arena, (yz_str){words, len});
    return error;
}

yz_error *yz_exchange_full(yz_exchange *x, const char *code, const char *words) {
    yz_error *error = yz_exchange_error(x, YZ_ERROR_UNAVAILABLE, 0, "%s", words);
    error->code = yz_str_of(code);
    error->retry_after = 1000;
    return error;
}

/* ---- lists in header values ----------------------------------------------------------------------------------------- */

static yz_str trim(yz_str s) {
    while (s.n && (*s.p == ' ' || *s.p == '\t'))
        s = (yz_str){s.p + 1, s.n - 1};
    while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
        s.n--;
    return s;
}

/* The next element of a comma-separated value; false at its end. */
static bool next_token(yz_str *rest, char comma, yz_str *token) {
    if (rest->n == 0)
        return false;
    const char *end = memchr(rest->p, comma, rest->n);
    size_t n = end ? (size_t)(end - rest->p) : rest->n;
    *token = trim((yz_str){rest->p, n});
    n += end != NULL;
    *rest = (yz_str){rest->p + n, rest->n - n};
    return true;
}

static bool has_token(yz_str value, const char *word) {
    for (yz_str token; next_token(&value, ',', &token);)
        if (yz_str_ieq(token, yz_str_of(word)))
            return true;
    return false;
}

/* A header that came twice is one list. */
static void add_to_list(yz_exchange *x, yz_str *list, yz_str value) {
    if (list->n == 0) {
        *list = value;
        return;
    }
    char *p = yz_alloc_bytes(x->arena, list->n + 1 + value.n);
    memcpy(p, list->p, list->n);
    p[list->n] = ',';
    if (value.n)
        memcpy(p + list->n + 1, value.p, value.n);
    *list = (yz_str){p, list->n + 1 + value.n};
}

/* ---- single headers ------------------------------------------------------------------------------------------------- */

static const yz_error *add_credential(yz_exchange *x, yz_str value) {
    if (value.n == 0)
        return NULL;
    if (x->request.credential.n && !yz_str_eq(x->request.credential, value))
        return yz_exchange_error(x, YZ_ERROR_BAD_REQUEST, 0, "the request carries two different API keys: send one");
    x->request.credential = value;
    return NULL;
}

static const yz_error *add_bearer(yz_exchange *x, yz_str value) {
    if (value.n >= 6 && yz_str_ieq((yz_str){value.p, 6}, YZ_STR("bearer")) && (value.n == 6 || value.p[6] == ' '))
        return add_credential(x, trim((yz_str){value.p + 6, value.n - 6}));
    return yz_exchange_error(x, YZ_ERROR_AUTH, 0, "the Authorization header must read: Bearer YOUR_KEY");
}

static bool id_ok(yz_str id) {
    if (id.n == 0 || id.n > 128)
        return false;
    for (size_t i = 0; i < id.n; i++) {
        char c = id.p[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' || c == '-'))
            return false;
    }
    return true;
}

static bool json_type(yz_str value) {
    const char *end = value.n ? memchr(value.p, ';', value.n) : NULL;
    yz_str type = trim((yz_str){value.p, end ? (size_t)(end - value.p) : value.n});
    if (yz_str_ieq(type, YZ_STR("application/json")))
        return true;
    return type.n > 17 && yz_str_ieq((yz_str){type.p, 12}, YZ_STR("application/")) &&
           yz_str_ieq((yz_str){type.p + type.n - 5, 5}, YZ_STR("+json"));
}

/* What is found while the headers are walked and judged afterwards. */
typedef struct yz_found {
    yz_str type, coding, connection;
    bool expects_other;
} yz_found;

/* One header that means something. True: it is passed on as well. */
static bool take(yz_exchange *x, yz_meaning meaning, yz_str value, yz_found *found, const yz_error **error) {
    const yz_error *wrong = NULL;
    switch (meaning) {
    case PASS:
    case HOST:
        return true;
    case DROP:
        return false;
    case REQUEST_ID:
        if (id_ok(value))
            x->request.id = value;
        return false;
    case ORIGIN:
        x->origin = value;
        return true;
    case EXPECT:
        found->expects_other |= !yz_str_ieq(value, YZ_STR("100-continue"));
        return false;
    case CONNECTION:
        add_to_list(x, &found->connection, value);
        return false;
    case CONTENT_TYPE: /* of several, one that is wrong counts: nobody behind us shall read another one than we did */
        if (!found->type.n || !json_type(value))
            found->type = value;
        return true;
    case CONTENT_ENCODING:
        add_to_list(x, &found->coding, value);
        return false;
    case CACHE_CONTROL:
        x->request.no_cache |= has_token(value, "no-store") || has_token(value, "no-cache");
        return true;
    case BEARER:
        wrong = add_bearer(x, value);
        break;
    case API_KEY:
        wrong = add_credential(x, value);
        break;
    }
    if (wrong && !*error)
        *error = wrong;
    return false;
}

/* Drops what the Connection header names: it is meant for this hop only. */
static void drop_nominated(yz_exchange *x, yz_header *headers, yz_str connection) {
    for (yz_str token; next_token(&connection, ',', &token);)
        for (size_t i = 0; i < x->request.n_headers; i++)
            if (yz_str_ieq(headers[i].name, token))
                headers[i--] = headers[--x->request.n_headers];
}

/* ---- the query ------------------------------------------------------------------------------------------------------ */

/* A credential is taken out of the query: what is left may be passed on. */
static const yz_error *read_query(yz_exchange *x) {
    yz_str rest = x->request.query;
    if (rest.n < 4 || !memmem(rest.p, rest.n, "key=", 4))
        return NULL;
    char *kept = yz_alloc_bytes(x->arena, rest.n + 1);
    const yz_error *error = NULL;
    size_t n = 0;
    for (yz_str pair, key; next_token(&rest, '&', &pair);) {
        if (yz_str_starts(pair, "key=")) {
            if (!error && yz_h1_unescape(x->arena, (yz_str){pair.p + 4, pair.n - 4}, &key) == YZ_OK)
                error = add_credential(x, key);
            continue;
        }
        memcpy(kept + n, pair.p, pair.n);
        n += pair.n;
        kept[n++] = '&';
    }
    x->request.query = (yz_str){kept, n > 0 ? n - 1 : 0};
    return error;
}

/* ---- the head ------------------------------------------------------------------------------------------------------- */

void yz_exchange_name(yz_exchange *x) {
    if (x->request.id.n)
        return;
    static const char digits[] = "0123456789abcdef";
    char *p = yz_alloc_bytes(x->arena, 32);
    for (size_t half = 0; half < 2; half++) {
        uint64_t bits = yz_random(x->server->worker);
        for (size_t i = 0; i < 16; i++, bits >>= 4)
            p[half * 16 + i] = digits[bits & 15];
    }
    x->request.id = (yz_str){p, 32};
}

static const yz_error *not_found(yz_exchange *x, const yz_routes *routes) {
    return yz_exchange_error(x, YZ_ERROR_NOT_FOUND, 0, "there is no such path here; there are: %.*s",
                             YZ_STR_ARGS(yz_routes_list(routes, x->arena, 12)));
}

static const yz_error *route(yz_exchange *x, const yz_h1_head *head) {
    const yz_routes *routes = x->connection->admin ? &x->server->admin_routes : &x->server->routes;
    x->options = yz_str_is(head->method, "OPTIONS");
    if (x->options && yz_str_is(head->target, "*")) {
        x->allow = yz_routes_allow(routes, head->target, x->arena);
        return NULL;
    }
    if (yz_h1_target(x->arena, head->target, &x->request.path, &x->request.query) < 0)
        return yz_exchange_error(x, YZ_ERROR_BAD_REQUEST, 0,
                                 "the request target must be a path, without dot segments, escaped slashes or broken escapes");
    bool exists = false;
    const yz_path *path = yz_routes_find(routes, head->method, x->request.path, &exists);
    if (!path && !exists)
        return not_found(x, routes);
    if (!path) {
        x->allow = yz_routes_allow(routes, x->request.path, x->arena);
        return x->options ? NULL : yz_exchange_error(x, YZ_ERROR_BAD_REQUEST, 405, "this path takes %.*s only", YZ_STR_ARGS(x->allow));
    }
    x->local = path->local;
    x->request.op = path->op;
    x->request.dialect = path->adapter;
    if (path->adapter && path->adapter->write_error)
        x->dialect = path->adapter;
    return NULL;
}

/* Does the body, or its absence, fit what is asked for? */
static const yz_error *judge(yz_exchange *x, const yz_h1_head *head, const yz_found *found) {
    if (found->expects_other)
        return yz_exchange_error(x, YZ_ERROR_BAD_REQUEST, 417, "the only expectation that can be met is 100-continue");
    bool wants = x->local == YZ_LOCAL_NONE && !x->options && x->request.op != YZ_OP_MODELS;
    if (!wants) {
        if (head->has_body && (head->chunked || head->length > 0))
            return yz_exchange_error(x, YZ_ERROR_BAD_REQUEST, 0, "this path takes no body");
        return NULL;
    }
    if (found->coding.n && !yz_str_ieq(found->coding, YZ_STR("identity")))
        return yz_exchange_error(x, YZ_ERROR_BAD_REQUEST, 415, "the body must be sent plain, without Content-Encoding");
    if (!head->has_body || head->length == 0)
        return yz_exchange_error(x, YZ_ERROR_BAD_REQUEST, 0, "the body is empty: it must be a JSON object");
    if (!json_type(found->type))
        return yz_exchange_error(x, YZ_ERROR_BAD_REQUEST, 415, "the Content-Type must be application/json");
    return NULL;
}

const yz_error *yz_exchange_read_head(yz_exchange *x, const yz_h1_head *head) {
    x->head = head;
    x->only_head = yz_str_is(head->method, "HEAD");
    x->close = !head->keep_alive;
    x->request.method = head->method;
    yz_found found = {0};
    const yz_error *error = NULL;
    size_t n = 0;
    for (size_t i = 0; i < head->n_headers; i++) {
        yz_header header = head->headers[i];
        if (!take(x, meaning_of(header.name), header.value, &found, &error))
            continue;
        head->headers[i] = head->headers[n]; /* those that are not passed on stand behind the others */
        head->headers[n++] = header;
    }
    x->request.headers = head->headers;
    x->request.n_headers = n;
    if (found.connection.n && !yz_str_ieq(found.connection, YZ_STR("keep-alive")) && !yz_str_ieq(found.connection, YZ_STR("close")))
        drop_nominated(x, head->headers, found.connection);
    yz_exchange_name(x);
    const yz_error *wrong = route(x, head);
    if (!wrong)
        wrong = error ? error : read_query(x);
    if (!wrong)
        wrong = x->connection->admin ? yz_admin_guard(x) : NULL;
    if (!wrong)
        wrong = judge(x, head, &found);
    if (!wrong && head->has_body)
        wrong = yz_exchange_expect_body(x);
    if (wrong && !x->dialect)
        x->dialect = yz_routes_guess(x->share->settings, head);
    return wrong;
}

void yz_exchange_guess(yz_exchange *x, const yz_h1_head *seen, yz_str bytes) {
    const yz_settings *settings = x->share->settings;
    x->head = seen;
    x->only_head = seen && yz_str_is(seen->method, "HEAD");
    for (size_t i = 0; seen && i < seen->n_headers; i++)
        if (meaning_of(seen->headers[i].name) == REQUEST_ID && id_ok(seen->headers[i].value))
            x->request.id = seen->headers[i].value;
    x->dialect = seen && seen->target.n ? yz_routes_guess(settings, seen) : yz_routes_guess_raw(settings, bytes);
}
