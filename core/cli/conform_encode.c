/* cli/conform_encode.c: an encoder against its own decoder: what is written must mean what was said, as a stream and as a document. */
#include "base/arena.h"
#include "cli/conform.h"

static void summary(const yz_recording *r, yz_buf *out) {
    out->n = 0;
    yz_recording_summary(r, out);
}

/* Some dialects have no refusal of their own: there it is text, and the answer ends as filtered. */
static bool comparable(const yz_recording *events) {
    for (size_t i = 0; i < events->n; i++)
        if (events->events[i].kind == YZ_EVENT_ITEM && events->events[i].item == YZ_PART_REFUSAL)
            return false;
    return true;
}

static void one_form(yz_conform *c, yz_str name, const yz_recording *events, bool stream) {
    yz_buf bytes = {0}, wanted = {0}, got = {0};
    yz_recording back;
    yz_play_encode(c->adapter, events, stream, true, &bytes);
    yz_recording_init(&back, yz_arena_new(NULL));
    if (stream)
        yz_play_stream(c->adapter, yz_buf_view(&bytes), NULL, 0, &back);
    else
        yz_play_document(c->adapter, yz_buf_view(&bytes), &back);
    const char *check = stream ? "encoded stream" : "encoded document";
    yz_conform_tell(c, back.done && !back.fault, check, name, "its own decoder does not take it as whole (%s, %s):\n%.*s",
                    back.fault ? back.fault : "grammar ok", yz_result_text(back.code), YZ_STR_ARGS(yz_buf_view(&bytes)));
    summary(events, &wanted);
    summary(&back, &got);
    if (comparable(events) && back.done)
        yz_conform_tell(c, yz_str_eq(yz_buf_view(&wanted), yz_buf_view(&got)), check, name, "said\n%.*sbut it reads\n%.*s",
                        YZ_STR_ARGS(yz_buf_view(&wanted)), YZ_STR_ARGS(yz_buf_view(&got)));
    yz_arena_free(back.arena);
    yz_buf_free(&bytes);
    yz_buf_free(&wanted);
    yz_buf_free(&got);
}

void yz_conform_encode(yz_conform *c, yz_str name, const yz_recording *events) {
    if (c->adapter->decode_event)
        one_form(c, name, events, true);
    if (c->adapter->decode_body)
        one_form(c, name, events, false);
}

/* ---- answers made up --------------------------------------------------------------------------------------------------------------- */

static void say(yz_recording *r, yz_event event) { r->sink.emit(&r->sink, &event); }

static void end(yz_recording *r, yz_finish finish) {
    yz_usage usage = yz_usage_of(100, 20);
    yz_usage_set(&usage, YZ_METER_CACHED, 40);
    yz_usage_set(&usage, YZ_METER_REASONING, 5);
    say(r, (yz_event){YZ_EVENT, .kind = YZ_EVENT_USAGE, .usage = &usage});
    say(r, (yz_event){YZ_EVENT, .kind = YZ_EVENT_FINISH, .finish = finish});
    say(r, (yz_event){YZ_EVENT, .kind = YZ_EVENT_DONE});
}

static void start(yz_recording *r, yz_conform *c) {
    yz_recording_init(r, c->arena);
    say(r, (yz_event){YZ_EVENT, .kind = YZ_EVENT_START, .id = YZ_STR("id-1"), .model = YZ_STR("m"), .created = 1700000000});
}

static void check(yz_conform *c, const char *name, const yz_recording *r) { yz_conform_encode(c, yz_str_of(name), r); }

static void item(yz_recording *r, unsigned index, yz_part_kind kind, yz_str id, yz_str name) {
    say(r, (yz_event){YZ_EVENT, .kind = YZ_EVENT_ITEM, .index = index, .item = kind, .id = id, .name = name});
}
static void piece(yz_recording *r, unsigned index, yz_str text) {
    say(r, (yz_event){YZ_EVENT, .kind = YZ_EVENT_DELTA, .index = index, .text = text});
}
static void over(yz_recording *r, unsigned index) { say(r, (yz_event){YZ_EVENT, .kind = YZ_EVENT_ITEM_END, .index = index}); }

static void one_text(yz_conform *c, const char *name, yz_str text, yz_finish finish) {
    yz_recording r;
    start(&r, c);
    item(&r, 0, YZ_PART_TEXT, YZ_STR(""), YZ_STR(""));
    piece(&r, 0, text);
    over(&r, 0);
    end(&r, finish);
    check(c, name, &r);
}

/* One after another, or all begun before the first has ended, each with its pieces in turn. */
static void many_calls(yz_conform *c, bool interleaved) {
    static const char *const pieces[] = {"{\\\"a\\\":[1,", "\\\"\\\\u0041}\\\"", "]}"};
    yz_recording r;
    start(&r, c);
    for (unsigned i = 0; i < YZ_CALLS_MAX; i++) {
        item(&r, i, YZ_PART_TOOL_CALL, yz_format(c->arena, "call_%u", i), YZ_STR("f"));
        if (interleaved)
            continue;
        piece(&r, i, YZ_STR("{\\\"n\\\":9007199254740993,\\\"s\\\":\\\"}{\\\"}"));
        over(&r, i);
    }
    for (unsigned k = 0; interleaved && k < 3; k++)
        for (unsigned i = 0; i < YZ_CALLS_MAX; i++)
            piece(&r, i, yz_str_of(pieces[k]));
    for (unsigned i = YZ_CALLS_MAX; interleaved && i-- > 0;)
        over(&r, i);
    end(&r, YZ_FINISH_TOOLS);
    check(c, interleaved ? "128 calls at once" : "128 calls in turn", &r);
}

void yz_conform_synthetic(yz_conform *c) {
    yz_recording r;
    if (!c->adapter->encode)
        return;
    start(&r, c);
    end(&r, YZ_FINISH_STOP);
    check(c, "an answer without content", &r);
    one_text(c, "every kind of character", YZ_STR("\\u0000 \\ud83d\\ude00 \\\"q\\\" \\\\ \\/ 鱼嘴 🐟 \\n\\t\\u2028"), YZ_FINISH_LENGTH);
    char *text = yz_alloc_bytes(c->arena, 1u << 19);
    memset(text, 'x', 1u << 19);
    one_text(c, "a piece of half a megabyte", (yz_str){text, 1u << 19}, YZ_FINISH_STOP);
    start(&r, c);
    item(&r, 0, YZ_PART_TOOL_CALL, YZ_STR(""), YZ_STR("now"));
    over(&r, 0);
    end(&r, YZ_FINISH_TOOLS);
    check(c, "a call without id and arguments", &r);
    many_calls(c, false);
    many_calls(c, true);
}
