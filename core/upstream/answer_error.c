/* answer_error.c: errors a provider reports: answers with status >= 400, and errors inside an answer with status 200. */
#include "base/clock.h"
#include "base/json_mend.h"
#include "base/request.h"
#include "call/tree.h"
#include "dialect/error_text.h"
#include "upstream/astray.h"
#include "upstream/classify.h"
#include "upstream/judge.h"
#include "upstream/provider_inner.h"
#include "upstream/retry_after.h"
#include "upstream/scrub.h"

#include <ctype.h>

#define LONGEST_ERROR ((int64_t)16 << 20) /* bytes that are read of one */
enum { OF_A_FAILURE = 300 };              /* bytes of a message of a server that fails, which says little about the request */

/* The line of the request has the provider's words. A refused key and an empty account are the operator's to mend, who gets a line of their
 * own. Not of what may be an answer: that it was none is all that is known. */
static void tell(const yz_leaf *leaf, const yz_error *error) {
    if (error->class_ == YZ_ERROR_ANSWERED)
        return;
    yz_str words = yz_error_for_log(error, leaf->provider, leaf->request, leaf->arena);
    yz_call_said(leaf->call, words);
    if (error->class_ != YZ_ERROR_QUOTA && error->class_ != YZ_ERROR_UPSTREAM_AUTH)
        return;
    yz_log(YZ_LOG_WARN, "provider %.*s: %s (status %d): %s%s%.*s [request %.*s]", YZ_STR_ARGS(leaf->provider->pub.name),
           yz_error_word(error->class_), error->said,
           error->class_ == YZ_ERROR_QUOTA ? "its account has no credit or quota left" : "it refuses the key", words.n ? "; it says: " : "",
           YZ_STR_ARGS(words), YZ_STR_ARGS(leaf->request->id));
}

/* Makes it fit for a client: of a refused key, which model it was for, since no other one may be refused. */
static void scrub(const yz_leaf *leaf, yz_error *error) {
    yz_str model = leaf->request->model;
    yz_error_scrub(error, leaf->provider, leaf->arena);
    if (error->class_ == YZ_ERROR_UPSTREAM_AUTH && model.n > 0 && model.n <= 200)
        error->message = yz_format(leaf->arena, "%.*s, for the model %.*s: whoever runs the gateway finds more in its log",
                                   YZ_STR_ARGS(error->message), YZ_STR_ARGS(model));
}

/* Judges and tells an error, and makes it fit for a client. */
static void take(const yz_leaf *leaf, yz_error *error) {
    yz_error_judge(error, leaf->provider);
    tell(leaf, error);
    scrub(leaf, error);
}

/* Said in an answer with a status of success. Of what is made at once, and of a job, an error in place of it says as much as its status
 * would: who refuses has not begun. */
static void set_started(const yz_leaf *leaf, yz_error *error) {
    error->started = yz_leaf_started(leaf);
    if (!yz_op_makes(leaf->request->op) || leaf->sent)
        return;
    bool unkeyed = error->class_ == YZ_ERROR_UPSTREAM_AUTH;
    error->said = error->said >= 400 ? error->said : unkeyed ? 401 : yz_error_status(error);
    error->started = yz_status_started(error->said);
}

void yz_leaf_inner_error(yz_leaf *leaf) {
    take(leaf, leaf->error);
    set_started(leaf, leaf->error);
    yz_leaf_error(leaf, leaf->error);
}

void yz_leaf_said_beside(const yz_leaf *leaf, const yz_error *error) {
    yz_error said = *error;
    yz_call_said(leaf->call, yz_error_for_log(&said, leaf->provider, leaf->request, leaf->arena));
}

void yz_leaf_refused_inside(yz_leaf *leaf, yz_error *error) {
    take(leaf, error);
    error->started = yz_status_started(error->said);
    yz_leaf_error(leaf, error);
}

void yz_leaf_unreadable(yz_leaf *leaf, const char *what, int code) {
    if (code == YZ_ELIMIT)
        yz_leaf_fail(leaf, YZ_ERROR_ANSWERED, "its %s makes more than %d tool calls, the most that are carried", what, YZ_CALLS_MAX);
    else
        yz_leaf_worded(leaf, yz_format(leaf->arena, "its %s is not in the dialect %s", what, leaf->adapter->dialect).p, leaf->words);
}

/* What a failing server says is mostly about itself, and may hold its stack: its first line, behind what is certain. */
static void shorten(const yz_leaf *leaf, yz_error *error) {
    int status = leaf->head->status;
    yz_str words = error->message, name = leaf->provider->pub.name;
    const char *line = words.n > 0 ? memchr(words.p, '\n', words.n) : NULL;
    if (yz_status_explains(status) && words.n > 0)
        return; /* else there are none, or they are a failing server's */
    words.n = line ? (size_t)(line - words.p) : words.n;
    words.n = words.n < OF_A_FAILURE ? words.n : OF_A_FAILURE;
    yz_buf text = {0};
    yz_buf_printf(&text, "provider %.*s answered with status %d%s", YZ_STR_ARGS(name), status, words.n > 0 ? ": " : "");
    yz_buf_str(&text, words);
    error->message = yz_dup(leaf->arena, yz_buf_view(&text));
    yz_buf_free(&text);
}

/* x-should-retry: what the SDKs of both big vendors obey. */
static yz_again again(const yz_leaf *leaf) {
    yz_str said = yz_header_find(leaf->head->headers, leaf->head->n_headers, "x-should-retry");
    return yz_str_ieq(said, YZ_STR("true")) ? YZ_AGAIN_YES : yz_str_ieq(said, YZ_STR("false")) ? YZ_AGAIN_NO : YZ_AGAIN_UNSAID;
}

/* Headers of an answer: of this one, or as a relay quotes those that it got. */
typedef struct said_headers {
    const yz_header *items;
    size_t n;
} said_headers;

/* What a flavour's headers say; NULL: it has none. */
static int64_t wait_by(int status, said_headers headers, const yz_flavour *flavour) {
    enum { MOST = 32 };
    const char *names[MOST + 1] = {NULL};
    for (size_t i = 0; flavour && i < flavour->resets.n && i < MOST; i++)
        names[i] = flavour->resets.items[i].p;
    return names[0] ? yz_retry_after(status, headers.items, headers.n, names, yz_clock_wall()) : 0;
}

/* The longest of what the adapter's headers say, those of the provider's flavour, and those that vendors share. */
static int64_t wait_in(const yz_leaf *leaf, said_headers headers) {
    int status = leaf->head->status;
    const yz_provider_settings *provider = leaf->provider;
    const yz_flavour *shared = provider->flavours ? yz_flavours_find(provider->flavours, YZ_STR("any")) : NULL;
    int64_t ms = yz_retry_after(status, headers.items, headers.n, leaf->adapter->reset_headers, yz_clock_wall());
    int64_t own = wait_by(status, headers, provider->flavour), common = wait_by(status, headers, shared);
    ms = own > ms ? own : ms;
    return common > ms ? common : ms;
}

/* OpenRouter quotes headers in the body: error.metadata.headers. Their names in small letters. */
static said_headers quoted(const yz_json *body, yz_arena *arena) {
    enum { MOST = 16 };
    const yz_json *list = yz_json_get(yz_json_get(yz_json_get(body, "error"), "metadata"), "headers");
    yz_header *items = yz_json_is(list, YZ_JSON_OBJECT) ? yz_alloc(arena, MOST * sizeof *items) : NULL;
    size_t n = 0;
    for (const yz_json *node = items ? list->child : NULL; node && n < MOST; node = node->next) {
        yz_str key = yz_json_key(node);
        char *name = yz_alloc(arena, key.n + 1);
        for (size_t i = 0; i < key.n; i++)
            name[i] = (char)tolower((unsigned char)key.p[i]);
        items[n++] = (yz_header){{name, key.n}, yz_json_is(node, YZ_JSON_NUMBER) ? yz_json_raw(node) : yz_json_text(arena, node)};
    }
    return (said_headers){items, n};
}

/* How long the answer asks to wait: its headers, or those that its body quotes. */
static int64_t wait_of(const yz_leaf *leaf, const yz_json *json) {
    int64_t ms = wait_in(leaf, (said_headers){leaf->head->headers, leaf->head->n_headers});
    return ms > 0 ? ms : wait_in(leaf, quoted(json, leaf->arena));
}

/* What answers are made of, or what they cost, in whatever dialect: then it is none that refuses. */
static bool is_answer(const yz_json *json) {
    static const char *const parts[] = {"data", "choices", "content", "candidates", "output", "results", "usage", "response", NULL};
    json = yz_json_is(json, YZ_JSON_ARRAY) ? json->child : json;
    for (size_t i = 0; parts[i]; i++) {
        const yz_json *part = yz_json_given(json, parts[i]);
        bool group = yz_json_is(part, YZ_JSON_ARRAY) || yz_json_is(part, YZ_JSON_OBJECT);
        if (group ? part->child != NULL : yz_json_escaped(part).n > 0 && i > 0) /* data that is a text is Cohere's, beside an error */
            return true;
    }
    return yz_json_get(yz_json_get(json, "message"), "role") != NULL;
}

bool yz_leaf_refused_oddly(yz_leaf *leaf, const yz_json *json) {
    yz_error found = {YZ_ERROR, .said = 500}; /* whatever its shape */
    if (is_answer(json) || !yz_error_read(json, leaf->arena, &found) || found.message.n == 0)
        return false;
    yz_error error = {YZ_ERROR, .class_ = YZ_ERROR_SERVER, .again = again(leaf), .retry_after = found.retry_after};
    if (leaf->adapter->read_error)
        leaf->adapter->read_error(found.said, json, leaf->arena, &error);
    error.message = found.message;
    error.code = error.code.n ? error.code : found.code;
    error.said = found.said;
    take(leaf, &error);
    set_started(leaf, &error);
    yz_leaf_error(leaf, &error);
    return true;
}

/* Words that are more than a text of the model's, which may be all that a server without a dialect answers: a page, or a short line. */
static bool is_told(yz_str body) { return body.n > 0 && (*body.p == '<' || body.n <= OF_A_FAILURE); }

void yz_leaf_worded(yz_leaf *leaf, const char *what, yz_str body) {
    if (yz_is_astray(leaf->head->status, body, NULL))
        yz_astray(leaf->provider, leaf->head->status);
    yz_error error = {YZ_ERROR, .class_ = YZ_ERROR_ANSWERED, .message = yz_error_text(leaf->arena, body, false), .again = again(leaf)};
    if (error.message.n && is_told(body))
        yz_error_judge(&error, leaf->provider);
    if (error.class_ != YZ_ERROR_ANSWERED) {
        error.retry_after = wait_of(leaf, NULL);
        take(leaf, &error);
        error.started = yz_leaf_started(leaf);
        yz_leaf_error(leaf, &error);
        return;
    }
    yz_error_scrub(&error, leaf->provider, leaf->arena);
    size_t n = error.message.n < OF_A_FAILURE ? error.message.n : OF_A_FAILURE;
    while (n < error.message.n && ((unsigned char)error.message.p[n] & 0xC0) == 0x80)
        n--;
    yz_leaf_fail(leaf, YZ_ERROR_ANSWERED, "%s%s%.*s", what, n ? ": " : "", (int)n, error.message.p ? error.message.p : "");
}

/* Said by the last of a circle, and passed on by each before it: so whoever asked reads it, and nobody tries again. */
static void pass_loop(yz_error *error) {
    error->status = error->said;
    error->class_ = YZ_ERROR_INTERNAL; /* of which no stage goes on to another target: each would come back as well */
    error->code = YZ_STR("loop_detected");
    error->again = YZ_AGAIN_NO;
}

/* JSON as careless servers write it; what stands behind it is passed over. NULL: it is none. */
static yz_json *mended(const yz_leaf *leaf, yz_str bytes) {
    yz_json *json = NULL;
    yz_buf text = {0};
    if (yz_json_mend(bytes, &text) == YZ_OK)
        (void)yz_json_parse(leaf->arena, yz_dup(leaf->arena, yz_buf_view(&text)), YZ_JSON_ANSWERED, &json, NULL);
    yz_buf_free(&text);
    return json;
}

/* What is left of one that is longer than what is held, with long strings cut. NULL: it was not whole, or no JSON. */
static yz_json *skimmed(const yz_leaf *leaf) { return yz_json_skim_done(leaf->skim) ? mended(leaf, yz_buf_view(&leaf->skim->copy)) : NULL; }

/* The JSON of one line: the data of an event, or one of several documents, if it tells an error. NULL: there is none. */
static yz_json *json_of_line(const yz_leaf *leaf, yz_str line) {
    yz_json *json = NULL;
    yz_error error = {YZ_ERROR};
    bool data = yz_str_starts(line, "data:");
    yz_str text = data ? yz_str_at(line.p + 5, line.n - 5) : line;
    if ((!data && !yz_str_starts(line, "{")) || yz_json_parse(leaf->arena, text, YZ_JSON_ANSWERED, &json, NULL) != YZ_OK)
        return NULL;
    return data || yz_error_read(json, leaf->arena, &error) ? json : NULL;
}

/* The JSON of an error; also where a server frames it as an event of the stream that it will not send, where others follow it, line by
 * line, or other bytes. NULL: there is none. */
static yz_json *json_of(const yz_leaf *leaf, yz_str body) {
    yz_json *json = NULL;
    if (leaf->skim)
        return skimmed(leaf);
    if (yz_json_parse(leaf->arena, body, YZ_JSON_ANSWERED, &json, NULL) == YZ_OK)
        return json;
    for (const char *p = body.p, *end = p + body.n; p < end;) {
        const char *line = p, *q = memchr(p, '\n', (size_t)(end - p));
        p = q ? q + 1 : end;
        json = json_of_line(leaf, (yz_str){line, (size_t)(p - line)});
        if (json)
            return json;
    }
    return yz_str_starts(body, "{") ? mended(leaf, body) : NULL; /* a text may begin with a number, or with one in brackets */
}

/* JSON that broke says nothing to people; what Python makes of a dictionary does. */
static bool begins_json(yz_str body) {
    size_t at = 0;
    while (at < body.n && (body.p[at] == '{' || body.p[at] == '[' || (unsigned char)body.p[at] <= ' '))
        at++;
    return at > 0 && memchr(body.p, '{', at) && at < body.n && body.p[at] == '"';
}

/* The words of a body that is no JSON; of a text that is called something else, only if it is no longer than words are. */
static yz_str plain_words(const yz_leaf *leaf, yz_str body) {
    enum { LONGEST = 2048 };
    yz_str type = yz_header_find(leaf->head->headers, leaf->head->n_headers, "content-type");
    bool plain = type.n >= 10 && yz_str_ieq(yz_str_at(type.p, 10), YZ_STR("text/plain")), page = body.n && *body.p == '<';
    if (begins_json(body) || (!plain && !page && body.n > LONGEST))
        return (yz_str){0};
    return yz_error_text(leaf->arena, body, false);
}

void yz_leaf_refused(yz_leaf *leaf, yz_str body) {
    int status = leaf->head->status;
    yz_json *json = json_of(leaf, body);
    yz_error error = {YZ_ERROR,
                      .class_ = yz_error_class_of(status),
                      .said = status,
                      .again = again(leaf),
                      .retry_after = wait_of(leaf, json),
                      .started = yz_status_started(status)};
    error.headers = yz_leaf_limit_headers(leaf, &error.n_headers);
    if (leaf->adapter->read_error)
        leaf->adapter->read_error(status, json, leaf->arena, &error);
    if (!json)
        error.message = plain_words(leaf, body);
    error.said = status;
    yz_error_judge(&error, leaf->provider);
    tell(leaf, &error);
    if (yz_is_astray(status, body, json))
        yz_astray(leaf->provider, status);
    shorten(leaf, &error);
    if (yz_status_is_loop(status))
        pass_loop(&error);
    scrub(leaf, &error);
    yz_leaf_error(leaf, &error);
}

/* What the first data line of an event holds, where these are the first bytes of one; else all of them. */
static yz_str unframed(yz_str bytes) {
    for (yz_str rest = bytes, line; rest.n > 0; rest = yz_str_at(line.p + line.n, (size_t)(rest.p + rest.n - line.p) - line.n)) {
        const char *end = memchr(rest.p, '\n', rest.n);
        line = yz_str_at(rest.p, end ? (size_t)(end - rest.p) + 1 : rest.n);
        if (yz_str_starts(line, "data:"))
            return yz_str_at(rest.p + 5, rest.n - 5);
        if (!yz_str_starts(line, "event:") && !yz_str_starts(line, "id:") && !yz_str_starts(line, ":") && *line.p != '\r' &&
            *line.p != '\n')
            return bytes;
    }
    return bytes;
}

void yz_leaf_refused_long(yz_leaf *leaf) {
    yz_str bytes = yz_leaf_bytes(leaf);
    if (!leaf->skim) {
        leaf->skim = yz_alloc(leaf->arena, sizeof *leaf->skim);
        bytes = unframed(bytes);
    }
    if (leaf->fetch)
        yz_fetch_over(leaf->fetch, true);
    bool json = yz_json_skim_feed(leaf->skim, bytes) == YZ_OK;
    if (!json || yz_json_skim_done(leaf->skim) || leaf->total > LONGEST_ERROR) {
        yz_leaf_refused(leaf, bytes);
        return;
    }
    leaf->held.n = 0;
    leaf->run = (yz_str){0};
}
