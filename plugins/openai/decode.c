/* openai/decode.c: the answers of an openai-chat provider as neutral events.
 *
 * Compatible servers differ more than the official grammar allows, so nothing optional is relied on: the first chunk may lack
 * choices, a chunk its delta, a call its index or id; id and name may be repeated; whole arguments may come with the call's first
 * chunk; usage may stand in any chunk and place. Nobody says where an item ends: text ends when something else comes, a call when its
 * arguments are whole and something else comes, all of them at the finish. What holds: events go out in the order reasoning, text,
 * refusal, calls, usage, finish; DONE is reported for [DONE] after a finish only.
 *
 * A finish_reason alone ends nothing: some servers write "stop" into every chunk. What a choice says after it counts, and makes it
 * unfinished until the stream has ended; of several without anything between them the first counts, but that it
 * was cut short is not hidden. So the finishes of all choices are told
 * at the end, where no item comes after them. What the neutral form has no place for is reported as lost.
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

/* What stands in a message or delta besides text and calls: what is known of it is told, whatever comes next year is lost. */
static void others(oa_decoder *d, const yz_json *message, yz_arena *arena, yz_sink *sink) {
    static const char *const read[] = {
        "role", "content", "name", "refusal", "reasoning", "reasoning_content", "tool_calls", "function_call", "reasoning_details", NULL};
    for (const yz_json *field = yz_json_is(message, YZ_JSON_OBJECT) ? message->child : NULL; field; field = field->next) {
        bool known = says_nothing(field) || yc_one_of(yz_json_key(field), read);
        if (!known && !oa_decode_more(d, field, arena, sink))
            lose("message.", yz_json_key(field), sink);
    }
}

/* Beside the choices. */
static void lose_around(const yz_json *root, yz_sink *sink) {
    const yz_json *value = yz_json_get(root, "moderation");
    if (value && !says_nothing(value))
        lose("", YZ_STR("moderation"), sink);
}

static yz_finish finish_of(yz_str reason) {
    static const struct {
        const char *word;
        yz_finish finish;
    } table[] = {
        {"stop", YZ_FINISH_STOP},           {"tool_calls", YZ_FINISH_TOOLS},      {"length", YZ_FINISH_LENGTH},
        {"function_call", YZ_FINISH_TOOLS}, {"content_filter", YZ_FINISH_FILTER},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
        if (yz_str_is(reason, table[i].word))
            return table[i].finish;
    return YZ_FINISH_OTHER; /* a vendor's own: the flavours know it */
}

static void usage(oa_decoder *d, const yz_json *root, const yz_json *choice, yz_sink *sink);

static void end_items(oa_decoder *d, yz_sink *sink) {
    oa_choice *c = oa_now(d);
    yz_items_end(&c->items, sink);
    if (c->audio)
        yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_ITEM_END, .index = c->audio - 1});
    c->audio = 0;
    oa_end_calls(d, true, sink);
}

/* Everything of a choice says which it is of. */
typedef struct chosen {
    yz_sink sink; /* first */
    yz_sink *to;
    unsigned choice;
} chosen;

static void emit_chosen(yz_sink *sink, const yz_event *event) {
    const chosen *c = (const chosen *)(const void *)sink;
    yz_event own = *event;
    own.size = sizeof own; /* of this plugin's width, whatever the host's is */
    own.choice = c->choice;
    yz_emit(c->to, &own);
}

static bool all_finished(const oa_decoder *d) {
    for (unsigned i = 0; i < d->n_choices; i++)
        if (d->choices[i].used && !d->choices[i].finished)
            return false;
    return d->n_choices > 0;
}

/* Have all that were seen said why they end, if not at last? */
static bool all_at_once(const oa_decoder *d) {
    for (unsigned i = 0; i < d->n_choices; i++)
        if (d->choices[i].used && !d->choices[i].once)
            return false;
    return d->n_choices > 0;
}

/* All items end, and all choices say why: no item comes after a FINISH. Many servers say "stop" for an answer that calls tools: any call
 * decides. */
static void emit_finishes(oa_decoder *d, yz_sink *sink) {
    for (d->at = 0; d->at < d->n_choices && !d->finished; d->at++) {
        chosen own = {{emit_chosen}, sink, d->at};
        if (oa_now(d)->used)
            end_items(d, d->at ? &own.sink : sink);
    }
    for (unsigned i = 0; i < d->n_choices && !d->finished; i++) {
        const oa_choice *c = &d->choices[i];
        bool called = c->called && (c->finish == YZ_FINISH_STOP || c->finish == YZ_FINISH_NONE);
        if (c->used)
            yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_FINISH, .choice = i, .finish = called ? YZ_FINISH_TOOLS : c->finish,
                                      .text = {d->sequence, i == d->stopped ? d->n_sequence : 0}, .name = {c->word, c->word_n}});
    }
    d->at = 0;
    d->finished = true;
}

/* The choice says that it has ended. Calls that are whole are over: some servers say them again. */
static void note_finish(oa_decoder *d, yz_finish finish, yz_str word, yz_sink *inside) {
    oa_choice *c = oa_now(d);
    bool cut = finish == YZ_FINISH_LENGTH || finish == YZ_FINISH_FILTER;
    if (c->finished && !(cut && c->finish == YZ_FINISH_STOP)) /* of several the first counts, but that it was cut is not hidden */
        return;
    oa_end_calls(d, false, inside);
    c->finished = c->once = true;
    c->finish = finish;
    c->word_n = (uint8_t)(word.n < OA_WORD_MAX ? word.n : OA_WORD_MAX);
    if (c->word_n)
        memcpy(c->word, word.p, c->word_n);
}

static void note_sequence(oa_decoder *d, yz_str sequence) {
    if (sequence.n == 0 || sequence.n > OA_SEQUENCE_MAX)
        return;
    memcpy(d->sequence, sequence.p, sequence.n);
    d->n_sequence = (unsigned)sequence.n;
    d->stopped = d->at;
}

/* One that clients of this dialect do not know. */
static void tell_word(bool called, const yz_json *said, yz_str word, yz_sink *sink) {
    yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_FINISH_WORD, .raw = yz_json_raw(said), .name = word,
                              .finish = called ? YZ_FINISH_TOOLS : YZ_FINISH_NONE});
}

/* Of a choice beyond those that are told. */
static void tell_word_beyond(const yz_json *choice, yz_sink *sink) {
    const yz_json *said = yz_json_get(choice, "finish_reason");
    yz_str word = yz_json_escaped(said);
    if (word.n && finish_of(word) == YZ_FINISH_OTHER)
        tell_word(yz_json_get(yz_json_get(choice, "message"), "tool_calls") != NULL, said, word, sink);
}

static void finish(oa_decoder *d, const yz_json *choice, yz_sink *sink) {
    const yz_json *said = yz_json_get(choice, "finish_reason");
    yz_str word = yz_json_escaped(said);
    if (word.n == 0) /* null, absent, "": not yet */
        return;
    if (yz_str_is(word, "null") || yz_str_is(word, "None")) {
        tell_word(false, said, YZ_STR(""), sink);
        return;
    }
    if (yz_str_is(word, "error") || yz_str_is(word, "network_error")) {
        fail_with(d, YZ_STR("the provider broke its answer off (finish_reason \"error\")"), sink);
        return;
    }
    yz_finish known = finish_of(word);
    if (known == YZ_FINISH_OTHER)
        tell_word(oa_now(d)->called, said, word, sink);
    note_finish(d, known, known == YZ_FINISH_OTHER ? word : YZ_STR(""), sink);
    note_sequence(d, yz_json_escaped(yz_json_get(choice, "stop_reason"))); /* vLLM */
}

static void end(oa_decoder *d, yz_sink *sink) {
    d->done = true;
    yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_DONE});
}

/* Pictures, sound and vectors: they are read for their numbers alone, and are whole where they end. */
static void end_media(oa_decoder *d, const yz_json *root, yz_sink *sink) {
    start(d, root, sink);
    usage(d, root, NULL, sink);
    bool media = oa_media_units(&d->usage, root), units = oa_rerank_units(&d->usage, root);
    if (media || units)
        yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_USAGE, .usage = &d->usage});
    d->finished = true;
    yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_FINISH, .finish = YZ_FINISH_STOP});
    end(d, sink);
}

/* [DONE]. Gateways close streams that broke with it, so without a finish_reason it does not say that the answer is complete. */
static void done(oa_decoder *d, yz_sink *sink) {
    if (!d->finished && !all_at_once(d)) {
        fail_with(
            d, d->started ? YZ_STR("the provider ended its stream without a finish_reason") : YZ_STR("the provider sent an empty stream"),
            sink);
        return;
    }
    emit_finishes(d, sink);
    end(d, sink);
}

/* ---- text ------------------------------------------------------------------------------------------------------------- */

void oa_decode_text(oa_decoder *d, yz_part_kind kind, yz_str escaped, yz_sink *sink) {
    oa_choice *c = oa_now(d);
    if (escaped.n == 0)
        return;
    oa_goes_on(d);
    d->content = true;
    if (d->n_ended < d->n_calls)
        oa_end_calls(d, false, sink);
    c->items.n = d->n_items;
    yz_items_put(&c->items, sink, kind, escaped);
    d->n_items = c->items.n;
}

/* More text, mostly of the item that is open: then the event of the last time says it, and none is made. */
static void more_text(oa_decoder *d, yz_str escaped, yz_sink *sink) {
    const oa_choice *c = &d->choices[0]; /* others are not remembered */
    d->at = 0;
    if (!c->items.open || c->items.kind != YZ_PART_TEXT || c->finished || escaped.n == 0 || d->n_ended < d->n_calls) {
        oa_decode_text(d, YZ_PART_TEXT, escaped, sink);
        return;
    }
    if (!d->delta.size)
        d->delta = (yz_event){YZ_EVENT, .kind = YZ_EVENT_DELTA};
    d->delta.index = c->items.open - 1;
    d->delta.text = escaped;
    yz_emit(sink, &d->delta);
}

/* content: a string, or (Mistral) a list of parts, where thinking is a list again. */
static void content(oa_decoder *d, const yz_json *node, yz_part_kind kind, yz_sink *sink) {
    if (yz_json_is(node, YZ_JSON_STRING))
        oa_decode_text(d, kind, yz_json_escaped(node), sink);
    if (!yz_json_is(node, YZ_JSON_ARRAY))
        return;
    for (const yz_json *part = node->child; part; part = part->next) {
        oa_decode_text(d, kind, yz_json_escaped(yz_json_get(part, "text")), sink);
        const yz_json *thinking = yz_json_get(part, "thinking");
        oa_decode_text(d, YZ_PART_REASONING, yz_json_escaped(thinking), sink);
        d->n_pictures += yz_json_is(yz_json_get(part, "image_url"), YZ_JSON_OBJECT) && !oa_now(d)->finished;
        if (!thinking && !yz_json_get(part, "text"))
            lose("content.", yz_json_escaped(yz_json_get(part, "type")), sink);
        if (yz_json_is(thinking, YZ_JSON_ARRAY))
            for (const yz_json *t = thinking->child; t; t = t->next)
                oa_decode_text(d, YZ_PART_REASONING, yz_json_escaped(yz_json_get(t, "text")), sink);
    }
}

/* ---- chunks and documents ----------------------------------------------------------------------------------------------- */

/* A delta, or (whole) the message of a document. */
static int message(oa_decoder *d, const yz_json *node, bool whole, yz_arena *arena, yz_sink *sink) {
    oa_decode_thoughts(d, node, sink);
    content(d, yz_json_get(node, "content"), YZ_PART_TEXT, sink);
    oa_decode_text(d, YZ_PART_REFUSAL, yz_json_escaped(yz_json_get(node, "refusal")), sink);
    const yz_json *function = yz_json_get(node, "function_call"); /* the form before tools */
    if (yz_json_is(function, YZ_JSON_OBJECT)) {
        int code = oa_decode_call(d, function, INT32_MAX, whole, sink);
        if (code < 0)
            return code;
    }
    others(d, node, arena, sink);
    return oa_decode_calls(d, yz_json_get(node, "tool_calls"), whole, sink);
}

static void usage(oa_decoder *d, const yz_json *root, const yz_json *choice, yz_sink *sink) {
    const yz_json *node = yz_json_get(root, "usage");
    if (!yz_json_is(node, YZ_JSON_OBJECT))
        node = yz_json_get(choice, "usage"); /* older Kimi models */
    if (!yz_json_is(node, YZ_JSON_OBJECT))
        node = yz_json_get(yz_json_get(root, "x_groq"), "usage");
    bool says = yz_json_is(node, YZ_JSON_OBJECT), more = d->n_pictures > yz_usage_count(&d->usage, YZ_METER_PICTURES);
    if (!says && !more)
        return;
    if (says)
        oa_read_usage(d, node);
    if (more) /* they are counted as they come: nobody says their number */
        yz_usage_set(&d->usage, YZ_METER_PICTURES, d->n_pictures);
    yz_usage_set_service(&d->usage, yz_service_of(yz_json_escaped(yz_json_get(root, "service_tier"))));
    yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_USAGE, .usage = &d->usage});
}

/* An error in place of an answer: {"error": …}, or the bare {"object":"error","message": …} of vLLM and Mistral; or (MiniMax) beside one
 * that is not to be taken: base_resp with a status. */
static bool error_in(const yz_json *root) {
    return yc_names_error(yz_json_get(root, "error")) || yz_str_is(yz_json_escaped(yz_json_get(root, "object")), "error") ||
           yz_json_int(yz_json_get(yz_json_get(root, "base_resp"), "status_code"), 0) != 0;
}

/* Does this choice end as an answer does, without an error of its own, and say something: here, or (`said`) before? */
static bool is_good(const yz_json *choice, bool said) {
    static const char *const fields[] = {"content", "tool_calls", "function_call", "refusal", "audio", "images"};
    const yz_json *delta = yz_json_get(choice, "delta"), *node = delta ? delta : yz_json_get(choice, "message");
    yz_str word = yz_json_escaped(yz_json_get(choice, "finish_reason"));
    bool text = yz_json_escaped(yz_json_get(choice, "text")).n > 0, failed = yz_str_is(word, "error") || yz_str_is(word, "network_error");
    for (size_t i = 0; i < sizeof fields / sizeof *fields && !text; i++)
        text = yz_json_get(node, fields[i]) && !says_nothing(yz_json_get(node, fields[i]));
    return !failed && !yc_names_error(yz_json_get(choice, "error")) && (text ? delta || word.n : said && word.n);
}

/* An error beside choices that are good: what is whole stays an answer. */
static bool is_beside(const oa_decoder *d, const yz_json *root) {
    const yz_json *list = yz_json_get(root, "choices"), *first = yz_json_is(list, YZ_JSON_ARRAY) ? list->child : NULL;
    bool good = first && yz_json_int(yz_json_get(yz_json_get(root, "base_resp"), "status_code"), 0) == 0;
    for (const yz_json *node = first; node && good; node = node->next)
        good = is_good(node, d->content || d->n_calls > 0);
    return good;
}

/* Its words are told, and nothing else. */
static void tell_beside(const yz_json *root, yz_arena *arena, yz_sink *sink) {
    yz_error e;
    oa_error_inside(root, arena, &e);
    yc_emit_beside(&e, sink);
}

/* Has all been said, and why it ends? What fails behind that takes nothing away from it: only base_resp says that it is not to be taken. */
static bool is_answered(const oa_decoder *d, const yz_json *root) {
    bool refused = yz_json_int(yz_json_get(yz_json_get(root, "base_resp"), "status_code"), 0) != 0;
    return !refused && all_finished(d) && (d->content || d->n_calls > 0);
}

static void fail_or_tell(oa_decoder *d, const yz_json *root, yz_arena *arena, yz_sink *sink) {
    if (is_answered(d, root))
        tell_beside(root, arena, sink);
    else
        fail(d, root, arena, sink);
}

/* Is this event, of no known shape, an error? It stands behind an answer. */
static bool tells(const yz_json *root, yz_arena *arena, yz_sink *sink) {
    yz_error e;
    bool error = oa_error_inside(root, arena, &e);
    if (error)
        yc_emit_beside(&e, sink);
    return error;
}

static int choice_inside(oa_decoder *d, const yz_json *root, const yz_json *node, bool whole, yz_arena *arena, yz_sink *sink) {
    oa_decode_logprobs(d, yz_json_get(node, "logprobs"), sink);
    const yz_json *delta = whole ? NULL : yz_json_get(node, "delta"); /* some servers call that a message as well */
    int code = message(d, delta ? delta : yz_json_get(node, "message"), whole, arena, sink);
    if (code < 0)
        return code;
    oa_decode_text(d, YZ_PART_TEXT, yz_json_escaped(yz_json_get(node, "text")), sink); /* /v1/completions */
    if (yz_json_escaped(yz_json_get(node, "finish_reason")).n)
        oa_decode_sources(d, root, sink);
    finish(d, node, sink);
    return YZ_OK;
}

static int choice(oa_decoder *d, const yz_json *root, const yz_json *node, bool whole, yz_arena *arena, yz_sink *sink) {
    const yz_json *error = yz_json_get(node, "error"); /* OpenRouter puts it here too */
    int64_t at = yz_json_int(yz_json_get(node, "index"), 0);
    if (yz_json_is(error, YZ_JSON_OBJECT) && yc_names_error(error)) {
        fail(d, node, arena, sink);
        return YZ_OK;
    }
    bool known = at >= 0 && at < d->n_choices && d->choices[at].used;
    if (at < 0 || at >= OA_CHOICES_MAX || (d->finished && !known)) {
        lose("", YZ_STR("choices"), sink);
        tell_word_beyond(node, sink);
        return YZ_OK;
    }
    bool late = !known && all_at_once(d);
    d->at = (unsigned)at;
    for (; d->n_choices <= d->at; d->n_choices++)
        d->choices[d->n_choices] = (oa_choice){0};
    d->choices[at].used = true;
    chosen own = {{emit_chosen}, sink, d->at};
    int code = choice_inside(d, root, node, whole, arena, at ? &own.sink : sink);
    const oa_choice *c = oa_now(d);
    if (late && !c->finished && !c->called && !c->items.open) /* announced where all others have ended, and nothing said */
        oa_now(d)->used = false;
    return code;
}

/* All of a chunk or document that has choices. */
static int choices(oa_decoder *d, const yz_json *root, const yz_json *list, bool whole, yz_arena *arena, yz_sink *sink) {
    for (const yz_json *node = list->child; node && !d->failed; node = node->next) {
        int code = choice(d, root, node, whole, arena, sink);
        if (code < 0)
            return code;
    }
    if (d->failed)
        return YZ_OK;
    usage(d, root, list->child, sink);
    lose_around(root, sink);
    return YZ_OK;
}

static yz_str trim(yz_str s) {
    while (s.n && (unsigned char)s.p[s.n - 1] <= ' ')
        s.n--;
    while (s.n && (unsigned char)*s.p <= ' ')
        s.p++, s.n--;
    return s;
}

/* A document's choice, of an answer that has ended; not a chunk's. */
static bool is_whole(const yz_json *choice) {
    return yz_json_is(yz_json_get(choice, "message"), YZ_JSON_OBJECT) && !yz_json_get(choice, "delta") &&
           yz_json_escaped(yz_json_get(choice, "finish_reason")).n;
}

int oa_decode_event(void *decoder, yz_str name, yz_str data, yz_arena *arena, yz_sink *sink) {
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
    int code = yz_json_parse(arena, data, YZ_JSON_ANSWERED, &root, NULL);
    if (code < 0)
        return code;
    if (root->type != YZ_JSON_OBJECT)
        return YZ_EINVAL;
    bool named = yz_str_is(name, "error"), beside = !named && error_in(root) && is_beside(d, root);
    if ((error_in(root) && !beside) || named) { /* the dialect names no events, but servers name this one */
        fail_or_tell(d, root, arena, sink);
        return YZ_OK;
    }
    const yz_json *list = yz_json_get(root, "choices"), *node = yz_json_is(list, YZ_JSON_ARRAY) ? list->child : NULL;
    if (!node) { /* Azure's first chunk, or the last one with usage alone: that is no error, with an empty list beside it */
        bool counts = yz_json_is(yz_json_get(root, "usage"), YZ_JSON_OBJECT);
        bool listed = counts && yz_json_is(list, YZ_JSON_ARRAY);
        if (!listed && (is_answered(d, root) ? tells(root, arena, sink) : fails(d, root, arena, sink)))
            return YZ_OK;
        if (d->n_choices == 0 && oa_media_ends(root)) {
            end_media(d, root, sink);
        } else if (counts) {
            start(d, root, sink);
            usage(d, root, NULL, sink);
        }
        return YZ_OK;
    }
    if (!d->started && is_whole(node))
        return YZ_WHOLE;
    start(d, root, sink);
    if (beside)
        tell_beside(root, arena, sink);
    else if (!all_finished(d))
        oa_same_remember(d, data, root);
    return choices(d, root, list, false, arena, sink);
}

static bool is_answer(const yz_json *choice) {
    return yz_json_is(yz_json_get(choice, "message"), YZ_JSON_OBJECT) || yz_json_is(yz_json_get(choice, "text"), YZ_JSON_STRING);
}

/* What was counted is paid for: it is not bought again. */
static void without(oa_decoder *d, const yz_json *body, const char *message, yz_sink *sink) {
    start(d, body, sink);
    usage(d, body, NULL, sink);
    yz_error error = {YZ_ERROR, .class_ = yz_usage_get(&d->usage, YZ_METER_OUTPUT) > 0 ? YZ_ERROR_ANSWERED : YZ_ERROR_BROKEN,
                      .message = yz_str_of(message), .started = YZ_STARTED_YES};
    d->failed = true;
    yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_ERROR, .error = &error});
}

/* Pictures, vectors or rankings, of which none is there; an entry may say why. */
static void no_entry(oa_decoder *d, const yz_json *body, yz_arena *arena, yz_sink *sink) {
    const yz_json *why = oa_media_error(body);
    if (why)
        fail(d, why, arena, sink);
    else
        without(d, body, "the provider answered with an empty list", sink);
}

/* A document. One that gave no reason for a choice's end is not to be kept. */
static int whole_choices(oa_decoder *d, const yz_json *body, const yz_json *list, yz_arena *arena, yz_sink *sink) {
    if (!list->child) {
        without(d, body, "the provider answered without a choice", sink);
        return YZ_OK;
    }
    if (!is_answer(list->child))
        return YZ_EINVAL;
    start(d, body, sink);
    int code = choices(d, body, list, true, arena, sink);
    if (code < 0 || d->failed)
        return code;
    for (d->at = 0; d->at < d->n_choices; d->at++)
        if (oa_now(d)->used) {
            chosen own = {{emit_chosen}, sink, d->at};
            note_finish(d, YZ_FINISH_OTHER, YZ_STR(""), d->at ? &own.sink : sink);
        }
    d->at = 0;
    if (d->n_choices == 0) {
        fail_with(d, YZ_STR("the provider numbered its only choice beyond any that was asked for"), sink);
        return YZ_OK;
    }
    emit_finishes(d, sink);
    return YZ_OK;
}

int oa_decode_body(void *decoder, const yz_json *body, yz_arena *arena, yz_sink *sink) {
    oa_decoder *d = decoder;
    if (!yz_json_is(body, YZ_JSON_OBJECT))
        return YZ_EINVAL;
    const yz_json *list = yz_json_given(body, "choices");
    bool made = !list && oa_media_document(body); /* what was made is not thrown away for an error beside it */
    bool beside = !made && error_in(body) && is_beside(d, body);
    if (!made && !beside && error_in(body)) {
        fail(d, body, arena, sink);
        return YZ_OK;
    }
    if (!made && (!list || !list->child) && fails(d, body, arena, sink))
        return YZ_OK;
    if (!list) {
        if (made)
            end_media(d, body, sink);
        else if (oa_media_empty(body))
            no_entry(d, body, arena, sink);
        return made || d->failed ? YZ_OK : YZ_EINVAL;
    }
    int code = whole_choices(d, body, list, arena, sink);
    if (code == YZ_OK && !d->failed) {
        if (beside)
            tell_beside(body, arena, sink);
        end(d, sink);
    }
    return code;
}

bool oa_decode_complete(const yz_provider *provider, const void *decoder) {
    const oa_decoder *d = decoder;
    (void)provider;
    return !d->failed && (d->finished || all_finished(d));
}

void oa_decode_end(void *decoder, yz_arena *arena, yz_sink *sink) {
    oa_decoder *d = decoder;
    (void)arena;
    if (!d->failed && !d->done && all_at_once(d))
        emit_finishes(d, sink);
}
