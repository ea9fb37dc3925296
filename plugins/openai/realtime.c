/* openai/realtime.c: sessions of the Realtime API, by WebSocket (its reference and the SDKs' types, 2026-11). What client and provider say
 * is forwarded as it is; read is the model that is asked for, and what each response has used.
 */
#include "openai.h"

static int hex(char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Percent-decoded; empty: it is none. */
static yz_str plain(yz_arena *arena, yz_str value) {
    char *p = yz_alloc(arena, value.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < value.n; i++) {
        bool escape = value.p[i] == '%' && i + 2 < value.n && hex(value.p[i + 1]) >= 0 && hex(value.p[i + 2]) >= 0;
        p[n] = value.p[i];
        if (escape)
            p[n] = (char)(hex(value.p[i + 1]) << 4 | hex(value.p[i + 2]));
        n++;
        i += escape ? 2 : 0;
        if ((unsigned char)p[n - 1] <= ' ' || p[n - 1] == 0x7f)
            return (yz_str){0};
    }
    return (yz_str){p, n};
}

int oa_accept_session(yz_request *request, yz_arena *arena, yz_error *error) {
    yz_str rest = request->query, model = {0};
    while (rest.n) {
        const char *end = memchr(rest.p, '&', rest.n);
        yz_str pair = {rest.p, end ? (size_t)(end - rest.p) : rest.n};
        if (yz_str_starts(pair, "model="))
            model = plain(arena, (yz_str){pair.p + 6, pair.n - 6});
        size_t taken = pair.n + (end != NULL);
        rest = (yz_str){rest.p + taken, rest.n - taken};
    }
    if (model.n == 0)
        return yz_refuse(arena, error, YZ_STR("model"),
                         "you must provide a model parameter in the query, as in /v1/realtime?model=gpt-realtime");
    request->model = model;
    return YZ_OK;
}

/* The beta's events are others, and only whoever asks for them reads them. */
void oa_endpoint_session(const oa_config *config, const yz_request *request, const yz_target *target, yz_arena *arena, yz_endpoint *out) {
    yz_str path = oa_expand(arena, config->realtime_path, target->model);
    bool named = yz_str_eq(path, config->realtime_path);
    if (named) /* {model} is not in it */
        path = yz_format(arena, "%.*s%smodel=%.*s", YZ_STR_ARGS(path), path.n && memchr(path.p, '?', path.n) ? "&" : "?",
                         YZ_STR_ARGS(oa_expand(arena, YZ_STR("{model}"), target->model)));
    *out = (yz_endpoint){YZ_ENDPOINT, .method = "GET", .path = path};
    if (yz_str_is(yz_request_header(request, "openai-beta"), "realtime=v1"))
        out->headers[out->n_headers++] = (yz_header){YZ_STR("openai-beta"), YZ_STR("realtime=v1")};
}

/* Sound that was read from the cache is in both counts: it is paid for as cached. */
static void read_usage(yz_usage *u, const yz_json *usage) {
    const yz_json *in = yz_json_get(usage, "input_token_details"), *cached = yz_json_get(in, "cached_tokens_details");
    const yz_json *out = yz_json_get(usage, "output_token_details");
    int64_t sound = yz_json_int(yz_json_get(in, "audio_tokens"), -1), kept = yz_json_int(yz_json_get(cached, "audio_tokens"), 0);
    int64_t pictures = yz_json_int(yz_json_get(in, "image_tokens"), -1), seen = yz_json_int(yz_json_get(cached, "image_tokens"), 0);
    yz_usage_read(u, YZ_METER_INPUT, usage, "input_tokens");
    yz_usage_read(u, YZ_METER_OUTPUT, usage, "output_tokens");
    yz_usage_read(u, YZ_METER_CACHED, in, "cached_tokens");
    yz_usage_set(u, YZ_METER_AUDIO_INPUT, sound >= kept && kept >= 0 ? sound - kept : sound);
    yz_usage_set(u, YZ_METER_IMAGE_INPUT, pictures >= seen && seen >= 0 ? pictures - seen : pictures);
    yz_usage_read(u, YZ_METER_AUDIO_OUTPUT, out, "audio_tokens");
    yc_usage_bound(u);
}

/* Are all counts that are there such that can be paid for? One that is not (a text, a negative one, one beyond 32 bits) makes the others no
 * bill. */
static bool counts_ok(const yz_json *usage) {
    static const char end[] = "_tokens";
    for (const yz_json *m = yz_json_is(usage, YZ_JSON_OBJECT) ? usage->child : NULL; m; m = m->next) {
        yz_str key = yz_json_key(m);
        bool count = key.n > sizeof end && memcmp(key.p + key.n - (sizeof end - 1), end, sizeof end - 1) == 0;
        int64_t n = yz_json_int(m, -1);
        if (!counts_ok(m) || (count && !yz_json_is(m, YZ_JSON_NULL) && (n < 0 || n > INT32_MAX)))
            return false;
    }
    return true;
}

void oa_read_session(yz_str text, yz_arena *arena, yz_sink *sink) {
    yz_json *event;
    if (!memmem(text.p, text.n, "response.done", 13))
        return;
    bool sound = yz_json_parse(arena, text, YZ_JSON_ANSWERED, &event, NULL) == YZ_OK;
    if (sound && !yz_str_is(yz_json_escaped(yz_json_get(event, "type")), "response.done"))
        return;
    const yz_json *said = sound ? yz_json_given(yz_json_get(event, "response"), "usage") : NULL;
    yz_usage usage = {0};
    if (counts_ok(said))
        read_usage(&usage, said);
    if (usage.known)
        yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_USAGE, .usage = &usage,
                                  .id = yz_json_escaped(yz_json_get(yz_json_get(event, "response"), "id"))});
    else if (said || !sound)
        yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_LOST, .text = YZ_STR("usage")});
}
