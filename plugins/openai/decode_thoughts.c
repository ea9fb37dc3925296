/* openai/decode_thoughts.c: thoughts of an answer, wherever they stand: in `reasoning_content` or `reasoning`, which say them in clear, or
 * in `reasoning_details` (OpenRouter, MiniMax), a list of {type: "reasoning.text", text, signature, format}, {type: "reasoning.summary",
 * summary} and {type: "reasoning.encrypted", data, format} alone, or beside one of them, where it says the same once more and adds what is
 * signed and sealed.
 *
 * They are told once: by the list where no field has told any, or where it signs several thoughts, each of which needs its own text. What
 * is signed or sealed by a vendor whose clients can send it back is the signature of the thoughts that are open. A list that comes behind
 * its text, with nothing in it that could be told there, is lost.
 */
#include "openai.h"

static yz_str text_of(const yz_json *detail) {
    yz_str text = yz_json_escaped(yz_json_get(detail, "text"));
    return text.n ? text : yz_json_escaped(yz_json_get(detail, "summary"));
}

static yz_str seal_of(const yz_json *detail) {
    yz_str signature = yz_json_escaped(yz_json_get(detail, "signature"));
    return signature.n ? signature : yz_json_escaped(yz_json_get(detail, "data"));
}

/* What there is of it: entries that say something in clear, and that are signed. */
static void count(const yz_json *list, unsigned *texts, unsigned *seals) {
    for (const yz_json *d = list; d; d = d->next) {
        *texts += text_of(d).n > 0;
        *seals += seal_of(d).n > 0;
    }
}

static void lose(yz_sink *sink) {
    yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_LOST, .text = YZ_STR("message.reasoning_details")});
}

/* The item of thoughts that is open, or one without a text of its own where nothing is. -1: another is open. */
static int64_t thoughts_item(oa_decoder *d, yz_sink *sink) {
    oa_choice *c = oa_now(d);
    if (!c->items.open) {
        c->items.kind = YZ_PART_REASONING;
        c->items.open = ++d->n_items;
        yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_ITEM, .index = c->items.open - 1, .item = YZ_PART_REASONING});
    }
    return c->items.kind == YZ_PART_REASONING ? (int64_t)c->items.open - 1 : -1;
}

/* What is signed is over: what comes next is another thought. */
static void seal(oa_decoder *d, const yz_json *detail, yz_sink *sink) {
    yz_str vendor = oa_vendor_of(yz_json_escaped(yz_json_get(detail, "format"))), sealed = seal_of(detail);
    bool foreign = yz_str_is(vendor, "anthropic") && !yz_json_get(detail, "signature"); /* thoughts that it has hidden: no signature */
    if (sealed.n == 0)
        return;
    int64_t index = vendor.n == 0 || foreign || oa_now(d)->finished || d->n_ended < d->n_calls ? -1 : thoughts_item(d, sink);
    if (index < 0) {
        lose(sink);
        return;
    }
    d->content = true;
    yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_SIGNATURE, .index = (unsigned)index, .text = sealed, .signed_by = vendor});
    yz_items_end(&oa_now(d)->items, sink);
}

static void read_list(oa_decoder *d, const yz_json *list, bool texts, yz_sink *named, yz_sink *sink) {
    for (const yz_json *detail = list; detail; detail = detail->next) {
        if (texts)
            oa_decode_text(d, YZ_PART_REASONING, text_of(detail), named);
        seal(d, detail, sink);
    }
}

/* vLLM, Groq and OpenRouter have another name for the field of thoughts, which their clients read: the item says so. */
typedef struct shorter_name {
    yz_sink sink; /* first */
    yz_sink *to;
} shorter_name;

static void emit_named(yz_sink *sink, const yz_event *event) {
    yz_event own = *event;
    own.size = sizeof own; /* of this plugin's width, whatever the host's is */
    if (event->kind == YZ_EVENT_ITEM)
        own.name = YZ_STR("reasoning");
    yz_emit(((shorter_name *)sink)->to, &own);
}

void oa_decode_thoughts(oa_decoder *d, const yz_json *message, yz_sink *sink) {
    const yz_json *details = yz_json_get(message, "reasoning_details"), *list = yz_json_is(details, YZ_JSON_ARRAY) ? details->child : NULL;
    yz_str usual = yz_json_escaped(yz_json_get(message, "reasoning_content")), other = yz_json_escaped(yz_json_get(message, "reasoning"));
    shorter_name named = {{emit_named}, sink};
    yz_sink *to = usual.n ? sink : &named.sink;
    unsigned texts = 0, seals = 0;
    count(list, &texts, &seals);
    bool by_field = usual.n + other.n > 0;
    bool by_list = texts > 0 && !oa_now(d)->thought_aloud && (!by_field || (texts > 1 && seals > 1));
    if (by_field && !by_list) {
        oa_now(d)->thought_aloud = true;
        oa_decode_text(d, YZ_PART_REASONING, usual.n ? usual : other, to);
    }
    read_list(d, list, by_list, to, sink);
}
