-- OpenRouter says a number as code, which is the status, also of an error inside a stream; metadata.raw holds the provider's own words.
flavour "openrouter" {
    source = "https://openrouter.ai/docs/api-reference/errors, https://openrouter.ai/docs/api-reference/limits",
    date = "2026-11",
    keys = { "sk-or-" },
    adapter = "openai",
    base_url = "https://openrouter.ai/api/v1",
    addresses = { responses = "https://openrouter.ai/api/v1" }, -- openrouter.ai/docs/api-reference/responses-api
    hosts = { "openrouter.ai" },
    options = { max_tokens_field = "max_tokens", top_k = true, reasoning_field = "reasoning", send_reasoning = "with_calls" },
    errors = {
        { status = 402, class = "quota" },
        { status = 403, words = { "requires moderation", "was flagged" }, class = "content_policy" },
        { status = 403, words = { "key limit exceeded" }, class = "quota" },
        { status = 408, class = "timeout" },
        { status = 502, class = "server" },
        { status = 503, class = "overloaded" },
        { status = 404, words = { "No endpoints found" }, class = "not_found" },
        { status = 400, words = { "is not a valid model ID" }, class = "not_found" },
        { words = { "maximum context length" }, class = "context_length" },
    },
    finish = { error = "error" },
    reset_headers = { "x-ratelimit-reset" },
    catalogue = { { names = { "openrouter/*" }, own = true } }, -- its own: openrouter/auto
}
