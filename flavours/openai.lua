flavour "openai" {
    source = "https://platform.openai.com/docs/guides/error-codes; answers of its API",
    date = "2026-11",
    aliases = { "chatgpt", "gpt", "gpt-4o", "openai-chat", "oai" },
    keys = { "sk-proj-", "sk-svcacct-" },
    adapter = "openai",
    base_url = "https://api.openai.com/v1",
    hosts = { "api.openai.com" },
    options = { send_reasoning = "never", thinking_fields = "effort" },
    -- "Unrecognized request argument supplied", "Unknown parameter": the fields are those of openai-python (CompletionCreateParams).
    host_options = { fields = { "audio", "frequency_penalty", "function_call", "functions", "logit_bias", "logprobs",
                                "max_completion_tokens", "max_tokens", "metadata", "modalities", "moderation", "n", "parallel_tool_calls",
                                "prediction", "presence_penalty", "prompt_cache_key", "prompt_cache_options", "prompt_cache_retention",
                                "reasoning_effort", "response_format", "safety_identifier", "seed", "service_tier", "stop", "store",
                                "stream_options", "temperature", "tool_choice", "tools", "top_logprobs", "top_p", "user", "verbosity",
                                "web_search_options" } },
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
    -- The greatest max_tokens, and what a model takes: platform.openai.com/docs/models, …/guides/reasoning (2026-11). Effort beside tools:
    -- openai/openai-openapi#541 (2026-11): "Function tools with reasoning_effort are not supported … in /v1/chat/completions".
    catalogue = {
        -- platform.openai.com/docs/api-reference/embeddings/create (2026-11): 2048 inputs, 300,000 tokens of all of them
        { names = { "text-embedding-3-*", "text-embedding-ada-002*" }, embed_inputs = 2048, embed_tokens = 300000 },
        -- They do not think.
        { names = { "gpt-3.5-*", "gpt-4-turbo*", "gpt-4-*-preview", "gpt-4o-2024-05-13", "chatgpt-*", "ft:gpt-3.5-*" }, max_tokens = 4096, spelling = "old", efforts = "no" },
        { names = { "gpt-4", "gpt-4-0613" }, max_tokens = 8192, spelling = "old", efforts = "no" },
        { names = { "gpt-4o*", "ft:gpt-4o*" }, max_tokens = 16384, spelling = "old", efforts = "no" },
        { names = { "gpt-4.1*", "ft:gpt-4.1*" }, max_tokens = 32768, spelling = "old", efforts = "no" },
        { names = { "gpt-3*", "gpt-4*" }, spelling = "old", efforts = "no" },
        { names = { "gpt-5-chat*" }, max_tokens = 16384, spelling = "new", stop = "no", efforts = "no" },
        -- They always think.
        { names = { "o1-mini*" }, max_tokens = 65536, spelling = "new", parallel = "no", sampling = "no", efforts = "low medium high" },
        { names = { "o1-preview*" }, max_tokens = 32768, spelling = "new", parallel = "no", sampling = "no", efforts = "low medium high" },
        { names = { "o1*" }, max_tokens = 100000, spelling = "new", parallel = "no", sampling = "no", efforts = "low medium high" },
        { names = { "o3*", "o4-mini*" }, max_tokens = 100000, spelling = "new", stop = "no", parallel = "no", sampling = "no", efforts = "low medium high" },
        { names = { "o2*", "o4*", "o5*", "o6*", "o7*", "o8*", "o9*" }, spelling = "new", stop = "no", parallel = "no", sampling = "no", efforts = "low medium high" },
        { names = { "gpt-5-pro*" }, max_tokens = 272000, spelling = "new", stop = "no", sampling = "no", efforts = "minimal low medium high" },
        { names = { "gpt-5", "gpt-5-*" }, max_tokens = 128000, spelling = "new", stop = "no", sampling = "no", efforts = "minimal low medium high" },
        -- They think if asked to.
        { names = { "gpt-5.1-chat*" }, max_tokens = 16384, spelling = "new", stop = "no", sampling = "idle", efforts = "none low medium high" },
        { names = { "gpt-5.1*" }, max_tokens = 128000, spelling = "new", stop = "no", sampling = "idle", efforts = "none low medium high" },
        { names = { "gpt-5.*-chat*" }, max_tokens = 16384, spelling = "new", stop = "no", sampling = "idle", efforts = "none low medium high xhigh" },
        { names = { "gpt-5.2*", "gpt-5.3*" }, max_tokens = 128000, spelling = "new", stop = "no", sampling = "idle", efforts = "none low medium high xhigh" },
        { names = { "gpt-5.4*", "gpt-5.5*" }, max_tokens = 128000, spelling = "new", stop = "no", sampling = "idle", efforts = "none low medium high xhigh",
          effort_beside_tools = "left_out" },
        { names = { "gpt-5.*", "gpt-6*", "gpt-7*", "gpt-8*", "gpt-9*" }, spelling = "new", stop = "no", sampling = "idle",
          efforts = "none low medium high xhigh", effort_beside_tools = "none" },
    },
}
