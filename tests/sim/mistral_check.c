/* mistral_check.c: what Mistral's API refuses beside OpenAI's: it plays this for a provider that is called "mistral" (/p/mistral/v1/...).
 *
 * The fields are those of its own client (mistralai/client-python, ChatCompletionRequest and the messages): any other is 422. The order of
 * roles is that of mistral-common's validator and of the API's own answers (code 3230): nobody but the user or instructions before
 * instructions, no user after a tool; and the last one is the user, a tool, or the assistant with `prefix`.
 */
#include "sim.h"

#include <ctype.h>
#include <string.h>

#define GET cJSON_GetObjectItemCaseSensitive

static const char *const fields[] = {"model",
                                     "messages",
                                     "temperature",
                                     "top_p",
                                     "max_tokens",
                                     "stream",
                                     "stop",
                                     "random_seed",
                                     "metadata",
                                     "response_format",
                                     "tools",
                                     "tool_choice",
                                     "n",
                                     "presence_penalty",
                                     "min_tokens",
                                     "frequency_penalty",
                                     "top_k",
                                     "repetition_penalty",
                                     "logprobs",
                                     "top_logprobs",
                                     "prompt_logprobs",
                                     "top_prompt_logprobs",
                                     "prediction",
                                     "parallel_tool_calls",
                                     "prompt_mode",
                                     "reasoning_effort",
                                     "guardrails",
                                     "prompt_cache_key",
                                     "service_tier",
                                     "safe_prompt",
                                     NULL};

static bool extra(refusal *out, const char *name) {
    return refuse(out, 422, "invalid_request_error", NULL, name, "Extra inputs are not permitted: body.%s", name);
}

static bool misplaced(refusal *out, const char *role, const char *before) {
    return refuse(out, 400, "invalid_request_message_order", "3230", NULL, "Unexpected role '%s' after role '%s'", role, before);
}

static bool follows(const char *role, const char *before) {
    bool system = !strcmp(before, "system"), user = !strcmp(before, "user"), tool = !strcmp(before, "tool");
    if (!strcmp(role, "system"))
        return system || user;
    if (!strcmp(role, "user"))
        return !tool;
    return !strcmp(role, "tool") ? !system && !user : !strcmp(role, "assistant");
}

static bool call_ids(const cJSON *message, refusal *out) {
    const cJSON *call;
    cJSON_ArrayForEach(call, GET(message, "tool_calls")) {
        const char *id = json_string(call, "id");
        size_t n = 0;
        while (id && isalnum((unsigned char)id[n]))
            n++;
        if (!id || n != 9 || id[n])
            return refuse(out, 400, "invalid_function_call", "3280", NULL,
                          "Tool call id was %s but must be a-z, A-Z, 0-9, with a length of 9.", id ? id : "null");
    }
    return true;
}

static bool message_ok(const cJSON *message, const char *role, refusal *out) {
    static const char *const any[] = {"role", "content", NULL}, *const assistant[] = {"role", "content", "tool_calls", "prefix", NULL},
                             *const tool[] = {"role", "content", "tool_call_id", "name", NULL};
    bool says = !strcmp(role, "assistant");
    const char *unknown = json_unknown(message, says ? assistant : !strcmp(role, "tool") ? tool : any);
    return unknown ? extra(out, unknown) : call_ids(message, out);
}

static bool messages_ok(const cJSON *list, refusal *out) {
    const char *before = NULL;
    const cJSON *message, *last = NULL;
    cJSON_ArrayForEach(message, list) {
        const char *role = json_string(message, "role");
        if (!role)
            return openai_missing(out, "messages.role");
        if (before && !follows(role, before))
            return misplaced(out, role, before);
        if (!message_ok(message, role, out))
            return false;
        before = role;
        last = message;
    }
    bool open = last && (!strcmp(before, "user") || !strcmp(before, "tool") || cJSON_IsTrue(GET(last, "prefix")));
    if (!open && cJSON_GetArraySize(list) > 1)
        return refuse(out, 400, "invalid_request_message_order", "3230", NULL,
                      "Expected last role User or Tool (or Assistant with prefix True) for serving but got %s", before);
    return true;
}

bool mistral_check_chat(cJSON *body, question *q, refusal *out) {
    static const char *const own[] = {"random_seed",         "min_tokens",  "repetition_penalty", "top_k",      "prompt_logprobs",
                                      "top_prompt_logprobs", "prompt_mode", "guardrails",         "safe_prompt"};
    const char *unknown = json_unknown(body, fields);
    if (unknown)
        return extra(out, unknown);
    if (!messages_ok(GET(body, "messages"), out))
        return false;
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) /* the rest is judged like everybody's */
        cJSON_DeleteItemFromObjectCaseSensitive(body, own[i]);
    cJSON *message;
    cJSON_ArrayForEach(message, GET(body, "messages")) cJSON_DeleteItemFromObjectCaseSensitive(message, "prefix");
    if (!openai_check_chat(body, q, out))
        return false;
    q->include_usage = true; /* nobody has to ask for it */
    return true;
}
