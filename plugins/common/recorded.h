/* common/recorded.h: answers that are kept and given out again: what `cache` and `semantic` share.
 *
 *   recorded_key.c   what makes two requests the same
 *   recorded.c       an answer as bytes
 *   replay.c         may a recorded answer serve this request, and giving it out
 */
#ifndef COMMON_RECORDED_H
#define COMMON_RECORDED_H

#include <yuzui/plugin.h>

#define YC_KEY_SIZE 32

/* ---- what is the same (recorded_key.c) -------------------------------------------------------------------------------------- */

/* A text of the body that does not count, and what counts in its place. */
typedef struct yc_hole {
    const char *at; /* where its escaped text begins in the body */
    yz_str instead;
    bool met; /* it is there; set by yc_request_key */
} yc_hole;

/* HMAC over tenant, dialect, operation, resolved targets and the normalised body, without what stands in the hole (NULL: there is none).
 * False: the answer to this request cannot be kept. */
bool yc_request_key(yz_call *call, const yz_request *request, yc_hole *hole, uint8_t key[YC_KEY_SIZE]);

/* ---- an answer as bytes (recorded.c) ------------------------------------------------------------------------------------------ */

/* What a kept answer says about itself. Slices point into the blob. */
typedef struct yc_recorded {
    bool stream;
    bool usage_event; /* the stream was asked for with its usage event */
    int status;
    int64_t stored; /* Unix seconds */
    yz_finish finish;
    yz_usage usage;
    yz_str dialect;         /* empty: opaque bytes */
    yz_str provider, model; /* who answered */
    yz_str content_type;
    yz_str losses; /* names of fields the translation could not carry, one a line */
    yz_str body;
} yc_recorded;

yz_blob *yc_recorded_write(const uint8_t key[YC_KEY_SIZE], const yc_recorded *r);
/* The same of an answer that is whole: its head, which has a target, its end and all of its bytes. `stored`: Unix seconds. */
yz_blob *yc_recorded_of(const uint8_t key[YC_KEY_SIZE], const yz_head *head, const yz_end *end, bool usage_event, int64_t stored,
                        yz_str body);
/* False for anything that is not a whole record of this very key: stores may lie. */
bool yc_recorded_read(yz_str bytes, const uint8_t key[YC_KEY_SIZE], yc_recorded *out);

/* Is this answer to the request of that call worth keeping under its key: a success, of one of the targets that the key stands for? An
 * answer of a model that a fallback chose instead is not. */
bool yc_head_kept(yz_call *call, const yz_head *head);
/* And its end: it says something, and its model had finished? */
bool yc_end_kept(const yz_request *request, const yz_end *end);

/* ---- given out again (replay.c) ---------------------------------------------------------------------------------------------- */

/* Does the client want a usage event at the end of its stream? */
bool yc_wants_usage(const yz_request *request);
/* Could the answer be given in another form (stream, document, without the usage event) and be whole? Not if more was asked for than the
 * neutral form of requests has a place for: several choices, logprobs, custom tools. Reads the body: ask only when forms differ. */
bool yc_other_form(yz_call *call, const yz_request *request);
/* May this record answer the call's request? */
bool yc_serves(yz_call *call, const yc_recorded *r);
/* Answers the call with it, and ends it. Its usage is there to be seen, not to be charged. The record may go afterwards. */
void yc_replay(yz_call *call, const yc_recorded *r);

#endif
