-- USD per million tokens.
prices "gemini" {
    source = "catalogues and reports of that day (LiteLLM, models.dev, genai-prices); what counts: https://ai.google.dev/gemini-api/docs/pricing",
    date = "2026-11-22",
    models = {
        -- Both ends: https://ai.google.dev/gemini-api/docs/deprecations, as reported on that day.
        { name = "gemini-3-pro-preview", input = 2, cached = 0.2, output = 12, ends = "2026-03-09", successor = "gemini-3.1-pro-preview",
          tiers = { { above = 200000, input = 4, cached = 0.4, output = 18 } } },
        { name = "gemini-3-pro-image", input = 2, output = 12, image_output = 120 },
        { name = "gemini-3-pro-image-preview", input = 2, output = 12, image_output = 120, ends = "2026-06-25", successor = "gemini-3-pro-image" },
        { name = "gemini-3.1-pro-preview", input = 2, cached = 0.2, output = 12, tiers = { { above = 200000, input = 4, cached = 0.4, output = 18 } } },
        { name = "gemini-3-flash-preview", input = 0.5, cached = 0.05, output = 3 },
        { name = "gemini-4-argon", input = 2, cached = 0.1, output = 10 },
        { name = "gemini-4-argon", from = "2026-12-01", input = 4, cached = 0.2, output = 20 },
        -- LiteLLM's map of 2026-11-28 has 2026-11-17 as the end of Veo 3.1 on Vertex AI, reports of that month do not: no end stands here.
        -- Films, USD per second (LiteLLM's copy of 2026-08-06; 4k: new-api). The previews of this API ended on 2026-10-22, Veo 3.0 on Vertex AI on 2026-06-30.
        { name = "veo-3.1-generate-001", second = 0.4, sizes = { { size = "720p", second = 0.4 }, { size = "1080p", second = 0.4 }, { size = "4k", second = 0.6 } } },
        { name = "veo-3.1-fast-generate-001", second = 0.15, sizes = { { size = "720p", second = 0.15 }, { size = "1080p", second = 0.15 }, { size = "4k", second = 0.35 } } },
        { name = "veo-3.1-generate-preview", second = 0.4, ends = "2026-10-22", successor = "veo-3.1-generate-001",
          sizes = { { size = "720p", second = 0.4 }, { size = "1080p", second = 0.4 }, { size = "4k", second = 0.6 } } },
        { name = "veo-3.1-fast-generate-preview", second = 0.15, ends = "2026-10-22", successor = "veo-3.1-fast-generate-001",
          sizes = { { size = "720p", second = 0.15 }, { size = "1080p", second = 0.15 }, { size = "4k", second = 0.35 } } },
        { name = "veo-3.0-generate-001", second = 0.4, ends = "2026-06-30", successor = "veo-3.1-generate-001" },
        { name = "veo-3.0-fast-generate-001", second = 0.15, ends = "2026-06-30", successor = "veo-3.1-fast-generate-001" },
    },
}

prices "gemini" {
    source = "second-hand: genai-prices 0.2.3 and the cost map of LiteLLM 1.110.2; what counts: https://ai.google.dev/gemini-api/docs/pricing",
    date = "2026-11-28",
    models = {
        { name = "gemini-3.8-flash", input = 0.75, cached = 0.075, output = 3.75 },
        { name = "gemini-3.8-flash", from = "2027-01-01", input = 1.5, cached = 0.15, output = 7.5 },
    },
}

prices "gemini" {
    source = "the published price as remembered; what counts: https://ai.google.dev/gemini-api/docs/pricing",
    date = "2026-11-28",
    models = {
        { name = "gemini-embedding-001", input = 0.15 },
    },
}
