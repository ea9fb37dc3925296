/* anthropic/decode.c: the answers of an anthropic-messages provider as neutral events.
 *
 * The type inside the data decides, the event's name only where it is missing. Events and deltas of unknown types are passed over, as
 * the API asks for; blocks that nobody else can read are opaque items. Items are numbered as they begin, whatever the blocks are. Token
 * counts are cumulative: the last one said wins. DONE is reported for message_stop only; a stream that ends cleanly after a stop_reason is
 * complete without it.
 */
#include "anthropic.h"

#include <stdio.h>

/* Behind a stop_reason all has been said: what fails then takes nothing away from it. */
static void fail_with(an_decoder *d, const yz_error *error, yz_sink *sink) {
    d->failed = !(d->finished && d->n_items > 0);
    if (d->failed)
        yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_ERROR, .error = error});
    else
        yc_emit_beside(error, sink);
}

/* `body`: what the error stands in. */
static void fail(an_decoder *d, const yz_json *body, yz_arena *arena, yz_sink *sink) {
    yz_error e;
    an_error_inside(body, arena, &e);
    fail_with(d, &e, sink);
}

/* An event or document of no known type may be an error in the vendor's own shape. */
static bool fails(an_decoder *d, const yz_json *body, yz_arena *arena, yz_sink *sink) {
    yz_error e;
    if (!an_error_inside(body, arena, &e))
        return false;
    fail_with(d, &e, sink);
    return true;
}

static void lose(const char *part, yz_loss how, yz_sink *sink) {
    yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_LOST, .text = yz_str_of(part), .loss = how});
}

/* ---- counts and reasons ---------------------------------------------------------------------------------------------------------- */

static void read_input(yz_usage *out, const yz_json *node) {
    const yz_json *written = yz_json_get(node, "cache_creation");
    yz_usage_read(out, YZ_METER_INPUT, node, "input_tokens");
    yz_usage_read(out, YZ_METER_CACHED, node, "cache_read_input_tokens");
    yz_usage_read(out, YZ_METER_CACHE_WRITE, node, "cache_creation_input_tokens");
    yz_usage_read(out, YZ_METER_CACHE_WRITE_5M, written, "ephemeral_5m_input_tokens");
    yz_usage_read(out, YZ_METER_CACHE_WRITE_1H, written, "ephemeral_1h_input_tokens");
}

static bool has_input(const yz_usage *u) {
    return yz_usage_count(u, YZ_METER_INPUT) > 0 || yz_usage_count(u, YZ_METER_CACHED) > 0 || yz_usage_count(u, YZ_METER_CACHE_WRITE) > 0;
}

/* What is said of it, over what was said before. */
static void read_usage(const yz_json *node, yz_usage *said) {
    yz_usage input = *said;
    read_input(&input, node);
    if (has_input(&input) || !has_input(said)) /* compatible servers count it at the start, and end with zeros beside the output */
        *said = input;
    yz_usage_read(said, YZ_METER_OUTPUT, node, "output_tokens");
    yz_usage_read(said, YZ_METER_REASONING, yz_json_get(node, "output_tokens_details"), "thinking_tokens");
    yz_usage_read(said, YZ_METER_SEARCHES, yz_json_get(node, "server_tool_use"), "web_search_requests");
    yz_usage_set_service(said, yz_service_of(yz_json_escaped(yz_json_get(node, "service_tier"))));
    if (yz_str_is(yz_json_escaped(yz_json_get(node, "speed")), "fast"))
        yz_usage_set_service(said, YZ_SERVICE_FAST);
}

/* This dialect counts what came from and went into the cache beside the input, the neutral form inside. */
static void count_inside(yz_usage *usage) {
    if (yz_usage_get(usage, YZ_METER_INPUT) >= 0)
        usage->n[YZ_METER_INPUT] += yz_usage_count(usage, YZ_METER_CACHED) + yz_usage_count(usage, YZ_METER_CACHE_WRITE);
    yc_usage_bound(usage);
}

void an_read_usage(const yz_json *node, yz_usage *out) {
    read_usage(node, out);
    count_inside(out);
}

static void usage(an_decoder *d, const yz_json *node, yz_sink *sink) {
    if (!yz_json_is(node, YZ_JSON_OBJECT))
        return;
    read_usage(node, &d->usage);
    yz_usage whole = d->usage;
    count_inside(&whole);
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
    return YZ_FINISH_OTHER; /* a vendor's own: the flavours know it */
}

static void end_blocks(an_decoder *d, yz_sink *sink);

/* `word`: what the provider said, if this dialect does not know it, or if it pauses. */
static void emit_finish(an_decoder *d, yz_finish kind, yz_str word, yz_str sequence, yz_sink *sink) {
    if (d->finished)
        return;
    d->finished = true;
    end_blocks(d, sink);
    if (d->n_calls && (kind == YZ_FINISH_STOP || kind == YZ_FINISH_NONE)) /* any call decides */
        kind = YZ_FINISH_TOOLS;
    yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_FINISH, .finish = kind, .text = sequence, .name = word});
}

/* `said`: the message, or the delta of message_delta. */
static void finish(an_decoder *d, const yz_json *said, yz_sink *sink) {
    const yz_json *reason = yz_json_get(said, "stop_reason");
    yz_str word = yz_json_escaped(reason);
    if (yz_json_given(said, "stop_details"))
        lose("stop_details", YZ_DROPPED, sink);
    if (yz_str_is(word, "pause_turn")) /* the client would have to send it back and wait for more */
        lose("stop_reason.pause_turn", YZ_APPROXIMATED, sink);
    d->unreasoned = word.n == 0;
    if (word.n && finish_of(word) == YZ_FINISH_OTHER)
        yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_FINISH_WORD, .raw = yz_json_raw(reason), .name = word,
                                  .finish = d->n_calls ? YZ_FINISH_TOOLS : YZ_FINISH_NONE});
    if (word.n)
        emit_finish(d, finish_of(word), finish_of(word) == YZ_FINISH_OTHER || yz_str_is(word, "pause_turn") ? word : YZ_STR(""),
                    yz_json_escaped(yz_json_get(said, "stop_sequence")), sink);
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

static void break_off(an_decoder *d, yz_str words, yz_sink *sink) {
    d->failed = true;
    yz_emit_broken(sink, words);
}

static void done(an_decoder *d, yz_sink *sink) {
    if (!d->started) {
        break_off(d, YZ_STR("the provider sent an empty stream"), sink);
        return;
    }
    /* Where the reason would stand was none: that it is whole nobody can say, unless it calls a tool. */
    emit_finish(d, d->n_calls ? YZ_FINISH_TOOLS : YZ_FINISH_OTHER, (yz_str){NULL, 0}, (yz_str){NULL, 0}, sink);
    d->done = true;
    yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_DONE});
}

/* ---- blocks -------------------------------------------------------------------------------------------------------------------------- */

static void end_block(an_decoder *d, struct an_open *open, yz_sink *sink) {
    unsigned index = open->index;
    d->same.around.before = 0; /* its number may stand for another one now */
    *open = d->open[--d->n_open];
    yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_ITEM_END, .index = index});
}

static void end_blocks(an_decoder *d, yz_sink *sink) {
    while (d->n_open)
        end_block(d, &d->open[0], sink);
}

static struct an_open *find_block(an_decoder *d, int32_t at) {
    for (unsigned i = 0; i < d->n_open; i++)
        if (d->open[i].block == at)
            return &d->open[i];
    return NULL;
}

/* An item begins with a block of this number: what is still open under it ends. */
static struct an_open *begin_block(an_decoder *d, int32_t at, yz_event *item, yz_sink *sink) {
    struct an_open *old = find_block(d, at);
    d->same.around.before = 0;
    if (old || d->n_open == AN_OPEN_MAX)
        end_block(d, old ? old : &d->open[0], sink);
    item->kind = YZ_EVENT_ITEM;
    item->index = d->n_items++;
    struct an_open *open = &d->open[d->n_open++];
    *open = (struct an_open){.block = at, .index = item->index, .kind = item->item};
    yz_emit(sink, item);
    return open;
}

static void put_text(const struct an_open *open, yz_str escaped, yz_sink *sink) {
    if (escaped.n)
        yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_DELTA, .index = open->index, .text = escaped});
}

static void put_signature(const struct an_open *open, yz_str escaped, yz_sink *sink) {
    yz_str vendor = yc_unwrap_signature(&escaped, AN_SIGNER); /* who answers may be a gateway like this one */
    if (escaped.n)
        yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_SIGNATURE, .index = open->index, .text = escaped, .signed_by = vendor});
}

static void put_citation(const struct an_open *open, const yz_json *citation, yz_sink *sink) {
    const yz_json *url = yz_json_given(citation, "url"), *title = yz_json_given(citation, "title");
    if (!open || open->kind != YZ_PART_TEXT || !yz_json_is(citation, YZ_JSON_OBJECT))
        return;
    yz_citation c = {YZ_CITATION, .url = yz_json_escaped(url ? url : yz_json_get(citation, "source")),
                     .title = yz_json_escaped(title ? title : yz_json_get(citation, "document_title")),
                     .quote = yz_json_escaped(yz_json_get(citation, "cited_text"))};
    yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_ANNOTATION, .index = open->index, .raw = yz_json_raw(citation),
                              .dialect = YZ_STR(AN_DIALECT), .name = YZ_STR("content.citations"), .citations = &c});
}

static void begin_text(an_decoder *d, const yz_json *node, int32_t at, yz_sink *sink) {
    const struct an_open *open = begin_block(d, at, &(yz_event){YZ_EVENT, .item = YZ_PART_TEXT}, sink);
    const yz_json *citations = yz_json_get(node, "citations");
    put_text(open, yz_json_escaped(yz_json_get(node, "text")), sink);
    for (const yz_json *c = yz_json_is(citations, YZ_JSON_ARRAY) ? citations->child : NULL; c; c = c->next)
        put_citation(open, c, sink);
}

static void begin_thinking(an_decoder *d, const yz_json *node, int32_t at, yz_sink *sink) {
    const struct an_open *open = begin_block(d, at, &(yz_event){YZ_EVENT, .item = YZ_PART_REASONING}, sink);
    put_text(open, yz_json_escaped(yz_json_get(node, "thinking")), sink);
    put_signature(open, yz_json_escaped(yz_json_get(node, "signature")), sink);
}

static int begin_call(an_decoder *d, const yz_json *node, int32_t at, yz_sink *sink) {
    const yz_json *input = yz_json_get(node, "input");
    if (d->n_calls == YZ_CALLS_MAX)
        return YZ_ELIMIT;
    d->n_calls++;
    struct an_open *open = begin_block(d, at,
                                       &(yz_event){YZ_EVENT, .item = YZ_PART_TOOL_CALL, .id = yz_json_escaped(yz_json_get(node, "id")),
                                                   .name = yz_json_escaped(yz_json_get(node, "name"))},
                                       sink);
    open->whole = yz_json_is(input, YZ_JSON_OBJECT) && input->child;
    if (open->whole) {
        yz_buf buf = {0};
        yz_buf_json(&buf, yz_json_raw(input));
        put_text(open, yz_buf_view(&buf), sink);
        yz_buf_free(&buf);
    }
    return YZ_OK;
}

/* The provider's own machinery: its tools and their results, thoughts it keeps to itself. */
static void begin_opaque(an_decoder *d, const yz_json *node, yz_str type, int32_t at, yz_sink *sink) {
    char name[64];
    int n = snprintf(name, sizeof name, "content.%.*s", (int)(type.n < 40 ? type.n : 40), type.p);
    begin_block(d, at,
                &(yz_event){YZ_EVENT, .item = YZ_PART_OPAQUE, .raw = yz_json_raw(node), .dialect = YZ_STR(AN_DIALECT),
                            .signed_by = YZ_STR(AN_SIGNER), .name = {name, (size_t)n}},
                sink);
}

/* A block begins, or (in a document) stands there whole. */
static int block(an_decoder *d, const yz_json *node, int32_t at, yz_sink *sink) {
    yz_str type = yz_json_escaped(yz_json_get(node, "type"));
    if (d->finished)
        return YZ_OK;
    if (yz_str_is(type, "tool_use"))
        return begin_call(d, node, at, sink);
    if (yz_str_is(type, "text"))
        begin_text(d, node, at, sink);
    else if (yz_str_is(type, "thinking"))
        begin_thinking(d, node, at, sink);
    else if (type.n)
        begin_opaque(d, node, type, at, sink);
    return YZ_OK;
}

/* The block a delta of this kind belongs to. Text and thoughts may come without a start of their own: then one begins. */
static struct an_open *block_of(an_decoder *d, int32_t at, yz_part_kind kind, yz_sink *sink) {
    struct an_open *open = find_block(d, at);
    if (open && (open->kind == kind || (open->kind == YZ_PART_OPAQUE && kind == YZ_PART_TOOL_CALL)))
        return open->whole ? NULL : open;
    return kind == YZ_PART_TOOL_CALL ? NULL : begin_block(d, at, &(yz_event){YZ_EVENT, .item = kind}, sink);
}

static void delta(an_decoder *d, const yz_json *node, int32_t at, yz_str data, yz_sink *sink) {
    static const struct {
        const char *type, *key;
        yz_part_kind kind;
        bool signature;
    } table[] = {
        {"text_delta", "text", YZ_PART_TEXT, false},
        {"input_json_delta", "partial_json", YZ_PART_TOOL_CALL, false},
        {"thinking_delta", "thinking", YZ_PART_REASONING, false},
        {"signature_delta", "signature", YZ_PART_REASONING, true},
    };
    yz_str type = yz_json_escaped(yz_json_get(node, "type"));
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
        if (!yz_str_is(type, table[i].type))
            continue;
        const yz_json *piece = yz_json_get(node, table[i].key);
        const struct an_open *open = yz_json_escaped(piece).n ? block_of(d, at, table[i].kind, sink) : NULL;
        if (!open)
            return;
        if (table[i].signature) {
            put_signature(open, yz_json_escaped(piece), sink);
            return;
        }
        put_text(open, yz_json_escaped(piece), sink);
        yz_same_remember(&d->same.around, data, piece);
        d->same.index = open->index;
        return;
    }
    if (yz_str_is(type, "citations_delta"))
        put_citation(find_block(d, at), yz_json_get(node, "citation"), sink);
}

/* ---- events and documents --------------------------------------------------------------------------------------------------------------
 */

static int32_t index_of(const yz_json *root) {
    int64_t at = yz_json_int(yz_json_get(root, "index"), 0);
    return at >= 0 && at <= INT32_MAX ? (int32_t)at : 0;
}

/* message_stop, or what a server says in its place. */
static void stop(an_decoder *d, yz_sink *sink) {
    if (d->started && !d->finished && !d->unreasoned) /* relays close streams that broke with it */
        break_off(d, YZ_STR("the provider ended its stream without a stop_reason"), sink);
    else
        done(d, sink);
}

static bool names_error(const yz_json *body) {
    const yz_json *error = yz_json_get(body, "error");
    return yz_json_is(error, YZ_JSON_OBJECT) && yc_names_error(error);
}

/* Clients are to pass over events whose names they have not heard of, and a ping says nothing: whatever their data is. */
static bool is_unheard(yz_str name) {
    static const char *const heard[] = {
        "message_start", "content_block_start", "content_block_delta", "content_block_stop", "message_delta", "message_stop", "error"};
    for (size_t i = 0; i < sizeof(heard) / sizeof(*heard); i++)
        if (yz_str_is(name, heard[i]))
            return false;
    return name.n > 0;
}

int an_decode_event(void *decoder, yz_str name, yz_str data, yz_arena *arena, yz_sink *sink) {
    an_decoder *d = decoder;
    if (data.n == 0 || d->failed || d->done)
        return YZ_OK;
    yz_event same = {YZ_EVENT, .kind = YZ_EVENT_DELTA, .index = d->same.index};
    if (yz_same_text(&d->same.around, data, arena, &same.text)) {
        if (same.text.n)
            yz_emit(sink, &same);
        return YZ_OK;
    }
    yz_json *root;
    if (yz_str_is(data, "[DONE]")) { /* servers that translate from Chat Completions */
        stop(d, sink);
        return YZ_OK;
    }
    int code = yz_json_parse(arena, data, YZ_JSON_ANSWERED, &root, NULL);
    if (code < 0 || root->type != YZ_JSON_OBJECT)
        return is_unheard(name) ? YZ_OK : code < 0 ? code : YZ_EINVAL;
    yz_str type = yz_json_escaped(yz_json_get(root, "type"));
    if (type.n == 0)
        type = name;
    if (!d->started && yz_str_is(type, "message") && yz_json_is(yz_json_get(root, "content"), YZ_JSON_ARRAY))
        return YZ_WHOLE;
    if (yz_str_is(type, "content_block_delta")) {
        begin(d, NULL, sink);
        if (!d->finished)
            delta(d, yz_json_get(root, "delta"), index_of(root), data, sink);
        if (!yz_json_get(root, "type")) /* its name says what it is, which the short way does not look at */
            d->same.around.before = 0;
    } else if (yz_str_is(type, "content_block_start")) {
        begin(d, NULL, sink);
        return block(d, yz_json_get(root, "content_block"), index_of(root), sink);
    } else if (yz_str_is(type, "content_block_stop")) {
        struct an_open *open = find_block(d, index_of(root));
        if (open)
            end_block(d, open, sink);
    } else if (yz_str_is(type, "message_start")) {
        start(d, yz_json_get(root, "message"), sink);
    } else if (yz_str_is(type, "message_delta")) {
        begin(d, NULL, sink);
        usage(d, yz_json_get(root, "usage"), sink);
        finish(d, yz_json_get(root, "delta"), sink);
    } else if (yz_str_is(type, "message_stop")) {
        stop(d, sink);
    } else if (yz_str_is(type, "error") || names_error(root)) {
        fail(d, root, arena, sink);
    } else if (!yz_str_is(type, "ping")) {
        fails(d, root, arena, sink);
    }
    return YZ_OK;
}

/* An error beside a message that says something, and why it ended: what is whole stays an answer. */
static bool is_beside(const yz_json *body) {
    const yz_json *content = yz_json_get(body, "content");
    return names_error(body) && yz_str_is(yz_json_escaped(yz_json_get(body, "type")), "message") && yz_json_is(content, YZ_JSON_ARRAY) &&
           content->child && yz_json_escaped(yz_json_get(body, "stop_reason")).n > 0;
}

int an_decode_body(void *decoder, const yz_json *body, yz_arena *arena, yz_sink *sink) {
    an_decoder *d = decoder;
    const yz_json *content = yz_json_get(body, "content");
    bool refused = yz_json_int(yz_json_get(yz_json_get(body, "base_resp"), "status_code"), 0) != 0; /* MiniMax, beside a content */
    bool beside = !refused && is_beside(body);
    if (refused || (names_error(body) && !beside)) {
        fail(d, body, arena, sink);
        return YZ_OK;
    }
    yz_str type = yz_json_escaped(yz_json_get(body, "type"));
    bool event = type.n > 0 && !is_unheard(type) && !yz_str_is(type, "error"); /* of a stream that is none: its message is no error's */
    if (!content && !event && fails(d, body, arena, sink))
        return YZ_OK;
    if (!yz_json_is(content, YZ_JSON_ARRAY) || !yz_str_is(type, "message"))
        return YZ_EINVAL;
    start(d, body, sink);
    int32_t at = 0;
    for (const yz_json *node = content->child; node; node = node->next) {
        int code = block(d, node, at++, sink);
        if (code < 0)
            return code;
        end_blocks(d, sink);
    }
    finish(d, body, sink);
    if (beside) {
        yz_error e;
        an_error_inside(body, arena, &e);
        yc_emit_beside(&e, sink);
    }
    done(d, sink);
    return YZ_OK;
}

/* Some gateways end behind message_delta. Why the answer ended has been said then, and what it cost. */
bool an_decode_complete(const yz_provider *provider, const void *decoder) {
    const an_decoder *d = decoder;
    (void)provider;
    return d->finished && !d->failed;
}
