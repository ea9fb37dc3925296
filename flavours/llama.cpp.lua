-- llama.cpp's own server, and llama-cpp-python, whose validation errors are 500.
flavour "llama.cpp" {
    source = "llama.cpp b11549 and llama-cpp-python 0.3.36, run",
    date = "2026-11",
    aliases = { "llama", "llama-server", "llama-cpp-python", "lmstudio", "gguf", "llamafile" },
    adapter = "openai",
    base_url = "http://127.0.0.1:8080/v1",
    -- Templates of models refuse a second or a late message of instructions; llama-cpp-python lists and null as content.
    -- tool_types: common/chat.cpp ("Unsupported tool type") (2026-11).
    -- arguments: templates that take them as an object have them read (common/chat.cpp, func_args_not_string) (2026-11).
    options = { arguments = "object", tool_types = { "function" }, max_tokens_field = "max_tokens", system_role = "system", late_system = "user", content = "text", top_k = true,
                reasoning_field = "reasoning_content" }, -- tools/server/README.md, --reasoning-format
    -- /v1/responses, run (2026-11): thoughts must be content, and tools that are no functions are dropped in silence.
    adapter_options = { responses = { send_reasoning = "text", tool_types = { "function" } } },
    errors = {
        { type = { "exceed_context_size_error" }, class = "context_length" },
        { words = { "exceeds the available context size", "maximum context length is", "context size has been exceeded",
                    "is too large to process" }, class = "context_length" },
        { status = 500, words = { "validation error" }, class = "bad_request" },
        { status = 500, words = { "image input is not supported" }, class = "bad_request" },
        { status = 503, words = { "Loading model" }, class = "overloaded" },
        { type = { "not_supported_error" }, class = "unsupported" },
        { type = { "unavailable_error" }, class = "overloaded" },
    },
}
