/* test_flavours.c: the golden table: what each vendor says, in its own words, and what that means. Bodies are those the servers send (seen
 * on the wire, or in their documentation). The table is printed, so that a run shows it. */
#include "base/arena.h"
#include "base/diag.h"
#include "config/settings.h"
#include "upstream/judge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

typedef struct row {
    const char *flavour, *adapter; /* adapter NULL: openai */
    int status;                    /* 200: inside an answer */
    const char *body, *word;       /* the class */
} row;

/* clang-format off */
#define E(message, rest) "{\"error\":{\"message\":\"" message "\"" rest "}}"

static const row errors[] = {
    {"openai", NULL, 400, E("This model's maximum context length is 128000 tokens. However, your messages resulted in 130011 tokens.", ",\"type\":\"invalid_request_error\",\"code\":\"context_length_exceeded\""), "context_length_exceeded"},
    {"openai", NULL, 429, E("You exceeded your current quota, please check your plan and billing details.", ",\"type\":\"insufficient_quota\",\"code\":\"insufficient_quota\""), "upstream_quota"},
    {"openai", NULL, 429, E("Rate limit reached for gpt-4o in organization org-x on tokens per min (TPM)", ",\"type\":\"tokens\",\"code\":\"rate_limit_exceeded\""), "rate_limited"},
    {"openai", NULL, 400, E("Your request was rejected as a result of our safety system.", ",\"code\":\"moderation_blocked\""), "content_policy"},
    {"openai", NULL, 404, E("The model `x` does not exist", ",\"code\":\"model_not_found\""), "not_found"},
    {"openai", NULL, 503, E("Slow down", ",\"code\":\"slow_down\""), "upstream_overloaded"},
    {"openai", NULL, 400, E("Unsupported value: 'temperature'", ",\"param\":\"temperature\",\"code\":\"unsupported_value\""), "bad_request"},
    {"anthropic", "anthropic", 400, "{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\",\"message\":\"prompt is too long: 216868 tokens > 200000 maximum\"}}", "context_length_exceeded"},
    {"anthropic", "anthropic", 400, "{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\",\"message\":\"input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000\"}}", "context_length_exceeded"},
    {"anthropic", "anthropic", 400, "{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\",\"message\":\"Your credit balance is too low to access the Anthropic API.\"}}", "upstream_quota"},
    {"anthropic", "anthropic", 429, "{\"type\":\"error\",\"error\":{\"type\":\"rate_limit_error\",\"message\":\"This request would exceed your organization's rate limit\"}}", "rate_limited"},
    {"anthropic", "anthropic", 529, "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}", "upstream_overloaded"},
    {"anthropic", "anthropic", 400, "{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\",\"message\":\"Output blocked by content filtering policy\"}}", "content_policy"},
    {"anthropic", "anthropic", 404, "{\"type\":\"error\",\"error\":{\"type\":\"api_error\",\"message\":\"model: x\"}}", "not_found"},
    {"gemini", NULL, 400, "[{\"error\":{\"code\":400,\"message\":\"The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).\",\"status\":\"INVALID_ARGUMENT\"}}]", "context_length_exceeded"},
    {"gemini", NULL, 400, "{\"error\":{\"code\":400,\"message\":\"The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).\",\"status\":\"INVALID_ARGUMENT\"}}", "context_length_exceeded"},
    {"anthropic", "anthropic", 400, "{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\",\"message\":\"You have reached your specified API usage limits. You will regain access on 2026-12-01 at 00:00 UTC.\"}}", "upstream_quota"},
    {"anthropic", "anthropic", 400, "{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\",\"message\":\"This organization has been disabled.\"}}", "upstream_auth"},
    {"gemini", "gemini", 429, "{\"error\":{\"code\":429,\"message\":\"You exceeded your current quota, please check your plan and billing details.\\n* Quota exceeded for metric: generativelanguage.googleapis.com/generate_content_free_tier_requests, limit: 10\\nPlease retry in 34.4s.\",\"status\":\"RESOURCE_EXHAUSTED\"}}", "rate_limited"},
    {"gemini", NULL, 429, "[{\"error\":{\"code\":429,\"message\":\"You exceeded your current quota, please check your plan and billing details. Please retry in 34.4s.\",\"status\":\"RESOURCE_EXHAUSTED\"}}]", "rate_limited"},
    {"gemini", "gemini", 429, "{\"error\":{\"code\":429,\"message\":\"You exceeded your current quota, please check your plan and billing details.\",\"status\":\"RESOURCE_EXHAUSTED\"}}", "upstream_quota"},
    {"gemini", NULL, 429, "{\"error\":{\"code\":429,\"message\":\"Resource has been exhausted (e.g. check quota).\",\"status\":\"RESOURCE_EXHAUSTED\"}}", "rate_limited"},
    {"gemini", NULL, 400, "{\"error\":{\"code\":400,\"message\":\"API key not valid. Please pass a valid API key.\",\"status\":\"INVALID_ARGUMENT\"}}", "upstream_auth"},
    {"azure", NULL, 400, E("The response was filtered due to the prompt triggering Azure OpenAI's content management policy.", ",\"code\":\"content_filter\",\"innererror\":{\"code\":\"ResponsibleAIPolicyViolation\"}"), "content_policy"},
    {"azure", NULL, 404, E("The API deployment for this resource does not exist.", ",\"code\":\"DeploymentNotFound\""), "not_found"},
    {"azure", NULL, 429, E("Requests to the ChatCompletions_Create Operation have exceeded call rate limit of your current tier.", ",\"code\":\"429\""), "rate_limited"},
    {"azure", NULL, 403, E("Out of call volume quota. Quota will be replenished in 2 days.", ",\"code\":\"403\""), "upstream_quota"},
    {"vllm", NULL, 400, E("This model's maximum context length is 512 tokens. However, your prompt contains at least 513 input tokens", ",\"type\":\"BadRequestError\",\"param\":\"input_tokens\",\"code\":400"), "context_length_exceeded"},
    {"vllm", NULL, 400, E("max_tokens=100000 cannot be greater than max_model_len=512. Please request fewer output tokens.", ",\"type\":\"BadRequestError\",\"param\":\"max_tokens\",\"code\":400"), "context_length_exceeded"},
    {"vllm", NULL, 404, E("The model `nope` does not exist.", ",\"type\":\"NotFoundError\",\"param\":\"model\",\"code\":404"), "not_found"},
    {"vllm", NULL, 400, "{\"object\":\"error\",\"message\":\"`tools` must not be an empty array\",\"type\":\"BadRequestError\",\"param\":null,\"code\":400}", "bad_request"},
    {"sglang", NULL, 400, "{\"object\":\"error\",\"message\":\"The input (40000 tokens) is longer than the model's context length (32768 tokens).\",\"type\":\"BadRequestError\",\"param\":null,\"code\":400}", "context_length_exceeded"},
    {"sglang", NULL, 503, "{\"object\":\"error\",\"message\":\"The request queue is full.\",\"type\":\"ServiceUnavailableError\",\"code\":503}", "upstream_overloaded"},
    {"llama.cpp", NULL, 400, "{\"error\":{\"code\":400,\"message\":\"request (15020 tokens) exceeds the available context size (512 tokens), try increasing it\",\"type\":\"exceed_context_size_error\",\"n_prompt_tokens\":15020,\"n_ctx\":512}}", "context_length_exceeded"},
    {"llama.cpp", NULL, 503, "{\"error\":{\"code\":503,\"message\":\"Loading model\",\"type\":\"unavailable_error\"}}", "upstream_overloaded"},
    {"llama.cpp", NULL, 500, E("7 validation errors:\\n  {'type': 'literal_error', 'loc': ('body', 'messages', 0)}", ",\"type\":\"internal_server_error\",\"param\":null,\"code\":null"), "bad_request"},
    {"ollama", NULL, 404, E("model 'nope' not found", ",\"type\":\"api_error\",\"param\":null,\"code\":null"), "not_found"},
    {"ollama", NULL, 400, E("invalid message content type: <nil>", ",\"type\":\"invalid_request_error\""), "bad_request"},
    {"ollama", NULL, 500, E("llama runner process has terminated", ",\"type\":\"api_error\""), "upstream_error"},
    {"ollama", NULL, 503, E("server busy, please try again.  maximum pending requests exceeded", ",\"type\":\"api_error\""), "upstream_overloaded"},
    {"transformers", NULL, 422, "{\"detail\":[{\"type\":\"json_invalid\",\"loc\":[\"body\",50],\"msg\":\"JSON decode error\",\"input\":{},\"ctx\":{\"error\":\"Expecting value\"}}]}", "bad_request"},
    {"transformers", NULL, 422, "{\"detail\":\"Unexpected fields in the request: {'frobnicate'}\"}", "bad_request"},
    {"transformers", NULL, 500, NULL, "upstream_error"},
    {"litellm", NULL, 429, E("litellm.RateLimitError: RateLimitError: OpenAIException - Rate limit reached for up-model", ",\"type\":\"throttling_error\",\"param\":null,\"code\":\"429\""), "rate_limited"},
    {"litellm", NULL, 429, E("litellm.RateLimitError: RateLimitError: OpenAIException - You exceeded your current quota", ",\"type\":\"throttling_error\",\"code\":\"429\""), "upstream_quota"},
    {"litellm", NULL, 400, E("litellm.ContextWindowExceededError: litellm.BadRequestError: This model's maximum context length is 8192 tokens", ",\"type\":\"invalid_request_error\",\"code\":\"400\""), "context_length_exceeded"},
    {"litellm", NULL, 404, E("litellm.NotFoundError: OpenAIException - no", ",\"type\":\"invalid_request_error\",\"code\":\"404\""), "not_found"},
    {"litellm", NULL, 400, E("There are no healthy deployments for this model", ",\"type\":\"None\",\"code\":\"400\""), "not_found"},
    {"litellm", NULL, 400, E("No connected db.", ",\"type\":\"no_db_connection\",\"param\":null,\"code\":\"400\""), "upstream_auth"},
    {"litellm", NULL, 200, E("litellm.RateLimitError: no", ",\"type\":\"throttling_error\",\"param\":null,\"code\":\"429\""), "rate_limited"},
    {"one-api", NULL, 503, E("当前分组 default 下对于模型 nope 无可用渠道 (request id: 1)", ",\"type\":\"one_api_error\""), "not_found"},
    {"one-api", NULL, 401, E("该令牌额度已用尽 (request id: 1)", ",\"type\":\"one_api_error\""), "upstream_quota"},
    {"one-api", NULL, 401, E("无效的令牌 (request id: 1)", ",\"type\":\"one_api_error\""), "upstream_auth"},
    {"one-api", NULL, 429, E("当前分组上游负载已饱和，请稍后再试", ",\"type\":\"one_api_error\",\"code\":\"x\""), "rate_limited"},
    {"groq", NULL, 413, E("Request too large for model `x` on tokens per minute (TPM): Limit 6000, Requested 7000", ",\"type\":\"tokens\",\"code\":\"rate_limit_exceeded\""), "context_length_exceeded"},
    {"groq", NULL, 429, E("Rate limit reached for model `x`", ",\"type\":\"requests\",\"code\":\"rate_limit_exceeded\""), "rate_limited"},
    {"groq", NULL, 400, E("Failed to call a function.", ",\"type\":\"invalid_request_error\",\"code\":\"tool_use_failed\""), "bad_request"},
    {"mistral", NULL, 400, "{\"object\":\"error\",\"message\":\"Prompt contains 140000 tokens and 0 draft tokens, too large for model with 131072 maximum context length\",\"type\":\"invalid_request_prompt\",\"code\":\"3051\"}", "context_length_exceeded"},
    {"mistral", NULL, 429, "{\"object\":\"error\",\"message\":\"Rate limit exceeded\",\"type\":\"rate_limited\",\"param\":null,\"code\":\"1300\"}", "rate_limited"},
    {"mistral", NULL, 422, "{\"detail\":[{\"type\":\"extra_forbidden\",\"loc\":[\"body\",\"user\"],\"msg\":\"Extra inputs are not permitted\"}]}", "bad_request"},
    {"deepseek", NULL, 402, E("Insufficient Balance", ",\"type\":\"unknown_error\",\"code\":\"invalid_request_error\""), "upstream_quota"},
    {"deepseek", NULL, 400, E("Content Exists Risk", ",\"type\":\"invalid_request_error\""), "content_policy"},
    {"deepseek", NULL, 400, E("This model's maximum context length is 131072 tokens. However, you requested 139000 tokens", ",\"type\":\"invalid_request_error\""), "context_length_exceeded"},
    {"deepseek", NULL, 503, E("Service is too busy", ",\"type\":\"service_unavailable_error\""), "upstream_overloaded"},
    {"kimi", NULL, 400, E("Invalid request: Your request exceeded model token limit: 262144 (requested: 269030)", ",\"type\":\"invalid_request_error\""), "context_length_exceeded"},
    {"kimi", NULL, 429, E("Your account x is suspended, please check your plan and billing details", ",\"type\":\"exceeded_current_quota_error\""), "upstream_quota"},
    {"kimi", NULL, 429, E("The engine is currently overloaded, please try again later", ",\"type\":\"engine_overloaded_error\""), "upstream_overloaded"},
    {"kimi", NULL, 400, E("The request was rejected because it was considered high risk", ",\"type\":\"content_filter\""), "content_policy"},
    {"glm", NULL, 400, "{\"error\":{\"code\":\"1261\",\"message\":\"Prompt exceeds max length\"}}", "context_length_exceeded"},
    {"glm", NULL, 429, "{\"error\":{\"code\":\"1113\",\"message\":\"Insufficient balance or no resource package. Please recharge.\"}}", "upstream_quota"},
    {"glm", NULL, 429, "{\"error\":{\"code\":\"1302\",\"message\":\"High concurrency usage of this API\"}}", "rate_limited"},
    {"glm", NULL, 429, "{\"error\":{\"code\":\"1305\",\"message\":\"The service may be temporarily overloaded\"}}", "upstream_overloaded"},
    {"glm", NULL, 400, "{\"error\":{\"code\":\"1301\",\"message\":\"System detected potentially unsafe or sensitive content\"}}", "content_policy"},
    {"glm", NULL, 400, "{\"error\":{\"code\":\"1211\",\"message\":\"Unknown Model, please check the model code.\"}}", "not_found"},
    {"qwen", NULL, 400, E("<400> InternalError.Algo.InvalidParameter: Range of input length should be [1, 129024]", ",\"type\":\"invalid_request_error\",\"param\":null,\"code\":\"invalid_parameter_error\""), "context_length_exceeded"},
    {"qwen", NULL, 400, E("Access denied, please make sure your account is in good standing.", ",\"type\":\"Arrearage\",\"code\":\"Arrearage\""), "upstream_quota"},
    {"qwen", NULL, 400, E("Input data may contain inappropriate content.", ",\"type\":\"data_inspection_failed\",\"code\":\"data_inspection_failed\""), "content_policy"},
    {"qwen", NULL, 429, E("You exceeded your current requests list.", ",\"type\":\"limit_requests\",\"code\":\"limit_requests\""), "rate_limited"},
    {"qwen", NULL, 200, "{\"code\":\"InvalidParameter\",\"message\":\"url error, please check url\",\"request_id\":\"r\"}", "bad_request"},
    {"minimax", NULL, 200, "{\"choices\":null,\"base_resp\":{\"status_code\":1002,\"status_msg\":\"rate limit exceeded(RPM)\"}}", "rate_limited"},
    {"minimax", NULL, 200, "{\"choices\":null,\"base_resp\":{\"status_code\":2061,\"status_msg\":\"your current token plan not support model, MiniMax-M2.5-highspeed\"}}", "not_found"},
    {"minimax", NULL, 200, "{\"choices\":null,\"base_resp\":{\"status_code\":1008,\"status_msg\":\"insufficient balance\"}}", "upstream_quota"},
    {"minimax", NULL, 200, "{\"choices\":null,\"base_resp\":{\"status_code\":2013,\"status_msg\":\"invalid params, tool result's tool id not found\"}}", "bad_request"},
    {"minimax", NULL, 400, "{\"type\":\"error\",\"error\":{\"type\":\"bad_request_error\",\"message\":\"invalid params, context window exceeds limit (2013)\",\"http_code\":\"400\"}}", "context_length_exceeded"},
    {"minimax", NULL, 200, "{\"base_resp\":{\"status_code\":1027,\"status_msg\":\"output new_sensitive\"}}", "content_policy"},
    /* … and at the end of its words, in the shapes of other vendors. */
    {"minimax", NULL, 422, "{\"type\":\"error\",\"error\":{\"type\":\"unprocessable_entity_error\",\"message\":\"input new_sensitive (1026)\",\"http_code\":\"422\"},\"request_id\":\"r\"}", "content_policy"},
    {"minimax", "anthropic", 422, "{\"type\":\"error\",\"error\":{\"type\":\"unprocessable_entity_error\",\"message\":\"output new_sensitive (1027)\",\"http_code\":\"422\"},\"request_id\":\"r\"}", "content_policy"},
    {"minimax", "anthropic", 500, "{\"type\":\"error\",\"error\":{\"type\":\"api_error\",\"message\":\"input new_sensitive (1026)\"},\"request_id\":\"r\"}", "content_policy"},
    {"minimax", "anthropic", 500, "{\"type\":\"error\",\"error\":{\"type\":\"api_error\",\"message\":\"your current token plan not support model, MiniMax-M2.7-highspeed (2061)\"}}", "not_found"},
    {"minimax", NULL, 500, "{\"type\":\"error\",\"error\":{\"type\":\"server_error\",\"message\":\"your current token plan not support model, MiniMax-Text-01 (2061)\"}}", "not_found"},
    {"minimax", "anthropic", 429, "{\"type\":\"error\",\"error\":{\"type\":\"rate_limit_error\",\"message\":\"usage limit exceeded (2056)\"}}", "upstream_quota"},
    {"minimax", NULL, 429, "{\"type\":\"error\",\"error\":{\"type\":\"rate_limit_error\",\"message\":\"Token Plan usage limit exceeded (2056)\"}}", "upstream_quota"},
    {"minimax", "anthropic", 500, "{\"type\":\"error\",\"error\":{\"type\":\"api_error\",\"message\":\"login fail (1004)\"}}", "upstream_auth"},
    {"minimax", "anthropic", 401, "{\"type\":\"error\",\"error\":{\"type\":\"authentication_error\",\"message\":\"login fail: Please carry the API secret key in the 'Authorization' field of the request header (1004)\"}}", "upstream_auth"},
    {"minimax", "anthropic", 500, "{\"type\":\"error\",\"error\":{\"type\":\"api_error\",\"message\":\"timeout (1001)\"}}", "upstream_timeout"},
    {"minimax", "anthropic", 500, "{\"type\":\"error\",\"error\":{\"type\":\"api_error\",\"message\":\"unknown error, 794 (1000)\"}}", "upstream_error"},
    {"minimax", NULL, 429, "{\"type\":\"error\",\"error\":{\"type\":\"rate_limit_error\",\"message\":\"rate limit exceeded(RPM) (1002).\"}}", "rate_limited"},
    {"minimax", NULL, 500, "{\"type\":\"error\",\"error\":{\"type\":\"api_error\",\"message\":\"invalid params, tool call id is empty (2013)\"}}", "bad_request"},
    {"minimax", NULL, 500, "{\"type\":\"error\",\"error\":{\"type\":\"api_error\",\"message\":\"it failed at line (1026) of something\"}}", "upstream_error"},
    {"vllm", NULL, 500, "{\"error\":{\"type\":\"api_error\",\"message\":\"it failed (1026)\"}}", "upstream_error"}, /* another's number */
    {"litellm", NULL, 500, "{\"error\":{\"message\":\"litellm.InternalServerError: AnthropicException - {\\\"type\\\":\\\"error\\\",\\\"error\\\":{\\\"type\\\":\\\"api_error\\\",\\\"message\\\":\\\"your current token plan not support model, MiniMax-M2.7 (2061)\\\"}}\",\"type\":null,\"code\":\"500\"}}", "not_found"},
    {"one-api", NULL, 500, E("input new_sensitive (1026) (request id: 2026)", ",\"type\":\"upstream_error\",\"code\":\"x\""), "content_policy"},
    {"xai", NULL, 400, "{\"code\":\"Client specified an invalid argument\",\"error\":\"This model's maximum prompt length is 131072 but the request contains 140000 tokens.\"}", "context_length_exceeded"},
    {"xai", NULL, 403, "{\"code\":\"The caller does not have permission to execute the specified operation\",\"error\":\"Your team has either used all available credits or reached its monthly spending limit.\"}", "upstream_quota"},
    {"xai", NULL, 400, "{\"code\":\"Client specified an invalid argument\",\"error\":\"Incorrect API key provided: xx.\"}", "upstream_auth"},
    {"openrouter", NULL, 402, "{\"error\":{\"code\":402,\"message\":\"This request requires more credits, or fewer max_tokens.\"}}", "upstream_quota"},
    {"openrouter", NULL, 403, "{\"error\":{\"code\":403,\"message\":\"Input was flagged\",\"metadata\":{\"reasons\":[\"violence\"]}}}", "content_policy"},
    {"openrouter", NULL, 200, "{\"error\":{\"code\":429,\"message\":\"Provider returned error\",\"metadata\":{\"raw\":\"x is temporarily rate-limited upstream\"}}}", "rate_limited"},
    {"openrouter", NULL, 200, "{\"error\":{\"code\":502,\"message\":\"Provider returned error\"}}", "upstream_error"},
    {"openrouter", NULL, 404, "{\"error\":{\"code\":404,\"message\":\"No endpoints found for x.\"}}", "not_found"},
    /* of nobody in particular */
    {NULL, NULL, 200, "{\"error_code\":336003,\"error_msg\":\"messages length must be odd\"}", "bad_request"}, /* unknown: not the client's fault */
    {NULL, NULL, 200, "{\"status\":\"435\",\"msg\":\"Model not support\",\"body\":null}", "not_found"},
    {NULL, NULL, 200, "{\"status\":\"434\",\"msg\":\"what nobody knows\",\"body\":null}", "upstream_error"}, /* no status of HTTP */
    {NULL, "anthropic", 200, "{\"code\":77,\"message\":\"what nobody knows\"}", "upstream_error"},
    {NULL, NULL, 200, "{\"success\":false,\"errors\":[{\"code\":5007,\"message\":\"No such model\"}],\"result\":null}", "not_found"},
    {NULL, NULL, 400, E("The total length of all messages is too long.", ",\"type\":\"invalid_message\",\"code\":400"), "context_length_exceeded"},
    {"openrouter", NULL, 400, E("This endpoint's maximum context length is 131072 tokens. However, you requested about 140020 tokens (139020 of text input, 1000 in the output). Please reduce the length of either one.", ",\"code\":400"), "context_length_exceeded"},
    {"azure", NULL, 400, E("This model's maximum context length is 8192 tokens. However, your messages resulted in 9001 tokens. Please reduce the length of the messages.", ",\"type\":\"invalid_request_error\",\"param\":\"messages\",\"code\":\"context_length_exceeded\""), "context_length_exceeded"},
    {"xai", NULL, 429, "{\"code\":\"Some resource has been exhausted\",\"error\":\"Too many requests for team t and model grok-4. Your team's rate limit is 1 request per second.\"}", "rate_limited"},
    {"deepseek", NULL, 429, E("Rate limit reached", ""), "rate_limited"},
    {"ollama", NULL, 400, "{\"error\":\"input length exceeds maximum context length\"}", "context_length_exceeded"},
    {"one-api", NULL, 400, E("This model's maximum context length is 16385 tokens. (request id: 2026)", ",\"type\":\"upstream_error\",\"code\":\"context_length_exceeded\""), "context_length_exceeded"},
    {NULL, NULL, 501, E("no", ",\"type\":\"api_error\""), "unsupported"},
    /* Of vendors that no file is about: in "any". */
    {"any", NULL, 200, "{\"error_code\":336003,\"error_msg\":\"the length of messages is wrong\"}", "bad_request"},
    {"any", NULL, 422, E("Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4097. Given: 4000 `inputs` tokens and 200 `max_new_tokens`", ",\"type\":\"invalid_request_error\""), "context_length_exceeded"},
    {"any", NULL, 422, "{\"error\":\"Input validation error: `inputs` must have less than 1000 tokens. Given: 2000\",\"error_type\":\"validation\"}", "context_length_exceeded"},
    {"any", NULL, 400, "{\"message\":\"too many tokens: total number of tokens in the prompt cannot exceed 4081 - received 5000.\"}", "context_length_exceeded"},
    {"any", NULL, 400, "{\"message\":\"Input is too long for requested model.\"}", "context_length_exceeded"},
    {"any", NULL, 413, "{\"error\":{\"code\":\"tokens_limit_reached\",\"message\":\"Request body too large for gpt-4o model. Max size: 8000 tokens.\"}}", "context_length_exceeded"},
    {"any", NULL, 400, "{\"error\":\"Trying to keep the first 5000 tokens when context the overflows. However, the model is loaded with context length of only 4096 tokens\"}", "context_length_exceeded"},
    {"any", NULL, 400, E("Total tokens of image and text exceed max message tokens.", ",\"code\":\"InvalidParameter\""), "context_length_exceeded"},
    {"any", NULL, 200, "{\"error_code\":336007,\"error_msg\":\"the max input characters is 11200\"}", "context_length_exceeded"},
    {"any", NULL, 400, "{\"object\":\"error\",\"message\":\"Input length 140000 exceeds maximum allowed token size 131072\",\"type\":\"BadRequestError\",\"code\":400}", "context_length_exceeded"},
    {"any", NULL, 400, E("The request failed because the input text may contain sensitive information.", ",\"code\":\"InputTextSensitiveContentDetected\""), "content_policy"},
    {"any", NULL, 403, "{\"code\":30001,\"message\":\"Sorry, your account balance is insufficient\",\"data\":null}", "upstream_quota"},
    {"any", NULL, 403, E("The request failed because your account has an overdue balance.", ",\"code\":\"AccountOverdueError\""), "upstream_quota"},
    {"any", NULL, 403, E("预扣费额度失败, 用户剩余额度: ＄0.010000, 需要预扣费额度: ＄0.020000", ",\"type\":\"new_api_error\",\"code\":\"\""), "upstream_quota"},
    {"any", NULL, 412, E("Account x is suspended, possibly due to reaching the monthly spending limit or failure to pay past invoices.", ""), "upstream_quota"},
    {"any", NULL, 429, E("The usage limit has been reached", ",\"type\":\"usage_limit_reached\",\"resets_in_seconds\":3600"), "upstream_quota"},
    {"any", NULL, 429, "{\"message\":\"We're experiencing high traffic right now! Please try again soon.\",\"type\":\"too_many_requests_error\",\"param\":\"queue\",\"code\":\"queue_exceeded\"}", "upstream_overloaded"},
    {"any", NULL, 400, "{\"object\":\"error\",\"message\":\"Invalid model: nope\",\"type\":\"invalid_model\",\"param\":null,\"code\":\"1500\"}", "not_found"},
    /* Words in whatever shape: a status of failure is enough. */
    {"any", NULL, 400, "{\"message\":{\"text\":\"prompt is too long\"}}", "context_length_exceeded"},
    {"any", NULL, 422, "{\"object\":\"error\",\"message\":{\"detail\":[{\"loc\":[\"body\"],\"msg\":\"prompt is too long\"}]}}", "context_length_exceeded"},
    {"any", NULL, 400, "{\"Message\":\"prompt is too long\"}", "context_length_exceeded"},
    {"any", NULL, 400, "{\"error\":{\"code\":\"BadRequest\",\"message\":\"\",\"details\":[{\"message\":\"prompt is too long\"}]}}", "context_length_exceeded"},
    {"any", "gemini", 422, "{\"detail\":\"prompt is too long\"}", "context_length_exceeded"},
    /* What a relay or a server calls a bad request, and whose own words say more. */
    {"litellm", NULL, 400, "{\"error\":{\"message\":\"litellm.BadRequestError: DeepseekException - Content Exists Risk\",\"type\":\"invalid_request_error\",\"code\":\"400\"}}", "content_policy"},
    {"litellm", NULL, 400, "{\"error\":{\"message\":\"litellm.BadRequestError: VertexAIException BadRequestError - The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).\",\"type\":\"invalid_request_error\",\"code\":\"400\"}}", "context_length_exceeded"},
    {"litellm", NULL, 400, "{\"error\":{\"message\":\"litellm.BadRequestError: AnthropicException - Your credit balance is too low to access the Anthropic API.\",\"type\":\"invalid_request_error\",\"code\":\"400\"}}", "upstream_quota"},
    {"litellm", NULL, 400, "{\"error\":{\"message\":\"litellm.BadRequestError: OpenAIException - Your request was rejected as a result of our safety system.\",\"type\":\"invalid_request_error\",\"code\":\"400\"}}", "content_policy"},
    {"litellm", NULL, 429, "{\"error\":{\"message\":\"litellm.RateLimitError: MinimaxException - insufficient balance (1008)\",\"type\":\"throttling_error\",\"code\":\"429\"}}", "upstream_quota"},
    {"litellm", NULL, 500, "{\"error\":{\"message\":\"litellm.InternalServerError: AnthropicException - Overloaded\",\"type\":\"internal_server_error\",\"code\":\"500\"}}", "upstream_error"},
    {"litellm", NULL, 400, "{\"error\":{\"message\":\"litellm.BadRequestError: OpenAIException - Unsupported value: 'temperature'\",\"type\":\"invalid_request_error\",\"param\":\"temperature\",\"code\":\"400\"}}", "bad_request"},
    {"vllm", NULL, 400, "{\"error\":{\"message\":\"The prompt (total length 9000) is too long to fit into the model (context length 8192).\",\"type\":\"BadRequestError\",\"param\":null,\"code\":400}}", "context_length_exceeded"},
    {"sglang", NULL, 400, "{\"object\":\"error\",\"message\":\"Input length (9000 tokens) exceeds the maximum allowed length (8186 tokens).\",\"type\":\"BadRequestError\",\"param\":null,\"code\":400}", "context_length_exceeded"},
    /* A prompt that is too long. */
    {"qwen", NULL, 400, "{\"error\":{\"message\":\"Total message token length exceed model limit (10000000 tokens).\",\"code\":\"invalid_parameter_error\",\"type\":\"invalid_request_error\"}}", "context_length_exceeded"},
    {"qwen", NULL, 400, "{\"error\":{\"message\":\"<400> InternalError.Algo.InvalidParameter: Range of max_tokens should be [1, 8192]\",\"code\":\"invalid_parameter_error\",\"type\":\"invalid_request_error\"}}", "bad_request"},
    {"vllm", NULL, 400, "{\"error\":{\"message\":\"max_tokens must be at least 1, got -9479.\",\"type\":\"BadRequestError\",\"param\":null,\"code\":400}}", "context_length_exceeded"},
    {"vllm", NULL, 400, "{\"error\":{\"message\":\"max_tokens must be at least 1, got -12.\",\"type\":\"BadRequestError\",\"param\":null,\"code\":400}}", "context_length_exceeded"},
    {"vllm", NULL, 400, "{\"error\":{\"message\":\"max_tokens must be at least 1, got -1.\",\"type\":\"BadRequestError\",\"param\":null,\"code\":400}}", "bad_request"},
    {"vllm", NULL, 400, "{\"error\":{\"message\":\"max_tokens must be at least 1, got 0.\",\"type\":\"BadRequestError\",\"param\":null,\"code\":400}}", "bad_request"},
    {"llama.cpp", NULL, 500, "{\"error\":{\"message\":\"Context size has been exceeded.\",\"type\":\"server_error\",\"code\":500}}", "context_length_exceeded"},
    {"llama.cpp", NULL, 500, "{\"error\":{\"message\":\"input (5000 tokens) is too large to process. increase the physical batch size (current batch size: 512)\",\"type\":\"server_error\",\"code\":500}}", "context_length_exceeded"},
    {"openrouter", NULL, 400, "{\"error\":{\"message\":\"Provider returned error\",\"code\":400,\"metadata\":{\"raw\":{\"error\":{\"message\":\"prompt is too long: 213462 tokens > 200000 maximum\"}},\"provider_name\":\"Anthropic\"}}}", "context_length_exceeded"},
    {"anthropic", "anthropic", 413, "{\"type\":\"error\",\"error\":{\"type\":\"request_too_large\",\"message\":\"Request exceeds the maximum size\"}}", "context_length_exceeded"},
    {"anthropic", "anthropic", 413, "\"413 Request Entity Too Large\"", "request_too_large"},
    {"openai", NULL, 400, "{\"error\":{\"message\":\"Invalid 'user': string too long. Expected a string with maximum length 64, but got a string with length 65 instead.\",\"type\":\"invalid_request_error\",\"param\":\"user\",\"code\":\"string_above_max_length\"}}", "bad_request"},
    {"openai", NULL, 400, "{\"error\":{\"message\":\"Invalid 'messages[1].tool_calls[0].id': string too long. Expected a string with maximum length 40, but got a string with length 41 instead.\",\"type\":\"invalid_request_error\",\"param\":\"messages[1].tool_calls[0].id\",\"code\":\"string_above_max_length\"}}", "bad_request"},
    {"openai", NULL, 400, "{\"error\":{\"message\":\"Invalid 'messages[0].content': string too long. Expected a string with maximum length 10485760, but got a string with length 10485761 instead.\",\"type\":\"invalid_request_error\",\"param\":\"messages[0].content\",\"code\":\"string_above_max_length\"}}", "context_length_exceeded"},
    {"openai", NULL, 400, "{\"error\":{\"message\":\"Invalid 'input': string too long. Expected a string with maximum length 10485760, but got a string with length 10485761 instead.\",\"type\":\"invalid_request_error\",\"param\":\"input\",\"code\":\"string_above_max_length\"}}", "context_length_exceeded"},
    {"openai", NULL, 400, "{\"error\":{\"message\":\"Input tokens exceed the configured limit of 272000 tokens. Your messages resulted in 300000 tokens.\",\"type\":\"invalid_request_error\",\"param\":\"messages\",\"code\":\"context_length_exceeded\"}}", "context_length_exceeded"},
    {"openai", NULL, 429, "{\"error\":{\"message\":\"Request too large for gpt-4o in organization org-x on tokens per min (TPM): Limit 30000, Requested 40000. The input or output tokens must be reduced in order to run successfully.\",\"type\":\"tokens\",\"code\":\"rate_limit_exceeded\"}}", "context_length_exceeded"},
    {"gemini", NULL, 400, "[{\"error\":{\"code\":400,\"message\":\"Unable to submit request because the input token count is 1234567 but model only supports up to 1048576.\",\"status\":\"INVALID_ARGUMENT\"}}]", "context_length_exceeded"},
    {"any", NULL, 400, "{\"error\":{\"code\":400,\"message\":\"Unable to submit request because the input token count is 1234567 but model only supports up to 1048576.\",\"status\":\"INVALID_ARGUMENT\"}}", "context_length_exceeded"},
    {"any", NULL, 400, "{\"message\":\"too many tokens: size limit exceeded by 7326 tokens. Try using shorter or fewer inputs. The limit for this model is 128000 tokens.\"}", "context_length_exceeded"},
    {"any", NULL, 400, "{\"error\":{\"message\":\"prompt token count of 14000 exceeds the limit of 12288\",\"code\":\"model_max_prompt_tokens_exceeded\"}}", "context_length_exceeded"},
    {"any", NULL, 400, "{\"error\":{\"message\":\"m\",\"code\":\"model_max_prompt_tokens_exceeded\"}}", "context_length_exceeded"},
    {"any", NULL, 400, "{\"code\":20015,\"message\":\"length of prompt_tokens (36000) must be less than max_seq_len (32768).\",\"data\":null}", "context_length_exceeded"},
    {"any", NULL, 400, "{\"error\":{\"message\":\"m\",\"code\":\"tokens_too_long\",\"type\":\"invalid_request_error\"}}", "context_length_exceeded"},
    {"any", NULL, 200, "{\"error_code\":336103,\"error_msg\":\"Prompt tokens too long\"}", "context_length_exceeded"},
    {"any", NULL, 400, "{\"error\":\"Reached context length of 4096 tokens with model (arch: qwen2) that does not currently support mid-generation context overflow.\"}", "context_length_exceeded"},
    {"any", NULL, 400, "{\"message\":\"400 Bad Request: Too many input tokens. Max input tokens: 8192, request input token count: 9000 \"}", "context_length_exceeded"},
    {"any", NULL, 400, "{\"message\":\"Input Tokens Exceeded: Number of input tokens exceeds maximum length. Please update the input to try again.\"}", "context_length_exceeded"},
    {"any", NULL, 400, "{\"error\":{\"message\":\"Input length exceeds the maximum allowed tokens\",\"type\":\"bad_request\",\"code\":400}}", "context_length_exceeded"},
    {"any", NULL, 400, "{\"error\":{\"message\":\"Input length 40000 exceeds the maximum length 32768\",\"code\":\"InvalidParameter\",\"type\":\"BadRequest\"}}", "context_length_exceeded"},
    {"any", NULL, 400, "{\"object\":\"error\",\"message\":\"The sum of prompt length (9000.0), query length (0) should not exceed max_num_tokens (8192)\",\"type\":\"BadRequestError\",\"param\":null,\"code\":400}", "context_length_exceeded"},
    {"any", NULL, 400, "{\"message\":\"Input length 9000 is longer than session_len 8192\",\"type\":\"invalid_request_error\",\"code\":400,\"object\":\"error\"}", "context_length_exceeded"},
    {"any", NULL, 400, "{\"errors\":[{\"code\":\"invalid_input_argument\",\"message\":\"Invalid input argument for Model 'x': the number of input tokens 9000 cannot exceed the total tokens limit 8192 for this model\"}],\"status_code\":400}", "context_length_exceeded"},
    {"any", NULL, 200, "{\"code\":10907,\"message\":\"token数量超过上限\",\"sid\":\"c\"}", "context_length_exceeded"},
    {"any", NULL, 429, "{\"message\":\"Too many tokens, please wait before trying again.\"}", "rate_limited"},
    /* Refused for its content. */
    {"openai", NULL, 400, "{\"error\":{\"message\":\"Invalid prompt: we've limited access to this content for safety reasons. This type of information may be used to benefit or to harm people.\",\"type\":\"invalid_request_error\",\"code\":\"invalid_prompt\"}}", "content_policy"},
    {"openai", NULL, 400, "{\"error\":{\"message\":\"Invalid prompt: your prompt was flagged as potentially violating our usage policy.\",\"type\":\"invalid_request_error\",\"code\":\"invalid_prompt\"}}", "content_policy"},
    {"openai", NULL, 400, "{\"error\":{\"message\":\"Invalid prompt: a list was expected\",\"type\":\"invalid_request_error\",\"code\":\"invalid_prompt\"}}", "bad_request"},
    {"openai", NULL, 400, "{\"error\":{\"message\":\"m\",\"code\":\"cyber_policy\"}}", "content_policy"},
    {"any", NULL, 400, "{\"error\":{\"message\":\"The request failed because the input text may contain sensitive information. Request id: x\",\"code\":\"SensitiveContentDetected.Violence\",\"type\":\"BadRequest\"}}", "content_policy"},
    {"any", NULL, 400, "{\"error\":{\"message\":\"m\",\"code\":\"InputImageSensitiveContentDetected\",\"type\":\"BadRequest\"}}", "content_policy"},
    {"any", NULL, 400, "{\"error\":{\"message\":\"m\",\"code\":\"OutputVideoSensitiveContentDetected.PolicyViolation\",\"type\":\"BadRequest\"}}", "content_policy"},
    {"any", NULL, 400, "{\"error\":{\"message\":\"m\",\"code\":\"InputTextRiskDetection\",\"type\":\"BadRequest\"}}", "content_policy"},
    {"gemini", "gemini", 400, "{\"error\":{\"code\":400,\"message\":\"The prompt could not be submitted. This prompt contains sensitive words that violate Google's Responsible AI practices. Try rephrasing the prompt.\",\"status\":\"INVALID_ARGUMENT\"}}", "content_policy"},
    {"gemini", NULL, 400, "[{\"error\":{\"code\":400,\"message\":\"Request contains blocked content: PROHIBITED_CONTENT\",\"status\":\"INVALID_ARGUMENT\"}}]", "content_policy"},
    {"mistral", NULL, 403, "{\"object\":\"error\",\"message\":\"Blocked by guardrails\",\"type\":\"guardrail_blocked\",\"code\":\"1700\"}", "content_policy"},
    {"any", NULL, 400, "{\"message\":\"Your request was blocked by guardrail\"}", "content_policy"},
    {"any", NULL, 400, "{\"error\":{\"message\":\"输入内容不合规，请修改后重试\",\"code\":\"400\",\"type\":\"runtime_error\"}}", "content_policy"},
    {"any", NULL, 200, "{\"code\":10013,\"message\":\"输入内容审核不通过，涉嫌违规，请重新调整输入内容;code=10013\",\"sid\":\"c\"}", "content_policy"},
    {"minimax", NULL, 200, "{\"choices\":[{\"finish_reason\":\"stop\",\"index\":0,\"message\":{\"content\":\"\",\"role\":\"assistant\"}}],\"base_resp\":{\"status_code\":1027,\"status_msg\":\"output new_sensitive\"}}", "content_policy"},
    {"minimax", "anthropic", 200, "{\"type\":\"message\",\"role\":\"assistant\",\"content\":[],\"stop_reason\":\"end_turn\",\"base_resp\":{\"status_code\":1026,\"status_msg\":\"input new_sensitive\"}}", "content_policy"},
    /* An account without credit, and a limit in its words. */
    {"qwen", NULL, 429, "{\"error\":{\"message\":\"You exceeded your current quota, please check your plan and billing details. For details, see: https://help.aliyun.com/\",\"code\":\"insufficient_quota\",\"type\":\"insufficient_quota\"}}", "rate_limited"},
    {"qwen", NULL, 429, "{\"error\":{\"message\":\"Allocated quota exceeded, please increase your quota limit.\",\"code\":\"insufficient_quota\",\"type\":\"insufficient_quota\"}}", "rate_limited"},
    {"one-api", NULL, 429, "{\"error\":{\"message\":\"You exceeded your current quota, please check your plan and billing details. For details, see: https://help.aliyun.com/\",\"code\":\"insufficient_quota\",\"type\":\"insufficient_quota\"}}", "rate_limited"},
    {"gemini", "gemini", 400, "{\"error\":{\"code\":400,\"message\":\"Gemini API free tier is not available in your country. Please enable billing on your project in Google AI Studio.\",\"status\":\"FAILED_PRECONDITION\"}}", "upstream_quota"},
    {"gemini", NULL, 400, "[{\"error\":{\"code\":400,\"message\":\"Gemini API free tier is not available in your country. Please enable billing on your project in Google AI Studio.\",\"status\":\"FAILED_PRECONDITION\"}}]", "upstream_quota"},
    {"gemini", "gemini", 400, "{\"error\":{\"code\":400,\"message\":\"User location is not supported for the API use.\",\"status\":\"FAILED_PRECONDITION\"}}", "upstream_auth"},
    {"gemini", "gemini", 429, "{\"error\":{\"code\":429,\"message\":\"You exceeded your current quota, please check your plan and billing details.\",\"status\":\"RESOURCE_EXHAUSTED\",\"details\":[{\"@type\":\"type.googleapis.com/google.rpc.RetryInfo\",\"retryDelay\":\"34s\"}]}}", "rate_limited"},
    {"gemini", NULL, 429, "[{\"error\":{\"code\":429,\"message\":\"You exceeded your current quota, please check your plan and billing details.\",\"status\":\"RESOURCE_EXHAUSTED\",\"details\":[{\"@type\":\"type.googleapis.com/google.rpc.RetryInfo\",\"retryDelay\":\"34s\"}]}}]", "rate_limited"},
    {"gemini", "gemini", 429, "{\"error\":{\"code\":429,\"message\":\"You exceeded your current quota, please check your plan and billing details.\\n* Quota exceeded for metric: x, limit: 0\\nPlease retry in 34.4s.\",\"status\":\"RESOURCE_EXHAUSTED\",\"details\":[{\"@type\":\"type.googleapis.com/google.rpc.RetryInfo\",\"retryDelay\":\"34s\"}]}}", "upstream_quota"},
    {"any", "gemini", 429, "{\"error\":{\"code\":429,\"message\":\"You exceeded your current quota, please check your plan and billing details.\",\"status\":\"RESOURCE_EXHAUSTED\",\"details\":[{\"retryDelay\":\"34s\"}]}}", "rate_limited"},
    {"gemini", "gemini", 429, "{\"error\":{\"code\":429,\"message\":\"Your prepayment credits are depleted.\",\"status\":\"RESOURCE_EXHAUSTED\"}}", "upstream_quota"},
    {"any", NULL, 403, "{\"code\":403,\"reason\":\"NOT_ENOUGH_BALANCE\",\"message\":\"not enough balance\",\"metadata\":{}}", "upstream_quota"},
    {"any", NULL, 401, "{\"error\":{\"message\":\"You exceeded your current quota, please check your plan and billing details.\",\"type\":\"insufficient_quota\",\"code\":401}}", "upstream_quota"},
    {"any", NULL, 401, "{\"detail\":{\"status\":\"quota_exceeded\",\"message\":\"This request exceeds your quota of 10000.\"}}", "upstream_quota"},
    {"any", NULL, 401, "{\"error\":{\"message\":\"Invalid API key\",\"type\":\"invalid_request_error\"}}", "upstream_auth"},
    {"kimi", NULL, 403, "{\"error\":{\"message\":\"You've reached your usage limit for this billing cycle. Your quota will be refreshed in the next cycle.\",\"type\":\"access_terminated_error\"}}", "upstream_quota"},
    {"kimi", NULL, 403, "{\"error\":{\"message\":\"no permission\",\"type\":\"permission_denied_error\"}}", "upstream_auth"},
    {"groq", NULL, 400, "{\"error\":{\"message\":\"API usage blocked: your organization has exceeded its spend threshold.\",\"type\":\"invalid_request_error\",\"code\":\"blocked_api_access\"}}", "upstream_quota"},
    {"anthropic", "anthropic", 400, "{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\",\"message\":\"You're out of extra usage. Add more at claude.ai/settings/usage and keep going.\"}}", "upstream_quota"},
    {"anthropic", "anthropic", 429, "{\"type\":\"error\",\"error\":{\"type\":\"rate_limit_error\",\"message\":\"Extra usage is required for long context requests.\"}}", "upstream_quota"},
    {"glm", NULL, 429, "{\"error\":{\"message\":\"Your current subscription plan does not yet include access to GLM-6\",\"code\":\"1311\"}}", "not_found"},
    {"glm", NULL, 429, "{\"error\":{\"message\":\"Usage limit reached for 5 hour. Your limit will reset at 2026-12-01\",\"code\":\"1308\"}}", "rate_limited"},
    {"glm", NULL, 429, "{\"error\":{\"message\":\"Weekly/Monthly Limit Exhausted. Your limit will reset at 2026-12-07\",\"code\":\"1310\"}}", "upstream_quota"},
    {"any", NULL, 400, "{\"error\":{\"message\":\"当前账号已欠费，请充值后重试\",\"code\":\"FailedOperation.ServiceStopUnpaid\"}}", "upstream_quota"},
    {"any", NULL, 403, "{\"error\":{\"message\":\"The account balance is overdue\",\"code\":\"account_overdue\",\"type\":\"invalid_request_error\"}}", "upstream_quota"},
    {"any", NULL, 403, "{\"message\":\"Your account is not authorized to invoke this API operation.\"}", "upstream_auth"},
    {"azure", NULL, 429, "{\"error\":{\"message\":\"You exceeded your current quota of requests, please retry after 1 day\",\"code\":\"429\"}}", "rate_limited"},
    /* Errors of shapes that no dialect has, inside a 200. */
    {"any", NULL, 200, "{\"error_code\":18,\"error_msg\":\"Open api qps request limit reached\",\"id\":\"x\"}", "rate_limited"},
    {"any", NULL, 200, "{\"code\":11202,\"message\":\"AppIdQpsOverFlowError: tokens.total\",\"sid\":\"c\"}", "rate_limited"},
    {"any", NULL, 200, "{\"errors\":[{\"message\":\"Capacity temporarily exceeded, please try again.\"}],\"success\":false}", "upstream_overloaded"},
    {"any", NULL, 200, "{\"Response\":{\"Error\":{\"Code\":\"LimitExceeded\",\"Message\":\"no more\"},\"RequestId\":\"x\"}}", "rate_limited"},
    {"any", NULL, 200, "{\"Response\":{\"Error\":{\"Code\":\"AuthFailure.SecretIdNotFound\",\"Message\":\"no such id\"},\"RequestId\":\"x\"}}", "upstream_auth"},
    {"any", NULL, 200, "{\"Response\":{\"Error\":{\"Code\":\"InternalError\",\"Message\":\"nobody knows\"},\"RequestId\":\"x\"}}", "upstream_error"},
    {"any", NULL, 200, "{\"error\":{\"message\":\"ResourceExhausted: Worker local total request limit reached (64/32)\",\"type\":\"\",\"code\":\"\"}}", "rate_limited"},
    {"any", NULL, 200, "{\"code\":514,\"statusText\":\"unAuthApiKey\",\"message\":\"Key is error.\",\"data\":null}", "upstream_auth"},
    {"minimax", NULL, 200, "{\"base_resp\":{\"status_code\":1041,\"status_msg\":\"conn limit\"}}", "rate_limited"},
    {"groq", NULL, 400, "{\"error\":{\"message\":\"The model `x` has been decommissioned and is no longer supported.\",\"type\":\"invalid_request_error\",\"code\":\"model_decommissioned\"}}", "not_found"},
};

static const struct {
    const char *flavour, *reason, *meaning;
} finishes[] = {
    {"mistral", "model_length", "length"}, {"mistral", "error", "error"},
    {"deepseek", "insufficient_system_resource", "error"}, {"glm", "sensitive", "filter"},
    {"glm", "network_error", "error"}, {"glm", "model_context_window_exceeded", "length"},
    {"vllm", "abort", "error"}, {"vllm", "repetition", "length"},
    {"sglang", "abort", "error"}, {"ollama", "load", "error"},
    {"gemini", "MAX_TOKENS", "length"}, {"gemini", "SAFETY", "filter"},
    {"gemini", "RECITATION", "filter"}, {"gemini", "MALFORMED_FUNCTION_CALL", "error"},
    {"openrouter", "error", "error"}, {"anthropic", "pause_turn", "stop"},
    {"anthropic", "refusal", "filter"}, {"llama.cpp", "length", "length"},
    {"transformers", "stop", "stop"}, {"litellm", "content_filtered", "filter"},
    {"groq", "tool_calls", "tools"}, {"kimi", "content_filter", "filter"},
    {"qwen", "length", "length"}, {"minimax", "abort", "error"},
    {"xai", "max_tokens", "length"}, {"azure", "content_filter", "filter"},
    {"one-api", "stop", "stop"}, {"openai", "what nobody knows", ""},
    {"openai", "content_filter: SAFETY", "filter"}, {"openai", "function_call_filter: MALFORMED_FUNCTION_CALL", "error"},
    {"openai", "guardrail_intervened", "filter"}, {"openai", "ERROR", "error"},
    {"openai", "server_error", "error"}, {"openai", "timeout", "error"},
    {"openai", "Stop", "stop"}, {"openai", "LENGTH", "length"},
    {"openai", "TOOL_CALL", "tools"}, {"openai", "ERROR_TOXIC", "filter"},
    {"openai", "complete", "stop"}, {"anthropic", "malformed_tool_use", "error"},
    {"openai", "what: nobody knows", ""}, {"openai", ": x", ""},
};

/* clang-format on */

static yz_arena *arena;
static yz_settings *settings;

static int read_all(void **state) {
    (void)state;
    yz_diag diag = {0};
    arena = yz_arena_new(NULL);
    settings = yz_settings_read_text("yuzui.lua",
                                     YZ_STR("listen '127.0.0.1:1' chain {}\n"
                                            "provider 'openai' { adapter = 'openai', key = 'k' }\n"
                                            "provider 'anthropic' { adapter = 'anthropic', key = 'k' }\n"
                                            "provider 'gemini' { adapter = 'gemini', key = 'k' }\n"
                                            "provider 'groq' { flavour = 'groq', key = 'k', max_tokens_field = 'max_tokens' }\n"
                                            "provider 'near' { adapter = 'openai', base_url = 'https://api.x.ai/v1' }\n"
                                            "flavour 'acme' { source = 's', date = '2026-11', adapter = 'openai',\n"
                                            "  base_url = 'http://127.0.0.1:9/v1', finish = { zap = 'error' } }\n"
                                            "provider 'acme' { flavour = 'acme' }\n"),
                                     arena, &diag);
    if (!settings)
        print_error("%.*s", (int)diag.text.n, diag.text.p);
    yz_diag_free(&diag);
    return settings ? 0 : -1;
}

static int drop_all(void **state) {
    (void)state;
    yz_arena_free(arena);
    return 0;
}

static const yz_provider_settings *provider(const char *name) {
    for (size_t i = 0; i < settings->n_providers; i++)
        if (yz_str_is(settings->providers[i]->pub.name, name))
            return settings->providers[i];
    fail_msg("no provider %s", name);
    return NULL;
}

typedef struct catcher {
    yz_sink sink;
    yz_error *error;
} catcher;

static void catch_error(yz_sink *sink, const yz_event *event) {
    if (event->kind == YZ_EVENT_ERROR)
        ((catcher *)sink)->error = yz_error_copy(arena, event->error);
}

static yz_error judged(const row *r) {
    yz_provider_settings as = *provider(r->adapter ? r->adapter : "openai");
    yz_json *json = NULL;
    yz_error error = {YZ_ERROR};
    as.flavour = r->flavour ? yz_flavours_find(as.flavours, yz_str_of(r->flavour)) : NULL;
    if (r->flavour && !as.flavour)
        fail_msg("there is no flavour %s", r->flavour);
    if (r->body && yz_json_parse(arena, yz_str_of(r->body), 0, &json, NULL) != YZ_OK)
        fail_msg("no JSON: %s", r->body);
    if (r->status == 200) {
        catcher c = {.sink.emit = catch_error};
        as.pub.adapter->decode_body(yz_alloc(arena, as.pub.adapter->decoder_size), json, arena, &c.sink);
        if (!c.error)
            fail_msg("not seen as an error: %s", r->body);
        error = *c.error;
    } else {
        as.pub.adapter->read_error(r->status, json, arena, &error);
    }
    yz_error_judge(&error, &as);
    return error;
}

static void golden_errors(void **state) {
    (void)state;
    unsigned wrong = 0;
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        const row *r = &errors[i];
        yz_error error = judged(r);
        bool right = strcmp(yz_error_word(error.class_), r->word) == 0;
        printf("%-13s %3d %-24s %.60s\n", r->flavour ? r->flavour : "-", r->status, yz_error_word(error.class_), r->body ? r->body : "");
        if (!right)
            printf("%-13s     ^ should be %s\n", "", r->word);
        assert_true(error.message.n > 0);
        wrong += !right;
    }
    assert_int_equal(wrong, 0);
}

static void golden_finishes(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof finishes / sizeof *finishes; i++) {
        const yz_flavour *own = yz_flavours_find(&settings->flavours, yz_str_of(finishes[i].flavour));
        yz_str meaning = yz_flavours_finish(&settings->flavours, own, yz_str_of(finishes[i].reason));
        printf("%-13s %-30s %.*s\n", finishes[i].flavour, finishes[i].reason, YZ_STR_ARGS(meaning));
        if (!own || !yz_str_is(meaning, finishes[i].meaning))
            fail_msg("%s: %s should be \"%s\"", finishes[i].flavour, finishes[i].reason, finishes[i].meaning);
    }
}

/* A number is each vendor's own: what 1113 says at one means nothing at another. */
static void numbers_are_the_vendors_own(void **state) {
    (void)state;
    const row glm = {"glm", NULL, 429, "{\"error\":{\"code\":\"1113\",\"message\":\"m\"}}", NULL};
    const row other = {"mistral", NULL, 429, "{\"error\":{\"code\":\"1113\",\"message\":\"m\"}}", NULL};
    assert_int_equal(judged(&glm).class_, YZ_ERROR_QUOTA);
    assert_int_equal(judged(&other).class_, YZ_ERROR_RATE_LIMIT);
}

/* What a client wrote, and a provider quotes, says nothing of the account; what a relay quotes of another's error does. */
static void quoted_words_are_the_clients_own(void **state) {
    (void)state;
    static const struct {
        const char *message, *code;
        yz_error_class class_;
    } said[] = {
        {"Invalid value: 'insufficient balance'. Supported values are: 'auto' and 'default'.", "invalid_value", YZ_ERROR_BAD_REQUEST},
        {"Invalid value: insufficient balance", "invalid_value", YZ_ERROR_BAD_REQUEST},
        {"service_tier: Input should be 'auto', got 'invalid api key'", "", YZ_ERROR_BAD_REQUEST},
        {"unknown tier \"model is overloaded\"", "", YZ_ERROR_BAD_REQUEST},
        {"no tier `insufficient balance`, don't ask for it", "", YZ_ERROR_BAD_REQUEST},
        {"we don't serve you: insufficient balance, don't ask", "", YZ_ERROR_QUOTA},
        {"BadRequestError - {\"type\":\"error\",\"error\":{\"message\":\"Your credit balance is too low\"}}", "", YZ_ERROR_QUOTA},
        {"Error code: 400 - {'error': {'message': 'Your credit balance is too low'}}", "", YZ_ERROR_QUOTA},
        {"[{'type': 'extra_forbidden', 'loc': ('body', 'x'), 'input': 'insufficient balance'}]", "", YZ_ERROR_BAD_REQUEST},
        {"Invalid value for 'model': 'insufficient balance'", "", YZ_ERROR_BAD_REQUEST},
        {"no tier \xe2\x80\x9cinsufficient balance\xe2\x80\x9d here", "", YZ_ERROR_BAD_REQUEST},
        {"Error code: 400 - {'error': {'message': \"Your account's credit balance is too low, and that's it.\"}}", "", YZ_ERROR_QUOTA},
        {"wrapped: {\\\"error\\\":{\\\"message\\\":\\\"Your credit balance is too low\\\"}}", "", YZ_ERROR_QUOTA},
        {"{\"message\":\t\"Your credit balance is too low\"}", "", YZ_ERROR_QUOTA},
        {"Provider returned error: 'insufficient balance'", "", YZ_ERROR_QUOTA},
        {"'insufficient balance'", "", YZ_ERROR_QUOTA},
        {"'an apostrophe that is not closed: insufficient balance", "", YZ_ERROR_QUOTA},
    };
    yz_provider_settings as = *provider("openai");
    for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
        yz_error error = {YZ_ERROR, .class_ = YZ_ERROR_BAD_REQUEST, .said = 400, .message = yz_str_of(said[i].message),
                          .code = yz_str_of(said[i].code)};
        yz_error_judge(&error, &as);
        if (error.class_ != said[i].class_)
            fail_msg("%s: %s", said[i].message, yz_error_word(error.class_));
    }
}

/* What an error means is said at its beginning: megabytes of it are not searched, whatever patterns there are. */
static void long_messages_are_judged_by_their_beginning(void **state) {
    (void)state;
    size_t n = 8 << 20;
    char *text = yz_alloc(arena, n + 1);
    static const char words[] = "Input length exceeds this model's maximum context length";
    for (int at_end = 0; at_end < 2; at_end++) {
        memset(text, 'x', n);
        memcpy(text + (at_end ? n - sizeof words : 0), words, sizeof words - 1);
        yz_provider_settings as = *provider("openai");
        yz_error error = {YZ_ERROR, .class_ = YZ_ERROR_BAD_REQUEST, .status = 400, .message = {text, n}};
        yz_error_judge(&error, &as);
        assert_int_equal(error.class_, at_end ? YZ_ERROR_BAD_REQUEST : YZ_ERROR_CONTEXT_LENGTH);
        assert_int_equal(error.message.n, n); /* the message itself stays */
    }
}

static void words_of_the_provider_survive(void **state) {
    (void)state;
    static const struct {
        const char *body, *message;
    } table[] = {
        {"{\"detail\":\"Not Found\"}", "Not Found"},
        {"{\"detail\":[{\"loc\":[\"body\",\"messages\",0,\"role\"],\"msg\":\"field required\"},{\"msg\":\"too\"}]}",
         "body.messages.0.role: field required; too"},
        {"{\"error\":{\"message\":{\"detail\":\"deep\"}}}", "deep"},
        {"{\"errors\":[{\"message\":\"one\"},\"two\"]}", "one; two"},
        {"{\"error\":\"a text\"}", "a text"},
        {"{\"status\":\"failure\",\"message\":\"Something went wrong\"}", "Something went wrong"},
        {"{\"error\":{\"message\":\"Provider returned error\",\"metadata\":{\"raw\":\"{\\\"error\\\":{\\\"message\\\":\\\"inner\\\"}}\"}}}",
         "Provider returned error: inner"},
        {"{\"error\":{\"message\":\"Provider returned error\",\"metadata\":{\"raw\":{\"error\":{\"message\":\"inner\"}}}}}",
         "Provider returned error: inner"},
        {"{\"Response\":{\"Error\":{\"Code\":\"x\",\"Message\":\"of the cloud\"},\"RequestId\":\"r\"}}", "of the cloud"},
        {"\"just this\"", "just this"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        yz_json *json;
        yz_error error = {YZ_ERROR};
        assert_int_equal(yz_json_parse(arena, yz_str_of(table[i].body), 0, &json, NULL), YZ_OK);
        assert_true(yz_error_read(json, arena, &error));
        assert_string_equal(yz_dup(arena, error.message).p, table[i].message);
    }
}

static void answers_are_no_errors(void **state) {
    (void)state;
    static const char *const table[] = {
        "{\"choices\":[{\"message\":{\"content\":\"x\"}}],\"base_resp\":{\"status_code\":0,\"status_msg\":\"\"}}",
        "{\"choices\":[{\"message\":{\"content\":\"x\"}}],\"code\":1,\"message\":\"m\"}",
        "{\"error\":null,\"id\":\"x\"}",
        "{\"errors\":[]}",
        "{}",
        "[]",
        "{\"type\":\"ping\"}",
        "{\"code\":0,\"message\":\"success\"}",
        "{\"code\":\"200\",\"msg\":\"ok\"}",
        "{\"Response\":{\"RequestId\":\"r\"}}"};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        yz_json *json;
        yz_error error = {YZ_ERROR};
        assert_int_equal(yz_json_parse(arena, yz_str_of(table[i]), 0, &json, NULL), YZ_OK);
        if (yz_error_read(json, arena, &error))
            fail_msg("taken for an error: %s", table[i]);
    }
}

static void a_provider_takes_what_its_flavour_says(void **state) {
    (void)state;
    const yz_provider_settings *groq = provider("groq"), *acme = provider("acme");
    assert_true(yz_str_is(groq->base.host, "api.groq.com"));
    assert_true(yz_str_is(groq->base.path, "/openai/v1"));
    assert_true(yz_str_is(groq->flavour->name, "groq"));
    assert_true(yz_str_is(provider("near")->flavour->name, "xai")); /* by its host */
    assert_true(yz_str_is(provider("openai")->flavour->name, "openai"));
    assert_true(yz_str_is(acme->base.host, "127.0.0.1"));
    assert_true(yz_str_is(yz_flavours_finish(acme->flavours, acme->flavour, YZ_STR("zap")), "error"));
}

/* What a config says that is wrong, and its answer. */
static void mistakes_are_answered(void **state) {
    (void)state;
    static const struct {
        const char *text, *said;
    } table[] = {
        {"provider 'a' { flavour = 'grok', adapter = 'openai' }", "there is no flavour \"grok\": did you mean \"groq\"?"},
        {"provider 'a' { flavour = 3 }", "flavour should be the name of one, such as \"groq\", not the number 3"},
        {"flavour 'a' { source = 's', date = 'd', errors = { { code = { '1' }, class = 'money' } } }",
         "errors[1].class is \"money\", but should be one of context_length"},
        {"flavour 'a' { source = 's', date = 'd', errors = { { class = 'quota' } } }", "errors[1] fits every error"},
        {"flavour 'a' { source = 's', date = 'd', finish = { x = 'y' } }", "finish.x is \"y\", but should be one of stop length"},
        {"flavour 'a' { source = 's', date = 'd', catalogue = { { names = { 'x' } }, { names = { 'y' }, nonsense = 1 } } }",
         "there is no option \"catalogue[2].nonsense\""},
        {"flavour 'a' { source = 's', date = 'd', catalogue = { 'x' } }", "catalogue[1]"},
        {"flavour 'a' {}", "the option \"source\" is missing"},
        {"flavour 'a' { source = 's', date = 'd' } flavour 'a' { source = 's', date = 'd' }", "is there twice: first in line 1"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        yz_diag diag = {0};
        assert_null(yz_settings_read_text("yuzui.lua", yz_str_of(table[i].text), arena, &diag));
        yz_buf_char(&diag.text, '\0');
        if (!strstr(diag.text.p, table[i].said))
            fail_msg("for: %s\nsaid: %s", table[i].text, diag.text.p);
        yz_diag_free(&diag);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_errors),
        cmocka_unit_test(golden_finishes),
        cmocka_unit_test(numbers_are_the_vendors_own),
        cmocka_unit_test(words_of_the_provider_survive),
        cmocka_unit_test(quoted_words_are_the_clients_own),
        cmocka_unit_test(long_messages_are_judged_by_their_beginning),
        cmocka_unit_test(answers_are_no_errors),
        cmocka_unit_test(a_provider_takes_what_its_flavour_says),
        cmocka_unit_test(mistakes_are_answered),
    };
    return cmocka_run_group_tests(tests, read_all, drop_all);
}
