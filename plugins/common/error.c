/* common/error.c: an error of a provider, for dialects that say it in about the same way: how its body is read is the host's
 * (yz_error_read), what it means the dialect's own, and what it says where it says nothing stands here.
 */
#include "common.h"

/* That something failed, or is wrong: whose fault that is, a status of 4xx says better. */
static bool is_general(yz_error_class word) { return word == YZ_ERROR_BAD_REQUEST || word == YZ_ERROR_SERVER || word == YZ_ERROR_TIMEOUT; }

bool yc_says_more(yz_error_class word, int status) {
    if (status == 429)
        return !is_general(word) && word != YZ_ERROR_NOT_FOUND;
    return status == 0 || (status == 400 && !is_general(word));
}

void yc_read_error(int status, const yz_json *body, yz_arena *arena, yc_judge *judge, yz_error *out) {
    out->said = status; /* so the body is an error, whatever its shape */
    yz_error_read(body, arena, out);
    out->said = status;
    judge(out);
    if (out->message.n == 0)
        out->message = yz_format(arena, "the provider answered with status %d", status);
}

bool yc_error_inside(const yz_json *body, yz_arena *arena, yc_judge *judge, yz_error *out) {
    *out = (yz_error){YZ_ERROR, .started = YZ_STARTED_YES};
    bool found = yz_error_read(body, arena, out);
    yz_error words = {YZ_ERROR, .said = 500}; /* for whoever knows that it is one, whatever its shape */
    if (!found && yz_error_read(body, arena, &words))
        out->message = words.message;
    judge(out); /* what nobody knows is the server's fault: another provider may answer */
    if (out->message.n == 0)
        out->message = YZ_STR("the provider reported an error");
    return found;
}

void yc_emit_beside(const yz_error *error, yz_sink *sink) {
    yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_LOST, .text = YZ_STR("error"), .error = error});
}
