/* yuzui/chat.h: a chat request in neutral form: what an adapter's `read` makes of a client's body, and `write` makes a provider's
 * body of. Text stays escaped (see json.h); what is not interpreted is raw JSON, as the source spelt it; empty means "not said".
 */
#ifndef YUZUI_CHAT_H
#define YUZUI_CHAT_H

#include <yuzui/base.h>
#include <yuzui/json.h>

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

/* ---- losses --------------------------------------------------------------------------------------------------------- */

/* What a translation cannot carry: fields of a request that the target's dialect has no place for (a strict provider refuses them), and
 * parts of an answer that the neutral form (YZ_EVENT_LOST) or the client's dialect has none for. Told in the response header
 * x-yuzui-lost, and in the access log: there also what a stream lost after its head had gone. */
typedef struct yz_losses {
    size_t size;
    yz_arena *arena;
    yz_str *names;
    size_t n, cap;
} yz_losses;
#define YZ_LOSSES .size = sizeof(yz_losses)
yz_losses *yz_losses_new(yz_arena *arena);          /* none yet */
void yz_lose(yz_losses *losses, const char *field); /* the field in the client's own spelling; duplicates are merged */

#ifdef __cplusplus
}
#endif
#endif
