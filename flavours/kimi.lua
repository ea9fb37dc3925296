-- Moonshot AI, China and abroad.
flavour "kimi" {
    source = "https://platform.moonshot.ai/docs/api/errors; answers of its API",
    date = "2026-11",
    aliases = { "moonshot", "moonshotai" },
    adapter = "openai",
    base_url = "https://api.moonshot.ai/v1",
    addresses = { anthropic = "https://api.moonshot.ai/anthropic" }, -- platform.moonshot.ai/docs/guide/agent-support
    hosts = { "api.moonshot.ai", "api.moonshot.cn", "api.kimi.com" },
    -- Models that think have one temperature and one top_p, one answer and no penalties, and refuse any other; they refuse to be forced to call
    -- a tool; and they insist on their thoughts beside calls. Pictures are embedded. For a model that does not think say drop = {} and
    -- forced_tools = true.
    options = { max_tokens_field = "max_tokens", system_role = "system", send_reasoning = "with_calls", schemas = "plain", tool_names = "letter", image_urls = false,
                forced_tools = false, drop = { "temperature", "top_p", "n", "presence_penalty", "frequency_penalty", "reasoning_effort" } },
    -- The same rules hold at its address for Messages, which scales a temperature as its models take it.
    adapter_options = { anthropic = { schemas = "plain", tool_names = "letter", forced_tools = false } },
    -- tool_types: platform.moonshot.ai/docs/guide/use-web-search (2026-11).
    host_options = { tool_types = { "function", "builtin_function" } },
    errors = {
        -- "You've reached your 5-hour usage limit", with the type that is said when a week or a month is used up
        { words = { "5-hour usage limit" }, class = "rate_limit" },
        -- its word for whom it does not serve, as well as for empty plans
        { words = { "only available for Coding Agents" }, class = "auth" },
        { type = { "content_filter" }, class = "content_policy" },
        { words = { "considered high risk" }, class = "content_policy" },
        { type = { "exceeded_current_quota_error" }, class = "quota" },
        { words = { "exceeded model token limit", "token length too long" }, class = "context_length" },
        { type = { "engine_overloaded_error" }, class = "overloaded" },
        { type = { "rate_limit_reached_error" }, class = "rate_limit" },
        { type = { "resource_not_found_error" }, class = "not_found" },
        { status = 403, words = { "suspended", "reached your usage limit", "weekly (7-day) usage limit", "monthly usage limit" }, class = "quota" },
        { type = { "access_terminated_error" }, class = "quota" },
    },
    -- An answer may be as long as the context: platform.moonshot.ai/docs/pricing/chat, as models.dev has it (2026-07).
    catalogue = {
        { names = { "kimi-k2-0711*" }, max_tokens = 131072 },
        { names = { "kimi-k2-*", "kimi-k2.*" }, max_tokens = 262144 },
    },
}
