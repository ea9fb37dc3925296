/* lua/question.c: the last user text of a request, and an estimate of its tokens: both read from the JSON index, whatever the
 * dialect: they go by the names that chat bodies use (messages, input, contents, prompt). */
#include "lua/run.h"

#define QUESTION_BYTES 65536 /* of longer texts: the first and the last half */

/* ---- the question ----------------------------------------------------------------------------------------------------------- */

/* Appends the texts of content parts: "…", or [{"type":"text","text":"…"}, …]. */
static void add_texts(yz_arena *arena, const yz_json *content, yz_buf *out) {
    if (yz_json_is(content, YZ_JSON_STRING)) {
        yz_buf_str(out, yz_json_text(arena, content));
        return;
    }
    if (!yz_json_is(content, YZ_JSON_ARRAY))
        return;
    for (const yz_json *part = content->child; part; part = part->next) {
        const yz_json *text = yz_json_is(part, YZ_JSON_STRING) ? part : yz_json_get(part, "text");
        if (!yz_json_is(text, YZ_JSON_STRING))
            continue;
        if (out->n)
            yz_buf_char(out, '\n');
        yz_buf_str(out, yz_json_text(arena, text));
    }
}

static bool has_text(const yz_json *content) {
    if (yz_json_is(content, YZ_JSON_STRING))
        return content->n > 2;
    for (const yz_json *part = yz_json_is(content, YZ_JSON_ARRAY) ? content->child : NULL; part; part = part->next)
        if (yz_json_is(part, YZ_JSON_STRING) || yz_json_is(yz_json_get(part, "text"), YZ_JSON_STRING))
            return true;
    return false;
}

static const yz_json *content_of(const yz_json *message) {
    const yz_json *content = yz_json_get(message, "content");
    return content ? content : yz_json_get(message, "parts");
}

/* The content of the last message of a user that has text, and of the one before it; either may be NULL. */
typedef struct questions {
    const yz_json *last, *before;
} questions;

static questions of_messages(const yz_json *messages) {
    questions found = {0};
    for (const yz_json *m = yz_json_is(messages, YZ_JSON_ARRAY) ? messages->child : NULL; m; m = m->next) {
        const yz_json *role = yz_json_get(m, "role");
        if ((yz_json_escaped(role).n == 0 || yz_json_says(role, "user")) && has_text(content_of(m)))
            found = (questions){.last = content_of(m), .before = found.last};
    }
    return found;
}

static questions questions_of(const yz_json *body) {
    static const char *const lists[] = {"messages", "input", "contents"};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        const yz_json *node = yz_json_get(body, lists[i]);
        if (yz_json_is(node, YZ_JSON_ARRAY))
            return of_messages(node);
        if (node)
            return (questions){.last = node};
    }
    return (questions){.last = yz_json_get(body, "prompt")};
}

static bool is_continuation(char c) { return ((unsigned char)c & 0xc0) == 0x80; }

/* The first and the last half of a text that is too long, cut between characters. */
static yz_str shorten(yz_arena *arena, yz_str text) {
    if (text.n <= QUESTION_BYTES)
        return text;
    size_t head = QUESTION_BYTES / 2, tail = text.n - QUESTION_BYTES / 2;
    while (head > 0 && is_continuation(text.p[head]))
        head--;
    while (tail < text.n && is_continuation(text.p[tail]))
        tail++;
    return yz_format(arena, "%.*s\n%.*s", (int)head, text.p, (int)(text.n - tail), text.p + tail);
}

static yz_str text_of(yz_arena *arena, const yz_json *node) {
    if (yz_json_is(node, YZ_JSON_STRING))
        return shorten(arena, yz_json_text(arena, node));
    yz_buf text = {0};
    add_texts(arena, node, &text);
    yz_str kept = yz_dup(arena, yz_buf_view(&text));
    yz_buf_free(&text);
    return shorten(arena, kept);
}

yz_str policy_question(yz_arena *arena, const yz_request *request) { return text_of(arena, questions_of(request->json).last); }

#define WORD(text)                                                                                                                         \
    { text, sizeof(text) - 1 }

/* Without the marks and blanks at its end. */
static yz_str without_marks(yz_str text) {
    static const yz_str wide[] = {WORD("。"), WORD("！"), WORD("？"), WORD("…")};
    size_t n;
    do {
        n = text.n;
        while (text.n && memchr(" \n\r\t.!?", text.p[text.n - 1], 7))
            text.n--;
        for (size_t i = 0; i < sizeof wide / sizeof *wide && text.n >= wide[i].n; i++)
            if (memcmp(text.p + text.n - wide[i].n, wide[i].p, wide[i].n) == 0)
                text.n -= wide[i].n;
    } while (text.n < n);
    return text;
}

/* "Go on.", "继续": words that ask for nothing of their own. */
static bool only_continues(yz_str text) {
    static const yz_str words[] = {
        WORD("continue"), WORD("go on"),  WORD("go ahead"), WORD("keep going"), WORD("carry on"), WORD("next"),   WORD("more"),
        WORD("and then"), WORD("yes"),    WORD("ok"),       WORD("继续"),       WORD("接着"),     WORD("接着说"), WORD("接着写"),
        WORD("继续写"),   WORD("继续说"), WORD("然后呢"),   WORD("还有呢"),     WORD("往下"),     WORD("下一步"), WORD("好的，继续")};
    text = without_marks(text);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (text.n == words[i].n && yz_str_ieq(text, words[i]))
            return true;
    return false;
}

yz_str policy_ask(yz_arena *arena, const yz_request *request) {
    questions q = questions_of(request->json);
    yz_str text = text_of(arena, q.last);
    return q.before && only_continues(text) ? text_of(arena, q.before) : text;
}

/* ---- tokens ------------------------------------------------------------------------------------------------------------------- */

/* Thousandths of a token a text is worth. English runs at about four letters a token, Chinese at three quarters of a token a
 * character, digits in groups of up to three, and signs at about one in two: close to the tokenizers in use, within a quarter. */
static int64_t text_cost(yz_str escaped) {
    int64_t cost = 0;
    for (size_t i = 0; i < escaped.n; i++) {
        unsigned char c = (unsigned char)escaped.p[i];
        if (c >= 0xe3 && c <= 0xed)
            cost += 750; /* CJK: three bytes; the two that follow count nothing */
        else if (c >= 0xf0)
            cost += 1500;
        else if (c >= 0xc0)
            cost += 450;
        else if (c >= 0x80 || c == ' ')
            continue;
        else if (c >= '0' && c <= '9')
            cost += 400;
        else if ((c | 32) >= 'a' && (c | 32) <= 'z')
            cost += 235;
        else
            cost += 550;
    }
    return cost;
}

static bool key_is(const yz_json *node, const char *key) { return node->key_p && yz_str_is(yz_json_key(node), key); }

/* An image or a file, inside the request or named by its address: { "image_url": "…" or { "url": "…" } }, { "source": { "data" or "url" }
 * }, and whatever long text stands where files do. */
static bool is_blob(const yz_json *node) {
    static const char *const keys[] = {"url", "data", "image_url", "file_data"};
    if (key_is(node, "image_url") && (node->type == YZ_JSON_STRING || yz_json_is(yz_json_get(node, "url"), YZ_JSON_STRING)))
        return true;
    if (key_is(node, "source") &&
        (yz_json_is(yz_json_get(node, "data"), YZ_JSON_STRING) || yz_json_is(yz_json_get(node, "url"), YZ_JSON_STRING)))
        return true;
    for (size_t i = 0; node->type == YZ_JSON_STRING && node->n >= 256 && i < sizeof keys / sizeof *keys; i++)
        if (key_is(node, keys[i]))
            return true;
    return false;
}

static int64_t node_cost(const yz_json *node) {
    if (is_blob(node))
        return 1000 * 1000;
    if (node->type == YZ_JSON_STRING)
        return text_cost(yz_json_escaped(node));
    int64_t cost = node->type >= YZ_JSON_ARRAY ? 1500 : 300;
    for (const yz_json *c = node->type >= YZ_JSON_ARRAY ? node->child : NULL; c; c = c->next)
        cost += node_cost(c);
    return cost;
}

int64_t policy_tokens(const yz_request *request) {
    static const char *const fields[] = {"messages", "system", "input", "instructions", "contents", "systemInstruction", "prompt", "tools"};
    int64_t cost = 0;
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        const yz_json *node = yz_json_get(request->json, fields[i]);
        cost += node ? node_cost(node) : 0;
    }
    return (cost + 999) / 1000;
}
