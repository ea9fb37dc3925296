-- USD per million tokens.
prices "gemini" {
    source = "catalogues and reports of that day (LiteLLM, models.dev, genai-prices); what counts: https://ai.google.dev/gemini-api/docs/pricing",
    date = "2026-11-22",
    models = {
        { name = "gemini-3-pro-preview", input = 2, cached = 0.2, output = 12, tiers = { { above = 200000, input = 4, cached = 0.4, output = 18 } } },
        { name = "gemini-3.1-pro-preview", input = 2, cached = 0.2, output = 12, tiers = { { above = 200000, input = 4, cached = 0.4, output = 18 } } },
        { name = "gemini-3-flash-preview", input = 0.5, cached = 0.05, output = 3 },
        { name = "gemini-4-argon", input = 2, cached = 0.1, output = 10 },
        { name = "gemini-4-argon", from = "2026-12-01", input = 4, cached = 0.2, output = 20 },
    },
}
