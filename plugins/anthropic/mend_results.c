/* anthropic/mend_results.c: results of tools that stand behind something else in what the user says. The API takes them first in their
 * message, and servers of other vendors refuse a body that has them elsewhere; some clients put a reminder before them. They are moved
 * where they stand, for a model that is not the Claude its client named: that one judges what its client wrote.
 */
#include "anthropic.h"

static bool is_result(const yz_json *block) { return yz_json_says(yz_json_get(block, "type"), "tool_result"); }

static const yz_json *blocks_of(const yz_json *message) {
    const yz_json *content = yz_json_get(message, "content");
    bool user = yz_json_says(yz_json_get(message, "role"), "user");
    return user && yz_json_is(content, YZ_JSON_ARRAY) ? content->child : NULL;
}

static bool is_late(const yz_json *block) {
    bool other = false;
    for (; block; block = block->next) {
        if (other && is_result(block))
            return true;
        other |= !is_result(block);
    }
    return false;
}

static void put_blocks(const yz_json *first, bool results, yz_buf *out) {
    for (const yz_json *block = first; block; block = block->next)
        if (is_result(block) == results) {
            yz_buf_lit(out, out->p[out->n - 1] == '[' ? "" : ",");
            yz_buf_str(out, yz_json_raw(block));
        }
}

static void put_message(const yz_json *message, yz_buf *out) {
    const yz_json *content = yz_json_get(message, "content");
    for (const yz_json *member = message->child; member; member = member->next) {
        yz_buf_lit(out, member == message->child ? "{\"" : ",\"");
        yz_buf_str(out, yz_json_key(member));
        yz_buf_lit(out, "\":");
        if (member == content) {
            yz_buf_char(out, '[');
            put_blocks(content->child, true, out);
            put_blocks(content->child, false, out);
            yz_buf_char(out, ']');
        } else {
            yz_buf_str(out, yz_json_raw(member));
        }
    }
    yz_buf_char(out, '}');
}

const yz_request *an_mend_results(const yz_request *request, yz_arena *arena, yz_losses *losses) {
    const yz_json *messages = yz_json_get(request->json, "messages"), *first = yz_json_is(messages, YZ_JSON_ARRAY) ? messages->child : NULL;
    bool any = false;
    for (const yz_json *m = first; m && !any; m = m->next)
        any = is_late(blocks_of(m));
    if (!any)
        return request;
    yz_buf out = {0};
    for (const yz_json *m = first; m; m = m->next) {
        yz_buf_char(&out, m == first ? '[' : ',');
        if (is_late(blocks_of(m)))
            put_message(m, &out);
        else
            yz_buf_str(&out, yz_json_raw(m));
    }
    yz_buf_char(&out, ']');
    yz_request *mended = yz_request_copy(arena, request);
    yz_request_set(arena, mended, "messages", yz_buf_view(&out));
    yz_buf_free(&out);
    yz_lose_as(losses, "messages.content", YZ_APPROXIMATED);
    return mended;
}
