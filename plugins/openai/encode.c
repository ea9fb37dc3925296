/* openai/encode.c: neutral events as the answer of an openai-chat server: a stream of chunks, or one document at DONE.
 *
 * The stream keeps the official grammar exactly: one id, the role in the first chunk, calls numbered from 0 with id, type and name
 * once, one chunk with finish_reason, usage only if asked for and then last, [DONE]. A call that got no arguments gets "{}", since
 * clients parse them. Signatures of reasoning have no place here: they are reported as lost.
 */
#include "openai.h"

static const char no_finish[] = ",\"logprobs\":null,\"finish_reason\":null}]";

static void free_document(void *arg) {
    oa_encoder *e = arg;
    yz_buf_free(&e->text);
    yz_buf_free(&e->reasoning);
    yz_buf_free(&e->refusal);
    yz_buf_free(&e->details);
    for (unsigned i = 0; i < e->n_calls; i++)
        yz_buf_free(&e->calls[i].args);
}

void oa_encode_open(void *encoder, const yz_encode_info *info) {
    oa_encoder *e = encoder;
    e->info = info;
    e->created = info->now;
    if (!info->stream) {
        e->calls = yz_alloc(info->arena, YZ_CALLS_MAX * sizeof(*e->calls));
        yz_on_free(info->arena, free_document, e);
    }
}

/* Bytes both forms begin with. */
static void put_head(const oa_encoder *e, const char *object, yz_buf *out) {
    yz_buf_lit(out, "{\"id\":\"");
    yz_buf_str(out, e->id);
    yz_buf_printf(out, "\",\"object\":\"%s\",\"created\":%lld,\"model\":\"", object, (long long)e->created);
    yz_buf_str(out, e->model);
    yz_buf_lit(out, "\"");
}

/* One detail: always, or only where it is known. */
static void put_detail(const yz_usage *u, yz_meter meter, const char *before, bool always, yz_buf *out) {
    if (always || yz_usage_get(u, meter) >= 0)
        yz_buf_printf(out, "%s%lld", before, (long long)yz_usage_count(u, meter));
}

static void put_usage(const yz_usage *u, yz_buf *out) {
    int64_t in = yz_usage_count(u, YZ_METER_INPUT), output = yz_usage_count(u, YZ_METER_OUTPUT);
    yz_buf_printf(out, "\"usage\":{\"prompt_tokens\":%lld,\"completion_tokens\":%lld,\"total_tokens\":%lld", (long long)in,
                  (long long)output, (long long)(in + output));
    put_detail(u, YZ_METER_CACHED, ",\"prompt_tokens_details\":{\"cached_tokens\":", true, out);
    put_detail(u, YZ_METER_CACHE_WRITE, ",\"cache_write_tokens\":", false, out);
    put_detail(u, YZ_METER_AUDIO_INPUT, ",\"audio_tokens\":", false, out);
    put_detail(u, YZ_METER_IMAGE_INPUT, ",\"image_tokens\":", false, out);
    put_detail(u, YZ_METER_REASONING, "},\"completion_tokens_details\":{\"reasoning_tokens\":", true, out);
    put_detail(u, YZ_METER_AUDIO_OUTPUT, ",\"audio_tokens\":", false, out);
    put_detail(u, YZ_METER_IMAGE_OUTPUT, ",\"image_tokens\":", false, out);
    put_detail(u, YZ_METER_PREDICTION_ACCEPTED, ",\"accepted_prediction_tokens\":", false, out);
    put_detail(u, YZ_METER_PREDICTION_REJECTED, ",\"rejected_prediction_tokens\":", false, out);
    yz_buf_lit(out, "}}");
}

static const char *finish_word(const oa_encoder *e) {
    switch (e->finish) {
    case YZ_FINISH_LENGTH:
    case YZ_FINISH_OTHER: /* nobody knows what it means: so not that the answer is whole */
        return "length";
    case YZ_FINISH_FILTER:
        return "content_filter";
    default:
        return e->n_calls ? "tool_calls" : "stop";
    }
}

/* ---- the stream --------------------------------------------------------------------------------------------------------- */

static void chunk_end(const oa_encoder *e, yz_buf *out) {
    yz_buf_lit(out, no_finish);
    yz_buf_lit(out, e->info->include_usage ? ",\"usage\":null}\n\n" : "}\n\n");
}

/* One delta of one string: before, escaped text, after. */
static void chunk(const oa_encoder *e, const char *before, yz_str text, const char *after, yz_buf *out) {
    yz_buf_str(out, e->chunk);
    yz_buf_lit(out, before);
    yz_buf_str(out, text);
    yz_buf_lit(out, after);
    chunk_end(e, out);
}

static void open(oa_encoder *e, const yz_event *event, yz_buf *out) {
    bool start = event->kind == YZ_EVENT_START;
    e->opened = true;
    e->id = start && event->id.n
                ? yz_dup(e->info->arena, event->id)
                : yz_format(e->info->arena, "chatcmpl-%.*s", YZ_STR_ARGS(yz_json_escape(e->info->arena, e->info->request_id)));
    e->model = start && event->model.n ? yz_dup(e->info->arena, event->model) : yz_json_escape(e->info->arena, e->info->model);
    if (start && event->created > 0)
        e->created = event->created;
    if (!e->info->stream)
        return;
    yz_buf head = {0};
    yz_buf_lit(&head, "data: ");
    put_head(e, "chat.completion.chunk", &head);
    yz_buf_lit(&head, ",\"choices\":[{\"index\":0,\"delta\":");
    e->chunk = yz_dup(e->info->arena, yz_buf_view(&head));
    yz_buf_free(&head);
    chunk(e, "{\"role\":\"assistant\",\"content\":\"", (yz_str){NULL, 0}, "\",\"refusal\":null}", out);
}

static void stream_tool(const oa_encoder *e, const yz_event *event, yz_str id, yz_buf *out) {
    yz_buf_str(out, e->chunk);
    yz_buf_printf(out, "{\"tool_calls\":[{\"index\":%u,\"id\":\"", e->n_calls - 1);
    yz_buf_str(out, id);
    yz_buf_lit(out, "\",\"type\":\"function\",\"function\":{\"name\":\"");
    yz_buf_str(out, event->name);
    yz_buf_lit(out, "\",\"arguments\":\"\"}}]}");
    chunk_end(e, out);
}

static void stream_args(const oa_encoder *e, unsigned index, yz_str text, yz_buf *out) {
    yz_buf_str(out, e->chunk);
    yz_buf_printf(out, "{\"tool_calls\":[{\"index\":%u,\"function\":{\"arguments\":\"", index);
    yz_buf_str(out, text);
    yz_buf_lit(out, "\"}}]}");
    chunk_end(e, out);
}

static void stream_finish(const oa_encoder *e, yz_buf *out) {
    yz_buf_str(out, e->chunk);
    yz_buf_printf(out, "{},\"logprobs\":null,\"finish_reason\":\"%s\"}]%s}\n\n", finish_word(e),
                  e->info->include_usage ? ",\"usage\":null" : "");
}

static void stream_done(oa_encoder *e, yz_buf *out) {
    if (e->info->include_usage) {
        yz_buf_lit(out, "data: ");
        put_head(e, "chat.completion.chunk", out);
        yz_buf_lit(out, ",\"choices\":[],");
        put_usage(&e->usage, out);
        yz_buf_lit(out, "}\n\n");
    }
    yz_buf_lit(out, "data: [DONE]\n\n");
}

/* ---- the document ------------------------------------------------------------------------------------------------------- */

static void put_string(const char *key, const yz_buf *text, yz_buf *out) {
    yz_buf_printf(out, ",\"%s\":\"", key);
    yz_buf_str(out, yz_buf_view(text));
    yz_buf_char(out, '"');
}

static void put_calls(const oa_encoder *e, yz_buf *out) {
    yz_buf_lit(out, ",\"tool_calls\":[");
    for (unsigned i = 0; i < e->n_calls; i++) {
        const oa_out_call *call = &e->calls[i];
        yz_buf_lit(out, i ? ",{\"id\":\"" : "{\"id\":\"");
        yz_buf_str(out, call->id);
        yz_buf_lit(out, "\",\"type\":\"function\",\"function\":{\"name\":\"");
        yz_buf_str(out, call->name);
        yz_buf_lit(out, "\",\"arguments\":\"");
        yz_buf_str(out, call->args.n ? yz_buf_view(&call->args) : YZ_STR("{}"));
        yz_buf_lit(out, "\"}}");
    }
    yz_buf_char(out, ']');
}

static void document(const oa_encoder *e, yz_buf *out) {
    put_head(e, "chat.completion", out);
    yz_buf_lit(out, ",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\"");
    if (e->text.n || (!e->n_calls && !e->refusal.n))
        put_string("content", &e->text, out);
    else
        yz_buf_lit(out, ",\"content\":null");
    if (e->refusal.n)
        put_string("refusal", &e->refusal, out);
    else
        yz_buf_lit(out, ",\"refusal\":null");
    if (e->reasoning.n)
        put_string("reasoning_content", &e->reasoning, out);
    if (e->details.n) {
        yz_buf_lit(out, ",\"reasoning_details\":[");
        yz_buf_str(out, yz_buf_view(&e->details));
        yz_buf_char(out, ']');
    }
    if (e->n_calls)
        put_calls(e, out);
    yz_buf_printf(out, "},\"logprobs\":null,\"finish_reason\":\"%s\"}],", finish_word(e));
    put_usage(&e->usage, out);
    yz_buf_char(out, '}');
}

/* ---- events --------------------------------------------------------------------------------------------------------------- */

static void text(const oa_encoder *e, yz_buf *collect, const char *before, yz_str piece, yz_buf *out) {
    if (e->info->stream)
        chunk(e, before, piece, "\"}", out);
    else
        yz_buf_str(collect, piece);
}

static void begin_call(oa_encoder *e, const yz_event *event, yz_buf *out) {
    yz_str id = event->id;
    if (id.n == 0) /* some servers give none, but clients answer by it */
        id = yz_format(e->info->arena, "call_%.*s_%u", YZ_STR_ARGS(e->id), e->n_calls);
    e->n_calls++;
    e->argued = false;
    if (e->info->stream)
        stream_tool(e, event, id, out);
    else
        e->calls[e->n_calls - 1] = (oa_out_call){.id = yz_dup(e->info->arena, id), .name = yz_dup(e->info->arena, event->name)};
}

static void args(oa_encoder *e, yz_str piece, yz_buf *out) {
    e->argued = true;
    if (e->info->stream)
        stream_args(e, e->n_calls - 1, piece, out);
    else
        yz_buf_str(&e->calls[e->n_calls - 1].args, piece);
}

static void lose(const oa_encoder *e, yz_str name, const char *otherwise) {
    yz_lose(e->info->losses, name.n ? yz_dup(e->info->arena, name).p : otherwise);
}

/* An item begins. A call too many is passed over, as is a kind that has no place here. */
static void begin(oa_encoder *e, const yz_event *event, yz_buf *out) {
    e->item = event->item;
    if (event->choice > 0) { /* one answer is written */
        e->item = YZ_PART_OPAQUE;
        lose(e, YZ_STR("choices"), "choices");
    } else if (e->item == YZ_PART_TOOL_CALL && e->n_calls == YZ_CALLS_MAX)
        e->item = YZ_PART_OPAQUE;
    else if (e->item == YZ_PART_TOOL_CALL)
        begin_call(e, event, out);
    else if (e->item > YZ_PART_REFUSAL)
        lose(e, event->name, "message.content");
}

/* OpenAI's encrypted thoughts, as OpenRouter spells them: clients that keep unknown fields of a message send them back. */
static void signature(oa_encoder *e, const yz_event *event, yz_buf *out) {
    if (e->item != YZ_PART_REASONING || !yz_str_is(event->signed_by, OA_SIGNER)) {
        lose(e, event->name, "thinking.signature");
        return;
    }
    yz_buf *details = e->info->stream ? out : &e->details;
    if (e->info->stream) {
        yz_buf_str(out, e->chunk);
        yz_buf_lit(out, "{\"reasoning_details\":[");
    } else if (details->n) {
        yz_buf_char(details, ',');
    }
    yz_buf_printf(details, "{\"type\":\"reasoning.encrypted\",\"format\":\"" OA_SEALED_FORMAT "\",\"index\":%u,\"data\":", e->n_details++);
    yc_put_quoted(details, event->text);
    yz_buf_char(details, '}');
    if (e->info->stream) {
        yz_buf_lit(out, "]}");
        chunk_end(e, out);
    }
}

static void delta(oa_encoder *e, yz_str piece, yz_buf *out) {
    switch (e->item) {
    case YZ_PART_TEXT:
        text(e, &e->text, "{\"content\":\"", piece, out);
        break;
    case YZ_PART_REASONING:
        text(e, &e->reasoning, "{\"reasoning_content\":\"", piece, out);
        break;
    case YZ_PART_REFUSAL:
        text(e, &e->refusal, "{\"refusal\":\"", piece, out);
        break;
    case YZ_PART_TOOL_CALL:
        args(e, piece, out);
        break;
    default:
        break;
    }
}

static void finish(oa_encoder *e, yz_finish kind, yz_buf *out) {
    if (e->finished)
        return;
    e->finished = true;
    e->finish = kind;
    if (e->info->stream)
        stream_finish(e, out);
}

void oa_write_error(const yz_error *error, int status, yz_str request_id, yz_buf *out) {
    (void)request_id; /* in a header */
    oa_put_error(error, status, error->code.n ? error->code : yz_str_of(yz_error_word(error->class_)), out);
}

static void error(oa_encoder *e, const yz_event *event, yz_buf *out) {
    e->closed = true;
    if (!e->info->stream)
        return; /* a document has not begun: the server answers with a status instead */
    yz_buf_lit(out, "data: ");
    oa_write_error(event->error, yz_error_status(event->error), e->info->request_id, out);
    yz_buf_lit(out, "\n\n");
}

static void done(oa_encoder *e, yz_buf *out) {
    finish(e, YZ_FINISH_STOP, out);
    e->closed = true;
    if (e->info->stream)
        stream_done(e, out);
    else
        document(e, out);
}

void oa_encode(void *encoder, const yz_event *event, yz_buf *out) {
    oa_encoder *e = encoder;
    if (e->closed)
        return;
    if (!e->opened && event->kind != YZ_EVENT_ERROR)
        open(e, event, out);
    switch (event->kind) {
    case YZ_EVENT_ITEM:
        begin(e, event, out);
        break;
    case YZ_EVENT_DELTA:
        delta(e, event->text, out);
        break;
    case YZ_EVENT_ITEM_END:
        if (e->item == YZ_PART_TOOL_CALL && !e->argued)
            args(e, YZ_STR("{}"), out);
        break;
    case YZ_EVENT_SIGNATURE:
        signature(e, event, out);
        break;
    case YZ_EVENT_ANNOTATION:
    case YZ_EVENT_LOGPROBS:
        lose(e, event->name, event->kind == YZ_EVENT_LOGPROBS ? "logprobs" : "message.annotations");
        break;
    case YZ_EVENT_USAGE:
        yz_usage_merge(&e->usage, event->usage);
        break;
    case YZ_EVENT_FINISH:
        finish(e, event->finish, out);
        break;
    case YZ_EVENT_ERROR:
        error(e, event, out);
        break;
    case YZ_EVENT_DONE:
        done(e, out);
        break;
    default: /* a start, a part that is lost, what a later minor brings */
        break;
    }
}
