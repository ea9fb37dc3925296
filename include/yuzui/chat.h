/* yuzui/chat.h: a chat request in neutral form: what an adapter's `read` makes of a client's body, and what `write` makes a provider's
 * body of. It is made of nodes that the host allocates and links (yz_message_add, yz_part_add …), all in the arena of the chat.
 *
 * Three kinds of value. *Escaped* text is the content of a JSON string as it stands between the quotes (see json.h). *Raw* is JSON as
 * the source spelt it. Numbers that are only passed on are raw, so that they keep their spelling. Empty, NULL or 0 is "not said".
 *
 * What the four dialects call it (O Chat Completions, A Messages, G generateContent, R Responses; - : it has no such notion):
 *
 *   here               O                          A                          G                              R
 *   messages           messages                   system, messages           systemInstruction, contents    instructions, input
 *   tools              tools[].function           tools[]                    functionDeclarations           tools[] of type function
 *   tool_choice        tool_choice                tool_choice.type           functionCallingConfig.mode     tool_choice
 *   tool_name          … .function.name           … .name                    … .allowedFunctionNames        … .name
 *   parallel_tools     parallel_tool_calls        disable_parallel_tool_use  -                              parallel_tool_calls
 *   stream             stream                     stream                     the method's name              stream
 *   include_usage      stream_options             always                     always                         always
 *   max_tokens         max_completion_tokens      max_tokens                 maxOutputTokens                max_output_tokens
 *   temperature, top_p the same                   the same                   temperature, topP              the same
 *   top_k              some servers               top_k                      topK                           -
 *   seed, penalties    the same                   -                          seed, …Penalty                 -
 *   stop               stop                       stop_sequences             stopSequences                  -
 *   n                  n                          -                          candidateCount                 -
 *   logit_bias         logit_bias                 -                          -                              -
 *   logprobs, top_…    logprobs, top_logprobs     -                          responseLogprobs, logprobs     include, top_logprobs
 *   user               user, safety_identifier    metadata.user_id           labels                         safety_identifier, user
 *   metadata           metadata                   -                          labels                         metadata
 *   effort             reasoning_effort           output_config.effort       thinkingLevel                  reasoning.effort
 *   thinking_budget    -                          thinking.budget_tokens     thinkingBudget                 -
 *   summary            -                          thinking.display           includeThoughts                reasoning.summary
 *   schema…, json_…    response_format            output_config.format       responseMimeType, …JsonSchema  text.format
 *   verbosity          verbosity                  -                          -                              text.verbosity
 *   tier               service_tier               service_tier               serviceTier                    service_tier
 *   cache_key          prompt_cache_key           - (cache on parts, tools)  -                              prompt_cache_key
 *   cached             -                          -                          cachedContent                  -
 *   modalities         modalities                 -                          responseModalities             -
 *   voice              audio                      -                          speechConfig                   -
 *   prediction         prediction                 -                          -                              -
 *   safety             -                          -                          safetySettings                 -
 *   previous           -                          container                  -                              previous_response_id
 */
#ifndef YUZUI_CHAT_H
#define YUZUI_CHAT_H

#include <yuzui/base.h>
#include <yuzui/json.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Said, and what: for switches that a client may leave alone. */
typedef enum yz_switch { YZ_UNSAID, YZ_OFF, YZ_ON } yz_switch;
/* What a member of a body says: only true is on; null, and a member that is not there (NULL), say nothing. */
static inline yz_switch yz_switch_of(const yz_json *node) {
    return !node || node->type == YZ_JSON_NULL ? YZ_UNSAID : node->type == YZ_JSON_TRUE ? YZ_ON : YZ_OFF;
}

/* ---- parts ---------------------------------------------------------------------------------------------------------- */

/* What a part of a message is, and an item of an answer (answer.h). A writer takes a kind it does not know for lost. */
typedef enum yz_part_kind {
    YZ_PART_TEXT,        /* text */
    YZ_PART_REASONING,   /* text: the model's thoughts, or their summary */
    YZ_PART_REFUSAL,     /* text */
    YZ_PART_IMAGE,       /* url, or media_type + data */
    YZ_PART_AUDIO,       /* media_type + data */
    YZ_PART_FILE,        /* name; url, or media_type + data, or text */
    YZ_PART_TOOL_CALL,   /* id, name, args */
    YZ_PART_TOOL_RESULT, /* id, parts, is_error */
    YZ_PART_OPAQUE,      /* raw, dialect, signed_by; name: see there */
} yz_part_kind;

/* signature and signed_by stand on reasoning (A thinking.signature, R encrypted_content), and on calls and text as well (G puts its
 * thoughtSignature beside any part). A signature means something to its vendor alone: a writer sends it to the vendor of that name and to
 * nobody else; reasoning without one that fits is dropped where the provider would refuse it.
 *
 * An opaque part is something of the provider's own that nobody else can read: encrypted reasoning, redacted thinking, a call of a tool
 * that ran at the provider, and its result. It is kept as the JSON it was and goes back to the same dialect and vendor only. Where it
 * would leave nothing (in a result, in what the user says, alone in the assistant's turn) the core gives it a text that names it: others
 * get that in its place, since a result of nothing would say that the tool found nothing. */
typedef struct yz_part {
    size_t size;
    struct yz_part *next;
    yz_part_kind kind;
    yz_str text;           /* escaped */
    yz_str id;             /* escaped: of a call; of a result: the call's (O tool_call_id, A tool_use_id, R call_id) */
    yz_str name;           /* escaped: of a tool, a file. OPAQUE: what it is called when it is lost ("content.redacted_thinking") */
    yz_str url;            /* escaped */
    yz_str media_type;     /* escaped */
    yz_str data;           /* base64: needs no escaping */
    yz_str signature;      /* escaped */
    yz_str signed_by;      /* plain: the vendor ("anthropic", "google", "openai") */
    yz_str args;           /* raw JSON object: a tool call's arguments */
    yz_str raw_args;       /* escaped text of arguments that were not a JSON object; then args is empty */
    yz_str raw;            /* raw JSON of an opaque part, or of annotations (O annotations, A citations, R annotations) of text */
    yz_str dialect;        /* plain: whose `raw` is */
    yz_str cache;          /* raw JSON: cache_control, if the source had one */
    yz_str detail;         /* escaped: of an image (O and R detail) */
    bool is_error;         /* of a result (A is_error) */
    struct yz_part *parts; /* of a result: the first */
} yz_part;

/* ---- messages and tools --------------------------------------------------------------------------------------------- */

/* Tool results are parts of user messages. A reader leaves them where its client put them, in the order of the body: the core then moves
 * them right behind their calls, so a writer finds them in the message after those (words of the assistant between stand before its calls).
 */
typedef enum yz_role { YZ_ROLE_SYSTEM, YZ_ROLE_USER, YZ_ROLE_ASSISTANT } yz_role;

typedef struct yz_message {
    size_t size;
    struct yz_message *next;
    yz_role role;
    yz_part *parts; /* the first; NULL: it has none */
} yz_message;

typedef struct yz_tool {
    size_t size;
    struct yz_tool *next;
    yz_str name, description; /* escaped; the core gives `write` names of 1 to 64 of [a-zA-Z0-9_-], and clients their own back */
    yz_str schema;            /* raw JSON; empty: no parameters */
    yz_switch strict;
    yz_str cache; /* raw JSON cache_control */
} yz_tool;

typedef enum yz_tool_choice { YZ_TOOLS_UNSAID, YZ_TOOLS_AUTO, YZ_TOOLS_NONE, YZ_TOOLS_REQUIRED, YZ_TOOLS_NAMED } yz_tool_choice;

typedef struct yz_stop {
    size_t size;
    struct yz_stop *next;
    yz_str text; /* escaped */
} yz_stop;

/* ---- the request ---------------------------------------------------------------------------------------------------- */

typedef struct yz_chat {
    size_t size;
    yz_message *messages; /* the first; leading system messages come first */
    yz_tool *tools;
    yz_tool_choice tool_choice;
    yz_str tool_name; /* escaped: with YZ_TOOLS_NAMED */
    yz_switch parallel_tools;
    bool stream;
    bool include_usage; /* the client wants usage in its stream */
    int64_t max_tokens;
    yz_str temperature, top_p, top_k, seed, presence_penalty, frequency_penalty; /* raw numbers */
    int64_t n;                                                                   /* answers wanted */
    yz_stop *stop;
    yz_str user;                       /* escaped */
    yz_str effort;                     /* escaped: none minimal low medium high xhigh max; none: no thinking */
    int64_t thinking_budget;           /* tokens */
    yz_str schema_name, schema;        /* structured output: escaped name, raw JSON Schema */
    yz_switch schema_strict;           /* the output is held to it */
    bool json_object;                  /* any JSON object is wanted */
    yz_str logit_bias, top_logprobs;   /* raw */
    bool logprobs;                     /* log probabilities are wanted */
    yz_str summary;                    /* escaped: of the reasoning: auto concise detailed */
    yz_str verbosity, tier, cache_key; /* escaped */
    yz_str metadata;                   /* raw object */
    yz_str modalities, voice;          /* raw: what kinds of answer are wanted; how it sounds */
    yz_str prediction, safety;         /* raw */
    yz_str previous;                   /* escaped: the answer this one goes on from */
    const yz_json *source;             /* the body it was read from */
    yz_str cached;                     /* escaped: the name of what the provider keeps and reads before the messages */
} yz_chat;

yz_chat *yz_chat_new(yz_arena *arena); /* nothing is said */
/* Each appends a node at the end of its list and returns it, to be filled. */
yz_message *yz_message_add(yz_chat *chat, yz_role role);
yz_message *yz_message_insert(yz_chat *chat, yz_message *after, yz_role role); /* after one of the chat's */
yz_part *yz_part_add(yz_message *message, yz_part_kind kind);
yz_part *yz_part_add_to(yz_part *result, yz_part_kind kind); /* to the parts of a tool result */
yz_tool *yz_tool_add(yz_chat *chat);
yz_stop *yz_stop_add(yz_chat *chat, yz_str escaped);

/* ---- losses --------------------------------------------------------------------------------------------------------- */

/* What a translation cannot carry: fields of a request that the target's dialect has no place for (a strict provider refuses them), and
 * parts of an answer that the neutral form (YZ_EVENT_LOST) or the client's dialect has none for. Reported in the response header
 * x-yuzui-lost, and in the access log: there also what a stream lost after its head had gone. */
typedef enum yz_loss {
    YZ_DROPPED,      /* nothing of it goes out: "seed" */
    YZ_APPROXIMATED, /* something near it does: clamped, shortened, moved, made weaker: "temperature;approximated" */
    YZ_EMULATED,     /* it is asked for by other means, and the answer is meant to be the same: "response_format;emulated" */
} yz_loss;
typedef struct yz_losses {
    size_t size;
    yz_arena *arena;
    yz_str *names; /* as they stand in the header: the first 64; then an entry that says how many others there are: "and 12 more" */
    size_t n, cap;
    uint64_t *others; /* the host's: hashes of those */
    size_t n_others;
} yz_losses;
#define YZ_LOSSES .size = sizeof(yz_losses)
yz_losses *yz_losses_new(yz_arena *arena); /* none yet */
/* The field in the client's own spelling, which may be any text: what would read as something else in the list (";", ",", quotes, "%",
 * controls, whatever is no ASCII) is percent-encoded there. What was told of a field twice is one entry, of what is worse: dropped,
 * approximated, emulated. yz_lose: it is dropped. */
void yz_lose(yz_losses *losses, const char *field);
void yz_lose_as(yz_losses *losses, const char *field, yz_loss how);
/* For a writer whose providers insist on it: the chat with one result for each call, right behind it, and no result without a call: itself
 * where it is so, else a copy in which a call without one has a result that says so ("messages.tool_calls;approximated"), and what answers
 * no call is a text that names it ("messages.tool_call_id;approximated"). */
const yz_chat *yz_results_matched(const yz_chat *chat, yz_arena *arena, yz_losses *losses);

#ifdef __cplusplus
}
#endif
#endif
