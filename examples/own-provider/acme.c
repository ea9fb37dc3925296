/* acme.c: a provider of one's own. Acme's API is invented: POST /talk takes
 *
 *   {"engine": "a-1", "brief": "be short", "turns": [{"by": "user", "say": "Hi"}], "limit": 100, "live": true}
 *
 * and answers {"engine", "say", "why": "finished" or "limit", "cost": {"read", "written"}}, or live as server-sent events: `piece`
 * with {"say"}, then `last` with {"why", "cost"}. Errors are {"problem": "words", "kind": "busy" or "wrong"}.
 *
 * Text between clients and Acme stays escaped, as it stands between the quotes in JSON: it is copied, never unescaped.
 */
#include <yuzui/plugin.h>

/* ---- towards Acme: where, and what -------------------------------------------------------------------------------------- */

static int endpoint(const yz_provider *provider, const yz_request *request, const yz_target *target, yz_arena *arena, yz_endpoint *out) {
    (void)provider, (void)target, (void)arena;
    *out = (yz_endpoint){YZ_ENDPOINT, .path = YZ_STR("/talk")};
    return request->op == YZ_OP_CHAT ? YZ_OK : YZ_EUNSUPPORTED;
}

static void put_text(const yz_message *message, yz_losses *losses, yz_buf *out) {
    for (const yz_part *part = message->parts; part; part = part->next) {
        if (part->kind == YZ_PART_TEXT)
            yz_buf_str(out, part->text);
        else
            yz_lose(losses, "messages.content"); /* told in the x-yuzui-lost header, refused in strict mode */
    }
}

static int write(const yz_provider *provider, const yz_chat *chat, const yz_target *target, yz_arena *arena, yz_losses *losses,
                 yz_buf *out) {
    (void)provider, (void)arena;
    yz_buf_lit(out, "{\"engine\":");
    yz_buf_json_str(out, target->model);
    yz_buf_lit(out, ",\"brief\":\"");
    for (const yz_message *message = chat->messages; message; message = message->next)
        if (message->role == YZ_ROLE_SYSTEM)
            put_text(message, losses, out);
    yz_buf_lit(out, "\",\"turns\":[");
    const char *comma = "";
    for (const yz_message *message = chat->messages; message; message = message->next) {
        if (message->role == YZ_ROLE_SYSTEM)
            continue;
        yz_buf_printf(out, "%s{\"by\":\"%s\",\"say\":\"", comma, message->role == YZ_ROLE_USER ? "user" : "engine");
        put_text(message, losses, out);
        yz_buf_lit(out, "\"}");
        comma = ",";
    }
    yz_buf_printf(out, "],\"limit\":%lld,\"live\":%s}", (long long)(chat->max_tokens > 0 ? chat->max_tokens : 1000),
                  chat->stream ? "true" : "false");
    return YZ_OK;
}

/* ---- from Acme: answers as events ------------------------------------------------------------------------------------------ */

typedef struct state { /* of one answer; zeroed */
    bool begun;
    yz_items items; /* Acme does not say where its text begins and ends: this does */
} state;

static void said(state *s, const yz_json *root, yz_sink *sink) {
    if (!s->begun)
        yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_START, .model = yz_json_escaped(yz_json_get(root, "engine"))});
    s->begun = true;
    yz_items_put(&s->items, sink, YZ_PART_TEXT, yz_json_escaped(yz_json_get(root, "say")));
}

static void ended(state *s, const yz_json *root, yz_sink *sink) {
    const yz_json *cost = yz_json_get(root, "cost");
    yz_usage usage = yz_usage_of(yz_json_int(yz_json_get(cost, "read"), -1), yz_json_int(yz_json_get(cost, "written"), -1));
    bool limit = yz_str_is(yz_json_escaped(yz_json_get(root, "why")), "limit");
    yz_items_end(&s->items, sink);
    yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_USAGE, .usage = &usage});
    yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_FINISH, .finish = limit ? YZ_FINISH_LENGTH : YZ_FINISH_STOP});
    yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_DONE}); /* only here: an answer without it is broken */
}

static int decode_event(void *decoder, yz_str name, yz_str data, yz_arena *arena, yz_sink *sink) {
    yz_json *root;
    int code = yz_json_parse(arena, data, YZ_JSON_ANSWERED, &root, NULL);
    if (code < 0)
        return code;
    bool last = yz_str_is(name, "last");
    if (!last && !yz_str_is(name, "piece"))
        return YZ_OK; /* something new: ignored */
    said(decoder, root, sink);
    if (last)
        ended(decoder, root, sink);
    return YZ_OK;
}

static int decode_body(void *decoder, const yz_json *body, yz_arena *arena, yz_sink *sink) {
    (void)arena;
    if (!yz_json_is(yz_json_get(body, "say"), YZ_JSON_STRING))
        return YZ_EINVAL; /* not Acme */
    said(decoder, body, sink);
    ended(decoder, body, sink);
    return YZ_OK;
}

static void read_error(int status, const yz_json *body, yz_arena *arena, yz_error *out) {
    yz_str problem = yz_json_text(arena, yz_json_get(body, "problem"));
    if (yz_str_is(yz_json_escaped(yz_json_get(body, "kind")), "busy"))
        out->class_ = YZ_ERROR_OVERLOADED; /* may be tried again; the class was preset from the status */
    if (status == 401 || status == 403)
        *out = (yz_error){YZ_ERROR, .class_ = YZ_ERROR_UPSTREAM_AUTH, .message = YZ_STR("Acme refused the gateway's key")};
    else
        out->message = problem.n ? problem : yz_format(arena, "Acme answered with status %d", status);
}

static const yz_adapter adapter = {YZ_ADAPTER,
                                   .dialect = "acme-talk",
                                   .endpoint = endpoint,
                                   YZ_CREDENTIALS({.name = "x-acme-key", .header = "x-acme-key"}),
                                   .write = write,
                                   .writes = "max_tokens", /* whatever else a client asks for is told as lost */
                                   .decoder_size = sizeof(state),
                                   .decode_event = decode_event,
                                   .decode_body = decode_body,
                                   .read_error = read_error};

YZ_PLUGIN_KINDS("adapter");
YZ_PLUGIN(.name = "acme", .summary = "Acme's models", .version = "1.0", .adapter = &adapter)
