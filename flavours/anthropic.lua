flavour "anthropic" {
    source = "https://docs.claude.com/en/api/errors; answers of its API",
    date = "2026-11",
    aliases = { "claude", "anthropic-messages" },
    keys = { "sk-ant-" },
    adapter = "anthropic",
    base_url = "https://api.anthropic.com",
    addresses = { openai = "https://api.anthropic.com/v1" }, -- platform.claude.com/docs/en/api/openai-sdk: to try models with, not for production
    hosts = { "api.anthropic.com" },
    errors = {
        { words = { "prompt is too long", "exceed context limit", "input is too long for requested model" }, class = "context_length" },
        { status = 413, type = { "request_too_large" }, class = "context_length" }, -- its own; of a proxy in front of it the request is too large
        { words = { "credit balance is too low", "out of extra usage", "extra usage is required" }, class = "quota" },
        { words = { "third-party apps now draw from*extra usage" }, class = "quota" }, -- a subscription without extra usage, as seen in its users' reports
        { words = { "content filtering policy" }, class = "content_policy" },
        { status = 429, words = { "workspace*usage limit" }, class = "quota" },
        { words = { "specified API usage limits" }, class = "quota" }, -- with 400, as seen in its users' reports
        { words = { "organization has been disabled" }, class = "auth" },
    },
    finish = { model_context_window_exceeded = "length", pause_turn = "stop" },
    reset_headers = { "anthropic-ratelimit-unified-reset", "anthropic-ratelimit-unified-5h-reset", "anthropic-ratelimit-unified-7d-reset", "anthropic-ratelimit-requests-reset",
                      "anthropic-ratelimit-tokens-reset", "anthropic-ratelimit-input-tokens-reset", "anthropic-ratelimit-output-tokens-reset" },
    -- docs.claude.com/en/docs/about-claude/models (2026-11). Bedrock and Vertex AI put something before or behind the names. Whatever is not
    -- named here and is a Claude is newer: it takes neither a prefill nor sampling. Opus 4.8 was the first to take role system amid the messages:
    -- platform.claude.com/docs/en/build-with-claude/mid-conversation-system-messages (2026-05).
    catalogue = {
        { names = { "*claude-instant*", "*claude-2*", "*claude-3-opus*", "*claude-3-sonnet*", "*claude-3-haiku*" }, max_tokens = 4096, late_system = "no" },
        { names = { "*claude-3-5-*", "*claude-3.5-*" }, max_tokens = 8192, late_system = "no" },
        { names = { "*claude-3-7-*", "*claude-3.7-*" }, max_tokens = 128000, late_system = "no" },
        { names = { "*claude-opus-4-2*", "*claude-opus-4-0*", "*claude-opus-4-1*", "*claude-opus-4.1*", "*claude-opus-4", "*claude-opus-4@*" }, max_tokens = 32000, late_system = "no" },
        { names = { "*claude-sonnet-4-2*", "*claude-sonnet-4-0*", "*claude-sonnet-4", "*claude-sonnet-4@*", "*claude-*-4-5*", "*claude-*-4.5*" }, max_tokens = 64000, late_system = "no" },
        { names = { "*claude-opus-4-6*", "*claude-opus-4.6*" }, max_tokens = 128000, prefill = "no", late_system = "no" },
        { names = { "*claude-*-4-6*", "*claude-*-4.6*" }, max_tokens = 64000, prefill = "no", late_system = "no" },
        { names = { "*claude-opus-4-7*", "*claude-opus-4.7*" }, max_tokens = 128000, prefill = "no", sampling = "no", late_system = "no" },
        { names = { "*claude-sonnet-5", "*claude-sonnet-5-2*", "*claude-sonnet-5@*" }, max_tokens = 128000, prefill = "no", sampling = "no" }, -- late_system: reports differ
        { names = { "*claude-opus-4-8*", "*claude-opus-4.8*" }, max_tokens = 128000, prefill = "no", sampling = "no", late_system = "yes" },
        { names = { "*claude*" }, prefill = "no", sampling = "no", late_system = "yes" },
    },
}
