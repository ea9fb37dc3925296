/* dialect/error_body.c: the words of an error, in whatever shape a server says it (yuzui/adapter.h has the contract).
 *
 * Shapes are many and mixed: each part (message, code, type, param) is looked for by itself, first in the object that stands for the error,
 * then in what lies around it. What a part means is not decided here.
 */
#include <yuzui/adapter.h>

#include <stdlib.h>
#include <string.h>

enum { LISTED = 4, LONGEST = 2048 }; /* entries of a list of errors that are told; bytes of a message */

static bool is_text(const yz_json *node) { return yz_json_is(node, YZ_JSON_STRING) && node->n > 2; }

static bool says(const yz_json *node) {
    return is_text(node) || ((yz_json_is(node, YZ_JSON_OBJECT) || yz_json_is(node, YZ_JSON_ARRAY)) && node->child);
}

/* A text, or a number as it stands; empty for anything else. */
static yz_str scalar(const yz_json *node, yz_arena *arena) {
    return yz_json_is(node, YZ_JSON_NUMBER) ? yz_json_raw(node) : yz_json_text(arena, node);
}

static yz_str first_scalar(const yz_json *object, const char *const *names, yz_arena *arena) {
    for (; *names; names++) {
        yz_str text = scalar(yz_json_get(object, *names), arena);
        if (text.n > 0)
            return text;
    }
    return YZ_STR("");
}

/* ---- the message ----------------------------------------------------------------------------------------------------- */

static void put_message(const yz_json *node, yz_arena *arena, int depth, yz_buf *out);

/* FastAPI: where in the body; "body.messages.0.role: ". */
static void put_place(const yz_json *loc, yz_arena *arena, yz_buf *out) {
    bool any = false;
    for (const yz_json *part = yz_json_is(loc, YZ_JSON_ARRAY) ? loc->child : NULL; part; part = part->next) {
        yz_str text = scalar(part, arena);
        if (text.n > 0 && out->n < LONGEST)
            yz_buf_printf(out, "%s%.*s", any ? "." : "", YZ_STR_ARGS(text));
        any = any || text.n > 0;
    }
    if (any)
        yz_buf_lit(out, ": ");
}

static void put_list(const yz_json *list, yz_arena *arena, int depth, yz_buf *out) {
    int n = 0;
    for (const yz_json *entry = list->child; entry && n < LISTED; entry = entry->next) {
        size_t before = out->n;
        if (n > 0)
            yz_buf_lit(out, "; ");
        size_t separated = out->n;
        put_message(entry, arena, depth, out);
        n += out->n > separated;
        out->n = out->n > separated ? out->n : before;
    }
}

/* The first of these members that says something. */
static void put_first(const yz_json *object, const char *const *names, yz_arena *arena, int depth, yz_buf *out) {
    for (size_t before = out->n; *names && out->n == before; names++)
        put_message(yz_json_get(object, *names), arena, depth, out);
}

/* .NET, Rails, Django: the fields that are wrong, each with what is wrong with it. */
static void put_fields(const yz_json *object, yz_arena *arena, int depth, yz_buf *out) {
    int n = 0;
    for (const yz_json *field = object->child; field && n < LISTED; field = field->next) {
        yz_str key = yz_json_key(field);
        size_t before = out->n;
        yz_buf_printf(out, "%s%.*s: ", n > 0 ? "; " : "", (int)(key.n < 80 ? key.n : 80), key.p);
        size_t named = out->n;
        put_message(field, arena, depth, out);
        n += out->n > named;
        out->n = out->n > named ? out->n : before;
    }
}

static bool is_called(const yz_json *node, const char *key) { return yz_str_is(yz_json_key(node), key); }

static void put_message(const yz_json *node, yz_arena *arena, int depth, yz_buf *out) {
    static const char *const names[] = {"message",      "Message",
                                        "msg",          "Msg",
                                        "error_msg",    "errmsg",
                                        "errMsg",       "errorMessage",
                                        "ErrorMessage", "error_message",
                                        "status_msg",   "detail",
                                        "error",        "Error",
                                        "errors",       "faultstring",
                                        "fault",        "innererror",
                                        "html-message", "reason",
                                        "title",        "text",
                                        "err",          "error_description",
                                        "description",  "details",
                                        "cause",        "exception",
                                        "messages",     "upstream_error",
                                        "header",       "non_field_errors",
                                        "info",         NULL};
    if (depth > 4 || !node || out->n > LONGEST)
        return;
    if (node->type == YZ_JSON_STRING) {
        yz_buf_str(out, yz_json_text(arena, node));
    } else if (node->type == YZ_JSON_ARRAY) {
        put_list(node, arena, depth + 1, out);
    } else if (node->type == YZ_JSON_OBJECT) {
        size_t before = out->n;
        put_place(yz_json_get(node, "loc"), arena, out);
        put_first(node, names, arena, depth + 1, out);
        if (out->n == before && depth > 0 && is_called(node, "errors"))
            put_fields(node, arena, depth + 1, out);
    }
}

/* A relay's own message says little: what it was told stands beside it. */
static void put_relayed(const yz_json *error, yz_arena *arena, yz_buf *out) {
    const yz_json *raw = yz_json_get(yz_json_get(error, "metadata"), "raw");
    yz_json *inner = NULL;
    if (!says(raw))
        return;
    yz_buf_lit(out, out->n > 0 ? ": " : "");
    size_t before = out->n;
    if (!is_text(raw)) {
        put_message(raw, arena, 1, out);
        return;
    }
    yz_str text = yz_json_text(arena, raw);
    if (text.p[0] == '{' && yz_json_parse(arena, text, YZ_JSON_ANSWERED, &inner, NULL) == YZ_OK)
        put_message(inner, arena, 1, out);
    if (out->n == before)
        yz_buf_str(out, text);
}

/* Beside a bare word the sentence that explains it (OAuth); beside a relay's own word what it was told. */
static void put_explained(const yz_json *error, const yz_json *body, yz_arena *arena, yz_buf *out) {
    const yz_json *more[] = {yz_json_is(error, YZ_JSON_STRING) ? yz_json_get(body, "error_description") : NULL,
                             yz_json_get(error, "upstream_error")};
    for (size_t i = 0; i < sizeof more / sizeof *more; i++) {
        size_t before = out->n;
        if (!says(more[i]) || out->n == 0)
            continue;
        yz_buf_lit(out, ": ");
        size_t begun = out->n;
        put_message(more[i], arena, 1, out);
        out->n = out->n > begun ? out->n : before;
    }
}

/* ---- the rest -------------------------------------------------------------------------------------------------------- */

/* A status of failure, also as text. Codes of a vendor's own look like one ("435"): beyond those that HTTP has, none counts. */
static int status_in(yz_str text) {
    int n = 0;
    for (size_t i = 0; i < text.n && i < 4; i++)
        n = text.p[i] >= '0' && text.p[i] <= '9' ? 10 * n + text.p[i] - '0' : 10000;
    return (n >= 400 && n <= 431) || n == 451 || n == 498 || n == 499 || (n >= 500 && n <= 530) ? n : 0;
}

static int said_by(const yz_json *error, const yz_json *body, yz_str code, yz_arena *arena) {
    static const char *const names[] = {"http_code", "status_code", "status", "statusCode", NULL};
    int said = status_in(code);
    if (said == 0)
        said = status_in(first_scalar(error, names, arena));
    return said ? said : status_in(first_scalar(body, names, arena));
}

/* Google's RetryInfo, also by its endpoint of another dialect: "34.4s", in ms; 0: there is none. */
static int64_t wait_in(const yz_json *error, yz_arena *arena) {
    const yz_json *details = yz_json_get(error, "details");
    for (const yz_json *d = yz_json_is(details, YZ_JSON_ARRAY) ? details->child : NULL; d; d = d->next) {
        yz_str text = yz_json_text(arena, yz_json_get(d, "retryDelay"));
        double seconds = text.n > 1 && text.n < 24 && text.p[text.n - 1] == 's' ? strtod(yz_dup(arena, text).p, NULL) : 0;
        if (seconds > 0 && seconds < 1e9)
            return (int64_t)(seconds * 1000 + 0.5);
    }
    return 0;
}

static void fill(const yz_json *error, const yz_json *body, yz_arena *arena, yz_error *out) {
    static const char *const codes[] = {"code", "Code", "error_code", "errcode", "err_code", "status_code", "status", NULL};
    static const char *const types[] = {"type", "error_type", "__type", NULL};
    yz_buf message = {0};
    put_message(error, arena, 0, &message);
    if (message.n == 0 && error != body)
        put_message(body, arena, 0, &message);
    put_explained(error, body, arena, &message);
    put_relayed(error, arena, &message);
    out->message = yz_dup(arena, yz_buf_view(&message));
    yz_buf_free(&message);
    const yz_json *first = yz_json_is(error, YZ_JSON_ARRAY) ? error->child : error;
    out->code = first_scalar(first, codes, arena);
    if (out->code.n == 0)
        out->code = first_scalar(body, codes, arena);
    out->type = first_scalar(first, types, arena);
    if (out->type.n == 0) /* Google's word, beside a code that is the status */
        out->type = yz_json_text(arena, yz_json_get(first, "status"));
    out->param = scalar(yz_json_get(first, "param"), arena);
    if (out->retry_after == 0)
        out->retry_after = wait_in(first, arena);
    out->said = said_by(first, body, out->code, arena);
}

/* ---- is it one? ------------------------------------------------------------------------------------------------------ */

/* A code that is there and does not stand for success. */
static bool is_failure(const yz_json *code) {
    yz_str raw = yz_json_raw(code);
    if (yz_json_is(code, YZ_JSON_NUMBER))
        return !yz_str_is(raw, "0") && !yz_str_is(raw, "200");
    yz_str text = yz_json_escaped(code);
    return text.n > 0 && !yz_str_is(text, "0") && !yz_str_is(text, "200") && !yz_str_ieq(text, YZ_STR("success")) &&
           !yz_str_ieq(text, YZ_STR("ok"));
}

static bool has_word(yz_str text, const char *const *words) {
    for (; *words; words++) {
        size_t n = strlen(*words);
        for (size_t at = 0; at + n <= text.n; at++)
            if (yz_str_ieq(yz_str_at(text.p + at, n), yz_str_of(*words)))
                return true;
    }
    return false;
}

/* A type or a status that is no more than how far something is: relays say it in events of their own amid a stream. */
static bool is_progress(const yz_json *said) {
    static const char *const failed[] = {
        "error",    "fail",         "exception", "invalid",   "denied",  "limit",   "overload", "auth",     "forbid",   "timeout",
        "timed",    "quota",        "unavail",   "exceed",    "refus",   "exhaust", "fault",    "block",    "not_",     "not ",
        "notf",     "notr",         "insuffi",   "billing",   "abort",   "cancel",  "bad_",     "badr",     "unsupp",   "missing",
        "broken",   "crash",        "reject",    "too_",      "toomany", "filter",  "policy",   "deprec",   "expired",  "suspend",
        "disabl",   "balance",      "payment",   "throttl",   "unknown", "problem", "violat",   "deadline", "conflict", "too large",
        "argument", "precondition", "internal",  "unprocess", "http:",   "urn:",    "busy",     "unable",   "unreach",  "sensitive",
        "safety",   "arrear",       "overdue",   NULL};
    yz_str text = yz_json_escaped(said);
    bool word_alone = text.n > 0 && !(text.p[0] >= '0' && text.p[0] <= '9') && text.p[0] != '-';
    return word_alone && !has_word(text, failed);
}

/* An object that is the error itself: a code of failure and words, and none of what answers are made of. */
static bool is_bare(const yz_json *body) {
    static const char *const answers[] = {"choices", "content", "candidates", "output", "data", "results", NULL};
    static const char *const codes[] = {"code", "error_code", "errcode", "status", NULL};
    static const char *const words[] = {"message", "msg", "error_msg", "errmsg", NULL};
    bool code = false, text = false;
    for (size_t i = 0; answers[i]; i++)
        if (says(yz_json_get(body, answers[i])))
            return false;
    for (size_t i = 0; codes[i]; i++)
        code = code || (is_failure(yz_json_get(body, codes[i])) && !(i == 3 && is_progress(yz_json_get(body, codes[i]))));
    for (size_t i = 0; words[i]; i++)
        text = text || says(yz_json_get(body, words[i]));
    const yz_json *type = yz_json_get(body, "type");
    return text && (code || yz_str_is(yz_json_escaped(yz_json_get(body, "object")), "error") || (type && !is_progress(type)));
}

/* The node that stands for the error; NULL: there is none. */
static const yz_json *error_of(const yz_json *body) {
    static const char *const names[] = {"error", "Error", "errors", "detail", "ErrorMsg", "fault", "html-message", NULL};
    bool progress = is_progress(yz_json_get(body, "type")); /* its detail is one of that */
    for (size_t i = 0; names[i]; i++)
        if (says(yz_json_get(body, names[i])) && !(progress && is_text(yz_json_get(body, names[i])) && strcmp(names[i], "detail") == 0))
            return yz_json_get(body, names[i]);
    if (yz_json_is(yz_json_get(body, "success"), YZ_JSON_FALSE) || is_bare(body))
        return body;
    return NULL;
}

bool yz_error_read(const yz_json *body, yz_arena *arena, yz_error *out) {
    if (is_text(body)) {
        out->message = yz_json_text(arena, body);
        return true;
    }
    if (yz_json_is(body, YZ_JSON_ARRAY) && is_text(body->child) && out->said >= 400) {
        fill(body, body, arena, out);
        return out->message.n > 0;
    }
    if (yz_json_is(body, YZ_JSON_ARRAY) && yz_json_is(body->child, YZ_JSON_OBJECT))
        body = body->child; /* a stream that is a list, and failed at its beginning */
    if (!yz_json_is(body, YZ_JSON_OBJECT))
        return false;
    if (says(yz_json_get(yz_json_get(body, "Response"), "Error"))) /* Tencent Cloud */
        body = yz_json_get(body, "Response");
    const yz_json *vendor = yz_json_get(body, "base_resp");
    if (is_failure(yz_json_get(vendor, "status_code"))) {
        fill(vendor, body, arena, out);
        out->type = YZ_STR("base_resp");
        out->code = yz_json_raw(yz_json_get(vendor, "status_code"));
        out->said = 0;
        return true;
    }
    const yz_json *error = error_of(body);
    if (!error && out->said >= 400) /* whatever its shape: the status says that it is one */
        error = body;
    if (error)
        fill(error, body, arena, out);
    return error != NULL;
}
