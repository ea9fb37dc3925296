-- vLLM: code is the status as a number, type the name of a class.
flavour "vllm" {
    source = "vLLM 0.32.0, run",
    date = "2026-11",
    adapter = "openai",
    base_url = "http://127.0.0.1:8000/v1",
    options = { max_tokens_field = "max_tokens", system_role = "system", late_system = "user", reasoning_field = "reasoning", top_k = true },
    errors = {
        { words = { "maximum context length is", "cannot be greater than max_model_len", "longer than the maximum model length",
                    "too long to fit into the model" }, class = "context_length" },
        { status = 404, type = { "NotFoundError" }, class = "not_found" },
        { type = { "BadRequestError", "Bad Request" }, class = "bad_request" },
        { type = { "InternalServerError" }, class = "server" },
    },
    finish = { abort = "error", repetition = "length" },
}
