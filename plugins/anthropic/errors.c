/* anthropic/errors.c: error bodies, read and written.
 *
 * Status 529 is this dialect's "overloaded", which clients of no other know.
 */
#include "anthropic.h"

static const struct {
    const char *type;
    yz_error_class class_;
} types[] = {
    {"invalid_request_error", YZ_ERROR_BAD_REQUEST},
    {"authentication_error", YZ_ERROR_UPSTREAM_AUTH},
    {"permission_error", YZ_ERROR_UPSTREAM_AUTH},
    {"not_found_error", YZ_ERROR_NOT_FOUND},
    {"request_too_large", YZ_ERROR_TOO_LARGE},
    {"rate_limit_error", YZ_ERROR_RATE_LIMIT},
    {"billing_error", YZ_ERROR_QUOTA},
    {"timeout_error", YZ_ERROR_TIMEOUT},
    {"overloaded_error", YZ_ERROR_OVERLOADED},
    {"api_error", YZ_ERROR_SERVER},
};

static void judge(yz_error *out) {
    out->class_ = yz_error_class_of(out->said);
    for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
        if (yz_str_is(out->type, types[i].type) && yc_says_more(types[i].class_, out->said))
            out->class_ = types[i].class_;
}

void an_read_error(int status, const yz_json *body, yz_arena *arena, yz_error *out) {
    yc_read_error(status, body, arena, judge, out);
    bool own = out->class_ == YZ_ERROR_UPSTREAM_AUTH || out->class_ == YZ_ERROR_QUOTA;
    if (!own && (status == 400 || status == 404 || status == 413 || status == 422 || status == 429))
        out->status = status;
}

bool an_error_inside(const yz_json *body, yz_arena *arena, yz_error *out) { return yc_error_inside(body, arena, judge, out); }

static const char *type_of(const yz_error *error, int status) {
    if (error->class_ == YZ_ERROR_OVERLOADED)
        return "overloaded_error";
    switch (status) {
    case 401:
        return "authentication_error";
    case 402:
        return "billing_error";
    case 403:
        return "permission_error";
    case 404:
        return "not_found_error";
    case 408:
    case 504:
        return "timeout_error";
    case 413:
        return "request_too_large";
    case 429:
        return "rate_limit_error";
    default:
        return status >= 500 ? "api_error" : "invalid_request_error";
    }
}

void an_write_error(const yz_error *error, int status, yz_str request_id, yz_buf *out) {
    yz_buf_printf(out, "{\"type\":\"error\",\"error\":{\"type\":\"%s\",\"message\":", type_of(error, status));
    yz_buf_json_str(out, error->message);
    yz_buf_lit(out, ",\"code\":"); /* beyond the dialect: the gateway's stable word */
    yz_buf_json_str(out, error->code.n ? error->code : yz_str_of(yz_error_word(error->class_)));
    yz_buf_lit(out, "},\"request_id\":");
    yz_buf_json_str(out, request_id);
    yz_buf_char(out, '}');
}
