-- Moonshot AI, China and abroad.
flavour "kimi" {
    source = "https://platform.moonshot.ai/docs/api/errors; answers of its API",
    date = "2026-11",
    adapter = "openai",
    base_url = "https://api.moonshot.ai/v1",
    hosts = { "api.moonshot.ai", "api.moonshot.cn", "api.kimi.com" },
    options = { max_tokens_field = "max_tokens", system_role = "system", send_reasoning = "with_calls", schemas = "plain" },
    errors = {
        { type = { "content_filter" }, class = "content_policy" },
        { words = { "considered high risk" }, class = "content_policy" },
        { type = { "exceeded_current_quota_error" }, class = "quota" },
        { words = { "exceeded model token limit", "token length too long" }, class = "context_length" },
        { type = { "engine_overloaded_error" }, class = "overloaded" },
        { type = { "rate_limit_reached_error" }, class = "rate_limit" },
        { type = { "resource_not_found_error" }, class = "not_found" },
        { status = 403, words = { "suspended", "reached your usage limit" }, class = "quota" },
        { type = { "access_terminated_error" }, class = "quota" },
    },
}
