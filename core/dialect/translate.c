/* translate.c: the one place where an answer changes its dialect or its form.
 *
 *   chunks → yz_answer_reader → events → yz_encoder → bytes of the client's dialect
 *   chunks → yz_renamed → the same bytes, with the client's own names of tools, where the provider was given others
 *
 * The encoder decides by the client's wish whether it writes events as they come or one document at the end. So all four pairs of
 * forms are one path.
 */
#include "dialect/translate.h"

#include "dialect/embed.h"
#include "dialect/encoder.h"
#include "dialect/losses.h"
#include "dialect/read_answer.h"
#include "dialect/renamed.h"

struct yz_translator {
    yz_sink sink; /* first: the reader's events come here */
    yz_arena *arena;
    const yz_request *request;
    yz_answer_reader *reader; /* NULL: the bytes are forwarded, or nobody can read them */
    yz_encoder *encoder;
    int64_t now;
    yz_buf *out;     /* where the encoder writes, during a call */
    yz_buf document; /* one that is written: it may be complete before the answer is known to have ended well */
    yz_losses losses;
    yz_renamed *renamed;           /* the bytes are forwarded but for names of tools; NULL: they are not */
    uint64_t passed;               /* of a stream that is forwarded so */
    const yz_adapter *embedded_by; /* whose vectors they are; NULL: it is no answer of vectors */
    bool forwards;
    bool counted, done; /* events said what was used; the terminal event waits for the end, which may know it */
};

static bool same_dialect(const yz_adapter *a, const yz_adapter *b) { return a == b || (a && b && strcmp(a->dialect, b->dialect) == 0); }

static void encode(yz_translator *t, const yz_event *event) {
    yz_encoder_put(t->encoder, event, t->request->stream ? t->out : &t->document);
}

static void on_event(yz_sink *sink, const yz_event *event) {
    yz_translator *t = (yz_translator *)(void *)sink;
    t->counted |= event->kind == YZ_EVENT_USAGE && event->usage;
    if (event->kind == YZ_EVENT_DONE && !t->counted)
        t->done = true;
    else
        encode(t, event);
}

/* A stream that was kept without its usage event, or that another client began without one: what was used is known all the same. */
static void end_uncounted(yz_translator *t, const yz_usage *usage) {
    if (usage && usage->known)
        encode(t, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_USAGE, .usage = usage});
    encode(t, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_DONE});
}

static void on_free(void *arg) { yz_buf_free(&((yz_translator *)arg)->document); }

bool yz_rewrites(const yz_request *request, const yz_target *target) {
    const yz_adapter *from = request->dialect;
    return from && from->rewrites && target && target->provider->adapter == from && from->rewrites(request, target);
}

yz_translator *yz_translator_new(yz_arena *arena, const yz_request *request, const yz_head *head, int64_t now) {
    yz_translator *t = yz_alloc(arena, sizeof(*t));
    t->sink.emit = on_event;
    t->arena = arena;
    t->request = request;
    t->now = now;
    t->losses = (yz_losses){YZ_LOSSES, .arena = arena};
    yz_losses_copy(&t->losses, head->losses, head->n_losses);
    bool same = same_dialect(head->dialect, request->dialect) && head->stream == request->stream && !head->reencode &&
                !(request->op == YZ_OP_CHAT && yz_rewrites(request, head->target));
    bool other = head->dialect && !same_dialect(head->dialect, request->dialect);
    bool embeds = request->op == YZ_OP_EMBEDDING && other, painted = request->op == YZ_OP_IMAGE && other; /* in a chat of another dialect */
    t->forwards = !embeds && (same || !head->dialect || (request->op != YZ_OP_CHAT && !painted));
    if (t->forwards && request->op == YZ_OP_CHAT && head->dialect)
        t->renamed = yz_renamed_new(arena, request, head->target);
    t->forwards &= t->renamed == NULL;
    if (t->renamed)
        yz_on_free(arena, on_free, t);
    if (t->forwards || t->renamed)
        return t;
    if (embeds) {
        t->embedded_by = head->dialect;
        yz_on_free(arena, on_free, t);
        return t;
    }
    t->encoder = yz_encoder_new(request, now, arena, &t->losses);
    t->reader = t->encoder ? yz_answer_reader_new(arena, request, head, &t->sink) : NULL;
    yz_on_free(arena, on_free, t);
    return t;
}

bool yz_translator_forwards(const yz_translator *t) { return t->forwards; }

const yz_losses *yz_translator_losses(const yz_translator *t) { return &t->losses; }

static int fail_unread(const yz_error **error) {
    static const char text[] = "no adapter can translate this answer";
    static const yz_error unread = {YZ_ERROR, .class_ = YZ_ERROR_BROKEN, .message = {text, sizeof(text) - 1}, .started = YZ_STARTED_YES};
    *error = &unread;
    return YZ_EUNSUPPORTED;
}

static int fail_vectors(const yz_error **error) {
    static const char text[] = "the provider's answer is not one embedding, a list of numbers, for each input";
    static const yz_error unread = {YZ_ERROR, .class_ = YZ_ERROR_ANSWERED, .message = {text, sizeof(text) - 1}, .started = YZ_STARTED_YES};
    *error = &unread;
    return YZ_EINVAL;
}

int yz_translator_chunk(yz_translator *t, const yz_chunk *chunk, yz_buf *out, const yz_error **error) {
    *error = NULL;
    if (t->forwards)
        return YZ_OK;
    if (t->renamed) {
        t->passed += chunk->bytes.n;
        yz_renamed_put(t->renamed, chunk->bytes, t->request->stream ? out : &t->document);
        return YZ_OK;
    }
    t->out = out;
    if (t->embedded_by) {
        yz_buf_str(&t->document, chunk->bytes);
        return t->document.n > YZ_READ_COLLECT ? fail_vectors(error) : YZ_OK;
    }
    return t->reader ? yz_answer_reader_chunk(t->reader, chunk, error) : fail_unread(error);
}

int yz_translator_end(yz_translator *t, const yz_usage *usage, yz_buf *out, const yz_error **error) {
    *error = NULL;
    if (t->forwards)
        return YZ_OK;
    if (t->renamed) {
        yz_buf_str(out, yz_buf_view(&t->document));
        yz_renamed_end(t->renamed, out);
        return YZ_OK;
    }
    t->out = out;
    if (t->embedded_by)
        return yz_embed_answer(t->request, t->embedded_by, yz_buf_view(&t->document), t->arena, out) < 0 ? fail_vectors(error) : YZ_OK;
    int code = t->reader ? yz_answer_reader_end(t->reader, error) : fail_unread(error);
    if (code == YZ_OK && t->done)
        end_uncounted(t, usage);
    if (code == YZ_OK)
        yz_buf_str(out, yz_buf_view(&t->document));
    return code;
}

void yz_translator_error(yz_translator *t, const yz_error *error, uint64_t forwarded, yz_buf *out) {
    if (!t->encoder)
        t->encoder = yz_encoder_goes_on(t->request, t->now, t->arena, &t->losses, forwarded + t->passed);
    if (t->encoder)
        yz_encoder_put(t->encoder, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_ERROR, .error = error}, out);
}
