-- Alibaba Cloud Model Studio (DashScope), by its OpenAI-compatible address.
flavour "qwen" {
    source = "https://www.alibabacloud.com/help/en/model-studio/error-code",
    date = "2026-11",
    aliases = { "tongyi", "dashscope", "alibaba", "aliyun", "bailian" },
    adapter = "openai",
    base_url = "https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
    addresses = { anthropic = "https://dashscope-intl.aliyuncs.com/apps/anthropic" }, -- as its users configure Claude Code, here and at dashscope.aliyuncs.com
    hosts = { "dashscope.aliyuncs.com", "dashscope-intl.aliyuncs.com", "dashscope-us.aliyuncs.com" },
    options = { max_tokens_field = "max_tokens", system_role = "system", top_k = true, drop = { "frequency_penalty" },
                reasoning_field = "reasoning_content" }, -- alibabacloud.com/help/en/model-studio/deep-thinking
    -- tool_types: help.aliyun.com/zh/model-studio/qwen-function-calling (2026-11).
    host_options = { tool_types = { "function" } },
    errors = {
        { words = { "week allocated quota exceeded", "month allocated quota exceeded" }, class = "quota" }, -- of its Coding Plan
        { status = 429, code = { "insufficient_quota" }, class = "rate_limit" }, -- its limits of a minute; an empty account is an Arrearage
        { words = { "Range of input length should be", "token length exceed model limit" }, class = "context_length" },
        { code = { "DataInspectionFailed", "data_inspection_failed" }, class = "content_policy" },
        { words = { "may contain inappropriate content" }, class = "content_policy" },
        { code = { "Arrearage", "AllocationQuota.FreeTierOnly", "PrepaidBillOverdue", "PostpaidBillOverdue", "CommodityNotPurchased" }, class = "quota" },
        { words = { "account is in good standing", "free tier of the model has been exhausted" }, class = "quota" },
        { code = { "Throttling", "Throttling.RateQuota", "Throttling.BurstRate", "Throttling.AllocationQuota", "limit_requests", "limit_burst_rate" },
          class = "rate_limit" },
        { code = { "ModelServingError", "ModelUnavailable", "ServiceUnavailable" }, class = "overloaded" },
        { code = { "InvalidParameter", "invalid_parameter_error" }, class = "bad_request" },
        { code = { "InvalidApiKey" }, class = "auth" },
    },
    -- alibabacloud.com/help/en/model-studio/models (maximum output), as models.dev has it (2026-07). Models with open weights are not here:
    -- other servers have other limits for them.
    catalogue = {
        -- "batch size is invalid, it should not be larger than 10" (memodb-io/memobase#142, 2025-11; help.aliyun.com/zh/model-studio/
        -- text-embedding-synchronous-api): 25 of the older ones (langchain4j/langchain4j#1140)
        { names = { "text-embedding-v1", "text-embedding-v2" }, embed_inputs = 25 },
        { names = { "text-embedding-v*" }, embed_inputs = 10 },
        { names = { "qwen3-max*", "qwen3-coder-plus*", "qwen3-coder-flash*", "qwen3.*-max*", "qwen3.*-plus*", "qwen3.*-flash*" }, max_tokens = 65536 },
        { names = { "qwen-max*", "qwen-vl-max*", "qwen-vl-plus*", "qwq-plus*", "qvq-max*" }, max_tokens = 8192 },
        { names = { "qwen-plus*", "qwen-flash*" }, max_tokens = 32768 },
        { names = { "qwen-turbo*" }, max_tokens = 16384 },
        { names = { "qwen3-vl-plus*", "qwen3-vl-flash*" }, max_tokens = 32768 },
    },
}
