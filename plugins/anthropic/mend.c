/* anthropic/mend.c: a conversation of several models, on its way to Anthropic as bytes.
 *
 * Where a policy answers one question with a model of another vendor and the next with Claude, the client sends the first one's
 * thoughts back: blocks that this gateway wrote without a signature, or with that vendor's, wrapped, and those of servers of this dialect
 * which put a checksum in its place. Anthropic refuses the whole request for one of them, and the thoughts mean nothing to another model.
 * So those blocks are cut out of the body, and told, and from texts what others found by searching, which has no encrypted_index; every
 * other value stays byte for byte. Others who speak this dialect do not sign, and
 * some want their thoughts back: only models named Claude are asked about.
 *
 * Instructions amid the messages (role system), which Claude Code sends in every request, are said by the user where a model is no Claude,
 * behind the results of tools: other vendors' servers know two roles. Which Claude takes them, and with which beta, is between Anthropic
 * and a client that named it; for one that named another model, mend_model.c knows.
 *
 * What the option `drop` names is left out here too, and told: a policy or an alias may send a request to a server that its client did not
 * mean.
 */
#include "anthropic.h"

static bool is(const yz_json *node, const char *key, const char *word) { return yz_json_says(yz_json_get(node, key), word); }

static bool unsigned_thought(const yz_json *block) {
    yz_str signature = yz_json_escaped(yz_json_get(block, "signature"));
    return is(block, "type", "thinking") && (signature.n == 0 || yc_is_foreign_signature(signature) || yc_is_digest(signature));
}

/* Does the text rest on what another vendor found? */
static bool found_elsewhere(const yz_json *block) {
    const yz_json *list = yz_json_get(block, "citations");
    for (const yz_json *c = yz_json_is(list, YZ_JSON_ARRAY) ? list->child : NULL; c; c = c->next) {
        const yz_json *index = yz_json_get(c, "encrypted_index");
        if (yz_json_is(index, YZ_JSON_STRING) && yz_json_escaped(index).n == 0)
            return true;
    }
    return false;
}

/* The blocks of an assistant's message that has such a block; NULL: it has none. */
static const yz_json *thoughtful(const yz_json *message) {
    const yz_json *content = yz_json_get(message, "content");
    if (!is(message, "role", "assistant") || !yz_json_is(content, YZ_JSON_ARRAY))
        return NULL;
    for (const yz_json *block = content->child; block; block = block->next)
        if (unsigned_thought(block) || found_elsewhere(block))
            return content;
    return NULL;
}

static void comma(yz_buf *out) {
    if (out->p[out->n - 1] != '[')
        yz_buf_char(out, ',');
}

static void put_block(const yz_json *block, yz_buf *out) {
    if (!found_elsewhere(block)) {
        yz_buf_str(out, yz_json_raw(block));
        return;
    }
    bool first = true;
    const yz_json *citations = yz_json_get(block, "citations");
    for (const yz_json *member = block->child; member; member = member->next) {
        if (member == citations)
            continue;
        yz_buf_lit(out, first ? "{\"" : ",\"");
        first = false;
        yz_buf_str(out, yz_json_key(member));
        yz_buf_lit(out, "\":");
        yz_buf_str(out, yz_json_raw(member));
    }
    yz_buf_char(out, '}');
}

/* The message with what is left of its content; a message of thoughts alone goes as a whole. Tells whether a call is left. */
static bool put_mended(const yz_json *content, yz_buf *out, yz_losses *losses) {
    size_t start = out->n;
    bool left = false, call = false;
    comma(out);
    yz_buf_lit(out, "{\"role\":\"assistant\",\"content\":[");
    for (const yz_json *block = content->child; block; block = block->next) {
        if (unsigned_thought(block)) {
            yz_lose(losses, "messages.thinking");
            continue;
        }
        comma(out);
        put_block(block, out);
        left = true;
        call |= is(block, "type", "tool_use");
    }
    yz_buf_lit(out, "]}");
    if (!left)
        out->n = start;
    return call;
}

/* ---- instructions amid the messages ------------------------------------------------------------------------------------------ */

void an_lose_options(const yz_json *message, yz_arena *arena, yz_losses *losses) {
    yc_lose_others(message, "messages", YZ_NAMES("role", "content"), arena, losses);
}

/* As the user's words; a message without any, which only sets options of the turn, goes: false. */
static bool put_as_user(const yz_json *message, yz_buf *out) {
    const yz_json *content = yz_json_given(message, "content");
    if (!content || (content->type == YZ_JSON_ARRAY && yz_json_count(content) == 0))
        return false;
    comma(out);
    yz_buf_lit(out, "{\"role\":\"user\",\"content\":");
    yz_buf_str(out, yz_json_raw(content));
    yz_buf_char(out, '}');
    return true;
}

/* Instructions in a row as the user's words; behind results of tools, if such follow, since nothing may stand between those and their
 * calls. Returns the last message that was written. */
static const yz_json *put_instructions(const yz_json *first, yz_buf *out, yz_arena *arena, yz_losses *losses) {
    const yz_json *last = first, *next = first;
    bool results = false;
    for (; next && is(next, "role", "system"); next = next->next)
        last = next;
    const yz_json *content = yz_json_get(next, "content");
    for (const yz_json *block = yz_json_is(content, YZ_JSON_ARRAY) ? content->child : NULL; block && !results; block = block->next)
        results = is(block, "type", "tool_result");
    if (results) {
        comma(out);
        yz_buf_str(out, yz_json_raw(next));
    }
    for (const yz_json *one = first; one != last->next; one = one->next) {
        an_lose_options(one, arena, losses);
        if (put_as_user(one, out))
            yz_lose_as(losses, "messages.role", YZ_APPROXIMATED);
    }
    return results ? next : last;
}

/* ---- what the provider's options say that it does not take -------------------------------------------------------------------------- */

yz_str an_without(const yz_json *object, const char *member, yz_arena *arena) {
    yz_buf left = {0};
    const yz_json *gone = yz_json_get(object, member);
    yz_buf_char(&left, '{');
    for (const yz_json *m = object->child; m; m = m->next) {
        if (m == gone)
            continue;
        yz_buf_lit(&left, left.n > 1 ? ",\"" : "\"");
        yz_buf_str(&left, yz_json_key(m));
        yz_buf_lit(&left, "\":");
        yz_buf_str(&left, yz_json_raw(m));
    }
    yz_buf_char(&left, '}');
    yz_str copy = yz_dup(arena, yz_buf_view(&left));
    yz_buf_free(&left);
    return copy;
}

static const yz_request *without(const yz_request *request, const char *field, yz_arena *arena, yz_losses *losses) {
    if (!yz_json_get(request->json, field))
        return request;
    yz_request *copy = yz_request_copy(arena, request);
    yz_request_set(arena, copy, field, (yz_str){NULL, 0});
    yz_lose(losses, field);
    return copy;
}

/* output_config holds a format, too, which stays. */
static const yz_request *without_effort(const yz_request *request, yz_arena *arena, yz_losses *losses) {
    const yz_json *config = yz_json_get(request->json, "output_config");
    if (!yz_json_get(config, "effort"))
        return request;
    yz_str left = an_without(config, "effort", arena);
    yz_request *copy = yz_request_copy(arena, request);
    yz_request_set(arena, copy, "output_config", left.n > 2 ? left : (yz_str){NULL, 0});
    yz_lose(losses, "output_config.effort");
    return copy;
}

static const yz_request *drop(const yz_request *request, const an_config *config, yz_arena *arena, yz_losses *losses) {
    for (size_t i = 0; i < config->drop.n; i++) {
        yz_str name = config->drop.items[i];
        if (yz_str_is(name, "reasoning_effort"))
            request = without_effort(without(request, "thinking", arena, losses), arena, losses);
        else
            request = without(request, yz_str_is(name, "user") ? "metadata" : yz_dup(arena, name).p, arena, losses);
    }
    return request;
}

const yz_request *an_mend(const yz_request *request, const yz_target *target, yz_arena *arena, yz_losses *losses) {
    if (request->op == YZ_OP_BATCH)
        return an_mend_batch(request, target, arena, losses);
    return an_mend_names(an_mend_chat(request, target, arena, losses), target->provider->config, arena);
}

const yz_request *an_mend_chat(const yz_request *request, const yz_target *target, yz_arena *arena, yz_losses *losses) {
    bool claude = an_version(target->model) > 0;
    request = drop(request, target->provider->config, arena, losses);
    request = claude ? request : an_mend_for_vendor(request, arena, losses);
    request = an_mend_tools(request, target->provider->config, arena, losses);
    request = an_mend_for_model(request, target, arena, losses);
    if (!yc_names_target(request, target, arena))
        request = an_mend_marks(request, arena, losses);
    if (!claude || !yc_names_target(request, target, arena))
        request = an_mend_results(request, arena, losses);
    const yz_json *messages = yz_json_get(request->json, "messages");
    bool any = false, loop = false;
    for (const yz_json *m = messages ? messages->child : NULL; m && !any; m = m->next)
        any = (claude && thoughtful(m)) || (!claude && is(m, "role", "system"));
    if (!any)
        return request;
    yz_buf out = {0};
    yz_buf_char(&out, '[');
    for (const yz_json *m = messages->child; m; m = m->next) {
        const yz_json *content = claude ? thoughtful(m) : NULL;
        if (!claude && is(m, "role", "system")) {
            m = put_instructions(m, &out, arena, losses);
        } else if (content) {
            loop = put_mended(content, &out, losses);
        } else {
            loop &= !is(m, "role", "assistant");
            comma(&out);
            yz_buf_str(&out, yz_json_raw(m));
        }
    }
    yz_buf_char(&out, ']');
    yz_request *mended = yz_request_copy(arena, request);
    yz_request_set(arena, mended, "messages", yz_buf_view(&out));
    yz_buf_free(&out);
    /* With a budget, the last turn that calls tools would have to begin with its thoughts. */
    if (loop && is(yz_json_get(request->json, "thinking"), "type", "enabled"))
        yz_request_set(arena, mended, "thinking", (yz_str){NULL, 0});
    return mended;
}
