/* openai/kept.c: what an account keeps: films, as the Videos API makes them (OpenAI's own service ended on 2026-09-24; relays and other
 * vendors go on with its protocol), files, and batches. One is begun by a request, and asked for by its id until it is there.
 *
 * It is at the account that made it, so its id says whose it is (common/kept.c). Lists are not served: a provider's account is shared by
 * all clients, and its list would show each what is the others'.
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
    {"/v1/batches/", "Batch", YZ_OP_BATCH, offsetof(oa_config, batches_path)},
};

static size_t place_of(const yz_request *request) {
    size_t i = 0;
    while (i + 1 < sizeof places / sizeof *places && !yz_str_starts(request->path, places[i].route))
        i++;
    return i;
}

bool oa_holds(const yz_call *call, const yz_request *request, const yz_target *target, yz_error *why) {
    return yc_kept_holds(call, request, target, request->op == YZ_OP_BATCH ? "File" : places[place_of(request)].what, why);
}

/* The film itself, and not a picture of it. */
static bool is_film(const yz_request *request) {
    yz_str rest = yc_kept_rest(request), query = request->query;
    bool other = query.n && memmem(query.p, query.n, "variant=", 8) && !memmem(query.p, query.n, "variant=video", 13);
    return yz_str_is(rest, "/content") && !other;
}

int oa_accept_stored(yz_request *request, yz_arena *arena, yz_error *error) {
    size_t place = place_of(request);
    request->begun_by = places[place].begun_by;
    request->piece = place == 0 && is_film(request);
    if (request->stored.n > 0 && !yc_kept_word(request->stored)) /* a list has none */
        return yz_refuse(arena, error, YZ_STR(""), "an id is made of letters, digits, '_', '-' and '.'");
    return YZ_OK;
}

void oa_endpoint_stored(const oa_config *config, const yz_request *request, yz_arena *arena, yz_endpoint *out) {
    yz_str query = yc_kept_query(request, arena), id = request->stored;
    if (request->keeper.n == 0) /* else it is the provider's own, mark and all: that may be a gateway such as this one */
        id = yc_kept_bare(id);
    const yz_str *path = (const yz_str *)(const void *)((const char *)config + places[place_of(request)].option);
    out->method = yz_str_is(request->method, "DELETE") ? "DELETE" : yz_str_is(request->method, "POST") ? "POST" : "GET";
    out->path = yz_format(arena, "%.*s/%.*s%.*s%s%.*s", YZ_STR_ARGS(*path), YZ_STR_ARGS(id), YZ_STR_ARGS(yc_kept_rest(request)),
                          query.n ? "?" : "", YZ_STR_ARGS(query));
}

/* The ids in it, in the order they stand: its own, and those of a batch's files. */
size_t oa_stamp(const yz_request *request, const yz_target *target, yz_str data, yz_arena *arena, yz_splice *const *out, size_t most) {
    static const char *const names[] = {"id", "input_file_id", "output_file_id", "error_file_id"};
    yz_json *root;
    size_t n = 0;
    if (yz_json_parse(arena, data, YZ_JSON_LONE_SURROGATES, &root, NULL) < 0)
        return 0;
    for (const yz_json *field = yz_json_is(root, YZ_JSON_OBJECT) ? root->child : NULL; field && n < most; field = field->next)
        for (size_t i = 0; i < sizeof names / sizeof *names && n < most; i++) {
            yz_str id = yz_json_escaped(field);
            if (!yz_str_is(yz_json_key(field), names[i]) || !yc_kept_word(id)) /* what the client could not ask for */
                continue;
            out[n]->at = (yz_str){id.p + id.n, 0};
            out[n]->with = yc_kept_mark(arena, request, target, id);
            n += out[n]->with.n > 0;
        }
    return n;
}
