/* answer_document.c: documents. One is held until it is complete, so that whatever is wrong with it can still be an error of its own: all
 * of it where it is translated or stamped, else up to 1 MiB. A longer one is forwarded as it comes, and looked at as it passes
 * (base/json_skim.h): what is no JSON, or not of the dialect, is cut off before its last bytes, so that no client takes it for whole, and
 * what it used is known.
 *
 * Opaque answers (sound, files) pass here too, and nobody looks at them.
 */
#include "base/arena.h"
#include "base/json_mend.h"
#include "base/log.h"
#include "base/put.h"
#include "upstream/provider_inner.h"

#define ONE_READ ((size_t)48 << 10) /* a document up to here mostly comes whole, and is never held */

/* ---- whole ones ------------------------------------------------------------------------------------------------------ */

/* Not the beginning of JSON that broke, which may be an answer. */
static bool is_text(yz_str bytes) { return bytes.n && *bytes.p != '{' && *bytes.p != '[' && *bytes.p != '"'; }

/* Proves a whole document. One that is not quite JSON was paid for all the same: where most readers would take it, it is made right, and
 * *bytes is what it became, held by the leaf. NULL: the call has been ended. */
static const yz_json *prove(yz_leaf *leaf, yz_str *bytes) {
    yz_json *json;
    yz_json_fault fault;
    yz_buf mended = {0};
    if (yz_json_parse(leaf->arena, *bytes, YZ_JSON_ANSWERED, &json, &fault) == YZ_OK)
        return json;
    if (bytes->n == 0) {
        yz_leaf_fail(leaf, YZ_ERROR_BROKEN, "its answer is empty");
        return NULL;
    }
    if (yz_json_mend(*bytes, &mended) == YZ_OK &&
        yz_json_parse(leaf->arena, yz_buf_view(&mended), YZ_JSON_ANSWERED, &json, NULL) == YZ_OK) {
        yz_log(YZ_LOG_WARN, "provider %.*s: its answer is not quite JSON (%s at byte %zu), and was mended [request %.*s]",
               YZ_STR_ARGS(leaf->provider->pub.name), fault.reason, fault.at, YZ_STR_ARGS(leaf->request->id));
        yz_buf_free(&leaf->held);
        leaf->run = (yz_str){0};
        leaf->held = mended;
        *bytes = yz_buf_view(&leaf->held);
        return json;
    }
    yz_buf_free(&mended);
    yz_str what = yz_format(leaf->arena, "its answer is not JSON: %s at byte %zu", fault.reason, fault.at);
    yz_leaf_worded(leaf, what.p, is_text(*bytes) ? *bytes : (yz_str){0});
    return NULL;
}

/* Reads usage, finish and errors out of a whole document. Negative: the call has been ended. */
static int read_document(yz_leaf *leaf, const yz_json *json) {
    if (!leaf->adapter->decode_body || yz_op_keeps(leaf->request->op) || leaf->request->op == YZ_OP_MODELS)
        return YZ_OK; /* what it says was used was used before */
    yz_leaf_begin_decoding(leaf);
    int code = leaf->adapter->decode_body(leaf->decoder, json, leaf->arena, &leaf->sink);
    if (leaf->request->op != YZ_OP_CHAT)
        return yz_leaf_judge_made(leaf, json, code);
    if (leaf->error) {
        yz_leaf_inner_error(leaf);
        return YZ_EIO;
    }
    if (code < 0) {
        if (code == YZ_ELIMIT || !yz_leaf_refused_oddly(leaf, json))
            yz_leaf_unreadable(leaf, "answer", code);
        return code;
    }
    return YZ_OK;
}

/* A status of success, and a document that refuses. True: the call has been ended. */
static bool refuses(yz_leaf *leaf, const yz_json *json) {
    yz_error error = {YZ_ERROR, .class_ = YZ_ERROR_SERVER};
    if (!leaf->adapter->refuses || !leaf->adapter->refuses(leaf->request, json, leaf->arena, &error))
        return false;
    yz_leaf_refused_inside(leaf, &error);
    return true;
}

bool yz_leaf_is_stamped(const yz_leaf *leaf) {
    uint64_t ops = leaf->adapter->stamped;
    bool followed = leaf->request->job.n || leaf->request->keeper.n; /* a stage above gives it an id of its own */
    return leaf->adapter->stamp && !leaf->translated && !followed && (ops == 0 || ops >> leaf->request->op & 1);
}

/* What the dialect exchanges in it. */
static size_t stamps(yz_leaf *leaf, yz_str data, yz_splice places[YZ_EXCHANGED]) {
    yz_splice *listed[YZ_EXCHANGED];
    if (!yz_leaf_is_stamped(leaf))
        return 0;
    for (size_t i = 0; i < YZ_EXCHANGED; i++) {
        places[i] = (yz_splice){YZ_SPLICE};
        listed[i] = &places[i];
    }
    yz_arena *arena = leaf->scratch ? leaf->scratch : leaf->arena; /* it goes into the bytes at once */
    return leaf->adapter->stamp(leaf->request, leaf->target, data, arena, listed, YZ_EXCHANGED);
}

/* Behind those before it in the bytes. */
static void insert(yz_splice *places, size_t n, const yz_splice *one) {
    for (; n > 0 && (uintptr_t)places[n - 1].at.p > (uintptr_t)one->at.p; n--)
        places[n] = places[n - 1];
    places[n] = *one;
}

bool yz_leaf_exchange(yz_leaf *leaf, yz_str bytes, yz_str data, yz_buf *out) {
    yz_splice places[YZ_EXCHANGED + YZ_FINISH_WORDS];
    size_t n = stamps(leaf, data, places);
    for (size_t i = 0; leaf->said & 1u << YZ_EVENT_FINISH_WORD && i < leaf->n_exchanged; i++)
        insert(places, n++, &leaf->exchanged[i]);
    for (size_t i = 0; i < n; i++) {
        size_t before = (size_t)(places[i].at.p - bytes.p), after = before + places[i].at.n;
        if ((uintptr_t)places[i].at.p < (uintptr_t)bytes.p || after > bytes.n) /* an answer that was made right is looked at again */
            continue;
        yz_buf_put(out, bytes.p, before);
        yz_buf_str(out, places[i].with);
        bytes = (yz_str){bytes.p + after, bytes.n - after};
    }
    if (n)
        yz_buf_str(out, bytes);
    return n > 0;
}

/* The document becomes the one with what is exchanged in it, held by the leaf. False: nothing is. */
static bool exchange(yz_leaf *leaf, yz_str *bytes) {
    yz_buf out = {0};
    if (!yz_leaf_exchange(leaf, *bytes, *bytes, &out))
        return false;
    yz_buf_free(&leaf->held);
    leaf->held = out;
    leaf->run = (yz_str){0};
    *bytes = yz_buf_view(&leaf->held);
    return true;
}

/* What is made later is asked for by its id, so an answer to who began it says one. */
static bool without_id(yz_leaf *leaf, bool is_stamped) {
    const char *made = leaf->request->op == YZ_OP_VIDEO   ? "film"
                       : leaf->request->op == YZ_OP_BATCH ? "batch"
                                                          : NULL; /* a file is sent again */
    if (!made || is_stamped || !yz_leaf_is_stamped(leaf))
        return false;
    yz_leaf_fail(leaf, YZ_ERROR_ANSWERED, "it began a %s, and its answer has no id that the %s can be asked for by", made, made);
    return true;
}

void yz_leaf_document_end(yz_leaf *leaf) {
    yz_str bytes = yz_leaf_bytes(leaf);
    const yz_json *json = prove(leaf, &bytes);
    if (!json || yz_leaf_no_film(leaf, json) || refuses(leaf, json) || read_document(leaf, json) < 0 || yz_leaf_unpainted(leaf))
        return;
    if (without_id(leaf, exchange(leaf, &bytes)))
        return;
    yz_leaf_send_head(leaf, false, true, (int64_t)bytes.n);
    yz_leaf_send_chunk(leaf, leaf->marks);
    yz_leaf_end(leaf);
}

/* ---- those that pass ------------------------------------------------------------------------------------------------- */

static bool too_long(yz_leaf *leaf, int64_t n) {
    int64_t most = leaf->provider->max_answer;
    if (n <= most || leaf->request->op != YZ_OP_CHAT)
        return false;
    yz_leaf_fail(leaf, YZ_ERROR_ANSWERED, "its answer is longer than %lld bytes (max_answer)", (long long)most);
    return true;
}

/* Looks at the bytes that are about to go on. False: the call has been ended. */
static bool look(yz_leaf *leaf) {
    if (!leaf->skim)
        return true;
    if (too_long(leaf, leaf->total))
        return false;
    if (yz_json_skim_feed(leaf->skim, yz_leaf_bytes(leaf)) == YZ_OK)
        return true;
    yz_leaf_fail(leaf, YZ_ERROR_ANSWERED, "its answer is not JSON");
    return false;
}

/* What has passed is complete: what did it say? False: nothing that can be used, and the call has been ended. */
static bool read_skimmed(yz_leaf *leaf) {
    yz_json *json = NULL;
    yz_buf text = {0};
    bool read = yz_json_skim_done(leaf->skim) && yz_json_mend(yz_buf_view(&leaf->skim->copy), &text) == YZ_OK &&
                yz_json_parse(leaf->arena, yz_buf_view(&text), YZ_JSON_ANSWERED, &json, NULL) == YZ_OK;
    if (read)
        read = read_document(leaf, json) == YZ_OK;
    else if (yz_json_skim_done(leaf->skim) && leaf->skim->full)
        read = true; /* more than can be kept: nobody knows what it used */
    else
        yz_leaf_fail(leaf, YZ_ERROR_ANSWERED, "its answer is not JSON");
    yz_buf_free(&text);
    return read;
}

static void send_blanks(yz_leaf *leaf, size_t n) {
    static const char blanks[] = "                                                                ";
    while (n > 0) {
        size_t piece = n < sizeof blanks - 1 ? n : sizeof blanks - 1;
        yz_send_chunk(leaf->call, &(yz_chunk){YZ_CHUNK, .bytes = {blanks, piece}});
        n -= piece;
    }
}

/* What stands after the document's end does not go on: blanks do, since a length may have been said. */
static void send_looked(yz_leaf *leaf, unsigned marks) {
    size_t after = leaf->skim ? yz_json_skim_after(leaf->skim) : 0;
    *(leaf->held.n ? &leaf->held.n : &leaf->run.n) -= after;
    if (after > 0 && !leaf->blanked)
        yz_log(YZ_LOG_WARN, "provider %.*s: its answer goes on after its end: blanks are sent instead [request %.*s]",
               YZ_STR_ARGS(leaf->provider->pub.name), YZ_STR_ARGS(leaf->request->id));
    leaf->blanked = leaf->blanked || after > 0;
    yz_leaf_send_chunk(leaf, marks);
    send_blanks(leaf, after);
}

void yz_leaf_pass(yz_leaf *leaf) {
    if (look(leaf))
        send_looked(leaf, 0);
}

void yz_leaf_pass_end(yz_leaf *leaf) {
    if (!leaf->sent) {
        yz_leaf_fail(leaf, YZ_ERROR_BROKEN, "its sound is empty");
        return;
    }
    if (!look(leaf) || (leaf->skim && !read_skimmed(leaf)))
        return;
    send_looked(leaf, leaf->marks);
    yz_leaf_end(leaf);
}

static void begin_passing(yz_leaf *leaf) {
    if (yz_leaf_is_film(leaf)) {
        yz_leaf_fail(leaf, YZ_ERROR_ANSWERED, "it sends a document in place of the film");
        return;
    }
    leaf->skim = yz_alloc(leaf->arena, sizeof *leaf->skim);
    if (!look(leaf))
        return;
    leaf->kind = YZ_ANSWER_PASSING;
    yz_leaf_send_head(leaf, false, true, leaf->head->length < 0 || leaf->framed ? -1 : leaf->head->length - leaf->skipped);
    send_looked(leaf, YZ_MARK_CONTENT);
    yz_buf_free(&leaf->held);
}

/* ---- how they begin -------------------------------------------------------------------------------------------------- */

void yz_leaf_begin_document(yz_leaf *leaf) {
    leaf->kind = YZ_ANSWER_DOCUMENT;
    size_t length = leaf->head->length > 0 ? (size_t)leaf->head->length : 0;
    if (too_long(leaf, leaf->head->length))
        return;
    if (length > ONE_READ && length <= YZ_HELD_DOCUMENT)
        yz_buf_room(&leaf->held, length);
    yz_timer_stop(leaf->first_token); /* a document comes at once */
    leaf->first_token = NULL;
}

void yz_leaf_document_batch(yz_leaf *leaf) {
    bool whole = yz_leaf_is_reencoded(leaf) || yz_leaf_is_stamped(leaf);
    if (leaf->total > (int64_t)YZ_HELD_DOCUMENT && !whole)
        begin_passing(leaf);
    else if (!too_long(leaf, leaf->total))
        yz_leaf_keep_run(leaf);
}
