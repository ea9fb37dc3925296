-- USD per million tokens. A row counts for the name as it stands; dated names are other names (also = {…}). Of ends where sources disagree
-- the later one stands here, or none: who asks for a model that is gone reads so from its seller, and nobody is refused one that is there.
prices "openai" {
    source = "catalogues and reports of that day (LiteLLM, models.dev, genai-prices); what counts: https://developers.openai.com/api/docs/pricing",
    date = "2026-11-22",
    models = {
        { name = "gpt-5.2", input = 1.75, cached = 0.175, output = 14 },
        { name = "gpt-5.2-pro", input = 21, output = 168 },
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

-- Both catalogues say the same of these, days and all.
prices "openai" {
    source = "second-hand: genai-prices 0.2.3 and the cost map of LiteLLM 1.110.2; what counts: https://developers.openai.com/api/docs/pricing",
    date = "2026-11-28",
    models = {
        { name = "gpt-5.6-sol", input = 5, cached = 0.5, cache_write = 6.25, output = 30,
          tiers = { { above = 272000, input = 10, cached = 1, cache_write = 12.5, output = 45 } } },
        { name = "gpt-5.6-sol", from = "2026-08-21", input = 4, cached = 0.4, cache_write = 5, output = 20,
          tiers = { { above = 272000, input = 8, cached = 0.8, cache_write = 10, output = 30 } } },
        { name = "gpt-5.6-terra", input = 2.5, cached = 0.25, cache_write = 3.125, output = 15,
          tiers = { { above = 272000, input = 5, cached = 0.5, cache_write = 6.25, output = 22.5 } } },
        { name = "gpt-5.6-terra", from = "2026-07-30", input = 2, cached = 0.2, cache_write = 2.5, output = 12,
          tiers = { { above = 272000, input = 4, cached = 0.4, cache_write = 5, output = 18 } } },
        { name = "gpt-5.6-luna", input = 1, cached = 0.1, cache_write = 1.25, output = 6,
          tiers = { { above = 272000, input = 2, cached = 0.2, cache_write = 2.5, output = 9 } } },
        { name = "gpt-5.6-luna", from = "2026-07-30", input = 0.2, cached = 0.02, cache_write = 0.25, output = 1.2,
          tiers = { { above = 272000, input = 0.4, cached = 0.04, cache_write = 0.5, output = 1.8 } } },
        { name = "gpt-image-2", input = 5, cached = 1.25, image_input = 8, output = 30 },
    },
}

-- Those that end, or have ended. The days are those of https://developers.openai.com/api/docs/deprecations, read second-hand: in LiteLLM's
-- map, which names that page, and in reports of 2026-04-22 to 2026-10-28; what to use instead is in the reports alone. No end is known here of
-- gpt-5.2 and gpt-5.2-pro: a report that the API has lost them is contradicted by OpenAI's own list of models.
prices "openai" {
    source = "second-hand: LiteLLM 1.110.2, genai-prices 0.2.3, reports (spybara, dev.to); what counts: https://developers.openai.com/api/docs/deprecations",
    date = "2026-11-28",
    models = {
        { name = "gpt-4", input = 30, output = 60, ends = "2026-10-23", successor = "gpt-5.6-sol" },
        { name = "gpt-4-turbo", input = 10, output = 30, ends = "2026-10-23", successor = "gpt-5.6-sol" },
        { name = "gpt-4o", input = 2.5, cached = 1.25, output = 10, ends = "2027-01-14", successor = "gpt-6-luna" },
        { name = "gpt-4o-mini", input = 0.15, cached = 0.075, output = 0.6, ends = "2027-01-14", successor = "gpt-6-luna" },
        { name = "gpt-4.1", input = 2, cached = 0.5, output = 8, ends = "2027-01-14", successor = "gpt-6-luna" },
        { name = "gpt-4.1-mini", input = 0.4, cached = 0.1, output = 1.6, ends = "2027-01-14", successor = "gpt-6-luna" },
        -- LiteLLM says 2026-10-23, a report that the whole family ends on this day.
        { name = "gpt-4.1-nano", input = 0.1, cached = 0.025, output = 0.4, ends = "2027-01-14", successor = "gpt-6-luna" },
        -- One report names gpt-5.6-sol and gpt-6.1-sol for these two; which for which is read off their order.
        { name = "gpt-5", input = 1.25, cached = 0.125, output = 10, ends = "2026-12-11", successor = "gpt-5.6-sol" },
        { name = "o3", input = 2, cached = 0.5, output = 8, ends = "2026-12-11", successor = "gpt-6.1-sol" },
        { name = "gpt-5.2-chat-latest", input = 1.75, cached = 0.175, output = 14, ends = "2026-08-10" },
        { name = "gpt-5.2-codex", input = 1.75, cached = 0.175, output = 14, ends = "2026-07-23" },
        { name = "gpt-5.3-codex", input = 1.75, cached = 0.175, output = 14, ends = "2027-04-01" },
        { name = "gpt-image-1", input = 5, cached = 1.25, image_input = 10, output = 40, ends = "2026-10-23", successor = "gpt-image-2" },
        { name = "gpt-image-1-mini", input = 2, cached = 0.2, image_input = 2.5, output = 8, ends = "2026-12-01", successor = "gpt-image-2" },
        { name = "gpt-image-1.5", input = 5, cached = 1.25, image_input = 8, output = 10, image_output = 32, ends = "2026-12-01", successor = "gpt-image-2" },
        -- The service of films ended with them, and nothing came in its place; relays and other vendors go on with its protocol.
        { name = "sora-2", second = 0.1, ends = "2026-09-24" },
        { name = "sora-2-pro", second = 0.3, ends = "2026-09-24" },
    },
}
