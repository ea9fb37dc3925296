/* answer.c: what came back, on its way up.
 *
 * What is decoded in passing (for usage, finish and errors) is handed on beside the bytes when the client reads another dialect or form,
 * so that nobody has to decode it again; otherwise it is forgotten at once.
 *
 * Bytes of a read stay where they are (`run`) until the read is over; only what must be held longer is copied. So an answer that
 * comes in one read is never copied.
 */
#include "base/arena.h"
#include "base/log.h"
#include "base/record.h"
#include "base/request.h"
#include "dialect/read_answer.h"
#include "upstream/provider_inner.h"
#include "worker.h"

#define FIRST_HELD ((size_t)8 << 10) /* room at first: more than growing in small steps costs */

/* ---- bytes ----------------------------------------------------------------------------------------------------------- */

void yz_leaf_keep_run(yz_leaf *leaf) {
    if (leaf->held.cap == 0 && leaf->run.n)
        yz_buf_room(&leaf->held, FIRST_HELD);
    yz_buf_str(&leaf->held, leaf->run);
    leaf->run = (yz_str){0};
}

yz_str yz_leaf_bytes(yz_leaf *leaf) {
    if (leaf->held.n == 0)
        return leaf->run;
    yz_leaf_keep_run(leaf);
    return yz_buf_view(&leaf->held);
}

static void add_run(yz_leaf *leaf, yz_str bytes) {
    if (leaf->run.n && leaf->run.p + leaf->run.n == bytes.p) {
        leaf->run.n += bytes.n;
        return;
    }
    yz_leaf_keep_run(leaf);
    leaf->run = bytes;
}

void yz_leaf_send_chunk(yz_leaf *leaf, unsigned marks) {
    yz_chunk chunk = {YZ_CHUNK, .bytes = yz_leaf_bytes(leaf), .marks = marks, .events = leaf->events};
    if (chunk.bytes.n)
        yz_send_chunk(leaf->call, &chunk);
    leaf->held.n = 0;
    leaf->run = (yz_str){0};
    leaf->events = leaf->last = NULL;
    if (leaf->kept)
        yz_arena_reset(leaf->kept);
}

/* ---- events ---------------------------------------------------------------------------------------------------------- */

static void keep_event(yz_leaf *leaf, const yz_event *event) {
    yz_event *kept = yz_event_copy(leaf->kept, event);
    if (leaf->last)
        leaf->last->next = kept;
    else
        leaf->events = kept;
    leaf->last = kept;
}

static void add_usage(yz_usage *sum, const yz_usage *more) {
    for (unsigned m = 0; m < YZ_METERS_MAX; m++) {
        int64_t before = yz_usage_count(sum, (yz_meter)m), n = yz_usage_get(more, (yz_meter)m);
        if (n >= 0)
            yz_usage_set(sum, (yz_meter)m, n < INT64_MAX - before ? before + n : INT64_MAX);
    }
}

/* Nothing at all, after something: some servers end with counts that they have cleared. */
static bool takes_back(const yz_usage *before, const yz_usage *now) {
    return yz_usage_count(now, YZ_METER_INPUT) + yz_usage_count(now, YZ_METER_OUTPUT) == 0 && yz_usage_get(now, YZ_METER_INPUT) == 0 &&
           yz_usage_count(before, YZ_METER_INPUT) + yz_usage_count(before, YZ_METER_OUTPUT) > 0;
}

void yz_leaf_emit(yz_sink *sink, const yz_event *event) {
    yz_leaf *leaf = (yz_leaf *)sink;
    yz_event room;
    YZ_WIDE(event, &room);
    if (event->kind == YZ_EVENT_USAGE && leaf->kind != YZ_ANSWER_SESSION && takes_back(&leaf->usage, event->usage))
        return;
    if (event->kind == YZ_EVENT_FINISH_WORD) {
        yz_leaf_finish_word(leaf, event);
        return;
    }
    if (event->kind == YZ_EVENT_FINISH && event->finish == YZ_FINISH_OTHER && event->name.n) {
        yz_event known = *event;
        if (yz_leaf_finish(leaf, &known))
            yz_leaf_emit(sink, &known);
        return;
    }
    if (leaf->kept && event->kind != YZ_EVENT_ERROR)
        keep_event(leaf, event);
    leaf->said |= 1u << event->kind;
    yz_saying_hear(&leaf->saying, event, leaf->arena);
    if (leaf->paints)
        yz_leaf_paint(leaf, event);
    switch (event->kind) {
    case YZ_EVENT_START:
    case YZ_EVENT_ANNOTATION:
    case YZ_EVENT_ITEM_END:
    case YZ_EVENT_LOGPROBS:
    case YZ_EVENT_FINISH_WORD:
        break;
    case YZ_EVENT_LOST: /* the bytes still have it */
        leaf->beside = leaf->beside || event->error;
        if (event->error)
            yz_leaf_said_beside(leaf, event->error);
        if (leaf->kind == YZ_ANSWER_SESSION)
            yz_leaf_session_lost(leaf, event->text);
        break;
    case YZ_EVENT_ITEM:
        if (event->item != YZ_PART_TOOL_CALL && event->item != YZ_PART_OPAQUE)
            break; /* nothing is in it yet */
        leaf->content = true;
        leaf->marks |= YZ_MARK_CONTENT;
        break;
    case YZ_EVENT_DELTA:
        leaf->brought += (int64_t)event->text.n;
        leaf->record->text += event->text.n; /* fall through */
    case YZ_EVENT_SIGNATURE:
        leaf->content = true;
        leaf->marks |= YZ_MARK_CONTENT;
        leaf->record->started = YZ_STARTED_YES;
        break;
    case YZ_EVENT_USAGE:
        if (yz_op_keeps(leaf->request->op))
            break; /* what it says was used was used before */
        if (leaf->kind == YZ_ANSWER_SESSION && yz_leaf_session_again(leaf, event))
            break;
        if (leaf->kind == YZ_ANSWER_SESSION)
            add_usage(&leaf->usage, event->usage), leaf->record->said++; /* of one of its answers */
        else
            yz_usage_merge(&leaf->usage, event->usage);
        yz_record_usage(leaf->call, &leaf->usage, YZ_SOURCE_PROVIDER);
        leaf->marks |= YZ_MARK_USAGE;
        break;
    case YZ_EVENT_FINISH:
        if (leaf->end.finish == YZ_FINISH_NONE || event->finish == YZ_FINISH_OTHER) /* of several answers one may not be whole */
            leaf->end.finish = event->finish;
        leaf->marks |= YZ_MARK_FINISH;
        break;
    case YZ_EVENT_ERROR:
        if (!leaf->error)
            leaf->error = yz_error_copy(leaf->arena, event->error);
        break;
    case YZ_EVENT_DONE:
        leaf->done = true;
        break;
    }
}

/* ---- the head -------------------------------------------------------------------------------------------------------- */

/* What says which version of it this is, so that a later part is of the same one; no browser takes it for anything but what it is called.
 */
static void add_piece_headers(const yz_leaf *leaf, yz_head *head) {
    static const char *const names[] = {"etag", "last-modified"};
    yz_header *list = yz_alloc(leaf->arena, 3 * sizeof *list);
    size_t n = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        yz_str said = yz_header_find(leaf->head->headers, leaf->head->n_headers, names[i]);
        if (said.n > 0 && said.n <= 256)
            list[n++] = (yz_header){yz_str_of(names[i]), yz_dup(leaf->arena, said)};
    }
    list[n++] = (yz_header){YZ_STR("x-content-type-options"), YZ_STR("nosniff")};
    head->headers = list;
    head->n_headers = n;
}

/* `known`: the bytes are the adapter's dialect. */
void yz_leaf_send_head(yz_leaf *leaf, bool stream, bool known, int64_t length) {
    yz_head head = {YZ_HEAD,
                    .status = leaf->head->status,
                    .stream = stream,
                    .dialect = known ? leaf->adapter : NULL,
                    .target = leaf->target,
                    .content_type = yz_leaf_type(leaf, stream, known),
                    .length = length,
                    .reencode = leaf->listed};
    head.headers = yz_leaf_limit_headers(leaf, &head.n_headers);
    if (!known && leaf->request->piece > 0) {
        head.part = head.status == 206 ? yz_dup(leaf->arena, yz_header_find(leaf->head->headers, leaf->head->n_headers, "content-range"))
                                       : head.part;
        head.parts = yz_str_is(yz_header_find(leaf->head->headers, leaf->head->n_headers, "accept-ranges"), "bytes");
        add_piece_headers(leaf, &head);
    }
    if (leaf->written) {
        head.losses = leaf->written->losses.names;
        head.n_losses = leaf->written->losses.n;
    }
    if (leaf->lost) {
        head.losses = leaf->lost->names;
        head.n_losses = leaf->lost->n;
    }
    leaf->sent = true;
    leaf->record->started = YZ_STARTED_YES;
    yz_timer_stop(leaf->first_token);
    leaf->first_token = NULL;
    if (stream)
        yz_leaf_watch_rate(leaf);
    yz_send_head(leaf->call, &head);
}

/* Will somebody above need the events of this answer? */
bool yz_leaf_is_reencoded(const yz_leaf *leaf) {
    return leaf->request->op == YZ_OP_CHAT &&
           (leaf->translated || leaf->listed || leaf->request->events || leaf->request->stream != (leaf->kind == YZ_ANSWER_STREAM));
}

void yz_leaf_begin_decoding(yz_leaf *leaf) {
    leaf->decoder = yz_decoder_new(leaf->adapter, leaf->arena);
    if (yz_leaf_is_reencoded(leaf) && !leaf->kept)
        leaf->kept = yz_arena_new(yz_call_worker(leaf->call)->blocks);
}

/* Of the two names, what a provider's support asks for. */
static void take_id(const yz_leaf *leaf, const yz_h1_head *head) {
    yz_str id = yz_header_find(head->headers, head->n_headers, "x-request-id");
    if (id.n == 0)
        id = yz_header_find(head->headers, head->n_headers, "request-id");
    if (id.n > 0 && id.n <= 128)
        yz_record_id(leaf->call, id);
}

void yz_leaf_on_head(void *arg, const yz_h1_head *head) {
    yz_leaf *leaf = arg;
    yz_leaf_reached(leaf);
    if (yz_ended(leaf->call) || yz_leaf_moves(leaf, head))
        return;
    leaf->head = head;
    leaf->record->status = head->status;
    if (yz_leaf_no_piece(leaf))
        return;
    if (!leaf->elsewhere) {
        yz_leaf_allowance(leaf);
        take_id(leaf, head);
    }
    if (head->status >= 400)
        leaf->kind = YZ_ANSWER_FAILED;
    else {
        yz_leaf_key_works(leaf);
        if (leaf->request->op == YZ_OP_REALTIME)
            yz_leaf_session_begin(leaf);
        else
            yz_leaf_expect(leaf);
    }
}

/* ---- the fetch's hooks ------------------------------------------------------------------------------------------------ */

void yz_leaf_on_bytes(void *arg, yz_str bytes) {
    yz_leaf *leaf = arg;
    if (yz_ended(leaf->call) || leaf->again || leaf->framed)
        return;
    if (leaf->kind <= YZ_ANSWER_FAILED && leaf->total == 0 && leaf->fetch && yz_fetch_unpack(leaf->fetch, bytes))
        return;
    if (leaf->kind == YZ_ANSWER_UNSEEN)
        bytes = yz_leaf_look(leaf, bytes);
    leaf->total += (int64_t)bytes.n;
    if (bytes.n == 0 || yz_ended(leaf->call))
        return;
    if (leaf->kind == YZ_ANSWER_SESSION)
        yz_leaf_session_bytes(leaf, bytes);
    else if (leaf->kind == YZ_ANSWER_STREAM)
        yz_leaf_stream_bytes(leaf, bytes);
    else
        add_run(leaf, bytes);
}

void yz_leaf_on_batch(void *arg) {
    yz_leaf *leaf = arg;
    if (yz_ended(leaf->call) || leaf->again || leaf->kind == YZ_ANSWER_UNSEEN)
        return;
    if (leaf->kind == YZ_ANSWER_PASSING && !leaf->sent)
        yz_leaf_hear(leaf, false);
    if (leaf->kind == YZ_ANSWER_STREAM)
        yz_leaf_stream_batch(leaf);
    else if (leaf->framed) /* whole, whether or not its stream ends */
        yz_leaf_document_end(leaf);
    else if (leaf->kind == YZ_ANSWER_DOCUMENT)
        yz_leaf_document_batch(leaf);
    else if (leaf->kind == YZ_ANSWER_PASSING && leaf->sent)
        yz_leaf_pass(leaf);
    else if (leaf->kind == YZ_ANSWER_SESSION)
        yz_leaf_session_batch(leaf);
    else if (leaf->kind == YZ_ANSWER_WORDS && leaf->total > (int64_t)YZ_HELD_ERROR)
        yz_leaf_words_end(leaf);
    else if (leaf->kind == YZ_ANSWER_FAILED && leaf->total > (int64_t)YZ_HELD_ERROR)
        yz_leaf_refused_long(leaf);
    else
        yz_leaf_keep_run(leaf);
}

void yz_leaf_on_end(void *arg) {
    yz_leaf *leaf = arg;
    if (leaf->again)
        return;
    if (leaf->kind == YZ_ANSWER_UNSEEN && !yz_ended(leaf->call))
        yz_leaf_unseen(leaf);
    if (leaf->kind == YZ_ANSWER_PASSING && !leaf->sent && !yz_ended(leaf->call))
        yz_leaf_hear(leaf, true);
    if (yz_ended(leaf->call))
        return;
    if (leaf->kind == YZ_ANSWER_STREAM) {
        yz_leaf_stream_end(leaf);
    } else if (leaf->kind == YZ_ANSWER_FAILED) {
        if (leaf->total > (int64_t)YZ_HELD_ERROR)
            yz_leaf_refused_long(leaf);
        if (!yz_ended(leaf->call))
            yz_leaf_refused(leaf, yz_leaf_bytes(leaf));
    } else if (leaf->kind == YZ_ANSWER_DOCUMENT) {
        yz_leaf_document_end(leaf);
    } else if (leaf->kind == YZ_ANSWER_WORDS) {
        yz_leaf_words_end(leaf);
    } else if (leaf->kind == YZ_ANSWER_SESSION) {
        yz_leaf_session_end(leaf);
    } else {
        yz_leaf_pass_end(leaf);
    }
}
