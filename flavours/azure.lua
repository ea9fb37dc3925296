-- Azure OpenAI. The address and the path hold the resource and the deployment: say base_url, chat_path and query (plugins/openai/README.md).
flavour "azure" {
    source = "https://learn.microsoft.com/azure/ai-foundry/openai/concepts/content-filter; answers of its API",
    date = "2026-11",
    aliases = { "azure-openai", "microsoft", "ms-azure", "azure-ai", "foundry" },
    adapter = "openai",
    hosts = { "*.openai.azure.com", "*.services.ai.azure.com", "*.cognitiveservices.azure.com" },
    options = { credential = "api-key", send_reasoning = "never", thinking_fields = "effort" },
    -- OpenAI's fields (openai-python), and those for data of one's own and for users (learn.microsoft.com/azure/ai-services/openai/reference).
    host_options = { fields = { "audio", "data_sources", "frequency_penalty", "function_call", "functions", "logit_bias", "logprobs",
                                "max_completion_tokens", "max_tokens", "metadata", "modalities", "moderation", "n", "parallel_tool_calls",
                                "prediction", "presence_penalty", "prompt_cache_key", "prompt_cache_options", "prompt_cache_retention",
                                "reasoning_effort", "response_format", "safety_identifier", "seed", "service_tier", "stop", "store",
                                "stream_options", "temperature", "tool_choice", "tools", "top_logprobs", "top_p", "user",
                                "user_security_context", "verbosity", "web_search_options" } },
    errors = {
        { status = 404, code = { "DeploymentNotFound" }, class = "not_found" },
        { code = { "content_filter", "ResponsibleAIPolicyViolation" }, class = "content_policy" },
        { words = { "triggering Azure OpenAI's content management policy" }, class = "content_policy" },
        { status = 429, words = { "exceeded*call rate limit", "exceeded token rate limit" }, class = "rate_limit" },
        { status = 429, words = { "please retry after" }, class = "rate_limit" },
        { status = 400, code = { "unavailable_model" }, class = "not_found" },
        { status = 403, words = { "out of call volume quota" }, class = "quota" },
        { status = 408, class = "timeout" },
    },
    reset_headers = { "x-ratelimit-reset-requests", "x-ratelimit-reset-tokens" },
}
