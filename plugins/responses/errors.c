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

void rs_write_error(const yz_error *error, int status, yz_str request_id, yz_buf *out) {
    (void)request_id; /* in a header */
    oa_put_error(error, status, rs_error_code(error), out);
}
