/* gemini/errors.c: error bodies, read and written: {"error":{"code","message","status","details"}}, at times in a list of one.
 *
 * A key that is wrong is a 400 here, told by its reason API_KEY_INVALID; so is a prompt that is too long, told by its words. How long to
 * wait stands in a RetryInfo among the details ("34.4s"), and nowhere else.
 */
#include "gemini.h"

static const struct {
    const char *status;
    yz_error_class class_;
} statuses[] = {
    {"INVALID_ARGUMENT", YZ_ERROR_BAD_REQUEST},
    {"FAILED_PRECONDITION", YZ_ERROR_BAD_REQUEST},
    {"OUT_OF_RANGE", YZ_ERROR_BAD_REQUEST},
    {"UNAUTHENTICATED", YZ_ERROR_UPSTREAM_AUTH},
    {"PERMISSION_DENIED", YZ_ERROR_UPSTREAM_AUTH},
    {"NOT_FOUND", YZ_ERROR_NOT_FOUND},
    {"RESOURCE_EXHAUSTED", YZ_ERROR_RATE_LIMIT},
    {"CANCELLED", YZ_ERROR_SERVER},
    {"INTERNAL", YZ_ERROR_SERVER},
    {"UNAVAILABLE", YZ_ERROR_OVERLOADED},
    {"DEADLINE_EXCEEDED", YZ_ERROR_TIMEOUT},
    {"UNIMPLEMENTED", YZ_ERROR_UNSUPPORTED},
};

static bool contains(yz_str s, const char *needle) { return s.n && memmem(s.p, s.n, needle, strlen(needle)); }

/* The detail of this kind; NULL: there is none. */
static const yz_json *detail(const yz_json *error, const char *type) {
    const yz_json *details = yz_json_get(error, "details");
    for (const yz_json *d = yz_json_is(details, YZ_JSON_ARRAY) ? details->child : NULL; d; d = d->next)
        if (contains(yz_json_escaped(yz_json_get(d, "@type")), type))
            return d;
    return NULL;
}

/* Is the word beside this status worth more than it? Both say the same where Google says them; of a relay's the status of 4xx is. 499 says
 * only that somebody hung up. */
static bool is_heard(yz_error_class word, int status) { return status < 400 || status >= 499 || yc_says_more(word, status); }

static yz_error_class class_of(const yz_json *error, int status, yz_str message) {
    yz_str word = yz_json_escaped(yz_json_get(error, "status"));
    yz_error_class class_ = yz_error_class_of(status);
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
        if (yz_str_is(word, statuses[i].status) && is_heard(statuses[i].class_, status))
            class_ = statuses[i].class_;
    if (yz_str_is(yz_json_escaped(yz_json_get(detail(error, "ErrorInfo"), "reason")), "API_KEY_INVALID"))
        return YZ_ERROR_UPSTREAM_AUTH;
    if (class_ == YZ_ERROR_BAD_REQUEST && (contains(message, "input token count") || contains(message, "maximum number of tokens")))
        return YZ_ERROR_CONTEXT_LENGTH;
    if (class_ == YZ_ERROR_RATE_LIMIT && contains(message, "billing details") && contains(message, "limit: 0"))
        return YZ_ERROR_QUOTA; /* the account has none of this model */
    return class_;
}

/* Message and wait, in whatever shape: what speaks this dialect may be a relay, with errors of its own. Its status, given or as the body
 * says it, in a number or a text; 0: unknown. */
static int read_words(const yz_json *body, int status, yz_arena *arena, yz_error *out) {
    yz_error said = {YZ_ERROR, .said = status ? status : 500, .retry_after = out->retry_after};
    yz_error_read(body, arena, &said);
    out->message = said.message;
    out->code = said.code.n && (said.code.p[0] < '0' || said.code.p[0] > '9') ? said.code : YZ_STR(""); /* a number is the status */
    out->type = said.type;
    out->retry_after = said.retry_after;
    return status || yz_json_is(body, YZ_JSON_STRING) ? status : said.said;
}

static void read_object(const yz_json *error, int status, yz_arena *arena, yz_error *out) {
    out->said = status;
    out->class_ = class_of(error, status, out->message);
    if (out->message.n == 0)
        out->message = status ? yz_format(arena, "the provider answered with status %d", status) : YZ_STR("the provider reported an error");
}

void gm_read_error(int status, const yz_json *body, yz_arena *arena, yz_error *out) {
    const yz_json *object = yz_json_is(body, YZ_JSON_ARRAY) ? body->child : body, *error = yz_json_given(object, "error");
    (void)read_words(body, status, arena, out);
    read_object(error ? error : object, status, arena, out);
    bool own = out->class_ == YZ_ERROR_UPSTREAM_AUTH || out->class_ == YZ_ERROR_QUOTA;
    if (!own && (status == 400 || status == 404 || status == 413 || status == 422 || status == 429))
        out->status = status;
}

void gm_error_inside(const yz_json *error, yz_arena *arena, yz_error *out) {
    *out = (yz_error){YZ_ERROR, .started = YZ_STARTED_YES};
    int status = read_words(error, 0, arena, out);
    read_object(error, status, arena, out);
}

/* ---- writing -------------------------------------------------------------------------------------------------------------------- */

static const char *status_word(int status) {
    static const struct {
        int status;
        const char *word;
    } table[] = {{400, "INVALID_ARGUMENT"},   {401, "UNAUTHENTICATED"}, {402, "FAILED_PRECONDITION"}, {403, "PERMISSION_DENIED"},
                 {404, "NOT_FOUND"},          {405, "UNIMPLEMENTED"},   {408, "DEADLINE_EXCEEDED"},   {409, "ABORTED"},
                 {429, "RESOURCE_EXHAUSTED"}, {499, "CANCELLED"},       {501, "UNIMPLEMENTED"},       {503, "UNAVAILABLE"},
                 {504, "DEADLINE_EXCEEDED"}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].status == status)
            return table[i].word;
    return status >= 500 ? "INTERNAL" : "INVALID_ARGUMENT";
}

/* The reason is the gateway's stable word. Gemini's clients read how long to wait from a RetryInfo. */
void gm_write_error(const yz_error *error, int status, yz_str request_id, yz_buf *out) {
    yz_buf_printf(out, "{\"error\":{\"code\":%d,\"message\":", status);
    yz_buf_json_str(out, error->message);
    yz_buf_printf(
        out, ",\"status\":\"%s\",\"details\":[{\"@type\":\"type.googleapis.com/google.rpc.ErrorInfo\",\"reason\":", status_word(status));
    yz_buf_json_str(out, error->code.n ? error->code : yz_str_of(yz_error_word(error->class_)));
    yz_buf_lit(out, ",\"domain\":\"yuzui\",\"metadata\":{\"requestId\":");
    yz_buf_json_str(out, request_id);
    if (error->param.n) {
        yz_buf_lit(out, ",\"field\":");
        yz_buf_json_str(out, error->param);
    }
    yz_buf_lit(out, "}}");
    if (error->retry_after > 0)
        yz_buf_printf(out, ",{\"@type\":\"type.googleapis.com/google.rpc.RetryInfo\",\"retryDelay\":\"%lld.%03llds\"}",
                      (long long)(error->retry_after / 1000), (long long)(error->retry_after % 1000));
    yz_buf_lit(out, "]}}");
}
