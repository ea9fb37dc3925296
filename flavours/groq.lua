flavour "groq" {
    source = "https://console.groq.com/docs/errors, https://console.groq.com/docs/rate-limits",
    date = "2026-11",
    aliases = { "groqcloud" },
    keys = { "gsk_" },
    adapter = "openai",
    base_url = "https://api.groq.com/openai/v1",
    addresses = { responses = "https://api.groq.com/openai/v1" }, -- console.groq.com/docs/responses-api
    hosts = { "api.groq.com" },
    -- "property 'reasoning_content' is unsupported", and so is any that its API reference does not list for messages;
    -- console.groq.com/docs/openai: no logprobs, logit_bias, top_logprobs; n is 1.
    options = { max_tokens_field = "max_completion_tokens", reasoning_field = "reasoning", send_reasoning = "never", thinking_fields = "effort",
                message_fields = { "content", "name", "assistant.tool_calls", "assistant.function_call", "assistant.reasoning",
                                   "tool.tool_call_id" },
                tool_fields = { "function", "function.name", "function.description", "function.parameters", "function.strict" },
                drop = { "logprobs", "top_logprobs", "logit_bias", "n" } },
    -- groq-python (CompletionCreateParams), console.groq.com/docs/api-reference
    -- tool_types: groq-python (ChatCompletionToolParam) (2026-11).
    host_options = { tool_types = { "function", "browser_search", "code_interpreter", "mcp" },
                     fields = { "citation_options", "compound_custom", "disable_tool_validation", "documents", "exclude_domains",
                                "frequency_penalty", "function_call", "functions", "include_domains", "include_reasoning", "logit_bias",
                                "logprobs", "max_completion_tokens", "max_tokens", "metadata", "n", "parallel_tool_calls",
                                "presence_penalty", "reasoning_effort", "reasoning_format", "response_format", "search_settings", "seed",
                                "service_tier", "stop", "store", "stream_options", "temperature", "tool_choice", "tools", "top_logprobs",
                                "top_p", "user" } },
    errors = {
        -- 413 with the code of a rate limit: no pause makes a request fit that is larger than the limit of a minute
        { status = 413, words = { "Request too large for model" }, class = "context_length" },
        { status = 413, class = "context_length" },
        { code = { "tool_use_failed", "json_validate_failed" }, class = "bad_request" },
        { code = { "blocked_api_access" }, class = "quota" },
        { code = { "organization_restricted" }, class = "auth" },
        { code = { "model_decommissioned" }, class = "not_found" },
        { status = 498, class = "overloaded" },
        { words = { "spend limit", "Project blocked" }, class = "quota" },
    },
    reset_headers = { "x-ratelimit-reset-requests", "x-ratelimit-reset-tokens" },
    -- "Max completion tokens": console.groq.com/docs/models, as models.dev has it (2026-07). Words of reasoning_effort: console.groq.com/docs/reasoning
    -- (2026-11). Names that others serve as well, with other limits, hold here alone.
    catalogue = {
        { names = { "llama-3.3-70b-versatile" }, max_tokens = 32768, efforts = "no" },
        { names = { "llama-3.1-8b-instant" }, max_tokens = 131072, efforts = "no" },
        { names = { "groq/compound*", "compound-beta*" }, max_tokens = 8192 },
        { names = { "qwen3-32b" }, own = true, max_tokens = 40960, efforts = "none default" },
        { names = { "gpt-oss-*" }, own = true, max_tokens = 65536, efforts = "low medium high" },
        { names = { "kimi-k2-instruct*" }, own = true, max_tokens = 16384, efforts = "no" },
        { names = { "llama*", "gemma*", "mistral*", "allam*" }, own = true, efforts = "no" },
    },
}
