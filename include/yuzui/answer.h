/* yuzui/answer.h: an answer in neutral form: the events a decoder makes of a provider's answer, and an encoder makes a client's of.
 *
 * An answer is items, one after another: a text, thoughts, a tool call, a picture. The grammar, exactly:
 *
 *   answer  =  START ( item | USAGE | LOGPROBS | LOST )*  FINISH ( USAGE | LOGPROBS | LOST )*  DONE
 *           |  … the same, broken off at any place, also at once, by ERROR
 *   item    =  ITEM ( DELTA | SIGNATURE | ANNOTATION )*  ITEM_END
 *
 * Items are numbered 0, 1, 2 … over the answer, in the order in which they begin; every event of an item brings its number. What a DELTA
 * is follows from the kind of its item: text, thoughts, text of a refusal; a piece of a call's arguments (all of them joined are the JSON
 * text; none at all mean {}); base64 of a picture or of sound. USAGE is cumulative: the last one counts. Of several answers (`choice`,
 * where the client asked for n) each has its items and its FINISH.
 *
 * A decoder may have several items open at once, as providers do: the core puts them in order (dialect/order.h), so that an encoder sees
 * one open item of each choice at most, and every item ended before FINISH. What the four dialects make of it:
 *
 *   here         Chat Completions            Messages                     generateContent           Responses
 *   ITEM         the first delta of a kind   content_block_start          a part                    output_item.added, content_part.added
 *   DELTA        content, arguments …        …_delta                      text, args (whole)        …delta
 *   SIGNATURE    -                           signature_delta              thoughtSignature          encrypted_content
 *   ANNOTATION   annotations                 citations_delta              groundingMetadata         annotation.added
 *   ITEM_END     - (yz_items)                content_block_stop           the part's end            content_part.done, output_item.done
 *   FINISH       finish_reason               message_delta                finishReason              response.completed, .incomplete
 *   LOGPROBS     logprobs                    -                            logprobsResult            logprobs
 *   DONE         [DONE]                      message_stop                 the end after it          the same
 */
#ifndef YUZUI_ANSWER_H
#define YUZUI_ANSWER_H

#include <yuzui/base.h>
#include <yuzui/chat.h>
#include <yuzui/json.h>
#include <yuzui/request.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- events --------------------------------------------------------------------------------------------------------- */

typedef enum yz_event_kind {
    YZ_EVENT_START,       /* id, model, created: any may be empty. First, at most once. */
    YZ_EVENT_ITEM,        /* index, item, choice; TOOL_CALL: id, name; IMAGE, AUDIO: media_type; OPAQUE: raw, dialect, signed_by, name;
                           * REASONING: name, if its dialect has several for the field and this is not the usual one */
    YZ_EVENT_DELTA,       /* index, text: not empty. OPAQUE: what the dialect says of it later, in its own way */
    YZ_EVENT_SIGNATURE,   /* index, text, signed_by: of the item so far; a later one replaces it */
    YZ_EVENT_ANNOTATION,  /* index, name, citations, raw and dialect: what the text rests on; one of both may be missing */
    YZ_EVENT_ITEM_END,    /* index */
    YZ_EVENT_LOGPROBS,    /* list, raw and dialect, name, choice: of the text that comes next, or of all that came */
    YZ_EVENT_USAGE,       /* usage */
    YZ_EVENT_FINISH,      /* finish, choice: the first one counts; text: the stop sequence that matched, where it is said */
    YZ_EVENT_ERROR,       /* error: the provider failed inside its answer */
    YZ_EVENT_DONE,        /* the terminal event: the answer is complete */
    YZ_EVENT_LOST,        /* text, loss: a part of the answer that has no place here ("message.audio"). Never reaches an encoder. error: it
                           * is what the provider says beside an answer that is whole all the same, for the log */
    YZ_EVENT_FINISH_WORD, /* raw, name, finish: where a word for the end stands that clients of this dialect do not know, at any time before
                           * its FINISH; raw is a slice of the provider's bytes. name: the word; empty: that it has not ended, said oddly.
                           * finish: TOOLS if calls have been told, else NONE. For answers that are forwarded; never reaches an encoder. */
} yz_event_kind;

#define YZ_CALLS_MAX 128 /* tool calls in one answer: a decoder refuses more with YZ_ELIMIT */

/* A source that a text rests on, as every dialect can say it. */
typedef struct yz_citation {
    size_t size;
    const struct yz_citation *next; /* another source of the same event */
    yz_str url, title, quote;       /* escaped; any may be empty. quote: the words of the text, or of the source */
    int64_t from, to;               /* the words of its item's text that rest on it; to 0: all of them */
    bool bytes;                     /* from and to count bytes of UTF-8; else characters */
} yz_citation;
#define YZ_CITATION .size = sizeof(yz_citation)
/* The places of a text (escaped, the item's whole, which must outlive it): walked over once, however many sources rest on it. */
typedef struct yz_places yz_places;
yz_places *yz_places_new(yz_arena *arena, yz_str text);
/* The citation's place in it, in characters, or in bytes of UTF-8 if so wanted; within the text. */
void yz_citation_place(const yz_citation *citation, const yz_places *places, bool bytes, int64_t *from, int64_t *to);
/* The characters of escaped text, or the bytes of UTF-8 they are. */
size_t yz_escaped_length(yz_str escaped, bool bytes);

/* One event of an answer. Slices are valid during the sink's call only, or the hook of the chunk that brings it. */
typedef struct yz_event {
    size_t size;
    const struct yz_event *next; /* in a chunk: the one after it */
    yz_event_kind kind;
    unsigned index;    /* of the item */
    unsigned choice;   /* which of several answers; 0: the first. Encoders find it in every event of an item */
    yz_part_kind item; /* what the item is: a kind of part, but no TOOL_RESULT */
    yz_str text;       /* escaped; of a picture or sound: base64 */
    yz_str id, name; /* escaped. name of a FINISH: the provider's word, if `finish` is OTHER, or a STOP at which it pauses. name of what may
                        be lost (OPAQUE, ANNOTATION, LOGPROBS): what it is called then */
    yz_str model;    /* escaped */
    yz_str media_type;     /* escaped */
    yz_str raw;            /* raw JSON */
    yz_str dialect;        /* plain: whose `raw` is */
    yz_str signed_by;      /* plain: the vendor (see yz_part) */
    int64_t created;       /* Unix seconds, 0 unknown */
    const yz_usage *usage; /* NULL: nothing was said */
    yz_finish finish;
    const yz_error *error;
    const yz_citation *citations;
    yz_str list;  /* raw JSON: [{"token", "logprob", "bytes", "top_logprobs": [{…}]}], as Chat Completions and Responses have it */
    yz_loss loss; /* how it was lost */
} yz_event;
#define YZ_EVENT .size = sizeof(yz_event)
yz_event *yz_event_copy(yz_arena *arena, const yz_event *event); /* with all it points to, but for `next` */

/* Where a decoder puts its events. */
typedef struct yz_sink {
    void (*emit)(struct yz_sink *sink, const yz_event *event);
} yz_sink;
/* Hands one event to the sink. It and what it points to need to live only during the call. */
static inline void yz_emit(yz_sink *sink, const yz_event *event) { sink->emit(sink, event); }
/* Reports that the provider broke its answer off, with a message for the client. */
void yz_emit_broken(yz_sink *sink, yz_str message);

/* Reads one count of a usage object: whole numbers count, the last one said wins; whatever else stands there, and what no count can be
 * (2^60 and more, below 0), is taken as not said. `object` may be NULL or no object. */
void yz_usage_read(yz_usage *usage, yz_meter meter, const yz_json *object, const char *key);

/* ---- items of dialects that do not tell them ------------------------------------------------------------------------ */

/* The items of text a decoder has begun, for a dialect that says what comes and not where it begins or ends. A value, part of the
 * decoder's state; zeroed: none. `n` numbers items of all kinds: a decoder that begins others takes theirs from it (n++). */
typedef struct yz_items {
    unsigned n;        /* items begun so far */
    unsigned open;     /* the open item's number plus one; 0: none is open */
    yz_part_kind kind; /* of the open item */
} yz_items;
/* A piece of this kind: into the open item if it is of that kind; else that one ends and another begins. Empty text says nothing. */
void yz_items_put(yz_items *items, yz_sink *sink, yz_part_kind kind, yz_str text);
void yz_items_end(yz_items *items, yz_sink *sink); /* nothing more for the open item, if there is one: at FINISH at the latest */

/* Follows the arguments of a call, where nobody says when they are whole. A value; zeroed: nothing came yet. */
typedef struct yz_whole {
    uint32_t depth;
    uint32_t flags;
} yz_whole;
/* Reads one more piece of escaped JSON; true once a whole object or array has come. Quotes and braces may hide in \uXXXX: then the count
 * is given up, and false is said for ever. */
bool yz_whole_put(yz_whole *whole, yz_str piece);

/* ---- custom tools ------------------------------------------------------------------------------------------------------ */

/* A tool that takes free text is a function of one text "input" in neutral form, with this schema: clients that know such tools (O and R
 * custom) get the text back. */
#define YZ_CUSTOM_SCHEMA "{\"type\":\"object\",\"properties\":{\"input\":{\"type\":\"string\"}},\"required\":[\"input\"]}"
/* The text, escaped, out of the escaped JSON text of such a call's arguments; what is no such object is the text itself. */
yz_str yz_custom_input(yz_arena *arena, yz_str arguments);

#ifdef __cplusplus
}
#endif
#endif
