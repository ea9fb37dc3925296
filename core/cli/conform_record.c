/* cli/conform_record.c: what a decoder said, kept, held against the grammar of events, and printed. */
#include "base/record.h"
#include "cli/conform.h"

/* ---- the grammar ----------------------------------------------------------------------------------------------------------- */

static bool seen(const yz_recording *r, yz_event_kind kind) {
    for (size_t i = 0; i < r->n; i++)
        if (r->events[i].kind == kind)
            return true;
    return false;
}

/* What is wrong with this event here; NULL: nothing. */
static const char *fault_of(const yz_recording *r, const yz_event *e) {
    if (r->done || r->failed)
        return "an event after DONE or ERROR";
    switch (e->kind) {
    case YZ_EVENT_START:
        return r->n ? "START is not the first event" : NULL;
    case YZ_EVENT_ERROR:
        return e->error && e->error->message.n ? NULL : "ERROR without an error or its message";
    default:
        break;
    }
    if (r->n == 0)
        return "the first event is not START";
    switch (e->kind) {
    case YZ_EVENT_TOOL:
        return e->index != r->calls ? "calls are not numbered 0, 1, 2 …" : NULL;
    case YZ_EVENT_ARGS:
        return e->index >= r->calls ? "ARGS before its TOOL" : e->text.n ? NULL : "ARGS without text";
    case YZ_EVENT_TEXT:
    case YZ_EVENT_REASONING:
    case YZ_EVENT_REFUSAL:
    case YZ_EVENT_SIGNATURE:
    case YZ_EVENT_LOST:
        return e->text.n ? NULL : "an event without its text";
    case YZ_EVENT_FINISH:
        return seen(r, YZ_EVENT_FINISH) ? "FINISH twice" : e->finish == YZ_FINISH_NONE ? "FINISH without a reason" : NULL;
    case YZ_EVENT_DONE:
        return seen(r, YZ_EVENT_FINISH) ? NULL : "DONE without FINISH";
    default:
        return NULL;
    }
}

static void keep(yz_sink *sink, const yz_event *e) {
    yz_recording *r = (yz_recording *)(void *)sink;
    yz_event room;
    YZ_WIDE(e, &room);
    if (!r->fault)
        r->fault = fault_of(r, e);
    if (r->n == r->cap) {
        size_t cap = r->cap ? r->cap * 2 : 32;
        yz_event *events = yz_alloc(r->arena, cap * sizeof(*events));
        if (r->n)
            memcpy(events, r->events, r->n * sizeof(*events));
        r->events = events;
        r->cap = cap;
    }
    r->events[r->n++] = *yz_event_copy(r->arena, e);
    r->calls += e->kind == YZ_EVENT_TOOL;
    r->failed |= e->kind == YZ_EVENT_ERROR;
    if (e->kind == YZ_EVENT_DONE) {
        r->done = true;
        r->done_at = r->fed;
    }
}

void yz_recording_init(yz_recording *r, yz_arena *arena) { *r = (yz_recording){.sink = {keep}, .arena = arena}; }

/* ---- printing ------------------------------------------------------------------------------------------------------------------ */

static const char *const kinds[] = {"START", "TEXT",  "REASONING", "SIGNATURE", "REFUSAL", "TOOL",
                                    "ARGS",  "USAGE", "FINISH",    "ERROR",     "DONE",    "LOST"};

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
    if (a->kind != b->kind || a->index != b->index)
        return false;
    return a->kind == YZ_EVENT_TEXT || a->kind == YZ_EVENT_REASONING || a->kind == YZ_EVENT_REFUSAL || a->kind == YZ_EVENT_ARGS;
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
        case YZ_EVENT_TOOL:
            yz_buf_printf(out, " %u id=%.*s name=%.*s", e->index, YZ_STR_ARGS(e->id), YZ_STR_ARGS(e->name));
            break;
        case YZ_EVENT_ARGS:
            yz_buf_printf(out, " %u ", e->index);
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
        yz_buf_char(out, '\n');
    }
    if (r->code < 0)
        yz_buf_printf(out, "REFUSED %s\n", yz_result_text(r->code));
}

/* ---- the summary ---------------------------------------------------------------------------------------------------------------- */

static void print_joined(const yz_recording *r, yz_event_kind kind, unsigned index, const char *label, yz_buf *out) {
    yz_buf text = {0};
    for (size_t i = 0; i < r->n; i++)
        if (r->events[i].kind == kind && r->events[i].index == index)
            yz_buf_str(&text, r->events[i].text);
    yz_str plain = yz_json_unescape(r->arena, yz_buf_view(&text));
    if (kind == YZ_EVENT_ARGS && plain.n == 0)
        plain = YZ_STR("{}");
    if (plain.n)
        yz_buf_printf(out, "%s%.*s\n", label, YZ_STR_ARGS(plain));
    yz_buf_free(&text);
}

void yz_recording_summary(const yz_recording *r, yz_buf *out) {
    const yz_usage *usage = NULL;
    yz_finish finish = YZ_FINISH_NONE;
    print_joined(r, YZ_EVENT_REASONING, 0, "REASONING ", out);
    print_joined(r, YZ_EVENT_TEXT, 0, "TEXT ", out);
    print_joined(r, YZ_EVENT_REFUSAL, 0, "REFUSAL ", out);
    for (size_t i = 0; i < r->n; i++) {
        const yz_event *e = &r->events[i];
        if (e->kind == YZ_EVENT_TOOL) {
            yz_buf_printf(out, "TOOL %u name=%.*s\n", e->index, YZ_STR_ARGS(yz_json_unescape(r->arena, e->name)));
            print_joined(r, YZ_EVENT_ARGS, e->index, "ARGS ", out);
        }
        finish = e->kind == YZ_EVENT_FINISH ? e->finish : finish;
        usage = e->kind == YZ_EVENT_USAGE ? e->usage : usage;
    }
    yz_buf_printf(out, "FINISH %s\nUSAGE in=%lld cached=%lld out=%lld reasoning=%lld\n",
                  finish_word(finish == YZ_FINISH_OTHER ? YZ_FINISH_STOP : finish), (long long)yz_usage_count(usage, YZ_METER_INPUT),
                  (long long)yz_usage_count(usage, YZ_METER_CACHED), (long long)yz_usage_count(usage, YZ_METER_OUTPUT),
                  (long long)yz_usage_count(usage, YZ_METER_REASONING));
}
