/* responses/decode.c: the answers of an openai-responses provider as neutral events.
 *
 * The type inside the data decides, the event's name only where it is missing. Events of unknown types are passed over. What the
 * response says of itself counts, not the name of the event that brings it: servers say "completed" of an answer that was cut. The answer
 * is over when a response is completed, incomplete, failed or cancelled; there is no [DONE], and a stream that ends without is broken.
 */
#include "responses.h"

/* ---- the beginning and the end ---------------------------------------------------------------------------------------- */

/* Seconds, with a fraction in some answers. */
static int64_t created(const yz_json *response) {
    double seconds = yz_json_double(yz_json_get(response, "created_at"), 0);
    return seconds > 0 && seconds < 1e12 ? (int64_t)seconds : 0;
}

static void start(rs_decoder *d, const yz_json *response, yz_sink *sink) {
    if (d->started)
        return;
    d->started = true;
    yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_START, .id = yz_json_escaped(yz_json_get(response, "id")),
                              .model = yz_json_escaped(yz_json_get(response, "model")), .created = created(response)});
}

/* `body`: what the error stands in. */
static void fail(rs_decoder *d, const yz_json *body, yz_arena *arena, yz_sink *sink) {
    yz_error e;
    if (!oa_error_inside(body, arena, &e))
        e.class_ = YZ_ERROR_SERVER; /* it failed, and does not say why: not for what was asked */
    d->failed = true;
    yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_ERROR, .error = &e});
}

static void usage(rs_decoder *d, const yz_json *response, yz_sink *sink) {
    const yz_json *node = yz_json_get(response, "usage");
    const yz_json *in = yz_json_get(node, "input_tokens_details"), *out = yz_json_get(node, "output_tokens_details");
    yz_usage *u = &d->usage;
    if (d->n_pictures > 0) /* they are counted as they come: nobody says their number */
        yz_usage_set(u, YZ_METER_PICTURES, d->n_pictures);
    if (!yz_json_is(node, YZ_JSON_OBJECT) && d->n_pictures == 0)
        return;
    yz_usage_read(u, YZ_METER_INPUT, node, "input_tokens");
    yz_usage_read(u, YZ_METER_CACHED, in, "cached_tokens");
    yz_usage_read(u, YZ_METER_CACHE_WRITE, in, "cache_write_tokens");
    yz_usage_read(u, YZ_METER_AUDIO_INPUT, in, "audio_tokens");
    yz_usage_read(u, YZ_METER_IMAGE_INPUT, in, "image_tokens");
    yz_usage_read(u, YZ_METER_OUTPUT, node, "output_tokens");
    yz_usage_read(u, YZ_METER_REASONING, out, "reasoning_tokens");
    yz_usage_read(u, YZ_METER_AUDIO_OUTPUT, out, "audio_tokens");
    yz_usage_read(u, YZ_METER_IMAGE_OUTPUT, out, "image_tokens");
    yc_usage_bound(u);
    yz_usage_set_service(u, yz_service_of(yz_json_escaped(yz_json_get(response, "service_tier"))));
    yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_USAGE, .usage = u});
}

static yz_finish finish_of(const rs_decoder *d, const yz_json *response, yz_str *word) {
    yz_str status = yz_json_escaped(yz_json_get(response, "status"));
    yz_str reason = yz_json_escaped(yz_json_get(yz_json_get(response, "incomplete_details"), "reason"));
    int64_t limit = yz_json_int(yz_json_get(response, "max_output_tokens"), 0);
    if (yz_str_is(reason, "max_output_tokens") || yz_str_is(reason, "max_tokens"))
        return YZ_FINISH_LENGTH;
    if (yz_str_is(reason, "content_filter"))
        return YZ_FINISH_FILTER;
    if (status.n == 0 || yz_str_is(status, "completed")) {
        if (d->n_calls)
            return YZ_FINISH_TOOLS;
        return limit > 0 && yz_usage_get(&d->usage, YZ_METER_OUTPUT) >= limit ? YZ_FINISH_LENGTH : YZ_FINISH_STOP; /* Ollama says it so */
    }
    if (!yz_str_is(status, "queued") && !yz_str_is(status, "in_progress")) /* a vendor's own; those two: made in the background */
        *word = reason.n ? reason : status;
    return YZ_FINISH_OTHER;
}

/* Why it is incomplete, in a word that clients of this dialect do not know. */
static void tell_word(const rs_decoder *d, const yz_json *response, yz_sink *sink) {
    const yz_json *said = yz_json_get(yz_json_get(response, "incomplete_details"), "reason");
    yz_str reason = yz_json_escaped(said);
    if (reason.n && !yz_str_is(reason, "max_output_tokens") && !yz_str_is(reason, "content_filter"))
        yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_FINISH_WORD, .raw = yz_json_raw(said), .name = reason,
                                  .finish = d->n_calls ? YZ_FINISH_TOOLS : YZ_FINISH_NONE});
}

/* Does it say that it is complete, and something besides? Then an error beside it makes it none. */
static bool is_whole(const rs_decoder *d, const yz_json *response) {
    const yz_json *output = yz_json_get(response, "output");
    return yz_str_is(yz_json_escaped(yz_json_get(response, "status")), "completed") &&
           (d->n_items > 0 || (yz_json_is(output, YZ_JSON_ARRAY) && output->child));
}

/* The whole response: items that nobody has told yet, what it cost, how it ended. `type`: of the event that brought it. */
static int end(rs_decoder *d, yz_str type, const yz_json *response, yz_arena *arena, yz_sink *sink) {
    yz_str status = yz_json_escaped(yz_json_get(response, "status")), word = {NULL, 0};
    start(d, response, sink);
    bool named = yz_json_is(yz_json_get(response, "error"), YZ_JSON_OBJECT) && yc_names_error(yz_json_get(response, "error"));
    bool beside = named && is_whole(d, response);
    if (yz_str_is(type, "response.failed") || yz_str_is(status, "failed") || (named && !beside)) {
        usage(d, response, sink);
        fail(d, response, arena, sink);
        return YZ_OK;
    }
    if (yz_str_is(status, "cancelled")) {
        d->failed = true;
        yz_emit_broken(sink, YZ_STR("the provider says that the response was cancelled"));
        return YZ_OK;
    }
    int code = rs_items_whole(d, yz_json_get(response, "output"), sink);
    if (code < 0)
        return code;
    usage(d, response, sink);
    rs_items_end(d, sink);
    yz_finish finish = finish_of(d, response, &word);
    d->done = true;
    tell_word(d, response, sink);
    yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_FINISH, .finish = finish, .name = word});
    if (beside) {
        yz_error e;
        oa_error_inside(response, arena, &e);
        yc_emit_beside(&e, sink);
    }
    yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_DONE});
    return YZ_OK;
}

/* ---- events and documents -------------------------------------------------------------------------------------------------- */

static bool is_end(yz_str type) {
    static const char *const words[] = {"response.completed", "response.incomplete", "response.failed", "response.cancelled",
                                        "response.done"};
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
        if (yz_str_is(type, words[i]))
            return true;
    return false;
}

static int on_event(rs_decoder *d, yz_str type, const yz_json *root, yz_arena *arena, yz_sink *sink) {
    const yz_json *response = yz_json_get(root, "response");
    yz_error e;
    if (yz_str_is(type, "error")) {
        fail(d, root, arena, sink);
        return YZ_OK;
    }
    if (is_end(type))
        return end(d, type, response, arena, sink);
    if (!yz_str_starts(type, "response.")) { /* maybe an error in the vendor's own shape */
        if (oa_error_inside(root, arena, &e))
            fail(d, root, arena, sink);
        return YZ_OK;
    }
    start(d, response, sink);
    if (yz_str_is(type, "response.output_item.added"))
        return rs_item_added(d, root, sink);
    if (yz_str_is(type, "response.output_item.done"))
        return rs_item_done(d, root, sink);
    rs_item_said(d, type, root, sink);
    return YZ_OK;
}

int rs_decode_event(void *decoder, yz_str name, yz_str data, yz_arena *arena, yz_sink *sink) {
    rs_decoder *d = decoder;
    yz_json *root;
    if (data.n == 0 || d->failed || d->done || yz_str_is(data, "[DONE]"))
        return YZ_OK;
    int code = yz_json_parse(arena, data, YZ_JSON_ANSWERED, &root, NULL);
    if (code < 0)
        return code;
    if (root->type != YZ_JSON_OBJECT)
        return YZ_EINVAL;
    yz_str type = yz_json_escaped(yz_json_get(root, "type"));
    if (!d->started && type.n == 0 && yz_json_is(yz_json_get(root, "output"), YZ_JSON_ARRAY) && !yz_json_given(root, "error"))
        return YZ_WHOLE;
    return on_event(d, type.n || yz_json_get(root, "error") ? type : name, root, arena, sink);
}

int rs_decode_body(void *decoder, const yz_json *body, yz_arena *arena, yz_sink *sink) {
    rs_decoder *d = decoder;
    yz_error e;
    if (!yz_json_is(body, YZ_JSON_OBJECT))
        return YZ_EINVAL;
    if (yz_json_is(yz_json_get(body, "output"), YZ_JSON_ARRAY) || yz_str_is(yz_json_escaped(yz_json_get(body, "object")), "response"))
        return end(d, (yz_str){NULL, 0}, body, arena, sink);
    if (!oa_error_inside(body, arena, &e))
        return YZ_EINVAL;
    fail(d, body, arena, sink);
    return YZ_OK;
}
