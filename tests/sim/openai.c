/* openai.c: what OpenAI answers: documents, streams, errors. */
#include "sim.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static void nullable(buf *out, const char *s) {
    if (s && *s)
        buf_json(out, s, strlen(s));
    else
        buf_adds(out, "null");
}

void openai_error(const refusal *r, buf *out) {
    buf_adds(out, "{\n  \"error\": {\n    \"message\": ");
    buf_json(out, r->message, strlen(r->message));
    buf_adds(out, ",\n    \"type\": ");
    nullable(out, r->type);
    buf_adds(out, ",\n    \"param\": ");
    nullable(out, r->param);
    buf_adds(out, ",\n    \"code\": ");
    nullable(out, r->code);
    buf_adds(out, "\n  }\n}\n");
}

static void usage(const answer *a, buf *out) {
    buf_printf(
        out,
        "\"usage\":{\"prompt_tokens\":%lld,\"completion_tokens\":%lld,\"total_tokens\":%lld,\"prompt_tokens_details\":{\"cached_tokens\":%"
        "lld,"
        "\"audio_tokens\":0},\"completion_tokens_details\":{\"reasoning_tokens\":0,\"audio_tokens\":0,\"accepted_prediction_tokens\":0,"
        "\"rejected_prediction_tokens\":0}}",
        (long long)a->prompt_tokens, (long long)a->completion_tokens, (long long)(a->prompt_tokens + a->completion_tokens),
        (long long)a->cached_tokens);
}

static void message(const answer *a, buf *out) {
    buf_adds(out, "{\"role\":\"assistant\",\"content\":");
    if (a->n_calls && !a->text.n)
        buf_adds(out, "null");
    else
        buf_json(out, a->text.p, a->text.n);
    if (a->reasoning) {
        buf_adds(out, ",\"reasoning_content\":");
        buf_json(out, a->reasoning, strlen(a->reasoning));
    }
    for (size_t i = 0; i < a->n_calls; i++) {
        const tool_call *c = &a->calls[i];
        buf_printf(out,
                   "%s{\"id\":\"%s\",\"type\":\"function\",\"function\":{\"name\":\"%s\",\"arguments\":", i ? "," : ",\"tool_calls\":[",
                   c->id, c->name);
        buf_json(out, c->args, strlen(c->args));
        buf_adds(out, i + 1 == a->n_calls ? "}}]" : "}}");
    }
    buf_adds(out, ",\"refusal\":null,\"annotations\":[]}");
}

static void opening(const answer *a, const char *object, buf *out) {
    buf_printf(out, "{\"id\":\"%s\",\"object\":\"%s\",\"created\":%lld,\"model\":", a->id, object, (long long)a->created);
    buf_json(out, a->model, strlen(a->model));
}

void openai_document(const answer *a, const question *q, const fault *f, buf *out) {
    opening(a, "chat.completion", out);
    buf_adds(out, ",\"choices\":[");
    for (size_t i = 0; i < q->n; i++) {
        buf_printf(out, "%s{\"index\":%zu,\"message\":", i ? "," : "", i);
        message(a, out);
        buf_printf(out, ",\"logprobs\":null,\"finish_reason\":\"%s\"}", a->finish);
    }
    buf_adds(out, "],");
    if (!f->no_usage) {
        usage(a, out);
        buf_adds(out, ",");
    }
    buf_adds(out, "\"service_tier\":\"default\",\"system_fingerprint\":\"fp_sim\"}\n");
}

/* A chunk event up to the choices. */
static void chunk(const answer *a, buf *out) {
    out->n = 0;
    opening(a, "chat.completion.chunk", out);
    buf_adds(out, ",\"service_tier\":\"default\",\"system_fingerprint\":\"fp_sim\",\"choices\":[");
}

static void choice(const question *q, play *p, buf *out, const char *finish) {
    buf_printf(out, "},\"logprobs\":null,\"finish_reason\":%s%s%s}]", finish ? "\"" : "", finish ? finish : "null", finish ? "\"" : "");
    if (q->include_usage)
        buf_adds(out, ",\"usage\":null");
    buf_adds(out, "}");
    play_event(p, NULL, out->p, out->n);
}

static void delta_open(const answer *a, buf *out, size_t index) {
    chunk(a, out);
    buf_printf(out, "{\"index\":%zu,\"delta\":{", index);
}

/* The scripted error inside the stream; true if the stream ends with it. */
static bool error_event(play *p) {
    const fault *f = p->fault;
    if (f->event_chunks != p->content)
        return false;
    refusal r;
    refuse(&r, 200, f->event_type, f->error_code, NULL, "%s", f->event_message ? f->event_message : "The server is overloaded");
    buf e = {0}, line = {0};
    openai_error(&r, &e);
    for (size_t i = 0; i < e.n; i++)
        if (e.p[i] != '\n')
            buf_add(&line, e.p + i, 1);
    play_event(p, NULL, line.p, line.n);
    buf_free(&e);
    buf_free(&line);
    if (!f->event_done)
        p->stopped = true;
    return p->stopped;
}

static void stream_calls(const answer *a, const question *q, play *p, buf *e) {
    for (size_t i = 0; i < a->n_calls && !p->stopped; i++) {
        const tool_call *c = &a->calls[i];
        if (error_event(p) || !play_content(p))
            return;
        delta_open(a, e, 0);
        buf_printf(e,
                   "\"tool_calls\":[{\"index\":%zu,\"id\":\"%s\",\"type\":\"function\",\"function\":{\"name\":\"%s\",\"arguments\":\"\"}}]",
                   i, c->id, c->name);
        choice(q, p, e, NULL);
        size_t n = strlen(c->args), step = n / 3 + 1;
        for (size_t at = 0; at < n;) {
            size_t end = at + step < n ? at + step : n;
            while (end < n && ((unsigned char)c->args[end] & 0xc0) == 0x80)
                end++;
            delta_open(a, e, 0);
            buf_printf(e, "\"tool_calls\":[{\"index\":%zu,\"function\":{\"arguments\":", i);
            buf_json(e, c->args + at, end - at);
            buf_adds(e, "}}]");
            choice(q, p, e, NULL);
            at = end;
        }
    }
}

static void stream_text(const answer *a, const question *q, play *p, buf *e) {
    for (int64_t i = 0; i < a->chunks && a->text.n && !p->stopped; i++) {
        str piece = answer_piece(a, i);
        if (error_event(p) || !play_content(p))
            return;
        for (size_t index = 0; index < q->n; index++) {
            delta_open(a, e, index);
            buf_adds(e, "\"content\":");
            buf_json(e, piece.p, piece.n);
            choice(q, p, e, NULL);
        }
    }
}

static void stream_end(const answer *a, const question *q, play *p, buf *e) {
    for (size_t index = 0; index < q->n; index++) {
        delta_open(a, e, index);
        choice(q, p, e, a->finish);
    }
    if (q->include_usage && !p->fault->no_usage) {
        chunk(a, e);
        buf_adds(e, "],");
        usage(a, e);
        buf_adds(e, "}");
        play_event(p, NULL, e->p, e->n);
    }
    if (!p->fault->no_done)
        play_event(p, NULL, "[DONE]", 6);
}

void openai_stream(const answer *a, const question *q, play *p) {
    buf e = {0};
    if (!error_event(p)) {
        for (size_t index = 0; index < q->n; index++) {
            delta_open(a, &e, index);
            buf_adds(&e, "\"role\":\"assistant\",\"content\":\"\",\"refusal\":null");
            choice(q, p, &e, NULL);
        }
        if (a->reasoning && play_content(p)) {
            delta_open(a, &e, 0);
            buf_adds(&e, "\"reasoning_content\":");
            buf_json(&e, a->reasoning, strlen(a->reasoning));
            choice(q, p, &e, NULL);
        }
        stream_text(a, q, p, &e);
        stream_calls(a, q, p, &e);
        if (!error_event(p))
            stream_end(a, q, p, &e);
    }
    buf_free(&e);
}

/* An answer of a->fill bytes and more, made while it is sent. */
void openai_huge(const answer *a, const question *q, play *p) {
    buf e = {0}, filler = {0};
    memset(buf_room(&filler, 16384), 'x', 16384);
    filler.n = 16384;
    if (q->stream) {
        delta_open(a, &e, 0);
        buf_adds(&e, "\"role\":\"assistant\",\"content\":\"\"");
        choice(q, p, &e, NULL);
        buf kept = p->out;
        p->out = (buf){0};
        delta_open(a, &e, 0);
        buf_printf(&e, "\"content\":\"%.*s\"", (int)filler.n, filler.p);
        choice(q, p, &e, NULL);
        p->fill = p->out;
        p->out = kept;
        p->fill_left = p->fault->huge / filler.n + 1;
        stream_end(a, q, p, &e);
    } else {
        opening(a, "chat.completion", &p->out);
        buf_adds(&p->out, ",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"refusal\":null,\"content\":\"");
        p->fill = filler;
        p->fill_left = p->fault->huge / filler.n + 1;
        filler = (buf){0};
        buf_printf(&p->post, "\"},\"logprobs\":null,\"finish_reason\":\"stop\"}],");
        usage(a, &p->post);
        buf_adds(&p->post, "}\n");
    }
    buf_free(&e);
    buf_free(&filler);
}

void openai_completion_document(const answer *a, const question *q, buf *out) {
    opening(a, "text_completion", out);
    buf_adds(out, ",\"choices\":[");
    for (size_t i = 0; i < q->n; i++) {
        buf_printf(out, "%s{\"text\":", i ? "," : "");
        buf_json(out, a->text.p, a->text.n);
        buf_printf(out, ",\"index\":%zu,\"logprobs\":null,\"finish_reason\":\"%s\"}", i, a->finish);
    }
    buf_adds(out, "],");
    usage(a, out);
    buf_adds(out, "}\n");
}

void openai_completion_stream(const answer *a, const question *q, play *p) {
    buf e = {0};
    for (int64_t i = 0; i <= a->chunks && !p->stopped; i++) {
        bool last = i == a->chunks;
        str piece = last ? (str){"", 0} : answer_piece(a, i);
        if (!last && (error_event(p) || !play_content(p)))
            break;
        e.n = 0;
        opening(a, "text_completion", &e);
        buf_adds(&e, ",\"choices\":[{\"text\":");
        buf_json(&e, piece.p, piece.n);
        buf_printf(&e, ",\"index\":0,\"logprobs\":null,\"finish_reason\":%s%s%s}]}", last ? "\"" : "", last ? a->finish : "null",
                   last ? "\"" : "");
        play_event(p, NULL, e.p, e.n);
    }
    if (q->include_usage) {
        e.n = 0;
        opening(a, "text_completion", &e);
        buf_adds(&e, ",\"choices\":[],");
        usage(a, &e);
        buf_adds(&e, "}");
        play_event(p, NULL, e.p, e.n);
    }
    play_event(p, NULL, "[DONE]", 6);
    buf_free(&e);
}

static void base64(const unsigned char *p, size_t n, buf *out) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < n; i += 3) {
        unsigned v = (unsigned)p[i] << 16 | (i + 1 < n ? (unsigned)p[i + 1] << 8 : 0) | (i + 2 < n ? p[i + 2] : 0);
        char c[4] = {digits[v >> 18], digits[v >> 12 & 63], i + 1 < n ? digits[v >> 6 & 63] : '=', i + 2 < n ? digits[v & 63] : '='};
        buf_add(out, c, 4);
    }
}

static void vector(const cJSON *input, const char *model, size_t n, bool as_base64, buf *out) {
    const char *text = cJSON_IsString(input) ? input->valuestring : "";
    uint64_t h = answer_hash(model, text, strlen(text));
    float *v = sim_alloc(n * sizeof *v);
    for (size_t i = 0; i < n; i++) {
        h = h * 6364136223846793005u + 1442695040888963407u;
        v[i] = (float)(int64_t)(h >> 40) / 8388608.0f - 1.0f; /* exact in a float */
    }
    if (as_base64) {
        buf_adds(out, "\"");
        base64((const unsigned char *)v, n * sizeof *v, out);
        buf_adds(out, "\"");
    } else {
        for (size_t i = 0; i < n; i++)
            buf_printf(out, "%s%.9g", i ? "," : "[", (double)v[i]);
        buf_adds(out, "]");
    }
    free(v);
}

void openai_embedding(const cJSON *body, buf *out) {
    const cJSON *input = cJSON_GetObjectItemCaseSensitive(body, "input"), *d = cJSON_GetObjectItemCaseSensitive(body, "dimensions"), *item;
    const char *format = json_string(body, "encoding_format"), *model = json_string(body, "model");
    bool as_base64 = format && !strcmp(format, "base64");
    size_t n = cJSON_IsNumber(d) ? (size_t)d->valuedouble : 16, i = 0;
    buf_adds(out, "{\"object\":\"list\",\"data\":[");
    bool several = cJSON_IsArray(input) && cJSON_IsString(cJSON_GetArrayItem(input, 0));
    if (!several) {
        buf_adds(out, "{\"object\":\"embedding\",\"index\":0,\"embedding\":");
        vector(input, model, n, as_base64, out);
        buf_adds(out, "}");
    } else {
        cJSON_ArrayForEach(item, input) {
            buf_printf(out, "%s{\"object\":\"embedding\",\"index\":%zu,\"embedding\":", i ? "," : "", i);
            vector(item, model, n, as_base64, out);
            buf_adds(out, "}");
            i++;
        }
    }
    buf_adds(out, "],\"model\":");
    buf_json(out, model, strlen(model));
    buf_adds(out, ",\"usage\":{\"prompt_tokens\":8,\"total_tokens\":8}}\n");
}

void openai_moderation(const cJSON *body, buf *out) {
    const cJSON *input = cJSON_GetObjectItemCaseSensitive(body, "input");
    bool flagged = cJSON_IsString(input) && strstr(input->valuestring, "violence");
    buf_printf(out,
               "{\"id\":\"modr-sim\",\"model\":\"omni-moderation-latest\",\"results\":[{\"flagged\":%s,\"categories\":{\"violence\":%s},"
               "\"category_scores\":{\"violence\":%s},\"category_applied_input_types\":{\"violence\":[\"text\"]}}]}\n",
               flagged ? "true" : "false", flagged ? "true" : "false", flagged ? "0.9" : "0.01");
}
