/* gemini.c: what the Gemini API answers: documents, streams, errors, counts, embeddings.
 *
 * As the real one does: lines end in CR LF, calls mostly have no id, the last event of a stream has a text that is empty, and from Gemini 3
 * on a signature stands beside the first call of a turn, or beside that empty text. */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>

#define GET(o, name) cJSON_GetObjectItemCaseSensitive(o, name)

void gemini_error(const refusal *r, buf *out) {
    buf_printf(out, "{\n  \"error\": {\n    \"code\": %d,\n    \"message\": ", r->status == 200 ? 503 : r->status);
    buf_json(out, r->message, strlen(r->message));
    buf_adds(out, ",\n    \"status\": ");
    buf_json(out, r->type, strlen(r->type));
    if (r->code[0])
        buf_printf(out,
                   ",\n    \"details\": [{\"@type\": \"type.googleapis.com/google.rpc.ErrorInfo\", \"reason\": \"%s\", \"domain\": "
                   "\"googleapis.com\"}]",
                   r->code);
    buf_adds(out, "\n  }\n}\n");
}

static const char *finish_reason(const answer *a) {
    if (!strcmp(a->finish, "stop") || !strcmp(a->finish, "tool_calls"))
        return "STOP";
    if (!strcmp(a->finish, "length"))
        return "MAX_TOKENS";
    return !strcmp(a->finish, "content_filter") ? "SAFETY" : a->finish;
}

static bool is_signing(const answer *a) { return !strncmp(a->model, "gemini-3", 8); }

static void usage(const answer *a, int64_t output, const fault *f, buf *out) {
    int64_t thoughts = a->reasoning ? (int64_t)strlen(a->reasoning) / 4 + 1 : 0;
    if (f->no_usage)
        return;
    buf_printf(out, ",\"usageMetadata\":{\"promptTokenCount\":%lld,\"candidatesTokenCount\":%lld,\"totalTokenCount\":%lld",
               (long long)a->prompt_tokens, (long long)output, (long long)(a->prompt_tokens + output + thoughts));
    if (a->cached_tokens)
        buf_printf(out, ",\"cachedContentTokenCount\":%lld", (long long)a->cached_tokens);
    if (thoughts)
        buf_printf(out, ",\"thoughtsTokenCount\":%lld", (long long)thoughts);
    buf_printf(out, ",\"promptTokensDetails\":[{\"modality\":\"TEXT\",\"tokenCount\":%lld}]}", (long long)a->prompt_tokens);
}

static void ending(const answer *a, buf *out) {
    buf_adds(out, ",\"modelVersion\":");
    buf_json(out, a->model, strlen(a->model));
    buf_printf(out, ",\"responseId\":\"%s\"}", a->id);
}

static void text_part(str text, bool thought, buf *out) {
    buf_adds(out, "{\"text\":");
    buf_json(out, text.p, text.n);
    buf_adds(out, thought ? ",\"thought\":true}" : "}");
}

static void call_part(const answer *a, size_t i, buf *out) {
    buf_printf(out, "{\"functionCall\":{\"name\":\"%s\",\"args\":%s}", a->calls[i].name, a->calls[i].args);
    buf_adds(out, i == 0 && is_signing(a) ? ",\"thoughtSignature\":\"" GEMINI_SIGNATURE "\"}" : "}");
}

/* Asked for pictures, it paints one of one point beside its words. */
static void picture_part(const question *q, buf *out) {
    if (q->paints)
        buf_adds(out, ",{\"inlineData\":{\"mimeType\":\"image/png\",\"data\":\"" SIM_PNG "\"}}");
}

void gemini_document(const answer *a, const question *q, const fault *f, buf *out) {
    buf_adds(out, "{\"candidates\":[");
    for (size_t k = 0; k < (q->n ? q->n : 1); k++) {
        size_t n = 0;
        buf_adds(out, k ? ",{\"content\":{\"parts\":[" : "{\"content\":{\"parts\":[");
        if (a->reasoning) {
            text_part((str){a->reasoning, strlen(a->reasoning)}, true, out);
            n++;
        }
        if (a->text.n) {
            buf_adds(out, n++ ? "," : "");
            text_part((str){a->text.p, a->text.n}, false, out);
            picture_part(q, out);
        }
        for (size_t i = 0; i < a->n_calls; i++) {
            buf_adds(out, n++ ? "," : "");
            call_part(a, i, out);
        }
        buf_printf(out, "],\"role\":\"model\"},\"finishReason\":\"%s\",\"index\":%zu}", finish_reason(a), k);
    }
    buf_adds(out, "]");
    usage(a, a->completion_tokens, f, out);
    ending(a, out);
}

/* ---- the stream ---------------------------------------------------------------------------------------------------------- */

static void begin(buf *e) {
    e->n = 0;
    buf_adds(e, "{\"candidates\":[{\"content\":{\"parts\":[");
}

static void finish_event(const answer *a, play *p, buf *e, const char *reason, int64_t output) {
    buf_adds(e, "],\"role\":\"model\"}");
    if (reason)
        buf_printf(e, ",\"finishReason\":\"%s\"", reason);
    buf_adds(e, ",\"index\":0}]");
    usage(a, output, p->fault, e);
    ending(a, e);
    play_event(p, NULL, e->p, e->n);
}

static bool error_event(play *p, buf *e) {
    const fault *f = p->fault;
    if (f->event_chunks != p->content)
        return false;
    refusal r;
    refuse(&r, 200, f->event_type, "", "", "%s", f->event_message ? f->event_message : "The model is overloaded. Please try again later.");
    e->n = 0;
    gemini_error(&r, e);
    for (size_t i = 0; i < e->n; i++)
        e->p[i] = e->p[i] == '\n' ? ' ' : e->p[i];
    play_event(p, NULL, e->p, e->n);
    p->stopped |= !f->event_done;
    return p->stopped;
}

static bool content(const answer *a, play *p, buf *e, str text, bool thought, int64_t output) {
    if (error_event(p, e) || !play_content(p))
        return false;
    begin(e);
    text_part(text, thought, e);
    finish_event(a, p, e, NULL, output);
    return true;
}

static bool calls(const answer *a, play *p, buf *e) {
    if (error_event(p, e) || !play_content(p))
        return false;
    begin(e);
    for (size_t i = 0; i < a->n_calls; i++) {
        buf_adds(e, i ? "," : "");
        call_part(a, i, e);
    }
    finish_event(a, p, e, NULL, a->completion_tokens);
    return true;
}

void gemini_stream(const answer *a, const question *q, play *p) {
    buf e = {0};
    bool on = !a->reasoning || content(a, p, &e, (str){a->reasoning, strlen(a->reasoning)}, true, 0);
    for (int64_t i = 0; on && a->text.n && i < a->chunks; i++)
        on = content(a, p, &e, answer_piece(a, i), false, a->completion_tokens * (i + 1) / a->chunks);
    if (on && a->n_calls)
        on = calls(a, p, &e);
    if (on && q->paints) {
        begin(&e);
        buf_adds(&e, "{\"text\":\"\"}");
        picture_part(q, &e);
        finish_event(a, p, &e, NULL, a->completion_tokens);
    }
    if (on && !error_event(p, &e) && !p->fault->no_done) {
        begin(&e);
        buf_adds(&e, is_signing(a) && !a->n_calls ? "{\"text\":\"\",\"thoughtSignature\":\"" GEMINI_SIGNATURE "\"}" : "{\"text\":\"\"}");
        finish_event(a, p, &e, finish_reason(a), a->completion_tokens);
    }
    buf_free(&e);
}

void gemini_huge(const answer *a, const question *q, play *p) {
    buf e = {0}, filler = {0};
    memset(buf_room(&filler, 16384), 'x', 16384);
    filler.n = 16384;
    uint64_t units = p->fault->huge / filler.n + 1;
    if (q->stream) {
        buf kept = p->out;
        p->out = (buf){0};
        content(a, p, &e, (str){filler.p, filler.n}, false, 0);
        p->fill = p->out;
        p->out = kept;
        p->fill_left = units;
        begin(&e);
        finish_event(a, p, &e, finish_reason(a), a->completion_tokens);
        buf_free(&filler);
    } else {
        buf_adds(&p->out, "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"");
        p->fill = filler;
        p->fill_left = units;
        buf_adds(&p->post, "\"}],\"role\":\"model\"},\"finishReason\":\"STOP\",\"index\":0}]");
        usage(a, a->completion_tokens, p->fault, &p->post);
        ending(a, &p->post);
    }
    buf_free(&e);
}

/* ---- what is no chat -------------------------------------------------------------------------------------------------------- */

void gemini_count(size_t body, buf *out) {
    buf_printf(out, "{\"totalTokens\":%zu,\"promptTokensDetails\":[{\"modality\":\"TEXT\",\"tokenCount\":%zu}]}", body / 4 + 1,
               body / 4 + 1);
}

void gemini_embedding(const cJSON *body, buf *out) {
    const cJSON *requests = GET(body, "requests"), *one;
    bool first = true;
    if (!requests) {
        buf_adds(out, "{\"embedding\":{\"values\":[0.25,-0.5,1]}}");
        return;
    }
    buf_adds(out, "{\"embeddings\":[");
    cJSON_ArrayForEach(one, requests) {
        buf_adds(out, first ? "{\"values\":[0.25,-0.5,1]}" : ",{\"values\":[0.25,-0.5,1]}");
        first = false;
    }
    buf_adds(out, "]}");
}

void gemini_models(const char *name, buf *out) {
    static const char *const names[] = {"gemini-3-flash-preview", "gemini-2.5-flash", "gemini-embedding-001"};
    if (name) {
        buf_printf(
            out, "{\"name\":\"models/%s\",\"version\":\"001\",\"displayName\":\"%s\",\"supportedGenerationMethods\":[\"generateContent\"]}",
            name, name);
        return;
    }
    buf_adds(out, "{\"models\":[");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        buf_adds(out, i ? "," : "");
        gemini_models(names[i], out);
    }
    buf_adds(out, "]}");
}
