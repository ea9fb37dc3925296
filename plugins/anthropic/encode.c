/* anthropic/encode.c: neutral events as the answer of a Messages server.
 *
 * In the stream, blocks are numbered 0, 1, 2 … and never overlap: a block is opened when something for it comes and closed before
 * the next one opens. Calls may come interleaved from other dialects, so while the arguments of the open call are not whole, what
 * belongs to other blocks is held; braces are counted to see when they are. message_delta waits for the end, so that it carries the
 * final counts. A document is collected block by block and written at DONE (encode_document.c).
 */
#include "anthropic.h"

#define HOLD_MAX (1 << 20) /* bytes held back at most; past it the open call is closed as it is */

static void free_blocks(void *arg) {
    an_encoder *e = arg;
    for (size_t i = 0; i < e->n_blocks; i++)
        yz_buf_free(&e->blocks[i].text);
}

void an_encode_open(void *encoder, const yz_encode_info *info) {
    an_encoder *e = encoder;
    e->info = *info;
    yz_on_free(info->arena, free_blocks, e);
}

an_block *an_add_block(an_encoder *e, an_kind kind) {
    if (e->n_blocks == e->cap_blocks) {
        size_t cap = e->cap_blocks ? e->cap_blocks * 2 : 4;
        an_block *blocks = yz_alloc(e->info.arena, cap * sizeof(an_block));
        if (e->n_blocks)
            memcpy(blocks, e->blocks, e->n_blocks * sizeof(an_block));
        e->blocks = blocks;
        e->cap_blocks = cap;
    }
    an_block *block = &e->blocks[e->n_blocks++];
    *block = (an_block){.kind = kind};
    return block;
}

static const char *stop_reason(const an_encoder *e) {
    if (e->finish == YZ_FINISH_LENGTH)
        return "max_tokens";
    if (e->finish == YZ_FINISH_FILTER || e->refused)
        return "refusal";
    return e->n_calls ? "tool_use" : e->stop_sequence.n ? "stop_sequence" : "end_turn";
}

void an_put_stop(const an_encoder *e, yz_buf *out) {
    const char *reason = stop_reason(e);
    bool matched = strcmp(reason, "stop_sequence") == 0;
    yz_buf_printf(out, "\"stop_reason\":\"%s\",\"stop_sequence\":%s", reason, matched ? "\"" : "null");
    yz_buf_str(out, matched ? e->stop_sequence : YZ_STR(""));
    yz_buf_lit(out, matched ? "\"" : "");
}

/* ---- braces ------------------------------------------------------------------------------------------------------------------ */

/* Follows a piece of escaped JSON: there a quote is \" and a backslash \\. Quotes and braces may also hide in \uXXXX: then the count
 * is given up, and the call stays open until something else ends it. */
static void follow(an_braces *b, yz_str piece) {
    for (size_t i = 0; i < piece.n && !b->lost && !b->whole; i++) {
        char c = piece.p[i];
        if (c == '\\') { /* pieces end between characters, so the escape is whole */
            c = i + 1 < piece.n ? piece.p[++i] : 'u';
            b->lost = c == 'u' && i + 2 < piece.n && piece.p[i + 1] == '0' && piece.p[i + 2] == '0';
        } else if (c == '"') {
            b->lost = true;
        }
        if (b->escape) {
            b->escape = false;
        } else if (b->string) {
            b->escape = c == '\\';
            b->string = !(c == '"');
        } else if (c == '"') {
            b->string = true;
        } else if (c == '{' || c == '[') {
            b->depth++;
            b->begun = true;
        } else if ((c == '}' || c == ']') && b->depth > 0) {
            b->depth--;
            b->whole = b->begun && b->depth == 0;
        }
    }
}

/* ---- the stream --------------------------------------------------------------------------------------------------------------- */

static void open_message(an_encoder *e, const yz_event *event, yz_buf *out) {
    bool start = event->kind == YZ_EVENT_START;
    yz_arena *arena = e->info.arena;
    e->opened = true;
    e->id = start && event->id.n ? yz_dup(arena, event->id)
                                 : yz_format(arena, "msg_%.*s", YZ_STR_ARGS(yz_json_escape(arena, e->info.request_id)));
    e->model = start && event->model.n ? yz_dup(arena, event->model) : yz_json_escape(arena, e->info.model);
    if (!e->info.stream)
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

static void close_block(an_encoder *e, yz_buf *out) {
    if (e->open != AN_NONE)
        yz_buf_printf(out, "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":%u}\n\n", e->n_sent - 1);
    e->open = AN_NONE;
}

static void begin_block(an_encoder *e, an_kind kind, yz_buf *out) {
    close_block(e, out);
    e->open = kind;
    yz_buf_printf(out, "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":%u,\"content_block\":", e->n_sent++);
}

static void open_block(an_encoder *e, an_kind kind, yz_buf *out) {
    begin_block(e, kind, out);
    yz_buf_lit(out, kind == AN_TEXT ? "{\"type\":\"text\",\"text\":\"\"}}\n\n"
                                    : "{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}}\n\n");
}

static void open_tool(an_encoder *e, unsigned call, yz_str id, yz_str name, yz_buf *out) {
    begin_block(e, AN_TOOL, out);
    yz_buf_lit(out, "{\"type\":\"tool_use\",\"id\":\"");
    yz_buf_str(out, id);
    yz_buf_lit(out, "\",\"name\":\"");
    yz_buf_str(out, name);
    yz_buf_lit(out, "\",\"input\":{}}}\n\n");
    e->open_call = call;
    e->braces = (an_braces){0};
}

/* A block's number: in every delta, so without printf. */
static void put_index(unsigned index, yz_buf *out) {
    char digits[12], *p = digits + sizeof digits;
    do
        *--p = (char)('0' + index % 10);
    while (index /= 10);
    yz_buf_put(out, p, (size_t)(digits + sizeof digits - p));
}

static void put_delta(const an_encoder *e, const char *type, const char *key, yz_str text, yz_buf *out) {
    yz_buf_lit(out, "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":");
    put_index(e->n_sent - 1, out);
    yz_buf_lit(out, ",\"delta\":{\"type\":\"");
    yz_buf_lit(out, type);
    yz_buf_lit(out, "\",\"");
    yz_buf_lit(out, key);
    yz_buf_lit(out, "\":\"");
    yz_buf_str(out, text);
    yz_buf_lit(out, "\"}}\n\n");
}

static void delta(an_encoder *e, yz_str text, yz_buf *out) {
    if (text.n == 0)
        return;
    if (e->open == AN_TEXT)
        put_delta(e, "text_delta", "text", text, out);
    else if (e->open == AN_THINKING)
        put_delta(e, "thinking_delta", "thinking", text, out);
    else if (e->open == AN_TOOL) {
        put_delta(e, "input_json_delta", "partial_json", text, out);
        follow(&e->braces, text);
    }
}

/* Must what belongs to another block wait? */
static bool waits(const an_encoder *e) { return e->open == AN_TOOL && !e->braces.whole; }

/* Sends held blocks until one of them, a call whose arguments are not whole, has to stay open. `all`: to the last one. */
static void send_held(an_encoder *e, bool all, yz_buf *out) {
    size_t sent = 0;
    for (; sent < e->n_blocks && (all || !waits(e)); sent++) {
        an_block *block = &e->blocks[sent];
        if (block->kind == AN_TOOL)
            open_tool(e, block->call, block->id, block->name, out);
        else
            open_block(e, block->kind, out);
        delta(e, yz_buf_view(&block->text), out);
        if (block->signature.n)
            put_delta(e, "signature_delta", "signature", block->signature, out);
        e->held -= block->text.n;
        yz_buf_free(&block->text);
    }
    if (sent)
        memmove(e->blocks, e->blocks + sent, (e->n_blocks - sent) * sizeof(an_block));
    e->n_blocks -= sent;
}

/* ---- events -------------------------------------------------------------------------------------------------------------------- */

static bool collects(const an_encoder *e) { return !e->info.stream || waits(e); }

static void hold(an_encoder *e, an_block *block, yz_str text, yz_buf *out) {
    yz_buf_str(&block->text, text);
    e->held += text.n;
    if (e->info.stream && e->held > HOLD_MAX)
        send_held(e, true, out);
}

static void on_text(an_encoder *e, an_kind kind, yz_str text, yz_buf *out) {
    if (text.n == 0)
        return;
    if (collects(e)) {
        an_block *last = e->n_blocks ? &e->blocks[e->n_blocks - 1] : NULL;
        bool same = last && last->kind == kind && !last->signature.n;
        hold(e, same ? last : an_add_block(e, kind), text, out);
        return;
    }
    if (e->open != kind)
        open_block(e, kind, out);
    delta(e, text, out);
}

static void on_signature(an_encoder *e, yz_str signature, yz_buf *out) {
    if (collects(e)) {
        if (e->n_blocks && e->blocks[e->n_blocks - 1].kind == AN_THINKING)
            e->blocks[e->n_blocks - 1].signature = yz_dup(e->info.arena, signature);
        else
            an_add_block(e, AN_THINKING)->signature = yz_dup(e->info.arena, signature);
        return;
    }
    if (e->open != AN_THINKING) /* a signature over thoughts that are not shown */
        open_block(e, AN_THINKING, out);
    put_delta(e, "signature_delta", "signature", signature, out);
}

static void on_tool(an_encoder *e, const yz_event *event, yz_buf *out) {
    if (event->index != e->n_calls || e->n_calls == YZ_CALLS_MAX)
        return; /* not of the event grammar */
    e->n_calls++;
    yz_str id = event->id.n ? event->id : yz_format(e->info.arena, "toolu_%.*s_%u", YZ_STR_ARGS(e->id), event->index);
    if (!collects(e)) {
        open_tool(e, event->index, id, event->name, out);
        return;
    }
    an_block *block = an_add_block(e, AN_TOOL);
    block->call = event->index;
    block->id = yz_dup(e->info.arena, id);
    block->name = yz_dup(e->info.arena, event->name);
}

static void on_args(an_encoder *e, const yz_event *event, yz_buf *out) {
    if (e->info.stream && e->open == AN_TOOL && e->open_call == event->index) {
        delta(e, event->text, out);
        if (e->n_blocks)
            send_held(e, false, out);
        return;
    }
    for (size_t i = e->n_blocks; i-- > 0;)
        if (e->blocks[i].kind == AN_TOOL && e->blocks[i].call == event->index) {
            hold(e, &e->blocks[i], event->text, out);
            return;
        }
}

static void on_error(an_encoder *e, const yz_event *event, yz_buf *out) {
    e->closed = true;
    if (!e->info.stream)
        return; /* a document has not begun: the server answers with a status instead */
    yz_buf_lit(out, "event: error\ndata: ");
    an_write_error(event->error, yz_error_status(event->error), e->info.request_id, out);
    yz_buf_lit(out, "\n\n");
}

static void on_done(an_encoder *e, yz_buf *out) {
    e->closed = true;
    if (!e->info.stream) {
        an_encode_document(e, out);
        return;
    }
    send_held(e, true, out);
    close_block(e, out);
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
    case YZ_EVENT_START:
        break;
    case YZ_EVENT_REFUSAL:
        e->refused = true; /* fall through */
    case YZ_EVENT_TEXT:
        on_text(e, AN_TEXT, event->text, out);
        break;
    case YZ_EVENT_REASONING:
        on_text(e, AN_THINKING, event->text, out);
        break;
    case YZ_EVENT_SIGNATURE:
        on_signature(e, event->text, out);
        break;
    case YZ_EVENT_TOOL:
        on_tool(e, event, out);
        break;
    case YZ_EVENT_ARGS:
        on_args(e, event, out);
        break;
    case YZ_EVENT_USAGE:
        yz_usage_merge(&e->usage, event->usage);
        break;
    case YZ_EVENT_FINISH:
        if (!e->finish)
            e->stop_sequence = yz_dup(e->info.arena, event->text);
        e->finish = e->finish ? e->finish : event->finish;
        break;
    case YZ_EVENT_ERROR:
        on_error(e, event, out);
        break;
    case YZ_EVENT_DONE:
        on_done(e, out);
        break;
    case YZ_EVENT_LOST:
        break;
    }
}
