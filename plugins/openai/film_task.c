/* openai/film_task.c: films as relays had them before the Videos API: POST /v1/video/generations, GET /v1/video/generations/{id}. A form
 * for clients alone: providers are asked by the Videos API, so it is written anew for them, and needs the stage jobs, which tells how a
 * film stands in write_job's words. There is no reference of it: these are the fields of new-api's documents (docs.newapi.pro, 2026-11),
 * without the envelope that some relays put around them.
 */
#include "openai.h"

bool oa_is_task(const yz_request *request) { return yz_str_starts(request->path, "/v1/video/generations"); }

/* ---- reading ---------------------------------------------------------------------------------------------------------------- */

/* "5.0" is 5. */
static yz_str plain_number(yz_str text) {
    size_t n = text.n;
    while (n > 0 && text.p[n - 1] == '0')
        n--;
    return n > 1 && text.p[n - 1] == '.' ? (yz_str){text.p, n - 1} : text;
}

static yz_str number_of(const yz_json *root, const char *name) {
    const yz_json *value = yz_json_given(root, name);
    return value ? plain_number(yz_json_is(value, YZ_JSON_STRING) ? yz_json_escaped(value) : yz_json_raw(value)) : YZ_STR("");
}

/* What is paid for is what it says, in whichever field: so it says it once, and in figures. */
int oa_accept_task(const yz_json *root, yz_arena *arena, yz_error *error) {
    const yz_json *n = yz_json_given(root, "n");
    yz_str seconds = number_of(root, "seconds"), duration = number_of(root, "duration");
    if (n && (!yz_json_is(n, YZ_JSON_NUMBER) || yz_json_int(n, 0) < 1))
        return yz_refuse(arena, error, YZ_STR("n"), "n must be a whole number, 1 or more, not %.*s", (int)(n->n < 20 ? n->n : 20), n->p);
    if (seconds.n && duration.n && !yz_str_eq(seconds, duration))
        return yz_refuse(arena, error, YZ_STR("duration"), "duration says %.*s seconds, and seconds %.*s: one of them is enough",
                         (int)(duration.n < 20 ? duration.n : 20), duration.p, (int)(seconds.n < 20 ? seconds.n : 20), seconds.p);
    return YZ_OK;
}

/* Beside what the Videos API has. `extent` there goes first. */
void oa_read_task(const yz_json *root, yz_arena *arena, yz_film *out) {
    yz_str duration = number_of(root, "duration"), width = number_of(root, "width"), height = number_of(root, "height");
    out->seconds = out->seconds.n ? plain_number(out->seconds) : duration;
    if (out->extent.n == 0 && width.n && height.n)
        out->extent = yz_format(arena, "%.*sx%.*s", YZ_STR_ARGS(width), YZ_STR_ARGS(height));
    out->count = yz_json_int(yz_json_given(root, "n"), 0);
}

bool oa_is_task_field(yz_str name) {
    return yz_str_is(name, "duration") || yz_str_is(name, "width") || yz_str_is(name, "height") || yz_str_is(name, "n");
}

/* ---- writing ---------------------------------------------------------------------------------------------------------------- */

static const char *status_of(yz_job_state state) {
    if (!yz_job_over(state))
        return state == YZ_JOB_RUNNING || state == YZ_JOB_UNKNOWN ? "processing" : "queued";
    return state == YZ_JOB_SUCCEEDED ? "succeeded" : "failed";
}

static void put_text(yz_buf *out, const char *name, yz_str text) {
    yz_buf_printf(out, "\"%s\":", name);
    yz_buf_json_str(out, text);
}

/* Where it is fetched with the same key; the scheme is the one that a proxy in front says, if one does. */
static void put_url(const yz_request *request, const yz_job *job, yz_buf *out) {
    yz_str host = yz_request_header(request, "host");
    bool tls = yz_str_is(yz_request_header(request, "x-forwarded-proto"), "https");
    if (job->state != YZ_JOB_SUCCEEDED) {
        yz_buf_lit(out, ",\"url\":null");
        return;
    }
    yz_buf_printf(out, ",\"url\":\"%s://", tls ? "https" : "http");
    yz_buf_json(out, host.n ? host : YZ_STR("localhost"));
    yz_buf_lit(out, "/v1/videos/");
    yz_buf_json(out, job->id);
    yz_buf_lit(out, "/content\"");
}

static bool is_number(yz_str text) {
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] < '0' || text.p[i] > '9')
            return false;
    return text.n > 0 && text.n < 6 && text.p[0] != '0';
}

/* What is known of it, as numbers. */
static void put_metadata(const yz_job *job, yz_buf *out) {
    const char *x = job->extent.n ? memchr(job->extent.p, 'x', job->extent.n) : NULL;
    yz_str width = {job->extent.p, x ? (size_t)(x - job->extent.p) : 0};
    yz_str height = x ? (yz_str){x + 1, job->extent.n - width.n - 1} : YZ_STR("");
    yz_buf_lit(out, ",\"metadata\":{");
    if (is_number(job->seconds))
        yz_buf_printf(out, "\"duration\":%.*s", YZ_STR_ARGS(job->seconds));
    if (is_number(width) && is_number(height))
        yz_buf_printf(out, "%s\"width\":%.*s,\"height\":%.*s", is_number(job->seconds) ? "," : "", YZ_STR_ARGS(width), YZ_STR_ARGS(height));
    yz_buf_char(out, '}');
}

static void put_error(const yz_job *job, yz_buf *out) {
    bool failed = yz_job_over(job->state) && job->state != YZ_JOB_SUCCEEDED;
    yz_buf_lit(out, ",\"error\":");
    if (!failed) {
        yz_buf_lit(out, "null");
        return;
    }
    yz_buf_char(out, '{');
    put_text(out, "code", job->code.n ? job->code : YZ_STR("failed"));
    yz_buf_char(out, ',');
    put_text(out, "message", job->message.n ? job->message : YZ_STR("the provider did not say why"));
    yz_buf_char(out, '}');
}

void oa_write_task(const yz_request *request, const yz_job *job, yz_buf *out) {
    yz_buf_char(out, '{');
    put_text(out, "task_id", job->id), yz_buf_char(out, ',');
    put_text(out, "id", job->id), yz_buf_char(out, ',');
    put_text(out, "model", job->model), yz_buf_char(out, ',');
    put_text(out, "status", yz_str_of(status_of(job->state)));
    yz_buf_printf(out, ",\"progress\":%d,\"created_at\":%lld,\"format\":\"mp4\"", job->progress, (long long)job->created);
    put_url(request, job, out);
    put_metadata(job, out);
    put_error(job, out);
    yz_buf_char(out, '}');
}
