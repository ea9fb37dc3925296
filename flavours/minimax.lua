-- MiniMax says its errors in base_resp of a document with status 200, also inside streams; where it speaks as OpenAI or Anthropic do, at the
-- end of the words: {"type":"error","error":{"type":"unprocessable_entity_error","message":"input new_sensitive (1026)","http_code":"422"}},
-- esengine/DeepSeek-Reasonix#6818, liliMozi/openhanako#452.
flavour "minimax" {
    source = "https://platform.minimax.io/docs/api-reference/errorcode",
    date = "2026-11",
    aliases = { "minimaxi", "hailuo" },
    adapter = "openai",
    base_url = "https://api.minimax.io/v1",
    addresses = { anthropic = "https://api.minimax.io/anthropic" }, -- platform.minimax.io/docs/api-reference/text-anthropic-api
    hosts = { "api.minimax.io", "api.minimaxi.com", "api.minimax.chat" },
    options = { max_tokens_field = "max_tokens", system_role = "system" },
    coded = "base_resp",
    -- tool_types: platform.minimax.io/docs/api-reference/text-openai-api (2026-11).
    host_options = { tool_types = { "function" } },
    errors = {
        { type = { "base_resp" }, code = { "2061" }, class = "not_found" }, -- "your current token plan not support model": none that a wait would bring
        { type = { "base_resp" }, code = { "1004", "2049" }, class = "auth" },
        { type = { "base_resp" }, code = { "1008", "2056", "2067" }, class = "quota" },
        { type = { "base_resp" }, code = { "1002", "1039", "1041", "2045" }, class = "rate_limit" },
        { type = { "base_resp" }, code = { "2064" }, class = "overloaded" },
        { type = { "base_resp" }, code = { "1026", "1027" }, class = "content_policy" },
        { words = { "context window exceeds limit" }, class = "context_length" },
        -- by way of a relay, whose own shape it has
        { words = { "input new_sensitive", "output new_sensitive" }, class = "content_policy" },
        { words = { "token plan not support model" }, class = "not_found" },
        { words = { "usage limit exceeded*(2056)" }, class = "quota" },
        { type = { "base_resp" }, code = { "2013", "1042", "1043", "1044" }, class = "bad_request" },
        { type = { "base_resp" }, code = { "1001" }, class = "timeout" },
        { type = { "base_resp" }, code = { "1000", "1013", "1024", "1033" }, class = "server" },
    },
    -- platform.minimax.io/docs, as models.dev has it (2026-07).
    catalogue = {
        { names = { "MiniMax-M2*" }, max_tokens = 131072 },
    },
}
