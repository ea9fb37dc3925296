flavour "mistral" {
    source = "https://docs.mistral.ai/api; https://docs.mistral.ai/resources/known-issues; answers of its API",
    date = "2026-11",
    aliases = { "mistralai", "le-chat", "codestral" },
    adapter = "openai",
    base_url = "https://api.mistral.ai/v1",
    hosts = { "api.mistral.ai", "codestral.mistral.ai" },
    -- It refuses every field that it does not know (422 extra_forbidden), thoughts in messages among them.
    options = { system_role = "system", call_ids = "nine", send_reasoning = "never", thinking_fields = "effort",
                message_fields = { "content", "assistant.tool_calls", "assistant.prefix", "tool.tool_call_id", "tool.name" },
                tool_fields = { "function", "function.name", "function.description", "function.parameters", "function.strict" },
                drop = { "user", "reasoning_effort", "metadata", "logit_bias", "logprobs", "top_logprobs", "store", "verbosity", "service_tier",
                         "prompt_cache_key", "safety_identifier", "modalities", "audio" } },
    -- "Unexpected role 'system' after role 'assistant'", and code 3230: "Unexpected role 'user' after role 'tool'". The fields are those of
    -- mistralai/client-python (ChatCompletionRequest): no stream_options, whose counts come unasked.
    -- tool_types: mistralai/client-python (ToolTypes) (2026-11).
    host_options = { tool_types = { "function" },
                     max_tokens_field = "max_tokens", seed_field = "random_seed", include_usage = false,
                     late_system = "user", after_tool = "assistant",
                     fields = { "frequency_penalty", "guardrails", "logprobs", "max_tokens", "metadata", "min_tokens", "n",
                                "parallel_tool_calls", "prediction", "presence_penalty", "prompt_cache_key", "prompt_logprobs",
                                "prompt_mode", "random_seed", "reasoning_effort", "repetition_penalty", "response_format", "safe_prompt",
                                "service_tier", "stop", "temperature", "tool_choice", "tools", "top_k", "top_logprobs", "top_p",
                                "top_prompt_logprobs" } },
    errors = {
        { code = { "3051" }, class = "context_length" },
        { words = { "too large for model with", "Too many tokens overall" }, class = "context_length" },
        { code = { "1300" }, class = "rate_limit" },
        { words = { "service tier capacity exceeded" }, class = "rate_limit" },
        { code = { "3505", "3210" }, class = "overloaded" },
        { words = { "monthly usage limit", "inactive subscription" }, class = "quota" },
    },
    finish = { model_length = "length", error = "error" },
    reset_headers = { "ratelimitbysize-reset", "ratelimitbyreq-reset" },
    -- Mistral says no limit but the context (docs.mistral.ai/getting-started/models), as models.dev has it (2026-07).
    -- An answer that is begun wants `prefix`, and comes with its beginning: "Expected last role User or Tool (or Assistant with prefix True)".
    catalogue = {
        -- Code 3210, "Too many inputs in request, split into more batches." beyond 512 (raphaelmansuy/edgequake-llm#74, 2026-05); "Too many
        -- tokens in batch. Max is 16384" (aurelio-labs/semantic-router#297)
        { names = { "mistral-embed*", "codestral-embed*" }, embed_inputs = 512, embed_tokens = 16384 },
        { names = { "mistral-large-2411" }, max_tokens = 131072, prefill = "no" },
        { names = { "mistral-large-*", "mistral-medium-2508", "mistral-medium-26*", "mistral-medium-latest", "devstral-*" }, max_tokens = 262144, prefill = "no" },
        { names = { "mistral-small-25*", "mistral-medium-25*", "open-mistral-nemo*" }, max_tokens = 131072, prefill = "no" },
        { names = { "mistral-small-26*", "mistral-small-latest", "codestral-25*", "codestral-latest" }, max_tokens = 262144, prefill = "no" },
        { names = { "mistral-*", "ministral-*", "magistral-*", "pixtral-*", "open-mi*", "codestral-*", "labs-*" }, own = true, prefill = "no" },
    },
}
