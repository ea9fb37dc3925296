/* openai/kept.c: what an account keeps: films, as the Videos API makes them (OpenAI's own service ended on 2026-09-24; relays and other
 * vendors go on with its protocol), files, uploads, which become files, and batches. One is begun by a request, and asked for by its id
 * until it is there.
 *
 * It is at the account that made it, so its id says whose it is (common/kept.c). Lists are of what a stage follows as jobs: a provider's
 * account is shared by all clients, and its list would show each what is the others'.
 */
#include "openai.h"

/* Where each lies, by the path that clients ask at. */
static const struct {
    const char *route, *what;
    yz_op begun_by;
    size_t option; /* of the path at the provider */
} places[] = {
    {"/v1/videos/", "Video", YZ_OP_VIDEO, offsetof(oa_config, videos_path)},
    {"/v1/video/generations/", "Video", YZ_OP_VIDEO, offsetof(oa_config, videos_path)},
    {"/v1/files/", "File", YZ_OP_FILE, offsetof(oa_config, files_path)},
    {"/v1/uploads/", "Upload", YZ_OP_FILE, offsetof(oa_config, uploads_path)},
    {"/v1/batches/", "Batch", YZ_OP_BATCH, offsetof(oa_config, batches_path)},
};

static size_t place_of(const yz_request *request) {
    size_t i = 0;
    while (i + 1 < sizeof places / sizeof *places && !yz_str_starts(request->path, places[i].route))
        i++;
    return i;
}

bool oa_holds(const yz_call *call, const yz_request *request, const yz_target *target, yz_error *why) {
    if (request->op == YZ_OP_VIDEO && request->stored.n > 0) {
        why->class_ = YZ_ERROR_UNSUPPORTED;
        why->message =
            YZ_STR("a film is made anew from an earlier one where somebody follows them: put the stage jobs into the chain, above bill");
        return false;
    }
    if (!yc_files_held(call, request, target, why))
        return false;
    if (yz_str_is(why->param, "part_ids")) /* another account has the upload */
        return false;
    return yc_kept_holds(call, request, target, request->op == YZ_OP_BATCH ? "File" : places[place_of(request)].what, why) &&
           oa_holds_parts(call, request, target, why);
}

/* The film itself, and not a picture of it. */
static bool is_film(const yz_request *request) {
    yz_str rest = yc_kept_rest(request), query = request->query;
    bool other = query.n && memmem(query.p, query.n, "variant=", 8) && !memmem(query.p, query.n, "variant=video", 13);
    return yz_str_is(rest, "/content") && !other;
}

int oa_accept_stored(yz_request *request, yz_arena *arena, yz_error *error) {
    size_t place = place_of(request);
    bool films = yz_str_is(request->path, "/v1/videos"); /* their list; that of batches is the other one */
    request->begun_by = films ? YZ_OP_VIDEO : places[place].begun_by;
    request->piece = place == 0 && is_film(request);
    if (request->stored.n > 0 && !yc_kept_word(request->stored)) /* a list has none */
        return yz_refuse(arena, error, YZ_STR(""), "an id is made of letters, digits, '_', '-' and '.'");
    return oa_is_upload(request) ? oa_accept_of_upload(request, arena, error) : YZ_OK;
}

void oa_endpoint_stored(const oa_config *config, const yz_request *request, yz_arena *arena, yz_endpoint *out) {
    yz_str query = yc_kept_query(request, arena), id = request->stored, rest = yc_kept_rest(request);
    size_t place = place_of(request), n = strlen(places[place].route);
    if (request->keeper.n == 0) { /* else it is the provider's own, mark and all: that may be a gateway such as this one */
        id = yc_kept_bare(id);
    } else if (places[place].begun_by == YZ_OP_FILE) { /* a file of the batch that is stored there */
        id = (yz_str){request->path.p + n, request->path.n - n};
        rest = YZ_STR("");
    }
    const yz_str *path = (const yz_str *)(const void *)((const char *)config + places[place].option);
    out->method = yz_str_is(request->method, "DELETE") ? "DELETE" : yz_str_is(request->method, "POST") ? "POST" : "GET";
    out->path = yz_format(arena, "%.*s/%.*s%.*s%s%.*s", YZ_STR_ARGS(*path), YZ_STR_ARGS(id), YZ_STR_ARGS(rest), query.n ? "?" : "",
                          YZ_STR_ARGS(query));
}

static bool is_id(yz_str name) {
    static const char *const names[] = {"id", "input_file_id", "output_file_id", "error_file_id", "upload_id"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (yz_str_is(name, names[i]))
            return true;
    return false;
}

/* The places of an answer that get a mark. */
typedef struct marking {
    const yz_request *request;
    const yz_target *target;
    yz_arena *arena;
    yz_splice *const *out;
    size_t n, most;
} marking;

static void mark_ids(marking *m, const yz_json *object) {
    for (const yz_json *field = yz_json_is(object, YZ_JSON_OBJECT) ? object->child : NULL; field && m->n < m->most; field = field->next) {
        bool number =
            yz_json_is(field, YZ_JSON_NUMBER) && (m->request->op == YZ_OP_VIDEO || m->request->begun_by == YZ_OP_VIDEO); /* relays' films */
        yz_str id = number ? yc_relayed_id(field) : yz_json_escaped(field);
        if (!is_id(yz_json_key(field)) || !yc_kept_word(id)) /* what the client could not ask for */
            continue;
        yz_str mark = yc_kept_mark(m->arena, m->request, m->target, id);
        m->out[m->n]->at = number ? id : (yz_str){id.p + id.n, 0};
        m->out[m->n]->with = number && mark.n > 0 ? yz_format(m->arena, "\"%.*s%.*s\"", YZ_STR_ARGS(id), YZ_STR_ARGS(mark)) : mark;
        m->n += mark.n > 0;
    }
}

/* The ids in it: its own, those of a batch's files, and that of the file that an upload has become. */
size_t oa_stamp(const yz_request *request, const yz_target *target, yz_str data, yz_arena *arena, yz_splice *const *out, size_t most) {
    marking m = {request, target, arena, out, 0, most};
    yz_json *root;
    if (request->op == YZ_OP_RERANK)
        return oa_stamp_rerank(request, target, data, arena, out, most);
    if (yz_json_parse(arena, data, YZ_JSON_ANSWERED, &root, NULL) < 0)
        return 0;
    mark_ids(&m, root);
    if (oa_is_upload(request))
        mark_ids(&m, yz_json_get(root, "file"));
    for (size_t i = m.n; i > 1 && out[i - 1]->at.p < out[i - 2]->at.p; i--) { /* in the order they stand */
        yz_splice later = *out[i - 2];
        out[i - 2]->at = out[i - 1]->at, out[i - 2]->with = out[i - 1]->with;
        out[i - 1]->at = later.at, out[i - 1]->with = later.with;
    }
    return m.n;
}
