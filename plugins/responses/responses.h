/* responses/responses.h: what the files of the openai-responses adapter share. The dialect is "openai-responses": the Responses API of
 * OpenAI, towards clients only. Nothing here does I/O.
 *
 *   plugin.c  routes: the descriptor                       tool.c    custom tools and tools in namespaces
 *   read.c, read_item.c   a client's request -> neutral    encode.c, encode_item.c   events -> a client's answer
 *   errors.c  error bodies
 */
#ifndef RESPONSES_RESPONSES_H
#define RESPONSES_RESPONSES_H

#include <yuzui/plugin.h>

#define RS_DIALECT "openai-responses"
#define RS_SIGNER  "openai" /* whose encrypted reasoning it is */

/* ---- tools (tool.c) --------------------------------------------------------------------------------------------------- */

/* What a call of this name (escaped) is to the client whose body this is. Custom tools are functions of one text "input" to other
 * dialects, and a tool of a namespace has the name NAMESPACE__NAME there. */
typedef struct rs_tool {
    bool custom;
    yz_str name, space; /* escaped; space is empty outside of namespaces */
} rs_tool;
rs_tool rs_tool_of(const yz_json *body, yz_str name);
yz_str rs_full_name(yz_arena *arena, yz_str space, yz_str name);
/* The text of a custom tool's call, escaped, out of the escaped JSON text of its arguments; what is no such object is the text itself. */
yz_str rs_custom_input(yz_arena *arena, yz_str args);

/* Signatures of other vendors stand in encrypted_content as "yuzui:VENDOR:SIGNATURE": the client sends them back, and nobody else reads
 * them. Fills signature and signed_by of what was read. */
yz_str rs_wrap_signature(yz_arena *arena, yz_str signature, yz_str vendor);
void rs_unwrap_signature(yz_str encrypted, yz_part *part);

/* ---- towards clients ------------------------------------------------------------------------------------------------------ */

int rs_accept(yz_request *request, yz_arena *arena, yz_error *error);
int rs_read(const yz_request *request, yz_arena *arena, yz_losses *losses, yz_chat *out, yz_error *error);

typedef struct rs_reader {
    yz_arena *arena;
    yz_losses *losses;
    yz_chat *out;
    yz_error *error;
    yz_message *last;    /* what the next item may join; NULL: none */
    yz_message *results; /* where results of the last calls go */
    size_t at;           /* number of the item, for words */
} rs_reader;
#define rs_refuse(r, param, ...) yz_refuse((r)->arena, (r)->error, param, __VA_ARGS__)
void rs_put_quoted(yz_buf *out, yz_str escaped); /* escaped text as a string */
int rs_read_input(rs_reader *r, const yz_json *input);

typedef struct rs_encoder {
    const yz_encode_info *info;
    yz_str id, model; /* escaped */
    int64_t created;
    bool opened, closed, passed_over;
    unsigned seq, n_items, n_calls;
    yz_finish finish;
    yz_usage usage;
    yz_part_kind item; /* the open one */
    rs_tool tool;      /* of an open call */
    yz_str item_id, call_id, raw, signature;
    yz_buf text, annotations; /* of the open item: escaped; raw objects with commas between */
    unsigned n_annotations;
    yz_buf output; /* the finished items, with commas between */
} rs_encoder;
void rs_encode_open(void *encoder, const yz_encode_info *info);
void rs_encode(void *encoder, const yz_event *event, yz_buf *out);
/* Begins an event of the stream: up to its sequence number, with no comma after it. */
void rs_event(rs_encoder *e, const char *type, yz_buf *out);
void rs_event_end(yz_buf *out);
void rs_put_line(yz_str raw, yz_buf *out); /* raw JSON on one line */
void rs_encode_item(rs_encoder *e, const yz_event *event, yz_buf *out);
void rs_encode_delta(rs_encoder *e, yz_str text, yz_buf *out);
void rs_encode_annotation(rs_encoder *e, const yz_event *event, yz_buf *out);
void rs_encode_item_end(rs_encoder *e, yz_buf *out);
void rs_lose(const rs_encoder *e, yz_str name, const char *otherwise);

void rs_write_error(const yz_error *error, int status, yz_str request_id, yz_buf *out);
/* The code Responses clients know for what happened; its class's word otherwise. */
yz_str rs_error_code(const yz_error *error);

#endif
