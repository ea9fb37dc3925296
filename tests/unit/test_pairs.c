/* Properties of the pairs of dialects: a random answer, and a random chat, that went through one dialect says the same after another. Drawn
 * is what every dialect can say; what one of them cannot is tested by the goldens (test_adapters.c). 100,000 of each pair under
 * AddressSanitizer are the long form: YUZUI_LONG=1 ./dev asan. */
#include "dialect/chat.h"
#include "dialect/tool_name.h"
#include "pairs.h"

/* ---- answers ----------------------------------------------------------------------------------------------------------- */

static void put(yz_recording *r, yz_event event) {
    event.size = sizeof event;
    r->sink.emit(&r->sink, &event);
}

/* Between two bytes of the escaped text where no escape and no character is cut. */
static size_t a_cut(draw *d, yz_str whole) {
    size_t at = 0, to = pick(d, 64);
    while (at < whole.n && at < to) {
        size_t step = whole.p[at] == '\\' ? (at + 1 < whole.n && whole.p[at + 1] == 'u' ? 6 : 2) : 1;
        while (at + step < whole.n && ((unsigned char)whole.p[at + step] & 0xC0) == 0x80)
            step++;
        if (step == 6 && whole.p[at + 2] == 'd' && whole.p[at + 3] == '8')
            step = 12; /* both halves of a character */
        at += step;
    }
    return at < whole.n ? at : whole.n;
}

static void put_text(yz_recording *r, draw *d, unsigned index, yz_str whole) {
    for (size_t at; whole.n; whole = (yz_str){whole.p + at, whole.n - at}) {
        at = a_cut(d, whole);
        at = at ? at : whole.n;
        put(r, (yz_event){.kind = YZ_EVENT_DELTA, .index = index, .text = (yz_str){whole.p, at}});
    }
}

static yz_str as_text(yz_str raw) {
    yz_buf quoted = {0};
    yz_buf_json_str(&quoted, raw);
    yz_str made = yz_dup(arena, (yz_str){quoted.p + 1, quoted.n - 2});
    yz_buf_free(&quoted);
    return made;
}

/* Thoughts first, then text, then calls: in this order every dialect can say them. */
static void an_answer(yz_recording *r, draw *d) {
    unsigned index = 0, calls = pick(d, 4);
    put(r, (yz_event){.kind = YZ_EVENT_START, .id = YZ_STR("an-id"), .model = YZ_STR("a-model")});
    for (int kind = 0; kind < 2; kind++)
        if (maybe(d) || (kind == 1 && calls == 0)) {
            put(r, (yz_event){.kind = YZ_EVENT_ITEM, .index = index, .item = kind ? YZ_PART_TEXT : YZ_PART_REASONING});
            put_text(r, d, index, text(d, arena));
            put(r, (yz_event){.kind = YZ_EVENT_ITEM_END, .index = index++});
        }
    for (unsigned i = 0; i < calls; i++) {
        put(r, (yz_event){.kind = YZ_EVENT_ITEM,
                          .index = index,
                          .item = YZ_PART_TOOL_CALL,
                          .id = yz_format(arena, "call_%u", i),
                          .name = yz_format(arena, "tool_%u", pick(d, 3))});
        yz_str args = object(d, arena);
        if (args.n > 2 || maybe(d))
            put_text(r, d, index, as_text(args));
        put(r, (yz_event){.kind = YZ_EVENT_ITEM_END, .index = index++});
    }
    yz_usage usage = yz_usage_of(10 + pick(d, 100), 20 + pick(d, 100));
    if (maybe(d))
        yz_usage_set(&usage, YZ_METER_CACHED, pick(d, 10));
    put(r, (yz_event){.kind = YZ_EVENT_FINISH, .finish = calls ? YZ_FINISH_TOOLS : maybe(d) ? YZ_FINISH_LENGTH : YZ_FINISH_STOP});
    put(r, (yz_event){.kind = YZ_EVENT_USAGE, .usage = &usage});
    put(r, (yz_event){.kind = YZ_EVENT_DONE});
}

static int by_size(const void *a, const void *b) {
    return (*(const size_t *)a > *(const size_t *)b) - (*(const size_t *)a < *(const size_t *)b);
}

/* As the dialect's answer, and read again, cut anywhere. */
static void through(const side *s, const yz_recording *in, bool stream, draw *d, yz_recording *out, yz_buf *bytes) {
    size_t cuts[8], n = stream ? pick(d, 8) : 0;
    bytes->n = 0;
    yz_play_encode(s->adapter, in, stream, true, bytes);
    for (size_t i = 0; i < n; i++)
        cuts[i] = (pick(d, 256) * (size_t)256 + pick(d, 256)) % (bytes->n + 1);
    qsort(cuts, n, sizeof *cuts, by_size);
    yz_recording_init(out, arena);
    if (stream)
        yz_play_stream(s->adapter, yz_buf_view(bytes), cuts, n, out);
    else
        yz_play_document(s->adapter, yz_buf_view(bytes), out);
}

static bool same(const yz_recording *a, const yz_recording *b, const char *where, const yz_buf *bytes, char *why, size_t size) {
    yz_buf x = {0}, y = {0};
    yz_recording_summary(a, &x);
    yz_recording_summary(b, &y);
    bool alike = b->code == YZ_OK && !b->fault && b->done && yz_str_eq(yz_buf_view(&x), yz_buf_view(&y));
    if (!alike)
        snprintf(why, size, "through %s (%s, %s):\n--- before\n%.*s\n--- after\n%.*s\n--- on the wire\n%.*s", where,
                 yz_result_text(b->code),
                 b->fault  ? b->fault
                 : b->done ? "done"
                           : "not done",
                 YZ_STR_ARGS(yz_buf_view(&x)), YZ_STR_ARGS(yz_buf_view(&y)), YZ_STR_ARGS(yz_buf_view(bytes)));
    yz_buf_free(&x);
    yz_buf_free(&y);
    return alike;
}

static bool answer_survives(void *arg, draw *d, char *why, size_t size) {
    const pair *p = arg;
    yz_recording drawn = {0}, first = {0}, second = {0};
    yz_buf bytes = {0};
    yz_recording_init(&drawn, arena);
    an_answer(&drawn, d);
    through(p->a, &drawn, p->stream, d, &first, &bytes);
    bool held = same(&drawn, &first, p->a->adapter->dialect, &bytes, why, size);
    if (held) {
        through(p->b, &first, maybe(d), d, &second, &bytes);
        held = same(&first, &second, p->b->adapter->dialect, &bytes, why, size);
    }
    yz_buf_free(&bytes);
    yz_arena_reset(arena);
    return held;
}

/* ---- chats ------------------------------------------------------------------------------------------------------------- */

static void a_part(yz_message *message, draw *d) {
    yz_part *part;
    if (pick(d, 4) == 3) {
        part = yz_part_add(message, YZ_PART_IMAGE);
        part->media_type = YZ_STR("image/png");
        part->data = YZ_STR("iVBORw0KGgo=");
    } else {
        yz_part_add(message, YZ_PART_TEXT)->text = text(d, arena);
    }
}

/* A turn with calls, and their results, which every dialect wants right behind it. */
static void a_tool_turn(yz_chat *chat, draw *d, unsigned *ids) {
    yz_message *turn = yz_message_add(chat, YZ_ROLE_ASSISTANT), *after = yz_message_add(chat, YZ_ROLE_USER);
    if (maybe(d))
        yz_part_add(turn, YZ_PART_TEXT)->text = text(d, arena);
    for (unsigned n = pick(d, 3) + 1; n > 0; n--) {
        yz_part *call = yz_part_add(turn, YZ_PART_TOOL_CALL), *result = yz_part_add(after, YZ_PART_TOOL_RESULT);
        call->id = result->id = yz_format(arena, "call_%u", (*ids)++);
        call->name = result->name = yz_format(arena, "tool_%u", pick(d, 3));
        call->args = object(d, arena);
        yz_part_add_to(result, YZ_PART_TEXT)->text = text(d, arena);
    }
    if (maybe(d))
        a_part(after, d);
}

static void settings(yz_chat *chat, draw *d) {
    static const char *const temperatures[] = {"0", "0.5", "1"};
    chat->stream = maybe(d);
    chat->max_tokens = 16 + pick(d, 200);
    if (maybe(d))
        chat->temperature = yz_str_of(temperatures[pick(d, 3)]);
    for (unsigned i = 0, n = pick(d, 4); i < n; i++) {
        yz_tool *tool = yz_tool_add(chat);
        tool->name = yz_format(arena, "tool_%u", i);
        if (maybe(d))
            tool->description = text(d, arena);
        tool->schema = YZ_STR("{\"type\":\"object\",\"properties\":{\"city\":{\"type\":\"string\"}},\"required\":[\"city\"]}");
    }
    if (chat->tools) {
        chat->tool_choice = (yz_tool_choice)pick(d, 5);
        if (chat->tool_choice == YZ_TOOLS_NAMED)
            chat->tool_name = YZ_STR("tool_0");
    }
}

static yz_chat *a_chat(draw *d) {
    yz_chat *chat = yz_chat_new(arena);
    unsigned ids = 0;
    settings(chat, d);
    if (maybe(d))
        yz_part_add(yz_message_add(chat, YZ_ROLE_SYSTEM), YZ_PART_TEXT)->text = text(d, arena);
    for (unsigned n = pick(d, 4) + 1; n > 0; n--) {
        yz_message *question = yz_message_add(chat, YZ_ROLE_USER);
        for (unsigned parts = pick(d, 3) + 1; parts > 0; parts--)
            a_part(question, d);
        if (n == 1)
            break;
        if (chat->tools && maybe(d))
            a_tool_turn(chat, d, &ids);
        else
            yz_part_add(yz_message_add(chat, YZ_ROLE_ASSISTANT), YZ_PART_TEXT)->text = text(d, arena);
    }
    return chat;
}

/* Calls are numbered in their order, since not every dialect keeps their ids: a result says which it is of. */
static int number_of(const yz_chat *chat, yz_str id) {
    int n = 0;
    for (const yz_message *m = chat->messages; m; m = m->next)
        for (const yz_part *p = m->parts; p; p = p->next)
            if (p->kind == YZ_PART_TOOL_CALL && n++ >= 0 && yz_str_eq(p->id, id))
                return n;
    return -1;
}

static void print_part(const yz_chat *chat, const yz_part *part, yz_role role, yz_buf *out) {
    static const char *const roles[] = {"system", "user", "model"};
    switch (part->kind) {
    case YZ_PART_TEXT:
        yz_buf_printf(out, "%s text %.*s\n", roles[role], YZ_STR_ARGS(part->text));
        break;
    case YZ_PART_TOOL_CALL:
        yz_buf_printf(out, "%s call %d %.*s %.*s\n", roles[role], number_of(chat, part->id), YZ_STR_ARGS(part->name),
                      YZ_STR_ARGS(part->args));
        break;
    case YZ_PART_TOOL_RESULT:
        yz_buf_printf(out, "%s result of %d\n", roles[role], number_of(chat, part->id));
        for (const yz_part *p = part->parts; p; p = p->next)
            print_part(chat, p, role, out);
        break;
    default:
        yz_buf_printf(out, "%s part %d %.*s %.*s\n", roles[role], (int)part->kind, YZ_STR_ARGS(part->media_type), YZ_STR_ARGS(part->data));
    }
}

/* Whether a new message begins between two of a role is nothing a dialect must keep. */
static void print_chat(const yz_chat *chat, yz_buf *out) {
    bool alike = chat->tool_choice == YZ_TOOLS_UNSAID || chat->tool_choice == YZ_TOOLS_AUTO;
    yz_buf_printf(out, "stream %d max %lld temperature %.*s choice %d %.*s\n", chat->stream, (long long)chat->max_tokens,
                  YZ_STR_ARGS(chat->temperature), alike ? 0 : (int)chat->tool_choice, YZ_STR_ARGS(chat->tool_name));
    for (const yz_tool *tool = chat->tools; tool; tool = tool->next)
        yz_buf_printf(out, "tool %.*s \"%.*s\" %.*s\n", YZ_STR_ARGS(tool->name), YZ_STR_ARGS(tool->description), YZ_STR_ARGS(tool->schema));
    for (const yz_message *m = chat->messages; m; m = m->next)
        for (const yz_part *part = m->parts; part; part = part->next)
            print_part(chat, part, m->role, out);
}

/* Written towards a provider, and read as a client's. NULL: *why says what failed. */
static const yz_chat *written_and_read(const side *s, const yz_chat *chat, yz_buf *out, char *why, size_t size) {
    yz_provider provider = {YZ_PROVIDER, .name = YZ_STR("a-provider"), .adapter = s->adapter, .config = s->config};
    yz_target target = {YZ_TARGET, .provider = &provider, .model = yz_str_of(s->model)};
    yz_losses losses = {YZ_LOSSES, .arena = arena};
    yz_error error = {YZ_ERROR};
    yz_json *json = NULL;
    out->n = 0;
    int code = yz_chat_write(yz_tool_names_fit(yz_chat_copy(chat, arena), arena), &target, arena, &losses, out);
    if (code == YZ_OK)
        code = yz_json_parse(arena, yz_dup(arena, yz_buf_view(out)), 0, &json, NULL);
    yz_request request = {YZ_REQUEST,   .dialect = s->adapter,  .op = YZ_OP_CHAT,      .body = yz_buf_view(out),
                          .json = json, .stream = chat->stream, .model = target.model, .path = YZ_STR("/v1beta/models/m:generateContent")};
    yz_chat *read = yz_chat_new(arena);
    if (code == YZ_OK)
        code = s->adapter->accept(&request, arena, &error);
    if (code == YZ_OK)
        code = s->adapter->read(&request, arena, &losses, read, &error);
    if (code == YZ_OK)
        return read;
    snprintf(why, size, "%s: %s: %.*s\n%.*s", s->adapter->dialect, yz_result_text(code), YZ_STR_ARGS(error.message),
             YZ_STR_ARGS(yz_buf_view(out)));
    return NULL;
}

static bool same_chat(const yz_chat *a, const yz_chat *b, const side *s, const yz_buf *wire, char *why, size_t size) {
    yz_buf x = {0}, y = {0};
    print_chat(a, &x);
    print_chat(b, &y);
    bool alike = yz_str_eq(yz_buf_view(&x), yz_buf_view(&y));
    if (!alike)
        snprintf(why, size, "through %s:\n--- before\n%.*s\n--- after\n%.*s\n--- on the wire\n%.*s", s->adapter->dialect,
                 YZ_STR_ARGS(yz_buf_view(&x)), YZ_STR_ARGS(yz_buf_view(&y)), YZ_STR_ARGS(yz_buf_view(wire)));
    yz_buf_free(&x);
    yz_buf_free(&y);
    return alike;
}

static bool chat_survives(void *arg, draw *d, char *why, size_t size) {
    const pair *p = arg;
    yz_buf wire = {0};
    const yz_chat *drawn = a_chat(d), *first = written_and_read(p->a, drawn, &wire, why, size), *second = NULL;
    bool held = first && same_chat(drawn, first, p->a, &wire, why, size);
    if (held)
        second = written_and_read(p->b, first, &wire, why, size);
    held = held && second && same_chat(first, second, p->b, &wire, why, size);
    yz_buf_free(&wire);
    yz_arena_reset(arena);
    return held;
}

/* ---- all pairs --------------------------------------------------------------------------------------------------------- */

static void all(const char *what, property *holds, size_t cases, bool streams) {
    unsigned failed = 0;
    arena = yz_arena_new(NULL);
    for (size_t a = 0; a < TRIED; a++)
        for (size_t b = 0; b < TRIED; b++)
            for (int stream = 0; stream < 1 + streams; stream++) {
                char name[120];
                pair p = {&sides[a], &sides[b], stream};
                snprintf(name, sizeof name, "%s %s %s%s", what, sides[a].adapter->dialect, sides[b].adapter->dialect,
                         stream ? " stream" : "");
                failed += !property_holds(name, holds, &p, cases);
            }
    yz_arena_free(arena);
    assert_int_equal(failed, 0);
}

static void answers(void **state) {
    (void)state;
    all("answer", answer_survives, 500, true);
}

static void chats(void **state) {
    (void)state;
    all("chat", chat_survives, 1000, false);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(answers), cmocka_unit_test(chats)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
