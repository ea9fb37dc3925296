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

static bool has_text(const yz_json *object, const char *name) { return yz_json_escaped(yz_json_get(object, name)).n > 0; }

/* A picture is there as its bytes or its address; an entry without is one that was not made. */
static bool is_picture(const yz_json *entry) { return has_text(entry, "b64_json") || has_text(entry, "url"); }

static bool is_entry(const yz_json *entry) {
    if (!yz_json_is(entry, YZ_JSON_OBJECT))
        return entry->type > YZ_JSON_FALSE;
    bool pictured = yz_json_get(entry, "b64_json") || yz_json_get(entry, "url");
    return pictured ? is_picture(entry) : entry->child && !yc_names_error(yz_json_get(entry, "error"));
}

/* NULL: none that holds anything. */
static const yz_json *first_entry(const yz_json *list) {
    const yz_json *entry = yz_json_is(list, YZ_JSON_ARRAY) ? list->child : NULL;
    while (entry && !is_entry(entry))
        entry = entry->next;
    return entry;
}

/* A ranking of which all has fallen out, and which says what it took: that is an answer. */
static bool ranks_none(const yz_json *body) {
    const yz_json *results = yz_json_get(body, "results"), *took = yz_json_given(body, "usage");
    took = took ? took : yz_json_given(body, "meta");
    bool none = yz_json_is(results, YZ_JSON_ARRAY) && !results->child && !yc_names_error(yz_json_get(body, "error"));
    return none && yz_json_is(took, YZ_JSON_OBJECT) && took->child;
}

bool oa_media_document(const yz_json *body) {
    return ranks_none(body) || first_entry(yz_json_get(body, "data")) || first_entry(yz_json_get(body, "results")) ||
           yz_json_is(yz_json_get(body, "text"), YZ_JSON_STRING);
}

bool oa_media_empty(const yz_json *body) {
    const yz_json *data = yz_json_get(body, "data");
    return yz_json_is(data, YZ_JSON_ARRAY) || yz_json_is(yz_json_get(body, "results"), YZ_JSON_ARRAY);
}

const yz_json *oa_media_error(const yz_json *body) {
    const yz_json *data = yz_json_get(body, "data");
    const yz_json *entry = yz_json_is(data, YZ_JSON_ARRAY) ? data->child : NULL;
    while (entry && !yc_names_error(yz_json_get(entry, "error")))
        entry = entry->next;
    return entry;
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
    int64_t pictures = 0;
    for (const yz_json *entry = yz_json_is(data, YZ_JSON_ARRAY) ? data->child : NULL; entry; entry = entry->next)
        pictures += is_picture(entry);
    if (pictures > 0)
        yz_usage_set(usage, YZ_METER_PICTURES, pictures);
    if (yz_json_is(yz_json_get(root, "text"), YZ_JSON_STRING))
        yz_usage_set(usage, YZ_METER_SECONDS, whole_seconds(said ? said : yz_json_get(root, "duration")));
    return yz_usage_get(usage, YZ_METER_PICTURES) >= 0 || yz_usage_get(usage, YZ_METER_SECONDS) >= 0;
}
