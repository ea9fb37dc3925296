/* openai/film.c: how a film stands, as the Videos API says it (API reference, "Videos", 2026-11): read from a provider's answer, and
 * written for a client whose job the gateway follows itself.
 */
#include "openai.h"

/* Its words for the states; whatever else a relay says is taken for "it goes on". */
static yz_job_state state_of(yz_str word) {
    static const struct {
        const char *word;
        yz_job_state state;
    } words[] = {{"queued", YZ_JOB_QUEUED}, {"in_progress", YZ_JOB_RUNNING}, {"completed", YZ_JOB_SUCCEEDED},
                 {"failed", YZ_JOB_FAILED}, {"cancelled", YZ_JOB_CANCELLED}, {"expired", YZ_JOB_EXPIRED}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (yz_str_is(word, words[i].word))
            return words[i].state;
    return YZ_JOB_RUNNING;
}

static int percent(const yz_json *value) {
    int64_t n = yz_json_int(value, 0);
    return (int)(n < 0 ? 0 : n > 100 ? 100 : n);
}

static int64_t moment(const yz_json *value) {
    int64_t at = yz_json_int(value, 0);
    return at > 0 ? at : 0;
}

/* A copy: the answer is gone before whoever asked reads it. */
static yz_str text_of(yz_arena *arena, const yz_json *value) { return yz_dup(arena, yz_json_text(arena, value)); }

int oa_read_job(const yz_request *request, const yz_json *body, yz_arena *arena, yz_job *out) {
    const yz_json *status = yz_json_get(body, "status"), *error = yz_json_given(body, "error");
    yz_str id = yz_json_escaped(yz_json_get(body, "id"));
    bool says = yz_json_is(status, YZ_JSON_STRING) || yz_json_true(yz_json_get(body, "deleted"));
    if (!yc_kept_word(id) || id.p[0] == '.' || id.n > YC_KEPT_MAX || !says)
        return YZ_EINVAL;
    *out = (yz_job){YZ_JOB,
                    .state = state_of(yz_json_escaped(status)),
                    .id = yz_dup(arena, id),
                    .id_at = oa_is_task(request) ? YZ_STR("") : id, /* its words are those of the other form */
                    .path = yz_format(arena, "/v1/videos/%.*s", YZ_STR_ARGS(id)),
                    .progress = percent(yz_json_get(body, "progress")),
                    .model = text_of(arena, yz_json_get(body, "model")),
                    .seconds = text_of(arena, yz_json_get(body, "seconds")),
                    .extent = text_of(arena, yz_json_get(body, "size")),
                    .code = text_of(arena, yz_json_get(error, "code")),
                    .message = text_of(arena, yz_json_get(error, "message")),
                    .created = moment(yz_json_get(body, "created_at")),
                    .ended = moment(yz_json_get(body, "completed_at")),
                    .expires = moment(yz_json_get(body, "expires_at"))};
    yz_str *made = yz_alloc(arena, sizeof *made);
    *made = yz_format(arena, "%.*s/content", YZ_STR_ARGS(out->path));
    out->made = made;
    out->n_made = out->state == YZ_JOB_SUCCEEDED;
    return YZ_OK;
}

/* ---- writing -------------------------------------------------------------------------------------------------------- */

static const char *status_of(yz_job_state state) {
    switch (state) {
    case YZ_JOB_SUCCEEDED:
        return "completed";
    case YZ_JOB_FAILED:
    case YZ_JOB_CANCELLED:
    case YZ_JOB_EXPIRED:
        return "failed";
    case YZ_JOB_RUNNING:
        return "in_progress";
    default:
        return "queued";
    }
}

static void put_moment(yz_buf *out, const char *name, int64_t at) {
    yz_buf_printf(out, ",\"%s\":", name);
    if (at)
        yz_buf_int(out, at);
    else
        yz_buf_lit(out, "null");
}

static void put_text(yz_buf *out, const char *name, yz_str text) {
    yz_buf_printf(out, ",\"%s\":", name);
    yz_buf_json_str(out, text);
}

/* Cancelled and expired are no words of this dialect: the code says it. */
static void put_error(const yz_job *job, yz_buf *out) {
    if (!yz_job_over(job->state) || job->state == YZ_JOB_SUCCEEDED) {
        yz_buf_lit(out, ",\"error\":null");
        return;
    }
    yz_str unsaid = job->state == YZ_JOB_CANCELLED ? YZ_STR("cancelled")
                    : job->state == YZ_JOB_EXPIRED ? YZ_STR("expired")
                                                   : YZ_STR("failed");
    yz_buf_lit(out, ",\"error\":{\"code\":");
    yz_buf_json_str(out, job->code.n ? job->code : unsaid);
    put_text(out, "message", job->message.n ? job->message : YZ_STR("the provider did not say why"));
    yz_buf_char(out, '}');
}

void oa_write_job(const yz_request *request, const yz_job *job, yz_buf *out) {
    if (oa_is_task(request)) {
        oa_write_task(request, job, out);
        return;
    }
    yz_buf_lit(out, "{\"id\":");
    yz_buf_json_str(out, job->id);
    yz_buf_lit(out, ",\"object\":\"video\"");
    put_text(out, "model", job->model);
    put_text(out, "status", yz_str_of(status_of(job->state)));
    yz_buf_printf(out, ",\"progress\":%d,\"created_at\":%lld", job->progress, (long long)job->created);
    put_moment(out, "completed_at", job->state == YZ_JOB_SUCCEEDED ? job->ended : 0);
    put_moment(out, "expires_at", job->expires);
    yz_buf_lit(out, ",\"prompt\":null");
    put_text(out, "size", job->extent);
    put_text(out, "seconds", job->seconds);
    yz_buf_lit(out, ",\"remixed_from_video_id\":null");
    put_error(job, out);
    yz_buf_char(out, '}');
}

static void put_id(yz_buf *out, const char *name, const yz_job *job) {
    yz_buf_printf(out, ",\"%s\":", name);
    if (job)
        yz_buf_json_str(out, job->id);
    else
        yz_buf_lit(out, "null");
}

void oa_write_jobs(const yz_request *request, const yz_job *const *jobs, size_t n, bool more, yz_buf *out) {
    yz_buf_lit(out, "{\"object\":\"list\",\"data\":[");
    for (size_t i = 0; i < n; i++) {
        yz_buf_lit(out, i ? "," : "");
        oa_write_job(request, jobs[i], out);
    }
    yz_buf_char(out, ']');
    put_id(out, "first_id", n ? jobs[0] : NULL);
    put_id(out, "last_id", n ? jobs[n - 1] : NULL);
    yz_buf_printf(out, ",\"has_more\":%s}", more ? "true" : "false");
}
