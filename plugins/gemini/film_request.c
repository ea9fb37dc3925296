/* gemini/film_request.c: what a film is asked for by in predictLongRunning (ai.google.dev/gemini-api/docs/video, 2026-11), and the same
 * written for a provider that speaks it.
 */
#include "gemini.h"

/* ---- towards clients ---------------------------------------------------------------------------------------------------- */

static void lose(yz_arena *arena, yz_losses *losses, const char *where, yz_str name) {
    yz_lose(losses, yz_format(arena, "%s.%.*s", where, (int)(name.n < 60 ? name.n : 60), name.p).p);
}

static bool is_field(const yz_json *object, const yz_json *field, const char *camel) { return gm_get(object, camel) == field; }

static int read_picture(const yz_json *picture, yz_arena *arena, yz_film *out, yz_error *error) {
    out->picture = yz_json_text(arena, gm_get(picture, "bytesBase64Encoded"));
    out->picture_type = yz_json_text(arena, gm_get(picture, "mimeType"));
    if (out->picture.n && out->picture_type.n)
        return YZ_OK;
    return yz_refuse(arena, error, YZ_STR("instances"), "instances[0].image must have bytesBase64Encoded and a mimeType");
}

static int read_instance(const yz_json *instance, yz_arena *arena, yz_losses *losses, yz_film *out, yz_error *error) {
    for (const yz_json *f = yz_json_is(instance, YZ_JSON_OBJECT) ? instance->child : NULL; f; f = f->next) {
        if (yz_json_is(f, YZ_JSON_NULL) || is_field(instance, f, "prompt"))
            continue;
        if (is_field(instance, f, "image")) {
            int code = read_picture(f, arena, out, error);
            if (code < 0)
                return code;
        } else {
            lose(arena, losses, "instances", yz_json_key(f));
        }
    }
    out->prompt = yz_json_text(arena, gm_get(instance, "prompt"));
    return out->prompt.n ? YZ_OK
                         : yz_refuse(arena, error, YZ_STR("instances"), "instances[0].prompt must be a text that says what is to be seen");
}

static void read_parameters(const yz_json *parameters, yz_arena *arena, yz_losses *losses, yz_film *out) {
    const struct {
        const char *name;
        yz_str *text;
    } texts[] = {{"durationSeconds", &out->seconds},
                 {"aspectRatio", &out->aspect},
                 {"resolution", &out->resolution},
                 {"negativePrompt", &out->negative}};
    for (const yz_json *f = yz_json_is(parameters, YZ_JSON_OBJECT) ? parameters->child : NULL; f; f = f->next) {
        bool known = yz_json_is(f, YZ_JSON_NULL) || is_field(parameters, f, "sampleCount");
        for (size_t i = 0; i < sizeof texts / sizeof *texts && !known; i++)
            if ((known = is_field(parameters, f, texts[i].name)))
                *texts[i].text = yz_json_is(f, YZ_JSON_STRING) ? yz_json_text(arena, f) : yz_json_raw(f);
        if (!known)
            lose(arena, losses, "parameters", yz_json_key(f));
    }
    out->count = yz_json_int(gm_get(parameters, "sampleCount"), 0);
}

int gm_read_film(const yz_request *request, yz_arena *arena, yz_losses *losses, yz_film *out, yz_error *error) {
    const yz_json *instances = gm_get(request->json, "instances");
    if (!yz_json_is(instances, YZ_JSON_ARRAY) || yz_json_count(instances) != 1)
        return yz_refuse(arena, error, YZ_STR("instances"), "instances must be a list of one: { prompt, image }");
    read_parameters(gm_get(request->json, "parameters"), arena, losses, out);
    if (out->seconds.n == 0)
        out->seconds = YZ_STR("8");
    return read_instance(instances->child, arena, losses, out, error);
}

/* ---- towards providers ---------------------------------------------------------------------------------------------------- */

/* "1280x720" as two numbers; false: it is none. */
static bool sides_of(yz_str extent, int sides[2]) {
    size_t side = 0;
    sides[0] = sides[1] = 0;
    for (size_t i = 0; i < extent.n; i++) {
        bool digit = extent.p[i] >= '0' && extent.p[i] <= '9';
        if ((!digit && (extent.p[i] != 'x' || side++ > 0)) || sides[side] > 9999)
            return false;
        sides[side] = digit ? sides[side] * 10 + (extent.p[i] - '0') : sides[side];
    }
    return sides[0] > 0 && sides[1] > 0;
}

/* What comes next to width and height: which side is the longer one, and as many lines as are not more than was asked for. What is not the
 * very same is told as lost. */
static void read_extent(const yz_film *film, yz_losses *losses, yz_str *aspect, yz_str *resolution) {
    static const struct {
        const char *word;
        int lines;
    } words[] = {{"4k", 2160}, {"1080p", 1080}, {"720p", 720}};
    int sides[2];
    *aspect = film->aspect;
    *resolution = film->resolution;
    if (film->extent.n == 0)
        return;
    if (!sides_of(film->extent, sides)) {
        yz_lose(losses, "size");
        return;
    }
    bool tall = sides[0] < sides[1];
    int shorter = tall ? sides[0] : sides[1], longer = tall ? sides[1] : sides[0];
    size_t i = 0;
    while (i + 1 < sizeof words / sizeof *words && shorter < words[i].lines)
        i++;
    *aspect = yz_str_of(tall ? "9:16" : "16:9");
    *resolution = yz_str_of(words[i].word);
    if (shorter != words[i].lines || longer * 9 != shorter * 16)
        yz_lose_as(losses, "size", YZ_APPROXIMATED);
}

static bool is_number(yz_str text) {
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] < '0' || text.p[i] > '9')
            return false;
    return text.n > 0 && text.n < 6 && text.p[0] != '0';
}

static void put_text(yz_buf *out, const char *name, yz_str text) {
    if (text.n == 0)
        return;
    yz_buf_printf(out, ",\"%s\":", name);
    yz_buf_json_str(out, text);
}

static void put_instance(const yz_film *film, yz_buf *out) {
    yz_buf_lit(out, "{\"instances\":[{\"prompt\":");
    yz_buf_json_str(out, film->prompt);
    if (film->picture.n) {
        yz_buf_lit(out, ",\"image\":{\"bytesBase64Encoded\":");
        yz_buf_json_str(out, film->picture);
        put_text(out, "mimeType", film->picture_type);
        yz_buf_char(out, '}');
    }
    yz_buf_lit(out, "}]");
}

/* A film that begins with another picture, or is of another length than is paid for, is not what was asked for. */
int gm_write_film(const yz_provider *provider, const yz_film *film, const yz_target *target, yz_arena *arena, yz_losses *losses,
                  yz_buf *out) {
    (void)provider;
    (void)target;
    (void)arena;
    yz_str aspect, resolution;
    const char *wrong = film->picture_url.n                            ? "input_reference.image_url that is no data: URL"
                        : film->seconds.n && !is_number(film->seconds) ? "seconds that are no whole number"
                                                                       : NULL;
    if (wrong) {
        yz_lose(losses, wrong);
        return YZ_EUNSUPPORTED;
    }
    read_extent(film, losses, &aspect, &resolution);
    put_instance(film, out);
    yz_buf_printf(out, ",\"parameters\":{\"sampleCount\":%lld", (long long)(film->count > 0 ? film->count : 1));
    if (film->seconds.n)
        yz_buf_printf(out, ",\"durationSeconds\":%.*s", YZ_STR_ARGS(film->seconds));
    put_text(out, "aspectRatio", aspect);
    put_text(out, "resolution", resolution);
    put_text(out, "negativePrompt", film->negative);
    yz_buf_lit(out, "}}");
    return YZ_OK;
}

/* Where Vertex AI would write the film, and whom it would tell, with the rights of the operator's account: a client would reach buckets and
 * topics that are not his, and nobody could fetch the film for him. */
const yz_request *gm_mend_film(const yz_request *request, const yz_target *target, yz_arena *arena, yz_losses *losses) {
    static const char *const operators[] = {"storageUri", "storage_uri", "pubsubTopic", "pubsub_topic"};
    const yz_json *parameters = gm_get(request->json, "parameters");
    yz_buf left = {0};
    bool any = false;
    (void)target;
    for (const yz_json *f = yz_json_is(parameters, YZ_JSON_OBJECT) ? parameters->child : NULL; f; f = f->next) {
        size_t i = 0;
        while (i < sizeof operators / sizeof *operators && yz_json_get(parameters, operators[i]) != f)
            i++;
        if (i < sizeof operators / sizeof *operators) {
            lose(arena, losses, "parameters", yz_json_key(f));
            any = true;
            continue;
        }
        yz_buf_lit(&left, left.n ? "," : "{");
        yc_put_quoted(&left, yz_json_key(f));
        yz_buf_char(&left, ':');
        yz_buf_str(&left, yz_json_raw(f));
    }
    yz_buf_lit(&left, left.n ? "}" : "{}");
    yz_request *mended = any ? yz_request_copy(arena, request) : NULL;
    if (mended)
        yz_request_set(arena, mended, "parameters", yz_buf_view(&left));
    yz_buf_free(&left);
    return mended ? mended : request;
}
