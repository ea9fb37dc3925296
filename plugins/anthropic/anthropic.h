/* anthropic/anthropic.h: what the files of the anthropic adapter share. The dialect is "anthropic-messages". No I/O here.
 *
 *   plugin.c  options, routes, endpoint: the descriptor      model.c   what a model takes, by its name
 *   read.c, read_block.c     a client's request -> neutral   write.c, write_message.c, write_id.c, schema.c   neutral -> provider
 *   decode.c                 a provider's answer -> events   encode.c, encode_document.c   events -> a client's answer
 *   errors.c  error bodies, both ways                        mend.c, mend_model.c    a request of this dialect that is forwarded
 *   batch.c   many chats at once, and what becomes of them
 */
#ifndef ANTHROPIC_ANTHROPIC_H
#define ANTHROPIC_ANTHROPIC_H

#include "../common/common.h"

enum { AN_NAMES_ANY, AN_NAMES_LETTER };
enum { AN_SCHEMAS_ANY, AN_SCHEMAS_PLAIN };

typedef struct an_config {
    yz_str version, path;
    int64_t max_tokens; /* 0: by the model */
    yz_list drop;
    int tool_names, schemas;
    bool forced_tools;
} an_config;

/* ---- models ------------------------------------------------------------------------------------------------------------- */

/* Major and minor version of a Claude model as one number: 35, 37, 40, 45, 46, 50; 99 for one without a number (a preview), 0 for
 * anything that is not Claude. */
int an_version(yz_str model);
int64_t an_default_max_tokens(int version);

/* ---- towards providers ---------------------------------------------------------------------------------------------------- */

enum { AN_THINK_UNSAID, AN_THINK_OFF, AN_THINK_BUDGET, AN_THINK_ADAPTIVE };

typedef struct an_ids an_ids; /* write_id.c */

/* A cache mark that was written, and of what: in the order in which the API reads them. */
enum { AN_OF_TOOLS, AN_OF_SYSTEM, AN_OF_MESSAGES };
typedef struct an_mark {
    size_t at, n; /* in the body */
    int of;
} an_mark;

typedef struct an_writer {
    const an_config *config;
    const yz_chat *chat;
    yz_str model;
    int version;
    const yz_model_facts *facts; /* NULL: nothing is known of the model */
    yz_arena *arena;
    yz_losses *losses;
    yz_buf *out;
    bool weakened;           /* a schema has lost a bound */
    bool opened;             /* a schema was not written as strict ones must be: each object closed */
    bool refused;            /* something cannot be carried without making the rest senseless */
    int think;               /* AN_THINK_* */
    int64_t budget;          /* with AN_THINK_BUDGET */
    yz_str effort;           /* with AN_THINK_ADAPTIVE */
    int part_of;             /* what is being written: AN_OF_TOOLS … */
    yz_buf marks;            /* an_mark: the cache marks that were written, in the order of the body */
    int role;                /* of the message being written; -1: none yet */
    const yz_message *turn;  /* that message */
    yz_buf stayed;           /* const yz_message *: the instructions that were written where they stand */
    bool looked;             /* it is known what comes … */
    const yz_message *after; /* … after the instructions in a row that are being written; NULL: nothing */
    const yz_part *trim;     /* the text that ends the request as a prefill */
    an_ids *ids;
} an_writer;

const yz_request *an_mend(const yz_request *request, const yz_target *target, yz_arena *arena, yz_losses *losses); /* mend.c */
/* The request as the catalogue says that its model takes it (mend_model.c). */
const yz_request *an_mend_for_model(const yz_request *request, const yz_target *target, yz_arena *arena, yz_losses *losses);
/* The request without what Claude alone understands (mend_vendor.c). */
const yz_request *an_mend_for_vendor(const yz_request *request, yz_arena *arena, yz_losses *losses);
/* Tools as the options schemas and forced_tools say (mend_tools.c). */
const yz_request *an_mend_tools(const yz_request *request, const an_config *config, yz_arena *arena, yz_losses *losses);
/* Names of tools as the option tool_names says; and which they are, as yz_adapter's `renamed` has it. */
const yz_request *an_mend_names(const yz_request *request, const an_config *config, yz_arena *arena);
size_t an_renamed(const yz_request *request, const yz_target *target, yz_arena *arena, yz_str *at, size_t most);
/* All but the names, which only the answer to a single chat gets back. */
const yz_request *an_mend_chat(const yz_request *request, const yz_target *target, yz_arena *arena, yz_losses *losses);
/* Results of tools stand first in what the user says (mend_results.c). */
const yz_request *an_mend_results(const yz_request *request, yz_arena *arena, yz_losses *losses);
/* The request with no more cache marks than the API takes, of a client that meant another model (mend_marks.c). */
const yz_request *an_mend_marks(const yz_request *request, yz_arena *arena, yz_losses *losses);
#define AN_MARKS_MOST 4 /* a fifth is refused */
/* What goes with a message that does not go on as it is: all but who speaks, and what. */
void an_lose_options(const yz_json *message, yz_arena *arena, yz_losses *losses);
/* An object without a member. */
yz_str an_without(const yz_json *object, const char *member, yz_arena *arena);
int64_t an_budget_of(yz_str effort);                         /* tokens of thinking that stand for a word of effort */
yz_str an_beside(yz_str path, yz_str more, yz_arena *arena); /* the path with more behind it, before its query (plugin.c) */
int an_write(const yz_provider *provider, const yz_chat *chat, const yz_target *target, yz_arena *arena, yz_losses *losses, yz_buf *out);
void an_write_messages(an_writer *w); /* and the system text */
void an_put_cache(an_writer *w, yz_str cache);

/* Ids of calls in this dialect's alphabet, none twice: the same for a call and its result. */
an_ids *an_ids_new(const yz_chat *chat, yz_arena *arena);
void an_put_call_id(an_writer *w, yz_str id);
void an_put_result_id(an_writer *w, yz_str id);

/* A tool's schema: an object at the top, without anyOf, oneOf and allOf there. */
void an_put_input_schema(const an_writer *w, yz_str schema);
/* A schema for structured output, without the keywords the provider refuses; w->weakened tells that one of them meant something. */
void an_put_output_schema(an_writer *w, yz_str schema);
/* The schema of a tool whose arguments are to be held to it, with every object closed; false: it has keywords that the provider refuses
 * then, and is written as any other. */
bool an_put_strict_schema(an_writer *w, yz_str schema);

#define AN_OPEN_MAX 16 /* blocks open at once; the API opens one */

typedef struct an_decoder {
    bool started, finished, failed, done;
    bool unreasoned; /* a stop_reason stood there, and was null */
    yz_usage usage;  /* as last said; INPUT as this dialect counts it: without what came from and went into the cache */
    unsigned n_items, n_calls;
    unsigned n_open;
    struct an_open { /* a content block that has begun and not ended */
        int32_t block;
        unsigned index; /* of its item */
        yz_part_kind kind;
        bool whole; /* its input came with its start */
    } open[AN_OPEN_MAX];
    struct { /* the last delta without its text, and what it was read as: forgotten when a block begins or ends */
        yz_same around;
        unsigned index; /* of its item */
    } same;
} an_decoder;

int an_decode_event(void *decoder, yz_str name, yz_str data, yz_arena *arena, yz_sink *sink);
int an_decode_body(void *decoder, const yz_json *body, yz_arena *arena, yz_sink *sink);
bool an_decode_complete(const yz_provider *provider, const void *decoder);
void an_read_error(int status, const yz_json *body, yz_arena *arena, yz_error *out);
/* An error that stands in a document or event of an answer with status 200; false: there is none, and *out says that one was reported. */
bool an_error_inside(const yz_json *body, yz_arena *arena, yz_error *out);

/* ---- towards clients --------------------------------------------------------------------------------------------------------- */

int an_accept(yz_request *request, yz_arena *arena, yz_error *error);
int an_read(const yz_request *request, yz_arena *arena, yz_losses *losses, yz_chat *out, yz_error *error);

typedef struct an_reader {
    yz_arena *arena;
    yz_losses *losses;
    yz_chat *out;
    yz_error *error;
    size_t at; /* number of the message, for errors */
} an_reader;
#define an_refuse(r, param, ...) yz_refuse((r)->arena, (r)->error, param, __VA_ARGS__)
/* Content (a string or a list of blocks) into parts of the message. */
int an_read_content(an_reader *r, const yz_json *content, yz_message *message);
#define AN_DIALECT "anthropic-messages"
#define AN_SIGNER  "anthropic" /* whose signatures and opaque blocks these are */

typedef struct an_block { /* of a document that is being collected */
    yz_part_kind kind;
    yz_str id, name;        /* escaped */
    yz_str raw;             /* of an opaque block */
    yz_str signature;       /* escaped */
    yz_buf text, citations; /* escaped: text, or the arguments; raw objects with commas between */
} an_block;

typedef struct an_encoder {
    const yz_encode_info *info;
    yz_str id, model; /* escaped */
    bool opened, closed, refused;
    unsigned n_calls;
    yz_finish finish;
    yz_str stop_sequence; /* escaped */
    yz_usage usage;
    yz_part_kind item; /* the open one */
    bool begun;        /* its block has begun: one of text begins with its first piece */
    unsigned n_sent;   /* blocks of the stream; the open one is n_sent - 1 */
    an_block *blocks;  /* of a document, in order */
    size_t n_blocks, cap_blocks;
} an_encoder;

void an_encode_open(void *encoder, const yz_encode_info *info);
void an_encode(void *encoder, const yz_event *event, yz_buf *out);
void an_encode_document(const an_encoder *e, yz_buf *out);
void an_put_usage(const yz_usage *usage, yz_buf *out);
void an_put_stop(const an_encoder *e, yz_buf *out); /* stop_reason and stop_sequence */

void an_write_error(const yz_error *error, int status, yz_str request_id, yz_buf *out);

extern const yz_adapter an_adapter;

/* ---- batches (batch.c): of op BATCH, and STORED ---------------------------------------------------------------------------- */

int an_accept_kept(yz_request *request, yz_arena *arena, yz_error *error);
bool an_holds(const yz_call *call, const yz_request *request, const yz_target *target, yz_error *why);
const yz_request *an_mend_batch(const yz_request *request, const yz_target *target, yz_arena *arena, yz_losses *losses);
void an_endpoint_kept(const an_config *config, const yz_request *request, yz_arena *arena, yz_endpoint *out);
/* The contracts of the rest are yz_adapter's. */
const yz_json *an_batch_chat(const yz_request *request, const yz_json *after, const yz_json **body);
int an_read_job(const yz_request *request, const yz_json *body, yz_arena *arena, yz_job *out);
void an_write_job(const yz_request *request, const yz_job *job, yz_buf *out);
void an_write_jobs(const yz_request *request, const yz_job *const *jobs, size_t n, bool more, yz_buf *out);
int an_read_result(yz_str line, yz_arena *arena, yz_str *of, yz_usage *out);
/* decode.c: what a `usage` of an answer says, in neutral form. */
void an_read_usage(const yz_json *node, yz_usage *out);
size_t an_stamp(const yz_request *request, const yz_target *target, yz_str data, yz_arena *arena, yz_splice *const *out, size_t most);

#endif
