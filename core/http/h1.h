/* http/h1.h: HTTP/1.x messages, incremental, strict: what is malformed is refused, also where the RFC lets a reader repair it.
 *
 * Lines, header fields and bodies are read by our own code, which enforces the limits; llhttp reads every head as well that holds
 * anything unusual, and where the two differ the message is refused. So a fault of one reader alone cannot make a message look different
 * here than elsewhere. What is usual: yz_h1_usual in h1_head.c. Of responses three things are let pass, since they are whole and paid for:
 * lines that all end in LF alone, as scripts write them; a first line with another version ("HTTP/2 200"), small letters or more blanks;
 * the same Content-Length several times. The connection is not used again.
 *
 * No I/O here. Bytes go in, events come out; slices given to on_body live until it returns. The head, its text and its header
 * array live in the arena that on_begin provides; on_head may change them.
 */
#ifndef YUZUI_HTTP_H1_H
#define YUZUI_HTTP_H1_H

#include <yuzui/base.h>
#include <yuzui/request.h>

typedef struct yz_h1 yz_h1;

typedef struct yz_h1_limits {
    size_t line;    /* bytes of the request or status line (8 KiB) */
    size_t headers; /* bytes of all header lines (64 KiB) */
    size_t count;   /* header lines (100) */
    int64_t body;   /* bytes of a body (32 MiB); -1: no limit */
} yz_h1_limits;
extern const yz_h1_limits yz_h1_defaults;

typedef struct yz_h1_head {
    yz_str method;      /* requests */
    yz_str target;      /* requests: as sent */
    int status;         /* responses */
    unsigned minor;     /* HTTP/1.minor */
    yz_header *headers; /* names lower case, values trimmed; Host, framing and hop-by-hop ones included */
    size_t n_headers;
    int64_t length; /* Content-Length; -1: chunked or until close */
    bool chunked;
    bool has_body;
    bool keep_alive;
    bool expect_continue; /* only if the body is within the limit */
} yz_h1_head;

typedef struct yz_h1_hooks {
    yz_arena *(*on_begin)(void *arg);                  /* the first byte of a message came: where its head lives */
    int (*on_head)(void *arg, const yz_h1_head *head); /* negative: yz_h1_feed stops after these bytes and returns it; feeding */
    int (*on_body)(void *arg, yz_str bytes);           /* may go on later with the rest. Responses: 1xx are passed over. */
    void (*on_end)(void *arg);                         /* the message is complete; the parser pauses */
} yz_h1_hooks;

/* A hook must not free the parser.
 * `response`: parse responses; then yz_h1_expect says before each whether it answers a HEAD. */
yz_h1 *yz_h1_new(bool response, const yz_h1_limits *limits, const yz_h1_hooks *hooks, void *arg);
void yz_h1_free(yz_h1 *h1);
/* Feeds bytes; *used: how many were consumed. It stops after a complete message: feed the rest when ready for the next one
 * (pipelining). YZ_EINVAL, YZ_ELIMIT: the message is refused, see yz_h1_refusal; the parser is of no further use. */
int yz_h1_feed(yz_h1 *h1, const char *p, size_t n, size_t *used);
/* The peer closed: YZ_OK if no message is open (or this ends one that runs until close; on_end is called), else YZ_EINVAL. */
int yz_h1_eof(yz_h1 *h1);
bool yz_h1_idle(const yz_h1 *h1); /* between messages, not a byte of the next one seen */
void yz_h1_expect(yz_h1 *h1, bool answers_head);
/* From on_head: the body of this message may be so long, whatever the limit (-1: no limit). */
void yz_h1_allow(yz_h1 *h1, int64_t body);
/* The response may be 101, since another protocol was asked for: then that is the final one, and what follows belongs to it. */
void yz_h1_expect_upgrade(yz_h1 *h1, bool asked);
/* The head of the message under way as far as it has been read: method and target are empty before the first line is whole. NULL
 * between messages. It lives as long as the arena. */
const yz_h1_head *yz_h1_seen(const yz_h1 *h1);
/* Why feeding failed: the status a server would answer (for responses always 502), and the reason. 0 if it was not refused. A body
 * that is longer than the limit by its Content-Length is refused after on_head. */
int yz_h1_refusal(const yz_h1 *h1, const char **reason);

/* Percent-decodes the path of a target (origin, absolute or asterisk form) and splits the query off. YZ_EINVAL for bad escapes,
 * an escaped slash, control characters, bad UTF-8, backslash, dot segments. */
int yz_h1_target(yz_arena *arena, yz_str target, yz_str *path, yz_str *query);
/* "%41" is "A". The text is in the arena, or `raw` itself if it holds no escape. YZ_EINVAL for a broken one. */
int yz_h1_unescape(yz_arena *arena, yz_str raw, yz_str *text);

/* May these bytes stand in a header value or name that we send? */
bool yz_h1_value_ok(yz_str value);
bool yz_h1_name_ok(yz_str name);
/* Is this Range one part: "bytes=0-99", "bytes=100-", "bytes=-1"? Several come as another kind of body. */
bool yz_h1_range_ok(yz_str value);
/* Does this header belong to one connection or to the framing of a message? Then nobody but the writer of the message may set it. */
bool yz_h1_framing(yz_str name);

#endif
