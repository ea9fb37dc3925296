/* gemini/decode.c: the answers of a gemini-generate provider as neutral events: everything but the parts (decode_part.c).
 *
 * Every event of a stream is a whole GenerateContentResponse, so a document is a stream of one event. Nobody says where an item of text
 * begins or ends; calls and pictures come whole. There is no terminal event: the answer is complete when the stream has ended and all
 * candidates that were seen have a finishReason. A finishReason alone ends nothing: servers write STOP into every event, or into a first
 * one that says nothing yet. What comes after it counts, and makes the candidate unfinished until it says another; the last one holds, but
 * a bare STOP hides no other reason. So FINISH is told at the stream's end (gm_decode_end).
 */
#include "gemini.h"

#include <stdio.h>

static void fail(gm_decoder *d, const yz_json *error, yz_arena *arena, yz_sink *sink) {
    yz_error e;
    gm_error_inside(error, arena, &e);
    d->failed = true;
    yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_ERROR, .error = &e});
}

/* Why the answer ended, in a word that other dialects do not have: they say one near it. */
static void lose(const char *before, yz_str name, yz_sink *sink) {
    char part[64];
    int n = snprintf(part, sizeof part, "%s%.*s", before, (int)(name.n < 40 ? name.n : 40), name.p);
    yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_LOST, .text = {part, (size_t)n}, .loss = YZ_APPROXIMATED});
}

static void start(gm_decoder *d, const yz_json *root, yz_sink *sink) {
    if (!d->started)
        yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_START, .id = yz_json_escaped(gm_get(root, "responseId")),
                                  .model = yz_json_escaped(gm_get(root, "modelVersion"))});
    d->started = true;
}

/* ---- counts ------------------------------------------------------------------------------------------------------------------------ */

static int64_t count(const yz_json *node, const char *key) {
    int64_t n = yz_json_int(gm_get(node, key), -1);
    return n < INT64_MAX / 8 ? n : -1;
}

/* The tokens of one modality out of a list of them; -1: it is not there. */
static int64_t of_modality(const yz_json *list, const char *modality) {
    int64_t n = -1;
    for (const yz_json *c = yz_json_is(list, YZ_JSON_ARRAY) ? list->child : NULL; c; c = c->next) {
        int64_t one = yz_str_is(yz_json_escaped(yz_json_get(c, "modality")), modality) ? count(c, "tokenCount") : -1;
        if (one >= 0 && n < INT64_MAX / 8)
            n = (n > 0 ? n : 0) + one;
    }
    return n;
}

/* Of a modality what did not come from the cache: those tokens are counted there, and once. */
static int64_t fresh(const yz_json *all, const yz_json *kept, const char *modality) {
    int64_t n = of_modality(all, modality), cached = of_modality(kept, modality);
    return n < 0 || cached <= 0 ? n : cached < n ? n - cached : 0;
}

static int64_t sum(int64_t a, int64_t b) { return a < 0 ? b : b < 0 ? a : a + b; }

/* Sound and pictures are parts of a whole. */
static void set_parts(yz_usage *u, yz_meter whole, yz_meter audio, int64_t sound, yz_meter image, int64_t pictures) {
    int64_t most = yz_usage_get(u, whole);
    yz_usage_set(u, audio, most >= 0 && sound > most ? most : sound);
    if (most >= 0 && sound > 0)
        most = sound < most ? most - sound : 0;
    yz_usage_set(u, image, most >= 0 && pictures > most ? most : pictures);
}

/* Here the input is the prompt (with what came from the cache) and, beside it, the results of tools that ran at the provider; the output
 * is what the candidates say (in a session: the response) and, beside it, their thoughts. */
void gm_read_usage(const yz_json *node, yz_usage *u) {
    int64_t prompt = count(node, "promptTokenCount"), tool = count(node, "toolUsePromptTokenCount"),
            candidates = count(node, "candidatesTokenCount"), said = candidates >= 0 ? candidates : count(node, "responseTokenCount"),
            thoughts = count(node, "thoughtsTokenCount");
    const yz_json *in = gm_get(node, "promptTokensDetails"), *choices = gm_get(node, "candidatesTokensDetails"),
                  *out = choices ? choices : gm_get(node, "responseTokensDetails"), *kept = gm_get(node, "cacheTokensDetails");
    if (prompt >= 0)
        yz_usage_set(u, YZ_METER_INPUT, prompt + (tool > 0 ? tool : 0));
    if (said >= 0 || thoughts >= 0)
        yz_usage_set(u, YZ_METER_OUTPUT, (said > 0 ? said : 0) + (thoughts > 0 ? thoughts : 0));
    yz_usage_set_service(u, yz_service_of(yz_json_escaped(gm_get(node, "trafficType")))); /* Vertex AI */
    yz_usage_set_service(u, yz_service_of(yz_json_escaped(gm_get(node, "serviceTier"))));
    yz_usage_set(u, YZ_METER_TOOL_PROMPT, tool);
    yz_usage_set(u, YZ_METER_REASONING, thoughts);
    yz_usage_set(u, YZ_METER_CACHED, count(node, "cachedContentTokenCount"));
    /* A film is paid for as pictures are: https://discuss.ai.google.dev/t/110407 */
    set_parts(u, YZ_METER_INPUT, YZ_METER_AUDIO_INPUT, fresh(in, kept, "AUDIO"), YZ_METER_IMAGE_INPUT,
              sum(fresh(in, kept, "IMAGE"), fresh(in, kept, "VIDEO")));
    set_parts(u, YZ_METER_OUTPUT, YZ_METER_AUDIO_OUTPUT, of_modality(out, "AUDIO"), YZ_METER_IMAGE_OUTPUT,
              sum(of_modality(out, "IMAGE"), of_modality(out, "VIDEO")));
}

/* Pictures are counted as they come: nobody says their number. */
static void usage(gm_decoder *d, const yz_json *node, yz_sink *sink) {
    bool says = yz_json_is(node, YZ_JSON_OBJECT), more = d->n_pictures > yz_usage_count(&d->usage, YZ_METER_PICTURES);
    if (!says && !more)
        return;
    if (says)
        gm_read_usage(node, &d->usage);
    if (more)
        yz_usage_set(&d->usage, YZ_METER_PICTURES, d->n_pictures);
    yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_USAGE, .usage = &d->usage});
}

/* ---- the end of a candidate ---------------------------------------------------------------------------------------------------------- */

/* What is in no row means that the answer broke off for a reason of the provider's own. */
static yz_finish finish_of(yz_str reason) {
    if (yz_str_is(reason, "STOP"))
        return YZ_FINISH_STOP;
    if (yz_str_is(reason, "MAX_TOKENS"))
        return YZ_FINISH_LENGTH;
    bool filter = yc_one_of(reason, YZ_NAMES("SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "MODEL_ARMOR", "LANGUAGE",
                                             "IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION"));
    return filter ? YZ_FINISH_FILTER : YZ_FINISH_OTHER;
}

static bool all_finished(const gm_decoder *d) {
    bool any = false;
    for (unsigned i = 0; i < GM_CANDIDATES_MAX; i++) {
        if (d->candidates[i].used && !d->candidates[i].finished)
            return false;
        any |= d->candidates[i].used;
    }
    return any;
}

/* Have all said why they end, if not at last? */
static bool all_at_once(const gm_decoder *d) {
    bool any = false;
    for (unsigned i = 0; i < GM_CANDIDATES_MAX; i++) {
        if (d->candidates[i].used && !d->candidates[i].finish)
            return false;
        any |= d->candidates[i].used;
    }
    return any;
}

/* A candidate that broke off before it said anything is no answer. */
static void broke_off(gm_decoder *d, const yz_json *candidate, yz_str reason, yz_arena *arena, yz_sink *sink) {
    yz_str words = yz_json_text(arena, gm_get(candidate, "finishMessage"));
    d->failed = true;
    yz_emit_broken(sink, yz_format(arena, "the provider ended its answer before it said anything (finishReason %.*s)%s%.*s",
                                   (int)(reason.n < 40 ? reason.n : 40), reason.p, words.n ? ": " : "", YZ_STR_ARGS(words)));
}

static void finish(gm_decoder *d, unsigned choice, const yz_json *candidate, yz_arena *arena, yz_sink *sink) {
    gm_candidate *c = &d->candidates[choice];
    yz_str reason = yz_json_escaped(gm_get(candidate, "finishReason"));
    if (reason.n == 0)
        return;
    yz_finish kind = finish_of(reason);
    if (kind == YZ_FINISH_STOP && c->finished)
        return; /* a bare one behind another that says more */
    c->finish = kind;
    c->finished = true;
    if (c->finish == YZ_FINISH_OTHER && !c->said)
        broke_off(d, candidate, reason, arena, sink);
    else if (c->finish == YZ_FINISH_OTHER)
        lose("finishReason.", reason, sink);
}

/* Told when all have finished, since no item comes after a FINISH. */
static void emit_finishes(gm_decoder *d, yz_sink *sink) {
    for (unsigned i = 0; i < GM_CANDIDATES_MAX; i++)
        if (d->candidates[i].used)
            gm_end_text(&d->candidates[i], sink);
    for (unsigned i = 0; i < GM_CANDIDATES_MAX; i++) {
        const gm_candidate *c = &d->candidates[i];
        bool called = c->calls && c->finish != YZ_FINISH_LENGTH && c->finish != YZ_FINISH_FILTER; /* any call decides */
        if (c->used)
            yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_FINISH, .finish = called ? YZ_FINISH_TOOLS : c->finish, .choice = i});
    }
}

static void done(gm_decoder *d, yz_sink *sink) {
    emit_finishes(d, sink);
    d->done = true;
    yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_DONE});
}

/* ---- candidates ------------------------------------------------------------------------------------------------------------------------
 */

/* How much was said: it grows with every item and every byte of text. */
static size_t extent(const gm_decoder *d, const gm_candidate *c) { return d->n_items + c->bytes + c->open_bytes; }

static int candidate(gm_decoder *d, const yz_json *node, yz_arena *arena, yz_sink *sink) {
    int64_t choice = yz_json_int(yz_json_get(node, "index"), 0);
    const yz_json *parts = gm_get(yz_json_get(node, "content"), "parts");
    if (choice < 0 || choice >= GM_CANDIDATES_MAX)
        return YZ_ELIMIT;
    gm_candidate *c = &d->candidates[choice];
    size_t before = extent(d, c);
    c->used = true;
    for (const yz_json *part = gm_first(parts); part; part = gm_next(parts, part)) {
        int code = gm_decode_part(d, (unsigned)choice, part, arena, sink);
        if (code < 0)
            return code;
    }
    if (extent(d, c) != before)
        c->finished = false; /* it was not the end */
    gm_decode_grounding(d, (unsigned)choice, node, arena, sink);
    gm_decode_logprobs((unsigned)choice, gm_get(node, "logprobsResult"), sink);
    finish(d, (unsigned)choice, node, arena, sink);
    return YZ_OK;
}

/* The prompt itself was refused: no candidate comes. */
static void blocked(gm_decoder *d, const yz_json *feedback, yz_sink *sink) {
    if (d->candidates[0].used || yz_json_escaped(gm_get(feedback, "blockReason")).n == 0)
        return;
    d->candidates[0].used = true;
    lose("promptFeedback.", yz_json_escaped(gm_get(feedback, "blockReason")), sink);
    d->candidates[0].finish = YZ_FINISH_FILTER;
    d->candidates[0].finished = true;
}

static int response(gm_decoder *d, const yz_json *root, yz_arena *arena, yz_sink *sink) {
    const yz_json *candidates = yz_json_get(root, "candidates"), *feedback = gm_get(root, "promptFeedback"),
                  *counts = gm_get(root, "usageMetadata");
    start(d, root, sink);
    for (const yz_json *c = gm_first(candidates); c && !d->failed; c = gm_next(candidates, c)) {
        int code = candidate(d, c, arena, sink);
        if (code < 0)
            return code;
    }
    if (d->failed)
        return YZ_OK;
    blocked(d, feedback, sink);
    usage(d, counts, sink);
    return YZ_OK;
}

/* Candidates that say something, here or before, and do not say that they failed: an error beside them makes them no failure. */
static bool is_good(const gm_decoder *d, const yz_json *root, bool whole) {
    const yz_json *candidates = yz_json_get(root, "candidates");
    bool good = candidates != NULL;
    for (const yz_json *c = gm_first(candidates); c && good; c = gm_next(candidates, c)) {
        yz_str reason = yz_json_escaped(gm_get(c, "finishReason"));
        const yz_json *parts = gm_get(yz_json_get(c, "content"), "parts");
        bool said = parts && parts->child, before = d->n_items > 0 && reason.n > 0;
        good = (reason.n == 0 || finish_of(reason) != YZ_FINISH_OTHER) && (said ? !whole || reason.n > 0 : before);
    }
    return good;
}

/* Is it an error, and nothing else? An object of which nothing is known is passed over: SDKs do so too. *beside: what it says beside
 * candidates. */
static bool error_of(const gm_decoder *d, const yz_json *root, bool whole, const yz_json **error, const yz_json **beside) {
    *error = yz_json_given(yz_json_is(root, YZ_JSON_ARRAY) ? root->child : root, "error");
    *beside = NULL;
    if (!yc_names_error(*error) || (!yz_json_is(*error, YZ_JSON_OBJECT) && !yz_json_is(*error, YZ_JSON_STRING)))
        return false;
    if (is_good(d, root, whole))
        *beside = *error;
    return !*beside;
}

static void tell_beside(const yz_json *beside, yz_arena *arena, yz_sink *sink) {
    yz_error e;
    if (!beside)
        return;
    gm_error_inside(beside, arena, &e);
    yc_emit_beside(&e, sink);
}

int gm_decode_event(void *decoder, yz_str name, yz_str data, yz_arena *arena, yz_sink *sink) {
    gm_decoder *d = decoder;
    yz_json *root;
    const yz_json *error, *beside;
    (void)name; /* this dialect has none */
    if (data.n == 0 || d->failed || d->done)
        return YZ_OK;
    if (yz_str_is(data, "[DONE]")) { /* servers that translate from Chat Completions */
        if (all_at_once(d))
            done(d, sink);
        return YZ_OK;
    }
    int code = yz_json_parse(arena, data, YZ_JSON_ANSWERED, &root, NULL);
    if (code < 0)
        return code;
    if (error_of(d, root, false, &error, &beside)) {
        if (all_finished(d) && d->n_items > 0) /* behind the end of an answer: it takes nothing away from it */
            tell_beside(error, arena, sink);
        else
            fail(d, error, arena, sink);
        return YZ_OK;
    }
    if (root->type != YZ_JSON_OBJECT)
        return YZ_EINVAL;
    code = response(d, root, arena, sink);
    tell_beside(beside, arena, sink);
    return code;
}

/* One response, or one of the list that a stream is without alt=sse. */
static int whole_response(gm_decoder *d, const yz_json *body, yz_arena *arena, yz_sink *sink) {
    const yz_json *error, *beside;
    if (error_of(d, body, true, &error, &beside)) {
        fail(d, error, arena, sink);
        return YZ_OK;
    }
    int code = body->type == YZ_JSON_OBJECT ? response(d, body, arena, sink) : YZ_EINVAL;
    tell_beside(beside, arena, sink);
    return code;
}

/* Servers that know no alt=sse, and proxies that lose the query, answer so: a list of responses, read as a whole. */
static int decode_list(gm_decoder *d, const yz_json *list, yz_arena *arena, yz_sink *sink) {
    int code = list->child ? YZ_OK : YZ_EINVAL;
    for (const yz_json *one = list->child; one && code == YZ_OK && !d->failed; one = one->next)
        code = whole_response(d, one, arena, sink);
    return code;
}

int gm_decode_body(void *decoder, const yz_json *body, yz_arena *arena, yz_sink *sink) {
    gm_decoder *d = decoder;
    bool list = yz_json_is(body, YZ_JSON_ARRAY);
    if (!list && !yz_json_given(body, "error") && !gm_get(body, "candidates") && !gm_get(body, "promptFeedback")) {
        start(d, body, sink);
        usage(d, gm_get(body, "usageMetadata"), sink); /* what is no chat has counts at most */
        return YZ_EINVAL;
    }
    int code = list ? decode_list(d, body, arena, sink) : whole_response(d, body, arena, sink);
    if (code < 0 || d->failed)
        return code;
    if (!all_at_once(d)) {
        d->failed = true;
        yz_emit_broken(sink, YZ_STR("the provider's answer has no finishReason: it is not whole"));
        return YZ_OK;
    }
    done(d, sink);
    return YZ_OK;
}

void gm_decode_end(void *decoder, yz_arena *arena, yz_sink *sink) {
    gm_decoder *d = decoder;
    (void)arena;
    if (!d->failed && !d->done && all_at_once(d))
        emit_finishes(d, sink);
    d->ended = true;
}

bool gm_decode_complete(const yz_provider *provider, const void *decoder) {
    const gm_decoder *d = decoder;
    (void)provider;
    return !d->failed && (d->ended ? all_at_once(d) : all_finished(d));
}
