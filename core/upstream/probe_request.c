/* upstream/probe_request.c: a request that nobody waits for: does this target answer? The list of its models costs nothing and shows that
 * the provider can be reached and takes the key; an answer of one token shows that the model answers, and is paid for.
 */
#include "base/arena.h"
#include "base/dialects.h"
#include "base/request.h"
#include "dialect/own_question.h"

#include <yuzui/adapter.h>
#include <yuzui/call.h>

static yz_request *plain(yz_arena *arena, const yz_request *like, const yz_target *target) {
    yz_request *probe = yz_alloc(arena, sizeof *probe);
    *probe = (yz_request){YZ_REQUEST, .dialects = like->dialects, .id = YZ_STR("yuzui-probe"), .no_cache = true};
    probe->model = target->model;
    probe->target = target;
    return probe;
}

static yz_request *asks_for_models(yz_request *probe, const yz_target *target) {
    probe->op = YZ_OP_MODELS;
    probe->dialect = target->provider->adapter;
    return probe;
}

static yz_request *asks_for_an_answer(yz_arena *arena, yz_request *probe, const yz_target *target) {
    const yz_adapter *form = probe->dialects ? yz_dialects_fallback(probe->dialects) : NULL;
    yz_json *root;
    yz_buf body = {0};
    yz_buf_lit(&body, "{\"model\":");
    yz_buf_json_str(&body, target->model);
    yz_buf_lit(&body, ",\"max_tokens\":1}");
    int code = yz_own_question_put(form, arena, YZ_STR("Reply with the word ok."), &body);
    probe->body = yz_dup(arena, yz_buf_view(&body));
    yz_buf_free(&body);
    if (code != YZ_OK || yz_json_parse(arena, probe->body, 0, &root, NULL) != YZ_OK)
        return NULL;
    probe->op = YZ_OP_CHAT;
    probe->dialect = form;
    probe->json = root;
    yz_request_place(arena, probe);
    probe->model_node = yz_json_get(root, "model");
    yz_own_question(probe);
    return probe;
}

yz_request *yz_probe_request(const yz_call *like, const yz_target *target, bool answer) {
    yz_arena *arena = yz_call_arena(like);
    if (target->provider->adapter->local)
        return NULL;
    yz_request *probe = plain(arena, yz_call_request(like), target);
    return answer ? asks_for_an_answer(arena, probe, target) : asks_for_models(probe, target);
}
