/* openai/encode.c: neutral events as the answer of an openai-chat server: a stream of chunks, or one document at DONE.
 *
 * The stream keeps the official grammar exactly: one id, the role in the first chunk of each choice, calls numbered from 0 with id, type
 * and name once, one chunk with finish_reason, usage only if asked for and then last, [DONE]. A call that got no arguments gets "{}", since
 * clients parse them; one of a tool that takes free text gets that text, when it is whole. A call's first chunk is written with what comes
 * next, since its signature must stand in it.
 */
#include "openai.h"

static void free_choice(oa_out_choice *c) {
    yz_buf *bufs[] = {&c->whole, &c->logprobs, &c->text, &c->reasoning, &c->refusal, &c->images, &c->audio, &c->annotations, &c->details};
    for (size_t i = 0; i < sizeof bufs / sizeof *bufs; i++)
        yz_buf_free(bufs[i]);
    for (unsigned i = 0; c->calls && i < c->n_calls; i++)
        yz_buf_free(&c->calls[i].args);
}

static void free_document(void *arg) {
    oa_encoder *e = arg;
    for (oa_out_choice *c = &e->choices; c; c = c->next)
        free_choice(c);
}

void oa_encode_open(void *encoder, const yz_encode_info *info) {
    oa_encoder *e = encoder;
    e->info = info;
    e->created = info->now;
    yz_on_free(info->arena, free_document, e);
}

/* ---- the stream --------------------------------------------------------------------------------------------------------- */

void oa_chunk_begin(const oa_out_choice *c, yz_buf *out) { yz_buf_str(out, c->chunk); }

void oa_chunk_end(oa_encoder *e, oa_out_choice *c, yz_buf *out) {
    yz_buf_lit(out, ",\"logprobs\":");
    oa_put_logprobs(c, out);
    yz_buf_lit(out, e->info->include_usage ? ",\"finish_reason\":null}],\"usage\":null}\n\n" : ",\"finish_reason\":null}]}\n\n");
}

/* One delta of one string: before, escaped text, after. */
static void chunk(oa_encoder *e, oa_out_choice *c, const char *before, yz_str text, const char *after, yz_buf *out) {
    oa_chunk_begin(c, out);
    yz_buf_lit(out, before);
    yz_buf_str(out, text);
    yz_buf_lit(out, after);
    oa_chunk_end(e, c, out);
}

static void open_choice(oa_encoder *e, oa_out_choice *c, yz_buf *out) {
    yz_buf head = {0};
    if (!e->info->stream)
        return;
    yz_buf_lit(&head, "data: ");
    oa_put_head(e, "chat.completion.chunk", &head);
    yz_buf_printf(&head, ",\"choices\":[{\"index\":%u,\"delta\":", c->choice);
    c->chunk = yz_dup(e->info->arena, yz_buf_view(&head));
    yz_buf_free(&head);
    chunk(e, c, "{\"role\":\"assistant\",\"content\":\"", (yz_str){NULL, 0}, "\",\"refusal\":null}", out);
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
    open_choice(e, &e->choices, out);
}

/* The answer an event is of: made, in order, when it is first heard of. */
static oa_out_choice *choice_of(oa_encoder *e, unsigned choice, yz_buf *out) {
    oa_out_choice *c = &e->choices;
    while (c->choice < choice && c->next && c->next->choice <= choice)
        c = c->next;
    if (c->choice == choice)
        return c;
    oa_out_choice *made = yz_alloc(e->info->arena, sizeof *made);
    made->choice = choice;
    made->next = c->next;
    c->next = made;
    open_choice(e, made, out);
    return made;
}

static void stream_tool(oa_encoder *e, oa_out_choice *c, yz_buf *out) {
    oa_chunk_begin(c, out);
    yz_buf_printf(out, "{\"tool_calls\":[{\"index\":%u,\"id\":\"", c->n_calls - 1);
    yz_buf_str(out, c->call_id);
    yz_buf_lit(out, c->custom ? "\",\"type\":\"custom\",\"custom\":{\"name\":\"" : "\",\"type\":\"function\",\"function\":{\"name\":\"");
    yz_buf_str(out, c->call_name);
    yz_buf_lit(out, c->custom ? "\",\"input\":\"\"}" : "\",\"arguments\":\"\"}");
    oa_put_call_signature(c->signature, out);
    yz_buf_lit(out, "}]}");
    oa_chunk_end(e, c, out);
}

static void stream_args(oa_encoder *e, oa_out_choice *c, yz_str text, yz_buf *out) {
    oa_chunk_begin(c, out);
    yz_buf_printf(out,
                  c->custom ? "{\"tool_calls\":[{\"index\":%u,\"custom\":{\"input\":\""
                            : "{\"tool_calls\":[{\"index\":%u,\"function\":{\"arguments\":\"",
                  c->n_calls - 1);
    yz_buf_str(out, text);
    yz_buf_lit(out, "\"}}]}");
    oa_chunk_end(e, c, out);
}

static void stream_finish(oa_encoder *e, oa_out_choice *c, yz_buf *out) {
    oa_chunk_begin(c, out);
    yz_buf_lit(out, "{},\"logprobs\":");
    oa_put_logprobs(c, out);
    yz_buf_printf(out, ",\"finish_reason\":\"%s\"}]%s}\n\n", oa_finish_word(c), e->info->include_usage ? ",\"usage\":null" : "");
}

static void stream_done(oa_encoder *e, yz_buf *out) {
    if (e->info->include_usage) {
        yz_buf_lit(out, "data: ");
        oa_put_head(e, "chat.completion.chunk", out);
        yz_buf_lit(out, ",\"choices\":[],");
        oa_put_usage(&e->usage, out);
        yz_buf_lit(out, "}\n\n");
    }
    yz_buf_lit(out, "data: [DONE]\n\n");
}

/* ---- items --------------------------------------------------------------------------------------------------------------- */

#define PASSED_OVER YZ_PART_OPAQUE /* the open item has no place here */

static void text(oa_encoder *e, oa_out_choice *c, yz_buf *collect, const char *before, yz_str piece, yz_buf *out) {
    if (e->info->stream)
        chunk(e, c, before, piece, "\"}", out);
    else
        yz_buf_str(collect, piece);
}

/* Is it a tool of free text to the client? Its name stands in the request then. */
static bool is_custom(const oa_encoder *e, yz_str name) {
    const yz_request *request = e->info->request;
    bool own = request && request->dialect && strcmp(request->dialect->dialect, "openai-chat") == 0;
    const yz_json *tools = own ? yz_json_get(request->json, "tools") : NULL;
    for (const yz_json *tool = tools ? tools->child : NULL; tool; tool = tool->next)
        if (yz_str_eq(yz_json_escaped(yz_json_get(yz_json_get(tool, "custom"), "name")), name) && name.n)
            return true;
    return false;
}

static void begin_call(oa_encoder *e, oa_out_choice *c, const yz_event *event) {
    yz_arena *arena = e->info->arena;
    c->call_id = event->id.n ? yz_dup(arena, event->id) /* some servers give none, but clients answer by it */
                             : yz_format(arena, "call_%.*s_%u", YZ_STR_ARGS(e->id), c->choice * YZ_CALLS_MAX + c->n_calls);
    c->call_name = yz_dup(arena, event->name);
    c->n_calls++;
    c->argued = false;
    c->waits = true;
    c->custom = is_custom(e, event->name);
}

/* The call that waits is told, with what is known of it. */
static void tell_call(oa_encoder *e, oa_out_choice *c, yz_buf *out) {
    if (!c->waits)
        return;
    c->waits = false;
    if (e->info->stream) {
        stream_tool(e, c, out);
        return;
    }
    if (!c->calls)
        c->calls = yz_alloc(e->info->arena, YZ_CALLS_MAX * sizeof(*c->calls));
    c->calls[c->n_calls - 1] = (oa_out_call){.id = c->call_id, .name = c->call_name, .custom = c->custom, .signature = c->signature};
}

static void signature(oa_encoder *e, oa_out_choice *c, const yz_event *event) {
    bool told = c->item == YZ_PART_TOOL_CALL && !c->waits;
    if (!oa_signature_fits(c, event) || (told && e->info->stream)) {
        yc_lose_named(e->info, event->name, "thinking.signature");
        return;
    }
    c->signature = yz_dup(e->info->arena, event->text);
    c->signed_by = yz_dup(e->info->arena, event->signed_by);
    if (told)
        c->calls[c->n_calls - 1].signature = c->signature;
}

static void args(oa_encoder *e, oa_out_choice *c, yz_str piece, yz_buf *out) {
    c->argued = true;
    if (e->info->stream)
        stream_args(e, c, piece, out);
    else
        yz_buf_str(&c->calls[c->n_calls - 1].args, piece);
}

/* An item begins. A call too many is passed over, as is a kind that has no place here. */
static void begin(oa_encoder *e, oa_out_choice *c, const yz_event *event) {
    c->item = event->item;
    c->whole.n = 0;
    c->signature = (yz_str){NULL, 0};
    if (c->item == YZ_PART_REASONING)
        c->short_name = yz_str_is(event->name, "reasoning");
    if (c->item == YZ_PART_TOOL_CALL && c->n_calls == YZ_CALLS_MAX)
        c->item = PASSED_OVER;
    else if (c->item == YZ_PART_TOOL_CALL)
        begin_call(e, c, event);
    else if (c->item == YZ_PART_IMAGE || c->item == YZ_PART_AUDIO)
        c->media_type = yz_dup(e->info->arena, event->media_type);
    else if (c->item > YZ_PART_REFUSAL)
        yc_lose_named(e->info, event->name, "message.content");
}

static void delta(oa_encoder *e, oa_out_choice *c, yz_str piece, yz_buf *out) {
    switch (c->item) {
    case YZ_PART_TEXT:
        if (c->whole.n < OA_KEPT_MAX)
            yz_buf_str(&c->whole, piece);
        text(e, c, &c->text, "{\"content\":\"", piece, out);
        break;
    case YZ_PART_REASONING:
        if (c->whole.n < OA_KEPT_MAX)
            yz_buf_str(&c->whole, piece);
        text(e, c, &c->reasoning, c->short_name ? "{\"reasoning\":\"" : "{\"reasoning_content\":\"", piece, out);
        break;
    case YZ_PART_REFUSAL:
        text(e, c, &c->refusal, "{\"refusal\":\"", piece, out);
        break;
    case YZ_PART_TOOL_CALL:
        tell_call(e, c, out);
        if (c->custom)
            yz_buf_str(&c->whole, piece);
        else
            args(e, c, piece, out);
        break;
    case YZ_PART_IMAGE:
    case YZ_PART_AUDIO:
        oa_more_piece(e, c, piece, out);
        break;
    default:
        break;
    }
}

static void end(oa_encoder *e, oa_out_choice *c, yz_buf *out) {
    tell_call(e, c, out);
    if (c->item == YZ_PART_REASONING)
        oa_end_thoughts(e, c, out);
    if (c->item == YZ_PART_TOOL_CALL && c->custom)
        args(e, c, yz_custom_input(e->info->arena, yz_buf_view(&c->whole)), out);
    else if (c->item == YZ_PART_TOOL_CALL && !c->argued)
        args(e, c, YZ_STR("{}"), out);
    oa_more_end(e, c, out);
    c->item = PASSED_OVER;
}

/* ---- events --------------------------------------------------------------------------------------------------------------- */

static void finish(oa_encoder *e, oa_out_choice *c, yz_finish kind, yz_buf *out) {
    if (c->finished)
        return;
    c->finished = true;
    c->finish = kind;
    if (e->info->stream)
        stream_finish(e, c, out);
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
    for (oa_out_choice *c = &e->choices; c; c = c->next)
        finish(e, c, YZ_FINISH_STOP, out);
    e->closed = true;
    if (e->info->stream)
        stream_done(e, out);
    else
        oa_encode_document(e, out);
}

/* What concerns one of the answers. */
static void of_choice(oa_encoder *e, const yz_event *event, yz_buf *out) {
    oa_out_choice *c = choice_of(e, event->choice, out);
    switch (event->kind) {
    case YZ_EVENT_ITEM:
        begin(e, c, event);
        break;
    case YZ_EVENT_DELTA:
        delta(e, c, event->text, out);
        break;
    case YZ_EVENT_ITEM_END:
        end(e, c, out);
        break;
    case YZ_EVENT_SIGNATURE:
        signature(e, c, event);
        break;
    case YZ_EVENT_ANNOTATION:
        if (c->item == YZ_PART_TEXT)
            oa_more_source(e, c, event);
        else
            yc_lose_named(e->info, event->name, "message.annotations");
        break;
    case YZ_EVENT_LOGPROBS:
        oa_more_logprobs(e, c, event);
        break;
    default:
        finish(e, c, event->finish, out);
    }
}

void oa_encode(void *encoder, const yz_event *event, yz_buf *out) {
    oa_encoder *e = encoder;
    if (e->closed)
        return;
    if (e->info->request && e->info->request->op == YZ_OP_IMAGE && event->kind != YZ_EVENT_ERROR) {
        oa_encode_picture(e, event, out);
        return;
    }
    if (!e->opened && event->kind != YZ_EVENT_ERROR)
        open(e, event, out);
    switch (event->kind) {
    case YZ_EVENT_ITEM:
    case YZ_EVENT_DELTA:
    case YZ_EVENT_ITEM_END:
    case YZ_EVENT_SIGNATURE:
    case YZ_EVENT_ANNOTATION:
    case YZ_EVENT_LOGPROBS:
    case YZ_EVENT_FINISH:
        of_choice(e, event, out);
        break;
    case YZ_EVENT_USAGE:
        yz_usage_merge(&e->usage, event->usage);
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
