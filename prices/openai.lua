-- USD per million tokens. A row counts for the name as it stands; dated names are other names (also = {…}). Of ends where sources disagree
-- the later one stands here, or none: who asks for a model that is gone reads so from its seller, and nobody is refused one that is there.
-- "50% cost discount compared to synchronous APIs" (https://developers.openai.com/api/docs/guides/batch): of all that it takes.
local services = { { name = "batch", times = 0.5 } }

prices "openai" {
    source = "catalogues and reports of that day (LiteLLM, models.dev, genai-prices); what counts: https://developers.openai.com/api/docs/pricing",
    date = "2026-11-22",
    models = {
        { name = "gpt-5.2", input = 1.75, cached = 0.175, output = 14, services = services },
        { name = "gpt-5.2-pro", input = 21, output = 168, services = services },
        { name = "gpt-5.4", input = 2.5, cached = 0.25, output = 15, tiers = { { above = 272000, input = 5, cached = 0.5, output = 22.5 } }, services = services },
        { name = "gpt-5.5", input = 5, cached = 0.5, output = 30, services = services },
        { name = "gpt-6-sol", input = 2, cached = 0.2, cache_write = 2.5, output = 10, services = services },
        { name = "gpt-6-luna", input = 0.1, cached = 0.01, cache_write = 0.125, output = 0.5, services = services },
        { name = "gpt-6-astra", input = 10, cached = 1, output = 50, services = services },
        { name = "gpt-6.1-sol", input = 2, cached = 0.1, output = 10, services = services },
        {
            name = "gpt-6.1-terra", input = 1, cached = 0.05, cache_write = 1.25, output = 5,
            tiers = { { above = 272000, input = 2, cached = 0.1, cache_write = 2.5, output = 7.5 } }, services = services,
        },
    },
}

-- Both catalogues say the same of these, days and all.
prices "openai" {
    source = "second-hand: genai-prices 0.2.3 and the cost map of LiteLLM 1.110.2; what counts: https://developers.openai.com/api/docs/pricing",
    date = "2026-11-28",
    models = {
        { name = "gpt-5.6-sol", input = 5, cached = 0.5, cache_write = 6.25, output = 30,
          tiers = { { above = 272000, input = 10, cached = 1, cache_write = 12.5, output = 45 } }, services = services },
        { name = "gpt-5.6-sol", from = "2026-08-21", input = 4, cached = 0.4, cache_write = 5, output = 20,
          tiers = { { above = 272000, input = 8, cached = 0.8, cache_write = 10, output = 30 } }, services = services },
        { name = "gpt-5.6-terra", input = 2.5, cached = 0.25, cache_write = 3.125, output = 15,
          tiers = { { above = 272000, input = 5, cached = 0.5, cache_write = 6.25, output = 22.5 } }, services = services },
        { name = "gpt-5.6-terra", from = "2026-07-30", input = 2, cached = 0.2, cache_write = 2.5, output = 12,
          tiers = { { above = 272000, input = 4, cached = 0.4, cache_write = 5, output = 18 } }, services = services },
        { name = "gpt-5.6-luna", input = 1, cached = 0.1, cache_write = 1.25, output = 6,
          tiers = { { above = 272000, input = 2, cached = 0.2, cache_write = 2.5, output = 9 } }, services = services },
        { name = "gpt-5.6-luna", from = "2026-07-30", input = 0.2, cached = 0.02, cache_write = 0.25, output = 1.2,
          tiers = { { above = 272000, input = 0.4, cached = 0.04, cache_write = 0.5, output = 1.8 } }, services = services },
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

-- Sound, vectors and pictures by the piece, as OpenAI's own page had them while they were new, and has not changed since: from memory of that
-- page, so look there before you charge by them. gpt-realtime-mini is not here: of its two prices of cached input a row has place for one.
prices "openai" {
    source = "published prices as remembered, read again nowhere; what counts: https://developers.openai.com/api/docs/pricing",
    date = "2026-11-28",
    models = {
        { name = "whisper-1", second = 0.0001 }, -- 0.006 a minute
        { name = "gpt-4o-transcribe", input = 2.5, audio_input = 6, output = 10 },
        { name = "gpt-4o-mini-transcribe", input = 1.25, audio_input = 3, output = 5 },
        { name = "gpt-4o-mini-tts", input = 0.6, output = 12 },
        { name = "tts-1", characters = 15 },
        { name = "tts-1-hd", characters = 30 },
        { name = "text-embedding-3-small", input = 0.02 },
        { name = "text-embedding-3-large", input = 0.13 },
        { name = "text-embedding-ada-002", input = 0.1 },
        { name = "omni-moderation-latest", also = { "omni-moderation-2024-09-26" }, free = true },
        { name = "gpt-realtime", input = 4, cached = 0.4, audio_input = 32, image_input = 5, output = 16, audio_output = 64 },
        { name = "dall-e-2", picture = 0.02, sizes = { { size = "256x256", picture = 0.016 }, { size = "512x512", picture = 0.018 }, { size = "1024x1024", picture = 0.02 } } },
        {
            name = "dall-e-3", picture = 0.04,
            sizes = {
                { size = "1024x1024", quality = "hd", picture = 0.08 }, { size = "1024x1792", quality = "hd", picture = 0.12 }, { size = "1792x1024", quality = "hd", picture = 0.12 },
                { size = "1024x1024", picture = 0.04 }, { size = "1024x1792", picture = 0.08 }, { size = "1792x1024", picture = 0.08 },
                { quality = "standard", picture = 0.04 }, { quality = "hd", picture = 0.08 },
            },
        },
    },
}
