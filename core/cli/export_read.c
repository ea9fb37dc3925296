/* cli/export_read.c: a provider's usage export. Vendors and their panels name the same columns differently, so several names are known for
 * each; what is not known is ignored.
 */
#include "base/arena.h"
#include "cli/drift.h"
#include "price/price.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <yuzui/json.h>

enum { COLUMNS = 64, MOST = 1 << 30 };

typedef enum field { ID, MODEL, DAY, INPUT, BESIDE, OUTPUT, USD, REQUESTS, FIELDS, OTHER = FIELDS } field;

static field field_of(yz_str name) {
    static const struct {
        const char *name;
        field field;
    } names[] = {{"request_id", ID},
                 {"x-request-id", ID},
                 {"id", ID},
                 {"model", MODEL},
                 {"model_id", MODEL},
                 {"snapshot_id", MODEL},
                 {"model_version", MODEL},
                 {"date", DAY},
                 {"day", DAY},
                 {"time", DAY},
                 {"timestamp", DAY},
                 {"start_time", DAY},
                 {"starting_at", DAY},
                 {"usage_date_utc", DAY},
                 {"input_tokens", INPUT},
                 {"prompt_tokens", INPUT},
                 {"n_context_tokens_total", INPUT},
                 {"uncached_input_tokens", INPUT},
                 {"usage_input_tokens_no_cache", INPUT},
                 {"cache_read_input_tokens", BESIDE},
                 {"cache_creation_input_tokens", BESIDE},
                 {"cache_creation_5m_input_tokens", BESIDE},
                 {"cache_creation_1h_input_tokens", BESIDE},
                 {"ephemeral_5m_input_tokens", BESIDE},
                 {"ephemeral_1h_input_tokens", BESIDE},
                 {"usage_input_tokens_cache_read", BESIDE},
                 {"usage_input_tokens_cache_write_5m", BESIDE},
                 {"usage_input_tokens_cache_write_1h", BESIDE},
                 {"output_tokens", OUTPUT},
                 {"completion_tokens", OUTPUT},
                 {"n_generated_tokens_total", OUTPUT},
                 {"usage_output_tokens", OUTPUT},
                 {"num_model_requests", REQUESTS},
                 {"n_requests", REQUESTS},
                 {"usd", USD},
                 {"cost", USD},
                 {"cost_usd", USD},
                 {"amount_usd", USD}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (yz_str_ieq(name, yz_str_of(names[i].name)))
            return names[i].field;
    return OTHER;
}

/* ---- values --------------------------------------------------------------------------------------------------------- */

static bool whole_number(yz_str text, int64_t *n) {
    char digits[24], *end;
    if (text.n == 0 || text.n >= sizeof digits)
        return false;
    memcpy(digits, text.p, text.n);
    digits[text.n] = 0;
    *n = strtoll(digits, &end, 10);
    return *end == 0 && *n >= 0;
}

/* Of several columns, as of two kinds of writes to a cache. */
static bool add_number(yz_str text, int64_t *sum) {
    int64_t n;
    return whole_number(text, &n) && !__builtin_add_overflow(*sum > 0 ? *sum : 0, n, sum);
}

/* Sums of doubles carry dust: beyond nine digits they are rounded. */
static bool amount_of(yz_str text, int64_t *nano) {
    char digits[48], *end;
    if (yz_price_amount(text, nano))
        return true;
    if (text.n == 0 || text.n >= sizeof digits)
        return false;
    memcpy(digits, text.p, text.n);
    digits[text.n] = 0;
    double usd = strtod(digits, &end);
    *nano = usd >= 0 && usd < 1e9 ? llround(usd * 1e9) : -1;
    return *end == 0 && *nano >= 0;
}

/* A day, a moment that begins with one, or Unix seconds. */
static bool day_of(yz_str text, yz_arena *arena, yz_str *day) {
    int64_t at;
    if (text.n >= 10 && yz_price_time(yz_str_at(text.p, 10), &at)) {
        *day = yz_str_at(text.p, 10);
        return true;
    }
    char shown[16];
    time_t seconds;
    struct tm tm;
    if (!whole_number(text, &at))
        return false;
    seconds = (time_t)at;
    if (!gmtime_r(&seconds, &tm) || strftime(shown, sizeof shown, "%Y-%m-%d", &tm) == 0)
        return false;
    *day = yz_dup(arena, yz_str_of(shown));
    return true;
}

static bool take_value(yz_export_row *row, field f, yz_str value, yz_arena *arena) {
    switch (f) {
    case ID:
        row->id = value;
        return true;
    case MODEL:
        row->model = value;
        return true;
    case DAY:
        return day_of(value, arena, &row->day);
    case INPUT:
        return whole_number(value, &row->input);
    case OUTPUT:
        return whole_number(value, &row->output);
    case USD:
        return amount_of(value, &row->usd);
    case BESIDE:
        return add_number(value, &row->beside);
    case REQUESTS:
        return whole_number(value, &row->requests);
    default:
        return true;
    }
}

static yz_export_row *add_row(yz_export *out, yz_arena *arena) {
    if ((out->n & (out->n - 1)) == 0) {
        yz_export_row *more = yz_alloc(arena, (out->n ? 2 * out->n : 1) * sizeof *more);
        if (out->n)
            memcpy(more, out->rows, out->n * sizeof *more);
        out->rows = more;
    }
    yz_export_row *row = &out->rows[out->n++];
    *row = (yz_export_row){.input = -1, .output = -1, .beside = -1, .usd = -1, .requests = -1};
    return row;
}

static bool wrong_value(yz_arena *arena, size_t n, yz_str name, yz_str value, yz_str *fault) {
    *fault =
        yz_format(arena, "row %zu: %.*s is \"%.*s\", which is not what this column should hold", n, YZ_STR_ARGS(name), YZ_STR_ARGS(value));
    return false;
}

/* ---- JSON ----------------------------------------------------------------------------------------------------------- */

/* What the object says of a row. An object in it says more of the same (Anthropic's `cache_creation`). */
static bool take_members(const yz_json *object, yz_export_row *row, yz_arena *arena, size_t n, yz_str *fault) {
    for (const yz_json *m = object->child; m; m = m->next) {
        yz_str value = yz_json_is(m, YZ_JSON_STRING) ? yz_json_text(arena, m) : yz_json_raw(m);
        if (yz_json_is(m, YZ_JSON_OBJECT) && yz_str_is(yz_json_key(m), "cache_creation")) {
            if (!take_members(m, row, arena, n, fault))
                return false;
        } else if (!yz_json_is(m, YZ_JSON_NULL) && !take_value(row, field_of(yz_json_key(m)), value, arena)) {
            return wrong_value(arena, n, yz_json_key(m), value, fault);
        }
    }
    return true;
}

/* A row; or, where it has `results` (a bucket of a usage API), a row for each of them, of the bucket's day. */
static bool take_object(const yz_json *object, yz_arena *arena, yz_export *out, yz_str *fault) {
    const yz_json *results = yz_json_get(object, "results");
    if (!yz_json_is(results, YZ_JSON_ARRAY))
        return take_members(object, add_row(out, arena), arena, out->n, fault);
    yz_export_row bucket = {0};
    if (!take_members(object, &bucket, arena, out->n + 1, fault))
        return false;
    for (const yz_json *m = results->child; m; m = m->next) {
        if (!yz_json_is(m, YZ_JSON_OBJECT))
            continue;
        yz_export_row *row = add_row(out, arena);
        row->day = bucket.day;
        if (!take_members(m, row, arena, out->n, fault))
            return false;
    }
    return true;
}

static bool take_objects(const yz_json *json, yz_arena *arena, yz_export *out, yz_str *fault) {
    const yz_json *list = json;
    if (yz_json_is(json, YZ_JSON_OBJECT))
        for (list = json->child; list && !yz_json_is(list, YZ_JSON_ARRAY);)
            list = list->next;
    if (!list || yz_json_is(yz_json_get(json, "results"), YZ_JSON_ARRAY))
        return take_object(json, arena, out, fault);
    for (const yz_json *m = list->child; m; m = m->next)
        if (yz_json_is(m, YZ_JSON_OBJECT) && !take_object(m, arena, out, fault))
            return false;
    return true;
}

static yz_str next_line(yz_str *text) {
    const char *end = text->n ? memchr(text->p, '\n', text->n) : NULL;
    size_t n = end ? (size_t)(end - text->p) : text->n;
    yz_str line = {text->p, n};
    *text = yz_str_at(text->p + n + (end != NULL), text->n - n - (end != NULL));
    if (line.n && line.p[line.n - 1] == '\r')
        line.n--;
    return line;
}

static bool read_json(yz_str text, yz_arena *arena, yz_export *out, yz_str *fault) {
    yz_json *json;
    yz_json_fault why;
    if (yz_json_parse(arena, text, 0, &json, &why) == YZ_OK)
        return take_objects(json, arena, out, fault);
    size_t at = why.at;
    while (text.n) {
        yz_str line = next_line(&text);
        if (line.n == 0)
            continue;
        if (yz_json_parse(arena, line, 0, &json, &why) != YZ_OK || !yz_json_is(json, YZ_JSON_OBJECT)) {
            *fault =
                yz_format(arena, "it is neither JSON (byte %zu: %s) nor a JSON object a line", at, why.reason ? why.reason : "no object");
            return false;
        }
        if (!take_object(json, arena, out, fault))
            return false;
    }
    return true;
}

/* ---- CSV ------------------------------------------------------------------------------------------------------------ */

/* The next cell of a line; quotes stand around what holds commas, and twice for themselves. */
static yz_str next_cell(yz_str *line, yz_arena *arena) {
    yz_buf cell = {0};
    bool quoted = line->n && line->p[0] == '"';
    size_t i = quoted;
    for (; i < line->n; i++) {
        if (quoted && line->p[i] == '"') {
            if (i + 1 < line->n && line->p[i + 1] == '"')
                i++;
            else {
                quoted = false;
                continue;
            }
        } else if (!quoted && line->p[i] == ',') {
            break;
        }
        yz_buf_char(&cell, line->p[i]);
    }
    *line = i < line->n ? yz_str_at(line->p + i + 1, line->n - i - 1) : yz_str_at(NULL, 0);
    yz_str kept = yz_dup(arena, yz_buf_view(&cell));
    yz_buf_free(&cell);
    return kept;
}

static bool read_csv(yz_str text, yz_arena *arena, yz_export *out, yz_str *fault) {
    yz_str names[COLUMNS], line = next_line(&text);
    size_t n = 0, known = 0;
    while (line.n && n < COLUMNS) {
        names[n] = next_cell(&line, arena);
        known += field_of(names[n++]) != OTHER;
    }
    if (known < 2) {
        *fault = YZ_STR("its first line names no columns that are known: request_id, model, date, input_tokens, output_tokens, cost");
        return false;
    }
    while (text.n) {
        line = next_line(&text);
        if (line.n == 0)
            continue;
        yz_export_row *row = add_row(out, arena);
        for (size_t i = 0; i < n && line.n; i++) {
            yz_str value = next_cell(&line, arena);
            if (value.n && !take_value(row, field_of(names[i]), value, arena))
                return wrong_value(arena, out->n, names[i], value, fault);
        }
    }
    return true;
}

/* ---- the file ------------------------------------------------------------------------------------------------------- */

static bool read_file(const char *path, yz_arena *arena, yz_str *text) {
    FILE *file = fopen(path, "rb");
    long size = file && fseek(file, 0, SEEK_END) == 0 ? ftell(file) : -1;
    bool ok = size >= 0 && size < MOST && fseek(file, 0, SEEK_SET) == 0;
    char *bytes = ok ? yz_alloc(arena, (size_t)size + 1) : NULL;
    ok = ok && fread(bytes, 1, (size_t)size, file) == (size_t)size;
    if (file)
        fclose(file);
    *text = yz_str_at(bytes, ok ? (size_t)size : 0);
    return ok;
}

/* Rows that do not say what they are of and how much are another file than was meant. */
static bool is_usable(const yz_export *export, yz_str *fault) {
    bool names = false, counts = false;
    for (size_t i = 0; i < export->n; i++) {
        const yz_export_row *row = &export->rows[i];
        names |= row->id.n || row->model.n || row->day.n;
        counts |= row->input >= 0 || row->beside >= 0 || row->output >= 0 || row->usd >= 0;
    }
    if (export->n == 0)
        *fault = YZ_STR("there is no row in it");
    else if (!names)
        *fault = YZ_STR("no row says a request_id, model or date, so there is nothing to compare it with");
    else if (!counts)
        *fault = YZ_STR("no row says input_tokens, output_tokens or cost");
    return export->n > 0 && names && counts;
}

bool yz_export_read(const char *path, yz_arena *arena, yz_export *out, yz_str *fault) {
    yz_str text;
    *out = (yz_export){0};
    if (!read_file(path, arena, &text)) {
        *fault = YZ_STR("it cannot be read");
        return false;
    }
    if (text.n >= 3 && memcmp(text.p, "\xef\xbb\xbf", 3) == 0)
        text = yz_str_at(text.p + 3, text.n - 3);
    bool json = text.n && (text.p[0] == '{' || text.p[0] == '[');
    return (json ? read_json(text, arena, out, fault) : read_csv(text, arena, out, fault)) && is_usable(out, fault);
}
