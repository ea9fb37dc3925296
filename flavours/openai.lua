flavour "openai" {
    source = "https://platform.openai.com/docs/guides/error-codes; answers of its API",
    date = "2026-11",
    adapter = "openai",
    base_url = "https://api.openai.com/v1",
    hosts = { "api.openai.com" },
    models = { -- those that speak Responses alone (the models' pages, 2026-11)
        ["gpt-5-pro*"] = "responses", ["gpt-5.2-pro*"] = "responses", ["gpt-5.4-pro*"] = "responses", ["gpt-5.5-pro*"] = "responses",
        ["gpt-5-codex*"] = "responses", ["gpt-5.1-codex*"] = "responses", ["gpt-5.2-codex*"] = "responses", ["gpt-5.3-codex*"] = "responses",
        ["codex-mini-latest"] = "responses", ["computer-use-preview*"] = "responses",
        ["o1-pro*"] = "responses", ["o3-pro*"] = "responses", ["o3-deep-research*"] = "responses", ["o4-mini-deep-research*"] = "responses",
    },
    errors = {
        { code = { "server_is_overloaded", "slow_down" }, class = "overloaded" },
        { code = { "unsupported_country_region_territory" }, class = "auth" },
        { words = { "violating our usage policy", "rejected as a result of our safety system" }, class = "content_policy" },
    },
    reset_headers = { "x-ratelimit-reset-requests", "x-ratelimit-reset-tokens" },
    -- The greatest max_tokens: platform.openai.com/docs/models (2026-11). Effort beside tools: openai/openai-openapi#541 (2026-11): "Function tools
    -- with reasoning_effort are not supported … in /v1/chat/completions".
    catalogue = {
        { names = { "gpt-3.5-*", "gpt-4-turbo*", "gpt-4-*-preview", "gpt-4o-2024-05-13", "chatgpt-4o*" }, max_tokens = 4096 },
        { names = { "gpt-4", "gpt-4-0613" }, max_tokens = 8192 },
        { names = { "gpt-4o*", "gpt-5-chat*", "gpt-5.*-chat*" }, max_tokens = 16384 },
        { names = { "gpt-4.1*" }, max_tokens = 32768 },
        { names = { "o1-mini*" }, max_tokens = 65536 },
        { names = { "o1-preview*" }, max_tokens = 32768 },
        { names = { "o1*", "o3*", "o4-mini*" }, max_tokens = 100000 },
        { names = { "gpt-5.4*", "gpt-5.5*" }, effort_beside_tools = "left_out", max_tokens = 128000 },
        { names = { "gpt-5.6*", "gpt-5.7*", "gpt-5.8*", "gpt-5.9*", "gpt-6*", "gpt-7*", "gpt-8*", "gpt-9*" }, effort_beside_tools = "none" },
        { names = { "gpt-5-pro*" }, max_tokens = 272000 },
        { names = { "gpt-5", "gpt-5-*", "gpt-5.1*", "gpt-5.2*", "gpt-5.3*" }, max_tokens = 128000 },
    },
}
