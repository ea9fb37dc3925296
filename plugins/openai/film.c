/* openai/film.c: how a film stands, as the Videos API says it (API reference, "Videos", 2026-11): read from a provider's answer, and
 * written for a client whose job the gateway follows itself.
 */
#include "openai.h"

static int percent(const yz_json *value) {
    int64_t n = yz_json_is(value, YZ_JSON_STRING) ? yc_relayed_percent(value) : yz_json_int(value, 0);
    return (int)(n < 0 ? 0 : n > 100 ? 100 : n);
}

static int64_t moment(const yz_json *value) {
    int64_t at = yz_json_int(value, 0);
    return at > 0 ? at : 0;
}

/* A copy: the answer is gone before whoever asked reads it. */
static yz_str text_of(yz_arena *arena, const yz_json *value) { return yz_dup(arena, yz_json_text(arena, value)); }

static const char *status_of(yz_job_state state) {
    switch (state) {
    case YZ_JOB_SUCCEEDED:
        return "completed";
    case YZ_JOB_FAILED:
    case YZ_JOB_CANCELLED:
    case YZ_JOB_EXPIRED:
        return "failed";
    case YZ_JOB_RUNNING:
    case YZ_JOB_UNKNOWN:
        return "in_progress";
    default:
        return "queued";
    }
}

/* What its client reads: the body itself, in its own words; or with others' words for id and status exchanged. Of one that failed in such
 * words nothing else would be understood: the gateway says it. */
static void tell(const yz_request *request, const yz_json *body, yz_str word, yz_job *out, yz_arena *arena) {
    const yz_json *id = yz_json_get(body, "id"), *from = yz_json_get(body, "remixed_from_video_id");
    yz_json *told = NULL;
    bool own = word.n == 0 || yz_str_is(word, status_of(out->state)), failed = yz_job_over(out->state) && out->state != YZ_JOB_SUCCEEDED;
    if (oa_is_task(request) || (failed && !own)) /* the words of the other form, or ours */
        return;
    if (own && yz_json_is(id, YZ_JSON_STRING)) {
        out->id_at = yz_json_escaped(id);
        out->from_at = yz_json_escaped(from);
        out->told = out->from_at.n > 0 ? yz_json_raw(body) : out->told;
        return;
    }
    yz_str text = yc_relayed_respell(body, "id", own ? YZ_STR("") : yz_str_of(status_of(out->state)), arena);
    if (yz_json_parse(arena, text, YZ_JSON_ANSWERED, &told, NULL) != YZ_OK)
        return;
    out->told = text;
    out->id_at = yz_json_escaped(yz_json_get(told, "id"));
    out->from_at = yz_json_escaped(yz_json_get(told, "remixed_from_video_id"));
}

/* Relays say why in a text, or beside it. */
static yz_str reason(const yz_json *body, const yz_json *error, yz_arena *arena) {
    const yz_json *said = yz_json_is(error, YZ_JSON_STRING) ? error : yz_json_get(error, "message");
    const yz_json *beside = yz_json_given(body, "fail_reason");
    return text_of(arena, said ? said : beside);
}

int oa_read_job(const yz_request *request, const yz_json *body, yz_arena *arena, yz_job *out) {
    if (yz_json_says(yz_json_get(body, "object"), "batch"))
        return oa_read_batch(body, arena, out);
    const yz_json *status = yz_json_get(body, "status"), *error = yz_json_given(body, "error");
    yz_str id = yc_relayed_id(yz_json_get(body, "id")), word = yz_json_escaped(status);
    bool says = yz_json_is(status, YZ_JSON_STRING) || yz_json_true(yz_json_get(body, "deleted"));
    if (!yc_relayed_good_id(id) || !says)
        return YZ_EINVAL;
    *out = (yz_job){YZ_JOB,
                    .state = status ? yc_relayed_state(word) : YZ_JOB_RUNNING,
                    .id = yz_dup(arena, id),
                    .path = yz_format(arena, "/v1/videos/%.*s", YZ_STR_ARGS(id)),
                    .progress = percent(yz_json_get(body, "progress")),
                    .model = text_of(arena, yz_json_get(body, "model")),
                    .seconds = text_of(arena, yz_json_get(body, "seconds")),
                    .extent = text_of(arena, yz_json_get(body, "size")),
                    .code = text_of(arena, yz_json_get(error, "code")),
                    .message = reason(body, error, arena),
                    .created = moment(yz_json_get(body, "created_at")),
                    .ended = moment(yz_json_get(body, "completed_at")),
                    .expires = moment(yz_json_get(body, "expires_at"))};
    tell(request, body, word, out, arena);
    yz_str *made = yz_alloc(arena, sizeof *made);
    *made = yz_format(arena, "%.*s/content", YZ_STR_ARGS(out->path));
    out->made = made;
    out->n_made = out->state == YZ_JOB_SUCCEEDED;
    return YZ_OK;
}

/* ---- writing -------------------------------------------------------------------------------------------------------- */

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
    if (oa_is_batch(request)) {
        oa_write_batch(request, job, out);
        return;
    }
    if (oa_is_task(request)) {
        oa_write_task(request, job, out);
        return;
    }
    if (job->told.n > 0) {
        yz_buf_str(out, job->told);
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
    if (job->from.n > 0)
        put_text(out, "remixed_from_video_id", job->from);
    else
        yz_buf_lit(out, ",\"remixed_from_video_id\":null");
    put_error(job, out);
    yz_buf_char(out, '}');
}

void oa_write_jobs(const yz_request *request, const yz_job *const *jobs, size_t n, bool more, yz_buf *out) {
    yz_buf_lit(out, "{\"object\":\"list\",\"data\":[");
    for (size_t i = 0; i < n; i++) {
        yz_buf_lit(out, i ? "," : "");
        oa_write_job(request, jobs[i], out);
    }
    yz_buf_char(out, ']');
    yc_put_ends(jobs, n, more, out);
    yz_buf_char(out, '}');
}
