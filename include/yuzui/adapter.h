/* yuzui/adapter.h: an adapter is the code for one dialect, without I/O. It has two sides:
 *
 *   towards providers: say where a request goes (endpoint), write a neutral request (write), read answers (decode_*, read_error)
 *   towards clients:   say which paths it answers (routes), read a request (read), write answers (encode), write errors
 *
 * An adapter may have one side only. When client and provider speak the same dialect, the body and the answer are forwarded as
 * bytes, and only endpoint, decode_* (for usage, finish and errors, read in passing) and the model's splice are used.
 *
 * The neutral form keeps text escaped (see json.h) and everything it does not interpret as raw JSON.
 */
#ifndef YUZUI_ADAPTER_H
#define YUZUI_ADAPTER_H

#include <yuzui/base.h>
#include <yuzui/call.h>
#include <yuzui/json.h>
#include <yuzui/request.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- the neutral request -------------------------------------------------------------------------------------------- */

typedef enum yz_part_kind {
    YZ_PART_TEXT,        /* text */
    YZ_PART_REASONING,   /* text; signature if the provider signed it */
    YZ_PART_REFUSAL,     /* text */
    YZ_PART_IMAGE,       /* url, or media_type + data */
    YZ_PART_AUDIO,       /* media_type + data */
    YZ_PART_FILE,        /* name; url, or media_type + data, or text */
    YZ_PART_TOOL_CALL,   /* id, name, args */
    YZ_PART_TOOL_RESULT, /* id, parts, is_error */
} yz_part_kind;

typedef struct yz_part {
    yz_part_kind kind;
    yz_str text;       /* escaped */
    yz_str id, name;   /* escaped */
    yz_str url;        /* escaped */
    yz_str media_type; /* escaped */
    yz_str data;       /* base64: needs no escaping */
    yz_str signature;  /* escaped */
    yz_str args;       /* raw JSON object: a tool call's arguments */
    yz_str raw_args;   /* escaped text of arguments that were not a JSON object; then args is empty */
    yz_str cache;      /* raw JSON: cache_control, if the source had one */
    bool is_error;
    struct yz_part *parts; /* of a tool result */
    size_t n_parts;
} yz_part;

typedef enum yz_role { YZ_ROLE_SYSTEM, YZ_ROLE_USER, YZ_ROLE_ASSISTANT } yz_role; /* tool results are parts of user messages */

typedef struct yz_message {
    yz_role role;
    yz_part *parts;
    size_t n_parts;
} yz_message;

typedef struct yz_tool {
    yz_str name, description; /* escaped; the core gives `write` names of 1 to 64 of [a-zA-Z0-9_-], and clients their own back */
    yz_str schema;            /* raw JSON; empty: no parameters */
    int strict;               /* -1 not said, 0, 1 */
    yz_str cache;             /* raw JSON cache_control */
} yz_tool;

typedef enum yz_tool_choice { YZ_TOOLS_UNSAID, YZ_TOOLS_AUTO, YZ_TOOLS_NONE, YZ_TOOLS_REQUIRED, YZ_TOOLS_NAMED } yz_tool_choice;

/* A chat request in neutral form. Raw values are JSON as the source spelt them; empty means "not said". */
typedef struct yz_chat {
    yz_message *messages; /* leading system messages first */
    size_t n_messages;
    yz_tool *tools;
    size_t n_tools;
    yz_tool_choice tool_choice;
    yz_str tool_name;   /* escaped: with YZ_TOOLS_NAMED */
    int parallel_tools; /* -1 not said, 0, 1 */
    bool stream;
    bool include_usage; /* the client wants usage in its stream (openai-chat: stream_options) */
    int64_t max_tokens; /* -1: not said */
    yz_str temperature, top_p, top_k, seed, presence_penalty, frequency_penalty; /* raw numbers */
    int64_t n;                                                                   /* answers wanted; -1 not said */
    yz_str *stop;                                                                /* escaped */
    size_t n_stop;
    yz_str user;                /* escaped */
    yz_str effort;              /* escaped: none minimal low medium high xhigh max */
    int64_t thinking_budget;    /* tokens; -1 not said */
    yz_str schema_name, schema; /* structured output: escaped name, raw JSON Schema */
    int schema_strict;          /* -1, 0, 1 */
    bool json_object;           /* any JSON object is wanted */
    const yz_json *source;      /* the body it was read from */
} yz_chat;

/* ---- the neutral answer --------------------------------------------------------------------------------------------- */

typedef enum yz_event_kind {
    YZ_EVENT_START,     /* id, model, created: any may be empty. First, at most once. */
    YZ_EVENT_TEXT,      /* text */
    YZ_EVENT_REASONING, /* text */
    YZ_EVENT_SIGNATURE, /* text: the signature of the reasoning before it */
    YZ_EVENT_REFUSAL,   /* text */
    YZ_EVENT_TOOL,      /* index, id, name: a tool call begins; index 0, 1, 2 … over the answer */
    YZ_EVENT_ARGS,      /* index, text: a piece of its arguments */
    YZ_EVENT_USAGE,     /* usage: cumulative, the last one counts */
    YZ_EVENT_FINISH,    /* finish: the first one counts; text: the stop sequence that matched, where it is told */
    YZ_EVENT_ERROR,     /* error: the provider failed inside its answer */
    YZ_EVENT_DONE,      /* the terminal event: the answer is complete */
    YZ_EVENT_LOST,      /* text: a part of the answer that has no place here ("message.audio"). Never reaches an encoder. */
} yz_event_kind;

#define YZ_CALLS_MAX 128 /* tool calls in one answer: a decoder refuses more with YZ_ELIMIT */

/* One event of an answer. Slices are valid during the sink's call only. */
typedef struct yz_event {
    yz_event_kind kind;
    unsigned index;
    yz_str text;     /* escaped */
    yz_str id, name; /* escaped */
    yz_str model;    /* escaped */
    int64_t created; /* Unix seconds, 0 unknown */
    yz_usage usage;
    yz_finish finish;
    const yz_error *error;
} yz_event;

/* Where a decoder puts its events. */
typedef struct yz_sink {
    void (*emit)(struct yz_sink *sink, const yz_event *event);
} yz_sink;
static inline void yz_emit(yz_sink *sink, const yz_event *event) { sink->emit(sink, event); }
/* Tells that the provider broke its answer off, in words for the client. */
static inline void yz_emit_broken(yz_sink *sink, yz_str words) {
    yz_error error = {.class_ = YZ_ERROR_BROKEN, .message = words, .retry_after = -1, .started = YZ_STARTED_YES};
    yz_emit(sink, &(yz_event){.kind = YZ_EVENT_ERROR, .error = &error});
}

/* The short way of a decoder: most events of a stream are the one before with another text. Part of a decoder's state. */
typedef struct yz_same {
    uint16_t before, behind; /* bytes kept of what stands around the text; both 0: nothing is remembered */
    char bytes[508];
} yz_same;
/* Keeps what stands around `text`, a string of the event `data` that was read in full and said nothing else; NULL: forgets. */
void yz_same_remember(yz_same *same, yz_str data, const yz_json *text);
/* Is this event the remembered one with another text? Then its text, which is proven. */
bool yz_same_text(const yz_same *same, yz_str data, yz_arena *arena, yz_str *escaped);

/* ---- losses --------------------------------------------------------------------------------------------------------- */

/* What a translation cannot carry: fields of a request that the target's dialect has no place for (a strict provider refuses them), and
 * parts of an answer that the neutral form (YZ_EVENT_LOST) or the client's dialect has none for. Told in the response header
 * x-yuzui-lost, and in the access log: there also what a stream lost after its head had gone. */
typedef struct yz_losses {
    yz_arena *arena;
    yz_str *names;
    size_t n, cap;
} yz_losses;
void yz_lose(yz_losses *losses, const char *field); /* the field in the client's own spelling; duplicates are merged */

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

/* A path an adapter answers for clients. */
typedef struct yz_route {
    const char *method; /* "POST" */
    const char *path;   /* "/v1/chat/completions" */
    yz_op op;
} yz_route;

/* Where and how a request goes upstream. The core adds Host, the credential, Content-Length and the user's own headers. */
typedef struct yz_endpoint {
    const char *method;   /* default POST */
    yz_str path;          /* appended to the path of base_url; may hold a query */
    yz_header headers[8]; /* fixed ones, such as anthropic-version */
    size_t n_headers;
    const char *auth_header; /* default "authorization" */
    const char *auth_prefix; /* default "Bearer " */
} yz_endpoint;

/* What an encoder is told once. */
typedef struct yz_encode_info {
    bool stream; /* write server-sent events; else one document at YZ_EVENT_DONE */
    bool include_usage;
    yz_str model; /* plain: what the client asked for; used when the answer does not say */
    yz_str request_id;
    int64_t now; /* Unix seconds */
    yz_arena *arena;
    yz_losses *losses; /* for parts of the answer this dialect has no place for; never NULL */
} yz_encode_info;

struct yz_adapter {
    size_t size;          /* sizeof(yz_adapter): YZ_ADAPTER */
    const char *dialect;  /* "openai-chat"; adapters of the same dialect forward each other's bytes */
    const char *base_url; /* default; NULL: base_url must be configured */

    /* -- towards providers */
    /* Where `request` goes. NULL with `local` set. YZ_EUNSUPPORTED: this provider has no such operation. */
    int (*endpoint)(const yz_provider *provider, const yz_request *request, const yz_target *target, yz_arena *arena, yz_endpoint *out);
    /* Neutral request -> body. What cannot be carried goes to yz_lose, or YZ_EUNSUPPORTED if the rest would be senseless. */
    int (*write)(const yz_provider *provider, const yz_chat *chat, const yz_target *target, yz_arena *arena, yz_losses *losses,
                 yz_buf *out);
    /* A chat of this dialect that is about to be forwarded: returned as it is, or as a copy without what only another vendor's answers
     * (told in this dialect, and sent back by the client) can have put there and the provider would refuse. Optional. */
    const yz_request *(*mend)(const yz_request *request, const yz_target *target, yz_arena *arena);
    /* Answers. State of decoder_size zeroed bytes per answer. YZ_EINVAL: not this dialect. `arena` is scratch for this event. */
    size_t decoder_size;
    int (*decode_event)(void *decoder, yz_str name, yz_str data, yz_arena *arena, yz_sink *sink); /* one server-sent event */
    int (*decode_body)(void *decoder, const yz_json *body, yz_arena *arena, yz_sink *sink);       /* a whole document, to DONE */
    /* The stream ended and DONE was not seen: is the answer complete all the same? Optional; absent means it is not.
     * provider NULL: it was known to be complete when it was stored, so only what was decoded counts. */
    bool (*decode_complete)(const yz_provider *provider, const void *decoder);
    /* A response with status >= 400: fill class_, message and what else is known (class_ and retry_after are preset from the response).
     * Give the provider's words as they are: before a client reads them they are cut, and keys are taken out. */
    void (*read_error)(int status, const yz_json *body /* NULL: not JSON */, yz_arena *arena, yz_error *out);
    /* A provider without a network: its calls go to this filter instead. NULL otherwise. */
    const yz_filter *local;

    /* -- towards clients; routes NULL: none */
    const yz_route *routes;
    size_t n_routes;
    /* The fields routing needs: sets request->stream, model, model_node from request->json. Refuse with *error. */
    int (*accept)(yz_request *request, yz_arena *arena, yz_error *error);
    int (*read)(const yz_request *request, yz_arena *arena, yz_losses *losses, yz_chat *out, yz_error *error);
    size_t encoder_size;
    void (*encode_open)(void *encoder, const yz_encode_info *info);
    void (*encode)(void *encoder, const yz_event *event, yz_buf *out);                      /* ERROR: the dialect's in-stream error event */
    void (*write_error)(const yz_error *error, int status, yz_str request_id, yz_buf *out); /* the dialect's envelope */
    int overloaded; /* the status this dialect's clients know for OVERLOADED; 0: the class's */
    /* The list of models a key may see. NULL: no such operation. */
    void (*write_models)(const yz_str *names, size_t n, int64_t now, yz_buf *out);
};
#define YZ_ADAPTER .size = sizeof(yz_adapter)

/* The adapter that owns a dialect: the one whose decode and encode sides are complete. NULL when none is loaded. */
const yz_adapter *yz_dialect_find(const char *dialect);

#ifdef __cplusplus
}
#endif
#endif
