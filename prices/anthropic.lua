-- USD per million tokens. cache_write_5m is the plain cache write. Message Batches cost half of all of it (docs.claude.com, "Batch processing").
local services = { { name = "batch", times = 0.5 } }

prices "anthropic" {
    source = "catalogues and reports of that day (LiteLLM, models.dev, genai-prices); what counts: https://platform.claude.com/docs/en/about-claude/pricing",
    date = "2026-11-22",
    models = {
        -- Legacy: it may end from 2027-02-05 on (platform.claude.com), which is no day to refuse it from. Before, requests above 200,000 tokens cost more
        { name = "claude-opus-4-6", from = "2026-03-13", input = 5, cached = 0.5, cache_write = 6.25, cache_write_1h = 10, output = 25, services = services },
        { name = "claude-sonnet-4-6", input = 3, cached = 0.3, cache_write = 3.75, cache_write_1h = 6, output = 15, services = services },
        { name = "claude-opus-5", input = 5, cached = 0.5, cache_write = 6.25, cache_write_1h = 10, output = 25, services = services },
        { name = "claude-opus-5-5", input = 4, cached = 0.2, cache_write = 5, cache_write_1h = 8, output = 20, services = services },
        { name = "claude-sonnet-5", input = 2, cached = 0.2, cache_write = 2.5, cache_write_1h = 4, output = 10, services = services },
        { name = "claude-sonnet-5-5", input = 2, cached = 0.2, cache_write = 2.5, cache_write_1h = 4, output = 10, services = services },
    },
}

-- The end is that of https://platform.claude.com/docs/en/about-claude/model-deprecations, read second-hand, in LiteLLM's map, which names that page.
-- Above 200,000 tokens genai-prices still asks 6 / 22.5 of claude-sonnet-4-5; the vendor's context is 200,000. What to use instead nobody says.
prices "anthropic" {
    source = "second-hand: genai-prices 0.2.3 and the cost map of LiteLLM 1.110.2; what counts: https://platform.claude.com/docs/en/about-claude/pricing",
    date = "2026-11-28",
    models = {
        { name = "claude-sonnet-4-5", input = 3, cached = 0.3, cache_write = 3.75, cache_write_1h = 6, output = 15, services = services, ends = "2026-11-30" },
        { name = "claude-fable-5-1", input = 10, cached = 0.25, cache_write = 12.5, cache_write_1h = 20, output = 50, services = services },
        { name = "claude-haiku-5-5", input = 0.1, cached = 0.01, cache_write = 0.125, cache_write_1h = 0.2, output = 0.5, services = services,
          tiers = { { above = 100000, input = 0.5, cached = 0.05, cache_write = 0.625, cache_write_1h = 1, output = 2.5 } } },
    },
}
