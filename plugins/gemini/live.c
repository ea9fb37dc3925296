/* gemini/live.c: sessions of the Live API (BidiGenerateContent), by WebSocket: the API's reference and the types of google-genai for Python
 * (3.6.1) and JavaScript (3.3.0).
 *
 * The client's first message is {"setup": {"model": "models/NAME", …}}, in JSON, as all are; Google's own come as bytes, not as texts. What
 * follows it both ways passes as it is, but for handles: {"sessionResumptionUpdate": {"newHandle": …}} names what Google keeps of a
 * session, and whoever shows it goes on with that. So it says whose it is (kept.c), and is taken back at that account alone.
 *
 * usageMetadata is of one turn, and not of the session so far: its prompt is all of the context, which is paid for anew in each turn
 * (https://discuss.ai.google.dev/t/140340, Google's answer; /t/173248: the sum of all is the bill within 3 %; and turns of three models
 * that were looked at in https://github.com/pydantic/pydantic-ai/pull/7269). So each one that comes is added.
 */
#include "gemini.h"

#define DEFAULT_VERSION "v1beta"
#define VERTEX_VERSION  "v1beta1"

static bool contains(yz_str s, const char *needle) { return s.n && memmem(s.p, s.n, needle, strlen(needle)); }

/* ---- what a client asks for --------------------------------------------------------------------------------------------------------- */

static const yz_json *setup_of(const yz_request *request) { return gm_get(request->json, "setup"); }

/* The name alone, of "models/NAME", "publishers/google/models/NAME" or "projects/P/locations/L/publishers/google/models/NAME"; that of a
 * tuned model stays whole. */
static yz_str bare_name(yz_str model) {
    static const char *const before[] = {"models/", "publishers/google/models/"};
    for (size_t i = 0; i < 2; i++)
        if (yz_str_starts(model, before[i]))
            return (yz_str){model.p + strlen(before[i]), model.n - strlen(before[i])};
    const char *last = yz_str_starts(model, "projects/") ? memrchr(model.p, '/', model.n) : NULL;
    return last ? (yz_str){last + 1, (size_t)(model.p + model.n - last - 1)} : model;
}

/* A name in both spellings, of which a reader may take the other one than was looked at here. */
static bool twice(const yz_json *node, const char *camel, const char *snake) {
    return yz_json_get(node, camel) && yz_json_get(node, snake);
}

/* A handle is somebody's: it is where it is looked for, or there is none. */
static bool resumption_ok(const yz_json *setup) {
    const yz_json *resumption = gm_get(setup, "sessionResumption"), *handle = gm_get(resumption, "handle");
    if (twice(setup, "sessionResumption", "session_resumption"))
        return false;
    if (!resumption || yz_json_is(resumption, YZ_JSON_NULL))
        return true;
    return yz_json_is(resumption, YZ_JSON_OBJECT) && (!handle || yz_json_is(handle, YZ_JSON_NULL) || yz_json_is(handle, YZ_JSON_STRING));
}

int gm_accept_session(yz_request *request, yz_arena *arena, yz_error *error) {
    const yz_json *root = request->json, *setup = setup_of(request);
    if (!yz_json_is(setup, YZ_JSON_OBJECT) || root->child->next)
        return yz_refuse(arena, error, YZ_STR("setup"), "the first message must be {\"setup\": {\"model\": …}}, and nothing beside it");
    if (!resumption_ok(setup))
        return yz_refuse(arena, error, YZ_STR("setup.sessionResumption"),
                         "setup.sessionResumption must stand there once, as in {\"handle\": \"…\"}");
    yz_str model = bare_name(yz_json_text(arena, gm_get(setup, "model")));
    if (model.n == 0)
        return yz_refuse(arena, error, YZ_STR("setup.model"), "setup.model must name a model, as in \"models/NAME\"");
    request->model = model;
    return YZ_OK;
}

/* ---- handles ------------------------------------------------------------------------------------------------------------------------ */

static const yz_json *handle_of(const yz_request *request) {
    const yz_json *handle = gm_get(gm_get(setup_of(request), "sessionResumption"), "handle");
    return yz_json_is(handle, YZ_JSON_STRING) ? handle : NULL;
}

bool gm_holds_session(const yz_call *call, const yz_request *request, const yz_target *target, yz_error *why) {
    const yz_json *node = handle_of(request);
    if (!node) /* a call that has no arena by now need not get one */
        return true;
    yz_arena *arena = yz_call_arena(call);
    yz_str bare, handle = yz_json_text(arena, node);
    if (handle.n == 0 || yc_kept_held(request, target, arena, handle, &bare))
        return true;
    why->class_ = YZ_ERROR_NOT_FOUND;
    why->message = YZ_STR("sessionResumption.handle: no provider here keeps such a session for you");
    return false;
}

size_t gm_stamp(const yz_request *request, const yz_target *target, yz_str data, yz_arena *arena, yz_splice *const *out, size_t most) {
    yz_json *root;
    if ((!contains(data, "newHandle") && !contains(data, "new_handle")) || most == 0 ||
        yz_json_parse(arena, data, YZ_JSON_ANSWERED, &root, NULL) < 0)
        return 0;
    const yz_json *handle = gm_get(gm_get(root, "sessionResumptionUpdate"), "newHandle");
    yz_str raw = yz_json_is(handle, YZ_JSON_STRING) ? yz_json_raw(handle) : (yz_str){NULL, 0};
    yz_str mark = raw.n > 2 ? yc_kept_mark(arena, request, target, yz_json_text(arena, handle)) : (yz_str){NULL, 0};
    if (mark.n == 0)
        return 0;
    out[0]->at = (yz_str){raw.p + raw.n - 1, 0};
    out[0]->with = mark;
    return 1;
}

/* ---- what a provider is told --------------------------------------------------------------------------------------------------------- */

void gm_endpoint_session(const gm_config *config, const yz_request *request, yz_arena *arena, yz_endpoint *out) {
    static const char gemini[] = "/ws/google.ai.generativelanguage.", vertex[] = "/ws/google.cloud.aiplatform.";
    bool is_vertex = config->project.n > 0;
    const char *family = is_vertex ? vertex : gemini;
    yz_str version = yz_str_of(is_vertex ? VERTEX_VERSION : DEFAULT_VERSION), path = request->path;
    if (yz_str_starts(path, family)) { /* the one that the client speaks */
        yz_str rest = {path.p + strlen(family), path.n - strlen(family)};
        const char *dot = memchr(rest.p, '.', rest.n);
        version = dot ? (yz_str){rest.p, (size_t)(dot - rest.p)} : version;
    }
    *out = (yz_endpoint){YZ_ENDPOINT, .method = "GET", .unversioned = true};
    out->path = yz_format(arena, "%s%.*s.%s", family, YZ_STR_ARGS(version),
                          is_vertex ? "LlmBidiService/BidiGenerateContent" : "GenerativeService.BidiGenerateContent");
}

static void put_name(const gm_config *config, yz_str model, yz_buf *out) {
    bool whole = memchr(model.p ? model.p : "", '/', model.n) != NULL;
    yz_buf_char(out, '"');
    if (!whole && config->project.n) {
        yz_buf_lit(out, "projects/");
        yz_buf_json(out, config->project);
        yz_buf_lit(out, "/locations/");
        yz_buf_json(out, config->location);
        yz_buf_lit(out, "/publishers/google/models/");
    } else if (!whole)
        yz_buf_lit(out, "models/");
    yz_buf_json(out, model);
    yz_buf_char(out, '"');
}

static void put_resumption(const yz_json *resumption, yz_arena *arena, yz_buf *out) {
    const yz_json *handle = gm_get(resumption, "handle");
    yz_buf_char(out, '{');
    for (const yz_json *m = resumption->child; m; m = m->next) {
        yz_buf_lit(out, m == resumption->child ? "" : ",");
        yc_put_quoted(out, yz_json_key(m));
        yz_buf_char(out, ':');
        if (m == handle && m->type == YZ_JSON_STRING)
            yz_buf_json_str(out, yc_kept_bare(yz_json_text(arena, handle)));
        else
            yz_buf_str(out, yz_json_raw(m));
    }
    yz_buf_char(out, '}');
}

/* The target's name for the model, and the provider's own for what it keeps. */
const yz_request *gm_mend_session(const yz_request *request, const yz_target *target, yz_arena *arena) {
    const yz_json *setup = setup_of(request), *model = gm_get(setup, "model"), *resumption = gm_get(setup, "sessionResumption");
    if (!yz_json_is(setup, YZ_JSON_OBJECT))
        return request; /* a stage above has changed it */
    yz_buf out = {0};
    yz_buf_char(&out, '{');
    for (const yz_json *m = setup->child; m; m = m->next) {
        yz_buf_lit(&out, m == setup->child ? "" : ",");
        yc_put_quoted(&out, yz_json_key(m));
        yz_buf_char(&out, ':');
        if (m == model)
            put_name(target->provider->config, target->model, &out);
        else if (m == resumption && m->type == YZ_JSON_OBJECT)
            put_resumption(m, arena, &out);
        else
            yz_buf_str(&out, yz_json_raw(m));
    }
    yz_buf_char(&out, '}');
    yz_request *mended = yz_request_copy(arena, request);
    yz_request_set(arena, mended, "setup", yz_buf_view(&out));
    yz_buf_free(&out);
    return mended;
}

/* ---- what it says ---------------------------------------------------------------------------------------------------------------------
 */

/* The API's counts are of 32 bits: one that is no such number was not counted. */
static bool counts_ok(const yz_json *usage) {
    for (const yz_json *m = usage->child; m; m = m->next) {
        yz_str key = yz_json_key(m);
        bool count = contains(key, "TokenCount") || contains(key, "token_count");
        int64_t n = yz_json_int(m, -1);
        if (count && !yz_json_is(m, YZ_JSON_NULL) && (n < 0 || n > INT32_MAX))
            return false;
    }
    return true;
}

void gm_read_session(yz_str text, yz_arena *arena, yz_sink *sink) {
    yz_json *root;
    if (!contains(text, "usageMetadata") && !contains(text, "usage_metadata"))
        return;
    bool sound = yz_json_parse(arena, text, YZ_JSON_ANSWERED, &root, NULL) == YZ_OK;
    const yz_json *said = sound ? gm_get(root, "usageMetadata") : NULL;
    yz_usage usage = {0};
    if (sound && !said) /* somebody's words */
        return;
    if (yz_json_is(said, YZ_JSON_OBJECT) && counts_ok(said)) {
        gm_read_usage(said, &usage);
        yc_usage_bound(&usage);
    }
    if (usage.known)
        yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_USAGE, .usage = &usage});
    else
        yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_LOST, .text = YZ_STR("usageMetadata")});
}

/* Reasons that were seen, in threads about the API: a wrong key comes as 1007 or 1008, a model that is none as 1008, a quota as 1011. What
 * is wrong with a message quotes it, and says nothing of the account: so a reason is known by how it begins. */
void gm_read_close(unsigned code, yz_str reason, yz_arena *arena, yz_error *out) {
    static const struct {
        const char *begins;
        yz_error_class class_;
    } reasons[] = {{"API key ", YZ_ERROR_UPSTREAM_AUTH},
                   {"API Key ", YZ_ERROR_UPSTREAM_AUTH},
                   {"Request had invalid authentication credentials", YZ_ERROR_UPSTREAM_AUTH},
                   {"Request is missing required authentication credential", YZ_ERROR_UPSTREAM_AUTH},
                   {"You exceeded your current quota", YZ_ERROR_RATE_LIMIT},
                   {"Quota exceeded", YZ_ERROR_RATE_LIMIT},
                   {"Resource has been exhausted", YZ_ERROR_RATE_LIMIT},
                   {"Resource exhausted", YZ_ERROR_RATE_LIMIT},
                   {"RESOURCE_EXHAUSTED", YZ_ERROR_RATE_LIMIT}};
    (void)code, (void)arena;
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (yz_str_starts(reason, reasons[i].begins))
            out->class_ = reasons[i].class_;
    if (yz_str_starts(reason, "models/") && (contains(reason, " is not found") || contains(reason, " was not found")))
        out->class_ = YZ_ERROR_NOT_FOUND;
}

/* Google's words: a second one could name a model that nobody has judged. What is not read as JSON here may be read as that there. */
int gm_accept_said(yz_str text, yz_arena *arena, yz_error *error) {
    yz_json *root;
    if (!contains(text, "setup") && !contains(text, "\\"))
        return YZ_OK;
    if (yz_json_parse(arena, text, YZ_JSON_LONE_SURROGATES, &root, NULL) < 0)
        return yz_refuse(arena, error, (yz_str){NULL, 0}, "a message of the session is not usable JSON");
    for (const yz_json *m = yz_json_is(root, YZ_JSON_OBJECT) ? root->child : NULL; m; m = m->next)
        if (yz_str_is(yz_json_key(m), "setup") || contains(yz_json_key(m), "\\"))
            return yz_refuse(arena, error, YZ_STR("setup"), "setup must be the first message, and only the first");
    return YZ_OK;
}
