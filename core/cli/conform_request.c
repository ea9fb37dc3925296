/* cli/conform_request.c: requests and errors: what is written must be JSON that the adapter itself reads to the same end. */
#include "base/arena.h"
#include "base/credential.h"
#include "base/request.h"
#include "cli/conform.h"
#include "dialect/chat.h"

static bool is_object(yz_conform *c, yz_str text) {
    yz_json *json;
    return yz_json_parse(c->arena, text, YZ_JSON_LONE_SURROGATES, &json, NULL) == YZ_OK && json->type == YZ_JSON_OBJECT;
}

/* read, write, read, write: the second writing must be the first. */
void yz_conform_request(yz_conform *c, yz_str name, yz_str body) {
    yz_losses losses;
    yz_error error;
    yz_buf first = {0}, second = {0};
    int code = yz_play_request(c->adapter, c->adapter, c->config, YZ_STR("a-model"), body, c->arena, &losses, &first, &error);
    if (code < 0) {
        bool explained = error.message.n > 0 || losses.n > 0;
        yz_conform_tell(c, explained, "a refusal says why", name, "%s, but neither a message nor a loss", yz_result_text(code));
    } else if (yz_conform_tell(c, is_object(c, yz_buf_view(&first)), "writes JSON", name, "%.*s", YZ_STR_ARGS(yz_buf_view(&first)))) {
        code =
            yz_play_request(c->adapter, c->adapter, c->config, YZ_STR("a-model"), yz_buf_view(&first), c->arena, &losses, &second, &error);
        yz_conform_tell(c, code == YZ_OK && yz_str_eq(yz_buf_view(&first), yz_buf_view(&second)), "reads what it writes", name,
                        "%s %.*s\nfirst  %.*s\nsecond %.*s", yz_result_text(code), YZ_STR_ARGS(error.message),
                        YZ_STR_ARGS(yz_buf_view(&first)), YZ_STR_ARGS(yz_buf_view(&second)));
    }
    yz_buf_free(&first);
    yz_buf_free(&second);
}

/* A conversation with everything in it, for adapters that can only write. */
static yz_chat *a_chat(yz_arena *arena) {
    yz_chat *chat = yz_chat_new(arena);
    yz_part_add(yz_message_add(chat, YZ_ROLE_SYSTEM), YZ_PART_TEXT)->text = YZ_STR("Be brief.");
    yz_message *question = yz_message_add(chat, YZ_ROLE_USER);
    yz_part_add(question, YZ_PART_TEXT)->text = YZ_STR("Weather \\\"there\\\"? \\u0000");
    yz_part *image = yz_part_add(question, YZ_PART_IMAGE);
    image->media_type = YZ_STR("image/png");
    image->data = YZ_STR("iVBORw0KGgo=");
    yz_message *turn = yz_message_add(chat, YZ_ROLE_ASSISTANT);
    yz_part_add(turn, YZ_PART_REASONING)->text = YZ_STR("Hm.");
    yz_part_add(turn, YZ_PART_TEXT)->text = YZ_STR("Looking.");
    yz_part *call = yz_part_add(turn, YZ_PART_TOOL_CALL), *result = yz_part_add(yz_message_add(chat, YZ_ROLE_USER), YZ_PART_TOOL_RESULT);
    call->id = result->id = YZ_STR("call_1");
    call->name = YZ_STR("weather");
    call->args = YZ_STR("{\"id\":9007199254740993}");
    yz_part_add_to(result, YZ_PART_TEXT)->text = YZ_STR("Rain");
    yz_tool *tool = yz_tool_add(chat);
    tool->name = call->name;
    tool->schema = YZ_STR("{\"type\":\"object\",\"properties\":{}}");
    yz_stop_add(chat, YZ_STR("END"));
    chat->max_tokens = 100;
    chat->temperature = YZ_STR("0.5");
    return chat;
}

/* What its clients ask for: a chat, unless its dialect has none. */
static yz_route asked_for(const yz_adapter *adapter) {
    yz_route first = {.method = "POST", .path = "", .op = YZ_OP_CHAT};
    for (size_t i = adapter->n_routes; i > 0; i--) {
        const yz_route *route = &adapter->routes[i - 1];
        if (route->op == YZ_OP_CHAT)
            return (yz_route){.method = "POST", .path = "", .op = YZ_OP_CHAT};
        if (!strchr(route->path, '{') && route->op != YZ_OP_MODELS && route->op != YZ_OP_STORED)
            first = *route;
    }
    return first;
}

void yz_conform_write(yz_conform *c) {
    yz_provider provider = {YZ_PROVIDER, .name = YZ_STR("a-provider"), .adapter = c->adapter, .config = c->config};
    yz_target target = {YZ_TARGET, .provider = &provider, .model = YZ_STR("a \"model\"")};
    yz_route route = asked_for(c->adapter);
    yz_request request = {YZ_REQUEST, .dialect = c->adapter, .op = route.op, .model = target.model, .path = yz_str_of(route.path)};
    yz_losses losses = {YZ_LOSSES, .arena = c->arena};
    yz_endpoint endpoint = {YZ_ENDPOINT};
    for (int stream = 0; stream < 2 && c->adapter->write; stream++) {
        yz_chat *chat = a_chat(c->arena);
        yz_buf out = {0};
        chat->stream = stream;
        int code = yz_chat_write(chat, &target, c->arena, &losses, &out);
        yz_conform_tell(c, (code == YZ_OK && is_object(c, yz_buf_view(&out))) || (code == YZ_EUNSUPPORTED && losses.n), "writes a request",
                        YZ_STR("a conversation with tools"), "%s: %.*s", yz_result_text(code), YZ_STR_ARGS(yz_buf_view(&out)));
        yz_buf_free(&out);
    }
    if (!c->adapter->endpoint)
        return;
    int code = c->adapter->endpoint(&provider, &request, &target, c->arena, &endpoint);
    yz_conform_tell(c, code == YZ_OK && endpoint.path.n && endpoint.path.p[0] == '/', "has an endpoint", yz_str_of(yz_op_word(route.op)),
                    "%s, path \"%.*s\"", yz_result_text(code), YZ_STR_ARGS(endpoint.path));
    yz_conform_tell(c, code < 0 || yz_credential_find(c->adapter, endpoint.credential), "declares how its endpoint shows the key",
                    yz_str_of(yz_op_word(route.op)), "\"%s\"", endpoint.credential ? endpoint.credential : "");
}

/* ---- errors -------------------------------------------------------------------------------------------------------------------------- */

/* True: it has words. Without any the core says the status. */
static bool one_error(yz_conform *c, int status, const char *body) {
    yz_json *json = NULL;
    yz_error e = {YZ_ERROR, .class_ = YZ_ERROR_SERVER};
    if (yz_json_parse(c->arena, yz_str_of(body), YZ_JSON_LONE_SURROGATES, &json, NULL) < 0)
        json = NULL;
    c->adapter->read_error(status, json, c->arena, &e);
    bool ours = status == 401 || status == 403; /* of the gateway's key: the client must not be asked for another one */
    int shown = yz_error_status(&e);
    yz_conform_tell(c, shown >= 400 && shown <= 599, "reads an error", yz_str_of(body), "status %d becomes %d \"%.*s\"", status, shown,
                    YZ_STR_ARGS(e.message));
    yz_conform_tell(c, !ours || (shown != 401 && shown != 403), "keeps the gateway's key to itself", yz_str_of(body),
                    "status %d becomes %d", status, shown);
    return e.message.n > 0;
}

static void written(yz_conform *c) {
    static const char *const messages[] = {"plain", "quote \" backslash \\ newline \n tab \t", "鱼嘴 🐟", "not UTF-8 \xff", ""};
    for (size_t i = 0; i < sizeof(messages) / sizeof(*messages); i++) {
        yz_buf out = {0};
        yz_error e = {YZ_ERROR, .class_ = YZ_ERROR_RATE_LIMIT, .message = yz_str_of(messages[i])};
        c->adapter->write_error(&e, 429, YZ_STR("req-1"), &out);
        yz_conform_tell(c, is_object(c, yz_buf_view(&out)), "writes an error as JSON", yz_str_of(messages[i]), "%.*s",
                        YZ_STR_ARGS(yz_buf_view(&out)));
        yz_buf_free(&out);
    }
}

void yz_conform_errors(yz_conform *c) {
    static const int statuses[] = {400, 401, 402, 403, 404, 408, 413, 422, 429, 500, 502, 503, 504, 529};
    static const char *const bodies[] = {"",
                                         "<html>",
                                         "{}",
                                         "[]",
                                         "null",
                                         "\"words\"",
                                         "{\"error\":null}",
                                         "{\"error\":\"words\"}",
                                         "{\"error\":{\"message\":\"Incorrect API key provided\",\"type\":\"x\",\"code\":7}}",
                                         "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}",
                                         "{\"error\":{\"code\":429,\"message\":\"m\",\"status\":\"RESOURCE_EXHAUSTED\"}}"};
    size_t told = 0;
    for (size_t s = 0; c->adapter->read_error && s < sizeof(statuses) / sizeof(*statuses); s++)
        for (size_t b = 0; b < sizeof(bodies) / sizeof(*bodies); b++)
            told += one_error(c, statuses[s], bodies[b]);
    if (c->adapter->read_error)
        yz_conform_tell(c, told > 0, "passes on what the provider says", YZ_STR("errors of every shape"),
                        "read_error leaves out->message empty for all of them: the client would learn the status alone");
    if (c->adapter->write_error)
        written(c);
}
