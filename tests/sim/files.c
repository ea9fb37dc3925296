/* files.c: files and batches of OpenAI, for each account apart: what they refuse, how they go on, and the files of answers (API reference,
 * 2026-11). A batch is over when it has been asked for once; a line whose model is none of the account's is an error. */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>

#define FILES   "/v1/files"
#define BATCHES "/v1/batches"
#define INVALID "invalid_request_error"
#define PURPOSE "name=\"purpose\"\r\n\r\nbatch\r\n"

enum { KEPT = 64 };

static struct file {
    char account[24], purpose[16];
    buf bytes;
    bool made;
} files[KEPT];
static size_t n_files;

static struct batch {
    char account[24], endpoint[48];
    size_t input, output;
    int n, asked;
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

static void put_batch(size_t i, buf *out) {
    const struct batch *b = &batches[i % KEPT];
    bool over = b->asked > 0;
    buf_printf(out,
               "{\"id\":\"batch_sim%zu\",\"object\":\"batch\",\"endpoint\":\"%s\",\"errors\":null,\"input_file_id\":\"file-sim%zu\","
               "\"completion_window\":\"24h\",\"status\":\"%s\",\"error_file_id\":null,\"created_at\":1765000000,\"metadata\":null,"
               "\"request_counts\":{\"total\":%d,\"completed\":%d,\"failed\":0},\"usage\":{\"input_tokens\":%d,\"output_tokens\":%d,"
               "\"total_tokens\":%d},\"output_file_id\":",
               i, b->endpoint, b->input,
               b->cancelled ? (over ? "cancelled" : "cancelling")
               : over       ? "completed"
                            : "validating",
               b->n, over && !b->cancelled ? b->n : 0, over ? 10 * b->n : 0, over ? 5 * b->n : 0, over ? 15 * b->n : 0);
    if (over && !b->cancelled)
        buf_printf(out, "\"file-sim%zu\"}", b->output);
    else
        buf_adds(out, "null}");
}

static void put_answer(const cJSON *line, int i, buf *out) {
    const char *model = json_string(cJSON_GetObjectItemCaseSensitive(line, "body"), "model");
    buf_printf(out,
               "{\"id\":\"batch_req_%d\",\"custom_id\":\"%s\",\"response\":{\"status_code\":200,\"request_id\":\"req_%d\",\"body\":{\"id\":"
               "\"chatcmpl-%d\",\"object\":\"chat.completion\",\"created\":1765000000,\"model\":\"%s\",\"choices\":[{\"index\":0,"
               "\"message\":{\"role\":\"assistant\",\"content\":\"to %s\"},\"finish_reason\":\"stop\"}]}},\"error\":null}\n",
               i, json_string(line, "custom_id"), i, i, model, json_string(line, "custom_id"));
}

/* Answers all lines of a file; -1: one of them is none. */
static int work_on(const struct file *f, const char *endpoint, buf *out, refusal *why_not) {
    int n = 0;
    for (const char *p = f->bytes.p, *end = p + f->bytes.n, *stop; p && p < end; p = stop + 1) {
        stop = memchr(p, '\n', (size_t)(end - p));
        stop = stop ? stop : end;
        cJSON *line = cJSON_ParseWithLength(p, (size_t)(stop - p));
        const char *url = json_string(line, "url"), *method = json_string(line, "method"), *custom = json_string(line, "custom_id");
        const char *model = json_string(cJSON_GetObjectItemCaseSensitive(line, "body"), "model");
        bool fine = url && method && custom && model && !strcmp(url, endpoint) && !strcmp(method, "POST") && script_model_ok(model);
        if (fine)
            put_answer(line, n++, out);
        cJSON_Delete(line);
        if (!fine) {
            refuse(why_not, 400, INVALID, "invalid_file", "input_file_id", "sim: line %d is no request of this batch", n + 1);
            return -1;
        }
    }
    return n;
}

bool openai_batch_begin(const cJSON *body, question *q, buf *out, refusal *why_not) {
    static const char *const known[] = {"input_file_id", "endpoint", "completion_window", "metadata", "output_expires_after", NULL};
    const char *unknown = json_unknown(body, known), *id = json_string(body, "input_file_id"), *endpoint = json_string(body, "endpoint"),
               *window = json_string(body, "completion_window");
    struct file *f = id ? find_file(q->account, id) : NULL;
    buf answers = {0};
    if (unknown)
        return refuse(why_not, 400, INVALID, "unknown_parameter", unknown, "Unknown parameter: '%s'.", unknown);
    if (!f)
        return refuse(why_not, 400, INVALID, "invalid_value", "input_file_id", "Invalid input file: No such File object: %s", id ? id : "");
    if (!endpoint || !window || strcmp(window, "24h") != 0)
        return refuse(why_not, 400, INVALID, "invalid_value", "completion_window",
                      "Invalid value for completion_window. Value must be '24h'.");
    struct batch b = {.input = (size_t)(f - files), .n = work_on(f, endpoint, &answers, why_not)};
    if (b.n < 0) {
        buf_free(&answers);
        return false;
    }
    snprintf(b.account, sizeof b.account, "%s", q->account);
    snprintf(b.endpoint, sizeof b.endpoint, "%.40s", endpoint);
    b.output = file_keep(q->account, "batch_output", (str){answers.p, answers.n});
    buf_free(&answers);
    batches[n_batches % KEPT] = b;
    put_batch(n_batches++, out);
    return true;
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
    put_batch(i, out);
    return true;
}
