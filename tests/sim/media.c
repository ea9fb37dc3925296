/* media.c: pictures, sound and rankings: what the Images and Audio APIs of OpenAI (reference of 2026-11) and the rerank API of Jina take,
 * and what they answer. A form becomes an object, with the number of bytes for a file, so that one table judges both kinds of bodies. */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>

#define INVALID "invalid_request_error"

media_op media_find(const char *path) {
    static const char *const paths[] = {
        [MEDIA_IMAGE] = "/v1/images/generations",
        [MEDIA_EDIT] = "/v1/images/edits",
        [MEDIA_VARIATION] = "/v1/images/variations",
        [MEDIA_SPEECH] = "/v1/audio/speech",
        [MEDIA_HEARD] = "/v1/audio/transcriptions",
        [MEDIA_ENGLISH] = "/v1/audio/translations",
        [MEDIA_RERANK] = "/v1/rerank",
        [MEDIA_VIDEO] = "/v1/videos",
    };
    for (int m = MEDIA_NONE + 1; m <= MEDIA_VIDEO; m++)
        if (!strcmp(path, paths[m]))
            return (media_op)m;
    return MEDIA_NONE;
}

bool media_takes_form(media_op m) {
    return m == MEDIA_VIDEO || m == MEDIA_EDIT || m == MEDIA_VARIATION || m == MEDIA_HEARD || m == MEDIA_ENGLISH;
}

/* ---- forms -------------------------------------------------------------------------------------------------------------- */

static char *between(str text, const char *open, char close, char *out, size_t size) {
    const char *p = memmem(text.p, text.n, open, strlen(open)), *from = p ? p + strlen(open) : NULL;
    const char *to = from ? memchr(from, close, (size_t)(text.p + text.n - from)) : NULL;
    if (!to)
        return NULL;
    snprintf(out, size, "%.*s", (int)(to - from), from);
    return out;
}

static bool add_part(cJSON *object, str part) {
    char name[64], file[128], value[4096];
    const char *end = memmem(part.p, part.n, "\r\n\r\n", 4);
    if (!end)
        return false;
    str head = {part.p, (size_t)(end - part.p)}, body = {end + 4, part.n - head.n - 4};
    if (!between(head, "form-data; name=\"", '"', name, sizeof name))
        return false;
    if (between(head, "filename=\"", '"', file, sizeof file)) {
        cJSON_AddNumberToObject(object, name, (double)body.n);
        return true;
    }
    if (body.n >= sizeof value || cJSON_HasObjectItem(object, name))
        return body.n < sizeof value && strstr(name, "[]") != NULL;
    snprintf(value, sizeof value, "%.*s", (int)body.n, body.p);
    cJSON_AddStringToObject(object, name, value);
    return true;
}

/* The fields of a form, or NULL. */
static cJSON *read_form(const request *r, str body) {
    str type = http_header(r, "content-type");
    const char *at = type.p ? memmem(type.p, type.n, "boundary=", 9) : NULL;
    if (!at || strncmp(type.p, "multipart/form-data", 19) != 0)
        return NULL;
    char line[96];
    size_t n = (size_t)snprintf(line, sizeof line, "--%.*s", (int)(type.p + type.n - at - 9), at + 9);
    cJSON *object = cJSON_CreateObject();
    const char *end = body.p + body.n, *p = memmem(body.p, body.n, line, n);
    bool fine = p == body.p && n < sizeof line, last = false;
    while (fine && !last) {
        p += n + 2;
        const char *next = memmem(p, (size_t)(end - p), line, n);
        fine = next && next - p >= 2 && add_part(object, (str){p, (size_t)(next - p) - 2});
        last = fine && end - next >= (ptrdiff_t)n + 2 && !memcmp(next + n, "--", 2);
        p = next;
    }
    if (fine)
        return object;
    cJSON_Delete(object);
    return NULL;
}

cJSON *media_read(media_op m, const request *r, str body) {
    str type = http_header(r, "content-type");
    if (media_takes_form(m) && type.n > 19 && !strncmp(type.p, "multipart/form-data", 19))
        return read_form(r, body);
    return str_is(http_header(r, "content-type"), "application/json") ? cJSON_ParseWithLength(body.p, body.n) : NULL;
}

/* ---- checks ------------------------------------------------------------------------------------------------------------- */

/* What each takes; the first `required` ones must be there. */
static const struct {
    size_t required;
    const char *fields[24];
} forms[] = {
    [MEDIA_IMAGE] = {2,
                     {"model", "prompt", "background", "moderation", "n", "output_compression", "output_format", "partial_images",
                      "quality", "response_format", "size", "stream", "style", "user"}},
    [MEDIA_EDIT] = {2,
                    {"model", "prompt", "image", "image[]", "mask", "background", "input_fidelity", "n", "output_compression",
                     "output_format", "partial_images", "quality", "response_format", "size", "stream", "user"}},
    [MEDIA_VARIATION] = {2, {"model", "image", "n", "response_format", "size", "user"}},
    [MEDIA_SPEECH] = {3, {"model", "input", "voice", "instructions", "response_format", "speed", "stream_format"}},
    [MEDIA_HEARD] = {2,
                     {"model", "file", "chunking_strategy", "include[]", "language", "prompt", "response_format", "stream", "temperature",
                      "timestamp_granularities[]", "known_speaker_names[]", "known_speaker_references[]"}},
    [MEDIA_ENGLISH] = {2, {"model", "file", "prompt", "response_format", "temperature"}},
    [MEDIA_VIDEO] = {2, {"model", "prompt", "seconds", "size", "input_reference"}},
    [MEDIA_RERANK] = {3, {"model", "query", "documents", "top_n", "return_documents"}},
};

static bool one_of(const cJSON *body, const char *name, const char *const *words, refusal *out) {
    const char *word = json_string(body, name);
    if (!word || json_list_has(words, word))
        return true;
    return refuse(out, 400, INVALID, "invalid_value", name, "Invalid value: '%s'.", word);
}

static bool check_image(const cJSON *body, const char *model, refusal *out) {
    static const char *const sizes[] = {"auto",      "256x256",   "512x512",   "1024x1024", "1536x1024",
                                        "1024x1536", "1792x1024", "1024x1792", NULL};
    const char *problem;
    if (!strncmp(model, "gpt-image", 9) && cJSON_HasObjectItem(body, "response_format"))
        return refuse(out, 400, INVALID, "unknown_parameter", "response_format", "Unknown parameter: 'response_format'.");
    if (!json_range(body, "n", 1, 10, true, &problem) && !json_string(body, "n"))
        return refuse(out, 400, INVALID, "invalid_value", "n", "Invalid 'n': %s", problem);
    return one_of(body, "size", sizes, out);
}

static bool check_video(const cJSON *body, refusal *out) {
    static const char *const seconds[] = {"4", "8", "12", NULL};
    static const char *const sizes[] = {"720x1280", "1280x720", "1024x1792", "1792x1024", NULL};
    if (cJSON_HasObjectItem(body, "seconds") && !json_string(body, "seconds"))
        return openai_wrong_type(out, "seconds", "a string");
    return one_of(body, "seconds", seconds, out) && one_of(body, "size", sizes, out);
}

static bool check_sound(media_op m, const cJSON *body, const char *model, refusal *out) {
    static const char *const sound[] = {"mp3", "opus", "aac", "flac", "wav", "pcm", NULL};
    static const char *const words[] = {"json", "text", "srt", "verbose_json", "vtt", "diarized_json", NULL};
    const char *input = json_string(body, "input"), *problem;
    if (m == MEDIA_SPEECH && !input)
        return openai_wrong_type(out, "input", "a string");
    if (input && (!input[0] || strlen(input) > 4096))
        return refuse(out, 400, INVALID, "string_above_max_length", "input", "Invalid 'input': expected 1 to 4096 characters.");
    if (!json_range(body, "speed", 0.25, 4, false, &problem))
        return refuse(out, 400, INVALID, "invalid_value", "speed", "Invalid 'speed': %s", problem);
    if (!one_of(body, "response_format", m == MEDIA_SPEECH ? sound : words, out))
        return false;
    const cJSON *file = cJSON_GetObjectItemCaseSensitive(body, "file");
    if (m != MEDIA_SPEECH && (!cJSON_IsNumber(file) || file->valuedouble < 1))
        return refuse(out, 400, INVALID, NULL, "file", "Audio file is too short. Minimum audio length is 0.1 seconds.");
    const char *stream = json_string(body, "stream");
    if (stream && !strcmp(stream, "true") && !strcmp(model, "whisper-1"))
        return refuse(out, 400, INVALID, NULL, "stream", "stream is not supported by whisper-1");
    return true;
}

bool media_check(media_op m, const cJSON *body, question *q, refusal *out) {
    if (!cJSON_IsObject(body))
        return refuse(out, 400, INVALID, NULL, NULL,
                      media_takes_form(m) ? "Could not parse multipart form" : "We could not parse the JSON body.");
    for (size_t i = 0; i < forms[m].required; i++)
        if (!cJSON_HasObjectItem(body, forms[m].fields[i]))
            return openai_missing(out, forms[m].fields[i]);
    const char *unknown = json_unknown(body, forms[m].fields), *model = json_string(body, "model"), *stream = json_string(body, "stream");
    if (unknown)
        return refuse(out, 400, INVALID, "unknown_parameter", unknown, "Unknown parameter: '%s'.", unknown);
    if (!model)
        return openai_wrong_type(out, "model", "a string");
    if (m == MEDIA_EDIT && !cJSON_HasObjectItem(body, "image") && !cJSON_HasObjectItem(body, "image[]"))
        return openai_missing(out, "image");
    snprintf(q->model, sizeof q->model, "%s", model);
    q->stream = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(body, "stream")) || (stream && !strcmp(stream, "true")) ||
                (json_string(body, "stream_format") && !strcmp(json_string(body, "stream_format"), "sse"));
    if (m == MEDIA_SPEECH || m == MEDIA_HEARD || m == MEDIA_ENGLISH)
        return check_sound(m, body, model, out);
    if (m == MEDIA_VIDEO)
        return check_video(body, out);
    return m == MEDIA_RERANK ? true : check_image(body, model, out);
}

/* ---- answers ------------------------------------------------------------------------------------------------------------ */

#define IMAGE_USAGE                                                                                                                        \
    "\"usage\":{\"total_tokens\":1100,\"input_tokens\":50,\"output_tokens\":1050,"                                                         \
    "\"input_tokens_details\":{\"text_tokens\":10,\"image_tokens\":40}}"
#define HEARD_USAGE                                                                                                                        \
    "\"usage\":{\"type\":\"tokens\",\"total_tokens\":41,\"input_tokens\":30,\"output_tokens\":11,"                                         \
    "\"input_token_details\":{\"text_tokens\":0,\"audio_tokens\":30}}"

static void event(play *p, const char *name, const char *rest) {
    buf data = {0};
    buf_printf(&data, "{\"type\":\"%s\",%s}", name, rest);
    play_event(p, name, data.p, data.n);
    buf_free(&data);
}

/* In base64, unless the prompt says "lies at": only dall-e's models, and those of relays, tell where one lies. Solidi are written as some
 * of them do: escaped. */
static void put_made(const char *prompt, buf *out) {
    const char *at = prompt ? lies_at(prompt, "") : "";
    buf_adds(out, at[0] ? "\"revised_prompt\":\"a \\\"url\\\": \",\"url\" : \"" : "\"b64_json\":\"" SIM_PNG);
    for (; *at; at++)
        buf_printf(out, "%s%c", *at == '/' ? "\\" : "", *at);
    buf_adds(out, "\"");
}

static void completed(play *p, const char *name, const char *made) {
    buf rest = {0};
    buf_printf(&rest,
               "%s,\"created_at\":1765000000,\"size\":\"1024x1024\",\"quality\":\"high\",\"background\":\"opaque\","
               "\"output_format\":\"png\"," IMAGE_USAGE,
               made);
    event(p, name, rest.p);
    buf_free(&rest);
}

static void pictures(media_op m, const cJSON *body, question *q, play *p) {
    const char *prefix = m == MEDIA_IMAGE ? "image_generation" : "image_edit";
    const cJSON *n = cJSON_GetObjectItemCaseSensitive(body, "n");
    const char *prompt = json_string(body, "prompt");
    int count = cJSON_IsNumber(n) ? n->valueint : cJSON_IsString(n) ? atoi(n->valuestring) : 1;
    if (!q->stream) {
        buf_adds(&p->out, "{\"created\":1765000000,\"data\":[");
        for (int i = 0; i < count; i++)
            buf_adds(&p->out, i ? ",{" : "{"), put_made(prompt, &p->out), buf_adds(&p->out, "}");
        buf_adds(&p->out, "]," IMAGE_USAGE "}");
        return;
    }
    char name[64];
    snprintf(name, sizeof name, "%s.partial_image", prefix);
    if (play_content(p))
        event(p, name,
              "\"b64_json\":\"" SIM_PNG
              "\",\"partial_image_index\":0,\"created_at\":1765000000,\"size\":\"1024x1024\",\"quality\":\"high\","
              "\"background\":\"opaque\",\"output_format\":\"png\"");
    snprintf(name, sizeof name, "%s.completed", prefix);
    buf made = {0};
    put_made(prompt, &made);
    if (play_content(p))
        completed(p, name, made.p);
    buf_free(&made);
}

/* A hundred bytes for each of the text, of all values. */
static void speech(const cJSON *body, question *q, play *p) {
    size_t n = strlen(json_string(body, "input")) * 100;
    if (q->stream) {
        if (play_content(p))
            event(p, "speech.audio.delta", "\"audio\":\"SUQzBAA=\"");
        if (play_content(p))
            event(p, "speech.audio.done", "\"usage\":{\"input_tokens\":7,\"output_tokens\":90,\"total_tokens\":97}");
        return;
    }
    for (size_t i = 0; i < n; i++) {
        char c = (char)(i * 7 & 0xff);
        buf_add(&p->out, &c, 1);
    }
}

static void heard(const cJSON *body, question *q, play *p) {
    char text[64];
    snprintf(text, sizeof text, "heard %.0f bytes, 鱼", cJSON_GetObjectItemCaseSensitive(body, "file")->valuedouble);
    const char *format = json_string(body, "response_format");
    buf done = {0};
    if (q->stream) {
        buf_printf(&done, "\"delta\":\"%s\"", text);
        if (play_content(p))
            event(p, "transcript.text.delta", done.p);
        done.n = 0;
        buf_printf(&done, "\"text\":\"%s\"," HEARD_USAGE, text);
        if (play_content(p))
            event(p, "transcript.text.done", done.p);
        buf_free(&done);
    } else if (format && !strcmp(format, "srt")) {
        buf_printf(&p->out, "1\n00:00:00,000 --> 00:00:01,000\n%s\n\n", text);
    } else if (format && (!strcmp(format, "text") || !strcmp(format, "vtt"))) {
        buf_printf(&p->out, "%s\n", text);
    } else {
        buf_printf(&p->out, "{\"text\":\"%s\"," HEARD_USAGE "}", text);
    }
}

static void rerank(const cJSON *body, buf *out) {
    const cJSON *documents = cJSON_GetObjectItemCaseSensitive(body, "documents"), *top = cJSON_GetObjectItemCaseSensitive(body, "top_n");
    int n = cJSON_GetArraySize(documents), most = cJSON_IsNumber(top) && top->valueint < n ? top->valueint : n;
    buf_adds(out, "{\"model\":\"sim-rerank\",\"usage\":{\"total_tokens\":12,\"prompt_tokens\":12},\"results\":[");
    for (int i = 0; i < most; i++)
        buf_printf(out, "%s{\"index\":%d,\"relevance_score\":%.2f}", i ? "," : "", n - 1 - i, 0.9 - i * 0.1);
    buf_adds(out, "]}");
}

/* ---- films: ready when they have been asked for twice, unless the prompt begins with "fails", "hangs", "lost" or "soon" --- */

#define FILMS "/v1/videos/"
enum { FILMS_KEPT = 4096 };

static struct film {
    char account[24], model[96], prompt[64], seconds[8];
    int asked, from; /* from: 1 and the number of the one that it is a remix of */
    bool made;
} films[FILMS_KEPT];
static size_t n_films;

static bool is_told(const struct film *f, const char *what) { return !strncmp(f->prompt, what, strlen(what)); }

/* A long story, with half of a surrogate pair in it, and a zero. */
static void put_story(buf *out) {
    buf_adds(out, "\\ud83d\\u0000 鱼");
    for (int i = 0; i < 20000; i++)
        buf_adds(out, "嘴!");
}

static void put_film(size_t i, buf *out) {
    const struct film *f = &films[i % FILMS_KEPT];
    bool over = f->asked > 1 && !is_told(f, "hangs"), failed = over && is_told(f, "fails");
    buf_printf(out,
               "{\"id\":\"video_%zu\",\"object\":\"video\",\"model\":\"%s\",\"status\":\"%s\",\"progress\":%d,\"created_at\":1712697600,"
               "\"completed_at\":null,\"expires_at\":null,\"prompt\":\"%s\",\"size\":\"720x1280\",\"seconds\":\"%s\","
               "\"remixed_from_video_id\":",
               i, f->model,
               failed     ? "failed"
               : over     ? "completed"
               : f->asked ? "in_progress"
                          : "queued",
               failed ? 50
               : over ? 100
                      : (f->asked > 0) * 50,
               f->prompt, f->seconds);
    buf_printf(out, f->from ? "\"video_%d\",\"error\":" : "null,\"error\":", f->from - 1);
    buf_adds(out, failed ? "{\"code\":\"moderation_blocked\",\"message\":\"" : "null");
    if (failed && is_told(f, "fails at length"))
        put_story(out);
    else if (failed)
        buf_adds(out, "Your request was blocked by our moderation system.");
    buf_adds(out, failed ? "\"}" : "");
    const char *at = over && !failed ? lies_at(f->prompt, "") : "";
    if (at[0]) /* as relays say it */
        buf_printf(out, ",\"url\":\"%s\",\"video_url\":\"%s\",\"metadata\":{\"url\":\"%s\",\"note\":\"%s\"}", at, at, at, at);
    buf_adds(out, "}");
}

static void begin_film(const cJSON *body, const question *q, buf *out) {
    struct film *f = &films[n_films % FILMS_KEPT];
    const char *seconds = json_string(body, "seconds");
    *f = (struct film){.made = true};
    snprintf(f->account, sizeof f->account, "%s", q->account);
    snprintf(f->model, sizeof f->model, "%s", q->model);
    snprintf(f->prompt, sizeof f->prompt, "%.60s", json_string(body, "prompt"));
    snprintf(f->seconds, sizeof f->seconds, "%s", seconds ? seconds : "4");
    put_film(n_films++, out);
}

/* By its prompt alone, from one that is there. */
static bool remix(size_t i, const cJSON *body, buf *out, refusal *why_not) {
    static const char *const known[] = {"prompt", NULL};
    const char *unknown = json_unknown(body, known), *prompt = json_string(body, "prompt");
    const struct film *from = &films[i % FILMS_KEPT];
    if (unknown)
        return refuse(why_not, 400, INVALID, "unknown_parameter", unknown, "Unknown parameter: '%s'.", unknown);
    if (!prompt || !*prompt)
        return refuse(why_not, 400, INVALID, "missing_required_parameter", "prompt", "Missing required parameter: 'prompt'.");
    if (from->asked < 2 || is_told(from, "fails"))
        return refuse(why_not, 400, INVALID, NULL, NULL, "Video is not ready yet, use GET /v1/videos/{video_id} to check status.");
    struct film made = *from;
    made.from = (int)i + 1;
    made.asked = 0;
    snprintf(made.prompt, sizeof made.prompt, "%.60s", prompt);
    films[n_films % FILMS_KEPT] = made;
    put_film(n_films++, out);
    return true;
}

bool media_film(const request *r, str body, const char *account, buf *out, const char **type, refusal *why_not) {
    unsigned long i = strtoul(!strncmp(r->path, FILMS "video_", sizeof(FILMS) + 5) ? r->path + sizeof(FILMS) + 5 : "999999999", NULL, 10);
    struct film *f = &films[i % FILMS_KEPT];
    const char *rest = strchr(r->path + sizeof(FILMS) - 1, '/');
    f->asked = is_told(f, "soon") ? 2 : f->asked;
    if (i >= n_films || !f->made || is_told(f, "lost") || strcmp(f->account, account) != 0)
        return refuse(why_not, 404, INVALID, "not_found", NULL, "Video with id '%s' not found.", r->path + sizeof(FILMS) - 1);
    if (rest && !strcmp(rest, "/content") && (f->asked < 2 || is_told(f, "hangs") || is_told(f, "fails")))
        return refuse(why_not, 404, INVALID, NULL, NULL, "Video is not ready yet, use GET /v1/videos/{video_id} to check status.");
    if (rest && !strcmp(rest, "/remix") && str_is(r->method, "POST")) {
        cJSON *json = cJSON_ParseWithLength(body.p, body.n);
        bool made = remix(i, json, out, why_not);
        cJSON_Delete(json);
        return made;
    }
    if (rest && !strcmp(rest, "/content")) {
        buf_add(out, "\0\0\0\030ftypmp42\r\n\377", 15);
        *type = "video/mp4";
    } else if (str_is(r->method, "DELETE")) {
        f->made = false;
        buf_printf(out, "{\"id\":\"video_%lu\",\"object\":\"video.deleted\",\"deleted\":true}", i);
    } else {
        put_film(i, out);
        f->asked++;
    }
    return true;
}

const char *media_answer(media_op m, const cJSON *body, question *q, play *p) {
    p->stream = p->chunked = q->stream;
    const char *format = json_string(body, "response_format");
    if (m == MEDIA_VIDEO)
        begin_film(body, q, &p->out);
    else if (m == MEDIA_RERANK)
        rerank(body, &p->out);
    else if (m == MEDIA_SPEECH)
        speech(body, q, p);
    else if (m == MEDIA_HEARD || m == MEDIA_ENGLISH)
        heard(body, q, p);
    else
        pictures(m, body, q, p);
    if (q->stream)
        return "text/event-stream; charset=utf-8";
    if (m == MEDIA_SPEECH)
        return format && !strcmp(format, "wav") ? "audio/wav" : "audio/mpeg";
    bool plain = (m == MEDIA_HEARD || m == MEDIA_ENGLISH) && format && !strstr(format, "json");
    return plain ? "text/plain; charset=utf-8" : "application/json";
}
