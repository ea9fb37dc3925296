/* responses.c: what OpenAI's Responses API answers: documents and streams, event by event as the real service sends them. */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>

#define SEALED RESPONSES_SEAL "sim-_9" /* thoughts as only it can read them; it knows its own again */

/* ---- items -------------------------------------------------------------------------------------------------------------------- */

static void summary(const answer *a, buf *out) {
    buf_adds(out, "{\"type\":\"summary_text\",\"text\":");
    buf_json(out, a->reasoning, strlen(a->reasoning));
    buf_adds(out, "}");
}

static void reasoning(const answer *a, const question *q, bool whole, buf *out) {
    buf_printf(out, "{\"id\":\"rs_%s\",\"type\":\"reasoning\",\"summary\":[", a->id + 5);
    if (whole)
        summary(a, out);
    buf_printf(out, "]%s}", q->sealed ? ",\"encrypted_content\":\"" SEALED "\"" : "");
}

static void part(str text, buf *out) {
    buf_adds(out, "{\"type\":\"output_text\",\"annotations\":[],\"logprobs\":[],\"text\":");
    buf_json(out, text.p, text.n);
    buf_adds(out, "}");
}

static void message(const answer *a, bool whole, buf *out) {
    buf_printf(out, "{\"id\":\"msg_%s\",\"type\":\"message\",\"status\":\"%s\",\"content\":[", a->id + 5,
               !whole                           ? "in_progress"
               : a->finish && *a->finish == 'l' ? "incomplete"
                                                : "completed");
    if (whole)
        part((str){a->text.p ? a->text.p : "", a->text.n}, out);
    buf_adds(out, "],\"phase\":\"final_answer\",\"role\":\"assistant\"}");
}

static void call(const answer *a, size_t i, bool whole, buf *out) {
    const tool_call *c = &a->calls[i];
    buf_printf(out, "{\"id\":\"fc_%zu%s\",\"type\":\"function_call\",\"status\":\"%s\",\"arguments\":", i, a->id + 5,
               whole ? "completed" : "in_progress");
    buf_json(out, c->args, whole ? strlen(c->args) : 0);
    buf_printf(out, ",\"call_id\":\"%s\",\"name\":\"%s\"}", c->id, c->name);
}

/* ---- the response ------------------------------------------------------------------------------------------------------------- */

static void usage(const answer *a, const fault *f, buf *out) {
    if (f->no_usage) {
        buf_adds(out, "null");
        return;
    }
    long long thought = a->reasoning ? 4 : 0;
    buf_printf(out,
               "{\"input_tokens\":%lld,\"input_tokens_details\":{\"cached_tokens\":%lld,\"cache_write_tokens\":0},\"output_tokens\":%lld,"
               "\"output_tokens_details\":{\"reasoning_tokens\":%lld},\"total_tokens\":%lld}",
               (long long)a->prompt_tokens, (long long)a->cached_tokens, (long long)a->completion_tokens, thought,
               (long long)(a->prompt_tokens + a->completion_tokens));
}

static const char *why(const answer *a) {
    return !strcmp(a->finish, "length") ? "max_output_tokens" : !strcmp(a->finish, "content_filter") ? "content_filter" : NULL;
}

static void opening(const answer *a, const question *q, const char *status, buf *out) {
    buf_printf(out, "{\"id\":\"%s\",\"object\":\"response\",\"created_at\":%lld,\"status\":\"%s\",\"background\":%s,\"error\":null", a->id,
               (long long)a->created, status, q->background ? "true" : "false");
    if (why(a) && *status == 'i' && status[2] == 'c')
        buf_printf(out, ",\"incomplete_details\":{\"reason\":\"%s\"}", why(a));
    else
        buf_adds(out, ",\"incomplete_details\":null");
    buf_adds(out, ",\"instructions\":null,\"max_output_tokens\":");
    if (q->max_tokens)
        buf_printf(out, "%lld", (long long)q->max_tokens);
    else
        buf_adds(out, "null");
    buf_adds(out, ",\"model\":");
    buf_json(out, a->model, strlen(a->model));
    buf_adds(out, ",\"output\":[");
}

static void closing(const answer *a, const question *q, const fault *f, bool over, buf *out) {
    buf_printf(out,
               "],\"parallel_tool_calls\":true,\"previous_response_id\":%s%s%s,\"conversation\":%s%s%s,\"reasoning\":{\"effort\":null,"
               "\"summary\":null},"
               "\"service_tier\":\"default\",\"store\":%s,\"temperature\":1.0,\"text\":{\"format\":{\"type\":\"text\"}},\"tool_choice\":"
               "\"auto\",\"tools\":[],\"top_p\":1.0,\"truncation\":\"disabled\",\"usage\":",
               q->previous[0] ? "\"" : "", q->previous[0] ? q->previous : "null", q->previous[0] ? "\"" : "",
               q->conversation[0] ? "{\"id\":\"" : "", q->conversation[0] ? q->conversation : "null", q->conversation[0] ? "\"}" : "",
               q->unstored ? "false" : "true");
    if (over)
        usage(a, f, out);
    else
        buf_adds(out, "null");
    buf_adds(out, ",\"user\":null,\"metadata\":{}}");
}

static const char *status_of(const answer *a) { return why(a) ? "incomplete" : "completed"; }

static void whole(const answer *a, const question *q, const fault *f, buf *out) {
    const char *comma = "";
    opening(a, q, status_of(a), out);
    if (a->reasoning) {
        reasoning(a, q, true, out);
        comma = ",";
    }
    if (a->text.n || !a->n_calls) {
        buf_adds(out, comma);
        message(a, true, out);
        comma = ",";
    }
    for (size_t i = 0; i < a->n_calls; i++, comma = ",") {
        buf_adds(out, comma);
        call(a, i, true, out);
    }
    closing(a, q, f, true, out);
}

void responses_document(const answer *a, const question *q, const fault *f, buf *out) {
    if (q->background) { /* it is there later, under its id */
        opening(a, q, "queued", out);
        closing(a, q, f, false, out);
    } else {
        whole(a, q, f, out);
    }
    buf_adds(out, "\n");
}

/* ---- streams -------------------------------------------------------------------------------------------------------------------- */

typedef struct stream {
    const answer *a;
    const question *q;
    play *p;
    buf e;
    char type[64];
    unsigned seq, item;
} stream;

static buf *event(stream *s, const char *type) {
    s->e.n = 0;
    snprintf(s->type, sizeof s->type, "%s", type);
    buf_printf(&s->e, "{\"type\":\"%s\",\"sequence_number\":%u", type, s->seq++);
    return &s->e;
}

static void emit(stream *s) {
    buf_adds(&s->e, "}");
    play_event(s->p, s->type, s->e.p, s->e.n);
}

static void lifecycle(stream *s, const char *type, const char *status) {
    bool over = strcmp(status, "in_progress") != 0;
    buf *e = event(s, type);
    buf_adds(e, ",\"response\":");
    if (over) {
        whole(s->a, s->q, s->p->fault, e);
    } else {
        opening(s->a, s->q, status, e);
        closing(s->a, s->q, s->p->fault, false, e);
    }
    emit(s);
}

/* The scripted error inside the stream; true if the stream ends with it. */
static bool error_event(stream *s) {
    const fault *f = s->p->fault;
    if (f->event_chunks != s->p->content || s->p->stopped)
        return s->p->stopped;
    const char *words = f->event_message ? f->event_message : "The server is overloaded";
    buf *e = event(s, "error");
    buf_adds(e, ",\"code\":");
    buf_json(e, f->event_type, strlen(f->event_type));
    buf_adds(e, ",\"message\":");
    buf_json(e, words, strlen(words));
    buf_adds(e, ",\"param\":null");
    emit(s);
    if (!f->event_done)
        s->p->stopped = true;
    return s->p->stopped;
}

static buf *about(stream *s, const char *type, const char *prefix, const char *index) {
    buf *e = event(s, type);
    buf_printf(e, ",\"item_id\":\"%s%s\",\"output_index\":%u", prefix, s->a->id + 5, s->item);
    if (index)
        buf_printf(e, ",\"%s\":0", index);
    return e;
}

static buf *item_event(stream *s, const char *type) {
    buf *e = event(s, type);
    buf_printf(e, ",\"output_index\":%u,\"item\":", s->item);
    return e;
}

static void stream_reasoning(stream *s) {
    const answer *a = s->a;
    if (!a->reasoning || !play_content(s->p))
        return;
    reasoning(a, s->q, false, item_event(s, "response.output_item.added"));
    emit(s);
    buf_adds(about(s, "response.reasoning_summary_part.added", "rs_", "summary_index"),
             ",\"part\":{\"type\":\"summary_text\",\"text\":\"\"}");
    emit(s);
    buf *e = about(s, "response.reasoning_summary_text.delta", "rs_", "summary_index");
    buf_adds(e, ",\"delta\":");
    buf_json(e, a->reasoning, strlen(a->reasoning));
    buf_adds(e, ",\"obfuscation\":\"aB3\"");
    emit(s);
    e = about(s, "response.reasoning_summary_text.done", "rs_", "summary_index");
    buf_adds(e, ",\"text\":");
    buf_json(e, a->reasoning, strlen(a->reasoning));
    emit(s);
    e = about(s, "response.reasoning_summary_part.done", "rs_", "summary_index");
    buf_adds(e, ",\"part\":");
    summary(a, e);
    emit(s);
    reasoning(a, s->q, true, item_event(s, "response.output_item.done"));
    emit(s);
    s->item++;
}

static void text_delta(stream *s, str piece) {
    buf *e = about(s, "response.output_text.delta", "msg_", "content_index");
    buf_adds(e, ",\"delta\":");
    buf_json(e, piece.p, piece.n);
    buf_adds(e, ",\"logprobs\":[],\"obfuscation\":\"aB3xY\"");
    emit(s);
}

static void message_begins(stream *s) {
    message(s->a, false, item_event(s, "response.output_item.added"));
    emit(s);
    buf *e = about(s, "response.content_part.added", "msg_", "content_index");
    buf_adds(e, ",\"part\":");
    part((str){"", 0}, e);
    emit(s);
}

static void stream_text(stream *s) {
    const answer *a = s->a;
    if (!a->text.n && a->n_calls)
        return;
    message_begins(s);
    for (int64_t i = 0; i < a->chunks && a->text.n && !s->p->stopped; i++) {
        if (error_event(s) || !play_content(s->p))
            return;
        text_delta(s, answer_piece(a, i));
    }
    str text = {a->text.p ? a->text.p : "", a->text.n};
    buf *e = about(s, "response.output_text.done", "msg_", "content_index");
    buf_adds(e, ",\"text\":");
    buf_json(e, text.p, text.n);
    buf_adds(e, ",\"logprobs\":[]");
    emit(s);
    e = about(s, "response.content_part.done", "msg_", "content_index");
    buf_adds(e, ",\"part\":");
    part(text, e);
    emit(s);
    message(a, true, item_event(s, "response.output_item.done"));
    emit(s);
    s->item++;
}

/* Arguments in pieces of five bytes or so, but not inside a character. */
static void stream_arguments(stream *s, size_t i, const char *prefix) {
    const tool_call *c = &s->a->calls[i];
    size_t n = strlen(c->args);
    for (size_t at = 0; at < n;) {
        size_t end = at + 5 < n ? at + 5 : n;
        while (end < n && ((unsigned char)c->args[end] & 0xc0) == 0x80)
            end++;
        buf *e = about(s, "response.function_call_arguments.delta", prefix, NULL);
        buf_adds(e, ",\"delta\":");
        buf_json(e, c->args + at, end - at);
        buf_adds(e, ",\"obfuscation\":\"q\"");
        emit(s);
        at = end;
    }
    buf *e = about(s, "response.function_call_arguments.done", prefix, NULL);
    buf_adds(e, ",\"arguments\":");
    buf_json(e, c->args, n);
    buf_printf(e, ",\"name\":\"%s\"", c->name);
    emit(s);
}

static void stream_calls(stream *s) {
    for (size_t i = 0; i < s->a->n_calls && !s->p->stopped; i++) {
        char prefix[32];
        snprintf(prefix, sizeof prefix, "fc_%zu", i);
        if (error_event(s) || !play_content(s->p))
            return;
        call(s->a, i, false, item_event(s, "response.output_item.added"));
        emit(s);
        stream_arguments(s, i, prefix);
        call(s->a, i, true, item_event(s, "response.output_item.done"));
        emit(s);
        s->item++;
    }
}

void responses_stream(const answer *a, const question *q, play *p) {
    stream s = {.a = a, .q = q, .p = p};
    if (!error_event(&s)) {
        lifecycle(&s, "response.created", "in_progress");
        lifecycle(&s, "response.in_progress", "in_progress");
        stream_reasoning(&s);
        stream_text(&s);
        stream_calls(&s);
        if (!error_event(&s) && !p->fault->no_done)
            lifecycle(&s, why(a) ? "response.incomplete" : "response.completed", status_of(a));
    }
    buf_free(&s.e);
}

/* An answer of fault->huge bytes and more, made while it is sent. */
void responses_huge(const answer *a, const question *q, play *p) {
    buf filler = {0};
    stream s = {.a = a, .q = q, .p = p};
    memset(buf_room(&filler, 16384), 'x', 16384);
    filler.n = 16384;
    p->fill_left = p->fault->huge / filler.n + 1;
    uint64_t left = p->fill_left;
    if (q->stream) {
        p->fill_left = 0;
        lifecycle(&s, "response.created", "in_progress");
        message_begins(&s);
        buf kept = p->out;
        p->out = (buf){0};
        text_delta(&s, (str){filler.p, filler.n});
        p->fill = p->out;
        p->out = kept;
        p->fill_left = left;
        lifecycle(&s, "response.completed", "completed");
    } else {
        opening(a, q, "completed", &p->out);
        buf_printf(&p->out,
                   "{\"id\":\"msg_%s\",\"type\":\"message\",\"status\":\"completed\",\"role\":\"assistant\",\"content\":[{\"type\":"
                   "\"output_text\",\"annotations\":[],\"text\":\"",
                   a->id + 5);
        p->fill = filler;
        filler = (buf){0};
        buf_adds(&p->post, "\"}]}");
        closing(a, q, p->fault, true, &p->post);
    }
    buf_free(&s.e);
    buf_free(&filler);
}
