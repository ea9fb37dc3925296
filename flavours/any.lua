-- Words of errors and finish reasons that many servers share, whoever wrote them first. They are asked before those of the other vendors.
flavour "any" {
    source = "what several of the vendors beside this file say alike",
    date = "2026-11",
    errors = {
        -- A limit of so much a minute, told in the words of an empty account (Google): a wait is named.
        { status = 429, words = { "please retry in " }, class = "rate_limit" },
        -- No credit, no quota: another try on this account is in vain. Before the rate limits, whose status it borrows.
        { code = { "insufficient_quota", "billing_hard_limit_reached", "billing_not_active", "insufficient_balance", "account_deactivated",
                   "insufficient_funds", "AccountOverdueError" }, class = "quota" },
        { type = { "insufficient_quota", "billing_error", "usage_limit_reached", "exceeded_current_quota_error", "insufficient_balance" }, class = "quota" },
        { words = { "exceeded your current quota", "insufficient balance", "insufficient credit", "insufficient quota", "credit balance is too low",
                    "account balance is not enough", "billing hard limit", "account is in arrears", "out of credits", "requires more credits", "account balance is insufficient",
                    "overdue balance", "monthly spending limit", "余额不足", "用户剩余额度" }, class = "quota" },
        -- A prompt, or a prompt and the answer asked for, that the model has no room for.
        { code = { "context_length_exceeded", "context_window_exceeded", "string_above_max_length", "tokens_limit_reached" }, class = "context_length" },
        { type = { "exceed_context_size_error", "context_length_exceeded" }, class = "context_length" },
        { words = { "maximum context length", "context length exceeded", "context window", "exceed context limit", "exceeds the context", "prompt is too long",
                    "input is too long", "prompt too long", "exceeds the available context size", "exceeds max length", "exceeds the maximum number of tokens",
                    "longer than the model's context length", "exceeded model token limit", "maximum prompt length", "max_model_len", "input token count*exceeds",
                    "total length of all messages is too long", "reduce the length of the", "`max_new_tokens` must be", "`inputs` must have less than",
                    "too many tokens: total number of tokens", "context length of only", "exceed max message tokens", "max input characters",
                    "maximum allowed token size" }, class = "context_length" },
        -- What was asked or answered is refused for its content.
        { code = { "content_filter", "content_policy_violation", "moderation_blocked", "sensitive_words_detected",
                   "SensitiveContentDetected", "InputTextSensitiveContentDetected", "OutputTextSensitiveContentDetected" }, class = "content_policy" },
        { type = { "content_filter", "content_policy_violation" }, class = "content_policy" },
        { words = { "content management policy", "content policy", "content_filter", "safety system", "flagged by*moderation", "usage policies" }, status = 400, class = "content_policy" },
        { words = { "flagged by", "requires moderation" }, status = 403, class = "content_policy" },
        -- Too fast, too many.
        { code = { "rate_limit_exceeded", "rate_limit_reached" }, class = "rate_limit" },
        { type = { "rate_limit_error", "rate_limit_reached_error", "rate_limit_exceeded", "throttling_error", "too_many_requests" }, class = "rate_limit" },
        { words = { "rate limit exceeded", "rate limit reached", "too many requests", "requests per minute", "tokens per minute" }, class = "rate_limit" },
        -- Busy.
        { code = { "queue_exceeded", "capacity_exceeded" }, class = "overloaded" },
        { type = { "overloaded_error", "engine_overloaded_error", "service_unavailable_error" }, class = "overloaded" },
        { words = { "currently overloaded", "model is overloaded", "server is busy", "at capacity", "no capacity", "temporarily overloaded" }, class = "overloaded" },
        -- The model or the address.
        { code = { "model_not_found", "ModelNotFound" }, class = "not_found" },
        { words = { "model*does not exist", "no such model", "model not found", "unknown model", "invalid model: " }, class = "not_found" },
        -- The request, said where the status says less.
        { code = { "InvalidParameter", "invalid_parameter_error", "invalid_value", "unsupported_value", "unsupported_parameter" }, class = "bad_request" },
        { words = { "invalid param", "invalid request" }, class = "bad_request" },
    },
    finish = {
        stop = "stop", eos = "stop", eos_token = "stop", stop_sequence = "stop", end_turn = "stop", COMPLETE = "stop", STOP = "stop",
        length = "length", max_tokens = "length", MAX_TOKENS = "length", max_length = "length", max_output_tokens = "length",
        tool_calls = "tools", tool_use = "tools", function_call = "tools",
        content_filter = "filter", content_filtered = "filter", safety = "filter", SAFETY = "filter", RECITATION = "filter",
        BLOCKLIST = "filter", PROHIBITED_CONTENT = "filter", SPII = "filter", IMAGE_SAFETY = "filter", LANGUAGE = "filter", refusal = "filter",
        error = "error", abort = "error", aborted = "error", cancelled = "error", unknown = "error",
        MALFORMED_FUNCTION_CALL = "error", UNEXPECTED_TOOL_CALL = "error", OTHER = "error",
    },
    reset_headers = { "llm_provider-retry-after" },
}
