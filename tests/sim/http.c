/* http.c: reads a request head more strictly than any server must: what a gateway sends is its own making, so nothing needs to be
 * tolerated. Whatever this refuses is a bug of the sender. */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>

static bool is_token(unsigned char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c && strchr("!#$%&'*+-.^_`|~", c));
}

/* Cuts the next line, which must end in CR LF and hold neither of them. */
static bool next_line(const char **p, const char *end, str *line) {
    const char *lf = memchr(*p, '\n', (size_t)(end - *p));
    if (!lf || lf == *p || lf[-1] != '\r')
        return false;
    *line = (str){*p, (size_t)(lf - 1 - *p)};
    *p = lf + 1;
    return !memchr(line->p, '\r', line->n) && !memchr(line->p, 0, line->n);
}

static const char *request_line(str line, request *out) {
    const char *sp = memchr(line.p, ' ', line.n);
    if (!sp)
        return "request line without a blank";
    out->method = (str){line.p, (size_t)(sp - line.p)};
    const char *target = sp + 1, *end = line.p + line.n;
    const char *sp2 = memchr(target, ' ', (size_t)(end - target));
    if (!sp2)
        return "request line without a version";
    out->target = (str){target, (size_t)(sp2 - target)};
    if (!str_is((str){sp2 + 1, (size_t)(end - sp2 - 1)}, "HTTP/1.1"))
        return "not HTTP/1.1";
    if (!str_is(out->method, "GET") && !str_is(out->method, "POST") && !str_is(out->method, "DELETE"))
        return "method is neither GET nor POST nor DELETE";
    if (!out->target.n || out->target.p[0] != '/' || out->target.n >= 512)
        return "target is not a path";
    for (size_t i = 0; i < out->target.n; i++)
        if ((unsigned char)out->target.p[i] <= 0x20 || (unsigned char)out->target.p[i] >= 0x7f || strchr("\"<>\\^`{|}#", out->target.p[i]))
            return "target with a byte that must be escaped";
    return NULL;
}

static const char *header_line(str line, header *out) {
    size_t i = 0;
    while (i < line.n && is_token((unsigned char)line.p[i]))
        i++;
    if (!i || i == line.n || line.p[i] != ':')
        return "header name is not a token followed by a colon";
    out->name = (str){line.p, i};
    const char *v = line.p + i + 1, *end = line.p + line.n;
    while (v < end && (*v == ' ' || *v == '\t'))
        v++;
    while (end > v && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    out->value = (str){v, (size_t)(end - v)};
    for (const char *c = v; c < end; c++)
        if (((unsigned char)*c < 0x20 && *c != '\t') || *c == 0x7f)
            return "header value with a control character";
    return NULL;
}

/* Headers that may stand once at most, and those a client may have sent but that are none of a provider's business. */
static const char *const once[] = {"host",
                                   "content-length",
                                   "transfer-encoding",
                                   "content-type",
                                   "authorization",
                                   "x-api-key",
                                   "x-goog-api-key",
                                   "anthropic-version",
                                   "accept",
                                   "user-agent",
                                   "connection",
                                   "expect",
                                   NULL};
static const char *const never[] = {"cookie",           "proxy-authorization", "forwarded", "x-forwarded-for", "x-real-ip",
                                    "proxy-connection", "keep-alive",          "te",        "trailer",         "upgrade",
                                    "expect",           "x-yuzui-cache",       "origin",    "referer",         NULL};

static const char *check_headers(const request *r) {
    for (size_t i = 0; once[i]; i++) {
        size_t seen = 0;
        for (size_t j = 0; j < r->n_headers; j++)
            seen += str_iis(r->headers[j].name, once[i]);
        if (seen > 1)
            return "a header that may stand once stands twice";
    }
    for (size_t i = 0; never[i]; i++)
        if (http_header(r, never[i]).p)
            return "a header that must not be forwarded to a provider";
    if (http_header(r, "x-goog-api-key").p && strncmp(r->path, "/v1beta/", 8) != 0)
        return "x-goog-api-key to a provider that is not Google";
    str host = http_header(r, "host");
    if (!host.n)
        return "no Host";
    for (size_t i = 0; i < host.n; i++)
        if (!is_token((unsigned char)host.p[i]) && !strchr(":[]", host.p[i]))
            return "Host with an illegal byte";
    return NULL;
}

static const char *framing(request *r) {
    str te = http_header(r, "transfer-encoding"), cl = http_header(r, "content-length");
    r->length = 0;
    r->chunked = te.p != NULL;
    if (te.p && cl.p)
        return "both Content-Length and Transfer-Encoding";
    if (te.p && !str_is(te, "chunked"))
        return "Transfer-Encoding is not chunked";
    if (cl.p) {
        if (!cl.n || cl.n > 12 || (cl.n > 1 && cl.p[0] == '0'))
            return "Content-Length is not a number";
        for (size_t i = 0; i < cl.n; i++) {
            if (cl.p[i] < '0' || cl.p[i] > '9')
                return "Content-Length is not a number";
            r->length = r->length * 10 + (cl.p[i] - '0');
        }
    }
    if (str_is(r->method, "GET") && (te.p || r->length))
        return "GET with a body";
    if (str_is(r->method, "POST") && !te.p && !cl.p)
        return "POST without a length";
    str connection = http_header(r, "connection");
    if (connection.p && !str_iis(connection, "close") && !str_iis(connection, "keep-alive"))
        return "Connection is neither close nor keep-alive";
    r->keep_alive = !(connection.p && str_iis(connection, "close"));
    return NULL;
}

/* /p/NAME/v1/... names the provider; the query is cut off. */
static void split_target(request *r) {
    const char *p = r->target.p, *end = p + r->target.n;
    if (r->target.n > 3 && !memcmp(p, "/p/", 3)) {
        const char *slash = memchr(p + 3, '/', (size_t)(end - p - 3));
        if (slash) {
            snprintf(r->provider, sizeof r->provider, "%.*s", (int)(slash - p - 3), p + 3);
            p = slash;
        }
    }
    const char *query = memchr(p, '?', (size_t)(end - p));
    snprintf(r->path, sizeof r->path, "%.*s", (int)((query ? query : end) - p), p);
    snprintf(r->query, sizeof r->query, "%.*s", query ? (int)(end - query - 1) : 0, query ? query + 1 : "");
}

const char *http_head(const char *p, size_t n, request *out) {
    *out = (request){0};
    const char *end = p + n;
    str line;
    if (!next_line(&p, end, &line))
        return "request line does not end in CR LF";
    const char *wrong = request_line(line, out);
    if (wrong)
        return wrong;
    for (;;) {
        if (!next_line(&p, end, &line))
            return "header line does not end in CR LF";
        if (!line.n)
            break;
        if (out->n_headers == MAX_HEADERS)
            return "more than 64 headers";
        wrong = header_line(line, &out->headers[out->n_headers++]);
        if (wrong)
            return wrong;
    }
    split_target(out);
    wrong = framing(out);
    return wrong ? wrong : strncmp(out->path, "/_sim/", 6) ? check_headers(out) : NULL;
}

str http_header(const request *r, const char *name) {
    for (size_t i = 0; i < r->n_headers; i++)
        if (str_iis(r->headers[i].name, name))
            return r->headers[i].value;
    return (str){0};
}

/* One chunk: its size line without extensions, its data, CR LF. Trailers are refused: a gateway has no reason to send any. */
int http_chunked(const char *p, size_t n, size_t *used, buf *body) {
    *used = 0;
    for (;;) {
        size_t i = *used, size = 0, digits = 0;
        for (; i < n && digits < 8; i++, digits++) {
            char c = p[i];
            int v = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
            if (v < 0)
                break;
            size = size * 16 + (size_t)v;
        }
        if (i + 2 > n)
            return 0;
        if (!digits || p[i] != '\r' || p[i + 1] != '\n')
            return -1;
        i += 2;
        if (i + size + 2 > n)
            return 0;
        if (p[i + size] != '\r' || p[i + size + 1] != '\n')
            return -1;
        buf_add(body, p + i, size);
        *used = i + size + 2;
        if (!size)
            return 1;
    }
}
