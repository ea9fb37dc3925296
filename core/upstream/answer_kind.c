/* answer_kind.c: which kind of answer comes: a stream of events or a document. Its first byte says so, since labels lie: gateways send
 * events as application/json or text/plain, a document where a stream was asked for, and a bare error under text/event-stream. The label
 * counts where the bytes do not tell.
 *
 * Blanks, and a byte order mark, in front of everything are dropped: some servers send blank lines while a model thinks. Opaque answers
 * (sound, files; no chat among them) are not looked at.
 */
#include "base/arena.h"
#include "base/request.h"
#include "upstream/provider_inner.h"
#include "worker.h"

/* "application/json; charset=utf-8" is "application/json". */
static yz_str bare_type(yz_str type) {
    size_t n = 0;
    while (n < type.n && type.p[n] != ';' && type.p[n] != ' ')
        n++;
    return (yz_str){type.p, n};
}

static bool is_json(yz_str type) {
    return type.n == 0 || yz_str_ieq(type, YZ_STR("application/json")) ||
           (type.n > 5 && yz_str_ieq((yz_str){type.p + type.n - 5, 5}, YZ_STR("+json")));
}

static bool is_events(yz_str type) { return yz_str_ieq(type, YZ_STR("text/event-stream")); }

static yz_str label_of(const yz_leaf *leaf) { return yz_header_find(leaf->head->headers, leaf->head->n_headers, "content-type"); }

static yz_str type_of(const yz_leaf *leaf) { return bare_type(label_of(leaf)); }

yz_str yz_leaf_type(const yz_leaf *leaf, bool stream, bool known) {
    yz_str type = type_of(leaf);
    if (stream && !is_events(type))
        return YZ_STR("text/event-stream");
    if (known && !stream && !is_json(type))
        return YZ_STR("application/json");
    return yz_dup(leaf->arena, label_of(leaf));
}

static void begin_stream(yz_leaf *leaf) {
    leaf->kind = YZ_ANSWER_STREAM;
    leaf->sse.limit = (size_t)leaf->provider->max_answer;
    leaf->scratch = yz_arena_new(yz_call_worker(leaf->call)->blocks);
    yz_leaf_begin_decoding(leaf);
}

/* A page, or words where a document was due: never what was asked for, of what is made at once. */
static bool is_page(const yz_leaf *leaf, yz_str type) {
    static const char *const pages[] = {"text/html", "application/xhtml+xml", "text/xml", "application/xml"};
    yz_op op = leaf->request->op;
    bool heard = op == YZ_OP_TRANSCRIPTION || op == YZ_OP_TRANSLATION; /* which may be asked for as plain text */
    if (yz_leaf_is_film(leaf))                                         /* a text of any kind */
        return yz_str_starts(type, "text/") || yz_str_ieq(type, YZ_STR("application/xml"));
    bool documents = op == YZ_OP_EMBEDDING || op == YZ_OP_MODERATION || op == YZ_OP_RERANK || op == YZ_OP_IMAGE || op == YZ_OP_IMAGE_EDIT ||
                     op == YZ_OP_IMAGE_VARIATION;
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++)
        if ((documents || heard || op == YZ_OP_SPEECH) && yz_str_ieq(type, yz_str_of(pages[i])))
            return true;
    return documents && yz_str_ieq(type, YZ_STR("text/plain"));
}

void yz_leaf_expect(yz_leaf *leaf) {
    yz_str type = type_of(leaf);
    bool labelled = is_events(type) || (!yz_leaf_asks_for_samples(leaf) && (is_json(type) || is_page(leaf, type)));
    if (leaf->request->op == YZ_OP_CHAT || labelled) {
        leaf->kind = YZ_ANSWER_UNSEEN;
        return;
    }
    leaf->kind = YZ_ANSWER_PASSING;
    if (leaf->request->op != YZ_OP_SPEECH) /* a sound's goes up with the first of it */
        yz_leaf_send_head(leaf, false, false, leaf->head->length);
}

/* Do the bytes begin as a line of an event does? As far as they have come. */
static bool is_line(yz_str bytes) {
    static const char *const fields[] = {":", "data:", "event:", "id:", "retry:"};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        size_t n = strlen(fields[i]);
        if (memcmp(bytes.p, fields[i], n < bytes.n ? n : bytes.n) == 0)
            return true;
    }
    return false;
}

/* Begins the kind of an answer that begins with these bytes; none: by its label alone. */
static void begin(yz_leaf *leaf, yz_str bytes) {
    yz_str type = type_of(leaf);
    bool document = bytes.n && (*bytes.p == '{' || *bytes.p == '['), events = is_events(type);
    bool line = bytes.n && !events && is_line(bytes);
    leaf->listed = document && *bytes.p == '[' && leaf->request->op == YZ_OP_CHAT; /* no client reads that as a document */
    if (!document && (events || line) && leaf->adapter->decode_event)
        begin_stream(leaf);
    else if (document || is_json(type))
        yz_leaf_begin_document(leaf);
    else
        leaf->kind = YZ_ANSWER_WORDS;
}

void yz_leaf_words_end(yz_leaf *leaf) {
    yz_str type = type_of(leaf);
    yz_str what = yz_format(leaf->arena, "it answered with content-type %.*s; JSON or an event stream was expected",
                            (int)(type.n < 80 ? type.n : 80), type.p ? type.p : "");
    yz_leaf_worded(leaf, what.p, yz_leaf_bytes(leaf));
}

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

yz_str yz_leaf_look(yz_leaf *leaf, yz_str bytes) {
    static const char mark[3] = "\xEF\xBB\xBF";
    size_t n = 0;
    while (n < bytes.n && (is_blank(bytes.p[n]) || (leaf->skipped_mark < 3 && bytes.p[n] == mark[leaf->skipped_mark])))
        leaf->skipped_mark = (uint8_t)(leaf->skipped_mark + !is_blank(bytes.p[n++]));
    leaf->skipped += (int64_t)n;
    bytes = (yz_str){bytes.p + n, bytes.n - n};
    if (bytes.n)
        begin(leaf, bytes);
    return bytes;
}

void yz_leaf_unseen(yz_leaf *leaf) { begin(leaf, (yz_str){0}); }
