-- xAI puts the words into "error" and a sentence into "code".
flavour "xai" {
    source = "https://docs.x.ai/docs/key-information/debugging; answers of its API",
    date = "2026-11",
    aliases = { "grok" },
    keys = { "xai-" },
    adapter = "openai",
    base_url = "https://api.x.ai/v1",
    addresses = { responses = "https://api.x.ai/v1" }, -- docs.x.ai/docs/api-reference
    hosts = { "api.x.ai", "*.api.x.ai" },
    options = { max_tokens_field = "max_completion_tokens", system_role = "system", thinking_fields = "effort" },
    -- tool_types: docs.x.ai/docs/api-reference (2026-11).
    host_options = { tool_types = { "function", "live_search" } },
    errors = {
        { words = { "maximum prompt length is" }, class = "context_length" },
        { status = 403, words = { "used all available credits", "monthly spending limit", "doesn't have any credits" }, class = "quota" },
        { status = 403, words = { "violates usage guidelines", "SAFETY_CHECK" }, class = "content_policy" },
        { status = 400, words = { "Incorrect API key provided" }, class = "auth" },
        { words = { "exhausted*rate limit", "Too many requests" }, class = "rate_limit" },
    },
    -- xAI says no limit but the context (docs.x.ai/docs/models, 2026-11). Models that think refuse stop and penalties; of these only those with
    -- words here take reasoning_effort, the others "do not support parameter reasoningEffort" (docs.x.ai/docs/guides/reasoning).
    catalogue = {
        { names = { "grok-3-mini*" }, max_tokens = 131072, stop = "no", penalties = "no", efforts = "low high" },
        { names = { "grok-3*" }, max_tokens = 131072, efforts = "no" },
        { names = { "grok-4-fast-non-reasoning*", "grok-4-1-fast-non-reasoning*" }, max_tokens = 2000000, efforts = "no" },
        { names = { "grok-4-fast*", "grok-4-1-fast*" }, max_tokens = 2000000, stop = "no", penalties = "no", efforts = "no" },
        { names = { "grok-4", "grok-4-0709", "grok-4-latest", "grok-code-fast*" }, max_tokens = 256000, stop = "no", penalties = "no", efforts = "no" },
        { names = { "grok-4.20-multi-agent*" }, max_tokens = 1000000, stop = "no", penalties = "no", efforts = "low medium high xhigh" },
        { names = { "grok-4.20*non-reasoning*" }, max_tokens = 1000000, efforts = "no" },
        { names = { "grok-4.20*" }, max_tokens = 1000000, stop = "no", penalties = "no", efforts = "no" },
        { names = { "grok-4.3*" }, max_tokens = 1000000, stop = "no", penalties = "no", efforts = "low medium high" },
        { names = { "grok-4.*" }, max_tokens = 1000000 },
    },
}
