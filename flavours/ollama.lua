flavour "ollama" {
    source = "Ollama 0.17.4, run",
    date = "2026-11",
    aliases = { "ollama-cloud" },
    adapter = "openai",
    base_url = "http://127.0.0.1:11434/v1",
    -- tool_types: its openai package reads the member function alone (2026-11).
    -- content, arguments, empty_tools: its openai package refuses a content that is neither text nor list where no calls stand beside it, and
    -- reads arguments as an object (0.17.4).
    options = { content = "given", arguments = "object", empty_tools = false, tool_types = { "function" }, max_tokens_field = "max_tokens", system_role = "system", reasoning_field = "reasoning", drop = { "tool_choice" } },
    -- /v1/responses, run (2026-11): encrypted thoughts are read as they stand; web_search becomes a tool without a name, a namespace one
    -- without its functions; tool_choice is passed over.
    adapter_options = { responses = { send_reasoning = "never", tool_types = { "function" }, drop = { "tool_choice" } } },
    errors = {
        { status = 404, class = "not_found" },
        { status = 503, words = { "maximum pending requests exceeded" }, class = "overloaded" },
        { words = { "does not support tools", "does not support thinking" }, class = "unsupported" },
        { status = 429, words = { "weekly usage limit" }, class = "quota" },
        { words = { "input length exceeds*context length" }, class = "context_length" },
    },
    finish = { load = "error", unload = "error" },
}
