/* openai/video.c: films, as the Videos API makes them: one is begun by a request, and asked for by its id until it is there. OpenAI's own
 * service ended on 2026-09-24; relays and other vendors go on with its protocol.
 *
 * A film is at the account that makes it, so its id says whose it is (common/kept.c). Lists of films are not served: a provider's account
 * is shared by all clients, and its list would show each the films of the others.
 */
#include "openai.h"

bool oa_holds(const yz_call *call, const yz_request *request, const yz_target *target, yz_error *why) {
    yz_str bare;
    if (request->op != YZ_OP_STORED)
        return true;
    yz_arena *arena = yz_call_arena(call);
    if (yc_kept_held(request, target, arena, request->stored, &bare))
        return true;
    why->class_ = YZ_ERROR_NOT_FOUND;
    why->message = yz_format(arena, "Video with id '%.*s' not found: no provider here keeps it for you", YZ_STR_ARGS(bare));
    return false;
}

int oa_accept_stored(yz_request *request, yz_arena *arena, yz_error *error) {
    if (!yc_kept_word(request->stored))
        return yz_refuse(arena, error, YZ_STR(""), "an id is made of letters, digits, '_', '-' and '.'");
    return YZ_OK;
}

void oa_endpoint_stored(const oa_config *config, const yz_request *request, yz_arena *arena, yz_endpoint *out) {
    yz_str query = yc_kept_query(request, arena);
    out->method = yz_str_is(request->method, "DELETE") ? "DELETE" : "GET";
    out->path = yz_format(arena, "%.*s/%.*s%.*s%s%.*s", YZ_STR_ARGS(config->videos_path), YZ_STR_ARGS(yc_kept_bare(request->stored)),
                          YZ_STR_ARGS(yc_kept_rest(request)), query.n ? "?" : "", YZ_STR_ARGS(query));
}

size_t oa_stamp(const yz_request *request, const yz_target *target, yz_str data, yz_arena *arena, yz_splice *const *out, size_t most) {
    yz_json *film;
    if (most == 0 || yz_json_parse(arena, data, YZ_JSON_LONE_SURROGATES, &film, NULL) < 0)
        return 0;
    yz_str id = yz_json_escaped(yz_json_get(film, "id"));
    if (!yc_kept_word(id)) /* what the client could not ask for */
        return 0;
    out[0]->at = (yz_str){id.p + id.n, 0};
    out[0]->with = yc_kept_mark(arena, request, target, id);
    return out[0]->with.n > 0;
}
