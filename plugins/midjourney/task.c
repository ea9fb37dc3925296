/* midjourney/task.c: how a job stands, as relays say it: a task, whose times are Unix milliseconds and whose progress is a text ("30%").
 * One that waits for more to be said (MODAL) goes on: who asks knows what it waits for.
 */
#include "midjourney.h"

static int64_t moment(const yz_json *value) {
    int64_t at = yz_json_int(value, 0);
    return at > 0 ? at / 1000 : 0;
}

/* What relays say besides of the accounts that draw, and of who pays there. */
static const char *const accounts[] = {
    "accountId", "discordChannelId", "instanceId", "subInstanceId", "discordInstanceId", "channelId",     "userId", "user_id", "clientIp",
    "quota",     "channel_id",       "group",      "isWhite",       "notifyHook",        "accountFilter", NULL};
static const yc_hidden hidden = {.anywhere = accounts};

static const char *status_of(yz_job_state state) {
    switch (state) {
    case YZ_JOB_SUCCEEDED:
        return "SUCCESS";
    case YZ_JOB_FAILED:
    case YZ_JOB_EXPIRED:
        return "FAILURE";
    case YZ_JOB_CANCELLED:
        return "CANCEL";
    case YZ_JOB_RUNNING:
        return "IN_PROGRESS";
    case YZ_JOB_QUEUED:
        return "NOT_START";
    default:
        return "SUBMITTED";
    }
}

/* A word of this dialect stays as it is, whatever it means: MODAL. */
static yz_str word_of(yz_str said, yz_job_state state) {
    static const char *const own[] = {"", "NOT_START", "SUBMITTED", "MODAL", "IN_PROGRESS", "SUCCESS", "FAILURE", "CANCEL"};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (yz_str_is(said, own[i]))
            return YZ_STR("");
    return yz_str_ieq(said, YZ_STR("MODAL")) ? YZ_STR("MODAL") : yz_str_of(status_of(state));
}

static yz_job job_of(yz_arena *arena, yz_str id, yz_job_state state) {
    return (yz_job){YZ_JOB, .state = state, .id = yz_dup(arena, id), .id_at = id,
                    .path = yz_format(arena, "/mj/task/%.*s", YZ_STR_ARGS(id))};
}

static int read_submitted(const yz_json *body, yz_arena *arena, yz_job *out) {
    int64_t code = yz_json_int(yz_json_get(body, "code"), 0);
    yz_str id = yc_relayed_id(yz_json_get(body, "result"));
    if (!mj_taken(code) || !yc_relayed_good_id(id))
        return YZ_EINVAL;
    *out = job_of(arena, id, YZ_JOB_QUEUED);
    out->again = code == MJ_EXISTS;
    if (code == MJ_SUBMITTED) /* its client is told the id, as by any relay */
        out->id_at.n = 0;
    else /* it says what it waits for, or in which place it stands */
        yc_relayed_tell(out, body, &hidden, "result", YZ_STR(""), arena);
    return YZ_OK;
}

static bool asks_for_seed(yz_str path) {
    size_t n = strlen(MJ_SEED);
    return path.n > n && yz_str_is(yz_str_at(path.p + path.n - n, n), MJ_SEED);
}

/* {"code":1,"result":"SEED"} */
static int read_seed(const yz_json *body, yz_arena *arena, yz_job *out) {
    *out = (yz_job){YZ_JOB, .told = yc_without(body, &hidden, arena)};
    return yz_json_is(body, YZ_JSON_OBJECT) ? YZ_OK : YZ_EINVAL;
}

static bool says_something(const yz_json *value) {
    return yz_json_is(value, YZ_JSON_STRING) ? yz_json_escaped(value).n > 0
                                             : (yz_json_is(value, YZ_JSON_ARRAY) || yz_json_is(value, YZ_JSON_OBJECT)) && value->child;
}

/* Words of a describe or shorten; of all others pictures and films. Which of them it is not all relays say. */
static bool has_made(const yz_json *task) {
    static const char *const places[] = {"imageUrl",  "imageUrls", "image_url",  "image_urls", "ImageUrl", "videoUrl",
                                         "videoUrls", "video_url", "video_urls", "url",        NULL};
    yz_str action = yz_json_escaped(yz_json_get(task, "action"));
    bool words = yc_one_of(action, YZ_NAMES("DESCRIBE", "SHORTEN")), made = false;
    if (words || action.n == 0)
        made = says_something(yz_json_get(task, "promptEn")) || says_something(yz_json_get(task, "prompt")) ||
               says_something(yz_json_get(yz_json_get(task, "properties"), "finalPrompt"));
    for (size_t i = 0; places[i] && !made; i++)
        made = !words && says_something(yz_json_get(task, places[i]));
    return made;
}

int mj_read_job(const yz_request *request, const yz_json *body, yz_arena *arena, yz_job *out) {
    const yz_json *status = yz_json_get(body, "status");
    yz_str id = yc_relayed_id(yz_json_get(body, "id")), word = yz_json_escaped(status);
    yz_job_state state = yc_relayed_state(word);
    if (request->op == YZ_OP_DRAWING)
        return read_submitted(body, arena, out);
    if (asks_for_seed(request->path))
        return read_seed(body, arena, out);
    if (yz_json_is(body, YZ_JSON_NULL))
        return YZ_ENOTFOUND;
    if (!yc_relayed_good_id(id) || !(yz_json_is(status, YZ_JSON_STRING) || yz_json_is(status, YZ_JSON_NULL)))
        return YZ_EINVAL;
    *out = job_of(arena, id, state);
    out->progress = yc_relayed_percent(yz_json_get(body, "progress"));
    out->message = yc_relayed_text(arena, yz_json_get(body, "failReason"));
    out->created = moment(yz_json_get(body, "submitTime"));
    out->ended = moment(yz_json_get(body, "finishTime"));
    if (state == YZ_JOB_SUCCEEDED && !has_made(body)) {
        out->state = YZ_JOB_FAILED; /* it is told in words of ours: its own say that all is well */
        out->message = YZ_STR("the provider says that it has succeeded, and has made nothing");
        return YZ_OK;
    }
    yc_relayed_tell(out, body, &hidden, "id", word_of(word, state), arena);
    return YZ_OK;
}

/* ---- writing -------------------------------------------------------------------------------------------------------- */

static void put_reason(const yz_job *job, yz_buf *out) {
    if (yz_job_over(job->state) && job->state != YZ_JOB_SUCCEEDED)
        yz_buf_json_str(out, job->message.n ? job->message : job->code.n ? job->code : YZ_STR("the provider did not say why"));
    else
        yz_buf_lit(out, "null");
}

/* What was asked, and what was made, is not kept here. */
static void put_task(const yz_job *job, yz_buf *out) {
    if (job->told.n) {
        yz_buf_str(out, job->told);
        return;
    }
    bool over = yz_job_over(job->state);
    long long created = (long long)job->created * 1000, ended = over ? (long long)job->ended * 1000 : 0;
    yz_buf_lit(out, "{\"id\":");
    yz_buf_json_str(out, job->id);
    yz_buf_lit(out, ",\"action\":\"");
    mj_put_action(job->model, out);
    yz_buf_printf(
        out,
        "\",\"status\":\"%s\",\"progress\":\"%d%%\",\"prompt\":\"\",\"promptEn\":\"\",\"description\":\"\",\"state\":\"\","
        "\"submitTime\":%lld,\"startTime\":%lld,\"finishTime\":%lld,\"imageUrl\":\"\",\"buttons\":[],\"properties\":{},\"failReason\":",
        status_of(job->state), over ? 100 : job->progress, created, job->progress > 0 ? created : 0, ended);
    put_reason(job, out);
    yz_buf_char(out, '}');
}

void mj_write_job(const yz_request *request, const yz_job *job, yz_buf *out) {
    if (request->op != YZ_OP_DRAWING) {
        put_task(job, out);
        return;
    }
    if (job->told.n) {
        yz_buf_str(out, job->told);
        return;
    }
    yz_buf_printf(out, "{\"code\":%d,\"description\":\"submitted\",\"result\":", MJ_SUBMITTED);
    yz_buf_json_str(out, job->id);
    yz_buf_lit(out, ",\"properties\":{}}");
}

void mj_write_jobs(const yz_request *request, const yz_job *const *jobs, size_t n, bool more, yz_buf *out) {
    (void)request, (void)more; /* this dialect has no word for that; whoever names jobs gets all of them */
    yz_buf_char(out, '[');
    for (size_t i = 0; i < n; i++) {
        yz_buf_lit(out, i ? "," : "");
        put_task(jobs[i], out);
    }
    yz_buf_char(out, ']');
}
