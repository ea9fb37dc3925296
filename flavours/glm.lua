-- Zhipu AI, z.ai. Its errors have numbers as text; the status does not always say what they do.
flavour "glm" {
    source = "https://docs.z.ai/api-reference/api-code; https://docs.bigmodel.cn/cn/api/api-code",
    date = "2026-11",
    aliases = { "zhipu", "zhipuai", "bigmodel", "chatglm", "zai" },
    adapter = "openai",
    base_url = "https://api.z.ai/api/paas/v4",
    addresses = { anthropic = "https://api.z.ai/api/anthropic" }, -- docs.z.ai/scenario-example/develop-tools/claude
    hosts = { "api.z.ai", "open.bigmodel.cn" },
    options = { exact_url = true, max_tokens_field = "max_tokens", system_role = "system",
                reasoning_field = "reasoning_content" }, -- docs.z.ai/guides/capabilities/thinking-mode
    -- tool_types: docs.bigmodel.cn/api-reference, tools (2026-11).
    host_options = { tool_types = { "function", "retrieval", "web_search", "mcp" } },
    errors = {
        { code = { "1000", "1001", "1002", "1003", "1004" }, class = "auth" },
        { code = { "1110", "1111", "1112", "1113", "1309", "1310" }, class = "quota" },
        { code = { "1211", "1212", "1222", "1311" }, class = "not_found" }, -- 1311: the plan does not have this model
        { code = { "1261" }, class = "context_length" },
        { words = { "Prompt exceeds max length", "Prompt 超长" }, class = "context_length" },
        { code = { "1301" }, class = "content_policy" },
        { words = { "unsafe or sensitive content", "不安全或敏感内容" }, class = "content_policy" },
        { code = { "1302", "1303", "1308" }, class = "rate_limit" },
        { code = { "1305", "1312" }, class = "overloaded" },
        { code = { "1304" }, class = "quota" },
        { code = { "1210", "1213", "1214", "1215" }, class = "bad_request" },
        { code = { "1230", "1234", "500" }, class = "server" },
    },
    finish = { sensitive = "filter", network_error = "error", model_context_window_exceeded = "length" },
    -- docs.z.ai/guides/overview/concept-param (maximum output), as models.dev has it (2026-07).
    catalogue = {
        { names = { "glm-4.5v*" }, max_tokens = 16384 },
        { names = { "glm-4.6v*" }, max_tokens = 32768 },
        { names = { "glm-4.5*" }, max_tokens = 98304 },
        { names = { "glm-4.6*", "glm-4.7*", "glm-5*" }, max_tokens = 131072 },
    },
}
