/* openai/film_request.c: what a film is asked for by in the Videos API (API reference, "Videos", 2026-11), in JSON or in a form, and the
 * same written for a provider that speaks it, in JSON.
 */
#include "openai.h"

/* ---- towards clients ---------------------------------------------------------------------------------------------------- */

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static yz_str base64_of(yz_arena *arena, yz_str bytes) {
    char *text = yz_alloc_bytes(arena, bytes.n / 3 * 4 + 4);
    size_t n = 0;
    for (size_t i = 0; i < bytes.n; i += 3) {
        size_t left = bytes.n - i;
        uint32_t three = (uint32_t)(unsigned char)bytes.p[i] << 16;
        three |= left > 1 ? (uint32_t)(unsigned char)bytes.p[i + 1] << 8 : 0;
        three |= left > 2 ? (uint32_t)(unsigned char)bytes.p[i + 2] : 0;
        text[n++] = alphabet[three >> 18 & 63];
        text[n++] = alphabet[three >> 12 & 63];
        text[n++] = left > 1 ? alphabet[three >> 6 & 63] : '=';
        text[n++] = left > 2 ? alphabet[three & 63] : '=';
    }
    return (yz_str){text, n};
}

static bool begins(yz_str bytes, const char *mark, size_t n) { return bytes.n > n && memcmp(bytes.p, mark, n) == 0; }

/* By its first bytes: what the form says of it is not kept. Empty: it is no picture that anybody takes. */
static yz_str type_of(yz_str bytes) {
    if (begins(bytes, "\x89PNG", 4))
        return YZ_STR("image/png");
    if (begins(bytes, "\xff\xd8\xff", 3))
        return YZ_STR("image/jpeg");
    return begins(bytes, "RIFF", 4) && bytes.n > 12 && memcmp(bytes.p + 8, "WEBP", 4) == 0 ? YZ_STR("image/webp") : YZ_STR("");
}

/* What relays take, too: base64 without a word about what it is of. Empty: it is none of a picture's. */
static yz_str type_of_base64(yz_str text) {
    if (begins(text, "iVBORw0KGg", 10))
        return YZ_STR("image/png");
    if (begins(text, "/9j/", 4))
        return YZ_STR("image/jpeg");
    return begins(text, "UklGR", 5) ? YZ_STR("image/webp") : YZ_STR("");
}

/* "data:image/png;base64,…", or where it lies. */
static void read_url(yz_str url, yz_film *out) {
    out->picture_type = type_of_base64(url);
    if (out->picture_type.n > 0) {
        out->picture = url;
        return;
    }
    static const char data[] = "data:", base64[] = ";base64,";
    const char *at = begins(url, data, sizeof(data) - 1) ? memmem(url.p, url.n, base64, sizeof(base64) - 1) : NULL;
    out->picture_url = at ? YZ_STR("") : url;
    if (!at)
        return;
    out->picture_type = (yz_str){url.p + sizeof(data) - 1, (size_t)(at - url.p) - (sizeof(data) - 1)};
    out->picture = (yz_str){at + sizeof(base64) - 1, (size_t)(url.p + url.n - at) - (sizeof(base64) - 1)};
}

static int read_reference(const yz_json *reference, yz_arena *arena, yz_film *out, yz_error *error) {
    const yz_json *url = yz_json_is(reference, YZ_JSON_OBJECT) ? yz_json_get(reference, "image_url") : reference;
    url = yz_json_is(url, YZ_JSON_OBJECT) ? yz_json_get(url, "url") : url;
    if (!yz_json_is(url, YZ_JSON_STRING))
        return yz_refuse(arena, error, YZ_STR("input_reference"),
                         "input_reference must be an object with an image_url: this film is made by a provider that has no files of yours");
    read_url(yz_json_text(arena, url), out);
    return YZ_OK;
}

/* What a field says, of those that are texts; NULL: it is none of them. */
static yz_str *place_of(yz_film *film, yz_str name) {
    return yz_str_is(name, "prompt")    ? &film->prompt
           : yz_str_is(name, "seconds") ? &film->seconds
           : yz_str_is(name, "size")    ? &film->extent
                                        : NULL;
}

static int read_field(const yz_request *request, const yz_json *field, yz_arena *arena, yz_losses *losses, yz_film *out, yz_error *error) {
    yz_str name = yz_json_key(field), *text = place_of(out, name);
    bool task = oa_is_task(request);
    if (yz_json_is(field, YZ_JSON_NULL) || yz_str_is(name, "model") || (task && oa_is_task_field(name)))
        return YZ_OK;
    if (yz_str_is(name, "input_reference") || (task && yz_str_is(name, "image")))
        return read_reference(field, arena, out, error);
    if (text) /* relays take seconds as a number, too */
        *text = yz_json_is(field, YZ_JSON_STRING) ? yz_json_text(arena, field) : yz_json_raw(field);
    else
        yz_lose(losses, yz_format(arena, "%.*s", (int)(name.n < 60 ? name.n : 60), name.p).p);
    return YZ_OK;
}

static int read_form_field(const yz_form_field *field, yz_arena *arena, yz_losses *losses, yz_film *out, yz_error *error) {
    yz_str *text = place_of(out, field->name);
    if (yz_str_is(field->name, "model"))
        return YZ_OK;
    if (text && !field->file) {
        *text = field->value;
    } else if (yz_str_is(field->name, "input_reference") && field->file) {
        out->picture_type = type_of(field->value);
        out->picture = base64_of(arena, field->value);
        if (out->picture_type.n == 0)
            return yz_refuse(arena, error, YZ_STR("input_reference"), "input_reference must be a picture: PNG, JPEG or WebP");
    } else if (yz_str_is(field->name, "input_reference")) {
        read_url(field->value, out);
    } else {
        yz_lose(losses, yz_format(arena, "%.*s", (int)(field->name.n < 60 ? field->name.n : 60), field->name.p).p);
    }
    return YZ_OK;
}

int oa_read_film(const yz_request *request, yz_arena *arena, yz_losses *losses, yz_film *out, yz_error *error) {
    int code = YZ_OK;
    for (const yz_json *f = request->json ? request->json->child : NULL; f && code == YZ_OK; f = f->next)
        code = read_field(request, f, arena, losses, out, error);
    for (const yz_form_field *f = request->form ? request->form->fields : NULL; f && code == YZ_OK; f = f->next)
        code = read_form_field(f, arena, losses, out, error);
    if (oa_is_task(request))
        oa_read_task(request->json, arena, out);
    if (code == YZ_OK && out->prompt.n == 0)
        return yz_refuse(arena, error, YZ_STR("prompt"), "prompt must be a text that says what is to be seen");
    if (out->seconds.n == 0)
        out->seconds = YZ_STR("4");
    return code;
}

/* ---- towards providers ---------------------------------------------------------------------------------------------------- */

/* Width and height, where they are said by words. Empty: nobody says how large. */
static yz_str extent_of(const yz_film *film, yz_losses *losses) {
    static const struct {
        const char *resolution, *wide, *tall;
    } sizes[] = {{"720p", "1280x720", "720x1280"}, {"1080p", "1920x1080", "1080x1920"}, {"4k", "3840x2160", "2160x3840"}};
    bool tall = yz_str_is(film->aspect, "9:16"), wide = film->aspect.n == 0 || yz_str_is(film->aspect, "16:9");
    if (film->extent.n || (film->aspect.n == 0 && film->resolution.n == 0))
        return film->extent;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes && (tall || wide); i++)
        if (yz_str_is(film->resolution, sizes[i].resolution) || (i == 0 && film->resolution.n == 0))
            return yz_str_of(tall ? sizes[i].tall : sizes[i].wide);
    if (film->aspect.n)
        yz_lose(losses, "aspectRatio");
    if (film->resolution.n)
        yz_lose(losses, "resolution");
    return YZ_STR("");
}

static void put_text(yz_buf *out, const char *name, yz_str text) {
    if (text.n == 0)
        return;
    yz_buf_printf(out, ",\"%s\":", name);
    yz_buf_json_str(out, text);
}

static void put_reference(const yz_film *film, yz_buf *out) {
    if (film->picture.n == 0 && film->picture_url.n == 0)
        return;
    yz_buf_lit(out, ",\"input_reference\":{\"image_url\":\"");
    if (film->picture.n) {
        yz_buf_lit(out, "data:");
        yz_buf_json(out, film->picture_type);
        yz_buf_lit(out, ";base64,");
    }
    yz_buf_json(out, film->picture.n ? film->picture : film->picture_url);
    yz_buf_lit(out, "\"}");
}

/* One request is one film: several would be paid for, and one made. */
int oa_write_film(const yz_provider *provider, const yz_film *film, const yz_target *target, yz_arena *arena, yz_losses *losses,
                  yz_buf *out) {
    (void)provider;
    (void)arena;
    if (film->count > 1) {
        yz_lose(losses, "more than one film");
        return YZ_EUNSUPPORTED;
    }
    if (film->negative.n)
        yz_lose(losses, "negativePrompt");
    yz_buf_lit(out, "{\"model\":");
    yz_buf_json_str(out, target->model);
    put_text(out, "prompt", film->prompt);
    put_text(out, "seconds", film->seconds);
    put_text(out, "size", extent_of(film, losses));
    put_reference(film, out);
    yz_buf_char(out, '}');
    return YZ_OK;
}
