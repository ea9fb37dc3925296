/* anthropic/encode.c: neutral events as the answer of a Messages server.
 *
 * Each item is a content block, numbered 0, 1, 2 … as it comes; the core has put items in order, so blocks never overlap. A block of
 * text begins with its first piece: the API has no empty ones. message_delta waits for the end, so that it carries the final counts. A
 * document is collected block by block and written at DONE (encode_document.c).
 */
#include "anthropic.h"

static void free_blocks(void *arg) {
    an_encoder *e = arg;
    for (size_t i = 0; i < e->n_blocks; i++) {
        yz_buf_free(&e->blocks[i].text);
        yz_buf_free(&e->blocks[i].citations);
    }
}

void an_encode_open(void *encoder, const yz_encode_info *info) {
    an_encoder *e = encoder;
    e->info = info;
    if (!info->stream)
        yz_on_free(info->arena, free_blocks, e);
}

static const char *stop_reason(const an_encoder *e) {
    if (e->finish == YZ_FINISH_LENGTH || e->finish == YZ_FINISH_OTHER) /* nobody knows what that means: so not that the answer is whole */
        return "max_tokens";
    if (e->finish == YZ_FINISH_FILTER || e->refused)
        return "refusal";
    return e->n_calls ? "tool_use" : e->stop_sequence.n ? "stop_sequence" : "end_turn";
}

void an_put_stop(const an_encoder *e, yz_buf *out) {
    const char *reason = stop_reason(e);
    bool matched = strcmp(reason, "stop_sequence") == 0;
    yz_buf_lit(out, "\"stop_reason\":\"");
    yz_buf_lit(out, reason);
    yz_buf_lit(out, matched ? "\",\"stop_sequence\":\"" : "\",\"stop_sequence\":null");
    yz_buf_str(out, matched ? e->stop_sequence : YZ_STR(""));
    yz_buf_lit(out, matched ? "\"" : "");
}

/* ---- the stream --------------------------------------------------------------------------------------------------------------- */

static void open_message(an_encoder *e, const yz_event *event, yz_buf *out) {
    bool start = event->kind == YZ_EVENT_START;
    yz_arena *arena = e->info->arena;
    e->opened = true;
    e->id = start && event->id.n ? yz_dup(arena, event->id)
                                 : yz_format(arena, "msg_%.*s", YZ_STR_ARGS(yz_json_escape(arena, e->info->request_id)));
    e->model = start && event->model.n ? yz_dup(arena, event->model) : yz_json_escape(arena, e->info->model);
    if (!e->info->stream)
        return;
    yz_buf_lit(out, "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"");
    yz_buf_str(out, e->id);
    yz_buf_lit(out, "\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"");
    yz_buf_str(out, e->model);
    yz_buf_lit(
        out,
        "\",\"content\":[],\"stop_reason\":null,\"stop_sequence\":null,\"usage\":{\"input_tokens\":0,\"cache_creation_input_tokens\":0,"
        "\"cache_read_input_tokens\":0,\"output_tokens\":0}}}\n\n");
}

static yz_str call_id(const an_encoder *e, const yz_event *event) {
    return event->id.n ? event->id : yz_format(e->info->arena, "toolu_%.*s_%u", YZ_STR_ARGS(e->id), e->n_calls - 1);
}

/* Raw JSON on one line: in it, a line can only break between values. */
static void put_line(yz_str raw, yz_buf *out) {
    for (size_t i = 0; i < raw.n; i++)
        if (raw.p[i] != '\n' && raw.p[i] != '\r')
            yz_buf_char(out, raw.p[i]);
}

/* An item that has begun and whose block has not: of text, whose first piece has not come. */
static void stream_block(an_encoder *e, const yz_event *event, yz_buf *out) {
    e->begun = true;
    yz_buf_lit(out, "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":");
    yz_buf_int(out, e->n_sent++);
    yz_buf_lit(out, ",\"content_block\":");
    if (e->item == YZ_PART_OPAQUE) {
        put_line(event->raw, out);
    } else if (e->item == YZ_PART_TOOL_CALL) {
        yz_buf_lit(out, "{\"type\":\"tool_use\",\"id\":\"");
        yz_buf_str(out, call_id(e, event));
        yz_buf_lit(out, "\",\"name\":\"");
        yz_buf_str(out, event->name);
        yz_buf_lit(out, "\",\"input\":{}}");
    } else {
        yz_buf_lit(out, e->item == YZ_PART_REASONING ? "{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}"
                                                     : "{\"type\":\"text\",\"text\":\"\"}");
    }
    yz_buf_lit(out, "}\n\n");
}

#define DELTA               "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":"
#define DELTA_OF(type, key) YZ_STR(",\"delta\":{\"type\":\"" type "\",\"" key "\":\"")

/* Nine events in ten are this one: room is made once. */
static void put_delta(const an_encoder *e, yz_str what, yz_str text, yz_buf *out) {
    yz_buf_room(out, sizeof DELTA + 24 + what.n + text.n + 8);
    yz_buf_lit(out, DELTA);
    yz_buf_int(out, e->n_sent - 1);
    yz_buf_str(out, what);
    yz_buf_str(out, text);
    yz_buf_lit(out, "\"}}\n\n");
}

static void stream_piece(an_encoder *e, const yz_event *event, yz_buf *out) {
    if (!e->begun)
        stream_block(e, event, out);
    if (event->kind == YZ_EVENT_SIGNATURE)
        put_delta(e, DELTA_OF("signature_delta", "signature"), event->text, out);
    else if (e->item == YZ_PART_REASONING)
        put_delta(e, DELTA_OF("thinking_delta", "thinking"), event->text, out);
    else if (e->item == YZ_PART_TOOL_CALL || e->item == YZ_PART_OPAQUE)
        put_delta(e, DELTA_OF("input_json_delta", "partial_json"), event->text, out);
    else
        put_delta(e, DELTA_OF("text_delta", "text"), event->text, out);
}

static void stream_citation(an_encoder *e, const yz_event *event, yz_buf *out) {
    if (!e->begun)
        stream_block(e, event, out);
    yz_buf_lit(out, DELTA);
    yz_buf_int(out, e->n_sent - 1);
    yz_buf_lit(out, ",\"delta\":{\"type\":\"citations_delta\",\"citation\":");
    put_line(event->raw, out);
    yz_buf_lit(out, "}}\n\n");
}

/* ---- the document --------------------------------------------------------------------------------------------------------------- */

static an_block *add_block(an_encoder *e) {
    if (e->n_blocks == e->cap_blocks) {
        size_t cap = e->cap_blocks ? e->cap_blocks * 2 : 4;
        an_block *blocks = yz_alloc(e->info->arena, cap * sizeof(an_block));
        if (e->n_blocks)
            memcpy(blocks, e->blocks, e->n_blocks * sizeof(an_block));
        e->blocks = blocks;
        e->cap_blocks = cap;
    }
    an_block *block = &e->blocks[e->n_blocks++];
    *block = (an_block){.kind = e->item};
    return block;
}

/* The block of the open item: one of text is there with its first piece. */
static an_block *collected(an_encoder *e, const yz_event *event) {
    if (e->begun)
        return &e->blocks[e->n_blocks - 1];
    an_block *block = add_block(e);
    e->begun = true;
    if (e->item == YZ_PART_TOOL_CALL) {
        block->id = yz_dup(e->info->arena, call_id(e, event));
        block->name = yz_dup(e->info->arena, event->name);
    } else if (e->item == YZ_PART_OPAQUE) {
        block->raw = yz_dup(e->info->arena, event->raw);
    }
    return block;
}

static void collect_citation(an_encoder *e, const yz_event *event) {
    yz_buf *citations = &collected(e, event)->citations;
    if (citations->n)
        yz_buf_char(citations, ',');
    yz_buf_str(citations, event->raw);
}

/* ---- events -------------------------------------------------------------------------------------------------------------------- */

/* Items this dialect has no block for are passed over, with all that comes of them. */
static bool has_block(const an_encoder *e) {
    return e->item <= YZ_PART_REFUSAL || e->item == YZ_PART_TOOL_CALL || e->item == YZ_PART_OPAQUE;
}

#define PASSED_OVER YZ_PART_TOOL_RESULT /* the open item has no block */

static void on_item(an_encoder *e, const yz_event *event, yz_buf *out) {
    e->item = event->item;
    e->begun = false;
    bool foreign = e->item == YZ_PART_OPAQUE && !yz_str_is(event->dialect, AN_DIALECT);
    bool many = e->item == YZ_PART_TOOL_CALL && e->n_calls == YZ_CALLS_MAX;
    if (foreign || !has_block(e))
        yc_lose_named(e->info, event->name, "content");
    if (foreign || many || !has_block(e)) {
        e->item = PASSED_OVER;
        return;
    }
    e->refused |= e->item == YZ_PART_REFUSAL;
    e->n_calls += e->item == YZ_PART_TOOL_CALL;
    if (e->item != YZ_PART_TOOL_CALL && e->item != YZ_PART_OPAQUE)
        return; /* it begins with its first piece */
    if (e->info->stream)
        stream_block(e, event, out);
    else
        collected(e, event);
}

static void on_piece(an_encoder *e, const yz_event *event, yz_buf *out) {
    if (!has_block(e))
        return;
    if (e->info->stream)
        stream_piece(e, event, out);
    else if (event->kind == YZ_EVENT_SIGNATURE)
        collected(e, event)->signature = yz_dup(e->info->arena, event->text);
    else
        yz_buf_str(&collected(e, event)->text, event->text);
}

/* Only thinking blocks have a place for a signature; one of another vendor stands there wrapped. */
static void on_signature(an_encoder *e, const yz_event *event, yz_buf *out) {
    if (e->item != YZ_PART_REASONING) {
        yc_lose_named(e->info, event->name, "signature");
        return;
    }
    yz_event own = *event;
    own.size = sizeof own; /* of this plugin's width, whatever the host's is */
    if (!yz_str_is(event->signed_by, AN_SIGNER))
        own.text = yc_wrap_signature(e->info->arena, event->text, event->signed_by, AN_SIGNER);
    on_piece(e, &own, out);
}

static void put_citation(an_encoder *e, const yz_event *event, yz_buf *out) {
    if (e->info->stream)
        stream_citation(e, event, out);
    else
        collect_citation(e, event);
}

/* What another vendor found, as what was found by a search. Nobody has encrypted it: when it comes back, mend.c takes it out. */
static void put_foreign(an_encoder *e, const yz_citation *c, yz_buf *out) {
    yz_buf raw = {0};
    yz_buf_lit(&raw, "{\"type\":\"web_search_result_location\",\"cited_text\":\"");
    yz_buf_str(&raw, c->quote);
    yz_buf_lit(&raw, "\",\"encrypted_index\":\"\",\"title\":");
    yz_buf_lit(&raw, c->title.n ? "\"" : "null");
    yz_buf_str(&raw, c->title);
    yz_buf_lit(&raw, c->title.n ? "\",\"url\":\"" : ",\"url\":\"");
    yz_buf_str(&raw, c->url);
    yz_buf_lit(&raw, "\"}");
    put_citation(e, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_ANNOTATION, .raw = yz_buf_view(&raw)}, out);
    yz_buf_free(&raw);
}

static void on_annotation(an_encoder *e, const yz_event *event, yz_buf *out) {
    bool told = false;
    if (e->item == YZ_PART_TEXT && event->raw.n && yz_str_is(event->dialect, AN_DIALECT)) {
        put_citation(e, event, out);
        return;
    }
    for (const yz_citation *c = e->item == YZ_PART_TEXT ? event->citations : NULL; c; c = c->next)
        if (c->url.n) {
            put_foreign(e, c, out);
            told = true;
        }
    if (!told)
        yc_lose_named(e->info, event->name, "annotations");
}

static void on_item_end(an_encoder *e, yz_buf *out) {
    if (e->info->stream && e->begun) {
        yz_buf_lit(out, "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":");
        yz_buf_int(out, e->n_sent - 1);
        yz_buf_lit(out, "}\n\n");
    }
    e->begun = false;
    e->item = PASSED_OVER;
}

static void on_error(an_encoder *e, const yz_event *event, yz_buf *out) {
    e->closed = true;
    if (!e->info->stream)
        return; /* a document has not begun: the server answers with a status instead */
    yz_buf_lit(out, "event: error\ndata: ");
    an_write_error(event->error, yz_error_status(event->error), e->info->request_id, out);
    yz_buf_lit(out, "\n\n");
}

static void on_done(an_encoder *e, yz_buf *out) {
    e->closed = true;
    if (!e->info->stream) {
        an_encode_document(e, out);
        return;
    }
    yz_buf_lit(out, "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{");
    an_put_stop(e, out);
    yz_buf_lit(out, "},");
    an_put_usage(&e->usage, out);
    yz_buf_lit(out, "}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n");
}

void an_encode(void *encoder, const yz_event *event, yz_buf *out) {
    an_encoder *e = encoder;
    if (e->closed)
        return;
    if (!e->opened && event->kind != YZ_EVENT_ERROR)
        open_message(e, event, out);
    switch (event->kind) {
    case YZ_EVENT_ITEM:
        on_item(e, event, out);
        break;
    case YZ_EVENT_DELTA:
        on_piece(e, event, out);
        break;
    case YZ_EVENT_SIGNATURE:
        on_signature(e, event, out);
        break;
    case YZ_EVENT_ANNOTATION:
        on_annotation(e, event, out);
        break;
    case YZ_EVENT_ITEM_END:
        on_item_end(e, out);
        break;
    case YZ_EVENT_LOGPROBS:
        yc_lose_named(e->info, event->name, "logprobs");
        break;
    case YZ_EVENT_USAGE:
        yz_usage_merge(&e->usage, event->usage);
        break;
    case YZ_EVENT_FINISH:
        if (!e->finish)
            e->stop_sequence = yz_dup(e->info->arena, event->text);
        e->finish = e->finish ? e->finish : event->finish;
        break;
    case YZ_EVENT_ERROR:
        on_error(e, event, out);
        break;
    case YZ_EVENT_DONE:
        on_done(e, out);
        break;
    default: /* a start, a part that is lost, what a later minor brings */
        break;
    }
}
