/* judge.c: reads an answer as a suspicious client would. */
#include "judge.h"

#include <stdio.h>
#include <stdlib.h>

#define GET(o, name) cJSON_GetObjectItemCaseSensitive(o, name)

static const char *string(const cJSON *o, const char *name) {
    const cJSON *v = GET(o, name);
    return cJSON_IsString(v) ? v->valuestring : NULL;
}

static verdict broken(char why[160], const char *what) {
    snprintf(why, 160, "%s", what);
    return BROKEN;
}

/* An error envelope of the client's dialect. */
static bool error_ok(const asked *a, const cJSON *o, char why[160]) {
    const cJSON *e = GET(o, "error");
    const char *type = string(e, "type"), *code = string(e, "code");
    if (!string(e, "message") || !type || (a->anthropic && (!string(o, "type") || strcmp(string(o, "type"), "error") != 0)))
        return false;
    snprintf(why, 160, "%s", code ? code : type);
    return true;
}

static verdict text_verdict(const asked *a, const buf *text, char why[160]) {
    buf want = {0};
    bool same = false;
    for (size_t i = 0; i < a->n_models && !same; i++) {
        want.n = 0;
        answer_text(answer_hash(a->models[i], a->text, strlen(a->text)), a->words, &want);
        same = want.n == text->n && !memcmp(want.p, text->p, want.n);
    }
    buf_free(&want);
    if (same)
        return WHOLE;
    snprintf(why, 160, "not the text of this question: %.60s … (%zu bytes)", text->p ? text->p : "", text->n);
    return BROKEN;
}

static void add_text(buf *to, const char *s) {
    if (s)
        buf_adds(to, s);
}

static verdict judge_document(const asked *a, const char *body, size_t n, char why[160]) {
    cJSON *o = cJSON_ParseWithLength(body, n);
    buf text = {0};
    verdict v = BROKEN;
    const cJSON *block;
    if (!o) {
        v = broken(why, "the document is not JSON");
    } else {
        if (a->anthropic) {
            cJSON_ArrayForEach(block, GET(o, "content")) add_text(&text, string(block, "text"));
        } else {
            add_text(&text, string(GET(cJSON_GetArrayItem(GET(o, "choices"), 0), "message"), "content"));
        }
        v = text_verdict(a, &text, why);
    }
    buf_free(&text);
    cJSON_Delete(o);
    return v;
}

/* The state of a stream being read. */
typedef struct stream {
    const asked *a;
    buf text;
    bool done, finished;
    size_t errors;
    char *why;
} stream;

static bool read_event(stream *s, const char *data) {
    if (s->done || s->errors)
        return false; /* nothing may follow an end */
    if (!strcmp(data, "[DONE]")) {
        s->done = true;
        return !s->a->anthropic;
    }
    cJSON *o = cJSON_Parse(data);
    const char *type = string(o, "type");
    bool fine = o != NULL;
    if (o && GET(o, "error")) {
        s->errors++;
        fine = error_ok(s->a, o, s->why);
    } else if (o && s->a->anthropic) {
        add_text(&s->text, string(GET(o, "delta"), "text"));
        s->finished |= string(GET(o, "delta"), "stop_reason") != NULL;
        s->done = type && !strcmp(type, "message_stop");
        fine = type != NULL;
    } else if (o) {
        const cJSON *choice = cJSON_GetArrayItem(GET(o, "choices"), 0);
        add_text(&s->text, string(GET(choice, "delta"), "content"));
        s->finished |= string(choice, "finish_reason") != NULL;
        fine = GET(o, "choices") != NULL;
    }
    cJSON_Delete(o);
    return fine;
}

static verdict judge_stream(const asked *a, char *body, size_t n, char why[160]) {
    stream s = {.a = a, .why = why};
    bool fine = n > 2 && !memcmp(body + n - 2, "\n\n", 2);
    for (char *line = body, *end; fine && line < body + n; line = end + 1) {
        end = memchr(line, '\n', (size_t)(body + n - line));
        if (!end)
            break;
        *end = 0;
        if (!strncmp(line, "data: ", 6))
            fine = read_event(&s, line + 6);
    }
    verdict v;
    if (!fine)
        v = broken(why, s.errors ? "an event after the error" : "not a stream of events");
    else if (s.errors)
        v = ERROR_EVENT;
    else if (!s.done || !s.finished)
        v = broken(why, "the stream has no end");
    else
        v = text_verdict(a, &s.text, why);
    buf_free(&s.text);
    return v;
}

verdict judge(const asked *a, int status, bool event_stream, char *body, size_t n, char why[160]) {
    why[0] = 0;
    if (status == 200)
        return event_stream != a->stream ? broken(why, "not the form that was asked for")
               : event_stream            ? judge_stream(a, body, n, why)
                                         : judge_document(a, body, n, why);
    cJSON *o = cJSON_ParseWithLength(body, n);
    bool fine = o && status >= 400 && error_ok(a, o, why);
    cJSON_Delete(o);
    if (!fine)
        snprintf(why, 160, "status %d without an error of the dialect", status);
    return fine ? ERROR_ANSWER : BROKEN;
}
