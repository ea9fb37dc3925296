-- xAI puts the words into "error" and a sentence into "code".
flavour "xai" {
    source = "https://docs.x.ai/docs/key-information/debugging; answers of its API",
    date = "2026-11",
    adapter = "openai",
    base_url = "https://api.x.ai/v1",
    hosts = { "api.x.ai", "*.api.x.ai" },
    options = { max_tokens_field = "max_completion_tokens", system_role = "system" },
    errors = {
        { words = { "maximum prompt length is" }, class = "context_length" },
        { status = 403, words = { "used all available credits", "monthly spending limit", "doesn't have any credits" }, class = "quota" },
        { status = 403, words = { "violates usage guidelines", "SAFETY_CHECK" }, class = "content_policy" },
        { status = 400, words = { "Incorrect API key provided" }, class = "auth" },
        { words = { "exhausted*rate limit", "Too many requests" }, class = "rate_limit" },
    },
}
