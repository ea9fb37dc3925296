/* anthropic/decode.c: the answers of an anthropic-messages provider as neutral events.
 *
 * The type inside the data decides, the event's name only where it is missing. Events and deltas of unknown types are passed over, as
 * the API asks for; blocks that have no place in the neutral form are reported as lost. Calls are numbered by themselves, not by content
 * block. Token counts are cumulative: the last one said wins. DONE is reported for message_stop only.
 */
#include "anthropic.h"

#include <stdio.h>

static void fail(an_decoder *d, const yz_json *error, yz_arena *arena, yz_sink *sink) {
    yz_error e;
    an_error_inside(error, arena, &e);
    d->failed = true;
    yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_ERROR, .error = &e});
}

static void text(yz_event_kind kind, const yz_json *node, yz_sink *sink) {
    yz_str escaped = yz_json_escaped(node);
    if (escaped.n)
        yz_emit(sink, &(yz_event){YZ_EVENT, .kind = kind, .text = escaped});
}

static void lose(const char *part, yz_sink *sink) { yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_LOST, .text = yz_str_of(part)}); }

/* ---- counts and reasons ---------------------------------------------------------------------------------------------------------- */

static void keep(an_decoder *d, yz_meter meter, const yz_json *object, const char *key) {
    int64_t value = yz_json_int(yz_json_get(object, key), -1);
    if (value < INT64_MAX / 8)
        yz_usage_set(&d->usage, meter, value);
}

static void usage(an_decoder *d, const yz_json *node, yz_sink *sink) {
    const yz_json *written = yz_json_get(node, "cache_creation");
    if (!yz_json_is(node, YZ_JSON_OBJECT))
        return;
    keep(d, YZ_METER_INPUT, node, "input_tokens");
    keep(d, YZ_METER_CACHED, node, "cache_read_input_tokens");
    keep(d, YZ_METER_CACHE_WRITE, node, "cache_creation_input_tokens");
    keep(d, YZ_METER_CACHE_WRITE_5M, written, "ephemeral_5m_input_tokens");
    keep(d, YZ_METER_CACHE_WRITE_1H, written, "ephemeral_1h_input_tokens");
    keep(d, YZ_METER_OUTPUT, node, "output_tokens");
    keep(d, YZ_METER_REASONING, yz_json_get(node, "output_tokens_details"), "thinking_tokens");
    keep(d, YZ_METER_SEARCHES, yz_json_get(node, "server_tool_use"), "web_search_requests");
    /* This dialect counts what came from and went into the cache beside the input, the neutral form inside. */
    yz_usage whole = d->usage;
    if (yz_usage_get(&whole, YZ_METER_INPUT) >= 0)
        whole.n[YZ_METER_INPUT] += yz_usage_count(&whole, YZ_METER_CACHED) + yz_usage_count(&whole, YZ_METER_CACHE_WRITE);
    yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_USAGE, .usage = &whole});
}

static yz_finish finish_of(yz_str reason) {
    static const struct {
        const char *word;
        yz_finish finish;
    } table[] = {
        {"end_turn", YZ_FINISH_STOP},   {"tool_use", YZ_FINISH_TOOLS},     {"max_tokens", YZ_FINISH_LENGTH},
        {"refusal", YZ_FINISH_FILTER},  {"stop_sequence", YZ_FINISH_STOP}, {"model_context_window_exceeded", YZ_FINISH_LENGTH},
        {"pause_turn", YZ_FINISH_STOP},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
        if (yz_str_is(reason, table[i].word))
            return table[i].finish;
    yz_log(YZ_LOG_DEBUG, "anthropic: unknown stop_reason \"%.*s\" taken as \"end_turn\"", (int)(reason.n < 40 ? reason.n : 40), reason.p);
    return YZ_FINISH_OTHER;
}

static void emit_finish(an_decoder *d, yz_finish kind, yz_str sequence, yz_sink *sink) {
    if (d->finished)
        return;
    d->finished = true;
    if (d->n_calls && kind != YZ_FINISH_LENGTH && kind != YZ_FINISH_FILTER) /* any call decides */
        kind = YZ_FINISH_TOOLS;
    yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_FINISH, .finish = kind, .text = sequence});
}

/* `said`: the message, or the delta of message_delta. */
static void finish(an_decoder *d, const yz_json *said, yz_sink *sink) {
    yz_str word = yz_json_escaped(yz_json_get(said, "stop_reason"));
    if (yz_json_given(said, "stop_details"))
        lose("stop_details", sink);
    if (yz_str_is(word, "pause_turn")) /* the client would have to send it back and wait for more */
        lose("stop_reason.pause_turn", sink);
    if (word.n)
        emit_finish(d, finish_of(word), yz_json_escaped(yz_json_get(said, "stop_sequence")), sink);
}

/* Some proxies send message_start twice, some never: START is reported once, before anything else. */
static void begin(an_decoder *d, const yz_json *message, yz_sink *sink) {
    if (!d->started)
        yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_START, .id = yz_json_escaped(yz_json_get(message, "id")),
                                  .model = yz_json_escaped(yz_json_get(message, "model"))});
    d->started = true;
}

static void start(an_decoder *d, const yz_json *message, yz_sink *sink) {
    begin(d, message, sink);
    usage(d, yz_json_get(message, "usage"), sink);
}

static void done(an_decoder *d, yz_sink *sink) {
    if (!d->started) {
        d->failed = true;
        yz_emit_broken(sink, YZ_STR("the provider sent an empty stream"));
        return;
    }
    emit_finish(d, YZ_FINISH_STOP, (yz_str){NULL, 0}, sink);
    d->done = true;
    yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_DONE});
}

/* ---- blocks -------------------------------------------------------------------------------------------------------------------------- */

static void whole_input(unsigned index, const yz_json *input, yz_sink *sink) {
    yz_buf buf = {0};
    yz_buf_json(&buf, yz_json_raw(input));
    yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_ARGS, .index = index, .text = yz_buf_view(&buf)});
    yz_buf_free(&buf);
}

/* A block begins, or (in a document) stands there whole. */
static int block(an_decoder *d, const yz_json *node, int32_t at, yz_sink *sink) {
    yz_str type = yz_json_escaped(yz_json_get(node, "type"));
    if (yz_str_is(type, "text")) {
        text(YZ_EVENT_TEXT, yz_json_get(node, "text"), sink);
        if (yz_json_count(yz_json_get(node, "citations")))
            lose("content.citations", sink);
    } else if (yz_str_is(type, "thinking")) {
        text(YZ_EVENT_REASONING, yz_json_get(node, "thinking"), sink);
        text(YZ_EVENT_SIGNATURE, yz_json_get(node, "signature"), sink);
    } else if (yz_str_is(type, "tool_use")) {
        const yz_json *input = yz_json_get(node, "input");
        if (d->n_calls == YZ_CALLS_MAX)
            return YZ_ELIMIT;
        unsigned index = d->n_calls++;
        d->calls[index].block = at;
        yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_TOOL, .index = index, .id = yz_json_escaped(yz_json_get(node, "id")),
                                  .name = yz_json_escaped(yz_json_get(node, "name"))});
        if (yz_json_is(input, YZ_JSON_OBJECT) && input->child) {
            d->calls[index].whole = true;
            whole_input(index, input, sink);
        }
    } else { /* the provider's own machinery: its tools and their results, thoughts it keeps to itself */
        char part[64];
        snprintf(part, sizeof part, "content.%.*s", (int)(type.n < 40 ? type.n : 40), type.p);
        lose(part, sink);
    }
    return YZ_OK;
}

/* Which call the input of a block belongs to; -1: none that is reported, such as a server's own tool. */
static int call_of(const an_decoder *d, int32_t block) {
    for (int i = (int)d->n_calls - 1; i >= 0; i--)
        if (d->calls[i].block == block)
            return d->calls[i].whole ? -1 : i;
    return -1;
}

static void delta(an_decoder *d, const yz_json *node, int32_t at, yz_str data, yz_sink *sink) {
    static const struct {
        const char *type, *key;
        yz_event_kind kind;
    } table[] = {
        {"text_delta", "text", YZ_EVENT_TEXT},
        {"input_json_delta", "partial_json", YZ_EVENT_ARGS},
        {"thinking_delta", "thinking", YZ_EVENT_REASONING},
        {"signature_delta", "signature", YZ_EVENT_SIGNATURE},
    };
    yz_str type = yz_json_escaped(yz_json_get(node, "type"));
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
        if (!yz_str_is(type, table[i].type))
            continue;
        const yz_json *piece = yz_json_get(node, table[i].key);
        int call = table[i].kind == YZ_EVENT_ARGS ? call_of(d, at) : 0;
        if (call < 0 || yz_json_escaped(piece).n == 0)
            return;
        yz_emit(sink, &(yz_event){YZ_EVENT, .kind = table[i].kind, .index = (unsigned)call, .text = yz_json_escaped(piece)});
        yz_same_remember(&d->same.around, data, piece);
        d->same.kind = table[i].kind;
        d->same.index = (unsigned)call;
        return;
    }
    if (yz_str_is(type, "citations_delta"))
        lose("content.citations", sink);
}

/* ---- events and documents --------------------------------------------------------------------------------------------------------------
 */

static int32_t index_of(const yz_json *root) {
    int64_t at = yz_json_int(yz_json_get(root, "index"), 0);
    return at >= 0 && at <= INT32_MAX ? (int32_t)at : 0;
}

int an_decode_event(void *decoder, yz_str name, yz_str data, yz_arena *arena, yz_sink *sink) {
    an_decoder *d = decoder;
    if (data.n == 0 || d->failed || d->done)
        return YZ_OK;
    yz_event same = {YZ_EVENT, .kind = d->same.kind, .index = d->same.index};
    if (yz_same_text(&d->same.around, data, arena, &same.text)) {
        if (same.text.n)
            yz_emit(sink, &same);
        return YZ_OK;
    }
    yz_json *root;
    int code = yz_json_parse(arena, data, YZ_JSON_LONE_SURROGATES, &root, NULL);
    if (code < 0)
        return code;
    if (root->type != YZ_JSON_OBJECT)
        return YZ_EINVAL;
    yz_str type = yz_json_escaped(yz_json_get(root, "type"));
    if (type.n == 0)
        type = name;
    if (yz_str_is(type, "content_block_delta")) {
        begin(d, NULL, sink);
        delta(d, yz_json_get(root, "delta"), index_of(root), data, sink);
        if (!yz_json_get(root, "type")) /* its name says what it is, which the short way does not look at */
            d->same.around.before = 0;
    } else if (yz_str_is(type, "content_block_start")) {
        begin(d, NULL, sink);
        d->same.around.before = 0; /* the block's number may stand for another one now */
        return block(d, yz_json_get(root, "content_block"), index_of(root), sink);
    } else if (yz_str_is(type, "message_start")) {
        start(d, yz_json_get(root, "message"), sink);
    } else if (yz_str_is(type, "message_delta")) {
        begin(d, NULL, sink);
        usage(d, yz_json_get(root, "usage"), sink);
        finish(d, yz_json_get(root, "delta"), sink);
    } else if (yz_str_is(type, "message_stop")) {
        done(d, sink);
    } else if (yz_str_is(type, "error") || yz_json_is(yz_json_get(root, "error"), YZ_JSON_OBJECT)) {
        fail(d, yz_json_get(root, "error"), arena, sink);
    }
    return YZ_OK;
}

int an_decode_body(void *decoder, const yz_json *body, yz_arena *arena, yz_sink *sink) {
    an_decoder *d = decoder;
    const yz_json *error = yz_json_get(body, "error"), *content = yz_json_get(body, "content");
    if (yz_json_is(error, YZ_JSON_OBJECT)) {
        fail(d, error, arena, sink);
        return YZ_OK;
    }
    if (!yz_json_is(content, YZ_JSON_ARRAY) || !yz_str_is(yz_json_escaped(yz_json_get(body, "type")), "message"))
        return YZ_EINVAL;
    start(d, body, sink);
    int32_t at = 0;
    for (const yz_json *node = content->child; node; node = node->next) {
        int code = block(d, node, at++, sink);
        if (code < 0)
            return code;
    }
    finish(d, body, sink);
    done(d, sink);
    return YZ_OK;
}
