/* openai/openai.h: what the files of the openai adapter share. The dialect is "openai-chat": Chat Completions of OpenAI and of
 * everybody who speaks like it. Nothing here does I/O.
 *
 *   plugin.c  options, routes, endpoints: the descriptor
 *   read.c, read_message.c, read_thinking.c    a client's request -> neutral     write.c, write_message.c   neutral -> a provider's request
 *   decode.c, decode_usage.c  a provider's answer -> events     encode.c                   events -> a client's answer
 *   mend.c    a client's body as the provider's options want it
 *   ../common what it shares with other adapters: models, errors, schemas, ids, data URLs
 */
#ifndef OPENAI_OPENAI_H
#define OPENAI_OPENAI_H

#include "../common/common.h"

#define OA_SIGNER        "openai" /* whose encrypted thoughts stand in reasoning_details */
#define OA_SEALED_FORMAT "openai-responses-v1"

/* ---- options (plugin.c has the table) --------------------------------------------------------------------------------- */

enum { OA_FIELD_AUTO, OA_FIELD_MAX_TOKENS, OA_FIELD_MAX_COMPLETION_TOKENS };
enum { OA_ROLE_AUTO, OA_ROLE_SYSTEM, OA_ROLE_DEVELOPER };
enum { OA_SEND_AUTO, OA_SEND_NEVER, OA_SEND_WITH_CALLS, OA_SEND_ALWAYS };
enum { OA_IDS_ANY, OA_IDS_NINE };
enum { OA_LATE_AUTO, OA_LATE_KEEP, OA_LATE_USER };

typedef struct oa_config {
    int max_tokens_field, system_role, late_system, send_reasoning, call_ids;
    yz_str reasoning_field;
    yz_list drop;
    bool include_usage, image_urls, top_k;
    yz_str chat_path, completions_path, embeddings_path, moderations_path;
} oa_config;

/* ---- towards providers ------------------------------------------------------------------------------------------------ */

int oa_write(const yz_provider *provider, const yz_chat *chat, const yz_target *target, yz_arena *arena, yz_losses *losses, yz_buf *out);

/* What the last message that was written is: OA_OPEN_TEXT: its content is a string; OA_OPEN_PARTS: a list. Anything else: NONE. */
typedef enum oa_open { OA_OPEN_NONE, OA_OPEN_SYSTEM_TEXT, OA_OPEN_USER_TEXT, OA_OPEN_USER_PARTS } oa_open;

/* What writing one request needs at hand. */
typedef struct oa_writer {
    const oa_config *config;
    const yz_chat *chat;
    yz_str model;
    oa_family family;
    yz_str effort; /* that is sent; empty: none */
    yz_arena *arena;
    yz_losses *losses;
    yz_buf *out;
    bool refused; /* something cannot be carried without making the rest senseless */
    oa_open open; /* the last message, as far as text may be added to it */
    bool spoken;  /* somebody but the system has said something */
} oa_writer;
void oa_write_messages(oa_writer *w);

/* A tool call of the answer: how the provider tells it from the others, and its item. */
typedef struct oa_call {
    int32_t at;     /* the provider's index; -1: it gives none */
    uint32_t id;    /* hash of the provider's id; 0: it gives none */
    uint32_t index; /* of its item, once that has begun */
    bool begun, ended, is_whole;
    uint16_t id_at, id_n, name_at, name_n; /* before it has begun: what is known of it, in the decoder's `early` */
    yz_whole whole;                        /* its arguments */
} oa_call;

#define OA_EARLY_MAX 480 /* bytes of ids and names that came apart: what is too much is forgotten */

typedef struct oa_decoder {
    bool started, content, finished, failed, done;
    yz_usage usage;
    yz_items items;
    unsigned n_calls, n_ended;   /* the calls before n_ended are over */
    unsigned n_early, n_waiting; /* bytes of `early`; calls that have not begun */
    yz_event delta;              /* one of the open item, for what goes the short way; size 0: none was made yet */
    yz_same same;                /* of the last chunk that was plain text: see decode_same.c */
    /* nobody zeroes what follows, and the bytes of `same`: it is filled before it is read */
    char early[OA_EARLY_MAX]; /* escaped: ids and names of calls that have not begun */
    oa_call calls[YZ_CALLS_MAX];
} oa_decoder;

int oa_decode_event(void *decoder, yz_str name, yz_str data, yz_arena *arena, yz_sink *sink);
int oa_decode_body(void *decoder, const yz_json *body, yz_arena *arena, yz_sink *sink);
void oa_same_remember(oa_decoder *d, yz_str data, const yz_json *root);
/* Is this chunk the remembered one with another text? Then its text, escaped. */
bool oa_same_text(const oa_decoder *d, yz_str data, yz_arena *arena, yz_str *escaped);
const yz_request *oa_mend(const yz_request *request, const yz_target *target, yz_arena *arena);
bool oa_ask_usage(const yz_provider *provider, const yz_request *request, yz_splice *out);
bool oa_decode_complete(const yz_provider *provider, const void *decoder);
/* Reads a usage object into the decoder: a field it does not give keeps its value. */
void oa_read_usage(oa_decoder *d, const yz_json *usage);

/* ---- towards clients ---------------------------------------------------------------------------------------------------- */

int oa_accept(yz_request *request, yz_arena *arena, yz_error *error);
int oa_read(const yz_request *request, yz_arena *arena, yz_losses *losses, yz_chat *out, yz_error *error);

typedef struct oa_reader {
    yz_arena *arena;
    yz_losses *losses;
    yz_chat *out;
    yz_error *error;
} oa_reader;
#define oa_refuse(r, param, ...) yz_refuse((r)->arena, (r)->error, param, __VA_ARGS__)
int oa_read_messages(oa_reader *r, const yz_json *messages);
void oa_read_effort(oa_reader *r, const yz_json *root);

typedef struct oa_out_call { /* of a document that is being collected */
    yz_str id, name;
    yz_buf args;
} oa_out_call;

typedef struct oa_encoder {
    const yz_encode_info *info;
    yz_str id, model; /* escaped */
    int64_t created;
    yz_str chunk; /* a stream: the bytes every chunk begins with, up to the delta */
    bool opened, finished, closed;
    yz_part_kind item; /* the open one */
    bool argued;       /* it is a call and has got arguments */
    unsigned n_calls;
    yz_finish finish;
    yz_usage usage;
    yz_buf text, reasoning, refusal, details; /* a document; details: what stands between the brackets of reasoning_details */
    unsigned n_details;
    oa_out_call *calls;
} oa_encoder;

void oa_encode_open(void *encoder, const yz_encode_info *info);
void oa_encode(void *encoder, const yz_event *event, yz_buf *out);
void oa_write_error(const yz_error *error, int status, yz_str request_id, yz_buf *out);

extern const yz_adapter oa_adapter;

#endif
