/* demo/demo.c: a provider without a network: answers at once, in the dialect the client spoke, so that yuzui can be tried before
 * there is a key, and policies, retries and time-outs with delays and faults on demand.
 *
 * The request's metadata asks for them: demo.delay (ms, "200ms" or "2s"), demo.fault (a status such as "429", or "timeout",
 * "truncate", "error"), demo.fault_at (only at the provider of this name).
 *
 * The answer is made once, as neutral events, and encoded by the adapter of the client's dialect: this filter knows no dialect.
 */
#include "demo.h"

#include <stdlib.h>

#define NEVER_MS     600000 /* how long a fault "timeout" stays silent; time-outs are to come first */
#define DELAY_MAX_MS 600000

typedef struct demo_call {
    yz_encoder *encoder;
    yz_items items;
    demo_answer answer;
    yz_str fault;
    int64_t pace;
    size_t reasoned, said; /* bytes of reasoning and text that went out */
    bool stream, started, silent;
} demo_call;

/* ---- what the request asks for --------------------------------------------------------------------------------------------- */

static yz_str wish(const yz_chat *chat, const char *name, yz_arena *arena) {
    return yz_json_text(arena, yz_json_get(yz_json_get(chat->source, "metadata"), name));
}

/* "200", "200ms", "2s"; 0 for anything else. */
static int64_t duration(yz_str text) {
    int64_t ms = 0;
    size_t i = 0;
    for (; i < text.n && i < 7 && text.p[i] >= '0' && text.p[i] <= '9'; i++)
        ms = ms * 10 + (text.p[i] - '0');
    if (i < text.n && text.p[i] == 's')
        ms *= 1000;
    return ms < DELAY_MAX_MS ? ms : DELAY_MAX_MS;
}

static void read_wishes(yz_call *call, const yz_chat *chat, int64_t *delay) {
    demo_call *d = yz_state(call);
    yz_arena *arena = yz_call_arena(call);
    const yz_target *target = yz_call_request(call)->target;
    yz_str at = wish(chat, "demo.fault_at", arena), wait = wish(chat, "demo.delay", arena);
    if (at.n == 0 || (target && yz_str_eq(at, target->provider->name)))
        d->fault = wish(chat, "demo.fault", arena);
    if (wait.n)
        *delay = duration(wait);
}

/* ---- faults ---------------------------------------------------------------------------------------------------------------------- */

static void fail_with(yz_call *call, int status) {
    yz_error e = {YZ_ERROR, .class_ = yz_error_class_of(status), .retry_after = status == 429 ? 1000 : 0,
                  .target = yz_call_request(call)->target};
    e.message = yz_format(yz_call_arena(call), "the demo provider fails with status %d because the request asked for it", status);
    yz_send_error(call, &e);
}

static void fail_broken(yz_call *call) {
    yz_error e = {YZ_ERROR, .class_ = YZ_ERROR_BROKEN, .message = YZ_STR("the demo provider breaks off because the request asked for it"),
                  .started = YZ_STARTED_YES, .target = yz_call_request(call)->target};
    yz_send_error(call, &e);
}

/* A fault that comes before the answer. True: the call has ended, or will be silent. */
static bool fails_first(yz_call *call) {
    demo_call *d = yz_state(call);
    if (yz_str_is(d->fault, "timeout")) {
        d->silent = true;
        yz_timer_start(call, NEVER_MS);
        return true;
    }
    bool number = d->fault.n == 3 && d->fault.p[0] >= '4' && d->fault.p[0] <= '5';
    if (number)
        fail_with(call, atoi(yz_dup(yz_call_arena(call), d->fault).p));
    else if (!d->stream && yz_str_is(d->fault, "truncate"))
        fail_broken(call);
    else if (!d->stream && yz_str_is(d->fault, "error"))
        fail_with(call, 529);
    else
        return false;
    return true;
}

/* ---- the answer ------------------------------------------------------------------------------------------------------------------- */

/* Plain text as the next piece of an item, into out. */
typedef struct piece_sink {
    yz_sink sink; /* first */
    const demo_call *call;
    yz_buf *out;
} piece_sink;

static void encode(const demo_call *d, const yz_event *event, yz_buf *out) { yz_encoder_put(d->encoder, event, out); }

static void on_item(yz_sink *sink, const yz_event *event) {
    piece_sink *s = (piece_sink *)(void *)sink;
    encode(s->call, event, s->out);
}

static void say_piece(demo_call *d, yz_part_kind kind, yz_str plain, yz_buf *out) {
    piece_sink sink = {{on_item}, d, out};
    yz_buf escaped = {0};
    yz_buf_json(&escaped, plain);
    yz_items_put(&d->items, &sink.sink, kind, yz_buf_view(&escaped));
    yz_buf_free(&escaped);
}

/* The next piece of reasoning or text into out. False: there is none left. */
static bool next_piece(demo_call *d, yz_buf *out) {
    const demo_answer *a = &d->answer;
    bool thinking = d->reasoned < a->reasoning.n;
    yz_str all = thinking ? a->reasoning : a->text;
    size_t *at = thinking ? &d->reasoned : &d->said;
    if (*at == all.n)
        return false;
    size_t n = demo_piece((yz_str){all.p + *at, all.n - *at});
    say_piece(d, thinking ? YZ_PART_REASONING : YZ_PART_TEXT, (yz_str){all.p + *at, n}, out);
    *at += n;
    return true;
}

static void put_call(demo_call *d, yz_buf *out) {
    const demo_answer *a = &d->answer;
    unsigned index = d->items.n++;
    yz_buf escaped = {0};
    yz_buf_json(&escaped, a->arguments);
    encode(d,
           &(yz_event){YZ_EVENT, .kind = YZ_EVENT_ITEM, .index = index, .item = YZ_PART_TOOL_CALL, .id = YZ_STR("call_demo_1"),
                       .name = a->tool},
           out);
    encode(d, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_DELTA, .index = index, .text = yz_buf_view(&escaped)}, out);
    encode(d, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_ITEM_END, .index = index}, out);
    yz_buf_free(&escaped);
}

static void put_end(demo_call *d, yz_buf *out) {
    const demo_answer *a = &d->answer;
    piece_sink sink = {{on_item}, d, out};
    yz_items_end(&d->items, &sink.sink);
    if (a->tool.n)
        put_call(d, out);
    encode(d, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_USAGE, .usage = &a->usage}, out);
    encode(d, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_FINISH, .finish = a->finish}, out);
    encode(d, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_DONE}, out);
}

static void send_bytes(yz_call *call, const yz_buf *bytes, unsigned marks) {
    yz_chunk chunk = {YZ_CHUNK, .bytes = yz_buf_view(bytes), .marks = marks};
    if (bytes->n)
        yz_send_chunk(call, &chunk);
}

static void begin(yz_call *call, yz_buf *out) {
    demo_call *d = yz_state(call);
    yz_head head = {YZ_HEAD,
                    .status = 200,
                    .stream = d->stream,
                    .dialect = yz_call_request(call)->dialect,
                    .target = yz_call_request(call)->target,
                    .content_type = d->stream ? YZ_STR("text/event-stream") : YZ_STR("application/json"),
                    .length = -1};
    d->started = true;
    yz_send_head(call, &head);
    encode(d, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_START, .id = YZ_STR("demo-1")}, out);
}

static void end(yz_call *call, yz_buf *out) {
    demo_call *d = yz_state(call);
    put_end(d, out);
    send_bytes(call, out, YZ_MARK_CONTENT | YZ_MARK_FINISH | YZ_MARK_USAGE);
    yz_send_end(call, &(yz_end){YZ_END, .usage = &d->answer.usage, .finish = d->answer.finish});
}

/* One step: of a stream a piece, of a document all of it. */
static void step(yz_call *call) {
    demo_call *d = yz_state(call);
    yz_buf out = {0};
    if (!d->started)
        begin(call, &out);
    bool more = next_piece(d, &out);
    while (more && !d->stream)
        more = next_piece(d, &out);
    bool half = d->said * 2 > d->answer.text.n;
    if (half && (yz_str_is(d->fault, "truncate") || yz_str_is(d->fault, "error"))) {
        send_bytes(call, &out, YZ_MARK_CONTENT);
        if (yz_str_is(d->fault, "error"))
            fail_with(call, 529);
        else
            fail_broken(call);
    } else if (more) {
        send_bytes(call, &out, YZ_MARK_CONTENT);
        yz_timer_start(call, d->pace);
    } else {
        end(call, &out);
    }
    yz_buf_free(&out);
}

/* ---- hooks -----------------------------------------------------------------------------------------------------------------------------
 */

/* What is no chat: a picture, a sound. At once, and without faults, since those are asked for in a chat's words. */
static void make(yz_call *call, const yz_request *request) {
    yz_buf out = {0};
    const char *type = demo_made(request, yz_call_arena(call), &out);
    if (type) {
        bool film = strcmp(type, "video/mp4") == 0; /* no document of any dialect */
        yz_send_head(call, &(yz_head){YZ_HEAD, .status = 200, .dialect = film ? NULL : request->dialect, .target = request->target,
                                      .content_type = yz_str_of(type), .length = (int64_t)out.n});
        send_bytes(call, &out, YZ_MARK_CONTENT);
        yz_send_end(call, &(yz_end){YZ_END});
    } else {
        yz_fail(call, YZ_ERROR_UNSUPPORTED,
                "the demo provider answers chats, makes pictures (/v1/images/generations), sound (/v1/audio/speech, as wav), films of up "
                "to 20 seconds "
                "(/v1/videos) and songs (/suno/submit/music), none of them as a stream but chats, and nothing else");
    }
    yz_buf_free(&out);
}

static void on_call(yz_call *call, const yz_request *request) {
    demo_call *d = yz_state(call);
    const demo_config *config = yz_config(call);
    yz_arena *arena = yz_call_arena(call);
    d->encoder = request->op == YZ_OP_CHAT ? yz_encoder_new(request, yz_clock_wall(), arena, yz_losses_new(arena)) : NULL;
    if (!d->encoder) {
        make(call, request);
        return;
    }
    const yz_reading *reading = yz_request_read(request, arena);
    if (reading->code < 0) {
        yz_send_error(call, reading->error);
        return;
    }
    int64_t delay = config->delay;
    d->stream = request->stream;
    d->pace = config->pace;
    read_wishes(call, reading->chat, &delay);
    demo_compose(request, reading->chat, arena, &d->answer);
    if (delay > 0)
        yz_timer_start(call, delay);
    else if (!fails_first(call))
        step(call);
}

static void on_timer(yz_call *call, yz_timer *timer) {
    demo_call *d = yz_state(call);
    (void)timer;
    if (d->silent)
        yz_fail(call, YZ_ERROR_TIMEOUT, "the demo provider stayed silent because the request asked for it");
    else if (yz_paused(call))
        yz_timer_start(call, d->pace > 0 ? d->pace : 1); /* the reader above is full: ask again */
    else if (d->started || !fails_first(call))
        step(call);
}

static const yz_filter local = {YZ_FILTER, .call_size = sizeof(demo_call), .on_call = on_call, .on_timer = on_timer};

static const yz_adapter adapter = {YZ_ADAPTER, .dialect = "openai-chat", .local = &local};

static const yz_option options[] = {
    {"delay", YZ_OPTION_DURATION, offsetof(demo_config, delay), "0", .help = "time before an answer", .max = DELAY_MAX_MS},
    {"pace", YZ_OPTION_DURATION, offsetof(demo_config, pace), "15ms", .help = "time between the pieces of a stream", .max = 60000},
};

YZ_PLUGIN_KINDS("adapter");
YZ_PLUGIN(.name = "demo", .summary = "A provider without a network: to try yuzui without a key", .version = "0.1.0",
          .config_size = sizeof(demo_config), YZ_OPTIONS(options), .adapter = &adapter)
