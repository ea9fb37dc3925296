/* gemini/film.c: films (Veo): what is begun by models/NAME:predictLongRunning is an operation, asked for by its name until it is done; then
 * it says where its films lie, which are files of the account's that only the account's key may get. Vertex AI's is asked for by a POST
 * that names it (MODEL:fetchPredictOperation), and holds the films itself, in base64; one that lies in a bucket instead cannot be fetched
 * here.
 *
 * So clients never see the provider's answer: they are told how the job stands in this dialect's words, with places of the gateway's own in
 * them. A file's name there is of small letters and digits alone, since the SDKs take no others from a URI: the number of the film among
 * its operation's, then the operation's id with all other bytes as "x" and two digits.
 *
 * Facts of the wire: google-genai 3.6 (GenerateVideosOperation, FetchPredictOperationParameters), ai.google.dev/gemini-api/docs/video
 * (2026-11), cloud.google.com/vertex-ai/generative-ai/docs/model-reference/veo-video-generation.
 */
#include "gemini.h"

enum { MOST_FILMS = 8, MOST_NAME = 256 };

/* ---- for clients: names of files ------------------------------------------------------------------------------------------------- */

static bool is_plain(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z' && c != 'x'); }

static void put_file(yz_str id, size_t number, yz_buf *out) {
    yz_buf_printf(out, "%zu", number);
    for (size_t i = 0; i < id.n; i++)
        if (is_plain(id.p[i]))
            yz_buf_char(out, id.p[i]);
        else
            yz_buf_printf(out, "x%02x", (unsigned char)id.p[i]);
}

static int digit(char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; }

/* False: it is no name that put_file makes. */
static bool read_file(yz_arena *arena, yz_str name, yz_str *id, unsigned *number) {
    char *out = yz_alloc_bytes(arena, name.n + 1);
    size_t n = 0;
    if (name.n < 2 || name.p[0] < '1' || name.p[0] > '9')
        return false;
    for (size_t i = 1; i < name.n; i++) {
        int high = name.p[i] == 'x' && name.n - i > 2 ? digit(name.p[i + 1]) : -1, low = high >= 0 ? digit(name.p[i + 2]) : -1;
        if (low < 0 && !is_plain(name.p[i]))
            return false;
        out[n++] = low < 0 ? name.p[i] : (char)(high * 16 + low);
        i += low < 0 ? 0 : 2;
    }
    *number = (unsigned)(name.p[0] - '0');
    *id = (yz_str){out, n};
    return yc_kept_word(*id);
}

int gm_accept_stored(yz_request *request, yz_arena *arena, yz_error *error) {
    bool file = request->path.n && memmem(request->path.p, request->path.n, "/files/", 7);
    yz_str id = request->stored;
    request->begun_by = YZ_OP_VIDEO;
    if (file && read_file(arena, id, &id, &request->piece))
        request->stored = id;
    if (!yc_kept_word(id))
        return yz_refuse(arena, error, YZ_STR(""), "the name of an operation is made of letters, digits, '_', '-' and '.'");
    return YZ_OK;
}

/* Nothing in an id says whose it is: a stage above has to know. */
bool gm_holds(const yz_call *call, const yz_request *request, const yz_target *target, yz_error *why) {
    if (request->op == YZ_OP_REALTIME)
        return gm_holds_session(call, request, target, why);
    if (request->op == YZ_OP_VIDEO && request->job.n == 0) {
        why->class_ = YZ_ERROR_UNSUPPORTED;
        why->message = YZ_STR("films of this dialect need somebody who follows them: put the stage jobs into the chain, above bill");
        return false;
    }
    if (request->op != YZ_OP_STORED)
        return true;
    why->class_ = YZ_ERROR_NOT_FOUND;
    why->message = yz_format(yz_call_arena(call), "no film with id '%.*s' was found", YZ_STR_ARGS(request->stored));
    return false;
}

/* ---- for providers ----------------------------------------------------------------------------------------------------------------- */

/* "/v1beta/models/NAME/operations/ID" or "/v1beta/files/ID:download", without the version, which the base has. */
yz_str gm_stored_path(const yz_request *request, yz_arena *arena) {
    static const char version[] = "/v1beta";
    yz_str path = request->path;
    if (yz_str_starts(path, version))
        path = yz_str_at(path.p + sizeof(version) - 1, path.n - (sizeof(version) - 1));
    return yz_format(arena, "%.*s%s", YZ_STR_ARGS(path), yz_str_starts(path, "/files/") ? "?alt=media" : "");
}

/* "/v1beta/projects/P/…/models/NAME/operations/ID", perhaps with the number of a film behind it: the operation's name says which model's it
 * is, and where. */
int gm_endpoint_operation(const yz_request *request, yz_arena *arena, yz_endpoint *out) {
    static const char before[] = "/v1beta/projects/", operations[] = "/operations/";
    yz_str path = request->path;
    const char *number = path.n ? memchr(path.p, '#', path.n) : NULL;
    path.n = number ? (size_t)(number - path.p) : path.n;
    const char *at = yz_str_starts(path, before) ? memmem(path.p, path.n, operations, sizeof(operations) - 1) : NULL;
    if (!at)
        return YZ_EUNSUPPORTED;
    yz_str name = yz_str_at(path.p + sizeof("/v1beta/") - 1, path.n - (sizeof("/v1beta/") - 1));
    out->method = "POST";
    out->path = yz_format(arena, "/%.*s:fetchPredictOperation", (int)(at - name.p), name.p);
    out->body = yz_format(arena, "{\"operationName\":\"%.*s\"}", YZ_STR_ARGS(name)); /* is_name */
    return YZ_OK;
}

/* May it stand in a path as it is, with slashes between words? */
static bool is_name(yz_str name) {
    for (yz_str rest = name; rest.n <= MOST_NAME;) {
        const char *slash = rest.n ? memchr(rest.p, '/', rest.n) : NULL;
        yz_str word = {rest.p, slash ? (size_t)(slash - rest.p) : rest.n};
        if (!yc_kept_word(word) || word.p[0] == '.')
            return false;
        if (!slash)
            return true;
        rest = (yz_str){slash + 1, rest.n - word.n - 1};
    }
    return false;
}

static yz_str last_word(yz_str name) {
    const char *slash = name.n ? memrchr(name.p, '/', name.n) : NULL;
    return slash ? (yz_str){slash + 1, (size_t)(name.p + name.n - slash - 1)} : name;
}

/* "https://…/v1beta/files/ID:download?alt=media": wherever it leads, it is asked for at the provider's own base, where the key belongs.
 * Empty: it is no file. */
static yz_str file_of(yz_arena *arena, yz_str uri) {
    static const char files[] = "files/";
    const char *at = uri.n ? memmem(uri.p, uri.n, files, sizeof(files) - 1) : NULL;
    yz_str id = at ? yz_str_at(at + sizeof(files) - 1, (size_t)(uri.p + uri.n - at) - (sizeof(files) - 1)) : YZ_STR("");
    size_t n = 0;
    while (n < id.n && id.p[n] != ':' && id.p[n] != '?' && id.p[n] != '/')
        n++;
    id.n = n;
    return is_name(id) ? yz_format(arena, "/v1beta/files/%.*s:download", YZ_STR_ARGS(id)) : YZ_STR("");
}

/* Vertex AI's: the texts in which they are count, in the order of the document. */
static void read_films_within(const yz_json *said, yz_arena *arena, yz_job *out) {
    const yz_json *videos = gm_get(said, "videos");
    yz_str *made = yz_alloc(arena, MOST_FILMS * sizeof *made);
    size_t number = 0;
    for (const yz_json *one = gm_first(videos); one && out->n_made < MOST_FILMS; one = gm_next(videos, one)) {
        const yz_json *bytes = yz_json_get(one, GM_FILM_BYTES);
        number += yz_json_is(bytes, YZ_JSON_STRING);
        if (yz_json_escaped(bytes).n > 0)
            made[out->n_made++] = yz_format(arena, "%.*s#%zu", YZ_STR_ARGS(out->path), number);
    }
    out->made = made;
}

static void read_films(const yz_json *said, yz_arena *arena, yz_job *out) {
    const yz_json *samples = gm_get(said, "generatedSamples");
    yz_str *made = yz_alloc(arena, MOST_FILMS * sizeof *made);
    for (const yz_json *one = gm_first(samples); one && out->n_made < MOST_FILMS; one = gm_next(samples, one)) {
        yz_str file = file_of(arena, yz_json_text(arena, gm_get(gm_get(one, "video"), "uri")));
        if (file.n > 0)
            made[out->n_made++] = file;
    }
    out->made = made;
}

/* What it means that nothing was made. */
static void read_nothing(const yz_json *said, yz_arena *arena, yz_job *out) {
    const yz_json *reasons = gm_get(said, "raiMediaFilteredReasons"), *reason = gm_first(reasons);
    bool filtered = reason || yz_json_int(gm_get(said, "raiMediaFilteredCount"), 0) > 0;
    bool elsewhere = gm_first(gm_get(said, "generatedSamples")) || gm_first(gm_get(said, "videos"));
    out->state = YZ_JOB_FAILED;
    out->code = filtered ? yz_str_of(yz_error_word(YZ_ERROR_CONTENT_POLICY)) : YZ_STR("nothing_made");
    out->message = reason      ? yz_dup(arena, yz_json_text(arena, reason))
                   : filtered  ? YZ_STR("the provider's filter has kept back what was made")
                   : elsewhere ? YZ_STR("the provider says that it is done, and names no place from which a film can be fetched here")
                               : YZ_STR("the provider says that it is done, and has made nothing");
}

/* Numbers of google.rpc.Code, as words that stay. */
static const struct {
    int number;
    const char *word;
} codes[] = {{1, "cancelled"},          {3, "invalid_argument"},    {4, "deadline_exceeded"}, {5, "not_found"}, {7, "permission_denied"},
             {8, "resource_exhausted"}, {9, "failed_precondition"}, {10, "aborted"},          {13, "internal"}, {14, "unavailable"}};

static void read_failure(const yz_json *error, yz_arena *arena, yz_job *out) {
    int64_t number = yz_json_int(gm_get(error, "code"), 0);
    out->state = number == 1 ? YZ_JOB_CANCELLED : YZ_JOB_FAILED;
    out->code = YZ_STR("failed");
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (codes[i].number == number)
            out->code = yz_str_of(codes[i].word);
    out->message = yz_dup(arena, yz_json_text(arena, gm_get(error, "message")));
}

int gm_read_job(const yz_request *request, const yz_json *body, yz_arena *arena, yz_job *out) {
    (void)request;
    yz_str name = yz_json_escaped(gm_get(body, "name"));
    const yz_json *error = yz_json_given(body, "error"), *response = gm_get(body, "response");
    const yz_json *said = gm_get(response, "generateVideoResponse");
    if (!is_name(name))
        return YZ_EINVAL;
    *out = (yz_job){YZ_JOB, .state = YZ_JOB_RUNNING, .id = yz_dup(arena, last_word(name)),
                    .path = yz_format(arena, "/v1beta/%.*s", YZ_STR_ARGS(name)), .withheld = true};
    if (!yz_json_true(gm_get(body, "done")))
        return YZ_OK;
    if (error) {
        read_failure(error, arena, out);
        return YZ_OK;
    }
    if (said)
        read_films(said, arena, out);
    else
        read_films_within(response, arena, out);
    out->state = YZ_JOB_SUCCEEDED;
    out->progress = 100;
    if (out->n_made == 0)
        read_nothing(said ? said : response, arena, out);
    return YZ_OK;
}

/* ---- writing ------------------------------------------------------------------------------------------------------------------------- */

/* The host as the client wrote it. The scheme is the only one that the SDKs take a file's name from, whatever the gateway itself speaks. */
static void put_uri(const yz_request *request, yz_str id, size_t number, yz_buf *out) {
    yz_str host = yz_request_header(request, "host");
    yz_buf_lit(out, "\"https://");
    yz_buf_json(out, host.n ? host : YZ_STR("localhost"));
    yz_buf_lit(out, "/v1beta/files/");
    put_file(id, number, out);
    yz_buf_lit(out, ":download?alt=media\"");
}

static void put_films(const yz_request *request, const yz_job *job, yz_buf *out) {
    yz_buf_lit(out, "\"generatedSamples\":[");
    for (size_t i = 1; i <= job->n_made; i++) {
        yz_buf_lit(out, i > 1 ? ",{\"video\":{\"uri\":" : "{\"video\":{\"uri\":");
        put_uri(request, job->id, i, out);
        yz_buf_lit(out, "}}");
    }
    yz_buf_char(out, ']');
}

/* What a filter has kept back is no error in this dialect: it is done, and has no films. */
static bool is_filtered(const yz_job *job) { return yz_str_is(job->code, yz_error_word(YZ_ERROR_CONTENT_POLICY)); }

static void put_filtered(const yz_job *job, yz_buf *out) {
    yz_buf_lit(out, "\"raiMediaFilteredCount\":1,\"raiMediaFilteredReasons\":[");
    yz_buf_json_str(out, job->message);
    yz_buf_char(out, ']');
}

static void put_failure(const yz_job *job, yz_buf *out) {
    int number = job->state == YZ_JOB_CANCELLED ? 1 : job->state == YZ_JOB_EXPIRED ? 4 : yz_str_is(job->code, "lost") ? 5 : 13;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (yz_str_is(job->code, codes[i].word))
            number = codes[i].number;
    yz_buf_printf(out, ",\"done\":true,\"error\":{\"code\":%d,\"message\":", number);
    yz_buf_json_str(out, job->message.n ? job->message : YZ_STR("the provider did not say why"));
    yz_buf_char(out, '}');
}

void gm_write_job(const yz_request *request, const yz_job *job, yz_buf *out) {
    bool over = yz_job_over(job->state), answers = job->state == YZ_JOB_SUCCEEDED || is_filtered(job);
    yz_buf_lit(out, "{\"name\":\"models/");
    yz_buf_json(out, job->model);
    yz_buf_lit(out, "/operations/");
    yz_buf_json(out, job->id);
    yz_buf_char(out, '"');
    if (over && answers) {
        yz_buf_lit(out, ",\"done\":true,\"response\":{\"@type\":\"type.googleapis.com/"
                        "google.ai.generativelanguage.v1beta.PredictLongRunningResponse\",\"generateVideoResponse\":{");
        if (job->state == YZ_JOB_SUCCEEDED)
            put_films(request, job, out);
        else
            put_filtered(job, out);
        yz_buf_lit(out, "}}");
    } else if (over) {
        put_failure(job, out);
    }
    yz_buf_char(out, '}');
}
