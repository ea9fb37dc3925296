-- transformers serve: no [DONE], 422 with a list of places, 500 for most of what is wrong.
flavour "transformers" {
    source = "transformers 5.24.0 serve, run",
    date = "2026-11",
    aliases = { "huggingface-transformers", "transformers-serve" },
    adapter = "openai",
    base_url = "http://127.0.0.1:8000/v1",
    -- cli/serving: the fields of openai's CompletionCreateParams and three of its own; 422 "Unexpected fields in the request" for any other
    -- tool_types: the chat templates know functions alone (2026-11).
    options = { tool_types = { "function" }, max_tokens_field = "max_tokens", system_role = "system", late_system = "user",
                fields = { "audio", "chat_template_kwargs", "frequency_penalty", "function_call", "functions", "generation_config", "logit_bias",
                           "logprobs", "max_completion_tokens", "max_tokens", "metadata", "modalities", "n", "parallel_tool_calls",
                           "prediction", "presence_penalty", "reasoning_effort", "response_format", "seed", "service_tier", "stop", "store",
                           "stream_options", "temperature", "tool_choice", "tools", "top_logprobs", "top_p", "user",
                           "web_search_options" } },
    -- /v1/responses, run (2026-11): 422 for client_metadata as for any field that it does not know; tools of other types are taken for functions.
    adapter_options = { responses = { send_reasoning = "never", tool_types = { "function" }, drop = { "client_metadata", "tool_choice" } } },
    errors = {
        { status = 422, class = "bad_request" },
    },
}
