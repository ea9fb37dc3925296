/* collect.c: the whole of an answer that says how a job stands, and documents as the answer of a call. */
#include "jobs.h"

enum { MOST = 1 << 20 };

void collect_head(yz_arena *arena, collected *c, const yz_head *head) { c->head = yz_head_copy(arena, head); }

void collect_chunk(collected *c, const yz_chunk *chunk) {
    c->too_long |= c->bytes.n + chunk->bytes.n > MOST;
    if (!c->too_long)
        yz_buf_str(&c->bytes, chunk->bytes);
}

const yz_json *collect_document(const collected *c, yz_arena *arena) {
    yz_json *root;
    bool whole = c->head && !c->head->stream && !c->too_long;
    return whole && yz_json_parse(arena, yz_buf_view(&c->bytes), YZ_JSON_LONE_SURROGATES, &root, NULL) == YZ_OK ? root : NULL;
}

yz_str collect_told(const collected *c, yz_arena *arena, yz_str told, yz_str at, yz_str id) {
    told = told.n > 0 ? told : yz_buf_view(&c->bytes);
    const char *after = at.p + at.n;
    return yz_format(arena, "%.*s%.*s%.*s", (int)(at.p - told.p), told.p, YZ_STR_ARGS(id), (int)(told.p + told.n - after), after);
}

/* Whoever asks is told of his own jobs alone. */
static void exchange(yz_call *call, yz_buf *document) {
    const yz_request *request = yz_call_request(call);
    media_exchange(call, request->dialect, row_owner(request), document);
}

void collect_send(yz_call *call, const collected *c, yz_str at, yz_str id) {
    yz_str bytes = yz_buf_view(&c->bytes);
    yz_buf out = {0};
    size_t before = at.n ? (size_t)(at.p - bytes.p) : bytes.n;
    yz_buf_put(&out, bytes.p, before);
    if (at.n) {
        yz_buf_str(&out, id);
        yz_buf_put(&out, at.p + at.n, bytes.n - before - at.n);
    }
    exchange(call, &out);
    yz_head *head = yz_head_copy(yz_call_arena(call), c->head);
    head->length = (int64_t)out.n;
    yz_send_head(call, head);
    yz_send_chunk(call, &(yz_chunk){YZ_CHUNK, .bytes = yz_buf_view(&out), .marks = YZ_MARK_CONTENT});
    yz_buf_free(&out);
    yz_send_end(call, &(yz_end){YZ_END});
}

void send_document(yz_call *call, yz_buf *document, const yz_head *heard) {
    exchange(call, document);
    yz_send_head(call, &(yz_head){YZ_HEAD, .status = 200, .content_type = YZ_STR("application/json"), .length = (int64_t)document->n,
                                  .losses = heard ? heard->losses : NULL, .n_losses = heard ? heard->n_losses : 0});
    yz_send_chunk(call, &(yz_chunk){YZ_CHUNK, .bytes = yz_buf_view(document), .marks = YZ_MARK_CONTENT});
    yz_buf_free(document);
    yz_send_end(call, &(yz_end){YZ_END});
}
