flavour "anthropic" {
    source = "https://docs.claude.com/en/api/errors; answers of its API",
    date = "2026-11",
    adapter = "anthropic",
    base_url = "https://api.anthropic.com",
    hosts = { "api.anthropic.com" },
    errors = {
        { words = { "prompt is too long", "exceed context limit", "input is too long for requested model" }, class = "context_length" },
        { words = { "credit balance is too low" }, class = "quota" },
        { words = { "content filtering policy" }, class = "content_policy" },
        { status = 429, words = { "workspace*usage limit", "specified API usage limits" }, class = "quota" },
    },
    finish = { model_context_window_exceeded = "length", pause_turn = "stop" },
    reset_headers = { "anthropic-ratelimit-unified-reset", "anthropic-ratelimit-unified-5h-reset", "anthropic-ratelimit-requests-reset",
                      "anthropic-ratelimit-tokens-reset", "anthropic-ratelimit-input-tokens-reset", "anthropic-ratelimit-output-tokens-reset" },
}
