/* uploads.c: files of OpenAI that come in parts, for each account apart (API reference, "Uploads", 2026-11): begun with their size, each
 * part at most 64 MB, completed by a list of parts whose bytes are as many as were said. */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>

#define UPLOADS "/v1/uploads"
#define INVALID "invalid_request_error"

enum { KEPT = 64, PARTS = 128, PART_MOST = 64000000 };

typedef enum state { PENDING, COMPLETED, CANCELLED } state;

static struct upload {
    char account[24], name[64];
    size_t bytes, n_parts;
    buf parts[PARTS];
    state state;
} uploads[KEPT];
static size_t n_uploads;

static void put(size_t i, size_t file, buf *out) {
    static const char *const words[] = {"pending", "completed", "cancelled"};
    const struct upload *u = &uploads[i % KEPT];
    buf_printf(
        out,
        "{\"id\":\"upload_sim%zu\",\"object\":\"upload\",\"bytes\":%zu,\"created_at\":1765000000,\"filename\":\"%s\",\"purpose\":\"batch\","
        "\"status\":\"%s\",\"expires_at\":1765003600",
        i, u->bytes, u->name, words[u->state]);
    if (u->state == COMPLETED) {
        buf_adds(out, ",\"file\":");
        file_put(file, out);
    }
    buf_adds(out, "}");
}

bool upload_begin(const cJSON *body, question *q, buf *out, refusal *why_not) {
    static const char *const known[] = {"filename", "purpose", "bytes", "mime_type", "expires_after", NULL};
    const char *unknown = json_unknown(body, known), *name = json_string(body, "filename"), *type = json_string(body, "mime_type"),
               *problem;
    if (unknown)
        return refuse(why_not, 400, INVALID, "unknown_parameter", unknown, "Unknown parameter: '%s'.", unknown);
    if (!name || !type || !cJSON_HasObjectItem(body, "bytes"))
        return refuse(why_not, 400, INVALID, "missing_required_parameter", "bytes", "Missing required parameter");
    if (!json_range(body, "bytes", 1, 8e9, true, &problem))
        return refuse(why_not, 400, INVALID, "invalid_value", "bytes", "Invalid 'bytes': %s", problem);
    if (strcmp(json_string(body, "purpose") ? json_string(body, "purpose") : "", "batch") != 0 || strcmp(type, "application/jsonl") != 0)
        return refuse(why_not, 400, INVALID, "invalid_value", "mime_type", "sim: the purpose of files is batch, of application/jsonl");
    struct upload *u = &uploads[n_uploads % KEPT];
    for (size_t i = 0; i < u->n_parts; i++)
        buf_free(&u->parts[i]);
    *u = (struct upload){.bytes = (size_t)cJSON_GetObjectItemCaseSensitive(body, "bytes")->valuedouble};
    snprintf(u->account, sizeof u->account, "%s", q->account);
    snprintf(u->name, sizeof u->name, "%.60s", name);
    put(n_uploads++, 0, out);
    return true;
}

/* The bytes of the one part of the form, which must be `data`, with a file name. */
static bool data_of(const request *r, str body, str *bytes) {
    str type = http_header(r, "content-type");
    const char *end = body.p + body.n, *head = memmem(body.p, body.n, "name=\"data\"; filename=", 22);
    const char *from = head ? memmem(head, (size_t)(end - head), "\r\n\r\n", 4) : NULL, *line = memchr(body.p, '\r', body.n);
    if (type.n < 19 || strncmp(type.p, "multipart/form-data", 19) != 0 || !from || !line)
        return false;
    size_t n = (size_t)(line - body.p); /* the boundary, as its first line has it; the last one is followed by "--\r\n" */
    const char *to = memmem(from, (size_t)(end - from), body.p, n);
    *bytes = (str){from + 4, to ? (size_t)(to - from) - 6 : 0};
    return to && (size_t)(end - to) >= n + 2 && !memcmp(to + n, "--", 2);
}

static bool add_part(struct upload *u, size_t i, const request *r, str body, buf *out, refusal *why_not) {
    str bytes;
    if (!data_of(r, body, &bytes))
        return refuse(why_not, 400, INVALID, "missing_required_parameter", "data", "Missing required parameter: 'data'.");
    if (bytes.n > PART_MOST || u->n_parts == PARTS)
        return refuse(why_not, 400, INVALID, NULL, "data", "Part is too large: 64 MB is the most");
    buf_add(&u->parts[u->n_parts], bytes.p, bytes.n);
    buf_printf(out, "{\"id\":\"part_sim%zu-%zu\",\"object\":\"upload.part\",\"created_at\":1765000000,\"upload_id\":\"upload_sim%zu\"}", i,
               u->n_parts++, i);
    return true;
}

static bool complete(struct upload *u, size_t i, str body, buf *out, refusal *why_not) {
    static const char *const known[] = {"part_ids", "md5", NULL};
    cJSON *json = cJSON_ParseWithLength(body.p, body.n);
    const cJSON *ids = cJSON_GetObjectItemCaseSensitive(json, "part_ids"), *id;
    buf whole = {0};
    bool fine = cJSON_IsArray(ids) && !json_unknown(json, known);
    cJSON_ArrayForEach(id, ids) {
        size_t of = KEPT, part = PARTS;
        char rest;
        fine = fine && cJSON_IsString(id) && sscanf(id->valuestring, "part_sim%zu-%zu%c", &of, &part, &rest) == 2 && of == i &&
               part < u->n_parts;
        if (fine)
            buf_add(&whole, u->parts[part].p, u->parts[part].n);
    }
    cJSON_Delete(json);
    if (!fine)
        refuse(why_not, 400, INVALID, "invalid_value", "part_ids", "Invalid value: 'part_ids' must be parts of this upload.");
    else if (whole.n != u->bytes)
        fine = refuse(why_not, 400, INVALID, NULL, NULL, "The number of bytes of the parts, %zu, is not that of the upload, %zu.", whole.n,
                      u->bytes);
    if (fine) {
        u->state = COMPLETED;
        put(i, file_keep(u->account, "batch", (str){whole.p, whole.n}), out);
    }
    buf_free(&whole);
    return fine;
}

bool upload_resource(const request *r, str body, const char *account, buf *out, refusal *why_not) {
    const char *id = r->path + sizeof UPLOADS, *rest = strchr(id, '/');
    unsigned long i = strncmp(id, "upload_sim", 10) ? KEPT : strtoul(id + 10, NULL, 10);
    struct upload *u = &uploads[i % KEPT];
    if (i >= n_uploads || strcmp(u->account, account) != 0 || !rest || !str_is(r->method, "POST"))
        return refuse(why_not, 404, INVALID, NULL, NULL, "No upload found with id '%s'.", id);
    if (u->state != PENDING)
        return refuse(why_not, 400, INVALID, NULL, NULL, "Upload %s is not pending any more.", id);
    if (!strcmp(rest, "/parts"))
        return add_part(u, i, r, body, out, why_not);
    if (!strcmp(rest, "/complete"))
        return complete(u, i, body, out, why_not);
    if (strcmp(rest, "/cancel") != 0)
        return refuse(why_not, 404, INVALID, "unknown_url", NULL, "Unknown request URL");
    u->state = CANCELLED;
    put(i, 0, out);
    return true;
}
