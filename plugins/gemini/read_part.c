/* gemini/read_part.c: parts of a content as neutral parts.
 *
 * Calls and their results need no ids here, but everywhere else. A call without one gets it by its place in the conversation, so that it is
 * the same in every request; a result without one belongs to the first call of its name that has no result yet.
 */
#include "gemini.h"

static int refuse(gm_reader *r, const char *words) {
    return gm_refuse(r, yz_format(r->arena, "contents[%zu].parts", r->at), "contents[%zu].parts: %s", r->at, words);
}

static void opaque(gm_reader *r, const yz_json *node, const char *what, yz_message *message) {
    yz_part *part = yz_part_add(message, YZ_PART_OPAQUE);
    part->raw = yz_json_raw(node);
    part->dialect = YZ_STR(GM_DIALECT);
    part->signed_by = YZ_STR(GM_SIGNER);
    part->name = yz_format(r->arena, "parts.%s", what);
}

/* ---- pictures, sound, files --------------------------------------------------------------------------------------------------------- */

static yz_part_kind kind_of(yz_str type) {
    if (yz_str_starts(type, "image/"))
        return YZ_PART_IMAGE;
    return yz_str_starts(type, "audio/") ? YZ_PART_AUDIO : YZ_PART_FILE;
}

static int read_blob(gm_reader *r, const yz_json *blob, yz_part *part) {
    part->kind = kind_of(yz_json_escaped(gm_get(blob, "mimeType")));
    part->media_type = yz_json_escaped(gm_get(blob, "mimeType"));
    part->data = gm_base64(r->arena, yz_json_text(r->arena, yz_json_get(blob, "data")));
    part->name = yz_json_escaped(gm_get(blob, "displayName"));
    if (part->media_type.n == 0 || part->data.n == 0)
        return refuse(r, "inlineData needs mimeType and data, which is base64");
    return YZ_OK;
}

/* Files that lie at Google can be read there only. */
static bool is_google(yz_str uri) {
    return yz_str_starts(uri, "gs://") || yz_str_starts(uri, "files/") || (uri.n && memmem(uri.p, uri.n, "googleapis.com", 14)) ||
           (uri.n && memmem(uri.p, uri.n, "youtu", 5));
}

static void read_link(const yz_json *file, yz_part *part) {
    part->kind = kind_of(yz_json_escaped(gm_get(file, "mimeType")));
    part->url = yz_json_escaped(gm_get(file, "fileUri"));
    part->media_type = yz_json_escaped(gm_get(file, "mimeType"));
    part->name = yz_json_escaped(gm_get(file, "displayName"));
}

static int read_file(gm_reader *r, const yz_json *node, const yz_json *file, yz_message *message) {
    yz_str uri = yz_json_escaped(gm_get(file, "fileUri"));
    if (uri.n == 0)
        return refuse(r, "fileData needs fileUri");
    if (is_google(uri)) {
        opaque(r, node, "fileData", message);
        return YZ_OK;
    }
    read_link(file, yz_part_add(message, YZ_PART_FILE));
    return YZ_OK;
}

/* ---- calls and results ----------------------------------------------------------------------------------------------------------------
 */

static void sign(const gm_reader *r, const yz_json *node, yz_part *part) {
    part->signature = yz_json_escaped(gm_get(node, "thoughtSignature"));
    if (part->signature.n == 0)
        return;
    part->signed_by = gm_signed_by(r->arena, &part->signature);
}

static gm_queue *queue_of(const gm_reader *r, yc_index *index, yz_str key) {
    gm_queue *queue = yc_index_get(index, key);
    if (queue)
        return queue;
    queue = yz_alloc(r->arena, sizeof *queue);
    yc_index_put(index, key, queue);
    return queue;
}

static void await(gm_reader *r, const yz_part *call) {
    gm_pending *pending = yz_alloc(r->arena, sizeof *pending);
    gm_queue *by_id = queue_of(r, r->by_id, call->id), *by_name = queue_of(r, r->by_name, call->name);
    *pending = (gm_pending){.id = call->id, .name = call->name};
    *(by_id->first ? &by_id->last->next_of_id : &by_id->first) = pending;
    *(by_name->first ? &by_name->last->next_of_name : &by_name->first) = pending;
    by_id->last = by_name->last = pending;
}

static int read_call(gm_reader *r, const yz_json *node, const yz_json *call, yz_message *message) {
    yz_part *part = yz_part_add(message, YZ_PART_TOOL_CALL);
    const yz_json *args = gm_get(call, "args");
    part->name = yz_json_escaped(gm_get(call, "name"));
    part->id = yz_json_escaped(gm_get(call, "id"));
    part->args = yz_json_is(args, YZ_JSON_OBJECT) ? yz_json_raw(args) : YZ_STR("{}");
    r->n_calls++;
    if (part->name.n == 0)
        return refuse(r, "functionCall needs a name");
    if (part->id.n == 0)
        part->id = yz_format(r->arena, "call_%zu", r->n_calls);
    sign(r, node, part);
    await(r, part);
    return YZ_OK;
}

/* The first call this result may be of that has none yet; NULL: there is none. */
static gm_pending *call_of(const gm_reader *r, yz_str id, yz_str name) {
    gm_queue *queue = id.n ? yc_index_get(r->by_id, id) : yc_index_get(r->by_name, name);
    while (queue && queue->first && queue->first->answered)
        queue->first = id.n ? queue->first->next_of_id : queue->first->next_of_name;
    return queue ? queue->first : NULL;
}

/* What {"name": the function's, "content" or "error": ...} holds, as the Vercel AI SDK sends each result, or {"error": ...}; else NULL. */
static const yz_json *wrapped(const yz_json *response, yz_str name, bool *is_error) {
    bool has_name = yz_json_count(response) == 2 && yz_str_eq(yz_json_escaped(gm_get(response, "name")), name);
    const yz_json *error = has_name || yz_json_count(response) == 1 ? gm_get(response, "error") : NULL;
    *is_error = error != NULL;
    return error ? error : has_name ? gm_get(response, "content") : NULL;
}

/* What wrapped() finds, or the text of {"output": "text"} and {"result": "text"}; anything else as the JSON it is. */
static yz_str result_text(const gm_reader *r, const yz_json *response, yz_str name, bool *is_error) {
    const yz_json *held = wrapped(response, name, is_error);
    if (!held && yz_json_count(response) == 1 && yc_one_of(yz_json_key(response->child), YZ_NAMES("output", "result")) &&
        response->child->type == YZ_JSON_STRING)
        held = response->child;
    if (!held)
        held = response;
    return held->type == YZ_JSON_STRING ? yz_json_escaped(held) : yz_json_escape(r->arena, yz_json_raw(held));
}

static int read_result_parts(gm_reader *r, const yz_json *parts, yz_part *result) {
    int code = YZ_OK;
    for (const yz_json *p = gm_first(parts); p && code == YZ_OK; p = gm_next(parts, p)) {
        const yz_json *blob = gm_get(p, "inlineData"), *file = gm_get(p, "fileData");
        yz_str uri = yz_json_escaped(gm_get(file, "fileUri"));
        if (blob)
            code = read_blob(r, blob, yz_part_add_to(result, YZ_PART_IMAGE));
        else if (uri.n && !is_google(uri))
            read_link(file, yz_part_add_to(result, YZ_PART_IMAGE));
        else
            yz_lose(r->losses, "functionResponse.parts");
    }
    return code;
}

/* The Vercel AI SDK says a result of several texts in as many functionResponses, of one id: the result that this one goes on with, or NULL.
 */
static yz_part *begun(const gm_reader *r, const yz_message *message, yz_str id) {
    const gm_begun *last = id.n ? yc_index_get(r->begun, id) : NULL;
    return last && last->message == message ? last->part : NULL;
}

/* A part for the result of a call that has none yet; NULL: there is no such call. */
static yz_part *begin_result(gm_reader *r, yz_str id, yz_str name, yz_message *message) {
    gm_pending *call = call_of(r, id, name);
    if (!call && id.n)
        call = call_of(r, YZ_STR(""), name); /* an id of the client's own making */
    if (!call)
        return NULL;
    call->answered = true;
    yz_part *part = yz_part_add(message, YZ_PART_TOOL_RESULT);
    part->id = call->id;
    part->name = call->name;
    gm_begun *first = yc_index_get(r->begun, part->id);
    if (first && first->message == message)
        return part;
    first = yz_alloc(r->arena, sizeof *first);
    *first = (gm_begun){message, part};
    yc_index_put(r->begun, part->id, first);
    return part;
}

static int read_result(gm_reader *r, const yz_json *answer, yz_message *message) {
    yz_str id = yz_json_escaped(gm_get(answer, "id")), name = yz_json_escaped(gm_get(answer, "name"));
    const yz_json *response = gm_get(answer, "response");
    yz_part *part = call_of(r, id, name) ? NULL : begun(r, message, id);
    if (!part)
        part = begin_result(r, id, name, message);
    if (!part)
        return gm_refuse(r, yz_format(r->arena, "contents[%zu].parts", r->at),
                         "contents[%zu].parts: functionResponse \"%.*s\" answers no functionCall before it", r->at,
                         (int)(name.n < 64 ? name.n : 64), name.p);
    bool is_error = false;
    if (response)
        yz_part_add_to(part, YZ_PART_TEXT)->text = result_text(r, response, name, &is_error);
    part->is_error |= is_error;
    return read_result_parts(r, gm_get(answer, "parts"), part);
}

/* ---- one part -------------------------------------------------------------------------------------------------------------------------
 */

static void read_text(const gm_reader *r, const yz_json *node, yz_message *message) {
    bool thought = yz_json_true(yz_json_get(node, "thought"));
    yz_part *part = yz_part_add(message, thought ? YZ_PART_REASONING : YZ_PART_TEXT);
    part->text = yz_json_escaped(yz_json_get(node, "text"));
    sign(r, node, part);
}

static int read_other(gm_reader *r, const yz_json *node, yz_message *message) {
    static const char *const kinds[] = {"executableCode", "codeExecutionResult", "toolCall", "toolResponse"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (gm_get(node, kinds[i])) {
            opaque(r, node, kinds[i], message);
            return YZ_OK;
        }
    if (gm_get(node, "thoughtSignature")) /* a signature of nothing: it ends a turn */
        read_text(r, node, message);
    else if (node->child)
        yz_lose(r->losses, yz_format(r->arena, "parts.%.*s", YZ_STR_ARGS(yz_json_key(node->child))).p);
    return YZ_OK;
}

static int read_part(gm_reader *r, const yz_json *node, yz_message *message) {
    const yz_json *text = gm_get(node, "text"), *call = gm_get(node, "functionCall"), *answer = gm_get(node, "functionResponse"),
                  *blob = gm_get(node, "inlineData"), *file = gm_get(node, "fileData");
    if (!yz_json_is(node, YZ_JSON_OBJECT))
        return refuse(r, "each must be an object");
    if (gm_get(node, "videoMetadata"))
        yz_lose(r->losses, "parts.videoMetadata");
    if (call)
        return read_call(r, node, call, message);
    if (answer)
        return read_result(r, answer, message);
    if (blob)
        return read_blob(r, blob, yz_part_add(message, YZ_PART_FILE));
    if (file)
        return read_file(r, node, file, message);
    if (yz_json_is(text, YZ_JSON_STRING)) {
        read_text(r, node, message);
        return YZ_OK;
    }
    return read_other(r, node, message);
}

/* Streams bring thoughts in pieces and their signature last, and clients send them back so: what is signed is all of it. The last node of a
 * run stays, since it may be the message's last. */
static void join_thoughts(gm_reader *r, yz_message *message) {
    for (yz_part **at = &message->parts; *at; at = &(*at)->next) {
        yz_part *last = *at;
        yz_buf text = {0};
        for (; last->kind == YZ_PART_REASONING; last = last->next) {
            yz_buf_str(&text, last->text);
            if (last->signature.n || !last->next || last->next->kind != YZ_PART_REASONING)
                break;
        }
        if (last != *at && last->signature.n) {
            last->text = yz_dup(r->arena, yz_buf_view(&text));
            *at = last;
        }
        yz_buf_free(&text);
        while (*at != last)
            at = &(*at)->next;
    }
}

int gm_read_parts(gm_reader *r, const yz_json *parts, yz_message *message) {
    int code = YZ_OK;
    if (yz_json_is(parts, YZ_JSON_STRING)) { /* instructions that are a text alone */
        yz_part_add(message, YZ_PART_TEXT)->text = yz_json_escaped(parts);
        return YZ_OK;
    }
    for (const yz_json *p = gm_first(parts); p && code == YZ_OK; p = gm_next(parts, p))
        code = read_part(r, p, message);
    if (code == YZ_OK)
        join_thoughts(r, message);
    return code;
}
