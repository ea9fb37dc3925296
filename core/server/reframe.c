/* reframe.c: see reframe.h. The events were read, or written, by this gateway, so their length is bounded already. */
#include "server/reframe.h"

#include "http/json_array.h"

struct yz_reframe {
    yz_sse sse;
    yz_buf out;
    bool begun;
};

static void on_free(void *arg) {
    yz_reframe *r = arg;
    yz_sse_free(&r->sse);
    yz_buf_free(&r->out);
}

yz_reframe *yz_reframe_new(const yz_request *request, yz_arena *arena) {
    const yz_adapter *dialect = request->dialect;
    if (!request->stream || !dialect || !dialect->framing || dialect->framing(request) != YZ_FRAMING_ARRAY)
        return NULL;
    yz_reframe *r = yz_alloc(arena, sizeof *r);
    r->sse.limit = SIZE_MAX / 2;
    yz_on_free(arena, on_free, r);
    return r;
}

static int on_event(void *arg, const yz_sse_event *event) {
    yz_reframe *r = arg;
    if (event->has_data)
        yz_json_array_put(&r->begun, event->data, &r->out);
    return YZ_OK;
}

yz_str yz_reframe_put(yz_reframe *r, yz_str bytes) {
    r->out.n = 0;
    yz_sse_feed(&r->sse, bytes, on_event, r);
    return yz_buf_view(&r->out);
}

yz_str yz_reframe_end(yz_reframe *r) {
    size_t left;
    r->out.n = 0;
    yz_sse_end(&r->sse, on_event, r, &left);
    yz_json_array_close(&r->begun, &r->out);
    return yz_buf_view(&r->out);
}
