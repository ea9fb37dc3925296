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

static bool contains(yz_str s, const char *needle) { return s.n && memmem(s.p, s.n, needle, strlen(needle)); }

/* status 0: unknown, the type decides alone. */
static void read_object(const yz_json *error, int status, yz_arena *arena, yz_error *out) {
    yz_str type = yz_json_escaped(yz_json_get(error, "type"));
    out->message = yz_json_text(arena, yz_json_is(error, YZ_JSON_STRING) ? error : yz_json_get(error, "message"));
    out->class_ = yz_error_class_of(status);
    for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
        if (yz_str_is(type, types[i].type))
            out->class_ = types[i].class_;
    if (out->class_ == YZ_ERROR_BAD_REQUEST && (contains(out->message, "prompt is too long") || contains(out->message, "context window") ||
                                                contains(out->message, "exceed context limit")))
        out->class_ = YZ_ERROR_CONTEXT_LENGTH;
    else if (out->class_ == YZ_ERROR_BAD_REQUEST && contains(out->message, "credit balance is too low"))
        out->class_ = YZ_ERROR_QUOTA; /* this provider's way to say it */
    if (out->class_ == YZ_ERROR_QUOTA)
        out->message = YZ_STR("the provider's account has no credit left");
    else if (out->message.n == 0)
        out->message = status ? yz_format(arena, "the provider answered with status %d", status) : YZ_STR("the provider reported an error");
}

void an_read_error(int status, const yz_json *body, yz_arena *arena, yz_error *out) {
    const yz_json *error = yz_json_get(body, "error");
    read_object(error && error->type != YZ_JSON_NULL ? error : body, status, arena, out);
    bool own = out->class_ == YZ_ERROR_UPSTREAM_AUTH || out->class_ == YZ_ERROR_QUOTA;
    if (!own && (status == 400 || status == 404 || status == 413 || status == 422 || status == 429))
        out->status = status;
}

void an_error_inside(const yz_json *error, yz_arena *arena, yz_error *out) {
    *out = (yz_error){YZ_ERROR, .started = YZ_STARTED_YES};
    read_object(error, 0, arena, out);
}

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
