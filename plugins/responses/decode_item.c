/* responses/decode_item.c: the items of a provider's answer as neutral ones.
 *
 * Servers say one thing up to three times (pieces, the whole after them, the finished item) or only once, so each part is told when it
 * is first heard of and passed over after that. Items are known by their ids; output_index may be missing, doubled, or begin at 1. Several
 * may be open at once. A part that is a text or a refusal is an item of its own; all thoughts of an item are one. What runs at the
 * provider is opaque, and told when it is finished; a picture that it painted is a picture.
 */
#include "responses.h"

#include <stdio.h>

static uint32_t hash(yz_str s) {
    uint32_t h = 2166136261u;
    for (size_t i = 0; i < s.n; i++)
        h = (h ^ (unsigned char)s.p[i]) * 16777619u;
    return s.n ? (h ? h : 1) : 0;
}

static int32_t number_of(const yz_json *event, const char *key) {
    int64_t at = yz_json_int(yz_json_get(event, key), -1);
    return at >= 0 && at <= INT32_MAX ? (int32_t)at : -1;
}

/* Which item of the output, told from others: it may be any number. */
static int32_t output_index(const yz_json *event) {
    int64_t at = yz_json_int(yz_json_get(event, "output_index"), -1);
    return at < 0 ? -1 : (int32_t)(at % INT32_MAX);
}

/* ---- neutral items ------------------------------------------------------------------------------------------------------------ */

static void end_item(rs_open *o, yz_sink *sink) {
    if (!o->index)
        return;
    unsigned index = o->index - 1;
    o->index = 0;
    yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_ITEM_END, .index = index});
}

/* Models speak of one thing after another, but llama.cpp ends its items all together at last: what was said before is over. */
static void begin_item(rs_decoder *d, rs_open *o, yz_event *item, yz_sink *sink) {
    for (unsigned i = 0; i < d->n_open; i++)
        if (d->open[i].kind != YZ_PART_TOOL_CALL)
            end_item(&d->open[i], sink);
    end_item(o, sink);
    item->kind = YZ_EVENT_ITEM;
    item->index = d->n_items++;
    o->index = item->index + 1;
    o->kind = (uint8_t)item->item;
    o->notes = 0;
    yz_emit(sink, item);
}

static void put_delta(const rs_open *o, yz_str text, yz_sink *sink) {
    if (text.n)
        yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_DELTA, .index = o->index - 1, .text = text});
}

void rs_items_end(rs_decoder *d, yz_sink *sink) {
    for (unsigned i = 0; i < d->n_open; i++)
        end_item(&d->open[i], sink);
}

/* ---- the provider's items ------------------------------------------------------------------------------------------------------- */

/* Room for one more: the oldest that is over goes, or the oldest of all. */
static rs_open *remember(rs_decoder *d, uint32_t id, int32_t at, yz_sink *sink) {
    if (d->n_open == RS_OPEN_MAX) {
        unsigned old = 0;
        while (old + 1 < d->n_open && !d->open[old].ended)
            old++;
        old = d->open[old].ended ? old : 0;
        end_item(&d->open[old], sink);
        memmove(d->open + old, d->open + old + 1, (--d->n_open - old) * sizeof *d->open);
        d->forgot = true;
    }
    d->open[d->n_open] = (rs_open){.id = id, .at = at};
    return &d->open[d->n_open++];
}

static rs_open *find(rs_decoder *d, uint32_t id) {
    for (unsigned i = d->n_open; id && i-- > 0;)
        if (d->open[i].id == id)
            return &d->open[i];
    return NULL;
}

/* The last one of that number that is not over; without a number, the last one at all. */
static rs_open *find_running(rs_decoder *d, int32_t at) {
    for (unsigned i = d->n_open; i-- > 0;)
        if (!d->open[i].ended && (at < 0 || d->open[i].at == at))
            return &d->open[i];
    return NULL;
}

static yz_str id_of(const yz_json *event, const yz_json *item) {
    yz_str id = yz_json_escaped(yz_json_get(event, "item_id"));
    return id.n ? id : yz_json_escaped(yz_json_get(item, "id"));
}

/* The item an event is about; there are servers that give it another id each time. */
static rs_open *item_of(rs_decoder *d, const yz_json *event, const yz_json *item, yz_sink *sink) {
    uint32_t id = hash(id_of(event, item));
    int32_t at = output_index(event);
    rs_open *o = find(d, id);
    if (!o && (id == 0 || at >= 0))
        o = find_running(d, at);
    if (o && o->id == 0)
        o->id = id;
    return o ? o : remember(d, id, at, sink);
}

/* ---- text and thoughts ------------------------------------------------------------------------------------------------------------- */

static uint32_t bit(unsigned part) { return (uint32_t)1 << (part < 31 ? part : 31); }

static void put_piece(rs_decoder *d, rs_open *o, yz_part_kind kind, unsigned part, yz_str text, yz_sink *sink) {
    if (text.n == 0 || o->ended)
        return;
    bool same = o->index && o->kind == kind, next = o->part != (uint8_t)part;
    if (!same || (next && kind != YZ_PART_REASONING))
        begin_item(d, o, &(yz_event){YZ_EVENT, .item = kind}, sink);
    else if (next)
        put_delta(o, YZ_STR("\\n\\n"), sink);
    o->part = (uint8_t)part;
    o->parts |= bit(part);
    put_delta(o, text, sink);
}

/* Thoughts come as a summary or as they are; who says both says one of them first, and that one counts. */
static bool counts(rs_open *o, bool by_content) {
    if (!o->parts)
        o->by_content = by_content;
    return o->by_content == by_content;
}

static void put_note(rs_open *o, const yz_json *note, yz_sink *sink) {
    if (!yz_json_is(note, YZ_JSON_OBJECT))
        return;
    if (!o->index || o->kind != YZ_PART_TEXT) {
        yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_LOST, .text = YZ_STR("annotations")});
        return;
    }
    o->notes++;
    yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_ANNOTATION, .index = o->index - 1, .raw = yz_json_raw(note),
                              .dialect = YZ_STR(RS_DIALECT), .name = YZ_STR("annotations")});
}

static void note_probabilities(rs_decoder *d, const yz_json *list, yz_sink *sink) {
    if (d->logprobs || yz_json_count(list) == 0)
        return;
    d->logprobs = true;
    yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_LOST, .text = YZ_STR("logprobs")});
}

static void finish_message(rs_decoder *d, rs_open *o, const yz_json *item, yz_sink *sink) {
    const yz_json *content = yz_json_get(item, "content");
    unsigned at = 0;
    for (const yz_json *part = content ? content->child : NULL; part; part = part->next, at++) {
        const yz_json *refusal = yz_json_get(part, "refusal"), *notes = yz_json_get(part, "annotations");
        if (!(o->parts & bit(at)))
            put_piece(d, o, refusal ? YZ_PART_REFUSAL : YZ_PART_TEXT, at, yz_json_escaped(refusal ? refusal : yz_json_get(part, "text")),
                      sink);
        size_t told = o->index && o->part == (uint8_t)at ? o->notes : yz_json_count(notes); /* of an earlier part it is too late */
        for (const yz_json *note = notes ? notes->child : NULL; note; note = note->next)
            if (told > 0)
                told--;
            else
                put_note(o, note, sink);
        note_probabilities(d, yz_json_get(part, "logprobs"), sink);
    }
}

static void finish_reasoning(rs_decoder *d, rs_open *o, const yz_json *item, yz_sink *sink) {
    const yz_json *summary = yz_json_get(item, "summary"), *content = yz_json_get(item, "content");
    bool by_content = yz_json_count(summary) == 0;
    const yz_json *list = by_content ? content : summary;
    yz_str sealed = yz_json_escaped(yz_json_get(item, "encrypted_content")), first = {NULL, 0};
    unsigned at = 0;
    bool told = o->parts != 0;
    for (const yz_json *part = list ? list->child : NULL; part; part = part->next, at++) {
        yz_str text = yz_json_escaped(yz_json_get(part, "text"));
        if (at == 0)
            first = text;
        if (!told)
            put_piece(d, o, YZ_PART_REASONING, at, text, sink);
    }
    if (sealed.n == 0 || yz_str_eq(sealed, first)) /* Ollama: the thought in clear */
        return;
    if (!o->index)
        begin_item(d, o, &(yz_event){YZ_EVENT, .item = YZ_PART_REASONING}, sink);
    yz_str vendor = yc_unwrap_signature(&sealed, RS_SIGNER); /* who answers may be a gateway like this one */
    yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_SIGNATURE, .index = o->index - 1, .text = sealed, .signed_by = vendor});
}

/* ---- calls ------------------------------------------------------------------------------------------------------------------------------
 */

/* The full name of a namespace's tool is made in `name`. */
static void name_into(char *name, size_t size, const yz_json *item, yz_str *out) {
    yz_str space = yz_json_escaped(yz_json_get(item, "namespace")), own = yz_json_escaped(yz_json_get(item, "name"));
    *out = own;
    if (space.n == 0 || space.n + own.n + 2 >= size)
        return;
    int n = snprintf(name, size, "%.*s__%.*s", YZ_STR_ARGS(space), YZ_STR_ARGS(own));
    *out = (yz_str){name, (size_t)n};
}

/* Begins when its name and id are known, at the latest when it is finished. */
static int begin_call(rs_decoder *d, rs_open *o, const yz_json *item, bool finished, yz_sink *sink) {
    char name[256];
    yz_event call = {YZ_EVENT, .item = YZ_PART_TOOL_CALL, .id = yz_json_escaped(yz_json_get(item, "call_id"))};
    name_into(name, sizeof name, item, &call.name);
    if (call.id.n == 0)
        call.id = yz_json_escaped(yz_json_get(item, "id"));
    if (o->index || o->ended || (!finished && (call.name.n == 0 || call.id.n == 0)))
        return YZ_OK;
    if (d->n_calls == YZ_CALLS_MAX)
        return YZ_ELIMIT;
    d->n_calls++;
    begin_item(d, o, &call, sink);
    return YZ_OK;
}

static void put_arguments(rs_open *o, yz_str piece, bool whole, yz_sink *sink) {
    if (!o->index || o->kind != YZ_PART_TOOL_CALL || piece.n == 0 || (whole && o->said))
        return;
    o->said = true;
    put_delta(o, piece, sink);
}

/* The free text of a custom tool, as the function it is elsewhere. */
static void put_input(rs_open *o, const yz_json *item, yz_sink *sink) {
    yz_buf raw = {0}, text = {0};
    yz_buf_lit(&raw, "{\"input\":\"");
    yz_buf_str(&raw, yz_json_escaped(yz_json_get(item, "input")));
    yz_buf_lit(&raw, "\"}");
    yz_buf_json(&text, yz_buf_view(&raw));
    put_arguments(o, yz_buf_view(&text), true, sink);
    yz_buf_free(&raw);
    yz_buf_free(&text);
}

static int finish_call(rs_decoder *d, rs_open *o, const yz_json *item, bool custom, yz_sink *sink) {
    const yz_json *arguments = yz_json_get(item, "arguments");
    int code = begin_call(d, o, item, true, sink);
    if (code < 0)
        return code;
    if (custom) {
        put_input(o, item, sink);
    } else if (yz_json_is(arguments, YZ_JSON_OBJECT)) { /* an object where a string should be */
        yz_buf text = {0};
        yz_buf_json(&text, yz_json_raw(arguments));
        put_arguments(o, yz_buf_view(&text), true, sink);
        yz_buf_free(&text);
    } else {
        put_arguments(o, yz_json_escaped(arguments), true, sink);
    }
    return YZ_OK;
}

/* ---- the provider's own machinery -------------------------------------------------------------------------------------------------- */

static void put_picture(rs_decoder *d, rs_open *o, const yz_json *item, yz_sink *sink) {
    yz_str format = yz_json_escaped(yz_json_get(item, "output_format"));
    bool jpeg = yz_str_is(format, "jpeg"), webp = yz_str_is(format, "webp");
    yz_str type = jpeg ? YZ_STR("image/jpeg") : webp ? YZ_STR("image/webp") : YZ_STR("image/png");
    d->n_pictures++;
    begin_item(d, o, &(yz_event){YZ_EVENT, .item = YZ_PART_IMAGE, .media_type = type}, sink);
    put_delta(o, yz_json_escaped(yz_json_get(item, "result")), sink);
}

static void put_opaque(rs_decoder *d, rs_open *o, const yz_json *item, yz_str type, yz_sink *sink) {
    char name[64];
    int n = snprintf(name, sizeof name, "output.%.*s", (int)(type.n < 40 ? type.n : 40), type.p);
    begin_item(d, o,
               &(yz_event){YZ_EVENT, .item = YZ_PART_OPAQUE, .raw = yz_json_raw(item), .dialect = YZ_STR(RS_DIALECT),
                           .signed_by = YZ_STR(RS_SIGNER), .name = {name, (size_t)n}},
               sink);
}

static int finish_item(rs_decoder *d, rs_open *o, const yz_json *item, yz_sink *sink) {
    yz_str type = yz_json_escaped(yz_json_get(item, "type"));
    bool custom = yz_str_is(type, "custom_tool_call");
    int code = YZ_OK;
    if (o->ended || type.n == 0)
        return YZ_OK;
    if (custom || yz_str_is(type, "function_call"))
        code = finish_call(d, o, item, custom, sink);
    else if (yz_str_is(type, "message"))
        finish_message(d, o, item, sink);
    else if (yz_str_is(type, "reasoning"))
        finish_reasoning(d, o, item, sink);
    else if (yz_str_is(type, "image_generation_call") && yz_json_escaped(yz_json_get(item, "result")).n)
        put_picture(d, o, item, sink);
    else
        put_opaque(d, o, item, type, sink);
    end_item(o, sink);
    o->ended = true;
    return code;
}

/* ---- events
 * ------------------------------------------------------------------------------------------------------------------------------ */

int rs_item_added(rs_decoder *d, const yz_json *event, yz_sink *sink) {
    const yz_json *item = yz_json_get(event, "item");
    yz_str type = yz_json_escaped(yz_json_get(item, "type"));
    uint32_t id = hash(id_of(event, item));
    rs_open *o = find(d, id);
    if (o || !yz_json_is(item, YZ_JSON_OBJECT))
        return YZ_OK; /* it was told before, or nothing is told */
    o = remember(d, id, output_index(event), sink);
    if (yz_str_is(type, "function_call") || yz_str_is(type, "custom_tool_call"))
        return begin_call(d, o, item, false, sink);
    return YZ_OK;
}

int rs_item_done(rs_decoder *d, const yz_json *event, yz_sink *sink) {
    const yz_json *item = yz_json_get(event, "item");
    return !yz_json_is(item, YZ_JSON_OBJECT) ? YZ_OK : finish_item(d, item_of(d, event, item, sink), item, sink);
}

void rs_item_said(rs_decoder *d, yz_str type, const yz_json *event, yz_sink *sink) {
    static const struct {
        const char *type, *key;
        yz_part_kind kind;
        bool whole, by_content;
    } table[] = {
        {"response.output_text.delta", "delta", YZ_PART_TEXT, false, true},
        {"response.function_call_arguments.delta", "delta", YZ_PART_TOOL_CALL, false, false},
        {"response.reasoning_summary_text.delta", "delta", YZ_PART_REASONING, false, false},
        {"response.reasoning_text.delta", "delta", YZ_PART_REASONING, false, true},
        {"response.refusal.delta", "delta", YZ_PART_REFUSAL, false, true},
        {"response.output_text.done", "text", YZ_PART_TEXT, true, true},
        {"response.function_call_arguments.done", "arguments", YZ_PART_TOOL_CALL, true, false},
        {"response.reasoning_summary_text.done", "text", YZ_PART_REASONING, true, false},
        {"response.reasoning_text.done", "text", YZ_PART_REASONING, true, true},
        {"response.refusal.done", "refusal", YZ_PART_REFUSAL, true, true},
    };
    size_t i = 0, n = sizeof(table) / sizeof(*table);
    while (i < n && !yz_str_is(type, table[i].type))
        i++;
    bool note = i == n && yz_str_is(type, "response.output_text.annotation.added");
    if (i == n && !note)
        return;
    rs_open *o = item_of(d, event, NULL, sink);
    if (note) {
        put_note(o, yz_json_get(event, "annotation"), sink);
        return;
    }
    yz_str text = yz_json_escaped(yz_json_get(event, table[i].key));
    int32_t at = number_of(event, table[i].by_content ? "content_index" : "summary_index");
    unsigned part = at > 0 ? (unsigned)at : 0;
    if (table[i].kind == YZ_PART_TOOL_CALL)
        put_arguments(o, text, table[i].whole, sink);
    else if ((table[i].kind != YZ_PART_REASONING || counts(o, table[i].by_content)) && !(table[i].whole && o->parts & bit(part)))
        put_piece(d, o, table[i].kind, part, text, sink);
    note_probabilities(d, yz_json_get(event, "logprobs"), sink);
}

int rs_items_whole(rs_decoder *d, const yz_json *output, yz_sink *sink) {
    bool told = d->forgot || (d->n_open > 0 && yz_json_count(output) <= d->n_open); /* all of them, maybe under other ids */
    int code = YZ_OK;
    for (const yz_json *item = output ? output->child : NULL; item && code == YZ_OK; item = item->next) {
        uint32_t id = hash(id_of(NULL, item));
        rs_open *o = find(d, id);
        if (!o && told)
            continue;
        code = finish_item(d, o ? o : remember(d, id, -1, sink), item, sink);
    }
    return code;
}
