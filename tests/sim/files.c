/* files.c: files and batches of OpenAI, for each account apart: what they refuse, how they go on, and the files of answers (API reference,
 * 2026-11). A batch is over when it has been asked for once, unless its first custom_id begins with "slow" (three times) or "hangs"; a line
 * whose model is none of the account's is an error. Lines whose custom_id begins with "errored" or "expired" come to that, in the file of
 * errors; "unread": an answer without counts; "short": the file of answers lacks the last one; "half": called off, the first line is
 * answered all the same; "uncounted": nothing says how many were; "invalid": the file is found so, and none is worked on. */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>

#define FILES   "/v1/files"
#define BATCHES "/v1/batches"
#define INVALID "invalid_request_error"
#define PURPOSE "name=\"purpose\"\r\n\r\nbatch\r\n"

enum { KEPT = 8192 };

static struct file {
    char account[24], purpose[16];
    buf bytes;
    bool made;
} files[KEPT];
static size_t n_files;

static struct batch {
    char account[24], endpoint[48], first[65];
    size_t input, output, errors;
    int n, failed, asked;
    bool cancelled;
} batches[KEPT];
static size_t n_batches;

static struct file *find_file(const char *account, const char *id) {
    unsigned long i = strncmp(id, "file-sim", 8) ? KEPT : strtoul(id + 8, NULL, 10);
    return i < n_files && files[i % KEPT].made && !strcmp(files[i % KEPT].account, account) ? &files[i % KEPT] : NULL;
}

size_t file_keep(const char *account, const char *purpose, str bytes) {
    struct file *f = &files[n_files % KEPT];
    buf_free(&f->bytes);
    *f = (struct file){.made = true};
    snprintf(f->account, sizeof f->account, "%s", account);
    snprintf(f->purpose, sizeof f->purpose, "%s", purpose);
    buf_add(&f->bytes, bytes.p, bytes.n);
    return n_files++;
}

void file_put(size_t i, buf *out) {
    const struct file *f = &files[i % KEPT];
    buf_printf(out,
               "{\"id\":\"file-sim%zu\",\"object\":\"file\",\"bytes\":%zu,\"created_at\":1765000000,\"expires_at\":null,\"filename\":"
               "\"batch.jsonl\",\"purpose\":\"%s\",\"status\":\"processed\",\"status_details\":null}",
               i, f->bytes.n, f->purpose);
}

/* The bytes of the part that has a file name. */
static bool part_of(str body, str *bytes) {
    const char *at = memmem(body.p, body.n, "name=\"file\"; filename=", 22), *end = body.p + body.n;
    const char *from = at ? memmem(at, (size_t)(end - at), "\r\n\r\n", 4) : NULL;
    const char *to = from ? memmem(from + 4, (size_t)(end - from - 4), "\r\n--", 4) : NULL;
    if (to)
        *bytes = (str){from + 4, (size_t)(to - from - 4)};
    return to != NULL;
}

bool file_upload(const request *r, str body, question *q, buf *out, refusal *why_not) {
    str type = http_header(r, "content-type"), bytes;
    if (type.n < 19 || strncmp(type.p, "multipart/form-data", 19) != 0 || !part_of(body, &bytes))
        return refuse(why_not, 400, INVALID, NULL, "file", "'file' is a required property");
    if (!memmem(body.p, body.n, PURPOSE, sizeof PURPOSE - 1))
        return refuse(why_not, 400, INVALID, NULL, "purpose", "sim: the purpose of files is batch");
    file_put(file_keep(q->account, "batch", bytes), out);
    return true;
}

bool file_resource(const request *r, const char *account, buf *out, const char **type, refusal *why_not) {
    char id[96];
    snprintf(id, sizeof id, "%.90s", r->path + sizeof FILES);
    char *rest = strchr(id, '/');
    bool content = rest && !strcmp(rest, "/content");
    if (rest)
        *rest = 0;
    struct file *f = find_file(account, id);
    if (!f || (rest && !content))
        return refuse(why_not, 404, INVALID, NULL, "id", "No such File object: %s", id);
    if (content) {
        *type = "application/octet-stream";
        buf_add(out, f->bytes.p, f->bytes.n);
    } else if (str_is(r->method, "DELETE")) {
        f->made = false;
        buf_printf(out, "{\"id\":\"%s\",\"object\":\"file\",\"deleted\":true}", id);
    } else {
        file_put((size_t)(f - files), out);
    }
    return true;
}

/* ---- batches ------------------------------------------------------------------------------------------------------------- */

static bool begins(const char *text, const char *word) { return !strncmp(text, word, strlen(word)); }

static bool is_over(const struct batch *b) {
    return b->asked > (begins(b->first, "slow") ? 2 : 0) && (b->cancelled || !begins(b->first, "hangs"));
}

static int answered(const struct batch *b) {
    if (!is_over(b) || begins(b->first, "invalid"))
        return 0;
    return b->cancelled ? begins(b->first, "half") : b->n - b->failed;
}

static const char *status_of(const struct batch *b) {
    if (b->cancelled)
        return is_over(b) ? "cancelled" : "cancelling";
    if (is_over(b))
        return begins(b->first, "invalid") ? "failed" : begins(b->first, "expired") ? "expired" : "completed";
    return b->asked > 0 ? "in_progress" : "validating";
}

static void put_id(buf *out, const char *name, bool there, size_t i) {
    if (there)
        buf_printf(out, ",\"%s\":\"file-sim%zu\"", name, i);
    else
        buf_printf(out, ",\"%s\":null", name);
}

static void put_batch(size_t i, buf *out) {
    const struct batch *b = &batches[i % KEPT];
    int n = answered(b), failed = is_over(b) && !b->cancelled && !begins(b->first, "invalid") ? b->failed : 0;
    buf_printf(out,
               "{\"id\":\"batch_sim%zu\",\"object\":\"batch\",\"endpoint\":\"%s\",\"errors\":%s,\"input_file_id\":\"file-sim%zu\","
               "\"completion_window\":\"24h\",\"status\":\"%s\",\"created_at\":1765000000,\"metadata\":{\"for\":\"a test\"},"
               "\"usage\":{\"input_tokens\":%d,\"output_tokens\":%d,\"total_tokens\":%d}",
               i, b->endpoint,
               is_over(b) && begins(b->first, "invalid")
                   ? "{\"object\":\"list\",\"data\":[{\"code\":\"invalid_file\",\"message\":\"no\",\"line\":1,\"param\":null}]}"
                   : "null",
               b->input, status_of(b), 110 * n, 5 * n, 115 * n);
    if (!begins(b->first, "uncounted"))
        buf_printf(out, ",\"request_counts\":{\"total\":%d,\"completed\":%d,\"failed\":%d}", b->n, n, failed);
    put_id(out, "error_file_id", failed > 0, b->errors);
    put_id(out, "output_file_id", n > 0, b->output);
    buf_adds(out, "}");
}

static void put_answer(const cJSON *line, const char *custom, int i, buf *out) {
    const char *model = json_string(cJSON_GetObjectItemCaseSensitive(line, "body"), "model");
    buf_printf(out,
               "{\"id\":\"batch_req_%d\",\"custom_id\":\"%s\",\"response\":{\"status_code\":200,\"request_id\":\"req_%d\",\"body\":{\"id\":"
               "\"chatcmpl-%d\",\"object\":\"chat.completion\",\"created\":1765000000,\"model\":\"%s\",\"choices\":[{\"index\":0,"
               "\"message\":{\"role\":\"assistant\",\"content\":\"to %s\"},\"finish_reason\":\"stop\"}]%s}},\"error\":null}\n",
               i, custom, i, i, model, custom,
               begins(custom, "unread") ? ""
                                        : ",\"usage\":{\"prompt_tokens\":110,\"completion_tokens\":5,\"total_tokens\":115,"
                                          "\"prompt_tokens_details\":{\"cached_tokens\":100}}");
}

static bool put_error(const char *custom, int i, buf *out) {
    if (begins(custom, "errored"))
        buf_printf(out,
                   "{\"id\":\"batch_req_%d\",\"custom_id\":\"%s\",\"response\":{\"status_code\":400,\"request_id\":\"req_%d\",\"body\":"
                   "{\"error\":{\"message\":\"no\",\"type\":\"invalid_request_error\",\"code\":null}}},\"error\":null}\n",
                   i, custom, i);
    else if (begins(custom, "expired"))
        buf_printf(out,
                   "{\"id\":\"batch_req_%d\",\"custom_id\":\"%s\",\"response\":null,\"error\":{\"code\":\"batch_expired\",\"message\":"
                   "\"This request could not be executed before the completion window expired.\"}}\n",
                   i, custom);
    else
        return false;
    return true;
}

/* Answers a line of a file. False: it is none. */
static bool work_on_line(struct batch *b, str text, buf *answers, buf *errors) {
    cJSON *line = cJSON_ParseWithLength(text.p, text.n);
    const char *url = json_string(line, "url"), *method = json_string(line, "method"), *custom = json_string(line, "custom_id");
    const char *model = json_string(cJSON_GetObjectItemCaseSensitive(line, "body"), "model");
    bool fine = url && method && custom && model && !strcmp(url, b->endpoint) && !strcmp(method, "POST") && script_model_ok(model);
    if (fine && b->n == 0)
        snprintf(b->first, sizeof b->first, "%.64s", custom);
    if (fine && put_error(custom, b->n, errors))
        b->failed++;
    else if (fine && (b->n == 0 || !begins(b->first, "short")))
        put_answer(line, custom, b->n, answers);
    b->n += fine;
    cJSON_Delete(line);
    return fine;
}

static bool work_on(struct batch *b, const struct file *f, refusal *why_not) {
    buf answers = {0}, errors = {0};
    bool fine = true;
    for (const char *p = f->bytes.p, *end = p + f->bytes.n, *stop; fine && p && p < end; p = stop + 1) {
        stop = memchr(p, '\n', (size_t)(end - p));
        stop = stop ? stop : end;
        fine = work_on_line(b, (str){p, (size_t)(stop - p)}, &answers, &errors);
    }
    if (fine) {
        b->output = file_keep(b->account, "batch_output", (str){answers.p, answers.n});
        b->errors = file_keep(b->account, "batch_output", (str){errors.p, errors.n});
    } else {
        refuse(why_not, 400, INVALID, "invalid_file", "input_file_id", "sim: line %d is no request of this batch", b->n + 1);
    }
    buf_free(&answers);
    buf_free(&errors);
    return fine;
}

bool openai_batch_begin(const cJSON *body, question *q, buf *out, refusal *why_not) {
    static const char *const known[] = {"input_file_id", "endpoint", "completion_window", "metadata", "output_expires_after", NULL};
    const char *unknown = json_unknown(body, known), *id = json_string(body, "input_file_id"), *endpoint = json_string(body, "endpoint"),
               *window = json_string(body, "completion_window");
    struct file *f = id ? find_file(q->account, id) : NULL;
    if (unknown)
        return refuse(why_not, 400, INVALID, "unknown_parameter", unknown, "Unknown parameter: '%s'.", unknown);
    if (!f)
        return refuse(why_not, 400, INVALID, "invalid_value", "input_file_id", "Invalid input file: No such File object: %s", id ? id : "");
    if (!endpoint || !window || strcmp(window, "24h") != 0)
        return refuse(why_not, 400, INVALID, "invalid_value", "completion_window",
                      "Invalid value for completion_window. Value must be '24h'.");
    struct batch b = {.input = (size_t)(f - files)};
    snprintf(b.account, sizeof b.account, "%s", q->account);
    snprintf(b.endpoint, sizeof b.endpoint, "%.40s", endpoint);
    if (!work_on(&b, f, why_not))
        return false;
    batches[n_batches % KEPT] = b;
    put_batch(n_batches++, out);
    return true;
}

static str first_line(size_t i) {
    const buf *bytes = &files[i % KEPT].bytes;
    const char *end = bytes->n ? memchr(bytes->p, '\n', bytes->n) : NULL;
    return (str){bytes->p, end ? (size_t)(end - bytes->p) + 1 : bytes->n};
}

bool openai_batch_resource(const request *r, const char *account, buf *out, refusal *why_not) {
    const char *id = r->path + sizeof BATCHES, *rest = strchr(id, '/');
    unsigned long i = strncmp(id, "batch_sim", 9) ? KEPT : strtoul(id + 9, NULL, 10);
    struct batch *b = &batches[i % KEPT];
    if (i >= n_batches || strcmp(b->account, account) != 0 || (rest && strcmp(rest, "/cancel") != 0))
        return refuse(why_not, 404, INVALID, NULL, NULL, "No batch found with id '%s'.", id);
    if (rest)
        b->cancelled = true;
    else
        b->asked++;
    if (rest && begins(b->first, "half") && !b->asked) /* one was answered before */
        b->output = file_keep(b->account, "batch_output", first_line(b->output));
    put_batch(i, out);
    return true;
}
