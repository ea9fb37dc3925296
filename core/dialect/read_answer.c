/* dialect/read_answer.c: chunks of an answer → events (read_answer.h has the contract).
 *
 * The provider stage decodes every answer and hands its events on beside the bytes. What comes without them (from a cache, or kept by a
 * stage) is decoded here: the decoder of a stream gets one server-sent event at a time, that of a document the whole.
 *
 * Not here: telling whether an answer is any good. The provider stage has read it in passing; what it let through and what fails
 * nevertheless is reported through *error.
 */
#include "dialect/read_answer.h"

#include "base/arena.h"
#include "base/dialects.h"
#include "base/record.h"
#include "base/request.h"
#include "http/sse.h"

struct yz_answer_reader {
    yz_sink sink; /* first: the decoder's events come here */
    yz_sink *to;
    yz_arena *arena;
    const yz_adapter *from;
    const yz_provider *provider; /* who answers; NULL: an answer from a cache, known to have been whole */
    void *decoder;               /* NULL until bytes come without their events */
    yz_arena *scratch;           /* of one event, or of a document */
    const yz_error *error;
    int code;
    yz_sse sse;
    yz_buf document; /* collected */
    bool stream, done;
    bool by_events; /* nobody has read the bytes */
};

/* ---- failing -------------------------------------------------------------------------------------------------------- */

static int fail(yz_answer_reader *r, int code, const char *message) {
    yz_error *error = yz_alloc(r->arena, sizeof(*error));
    *error = (yz_error){YZ_ERROR, .class_ = YZ_ERROR_BROKEN, .message = yz_str_of(message), .started = YZ_STARTED_YES};
    r->error = error;
    return r->code = code;
}

/* ---- events --------------------------------------------------------------------------------------------------------- */

static void on_event(yz_sink *sink, const yz_event *event) {
    yz_answer_reader *r = (yz_answer_reader *)(void *)sink;
    yz_event room;
    YZ_WIDE(event, &room);
    if (r->code < 0 || r->done || event->kind == YZ_EVENT_FINISH_WORD)
        return;
    if (event->kind == YZ_EVENT_ERROR) {
        r->error = yz_error_copy(r->arena, event->error);
        r->code = YZ_EIO;
        return;
    }
    r->done = event->kind == YZ_EVENT_DONE;
    yz_emit(r->to, event);
}

static int on_sse(void *arg, const yz_sse_event *event) {
    yz_answer_reader *r = arg;
    if (!event->has_data || r->done)
        return YZ_OK;
    yz_arena_reset(r->scratch);
    int code = r->from->decode_event(r->decoder, event->name, event->data, r->scratch, &r->sink);
    if (code < 0 && r->code == YZ_OK)
        fail(r, code, "the provider sent an event that is not of its dialect");
    return r->code;
}

/* ---- making one ------------------------------------------------------------------------------------------------------ */

static void on_free(void *arg) {
    yz_answer_reader *r = arg;
    if (r->scratch)
        yz_arena_free(r->scratch);
    yz_sse_free(&r->sse);
    yz_buf_free(&r->document);
}

/* The adapter that can decode this form of a dialect: its own, or the one that owns it where the request was asked. */
static const yz_adapter *decoder_of(const yz_adapter *adapter, const yz_request *request, bool stream) {
    if (!adapter || (stream ? adapter->decode_event != NULL : adapter->decode_body != NULL))
        return adapter;
    const yz_adapter *owner = yz_dialects_find(request->dialects, yz_str_of(adapter->dialect));
    return owner && (stream ? owner->decode_event != NULL : owner->decode_body != NULL) ? owner : NULL;
}

yz_answer_reader *yz_answer_reader_new(yz_arena *arena, const yz_request *request, const yz_head *head, yz_sink *sink) {
    const yz_adapter *from = decoder_of(head->dialect, request, head->stream);
    if (!from)
        return NULL;
    yz_answer_reader *r = yz_alloc(arena, sizeof(*r));
    r->sink.emit = on_event;
    r->to = sink;
    r->arena = arena;
    r->from = from;
    r->stream = head->stream;
    r->sse.limit = YZ_READ_COLLECT;
    r->provider = head->target ? head->target->provider : NULL;
    yz_on_free(arena, on_free, r);
    return r;
}

/* ---- reading --------------------------------------------------------------------------------------------------------- */

void *yz_decoder_new(const yz_adapter *adapter, yz_arena *arena) {
    size_t zeroed = adapter->decoder_zeroed ? adapter->decoder_zeroed : adapter->decoder_size;
    return memset(yz_alloc_raw(arena, adapter->decoder_size + 1), 0, zeroed);
}

static void open_decoder(yz_answer_reader *r) {
    if (r->decoder)
        return;
    r->decoder = yz_decoder_new(r->from, r->arena);
    r->scratch = yz_arena_new(NULL);
}

static int feed_stream(yz_answer_reader *r, yz_str bytes, bool end) {
    size_t left = 0;
    int code = end ? yz_sse_end(&r->sse, on_sse, r, &left) : yz_sse_feed(&r->sse, bytes, on_sse, r);
    if (code < 0 && r->code == YZ_OK)
        fail(r, code, code == YZ_ELIMIT ? "the provider sent an event that is too long" : "the provider's stream is malformed");
    return r->code;
}

static int collect(yz_answer_reader *r, yz_str bytes) {
    if (r->document.n + bytes.n > YZ_READ_COLLECT)
        return fail(r, YZ_ELIMIT, "the provider's answer is too long to be translated");
    yz_buf_str(&r->document, bytes);
    return YZ_OK;
}

static void read_bytes(yz_answer_reader *r, yz_str bytes) {
    open_decoder(r);
    if (r->stream)
        feed_stream(r, bytes, false);
    else
        collect(r, bytes);
}

int yz_answer_reader_chunk(yz_answer_reader *r, const yz_chunk *chunk, const yz_error **error) {
    if (r->code == YZ_OK) {
        r->by_events |= chunk->events != NULL;
        for (const yz_event *event = chunk->events; event; event = event->next)
            on_event(&r->sink, event);
        if (!chunk->events && !r->by_events) /* else there was nothing new in these */
            read_bytes(r, chunk->bytes);
    }
    *error = r->error;
    return r->code;
}

static int decode_document(yz_answer_reader *r) {
    yz_json *json = NULL;
    if (yz_json_parse(r->scratch, yz_buf_view(&r->document), YZ_JSON_ANSWERED, &json, NULL) < 0)
        fail(r, YZ_EINVAL, "the provider's answer is not JSON");
    else if (r->from->decode_body(r->decoder, json, r->scratch, &r->sink) < 0 && r->code == YZ_OK)
        fail(r, YZ_EINVAL, "the provider's answer is not of its dialect");
    return r->code;
}

/* Reads what is left of the bytes. True: the answer is complete, though it may lack its terminal event. */
static bool read_end(yz_answer_reader *r) {
    open_decoder(r);
    if (!r->stream)
        return decode_document(r) == YZ_OK && r->done;
    if (feed_stream(r, (yz_str){0}, true) < 0)
        return false;
    if (!r->done && r->from->decode_end)
        r->from->decode_end(r->decoder, r->scratch, &r->sink);
    bool complete = r->done || (r->from->decode_complete && r->from->decode_complete(r->provider, r->decoder));
    return complete && r->code == YZ_OK;
}

int yz_answer_reader_end(yz_answer_reader *r, const yz_error **error) {
    if (r->code == YZ_OK) {
        bool complete = r->by_events || read_end(r); /* whoever decoded the events knows that they are all */
        if (complete && !r->done)
            on_event(&r->sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_DONE});
        if (r->code == YZ_OK && !r->done)
            fail(r, YZ_EINVAL, "the provider's answer stopped before its end");
    }
    *error = r->error;
    return r->code;
}
