/* translate.c: the one place where an answer changes its dialect or its form.
 *
 *   bytes of the provider's dialect → (sse.h or json.h) → its adapter's decoder → events → yz_encoder → bytes
 *
 * The first half is mostly done: the provider stage decodes every answer and hands its events on beside the bytes. What comes without
 * them (from a cache, or kept by a stage) is decoded here. The decoder of a stream gets one server-sent event at a time, that of a document
 * the whole. The encoder decides by the client's wish whether it writes events as they come or one document at the end. So all four pairs
 * of forms are one path.
 *
 * Not here: telling whether an answer is any good. The provider stage has read it in passing; what it let through and what fails
 * nevertheless is reported through *error.
 */
#include "dialect/translate.h"

#include "base/arena.h"
#include "base/dialects.h"
#include "base/record.h"
#include "base/request.h"
#include "http/sse.h"

struct yz_translator {
    yz_sink sink; /* first: the decoder's events come here */
    yz_arena *arena;
    const yz_request *request;
    const yz_adapter *from;
    const yz_provider *provider; /* who answers; NULL: an answer from a cache, known to have been whole */
    void *decoder;               /* NULL until bytes come without their events */
    yz_encoder *encoder;
    int64_t now;
    yz_buf *out;       /* where the encoder writes, during a call */
    yz_arena *scratch; /* of one event */
    const yz_error *error;
    int code;
    yz_sse sse;
    yz_buf document; /* collected */
    yz_buf whole;    /* a document that is written: it may be complete before the answer is known to have ended well */
    yz_losses losses;
    bool forwards, from_stream, done;
    bool told; /* by events: nobody has read the bytes */
};

static bool same_dialect(const yz_adapter *a, const yz_adapter *b) { return a == b || (a && b && strcmp(a->dialect, b->dialect) == 0); }

/* ---- failing -------------------------------------------------------------------------------------------------------- */

static int fail(yz_translator *t, int code, const char *words) {
    yz_error *error = yz_alloc(t->arena, sizeof(*error));
    *error = (yz_error){YZ_ERROR, .class_ = YZ_ERROR_BROKEN, .message = yz_str_of(words), .started = YZ_STARTED_YES};
    t->error = error;
    return t->code = code;
}

static void keep_error(yz_translator *t, const yz_error *said) {
    t->error = yz_error_copy(t->arena, said);
    t->code = YZ_EIO;
}

/* ---- events --------------------------------------------------------------------------------------------------------- */

static void on_event(yz_sink *sink, const yz_event *event) {
    yz_translator *t = (yz_translator *)(void *)sink;
    yz_event room;
    YZ_WIDE(event, &room);
    if (t->code < 0 || t->done)
        return;
    if (event->kind == YZ_EVENT_ERROR) {
        keep_error(t, event->error);
        return;
    }
    t->done = event->kind == YZ_EVENT_DONE;
    yz_encoder_put(t->encoder, event, t->request->stream ? t->out : &t->whole);
}

static int on_sse(void *arg, const yz_sse_event *event) {
    yz_translator *t = arg;
    if (!event->has_data || t->done)
        return YZ_OK;
    yz_arena_reset(t->scratch);
    int code = t->from->decode_event(t->decoder, event->name, event->data, t->scratch, &t->sink);
    if (code < 0 && t->code == YZ_OK)
        fail(t, code, "the provider sent an event that is not of its dialect");
    return t->code;
}

/* ---- the interface -------------------------------------------------------------------------------------------------- */

static void on_free(void *arg) {
    yz_translator *t = arg;
    if (t->scratch)
        yz_arena_free(t->scratch);
    yz_sse_free(&t->sse);
    yz_buf_free(&t->document);
    yz_buf_free(&t->whole);
}

/* The adapter that can decode this form of a dialect: its own, or the one that owns it where the request was asked. */
static const yz_adapter *decoder_of(const yz_adapter *adapter, const yz_request *request, bool stream) {
    if (stream ? adapter->decode_event != NULL : adapter->decode_body != NULL)
        return adapter;
    const yz_adapter *owner = yz_dialects_find(request->dialects, yz_str_of(adapter->dialect));
    return owner && (stream ? owner->decode_event != NULL : owner->decode_body != NULL) ? owner : NULL;
}

yz_translator *yz_translator_new(yz_arena *arena, const yz_request *request, const yz_head *head, int64_t now) {
    yz_translator *t = yz_alloc(arena, sizeof(*t));
    t->sink.emit = on_event;
    t->arena = arena;
    t->request = request;
    t->now = now;
    t->from_stream = head->stream;
    t->provider = head->target ? head->target->provider : NULL;
    t->losses = (yz_losses){YZ_LOSSES, .arena = arena};
    for (size_t i = 0; i < head->n_losses; i++)
        yz_lose(&t->losses, yz_dup(arena, head->losses[i]).p);
    bool same = same_dialect(head->dialect, request->dialect) && head->stream == request->stream && !head->reencode;
    t->forwards = same || !head->dialect || request->op != YZ_OP_CHAT;
    if (t->forwards)
        return t;
    t->from = decoder_of(head->dialect, request, head->stream);
    t->encoder = t->from ? yz_encoder_new(request, now, arena, &t->losses) : NULL;
    if (!t->encoder) {
        fail(t, YZ_EUNSUPPORTED, "no adapter can translate this answer");
        return t;
    }
    yz_on_free(arena, on_free, t);
    return t;
}

bool yz_translator_forwards(const yz_translator *t) { return t->forwards; }

const yz_losses *yz_translator_losses(const yz_translator *t) { return &t->losses; }

/* ---- reading --------------------------------------------------------------------------------------------------------- */

static void open_decoder(yz_translator *t) {
    if (t->decoder)
        return;
    t->decoder = yz_alloc(t->arena, t->from->decoder_size ? t->from->decoder_size : 1);
    t->scratch = yz_arena_new(NULL);
}

static int feed_stream(yz_translator *t, yz_str bytes, bool end) {
    size_t left = 0;
    int code = end ? yz_sse_end(&t->sse, on_sse, t, &left) : yz_sse_feed(&t->sse, bytes, on_sse, t);
    if (code < 0 && t->code == YZ_OK)
        fail(t, code, code == YZ_ELIMIT ? "the provider sent an event that is too long" : "the provider's stream is malformed");
    return t->code;
}

static int collect(yz_translator *t, yz_str bytes) {
    if (t->document.n + bytes.n > YZ_TRANSLATE_COLLECT)
        return fail(t, YZ_ELIMIT, "the provider's answer is too long to be translated");
    yz_buf_str(&t->document, bytes);
    return YZ_OK;
}

static void read_bytes(yz_translator *t, yz_str bytes) {
    open_decoder(t);
    if (t->from_stream)
        feed_stream(t, bytes, false);
    else
        collect(t, bytes);
}

int yz_translator_chunk(yz_translator *t, const yz_chunk *chunk, yz_buf *out, const yz_error **error) {
    t->out = out;
    if (t->code == YZ_OK && !t->forwards) {
        t->told |= chunk->events != NULL;
        for (const yz_event *event = chunk->events; event; event = event->next)
            on_event(&t->sink, event);
        if (!chunk->events)
            read_bytes(t, chunk->bytes);
    }
    *error = t->error;
    return t->code;
}

static int decode_document(yz_translator *t) {
    yz_json *json = NULL;
    if (yz_json_parse(t->scratch, yz_buf_view(&t->document), YZ_JSON_LONE_SURROGATES, &json, NULL) < 0)
        fail(t, YZ_EINVAL, "the provider's answer is not JSON");
    else if (t->from->decode_body(t->decoder, json, t->scratch, &t->sink) < 0 && t->code == YZ_OK)
        fail(t, YZ_EINVAL, "the provider's answer is not of its dialect");
    return t->code;
}

/* Reads what is left of the bytes. True: the answer is complete, though it may lack its terminal event. */
static bool read_end(yz_translator *t) {
    open_decoder(t);
    if (!t->from_stream)
        return decode_document(t) == YZ_OK && t->done;
    return feed_stream(t, (yz_str){0}, true) == YZ_OK &&
           (t->done || (t->from->decode_complete && t->from->decode_complete(t->provider, t->decoder)));
}

int yz_translator_end(yz_translator *t, yz_buf *out, const yz_error **error) {
    t->out = out;
    if (t->code == YZ_OK && !t->forwards) {
        bool complete = t->told || read_end(t); /* whoever decoded the events knows that they are all */
        if (complete && !t->done)
            on_event(&t->sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_DONE});
        if (t->code == YZ_OK && !t->done)
            fail(t, YZ_EINVAL, "the provider's answer stopped before its end");
        if (t->code == YZ_OK)
            yz_buf_str(out, yz_buf_view(&t->whole));
    }
    *error = t->error;
    return t->code;
}

void yz_translator_error(yz_translator *t, const yz_error *error, yz_buf *out) {
    if (!t->encoder)
        t->encoder = yz_encoder_new(t->request, t->now, t->arena, &t->losses);
    if (t->encoder)
        yz_encoder_put(t->encoder, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_ERROR, .error = error}, out);
}
