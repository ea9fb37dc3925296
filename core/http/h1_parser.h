/* http/h1_parser.h: the inside of the HTTP/1.x parser, shared by the files h1*.c only. */
#ifndef YUZUI_HTTP_H1_PARSER_H
#define YUZUI_HTTP_H1_PARSER_H

#include "http/h1.h"

#include <llhttp.h>

typedef enum yz_h1_state {
    YZ_H1_IDLE,       /* not a byte of the next message seen */
    YZ_H1_START_LINE, /* in the request or status line */
    YZ_H1_FIELDS,     /* in the header fields */
    YZ_H1_LENGTH,     /* in a body of known length */
    YZ_H1_CLOSE,      /* in a body that runs until the peer closes */
    YZ_H1_CHUNK_SIZE, /* in the line before a chunk */
    YZ_H1_CHUNK,      /* in a chunk */
    YZ_H1_CHUNK_END,  /* in the line end after a chunk */
    YZ_H1_TRAILERS,   /* after the last chunk */
    YZ_H1_COMPLETE,   /* on_end is due */
    YZ_H1_REFUSED,
} yz_h1_state;

/* What a head has said so far about its framing and connection. */
typedef struct yz_h1_said {
    unsigned hosts, lengths, encodings;
    bool chunked, close, keep_alive, expect;
    bool bare;    /* of a response: its lines end in LF alone */
    bool alone;   /* of a response: it says something in a way that only we read */
    bool unusual; /* a line that some reader might take otherwise */
    bool sure;    /* the whole head came at once and is plain: llhttp was not asked */
    int64_t length;
    yz_str host;
} yz_h1_said;

struct yz_h1 {
    yz_h1_state state;
    bool response;
    bool answers_head;  /* the response to come answers a HEAD */
    bool upgrades;      /* … a request for another protocol */
    bool cr;            /* the last byte was a CR: an LF must follow */
    unsigned char lead; /* of an empty line before a request: 1 CR, 2 CR LF */
    unsigned interim;   /* 1xx responses passed over */
    yz_h1_limits limits;
    yz_h1_hooks hooks;
    void *arg;
    yz_buf partial;    /* the beginning of a line whose end has not come */
    size_t line_bytes; /* of header fields, or of trailers, so far */
    size_t overhead;   /* of chunks: what is not data */
    int64_t left;      /* of the body or the chunk */
    int64_t body;      /* bytes of the body so far */
    int64_t most;      /* … of this message, at most; -1: no limit */
    yz_arena *arena;
    yz_h1_head *head;
    size_t cap_headers;
    size_t n_trailers;
    yz_h1_said said;
    llhttp_t llhttp;
    int status; /* of the refusal */
    const char *reason;
};

/* Results of the steps, beside negative codes. */
#define YZ_H1_MORE 0 /* bytes are used up */
#define YZ_H1_DONE 1 /* the step is finished */

int yz_h1_refuse(yz_h1 *h1, int code, int status, const char *reason);

/* h1.c: is the length that the head says within the limit? */
bool yz_h1_fits(const yz_h1 *h1);

/* h1_line.c: takes the next line, which ends in CR LF, from *p. The slice (without its end) lives until the next call;
 * it begins at *p exactly if the line came in one piece. `most`:
 * bytes it may have; a longer one is refused with `status`. */
int yz_h1_line(yz_h1 *h1, const char **p, const char *end, size_t most, int status, yz_str *line);

/* h1_line.c: the first control byte (TAB is one) from p on, or end. */
const char *yz_h1_find_control(const char *p, const char *end);

/* h1_line.c: is every byte from p on visible ASCII, a blank, or of a line's end? */
bool yz_h1_plain(const char *p, const char *end);

/* h1_head.c: one line of a head, and what the whole says. */
int yz_h1_start_line(yz_h1 *h1, yz_str line);
int yz_h1_field(yz_h1 *h1, yz_str line);
int yz_h1_trailer(yz_h1 *h1, yz_str line);
int yz_h1_check_head(yz_h1 *h1);
/* Of a head whose lines have all been accepted: does it hold only what no two readers differ about? */
bool yz_h1_usual(const yz_h1 *h1);

/* h1_chunk.c: the line before a chunk: sets `left`. */
int yz_h1_chunk_line(yz_h1 *h1, yz_str line);

/* h1_text.c: the class of each byte. Lower-case letter of a token character, else 0. */
extern const unsigned char yz_h1_token[256];
/* "host", "host:port", "[v6]:port"? */
bool yz_h1_host_ok(yz_str host);
/* The authority of an absolute-form http(s) target; its end in *rest. False if the target is in another form. */
bool yz_h1_absolute(yz_str target, yz_str *authority, yz_str *rest);
/* May these bytes stand in a request target? */
bool yz_h1_target_ok(yz_str target);

#endif
