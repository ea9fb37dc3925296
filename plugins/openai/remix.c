/* openai/remix.c: a film made anew from an earlier one: POST /v1/videos/{id}/remix with a prompt (API reference, "Videos", 2026-11). The
 * request says neither a model nor how long and large the film is to be, which are the earlier one's: the stage that follows jobs knows
 * them, and adds them for those who judge and price the request. The provider gets the prompt alone.
 */
#include "openai.h"

#define BEFORE "/v1/videos/"
#define BEHIND "/remix"

yz_str oa_remix_of(const yz_request *request) {
    size_t before = sizeof(BEFORE) - 1, behind = sizeof(BEHIND) - 1;
    yz_str path = request->path;
    if (request->op != YZ_OP_VIDEO || path.n <= before + behind || !yz_str_starts(path, BEFORE) ||
        memcmp(path.p + path.n - behind, BEHIND, behind) != 0)
        return YZ_STR("");
    return (yz_str){path.p + before, path.n - before - behind};
}

/* Any other field would change what is paid for. */
int oa_accept_remix(yz_request *request, yz_arena *arena, yz_error *error) {
    const yz_json *root = request->json;
    if (!yz_json_is(root, YZ_JSON_OBJECT) || yz_json_text(arena, yz_json_get(root, "prompt")).n == 0)
        return yz_refuse(arena, error, YZ_STR("prompt"), "prompt must be a text that says what is to be otherwise, in a JSON object");
    for (const yz_json *f = root->child; f; f = f->next)
        if (!yz_str_is(yz_json_key(f), "prompt"))
            return yz_refuse(arena, error, yz_dup(arena, yz_json_key(f)), "a remix takes a prompt alone: all else is the earlier film's");
    if (!yc_kept_word(request->stored))
        return yz_refuse(arena, error, YZ_STR(""), "an id is made of letters, digits, '_', '-' and '.'");
    return YZ_OK;
}

const yz_request *oa_mend_remix(const yz_request *request, yz_arena *arena) {
    yz_json *root;
    yz_request *mended = yz_request_copy(arena, request);
    mended->body = yz_format(arena, "{\"prompt\":%.*s}", YZ_STR_ARGS(yz_json_raw(yz_json_get(request->json, "prompt"))));
    mended->model_node = NULL;
    if (yz_json_parse(arena, mended->body, 0, &root, NULL) < 0) /* it was proven before */
        return request;
    mended->json = root;
    return mended;
}
