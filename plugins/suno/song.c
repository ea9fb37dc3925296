/* suno/song.c: how a job stands, as the relays of Suno say it. Its times are Unix seconds, its progress is a text ("30%").
 *
 * One request mostly makes two songs. If one of them is there, the job has succeeded; if it is said to be over and none of them is, it has
 * failed, whatever its status says: nothing was made, and it is paid back.
 */
#include "suno.h"

static int64_t moment(const yz_json *value) {
    int64_t at = yz_json_int(value, 0);
    return at > 0 ? at : 0;
}

static bool is_broken(const yz_json *clip) { return yz_str_is(yz_json_escaped(yz_json_get(clip, "status")), "error"); }

/* Songs stand in a list, lyrics are one object. True: none of it was made; *why: the first that says why not. */
static bool made_nothing(const yz_json *data, const yz_json **why) {
    *why = NULL;
    if (yz_json_is(data, YZ_JSON_OBJECT))
        return is_broken(data);
    for (const yz_json *clip = yz_json_is(data, YZ_JSON_ARRAY) ? data->child : NULL; clip; clip = clip->next) {
        if (!is_broken(clip))
            return false;
        *why = *why ? *why : yz_json_given(yz_json_get(clip, "metadata"), "error_message");
    }
    return true;
}

/* What relays say besides of their own books, and of the account that pays there (new-api); and songs of the account at Suno. */
static const char *const books[] = {"id",    "username", "channel_id", "group",        "quota", "cost",
                                    "token", "platform", "properties", "private_data", NULL};
static const char *const accounts[] = {"user_id", "display_name", "handle", "avatar_image_url", NULL};
static const yc_hidden hidden = {.at_top = books, .anywhere = accounts};

static void judge(yz_job *job, const yz_json *task, yz_arena *arena) {
    const yz_json *why;
    if (job->state != YZ_JOB_SUCCEEDED || !made_nothing(yz_json_get(task, "data"), &why))
        return;
    job->state = YZ_JOB_FAILED;
    job->code = YZ_STR("nothing_made");
    job->message = why ? yc_relayed_text(arena, why) : YZ_STR("its provider says that it is over, and has made nothing");
    job->id_at.n = job->told.n = 0; /* its words say otherwise: they are not passed on */
}

static const char *status_of(yz_job_state state) {
    switch (state) {
    case YZ_JOB_SUCCEEDED:
        return "SUCCESS";
    case YZ_JOB_FAILED:
    case YZ_JOB_CANCELLED:
    case YZ_JOB_EXPIRED:
        return "FAILURE";
    case YZ_JOB_RUNNING:
        return "IN_PROGRESS";
    case YZ_JOB_QUEUED:
        return "QUEUED";
    case YZ_JOB_UNKNOWN:
        return "UNKNOWN";
    default:
        return "SUBMITTED";
    }
}

static yz_str word_of(yz_str said, yz_job_state state) {
    static const char *const own[] = {"NOT_START", "SUBMITTED", "QUEUED", "IN_PROGRESS", "SUCCESS", "FAILURE", "UNKNOWN"};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (yz_str_is(said, own[i]))
            return YZ_STR("");
    return yz_str_of(status_of(state));
}

/* {"code":"success","message":"","data":"ID"} to who began it, and the task in its place to who asks for it. */
int su_read_job(const yz_request *request, const yz_json *body, yz_arena *arena, yz_job *out) {
    const yz_json *task = yz_json_get(body, "data");
    bool begun = yz_json_is(task, YZ_JSON_STRING) || yz_json_is(task, YZ_JSON_NUMBER);
    yz_str id = yc_relayed_id(begun ? task : yz_json_get(task, "task_id")), word = yz_json_escaped(yz_json_get(task, "status"));
    if (request->op == YZ_OP_STORED && yz_json_is(body, YZ_JSON_OBJECT) && yz_json_is(task, YZ_JSON_NULL))
        return YZ_ENOTFOUND;
    if (!yc_relayed_good_id(id) || (begun && request->op == YZ_OP_STORED) ||
        (!begun && !yz_json_is(yz_json_get(task, "status"), YZ_JSON_STRING)))
        return YZ_EINVAL;
    *out = (yz_job){YZ_JOB,
                    .state = begun ? YZ_JOB_QUEUED : yc_relayed_state(word),
                    .id = yz_dup(arena, id),
                    .id_at = id,
                    .path = yz_format(arena, "/suno/fetch/%.*s", YZ_STR_ARGS(id)),
                    .progress = yc_relayed_percent(yz_json_get(task, "progress")),
                    .message = yc_relayed_text(arena, yz_json_get(task, "fail_reason")),
                    .created = moment(yz_json_get(task, "submit_time")),
                    .ended = moment(yz_json_get(task, "finish_time"))};
    if (request->op == YZ_OP_STORED)
        yc_relayed_tell(out, task, &hidden, "task_id", word_of(word, out->state), arena);
    else /* what stands beside the id is not for its client: he is told the id, as by any relay */
        out->id_at.n = 0;
    judge(out, task, arena);
    return YZ_OK;
}

/* ---- writing -------------------------------------------------------------------------------------------------------- */

static yz_str reason_of(const yz_job *job) {
    if (!yz_job_over(job->state) || job->state == YZ_JOB_SUCCEEDED)
        return YZ_STR("");
    return job->message.n ? job->message : job->code.n ? job->code : YZ_STR("the provider did not say why");
}

static void put_task(const yz_job *job, yz_buf *out) {
    if (job->told.n) {
        yz_buf_str(out, job->told);
        return;
    }
    bool over = yz_job_over(job->state);
    yz_buf_lit(out, "{\"task_id\":");
    yz_buf_json_str(out, job->id);
    yz_buf_printf(out, ",\"notify_hook\":\"\",\"action\":\"%s\",\"status\":\"%s\",\"fail_reason\":",
                  yz_str_is(job->model, SU_LYRICS) ? "LYRICS" : "MUSIC", status_of(job->state));
    yz_buf_json_str(out, reason_of(job));
    yz_buf_printf(out, ",\"submit_time\":%lld,\"start_time\":%lld,\"finish_time\":%lld,\"progress\":\"%d%%\",\"data\":null}",
                  (long long)job->created, (long long)(job->progress > 0 ? job->created : 0), (long long)(over ? job->ended : 0),
                  over ? 100 : job->progress);
}

#define SUCCESS "{\"code\":\"success\",\"message\":\"\",\"data\":"

void su_write_job(const yz_request *request, const yz_job *job, yz_buf *out) {
    yz_buf_lit(out, SUCCESS);
    if (request->op == YZ_OP_MUSIC)
        yz_buf_json_str(out, job->id);
    else
        put_task(job, out);
    yz_buf_char(out, '}');
}

void su_write_jobs(const yz_request *request, const yz_job *const *jobs, size_t n, bool more, yz_buf *out) {
    (void)request, (void)more; /* those that were named are all there are */
    yz_buf_lit(out, SUCCESS "[");
    for (size_t i = 0; i < n; i++) {
        yz_buf_lit(out, i ? "," : "");
        put_task(jobs[i], out);
    }
    yz_buf_lit(out, "]}");
}
