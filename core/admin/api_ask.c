/* admin/api_ask.c: what a request of the API says, and lists of rows; see api.h. */
#include "admin/api.h"
#include "base/text.h"
#include "http/query.h"
#include "ledger/ledger.h"
#include "people/sums.h"
#include "price/price.h"

#include <yuzui/json.h>

#include <stdarg.h>
#include <stdio.h>

enum { LIMIT = 100, LIMIT_MOST = 1000 };

/* ---- refusing ------------------------------------------------------------------------------------------------------- */

void yz_api_fail(yz_api *api, yz_error_class class_, int status, const char *code, yz_str why) {
    api->class_ = class_;
    api->status = status;
    api->code = code;
    api->why = why;
}

void yz_api_wrong(yz_api *api, const char *fmt, ...) {
    char text[512];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    yz_api_fail(api, YZ_ERROR_BAD_REQUEST, 0, "", yz_dup(api->arena, yz_str_of(text)));
}

void yz_api_fail_code(yz_api *api, int code, const char *why) {
    static const struct {
        int code, status;
        yz_error_class class_;
        const char *word;
    } known[] = {
        {YZ_EINVAL, 0, YZ_ERROR_BAD_REQUEST, ""},
        {YZ_ENOTFOUND, 0, YZ_ERROR_NOT_FOUND, ""},
        {YZ_EAGAIN, 409, YZ_ERROR_BAD_REQUEST, "conflict"},
        {YZ_ELIMIT, 402, YZ_ERROR_BAD_REQUEST, "insufficient_funds"},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].code == code) {
            yz_api_fail(api, known[i].class_, known[i].status, known[i].word, yz_str_of(why ? why : yz_result_text(code)));
            return;
        }
    yz_api_fail(api, YZ_ERROR_UNAVAILABLE, 0, "", yz_str_of(why ? why : "the ledger cannot be read: the log says why"));
}

/* ---- the query ------------------------------------------------------------------------------------------------------ */

yz_str yz_api_param(const yz_api *api, const char *name) { return yz_query_get(api->arena, api->query, name); }

static bool has_word(const char *words, yz_str word) {
    for (const char *at = words ? words : ""; *at;) {
        size_t n = strcspn(at, " ");
        if (yz_str_eq(yz_str_at(at, n), word))
            return true;
        at += n + (at[n] == ' ');
    }
    return false;
}

/* A text that may stand in a question to any ledger. */
static bool text_ok(yz_str text) {
    bool ok = text.n <= YZ_LEDGER_NAME_MAX;
    for (const char *p = text.p, *end = text.p + text.n; ok && p < end;) {
        size_t n = (unsigned char)*p < 0x80 ? 1 : yz_utf8_length(p, end);
        ok = n > 0 && (unsigned char)*p >= ' ' && *p != 0x7f;
        p += n;
    }
    return ok;
}

static bool twice(yz_str query, yz_str which) {
    int n = 0;
    for (yz_str name, value; yz_query_next(&query, &name, &value);)
        n += yz_str_eq(name, which);
    return n > 1;
}

bool yz_api_params_ok(yz_api *api) {
    yz_str query = api->query, name, value;
    while (yz_query_next(&query, &name, &value)) {
        if (name.n == 0 && value.n == 0)
            continue;
        bool known = has_word(api->route->params, name);
        const char *params = api->route->params ? api->route->params : "no parameters";
        if (!known)
            yz_api_wrong(api, "there is no parameter \"%.*s\" here; there are: %s", (int)(name.n < 50 ? name.n : 50), name.p, params);
        else if (twice(api->query, name))
            yz_api_wrong(api, "%.*s stands there twice", YZ_STR_ARGS(name));
        else if (value.n == 0)
            yz_api_wrong(api, "%.*s is empty: leave it out where all are meant", YZ_STR_ARGS(name));
        else if (!text_ok(yz_query_decode(api->arena, value)))
            yz_api_wrong(api, "%.*s should be UTF-8 without control characters, at most 200 bytes", YZ_STR_ARGS(name));
        else
            continue;
        return false;
    }
    if (text_ok(api->name))
        return true;
    yz_api_wrong(api, "what the path names should be UTF-8 without control characters, at most 200 bytes");
    return false;
}

/* Digits alone, and few enough of them. */
static bool number(yz_str text, int64_t *out) {
    *out = 0;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9')
            return false;
        *out = *out * 10 + (text.p[i] - '0');
    }
    return text.n > 0 && text.n <= 18;
}

bool yz_api_limit(yz_api *api, int64_t *limit) {
    yz_str text = yz_api_param(api, "limit");
    *limit = LIMIT;
    if (text.n == 0 || (text.n < 5 && number(text, limit) && *limit >= 1 && *limit <= LIMIT_MOST))
        return true;
    yz_api_wrong(api, "limit should be a number from 1 to %d", LIMIT_MOST);
    return false;
}

bool yz_api_place(yz_api *api, int64_t *place) {
    yz_str text = yz_api_param(api, "after");
    *place = 0;
    if (text.n == 0 || (text.n <= 18 && number(text, place)))
        return true;
    yz_api_wrong(api, "after should be the \"next\" of an answer");
    return false;
}

static bool read_time(yz_api *api, const char *name, int64_t *seconds) {
    yz_str text = yz_api_param(api, name);
    *seconds = 0;
    if (text.n == 0 || (yz_price_time(text, seconds) && *seconds > 0))
        return true;
    yz_api_wrong(api, "%s should be a day such as 2026-11-28, or a moment of UTC such as 2026-11-28T15:04:05Z", name);
    return false;
}

bool yz_api_times(yz_api *api, int64_t *from, int64_t *until) {
    if (!read_time(api, "from", from) || !read_time(api, "until", until))
        return false;
    const char *fault = yz_sums_time_fault(*from, *until);
    if (fault)
        yz_api_wrong(api, "%s", fault);
    return !fault;
}

bool yz_api_flag(const yz_api *api, const char *name) { return yz_str_is(yz_api_param(api, name), "true"); }

bool yz_api_format(yz_api *api) {
    yz_str text = yz_api_param(api, "format");
    api->csv = yz_str_is(text, "csv");
    if (api->csv || text.n == 0 || yz_str_is(text, "json"))
        return true;
    yz_api_wrong(api, "format should be json or csv");
    return false;
}

/* ---- the body ------------------------------------------------------------------------------------------------------- */

bool yz_api_members_ok(yz_api *api, const char *names) {
    for (const yz_json *m = api->body ? api->body->child : NULL; m; m = m->next) {
        yz_str name = yz_json_unescape(api->arena, yz_json_key(m));
        if (has_word(names, name))
            continue;
        yz_api_wrong(api, "\"%.*s\" is nothing that can be said here; what can: %s", (int)(name.n < 50 ? name.n : 50), name.p, names);
        return false;
    }
    return true;
}

bool yz_api_text(yz_api *api, const char *name, bool needed, yz_str *out) {
    const yz_json *v = yz_json_given(api->body, name);
    *out = yz_json_text(api->arena, v);
    if (v && !yz_json_is(v, YZ_JSON_STRING))
        yz_api_wrong(api, "%s should be a string", name);
    else if (needed && out->n == 0)
        yz_api_wrong(api, "%s is needed", name);
    else
        return true;
    return false;
}

bool yz_api_usd(yz_api *api, int64_t *nano) {
    const yz_json *v = yz_json_given(api->body, "usd");
    yz_str text = yz_json_is(v, YZ_JSON_STRING) ? yz_json_text(api->arena, v) : yz_json_is(v, YZ_JSON_NUMBER) ? yz_json_raw(v) : YZ_STR("");
    if (yz_price_amount(text, nano) && *nano > 0)
        return true;
    yz_api_wrong(api, "usd should be an amount above zero such as 12.5, with up to nine digits after the point and no exponent");
    return false;
}

/* ---- lists ---------------------------------------------------------------------------------------------------------- */

void yz_api_list_begin(yz_api_list *list) {
    if (list->api->csv)
        yz_rows_csv(list->rows, NULL, list->by, &list->api->out);
    else
        yz_buf_printf(&list->api->out, "{\"%s\":[", list->name);
}

void yz_api_list_row(yz_api_list *list, const yz_ledger_row *row) {
    yz_buf *out = &list->api->out;
    if (list->n++ >= list->limit)
        return;
    list->place = row->place;
    if (list->api->csv) {
        yz_rows_csv(list->rows, row, list->by, out);
        return;
    }
    yz_buf_lit(out, list->n > 1 ? ",\n" : "");
    yz_rows_json(list->rows, row, list->by, list->detail, out);
}

void yz_api_list_end(yz_api_list *list) {
    yz_buf *out = &list->api->out;
    if (list->api->csv)
        return;
    if (list->n > list->limit && list->place)
        yz_buf_printf(out, "],\"next\":\"%lld\"}\n", (long long)list->place);
    else
        yz_buf_printf(out, "]%.*s}\n", YZ_STR_ARGS(list->after));
}

static void on_row(void *arg, const yz_ledger_row *row) { yz_api_list_row(arg, row); }

bool yz_api_list_ask(yz_api_list *list, yz_ledger_query *query) {
    query->limit = list->limit + 1;
    yz_api_list_begin(list);
    int code = yz_ledger_read(list->api->ledger, query, on_row, list);
    if (code == YZ_OK)
        return true;
    yz_api_fail_code(list->api, code, NULL);
    return false;
}
