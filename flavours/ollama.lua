flavour "ollama" {
    source = "Ollama 0.17.4, run",
    date = "2026-11",
    adapter = "openai",
    base_url = "http://127.0.0.1:11434/v1",
    options = { max_tokens_field = "max_tokens", system_role = "system", reasoning_field = "reasoning", drop = { "tool_choice" } },
    errors = {
        { status = 404, class = "not_found" },
        { status = 503, words = { "maximum pending requests exceeded" }, class = "overloaded" },
        { words = { "does not support tools", "does not support thinking" }, class = "unsupported" },
        { status = 429, words = { "weekly usage limit" }, class = "quota" },
        { words = { "input length exceeds*context length" }, class = "context_length" },
    },
    finish = { load = "error", unload = "error" },
}
