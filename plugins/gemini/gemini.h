/* gemini/gemini.h: what the files of the gemini adapter share. The dialect is "gemini-generate": generateContent of the Gemini API and of
 * Vertex AI. No I/O here.
 *
 *   plugin.c  options, routes, endpoint, lists of models      model.c    what a model takes, by its name
 *   read.c, read_part.c, read_schema.c   a client's request -> neutral      write.c, write_part.c, write_schema.c, answers.c   neutral ->
 * provider decode.c, decode_*.c  a provider's answer -> events       encode.c, encode_*.c   events -> a client's answer errors.c  error
 * bodies, both ways                         field.c    fields in both spellings; signatures; mend.c   what is forwarded embed.c embeddings
 * film.c, film_request.c   films            live.c   sessions
 *
 * Facts of the wire: the API's reference (ai.google.dev/api) and the type definitions of google-genai.
 */
#ifndef GEMINI_GEMINI_H
#define GEMINI_GEMINI_H

#include "../common/common.h"

#include <yuzui/plugin.h>

#define GM_DIALECT "gemini-generate"
#define GM_SIGNER  "google" /* whose signatures and opaque parts these are */

enum { GM_AUTH_AUTO, GM_AUTH_KEY, GM_AUTH_BEARER };

typedef struct gm_config {
    yz_str project, location;
    int auth;
    yz_list drop;
} gm_config;

/* ---- fields (field.c) ----------------------------------------------------------------------------------------------------- */

/* A member by its name in camelCase, or as protobuf spells it: "maxOutputTokens" is also "max_output_tokens". NULL: absent or null. */
const yz_json *gm_get(const yz_json *node, const char *camel);
/* Where a list is wanted the API takes a single value as well: the first of either, and the one after it. */
static inline const yz_json *gm_first(const yz_json *list) { return yz_json_is(list, YZ_JSON_ARRAY) ? list->child : list; }
static inline const yz_json *gm_next(const yz_json *list, const yz_json *node) {
    return yz_json_is(list, YZ_JSON_ARRAY) ? node->next : NULL;
}
/* Base64 in the usual alphabet: SDKs send what is bytes to them in the other one. Empty: it is no base64. */
yz_str gm_base64(yz_arena *arena, yz_str text);
/* Signatures of other vendors pass through Gemini's clients as thoughtSignature, which is base64: as a mark that says whose it is, then the
 * signature, if that is base64 itself. Empty: it cannot be carried. */
yz_str gm_foreign_signature(yz_arena *arena, yz_str signature, yz_str signed_by);
/* Takes such a mark off. Returns whose signature it is; "google" where there is none. */
yz_str gm_signed_by(yz_arena *arena, yz_str *signature);

/* ---- models (model.c) ------------------------------------------------------------------------------------------------------- */

/* Major and minor version of a Gemini model as one number: 15, 20, 25, 30, 31; 99 for one without a number (gemini-flash-latest), 0 for
 * anything that is not Gemini. */
int gm_version(yz_str model);
bool gm_is_pro(yz_str model);
/* The nearest thinkingLevel a model of 3.0 or later takes. */
const char *gm_level(yz_str model, yz_str effort, int64_t budget);
/* The thinkingBudget of a model of 2.5. */
int64_t gm_budget(yz_str model, yz_str effort, int64_t budget);

/* ---- towards clients ---------------------------------------------------------------------------------------------------------- */

int gm_accept(yz_request *request, yz_arena *arena, yz_error *error);
int gm_read(const yz_request *request, yz_arena *arena, yz_losses *losses, yz_chat *out, yz_error *error);
yz_framing gm_framing(const yz_request *request);

typedef struct gm_pending { /* a call that waits for its result */
    struct gm_pending *next_of_id, *next_of_name;
    yz_str id, name; /* escaped */
    bool answered;
} gm_pending;
typedef struct gm_queue { /* the calls of one id, or of one name, in order: those before the first have their results */
    gm_pending *first, *last;
} gm_queue;
typedef struct gm_begun { /* the first result of an id in the last message that has one */
    const yz_message *message;
    yz_part *part;
} gm_begun;

typedef struct gm_reader {
    yz_arena *arena;
    yz_losses *losses;
    yz_chat *out;
    yz_error *error;
    size_t at;                 /* number of the content, for words */
    size_t n_calls;            /* so far: for ids */
    yc_index *by_id, *by_name; /* gm_queue: of calls */
    yc_index *begun;           /* gm_begun: by the id of a result */
} gm_reader;
#define gm_refuse(r, param, ...) yz_refuse((r)->arena, (r)->error, param, __VA_ARGS__)
int gm_read_parts(gm_reader *r, const yz_json *parts, yz_message *message);
/* A schema of the API's own kind (types in capitals, nullable) as JSON Schema; one that is JSON Schema stays as it is. */
yz_str gm_read_schema(yz_arena *arena, const yz_json *schema);

#define GM_CANDIDATES_MAX 8 /* that an answer may have: the API's own limit */

typedef struct gm_out_candidate { /* a document: what has been collected; a stream: what goes into the last event */
    yz_buf parts;                 /* raw parts with commas between */
    yz_str grounding;             /* raw members, as in "groundingMetadata":{…} */
    yz_str own_logprobs;          /* raw object */
    yz_buf chosen, top;           /* of logprobs of others: raw entries with commas between */
    yz_buf chunks, supports;      /* sources of others, likewise */
    unsigned n_chunks, n_texts;   /* n_texts: parts of text that have begun; the open one is n_texts - 1 */
    yz_finish finish;
    bool used;
    /* the open item */
    yz_part_kind item;
    bool passed_over; /* it has no place here */
    yz_str id, name;  /* escaped */
    yz_str raw;       /* of an opaque one */
    yz_str signature; /* escaped */
    yz_buf text;      /* escaped: as far as it is not written */
    yz_buf whole;     /* escaped: all of a text, for the places of sources */
    const yz_event *sources, **sources_end;
} gm_out_candidate;

typedef struct gm_encoder {
    const yz_encode_info *info;
    yz_str tail; /* what ends every event: model and id */
    bool opened, closed;
    unsigned n_calls;
    yz_usage usage;
    gm_out_candidate candidates[GM_CANDIDATES_MAX];
} gm_encoder;

void gm_encode_open(void *encoder, const yz_encode_info *info);
void gm_encode(void *encoder, const yz_event *event, yz_buf *out);
/* The open item, of any kind, as far as it is known (encode_part.c). */
void gm_put_part(const gm_encoder *e, gm_out_candidate *c, yz_buf *out);
/* What an answer rests on, and log probabilities (encode_more.c). */
void gm_more_source(const gm_encoder *e, gm_out_candidate *c, const yz_event *event);
void gm_more_end(const gm_encoder *e, gm_out_candidate *c); /* the text ends */
void gm_more_logprobs(const gm_encoder *e, gm_out_candidate *c, const yz_event *event);
void gm_put_more(const gm_out_candidate *c, yz_buf *out); /* as members of a candidate */
void gm_put_usage(const yz_usage *usage, yz_buf *out);
const char *gm_finish_word(yz_finish finish);
void gm_write_error(const yz_error *error, int status, yz_str request_id, yz_buf *out);

/* ---- towards providers ---------------------------------------------------------------------------------------------------------- */

/* Which result answers which call (answers.c). */
typedef struct gm_answers gm_answers;
const gm_answers *gm_answers_of(const yz_chat *chat, yz_arena *arena);
const yz_part *gm_answer(const gm_answers *answers, const yz_part *part); /* the result of a call, or the call of a result; NULL: none */

typedef struct gm_writer {
    const gm_config *config;
    const yz_chat *chat;
    const gm_answers *answers;
    yz_str model;
    int version;
    yz_arena *arena;
    yz_losses *losses;
    yz_buf *out;
    int role;          /* of the content being written; -1: none yet */
    bool first_call;   /* the next call is the first of its turn */
    bool weakened;     /* a schema has lost a word that meant something */
    const yz_part *at; /* results: the message's first part */
} gm_writer;

int gm_write(const yz_provider *provider, const yz_chat *chat, const yz_target *target, yz_arena *arena, yz_losses *losses, yz_buf *out);
void gm_write_contents(gm_writer *w); /* and the system instruction */
/* A schema for structured output: the words of JSON Schema that responseJsonSchema takes. */
void gm_put_schema(gm_writer *w, yz_str schema);
/* What is forwarded has the target's name where the body repeats the model's. */
const yz_request *gm_mend(const yz_request *request, const yz_target *target, yz_arena *arena, yz_losses *losses);

typedef struct gm_candidate {
    unsigned open;     /* the open item of text or thoughts plus one; 0: none */
    bool sealed;       /* it is signed: what comes is another one */
    size_t bytes;      /* of UTF-8, of the text before the open item */
    size_t open_bytes; /* of the open item's */
    yz_part_kind kind; /* of it */
    yz_finish finish;  /* what it said last; NONE: nothing yet */
    bool finished;     /* … and nothing else after it */
    bool used, calls, said;
} gm_candidate;

typedef struct gm_decoder {
    bool started, failed, done, ended;
    unsigned n_items, n_calls;
    unsigned n_pictures; /* that were made; not those that are thoughts on the way to one */
    yz_usage usage;
    gm_candidate candidates[GM_CANDIDATES_MAX];
} gm_decoder;

int gm_decode_event(void *decoder, yz_str name, yz_str data, yz_arena *arena, yz_sink *sink);
int gm_decode_body(void *decoder, const yz_json *body, yz_arena *arena, yz_sink *sink);
bool gm_decode_complete(const yz_provider *provider, const void *decoder);
void gm_decode_end(void *decoder, yz_arena *arena, yz_sink *sink);
/* One part of a candidate (decode_part.c). YZ_ELIMIT: too many calls. */
int gm_decode_part(gm_decoder *d, unsigned choice, const yz_json *part, yz_arena *arena, yz_sink *sink);
void gm_decode_grounding(gm_decoder *d, unsigned choice, const yz_json *node, yz_arena *arena, yz_sink *sink);
void gm_decode_logprobs(unsigned choice, const yz_json *node, yz_sink *sink);
/* The open item of this kind, or a new one (decode_part.c). */
unsigned gm_text_item(gm_decoder *d, unsigned choice, yz_part_kind kind, yz_sink *sink);
void gm_end_text(gm_candidate *c, yz_sink *sink);
void gm_read_error(int status, const yz_json *body, yz_arena *arena, yz_error *out);
/* An error object found inside an answer with status 200. */
void gm_error_inside(const yz_json *error, yz_arena *arena, yz_error *out);

/* Of a usageMetadata, as far as it says anything; in both forms, that of answers and that of sessions. */
void gm_read_usage(const yz_json *node, yz_usage *usage);

extern const yz_adapter gm_adapter;

/* film.c: films; the contracts are yz_adapter's, but: accept of a request of op STORED, and where at the provider one goes. */
int gm_accept_stored(yz_request *request, yz_arena *arena, yz_error *error);
yz_str gm_stored_path(const yz_request *request, yz_arena *arena);
/* Likewise at Vertex AI, where an operation is asked for by a POST. YZ_EUNSUPPORTED: it is no operation. */
int gm_endpoint_operation(const yz_request *request, yz_arena *arena, yz_endpoint *out);
#define GM_FILM_BYTES "bytesBase64Encoded"
bool gm_holds(const yz_call *call, const yz_request *request, const yz_target *target, yz_error *why);
int gm_read_job(const yz_request *request, const yz_json *body, yz_arena *arena, yz_job *out);
void gm_write_job(const yz_request *request, const yz_job *job, yz_buf *out);
/* film_request.c */
/* A film's request without what is not the client's to say. */
const yz_request *gm_mend_film(const yz_request *request, const yz_target *target, yz_arena *arena, yz_losses *losses);
int gm_read_film(const yz_request *request, yz_arena *arena, yz_losses *losses, yz_film *out, yz_error *error);
int gm_write_film(const yz_provider *provider, const yz_film *film, const yz_target *target, yz_arena *arena, yz_losses *losses,
                  yz_buf *out);

/* live.c: sessions; the contracts are those of accept, endpoint, mend, holds, stamp, read_session, read_close and accept_said, of a request
 * of op REALTIME. */
int gm_accept_session(yz_request *request, yz_arena *arena, yz_error *error);
void gm_endpoint_session(const gm_config *config, const yz_request *request, yz_arena *arena, yz_endpoint *out);
const yz_request *gm_mend_session(const yz_request *request, const yz_target *target, yz_arena *arena);
bool gm_holds_session(const yz_call *call, const yz_request *request, const yz_target *target, yz_error *why);
size_t gm_stamp(const yz_request *request, const yz_target *target, yz_str data, yz_arena *arena, yz_splice *const *out, size_t most);
void gm_read_session(yz_str text, yz_arena *arena, yz_sink *sink);
void gm_read_close(unsigned code, yz_str reason, yz_arena *arena, yz_error *out);
int gm_accept_said(yz_str text, yz_arena *arena, yz_error *error);

/* embed.c: embeddings; the contracts are yz_adapter's. */
int gm_read_embed(const yz_request *request, yz_arena *arena, yz_losses *losses, yz_embed *out, yz_error *error);
void gm_write_embedded(const yz_request *request, const yz_embed *asked, const yz_embedded *answer, yz_arena *arena, yz_buf *out);
int gm_write_embed(const yz_provider *provider, const yz_embed *embed, const yz_target *target, yz_arena *arena, yz_losses *losses,
                   yz_buf *out);
const yz_json *gm_embed_list(const yz_request *request);
int gm_join_embedded(const yz_str *answers, const size_t *inputs, size_t n, yz_arena *arena, yz_buf *out);
int gm_read_embedded(const yz_json *body, yz_arena *arena, yz_embedded *out);

#endif
