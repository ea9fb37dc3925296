/* midjourney/answer.c: answers to a submission. All have the status 200 and a code: 1 it was taken, 21 it had been begun before, or waits
 * for more to be said, 22 it was taken and stands in line; any other is a refusal, and the code says of which kind (midjourney-proxy, its
 * successors and new-api, 2026-11).
 */
#include "midjourney.h"

static const struct {
    int code;
    const char *word;
    yz_error_class class_;
    int status; /* that it amounts to: by it is judged if something was begun */
} codes[] = {{3, "3", YZ_ERROR_OVERLOADED, 503},       {4, "4", YZ_ERROR_BAD_REQUEST, 400}, {23, "23", YZ_ERROR_OVERLOADED, 503},
             {24, "24", YZ_ERROR_CONTENT_POLICY, 400}, {30, "30", YZ_ERROR_QUOTA, 429},     {9, "9", YZ_ERROR_SERVER, 500}};
enum { CODES = sizeof codes / sizeof *codes, FAILURE = 9 };

/* The row of a code; that of a failure for others. */
static size_t row_of(int64_t code) {
    size_t i = 0;
    while (i + 1 < CODES && codes[i].code != code)
        i++;
    return i;
}

static yz_str words_of(const yz_json *body, yz_arena *arena) {
    yz_str said = yz_json_text(arena, yz_json_get(body, "description"));
    yz_str banned = yz_json_text(arena, yz_json_get(yz_json_get(body, "properties"), "bannedWord"));
    if (banned.n == 0)
        return yz_dup(arena, said);
    return yz_format(arena, "%.*s: %.*s", YZ_STR_ARGS(said), YZ_STR_ARGS(banned));
}

static void fill(size_t row, const yz_json *body, yz_arena *arena, yz_error *out) {
    yz_str words = words_of(body, arena);
    out->class_ = codes[row].class_;
    out->message = words.n ? words : out->message;
    out->type = yz_str_of(codes[row].word);
}

bool mj_refuses(const yz_request *request, const yz_json *body, yz_arena *arena, yz_error *out) {
    const yz_json *code = yz_json_get(body, "code");
    if (!yz_json_is(code, YZ_JSON_NUMBER) || mj_taken(yz_json_int(code, FAILURE)))
        return false;
    size_t row = row_of(yz_json_int(code, FAILURE));
    out->message = YZ_STR("it was refused, and its provider did not say why");
    fill(row, body, arena, out);
    out->said = codes[row].status;
    if (request->op == YZ_OP_STORED && codes[row].code == 3) { /* nothing was found */
        out->class_ = YZ_ERROR_NOT_FOUND;
        out->said = 404;
    }
    return true;
}

/* Relays of relays say the same with a status of failure. */
void mj_read_error(int status, const yz_json *body, yz_arena *arena, yz_error *out) {
    const yz_json *code = yz_json_get(body, "code");
    out->said = status; /* so the body is an error, whatever its shape */
    yz_error_read(body, arena, out);
    out->said = status;
    out->class_ = yz_error_class_of(status);
    if (yz_json_is(code, YZ_JSON_NUMBER) && yz_json_is(yz_json_get(body, "description"), YZ_JSON_STRING) &&
        out->class_ != YZ_ERROR_UPSTREAM_AUTH)
        fill(row_of(yz_json_int(code, FAILURE)), body, arena, out);
}

static int code_of(const yz_error *error) {
    for (size_t i = 0; i < CODES && error->target; i++)
        if (yz_str_is(error->type, codes[i].word))
            return codes[i].code;
    switch (error->class_) {
    case YZ_ERROR_BAD_REQUEST:
    case YZ_ERROR_UNSUPPORTED:
    case YZ_ERROR_TOO_LARGE:
        return 4;
    case YZ_ERROR_NOT_FOUND:
        return 3;
    case YZ_ERROR_OVERLOADED:
    case YZ_ERROR_RATE_LIMIT:
    case YZ_ERROR_UNAVAILABLE:
        return 23;
    case YZ_ERROR_CONTENT_POLICY:
        return 24;
    case YZ_ERROR_QUOTA:
        return 30;
    default:
        return FAILURE;
    }
}

/* {"description","type","code"}, as relays of relays say it, with the status of what it is. */
void mj_write_error(const yz_error *error, int status, yz_str request_id, yz_buf *out) {
    (void)request_id;
    yz_buf_lit(out, "{\"description\":");
    yz_buf_json_str(out, error->message);
    yz_buf_lit(out, ",\"type\":");
    yz_buf_json_str(out, error->code.n ? error->code : yz_str_of(yz_error_word(error->class_)));
    yz_buf_printf(out, ",\"code\":%d}", status == 402 ? 30 : code_of(error));
}

/* What a picture costs no answer says: it is paid for by the piece. */
int mj_decode_body(void *decoder, const yz_json *body, yz_arena *arena, yz_sink *sink) {
    yz_usage none = yz_usage_of(0, 0);
    (void)decoder, (void)arena;
    if (!mj_taken(yz_json_int(yz_json_get(body, "code"), FAILURE)))
        return YZ_EINVAL;
    yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_START});
    yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_USAGE, .usage = &none});
    yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_FINISH, .finish = YZ_FINISH_STOP});
    yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_DONE});
    return YZ_OK;
}
