/* suno/plugin.c: the dialect that relays of Suno speak (Suno-API, new-api and their kin, 2026-11): songs and lyrics, begun by a request and
 * asked for until they are there. Suno itself has no public interface, so what stands behind it is such a relay, or another gateway.
 *
 * Requests and answers go through as they are. What is done with ids, and with the money, the stage jobs does; so without that stage
 * nothing of this dialect is served: a relay's own ids would be good for every client that has seen them.
 */
#include "suno.h"

static const yz_option options[] = {
    {"prefix", YZ_OPTION_STRING, offsetof(su_config, prefix), "/suno", .help = "the path after base_url that all others stand behind"},
};

#define SUBMIT_LYRICS "/suno/submit/lyrics"

/* ---- from the client ------------------------------------------------------------------------------------------------------ */

static bool is_text(const yz_json *value) { return yz_json_is(value, YZ_JSON_STRING) && value->n > 2; }

/* A part of a song is known by the song's job alone: whose it is, and who made it. */
static int accept_song(yz_request *request, yz_arena *arena, yz_error *error) {
    const yz_json *body = request->json, *task = yz_json_given(body, "task_id");
    bool lyrics = yz_str_is(request->path, SUBMIT_LYRICS);
    if (lyrics && !is_text(yz_json_get(body, "prompt")))
        return yz_refuse(arena, error, YZ_STR("prompt"), "prompt must say what the lyrics are about");
    if (task && !yz_json_is(task, YZ_JSON_STRING))
        return yz_refuse(arena, error, YZ_STR("task_id"), "task_id must be the id of an earlier job, as a string");
    const yz_json *clip = yz_json_given(body, "continue_clip_id");
    if (clip && !yz_json_is(clip, YZ_JSON_STRING))
        return yz_refuse(arena, error, YZ_STR("continue_clip_id"),
                         "continue_clip_id must be the id of a song of an earlier job, as a string");
    if (is_text(yz_json_get(body, "continue_clip_id")) && !is_text(task))
        return yz_refuse(arena, error, YZ_STR("task_id"), "continue_clip_id is a song of an earlier job: task_id must say of which");
    request->model = lyrics ? YZ_STR(SU_LYRICS) : YZ_STR(SU_MUSIC);
    return YZ_OK;
}

/* Of these nothing may pass in another spelling: ids that are exchanged, and what goes to no provider. */
static const char *const kept_back[] = {"notify_hook", NULL}; /* whoever is asked so posts to any address, and nobody signs it */
static const char *const spelt[] = {"task_id", "continue_clip_id", "ids", "notify_hook", NULL};

static int accept(yz_request *request, yz_arena *arena, yz_error *error) {
    if (yc_relayed_spelling(request->json, spelt, arena, error) != YZ_OK)
        return YZ_EINVAL;
    if (request->op == YZ_OP_MUSIC)
        return accept_song(request, arena, error);
    return request->stored.n > 0 ? YZ_OK : yc_relayed_ids(request, arena, error);
}

static size_t names_jobs(const yz_request *request, yz_arena *arena, yz_str *at, size_t most) {
    (void)arena;
    if (request->op != YZ_OP_MUSIC)
        return yc_relayed_named(request, at, most);
    at[0] = yz_json_escaped(yz_json_get(request->json, "task_id"));
    return at[0].n > 0;
}

static bool holds(const yz_call *call, const yz_request *request, const yz_target *target, yz_error *why) {
    (void)call, (void)target;
    return yc_relayed_holds(
        request, YZ_STR("songs are made after the answer, and nobody here follows them: the chain needs the stage jobs, and a ledger"),
        why);
}

/* ---- to the provider ------------------------------------------------------------------------------------------------------ */

static int endpoint(const yz_provider *provider, const yz_request *request, const yz_target *target, yz_arena *arena, yz_endpoint *out) {
    yz_str prefix = ((const su_config *)provider->config)->prefix;
    (void)target; /* no model is named */
    *out = (yz_endpoint){YZ_ENDPOINT};
    if (request->op == YZ_OP_MUSIC) {
        out->path = yz_format(arena, "%.*s/submit/%s", YZ_STR_ARGS(prefix), yz_str_is(request->path, SUBMIT_LYRICS) ? "lyrics" : "music");
        return YZ_OK;
    }
    if (request->op != YZ_OP_STORED || request->stored.n == 0)
        return YZ_EUNSUPPORTED;
    out->method = "GET";
    out->path = yz_format(arena, "%.*s/fetch/%.*s", YZ_STR_ARGS(prefix), YZ_STR_ARGS(request->stored));
    return YZ_OK;
}

/* ---- answers -------------------------------------------------------------------------------------------------------------- */

/* Words of the relays that are known, and the statuses that they amount to; of others the status says what is wrong. */
static const struct {
    const char *code;
    yz_error_class class_;
    int status;
} words[] = {{"task_not_exist", YZ_ERROR_NOT_FOUND, 404},
             {"invalid_request", YZ_ERROR_BAD_REQUEST, 400},
             {"quota_not_enough", YZ_ERROR_QUOTA, 429},
             {"insufficient_user_quota", YZ_ERROR_QUOTA, 429},
             {"insufficient_quota", YZ_ERROR_QUOTA, 429},
             {"model_not_found", YZ_ERROR_NOT_FOUND, 404},
             {"", YZ_ERROR_SERVER, 500}};

static size_t word_of(yz_str code) {
    size_t i = 0;
    while (words[i].code[0] && !yz_str_is(code, words[i].code))
        i++;
    return i;
}

static void read_error(int status, const yz_json *body, yz_arena *arena, yz_error *out) {
    out->said = status; /* so the body is an error, whatever its shape */
    yz_error_read(body, arena, out);
    out->said = status;
    size_t word = word_of(out->code);
    out->class_ = words[word].code[0] ? words[word].class_ : yz_error_class_of(status);
}

/* With a status of success, where the code is another word: of one that nobody knows it is not known, either, if the work has begun. */
static bool refuses(const yz_request *request, const yz_json *body, yz_arena *arena, yz_error *out) {
    const yz_json *code = yz_json_get(body, "code");
    (void)request;
    if (!yz_json_is(code, YZ_JSON_STRING) || yz_str_is(yz_json_escaped(code), "success"))
        return false;
    read_error(words[word_of(yz_json_escaped(code))].status, body, arena, out);
    return true;
}

/* What a song costs no answer says: it is paid for by the piece. */
static int decode_body(void *decoder, const yz_json *body, yz_arena *arena, yz_sink *sink) {
    yz_usage none = yz_usage_of(0, 0);
    (void)decoder, (void)arena;
    if (!yz_str_is(yz_json_escaped(yz_json_get(body, "code")), "success"))
        return YZ_EINVAL;
    yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_START});
    yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_USAGE, .usage = &none});
    yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_FINISH, .finish = YZ_FINISH_STOP});
    yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_DONE});
    return YZ_OK;
}

static void write_error(const yz_error *error, int status, yz_str request_id, yz_buf *out) {
    (void)status, (void)request_id;
    yz_buf_lit(out, "{\"code\":");
    yz_buf_json_str(out, error->code.n ? error->code : yz_str_of(yz_error_word(error->class_)));
    yz_buf_lit(out, ",\"message\":");
    yz_buf_json_str(out, error->message);
    yz_buf_lit(out, ",\"data\":null}");
}

/* ---- the adapter ---------------------------------------------------------------------------------------------------------- */

static const yz_route routes[] = {
    {.method = "POST", .path = "/suno/submit/music", .op = YZ_OP_MUSIC},
    {.method = "POST", .path = SUBMIT_LYRICS, .op = YZ_OP_MUSIC},
    {.method = "POST", .path = "/suno/fetch", .op = YZ_OP_STORED},
    {.method = "GET", .path = "/suno/fetch/{id}", .op = YZ_OP_STORED},
};

static const char *const *media_fields(const yz_request *request) {
    static const char *const names[] = {
        "audio_url",       "stream_audio_url", "source_audio_url", "wav_url", "image_url", "image_large_url", "cover_url", "cover_image",
        "cover_image_url", "video_url",        "video_cover_url",  "url",     NULL};
    (void)request;
    return names;
}

static const yz_adapter adapter = {
    YZ_ADAPTER,
    .dialect = "suno",
    .endpoint = endpoint,
    .decode_body = decode_body,
    .read_error = read_error,
    .refuses = refuses,
    YZ_ROUTES(routes),
    YZ_CREDENTIALS({"bearer", "authorization", "Bearer ", NULL}),
    .accept = accept,
    .holds = holds,
    .write_error = write_error,
    .read_job = su_read_job,
    .write_job = su_write_job,
    .write_jobs = su_write_jobs,
    .names_jobs = names_jobs,
    .kept_back = kept_back,
    .hook_field = "notify_hook",
    .media_fields = media_fields,
    .claim_targets = YZ_NAMES("/suno/"),
};

YZ_PLUGIN_KINDS("adapter");
YZ_PLUGIN(.name = "suno", .summary = "songs and lyrics, by the protocol that relays of Suno speak", .version = "0.1.0",
          .config_size = sizeof(su_config), YZ_OPTIONS(options), .adapter = &adapter)
