flavour "openai" {
    source = "https://platform.openai.com/docs/guides/error-codes; answers of its API",
    date = "2026-11",
    adapter = "openai",
    base_url = "https://api.openai.com/v1",
    hosts = { "api.openai.com" },
    errors = {
        { code = { "server_is_overloaded", "slow_down" }, class = "overloaded" },
        { code = { "unsupported_country_region_territory" }, class = "auth" },
        { words = { "violating our usage policy", "rejected as a result of our safety system" }, class = "content_policy" },
    },
    reset_headers = { "x-ratelimit-reset-requests", "x-ratelimit-reset-tokens" },
}
