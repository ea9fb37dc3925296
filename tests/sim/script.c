/* script.c: which faults strike which requests.
 *
 * A script is JSON: {"seed": 7, "default": DO, "rules": [{"match": MATCH, "do": DO}, …], "accept": …, "keys": […], …}; README.md lists
 * the fields. The first rule that matches is used; what it does not say comes from `default`. All randomness is drawn from one
 * seeded generator in order of arrival.
 */
#include "sim.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

typedef struct rule {
    const cJSON *match;
    fault *faults; /* `do` may be a list: the n-th match gets the n-th, the last one stays */
    size_t n_faults;
    uint64_t matched, struck;
} rule;

static struct {
    cJSON *json;
    rule *rules;
    size_t n_rules;
    fault otherwise;
    uint64_t random, accepted;
    accept_kind accept;
    int64_t accept_times;
    double accept_probability;
    int64_t idle_close;
    bool record;
} script;

/* When each provider with a rate is through with those in its line. A new script changes the rate, and leaves the line. */
enum { LINES = 32 };
static struct {
    char provider[24];
    int64_t free_us;
} lines[LINES];

static double draw(void) { /* splitmix64 → [0, 1) */
    uint64_t z = (script.random += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

int64_t delay_draw(const delay *d) {
    switch (d->kind) {
    case DELAY_FIXED:
        return (int64_t)d->a;
    case DELAY_UNIFORM:
        return (int64_t)(d->a + draw() * (d->b - d->a));
    case DELAY_EXPONENTIAL:
        return (int64_t)(-log(1 - draw()) * d->a);
    case DELAY_NORMAL: {
        double v = d->a + d->b * sqrt(-2 * log(1 - draw())) * cos(6.283185307179586 * draw());
        return v > 0 ? (int64_t)v : 0;
    }
    case DELAY_NONE:
        break;
    }
    return 0;
}

/* ---- reading -------------------------------------------------------------------------------------------------------- */

static const cJSON *get(const cJSON *o, const char *name) { return cJSON_GetObjectItemCaseSensitive(o, name); }

static void get_delay(const cJSON *o, const char *name, delay *out) {
    const cJSON *v = get(o, name);
    if (cJSON_IsNumber(v))
        *out = (delay){DELAY_FIXED, v->valuedouble, 0};
    if (cJSON_IsArray(v) && cJSON_GetArraySize(v) == 2)
        *out = (delay){DELAY_UNIFORM, cJSON_GetArrayItem(v, 0)->valuedouble, cJSON_GetArrayItem(v, 1)->valuedouble};
    const cJSON *mean = get(v, "mean"), *sd = get(v, "sd");
    if (mean)
        *out = (delay){sd ? DELAY_NORMAL : DELAY_EXPONENTIAL, mean->valuedouble, sd ? sd->valuedouble : 0};
}

static void get_int(const cJSON *o, const char *name, int64_t *out) {
    const cJSON *v = get(o, name);
    if (cJSON_IsNumber(v))
        *out = (int64_t)v->valuedouble;
}

static void get_bool(const cJSON *o, const char *name, bool *out) {
    const cJSON *v = get(o, name);
    if (cJSON_IsBool(v))
        *out = cJSON_IsTrue(v);
}

/* Points into the script, which lives as long as its rules. */
static void get_text(const cJSON *o, const char *name, char **out) {
    const cJSON *v = get(o, name);
    if (cJSON_IsString(v))
        *out = v->valuestring;
}

static void get_short(const cJSON *o, const char *name, char *out, size_t room) {
    const cJSON *v = get(o, name);
    if (cJSON_IsString(v))
        snprintf(out, room, "%s", v->valuestring);
}

/* "retry_after": 2 (seconds), "date+3" (an HTTP date in 3 s), "1500ms" (the retry-after-ms header), or verbatim. */
static void get_retry_after(const cJSON *o, fault *f) {
    const cJSON *v = get(o, "retry_after");
    int n;
    if (cJSON_IsNumber(v))
        snprintf(f->retry_after, sizeof f->retry_after, "%g", v->valuedouble);
    if (!cJSON_IsString(v))
        return;
    if (sscanf(v->valuestring, "date+%d", &n) == 1) {
        time_t then = time(NULL) + n;
        struct tm tm;
        strftime(f->retry_after, sizeof f->retry_after, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&then, &tm));
    } else if (strlen(v->valuestring) > 2 && !strcmp(v->valuestring + strlen(v->valuestring) - 2, "ms")) {
        snprintf(f->retry_after_ms, sizeof f->retry_after_ms, "%.*s", (int)strlen(v->valuestring) - 2, v->valuestring);
    } else {
        snprintf(f->retry_after, sizeof f->retry_after, "%.31s", v->valuestring);
    }
}

static void get_error(const cJSON *o, fault *f) {
    int64_t status = f->status;
    get_int(o, "status", &status);
    f->status = (int)status;
    get_retry_after(o, f);
    get_short(o, "type", f->error_type, sizeof f->error_type);
    get_short(o, "code", f->error_code, sizeof f->error_code);
    get_text(o, "message", &f->error_message);
    get_text(o, "body", &f->error_body);
    get_bool(o, "html", &f->html);
    get_bool(o, "empty_body", &f->empty_body);
    get_bool(o, "echo_key", &f->echo_key);
    const cJSON *event = get(o, "error_event");
    if (event) {
        f->event_chunks = 0;
        get_int(event, "after", &f->event_chunks);
        snprintf(f->event_type, sizeof f->event_type, "overloaded_error");
        get_short(event, "type", f->event_type, sizeof f->event_type);
        get_text(event, "message", &f->event_message);
        get_bool(event, "goes_on", &f->event_done);
    }
}

static void get_answer(const cJSON *o, fault *f) {
    get_int(o, "words", &f->words);
    get_int(o, "chunks", &f->chunks);
    get_int(o, "prompt_tokens", &f->prompt_tokens);
    get_int(o, "completion_tokens", &f->completion_tokens);
    get_int(o, "cached_tokens", &f->cached_tokens);
    get_text(o, "text", &f->text);
    get_text(o, "reasoning", &f->reasoning);
    const cJSON *call = get(o, "call");
    get_text(call, "name", &f->call);
    if (call)
        f->call_args = get(call, "arguments");
    get_short(o, "finish", f->finish, sizeof f->finish);
    get_bool(o, "no_usage", &f->no_usage);
    get_bool(o, "no_done", &f->no_done);
    get_bool(o, "crlf", &f->crlf);
    get_bool(o, "comments", &f->comments);
    int64_t huge = (int64_t)f->huge;
    get_int(o, "huge", &huge);
    f->huge = (uint64_t)huge;
}

static void get_wire(const cJSON *o, fault *f) {
    get_int(o, "reset_at", &f->reset_at);
    get_int(o, "close_at", &f->close_at);
    get_int(o, "hang_after_chunks", &f->hang_chunks);
    get_int(o, "reset_after_chunks", &f->reset_chunks);
    get_int(o, "close_after_chunks", &f->close_chunks);
    get_int(o, "content_length_delta", &f->length_delta);
    get_bool(o, "cl_te", &f->cl_te);
    get_bool(o, "until_close", &f->until_close);
    get_bool(o, "http10", &f->http10);
    get_bool(o, "connection_close", &f->connection_close);
    get_bool(o, "silent_close", &f->silent_close);
    get_bool(o, "stale_next", &f->stale_next);
    get_short(o, "content_type", f->content_type, sizeof f->content_type);
    get_text(o, "raw", &f->raw);
    if (cJSON_IsObject(get(o, "headers")))
        f->headers = cJSON_GetObjectItemCaseSensitive(o, "headers");
    const cJSON *garble = get(o, "garble"), *drip = get(o, "drip"), *infos = get(o, "informational");
    get_int(garble, "at", &f->garble_at);
    get_text(garble, "with", &f->garble_with);
    get_int(drip, "bytes", &f->drip_bytes);
    get_int(drip, "ms", &f->drip_ms);
    get_int(infos, "count", &f->infos);
    int64_t status = 103;
    get_int(infos, "status", &status);
    f->info_status = (int)status;
}

static fault read_fault(const cJSON *o, const fault *otherwise) {
    fault f = *otherwise;
    get_delay(o, "delay", &f.before_head);
    get_delay(o, "first_delay", &f.before_first);
    get_delay(o, "chunk_delay", &f.between);
    const char *hang = json_string(o, "hang"), *as = json_string(o, "as");
    if (hang)
        f.hang = !strcmp(hang, "head") ? HANG_BEFORE_HEAD : !strcmp(hang, "after_head") ? HANG_AFTER_HEAD : HANG_BEFORE_END;
    if (as)
        f.form = !strcmp(as, "document") ? FORM_DOCUMENT : !strcmp(as, "stream") ? FORM_STREAM : FORM_ASKED;
    get_error(o, &f);
    get_answer(o, &f);
    get_wire(o, &f);
    return f;
}

static const fault nothing = {.hang_chunks = -1,
                              .reset_chunks = -1,
                              .close_chunks = -1,
                              .reset_at = -1,
                              .close_at = -1,
                              .event_chunks = -1,
                              .garble_at = -1,
                              .words = -1,
                              .chunks = -1,
                              .prompt_tokens = -1,
                              .completion_tokens = -1};

static const char *const do_fields[] = {"delay",
                                        "first_delay",
                                        "chunk_delay",
                                        "hang",
                                        "as",
                                        "status",
                                        "retry_after",
                                        "type",
                                        "code",
                                        "message",
                                        "body",
                                        "html",
                                        "empty_body",
                                        "echo_key",
                                        "error_event",
                                        "words",
                                        "chunks",
                                        "prompt_tokens",
                                        "completion_tokens",
                                        "cached_tokens",
                                        "text",
                                        "reasoning",
                                        "finish",
                                        "call",
                                        "no_usage",
                                        "no_done",
                                        "crlf",
                                        "comments",
                                        "huge",
                                        "reset_at",
                                        "close_at",
                                        "hang_after_chunks",
                                        "reset_after_chunks",
                                        "close_after_chunks",
                                        "content_length_delta",
                                        "cl_te",
                                        "until_close",
                                        "http10",
                                        "connection_close",
                                        "silent_close",
                                        "stale_next",
                                        "content_type",
                                        "raw",
                                        "headers",
                                        "garble",
                                        "drip",
                                        "informational",
                                        NULL};
static const char *const match_fields[] = {"model", "provider", "path",  "stream", "contains",    "key",
                                           "nth",   "times",    "after", "every",  "probability", NULL};
static const char *const script_fields[] = {"seed",    "default",    "rules",  "accept", "keys", "models",
                                            "markers", "idle_close", "record", "rates",  NULL};

static const char *read_rule(const cJSON *o, rule *out) {
    const cJSON *match = get(o, "match"), *what = get(o, "do");
    if (!what)
        return "a rule without \"do\"";
    if (json_unknown(match, match_fields))
        return json_unknown(match, match_fields);
    bool list = cJSON_IsArray(what);
    out->n_faults = list ? (size_t)cJSON_GetArraySize(what) : 1;
    if (!out->n_faults)
        return "an empty \"do\"";
    out->match = match;
    out->faults = sim_alloc(out->n_faults * sizeof *out->faults);
    for (size_t i = 0; i < out->n_faults; i++) {
        const cJSON *one = list ? cJSON_GetArrayItem(what, (int)i) : what;
        if (json_unknown(one, do_fields))
            return json_unknown(one, do_fields);
        out->faults[i] = read_fault(one, &script.otherwise);
    }
    return NULL;
}

/* Old scripts are kept: answers under way still point into them. */
static struct retired {
    struct retired *next;
    rule *rules;
    cJSON *json;
} * retired;

static void forget(void) {
    if (script.json) {
        struct retired *old = sim_alloc(sizeof *old);
        *old = (struct retired){retired, script.rules, script.json};
        retired = old;
    }
    memset(&script, 0, sizeof script);
    script.otherwise = nothing;
    script.random = 1;
}

void script_reset(void) {
    forget();
    memset(lines, 0, sizeof lines);
}

static void read_accept(const cJSON *o) {
    const char *mode = json_string(o, "mode");
    script.accept = !mode                    ? ACCEPT_SERVE
                    : !strcmp(mode, "hang")  ? ACCEPT_HANG
                    : !strcmp(mode, "reset") ? ACCEPT_RESET
                    : !strcmp(mode, "close") ? ACCEPT_CLOSE
                                             : ACCEPT_SERVE;
    script.accept_times = -1;
    script.accept_probability = 1;
    get_int(o, "times", &script.accept_times);
    const cJSON *p = get(o, "probability");
    if (p)
        script.accept_probability = p->valuedouble;
}

const char *script_load(const cJSON *json) {
    forget();
    script.json = cJSON_Duplicate(json, true);
    if (json_unknown(script.json, script_fields))
        return json_unknown(script.json, script_fields);
    int64_t seed = 1;
    get_int(script.json, "seed", &seed);
    script.random = (uint64_t)seed;
    get_int(script.json, "idle_close", &script.idle_close);
    get_bool(script.json, "record", &script.record);
    read_accept(get(script.json, "accept"));
    const cJSON *otherwise = get(script.json, "default"), *rules = get(script.json, "rules");
    if (json_unknown(otherwise, do_fields))
        return json_unknown(otherwise, do_fields);
    script.otherwise = read_fault(otherwise, &nothing);
    script.n_rules = (size_t)cJSON_GetArraySize(rules);
    script.rules = sim_alloc((script.n_rules + 1) * sizeof *script.rules);
    for (size_t i = 0; i < script.n_rules; i++) {
        const char *wrong = read_rule(cJSON_GetArrayItem(rules, (int)i), &script.rules[i]);
        if (wrong)
            return wrong;
    }
    return NULL;
}

/* ---- matching ------------------------------------------------------------------------------------------------------- */

static bool word_is(const cJSON *match, const char *field, const char *value) {
    const char *want = json_string(match, field);
    size_t n = want ? strlen(want) : 0;
    if (n && want[n - 1] == '*')
        return !strncmp(want, value, n - 1);
    return !want || !strcmp(want, value);
}

static bool body_has(const cJSON *match, str body) {
    const char *want = json_string(match, "contains");
    return !want || memmem(body.p, body.n, want, strlen(want));
}

static bool key_is(const cJSON *match, const request *r) {
    const char *want = json_string(match, "key");
    str bearer = http_header(r, "authorization"), key = http_header(r, "x-api-key");
    return !want || str_is(key, want) || (bearer.n > 7 && str_is((str){bearer.p + 7, bearer.n - 7}, want));
}

/* Is this the n-th one the rule wants? `nth` is a number or a list, counted from 1. */
static bool turn_is(const cJSON *match, uint64_t n) {
    const cJSON *nth = get(match, "nth"), *i;
    int64_t times = -1, after = 0, every = 1;
    get_int(match, "times", &times);
    get_int(match, "after", &after);
    get_int(match, "every", &every);
    if (cJSON_IsNumber(nth) && (uint64_t)nth->valuedouble != n)
        return false;
    if (cJSON_IsArray(nth)) {
        bool found = false;
        cJSON_ArrayForEach(i, nth) found |= (uint64_t)i->valuedouble == n;
        if (!found)
            return false;
    }
    if (n <= (uint64_t)after || (times >= 0 && n > (uint64_t)(after + times)))
        return false;
    return every <= 1 || (n - (uint64_t)after) % (uint64_t)every == 0;
}

const fault *script_match(const request *r, const char *model, bool stream, str body, int *out) {
    for (size_t i = 0; i < script.n_rules; i++) {
        rule *u = &script.rules[i];
        const cJSON *m = u->match, *s = get(m, "stream"), *p = get(m, "probability");
        if (!word_is(m, "model", model) || !word_is(m, "provider", r->provider) || !word_is(m, "path", r->path) ||
            (s && cJSON_IsTrue(s) != stream) || !body_has(m, body) || !key_is(m, r))
            continue;
        if (!turn_is(m, ++u->matched) || (p && draw() >= p->valuedouble))
            continue;
        size_t k = u->struck++;
        *out = (int)i;
        return &u->faults[k < u->n_faults ? k : u->n_faults - 1];
    }
    *out = -1;
    return &script.otherwise;
}

int64_t script_line(const char *provider) {
    const cJSON *rate = get(get(script.json, "rates"), provider);
    int64_t now = wall_us();
    if (!cJSON_IsNumber(rate) || rate->valuedouble <= 0)
        return 0;
    for (size_t i = 0; i < LINES; i++) {
        if (lines[i].provider[0] && strcmp(lines[i].provider, provider) != 0)
            continue;
        snprintf(lines[i].provider, sizeof lines[i].provider, "%s", provider);
        int64_t begin = lines[i].free_us > now ? lines[i].free_us : now;
        lines[i].free_us = begin + (int64_t)(1e6 / rate->valuedouble);
        return (begin - now) / 1000;
    }
    return 0;
}

accept_kind script_accept(void) {
    if (script.accept == ACCEPT_SERVE || (script.accept_times >= 0 && script.accepted >= (uint64_t)script.accept_times))
        return ACCEPT_SERVE;
    if (draw() >= script.accept_probability)
        return ACCEPT_SERVE;
    script.accepted++;
    return script.accept;
}

int64_t script_idle_close(void) { return script.idle_close; }
bool script_record(void) { return script.record; }

static bool listed(const char *field, const char *p, size_t n) {
    const cJSON *list = get(script.json, field), *i;
    if (!list)
        return true;
    cJSON_ArrayForEach(i, list) {
        if (cJSON_IsString(i) && strlen(i->valuestring) == n && !memcmp(i->valuestring, p, n))
            return true;
    }
    return false;
}

bool script_key_ok(str key) { return listed("keys", key.p, key.n); }
bool script_model_ok(const char *model) { return listed("models", model, strlen(model)); }

const char *script_marker(str bytes) {
    const cJSON *i;
    cJSON_ArrayForEach(i, get(script.json, "markers")) {
        if (cJSON_IsString(i) && memmem(bytes.p, bytes.n, i->valuestring, strlen(i->valuestring)))
            return i->valuestring;
    }
    return NULL;
}

cJSON *script_hits(void) {
    cJSON *list = cJSON_CreateArray();
    for (size_t i = 0; i < script.n_rules; i++)
        cJSON_AddItemToArray(list, cJSON_CreateNumber((double)script.rules[i].struck));
    return list;
}
