flavour "sglang" {
    source = "SGLang's server, python/sglang/srt; reports of its users",
    date = "2026-11",
    aliases = { "sgl" },
    adapter = "openai",
    base_url = "http://127.0.0.1:30000/v1",
    -- tool_types: entrypoints/openai/protocol.py (Tool) (2026-11).
    -- content, arguments: the same file, and serving_chat.py, which reads them.
    options = { content = "given", arguments = "object", tool_types = { "function" }, max_tokens_field = "max_tokens", system_role = "system", late_system = "user", top_k = true,
                reasoning_field = "reasoning_content" }, -- docs.sglang.io/docs/advanced_features/separate_reasoning
    errors = {
        { words = { "longer than the model's context length", "exceeds the model's maximum context length", "Requested token count exceeds" },
          class = "context_length" },
        { status = 503, words = { "queue is full" }, class = "overloaded" },
        { type = { "BadRequestError" }, class = "bad_request" },
    },
    finish = { abort = "error", matched_stop = "stop" },
}
