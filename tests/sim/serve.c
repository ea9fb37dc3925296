/* serve.c: from a request to its answer: which operation, is it what the real service would take, which fault strikes, and what it
 * costs. */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>

typedef enum operation {
    OP_NONE,
    OP_CHAT,
    OP_COMPLETION,
    OP_EMBEDDING,
    OP_MODERATION,
    OP_MODELS,
    OP_MODEL,
    OP_MESSAGES,
    OP_ANTHROPIC_MODELS,
    OP_MESSAGES_COUNT,
    OP_GENERATE,
    OP_STREAM_GENERATE,
    OP_COUNT,
    OP_EMBED,
    OP_GEMINI_MODELS,
    OP_RESPONSES,
    OP_COMPACT,
    OP_STORED,
    OP_MEDIA,
    OP_FILM,
    OP_BATCH,
    OP_OF_BATCH,
    OP_UPLOAD,
    OP_OF_FILE,
    OP_FILE_BATCH,
    OP_OF_FILE_BATCH,
    OP_IN_PARTS,
    OP_OF_PARTS,
    OP_SONG,
    OP_VEO,
    OP_OF_VEO,
    OP_FETCH_VEO,
    OP_DOWNLOAD,
    OP_DRAWING
} operation;

#define GEMINI_PATH "/v1beta/models"
#define VERTEX_PATH "/v1/projects/"

/* /v1beta/models/MODEL:METHOD. */
static operation gemini_operation(const request *r, char *model, size_t size) {
    static const struct {
        const char *method;
        operation op;
    } methods[] = {{":generateContent", OP_GENERATE}, {":streamGenerateContent", OP_STREAM_GENERATE},
                   {":countTokens", OP_COUNT},        {":embedContent", OP_EMBED},
                   {":batchEmbedContents", OP_EMBED}, {":predictLongRunning", OP_VEO}};
    if (!strncmp(r->path, "/v1beta/files/", 14))
        return str_is(r->method, "GET") && strstr(r->path, ":download") ? OP_DOWNLOAD : OP_NONE;
    const char *name = r->path + sizeof GEMINI_PATH, *colon = *name ? strchr(name, ':') : NULL;
    if (str_is(r->method, "GET"))
        return strstr(name, "/operations/") ? OP_OF_VEO : OP_GEMINI_MODELS;
    for (size_t i = 0; colon && i < sizeof methods / sizeof *methods; i++)
        if (!strcmp(colon, methods[i].method)) {
            snprintf(model, size, "%.*s", (int)(colon - name), name);
            return methods[i].op;
        }
    return OP_NONE;
}

/* /v1/projects/P/locations/L/publishers/google/models/MODEL:METHOD: films alone. Its models are whole paths here. */
static operation vertex_operation(const request *r, char *model, size_t size) {
    const char *colon = strchr(r->path, ':');
    if (!colon || !strstr(r->path, "/locations/") || !strstr(r->path, "/publishers/google/models/") || !str_is(r->method, "POST"))
        return OP_NONE;
    snprintf(model, size, "%.*s", (int)(colon - r->path - 4), r->path + 4);
    return !strcmp(colon, ":predictLongRunning") ? OP_VEO : !strcmp(colon, ":fetchPredictOperation") ? OP_FETCH_VEO : OP_NONE;
}

static operation find_operation(const request *r) {
    static const struct {
        const char *path;
        operation op;
    } posts[] = {
        {"/v1/chat/completions", OP_CHAT},  {"/v1/completions", OP_COMPLETION},    {"/v1/embeddings", OP_EMBEDDING},
        {"/v1/moderations", OP_MODERATION}, {"/v1/messages", OP_MESSAGES},         {"/v1/messages/count_tokens", OP_MESSAGES_COUNT},
        {"/v1/responses", OP_RESPONSES},    {"/v1/responses/compact", OP_COMPACT}, {"/v1/messages/batches", OP_BATCH},
        {"/v1/files", OP_UPLOAD},           {"/v1/batches", OP_FILE_BATCH},        {"/v1/uploads", OP_IN_PARTS}};
    bool anthropic = http_header(r, "anthropic-version").p != NULL;
    if (!strncmp(r->path, "/v1/messages/batches/", 21))
        return OP_OF_BATCH;
    if (!strncmp(r->path, "/v1/files/", 10))
        return OP_OF_FILE;
    if (!strncmp(r->path, "/v1/uploads/", 12))
        return OP_OF_PARTS;
    if (!strncmp(r->path, "/v1/batches/", 12))
        return OP_OF_FILE_BATCH;
    bool of_answer = !strncmp(r->path, "/v1/responses/", 14) && strcmp(r->path, "/v1/responses/compact");
    if (of_answer || !strncmp(r->path, "/v1/conversations", 17))
        return OP_STORED;
    if (!strncmp(r->path, "/v1/videos/", 11))
        return OP_FILM;
    if (song_is(r->path))
        return OP_SONG;
    if (drawing_is(r->path))
        return OP_DRAWING;
    if (str_is(r->method, "GET")) {
        if (!strcmp(r->path, "/v1/models"))
            return anthropic ? OP_ANTHROPIC_MODELS : OP_MODELS;
        return !strncmp(r->path, "/v1/models/", 11) ? OP_MODEL : OP_NONE;
    }
    for (size_t i = 0; i < sizeof posts / sizeof *posts; i++)
        if (!strcmp(r->path, posts[i].path))
            return posts[i].op;
    return media_find(r->path) ? OP_MEDIA : OP_NONE;
}

/* One request on its way to an answer. */
typedef struct job {
    const request *r;
    str head, body;
    operation op;
    dialect dialect;
    cJSON *json;
    question q;
    refusal refusal;
    entry *e;
    play *p;
    const char *type; /* of the answer; NULL: the usual one */
} job;

static void write_error(const job *j, const refusal *r, buf *out) {
    static void (*const writers[])(const refusal *, buf *) = {openai_error, anthropic_error, gemini_error, openai_error};
    (j->op == OP_SONG ? song_error : j->op == OP_DRAWING ? drawing_error : writers[j->dialect])(r, out);
}

static const char *key_header(const job *j) {
    static const char *const names[] = {"authorization", "x-api-key", "x-goog-api-key", "authorization"};
    return j->op == OP_DRAWING && http_header(j->r, "mj-api-secret").p ? "mj-api-secret" : names[j->dialect];
}

static const char *id_header(const job *j) { return j->dialect == ANTHROPIC ? "request-id" : "x-request-id"; }

static void retry_headers(const fault *f, buf *extra) {
    if (f->retry_after[0])
        buf_printf(extra, "retry-after: %s\r\n", f->retry_after);
    if (f->retry_after_ms[0])
        buf_printf(extra, "retry-after-ms: %s\r\n", f->retry_after_ms);
}

static void answer_error(job *j, const fault *f) {
    const refusal *r = &j->refusal;
    buf extra = {0};
    char id[64];
    snprintf(id, sizeof id, "%s: req_sim%06llu\r\n", id_header(j), (unsigned long long)sim_totals.requests);
    buf_adds(&extra, id);
    retry_headers(f, &extra);
    const char *type = "application/json";
    if (f->error_body) {
        buf_adds(&j->p->out, f->error_body);
    } else if (f->html) {
        type = "text/html";
        buf_printf(&j->p->out,
                   "<html>\r\n<head><title>%d</title></head>\r\n<body><center><h1>%d</h1></center><hr><center>cloudflare</center></"
                   "body>\r\n</html>\r\n",
                   r->status, r->status);
    } else if (!f->empty_body) {
        write_error(j, r, &j->p->out);
    }
    if (f->echo_key) { /* a provider that repeats our key in its answer */
        str key = http_header(j->r, key_header(j));
        buf_printf(&extra, "x-echo: %.*s\r\n", (int)key.n, key.p);
        if (j->p->out.n) { /* inside the message, so that it stays JSON */
            buf with = {0};
            refusal echo = *r;
            snprintf(echo.message, sizeof echo.message, "Bad key %.*s for this request", (int)key.n, key.p);
            write_error(j, &echo, &with);
            buf_free(&j->p->out);
            j->p->out = with;
        }
    }
    j->e->status = r->status;
    play_finish(j->p, r->status, type, extra.p);
    buf_free(&extra);
}

/* The error a script asks for, worded as the real service words that status. */
static void scripted_refusal(job *j, const fault *f) {
    static const struct {
        int status;
        const char *openai, *openai_code, *anthropic, *gemini, *message;
    } usual[] = {{400, "invalid_request_error", "", "invalid_request_error", "INVALID_ARGUMENT", "Bad request"},
                 {401, "invalid_request_error", "invalid_api_key", "authentication_error", "UNAUTHENTICATED", "Incorrect API key provided"},
                 {403, "permission_error", "", "permission_error", "PERMISSION_DENIED", "You are not allowed to do this"},
                 {404, "invalid_request_error", "model_not_found", "not_found_error", "NOT_FOUND", "The model does not exist"},
                 {413, "invalid_request_error", "", "request_too_large", "INVALID_ARGUMENT", "Request exceeds the maximum size"},
                 {429, "requests", "rate_limit_exceeded", "rate_limit_error", "RESOURCE_EXHAUSTED", "Rate limit reached for this model"},
                 {500, "server_error", "", "api_error", "INTERNAL", "The server had an error while processing your request"},
                 {503, "server_error", "", "api_error", "UNAVAILABLE", "The engine is currently overloaded, please try again later"},
                 {529, "server_error", "", "overloaded_error", "UNAVAILABLE", "Overloaded"}};
    size_t i = 0, n = sizeof usual / sizeof *usual;
    while (i < n && usual[i].status != f->status)
        i++;
    const char *type = i == n                    ? "server_error"
                       : j->dialect == OPENAI    ? usual[i].openai
                       : j->dialect == ANTHROPIC ? usual[i].anthropic
                       : j->dialect == GEMINI    ? usual[i].gemini
                                                 : usual[i].openai;
    refuse(&j->refusal, f->status, f->error_type[0] ? f->error_type : type,
           f->error_code[0]                 ? f->error_code
           : i == n || j->dialect == GEMINI ? ""
                                            : usual[i].openai_code,
           NULL, "%s",
           f->error_message ? f->error_message
           : i == n         ? "Error"
                            : usual[i].message);
}

/* Parses and checks. True: go on to an answer. */
static bool check(job *j) {
    refusal *out = &j->refusal;
    if (j->op == OP_NONE)
        return refuse(out, 404, j->dialect == ANTHROPIC ? "not_found_error" : "invalid_request_error", "unknown_url", NULL,
                      "Unknown request URL: %.*s %s. Please check the URL for typos.", (int)j->r->method.n, j->r->method.p, j->r->path);
    static bool (*const heads[])(const request *, refusal *) = {openai_check_head, anthropic_check_head, gemini_check_head,
                                                                openai_check_head};
    if (!(j->op == OP_DRAWING ? drawing_check_head : heads[j->dialect])(j->r, out))
        return false;
    if (j->op == OP_MODELS || j->op == OP_MODEL || j->op == OP_ANTHROPIC_MODELS || j->op == OP_GEMINI_MODELS)
        return true;
    snprintf(j->q.account, sizeof j->q.account, "%s", j->r->provider);
    if (j->op == OP_OF_BATCH)
        return batch_resource(j->r, j->q.account, &j->p->out, &j->type, out);
    if (j->op == OP_OF_FILE)
        return file_resource(j->r, j->q.account, &j->p->out, &j->type, out);
    if (j->op == OP_UPLOAD)
        return file_upload(j->r, j->body, &j->q, &j->p->out, out);
    if (j->op == OP_OF_PARTS)
        return upload_resource(j->r, j->body, j->q.account, &j->p->out, out);
    if (j->op == OP_OF_FILE_BATCH)
        return openai_batch_resource(j->r, j->q.account, &j->p->out, out);
    if (j->op == OP_FILM)
        return media_film(j->r, j->body, j->q.account, &j->p->out, &j->type, out);
    if (j->op == OP_OF_VEO)
        return veo_operation(j->r, j->q.account, &j->p->out, out);
    if (j->op == OP_DOWNLOAD)
        return veo_download(j->r, j->q.account, &j->p->out, &j->type, out);
    if (j->op == OP_MEDIA) {
        j->json = media_read(media_find(j->r->path), j->r, j->body);
        return media_check(media_find(j->r->path), j->json, &j->q, out);
    }
    if (j->op == OP_SONG && j->body.n == 0)
        return song_check(j->r, NULL, &j->q, out);
    if (j->op == OP_DRAWING && j->body.n == 0)
        return drawing_check(j->r, NULL, out);
    if (j->op == OP_STORED && j->body.n == 0)
        return stored_resource(j->r, j->q.account, NULL, j->p, out);
    if (!utf8_ok(j->body.p, j->body.n))
        return refuse(out, 400, "invalid_request_error", NULL, NULL, "The request body is not valid UTF-8.");
    const char *end = NULL;
    j->json = cJSON_ParseWithLengthOpts(j->body.p, j->body.n, &end, false);
    while (j->json && end < j->body.p + j->body.n && strchr(" \t\r\n", *end) && *end)
        end++;
    if (!cJSON_IsObject(j->json) || end != j->body.p + j->body.n)
        return refuse(out, 400, "invalid_request_error", NULL, NULL, "We could not parse the JSON body of your request.");
    if (j->dialect == GEMINI)
        gemini_normalise(j->json, false);
    const char *model = json_string(j->json, "model");
    if (j->dialect != GEMINI)
        snprintf(j->q.model, sizeof j->q.model, "%s", model ? model : "");
    switch (j->op) {
    case OP_CHAT:
        return !strcmp(j->q.account, "mistral") ? mistral_check_chat(j->json, &j->q, out) : openai_check_chat(j->json, &j->q, out);
    case OP_COMPLETION:
        return openai_check_completion(j->json, &j->q, out);
    case OP_EMBEDDING:
        return openai_check_embedding(j->json, out);
    case OP_MODERATION:
        return openai_check_moderation(j->json, out);
    case OP_STREAM_GENERATE:
        if (strcmp(j->r->query, "alt=sse") != 0)
            return refuse(out, 400, "INVALID_ARGUMENT", NULL, NULL, "sim: a gateway asks for alt=sse, and nothing else");
        j->q.stream = true;
        return gemini_check(j->json, &j->q, out);
    case OP_GENERATE:
        return gemini_check(j->json, &j->q, out);
    case OP_EMBED:
        return gemini_check_embedding(j->json, j->q.model, out);
    case OP_VEO:
        return veo_check(j->json, j->q.model, out);
    case OP_FETCH_VEO:
        return veo_fetch(j->json, &j->q, &j->p->out, out);
    case OP_COUNT:
        return true;
    case OP_RESPONSES:
        return responses_check(j->json, &j->q, out);
    case OP_STORED:
        return stored_resource(j->r, j->q.account, j->json, j->p, out);
    case OP_SONG:
        return song_check(j->r, j->json, &j->q, out);
    case OP_DRAWING:
        return drawing_check(j->r, j->json, out);
    case OP_BATCH:
        return batch_begin(j->json, &j->q, &j->p->out, out);
    case OP_FILE_BATCH:
        return openai_batch_begin(j->json, &j->q, &j->p->out, out);
    case OP_IN_PARTS:
        return upload_begin(j->json, &j->q, &j->p->out, out);
    case OP_COMPACT:
        return j->q.model[0] ? true : openai_missing(out, "model");
    case OP_MESSAGES_COUNT:
        return cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(j->json, "messages")) > 0 && j->q.model[0]
                   ? true
                   : refuse(out, 400, "invalid_request_error", NULL, NULL, "messages: at least one message is required");
    default:
        return anthropic_check(j->json, &j->q, out);
    }
}

static void models(const job *j, buf *out) {
    static const char *const names[] = {"gpt-5.2", "gpt-4o-mini", "o3", "text-embedding-3-small", NULL};
    if (j->op == OP_ANTHROPIC_MODELS) {
        buf_adds(out, "{\"data\":[{\"type\":\"model\",\"id\":\"claude-opus-4-6\",\"display_name\":\"Claude Opus "
                      "4.6\",\"created_at\":\"2026-02-01T00:00:00Z\"}],"
                      "\"has_more\":false,\"first_id\":\"claude-opus-4-6\",\"last_id\":\"claude-opus-4-6\"}");
        return;
    }
    buf_adds(out, j->op == OP_MODELS ? "{\"object\":\"list\",\"data\":[" : "");
    for (size_t i = 0; names[i] && (j->op == OP_MODELS || !i); i++) {
        const char *name = j->op == OP_MODELS ? names[i] : j->r->path + 11;
        buf_printf(out, "%s{\"id\":", i ? "," : "");
        buf_json(out, name, strlen(name));
        buf_adds(out, ",\"object\":\"model\",\"created\":1765000000,\"owned_by\":\"sim\"}");
    }
    buf_adds(out, j->op == OP_MODELS ? "]}\n" : "\n");
}

static void chat(job *j, const fault *f) {
    answer a;
    play *p = j->p;
    bool stream = f->form == FORM_ASKED ? j->q.stream : f->form == FORM_STREAM;
    answer_make(&j->q, f, j->body.n, &a);
    j->e->prompt_tokens = a.prompt_tokens;
    j->e->completion_tokens = a.completion_tokens;
    p->stream = stream;
    p->chunked = stream && !f->until_close && !f->http10;
    static void (*const huge[])(const answer *, const question *, play *) = {openai_huge, anthropic_huge, gemini_huge, responses_huge};
    if (f->huge)
        huge[j->dialect](&a, &j->q, p);
    else if (j->dialect == ANTHROPIC && stream)
        anthropic_stream(&a, p);
    else if (j->dialect == ANTHROPIC)
        anthropic_document(&a, &p->out);
    else if (j->dialect == GEMINI && stream)
        gemini_stream(&a, &j->q, p);
    else if (j->dialect == GEMINI)
        gemini_document(&a, &j->q, f, &p->out);
    else if (j->dialect == RESPONSES && stream)
        responses_stream(&a, &j->q, p);
    else if (j->dialect == RESPONSES)
        responses_document(&a, &j->q, f, &p->out);
    else if (j->op == OP_COMPLETION && stream)
        openai_completion_stream(&a, &j->q, p);
    else if (j->op == OP_COMPLETION)
        openai_completion_document(&a, &j->q, &p->out);
    else if (stream)
        openai_stream(&a, &j->q, p);
    else
        openai_document(&a, &j->q, f, &p->out);
    if (!stream && f->event_chunks >= 0) { /* an error body with status 200 */
        p->out.n = 0;
        refuse(&j->refusal, 200, f->event_type, f->error_code, NULL, "%s", f->event_message ? f->event_message : "Overloaded");
        write_error(j, &j->refusal, &p->out);
    }
    if (j->dialect == RESPONSES && !j->q.unstored)
        stored_add(&a, &j->q, f);
    answer_free(&a);
}

/* Of a film a part may be asked for. The status. */
static int cut_to_range(job *j, buf *extra) {
    str range = http_header(j->r, "range");
    unsigned long from = 0, to = j->p->out.n ? j->p->out.n - 1 : 0;
    char text[64];
    snprintf(text, sizeof text, "%.*s", (int)range.n, range.p ? range.p : "");
    buf_adds(extra, "accept-ranges: bytes\r\n");
    if (sscanf(text, "bytes=%lu-%lu", &from, &to) < 1 || from > to || to >= j->p->out.n)
        return 200;
    buf_printf(extra, "content-range: bytes %lu-%lu/%zu\r\n", from, to, j->p->out.n);
    memmove(j->p->out.p, j->p->out.p + from, to - from + 1);
    j->p->out.n = to - from + 1;
    return 206;
}

static void answer_ok(job *j, const fault *f) {
    buf extra = {0};
    buf_printf(&extra, "%s: req_sim%06llu\r\n", id_header(j), (unsigned long long)sim_totals.requests);
    static const char *const own[] = {"openai-processing-ms: 7\r\n", "", "server-timing: gfet4t7; dur=7\r\n",
                                      "openai-processing-ms: 7\r\n"};
    static const char *const left[] = {"x-ratelimit-remaining-requests: 999\r\n", "anthropic-ratelimit-requests-remaining: 999\r\n", "",
                                       "x-ratelimit-remaining-requests: 999\r\n"};
    buf_adds(&extra, own[j->dialect]);
    if (!f->headers) /* else the script says what is left, or that nobody does */
        buf_adds(&extra, left[j->dialect]);
    retry_headers(f, &extra);
    switch (j->op) {
    case OP_EMBEDDING:
        openai_embedding(j->json, &j->p->out);
        break;
    case OP_MODERATION:
        openai_moderation(j->json, &j->p->out);
        break;
    case OP_MODELS:
    case OP_MODEL:
    case OP_ANTHROPIC_MODELS:
        models(j, &j->p->out);
        break;
    case OP_GEMINI_MODELS:
        gemini_models(j->r->path[sizeof GEMINI_PATH - 1] ? j->r->path + sizeof GEMINI_PATH : NULL, &j->p->out);
        break;
    case OP_COUNT:
        gemini_count(j->body.n, &j->p->out);
        break;
    case OP_MESSAGES_COUNT:
        buf_printf(&j->p->out, "{\"input_tokens\":%zu}", j->body.n / 4 + 1);
        break;
    case OP_EMBED:
        gemini_embedding(j->json, &j->p->out);
        break;
    case OP_STORED: /* it is there */
        if (j->p->stream)
            stored_stream(j->p);
        break;
    case OP_COMPACT:
        responses_compact(&j->q, j->body.n, &j->p->out);
        break;
    case OP_VEO:
        veo_begin(j->json, &j->q, &j->p->out);
        break;
    case OP_OF_VEO: /* it is there */
    case OP_FETCH_VEO:
    case OP_DOWNLOAD:
    case OP_FILM:
    case OP_BATCH:
    case OP_OF_BATCH:
    case OP_UPLOAD:
    case OP_OF_FILE:
    case OP_FILE_BATCH:
    case OP_OF_FILE_BATCH:
    case OP_IN_PARTS:
    case OP_OF_PARTS:
        break;
    case OP_SONG:
        song_answer(j->r, j->json, &j->q, &j->p->out);
        break;
    case OP_DRAWING:
        drawing_answer(j->r, j->json, &j->q, &j->p->out);
        break;
    case OP_MEDIA:
        j->type = media_answer(media_find(j->r->path), j->json, &j->q, j->p);
        break;
    default:
        chat(j, f);
    }
    j->e->status = j->type && !strcmp(j->type, "video/mp4") ? cut_to_range(j, &extra) : 200;
    if (!j->type)
        j->type = j->p->stream ? "text/event-stream; charset=utf-8" : "application/json";
    play_finish(j->p, j->e->status, j->type, extra.p);
    buf_free(&extra);
}

static void fill_entry(job *j) {
    entry *e = j->e;
    str id = http_header(j->r, "x-request-id"), key = http_header(j->r, key_header(j));
    static const char *const names[] = {"openai", "anthropic", "gemini", "openai"};
    if (!j->r->provider[0])
        snprintf(e->provider, sizeof e->provider, "%s", names[j->dialect]);
    else
        snprintf(e->provider, sizeof e->provider, "%s", j->r->provider);
    snprintf(e->path, sizeof e->path, "%.95s", j->r->path);
    snprintf(e->model, sizeof e->model, "%.63s", j->q.model);
    snprintf(e->request_id, sizeof e->request_id, "%.*s", (int)id.n, id.p ? id.p : "");
    snprintf(e->key, sizeof e->key, "%.*s", (int)key.n, key.p ? key.p : "");
    e->stream = j->q.stream;
    if (!script_record())
        return;
    e->head = sim_alloc(j->head.n + 1);
    memcpy(e->head, j->head.p, j->head.n);
    e->body = sim_alloc(j->body.n + 1);
    memcpy(e->body, j->body.p, j->body.n);
}

void serve(const request *r, str head, str body, entry *e, play *p) {
    job j = {.r = r, .head = head, .body = body, .e = e, .p = p};
    bool vertex = !strncmp(r->path, VERTEX_PATH, sizeof VERTEX_PATH - 1);
    bool gemini = vertex || !strncmp(r->path, GEMINI_PATH, sizeof GEMINI_PATH - 1) || !strncmp(r->path, "/v1beta/files/", 14);
    j.op = vertex   ? vertex_operation(r, j.q.model, sizeof j.q.model)
           : gemini ? gemini_operation(r, j.q.model, sizeof j.q.model)
                    : find_operation(r);
    bool anthropic =
        j.op == OP_MESSAGES || j.op == OP_MESSAGES_COUNT || j.op == OP_ANTHROPIC_MODELS || j.op == OP_BATCH || j.op == OP_OF_BATCH;
    bool responses = j.op == OP_RESPONSES || j.op == OP_COMPACT || j.op == OP_STORED;
    j.dialect = j.q.dialect = gemini ? GEMINI : anthropic ? ANTHROPIC : responses ? RESPONSES : OPENAI;
    sim_totals.requests++;
    const char *marker = script_marker(head);
    if (!marker)
        marker = script_marker(body);
    if (marker) {
        sim_totals.markers++;
        ledger_violation("marker seen", (str){marker, strlen(marker)});
    }
    bool fine = check(&j);
    fill_entry(&j);
    const fault *f = script_match(r, j.q.model, j.q.stream, body, &e->rule);
    if (!f->raw)
        snprintf(e->answer_id, sizeof e->answer_id, "req_sim%06llu", (unsigned long long)sim_totals.requests);
    p->fault = f;
    p->line = script_line(e->provider);
    p->keep_alive = r->keep_alive;
    if (!fine) {
        sim_totals.refused++;
        snprintf(e->refused, sizeof e->refused, "%.159s", j.refusal.message);
    } else if (f->status >= 300) {
        scripted_refusal(&j, f);
    }
    if (!fine || f->status >= 300) {
        sim_totals.errors++;
        answer_error(&j, f);
    } else {
        answer_ok(&j, f);
        e->billed_prompt = e->prompt_tokens;
        sim_totals.billed_prompt += (uint64_t)e->billed_prompt;
    }
    e->total = p->out.n + p->fill_left * p->fill.n + p->post.n;
    cJSON_Delete(j.json);
    question_free(&j.q);
}
