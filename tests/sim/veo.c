/* veo.c: films of the Gemini API: an operation is begun, asked for, and names the files that its films are in (google-genai 3.6 and the
 * guide of 2026-11). Done when it is asked for, unless the prompt begins with "slow" (then the second time), "hangs", "lost", "fails",
 * "filtered" or "empty"; "elsewhere": the file is named in a URI of another kind.
 *
 * And of Vertex AI, at projects/P/locations/L/publishers/google/models/M: there it is asked for by a POST that names it, with a bearer
 * token alone, and holds its films in base64; "elsewhere": the name of an object in a bucket; "long": films of three megabytes; "some": one
 * of several was kept back; "odd": no base64. */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>

#define INVALID      "INVALID_ARGUMENT"
#define GET(o, name) cJSON_GetObjectItemCaseSensitive(o, name)
#define MODELS       "/v1beta/models/"
#define FILES        "/v1beta/files/"
enum { KEPT = 4096 };

static struct operation {
    char account[24], model[200], prompt[64]; /* model: of Vertex AI its whole path */
    int asked, samples;
    bool vertex;
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

static bool check_parameters(const cJSON *parameters, bool vertex, refusal *out) {
    static const char *const gemini[] = {"sampleCount",      "durationSeconds", "aspectRatio",   "resolution",
                                         "personGeneration", "negativePrompt",  "enhancePrompt", NULL};
    static const char *const googles[] = {"sampleCount",
                                          "durationSeconds",
                                          "aspectRatio",
                                          "resolution",
                                          "personGeneration",
                                          "negativePrompt",
                                          "enhancePrompt",
                                          "generateAudio",
                                          "seed",
                                          "fps",
                                          "resizeMode",
                                          "compressionQuality",
                                          NULL}; /* nor a bucket that is not the operator's */
    const char *const *known = vertex ? googles : gemini;
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

bool veo_check(const cJSON *body, const char *model, refusal *out) {
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
           (!parameters || check_parameters(parameters, strchr(model, '/') != NULL, out));
}

/* ---- answers ------------------------------------------------------------------------------------------------------------ */

void veo_begin(const cJSON *body, const question *q, buf *out) {
    struct operation *o = &operations[n_operations % KEPT];
    const cJSON *samples = GET(GET(body, "parameters"), "sampleCount");
    *o = (struct operation){.samples = samples ? samples->valueint : 1};
    snprintf(o->account, sizeof o->account, "%s", q->account);
    snprintf(o->model, sizeof o->model, "%s", q->model);
    snprintf(o->prompt, sizeof o->prompt, "%.60s", json_string(cJSON_GetArrayItem(GET(body, "instances"), 0), "prompt"));
    o->vertex = strchr(o->model, '/') != NULL;
    buf_printf(out, "{\n  \"name\": \"%s%s/operations/op%zux\"\n}\n", o->vertex ? "" : "models/", o->model, n_operations++);
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

/* Written as some writers of JSON do, with escapes that nobody needs. */
static void put_bytes(const struct operation *o, int k, buf *out) {
    static const char *const films[] = {"AAAAGGZ0eXBtcDQyDQr\\u002f", "AAAAGGZ0eXBtcDQyDQr\\/MQ\\u003d\\u003d"};
    if (is_told(o, "odd"))
        buf_adds(out, "AAAAGGZ0eX*tcDQyDQr/");
    else if (!is_told(o, "long"))
        buf_adds(out, films[k > 0]);
    else
        for (int i = 0; i < 1 << 20; i++)
            buf_adds(out, k ? "bTFm" : "Zmls");
}

static void put_videos(const struct operation *o, buf *out) {
    buf_adds(out, "\"videos\":[");
    for (int k = is_told(o, "some") ? 1 : 0; k < o->samples; k++) {
        buf_adds(out, k > (is_told(o, "some") ? 1 : 0) ? ",{" : "{");
        if (is_told(o, "elsewhere")) {
            buf_printf(out, "\"gcsUri\":\"gs://bucket/film_%d.mp4\"", k);
        } else {
            buf_adds(out, "\"bytesBase64Encoded\" : \"");
            put_bytes(o, k, out);
            buf_adds(out, "\"");
        }
        buf_adds(out, ",\"mimeType\":\"video/mp4\"}");
    }
    buf_printf(out, "],\"raiMediaFilteredCount\":%d", is_told(o, "some"));
}

/* The one of this account that a path names; NULL: there is none. */
static struct operation *find(const char *number, const char *account, size_t *i) {
    *i = strtoul(number, NULL, 10);
    struct operation *o = &operations[*i % KEPT];
    return *i < n_operations && !strcmp(o->account, account) && !is_told(o, "lost") ? o : NULL;
}

static void put_gemini(const struct operation *o, size_t i, buf *out) {
    buf_adds(out, "\"@type\":\"type.googleapis.com/google.ai.generativelanguage.v1beta.PredictLongRunningResponse\","
                  "\"generateVideoResponse\":{");
    if (is_told(o, "filtered"))
        buf_adds(out, "\"raiMediaFilteredCount\":1,\"raiMediaFilteredReasons\":[\"Sorry, we can't create videos with 鱼. Your request "
                      "was not charged.\"]");
    else if (!is_told(o, "empty"))
        put_films(i, out);
    buf_adds(out, "}");
}

static void put_vertex(const struct operation *o, buf *out) {
    buf_adds(out, "\"@type\":\"type.googleapis.com/cloud.ai.large_models.vision.GenerateVideoResponse\"");
    if (is_told(o, "filtered")) {
        buf_adds(out, ",\"raiMediaFilteredCount\":1,\"raiMediaFilteredReasons\":[\"Sorry, we can't create videos with 鱼.\"]");
    } else if (!is_told(o, "empty")) {
        buf_adds(out, ",");
        put_videos(o, out);
    }
}

static void put_operation(struct operation *o, size_t i, buf *out) {
    bool done = o->asked++ >= is_told(o, "slow") && !is_told(o, "hangs");
    buf_printf(out, "{\"name\":\"%s%s/operations/op%zux\"%s", o->vertex ? "" : "models/", o->model, i, done ? ",\"done\":true" : "");
    if (done && is_told(o, "fails")) {
        buf_adds(out, ",\"error\":{\"code\":13,\"message\":\"Video generation failed due to an internal server issue.\"}");
    } else if (done) {
        buf_adds(out, ",\"response\":{");
        if (o->vertex)
            put_vertex(o, out);
        else
            put_gemini(o, i, out);
        buf_adds(out, "}");
    }
    buf_adds(out, "}");
}

bool veo_operation(const request *r, const char *account, buf *out, refusal *why_not) {
    const char *id = strstr(r->path, "/operations/op");
    size_t i = 0;
    struct operation *o = id ? find(id + 14, account, &i) : NULL;
    if (!o || o->vertex || strncmp(r->path + sizeof(MODELS) - 1, o->model, strlen(o->model)) != 0)
        return refuse(why_not, 404, "NOT_FOUND", "", "", "Operation not found: %s", r->path);
    put_operation(o, i, out);
    return true;
}

/* Asked for at the model that it is of, and by its whole name. */
bool veo_fetch(const cJSON *body, const question *q, buf *out, refusal *why_not) {
    static const char *const known[] = {"operationName", NULL};
    const char *name = json_string(body, "operationName"), *id = name ? strstr(name, "/operations/op") : NULL;
    size_t i = 0;
    if (gemini_unknown(why_not, body, known, ""))
        return false;
    struct operation *o = id ? find(id + 14, q->account, &i) : NULL;
    if (!id)
        return bad(why_not, "sim: operationName must be the name of an operation");
    if (!o || !o->vertex || (size_t)(id - name) != strlen(o->model) || strncmp(name, o->model, strlen(o->model)) != 0)
        return refuse(why_not, 404, "NOT_FOUND", "", "", "The operation %s was not found.", name);
    if (strcmp(o->model, q->model) != 0)
        return bad(why_not, "The operation is not of this model.");
    put_operation(o, i, out);
    return true;
}

bool veo_download(const request *r, const char *account, buf *out, const char **type, refusal *why_not) {
    const char *name = r->path + sizeof(FILES) - 1, *sample = strchr(name, 'n');
    size_t i = 0;
    const struct operation *o = strncmp(name, "film", 4) == 0 ? find(name + 4, account, &i) : NULL;
    int k = sample ? atoi(sample + 1) : -1;
    if (strcmp(r->query, "alt=media") != 0)
        return bad(why_not, "sim: a film is downloaded with alt=media, and nothing else");
    if (!o || o->vertex || o->asked < 1 || k < 0 || k >= o->samples)
        return refuse(why_not, 403, "PERMISSION_DENIED", "", "", "You do not have permission to access the File %s or it may not exist.",
                      name);
    buf_add(out, "\0\0\0\030ftypmp42\r\n\377", 15);
    buf_printf(out, k ? "%d" : "", k);
    *type = "video/mp4";
    return true;
}
