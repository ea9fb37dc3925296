/* yuzui/answer.h: an answer in neutral form: the events a decoder makes of a provider's answer, and an encoder makes a client's of. */
#ifndef YUZUI_ANSWER_H
#define YUZUI_ANSWER_H

#include <yuzui/base.h>
#include <yuzui/json.h>
#include <yuzui/request.h>

#ifdef __cplusplus
extern "C" {
#endif

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
    YZ_EVENT_FINISH,    /* finish: the first one counts; text: the stop sequence that matched, where the provider says it */
    YZ_EVENT_ERROR,     /* error: the provider failed inside its answer */
    YZ_EVENT_DONE,      /* the terminal event: the answer is complete */
    YZ_EVENT_LOST,      /* text: a part of the answer that has no place here ("message.audio"). Never reaches an encoder. */
} yz_event_kind;

#define YZ_CALLS_MAX 128 /* tool calls in one answer: a decoder refuses more with YZ_ELIMIT */

/* One event of an answer. Slices are valid during the sink's call only, or the hook of the chunk that brings it. */
typedef struct yz_event {
    size_t size;
    yz_event_kind kind;
    unsigned index;
    yz_str text;           /* escaped */
    yz_str id, name;       /* escaped */
    yz_str model;          /* escaped */
    int64_t created;       /* Unix seconds, 0 unknown */
    const yz_usage *usage; /* NULL: nothing was said */
    yz_finish finish;
    const yz_error *error;
    const struct yz_event *next; /* in a chunk: the one after it */
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
static inline void yz_emit_broken(yz_sink *sink, yz_str message) {
    yz_error error;
    yz_event event;
    memset(&error, 0, sizeof(error));
    memset(&event, 0, sizeof(event));
    error.size = sizeof(error);
    error.class_ = YZ_ERROR_BROKEN;
    error.message = message;
    error.started = YZ_STARTED_YES;
    event.size = sizeof(event);
    event.kind = YZ_EVENT_ERROR;
    event.error = &error;
    yz_emit(sink, &event);
}

#ifdef __cplusplus
}
#endif
#endif
