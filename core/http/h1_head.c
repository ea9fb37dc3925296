/* http/h1_head.c: the lines of a head, and what they mean together.
 *
 * Invariant: whatever frames a message (Content-Length, Transfer-Encoding, the version) is said once and in one spelling, or the
 * message is refused. Nothing is repaired in a request. A response may say its length several times alike, and its version oddly: the
 * answer is whole and paid for; nothing more is read on its connection.
 */
#include "base/arena.h"
#include "http/h1_parser.h"

#define FIRST_HEADERS 8

static int bad(yz_h1 *h1, const char *reason) { return yz_h1_refuse(h1, YZ_EINVAL, 400, reason); }

/* ---- the first line ------------------------------------------------------------------------------------------------- */

/* "HTTP/1.0" or "HTTP/1.1" */
static int read_version(yz_h1 *h1, const char *p) {
    if (memcmp(p, "HTTP/", 5) != 0 || p[5] < '0' || p[5] > '9' || p[6] != '.' || p[7] < '0' || p[7] > '9')
        return bad(h1, "the version must be HTTP/1.1 or HTTP/1.0");
    if (p[5] != '1' || p[7] > '1')
        return yz_h1_refuse(h1, YZ_EINVAL, 505, "the version must be HTTP/1.1 or HTTP/1.0");
    h1->head->minor = (unsigned)(p[7] - '0');
    return YZ_OK;
}

static int check_target(yz_h1 *h1) {
    const yz_h1_head *head = h1->head;
    yz_str target = head->target, authority, rest;
    if (!yz_h1_target_ok(target))
        return bad(h1, "the request target holds a byte that must be escaped");
    if (target.p[0] == '/')
        return YZ_OK;
    if (yz_str_is(target, "*"))
        return yz_str_is(head->method, "OPTIONS") ? YZ_OK : bad(h1, "the target * is for OPTIONS only");
    if (yz_h1_absolute(target, &authority, &rest) && yz_h1_host_ok(authority))
        return YZ_OK;
    return bad(h1, "the request target must be a path or an http URL");
}

static bool known_method(yz_str method) {
    static const char *const known[] = {"POST", "GET", "OPTIONS", "HEAD", "PUT", "DELETE", "PATCH", "TRACE"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (yz_str_is(method, known[i]))
            return true;
    return false;
}

static int read_request_line(yz_h1 *h1, yz_str line) {
    size_t n = 0;
    while (n < line.n && ((line.p[n] >= 'A' && line.p[n] <= 'Z') || line.p[n] == '-'))
        n++;
    if (n == 0 || n > 32 || n == line.n || line.p[n] != ' ')
        return bad(h1, "the request must begin with a method and one blank");
    const char *target = line.p + n + 1, *end = line.p + line.n;
    const char *blank = memchr(target, ' ', (size_t)(end - target));
    if (!blank || blank == target || end - blank != 9)
        return bad(h1, "a request line is METHOD TARGET HTTP/1.1, with one blank between");
    h1->head->method = yz_dup(h1->arena, (yz_str){line.p, n});
    h1->head->target = yz_dup(h1->arena, (yz_str){target, (size_t)(blank - target)});
    int code = read_version(h1, blank + 1);
    if (code < 0)
        return code;
    if (!known_method(h1->head->method))
        return yz_h1_refuse(h1, YZ_EINVAL, 501, "a method that is not served here");
    return check_target(h1);
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static bool is_blank(char c) { return c == ' ' || c == '\t'; }

/* The version of a response as servers write it that build the line themselves: in small letters, or of a protocol that they speak
 * otherwise ("HTTP/2 200", "HTTP/2.0 200 OK"). What follows is HTTP/1 all the same, and nobody else is asked to read it. Bytes it has;
 * 0: there is none. */
static size_t odd_version(yz_h1 *h1, yz_str line) {
    if (line.n < 6 || !yz_str_ieq(yz_str_at(line.p, 5), YZ_STR("HTTP/")) || !is_digit(line.p[5]))
        return 0;
    bool whole = line.n > 7 && line.p[6] == '.' && is_digit(line.p[7]);
    h1->head->minor = line.p[5] == '0' || (line.p[5] == '1' && whole && line.p[7] == '0') ? 0 : 1;
    return whole ? 8 : 6;
}

/* The blank after the status may be missing: many servers leave it out when they give no reason. An answer is not asked for again because
 * of how its first line is written, as long as the status is plain. */
static int read_status_line(yz_h1 *h1, yz_str line) {
    size_t n = odd_version(h1, line), at = n;
    while (at < line.n && is_blank(line.p[at]))
        at++;
    const char *p = line.p + at;
    if (n == 0 || at == n)
        return bad(h1, "a status line is HTTP/1.1 STATUS REASON");
    if (line.n - at < 3 || p[0] < '1' || p[0] > '5' || !is_digit(p[1]) || !is_digit(p[2]) || (line.n - at > 3 && !is_blank(p[3])))
        return bad(h1, "the status must be three digits between blanks");
    h1->said.alone =
        n != 8 || at != 9 || line.p[8] != ' ' || memcmp(line.p, "HTTP/1.", 7) != 0 || line.p[7] > '1' || (line.n > 12 && line.p[12] != ' ');
    h1->head->status = (p[0] - '0') * 100 + (p[1] - '0') * 10 + (p[2] - '0');
    if (h1->head->status == 101 && !h1->upgrades)
        return bad(h1, "a switch of protocols nobody asked for");
    return YZ_OK;
}

int yz_h1_start_line(yz_h1 *h1, yz_str line) { return h1->response ? read_status_line(h1, line) : read_request_line(h1, line); }

/* ---- header fields -------------------------------------------------------------------------------------------------- */

static yz_str trim(const char *p, const char *end) {
    while (p < end && (*p == ' ' || *p == '\t'))
        p++;
    while (end > p && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    return (yz_str){p, (size_t)(end - p)};
}

/* The field's name in lower case at `name`, its value in *value. */
static int split_field(yz_h1 *h1, yz_str line, char *name, size_t *n, yz_str *value) {
    if (line.p[0] == ' ' || line.p[0] == '\t')
        return bad(h1, "a folded header line");
    size_t i = 0;
    unsigned char c;
    while (i < line.n && (c = yz_h1_token[(unsigned char)line.p[i]]) != 0)
        name[i++] = (char)c;
    if (i == 0 || i == line.n || line.p[i] != ':')
        return bad(h1, "a header line must be a name, a colon and a value");
    *n = i;
    *value = trim(line.p + i + 1, line.p + line.n);
    return YZ_OK;
}

static int read_length(yz_h1 *h1, yz_str value, int64_t *length) {
    if (value.n == 0)
        return bad(h1, "an empty Content-Length");
    *length = 0;
    for (size_t i = 0; i < value.n; i++) {
        if (!is_digit(value.p[i]))
            return bad(h1, "Content-Length must be a number");
        if (i >= 18)
            return yz_h1_refuse(h1, YZ_ELIMIT, 413, "a Content-Length beyond all bounds");
        *length = *length * 10 + (value.p[i] - '0');
    }
    return YZ_OK;
}

/* A response may say the same one several times, in lines or in a list (RFC 9110, 8.6): a proxy on the way added its own. A request may
 * not: what one reader takes for its end must be that of all. */
static int said_length(yz_h1 *h1, yz_str value) {
    yz_h1_said *said = &h1->said;
    if (!h1->response && said->lengths)
        return bad(h1, "more than one Content-Length");
    for (const char *p = value.p, *end = p + value.n, *stop;; p = stop + 1) {
        int64_t length = 0;
        const char *comma = h1->response && p < end ? memchr(p, ',', (size_t)(end - p)) : NULL;
        stop = comma ? comma : end;
        int code = read_length(h1, trim(p, stop), &length);
        if (code < 0)
            return code;
        if (said->lengths > 0 && length != said->length)
            return bad(h1, "Content-Lengths that differ");
        said->lengths++;
        said->length = length;
        if (!comma)
            break;
    }
    said->alone |= said->lengths > 1;
    return YZ_OK;
}

static int said_encoding(yz_h1 *h1, yz_str value) {
    if (h1->said.encodings++)
        return bad(h1, "more than one Transfer-Encoding");
    if (value.n == 0)
        return bad(h1, "an empty Transfer-Encoding");
    if (!yz_str_ieq(value, YZ_STR("chunked")))
        return yz_h1_refuse(h1, YZ_EINVAL, 501, "the only Transfer-Encoding understood is chunked");
    h1->said.chunked = true;
    return YZ_OK;
}

/* A list of options; those that are not about keeping the connection are for whoever builds the next head. */
static int said_connection(yz_h1 *h1, yz_str value) {
    for (const char *p = value.p, *end = p + value.n; p < end;) {
        const char *comma = memchr(p, ',', (size_t)(end - p)), *stop = comma ? comma : end;
        yz_str option = trim(p, stop);
        if (yz_str_ieq(option, YZ_STR("close")))
            h1->said.close = true;
        else if (yz_str_ieq(option, YZ_STR("keep-alive")))
            h1->said.keep_alive = true;
        else if (option.n && !yz_h1_name_ok(option))
            return bad(h1, "a malformed Connection header");
        else
            h1->said.unusual = true;
        p = stop + 1;
    }
    return YZ_OK;
}

static int said_host(yz_h1 *h1, yz_str value) {
    if (h1->response)
        return YZ_OK;
    if (h1->said.hosts++)
        return bad(h1, "more than one Host");
    if (!yz_h1_host_ok(value))
        return bad(h1, "Host must be a name or an address, and perhaps a port");
    h1->said.host = value;
    return YZ_OK;
}

/* Takes note of the few fields that concern the connection and the framing. */
static int note_field(yz_h1 *h1, yz_str name, yz_str value) {
    switch (name.n) {
    case 7:
        h1->said.unusual |= memcmp(name.p, "upgrade", 7) == 0;
        return YZ_OK;
    case 16:
        h1->said.unusual |= memcmp(name.p, "proxy-connection", 16) == 0;
        return YZ_OK;
    case 4:
        return memcmp(name.p, "host", 4) == 0 ? said_host(h1, value) : YZ_OK;
    case 6:
        if (memcmp(name.p, "expect", 6) == 0)
            h1->said.expect = yz_str_ieq(value, YZ_STR("100-continue"));
        return YZ_OK;
    case 10:
        return memcmp(name.p, "connection", 10) == 0 ? said_connection(h1, value) : YZ_OK;
    case 14:
        return memcmp(name.p, "content-length", 14) == 0 ? said_length(h1, value) : YZ_OK;
    case 17:
        return memcmp(name.p, "transfer-encoding", 17) == 0 ? said_encoding(h1, value) : YZ_OK;
    default:
        return YZ_OK;
    }
}

static void add_header(yz_h1 *h1, yz_str name, yz_str value) {
    yz_h1_head *head = h1->head;
    if (head->n_headers == h1->cap_headers) {
        size_t cap = h1->cap_headers ? h1->cap_headers * 2 : FIRST_HEADERS;
        yz_header *headers = yz_alloc_raw(h1->arena, cap * sizeof *headers);
        if (head->n_headers)
            memcpy(headers, head->headers, head->n_headers * sizeof *headers);
        head->headers = headers;
        h1->cap_headers = cap;
    }
    head->headers[head->n_headers++] = (yz_header){name, value};
}

int yz_h1_field(yz_h1 *h1, yz_str line) {
    yz_str value;
    size_t n;
    if (h1->head->n_headers == h1->limits.count)
        return yz_h1_refuse(h1, YZ_ELIMIT, 431, "too many header lines");
    char *text = yz_alloc_bytes(h1->arena, line.n);
    int code = split_field(h1, line, text, &n, &value);
    if (code < 0)
        return code;
    yz_str name = {text, n};
    if (value.n)
        memcpy(text + n, value.p, value.n);
    value.p = text + n;
    add_header(h1, name, value);
    h1->said.unusual |= n + value.n + 2 < line.n; /* more than one blank around a value */
    return note_field(h1, name, value);
}

/* Trailers are checked like header fields and dropped; those that would frame or route a message are refused. */
int yz_h1_trailer(yz_h1 *h1, yz_str line) {
    static const char *const wrong[] = {"content-length", "transfer-encoding", "host", "connection", "authorization"};
    yz_str value;
    size_t n;
    if (h1->n_trailers++ == h1->limits.count)
        return yz_h1_refuse(h1, YZ_ELIMIT, 431, "too many trailers");
    char name[64];
    const char *colon = memchr(line.p, ':', line.n);
    if (!colon || (size_t)(colon - line.p) > sizeof name)
        return bad(h1, "a malformed trailer");
    int code = split_field(h1, (yz_str){line.p, (size_t)(colon - line.p) + 1}, name, &n, &value);
    for (size_t i = 0; code == YZ_OK && i < sizeof wrong / sizeof *wrong; i++)
        if (yz_str_is((yz_str){name, n}, wrong[i]))
            return bad(h1, "a trailer that may only stand in the head");
    return code;
}

/* ---- the whole ------------------------------------------------------------------------------------------------------ */

bool yz_h1_usual(const yz_h1 *h1) {
    const yz_h1_head *head = h1->head;
    if (h1->said.unusual || head->minor != 1 || (h1->said.chunked && h1->said.lengths))
        return false;
    if (h1->response)
        return head->status >= 200;
    return head->target.p[0] == '/' && (yz_str_is(head->method, "POST") || yz_str_is(head->method, "GET"));
}

/* llhttp has read the same head: do we agree? */
static bool llhttp_agrees(const yz_h1 *h1) {
    const llhttp_t *other = &h1->llhttp;
    const yz_h1_said *said = &h1->said;
    bool same = other->http_major == 1 && other->http_minor == h1->head->minor;
    if (h1->response)
        same = same && other->status_code == h1->head->status;
    else
        same = same && yz_str_is(h1->head->method, llhttp_method_name((llhttp_method_t)other->method));
    return same && !(other->flags & F_CHUNKED) == !said->chunked && !(other->flags & F_CONTENT_LENGTH) == !said->lengths &&
           (!said->lengths || other->content_length == (uint64_t)said->length);
}

static int check_host(yz_h1 *h1) {
    const yz_h1_head *head = h1->head;
    yz_str authority, rest;
    if (h1->said.hosts == 0)
        return head->minor == 1 ? bad(h1, "Host is missing") : YZ_OK;
    if (head->target.p[0] != '/' && yz_h1_absolute(head->target, &authority, &rest) && !yz_str_ieq(authority, h1->said.host))
        return bad(h1, "Host and the target name different hosts");
    return YZ_OK;
}

static bool bodyless(const yz_h1 *h1) {
    int status = h1->head->status;
    return h1->response && (h1->answers_head || status < 200 || status == 204 || status == 304);
}

int yz_h1_check_head(yz_h1 *h1) {
    yz_h1_head *head = h1->head;
    const yz_h1_said *said = &h1->said;
    if (said->chunked && said->lengths)
        return bad(h1, "both Content-Length and Transfer-Encoding");
    if (said->chunked && head->minor == 0)
        return bad(h1, "Transfer-Encoding in HTTP/1.0");
    int code = h1->response ? YZ_OK : check_host(h1);
    if (code < 0)
        return code;
    if (!said->sure && !said->bare && !said->alone && !llhttp_agrees(h1))
        return bad(h1, "an ambiguous head");
    head->chunked = said->chunked;
    head->length = said->chunked ? -1 : said->lengths ? said->length : h1->response ? -1 : 0;
    head->has_body = !bodyless(h1) && head->length != 0;
    head->keep_alive = head->minor == 1 ? !said->close : said->keep_alive && !said->close;
    if (h1->response && !bodyless(h1) && head->length < 0 && !head->chunked)
        head->keep_alive = false; /* its end is the end of the connection */
    if (said->bare || said->alone)
        head->keep_alive = false; /* only we have read it */
    if (head->status == 204 && (said->chunked || said->length > 0))
        head->keep_alive = false; /* it promised a body that must not be: do not trust what follows */
    head->expect_continue = said->expect && head->minor == 1 && head->has_body && yz_h1_fits(h1);
    return YZ_OK;
}
