/* go_on.c: a request that asks for the rest of an answer: its own turns, the beginning of the answer as the model's turn, and an
 * instruction as the user's. How a turn looks is the dialect's; that turns are a list at the top of the body is common to all of them. */
#include "base/request.h"

#include <yuzui/adapter.h>

static void put_turn(yz_buf *out, const char *const *turn, yz_str escaped) {
    yz_buf_lit(out, out->n > 1 ? "," : "");
    yz_buf_lit(out, turn[0]);
    yz_buf_str(out, escaped);
    yz_buf_lit(out, turn[1]);
}

/* The turns there are; a dialect may take a text for the first one. */
static bool put_turns(yz_buf *out, const yz_adapter *dialect, const yz_json *turns) {
    if (yz_json_is(turns, YZ_JSON_STRING)) {
        yz_str raw = yz_json_raw(turns);
        put_turn(out, dialect->user_turn, yz_str_at(raw.p + 1, raw.n - 2));
        return true;
    }
    for (const yz_json *turn = yz_json_is(turns, YZ_JSON_ARRAY) ? turns->child : NULL; turn; turn = turn->next) {
        yz_buf_lit(out, out->n > 1 ? "," : "");
        yz_buf_str(out, yz_json_raw(turn));
    }
    return out->n > 1;
}

int yz_request_go_on(yz_arena *arena, yz_request *request, yz_str said, yz_str ask) {
    const yz_adapter *dialect = request->dialect;
    if (!request->json || !dialect || !dialect->turns || !dialect->answer_turn || !dialect->user_turn)
        return YZ_EUNSUPPORTED;
    yz_buf out = {0};
    yz_buf_char(&out, '[');
    int code = put_turns(&out, dialect, yz_json_get(request->json, dialect->turns)) ? YZ_OK : YZ_EINVAL;
    if (code == YZ_OK) {
        put_turn(&out, dialect->answer_turn, said);
        if (ask.n > 0)
            put_turn(&out, dialect->user_turn, yz_json_escape(arena, ask));
        yz_buf_char(&out, ']');
        code = yz_request_set(arena, request, dialect->turns, yz_buf_view(&out));
    }
    yz_buf_free(&out);
    return code;
}
