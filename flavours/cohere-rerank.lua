-- POST /v2/rerank alone; the rest of what Cohere has is reached by flavour "cohere".
flavour "cohere-rerank" {
    source = "https://docs.cohere.com/reference/rerank",
    date = "2026-11",
    adapter = "openai",
    base_url = "https://api.cohere.com/v2",
    hosts = { "api.cohere.com" },
    options = { rerank_form = "cohere" },
    errors = {},
}
