/* answer_made.c: answers that are no chats: pictures, sound, transcripts, vectors, rankings, and jobs that were begun. A status of success
 * says little of them either: relays send errors, pages and nothing at all with it. What holds: an error inside one is the error it says,
 * and what holds nothing of what was asked for is no answer, so that a retry or a fallback sees it and nobody pays for it; what was made
 * is never taken for either.
 */
#include "upstream/provider_inner.h"

#include <ctype.h>

enum { DEEPEST = 5, LONG_TEXT = 256 };

/* ---- documents ------------------------------------------------------------------------------------------------------- */

static bool is_made_of(yz_str text) {
    bool address = yz_str_starts(text, "http:") || yz_str_starts(text, "https:") || yz_str_starts(text, "data:");
    return address || (text.n >= LONG_TEXT && !memchr(text.p, ' ', text.n));
}

/* In whatever shape: an address, or what must be the bytes themselves. */
static bool has_media(const yz_json *node, int depth) {
    if (yz_json_is(node, YZ_JSON_STRING))
        return is_made_of(yz_json_escaped(node));
    bool group = yz_json_is(node, YZ_JSON_OBJECT) || yz_json_is(node, YZ_JSON_ARRAY);
    for (const yz_json *child = group && depth < DEEPEST ? node->child : NULL; child; child = child->next)
        if (has_media(child, depth + 1))
            return true;
    return false;
}

static bool has_list(const yz_json *node) {
    if (yz_json_is(node, YZ_JSON_ARRAY))
        return node->child != NULL;
    for (const yz_json *child = yz_json_is(node, YZ_JSON_OBJECT) ? node->child : NULL; child; child = child->next)
        if (yz_json_is(child, YZ_JSON_ARRAY) && child->child)
            return true;
    return false;
}

/* Does a document that the decoder does not know hold what was asked for, after all? */
static bool may_hold(const yz_leaf *leaf, const yz_json *json) {
    switch (leaf->request->op) {
    case YZ_OP_IMAGE:
    case YZ_OP_IMAGE_EDIT:
    case YZ_OP_IMAGE_VARIATION:
    case YZ_OP_SPEECH:
        return has_media(json, 0);
    case YZ_OP_RERANK:
    case YZ_OP_MODERATION:
        return has_list(json);
    case YZ_OP_EMBEDDING:
        return has_list(json) || yz_json_get(json, "embedding");
    case YZ_OP_TRANSCRIPTION:
    case YZ_OP_TRANSLATION:
        return yz_json_is(json, YZ_JSON_STRING) || has_list(json);
    default:
        return true;
    }
}

/* A job that failed at once is one all the same: it has an id that it is asked for by. */
static bool is_job(const yz_leaf *leaf, const yz_json *json) {
    yz_job job = {YZ_JOB};
    const yz_adapter *adapter = leaf->adapter;
    return yz_op_begins(leaf->request->op) && adapter->read_job && adapter->read_job(leaf->request, json, leaf->arena, &job) == YZ_OK;
}

int yz_leaf_judge_made(yz_leaf *leaf, const yz_json *json, int code) {
    if (is_job(leaf, json))
        return YZ_OK;
    if (leaf->error)
        yz_leaf_inner_error(leaf);
    else if (code < 0 && yz_leaf_refused_oddly(leaf, json))
        return YZ_EIO;
    else if (code < 0 && !may_hold(leaf, json))
        yz_leaf_fail(leaf, YZ_ERROR_BROKEN, "its answer holds nothing of what was asked for");
    else
        return YZ_OK;
    return YZ_EIO;
}

/* ---- films ----------------------------------------------------------------------------------------------------------- */

bool yz_leaf_is_film(const yz_leaf *leaf) { return leaf->plan.moves && leaf->request->begun_by == YZ_OP_VIDEO; }

bool yz_leaf_no_film(yz_leaf *leaf, const yz_json *json) {
    if (!yz_leaf_is_film(leaf))
        return false;
    if (!yz_leaf_refused_oddly(leaf, json))
        yz_leaf_fail(leaf, YZ_ERROR_ANSWERED, "it sends a document in place of the film");
    return true;
}

/* ---- sound ----------------------------------------------------------------------------------------------------------- */

/* Raw samples begin with any byte; no sound with a head of its own begins as text does. */
static bool may_be_samples(yz_str type) {
    static const char *const raw[] = {"audio/pcm", "audio/l16", "audio/l24", "audio/x-raw", "audio/basic", "application/octet-stream"};
    for (size_t i = 0; i < sizeof raw / sizeof *raw; i++) {
        size_t n = strlen(raw[i]);
        if (type.n >= n && yz_str_ieq(yz_str_at(type.p, n), yz_str_of(raw[i])))
            return true;
    }
    return false;
}

enum { SMALL = 64 * 1024 };

bool yz_leaf_asks_for_samples(const yz_leaf *leaf) {
    return leaf->request->op == YZ_OP_SPEECH && yz_json_says(yz_json_get(leaf->request->json, "response_format"), "pcm");
}

/* Samples are none for long: some of their bytes are no letters. */
static bool may_be_text(yz_str bytes) {
    for (size_t i = 0; i < bytes.n; i++) {
        unsigned char c = (unsigned char)bytes.p[i];
        if ((c < ' ' && c != '\t' && c != '\r' && c != '\n') || c == 0x7f)
            return false;
    }
    return true;
}

/* What was asked for as samples is none where all of it is an object or a page, whatever it is called. What may be one is held that long.
 */
static void hear_samples(yz_leaf *leaf, yz_str bytes, bool whole) {
    yz_json *json;
    size_t blanks = 0;
    while (blanks < bytes.n && isspace((unsigned char)bytes.p[blanks]))
        blanks++;
    yz_str text = yz_str_at(bytes.p + blanks, bytes.n - blanks);
    bool may_be = bytes.n <= SMALL && (text.n == 0 || *text.p == '{' || *text.p == '<') && may_be_text(bytes);
    if (may_be && !whole)
        return;
    if (may_be && text.n && *text.p == '{' && yz_json_parse(leaf->arena, text, YZ_JSON_ANSWERED, &json, NULL) == YZ_OK)
        yz_leaf_begin_document(leaf);
    else if (may_be && text.n > 1 && *text.p == '<' && (isalpha((unsigned char)text.p[1]) || text.p[1] == '!' || text.p[1] == '?'))
        leaf->kind = YZ_ANSWER_WORDS;
    else
        yz_leaf_send_head(leaf, false, false, leaf->head->length);
}

void yz_leaf_hear(yz_leaf *leaf, bool whole) {
    yz_str bytes = yz_leaf_bytes(leaf), type = yz_header_find(leaf->head->headers, leaf->head->n_headers, "content-type");
    char first = bytes.n ? *bytes.p : 0;
    if (bytes.n == 0)
        return;
    if (yz_leaf_asks_for_samples(leaf))
        hear_samples(leaf, bytes, whole);
    else if (first == '{' && !may_be_samples(type))
        yz_leaf_begin_document(leaf);
    else if (first == '<' && !may_be_samples(type))
        leaf->kind = YZ_ANSWER_WORDS;
    else
        yz_leaf_send_head(leaf, false, false, leaf->head->length);
}
