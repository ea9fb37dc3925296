/* answer.c: the root call's events become the client's answer. The server is the parent of every root.
 *
 * Three ways: bytes that already are what the client reads are forwarded; a stream is translated as it comes; a document that must
 * be translated is held until it is whole, so that until then every failure still gets a status of its own.
 *
 * What fails after the head is reported in the client's own event and the answer ends well-formed, if it is a stream. A document has
 * no place for an error: it is cut off, so that the client sees that it is not whole.
 */
#include "server/answer.h"

#include "base/request.h"
#include "call/tree.h"
#include "media/media.h"
#include "server/door.h"
#include "server/duplex.h"
#include "server/refusal.h"
#include "server/respond.h"

static bool held(const yz_exchange *x) { return !x->asked.request.stream && !yz_translator_forwards(x->translator); }

/* Is what the client reads a stream of events? A provider may answer with a document where one was asked for, and one from a cache has
 * a length that was promised. */
static bool takes_events(const yz_exchange *x) {
    bool stream = yz_translator_forwards(x->translator) ? x->up->stream : x->asked.request.stream;
    return stream && x->length < 0;
}

static yz_str type_of(const yz_exchange *x, const yz_head *head) {
    if (head->status == 101)
        return (yz_str){0};
    if (x->reframe)
        return YZ_STR("application/json");
    if (!yz_translator_forwards(x->translator) || head->content_type.n == 0)
        return x->asked.request.stream ? YZ_STR("text/event-stream") : YZ_STR("application/json");
    return head->content_type;
}

static void write_head(yz_exchange *x, int64_t length) {
    const yz_head *head = x->up;
    yz_respond_head(x, head->status, type_of(x, head), x->media ? -1 : length, NULL); /* another address has another length */
}

/* Where the answer may say where something lies that was made, and the gateway serves that. Jobs are told by the stage that follows them.
 */
static yz_media_pass *media_of(const yz_exchange *x, const yz_head *head) {
    const yz_request *request = &x->asked.request;
    const yz_adapter *dialect = request->dialect;
    const yz_media_settings *settings = x->share->settings->media;
    bool of_job = yz_op_begins(request->op) || request->op == YZ_OP_STORED;
    if (!settings || !dialect || !dialect->media_fields || of_job || head->status == 101)
        return NULL;
    const char *const *fields = dialect->media_fields(request);
    const yz_key *key = request->key ? request->key : fields && request->credential.n ? yz_key_find(x->call, request->credential) : NULL;
    return fields ? yz_media_pass_new(settings, fields, key && key->tenant.n ? key->tenant : YZ_STR("(no key)"), x->arena) : NULL;
}

/* Bytes of the answer, in the framing the client reads. */
static void say(yz_exchange *x, yz_str bytes) {
    bytes = x->media ? yz_media_pass_put(x->media, bytes) : bytes;
    yz_respond_bytes(x, x->reframe ? yz_reframe_put(x->reframe, bytes) : bytes);
}

static void end_well(yz_exchange *x) {
    if (x->media)
        yz_respond_bytes(x, yz_media_pass_end(x->media));
    if (x->reframe)
        yz_respond_bytes(x, yz_reframe_end(x->reframe));
    yz_respond_end(x);
}

/* What is needed of a head after its hook: the call that sent it may be gone when a held answer is written. */
static const yz_head *keep_head(yz_exchange *x, const yz_head *head) {
    yz_head kept = *head;
    kept.losses = NULL; /* the translator has them */
    kept.n_losses = 0;
    return yz_head_copy(x->arena, &kept);
}

/* A session has a frame for why it ends. */
static void say_close(yz_exchange *x, const yz_error *error) {
    yz_buf *out = &x->front->scratch;
    out->n = 0;
    yz_duplex_close(x->duplex, error, out);
    yz_respond_bytes(x, yz_buf_view(out));
}

/* The answer fails; the call has ended or is cancelled. */
static void fail(yz_exchange *x, const yz_error *error) {
    if (x->status == 0) {
        yz_respond_error(x, error);
        return;
    }
    yz_exchange_failed(x, error);
    if (x->counted)
        YZ_COUNT(x->front->worker, errors);
    bool session = x->duplex && x->status == 101;
    if (session)
        say_close(x, error);
    if (session || !takes_events(x)) {
        yz_respond_cut(x);
        return;
    }
    yz_buf *out = &x->front->scratch;
    out->n = 0;
    yz_translator_error(x->translator, error, x->forwarded, out);
    say(x, yz_buf_view(out));
    end_well(x); /* the answer is framed well, so the connection stays: closing it would hit the client's next request */
}

/* The answer cannot be used: nothing more of it is wanted. */
static void give_up(yz_exchange *x, const yz_error *error) {
    yz_exchange_enter(x, YZ_EXCHANGE_SETTLED);
    yz_cancel(x->call);
    fail(x, error);
}

static void on_head(void *arg, yz_call *call, const yz_head *head) {
    yz_exchange *x = arg;
    (void)call;
    if (x->unread)
        return;
    x->up = keep_head(x, head);
    x->translator = yz_translator_new(x->arena, &x->asked.request, head, yz_clock_wall());
    if (!x->reframe && (head->stream || !yz_translator_forwards(x->translator)))
        x->reframe = yz_reframe_new(&x->asked.request, x->arena);
    x->media = media_of(x, head);
    if (x->status == 101 && head->status != 101) {
        give_up(x, yz_refusal(x->arena, YZ_ERROR_INTERNAL, 0, "a stage has answered a session with a document"));
        return;
    }
    if (!held(x) && x->status == 0) /* or a heartbeat was here first */
        write_head(x, yz_translator_forwards(x->translator) && !x->reframe ? head->length : -1);
}

void yz_answer_abort(yz_exchange *x) { give_up(x, yz_refusal(x->arena, YZ_ERROR_UNAVAILABLE, 0, "the gateway is shutting down")); }

void yz_answer_refuse(yz_exchange *x, const yz_error *error) {
    if (x->state == YZ_EXCHANGE_CALLING)
        give_up(x, error);
    else
        fail(x, error);
}

void yz_answer_stalled(yz_exchange *x) {
    give_up(x, yz_refusal(x->arena, YZ_ERROR_TIMEOUT, 0, "the provider has taken nothing of what was said in this session for too long"));
}

/* ---- heartbeats ------------------------------------------------------------------------------------------------------ */

/* The head, before anybody has answered: of the stream that is due. */
static void begin_early(yz_exchange *x) {
    yz_head *head = yz_alloc(x->arena, sizeof *head);
    *head = (yz_head){YZ_HEAD, .status = 200, .stream = true, .dialect = x->asked.request.dialect, .length = -1};
    x->up = head;
    x->translator = yz_translator_new(x->arena, &x->asked.request, head, yz_clock_wall());
    x->reframe = yz_reframe_new(&x->asked.request, x->arena);
    write_head(x, -1);
}

/* What says nothing to this client; empty: nothing does. */
static yz_str sign_of(const yz_exchange *x) {
    const yz_request *request = &x->asked.request;
    const yz_adapter *dialect = request->dialect;
    if (dialect->framing && dialect->framing(request) == YZ_FRAMING_ARRAY)
        return YZ_STR("\n");
    const char *sign = dialect->heartbeat ? dialect->heartbeat(request) : NULL;
    return sign ? yz_str_of(sign) : (yz_str){0};
}

void yz_answer_heartbeat(yz_exchange *x) {
    const yz_request *request = &x->asked.request;
    bool waits = request->stream && (request->op == YZ_OP_CHAT || request->op == YZ_OP_COMPLETION);
    if (x->state != YZ_EXCHANGE_CALLING || !waits || !request->dialect || x->outlet->full)
        return;
    yz_str sign = sign_of(x);
    if (sign.n == 0 || (x->status && !takes_events(x)))
        return;
    if (x->status == 0)
        begin_early(x);
    yz_respond_bytes(x, sign);
}

/* Where another call goes on with the answer: a comment, which clients do not read and people do, where this one bears any. */
static void say_seam(yz_exchange *x) {
    yz_str sign = sign_of(x);
    if (!takes_events(x) || sign.n == 0 || sign.p[0] == '\n')
        return;
    yz_respond_bytes(x, YZ_STR(": yuzui: another call goes on from here\n"));
    yz_respond_bytes(x, sign);
}

/* ---- chunks and ends ------------------------------------------------------------------------------------------------- */

static void on_chunk(void *arg, yz_call *call, const yz_chunk *chunk) {
    yz_exchange *x = arg;
    (void)call;
    if (x->unread)
        return;
    if (yz_translator_forwards(x->translator)) {
        x->forwarded += chunk->bytes.n;
        say(x, chunk->bytes);
        return;
    }
    if (chunk->marks & YZ_MARK_SEAM)
        say_seam(x);
    yz_buf *out = &x->front->scratch;
    out->n = 0;
    const yz_error *error = NULL;
    int code = yz_translator_chunk(x->translator, chunk, out, &error);
    if (out->n)
        say(x, yz_buf_view(out));
    if (code < 0)
        give_up(x, error);
}

static void on_end(void *arg, yz_call *call, const yz_end *end) {
    yz_exchange *x = arg;
    (void)call;
    yz_exchange_enter(x, YZ_EXCHANGE_SETTLED);
    if (x->unread) {
        x->on_answered(x->owner, true);
        return;
    }
    const yz_error *error = NULL;
    if (!yz_translator_forwards(x->translator)) {
        yz_buf *out = &x->front->scratch;
        out->n = 0;
        if (yz_translator_end(x->translator, end->usage, out, &error) < 0) {
            fail(x, error);
            return;
        }
        if (held(x))
            write_head(x, (int64_t)out->n);
        say(x, yz_buf_view(out));
    }
    if (x->length >= 0 && x->sent != (uint64_t)x->length && x->asked.method != YZ_METHOD_HEAD) {
        yz_log(YZ_LOG_ERROR, "an answer of %lld bytes ended after %llu", (long long)x->length, (unsigned long long)x->sent);
        yz_respond_cut(x);
        return;
    }
    end_well(x);
}

static void on_error(void *arg, yz_call *call, const yz_error *error) {
    yz_exchange *x = arg;
    (void)call;
    yz_exchange_enter(x, YZ_EXCHANGE_SETTLED);
    if (x->unread) {
        x->on_answered(x->owner, true);
        return;
    }
    fail(x, error);
}

static const yz_parent root_parent = {YZ_PARENT, on_head, on_chunk, on_end, on_error};

void yz_answer_start(yz_exchange *x) {
    const yz_chain *chain = yz_door_chain(x);
    yz_exchange_enter(x, YZ_EXCHANGE_CALLING);
    x->call = yz_call_start(x->front->worker, chain, yz_door_link(x, chain), &x->asked.request, x->arena, &root_parent, x);
    if (x->reach)
        yz_call_confine(x->call, x->reach);
    if (chain->name.n && x->asked.local == YZ_LOCAL_NONE)
        yz_note(x->call, "chain", chain->name);
    if (x->outlet->full)
        yz_flow(x->call, true);
}
