-- Words of errors and finish reasons that many servers share, whoever wrote them first. They are asked before those of the other vendors.
flavour "any" {
    source = "what several of the vendors beside this file say alike",
    date = "2026-11",
    errors = {
        -- 413 with the words or the code of a rate limit (Groq, and relays of it): no pause makes a request fit that is larger than a whole minute's.
        { status = 413, words = { "request too large for", "tokens per minute", "tokens per min", "(tpm)" }, class = "context_length" },
        { status = 413, code = { "rate_limit_exceeded" }, class = "context_length" },
        -- A plan's limit of a week or a month is no limit of the minute (Alibaba's Coding Plan, z.ai's 1310); one that has ended is no busy server (1309).
        { words = { "week allocated quota exceeded", "month allocated quota exceeded", "weekly/monthly limit exhausted", "weekly limit exhausted",
                    "monthly limit exhausted", "每周/每月使用上限", "plan package has expired", "plan has expired", "subscription has expired",
                    "renewing your subscription", "套餐已到期", "当日调用次数超限" }, class = "quota" },
        -- Kimi Code, to whom it does not sell; with 403, and a type that it has for empty plans as well.
        { words = { "only available for coding agents" }, class = "auth" },
        -- A limit of so much a minute, told in the words of an empty account (Google, Alibaba): a wait is named, or whose words they are. Google names
        -- one also where the account has none of this model.
        { status = 429, words = { "exceeded your current quota*limit: 0,", "exceeded your current quota*limit: 0\n" }, class = "quota" },
        { status = 429, type = { "RESOURCE_EXHAUSTED" }, wait = true, class = "rate_limit" },
        { status = 429, words = { "please retry in " }, class = "rate_limit" },
        { status = 429, words = { "allocated quota exceeded", "exceeded your current quota*aliyun", "exceeded your current quota*alibabacloud" }, class = "rate_limit" },
        -- A plan's limit of some hours, which comes back by itself: Volcengine's Coding Plan (docs.volcengine.com/docs/82379/1299023), Kimi Code,
        -- Alibaba's Token Plan, ZenMux (openclaw/openclaw#11164), who says it with 403. What waits in Volcengine's queue is a limit too.
        { words = { "5-hour usage quota", "5-hour quota has been exhausted", "the request has exceeded the quota" }, class = "rate_limit" },
        { status = 403, words = { "5-hour usage limit", "refresh in the rolling time window" }, class = "rate_limit" },
        -- No credit, no quota: another try on this account is in vain. Before the rate limits, whose status it borrows; with 401 and 403 it is no
        -- wrong key.
        { code = { "insufficient_quota", "billing_hard_limit_reached", "billing_not_active", "insufficient_balance", "account_deactivated", "account_overdue",
                   "insufficient_funds", "insufficient_credits", "AccountOverdueError", "NOT_ENOUGH_BALANCE", "payment_required", "*ServiceStopUnpaid*",
                   "*ResourcePackExhausted*", "*Arrear*", "*InsufficientBalance*", "insufficient_quota_error",
                   "SetLimitExceeded", "InvalidSubscription", "*ServiceOverdue" }, class = "quota" }, -- the last three: Volcengine, as above
        -- Weeks, months, a trial: Volcengine; Kimi Code; Alibaba's Token Plan; Tencent's TokenHub (experientiallabs/experiential#745); Gemini's spend
        -- cap. And days of what costs nothing: Cloudflare's Workers AI, Baidu (17, 19: ai.baidu.com/ai-doc/REFERENCE/Fk3dwjh45).
        { words = { "exhausted its free trial quota", "free trial quota for the service has been exhausted", "reached the set inference limit",
                    "weekly (7-day) usage limit", "usage limit for this billing cycle", "1-week quota has been exhausted",
                    "1-month quota has been exhausted", "monthly spending cap", "used up your daily free allocation", "open api daily request limit reached",
                    "open api total request limit reached" }, class = "quota" },
        { status = 429, words = { "exceeded the weekly usage quota", "exceeded the monthly usage quota" }, class = "quota" },
        { type = { "insufficient_quota", "billing_error", "usage_limit_reached", "exceeded_current_quota_error", "insufficient_balance", "insufficient_funds",
                   "credit_limit" }, class = "quota" },
        { status = 401, code = { "insufficient_quota", "quota_exceeded", "insufficient_balance", "insufficient_credits" }, class = "quota" },
        { status = 401, type = { "insufficient_quota", "insufficient_balance", "exceeded_current_quota_error" }, class = "quota" },
        { status = 401, words = { "exceeded your current quota", "insufficient balance", "insufficient credit", "insufficient quota", "out of credits",
                                  "not enough balance", "credit balance is too low", "余额不足", "欠费" }, class = "quota" },
        { status = 403, code = { "quota_exceeded" }, class = "quota" },
        { status = 403, words = { "reached your usage limit", "usage limit for this billing cycle", "quota exceeded", "额度已用尽", "额度不足" }, class = "quota" },
        { words = { "exceeded your current quota", "insufficient balance", "insufficient credit", "insufficient quota", "insufficient funds", "credit balance is too low",
                    "account balance is not enough", "not enough balance", "not enough credit", "lack sufficient balance", "billing hard limit", "account is in arrears",
                    "out of credits", "requires more credits", "run out of credits", "used all available credits", "account balance is insufficient", "insufficient account balance",
                    "overdue balance", "balance is overdue", "overdue payment", "monthly spending limit", "monthly included credits", "spend threshold",
                    "out of extra usage", "extra usage is required", "enable billing", "requires billing", "billing to be enabled", "billing details on our website",
                    "limited to*calls / month", "余额不足", "用户剩余额度", "欠费", "资源包已用", "免费额度已" }, class = "quota" },
        -- A prompt, or a prompt and the answer asked for, that the model has no room for.
        { code = { "context_length_exceeded", "context_window_exceeded", "model_max_prompt_tokens_exceeded", "tokens_limit_reached", "tokens_too_long",
                   "prompt_too_long", "max_tokens_exceeded", "*ExceedMaxInput*", "OutofContextError" }, class = "context_length" },
        { type = { "exceed_context_size_error", "context_length_exceeded", "prompt_too_long" }, class = "context_length" },
        -- A text of the prompt; not that of `user`, of an id, of a name, which have limits of their own.
        { code = { "string_above_max_length" }, words = { "'messages*content*string too long", "'input': string too long", "'input[*content*string too long",
                   "'input[*output': string too long", "'prompt*string too long", "'instructions': string too long" }, class = "context_length" },
        { status = 429, words = { "request too large for" }, class = "context_length" }, -- larger than a whole minute's limit: no pause makes it fit
        { words = { "maximum context length", "max context length", "context length exceeded", "reached context length of", "context size has been exceeded",
                    "context window", "exceed context limit", "exceeds the context", "exceeds the available context size", "context length of only",
                    "prompt is too long", "prompt too long", "input is too long", "input too long", "input length too long", "input length is too long",
                    "messages are too long", "tokens too long", "too long to fit into the model", "total length of all messages is too long",
                    "exceeds max length", "exceeds the maximum number of tokens", "exceeds the maximum allowed tokens", "exceeds maximum input length",
                    "input length*exceeds the maximum", "prompt length exceeds", "number of input tokens exceeds", "input tokens exceed", "input token count*exceeds",
                    "prompt token count of*exceeds", "token length exceed", "model only supports up to", "longer than the model's context length",
                    "exceeded model token limit", "maximum prompt length", "max input characters", "max_model_len", "max_seq_len", "max_num_tokens", "session_len",
                    "max_position_embeddings", "reduce the length of the", "`max_new_tokens` must be", "`inputs` must have less than",
                    "too many tokens: ", "too many tokens overall", "too many input tokens", "input prompt contains*tokens, exceed", "prompt has too many tokens", "too many total text bytes", "max tokens of*exceeded",
                    "max allowed tokens", "exceed max message tokens", "exceed the total tokens limit", "maximum allowed token size", "maximum input length",
                    "tokens) is too large to process", "file-content exceeds token limit", "exceeded the service limit of*tokens",
                    -- LM Studio: anomalyco/opencode#2259, #11141
                    "tokens to keep from the initial prompt is greater than the context length", "cannot truncate prompt with n_keep", "输入长度超", "输入超长", "输入过长", "prompt 超长", "token数量超过", "tokens数量超过", "超出模型*长度", "超过模型*长度" },
          class = "context_length" },
        -- vLLM: what the prompt leaves of the context, for who asked for no max_tokens. A -1 is somebody's who asked for it.
        { words = { "max_tokens must be at least 1, got -2", "max_tokens must be at least 1, got -3", "max_tokens must be at least 1, got -4",
                    "max_tokens must be at least 1, got -5", "max_tokens must be at least 1, got -6", "max_tokens must be at least 1, got -7",
                    "max_tokens must be at least 1, got -8", "max_tokens must be at least 1, got -9", "max_tokens must be at least 1, got -10",
                    "max_tokens must be at least 1, got -11", "max_tokens must be at least 1, got -12", "max_tokens must be at least 1, got -13",
                    "max_tokens must be at least 1, got -14", "max_tokens must be at least 1, got -15", "max_tokens must be at least 1, got -16",
                    "max_tokens must be at least 1, got -17", "max_tokens must be at least 1, got -18", "max_tokens must be at least 1, got -19" }, class = "context_length" },
        -- What was asked or answered is refused for its content.
        { code = { "content_filter", "content_policy_violation", "content_blocked", "moderation_blocked", "sensitive_words_detected", "cyber_policy", "cyber_policy_violation",
                   "*SensitiveContentDetected*", "*TextRiskDetection*", "*ImageRiskDetection*", "*VideoRiskDetection*", "*AudioRiskDetection*" }, class = "content_policy" },
        { code = { "invalid_prompt" }, words = { "safety", "flagged", "usage policy", "usage policies", "violat" }, class = "content_policy" },
        { type = { "content_filter", "content_policy_violation", "guardrail_blocked", "content_blocked", "censorship_blocked" }, class = "content_policy" },
        { words = { "content policy", "content_filter", "usage policies", "content filter" }, status = 400, class = "content_policy" },
        { words = { "content management policy", "content filtering policy", "safety system", "limited access to this content", "for safety reasons", "flagged by*moderation",
                    "content moderation", "blocked by*guardrail", "contains sensitive words", "may contain sensitive information", "may contain inappropriate content",
                    "blocked content", "prohibited_content", "responsible ai practices", "blocked by our content filter", "failed safety check", "blocked output",
                    "possible cybersecurity risk", "high-risk cyber activity", "machine outputted is blocked", "flagged as potentially violating", "violating our usage policy", "nsfw content",
                    "内容不合规", "审核不通过", "涉嫌违规", "包含敏感", "敏感内容", "敏感词", "敏感信息" }, class = "content_policy" },
        { words = { "flagged by", "requires moderation" }, status = 403, class = "content_policy" },
        -- Too fast, too many.
        { code = { "rate_limit_exceeded", "rate_limit_reached", "*RequestLimitExceeded*", "REQUEST_LIMIT_EXCEEDED", "LimitExceeded", "LimitExceeded.*", "*Throttling*",
                   "RateLimitExceeded*", "ModelAccountRpmRateLimitExceeded", "ModelAccountTpmRateLimitExceeded" }, class = "rate_limit" },
        { type = { "rate_limit_error", "rate_limit_reached_error", "rate_limit_exceeded", "throttling_error", "too_many_requests", "*ThrottlingException" }, class = "rate_limit" },
        { words = { "rate limit exceeded", "rate limit reached", "rate-limited", "too many requests", "requests per minute", "tokens per minute", "request limit reached",
                    "qps limit", "overflowerror", "conn limit", "concurrency limit", "并发数过高", "请求过于频繁", "请求频率", "限流", "流控" }, class = "rate_limit" },
        -- Busy.
        { code = { "queue_exceeded", "capacity_exceeded", "*ServerOverloaded*", "*EngineOverloaded*" }, class = "overloaded" },
        { type = { "overloaded_error", "engine_overloaded_error", "service_unavailable_error" }, class = "overloaded" },
        { code = { "failed" }, words = { "overloaded" }, class = "overloaded" }, -- of a response that failed, without a code of its own
        { words = { "currently overloaded", "model is overloaded", "model*is overloaded, ", "engine is overloaded", "server is overloaded", "service is overloaded", "server is busy", "at capacity", "no capacity", "capacity temporarily exceeded", "temporarily overloaded",
                    "temporarily unavailable", "api请求过多", "当前访问量过大", "服务繁忙", "系统繁忙", "服务器繁忙" }, class = "overloaded" },
        -- The key.
        { code = { "AuthFailure", "AuthFailure.*", "invalid_api_key", "unAuthApiKey" }, class = "auth" },
        { words = { "invalid api key", "incorrect api key provided", "api key not valid", "api key is invalid", "key is error", "access token invalid or no longer valid" }, class = "auth" },
        -- Cloudflare, z.ai, inside an answer of status 200: with the code, since another's words may be of a server of the client's own tools.
        { code = { "10000" }, words = { "authentication error" }, class = "auth" },
        { code = { "1000", "1001", "1002", "1003", "1004" }, words = { "authentication", "身份验证" }, class = "auth" },
        -- Baidu's, as above; without the code the token may be one of the client's, for a server of its own tools.
        { code = { "110", "111" }, words = { "access token" }, class = "auth" },
        -- The model or the address.
        { code = { "model_not_found", "ModelNotFound", "model_decommissioned", "unavailable_model", "model_not_supported", "*ServiceNotOpen" }, class = "not_found" },
        { type = { "invalid_model" }, class = "not_found" }, -- Perplexity, Mistral
        -- One that the key's plan lacks: GitHub Models (with 403), OpenAI (charmbracelet/mods#352).
        { status = 403, words = { "no access to model: " }, class = "not_found" },
        { status = 400, words = { "must qualify for at least usage tier*to access" }, class = "not_found" },
        -- Ollama's own dialect, with 404 and where it streams with 200: the name between quotes.
        { words = { "model '*' not found", "model \"*\" not found", "model `*` not found" }, class = "not_found" },
        { words = { "model*does not exist", "no such model", "model not found", "unknown model", "invalid model: ", "has been decommissioned", "model not support",
                    "model not exist", "is not a valid model id", "permitted models can be found", "no models loaded. please load a model",
                    "the requested model is not supported", "supported api model names are", "模型不存在" }, class = "not_found" },
        { status = 400, words = { "payload size exceeds" }, class = "too_large" },
        -- The request, said where the status says less.
        { code = { "InvalidParameter", "InvalidParameter.*", "InvalidParameterValue", "InvalidParameterValue.*", "invalid_parameter_error", "invalid_value", "unsupported_value",
                   "unsupported_parameter" }, class = "bad_request" },
        -- Baidu: what is wrong with a request has a code that begins so; most others of its own are the server's.
        { code = { "33600*" }, class = "bad_request" },
        { words = { "invalid param", "invalid request", "messages length must be odd" }, class = "bad_request" },
    },
    -- In any case, and also with a detail: "content_filter: SAFETY".
    finish = {
        stop = "stop", eos = "stop", eos_token = "stop", eos_token_id = "stop", stop_sequence = "stop", stop_token = "stop", stop_str = "stop",
        end_turn = "stop", complete = "stop", completed = "stop", ["end"] = "stop", endoftext = "stop", finished = "stop",
        length = "length", max_tokens = "length", max_length = "length", max_output_tokens = "length", max_new_tokens = "length", token_limit = "length",
        error_limit = "length", model_length = "length", length_exceeded = "length", max_context_length = "length", context_length_exceeded = "length",
        context_window_exceeded = "length", model_context_window_exceeded = "length", time_limit = "length",
        tool_calls = "tools", tool_call = "tools", ["tool-calls"] = "tools", tool_use = "tools", function_call = "tools", function_calls = "tools",
        content_filter = "filter", ["content-filter"] = "filter", content_filtered = "filter", safety = "filter", recitation = "filter", error_toxic = "filter",
        blocklist = "filter", prohibited_content = "filter", spii = "filter", image_safety = "filter", image_prohibited_content = "filter", image_recitation = "filter",
        language = "filter", model_armor = "filter", refusal = "filter", guardrail_intervened = "filter", moderation = "filter", sensitive = "filter",
        content_policy = "filter", content_policy_violation = "filter", policy_violation = "filter", guardrail = "filter", guardrails = "filter",
        guardrail_blocked = "filter", block = "filter", blocked = "filter", sensitive_content = "filter", restricted_content = "filter", harmful = "filter",
        unsafe = "filter", risk = "filter", moderation_filter = "filter", moderation_blocked = "filter", prompt_filter = "filter", filter = "filter", filtered = "filter",
        error = "error", abort = "error", aborted = "error", cancelled = "error", canceled = "error", user_cancel = "error", user_abort = "error", unknown = "error",
        interrupted = "error", preempted = "error", expired = "error", exception = "error", failed = "error", failure = "error", out_of_memory = "error",
        server_error = "error", internal_error = "error", network_error = "error", function_call_filter = "error",
        malformed_function_call = "error", malformed_response = "error", malformed_tool_use = "error", malformed_model_output = "error",
        unexpected_tool_call = "error", other = "error", image_other = "error",
        engine_overloaded = "overloaded", server_overloaded = "overloaded", overloaded = "overloaded", overloaded_error = "overloaded", server_busy = "overloaded",
        busy = "overloaded", service_unavailable = "overloaded",
        rate_limit = "rate_limit", rate_limited = "rate_limit", rate_limit_exceeded = "rate_limit", rate_limit_error = "rate_limit",
        quota_exceeded = "quota", insufficient_quota = "quota", insufficient_balance = "quota",
        internal_server_error = "server", system_error = "server", api_error = "server", timeout = "timeout", deadline_exceeded = "timeout",
    },
    -- Mistral's, OpenAI's and Anthropic's, which relays pass on under whatever dialect, and those of draft-ietf-httpapi-ratelimit-headers.
    reset_headers = { "ratelimitbysize-reset", "ratelimitbyreq-reset", "ratelimit-reset",
                      "x-ratelimit-reset-requests", "x-ratelimit-reset-tokens", "x-ratelimit-reset",
                      "anthropic-ratelimit-unified-reset", "anthropic-ratelimit-unified-5h-reset", "anthropic-ratelimit-unified-7d-reset",
                      "anthropic-ratelimit-requests-reset", "anthropic-ratelimit-tokens-reset", "anthropic-ratelimit-input-tokens-reset",
                      "anthropic-ratelimit-output-tokens-reset" },
}
