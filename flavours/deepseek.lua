flavour "deepseek" {
    source = "https://api-docs.deepseek.com/quick_start/error_codes, https://api-docs.deepseek.com/api/create-chat-completion",
    date = "2026-11",
    adapter = "openai",
    base_url = "https://api.deepseek.com/v1",
    addresses = { anthropic = "https://api.deepseek.com/anthropic" }, -- api-docs.deepseek.com/guides/anthropic_api
    hosts = { "api.deepseek.com" },
    options = { max_tokens_field = "max_tokens", system_role = "system", send_reasoning = "with_calls", drop = { "seed" } },
    -- tool_types: api-docs.deepseek.com/api/create-chat-completion (2026-11).
    host_options = { tool_types = { "function" } },
    errors = {
        { status = 402, class = "quota" },
        { status = 422, class = "bad_request" },
        { status = 400, words = { "Model Not Exist", "supported API model names are" }, class = "not_found" },
        { words = { "Content Exists Risk" }, class = "content_policy" },
        { status = 503, class = "overloaded" },
    },
    finish = { insufficient_system_resource = "error" },
    -- "Max output: 384K": api-docs.deepseek.com/quick_start/pricing (2026-11).
    catalogue = {
        { names = { "deepseek-chat", "deepseek-reasoner", "deepseek-flash", "deepseek-v4*" }, max_tokens = 393216 },
    },
}
