-- USD per million tokens, of the international endpoint; the one in Beijing asks less. What a catalogue does not say costs as input.
prices "qwen" {
    source = "catalogues and reports of that day (LiteLLM, models.dev, genai-prices); what counts: https://www.alibabacloud.com/help/en/model-studio/model-pricing",
    date = "2026-08-06",
    models = {
        { name = "qwen-max", input = 1.6, output = 6.4 },
        { name = "qwen-plus", input = 0.4, output = 1.2, reasoning = 4 },
        { name = "qwen-turbo", input = 0.05, output = 0.2 },
        {
            name = "qwen3-max", input = 1.2, output = 6,
            tiers = { { above = 32000, input = 2.4, output = 12 }, { above = 128000, input = 3, output = 15 } },
        },
        { name = "qwen3.7-max", input = 2.5, cached = 0.5, output = 7.5 },
    },
}
