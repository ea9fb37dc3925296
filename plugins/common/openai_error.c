/* common/openai_error.c: error bodies, read and written. */
#include "common.h"

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
    for (size_t i = 0; i < sizeof(table) / sizeof(*table) && word.n; i++)
        if (yz_str_is(word, table[i].word)) {
            *out = table[i].class_;
            return true;
        }
    return false;
}

/* The class by the status, and by code and type where it leaves that open; what vendors mean by their own words the flavours say. */
static void judge(yz_error *out) {
    yz_error_class by_word;
    out->class_ = yz_error_class_of(out->said);
    if ((class_of_word(out->code, &by_word) && yc_says_more(by_word, out->said)) ||
        (class_of_word(out->type, &by_word) && yc_says_more(by_word, out->said)))
        out->class_ = by_word;
}

void oa_read_error(int status, const yz_json *body, yz_arena *arena, yz_error *out) {
    yc_read_error(status, body, arena, judge, out);
    if ((status == 400 || status == 404 || status == 413 || status == 422 || status == 429) && out->class_ != YZ_ERROR_UPSTREAM_AUTH)
        out->status = status;
}

bool oa_error_inside(const yz_json *body, yz_arena *arena, yz_error *out) { return yc_error_inside(body, arena, judge, out); }

static const char *type_of(const yz_error *error, int status) {
    if (error->class_ == YZ_ERROR_QUOTA)
        return "insufficient_quota";
    switch (status) {
    case 401:
        return "authentication_error";
    case 402:
        return "insufficient_quota";
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

void oa_put_error(const yz_error *error, int status, yz_str code, yz_buf *out) {
    yz_buf_lit(out, "{\"error\":{\"message\":");
    yz_buf_json_str(out, error->message);
    yz_buf_printf(out, ",\"type\":\"%s\",\"param\":", type_of(error, status));
    if (error->param.n)
        yz_buf_json_str(out, error->param);
    else
        yz_buf_lit(out, "null");
    yz_buf_lit(out, ",\"code\":");
    yz_buf_json_str(out, code);
    yz_buf_lit(out, "}}");
}
