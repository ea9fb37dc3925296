/* openai/read_thinking.c: how much a client wants the model to think, in all the words it may stand in.
 *
 * The dialect has reasoning_effort. Clients of many vendors send others in the same body, and the vendors' own endpoints take them:
 *   reasoning {effort, max_tokens, enabled}        OpenRouter
 *   thinking {type, budget_tokens}, output_config  Anthropic's endpoint for this dialect, Kimi, GLM, DeepSeek
 *   enable_thinking, thinking_budget               Qwen
 * The dialect's own word counts first, then they count in this order.
 */
#include "openai.h"

static void wants(yz_chat *chat, yz_str effort, int64_t budget) {
    if (chat->effort.n == 0)
        chat->effort = effort;
    if (chat->thinking_budget == 0 && budget > 0)
        chat->thinking_budget = budget;
}

static const yz_str none = {"none", 4}, full = {"high", 4}; /* full: what vendors take when thinking is on and no more is said */

static void read_reasoning(oa_reader *r, const yz_json *reasoning) {
    yz_chat *chat = r->out;
    const yz_json *enabled = yz_json_get(reasoning, "enabled");
    int64_t budget = yz_json_int(yz_json_get(reasoning, "max_tokens"), 0);
    wants(chat, yz_json_is(enabled, YZ_JSON_FALSE) ? none : yc_word(r->arena, yz_json_given(reasoning, "effort")), budget);
    if (yz_json_true(enabled) && budget <= 0)
        wants(chat, full, 0);
}

static void read_thinking(oa_reader *r, const yz_json *root) {
    const yz_json *thinking = yz_json_given(root, "thinking"), *config = yz_json_given(root, "output_config");
    yz_str type = yc_word(r->arena, yz_json_get(thinking, "type"));
    int64_t budget = yz_json_int(yz_json_get(thinking, "budget_tokens"), 0);
    if (yz_str_is(type, "disabled")) {
        wants(r->out, none, 0);
        return;
    }
    wants(r->out, yc_word(r->arena, yz_json_given(config, "effort")), 0);
    if (yz_str_is(type, "adaptive") || (yz_str_is(type, "enabled") && budget <= 0))
        wants(r->out, full, 0);
    else if (yz_str_is(type, "enabled"))
        wants(r->out, (yz_str){NULL, 0}, budget);
    else if (thinking)
        yz_lose(r->losses, "thinking");
    for (const yz_json *field = config ? config->child : NULL; field; field = field->next)
        if (field != yz_json_get(config, "effort"))
            yz_lose_as(r->losses, "output_config", yz_json_given(config, "effort") ? YZ_APPROXIMATED : YZ_DROPPED);
}

static void read_switch(yz_chat *chat, const yz_json *root) {
    const yz_json *on = yz_json_given(root, "enable_thinking");
    wants(chat, (yz_str){NULL, 0}, yz_json_int(yz_json_get(root, "thinking_budget"), 0));
    if (yz_json_is(on, YZ_JSON_FALSE))
        wants(chat, none, 0);
    else if (yz_json_true(on) && chat->thinking_budget == 0)
        wants(chat, full, 0);
}

void oa_read_effort(oa_reader *r, const yz_json *root) {
    wants(r->out, yc_word(r->arena, yz_json_given(root, "reasoning_effort")), 0);
    read_reasoning(r, yz_json_given(root, "reasoning"));
    read_thinking(r, root);
    read_switch(r->out, root);
}
