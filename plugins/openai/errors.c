/* openai/errors.c: error bodies, read and written. */
#include "openai.h"

/* The message of any error body seen in the field: {"error":{"message"}}, {"error":"…"}, {"message"}, {"detail"}. */
static yz_str message_of(const yz_json *error, yz_arena *arena) {
    static const char *const names[] = {"message", "detail", "msg", "error"};
    if (yz_json_is(error, YZ_JSON_STRING))
        return yz_json_text(arena, error);
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        yz_str message = yz_json_text(arena, yz_json_get(error, names[i]));
        if (message.n)
            return message;
    }
    return (yz_str){NULL, 0};
}

/* Codes and types, whichever of the two a provider fills. */
static bool class_of_word(yz_str word, yz_error_class *out) {
    static const struct {
        const char *word;
        yz_error_class class_;
    } table[] = {
        {"context_length_exceeded", YZ_ERROR_CONTEXT_LENGTH},
        {"content_filter", YZ_ERROR_CONTENT_POLICY},
        {"content_policy_violation", YZ_ERROR_CONTENT_POLICY},
        {"insufficient_quota", YZ_ERROR_QUOTA},
        {"exceeded_current_quota_error", YZ_ERROR_QUOTA},
        {"rate_limit_exceeded", YZ_ERROR_RATE_LIMIT},
        {"rate_limit_error", YZ_ERROR_RATE_LIMIT},
        {"rate_limit_reached_error", YZ_ERROR_RATE_LIMIT},
        {"invalid_api_key", YZ_ERROR_UPSTREAM_AUTH},
        {"authentication_error", YZ_ERROR_UPSTREAM_AUTH},
        {"permission_error", YZ_ERROR_UPSTREAM_AUTH},
        {"model_not_found", YZ_ERROR_NOT_FOUND},
        {"not_found_error", YZ_ERROR_NOT_FOUND},
        {"overloaded_error", YZ_ERROR_OVERLOADED},
        {"engine_overloaded_error", YZ_ERROR_OVERLOADED},
        {"timeout", YZ_ERROR_TIMEOUT},
        {"invalid_request_error", YZ_ERROR_BAD_REQUEST},
        {"server_error", YZ_ERROR_SERVER},
        {"api_error", YZ_ERROR_SERVER},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
        if (yz_str_is(word, table[i].word)) {
            *out = table[i].class_;
            return true;
        }
    return false;
}

static bool contains(yz_str s, const char *needle) { return s.n && memmem(s.p, s.n, needle, strlen(needle)); }

/* Fills class, code, param and message from an error object and a status (0: unknown). */
static void read_object(const yz_json *error, int status, yz_arena *arena, yz_error *out) {
    yz_str code = yz_json_text(arena, yz_json_get(error, "code")), type = yz_json_text(arena, yz_json_get(error, "type"));
    out->message = message_of(error, arena);
    out->param = yz_json_text(arena, yz_json_get(error, "param"));
    out->class_ = yz_error_class_of(status);
    yz_error_class by_word;
    bool general = status == 0 || status == 400 || status == 429 || status == 404; /* statuses that mean several things */
    if (general && (class_of_word(code, &by_word) || class_of_word(type, &by_word)))
        out->class_ = by_word;
    if (out->class_ == YZ_ERROR_BAD_REQUEST &&
        (contains(out->message, "maximum context length") || contains(out->message, "context window")))
        out->class_ = YZ_ERROR_CONTEXT_LENGTH;
    if (status >= 400 && status < 500 && code.n && code.n <= 64)
        out->code = code;
    if (out->message.n == 0)
        out->message = status ? yz_format(arena, "the provider answered with status %d", status) : YZ_STR("the provider reported an error");
}

void oa_read_error(int status, const yz_json *body, yz_arena *arena, yz_error *out) {
    const yz_json *error = yz_json_get(body, "error");
    read_object(error && error->type != YZ_JSON_NULL ? error : body, status, arena, out);
    if ((status == 400 || status == 404 || status == 413 || status == 422 || status == 429) && out->class_ != YZ_ERROR_UPSTREAM_AUTH)
        out->status = status;
}

void oa_error_inside(const yz_json *error, yz_arena *arena, yz_error *out) {
    *out = (yz_error){YZ_ERROR, .started = YZ_STARTED_YES};
    int64_t status = yz_json_int(yz_json_get(error, "code"), 0); /* OpenRouter: the status it would have sent */
    read_object(error, status >= 400 && status <= 599 ? (int)status : 0, arena, out);
}

static const char *type_of(const yz_error *error, int status) {
    if (error->class_ == YZ_ERROR_QUOTA)
        return "insufficient_quota";
    switch (status) {
    case 401:
        return "authentication_error";
    case 403:
        return "permission_error";
    case 408:
        return "timeout";
    case 429:
        return "rate_limit_error";
    default:
        return status >= 500 ? "server_error" : "invalid_request_error";
    }
}

void oa_write_error(const yz_error *error, int status, yz_str request_id, yz_buf *out) {
    (void)request_id; /* in a header */
    yz_buf_lit(out, "{\"error\":{\"message\":");
    yz_buf_json_str(out, error->message);
    yz_buf_printf(out, ",\"type\":\"%s\",\"param\":", type_of(error, status));
    if (error->param.n)
        yz_buf_json_str(out, error->param);
    else
        yz_buf_lit(out, "null");
    yz_buf_lit(out, ",\"code\":");
    yz_buf_json_str(out, error->code.n ? error->code : yz_str_of(yz_error_word(error->class_)));
    yz_buf_lit(out, "}}");
}
