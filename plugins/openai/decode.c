/* openai/decode.c: the answers of an openai-chat provider as neutral events.
 *
 * Compatible servers differ more than the official grammar allows, so nothing optional is relied on: the first chunk may lack
 * choices, a chunk its delta, a call its index or id; id and name may be repeated; whole arguments may come with the call's first
 * chunk; usage may stand in any chunk and place. Nobody says where an item ends: text ends when something else comes, a call when its
 * arguments are whole and something else comes, all of them at the finish. What holds: events go out in the order reasoning, text,
 * refusal, calls, usage, finish; the first real finish_reason counts; DONE is reported for [DONE] after a finish only.
 *
 * The neutral form has one answer: choices other than the first are passed over (writing refuses n > 1). They, and every other part
 * of the answer that the neutral form has no place for, are reported as lost.
 */
#include "openai.h"

#include <stdio.h>

/* ---- the beginning and the end ---------------------------------------------------------------------------------------- */

static void start(oa_decoder *d, const yz_json *root, yz_sink *sink) {
    if (d->started)
        return;
    d->started = true;
    yz_emit(sink,
            &(yz_event){YZ_EVENT, .kind = YZ_EVENT_START, .id = yz_json_escaped(yz_json_get(root, "id")),
                        .model = yz_json_escaped(yz_json_get(root, "model")), .created = yz_json_int(yz_json_get(root, "created"), 0)});
}

/* `body`: what the error stands in. */
static void fail(oa_decoder *d, const yz_json *body, yz_arena *arena, yz_sink *sink) {
    yz_error e;
    oa_error_inside(body, arena, &e);
    d->failed = true;
    yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_ERROR, .error = &e});
}

/* A document or event without choices may be an error in the vendor's own shape. */
static bool fails(oa_decoder *d, const yz_json *body, yz_arena *arena, yz_sink *sink) {
    yz_error e;
    if (!oa_error_inside(body, arena, &e))
        return false;
    d->failed = true;
    yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_ERROR, .error = &e});
    return true;
}

static void fail_with(oa_decoder *d, yz_str message, yz_sink *sink) {
    d->failed = true;
    yz_emit_broken(sink, message);
}

static void lose(const char *before, yz_str name, yz_sink *sink) {
    char part[64];
    int n = snprintf(part, sizeof part, "%s%.*s", before, (int)(name.n < 40 ? name.n : 40), name.p);
    yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_LOST, .text = {part, (size_t)n}});
}

static bool says_nothing(const yz_json *value) {
    return value->type <= YZ_JSON_FALSE || (value->type == YZ_JSON_STRING ? value->n == 2 : value->type > YZ_JSON_STRING && !value->child);
}

/* What stands in a message or delta besides what is read: pictures, sound, annotations, whatever comes next year. */
static void lose_others(const yz_json *message, yz_sink *sink) {
    static const char *const read[] = {"role",      "content",           "name",       "refusal",
                                       "reasoning", "reasoning_content", "tool_calls", "function_call"};
    for (const yz_json *field = yz_json_is(message, YZ_JSON_OBJECT) ? message->child : NULL; field; field = field->next) {
        bool known = says_nothing(field);
        for (size_t i = 0; i < sizeof(read) / sizeof(*read) && !known; i++)
            known = yz_str_is(yz_json_key(field), read[i]);
        if (!known)
            lose("message.", yz_json_key(field), sink);
    }
}

/* Beside the message. */
static void lose_around(const yz_json *root, const yz_json *choice, yz_sink *sink) {
    static const char *const names[] = {"citations", "search_results", "moderation"};
    const yz_json *value = yz_json_get(choice, "logprobs");
    if (value && !says_nothing(value))
        lose("", YZ_STR("logprobs"), sink);
    if (choice->next || yz_json_get(root, "choices")->child != choice)
        lose("", YZ_STR("choices"), sink);
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        if ((value = yz_json_get(root, names[i])) && !says_nothing(value))
            lose("", yz_str_of(names[i]), sink);
}

static yz_finish finish_of(yz_str reason) {
    static const struct {
        const char *word;
        yz_finish finish;
    } table[] = {
        {"stop", YZ_FINISH_STOP},           {"tool_calls", YZ_FINISH_TOOLS},      {"length", YZ_FINISH_LENGTH},
        {"function_call", YZ_FINISH_TOOLS}, {"content_filter", YZ_FINISH_FILTER}, {"sensitive", YZ_FINISH_FILTER},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
        if (yz_str_is(reason, table[i].word))
            return table[i].finish;
    return YZ_FINISH_OTHER; /* a vendor's own: the flavours know it */
}

static void end_calls(oa_decoder *d, bool all, yz_sink *sink);

/* `word`: what the provider said, if this dialect does not know it. */
static void emit_finish(oa_decoder *d, yz_finish finish, yz_str word, yz_str sequence, yz_sink *sink) {
    if (d->finished)
        return;
    d->finished = true;
    yz_items_end(&d->items, sink);
    end_calls(d, true, sink);
    /* Many servers say "stop" for an answer that calls tools: any call decides. */
    if (d->n_calls && (finish == YZ_FINISH_STOP || finish == YZ_FINISH_NONE))
        finish = YZ_FINISH_TOOLS;
    yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_FINISH, .finish = finish, .text = sequence, .name = word});
}

static void finish(oa_decoder *d, const yz_json *choice, yz_sink *sink) {
    yz_str word = yz_json_escaped(yz_json_get(choice, "finish_reason"));
    if (word.n == 0) /* null, absent, "": not yet */
        return;
    if (yz_str_is(word, "error") || yz_str_is(word, "network_error")) {
        fail_with(d, YZ_STR("the provider broke its answer off (finish_reason \"error\")"), sink);
        return;
    }
    yz_finish known = finish_of(word);
    yz_str sequence = yz_json_escaped(yz_json_get(choice, "stop_reason")); /* vLLM */
    emit_finish(d, known, known == YZ_FINISH_OTHER ? word : YZ_STR(""), sequence, sink);
}

/* [DONE]. Gateways close streams that broke with it, so without a finish_reason it does not say that the answer is complete. */
static void done(oa_decoder *d, yz_sink *sink) {
    if (!d->finished) {
        fail_with(
            d, d->started ? YZ_STR("the provider ended its stream without a finish_reason") : YZ_STR("the provider sent an empty stream"),
            sink);
        return;
    }
    d->done = true;
    yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_DONE});
}

/* ---- text ------------------------------------------------------------------------------------------------------------- */

static void text(oa_decoder *d, yz_part_kind kind, yz_str escaped, yz_sink *sink) {
    if (escaped.n == 0 || d->finished)
        return;
    d->content = true;
    if (d->n_ended < d->n_calls)
        end_calls(d, false, sink);
    yz_items_put(&d->items, sink, kind, escaped);
}

/* More text, mostly of the item that is open: then the event of the last time says it, and none is made. */
static void more_text(oa_decoder *d, yz_str escaped, yz_sink *sink) {
    if (!d->items.open || d->items.kind != YZ_PART_TEXT || d->finished || escaped.n == 0 || d->n_ended < d->n_calls) {
        text(d, YZ_PART_TEXT, escaped, sink);
        return;
    }
    if (!d->delta.size)
        d->delta = (yz_event){YZ_EVENT, .kind = YZ_EVENT_DELTA};
    d->delta.index = d->items.open - 1;
    d->delta.text = escaped;
    yz_emit(sink, &d->delta);
}

/* content: a string, or (Mistral) a list of parts, where thinking is a list again. */
static void content(oa_decoder *d, const yz_json *node, yz_part_kind kind, yz_sink *sink) {
    if (yz_json_is(node, YZ_JSON_STRING))
        text(d, kind, yz_json_escaped(node), sink);
    if (!yz_json_is(node, YZ_JSON_ARRAY))
        return;
    for (const yz_json *part = node->child; part; part = part->next) {
        text(d, kind, yz_json_escaped(yz_json_get(part, "text")), sink);
        const yz_json *thinking = yz_json_get(part, "thinking");
        text(d, YZ_PART_REASONING, yz_json_escaped(thinking), sink);
        if (!thinking && !yz_json_get(part, "text"))
            lose("content.", yz_json_escaped(yz_json_get(part, "type")), sink);
        if (yz_json_is(thinking, YZ_JSON_ARRAY))
            for (const yz_json *t = thinking->child; t; t = t->next)
                text(d, YZ_PART_REASONING, yz_json_escaped(yz_json_get(t, "text")), sink);
    }
}

/* ---- tool calls ------------------------------------------------------------------------------------------------------- */

static uint32_t hash(yz_str s) {
    uint32_t h = 2166136261u;
    for (size_t i = 0; i < s.n; i++)
        h = (h ^ (unsigned char)s.p[i]) * 16777619u;
    return s.n ? (h ? h : 1) : 0;
}

/* Which call a delta belongs to: its number, or n_calls for a new one, or -1 for none. */
static int which_call(const oa_decoder *d, int32_t at, uint32_t id, bool named) {
    for (int i = (int)d->n_calls - 1; i >= 0; i--) {
        const oa_call *call = &d->calls[i];
        if (at >= 0 && call->at == at) /* an index used again with another id and a name is another call */
            return id && call->id && call->id != id && named ? (int)d->n_calls : i;
        if (at < 0 && id && call->id == id)
            return i;
    }
    const oa_call *last = d->n_calls ? &d->calls[d->n_calls - 1] : NULL;
    if (at < 0 && last && !last->begun && ((named && !id && last->name_n == 0) || (id && !named && last->id_n == 0)))
        return (int)d->n_calls - 1; /* the other half of it */
    if (at >= 0 || id || named)
        return (int)d->n_calls;
    return (int)d->n_calls - 1; /* neither index nor id nor name: more of the last one */
}

/* ---- a call's item --------------------------------------------------------------------------------------------------------- */

/* What came apart, and in whatever order, goes out together. */
static void begin_call(oa_decoder *d, oa_call *call, yz_sink *sink) {
    yz_str id = {d->early + call->id_at, call->id_n}, name = {d->early + call->name_at, call->name_n};
    call->begun = true;
    call->index = d->items.n++;
    if (--d->n_waiting == 0)
        d->n_early = 0;
    yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_ITEM, .index = call->index, .item = YZ_PART_TOOL_CALL, .id = id, .name = name});
}

/* Ends the calls whose arguments are whole, or `all`: then also one that was announced and nothing more. */
static void end_calls(oa_decoder *d, bool all, yz_sink *sink) {
    for (unsigned i = d->n_ended; i < d->n_calls; i++) {
        oa_call *call = &d->calls[i];
        if (call->ended || (!all && !call->is_whole))
            continue;
        if (!call->begun)
            begin_call(d, call, sink);
        call->ended = true;
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

/* A call nobody has heard of: the items before it end, as far as they are whole. */
static oa_call *new_call(oa_decoder *d, int32_t at, yz_str id, yz_sink *sink) {
    yz_items_end(&d->items, sink);
    end_calls(d, false, sink);
    oa_call *call = &d->calls[d->n_calls++];
    *call = (oa_call){.at = at, .id = hash(id)};
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

static int tool_call(oa_decoder *d, const yz_json *delta, int32_t at, bool whole, yz_sink *sink) {
    const yz_json *function = yz_json_get(delta, "function");
    if (yz_json_get(delta, "custom")) { /* the request that offers such tools is refused: only an answer in another form comes here */
        lose("", YZ_STR("tool_calls.custom"), sink);
        return YZ_OK;
    }
    if (!function)
        function = delta;
    yz_str id = yz_json_escaped(yz_json_get(delta, "id")), name = yz_json_escaped(yz_json_get(function, "name"));
    const yz_json *args = yz_json_get(function, "arguments");
    int i = whole ? (int)d->n_calls : which_call(d, at, hash(id), name.n > 0);
    if (i < 0)
        return YZ_OK;
    if (i == YZ_CALLS_MAX)
        return YZ_ELIMIT;
    bool anew = i == (int)d->n_calls, empty = yz_json_escaped(args).n == 0;
    if (d->finished || (anew && id.n == 0 && name.n == 0 && empty))
        return YZ_OK; /* an announcement without content: the call begins with what follows */
    oa_call *call = anew ? new_call(d, at, id, sink) : &d->calls[i];
    keep_early(d, call, id, name);
    if (!call->begun && ((call->id_n && call->name_n) || !empty || yz_json_is(args, YZ_JSON_OBJECT)))
        begin_call(d, call, sink);
    arguments(d, call, args, sink);
    return YZ_OK;
}

static int calls(oa_decoder *d, const yz_json *list, bool whole, yz_sink *sink) {
    if (!yz_json_is(list, YZ_JSON_ARRAY))
        return YZ_OK;
    for (const yz_json *delta = list->child; delta; delta = delta->next) {
        int64_t at = yz_json_int(yz_json_get(delta, "index"), -1);
        int code = tool_call(d, delta, at < 0 || at > INT32_MAX ? -1 : (int32_t)at, whole, sink);
        if (code < 0)
            return code;
    }
    return YZ_OK;
}

/* ---- chunks and documents ----------------------------------------------------------------------------------------------- */

/* A delta, or (whole) the message of a document. */
static int message(oa_decoder *d, const yz_json *node, bool whole, yz_sink *sink) {
    const yz_json *reasoning = yz_json_get(node, "reasoning_content");
    if (yz_json_escaped(reasoning).n == 0)
        reasoning = yz_json_get(node, "reasoning"); /* vLLM, Groq, OpenRouter */
    text(d, YZ_PART_REASONING, yz_json_escaped(reasoning), sink);
    content(d, yz_json_get(node, "content"), YZ_PART_TEXT, sink);
    text(d, YZ_PART_REFUSAL, yz_json_escaped(yz_json_get(node, "refusal")), sink);
    const yz_json *function = yz_json_get(node, "function_call"); /* the form before tools */
    if (yz_json_is(function, YZ_JSON_OBJECT)) {
        int code = tool_call(d, function, INT32_MAX, whole, sink);
        if (code < 0)
            return code;
    }
    lose_others(node, sink);
    return calls(d, yz_json_get(node, "tool_calls"), whole, sink);
}

static const yz_json *first_choice(const yz_json *choices) {
    if (!yz_json_is(choices, YZ_JSON_ARRAY))
        return NULL;
    for (const yz_json *choice = choices->child; choice; choice = choice->next)
        if (yz_json_int(yz_json_get(choice, "index"), 0) == 0)
            return choice;
    return NULL;
}

static void usage(oa_decoder *d, const yz_json *root, const yz_json *choice, yz_sink *sink) {
    const yz_json *node = yz_json_get(root, "usage");
    if (!yz_json_is(node, YZ_JSON_OBJECT))
        node = yz_json_get(choice, "usage"); /* older Kimi models */
    if (!yz_json_is(node, YZ_JSON_OBJECT))
        node = yz_json_get(yz_json_get(root, "x_groq"), "usage");
    if (!yz_json_is(node, YZ_JSON_OBJECT))
        return;
    oa_read_usage(d, node);
    yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_USAGE, .usage = &d->usage});
}

/* An error in place of an answer: {"error": …}, or the bare {"object":"error","message": …} of vLLM and Mistral. */
static bool error_in(const yz_json *root) {
    return yz_json_given(root, "error") || yz_str_is(yz_json_escaped(yz_json_get(root, "object")), "error");
}

static int choice(oa_decoder *d, const yz_json *root, const yz_json *node, bool whole, yz_arena *arena, yz_sink *sink) {
    const yz_json *error = yz_json_get(node, "error"); /* OpenRouter puts it here too */
    if (yz_json_is(error, YZ_JSON_OBJECT)) {
        fail(d, node, arena, sink);
        return YZ_OK;
    }
    int code = message(d, yz_json_get(node, whole ? "message" : "delta"), whole, sink);
    if (code < 0)
        return code;
    text(d, YZ_PART_TEXT, yz_json_escaped(yz_json_get(node, "text")), sink); /* /v1/completions */
    usage(d, root, node, sink);
    lose_around(root, node, sink);
    finish(d, node, sink);
    return YZ_OK;
}

static yz_str trim(yz_str s) {
    while (s.n && (unsigned char)s.p[s.n - 1] <= ' ')
        s.n--;
    while (s.n && (unsigned char)*s.p <= ' ')
        s.p++, s.n--;
    return s;
}

int oa_decode_event(void *decoder, yz_str name, yz_str data, yz_arena *arena, yz_sink *sink) {
    (void)name; /* the dialect has none */
    oa_decoder *d = decoder;
    data = trim(data);
    if (data.n == 0 || d->failed || d->done)
        return YZ_OK;
    if (yz_str_is(data, "[DONE]")) {
        done(d, sink);
        return YZ_OK;
    }
    yz_str same;
    if (oa_same_text(d, data, arena, &same)) {
        more_text(d, same, sink);
        return YZ_OK;
    }
    yz_json *root;
    int code = yz_json_parse(arena, data, YZ_JSON_LONE_SURROGATES, &root, NULL);
    if (code < 0)
        return code;
    if (root->type != YZ_JSON_OBJECT)
        return YZ_EINVAL;
    if (error_in(root)) {
        fail(d, root, arena, sink);
        return YZ_OK;
    }
    const yz_json *node = first_choice(yz_json_get(root, "choices"));
    if (!node && fails(d, root, arena, sink))
        return YZ_OK;
    if (!node) { /* Azure's first chunk, or the last one with usage alone */
        if (yz_json_is(yz_json_get(root, "usage"), YZ_JSON_OBJECT)) {
            start(d, root, sink);
            usage(d, root, NULL, sink);
        }
        return YZ_OK;
    }
    start(d, root, sink);
    oa_same_remember(d, data, root);
    return choice(d, root, node, false, arena, sink);
}

int oa_decode_body(void *decoder, const yz_json *body, yz_arena *arena, yz_sink *sink) {
    oa_decoder *d = decoder;
    if (!yz_json_is(body, YZ_JSON_OBJECT))
        return YZ_EINVAL;
    const yz_json *choices = yz_json_given(body, "choices");
    if (error_in(body)) {
        fail(d, body, arena, sink);
        return YZ_OK;
    }
    if ((!choices || !choices->child) && fails(d, body, arena, sink))
        return YZ_OK;
    if (choices) {
        const yz_json *node = first_choice(choices);
        if (!node) {
            fail_with(d, YZ_STR("the provider answered without a choice"), sink);
            return YZ_OK;
        }
        if (!yz_json_is(yz_json_get(node, "message"), YZ_JSON_OBJECT) && !yz_json_is(yz_json_get(node, "text"), YZ_JSON_STRING))
            return YZ_EINVAL;
        start(d, body, sink);
        int code = choice(d, body, node, true, arena, sink);
        if (code < 0 || d->failed)
            return code;
        emit_finish(d, YZ_FINISH_OTHER, (yz_str){NULL, 0}, (yz_str){NULL, 0}, sink); /* it gave none: not to be kept */
    } else if (yz_json_is(yz_json_get(body, "data"), YZ_JSON_ARRAY) || yz_json_is(yz_json_get(body, "results"), YZ_JSON_ARRAY)) {
        start(d, body, sink); /* embeddings, moderations: only forwarded, so only the numbers matter */
        usage(d, body, NULL, sink);
    } else {
        return YZ_EINVAL;
    }
    d->done = true;
    yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_DONE});
    return YZ_OK;
}

bool oa_decode_complete(const yz_provider *provider, const void *decoder) {
    const oa_decoder *d = decoder;
    (void)provider;
    return d->finished && !d->failed;
}
