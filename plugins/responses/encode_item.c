/* responses/encode_item.c: the items of an answer: what of them goes out as it comes, and what each is when it is finished.
 *
 * A text or a refusal is a message of one part; thoughts are a reasoning item with one summary; a call is a function_call, or a
 * custom_tool_call whose text goes out when it is whole, since it comes wrapped in JSON.
 */
#include "responses.h"

static bool is_message(const rs_encoder *e) { return e->item == YZ_PART_TEXT || e->item == YZ_PART_REFUSAL; }

static const char *prefix_of(const rs_encoder *e) {
    return e->item == YZ_PART_REASONING ? "rs" : e->item != YZ_PART_TOOL_CALL ? "msg" : e->tool.custom ? "ctc" : "fc";
}

/* ---- the item as it stands in output ------------------------------------------------------------------------------------------- */

static void put_member(const char *key, yz_str escaped, yz_buf *out) {
    yz_buf_printf(out, ",\"%s\":", key);
    yc_put_quoted(out, escaped);
}

static void put_part(const rs_encoder *e, yz_str text, yz_str annotations, yz_buf *out) {
    if (e->item == YZ_PART_REFUSAL) {
        yz_buf_lit(out, "{\"type\":\"refusal\",\"refusal\":");
        yc_put_quoted(out, text);
    } else {
        yz_buf_lit(out, "{\"type\":\"output_text\",\"text\":");
        yc_put_quoted(out, text);
        yz_buf_lit(out, ",\"annotations\":[");
        yz_buf_str(out, annotations);
        yz_buf_lit(out, "],\"logprobs\":[");
        yz_buf_str(out, annotations.n || text.n ? yz_buf_view(&e->logprobs) : YZ_STR(""));
        yz_buf_char(out, ']');
    }
    yz_buf_char(out, '}');
}

static void put_message(const rs_encoder *e, bool whole, yz_buf *out) {
    yz_buf_lit(out, ",\"role\":\"assistant\",\"content\":[");
    if (whole)
        put_part(e, yz_buf_view(&e->text), yz_buf_view(&e->annotations), out);
    yz_buf_char(out, ']');
}

static void put_summary(yz_str text, yz_buf *out) {
    yz_buf_lit(out, "{\"type\":\"summary_text\",\"text\":");
    yc_put_quoted(out, text);
    yz_buf_char(out, '}');
}

static void put_reasoning(const rs_encoder *e, bool whole, yz_buf *out) {
    yz_buf_lit(out, ",\"summary\":[");
    if (whole && e->text.n)
        put_summary(yz_buf_view(&e->text), out);
    yz_buf_char(out, ']');
    if (whole && e->signature.n)
        put_member("encrypted_content", e->signature, out);
}

static void put_call(const rs_encoder *e, bool whole, yz_buf *out) {
    put_member("call_id", e->call_id, out);
    put_member("name", e->tool.name, out);
    if (e->tool.space.n)
        put_member("namespace", e->tool.space, out);
    put_member(e->tool.custom ? "input" : "arguments", whole ? yz_buf_view(&e->text) : YZ_STR(""), out);
}

static void put_item(const rs_encoder *e, bool whole, yz_buf *out) {
    if (e->item == YZ_PART_OPAQUE) {
        rs_put_line(e->raw, out);
        return;
    }
    const char *type = is_message(e) ? "message" : e->item == YZ_PART_REASONING ? "reasoning" : "function_call";
    yz_buf_printf(out, "{\"type\":\"%s\",\"id\":", e->item == YZ_PART_TOOL_CALL && e->tool.custom ? "custom_tool_call" : type);
    yc_put_quoted(out, e->item_id);
    if (e->item != YZ_PART_REASONING)
        put_member("status", whole ? YZ_STR("completed") : YZ_STR("in_progress"), out);
    if (is_message(e))
        put_message(e, whole, out);
    else if (e->item == YZ_PART_REASONING)
        put_reasoning(e, whole, out);
    else
        put_call(e, whole, out);
    yz_buf_char(out, '}');
}

/* ---- its events ----------------------------------------------------------------------------------------------------------------- */

static void begin_event(rs_encoder *e, const char *type, yz_buf *out) {
    rs_event(e, type, out);
    yz_buf_printf(out, ",\"output_index\":%u", e->n_items - 1);
}

/* An event about the open item, or about its part, which is always the first. */
static void about(rs_encoder *e, const char *type, yz_buf *out) {
    begin_event(e, type, out);
    put_member("item_id", e->item_id, out);
    if (e->item != YZ_PART_TOOL_CALL)
        yz_buf_printf(out, ",\"%s\":0", e->item == YZ_PART_REASONING ? "summary_index" : "content_index");
}

static void item_event(rs_encoder *e, const char *type, bool whole, yz_buf *out) {
    begin_event(e, type, out);
    yz_buf_lit(out, ",\"item\":");
    put_item(e, whole, out);
    rs_event_end(out);
}

static void part_event(rs_encoder *e, bool end, yz_buf *out) {
    bool reasoning = e->item == YZ_PART_REASONING;
    yz_str text = end ? yz_buf_view(&e->text) : YZ_STR(""), annotations = end ? yz_buf_view(&e->annotations) : YZ_STR("");
    if (reasoning)
        about(e, end ? "response.reasoning_summary_part.done" : "response.reasoning_summary_part.added", out);
    else
        about(e, end ? "response.content_part.done" : "response.content_part.added", out);
    yz_buf_lit(out, ",\"part\":");
    if (reasoning)
        put_summary(text, out);
    else
        put_part(e, text, annotations, out);
    rs_event_end(out);
}

/* The names of an item's pieces, and of the whole after them. */
static const char *delta_type(const rs_encoder *e, bool end) {
    switch (e->item) {
    case YZ_PART_REASONING:
        return end ? "response.reasoning_summary_text.done" : "response.reasoning_summary_text.delta";
    case YZ_PART_REFUSAL:
        return end ? "response.refusal.done" : "response.refusal.delta";
    case YZ_PART_TOOL_CALL:
        if (e->tool.custom)
            return end ? "response.custom_tool_call_input.done" : "response.custom_tool_call_input.delta";
        return end ? "response.function_call_arguments.done" : "response.function_call_arguments.delta";
    default:
        return end ? "response.output_text.done" : "response.output_text.delta";
    }
}

/* Those after the first `from` bytes, which may begin with the comma between. */
static void put_logprobs(const rs_encoder *e, size_t from, yz_buf *out) {
    from += from && from < e->logprobs.n;
    yz_buf_lit(out, ",\"logprobs\":[");
    if (from < e->logprobs.n)
        yz_buf_put(out, e->logprobs.p + from, e->logprobs.n - from);
    yz_buf_char(out, ']');
}

static void stream_delta(rs_encoder *e, yz_str text, yz_buf *out) {
    about(e, delta_type(e, false), out);
    put_member("delta", text, out);
    if (e->item == YZ_PART_TEXT) {
        put_logprobs(e, e->n_told, out);
        e->n_told = e->logprobs.n;
    }
    rs_event_end(out);
}

static void stream_whole(rs_encoder *e, yz_buf *out) {
    const char *key = e->item == YZ_PART_REFUSAL     ? "refusal"
                      : e->item != YZ_PART_TOOL_CALL ? "text"
                      : e->tool.custom               ? "input"
                                                     : "arguments";
    about(e, delta_type(e, true), out);
    if (e->item == YZ_PART_TOOL_CALL)
        put_member("name", e->tool.name, out);
    put_member(key, yz_buf_view(&e->text), out);
    if (e->item == YZ_PART_TEXT)
        put_logprobs(e, 0, out);
    rs_event_end(out);
}

/* ---- items ------------------------------------------------------------------------------------------------------------------------ */

static bool has_place(const rs_encoder *e, const yz_event *event) {
    if (event->item == YZ_PART_OPAQUE)
        return yz_str_is(event->dialect, RS_DIALECT);
    if (event->item == YZ_PART_TOOL_CALL)
        return e->n_calls < YZ_CALLS_MAX;
    return event->item <= YZ_PART_REFUSAL;
}

static void name_call(rs_encoder *e, const yz_event *event) {
    const yz_request *request = e->info->request;
    yz_arena *arena = e->info->arena;
    bool own = request && request->dialect && strcmp(request->dialect->dialect, RS_DIALECT) == 0;
    yz_str name = yz_dup(arena, event->name);
    e->tool = own ? rs_tool_of(request->json, name) : (rs_tool){.name = name};
    e->call_id = event->id.n ? yz_dup(arena, event->id) : yz_format(arena, "call_%.*s_%u", YZ_STR_ARGS(e->id), e->n_calls);
    e->n_calls++;
}

void rs_encode_item(rs_encoder *e, const yz_event *event, yz_buf *out) {
    yz_arena *arena = e->info->arena;
    e->passed_over = !has_place(e, event);
    if (e->passed_over) {
        yc_lose_named(e->info, event->name, "output");
        return;
    }
    e->item = event->item;
    e->text.n = e->annotations.n = 0;
    e->n_annotations = 0;
    e->signature = (yz_str){NULL, 0};
    e->raw = yz_dup(arena, event->raw);
    if (e->item == YZ_PART_TOOL_CALL)
        name_call(e, event);
    e->item_id = yz_format(arena, "%s_%.*s_%u", prefix_of(e), YZ_STR_ARGS(e->id), e->n_items++);
    if (!e->info->stream)
        return;
    item_event(e, "response.output_item.added", false, out);
    if (is_message(e))
        part_event(e, false, out);
}

void rs_encode_delta(rs_encoder *e, yz_str text, yz_buf *out) {
    if (e->passed_over || e->item == YZ_PART_OPAQUE)
        return;
    bool first = e->text.n == 0, custom = e->item == YZ_PART_TOOL_CALL && e->tool.custom;
    yz_buf_str(&e->text, text);
    if (!e->info->stream || custom)
        return;
    if (first && e->item == YZ_PART_REASONING)
        part_event(e, false, out);
    stream_delta(e, text, out);
}

static void put_annotation(rs_encoder *e, yz_str raw, yz_buf *out) {
    if (e->annotations.n)
        yz_buf_char(&e->annotations, ',');
    rs_put_line(raw, &e->annotations);
    if (!e->info->stream)
        return;
    about(e, "response.output_text.annotation.added", out);
    yz_buf_printf(out, ",\"annotation_index\":%u,\"annotation\":", e->n_annotations++);
    rs_put_line(raw, out);
    rs_event_end(out);
}

/* A source another vendor found: its place in the text is known when that is whole. */
static void put_citation(rs_encoder *e, const yz_places *places, const yz_citation *c, yz_buf *out) {
    yz_buf raw = {0};
    int64_t from, to;
    yz_citation_place(c, places, false, &from, &to);
    yz_buf_printf(&raw, "{\"type\":\"url_citation\",\"start_index\":%lld,\"end_index\":%lld", (long long)from, (long long)to);
    put_member("url", c->url, &raw);
    put_member("title", c->title.n ? c->title : c->url, &raw);
    yz_buf_char(&raw, '}');
    put_annotation(e, yz_buf_view(&raw), out);
    yz_buf_free(&raw);
}

static void put_sources(rs_encoder *e, yz_buf *out) {
    const yz_places *places = e->sources ? yz_places_new(e->info->arena, yz_buf_view(&e->text)) : NULL;
    for (const yz_event *event = e->sources; event; event = event->next)
        for (const yz_citation *c = event->citations; c; c = c->next)
            if (c->url.n)
                put_citation(e, places, c, out);
    e->sources = NULL;
    e->sources_end = &e->sources;
}

static bool has_url(const yz_event *event) {
    for (const yz_citation *c = event->citations; c; c = c->next)
        if (c->url.n)
            return true;
    return false;
}

void rs_encode_annotation(rs_encoder *e, const yz_event *event, yz_buf *out) {
    bool own = event->raw.n && yz_str_is(event->dialect, RS_DIALECT);
    if (e->passed_over)
        return;
    if (e->item != YZ_PART_TEXT || (!own && !has_url(event))) {
        yc_lose_named(e->info, event->name, "annotations");
    } else if (own) {
        put_annotation(e, event->raw, out);
    } else {
        yz_event *copy = yz_event_copy(e->info->arena, event);
        *e->sources_end = copy;
        e->sources_end = &copy->next;
    }
}

/* Entries go along with the next piece of text, and stand in the whole text again. */
void rs_encode_logprobs(rs_encoder *e, const yz_event *event) {
    if (event->list.n < 2) {
        yc_lose_named(e->info, event->name, "logprobs");
        return;
    }
    yz_buf_lit(&e->logprobs, e->logprobs.n ? "," : "");
    rs_put_line((yz_str){event->list.p + 1, event->list.n - 2}, &e->logprobs);
}

/* A call that got no arguments has "{}", since clients parse them; of a custom tool's, the text is taken out. */
static void complete_call(rs_encoder *e, yz_buf *out) {
    if (e->text.n == 0)
        rs_encode_delta(e, YZ_STR("{}"), out);
    if (!e->tool.custom)
        return;
    yz_str input = yz_dup(e->info->arena, rs_custom_input(e->info->arena, yz_buf_view(&e->text)));
    e->text.n = 0;
    yz_buf_str(&e->text, input);
    if (e->info->stream && input.n)
        stream_delta(e, input, out);
}

void rs_encode_item_end(rs_encoder *e, yz_buf *out) {
    if (e->passed_over)
        return;
    if (e->item == YZ_PART_TOOL_CALL)
        complete_call(e, out);
    put_sources(e, out);
    bool pieces = e->item != YZ_PART_OPAQUE && (e->item != YZ_PART_REASONING || e->text.n);
    if (e->info->stream) {
        if (pieces)
            stream_whole(e, out);
        if (pieces && e->item != YZ_PART_TOOL_CALL)
            part_event(e, true, out);
        item_event(e, "response.output_item.done", true, out);
    }
    if (e->output.n)
        yz_buf_char(&e->output, ',');
    put_item(e, true, &e->output);
    if (e->item == YZ_PART_TEXT)
        e->logprobs.n = e->n_told = 0;
    e->passed_over = true;
}
