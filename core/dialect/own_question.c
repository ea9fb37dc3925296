/* dialect/own_question.c: a text that the gateway asks (own_question.h has the contract). */
#include "dialect/own_question.h"

#include "base/request.h"
#include "dialect/chat.h"

int yz_own_question_put(const yz_adapter *form, yz_arena *arena, yz_str text, yz_buf *out) {
    if (!form || !form->write_question)
        return YZ_EUNSUPPORTED;
    out->n--; /* the brace */
    if (out->n > 1)
        yz_buf_char(out, ',');
    form->write_question(yz_json_escape(arena, text), out);
    yz_buf_char(out, '}');
    return YZ_OK;
}

/* What is said in a vendor's own word would reach another vendor's model of the same dialect in the word that its adapter writes. */
static bool in_plain_words(const yz_json *body) {
    for (const yz_json *member = body ? body->child : NULL; member; member = member->next)
        if (!yz_chat_has_field(yz_json_key(member)))
            return false;
    return body != NULL;
}

void yz_own_question(yz_request *request) { request->neutral->own = in_plain_words(request->json); }

static bool is_own(const yz_request *request) {
    return request->neutral && request->neutral->json == request->json && request->neutral->own;
}

bool yz_own_question_rewritten(const yz_request *request, yz_arena *arena, const yz_target *target) {
    const yz_adapter *adapter = target->provider->adapter;
    if (strcmp(request->dialect->dialect, adapter->dialect) != 0)
        return true;
    if (!is_own(request) || !adapter->write)
        return false;
    const yz_reading *reading = yz_request_read(request, arena);
    return reading->code == YZ_OK && reading->losses->n == 0 && reading->chat->n <= 1;
}
