/* cli/conform_record.c: what a decoder said, kept, held against the grammar of events, and printed. */
#include "base/record.h"
#include "cli/conform.h"
#include "dialect/losses.h"

/* ---- the grammar ----------------------------------------------------------------------------------------------------------- */

static bool seen(const yz_recording *r, yz_event_kind kind) {
    for (size_t i = 0; i < r->n; i++)
        if (r->events[i].kind == kind)
            return true;
    return false;
}

static bool has_finished(const yz_recording *r, unsigned choice) {
    for (size_t i = 0; i < r->n; i++)
        if (r->events[i].kind == YZ_EVENT_FINISH && r->events[i].choice == choice)
            return true;
    return false;
}

/* Of an event inside an item: the item's state. */
static const char *fault_inside(const yz_recording *r, const yz_event *e) {
    if (e->index >= r->n_items)
        return "an event of an item that has not begun";
    if (r->items[e->index].ended)
        return "an event of an item that has ended";
    bool text = e->kind == YZ_EVENT_DELTA || e->kind == YZ_EVENT_SIGNATURE;
    if (text && e->text.n == 0)
        return "an event without its text";
    return e->kind == YZ_EVENT_ANNOTATION && e->raw.n == 0 && !e->citations ? "ANNOTATION without a source" : NULL;
}

static bool all_ended(const yz_recording *r) {
    for (size_t i = 0; i < r->n_items; i++)
        if (!r->items[i].ended)
            return false;
    return true;
}

static const char *fault_of_item(const yz_recording *r, const yz_event *e) {
    if (e->index != r->n_items)
        return "items are not numbered 0, 1, 2 …";
    if (seen(r, YZ_EVENT_FINISH))
        return "ITEM after FINISH";
    if (e->item == YZ_PART_TOOL_RESULT || e->item > YZ_PART_OPAQUE)
        return "ITEM of a kind that no answer has";
    return e->item == YZ_PART_OPAQUE && (e->raw.n == 0 || e->dialect.n == 0) ? "OPAQUE without its JSON or its dialect" : NULL;
}

/* What is wrong with this event here; NULL: nothing. */
static const char *fault_of(const yz_recording *r, const yz_event *e) {
    if (r->done || r->failed)
        return "an event after DONE or ERROR";
    if (e->kind == YZ_EVENT_START)
        return r->n ? "START is not the first event" : NULL;
    if (e->kind == YZ_EVENT_ERROR)
        return e->error && e->error->message.n ? NULL : "ERROR without an error or its message";
    if (r->n == 0)
        return "the first event is not START";
    switch (e->kind) {
    case YZ_EVENT_ITEM:
        return fault_of_item(r, e);
    case YZ_EVENT_DELTA:
    case YZ_EVENT_SIGNATURE:
    case YZ_EVENT_ANNOTATION:
    case YZ_EVENT_ITEM_END:
        return fault_inside(r, e);
    case YZ_EVENT_LOST:
        return e->text.n ? NULL : "LOST without a name";
    case YZ_EVENT_FINISH_WORD:
        return e->raw.n ? NULL : "FINISH_WORD without its place";
    case YZ_EVENT_FINISH:
        if (!all_ended(r))
            return "FINISH before an item has ended";
        return has_finished(r, e->choice) ? "FINISH twice" : e->finish == YZ_FINISH_NONE ? "FINISH without a reason" : NULL;
    case YZ_EVENT_DONE:
        return seen(r, YZ_EVENT_FINISH) ? NULL : "DONE without FINISH";
    default:
        return NULL;
    }
}

/* The table of items: what each is, and whether it has ended. */
static void keep_item(yz_recording *r, const yz_event *e) {
    if (e->kind == YZ_EVENT_ITEM_END && e->index < r->n_items)
        r->items[e->index].ended = true;
    if (e->kind != YZ_EVENT_ITEM)
        return;
    if (r->n_items == r->cap_items) {
        size_t cap = r->cap_items ? r->cap_items * 2 : 8;
        yz_recorded_item *items = yz_alloc(r->arena, cap * sizeof(*items));
        if (r->n_items)
            memcpy(items, r->items, r->n_items * sizeof(*items));
        r->items = items;
        r->cap_items = cap;
    }
    r->items[r->n_items++] = (yz_recorded_item){.kind = e->item, .choice = e->choice};
}

static void keep(yz_sink *sink, const yz_event *e) {
    yz_recording *r = (yz_recording *)(void *)sink;
    yz_event room;
    YZ_WIDE(e, &room);
    if (!r->fault)
        r->fault = fault_of(r, e);
    if (e->kind == YZ_EVENT_FINISH_WORD)
        return; /* of the bytes, not of what they say */
    if (r->n == r->cap) {
        size_t cap = r->cap ? r->cap * 2 : 32;
        yz_event *events = yz_alloc(r->arena, cap * sizeof(*events));
        if (r->n)
            memcpy(events, r->events, r->n * sizeof(*events));
        r->events = events;
        r->cap = cap;
    }
    r->events[r->n++] = *yz_event_copy(r->arena, e);
    keep_item(r, e);
    r->failed |= e->kind == YZ_EVENT_ERROR;
    if (e->kind == YZ_EVENT_DONE) {
        r->done = true;
        r->done_at = r->done_at ? r->done_at : r->fed;
    }
}

void yz_recording_init(yz_recording *r, yz_arena *arena) { *r = (yz_recording){.sink = {keep}, .arena = arena}; }

/* ---- printing ------------------------------------------------------------------------------------------------------------------ */

static const char *const kinds[] = {"START",    "ITEM",  "DELTA",  "SIGNATURE", "ANNOTATION", "END",
                                    "LOGPROBS", "USAGE", "FINISH", "ERROR",     "DONE",       "LOST"};
static const char *const item_words[] = {"text", "reasoning", "refusal", "image", "audio", "file", "call", "result", "opaque"};

static const char *finish_word(yz_finish finish) {
    static const char *const words[] = {
#define WORD(name, word) word,
        YZ_FINISHES(WORD)
#undef WORD
    };
    return words[finish];
}

static void print_usage(const yz_usage *u, yz_buf *out) {
    static const char *const names[] = {
#define NAME(meter, word) word,
        YZ_METERS(NAME)
#undef NAME
    };
    for (unsigned m = 0; m < YZ_METERS_NAMED; m++)
        if (yz_usage_get(u, (yz_meter)m) >= 0)
            yz_buf_printf(out, " %s=%lld", names[m], (long long)yz_usage_get(u, (yz_meter)m));
}

static bool joins(const yz_event *a, const yz_event *b) {
    return a->kind == YZ_EVENT_DELTA && b->kind == YZ_EVENT_DELTA && a->index == b->index;
}

/* What belongs on an item's line, after its number. */
static void print_of_item(const yz_event *e, yz_buf *out) {
    yz_buf_printf(out, " %u", e->index);
    if (e->kind == YZ_EVENT_ITEM)
        yz_buf_printf(out, " %s", item_words[e->item]);
    if (e->kind == YZ_EVENT_ITEM && e->item == YZ_PART_TOOL_CALL)
        yz_buf_printf(out, " id=%.*s name=%.*s", YZ_STR_ARGS(e->id), YZ_STR_ARGS(e->name));
    else if (e->name.n)
        yz_buf_printf(out, " %.*s", YZ_STR_ARGS(e->name));
    if (e->text.n)
        yz_buf_char(out, ' ');
}

void yz_recording_print(const yz_recording *r, yz_buf *out) {
    for (size_t i = 0; i < r->n; i++) {
        const yz_event *e = &r->events[i];
        if (i && joins(e - 1, e)) {
            out->n--; /* the newline */
            yz_buf_str(out, e->text);
            yz_buf_char(out, '\n');
            continue;
        }
        yz_buf_lit(out, kinds[e->kind]);
        switch (e->kind) {
        case YZ_EVENT_START:
            yz_buf_printf(out, " id=%.*s model=%.*s", YZ_STR_ARGS(e->id), YZ_STR_ARGS(e->model));
            break;
        case YZ_EVENT_ITEM:
        case YZ_EVENT_DELTA:
        case YZ_EVENT_SIGNATURE:
        case YZ_EVENT_ANNOTATION:
        case YZ_EVENT_ITEM_END:
            print_of_item(e, out);
            break;
        case YZ_EVENT_USAGE:
            print_usage(e->usage, out);
            break;
        case YZ_EVENT_FINISH:
            yz_buf_printf(out, e->text.n ? " %s at " : " %s", finish_word(e->finish));
            break;
        case YZ_EVENT_ERROR:
            yz_buf_printf(out, " %s %d %.*s", yz_error_word(e->error->class_), yz_error_status(e->error), YZ_STR_ARGS(e->error->message));
            break;
        case YZ_EVENT_DONE:
            break;
        default:
            yz_buf_char(out, ' ');
        }
        yz_buf_str(out, e->text);
        yz_buf_lit(out, e->kind == YZ_EVENT_LOST ? yz_loss_mark(e->loss) : "");
        yz_buf_char(out, '\n');
    }
    if (r->code < 0)
        yz_buf_printf(out, "REFUSED %s\n", yz_result_text(r->code));
}

/* ---- the summary ---------------------------------------------------------------------------------------------------------------- */

static void join(const yz_recording *r, yz_part_kind kind, int index, unsigned choice, yz_buf *text) {
    for (size_t i = 0; i < r->n; i++) {
        const yz_event *e = &r->events[i];
        bool wanted = e->kind == YZ_EVENT_DELTA && r->items[e->index].kind == kind && r->items[e->index].choice == choice;
        if (wanted && (index < 0 || e->index == (unsigned)index))
            yz_buf_str(text, e->text);
    }
}

static unsigned last_choice(const yz_recording *r) {
    unsigned last = 0;
    for (size_t i = 0; i < r->n_items; i++)
        last = r->items[i].choice > last ? r->items[i].choice : last;
    return last < YZ_CALLS_MAX ? last : YZ_CALLS_MAX - 1;
}

/* The pieces of one item (index), or of all items of a kind (index -1), joined; of several answers one after the other. */
static void print_joined(const yz_recording *r, yz_part_kind kind, int index, const char *label, yz_buf *out) {
    yz_buf text = {0};
    for (unsigned choice = 0, last = last_choice(r); choice <= last; choice++)
        join(r, kind, index, choice, &text);
    yz_str plain = yz_json_unescape(r->arena, yz_buf_view(&text));
    if (kind == YZ_PART_TOOL_CALL && plain.n == 0)
        plain = YZ_STR("{}");
    if (plain.n)
        yz_buf_printf(out, "%s%.*s\n", label, YZ_STR_ARGS(plain));
    yz_buf_free(&text);
}

static void print_calls(const yz_recording *r, unsigned choice, yz_buf *out) {
    for (size_t i = 0; i < r->n; i++) {
        const yz_event *e = &r->events[i];
        if (e->kind != YZ_EVENT_ITEM || e->item != YZ_PART_TOOL_CALL || e->choice != choice)
            continue;
        yz_buf_printf(out, "CALL name=%.*s\n", YZ_STR_ARGS(yz_json_unescape(r->arena, e->name)));
        print_joined(r, YZ_PART_TOOL_CALL, (int)e->index, "ARGS ", out);
    }
}

void yz_recording_summary(const yz_recording *r, yz_buf *out) {
    const yz_usage *usage = NULL;
    yz_finish finish = YZ_FINISH_NONE;
    print_joined(r, YZ_PART_REASONING, -1, "REASONING ", out);
    print_joined(r, YZ_PART_TEXT, -1, "TEXT ", out);
    print_joined(r, YZ_PART_REFUSAL, -1, "REFUSAL ", out);
    for (unsigned choice = 0, last = last_choice(r); choice <= last; choice++)
        print_calls(r, choice, out);
    for (size_t i = 0; i < r->n; i++) {
        const yz_event *e = &r->events[i];
        finish = e->kind == YZ_EVENT_FINISH ? e->finish : finish;
        usage = e->kind == YZ_EVENT_USAGE ? e->usage : usage;
    }
    yz_buf_printf(out, "FINISH %s\nUSAGE in=%lld cached=%lld out=%lld reasoning=%lld\n",
                  finish_word(finish == YZ_FINISH_OTHER ? YZ_FINISH_LENGTH : finish), (long long)yz_usage_count(usage, YZ_METER_INPUT),
                  (long long)yz_usage_count(usage, YZ_METER_CACHED), (long long)yz_usage_count(usage, YZ_METER_OUTPUT),
                  (long long)yz_usage_count(usage, YZ_METER_REASONING));
}
