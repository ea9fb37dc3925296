flavour "mistral" {
    source = "https://docs.mistral.ai/api; https://docs.mistral.ai/resources/known-issues; answers of its API",
    date = "2026-11",
    adapter = "openai",
    base_url = "https://api.mistral.ai/v1",
    hosts = { "api.mistral.ai", "codestral.mistral.ai" },
    options = { max_tokens_field = "max_tokens", system_role = "system", call_ids = "nine" },
    errors = {
        { code = { "3051" }, class = "context_length" },
        { words = { "too large for model with" }, class = "context_length" },
        { code = { "1300" }, class = "rate_limit" },
        { words = { "service tier capacity exceeded" }, class = "rate_limit" },
        { code = { "3505", "3210" }, class = "overloaded" },
        { words = { "monthly usage limit", "inactive subscription" }, class = "quota" },
    },
    finish = { model_length = "length", error = "error" },
    reset_headers = { "ratelimitbysize-reset", "ratelimitbyreq-reset" },
}
