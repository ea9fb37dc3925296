/* anthropic/batch.c: Message Batches: many chats in one request, worked on within a day, and asked for by the id of the batch (API
 * reference, "Message Batches", 2026-11). Forwarded to a provider of this dialect, each chat as it would be by itself (mend.c).
 *
 * One model chooses who is asked, and is what a key may ask for or not, so the chats of a batch are all for one: others go into batches of
 * their own. The account that works on a batch keeps it, and its id says which one that is, and whose (common/kept.c); where a stage
 * follows it as a job the id is that one's. Lists are of such jobs: the provider's is that of its account, with what other tenants have
 * there.
 */
#include "anthropic.h"

#include <time.h>

#define BATCHES "/v1/messages/batches"

/* ---- from the client ------------------------------------------------------------------------------------------------------ */

static const yz_json *model_of(const yz_json *item) { return yz_json_get(yz_json_get(item, "params"), "model"); }

/* As by itself, but nobody judges whose it is that one names: they name nothing that is stored. */
static int judge(const yz_json *params, size_t i, yz_arena *arena, yz_error *error) {
    if (!yz_json_is(params, YZ_JSON_OBJECT))
        return YZ_OK; /* that it names no model is told */
    yz_str stored = yc_names_stored(params, arena);
    if (stored.n == 0)
        return yc_accept_model(params, arena, error);
    return yz_refuse(arena, error, yz_format(arena, "requests.%zu.params", i),
                     "requests.%zu.params: names something that is stored (%.*s), which a request of a batch may not do here: nobody would "
                     "judge whose it is; send what it is about in the request itself",
                     i, (int)(stored.n < 40 ? stored.n : 40), stored.p);
}

/* The list of chats, each of which names a model; NULL: it is refused. */
static const yz_json *chats_of(const yz_request *request, yz_arena *arena, yz_error *error) {
    const yz_json *list = yz_json_get(request->json, "requests");
    if (!yz_json_is(list, YZ_JSON_ARRAY) || !list->child) {
        yz_refuse(arena, error, YZ_STR("requests"), "requests: must be a list of at least one request");
        return NULL;
    }
    size_t i = 0;
    for (const yz_json *item = list->child; item; item = item->next, i++) {
        if (judge(yz_json_get(item, "params"), i, arena, error) < 0)
            return NULL;
        if (yz_json_is(model_of(item), YZ_JSON_STRING) && model_of(item)->n > 2)
            continue;
        yz_refuse(arena, error, yz_format(arena, "requests.%zu.params.model", i),
                  "requests.%zu.params.model: must be a string that is not empty", i);
        return NULL;
    }
    return list;
}

static int accept_batch(yz_request *request, yz_arena *arena, yz_error *error) {
    const yz_json *list = chats_of(request, arena, error);
    if (!list)
        return YZ_EINVAL;
    yz_str first = yz_json_text(arena, model_of(list->child));
    size_t i = 1;
    for (const yz_json *item = list->child->next; item; item = item->next, i++) {
        yz_str model = yz_json_text(arena, model_of(item));
        if (!yz_str_eq(model, first))
            return yz_refuse(arena, error, yz_format(arena, "requests.%zu.params.model", i),
                             "requests.%zu.params.model: a batch here is for one model, and this one is for \"%.*s\", not \"%.*s\"; send "
                             "another batch for that",
                             i, YZ_STR_ARGS(first), YZ_STR_ARGS(model));
    }
    request->model = first;
    return YZ_OK;
}

int an_accept_kept(yz_request *request, yz_arena *arena, yz_error *error) {
    if (request->op == YZ_OP_BATCH)
        return accept_batch(request, arena, error);
    if (request->stored.n > 0 && !yc_kept_word(request->stored)) /* a list has none */
        return yz_refuse(arena, error, YZ_STR(""), "an id is made of letters, digits, '_', '-' and '.'");
    return YZ_OK;
}

bool an_holds(const yz_call *call, const yz_request *request, const yz_target *target, yz_error *why) {
    return yc_kept_holds(call, request, target, "Message batch", why);
}

/* ---- to the provider ------------------------------------------------------------------------------------------------------ */

/* A chat of the batch as the target takes it, with the name that the model has there. `chat` is the batch's request as one of them. */
static void put_chat(yz_request *chat, const yz_json *item, const yz_target *target, yz_losses *losses, yz_buf *out) {
    yz_arena *scratch = yz_arena_open(); /* there may be a hundred thousand */
    chat->json = yz_json_get(item, "params");
    chat->body = yz_json_raw(chat->json);
    chat->model_node = model_of(item);
    const yz_request *mended = an_mend_chat(chat, target, scratch, losses);
    yz_str body = yz_json_raw(mended->json), name = yz_json_raw(mended->model_node);
    yz_buf_put(out, body.p, (size_t)(name.p - body.p));
    yz_buf_json_str(out, target->model);
    yz_buf_put(out, name.p + name.n, (size_t)(body.p + body.n - (name.p + name.n)));
    yz_arena_free(scratch);
}

const yz_request *an_mend_batch(const yz_request *request, const yz_target *target, yz_arena *arena, yz_losses *losses) {
    const yz_json *list = yz_json_get(request->json, "requests");
    yz_request *chat = yz_request_copy(arena, request);
    yz_str raw = yz_json_raw(list);
    const char *done = raw.p;
    yz_buf out = {0};
    chat->op = YZ_OP_CHAT;
    for (const yz_json *item = list ? list->child : NULL; item; item = item->next) {
        yz_str params = yz_json_raw(yz_json_get(item, "params"));
        yz_buf_put(&out, done, (size_t)(params.p - done));
        put_chat(chat, item, target, losses, &out);
        done = params.p + params.n;
    }
    yz_buf_put(&out, done, (size_t)(raw.p + raw.n - done));
    yz_request *mended = yz_request_copy(arena, request);
    yz_request_set(arena, mended, "requests", yz_buf_view(&out));
    yz_buf_free(&out);
    return mended;
}

void an_endpoint_kept(const an_config *config, const yz_request *request, yz_arena *arena, yz_endpoint *out) {
    yz_str query = yc_kept_query(request, arena);
    if (request->op == YZ_OP_BATCH) {
        out->path = an_beside(config->path, YZ_STR("/batches"), arena);
        return;
    }
    yz_str rest = yz_format(arena, "/batches/%.*s%.*s%s%.*s", YZ_STR_ARGS(yc_kept_bare(request->stored)),
                            YZ_STR_ARGS(yc_kept_rest(request)), query.n ? "?" : "", YZ_STR_ARGS(query));
    out->path = an_beside(config->path, rest, arena);
    out->method = yz_str_is(request->method, "DELETE") ? "DELETE" : yz_str_is(request->method, "POST") ? "POST" : "GET";
}

/* ---- to the client -------------------------------------------------------------------------------------------------------- */

/* The id says whose it is, and the results are asked for here: at a path alone, which clients put behind their base address. */
size_t an_stamp(const yz_request *request, const yz_target *target, yz_str data, yz_arena *arena, yz_splice *const *out, size_t most) {
    yz_json *batch;
    if (most < 2 || yz_json_parse(arena, data, YZ_JSON_ANSWERED, &batch, NULL) < 0)
        return 0;
    yz_str id = yz_json_escaped(yz_json_get(batch, "id")), url = yz_json_escaped(yz_json_get(batch, "results_url"));
    yz_str mark = yc_kept_word(id) ? yc_kept_mark(arena, request, target, id) : YZ_STR(""); /* else the client could not ask for it */
    if (mark.n == 0)
        return 0;
    size_t at_id = url.n > 0 && url.p < id.p; /* in the order they stand */
    out[at_id]->at = (yz_str){id.p + id.n, 0};
    out[at_id]->with = mark;
    if (url.n == 0)
        return 1;
    out[!at_id]->at = url;
    out[!at_id]->with = yz_format(arena, BATCHES "/%.*s%.*s/results", YZ_STR_ARGS(id), YZ_STR_ARGS(mark));
    return 2;
}

/* ---- as jobs -------------------------------------------------------------------------------------------------------------- */

const yz_json *an_batch_chat(const yz_request *request, const yz_json *after, const yz_json **body) {
    const yz_json *list = yz_json_get(request->json, "requests");
    const yz_json *item = after ? after->next : yz_json_is(list, YZ_JSON_ARRAY) ? list->child : NULL;
    *body = yz_json_get(item, "params");
    return item;
}

/* What the client is told of it: without the address of another server, and with a second place for the id. In the order they stand. */
static void read_told(const yz_json *body, yz_arena *arena, yz_job *out) {
    yz_str raw = yz_json_raw(body), url = yz_json_escaped(yz_json_get(body, "results_url"));
    yz_str before = {raw.p, url.n ? (size_t)(url.p - raw.p) : raw.n}, after = {url.p + url.n, url.n ? raw.n - before.n - url.n : 0};
    yz_str results = url.n ? yz_format(arena, BATCHES "/%.*s/results", YZ_STR_ARGS(out->id)) : YZ_STR("");
    out->told = yz_format(arena, "%.*s%.*s%.*s", YZ_STR_ARGS(before), YZ_STR_ARGS(results), YZ_STR_ARGS(after));
    yz_str rest = out->told;
    for (yz_str *at = &out->id_at; at; at = at == &out->id_at ? &out->id_too : NULL) {
        const char *found = memmem(rest.p, rest.n, out->id.p, out->id.n);
        if (!found)
            break;
        *at = (yz_str){found, out->id.n};
        rest = (yz_str){found + out->id.n, (size_t)(rest.p + rest.n - (found + out->id.n))};
    }
}

/* Of its words, without its id and the address of another server, for the list. */
static const char *const kept[] = {"processing_status", "request_counts", "created_at",          "expires_at",
                                   "ended_at",          "archived_at",    "cancel_initiated_at", NULL};

static int64_t counts_of(const yz_json *counts) {
    static const char *const names[] = {"processing", "succeeded", "errored", "canceled", "expired"};
    int64_t n = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        n += yz_json_int(yz_json_get(counts, names[i]), 0);
    return n;
}

/* Over is one that has results, whatever they are: each of them says what its chat has come to. */
int an_read_job(const yz_request *request, const yz_json *body, yz_arena *arena, yz_job *out) {
    (void)request;
    yz_str id = yz_json_escaped(yz_json_get(body, "id"));
    bool deleted = yz_json_says(yz_json_get(body, "type"), "message_batch_deleted");
    if (!yc_kept_word(id) || (!deleted && !yz_json_says(yz_json_get(body, "type"), "message_batch")))
        return YZ_EINVAL;
    bool over = yz_json_says(yz_json_get(body, "processing_status"), "ended") && yz_json_escaped(yz_json_get(body, "results_url")).n > 0;
    yz_str *made = yz_alloc(arena, sizeof *made);
    *out = (yz_job){YZ_JOB, .state = over ? YZ_JOB_SUCCEEDED : YZ_JOB_RUNNING, .id = yz_dup(arena, id),
                    .path = yz_format(arena, BATCHES "/%.*s", YZ_STR_ARGS(id)), .parts = counts_of(yz_json_get(body, "request_counts"))};
    made[0] = yz_format(arena, BATCHES "/%.*s/results", YZ_STR_ARGS(id));
    out->made = made;
    out->n_made = over;
    out->progress = over ? 100 : 0;
    out->kept = deleted ? YZ_STR("") : yc_told(body, kept, true, arena);
    read_told(body, arena, out);
    return YZ_OK;
}

static void put_time(const char *name, int64_t seconds, yz_buf *out) {
    time_t at = (time_t)seconds;
    struct tm tm;
    char text[32];
    gmtime_r(&at, &tm);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
    yz_buf_printf(out, ",\"%s\":\"%s\"", name, text);
}

/* In the words that were kept of its provider's. */
static void write_kept(const yz_job *job, yz_buf *out) {
    yz_buf_lit(out, "{\"id\":");
    yz_buf_json_str(out, job->id);
    yz_buf_printf(out, ",\"type\":\"message_batch\",%.*s", (int)job->kept.n - 2, job->kept.p + 1);
    if (job->n_made > 0)
        yz_buf_printf(out, ",\"results_url\":\"" BATCHES "/%.*s/results\"}", YZ_STR_ARGS(job->id));
    else
        yz_buf_lit(out, ",\"results_url\":null}");
}

/* In its provider's words; or as far as that is known here, of one that its provider is not asked for. */
void an_write_job(const yz_request *request, const yz_job *job, yz_buf *out) {
    bool over = yz_job_over(job->state);
    (void)request;
    if (job->told.n > 0) {
        yz_buf_str(out, job->told);
        return;
    }
    if (job->kept.n > 2 && (!over || job->state == YZ_JOB_SUCCEEDED)) {
        write_kept(job, out);
        return;
    }
    yz_buf_lit(out, "{\"id\":");
    yz_buf_json_str(out, job->id);
    yz_buf_printf(out,
                  ",\"type\":\"message_batch\",\"processing_status\":\"%s\",\"request_counts\":{\"processing\":%lld,\"succeeded\":0,"
                  "\"errored\":%lld,\"canceled\":0,\"expired\":%lld}",
                  over ? "ended" : "in_progress", (long long)(over ? 0 : job->parts),
                  (long long)(over && job->state != YZ_JOB_EXPIRED ? job->parts : 0),
                  (long long)(job->state == YZ_JOB_EXPIRED ? job->parts : 0));
    put_time("created_at", job->created, out);
    put_time("expires_at", job->created + 86400, out);
    if (over)
        put_time("ended_at", job->ended, out);
    yz_buf_printf(out, "%s,\"archived_at\":null,\"cancel_initiated_at\":null,\"results_url\":null}", over ? "" : ",\"ended_at\":null");
}

void an_write_jobs(const yz_request *request, const yz_job *const *jobs, size_t n, bool more, yz_buf *out) {
    yz_buf_lit(out, "{\"data\":[");
    for (size_t i = 0; i < n; i++) {
        yz_buf_lit(out, i ? "," : "");
        an_write_job(request, jobs[i], out);
    }
    yz_buf_char(out, ']');
    yc_put_ends(jobs, n, more, out);
    yz_buf_char(out, '}');
}

static bool came_to_nothing(const yz_json *type) {
    return yz_json_says(type, "errored") || yz_json_says(type, "canceled") || yz_json_says(type, "expired");
}

/* A type that is not known here costs what it says, and not nothing. */
int an_read_result(yz_str line, yz_arena *arena, yz_str *of, yz_usage *out) {
    yz_json *json;
    *out = (yz_usage){0};
    *of = YZ_STR("");
    if (yz_json_parse(arena, line, YZ_JSON_ANSWERED, &json, NULL) < 0)
        return YZ_ENOTFOUND;
    const yz_json *result = yz_json_get(json, "result");
    if (!yz_json_is(yz_json_get(json, "custom_id"), YZ_JSON_STRING) || !yz_json_is(result, YZ_JSON_OBJECT))
        return YZ_ENOTFOUND;
    *of = yz_json_text(arena, yz_json_get(json, "custom_id"));
    const yz_json *message = yz_json_get(result, "message"), *usage = yz_json_given(message, "usage");
    if (came_to_nothing(yz_json_get(result, "type")) || (yc_names_error(yz_json_get(message, "error")) && !usage))
        return YZ_OK;
    an_read_usage(usage, out);
    return yz_usage_get(out, YZ_METER_INPUT) >= 0 && yz_usage_get(out, YZ_METER_OUTPUT) >= 0 ? YZ_OK : YZ_EINVAL;
}
