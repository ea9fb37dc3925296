/* veo.c: films of the Gemini API: an operation is begun, asked for, and names the files that its films are in (google-genai 3.6 and the
 * guide of 2026-11). Done when it is asked for, unless the prompt begins with "slow" (then the second time), "hangs", "lost", "fails",
 * "filtered" or "empty"; "elsewhere": the file is named in a URI of another kind. */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>

#define INVALID      "INVALID_ARGUMENT"
#define GET(o, name) cJSON_GetObjectItemCaseSensitive(o, name)
#define MODELS       "/v1beta/models/"
#define FILES        "/v1beta/files/"
enum { KEPT = 4096 };

static struct operation {
    char account[24], model[96], prompt[64];
    int asked, samples;
} operations[KEPT];
static size_t n_operations;

static bool is_told(const struct operation *o, const char *what) { return !strncmp(o->prompt, what, strlen(what)); }

/* ---- checks ------------------------------------------------------------------------------------------------------------- */

static bool bad(refusal *out, const char *words) { return refuse(out, 400, INVALID, "", "", "%s", words); }

static bool word_ok(const cJSON *parameters, const char *name, const char *const *words, refusal *out) {
    const cJSON *value = GET(parameters, name);
    const char *word = json_string(parameters, name);
    if (!value || (word && json_list_has(words, word)))
        return true;
    return refuse(out, 400, INVALID, "", "", "`%s` has an unsupported value for this model.", name);
}

static bool check_picture(const cJSON *instance, const char *name, refusal *out) {
    static const char *const known[] = {"bytesBase64Encoded", "mimeType", NULL};
    const cJSON *picture = GET(instance, name);
    if (!picture)
        return true;
    if (gemini_unknown(out, picture, known, "instances[0].image"))
        return false;
    const char *bytes = json_string(picture, "bytesBase64Encoded"), *type = json_string(picture, "mimeType");
    return (bytes && *bytes && strspn(bytes, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=") == strlen(bytes) &&
            type && (!strcmp(type, "image/png") || !strcmp(type, "image/jpeg"))) ||
           bad(out, "`image` must have bytesBase64Encoded and a mimeType of image/png or image/jpeg.");
}

static bool check_parameters(const cJSON *parameters, refusal *out) {
    static const char *const known[] = {"sampleCount",      "durationSeconds", "aspectRatio",   "resolution",
                                        "personGeneration", "negativePrompt",  "enhancePrompt", NULL};
    static const char *const ratios[] = {"16:9", "9:16", NULL}, *const sizes[] = {"720p", "1080p", "4k", NULL};
    static const char *const people[] = {"allow_all", "allow_adult", "dont_allow", NULL};
    const char *problem, *name = json_unknown(parameters, known), *size = json_string(parameters, "resolution");
    const cJSON *seconds = GET(parameters, "durationSeconds");
    if (name)
        return refuse(out, 400, INVALID, "", "",
                      "`%s` isn't supported by this model. Please remove it or refer to the Gemini API documentation.", name);
    if (seconds && !cJSON_IsNumber(seconds))
        return bad(out, "The value type for `durationSeconds` needs to be a number.");
    int length = seconds ? seconds->valueint : 8;
    if (length != 4 && length != 6 && length != 8)
        return bad(out, "The number value for `durationSeconds` is out of bound. Please provide a value of 4, 6 or 8.");
    if (size && strcmp(size, "720p") != 0 && length != 8)
        return bad(out, "`resolution` 1080p and 4k are for films of 8 seconds.");
    if (!json_range(parameters, "sampleCount", 1, 4, true, &problem))
        return bad(out, "`sampleCount` must be from 1 to 4.");
    return word_ok(parameters, "aspectRatio", ratios, out) && word_ok(parameters, "resolution", sizes, out) &&
           word_ok(parameters, "personGeneration", people, out);
}

bool veo_check(const cJSON *body, refusal *out) {
    static const char *const top[] = {"instances", "parameters", NULL};
    static const char *const known[] = {"prompt", "image", "lastFrame", "video", "referenceImages", NULL};
    const cJSON *instances = GET(body, "instances"), *instance = cJSON_GetArrayItem(instances, 0), *parameters = GET(body, "parameters");
    if (gemini_unknown(out, body, top, ""))
        return false;
    if (!cJSON_IsArray(instances) || cJSON_GetArraySize(instances) != 1 || !cJSON_IsObject(instance))
        return bad(out, "`instances` must hold exactly one instance.");
    if (gemini_unknown(out, instance, known, "instances[0]"))
        return false;
    if (!json_string(instance, "prompt") || !*json_string(instance, "prompt"))
        return bad(out, "The input must have a text prompt.");
    return check_picture(instance, "image", out) && check_picture(instance, "lastFrame", out) &&
           (!parameters || check_parameters(parameters, out));
}

/* ---- answers ------------------------------------------------------------------------------------------------------------ */

void veo_begin(const cJSON *body, const question *q, buf *out) {
    struct operation *o = &operations[n_operations % KEPT];
    const cJSON *samples = GET(GET(body, "parameters"), "sampleCount");
    *o = (struct operation){.samples = samples ? samples->valueint : 1};
    snprintf(o->account, sizeof o->account, "%s", q->account);
    snprintf(o->model, sizeof o->model, "%s", q->model);
    snprintf(o->prompt, sizeof o->prompt, "%.60s", json_string(cJSON_GetArrayItem(GET(body, "instances"), 0), "prompt"));
    buf_printf(out, "{\n  \"name\": \"models/%s/operations/op%zux\"\n}\n", o->model, n_operations++);
}

static void put_films(size_t i, buf *out) {
    const struct operation *o = &operations[i % KEPT];
    const char *format = is_told(o, "elsewhere") ? "gs://bucket/film%zu_%d.mp4"
                                                 : "https://generativelanguage.googleapis.com/v1beta/files/film%zun%d:download?alt=media";
    buf_adds(out, "\"generatedSamples\":[");
    for (int k = 0; k < o->samples; k++) {
        buf_adds(out, k ? ",{\"video\":{\"uri\":\"" : "{\"video\":{\"uri\":\"");
        buf_printf(out, format, i, k);
        buf_adds(out, "\"}}");
    }
    buf_adds(out, "]");
}

/* The one of this account that a path names; NULL: there is none. */
static struct operation *find(const char *number, const char *account, size_t *i) {
    *i = strtoul(number, NULL, 10);
    struct operation *o = &operations[*i % KEPT];
    return *i < n_operations && !strcmp(o->account, account) && !is_told(o, "lost") ? o : NULL;
}

bool veo_operation(const request *r, const char *account, buf *out, refusal *why_not) {
    const char *id = strstr(r->path, "/operations/op");
    size_t i = 0;
    struct operation *o = id ? find(id + 14, account, &i) : NULL;
    if (!o || strncmp(r->path + sizeof(MODELS) - 1, o->model, strlen(o->model)) != 0)
        return refuse(why_not, 404, "NOT_FOUND", "", "", "Operation not found: %s", r->path);
    bool done = o->asked++ >= is_told(o, "slow") && !is_told(o, "hangs");
    buf_printf(out, "{\"name\":\"models/%s/operations/op%zux\"%s", o->model, i, done ? ",\"done\":true" : "");
    if (done && is_told(o, "fails")) {
        buf_adds(out, ",\"error\":{\"code\":13,\"message\":\"Video generation failed due to an internal server issue.\"}");
    } else if (done) {
        buf_adds(out, ",\"response\":{\"@type\":\"type.googleapis.com/google.ai.generativelanguage.v1beta.PredictLongRunningResponse\","
                      "\"generateVideoResponse\":{");
        if (is_told(o, "filtered"))
            buf_adds(out, "\"raiMediaFilteredCount\":1,\"raiMediaFilteredReasons\":[\"Sorry, we can't create videos with 鱼. Your request "
                          "was not charged.\"]");
        else if (!is_told(o, "empty"))
            put_films(i, out);
        buf_adds(out, "}}");
    }
    buf_adds(out, "}");
    return true;
}

bool veo_download(const request *r, const char *account, buf *out, const char **type, refusal *why_not) {
    const char *name = r->path + sizeof(FILES) - 1, *sample = strchr(name, 'n');
    size_t i = 0;
    const struct operation *o = strncmp(name, "film", 4) == 0 ? find(name + 4, account, &i) : NULL;
    int k = sample ? atoi(sample + 1) : -1;
    if (strcmp(r->query, "alt=media") != 0)
        return bad(why_not, "sim: a film is downloaded with alt=media, and nothing else");
    if (!o || o->asked < 1 || k < 0 || k >= o->samples)
        return refuse(why_not, 403, "PERMISSION_DENIED", "", "", "You do not have permission to access the File %s or it may not exist.",
                      name);
    buf_add(out, "\0\0\0\030ftypmp42\r\n\377", 15);
    buf_printf(out, k ? "%d" : "", k);
    *type = "video/mp4";
    return true;
}
