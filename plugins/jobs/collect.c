/* collect.c: the whole of an answer that says how a job stands, and documents as the answer of a call. */
#include "jobs.h"

#include <stdlib.h>

enum { MOST = 1 << 20 };

void collect_head(yz_arena *arena, collected *c, const yz_head *head) { c->head = yz_head_copy(arena, head); }

static void keep(collected *c, yz_str bytes) {
    c->too_long |= c->bytes.n + bytes.n > MOST;
    if (!c->too_long)
        yz_buf_str(&c->bytes, bytes);
}

/* Of a film that stands in it nothing is kept, but that it is one. */
static void keep_around(collected *c, yz_str bytes) {
    while (bytes.n > 0) {
        bool content;
        size_t n = inside_run(&c->in, bytes, &content);
        if (!content)
            keep(c, yz_str_at(bytes.p, n));
        else if (c->letters < c->in.number) {
            keep(c, YZ_STR("A"));
            c->letters = c->in.number;
        }
        bytes = yz_str_at(bytes.p + n, bytes.n - n);
    }
}

void collect_chunk(collected *c, const yz_chunk *chunk) {
    if (c->in.name)
        keep_around(c, chunk->bytes);
    else
        keep(c, chunk->bytes);
}

const yz_json *collect_document(const collected *c, yz_arena *arena) {
    yz_json *root;
    bool whole = c->head && !c->head->stream && !c->too_long;
    return whole && yz_json_parse(arena, yz_buf_view(&c->bytes), YZ_JSON_ANSWERED, &root, NULL) == YZ_OK ? root : NULL;
}

typedef struct place {
    yz_str at, with;
} place;

static int by_place(const void *a, const void *b) {
    const char *one = ((const place *)a)->at.p, *other = ((const place *)b)->at.p;
    return one < other ? -1 : one > other;
}

yz_str collect_told(const collected *c, yz_arena *arena, const yz_job *said, yz_str id, yz_str from) {
    yz_str told = said->told.n > 0 ? said->told : yz_buf_view(&c->bytes);
    place places[] = {{said->id_at, id}, {said->id_too, id}, {said->from_at, from}};
    enum { PLACES = sizeof places / sizeof *places };
    yz_buf out = {0};
    qsort(places, PLACES, sizeof *places, by_place);
    for (size_t i = 0; i < PLACES; i++) {
        if (places[i].at.n == 0)
            continue;
        size_t before = (size_t)(places[i].at.p - told.p), after = before + places[i].at.n;
        yz_buf_put(&out, told.p, before);
        yz_buf_json(&out, places[i].with);
        told = yz_str_at(told.p + after, told.n - after);
    }
    yz_buf_str(&out, told);
    told = yz_dup(arena, yz_buf_view(&out));
    yz_buf_free(&out);
    return told;
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
