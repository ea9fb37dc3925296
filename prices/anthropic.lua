-- USD per million tokens. cache_write_5m is the plain cache write.
prices "anthropic" {
    source = "catalogues and reports of that day (LiteLLM, models.dev, genai-prices); what counts: https://platform.claude.com/docs/en/about-claude/pricing",
    date = "2026-11-22",
    models = {
        -- before, requests above 200,000 tokens cost more
        { name = "claude-opus-4-6", from = "2026-03-13", input = 5, cached = 0.5, cache_write = 6.25, cache_write_1h = 10, output = 25 },
        { name = "claude-sonnet-4-5", input = 3, cached = 0.3, cache_write = 3.75, cache_write_1h = 6, output = 15 },
        { name = "claude-sonnet-4-6", input = 3, cached = 0.3, cache_write = 3.75, cache_write_1h = 6, output = 15 },
        { name = "claude-opus-5", input = 5, cached = 0.5, cache_write = 6.25, cache_write_1h = 10, output = 25 },
        { name = "claude-opus-5-5", input = 4, cached = 0.2, cache_write = 5, cache_write_1h = 8, output = 20 },
        { name = "claude-sonnet-5", input = 2, cached = 0.2, cache_write = 2.5, cache_write_1h = 4, output = 10 },
        { name = "claude-sonnet-5-5", input = 2, cached = 0.2, cache_write = 2.5, cache_write_1h = 4, output = 10 },
    },
}
