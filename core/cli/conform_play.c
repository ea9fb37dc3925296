/* cli/conform_play.c: recorded answers and requests through an adapter, with the readers the gateway uses. */
#include "base/arena.h"
#include "base/diag.h"
#include "cli/conform.h"
#include "config/flavour.h"
#include "dialect/chat.h"
#include "dialect/encoder.h"
#include "dialect/read_answer.h"
#include "dialect/tool_name.h"
#include "http/sse.h"

#include <stdlib.h>

typedef struct player {
    const yz_adapter *adapter;
    yz_recording *record;
    void *decoder;
} player;

static int on_sse(void *arg, const yz_sse_event *event) {
    player *p = arg;
    if (!event->has_data)
        return YZ_OK;
    yz_arena *scratch = yz_arena_new(NULL);
    int code = p->adapter->decode_event(p->decoder, event->name, event->data, scratch, &p->record->sink);
    yz_arena_free(scratch);
    return code;
}

void *yz_conform_decoder(const yz_adapter *adapter, yz_arena *arena) {
    char *decoder = yz_decoder_new(adapter, arena);
    if (adapter->decoder_zeroed)
        memset(decoder + adapter->decoder_zeroed, 0xa5, adapter->decoder_size - adapter->decoder_zeroed);
    return decoder;
}

static void feed(player *p, yz_sse *sse, yz_str piece) {
    if (p->record->code < 0)
        return;
    char *copy = yz_malloc(piece.n + 1); /* exactly its size, so that reading after it is noticed */
    if (piece.n)
        memcpy(copy, piece.p, piece.n);
    p->record->fed += piece.n;
    int code = yz_sse_feed(sse, (yz_str){copy, piece.n}, on_sse, p);
    p->record->code = code < 0 ? code : p->record->code;
    free(copy);
}

/* As the gateway does, where the stream is complete without DONE. */
static void decode_end(const player *p) {
    const yz_adapter *adapter = p->adapter;
    if (p->record->code < 0 || p->record->done || p->record->failed || !adapter->decode_end)
        return;
    yz_arena *scratch = yz_arena_new(NULL);
    adapter->decode_end(p->decoder, scratch, &p->record->sink);
    yz_arena_free(scratch);
    if (!p->record->failed && adapter->decode_complete(NULL, p->decoder))
        yz_emit(&p->record->sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_DONE});
}

static void end(player *p, yz_sse *sse) {
    size_t left;
    int code = p->record->code < 0 ? YZ_OK : yz_sse_end(sse, on_sse, p, &left);
    p->record->code = code < 0 ? code : p->record->code;
    decode_end(p);
    yz_sse_free(sse);
}

void yz_play_stream(const yz_adapter *adapter, yz_str bytes, const size_t *cuts, size_t n_cuts, yz_recording *record) {
    player p = {adapter, record, yz_conform_decoder(adapter, record->arena)};
    yz_sse sse = {0};
    size_t from = 0;
    for (size_t i = 0; i <= n_cuts; i++) {
        size_t to = i < n_cuts ? cuts[i] : bytes.n;
        feed(&p, &sse, (yz_str){bytes.p + from, to - from});
        from = to;
    }
    end(&p, &sse);
}

void yz_play_bytewise(const yz_adapter *adapter, yz_str bytes, yz_recording *record) {
    player p = {adapter, record, yz_conform_decoder(adapter, record->arena)};
    yz_sse sse = {0};
    for (size_t i = 0; i < bytes.n; i++) {
        feed(&p, &sse, (yz_str){bytes.p + i, 1});
        if (!record->done_at && adapter->decode_complete && adapter->decode_complete(NULL, p.decoder))
            record->done_at = record->fed;
    }
    end(&p, &sse);
}

void yz_play_document(const yz_adapter *adapter, yz_str bytes, yz_recording *record) {
    yz_json *json;
    record->fed = bytes.n;
    int code = yz_json_parse(record->arena, bytes, YZ_JSON_ANSWERED, &json, NULL);
    if (code == YZ_OK)
        code = adapter->decode_body(yz_conform_decoder(adapter, record->arena), json, record->arena, &record->sink);
    record->code = code < 0 ? code : YZ_OK;
}

void yz_play_encode(const yz_adapter *adapter, const yz_recording *record, bool stream, bool include_usage, yz_buf *out) {
    yz_arena *arena = yz_arena_new(NULL);
    const yz_encode_info info = {
        YZ_ENCODE_INFO,    .stream = stream, .include_usage = include_usage, .model = YZ_STR("a-model"), .request_id = YZ_STR("req-1"),
        .now = 1700000000, .arena = arena,   .losses = yz_losses_new(arena)};
    yz_encoder *encoder = yz_encoder_open(adapter, &info);
    for (size_t i = 0; encoder && i < record->n; i++)
        yz_encoder_put(encoder, &record->events[i], out);
    yz_arena_free(arena);
}

/* What the installed catalogue says of a model. Read once, kept for good. */
static const yz_model_facts *facts_of(yz_str model) {
    static yz_flavours installed;
    static yz_arena *kept;
    if (!kept) {
        yz_diag diag = {0};
        kept = yz_arena_new(NULL);
        yz_flavours_read_all(&installed, YZ_STR(""), kept, &diag);
        yz_diag_free(&diag);
    }
    return yz_flavours_model(&installed, NULL, model);
}

int yz_play_request(const yz_adapter *from, const yz_adapter *to, const void *config, yz_str model, yz_str body, yz_arena *arena,
                    yz_losses *losses, yz_buf *out, yz_error *error) {
    yz_json *json;
    int code = yz_json_parse(arena, body, 0, &json, NULL);
    if (code < 0)
        return code;
    yz_request request = {YZ_REQUEST, .dialect = from, .op = YZ_OP_CHAT, .body = body, .json = json};
    yz_provider provider = {YZ_PROVIDER, .name = YZ_STR("a-provider"), .adapter = to, .config = config};
    yz_target target = {YZ_TARGET, .provider = &provider, .model = model, .facts = facts_of(model)};
    yz_chat *chat = yz_chat_new(arena);
    *losses = (yz_losses){YZ_LOSSES, .arena = arena};
    *error = (yz_error){YZ_ERROR};
    if ((code = from->accept(&request, arena, error)) < 0 || (code = yz_chat_read(&request, arena, losses, chat, error)) < 0)
        return code;
    return yz_chat_write(yz_tool_names_fit(chat, arena), &target, arena, losses, out);
}
