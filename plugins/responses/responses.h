/* responses/responses.h: what the files of the openai-responses adapter share. The dialect is "openai-responses": the Responses API of
 * OpenAI and of everybody who speaks like it. Nothing here does I/O.
 *
 *   plugin.c  options, routes, endpoint: the descriptor      tool.c    custom tools and tools in namespaces
 *   read.c, read_item.c     a client's request -> neutral    write.c, write_item.c     neutral -> a provider's request
 *   decode.c, decode_item.c a provider's answer -> events    encode.c, encode_item.c   events -> a client's answer
 *   state.c   whose the answers are that a provider keeps    stored.c  requests about them
 *   mend.c    a client's body as the provider takes it       errors.c  error bodies
 *   ../common what it shares with other adapters: models, errors, schemas, signatures, ids, data URLs
 */
#ifndef RESPONSES_RESPONSES_H
#define RESPONSES_RESPONSES_H

#include "../common/common.h"

#define RS_DIALECT "openai-responses"
#define RS_SIGNER  "openai" /* whose encrypted reasoning it is */
/* What ids of thoughts begin with that encode_item.c writes: the item's prefix, and the response's id. */
#define RS_REASONING_ID "rs_resp_"

/* ---- options (plugin.c has the table) --------------------------------------------------------------------------------- */

enum { RS_ROLE_AUTO, RS_ROLE_SYSTEM, RS_ROLE_DEVELOPER };
enum { RS_SEND_AUTO, RS_SEND_ENCRYPTED, RS_SEND_TEXT, RS_SEND_NEVER };

typedef struct rs_config {
    int system_role, send_reasoning;
    yz_list drop, tool_types;
    yz_str responses_path;
} rs_config;

/* How earlier thoughts go to this model: AUTO is decided by its name. */
int rs_sends_reasoning(const rs_config *config, const yz_model_facts *facts);
bool rs_drops(const rs_config *config, yz_str field);

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

/* ---- towards providers ---------------------------------------------------------------------------------------------------- */

int rs_write(const yz_provider *provider, const yz_chat *chat, const yz_target *target, yz_arena *arena, yz_losses *losses, yz_buf *out);
/* Has it tools of a type that the provider does not take (option tool_types)? Then it is written anew. */
bool rs_rewrites(const yz_request *request, const yz_target *target);
const yz_request *rs_mend(const yz_request *request, const yz_target *target, yz_arena *arena, yz_losses *losses);

/* What writing one request needs at hand. */
typedef struct rs_writer {
    const rs_config *config;
    const yz_chat *chat;
    const yz_model_facts *facts; /* NULL: nothing is known */
    int send_reasoning;          /* not AUTO */
    yz_str effort;               /* that is sent; empty: none */
    yz_arena *arena;
    yz_losses *losses;
    yz_buf *out;
    bool refused; /* something cannot be carried without making the rest senseless */
    size_t alone; /* where in `out` encrypted thoughts stand that nothing follows yet; 0: none do */
} rs_writer;
void rs_write_input(rs_writer *w); /* instructions and input */

/* state.c: ids of answers that a provider keeps; the contracts are yz_adapter's. */
bool rs_holds(const yz_call *call, const yz_request *request, const yz_target *target, yz_error *why);
size_t rs_stamp(const yz_request *request, const yz_target *target, yz_str data, yz_arena *arena, yz_splice *const *out, size_t most);
const yz_request *rs_mend_ids(const yz_request *request, yz_arena *arena);
#define RS_PREVIOUS      "previous_response_id"
#define RS_CONVERSATION  "conversation"
#define RS_CONVERSATIONS "/conversations" /* the path */

/* stored.c: requests of op STORED. The first is `accept` for them. */
/* Ids of the wrong kind. YZ_OK, or refused. */
int rs_accept_ids(const yz_request *request, yz_arena *arena, yz_error *error);
int rs_accept_stored(yz_request *request, yz_arena *arena, yz_error *error);
void rs_endpoint_stored(const rs_config *config, const yz_request *request, yz_arena *arena, yz_endpoint *out);

/* An item of the provider's answer. It is kept after it has ended, so that the whole response at the end tells nothing twice. */
typedef struct rs_open {
    uint32_t id;      /* hash of its id; 0: it has none */
    int32_t at;       /* its output_index; -1: it has none */
    uint32_t index;   /* the open neutral item plus one; 0: none is open */
    uint8_t kind;     /* of the open neutral item: a yz_part_kind */
    uint8_t part;     /* which part of the item that is: content_index or summary_index */
    bool said, ended; /* arguments of it came; it is over */
    bool by_content;  /* its thoughts come as they are, not as a summary */
    uint32_t parts;   /* bit i: part i was told (31: that one and all later ones) */
    uint32_t notes;   /* annotations that were told of the open text */
} rs_open;

#define RS_OPEN_MAX 192 /* items of one answer that are remembered */

typedef struct rs_decoder {
    bool started, failed, done, logprobs, forgot; /* logprobs: they were reported as lost; forgot: there were too many items to remember */
    yz_usage usage;
    unsigned n_items, n_calls, n_open, n_pictures;
    rs_open open[RS_OPEN_MAX];
} rs_decoder;

int rs_decode_event(void *decoder, yz_str name, yz_str data, yz_arena *arena, yz_sink *sink);
int rs_decode_body(void *decoder, const yz_json *body, yz_arena *arena, yz_sink *sink);

/* decode_item.c: items, as events tell them; `event` is the whole data. YZ_ELIMIT: too many calls. */
int rs_item_added(rs_decoder *d, const yz_json *event, yz_sink *sink);
int rs_item_done(rs_decoder *d, const yz_json *event, yz_sink *sink);               /* what nobody has told yet of it, and its end */
void rs_item_said(rs_decoder *d, yz_str type, const yz_json *event, yz_sink *sink); /* a piece, a whole, an annotation; else nothing */
int rs_items_whole(rs_decoder *d, const yz_json *output, yz_sink *sink);            /* all of a document, or of the last event */
void rs_items_end(rs_decoder *d, yz_sink *sink);

/* ---- towards clients ------------------------------------------------------------------------------------------------------ */

int rs_accept(yz_request *request, yz_arena *arena, yz_error *error);
int rs_read(const yz_request *request, yz_arena *arena, yz_losses *losses, yz_chat *out, yz_error *error);

typedef struct rs_reader {
    yz_arena *arena;
    yz_losses *losses;
    yz_chat *out;
    yz_error *error;
    yz_message *last;    /* what the next item may join; NULL: none */
    yz_message *results; /* of the last calls: their results that have been read; NULL: none */
    yc_index *calls;     /* the calls, by their ids */
    size_t at;           /* number of the item, for words */
} rs_reader;
#define rs_refuse(r, param, ...) yz_refuse((r)->arena, (r)->error, param, __VA_ARGS__)
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
    const yz_event *sources, **sources_end; /* of the open text: told at its end */
    yz_buf logprobs;                        /* raw entries with commas between, of the open text or the next one */
    size_t n_told;                          /* bytes of them that a delta has told */
    yz_buf output;                          /* the finished items, with commas between */
} rs_encoder;
void rs_encode_open(void *encoder, const yz_encode_info *info);
void rs_encode(void *encoder, const yz_event *event, yz_buf *out);
/* Begins an event of the stream: up to its sequence number, with no comma after it. */
void rs_event(rs_encoder *e, const char *type, yz_buf *out);
void rs_event_end(yz_buf *out);
void rs_put_line(yz_str raw, yz_buf *out); /* raw JSON on one line */
void rs_encode_item(rs_encoder *e, const yz_event *event, yz_buf *out);
void rs_encode_delta(rs_encoder *e, yz_str text, yz_buf *out);
void rs_encode_logprobs(rs_encoder *e, const yz_event *event);
void rs_encode_annotation(rs_encoder *e, const yz_event *event, yz_buf *out);
void rs_encode_item_end(rs_encoder *e, yz_buf *out);

void rs_write_error(const yz_error *error, int status, yz_str request_id, yz_buf *out);
/* The code Responses clients know for what happened; its class's word otherwise. */
yz_str rs_error_code(const yz_error *error);

#endif
