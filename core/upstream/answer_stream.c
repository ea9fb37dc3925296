/* answer_stream.c: event streams: every event is decoded once, in passing, and forwarded as it came.
 *
 * Whole events of one read go up as one chunk. Until the first content, the terminal event or an error has been seen, they are held,
 * head and all: what goes wrong before is an ordinary error that can be retried. After the terminal event nothing can go wrong, and
 * nothing more is forwarded.
 */
#include "base/arena.h"
#include "base/json_mend.h"
#include "call/tree.h"
#include "dialect/error_text.h"
#include "http/json_array.h"
#include "upstream/provider_inner.h"

enum { LONGEST_WORDS = 2048 }; /* of an error that is no more than words */

static bool of_this_read(const yz_leaf *leaf, yz_str raw) {
    return (uintptr_t)raw.p >= (uintptr_t)leaf->read.p && (uintptr_t)raw.p < (uintptr_t)leaf->read.p + leaf->read.n;
}

/* Is this event only there because usage was asked for on behalf of a client that does not want it? One that also says why the answer ends
 * makes it complete, though that is told later (decode_end). */
static bool is_unasked(const yz_leaf *leaf, bool turns_complete) {
    bool only = (leaf->said & ~(1u << YZ_EVENT_START)) == 1u << YZ_EVENT_USAGE;
    return only && !turns_complete && leaf->asks_usage && !leaf->request->include_usage;
}

/* Is it an event that no client is to see? Of that kind is an error, and nothing else, behind an answer that is whole: SDKs throw for it,
 * and their answer away. */
static bool is_hidden(yz_leaf *leaf) {
    bool before = leaf->complete;
    leaf->complete = yz_leaf_stream_complete(leaf);
    return is_unasked(leaf, leaf->complete != before) || (leaf->beside && before && leaf->said == 1u << YZ_EVENT_LOST);
}

/* Adds an event after those that are to be sent; where it lies if it touches the one before. */
static void add(yz_leaf *leaf, yz_str raw) {
    if (leaf->run.n && leaf->run.p + leaf->run.n == raw.p) {
        leaf->run.n += raw.n;
        return;
    }
    yz_leaf_keep_run(leaf);
    if (of_this_read(leaf, raw))
        leaf->run = raw;
    else
        yz_buf_str(&leaf->held, raw);
}

static int decode(yz_leaf *leaf, const yz_sse_event *event) {
    yz_arena_reset(leaf->scratch);
    leaf->said = 0;
    leaf->beside = false;
    return leaf->adapter->decode_event(leaf->decoder, event->name, event->data, leaf->scratch, &leaf->sink);
}

/* Decodes an event that is not of its dialect as it stands, but once it is made right; it goes on as that. */
static int decode_mended(yz_leaf *leaf, yz_sse_event *event, int code) {
    yz_buf *out = &leaf->mended;
    out->n = 0;
    if (event->name.n)
        yz_buf_printf(out, "event: %.*s\n", YZ_STR_ARGS(event->name));
    yz_buf_lit(out, "data: ");
    size_t at = out->n;
    if (code != YZ_EINVAL || yz_json_mend(event->data, out) != YZ_OK)
        return code;
    size_t n = out->n - at;
    yz_buf_lit(out, "\n\n");
    event->raw = yz_buf_view(out);
    event->data = yz_str_at(out->p + at, n);
    return decode(leaf, event);
}

/* One line of data and nothing else. */
static bool is_bare(const yz_sse_event *event) { return yz_str_starts(event->raw, "data:") && event->raw.n <= event->data.n + 10; }

static bool has_exchanged(const yz_leaf *leaf) { return leaf->said & 1u << YZ_EVENT_FINISH_WORD || yz_leaf_is_stamped(leaf); }

/* With what is exchanged in it: of one line of data, which all of them send. */
static bool forward_exchanged(yz_leaf *leaf, const yz_sse_event *event) {
    uintptr_t raw = (uintptr_t)event->raw.p, data = (uintptr_t)event->data.p;
    if (!event->has_data || data < raw || data + event->data.n > raw + event->raw.n)
        return false;
    yz_buf out = {0};
    bool any = yz_leaf_exchange(leaf, event->raw, event->data, &out);
    if (any)
        yz_leaf_keep_run(leaf);
    yz_buf_str(&leaf->held, yz_buf_view(&out));
    yz_buf_free(&out);
    return any;
}

static void forward(yz_leaf *leaf, const yz_sse_event *event) {
    if (has_exchanged(leaf) && forward_exchanged(leaf, event))
        return;
    if (!leaf->request->dialect->bare_events || (event->has_data && is_bare(event))) {
        add(leaf, event->raw);
    } else if (event->has_data) {
        yz_leaf_keep_run(leaf);
        yz_json_array_event(event->data, &leaf->held);
    }
}

/* Nobody shall know what was said after this event (NULL: at all). */
static void forget_since(yz_leaf *leaf, yz_event *last) {
    if (last)
        last->next = NULL;
    else
        leaf->events = NULL;
    leaf->last = last;
}

static bool is_json(yz_str text) { return text.n && (*text.p == '{' || *text.p == '[' || *text.p == '"'); }

/* Is this an error, by what the decoder makes of it, alone or as the only one of a list? Then it is leaf->error, or stands beside an answer
 * that is whole, and nothing else is said. */
static bool is_error(yz_leaf *leaf, yz_str name, yz_str text) {
    yz_json *list;
    if (text.n && *text.p == '[' && yz_json_parse(leaf->arena, text, YZ_JSON_ANSWERED, &list, NULL) == YZ_OK && list->child)
        text = yz_json_raw(list->child);
    yz_event *last = leaf->last;
    yz_sse_event said = {.name = name, .raw = text, .data = text, .has_data = true};
    bool content = leaf->content, failed = text.n && *text.p == '{' && decode(leaf, &said) == YZ_OK && (leaf->error || leaf->beside);
    leaf->content = content;
    if (!failed)
        forget_since(leaf, last);
    return failed;
}

/* An error that is no more than words: told as such, or a page where an event was due; or beside an answer that is whole. */
static void fail_in_words(yz_leaf *leaf, yz_str text, yz_error_class class_) {
    text.n = text.n < LONGEST_WORDS ? text.n : LONGEST_WORDS;
    yz_error error = {YZ_ERROR, .class_ = class_, .message = yz_error_text(leaf->arena, text, true)};
    if (error.message.n == 0 && class_ == YZ_ERROR_SERVER)
        error.message = YZ_STR("the provider reported an error");
    if (error.message.n == 0)
        return;
    leaf->said = 1u << YZ_EVENT_LOST;
    leaf->beside = leaf->content && yz_leaf_stream_complete(leaf);
    if (leaf->beside)
        yz_leaf_said_beside(leaf, &error);
    else
        leaf->error = yz_error_copy(leaf->arena, &error);
}

/* Lines of a stream that are no field of an event: some servers say an error so, when they have begun; proxies send a page. */
static bool is_error_alone(yz_leaf *leaf, yz_str raw) {
    size_t from = 0;
    while (from < raw.n && (unsigned char)raw.p[from] <= ' ')
        from++;
    yz_str text = {raw.p + from, raw.n - from};
    leaf->beside = false;
    if (text.n && *text.p == '<')
        fail_in_words(leaf, text, YZ_ERROR_BROKEN);
    if (yz_str_starts(text, "error:")) { /* llama.cpp, older than its `data: {"error"` */
        for (from = 6; from < text.n && text.p[from] == ' ';)
            from++;
        return is_error(leaf, YZ_STR("error"), yz_str_at(text.p + from, text.n - from));
    }
    return leaf->error || leaf->beside || is_error(leaf, YZ_STR(""), text);
}

/* Is what lies between the last whole event and a cut no event: a comment, or the beginning of [DONE]? */
static bool is_no_event(yz_str rest) {
    static const char done[] = "data: [DONE]";
    while (rest.n && (unsigned char)*rest.p <= ' ')
        rest.p++, rest.n--;
    while (rest.n && (unsigned char)rest.p[rest.n - 1] <= ' ')
        rest.n--;
    return rest.n == 0 || *rest.p == ':' || (rest.n < sizeof done && memcmp(rest.p, done, rest.n) == 0);
}

/* A text in place of the whole stream. */
static bool is_all_words(yz_leaf *leaf, yz_str rest) {
    if (leaf->content || leaf->sent || leaf->held.n || leaf->run.n || is_no_event(rest) || is_json(rest))
        return false;
    fail_in_words(leaf, rest, YZ_ERROR_BROKEN);
    return leaf->error != NULL;
}

/* An event that its decoder cannot read, and that is an error all the same: a list of one, or words and the name of an error. Other words
 * are kept, for what is said of the stream. */
static bool is_odd_error(yz_leaf *leaf, const yz_sse_event *event) {
    if (is_error(leaf, event->name, event->data))
        return true;
    if (yz_str_is(event->name, "error"))
        fail_in_words(leaf, event->data, YZ_ERROR_SERVER);
    else if (event->data.n && !is_json(event->data))
        leaf->words = yz_dup(leaf->arena, event->data);
    return leaf->error || leaf->beside;
}

/* A sign of life that is no event of any dialect: nobody reads it, and it ends nothing. */
static bool is_sign_of_life(const yz_sse_event *event) {
    static const char *const words[] = {"ping",       "pong",  "heartbeat", "keep-alive", "keepalive",
                                        "keep_alive", "alive", "null",      "[]",         "[PING]"};
    yz_str text = event->data;
    while (text.n && (unsigned char)text.p[text.n - 1] <= ' ')
        text.n--;
    if (text.n > 2 && *text.p == '"' && text.p[text.n - 1] == '"')
        text = yz_str_at(text.p + 1, text.n - 2);
    bool known = text.n == 0;
    for (size_t i = 0; i < sizeof words / sizeof *words && !known; i++)
        known = yz_str_ieq(text, yz_str_of(words[i]));
    return known && !yz_str_is(event->name, "error");
}

/* [DONE] in a dialect that does not say so: clients get the end that they know, if there is one. */
static bool ends_otherwise(yz_leaf *leaf, const yz_sse_event *event) {
    const char *end = leaf->adapter->stream_end;
    if (!leaf->done || !leaf->adapter->foreign_done || !yz_str_is(event->data, "[DONE]"))
        return false;
    yz_leaf_keep_run(leaf);
    yz_buf_lit(&leaf->held, end ? end : "");
    return true;
}

/* No event, but a whole document in the frame of one: from now on the answer is that document. */
static int become_document(yz_leaf *leaf, yz_str data) {
    yz_buf text = {0};
    yz_buf_str(&text, data);
    yz_buf_free(&leaf->held);
    leaf->held = text;
    leaf->run = (yz_str){0};
    leaf->total = (int64_t)data.n;
    leaf->decoder = NULL;
    leaf->framed = true;
    yz_leaf_begin_document(leaf);
    return YZ_ECANCELLED;
}

static int on_event(void *arg, const yz_sse_event *event) {
    yz_leaf *leaf = arg;
    const yz_sse_event *as_sent = event;
    yz_sse_event mended;
    if (leaf->done)
        return YZ_OK; /* after the terminal event a client would not know what to do with more */
    if (event->has_data) {
        int code = decode(leaf, event);
        if (code < 0 && !leaf->error && is_sign_of_life(event))
            return YZ_OK;
        if (code < 0 && !leaf->error) {
            mended = *event;
            event = &mended;
            code = decode_mended(leaf, &mended, code);
        }
        if (code == YZ_WHOLE)
            return become_document(leaf, event->data);
        if (code < 0 && !leaf->error && is_odd_error(leaf, as_sent))
            code = YZ_OK;
        if (leaf->error)
            return YZ_EIO; /* the event is not forwarded: the error goes up in the client's own form */
        if (code < 0) {
            leaf->undecoded = code;
            return YZ_EIO;
        }
        if (is_hidden(leaf) || ends_otherwise(leaf, event))
            return YZ_OK;
        if (leaf->request->op != YZ_OP_CHAT)
            leaf->content = true, leaf->marks |= YZ_MARK_CONTENT; /* decoders know the content of chats only */
    } else if (is_error_alone(leaf, event->raw)) {
        return leaf->error ? YZ_EIO : YZ_OK;
    }
    forward(leaf, event);
    return YZ_OK;
}

/* Sends what there is, if it may be sent yet. */
static void flush(yz_leaf *leaf) {
    size_t n = leaf->held.n + leaf->run.n;
    if (!leaf->sent) {
        size_t events = leaf->events ? yz_arena_size(leaf->kept) : 0;
        if (!leaf->content && !leaf->done && n <= YZ_HELD_STREAM && events <= YZ_HELD_EVENTS) {
            yz_leaf_keep_run(leaf);
            return;
        }
        yz_leaf_send_head(leaf, true, true, -1);
    }
    unsigned marks = leaf->marks;
    leaf->marks = 0;
    if (marks & YZ_MARK_CONTENT && leaf->fetch)
        yz_fetch_alive(leaf->fetch);
    yz_leaf_send_chunk(leaf, marks);
}

static void fail(yz_leaf *leaf, int code) {
    if (leaf->content || leaf->sent)
        flush(leaf); /* what came before it is good */
    if (yz_ended(leaf->call))
        return;
    if (leaf->error) {
        yz_leaf_inner_error(leaf);
    } else if (leaf->undecoded) {
        yz_leaf_unreadable(leaf, "stream", leaf->undecoded);
    } else if (code == YZ_ELIMIT) {
        yz_leaf_fail(leaf, YZ_ERROR_ANSWERED, "an event of its stream is longer than %zu bytes (max_answer)", leaf->sse.limit);
    } else {
        yz_leaf_fail(leaf, YZ_ERROR_ANSWERED, "its stream is not in the dialect %s", leaf->adapter->dialect);
    }
}

void yz_leaf_stream_bytes(yz_leaf *leaf, yz_str bytes) {
    leaf->read = bytes;
    int code = yz_sse_feed(&leaf->sse, bytes, on_event, leaf);
    if (code < 0 && !leaf->framed)
        fail(leaf, code);
}

/* Its reader had left when all was said, and it was not the end: it goes on for others at most. */
static bool goes_on_unread(yz_leaf *leaf) {
    leaf->record->whole = false;
    if (yz_call_unread(leaf->call))
        yz_leaf_fail(leaf, YZ_ERROR_BROKEN, "its stream went on behind its finish, and whoever read it had left");
    return !yz_ended(leaf->call);
}

/* After the terminal event nobody waits for HTTP's end: some providers are slow to send it, or never do. */
void yz_leaf_stream_batch(yz_leaf *leaf) {
    if (leaf->done && !yz_ended(leaf->call) && yz_leaf_unpainted(leaf)) /* judged before a client can take what came for whole */
        return;
    if (leaf->marks & YZ_MARK_CONTENT && leaf->record->whole && !goes_on_unread(leaf))
        return;
    if (leaf->marks & YZ_MARK_CONTENT)
        yz_fetch_over(leaf->fetch, false);
    flush(leaf);
    if (yz_ended(leaf->call))
        return;
    if (!leaf->done) { /* what it used may still be to come */
        yz_fetch_over(leaf->fetch, leaf->record->whole || (leaf->content && leaf->usage.known && yz_leaf_stream_complete(leaf)));
        return;
    }
    yz_fetch_leave(leaf->fetch);
    leaf->fetch = NULL;
    yz_leaf_end(leaf);
}

bool yz_leaf_stream_complete(const yz_leaf *leaf) {
    return leaf->done || (leaf->adapter->decode_complete && leaf->adapter->decode_complete(&leaf->provider->pub, leaf->decoder));
}

bool yz_leaf_stream_over(const yz_leaf *leaf) {
    return leaf->content && yz_leaf_stream_complete(leaf) && is_no_event(yz_buf_view(&leaf->sse.pending));
}

/* The stream ended in an event without its blank line: cut off, unless it is the terminal one, or an error, whose words are then known. */
static int on_last_event(void *arg, const yz_sse_event *event) {
    yz_leaf *leaf = arg;
    bool content = leaf->content, over = leaf->done;
    yz_event *last = leaf->last;
    int code = over ? YZ_OK : decode(leaf, event);
    if (code == YZ_WHOLE)
        return become_document(leaf, event->data);
    if (!over && code == YZ_OK && !leaf->error && yz_leaf_stream_complete(leaf)) {
        if (!is_hidden(leaf) && !ends_otherwise(leaf, event)) {
            if (!has_exchanged(leaf) || !forward_exchanged(leaf, event))
                add(leaf, event->raw);
            yz_leaf_keep_run(leaf);
            yz_buf_lit(&leaf->held, "\n\n");
        }
    } else {
        forget_since(leaf, last);
        if (code < 0 && !leaf->error)
            (void)is_odd_error(leaf, event);
    }
    if (code < 0 && event->data.n > 0 && memchr(event->data.p, '\n', event->data.n))
        leaf->undecoded = code; /* all of its events, as one */
    leaf->content = content;
    return YZ_OK;
}

/* What the decoder held back. */
static void decode_end(yz_leaf *leaf) {
    if (leaf->done || leaf->error || !leaf->adapter->decode_end)
        return;
    yz_arena_reset(leaf->scratch);
    leaf->said = 0;
    leaf->adapter->decode_end(leaf->decoder, leaf->scratch, &leaf->sink);
    yz_leaf_keep_run(leaf);
    if (leaf->events && leaf->held.n == 0)
        yz_buf_char(&leaf->held, '\n'); /* events go with bytes: an empty line says nothing */
}

/* Bytes of a stream that is whole without them, which its clients wait for all the same. */
static void add_stream_end(yz_leaf *leaf) {
    if (leaf->done || !leaf->adapter->stream_end || leaf->request->op != YZ_OP_CHAT)
        return;
    yz_leaf_keep_run(leaf);
    yz_buf_lit(&leaf->held, leaf->adapter->stream_end);
}

/* Cut off, what stands last may be a part of an event: only what is whole by itself is an error. */
static int on_cut_event(void *arg, const yz_sse_event *event) {
    yz_leaf *leaf = arg;
    if (!is_error(leaf, event->name, event->data) && yz_str_is(event->name, "error") && event->data.n && !is_json(event->data))
        fail_in_words(leaf, event->data, YZ_ERROR_SERVER);
    return YZ_OK;
}

bool yz_leaf_stream_failed(yz_leaf *leaf) {
    size_t left;
    yz_str rest = yz_buf_view(&leaf->sse.pending);
    if (leaf->done || leaf->framed || leaf->error)
        return false;
    int code = yz_sse_end(&leaf->sse, on_cut_event, leaf, &left);
    if (code == YZ_OK && left == rest.n && !leaf->error)
        (void)is_error_alone(leaf, rest);
    if (!leaf->error)
        return false;
    if (leaf->content || leaf->sent)
        flush(leaf);
    if (!yz_ended(leaf->call))
        yz_leaf_inner_error(leaf);
    return true;
}

void yz_leaf_stream_end(yz_leaf *leaf) {
    size_t left;
    bool complete = yz_leaf_stream_complete(leaf);
    leaf->read = (yz_str){0};
    yz_str rest = yz_buf_view(&leaf->sse.pending);
    int code = yz_sse_end(&leaf->sse, on_last_event, leaf, &left);
    if (leaf->framed) {
        if (!yz_ended(leaf->call))
            yz_leaf_document_end(leaf);
        return;
    }
    if (code == YZ_OK && left == rest.n && !leaf->error)
        (void)(is_error_alone(leaf, rest) || is_all_words(leaf, rest));
    decode_end(leaf);
    if (!leaf->error && (complete || yz_leaf_stream_complete(leaf))) {
        add_stream_end(leaf);
        leaf->done = true;
        if (yz_leaf_unpainted(leaf))
            return;
        flush(leaf);
        yz_leaf_end(leaf);
        return;
    }
    if (leaf->content || leaf->sent)
        flush(leaf);
    if (yz_ended(leaf->call))
        return;
    if (leaf->error)
        yz_leaf_inner_error(leaf);
    else if (leaf->undecoded && !leaf->content)
        yz_leaf_fail(leaf, YZ_ERROR_ANSWERED, "the events of its stream are not parted by blank lines");
    else
        yz_leaf_fail(leaf, YZ_ERROR_BROKEN, "its stream stopped without its last event");
}
