/* document.c: a conversation as the document that is kept: what the client sent, as it was, and what it got, item by item, whatever dialect
 * either spoke. Every text in it is looked through on its own, plain, so that no escape and no border of a stream's pieces hides a word.
 */
#include "capture.h"

#include <string.h>
#include <time.h>

typedef struct writing {
    yz_buf *out;
    yz_arena *arena;
    unsigned kinds;
    int64_t left; /* bytes that texts of this side may still have */
} writing;

static void put_plain(writing *w, yz_str plain) {
    yz_buf clean = {0};
    redact_put(&clean, plain, w->kinds);
    yz_buf_json_str(w->out, yz_buf_view(&clean));
    yz_buf_free(&clean);
}

/* Pictures, sound and files stand in a request as one long word. */
static bool is_media(yz_str text) { return text.n > 4096 && !memchr(text.p, ' ', text.n) && !memchr(text.p, '\n', text.n); }

static void put_left_out(writing *w, yz_str text, const char *what) { yz_buf_printf(w->out, "\"[%s left out: %zu bytes]\"", what, text.n); }

static void put_text(writing *w, yz_str plain) {
    if (is_media(plain)) {
        put_left_out(w, plain, "data");
    } else if ((int64_t)plain.n > w->left) {
        put_left_out(w, plain, "text");
    } else {
        w->left -= (int64_t)plain.n;
        put_plain(w, plain);
    }
}

static void put_value(writing *w, const yz_json *value);

static void put_members(writing *w, const yz_json *parent) {
    bool object = yz_json_is(parent, YZ_JSON_OBJECT);
    yz_buf_char(w->out, object ? '{' : '[');
    for (const yz_json *m = parent->child; m; m = m->next) {
        yz_buf_lit(w->out, m == parent->child ? "" : ",");
        if (object) {
            put_plain(w, yz_json_unescape(w->arena, yz_json_key(m)));
            yz_buf_char(w->out, ':');
        }
        put_value(w, m);
    }
    yz_buf_char(w->out, object ? '}' : ']');
}

/* A number may be one of a card, or of a phone: then it is a text. */
static void put_number(writing *w, yz_str raw) {
    yz_buf clean = {0};
    redact_put(&clean, raw, w->kinds);
    if (yz_str_eq(yz_buf_view(&clean), raw))
        yz_buf_str(w->out, raw);
    else
        yz_buf_json_str(w->out, yz_buf_view(&clean));
    yz_buf_free(&clean);
}

static void put_value(writing *w, const yz_json *value) {
    if (yz_json_is(value, YZ_JSON_OBJECT) || yz_json_is(value, YZ_JSON_ARRAY))
        put_members(w, value);
    else if (yz_json_is(value, YZ_JSON_STRING))
        put_text(w, yz_json_text(w->arena, value));
    else if (yz_json_is(value, YZ_JSON_NUMBER))
        put_number(w, yz_json_raw(value));
    else
        yz_buf_str(w->out, yz_json_raw(value));
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

static bool is_text(yz_part_kind kind) {
    return kind == YZ_PART_TEXT || kind == YZ_PART_REASONING || kind == YZ_PART_REFUSAL || kind == YZ_PART_TOOL_CALL;
}

static void put_member(writing *w, const char *name, yz_str escaped) {
    if (escaped.n == 0)
        return;
    yz_buf_printf(w->out, ",\"%s\":", name);
    put_plain(w, yz_json_unescape(w->arena, escaped));
}

static void put_item(writing *w, const capture_item *item) {
    yz_str text = yz_buf_view(&item->text);
    yz_buf_printf(w->out, "{\"kind\":\"%s\"", kind_word(item->kind));
    if (item->choice)
        yz_buf_printf(w->out, ",\"choice\":%u", item->choice);
    put_member(w, "id", item->id), put_member(w, "name", item->name);
    yz_buf_printf(w->out, ",\"%s\":", item->kind == YZ_PART_TOOL_CALL ? "arguments" : "text");
    if (is_text(item->kind))
        put_plain(w, yz_json_unescape(w->arena, text));
    else
        put_left_out(w, text, "data");
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
        put_item(w, &what->items[i]);
    }
    yz_buf_char(w->out, ']');
    if (what->unread)
        yz_buf_lit(w->out, ",\"answer_left_out\":\"it came out of a cache\"");
    else if (what->cut)
        yz_buf_lit(w->out, ",\"answer_left_out\":\"the rest of it\"");
    if (what->end && what->end->usage)
        put_usage(w, what->end->usage);
}

static void put_outcome(writing *w, const captured *what) {
    yz_buf_printf(w->out, ",\"ended\":\"%s\"", what->end ? "whole" : what->error ? "error" : "left");
    if (!what->error)
        return;
    yz_buf_printf(w->out, ",\"error\":{\"class\":\"%s\",\"message\":", yz_error_word(what->error->class_));
    put_plain(w, what->error->message);
    yz_buf_char(w->out, '}');
}

/* ---- the whole ------------------------------------------------------------------------------------------------------------- */

static void put_time(writing *w, int64_t seconds) {
    struct tm t;
    char text[32];
    time_t at = (time_t)seconds;
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&at, &t));
    yz_buf_printf(w->out, ",\"time\":\"%s\"", text);
}

static void put_name(writing *w, const char *name, yz_str plain) {
    yz_buf_printf(w->out, ",\"%s\":", name);
    yz_buf_json_str(w->out, plain);
}

static void put_target(writing *w, const yz_head *head) {
    if (!head || !head->target)
        return;
    put_name(w, "provider", head->target->provider->name);
    put_name(w, "provider_model", head->target->model);
}

void document_put(yz_buf *out, const captured *what, unsigned kinds, int64_t of_one, yz_arena *arena) {
    const yz_request *r = what->request;
    writing w = {.out = out, .arena = arena, .kinds = kinds, .left = of_one};
    yz_buf_lit(out, "{\"capture\":1");
    put_name(&w, "request_id", r->id);
    put_time(&w, what->began);
    put_name(&w, "key", r->key->name);
    put_name(&w, "model", r->model);
    put_name(&w, "dialect", yz_str_of(r->dialect->dialect));
    put_target(&w, what->head);
    yz_buf_lit(out, ",\"request\":");
    put_value(&w, r->json);
    put_answer(&w, what);
    put_outcome(&w, what);
    yz_buf_lit(out, "}\n");
}
