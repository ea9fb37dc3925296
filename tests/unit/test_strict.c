/* Properties of what is written for a provider, of random chats that say anything the neutral form can: the strict services of the fake
 * world (tests/sim) take it, its own dialect reads it back and writes the same again, and what got lost on the way is told. */
#include "config/flavour.h"
#include "dialect/chat.h"
#include "dialect/tool_name.h"
#include "pairs.h"

#include "../sim/sim.h"

int sim_listen(bool open) { return open; } /* nobody listens here */

/* ---- to whom ------------------------------------------------------------------------------------------------------------ */

static const struct {
    size_t place; /* of `tried` */
    const char *model;
} targets[] = {{0, "gpt-4o"},           {0, "gpt-5.2"},           {0, "o3"},
               {1, "claude-3-5-haiku"}, {1, "claude-sonnet-4-5"}, {1, "claude-opus-4-6"},
               {1, "claude-opus-4-8"},  {2, "gemini-2.0-flash"},  {2, "gemini-2.5-flash"},
               {2, "gemini-3-flash"},   {3, "gpt-5.2"},           {3, "gpt-4o"}};
#define TARGETS (sizeof targets / sizeof *targets)

static yz_flavours flavours;

static int set_up_all(void **state) {
    yz_diag diag = {0};
    int code = set_up(state);
    yz_flavours_read_all(&flavours, YZ_STR(""), kept, &diag);
    yz_diag_free(&diag);
    return code;
}

static bool takes(size_t which, cJSON *body, question *q, refusal *why) {
    static bool (*const checks[])(const cJSON *, question *, refusal *) = {openai_check_chat, anthropic_check, gemini_check,
                                                                           responses_check};
    if (which == 2)
        gemini_normalise(body, false);
    return checks[which](body, q, why);
}

/* ---- what is drawn --------------------------------------------------------------------------------------------------------- */

/* The fake world's reader of JSON takes a NUL for the end of a text. */
static yz_str words_of(draw *d) {
    yz_str made = text(d, arena);
    for (size_t i = 0; i + 6 <= made.n; i++)
        if (memcmp(made.p + i, "\\u0000", 6) == 0 && (i == 0 || made.p[i - 1] != '\\'))
            memcpy((char *)(uintptr_t)made.p + i, "\\u0001", 6);
    return made;
}

/* Now and then nothing, or blanks. */
static yz_str any_text(draw *d) {
    static const char *const blanks[] = {"", " ", "\\n", "\\t \\r\\n"};
    return pick(d, 8) == 7 ? yz_str_of(blanks[pick(d, 4)]) : words_of(d);
}

static void an_image(yz_part *part, draw *d) {
    static const char *const details[] = {"", "low", "high", "auto"};
    if (maybe(d)) {
        part->url = YZ_STR("https://example.com/fish.png");
    } else {
        part->media_type = YZ_STR("image/png");
        part->data = YZ_STR("iVBORw0KGgo=");
    }
    part->detail = yz_str_of(details[pick(d, 4)]);
}

static void a_file(yz_part *part, draw *d) {
    part->name = maybe(d) ? YZ_STR("a fish.pdf") : YZ_STR("");
    switch (pick(d, 3)) {
    case 0:
        part->media_type = YZ_STR("application/pdf");
        part->data = YZ_STR("JVBERi0xLjQ=");
        break;
    case 1:
        part->text = words_of(d);
        break;
    default:
        part->url = YZ_STR("https://example.com/fish.pdf");
    }
}

static void a_mark(yz_part *part, draw *d) {
    if (pick(d, 8) == 7)
        part->cache = YZ_STR("{\"type\":\"ephemeral\"}");
}

static void a_user_part(yz_message *message, draw *d) {
    static const yz_part_kind kinds[] = {YZ_PART_TEXT, YZ_PART_TEXT,  YZ_PART_TEXT, YZ_PART_TEXT,
                                         YZ_PART_TEXT, YZ_PART_IMAGE, YZ_PART_FILE, YZ_PART_AUDIO};
    yz_part *part = yz_part_add(message, kinds[pick(d, 8)]);
    a_mark(part, d);
    if (part->kind == YZ_PART_TEXT) {
        part->text = any_text(d);
    } else if (part->kind == YZ_PART_IMAGE) {
        an_image(part, d);
    } else if (part->kind == YZ_PART_FILE) {
        a_file(part, d);
    } else {
        part->media_type = YZ_STR("audio/wav");
        part->data = YZ_STR("UklGRg==");
    }
}

static void thoughts(yz_message *turn, draw *d) {
    static const char *const vendors[] = {"", "anthropic", "google", "openai"};
    yz_part *part = yz_part_add(turn, YZ_PART_REASONING);
    part->text = words_of(d);
    part->signed_by = yz_str_of(vendors[pick(d, 4)]);
    if (part->signed_by.n) /* as the fake world knows its own */
        part->signature = yz_str_is(part->signed_by, "google")   ? YZ_STR(GEMINI_SIGNATURE)
                          : yz_str_is(part->signed_by, "openai") ? YZ_STR(RESPONSES_SEAL)
                                                                 : YZ_STR("c2lnbmVk");
}

static void a_result(yz_message *after, const yz_part *call, draw *d) {
    yz_part *result = yz_part_add(after, YZ_PART_TOOL_RESULT);
    result->id = call->id;
    result->name = call->name;
    result->is_error = pick(d, 4) == 3;
    for (unsigned n = pick(d, 3); n > 0; n--)
        if (pick(d, 4) == 3)
            an_image(yz_part_add_to(result, YZ_PART_IMAGE), d);
        else
            yz_part_add_to(result, YZ_PART_TEXT)->text = any_text(d);
    a_mark(result, d);
}

static void some_calls(yz_chat *chat, yz_message *turn, draw *d, unsigned *ids) {
    static const char *const forms[] = {"call_%u", "toolu_%u", "functions.name:%u",
                                        "call_%u_abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefgh"};
    yz_part *calls[3];
    unsigned n = pick(d, 3) + 1;
    for (unsigned i = 0; i < n; i++) {
        yz_part *call = calls[i] = yz_part_add(turn, YZ_PART_TOOL_CALL);
        const char *form = forms[pick(d, 4)];
        char id[120];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(id, sizeof id, form, (*ids)++);
#pragma GCC diagnostic pop
        call->id = yz_dup(arena, yz_str_of(id));
        call->name = yz_format(arena, "tool_%u", pick(d, 3));
        if (pick(d, 8) == 7)
            call->raw_args = YZ_STR("no object");
        else
            call->args = object(d, arena);
    }
    yz_message *after = yz_message_add(chat, YZ_ROLE_USER);
    for (unsigned i = 0; i < n; i++)
        a_result(after, calls[i], d);
    if (maybe(d))
        a_user_part(after, d);
}

static void a_turn(yz_chat *chat, draw *d, unsigned *ids) {
    yz_message *turn = yz_message_add(chat, YZ_ROLE_ASSISTANT);
    if (pick(d, 4) == 3)
        thoughts(turn, d);
    if (maybe(d))
        yz_part_add(turn, pick(d, 8) == 7 ? YZ_PART_REFUSAL : YZ_PART_TEXT)->text = any_text(d);
    if (chat->tools && maybe(d))
        some_calls(chat, turn, d, ids);
}

static const char *const numbers[] = {"0", "0.5", "1", "1.7"};

static void wishes(yz_chat *c, draw *d) {
    static const char *const efforts[] = {"", "none", "minimal", "low", "medium", "high", "xhigh", "max"};
    static const char *const tiers[] = {"auto", "default", "flex", "priority", "standard_only"};
    c->effort = yz_str_of(efforts[pick(d, 8)]);
    if (c->effort.n == 0 && pick(d, 4) == 3)
        c->thinking_budget = 1024 + 100 * (int64_t)pick(d, 200);
    for (unsigned n = pick(d, 8) == 7 ? pick(d, 7) : 0; n > 0; n--)
        yz_stop_add(c, any_text(d));
    if (pick(d, 8) == 7)
        c->seed = maybe(d) ? YZ_STR("7") : YZ_STR("9007199254740993");
    if (pick(d, 8) == 7)
        c->presence_penalty = c->frequency_penalty = YZ_STR("-0.5");
    if (pick(d, 8) == 7)
        c->user = maybe(d) ? YZ_STR("somebody@example.com") : YZ_STR("user-7");
    if (pick(d, 8) == 7)
        c->logprobs = true;
    if (c->logprobs && maybe(d))
        c->top_logprobs = YZ_STR("3");
    if (pick(d, 8) == 7)
        c->logit_bias = YZ_STR("{\"50256\":-100}");
    if (pick(d, 8) == 7)
        c->tier = yz_str_of(tiers[pick(d, 5)]);
    if (pick(d, 8) == 7)
        c->verbosity = YZ_STR("low");
    if (pick(d, 8) == 7)
        c->cache_key = YZ_STR("a-key");
    if (pick(d, 8) == 7)
        c->metadata = YZ_STR("{\"a\":\"b\"}");
    if (pick(d, 8) == 7)
        c->summary = YZ_STR("auto");
}

static void sampling(yz_chat *c, draw *d) {
    if (pick(d, 4) == 3)
        c->temperature = yz_str_of(numbers[pick(d, 4)]);
    if (pick(d, 4) == 3)
        c->top_p = yz_str_of(numbers[pick(d, 3)]);
    if (pick(d, 8) == 7)
        c->top_k = YZ_STR("40");
    if (maybe(d))
        c->max_tokens = 1 + 40 * (int64_t)pick(d, 250);
}

static const char *const schemas[] = {
    "{\"type\":\"object\",\"properties\":{\"city\":{\"type\":\"string\"}},\"required\":[\"city\"],\"additionalProperties\":false}",
    "{\"type\":\"object\",\"properties\":{}}",
    "{\"type\":\"object\",\"properties\":{\"n\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":9},\"const\":{\"const\":\"x\"}},"
    "\"required\":[\"n\"]}",
    "{\"$schema\":\"http://json-schema.org/draft-07/"
    "schema#\",\"type\":\"object\",\"properties\":{\"a\":{\"anyOf\":[{\"type\":\"string\"},{\"type\":"
    "\"null\"}]},\"b\":{\"type\":\"array\",\"items\":{\"$ref\":\"#/$defs/"
    "c\"}}},\"$defs\":{\"c\":{\"type\":\"object\",\"properties\":{\"d\":{\"type\":"
    "[\"string\",\"null\"],\"format\":\"date-time\"}},\"additionalProperties\":false}}}",
};

static void form_and_tools(yz_chat *c, draw *d) {
    if (pick(d, 4) == 3) {
        c->json_object = maybe(d);
        if (!c->json_object) {
            c->schema = yz_str_of(schemas[pick(d, 4)]);
            c->schema_name = maybe(d) ? YZ_STR("form") : YZ_STR("");
            c->schema_strict = (yz_switch)pick(d, 3);
        }
    }
    for (unsigned i = 0, n = pick(d, 4); i < n; i++) {
        yz_tool *tool = yz_tool_add(c);
        tool->name = yz_format(arena, "tool_%u", i);
        tool->description = maybe(d) ? words_of(d) : YZ_STR("");
        tool->schema = pick(d, 8) == 7 ? YZ_STR("") : yz_str_of(schemas[pick(d, 4)]);
        tool->strict = (yz_switch)pick(d, 3);
    }
    if (!c->tools)
        return;
    c->parallel_tools = (yz_switch)pick(d, 3);
    c->tool_choice = (yz_tool_choice)pick(d, 5);
    if (c->tool_choice == YZ_TOOLS_NAMED)
        c->tool_name = YZ_STR("tool_0");
}

static yz_chat *a_chat(draw *d) {
    yz_chat *chat = yz_chat_new(arena);
    unsigned ids = 0;
    form_and_tools(chat, d);
    for (unsigned n = pick(d, 4) + 1; n > 0; n--) {
        for (unsigned late = pick(d, 8) == 7 ? 2 : n == 1 || maybe(d) ? 0 : 1; late > 0; late--)
            yz_part_add(yz_message_add(chat, YZ_ROLE_SYSTEM), YZ_PART_TEXT)->text = any_text(d);
        if (pick(d, 8) != 7 || n == 1) {
            yz_message *asked = yz_message_add(chat, YZ_ROLE_USER);
            for (unsigned parts = pick(d, 3); parts > 0; parts--)
                a_user_part(asked, d);
            yz_part_add(asked, YZ_PART_TEXT)->text = words_of(d);
        }
        if (n > 1)
            a_turn(chat, d, &ids);
    }
    chat->stream = maybe(d);
    sampling(chat, d);
    wishes(chat, d);
    return chat;
}

/* ---- what a chat says, in lines that may not go missing: all but hints, such as marks of caches
 * ------------------------------------------------------------------- */

static unsigned count_of(const yz_part *first, yz_part_kind kind) {
    unsigned n = 0;
    for (const yz_part *p = first; p; p = p->next)
        n += (p->kind == kind) + count_of(p->parts, kind);
    return n;
}

/* Text without its blanks. */
static void squeeze(yz_str s, yz_buf *out) {
    for (size_t i = 0; i < s.n; i++) {
        bool escape = s.p[i] == '\\' && i + 1 < s.n;
        if (escape && !strchr("ntr", s.p[i + 1]))
            yz_buf_put(out, s.p + i, 2);
        else if (!escape && s.p[i] != ' ')
            yz_buf_char(out, s.p[i]);
        i += escape;
    }
}

static bool is_words(const yz_part *p) { return p->kind == YZ_PART_TEXT || p->kind == YZ_PART_REFUSAL; }

static void all_words(const yz_part *first, yz_buf *out) {
    for (const yz_part *p = first; p; p = p->next) {
        if (is_words(p))
            squeeze(p->text, out);
        all_words(p->parts, out);
    }
}

/* A text of these parts that does not stand in `said`. */
static yz_str missing_words(const yz_part *first, yz_str said) {
    for (const yz_part *p = first; p; p = p->next) {
        yz_buf one = {0};
        squeeze(is_words(p) ? p->text : YZ_STR(""), &one);
        bool found = !one.n || (said.n && memmem(said.p, said.n, one.p, one.n));
        yz_buf_free(&one);
        yz_str lost = found ? missing_words(p->parts, said) : p->text;
        if (lost.n)
            return lost;
    }
    return YZ_STR("");
}

/* A text that the role does not say in `after`. */
static yz_str unsaid(const yz_chat *before, const yz_chat *after, yz_role role) {
    yz_buf said = {0};
    yz_str lost = {NULL, 0};
    for (const yz_message *m = after->messages; m; m = m->next)
        if (m->role == role)
            all_words(m->parts, &said);
    for (const yz_message *m = before->messages; m && !lost.n; m = m->next)
        if (m->role == role)
            lost = missing_words(m->parts, yz_buf_view(&said));
    yz_buf_free(&said);
    return lost;
}

static void line(yz_buf *out, const char *name, yz_str value) {
    if (value.n)
        yz_buf_printf(out, "%s %.*s\n", name, YZ_STR_ARGS(value));
}
static void flag(yz_buf *out, const char *name, bool said) {
    if (said)
        yz_buf_printf(out, "%s\n", name);
}

static void say_settings(const yz_chat *c, yz_buf *out) {
    line(out, "temperature", yz_str_is(c->temperature, "1") ? YZ_STR("") : c->temperature); /* what all begin with */
    line(out, "top_p", yz_str_is(c->top_p, "1") ? YZ_STR("") : c->top_p);
    line(out, "top_k", c->top_k);
    line(out, "seed", c->seed);
    line(out, "presence_penalty", c->presence_penalty);
    line(out, "frequency_penalty", c->frequency_penalty);
    line(out, "logit_bias", c->logit_bias);
    line(out, "top_logprobs", c->top_logprobs);
    line(out, "verbosity", c->verbosity);
    line(out, "cache_key", c->cache_key);
    line(out, "metadata", c->metadata);
    flag(out, "tier", c->tier.n && !yz_str_is(c->tier, "auto"));
    flag(out, "max_tokens", c->max_tokens > 0);
    flag(out, "user", c->user.n > 0);
    flag(out, "logprobs", c->logprobs);
    bool thinks = (c->effort.n && !yz_str_is(c->effort, "none")) || c->thinking_budget > 0;
    flag(out, "effort", thinks);
    flag(out, "schema", c->schema.n > 0);
    flag(out, "json_object", c->json_object);
    for (const yz_stop *stop = c->stop; stop; stop = stop->next)
        line(out, "stop", stop->text);
    flag(out, "one call", c->tools && c->parallel_tools == YZ_OFF && c->tool_choice != YZ_TOOLS_NONE);
    if (c->tools && c->tool_choice > YZ_TOOLS_AUTO)
        yz_buf_printf(out, "choice %d %.*s\n", (int)c->tool_choice, YZ_STR_ARGS(c->tool_name));
    for (const yz_tool *tool = c->tools; tool; tool = tool->next) {
        line(out, "tool", tool->name);
        line(out, "description", tool->description);
        flag(out, "strict", tool->strict == YZ_ON);
    }
}

static void say(const yz_chat *c, yz_buf *out) {
    static const struct {
        const char *name;
        yz_part_kind kind;
    } counted[] = {{"thoughts", YZ_PART_REASONING},
                   {"image", YZ_PART_IMAGE},
                   {"audio", YZ_PART_AUDIO},
                   {"call", YZ_PART_TOOL_CALL},
                   {"result", YZ_PART_TOOL_RESULT}};
    for (const yz_message *m = c->messages; m; m = m->next)
        for (size_t i = 0; i < sizeof counted / sizeof *counted; i++)
            for (unsigned n = count_of(m->parts, counted[i].kind); n > 0; n--)
                yz_buf_printf(out, "%s\n", counted[i].name);
    say_settings(c, out);
}

/* The first line of `a` that `b` has fewer of; empty: there is none. */
static yz_str missing(yz_str a, yz_str b) {
    for (yz_str rest = a, one; rest.n; rest = (yz_str){rest.p + one.n + 1, rest.n - one.n - 1}) {
        one = (yz_str){rest.p, (size_t)((const char *)memchr(rest.p, '\n', rest.n) - rest.p)};
        size_t wanted = 0, found = 0;
        for (size_t i = 0; i + one.n < a.n; i++)
            wanted += (i == 0 || a.p[i - 1] == '\n') && memcmp(a.p + i, one.p, one.n) == 0;
        for (size_t i = 0; i + one.n < b.n; i++)
            found += (i == 0 || b.p[i - 1] == '\n') && memcmp(b.p + i, one.p, one.n) == 0;
        if (found < wanted)
            return one;
    }
    return YZ_STR("");
}

/* ---- the property ------------------------------------------------------------------------------------------------------------ */

typedef struct writing {
    const side *side;
    yz_target target;
    yz_provider provider;
    yz_losses losses;
    yz_buf wire;
    int code;
} writing;

static void write_it(writing *w, const yz_chat *chat) {
    w->losses = (yz_losses){YZ_LOSSES, .arena = arena};
    w->wire.n = 0;
    w->code = yz_chat_write(yz_tool_names_fit(yz_chat_copy(chat, arena), arena), &w->target, arena, &w->losses, &w->wire);
}

static const yz_chat *read_it(writing *w, const yz_chat *chat, yz_error *error) {
    yz_json *json = NULL;
    yz_losses losses = {YZ_LOSSES, .arena = arena};
    yz_str body = yz_dup(arena, yz_buf_view(&w->wire));
    if (yz_json_parse(arena, body, 0, &json, NULL) != YZ_OK) {
        error->message = YZ_STR("it is no JSON");
        return NULL;
    }
    yz_request asked = {
        YZ_REQUEST,   .dialect = w->side->adapter, .op = YZ_OP_CHAT,         .body = body,
        .json = json, .stream = chat->stream,      .model = w->target.model, .path = YZ_STR("/v1beta/models/m:generateContent")};
    yz_chat *read = yz_chat_new(arena);
    int code = w->side->adapter->accept(&asked, arena, error);
    if (code == YZ_OK)
        code = w->side->adapter->read(&asked, arena, &losses, read, error);
    return code == YZ_OK ? read : NULL;
}

static bool is_taken(const writing *w, size_t which, char *why, size_t size) {
    refusal refused = {0};
    question q = {0};
    cJSON *body = cJSON_ParseWithLength(w->wire.p, w->wire.n);
    snprintf(q.model, sizeof q.model, "%.*s", YZ_STR_ARGS(w->target.model));
    bool taken = body && takes(which, body, &q, &refused);
    if (!taken)
        snprintf(why, size, "%s refuses it: %s\n%.*s", w->side->adapter->dialect, body ? refused.message : "no JSON",
                 YZ_STR_ARGS(yz_buf_view(&w->wire)));
    question_free(&q);
    cJSON_Delete(body);
    return taken;
}

static bool nothing_missing(const writing *w, const yz_chat *before, const yz_chat *after, char *why, size_t size) {
    yz_buf a = {0}, b = {0};
    say(before, &a);
    say(after, &b);
    yz_str lost = missing(yz_buf_view(&a), yz_buf_view(&b));
    for (int role = YZ_ROLE_SYSTEM; !lost.n && role <= YZ_ROLE_ASSISTANT; role++)
        lost = unsaid(before, after, (yz_role)role);
    lost.n = w->losses.n ? 0 : lost.n;
    if (lost.n)
        snprintf(why, size, "%s: nobody was told of \"%.*s\"\n--- before\n%.*s--- after\n%.*s--- on the wire\n%.*s",
                 w->side->adapter->dialect, YZ_STR_ARGS(lost), YZ_STR_ARGS(yz_buf_view(&a)), YZ_STR_ARGS(yz_buf_view(&b)),
                 YZ_STR_ARGS(yz_buf_view(&w->wire)));
    yz_buf_free(&a);
    yz_buf_free(&b);
    return lost.n == 0;
}

/* Written, taken, and read again. NULL: *why says what failed, or it was refused and the client is told for what. */
static const yz_chat *again(writing *w, size_t which, const yz_chat *chat, char *why, size_t size) {
    yz_error error = {YZ_ERROR};
    write_it(w, chat);
    if (w->code == YZ_EUNSUPPORTED && w->losses.n)
        return NULL;
    if (w->code != YZ_OK) {
        snprintf(why, size, "%s: %s", w->side->adapter->dialect, yz_result_text(w->code));
        return NULL;
    }
    if (!is_taken(w, which, why, size))
        return NULL;
    const yz_chat *read = read_it(w, chat, &error);
    if (!read)
        snprintf(why, size, "%s does not read what it wrote: %.*s\n%.*s", w->side->adapter->dialect, YZ_STR_ARGS(error.message),
                 YZ_STR_ARGS(yz_buf_view(&w->wire)));
    return read && nothing_missing(w, chat, read, why, size) ? read : NULL;
}

/* Once read from the dialect, it stays the same. */
static bool holds(writing *w, size_t which, const yz_chat *chat, char *why, size_t size) {
    yz_str first = {NULL, 0};
    why[0] = '\0';
    for (int round = 0; round < 3 && chat; round++) {
        first = yz_dup(arena, yz_buf_view(&w->wire));
        chat = again(w, which, chat, why, size);
    }
    if (!chat)
        return why[0] == '\0';
    if (yz_str_eq(first, yz_buf_view(&w->wire)))
        return true;
    snprintf(why, size, "%s, written again:\n%.*s\n--- first\n%.*s", w->side->adapter->dialect, YZ_STR_ARGS(yz_buf_view(&w->wire)),
             YZ_STR_ARGS(first));
    return false;
}

static bool is_strict(void *arg, draw *d, char *why, size_t size) {
    size_t i = *(const size_t *)arg;
    writing w = {.side = &sides[targets[i].place]};
    w.provider = (yz_provider){YZ_PROVIDER, .name = YZ_STR("a-provider"), .adapter = w.side->adapter, .config = w.side->config};
    w.target = (yz_target){YZ_TARGET, .provider = &w.provider, .model = yz_str_of(targets[i].model)};
    w.target.facts = yz_flavours_model(&flavours, NULL, w.target.model);
    bool held = holds(&w, targets[i].place, a_chat(d), why, size);
    yz_buf_free(&w.wire);
    yz_arena_reset(arena);
    return held;
}

static void strict(void **state) {
    (void)state;
    unsigned failed = 0;
    arena = yz_arena_new(NULL);
    for (size_t i = 0; i < TARGETS; i++) {
        char name[120];
        snprintf(name, sizeof name, "%s %s", sides[targets[i].place].adapter->dialect, targets[i].model);
        failed += !property_holds(name, is_strict, &i, 500);
    }
    yz_arena_free(arena);
    assert_int_equal(failed, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(strict)};
    return cmocka_run_group_tests(tests, set_up_all, tear_down);
}
