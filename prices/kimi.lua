-- USD per million tokens.
prices "kimi" {
    source = "catalogues and reports of that day (LiteLLM, models.dev, genai-prices); what counts: https://platform.moonshot.ai/docs/pricing/chat",
    date = "2026-11-22",
    models = {
        -- LiteLLM's map of 2026-11-28 has 2026-08-31 as its end; models.dev and others list it as before, so no end stands here.
        { name = "kimi-k2.5", input = 0.6, cached = 0.1, output = 3 },
        { name = "kimi-k2.6", input = 0.95, cached = 0.16, output = 4 },
        { name = "kimi-k3", input = 3, cached = 0.3, output = 15 },
    },
}

prices "kimi" {
    source = "second-hand: genai-prices 0.2.3 and the cost map of LiteLLM 1.110.2; what counts: https://platform.moonshot.ai/docs/pricing/chat",
    date = "2026-11-28",
    models = { { name = "kimi-k2.7-code", input = 0.95, cached = 0.19, output = 4 } },
}
