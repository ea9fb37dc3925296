/* openai/media.c: pictures and sound. Their requests and answers are forwarded as they are; what is read here is what routing and
 * accounting need. Their streams have no [DONE]: the last event says by its type that it is (API reference of Images and Audio, 2026-11).
 */
#include "openai.h"

static bool is_there(const yz_form *form, const char *name) {
    for (const yz_form_field *f = form->fields; f; f = f->next)
        if (yz_str_is(f->name, name))
            return true;
    return false;
}

/* Of a form the model is exchanged where it stands, so it must stand there once. */
int oa_accept_form(yz_request *request, yz_arena *arena, yz_error *error) {
    const yz_form_field *model = yz_form_find(request->form, "model"), *stream = yz_form_find(request->form, "stream");
    if (!model || model->value.n == 0)
        return yz_refuse(arena, error, YZ_STR("model"), "you must provide a model parameter, once, as a field of the form");
    if (!stream && is_there(request->form, "stream")) /* which of two counts, every server decides for itself */
        return yz_refuse(arena, error, YZ_STR("stream"), "stream must stand in the form once, and be no file");
    if (stream && !yz_str_is(stream->value, "true") && !yz_str_is(stream->value, "false"))
        return yz_refuse(arena, error, YZ_STR("stream"), "stream must be true or false");
    request->model_field = model;
    request->model = model->value;
    request->stream = stream && yz_str_is(stream->value, "true");
    return YZ_OK;
}

bool oa_media_ends(const yz_json *event) {
    static const char *const last[] = {"image_generation.completed", "image_edit.completed", "speech.audio.done", "transcript.text.done"};
    yz_str type = yz_json_escaped(yz_json_get(event, "type"));
    for (size_t i = 0; i < sizeof last / sizeof *last; i++)
        if (yz_str_is(type, last[i]))
            return true;
    return false;
}

bool oa_media_document(const yz_json *body) {
    return yz_json_is(yz_json_get(body, "data"), YZ_JSON_ARRAY) || yz_json_is(yz_json_get(body, "results"), YZ_JSON_ARRAY) ||
           yz_json_is(yz_json_get(body, "text"), YZ_JSON_STRING);
}

/* Of the Images API it is the reference's; of the Videos API, which has none, what relays add, at the top or in `metadata`. In the older
 * form the address is the gateway's own already. */
const char *const *oa_media_fields(const yz_request *request) {
    static const char *const pictures[] = {"url", NULL};
    static const char *const films[] = {"url", "urls", "video_url", "video_urls", "thumbnail_url", "cover_url", "result_url", NULL};
    bool draws = request->op == YZ_OP_IMAGE || request->op == YZ_OP_IMAGE_EDIT || request->op == YZ_OP_IMAGE_VARIATION;
    return draws ? pictures : yz_str_starts(request->path, "/v1/videos") ? films : NULL;
}

/* A number of seconds as it stands there, "12.34" too: what has begun counts, as whole ones. -1: none. */
static int64_t whole_seconds(const yz_json *value) {
    double seconds = yz_json_is(value, YZ_JSON_NUMBER) ? yz_json_double(value, -1) : -1;
    int64_t whole = seconds >= 0 && seconds < 1e9 ? (int64_t)seconds : -1;
    return whole >= 0 && (double)whole < seconds ? whole + 1 : whole;
}

/* Transcripts that are asked for by the second say it in their usage ({"type":"duration","seconds":12}), and verbose ones as `duration`. */
bool oa_media_units(yz_usage *usage, const yz_json *root) {
    const yz_json *data = yz_json_get(root, "data"), *said = yz_json_get(yz_json_get(root, "usage"), "seconds");
    bool pictures =
        yz_json_is(data, YZ_JSON_ARRAY) && data->child && (yz_json_get(data->child, "b64_json") || yz_json_get(data->child, "url"));
    if (pictures)
        yz_usage_set(usage, YZ_METER_PICTURES, (int64_t)yz_json_count(data));
    if (yz_json_is(yz_json_get(root, "text"), YZ_JSON_STRING))
        yz_usage_set(usage, YZ_METER_SECONDS, whole_seconds(said ? said : yz_json_get(root, "duration")));
    return yz_usage_get(usage, YZ_METER_PICTURES) >= 0 || yz_usage_get(usage, YZ_METER_SECONDS) >= 0;
}
