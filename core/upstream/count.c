/* count.c: how many tokens a chat has, asked of a target that cannot be asked: another dialect's, or one without such an operation. The
 * answer is an estimate, and says so (x-yuzui-count).
 *
 * Counted are the texts of the body, wherever they stand: four bytes of Latin letters, or one character of other scripts, are about a
 * token with today's tokenizers. What is embedded as base64 counts as a picture, at the price Google's guide gives for a small one.
 */
#include "upstream/provider_inner.h"

#define PICTURE_TOKENS 258
#define PICTURE_BYTES  512 /* a longer text without a blank is no text */

/* Quarters of tokens. */
static int64_t of_text(yz_str escaped) {
    int64_t quarters = 0;
    if (escaped.n > PICTURE_BYTES && !memchr(escaped.p, ' ', escaped.n) && !memchr(escaped.p, '\\', escaped.n))
        return 4 * PICTURE_TOKENS;
    for (size_t i = 0; i < escaped.n; i++) {
        unsigned char c = (unsigned char)escaped.p[i];
        quarters += c < 0x80 ? 1 : c >= 0xe0 ? 4 : c >= 0xc0 ? 2 : 0; /* the first byte of a character tells its script, roughly */
    }
    return quarters;
}

/* Recursion is bounded by the depth of JSON that is read at all. */
static int64_t of_value(const yz_json *node) {
    int64_t quarters = 0;
    if (node->type == YZ_JSON_STRING)
        return of_text(yz_json_escaped(node));
    if (node->type < YZ_JSON_STRING)
        return 4;
    for (const yz_json *child = node->child; child; child = child->next)
        quarters += of_value(child) + (child->key_p ? 1 : 0);
    return quarters;
}

bool yz_count_locally(const yz_request *request, const yz_target *target, yz_arena *arena) {
    const yz_adapter *adapter = target->provider->adapter;
    yz_endpoint endpoint = {YZ_ENDPOINT};
    if (request->op != YZ_OP_COUNT || !request->json || !request->dialect->write_count)
        return false;
    return adapter->local || strcmp(adapter->dialect, request->dialect->dialect) != 0 || !adapter->endpoint ||
           adapter->endpoint(target->provider, request, target, arena, &endpoint) < 0;
}

void yz_count_answer(yz_call *call, const yz_request *request) {
    yz_buf out = {0};
    request->dialect->write_count(of_value(request->json) / 4 + 1, &out);
    yz_note(call, "count", YZ_STR("estimated"));
    yz_send_head(call, &(yz_head){YZ_HEAD, .status = 200, .content_type = YZ_STR("application/json"), .length = (int64_t)out.n});
    if (!yz_ended(call))
        yz_send_chunk(call, &(yz_chunk){YZ_CHUNK, .bytes = yz_buf_view(&out)});
    if (!yz_ended(call))
        yz_send_end(call, &(yz_end){YZ_END});
    yz_buf_free(&out);
}
