/* openai/upload.c: files that come in parts (API reference, "Uploads", 2026-11): an upload is begun, gets its parts, in any order and
 * several at once, and is completed by a list of them: then it is a file, as if it had come whole.
 *
 * A part may begin and end within a line, so nobody here can say which models a file in parts will ask for, or give them the names that
 * they have at the provider. What is begun so names no model (yz_request_nameless), so it is for keys alone that may use all of them, and
 * the parts pass as they are. All of it is at one account, and its ids, those of the parts and of the file say so (kept.c).
 */
#include "openai.h"

#define PATH "/v1/uploads"

bool oa_is_upload(const yz_request *request) { return yz_str_starts(request->path, PATH); }

static bool completes(const yz_request *request) { return oa_is_upload(request) && yz_str_is(yc_kept_rest(request), "/complete"); }

int oa_accept_upload(yz_request *request, yz_arena *arena, yz_error *error) {
    const yz_json *purpose = yz_json_get(request->json, "purpose");
    if (!yz_json_says(purpose, "batch"))
        return yz_refuse(arena, error, YZ_STR("purpose"), "purpose must be \"batch\": no other files are taken here");
    yz_str near = yc_near_key(request->json, YZ_NAMES("purpose"), arena);
    return near.n ? yz_refuse(arena, error, near, "purpose must stand there once, spelt as the API has it") : YZ_OK;
}

/* ---- the parts -------------------------------------------------------------------------------------------------------------- */

static int accept_data(const yz_request *request, yz_arena *arena, yz_error *error) {
    const yz_form_field *data = request->form ? request->form->fields : NULL;
    if (data && !data->next && data->file && yz_str_is(data->name, "data"))
        return YZ_OK;
    return yz_refuse(arena, error, YZ_STR("data"),
                     "the body must be of multipart/form-data and hold one part of the file alone: data, with a file name");
}

static const yz_json *list_of_parts(const yz_request *request) {
    const yz_json *list = yz_json_get(request->json, "part_ids");
    return yz_json_is(list, YZ_JSON_ARRAY) ? list : NULL;
}

static int accept_list(const yz_request *request, yz_arena *arena, yz_error *error) {
    const yz_json *list = list_of_parts(request);
    bool fine = list && list->child;
    for (const yz_json *id = list ? list->child : NULL; id && fine; id = id->next)
        fine = yz_json_is(id, YZ_JSON_STRING) && yc_kept_word(yz_json_escaped(id));
    return fine ? YZ_OK : yz_refuse(arena, error, YZ_STR("part_ids"), "part_ids must be the ids of the parts, in the order of the file");
}

int oa_accept_of_upload(const yz_request *request, yz_arena *arena, yz_error *error) {
    if (yz_str_is(yc_kept_rest(request), "/parts"))
        return accept_data(request, arena, error);
    return completes(request) ? accept_list(request, arena, error) : YZ_OK;
}

/* Once the account of an upload is found, what its parts lack is said, not what other accounts lack. */
bool oa_holds_parts(const yz_call *call, const yz_request *request, const yz_target *target, yz_error *why) {
    const yz_json *list = completes(request) ? list_of_parts(request) : NULL;
    yz_arena *arena = list ? yz_call_arena(call) : NULL; /* who has none by now need not have one for this */
    for (const yz_json *id = list ? list->child : NULL; id; id = id->next) {
        yz_str bare;
        if (yc_kept_held(request, target, arena, yz_json_escaped(id), &bare))
            continue;
        why->class_ = YZ_ERROR_NOT_FOUND;
        why->param = YZ_STR("part_ids");
        why->message = yz_format(arena, "Part with id '%.*s' not found: it is none of this upload, or not yours", YZ_STR_ARGS(bare));
        return false;
    }
    return true;
}

/* The parts by their own ids. */
const yz_request *oa_mend_upload(const yz_request *request, yz_arena *arena) {
    const yz_json *list = completes(request) ? list_of_parts(request) : NULL;
    if (!list || request->keeper.n)
        return request;
    yz_buf ids = {0};
    for (const yz_json *id = list->child; id; id = id->next)
        yz_buf_printf(&ids, "%s\"%.*s\"", ids.n ? "," : "[", YZ_STR_ARGS(yc_kept_bare(yz_json_escaped(id))));
    yz_buf_lit(&ids, "]");
    yz_request *mended = yz_request_copy(arena, request);
    yz_request_set(arena, mended, "part_ids", yz_dup(arena, yz_buf_view(&ids)));
    yz_buf_free(&ids);
    return mended;
}
