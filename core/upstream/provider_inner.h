/* upstream/provider_inner.h: the inside of the provider stage: one struct for a call at its leaf, shared by
 *
 *   provider.c      the hooks: which target, then a fetch, then the end
 *   stored.c        whose account a request without a model is for
 *   outgoing.c      what is sent: path, headers, body (spliced or translated)
 *   answer.c        what came, on its way up
 *   answer_kind.c   which kind of answer comes
 *   answer_document.c documents, and what is forwarded unread
 *   answer_made.c   what is no chat: errors and nothing in it
 *   answer_stream.c event streams
 *   session.c       WebSockets: client and provider talk at any time
 *   picture.c       pictures painted in a chat
 *   answer_error.c  errors the provider reports
 *   next_key.c      several keys of one provider
 *   moved.c         what was made, and lies elsewhere at its provider
 *   allowance.c     what the provider says is left of its limits
 *
 * What needs no leaf stands apart: classify.h (what a failure means), retry_after.h (how long to wait), scrub.h (what a client may read).
 */
#ifndef YUZUI_UPSTREAM_PROVIDER_INNER_H
#define YUZUI_UPSTREAM_PROVIDER_INNER_H

#include "base/base64.h"
#include "base/json_skim.h"
#include "config/settings.h"
#include "dialect/neutral.h"
#include "http/frames.h"
#include "http/sse.h"
#include "upstream/fetch.h"
#include "upstream/saying.h"

#include <yuzui/adapter.h>

#define YZ_EXCHANGED     8                   /* places of an answer, or of an event of it, that its dialect exchanges at most */
#define YZ_FINISH_WORDS  128                 /* … and those of words for the end: one for each choice that can be asked for */
#define YZ_HELD_STREAM   ((size_t)256 << 10) /* of a stream, before its first content */
#define YZ_HELD_EVENTS   ((size_t)1 << 20)   /* of its events, likewise */
#define YZ_HELD_DOCUMENT ((size_t)1 << 20)   /* of a document that is forwarded */
#define YZ_HELD_ERROR    ((size_t)64 << 10)

typedef enum yz_answer_kind {
    YZ_ANSWER_NONE,   /* the head has not come */
    YZ_ANSWER_UNSEEN, /* nothing but blanks has come after it */
    YZ_ANSWER_FAILED, /* status >= 400 */
    YZ_ANSWER_WORDS,  /* neither JSON nor events, where an answer was due: held for what it says */
    YZ_ANSWER_STREAM,
    YZ_ANSWER_DOCUMENT, /* held */
    YZ_ANSWER_PASSING,  /* forwarded as it comes: a document that grew too long to be held, or a kind not known here */
    YZ_ANSWER_SESSION,  /* likewise: frames of a WebSocket */
} yz_answer_kind;

enum { YZ_HEARD = 8 };

typedef struct yz_leaf_session {
    yz_str key;               /* that the WebSocket was asked for with */
    yz_frames frames;         /* the provider's */
    bool stands;              /* it has agreed, and the client knows */
    bool unread;              /* they cannot be read */
    bool told;                /* that a text was too long to be read */
    bool lost;                /* … that what it said was used could not be */
    bool stamps;              /* messages may be exchanged: they are put into leaf->held one by one */
    bool passes;              /* … but the one under way, which is too long */
    yz_arena *opening;        /* what it is told first is made here; NULL: that is over, or there is no such */
    yz_buf raw, anew;         /* the frames of the one under way, as far as they have come; what it becomes */
    uint64_t heard[YZ_HEARD]; /* the answers whose usage was heard last, by their ids and counts */
    unsigned n_heard;
    yz_error *closed; /* what its close frame amounts to; NULL: none has come that can be read */
} yz_leaf_session;

typedef struct yz_leaf { /* the state of a call at the provider stage */
    yz_sink sink;        /* first: where the decoder puts its events */
    yz_call *call;
    yz_record *record; /* the call's */
    yz_arena *arena;   /* the call's */
    const yz_request *request;
    const yz_target *target;
    const yz_provider_settings *provider;
    const yz_adapter *adapter; /* the provider's */
    bool translated;           /* the request is written from its neutral form: mostly, the client speaks another dialect */
    bool asks_usage;           /* which the client did not: what says nothing else is kept from it */
    yz_written *written;       /* then: what is sent, and what was lost on the way */
    yz_losses *lost;           /* likewise of embeddings, which are not kept; NULL: it is no such */

    yz_str parts[5]; /* the known bytes of body */
    yz_body body;
    yz_fetch_plan plan;
    yz_fetch *fetch;
    yz_wait *wait;
    yz_timer *first_token;
    yz_timer *stall;   /* the content of a stream is judged when it rings; NULL: it is not */
    int64_t brought;   /* bytes of content since it was set */
    bool rested;       /* … and it was paused meanwhile: nobody's fault */
    int key;           /* which of the provider's keys is used */
    int64_t key_since; /* … since when */
    uint32_t tried;    /* bit i: key i was, in this call */
    yz_timer *again;   /* the request is sent anew, with that key, or to where it was sent */
    int moves;         /* how often it was */
    yz_url *elsewhere; /* … to this server, which is not the provider; NULL: to the provider */

    yz_answer_kind kind;
    const yz_h1_head *head;
    yz_buf held;     /* a document or an error; of a stream: whole events that are not sent yet */
    yz_str run;      /* bytes of the read under way that belong after `held`, where they lie */
    int64_t total;   /* bytes of the answer so far */
    int64_t skipped; /* bytes before them that say nothing: blanks, a byte order mark */
    uint8_t skipped_mark;
    bool framed;    /* its stream held a whole document, and what still comes of it is passed over */
    bool listed;    /* a document that is a list of them, as Google's streams are */
    bool sent;      /* the head has gone up */
    yz_arena *kept; /* the events of held and run, if the client's form is another one; NULL: nobody needs them */
    yz_event *events, *last;

    struct yz_leaf_session *session; /* NULL: it is none */

    yz_sse sse;
    yz_str read;        /* the bytes being fed to sse */
    yz_json_skim *skim; /* of a document that is forwarded as it comes; NULL: nobody looks at it */
    yz_buf mended;      /* the event under way, made right */
    yz_arena *scratch;  /* of one event */
    void *decoder;
    unsigned marks;       /* of what is in held and run */
    unsigned said;        /* by the event under way: a bit for each kind */
    yz_splice *exchanged; /* what is exchanged in the event under way, if `said` has a FINISH_WORD; YZ_FINISH_WORDS of them */
    size_t n_exchanged;
    yz_str words;  /* a text that stands where an event was due; empty: none */
    int undecoded; /* what the decoder returned for the event that broke the stream; 0: none did */
    bool content, done;
    bool blanked;           /* something after the document's end was left out */
    bool complete;          /* by the event before */
    bool beside;            /* the event under way says an error that takes nothing away from the answer */
    bool paints, painted;   /* the client asked for pictures alone; one has come */
    bool painting, garbled; /* one is under way; one was no base64 */
    yz_base64_look picture; /* the one under way */
    unsigned picture_index;
    yz_saying saying; /* what comes of it in end.unsaid */
    yz_end end;
    yz_usage usage;  /* of end */
    yz_error *error; /* the provider failed inside its answer */
} yz_leaf;

/* ---- provider.c */
/* Ends the call with an error about this provider; class, message and started are the caller's. */
void yz_leaf_fail(yz_leaf *leaf, yz_error_class class_, const char *fmt, ...) YZ_PRINTF(3, 4);
void yz_leaf_fail_whole(yz_leaf *leaf, yz_error_class class_, yz_str text); /* the same, however long */
void yz_leaf_error(yz_leaf *leaf, yz_error *error);
void yz_leaf_end(yz_leaf *leaf);
void yz_leaf_reached(const yz_leaf *leaf);       /* its provider has answered, whatever it says */
void yz_leaf_watch_rate(yz_leaf *leaf);          /* from here on its content must come fast enough, if the provider's options say so */
yz_started yz_leaf_started(const yz_leaf *leaf); /* may work that costs money have begun? */

/* ---- next_key.c */
void yz_leaf_first_key(yz_leaf *leaf); /* chooses the key of leaf->plan */
/* Was it the key that the provider refused, and is there another? Then the call goes on with that one. */
bool yz_leaf_next_key(yz_leaf *leaf, const yz_error *error);
/* The provider took the key: it rests no more. */
void yz_leaf_key_works(const yz_leaf *leaf);

/* ---- moved.c */
/* Is it a redirect where one may come? Then it is followed, or the call has been ended. */
bool yz_leaf_moves(yz_leaf *leaf, const yz_h1_head *head);
/* The head says that there is nothing of what was made, or no such part: then the call has been ended, if that is not the provider's. */
bool yz_leaf_no_piece(yz_leaf *leaf);

/* ---- limits.c */
/* Those headers of the answer that its client reads (yz_adapter.limit_headers); NULL: none. */
const yz_header *yz_leaf_limit_headers(const yz_leaf *leaf, size_t *n);
/* ---- allowance.c */
void yz_leaf_allowance(yz_leaf *leaf); /* keeps what the head says of the account's limits in the record */

/* ---- outgoing.c */
/* Fills leaf->plan. Negative: the call has been ended with an error. */
int yz_leaf_prepare(yz_leaf *leaf);

/* ---- stored.c */
/* The account that a request of op STORED is for. NULL: there is none, and the call has been ended. */
const yz_target *yz_stored_account(yz_call *call, const yz_request *request);

/* ---- count.c */
/* Are the tokens this request asks for to be estimated, since this target cannot be asked? */
bool yz_count_locally(const yz_request *request, const yz_target *target, yz_arena *arena);
void yz_count_answer(yz_call *call, const yz_request *request);

/* ---- answer.c */
void yz_leaf_on_head(void *leaf, const yz_h1_head *head);
void yz_leaf_on_bytes(void *leaf, yz_str bytes);
void yz_leaf_on_batch(void *leaf);
void yz_leaf_on_end(void *leaf);
void yz_leaf_send_head(yz_leaf *leaf, bool stream, bool known, int64_t length);
/* The answer's decoder begins; its kind is known. */
void yz_leaf_begin_decoding(yz_leaf *leaf);
bool yz_leaf_is_reencoded(const yz_leaf *leaf); /* will somebody above need its events? */
void yz_leaf_emit(yz_sink *sink, const yz_event *event);
void yz_leaf_keep_run(yz_leaf *leaf);         /* moves run to the end of held */
bool yz_leaf_is_stamped(const yz_leaf *leaf); /* may there be places in its answer that the dialect exchanges? */
/* Appends the bytes with what is exchanged in `data`, a slice of them: a document, or the data of an event; by the dialect, or as a
 * finish word. False: nothing, and nothing was appended. */
bool yz_leaf_exchange(yz_leaf *leaf, yz_str bytes, yz_str data, yz_buf *out);
/* Sends held and run as one chunk, with their events, and has none any more. */
void yz_leaf_send_chunk(yz_leaf *leaf, unsigned marks);
yz_str yz_leaf_bytes(yz_leaf *leaf); /* held and run as one slice */

/* ---- answer_kind.c */
yz_str yz_leaf_type(const yz_leaf *leaf, bool stream, bool known); /* its true content type; `known`: it was read */
void yz_leaf_expect(yz_leaf *leaf);                                /* the head of a success has come */
/* The first bytes of an answer that is UNSEEN: what of them belongs to it; it is of a kind then, or the call has ended. */
yz_str yz_leaf_look(yz_leaf *leaf, yz_str bytes);
void yz_leaf_unseen(yz_leaf *leaf);    /* it ended without any: likewise */
void yz_leaf_words_end(yz_leaf *leaf); /* all of it has come that is held, or will: ends the call */

/* ---- answer_document.c */
void yz_leaf_begin_document(yz_leaf *leaf);
void yz_leaf_document_batch(yz_leaf *leaf); /* the read is over and the document is not complete: hold it, or begin to forward it */
void yz_leaf_document_end(yz_leaf *leaf);
void yz_leaf_pass(yz_leaf *leaf); /* one that is forwarded: the read is over */
void yz_leaf_pass_end(yz_leaf *leaf);

/* ---- finish.c: what a vendor's own word for the end means */
/* The finish of such an event (OTHER, with a name) becomes what it means, and its name empty. False: that the answer failed, which has been
 * emitted instead. */
bool yz_leaf_finish(yz_leaf *leaf, yz_event *event);
/* A FINISH_WORD: notes what is sent in its place, if the answer is forwarded. */
void yz_leaf_finish_word(yz_leaf *leaf, const yz_event *event);
/* ---- answer_made.c */
bool yz_leaf_is_film(const yz_leaf *leaf); /* is it asked for a film's own bytes? */
/* … which this document is not: the call has been ended. */
bool yz_leaf_no_film(yz_leaf *leaf, const yz_json *json);
/* Is this document, of which its decoder said `code`, what was asked for, where that is no chat? Negative: the call has been ended. */
int yz_leaf_judge_made(yz_leaf *leaf, const yz_json *json, int code);
bool yz_leaf_asks_for_samples(const yz_leaf *leaf); /* raw speech: it begins with any byte, and no label tells it from a text */
/* The first bytes of a sound, whose head has not gone up: it does, or the answer is of another kind, or it is held until it is `whole`. */
void yz_leaf_hear(yz_leaf *leaf, bool whole);

/* ---- picture.c: for who asked for pictures alone */
void yz_leaf_paint(yz_leaf *leaf, const yz_event *event);
/* The answer is complete, and there is no picture in it, or one that is none: then the call has been ended with an error. */
bool yz_leaf_unpainted(yz_leaf *leaf);

/* ---- answer_stream.c */
void yz_leaf_stream_bytes(yz_leaf *leaf, yz_str bytes);
void yz_leaf_stream_batch(yz_leaf *leaf);
bool yz_leaf_stream_complete(const yz_leaf *leaf); /* by what was decoded, whether or not it has ended */
bool yz_leaf_stream_over(const yz_leaf *leaf);     /* … and cut off where nothing more was being said */
/* It was cut off in, or behind, an error that has come whole: then the call has been ended with that. */
bool yz_leaf_stream_failed(yz_leaf *leaf);
void yz_leaf_stream_end(yz_leaf *leaf);

/* ---- session.c */
void yz_leaf_session_new(yz_leaf *leaf);                 /* it will be: before its request is written */
void yz_leaf_session_plan(yz_leaf *leaf);                /* it is asked for: completes leaf->plan */
void yz_leaf_session_begin(yz_leaf *leaf);               /* the provider has agreed, or has not: then the call has ended */
void yz_leaf_session_bytes(yz_leaf *leaf, yz_str bytes); /* puts what goes on into leaf->held */
void yz_leaf_session_batch(yz_leaf *leaf);               /* the read is over */
void yz_leaf_session_end(yz_leaf *leaf);                 /* the provider has closed it */
/* Was this usage heard before, of the same answer and the same counts? Relays say the end of an answer twice. */
bool yz_leaf_session_again(yz_leaf *leaf, const yz_event *event);
void yz_leaf_session_lost(yz_leaf *leaf, yz_str what); /* something of what it says was used could not be read */
void yz_leaf_session_free(yz_leaf *leaf);              /* what it holds outside of the arena */

/* ---- answer_error.c */
/* Ends the call with leaf->error, which the provider reported inside an answer with status 200. */
void yz_leaf_inner_error(yz_leaf *leaf);
void yz_leaf_refused(yz_leaf *leaf, yz_str body); /* the whole body, or as much as is held */
/* One of which more has come than is held (YZ_HELD_ERROR): servers repeat the request that they refuse. What it says besides is read. */
void yz_leaf_refused_long(yz_leaf *leaf);
void yz_leaf_refused_inside(yz_leaf *leaf, yz_error *error); /* said in an answer with a status of success */
/* An error that stands beside an answer which is whole: its words go to the log. */
void yz_leaf_said_beside(const yz_leaf *leaf, const yz_error *error);
/* An answer that its decoder takes for none of its dialect, and that holds an error in a shape of its own. False: it does not. */
bool yz_leaf_refused_oddly(yz_leaf *leaf, const yz_json *json);
/* Ends the call with an answer, or a part of one, that is no more than words; `what` says what is wrong with it. They tell the class where
 * they are known; else it was answered, perhaps. */
void yz_leaf_worded(yz_leaf *leaf, const char *what, yz_str body);
/* Ends the call, as the decoder took `what` ("stream", "answer") for none of its dialect; YZ_ELIMIT: it says more than is carried. */
void yz_leaf_unreadable(yz_leaf *leaf, const char *what, int code);

#endif
