-- vLLM: code is the status as a number, type the name of a class.
flavour "vllm" {
    source = "vLLM 0.32.0, run",
    date = "2026-11",
    aliases = { "vllm-openai" },
    adapter = "openai",
    base_url = "http://127.0.0.1:8000/v1",
    -- tool_types: entrypoints/openai/protocol.py (ChatCompletionToolsParam) (2026-11).
    -- content: who speaks must say something; arguments: chat_utils.py reads them; empty_tools: "When using `tool_choice`, `tools` must be set";
    -- least_tokens: "max_tokens must be at least 1" (2026-11).
    options = { content = "given", arguments = "object", empty_tools = false, least_tokens = 1, tool_types = { "function" }, max_tokens_field = "max_tokens", system_role = "system", late_system = "user", reasoning_field = "reasoning", top_k = true },
    -- /v1/responses, run (2026-11): it refuses encrypted thoughts ("Encrypted content is not supported.") and custom tools, and passes over web_search.
    adapter_options = { responses = { send_reasoning = "text", tool_types = { "function", "namespace", "web_search" } } },
    errors = {
        { words = { "maximum context length is", "cannot be greater than max_model_len", "longer than the maximum model length",
                    "too long to fit into the model", "Input prompt contains*tokens, exceed" }, class = "context_length" },
        { status = 404, type = { "NotFoundError" }, class = "not_found" },
        { type = { "BadRequestError", "Bad Request" }, class = "bad_request" },
        { type = { "InternalServerError" }, class = "server" },
    },
    finish = { abort = "error", repetition = "length" },
}
