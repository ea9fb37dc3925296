/* openai/openai.h: what the files of the openai adapter share. The dialect is "openai-chat": Chat Completions of OpenAI and of
 * everybody who speaks like it. Nothing here does I/O.
 *
 *   plugin.c  options, routes, endpoints: the descriptor
 *   read.c, read_message.c, read_thinking.c    a client's request -> neutral     write.c, write_message.c   neutral -> a provider's request
 *   decode.c, decode_*.c  a provider's answer -> events         encode.c, encode_*.c       events -> a client's answer
 *   mend.c, mend_message.c, mend_model.c, mend_names.c, mend_tools.c    a client's body as the provider's options want it, and as the model
 * takes it kept.c    films, files and batches, which an account keeps, and batch.c   what a batch is made of upload.c  files that come in
 * parts film.c    how a film stands, film_request.c   what one is asked for by, film_notes.c   what is noted of one, film_task.c   an older
 * form picture.c the Images API where a model of another dialect paints media.c   requests and answers of pictures and sound, which are
 * forwarded realtime.c  sessions by WebSocket
 *   ../common what it shares with other adapters: models, errors, schemas, ids, data URLs
 */
#ifndef OPENAI_OPENAI_H
#define OPENAI_OPENAI_H

#include "../common/common.h"

/* ---- options (plugin.c has the table) --------------------------------------------------------------------------------- */

enum { OA_FIELD_AUTO, OA_FIELD_MAX_TOKENS, OA_FIELD_MAX_COMPLETION_TOKENS };
enum { OA_ROLE_AUTO, OA_ROLE_SYSTEM, OA_ROLE_DEVELOPER };
enum { OA_SEND_AUTO, OA_SEND_NEVER, OA_SEND_WITH_CALLS, OA_SEND_ALWAYS };
enum { OA_IDS_ANY, OA_IDS_NINE };
enum { OA_NAMES_ANY, OA_NAMES_LETTER };
enum { OA_LATE_AUTO, OA_LATE_KEEP, OA_LATE_USER };
enum { OA_SCHEMAS_ANY, OA_SCHEMAS_PLAIN };
enum { OA_CONTENT_ANY, OA_CONTENT_TEXT, OA_CONTENT_GIVEN };
enum { OA_ARGUMENTS_ANY, OA_ARGUMENTS_OBJECT };
enum { OA_THINKING_AUTO, OA_THINKING_KEEP, OA_THINKING_EFFORT };
enum { OA_RERANK_JINA, OA_RERANK_COHERE, OA_RERANK_VOYAGE };
enum { OA_EMBEDDINGS_OPENAI, OA_EMBEDDINGS_VOYAGE };
enum { OA_AFTER_TOOL_ANY, OA_AFTER_TOOL_ASSISTANT };

typedef struct oa_config {
    int max_tokens_field, system_role, late_system, send_reasoning, call_ids, tool_names, schemas, content, thinking_fields;
    yz_str reasoning_field, seed_field;
    yz_list drop, message_fields, tool_fields, tool_types;
    bool include_usage, image_urls, top_k, forced_tools;
    yz_str chat_path, completions_path, embeddings_path, moderations_path;
    yz_str images_path, image_edits_path, image_variations_path, speech_path, transcriptions_path, translations_path, rerank_path,
        videos_path, files_path, uploads_path, batches_path, realtime_path;
    int after_tool, rerank_form, embeddings_form, arguments;
    yz_list fields;
    bool empty_tools;
    int64_t least_tokens;
} oa_config;

/* The field thoughts are sent in. */
static inline yz_str oa_thoughts_field(const oa_config *config) {
    return config->reasoning_field.n ? config->reasoning_field : YZ_STR("reasoning_content");
}

/* ---- towards providers ------------------------------------------------------------------------------------------------ */

int oa_write(const yz_provider *provider, const yz_chat *chat, const yz_target *target, yz_arena *arena, yz_losses *losses, yz_buf *out);

/* What the last message that was written is: OA_OPEN_TEXT: its content is a string; OA_OPEN_PARTS: a list. Anything else: NONE. */
typedef enum oa_open { OA_OPEN_NONE, OA_OPEN_SYSTEM_TEXT, OA_OPEN_USER_TEXT, OA_OPEN_USER_PARTS } oa_open;

/* What writing one request needs at hand. */
typedef struct oa_writer {
    const oa_config *config;
    const yz_chat *chat;
    const yz_model_facts *facts; /* NULL: nothing is known */
    yz_str effort;               /* that is sent; empty: none */
    yz_arena *arena;
    yz_losses *losses;
    yz_buf *out;
    bool refused; /* something cannot be carried without making the rest senseless */
    oa_open open; /* the last message, as far as text may be added to it */
    bool spoken;  /* somebody but the system has said something */
    bool result;  /* the last message is a tool's */
} oa_writer;
void oa_write_messages(oa_writer *w);
/* Arguments of a call (escaped) that are no JSON object, for who reads them as one: as a string of a document that shows them as they are.
 */
void oa_put_shown(yz_arena *arena, yz_str arguments, yz_buf *out);
/* Does the provider take this field of a request (option fields)? The seed goes by the name that it has there (mend_fields.c). */
bool oa_takes_field(const oa_config *config, yz_str name);
/* What the assistant says between a tool's result and the user, where the user may not follow the tool (option after_tool). */
#define OA_ANSWERED "{\"role\":\"assistant\",\"content\":\"Done.\"}"

/* A tool call of the answer: how the provider tells it from the others, and its item. */
typedef struct oa_call {
    int32_t at;     /* the provider's index; -1: it gives none */
    uint32_t id;    /* hash of the provider's id; 0: it gives none */
    uint32_t index; /* of its item, once that has begun */
    uint32_t choice;
    bool begun, ended, is_whole, custom;   /* custom: its text has begun */
    uint16_t id_at, id_n, name_at, name_n; /* before it has begun: what is known of it, in the decoder's `early` */
    yz_whole whole;                        /* its arguments */
} oa_call;

#define OA_EARLY_MAX 480 /* bytes of ids and names that came apart: what is too much is forgotten */

#define OA_CHOICES_MAX 32 /* that an answer may have; more are told as lost */
#define OA_WORD_MAX    40 /* bytes of a finish_reason that waits for those of the other choices */

#define OA_SEQUENCE_MAX 256

typedef struct oa_choice {                   /* one of several answers, as far as it has come */
    yz_items items;                          /* of text; its `n` is the decoder's while it is in use */
    uint32_t audio;                          /* the open item of sound plus one; 0: none */
    bool used, called, cited, thought_aloud; /* thought_aloud: a field of its own has told thoughts */
    bool finished, once;                     /* by what it said last; by anything it said, so that it is at a stream's end */
    yz_finish finish;
    uint8_t word_n;
    char word[OA_WORD_MAX]; /* escaped: a finish_reason this dialect does not know */
} oa_choice;

typedef struct oa_decoder {
    bool started, content, finished, failed, done; /* finished: the FINISH events are out */
    yz_usage usage;
    unsigned n_items, at, n_choices; /* at: the choice that is read; n_choices: one more than the greatest seen */
    unsigned n_pictures;             /* that were made */
    unsigned n_calls, n_ended;       /* the calls before n_ended are over */
    unsigned n_early, n_waiting;     /* bytes of `early`; calls that have not begun */
    unsigned n_sequence, stopped;    /* bytes of `sequence`, and the choice it is of */
    yz_event delta;                  /* one of the open item, for what goes the short way; size 0: none was made yet */
    yz_same same;                    /* of the last chunk that was plain text: see decode_same.c */
    /* nobody zeroes what follows, and the bytes of `same`: it is filled before it is read */
    char sequence[OA_SEQUENCE_MAX]; /* escaped: the stop sequence that ended a choice */
    char early[OA_EARLY_MAX];       /* escaped: ids and names of calls that have not begun */
    oa_call calls[YZ_CALLS_MAX];
    oa_choice choices[OA_CHOICES_MAX]; /* those below n_choices */
} oa_decoder;
static inline oa_choice *oa_now(oa_decoder *d) { return &d->choices[d->at]; }
/* The choice that is read goes on: what it said of its end was not the end. */
static inline void oa_goes_on(oa_decoder *d) { oa_now(d)->finished = false; }
/* A piece of the choice that is read: text of whatever kind. */
void oa_decode_text(oa_decoder *d, yz_part_kind kind, yz_str escaped, yz_sink *sink);
/* The thoughts of a message or delta (decode_thoughts.c). */
void oa_decode_thoughts(oa_decoder *d, const yz_json *message, yz_sink *sink);
/* Whose what is signed or sealed is, by its format; empty: nobody's that is known here. */
yz_str oa_vendor_of(yz_str format);
/* What a message or delta says beside text and calls: pictures, sound, sources, probabilities; true: it is one of those (decode_more.c). */
bool oa_decode_more(oa_decoder *d, const yz_json *field, yz_arena *arena, yz_sink *sink);
void oa_decode_logprobs(oa_decoder *d, const yz_json *logprobs, yz_sink *sink);
/* Tool calls: the list of a delta or (whole) of a message; one alone, at this index (decode_calls.c). YZ_ELIMIT: too many. */
int oa_decode_calls(oa_decoder *d, const yz_json *list, bool whole, yz_sink *sink);
int oa_decode_call(oa_decoder *d, const yz_json *delta, int32_t at, bool whole, yz_sink *sink);
/* Ends the calls whose arguments are whole, or `all`: then also one that was announced and nothing more. */
void oa_end_calls(oa_decoder *d, bool all, yz_sink *sink);
/* Sources that stand beside the choices, told once (Perplexity). */
void oa_decode_sources(oa_decoder *d, const yz_json *root, yz_sink *sink);

/* Does this event end a stream of pictures or sound? */
bool oa_media_ends(const yz_json *event);
/* Is it the document of an operation whose answers are only forwarded: embeddings, moderations, rankings, pictures, transcripts? */
bool oa_media_document(const yz_json *body);
/* Has it the list of one, with nothing in it that was made? What an entry of it says of that: the entry with an error, or NULL. */
bool oa_media_empty(const yz_json *body);
const yz_json *oa_media_error(const yz_json *body);
const char *const *oa_media_fields(const yz_request *request); /* yz_adapter's */
/* What it says of pictures that were made, and of seconds that were heard. False: nothing. */
bool oa_media_units(yz_usage *usage, const yz_json *root);

int oa_decode_event(void *decoder, yz_str name, yz_str data, yz_arena *arena, yz_sink *sink);
int oa_decode_body(void *decoder, const yz_json *body, yz_arena *arena, yz_sink *sink);
void oa_same_remember(oa_decoder *d, yz_str data, const yz_json *root);
/* Is this chunk the remembered one with another text? Then its text, escaped. */
bool oa_same_text(const oa_decoder *d, yz_str data, yz_arena *arena, yz_str *escaped);
/* An id of a call as the provider takes it: of nine letters and digits where the options say so (Mistral). */
void oa_put_nine(yz_buf *out, yz_str id);
const yz_request *oa_mend(const yz_request *request, const yz_target *target, yz_arena *arena, yz_losses *losses);
/* Has it tools of free text, and the provider takes none (option tool_types)? Then it is written anew, and so is its answer. */
bool oa_rewrites_tools(const oa_config *config, const yz_request *request);                                      /* mend_types.c */
size_t oa_renamed(const yz_request *request, const yz_target *target, yz_arena *arena, yz_str *at, size_t most); /* mend_names.c */
/* Is there nothing in this line of a batch's file that a chat by itself is refused for, or judged by: no field near another's name, and
 * nothing that is stored? Else *error says what, of `param`. */
int oa_batch_judge(const yz_json *line, size_t number, const char *param, yz_arena *arena, yz_error *error);
/* A line of a batch's file that is not blank: does it ask for this model (set, if it is empty)? Then it is written to `out` (NULL: it is
 * not), with the name `as` for it. Else *error says what is wrong with line `number`. */
int oa_batch_line(yz_str line, size_t number, yz_str as, yz_arena *arena, yz_str *model, yz_buf *out, yz_error *error);
bool oa_batch_blank(yz_str line);
yz_str oa_batch_whole(yz_str file);
void oa_batch_put(yz_str file, yz_str model, yz_buf *out);
/* batch_stream.c: a file whose first bytes are these, and which goes on. */
const yz_request *oa_stream_file(const yz_request *request, yz_str file, const yz_target *target, yz_arena *arena);
const yz_request *oa_mend_file(const yz_request *request, const yz_target *target, yz_arena *arena);
const yz_request *oa_mend_batch(const yz_request *request, yz_arena *arena);
bool oa_ask_usage(const yz_provider *provider, const yz_request *request, yz_splice *out);
bool oa_decode_complete(const yz_provider *provider, const void *decoder);
void oa_decode_end(void *decoder, yz_arena *arena, yz_sink *sink);
/* Reads a usage object into the decoder: a field it does not give keeps its value. */
void oa_read_usage(oa_decoder *d, const yz_json *usage);

/* kept.c; the contracts are yz_adapter's. */
bool oa_holds(const yz_call *call, const yz_request *request, const yz_target *target, yz_error *why);
size_t oa_stamp(const yz_request *request, const yz_target *target, yz_str data, yz_arena *arena, yz_splice *const *out, size_t most);
void oa_endpoint_stored(const oa_config *config, const yz_request *request, yz_arena *arena, yz_endpoint *out);

/* realtime.c; likewise. */
int oa_accept_session(yz_request *request, yz_arena *arena, yz_error *error);
void oa_endpoint_session(const oa_config *config, const yz_request *request, const yz_target *target, yz_arena *arena, yz_endpoint *out);
void oa_read_session(yz_str text, yz_arena *arena, yz_sink *sink);
/* The path with {model} replaced by the target's model, percent-encoded (plugin.c). */
yz_str oa_expand(yz_arena *arena, yz_str path, yz_str model);

/* ---- towards clients ---------------------------------------------------------------------------------------------------- */

int oa_accept(yz_request *request, yz_arena *arena, yz_error *error);
/* A request of the Images API, likewise (picture.c). */
int oa_read_picture(const yz_request *request, yz_arena *arena, yz_losses *losses, yz_chat *out, yz_error *error);
int oa_read_film(const yz_request *request, yz_arena *arena, yz_losses *losses, yz_film *out, yz_error *error); /* film_request.c */
int oa_write_film(const yz_provider *provider, const yz_film *film, const yz_target *target, yz_arena *arena, yz_losses *losses,
                  yz_buf *out);
/* film_notes.c: does this `metadata` of a film hold notes alone, and no field by which a relay could have more made than is paid for? */
bool oa_is_noted(const yz_json *metadata, yz_arena *arena);

/* film_task.c: an older form, for clients. Is a request in it; what it says beside what the Videos API has; is that one of its fields; how
 * a film stands in it. */
bool oa_is_task(const yz_request *request);
void oa_read_task(const yz_json *root, yz_arena *arena, yz_film *out);
bool oa_is_task_field(yz_str name);
void oa_write_task(const yz_request *request, const yz_job *job, yz_buf *out);
/* YZ_OK, or why such a body is refused: how many films it is for, and how long, must be clear. */
int oa_accept_task(const yz_json *root, yz_arena *arena, yz_error *error);
/* remix.c: the id of the film that is to be made anew, in the path; empty: none is. The rest as in yz_adapter. */
yz_str oa_remix_of(const yz_request *request);
int oa_accept_remix(yz_request *request, yz_arena *arena, yz_error *error);
const yz_request *oa_mend_remix(const yz_request *request, yz_arena *arena);
int oa_read_job(const yz_request *request, const yz_json *body, yz_arena *arena, yz_job *out);
void oa_write_job(const yz_request *request, const yz_job *job, yz_buf *out);
/* batch_job.c: of a batch. Is a request about batches; the rest as in yz_adapter. */
bool oa_is_batch(const yz_request *request);
int oa_read_batch(const yz_json *body, yz_arena *arena, yz_job *out);
void oa_write_batch(const yz_request *request, const yz_job *job, yz_buf *out);
yz_str oa_batch_file(const yz_request *request, yz_arena *arena);
int oa_batch_chat(const yz_request *request, yz_str line, size_t number, yz_arena *arena, yz_request *out, yz_error *error);
int oa_read_result(yz_str line, yz_arena *arena, yz_str *of, yz_usage *out);
void oa_write_jobs(const yz_request *request, const yz_job *const *jobs, size_t n, bool more, yz_buf *out);
/* upload.c: files that come in parts. Is it about one; one is begun; it goes on. */
bool oa_is_upload(const yz_request *request);
int oa_accept_upload(yz_request *request, yz_arena *arena, yz_error *error);
int oa_accept_of_upload(const yz_request *request, yz_arena *arena, yz_error *error);
bool oa_holds_parts(const yz_call *call, const yz_request *request, const yz_target *target, yz_error *why);
const yz_request *oa_mend_upload(const yz_request *request, yz_arena *arena);
int oa_accept_stored(yz_request *request, yz_arena *arena, yz_error *error);
/* batch.c: of op FILE, and of BATCH. */
int oa_accept_file(yz_request *request, yz_arena *arena, yz_error *error);
int oa_accept_batch(yz_request *request, yz_arena *arena, yz_error *error);
int oa_accept_form(yz_request *request, yz_arena *arena, yz_error *error);
int oa_read(const yz_request *request, yz_arena *arena, yz_losses *losses, yz_chat *out, yz_error *error);

typedef struct oa_reader {
    yz_arena *arena;
    yz_losses *losses;
    yz_chat *out;
    yz_error *error;
} oa_reader;
#define oa_refuse(r, param, ...) yz_refuse((r)->arena, (r)->error, param, __VA_ARGS__)
/* Thoughts that the client sends back (read_signature.c): in clear, and signed or encrypted ones, of which the first encrypted are the
 * same thoughts as those in clear. */
void oa_read_thoughts(yz_message *message, yz_str text, const yz_json *details);
void oa_read_call_signature(yz_part *call, const yz_json *node);
int oa_read_messages(oa_reader *r, const yz_json *messages);
void oa_read_effort(oa_reader *r, const yz_json *root);

typedef struct oa_out_call { /* of a document that is being collected */
    yz_str id, name;
    yz_buf args;
    bool custom;
    yz_str signature; /* escaped: Google's */
} oa_out_call;

#define OA_KEPT_MAX ((size_t)1 << 20) /* bytes of a text, for the places that sources name in it; of thoughts that are signed */

typedef struct oa_out_choice { /* one of the answers */
    struct oa_out_choice *next;
    unsigned choice;
    yz_str chunk; /* a stream: the bytes every chunk begins with, up to the delta */
    bool finished;
    yz_part_kind item;                               /* the open one; past OPAQUE: none, or it is passed over */
    bool short_name;                                 /* thoughts stand in "reasoning", as the provider had them */
    bool waits;                                      /* it is a call that no chunk has told yet */
    yz_str call_id, call_name, signature, signed_by; /* of the open item */
    unsigned n_details;
    bool argued, custom; /* it is a call and has got arguments; of a tool that takes free text */
    unsigned n_calls, n_images;
    yz_finish finish;
    yz_str media_type;
    yz_buf whole;             /* of the open item, where it goes out as a whole: a picture, a custom tool's input; what sources rest on */
    size_t chars;             /* of the text before the open item */
    yz_buf logprobs;          /* raw entries that have not gone out */
    const yz_event **sources; /* of the open item */
    unsigned n_sources, cap_sources, n_annotations;
    yz_buf text, reasoning, refusal, images, audio, annotations, details; /* a document */
    oa_out_call *calls;
} oa_out_choice;

typedef struct oa_out_picture { /* of an answer of the Images API */
    struct oa_out_picture *next;
    uint32_t choice, item; /* of its events */
    yz_str media_type;
    yz_buf data; /* base64 */
} oa_out_picture;

typedef struct oa_encoder {
    const yz_encode_info *info;
    yz_str id, model; /* escaped */
    int64_t created;
    bool opened, closed;
    yz_usage usage;
    oa_out_choice choices; /* the first; others follow as they come */
    oa_out_picture *pictures;
} oa_encoder;

void oa_encode_open(void *encoder, const yz_encode_info *info);
void oa_encode(void *encoder, const yz_event *event, yz_buf *out);
/* The same where the client asked the Images API (picture.c): all but an error. */
void oa_encode_picture(oa_encoder *e, const yz_event *event, yz_buf *out);
/* Begins a chunk of a stream, up to the delta, and ends it (encode.c). */
void oa_chunk_begin(const oa_out_choice *c, yz_buf *out);
void oa_chunk_end(oa_encoder *e, oa_out_choice *c, yz_buf *out);
/* Sources, pictures, sound and log probabilities of an answer (encode_more.c). */
void oa_more_source(oa_encoder *e, oa_out_choice *c, const yz_event *event);
void oa_more_piece(oa_encoder *e, oa_out_choice *c, yz_str piece, yz_buf *out); /* of a picture or of sound */
void oa_more_end(oa_encoder *e, oa_out_choice *c, yz_buf *out);                 /* the item ends */
/* Signatures, where clients that know this dialect's vendors look for them (encode_signature.c). */
bool oa_signature_fits(const oa_out_choice *c, const yz_event *event); /* it has a place */
void oa_put_call_signature(yz_str signature, yz_buf *out);             /* as a member of a call; nothing if there is none */
void oa_end_thoughts(oa_encoder *e, oa_out_choice *c, yz_buf *out);    /* the item of reasoning ends */
void oa_more_logprobs(oa_encoder *e, oa_out_choice *c, const yz_event *event);
void oa_put_logprobs(oa_out_choice *c, yz_buf *out);                        /* those that wait, or null */
void oa_put_more(const oa_encoder *e, const oa_out_choice *c, yz_buf *out); /* members of a document's message */
/* A document's choices and counts (encode_document.c). */
void oa_encode_document(oa_encoder *e, yz_buf *out);
void oa_put_head(const oa_encoder *e, const char *object, yz_buf *out);
void oa_put_usage(const yz_usage *usage, yz_buf *out);
const char *oa_finish_word(const oa_out_choice *c);
void oa_write_error(const yz_error *error, int status, yz_str request_id, yz_buf *out);

extern const yz_adapter oa_adapter;

/* rerank.c: rankings; the contracts are yz_adapter's mend and stamp. */
const yz_request *oa_mend_rerank(const yz_request *request, const yz_target *target, yz_arena *arena, yz_losses *losses);
size_t oa_stamp_rerank(const yz_request *request, const yz_target *target, yz_str data, yz_arena *arena, yz_splice *const *out,
                       size_t most);
bool oa_rerank_units(yz_usage *usage, const yz_json *root); /* what Cohere bills; false: it says none */

/* embed.c: embeddings; the contracts are yz_adapter's. */
int oa_read_embed(const yz_request *request, yz_arena *arena, yz_losses *losses, yz_embed *out, yz_error *error);
void oa_write_embedded(const yz_request *request, const yz_embed *asked, const yz_embedded *answer, yz_arena *arena, yz_buf *out);
int oa_write_embed(const yz_provider *provider, const yz_embed *embed, const yz_target *target, yz_arena *arena, yz_losses *losses,
                   yz_buf *out);
const yz_request *oa_mend_embed(const yz_request *request, const yz_target *target, yz_arena *arena, yz_losses *losses);
const yz_json *oa_embed_list(const yz_request *request);
int oa_join_embedded(const yz_str *answers, const size_t *inputs, size_t n, yz_arena *arena, yz_buf *out);
int oa_read_embedded(const yz_json *body, yz_arena *arena, yz_embedded *out);

#endif
