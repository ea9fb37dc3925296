/* document.c: a conversation as a document: what the client sent, as it was, and what it got, item by item, whatever dialect either spoke.
 *
 * It is made on the worker whose call it was, so it only copies, and bounds what it copies; what is taken out of its texts is a thread's
 * work (clean.c). Cuts are made at blanks, never inside of an escape, and a text that is cut loses its last word: half of one has no shape.
 */
#include "capture.h"

#include <string.h>
#include <time.h>

typedef struct writing {
    yz_buf *out;
    yz_arena *arena;
    int64_t left; /* bytes that the request may still have */
    bool cut;
} writing;

static void put_left_out(writing *w, size_t n, const char *what) { yz_buf_printf(w->out, "\"[%s left out: %zu bytes]\"", what, n); }

/* ---- the request ----------------------------------------------------------------------------------------------------------- */

/* As far as its beginning tells; with the ends of lines that some put into it. */
static bool is_base64(yz_str escaped) {
    for (size_t i = 0; i < escaped.n && i < 1024; i++) {
        char c = escaped.p[i];
        bool one = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c && strchr("+/=-_", c));
        bool end = c == '\\' && i + 1 < escaped.n && strchr("nr/", escaped.p[i + 1]);
        if (!one && !end)
            return false;
        i += end;
    }
    return true;
}

/* Pictures, sound and files: by the names that dialects have for them, as a data: URL, or where it is long and nothing else. */
static bool is_media(yz_str name, yz_str text) {
    static const char *const names[] = {"data", "file_data", "bytes", "b64_json", "bytesBase64Encoded"};
    yz_str begin = yz_str_at(text.p, text.n < 200 ? text.n : 200);
    if (yz_str_starts(text, "data:") && memmem(begin.p, begin.n, ";base64,", 8))
        return true;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (yz_str_is(name, names[i]) && text.n >= 16 && is_base64(text))
            return true;
    return text.n > 4096 && is_base64(text);
}

static void put_string(writing *w, yz_str name, const yz_json *value) {
    yz_str text = yz_json_escaped(value);
    if (is_media(name, text)) {
        put_left_out(w, text.n, "data");
    } else if ((int64_t)text.n > w->left) {
        put_left_out(w, text.n, "text");
        w->cut = true;
    } else {
        w->left -= (int64_t)value->n;
        yz_buf_str(w->out, yz_json_raw(value));
    }
}

static void put_value(writing *w, yz_str name, const yz_json *value);

static void put_members(writing *w, yz_str name, const yz_json *parent) {
    bool object = yz_json_is(parent, YZ_JSON_OBJECT);
    yz_buf_char(w->out, object ? '{' : '[');
    for (const yz_json *m = parent->child; m; m = m->next) {
        yz_str key = object ? yz_json_key(m) : name;
        w->left -= 2 + (object ? (int64_t)key.n : 0);
        if (w->left < 0) {
            w->cut = true;
            break;
        }
        yz_buf_lit(w->out, m == parent->child ? "" : ",");
        if (object) {
            yz_buf_char(w->out, '"');
            yz_buf_str(w->out, key);
            yz_buf_lit(w->out, "\":");
        }
        put_value(w, key, m);
    }
    yz_buf_char(w->out, object ? '}' : ']');
}

static void put_value(writing *w, yz_str name, const yz_json *value) {
    if (yz_json_is(value, YZ_JSON_OBJECT) || yz_json_is(value, YZ_JSON_ARRAY)) {
        put_members(w, name, value);
    } else if (yz_json_is(value, YZ_JSON_STRING)) {
        put_string(w, name, value);
    } else {
        w->left -= (int64_t)value->n;
        yz_buf_str(w->out, yz_json_raw(value));
    }
}

/* ---- the answer ------------------------------------------------------------------------------------------------------------ */

static const char *kind_word(yz_part_kind kind) {
    switch (kind) {
    case YZ_PART_TEXT:
        return "text";
    case YZ_PART_REASONING:
        return "reasoning";
    case YZ_PART_REFUSAL:
        return "refusal";
    case YZ_PART_TOOL_CALL:
        return "tool_call";
    case YZ_PART_IMAGE:
        return "image";
    case YZ_PART_AUDIO:
        return "audio";
    default:
        return "other";
    }
}

/* Without its last word, and digits in groups before that: one of them may go on where it was cut. */
static yz_str whole_words(yz_str escaped) {
    size_t n = escaped.n;
    bool word = true;
    while (n > 0 && word) {
        size_t end = n;
        while (n > 0 && escaped.p[n - 1] != ' ')
            n--;
        while (n > 0 && escaped.p[n - 1] == ' ')
            n--;
        word = false;
        for (size_t i = n; i-- > 0 && escaped.p[i] != ' ';)
            word |= escaped.p[i] >= '0' && escaped.p[i] <= '9';
        word = word && end > n;
    }
    return yz_str_at(escaped.p, n);
}

static void put_member(writing *w, const char *name, yz_str escaped) {
    if (escaped.n == 0)
        return;
    yz_buf_printf(w->out, ",\"%s\":\"", name);
    yz_buf_str(w->out, escaped);
    yz_buf_char(w->out, '"');
}

static void put_item(writing *w, const capture_item *item, bool unfinished) {
    yz_str text = yz_buf_view(&item->text);
    yz_buf_printf(w->out, "{\"kind\":\"%s\"", kind_word(item->kind));
    if (item->choice)
        yz_buf_printf(w->out, ",\"choice\":%u", item->choice);
    put_member(w, "id", item->id), put_member(w, "name", item->name);
    yz_buf_printf(w->out, ",\"%s\":", item->kind == YZ_PART_TOOL_CALL ? "arguments" : "text");
    if (!capture_is_text(item->kind)) {
        put_left_out(w, item->all, "data");
    } else {
        yz_buf_char(w->out, '"');
        yz_buf_str(w->out, unfinished || item->all > text.n ? whole_words(text) : text);
        yz_buf_char(w->out, '"');
    }
    if (capture_is_text(item->kind) && item->all > text.n)
        yz_buf_printf(w->out, ",\"bytes\":%zu", item->all);
    yz_buf_char(w->out, '}');
}

static void put_usage(writing *w, const yz_usage *usage) {
    yz_buf_printf(w->out, ",\"usage\":{\"input\":%lld,\"output\":%lld}", (long long)yz_usage_count(usage, YZ_METER_INPUT),
                  (long long)yz_usage_count(usage, YZ_METER_OUTPUT));
}

static void put_answer(writing *w, const captured *what) {
    yz_buf_lit(w->out, ",\"answer\":[");
    for (size_t i = 0; i < what->n_items; i++) {
        yz_buf_lit(w->out, i ? "," : "");
        put_item(w, &what->items[i], !what->end);
    }
    yz_buf_char(w->out, ']');
    if (what->unread)
        yz_buf_lit(w->out, ",\"answer_left_out\":\"it came out of a cache\"");
    else if (what->cut)
        yz_buf_lit(w->out, ",\"answer_left_out\":\"the rest of it\"");
    if (what->end && what->end->usage)
        put_usage(w, what->end->usage);
}

/* ---- the whole ------------------------------------------------------------------------------------------------------------- */

static void put_name(writing *w, const char *name, yz_str plain) {
    yz_buf_printf(w->out, ",\"%s\":", name);
    yz_buf_json_str(w->out, plain);
}

static void put_outcome(writing *w, const captured *what) {
    yz_buf_printf(w->out, ",\"ended\":\"%s\"", what->end ? "whole" : what->error ? "error" : "left");
    if (!what->error)
        return;
    yz_buf_printf(w->out, ",\"error\":{\"class\":\"%s\"", yz_error_word(what->error->class_));
    put_name(w, "message", what->error->message);
    yz_buf_char(w->out, '}');
}

static void put_time(writing *w, int64_t seconds) {
    struct tm t;
    char text[32];
    time_t at = (time_t)seconds;
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&at, &t));
    yz_buf_printf(w->out, ",\"time\":\"%s\"", text);
}

static void put_target(writing *w, const yz_head *head) {
    if (!head || !head->target)
        return;
    put_name(w, "provider", head->target->provider->name);
    put_name(w, "provider_model", head->target->model);
}

void document_put(yz_buf *out, const captured *what, int64_t of_one, yz_arena *arena) {
    const yz_request *r = what->request;
    writing w = {.out = out, .arena = arena, .left = of_one};
    yz_buf_lit(out, "{\"capture\":1");
    put_name(&w, "request_id", r->id);
    put_time(&w, what->began);
    put_name(&w, "key", r->key->name);
    put_name(&w, "model", r->model);
    put_name(&w, "dialect", yz_str_of(r->dialect->dialect));
    put_target(&w, what->head);
    yz_buf_lit(out, ",\"request\":");
    put_value(&w, YZ_STR(""), r->json);
    if (w.cut)
        yz_buf_lit(out, ",\"request_left_out\":\"some of it\"");
    put_answer(&w, what);
    put_outcome(&w, what);
    yz_buf_lit(out, "}\n");
}
