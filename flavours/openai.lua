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
}
