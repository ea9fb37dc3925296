/* openai/decode_calls.c: the tool calls of an answer. Their pieces may lack an index or an id, repeat them, or bring id and name in chunks
 * of their own; a call begins when both are known, or when arguments or the end force it, and ends when its arguments are whole and
 * something else comes.
 */
#include "openai.h"

static uint32_t hash(yz_str s) {
    uint32_t h = 2166136261u;
    for (size_t i = 0; i < s.n; i++)
        h = (h ^ (unsigned char)s.p[i]) * 16777619u;
    return s.n ? (h ? h : 1) : 0;
}

/* Which call a delta belongs to: its number, or n_calls for a new one, or -1 for none. */
static int which_call(const oa_decoder *d, int32_t at, uint32_t id, bool named) {
    int last_own = -1;
    for (int i = (int)d->n_calls - 1; i >= 0; i--) {
        const oa_call *call = &d->calls[i];
        if (call->choice != d->at)
            continue;
        last_own = last_own < 0 ? i : last_own;
        if (at >= 0 && call->at == at) /* an index used again with another id and a name is another call */
            return id && call->id && call->id != id && named ? (int)d->n_calls : i;
        if (at < 0 && id && call->id == id)
            return i;
    }
    const oa_call *last = last_own >= 0 ? &d->calls[last_own] : NULL;
    if (at < 0 && last && !last->begun && ((named && !id && last->name_n == 0) || (id && !named && last->id_n == 0)))
        return last_own; /* the other half of it */
    if (at >= 0 || id || named)
        return (int)d->n_calls;
    return last_own; /* neither index nor id nor name: more of the last one */
}

/* ---- a call's item --------------------------------------------------------------------------------------------------------- */

/* What came apart, and in whatever order, goes out together. */
static void begin_call(oa_decoder *d, oa_call *call, yz_sink *sink) {
    yz_str id = {d->early + call->id_at, call->id_n}, name = {d->early + call->name_at, call->name_n};
    call->begun = true;
    call->index = d->n_items++;
    if (--d->n_waiting == 0)
        d->n_early = 0;
    yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_ITEM, .index = call->index, .item = YZ_PART_TOOL_CALL, .id = id, .name = name});
}

void oa_end_calls(oa_decoder *d, bool all, yz_sink *sink) {
    for (unsigned i = d->n_ended; i < d->n_calls; i++) {
        oa_call *call = &d->calls[i];
        if (call->ended || call->choice != d->at || (!all && !call->is_whole))
            continue;
        if (!call->begun)
            begin_call(d, call, sink);
        call->ended = true;
        if (call->custom)
            yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_DELTA, .index = call->index, .text = YZ_STR("\\\"}")});
        yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_ITEM_END, .index = call->index});
    }
    while (d->n_ended < d->n_calls && d->calls[d->n_ended].ended)
        d->n_ended++;
}

static void put_arguments(oa_call *call, yz_str escaped, yz_sink *sink) {
    if (call->ended || escaped.n == 0)
        return;
    call->is_whole = yz_whole_put(&call->whole, escaped);
    yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_DELTA, .index = call->index, .text = escaped});
}

static void arguments(oa_decoder *d, oa_call *call, const yz_json *node, yz_sink *sink) {
    if (!node || node->type == YZ_JSON_NULL)
        return;
    d->content = true;
    if (node->type == YZ_JSON_STRING) {
        put_arguments(call, yz_json_escaped(node), sink);
        return;
    }
    yz_buf buf = {0}; /* an object where a string should be */
    yz_buf_json(&buf, yz_json_raw(node));
    put_arguments(call, yz_buf_view(&buf), sink);
    yz_buf_free(&buf);
}

/* Free text is the one text of an object, which ends with the call. */
static void free_text(oa_call *call, yz_str piece, yz_sink *sink) {
    yz_buf buf = {0};
    if (call->ended || piece.n == 0)
        return;
    if (!call->custom)
        yz_buf_lit(&buf, "{\\\"input\\\":\\\"");
    call->custom = true;
    for (size_t i = 0; i < piece.n; i++) { /* escaped once more: it is a text inside of a text */
        if (piece.p[i] == '\\' || piece.p[i] == '"')
            yz_buf_char(&buf, '\\');
        yz_buf_char(&buf, piece.p[i]);
    }
    yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_DELTA, .index = call->index, .text = yz_buf_view(&buf)});
    yz_buf_free(&buf);
}

/* A call nobody has heard of: the items before it end, as far as they are whole. */
static oa_call *new_call(oa_decoder *d, int32_t at, yz_str id, yz_sink *sink) {
    yz_items_end(&oa_now(d)->items, sink);
    oa_end_calls(d, false, sink);
    oa_call *call = &d->calls[d->n_calls++];
    *call = (oa_call){.at = at, .id = hash(id), .choice = d->at};
    oa_now(d)->called = true;
    d->content = true;
    d->n_waiting++;
    return call;
}

static void keep(oa_decoder *d, yz_str text, uint16_t *at, uint16_t *n) {
    if (text.n == 0 || text.n > OA_EARLY_MAX - d->n_early)
        return;
    memcpy(d->early + d->n_early, text.p, text.n);
    *at = (uint16_t)d->n_early;
    *n = (uint16_t)text.n;
    d->n_early += (unsigned)text.n;
}

/* Id and name may come in chunks of their own, in any order, for several calls at once; the first of each counts. */
static void keep_early(oa_decoder *d, oa_call *call, yz_str id, yz_str name) {
    if (!call->id)
        call->id = hash(id);
    if (call->begun)
        return;
    if (call->id_n == 0)
        keep(d, id, &call->id_at, &call->id_n);
    if (call->name_n == 0)
        keep(d, name, &call->name_at, &call->name_n);
}

int oa_decode_call(oa_decoder *d, const yz_json *delta, int32_t at, bool whole, yz_sink *sink) {
    const yz_json *function = yz_json_get(delta, "function"), *custom = yz_json_get(delta, "custom");
    if (!function)
        function = custom ? custom : delta;
    yz_str id = yz_json_escaped(yz_json_get(delta, "id")), name = yz_json_escaped(yz_json_get(function, "name"));
    const yz_json *args = yz_json_get(function, custom ? "input" : "arguments");
    int i = whole ? (int)d->n_calls : which_call(d, at, hash(id), name.n > 0);
    if (i < 0)
        return YZ_OK;
    if (i == YZ_CALLS_MAX)
        return YZ_ELIMIT;
    bool anew = i == (int)d->n_calls, empty = yz_json_escaped(args).n == 0;
    if (anew && id.n == 0 && name.n == 0 && empty)
        return YZ_OK; /* an announcement without content: the call begins with what follows */
    oa_call *call = anew ? new_call(d, at, id, sink) : &d->calls[i];
    if (anew || (!call->ended && !empty))
        oa_goes_on(d);
    keep_early(d, call, id, name);
    bool more = !empty || (args && args->type != YZ_JSON_NULL && args->type != YZ_JSON_STRING); /* lists and numbers too */
    if (!call->begun && ((call->id_n && call->name_n) || more))
        begin_call(d, call, sink);
    if (custom || call->custom)
        free_text(call, yz_json_escaped(args), sink);
    else
        arguments(d, call, args, sink);
    return YZ_OK;
}

int oa_decode_calls(oa_decoder *d, const yz_json *list, bool whole, yz_sink *sink) {
    if (!yz_json_is(list, YZ_JSON_ARRAY))
        return YZ_OK;
    for (const yz_json *delta = list->child; delta; delta = delta->next) {
        int64_t at = yz_json_int(yz_json_get(delta, "index"), -1);
        int code = oa_decode_call(d, delta, at < 0 || at > INT32_MAX ? -1 : (int32_t)at, whole, sink);
        if (code < 0)
            return code;
    }
    return YZ_OK;
}
