-- transformers serve: no [DONE], 422 with a list of places, 500 for most of what is wrong.
flavour "transformers" {
    source = "transformers 5.24.0 serve, run",
    date = "2026-11",
    adapter = "openai",
    base_url = "http://127.0.0.1:8000/v1",
    options = { max_tokens_field = "max_tokens", system_role = "system", late_system = "user" },
    errors = {
        { status = 422, class = "bad_request" },
    },
}
