flavour "groq" {
    source = "https://console.groq.com/docs/errors, https://console.groq.com/docs/rate-limits",
    date = "2026-11",
    adapter = "openai",
    base_url = "https://api.groq.com/openai/v1",
    hosts = { "api.groq.com" },
    options = { max_tokens_field = "max_completion_tokens" },
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
}
