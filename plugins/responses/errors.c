/* responses/errors.c: error bodies for clients. */
#include "responses.h"

yz_str rs_error_code(const yz_error *error) {
    switch (error->class_) { /* words that Codex acts upon */
    case YZ_ERROR_RATE_LIMIT:
        return YZ_STR("rate_limit_exceeded");
    case YZ_ERROR_OVERLOADED:
        return YZ_STR("server_is_overloaded");
    case YZ_ERROR_QUOTA:
        return YZ_STR("insufficient_quota");
    default:
        return error->code.n ? error->code : yz_str_of(yz_error_word(error->class_));
    }
}

static const char *type_of(const yz_error *error, int status) {
    if (error->class_ == YZ_ERROR_QUOTA)
        return "insufficient_quota";
    switch (status) {
    case 401:
        return "authentication_error";
    case 403:
        return "permission_error";
    case 429:
        return "rate_limit_error";
    default:
        return status >= 500 ? "server_error" : "invalid_request_error";
    }
}

void rs_write_error(const yz_error *error, int status, yz_str request_id, yz_buf *out) {
    (void)request_id; /* in a header */
    yz_buf_lit(out, "{\"error\":{\"message\":");
    yz_buf_json_str(out, error->message);
    yz_buf_printf(out, ",\"type\":\"%s\",\"param\":", type_of(error, status));
    if (error->param.n)
        yz_buf_json_str(out, error->param);
    else
        yz_buf_lit(out, "null");
    yz_buf_lit(out, ",\"code\":");
    yz_buf_json_str(out, rs_error_code(error));
    yz_buf_lit(out, "}}");
}
