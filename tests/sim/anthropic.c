/* anthropic.c: what Anthropic answers: documents, streams, errors. */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>

void anthropic_error(const refusal *r, buf *out) {
    buf_adds(out, "{\"type\":\"error\",\"error\":{\"type\":");
    buf_json(out, r->type, strlen(r->type));
    buf_adds(out, ",\"message\":");
    buf_json(out, r->message, strlen(r->message));
    buf_printf(out, "},\"request_id\":\"req_sim%06llu\"}", (unsigned long long)sim_totals.requests);
}

static const char *stop_reason(const answer *a) {
    if (!strcmp(a->finish, "stop"))
        return "end_turn";
    if (!strcmp(a->finish, "length"))
        return "max_tokens";
    if (!strcmp(a->finish, "tool_calls"))
        return "tool_use";
    return !strcmp(a->finish, "content_filter") ? "refusal" : a->finish;
}

static void usage(const answer *a, int64_t output, buf *out) {
    buf_printf(out,
               "{\"input_tokens\":%lld,\"cache_creation_input_tokens\":0,\"cache_read_input_tokens\":%lld,\"cache_creation\":{\"ephemeral_"
               "5m_input_tokens\":"
               "0,\"ephemeral_1h_input_tokens\":0},\"output_tokens\":%lld,\"service_tier\":\"standard\"}",
               (long long)(a->prompt_tokens - a->cached_tokens), (long long)a->cached_tokens, (long long)output);
}

static void opening(const answer *a, buf *out) {
    buf_printf(out, "{\"id\":\"%s\",\"type\":\"message\",\"role\":\"assistant\",\"model\":", a->id);
    buf_json(out, a->model, strlen(a->model));
    buf_adds(out, ",\"content\":[");
}

void anthropic_document(const answer *a, buf *out) {
    size_t n = 0;
    opening(a, out);
    if (a->reasoning) {
        buf_adds(out, "{\"type\":\"thinking\",\"thinking\":");
        buf_json(out, a->reasoning, strlen(a->reasoning));
        buf_adds(out, ",\"signature\":\"c2ltIHNpZ25hdHVyZQ==\"}");
        n++;
    }
    if (a->text.n) {
        buf_printf(out, "%s{\"type\":\"text\",\"text\":", n++ ? "," : "");
        buf_json(out, a->text.p, a->text.n);
        buf_adds(out, "}");
    }
    for (size_t i = 0; i < a->n_calls; i++)
        buf_printf(out, "%s{\"type\":\"tool_use\",\"id\":\"%s\",\"name\":\"%s\",\"input\":%s}", n++ ? "," : "", a->calls[i].id,
                   a->calls[i].name, a->calls[i].args);
    buf_printf(out, "],\"stop_reason\":\"%s\",\"stop_sequence\":null,\"usage\":", stop_reason(a));
    usage(a, a->completion_tokens, out);
    buf_adds(out, "}");
}

static void event(play *p, const char *name, buf *e) {
    play_event(p, name, e->p, e->n);
    e->n = 0;
}

static bool error_event(play *p, buf *e) {
    const fault *f = p->fault;
    if (f->event_chunks != p->content)
        return false;
    e->n = 0;
    refusal r;
    refuse(&r, 200, f->event_type, "", "", "%s", f->event_message ? f->event_message : "Overloaded");
    anthropic_error(&r, e);
    event(p, "error", e);
    if (!f->event_done)
        p->stopped = true;
    return p->stopped;
}

static void block_start(play *p, buf *e, size_t index, const char *what) {
    buf_printf(e, "{\"type\":\"content_block_start\",\"index\":%zu,\"content_block\":%s}", index, what);
    event(p, "content_block_start", e);
}

static void block_delta(play *p, buf *e, size_t index, const char *type, const char *field, str s) {
    buf_printf(e, "{\"type\":\"content_block_delta\",\"index\":%zu,\"delta\":{\"type\":\"%s\",\"%s\":", index, type, field);
    buf_json(e, s.p, s.n);
    buf_adds(e, "}}");
    event(p, "content_block_delta", e);
}

static void block_stop(play *p, buf *e, size_t index) {
    buf_printf(e, "{\"type\":\"content_block_stop\",\"index\":%zu}", index);
    event(p, "content_block_stop", e);
}

static void stream_start(const answer *a, play *p, buf *e) {
    buf_adds(e, "{\"type\":\"message_start\",\"message\":");
    opening(a, e);
    buf_adds(e, "],\"stop_reason\":null,\"stop_sequence\":null,\"usage\":");
    usage(a, 1, e);
    buf_adds(e, "}}");
    event(p, "message_start", e);
}

static void stream_end(const answer *a, play *p, buf *e) {
    buf_printf(e,
               "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"%s\",\"stop_sequence\":null},\"usage\":{\"output_tokens\":%lld}}",
               stop_reason(a), (long long)a->completion_tokens);
    event(p, "message_delta", e);
    if (p->fault->no_done)
        return;
    buf_adds(e, "{\"type\":\"message_stop\"}");
    event(p, "message_stop", e);
}

static bool stream_text(const answer *a, play *p, buf *e, size_t index) {
    block_start(p, e, index, "{\"type\":\"text\",\"text\":\"\"}");
    buf_adds(e, "{\"type\":\"ping\"}");
    event(p, "ping", e);
    for (int64_t i = 0; i < a->chunks; i++) {
        if (error_event(p, e) || !play_content(p))
            return false;
        block_delta(p, e, index, "text_delta", "text", answer_piece(a, i));
    }
    block_stop(p, e, index);
    return true;
}

static bool stream_call(const tool_call *c, play *p, buf *e, size_t index) {
    char what[320];
    if (error_event(p, e) || !play_content(p))
        return false;
    snprintf(what, sizeof what, "{\"type\":\"tool_use\",\"id\":\"%s\",\"name\":\"%s\",\"input\":{}}", c->id, c->name);
    block_start(p, e, index, what);
    block_delta(p, e, index, "input_json_delta", "partial_json", (str){"", 0});
    size_t n = strcmp(c->args, "{}") ? strlen(c->args) : 0, step = n / 3 + 1; /* a call without arguments: no more pieces */
    for (size_t at = 0; at < n;) {
        size_t end = at + step < n ? at + step : n;
        while (end < n && ((unsigned char)c->args[end] & 0xc0) == 0x80)
            end++;
        block_delta(p, e, index, "input_json_delta", "partial_json", (str){c->args + at, end - at});
        at = end;
    }
    block_stop(p, e, index);
    return true;
}

void anthropic_stream(const answer *a, play *p) {
    buf e = {0};
    size_t index = 0;
    bool on = true;
    if (p->fault->event_chunks == 0)
        on = !error_event(p, &e);
    if (on)
        stream_start(a, p, &e);
    if (on && a->reasoning && (on = play_content(p))) {
        block_start(p, &e, index, "{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}");
        block_delta(p, &e, index, "thinking_delta", "thinking", (str){a->reasoning, strlen(a->reasoning)});
        block_delta(p, &e, index, "signature_delta", "signature", (str){"c2ltIHNpZ25hdHVyZQ==", 20});
        block_stop(p, &e, index++);
    }
    if (on && a->text.n)
        on = stream_text(a, p, &e, index++);
    for (size_t i = 0; on && i < a->n_calls; i++)
        on = stream_call(&a->calls[i], p, &e, index++);
    if (on && !error_event(p, &e))
        stream_end(a, p, &e);
    buf_free(&e);
}

void anthropic_huge(const answer *a, const question *q, play *p) {
    buf e = {0}, filler = {0};
    memset(buf_room(&filler, 16384), 'x', 16384);
    filler.n = 16384;
    p->fill_left = 0;
    uint64_t units = p->fault->huge / filler.n + 1;
    if (q->stream) {
        stream_start(a, p, &e);
        block_start(p, &e, 0, "{\"type\":\"text\",\"text\":\"\"}");
        buf kept = p->out;
        p->out = (buf){0};
        block_delta(p, &e, 0, "text_delta", "text", (str){filler.p, filler.n});
        p->fill = p->out;
        p->out = kept;
        p->fill_left = units;
        block_stop(p, &e, 0);
        stream_end(a, p, &e);
        buf_free(&filler);
    } else {
        opening(a, &p->out);
        buf_adds(&p->out, "{\"type\":\"text\",\"text\":\"");
        p->fill = filler;
        p->fill_left = units;
        buf_adds(&p->post, "\"}],\"stop_reason\":\"end_turn\",\"stop_sequence\":null,\"usage\":");
        usage(a, a->completion_tokens, &p->post);
        buf_adds(&p->post, "}");
    }
    buf_free(&e);
}
