/* yuzui/adapter.h: an adapter is the code for one dialect, without I/O. It has two sides:
 *
 *   towards providers: say where a request goes (endpoint), write a neutral request (write), read answers (decode_*, read_error)
 *   towards clients:   say which paths it answers (routes), read a request (read), write answers (encode), write errors
 *
 * An adapter may have one side only. When client and provider speak the same dialect, the body and the answer are forwarded as
 * bytes, and only endpoint, decode_* (for usage, finish and errors, read in passing) and the model's splice are used.
 *
 * What lies between the two sides is the neutral form: of a request in chat.h, of an answer in answer.h.
 */
#ifndef YUZUI_ADAPTER_H
#define YUZUI_ADAPTER_H

#include <yuzui/answer.h>
#include <yuzui/base.h>
#include <yuzui/call.h>
#include <yuzui/chat.h>
#include <yuzui/embed.h>
#include <yuzui/film.h>
#include <yuzui/job.h>
#include <yuzui/json.h>
#include <yuzui/request.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The short way of a decoder: most events of a stream are the one before with another text. Part of a decoder's state. */
typedef struct yz_same {
    uint16_t before, after; /* bytes kept of what stands around the text; both 0: nothing is remembered */
    char bytes[508];
} yz_same;
/* Keeps what stands around `text`, a string of the event `data` that was read in full and said nothing else; NULL: forgets. */
void yz_same_remember(yz_same *same, yz_str data, const yz_json *text);
/* Is this event the remembered one with another text? Then its text, which is proven. */
bool yz_same_text(const yz_same *same, yz_str data, yz_arena *arena, yz_str *escaped);

/* ---- a request in neutral form -------------------------------------------------------------------------------------- */

/* A chat as its dialect's adapter read it. Made by the host; nobody changes it. */
typedef struct yz_reading {
    size_t size;
    int code;                /* what the adapter's `read` returned; YZ_EUNSUPPORTED: it is no chat, or of a dialect that cannot be read */
    const yz_chat *chat;     /* NULL when code is negative */
    const yz_error *error;   /* why it is; else NULL */
    const yz_losses *losses; /* what of it has no place in the neutral form */
} yz_reading;

/* The neutral form of a chat: read by the first who asks, kept in the memory the body lives in, and shared by all copies of the request
 * as long as their body is the same. Never NULL. `arena` takes it when the body was exchanged by assignment, not by yz_request_set. */
const yz_reading *yz_request_read(const yz_request *request, yz_arena *arena);

/* ---- the adapter ---------------------------------------------------------------------------------------------------- */

/* A path an adapter answers for clients: a row of its table, whose width YZ_ROUTES tells. It may be a pattern: one {model} takes what the
 * rest of the path leaves of it, at least one byte, percent-decoded: of its segment, where another one follows, else with the slashes that
 * names such as "openai/gpt-5" have. Or one {id}, a whole segment, or all of it before a colon: what is stored at a provider
 * (request->stored); a last segment {part} may follow, and a {model} stand somewhere before it, of which nobody is told but who reads
 * request->path. Paths without any are looked at first, then patterns that say more around their {id}, then all others in order. */
typedef struct yz_route {
    const char *method; /* "POST" */
    const char *path;   /* "/v1/chat/completions", "/v1beta/models/{model}:generateContent", "/v1/responses/{id}/cancel" */
    yz_op op;
    bool stream; /* who asks here wants a stream; false: the body says */
    bool form;   /* the body is multipart/form-data; false: JSON */
    /* With form: names of its files that may be passed on as they come, when the form is too long to be kept: `accept` then reads a request
     * whose last field is open, and is asked again with more of it if it refuses that. NULL: the form is always whole. */
    const char *const *streams;
    /* Op REALTIME: the client's first message, which is JSON, says what is asked for, and not the head: `accept` reads it as the body. A
     * provider is told it as its first, and nothing is sent of its answers before it has said more than a close. */
    bool opens;
} yz_route;

/* How the events of a stream lie in the body a client reads. */
typedef enum yz_framing {
    YZ_FRAMING_EVENTS, /* server-sent events */
    YZ_FRAMING_ARRAY,  /* one JSON array, each event's data a value of it (Gemini without alt=sse) */
} yz_framing;

/* A list of names as adapters declare them: static strings, NULL at the end. */
#define YZ_NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})

/* A way to show a provider the key: a row of an adapter's table, whose width YZ_CREDENTIALS tells. The first is the adapter's own way, the
 * others are for servers that want it otherwise; the config chooses by name (`credential = "bearer"`), and may give the header another
 * name. An adapter that declares none has "bearer". The key itself no adapter sees: the host puts it where the head is written. */
typedef struct yz_credential {
    const char *name;   /* "x-api-key", "bearer" */
    const char *header; /* in lower case: "x-api-key", "authorization" */
    const char *prefix; /* what stands before it there: "Bearer "; NULL: nothing */
    /* What the host makes of the key, by name: "plain", the key as it is (also NULL); "basic", a user and a password with a colon between
     * them, in base64 (RFC 7617). A later minor knows more; a plugin that names one this host does not know is refused. */
    const char *signer;
} yz_credential;

/* Where and how a request goes upstream. The core adds Host, the credential, Content-Length and the user's own headers. */
typedef struct yz_endpoint {
    size_t size;
    const char *method;   /* default POST */
    yz_str path;          /* appended to the path of base_url; may hold a query */
    yz_header headers[8]; /* fixed ones, such as anthropic-version */
    size_t n_headers;
    const char *credential; /* which of the adapter's, where the config does not say; NULL: the first */
    bool unversioned;       /* the path stands beside the version that base_url ends in ("/v1beta"), not below it */
    yz_str body;            /* JSON that is asked by, of a request of the client's own dialect that has no body; empty: the request's own */
} yz_endpoint;
#define YZ_ENDPOINT .size = sizeof(yz_endpoint)

/* What an encoder gets once. The host makes it; it lives as long as the encoder. */
typedef struct yz_encode_info {
    size_t size;
    bool stream; /* write server-sent events; else one document at YZ_EVENT_DONE */
    bool include_usage;
    yz_str model; /* plain: what the client asked for; used when the answer does not say */
    yz_str request_id;
    int64_t now; /* Unix seconds */
    yz_arena *arena;
    yz_losses *losses;         /* for parts of the answer this dialect has no place for; never NULL */
    const yz_request *request; /* what the client asked; NULL: nobody did (conform) */
    const yz_chat *chat;       /* the same in neutral form; NULL: it could not be read */
    uint64_t forwarded;        /* bytes of the stream that went out before as the provider sent them: what is left to write is an error */
} yz_encode_info;
#define YZ_ENCODE_INFO .size = sizeof(yz_encode_info)

/* A place of a body, or of an answer, that is about to be forwarded: these bytes of it (they may be none) are exchanged, all others stay.
 * Made by the host. */
typedef struct yz_splice {
    size_t size;
    yz_str at;   /* a slice of request->body, or of the answer's data */
    yz_str with; /* lives as long as the request */
} yz_splice;
#define YZ_SPLICE .size = sizeof(yz_splice)

/* A model of the list that clients read. */
typedef struct yz_listed {
    size_t size;
    yz_str name;
    int64_t ends; /* Unix seconds: from then on none of its targets serves it, as the catalogue of prices says; 0: not said */
} yz_listed;
#define YZ_LISTED .size = sizeof(yz_listed)

/* What decode_event may return of the first event of a stream that says anything, instead of emitting: it is no event, but a whole document
 * of this dialect in the frame of one. The host reads it with decode_body, and passes on no more of the stream. */
#define YZ_WHOLE 1

struct yz_adapter {
    size_t size;          /* sizeof(yz_adapter): YZ_ADAPTER */
    const char *dialect;  /* "openai-chat"; adapters of the same dialect forward each other's bytes */
    const char *base_url; /* default; NULL: base_url must be configured */

    /* -- towards providers */
    /* Where `request` goes. NULL with `local` set. YZ_EUNSUPPORTED: this provider has no such operation. */
    int (*endpoint)(const yz_provider *provider, const yz_request *request, const yz_target *target, yz_arena *arena, yz_endpoint *out);
    /* Neutral request -> body. What cannot be carried goes to yz_lose, or YZ_EUNSUPPORTED if the rest would be senseless. `writes` names,
     * with blanks between, the fields besides the messages that it looks at ("tools stop temperature"), in the spelling of Chat
     * Completions: whatever else is said, also in a field that a later minor brings, the host reports as lost. */
    const char *writes;
    int (*write)(const yz_provider *provider, const yz_chat *chat, const yz_target *target, yz_arena *arena, yz_losses *losses,
                 yz_buf *out);
    /* A request of this dialect, of whatever kind, that is about to be forwarded: returned as it is, or as a copy that this target takes:
     * without what only another vendor's answers (written in this dialect, and sent back by the client) can have put there and the provider
     * would refuse; as the provider's options want it; if its client named another model than the target's, without what that one is known
     * to refuse; with the target's name where the body repeats the model's beside model_node. What the client would miss goes to yz_lose.
     * Optional. */
    const yz_request *(*mend)(const yz_request *request, const yz_target *target, yz_arena *arena, yz_losses *losses);
    /* A stream of this dialect that is about to be forwarded: how to make the provider report token counts to a client that did not ask
     * for them. The host then keeps to itself the events that say nothing but usage. False: it was asked, or this provider cannot be.
     * Optional; absent: they always come. */
    bool (*ask_usage)(const yz_provider *provider, const yz_request *request, yz_splice *out);
    /* Answers. State of decoder_size bytes per answer, zeroed (see decoder_zeroed). YZ_EINVAL: not this dialect. `arena` is scratch for
     * this event. */
    size_t decoder_size;
    int (*decode_event)(void *decoder, yz_str name, yz_str data, yz_arena *arena, yz_sink *sink); /* one server-sent event; or YZ_WHOLE */
    int (*decode_body)(void *decoder, const yz_json *body, yz_arena *arena, yz_sink *sink);       /* a whole document, to DONE */
    /* The stream ended, or stopped, and DONE was not seen: is the answer complete all the same? Optional; absent means it is not.
     * provider NULL: it was known to be complete when it was stored, so only what was decoded counts. */
    bool (*decode_complete)(const yz_provider *provider, const void *decoder);
    /* A response with status >= 400: fill class_, message and what else is known (class_ and retry_after are preset from the response).
     * Give the provider's message as it is: before a client reads it, it is cut, and keys are taken out. */
    void (*read_error)(int status, const yz_json *body /* NULL: not JSON */, yz_arena *arena, yz_error *out);
    /* A provider without a network: its calls go to this filter instead. NULL otherwise. */
    const yz_filter *local;

    /* -- towards clients; routes NULL: none */
    const yz_route *routes; /* YZ_ROUTES sets all three */
    size_t n_routes, route_size;
    /* The fields routing needs: sets request->stream, model and model_node, and include_usage where the dialect has such a
     * wish, from request->json, path and query. `model` and `stream` are set before where the route says them. Refuse with *error. */
    int (*accept)(yz_request *request, yz_arena *arena, yz_error *error);
    /* A client's body -> neutral request, in `out`, which is empty. What has no place there goes to yz_lose. Refuse with *error. */
    int (*read)(const yz_request *request, yz_arena *arena, yz_losses *losses, yz_chat *out, yz_error *error);
    size_t encoder_size;
    void (*encode_open)(void *encoder, const yz_encode_info *info);
    void (*encode)(void *encoder, const yz_event *event, yz_buf *out);                      /* ERROR: the dialect's in-stream error event */
    void (*write_error)(const yz_error *error, int status, yz_str request_id, yz_buf *out); /* the dialect's envelope */
    int overloaded; /* the status this dialect's clients know for OVERLOADED; 0: the class's */
    /* The list of models a key may see. NULL: no such operation. */
    void (*write_models)(const yz_listed *const *models, size_t n, int64_t now, yz_buf *out);

    /* -- what the core must know of this dialect, which it has no other way to know. Names are lists that end in NULL (YZ_NAMES), those
     * of headers in lower case; NULL: none. */
    /* Whose errors a client reads is judged by these where its path is nobody's, or its head could not be read: a piece of the request
     * target first, then a header; then the adapter with `fallback`. Of several adapters the first of the config counts. */
    const char *const *claim_targets; /* "/messages" */
    const char *const *claim_headers; /* "anthropic-version" */
    bool fallback;                    /* also: the form of chats that name no dialect, those of llm.chat and of `yuzui explain` */
    /* Where clients show their key, besides "Authorization: Bearer KEY": headers (on every path: no provider shall see one), and
     * parameters of the query (on this adapter's own paths). They never get any further. */
    const char *const *key_headers;
    const char *const *key_params;
    /* Headers that say how a body is to be read: they go along with one that is forwarded, and are part of what a cache compares. */
    const char *const *body_headers;
    /* Top-level fields of a chat that change how its answer is delivered, and not the answer. */
    const char *const *delivery_fields;
    /* Headers of a provider's 429 that say when a limit frees again: a duration, or a moment as RFC 3339 or in Unix seconds. */
    const char *const *reset_headers;
    /* Headers of a provider's answers that say what is left of its account's limits: three names for each of YZ_QUOTAS, in their order:
     * how much is allowed, what is left of it, when all of it is there again (in the forms of reset_headers). "": there is no such. */
    const char *const *quota_headers;
    bool quota_moments; /* … which is a moment (RFC 3339), not a duration ("6m0s"). Clients of this dialect read the same headers. */
    /* The turns of a chat: the field they are listed in, and one turn of the model, one of the user, as the JSON before and after its
     * escaped text. For yz_request_go_on. */
    const char *turns;
    const char *const *answer_turn, *const *user_turn;
    /* Where the body of a chat says how many tokens the answer may have at most; the first that is there counts. With a dot: a field in an
     * object. */
    const char *const *most_output_fields;
    /* One model of that list, for a route of op MODELS that names it (request->model). NULL: no such operation. */
    void (*write_model)(const yz_listed *model, int64_t now, yz_buf *out);
    /* The path of a base_url that names a host alone, such as "/v1"; NULL: none. */
    const char *base_path;
    /* The top-level fields of a chat of this dialect, those of its better known vendors included: what a policy may name without further
     * ado. NULL: any. */
    const char *const *chat_fields;
    /* How the stream that this request asks for is framed. Encoders and providers speak server-sent events all the same: the server frames
     * them anew. Optional; absent: they stay. */
    yz_framing (*framing)(const yz_request *request);
    /* The answer to a request of op COUNT, where the gateway itself estimates. NULL: such a request needs a target that can be asked. */
    void (*write_count)(int64_t tokens, yz_buf *out);
    bool bare_events; /* clients of this dialect fail at comments and names of events: they get data alone, whatever a provider sends */
    /* Headers of an answer, be it an error or not, by which clients of this dialect see how an account stands: passed on to them where the
     * provider speaks it too. A name may end in '*'. */
    const char *const *limit_headers;
    bool several; /* its answers may hold several choices; an encoder that does not say so gets the events of the first alone */
    /* One text of a user, escaped, as the members of a chat that hold it, with no braces around: what a question of the gateway's own that
     * is a text alone begins with. With `fallback`; NULL: such a question must bring its messages. */
    void (*write_question)(yz_str escaped, yz_buf *out);
    const yz_credential *credentials; /* YZ_CREDENTIALS sets all three */
    size_t n_credentials, credential_size;
    /* How many of the first bytes of a decoder's state are zeroed; the others hold anything, so a table that is filled as it grows costs no
     * answer that does not use it. 0: all of them. */
    size_t decoder_zeroed;
    /* A request about what one provider keeps, or that goes on from it: does this target hold it? Asked of the client's dialect, before a
     * target is chosen and again before it is sent; also of targets of other dialects. With op STORED the target is an account, without
     * a model. False: *why says what to tell a client if none does (its texts static or in the call's arena, which most requests need not
     * have). Optional; absent: requests bring all they need. */
    bool (*holds)(const yz_call *call, const yz_request *request, const yz_target *target, yz_error *why);
    /* An answer of this dialect on its way to a client as bytes: the places in it, a document or the data of one event, that the host
     * exchanges (ids that a later request may name: with a word of whose they are, which `holds` knows again, and `mend` and `endpoint`
     * take off). Fills out[0] … in the order they stand, at most `most`, and returns how many. Asked of every event that is forwarded, so
     * it is quick to say none. Of a session (op REALTIME in `stamped`) each message that is not long is such data. Optional. */
    size_t (*stamp)(const yz_request *request, const yz_target *target, yz_str data, yz_arena *arena, yz_splice *const *out, size_t most);
    uint64_t
        stamped; /* bit op: it is asked of answers of these operations alone; 0: of all. Their documents are held until they are whole */
    /* Whole bytes of a stream that say nothing to this client, sent where it waits for long, also before the first event, so that nobody on
     * the way takes the connection for dead: a comment, a ping. Static. Optional; absent or NULL: none is known to be safe. A stream that
     * is framed as an array (`framing`) needs none: a blank says nothing there. */
    const char *(*heartbeat)(const yz_request *request);

    /* Embeddings between dialects (embed.h). Towards clients: a request read (refuse with *error) and its answer written, which has a
     * vector for each input. Towards providers: a body written (YZ_EUNSUPPORTED: this provider cannot be asked so), a whole answer read
     * (YZ_EINVAL: it is none). Optional, two and two: where they are not, embeddings need a provider of the client's own dialect. Of an
     * adapter with `fallback` a body is also written for nobody in particular (yz_embed_request): without a provider, also in the target.
     */
    int (*read_embed)(const yz_request *request, yz_arena *arena, yz_losses *losses, yz_embed *out, yz_error *error);
    void (*write_embedded)(const yz_request *request, const yz_embed *asked, const yz_embedded *answer, yz_arena *arena, yz_buf *out);
    int (*write_embed)(const yz_provider *provider, const yz_embed *embed, const yz_target *target, yz_arena *arena, yz_losses *losses,
                       yz_buf *out);
    int (*read_embedded)(const yz_json *body, yz_arena *arena, yz_embedded *out);
    /* Whole bytes that end a stream of a chat (its terminal event), for clients who wait for them: added where the provider's stream is
     * complete without (`decode_complete`). Static. Optional. */
    const char *stream_end;
    /* Jobs (job.h): a whole answer to a request that began one, that asked how it stands, or that had it deleted (then only its id counts),
     * read: YZ_EINVAL: it is none; YZ_ENOTFOUND: it says that there is no such job. And how one stands, written for who asks for it in this
     * dialect. Optional, both or neither. */
    int (*read_job)(const yz_request *request, const yz_json *body, yz_arena *arena, yz_job *out);
    void (*write_job)(const yz_request *request, const yz_job *job, yz_buf *out);
    /* Several, the newest first, for who asks for the list of his jobs: a request of op STORED that names none; or those that its body
     * names, in that order. `more`: there are others behind them. Optional: there is no list. */
    void (*write_jobs)(const yz_request *request, const yz_job *const *jobs, size_t n, bool more, yz_buf *out);
    /* The jobs that a request names in its body (JSON) by the ids that its client was given: earlier ones of which it makes something new,
     * or, with op STORED and POST, those that it asks for. Fills at[0] … with slices of the body in the order they stand, at most `most`,
     * and returns how many there are. Optional. */
    size_t (*names_jobs)(const yz_request *request, yz_arena *arena, yz_str *at, size_t most);
    /* What stands behind the id in a path that asks how a job stands: "/fetch". NULL: nothing. */
    const char *job_rest;
    /* Batches (op BATCH) that bring their chats along: the one behind `after` (NULL: the first), with its body; NULL: there are no more.
     * And a line of a batch's results, which lie at the first place of `made` as lines of JSON: what that chat has used, as far as it is
     * said, and *of which it is, by the name that its client gave it; a chat that came to nothing has used nothing. YZ_EINVAL: it does not
     * say that; YZ_ENOTFOUND: it is no result of a chat, as in a page or an error that came in place of them. Both or neither; with
     * read_job, so that a batch can be followed, and paid for when it is over. */
    const yz_json *(*batch_chat)(const yz_request *request, const yz_json *after, const yz_json **body);
    int (*read_result)(yz_str line, yz_arena *arena, yz_str *of, yz_usage *out);
    /* The name of the member in which an answer about a job holds what was made itself, as a text in base64. Of a path of `made` that
     * ends in "#2" the second such text of the document there is what was made, and is sent decoded. NULL: no answer holds that. */
    const char *job_bytes;
    /* Others that are answered by a small document, of which not all is for its client: read_job reads it, from a request whose path ends
     * so, as far as `told`. A list that ends in NULL. Optional. */
    const char *const *job_papers;
    /* A whole answer of this dialect with a status of success that is a refusal all the same: fills *out as read_error does, with `said`,
     * the status that it amounts to: by that it is judged if the work has begun. False: it is none, and nothing was filled. Optional. */
    bool (*refuses)(const yz_request *request, const yz_json *body, yz_arena *arena, yz_error *out);
    /* Top-level fields of a request that go to no provider: they are taken out, and told as lost. */
    const char *const *kept_back;
    /* The one of them by which a client names an address that is told how its job ended, as an answer to who asks for it; and by which the
     * provider is told one of the gateway's (yz_request.hook). NULL: there is none. */
    const char *hook_field;

    /* Films between dialects (film.h), whose answers are jobs. Towards clients: a request to begin one, read (refuse with *error). Towards
     * providers: a body written; YZ_EUNSUPPORTED: what is lost is not to be left out. Both need read_job and write_job. Optional: where
     * they are not, a film needs a provider of the client's own dialect. */
    int (*read_film)(const yz_request *request, yz_arena *arena, yz_losses *losses, yz_film *out, yz_error *error);
    int (*write_film)(const yz_provider *provider, const yz_film *film, const yz_target *target, yz_arena *arena, yz_losses *losses,
                      yz_buf *out);
    /* Sessions (op REALTIME): a message of text that the provider says in one, or of bytes, where the route `opens`. Emits USAGE where it
     * says what one of its answers has used: the host adds them up; and LOST (with the field's name) where that stands there and cannot be
     * read, so that it is logged. Asked of every text, most of which are sound, so it is quick to say nothing. Optional: nothing is known
     * of what they use. */
    void (*read_session)(yz_str text, yz_arena *arena, yz_sink *sink);
    /* Where a client's WebSocket shows the key, for browsers, which cannot set headers: a word of Sec-WebSocket-Protocol that begins with
     * this. It goes no further. NULL: nowhere. */
    const char *key_protocol;
    /* A request of this dialect in a form that clients use, and its own providers, or this target alone, do not take: it is written anew
     * for them, as for those of other dialects, and so is its answer. Asked of targets of this dialect. Optional: there are none. */
    bool (*rewrites)(const yz_request *request, const yz_target *target);
    /* Sessions that `opens`: the provider has closed one before it said anything else. Fills class_ and message (preset from the code of
     * RFC 6455, and the reason), and what else is known. Optional. */
    void (*read_close)(unsigned code, yz_str reason, yz_arena *arena, yz_error *out);
    /* Sessions that `opens`: a message of the client's after its first. YZ_OK: it may pass; else the session is ended with *error before
     * it is whole at the provider. Asked of every one, most of which are sound, so it is quick to say nothing. Optional: all pass. */
    int (*accept_said)(yz_str text, yz_arena *arena, yz_error *error);
    /* Fields of the answers to such a request whose texts, or lists of texts, are addresses of what was made: clients are told addresses of
     * the gateway instead, where it serves them (yz_media_address): by the stage that follows the job, or, where the answer is no job's, by
     * the host, as it passes. A list that ends in NULL; NULL: there are none. Optional. */
    const char *const *(*media_fields)(const yz_request *request);
    /* A stream without DONE has ended, and nothing more comes: emits what was held back because more might have followed, a FINISH above
     * all. Called once, before decode_complete is asked for the last time: that then speaks of a stream that ended, before of one that may
     * be cut off. Optional. */
    void (*decode_end)(void *decoder, yz_arena *arena, yz_sink *sink);
    bool foreign_done; /* "[DONE]" is no event of this dialect, though decode_event takes it for the end: clients get stream_end, if any */
    /* A chat of this dialect that is forwarded to this target: names of tools (escaped slices of the body, each at least once) in whose
     * place `mend` says what yz_tool_name makes of them, since the provider refuses them. The host puts them back in the answer, which is
     * forwarded but for that. Fills at[0] …, at most `most`, and returns how many there are. Optional: there are none. */
    size_t (*renamed)(const yz_request *request, const yz_target *target, yz_arena *arena, yz_str *at, size_t most);
    /* Why an answer ended, as clients of this dialect read it, for YZ_FINISH_STOP, _LENGTH, _TOOLS and _FILTER, in this order: plain, and
     * good as a JSON string. What takes the place of another word in an answer that is forwarded, where the decoder tells it (FINISH_WORD).
     * NULL: such words stay. An empty one: the dialect has none for it, and null takes the place. */
    const char *const *finish_words;
    /* Batches whose chats lie in a file that a provider keeps, and `stored` of the request names: where a client of this dialect gets its
     * bytes, lines of JSON (in the arena); and one of these lines, which is not blank, as a request by itself: fills op, json, body, and
     * model as the provider calls it. YZ_EINVAL, with *error: it is none, or one whose cost is not reckoned by tokens. Both or neither, in
     * the place of batch_chat, beside read_result. */
    yz_str (*batch_file)(const yz_request *request, yz_arena *arena);
    int (*batch_line)(const yz_request *request, yz_str line, size_t number, yz_arena *arena, yz_request *out, yz_error *error);
    size_t jobs_most; /* so many jobs a list may be asked for; 0: 100 */

    /* Embeddings in pieces, where a provider takes fewer inputs at once than a client sends. Of the client's dialect: the list of the
     * inputs in the request's body; NULL: there is one input, or none. And the answers to n requests (JSON), which had so many inputs each,
     * as the answer to all of them in that order, appended to out; YZ_EINVAL: one of them is none. Optional, both or neither: such requests
     * are never taken apart. */
    const yz_json *(*embed_list)(const yz_request *request);
    int (*join_embedded)(const yz_str *answers, const size_t *inputs, size_t n, yz_arena *arena, yz_buf *out);
};
#define YZ_ADAPTER       .size = sizeof(yz_adapter)
#define YZ_ROUTES(table) .routes = (table), .n_routes = sizeof(table) / sizeof(*(table)), .route_size = sizeof(yz_route)
/* The rows themselves: YZ_CREDENTIALS({"x-acme-key", "x-acme-key"}, {"bearer", "authorization", "Bearer "}). Static adapters only. */
#define YZ_CREDENTIALS(...)                                                                                                                \
    .credentials = (const yz_credential[]){__VA_ARGS__},                                                                                   \
    .n_credentials = sizeof((const yz_credential[]){__VA_ARGS__}) / sizeof(yz_credential), .credential_size = sizeof(yz_credential)

/* The form of a tool's name that every dialect takes: 1 to 64 of [a-zA-Z0-9_-], the first of them a letter (Gemini, Kimi). Takes
 * escaped text; what fits is returned as it is, or unescaped. The same name always becomes the same. Chats that are written for a target
 * have their names in this form; an adapter says of those that are forwarded which it has exchanged (`renamed`). */
yz_str yz_tool_name(yz_arena *arena, yz_str escaped);

/* An answer of the gateway's own in the client's dialect: the encoder of the request's adapter, with the items put in order before it.
 * NULL: nobody can write this dialect. It lives in the arena; what it cannot carry goes to `losses`, which outlives it. */
typedef struct yz_encoder yz_encoder;
yz_encoder *yz_encoder_new(const yz_request *request, int64_t now /* Unix seconds */, yz_arena *arena, yz_losses *losses);
void yz_encoder_put(yz_encoder *encoder, const yz_event *event, yz_buf *out);

/* Reads the words of an error, in whatever of the shapes seen in the field: {"error": {"message", "type", "code", "param"}}, an error or a
 * detail that is text, an object or a list (FastAPI's with its places), errors, error_code and error_msg, base_resp (then `type` is
 * "base_resp"), {"Response": {"Error": {"Code", "Message"}}}, success: false, {"code", "message"}, or a text alone; with `said` set to a
 * status of failure any object is one. Fills message, type, code, param (in the arena) and `said`, if the body names a status, and
 * retry_after, if it is not set and the body has a RetryInfo (Google); nothing else. False: the document says no error, and nothing was
 * filled. NULL says none. Not for hot paths. */
bool yz_error_read(const yz_json *body, yz_arena *arena, yz_error *out);

/* Makes a request, a copy of the caller's, ask for the rest of an answer of which this is the beginning (escaped): that becomes the model's
 * last turn, and `ask` (plain; empty: none) the user's after it. YZ_EUNSUPPORTED: its dialect cannot; YZ_EINVAL: it has no turns. */
int yz_request_go_on(yz_arena *arena, yz_request *request, yz_str said, yz_str ask);

/* The adapter that owns a dialect in the generation the call stands on: one that reads its requests and writes its answers, or jobs. It
 * lives as long as the process. NULL: there is none. */
const yz_adapter *yz_dialect_find(const yz_call *call, yz_str dialect);
/* Can this target do what is asked? Chats and embeddings are translated between dialects, everything else needs a provider of the client's
 * own. The call is one that the request is for. */
bool yz_serves(const yz_call *call, const yz_target *target, const yz_request *request);

/* A question of the gateway's own: the embedding of one text (plain, not empty), with so many dimensions (0: as many as the model has). It
 * belongs to whoever asked `like`, in whose arena it is: for yz_next(like, …). NULL: no adapter here says how to ask. */
yz_request *yz_embed_request(const yz_call *like, yz_str model, yz_str text, int64_t dimensions);
/* The numbers of the first vector of a whole answer to such a request, which is in the dialect of its head. How many they are; YZ_EINVAL:
 * it is no such answer; YZ_ELIMIT: there are more than `most`. What it says besides, and scratch, goes into the arena. */
int yz_embed_numbers(yz_arena *arena, const yz_adapter *dialect, yz_str body, float *out, size_t most);

#ifdef __cplusplus
}
#endif
#endif
