-- USD per million tokens. A row counts for the name as it stands; dated names are other names (also = {…}).
prices "openai" {
    source = "catalogues and reports of that day (LiteLLM, models.dev, genai-prices); what counts: https://developers.openai.com/api/docs/pricing",
    date = "2026-11-22",
    models = {
        { name = "gpt-4o", input = 2.5, cached = 1.25, output = 10 },
        { name = "gpt-4.1", input = 2, cached = 0.5, output = 8 },
        { name = "gpt-5.2", input = 1.75, cached = 0.175, output = 14 },
        { name = "gpt-5.2-pro", input = 21, output = 168 },
        { name = "gpt-5.3-codex", input = 1.75, cached = 0.175, output = 14 },
        { name = "gpt-5.4", input = 2.5, cached = 0.25, output = 15, tiers = { { above = 272000, input = 5, cached = 0.5, output = 22.5 } } },
        { name = "gpt-5.5", input = 5, cached = 0.5, output = 30 },
        { name = "gpt-6-sol", input = 2, cached = 0.2, cache_write = 2.5, output = 10 },
        { name = "gpt-6-luna", input = 0.1, cached = 0.01, cache_write = 0.125, output = 0.5 },
        { name = "gpt-6-astra", input = 10, cached = 1, output = 50 },
        { name = "gpt-6.1-sol", input = 2, cached = 0.1, output = 10 },
        {
            name = "gpt-6.1-terra", input = 1, cached = 0.05, cache_write = 1.25, output = 5,
            tiers = { { above = 272000, input = 2, cached = 0.1, cache_write = 2.5, output = 7.5 } },
        },
    },
}
