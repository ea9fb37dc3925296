/* demo/compose.c: what the demo provider says: who it stands for and what it was asked, in the question's language; a call if a tool
 * is asked for; JSON if a form is asked for. Deterministic, so that it can be tested and cached.
 */
#include "demo.h"

#define QUOTED_MAX 200 /* bytes of the question that are said back */

/* ---- the question ---------------------------------------------------------------------------------------------------------- */

/* Of the last message of the user: the last part of this kind. */
static yz_str last_text(const yz_chat *chat, yz_part_kind kind, yz_arena *arena) {
    const yz_message *last = NULL;
    const yz_part *found = NULL;
    for (const yz_message *message = chat->messages; message; message = message->next)
        last = message->role == YZ_ROLE_USER ? message : last;
    for (const yz_part *part = last ? last->parts : NULL; part; part = part->next)
        found = part->kind == kind ? part : found;
    if (!found)
        return (yz_str){NULL, 0};
    if (kind == YZ_PART_TEXT)
        return yz_json_unescape(arena, found->text);
    return found->parts ? yz_json_unescape(arena, found->parts->text) : YZ_STR("nothing");
}

static size_t character(yz_str s, size_t at) {
    unsigned char c = (unsigned char)s.p[at];
    size_t n = c < 0xC0 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
    return n < s.n - at ? n : s.n - at;
}

static yz_str shortened(yz_str s) {
    size_t n = 0;
    while (n < s.n && n + character(s, n) <= QUOTED_MAX)
        n += character(s, n);
    return (yz_str){s.p, n};
}

/* Does it hold a Chinese character (U+4E00 to U+9FFF)? */
static bool chinese(yz_str s) {
    for (size_t i = 0; i + 2 < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c >= 0xE4 && c <= 0xE9 && ((unsigned char)s.p[i + 1] & 0xC0) == 0x80)
            return true;
    }
    return false;
}

static bool mentions(yz_str text, yz_str word) { return word.n && text.n >= word.n && memmem(text.p, text.n, word.p, word.n); }

/* ---- the answer ------------------------------------------------------------------------------------------------------------ */

static yz_str say(const yz_request *request, yz_str question, yz_str result, bool zh, yz_arena *arena) {
    yz_str model = request->model, q = shortened(question), r = shortened(result);
    const char *dots = q.n < question.n ? "…" : "";
    if (r.n)
        return zh ? yz_format(arena, "这里是演示服务，代替模型 %.*s 回答。工具返回的结果是：%.*s", YZ_STR_ARGS(model), YZ_STR_ARGS(r))
                  : yz_format(arena, "This is the demo provider, standing in for %.*s. The tool answered: %.*s", YZ_STR_ARGS(model),
                              YZ_STR_ARGS(r));
    if (zh)
        return yz_format(arena,
                         "这里是演示服务，代替模型 %.*s 回答：没有配置密钥，所以没有调用真实的模型。你问的是：“%.*s%s”。"
                         "身份验证、策略、缓存和流式传输都与真实调用完全一样。",
                         YZ_STR_ARGS(model), YZ_STR_ARGS(q), dots);
    return yz_format(
        arena,
        "This is the demo provider, standing in for %.*s: no key is configured, so no real model was asked. You asked: \"%.*s%s\" "
        "Authentication, policy, cache and streaming worked as they would for a real answer.",
        YZ_STR_ARGS(model), YZ_STR_ARGS(q), dots);
}

static const yz_json *parse(yz_str raw, yz_arena *arena) {
    yz_json *json;
    return raw.n && yz_json_parse(arena, raw, YZ_JSON_LONE_SURROGATES, &json, NULL) == YZ_OK ? json : NULL;
}

static yz_str value_of(yz_str schema, yz_arena *arena) {
    yz_buf buf = {0};
    demo_value(parse(schema, arena), 0, &buf);
    yz_str text = yz_dup(arena, yz_buf_view(&buf));
    yz_buf_free(&buf);
    return text;
}

/* The tool the request asks for: by tool_choice, or by name in the question. A question that comes with a result is answered. */
static const yz_tool *wanted_tool(const yz_chat *chat, yz_str question, bool has_result, yz_arena *arena) {
    if (chat->tool_choice == YZ_TOOLS_NONE || has_result)
        return NULL;
    for (const yz_tool *tool = chat->tools; tool; tool = tool->next)
        if (chat->tool_choice == YZ_TOOLS_NAMED
                ? yz_str_eq(tool->name, chat->tool_name)
                : chat->tool_choice == YZ_TOOLS_REQUIRED || mentions(question, yz_json_unescape(arena, tool->name)))
            return tool;
    return NULL;
}

/* Cuts the text to so many pieces; the pieces it has. */
static int64_t limit(yz_str *text, int64_t pieces, bool *cut) {
    int64_t n = 0;
    for (size_t at = 0; at < text->n; n++) {
        if (pieces >= 0 && n == pieces) {
            text->n = at;
            *cut = true;
            break;
        }
        at += demo_piece((yz_str){text->p + at, text->n - at});
    }
    return n;
}

void demo_compose(const yz_request *request, const yz_chat *chat, yz_arena *arena, demo_answer *out) {
    yz_str result = last_text(chat, YZ_PART_TOOL_RESULT, arena), question = last_text(chat, YZ_PART_TEXT, arena);
    const yz_tool *tool = wanted_tool(chat, question, result.n > 0, arena);
    bool zh = chinese(question.n ? question : result), cut = false;
    *out = (demo_answer){.finish = YZ_FINISH_STOP};
    if (chat->effort.n && !yz_str_is(chat->effort, "none"))
        out->reasoning = zh ? YZ_STR("先想一想，再回答。") : YZ_STR("First think, then answer.");
    if (tool) {
        out->tool = tool->name;
        out->arguments = tool->schema.n ? value_of(tool->schema, arena) : YZ_STR("{}");
        out->finish = YZ_FINISH_TOOLS;
    } else if (chat->schema.n || chat->json_object) {
        out->text = chat->schema.n ? value_of(chat->schema, arena) : YZ_STR("{\"answer\":\"demo\"}");
    } else {
        out->text = say(request, question, result, zh, arena);
    }
    int64_t reasoning = limit(&out->reasoning, -1, &cut);
    int64_t output = limit(&out->text, chat->max_tokens > 0 ? chat->max_tokens : -1, &cut) + reasoning + (int64_t)(out->arguments.n / 4);
    out->usage = yz_usage_of((int64_t)(request->body.n / 4 + 1), output);
    yz_usage_set(&out->usage, YZ_METER_REASONING, reasoning);
    if (cut)
        out->finish = YZ_FINISH_LENGTH;
}

size_t demo_piece(yz_str text) {
    size_t n = 0;
    for (unsigned wide = 0; n < text.n;) {
        size_t c = character(text, n);
        n += c;
        wide += c > 1;
        if (text.p[n - 1] == ' ' || wide == 2 || n >= 16)
            break;
    }
    return n;
}
