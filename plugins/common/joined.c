/* common/joined.c: the answers to the pieces of a request as one (common.h has the contract).
 *
 * The texts are JSON: the host has proven them. So what is skipped needs no more than its quotes and brackets; and no text, whatever it is,
 * is read past its end.
 */
#include "common.h"

typedef struct walk {
    const char *p, *end;
} walk;

static void skip_blanks(walk *w) {
    while (w->p < w->end && (*w->p == ' ' || *w->p == '\t' || *w->p == '\r' || *w->p == '\n'))
        w->p++;
}

static void skip_string(walk *w) {
    for (w->p++; w->p < w->end && *w->p != '"'; w->p++)
        if (*w->p == '\\' && w->p + 1 < w->end)
            w->p++;
    if (w->p < w->end)
        w->p++;
}

static bool ends_value(char c) { return c == ',' || c == ']' || c == '}' || c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

/* The next value, whatever it is. Empty: there is none. */
static yz_str take(walk *w) {
    size_t depth = 0;
    skip_blanks(w);
    const char *from = w->p;
    if (w->p < w->end && *w->p != '{' && *w->p != '[' && *w->p != '"')
        while (w->p < w->end && !ends_value(*w->p))
            w->p++;
    else
        do {
            if (w->p < w->end && *w->p == '"') {
                skip_string(w);
                continue;
            }
            if (w->p == w->end)
                break;
            depth += *w->p == '{' || *w->p == '[';
            depth -= *w->p == '}' || *w->p == ']';
            w->p++;
        } while (depth > 0 && w->p < w->end);
    return yz_str_at(from, (size_t)(w->p - from));
}

/* The next element of a list, or key of an object: behind its opening bracket at first. */
static bool next(walk *w) {
    skip_blanks(w);
    if (w->p < w->end && *w->p == ',')
        w->p++;
    skip_blanks(w);
    return w->p < w->end && *w->p != ']' && *w->p != '}';
}

static bool member(walk *w, yz_str *key, yz_str *value) {
    if (!next(w))
        return false;
    *key = take(w);
    skip_blanks(w);
    if (w->p < w->end && *w->p == ':')
        w->p++;
    *value = take(w);
    return key->n >= 2 && value->n > 0;
}

static walk into(yz_str value, char bracket) {
    walk w = {value.p, value.p + value.n};
    skip_blanks(&w);
    w.p = w.p < w.end && *w.p == bracket ? w.p + 1 : w.end;
    return w;
}

static bool is_key(yz_str key, const char *name) { return name && yz_str_is(yz_str_at(key.p + 1, key.n - 2), name); }

static yz_str find(yz_str object, const char *name) {
    yz_str key, value;
    for (walk w = into(object, '{'); member(&w, &key, &value);)
        if (is_key(key, name))
            return value;
    return yz_str_at(NULL, 0);
}

/* An element, with its place in the whole list. */
static void put_element(const yc_joint *joint, yz_str element, size_t at, yz_buf *out) {
    yz_str index = joint->index ? find(element, joint->index) : yz_str_at(NULL, 0);
    if (index.n == 0) {
        yz_buf_str(out, element);
        return;
    }
    yz_buf_put(out, element.p, (size_t)(index.p - element.p));
    yz_buf_printf(out, "%zu", at);
    yz_buf_put(out, index.p + index.n, (size_t)(element.p + element.n - (index.p + index.n)));
}

/* Where it stands in its piece: as it says, else as it comes. Negative: nowhere. */
static int64_t place_of(const yc_joint *joint, yz_str element, size_t at, size_t most) {
    yz_str index = joint->index ? find(element, joint->index) : yz_str_at(NULL, 0);
    size_t place = 0;
    for (size_t i = 0; i < index.n; i++) {
        if (index.p[i] < '0' || index.p[i] > '9' || place > most)
            return -1;
        place = place * 10 + (size_t)(index.p[i] - '0');
    }
    place = index.n ? place : at;
    return place < most ? (int64_t)place : -1;
}

static int put_list(const yc_joint *joint, yz_str answer, size_t inputs, size_t before, yz_arena *arena, yz_buf *out) {
    yz_str *elements = yz_alloc(arena, inputs * sizeof *elements);
    size_t n = 0;
    for (walk w = into(find(answer, joint->list), '['); next(&w); n++) {
        yz_str element = take(&w);
        int64_t at = element.n ? place_of(joint, element, n, inputs) : -1;
        if (at < 0 || elements[at].n)
            return YZ_EINVAL;
        elements[at] = element;
    }
    for (size_t i = 0; i < inputs && n == inputs; i++) {
        yz_buf_lit(out, before + i ? "," : "");
        put_element(joint, elements[i], before + i, out);
    }
    return n == inputs ? YZ_OK : YZ_EINVAL;
}

static int put_lists(const yc_joint *joint, const yz_str *answers, const size_t *inputs, size_t n, yz_arena *arena, yz_buf *out) {
    size_t before = 0;
    yz_buf_char(out, '[');
    for (size_t i = 0; i < n; before += inputs[i++])
        if (put_list(joint, answers[i], inputs[i], before, arena, out) < 0)
            return YZ_EINVAL;
    yz_buf_char(out, ']');
    return YZ_OK;
}

static void put_usage(const yc_joint *joint, const yz_str *answers, size_t n, yz_arena *arena, yz_buf *out) {
    const yz_json **said = yz_alloc(arena, n * sizeof *said);
    const char *comma = "";
    for (size_t i = 0; i < n; i++) {
        yz_json *json;
        said[i] = yz_json_parse(arena, find(answers[i], joint->usage), 0, &json, NULL) == YZ_OK ? json : NULL;
    }
    yz_buf_char(out, '{');
    for (const yz_json *first = said[0] ? said[0]->child : NULL; first; first = first->next) {
        int64_t sum = 0;
        char name[64];
        yz_str key = yz_json_key(first);
        if (!yz_json_is(first, YZ_JSON_NUMBER) || key.n >= sizeof name)
            continue;
        memcpy(name, key.p, key.n);
        name[key.n] = 0;
        for (size_t i = 0; i < n; i++)
            sum += yz_json_int(yz_json_get(said[i], name), 0);
        yz_buf_printf(out, "%s\"%s\":%lld", comma, name, (long long)sum);
        comma = ",";
    }
    yz_buf_char(out, '}');
}

int yc_join(const yc_joint *joint, const yz_str *answers, const size_t *inputs, size_t n, yz_arena *arena, yz_buf *out) {
    yz_str key, value;
    const char *comma = "{";
    bool listed = false;
    for (walk w = into(answers[0], '{'); member(&w, &key, &value); comma = ",") {
        yz_buf_printf(out, "%s%.*s:", comma, YZ_STR_ARGS(key));
        bool list = is_key(key, joint->list);
        if (list && put_lists(joint, answers, inputs, n, arena, out) < 0)
            return YZ_EINVAL;
        if (is_key(key, joint->usage))
            put_usage(joint, answers, n, arena, out);
        else if (!list)
            yz_buf_str(out, value);
        listed |= list;
    }
    yz_buf_char(out, '}');
    return listed ? YZ_OK : YZ_EINVAL;
}
