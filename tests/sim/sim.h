/* sim.h: the fake world: one process, one thread, that plays OpenAI (both of its APIs), Anthropic and Gemini, strictly, and fails as it is
 * told to.
 *
 * It judges what a gateway sends, so it shares no code with yuzui: its own HTTP reader, and cJSON for documents.
 *
 *   main.c     command line, listeners            conn.c       a connection: read requests, play answers
 *   http.c     reads a request head, strictly     play.c       the bytes of an answer and when they go out
 *   serve.c    from a request to its answer       check.c      little helpers of the dialects' checks
 *   openai.c, openai_check.c                      anthropic.c, anthropic_check.c
 *   gemini.c, gemini_check.c, gemini_check_config.c   responses.c, responses_check.c
 *   media.c    pictures, sound, rankings, films   songs.c, drawings.c   relays
 *   veo.c      films of the Gemini API and of Vertex AI
 *   answer.c, text.c   what the model "says"              script.c     faults, and which request they strike
 *   stored.c   what Responses stores                      batches.c, files.c  batches
 *   ledger.c   what was seen and billed           control.c    /_sim/...
 */
#ifndef SIM_H
#define SIM_H

#include <cjson/cJSON.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <uv.h>

/* ---- bytes ---------------------------------------------------------------------------------------------------------- */

typedef struct str {
    const char *p;
    size_t n;
} str;

typedef struct buf {
    char *p;
    size_t n, cap;
} buf;

void *sim_alloc(size_t n); /* zeroed; ends the program when there is none */
char *buf_room(buf *b, size_t n);
void buf_add(buf *b, const char *p, size_t n);
void buf_adds(buf *b, const char *s);
void buf_printf(buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_json(buf *b, const char *p, size_t n); /* a JSON string, with its quotes */
void buf_free(buf *b);
bool str_is(str s, const char *word);
bool str_iis(str s, const char *word); /* ignoring case */
bool utf8_ok(const char *p, size_t n);

/* ---- HTTP ----------------------------------------------------------------------------------------------------------- */

#define MAX_HEADERS 64
typedef struct header {
    str name, value;
} header;

typedef struct request {
    str method, target;
    char path[512]; /* without prefix and query */
    char query[256];
    char provider[24]; /* of /p/NAME/..., else by dialect */
    header headers[MAX_HEADERS];
    size_t n_headers;
    bool chunked, keep_alive;
    int64_t length;
} request;

/* Reads a head of n bytes (up to and including the blank line). NULL, or what is wrong with it. */
const char *http_head(const char *p, size_t n, request *out);
str http_header(const request *r, const char *name);
/* Decodes chunked bytes. Returns 1 when complete (*used consumed), 0 for more, -1 malformed. */
int http_chunked(const char *p, size_t n, size_t *used, buf *body);

/* ---- faults --------------------------------------------------------------------------------------------------------- */

typedef enum delay_kind { DELAY_NONE, DELAY_FIXED, DELAY_UNIFORM, DELAY_EXPONENTIAL, DELAY_NORMAL } delay_kind;
typedef struct delay {
    delay_kind kind;
    double a, b;
} delay;
int64_t delay_draw(const delay *d); /* ms */

typedef enum hang_kind { HANG_NO, HANG_BEFORE_HEAD, HANG_AFTER_HEAD, HANG_BEFORE_END } hang_kind;
typedef enum form_kind { FORM_ASKED, FORM_DOCUMENT, FORM_STREAM } form_kind;

/* What happens to one request. Offsets and counts of -1 mean never. */
typedef struct fault {
    delay before_head, before_first, between;
    hang_kind hang;
    int64_t hang_chunks, reset_chunks, close_chunks; /* after that many content chunks */
    int64_t reset_at, close_at;                      /* bytes of the whole response */
    int status;                                      /* an error answer; 0: none */
    char retry_after[32], retry_after_ms[32];
    char error_type[48], error_code[48], *error_message, *error_body; /* body: verbatim */
    bool html, empty_body, echo_key;
    int64_t event_chunks; /* an error event after that many content chunks */
    char event_type[48];
    char *event_message;
    bool event_done; /* then goes on to the end as if nothing had happened */
    int64_t garble_at;
    char *garble_with;
    int64_t drip_bytes, drip_ms;
    char content_type[64];
    form_kind form;
    int64_t length_delta;
    bool cl_te, until_close, http10, connection_close, silent_close, stale_next, no_done, no_usage, crlf, comments;
    int64_t infos;
    int info_status;
    uint64_t huge;
    char *raw; /* sent instead of any answer */
    cJSON *headers;
    int64_t words, chunks, prompt_tokens, completion_tokens, cached_tokens;
    char *text, *reasoning;
    char *call;             /* the tool to call where it is offered, with */
    const cJSON *call_args; /* these arguments */
    char finish[24];
} fault;

/* Reads a script; NULL or what is wrong. Replaces the old one. */
const char *script_load(const cJSON *script);
void script_reset(void);
/* ms that a request which comes now stands in line at this provider ("rates"). */
int64_t script_line(const char *provider);
/* What happens to this request; *rule its number or -1. */
const fault *script_match(const request *r, const char *model, bool stream, str body, int *rule);
typedef enum accept_kind { ACCEPT_SERVE, ACCEPT_HANG, ACCEPT_RESET, ACCEPT_CLOSE } accept_kind;
accept_kind script_accept(void);
int64_t script_idle_close(void); /* ms, 0 never */
bool script_key_ok(str key);
bool script_model_ok(const char *model);
const char *script_marker(str bytes); /* a marker found in these bytes, or NULL */
bool script_record(void);
cJSON *script_hits(void); /* how often each rule struck */

/* ---- what the model says -------------------------------------------------------------------------------------------- */

typedef enum dialect { OPENAI, ANTHROPIC, GEMINI, RESPONSES } dialect;

#define MAX_CALLS 16
typedef struct tool_call {
    char id[40];
    char name[160];
    char *args;
} tool_call;

typedef struct answer {
    char id[40];
    char model[96];
    int64_t created;
    buf text;
    int64_t chunks;
    const char *reasoning;
    tool_call calls[MAX_CALLS];
    size_t n_calls;
    const char *finish; /* stop length tool_calls content_filter */
    int64_t prompt_tokens, completion_tokens, cached_tokens;
} answer;

/* What the checks find out on their way. */
typedef struct question {
    char model[96];
    bool stream, include_usage, tool_forced, ends_with_result;
    buf text;       /* of the last user turn, or the tool results */
    cJSON *tools;   /* as sent */
    char only[160]; /* the named tool */
    int64_t max_tokens;
    size_t n;    /* answers wanted */
    bool paints; /* pictures are wanted */
    dialect dialect;
    bool unstored, sealed, goes_on; /* Responses: store is false; encrypted thoughts are wanted; it goes on from a stored answer */
    bool background;                /* likewise: it is queued */
    char account[24], previous[96], conversation[96]; /* likewise: who stores it; ids of what it goes on from */
} question;

uint64_t answer_hash(const char *model, const char *text, size_t n);
/* The text for a hash: "[hash] word word … [/hash]". */
void answer_text(uint64_t hash, int64_t words, buf *out);
void answer_make(const question *q, const fault *f, size_t body, answer *out);
/* The i-th of n pieces of the text: cut at any byte, but not inside a character. */
str answer_piece(const answer *a, int64_t i);
void answer_free(answer *a);

/* ---- plays ---------------------------------------------------------------------------------------------------------- */

typedef enum mark_kind { MARK_WAIT, MARK_HANG, MARK_RESET, MARK_CLOSE } mark_kind;
typedef struct mark {
    size_t at;
    mark_kind kind;
    int64_t ms;
} mark;

/* The bytes of an answer and what happens between them. Body first, then play_finish puts the head before it. */
typedef struct play {
    const fault *fault;
    buf out;
    mark *marks;
    size_t n_marks, cap_marks;
    int64_t content;                    /* chunks of content so far */
    bool stream, chunked, stopped, cut; /* no more events; not even the end of the body */
    size_t event;                       /* where the open chunk frame began */
    buf fill;                           /* repeated fill_left times after `out`, then `post` */
    uint64_t fill_left;
    buf post;
    bool keep_alive;
    int64_t line; /* ms it stands in line before anything else happens */
} play;

void play_mark(play *p, mark_kind kind, int64_t ms);
void play_event(play *p, const char *name, const char *data, size_t n); /* a server-sent event, framed */
bool play_content(play *p); /* before each content chunk: false when the script ended the answer here */
void play_finish(play *p, int status, const char *type, const char *extra); /* adds head and faults by offset */
void play_free(play *p);

/* ---- dialects ------------------------------------------------------------------------------------------------------- */

/* A refusal: as the real service words it. */
typedef struct refusal {
    int status;
    char type[48], code[48], param[96], message[512];
} refusal;
bool refuse(refusal *out, int status, const char *type, const char *code, const char *param, const char *fmt, ...)
    __attribute__((format(printf, 6, 7)));

/* Each of these returns true when the request is fine. */
bool openai_check_head(const request *r, refusal *out);
bool openai_check_chat(const cJSON *body, question *q, refusal *out);
bool mistral_check_chat(cJSON *body, question *q, refusal *out);
bool openai_check_completion(const cJSON *body, question *q, refusal *out);
bool openai_check_embedding(const cJSON *body, refusal *out);
bool openai_check_moderation(const cJSON *body, refusal *out);
/* For both of its APIs. */
bool openai_wrong_type(refusal *out, const char *param, const char *expected);
bool openai_missing(refusal *out, const char *param);
bool openai_booleans(const cJSON *body, const char *const *names, refusal *out);
bool openai_name_ok(const char *name, size_t max);
bool openai_strict_ok(const cJSON *schema);
bool openai_reasons(const char *model);
bool openai_effort_ok(const char *model, const char *effort);
void openai_error(const refusal *r, buf *out);
void openai_document(const answer *a, const question *q, const fault *f, buf *out);
void openai_stream(const answer *a, const question *q, play *p);
void openai_completion_document(const answer *a, const question *q, buf *out);
void openai_completion_stream(const answer *a, const question *q, play *p);
void openai_embedding(const cJSON *body, buf *out);
void openai_moderation(const cJSON *body, buf *out);
void openai_huge(const answer *a, const question *q, play *p);

#define RESPONSES_SEAL "gAAAAA" /* what its encrypted thoughts begin with */

bool responses_check(const cJSON *body, question *q, refusal *out);
void responses_document(const answer *a, const question *q, const fault *f, buf *out);
void responses_stream(const answer *a, const question *q, play *p);
void responses_huge(const answer *a, const question *q, play *p);

/* stored.c: what an account (the provider's name) stores: its last answers and conversations. */
bool stored_has(const char *account, const char *id);
void stored_add(const answer *a, const question *q, const fault *f);
/* A request about them, under /v1/responses/ID and /v1/conversations: answers into `out`, or refuses. `body`: NULL: none. */
bool stored_resource(const request *r, const char *account, const cJSON *body, play *p, refusal *why_not);
void stored_stream(play *p); /* the document that it answered as the end of a stream, if p->stream says so */
/* POST /v1/responses/compact. */
void responses_compact(const question *q, size_t body, buf *out);

bool anthropic_check_head(const request *r, refusal *out);
bool anthropic_check(const cJSON *body, question *q, refusal *out);
void anthropic_error(const refusal *r, buf *out);
void anthropic_document(const answer *a, buf *out);
void anthropic_stream(const answer *a, play *p);
void anthropic_huge(const answer *a, const question *q, play *p);

#define GEMINI_SIGNATURE "Z2VtaW5pIHNpZ25hdHVyZSE=" /* beside what it signs; it knows its own again */

bool gemini_check_head(const request *r, refusal *out);
void gemini_normalise(cJSON *body, bool names); /* names: of its members, none of the API's */
bool gemini_check(const cJSON *body, question *q, refusal *out);
bool gemini_check_contents(const cJSON *body, question *q, refusal *out);
bool gemini_check_embedding(const cJSON *body, const char *model, refusal *out);
bool gemini_unknown(refusal *out, const cJSON *object, const char *const *known, const char *where); /* true: refused */
void gemini_error(const refusal *r, buf *out);
void gemini_document(const answer *a, const question *q, const fault *f, buf *out);
void gemini_stream(const answer *a, const question *q, play *p);
void gemini_huge(const answer *a, const question *q, play *p);
void gemini_count(size_t body, buf *out);
void gemini_embedding(const cJSON *body, buf *out);
void gemini_models(const char *name, buf *out); /* NULL: the list */

/* media.c: pictures, sound, rankings. */
#define SIM_PNG "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==" /* of one point */
typedef enum media_op {
    MEDIA_NONE,
    MEDIA_IMAGE,
    MEDIA_EDIT,
    MEDIA_VARIATION,
    MEDIA_SPEECH,
    MEDIA_HEARD,
    MEDIA_ENGLISH,
    MEDIA_RERANK,
    MEDIA_VIDEO
} media_op;
media_op media_find(const char *path);
bool media_takes_form(media_op m);
cJSON *media_read(media_op m, const request *r, str body); /* NULL: it is not what it should be */
bool media_check(media_op m, const cJSON *body, question *q, refusal *out);
const char *media_answer(media_op m, const cJSON *body, question *q, play *p); /* returns its content type */

/* GET and DELETE of a film of this account: into `out`, with its content type; or refuses. */
bool media_film(const request *r, str body, const char *account, buf *out, const char **type, refusal *why_not);

/* songs.c: a request of the protocol that relays of Suno speak: is it one, is it fine, its answer; and how such a relay words a refusal. */
bool song_is(const char *path);
bool song_check(const request *r, const cJSON *body /* NULL: none */, question *q, refusal *out);
void song_answer(const request *r, const cJSON *body, const question *q, buf *out);
void song_error(const refusal *r, buf *out);

/* veo.c: films of the Gemini API, and of Vertex AI, whose models are named by their whole paths: is it what it takes; the operation that is
 * begun; GET of one, or a POST that names one, and of what it made. */
bool veo_check(const cJSON *body, const char *model, refusal *out);
bool veo_fetch(const cJSON *body, const question *q, buf *out, refusal *why_not);
void veo_begin(const cJSON *body, const question *q, buf *out);
bool veo_operation(const request *r, const char *account, buf *out, refusal *why_not);
bool veo_download(const request *r, const char *account, buf *out, const char **type, refusal *why_not);

/* drawings.c: likewise of Midjourney. */
bool drawing_is(const char *path);
bool drawing_check_head(const request *r, refusal *out);
bool drawing_check(const request *r, const cJSON *body /* NULL: none */, refusal *out);
void drawing_answer(const request *r, const cJSON *body, const question *q, buf *out);
void drawing_error(const refusal *r, buf *out);

/* batches.c: a batch of chats of this account: its document into `out`; or refuses. Then GET, DELETE, cancel and results of one. */
bool batch_begin(const cJSON *body, question *q, buf *out, refusal *why_not);
bool batch_resource(const request *r, const char *account, buf *out, const char **type, refusal *why_not);

/* files.c: likewise, of OpenAI: a file that is uploaded, and what is asked of one; a batch of such a file. */
bool file_upload(const request *r, str body, question *q, buf *out, refusal *why_not);
bool file_resource(const request *r, const char *account, buf *out, const char **type, refusal *why_not);
size_t file_keep(const char *account, const char *purpose, str bytes);
void file_put(size_t i, buf *out);
/* uploads.c: likewise, of files in parts. */
bool upload_begin(const cJSON *body, question *q, buf *out, refusal *why_not);
bool upload_resource(const request *r, str body, const char *account, buf *out, refusal *why_not);
bool openai_batch_begin(const cJSON *body, question *q, buf *out, refusal *why_not);
bool openai_batch_resource(const request *r, const char *account, buf *out, refusal *why_not);

/* check.c */
const char *json_string(const cJSON *object, const char *name); /* NULL unless it is a string */
/* "… that lies at http://…" of a prompt says where what is made lies. */
/* Is it an address of a gateway's, for a job, in that field? A client's own is none that is sent on. */
static inline bool own_hook(const cJSON *value, const char *field) {
    const char *at = cJSON_IsString(value) ? strstr(value->valuestring, "/v1/hooks/job_yz") : NULL;
    return !strcmp(value->string, field) && at && strlen(at) == sizeof "/v1/hooks/job_yz" - 1 + 32 + 1 + 32;
}

static inline const char *lies_at(const char *prompt, const char *otherwise) {
    const char *at = strstr(prompt, "lies at ");
    return at ? at + 8 : otherwise;
}
bool json_list_has(const char *const *list, const char *word);
const char *json_unknown(const cJSON *object, const char *const *known); /* the first field that is not known */
bool json_range(const cJSON *object, const char *name, double min, double max, bool whole, const char **problem);
void question_free(question *q);

/* ---- ledger --------------------------------------------------------------------------------------------------------- */

typedef struct entry {
    uint64_t seq;
    int64_t at_us;                                                                  /* wall clock, request complete */
    uint32_t connection, nth;                                                       /* of the connection */
    char provider[24], path[96], model[64], request_id[80], key[24], answer_id[80]; /* answer_id: what it calls the answer in its head */
    bool stream, done, aborted;
    int status, rule;
    int64_t first_us, end_us; /* since at_us; -1 not yet */
    int64_t prompt_tokens, completion_tokens, billed_prompt, billed_completion;
    uint64_t sent, total;
    char refused[160];
    char *head, *body; /* when recording */
    size_t n_body;
} entry;

entry *ledger_add(void);
entry *ledger_find(uint64_t seq); /* NULL once it was overwritten */
void ledger_violation(const char *what, str bytes);
void ledger_reset(void);
void ledger_size(size_t n);
cJSON *ledger_log(uint64_t since);
cJSON *ledger_stats(void);

typedef struct totals {
    uint64_t requests, answered, errors, refused, aborted, violations, markers, connections, open, resets, bytes;
    uint64_t billed_prompt, billed_completion;
} totals;
extern totals sim_totals;

/* ---- connections ---------------------------------------------------------------------------------------------------- */

typedef struct conn conn;
void conn_accept(uv_stream_t *listener, int status);
size_t conn_drop(bool all, bool reset); /* closes idle (or all) provider connections; how many */
int64_t wall_us(void);
/* Opens or closes the provider ports. */
int sim_listen(bool open);
extern uv_loop_t *sim_loop;

/* serve.c: makes the play of a request and its entry. */
void serve(const request *r, str head, str body, entry *e, play *p);
/* control.c: answers /_sim/... */
void control(const request *r, str body, play *p);

#endif
