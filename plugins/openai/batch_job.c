/* openai/batch_job.c: batches that a stage follows to their end (API reference, "Batch", 2026-11): what their files ask for, how one
 * stands, what its answers have used, and how it is told.
 *
 * A batch brings a file's id and no chats, so these are read out of that file, where it lies: at the provider, which works on what is there
 * and nothing else. Nothing of a file is remembered from when it came: so a gateway that was started since, another one of the fleet, and a
 * file that came in parts make no difference.
 *
 * A client is told in the provider's words, but never by the provider's answer itself: the files that it names are asked for here by ids
 * with a mark of whose they are (common/kept.c), which nobody but the owner may be given, and a look at a job may be nobody's.
 */
#include "openai.h"

#define BATCHES "/v1/batches"
#define FILES   "/v1/files"

bool oa_is_batch(const yz_request *request) { return yz_str_starts(request->path, BATCHES); }

/* ---- what it asks for ----------------------------------------------------------------------------------------------------- */

yz_str oa_batch_file(const yz_request *request, yz_arena *arena) {
    return yz_format(arena, FILES "/%.*s/content", YZ_STR_ARGS(request->stored));
}

/* Those that are paid for by tokens alone. */
static const struct {
    const char *path;
    yz_op op;
} asked[] = {{"/v1/chat/completions", YZ_OP_CHAT},
             {"/v1/responses", YZ_OP_CHAT},
             {"/v1/completions", YZ_OP_COMPLETION},
             {"/v1/embeddings", YZ_OP_EMBEDDING},
             {"/v1/moderations", YZ_OP_MODERATION}};

static yz_op op_of(yz_str path) {
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++)
        if (yz_str_is(path, asked[i].path))
            return asked[i].op;
    return YZ_OP_STORED;
}

/* Whatever a line says it is for, its provider may go by what the batch says: so they say the same. */
int oa_batch_chat(const yz_request *request, yz_str line, size_t number, yz_arena *arena, yz_request *out, yz_error *error) {
    yz_json *json = NULL;
    int code = yz_json_parse(arena, line, 0, &json, NULL);
    const yz_json *body = yz_json_get(json, "body"), *model = yz_json_get(body, "model");
    yz_str url = yz_json_text(arena, yz_json_get(json, "url")), endpoint = yz_json_text(arena, yz_json_get(request->json, "endpoint"));
    if (code < 0 || !yz_json_is(body, YZ_JSON_OBJECT) || !yz_json_is(model, YZ_JSON_STRING) || model->n <= 2)
        return yz_refuse(arena, error, YZ_STR("input_file_id"),
                         "input_file_id: line %zu of the file is no request of a batch: a JSON object with a body that names a model",
                         number);
    if (oa_batch_judge(json, number, "input_file_id", arena, error) < 0)
        return YZ_EINVAL;
    if (!yz_str_eq(url, endpoint))
        return yz_refuse(arena, error, YZ_STR("endpoint"), "endpoint: the batch is for \"%.*s\", and line %zu of its file for \"%.*s\"",
                         (int)(endpoint.n < 80 ? endpoint.n : 80), endpoint.p, number, (int)(url.n < 80 ? url.n : 80), url.p);
    if (op_of(url) == YZ_OP_STORED)
        return yz_refuse(arena, error, YZ_STR("endpoint"),
                         "endpoint: a batch for \"%.*s\" cannot be paid for from an account here, since it is not paid for by tokens; for "
                         "/v1/chat/completions, /v1/responses, /v1/completions, /v1/embeddings and /v1/moderations it can",
                         (int)(url.n < 80 ? url.n : 80), url.p);
    *out = (yz_request){YZ_REQUEST, .op = op_of(url), .json = body, .body = yz_json_raw(body), .model = yz_json_text(arena, model)};
    return YZ_OK;
}

/* ---- how it stands -------------------------------------------------------------------------------------------------------- */

/* Members of the provider's document that its client is told; what may be long last, since there is a bound. */
static const char *const kept[] = {"status",         "endpoint",      "completion_window", "created_at", "in_progress_at",
                                   "expires_at",     "finalizing_at", "completed_at",      "failed_at",  "expired_at",
                                   "cancelling_at",  "cancelled_at",  "request_counts",    "usage",      "model",
                                   "output_file_id", "error_file_id", "metadata",          "errors",     NULL};

static bool says(const yz_json *status, const char *const *words) {
    while (*words && !yz_json_says(status, *words))
        words++;
    return *words != NULL;
}

static void add_file(const yz_json *body, const char *name, yz_str *made, yz_job *out, yz_arena *arena) {
    yz_str id = yz_json_escaped(yz_json_given(body, name));
    if (yc_kept_word(id))
        made[out->n_made++] = yz_format(arena, FILES "/%.*s/content", YZ_STR_ARGS(id));
}

/* Of how many the provider says that they were answered; what it has lost of a batch that it has completed is not believed. */
static void read_answers(const yz_json *body, yz_job *out) {
    const yz_json *counts = yz_json_get(body, "request_counts");
    int64_t total = yz_json_int(yz_json_get(counts, "total"), 0), completed = yz_json_int(yz_json_get(counts, "completed"), -1),
            failed = yz_json_int(yz_json_get(counts, "failed"), 0);
    bool sums = !yz_json_says(yz_json_get(body, "status"), "completed") || completed + failed >= total;
    out->parts = total > 0 ? total : 0;
    out->answers_said = total > 0 && completed >= 0 && completed <= total && sums;
    out->answers = out->answers_said ? completed : 0;
}

/* One that has files of answers is over by them, whatever it is called; without any it has come to nothing if none was answered. */
static yz_job_state state_of(const yz_json *body, const yz_job *job) {
    const yz_json *status = yz_json_get(body, "status");
    bool ended = says(status, YZ_NAMES("completed", "cancelled", "expired", "failed"));
    if (!ended)
        return yz_json_says(status, "validating") ? YZ_JOB_QUEUED : YZ_JOB_RUNNING;
    if (job->n_made > 0)
        return YZ_JOB_SUCCEEDED;
    if (yz_json_says(status, "failed"))
        return YZ_JOB_FAILED;
    if (!job->answers_said || job->answers > 0) /* they are somewhere */
        return YZ_JOB_RUNNING;
    return yz_json_says(status, "cancelled") ? YZ_JOB_CANCELLED : yz_json_says(status, "expired") ? YZ_JOB_EXPIRED : YZ_JOB_FAILED;
}

static yz_str first_error(const yz_json *body, const char *name, yz_arena *arena) {
    const yz_json *list = yz_json_get(yz_json_given(body, "errors"), "data");
    return yz_dup(arena, yz_json_text(arena, yz_json_get(yz_json_is(list, YZ_JSON_ARRAY) ? list->child : NULL, name)));
}

int oa_read_batch(const yz_json *body, yz_arena *arena, yz_job *out) {
    yz_str id = yz_json_escaped(yz_json_get(body, "id"));
    if (!yc_kept_word(id) || id.n > YC_KEPT_MAX || !yz_json_is(yz_json_get(body, "status"), YZ_JSON_STRING))
        return YZ_EINVAL;
    yz_str *made = yz_alloc(arena, 2 * sizeof *made);
    *out = (yz_job){YZ_JOB,
                    .id = yz_dup(arena, id),
                    .path = yz_format(arena, BATCHES "/%.*s", YZ_STR_ARGS(id)),
                    .withheld = true,
                    .made = made,
                    .kept = yc_told(body, kept, false, arena),
                    .code = first_error(body, "code", arena),
                    .message = first_error(body, "message", arena)};
    read_answers(body, out);
    add_file(body, "output_file_id", made, out, arena);
    add_file(body, "error_file_id", made, out, arena);
    out->state = state_of(body, out);
    out->n_made = yz_job_over(out->state) ? out->n_made : 0;
    out->progress = yz_job_over(out->state) ? 100 : 0;
    return YZ_OK;
}

/* ---- what its answers have used ------------------------------------------------------------------------------------------- */

/* Some servers say that a chat failed by its body alone, with the status of one that did not. */
static bool came_to_nothing(const yz_json *json, const yz_json *response) {
    const yz_json *body = yz_json_get(response, "body");
    if (yc_names_error(yz_json_get(body, "error")) && !yz_json_given(body, "usage"))
        return true;
    return yz_json_int(yz_json_get(response, "status_code"), 200) >= 400 ||
           (!yz_json_is(response, YZ_JSON_OBJECT) && yz_json_is(yz_json_given(json, "error"), YZ_JSON_OBJECT));
}

/* Of vectors and the like a provider counts the input alone. */
static bool is_whole(const yz_json *body, const yz_usage *usage) {
    bool list = yz_json_says(yz_json_get(body, "object"), "list");
    return yz_usage_get(usage, YZ_METER_INPUT) >= 0 && (list || yz_usage_get(usage, YZ_METER_OUTPUT) >= 0);
}

int oa_read_result(yz_str line, yz_arena *arena, yz_str *of, yz_usage *out) {
    yz_json *json = NULL;
    *out = (yz_usage){0};
    *of = YZ_STR("");
    if (yz_json_parse(arena, line, YZ_JSON_ANSWERED, &json, NULL) < 0 || !yz_json_is(yz_json_get(json, "custom_id"), YZ_JSON_STRING))
        return YZ_ENOTFOUND;
    *of = yz_json_text(arena, yz_json_get(json, "custom_id"));
    const yz_json *response = yz_json_given(json, "response"), *body = yz_json_get(response, "body"), *usage = yz_json_get(body, "usage");
    if (came_to_nothing(json, response))
        return YZ_OK;
    if (!yz_json_is(response, YZ_JSON_OBJECT))
        return YZ_ENOTFOUND;
    oa_decoder *d = yz_alloc(arena, sizeof *d);
    *d = (oa_decoder){0};
    oa_read_usage(d, usage);
    yz_usage_read(&d->usage, YZ_METER_CACHED, yz_json_get(usage, "input_tokens_details"), "cached_tokens"); /* Responses */
    *out = d->usage;
    return is_whole(body, out) ? YZ_OK : YZ_EINVAL;
}

/* ---- to the client -------------------------------------------------------------------------------------------------------- */

static const char *status_of(const yz_job *job) {
    switch (job->state) {
    case YZ_JOB_SUCCEEDED:
        return "completed";
    case YZ_JOB_FAILED:
        return "failed";
    case YZ_JOB_CANCELLED:
        return "cancelled";
    case YZ_JOB_EXPIRED:
        return "expired";
    case YZ_JOB_RUNNING:
        return "in_progress";
    default:
        return "validating";
    }
}

/* The id of a file, with the mark of its owner. */
static void put_file(const yz_request *request, const yz_job *job, const char *name, const yz_json *id, yz_arena *scratch, yz_buf *out) {
    const yz_provider keeper = {YZ_PROVIDER, .name = job->keeper};
    const yz_target target = {YZ_TARGET, .provider = &keeper};
    yz_str bare = yz_json_escaped(id), mark = yc_kept_word(bare) ? yc_kept_mark(scratch, request, &target, bare) : YZ_STR("");
    if (mark.n > 0)
        yz_buf_printf(out, ",\"%s\":\"%.*s%.*s\"", name, YZ_STR_ARGS(bare), YZ_STR_ARGS(mark));
    else
        yz_buf_printf(out, ",\"%s\":null", name);
}

/* The gateway has given it up, and its provider's last word was that it goes on. */
static bool is_given_up(const yz_job *job, const yz_json *words) {
    return yz_job_over(job->state) && job->state != YZ_JOB_SUCCEEDED &&
           !says(yz_json_get(words, "status"), YZ_NAMES("completed", "cancelled", "expired", "failed"));
}

static void put_status(const yz_job *job, const yz_json *words, yz_buf *out) {
    yz_str raw = yz_json_raw(yz_json_get(words, "status"));
    if (raw.n == 0 || is_given_up(job, words))
        yz_buf_printf(out, ",\"status\":\"%s\"", status_of(job));
    else
        yz_buf_printf(out, ",\"status\":%.*s", YZ_STR_ARGS(raw));
}

static void put_errors(const yz_job *job, yz_buf *out) {
    yz_buf_lit(out, ",\"errors\":{\"object\":\"list\",\"data\":[{\"code\":");
    yz_buf_json_str(out, job->code.n ? job->code : YZ_STR("failed"));
    yz_buf_lit(out, ",\"message\":");
    yz_buf_json_str(out, job->message.n ? job->message : YZ_STR("its provider did not say why"));
    yz_buf_lit(out, "}]}");
}

/* What is always there, where the provider has said nothing of it. */
static void put_unsaid(const yz_job *job, const yz_json *words, yz_buf *out) {
    if (!yz_json_get(words, "endpoint"))
        yz_buf_lit(out, ",\"endpoint\":\"\"");
    if (!yz_json_get(words, "completion_window"))
        yz_buf_lit(out, ",\"completion_window\":\"24h\"");
    if (!yz_json_get(words, "created_at"))
        yz_buf_printf(out, ",\"created_at\":%lld", (long long)job->created);
    if (is_given_up(job, words))
        put_errors(job, out);
    else if (!yz_json_get(words, "errors"))
        yz_buf_lit(out, ",\"errors\":null");
    if (!yz_json_get(words, "metadata"))
        yz_buf_lit(out, ",\"metadata\":null");
}

static bool is_put_apart(const yz_job *job, const yz_json *words, yz_str name) {
    return yz_str_is(name, "status") || yz_str_is(name, "output_file_id") || yz_str_is(name, "error_file_id") ||
           (yz_str_is(name, "errors") && is_given_up(job, words));
}

void oa_write_batch(const yz_request *request, const yz_job *job, yz_buf *out) {
    yz_arena *scratch = yz_arena_open();
    yz_json *words = NULL;
    if (job->kept.n > 0 && yz_json_parse(scratch, job->kept, YZ_JSON_ANSWERED, &words, NULL) < 0)
        words = NULL;
    yz_buf_lit(out, "{\"id\":");
    yz_buf_json_str(out, job->id);
    yz_buf_lit(out, ",\"object\":\"batch\"");
    put_status(job, words, out);
    yz_buf_lit(out, ",\"input_file_id\":");
    yz_buf_json_str(out, job->from);
    put_file(request, job, "output_file_id", yz_json_given(words, "output_file_id"), scratch, out);
    put_file(request, job, "error_file_id", yz_json_given(words, "error_file_id"), scratch, out);
    put_unsaid(job, words, out);
    for (const yz_json *m = words ? words->child : NULL; m; m = m->next)
        if (!is_put_apart(job, words, yz_json_key(m)))
            yz_buf_printf(out, ",\"%.*s\":%.*s", YZ_STR_ARGS(yz_json_key(m)), YZ_STR_ARGS(yz_json_raw(m)));
    yz_buf_char(out, '}');
    yz_arena_free(scratch);
}
